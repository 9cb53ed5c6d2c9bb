"""A link that lets somebody who forgot their password choose a new one: made by the house, used once, within a day."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.store.people import User as Person
from planner.store.sight import seeing_the_house
from web.access import Permission, me, public, requires
from web.accounts.passwords import fault_of, hash_of
from web.accounts.session import user_of
from web.forms import Form
from web.names import partnership_names
from web.people import links
from web.people.account_presenters import account_view
from web.people.forms import ChosenPasswordForm
from web.watching import Why, refused
from web.wiring import Wiring
from web.words import moment

Answer = str | Response | tuple[str, int]
OF_ACCOUNT = "/accounts/<id:user_id>/password-link"


def add_password_links(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of password links."""
    store, shelf = wiring.store, wiring.shelf

    # --- the administrator makes one ---

    @routes.get(OF_ACCOUNT)
    @requires(Permission.RUN_THE_HOUSE)
    def new_password_link(user_id: int) -> Answer:
        with store.read() as tx:
            view = account_view(tx, shelf, me(), user_id)
            until = tx.password_links.waits_until(user_id=user_id)
        if view is None or view.is_erased:
            abort(404)
        token = links.take(_what(user_id))
        link = "" if token is None or until is None else url_for("people.password_link", token=token, _external=True)
        page = render_template(
            "people/new_password_link.html", view=view, link=link, until="" if until is None else moment(until), form=Form()
        )  # fmt: skip
        return links.kept_nowhere(page) if link else page

    @routes.post(OF_ACCOUNT)
    @requires(Permission.RUN_THE_HOUSE)
    def make_password_link(user_id: int) -> Answer:
        with store.begin() as tx:
            person = tx.people.user(user_id=user_id)
            if person is None or person.disabled_at is not None:
                abort(404)
            token = tx.password_links.make(user_id=user_id, by=me().user_id)
            tx.events.record(partnership_id=None, by=me().user_id, action="password link made", subject=f"person {user_id}")
        links.keep_for_next_page(_what(user_id), token)
        flash("The link is made. Now send it.", "success")
        return redirect(url_for("people.new_password_link", user_id=user_id), 303)

    # --- whoever has it chooses a password ---

    @routes.get("/password-links/<token>")
    @public
    def password_link(token: str) -> Answer:
        return show(owner(token), ChosenPasswordForm())

    @routes.post("/password-links/<token>")
    @public
    def choose_password(token: str) -> Answer:
        person, form = owner(token), ChosenPasswordForm()
        if person is None or not form.validate():
            return show(person, form, 422)
        with seeing_the_house(), store.read() as tx:
            user = user_of(tx, person.id)
            places = partnership_names(tx, () if user is None else user.partnership_ids)
        fault = fault_of(form.password.data, (person.name, person.sign_in), places)
        if fault:
            form.password.errors = [fault]
            return show(person, form, 422)
        hashed = hash_of(form.password.data)  # outside the transaction: it takes a tenth of a second on purpose
        with seeing_the_house(), store.begin() as tx:
            user_id = tx.password_links.use(token=token)
            if user_id is not None:
                tx.people.set_password_hash(user_id=user_id, password_hash=hashed)
                ended = tx.sessions.revoke_all(user_id=user_id)
                tx.throttle.succeeded(sign_in=person.sign_in)
                tx.events.record(
                    partnership_id=None, by=user_id, action="password chosen by link", subject=f"person {user_id}",
                    detail={"sessions_ended": ended},
                )  # fmt: skip
        if user_id is None:
            return show(None, form)
        flash("Your new password is kept. Sign in with it.", "success")
        return redirect(url_for("accounts.sign_in"), 303)

    def owner(token: str) -> Person | None:
        with store.read() as tx:
            user_id = tx.password_links.user_id(token=token)
            return None if user_id is None else tx.people.user(user_id=user_id)

    def show(person: Person | None, form: ChosenPasswordForm, status: int = 200) -> tuple[str, int]:
        if person is None:
            refused(Why.SPENT_LINK)
            return render_template("people/password_link_spent.html"), 410
        return render_template("people/choose_password.html", form=form, sign_in=person.sign_in), status


def _what(user_id: int) -> str:
    return f"password {user_id}"
