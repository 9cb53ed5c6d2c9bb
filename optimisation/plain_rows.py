"""A rule's rows on columns by their numbers: the maths that Pyomo would state, without Pyomo's expressions.

The same maths is read (``MATHS`` and the hulls), so that nothing is stated twice; a test keeps both the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from optimisation.hulls import hull_of_places
from optimisation.registry import MATHS, Model, holds_anyway

HULL_OF_PLACES = "hull_of_places"
Factor = int | float


class Terms:
    """A sum of columns, each times a number and a whole number, and a constant. Whole numbers are multiplied out last, as Pyomo does."""

    __slots__ = ("constant", "terms")

    def __init__(self, terms: list[tuple[int, float, int]], constant: Factor = 0) -> None:
        self.terms, self.constant = terms, constant

    def __add__(self, other: Terms | Factor) -> Terms:
        if isinstance(other, Terms):
            return Terms(self.terms + other.terms, self.constant + other.constant)
        return Terms(self.terms, self.constant + other) if other else self

    __radd__ = __add__

    def __neg__(self) -> Terms:
        return Terms([(column, value, -by) for column, value, by in self.terms], -self.constant)

    def __sub__(self, other: Terms | Factor) -> Terms:
        return self + -other

    def __rsub__(self, other: Factor) -> Terms:
        return -self + other

    def __mul__(self, factor: Factor) -> Terms | int:
        if not factor:
            return 0
        if isinstance(factor, int):
            return Terms([(column, value, by * factor) for column, value, by in self.terms], self.constant * factor)
        return Terms([(column, value * factor, by) for column, value, by in self.terms], self.constant * factor)

    __rmul__ = __mul__

    def __le__(self, limit: Factor) -> tuple[Terms, Factor]:
        return self, limit


class OnNumbers:
    """A model whose decisions are columns by number; whatever else is asked of it is the model's own."""

    def __init__(self, model: Model, column: Mapping[tuple[str, Hashable], int]) -> None:
        self._model = model
        self._columns: dict[str, list[tuple[Hashable, int]]] = {}
        for (kind, index), number in column.items():
            self._columns.setdefault(kind, []).append((index, number))

    def __getattr__(self, name: str) -> Any:
        if name not in self._columns:
            return getattr(self._model, name)
        found = {index: Terms([(number, 1.0, 1)]) for index, number in self._columns[name]}
        setattr(self, name, found)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRows:
    """Rows of one name: their places, their limits, and their entries as (number among these rows, column, value)."""

    places: tuple[Any, ...]
    lower: np.ndarray
    upper: np.ndarray
    entries: tuple[np.ndarray, np.ndarray, np.ndarray]

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, Terms, Any, Any]]) -> Self:
        """From places, sums and limits (None leaves a side open)."""
        places, lower, upper = [], [], []
        numbers: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for number, (at, body, least, most) in enumerate(rows):
            places.append(at)
            lower.append(-np.inf if least is None else float(least) - body.constant)
            upper.append(np.inf if most is None else float(most) - body.constant)
            by_column: dict[int, float] = {}
            for column, value, by in body.terms:
                by_column[column] = by_column.get(column, 0) + value * by
            for column, value in by_column.items():
                if value:
                    numbers.append(number)
                    columns.append(column)
                    values.append(value)
        return cls(
            places=tuple(places), lower=np.array(lower, dtype=np.float64), upper=np.array(upper, dtype=np.float64),
            entries=(np.array(numbers, dtype=np.int32), np.array(columns, dtype=np.int32), np.array(values, dtype=np.float64)),
        )  # fmt: skip


def plain_rows(m: OnNumbers, name: str) -> PlainRows | None:
    """The rows of a rule, or of the hull over places; None where a row without a decision in it cannot hold."""
    if name == HULL_OF_PLACES:
        return PlainRows.of((number, body, None, most) for number, (body, most) in enumerate(hull_of_places(m)))
    made = [row for row in MATHS[name](m) if not holds_anyway(row)]
    if any(isinstance(row.body, int) for row in made):
        return None
    return PlainRows.of((row.at, row.body, row.lower, row.upper) for row in made)
