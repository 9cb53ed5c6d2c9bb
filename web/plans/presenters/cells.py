"""Cells that hold a figure: its words for the page, its plain number for a CSV."""

from __future__ import annotations

from planner.words import least_points, most_points
from web.tables import TableCell
from web.words import change, count, hundredths, pounds, pounds_change


def money(amount: int) -> TableCell:
    """Exact pounds."""
    return TableCell(text=pounds(amount), value=amount)


def money_change(amount: int) -> TableCell:
    """Pounds more or less."""
    return TableCell(text=pounds_change(amount), value=amount)


def whole(number: int, words: str = "") -> TableCell:
    """A number, perhaps in words of its own."""
    return TableCell(text=words or f"{number:,}", value=number)


def whole_change(number: int) -> TableCell:
    """A number more or less."""
    return TableCell(text=change(number), value=number)


def in_hundredths(number: int) -> TableCell:
    """Hundredths of a thing; the page rounds them, the CSV does not."""
    return TableCell(text=hundredths(number), value=number / 100)


def points_below(points: float) -> TableCell:
    """Points of need that are not met, or what is counted with them; the CSV holds four decimals."""
    return TableCell(text=most_points(points), value=points)


def points_met(points: float) -> TableCell:
    """Points of need met; the CSV holds four decimals."""
    return TableCell(text=least_points(points), value=points)


def rules(broken: tuple[str, ...]) -> TableCell:
    """How many rules are broken."""
    return whole(len(broken), count(len(broken), "rule") if broken else "none")
