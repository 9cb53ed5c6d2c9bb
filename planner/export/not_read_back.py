"""What was changed in a plan's workbook beside the amounts: nothing of it is read back, and each is told where it stands."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from openpyxl.styles.numbers import is_date_format
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from planner.export.cached_values import CachedValue
from planner.export.plan_grids import Grid, GridRow, GridTable, Heading, Spot, one_line, short, table_of
from planner.export.tables import Book
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.intake.reading import cell_text, clean_text, formula_cells, sheet_key
from planner.partnership import FundUse

USES = {
    FundUse.SPECIALIST_TIME: "Specialist time", FundUse.BASE_RUNNING: "Running bases", FundUse.BASE_OPENING: "Opening bases", FundUse.CONTINGENCY: "Contingency",
}  # fmt: skip
HALF_TERMS = tuple((half_term, f"Half-term {half_term}") for half_term in range(1, 7))
HEADINGS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "schools": ("Schools", ("School", "URN", "Paid in", "Grant, all funds", "All half-days"), ("URN",)),
    "time": ("Time", ("School or zone", "Service", "Half-days", "Service id"), ("Service id", "Service")),
    "bases": ("Bases", ("Base", "Planned places", "Id"), ("Id",)),
    "places": ("Bases", ("Base", "Zone", "Standard", "Places given", "Base id"), ("Base id", "Zone")),
    "accounts": ("Money", ("Fund", "Financial year", "Carried out", "Fund id", *USES.values()), ("Fund id",)),
    "pots": ("Money", ("Fund", "Fund id", *(heading for _, heading in HALF_TERMS)), ("Fund id",)),
}
"""A table's name -> its sheet, headings that it cannot do without, headings of which each row has one at least."""
_KEYS: dict[str, tuple[str, ...]] = {
    "schools": ("URN",), "time": ("School or zone", "Service id"), "bases": ("Id",), "places": ("Base id", "Zone", "Standard"),
    "accounts": ("Fund id", "Financial year"), "pots": ("Fund id",),
}  # fmt: skip
_READ: dict[str, tuple[str, ...]] = {
    "time": ("Half-days",), "bases": ("Planned places",), "places": ("Places given",), "accounts": (*USES.values(), "Carried out"),
    "pots": tuple(heading for _, heading in HALF_TERMS),
}  # fmt: skip
_TITLES_ABOVE = 3
"""Title, note and banner of a sheet: they may differ with the day."""
_NOT_COMPARED = ("Summary", "Provenance")
_FOLLOWS = "What is worked out follows from the amounts; what was brought is changed in the partnership's figures."
_SET = "Whether a rule is on, and how far it goes, is set in the board's policy; then plan again."


_Change = tuple[Heading, Spot, Spot]
"""A cell of a table that says something else: its heading, what we wrote, what stands there now."""


def not_read_back(
    name: str, content: bytes, ours: Book, grids: Mapping[str, Grid], tables: Mapping[str, GridTable]
) -> Iterator[PlacedFinding]:
    """Every such change of an uploaded workbook (``content``, read as ``grids`` and ``tables``) beside ``ours``, as we would write it today."""
    written = grids_of_book(ours)
    titles = {table.sheet: next(title for title in grids if sheet_key(title) == sheet_key(table.sheet)) for table in tables.values()}
    both = {table_name: (table, _as_written(table_name, written)) for table_name, table in tables.items()}
    changes = {table_name: tuple(_changes(table_name, *pair)) for table_name, pair in both.items()}
    # Their formulas are asked for where one of ours says something else, and nowhere else: that is the file read once more.
    asked = {titles[table.sheet] for n, table in tables.items() if any(was.cell in ours.values[table.sheet] for _, was, _ in changes[n])}
    theirs = formula_cells(name, content, asked) if asked else {}
    for table_name, (table, before) in both.items():
        yield from _own_columns(table, before)
        formulas, formulas_now = ours.values[table.sheet], theirs.get(titles[table.sheet], frozenset())
        for heading, was, now in changes[table_name]:
            if not (was.cell in formulas and now.cell in formulas_now):  # a formula follows from what was changed
                what = f"was {_quoted(was.text)} and is now {_quoted(now.text)}, but it is not read back."
                yield _finding(table.sheet, what, _FOLLOWS, column=heading[0], spot=now)
    own = {sheet_key(title): title for title in written}
    compared = own.keys() - {sheet_key(title) for title in (*_NOT_COMPARED, *(title for title, _, _ in HEADINGS.values()))}
    for title, grid in grids.items():
        key = sheet_key(title)
        if key not in own:
            yield _finding(title, "is a sheet of your own, so nothing in it was read.", "Nothing to do: it stays in your file.")
        elif key in compared:
            yield from _of_sheet(own[key], written[own[key]], ours.values[own[key]], grid)


