"""Invitations: a link, used once, that makes its bearer a member."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.store.kinds import Role
from planner.store.people import People
from planner.store.room import DAY, Room, columns_of
from planner.store.secret import new_token, sha256_of_text
from planner.store.tables import invitations


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation as it stands. The link's secret is not kept, only its SHA-256."""

    id: int
    partnership_id: int | None
    role: Role
    urn: int | None
    invitee: str
    invited_by: int | None
    invited_at: int
    expires_at: int
    used_at: int | None
    used_by: int | None
    withdrawn_at: int | None


class Invitations(Room):
    """Invitations of partnerships, and of the house for its administrators."""

    def invite(
        self, *, partnership_id: int | None, role: Role, invitee: str, urn: int | None = None, by: int | None, days: int = 14
    ) -> str:
        """The secret for the link. It cannot be read again."""
        token = new_token()
        self._connection.execute(
            invitations.insert().values(
                token_hash=sha256_of_text(token),
                partnership_id=partnership_id,
                role=role,
                urn=urn,
                invitee=invitee,
                invited_by=by,
                invited_at=self._now,
                expires_at=self._now + days * DAY,
            )
        )
        return token

    def invitation(self, *, token: str) -> Invitation | None:
        """The invitation behind a link, while it can be used."""
        query = sa.select(*columns_of(Invitation, invitations))
        return self._one(Invitation, query.where(invitations.c.token_hash == sha256_of_text(token), self._can_be_used()))

    def use(self, *, token: str, user_id: int) -> Invitation | None:
        """Make the person a member and spend the invitation; None where it was spent, withdrawn or late."""
        spent = self._changed(
            invitations.update()
            .where(invitations.c.token_hash == sha256_of_text(token), self._can_be_used())
            .values(used_at=self._now, used_by=user_id)
        )
        if spent == 0:
            return None
        query = sa.select(*columns_of(Invitation, invitations)).where(invitations.c.token_hash == sha256_of_text(token))
        invitation = self._one(Invitation, query)
        assert invitation is not None
        People(self._connection, self._clock).add_membership(
            user_id=user_id,
            partnership_id=invitation.partnership_id,
            role=invitation.role,
            urn=invitation.urn,
            granted_by=invitation.invited_by,
        )
        return invitation

    def withdraw(self, *, partnership_id: int | None, invitation_id: int) -> bool:
        """Make a link useless; False where it is already."""
        mine = invitations.c.partnership_id.is_not_distinct_from(partnership_id)
        return self._changed(
            invitations.update().where(invitations.c.id == invitation_id, mine, self._can_be_used()).values(withdrawn_at=self._now)
        ) == 1  # fmt: skip

    def of(self, *, partnership_id: int | None) -> tuple[Invitation, ...]:
        """Every invitation of a partnership (None: of the house), newest first."""
        query = sa.select(*columns_of(Invitation, invitations)).where(invitations.c.partnership_id.is_not_distinct_from(partnership_id))
        return self._many(Invitation, query.order_by(invitations.c.id.desc()))

    def _can_be_used(self) -> sa.ColumnElement[bool]:
        row = invitations.c
        return sa.and_(row.used_at.is_(None), row.withdrawn_at.is_(None), row.expires_at > self._now)
