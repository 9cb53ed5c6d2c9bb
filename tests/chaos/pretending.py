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


def work_until_frozen(name, database, pipe, is_writing):
    """Claim and work at one run after another, saying what every write came to; ``is_writing`` is set while one is under way."""
    with open_store(database.url, database.home) as store:

        def write(act):
            with is_writing.get_lock():
                is_writing.value = True
            with store.begin() as tx:
                said = act(tx)
            with is_writing.get_lock():
                is_writing.value = False
            return said

        while pipe.recv() == "go":
            run = write(lambda tx: tx.runs.claim_next(worker=name, lease=LEASE, most_attempts=1000))
            pipe.send((run.id, run.fence))
            for seq in range(200):
                time.sleep(random.uniform(0, 0.01))
                if not write(
                    lambda tx, run=run, seq=seq: tx.runs.beat(run, lease=LEASE) and tx.runs.add_progress(run, seq=seq, stage="trying")
                ):
                    break
            late = [
                write(lambda tx, run=run: tx.runs.add_progress(run, seq=999, stage="late")),
                write(lambda tx, run=run: tx.runs.offer_best(run, amounts={"late": True}, shortfall_points=0.0)),
                write(lambda tx, run=run: tx.runs.finish(run, document={"status": "late", "fingerprint": "late"})),
                write(lambda tx, run=run: tx.runs.fail(run, reason="late")),
                write(lambda tx, run=run: tx.runs.give_back(run)),
            ]
            pipe.send((seq, late))


def commit_until_killed(database, committed, log_sizes):
    """Keep run after run, and say after each transaction how many were kept and how long the write-ahead log was then."""
    log = database.home / "planner.db-wal"
    with open_store(database.url, database.home) as store:
        while True:
            for act in _STEPS:
                with store.begin() as tx:
                    act(tx)
                    tx.events.record(partnership_id=1, by=None, action="step", subject=act.__name__)
                kept = committed.value + 1
                if kept < len(log_sizes):
                    log_sizes[kept] = log.stat().st_size
                committed.value = kept


def _ask(tx):
    tx.runs.request_run(partnership_id=1, partnership_version=1, policy_version=1, settings={}, by=1)


def _tell(tx):
    run = tx.runs.claim_next(worker="w", lease=60_000)
    for seq in range(3):
        tx.runs.add_progress(run, seq=seq, stage="trying")
    tx.runs.give_back(run)


def _finish(tx):
    run = tx.runs.claim_next(worker="w", lease=60_000)
    tx.runs.finish(run, document={"status": "within gap", "fingerprint": f"{run.id}", "filler": "x" * random.randint(0, 30_000)})


_STEPS = (_ask, _tell, _finish)
