"""Reads a partnership workbook, or a folder or ZIP of CSVs of the same sheets, into tables of text.

Nothing here knows what a cell means: a cell becomes the text a person sees in it, and
``planner.intake.parsing`` reads that text by the published schema.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from planner.errors import InputMustBeMended
from planner.intake.sheets import SHEETS
from planner.intake.zip_guard import moved, unpacked

MOST_BYTES = 20_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
LONGEST_TEXT = 32_767
"""The most characters that a cell of a workbook holds."""
# What a second of the processor reads, and 200 MB hold, whatever is made of it.
_MOST_CELLS = 200_000
_MOST_TEXT = 10_000_000
_MOST_ROWS_SEEN = 1_100_000
_LONGEST_CSV_ROW = 1_000_000
_MOST_TAGS = 80_000
_MOST_BYTES_OF_TAGS = 10_000_000
_MOST_TAGS_OF_CELLS = 500_000
_MOST_TAGS_OF_A_ROW = 20_000
_MOST_ROWS_OF_A_PART = 100_000
FINDINGS_SHEET = "Findings"
"""The sheet that a marked copy adds; when the copy comes back mended, it is nobody's own sheet."""
EXAMPLE = "Example:"
"""A row whose first cell begins so shows how to fill in a sheet, and is not read."""
_LAST_ROW = 1_048_576

_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
# Characters that XML, and so a workbook, cannot hold.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank: its row number in the spreadsheet and its text by heading."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet as text. A heading that occurs twice is listed twice; its first column holds the text.

    ``letters`` names each heading's column in the spreadsheet, ``heading_row`` the row they stand in.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    letters: tuple[str, ...] = ()
    heading_row: int = 1


def sheet_key(name: str) -> str:
    """Return the form in which two sheet names are compared: case, spaces, underscores and apostrophes do not matter."""
    return " ".join(re.sub("['’]", "", name).replace("_", " ").casefold().split())


