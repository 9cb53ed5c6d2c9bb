"""Requests to let a rule give way: read by who asked and who can grant them, answered no, or yes once what it changes was looked at."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.documents import Json
from planner.errors import ChangedMeanwhile
from planner.store import Transaction
from planner.store.requests import Request
from web.access import Permission, me, requires
from web.names import school_names
from web.requests.forms import NO, YES, AnswerForm
from web.requests.granted import Elsewhere, Ready, change_of, make
from web.requests.presenters import may_grant, may_read, request_view, requests_view
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
REQUESTS = "/partnerships/<id:partnership_id>/requests"
REQUEST = f"{REQUESTS}/<id:request_id>"
READ = requires(Permission.READ_PLAN)
NOT_KEPT = "Your answer was not kept."
CHANGED = (
    "Somebody else changed the policy or the figures while this page was open. Nothing is lost: the page now shows what your yes changes in "
    "them. Look at it, then confirm again."
)


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

    def show(found: Request, form: AnswerForm, status: int = 200, fault: str = "", page: str = "request") -> Answer:
        names = school_names(shelf, found.partnership_id)
        with store.read() as tx:
            view = request_view(tx, names, found, me(), change_of(tx, me(), found))
        return render_template(f"requests/{page}.html", view=view, form=form, fault=fault), status

    def find_to_grant(partnership_id: int, request_id: int) -> Request:
        found = find(partnership_id, request_id)
        return found if may_grant(me(), found) else abort(403)

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
        """Say yes or no, once; a yes that changes a rule is looked at first."""
        found, form = find_to_grant(partnership_id, request_id), AnswerForm()
        if not form.validate():
            return show(found, form, 422)
        is_granted = form.decided.data != NO
        try:
            with store.begin() as tx:
                tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # what a yes changes stands until it is kept
                is_ready = is_granted and found.answered_at is None and isinstance(change_of(tx, me(), found), Ready)
                if not is_ready:
                    tx.requests.answer(
                        partnership_id=partnership_id,
                        request_id=request_id,
                        is_granted=is_granted,
                        answer=form.answer.data,
                        by=me().user_id,
                    )
                    note(tx, found, {"granted": is_granted})
        except ChangedMeanwhile as refused:
            return show(find(partnership_id, request_id), form, 409, fault=f"{refused} {NOT_KEPT}")
        if is_ready:
            return show(found, form, page="confirm")
        flash("Your answer is given. Who asked finds it under Proposals, Requests.", "success")
        return redirect(url_for("requests.one", partnership_id=partnership_id, request_id=request_id), 303)

    @routes.post(f"{REQUEST}/grant")
    @READ
    def grant(partnership_id: int, request_id: int) -> Answer:
        """Say yes, and make the change that the page showed, in one step."""
        found, form = find_to_grant(partnership_id, request_id), AnswerForm()
        if not form.validate() or form.decided.data != YES:
            return show(found, form, 422)
        try:
            with store.begin() as tx:
                tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # a newer version waits until this one is made
                ready = as_seen(change_of(tx, me(), found))
                version = make(tx, found, ready, by=me().user_id)
                tx.requests.answer(
                    partnership_id=partnership_id, request_id=request_id, is_granted=True, answer=form.answer.data, by=me().user_id,
                    changed=ready.of, version=version,
                )  # fmt: skip
                note(tx, found, {"granted": True, "changed": ready.of.value, "version": version})
        except ChangedMeanwhile as refused:
            return changed_meanwhile(find(partnership_id, request_id), form, str(refused))
        flash(f"Your yes is given, and version {version} of the {ready.of} counts for the next plan.", "success")
        return redirect(url_for("requests.one", partnership_id=partnership_id, request_id=request_id), 303)

    def as_seen(yes: Ready | Elsewhere) -> Ready:
        """The change that the page showed. Raises ``ChangedMeanwhile`` where a yes changes another by now, or none."""
        if not isinstance(yes, Ready) or yes.seen != request.form.get("seen"):
            raise ChangedMeanwhile(CHANGED)
        return yes

    def changed_meanwhile(now: Request, form: AnswerForm, why: str) -> Answer:
        """The page that asks, by what stands now; the request itself where there is nothing to confirm any more."""
        with store.read() as tx:
            is_ready = now.answered_at is None and isinstance(change_of(tx, me(), now), Ready)
        return show(now, form, 409, fault=why if is_ready else f"{why} {NOT_KEPT}", page="confirm" if is_ready else "request")

    def note(tx: Transaction, found: Request, detail: Json) -> None:
        tx.events.record(
            partnership_id=found.partnership_id, by=me().user_id, action="request answered", subject=f"request {found.id}", detail=detail
        )

    return routes
