"""The board's paper about a plan, as a Word file: the plan's own figures, and what was said of it in a decision."""

from __future__ import annotations

import io

from flask import Blueprint, abort, request, send_file
from werkzeug.wrappers import Response

from planner.export.board_paper import About, Talk, board_paper
from planner.reasons import lower_first
from planner.store import AnswerKind, Store, Transaction, VoteState
from planner.store.decisions import BoardDecision
from web.access import Permission, User, me, requires
from web.decide.presenters import STATES, DecisionView, decision_view
from web.decide.result import options_of
from web.forms import version_of
from web.plans.files import file_name
from web.plans.presenters.answers import document_of
from web.plans.presenters.quality import certificate_sentence
from web.shelf import KeptPlan, Shelf
from web.standing import DECIDED, standing_of
from web.tables import TableView
from web.words import listed, today

PAPER = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/paper.docx"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NO_DECISION = 0


def add_paper(routes: Blueprint, store: Store, shelf: Shelf) -> None:
    """Add the file: with the decision that is named, else with the newest that has the plan among its options."""

    @routes.get(PAPER)
    @requires(Permission.EXPORT)
    def paper(partnership_id: int, plan_id: int) -> Response:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        asked = version_of(request.args.get("decision"), missing=NO_DECISION)
        with store.read() as tx:
            here = tx.decisions.about(partnership_id=partnership_id, plan_id=plan_id)
            decision = next((one for one in here if one.id == asked or "decision" not in request.args), None)
            if decision is None and "decision" in request.args:
                abort(404)
            about = about_plan(tx, shelf, me(), kept, decision)
        content = board_paper(
            kept.facts, about, fingerprint=kept.fingerprint, inputs_sha256=kept.inputs_sha256, policy_sha256=kept.policy_sha256
        )
        answer: Response = send_file(io.BytesIO(content), mimetype=WORD, as_attachment=True, download_name=file_name(kept, "-paper.docx"))
        return answer


def about_plan(tx: Transaction, shelf: Shelf, user: User, kept: KeptPlan, decision: BoardDecision | None) -> About:
    """What a plan's paper says beside its figures; of votes no more than who asks may read."""
    here, plan_id = kept.partnership_id, kept.plan_id
    standing = standing_of(tx, kept)
    certificate = document_of(tx.answers.answer(partnership_id=here, plan_id=plan_id, kind=AnswerKind.CERTIFICATE))
    others = {} if decision is None else {number: one for number, one in options_of(tx, shelf, decision).items() if number != plan_id}
    return About(
        plan_name=f"Plan {plan_id}",
        word=standing.word,
        sentence=standing.sentence,
        is_decided=standing.word == DECIDED,
        certificate="" if certificate is None else certificate_sentence(certificate),
        talk=None if decision is None else _talk(tx, decision, decision_view(tx, shelf, user, decision, is_all=True), plan_id),
        others=tuple((f"Plan {number}", one.facts) for number, one in others.items()),
        on=today(),
    )


def _talk(tx: Transaction, decision: BoardDecision, view: DecisionView, plan_id: int) -> Talk:
    votes = [] if view.votes is None else [f"{who}: {say}. Reason: {reason}" for who, say, reason in _texts(view.votes)]
    tally = [] if view.tally is None else ["; ".join(f"{choice}: {number}" for choice, number in _texts(view.tally)) + "."]
    waiting = [] if view.signatures is None else [row[0] for row in _texts(view.signatures) if row[1] == "Not yet"]
    return Talk(
        title=f"Decision {decision.id}: {decision.title}",
        state=f"{STATES[decision.state][0]}. {view.history}",
        asked=_asked(tx, decision, view, plan_id),
        rules=tuple((fact.label, fact.text) for fact in view.rules),
        interests=tuple(
            (who, f"{schools}. Other interests: {other}. Host of a base: {lower_first(host)}. Declared {when}.")
            for who, schools, other, host, when in _texts(view.interests)
        ),
        comments=tuple((f"{one.who_and_when}, {lower_first(one.about)}", one.withdrawn or one.text) for one in view.comments),
        vote=tuple(line for line in (view.vote, view.result, *tally, *votes) if line),
        dissent=view.dissent,
        next_steps=_next_steps(decision, waiting),
    )


def _asked(tx: Transaction, decision: BoardDecision, view: DecisionView, plan_id: int) -> tuple[str, ...]:
    """What the board is asked to do next about a decision, before the clerk writes it in the board's own words."""
    if decision.state is VoteState.CLOSED:
        is_carried = decision.carried_plan_id == plan_id
        return (
            f"Note the result of decision {decision.id}: {view.result}",
            *(["See that every signature is given."] if is_carried else []),
        )
    plans = listed([f"plan {number}" for number in tx.decisions.options(decision_id=decision.id)])
    if decision.state is VoteState.OPEN:
        return (f"Vote in decision {decision.id}, {decision.title}: for one of its options ({plans}), against all of them, or abstain.",)
    return (
        f"Talk about decision {decision.id}, {decision.title}; its options are {plans}.",
        "Declare interests, comment on the options, and vote once the chair has opened the vote.",
    )


def _next_steps(decision: BoardDecision, waiting: list[str]) -> tuple[str, ...]:
    if decision.state is VoteState.PREPARED:
        return ("Members declare their interests and comment; then the chair opens the vote",)
    if decision.state is VoteState.OPEN:
        return ("Members vote; then the chair closes the vote, and the minutes are drafted",)
    return tuple(f"Signature of {lower_first(who)}" for who in waiting)


def _texts(view: TableView) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in view.rows]
