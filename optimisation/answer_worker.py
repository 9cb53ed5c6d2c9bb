"""Works out one claimed answer about a plan, and gives way to whatever comes first.

A second thread keeps the claim while it is worked out, and looks whether a run waits, or the answer is no longer
ours, or the worker is asked to end. Then the search ends at once and the answer is given back: it begins anew when
its turn comes. What cannot be written is claimed anew when its lease has run out.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from optimisation.answers import Asked, GaveWay, Watch, find
from optimisation.roster_worker import make_version
from optimisation.solve import Solver
from planner.documents import Json
from planner.errors import AuditRefused, PlannerError, SolverFault
from planner.store import Store, Transaction
from planner.store.answers import AnswerRow
from planner.store.rosters import RosterVersion
from planner.store.runs import BEAT_EVERY

LOOK_SECONDS = 0.25

_LOG = logging.getLogger(__name__)
Claimed = TypeVar("Claimed", bound=AnswerRow | RosterVersion)
Kept_contra = TypeVar("Kept_contra", contravariant=True)


def work_out(store: Store, answer: AnswerRow, solver: Solver, should_end: Callable[[], bool]) -> None:
    """End a claimed answer with what was found, or with the reason why there is none; or give it back."""
    document, asked = (
        _plan_document(store, answer.partnership_id, answer.plan_id),
        _asked(store, answer),
    )  # a database that does not answer is no reason why there is none: it is claimed anew
    try:
        with _Keeper(store, answer, should_end, lambda tx: tx.answers) as keeper:
            found = find(asked, document, solver, Watch(answer.kind, keeper.must_give_way))
    except GaveWay:
        with store.begin() as tx:
            tx.answers.give_back(answer)
        _LOG.info("Answer %s gives way.", answer.id)
        return
    except Exception as error:  # noqa: BLE001 (whatever it was, the other answers stand)
        with store.begin() as tx:
            tx.answers.fail(answer, reason=_reason(answer, error))
        return
    with store.begin() as tx:
        has_ended = tx.answers.finish(answer, document=found.document, file=found.file)
    _LOG.info("Answer %s %s.", answer.id, "has ended" if has_ended else "was no longer ours to end")


def work_out_roster(store: Store, version: RosterVersion, solver: Solver, should_end: Callable[[], bool]) -> None:
    """End a claimed version of a roster with its names, or with the reason why there are none; or give it back."""
    document = _plan_document(store, version.partnership_id, version.plan_id)
    found, reason = None, ""
    with _Keeper(store, version, should_end, lambda tx: tx.rosters) as keeper:
        try:
            found = make_version(version.request, document, solver, keeper.must_give_way)
        except Exception as error:  # noqa: BLE001 (whatever it was, the other rosters stand)
            reason = "" if keeper.must_give_way() else _reason(version, error)
    with store.begin() as tx:
        if found is not None:
            tx.rosters.finish(version, document=found)
        elif reason:
            tx.rosters.fail(version, reason=reason)
        else:
            tx.rosters.give_back(version)


def _plan_document(store: Store, partnership_id: int, plan_id: int) -> Json:
    with store.read() as tx:
        plan = tx.plans.plan(partnership_id=partnership_id, plan_id=plan_id)
    assert plan is not None
    return plan.document


def _asked(store: Store, answer: AnswerRow) -> Asked:
    version = (answer.asked or {}).get("version", 0)
    with store.read() as tx:
        newer = tx.partnerships.version(partnership_id=answer.partnership_id, version=version) if version else None
    return Asked(kind=answer.kind, urn=answer.urn, change=answer.asked, newer=None if newer is None else newer.partnership())


def _reason(answer: AnswerRow | RosterVersion, error: Exception) -> str:
    """Why there is no answer, for a person; the log learns where it went wrong, but none of the figures."""
    if isinstance(error, PlannerError) and not isinstance(error, SolverFault | AuditRefused):
        return str(error)
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("Answer %s failed: %s\n%s", answer.id, type(error).__name__, where)
    if isinstance(error, SolverFault):
        return "The solver ended before it found this out."
    if isinstance(error, AuditRefused):
        return "What was found did not pass its check, so it is not shown: this is our fault, please tell the administrator."
    return "Something went wrong on our side: the plan stands as it is, please tell the administrator."


class _Queue(Protocol[Kept_contra]):
    """What answers and rosters share: a claim that is kept."""

    def beat(self, claimed: Kept_contra, /) -> bool: ...

    def is_held(self, claimed: Kept_contra, /) -> bool: ...

    def must_give_way(self, claimed: Kept_contra, /) -> bool: ...


class _Keeper(Generic[Claimed]):
    """Keeps an answer or a roster ours while it is worked out, in a thread of its own. Use as a context manager."""

    def __init__(
        self, store: Store, answer: Claimed, should_end: Callable[[], bool], queue: Callable[[Transaction], _Queue[Claimed]]
    ) -> None:
        self._store, self._should_end = store, should_end
        self._answer: Claimed = answer
        self._queue: Callable[[Transaction], _Queue[Claimed]] = queue
        self._beaten_at = time.monotonic()
        self._must_give_way = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"answer {answer.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()

    def must_give_way(self) -> bool:
        """Whether something that comes first waits, the answer is no longer ours, or the worker is to end."""
        return self._must_give_way or self._should_end()

    def _keep(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 (a database that does not answer is asked again)
                _LOG.warning("Answer %s could not be kept: %s", self._answer.id, type(error).__name__)

    def _look(self) -> None:
        if time.monotonic() - self._beaten_at >= BEAT_EVERY / 1000:
            with self._store.begin() as tx:
                self._queue(tx).beat(self._answer)
            self._beaten_at = time.monotonic()
        with self._store.read() as tx:
            queue = self._queue(tx)
            self._must_give_way = self._must_give_way or not queue.is_held(self._answer) or queue.must_give_way(self._answer)
