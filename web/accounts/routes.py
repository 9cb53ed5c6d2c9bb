"""Come in by the link, and go out again."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from web.access import public
from web.accounts.link import open_session, use_token
from web.settings import Settings


def make_blueprint(settings: Settings) -> Blueprint:
    """The routes, with the settings that say where the token lies."""
    routes = Blueprint("accounts", __name__)

    @routes.get("/sign-in")
    @public
    def sign_in() -> str:
        return render_template("accounts/sign_in.html", is_used=False, is_loopback=settings.is_loopback)

    @routes.get("/open")
    @public
    def open_link() -> Response | tuple[str, int]:
        if not use_token(settings, request.args.get("token", "")):
            return render_template("accounts/sign_in.html", is_used=True, is_loopback=settings.is_loopback), 403
        open_session()
        return redirect(url_for("plans.list_plans"), 303)

    @routes.post("/sign-out")
    @public
    def sign_out() -> Response:
        session.clear()
        return redirect(url_for("accounts.sign_in"), 303)

    return routes
