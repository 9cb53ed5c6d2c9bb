"""What somebody tries beside a plan, worked out in processes that hold the plan open; pages get counts and amounts as data.

The solver's packages are read when somebody first asks, not when the app starts.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from planner.audit import most_of
from planner.child import AT_ONCE, Limits, run_child, shown_name
from planner.documents import Json, from_plain, plan_document, to_plain
from planner.errors import SolverFault
from planner.export.read_back import HandMade
from planner.intake.apart import UPLOAD
from planner.intake.reading import refuse_other_files
from planner.intake.zip_guard import judge_zip
from planner.measures import school_ledgers
from planner.need import WHOLE, Cell, World
from planner.partnership import Bound, HeadRule
from planner.plan import Amounts, Ending, Plan
from planner.rules import RULES
from planner.tried import Tried, without_taken_away, world_tried
from web.settings import THREADS

if TYPE_CHECKING:
    from optimisation.asked import Condition, Consequence, Question
    from optimisation.impossible import Impossible
    from optimisation.residents import Residents

MOST_RESIDENTS = 3
"""Processes of people who try things; each plan has one for quick answers and one for whole ones, so that nobody's sliders wait for another's plan."""
IDLE_SECONDS = 300.0
WHOLE_SECONDS, EXPLAIN_SECONDS = 10.0, 20.0
GAP_POINTS = 0.1
BY_HAND_LIMITS = Limits(memory_megabytes=4_000, seconds=120, written_megabytes=200)
CLOSES_BEFORE_PROCESSES = 10
"""Where Python ends what is left of a process; its children come at 0."""
MOST_TURNS = THREADS - AT_ONCE - 1
"""Estimates of everybody in a process at a time: beside the files being read, one thread is always left for pages."""
STOPPED = "It was stopped before it was found; ask again."
TOO_MANY = "More is being tried at once than can be worked out: wait a moment."

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole answer as data; ``document`` is the plan's, with bound and gap in points, where there is a plan."""

    answer: Json
    document: Json | None = None
    bound_points: float | None = None
    gap_points: float | None = None


class NoTurn(SolverFault):
    """As much is being tried as may be at once; whoever asks again in a moment may be answered."""


