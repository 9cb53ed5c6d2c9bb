"""The brake on guessing passwords: tries counted for each account and each network, in 15 minutes."""

from __future__ import annotations

import sqlalchemy as sa

from planner.store.people import sign_in_name
from planner.store.room import MINUTE, Room
from planner.store.secret import sha256_of_text
from planner.store.tables import sign_in_tries

WINDOW = 15 * MINUTE
TRIES_OF_ACCOUNT = 10
TRIES_OF_NETWORK = 100
"""A school signs in from one address: the limit of a network is the higher one."""


class Throttle(Room):
    """A try counts as failed before the password is looked at, so that many at once cannot slip through.

    Account and network are kept only as SHA-256: people type passwords into the wrong box.
    """

    def wait_before_try(self, *, sign_in: str, network: str) -> int:
        """0 and the try is counted; else the milliseconds to wait, and the password must not be looked at."""
        for digest in (_account(sign_in), _network(network)):
            self._one_at_a_time(digest)
        self._changed(sign_in_tries.delete().where(sign_in_tries.c.at <= self._now - WINDOW))
        wait = self.wait(sign_in=sign_in, network=network)
        if wait == 0:
            self._connection.execute(
                sign_in_tries.insert().values(account_hash=_account(sign_in), network_hash=_network(network), at=self._now)
            )
        return wait

    def wait(self, *, sign_in: str, network: str) -> int:
        """The milliseconds to wait before another try; nothing is counted."""
        keys = (
            (sign_in_tries.c.account_hash, _account(sign_in), TRIES_OF_ACCOUNT),
            (sign_in_tries.c.network_hash, _network(network), TRIES_OF_NETWORK),
        )
        return max(self._wait(column, digest, most) for column, digest, most in keys)

    def succeeded(self, *, sign_in: str) -> None:
        """Forget the tries of an account: the right password was given."""
        self._changed(sign_in_tries.delete().where(sign_in_tries.c.account_hash == _account(sign_in)))

    def _wait(self, column: sa.Column[str], digest: str, most: int) -> int:
        """Milliseconds until the try that fills the limit is 15 minutes old."""
        query = sa.select(sign_in_tries.c.at).where(column == digest, sign_in_tries.c.at > self._now - WINDOW)
        filling = self._connection.execute(query.order_by(sign_in_tries.c.at.desc()).offset(most - 1).limit(1)).scalar_one_or_none()
        return 0 if filling is None else int(filling) + WINDOW - self._now

    def _one_at_a_time(self, digest: str) -> None:
        """Others who try the same wait until this transaction ends (on SQLite they always do)."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(digest, 0))))


def _account(sign_in: str) -> str:
    return sha256_of_text(f"account {sign_in_name(sign_in)}")


def _network(network: str) -> str:
    return sha256_of_text(f"network {network}")
