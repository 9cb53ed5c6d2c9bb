"""Reads a partnership workbook, or a folder of CSVs of the same sheets, into tables of text.

Nothing here knows what a cell means: a cell becomes the text a person sees in it, and
``planner.intake.parsing`` reads that text by the published schema.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from planner.errors import InputMustBeMended
from planner.intake.sheets import SHEETS

MOST_BYTES = 20_000_000
MOST_UNPACKED_BYTES = 200_000_000
MOST_PARTS = 2_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
_BIG_PART_BYTES = 5_000_000
_MOST_RATIO = 200
_LAST_ROW = 1_048_576

# Characters that XML, and so a workbook, cannot hold.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank: its row number in the spreadsheet and its text by heading."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet as text. A heading that occurs twice is listed twice; its first column holds the text."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def sheet_key(name: str) -> str:
    """Return the form in which two sheet names are compared: case, spaces, underscores and apostrophes do not matter."""
    return " ".join(re.sub("['’]", "", name).replace("_", " ").casefold().split())


def clean_text(text: str) -> str:
    """Return the text without what no workbook can hold, with one kind of line end, trimmed."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def read_tables(path: Path) -> dict[str, Table]:
    """Read a workbook (.xlsx) or a folder of CSVs into tables of text by sheet name.

    Sheets of the published schema carry their published name, others their own. Raises
    ``InputMustBeMended`` with one sentence when the path, its file type or its content
    cannot be read, or when a required sheet is missing.
    """
    try:
        if path.is_dir():
            tables = _read_folder(path)
        elif path.exists():
            tables = _read_workbook(path)
        else:
            raise InputMustBeMended(f"There is no file or folder {path}: check the name and where you run the command.")
    except OSError as error:
        raise InputMustBeMended(
            f"{path} cannot be opened ({error.strerror}): close it in other programs and check that you may read it.",
        ) from error
    for sheet in SHEETS:
        if sheet.is_required and sheet.name not in tables:
            found = ", ".join(tables) or "none"
            raise InputMustBeMended(
                f"{path.name} has no sheet named {sheet.name} (sheets found: {found}): add it, or rename the sheet that holds it."
            )
    return tables


def _read_folder(folder: Path) -> dict[str, Table]:
    # Names that begin with a dot or ~$ are lock files and leftovers of other programs.
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() == ".csv" and not f.name.startswith((".", "~$")))
    if not files:
        raise InputMustBeMended(f"The folder {folder} holds no CSV files: give a folder with one CSV a sheet, or a workbook (.xlsx).")
    return _by_sheet(folder.name, ((file.stem, _csv_rows(file)) for file in files))


