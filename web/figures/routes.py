"""The pages of what a partnership brought; a head confirms the figures of their own school."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.store import Transaction
from web.access import Permission, me, requires
from web.figures.bases import bases_view
from web.figures.frame import Brought, frame
from web.figures.last_year import last_year_view
from web.figures.money import money_view
from web.figures.need import need_view, zone_view
from web.figures.people import people_view
from web.figures.school import school_view
from web.figures.schools import schools_view
from web.figures.sources import policy_figures_view, sources_view
from web.wiring import Wiring

FIGURES = "/partnerships/<id:partnership_id>/figures"
SCHOOL = f"{FIGURES}/schools/<id:urn>"
READ = requires(Permission.READ_PLAN)
_MOST_DIGITS = 9


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("figures", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, version: int | None) -> Brought | None:
        """The version asked for, or the newest; None where the partnership has brought nothing."""
        with store.read() as tx:
            here = tx.partnerships.partnership(partnership_id=partnership_id)
        if here is None:
            abort(404)
        figures = shelf.figures(partnership_id, version)
        if figures is None and version is not None:
            abort(404)
        return None if figures is None else Brought(figures, here.latest_version)

    def show(partnership_id: int, page: str, view_of: Callable[[Brought, Transaction], object | None], **where: object) -> str:
        brought = find(partnership_id, _version(request.args.get("version")))
        with store.read() as tx:
            if brought is None:
                return render_template("figures/none.html", partnership=tx.partnerships.partnership(partnership_id=partnership_id))
            view = view_of(brought, tx)
        if view is None:
            abort(404)
        return render_template(f"figures/{page}.html", frame=frame(brought, str(request.endpoint), **where), view=view)

    @routes.get(FIGURES)
    @READ
    def schools(partnership_id: int) -> str:
        return show(partnership_id, "schools", lambda brought, tx: schools_view(brought, tx, me()))

    @routes.get(SCHOOL)
    @READ
    def school(partnership_id: int, urn: int) -> str:
        return show(partnership_id, "school", lambda brought, tx: school_view(brought, tx, me(), urn), urn=urn)

    @routes.post(f"{SCHOOL}/confirm")
    @requires(Permission.CONFIRM_OWN_SCHOOL)
    def confirm(partnership_id: int, urn: int) -> Response:
        """Keep that the head found the version they looked at right, also where a newer one came meanwhile."""
        version = _version(request.form.get("version", ""))
        brought = find(partnership_id, version)
        if brought is None or urn not in brought.names:
            abort(404)
        with store.begin() as tx:
            if tx.schools.confirm(partnership_id=partnership_id, urn=urn, version=brought.version, user_id=me().user_id):
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="school figures confirmed", subject=f"school {urn}",
                    detail={"urn": urn, "version": brought.version},
                )  # fmt: skip
        flash(f"You have confirmed version {brought.version} of the figures of {brought.names[urn]}.", "success")
        if not brought.is_newest:
            flash(f"Version {brought.latest_version} was brought while you read. Look at it below and confirm it too.", "important")
        return redirect(url_for("figures.school", partnership_id=partnership_id, urn=urn), 303)

    @routes.get(f"{FIGURES}/need/zones/<id:number>")
    @READ
    def zone(partnership_id: int, number: int) -> str:
        return show(partnership_id, "zone", lambda brought, _: zone_view(brought, number), number=number)

    def page(path: str, name: str, view_of: Callable[[Brought], object]) -> None:
        @routes.get(FIGURES + path, endpoint=name)
        @READ
        def shown(partnership_id: int) -> str:
            return show(partnership_id, name, lambda brought, _: view_of(brought))

    page("/need", "need", need_view)
    page("/money", "money", money_view)
    page("/people", "people", people_view)
    page("/bases", "bases", bases_view)
    page("/last-year", "last_year", last_year_view)
    page("/sources", "sources", sources_view)
    page("/sources/policy", "policy_figures", lambda brought: policy_figures_view(brought.policy))

    return routes


def _version(text: str | None) -> int | None:
    """The version that an address or a form names; None where it names none."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS) or not int(text):
        abort(404)
    return int(text)
