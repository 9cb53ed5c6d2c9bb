"""The app: a table of contents, nothing else."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from flask_wtf import CSRFProtect

from web import (
    accounts,
    api,
    bring,
    by_hand,
    change,
    compare,
    council,
    decide,
    everything,
    figures,
    home,
    house,
    meeting,
    packs,
    pages,
    people,
    plans,
    proposals,
    provider,
    queries,
    requests,
    roster,
    runs,
    tokens,
    try_it,
)
from web.access import guard, see_nobody_at_first
from web.accounts.session import know_people
from web.addresses import use_numbers
from web.assets import serve_assets
from web.errors import show_errors
from web.headers import refuse_foreign_forms, send_headers
from web.settings import LARGEST_REQUEST_BYTES, SESSION_HOURS, Settings
from web.templating import Templates, set_up_templates
from web.watching import tell_of_requests
from web.wiring import Wiring, wire

JOURNEYS = (
    pages,
    accounts,
    home,
    people,
    bring,
    figures,
    runs,
    plans,
    packs,
    queries,
    decide,
    council,
    house,
    compare,
    meeting,
    roster,
    change,
    by_hand,
    try_it,
    proposals,
    requests,
    provider,
    tokens,
    everything,
    api,
)
"""Each makes its routes over the same things: ``blueprint(wiring)``; its templates lie in its own folder."""


def create_app(settings: Settings, wiring: Wiring | None = None) -> Flask:
    """The whole app, ready to serve; raises RuntimeError when a route declares no access."""
    stands_on = wire(settings) if wiring is None else wiring
    app = Flask("web")
    app.jinja_environment = Templates
    app.config.from_mapping(_config(settings))
    see_nobody_at_first(app)
    use_numbers(app)
    tell_of_requests(app)
    forms_are_ours = CSRFProtect(app)
    refuse_foreign_forms(app)
    know_people(app, stands_on.store)
    set_up_templates(app, journeys=tuple(journey.__name__.removeprefix("web.") for journey in JOURNEYS))
    serve_assets(app)
    send_headers(app, settings)
    show_errors(app)
    for journey in JOURNEYS:
        app.register_blueprint(journey.blueprint(stands_on))
    forms_are_ours.exempt(app.blueprints["api"])  # a program sends no form, and no cookie counts there
    guard(app, stands_on.shelf.has_partnership)
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "DEBUG": False,  # whatever stands in the environment
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "__Host-planner" if settings.is_secure else "planner",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": dt.timedelta(hours=SESSION_HOURS),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST_BYTES,
        "TRUSTED_HOSTS": ["127.0.0.1", "localhost", "[::1]"] if settings.is_loopback else None,
        "WTF_CSRF_TIME_LIMIT": SESSION_HOURS * 3600,
    }
