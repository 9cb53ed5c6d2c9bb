"""Writes a partnership as a workbook or a CSV folder that ``planner.intake`` reads back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from planner.export.cells import comment, csv_cell, new_workbook, put, save_workbook
from planner.files import cannot_write, save
from planner.intake.format_versions import FORMAT_HEADING, PARTNERSHIP_FORMAT
from planner.intake.parsing import find_column, find_sheet, row_key
from planner.intake.reading import clean_text
from planner.intake.sheets import SHEETS, Column, Kind, Sheet
from planner.partnership import LastYear, Partnership, Source

_HEADING_FILL = PatternFill("solid", fgColor="1D3557")
_OPTIONAL_FILL = PatternFill("solid", fgColor="5B7083")
_ASSUMED_FILL = PatternFill("solid", fgColor="FFF4C2")
_HEADING_FONT = Font(bold=True, color="FFFFFF")
_SPARE_ROWS = 500
_NUMBER_FORMATS = {
    Kind.WHOLE: "#,##0",
    Kind.PERCENT: "0",
    Kind.POUNDS: "£#,##0",
    Kind.SIGNED_POUNDS: "£#,##0;[Red]-£#,##0",
    Kind.URN: "0",
}
_AS_TEXT = "@"  # keeps Excel from making dates of 2026/27 or 8-12

_HOW_TO_READ = (
    "This workbook describes one partnership: its schools, money, services, people and bases.",
    "One sheet a subject. Point at a heading to see what the column means, with an example.",
    "Dark headings must be filled in every row; lighter headings may stay blank.",
    "A blank is unknown, never zero: write 0 where there is none.",
    "Pale yellow cells are assumed; their note names the source. Type your own figure over one and it is yours.",
    "You may add columns and sheets of your own; the planner says that it does not read them.",
    "Do not put pupils' names or any pupil's details in this file.",
    "To check it: planner check FILE",
    "To plan: planner plan FILE",
)


def write_partnership_workbook(partnership: Partnership, path: Path, *, notes: Sequence[str] = ()) -> None:
    """Write every sheet of a partnership to a workbook at ``path``, replacing what was there.

    Assumed cells are pale yellow with a note that names their source; ``notes`` are lines
    for the first sheet. Raises ``PlannerError`` when the file cannot be written; what was
    there is then untouched.
    """
    lines = list(_HOW_TO_READ)
    if partnership.is_illustrative():
        lines.insert(0, "ILLUSTRATIVE: people or funds are assumed, not the partnership's own. Nothing here is a decision.")
    workbook = _new_workbook(partnership.name, [*lines, *notes])
    for sheet in SHEETS:
        _fill_sheet(workbook, sheet, _records(partnership, sheet), partnership.sources)
    _mark_format(workbook["Partnership"])
    save_workbook(workbook, path)


def _mark_format(page: Any) -> None:
    """Say which format a workbook is of, so that a later planner knows how to read it."""
    number = page.max_column + 1
    head, cell = page.cell(1, number), page.cell(2, number)
    head.value, head.font, head.fill = FORMAT_HEADING, _HEADING_FONT, _OPTIONAL_FILL
    head.comment = comment("The planner writes this: leave it as it is.")
    put(cell, PARTNERSHIP_FORMAT)
    page.column_dimensions[get_column_letter(number)].width = len(FORMAT_HEADING) + 3


def write_template(path: Path, *, last_year: Sequence[LastYear] = ()) -> None:
    """Write a blank partnership workbook, with help and an example on every heading; perhaps with what schools had last year.

    Raises ``PlannerError`` when the file cannot be written.
    """
    workbook = _new_workbook("A partnership", [*_HOW_TO_READ, "Start with the sheets Partnership and Schools; the others may wait."])
    for sheet in SHEETS:
        _fill_sheet(workbook, sheet, last_year if sheet.attribute == "last_year" else (), ())
    save_workbook(workbook, path)


def write_partnership_csv(partnership: Partnership, folder: Path) -> None:
    """Write every sheet of a partnership as a CSV (UTF-8) in ``folder``, which is made if need be.

    Raises ``PlannerError`` when a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    for sheet in SHEETS:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        writer.writerow([column.heading for column in sheet.columns])
        for record in _records(partnership, sheet):
            writer.writerow([csv_cell(_cell_value(record, column)) for column in sheet.columns])
        save(folder / f"{sheet.name}.csv", stream.getvalue().encode("utf-8-sig"))


