"""Everything of a partnership in one ZIP, for its administrators."""

from __future__ import annotations

import io

from flask import Blueprint, render_template, send_file
from werkzeug.wrappers import Response

from planner.export.csv_file import zip_bytes
from planner.store.archive import LEFT_OUT, TAKEN
from web.access import Permission, me, requires
from web.everything.files import files_of
from web.forms import Form
from web.names import partnership_name
from web.wiring import Wiring

EVERYTHING = "/partnerships/<id:partnership_id>/everything"


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("everything", __name__)
    store = wiring.store

    @routes.get(EVERYTHING)
    @requires(Permission.TAKE_EVERYTHING)
    def page(partnership_id: int) -> str:
        with store.read() as tx:
            name = partnership_name(tx, partnership_id)
        return render_template("everything/page.html", partnership=name, taken=TAKEN.values(), left_out=LEFT_OUT.values(), form=Form())

    @routes.post(EVERYTHING)
    @requires(Permission.TAKE_EVERYTHING)
    def take(partnership_id: int) -> Response:
        with store.begin() as tx:  # first, so that what is taken says itself who took it
            tx.events.record(partnership_id=partnership_id, by=me().user_id, action="everything taken away")
        with store.read() as tx:
            content = zip_bytes(files_of(tx, partnership_id))
        answer: Response = send_file(
            io.BytesIO(content),
            mimetype="application/zip",
            as_attachment=True,
            download_name=f"partnership-{partnership_id}-everything.zip",
        )
        return answer

    return routes
