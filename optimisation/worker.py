"""The solver's own process: takes jobs over a pipe, tells how it goes, answers, waits for the next.

It runs apart because HiGHS can ignore its time limit, run out of memory or crash; whatever
happens here, the parent (``optimisation.solve``) still has the best plan so far.
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event

import highspy
import numpy as np
import pyomo.version

from optimisation.asked import Question, Trial
from optimisation.baselines import baselines
from optimisation.certify import Certify, certify
from optimisation.extract import CannotPayToThePound, amounts_from
from optimisation.highs import Hooks, Problem, Solved, cap_objective, check_canaries, compile_model, load, run
from optimisation.impossible import Impossible
from optimisation.messages import (
    AllHold,
    Answer,
    Answered,
    Better,
    Explain,
    Failed,
    IsOpen,
    Job,
    Nearly,
    Open,
    Refused,
    Sizes,
    Stage,
)
from optimisation.model import build_model
from optimisation.progress import Progress
from optimisation.registry import Model
from optimisation.roster import Rostering, make_roster
from optimisation.search import Prepare, Way, search, start_from
from optimisation.trial import attempt, hold
from optimisation.what_if import Beside
from optimisation.why_impossible import explain_impossible
from planner import __version__
from planner.errors import InputMustBeMended, SolverFault
from planner.need import World
from planner.plan import Level
from planner.words import least_points

if sys.platform != "win32":
    import resource

TOLERANCE_SHARE = 0.2
"""Of the gap asked for, what the second level may give away of the first; the gap that is stated covers both."""
LEAST_TOLERANCE_POINTS = 1e-6
LEAST_EXPLAIN_SECONDS = 2.0
SHORTFALL_WEIGHT = 5.0
"""How much a point of shortfall counts beside a point of need unmet while the second level is solved."""
SHARE_OUT_SECONDS = 1.5
"""What sharing out may take where somebody waits for it to end; otherwise ``SHARE_OUT_OF_TIME`` of what is left, where that is more."""
SHARE_OUT_OF_TIME = 0.5
SHARE_OUT_GAP_POINTS = 0.5
SHARE_OF_TIME = (0.6, 0.85)
"""Of the time left, what the first and then the second level may take; the rest is for the baselines."""


def engine() -> str:
    """What made a plan, by version."""
    return f"partnership-planner {__version__}, pyomo {pyomo.version.version}, HiGHS {highspy.Highs().version()}"


def serve(pipe: Connection, stop: Event, memory_megabytes: int) -> None:
    """The process's main: jobs in, messages out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _limit_memory(memory_megabytes)
    try:
        try:
            check_canaries()
        except SolverFault as fault:
            pipe.send(Failed(why=str(fault)))
            return
        except MemoryError:
            return
        pipe.send(engine())
        beside: Beside | None = None
        while True:
            job = pipe.recv()
            try:
                if isinstance(job, Open):
                    start = time.perf_counter()
                    gc.unfreeze()
                    beside = Beside(hold(job.world))
                    pipe.send(IsOpen(seconds=time.perf_counter() - start))
                elif isinstance(job, Trial):
                    assert beside is not None
                    pipe.send(attempt(beside.held, job))
                elif isinstance(job, Question):
                    assert beside is not None
                    _answer(beside, job, pipe, stop)
                elif isinstance(job, Certify):
                    pipe.send(certify(job, lambda bound, cases: pipe.send(Stage(words=_certifying(bound, cases)))))
                elif isinstance(job, Rostering):
                    pipe.send(make_roster(job.world, job.amounts, seconds=job.seconds, wishes=job.wishes))
                elif isinstance(job, Explain):
                    pipe.send(explain_impossible(job.world, seconds=job.seconds) or AllHold())
                else:
                    pipe.send(make_plan(job, pipe, stop))
            except MemoryError:
                pipe.send(Failed(why="ran out of memory"))
            except (EOFError, BrokenPipeError):
                raise
            except Exception as error:  # noqa: BLE001  (whatever it is, the parent must hear of it and still has a plan)
                pipe.send(Failed(why="ran out of memory" if "bad_alloc" in str(error) else f"failed ({error})"))
    except (EOFError, BrokenPipeError):
        return


def _answer(beside: Beside, question: Question, pipe: Connection, stop: Event) -> None:
    """Three answers as they come. What was stated for them is cleared away once somebody has them, not while they wait.

    What is held stays out of that, so that whoever asks next does not wait for it to be looked through again.
    """
    gc.disable()
    try:
        for consequence in beside.answers(question, stop.is_set):
            pipe.send(consequence)
        pipe.send(Answered())
    except InputMustBeMended as error:
        pipe.send(Refused(why=str(error)))
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()  # not after a fault: what it holds on to would never be cleared away


