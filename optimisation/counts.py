"""How many bases run at each size, as whole numbers of their own: they tell the solver where to divide a search.

Bases of one size are much alike, so saying of one of them whether it runs changes little: another takes its place. Saying of all
of them together that there are at most three, or at least four, changes the bound at once. A count adds no rule: it is the sum of
its bases, within what the rules leave that sum when everything may be split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import highspy
import numpy as np

from optimisation.highs import Problem, load, relax
from planner import rules

LEAST_BASES = 3
"""Fewer that may run at one size are not counted: the solver divides over them as they are."""
SECONDS = 1.0
"""For the range of one count; longer than this and nothing is counted."""
SPARE = 1e-3
"""How far from a whole number the end of a range may lie and still be that number: far more than adding up in floats can lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The columns of the bases that may run at one size, and the fewest and the most of them that run in any plan."""

    columns: np.ndarray
    fewest: int
    most: int


def counts_of(problem: Problem, prepare: Callable[[highspy.Highs], None]) -> list[Count]:
    """A count for each size that enough bases may run at; none where a range cannot be told in time, or no plan is."""
    groups = of_one_size(problem)
    if not groups:
        return []
    h = load(replace(problem, is_whole=np.zeros_like(problem.is_whole)))
    prepare(h)
    h.changeColsIntegrality(h.getNumCol(), np.arange(h.getNumCol(), dtype=np.int32), np.zeros(h.getNumCol(), dtype=np.uint8))
    rows = _Rows.of(h)
    found = []
    for columns in groups:
        low, high = (_end(h, rows, columns, side) for side in (1.0, -1.0))
        if low is None or high is None:
            return []
        fewest, most = max(low - SPARE, 0.0), min(high + SPARE, float(len(columns)))
        found.append(Count(columns=columns, fewest=ceil(fewest), most=floor(most)))
    return found if all(count.fewest <= count.most for count in found) else []


def of_one_size(problem: Problem) -> list[np.ndarray]:
    """The columns of bases that are free to run at a size, size by size, where they are enough to count."""
    at_columns = np.repeat(np.arange(len(problem.columns)), np.diff(problem.starts))
    is_free = np.array([kind == "base_size" for kind in problem.kinds], dtype=bool) & (problem.lower < problem.upper)
    is_size = np.array([rule_id == rules.PLACES_WITHIN_SIZE.rule_id for rule_id, _ in problem.rows], dtype=bool)
    if not is_free.any() or not is_size.any():
        return []
    entries = is_free[at_columns] & is_size[problem.indices]
    columns, sizes = at_columns[entries], problem.values[entries]
    groups = [columns[sizes == size] for size in np.unique(sizes)]
    return [group for group in groups if len(group) >= LEAST_BASES]


def add_counts(h: highspy.Highs, counts: Sequence[Count]) -> None:
    """Add each count as a column after the others, tied to its bases by a row."""
    for count in counts:
        own = h.getNumCol()
        h.addVar(count.fewest, count.most)
        h.changeColIntegrality(own, highspy.HighsVarType.kInteger)
        used = np.append(count.columns, own).astype(np.int32)
        h.addRow(0.0, 0.0, len(used), used, np.append(np.ones(len(count.columns)), -1.0))


def with_counts(values: np.ndarray, counts: Sequence[Count]) -> np.ndarray:
    """Values with those of the counts after them."""
    return np.append(values, [np.rint(values[count.columns]).sum() for count in counts])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """A loaded problem's columns and rows, as weak duality reads them; ``at_rows``, ``at_columns`` and ``values`` are the matrix."""

    lower: np.ndarray
    upper: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    at_rows: np.ndarray
    at_columns: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, h: highspy.Highs) -> _Rows:
        """What a HiGHS object holds."""
        h.ensureColwise()
        lp = h.getLp()
        matrix = lp.a_matrix_
        return cls(
            lower=np.array(lp.col_lower_), upper=np.array(lp.col_upper_), row_lower=np.array(lp.row_lower_), row_upper=np.array(lp.row_upper_),
            at_rows=np.array(matrix.index_, dtype=np.int64), at_columns=np.repeat(np.arange(lp.num_col_), np.diff(matrix.start_)),
            values=np.array(matrix.value_),
        )  # fmt: skip

    def bound(self, cost: np.ndarray, duals: np.ndarray) -> float:
        """What no point is below, whatever the duals: they only say how far it comes (a solver's tolerance on pounds is not small)."""
        side = np.where(duals > 0, self.row_lower, self.row_upper)
        used = np.where(np.isfinite(side), duals, 0.0)
        reduced = cost - np.bincount(self.at_columns, weights=self.values * used[self.at_rows], minlength=len(cost))
        ends = np.where(reduced > 0, self.lower, self.upper)
        return float(used @ np.where(used != 0, side, 0.0) + reduced @ np.where(reduced != 0, ends, 0.0))


def _end(h: highspy.Highs, rows: _Rows, columns: np.ndarray, side: float) -> float | None:
    """What a sum of columns is never below (side 1) or above (side -1) when everything may be split; None where it took too long."""
    cost = np.zeros(h.getNumCol())
    cost[columns] = side
    h.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
    h.changeObjectiveOffset(0.0)
    end = relax(h, seconds=SECONDS)
    return None if end is None else side * rows.bound(cost, end.row_duals)
