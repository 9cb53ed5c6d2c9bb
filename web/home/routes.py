"""The list of partnerships, a new one, and the overview of each."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from web.access import Permission, may, me, requires, signed_in
from web.forms import Form, text_field
from web.home.presenters import overview, own_school_in_the_plan, partnership_list
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]


class NewPartnershipForm(Form):
    """A partnership that has brought nothing yet."""

    name = text_field("Name of the partnership", "Enter the partnership's name.")


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("home", __name__)
    store = wiring.store

    @routes.get("/")
    @signed_in
    def partnerships() -> Answer:
        with store.read() as tx:
            view = partnership_list(tx, me())
        if len(view.mine) == 1 and not may(Permission.RUN_THE_HOUSE):
            return redirect(own_school_in_the_plan(wiring.shelf, me()) or view.mine[0].href, 303)
        return render_template("home/partnerships.html", view=view)

    @routes.get("/partnerships/<id:partnership_id>")
    @requires(Permission.READ_PLAN)
    def partnership(partnership_id: int) -> Answer:
        with store.read() as tx:
            view = overview(tx, wiring.shelf, me(), partnership_id)
        return render_template("home/partnership.html", view=view)

    @routes.get("/partnerships/new")
    @requires(Permission.RUN_THE_HOUSE)
    def new_partnership() -> Answer:
        return render_template("home/new_partnership.html", form=NewPartnershipForm())

    @routes.post("/partnerships/new")
    @requires(Permission.RUN_THE_HOUSE)
    def make_partnership() -> Answer:
        form = NewPartnershipForm()
        if not form.validate():
            return render_template("home/new_partnership.html", form=form), 422
        with store.begin() as tx:
            partnership_id = tx.partnerships.create(name=form.name.data, by=me().user_id)
            tx.events.record(partnership_id=partnership_id, by=me().user_id, action="partnership made")
        flash(f"{form.name.data} is made. Now bring its figures.", "success")
        return redirect(url_for("home.partnership", partnership_id=partnership_id), 303)

    return routes
