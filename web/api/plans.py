"""Plans: listed, read whole, as workbook, and table by table."""

from __future__ import annotations

import functools
from typing import Any, cast

from flask import Response, abort, current_app

from planner.store.plans import PlanRow
from web.access import Permission
from web.api.nouns import Column, Plan, Table, TableLine
from web.api.operations import JSON_TYPE, WORKBOOK_TYPE, ZIP_TYPE, Operation, Operations
from web.api.partnerships import OF
from web.api.words import moment
from web.plans.files import tables_of
from web.plans.presenters.needs import standards as standards_table
from web.shelf import KeptPlan
from web.tables import TableCell, TableView
from web.wiring import Wiring

PLANS = f"{OF}/plans"
PLAN = f"{PLANS}/<id:plan_id>"


def add_plans(operations: Operations, wiring: Wiring) -> None:
    """Add the operations on plans."""
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        return kept

    @functools.lru_cache(maxsize=8)
    def tables_in(partnership_id: int, plan_id: int) -> dict[str, TableView]:
        return tables_of(find(partnership_id, plan_id))

    def listed(partnership_id: int) -> list[Plan]:
        with store.read() as tx:
            chosen = tx.plans.for_schools(partnership_id=partnership_id)
            return [
                _plan(row, is_for_schools=chosen is not None and row.id == chosen.plan_id)
                for row in tx.plans.plans(partnership_id=partnership_id)
            ]

    @operations.add(
        Operation(
            name="plans", method="GET", path=PLANS, title="List the plans, newest first", permission=Permission.READ_PLAN, answers=Plan,
            is_list=True,
        )
    )  # fmt: skip
    def plans(partnership_id: int) -> list[Plan]:
        return listed(partnership_id)

    @operations.add(
        Operation(name="plan", method="GET", path=PLAN, title="Read a plan in short", permission=Permission.READ_PLAN, answers=Plan)
    )
    def plan(partnership_id: int, plan_id: int) -> Plan:
        found = next((one for one in listed(partnership_id) if one.id == plan_id), None)
        if found is None:
            abort(404)
        return found

    def file(name: str, path: str, title: str, kind: str, page: str) -> None:
        @operations.add(Operation(name=name, method="GET", path=f"{PLAN}/{path}", title=title, permission=Permission.EXPORT, answers=kind))
        def taken(partnership_id: int, plan_id: int) -> Response:
            """The file that the page gives, with all that was worked out for it."""
            return cast("Response", current_app.view_functions[page](partnership_id=partnership_id, plan_id=plan_id))

    file("plan_document", "plan.json", "Take away the whole plan, which anybody can check again", JSON_TYPE, "plans.document")
    file("plan_workbook", "plan.xlsx", "Take away the plan's workbook", WORKBOOK_TYPE, "plans.workbook")
    file("plan_tables", "tables.json", "Take away every table of the workbook as data", JSON_TYPE, "plans.tables_document")
    file("plan_tables_csv", "tables.zip", "Take away every table of the workbook as CSV", ZIP_TYPE, "plans.tables")

    @operations.add(
        Operation(
            name="standards", method="GET", path=f"{PLAN}/standards", title="Read how many standards are met where",
            permission=Permission.READ_PLAN, answers=Table,
        )
    )  # fmt: skip
    def standards(partnership_id: int, plan_id: int) -> Table:
        return _table(standards_table(find(partnership_id, plan_id)))

    @operations.add(
        Operation(
            name="tables", method="GET", path=f"{PLAN}/tables", title="List the tables of a plan", permission=Permission.EXPORT,
            answers=TableLine, is_list=True,
        )
    )  # fmt: skip
    def tables(partnership_id: int, plan_id: int) -> list[TableLine]:
        return [TableLine(name=view.name, caption=view.caption) for view in tables_in(partnership_id, plan_id).values()]

    @operations.add(
        Operation(
            name="table", method="GET", path=f"{PLAN}/tables/<name>", title="Read a table of a plan, who gets what among them",
            permission=Permission.EXPORT, answers=Table,
        )
    )  # fmt: skip
    def table(partnership_id: int, plan_id: int, name: str) -> Table:
        view = tables_in(partnership_id, plan_id).get(name)
        if view is None:
            abort(404)
        return _table(view)


def _plan(row: PlanRow, *, is_for_schools: bool) -> Plan:
    counts: dict[str, Any] = row.counts
    return Plan(
        id=row.id, run_id=row.run_id, made_at=moment(row.made_at), status=row.status, fingerprint=row.fingerprint, is_for_schools=is_for_schools,
        standards_counted=counts.get("standards_counted"), standards_met=counts.get("standards_met"),
        standards_partly_met=counts.get("standards_partly_met"), standards_under_half=counts.get("standards_under_half"),
        out_of_reach=counts.get("out_of_reach"), shortfall_points=row.shortfall_points, bound_points=row.bound_points,
    )  # fmt: skip


def _table(view: TableView) -> Table:
    return Table(
        name=view.name,
        caption=view.caption,
        columns=tuple(Column(heading=heading.text, is_number=heading.is_number) for heading in view.headings),
        rows=tuple(tuple(_cell(cell) for cell in row.cells) for row in view.rows),
    )


def _cell(cell: TableCell) -> str | float:
    return cell.text.replace("\u00a0", " ") if cell.value is None else cell.value
