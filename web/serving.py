"""Serves the pages with granian until Ctrl-C."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import replace

from planner.errors import PlannerError
from web.accounts.link import new_link
from web.settings import Settings

THREADS = 16


def serve(port: int | None) -> int:
    """Serve on this computer, print the link that opens the app, and stay until Ctrl-C."""
    from granian import Granian  # noqa: PLC0415 - only this command needs it
    from granian.constants import Interfaces  # noqa: PLC0415

    settings = Settings.from_env()
    if port is not None:
        settings = replace(settings, port=port)
    _check_free(settings)
    # The server's own process reads its settings from the environment: hand it these.
    os.environ.update(PLANNER_HOME=str(settings.home), PLANNER_HOST=settings.host, PLANNER_PORT=str(settings.port))
    if settings.is_loopback:
        print(f"Open {new_link(settings)}", flush=True)
        print("The link opens every page, once, in a browser on this computer. Ctrl-C ends.", flush=True)
    else:
        print(f"Serving {settings.address} behind your own TLS. Ctrl-C ends.", flush=True)
    logging.getLogger("_granian").setLevel(logging.WARNING)
    Granian(
        "web.wsgi:app", address=settings.host, port=settings.port, interface=Interfaces.WSGI,
        blocking_threads=THREADS, log_enabled=False, log_access=False, websockets=False, workers_kill_timeout=10,
    ).serve()  # fmt: skip
    return 0


def _check_free(settings: Settings) -> None:
    """Say in one sentence that the port is taken, before anything starts."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PlannerError(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): end what uses it, or choose another with --port."
            ) from error
