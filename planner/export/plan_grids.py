"""The tables of a plan's workbook as it came back: found by their headings, their rows by their ids, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from planner.intake.reading import clean_text, sheet_key

Grid = Sequence[Sequence[str]]
TOTAL = "Total"
LARGEST = 1_000_000_000
"""No partnership has more pounds, half-days or places than this."""
_NUMBER = re.compile(r"(-?)£?([0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,18})(?:\.0*)?")
Heading = tuple[str, int]
"""A heading's text, and how often it stood before in the same row: two columns may have one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One cell: where it is and what it says."""

    cell: str
    text: str

    @property
    def row(self) -> int:
        """The row it is in."""
        return int(self.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row of a table, its cells by heading."""

    number: int
    cells: Mapping[Heading, Spot]

    def text(self, heading: str) -> str:
        """What stands under a heading, the first of its name."""
        return self.cells[heading, 0].text


@dataclass(frozen=True, slots=True, kw_only=True)
class GridTable:
    """A table with its headings in the order of their columns; ``bands`` says what stands over each of them."""

    sheet: str
    heading_row: int
    headings: tuple[Heading, ...]
    rows: tuple[GridRow, ...]

    def between(self, after: str, before: str) -> tuple[Heading, ...]:
        """The headings between two others, such as those of all funds."""
        names = [name for name, _ in self.headings]
        first, last = names.index(after), names.index(before)
        return self.headings[first + 1 : last]


def grid_of(grids: Mapping[str, Grid], title: str) -> tuple[str, Grid] | None:
    """A sheet by its title, however it is spelt, with its own spelling."""
    return next(((own, grid) for own, grid in grids.items() if sheet_key(own) == sheet_key(title)), None)


def table_of(sheet: str, grid: Grid, headings: Sequence[str], keys: Sequence[str]) -> GridTable | None:
    """The table whose row of headings holds all of these; None where there is none.

    A blank row or its total ends nothing; a line of words without any of the ``keys`` does.
    """
    start = next((i for i, row in enumerate(grid) if set(headings) <= {one_line(text) for text in row}), None)
    if start is None:
        return None
    named = tuple(_counted(grid[start]))
    rows = tuple(_rows(grid, start + 1, named, keys))
    return GridTable(sheet=sheet, heading_row=start + 1, headings=tuple(heading for _, heading in named), rows=rows)


def _rows(grid: Grid, start: int, named: Sequence[tuple[int, Heading]], keys: Sequence[str]) -> Iterator[GridRow]:
    for number, row in enumerate(grid[start:], start=start + 1):
        if not any(row):
            continue
        cells = {heading: Spot(cell=f"{get_column_letter(i + 1)}{number}", text=row[i] if i < len(row) else "") for i, heading in named}
        if any(cells[key, 0].text for key in keys):
            yield GridRow(number=number, cells=cells)
        elif one_line(row[0]) != TOTAL:
            return


def _counted(row: Sequence[str]) -> Iterator[tuple[int, Heading]]:
    seen: dict[str, int] = {}
    for i, text in enumerate(row):
        name = one_line(text)
        if name:
            yield i, (name, seen.get(name, 0))
            seen[name] = seen.get(name, 0) + 1


def provenance_of(grids: Mapping[str, Grid]) -> dict[str, str]:
    """The lines of the sheet Provenance, by their labels; the first of each."""
    sheet = grid_of(grids, "Provenance")
    return {} if sheet is None else {row[0]: row[1] for row in reversed(sheet[1]) if len(row) > 1 and row[0]}


def whole_number(text: str) -> int | None:
    """A whole number as people type it, pounds and thousands marked or not; None where it is none, or of more than 18 digits."""
    plain = _NUMBER.fullmatch(text)
    return None if plain is None else int(plain[1] + plain[2].replace(",", ""))


def one_line(text: str) -> str:
    """Text as it is compared: trimmed, on one line."""
    return " ".join(clean_text(text).split())


def short(text: str) -> str:
    """What somebody wrote, not too long for a sentence."""
    return text if len(text) <= 60 else f"{text[:57]}..."
