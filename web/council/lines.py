"""The plan of one partnership under the headings of the council's own returns: a page, its tables, and all of them to take away."""

from __future__ import annotations

import io

from flask import Blueprint, Response, abort, render_template, send_file

from web.access import Permission, requires
from web.council.lines_presenters import LinesView, lines_view
from web.council.presenters import gathered
from web.plans.files import table_csv, tables_zip
from web.wiring import Wiring

LINES = "/partnerships/<id:partnership_id>/council-lines"
COMMISSIONS = requires(Permission.ENTER_COUNCIL_SUPPLY)


def add_lines(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of the council's lines."""

    def view(partnership_id: int) -> LinesView:
        members = gathered(wiring.store, wiring.shelf, [partnership_id])
        if not members:
            abort(404)
        return lines_view(members[0])

    def send(content: bytes, mimetype: str, name: str) -> Response:
        answer: Response = send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
        return answer

    @routes.get(LINES)
    @COMMISSIONS
    def lines(partnership_id: int) -> str:
        return render_template("council/lines.html", view=view(partnership_id))

    @routes.get(f"{LINES}/<part>.csv")
    @COMMISSIONS
    def lines_table(partnership_id: int, part: str) -> Response:
        found = next((one for one in view(partnership_id).tables if one.name == part), None)
        if found is None:
            abort(404)
        return send(table_csv(found), "text/csv; charset=utf-8", f"council-lines-{part}.csv")

    @routes.get(f"{LINES}.zip")
    @COMMISSIONS
    def lines_copy(partnership_id: int) -> Response:
        tables = {one.name: one for one in view(partnership_id).tables}
        if not tables:
            abort(404)
        return send(tables_zip(tables), "application/zip", "council-lines.zip")
