"""A plan's tables as CSV and as JSON: those of its workbook, by the same names and with the same figures."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.export.cached_values import CachedValue
from planner.export.csv_file import csv_bytes, zip_bytes
from planner.export.plan_decision import DecisionTaken
from planner.export.plan_facts import Facts
from planner.export.plan_workbook import BANNER, BOARD_COPY, EHC_RIGHT, plan_book
from planner.export.tables import CHANGE_POUNDS, DAY, PENCE, POUNDS, SHARE, TEXT, Column, KeptTable
from planner.files import cannot_write, save

FORMAT, FORMAT_VERSION = "partnership-planner tables", 1
ABOUT, COLUMNS = "About", "Columns"
"""The two files beside the tables: which plan they are of, and what every column holds."""
_BY_LOOK = {TEXT: "words", POUNDS: "pounds", CHANGE_POUNDS: "pounds", PENCE: "pounds", DAY: "date", SHARE: "share of 1"}
_BY_SHEET = {"Council lines": "places", "Support": "half-days, places or hours"}
"""What else is counted on a sheet where a number of several columns is of one kind, or says its kind beside it."""
_BY_KEY = {
    key: unit
    for unit, keys in {
        "half-days": "sessions block last in_post vacant statutory other held shareable given short own last_own own_change rare size half_days year "
        "h1 h2 h3 h4 h5 h6",
        "places": "places hosted now free", "pupils": "pupils plans recorded sen all need",
        "standards": "standards met partly under_half out", "points of need": "below need_met furthest points achieved bound tolerance",
        "percent": "membership adjustment contingency_percent pot_percent fsm6 idaci low_prior_attainment mobility fsm6_reference idaci_reference "
        "low_prior_attainment_reference mobility_reference",
        "URN": "urn", "as the rule counts": "left right", "TRUE, FALSE or words": "holds", "tests": "checks", "months": "months",
        "half-terms": "half_terms", "seconds": "seconds", "steps": "steps", "pounds": "march", "half-term, 1 to 6": "opens", "week": "week",
        "decile, 1 the most deprived": "decile", "pupils times priority": "weight",
    }.items()
    for key in keys.split()
}  # fmt: skip
_BY_TABLE = {
    ("Services", "left"): "half-days", ("Services - Posts", "most"): "schools", ("Buying", "most"): "packages", ("Buying", "bought"): "packages, or half-days",
    ("Bases", "size"): "places", ("Bases", "given"): "places", ("Bases", "most"): "places", ("Bases - Places by base, zone and standard", "need"): "places",
    ("Needs", "met"): "percent", ("Calendar", "amount"): "as the next column says", ("Roster", "urn"): "URN or zone",
} | {("Standards", key): "schools or zones" for key in ("all", "met", "partly", "under_half", "out")}  # fmt: skip
"""What the numbers of a column count, where a key means another thing in one table."""
_NOT_IN_A_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTables:
    """Every table of a plan's workbook, and which plan it is, in labels and words."""

    about: tuple[tuple[str, str], ...]
    tables: tuple[KeptTable, ...]


def plan_tables(
    facts: Facts,
    *,
    fingerprint: str,
    inputs_sha256: str,
    policy_sha256: str,
    standing: str = "",
    made_from: str = "",
    taken: DecisionTaken | None = None,
) -> PlanTables:
    """The tables of the workbook that the same words would make."""
    marks = {"fingerprint": fingerprint, "inputs_sha256": inputs_sha256, "policy_sha256": policy_sha256}
    book = plan_book(facts, **marks, standing=standing, made_from=made_from, taken=taken)
    first = [("Copy", BOARD_COPY), ("EHC needs assessments", EHC_RIGHT)]
    if facts.partnership.is_illustrative():
        first.insert(0, ("Illustrative", BANNER))
    return PlanTables(about=(*first, *book.lines["Provenance"]), tables=book.tables())


def tables_json(found: PlanTables) -> bytes:
    """All tables as one document: of each its columns, and its rows by their keys."""
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "about": [{"what": what, "words": words} for what, words in found.about],
        "tables": [
            {
                "name": table.name,
                "columns": [
                    {"key": column.key, "heading": heading, "counted_in": counted_in(table, column), "help": column.help}
                    for column, heading in zip(table.columns, headings(table.columns), strict=True)
                ],
                "rows": [{column.key: value for column, value in zip(table.columns, row, strict=True)} for row in table.rows],
            }
            for table in found.tables
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def tables_csv(found: PlanTables) -> dict[str, bytes]:
    """File name -> content: a CSV for each table, one that says which plan it is of, and one that says what every column holds."""
    columns = [
        (table.name, heading, column.key, counted_in(table, column), column.help)
        for table in found.tables
        for column, heading in zip(table.columns, headings(table.columns), strict=True)
    ]
    files = {
        ABOUT: csv_bytes([("What", "Words"), *found.about]),
        COLUMNS: csv_bytes([("Table", "Heading", "Key", "Counted in", "What it is"), *columns]),
    }
    files |= {table.name: csv_bytes([headings(table.columns), *(list(map(_cell, row)) for row in table.rows)]) for table in found.tables}
    return {f"{_NOT_IN_A_FILE_NAME.sub(' ', name)}.csv": content for name, content in files.items()}


def tables_zip(found: PlanTables) -> bytes:
    """The CSVs in one ZIP; the same plan makes the same bytes."""
    return zip_bytes(tables_csv(found).items())


def write_tables_csv(found: PlanTables, place: Path) -> None:
    """Write the CSVs to a ZIP where ``place`` ends with .zip, else into that folder, which is made if need be.

    Raises ``PlannerError`` with one sentence when a file cannot be written.
    """
    if place.suffix.casefold() == ".zip":
        save(place, tables_zip(found))
        return
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(place, error) from error
    for name, content in tables_csv(found).items():
        save(place / name, content)


def headings(columns: Sequence[Column]) -> list[str]:
    """The headings as the workbook has them, each under the one over several columns; those that are there twice with their keys."""
    said = [f"{column.band}: {column.heading}" if column.band else column.heading for column in columns]
    times = Counter(said)
    return [words if times[words] == 1 else f"{words} ({column.key})" for words, column in zip(said, columns, strict=True)]


def counted_in(table: KeptTable, column: Column) -> str:
    """What the values of a column are: words, pounds, half-days and so on; a number, where nobody has said."""
    key = re.sub(r"_([0-9]+|[A-Z]+)$", "", column.key)
    said = _BY_LOOK.get(column.look) or _BY_TABLE.get((table.name, key))
    return said or _BY_SHEET.get(table.sheet) or _BY_KEY.get(key, "number")


def _cell(value: CachedValue | None) -> str | float:
    """A value as a CSV holds it: truths as spreadsheets write them, nothing as nothing, a whole number without decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return int(value) if isinstance(value, float) and value.is_integer() else value
