"""How far a solve is, and how much of its bound may be claimed."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

SAFETY = 1e-6
"""A bound is lowered by the solver's own tolerance before it is rounded down and claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a solve is: seconds in HiGHS, nodes, best so far and bound in the objective's unit."""

    seconds: float
    nodes: int
    best: float
    bound: float


def safe_bound(bound: float) -> float:
    """A bound as it may be claimed: lowered by the solver's tolerance, rounded down, never below nought."""
    return max(0.0, floor((bound - SAFETY) * 10_000) / 10_000) if bound > 0 else 0.0
