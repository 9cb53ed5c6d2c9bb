"""Make a plan: ask for a run, watch it, use its best plan or cancel it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.store import RunState, Transaction
from planner.store.runs import Run
from web.access import Permission, may, requires
from web.addresses import LARGEST
from web.headers import unchanged_since
from web.runs.asking import NEWER, asked, cancelled, record
from web.runs.forms import PlanForm
from web.runs.presenters import GOING, RunView, cannot_start, new_run, run_etag, run_list, run_url, run_view, seen
from web.wiring import Wiring

RUNS = "/partnerships/<id:partnership_id>/runs"
RUN = f"{RUNS}/<id:run_id>"
Answer = str | Response | tuple[str, int]


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("runs", __name__)
    store, shelf = wiring.store, wiring.shelf

    @routes.get(RUNS)
    @requires(Permission.READ_PLAN)
    def runs(partnership_id: int) -> Answer:
        with store.read() as tx:
            view = run_list(tx, partnership_id)
        return render_template("runs/runs.html", view=view)

    # --- a new run ---

    @routes.get(f"{RUNS}/new")
    @requires(Permission.RUN_PLAN)
    def plan_it(partnership_id: int) -> Answer:
        form = PlanForm()
        like = request.args.get("like", 0, type=int)
        with store.read() as tx:
            before = tx.runs.run(partnership_id=partnership_id, run_id=like) if 0 < like <= LARGEST else None
        if before is not None:
            form.gap_points.data = f"{float(before.settings.get('gap_points', form.gap_points.data)):g}"
            form.seconds.data = f"{float(before.settings.get('seconds', form.seconds.data)):g}"
        return _show_new(partnership_id, form, 200)

    @routes.post(f"{RUNS}/new")
    @requires(Permission.RUN_PLAN)
    def ask(partnership_id: int) -> Answer:
        form = PlanForm()
        if not form.validate():
            return _show_new(partnership_id, form, 422)
        with store.begin() as tx:
            here = tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # who asks twice at once asks once
            assert here is not None
            if form.seen.data == seen(here) and not cannot_start(here):
                run_id, is_new = asked(tx, partnership_id, here.latest_version, here.latest_policy, form.settings())
                flash(*(("The plan is asked for.", "success") if is_new else ("You asked for this plan before. Here it is.", "important")))
                return redirect(url_for("runs.run", partnership_id=partnership_id, run_id=run_id), 303)
        form.seen.errors = [NEWER]
        return _show_new(partnership_id, form, 422)

    def _show_new(partnership_id: int, form: PlanForm, status: int) -> Answer:
        figures = shelf.figures(partnership_id)
        with store.read() as tx:
            view = new_run(tx, figures, partnership_id)
        return render_template("runs/plan_it.html", view=view, form=form), status

    # --- one run ---

    @routes.get(RUN)
    @requires(Permission.READ_PLAN)
    def run(partnership_id: int, run_id: int) -> Answer:
        return render_template("runs/run.html", view=_view(partnership_id, run_id))

    @routes.get(f"{RUN}/progress")
    @requires(Permission.READ_PLAN)
    def progress(partnership_id: int, run_id: int) -> Answer:
        """The part of the page that changes; nothing at all while nothing has."""
        may_run = may(Permission.RUN_PLAN, partnership_id)
        with store.read() as tx:
            found = _found(tx, partnership_id, run_id)
            if unchanged := unchanged_since(run_etag(tx, found, may_run=may_run)):
                return unchanged
            view = run_view(tx, found, may_run=may_run)
        answer = Response(render_template("runs/progress.html", view=view), mimetype="text/html")
        answer.set_etag(view.etag)
        return answer

    @routes.post(f"{RUN}/use-best")
    @requires(Permission.RUN_PLAN)
    def use_best(partnership_id: int, run_id: int) -> Answer:
        with store.begin() as tx:
            found = _found(tx, partnership_id, run_id)
            is_asked = tx.runs.use_best(partnership_id=partnership_id, run_id=run_id)
            if is_asked:
                record(tx, found, "best plan asked for")
        if is_asked:
            flash("The run ends with the best plan so far. It takes a few seconds.", "success")
        else:
            flash("There was no plan to use, or the run had ended by then. Nothing was changed.", "important")
        return redirect(run_url(found), 303)

    @routes.get(f"{RUN}/cancel")
    @requires(Permission.RUN_PLAN)
    def cancel(partnership_id: int, run_id: int) -> Answer:
        with store.read() as tx:
            found = _found(tx, partnership_id, run_id)
            view = run_view(tx, found, may_run=True)
        return render_template("runs/cancel.html", view=view) if found.state in GOING else redirect(run_url(found), 303)

    @routes.post(f"{RUN}/cancel")
    @requires(Permission.RUN_PLAN)
    def cancel_now(partnership_id: int, run_id: int) -> Answer:
        with store.begin() as tx:
            found = _found(tx, partnership_id, run_id)
            is_cancelled = cancelled(tx, found)
        if is_cancelled:
            flash(f"Run {run_id} is cancelled.", "success")
        elif found.state is not RunState.CANCELLED:
            flash("The run had ended before it could be cancelled. Nothing was changed.", "important")
        return redirect(run_url(found), 303)

    def _view(partnership_id: int, run_id: int) -> RunView:
        with store.read() as tx:
            return run_view(tx, _found(tx, partnership_id, run_id), may_run=may(Permission.RUN_PLAN, partnership_id))

    return routes


def _found(tx: Transaction, partnership_id: int, run_id: int) -> Run:
    found = tx.runs.run(partnership_id=partnership_id, run_id=run_id)
    if found is None:
        abort(404)
    return found
