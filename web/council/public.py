"""Tables as anybody may read them: without numbers of pupils, which the packs for publication of the plans hold."""

from __future__ import annotations

from dataclasses import replace

from web.tables import TableView, row

PUPILS_NOW, EXPECTED = "Pupils there now", "Expected pupils"
OF_PUPILS = (PUPILS_NOW, EXPECTED)
"""Headings over numbers of pupils, wherever they stand."""
NOTE = "Numbers of pupils are left out: those that may be published are in the pack for publication of the plan that a partnership's schools read."


def public_table(view: TableView) -> TableView:
    """The table without its numbers of pupils, and a note that says so."""
    kept = [place for place, heading in enumerate(view.headings) if heading.text not in OF_PUPILS]
    headings = tuple(view.headings[place] for place in kept)
    rows = [replace(one, cells=tuple(one.cells[place] for place in kept)) for one in view.rows]
    note = row(NOTE, *("" for _ in headings[1:]))
    return replace(view, headings=headings, rows=(*rows, note) if rows else (), csv_href="")
