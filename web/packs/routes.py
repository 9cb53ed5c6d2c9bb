"""The packs of a plan, each a ZIP: the board's, the one for publication, letters to governors."""

from __future__ import annotations

import functools
import io

from flask import Blueprint, abort, flash, redirect, send_file
from werkzeug.wrappers import Response

from planner.errors import PlannerError
from web.access import Permission, may, requires
from web.packs import files
from web.plans.files import file_name
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.standing import standing_of
from web.wiring import Wiring

PACKS = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/packs"


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("packs", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        return kept

    def stands(kept: KeptPlan) -> str:
        with store.read() as tx:
            return standing_of(tx, kept).line

    def send(kept: KeptPlan, content: bytes, part: str) -> Response:
        answer: Response = send_file(
            io.BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=file_name(kept, f"-{part}.zip")
        )
        return answer

    @functools.lru_cache(maxsize=4)
    def board_of(partnership_id: int, plan_id: int, standing: str) -> bytes:
        """A board's pack of a plan with its standing, kept as it takes seconds to make."""
        return files.packed(files.board_files(find(partnership_id, plan_id), standing=standing))

    @functools.lru_cache(maxsize=16)
    def public_of(partnership_id: int, plan_id: int, standing: str) -> bytes:
        """A plan's pack for publication with its standing, kept as its audit takes a while."""
        return files.packed(files.public_files(find(partnership_id, plan_id), standing=standing))

    @routes.get(f"{PACKS}/board.zip")
    @requires(Permission.EXPORT)
    def board(partnership_id: int, plan_id: int) -> Response:
        kept = find(partnership_id, plan_id)
        return send(kept, board_of(partnership_id, plan_id, stands(kept)), "board-copy")

    @routes.get(f"{PACKS}/public.zip")
    @requires(Permission.READ_PLAN)
    def public(partnership_id: int, plan_id: int) -> Response:
        kept = find(partnership_id, plan_id)
        try:
            content = public_of(partnership_id, plan_id, stands(kept))
        except PlannerError as error:
            flash(str(error), "important")
            return redirect(plan_url(kept, "plans.downloads"), 303)
        return send(kept, content, "for-publication")

    @routes.get(f"{PACKS}/letters.zip")
    @requires(Permission.TAKE_LETTERS)
    def letters(partnership_id: int, plan_id: int) -> Response:
        """A letter for each school; a head's own school's only."""
        kept = find(partnership_id, plan_id)
        urns = {school.urn for school in kept.facts.partnership.schools if may(Permission.TAKE_LETTERS, partnership_id, school.urn)}
        if not urns:
            abort(404)
        return send(kept, files.packed(files.letter_files(kept, urns, standing=stands(kept))), "letters")

    return routes
