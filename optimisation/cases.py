"""A search for the least shortfall in cases: one for each choice of bases that could be best, and one for all the others together.

With its bases chosen a plan is found and proved in a tenth of the time. The likely choices are those that come out
best when all but the bases is split. The cases are all there is, so the least of their bounds holds for every plan.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import highspy
import numpy as np

from optimisation.highs import Problem, Solved, load, run
from optimisation.search import Prepare, Way, of_kinds, search

BASES = ("base_size",)
MOST_CHOICES = 3
FIRST_GAP = 0.02
"""A choice that can be no better than the first one's plan, found this closely, is not likely."""
CHOICE_GAP = 0.01
LEAST_GAP = 0.005
"""A case is searched at least this closely when little of the gap is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Columns that say which bases run at which size, and the likely choices (0 or 1 for each column), the likeliest first."""

    columns: np.ndarray
    likely: tuple[np.ndarray, ...]


def likely_choices(problem: Problem, *, seconds: float) -> Choices:
    """The choices of bases that might be best; none where they are too many to be worth a case each."""
    is_base = of_kinds(problem, BASES)
    columns = np.flatnonzero(is_base).astype(np.int32)
    until = time.perf_counter() + seconds
    none = Choices(columns=columns, likely=())
    h = load(replace(problem, is_whole=is_base))
    likely: list[np.ndarray] = []
    most = np.inf
    while len(columns) and len(likely) <= MOST_CHOICES:
        split = run(h, gap=CHOICE_GAP, seconds=until - time.perf_counter(), enough=most)
        if split.status == "impossible" or split.bound >= most:
            return Choices(columns=columns, likely=tuple(likely))
        if split.status != "optimal" or split.values is None:
            return none
        choice = np.rint(split.values[columns])
        likely.append(choice)
        if len(likely) == 1:
            first = search(_chosen(problem, columns, choice), gap=FIRST_GAP, seconds=until - time.perf_counter())
            most = first.objective
        _rule_out(h, columns, choice)
    return none


def search_cases(problem: Problem, choices: Choices, *, gap: float, seconds: float, prepare: Prepare, enough: float = np.inf) -> Solved:
    """As ``search``, for an objective that is never below nought: case by case, each only as far as it could still matter."""
    until = time.perf_counter() + seconds
    found: list[Solved] = []
    bounds: list[float] = []

    def still(case: Problem, prepare: Prepare) -> Solved:
        best = min((one.objective for one in found), default=np.inf)
        solved = search(
            case, gap=gap, seconds=max(0.1, until - time.perf_counter()), prepare=prepare, way=Way(enough=min(enough, best - gap))
        )  # fmt: skip
        found.append(solved)
        bounds.append(np.inf if solved.status == "impossible" else solved.bound)
        return solved

    for choice in choices.likely:
        one = still(_chosen(problem, choices.columns, choice), prepare)
        if one.objective <= gap:  # whatever the other cases hold
            return _together(found, "optimal", 0.0)

    def others(h: highspy.Highs) -> None:
        prepare(h)
        for choice in choices.likely:
            _rule_out(h, choices.columns, choice)

    target = min(enough, min(one.objective for one in found) - gap)
    h = load(replace(problem, is_whole=of_kinds(problem, BASES)))
    others(h)
    rest = run(h, gap=LEAST_GAP, seconds=max(0.1, until - time.perf_counter()), enough=target)
    if rest.status == "impossible" or rest.bound >= target:
        bounds.append(np.inf if rest.status == "impossible" else rest.bound)
    else:
        still(problem, others)
    return _together(found, _ending(found, min(bounds), gap, enough), min(bounds))


def _chosen(problem: Problem, columns: np.ndarray, choice: np.ndarray) -> Problem:
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[columns] = upper[columns] = choice
    return replace(problem, lower=lower, upper=upper)


def _rule_out(h: highspy.Highs, columns: np.ndarray, choice: np.ndarray) -> None:
    """A row that only this choice breaks."""
    h.addRow(-highspy.kHighsInf, float(choice.sum()) - 1.0, len(columns), columns, np.where(choice > 0, 1.0, -1.0))


def _ending(found: Iterable[Solved], bound: float, gap: float, enough: float) -> str:
    best = min(one.objective for one in found)
    if bound == np.inf:
        return "impossible"
    if best - bound <= gap:
        return "optimal"
    return (
        "enough"
        if bound >= enough
        else next((one.status for one in found if one.status not in {"optimal", "impossible", "enough"}), "failed")
    )


def _together(found: list[Solved], status: str, bound: float) -> Solved:
    """The best of all cases with the bound of them all."""
    best = min(found, key=lambda one: one.objective)
    return replace(
        best, status=status, bound=bound, nodes=sum(one.nodes for one in found), seconds=sum(one.seconds for one in found)
    )  # fmt: skip
