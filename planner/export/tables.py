"""Sheets with a title, a banner and tables, whose formulas carry the figure we worked out ourselves."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from math import ceil
from typing import Any

from openpyxl.chart._chart import ChartBase
from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table as ExcelTable
from openpyxl.worksheet.table import TableColumn

from planner.export.cached_values import CachedValue, with_cached_values
from planner.export.cells import comment, new_workbook, put, workbook_bytes
from planner.intake.reading import clean_text

WHOLE = "#,##0"
POUNDS = "£#,##0;-£#,##0"
PENCE = "£#,##0.00;-£#,##0.00"
CHANGE_POUNDS = "+£#,##0;-£#,##0;£0"
CHANGE = "+#,##0;-#,##0;0"
HUNDREDTHS = "#,##0.00"
POINTS = "0.0"
PLAIN = "0"
TEXT = "@"
DAY = "d mmmm yyyy"
FIRST_DAY = dt.date(1899, 12, 30)
"""From which spreadsheets count days."""
SHARE = "0.0%"

TEAL = "0F4C5C"
GREY = "4F5B5E"
_DARK = PatternFill("solid", fgColor=TEAL)
_MIDDLE = PatternFill("solid", fgColor="4A7C87")
_PALE = PatternFill("solid", fgColor="E3EEF0")
AMBER = PatternFill("solid", fgColor="FFE9B0")
_LINE = Side(style="thin", color="CBD8DB")
_UNDER = Border(bottom=_LINE)
_BAR = "9CC4CC"
_BOLD = 1.06
"""How much broader bold type stands."""
_SMALLEST_WIDTH = 7.0
_ROW_CM = 0.53
_LINE_POINTS = 15
_HIGHEST_POINTS = 409
_LONGEST_WORD = 34
_MOST_WORDS = 16_384
"""How many words' breadths are remembered: those of a few workbooks, however long the process lives."""
_LONGEST_HEADING = 255
_CHARACTER_POINTS = 5.25
"""How wide a column is for each character of its width."""
_LEAST_SCALE = 0.62
"""Type of 11 points is printed no smaller than about 7."""
_PAPER = {"landscape": (784, 505), "portrait": (538, 752)}
"""Points across and down that A4 has between its margins."""
_NARROW, _WIDE = frozenset("fijlrtI.,:;'!()[]|- "), frozenset("mwMW%@")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and its figure. ``{key}`` in the text is the cell of that column in the same row."""

    text: str
    value: CachedValue


Value = str | int | float | Formula | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table; ``width`` in characters, ``band`` a heading over several columns.

    ``bar_to`` draws a bar behind each figure, as long as its share of this; None draws none, 0 measures against the largest.
    """

    key: str
    heading: str
    width: float = 11
    look: str = WHOLE
    help: str = ""
    band: str = ""
    is_summed: bool = False
    bar_to: float | None = None


def text_column(key: str, heading: str, width: float, *, help: str = "", band: str = "") -> Column:  # noqa: A002
    """A column of words."""
    return Column(key=key, heading=heading, width=width, look=TEXT, help=help, band=band)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where a written table stands, to refer to from other formulas."""

    sheet: str
    letters: Mapping[str, str]
    first: int
    last: int
    heading: int

    def cell(self, key: str, index: int) -> str:
        """The address of one cell, rows counted from 0."""
        return f"{self.sheet}!${self.letters[key]}${self.first + index}"

    def span(self, key: str) -> str:
        """The address of a column's rows, without the total."""
        return f"{self.sheet}!${self.letters[key]}${self.first}:${self.letters[key]}${self.last}"

    def total(self, key: str) -> str:
        """The address of a column's total."""
        return f"{self.sheet}!${self.letters[key]}${self.last + 1}"

    def sum_where(self, key: str, where: str, address: str) -> str:
        """A formula part: the sum of a column over rows whose text equals that of a cell, wildcards and all."""
        return f"SUMPRODUCT(--EXACT({self.span(where)},{address}),{self.span(key)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTable:
    """A written table as data: its name, its sheet, and of each row, without the total, the figures that the sheet shows."""

    name: str
    sheet: str
    first: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[CachedValue | None, ...], ...]


