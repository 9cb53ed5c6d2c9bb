"""Make a plan: greedy first, then the solver in a process of its own, with deadline, stop and retry."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from math import inf, isfinite
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from optimisation.apart import serve_apart
from optimisation.asked import Consequence, Question, Trial
from optimisation.greedy import greedy_amounts, is_feasible
from optimisation.impossible import Impossible
from optimisation.messages import AllHold, Answer, Better, Explain, Failed, Job, Message, Nearly, Open, Sizes, Stage
from optimisation.progress import Progress, safe_bound
from planner.audit import breaches, leading_points, misfits
from planner.errors import AuditRefused, RulesCannotAllHold, SolverFault, TooLarge
from planner.need import World
from planner.plan import Amounts, Ending, Plan
from planner.processes import give_way

if TYPE_CHECKING:
    from optimisation.certify import Certify
    from optimisation.roster import Rostering

MEMORY_MEGABYTES = 4096
GRACE_SECONDS = 4.0
"""How long past its limit an answer about a plan may be, or a plan that is wanted at once, before the solver is killed."""
LATE_SECONDS = 1.5
"""How long past the limit of a plan its solver may be before it is killed: a run is promised to be no more than 3 s late."""
HALF_SAID_SECONDS = 2.0
"""How long a message may take through the pipe: one that only half arrives, or is not taken, would hold up the parent for ever."""
START_SECONDS = 60.0
NOTHING_POINTS = 1e-3
"""Less than this two plans do not differ in shortfall: solver tolerance and rounding to the pound and the millionth."""
EVERY_SECONDS = 0.2
"""How often a solve looks whether it should stop."""


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


Tell = Callable[[Message], None]


class _NotReady(SolverFault):
    """The process was not ready in time."""


class Solver:
    """One solver process, kept for many plans. Use as a context manager.

    ``make_plan`` raises ``RulesCannotAllHold`` when no plan exists, ``AuditRefused`` when an
    answer breaks a rule (our fault), ``SolverFault`` when nothing at all was found.
    """

    def __init__(self, *, memory_megabytes: int = MEMORY_MEGABYTES, gives_way: bool = False) -> None:
        self._memory, self._gives_way = memory_megabytes, gives_way
        self._context = multiprocessing.get_context("spawn")
        self.engine = ""
        self.starts = 0
        """How often the process was started: what an earlier one was given to hold is gone."""
        self.last_sizes: Sizes | None = None
        self.last_peak_megabytes = 0
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._stop = self._context.Event()
        self._process = self._context.Process(target=serve_apart, args=(theirs, self._stop, self._memory), daemon=True)
        with _sigint_blocked():  # or Ctrl-C would end the child while it is still importing
            self._process.start()
        self.starts += 1
        theirs.close()
        if self._gives_way and self._process.pid is not None:
            give_way(self._process.pid)

    @contextmanager
    def _at_once(self, until: float = inf) -> Iterator[None]:
        """Kill the process where it does not take a message, or goes silent in the middle of one; the pipe then breaks.

        ``until``: when an answer is wanted; what is half said by then has half a second more.
        """
        timer = threading.Timer(min(HALF_SAID_SECONDS, max(0.5, until - time.perf_counter())), self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _say(self, job: object) -> None:
        with self._at_once():
            self._pipe.send(job)

    def _hear(self, until: float = inf) -> Any:
        """The next message; EOFError where the process ended before or within it."""
        try:
            with self._at_once(until):
                return self._pipe.recv()
        except OSError as error:
            raise EOFError from error

    def wait_until_ready(self, should_stop: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the process has solved its canaries; False if asked to stop first.

        Raises ``SolverFault`` when a canary is wrong or nothing comes, ``EOFError`` when the process died.
        """
        end = time.perf_counter() + START_SECONDS
        while not self.engine:
            if should_stop():
                return False
            if self._pipe.poll(EVERY_SECONDS):
                said = self._hear()
                if isinstance(said, Failed):
                    raise SolverFault(said.why)
                self.engine = said
            elif time.perf_counter() > end:
                raise _NotReady("The solver did not start within a minute; try again when the machine is less busy.")
        return True

    def close(self) -> None:
        """End the process at once; nothing of value is in it."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def make_plan(
        self,
        world: World,
        *,
        gap_points: float = 0.1,
        seconds: float = 30.0,
        start: Amounts | None = None,
        tell: Tell = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Plan:
        """The best plan the rules allow, to ``gap_points`` of need or until ``seconds`` are up.

        ``start`` is a plan found before: one with more shortfall is not handed out. HiGHS is not told of it, so
        that a plan within the gap is the same with it and without. ``tell`` hears the first plan, made by hand,
        before the solver begins, and after it only better ones. ``should_stop`` is asked a few times a second;
        once it says yes, the best plan so far is kept. What either of them raises ends the solve at once.
        A crash, a hang or lack of memory is retried once in another way within the same time, then the best
        plan so far is kept.
        """
        began = time.perf_counter()
        best = _Best(world)
        best.offer(greedy_amounts(world))
        if start is not None:
            best.offer(start)
        if best.amounts is not None:
            tell(Better(amounts=best.amounts, bound_points=None))
            if should_stop():
                best.was_stopped = True
                return best.plan(self.engine or "no solver answered", time.perf_counter() - began, "was stopped")
        answer: Message | None = None
        for attempt in (0, 1):
            left = seconds - (time.perf_counter() - began)
            if attempt and left < 1:
                break
            job = Job(world=world, gap_points=gap_points, seconds=left, seed=attempt, presolve=not attempt)
            answer = self._ask(job, best, tell, should_stop)
            if isinstance(answer, Answer) or best.was_stopped or best.answer is not None:
                break
            if isinstance(answer, Impossible) and best.amounts is None:
                break  # with an audited plan in hand, "impossible" is the solver's mistake: ask once more
        spent = time.perf_counter() - began
        if isinstance(answer, Impossible) and best.amounts is None:
            raise RulesCannotAllHold("\n".join(answer.lines()))
        answer = answer if isinstance(answer, Answer) else best.answer or answer
        if isinstance(answer, Answer):
            self.last_sizes, self.last_peak_megabytes = answer.sizes, answer.peak_megabytes
            plan = _planned(world, answer, self.engine, spent)
            plan = replace(plan, amounts=best.amounts, levels=()) if best.amounts and best.beats(answer) else plan
            by_clock = ended_by_clock(world, plan.amounts, plan.bound_points, gap_points)
            return replace(plan, ending=by_clock) if plan.ending is Ending.STOPPED_BY_CLOCK else plan
        return best.plan(self.engine or "no solver answered", spent, answer.why if isinstance(answer, Failed) else "was stopped")

    def _ask(self, job: Job, best: _Best, tell: Tell, should_stop: Callable[[], bool]) -> Answer | Impossible | Failed:
        """One try: pass messages on, keep better plans, kill what overruns."""
        if not self._process.is_alive():
            self._restart()
        self._stop.clear()
        try:
            start = time.perf_counter()
            if not self.wait_until_ready(should_stop):
                best.was_stopped = True
                return Failed(why="was stopped")
            ready = time.perf_counter()
            left = max(0.5, start + job.seconds - ready)
            deadline = max(start + job.seconds + LATE_SECONDS, ready + left + 0.5)  # a solver slow to start makes nothing late
            self._say(replace(job, seconds=left))
            while True:
                if should_stop() and not best.was_stopped:
                    best.was_stopped = True
                    self._stop.set()
                    deadline = min(deadline, time.perf_counter() + GRACE_SECONDS)
                if not self._pipe.poll(max(0.0, min(EVERY_SECONDS, deadline - time.perf_counter()))):
                    if time.perf_counter() < deadline:
                        continue
                    self._restart()
                    return Failed(why="did not keep its time limit and was ended")
                message: Message = self._hear(deadline)
                best.bound.hear(message)
                if isinstance(message, Nearly):
                    best.answer = message.answer
                if not isinstance(message, Better) or best.offer(message.amounts):
                    tell(message)
                if isinstance(message, Answer | Impossible | Failed):
                    return message
        except (EOFError, ConnectionError):
            self._restart()
            return Failed(why="crashed or ran out of memory")
        except _NotReady:
            self._restart()
            return Failed(why="did not start")
        except BaseException:
            self._restart()  # it is in the middle of a job that nobody waits for
            raise

    def is_alive(self) -> bool:
        """Whether the process is there, with whatever it was given to hold."""
        return self._process.is_alive()

    def explain(self, world: World, *, seconds: float, should_stop: Callable[[], bool] = lambda: False) -> Impossible | None:
        """What clashes in a world and how to make room, within ``seconds``; None when its rules can all hold."""
        answer = self.exchange(
            Explain(world=world, seconds=seconds), until=time.perf_counter() + seconds + GRACE_SECONDS, should_stop=should_stop
        )
        if isinstance(answer, Impossible):
            return answer
        if isinstance(answer, AllHold):
            return None
        why = answer.why if isinstance(answer, Failed) else "said something else"
        raise SolverFault(f"The solver {why} while it looked for what clashes; try again, and if it happens again tell the administrator.")

    def exchange(
        self,
        job: Open | Trial | Certify | Explain | Question | Rostering,
        *,
        until: float,
        should_stop: Callable[[], bool],
        tell: Tell = lambda _: None,
    ) -> Message:
        """One question and its answer; ``Failed`` when the process crashed, overran or was stopped, and had to be started again.

        ``tell`` hears the stages and first answers on the way. A what-if that is stopped may end by itself, with what it has.
        """
        if not self.is_alive():
            self._restart()
        try:
            if should_stop() or not self.wait_until_ready(lambda: should_stop() or time.perf_counter() >= until):
                return Failed(why="was stopped" if should_stop() else "did not start in time")
            self._stop.clear()
            self._say(job)
            answer: Message = Stage(words="")
            while isinstance(answer, Stage | Consequence):
                while not self._pipe.poll(max(0.0, min(EVERY_SECONDS, until - time.perf_counter()))):
                    if isinstance(job, Question) and not self._stop.is_set() and should_stop():
                        self._stop.set()
                        until = min(until, time.perf_counter() + GRACE_SECONDS)
                    elif time.perf_counter() >= until or (should_stop() and not isinstance(job, Question)):
                        self._restart()
                        return Failed(why="was stopped" if should_stop() else "did not keep its time limit and was ended")
                answer = self._hear(until)
                tell(answer)
        except (EOFError, ConnectionError):
            self._restart()
            return Failed(why="crashed or ran out of memory")
        except _NotReady:
            self._restart()
            return Failed(why="did not start in time")
        except BaseException:
            self._restart()  # or what it says of this would be taken for an answer to the next
            raise
        return answer

    def _restart(self) -> None:
        self.close()
        self.engine = ""
        self._start()


class BoundSoFar:
    """The best bound on the shortfall that the solver's messages prove, in points; ``points`` until one is better."""

    def __init__(self, points: float = 0.0) -> None:
        self.points = points
        self._is_first_level = self._is_past_it = False

    def hear(self, message: Message) -> None:
        """Take in a message. Once the first level is past, what is solved again is solved with less room: no bound for all plans."""
        if isinstance(message, Stage):
            self._is_first_level = message.words.startswith(_FIRST_LEVEL) and not self._is_past_it
            self._is_past_it = self._is_past_it or message.words.startswith(_SECOND_LEVEL)
        elif isinstance(message, Progress) and self._is_first_level and isfinite(message.bound):
            self.points = max(self.points, safe_bound(message.bound))


