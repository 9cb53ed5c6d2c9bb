"""``planner worker`` as it is started beside the server, found again by a tag in its environment."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TAG = "PLANNER_TEST_TAG"


class Worker:
    """``planner worker`` as a process of its own, its children found by a tag in their environment."""

    def __init__(self, database, *arguments):
        self.tag = uuid.uuid4().hex
        environment = {**os.environ, "PLANNER_HOME": str(database.home), "PLANNER_DATABASE_URL": database.url or "", TAG: self.tag}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.command_line", "worker", *arguments],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip

    @property
    def name(self):
        return f"{os.uname().nodename} {self.process.pid}"

    def wait_until_ready(self):
        assert self.process.stdout.readline() == "Ready: waiting runs are planned here until Ctrl-C.\n"

    def processes(self):
        """The processes of this worker that are left."""
        return processes_with(self.tag)

    def kill(self):
        """Kill it, and say how many seconds its solver outlived it."""
        assert self.process.poll() is None, "the worker ended by itself"
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        return self.outlived()

    def kill_group(self):
        """Kill it with everything that it started, all at once."""
        assert self.process.poll() is None, "the worker ended by itself"
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        return self.outlived()

    def end(self):
        """Ask it to end; says how many seconds it took and its exit code. What it started may take a moment longer."""
        self.process.terminate()
        seconds = undisturbed_seconds(self.tag, lambda _: self.process.poll() is None, most=10)
        self.process.stdout.close()
        self.outlived()
        return seconds, self.process.returncode

    def outlived(self):
        """How many seconds its processes outlived it: the solver's, and Python's own that tidies up after it."""
        return undisturbed_seconds(self.tag, bool, most=1)


def undisturbed_seconds(tag, is_so, *, most):
    """Seconds for which this is so of the processes with the tag, which may not be as many as ``most``.

    Without those in which another program had the processor that one of them, or we who look, waited for.
    """
    seconds, then, waited = 0.0, time.monotonic(), seconds_waited([os.getpid(), *processes_with(tag)])
    while is_so(left := processes_with(tag)):
        now, waiting = time.monotonic(), seconds_waited([os.getpid(), *left])
        longest = max((total - waited.get(task, total) for task, total in waiting.items()), default=0.0)
        seconds += max(0.0, now - then - longest)
        then, waited = now, waiting
        assert seconds < most, f"left after {most} seconds: {left}"
        time.sleep(0.01)
    return seconds


def seconds_waited(pids):
    """Seconds that each thread of these processes has waited for a processor, as Linux counts them, as far as it is still there."""
    found = {}
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            with contextlib.suppress(OSError, IndexError):
                found[pid, task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    return found


def processes_with(tag):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{TAG}={tag}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass  # gone, or somebody else's
    return found


def wait_for(is_so, seconds=180):
    until = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return found
