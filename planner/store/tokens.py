"""Personal tokens: with one, a program does what its owner may, until it ends."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.store.room import DAY, MINUTE, Room, columns_of
from planner.store.secret import new_token, sha256_of_text
from planner.store.tables import tokens, users

BEGINS = "planner_"
"""How every token begins, so that one that was left in a file can be found there."""
MOST = 20
"""Of one person at a time."""
TOUCH_EVERY = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that counts: not ended, not late, its owner's account not disabled."""

    id: int
    user_id: int
    name: str
    made_at: int
    expires_at: int
    used_at: int | None


class Tokens(Room):
    """Tokens. The secret is given out once and not kept, only its SHA-256."""

    def make(self, *, user_id: int, name: str, days: int) -> str | None:
        """The secret, which cannot be read again; None where the person has as many as they may."""
        self._connection.execute(sa.select(users.c.id).where(users.c.id == user_id).with_for_update())  # two who make one take turns
        if len(self.of(user_id=user_id)) >= MOST:
            return None
        secret = BEGINS + new_token()
        self._connection.execute(
            tokens.insert().values(
                user_id=user_id, name=name, token_hash=sha256_of_text(secret), made_at=self._now, expires_at=self._now + days * DAY
            )
        )
        return secret

    def token(self, *, secret: str) -> Token | None:
        """The token behind a secret, while it counts."""
        return self._one(Token, self._counting().where(tokens.c.token_hash == sha256_of_text(secret)))

    def of(self, *, user_id: int) -> tuple[Token, ...]:
        """A person's tokens that count, newest first."""
        return self._many(Token, self._counting().where(tokens.c.user_id == user_id).order_by(tokens.c.id.desc()))

    def is_due(self, token: Token) -> bool:
        """Whether to ``touch``: once a minute is enough, so that reading seldom writes."""
        return token.used_at is None or self._now - token.used_at >= TOUCH_EVERY

    def touch(self, *, token_id: int) -> None:
        """Note that the token is in use."""
        self._changed(tokens.update().where(tokens.c.id == token_id).values(used_at=self._now))

    def end(self, *, user_id: int, token_id: int) -> bool:
        """End one of a person's own tokens; False where it is not there."""
        return self._changed(tokens.delete().where(tokens.c.user_id == user_id, tokens.c.id == token_id)) == 1

    def _counting(self) -> sa.Select[tuple[object, ...]]:
        query = sa.select(*columns_of(Token, tokens)).join(users, users.c.id == tokens.c.user_id)
        return query.where(users.c.disabled_at.is_(None), tokens.c.expires_at > self._now)