def _records(partnership: Partnership, sheet: Sheet) -> tuple[Any, ...]:
    return getattr(partnership, sheet.attribute) if sheet.attribute else (partnership,)


def _cell_value(record: object, column: Column) -> str | int:
    """Return what a cell holds: whole numbers as numbers, all else as text, unknown as nothing."""
    value = getattr(record, column.field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return "; ".join(str(part) for part in value)
    return clean_text(str(value))


def _new_workbook(title: str, lines: Iterable[str]) -> Workbook:
    workbook = new_workbook()
    page = workbook.active
    page.title = "Read me"
    page.sheet_view.showGridLines = False
    page.column_dimensions["A"].width = 110
    for row, line in enumerate((title, *lines), start=1):
        cell = page.cell(row, 1)
        put(cell, clean_text(line))
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if row == 1:
            cell.font = Font(bold=True, size=16)
        elif line.startswith("ILLUSTRATIVE"):
            cell.font = Font(bold=True)
    return workbook


def _fill_sheet(workbook: Workbook, sheet: Sheet, records: Sequence[Any], sources: Sequence[Source]) -> None:
    page = workbook.create_sheet(sheet.name)
    page.freeze_panes = "B2"
    assumed = _assumed(sheet, sources)
    keys = [row_key(sheet, {name: getattr(record, name) for name in sheet.key}) for record in records]
    for number, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(number)
        number_format = _NUMBER_FORMATS.get(column.kind, _AS_TEXT)
        values = [_cell_value(record, column) for record in records]
        widest = max((len(str(value)) for value in values), default=0)
        page.column_dimensions[letter].width = min(max(len(column.heading), widest, 8), 48) + 3
        page.column_dimensions[letter].number_format = number_format
        _head(page.cell(1, number), column)
        for row, (key, value) in enumerate(zip(keys, values, strict=True), start=2):
            cell = page.cell(row, number)
            put(cell, value)
            cell.number_format = number_format
            source = assumed.get((key, column.field)) or assumed.get(("*", column.field))
            if source and _bare(source.value) == _bare(str(value)):
                cell.fill = _ASSUMED_FILL
                cell.comment = comment(f"assumed: {source.source}" + (f" ({source.date})" if source.date else ""))
        _offer_choices(page, column, letter, last_row=len(records) + _SPARE_ROWS)


def _assumed(sheet: Sheet, sources: Sequence[Source]) -> dict[tuple[str, str], Source]:
    found = {}
    for source in sources:
        column = find_column(sheet, source.column) if source.is_assumed and find_sheet(source.sheet) is sheet else None
        if column:
            found[source.key, column.field] = source
    return found


def _bare(text: str) -> str:
    return clean_text(text).replace("£", "").replace(",", "")


def _head(cell: Any, column: Column) -> None:
    cell.value = column.heading
    cell.font = _HEADING_FONT
    cell.fill = _HEADING_FILL if column.is_required else _OPTIONAL_FILL
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    lines = [column.help, f"{'Needed' if column.is_required else 'May be blank'}: {column.kind.value}."]
    if column.choices:
        lines.append("Choices: " + "; ".join(choice.value for choice in column.choices) + ".")
    lines.append(f"Example: {column.example}")
    cell.comment = comment("\n".join(lines))


def _offer_choices(page: Any, column: Column, letter: str, *, last_row: int) -> None:
    if column.kind is Kind.YES_NO:
        choices = ["yes", "no"]
    elif column.kind is Kind.CHOICE and column.choices:
        choices = [choice.value for choice in column.choices]
    else:
        return
    # A warning, not a bar: words still in use, such as resourced provision, are read too.
    offer = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=not column.is_required, errorStyle="warning")
    offer.showErrorMessage = True
    offer.errorTitle = column.heading
    offer.error = "Usually one of: " + ", ".join(choices) + "."
    offer.add(f"{letter}2:{letter}{last_row}")
    page.add_data_validation(offer)
