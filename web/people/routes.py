"""The people of a partnership and the accounts of the house."""

from __future__ import annotations

from flask import Blueprint

from web.access import Permission, requires
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("people", __name__)

    @routes.get("/partnerships/<id:partnership_id>/people")
    @requires(Permission.MANAGE_ACCOUNTS)
    def people(partnership_id: int) -> str:
        return "soon"

    @routes.get("/accounts")
    @requires(Permission.RUN_THE_HOUSE)
    def accounts() -> str:
        return "soon"

    return routes
