"""What can be taken away from a plan: its tables as CSV one by one or all in a ZIP, its workbook, its document."""

from __future__ import annotations

import json
import re
import unicodedata

from planner.documents import Json
from planner.export.csv_file import csv_bytes, zip_bytes
from planner.export.plan_decision import DecisionTaken
from planner.export.plan_tables import PlanTables, plan_tables
from planner.export.plan_workbook import plan_workbook
from web.plans.presenters import needs, quality, resources, schools
from web.plans.presenters.our_school import tables_of_school
from web.plans.presenters.place_map import place_map
from web.plans.presenters.summary import summary
from web.shelf import KeptPlan
from web.tables import TableView


def tables_of(kept: KeptPlan) -> dict[str, TableView]:
    """Name -> every table of the pages, and the standards everywhere."""
    first, changes, services = summary(kept), schools.changes(kept), resources.services(kept)
    bases, money = resources.bases(kept), resources.funds(kept)
    whole = (
        first.stands, first.ways, changes.grants, changes.half_days, schools.ledger_table(kept), place_map(kept).beside,
        services.supply, *(block.given for block in services.blocks), bases.bases, bases.places, bases.costs,
        needs.standards(kept), needs.every_need(kept), money.where, *(fund.account for fund in money.funds), money.pots, money.paid_in,
        quality.other_ways(kept).measures,
    )  # fmt: skip
    of_schools = (view for school in kept.facts.partnership.schools for view in tables_of_school(kept, school.urn))
    return {view.name: view for view in (*whole, *of_schools)}


def table_csv(view: TableView) -> bytes:
    """A table as a CSV: figures as plain numbers, all else as its words."""
    headings = [heading.text for heading in view.headings]
    return csv_bytes([headings, *([c.text.replace("\u00a0", " ") if c.value is None else c.value for c in row.cells] for row in view.rows)])


def tables_zip(tables: dict[str, TableView]) -> bytes:
    """Every table as a CSV in one ZIP; the same tables make the same bytes."""
    return zip_bytes((f"{name}.csv", table_csv(view)) for name, view in tables.items())


def workbook(kept: KeptPlan, *, standing: str, made_from: str = "", taken: DecisionTaken | None = None) -> bytes:
    """The plan as its workbook: its standing at the head of every sheet, the versions it was made from, the decision that carried it."""
    return plan_workbook(
        kept.facts, fingerprint=kept.fingerprint, inputs_sha256=kept.inputs_sha256, policy_sha256=kept.policy_sha256, standing=standing,
        made_from=made_from, taken=taken,
    )  # fmt: skip


def workbook_tables(kept: KeptPlan, *, standing: str, made_from: str, taken: DecisionTaken | None) -> PlanTables:
    """The tables of that workbook as data."""
    return plan_tables(
        kept.facts, fingerprint=kept.fingerprint, inputs_sha256=kept.inputs_sha256, policy_sha256=kept.policy_sha256, standing=standing,
        made_from=made_from, taken=taken,
    )  # fmt: skip


def document(content: Json) -> bytes:
    """The plan's document as its file."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def file_name(kept: KeptPlan, ending: str) -> str:
    """Whose plan it is, for which year, and its fingerprint: for a file that lies among others."""
    p = kept.facts.partnership
    plain = unicodedata.normalize("NFKD", f"{p.name} {p.academic_year}").encode("ascii", "ignore").decode()
    return f"{re.sub(r'[^a-z0-9]+', '-', plain.lower()).strip('-')[:80]}-plan-{kept.fingerprint[:12]}{ending}"
