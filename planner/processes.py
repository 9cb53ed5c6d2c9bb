"""Processes that belong to another and must not outlive it."""

from __future__ import annotations

import ctypes
import signal
import sys


def die_with_parent() -> None:
    """On Linux, be killed as soon as the thread that started this process has gone, so that nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
