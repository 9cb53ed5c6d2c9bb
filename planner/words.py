"""Days and points as people read them."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal


def least_points(points: float) -> str:
    """A bound in points, rounded down to two decimals so that nothing is overclaimed."""
    return _points(points, ROUND_FLOOR)


def most_points(points: float) -> str:
    """A shortfall in points, rounded up to two decimals."""
    return _points(points, ROUND_CEILING)


def day(iso: str) -> str:
    """A date as people write it; what is no ISO date stays as it is."""
    try:
        date = dt.date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{date.day} {date:%B %Y}"


def _points(points: float, rounding: str) -> str:
    # No shortfall is below nought, so neither is its bound.
    return str(Decimal(str(max(points, 0.0))).quantize(Decimal("0.01"), rounding=rounding))
