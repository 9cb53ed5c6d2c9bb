"""What whoever runs the house looks after: its policy packs, its workers, its queue."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner import __version__
from planner.documents import Json
from planner.errors import AlreadyTaken
from planner.store.kinds import AnswerState, RunState
from planner.store.room import DAY, MINUTE, Room, columns_of
from planner.store.tables import answers, policy_packs, policy_versions, runs, worker_beats

BEAT_SECONDS = 10.0
"""How often a worker that is not at a run says that it is there."""
SILENT = MINUTE
"""A worker that was not seen for so long, and holds nothing, is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """A policy pack that was brought; ``document`` is the JSON of ``Policy.document``."""

    id: int
    file_name: str
    pack_id: str
    version: int
    document: Json
    sha256: str
    uploaded_by: int
    uploaded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A worker, since when it is there and when it was last seen."""

    name: str
    version: str
    since: int
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many runs and answers wait, are being worked on and failed; since when the first run waits."""

    runs_waiting: int
    runs_running: int
    runs_failed: int
    answers_waiting: int
    answers_running: int
    answers_failed: int
    first_asked_at: int | None


class House(Room):
    """The whole house."""

    def add_pack(self, *, file_name: str, pack_id: str, version: int, document: Json, sha256: str, by: int) -> int:
        """The pack's id. Raises ``AlreadyTaken`` where a pack of this name and version was brought before."""
        added = self._insert_unless_there(
            policy_packs, file_name=file_name, pack_id=pack_id, version=version, document=document, sha256=sha256,
            uploaded_by=by, uploaded_at=self._now,
        )  # fmt: skip
        if added is None:
            raise AlreadyTaken(f"Version {version} of the pack {pack_id} is here already: give a changed pack a higher version.")
        return added

    def packs(self) -> tuple[PackRow, ...]:
        """Every pack that was brought, newest first."""
        return self._many(PackRow, sa.select(*columns_of(PackRow, policy_packs)).order_by(policy_packs.c.id.desc()))

    def pack(self, *, number: int) -> PackRow | None:
        """One pack."""
        return self._one(PackRow, sa.select(*columns_of(PackRow, policy_packs)).where(policy_packs.c.id == number))

    def latest_policies(self) -> dict[int, Json]:
        """Partnership -> the document of its newest policy."""
        newest = sa.select(policy_versions.c.partnership_id, sa.func.max(policy_versions.c.version).label("version"))
        of = newest.group_by(policy_versions.c.partnership_id).subquery()
        same = sa.and_(of.c.partnership_id == policy_versions.c.partnership_id, of.c.version == policy_versions.c.version)
        query = sa.select(policy_versions.c.partnership_id, policy_versions.c.document).join(of, same)
        return {row.partnership_id: row.document for row in self._connection.execute(query)}

    def seen(self, *, worker: str) -> None:
        """A worker says that it is there; those not seen for a day are forgotten."""
        self._insert_unless_there(worker_beats, name=worker, version=__version__, since=self._now, seen_at=self._now)
        self._changed(worker_beats.update().where(worker_beats.c.name == worker).values(seen_at=self._now, version=__version__))
        self._changed(worker_beats.delete().where(worker_beats.c.seen_at < self._now - DAY))

    def gone(self, *, worker: str) -> None:
        """A worker that ends says so."""
        self._changed(worker_beats.delete().where(worker_beats.c.name == worker))

    def workers(self) -> tuple[WorkerRow, ...]:
        """The workers that are there: seen within the minute, or at a run or an answer whose lease holds."""
        at_work = set()
        for table, running in ((runs, RunState.RUNNING), (answers, AnswerState.RUNNING)):
            query = sa.select(table.c.worker).where(table.c.state == running, table.c.lease_until > self._now)
            at_work |= set(self._connection.execute(query).scalars())
        rows = self._many(WorkerRow, sa.select(*columns_of(WorkerRow, worker_beats)).order_by(worker_beats.c.since))
        return tuple(row for row in rows if row.seen_at > self._now - SILENT or row.name in at_work)

    def queue(self) -> Queue:
        """What waits now, and what failed in the last day."""
        first = sa.select(sa.func.min(runs.c.requested_at)).where(runs.c.state == RunState.QUEUED)
        return Queue(
            runs_waiting=self._count(runs.c.state == RunState.QUEUED),
            runs_running=self._count(runs.c.state == RunState.RUNNING),
            runs_failed=self._count(runs.c.state == RunState.FAILED, runs.c.ended_at > self._now - DAY),
            answers_waiting=self._count(answers.c.state == AnswerState.QUEUED),
            answers_running=self._count(answers.c.state == AnswerState.RUNNING),
            answers_failed=self._count(answers.c.state == AnswerState.FAILED, answers.c.ended_at > self._now - DAY),
            first_asked_at=self._connection.execute(first).scalar_one(),
        )

    def _count(self, *where: sa.ColumnElement[bool]) -> int:
        return int(self._connection.execute(sa.select(sa.func.count()).where(*where)).scalar_one())
