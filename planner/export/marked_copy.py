"""A copy of an uploaded workbook in which every faulty cell is filled and says what is wrong and how to mend it.

The copy holds values only: formulas, links, macros, pictures and whatever else a file may carry stay
behind. Of a ZIP of CSVs it is a workbook of its sheets.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl import Workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.cell import quote_sheetname, range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from planner.child import Json, Limits, run_child, shown_name
from planner.documents import from_plain, to_plain
from planner.errors import InputMustBeMended
from planner.export.cells import AUTHOR, comment, new_workbook, put, workbook_bytes
from planner.export.tables import height_of, lines_of
from planner.intake.apart import UPLOAD
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.intake.reading import FINDINGS_SHEET, MOST_ROWS, clean_text, csv_sheets, is_workbook, parts_of, sheet_key
from planner.intake.zip_guard import packed

MARK_LIMITS = Limits(memory_megabytes=1_000, seconds=40, written_megabytes=200)
_FILLS = {Level.MUST_MEND: PatternFill("solid", fgColor="F8C9C4"), Level.LOOK_AT: PatternFill("solid", fgColor="FFE9B0")}
_HEADING_FILL = PatternFill("solid", fgColor="1D3557")
_HEADING_FONT = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
_LINK_FONT = Font(name="Calibri", size=11, underline="single", color="0563C1")
_WIDTHS = {"Level": 12, "Sheet": 16, "Cell": 8, "Column": 24, "What you wrote": 28, "What is wrong": 56, "How to mend it": 56}
_A4 = 9
_LONGEST_CELL = 32_767
_LONGEST_TITLE = 31
_MOST_MERGED = 5_000
_HYPERLINKS = re.compile(rb"<hyperlinks\b.*?</hyperlinks>|<hyperlink\b[^>]*>", re.DOTALL)
_MERGED = re.compile(rb'<mergeCell\b[^>]*?\bref="([^"]*)"[^>]*?(?:/>|></mergeCell>)')


def mark_apart(content: bytes, file_name: str, findings: Sequence[PlacedFinding]) -> bytes:
    """Make the marked copy (.xlsx) in a child process: the file is still nobody's friend.

    Raises ``InputMustBeMended`` with one sentence when no copy can be made.
    """
    name = shown_name(file_name) or "The file"
    order = {"name": name, "findings": [to_plain(finding) for finding in findings]}
    return run_child(f"{__name__}:mark_job", order, {UPLOAD: content}, MARK_LIMITS, name=name)[1]


def mark_job(order: Json) -> tuple[Json, bytes]:
    """Make the marked copy, in the child."""
    findings = tuple(from_plain(PlacedFinding, finding) for finding in order["findings"])
    return {}, marked_copy(Path(UPLOAD).read_bytes(), order["name"], findings)


def marked_copy(content: bytes, file_name: str, findings: Sequence[PlacedFinding]) -> bytes:
    """The marked copy (.xlsx) of a workbook or ZIP of CSVs, with a first sheet that lists the findings.

    Raises ``InputMustBeMended`` with one sentence when the file cannot be read.
    """
    parts = parts_of(file_name, content)
    workbook = _values_of(file_name, parts) if is_workbook(parts) else _workbook_of_csvs(file_name, parts)
    sheets = {sheet_key(sheet.title): sheet for sheet in workbook.worksheets}
    by_cell: dict[tuple[str, str], list[PlacedFinding]] = defaultdict(list)
    for finding in findings:
        if finding.cell and sheet_key(finding.sheet) in sheets:
            by_cell[sheet_key(finding.sheet), finding.cell].append(finding)
    for (sheet, address), here in by_cell.items():
        _mark(sheets[sheet], address, here)
    _list_findings(workbook, findings, {key: sheet.title for key, sheet in sheets.items()})
    return workbook_bytes(workbook)


def _values_of(name: str, parts: dict[str, bytes]) -> Workbook:
    """The workbook with values for formulas, and nothing in it that runs, points elsewhere or was marked by us before."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decorations it does not read
            workbook = openpyxl.load_workbook(
                packed({part: _without_wide(part, xml) for part, xml in parts.items()}), data_only=True, keep_links=False
            )
    except MemoryError:
        raise
    except Exception as error:
        # A damaged workbook can break openpyxl anywhere; whatever broke, the remedy is the same.
        raise InputMustBeMended(f"{name} is damaged or is not a workbook: open it in Excel and save it again as .xlsx.") from error
    if FINDINGS_SHEET in workbook.sheetnames:
        workbook.remove(workbook[FINDINGS_SHEET])
    for chartsheet in workbook.chartsheets:
        workbook.remove(chartsheet)
    workbook.defined_names.clear()
    for sheet in workbook.worksheets:
        _strip(sheet)
    return workbook


