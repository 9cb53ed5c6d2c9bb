"""Decisions of the board: opened with their rules, talked about, voted on, minuted, signed."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from planner.documents import check_document
from planner.errors import ChangedMeanwhile
from planner.store import Transaction, VoteState
from planner.store.decisions import BoardDecision
from web.access import Permission, me, requires
from web.decide.effects import effects_view
from web.decide.forms import NO_SCHOOL, SAYS, CommentForm, DecisionForm, InterestsForm, MinutesForm, VoteForm
from web.decide.minutes import draft
from web.decide.options import add_option, keep_proposal
from web.decide.paper import add_paper
from web.decide.presenters import address, board_of, decision_view, decisions_view, minutes_view, set_now
from web.decide.result import HOST_RULE, counted, latest, options_of
from web.decide.signing import add_signing
from web.forms import Form, version_of
from web.names import partnership_name, school_names
from web.standing import standing_of
from web.wiring import Wiring
from web.words import count, moment

Answer = str | Response | tuple[str, int]
DECISIONS = "/partnerships/<id:partnership_id>/decisions"
DECISION = f"{DECISIONS}/<id:decision_id>"
CHANGED = "Somebody else has changed this decision since you opened the page. Read what is new, then do it again if it is still right."
SET_MEANWHILE = (
    "Somebody else has changed this decision since you opened the page. What stands now is above what you entered, which is not kept: "
    "keep it only if it is still right."
)
NOT_DECLARED = "Declare your interests first: then you can comment and vote. None is an answer."
IS_CLOSED = "The vote is closed, so nothing was kept. What is not settled can go into a new decision."
NOT_OPEN = "The vote is not open. Nothing was kept: you can vote once the chair has opened it, and until it is closed."
IS_SET = "The vote is open or closed, so the rules can no longer be changed. Another decision can have other rules."
NO_MORE_OPTIONS = "The vote is open or closed, so no option can be added. Another decision can have it as an option."
READ, SPEAK = requires(Permission.READ_PLAN), requires(Permission.COMMENT)
CHAIR, VOTE = requires(Permission.OPEN_AND_CLOSE_VOTES), requires(Permission.VOTE)


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("decide", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(tx: Transaction, partnership_id: int, decision_id: int, *, held: bool = False) -> BoardDecision:
        found = tx.decisions.decision(partnership_id=partnership_id, decision_id=decision_id, held=held)
        if found is None:
            abort(404)
        return found

    def read(partnership_id: int, decision_id: int) -> BoardDecision:
        with store.read() as tx:
            return find(tx, partnership_id, decision_id)

    def note(tx: Transaction, decision: BoardDecision, action: str, **detail: object) -> None:
        tx.events.record(
            partnership_id=decision.partnership_id, by=me().user_id, action=action, subject=f"decision {decision.id}", detail=detail
        )

    def back(decision: BoardDecision, said: str, kind: str = "success", name: str = "decide.decision") -> Response:
        flash(said, kind)
        return redirect(address(decision, name), 303)

    # --- the list, a new one, its rules ---

    @routes.get(DECISIONS)
    @READ
    def decisions(partnership_id: int) -> Answer:
        with store.read() as tx:
            view = decisions_view(tx, me(), partnership_id)
        return render_template("decide/decisions.html", view=view)

    def filled(form: DecisionForm, partnership_id: int) -> tuple[DecisionForm, str]:
        """The form with the plans and members there are now, and the partnership's name."""
        with store.read() as tx:
            plans = tx.plans.plans(partnership_id=partnership_id)
            form.members = len(board_of(tx, partnership_id))
            name = partnership_name(tx, partnership_id)
        form.options.choices = [
            (
                str(plan.id),
                f"Plan {plan.id}, made {moment(plan.made_at)}: {plan.counts['standards_met']:,} of {plan.counts['standards_counted']:,} standards fully met",
            )
            for plan in plans
        ]  # fmt: skip
        form.quorum.description = f"The quorum; abstentions count. The board has {count(form.members, 'member')} now."
        return form, name

    @routes.get(f"{DECISIONS}/new")
    @CHAIR
    def new(partnership_id: int) -> Answer:
        form, name = filled(DecisionForm(), partnership_id)
        return render_template("decide/rules.html", form=form, partnership=name, decision=None, host_rule=HOST_RULE)

    @routes.post(f"{DECISIONS}/new")
    @CHAIR
    def make(partnership_id: int) -> Answer:
        form, name = filled(DecisionForm(), partnership_id)
        if not form.validate():
            return render_template("decide/rules.html", form=form, partnership=name, decision=None, host_rule=HOST_RULE), 422
        with store.begin() as tx:
            decision_id = tx.decisions.open_decision(
                partnership_id=partnership_id, title=form.title.data, rules=form.rules(), options=form.plans(), by=me().user_id
            )
            decision = find(tx, partnership_id, decision_id)
            note(tx, decision, "decision opened", **rules_of(form))
        return back(decision, "The decision is opened. Members can now declare their interests and comment.")

    @routes.get(f"{DECISION}/rules")
    @CHAIR
    def change(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            plans = [str(plan_id) for plan_id in tx.decisions.options(decision_id=decision_id)]
        if here.state is not VoteState.PREPARED:
            return back(here, IS_SET, "important")
        typed = {
            "title": here.title, "options": plans, "quorum": str(here.quorum), "majority": here.majority, "weighting": here.weighting,
            "council": "yes" if here.needs_council else "no", "version": here.version,
        }  # fmt: skip
        form, name = filled(DecisionForm(data=typed), partnership_id)
        return render_template("decide/rules.html", form=form, partnership=name, decision=address(here), host_rule=HOST_RULE)

    @routes.post(f"{DECISION}/rules")
    @CHAIR
    def change_now(partnership_id: int, decision_id: int) -> Answer:
        here = read(partnership_id, decision_id)
        form, name = filled(DecisionForm(), partnership_id)
        if here.state is VoteState.PREPARED and not form.validate():
            return render_template("decide/rules.html", form=form, partnership=name, decision=address(here), host_rule=HOST_RULE), 422
        try:
            with store.begin() as tx:
                here = find(tx, partnership_id, decision_id, held=True)
                if here.state is not VoteState.PREPARED:
                    return back(here, IS_SET, "important")
                seen(here, form.version.data)
                tx.decisions.change(decision=here, title=form.title.data, rules=form.rules(), options=form.plans())
                note(tx, here, "decision changed", **rules_of(form))
        except ChangedMeanwhile:
            return show_both(read(partnership_id, decision_id), form, name)
        return back(here, "The decision is changed.")

    def show_both(here: BoardDecision, form: DecisionForm, name: str) -> Answer:
        """What somebody else has set since, above what was typed."""
        with store.read() as tx:
            theirs = set_now(here, tx.decisions.options(decision_id=here.id))
        form.version.data, form.title.errors = str(here.version), [SET_MEANWHILE]
        return render_template(
            "decide/rules.html", form=form, partnership=name, decision=address(here), host_rule=HOST_RULE, theirs=theirs
        ), 409

    # --- one decision ---

    @routes.get(DECISION)
    @READ
    def decision(partnership_id: int, decision_id: int) -> Answer:
        return show(read(partnership_id, decision_id), CommentForm())

    def show(here: BoardDecision, form: CommentForm, status: int = 200) -> tuple[str, int]:
        with store.read() as tx:
            view = decision_view(tx, shelf, me(), here, is_all=request.args.get("all") == "1")
            plans = tx.decisions.options(decision_id=here.id)
        form.about.choices = about_choices(plans)
        return render_template("decide/decision.html", view=view, form=form), status

    @routes.get(f"{DECISION}/plans/<id:plan_id>/effects")
    @READ
    def effects(partnership_id: int, decision_id: int, plan_id: int) -> Answer:
        with store.read() as tx:
            find(tx, partnership_id, decision_id)
            options = tx.decisions.options(decision_id=decision_id)
            kept = shelf.plan(partnership_id, plan_id) if plan_id in options else None
            if kept is None:
                abort(404)
            standing = standing_of(tx, kept)
        view = effects_view(kept, standing, decision_id=decision_id, is_public=request.args.get("copy") == "public")
        return render_template("decide/effects.html", view=view)

    @routes.post(f"{DECISION}/proposals/<id:proposal_id>/option")
    @CHAIR
    def add_proposal(partnership_id: int, decision_id: int, proposal_id: int) -> Answer:
        """Keep what was proposed as a plan, audited again, and put it before the board."""
        here = read(partnership_id, decision_id)
        with store.read() as tx:
            proposal = tx.proposals.proposal(partnership_id=partnership_id, proposal_id=proposal_id)
        beside = None if proposal is None else shelf.plan(partnership_id, proposal.plan_id)
        if proposal is None or beside is None:
            abort(404)
        check_document(proposal.document)
        try:
            with store.begin() as tx:
                here = find(tx, partnership_id, decision_id, held=True)
                if here.state is not VoteState.PREPARED:
                    return back(here, NO_MORE_OPTIONS, "important")
                now = tx.proposals.proposal(partnership_id=partnership_id, proposal_id=proposal_id)
                if now is None or now.withdrawn_at is not None:
                    return back(here, "It is withdrawn, so it was not made an option.", "important")
                seen(here, request.form.get("version"))
                plan_id = keep_proposal(tx, beside, proposal, proposal.document)
                if add_option(tx, here, plan_id):
                    note(tx, here, "proposal made an option", proposal=proposal_id, plan=plan_id)
        except ChangedMeanwhile:
            return back(here, CHANGED, "important")
        return back(here, f"Proposal {proposal_id} is plan {plan_id} now, and an option in this decision.")

    # --- interests and comments ---

    def with_schools(form: InterestsForm, partnership_id: int) -> InterestsForm:
        names = school_names(shelf, partnership_id)
        form.schools.choices = [
            *((str(urn), name) for urn, name in names.items()),
            (NO_SCHOOL, "I belong to no school of this partnership"),
        ]
        return form

    @routes.get(f"{DECISION}/interests")
    @SPEAK
    def interests(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            mine = latest(tx.decisions.interests(decision_id=decision_id)).get(me().user_id)
        if here.state is VoteState.CLOSED:
            return back(here, IS_CLOSED, "important")
        urns = me().urns_in(partnership_id) if mine is None else mine.schools
        typed = {
            "schools": [str(urn) for urn in urns] or ([] if mine is None else [NO_SCHOOL]),
            "other": "" if mine is None else mine.other,
        }
        return render_template(
            "decide/interests.html", form=with_schools(InterestsForm(data=typed), partnership_id), here=here, back=address(here)
        )

    @routes.post(f"{DECISION}/interests")
    @SPEAK
    def declare(partnership_id: int, decision_id: int) -> Answer:
        here, form = read(partnership_id, decision_id), with_schools(InterestsForm(), partnership_id)
        if not form.validate():
            return render_template("decide/interests.html", form=form, here=here, back=address(here)), 422
        with store.begin() as tx:
            here = find(tx, partnership_id, decision_id, held=True)
            if here.state is VoteState.CLOSED:
                return back(here, IS_CLOSED, "important")
            tx.decisions.declare(decision=here, by=me().user_id, schools=form.urns(), other=form.other.data)
            note(tx, here, "interests declared", schools=form.urns())
        return back(here, "Your interests are declared.")

    @routes.post(f"{DECISION}/comments")
    @SPEAK
    def comment(partnership_id: int, decision_id: int) -> Answer:
        form = CommentForm()
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            form.about.choices = about_choices(tx.decisions.options(decision_id=decision_id))
        if not form.validate():
            return show(here, form, 422)
        with store.begin() as tx:
            here = find(tx, partnership_id, decision_id, held=True)
            fault = cannot_speak(tx, here)
            if not fault:
                comment_id = tx.decisions.comment(decision=here, by=me().user_id, text=form.text.data, plan_id=form.plan_id())
                note(tx, here, "comment made", comment=comment_id, plan=form.plan_id())
        if fault:
            form.text.errors = [fault]
            return show(here, form, 409)
        return back(here, "Your comment is there.")

    @routes.post(f"{DECISION}/comments/<id:comment_id>/withdraw")
    @SPEAK
    def withdraw(partnership_id: int, decision_id: int, comment_id: int) -> Answer:
        with store.begin() as tx:
            here = find(tx, partnership_id, decision_id, held=True)
            if here.state is VoteState.CLOSED:
                return back(here, IS_CLOSED, "important")
            if all(one.id != comment_id for one in tx.decisions.comments(decision_id=decision_id)):
                abort(404)
            is_done = tx.decisions.withdraw(decision_id=decision_id, comment_id=comment_id, by=me().user_id)
            if is_done:
                note(tx, here, "comment withdrawn", comment=comment_id)
        if not is_done:
            return back(here, "Only who wrote a comment can withdraw it, and only once. Nothing was changed.", "important")
        return back(here, "Your comment is withdrawn. That it was there still shows.")

    def cannot_speak(tx: Transaction, here: BoardDecision) -> str:
        if here.state is VoteState.CLOSED:
            return IS_CLOSED
        return "" if me().user_id in latest(tx.decisions.interests(decision_id=here.id)) else NOT_DECLARED

    # --- the vote ---

    @routes.post(f"{DECISION}/open-vote")
    @CHAIR
    def open_vote(partnership_id: int, decision_id: int) -> Answer:
        here = read(partnership_id, decision_id)
        try:
            with store.begin() as tx:
                here = find(tx, partnership_id, decision_id, held=True)
                seen(here, request.form.get("version"))
                roll = board_of(tx, partnership_id)
                if len(roll) < here.quorum:
                    return back(
                        here,
                        f"At least {here.quorum:,} must vote and the board has {count(len(roll), 'member')}. Change that number first, or have more members invited.",
                        "important",
                    )
                tx.decisions.open_vote(decision=here, roll=roll, by=me().user_id)
                note(tx, here, "vote opened", roll=list(roll))
        except ChangedMeanwhile:
            return back(here, CHANGED, "important")
        return back(here, "The vote is open. The rules can no longer be changed.")

    def cannot_vote(tx: Transaction, here: BoardDecision) -> str:
        if here.state is not VoteState.OPEN:
            return NOT_OPEN
        if me().user_id not in tx.decisions.roll(decision_id=here.id):
            return "You joined the board after this vote was opened, so you cannot vote in it. You may comment."
        return cannot_speak(tx, here)

    def ballot(tx: Transaction, here: BoardDecision) -> VoteForm:
        mine = next((vote for vote in tx.decisions.votes(decision_id=here.id) if vote.user_id == me().user_id), None)
        form = VoteForm(data={} if mine is None else {"choice": str(mine.plan_id or mine.say), "reason": mine.reason})
        plans = tx.decisions.options(decision_id=here.id)
        form.choice.choices = [
            *((str(plan_id), f"Plan {plan_id}") for plan_id in plans),
            *((say.value, text) for say, text in SAYS.items()),
        ]
        return form

    @routes.get(f"{DECISION}/vote")
    @VOTE
    def vote(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            fault, form = cannot_vote(tx, here), ballot(tx, here)
        if fault:
            return back(here, fault, "important", "decide.interests" if fault == NOT_DECLARED else "decide.decision")
        return render_template("decide/vote.html", form=form, here=here, back=address(here), host_rule=HOST_RULE)

    @routes.post(f"{DECISION}/vote")
    @VOTE
    def vote_now(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            form = ballot(tx, here)
        is_valid = form.validate()
        with store.begin() as tx:
            here = find(tx, partnership_id, decision_id, held=True)
            fault = cannot_vote(tx, here)
            if fault:
                return back(here, fault, "important")
            if not is_valid:
                return render_template("decide/vote.html", form=form, here=here, back=address(here), host_rule=HOST_RULE), 422
            say, plan_id = form.vote()
            is_first = tx.decisions.vote(decision=here, by=me().user_id, say=say, plan_id=plan_id, reason=form.reason.data or "")
            note(tx, here, "vote given" if is_first else "vote changed")  # how is nobody's business until the vote is closed
        return back(here, "Your vote is kept. You may change it until the vote is closed.")

    @routes.get(f"{DECISION}/close")
    @CHAIR
    def close(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            given, roll = len(tx.decisions.votes(decision_id=decision_id)), len(tx.decisions.roll(decision_id=decision_id))
        if here.state is not VoteState.OPEN:
            return back(here, "There is no open vote to close. Nothing was changed.", "important")
        return render_template("decide/close.html", here=here, back=address(here), given=given, roll=count(roll, "member"), form=Form())

    @routes.post(f"{DECISION}/close")
    @CHAIR
    def close_now(partnership_id: int, decision_id: int) -> Answer:
        here = shown = read(partnership_id, decision_id)
        with store.read() as tx:
            options, names = options_of(tx, shelf, here), school_names(shelf, partnership_id)  # read before anything is held
        try:
            with store.begin() as tx:
                here = find(tx, partnership_id, decision_id, held=True)
                if here.state is VoteState.OPEN:
                    seen(here, str(shown.version))  # its options were read before it was held
                    tally = counted(tx, here, options)
                    tx.decisions.close_vote(decision=here, outcome=tally.outcome, carried=tally.carried, by=me().user_id)
                    closed = find(tx, partnership_id, decision_id)
                    text = draft(tx, closed, options, names)
                    tx.decisions.add_minutes(decision=closed, text=text, by=me().user_id, based_on=0)
                    note(tx, here, "vote closed", outcome=tally.outcome, plan=tally.carried, given=tally.given)
        except ChangedMeanwhile:
            return back(here, CHANGED, "important")
        if here.state is not VoteState.OPEN:
            return back(here, "There is no open vote to close. Nothing was changed.", "important")
        return back(here, "The vote is closed and counted. The minutes are drafted.")

    # --- minutes ---

    @routes.get(f"{DECISION}/minutes")
    @SPEAK
    def minutes(partnership_id: int, decision_id: int) -> Answer:
        asked = request.args.get("version")
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            view = minutes_view(tx, shelf, me(), here, None if asked is None else version_of(asked))
        if view is None:
            return back(here, "The minutes are drafted once the vote is closed.", "important") if asked is None else abort(404)
        return render_template("decide/minutes.html", view=view)

    @routes.get(f"{DECISION}/minutes/change")
    @CHAIR
    def change_minutes(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            newest = next(iter(tx.decisions.minutes(decision_id=decision_id)), None)
            fault = cannot_change(tx, here)
        if newest is None or fault:
            return back(here, fault or "The minutes are drafted once the vote is closed.", "important")
        return render_template(
            "decide/change_minutes.html",
            form=MinutesForm(data={"text": newest.text, "version": newest.version}),
            here=here,
            back=address(here, "decide.minutes"),
            theirs="",
        )

    @routes.post(f"{DECISION}/minutes/change")
    @CHAIR
    def change_minutes_now(partnership_id: int, decision_id: int) -> Answer:
        here, form = read(partnership_id, decision_id), MinutesForm()
        page = {"here": here, "back": address(here, "decide.minutes")}
        if not form.validate():
            return render_template("decide/change_minutes.html", form=form, theirs="", **page), 422
        try:
            with store.begin() as tx:
                here = find(tx, partnership_id, decision_id, held=True)
                fault = cannot_change(tx, here)
                if fault:
                    return back(here, fault, "important")
                based_on = version_of(form.version.data)
                tx.decisions.add_minutes(decision=here, text=form.text.data, by=me().user_id, based_on=based_on)
                note(tx, here, "minutes changed", version=based_on + 1)
        except ChangedMeanwhile as error:
            with store.read() as tx:
                newest = tx.decisions.minutes(decision_id=decision_id)[0]
            form.version.data, form.text.errors = str(newest.version), [str(error)]
            return render_template("decide/change_minutes.html", form=form, theirs=newest.text, **page), 409
        return back(here, "The minutes are changed. The version before is kept.", name="decide.minutes")

    def cannot_change(tx: Transaction, here: BoardDecision) -> str:
        if here.state is not VoteState.CLOSED:
            return "The minutes are drafted once the vote is closed."
        if tx.decisions.signatures(decision_id=here.id):
            return "The chair has signed these minutes, so they no longer change. A correction belongs in the minutes of a later decision."
        return ""

    add_signing(routes, DECISION, store, shelf, find=find, note=note, back=back)
    add_paper(routes, store, shelf)
    return routes


def seen(here: BoardDecision, version: str | None) -> None:
    """Raise ``ChangedMeanwhile`` where the decision is no longer the one that the page showed."""
    if here.version != version_of(version):
        raise ChangedMeanwhile(CHANGED)


def about_choices(plans: tuple[int, ...]) -> list[tuple[str, str]]:
    """What a comment can be about."""
    return [("", "The decision"), *((str(plan_id), f"Plan {plan_id}") for plan_id in plans)]


def rules_of(form: DecisionForm) -> dict[str, object]:
    """The rules as the log keeps them."""
    rules = form.rules()
    return {
        "quorum": rules.quorum, "majority": rules.majority, "weighting": rules.weighting, "council": rules.needs_council, "plans": form.plans(),
    }  # fmt: skip
