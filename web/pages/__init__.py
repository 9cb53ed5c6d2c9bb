"""Pages that stand beside the work: help, accessibility, privacy, and the answer to "are you there?"."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from web.access import public
from web.wiring import Wiring


def blueprint(_: Wiring) -> Blueprint:
    """The routes of these pages."""
    routes = Blueprint("pages", __name__)

    @routes.get("/healthz")
    @public
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @routes.get("/help")
    @public
    def help_page() -> str:
        return render_template("pages/help.html")

    @routes.get("/accessibility")
    @public
    def accessibility() -> str:
        return render_template("pages/accessibility.html")

    @routes.get("/privacy")
    @public
    def privacy() -> str:
        return render_template("pages/privacy.html")

    return routes
