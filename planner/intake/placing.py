"""Where in the person's own file a finding stands: its cell, and what is written there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from planner.intake.findings import Finding
from planner.intake.parsing import find_column, find_sheet
from planner.intake.reading import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFinding(Finding):
    """A finding with its cell, for example D14, and the text written there.

    ``cell`` is empty where a whole sheet or a missing column is meant; a whole row is its first cell.
    """

    cell: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLayout:
    """Where a sheet's rows and columns stand in the file it was read from: the rows in their order, each heading's letter."""

    sheet: str
    rows: tuple[int, ...]
    columns: tuple[tuple[str, str], ...]

    def cell(self, index: int, heading: str) -> str:
        """The cell of one row, counted from 0, under a published heading; '' where the file has no such column."""
        letter = dict(self.columns).get(heading, "")
        return f"{letter}{self.rows[index]}" if letter and index < len(self.rows) else ""


def layouts(tables: Mapping[str, Table]) -> tuple[SheetLayout, ...]:
    """Where the rows and columns of every published sheet stand."""
    found = []
    for name, table in tables.items():
        sheet = find_sheet(name)
        if sheet is not None and table.letters:
            named = ((find_column(sheet, heading), letter) for heading, letter in zip(table.headings, table.letters, strict=True))
            columns = tuple((column.heading, letter) for column, letter in named if column is not None)
            found.append(SheetLayout(sheet=sheet.name, rows=tuple(row.number for row in table.rows), columns=columns))
    return tuple(found)


def placed(findings: Iterable[Finding], tables: Mapping[str, Table]) -> tuple[PlacedFinding, ...]:
    """Give each finding its cell in the file that the tables were read from."""
    return tuple(_placed(finding, tables.get(finding.sheet)) for finding in findings)


def by_file_rows(findings: Iterable[Finding], tables: Mapping[str, Table]) -> tuple[Finding, ...]:
    """Findings about a partnership's nouns, which count rows from 2 without blank ones, by the rows of the file."""
    return tuple(
        finding if finding.row is None else replace(finding, row=tables[finding.sheet].rows[finding.row - 2].number) for finding in findings
    )


def _placed(finding: Finding, table: Table | None) -> PlacedFinding:
    about = {name: getattr(finding, name) for name in ("level", "sheet", "column", "what", "mend")}
    row = finding.row
    if row is None or table is None or not table.letters:
        return PlacedFinding(row=row, **about)
    is_heading = row == 1
    if is_heading:
        row = table.heading_row
    if not finding.column:
        return PlacedFinding(row=row, cell=f"{table.letters[0]}{row}", **about)
    index = _index(finding, table, is_last=is_heading)
    if index is None:
        return PlacedFinding(row=row, **about)
    heading = table.headings[index]
    # A column with text but no heading was given a name by the reading.
    written = (
        heading.removeprefix(f"column {table.letters[index]}")
        if is_heading
        else next((r.cells.get(heading, "") for r in table.rows if r.number == row), "")
    )
    return PlacedFinding(row=row, cell=f"{table.letters[index]}{row}", written=written, **about)


def _index(finding: Finding, table: Table, *, is_last: bool) -> int | None:
    """Which of the table's columns is meant: of two with one heading the first is read, the last is too many."""
    sheet = find_sheet(finding.sheet)
    column = find_column(sheet, finding.column) if sheet else None
    if sheet and column:
        found = [i for i, heading in enumerate(table.headings) if find_column(sheet, heading) is column]
    else:
        found = [i for i, heading in enumerate(table.headings) if heading == finding.column]
    return (found[-1] if is_last else found[0]) if found else None
