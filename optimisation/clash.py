"""The smallest set of named rules at their places that cannot hold together, proved by real whole-number solves.

HiGHS's own explanation is for split amounts only, so it is no more than a hint here: where the rules clash even when
everything may be split, its multipliers say which rows to look at. What is left is tried by whole-number solves
without any aim, halves first, until leaving out any one rule lets the others hold.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from optimisation.highs import Problem, Solved, load, run
from optimisation.places import Placed, Proof, placed_rows

HINT = 1e-9
"""Multipliers smaller than this say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Rules that cannot all hold. ``is_smallest``: it was proved that without any one of them the others can."""

    rules: tuple[Placed, ...]
    is_smallest: bool
    proofs: tuple[Proof, ...]


@dataclass(slots=True, kw_only=True)
class Search:
    """A problem without an aim, asked which of its rules clash, until its time is up."""

    problem: Problem
    until: float
    uses_hints: bool = True
    proofs: list[Proof] = field(default_factory=list)
    is_smallest: bool = True
    at_rows: dict[Placed, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.problem = replace(self.problem, costs=np.zeros_like(self.problem.costs), offsets=np.zeros_like(self.problem.offsets))
        self.at_rows = placed_rows(self.problem)

    def clash_within(self, kept: frozenset[Placed]) -> frozenset[Placed] | None:
        """A set within ``kept`` that clashes, or None when they can all hold, or there was no time to show that they cannot."""
        problem = _only(self.problem, [row for placed in kept for row in self.at_rows[placed]])
        if self.uses_hints and (hint := self._hint(problem, kept)) is not None:
            return hint
        solved = run(load(problem), gap=0.0, seconds=self.until - time.perf_counter())
        self._keep(f"{len(kept)} rules together", solved)
        if solved.status not in {"impossible", "optimal"}:
            self.is_smallest = False
        return kept if solved.status == "impossible" else None

    def _hint(self, problem: Problem, kept: frozenset[Placed]) -> frozenset[Placed] | None:
        """The rules that clash already when everything may be split; None when they do not, or HiGHS cannot say which."""
        h = load(replace(problem, is_whole=np.zeros_like(problem.is_whole)), presolve=False)
        solved = run(h, gap=0.0, seconds=self.until - time.perf_counter())
        if solved.status != "impossible":
            return None
        _, is_there, ray = h.getDualRay()
        self._keep(f"{len(kept)} rules together, amounts split", solved)
        if not is_there:
            return None
        used = set(np.flatnonzero(np.abs(ray) > HINT))
        found = frozenset(placed for placed in kept if used.intersection(self.at_rows[placed]))
        return found or None

    def _keep(self, words: str, solved: Solved) -> None:
        self.proofs.append(Proof(words=words, status=solved.status, value=solved.objective, bound=solved.bound, seconds=solved.seconds))

    def shrink(self, kept: frozenset[Placed], doubtful: list[Placed]) -> frozenset[Placed]:
        """Leave out of ``kept`` as many of the doubtful as can be left out while the others still clash, halves first."""
        doubtful = [placed for placed in doubtful if placed in kept]
        if not doubtful:
            return kept
        if time.perf_counter() >= self.until:
            self.is_smallest = False
            return kept
        smaller = self.clash_within(kept - frozenset(doubtful))
        if smaller is not None:
            return smaller
        if len(doubtful) == 1:
            return kept
        middle = len(doubtful) // 2
        return self.shrink(self.shrink(kept, doubtful[:middle]), doubtful[middle:])


def smallest_clash(problem: Problem, *, seconds: float, lasting: frozenset[Placed] = frozenset()) -> Clash | None:
    """The smallest clash of a problem's named rules; None when they can all hold. Without rules when there was no time to tell.

    Where the ``lasting`` rules, which nobody may relax, clash by themselves, it is among them.
    """
    until = time.perf_counter() + seconds
    found: frozenset[Placed] | None = None
    for uses_hints in (True, False):
        search = Search(problem=problem, until=until, uses_hints=uses_hints)
        found = search.clash_within(lasting) or search.clash_within(frozenset(search.at_rows))
        if found is None and search.is_smallest:
            return None
        if found is None:
            break
        found = search.shrink(found, _least_telling_first(problem, search.at_rows, found))
        final = run(
            load(_only(search.problem, [r for p in found for r in search.at_rows[p]])),
            gap=0.0,
            seconds=max(1.0, until - time.perf_counter()),
        )
        search._keep(f"the {len(found)} rules that clash", final)  # noqa: SLF001
        if final.status == "impossible":
            rules = tuple(placed for placed in search.at_rows if placed in found)
            return Clash(rules=rules, is_smallest=search.is_smallest, proofs=tuple(search.proofs))
    return Clash(rules=(), is_smallest=False, proofs=tuple(search.proofs))


def _only(problem: Problem, rows: list[int]) -> Problem:
    """The problem with only these rows."""
    free = np.ones(len(problem.row_lower), dtype=bool)
    free[rows] = False
    return replace(problem, row_lower=np.where(free, -np.inf, problem.row_lower), row_upper=np.where(free, np.inf, problem.row_upper))


def _least_telling_first(problem: Problem, at_rows: dict[Placed, list[int]], found: frozenset[Placed]) -> list[Placed]:
    """The smaller a promise the sooner it is left out, so that few rules tell the clash; law and arithmetic stay to the end."""

    def told(placed: Placed) -> tuple[bool, float]:
        limits = np.concatenate([problem.row_lower[at_rows[placed]], problem.row_upper[at_rows[placed]]])
        return not placed.rule.is_relaxable, float(np.abs(limits[np.isfinite(limits)]).max(initial=0.0))

    return sorted(found, key=lambda placed: (*told(placed), placed))
