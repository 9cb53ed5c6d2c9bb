"""Writes a partnership as a workbook or a CSV folder that ``planner.intake`` reads back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from planner.export.cells import comment, csv_cell, new_workbook, put, save_workbook
from planner.export.tables import font, height_of, lines_of
from planner.files import cannot_write, save
from planner.intake.format_versions import FORMAT_HEADING, PARTNERSHIP_FORMAT
from planner.intake.parsing import find_column, find_sheet, row_key
from planner.intake.reading import EXAMPLE, clean_text
from planner.intake.sheets import SHEETS, Column, Kind, Sheet
from planner.partnership import HALF_TERMS, LastYear, Partnership, Source
from planner.policy import Policy, load_policy

_HEADING_FILL = PatternFill("solid", fgColor="1D3557")
_OPTIONAL_FILL = PatternFill("solid", fgColor="5B7083")
_ASSUMED_FILL = PatternFill("solid", fgColor="FFF4C2")
_EXAMPLE_FILL = PatternFill("solid", fgColor="EEF2F4")
_HEADING_FONT = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
_EXAMPLE_FONT = Font(name="Calibri", size=11, italic=True, color="4F5B5E")
_SPARE_ROWS = 500
_PAGE_WIDTH = 235
"""Characters of column width that are still readable on one A4 page."""
_LINE_POINTS = 15
HELP, CODES = "Help", "Help codes"
_ONE_TO_SIX = tuple(str(number) for number in range(1, HALF_TERMS + 1))
_CLOSED = {
    "first_half_term": _ONE_TO_SIX, "last_half_term": _ONE_TO_SIX, "opens_in_half_term": _ONE_TO_SIX,
    "school_idaci_decile": tuple(str(number) for number in range(1, 11)), "outcome": ("upheld", "not upheld", "open"),
    "sheet": tuple(sheet.name for sheet in SHEETS),
}  # fmt: skip
"""Fields whose words are few, whatever their kind."""
_NAMED_ELSEWHERE = {
    "urn": "Schools", "host_urn": "Schools", "lead_school_urn": "Schools", "based_at_urn": "Schools", "fund_id": "Funds", "service_id": "Services",
    "person_id": "People",
}  # fmt: skip
"""Fields that name a row of another sheet by its first column."""
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
    head.alignment = Alignment(wrap_text=True, vertical="top")
    head.comment = comment("The planner writes this: leave it as it is.")
    put(cell, PARTNERSHIP_FORMAT)
    page.column_dimensions[get_column_letter(number)].width = len(FORMAT_HEADING) + 3


def write_template(path: Path, *, last_year: Sequence[LastYear] = ()) -> None:
    """Write a blank partnership workbook: help and an example on every heading, an example row, two sheets of help; perhaps with what schools had last year.

    Raises ``PlannerError`` when the file cannot be written.
    """
    lines = (
        *_HOW_TO_READ,
        "Start with the sheets Partnership and Schools; the others may wait.",
        f"The grey row under the headings is an example. It is not read: a row whose first cell begins with '{EXAMPLE}' never is.",
        f"The sheet {HELP} says what every column means, to print or to read beside; {CODES} lists the codes of needs and roles.",
    )
    workbook = _new_workbook("A blank partnership workbook", lines)
    for sheet in SHEETS:
        rows = last_year if sheet.attribute == "last_year" else ()
        _fill_sheet(workbook, sheet, rows, (), has_example=not rows)
    _help_sheet(workbook)
    codes = _codes_sheet(workbook, load_policy())
    for sheet in SHEETS:
        _offer_codes(workbook[sheet.name], sheet, codes)
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
        cell.font = font(16 if row == 1 else 11, is_bold=row == 1 or line.startswith("ILLUSTRATIVE"))
        page.row_dimensions[row].height = height_of(lines_of(line, 108), 9 if row == 1 else 2)
    _for_a4(page)
    return workbook


def _fill_sheet(workbook: Workbook, sheet: Sheet, records: Sequence[Any], sources: Sequence[Source], *, has_example: bool = False) -> None:
    page = workbook.create_sheet(sheet.name)
    page.freeze_panes = "B2"
    page.row_dimensions[1].height = 2 * _LINE_POINTS + 2  # not every program grows a row for a heading that wraps
    assumed = _assumed(sheet, sources)
    keys = [row_key(sheet, {name: getattr(record, name) for name in sheet.key}) for record in records]
    for number, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(number)
        number_format = _NUMBER_FORMATS.get(column.kind, _AS_TEXT)
        values = [_cell_value(record, column) for record in records]
        shown = [str(value) for value in values]
        if has_example:
            shown = [f"{EXAMPLE} {column.example}" if number == 1 else column.example]
            _exemplify(page.cell(2, number), shown[0])
        widest = max(map(len, shown), default=0)
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
    _for_a4(page)


def _exemplify(cell: Any, text: str) -> None:
    put(cell, text)
    cell.number_format = _AS_TEXT
    cell.fill, cell.font, cell.alignment = _EXAMPLE_FILL, _EXAMPLE_FONT, Alignment(wrap_text=True, vertical="top")


def _help_sheet(workbook: Workbook) -> None:
    """What every column of every sheet means, in words that print."""
    page = workbook.create_sheet(HELP)
    headings = ("Sheet", "Heading", "What it is", "Kind", "Needed", "Example")
    rows = [
        (sheet.name, column.heading, column.help, _kind_words(column), "yes" if column.is_required else "may be blank", column.example)
        for sheet in SHEETS
        for column in sheet.columns
    ]
    _list(page, headings, (18, 26, 62, 34, 13, 34), rows)


def _codes_sheet(workbook: Workbook, policy: Policy) -> dict[Kind | str, str]:
    """The codes of the policy pack with their names; what a list of choices may be drawn from."""
    page = workbook.create_sheet(CODES)
    names = {kind.code: kind.name for kind in policy.need_types}
    needs = [
        ("Need code", code, names.get(code, "may be used, but no standard is written for it yet"))
        for code in sorted(policy.need_codes(), key=lambda c: (c not in names, c))
    ]
    roles = [("Role", role.role_id, role.name) for role in policy.roles]
    _list(page, ("What", "Code", "What it stands for"), (14, 34, 60), [*needs, *roles])
    last = 1 + len(needs)
    name = quote_sheetname(CODES)
    return {
        Kind.NEED: f"{name}!$B$2:$B${last}",
        Kind.NEEDS: f"{name}!$B$2:$B${last}",
        "role": f"{name}!$B${last + 1}:$B${last + len(roles)}",
    }


def _list(page: Any, headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
    for number, (heading, width) in enumerate(zip(headings, widths, strict=True), start=1):
        cell = page.cell(1, number)
        put(cell, heading)
        cell.font, cell.fill = _HEADING_FONT, _HEADING_FILL
        page.column_dimensions[get_column_letter(number)].width = width
    for row, texts in enumerate(rows, start=2):
        for number, text in enumerate(texts, start=1):
            cell = page.cell(row, number)
            put(cell, text)
            cell.number_format, cell.alignment = _AS_TEXT, Alignment(wrap_text=True, vertical="top")
        page.row_dimensions[row].height = height_of(max(lines_of(text, width - 1) for text, width in zip(texts, widths, strict=True)), 2)
    page.freeze_panes = "A2"
    _for_a4(page)


def _for_a4(page: Any) -> None:
    """Across A4 on as many pages as stay readable, headings and first column on each."""
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_margins.left = page.page_margins.right = 0.4
    width = sum(page.column_dimensions[get_column_letter(number)].width for number in range(1, page.max_column + 1))
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = ceil(width / _PAGE_WIDTH), 0
    page.print_title_rows = "1:1"
    if page.page_setup.fitToWidth > 1:
        page.print_title_cols = "A:A"
    page.oddFooter.left.text, page.oddFooter.right.text = "&A", "page &P of &N"


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


def _kind_words(column: Column) -> str:
    few = _few(column)
    return column.kind.value + (f": {'; '.join(few)}" if few else "")


def _few(column: Column) -> tuple[str, ...]:
    """The words of a column that takes few."""
    return tuple(choice.value for choice in column.choices) if column.choices else _CLOSED.get(column.field, ())


def _offer_codes(page: Any, sheet: Sheet, codes: dict[Kind | str, str]) -> None:
    """Draw down what the other sheets and the policy pack name; anything else may be typed, several also."""
    for number, column in enumerate(sheet.columns, start=1):
        if column.kind in {Kind.YES_NO, Kind.CHOICE}:
            continue  # they have their lists in every workbook
        named = _NAMED_ELSEWHERE.get(column.field, sheet.name)
        choices = codes.get(column.kind) or codes.get(column.field) or (f'"{",".join(_few(column))}"' if _few(column) else "")
        if named != sheet.name:
            choices = f"{quote_sheetname(named)}!$A$3:$A${_SPARE_ROWS}"
        if choices:
            offer = DataValidation(type="list", formula1=choices, allow_blank=True)
            offer.add(f"{get_column_letter(number)}3:{get_column_letter(number)}{_SPARE_ROWS}")
            page.add_data_validation(offer)


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
