"""Sign-in sessions kept on the server, so that they can be ended."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.store.room import HOUR, MINUTE, Room, columns_of
from planner.store.secret import new_token, sha256_of_text
from planner.store.tables import sessions, users

IDLE = 30 * MINUTE
LONGEST = 12 * HOUR
TOUCH_EVERY = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that counts: not ended, not idle too long, its person not disabled."""

    id: int
    user_id: int
    opened_at: int
    seen_at: int
    expires_at: int
    browser: str


class Sessions(Room):
    """Sessions: 30 minutes idle, 12 hours at most."""

    def open_session(self, *, user_id: int, browser: str = "") -> str:
        """The secret for the cookie. Open a new one at every sign-in."""
        token = new_token()
        self._connection.execute(
            sessions.insert().values(
                token_hash=sha256_of_text(token),
                user_id=user_id,
                opened_at=self._now,
                seen_at=self._now,
                expires_at=self._now + LONGEST,
                browser=browser[:200],
            )
        )
        return token

    def session(self, *, token: str) -> Session | None:
        """The session behind a cookie, while it counts."""
        return self._one(Session, self._counting().where(sessions.c.token_hash == sha256_of_text(token)))

    def is_due(self, session: Session) -> bool:
        """Whether to ``touch``: once a minute is enough, so that reading pages seldom writes."""
        return self._now - session.seen_at >= TOUCH_EVERY

    def touch(self, *, token: str) -> bool:
        """Note that the session is in use; False where it no longer counts."""
        mine = sessions.c.token_hash == sha256_of_text(token)
        return self._changed(sessions.update().where(mine, *self._alive()).values(seen_at=self._now)) == 1

    def of(self, *, user_id: int) -> tuple[Session, ...]:
        """A person's sessions that count, newest first."""
        return self._many(Session, self._counting().where(sessions.c.user_id == user_id).order_by(sessions.c.id.desc()))

    def revoke(self, *, token: str) -> bool:
        """Sign out."""
        return self._changed(sessions.delete().where(sessions.c.token_hash == sha256_of_text(token))) == 1

    def revoke_all(self, *, user_id: int, but: str | None = None) -> int:
        """End a person's sessions (but the one with this token) and say how many."""
        kept = [] if but is None else [sessions.c.token_hash != sha256_of_text(but)]
        return self._changed(sessions.delete().where(sessions.c.user_id == user_id, *kept))

    def sweep(self) -> int:
        """Forget the sessions that no longer count by the clock."""
        return self._changed(sessions.delete().where(sa.not_(sa.and_(*self._alive()))))

    def _alive(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (sessions.c.expires_at > self._now, sessions.c.seen_at > self._now - IDLE)

    def _counting(self) -> sa.Select[tuple[object, ...]]:
        query = sa.select(*columns_of(Session, sessions)).join(users, users.c.id == sessions.c.user_id)
        return query.where(users.c.disabled_at.is_(None), *self._alive())
