"""Takes waiting runs from the store, one at a time, and makes their plans; while none waits, works out answers about plans.

While the solver works, a second thread keeps the run: it beats, tells how it goes, keeps every better
plan, and looks whether the run is still ours and whether the best so far is wanted. Whatever ends the
work early (the run was cancelled, another worker has it, this worker is asked to end) is a ``LetGo``,
raised where the solver asks whether to stop; it ends the solver's process at once. What the database
refuses for a moment is asked again; a run that cannot be written is let go, and is claimed anew when
its lease has run out.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self, TypeVar

from optimisation.answer_worker import work_out, work_out_roster
from optimisation.greedy import is_feasible
from optimisation.messages import Better, Message, Nearly, Stage
from optimisation.names import AGAIN_STAGE, STAGE, make_plan_with_names
from optimisation.plain_amounts import amounts_from_plain, amounts_to_plain
from optimisation.solve import BoundSoFar, Solver
from planner.audit import leads, price_points
from planner.documents import Json, check_document, plan_document
from planner.errors import AuditRefused, InputMustBeMended, RulesCannotAllHold, SolverFault, TooLarge
from planner.measures import POINTS_PLACES, standing
from planner.need import World, world_of
from planner.plan import Amounts, Ending
from planner.policy import policy_from_text
from planner.store import RunState, Store, Transaction
from planner.store.house import BEAT_SECONDS
from planner.store.partnerships import Version
from planner.store.runs import BEAT_EVERY, ClaimedRun

LOOK_SECONDS = 0.25
"""How often the keeper looks at its run, and so the most it tells: four rows a second."""
BOUND_SECONDS = 1.0
"""How often a bound that rose is worth a row when nothing else is new."""
IDLE_SECONDS = 0.4
PAUSE_SECONDS = 1.0
"""How long to wait before a database that did not answer is asked again."""
PATIENCE_SECONDS = 120.0
"""How long it is asked before the run is let go."""
SWEEP_SECONDS = 600.0

STAGES = {
    "stating the rules": "Stating the rules",
    "shortfall below the board's line": "Lifting the needs furthest below the board's line",
    "total need met": "Meeting as much need in all as there is support for",
    "finding which rules clash": "Finding which rules clash",
    STAGE: "Putting names to the time: who goes where, and when",
    AGAIN_STAGE: "Planning again with the time that named people can give",
    "what last year and a formula would give": "Working out what last year's shares and a formula would give",
}
"""What the solver says it does, as people are told."""
READING_STAGE = "Reading the figures and the policy"
FIRST_STAGE = "Making a first plan by hand"
LAST_STAGE = "Checking the plan"

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class LetGo(Exception):
    """The run is not this worker's to end."""


def work(store: Store, *, name: str, should_end: Callable[[], bool]) -> None:
    """Make the plans of waiting runs, and work out answers about them, until ``should_end``, asked a few times a second, says yes.

    ``name`` stands beside the runs this worker takes. A run it cannot end by then is given back.
    """
    sweep_at = beat_at = 0.0
    with saying_goodbye(store, name), Solver() as solver:
        while not should_end():
            try:
                if time.monotonic() >= sweep_at:
                    sweep(store)
                    sweep_at = time.monotonic() + SWEEP_SECONDS
                is_due = time.monotonic() >= beat_at
                if is_due:
                    beat_at = time.monotonic() + BEAT_SECONDS
                if not take_one(store, name, solver, should_end, says_seen=is_due):
                    time.sleep(IDLE_SECONDS)
            except Exception as error:  # noqa: BLE001 (the next run needs a worker, whatever this was)
                _LOG.warning("The worker was held up: %s", in_short(error))
                time.sleep(PAUSE_SECONDS)


@contextlib.contextmanager
def saying_goodbye(store: Store, name: str) -> Iterator[None]:
    """Have the house forget the worker at its end; the clock does where it cannot say so."""
    yield
    with contextlib.suppress(Exception), store.begin() as tx:
        tx.house.gone(worker=name)


def take_one(store: Store, name: str, solver: Solver, should_end: Callable[[], bool], *, says_seen: bool = False) -> bool:
    """Claim the run, roster or answer whose turn it is and end it, or let go of it; False where none waits."""
    with store.begin() as tx:
        if says_seen:
            tx.house.seen(worker=name)
        run = tx.runs.claim_next(worker=name)
        roster = tx.rosters.claim_next(worker=name) if run is None else None
        answer = tx.answers.claim_next(worker=name) if run is None and roster is None else None
    if run is not None:
        _make(store, run, solver, should_end)
    elif roster is not None:
        work_out_roster(store, roster, solver, should_end)
    elif answer is not None:
        work_out(store, answer, solver, should_end)
    return run is not None or roster is not None or answer is not None


def sweep(store: Store) -> None:
    """Forget uploads and sessions whose time is over."""
    with store.begin() as tx:
        tx.uploads.sweep()
        tx.sessions.sweep()


# --- one run -------------------------------------------------------------------------------