def clean_text(text: str) -> str:
    """Return the text without what no workbook can hold, with one kind of line end, trimmed."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def may_run(text: str) -> bool:
    """Whether some spreadsheet might take a text for a formula: by its first character that shows, in its plain form."""
    for character in text:
        if unicodedata.category(character)[0] not in "CZ":
            return unicodedata.normalize("NFKC", character)[0] in "=+-@"  # full-width and small signs are signs too
    return False


def is_guarded(text: str) -> bool:
    """Whether a CSV of ours writes an apostrophe before a text, to keep it text."""
    return text.startswith(("'", "\t", "\r", "\n")) or may_run(text)


def read_tables(path: Path) -> dict[str, Table]:
    """Read a workbook (.xlsx), a folder of CSVs or a ZIP of them into tables of text by sheet name.

    Sheets of the published schema carry their published name, others their own. Raises
    ``InputMustBeMended`` with one sentence when the path, its file type or its content
    cannot be read, or when a required sheet is missing.
    """
    try:
        if path.is_dir():
            return _with_required(path.name, _read_folder(path))
        if not path.exists():
            raise InputMustBeMended(f"There is no file or folder {path}: check the name and where you run the command.")
        _refuse_large(path.name, path.stat().st_size)
        return tables_of(path.name, path.read_bytes())
    except OSError as error:
        raise InputMustBeMended(
            f"{path} cannot be opened ({error.strerror}): close it in other programs and check that you may read it.",
        ) from error


def tables_of(name: str, content: bytes) -> dict[str, Table]:
    """Read a workbook (.xlsx) or a ZIP of CSVs as ``read_tables`` does; ``name`` is what sentences call it."""
    parts = parts_of(name, content, only=_is_read)
    if is_workbook(parts):
        return _with_required(name, _read_workbook(name, parts))
    return _with_required(name, _by_sheet(name, csv_sheets(name, parts)))


def refuse_other_files(name: str, content: bytes) -> None:
    """Raise ``InputMustBeMended`` when a file is too large, or begins like neither a workbook nor a ZIP."""
    _refuse_large(name, len(content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputMustBeMended(
            f"{name} is an old .xls or password-protected workbook: open it in Excel, take off any password and save it as .xlsx."
        )
    if content.startswith(b"PK\x03\x04"):
        return
    if name.lower().endswith(".csv"):
        raise InputMustBeMended(f"{name} is a single CSV: put it in a ZIP with the other sheets' CSVs and give the ZIP.")
    raise InputMustBeMended(f"{name} is not an Excel workbook: give a workbook saved as .xlsx, or a ZIP of CSV files.")


def parts_of(name: str, content: bytes, *, only: Callable[[str], bool] | None = None) -> dict[str, bytes]:
    """The parts of a workbook or of a ZIP of CSVs, or ``only`` those so named, unpacked with care."""
    refuse_other_files(name, content)
    parts = unpacked(name, content, only=only)
    _refuse_crowded(name, parts)
    if parts.get("mimetype", b"").startswith(b"application/vnd.oasis"):
        raise InputMustBeMended(f"{name} is an OpenDocument spreadsheet: save it as .xlsx and give that.")
    if not is_workbook(parts) and not _csv_names(name, parts):
        raise InputMustBeMended(f"{name} is damaged or is not a workbook or a ZIP of CSVs: open it in Excel and save it again as .xlsx.")
    return parts


def _refuse_crowded(name: str, parts: Mapping[str, bytes]) -> None:
    """Styles, texts and the like are read whole, before any row, and each row whole: millions of them are refused unread."""
    tags_apart = bytes_apart = most_of_cells = most_of_a_row = most_rows = 0
    for part, content in parts.items():
        if _is_xml(part):
            cells = content.find(b"<sheetData") if part.startswith("xl/worksheets/") else -1
            start, end = (cells, max(cells, content.rfind(b"</sheetData>"))) if cells >= 0 else (0, 0)
            of_cells = content.count(b"<", start, end)
            tags_apart += content.count(b"<") - of_cells
            bytes_apart += len(content) - (end - start)
            most_of_cells = max(most_of_cells, of_cells)
            if of_cells > _MOST_TAGS_OF_A_ROW:
                rows = [start, *(row.start() for row in _ROW.finditer(content, start, end)), end]
                most_rows = max(most_rows, len(rows))
                most_of_a_row = max(most_of_a_row, *(content.count(b"<", *one) for one in pairwise(rows)))
    if (
        tags_apart > _MOST_TAGS
        or bytes_apart > _MOST_BYTES_OF_TAGS
        or most_of_cells > _MOST_TAGS_OF_CELLS
        or most_of_a_row > _MOST_TAGS_OF_A_ROW
        or most_rows > _MOST_ROWS_OF_A_PART
    ):
        raise InputMustBeMended(
            f"{name} holds far more rows, cells, texts or styles than a partnership workbook and was not opened: "
            "copy the partnership's sheets into a new workbook."
        )


def _is_xml(part: str) -> bool:
    return part.lower().endswith((".xml", ".rels"))


def _is_read(part: str) -> bool:
    """Whether a part is one that figures are read from; pictures and the like are none."""
    return _is_xml(part) or part.lower().endswith(".csv") or part == "mimetype"


def is_workbook(parts: Mapping[str, bytes]) -> bool:
    """Tell a workbook from a ZIP of CSVs."""
    return "[Content_Types].xml" in parts


def csv_sheets(name: str, parts: Mapping[str, bytes]) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The CSVs of a ZIP in order of name, each by its title with its rows of text."""
    for part in _csv_names(name, parts):
        csv_name = PurePosixPath(part)
        yield csv_name.stem, _csv_rows(csv_name.name, parts[part])


def _csv_names(name: str, parts: Mapping[str, bytes]) -> list[str]:
    # Other programs leave hidden files, and one folder with everything in it is as good as none.
    names = [part for part in sorted(parts) if part.lower().endswith(".csv") and not re.search(r"(^|/)(\.|~\$|__MACOSX/)", part)]
    if len({PurePosixPath(part).parent for part in names}) > 1:
        raise InputMustBeMended(f"{name} holds CSVs in more than one folder: put all of them in one and zip that.")
    return names


