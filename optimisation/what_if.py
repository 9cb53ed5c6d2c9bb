"""What if: settings, funds or wishes moved beside a plan, answered three times, each slower and surer than the one before.

*Money only* holds bases, time and places as in the plan and shares the money anew, as if it could be split. An *estimate*
splits everything. *Whole numbers* is a plan that keeps every rule, with its gap. Every solve begins from arrays and
nothing that was asked before, so that an answer does not depend on what was asked before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

import highspy
import numpy as np

from optimisation.asked import Aim, Change, Condition, Consequence, Ending, Kind, Question, Trial
from optimisation.differences import changes_in
from optimisation.extract import CannotPayToThePound, amounts_from
from optimisation.highs import Hooks, Problem, Solved, cap_objective, load, run
from optimisation.prices import price_costs
from optimisation.progress import safe_bound
from optimisation.restate import restated, world_with
from optimisation.search import FINE, Prepare, of_kinds, search, search_money_last, start_from
from optimisation.trial import CAP_SLACK_POINTS, POUNDS, Held, add_condition, aim_near, changeable, may_hold, thousands_a_point, vector
from planner.audit import breaches, leading_points, misfits, price_points
from planner.errors import SolverFault
from planner.measures import POINTS_PLACES, standing
from planner.need import WHOLE, World
from planner.plan import Amounts
from planner.words import least_points, most_points

HELD_FOR_MONEY = ("base_size", "has_block", "places", "sessions")
HELD_FOR_WHOLE = ("base_size", "has_block")
SHORTFALL_WEIGHT = 5.0
NEAR_WEIGHT = 0.05
"""Beside need met, what moves from the plan counts this share of what it is worth on average: moves that gain next to nothing are not made."""
NEARLY_WHOLE = 200
"""Millionths: a split need met this near to full is full."""
KEPT_GAP, KEPT_SECONDS = 0.02, 0.5
ROOM_POINTS, SHARE_OF_GAP = 0.005, 0.9
"""What sharing out may add to the shortfall; more, as long as it stays within this share of the gap asked for."""
TOUCH_POINTS = 0.0005
"""What rounding may add to a shortfall that is to be no more than another's; not to be seen on a page."""
SHARE_OUT_GAP, SHARE_OUT_SECONDS = 0.2, 1.5
NEAREST_GAP, NEAREST_SECONDS = 0.1, 0.7
"""In thousands of pounds moved, and in seconds, for the nearest of the plans that are as good."""
LP_SECONDS = 5.0


Split = Mapping[tuple[str, Hashable], float]
Bases = list[highspy.HighsBasis]
"""The bases that the solves of a quick answer ended with when nothing was moved: a question close by is a few steps from there."""


