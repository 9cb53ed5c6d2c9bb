"""Days, points, pounds, counts and lists as people read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MINUS = "−"
EHC_RIGHT = "The right to ask for an EHC needs assessment is unaffected."
"""Said on every page and every copy, of which a part may be read alone."""
_WAYS = {"Greedy by need": "Most need first"}
"""What a stored plan calls another way to share -> what pages call it."""


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


def listed(parts: Sequence[str], *, last: str = "and") -> str:
    """Parts as a sentence lists them: a, b and c."""
    return f" {last} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


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


def pounds(amount: int) -> str:
    """Exact pounds."""
    return f"{MINUS if amount < 0 else ''}£{abs(amount):,}"


def pounds_change(amount: int) -> str:
    """Pounds more or less, with a sign; no change in words."""
    return "no change" if amount == 0 else f"{'+' if amount > 0 else MINUS}£{abs(amount):,}"


def change(amount: int) -> str:
    """A number more or less, with a sign; no change in words."""
    return "no change" if amount == 0 else f"{'+' if amount > 0 else MINUS}{abs(amount):,}"


def count(number: int, one: str, many: str = "") -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def upper_first(text: str) -> str:
    """Text to begin a line."""
    return text[:1].upper() + text[1:]


def way_name(name: str) -> str:
    """What people call a way to share the pool."""
    return _WAYS.get(name, name)


def _points(points: float, rounding: str) -> str:
    # No shortfall is below nought, so neither is its bound; the ninth decimal is arithmetic's, not the plan's.
    return str(Decimal(str(round(max(points, 0.0), 9))).quantize(Decimal("0.01"), rounding=rounding))
