"""Requests to let a rule give way: read by who asked and who can grant them, answered yes or no with words."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.errors import ChangedMeanwhile
from planner.store.requests import Request
from web.access import Permission, me, requires
from web.names import school_names
from web.requests.forms import NO, AnswerForm
from web.requests.presenters import may_grant, may_read, request_view, requests_view
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
REQUESTS = "/partnerships/<id:partnership_id>/requests"
REQUEST = f"{REQUESTS}/<id:request_id>"
READ = requires(Permission.READ_PLAN)


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("requests", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, request_id: int) -> Request:
        with store.read() as tx:
            found = tx.requests.request(partnership_id=partnership_id, request_id=request_id)
        if found is None or not may_read(me(), found):
            abort(404)
        return found

    def show(found: Request, form: AnswerForm, status: int = 200, fault: str = "") -> Answer:
        names = school_names(shelf, found.partnership_id)
        with store.read() as tx:
            view = request_view(tx, names, found, me())
        return render_template("requests/request.html", view=view, form=form, fault=fault), status

    @routes.get(REQUESTS)
    @READ
    def requests(partnership_id: int) -> Answer:
        names = school_names(shelf, partnership_id)
        with store.read() as tx:
            view = requests_view(tx, names, partnership_id, me())
        return render_template("requests/requests.html", view=view)

    @routes.get(REQUEST)
    @READ
    def one(partnership_id: int, request_id: int) -> Answer:
        return show(find(partnership_id, request_id), AnswerForm())

    @routes.post(f"{REQUEST}/answer")
    @READ
    def answer(partnership_id: int, request_id: int) -> Answer:
        """Say yes or no, once."""
        found, form = find(partnership_id, request_id), AnswerForm()
        if not may_grant(me(), found):
            abort(403)
        if not form.validate():
            return show(found, form, 422)
        is_granted = form.decided.data != NO
        try:
            with store.begin() as tx:
                tx.requests.answer(
                    partnership_id=partnership_id, request_id=request_id, is_granted=is_granted, answer=form.answer.data, by=me().user_id
                )
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="request answered", subject=f"request {request_id}",
                    detail={"granted": is_granted},
                )  # fmt: skip
        except ChangedMeanwhile as refused:
            return show(find(partnership_id, request_id), form, 409, fault=f"{refused} Your answer was not kept.")
        flash("Your answer is given. Who asked finds it under Proposals, Requests.", "success")
        return redirect(url_for("requests.one", partnership_id=partnership_id, request_id=request_id), 303)

    return routes
