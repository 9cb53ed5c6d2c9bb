"""Ways to make room when rules clash: few rules move, none by much of its limit, and each way moves other rules.

In this order as little as the search finds in its time: how many rules move; the largest proportion that one gives way by; the sum of the
proportions. Then the mended world is stated anew, planned, and audited: a way that has no plan is no way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import highspy
import numpy as np

from optimisation.extract import CannotPayToThePound, amounts_from
from optimisation.highs import Problem, Solved, cap_objective, compile_model, load, run, set_objective
from optimisation.model import build_model
from optimisation.moves import MOST_MOVES, Mend, Mended, Movable, mended, movables
from optimisation.places import Placed, Proof
from optimisation.progress import safe_bound
from planner.audit import leads
from planner.measures import standing
from planner.need import World

MOST_MENDS = 3
MOST_TRIES = 6
NEARLY_ONE = 0.99
"""The number of rules is whole, so a gap under one proves it."""
SHARE_GAP = 0.01
SAME_SHARE = 1e-6
FOR_EVERYBODY = 1e-3
"""Among equals a way that moves one place goes before one that moves everybody's percent."""
PLAN_GAP_POINTS = 0.5
SHARE_FOR_A_WAY = 0.5
"""Of the time left, what finding the next way may take; the rest is for its plan and further ways."""
PLAN_SECONDS = 3.0
SHARE_OUT_GAP_POINTS = 0.5
SHARE_OUT_TOLERANCE_POINTS = 0.05
"""What sharing out may add to the shortfall: a cap with no room at all makes a long search."""
SHARE_OUT_SECONDS = 0.5
FEWEST_SECONDS, LEAST_SHARE_SECONDS = 1.5, 0.3
"""The most that one search for the fewest rules, or for the least they give way, may take: with many alike it finds soon and proves late."""
LEAST_SUM_SECONDS = 0.1
"""The same for the least sum over all sets of as many rules; where that is too short it is found for the rules chosen, which is quick."""
LEAST_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A set of rules to move, and a solution in which only they give way."""

    chosen: tuple[Placed, ...]
    values: np.ndarray
    largest_share: float
    is_fewest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """A row that lets a slack column give way only where its rule's 0-1 column ``move`` does, by at most ``most``."""

    row: int
    move: int
    most: float
    denominator: float