class Workshop:
    """Answers what somebody tries. Threads share it; ``close`` ends its processes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._residents: Residents | None = None
        self._wanted: dict[int, object] = {}
        self._turns = threading.BoundedSemaphore(MOST_TURNS)

    # --- a plan made by hand ---

    def by_hand(self, content: bytes, file_name: str, document: Json) -> tuple[HandMade, Json | None]:
        """Audit an edited workbook of a plan apart; with the document of the plan it makes, where it keeps every rule.

        Raises ``InputMustBeMended`` with one sentence, whatever the file holds.
        """
        name = shown_name(file_name) or "The file"
        refuse_other_files(name, content)
        judge_zip(name, content)
        files = {UPLOAD: content, "plan.json": json.dumps(document).encode("utf-8")}
        told, made = run_child("optimisation.hand_made:audit_job", {"name": name}, files, BY_HAND_LIMITS, name=name)
        return from_plain(HandMade, told["told"]), json.loads(made) if told["made"] else None

    # --- answers ---

    def estimate(self, plan_key: str, near: Amounts, world: World, tried: Tried, should_stop: Callable[[], bool] = lambda: False) -> Json:
        """The quick answer: how everybody stands, and who gets more or less, if all could be split.

        Raises ``SolverFault`` where every process is busy or it was stopped, ``InputMustBeMended`` where what is tried cannot be right.
        """
        from optimisation.asked import Kind  # noqa: PLC0415

        (found,) = self._asked(f"{plan_key} quick", near, world, tried, (Kind.ESTIMATE,), should_stop)
        return {
            "ending": found.ending, "before": to_plain(found.before), "after": None if found.after is None else to_plain(found.after),
            "changes": to_plain(found.changes),
        }  # fmt: skip

    def whole(self, plan_key: str, near: Amounts, world: World, tried: Tried, urn: int | None, should_stop: Callable[[], bool]) -> Whole:
        """A plan that keeps every rule, or which rules clash and how to make room. Raises as ``estimate`` does."""
        from optimisation.asked import Ending as Ended  # noqa: PLC0415
        from optimisation.asked import Kind  # noqa: PLC0415

        after = world_tried(world, tried)
        (found,) = self._asked(f"{plan_key} whole", near, world, tried, (Kind.WHOLE,), should_stop, gives_way=True)
        if found.amounts is not None and found.after is not None and found.bound_points is not None:
            gap = found.gap_points or 0.0
            plan = Plan(
                amounts=found.amounts, ending=Ending.WITHIN_GAP if gap <= GAP_POINTS else Ending.STOPPED_BY_CLOCK,
                bound_points=found.bound_points, levels=(), engine="tried beside a plan", seconds=found.seconds,
            )  # fmt: skip
            return Whole(
                answer=_found(world, after, near, found, urn),
                document=plan_document(plan, after),
                bound_points=found.bound_points,
                gap_points=gap,
            )
        if found.ending is not Ended.IMPOSSIBLE:
            return Whole(answer={"ending": "not found"})
        clash = self._held().explain(
            _key(f"{plan_key} whole", tried),
            lambda: without_taken_away(world, tried),
            after,
            seconds=EXPLAIN_SECONDS,
            should_stop=should_stop,
            gives_way=True,
        )
        return Whole(answer={"ending": "not found"} if clash is None else _impossible(after, clash))

    def useless(self, world: World, wish: HeadRule) -> str:
        """Why a plan never gives so much, '' where it may."""
        from optimisation.wishes import most_useful_words  # noqa: PLC0415

        return "" if wish.bound is Bound.AT_MOST else most_useful_words(world, urn=wish.urn, item=wish.item, amount=wish.amount)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """A turn to ask for an answer while a page waits. Raises ``NoTurn`` at once where there is none."""
        if not self._turns.acquire(blocking=False):
            raise NoTurn(TOO_MANY)
        try:
            yield
        finally:
            self._turns.release()

    # --- work that goes on behind the pages ---

    def begin(self, name: int, work: Callable[[Callable[[], bool]], None]) -> None:
        """Work in a thread of its own until something else is begun under the same name; ``work`` is given what says so."""
        this = object()  # not its key: what is undone and done again is begun again
        with self._lock:
            self._wanted[name] = this

        def run() -> None:
            try:
                work(lambda: self._wanted.get(name) is not this)
            except Exception as error:  # noqa: BLE001 (the page says that it was lost, and begins anew)
                _LOG.error("What was tried in draft %s failed: %s", name, type(error).__name__)
            finally:
                with self._lock:
                    if self._wanted.get(name) is this:
                        del self._wanted[name]

        threading.Thread(target=run, name=f"draft {name}", daemon=True).start()

    def stop(self, name: int) -> None:
        """End the work under a name: nobody wants it any more."""
        with self._lock:
            self._wanted.pop(name, None)

    def close(self) -> None:
        """End every process."""
        with self._lock:
            residents, self._residents = self._residents, None
            self._wanted.clear()
        if residents is not None:
            residents.close()

    # --- how ---

    def _held(self) -> Residents:
        from optimisation.residents import Residents  # noqa: PLC0415

        with self._lock:
            if self._residents is None:
                self._residents = Residents(most=MOST_RESIDENTS, idle_seconds=IDLE_SECONDS)
                # A process that another started runs nothing of atexit; and a solver that is ended first would be started again.
                Finalize(None, self.close, exitpriority=CLOSES_BEFORE_PROCESSES)
            return self._residents

    def _asked(
        self, name: str, near: Amounts, world: World, tried: Tried, kinds: tuple[Any, ...], should_stop: Callable[[], bool], *,
        gives_way: bool = False,
    ) -> list[Consequence]:  # fmt: skip
        question, opened = _question(world, near, tried, kinds), functools.partial(without_taken_away, world, tried)
        found = list(self._held().ask(_key(name, tried), opened, question, should_stop=should_stop, gives_way=gives_way))
        if len(found) < len(kinds):
            raise SolverFault(STOPPED)
        return found


def _key(name: str, tried: Tried) -> str:
    return "\n".join((name, *tried.taken_away))


def _question(world: World, near: Amounts, tried: Tried, kinds: tuple[Any, ...]) -> Question:
    from optimisation.asked import Moved, Question  # noqa: PLC0415

    return Question(
        near=near, moved=Moved(settings=tried.settings), conditions=tuple(_condition(world, wish) for wish in tried.wishes),
        gap=GAP_POINTS, seconds=WHOLE_SECONDS, kinds=kinds,
    )  # fmt: skip


def _condition(world: World, wish: HeadRule) -> Condition:
    from optimisation.wishes import amount_wish  # noqa: PLC0415

    return amount_wish(
        world, wish.urn, wish.item, at_least=None if wish.bound is Bound.AT_MOST else wish.amount,
        at_most=None if wish.bound is Bound.AT_LEAST else most_of(wish),
    )  # fmt: skip


def _found(world: World, after: World, near: Amounts, found: Consequence, urn: int | None) -> Json:
    """What a whole plan comes to beside the plan it began from: counts, who gets more and less, points."""
    assert found.amounts is not None
    assert found.after is not None
    both = ((world, near), (after, found.amounts))
    was, now = (school_ledgers(w.partnership, w.policy, w.picture, amounts) for w, amounts in both)
    return {
        "ending": "found",
        "all": [counts(w.picture.cells, amounts) for w, amounts in both],
        "own": None if urn is None else [counts([c for c in w.picture.cells if c.recipient == str(urn)], a) for w, a in both],
        "schools": [
            {"urn": one.school.urn, "name": one.school.name, "pounds": two.grant_pounds - one.grant_pounds, "half_days": two.own_sessions - one.own_sessions}
            for one, two in zip(was, now, strict=True)
            if (one.grant_pounds, one.own_sessions) != (two.grant_pounds, two.own_sessions)
        ],
        "changes": to_plain(found.changes),
        "points": [found.before.shortfall_points, found.after.shortfall_points],
        "bound_points": found.bound_points,
        "gap_points": found.gap_points,
    }  # fmt: skip


def counts(cells: Iterable[Cell], amounts: Amounts) -> Json:
    """How many standards are fully met, partly met, under half and out of reach."""
    here = list(cells)
    levels = [amounts.need_met.get(cell.cell_id, 0) for cell in here if not cell.out_of_reach]
    met, under = sum(level == WHOLE for level in levels), sum(level < WHOLE // 2 for level in levels)
    return {"met": met, "partly": len(levels) - met - under, "under_half": under, "out_of_reach": len(here) - len(levels)}


def _impossible(world: World, clash: Impossible) -> Json:
    return {
        "ending": "impossible",
        "clash": list(clash.clash_words),
        "is_smallest": clash.is_smallest,
        "ran_out": clash.ran_out,
        "mends": [
            {
                "met": mend.met, "under_half": mend.under_half, "standards": mend.standards, "shortfall_points": mend.shortfall_points, "bound_points": mend.bound_points,
                "moves": [
                    {
                        "words": move.words, "granted_by": move.granted_by, "rule": move.rule_id, "place": move.place, "was": str(move.was), "now": str(move.now),
                        **_granter(world, move.rule_id, move.place),
                    }
                    for move in mend.moves
                ],
            }
            for mend in clash.mends
        ],
    }  # fmt: skip


def _granter(world: World, rule_id: str, place: str) -> Json:
    """Who may grant a move: the board, or the head of a school."""
    p = world.partnership
    if rule_id == "head_rule":
        return {"kind": "head", "urn": next(rule.urn for rule in p.head_rules if rule.rule_id == place)}
    if RULES[rule_id].relaxed_by == "host school":
        host = next((base.host_urn for base in p.bases if base.base_id == place), None)
        return {"kind": "head", "urn": int(place) if host is None else host}
    return {"kind": "board", "urn": None}
