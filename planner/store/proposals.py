"""Proposals: what somebody put before the board, frozen as it was sent; its author may withdraw it. Comments stand beside them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.documents import Json
from planner.store.drafts import DraftRow
from planner.store.kinds import Role
from planner.store.room import Room, columns_of
from planner.store.tables import proposal_comments, proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """One line of the list. ``urn`` is the school it is from, None where it is no school's."""

    id: int
    partnership_id: int
    author: int
    urn: int | None
    plan_id: int
    title: str
    why: str
    submitted_at: int
    withdrawn_at: int | None
    bound_points: float
    gap_points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(ProposalRow):
    """A proposal: ``changes`` in words, ``found`` its counts and who gets more or less, ``document`` the plan document."""

    changes: Json
    found: Json
    document: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalComment:
    """What somebody said of a proposal, in the role they then had."""

    id: int
    proposal_id: int
    user_id: int
    role: Role
    text: str
    said_at: int
    withdrawn_at: int | None


class Proposals(Room):
    """The proposals of a partnership."""

    def submit_proposal(self, draft: DraftRow, *, title: str, why: str, changes: list[str], found: Json, document: Json) -> int:
        """Send a frozen copy of a draft, with the whole answer that was ``found``: the proposal's id."""
        made = proposals.insert().values(
            partnership_id=draft.partnership_id, author=draft.user_id, urn=draft.urn, plan_id=draft.plan_id, title=title, why=why,
            changes=changes, found=found, document=document, bound_points=found["bound_points"], gap_points=found["gap_points"],
            submitted_at=self._now,
        )  # fmt: skip
        return int(self._connection.execute(made.returning(proposals.c.id)).scalar_one())

    def proposals_of(self, *, partnership_id: int) -> tuple[ProposalRow, ...]:
        """Every proposal without its document, newest first, withdrawn ones too."""
        query = sa.select(*columns_of(ProposalRow, proposals)).where(proposals.c.partnership_id == partnership_id)
        return self._many(ProposalRow, query.order_by(proposals.c.id.desc()))

    def proposal(self, *, partnership_id: int, proposal_id: int) -> Proposal | None:
        """One proposal."""
        query = sa.select(*columns_of(Proposal, proposals)).where(
            proposals.c.partnership_id == partnership_id, proposals.c.id == proposal_id
        )
        return self._one(Proposal, query)

    def withdraw_proposal(self, *, partnership_id: int, proposal_id: int, author: int) -> bool:
        """Withdraw one's own; False where it is another's or was withdrawn before."""
        mine = (proposals.c.partnership_id == partnership_id, proposals.c.id == proposal_id, proposals.c.author == author)
        open_one = proposals.update().where(*mine, proposals.c.withdrawn_at.is_(None))
        return self._changed(open_one.values(withdrawn_at=self._now)) == 1

    # --- comments ---

    def comment(self, proposal: ProposalRow, *, by: int, role: Role, text: str) -> int:
        """Say something of a proposal: the comment's id."""
        made = proposal_comments.insert().values(
            partnership_id=proposal.partnership_id, proposal_id=proposal.id, user_id=by, role=role, text=text, said_at=self._now
        )  # fmt: skip
        return int(self._connection.execute(made.returning(proposal_comments.c.id)).scalar_one())

    def comments(self, *, proposal_id: int) -> tuple[ProposalComment, ...]:
        """Every comment on a proposal, oldest first, those withdrawn too."""
        query = sa.select(*columns_of(ProposalComment, proposal_comments)).where(proposal_comments.c.proposal_id == proposal_id)
        return self._many(ProposalComment, query.order_by(proposal_comments.c.id))

    def withdraw_comment(self, *, proposal_id: int, comment_id: int, by: int) -> bool:
        """Withdraw one's own comment; False where it is another's or was withdrawn before."""
        mine = (proposal_comments.c.proposal_id == proposal_id, proposal_comments.c.id == comment_id, proposal_comments.c.user_id == by)
        withdrawn = proposal_comments.update().where(*mine, proposal_comments.c.withdrawn_at.is_(None))
        return self._changed(withdrawn.values(withdrawn_at=self._now)) == 1
