"""Tables as anybody may read them: small numbers of pupils are left out."""

from __future__ import annotations

from dataclasses import replace

from planner.small_numbers import LEFT_OUT, left_out
from web.tables import TableCell, TableRow, TableView, row

PUPILS_NOW, EXPECTED = "Pupils there now", "Expected pupils"
OF_PUPILS = (PUPILS_NOW, EXPECTED)
"""Headings over numbers of pupils, wherever they stand."""
NOTE = "Numbers of pupils from 1 to 4 are left out, and others from which they could be worked out."


def public_table(view: TableView) -> TableView:
    """The table with small numbers of pupils left out, and a note that says so."""
    rows = list(view.rows)
    for column, heading in enumerate(view.headings):
        if heading.text in OF_PUPILS:
            rows = _without_small(rows, column)
    note = row(NOTE, *("" for _ in view.headings[1:]))
    return replace(view, rows=(*rows, note) if rows else (), csv_href="")


def _without_small(rows: list[TableRow], column: int) -> list[TableRow]:
    lines = [place for place, one in enumerate(rows) if not one.is_total]
    total = next((place for place, one in enumerate(rows) if one.is_total), None)
    hidden, is_total_hidden = left_out([_number(rows[p], column) for p in lines], None if total is None else _number(rows[total], column))
    gone = {lines[place] for place in hidden} | ({total} if is_total_hidden and total is not None else set())
    return [_blanked(one, column) if place in gone else one for place, one in enumerate(rows)]


def _number(one: TableRow, column: int) -> float:
    return one.cells[column].value or 0


def _blanked(one: TableRow, column: int) -> TableRow:
    cells = tuple(TableCell(text=LEFT_OUT) if place == column else cell for place, cell in enumerate(one.cells))
    return replace(one, cells=cells)
