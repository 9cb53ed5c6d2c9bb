"""Plan it: ask for a run, watch it, use its best plan or cancel it."""

from __future__ import annotations

from flask import Blueprint

from web.access import Permission, requires
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("runs", __name__)

    @routes.get("/partnerships/<id:partnership_id>/runs")
    @requires(Permission.READ_PLAN)
    def runs(partnership_id: int) -> str:
        return "soon"

    return routes
