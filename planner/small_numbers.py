"""Small numbers of pupils left out of what anybody may read, with others from which they could be worked out."""

from __future__ import annotations

from collections.abc import Sequence

FEWEST_SHOWN = 5
"""A number of pupils above 0 and below this may tell of a single child."""


def left_out(values: Sequence[float], total: float | None = None) -> tuple[frozenset[int], bool]:
    """Which of a column's values are left out, by their places, and whether its total is.

    Small numbers are left out; where a total is shown, so is the next smallest beside them, until neither one number nor a
    sum below ``FEWEST_SHOWN`` could be worked out. Where no other is there to leave out, the total is.
    """
    hidden = {place for place, value in enumerate(values) if 0 < value < FEWEST_SHOWN}
    if total is None or not hidden:
        return frozenset(hidden), total is not None and 0 < total < FEWEST_SHOWN
    others = sorted((place for place, value in enumerate(values) if value >= FEWEST_SHOWN), key=lambda place: (values[place], place))
    for place in others:
        if len(hidden) > 1 and sum(values[one] for one in hidden) >= FEWEST_SHOWN:
            break
        hidden.add(place)
    is_safe = len(hidden) > 1 and sum(values[one] for one in hidden) >= FEWEST_SHOWN
    return frozenset(hidden), not is_safe or 0 < total < FEWEST_SHOWN
