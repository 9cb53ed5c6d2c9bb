"""A held world with some settings or funds moved: only what they can touch is stated again, the rest of its arrays is kept.

What is kept is named here, with what it reads; a rule that is not named is always stated again.
A test keeps moved = held afresh, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from optimisation.highs import Problem, compile_model, problem_of
from optimisation.hulls import FOLLOW_FROM, post_hulls
from optimisation.model import build_model, tidy_money_costs
from optimisation.registry import MATHS, Model, holds_anyway
from optimisation.trial import Held, columns_of, hold
from optimisation.variables import most_money
from planner import rules
from planner.errors import InputMustBeMended
from planner.need import World, benefit_segments, world_of
from planner.partnership import DecisionRight, Fund, Partnership
from planner.policy import with_changes
from planner.rules import RULES
from planner.supply import available_pounds, service_supply

Value = int | Decimal | bool

LEAVE_NEED = (
    "board.line_percent", "board.contingency_percent", "board.moderated_pot_percent", "board.money_floor_percent", "board.money_cap_percent",
    "board.sessions_floor_percent", "board.cohort_fill_percent", "board.next_year_affordable_percent", "board.host_share_percent",
    "board.secondary_places_*", "board.sessions_cap_percent", "board.standard_floors.*", "board.money_taper_*",
    "roles.*.vacancy_held_back_percent", "rules.*", "prices.*",
)  # fmt: skip
"""Settings that the picture of need does not read, as long as no fund or service comes to have nothing to give, or something."""
LASTING = frozenset({rules.NEED_FROM_SUPPORT.rule_id, *FOLLOW_FROM})
"""Rows that read need, the slopes of the benefit curve and what may be given to whom; the two hulls read the line too."""


LIMITS_BY_SETTING = {
    "contingency_percent": {rules.CONTINGENCY_HELD.rule_id},
    "moderated_pot_percent": {rules.MODERATED_POT_RELEASED.rule_id},
    "money_floor_percent": {rules.MONEY_FLOOR.rule_id},
    "money_cap_percent": {rules.MONEY_CAP.rule_id},
    "next_year_affordable_percent": {rules.NEXT_YEAR_AFFORDABLE.rule_id},
}
"""Settings of the board that move limits of rows and bounds of money, and no coefficient: which rules' rows."""
LIMITS_BY_FUNDS = {
    rules.FUND_BALANCE.rule_id, rules.CONTINGENCY_HELD.rule_id, rules.MODERATED_POT_RELEASED.rule_id, rules.NEXT_YEAR_AFFORDABLE.rule_id,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Settings by their paths (as ``planner.policy.with_changes``), and pounds a year more (or less) by fund."""

    settings: tuple[tuple[str, Value], ...] = ()
    funds: tuple[tuple[str, int], ...] = ()


def world_with(world: World, moved: Moved) -> World:
    """The world with settings and funds moved. Raises ``InputMustBeMended`` where they cannot be right."""
    partnership = with_funds(world.partnership, dict(moved.funds), world.policy.board.september_to_march_months)
    policy = with_changes(world.policy, dict(moved.settings)) if moved.settings else world.policy
    after = replace(world, partnership=partnership, policy=policy)
    leaves_need = all(any(fnmatchcase(path, known) for known in LEAVE_NEED) for path, _ in moved.settings)
    if leaves_need and _what_is_there(after) == _what_is_there(world):
        return after
    return world_of(partnership, policy)


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
    if world.picture is not before.picture:
        return hold(world)
    if (moved := _limits_moved(held, world)) is not None:
        return moved
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lent:
    """A held model as it is for a world with other limits: whatever else is asked of it is the held model's own."""

    model: Model
    world: World
    funds: dict[str, Fund]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def _limits_moved(held: Held, world: World) -> Held | None:
    """The held arrays with limits, bounds and tidying costs moved, where nothing else can have changed; None where something can."""
    before, after = held.world, world
    old = before.policy
    if any(price for _, price in old.prices) or replace(after.policy, board=old.board, figures=old.figures, document=old.document) != old:
        return None
    if replace(after.partnership, funds=before.partnership.funds) != before.partnership:
        return None
    board, funds = (before.policy.board, after.policy.board), after.partnership.funds
    moved = {f.name for f in fields(after.policy.board) if getattr(board[0], f.name) != getattr(board[1], f.name)}
    are_funds_moved = funds != before.partnership.funds
    if not moved <= LIMITS_BY_SETTING.keys():
        return None
    rule_ids = set().union(*(LIMITS_BY_SETTING[name] for name in moved), LIMITS_BY_FUNDS if are_funds_moved else ())
    model = _Lent(model=held.model, world=world, funds={f.fund_id: f for f in funds})
    problem, at_row = held.problem, {row: n for n, row in enumerate(held.problem.rows)}
    lower, upper, row_lower, row_upper = (a.copy() for a in (problem.lower, problem.upper, problem.row_lower, problem.row_upper))
    for rule_id in rule_ids & {rule_id for rule_id, _ in problem.rows}:
        made = [row for row in MATHS[rule_id](model) if not holds_anyway(row)]
        if any(isinstance(row.body, int) for row in made) or [row.at for row in made] != [
            at for name, at in problem.rows if name == rule_id
        ]:
            return None
        for row in made:
            n = at_row[rule_id, row.at]
            row_lower[n] = -np.inf if row.lower is None else float(row.lower)
            row_upper[n] = np.inf if row.upper is None else float(row.upper)
    for name, most in most_money(world).items():
        for index, value in most.items():
            upper[held.column[name, index]] = value
    costs = problem.costs
    if are_funds_moved:
        costs = costs.copy()
        for name, index, cost in tidy_money_costs(model):
            costs[1, held.column[name, index]] = cost
    moved_problem = replace(problem, costs=costs, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)
    return Held(world=world, model=model, problem=moved_problem, column=held.column)


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
