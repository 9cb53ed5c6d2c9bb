"""How a rule becomes rows: each rule's maths is registered under the rule and posted by its name.

``Model`` is a Pyomo ConcreteModel; Pyomo ships no types, so it is named once here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pyomo.core as pyo

from optimisation.prices import elastic
from planner.rules import Rule

Model = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """lower <= body <= upper at one place; None leaves a side open. Whole coefficients throughout.

    ``exactly`` is the limit before it was made whole, from which the audit measures a miss. ``units`` of the row make one
    of the rule's unit. ``is_tie``: the row only says what a decision means, so it stays where its rule gives way at a price.
    """

    at: str
    body: Any
    lower: int | Fraction | None = None
    upper: int | Fraction | None = None
    exactly: Fraction | None = None
    units: int = 1
    is_tie: bool = False


RowMaker = Callable[[Model], Iterator[Row]]
Shape = Callable[..., bool]

MATHS: dict[str, RowMaker] = {}
"""Rules stated as rows: rule id -> the rows of a model."""
SHAPES: dict[str, Shape] = {}
"""Rules kept by construction: rule id -> whether a variable may exist at all."""


def rows_of(rule: Rule) -> Callable[[RowMaker], RowMaker]:
    """Register the rows of a rule."""

    def register(maker: RowMaker) -> RowMaker:
        MATHS[rule.rule_id] = maker
        return maker

    return register


def shape_of(rule: Rule) -> Callable[[Shape], Shape]:
    """Register a rule that is kept by not making the variables that would break it."""

    def register(shape: Shape) -> Shape:
        SHAPES[rule.rule_id] = shape
        return shape

    return register


def post(model: Model, rule: Rule) -> None:
    """Add a rule's rows to a model, under the rule's name; with room to be missed where the rule has a price."""
    made = elastic(model, rule.rule_id, (row for row in MATHS[rule.rule_id](model) if not holds_anyway(row)))
    rows = [_with_a_variable(model, row) for row in made]
    places = [row.at for row in rows]
    by_place = {row.at: row for row in rows}
    assert len(by_place) == len(rows), f"two rows of {rule.rule_id} are at one place"
    component = pyo.Constraint(places, rule=lambda _, at: (_number(by_place[at].lower), by_place[at].body, _number(by_place[at].upper)))
    model.add_component(rule.rule_id, component)


def _number(limit: int | Fraction | None) -> int | float | None:
    return float(limit) if isinstance(limit, Fraction) else limit


def holds_anyway(row: Row) -> bool:
    """Whether a row without any decision in it holds already."""
    return isinstance(row.body, int) and (row.lower is None or row.lower <= row.body) and (row.upper is None or row.body <= row.upper)


def _with_a_variable(model: Model, row: Row) -> Row:
    """A row that no decision can keep stays in the model as one that cannot hold."""
    return replace(row, body=row.body + model.nothing) if isinstance(row.body, int) else row
