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
    """On Linux, be killed as soon as the thread that started this process has gone, so that nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
