"""The accounts of the house: who has one, and close, open or erase it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.intake.reading import clean_text
from planner.store import Transaction
from web.access import Permission, me, requires
from web.forms import Form
from web.people.account_presenters import HeldAccountView, account_view, accounts_view
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
ACCOUNT = "/accounts/<id:user_id>"


def add_accounts(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of accounts."""
    store, shelf = wiring.store, wiring.shelf

    @routes.get("/accounts")
    @requires(Permission.RUN_THE_HOUSE)
    def accounts() -> Answer:
        with store.read() as tx:
            view = accounts_view(tx, shelf, clean_text(request.args.get("find", "")), request.args.get("page", 1, type=int))
        return render_template("people/accounts.html", view=view)

    @routes.get(ACCOUNT)
    @requires(Permission.RUN_THE_HOUSE)
    def account(user_id: int) -> Answer:
        return render_template("people/account.html", view=find(user_id))

    @routes.get(f"{ACCOUNT}/disable")
    @requires(Permission.RUN_THE_HOUSE)
    def disable(user_id: int) -> Answer:
        return render_template("people/disable.html", view=find_others(user_id), form=Form())

    @routes.post(f"{ACCOUNT}/disable")
    @requires(Permission.RUN_THE_HOUSE)
    def disable_now(user_id: int) -> Answer:
        view = find_others(user_id)

        def end(tx: Transaction) -> bool:
            tx.sessions.revoke_all(user_id=user_id)
            return tx.people.disable(user_id=user_id)

        change(user_id, "account disabled", end)
        flash(f"The account of {view.name} is disabled, and {view.name} is signed out everywhere.", "success")
        return redirect(url_for("people.account", user_id=user_id), 303)

    @routes.post(f"{ACCOUNT}/enable")
    @requires(Permission.RUN_THE_HOUSE)
    def enable_now(user_id: int) -> Answer:
        view = find_others(user_id)
        change(user_id, "account enabled", lambda tx: tx.people.enable(user_id=user_id))
        flash(f"The account of {view.name} is open again.", "success")
        return redirect(url_for("people.account", user_id=user_id), 303)

    @routes.get(f"{ACCOUNT}/erase")
    @requires(Permission.RUN_THE_HOUSE)
    def erase(user_id: int) -> Answer:
        return render_template("people/erase.html", view=find_others(user_id), form=Form())

    @routes.post(f"{ACCOUNT}/erase")
    @requires(Permission.RUN_THE_HOUSE)
    def erase_now(user_id: int) -> Answer:
        find_others(user_id)
        change(user_id, "name erased", lambda tx: tx.people.erase(user_id=user_id))
        flash(f"The name is erased. In the log this person is number {user_id}.", "success")
        return redirect(url_for("people.accounts"), 303)

    def find(user_id: int) -> HeldAccountView:
        with store.read() as tx:
            view = account_view(tx, shelf, me(), user_id)
        if view is None:
            abort(404)
        return view

    def find_others(user_id: int) -> HeldAccountView:
        """An account that is neither one's own nor erased: nobody closes the door behind themselves."""
        view = find(user_id)
        if view.is_own or view.is_erased:
            abort(404)
        return view

    def change(user_id: int, action: str, make: Callable[[Transaction], bool]) -> None:
        """Change somebody else's account while one's own still counts, and record it; nothing where it is so already."""
        with store.begin() as tx:
            if me().user_id not in tx.people.house_administrators():  # two who close each other's account take turns
                abort(403)
            if make(tx):
                tx.events.record(partnership_id=None, by=me().user_id, action=action, subject=f"person {user_id}")
