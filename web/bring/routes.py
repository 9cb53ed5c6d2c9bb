"""Bring a partnership: upload or build, look at the findings, confirm; versions and their differences."""

from __future__ import annotations

from flask import Blueprint

from web.access import Permission, requires
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("bring", __name__)

    @routes.get("/partnerships/<id:partnership_id>/versions")
    @requires(Permission.READ_PLAN)
    def versions(partnership_id: int) -> str:
        return "soon"

    @routes.get("/partnerships/<id:partnership_id>/bring")
    @requires(Permission.UPLOAD)
    def choose(partnership_id: int) -> str:
        return "soon"

    @routes.get("/dfe-files")
    @requires(Permission.RUN_THE_HOUSE)
    def dfe_files() -> str:
        return "soon"

    return routes
