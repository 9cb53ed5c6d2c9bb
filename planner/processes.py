"""Processes that belong to another: they must not outlive it, and some give way to whoever waits for a page."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

GIVES_WAY = 19
"""How far those that make plans stand back (nice) for whoever waits for a page on the same machine."""


def give_way(process_id: int) -> None:
    """On Linux, let a process stand back from now on, with all that it starts; within its session, for sessions share first."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, process_id, os.getpriority(os.PRIO_PROCESS, 0) + GIVES_WAY)


def die_with_parent() -> None:
    """On Linux, be killed as soon as the thread that started this process has gone, so that nothing is left behind.

    To be called before anything slow is imported. A process that multiprocessing started, and whose parent went before
    it could be bound to it, is killed here: nothing else would. Not for what a fork server started: that is its parent.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        # Looked up, not imported: a process that multiprocessing started has it, and where it is there Pyomo makes a lock,
        # which is a file, and a job apart may write none.
        started_by = sys.modules.get("multiprocessing.process")
        parent = None if started_by is None else started_by.parent_process()
        if parent is not None and parent.pid != os.getppid():
            os.kill(os.getpid(), signal.SIGKILL)
