"""Runs: asked for, watched, cancelled."""

from __future__ import annotations

from flask import Response, abort, url_for
from werkzeug.datastructures import MultiDict

from planner.documents import to_plain
from planner.store import Transaction
from planner.store.runs import Run as StoredRun
from web.access import Permission, may
from web.api.nouns import Better, Run, RunLine, RunWanted
from web.api.operations import Operation, Operations, json_answer
from web.api.partnerships import OF
from web.api.words import moment, moment_or_none
from web.problems import Refused
from web.runs.asking import asked, cancelled
from web.runs.forms import PlanForm
from web.runs.history import history
from web.runs.presenters import RunView, cannot_start, run_view
from web.wiring import Wiring

RUNS = f"{OF}/runs"
RUN = f"{RUNS}/<id:run_id>"


def add_runs(operations: Operations, wiring: Wiring) -> None:
    """Add the operations on runs."""
    store = wiring.store

    @operations.add(
        Operation(
            name="runs", method="GET", path=RUNS, title="List the runs, newest first", permission=Permission.READ_PLAN, answers=RunLine,
            is_list=True,
        )
    )  # fmt: skip
    def runs(partnership_id: int) -> list[RunLine]:
        with store.read() as tx:
            plans = {plan.run_id: plan.id for plan in tx.plans.plans(partnership_id=partnership_id)}
            return [_line(row, plans.get(row.id)) for row in tx.runs.runs(partnership_id=partnership_id)]

    @operations.add(
        Operation(
            name="start_run", method="POST", path=RUNS, title="Have a plan made", permission=Permission.RUN_PLAN, answers=Run, takes=RunWanted,
            status=201, conflict="Nothing can be planned yet, or newer figures or a newer policy came: the answer says which versions count.",
        )
    )  # fmt: skip
    def start_run(partnership_id: int, wanted: RunWanted) -> Response:
        """Have a plan made; who asks twice for the same gets the same run, with 200."""
        form = PlanForm(formdata=MultiDict({"gap_points": repr(wanted.gap_points), "seconds": repr(wanted.seconds)}), meta={"csrf": False})
        if not form.validate():
            raise Refused(422, next(iter(form.errors.values()))[0])
        with store.begin() as tx:
            here = tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # who asks twice at once asks once
            assert here is not None
            if why := cannot_start(here):
                raise Refused(409, why)
            if (wanted.figures_version, wanted.policy_version) != (here.latest_version, here.latest_policy):
                raise Refused(
                    409,
                    f"A plan is made from the newest figures and policy, which are figures version {here.latest_version} and policy version "
                    f"{here.latest_policy}: look at them, then ask again with these numbers.",
                )
            run_id, is_new = asked(tx, partnership_id, here.latest_version, here.latest_policy, form.settings())
            found = _found(tx, partnership_id, run_id)
            run = _run(tx, found, run_view(tx, found, may_run=True))
        answer = json_answer(to_plain(run), 201 if is_new else 200)
        answer.headers["Location"] = url_for("api.run", partnership_id=partnership_id, run_id=run_id)
        return answer

    @operations.add(
        Operation(name="run", method="GET", path=RUN, title="Watch a run", permission=Permission.READ_PLAN, answers=Run, has_etag=True)
    )
    def run(partnership_id: int, run_id: int) -> Response:
        with store.read() as tx:
            found = _found(tx, partnership_id, run_id)
            view = run_view(tx, found, may_run=may(Permission.RUN_PLAN, partnership_id))
            return json_answer(to_plain(_run(tx, found, view)), etag=view.etag)

    @operations.add(
        Operation(
            name="cancel_run", method="POST", path=f"{RUN}/cancel", title="Cancel a run", permission=Permission.RUN_PLAN, answers=Run,
            conflict="The run had ended by then, so nothing was changed.",
        )
    )  # fmt: skip
    def cancel_run(partnership_id: int, run_id: int) -> Run:
        with store.begin() as tx:
            is_cancelled = cancelled(tx, _found(tx, partnership_id, run_id))
            found = _found(tx, partnership_id, run_id)
            now = _run(tx, found, run_view(tx, found, may_run=True))
        if not is_cancelled:
            raise Refused(409, "The run had ended before it could be cancelled, so nothing was changed; read it to see how it ended.")
        return now


def _found(tx: Transaction, partnership_id: int, run_id: int) -> StoredRun:
    found = tx.runs.run(partnership_id=partnership_id, run_id=run_id)
    if found is None:
        abort(404)
    return found


def _line(row: StoredRun, plan_id: int | None) -> RunLine:
    return RunLine(
        id=row.id, state=row.state, figures_version=row.partnership_version, policy_version=row.policy_version, asked_at=moment(row.requested_at),
        ended_at=moment_or_none(row.ended_at), best_shortfall_points=row.best_shortfall_points, plan_id=plan_id,
    )  # fmt: skip


def _run(tx: Transaction, run: StoredRun, view: RunView) -> Run:
    where = {"partnership_id": run.partnership_id, "run_id": run.id}
    told = history(tx.runs.progress(**where))
    plan_id = next((plan.id for plan in tx.plans.plans(partnership_id=run.partnership_id) if plan.run_id == run.id), None)
    line = _line(run, plan_id)
    return Run(
        id=line.id, state=line.state, figures_version=line.figures_version, policy_version=line.policy_version, asked_at=line.asked_at,
        ended_at=line.ended_at, best_shortfall_points=line.best_shortfall_points, plan_id=line.plan_id,
        queue_place=tx.runs.queue_place(**where), stage=told.stage or "", sentences=view.sentences, reasons=view.reasons, ways=view.ways,
        progress=tuple(Better(seconds=one.seconds, shortfall_points=one.best_points, bound_points=one.bound_points) for one in told.moments),
    )  # fmt: skip