@dataclass(slots=True, kw_only=True)
class Ways:
    """Asks for one way after another. ``is_exhausted`` once it was proved that there is no other."""

    world: World
    problem: Problem
    until: float
    can_move: list[Movable] = field(init=False)
    ruled_out: list[frozenset[Placed]] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    is_exhausted: bool = False

    def __post_init__(self) -> None:
        self.can_move = movables(self.world, self.problem)

    def __iter__(self) -> Iterator[_Way]:
        while (way := self._next()) is not None:
            self.ruled_out.append(frozenset(way.chosen))
            yield way

    def _next(self) -> _Way | None:
        """The way that moves the fewest rules by the least, among those that hold none said before within them."""
        h, moved, shares, largest, rooms = self._elastic()
        now = time.perf_counter()
        until = now + SHARE_FOR_A_WAY * (self.until - now)
        if self.ruled_out:
            most = max(MOST_MOVES, len(self.ruled_out[0]))
            h.addRow(-highspy.kHighsInf, most, len(moved), np.array(moved, dtype=np.int32), np.ones(len(moved)))
        everything = np.arange(h.getNumCol(), dtype=np.int32)

        def least(costs: dict[int, float], gap: float, words: str, seconds: float, start: np.ndarray | None = None) -> Solved:
            all_costs = np.zeros(len(everything))
            all_costs[list(costs)] = list(costs.values())
            h.changeColsCost(len(everything), everything, all_costs)
            if start is not None:
                solution = highspy.HighsSolution()
                solution.col_value = list(start)
                h.setSolution(solution)
            solved = run(h, gap=gap, seconds=min(seconds, until - time.perf_counter()))
            self.proofs.append(Proof(words=words, status=solved.status, value=solved.objective, bound=solved.bound, seconds=solved.seconds))
            return solved

        fewest = least(dict.fromkeys(moved, 1.0), NEARLY_ONE, "fewest rules to move", FEWEST_SECONDS)
        if fewest.values is None:
            self.is_exhausted = fewest.status == "impossible"
            return None
        count = round(float(fewest.values[moved].sum()))
        h.addRow(-highspy.kHighsInf, count, len(moved), np.array(moved, dtype=np.int32), np.ones(len(moved)))
        values = fewest.values
        if count:
            _at_most(h, largest, rooms, float(values[largest]) - SHARE_GAP)
            closest = least({largest: 1.0}, SHARE_GAP, "least largest proportion", LEAST_SHARE_SECONDS)
            values = values if closest.values is None else closest.values
            _at_most(h, largest, rooms, float(values[largest]) + SAME_SHARE)
            costs = {column: 1 / one.denominator for one, columns in zip(self.can_move, shares, strict=True) for column in columns}
            for one, column in zip(self.can_move, moved, strict=True):
                costs[column] = FOR_EVERYBODY if one.is_for_everybody else 0.0
            together = least(costs, SHARE_GAP, "least sum of proportions", LEAST_SUM_SECONDS, values)
            values = values if together.values is None else together.values
            if together.status != "optimal":
                at, as_chosen = np.array(moved, dtype=np.int32), np.round(values[moved])
                h.changeColsBounds(len(at), at, as_chosen, as_chosen)
                together = least(costs, SHARE_GAP, "least sum of proportions of these rules", LEAST_SHARE_SECONDS, values)
                values = values if together.values is None else together.values
        return _Way(
            chosen=tuple(one.placed for one, column in zip(self.can_move, moved, strict=True) if values[column] > 1 / 2),
            values=values[: len(self.problem.columns)],
            largest_share=float(values[largest]),
            is_fewest=fewest.status == "optimal",
        )

    def _elastic(self) -> tuple[highspy.Highs, list[int], list[list[int]], int, list[_Room]]:
        """The problem with room to give way: a 0-1 column for each rule that may move, its slack columns, the largest proportion, and what ties them."""
        h = load(self.problem)
        h.changeObjectiveOffset(0.0)
        moved = [_column(h, 1.0, is_whole=True) for _ in self.can_move]
        largest = _column(h, highspy.kHighsInf)
        shares: list[list[int]] = []
        rooms: list[_Room] = []
        for one, move in zip(self.can_move, moved, strict=True):
            columns = []
            for slack in one.slacks:
                column = _column(h, slack.most)
                for row, by in slack.entries:
                    h.changeCoeff(row, column, by)
                rooms.append(_Room(row=int(h.getNumRow()), move=move, most=slack.most, denominator=one.denominator))
                h.addRow(-highspy.kHighsInf, 0.0, 2, np.array([column, move], dtype=np.int32), np.array([1.0, -slack.most]))
                columns.append(column)
            at = np.array([*columns, largest], dtype=np.int32)
            h.addRow(-highspy.kHighsInf, 0.0, len(at), at, np.array([1 / one.denominator] * len(columns) + [-1.0]))
            shares.append(columns)
        by_placed = {one.placed: column for one, column in zip(self.can_move, moved, strict=True)}
        for out in self.ruled_out:
            at = np.array([by_placed[placed] for placed in out], dtype=np.int32)
            h.addRow(-highspy.kHighsInf, len(out) - 1.0, len(at), at, np.ones(len(at)))
        return h, moved, shares, largest, rooms


def _at_most(h: highspy.Highs, largest: int, rooms: list[_Room], most: float) -> None:
    """Let no rule give way by a proportion of more than this; each row says so of its own, which makes for a tighter bound."""
    h.changeColBounds(largest, 0.0, max(most, 0.0))
    for room in rooms:
        h.changeCoeff(room.row, room.move, -min(room.most, max(most, 0.0) * room.denominator))


