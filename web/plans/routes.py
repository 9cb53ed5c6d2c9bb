"""The pages of a plan. Each finds its plan, asks a presenter for its words, and fills a template."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.export.summary import summary_lines
from web.access import Permission, requires
from web.plans.presenters import needs, quality, resources, schools
from web.plans.presenters.frame import frame, plan_list
from web.plans.presenters.place_map import place_map
from web.plans.presenters.summary import summary
from web.shelf import KeptPlan
from web.wiring import Wiring

PLANS = "/partnerships/<id:partnership_id>/plans"
PLAN = f"{PLANS}/<id:plan_id>"
READ = requires(Permission.READ_PLAN)
_BASES_LINE, _MONEY_LINE = 3, 4
"""Where bases and money stand in the plan's summary of eight lines."""


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("plans", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        return kept

    def show(kept: KeptPlan, page: str, view: object | None) -> str:
        if view is None:
            abort(404)
        return render_template(f"plans/{page}.html", frame=frame(kept, str(request.endpoint)), view=view)

    @routes.get(PLANS)
    @READ
    def list_plans(partnership_id: int) -> str:
        with store.read() as tx:
            view = plan_list(tx, partnership_id)
        return render_template("plans/list.html", view=view)

    @routes.get("/partnerships/<id:partnership_id>/our-school/<id:urn>")
    @READ
    def our_school(partnership_id: int, urn: int) -> Response:
        """The school in the newest plan; where there is none, its figures."""
        plan_id = shelf.latest_plan_id(partnership_id)
        if plan_id is None:
            return redirect(url_for("figures.school", partnership_id=partnership_id, urn=urn), 303)
        return redirect(url_for("plans.school", partnership_id=partnership_id, plan_id=plan_id, urn=urn), 303)

    @routes.get(PLAN)
    @READ
    def summary_page(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "summary", summary(kept))

    @routes.get(f"{PLAN}/more-and-less")
    @READ
    def changes(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "changes", schools.changes(kept))

    @routes.get(f"{PLAN}/schools")
    @READ
    def all_schools(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "schools", schools.ledger_table(kept))

    @routes.get(f"{PLAN}/schools/<id:urn>")
    @READ
    def school(partnership_id: int, plan_id: int, urn: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "school", schools.our_school(kept, urn))

    @routes.get(f"{PLAN}/map")
    @READ
    def map_page(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "map", place_map(kept))

    @routes.get(f"{PLAN}/services")
    @READ
    def services(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "services", resources.services(kept))

    @routes.get(f"{PLAN}/bases")
    @READ
    def bases(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "bases", resources.bases(kept, _line(kept, _BASES_LINE)))

    @routes.get(f"{PLAN}/standards")
    @READ
    def standards(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "standards", needs.standards(kept))

    @routes.get(f"{PLAN}/standards/<standard_id>")
    @READ
    def standard(partnership_id: int, plan_id: int, standard_id: str) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "standard", needs.one_standard(kept, standard_id))

    @routes.get(f"{PLAN}/money")
    @READ
    def money(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "money", resources.money(kept, _line(kept, _MONEY_LINE)))

    @routes.get(f"{PLAN}/other-ways")
    @READ
    def other_ways(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "other_ways", quality.other_ways(kept))

    @routes.get(f"{PLAN}/how-good")
    @READ
    def how_good(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "how_good", quality.quality(kept))

    return routes


def _line(kept: KeptPlan, number: int) -> str:
    return summary_lines(kept.facts.plan, kept.facts.world)[number]
