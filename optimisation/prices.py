"""Rules that give way at a price: each of their rows gets room to be missed, in the rule's unit or a power of ten of it, and what is missed costs points.

A row is missed by what the audit would say it is missed by, so that the price of a plan's misses is the same here and
there. Rows that only tie decisions to one another (``Row.is_tie``) never give way, nor does what ``price_at`` gives no price.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, log10
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.core as pyo
from pyomo.core.expr.numvalue import native_numeric_types
from pyomo.repn import generate_standard_repn

from planner.audit import price_at

if TYPE_CHECKING:
    from optimisation.highs import Problem
    from optimisation.registry import Model, Row

MISSED = "missed_"
"""Before a rule's id, the name of the columns that say by how much its rows are missed."""
LEAST, MOST = "below", "above"
MOST_MISSED = 1000
"""Columns are in such powers of ten of the rule's unit that they stay about this small: beside millions the solver would take a small price for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """Room for one side of a row to be missed: at which place, and by how much at most."""

    at: str
    side: str
    most: float


def elastic(model: Model, rule_id: str, rows: Iterable[Row]) -> list[Row]:
    """The rows of a rule, with a column for what each may be missed by where the rule has a price."""
    rows = list(rows)
    if not model.world.policy.price(rule_id):
        return rows
    rooms = {(room.at, room.side): room for row in rows for room in _rooms(model, rule_id, row)}
    by = model.missed_by[rule_id] = _size(max((room.most for room in rooms.values()), default=0.0))
    missed = pyo.Var(list(rooms), bounds=lambda _, *at_side: (0, rooms[at_side].most / by))
    model.add_component(f"{MISSED}{rule_id}", missed)
    return [_with_room(row, by, missed, rooms) for row in rows]


def _size(most: float) -> int:
    """The least power of ten of which at most ``MOST_MISSED`` make up the most."""
    return int(10 ** max(0, ceil(log10(max(most, 1.0) / MOST_MISSED))))


def _rooms(model: Model, rule_id: str, row: Row) -> Iterator[_Room]:
    if row.is_tie or not price_at(model.world, rule_id, row.at):
        return
    least, most = _between(row.body)
    lower, upper = _limit(row, LEAST), _limit(row, MOST)
    if lower is not None and lower > least:
        yield _Room(at=row.at, side=LEAST, most=(lower - least) / row.units)
    if upper is not None and most > upper:
        yield _Room(at=row.at, side=MOST, most=(most - upper) / row.units)


def _limit(row: Row, side: str) -> float | None:
    limit = row.lower if side == LEAST else row.upper
    if limit is None:
        return None
    return float(limit if row.exactly is None else row.exactly)


def _with_room(row: Row, by: int, missed: Any, rooms: dict[tuple[str, str], _Room]) -> Row:
    sides = [side for side in (LEAST, MOST) if (row.at, side) in rooms]
    if not sides:
        return row
    body = row.body + sum((1 if side == LEAST else -1) * by * row.units * missed[row.at, side] for side in sides)
    exact = row.exactly
    return replace(
        row, body=body,
        lower=exact if exact is not None and row.lower is not None else row.lower,
        upper=exact if exact is not None and row.upper is not None else row.upper,
    )  # fmt: skip


def _between(body: Any) -> tuple[float, float]:
    """The least and most that a row's body can be within the bounds of its variables."""
    if type(body) in native_numeric_types:
        return float(body), float(body)
    terms = generate_standard_repn(body, compute_values=True, quadratic=False)
    ends = [
        (by * (variable.lb or 0.0), by * variable.ub)
        for by, variable in zip(terms.linear_coefs, terms.linear_vars, strict=True)
    ]  # fmt: skip
    return float(terms.constant + sum(map(min, ends))), float(terms.constant + sum(map(max, ends)))


def price_points(model: Model) -> Any:
    r"""$\sum_\rho p_\rho \sum_i (below_{\rho i} + above_{\rho i})$: what rules that give way cost, in points of need."""
    return sum(
        float(price * model.missed_by[rule_id]) * sum(missed.values())
        for rule_id, price in model.world.policy.prices
        if (missed := model.component(f"{MISSED}{rule_id}")) is not None
    )


def with_misses(problem: Problem, values: np.ndarray) -> np.ndarray:
    """The columns' values with what each row is then missed by."""
    columns = [i for i, kind in enumerate(problem.kinds) if kind.startswith(MISSED)]
    if not columns:
        return values
    values = values.copy()
    values[columns] = 0.0
    at_columns = np.repeat(np.arange(len(problem.columns)), np.diff(problem.starts))
    bodies = np.bincount(problem.indices, weights=problem.values * values[at_columns], minlength=len(problem.row_lower))
    for i in columns:
        row, units = int(problem.indices[problem.starts[i]]), problem.values[problem.starts[i]]
        short = (problem.row_lower if units > 0 else problem.row_upper)[row] - bodies[row]
        values[i] = min(max(short / units, 0.0), problem.upper[i])
    return values


def price_costs(problem: Problem) -> np.ndarray:
    """The part of the leading objective's costs that is price."""
    is_missed = np.array([kind.startswith(MISSED) for kind in problem.kinds], dtype=bool)
    return np.where(is_missed, problem.costs[0], 0.0)


def paid_points(problem: Problem, values: np.ndarray) -> float:
    """What a solution's misses cost, in points of need."""
    return float(price_costs(problem) @ values)
