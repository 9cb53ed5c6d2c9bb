"""Links that let somebody who forgot their password choose a new one: one a person at a time, used once, for a day."""

from __future__ import annotations

import sqlalchemy as sa

from planner.store.room import DAY, Room
from planner.store.secret import new_token, sha256_of_text
from planner.store.tables import password_links, users


class PasswordLinks(Room):
    """Password links. The link's secret is not kept, only its SHA-256."""

    def make(self, *, user_id: int, by: int) -> str:
        """The secret for the link; it cannot be read again. A link made before no longer works."""
        token = new_token()
        self._connection.execute(sa.select(users.c.id).where(users.c.id == user_id).with_for_update())  # two who make one take turns
        self._connection.execute(password_links.delete().where(password_links.c.user_id == user_id))
        self._connection.execute(
            password_links.insert().values(
                user_id=user_id, token_hash=sha256_of_text(token), made_by=by, made_at=self._now, expires_at=self._now + DAY
            )
        )
        return token

    def user_id(self, *, token: str) -> int | None:
        """Whose link this is, while it can be used: not spent, not late, the account not disabled."""
        query = sa.select(password_links.c.user_id).join(users, users.c.id == password_links.c.user_id)
        user_id: int | None = self._connection.execute(
            query.where(
                password_links.c.token_hash == sha256_of_text(token), password_links.c.expires_at > self._now, users.c.disabled_at.is_(None)
            )
        ).scalar_one_or_none()
        return user_id

    def use(self, *, token: str) -> int | None:
        """Spend the link and say whose it was; None where it cannot be used."""
        user_id = self.user_id(token=token)
        if user_id is None:
            return None
        spent = self._changed(password_links.delete().where(password_links.c.token_hash == sha256_of_text(token)))
        return user_id if spent else None

    def waits_until(self, *, user_id: int) -> int | None:
        """Until when a person's link can be used; None where none waits."""
        query = sa.select(password_links.c.expires_at).where(password_links.c.user_id == user_id, password_links.c.expires_at > self._now)
        until: int | None = self._connection.execute(query).scalar_one_or_none()
        return until
