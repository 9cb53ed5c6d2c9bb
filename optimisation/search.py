"""One search for a best plan, in two steps: fine money and places as if they could be split, then everything whole.

Grants go in steps of ten pounds a month, so fine that splitting them moves the bound by next to nothing, and so
many that searching over them takes most of the time. Places of bases whose sizes are whole come out whole or cost next
to nothing to make so: within their hulls they are a flow from bases to cells. The first step gives the bound (it
allows more than the rules do); the second holds bases and blocks and makes the rest whole in a moment. Where that
does not come within the gap, the search goes on over everything whole, from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from optimisation.counts import Count, add_counts, counts_of, with_counts
from optimisation.highs import Hooks, Problem, Solved, load, run
from optimisation.progress import Progress

FINE = ("grant_steps",)
"""What comes in steps so small that splitting them changes next to nothing."""
SPLIT = (*FINE, "places")
"""What the first step may split."""
HELD = ("base_size", "has_block")
"""What the second step holds as the first found it."""
SHARE_OF_GAP = 0.8
"""Of the gap asked for, what the first step may leave open; the rest is for making it whole."""
LEAST_GAP = 0.02
"""A smaller gap in points is searched whole from the start."""
PROVES = {"optimal", "enough", "time", "stopped", "impossible"}
"""How a step may have ended for its bound to count."""
SHARE_OF_TIME = 0.8
"""Of the time given, what the first step may take; the rest is for making whole what it found."""
WHOLE_SECONDS = 2.0
"""What making whole may take for a better plan on the way; at the end of the first step it may take half of what is left."""
WHOLE_GAP = 0.005
SHARE_OF_UNUSED = 0.5
"""Of the gap that the first step left unused, what making whole may leave open: it ends by its gap, not by the clock."""

Prepare = Callable[[highspy.Highs], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a search goes about it: seed and presolve are tried otherwise when HiGHS failed.

    It is over once the bound is ``enough`` (in the objective's unit). ``is_first_step_only`` takes the first step's bound, and
    what came of making it whole, for the answer. ``split`` is what the first step may split. Who ``has_plan`` wants
    no other once the bound is enough for it.
    """

    seed: int = 0
    presolve: bool = True
    enough: float = np.inf
    is_first_step_only: bool = False
    split: tuple[str, ...] = SPLIT
    has_plan: bool = False


def search(
    problem: Problem,
    *,
    gap: float,
    seconds: float,
    hooks: Hooks | None = None,
    prepare: Prepare = lambda _: None,
    start: np.ndarray | None = None,
    way: Way = Way(),
) -> Solved:
    """The best whole values to a gap (in the objective's unit) or until ``seconds`` are up.

    ``prepare`` adds rows and costs of one's own before each step; ``hooks.on_better`` hears whole values only.
    """
    hooks = hooks or Hooks()
    end = time.perf_counter() + seconds
    is_split = of_kinds(problem, way.split)
    tried: list[Solved] = []

    best: list[Solved] = []

    def whole(values: np.ndarray, limit: float = WHOLE_SECONDS, stopping: Hooks | None = None, to: float = WHOLE_GAP) -> Solved:
        left = max(0.1, end - time.perf_counter())
        made = _made_whole(problem, prepare, values, way, gap=to, seconds=min(limit, left), hooks=stopping)
        if made.values is not None and (not best or made.objective < best[0].objective):
            best[:] = [made]
        return made

    def started(shape: Problem, values: np.ndarray | None, counts: Sequence[Count] = ()) -> highspy.Highs:
        h = load(shape, seed=way.seed, presolve=way.presolve)
        prepare(h)
        add_counts(h, counts)
        if values is not None:
            start_from(h, with_counts(values, counts))
        return h

    if gap >= LEAST_GAP and (problem.is_whole & is_split).any():
        on_better = hooks.on_better

        def better(values: np.ndarray, progress: Progress) -> None:
            made = whole(values)
            if made.values is not None and on_better is not None:
                on_better(made.values, replace(progress, best=made.objective))

        split = run(
            started(replace(problem, is_whole=problem.is_whole & ~is_split), start, counts_of(problem, prepare)),
            gap=SHARE_OF_GAP * gap, seconds=SHARE_OF_TIME * seconds, hooks=replace(hooks, on_better=better if on_better else None), enough=way.enough,
        )  # fmt: skip
        if split.values is None:
            return split
        if split.status == "enough" and way.has_plan:
            return replace(split, values=None, objective=np.inf)
        is_over = way.is_first_step_only or split.status in {"enough", "stopped"}
        limit = WHOLE_SECONDS if is_over else max(WHOLE_SECONDS, (end - time.perf_counter()) / 2)
        unused = gap - (split.objective - split.bound)
        made = whole(
            split.values, limit, None if is_over else Hooks(should_stop=hooks.should_stop), max(WHOLE_GAP, SHARE_OF_UNUSED * unused)
        )
        made = best[0] if best else made
        tried = [split, made]
        if way.is_first_step_only or split.status == "enough":
            return _together(tried, split.status)
        is_done = made.values is not None and (split.status != "optimal" or made.objective - split.bound <= gap)
        if is_done or split.status == "stopped":
            return _together(tried, split.status if made.values is not None else "failed")
        start = made.values if made.values is not None else start
    solved = run(started(problem, start), gap=gap, seconds=max(0.1, end - time.perf_counter()), hooks=hooks, enough=way.enough)
    return _together([*tried, solved], solved.status)


