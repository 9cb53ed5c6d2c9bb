"""A plan made again after a change: asked, shown, and one of its plans kept; and the routes of claims."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.asked_change import AskedChange, What, as_data, change_of, from_data
from planner.documents import Json, check_document
from planner.errors import InputMustBeMended, PlannerError
from planner.store import Transaction
from planner.store.answers import Answer
from planner.store.runs import REPLAN
from web.access import Permission, may, me, requires
from web.change.claims import add_claims, add_decisions
from web.change.forms import ChangeForm, HostsForm, form_for, say_why
from web.change.host_presenters import fill_hosts, hosts_view, with_hosts
from web.change.presenters import ask_view, fill_lists, joining, kept_words, menu, offers, replan_view
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.wiring import Wiring

Page = str | Response | tuple[str, int]
CHANGE = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/change"
REPLANNED = f"{CHANGE}/asked/<id:answer_id>"
ASKED = "It is asked for. It is worked out once no plan waits to be made, and takes a few minutes at most."
MOST_WAITING = 10
TOO_MANY = f"{MOST_WAITING} changes that you asked are still to be worked out. Ask for more once one of them is there."


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPlan:
    """Which plan a change is about, and the ways back to it."""

    plan_id: int
    partnership: str
    name: str
    href: str
    menu_href: str


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("change", __name__)
    store, shelf = wiring.store, wiring.shelf
    read, board = requires(Permission.READ_PLAN), requires(Permission.RUN_PLAN)
    add_claims(routes, wiring)
    add_decisions(routes, wiring)

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        return kept

    # --- what has changed ---

    @routes.get(CHANGE, endpoint="menu")
    @read
    def show_menu(partnership_id: int, plan_id: int) -> Page:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            changes = tx.answers.replans(partnership_id=partnership_id, plan_id=plan_id)
            view = menu(tx, kept, changes, may_ask=may(Permission.RUN_PLAN, partnership_id))
        return render_template("change/menu.html", view=view, view_of=of_plan(kept))

    @routes.get(f"{CHANGE}/<what>")
    @board
    def ask(partnership_id: int, plan_id: int, what: str) -> Page:
        kept = find(partnership_id, plan_id)
        return show_form(kept, kind_of(what), form_for(kind_of(what), kept.facts.partnership))

    @routes.post(f"{CHANGE}/<what>")
    @board
    def ask_now(partnership_id: int, plan_id: int, what: str) -> Page:
        """Have the plans worked out; the same change is worked out once."""
        kept, kind = find(partnership_id, plan_id), kind_of(what)
        form = form_for(kind, kept.facts.partnership)
        fill(form, kind, kept)
        if not form.validate():
            return show_form(kept, kind, form, 422)
        asked = form.asked(kind)
        try:
            asked = with_newer(kept, asked) if asked.base is None else with_hosts(kept, asked)
        except PlannerError as error:
            say_why(form, str(error))
            return show_form(kept, kind, form, 422)
        try:
            answer_id, is_new = ask_for(kept, asked)
        except InputMustBeMended as refused:
            say_why(form, str(refused))
            return show_form(kept, kind, form, 422)
        flash(*((ASKED, "success") if is_new else ("This change was asked before. Here it is.", "important")))
        return redirect(replan_url(kept, answer_id), 303)

    def ask_for(kept: KeptPlan, asked: AskedChange) -> tuple[int, bool]:
        """The answer's number, and whether it is new. Raises ``InputMustBeMended`` where too many of one's own wait."""
        here, by = kept.partnership_id, me().user_id
        with store.begin() as tx:
            waiting = tx.answers.replans_waiting(partnership_id=here, by=by)
            answer_id, is_new = tx.answers.ask_replan(partnership_id=here, plan_id=kept.plan_id, change=as_data(asked), by=by)
            if is_new and waiting >= MOST_WAITING:
                raise InputMustBeMended(TOO_MANY)
            if is_new:
                tx.events.record(
                    partnership_id=here, by=by, action="change asked", subject=f"plan {kept.plan_id}",
                    detail={"answer": answer_id, "change": as_data(asked)},
                )  # fmt: skip
        return answer_id, is_new

    def with_newer(kept: KeptPlan, asked: AskedChange) -> AskedChange:
        """The change, tried on the plan's world; schools that join are those of the newest figures."""
        figures = shelf.figures(kept.partnership_id) if asked.what is What.JOINS else None
        newer = None if figures is None else figures.world.partnership
        change_of(asked, kept.facts.world, kept.facts.amounts, newer)
        return asked if figures is None else replace(asked, version=figures.version.version)

    def show_form(kept: KeptPlan, what: What, form: ChangeForm | HostsForm, status: int = 200) -> Page:
        fill(form, what, kept)
        figures = shelf.figures(kept.partnership_id) if what is What.JOINS else None
        view = ask_view(what, kept, figures)
        said_of = joining(kept, figures) if figures is not None and not view.not_yet else ""
        if what is What.BASE:
            return render_template("change/ask_hosts.html", form=form, view=view, view_of=of_plan(kept)), status
        if what is What.MORE:
            return render_template("change/ask_more.html", form=form, view=view, view_of=of_plan(kept), offers=offers(kept)), status
        page = render_template("change/ask.html", form=form, view=view, view_of=of_plan(kept), joining=said_of)
        return page, status

    # --- the plans after it ---

    @routes.get(REPLANNED)
    @read
    def replan(partnership_id: int, plan_id: int, answer_id: int) -> Page:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            answer = found(tx, partnership_id, plan_id, answer_id)
        may_keep = may(Permission.RUN_PLAN, partnership_id)
        assert answer.asked is not None
        if from_data(answer.asked).base is not None:
            return render_template("change/hosts.html", view=hosts_view(kept, answer, may_keep=may_keep), view_of=of_plan(kept))
        return render_template("change/replan.html", view=replan_view(kept, answer, may_keep=may_keep), view_of=of_plan(kept))

    @routes.post(f"{REPLANNED}/plans/<id:number>/keep")
    @board
    def keep(partnership_id: int, plan_id: int, answer_id: int, number: int) -> Page:
        """Keep one of the plans, audited again, beside all others."""
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            answer = found(tx, partnership_id, plan_id, answer_id)
            file = tx.answers.replan_file(partnership_id=partnership_id, plan_id=plan_id, answer_id=answer_id)
        documents: list[Json | None] = [] if file is None else json.loads(gzip.decompress(file))
        document = documents[number - 1] if 1 <= number <= len(documents) else None
        if document is None:
            abort(404)
        check_document(document)
        settings = {"plan": plan_id, "answer": answer_id, "number": number, "change": kept_words(kept, answer, number)}
        with store.begin() as tx:
            tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # who keeps it twice at once keeps it once
            before = kept_before(tx, partnership_id, document["fingerprint"])
            new_id = before or keep_document(tx, kept, document, settings)
        if before:
            flash("This plan was kept before. Here it is.", "important")
        else:
            flash(
                f"It is kept as plan {new_id}. Plan {plan_id} stands as it was, and schools read plan {new_id} only once the board puts it before them.",
                "success",
            )
        beside = {"of": [str(plan_id), str(new_id)]}
        return redirect(url_for("compare.page", partnership_id=partnership_id, **beside), 303)  # type: ignore[arg-type]

    return routes


