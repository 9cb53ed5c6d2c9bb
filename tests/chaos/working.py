"""The worker in a thread of the test, so that its solver is at hand: what it is, and how long a thing took it."""

import contextlib
import threading
import time
from pathlib import Path

from optimisation import run_worker
from optimisation.run_worker import work
from optimisation.solve import Solver


@contextlib.contextmanager
def at_work(store, monkeypatch, **solver):
    """A worker on the store until the end of the block; gives its solver."""
    is_over, made = threading.Event(), []

    def make():
        made.append(Solver(**solver))
        return made[0]

    monkeypatch.setattr(run_worker, "Solver", make)
    worker = threading.Thread(target=work, args=(store,), kwargs={"name": "the worker", "should_end": is_over.is_set})
    worker.start()
    while not made:
        time.sleep(0.01)
    try:
        yield made[0]
    finally:
        is_over.set()
        worker.join()


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Watch:
    """Seconds since it was made, without those for which others had the processor: one thread's, that which waited longest."""

    def __init__(self):
        self.start, self.waited = time.monotonic(), _waited()

    def seconds(self):
        longest = max((waited - self.waited.get(task, 0.0) for task, waited in _waited().items()), default=0.0)
        return time.monotonic() - self.start - longest


def _waited():
    """Seconds that each thread of this process has waited for a processor, as Linux counts them."""
    found = {}
    for task in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError, IndexError):
            found[task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    return found
