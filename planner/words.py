"""Days and points as people read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MINUS = "\u2212"


def pounds(amount: int) -> str:
    """Exact pounds."""
    return f"{MINUS if amount < 0 else ''}£{abs(amount):,}"


def count(number: int, one: str, many: str = "") -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Parts as a sentence lists them."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else list(parts))


def upper_first(text: str) -> str:
    """Text to begin a line."""
    return text[:1].upper() + text[1:]


def least_points(points: float) -> str:
    """Points that are at least so many, rounded down to two decimals: need met, and a bound that no plan comes below."""
    return _points(points, ROUND_FLOOR)


def most_points(points: float) -> str:
    """Points that are at most so many, rounded up to two decimals: need below the line or unmet, a price, a gap, the most that any plan meets."""
    return _points(points, ROUND_CEILING)


def least_figure(points: float) -> float:
    """What ``least_points`` says, as the number a cell of a workbook holds."""
    return float(least_points(points))


def most_figure(points: float) -> float:
    """What ``most_points`` says, as the number a cell of a workbook holds."""
    return float(most_points(points))


def points_apart(more: str, less: str) -> str:
    """The distance between two figures in points as they are shown, nought where the one is not more."""
    return str(max(Decimal(more) - Decimal(less), Decimal("0.00")))


def day(iso: str) -> str:
    """A date as people write it; what is no ISO date stays as it is."""
    try:
        date = dt.date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{date.day} {date:%B %Y}"


def is_before(iso: str, on: dt.date) -> bool:
    """Whether an ISO date is before a day; what is no ISO date is not."""
    try:
        return dt.date.fromisoformat(iso) < on
    except ValueError:
        return False


def _points(points: float, rounding: str) -> str:
    # No shortfall is below nought, so neither is its bound; the ninth decimal is arithmetic's, not the plan's.
    return str(Decimal(str(round(max(points, 0.0), 9))).quantize(Decimal("0.01"), rounding=rounding))
