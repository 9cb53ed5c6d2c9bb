"""Small numbers in what is published: counts of 1 to 4 pupils are hidden, and no total gives a hidden one away."""

from __future__ import annotations

from collections.abc import Sequence

MOST_HIDDEN = 4


def hide_small(counts: Sequence[int]) -> tuple[int | None, ...]:
    """Counts with 1 to 4 hidden (None); where one alone is hidden, the next smallest is too, so that no total gives it away."""
    hidden = {i for i, count in enumerate(counts) if 0 < count <= MOST_HIDDEN}
    shown = [i for i, count in enumerate(counts) if i not in hidden and count]
    if len(hidden) == 1 and shown:
        hidden.add(min(shown, key=lambda i: counts[i]))
    return tuple(None if i in hidden else count for i, count in enumerate(counts))
