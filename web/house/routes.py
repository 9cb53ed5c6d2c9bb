"""Running the service: its health, its backups, its policy packs; and whether it is ready, for a program that asks."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirection

from planner.errors import PlannerError
from web.access import Permission, me, public, requires
from web.house.packs import add_newer_pack, add_packs
from web.house.presenters import backups_view, health_view, steps
from web.wiring import Wiring

Answer = str | Redirection | tuple[str, int]


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("house", __name__)
    store = wiring.store
    add_packs(routes, store)
    add_newer_pack(routes, store)

    @routes.get("/readyz")
    @public
    def readyz() -> Response:
        is_ready = store.is_ready()
        return Response("ready\n" if is_ready else "not ready\n", 200 if is_ready else 503, content_type="text/plain; charset=utf-8")

    @routes.get("/health")
    @requires(Permission.RUN_THE_HOUSE)
    def health() -> Answer:
        return render_template("house/health.html", view=health_view(store), steps=steps("house.health"))

    @routes.get("/backups")
    @requires(Permission.RUN_THE_HOUSE)
    def backups() -> Answer:
        return show_backups(200)

    @routes.post("/backups")
    @requires(Permission.RUN_THE_HOUSE)
    def back_up() -> Answer:
        try:
            made = store.back_up()
        except PlannerError as refused:
            return show_backups(422, fault=str(refused))
        with store.begin() as tx:
            tx.events.record(
                partnership_id=None, by=me().user_id, action="backup made", subject=made.path.name, detail={"bytes": made.size_bytes}
            )
        flash(f"The backup {made.path.name} is made and was checked.", "success")
        return redirect(url_for("house.backups"), 303)

    def show_backups(status: int, *, fault: str = "") -> Answer:
        return render_template("house/backups.html", view=backups_view(store), steps=steps("house.backups"), fault=fault), status

    return routes