def _make(store: Store, run: ClaimedRun, solver: Solver, should_end: Callable[[], bool]) -> None:
    """End a claimed run with its plan, or with the reason why there is none; or let go of it."""
    try:
        end = _ending(store, run, solver, should_end)
        has_ended = _patiently(store.begin, end, should_end)
        _LOG.info("Run %s %s.", run.id, "has ended" if has_ended else "was no longer ours to end", extra={"run": run.id})
    except LetGo:
        _LOG.info("Run %s is let go.", run.id, extra={"run": run.id})
        if should_end():
            with store.begin() as tx:
                tx.runs.give_back(run)


def _ending(store: Store, run: ClaimedRun, solver: Solver, should_end: Callable[[], bool]) -> Callable[[Transaction], bool]:
    """What to write at the end of the run, once its plan is made or cannot be."""
    try:
        bound_points = _patiently(store.read, lambda tx: tx.runs.bound_points(run), should_end)
        with _Keeper(store, run, should_end, bound_points) as keeper:
            document = _document(_world(store, run, should_end), run, solver, keeper)
    except LetGo:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it was, somebody waits for this run)
        reason = _reason(run, error)
        return lambda tx: tx.runs.fail(run, reason=reason) and _recorded(tx, run, "run failed")
    return lambda tx: tx.runs.finish(run, document=document) and _recorded(tx, run, "run finished")


def _recorded(tx: Transaction, run: ClaimedRun, action: str) -> bool:
    tx.events.record(partnership_id=run.partnership_id, by=None, action=action, subject=f"run {run.id}")
    return True


def _world(store: Store, run: ClaimedRun, should_end: Callable[[], bool]) -> World:
    def brought(tx: Transaction) -> tuple[Version | None, Version | None]:
        return (
            tx.partnerships.version(partnership_id=run.partnership_id, version=run.partnership_version),
            tx.policies.version(partnership_id=run.partnership_id, version=run.policy_version),
        )

    partnership, policy = _patiently(store.read, brought, should_end)
    assert partnership is not None
    assert policy is not None
    return world_of(partnership.partnership(), policy_from_text(json.dumps(policy.document)))


def _document(world: World, run: ClaimedRun, solver: Solver, keeper: _Keeper) -> Json:
    """The run's plan as a document that has passed its audit."""
    keeper.begin_with(world)
    settings = {name: float(run.settings[name]) for name in ("gap_points", "seconds") if name in run.settings}
    plan = make_plan_with_names(solver, world, **settings, start=_best_kept(run), tell=keeper.tell, should_stop=keeper.should_stop)
    if plan.ending is not Ending.WITHIN_GAP:  # an earlier attempt may have come further
        plan = replace(plan, bound_points=max(plan.bound_points, keeper.bound_before))
    keeper.say(LAST_STAGE)
    document = plan_document(plan, world)
    check_document(document)
    return document


def _best_kept(run: ClaimedRun) -> Amounts | None:
    """The best plan of an earlier attempt; one that cannot be read is only not used."""
    try:
        return None if run.best_amounts is None else amounts_from_plain(run.best_amounts)
    except (LookupError, TypeError, ValueError):
        return None


def _reason(run: ClaimedRun, error: Exception) -> str:
    """Why there is no plan, for a person; the log learns where it went wrong, but none of the figures."""
    if isinstance(error, RulesCannotAllHold | InputMustBeMended):
        return str(error)
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("Run %s failed: %s\n%s", run.id, in_short(error), where, extra={"run": run.id})
    if isinstance(error, TooLarge):
        return (
            "This is too large: the search needs more memory than it may have, so there is no plan. "
            "Plan with fewer schools or fewer rules of heads at once; if it should fit, tell the administrator."
        )
    if isinstance(error, SolverFault):
        return "The solver ended before it found a plan: try again with more time, and if it happens again tell the administrator."
    if isinstance(error, AuditRefused):
        return "The plan that was found did not pass its check, so it is not shown: this is our fault, please tell the administrator."
    return "Something went wrong on our side, so there is no plan: the figures are safe, try again, and if it happens again tell the administrator."


def _patiently(
    enter: Callable[[], AbstractContextManager[Transaction]], act: Callable[[Transaction], T], should_end: Callable[[], bool]
) -> T:
    """What a transaction comes to, asked again while the database does not answer; LetGo when it never does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with enter() as tx:
                return act(tx)
        except Exception as error:
            _LOG.warning("The database was asked in vain: %s", in_short(error))
            if time.monotonic() > until or should_end():
                raise LetGo from error
        time.sleep(PAUSE_SECONDS)


def in_short(error: Exception) -> str:
    """An error for the log: its kind, and what the database itself said. What else it says may hold somebody's figures."""
    said = str(getattr(error, "orig", "")).strip().splitlines()
    return ": ".join([type(error).__name__, *said[:1]])