def _csv_rows(file: Path) -> Iterator[list[str]]:
    if file.stat().st_size > MOST_BYTES:
        raise InputMustBeMended(f"{file.name} is larger than 20 MB: keep only the partnership's own rows in it.")
    mend = f"{file.name} is not a CSV that can be read: save it again from Excel as 'CSV UTF-8 (comma delimited)'."
    data = file.read_bytes()
    if b"\0" in data:  # UTF-16, or no text at all
        raise InputMustBeMended(mend)
    try:
        for row in csv.reader(io.StringIO(_decoded(data), newline="")):
            yield [_unguarded(cell) for cell in row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputMustBeMended(mend) from error


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")  # what Excel's plain 'CSV' is in Britain


def _unguarded(cell: str) -> str:
    # The apostrophe that keeps a spreadsheet from running text as a formula (see export) is not part of the text.
    return cell[1:] if re.match("'['=+\\-@\t\r]", cell) else cell


def _read_workbook(path: Path) -> dict[str, Table]:
    name = path.name
    if path.stat().st_size > MOST_BYTES:
        raise InputMustBeMended(f"{name} is larger than 20 MB: keep only the partnership's own sheets in it.")
    data = path.read_bytes()
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputMustBeMended(
            f"{name} is an old .xls or password-protected workbook: open it in Excel, take off any password and save it as .xlsx."
        )
    if path.suffix.lower() == ".csv":
        raise InputMustBeMended(f"{name} is a single CSV: put it in a folder with the other sheets' CSVs and give the folder.")
    if not data.startswith(b"PK\x03\x04"):
        raise InputMustBeMended(f"{name} is not an Excel workbook: give a workbook saved as .xlsx, or a folder of CSVs.")
    _guard_zip(name, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decorations it does not read
            workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            return _by_sheet(name, ((sheet.title, _workbook_rows(sheet)) for sheet in workbook.worksheets))
    except InputMustBeMended:
        raise
    except Exception as error:
        # A damaged workbook can break openpyxl anywhere; whatever broke, the remedy is the same.
        raise InputMustBeMended(f"{name} is damaged or is not a workbook: open it in Excel and save it again as .xlsx.") from error


def _guard_zip(name: str, data: bytes) -> None:
    """Refuse, from the zip's directory alone, what would unpack to far more than a workbook holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InputMustBeMended(f"{name} is damaged or incomplete: open it in Excel and save it again as .xlsx.") from error
    if any(part.flag_bits & 0x1 for part in parts):
        raise InputMustBeMended(f"{name} is encrypted: take off its password in Excel and save it as .xlsx.")
    is_bomb = (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES
        or any(part.file_size > _BIG_PART_BYTES and part.file_size > _MOST_RATIO * part.compress_size for part in parts)
    )
    if is_bomb:
        raise InputMustBeMended(
            f"{name} unpacks to far more than a partnership workbook holds and was not opened: copy its sheets into a new workbook."
        )
    if len({part.filename for part in parts}) < len(parts):
        raise InputMustBeMended(f"{name} holds two parts of the same name and was not opened: open it in Excel and save it again as .xlsx.")


def _workbook_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # a sheet's stated size may be the whole grid
    for row in sheet.iter_rows():
        yield [_cell_text(cell.value, cell.number_format if cell.value is not None else "") for cell in row]


def _cell_text(value: object, number_format: str) -> str:
    """Return the text a person sees in a cell: 12.0 is 12, a date is ISO, 0.8 shown as a percentage is 80%."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        is_percent = "%" in number_format
        # Spreadsheets keep 15 significant digits; beyond them a formula's result is noise.
        number = float(format(value * 100 if is_percent else value, ".15g"))
        return (str(int(number)) if number.is_integer() else repr(number)) + "%" * is_percent
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _by_sheet(name: str, sheets: Iterable[tuple[str, Iterator[list[str]]]]) -> dict[str, Table]:
    published = {sheet_key(sheet.name): sheet.name for sheet in SHEETS}
    tables: dict[str, Table] = {}
    for title, rows in sheets:
        sheet_name = published.get(sheet_key(title), title)
        if sheet_key(title) not in published:
            tables[sheet_name] = Table((), ())  # somebody's own sheet: known to be there, never read
        elif sheet_name in tables:
            raise InputMustBeMended(f"{name} holds the sheet {sheet_name} twice: keep one of them.")
        else:
            tables[sheet_name] = _table(f"{name}, sheet {sheet_name}", rows)
    return tables


def _table(name: str, rows: Iterator[list[str]]) -> Table:
    headings: list[str] = []
    kept: list[Row] = []
    for number, row in enumerate(rows, start=1):
        texts = [clean_text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        # A damaged row number would make openpyxl yield blank rows without end.
        if len(texts) > MOST_COLUMNS or (texts and len(kept) == MOST_ROWS) or number > _LAST_ROW:
            raise InputMustBeMended(
                f"{name} has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns: keep only the partnership's own rows in it."
            )
        if not texts:
            continue
        if not headings:
            headings = [" ".join(text.split()) for text in texts]
            continue
        headings.extend([""] * (len(texts) - len(headings)))
        cells: dict[str, str] = {}
        for index, text in enumerate(texts):
            if text and not headings[index]:
                headings[index] = f"column {get_column_letter(index + 1)}"  # has text but no heading
            cells.setdefault(headings[index], text)
        kept.append(Row(number, cells))
    return Table(tuple(heading for heading in headings if heading), tuple(kept))
