"""Loads the wanted columns of a download as text, and reads its cells.

A column is found by the plain form of its heading; names of people are never loaded.
A blank or a code such as ``c``, ``x``, ``z``, ``NA`` or ``low`` is unknown, never zero.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import pandas as pd

from planner.errors import InputMustBeMended


@dataclass(frozen=True, slots=True)
class Download:
    """The wanted columns of a file as text under our own names, and the headings they had."""

    frame: pd.DataFrame
    headings: dict[str, str]


def read_urn(text: str) -> int | None:
    """Return a URN, repairing ``1e+05`` only where no digit is lost; None when it cannot be read.

    R writes exactly 100000 as ``1e+05``; a spreadsheet's ``1.25E+05`` has lost its last digits.
    """
    if len(text) in {5, 6} and text.isascii() and text.isdigit() and text[0] != "0":
        return int(text)  # nearly every row; the rest is for what spreadsheets and R make of URNs
    if re.fullmatch(r"[1-9]e\+05", text):
        return int(text[0]) * 100_000
    full = re.fullmatch(r"([1-9])\.([0-9]{5})[eE]\+?0?5", text)
    if full:
        return int(full[1] + full[2])
    whole = re.fullmatch(r"([1-9][0-9]{4,5})(\.0+)?", text)
    return int(whole[1]) if whole else None


def read_count(text: str) -> int | None:
    """Return a whole count of 0 or more; None for a blank, a code or anything else."""
    if len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    whole = re.fullmatch(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.0*)?", text)
    return int(whole[1].replace(",", "")) if whole else None


def read_share(percent: str) -> Fraction | None:
    """Return a percentage, with or without its sign, as a share from 0 to 1; None when unknown."""
    if not percent:
        return None
    try:
        number = Decimal(percent.removesuffix("%").strip())
    except InvalidOperation:
        return None
    return Fraction(number) / 100 if number.is_finite() and 0 <= number <= 100 else None


def read_metres(text: str) -> int | None:
    """Return a whole easting or northing in metres, rounded down; None when there is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    # 0, 0 stands for schools offshore, overseas and online.
    return int(number) if number.is_finite() and 0 < number < 2_000_000 else None


def date_in_name(path: Path) -> str:
    """Return the date, the years or the year that a file's name carries, or nothing."""
    day = re.search(r"(?<![0-9])(20[0-9]{2})[-_]?([01][0-9])[-_]?([0-3][0-9])(?![0-9])", path.name)
    if day:
        return "-".join(day.groups())
    years = re.search(r"(?<![0-9])(20[0-9]{2})[-_]?([0-9]{2})(?![0-9])", path.name)
    if years and (int(years[1]) + 1) % 100 == int(years[2]):
        return f"{years[1]}/{years[2]}"
    year = re.search(r"(?<![0-9])20[0-9]{2}(?![0-9])", path.name)
    return year[0] if year else ""


class Unread:
    """Counts the rows of a file that carry no URN to join by."""

    def __init__(self, path: Path, also_skips: tuple[str, ...] = ()) -> None:
        self.path = path
        self.expected = also_skips
        self.blank = 0
        self.doubled = 0
        self.shortened: list[str] = []

    def urn(self, text: str) -> int | None:
        """Return the URN, or None after counting why it cannot be used."""
        urn = read_urn(text)
        if urn is None and text not in self.expected:
            if re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", text):
                self.shortened.append(text)
            else:
                self.blank += 1
        return urn

    def notes(self) -> tuple[str, ...]:
        """Say what was skipped, one sentence a reason."""
        notes = []
        if self.blank:
            notes.append(f"{self.path.name}: {_rows(self.blank)} without a URN skipped.")
        if self.shortened:
            rows = _rows(len(self.shortened))
            notes.append(f"{self.path.name}: {rows} skipped, as a spreadsheet shortened the URN (first: '{self.shortened[0]}').")
        if self.doubled:
            notes.append(f"{self.path.name}: {_rows(self.doubled)} skipped that repeat an earlier URN.")
        return tuple(notes)


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def load_download(path: Path, what: str, wanted: Mapping[str, tuple[str, ...]], required: Mapping[str, str]) -> Download:
    """Load the wanted columns of a CSV or gzipped CSV.

    ``wanted`` gives each column's possible plain headings (letters, digits and % of the
    heading) as patterns, best first; ``required`` the headings to name when one is missing.
    Raises ``InputMustBeMended`` with one sentence when the file is not ``what`` it should be.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise InputMustBeMended(f"{path} cannot be read ({error.strerror}): give the CSV of {what}.") from error
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputMustBeMended(f"{path} is a workbook or a zip folder: give {what} as the CSV it was downloaded as, unzipped.")
    if start.startswith(b"%PDF"):
        raise InputMustBeMended(f"{path} is a PDF: give the CSV of {what}.")
    compression = "gzip" if start.startswith(b"\x1f\x8b") else None
    try:
        try:
            return _load(path, what, wanted, required, {"compression": compression, "encoding": "utf-8-sig"})
        except UnicodeDecodeError:
            # Older register exports are cp1252; its five unused bytes must not stop the reading.
            return _load(path, what, wanted, required, {"compression": compression, "encoding": "cp1252", "encoding_errors": "replace"})
    except pd.errors.EmptyDataError as error:
        raise InputMustBeMended(f"{path} is empty: give the CSV of {what}.") from error
    except (OSError, EOFError, zlib.error, pd.errors.ParserError) as error:
        raise InputMustBeMended(f"{path} is damaged or not a CSV: download {what} again.") from error


def _load(
    path: Path, what: str, wanted: Mapping[str, tuple[str, ...]], required: Mapping[str, str], options: dict[str, object]
) -> Download:
    there = list(pd.read_csv(path, nrows=0, dtype=str, index_col=False, **options).columns)
    by_plain = {re.sub("[^a-z0-9%]", "", str(heading).lower()): heading for heading in reversed(there)}
    headings = {}
    for ours, patterns in wanted.items():
        matches = (by_plain[plain] for pattern in patterns for plain in by_plain if re.fullmatch(pattern, plain))
        heading = next(matches, None)
        if heading is not None:
            headings[ours] = heading
    missing = [shown for ours, shown in required.items() if ours not in headings]
    if missing:
        raise InputMustBeMended(f"{path} is not {what}: it has no column {' or '.join(missing)}; give that download as a CSV.")
    # With usecols set, pandas lets rows run on past the header, as exports with links do.
    columns = list(dict.fromkeys(headings.values()))
    frame = pd.read_csv(path, usecols=columns, dtype=str, keep_default_na=False, index_col=False, **options)
    frame = frame.fillna("")  # a short row's missing cells
    by_ours = pd.DataFrame({ours: frame[heading].str.strip() for ours, heading in headings.items()})
    return Download(by_ours, headings)


class _Cells(dict[str, str]):
    """One row's cells; a column the file does not have is blank."""

    def __missing__(self, key: str) -> str:
        return ""


def records(download: Download) -> Iterator[_Cells]:
    """Yield the rows, each by our own names of its columns."""
    names = list(download.headings)
    for values in zip(*(download.frame[name].tolist() for name in names), strict=True):
        yield _Cells(zip(names, values, strict=True))


def refuse_if_empty(path: Path, rows: Collection[object]) -> None:
    """Raise ``InputMustBeMended`` when a file gave nothing at all."""
    if not rows:
        raise InputMustBeMended(f"{path} has the right headings but no rows that can be used: download it again.")
