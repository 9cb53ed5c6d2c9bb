"""Rounding that is stated once: a half goes up, and whole shares add up to their whole total."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def half_up(number: Fraction) -> int:
    """Return the nearest whole number, a half going up."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def largest_remainder(total: int, weights: Sequence[int] | Sequence[Fraction]) -> list[int]:
    """Share a whole total by weights so that the whole parts add up to it; earlier ones win ties."""
    everything = sum(weights)
    if not everything:
        return [0] * len(weights)
    parts = [total * weight // everything for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % everything), n))
    for n in by_remainder[: total - sum(parts)]:
        parts[n] += 1
    return parts
