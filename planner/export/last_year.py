"""Reads last year's plan workbook as what schools had last year: the sheet Last year of a new year's figures."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from planner.child import Json, run_child, shown_name
from planner.documents import from_plain, to_plain
from planner.errors import InputMustBeMended
from planner.export.not_read_back import HEADINGS
from planner.export.plan_grids import (
    LARGEST,
    GridRow,
    GridTable,
    Heading,
    grid_of,
    one_line,
    provenance_of,
    short,
    table_of,
    whole_number,
)
from planner.intake.apart import READ_LIMITS, UPLOAD
from planner.intake.format_versions import FORMAT_HEADING, PLAN_FORMAT, older_format
from planner.intake.reading import grids_of, refuse_other_files
from planner.intake.zip_guard import judge_zip
from planner.partnership import GRANT_ITEM, LastYear, Partnership, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYearRead:
    """What each school had by a plan's workbook, with the plan's partnership and year in words, and what is worth knowing."""

    rows: tuple[LastYear, ...]
    whose: str
    file_name: str
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """What was read, in one sentence."""
        schools = len({row.urn for row in self.rows})
        return " ".join((f"Last year is read from {self.file_name} ({self.whose}): {schools:,} school{'s' * (schools != 1)}.", *self.notes))


def last_year_from(path: Path) -> LastYearRead:
    """What schools had by the plan workbook at a path. Raises ``InputMustBeMended`` with one sentence where it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputMustBeMended(f"{path} cannot be opened ({error.strerror}): close it in other programs and check its name.") from error
    return read_last_year(path.name, content)


def last_year_apart(content: bytes, file_name: str) -> LastYearRead:
    """The same of an upload, read in a child process."""
    name = shown_name(file_name) or "The file"
    refuse_other_files(name, content)
    judge_zip(name, content)
    told, _ = run_child(f"{__name__}:read_job", {"name": name}, {UPLOAD: content}, READ_LIMITS, name=name)
    read: LastYearRead = from_plain(LastYearRead, told)
    return read


def read_job(order: Json) -> tuple[Json, bytes]:
    """Read an upload, in the child."""
    told: Json = to_plain(read_last_year(order["name"], Path(UPLOAD).read_bytes()))
    return told, b""


def read_last_year(name: str, content: bytes) -> LastYearRead:
    """What schools had by a plan's workbook: grants of all funds, and half-days of each service that goes to schools."""
    grids = grids_of(name, content)
    schools, services, marks = grid_of(grids, "Schools"), grid_of(grids, "Services"), provenance_of(grids)
    table = None if schools is None else table_of("Schools", schools[1], HEADINGS["schools"][1], HEADINGS["schools"][2])
    listed = None if services is None else table_of("Services", services[1], ("Service", "Role", "Id"), ("Id",))
    if table is None or listed is None or "Fingerprint" not in marks:
        raise InputMustBeMended(
            f"{name} is not a plan's workbook with its sheets Schools, Services and Provenance: give the one that the planner wrote."
        )
    older = older_format(name, marks.get(FORMAT_HEADING, ""), PLAN_FORMAT, unsaid=1)
    columns, unknown = _services(name, table, listed)
    grants = [heading for heading in table.between("Paid in", "Grant, all funds") if heading[0].startswith("Grant: ")]
    rows: list[LastYear] = []
    for row in table.rows:
        urn = _urn(name, row)
        rows.append(LastYear(urn=urn, item=GRANT_ITEM, amount=sum(_amount(name, row, heading) for heading in grants)))
        given = ((service_id, _amount(name, row, heading)) for service_id, heading in columns)
        rows.extend(LastYear(urn=urn, item=service_id, amount=n) for service_id, n in given if n)
    return LastYearRead(
        rows=tuple(rows),
        whose=short(one_line(marks.get("Partnership", ""))) or "no name",
        file_name=name,
        notes=(
            *((f"It is of format {older} and was read as format {PLAN_FORMAT}.",) if older is not None else ()),
            *map(_left_out, unknown),
        ),
    )


def with_last_year(partnership: Partnership, read: LastYearRead) -> tuple[Partnership, tuple[str, ...]]:
    """A partnership with last year as read, for its own schools and services; and what was left out, in sentences."""
    urns = {school.urn for school in partnership.schools}
    items = {GRANT_ITEM, *(service.service_id for service in partnership.services)}
    rows = tuple(row for row in read.rows if row.urn in urns and row.item in items)
    notes = [read.sentence()]
    gone = {row.urn for row in read.rows} - urns
    if gone:
        notes.append(f"Left out, as no longer in the partnership: the schools with URN {', '.join(map(str, sorted(gone)))}.")
    other = {row.item for row in read.rows if row.urn in urns} - items
    if other:
        notes.append(f"Left out, as the partnership has no service of this name: {', '.join(sorted(other))}.")
    new = urns - {row.urn for row in read.rows}
    if new:
        notes.append(f"Not in last year's plan, so their last year is unknown: the schools with URN {', '.join(map(str, sorted(new)))}.")
    source = Source(
        sheet="Last year", key="*", column="Amount", value="", source=f"Last year's plan workbook ({read.whose})", date="", is_assumed=False
    )
    sources = (*(one for one in partnership.sources if one.sheet != "Last year"), source)
    return replace(partnership, last_year=rows, sources=sources), tuple(notes)


def _services(name: str, table: GridTable, listed: GridTable) -> tuple[list[tuple[str, Heading]], list[Heading]]:
    """Each service that goes to schools with its column on the sheet Schools, and the columns that are of no service listed there.

    Raises ``InputMustBeMended`` where two services have one name: they cannot be told apart.
    """
    ids: dict[str, list[str]] = {}
    for row in listed.rows:
        ids.setdefault(one_line(row.text("Service")), []).append(row.text("Id"))
    found: list[tuple[str, Heading]] = []
    unknown: list[Heading] = []
    for heading in table.between("Grant, all funds", "All half-days"):
        known = ids.get(heading[0], [])
        if len(known) > 1:
            raise InputMustBeMended(
                f"{name} holds two services named {short(heading[0])}: give each a name of its own there, then give it again."
            )
        found.extend((service_id, heading) for service_id in known)
        if not known:
            unknown.append(heading)
    return found, unknown


def _left_out(heading: Heading) -> str:
    return (
        f"Left out, as the sheet Services lists no service of this name: the column '{short(heading[0])}' of the sheet Schools. "
        "If it holds half-days of a service, give both the same name and give the workbook again."
    )


def _urn(name: str, row: GridRow) -> int:
    text = row.text("URN")
    if not re.fullmatch("[1-9][0-9]{4,6}", text):
        raise InputMustBeMended(f"{name}, sheet Schools, {row.cells['URN', 0].cell}: '{short(text)}' is no URN: put the school's own back.")
    return int(text)


def _amount(name: str, row: GridRow, heading: Heading) -> int:
    spot = row.cells[heading]
    number = whole_number(spot.text)
    if number is None or not 0 <= number <= LARGEST:
        raise InputMustBeMended(
            f"{name}, sheet Schools, {spot.cell} ({heading[0]}): '{short(spot.text)}' is not a whole number: write what the school had, 0 for nothing."
        )
    return number
