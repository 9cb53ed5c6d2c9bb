"""A world held open in a solver process of its own, and the log of everything it was asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from optimisation.asked import Consequence, Question, Trial, Tried
from optimisation.impossible import Impossible
from optimisation.messages import Answered, Failed, IsOpen, Message, Open, Refused
from optimisation.solve import GRACE_SECONDS, Solver
from planner.errors import InputMustBeMended, SolverFault
from planner.need import World

OPEN_SECONDS = 30.0
NOT_OPEN = 0
"""The number of no process: they are counted from 1."""
T = TypeVar("T")


class Sandbox:
    """Asks trials of a world, one after another. Use as a context manager.

    ``log`` keeps every solve behind what is said, in order. A solver that crashes or overruns is started
    again with the same world; what was asked then raises ``SolverFault`` with one sentence.
    """

    def __init__(self, world: World, *, solver: Solver | None = None) -> None:
        self.log: list[Tried] = []
        self._solver = solver or Solver()
        self._is_mine = solver is None
        self.world = world
        self._opened_in = NOT_OPEN
        self._since = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._is_mine:
            self._solver.close()

    def open(self, world: World) -> None:
        """Hold another world from now on; the log goes on."""
        self.world, self._opened_in, self._since = world, NOT_OPEN, len(self.log)

    def log_of_world(self) -> list[Tried]:
        """What this world was asked so far."""
        return self.log[self._since :]

    def ask(self, trial: Trial, *, should_stop: Callable[[], bool] = lambda: False) -> Tried:
        """One trial's answer."""
        self._hold(should_stop)
        tried = self._exchange(trial, Tried, trial.seconds, should_stop)
        self.log.append(tried)
        return tried

    def what_if(self, question: Question, *, tell: Callable[[Consequence], None], should_stop: Callable[[], bool] = lambda: False) -> None:
        """Tell three answers as they come. Raises ``InputMustBeMended`` with one sentence where what is moved cannot be right.

        Once ``should_stop`` says yes, what has not been found by then is not told.
        """
        self._hold(should_stop)

        def hear(message: Message) -> None:
            if isinstance(message, Consequence):
                tell(message)

        answer = self._exchange(question, (Answered, Refused), question.seconds + GRACE_SECONDS, should_stop, hear)
        if isinstance(answer, Refused):
            raise InputMustBeMended(answer.why)

    def explain(self, world: World, *, seconds: float, should_stop: Callable[[], bool] = lambda: False) -> Impossible | None:
        """What clashes in another world and how to make room; None where its rules can all hold."""
        return self._solver.explain(world, seconds=seconds, should_stop=should_stop)

    def _hold(self, should_stop: Callable[[], bool]) -> None:
        if self._opened_in != self._solver.starts or not self._solver.is_alive():
            self._exchange(Open(world=self.world), IsOpen, OPEN_SECONDS, should_stop)
            self._opened_in = self._solver.starts

    def _exchange(
        self, job: Open | Trial | Question, kind: type[T] | tuple[type[T], ...], seconds: float, should_stop: Callable[[], bool],
        tell: Callable[[Message], None] = lambda _: None,
    ) -> T:  # fmt: skip
        answer = self._solver.exchange(job, until=time.perf_counter() + seconds + GRACE_SECONDS, should_stop=should_stop, tell=tell)
        if isinstance(answer, kind):
            return answer
        self._opened_in = NOT_OPEN
        why = answer.why if isinstance(answer, Failed) else "said something else"
        raise SolverFault(f"The solver {why} while it worked on a question; try again, and if it happens again tell the administrator.")