class Beside:
    """A held world and the plan that everything is asked beside; what the quick answers are with nothing moved is worked out once."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self._near: Amounts | None = None
        self._planned = np.zeros(0)
        self._before: dict[Kind, Split | None] = {}
        self._bases: dict[Kind, Bases] = {}

    def answers(self, question: Question, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Consequence]:
        """The three answers, as they come. Raises ``InputMustBeMended`` where what is moved cannot be right."""
        began = time.perf_counter()
        self._begin(question.near)
        held = restated(self.held, world_with(self.held.world, question.moved))
        can_be = all(may_hold(held, condition) for condition in question.conditions)
        is_alike = held.column is self.held.column or list(held.column) == list(self.held.column)
        planned = self._planned if is_alike else vector(held, question.near)
        for kind in (one for one in (Kind.MONEY, Kind.ESTIMATE) if one in question.kinds):
            bases = self._bases[kind] if is_alike else []
            split = _split(held, kind, planned, question.conditions, self._before[kind], list(bases)) if can_be else None
            yield self._quick(held, kind, question, split, began)
        if Kind.WHOLE in question.kinds:
            yield self._whole(held, question, planned, should_stop, began) if can_be else self._none(held, question, "impossible", began)

    def _begin(self, near: Amounts) -> None:
        if self._near is not None and self._near == near:
            return
        self._near, self._planned = near, vector(self.held, near)
        for kind, beside in ((Kind.MONEY, _keyed(self.held, self._planned)), (Kind.ESTIMATE, None)):
            self._bases[kind] = []
            self._before[kind] = _split(self.held, kind, self._planned, (), beside, self._bases[kind])

    def _quick(self, held: Held, kind: Kind, question: Question, split: Split | None, began: float) -> Consequence:
        before = self._before[kind]
        was = question.near.need_met if before is None else _levels(before)
        world = held.world
        here = standing(world.picture, world.policy, replace(question.near, need_met=was))
        after = None if split is None else standing(world.picture, world.policy, replace(question.near, need_met=_levels(split)))
        changes = () if split is None or before is None else _changes(world, before, split)
        ending = Ending.IMPOSSIBLE if split is None else Ending.FOUND
        return _in_words(Consequence(
            kind=kind, ending=ending, before=here, after=after, changes=changes, bound_points=None, amounts=None, sentence="",
            seconds=time.perf_counter() - began, price_points=_price(held, split), before_price_points=_price(self.held, before),
        ))  # fmt: skip

    def _none(self, held: Held, question: Question, status: str, began: float) -> Consequence:
        here = standing(held.world.picture, held.world.policy, question.near)
        ending = Ending.IMPOSSIBLE if status == "impossible" else Ending.NOT_FOUND
        return _in_words(Consequence(
            kind=Kind.WHOLE, ending=ending, before=here, after=None, changes=(), bound_points=None, amounts=None, sentence="",
            seconds=time.perf_counter() - began,
        ))  # fmt: skip

    def _whole(self, held: Held, question: Question, planned: np.ndarray, should_stop: Callable[[], bool], began: float) -> Consequence:
        world = held.world
        solved = _whole(held, question, planned, should_stop, question.seconds - (time.perf_counter() - began))
        if solved.values is None:
            return self._none(held, question, solved.status, began)
        try:
            amounts = amounts_from(held.model, held.problem, solved.values)
        except CannotPayToThePound:
            return self._none(held, question, "not paid to the pound", began)
        if any(misfits(world, amounts)) or any(breaches(world, amounts)):
            raise SolverFault("A plan that was found broke a rule and is not shown; please report this.")
        here, after = (standing(world.picture, world.policy, plan) for plan in (question.near, amounts))
        both = [(one, one.amount(question.near), one.amount(amounts)) for one in changeable(world)]
        before_price, price = (
            float(round(price_points(on, plan), POINTS_PLACES)) for on, plan in ((self.held.world, question.near), (world, amounts))
        )
        return _in_words(Consequence(
            kind=Kind.WHOLE, ending=Ending.FOUND, before=here, after=after, changes=changes_in(world, both),
            bound_points=min(safe_bound(solved.bound), after.shortfall_points + price), amounts=amounts, sentence="",
            seconds=time.perf_counter() - began, price_points=price, before_price_points=before_price,
        ))  # fmt: skip


# --- split amounts -------------------------------------------------------------------------


def _split(
    held: Held, kind: Kind, planned: np.ndarray, conditions: tuple[Condition, ...], beside: Split | None, bases: Bases
) -> Split | None:  # fmt: skip
    """The least shortfall with amounts split; then need met, with little moved from what is beside. None when there is none.

    Both solves begin from ``bases`` where they fit; where there are none theirs are kept there.
    """
    problem = _holding(held, HELD_FOR_MONEY, planned) if kind is Kind.MONEY else held.problem
    h = load(replace(problem, is_whole=np.zeros_like(problem.is_whole)))
    for condition in conditions:
        add_condition(h, held, condition)
    is_first_time = not bases
    first = _run_from(h, bases, 0)
    if first.status != "optimal":
        if first.status != "impossible":
            raise SolverFault("The solver failed on a question; try again, and if it happens again tell the administrator.")
        return None
    if is_first_time:
        bases.append(h.getBasis())
    cap_objective(h, problem, 0, first.objective + CAP_SLACK_POINTS)
    _aim_second(h, held, beside)
    second = _run_from(h, bases, 1)
    if is_first_time:
        bases.append(h.getBasis())
    values = first.values if second.values is None else second.values
    assert values is not None
    return _keyed(held, values[: len(problem.columns)])


def _run_from(h: highspy.Highs, bases: Bases, number: int) -> Solved:
    """Solve split amounts from a basis, if there is one of this shape."""
    if number < len(bases) and (len(bases[number].col_status), len(bases[number].row_status)) == (h.getNumCol(), h.getNumRow()):
        h.setBasis(bases[number])
    return run(h, gap=0.0, seconds=LP_SECONDS)


def _holding(held: Held, names: tuple[str, ...], at: np.ndarray) -> Problem:
    """The problem with kinds of decision held."""
    problem = held.problem
    of = of_kinds(problem, names)
    return replace(problem, lower=np.where(of, at, problem.lower), upper=np.where(of, at, problem.upper))


Loss = tuple[list[tuple[int, float]], float, float]
"""Columns with what they count, what there was of them together, and what each less of it costs."""


def _aim_second(h: highspy.Highs, held: Held, beside: Split | None) -> list[Loss]:
    """Need unmet, the shortfall weighed in, and what moves from what is beside; each loss is a column of its own after the others."""
    problem = held.problem
    costs = problem.costs[1] + SHORTFALL_WEIGHT * problem.costs[0]
    losses: list[Loss] = []
    if beside is not None:
        weight = NEAR_WEIGHT / thousands_a_point(held.world) / POUNDS
        for one in changeable(held.world):
            terms = [(held.column[name, index], by) for name, index, by in one.terms if (name, index) in held.column]
            was = sum(by * beside.get((name, index), 0.0) for name, index, by in one.terms)
            for i, by in terms:
                costs[i] += by * one.pounds * weight
            if terms and was > 0:
                losses.append((terms, was, 2 * one.pounds * weight))
    count = len(problem.columns)
    h.changeColsCost(count, np.arange(count, dtype=np.int32), costs)
    if losses:
        n = len(losses)
        h.addVars(n, np.zeros(n), np.array([was for _, was, _ in losses]))
        at = np.arange(count, count + n, dtype=np.int32)
        h.changeColsCost(n, at, np.array([cost for _, _, cost in losses]))
        starts: list[int] = []
        indices: list[int] = []
        values: list[float] = []
        for column, (terms, _, _) in zip(at, losses, strict=True):
            starts.append(len(indices))
            indices += [*(i for i, _ in terms), int(column)]
            values += [*(by for _, by in terms), 1.0]
        h.addRows(
            n, np.array([was for _, was, _ in losses]), np.full(n, highspy.kHighsInf), len(indices),
            np.array(starts, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(values),
        )  # fmt: skip
    return losses


def _keyed(held: Held, values: np.ndarray) -> dict[tuple[str, Hashable], float]:
    return {key: float(values[i]) for key, i in held.column.items()}


def _price(held: Held, split: Split | None) -> float:
    """What rules that give way cost in split amounts, in points."""
    costs = price_costs(held.problem)
    return 0.0 if split is None else round(sum(float(costs[i]) * split[key] for key, i in held.column.items() if costs[i]), POINTS_PLACES)


def _levels(split: Split) -> dict[str, int]:
    """Need met in millionths."""
    met: dict[str, float] = {}
    for (name, index), value in split.items():
        if name == "met":
            met[index[0]] = met.get(index[0], 0.0) + value  # type: ignore[index]
    return {cell_id: WHOLE if (n := round(share * WHOLE)) >= WHOLE - NEARLY_WHOLE else max(n, 0) for cell_id, share in met.items()}


def _changes(world: World, before: Split, after: Split) -> tuple[Change, ...]:
    def amount(split: Split, terms: tuple[tuple[str, Hashable, float], ...]) -> int:
        return round(sum(by * split.get((name, index), 0.0) for name, index, by in terms))

    return changes_in(world, [(one, amount(before, one.terms), amount(after, one.terms)) for one in changeable(world)])


# --- whole numbers -------------------------------------------------------------------------


def _whole(held: Held, question: Question, planned: np.ndarray, should_stop: Callable[[], bool], seconds: float) -> Solved:
    """A plan near the best with the bound of all: from the plan's own bases and blocks, searched, then shared out."""
    problem, until = held.problem, time.perf_counter() + seconds

    def prepare(h: highspy.Highs) -> None:
        for condition in question.conditions:
            add_condition(h, held, condition)

    h = load(_holding(held, HELD_FOR_WHOLE, planned))
    prepare(h)
    kept = run(h, gap=KEPT_GAP, seconds=KEPT_SECONDS)
    found = search(
        problem, gap=question.gap, seconds=max(0.1, until - time.perf_counter() - SHARE_OUT_SECONDS),
        hooks=Hooks(should_stop=should_stop), prepare=prepare, start=kept.values,
    )  # fmt: skip
    if found.status == "impossible" and kept.values is not None:  # there is a plan, so that search proves nothing
        found = replace(found, status=kept.status, bound=-np.inf)
    best = kept if kept.objective <= max(found.objective, found.bound + SHARE_OF_GAP * question.gap) else found
    if best.values is None:
        return found
    most = max(best.objective + ROOM_POINTS, found.bound + SHARE_OF_GAP * question.gap)
    if not question.conditions and not any(misfits(held.world, question.near)) and not any(breaches(held.world, question.near)):
        # the plan still holds, so that what is shown comes out no worse than it
        most = min(most, max(best.objective, float(leading_points(held.world, question.near))) + TOUCH_POINTS)
    best = _nearest(held, prepare, best, question.near, planned, most)
    values = _shared_out(held, prepare, best, planned, most, SHARE_OUT_SECONDS)
    if values is None and (left := until - time.perf_counter()) > SHARE_OUT_SECONDS:
        values = _shared_out(held, prepare, best, planned, most, left)
    return replace(found, values=best.values if values is None else values)