@cache
def font(size: int = 11, *, color: str = "000000", is_bold: bool = False, is_italic: bool = False) -> Font:
    """The one face of every sheet."""
    return Font(name="Calibri", size=size, color=color, bold=is_bold, italic=is_italic)


@lru_cache(maxsize=_MOST_WORDS)
def breadth(word: str) -> float:
    """How broad a word stands in our face, in digits, as widths of columns are counted."""
    return sum(0.55 if c in _NARROW else 1.6 if c in _WIDE else 1.15 if c.isupper() else 1.0 for c in word)


def lines_of(text: str, width: float) -> int:
    """Lines that text takes in a column of this width, a little too many rather than too few."""
    lines = 0
    for part in text.split("\n"):
        lines, here = lines + 1, 0.0
        for word in part.replace("-", "- ").split():
            broad = breadth(word)
            if here and here + broad > width:
                lines, here = lines + 1, 0.0
            lines += int(broad / max(1, width))  # a word longer than a line is cut
            here += broad + (0.0 if word.endswith("-") else 0.5)
    return lines


def height_of(lines: int, around: float) -> float:
    """Points that a row of so many lines stands high, with what stays free around them; no row may be higher than Excel lets it."""
    return min(_LINE_POINTS * lines + around, _HIGHEST_POINTS)


class Book:
    """A workbook being written, with the figure behind every formula."""

    def __init__(self, *, banner: str, footer: str, header: str = "") -> None:
        self.workbook = new_workbook()
        self.workbook.remove(self.workbook.active)
        self.banner = clean_text(banner)
        self.footer = clean_text(footer)
        self.header = clean_text(header)
        self.values: dict[str, dict[str, CachedValue]] = {}
        self.said_of_charts: list[str] = []
        self.styles: dict[tuple[str, bool], Any] = {}
        self.kept: list[KeptTable] = []
        self.lines: dict[str, list[tuple[str, str]]] = {}

    def define(self, name: str, address: str) -> None:
        """Give cells a name by which other formulas, and the Name Box, find them."""
        self.workbook.defined_names[name] = DefinedName(name, attr_text=address)

    def page(self, name: str, title: str, note: str, *, is_first: bool = False) -> Page:
        """Add a sheet with its title, one line about it, and the banner when there is one."""
        sheet = self.workbook.create_sheet(name)
        self.values[name] = {}
        self.lines[name] = []
        sheet.sheet_view.showGridLines = False
        sheet.sheet_properties.tabColor = TEAL if is_first else "4A7C87"
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.fitToHeight = 0
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top, sheet.page_margins.bottom = 0.5, 0.6
        sheet.page_margins.header = sheet.page_margins.footer = 0.25
        # An ampersand starts a code in a header or footer, so it is doubled.
        sheet.oddFooter.left.text = self.footer.replace("&", "&&")
        if self.header:
            sheet.oddHeader.center.text = self.header.replace("&", "&&")
            sheet.oddHeader.center.size = 14
        sheet.oddFooter.left.size = sheet.oddFooter.right.size = 7
        sheet.oddFooter.right.text = "&A, page &P of &N"
        return Page(self, sheet, title, note)

    def arrange(self, names: Sequence[str]) -> None:
        """Put the sheets in this order; the first is the one that opens."""
        self.workbook._sheets.sort(key=lambda sheet: names.index(sheet.title))  # noqa: SLF001 - there is no public way
        self.workbook.active = 0

    def tables(self) -> tuple[KeptTable, ...]:
        """Every table as data, in the order of the sheets and from the top of each."""
        order = self.workbook.sheetnames
        return tuple(sorted(self.kept, key=lambda table: (order.index(table.sheet), table.first)))

    def to_bytes(self) -> bytes:
        """The finished file."""
        return with_cached_values(workbook_bytes(self.workbook, self.said_of_charts), self.values, self.workbook.sheetnames)