_FIRST_LEVEL, _SECOND_LEVEL = "shortfall", "total need"


class _Best:
    """The best audited plan so far, and the best bound heard."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.amounts: Amounts | None = None
        self.bound = BoundSoFar()
        self.answer: Answer | None = None
        self.was_stopped = False

    def offer(self, amounts: Amounts) -> bool:
        """Keep amounts if they keep every rule and leave less shortfall (and price) than what is kept; says whether they do."""
        is_better = is_feasible(self.world, amounts) and (self.amounts is None or self._points(amounts) < self._points(self.amounts))
        if is_better:
            self.amounts = amounts
        return is_better

    def beats(self, answer: Answer) -> bool:
        """Whether what is kept has less shortfall than an answer that ended early, by more than its levels may give away."""
        if self.amounts is None or not (answer.ran_out or answer.was_stopped):
            return False
        given_away = Fraction(max((level.tolerance_points for level in answer.levels), default=0.0) + NOTHING_POINTS)
        return self._points(self.amounts) + given_away < self._points(answer.amounts)

    def _points(self, amounts: Amounts) -> Fraction:
        return leading_points(self.world, amounts)

    def plan(self, engine: str, seconds: float, why: str) -> Plan:
        """The plan kept, marked with how it ended; SolverFault when there is none."""
        if self.amounts is None:
            fault = TooLarge if why == "ran out of memory" else SolverFault
            raise fault(f"The solver {why} before it found a plan; give it more time or memory and try again.")
        ending = Ending.STOPPED_BY_HAND if self.was_stopped else Ending.FIRST_PLAN_ONLY
        return Plan(amounts=self.amounts, ending=ending, bound_points=self.bound.points, levels=(), engine=engine, seconds=seconds)


def ended_by_clock(world: World, amounts: Amounts, bound_points: float, gap_points: float) -> Ending:
    """How a solve ended that the clock stopped: as close to the best as it was asked to come, or not."""
    is_close = leading_points(world, amounts) - Fraction(bound_points) <= Fraction(gap_points)
    return Ending.CLOSE_BY_CLOCK if is_close else Ending.STOPPED_BY_CLOCK


def _planned(world: World, answer: Answer, engine: str, seconds: float) -> Plan:
    for what in misfits(world, answer.amounts):
        raise AuditRefused(f"The plan holds something that cannot be: {what}. This is our fault; please report it.")
    for breach in breaches(world, answer.amounts):
        raise AuditRefused(f"The plan broke a rule and is not shown: {breach.sentence()} This is our fault; please report it.")
    ending = Ending.WITHIN_GAP
    if answer.was_stopped:
        ending = Ending.STOPPED_BY_HAND
    elif answer.ran_out:
        ending = Ending.STOPPED_BY_CLOCK
    return Plan(
        amounts=answer.amounts, ending=ending, bound_points=safe_bound(answer.bound_points), levels=answer.levels, engine=engine,
        seconds=seconds, baselines=answer.baselines,
    )  # fmt: skip
