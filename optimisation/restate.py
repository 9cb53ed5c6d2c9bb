"""A held world with some settings or funds moved: only what they can touch is stated again, the rest of its arrays is kept.

What is kept is named here, with what it reads; a rule that is not named is always stated again.
A test keeps moved = held afresh, to the last bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from fractions import Fraction
from operator import itemgetter
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimisation.asked import Moved
from optimisation.highs import Problem, compile_model, problem_of
from optimisation.hulls import FOLLOW_FROM, post_hulls
from optimisation.model import build_model, tidy_money_costs, total_weight
from optimisation.plain_rows import HULL_OF_PLACES, OnNumbers, PlainRows, plain_rows
from optimisation.registry import Model
from optimisation.trial import Held, columns_of, hold
from optimisation.variables import most_money
from planner import rules
from planner.errors import InputMustBeMended
from planner.need import Cell, Picture, World, benefit_segments, world_of
from planner.partnership import DecisionRight, Fund, Partnership
from planner.policy import Policy, with_changes
from planner.rules import RULES
from planner.supply import available_pounds, service_supply

LEAVE_NEED = (
    "board.line_percent", "board.contingency_percent", "board.moderated_pot_percent", "board.money_floor_percent", "board.money_cap_percent",
    "board.sessions_floor_percent", "board.cohort_fill_percent", "board.next_year_affordable_percent", "board.host_share_percent",
    "board.secondary_places_*", "board.sessions_cap_percent", "board.standard_floors.*", "board.money_taper_*",
    "roles.*.vacancy_held_back_percent", "rules.*", "prices.*",
)  # fmt: skip
"""Settings that the picture of need does not read, as long as no fund or service comes to have nothing to give, or something."""
WEIGHTS = "priorities.*"
"""Settings that the picture of need reads for the weight of its cells only."""
LASTING = frozenset({rules.NEED_FROM_SUPPORT.rule_id, *FOLLOW_FROM})
"""Rows that read need, the slopes of the benefit curve and what may be given to whom; the two hulls read the line too."""


READ_BY = {
    "line_percent": frozenset[str](),
    "contingency_percent": frozenset({rules.CONTINGENCY_HELD.rule_id}),
    "moderated_pot_percent": frozenset({rules.MODERATED_POT_RELEASED.rule_id}),
    "money_floor_percent": frozenset({rules.MONEY_FLOOR.rule_id}),
    "money_cap_percent": frozenset({rules.MONEY_CAP.rule_id}),
    "sessions_floor_percent": frozenset({rules.SESSIONS_FLOOR.rule_id}),
    "next_year_affordable_percent": frozenset({rules.NEXT_YEAR_AFFORDABLE.rule_id}),
}
"""Settings of the board whose reach is known: which rules' rows read them. The line is in the curve's segments (``_read_segments``)."""
READ_BY_FUNDS = frozenset({
    rules.FUND_BALANCE.rule_id, rules.CONTINGENCY_HELD.rule_id, rules.MODERATED_POT_RELEASED.rule_id, rules.NEXT_YEAR_AFFORDABLE.rule_id,
})  # fmt: skip
LIMITS_ONLY = READ_BY_FUNDS.union(*READ_BY.values())
"""Rows of which such a setting or fund moves limits, and no coefficient."""
SWITCHES = frozenset({
    rules.MONEY_FLOOR.rule_id, rules.MONEY_CAP.rule_id, rules.SESSIONS_FLOOR.rule_id, rules.SESSIONS_CAP.rule_id, rules.HOST_SHARE.rule_id,
    rules.PHASE_BALANCE.rule_id, rules.SECONDARIES_IN_PROPORTION.rule_id, rules.NEXT_YEAR_AFFORDABLE.rule_id,
})  # fmt: skip
"""Rules that, switched, take or leave their own rows and touch nothing else."""
MET = "met"

Segments = tuple[tuple[Fraction, Fraction, bool], ...]


def world_with(world: World, moved: Moved) -> World:
    """The world with settings and funds moved. Raises ``InputMustBeMended`` where they cannot be right."""
    partnership = with_funds(world.partnership, dict(moved.funds), world.policy.board.september_to_march_months)
    policy = with_changes(world.policy, dict(moved.settings)) if moved.settings else world.policy
    after = replace(world, partnership=partnership, policy=policy)
    leaves_need = all(any(fnmatchcase(path, known) for known in (*LEAVE_NEED, WEIGHTS)) for path, _ in moved.settings)
    if leaves_need and _what_is_there(after) == _what_is_there(world):
        return after if policy.priorities == world.policy.priorities else replace(after, picture=_weighed(world.picture, policy))
    return world_of(partnership, policy)


def _weighed(picture: Picture, policy: Policy) -> Picture:
    """The same need under other weights."""
    weights, tiers = dict(policy.priorities), {standard.standard_id: standard.tier for standard in policy.standards}
    return replace(
        picture, cells=tuple(replace(cell, weight=cell.pupils_hundredths * weights[tiers[cell.standard_id]]) for cell in picture.cells)
    )


def with_funds(partnership: Partnership, more: Mapping[str, int], first_months: int) -> Partnership:
    """More or less in some funds, in both financial years as their months fall; a year that holds nothing gets nothing."""
    unknown = set(more) - {fund.fund_id for fund in partnership.funds}
    if unknown:
        known = ", ".join(fund.fund_id for fund in partnership.funds)
        raise InputMustBeMended(f"There is no fund {min(unknown)!r}; the funds are {known}.")
    return replace(
        partnership, funds=tuple(_with_more(fund, more.get(fund.fund_id, 0), first_months) for fund in partnership.funds)
    )  # fmt: skip


def _with_more(fund: Fund, more: int, first_months: int) -> Fund:
    first, second = available_pounds(fund)
    if not more:
        return fund
    if first + second + more < 0:
        raise InputMustBeMended(f"{fund.name} holds £{first + second:,}, so £{-more:,} cannot be taken out of it.")
    by_march = more if first and not second else 0 if second and not first else round(more * first_months / 12)
    by_march = max(-first, min(by_march, more + second))  # neither year below nought
    return replace(
        fund,
        september_to_march_pounds=fund.september_to_march_pounds + by_march,
        april_to_august_pounds=fund.april_to_august_pounds + more - by_march,
    )


def _what_is_there(world: World) -> tuple[object, ...]:
    """Which funds hold money in which year, and which services can give time (and why not): all that the reach of needs reads of them."""
    p = world.partnership
    supplies = [service_supply(p, world.policy, s) for s in p.services if s.decision_right is not DecisionRight.INFORMATION]
    return (
        tuple(tuple(pounds > 0 for pounds in available_pounds(fund)) for fund in p.funds),
        tuple(supply.can_give_sessions(world.policy) or supply for supply in supplies),
    )


def restated(held: Held, world: World) -> Held:
    """``hold(world)``, by way of what is held already where only money, percents or the line have moved."""
    before = held.world
    if world is before:
        return held
    if not _is_same_need(before, world):
        return hold(world)
    if (moved := _moved_on_arrays(held, world)) is not None:
        return moved
    if world.picture is not before.picture:
        return hold(world)
    kept = _kept(before, world)
    model = build_model(world, only=RULES.keys() - kept, is_tight=False)
    if not FOLLOW_FROM.keys() <= kept:
        post_hulls(model)
    part = compile_model(model)
    column = columns_of(part)
    names = list(dict.fromkeys(rule_id for rule_id, _ in held.problem.rows))
    stated = set(dict.fromkeys(rule_id for rule_id, _ in part.rows))
    if list(column) != list(held.column) or stated | (kept & set(names)) != set(names):
        return hold(world)
    return Held(world=world, model=model, problem=_spliced(held.problem, part, names, stated), column=column)


def _is_same_need(before: World, after: World) -> bool:
    """Whether the pictures are one, or one under other weights (``world_with``)."""
    old, new = before.picture, after.picture
    return new is old or (
        new.zones is old.zones
        and new.school_needs is old.school_needs
        and len(new.cells) == len(old.cells)
        and all(a.requirements is b.requirements and a.out_of_reach == b.out_of_reach for a, b in zip(new.cells, old.cells, strict=True))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lent:
    """A held model as it is for a world moved a little: whatever else is asked of it is the held model's own."""

    model: Model
    world: World
    funds: dict[str, Fund]
    cells: dict[str, Cell]
    segments: Segments
    met: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def _moved_on_arrays(held: Held, world: World) -> Held | None:
    """The held arrays with only what can have changed stated anew, on columns by number; None where it is not known what can have."""
    before = held.world
    segments = benefit_segments(world.policy)
    names = _touched(before, world, held.model.segments, segments)
    if names is None or (len(segments) != len(held.model.segments) and held.problem.kinds[-1:] != (MET,)):
        return None
    model = _Lent(
        model=held.model, world=world, funds={f.fund_id: f for f in world.partnership.funds}, segments=segments, met=held.model.met,
        cells={c.cell_id: c for c in world.picture.cells if not c.out_of_reach},
    )  # fmt: skip
    problem, column = held.problem, held.column
    if len(segments) != len(held.model.segments):
        model, problem, column = _with_other_segments(model, held)
    numbers = OnNumbers(model, column)
    stated: dict[str, PlainRows] = {}
    for name in sorted(names):
        rows = plain_rows(numbers, name) if name == HULL_OF_PLACES or world.policy.is_on(name) else PlainRows.of(())
        if rows is None:
            return None
        stated[name] = rows
    problem = _with_rows(problem, stated)
    upper, costs, offsets = problem.upper.copy(), problem.costs.copy(), problem.offsets.copy()
    if world.partnership.funds != before.partnership.funds:
        for name, most in most_money(world).items():
            for index, value in most.items():
                upper[column[name, index]] = value
        for name, index, cost in tidy_money_costs(model):
            costs[1, column[name, index]] = cost
    elif world.policy.board.money_floor_percent != before.policy.board.money_floor_percent:
        for index, value in most_money(world)["grant_steps"].items():
            upper[column["grant_steps", index]] = value
    if segments != held.model.segments or world.picture is not before.picture:
        _value_need(model, column, upper, costs)
        offsets[0] = float(world.policy.board.line_percent)
    problem = replace(problem, costs=costs, offsets=offsets, upper=upper)
    return Held(world=world, model=model, problem=problem, column=column)