def _with_required(name: str, tables: dict[str, Table]) -> dict[str, Table]:
    for sheet in SHEETS:
        if sheet.is_required and sheet.name not in tables:
            if tables.keys() >= {"Baselines", "Provenance"}:
                raise InputMustBeMended(
                    f"{name} is a plan's workbook, not a partnership's figures: give the workbook that it was planned from. "
                    "What was changed in a plan by hand is audited beside that plan: on its page Downloads, or with planner audit --plan."
                )
            found = ", ".join(tables) or "none"
            raise InputMustBeMended(
                f"{name} has no sheet named {sheet.name} (sheets found: {found[:200]}): add it, or rename the sheet that holds it."
            )
    return tables


def _refuse_large(name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise InputMustBeMended(f"{name} is larger than 20 MB: keep only the partnership's own rows and sheets in it.")


def _read_folder(folder: Path) -> dict[str, Table]:
    # Names that begin with a dot or ~$ are lock files and leftovers of other programs.
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() == ".csv" and not f.name.startswith((".", "~$")))
    if not files:
        raise InputMustBeMended(f"The folder {folder} holds no CSV files: give a folder with one CSV a sheet, or a workbook (.xlsx).")
    for file in files:
        _refuse_large(file.name, file.stat().st_size)
    return _by_sheet(folder.name, ((file.stem, _csv_rows(file.name, file.read_bytes())) for file in files))


