"""Tables and lists of facts as pages show them: every cell is words already, and knows its column's heading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_SHOWN = 50
"""Rows of a list that grows for years; the rest come when they are asked for (``?all=1``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and what it says."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's heading; numbers stand to the right."""

    text: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """A cell's words, perhaps a link, perhaps a tag of some colour.

    A figure's words go with its plain value; ``hidden`` words are said to screen readers only.
    """

    text: str
    href: str = ""
    tag: str = ""
    value: float | None = None
    hidden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row: its first cell is its heading. A total stands apart."""

    cells: tuple[TableCell, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table with its caption; one that may be taken away has a name and an address as a CSV."""

    caption: str
    headings: tuple[Heading, ...]
    rows: tuple[TableRow, ...]
    empty: str = "None."
    is_caption_hidden: bool = False
    name: str = ""
    csv_href: str = ""


def words(*texts: str) -> tuple[Heading, ...]:
    """Headings of columns of words."""
    return tuple(Heading(text=text) for text in texts)


def numbers(*texts: str) -> tuple[Heading, ...]:
    """Headings of columns of numbers."""
    return tuple(Heading(text=text, is_number=True) for text in texts)


ASKING = "If it is wrong"
"""Over a column of links that ask about a line."""


def ask_cell(href: str, line: str) -> TableCell:
    """A link that asks about a line."""
    return TableCell(text="Ask about this line", href=href, hidden=f": {line}")


def row(*cells: str | TableCell, is_total: bool = False) -> TableRow:
    """A row of texts and cells."""
    return TableRow(cells=tuple(TableCell(text=c) if isinstance(c, str) else c for c in cells), is_total=is_total)


def table(
    caption: str, headings: Sequence[Heading], rows: Iterable[TableRow], *, empty: str = "None.", is_caption_hidden: bool = False
) -> TableView:
    """A table, each row as wide as its headings."""
    whole = tuple(rows)
    wrong = [r for r in whole if len(r.cells) != len(headings)]
    if wrong:
        raise ValueError(f"{caption}: a row has {len(wrong[0].cells)} cells under {len(headings)} headings")
    return TableView(caption=caption, headings=tuple(headings), rows=whole, empty=empty, is_caption_hidden=is_caption_hidden)
