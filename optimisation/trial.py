"""Trials: the model of a world held open, with something asked for, left out or kept, solved again in a moment.

Every why, what-if, mend and re-plan is made of these. A trial changes bounds, rows and costs on
the arrays of the world it was opened with, never the Pyomo model (``tests`` keep held = cold).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field, replace

import highspy
import numpy as np

from optimisation.asked import Aim, Condition, Trial, Tried
from optimisation.cases import Choices, likely_choices, search_cases
from optimisation.extract import amounts_from, as_values
from optimisation.highs import Problem, Solved, cap_objective, compile_model, load, run
from optimisation.hulls import FOLLOW_FROM
from optimisation.model import build_model
from optimisation.prices import paid_points, price_costs, with_misses
from optimisation.registry import Model
from optimisation.search import Way, search, search_money_last, start_from
from planner.errors import SolverFault
from planner.fairness import session_value_pounds
from planner.measures import WORST_SHARE
from planner.need import World
from planner.partnership import GRANT_ITEM
from planner.plan import Amounts
from planner.supply import available_pounds, base_running_pounds, grant_step_pounds, service_supply, sizes_of

TIDY = 0.001
"""What a point of need unmet counts while the distance to a plan (thousands of pounds) leads."""
MOST_UNMET_POINTS = 100.0
POUNDS = 1000
CAP_SLACK_POINTS = 1e-6
CHOICES_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A world's model as arrays, kept for many trials. ``choices`` of bases are worked out when first asked for: none or one."""

    world: World
    model: Model
    problem: Problem
    column: dict[tuple[str, Hashable], int]
    choices: list[Choices] = field(default_factory=list, compare=False)


def hold(world: World) -> Held:
    """State the world's rules once."""
    model = build_model(world)
    problem = compile_model(model)
    return Held(world=world, model=model, problem=problem, column=columns_of(problem))


def columns_of(problem: Problem) -> dict[tuple[str, Hashable], int]:
    """Where each variable, by name and index, stands."""
    return {(kind, column.index()): i for i, (kind, column) in enumerate(zip(problem.kinds, problem.columns, strict=True))}


def attempt(held: Held, trial: Trial) -> Tried:
    """Solve one trial."""
    problem = _with_more(_without(held.problem, trial.without), () if trial.aim is Aim.STEPS else trial.more)
    if not all(may_hold(held, condition) for condition in trial.conditions):
        return _nothing(trial, "impossible")

    def prepare(h: highspy.Highs) -> None:
        if trial.kept and trial.near is not None:
            _keep(h, held, trial)
        for condition in trial.conditions:
            add_condition(h, held, condition)
        if trial.most_shortfall_points is not None:
            cap_objective(h, problem, 0, trial.most_shortfall_points + CAP_SLACK_POINTS)
        _aim(h, held, trial)
        if trial.at_most is not None:
            _look_no_further(h, trial.at_most)

    if trial.in_cases and trial.aim is Aim.SHORTFALL and not trial.is_divisible and (choices := _choices(held)).likely:
        solved = search_cases(problem, choices, gap=trial.gap, seconds=trial.seconds, prepare=prepare, enough=trial.enough)
        return _tried(held, trial, solved)
    start = None if trial.near is None or trial.is_divisible else vector(held, trial.near)
    if trial.aim in {Aim.SHORTFALL, Aim.UNMET, Aim.FURTHEST} and not trial.is_divisible:
        solved = search(
            problem, gap=trial.gap, seconds=trial.seconds, prepare=prepare, start=start,
            way=Way(enough=trial.enough, is_first_step_only=trial.is_first_step_only),
        )  # fmt: skip
        if trial.at_most is not None:
            bound = np.inf if solved.status == "impossible" else solved.bound
            solved = replace(solved, bound=min(bound, trial.at_most, solved.objective))
        return _tried(held, trial, solved)
    if trial.aim in {Aim.DISTANCE, Aim.STEPS} and not trial.is_divisible:
        return _tried(held, trial, search_money_last(problem, gap=trial.gap, seconds=trial.seconds, prepare=prepare, start=start))
    h = load(replace(problem, is_whole=np.zeros_like(problem.is_whole)) if trial.is_divisible else problem)
    prepare(h)
    if start is not None:
        start_from(h, start)
    return _tried(held, trial, run(h, gap=trial.gap, seconds=trial.seconds))


def _choices(held: Held) -> Choices:
    if not held.choices:
        held.choices.append(likely_choices(held.problem, seconds=CHOICES_SECONDS))
    return held.choices[0]