def keep_document(tx: Transaction, kept: KeptPlan, document: Json, settings: Json, action: str = "re-plan kept") -> int:
    """A plan document kept as the plan of a run of its own: the plan's number."""
    here, by = kept.partnership_id, me().user_id
    first = tx.runs.run(partnership_id=here, run_id=kept.run_id)
    assert first is not None
    run_id = tx.runs.request_run(
        partnership_id=here, partnership_version=first.partnership_version, policy_version=first.policy_version, settings=settings, by=by,
        kind=REPLAN,
    )  # fmt: skip
    plan_id = tx.runs.keep_made_elsewhere(partnership_id=here, run_id=run_id, document=document)
    assert plan_id is not None
    numbers = {name: value for name, value in settings.items() if name != "change"}  # its words may name who leaves
    tx.events.record(partnership_id=here, by=by, action=action, subject=f"plan {plan_id}", detail=numbers)
    return plan_id


def kept_before(tx: Transaction, partnership_id: int, fingerprint: str) -> int | None:
    """The plan with this fingerprint, where there is one."""
    return next((plan.id for plan in tx.plans.plans(partnership_id=partnership_id) if plan.fingerprint == fingerprint), None)


def fill(form: ChangeForm | HostsForm, what: What, kept: KeptPlan) -> None:
    """What may be chosen in a form, in words."""
    if isinstance(form, HostsForm):
        fill_hosts(form, kept)
    else:
        fill_lists(form, what, kept)


def of_plan(kept: KeptPlan) -> OfPlan:
    """The plan that a change is about."""
    return OfPlan(
        plan_id=kept.plan_id, partnership=kept.facts.partnership.name, name=f"plan {kept.plan_id}", href=plan_url(kept, "plans.summary_page"),
        menu_href=plan_url(kept, "change.menu"),
    )  # fmt: skip


def kind_of(text: str) -> What:
    """The kind of change that an address names; 404 where it is none."""
    if text not in set(What):
        abort(404)
    return What(text)


def replan_url(kept: KeptPlan, answer_id: int) -> str:
    """The address of one change of a plan."""
    return plan_url(kept, "change.replan", answer_id=answer_id)


def found(tx: Transaction, partnership_id: int, plan_id: int, answer_id: int) -> Answer:
    """One change of a plan; 404 where there is none."""
    answer = tx.answers.replan(partnership_id=partnership_id, plan_id=plan_id, answer_id=answer_id)
    if answer is None:
        abort(404)
    return answer
