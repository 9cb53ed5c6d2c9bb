"""The board's meeting: one screen for the wall, the changes tried on it, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response

from planner.documents import check_document
from planner.errors import ChangedMeanwhile, InputMustBeMended, PlannerError
from planner.store import Transaction, VoteState
from planner.store.decisions import BoardDecision
from planner.store.drafts import Draft
from planner.tried import setting_step, tried_of
from web.access import Permission, me, requires
from web.compare.sides import Sides
from web.decide.options import add_option, keep_tried
from web.meeting.asked import Asked, asked_in
from web.meeting.changes import said_of, settings_of
from web.meeting.presenters import Scene, meeting_view, screen
from web.names import partnership_name
from web.shelf import KeptPlan
from web.try_it import work
from web.try_it.results import change_words, estimate_words
from web.try_it.routes import FULL, MOST_STEPS
from web.try_it.sliders import policy_with
from web.wiring import Wiring
from web.words import today
from web.workshop import NoTurn

Answer = str | Response | tuple[str, int]
MEETING = "/partnerships/<id:partnership_id>/meeting"
BOARD = requires(Permission.VOTE)
CHANGED = "This was changed in another window, so nothing was done. What is tried now is below."
NOTHING_KEPT = "There is no whole answer to keep yet. It can be kept once it is worked out and is a plan."
USUAL_BESIDE = 3


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("meeting", __name__)
    store, shelf, workshop = wiring.store, wiring.shelf, wiring.workshop
    sides = Sides(store, shelf)

    # --- what the address means ---

    def decision_of(tx: Transaction, partnership_id: int, asked: Asked) -> BoardDecision | None:
        """The decision on the table: the one asked for, else the newest that is not closed."""
        if asked.decision_id is not None:
            found = tx.decisions.decision(partnership_id=partnership_id, decision_id=asked.decision_id)
            return abort(404) if found is None else found
        return next((one for one in tx.decisions.decisions(partnership_id=partnership_id) if one.state is not VoteState.CLOSED), None)

    def meant(partnership_id: int) -> tuple[Asked, KeptPlan, BoardDecision | None] | None:
        """What is asked for with all that is usual filled in; None where there is no plan yet."""
        asked = asked_in(request.args)
        with store.read() as tx:
            decision = decision_of(tx, partnership_id, asked)
            options = () if decision is None else tx.decisions.options(decision_id=decision.id)
        read = shelf.schools_plan(partnership_id)
        plan_id = asked.plan_id or next(iter(options), None) or (None if read is None else read.plan_id)
        if plan_id is None:
            return None
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        there = [one.way for one in sides.offers(partnership_id, (str(plan_id),)) if not one.missing and one.way != str(plan_id)]
        usual = (*(str(one) for one in options), *(way for way in there if not way.isdecimal()))
        beside = usual if asked.beside is None else asked.beside
        ways = tuple(dict.fromkeys(way for way in beside if way in there))[:USUAL_BESIDE]
        return replace(asked, plan_id=plan_id, beside=ways, decision_id=None if decision is None else decision.id), kept, decision

    def must_be(partnership_id: int) -> tuple[Asked, KeptPlan, BoardDecision | None]:
        found = meant(partnership_id)
        return abort(404) if found is None else found

    def draft_of(tx: Transaction, kept: KeptPlan, asked: Asked) -> Draft | None:
        """One's own draft that the address names, where it is of this plan and of no school's rules: what is private is never shown."""
        found = None
        if asked.draft_id is not None:
            found = tx.drafts.draft(partnership_id=kept.partnership_id, user_id=me().user_id, draft_id=asked.draft_id)
        return found if found is not None and found.plan_id == kept.plan_id and found.urn is None else None

    def read_draft(kept: KeptPlan, asked: Asked) -> Draft | None:
        with store.read() as tx:
            return draft_of(tx, kept, asked)

    # --- the screen ---

    @routes.get(MEETING)
    @BOARD
    def page(partnership_id: int) -> Answer:
        found = meant(partnership_id)
        if found is None:
            with store.read() as tx:
                return render_template("meeting/nothing.html", partnership=partnership_name(tx, partnership_id))
        asked, kept, decision = found
        draft = read_draft(kept, asked)
        if draft is not None:
            with store.read() as tx:
                now = tx.now
            work.begin_lost(store, workshop, kept, draft, now)
        return show(asked, kept, decision, draft)

    def show(
        asked: Asked, kept: KeptPlan, decision: BoardDecision | None, draft: Draft | None, status: int = 200, *,
        typed: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        here, beside = kept.partnership_id, asked.beside or ()
        comparison = sides.compared(here, (str(kept.plan_id), *beside)) if beside else None
        others = {int(way): shelf.plan(here, int(way)) for way in beside if way.isdecimal()}
        plans = {number: one for number, one in others.items() if one is not None}
        offers = sides.offers(here, (str(kept.plan_id), *beside))
        with store.read() as tx:
            scene = Scene(
                asked=asked, kept=kept, comparison=comparison, others=plans, offers=offers, decision=decision, draft=draft, typed=typed or {},
                faults=faults or {},
            )  # fmt: skip
            view = meeting_view(tx, me(), scene)
        return render_template("meeting/meeting.html", view=view, faults=faults or {}), status

    # --- a change is tried, put back, kept ---

    @routes.post(f"{MEETING}/try")
    @BOARD
    def try_it(partnership_id: int) -> Answer:
        """Try the change that is picked beside what is tried already; the first begins a draft."""
        asked, kept, decision = must_be(partnership_id)
        draft, typed = read_draft(kept, asked), request.form.to_dict()
        values, faults = settings_of(kept.facts.world, asked.change, typed)
        if not faults:
            try:
                held = {} if draft is None else dict(tried_of(kept.facts.world, draft.held).settings)
                policy_with(kept.facts.world, held | values)
            except InputMustBeMended as refused:
                faults = {next((name for name in typed if name not in {"csrf_token", "version"}), "how"): str(refused)}
        if faults:
            return show(asked, kept, decision, draft, 422, typed=typed, faults=faults)
        if draft is not None and len(draft.held) >= MOST_STEPS:
            flash(FULL, "important")
            return to(kept, asked)
        try:
            with store.begin() as tx:
                before = draft_of(tx, kept, asked) or begun(tx, kept)
                if draft is not None:
                    seen(draft)
                tx.drafts.step(before, setting_step(values))
                now = draft_of(tx, kept, replace(asked, draft_id=before.id))
        except ChangedMeanwhile:
            flash(CHANGED, "important")
            return to(kept, asked)
        assert now is not None
        work.begin(store, workshop, kept, now)
        return to(kept, replace(asked, draft_id=now.id), "follows")

    def begun(tx: Transaction, kept: KeptPlan) -> Draft:
        day = today()
        name = f"Meeting of {day.day} {day:%B %Y}, beside plan {kept.plan_id}"
        draft_id = tx.drafts.begin(partnership_id=kept.partnership_id, user_id=me().user_id, plan_id=kept.plan_id, urn=None, name=name)
        found = tx.drafts.draft(partnership_id=kept.partnership_id, user_id=me().user_id, draft_id=draft_id)
        assert found is not None
        return found

    @routes.post(f"{MEETING}/estimate")
    @BOARD
    def estimate(partnership_id: int) -> Answer | tuple[Response, int]:
        """What the change comes to as it stands in the form, said at once; nothing is kept."""
        asked, kept, _ = must_be(partnership_id)
        draft, world = read_draft(kept, asked), kept.facts.world
        values, faults = settings_of(world, asked.change, request.form.to_dict())
        if faults:
            return jsonify(said=next(iter(faults.values())), means=""), 422
        try:
            with workshop.turn():
                tried = tried_of(world, [*([] if draft is None else draft.held), setting_step(values)])
                means = said_of(world, policy_with(world, dict(tried.settings)), asked.change)
                said = estimate_words(workshop.estimate(kept.fingerprint, kept.facts.amounts, world, tried))
        except PlannerError as refused:
            return jsonify(said=str(refused), means="", again=isinstance(refused, NoTurn)), 422
        return jsonify(said=said, means=means)

    @routes.post(f"{MEETING}/again")
    @BOARD
    def again(partnership_id: int) -> Answer:
        """Work it out again where it was not found or lost."""
        asked, kept, _ = must_be(partnership_id)
        draft = read_draft(kept, asked)
        if draft is not None:
            with store.read() as tx:
                is_worked_on = draft.asked == tried_of(kept.facts.world, draft.held).key and draft.is_worked_on(tx.now)
            if not is_worked_on:
                work.begin(store, workshop, kept, draft)
        return to(kept, asked, "follows")

    @routes.post(f"{MEETING}/put-back")
    @BOARD
    def put_back(partnership_id: int) -> Answer:
        """Put everything back as in the plan on the table; the draft still holds what was tried, to be done again."""
        asked, kept, _ = must_be(partnership_id)
        draft = read_draft(kept, asked)
        if draft is not None:
            try:
                with store.begin() as tx:
                    seen(draft)
                    tx.drafts.move(draft, -draft.cursor)
                    now = draft_of(tx, kept, asked)
            except ChangedMeanwhile:
                flash(CHANGED, "important")
                return to(kept, asked)
            if now is not None:
                work.begin(store, workshop, kept, now)  # nothing is tried: what was being worked out stops
            flash(f"It is put back: all stands as in plan {kept.plan_id}.", "success")
        return to(kept, replace(asked, change=""))

    @routes.post(f"{MEETING}/keep")
    @requires(Permission.OPEN_AND_CLOSE_VOTES)
    def keep(partnership_id: int) -> Answer:
        """Keep the plan that was found, audited again; an option of the decision on the table until its vote opens."""
        asked, kept, decision = must_be(partnership_id)
        draft, world = read_draft(kept, asked), kept.facts.world
        answer = None if draft is None else draft.answer
        tried = tried_of(world, [] if draft is None else draft.held)
        with store.read() as tx:
            document = (
                None
                if draft is None
                else tx.drafts.document(partnership_id=partnership_id, user_id=me().user_id, draft_id=draft.id, key=tried.key)
            )
        if draft is None or answer is None or answer["key"] != tried.key or answer["ending"] != "found" or document is None:
            flash(NOTHING_KEPT, "important")
            return to(kept, asked)
        check_document(document)
        try:
            with store.begin() as tx:
                tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # who keeps it twice at once keeps it once
                seen(draft)
                plan_id = keep_tried(tx, kept, change_words(world, tried), document)
                option_of = None if decision is None else put_before(tx, decision, plan_id)
                tx.drafts.move(draft, -draft.cursor)
        except ChangedMeanwhile:
            flash(CHANGED, "important")
            return to(kept, asked)
        said = "" if option_of is None else f" and is an option in decision {option_of}"
        flash(f"It is kept as plan {plan_id}{said}. Plan {kept.plan_id} stands as it was.", "success")
        beside = tuple(dict.fromkeys((str(plan_id), *(asked.beside or ()))))[:USUAL_BESIDE]
        return to(kept, replace(asked, change="", beside=beside), "decide")

    def put_before(tx: Transaction, decision: BoardDecision, plan_id: int) -> int | None:
        """Make a plan an option while the decision still takes any: the decision's number, else None."""
        here = tx.decisions.decision(partnership_id=decision.partnership_id, decision_id=decision.id, held=True)
        if here is None or here.state is not VoteState.PREPARED:
            return None
        if add_option(tx, here, plan_id):
            tx.events.record(
                partnership_id=here.partnership_id, by=me().user_id, action="tried plan made an option", subject=f"decision {here.id}",
                detail={"plan": plan_id},
            )  # fmt: skip
        return here.id

    def to(kept: KeptPlan, asked: Asked, anchor: str = "change") -> Response:
        return redirect(screen(kept.partnership_id, asked, anchor=anchor), 303)

    def seen(draft: Draft) -> None:
        """Refuse a form of a page that shows an older state of the draft."""
        if request.form.get("version") != str(draft.version):
            raise ChangedMeanwhile(CHANGED)

    return routes
