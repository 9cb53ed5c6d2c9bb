"""The council's page over its partnerships, its tables to take away, and its own supply."""

from __future__ import annotations

import io

from flask import Blueprint, Response, abort, render_template, send_file

from planner.store import Role
from web.access import Permission, me, requires
from web.council.lines import add_lines
from web.council.presenters import CouncilView, council_view, gathered
from web.council.public import public_table
from web.council.supply import add_supply
from web.plans.files import table_csv, tables_zip
from web.tables import TableView
from web.wiring import Wiring

COUNCIL = "/council"
COMMISSIONS = requires(Permission.ENTER_COUNCIL_SUPPLY)


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("council", __name__)
    add_supply(routes, wiring)
    add_lines(routes, wiring)

    def view(*, is_public: bool = False) -> CouncilView:
        ids = [m.partnership_id for m in me().memberships if m.role is Role.COMMISSIONER and m.partnership_id is not None]
        return council_view(gathered(wiring.store, wiring.shelf, ids), is_public=is_public)

    def tables() -> dict[str, TableView]:
        return {one.name: one for one in view().tables}

    def send(content: bytes, mimetype: str, name: str) -> Response:
        answer: Response = send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
        return answer

    @routes.get(COUNCIL)
    @COMMISSIONS
    def overview() -> str:
        return render_template("council/overview.html", view=view())

    @routes.get(f"{COUNCIL}/tables/<name>.csv")
    @COMMISSIONS
    def table(name: str) -> Response:
        found = tables().get(name)
        if found is None:
            abort(404)
        return send(table_csv(found), "text/csv; charset=utf-8", f"council-{name}.csv")

    @routes.get(f"{COUNCIL}/tables.zip")
    @COMMISSIONS
    def working_copy() -> Response:
        return send(tables_zip(tables()), "application/zip", "council-working-copy.zip")

    @routes.get(f"{COUNCIL}/public.zip")
    @COMMISSIONS
    def public_copy() -> Response:
        """The tables that may be published: they tell no more of pupils than the packs for publication of the plans that schools read."""
        return send(
            tables_zip({one.name: public_table(one) for one in view(is_public=True).tables}), "application/zip", "council-public-copy.zip"
        )

    return routes
