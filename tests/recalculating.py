"""Workbooks as somebody else's spreadsheet program works them out, and what in them depends on what.

Everything goes by what a workbook holds: sheets, headings and formulas that come later are taken as they are.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string, get_column_letter

At = tuple[str, str]
"""A sheet's name and a cell's address."""
_SHEET = re.compile(r"xl/worksheets/sheet([0-9]+)\.xml")
_RESULT = re.compile(r'(<c r="([A-Z]+[0-9]+)"[^>]*?)( t="(?:b|str|n|e)")?>(<f[ >].*?</f>)(<v>([^<]*)</v>|<v ?/>)?</c>', re.DOTALL)
_REFERENCE = re.compile(r"(?:(?:'((?:[^']|'')+)'|([A-Za-z_][\w.]*))!)?\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?([A-Z]{1,3})\$?([0-9]+))?(?![\w(])")
_SUM_WHERE = re.compile(r"SUMPRODUCT\(--EXACT\(([^(),]+),([^(),]+)\),([^(),]+)\)")
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "Err:")


@dataclass(frozen=True)
class Sheets:
    """A workbook's file, with its formulas and the figures that they carry."""

    content: bytes

    @cached_property
    def formulas(self) -> dict[At, str]:
        """Every formula."""
        return {
            at: cell.value for at, cell in _cells(openpyxl.load_workbook(io.BytesIO(self.content), read_only=True)) if cell.data_type == "f"
        }

    @cached_property
    def values(self) -> dict[At, Any]:
        """What every cell shows."""
        return {
            at: cell.value
            for at, cell in _cells(openpyxl.load_workbook(io.BytesIO(self.content), read_only=True, data_only=True))
            if cell.value is not None
        }

    @cached_property
    def errors(self) -> list[At]:
        """Cells that show an error."""
        return [at for at, value in self.values.items() if isinstance(value, str) and value.startswith(_ERRORS)]

    @cached_property
    def titles(self) -> list[str]:
        """The sheets in their order."""
        return openpyxl.load_workbook(io.BytesIO(self.content), read_only=True).sheetnames

    @cached_property
    def grids(self) -> dict[str, dict[int, dict[int, str]]]:
        """Each sheet's cells that show something: row, column, address."""
        grids: dict[str, dict[int, dict[int, str]]] = {title: {} for title in self.titles}
        for sheet, address in self.values:
            letters, number = re.fullmatch(r"([A-Z]+)([0-9]+)", address).groups()
            grids[sheet].setdefault(int(number), {})[column_index_from_string(letters)] = address
        return grids

    def rows(self, *headings: str) -> Iterator[dict[str, At]]:
        """The rows of every table that has all these headings, each as the cells of its headings; of two of one name the first counts."""
        for title, grid in self.grids.items():
            heads: dict[int, str] = {}
            for number in sorted(grid):
                words = {column: str(self.values[title, address]) for column, address in grid[number].items()}
                if set(headings) <= set(words.values()):
                    heads = words
                elif heads and words.get(1, "Total") in {"Total", "None."}:
                    heads = {}  # a table ends with its total, or where its first column does
                elif heads:
                    row: dict[str, At] = {}
                    for column, heading in heads.items():
                        row.setdefault(heading, (title, f"{get_column_letter(column)}{number}"))
                    yield row

    def table(self, *headings: str) -> list[dict[str, Any]]:
        """The same rows with what their cells show."""
        return [{heading: self.values.get(at) for heading, at in row.items()} for row in self.rows(*headings)]

    def leads_to(self, at: At, seen: dict[At, frozenset[At]] | None = None) -> frozenset[At]:
        """Every cell without a formula that a cell depends on."""
        seen = {} if seen is None else seen
        if at not in seen:
            seen[at] = frozenset({at})
            if at in self.formulas:
                seen[at] = frozenset().union(*(self.leads_to(one, seen) for one in self._counted(at)))
        return seen[at]

    def _counted(self, at: At) -> Iterator[At]:
        """The cells that a formula goes by: of a sum over the rows that say a certain word, only those rows."""
        here, formula = at[0], self.formulas[at]
        for where, word, summed in _SUM_WHERE.findall(formula):
            (wanted,) = _references(here, word)
            yield wanted
            for said, cell in zip(_references(here, where), _references(here, summed), strict=True):
                yield said
                if self.values.get(said) == self.values.get(wanted):
                    yield cell
        yield from _references(here, _SUM_WHERE.sub("", formula))