def search_money_last(
    problem: Problem, *, gap: float, seconds: float, prepare: Prepare = lambda _: None, start: np.ndarray | None = None
) -> Solved:
    """The same for an aim of ``prepare``'s own: fine money as if it could be split, then whole beside what else was found, else everything whole."""
    end = time.perf_counter() + seconds
    is_large = problem.is_whole & ~of_kinds(problem, FINE)
    steps: list[Solved] = []
    if (problem.is_whole & ~is_large).any():
        h = load(replace(problem, is_whole=is_large))
        prepare(h)
        if start is not None:
            start_from(h, start)
        split = run(h, gap=SHARE_OF_GAP * gap, seconds=SHARE_OF_TIME * seconds)
        if split.values is None:
            return split
        h = load(_held_at(problem, is_large, split.values))
        prepare(h)
        made = run(h, gap=(1 - SHARE_OF_GAP) * gap, seconds=min(WHOLE_SECONDS, max(0.1, end - time.perf_counter())))
        steps = [split, made]
        if made.objective - split.bound <= gap:
            return _together(steps, "optimal")
        start = start if made.values is None else made.values
    h = load(problem)
    prepare(h)
    if start is not None:
        start_from(h, start)
    solved = run(h, gap=gap, seconds=max(0.1, end - time.perf_counter()))
    return _together([*steps, solved], solved.status)


def start_from(h: highspy.Highs, values: np.ndarray) -> None:
    """Offer values as the start of a search, where they are as many as its columns; HiGHS drops what breaks a row."""
    if h.getNumCol() == len(values):
        solution = highspy.HighsSolution()
        solution.col_value = list(values)
        h.setSolution(solution)


def of_kinds(problem: Problem, names: tuple[str, ...]) -> np.ndarray:
    """Which columns are of these kinds of decision."""
    return np.array([kind in names for kind in problem.kinds], dtype=bool)


def _made_whole(
    problem: Problem, prepare: Prepare, values: np.ndarray, way: Way, *, gap: float, seconds: float, hooks: Hooks | None = None
) -> Solved:
    """Everything whole, with what is large held as it was found."""
    h = load(_held_at(problem, of_kinds(problem, HELD), values), seed=way.seed, presolve=way.presolve)
    prepare(h)
    return run(h, gap=gap, seconds=seconds, hooks=hooks)


def _held_at(problem: Problem, which: np.ndarray, values: np.ndarray) -> Problem:
    """The problem with some of its columns held at values, made whole."""
    at = np.rint(values[: len(problem.columns)])
    return replace(problem, lower=np.where(which, at, problem.lower), upper=np.where(which, at, problem.upper))


def _together(steps: list[Solved], status: str) -> Solved:
    """The best values of all steps, with the best bound that holds for whole plans (the second step's holds for none but its own)."""
    found = min((s for n, s in enumerate(steps) if n != 0 or len(steps) == 1), key=lambda s: s.objective)
    bounds = [s.bound for n, s in enumerate(steps) if n != 1 and s.status in PROVES]
    return Solved(
        status=status, values=found.values, objective=found.objective, bound=max(bounds, default=-np.inf),
        nodes=sum(s.nodes for s in steps), seconds=sum(s.seconds for s in steps),
    )  # fmt: skip
