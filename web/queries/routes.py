"""Questions about a line of a school's figures: asked, answered, closed."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from planner.errors import ChangedMeanwhile
from planner.intake.reading import clean_text
from planner.store import Decision
from planner.store.schools import Query
from web.access import Permission, me, requires
from web.forms import version_of
from web.names import school_names
from web.queries.forms import AnswerForm, QuestionForm
from web.queries.presenters import AskView, ask_view, may_close, queries_view, query_url, query_view
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
QUESTIONS = "/partnerships/<id:partnership_id>/questions"
QUESTION = f"{QUESTIONS}/<id:query_id>"
ASK = "/partnerships/<id:partnership_id>/schools/<id:urn>/questions/new"
ANSWERED_MEANWHILE = "Somebody else has changed this question since you opened the page. Read what is new below, then send your answer if it is still needed."
CLOSED_MEANWHILE = (
    "This question has been closed since you opened the page, so your answer was not kept. Copy it from below if you need it."
)
CHANGED_MEANWHILE = (
    "Somebody else has changed this question since you opened the page. Read what is new below, then close it if that is still right."
)


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("queries", __name__)
    store, shelf = wiring.store, wiring.shelf

    @routes.get(QUESTIONS)
    @requires(Permission.READ_PLAN)
    def queries(partnership_id: int) -> Answer:
        names = school_names(shelf, partnership_id)
        with store.read() as tx:
            view = queries_view(tx, names, me(), partnership_id, is_all=request.args.get("all") == "1")
        return render_template("queries/queries.html", view=view)

    # --- ask ---

    @routes.get(ASK)
    @requires(Permission.QUERY_OWN_SCHOOL)
    def ask(partnership_id: int, urn: int) -> Answer:
        form = QuestionForm(data={"line": line_asked_about()})
        return render_template("queries/ask.html", form=form, view=about(partnership_id, urn))

    @routes.post(ASK)
    @requires(Permission.QUERY_OWN_SCHOOL)
    def ask_now(partnership_id: int, urn: int) -> Answer:
        form, view, plan_id = QuestionForm(), about(partnership_id, urn), plan_asked_about()
        if not form.validate():
            return render_template("queries/ask.html", form=form, view=view), 422
        with store.begin() as tx:
            query_id = tx.schools.open_query(
                partnership_id=partnership_id, urn=urn, line=form.line.data, question=form.question.data, by=me().user_id, plan_id=plan_id
            )
            tx.events.record(
                partnership_id=partnership_id, by=me().user_id, action="question asked", subject=f"question {query_id}",
                detail={"urn": urn, "plan": plan_id},
            )  # fmt: skip
        flash("Your question is asked. You find the answer on this page, and under Questions.", "success")
        return redirect(query_url(partnership_id, query_id), 303)

    def about(partnership_id: int, urn: int) -> AskView:
        names = school_names(shelf, partnership_id)
        with store.read() as tx:
            view = ask_view(tx, names, partnership_id, urn, plan_asked_about(), line_asked_about())
        if view is None:
            abort(404)
        return view

    # --- one question ---

    @routes.get(QUESTION)
    @requires(Permission.READ_PLAN)
    def query(partnership_id: int, query_id: int) -> Answer:
        found = find(partnership_id, query_id)
        return show(found, AnswerForm(data={"version": found.version}))

    @routes.post(f"{QUESTION}/answer")
    @requires(Permission.ANSWER_QUERIES)
    def answer(partnership_id: int, query_id: int) -> Answer:
        found, form = find(partnership_id, query_id), AnswerForm()
        if not form.validate():
            return show(found, form, 422)
        decided = Decision(form.decided.data)
        try:
            with store.begin() as tx:
                tx.schools.answer_query(
                    partnership_id=partnership_id, query_id=query_id, answer=form.answer.data, decided=decided, by=me().user_id,
                    version=version_of(form.version.data),
                )  # fmt: skip
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="question answered", subject=f"question {query_id}",
                    detail={"decided": decided},
                )  # fmt: skip
        except ChangedMeanwhile:
            now = find(partnership_id, query_id)
            form.version.data = str(now.version)
            form.answer.errors = [CLOSED_MEANWHILE if now.closed_at is not None else ANSWERED_MEANWHILE]
            return show(now, form, 409)
        flash("The question is answered.", "success")
        return redirect(query_url(partnership_id, query_id), 303)

    @routes.post(f"{QUESTION}/close")
    @requires(Permission.READ_PLAN)
    def close(partnership_id: int, query_id: int) -> Answer:
        found = find(partnership_id, query_id)
        if found.closed_at is None and not may_close(me(), found):
            abort(403)
        try:
            with store.begin() as tx:
                tx.schools.close_query(
                    partnership_id=partnership_id, query_id=query_id, by=me().user_id, version=version_of(request.form.get("version"))
                )
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="question closed", subject=f"question {query_id}"
                )  # fmt: skip
        except ChangedMeanwhile:
            now = find(partnership_id, query_id)
            if now.closed_at is not None:
                flash("This question was closed already. Nothing was changed.", "important")
                return redirect(query_url(partnership_id, query_id), 303)
            return show(now, AnswerForm(formdata=None, data={"version": now.version}), 409, fault=CHANGED_MEANWHILE)
        flash("The question is closed.", "success")
        return redirect(query_url(partnership_id, query_id), 303)

    def find(partnership_id: int, query_id: int) -> Query:
        with store.read() as tx:
            found = tx.schools.query(partnership_id=partnership_id, query_id=query_id)
        if found is None:
            abort(404)
        return found

    def show(found: Query, form: AnswerForm, status: int = 200, *, fault: str = "") -> tuple[str, int]:
        with store.read() as tx:
            view = query_view(tx, shelf, me(), found)
        return render_template("queries/query.html", view=view, form=form, fault=fault), status

    return routes


def plan_asked_about() -> int | None:
    """The plan in the address; 404 where it is no number."""
    text = request.args.get("plan", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):
        abort(404)
    return int(text) if text else None


def line_asked_about() -> str:
    """The line in the address; empty where none was named."""
    return clean_text(request.args.get("line", ""))