def _without(problem: Problem, without: Collection[tuple[str, str | None]]) -> Problem:
    if not without:
        return problem
    follow = {name for name, rule_ids in FOLLOW_FROM.items() if any(rule_id in rule_ids for rule_id, _ in without)}
    free = np.array(
        [(rule_id, None) in without or (rule_id, at) in without or rule_id in follow for rule_id, at in problem.rows], dtype=bool
    )
    return replace(problem, row_lower=np.where(free, -np.inf, problem.row_lower), row_upper=np.where(free, np.inf, problem.row_upper))


def _with_more(problem: Problem, more: Collection[tuple[str, str, float]]) -> Problem:
    if not more:
        return problem
    by = {(rule_id, at): amount for rule_id, at, amount in more}
    up = np.array([by.get(row, 0.0) for row in problem.rows])
    return replace(problem, row_lower=problem.row_lower + up, row_upper=problem.row_upper + up)


def _keep(h: highspy.Highs, held: Held, trial: Trial) -> None:
    """Hold kinds of decision at what a plan has."""
    assert trial.near is not None
    values = vector(held, trial.near)
    at = np.array([i for key, i in held.column.items() if key[0] in trial.kept or key in trial.kept], dtype=np.int32)
    h.changeColsBounds(len(at), at, values[at], values[at])


def may_hold(held: Held, condition: Condition) -> bool:
    """False for a condition on nothing that the world could give, unless nothing is what it asks for."""
    is_about_something = any((name, index) in held.column for name, index, _ in condition.terms)
    return is_about_something or ((condition.lower or 0) <= 0 and (condition.upper is None or condition.upper >= 0))


def add_condition(h: highspy.Highs, held: Held, condition: Condition) -> None:
    """A condition as a row of a loaded problem."""
    terms = [(held.column[name, index], value) for name, index, value in condition.terms if (name, index) in held.column]
    lower = -highspy.kHighsInf if condition.lower is None else condition.lower
    upper = highspy.kHighsInf if condition.upper is None else condition.upper
    h.addRow(lower, upper, len(terms), np.array([i for i, _ in terms], dtype=np.int32), np.array([v for _, v in terms], dtype=np.float64))


def vector(held: Held, amounts: Amounts) -> np.ndarray:
    """A plan as the held model's columns; what the model has no column for is left out."""
    values = np.zeros(len(held.problem.columns))
    for name, index, value in as_values(held.model, amounts):
        if (name, index) in held.column:
            values[held.column[name, index]] = float(value)
    return with_misses(held.problem, values)


# --- aims --------------------------------------------------------------------------------


def _aim(h: highspy.Highs, held: Held, trial: Trial) -> None:
    problem, count = held.problem, len(held.problem.columns)
    everything = np.arange(count, dtype=np.int32)
    disturbed: list[int] = []
    if trial.aim is Aim.DISTURBED or trial.most_disturbed is not None:
        assert trial.near is not None
        disturbed = _count_disturbed(h, held, trial.near)
        if trial.most_disturbed is not None:
            at = np.array(disturbed, dtype=np.int32)
            h.addRow(0.0, float(trial.most_disturbed), len(at), at, np.ones(len(at)))
    if trial.aim is Aim.UNMET:
        h.changeColsCost(count, everything, problem.costs[1] + price_costs(problem))
        h.changeObjectiveOffset(float(problem.offsets[1]))
    elif trial.aim is Aim.FURTHEST:
        _aim_furthest(h, held, trial)
    elif trial.aim is Aim.STEPS:
        _aim_steps(h, held, trial)
    elif trial.aim is Aim.DISTURBED:
        _lead(h, held, trial, TIDY * problem.costs[1], TIDY * float(problem.offsets[1]))
        for i in disturbed:
            h.changeColCost(i, 1.0)
    elif trial.aim is Aim.DISTANCE:
        aim_near(h, held, trial)
    elif trial.aim is Aim.AMOUNT:
        costs = np.zeros(count)
        for name, index, by in trial.of:
            if (name, index) in held.column:
                costs[held.column[name, index]] += by
        h.changeColsCost(count, everything, costs)
        h.changeObjectiveOffset(0.0)


def _look_no_further(h: highspy.Highs, most: float) -> None:
    """Leave out what the objective set last says is more than ``most``."""
    lp = h.getLp()
    costs = np.array(lp.col_cost_)
    used = np.nonzero(costs)[0].astype(np.int32)
    h.addRow(-highspy.kHighsInf, most - lp.offset_, len(used), used, costs[used])


