"""Read the plan: counts first, then by school, service, base, standard and fund, and how good it is."""

from __future__ import annotations

from flask import Blueprint

from web.plans.routes import make_blueprint
from web.plans.shelf import Shelf


def blueprint(shelf: Shelf) -> Blueprint:
    """The routes of this journey."""
    return make_blueprint(shelf)
