"""Works out a draft behind the pages: the estimate with each rule's price, then the whole answer; each is kept as it comes."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from planner.errors import AuditRefused, PlannerError
from planner.store import Store
from planner.store.drafts import DraftRow
from planner.store.sight import seeing
from planner.tried import Tried, tried_of
from web.shelf import KeptPlan
from web.workshop import Workshop

MOST_AT_WORK = 3
"""Drafts of one person that are worked out at once."""
BEAT_SECONDS = 5.0
"""How often a draft's work says that it goes on, and hears whether another process was asked for something else, or to throw it away."""

_LOG = logging.getLogger(__name__)


def begin(store: Store, workshop: Workshop, kept: KeptPlan, draft: DraftRow) -> bool:
    """Have a draft worked out as it stands; what was worked out for it before stops. Nothing where nothing is tried.

    False where so many of the same person's drafts are being worked out that this one must wait.
    """
    tried = tried_of(kept.facts.world, draft.held)
    with store.begin() as tx:
        must_wait = tx.drafts.at_work(draft) >= MOST_AT_WORK
        is_ours = tx.drafts.ask(draft, None if tried.is_nothing else tried.key, must_wait=must_wait)
    if tried.is_nothing:
        workshop.stop(draft.id)
        return True
    if not is_ours:  # somebody changed it, or another process was asked in the same instant
        return True
    if must_wait:
        return False

    def work(should_stop: Callable[[], bool]) -> None:
        with seeing(kept.partnership_id), _beating(store, kept.partnership_id, draft.id, tried.key) as is_gone:
            work_out(store, workshop, kept, draft, tried, lambda: should_stop() or is_gone())

    workshop.begin(draft.id, work)
    return True


def begin_lost(store: Store, workshop: Workshop, kept: KeptPlan, draft: DraftRow, now: int) -> None:
    """Begin anew what was asked for and nobody works on any more."""
    if draft.asked is not None and not draft.is_worked_on(now):
        begin(store, workshop, kept, draft)


@contextmanager
def _beating(store: Store, partnership_id: int, draft_id: int, key: str) -> Iterator[Callable[[], bool]]:
    """Say again and again that a draft is worked on; what is yielded says whether its answer is wanted no more."""
    is_over, is_gone = threading.Event(), threading.Event()

    def beat() -> None:
        with seeing(partnership_id):
            while not is_over.wait(BEAT_SECONDS):
                try:
                    with store.begin() as tx:
                        is_wanted = tx.drafts.beat(draft_id=draft_id, key=key)
                except Exception as error:  # noqa: BLE001 (the answer may still be kept: it says so again)
                    _LOG.warning("The work on draft %s could not be told of: %s", draft_id, type(error).__name__)
                    continue
                if not is_wanted:
                    is_gone.set()
                    return

    thread = threading.Thread(target=beat, name=f"beat of draft {draft_id}", daemon=True)
    thread.start()
    try:
        yield is_gone.is_set
    finally:
        is_over.set()
        thread.join()


def work_out(store: Store, workshop: Workshop, kept: KeptPlan, draft: DraftRow, tried: Tried, should_stop: Callable[[], bool]) -> None:
    """Keep every answer, or why there is none."""
    world, near, key = kept.facts.world, kept.facts.amounts, tried.key
    try:
        estimate = workshop.estimate(kept.fingerprint, near, world, tried, should_stop)
        prices = {
            wish.rule_id: workshop.estimate(kept.fingerprint, near, world, Tried(wishes=(wish,), taken_away=tried.taken_away), should_stop)
            for wish in tried.wishes
        }
        with store.begin() as tx:
            tx.drafts.keep_estimate(draft_id=draft.id, key=key, estimate={**estimate, "prices": prices})
        found = workshop.whole(kept.fingerprint, near, world, tried, draft.urn, should_stop)
        if should_stop():
            return
        with store.begin() as tx:
            tx.drafts.keep_answer(
                draft_id=draft.id, key=key, answer=found.answer, document=found.document, bound_points=found.bound_points, gap_points=found.gap_points
            )  # fmt: skip
    except Exception as error:  # noqa: BLE001 (whatever it was, the draft stands and says so)
        if should_stop():
            return
        is_ours = not isinstance(error, PlannerError) or isinstance(error, AuditRefused)
        if is_ours:
            _LOG.error("Draft %s failed: %s\n%s", draft.id, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        why = "Something went wrong on our side: your draft stands as it is, please tell the administrator." if is_ours else str(error)
        with store.begin() as tx:
            tx.drafts.keep_answer(draft_id=draft.id, key=key, answer={"ending": "failed", "why": why})
