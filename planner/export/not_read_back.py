"""What was changed in a plan's workbook beside the amounts: nothing of it is read back, and each is told where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openpyxl.utils import get_column_letter

from planner.export.plan_grids import Grid, GridRow, GridTable, Heading, Spot, grid_of, one_line, short, table_of
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.intake.reading import grids_of, sheet_key
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


def not_read_back(
    name: str, content: bytes, ours: bytes, grids: Mapping[str, Grid], tables: Mapping[str, GridTable]
) -> Iterator[PlacedFinding]:
    """Every such change of an uploaded workbook (``content``, read as ``grids`` and ``tables``) beside ``ours``, as we would write it today."""
    written, formulas = grids_of(name, ours), grids_of(name, ours, formulas=True)
    formulas_now = grids_of(name, content, formulas=True)
    for table_name, table in tables.items():
        title, headings, keys = HEADINGS[table_name]
        here = grid_of(formulas_now, title)
        before, both = table_of(title, written[title], headings, keys), table_of(title, formulas[title], headings, keys)
        now = None if here is None else table_of(title, here[1], headings, keys)
        if before is not None and both is not None and now is not None:
            yield from _of_table(table_name, table, before, _formulas(both), _formulas(now))
    own = {sheet_key(title): title for title in written}
    compared = own.keys() - {sheet_key(title) for title in (*_NOT_COMPARED, *(title for title, _, _ in HEADINGS.values()))}
    for title, grid in grids.items():
        key = sheet_key(title)
        if key not in own:
            yield _finding(title, "is a sheet of your own, so nothing in it was read.", "Nothing to do: it stays in your file.")
        elif key in compared:
            yield from _of_sheet(own[key], written[own[key]], formulas[own[key]], grid)


def _of_table(
    name: str, table: GridTable, before: GridTable, were: Mapping[int, set[Heading]], are: Mapping[int, set[Heading]]
) -> Iterator[PlacedFinding]:
    """The changed cells of one table that hold no amount of the plan; ``were`` and ``are`` say which cells of a row hold formulas."""
    read = set(_READ.get(name, ()))
    if name == "schools":
        read |= {text for text, _ in (*before.between("Paid in", "Grant, all funds"), *before.between("Grant, all funds", "All half-days"))}
    for heading in table.headings:
        if heading not in before.headings:
            yield _finding(
                table.sheet,
                "is a column of your own, so nothing in it was read.",
                "Nothing to do: it stays in your file.",
                column=heading[0],
            )
    was = {_key(row, name): row for row in before.rows}
    for row in table.rows:
        old = was.get(_key(row, name))
        for heading, spot in row.cells.items() if old is not None else ():
            said = old.cells.get(heading) if old is not None else None
            if old is None or said is None or heading[0] in read or one_line(spot.text) == one_line(said.text):
                continue
            if heading in were.get(old.number, set()) and heading in are.get(row.number, set()):
                continue  # a formula follows from what was changed
            yield _finding(
                table.sheet, f"was {_quoted(said.text)} and is now {_quoted(spot.text)}, but it is not read back.", _FOLLOWS, column=heading[0], spot=spot,
            )  # fmt: skip


def _of_sheet(title: str, written: Grid, formulas: Grid, now: Grid) -> Iterator[PlacedFinding]:
    """How many of a sheet's own cells say something else now; what its formulas come to follows from the rest."""
    changed = [
        Spot(cell=f"{get_column_letter(j + 1)}{i + 1}", text=_at(now, i, j))
        for i, row in enumerate(written)
        for j, text in enumerate(row)
        if i >= _TITLES_ABOVE and text and not _is_formula(_at(formulas, i, j)) and one_line(_at(now, i, j)) != one_line(text)
    ]
    if changed:
        what = (
            "1 cell of this sheet was changed"
            if len(changed) == 1
            else f"{len(changed):,} cells of this sheet were changed, here the first"
        )
        yield _finding(title, f"{what}. Nothing in it is read back.", _SET if title == "Rules" else _FOLLOWS, spot=changed[0])


def _formulas(table: GridTable) -> dict[int, set[Heading]]:
    return {row.number: {heading for heading, spot in row.cells.items() if _is_formula(spot.text)} for row in table.rows}


def _key(row: GridRow, name: str) -> tuple[str, ...]:
    return tuple(one_line(row.text(heading)) for heading in _KEYS[name])


def _at(grid: Grid, i: int, j: int) -> str:
    return grid[i][j] if i < len(grid) and j < len(grid[i]) else ""


def _is_formula(text: str) -> bool:
    # An array formula is read as an object, whose text begins so.
    return text.startswith(("=", "<openpyxl"))


def _quoted(text: str) -> str:
    return f"'{short(text)}'" if text else "blank"


def _finding(sheet: str, what: str, mend: str, *, column: str = "", spot: Spot | None = None) -> PlacedFinding:
    return PlacedFinding(
        level=Level.LOOK_AT, sheet=sheet, row=spot.row if spot else None, column=column, what=what, mend=mend, cell=spot.cell if spot else "",
        written=spot.text if spot else "",
    )  # fmt: skip