def _lead(h: highspy.Highs, held: Held, trial: Trial, costs: np.ndarray, offset: float) -> None:
    """Costs on the world's own columns, with what the shortfall counts beside them."""
    count, problem = len(held.problem.columns), held.problem
    h.changeColsCost(count, np.arange(count, dtype=np.int32), costs + trial.shortfall_weight * problem.costs[0])
    h.changeObjectiveOffset(offset + trial.shortfall_weight * float(problem.offsets[0]))


def _aim_furthest(h: highspy.Highs, held: Held, trial: Trial) -> None:
    """Make what the worst fifth lacks lead: 100 - t + (what lies below t) / a fifth, at the best line t from ``line_from`` to the board's."""
    m, count = held.model, len(held.problem.columns)
    cells = held.world.picture.cells
    fifth = float(WORST_SHARE) * max(sum(cell.weight for cell in cells), 1)
    beyond = sum(cell.weight for cell in cells if cell.out_of_reach)
    highest = float(held.world.policy.board.line_percent)
    h.changeColsCost(count, np.arange(count, dtype=np.int32), price_costs(held.problem))
    h.changeObjectiveOffset(100.0)
    line = _column(h, lower=highest if trial.line_from is None else trial.line_from, upper=highest)
    h.changeColCost(line, beyond / fifth - 1)
    below = [j for j, (_, _, is_below) in enumerate(m.segments) if is_below]
    for cell_id, cell in m.cells.items():
        lacks = _column(h, upper=highest)
        h.changeColCost(lacks, cell.weight / fifth)
        at = np.array([lacks, line, *(held.column["met", (cell_id, j)] for j in below)], dtype=np.int32)
        h.addRow(0.0, highspy.kHighsInf, len(at), at, np.array([1.0, -1.0, *[100.0] * len(below)]))


def _aim_steps(h: highspy.Highs, held: Held, trial: Trial) -> None:
    """Make the steps lead by which limits move up: a column of their own in the rows that they move."""
    count = len(held.problem.columns)
    h.changeColsCost(count, np.arange(count, dtype=np.int32), np.zeros(count))
    h.changeObjectiveOffset(0.0)
    steps = _column(h, lower=1.0, upper=float(trial.most_steps), is_whole=True)
    h.changeColCost(steps, 1.0)
    by = {(rule_id, at): amount for rule_id, at, amount in trial.more}
    for number, row in enumerate(held.problem.rows):
        if row in by:
            h.changeCoeff(number, steps, -by[row])


def aim_near(h: highspy.Highs, held: Held, trial: Trial) -> None:
    """Make the distance lead: what is there less what was there, and twice what there is less of. Half the rows of measuring both ways."""
    assert trial.near is not None
    costs, offset, losses = TIDY * held.problem.costs[1], TIDY * float(held.problem.offsets[1]), []
    for change in changeable(held.world):
        terms = [(held.column[name, index], by) for name, index, by in change.terms if (name, index) in held.column]
        planned, thousands = change.amount(trial.near), change.pounds / POUNDS
        if not terms:
            continue
        for i, by in terms:
            costs[i] += by * thousands
        offset -= planned * thousands
        if planned:
            less = _column(h, upper=float(planned))
            at = np.array([*(i for i, _ in terms), less], dtype=np.int32)
            h.addRow(float(planned), highspy.kHighsInf, len(at), at, np.array([*(by for _, by in terms), 1.0]))
            losses.append((less, 2 * thousands))
    _lead(h, held, trial, costs, offset)
    for less, cost in losses:
        h.changeColCost(less, cost)


def _count_disturbed(h: highspy.Highs, held: Held, near: Amounts) -> list[int]:
    """A binary for each school that anything moves for beside a plan."""
    schools = {school.urn: _column(h, upper=1.0, is_whole=True) for school in held.world.partnership.schools}
    for change in changeable(held.world):
        terms = [(held.column[name, index], by) for name, index, by in change.terms if (name, index) in held.column]
        planned = change.amount(near)
        if not terms and not planned:  # what is planned and can no longer be there is a change all the same
            continue
        most = sum(max(by * held.problem.upper[i], 0.0) for i, by in terms)
        moved = _column(h, upper=max(most - planned, float(planned), 1.0))
        at = np.array([*(i for i, _ in terms), moved], dtype=np.int32)
        by_column = [by for _, by in terms]
        h.addRow(-highspy.kHighsInf, float(planned), len(at), at, np.array([*by_column, -1.0]))
        h.addRow(float(planned), highspy.kHighsInf, len(at), at, np.array([*by_column, 1.0]))
        for urn in change.schools:
            ends = np.array([moved, schools[urn]], dtype=np.int32)
            h.addRow(-highspy.kHighsInf, 0.0, 2, ends, np.array([1.0, -max(most - planned, float(planned), 1.0)]))
    return list(schools.values())


