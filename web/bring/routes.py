"""Bring a partnership: upload or build, look at the findings, confirm; versions and their differences."""

from __future__ import annotations

from flask import Blueprint

from web.bring.build import add_build
from web.bring.choose import add_choose
from web.bring.dfe_files import add_dfe_files
from web.bring.order import add_order
from web.bring.policy import add_policy
from web.bring.register import Register
from web.bring.uploads import add_uploads
from web.bring.versions import add_versions
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("bring", __name__)
    add_versions(routes, wiring)
    add_choose(routes, wiring)
    add_uploads(routes, wiring)
    register = Register(wiring.store)
    add_build(routes, wiring, register)
    add_order(routes, wiring, register)
    add_policy(routes, wiring)
    add_dfe_files(routes, wiring)
    return routes
