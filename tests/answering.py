"""Answers about plans worked out for tests by the real worker and solver."""

from __future__ import annotations

import time

from optimisation.run_worker import work
from planner.store import AnswerKind, AnswerState
from planner.store.tables import answers

OPEN = {AnswerState.QUEUED, AnswerState.RUNNING}


def answers_of(store, partnership_id, plan_id):
    """How every answer about a plan stands."""
    with store.read() as tx:
        return tx.answers.answers(partnership_id=partnership_id, plan_id=plan_id)


def work_out(store, partnership_id, plan_id, *, seconds=150):
    """Let the worker go on until every answer about a plan has ended; others may be worked out on the way."""
    until = time.monotonic() + seconds

    def is_done():
        return time.monotonic() > until or not any(row.state in OPEN for row in answers_of(store, partnership_id, plan_id))

    work(store, name="the worker", should_end=is_done)
    rows = answers_of(store, partnership_id, plan_id)
    assert not any(row.state in OPEN for row in rows), [(row.kind, row.state) for row in rows]
    return {(row.kind, row.urn): row for row in rows}


def forget_answers(store, partnership_id, *kinds):
    """As if a partnership's plans were made before there were answers, or before answers of these kinds."""
    which = answers.c.kind.in_(kinds or tuple(AnswerKind))
    with store.begin() as tx:
        tx.answers._connection.execute(answers.delete().where(answers.c.partnership_id == partnership_id, which))


NOTHING_FOUND = {
    AnswerKind.CLAIMS: {
        "checked_one_by_one": {"holds": True, "weighed": 1234, "moves": [], "within": []},
        "if_split": {"bound_points": None, "searches": []},
        "with_any_bases": {"bound_points": 0.0},
    },
    AnswerKind.WHY: {
        "school": "A school", "plan_points": 1.0, "best": {"least_points": 0.5, "most_points": 1.0}, "shares": [], "rules": [],
        "no_difference": [], "no_difference_searches": [], "why_not": None, "ways": [], "ways_sentences": [],
    },
}  # fmt: skip
"""The least that an answer of a kind may say."""


def keep_answer(tx, partnership_id, plan_id, kind, *, urn=0, document=None, reason=None):
    """End an answer at once, as a worker would: with a document, or with the reason why there is none."""
    tx.answers.ask(partnership_id=partnership_id, plan_id=plan_id, kind=kind, urn=urn)
    ended = (
        {"state": AnswerState.FAILED, "reason": reason}
        if reason
        else {"document": document or NOTHING_FOUND[kind], "state": AnswerState.FINISHED}
    )
    which = (answers.c.plan_id == plan_id, answers.c.kind == kind, answers.c.urn == urn)
    tx.answers._connection.execute(answers.update().where(*which).values(ended_at=tx.now, lease_until=None, **ended))
