"""Drafts: begun from a plan, changed step by step, kept or thrown away, sent to the board. Each is its owner's alone (404 for others)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from planner.errors import ChangedMeanwhile, InputMustBeMended, PlannerError
from planner.partnership import HeadRule
from planner.store import Granter, Transaction
from planner.store.drafts import Draft
from planner.tried import DRAFT_WISH, removing_step, setting_step, tried_of, value_now, wish_step
from web.access import Permission, me, requires
from web.headers import unchanged_since
from web.names import partnership_name
from web.shelf import KeptPlan
from web.try_it import work
from web.try_it.forms import NameForm, SubmitForm, WishForm
from web.try_it.presenters import draft_etag, draft_url, draft_view, drafts_view, items_of, new_name, what_is_there, wish_typed
from web.try_it.results import change_words, estimate_words, mend_price, move_of
from web.try_it.sliders import moved, policy_with, sliders, switches
from web.wiring import Wiring
from web.workshop import NoTurn

Answer = str | Response | tuple[str, int]
DRAFTS = "/partnerships/<id:partnership_id>/drafts"
DRAFT = f"{DRAFTS}/<id:draft_id>"
TRY = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/try"
MOST_STEPS, MOST_DRAFTS = 200, 50
OWN = requires(Permission.READ_PLAN)
"""Who owns the draft may open it; everybody else who reads plans finds nothing there (``find``)."""
CHANGED = "You changed this draft in another window, so this was not done. The draft as it stands now is below."
SENT_OR_CHANGED = (
    "This draft was sent to the board or changed since you opened that page, so nothing was sent now. What is before the board stands under "
    "Proposals; to send it again, open Send to the board anew."
)
NO_LONGER_OWN = (
    "This draft is for a school that you do not head any more, so it can only be read or thrown away. Begin another beside the plan."
)
TOO_MANY = f"You have {MOST_DRAFTS} drafts. Throw away some that you need no more, then begin another."
AT_WORK = (
    f"{work.MOST_AT_WORK} of your drafts are being worked out now, so this one waits: it stands as it is. "
    "Press Work it out again once one of them is there."
)
FULL = f"A draft holds at most {MOST_STEPS} changes. Undo some, or begin another draft."


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("try_it", __name__)
    store, shelf, workshop = wiring.store, wiring.shelf, wiring.workshop

    def find(partnership_id: int, draft_id: int) -> tuple[Draft, KeptPlan]:
        user = me()
        with store.read() as tx:
            draft = tx.drafts.draft(partnership_id=partnership_id, user_id=user.user_id, draft_id=draft_id)
        kept = None if draft is None or not user.may(Permission.PROPOSE, partnership_id) else shelf.plan(partnership_id, draft.plan_id)
        if draft is None or kept is None:
            abort(404)
        return draft, kept

    def find_own(partnership_id: int, draft_id: int) -> tuple[Draft, KeptPlan]:
        """A draft in which somebody speaks for its school; who no longer heads it is told so."""
        found, kept = find(partnership_id, draft_id)
        if found.urn is not None and found.urn not in me().urns_in(partnership_id):
            flash(NO_LONGER_OWN, "important")
            abort(redirect(draft_url(found), 303))
        return found, kept

    def changed(
        draft: Draft, kept: KeptPlan, change: Callable[[Transaction], object], said: str = "", *, anchor: str | None = None
    ) -> Response:
        """Change a draft, work it out again, and show it."""
        try:
            with store.begin() as tx:
                change(tx)
                now = tx.drafts.draft(partnership_id=draft.partnership_id, user_id=draft.user_id, draft_id=draft.id)
        except ChangedMeanwhile:
            flash(CHANGED, "important")
            return redirect(draft_url(draft), 303)
        if now is not None and tried_of(kept.facts.world, now.held).key != tried_of(kept.facts.world, draft.held).key:
            begin_work(now, kept)
        if said:
            flash(said, "success")
        return redirect(draft_url(draft, _anchor=anchor), 303)

    def begin_work(draft: Draft, kept: KeptPlan) -> None:
        if not work.begin(store, workshop, kept, draft):
            flash(AT_WORK, "important")

    def seen(draft: Draft) -> None:
        """Refuse a form of a page that shows an older state of the draft."""
        if request.form.get("version") != str(draft.version):
            raise ChangedMeanwhile(CHANGED)

    def page(draft: Draft, kept: KeptPlan, status: int = 200, **more: Any) -> Answer:
        with store.read() as tx:
            name = partnership_name(tx, draft.partnership_id)
        wish = more.pop("wish", None) or _wish_form(kept, draft, request.args.get("change", ""))
        view = draft_view(name, kept, draft, me().urns_in(draft.partnership_id), typed=more.get("typed"), faults=more.get("faults"))
        there = None if draft.urn is None else what_is_there(kept, draft.urn)
        return render_template(
            "try_it/draft.html", view=view, form=wish, naming=NameForm(data={"name": draft.name}), there=there, faults=more.get("faults") or {},
            is_changing=bool(wish.rule_id.data), is_adding=status == 422 and not more.get("faults"),
        ), status  # fmt: skip

    # --- begin, list ---

    @routes.get(DRAFTS)
    @requires(Permission.PROPOSE)
    def drafts(partnership_id: int) -> Answer:
        with store.read() as tx:
            return render_template("try_it/drafts.html", view=drafts_view(tx, partnership_id, me().user_id))

    @routes.post(TRY)
    @requires(Permission.PROPOSE)
    def begin(partnership_id: int, plan_id: int) -> Answer:
        """A draft beside a plan, for the school that the form names where it is one's own, else for one's first."""
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        there = {school.urn for school in kept.facts.partnership.schools}
        own = [urn for urn in me().urns_in(partnership_id) if urn in there]
        urn = next((one for one in own if str(one) == request.form.get("urn")), own[0] if own else None)
        with store.begin() as tx:
            number = len(tx.drafts.drafts_of(partnership_id=partnership_id, user_id=me().user_id)) + 1
            if number > MOST_DRAFTS:
                flash(TOO_MANY, "important")
                return redirect(url_for("try_it.drafts", partnership_id=partnership_id), 303)
            draft_id = tx.drafts.begin(
                partnership_id=partnership_id, user_id=me().user_id, plan_id=plan_id, urn=urn, name=new_name(number, plan_id)
            )  # fmt: skip
        return redirect(url_for("try_it.draft", partnership_id=partnership_id, draft_id=draft_id), 303)

    # --- one draft ---

    @routes.get(DRAFT)
    @OWN
    def draft(partnership_id: int, draft_id: int) -> Answer:
        found, kept = find(partnership_id, draft_id)
        with store.read() as tx:
            now = tx.now
        work.begin_lost(store, workshop, kept, found, now)
        etag = draft_etag(found, me().urns_in(partnership_id))
        if unchanged := unchanged_since(etag):
            return unchanged
        answer = make_response(page(found, kept))
        answer.set_etag(etag)
        return answer

    @routes.post(f"{DRAFT}/settings")
    @OWN
    def settings(partnership_id: int, draft_id: int) -> Answer:
        """Move settings; what is worked out begins at once."""
        found, kept = find(partnership_id, draft_id)
        typed = request.form.to_dict()
        values, faults = moved(kept.facts.world, typed)
        if not faults:
            try:
                policy_with(kept.facts.world, values)
            except InputMustBeMended as refused:
                faults = {"settings": str(refused)}
        if faults:
            return page(found, kept, 422, typed=typed, faults=faults)
        before = dict(tried_of(kept.facts.world, found.held).settings)
        step = {
            path: value for path, value in values.items() if before.get(path, value_now(kept.facts.world.policy, path)) != value
        }  # fmt: skip
        if not step:
            if before or found.asked is None:
                work_again(found, kept)
            return redirect(draft_url(found, _anchor="result"), 303)
        return stepped(found, kept, setting_step(step))

    @routes.post(f"{DRAFT}/wish")
    @OWN
    def wish(partnership_id: int, draft_id: int) -> Answer:
        """Add a rule for one's own school, or write one anew."""
        found, kept = find_own(partnership_id, draft_id)
        form = WishForm()
        form.item.choices = [SelectChoice(*one) for one in items_of(kept.facts.world, found.urn or 0)]
        if found.urn is None:
            abort(403)
        if not form.validate():
            return page(found, kept, 422, wish=form)
        asked, field, fault = wish_typed(kept, found.urn, form)
        if asked is not None and (why := workshop.useless(kept.facts.world, asked)):
            asked, field, fault = None, "amount", f"No plan gives so much: {why} Ask for no more than that."
        if asked is None:
            form[field].errors = [fault]
            return page(found, kept, 422, wish=form)
        return stepped(found, kept, wish_step(_with_id(asked, found, kept)))

    @routes.post(f"{DRAFT}/lock")
    @OWN
    def lock(partnership_id: int, draft_id: int) -> Answer:
        """Lock a rule, so that it does not give way to make room, or unlock it."""
        found, kept = find_own(partnership_id, draft_id)
        one = _rule(found, kept, request.form.get("rule_id", ""))
        return stepped(found, kept, wish_step(replace(one, is_locked=not one.is_locked)))

    @routes.post(f"{DRAFT}/take-away")
    @OWN
    def take_away(partnership_id: int, draft_id: int) -> Answer:
        found, kept = find_own(partnership_id, draft_id)
        return stepped(found, kept, removing_step(_rule(found, kept, request.form.get("rule_id", "")).rule_id))

    @routes.post(f"{DRAFT}/<any(undo, redo):way>")
    @OWN
    def move(partnership_id: int, draft_id: int, way: str) -> Answer:
        found, kept = find(partnership_id, draft_id)

        def change(tx: Transaction) -> None:
            seen(found)
            tx.drafts.move(found, -1 if way == "undo" else 1)

        return changed(found, kept, change)

    @routes.post(f"{DRAFT}/work-out")
    @OWN
    def work_out(partnership_id: int, draft_id: int) -> Answer:
        found, kept = find(partnership_id, draft_id)
        work_again(found, kept)
        return redirect(draft_url(found, _anchor="result"), 303)

    @routes.post(f"{DRAFT}/estimate")
    @OWN
    def estimate(partnership_id: int, draft_id: int) -> Answer | tuple[Response, int]:
        """What the sliders come to as they stand now, said at once; nothing is kept."""
        found, kept = find(partnership_id, draft_id)
        world, typed = kept.facts.world, request.form.to_dict()
        values, faults = moved(world, typed)
        try:
            if faults:
                return jsonify(said=next(iter(faults.values())), each={}), 422
            with workshop.turn():
                policy = policy_with(world, values)
                tried = tried_of(world, [*found.held, setting_step(values)])
                said = estimate_words(workshop.estimate(kept.fingerprint, kept.facts.amounts, world, tried))
        except PlannerError as refused:
            return jsonify(said=str(refused), each={}, again=isinstance(refused, NoTurn)), 422
        each = {one.name: one.said for one in sliders(world, policy)} | {one.name: one.said for one in switches(world, policy)}
        return jsonify(said=said, each=each)

    def stepped(found: Draft, kept: KeptPlan, step: dict[str, Any]) -> Response:
        if len(found.held) >= MOST_STEPS:
            flash(FULL, "important")
            return redirect(draft_url(found), 303)

        def change(tx: Transaction) -> None:
            seen(found)
            tx.drafts.step(found, step)

        return changed(found, kept, change, anchor="result")

    def work_again(found: Draft, kept: KeptPlan) -> None:
        """Work it out unless it is there, or that goes on."""
        tried = tried_of(kept.facts.world, found.held)
        is_there = found.answer is not None and found.answer["key"] == tried.key and found.answer["ending"] in {"found", "impossible"}
        with store.read() as tx:
            is_worked_on = found.asked == tried.key and found.is_worked_on(tx.now)
        if not is_there and not is_worked_on:
            begin_work(found, kept)

    # --- name, keep, throw away ---

    @routes.post(f"{DRAFT}/name")
    @OWN
    def name(partnership_id: int, draft_id: int) -> Answer:
        found, kept = find(partnership_id, draft_id)
        form = NameForm()
        if not form.validate():
            flash("A draft needs a name of at most 80 characters, so it keeps the one it had.", "important")
            return redirect(draft_url(found), 303)
        return changed(found, kept, lambda tx: tx.drafts.rename(found, form.name.data), "The draft has its new name.")

    @routes.post(f"{DRAFT}/keep")
    @OWN
    def keep(partnership_id: int, draft_id: int) -> Answer:
        found, kept = find(partnership_id, draft_id)
        return changed(found, kept, lambda tx: tx.drafts.keep(found), "The draft is kept. You find it under Proposals, My drafts.")

    @routes.get(f"{DRAFT}/discard")
    @OWN
    def discard(partnership_id: int, draft_id: int) -> Answer:
        found, _ = find(partnership_id, draft_id)
        return render_template("try_it/discard.html", draft=found, back=draft_url(found))

    @routes.post(f"{DRAFT}/discard")
    @OWN
    def discard_now(partnership_id: int, draft_id: int) -> Answer:
        found, _ = find(partnership_id, draft_id)
        try:
            with store.begin() as tx:
                seen(found)
                tx.drafts.discard(found)
        except ChangedMeanwhile:
            flash(CHANGED, "important")
            return redirect(draft_url(found), 303)
        workshop.stop(found.id)
        flash(f"{found.name} is thrown away.", "success")
        return redirect(url_for("try_it.drafts", partnership_id=partnership_id), 303)

    # --- to others ---

    @routes.post(f"{DRAFT}/ask")
    @OWN
    def ask(partnership_id: int, draft_id: int) -> Answer:
        """Ask whoever can grant it to let a rule give way."""
        found, kept = find_own(partnership_id, draft_id)
        asked, number = _current(found, kept), request.form.get("move", "")
        pair = move_of(asked, int(number)) if asked is not None and number.isascii() and number.isdigit() and len(number) < 4 else None
        if pair is None:
            abort(404)
        move, mend = pair
        with store.begin() as tx:
            request_id = tx.requests.ask(
                found, kind=Granter(move["kind"]), granter_urn=move["urn"], granter=move["granted_by"], what=f"{move['words']}.", price=mend_price(mend),
                move={part: move[part] for part in ("rule", "place", "was", "now")} if "rule" in move else None,
            )  # fmt: skip
            if request_id is not None:
                tx.events.record(partnership_id=partnership_id, by=me().user_id, action="request made", subject=f"request {request_id}")
        if request_id is None:
            flash("You have asked for this already. It waits for an answer under Proposals, Requests.", "important")
        else:
            flash(f"You asked {move['granted_by']}. The answer will stand under Proposals, Requests.", "success")
        return redirect(draft_url(found, _anchor="result"), 303)

    @routes.get(f"{DRAFT}/submit")
    @OWN
    def submit(partnership_id: int, draft_id: int) -> Answer:
        found, kept = find_own(partnership_id, draft_id)
        return ask_what(found, kept, SubmitForm(data={"title": ""}))

    @routes.post(f"{DRAFT}/submit")
    @OWN
    def submit_now(partnership_id: int, draft_id: int) -> Answer:
        """Send a copy to the board, once for each time its page was opened."""
        found, kept = find_own(partnership_id, draft_id)
        form, answer = SubmitForm(), _current(found, kept)
        if not form.validate():
            return ask_what(found, kept, form, 422)
        if answer is None or answer["ending"] != "found":
            return ask_what(found, kept, form)
        changes = change_words(kept.facts.world, tried_of(kept.facts.world, found.held))
        try:
            with store.begin() as tx:
                seen(found)
                document = tx.drafts.sent(found, answer["key"])
                proposal_id = tx.proposals.submit_proposal(
                    found, title=form.title.data, why=form.why.data, changes=changes, found=answer, document=document
                )
                tx.events.record(partnership_id=partnership_id, by=me().user_id, action="proposal sent", subject=f"proposal {proposal_id}")
        except ChangedMeanwhile:
            flash(SENT_OR_CHANGED, "important")
            return redirect(draft_url(found, _anchor="result"), 303)
        flash("Your proposal is with the board. Everybody in the partnership can read it.", "success")
        return redirect(url_for("proposals.proposal", partnership_id=partnership_id, proposal_id=proposal_id), 303)

    def ask_what(found: Draft, kept: KeptPlan, form: SubmitForm, status: int = 200) -> Answer:
        answer = _current(found, kept)
        if answer is None or answer["ending"] != "found":
            flash("A draft goes to the board once its whole answer is there and is a plan. Work it out first.", "important")
            return redirect(draft_url(found, _anchor="result"), 303)
        with store.read() as tx:
            view = draft_view(partnership_name(tx, found.partnership_id), kept, found, me().urns_in(found.partnership_id))
        return render_template("try_it/submit.html", form=form, view=view, back=draft_url(found)), status

    return routes


