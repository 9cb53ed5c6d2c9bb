"""Where the solver's process begins: light to import, so that it is bound to its parent before it loads the solver."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event

from planner.processes import die_with_parent


def serve_apart(pipe: Connection, stop: Event, memory_megabytes: int) -> None:
    """Be a solver's process until the pipe closes or, on Linux, the parent dies."""
    die_with_parent()
    if "fork" in multiprocessing.get_all_start_methods():
        # Pyomo makes a lock as it is imported; made this way the system forgets it when this process is killed.
        multiprocessing.set_start_method("fork", force=True)
    from optimisation.worker import serve  # noqa: PLC0415 - it takes seconds

    serve(pipe, stop, memory_megabytes)