def _certifying(bound: float, cases: int) -> str:
    return f"certifying: at least {least_points(bound)} points in {cases} case{'s' * (cases != 1)}"


def make_plan(job: Job, pipe: Connection, stop: Event) -> Answer | Impossible | Failed:
    """Solve the levels in order, then the baselines."""
    end = time.perf_counter() + job.seconds
    pipe.send(Stage(words="stating the rules"))
    start = time.perf_counter()
    model = build_model(job.world, is_to_the_pound=job.is_to_the_pound)
    built = time.perf_counter()
    problem = compile_model(model)
    sizes = _sizes(problem, built - start, time.perf_counter() - built)
    pipe.send(Stage(words="shortfall below the board's line"))
    tolerance = max(TOLERANCE_SHARE * job.gap_points, LEAST_TOLERANCE_POINTS)
    first = search(
        problem, gap=max(job.gap_points - tolerance, 0), seconds=SHARE_OF_TIME[0] * (end - time.perf_counter()),
        hooks=_hooks(model, problem, pipe, stop), way=Way(seed=job.seed, presolve=job.presolve),
    )  # fmt: skip
    if first.status == "impossible":
        pipe.send(Stage(words="finding which rules clash"))
        explained = explain_impossible(job.world, seconds=max(LEAST_EXPLAIN_SECONDS, end - time.perf_counter()))
        return explained or Failed(why="found no plan, and yet no rules that clash")
    if first.values is None:
        return Failed(why="found no plan in the time given" if first.status == "time" else f"ended as {first.status}")
    levels = [_level(_leading_words(job.world), first, tolerance)]
    ending = first.status
    if ending == "stopped":
        values = _shared_out(job, problem, first, tolerance, seconds=SHARE_OUT_SECONDS)
    else:
        pipe.send(Stage(words="total need met"))
        left = SHARE_OF_TIME[1] * (end - time.perf_counter())
        values, status, level = _second_level(job, problem, first, tolerance, pipe, stop, seconds=left)
        levels.append(level)
        if ending == "optimal" and status in {"time", "stopped"}:
            ending = status
    try:
        amounts = amounts_from(model, problem, values)
    except CannotPayToThePound as error:
        if job.is_to_the_pound:
            return Failed(why=f"failed ({error})")
        return _again_to_the_pound(job, first.bound, end, pipe, stop)
    answer = Answer(
        amounts=amounts,
        bound_points=first.bound,
        levels=tuple(levels),
        baselines=(),
        ran_out=ending not in {"optimal", "stopped"},
        was_stopped=ending == "stopped",
        sizes=sizes,
        peak_megabytes=_peak_megabytes(),
    )
    pipe.send(Nearly(answer=answer))
    pipe.send(Stage(words="what last year and a formula would give"))
    return replace(answer, baselines=baselines(job.world, seconds=end - time.perf_counter()), peak_megabytes=_peak_megabytes())


def _again_to_the_pound(job: Job, bound: float, end: float, pipe: Connection, stop: Event) -> Answer | Failed:
    """Once more with payments that always come out whole; the first bound stands, for it allowed more."""
    again = make_plan(replace(job, is_to_the_pound=True, seconds=max(1.0, end - time.perf_counter())), pipe, stop)
    return replace(again, bound_points=bound) if isinstance(again, Answer) else Failed(why="could not pay its plan to the pound")


def _leading_words(world: World) -> str:
    words = "shortfall below the line"
    return f"{words} and price of rules that give way" if world.policy.prices else words


def _unmet(problem: Problem, values: np.ndarray) -> float:
    """Total need unmet, in points."""
    return float(problem.costs[1] @ values + problem.offsets[1])


def _shared_out(job: Job, problem: Problem, first: Solved, tolerance: float, *, seconds: float, hooks: Hooks | None = None) -> np.ndarray:
    """What the first level left unused, shared out in a moment with bases and blocks as they are.

    The best bases and blocks for the shortfall are nearly always good ones for total need, and with them held the rest is quickly found.
    """
    both, cap, _ = _for_second_level(problem, first, tolerance)
    assert first.values is not None
    kept = [i for i, column in enumerate(problem.columns) if column.parent_component().name in {"base_size", "has_block"}]
    as_they_are = np.round(first.values[kept])
    h = load(both, seed=job.seed, presolve=job.presolve)
    cap(h)
    h.changeColsBounds(len(kept), np.array(kept, dtype=np.int32), as_they_are, as_they_are)
    start_from(h, first.values)
    solved = run(h, gap=SHARE_OUT_GAP_POINTS, seconds=seconds, hooks=hooks)
    return first.values if solved.values is None else solved.values


