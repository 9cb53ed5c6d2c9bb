"""Plans held open for people who ask what if: a few solver processes, each kept for one plan until nobody asks any more.

Every process belongs to a thread of its own, which starts it and ends it, because a process ends with the thread that
started it. The thread takes one question at a time; asking from many threads is safe.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from optimisation.asked import Consequence, Question
from optimisation.impossible import Impossible
from optimisation.sandbox import Sandbox
from optimisation.solve import Solver
from planner.errors import SolverFault
from planner.need import World

MOST = 2
IDLE_SECONDS = 300.0
MEMORY_MEGABYTES = 1024
END_SECONDS = 10.0
CLOSING = "The planner is closing; try again in a moment."
BUSY = "Other people are asking what if just now; try again in a moment."


class Residents:
    """At most ``most`` plans held open at once, by a key such as the plan's fingerprint. Use as a context manager, or ``close``.

    A plan that nobody asked about for ``idle_seconds`` is let go, and the one asked longest ago when another is wanted.
    """

    def __init__(self, *, most: int = MOST, idle_seconds: float = IDLE_SECONDS, memory_megabytes: int = MEMORY_MEGABYTES) -> None:
        self._most, self._idle_seconds, self._memory = most, idle_seconds, memory_megabytes
        self._lock = threading.Lock()
        self._here: dict[str, _Resident] = {}
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def ask(
        self, key: str, world_of_plan: Callable[[], World], question: Question, *, should_stop: Callable[[], bool] = lambda: False,
        gives_way: bool = False,
    ) -> Iterator[Consequence]:  # fmt: skip
        """The answers as they come; ``world_of_plan`` is asked only where the plan is not held open yet.

        Where it is opened for this, ``gives_way`` says whether its process stands back for whoever waits for a page.

        Raises ``SolverFault`` where every process is busy with other plans or fails, ``InputMustBeMended`` where what is moved
        cannot be right. Who stops listening (closes the iterator) stops the search.
        """

        def work(sandbox: Sandbox, asked: _Asked) -> None:
            sandbox.what_if(question, tell=asked.said.put, should_stop=asked.is_over)

        for said in self._answers(key, world_of_plan, _Asked(work=work, should_stop=should_stop), gives_way=gives_way):
            assert isinstance(said, Consequence)
            yield said

    def explain(
        self, key: str, world_of_plan: Callable[[], World], world: World, *, seconds: float, should_stop: Callable[[], bool] = lambda: False,
        gives_way: bool = False,
    ) -> Impossible | None:  # fmt: skip
        """What clashes in a world beside the plan's, found in the plan's process; None where its rules can all hold. Raises ``SolverFault``."""

        def work(sandbox: Sandbox, asked: _Asked) -> None:
            found = sandbox.explain(world, seconds=seconds, should_stop=asked.is_over)
            if found is not None:
                asked.said.put(found)

        found = next(self._answers(key, world_of_plan, _Asked(work=work, should_stop=should_stop), gives_way=gives_way), None)
        assert found is None or isinstance(found, Impossible)
        return found

    def _answers(
        self, key: str, world_of_plan: Callable[[], World], asked: _Asked, *, gives_way: bool
    ) -> Iterator[Consequence | Impossible]:
        self._hand_over(key, world_of_plan, asked, gives_way=gives_way)
        try:
            while (said := asked.said.get()) is not None:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            asked.is_left.set()

    def close(self) -> None:
        """End every process."""
        with self._lock:
            self._is_closed = True
            ended = list(self._here.values())
            self._here.clear()
        for resident in ended:
            resident.end()
        for resident in ended:
            resident.thread.join(END_SECONDS)

    def _hand_over(self, key: str, world_of_plan: Callable[[], World], asked: _Asked, *, gives_way: bool) -> None:
        """Give the question to the key's resident, counted as waiting; room is made where there is none.

        All under the lock: a resident that fails meanwhile answers what it was given, and is given no more.
        """
        with self._lock:
            if self._is_closed:
                raise SolverFault(CLOSING)
            self._here = {k: one for k, one in self._here.items() if one.thread.is_alive() and not one.is_ending}
            if key not in self._here:
                idle = sorted((one.asked_at, k) for k, one in self._here.items() if not one.waiting)
                if len(self._here) >= self._most:
                    if not idle:
                        raise SolverFault(BUSY)
                    self._here.pop(idle[0][1]).end()
                self._here[key] = _Resident(world_of_plan, self._lock, self._idle_seconds, self._memory, gives_way=gives_way)
            resident = self._here[key]
            resident.waiting += 1
            resident.put(asked)


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What to ask of the plan's sandbox, who to tell, and whether they still listen. None ends what is said."""

    work: Callable[[Sandbox, _Asked], None]
    should_stop: Callable[[], bool]
    said: queue.SimpleQueue[Consequence | Impossible | Exception | None] = field(default_factory=queue.SimpleQueue)
    is_left: threading.Event = field(default_factory=threading.Event)
    is_closing: Callable[[], bool] = lambda: False

    def is_over(self) -> bool:
        """Whether nobody waits for the rest, or the process is to end."""
        return self.is_closing() or self.is_left.is_set() or self.should_stop()


class _Resident:
    """A plan's world in a process, and the thread that both belong to."""

    def __init__(
        self, world_of_plan: Callable[[], World], lock: threading.Lock, idle_seconds: float, memory_megabytes: int, *, gives_way: bool
    ) -> None:
        self._world_of_plan, self._lock, self._idle_seconds, self._memory = world_of_plan, lock, idle_seconds, memory_megabytes
        self._gives_way = gives_way
        self._questions: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self.waiting = 0
        self.asked_at = time.monotonic()
        self.is_ending = False
        self.thread = threading.Thread(target=self._live, name="what if", daemon=True)
        self.thread.start()

    def put(self, asked: _Asked) -> None:
        """Hand over a question that is counted as waiting."""
        asked.is_closing = lambda: self.is_ending
        self._questions.put(asked)

    def end(self) -> None:
        """Let the process go once it has answered what waits."""
        self.is_ending = True
        self._questions.put(None)

    def _live(self) -> None:
        why: Exception = SolverFault(CLOSING)
        try:
            with Solver(memory_megabytes=self._memory, gives_way=self._gives_way) as solver:
                sandbox: Sandbox | None = None
                while (asked := self._next()) is not None:
                    try:
                        sandbox = sandbox or Sandbox(self._world_of_plan(), solver=solver)
                        asked.work(sandbox, asked)
                        asked.said.put(None)
                    except Exception as error:  # noqa: BLE001 (whatever it was, somebody waits to hear of it)
                        asked.said.put(error)
                    finally:
                        with self._lock:
                            self.waiting -= 1
                            self.asked_at = time.monotonic()
        except Exception as error:  # noqa: BLE001 (the solver's own end: whoever waits hears of it)
            why = error
        finally:
            with self._lock:
                self.is_ending = True
                while not self._questions.empty():
                    left = self._questions.get()
                    if left is not None:
                        left.said.put(why)

    def _next(self) -> _Asked | None:
        """The next question; None when it is to end, or nobody asked for long."""
        while True:
            try:
                return self._questions.get(timeout=self._idle_seconds)
            except queue.Empty:
                with self._lock:  # a question counted as waiting is on its way
                    if not self.waiting:
                        self.is_ending = True
                        return None
