"""SQLite's files as a crash leaves them: what was kept is there, whole, also where the end of the write-ahead log is lost."""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from databases import Database
from fresh_databases import BEGINNING
from pretending import commit_until_killed
from stored import a_partnership, a_user
from whole_worker import wait_for

from planner.store.engine import journal_mode, sqlite_module

MOST_LOGGED = 400
"""Commits whose place in the log is noted: before SQLite folds the log into the database and begins it again."""
HEADER, FRAME = 32, 24 + 4096
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="stops a process as Linux does"),
    pytest.mark.skipif(journal_mode(sqlite_module()) != "WAL", reason="this SQLite is too old for a write-ahead log"),
]


class Writer:
    """A process that keeps one change after another."""

    def __init__(self, home):
        self.database = Database(None, home)
        with self.database.open() as store:
            assert (a_user(store), a_partnership(store)) == (1, 1)
        self.committed, self.log_sizes = BEGINNING.Value("l", 0), BEGINNING.Array("l", MOST_LOGGED)
        self.process = BEGINNING.Process(target=commit_until_killed, args=(self.database, self.committed, self.log_sizes), daemon=True)
        self.process.start()
        wait_for(lambda: self.committed.value)

    def image(self, folder):
        """Its files as they are at one moment, and how many changes it knew to be kept."""
        os.kill(self.process.pid, signal.SIGSTOP)
        wait_for(lambda: Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "T")
        committed = self.committed.value
        shutil.copytree(self.database.home, folder, ignore=shutil.ignore_patterns("*-shm"))  # lives in memory: a crash takes it
        os.kill(self.process.pid, signal.SIGCONT)
        return committed

    def end(self):
        self.process.kill()
        self.process.join()


@pytest.fixture
def writer(home):
    (home / "live").mkdir()
    writer = Writer(home / "live")
    yield writer
    writer.end()


def kept_in(folder):
    """How many changes are in the files, which must be whole; one more can be made."""
    with Database(None, folder).open() as store:
        assert store.faults() == ()
        with store.read() as tx:
            chain = tx.events.verify_chain(partnership_id=1)
            runs = tx.runs.runs(partnership_id=1)
            plans = tx.plans.plans(partnership_id=1)
        assert chain.is_whole
        assert len(plans) == len({plan.run_id for plan in plans}) == sum(run.state == "finished" for run in runs)
        a_user(store, "after the crash")
    return chain.events


@pytest.mark.chaos("crash-images")
def test_the_files_of_a_crash_at_any_moment_hold_all_that_was_kept(writer, home, times, say):
    sizes = []
    for number in range(times):
        time.sleep(random.uniform(0, 0.05))
        folder = home / "image"
        committed = writer.image(folder)
        sizes.append((folder / "planner.db-wal").stat().st_size)
        assert kept_in(folder) in {committed, committed + 1}, f"image {number}"  # the one under way was kept or was not
        shutil.rmtree(folder)
    say(f"{writer.committed.value} changes kept meanwhile, none missing; logs of {min(sizes):,} to {max(sizes):,} bytes")


@pytest.mark.chaos("log-cut")
def test_a_log_cut_off_anywhere_holds_just_what_was_kept_before(writer, home, times, say):
    wait_for(lambda: writer.committed.value >= 60)
    committed = writer.image(home / "whole")
    log = (home / "whole" / "planner.db-wal").read_bytes()
    ends = [size for size in writer.log_sizes[1 : committed + 1] if size]
    ends = [end for i, end in enumerate(ends) if end > max(ends[:i], default=0)]  # until it was begun again, where it was
    if len(log) > ends[-1] + 100 * FRAME or len(ends) < committed:
        pytest.fail("the log was begun again before its image was taken: the test tests nothing")
    first = min(ends)
    for number in range(times):
        cut = random.randint(first, len(log))
        if number % 4 == 0:
            cut = random.choice(ends) + random.choice((-1, 0, 1))  # about the end of a change
        folder = home / "cut"
        shutil.copytree(home / "whole", folder)
        os.truncate(folder / "planner.db-wal", cut)
        assert kept_in(folder) == max(sum(end <= cut for end in ends), 0), f"cut at {cut}"
        shutil.rmtree(folder)
    say(f"{committed} changes in a log of {len(log):,} bytes")