def _cells(workbook: Any) -> Iterator[tuple[At, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # LibreOffice writes bars a second time, in a part that openpyxl leaves out
        cells = [(page.title, cell) for page in workbook.worksheets for row in page.iter_rows() for cell in row if cell.value is not None]
    return (((title, cell.coordinate), cell) for title, cell in cells)


def _references(here: str, formula: str) -> Iterator[At]:
    for match in _REFERENCE.finditer(re.sub(r'"[^"]*"', '""', formula)):
        quoted, bare, left, top, right, bottom = match.groups()
        sheet = quoted.replace("''", "'") if quoted else bare or here
        for column in range(column_index_from_string(left), column_index_from_string(right or left) + 1):
            for row in range(int(top), int(bottom or top) + 1):
                yield sheet, f"{get_column_letter(column)}{row}"


# --- other figures in a workbook's file ----------------------------------------------------


def _with_sheets(content: bytes, change: Any) -> bytes:
    titles, stream = Sheets(content).titles, io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            found = _SHEET.fullmatch(name)
            new.writestr(name, change(titles[int(found[1]) - 1], part.decode()).encode() if found else part)
    return stream.getvalue()


def without_results(content: bytes) -> bytes:
    """The workbook with no figure beside any formula, so that each must be worked out."""

    def change(_: str, xml: str) -> str:
        bare = _RESULT.sub(r"\1>\4</c>", xml)
        assert bare.count("<f>") == xml.count("<f>")
        assert not re.search(r"</f><v", bare)
        return bare

    return _with_sheets(content, change)


def with_number(content: bytes, at: At, number: float) -> bytes:
    """The workbook with another number in a cell that holds one."""
    return _with_cell(content, at, rf'(<c r="{at[1]}"[^>]*?>)(?:<v>[^<]*</v>|<v ?/>)', number)


def with_result(content: bytes, at: At, number: float) -> bytes:
    """The workbook with another figure beside a formula."""
    return _with_cell(content, at, rf'(<c r="{at[1]}"[^>]*?>(?:<f>.*?</f>))<v>[^<]*</v>', number)


def _with_cell(content: bytes, at: At, pattern: str, number: float) -> bytes:
    """The workbook with a number in place of what a cell has after the first group of the pattern."""

    def change(title: str, xml: str) -> str:
        if title != at[0]:
            return xml
        changed, count = re.subn(rf"{pattern}</c>", rf"\g<1><v>{number!r}</v></c>", xml)
        assert count == 1, at
        return changed

    return _with_sheets(content, change)


# --- LibreOffice ---------------------------------------------------------------------------


def recalculated(contents: Mapping[str, bytes], folder: Path) -> dict[str, Sheets]:
    """Workbooks by name as LibreOffice works them out, started once for all, with none of our own figures to lean on."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("soffice not found: install libreoffice-calc-nogui to recalculate the workbook")
    bare, out = folder / "bare", folder / "out"
    bare.mkdir()
    for name, content in contents.items():
        (bare / f"{name}.xlsx").write_bytes(without_results(content))
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx", "--outdir", out, *sorted(bare.iterdir())],
        check=True, capture_output=True, timeout=60 + 40 * len(contents),
    )  # fmt: skip
    return {name: Sheets((out / f"{name}.xlsx").read_bytes()) for name in contents}


def disagreements(mine: Sheets, theirs: Sheets) -> list[tuple[At, Any, Any]]:
    """Every formula whose figure is not the one that LibreOffice works out."""
    found = []
    for at in mine.formulas:
        ours, other = mine.values.get(at), theirs.values.get(at)
        if isinstance(ours, bool) or isinstance(other, bool) or not (isinstance(ours, int | float) and isinstance(other, int | float)):
            is_same = ours == other and type(ours) is type(other)
        else:
            is_same = abs(ours - other) <= 1e-9 * max(1, abs(ours))
        if not is_same:
            found.append((at, ours, other))
    return found