def _touched(before: World, after: World, old_segments: Segments, segments: Segments) -> frozenset[str] | None:
    """The names of the rows that can have changed; None where more may have than is known here."""
    old, new = before.policy, after.policy
    plain = replace(new, board=old.board, rules_on=old.rules_on, priorities=old.priorities, figures=old.figures, document=old.document)
    if any(price for _, price in old.prices) or plain != old:
        return None
    if replace(after.partnership, funds=before.partnership.funds) != before.partnership:
        return None
    moved = {f.name for f in fields(new.board) if getattr(old.board, f.name) != getattr(new.board, f.name)}
    if not moved <= READ_BY.keys() or max(old.board.sessions_floor_percent, 0) != max(new.board.sessions_floor_percent, 0):
        return None
    switched = {rule_id for rule_id, _ in (*old.rules_on, *new.rules_on) if old.is_on(rule_id) != new.is_on(rule_id)}
    if not switched <= SWITCHES:
        return None
    names = frozenset(switched).union(*(READ_BY[name] for name in moved))
    if after.partnership.funds != before.partnership.funds:
        names |= READ_BY_FUNDS
    return names | _read_segments(old_segments, segments)


def _read_segments(old: Segments, new: Segments) -> frozenset[str]:
    """The rows that read what differs between the segments of two curves: the hull all of it, need its slopes, a floor how many there are."""
    if old == new:
        return frozenset()
    names = {HULL_OF_PLACES}
    if _slopes(old) != _slopes(new):
        names |= {rules.NEED_FROM_SUPPORT.rule_id, rules.STANDARD_FLOOR.rule_id}
    return frozenset(names)


