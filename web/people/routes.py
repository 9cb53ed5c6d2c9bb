"""The people of a partnership and the roles they hold there."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.store import Transaction
from web.access import Permission, me, requires
from web.forms import Form
from web.people.accounts import add_accounts
from web.people.invitations import add_invitations
from web.people.password_links import add_password_links
from web.people.presenters import RoleView, people_view, person_view, role_view
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
PEOPLE = "/partnerships/<id:partnership_id>/people"
LAST_ONE = "This is the last administrator of the whole service who can sign in. Invite another one first: without any, nobody could run this service."


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("people", __name__)
    store, shelf = wiring.store, wiring.shelf
    add_invitations(routes, wiring)
    add_accounts(routes, wiring)
    add_password_links(routes, wiring)

    @routes.get(PEOPLE)
    @requires(Permission.MANAGE_ACCOUNTS)
    def people(partnership_id: int) -> Answer:
        with store.read() as tx:
            view = people_view(tx, shelf, partnership_id)
        return render_template("people/people.html", view=view)

    @routes.get(f"{PEOPLE}/<id:user_id>")
    @requires(Permission.MANAGE_ACCOUNTS)
    def person(partnership_id: int, user_id: int) -> Answer:
        with store.read() as tx:
            view = person_view(tx, shelf, partnership_id, user_id)
        if view is None:
            abort(404)
        return render_template("people/person.html", view=view)

    # --- take a role away: in one partnership, or in every one ---

    @routes.get(f"{PEOPLE}/<id:user_id>/roles/<id:membership_id>/take-away")
    @requires(Permission.MANAGE_ACCOUNTS)
    def take_away(partnership_id: int, user_id: int, membership_id: int) -> Answer:
        with store.read() as tx:
            view = _role(tx, user_id, membership_id, partnership_id)
        return render_template("people/take_away.html", view=view, fault="", form=Form())

    @routes.post(f"{PEOPLE}/<id:user_id>/roles/<id:membership_id>/take-away")
    @requires(Permission.MANAGE_ACCOUNTS)
    def take_away_now(partnership_id: int, user_id: int, membership_id: int) -> Answer:
        with store.read() as tx:
            view = _role(tx, user_id, membership_id, partnership_id)
        with store.begin() as tx:
            _end_role(tx, user_id, membership_id, partnership_id)
        flash(f"{view.name} is no longer {view.role}.", "success")
        if view.is_own:
            return redirect(url_for("home.partnerships"), 303)
        return redirect(url_for("people.people", partnership_id=partnership_id), 303)

    @routes.get("/accounts/<id:user_id>/roles/<id:membership_id>/take-away")
    @requires(Permission.RUN_THE_HOUSE)
    def take_house_role_away(user_id: int, membership_id: int) -> Answer:
        with store.read() as tx:
            view = _role(tx, user_id, membership_id, None)
        return render_template("people/take_away.html", view=view, fault="", form=Form())

    @routes.post("/accounts/<id:user_id>/roles/<id:membership_id>/take-away")
    @requires(Permission.RUN_THE_HOUSE)
    def take_house_role_away_now(user_id: int, membership_id: int) -> Answer:
        with store.read() as tx:
            view = _role(tx, user_id, membership_id, None)
        with store.begin() as tx:
            is_last = not set(tx.people.house_administrators()) - {user_id}
            if not is_last:
                _end_role(tx, user_id, membership_id, None)
        if is_last:
            return render_template("people/take_away.html", view=view, fault=LAST_ONE, form=Form()), 422
        flash(f"{view.name} is no longer {view.role}.", "success")
        return redirect(url_for("home.partnerships") if view.is_own else url_for("people.account", user_id=user_id), 303)

    def _role(tx: Transaction, user_id: int, membership_id: int, partnership_id: int | None) -> RoleView:
        view = role_view(tx, shelf, me(), user_id, partnership_id=partnership_id, membership_id=membership_id)
        if view is None:
            abort(404)
        return view

    return routes


def _end_role(tx: Transaction, user_id: int, membership_id: int, partnership_id: int | None) -> None:
    held = next((m for m in tx.people.memberships_of(user_id=user_id) if m.id == membership_id), None)
    if held is None or not tx.people.end_membership(partnership_id=partnership_id, membership_id=membership_id):
        abort(404)
    tx.events.record(
        partnership_id=partnership_id, by=me().user_id, action="role taken away", subject=f"person {user_id}",
        detail={"membership": membership_id, "role": held.role, "urn": held.urn},
    )  # fmt: skip
