"""One's own tokens: the list, a new one, the end of one."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.store.sight import seeing_the_house
from planner.store.tokens import Token
from web.access import me, signed_in
from web.forms import Form
from web.people import links
from web.tokens.forms import TokenForm
from web.tokens.presenters import FULL, token_view, tokens_view
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
TOKENS = "/account/tokens"
_NEW = "token"


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("tokens", __name__)
    store = wiring.store

    @routes.get(TOKENS)
    @signed_in
    def tokens() -> Answer:
        secret = links.take(_what())
        page = show(TokenForm(), secret=secret or "")
        return page if secret is None else links.kept_nowhere(page)

    @routes.post(TOKENS)
    @signed_in
    def make() -> Answer:
        form = TokenForm()
        if not form.validate():
            return show(form), 422
        with seeing_the_house(), store.begin() as tx:  # its log is the house's
            secret = tx.tokens.make(user_id=me().user_id, name=form.name.data, days=int(form.days.data))
            if secret is not None:
                tx.events.record(partnership_id=None, by=me().user_id, action="token made", detail={"days": int(form.days.data)})
        if secret is None:
            form.name.errors = [FULL]
            return show(form), 422
        links.keep_for_next_page(_what(), secret)
        flash("The token is made. Copy it now: it is shown only this once.", "success")
        return redirect(url_for("tokens.tokens"), 303)

    @routes.get(f"{TOKENS}/<id:token_id>/end")
    @signed_in
    def end(token_id: int) -> Answer:
        return render_template("tokens/end.html", view=token_view(mine(token_id)), form=Form())

    @routes.post(f"{TOKENS}/<id:token_id>/end")
    @signed_in
    def end_now(token_id: int) -> Answer:
        token = mine(token_id)
        with seeing_the_house(), store.begin() as tx:
            if tx.tokens.end(user_id=me().user_id, token_id=token_id):
                tx.events.record(partnership_id=None, by=me().user_id, action="token ended", subject=f"token {token_id}")
        flash(f"The token for {token.name} is ended. A program that still sends it is turned away.", "success")
        return redirect(url_for("tokens.tokens"), 303)

    def mine(token_id: int) -> Token:
        with store.read() as tx:
            found = next((token for token in tx.tokens.of(user_id=me().user_id) if token.id == token_id), None)
        if found is None:
            abort(404)
        return found

    def show(form: TokenForm, *, secret: str = "") -> str:
        with store.read() as tx:
            view = tokens_view(tx, me().user_id)
        return render_template("tokens/tokens.html", view=view, form=form, secret=secret)

    return routes


def _what() -> str:
    return f"{_NEW} {me().user_id}"