def _column(h: highspy.Highs, most: float, *, is_whole: bool = False) -> int:
    h.addVar(0.0, most)
    number = int(h.getNumCol()) - 1
    if is_whole:
        h.changeColIntegrality(number, highspy.HighsVarType.kInteger)
    return number


def find_mends(world: World, problem: Problem, *, seconds: float) -> tuple[tuple[Mend, ...], bool, tuple[Proof, ...]]:
    """Up to three ways, each with a plan that passed its audit; whether it was proved that there is no other; every solve."""
    until = time.perf_counter() + seconds
    ways = Ways(world=world, problem=problem, until=until)
    mends: list[Mend] = []
    for tries, way in enumerate(ways, start=1):
        if not way.chosen:
            break  # nothing has to move: nothing clashes
        behind = len(ways.proofs)
        mend = _planned(way, mended(world, problem, way.chosen, way.values), ways, behind)
        if mend is not None:
            mends.append(mend)
        if len(mends) == MOST_MENDS or tries == MOST_TRIES or time.perf_counter() > until:
            break
    return tuple(mends), ways.is_exhausted and len(mends) == len(ways.ruled_out), tuple(ways.proofs)


def _planned(way: _Way, after: Mended, ways: Ways, behind: int) -> Mend | None:
    """The mended world's plan, audited; None when none was found. The bound is of the first try, which allowed more."""
    bound = 0.0
    for is_to_the_pound in (False, True):
        model = build_model(after.world, is_to_the_pound=is_to_the_pound)
        problem = compile_model(model)
        eased = after.with_exceptions(problem)
        left = max(LEAST_SECONDS, min(PLAN_SECONDS, ways.until - time.perf_counter()))
        solved = run(load(eased), gap=PLAN_GAP_POINTS, seconds=left)
        ways.proofs.append(
            Proof(
                words="shortfall of the mended plan",
                status=solved.status,
                value=solved.objective,
                bound=solved.bound,
                seconds=solved.seconds,
            )
        )
        if solved.values is None:
            return None
        bound = bound if is_to_the_pound else safe_bound(solved.bound)
        try:
            amounts = amounts_from(model, eased, _shared_out(eased, solved, ways))
        except CannotPayToThePound:
            continue
        if not after.is_kept_by(amounts, problem):
            return None
        here = standing(after.world.picture, after.world.policy, amounts)
        return Mend(
            moves=after.moves,
            largest_share=way.largest_share,
            is_fewest=way.is_fewest,
            shortfall_points=leads(after.world, amounts),
            bound_points=bound,
            met=here.met,
            under_half=here.under_half,
            standards=here.standards,
            amounts=amounts,
            mended=after,
            proofs=tuple(ways.proofs[max(behind - 3, 0) :]),
        )
    return None


def _shared_out(problem: Problem, solved: Solved, ways: Ways) -> np.ndarray:
    """A plan with what it left unused shared out in a moment, bases and blocks as they are and hardly more shortfall."""
    assert solved.values is not None
    h = load(problem)
    set_objective(h, problem, 1)
    cap_objective(h, problem, 0, solved.objective + SHARE_OUT_TOLERANCE_POINTS)
    kept = np.array(
        [i for i, column in enumerate(problem.columns) if column.parent_component().name in {"base_size", "has_block"}], dtype=np.int32
    )
    as_they_are = np.round(solved.values[kept])
    h.changeColsBounds(len(kept), kept, as_they_are, as_they_are)
    start = highspy.HighsSolution()
    start.col_value = list(solved.values)
    h.setSolution(start)
    shared = run(h, gap=SHARE_OUT_GAP_POINTS, seconds=min(SHARE_OUT_SECONDS, ways.until - time.perf_counter()))
    ways.proofs.append(
        Proof(words="need unmet, shared out", status=shared.status, value=shared.objective, bound=shared.bound, seconds=shared.seconds)
    )
    return solved.values if shared.values is None else shared.values
