"""The operations of the API, their description for programs and for people."""

from __future__ import annotations

import functools

from flask import Blueprint, Response, render_template

from planner.documents import Json
from planner.errors import InputMustBeMended
from web.access import public
from web.api.document import document
from web.api.operations import BASE, Operations, json_answer
from web.api.pace import Pace
from web.api.partnerships import add_partnerships
from web.api.plans import add_plans
from web.api.policies import add_policies
from web.api.presenters import reference_view
from web.api.runs import add_runs
from web.api.who import know_programs
from web.problems import problem
from web.wiring import Wiring


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of the API."""
    routes = Blueprint("api", __name__)
    pace = Pace()
    routes.before_app_request(lambda: know_programs(wiring.store, pace))
    routes.register_error_handler(InputMustBeMended, lambda refused: problem(422, str(refused)))
    operations = Operations(routes)
    for add in (add_partnerships, add_policies, add_runs, add_plans):
        add(operations, wiring)

    @functools.cache
    def described() -> Json:
        return document(operations.all)

    @routes.get(f"{BASE}/openapi.json")
    @public
    def openapi() -> Response:
        return json_answer(described())

    @routes.get("/help/programs")
    @public
    def reference() -> str:
        return render_template("api/reference.html", view=reference_view(operations.all, described()))

    return routes