def _slopes(segments: Segments) -> list[Fraction]:
    return [dose / width for width, dose, _ in segments]


def _with_other_segments(model: _Lent, held: Held) -> tuple[_Lent, Problem, dict[tuple[str, Hashable], int]]:
    """The held arrays with other columns of need met, the last there are; their bounds and costs are still to be set."""
    made = pyo.ConcreteModel()
    made.met = pyo.Var([(cell_id, j) for cell_id in model.cells for j in range(len(model.segments))])
    problem, columns = held.problem, list(made.met.values())
    others = problem.kinds.index(MET)
    last = int(problem.starts[others])
    count = others + len(columns)
    problem = replace(
        problem, columns=(*problem.columns[:others], *columns), kinds=(*problem.kinds[:others], *[MET] * len(columns)),
        costs=np.concatenate([problem.costs[:, :others], np.zeros((2, len(columns)))], axis=1),
        lower=np.concatenate([problem.lower[:others], np.zeros(len(columns))]),
        upper=np.concatenate([problem.upper[:others], np.ones(len(columns))]),
        is_whole=np.concatenate([problem.is_whole[:others], np.zeros(len(columns), dtype=bool)]),
        starts=np.concatenate([problem.starts[:others], np.full(count - others + 1, last, dtype=np.int32)]),
        indices=problem.indices[:last], values=problem.values[:last],
    )  # fmt: skip
    return replace(model, met=made.met), problem, columns_of(problem)


def _value_need(model: _Lent, column: Mapping[tuple[str, Hashable], int], upper: np.ndarray, costs: np.ndarray) -> None:
    """Bounds and costs of need met, as ``shortfall_points`` and ``need_met_points`` have them."""
    weight = total_weight(model)
    widths = [float(width) for width, _, _ in model.segments]
    for cell_id, cell in model.cells.items():
        points = 100 * cell.weight / weight
        for j, (_, _, is_below) in enumerate(model.segments):
            at = column[MET, (cell_id, j)]
            upper[at] = widths[j]
            costs[0, at] = 0.0 - points if is_below else 0.0
            costs[1, at] = 0.0 - points


