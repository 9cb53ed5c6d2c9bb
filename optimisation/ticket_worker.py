"""Takes what waits when a ticket says so, on one of several machines (PostgreSQL, the extra ``cluster``).

procrastinate brings the tickets at once and takes those of a killed worker again. What a ticket is spent on is claimed from
the rows, as ``run_worker`` does, so the rows alone say who may end what. What has no ticket is looked for now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from optimisation.run_worker import IDLE_SECONDS, PAUSE_SECONDS, SWEEP_SECONDS, in_short, saying_goodbye, sweep, take_one
from optimisation.solve import Solver
from planner.errors import PlannerError
from planner.store import Store
from planner.store.house import BEAT_SECONDS
from planner.store.tickets import QUEUE, TASK

if TYPE_CHECKING:
    from procrastinate import App

LOOK_SECONDS = 0.25
STALLED_SECONDS = 30.0
"""How long the worker of a ticket may be silent before the ticket is taken again: the same as a lease."""

_LOG = logging.getLogger(__name__)


def set_up_tickets(store: Store) -> None:
    """Have the database hand out tickets from now on; nothing where it does.

    Raises ``PlannerError`` where the extra is not installed or the database is no PostgreSQL server.
    """
    try:
        from procrastinate.schema import SchemaManager  # noqa: PLC0415
    except ImportError as error:
        raise PlannerError("Workers on several machines need two more packages: run pip install 'partnership-planner[cluster]'.") from error
    with store.begin() as tx:
        tx.tickets.set_up(SchemaManager.get_schema())


def work_by_tickets(store: Store, *, name: str, should_end: Callable[[], bool]) -> None:
    """Do as ``run_worker.work`` does, one ticket at a time, once tickets are set up."""
    with saying_goodbye(store, name):
        while not should_end():
            try:
                asyncio.run(_work(store, name, should_end))
            except Exception as error:  # noqa: BLE001 (the next ticket needs a worker, whatever this was)
                _LOG.warning("The worker was held up: %s", in_short(error))
                time.sleep(PAUSE_SECONDS)


async def _work(store: Store, name: str, should_end: Callable[[], bool]) -> None:
    """Until ``should_end``, or until the database is lost."""
    loop = asyncio.get_running_loop()
    # One thread for all tickets: the solver's process ends with the thread that began it.
    with ThreadPoolExecutor(1) as hands, ThreadPoolExecutor(1) as eyes, Solver() as solver:
        app = _app(store)

        @app.task(name=TASK, queue=QUEUE)
        async def spend() -> None:
            await loop.run_in_executor(hands, lambda: _spend(store, name, solver, should_end))

        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE], name=name, concurrency=1, delete_jobs="always", install_signal_handlers=False,
                    stalled_worker_timeout=STALLED_SECONDS,
                )
            )  # fmt: skip
            swept_at = looked_at = 0.0
            while not should_end() and not worker.done():
                if time.monotonic() - looked_at >= BEAT_SECONDS:
                    looked_at = time.monotonic()
                    await loop.run_in_executor(eyes, lambda: _look(store, name))
                    for stalled in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS):
                        await app.job_manager.retry_job(stalled)
                if time.monotonic() - swept_at >= SWEEP_SECONDS:
                    swept_at = time.monotonic()
                    await loop.run_in_executor(eyes, lambda: sweep(store))
                await asyncio.sleep(LOOK_SECONDS)
            worker.cancel()  # a ticket being spent ends by itself: what it works on is given back
            with contextlib.suppress(asyncio.CancelledError):
                await worker


def _app(store: Store) -> App:
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415

    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # a ticket taken is no news: the run tells of itself
    return App(connector=PsycopgConnector(conninfo=store.address, min_size=1, max_size=4))


def _spend(store: Store, name: str, solver: Solver, should_end: Callable[[], bool]) -> None:
    """Take one thing that waits. Where none may be taken just now, its ticket must not be lost."""
    if not should_end() and take_one(store, name, solver, should_end):
        return
    with store.begin() as tx:
        must_wait = tx.tickets.hand_out_missing() > 0
    if must_wait:
        time.sleep(IDLE_SECONDS)


def _look(store: Store, name: str) -> None:
    with store.begin() as tx:
        tx.house.seen(worker=name)
        tx.tickets.hand_out_missing()
