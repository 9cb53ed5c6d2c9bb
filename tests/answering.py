"""Answers about plans worked out for tests by the real worker and solver."""

from __future__ import annotations

import time

from optimisation.run_worker import work
from planner.store import AnswerState

OPEN = {AnswerState.QUEUED, AnswerState.RUNNING}


def answers_of(store, partnership_id, plan_id):
    """How every answer about a plan stands."""
    with store.read() as tx:
        return tx.answers.answers(partnership_id=partnership_id, plan_id=plan_id)


def work_out(store, partnership_id, plan_id, *, seconds=60):
    """Let the worker go on until every answer about a plan has ended; others may be worked out on the way."""
    until = time.monotonic() + seconds

    def is_done():
        return time.monotonic() > until or not any(row.state in OPEN for row in answers_of(store, partnership_id, plan_id))

    work(store, name="the worker", should_end=is_done)
    rows = answers_of(store, partnership_id, plan_id)
    assert not any(row.state in OPEN for row in rows), [(row.kind, row.state) for row in rows]
    return {(row.kind, row.urn): row for row in rows}


def put_off(store, partnership_id):
    """Leave a partnership's waiting answers as they are: as if another worker had them for a day."""
    with store._engines.writer.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE answers SET state = 'running', lease_until = 99999999999999 WHERE partnership_id = {partnership_id} AND state = 'queued'"
        )
