"""Look round what the partnership brought: schools and their need, money, services and people, bases, last year."""

from __future__ import annotations

from flask import Blueprint

from web.access import Permission, requires
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("figures", __name__)

    @routes.get("/partnerships/<id:partnership_id>/figures")
    @requires(Permission.READ_PLAN)
    def schools(partnership_id: int) -> str:
        return "soon"

    @routes.get("/partnerships/<id:partnership_id>/figures/schools/<id:urn>")
    @requires(Permission.READ_PLAN)
    def school(partnership_id: int, urn: int) -> str:
        return "soon"

    return routes
