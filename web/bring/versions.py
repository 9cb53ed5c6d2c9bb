"""The versions of a partnership's figures: the list, each as a workbook, and what each changed."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from planner.export.partnership_workbook import write_partnership_workbook
from planner.intake.differences import differences
from planner.pots import without_whose
from planner.store import Transaction
from planner.store.partnerships import Version
from web.access import Permission, requires
from web.bring.files import workbook, written
from web.bring.frame import changes_of, frame
from web.bring.version_presenters import versions_view
from web.draws import draw_reader
from web.wiring import Wiring

VERSIONS = "/partnerships/<id:partnership_id>/versions"
Answer = str | Response | tuple[str, int]


def add_versions(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of versions."""
    store = wiring.store

    @routes.get(VERSIONS)
    @requires(Permission.READ_PLAN)
    def versions(partnership_id: int) -> Answer:
        with store.read() as tx:
            return render_template(
                "bring/versions.html", frame=frame(tx, partnership_id, "bring.versions"), view=versions_view(tx, partnership_id)
            )

    @routes.get(f"{VERSIONS}/<id:version>/workbook")
    @requires(Permission.EXPORT)
    def version_workbook(partnership_id: int, version: int) -> Response:
        with store.read() as tx:
            kept = found(tx, partnership_id, version)
        partnership = without_whose(kept.partnership(), draw_reader(partnership_id))
        return workbook(written(partial(write_partnership_workbook, partnership)), f"{partnership.name}, version {version}")

    @routes.get(f"{VERSIONS}/<id:version>/differences")
    @requires(Permission.READ_PLAN)
    def changes(partnership_id: int, version: int) -> Answer:
        may_read = draw_reader(partnership_id)
        with store.read() as tx:
            after, before = found(tx, partnership_id, version), found(tx, partnership_id, version - 1)
            return render_template(
                "bring/changes.html",
                frame=frame(tx, partnership_id, "bring.changes"),
                version=version,
                note=after.note,
                changes=changes_of(
                    differences(without_whose(before.partnership(), may_read), without_whose(after.partnership(), may_read)), "What changed"
                ),
            )

    def found(tx: Transaction, partnership_id: int, version: int) -> Version:
        kept = tx.partnerships.version(partnership_id=partnership_id, version=version)
        if kept is None:
            abort(404)
        return kept
