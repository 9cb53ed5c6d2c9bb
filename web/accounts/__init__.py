"""Who is asking. For now one link, printed on the terminal, opens the app on this computer; accounts come next."""

from __future__ import annotations

from flask import Blueprint

from web.accounts.routes import make_blueprint
from web.settings import Settings


def blueprint(settings: Settings) -> Blueprint:
    """The routes of this journey."""
    return make_blueprint(settings)