def _column(h: highspy.Highs, *, upper: float, lower: float = 0.0, is_whole: bool = False) -> int:
    h.addVar(lower, upper)
    number = int(h.getNumCol()) - 1
    if is_whole:
        h.changeColIntegrality(number, highspy.HighsVarType.kInteger)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeable:
    """One amount that a school would notice: whose it is, what it is (an item of last year's rows, or a base), and what a unit is worth."""

    schools: tuple[int, ...]
    item: str
    terms: tuple[tuple[str, Hashable, float], ...]
    pounds: int

    def amount(self, amounts: Amounts) -> int:
        """How much of it a plan gives: pounds, half-days or places."""
        total = 0
        for name, index, by in self.terms:
            if name == "grant_steps":
                total += amounts.grants.get(index, 0)  # type: ignore[call-overload]
            elif name == "sessions":
                total += amounts.sessions.get(index, 0)  # type: ignore[call-overload]
            elif amounts.base_sizes.get(index[0], 0) == by:  # type: ignore[index]
                total += int(by)
        return total


def changeable(world: World) -> Iterator[Changeable]:
    """Everything that a change of plan could change for a school: its grant, half-days (its own and its zone's), its base."""
    partnership, policy = world.partnership, world.policy
    value = session_value_pounds(world)
    for school in partnership.schools:
        grants = tuple(("grant_steps", (school.urn, f.fund_id), float(grant_step_pounds(f, policy))) for f in partnership.funds)
        yield Changeable(schools=(school.urn,), item=GRANT_ITEM, terms=grants, pounds=1)
    for service in partnership.services:
        role = policy.role(service.role)
        if role.serves == "zone":
            whose = [(zone.zone_id, zone.urns) for zone in world.picture.zones]
        else:
            whose = [(str(school.urn), (school.urn,)) for school in partnership.schools]
        for recipient, urns in whose:
            yield Changeable(
                schools=tuple(urns), item=service.service_id, terms=(("sessions", (recipient, service.service_id), 1.0),),
                pounds=value[service.service_id],
            )  # fmt: skip
    for base in partnership.bases:
        sizes = sizes_of(base)
        if sizes:
            yearly = max(base_running_pounds(base, k, policy) // k for k in sizes)
            terms = tuple(("base_size", (base.base_id, k), float(k)) for k in sizes)
            yield Changeable(schools=(base.host_urn,), item=base.base_id, terms=terms, pounds=max(yearly, 1))


def thousands_a_point(world: World) -> float:
    """A hundredth of all money and time there is to share, in thousands of pounds."""
    pounds = sum(sum(available_pounds(f)) for f in world.partnership.funds)
    value = session_value_pounds(world)
    for service in world.partnership.services:
        pounds += service_supply(world.partnership, world.policy, service).shareable_sessions * value[service.service_id]
    return max(pounds / 100 / POUNDS, 1.0)


# --- answers -----------------------------------------------------------------------------


def _tried(held: Held, trial: Trial, solved: Solved) -> Tried:
    if solved.values is None:
        return replace(_nothing(trial, solved.status), bound=solved.bound, nodes=solved.nodes, seconds=solved.seconds)
    values = solved.values[: len(held.problem.columns)]
    shortfall, unmet = (float(held.problem.costs[n] @ values + held.problem.offsets[n]) for n in (0, 1))
    whole = not trial.is_divisible
    tidied = TIDY if trial.aim in {Aim.DISTANCE, Aim.DISTURBED} else 0.0
    weighed = trial.shortfall_weight * shortfall if tidied else 0.0
    return Tried(
        trial=trial,
        status=solved.status,
        amounts=amounts_from(held.model, held.problem, values, is_paid=trial.is_paid) if whole else None,
        estimate=None if whole else {key: float(values[i]) for key, i in held.column.items()},
        value=solved.objective - tidied * unmet - weighed,
        bound=max(solved.bound - tidied * MOST_UNMET_POINTS - weighed, 0.0) if tidied else solved.bound,
        shortfall_points=shortfall,
        unmet_points=unmet,
        nodes=solved.nodes,
        seconds=solved.seconds,
        price_points=paid_points(held.problem, values),
    )


def _nothing(trial: Trial, status: str) -> Tried:
    if status == "failed":
        raise SolverFault("The solver failed on a question; try again, and if it happens again tell the administrator.")
    return Tried(
        trial=trial, status=status, amounts=None, estimate=None, value=np.inf, bound=-np.inf, shortfall_points=np.inf,
        unmet_points=np.inf, nodes=0, seconds=0.0,
    )  # fmt: skip
