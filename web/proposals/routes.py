"""Proposals before the board: read by everybody in the partnership, talked about by heads and board, withdrawn by who sent them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.store import Transaction
from planner.store.proposals import Proposal
from web.access import Permission, me, requires
from web.fates import fates
from web.names import school_names
from web.proposals.forms import CommentForm
from web.proposals.presenters import is_before_the_board, proposal_view, proposals_view, role_said
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
PROPOSALS = "/partnerships/<id:partnership_id>/proposals"
PROPOSAL = f"{PROPOSALS}/<id:proposal_id>"
READ = requires(Permission.READ_PLAN)
NOT_BEFORE = (
    "This proposal was withdrawn or made an option of a decision since you opened the page, so your comment was not kept. Where it is an option, "
    "comment on it in the decision."
)
NOT_YOURS = "Only who wrote a comment can withdraw it, once, while the proposal is before the board. Nothing was changed."


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("proposals", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, proposal_id: int) -> Proposal:
        with store.read() as tx:
            found = tx.proposals.proposal(partnership_id=partnership_id, proposal_id=proposal_id)
        if found is None:
            abort(404)
        return found

    @routes.get(PROPOSALS)
    @READ
    def proposals(partnership_id: int) -> Answer:
        names = school_names(shelf, partnership_id)
        with store.read() as tx:
            view = proposals_view(tx, names, partnership_id)
        return render_template("proposals/proposals.html", view=view)

    @routes.get(PROPOSAL)
    @READ
    def proposal(partnership_id: int, proposal_id: int) -> Answer:
        return show(find(partnership_id, proposal_id), CommentForm())

    def show(found: Proposal, form: CommentForm, status: int = 200) -> Answer:
        names = school_names(shelf, found.partnership_id)
        with store.read() as tx:
            view = proposal_view(tx, names, found, me())
        return render_template("proposals/proposal.html", view=view, form=form), status

    # --- comments ---

    @routes.post(f"{PROPOSAL}/comments")
    @requires(Permission.COMMENT)
    def comment(partnership_id: int, proposal_id: int) -> Answer:
        """Say something of it while it is before the board."""
        found, form = find(partnership_id, proposal_id), CommentForm()
        if not form.validate():
            return show(found, form, 422)
        with store.begin() as tx:
            is_before = stands_before(tx, partnership_id, proposal_id)
            if is_before:
                comment_id = tx.proposals.comment(found, by=me().user_id, role=role_said(me(), partnership_id), text=form.text.data)
                note(tx, found, "proposal commented on", comment_id)
        if not is_before:
            form.text.errors = [NOT_BEFORE]
            return show(find(partnership_id, proposal_id), form, 409)
        return back(found, "Your comment is there.")

    @routes.post(f"{PROPOSAL}/comments/<id:comment_id>/withdraw")
    @requires(Permission.COMMENT)
    def withdraw_comment(partnership_id: int, proposal_id: int, comment_id: int) -> Answer:
        found = find(partnership_id, proposal_id)
        with store.begin() as tx:
            if all(one.id != comment_id for one in tx.proposals.comments(proposal_id=proposal_id)):
                abort(404)
            is_done = stands_before(tx, partnership_id, proposal_id) and tx.proposals.withdraw_comment(
                proposal_id=proposal_id, comment_id=comment_id, by=me().user_id
            )
            if is_done:
                note(tx, found, "comment on proposal withdrawn", comment_id)
        return back(found, "Your comment is withdrawn. That it was there still shows.") if is_done else back(found, NOT_YOURS, "important")

    def stands_before(tx: Transaction, partnership_id: int, proposal_id: int) -> bool:
        """Whether it is before the board now; the chair who makes it an option waits until this transaction ends."""
        tx.partnerships.partnership(partnership_id=partnership_id, held=True)
        now = tx.proposals.proposal(partnership_id=partnership_id, proposal_id=proposal_id)
        return now is not None and is_before_the_board(now, fates(tx, (now,), partnership_id)[now.id])

    def note(tx: Transaction, found: Proposal, action: str, comment_id: int) -> None:
        tx.events.record(
            partnership_id=found.partnership_id,
            by=me().user_id,
            action=action,
            subject=f"proposal {found.id}",
            detail={"comment": comment_id},
        )

    def back(found: Proposal, said: str, how: str = "success") -> Response:
        flash(said, how)
        here = url_for("proposals.proposal", partnership_id=found.partnership_id, proposal_id=found.id, _anchor="comments")
        return redirect(here, 303)

    # --- withdrawn ---

    @routes.post(f"{PROPOSAL}/withdraw")
    @READ
    def withdraw(partnership_id: int, proposal_id: int) -> Answer:
        """Its author withdraws it; nobody else may."""
        found = find(partnership_id, proposal_id)
        if found.author != me().user_id:
            abort(403)
        with store.begin() as tx:
            is_new = tx.proposals.withdraw_proposal(partnership_id=partnership_id, proposal_id=proposal_id, author=me().user_id)
            if is_new:
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="proposal withdrawn", subject=f"proposal {proposal_id}"
                )  # fmt: skip
        if is_new:
            flash("The proposal is withdrawn. It stays readable.", "success")
        else:
            flash("It was withdrawn before. Nothing was changed.", "important")
        return redirect(url_for("proposals.proposal", partnership_id=partnership_id, proposal_id=proposal_id), 303)

    return routes
