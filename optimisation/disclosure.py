"""Which counts to leave out of published tables so that none left out can be told, and the proof of it.

All tables of a plan are looked at together. They are sums of the same parts, so whoever reads them knows that the parts are whole, not
negative, and add up to every count shown; that noughts are shown; and what the tables of standards tell. A count left out is safe once two sets
of parts are found that agree with everything known and whose counts lie at least ``LEAST_SPREAD`` apart: whatever a reader guesses, it may be
more than 2 away. Where none are found, another count beside it is left out too. It runs in a process of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimisation.highs import Problem, load, problem_of, run, set_objective
from planner.errors import InputMustBeMended
from planner.small_numbers import LEAST_SPREAD

Json = dict[str, Any]
MOST_ABOVE = 100
"""How far above the largest part any part is tried: more would prove nothing more."""
SECONDS = 5.0
"""For one search; what is not found by then counts as not to be found."""


def left_out_job(order: Json) -> tuple[Json, bytes]:
    """Where the counts to leave out stand, and the least and the most that each was found to be able to be; or why there is no answer."""
    tables = Tables(order)
    try:
        hidden, found = left_out_together(tables, order["hidden"])
    except InputMustBeMended as error:
        return {"refused": str(error)}, b""
    return {"hidden": [[order["places"][count], found.least[count].item(), found.most[count].item()] for count in sorted(hidden)]}, b""


class Tables:
    """Counts as sums of parts, and the rows and columns they stand in."""

    def __init__(self, order: Json) -> None:
        self.parts = np.array(order["parts"], dtype=np.int64)
        self.sums = np.zeros((len(order["of"]), len(self.parts)), dtype=np.int64)
        for count, parts in enumerate(order["of"]):
            self.sums[count, parts] = 1
        self.values = self.sums @ self.parts
        self.may_hide: list[bool] = order["may_hide"]
        # Noughts are shown, so that a count left out is known to be 1 or more, but where all of a need are left out; nor of a nought left out at last.
        is_above = (self.values > 0) & ~np.array(order["may_be_nought"], dtype=bool)
        self.told = np.maximum(np.array(order["least"], dtype=np.int64), is_above)
        self.told_most = np.array([np.inf if most is None else most for most in order["most"]], dtype=np.float64)
        self.lines: list[list[int]] = order["lines"]


@dataclass(slots=True, kw_only=True)
class Found:
    """The least and the most that each count was found to be able to be."""

    least: np.ndarray
    most: np.ndarray
    searches: int = field(default=0)

    def is_far(self, count: int) -> bool:
        """Whether what was found lies far enough apart."""
        return bool(self.most[count] - self.least[count] >= LEAST_SPREAD)


def left_out_together(tables: Tables, hidden_at_first: Collection[int]) -> tuple[set[int], Found]:
    """Leave out more until no count left out is told. What agrees with the tables still does when more is left out of them.

    Raises ``InputMustBeMended`` where a count could be told whatever is left out beside it.
    """
    hidden = set(hidden_at_first)
    found = Found(least=tables.values.copy(), most=tables.values.copy())
    while close := told(tables, hidden, found):
        more: set[int] = set()
        for count in close:
            if not any(more.intersection(line) for line in tables.lines if count in line):
                more |= _beside(tables, count, hidden | more)
        if not more:
            raise InputMustBeMended(
                "These tables cannot be published: even with every other number of pupils left out that may be, one could be told from the totals of "
                "needs beside it or from how many schools and zones have its standards. A larger publication.fewest_pupils_shown in the policy would make "
                "it possible or, for a need that no school and no zone has a standard of, a smaller board.negligible_pupils."
            )
        hidden |= more
    return hidden, found


def told(tables: Tables, hidden: Collection[int], found: Found | None = None) -> list[int]:
    """Those of the counts left out that can be told to within 2, given all counts shown."""
    found = found or Found(least=tables.values.copy(), most=tables.values.copy())
    asked = [count for count in sorted(hidden) if not found.is_far(count)]
    if not asked:
        return []
    problem = _problem(tables, hidden, asked)
    h = load(problem)
    close = []
    for number, count in enumerate(asked):
        for way in (2 * number, 2 * number + 1):
            if not found.is_far(count):
                set_objective(h, problem, way)
                _note(tables, hidden, found, run(h, gap=0.0, seconds=SECONDS).values)
        if not found.is_far(count):
            close.append(count)
    return close


def _problem(tables: Tables, hidden: Collection[int], asked: list[int]) -> Problem:
    """Parts that add up to every count shown; as much and as little as can be of each count asked about."""
    rows = [count for count in range(len(tables.values)) if count not in hidden or tables.told[count] or tables.told_most[count] < np.inf]
    is_shown = np.array([count not in hidden for count in rows], dtype=bool)
    at, parts = np.nonzero(tables.sums[rows])
    return problem_of(
        columns=tuple(range(len(tables.parts))),
        costs=np.array([sign * tables.sums[count] for count in asked for sign in (-1.0, 1.0)], dtype=np.float64),
        offsets=np.zeros(2 * len(asked)),
        lower=np.zeros(len(tables.parts)),
        upper=np.full(len(tables.parts), float(tables.parts.max(initial=0) + MOST_ABOVE)),
        is_whole=np.ones(len(tables.parts), dtype=bool),
        row_lower=np.where(is_shown, tables.values[rows], tables.told[rows]).astype(np.float64),
        row_upper=np.where(is_shown, tables.values[rows], tables.told_most[rows]),
        entries=(at.astype(np.int32), parts.astype(np.int32), np.ones(len(at))),
    )


def _note(tables: Tables, hidden: Collection[int], found: Found, values: np.ndarray | None) -> None:
    """Keep what parts found say of every count, once they are seen to agree with all that is shown."""
    found.searches += 1
    if values is None:
        return
    parts = np.rint(values).astype(np.int64)
    counts = tables.sums @ parts
    shown = np.array([count not in hidden for count in range(len(counts))], dtype=bool)
    is_told = (counts >= tables.told) & (counts <= tables.told_most)
    if (parts < 0).any() or (counts[shown] != tables.values[shown]).any() or not is_told.all():
        return
    found.least, found.most = np.minimum(found.least, counts), np.maximum(found.most, counts)


def _beside(tables: Tables, count: int, hidden: Collection[int]) -> set[int]:
    """The count to leave out beside one: the smallest of its row or column, whichever has fewer left out; else the smallest of any."""
    lines = sorted((line for line in tables.lines if count in line), key=lambda line: len(set(line) & set(hidden)))
    for line in (*lines, range(len(tables.values))):
        free = [other for other in line if other not in hidden and tables.may_hide[other] and not _is_nought_anyway(tables, other, hidden)]
        if free:
            return {min(free, key=lambda other: (tables.values[other] == 0, tables.values[other], other))}
    return set()


def _is_nought_anyway(tables: Tables, count: int, hidden: Collection[int]) -> bool:
    """Whether a nought would show in a larger count that is nought too."""
    if tables.values[count]:
        return False
    mine = tables.sums[count] > 0
    return any(
        other != count and other not in hidden and not tables.values[other] and bool((tables.sums[other][mine] > 0).all())
        for other in range(len(tables.values))
    )
