"""Go to the provider, come back, sign out of it; and how an administrator says whom it may let in."""

from __future__ import annotations

import logging
import secrets

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from planner.errors import AlreadyTaken
from planner.store.provider_sign_ins import Visit
from planner.store.sight import seeing_the_house
from web.access import Permission, me, public, requires, the_user
from web.accounts.routes import wait_words, way_back, welcome
from web.accounts.session import FROM_PROVIDER
from web.openid import Identity, Provider, ProviderIsDown, SignInRefused
from web.provider import presenters
from web.provider.forms import ADDRESS, KnownByForm
from web.provider.presenters import EndingView, KnownByView
from web.watching import Why, refused
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
BROWSER = "provider_browser"
"""Where the cookie keeps the secret that ties a visit to the browser it was begun in."""
LONGEST_TOKEN = 1500
"""Letters of a token that still fit in a cookie of 4,096 bytes beside the rest; a longer one is not kept."""
OF_ACCOUNT = "/accounts/<id:user_id>/provider"
ENTERED_MEANWHILE = "Somebody else has entered this meanwhile. Nothing was changed: it is shown below."
log = logging.getLogger(__name__)


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey; none where no provider is set."""
    routes = Blueprint("provider", __name__)
    name = "" if wiring.provider is None else wiring.provider.name
    routes.record_once(lambda setup: setup.app.jinja_env.globals.update(provider_name=name))
    if wiring.provider is not None:
        _add_sign_in(routes, wiring, wiring.provider)
        _add_entering(routes, wiring, wiring.provider)
    return routes


def _add_sign_in(routes: Blueprint, wiring: Wiring, provider: Provider) -> None:
    store = wiring.store

    @routes.get("/sign-in/provider")
    @public
    def start() -> Answer:
        if the_user() is not None:
            return redirect(way_back(), 303)
        browser = session.setdefault(BROWSER, secrets.token_urlsafe(32))
        with store.begin() as tx:
            wait = tx.throttle.wait_before_try(sign_in=_as_tried(browser), network=_network())
            state, visit = tx.provider_sign_ins.begin_visit(browser=browser, back=way_back()) if not wait else ("", None)
        if visit is None:
            return show(presenters.braked(wait_words(wait)))
        try:
            address = provider.visit_address(state=state, nonce=visit.nonce, verifier=visit.verifier, come_back_to=_return_address())
        except ProviderIsDown as error:
            log.warning("The sign-in provider is down: %s.", error)
            return show(presenters.down(provider.name))
        return redirect(address, 303)

    @routes.get("/sign-in/provider/return")
    @public
    def come_back() -> Answer:
        browser, state = session.get(BROWSER), request.args.get("state")
        if not browser or not state:
            return show(presenters.refused(provider.name))
        with store.begin() as tx:
            visit, now = tx.provider_sign_ins.finish_visit(state=state, browser=browser), tx.now // 1000
        if visit is None:
            return show(presenters.refused(provider.name))
        try:
            identity, token = identify(visit, now)
        except ProviderIsDown as error:
            log.warning("The sign-in provider is down: %s.", error)
            return show(presenters.down(provider.name))
        except SignInRefused as error:
            log.warning("A sign-in through the provider was refused: %s.", error)
            return show(presenters.refused(provider.name))
        if identity is None:
            return show(presenters.turned_away(provider.name))
        with seeing_the_house(), store.begin() as tx:
            found = tx.provider_sign_ins.person(issuer=provider.issuer, subject=identity.subject, address=identity.address)
            if found is not None:
                tx.throttle.succeeded(sign_in=_as_tried(browser))
                if found.first_used_at is None:
                    tx.events.record(
                        partnership_id=None, by=found.user_id, action="sign-in through provider bound", subject=f"person {found.user_id}"
                    )  # fmt: skip
                welcome(tx, found.user_id, provider_token=token if len(token) <= LONGEST_TOKEN else "")
        return show(presenters.unknown(provider.name)) if found is None else redirect(visit.back, 303)

    @routes.get("/sign-out/provider")
    @public
    def signed_out() -> Answer:
        token = session.pop(FROM_PROVIDER, None) if the_user() is None else None
        there = None if token is None else provider.sign_out_address(token=token, come_back_to=url_for("accounts.sign_in", _external=True))
        if there is None:
            return redirect(url_for("accounts.sign_in"), 303)
        return _kept_nowhere(render_template("provider/signed_out.html", there=there))

    def identify(visit: Visit, now: int) -> tuple[Identity | None, str]:
        """Who came back, with the token that says so; nobody where the provider let nobody through."""
        provider.check_who_answers(request.args.get("iss"))
        if request.args.get("error"):
            return None, ""
        code = request.args.get("code")
        if not code:
            raise SignInRefused("no code came")
        token = provider.id_token(code=code, verifier=visit.verifier, come_back_to=_return_address())
        return provider.identity(token, nonce=visit.nonce, now=now), token

    def show(ending: EndingView) -> Response:
        if ending.status in {400, 403}:
            refused(Why.PROVIDER)
        return _kept_nowhere(render_template("provider/ending.html", view=ending), ending.status)


def _add_entering(routes: Blueprint, wiring: Wiring, provider: Provider) -> None:
    store = wiring.store

    @routes.get(OF_ACCOUNT)
    @requires(Permission.RUN_THE_HOUSE)
    def of_account(user_id: int) -> Answer:
        return show(find(user_id), KnownByForm())

    @routes.post(OF_ACCOUNT)
    @requires(Permission.RUN_THE_HOUSE)
    def enter(user_id: int) -> Answer:
        view, form = find(user_id), KnownByForm()
        if not form.validate():
            return show(view, form, 422)
        is_address = form.kind.data == ADDRESS
        try:
            with store.begin() as tx:
                is_new = tx.provider_sign_ins.entered(user_id=user_id) is None
                if is_new:
                    tx.provider_sign_ins.enter(
                        user_id=user_id, issuer=provider.issuer, address=form.known_by.data if is_address else None,
                        subject=None if is_address else form.known_by.data, by=me().user_id,
                    )  # fmt: skip
                    tx.events.record(
                        partnership_id=None, by=me().user_id, action="sign-in through provider entered", subject=f"person {user_id}",
                        detail={"by": form.kind.data},
                    )  # fmt: skip
        except AlreadyTaken as error:
            form.known_by.errors = [str(error)]
            return show(view, form, 422)
        if is_new:
            flash(f"{view.name} can now sign in through {provider.name}.", "success")
        else:
            flash(ENTERED_MEANWHILE, "important")
        return redirect(url_for("provider.of_account", user_id=user_id), 303)

    @routes.post(f"{OF_ACCOUNT}/take-away")
    @requires(Permission.RUN_THE_HOUSE)
    def take_away(user_id: int) -> Answer:
        view = find(user_id)
        with store.begin() as tx:
            is_gone = tx.provider_sign_ins.remove(user_id=user_id)
            if is_gone:
                ended = tx.sessions.revoke_all(user_id=user_id)
                tx.events.record(
                    partnership_id=None, by=me().user_id, action="sign-in through provider taken away", subject=f"person {user_id}",
                    detail={"sessions_ended": ended},
                )  # fmt: skip
        if is_gone:
            flash(f"{view.name} can no longer sign in through {provider.name}.", "success")
        return redirect(url_for("provider.of_account", user_id=user_id), 303)

    def find(user_id: int) -> KnownByView:
        with store.read() as tx:
            view = presenters.known_by_view(tx, user_id, provider=provider.name, issuer=provider.issuer)
        if view is None:
            abort(404)
        return view

    def show(view: KnownByView, form: KnownByForm, status: int = 200) -> tuple[str, int]:
        return render_template("provider/of_account.html", view=view, form=form), status


def _as_tried(browser: str) -> str:
    return f"provider {browser}"


def _network() -> str:
    """Where a visit comes from, counted apart from sign-in by password: visits that nobody ends keep no school from that."""
    return f"provider {request.remote_addr or ''}"


def _return_address() -> str:
    return url_for("provider.come_back", _external=True)


def _kept_nowhere(page: str, status: int = 200) -> Response:
    answer: Response = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
