"""Cells of every workbook we write: text that stays text, one look, and a save that leaves no half file."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from openpyxl import Workbook
from openpyxl.comments import Comment

from planner.files import save
from planner.intake.reading import clean_text, is_guarded, may_run

AUTHOR = "Partnership Planner"
MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks keep times without a zone


_SHEETS = "xl/worksheets/sheet"
_FOOTER = re.compile(rb"<oddFooter>[^<]*")
_CHART = re.compile(rb' name="Chart ([0-9]+)"')


def new_workbook() -> Workbook:
    """An empty workbook of ours, with one unnamed sheet and no clock in it."""
    workbook = Workbook()
    workbook.properties.creator = AUTHOR
    workbook.properties.created = MADE
    return workbook


def put(cell: Any, value: str | float) -> None:
    """Put a number as a number and text as text, whatever a spreadsheet would make of it."""
    if value == "":
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = may_run(value)


def csv_cell(value: str | float) -> str | float:
    """A cell of a CSV; a leading apostrophe keeps spreadsheets from running text as a formula, and our reader takes it off again."""
    return f"'{value}" if isinstance(value, str) and is_guarded(value) else value


def comment(text: str) -> Comment:
    """A note on a cell, as tall as its text."""
    return Comment(clean_text(text), AUTHOR, height=40 + 22 * (len(text) // 40 + text.count("\n") + 1), width=320)


def save_workbook(workbook: Workbook, path: Path) -> None:
    """Write a workbook to ``path``, whole or not at all. Raises ``PlannerError`` when it cannot."""
    save(path, workbook_bytes(workbook))


def workbook_bytes(workbook: Workbook, said_of_charts: Sequence[str] = ()) -> bytes:
    """A workbook's file without the time of writing, so that the same figures make the same file; its charts with words for who cannot see them."""
    written, stream = io.BytesIO(), io.BytesIO()
    workbook.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + MADE.isoformat().encode() + b"Z", part)
            # A break of a line in a footer: openpyxl writes a code that LibreOffice prints as it stands.
            part = _FOOTER.sub(lambda footer: footer[0].replace(b"_x000a_", b"&#10;"), part) if name.startswith(_SHEETS) else part
            if said_of_charts and name.startswith("xl/drawings/drawing"):
                part = _CHART.sub(lambda chart: chart[0] + _alternative(said_of_charts[int(chart[1]) - 1]), part)
            new.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _alternative(words: str) -> bytes:
    return f" descr={quoteattr(words)}".encode()
