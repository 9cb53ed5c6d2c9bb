"""How a run is asked for, wherever somebody asks."""

from __future__ import annotations

from planner.documents import Json
from planner.store import Transaction
from planner.store.runs import Run
from web.access import me
from web.runs.presenters import GOING

NEWER = "Newer figures or a newer policy came since you opened this page. Look at what it will plan from now, then ask again."


def asked(tx: Transaction, partnership_id: int, version: int, policy: int, settings: Json) -> tuple[int, bool]:
    """The run that was asked for, and whether it is new: the same one twice is one run."""
    for row in tx.runs.runs(partnership_id=partnership_id):
        is_mine = row.state in GOING and row.requested_by == me().user_id
        if is_mine and (row.partnership_version, row.policy_version) == (version, policy):
            same = tx.runs.run(partnership_id=partnership_id, run_id=row.id)
            if same is not None and same.settings == settings:
                return row.id, False
    run_id = tx.runs.request_run(
        partnership_id=partnership_id, partnership_version=version, policy_version=policy, settings=settings, by=me().user_id
    )
    tx.events.record(
        partnership_id=partnership_id, by=me().user_id, action="run requested", subject=f"run {run_id}",
        detail={"partnership_version": version, "policy_version": policy},
    )  # fmt: skip
    return run_id, True


def cancelled(tx: Transaction, run: Run) -> bool:
    """Whether the run was ended now; False where it had ended."""
    is_cancelled = tx.runs.cancel(partnership_id=run.partnership_id, run_id=run.id)
    if is_cancelled:
        record(tx, run, "run cancelled")
    return is_cancelled


def record(tx: Transaction, run: Run, action: str) -> None:
    """Write into the log what somebody did with a run."""
    tx.events.record(partnership_id=run.partnership_id, by=me().user_id, action=action, subject=f"run {run.id}")
