"""A run on a disk that fails: the real worker, with a plan ready at hand, in a process whose disk fails when told to.

Called as ``python failing_disk.py HOW TIMES FOLDER``; says a line of JSON for each time. HOW is

- ``write-refused``: the system refuses the n-th write of the run, half done (the file may not grow past that byte);
- ``disk-full``: the file system has room for n pages more (call it where FOLDER is a small one of its own);
- ``disk-read-only``: the file system turns read-only before the n-th change (as before), and what was open is opened anew.
"""

import contextlib
import functools
import json
import logging
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "store"))

from builders import two_schools
from stored import a_run, a_user
from worlds_to_plan import bring

from optimisation import run_worker
from optimisation.greedy import greedy_amounts
from optimisation.messages import Stage
from planner.documents import check_document
from planner.plan import Ending, Plan
from planner.store import RunState, open_store

HEADER, FRAME, PAGE = 32, 24 + 4096, 4096
FAILS_FOR_SECONDS = 0.25
ENDS_WITHIN_SECONDS = 120


def plan_at_hand(solver, world, *, tell, stages, **_):
    """In place of the solver: as many stages as asked for, each told to the store before the next, so that the run writes enough to fail at."""
    for number in range(stages):
        tell(Stage(words=f"stage {number + 1}"))
        tell.__self__._look()
    time.sleep(0.1)
    return Plan(amounts=greedy_amounts(world), ending=Ending.FIRST_PLAN_ONLY, bound_points=0.0, levels=(), engine="by hand", seconds=0.1)


class WriteRefused:
    """Nothing may grow past the n-th write to the log: its header, then a head and a page for each frame."""

    def __init__(self, folder, number, store):
        frames, is_page = divmod(number - 1, 2)
        self.most = HEADER + frames * FRAME + is_page * 24 + (2000 if is_page else 10)

    def begin(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most, resource.RLIM_INFINITY))

    def end(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class DiskFull:
    """All but n pages of the file system are taken."""

    def __init__(self, folder, number, store):
        self.ballast, self.number, self.folder = folder / "ballast", number, folder

    def begin(self):
        free = shutil.disk_usage(self.folder).free
        self.ballast.write_bytes(b"x" * (free - self.number * PAGE))

    def end(self):
        self.ballast.unlink()


class DiskReadOnly:
    """Before the n-th change the file system turns read-only; connections are made anew, as by a worker started then."""

    def __init__(self, folder, number, store):
        self.folder, self.number, self.store = folder, number, store
        self.is_on = False

    def begin(self):
        begin, seen = self.store.begin, iter(range(1, 10_000))

        @contextlib.contextmanager
        def counted():
            if next(seen) == self.number:
                while not self.is_on:  # busy while a file is open for writing
                    self.store._engines.dispose()
                    self.is_on = self._mount("remount,bind,ro")
            with begin() as tx:
                yield tx

        self.store.begin = counted

    def end(self):
        assert self._mount("remount,bind,rw")

    def _mount(self, how):
        return subprocess.run(["mount", "-o", how, self.folder], check=False, stderr=subprocess.DEVNULL).returncode == 0


WAYS = {"write-refused": WriteRefused, "disk-full": DiskFull, "disk-read-only": DiskReadOnly}


class Heard(logging.Handler):
    """What the worker says of the disk."""

    def __init__(self):
        super().__init__()
        self.words = []

    def emit(self, record):
        self.words.append(record.getMessage())


def one_run(way, number, folder):
    """A run on a disk that fails at this point; what became of it."""
    heard = Heard()
    run_worker.make_plan_with_names = functools.partial(plan_at_hand, stages=number)
    logging.getLogger().handlers = [heard]
    with open_store(None, folder) as store:
        by = a_user(store)
        here = bring(store, two_schools(), by)
        run_id = a_run(store, here, by)
    with open_store(None, folder) as store:  # the log begins anew
        with store.read() as tx:
            assert tx.runs.run(partnership_id=here, run_id=run_id).state is RunState.QUEUED
        a_user(store, "so that both connections are open")
        fault, until = way(folder, number, store), time.monotonic() + ENDS_WITHIN_SECONDS
        is_over = threading.Event()
        worker = threading.Thread(
            target=run_worker.work, args=(store,), kwargs={"name": "w", "should_end": lambda: is_over.is_set() or time.monotonic() > until}
        )
        fault.begin()
        worker.start()
        while not heard.words and time.monotonic() < until:  # we keep no file open meanwhile: it could not turn read-only
            time.sleep(0.02)
        time.sleep(FAILS_FOR_SECONDS)
        fault.end()
        ended = time.monotonic()
        while is_open(store, here, run_id) and time.monotonic() < until:
            time.sleep(0.02)
        seconds = time.monotonic() - ended
        is_over.set()
        worker.join()
    with open_store(None, folder) as store, store.read() as tx:
        run = tx.runs.run(partnership_id=here, run_id=run_id)
        plans = tx.plans.plans(partnership_id=here)
        for plan in plans:
            check_document(tx.plans.plan(partnership_id=here, plan_id=plan.id).document)
        chain = tx.events.verify_chain(partnership_id=here)
        return {
            "number": number, "state": run.state, "reason": run.reason, "plans": len(plans), "faults": list(store.faults()),
            "is_whole": chain.is_whole, "events": chain.events, "seconds": seconds, "said": sorted(set(heard.words)),
        }  # fmt: skip


def is_open(store, here, run_id):
    with store.read() as tx:
        return tx.runs.run(partnership_id=here, run_id=run_id).state in {RunState.QUEUED, RunState.RUNNING}


def main(how, times, folder):
    """Each time on a database of its own, made here."""
    run_worker.PAUSE_SECONDS, run_worker.LOOK_SECONDS, run_worker.IDLE_SECONDS = 0.05, 0.02, 0.02
    run_worker.Solver = contextlib.nullcontext
    run_worker.work_out = run_worker.work_out_roster = lambda *_: None  # what follows a plan is not tried here
    whole = folder / "whole"
    whole.mkdir()
    open_store(None, whole).close()
    place = folder / "place"
    for number in range(1, times + 1):
        place.mkdir()
        shutil.copy(whole / "planner.db", place)
        if how == "disk-read-only":
            subprocess.run(["mount", "--bind", place, place], check=True)
        print(json.dumps(one_run(WAYS[how], number, place)), flush=True)
        if how == "disk-read-only":
            subprocess.run(["umount", place], check=True)
        shutil.rmtree(place)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
