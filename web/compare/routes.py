"""The page that compares, and its workbook. Everything it shows is in its address."""

from __future__ import annotations

import io

from flask import Blueprint, abort, render_template, request, send_file
from werkzeug.wrappers import Response

from planner.compare import LEAST_SIDES, MOST_SIDES, Comparison
from planner.export.compare_workbook import compare_workbook
from web.access import Permission, requires
from web.compare.asked import Asked, asked_in
from web.compare.presenters import compared, page_view
from web.compare.sides import Sides
from web.names import partnership_name
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
COMPARE = "/partnerships/<id:partnership_id>/compare"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("compare", __name__)
    store = wiring.store
    sides = Sides(store, wiring.shelf)

    def asked(partnership_id: int) -> Asked:
        here = asked_in(request.args)
        return here if "of" in request.args else Asked(of=sides.standard(partnership_id), part=here.part)

    def find(partnership_id: int, here: Asked) -> Comparison | None:
        if not LEAST_SIDES <= len(here.of) <= MOST_SIDES:
            return None
        return sides.compared(partnership_id, here.ways)

    @routes.get(COMPARE)
    @requires(Permission.COMPARE)
    def page(partnership_id: int) -> Answer:
        here = asked(partnership_id)
        found = find(partnership_id, here)
        offers = sides.offers(partnership_id, here.of)
        with store.read() as tx:
            view = page_view(
                partnership_id, partnership_name(tx, partnership_id), here, offers, is_asked="of" in request.args, is_found=found is not None
            )  # fmt: skip
        shown = None if found is None else compared(partnership_id, here, found)
        return render_template("compare/compare.html", view=view, compared=shown), 422 if view.fault else 200

    @routes.get(f"{COMPARE}/compare.xlsx")
    @requires(Permission.COMPARE)
    def workbook(partnership_id: int) -> Response:
        found = find(partnership_id, asked(partnership_id))
        if found is None:
            abort(404)
        answer: Response = send_file(io.BytesIO(compare_workbook(found)), mimetype=_XLSX, as_attachment=True, download_name="compare.xlsx")
        return answer

    return routes
