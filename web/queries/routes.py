"""Questions about a line of a school's figures: asked, answered, closed."""

from __future__ import annotations

from flask import Blueprint

from web.access import Permission, requires
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("queries", __name__)

    @routes.get("/partnerships/<id:partnership_id>/questions")
    @requires(Permission.READ_PLAN)
    def queries(partnership_id: int) -> str:
        return "soon"

    return routes