def _with_rows(base: Problem, stated: Mapping[str, PlainRows]) -> Problem:
    """A problem with the rows of some names stated anew, the others as they are, in the order in which a model has them."""
    if not stated:
        return base
    held: dict[str, slice] = {}
    begin = 0
    for name, those in itertools.groupby(base.rows, key=itemgetter(0)):
        end = begin + sum(1 for _ in those)
        held[name], begin = slice(begin, end), end
    there = {name: held.get(name, slice(0, 0)) for name in stated}
    if stated.keys() <= LIMITS_ONLY and all(tuple(at for _, at in base.rows[there[name]]) == stated[name].places for name in stated):
        row_lower, row_upper = base.row_lower.copy(), base.row_upper.copy()
        for name, rows in stated.items():
            row_lower[there[name]], row_upper[there[name]] = rows.lower, rows.upper
        return replace(base, row_lower=row_lower, row_upper=row_upper)
    number = np.full(len(base.rows), -1, dtype=np.int32)
    names: list[tuple[str, Any]] = []
    lower_of, upper_of, entries = [], [], []
    for name in (*RULES, *FOLLOW_FROM):
        count = len(names)
        if name in stated:
            rows = stated[name]
            names += [(name, at) for at in rows.places]
            lower_of.append(rows.lower)
            upper_of.append(rows.upper)
            entries.append((rows.entries[0] + np.int32(count), rows.entries[1], rows.entries[2]))
        elif name in held:
            names += base.rows[held[name]]
            lower_of.append(base.row_lower[held[name]])
            upper_of.append(base.row_upper[held[name]])
            number[held[name]] = np.arange(count, len(names), dtype=np.int32)
    at_rows = number[base.indices]
    kept = at_rows >= 0
    at_columns = np.repeat(np.arange(len(base.columns), dtype=np.int32), np.diff(base.starts))
    entries.append((at_rows[kept], at_columns[kept], base.values[kept]))
    return problem_of(
        columns=base.columns, rows=tuple(names), kinds=base.kinds, costs=base.costs, offsets=base.offsets, lower=base.lower,
        upper=base.upper, is_whole=base.is_whole, row_lower=np.concatenate(lower_of), row_upper=np.concatenate(upper_of),
        entries=(np.concatenate([e[0] for e in entries]), np.concatenate([e[1] for e in entries]), np.concatenate([e[2] for e in entries])),
    )  # fmt: skip


def _kept(before: World, after: World) -> frozenset[str]:
    """The rows that cannot have changed; need is the same, and so are all prices and steps."""
    old, new = benefit_segments(before.policy), benefit_segments(after.policy)
    if old == new:
        return LASTING
    slopes = [[dose / width for width, dose, _ in segments] for segments in (old, new)]
    return LASTING - FOLLOW_FROM.keys() if slopes[0] == slopes[1] else frozenset()


def _spliced(base: Problem, part: Problem, names: list[str], stated: set[str]) -> Problem:
    """The part's columns, costs and rows, with the base's rows where the part has none; in the base's order of rules."""
    blocks, lower, upper, count = [], [], [], 0
    rows: list[tuple[str, Any]] = []
    for name in names:
        source = part if name in stated else base
        at, entries = _rows_of(source, name)
        blocks.append((entries[0] - at.start + count, entries[1], entries[2]))
        rows += source.rows[at]
        lower.append(source.row_lower[at])
        upper.append(source.row_upper[at])
        count += at.stop - at.start
    return problem_of(
        columns=part.columns, rows=tuple(rows), kinds=part.kinds, costs=part.costs, offsets=part.offsets, lower=part.lower,
        upper=part.upper, is_whole=part.is_whole, row_lower=np.concatenate(lower), row_upper=np.concatenate(upper),
        entries=(np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks]), np.concatenate([b[2] for b in blocks])),
    )  # fmt: skip


def _rows_of(problem: Problem, name: str) -> tuple[slice, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Where the rows of a rule stand (side by side), and their entries as (row, column, value)."""
    numbers = [n for n, (rule_id, _) in enumerate(problem.rows) if rule_id == name]
    at = slice(numbers[0], numbers[-1] + 1)
    of = (problem.indices >= at.start) & (problem.indices < at.stop)
    columns = np.repeat(np.arange(len(problem.columns), dtype=np.int32), np.diff(problem.starts))
    return at, (problem.indices[of], columns[of], problem.values[of])
