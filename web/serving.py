"""Serves the pages with granian until Ctrl-C, from several processes, with a worker beside them that makes the plans."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from planner.errors import InputMustBeMended
from planner.processes import give_way
from planner.store import Role, Store, open_store
from web.logs import set_up_logs
from web.settings import THREADS, Settings
from web.temporary import temporary_files_in

_LOG = logging.getLogger(__name__)
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client finds the folder that processes count in; it looks once, when it is first read."""
WORKER = (sys.executable, "-m", "web.command_line", "worker", "--beside")
ANSWERS_WITHIN_SECONDS = 18
"""What was asked before the server is asked to end; then its worker has ``ENDS_WITHIN_SECONDS``: half a minute in all."""
ENDS_WITHIN_SECONDS = 10


def serve(settings: Settings) -> int:
    """Serve the pages and make the plans until Ctrl-C."""
    from granian import Granian  # noqa: PLC0415 - only this command needs it
    from granian.constants import Interfaces  # noqa: PLC0415

    check_free(settings)
    if settings.metrics_port is not None:
        if settings.metrics_port == settings.port:
            raise InputMustBeMended(f"The pages and the metrics cannot share port {settings.port}: choose another with --metrics-port.")
        check_free(replace(settings, host=settings.metrics_host, port=settings.metrics_port), option="--metrics-port")
    set_up_logs(settings, usual="warning")
    with open_store(settings.database_url, settings.home) as store:  # made and brought up to date before anybody asks
        first = first_invitation(store)
    print(*_greeting(settings, first), sep="\n", flush=True)
    logging.getLogger("_granian").setLevel(logging.WARNING)
    # Begun anew rather than forked: threads are at work here, and one that dies is replaced at any moment.
    multiprocessing.set_start_method("spawn", force=True)
    with temporary_files_in(settings.home), metrics_beside(settings), worker_beside(settings), _told_why():
        Granian(
            "web.wsgi:app", address=settings.host, port=settings.port, interface=Interfaces.WSGI,
            workers=settings.processes, respawn_failed_workers=True, blocking_threads=THREADS,
            log_enabled=False, log_access=False, websockets=False, workers_kill_timeout=ANSWERS_WITHIN_SECONDS,
        ).serve()  # fmt: skip
    return 0


def _greeting(settings: Settings, first: str | None) -> Iterator[str]:
    """What a person needs on the terminal: where to go, what the link is for, how to end it."""
    if settings.is_behind_proxy:
        yield f"Ready for your proxy at {settings.host}, port {settings.port}. Let nothing else reach this port: what the proxy says of who asks is believed."
        if first:
            yield f"Open the proxy's own address with this behind it: {first}"
    else:
        yield f"Open {settings.address}{first or ''}"
    if first:
        yield "That link makes the first account, an administrator's. It works once."
    if settings.is_secure and not settings.is_behind_proxy:
        yield "Other computers reach it through a proxy that speaks TLS: start it with --behind-proxy then."
    yield "Ctrl-C ends it."


def settings_for(port: int | None, *, is_behind_proxy: bool = False, metrics_port: int | None = None) -> Settings:
    """Settings from the environment and the command line, handed on to the processes started from here."""
    settings = Settings.from_env()
    settings = replace(
        settings, port=port or settings.port, is_behind_proxy=is_behind_proxy or settings.is_behind_proxy,
        metrics_port=metrics_port or settings.metrics_port,
    )  # fmt: skip
    os.environ.update(
        PLANNER_HOME=str(settings.home), PLANNER_HOST=settings.host, PLANNER_PORT=str(settings.port),
        PLANNER_BEHIND_PROXY=str(int(settings.is_behind_proxy)), PLANNER_METRICS_PORT=str(settings.metrics_port or ""),
    )  # fmt: skip
    return settings


def first_invitation(store: Store) -> str | None:
    """The path of a link for the first administrator, while there is no account; links printed before it are withdrawn."""
    with store.begin() as tx:
        if tx.people.users():
            return None
        for old in tx.invitations.of(partnership_id=None):
            tx.invitations.withdraw(partnership_id=None, invitation_id=old.id)
        return "/invitations/" + tx.invitations.invite(partnership_id=None, role=Role.ADMINISTRATOR, invitee="The administrator", by=None)


@contextmanager
def _told_why() -> Iterator[None]:
    """Say why the server ends by itself: it does where a process dies again within seconds of being replaced."""
    try:
        yield
    except SystemExit as ending:
        if ending.code:
            _LOG.error(
                "A process that answers pages died again as soon as it was replaced, so the service ends. What starts it should start it again."
            )
        raise


@contextmanager
def metrics_beside(settings: Settings) -> Iterator[None]:
    """Tell the numbers where they are asked for; what the processes count meets in a folder of this time alone."""
    if settings.metrics_port is None:
        yield
        return
    with (
        tempfile.TemporaryDirectory(prefix="planner-metrics-") as folder,
        open_store(settings.database_url, settings.home) as store,
    ):
        os.environ[FOLDER_VARIABLE] = folder  # before anything counts, here or in a process started from here
        from web.metrics import metrics_served  # noqa: PLC0415

        with metrics_served(store, Path(folder), host=settings.metrics_host, port=settings.metrics_port):
            yield


@contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """Keep one worker going: started again when it dies, asked to end when the server ends."""
    ending = threading.Event()
    process = _start_worker(settings)

    def keep_going() -> None:
        nonlocal process
        while not ending.wait(1.0):
            if process.poll() is not None:
                with suppress(OSError):  # a machine short of memory may have some the next time
                    process = _start_worker(settings)

    keeper = threading.Thread(target=keep_going, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches the server, which then asks the worker to end. Not a session of its own: Linux shares the
    # processor between sessions first, and the worker would give way to nobody.
    process = subprocess.Popen(  # noqa: S603 - our own program
        (*WORKER, str(os.getpid())),
        env={**os.environ, "PLANNER_HOME": str(settings.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        process_group=0,
    )
    give_way(process.pid)
    return process


def check_free(settings: Settings, *, option: str = "--port") -> None:
    """Say in one sentence that the port is taken, before anything starts."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise InputMustBeMended(_cannot_use(settings, option, error)) from error


def _cannot_use(settings: Settings, option: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} is in use on {settings.host}: end what uses it, or choose another with {option}."
    return f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): choose another with {option}."
