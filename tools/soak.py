"""A hundred people watch and fifty edit, with two workers at two plans, for as long as asked: whether it stays quick, whole and small.

``python tools/soak.py ../shared/data --minutes 10`` on a file, ``--database postgresql://user:password@host/name`` (empty) on a server.
Prints how long answers took, faults (5xx), how many runs were at work, and the memory of the server and of the workers in the first and the
last quarter. Solvers are processes of their own that come and go; they are not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from busy_partnership import BUSY, ROOT, ask, fill, served, talk, wait_for_plan
from load_people import (
    BOARD_PAGES,
    COUNCIL_PAGES,
    SERVICE_PAGES,
    Crowd,
    Story,
    answers,
    asks,
    claims,
    comments,
    head_watches,
    sets_policy,
    tables,
    tries,
    watches,
)

from planner.store import Role, RunState, Store, open_store

PEOPLE: tuple[tuple[str, int, Role, Story], ...] = (
    ("watching", 44, Role.HEAD, head_watches), ("watching", 32, Role.BOARD, watches(*BOARD_PAGES)), ("watching", 4, Role.CHAIR, watches(*BOARD_PAGES)),
    ("watching", 10, Role.SERVICE_MANAGER, watches(*SERVICE_PAGES)), ("watching", 10, Role.COMMISSIONER, watches(*COUNCIL_PAGES)),
    ("editing", 10, Role.BOARD, sets_policy), ("editing", 15, Role.HEAD, tries), ("editing", 8, Role.HEAD, asks), ("editing", 8, Role.HEAD, claims),
    ("editing", 7, Role.BOARD, comments), ("editing", 2, Role.BOARD, answers),
)  # fmt: skip
SOLVES = 2
LOOK_SECONDS = 2.0
MOST_GROWTH_PERCENT = 5
KINDS = ("server", "workers")
OPEN = {RunState.QUEUED, RunState.RUNNING}


def main(reference: Path, area: str, minutes: float, database: str | None) -> None:
    """Measure and print."""
    who = {f"{kind}-{story.__name__}-{role.value}-{n}": (kind, role, story) for kind, many, role, story in PEOPLE for n in range(many)}
    if database:
        os.environ["PLANNER_DATABASE_URL"] = database
    with tempfile.TemporaryDirectory(prefix="planner-soak-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        with open_store(database, home) as store:
            with store.read() as tx:
                if tx.partnerships.partnerships():
                    sys.exit("There are partnerships in that database: give an empty one.")
            fill(store, reference, area, {name: role for name, (_, role, _) in who.items()})
            with served(home) as site, _another_worker(home):
                wait_for_plan(store)
                talk(store)
                crowd = Crowd(site, {name: (kind, story) for name, (kind, _, story) in who.items()})
                from_, at_work, memory = time.monotonic(), [], []
                while time.monotonic() < from_ + 60 * minutes:
                    at_work.append(_keep_solving(store))
                    memory.append(_memory_of(home))
                    time.sleep(LOOK_SECONDS)
                until = time.monotonic()
                crowd.end()
    counted = {kind: [one for one in heard if from_ <= one.at <= until] for kind, heard in crowd.heard.items()}
    print(*crowd.faults, sep="\n", file=sys.stderr)
    print(*tables(area, counted, until - from_), sep="\n")
    print(f"\nRuns at work: {statistics.mean(at_work):.1f} of {SOLVES} on average.\n")
    print(*_growth(memory), sep="\n")


@contextlib.contextmanager
def _another_worker(home: Path) -> Iterator[None]:
    """A second ``planner worker`` beside the server's own; it stands back as its unit in the operator's guide has it do."""
    process = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "web.command_line", "worker"], cwd=ROOT, env=os.environ | {"PLANNER_HOME": str(home), "PLANNER_LOG": "warning"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _keep_solving(store: Store) -> int:
    """Ask for runs until two are there; how many were at work before."""
    with store.read() as tx:
        runs = tx.runs.runs(partnership_id=1)
    missing = SOLVES - sum(run.state in OPEN for run in runs)
    if missing > 0:
        with store.begin() as tx:
            for _ in range(missing):
                ask(tx, runs[0].requested_by, **BUSY)
    return sum(run.state is RunState.RUNNING for run in runs)


def _memory_of(home: Path) -> dict[str, float]:
    """Megabytes that the server's and the workers' processes hold now, by what they were started as."""
    started, parents, megabytes = {}, {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            number, command = int(folder.name), (folder / "cmdline").read_bytes().split(b"\0")
            is_server = b"serve" in command or command[0].startswith(b"granian")  # granian names itself where setproctitle is installed
            kind = "workers" if b"worker" in command else "server" if is_server else None
            if kind and f"PLANNER_HOME={home}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                started[number] = kind
            parents[number] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            megabytes[number] = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    held = dict.fromkeys(KINDS, 0.0)
    for number, parent in parents.items():
        # The processes that answer are the server's children; solvers are children of those, or of workers.
        kind = started.get(number) or ("server" if started.get(parent) == "server" else None)
        if kind:
            held[kind] += megabytes[number]
    return held


def _growth(memory: list[dict[str, float]]) -> Iterator[str]:
    """The memory of each kind in the first and the last quarter, medians."""
    quarter = max(1, len(memory) // 4)
    yield "| processes | first quarter, MB | last quarter, MB | growth | |"
    yield "|---|---|---|---|---|"
    for kind in KINDS:
        first, last = (statistics.median(one[kind] for one in part) for part in (memory[:quarter], memory[-quarter:]))
        percent = 100 * (last - first) / max(first, 1)
        yield f"| {kind} | {first:.0f} | {last:.0f} | {percent:+.1f} % | {'kept' if percent < MOST_GROWTH_PERCENT else 'MISSED'}: less than {MOST_GROWTH_PERCENT} % |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--area", default="Surrey")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--database", help="an empty PostgreSQL database (default: a file)")
    given = parser.parse_args()
    main(given.reference, given.area, given.minutes, given.database)
