"""How often each thing is made to fail: a short count for every change, a full one for ``make chaos`` (PLANNER_CHAOS=full)."""

import os
from dataclasses import dataclass

import pytest

IS_FULL = os.environ.get("PLANNER_CHAOS") == "full"


@dataclass(frozen=True)
class Count:
    """What is done to the planner, how often in short and in full (on each database), and the longest it may take in full."""

    what: str
    short: int
    full: int
    minutes: int = 10

    @property
    def times(self):
        return self.full if IS_FULL else self.short


COUNTS = {
    "worker-killed-storing": Count("a worker killed at any moment of its work with the database, solving left out", 4, 200),
    "worker-killed": Count("a worker killed (kill -9) while it plans", 1, 50, 15),
    "group-killed": Count("a worker and its solver killed together", 1, 50, 15),
    "worker-frozen": Count("a worker frozen past its lease, its run ended by another, and woken", 3, 50),
    "crash-images": Count("the database's files as a crash leaves them, at any moment", 15, 200),
    "log-cut": Count("the write-ahead log cut off at any byte", 20, 200),
    "write-refused": Count("the disk refuses the 1st, 2nd, ... write of a run", 6, 50),
    "disk-full": Count("the disk is full at the 1st, 2nd, ... page of a run", 3, 50),
    "disk-read-only": Count("the disk turns read-only before the 1st, 2nd, ... change of a run", 2, 50),
    "page-refused": Count("the disk refuses what a page has to write", 1, 20),
    "postgresql-stopped": Count("PostgreSQL stopped at once in the middle of a run, and started again", 1, 20, 15),
    "clock-jumps": Count("runs while the clock of one of two workers jumps by an hour, forwards and back", 8, 100),
    "poison-solver": Count("a run whose solver crashes every time (segmentation fault)", 1, 5),
    "poison-worker": Count("a run that kills every worker that takes it", 1, 5),
    "too-large": Count("a run that needs more memory than its solver may have", 1, 20),
    "deaf-solver": Count("a solver that ignores its time limit and every message", 1, 10),
    "upgrade": Count("a newer planner changes the database under a worker that plans", 1, 5),
    "server-ended": Count("the server asked to end with 20 requests and 2 plans under way", 1, 5),
    "cancelled": Count("a run cancelled at a random moment", 2, 50, 15),
    "cancelled-huge": Count("a run cancelled while HiGHS holds a model of 100,000 binaries", 1, 5),
    "deadlines": Count("a run of 20 shapes with 2 to 60 seconds for its search", 2, 50, 20),
    "flood": Count("200 runs of one partnership before those of five others", 1, 5),
    "cluster-killed": Count("workers of several machines, told of work by PostgreSQL, killed while they plan", 1, 20, 20),
    "backups": Count("a backup made while four writers write, and put back", 5, 60, 30),
    "copied": Count("a database copied from a file to PostgreSQL, every table compared", 1, 1),
    "steps": Count("a database of an older version brought up to this one and back, with a row in every table", 1, 1),
    "editors": Count("edits of one policy by many people at once", 24, 1000, 20),
    "log-tampered": Count("one thing changed in the log by somebody who went round the database's guard", 30, 1000),
    "guessed": Count("passwords guessed by three processes at once", 60, 1000),
    "swapped": Count("a request with another partnership's identifiers in it", 300, 5000, 30),
    "uploads": Count("a damaged workbook or ZIP of CSVs sent as an upload", 40, 10_000, 60),
    "uploads-apart": Count("a damaged upload, read by the process that reads uploads", 8, 60),
}  # fmt: skip


def forms(name):
    """The short count, for every change, and the full one, for the long counts and ``make chaos``: parameters of a test elsewhere."""
    count = COUNTS[name]
    full = [pytest.mark.chaos(name, times=count.full), pytest.mark.slow, pytest.mark.timeout(60 * count.minutes)]
    return [pytest.param(count.short, marks=pytest.mark.chaos(name, times=count.short)), pytest.param(count.full, marks=full)]