def _without_wide(part: str, xml: bytes) -> bytes:
    """A sheet without its hyperlinks, which stay behind, and without merged ranges of more cells than anybody merges: both are read cell by cell."""
    if not part.startswith("xl/worksheets/"):
        return xml
    return _MERGED.sub(lambda found: found[0] if _is_small(found[1]) else b"", _HYPERLINKS.sub(b"", xml))


def _is_small(area: bytes) -> bool:
    try:
        left, top, right, bottom = range_boundaries(area.decode("ascii"))
        return bool((right - left + 1) * (bottom - top + 1) <= _MOST_MERGED)
    except (ValueError, TypeError):
        return False


def _strip(sheet: Any) -> None:
    sheet.defined_names.clear()
    sheet.tables.clear()
    sheet.conditional_formatting = ConditionalFormattingList()
    sheet._charts, sheet._images, sheet._pivots = [], [], []  # noqa: SLF001 - there is no public way
    # A list of words is kept; any other rule may be a formula.
    validations = sheet.data_validations.dataValidation
    sheet.data_validations.dataValidation = [v for v in validations if v.type == "list" and re.fullmatch('"[^"]*"', v.formula1 or "")]
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, MergedCell):
                continue
            cell.hyperlink = None
            if isinstance(cell.value, str):
                put(cell, clean_text(cell.value)[:_LONGEST_CELL])
            if cell.comment is not None and cell.comment.author == AUTHOR and cell.comment.text.startswith(tuple(map(_words, Level))):
                cell.comment, cell.fill = None, PatternFill()


def _workbook_of_csvs(name: str, parts: dict[str, bytes]) -> Workbook:
    workbook = new_workbook()
    workbook.remove(workbook.active)
    for title, rows in csv_sheets(name, parts):
        sheet = workbook.create_sheet(
            re.sub(r"[\[\]:*?/\\\n\t]", " ", clean_text(title)).strip("' ")[:_LONGEST_TITLE].strip("' ") or "Sheet"
        )
        for number, row in enumerate(_not_too_many(name, rows), start=1):
            for column, text in enumerate(row, start=1):
                cell = sheet.cell(number, column)
                put(cell, clean_text(text)[:_LONGEST_CELL])
                cell.number_format = "@"  # keeps Excel from making dates of 2026/27 or 8-12
    return workbook


def _not_too_many(name: str, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number > 2 * MOST_ROWS:
            raise InputMustBeMended(f"{name} has more rows than a partnership has: keep only the partnership's own rows in it.")
        yield row


def _mark(sheet: Any, address: str, findings: Sequence[PlacedFinding]) -> None:
    cell = sheet[address]
    if isinstance(cell, MergedCell):  # only the first cell of a merged range can hold a note
        merged = next(m for m in sheet.merged_cells.ranges if address in m)
        cell = sheet.cell(merged.min_row, merged.min_col)
    cell.fill = _FILLS[Level.MUST_MEND if any(f.level is Level.MUST_MEND for f in findings) else Level.LOOK_AT]
    cell.comment = comment("\n\n".join(f"{_words(f.level)}: {f.what}\n{f.mend}" for f in findings))


def _words(level: Level) -> str:
    return level.value.capitalize()


def _list_findings(workbook: Workbook, findings: Sequence[PlacedFinding], titles: dict[str, str]) -> None:
    page = workbook.create_sheet(FINDINGS_SHEET, 0)
    for number, (heading, width) in enumerate(_WIDTHS.items(), start=1):
        cell = page.cell(1, number)
        put(cell, heading)
        cell.fill, cell.font = _HEADING_FILL, _HEADING_FONT
        page.column_dimensions[cell.column_letter].width = width
    page.freeze_panes = "A2"
    for row, finding in enumerate(findings, start=2):
        texts = (_words(finding.level), finding.sheet, finding.cell, finding.column, finding.written, finding.what, finding.mend)
        for number, text in enumerate(texts, start=1):
            cell = page.cell(row, number)
            put(cell, clean_text(text)[:_LONGEST_CELL])
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        page.cell(row, 1).fill = _FILLS[finding.level]
        lines = max(lines_of(clean_text(text), width - 1) for text, width in zip(texts, _WIDTHS.values(), strict=True))
        page.row_dimensions[row].height = height_of(lines, 2)  # not every program grows a row for text that wraps
        title = titles.get(sheet_key(finding.sheet))
        if finding.cell and title:
            there = page.cell(row, 3)
            there.hyperlink = Hyperlink(ref=there.coordinate, location=f"{quote_sheetname(title)}!{finding.cell}")
            there.font = _LINK_FONT
    closing = page.cell(len(findings) + 3, 1)
    put(
        closing,
        "Marked cells hold a note. This copy holds values, not formulas: mend it here or in your own file, then give the file again.",
    )
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.print_title_rows = "1:1"
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = sheet is page
    workbook.active = 0
