"""The pages of a plan. Each finds its plan, asks a presenter for its words, and fills a template."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from planner.documents import plan_document
from planner.export.plan_decision import DecisionTaken
from planner.export.plan_tables import PlanTables, tables_json, tables_zip
from planner.pots import without_whose
from planner.store import AnswerKind
from planner.store.runs import REPLAN
from web.access import Permission, may, me, requires
from web.decide.taken_away import decision_taken
from web.draws import draw_reader
from web.names import beside_which
from web.plans import files
from web.plans.answers import Tools, add_answers, add_why
from web.plans.presenters import needs, resources, schools
from web.plans.presenters.choice import choice
from web.plans.presenters.downloads import downloads_view
from web.plans.presenters.frame import CHOSEN_AT, frame, plan_url
from web.plans.presenters.letter import governors_letter
from web.plans.presenters.our_school import our_school as school_view
from web.plans.presenters.place_map import place_map
from web.plans.presenters.plan_list import plan_list
from web.plans.presenters.pots import pots as pots_view
from web.plans.presenters.school_why import why_door
from web.plans.presenters.summary import summary
from web.proposals.presenters import own_proposals
from web.shelf import KeptPlan
from web.standing import Standing, standing_of
from web.tables import TableView
from web.wiring import Wiring

PLANS = "/partnerships/<id:partnership_id>/plans"
PLAN = f"{PLANS}/<id:plan_id>"
READ, EXPORT = requires(Permission.READ_PLAN), requires(Permission.EXPORT)
_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".json": "application/json", ".certificate.json": "application/json",
    ".zip": "application/zip", ".csv": "text/csv; charset=utf-8",
}  # fmt: skip


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("plans", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        _ = kept.facts.reasons  # worked out with the first page, so that every other is quick
        return kept

    def show(kept: KeptPlan, page: str, view: object | None, *, urn: int | None = None, **more: object) -> str:
        schools_plan = shelf.schools_plan(kept.partnership_id)
        if view is None or schools_plan is None:
            abort(404)
        here = frame(
            kept, str(request.endpoint), made_from=made_from(kept.partnership_id, kept.run_id), address=request.base_url,
            choice=choice(kept, schools_plan, urn=urn, may_choose=request.endpoint == CHOSEN_AT and may(Permission.RUN_PLAN, kept.partnership_id)),
            standing=stands(kept), urn=urn,
        )  # fmt: skip
        return render_template(f"plans/{page}.html", frame=here, view=view, **more)

    def stands(kept: KeptPlan) -> Standing:
        with store.read() as tx:
            return standing_of(tx, kept)

    @functools.lru_cache(maxsize=256)
    def made_from(partnership_id: int, run_id: int) -> str:
        """What a run was asked with, in words: it never changes."""
        with store.read() as tx:
            run = tx.runs.run(partnership_id=partnership_id, run_id=run_id)
        assert run is not None
        versions = f"figures version {run.partnership_version} and policy version {run.policy_version}"
        return f"{versions}, from {beside_which(run)}" if run.kind == REPLAN else versions

    def send(kept: KeptPlan, content: bytes, ending: str, part: str = "") -> Response:
        name = files.file_name(kept, f"{f'-{part}' if part else ''}{ending}")
        answer: Response = send_file(io.BytesIO(content), mimetype=_TYPES[ending], as_attachment=True, download_name=name)
        return answer

    @routes.get(PLANS)
    @READ
    def list_plans(partnership_id: int) -> str:
        with store.read() as tx:
            view = plan_list(tx, partnership_id)
        return render_template("plans/list.html", view=view)

    @routes.get("/partnerships/<id:partnership_id>/our-school/<id:urn>")
    @READ
    def our_school(partnership_id: int, urn: int) -> Response:
        """The school in the plan that schools read; where there is none, or one without it, its figures."""
        schools_plan = shelf.schools_plan(partnership_id)
        if schools_plan is not None:
            kept = find(partnership_id, schools_plan.plan_id)
            if any(school.urn == urn for school in kept.facts.partnership.schools):
                return redirect(url_for("plans.school", partnership_id=partnership_id, plan_id=kept.plan_id, urn=urn), 303)
            flash(f"Plan {kept.plan_id}, which schools read, was made without this school. These are its figures.", "important")
        return redirect(url_for("figures.school", partnership_id=partnership_id, urn=urn), 303)

    @routes.post(f"{PLAN}/choose")
    @requires(Permission.RUN_PLAN)
    def choose(partnership_id: int, plan_id: int) -> Response:
        """Put a plan before the schools: it is the one they read until the board chooses another."""
        kept = find(partnership_id, plan_id)
        with store.begin() as tx:
            tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # of two at once, the second sees the first's choice
            before = tx.plans.for_schools(partnership_id=partnership_id)
            is_new = tx.plans.choose(partnership_id=partnership_id, plan_id=plan_id, by=me().user_id)
            if is_new:
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="plan put before the schools", subject=f"plan {plan_id}",
                    detail={"plan": plan_id, "instead_of": before.plan_id if before is not None and before.chosen_at is not None else None},
                )  # fmt: skip
        if is_new:
            flash(f"Schools now read plan {plan_id}. To take it back, put another plan before them.", "success")
        else:
            flash(f"Schools read plan {plan_id} already. Nothing was changed.", "important")
        return redirect(plan_url(kept, "plans.summary_page"), 303)

    def page(path: str, endpoint: str, template: str, view_of: Callable[[KeptPlan], object]) -> None:
        @routes.get(PLAN + path, endpoint=endpoint)
        @READ
        def shown(partnership_id: int, plan_id: int) -> str:
            kept = find(partnership_id, plan_id)
            return show(kept, template, view_of(kept))

    page("", "summary_page", "summary", summary)
    page("/more-and-less", "changes", "changes", schools.changes)
    page("/schools", "all_schools", "schools", schools.ledger_table)
    page("/map", "map_page", "map", place_map)
    page("/services", "services", "services", resources.services)
    page("/bases", "bases", "bases", resources.bases)
    page("/standards", "standards", "standards", needs.standards)
    page("/money", "money", "money", resources.funds)

    def moved(path: str, endpoint: str) -> None:
        @routes.get(PLAN + path, endpoint=endpoint)
        @READ
        def elsewhere(partnership_id: int, plan_id: int) -> Response:
            """Where a page stood before it became a part of the trade-offs."""
            return redirect(plan_url(find(partnership_id, plan_id), "plans.trade_offs"), 301)

    moved("/other-ways", "other_ways")
    moved("/how-good/fairness", "fairness")
    tools = Tools(store=store, find=find, show=show, send=send)
    add_answers(routes, PLAN, tools)
    add_why(routes, PLAN, tools)

    @routes.get(f"{PLAN}/schools/<id:urn>")
    @READ
    def school(partnership_id: int, plan_id: int, urn: int) -> str:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            asked = next((row for row in tx.answers.answers(partnership_id=partnership_id, plan_id=plan_id) if row.urn == urn), None)
            sent = own_proposals(tx, partnership_id, urn) if urn in me().urns_in(partnership_id) else None
        door = why_door(kept, urn, asked, may_ask=may(Permission.ASK_WHY, partnership_id, urn))
        view = school_view(kept, urn, may_ask=may(Permission.QUERY_OWN_SCHOOL, partnership_id, urn), why=door)
        return show(kept, "school", view, urn=urn, proposals=sent)

    @routes.get(f"{PLAN}/schools/<id:urn>/letter")
    @READ
    def letter(partnership_id: int, plan_id: int, urn: int) -> str:
        """One page for the school's governors, to print."""
        kept = find(partnership_id, plan_id)
        return show(kept, "letter", governors_letter(kept, urn), urn=urn)

    @routes.get(f"{PLAN}/pots")
    @READ
    def pots(partnership_id: int, plan_id: int) -> str:
        """What is left of the pots, with the draws of the newest figures, and what a claim would do."""
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            granted = tx.moderation.claims(partnership_id=partnership_id)
        view = pots_view(
            kept, shelf.figures(partnership_id), granted=granted, claim=request.args.get("claim", ""), pot=request.args.get("from", ""),
            may_read=draw_reader(partnership_id),
        )  # fmt: skip
        return show(kept, "pots", view)

    @routes.get(f"{PLAN}/standards/<standard_id>")
    @READ
    def standard(partnership_id: int, plan_id: int, standard_id: str) -> str:
        kept = find(partnership_id, plan_id)
        return show(kept, "standard", needs.one_standard(kept, standard_id))

    # --- to take away ---

    @functools.lru_cache(maxsize=8)
    def tables_in(partnership_id: int, plan_id: int) -> dict[str, TableView]:
        return files.tables_of(find(partnership_id, plan_id))

    @routes.get(f"{PLAN}/downloads")
    @EXPORT
    def downloads(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        is_whole = without_whose(kept.facts.partnership, draw_reader(partnership_id)) is kept.facts.partnership
        with store.read() as tx:
            has_certificate = tx.answers.has_file(partnership_id=partnership_id, plan_id=plan_id, kind=AnswerKind.CERTIFICATE)
        view = downloads_view(
            kept, list(tables_in(partnership_id, plan_id).values()),
            plan_file=files.file_name(kept, ".json"), has_certificate=has_certificate, is_whole=is_whole,
            letters=sum(may(Permission.TAKE_LETTERS, partnership_id, school.urn) for school in kept.facts.partnership.schools),
            read=None if (read := shelf.schools_plan(partnership_id)) is None else read.plan_id,
        )  # fmt: skip
        return show(kept, "downloads", view)

    @functools.lru_cache(maxsize=8)
    def workbook_of(partnership_id: int, plan_id: int, standing: str, taken: DecisionTaken | None) -> bytes:
        """A plan's workbook with its standing and decision, kept as it takes seconds to make."""
        kept = find(partnership_id, plan_id)
        return files.workbook(kept, standing=standing, made_from=made_from(partnership_id, kept.run_id), taken=taken)

    @routes.get(f"{PLAN}/plan.xlsx")
    @EXPORT
    def workbook(partnership_id: int, plan_id: int) -> Response:
        kept = find(partnership_id, plan_id)
        return send(kept, workbook_of(partnership_id, plan_id, *taken_away(kept)), ".xlsx")

    def taken_away(kept: KeptPlan) -> tuple[str, DecisionTaken | None]:
        """A plan's standing and the decision that carried it, with its votes for who may read them."""
        with store.read() as tx:
            reads_votes = may(Permission.COMMENT, kept.partnership_id)
            return standing_of(tx, kept).line, decision_taken(tx, shelf, kept, reads_votes=reads_votes)

    @routes.get(f"{PLAN}/plan.json")
    @EXPORT
    def document(partnership_id: int, plan_id: int) -> Response:
        kept = find(partnership_id, plan_id)
        shown = without_whose(kept.facts.partnership, draw_reader(partnership_id))
        if shown is not kept.facts.partnership:
            again = plan_document(kept.facts.plan, replace(kept.facts.world, partnership=shown))
            return send(replace(kept, fingerprint=again["fingerprint"]), files.document(again), ".json")
        with store.read() as tx:
            stored = tx.plans.plan(partnership_id=partnership_id, plan_id=plan_id)
        assert stored is not None
        return send(kept, files.document(stored.document), ".json")

    @functools.lru_cache(maxsize=8)
    def workbook_tables_of(partnership_id: int, plan_id: int, standing: str, taken: DecisionTaken | None) -> PlanTables:
        """The tables of a plan's workbook, kept for the same reason."""
        kept = find(partnership_id, plan_id)
        return files.workbook_tables(kept, standing=standing, made_from=made_from(partnership_id, kept.run_id), taken=taken)

    def workbook_tables(ending: str, endpoint: str, written: Callable[[PlanTables], bytes]) -> None:
        @routes.get(f"{PLAN}/tables{ending}", endpoint=endpoint)
        @EXPORT
        def taken(partnership_id: int, plan_id: int) -> Response:
            kept = find(partnership_id, plan_id)
            return send(kept, written(workbook_tables_of(partnership_id, plan_id, *taken_away(kept))), ending, "tables")

    workbook_tables(".zip", "tables", tables_zip)
    workbook_tables(".json", "tables_document", tables_json)

    @routes.get(f"{PLAN}/tables/<name>.csv")
    @EXPORT
    def table(partnership_id: int, plan_id: int, name: str) -> Response:
        kept = find(partnership_id, plan_id)
        view = tables_in(partnership_id, plan_id).get(name)
        if view is None:
            abort(404)
        return send(kept, files.table_csv(view), ".csv", name)

    return routes
