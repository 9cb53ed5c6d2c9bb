"""Claims of schools on the moderated pot: lodged by a head, decided by the board, and what was drawn for them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.errors import ChangedMeanwhile
from planner.partnership import Draw, Pot
from planner.store.kinds import ClaimState
from planner.store.room import Room, columns_of
from planner.store.tables import pot_claims

CLAIM_DRAW = "claim-"
"""How the id of a draw begins that the board granted on a claim; the claim's number follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PotClaim:
    """A claim: ``amount`` is half-days of a service, or pounds where ``service_id`` is empty; ``pounds`` is what it costs the pot.

    ``granted_pounds`` were drawn on the day ``drawn_on`` (YYYY-MM-DD); both are None unless something was granted.
    One that was withdrawn before it was decided stays ``lodged``, and the board decides it no more.
    """

    id: int
    partnership_id: int
    urn: int
    academic_year: str
    service_id: str
    amount: int
    pounds: int
    what_for: str
    state: ClaimState
    lodged_by: int
    lodged_at: int
    granted_pounds: int | None
    drawn_on: str | None
    reason: str | None
    decided_by: int | None
    decided_at: int | None
    withdrawn_at: int | None

    @property
    def is_waiting(self) -> bool:
        """Whether the board has still to decide it."""
        return self.state is ClaimState.LODGED and self.withdrawn_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfPot:
    """What a claim asks: ``amount`` half-days of a service, or pounds where ``service_id`` is empty, which cost ``pounds``."""

    service_id: str = ""
    amount: int
    pounds: int
    what_for: str


class Moderation(Room):
    """The claims of a partnership's schools."""

    def lodge(self, *, partnership_id: int, urn: int, academic_year: str, asked: AskedOfPot, by: int) -> int:
        """The claim's id."""
        lodged = pot_claims.insert().values(
            partnership_id=partnership_id, urn=urn, academic_year=academic_year, service_id=asked.service_id, amount=asked.amount,
            pounds=asked.pounds, what_for=asked.what_for, state=ClaimState.LODGED, lodged_by=by, lodged_at=self._now,
        )  # fmt: skip
        return int(self._connection.execute(lodged.returning(pot_claims.c.id)).scalar_one())

    def decide(self, *, partnership_id: int, claim_id: int, granted_pounds: int, drawn_on: str, reason: str, by: int) -> None:
        """Grant so many pounds, perhaps 0 of them, once and for all. Raises ``ChangedMeanwhile`` where it was decided or withdrawn."""
        state = sa.case(
            (sa.literal(granted_pounds) >= pot_claims.c.pounds, ClaimState.GRANTED.value),
            (sa.literal(granted_pounds) > 0, ClaimState.PART_GRANTED.value),
            else_=ClaimState.DECLINED.value,
        )
        decided = pot_claims.update().where(*_waiting(partnership_id, claim_id))
        drawn = {"granted_pounds": granted_pounds, "drawn_on": drawn_on} if granted_pounds else {}
        if self._changed(decided.values(state=state, reason=reason, decided_by=by, decided_at=self._now, **drawn)) == 0:
            raise ChangedMeanwhile("Somebody else has decided or withdrawn this claim since you opened the page.")

    def withdraw(self, *, partnership_id: int, claim_id: int) -> None:
        """Take a claim back that the board has not decided. Raises ``ChangedMeanwhile`` where it was decided or withdrawn."""
        withdrawn = pot_claims.update().where(*_waiting(partnership_id, claim_id))
        if self._changed(withdrawn.values(withdrawn_at=self._now)) == 0:
            raise ChangedMeanwhile("Somebody else has decided or withdrawn this claim since you opened the page.")

    def claim(self, *, partnership_id: int, claim_id: int) -> PotClaim | None:
        """One claim."""
        which = (pot_claims.c.partnership_id == partnership_id, pot_claims.c.id == claim_id)
        return self._one(PotClaim, sa.select(*columns_of(PotClaim, pot_claims)).where(*which))

    def claims(self, *, partnership_id: int) -> tuple[PotClaim, ...]:
        """Every claim of a partnership, newest first."""
        query = sa.select(*columns_of(PotClaim, pot_claims)).where(pot_claims.c.partnership_id == partnership_id)
        return self._many(PotClaim, query.order_by(pot_claims.c.id.desc()))


def _waiting(partnership_id: int, claim_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        pot_claims.c.partnership_id == partnership_id, pot_claims.c.id == claim_id, pot_claims.c.state == ClaimState.LODGED,
        pot_claims.c.withdrawn_at.is_(None),
    )  # fmt: skip


def draws_of(claims: tuple[PotClaim, ...], academic_year: str) -> tuple[Draw, ...]:
    """What was drawn from the moderated pot for the claims of a year."""
    return tuple(
        Draw(
            draw_id=f"{CLAIM_DRAW}{one.id}", date=one.drawn_on, pot=Pot.MODERATED, pounds=one.granted_pounds, urn=one.urn,
            what_for=one.what_for,
        )
        for one in claims
        if one.granted_pounds and one.drawn_on and one.academic_year == academic_year
    )  # fmt: skip
