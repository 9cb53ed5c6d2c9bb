"""A worker that only pretends to solve: claim, beat, tell, finish, until it is killed."""

import random
import time

from planner.store import open_store

LEASE = 400


def work_until_killed(name, database, ready):
    """``ready`` is set when the worker is about to claim."""
    with open_store(database.url, database.home) as store:
        ready.set()
        while True:
            with store.begin() as tx:
                run = tx.runs.claim_next(worker=name, lease=LEASE, most_attempts=1000)
            if run is None:
                time.sleep(0.02)
            else:
                work(store, run)


def work(store, run):
    for seq in range(3):
        time.sleep(random.uniform(0, 0.03))
        with store.begin() as tx:
            told = (
                tx.runs.beat(run, lease=LEASE)
                and tx.runs.add_progress(run, seq=seq, stage="trying", best_points=10.0 - seq)
                and tx.runs.offer_best(run, amounts={"seq": seq}, shortfall_points=10.0 - seq)
            )
        if not told:
            return
    document = {"status": "within gap", "fingerprint": f"{run.id}", "filler": "x" * 20_000}
    with store.begin() as tx:
        if tx.runs.finish(run, document=document):
            tx.events.record(partnership_id=run.partnership_id, by=None, action="run finished", subject=str(run.id))
