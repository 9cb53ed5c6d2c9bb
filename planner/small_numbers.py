"""Small numbers of pupils left out of what anybody may read, with others from which they could be worked out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf

FEWEST_SHOWN = 5
"""A number of pupils above 0 and below this may tell of a single child."""
LEFT_OUT = "left out"
"""What stands in the place of a number that is not published."""
LEAST_SPREAD = 5
"""How far apart the least and the most must lie that a number left out could be, for all that is shown: nearer, and a guess half way were within 2 of it."""


def left_out(values: Sequence[float], total: float | None = None, *, fewest: int = FEWEST_SHOWN) -> tuple[frozenset[int], bool]:
    """Which of a column's values are left out, by their places, and whether its total is.

    Numbers above 0 and below ``fewest`` are left out; where a total is shown, so are the next smallest beside them, all that are alike together,
    until neither one number nor a sum below ``fewest`` could be worked out. Where no other is there to leave out, the total is.
    """
    hidden = {place for place, value in enumerate(values) if 0 < value < fewest}
    if total is None or not hidden:
        return frozenset(hidden), total is not None and 0 < total < fewest
    for size in sorted({value for value in values if value >= fewest}):
        if _tells_little([values[place] for place in hidden], fewest):
            break
        hidden |= {place for place, value in enumerate(values) if value == size}
    is_safe = _tells_little([values[place] for place in hidden], fewest)
    return frozenset(hidden), not is_safe or 0 < total < fewest


def _tells_little(hidden: Collection[float], fewest: int) -> bool:
    """Whether the sum of numbers left out, each 1 or more and none of ``fewest`` or more where all are small, tells little of any of them.

    It depends on how many they are, their sum and whether all are small, and on nothing else, so that whoever knows the rule
    can tell no more.
    """
    others, sum_of_all = len(hidden) - 1, sum(hidden)
    most = inf if any(value >= fewest for value in hidden) else fewest - 1
    if others < 1 or sum_of_all < fewest:
        return False
    return min(most, sum_of_all - others) - max(1, sum_of_all - most * others) >= LEAST_SPREAD