def _csv_rows(name: str, data: bytes) -> Iterator[list[str]]:
    _refuse_large(name, len(data))
    mend = f"{name} is not a CSV that can be read: save it again from Excel as 'CSV UTF-8 (comma delimited)'."
    if b"\0" in data:  # UTF-16, or no text at all
        raise InputMustBeMended(mend)
    encoding = "utf-8-sig" if _is_utf_8(data) else "cp1252"  # what Excel's plain 'CSV' is in Britain
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    of_row = 0

    def lines() -> Iterator[str]:
        nonlocal of_row
        while line := text.readline(_LONGEST_CSV_ROW):
            of_row += len(line)
            if of_row >= _LONGEST_CSV_ROW:
                raise csv.Error("a row without end")
            yield line

    try:
        for row in csv.reader(lines()):
            of_row = 0
            yield [_unguarded(cell) for cell in row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputMustBeMended(mend) from error


def _is_utf_8(data: bytes) -> bool:
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")
    try:
        while text.read(1 << 16):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _unguarded(cell: str) -> str:
    # The apostrophe that keeps a spreadsheet from running text as a formula (see export) is not part of the text.
    return cell[1:] if cell.startswith("'") and is_guarded(cell[1:]) else cell


def _read_workbook(name: str, parts: dict[str, bytes]) -> dict[str, Table]:
    with _opened(name, parts) as workbook:
        return _by_sheet(name, ((sheet.title, _workbook_rows(sheet)) for sheet in workbook.worksheets))


@contextmanager
def _opened(name: str, parts: dict[str, bytes], *, formulas: bool = False) -> Iterator[Any]:
    """The workbook while it is read, its parts taken out of ``parts``; a damaged one is refused in one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decorations it does not read
            yield openpyxl.load_workbook(moved(parts), read_only=True, data_only=not formulas, keep_links=False)
    except (InputMustBeMended, MemoryError):
        raise
    except Exception as error:
        # A damaged workbook can break openpyxl anywhere; whatever broke, the remedy is the same.
        raise InputMustBeMended(f"{name} is damaged or is not a workbook: open it in Excel and save it again as .xlsx.") from error


def grids_of(name: str, content: bytes) -> dict[str, list[list[str]]]:
    """Every sheet of a workbook as rows of text, by its title.

    Raises ``InputMustBeMended`` as ``tables_of`` does.
    """
    parts = parts_of(name, content, only=_is_read)
    if not is_workbook(parts):
        raise InputMustBeMended(f"{name} is a ZIP of CSVs: give the workbook (.xlsx) itself.")
    with _opened(name, parts) as workbook:
        read, sheets = _Read(), {sheet.title: f"{name}, sheet {sheet.title}" for sheet in workbook.worksheets}
        return {
            sheet.title: _trimmed(sheets[sheet.title], read.counted(sheets[sheet.title], _workbook_rows(sheet)))
            for sheet in workbook.worksheets
        }


def formula_cells(name: str, content: bytes, titles: Container[str]) -> dict[str, frozenset[str]]:
    """The cells that hold formulas, in those sheets so titled of a workbook that ``grids_of`` has read.

    Raises ``InputMustBeMended`` as it does.
    """
    with _opened(name, parts_of(name, content, only=_is_read), formulas=True) as workbook:
        return {sheet.title: frozenset(_formula_cells(sheet)) for sheet in workbook.worksheets if sheet.title in titles}


def _formula_cells(sheet: Any) -> Iterator[str]:
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield from (f"{get_column_letter(column)}{number}" for column, cell in enumerate(row, start=1) if cell.data_type == "f")


def _trimmed(name: str, rows: Iterator[list[str]]) -> list[list[str]]:
    """The rows, none after the last that holds text; a sheet larger than any of ours is refused."""
    kept: list[list[str]] = []
    for number, row in enumerate(rows, start=1):
        texts = [clean_text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        if number > _LAST_ROW or len(texts) > MOST_COLUMNS or (texts and number > MOST_ROWS):
            raise InputMustBeMended(
                f"{name} has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns: keep only what the planner wrote, and a few of your own."
            )
        if texts:
            kept.extend([] for _ in range(number - 1 - len(kept)))
            kept.append(texts)
    return kept


def _workbook_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # a sheet's stated size may be the whole grid
    for row in sheet.iter_rows():
        yield [cell_text(cell.value, cell.number_format if isinstance(cell.value, int | float) else "") for cell in row] if row else []


def cell_text(value: object, number_format: str) -> str:
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
    read = _Read()
    for title, rows in sheets:
        if title == FINDINGS_SHEET:
            continue
        sheet_name = published.get(sheet_key(title), title)
        if sheet_key(title) not in published:
            tables[sheet_name] = Table((), ())  # somebody's own sheet: known to be there, never read
        elif sheet_name in tables:
            raise InputMustBeMended(f"{name} holds the sheet {sheet_name} twice: keep one of them.")
        else:
            tables[sheet_name] = _table(f"{name}, sheet {sheet_name}", read.counted(f"{name}, sheet {sheet_name}", rows))
    return tables


@dataclass(slots=True)
class _Read:
    """What has been read of all sheets of a file so far."""

    rows: int = 0
    cells: int = 0
    characters: int = 0

    def counted(self, name: str, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """The rows, until there are more in the file than a partnership has."""
        for row in rows:
            self.rows += 1
            if row:
                self.cells += len(row)
                self.characters += sum(map(len, row))
            if self.rows > _MOST_ROWS_SEEN or self.cells > _MOST_CELLS or self.characters > _MOST_TEXT:
                raise InputMustBeMended(
                    f"{name} holds far more rows, cells or text than a partnership has: keep only the partnership's own rows in it."
                )
            yield row


def _table(name: str, rows: Iterator[list[str]]) -> Table:
    headings: list[str] = []
    heading_row = 1
    kept: list[Row] = []
    for number, row in enumerate(rows, start=1):
        if not row and number <= _LAST_ROW:
            continue  # soon: there may be a million
        if max(map(len, row), default=0) > LONGEST_TEXT:
            raise InputMustBeMended(
                f"{name}, row {number}, holds a text of more than {LONGEST_TEXT:,} characters, the most that a cell holds: shorten it."
            )
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
            heading_row = number
            continue
        if texts[0].startswith(EXAMPLE):
            continue
        headings.extend([""] * (len(texts) - len(headings)))
        cells: dict[str, str] = {}
        for index, text in enumerate(texts):
            if text and not headings[index]:
                headings[index] = f"column {get_column_letter(index + 1)}"  # has text but no heading
            cells.setdefault(headings[index], text)
        kept.append(Row(number, cells))
    named = [(heading, get_column_letter(index)) for index, heading in enumerate(headings, start=1) if heading]
    return Table(tuple(heading for heading, _ in named), tuple(kept), tuple(letter for _, letter in named), heading_row)
