"""Numbers for a program that watches the service, on a port of their own: requests of all its processes, the rest from the database."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, Response
from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from planner.store import Store, Transaction
from web.watching import route_of_request, seconds_so_far

SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@contextmanager
def metrics_served(store: Store, folder: Path, *, host: str, port: int) -> Iterator[None]:
    """Answer at this host and port for a while; ``folder`` is where every process counts its requests."""
    server, thread = start_http_server(port, host, registry_of(store, folder))
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def registry_of(store: Store, folder: Path) -> CollectorRegistry:
    """All metrics: what was counted in a folder, by processes that are there and that were, and what a store says."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(_Kept(store))
    return registry


def count_requests(app: Flask) -> None:
    """From now on count the requests of this process, in the folder that the server named when it started it."""
    answered = Histogram(
        "planner_request_seconds", "Requests answered, and how long each took", ("method", "route", "status"), buckets=SECONDS, registry=None
    )  # fmt: skip

    def count(response: Response) -> Response:
        route, method = route_of_request()
        answered.labels(method, route, response.status_code).observe(seconds_so_far())
        return response

    app.after_request(count)


class _Kept:
    """What the database and the data folder say, asked anew each time somebody looks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked before somebody looks."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every number; without a database only that it is not there, and the disk."""
        try:
            with self._store.read() as tx:
                found = [*_of_queue(tx), *_of_workers(tx)]
        except Exception as error:  # noqa: BLE001 (whatever it is, whoever watches must hear that it is not there)
            yield _gauge("planner_database_up", f"1 while the database answers ({type(error).__name__})", 0)
        else:
            yield _gauge("planner_database_up", "1 while the database answers", 1)
            yield from found
        yield _gauge("planner_disk_free_bytes", "Free space where the data folder is", shutil.disk_usage(self._store.home).free)
        newest = next(iter(self._store.backups()), None)
        if newest is not None:
            yield _gauge("planner_backup_age_seconds", "Age of the newest backup in the data folder", time.time() - newest.made_at / 1000)


def _of_queue(tx: Transaction) -> Iterator[Metric]:
    queue = tx.house.queue()
    for name, what, waiting, running, failed in (
        ("planner_runs", "Runs", queue.runs_waiting, queue.runs_running, queue.runs_failed),
        ("planner_answers", "Answers about plans", queue.answers_waiting, queue.answers_running, queue.answers_failed),
    ):
        family = GaugeMetricFamily(name, f"{what} that wait, are being made, and failed in the last day", labels=("state",))
        for state, number in (("waiting", waiting), ("running", running), ("failed", failed)):
            family.add_metric((state,), number)
        yield family
    since = queue.first_asked_at
    yield _gauge(
        "planner_oldest_wait_seconds", "How long the first waiting run has waited; 0 where none waits", 0 if since is None else (tx.now - since) / 1000
    )  # fmt: skip


def _of_workers(tx: Transaction) -> Iterator[Metric]:
    workers = tx.house.workers()
    yield _gauge("planner_workers", "Workers that are there", len(workers))
    ages = GaugeMetricFamily(
        "planner_worker_seen_seconds", "How long ago each worker that is there was last seen between runs", labels=("worker",)
    )
    for worker in workers:
        ages.add_metric((worker.name,), (tx.now - worker.seen_at) / 1000)
    yield ages


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