def _nearest(held: Held, prepare: Prepare, best: Solved, near: Amounts, planned: np.ndarray, most_points: float) -> Solved:
    """What was found with as little as can be moved from the plan, bases and blocks as they were found: else two plans that are as good would differ for nothing."""
    assert best.values is not None
    trial = Trial(words="the nearest plan", aim=Aim.DISTANCE, near=near)

    def prepare_near(h: highspy.Highs) -> None:
        prepare(h)
        cap_objective(h, held.problem, 0, most_points)
        aim_near(h, held, trial)

    solved = search_money_last(
        _holding(held, HELD_FOR_WHOLE, np.rint(best.values[: len(held.problem.columns)])), gap=NEAREST_GAP, seconds=NEAREST_SECONDS,
        prepare=prepare_near, start=planned,
    )  # fmt: skip
    return best if solved.values is None else replace(best, values=solved.values)


def _shared_out(held: Held, prepare: Prepare, best: Solved, planned: np.ndarray, most_points: float, seconds: float) -> np.ndarray | None:
    """A plan with what it left unused shared out and little moved, bases and blocks as they are: first with money split, then whole. None where the time was too short."""
    assert best.values is not None
    problem, values, until = held.problem, best.values[: len(held.problem.columns)], time.perf_counter() + seconds
    near = _keyed(held, planned)

    def share(names: tuple[str, ...], is_whole: np.ndarray, values: np.ndarray) -> np.ndarray | None:
        h = load(replace(_holding(held, names, np.rint(values)), is_whole=is_whole))
        prepare(h)
        cap_objective(h, problem, 0, most_points)
        less = [max(was - sum(by * values[i] for i, by in terms), 0.0) for terms, was, _ in _aim_second(h, held, near)]
        start_from(h, np.concatenate([values, less]))
        shared = run(h, gap=SHARE_OUT_GAP, seconds=until - time.perf_counter())
        return None if shared.values is None else shared.values[: len(problem.columns)]

    split = share(HELD_FOR_WHOLE, problem.is_whole & ~of_kinds(problem, FINE), values)
    if split is None:
        return None
    for names in (HELD_FOR_MONEY, (*HELD_FOR_WHOLE, "places")):
        whole = share(names, problem.is_whole, split)
        if whole is not None:
            return whole
    return None


