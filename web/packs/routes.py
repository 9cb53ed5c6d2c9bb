"""The packs of a plan, each a ZIP: the board's, the one for publication, letters to governors."""

from __future__ import annotations

import contextlib
import functools
import io
import threading
from collections.abc import Iterator

from flask import Blueprint, abort, flash, redirect, send_file
from werkzeug.wrappers import Response

from planner.child import WAITS_SECONDS
from planner.errors import InputMustBeMended, PlannerError, SolverFault
from planner.export.plan_decision import DecisionTaken
from web.access import Permission, may, requires
from web.decide.taken_away import decision_taken
from web.packs import files
from web.plans.files import file_name
from web.plans.presenters.downloads import only_of
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.standing import standing_of
from web.wiring import Wiring

BEING_MADE = "The pack is being made: try again in a minute."
PACKS = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/packs"


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("packs", __name__)
    store, shelf = wiring.store, wiring.shelf
    at_work: dict[int, threading.Lock] = {}  # by plan: one caller has its audit done, the others are told so

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        return kept

    def stands(kept: KeptPlan) -> str:
        with store.read() as tx:
            return standing_of(tx, kept).line

    def taken_away(kept: KeptPlan) -> DecisionTaken | None:
        """The decision that carried a plan, with its votes for who may read them."""
        with store.read() as tx:
            return decision_taken(tx, shelf, kept, reads_votes=may(Permission.COMMENT, kept.partnership_id))

    def send(kept: KeptPlan, content: bytes, part: str) -> Response:
        answer: Response = send_file(
            io.BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=file_name(kept, f"-{part}.zip")
        )
        return answer

    @contextlib.contextmanager
    def alone(plan_id: int) -> Iterator[None]:
        """One caller at a time; the others wait but shortly, as an audit is long and each holds a thread that answers pages."""
        lock = at_work.setdefault(plan_id, threading.Lock())
        if not lock.acquire(timeout=WAITS_SECONDS):
            raise SolverFault(BEING_MADE)
        try:
            yield
        finally:
            lock.release()

    @functools.lru_cache(maxsize=4)
    def board_of(partnership_id: int, plan_id: int, standing: str, taken: DecisionTaken | None) -> bytes:
        """A board's pack of a plan with its standing and decision, kept as it takes seconds to make."""
        return files.packed(files.board_files(find(partnership_id, plan_id), standing=standing, taken=taken))

    @functools.lru_cache(maxsize=16)
    def public_of(partnership_id: int, plan_id: int, standing: str) -> bytes | str:
        """A plan's pack for publication with its standing, or why there is none: kept as its audit takes a while and would say the same again."""
        try:
            return files.packed(files.public_files(find(partnership_id, plan_id), standing=standing))
        except InputMustBeMended as refused:
            return str(refused)

    @routes.get(f"{PACKS}/board.zip")
    @requires(Permission.EXPORT)
    def board(partnership_id: int, plan_id: int) -> Response:
        kept = find(partnership_id, plan_id)
        return send(kept, board_of(partnership_id, plan_id, stands(kept), taken_away(kept)), "board-copy")

    @routes.get(f"{PACKS}/public.zip")
    @requires(Permission.READ_PLAN)
    def public(partnership_id: int, plan_id: int) -> Response:
        """The pack of the plan that schools read: from those of two plans of a year, numbers left out of each could be told."""
        kept = find(partnership_id, plan_id)
        read = shelf.schools_plan(partnership_id)
        try:
            if read is None or read.plan_id != plan_id:
                raise InputMustBeMended(only_of(None if read is None else read.plan_id))
            with alone(plan_id):
                content = public_of(partnership_id, plan_id, stands(kept))
            if isinstance(content, str):
                raise InputMustBeMended(content)
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