# --- keeping a run while the solver works ----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """How far a run is: stage in words, shortfall of the best plan and its bound in points, and the standards it meets."""

    stage: str = READING_STAGE
    best: Amounts | None = field(default=None, compare=False)
    best_points: float | None = None
    bound_points: float | None = None
    detail: Json = field(default_factory=dict)


class _Keeper:
    """Keeps a run ours while its plan is made, in a thread of its own. Use as a context manager."""

    def __init__(self, store: Store, run: ClaimedRun, should_end: Callable[[], bool], bound_before: float) -> None:
        self.bound_before = bound_before
        """What an earlier attempt proved, in points."""
        self._store, self._run, self._should_end = store, run, should_end
        self._world: World | None = None
        self._bound = BoundSoFar(bound_before)
        self._step = _Step()
        self._told: _Step | None = None
        self._told_best: Amounts | None = None
        self._told_at = -math.inf
        self._beaten_at = -math.inf
        self._seq = 0
        self._is_ours = True
        self._is_best_wanted = run.best_wanted_at is not None
        self._looking = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"run {run.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
        if kind is None:
            self._look()  # a short run has not told of its last steps yet

    # --- what the solver's side says and asks ---

    def begin_with(self, world: World) -> None:
        """The world that what is told from now on belongs to."""
        self._world = world
        self.say(FIRST_STAGE)

    def say(self, stage: str) -> None:
        """A new stage, in words for people."""
        self._step = replace(self._step, stage=stage)

    def tell(self, message: Message) -> None:
        """Take in what the solver tells; the first plan is in the store before this returns."""
        assert self._world is not None
        self._bound.hear(message)
        if isinstance(message, Stage):
            self.say(STAGES.get(message.words, message.words))
        elif isinstance(message, Better):
            self._show(self._world, message.amounts)
        elif isinstance(message, Nearly) and is_feasible(self._world, message.answer.amounts):
            self._show(self._world, message.answer.amounts)
        if self._step.best_points is not None and self._bound.points:
            self._step = replace(self._step, bound_points=min(self._bound.points, self._step.best_points))

    def should_stop(self) -> bool:
        """Whether the best plan so far is wanted; raises ``LetGo`` when the run is no longer this worker's to end."""
        if not self._is_ours or self._should_end():
            raise LetGo
        return self._is_best_wanted

    def _show(self, world: World, amounts: Amounts) -> None:
        here = standing(world.picture, world.policy, amounts)
        before = self._step
        terms: dict[str, int | float] = {
            "standards_counted": here.standards,
            "standards_met": here.met,
            "standards_partly_met": here.partly_met,
            "standards_under_half": here.under_half,
            "out_of_reach": here.out_of_reach,
        }
        if world.policy.has_prices:
            terms["price_points"] = float(round(price_points(world, amounts), POINTS_PLACES))
        points = leads(world, amounts)
        if before.best_points is None or points < before.best_points:
            self._step = replace(before, best=amounts, best_points=points, detail=terms)
        else:
            self._step = replace(before, detail=terms)
        if before.best is None:
            self._look()

    # --- what the store hears and says ---

    def _keep(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            if not self._look():
                self._is_over.wait(PAUSE_SECONDS)

    def _look(self) -> bool:
        """Tell what is new, beat when it is time, and see how the run stands; False when the database did not answer."""
        with self._looking:
            try:
                self._look_once()
            except Exception as error:  # noqa: BLE001 (the plan is worth more than this row, which is told again)
                _LOG.warning("Run %s could not be told of: %s", self._run.id, in_short(error))
                return False
        return True

    def _look_once(self) -> None:
        step, now = self._step, time.monotonic()
        is_new, has_better = self._is_new(step, now), step.best is not self._told_best
        if not is_new and not has_better and now - self._beaten_at < BEAT_EVERY / 1000:
            with self._store.read() as tx:
                self._heed(tx)
            return
        with self._store.begin() as tx:
            if tx.runs.beat(self._run):
                if is_new:
                    tx.runs.add_progress(
                        self._run, seq=self._seq, stage=step.stage,
                        best_points=step.best_points, bound_points=step.bound_points, detail=step.detail,
                    )  # fmt: skip
                if has_better and step.best is not None and step.best_points is not None:
                    tx.runs.offer_best(self._run, amounts=amounts_to_plain(step.best), shortfall_points=step.best_points)
            self._heed(tx)
        self._beaten_at = now
        self._told_best = step.best
        if is_new:
            self._told, self._told_at = step, now
            self._seq += 1

    def _is_new(self, step: _Step, now: float) -> bool:
        if self._told is None or step == self._told:
            return self._told is None
        is_only_bound = replace(step, bound_points=self._told.bound_points) == self._told
        return not is_only_bound or now - self._told_at >= BOUND_SECONDS

    def _heed(self, tx: Transaction) -> None:
        now = tx.runs.run(partnership_id=self._run.partnership_id, run_id=self._run.id)
        self._is_ours = now is not None and now.state is RunState.RUNNING and now.fence == self._run.fence
        self._is_best_wanted = now is not None and now.best_wanted_at is not None