class Page:
    """One sheet, filled from the top."""

    def __init__(self, book: Book, sheet: Any, title: str, note: str) -> None:
        self.book = book
        self.sheet = sheet
        self.widths: dict[str, float] = {}
        self.under = ""
        self.write(1, 1, title, face=font(16, color=TEAL, is_bold=True))
        sheet.row_dimensions[1].height = 24
        self.write(2, 1, note, face=font(color=GREY, is_italic=True))
        self.row = 4
        if book.banner:
            self.write(3, 1, book.banner, face=font(color="6B4200", is_bold=True))
            self.row = 5

    def write(self, row: int, column: int, value: Value, *, look: str = TEXT, face: Font | None = None) -> Any:
        """Put text, a number or a formula with its figure in one cell."""
        cell = self.sheet.cell(row, column)
        cell.number_format = look
        if face is not None:
            cell.font = face
        self._fill(cell, value)
        return cell

    def _fill(self, cell: Any, value: Value) -> None:
        if isinstance(value, Formula):
            cell.value = value.text
            self.book.values[self.sheet.title][cell.coordinate] = value.value
        elif value is not None:
            put(cell, clean_text(value) if isinstance(value, str) else value)

    def line(self, label: str, text: str) -> None:
        """A label and its text, which may run on over the empty cells beside it."""
        self.write(self.row, 1, label, face=font(is_bold=True))
        self.write(self.row, 2, text)
        self.book.lines[self.sheet.title].append((label, clean_text(text)))
        self.row += 1

    def heading(self, text: str) -> None:
        """A heading over what comes next; a table below it is named by it."""
        self.under = text
        self.write(self.row, 1, text, face=font(13, color=TEAL, is_bold=True))
        self.row += 1

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        name: str = "",
        freeze: int | None = None,
        has_filter: bool = False,
        is_main: bool = False,
    ) -> Table:
        """Write a table where the page stands; ``freeze`` keeps its headings and that many columns in view.

        ``name`` makes it a table of the workbook's, and names its rows ``<name>_rows``. As data it is named by its sheet and
        the heading over it; by its sheet alone where there is none, or it is the main one.
        """
        letters = {column.key: get_column_letter(i) for i, column in enumerate(columns, start=1)}
        self._widen(columns, rows)
        self._bands(columns)
        self._headings(columns)
        table = Table(
            sheet=quote_sheetname(self.sheet.title),
            letters=letters,
            first=self.row,
            last=self.row + max(len(rows), 1) - 1,
            heading=self.row - 1,
        )
        self._keep(columns, rows, is_main=is_main)
        for row in rows:
            self._row(columns, letters, row)
        if not rows:
            self.write(self.row, 1, "None.", face=font(is_italic=True))
            self.row += 1
        if any(column.is_summed for column in columns):
            self._total(columns, table, rows)
        if name:
            self._name(name, columns, table, has_filter=has_filter)
        elif has_filter:
            self.sheet.auto_filter.ref = f"A{table.heading}:{get_column_letter(len(columns))}{table.last}"
        self._bars(columns, table)
        if freeze is not None:
            self.sheet.freeze_panes = self.sheet.cell(table.first, freeze + 1)
            self.sheet.print_title_rows = f"{table.heading}:{table.heading}"
            self.sheet.print_title_cols = f"A:{get_column_letter(freeze)}" if freeze else None
        self.row += 1
        return table

    def _keep(self, columns: Sequence[Column], rows: Sequence[Row], *, is_main: bool) -> None:
        sheet = self.sheet.title
        name = f"{sheet} - {self.under}" if self.under and not is_main else sheet
        values = tuple(tuple(_plain(row.get(column.key), column) for column in columns) for row in rows)
        self.book.kept.append(KeptTable(name=name, sheet=sheet, first=self.row, columns=tuple(columns), rows=values))
        self.under = ""

    def _name(self, name: str, columns: Sequence[Column], table: Table, *, has_filter: bool) -> None:
        """Make the cells a table that sheets and formulas can name; it keeps our look, so it has no style of its own."""
        end = get_column_letter(len(columns))
        ref = f"A{table.heading}:{end}{table.last}"
        headings = (self.sheet.cell(table.heading, i).value for i in range(1, len(columns) + 1))
        made = ExcelTable(
            displayName=name, ref=ref, autoFilter=AutoFilter(ref=ref) if has_filter else None,
            tableColumns=[TableColumn(id=i, name=heading) for i, heading in enumerate(headings, start=1)],
        )  # fmt: skip
        self.sheet.add_table(made)
        self.book.define(f"{name}_rows", f"{table.sheet}!$A${table.first}:${end}${table.last}")

    def _bars(self, columns: Sequence[Column], table: Table) -> None:
        for column in columns:
            if column.bar_to is not None:
                ends = {"end_type": "num", "end_value": column.bar_to} if column.bar_to else {"end_type": "max"}
                letter = table.letters[column.key]
                bar = DataBarRule(start_type="num", start_value=0, color=_BAR, minLength=0, maxLength=100, **ends)
                self.sheet.conditional_formatting.add(f"{letter}{table.first}:{letter}{table.last}", bar)

    def chart(self, chart: ChartBase, says: str) -> None:
        """Put a chart where the page stands, with the words that say the same to who cannot see it; one sheet of a book holds all charts."""
        self.sheet.add_chart(chart, f"A{self.row}")
        self.book.said_of_charts.append(clean_text(says))
        self.row += ceil(chart.height / _ROW_CM) + 2

    def next_page(self) -> None:
        """What comes next stands on a page of its own when it is printed."""
        self.sheet.row_breaks.append(Break(id=self.row - 1))

    def _bands(self, columns: Sequence[Column]) -> None:
        if not any(column.band for column in columns):
            return
        start = 1
        for i, column in enumerate(columns, start=1):
            cell = self.write(self.row, i, column.band if i == start else None, face=font(color="FFFFFF", is_bold=True))
            cell.fill = _MIDDLE if column.band else PatternFill()
            cell.alignment = Alignment(horizontal="center")
            cell.border = Border(left=Side(style="medium", color="FFFFFF")) if i == start else Border()
            if i == len(columns) or columns[i].band != column.band:
                if i > start:
                    self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=start, end_column=i)
                start = i + 1
        self.row += 1

    def _widen(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Give every column the width it asks for, or that of its longest word: text wraps at spaces only."""
        for i, column in enumerate(columns, start=1):
            letter = get_column_letter(i)
            word = max((breadth(part) for part in column.heading.split()), default=0) * _BOLD + 2.5
            if column.look == TEXT:
                ids = max((breadth(part) for row in rows for part in str(figure(row.get(column.key)) or "").split()), default=0)
                word = max(word, min(ids, _LONGEST_WORD) + 2)
            self.widths[letter] = max(_SMALLEST_WIDTH, column.width, word, self.widths.get(letter, 0))
            self.sheet.column_dimensions[letter].width = self.widths[letter]

    def _headings(self, columns: Sequence[Column]) -> None:
        # Heights are set, since not every program grows a row for text that wraps.
        tallest = 1
        headings = different(columns)
        for i, (column, heading) in enumerate(zip(columns, headings, strict=True), start=1):
            cell = self.write(self.row, i, heading, face=font(color="FFFFFF", is_bold=True))
            cell.fill = _DARK
            cell.alignment = _aside(column, i, vertical="center", wraps=True)
            if column.help:
                cell.comment = comment(column.help)
            tallest = max(tallest, lines_of(heading, (self.widths[get_column_letter(i)] - 2) / _BOLD))
        self.sheet.row_dimensions[self.row].height = height_of(tallest, 4)
        self.row += 1

    def _row(self, columns: Sequence[Column], letters: Mapping[str, str], row: Row) -> None:
        tallest = 1
        for i, column in enumerate(columns, start=1):
            value = row.get(column.key)
            if isinstance(value, Formula):
                here = re.sub(r"\{(\w+)\}", lambda key: f"{letters[key[1]]}{self.row}", value.text)
                value = Formula(here, value.value)
            self._fill(self._cell(column, i), value)
            shown = figure(value)
            if isinstance(shown, str):
                tallest = max(tallest, lines_of(shown, self.widths[letters[column.key]] - (1 if i == 1 else 2)))
        self.sheet.row_dimensions[self.row].height = height_of(tallest, 1)
        self.row += 1

    def _cell(self, column: Column, number: int) -> Any:
        """An empty cell of a table's row; its look is worked out once, as a workbook has tens of thousands."""
        cell, styles = self.sheet.cell(self.row, number), self.book.styles
        key = (column.look, number > 1)
        if key in styles:
            cell._style = copy(styles[key])  # noqa: SLF001 - there is no public way
        else:
            cell.number_format = column.look
            cell.alignment = _aside(column, number, vertical="top", wraps=column.look == TEXT)
            cell.border = _UNDER
            styles[key] = copy(cell._style)  # noqa: SLF001 - there is no public way
        return cell

    def _total(self, columns: Sequence[Column], table: Table, rows: Sequence[Row]) -> None:
        for i, column in enumerate(columns, start=1):
            value: Value = "Total" if i == 1 else None
            if column.is_summed:
                letter = table.letters[column.key]
                value = Formula(f"=SUM({letter}{table.first}:{letter}{table.last})", _sum(row.get(column.key) for row in rows))
            cell = self.write(self.row, i, value, look=column.look, face=font(is_bold=True))
            cell.fill = _PALE
            cell.border = Border(top=Side(style="thin", color=TEAL))
            cell.alignment = _aside(column, i, vertical="top", wraps=False)
        self.row += 1

    def finish(self) -> None:
        """Spread the banner over the sheet, and its columns over as few pages as stay readable; every page and view keeps its title."""
        if not self.sheet.print_title_rows:
            self.sheet.print_title_rows = "1:1"
        if self.sheet.freeze_panes is None:
            self.sheet.freeze_panes = "A4"
        self._lay_out()
        if self.sheet.page_setup.fitToWidth > 1:
            self.sheet.print_title_cols = "A:A"
        if self.book.banner:
            for column in range(1, self.sheet.max_column + 1):
                self.sheet.cell(3, column).fill = AMBER

    def _lay_out(self) -> None:
        """Lay the paper across or upright, whichever takes fewer pages at a type that can be read; across where both take as many."""
        wide = _CHARACTER_POINTS * sum(self.widths.values())  # nought for a sheet of charts, which are as broad as paper that lies
        dimensions = self.sheet.row_dimensions
        tall = sum((row in dimensions and dimensions[row].height) or _LINE_POINTS for row in range(1, self.sheet.max_row + 1))
        pages = {}
        for orientation, (across, down) in _PAPER.items():
            beside = max(1, ceil(wide * _LEAST_SCALE / across))
            pages[orientation] = beside, beside * ceil(tall * min(1, beside * across / max(wide, 1)) / down)
        best = min(pages, key=lambda orientation: pages[orientation]) if wide else "landscape"
        self.sheet.page_setup.orientation, self.sheet.page_setup.fitToWidth = best, pages[best][0]


def _aside(column: Column, number: int, *, vertical: str, wraps: bool) -> Alignment:
    """Words to the left, numbers to the right, with a little air between columns."""
    if column.look == TEXT:
        return Alignment(horizontal="left", vertical=vertical, wrap_text=wraps, indent=int(number > 1))
    return Alignment(horizontal="right", vertical=vertical, wrap_text=wraps, indent=1)


def different(columns: Sequence[Column]) -> list[str]:
    """Headings of which no two are the same, as a table of a workbook needs them, and none longer than it may be.

    One that stands under several bands has its band before it; what is still the same has a number behind it.
    """
    often = Counter(clean_text(column.heading).casefold() for column in columns)
    found: list[str] = []
    for column in columns:
        heading = clean_text(column.heading)
        if column.band and often[heading.casefold()] > 1:
            heading = f"{column.band}: {heading}"
        said, number = heading[:_LONGEST_HEADING], 1
        while said.casefold() in {other.casefold() for other in found}:
            number += 1
            said = f"{heading[: _LONGEST_HEADING - 5]} ({number})"
        found.append(said)
    return found


def figure(value: Value) -> CachedValue | None:
    """What a reader sees in a cell."""
    return value.value if isinstance(value, Formula) else value


def _plain(value: Value, column: Column) -> CachedValue | None:
    """What the cell holds, as data: its text as it is written there, a date as ISO writes it, nothing where it is empty."""
    found = figure(value)
    if column.look == DAY and isinstance(found, int):
        return (FIRST_DAY + dt.timedelta(days=found)).isoformat()
    if isinstance(found, str):
        return clean_text(found) or None
    return float(format(value, ".16g")) if isinstance(value, float) else found  # a workbook keeps 16 digits of what is no formula


def _sum(values: Any) -> int | float:
    numbers = [n for n in map(figure, values) if isinstance(n, int | float)]
    total = sum(numbers)
    # Hundredths add up to hundredths, whatever binary fractions make of them.
    return total if isinstance(total, int) else round(total, 10)