def _for_second_level(problem: Problem, first: Solved, tolerance: float) -> tuple[Problem, Prepare, float]:
    """The second level: its objectives, its cap on the shortfall, and what the shortfall adds to its objective."""
    both = replace(
        problem,
        costs=np.vstack([problem.costs[1] + SHORTFALL_WEIGHT * problem.costs[0], problem.costs[0]]),
        offsets=np.array([problem.offsets[1] + SHORTFALL_WEIGHT * problem.offsets[0], problem.offsets[0]]),
    )
    most_shortfall = first.objective + tolerance
    return both, lambda h: cap_objective(h, both, 1, most_shortfall), SHORTFALL_WEIGHT * most_shortfall


def _second_level(
    job: Job, problem: Problem, first: Solved, tolerance: float, pipe: Connection, stop: Event, *, seconds: float
) -> tuple[np.ndarray, str, Level]:
    """Total need met, with no more shortfall than the first level reached and the tolerance (points).

    First what is unused is shared out; then a search says how far from the best that can be, and ends once it is within the gap.
    The shortfall also stands in the objective, at ``SHORTFALL_WEIGHT``: a cap alone leaves the relaxation
    weak (60 schools: 0.18 points open after 40 s with the cap alone, within 0.1 after 8-12 s with both).
    Returns the values, the status, and the level with the weight taken out again.
    """
    end = time.perf_counter() + seconds
    both, cap, weighed = _for_second_level(problem, first, tolerance)

    def tell(progress: Progress) -> None:
        pipe.send(replace(progress, best=min(progress.best, at_hand) - weighed, bound=progress.bound - weighed))

    hooks = Hooks(should_stop=stop.is_set)
    values = _shared_out(job, problem, first, tolerance, seconds=max(SHARE_OUT_SECONDS, SHARE_OUT_OF_TIME * seconds), hooks=hooks)
    at_hand = _weighed(both, values)
    solved = search(
        both, gap=job.gap_points, seconds=max(0.1, end - time.perf_counter()), hooks=replace(hooks, on_progress=tell), prepare=cap,
        start=first.values, way=Way(seed=job.seed, presolve=job.presolve, enough=at_hand - job.gap_points, has_plan=True),
    )  # fmt: skip
    if solved.values is not None and solved.objective < at_hand:
        values = solved.values
    level = Level(
        name="total need unmet",
        achieved_points=_unmet(problem, values),
        bound_points=max(0.0, solved.bound - weighed),
        tolerance_points=0.0,
        seconds=solved.seconds,
        nodes=solved.nodes,
    )
    return values, "optimal" if solved.status == "enough" else solved.status, level


def _weighed(both: Problem, values: np.ndarray) -> float:
    """Need unmet and the weighed shortfall, in points, as the second level's objective counts them."""
    return float(both.costs[0] @ values + both.offsets[0])


def _hooks(model: Model, problem: Problem, pipe: Connection, stop: Event) -> Hooks:
    def better(values: np.ndarray, progress: Progress) -> None:
        pipe.send(progress)
        with suppress(SolverFault):  # a plan on the way that cannot be made exact is only not shown
            pipe.send(Better(amounts=amounts_from(model, problem, values), bound_points=progress.bound))

    return Hooks(on_progress=pipe.send, on_better=better, should_stop=stop.is_set)


def _level(name: str, solved: Solved, tolerance_points: float) -> Level:
    """A level as it ended; one stopped before any bound was proved has that of every need, nought."""
    return Level(
        name=name, achieved_points=solved.objective, bound_points=max(solved.bound, 0.0), tolerance_points=tolerance_points,
        seconds=solved.seconds, nodes=solved.nodes,
    )  # fmt: skip


def _sizes(problem: Problem, build_seconds: float, hand_over_seconds: float) -> Sizes:
    rows, columns, whole = problem.size
    return Sizes(rows=rows, columns=columns, whole=whole, build_seconds=build_seconds, hand_over_seconds=hand_over_seconds)


def _limit_memory(megabytes: int) -> None:
    """Where the system can, let the process have no more memory than this."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _peak_megabytes() -> int:
    """The most memory the process has held, 0 where the system does not say."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10 if sys.platform == "linux" else 0