# --- words ---------------------------------------------------------------------------------

_HOW = {
    Kind.MONEY: "With bases, time and places as in the plan and the money shared anew",
    Kind.ESTIMATE: "As an estimate, if time and places could be split",
    Kind.WHOLE: "In whole numbers",
}


def _in_words(found: Consequence) -> Consequence:
    """An answer with its sentence: what follows, in plain words."""
    return replace(found, sentence=f"{_HOW[found.kind]}, {_what_follows(found)}.")


def _what_follows(found: Consequence) -> str:
    before, after = found.before, found.after
    if after is None:
        if found.ending is Ending.NOT_FOUND:
            return "no plan was found in the time given, nor proved impossible"
        return "the rules cannot all hold"
    was, becomes = most_points(before.shortfall_points), most_points(after.shortfall_points)
    points = f"the need below the line goes {'up' if Decimal(becomes) > Decimal(was) else 'down'} from {was} to {becomes} points"
    if becomes == was:
        points = f"the need below the line stays at {becomes} points"
    together = ""
    if found.price_points or found.before_price_points:
        points += (
            f", and rules that give way cost {most_points(found.price_points)} points, {most_points(found.before_price_points)} before"
        )
        together = " with both together"
    met = after.met - before.met
    standards = (
        f"{abs(met)} {'standard' if abs(met) == 1 else 'standards'} {'more' if met > 0 else 'fewer'} fully met"
        if met
        else "as many standards are fully met"
    )
    proof = "" if found.bound_points is None else f"; no plan could come below {least_points(found.bound_points)}{together}"
    return f"{points}{proof}; {standards}; {_who(found.changes)}"


def _who(changes: tuple[Change, ...]) -> str:
    gets: dict[int, list[bool]] = {}
    for change in changes:
        for urn in change.urns:
            gets.setdefault(urn, []).append(change.after > change.before)
    more = sum(all(ups) for ups in gets.values())
    less = sum(not any(ups) for ups in gets.values())
    both = len(gets) - more - less
    said = [
        f"{n} {'school gets' if n == 1 else 'schools get'} {what}"
        for n, what in ((more, "more"), (less, "less"), (both, "more of one thing and less of another"))
        if n
    ]
    return ", ".join(said) if said else "nobody's amounts change"