def grids_of_book(book: Book) -> dict[str, list[list[str]]]:
    """Every sheet of a book as rows of text, as they would be read from its file."""
    return {
        sheet.title: [[_text(cell, book.values[sheet.title]) for cell in row] for row in sheet.iter_rows()]
        for sheet in book.workbook.worksheets
    }


def _text(cell: Any, figures: Mapping[str, CachedValue]) -> str:
    value = cell.value if cell.data_type != "f" else figures[cell.coordinate]
    if isinstance(value, str) or value is None:
        return clean_text(value or "")
    if is_date_format(cell.number_format):
        value = from_excel(value)
    elif isinstance(value, float) and cell.data_type != "f":
        value = float(format(value, ".16g"))  # a workbook keeps 16 digits of what is no formula
    return cell_text(value, cell.number_format)


def _as_written(name: str, written: Mapping[str, Grid]) -> GridTable:
    title, headings, keys = HEADINGS[name]
    table = table_of(title, written[title], headings, keys)
    assert table is not None, title
    return table


def _own_columns(table: GridTable, before: GridTable) -> Iterator[PlacedFinding]:
    for heading in table.headings:
        if heading not in before.headings:
            what, mend = "is a column of your own, so nothing in it was read.", "Nothing to do: it stays in your file."
            yield _finding(table.sheet, what, mend, column=heading[0])


def _changes(name: str, table: GridTable, before: GridTable) -> Iterator[_Change]:
    """The cells of one table that say something else than we wrote and hold no amount of the plan."""
    read = set(_READ.get(name, ()))
    if name == "schools":
        read |= {text for text, _ in (*before.between("Paid in", "Grant, all funds"), *before.between("Grant, all funds", "All half-days"))}
    rows = {_key(row, name): row for row in before.rows}
    for row in table.rows:
        old = rows.get(_key(row, name))
        for heading, now in row.cells.items() if old is not None else ():
            was = old.cells.get(heading) if old is not None else None
            if was is not None and heading[0] not in read and _is_other(was.text, now.text):
                yield heading, was, now


def _of_sheet(title: str, written: Grid, formulas: Container[str], now: Grid) -> Iterator[PlacedFinding]:
    """How many of a sheet's own cells say something else now; what its formulas come to follows from the rest."""
    changed = [
        Spot(cell=cell, text=_at(now, i, j))
        for i, row in enumerate(written)
        for j, text in enumerate(row)
        if i >= _TITLES_ABOVE and text and _is_other(text, _at(now, i, j)) and (cell := _cell(i, j)) not in formulas
    ]
    if changed:
        what = (
            "1 cell of this sheet was changed"
            if len(changed) == 1
            else f"{len(changed):,} cells of this sheet were changed, here the first"
        )
        yield _finding(title, f"{what}. Nothing in it is read back.", _SET if title == "Rules" else _FOLLOWS, spot=changed[0])


def _key(row: GridRow, name: str) -> tuple[str, ...]:
    return tuple(one_line(row.text(heading)) for heading in _KEYS[name])


def _cell(i: int, j: int) -> str:
    return f"{get_column_letter(j + 1)}{i + 1}"


def _is_other(was: str, now: str) -> bool:
    return was != now and one_line(was) != one_line(now)


def _at(grid: Grid, i: int, j: int) -> str:
    return grid[i][j] if i < len(grid) and j < len(grid[i]) else ""


def _quoted(text: str) -> str:
    return f"'{short(text)}'" if text else "blank"


def _finding(sheet: str, what: str, mend: str, *, column: str = "", spot: Spot | None = None) -> PlacedFinding:
    return PlacedFinding(
        level=Level.LOOK_AT, sheet=sheet, row=spot.row if spot else None, column=column, what=what, mend=mend, cell=spot.cell if spot else "",
        written=spot.text if spot else "",
    )  # fmt: skip
