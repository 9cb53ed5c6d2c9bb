"""Who did what and when: append-only, each event sealed to the one before it by SHA-256.

Every partnership has its own chain, so that partnerships never wait for one another; chain 0 is the
whole house's. The database refuses to change or delete an event; the chain finds it where somebody
went round the database. Events hold ids, never names, so that a person can be erased.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.documents import Json
from planner.store.room import Room, columns_of
from planner.store.tables import as_kept, event_chains, events, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. ``by`` is None where nobody did it by hand."""

    id: int
    chain: int
    seq: int
    partnership_id: int | None
    at: int
    by: int | None
    action: str
    subject: str
    detail: Json
    previous_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """Whether a chain is whole; if not, from which event on it cannot be trusted."""

    is_whole: bool
    events: int
    head_sha256: str
    broken_at: int | None = None


class Events(Room):
    """The log. ``partnership_id`` None is the house: people, sign-ins, backups."""

    def record(self, *, partnership_id: int | None, by: int | None, action: str, subject: str = "", detail: Json | None = None) -> str:
        """Add an event and say its SHA-256, the head of the chain now."""
        chain = partnership_id or 0
        self._insert_unless_there(event_chains, chain=chain, seq=0, sha256="")
        head = self._connection.execute(sa.select(event_chains).where(event_chains.c.chain == chain).with_for_update()).one()
        sealed: dict[str, Any] = {
            "chain": chain,
            "seq": head.seq + 1,
            "at": self._now,
            "by": by,
            "action": as_kept(action),
            "subject": as_kept(subject),
            "detail": json.loads(json.dumps(detail or {})),
            "previous_sha256": head.sha256,
        }
        sha256 = seal(sealed)
        self._connection.execute(events.insert().values(**sealed, partnership_id=partnership_id, sha256=sha256))
        self._changed(event_chains.update().where(event_chains.c.chain == chain).values(seq=head.seq + 1, sha256=sha256))
        return sha256

    def events(self, *, partnership_id: int | None, most: int = 100, before: int | None = None) -> tuple[Event, ...]:
        """Events, newest first; ``before`` is the ``seq`` to page on from."""
        query = sa.select(*columns_of(Event, events)).where(events.c.chain == (partnership_id or 0))
        if before is not None:
            query = query.where(events.c.seq < before)
        return self._many(Event, query.order_by(events.c.seq.desc()).limit(most))

    def head(self, *, partnership_id: int | None) -> str:
        """The SHA-256 that seals everything so far; printed on plans, it also finds a chain made anew."""
        query = sa.select(event_chains.c.sha256).where(event_chains.c.chain == (partnership_id or 0))
        return self._connection.execute(query).scalar_one_or_none() or ""

    def verify_chain(self, *, partnership_id: int | None) -> ChainCheck:
        """Recompute every seal: an event that was edited, removed, added or moved breaks the chain."""
        chain = partnership_id or 0
        previous, seen = "", 0
        for row in self._connection.execute(_WRITTEN.where(events.c.chain == chain).order_by(events.c.seq)):
            is_in_place = row.seq == seen + 1 and row.previous_sha256 == previous and row.partnership_id == partnership_id
            if not is_in_place or row.sha256 != _seal_of(row):
                return ChainCheck(is_whole=False, events=seen, head_sha256=previous, broken_at=seen + 1)
            previous, seen = row.sha256, row.seq
        kept = self._connection.execute(sa.select(event_chains).where(event_chains.c.chain == chain)).one_or_none()
        if ((0, "") if kept is None else (kept.seq, kept.sha256)) != (seen, previous):
            return ChainCheck(is_whole=False, events=seen, head_sha256=previous, broken_at=seen + 1)
        return ChainCheck(is_whole=True, events=seen, head_sha256=previous)

    def verify(self) -> dict[int, ChainCheck]:
        """Chain -> whether it is whole, of every chain there is; 0 is the house's."""
        chains = sa.union(sa.select(event_chains.c.chain), sa.select(events.c.chain)).subquery()
        numbers = self._connection.execute(sa.select(chains.c.chain).order_by(chains.c.chain)).scalars().all()
        return {chain: self.verify_chain(partnership_id=chain or None) for chain in numbers}

    def holds(self, *, chain: int, seq: int, sha256: str) -> bool:
        """Whether an event was sealed so: a head noted down before stands in its chain as long as nobody made the chain anew."""
        query = sa.select(events.c.id).where(events.c.chain == chain, events.c.seq == seq, events.c.sha256 == sha256)
        return self._connection.execute(query).one_or_none() is not None


_WRITTEN = sa.select(
    *(column for column in events.c if column is not events.c.detail), sa.type_coerce(events.c.detail, sa.Text).label("detail")
)
"""Events with their detail as the text that the database holds, which may no longer be what the store wrote."""
SEALED = ("chain", "seq", "at", "by", "action", "subject", "detail", "previous_sha256")


def seal(content: Json) -> str:
    """SHA-256 of an event in canonical form."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _seal_of(row: Any) -> str | None:
    """The seal of an event as the database holds it; None where its detail is no text that the store writes."""
    try:
        detail = json.loads(row.detail)
        is_ours = written(detail) == row.detail
    except ValueError:
        return None
    return seal({name: detail if name == "detail" else getattr(row, name) for name in SEALED}) if is_ours else None
