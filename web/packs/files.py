"""The files of each pack: their names, and what makes each when it is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from planner.child import Limits, run_child
from planner.errors import InputMustBeMended, SolverFault
from planner.export.csv_file import zip_bytes
from planner.export.plan_decision import DecisionTaken
from planner.export.plan_workbook import BOARD_COPY
from planner.public_counts import Counts, Where, audit_order, expected_counts, need_totals_left_out, told_by_standards
from planner.words import EHC_RIGHT
from web.packs.presenters import PUBLIC_COPY, board_pack, public_pack, sheet
from web.plans.files import table_csv, tables_of, workbook
from web.plans.presenters.letter import governors_letter
from web.shelf import KeptPlan
from web.tables import TableView, row

Files = list[tuple[str, Callable[[], bytes]]]
"""A file's place in its pack, and what makes it."""
AUDIT = "optimisation.disclosure:left_out_job"
AUDIT_LIMITS = Limits(memory_megabytes=3000, seconds=120)


def board_files(kept: KeptPlan, *, standing: str, taken: DecisionTaken | None = None) -> Files:
    """Everything, each file marked as not for publication; the workbook with the decision that carried the plan."""
    counts = expected_counts(kept.facts.world)
    view = board_pack(kept, counts, standing)
    of_pages = [
        replace(one, name=f"schools/{one.name}" if one.name.startswith("school-") else one.name) for one in tables_of(kept).values()
    ]
    return [
        ("board-pack.html", lambda: _page("pack.html", view=view)),
        ("plan.xlsx", lambda: workbook(kept, standing=standing, taken=taken)),
        *_csvs({one.name: one for one in (*view.tables, *of_pages)}.values(), BOARD_COPY),
    ]


def public_files(kept: KeptPlan, *, standing: str) -> Files:
    """What anybody may read. Raises ``InputMustBeMended`` where the numbers left out could be told all the same, ``SolverFault`` where nobody can say."""
    counts = expected_counts(kept.facts.world)
    view = public_pack(kept, counts, left_out_of(kept, counts), standing)
    return [("public-pack.html", lambda: _page("pack.html", view=view)), *_csvs(view.tables, PUBLIC_COPY)]


def left_out_of(kept: KeptPlan, counts: Counts) -> frozenset[Where]:
    """The counts of pupils that the audit of all published tables together leaves out, in a process of its own."""
    world = kept.facts.world
    fewest = world.policy.fewest_pupils_shown
    order = audit_order(counts, settled=need_totals_left_out(counts, fewest), told=told_by_standards(world, counts), fewest=fewest)
    try:
        told, _ = run_child(AUDIT, order, {}, AUDIT_LIMITS, name="The audit")
    except InputMustBeMended as error:
        raise SolverFault("The tables for publication could not be audited just now, so none was made: try again in a minute.") from error
    if "refused" in told:
        raise InputMustBeMended(told["refused"])
    return frozenset((need, phase, zone) for alike, _, _ in told["hidden"] for need, phase, zone in alike)


def letter_files(kept: KeptPlan, urns: Collection[int] | None = None, *, standing: str) -> Files:
    """A letter to the governors of each school (``urns``: of these only)."""
    schools = [school for school in kept.facts.partnership.schools if urns is None or school.urn in urns]
    return [(f"{school.urn}-{_plain(school.name)}.html", lambda urn=school.urn: _letter(kept, urn, standing)) for school in schools]  # type: ignore[misc]


def packed(files: Files) -> bytes:
    """All files in one ZIP; the same files make the same bytes."""
    return zip_bytes((name, make()) for name, make in files)


def _letter(kept: KeptPlan, urn: int, standing: str) -> bytes:
    letter = governors_letter(kept, urn)
    assert letter is not None
    return _page("letter.html", view=sheet(kept, f"Letter to governors: {letter.school}", standing), letter=letter)


def _csvs(tables: Iterable[TableView], mark: str) -> Files:
    """Each table with the pack's mark under it."""

    def csv(one: TableView) -> bytes:
        return table_csv(replace(one, rows=(*one.rows, row(mark, *("" for _ in one.headings[1:])))))

    return [(f"tables/{one.name}.csv", lambda one=one: csv(one)) for one in tables]  # type: ignore[misc]


def _page(template: str, **names: object) -> bytes:
    return _templates().get_template(template).render(**names).encode("utf-8")


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    templates.globals["ehc_right"] = EHC_RIGHT
    return templates


def _plain(name: str) -> str:
    """A school's name as a part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()).strip("-")[:60]
