"""Where the solver's process begins: light to import, so that it is bound to its parent before it loads the solver."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event


def serve_apart(pipe: Connection, stop: Event, memory_megabytes: int) -> None:
    """Be a solver's process until the pipe closes or, on Linux, the parent dies."""
    _die_with_parent()
    from optimisation.worker import serve  # noqa: PLC0415 - it takes seconds

    serve(pipe, stop, memory_megabytes)


def _die_with_parent() -> None:
    """On Linux, be killed when the parent dies, so that no solver is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        parent = multiprocessing.parent_process()
        if parent is not None and parent.pid != os.getppid():
            sys.exit()  # it died before it could be bound to
