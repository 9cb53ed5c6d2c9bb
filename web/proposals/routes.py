"""Proposals before the board: listed and read by everybody in the partnership, withdrawn by who sent them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.store.proposals import Proposal
from web.access import Permission, may, me, requires
from web.names import school_names
from web.proposals.presenters import proposal_view, proposals_view
from web.wiring import Wiring

Answer = str | Response
PROPOSALS = "/partnerships/<id:partnership_id>/proposals"
PROPOSAL = f"{PROPOSALS}/<id:proposal_id>"
READ = requires(Permission.READ_PLAN)


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
        found, names = find(partnership_id, proposal_id), school_names(shelf, partnership_id)
        with store.read() as tx:
            view = proposal_view(tx, names, found, me().user_id, may_comment=may(Permission.COMMENT, partnership_id))
        return render_template("proposals/proposal.html", view=view)

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