def _current(draft: Draft, kept: KeptPlan) -> dict[str, Any] | None:
    """The whole answer to what the draft holds now."""
    is_right = draft.answer is not None and draft.answer["key"] == tried_of(kept.facts.world, draft.held).key
    return draft.answer if is_right else None


def _rule(draft: Draft, kept: KeptPlan, rule_id: str) -> HeadRule:
    """A rule of the draft's own school as it stands in the draft; 404 where there is none."""
    tried = tried_of(kept.facts.world, draft.held)
    there = [rule for rule in kept.facts.partnership.head_rules if rule.rule_id not in tried.taken_away]
    found = next((rule for rule in (*tried.wishes, *there) if rule.rule_id == rule_id and rule.urn == draft.urn), None)
    if found is None:
        abort(404)
    return found


def _with_id(wish: HeadRule, draft: Draft, kept: KeptPlan) -> HeadRule:
    """The wish under the id of the rule that it writes anew, or a new one."""
    rule_id = _rule(draft, kept, wish.rule_id).rule_id if wish.rule_id else f"{DRAFT_WISH}{draft.id}, {len(draft.held) + 1}"
    return replace(wish, rule_id=rule_id)


def _wish_form(kept: KeptPlan, draft: Draft, rule_id: str) -> WishForm:
    """The form for a rule, blank or with the one that is to be changed."""
    if not rule_id or draft.urn is None:
        form = WishForm(formdata=None)
    else:
        rule = _rule(draft, kept, rule_id)
        form = WishForm(
            formdata=None, item=rule.item, how=rule.bound.value, amount=str(rule.amount), is_locked=rule.is_locked, rule_id=rule.rule_id
        )
    form.item.choices = [SelectChoice(*one) for one in items_of(kept.facts.world, draft.urn or 0)]
    return form
