"""The line of a run, made by hand: points below the line step down, the bound steps up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.words import least_points, most_points
from web.runs.history import Moment
from web.runs.sayings import duration

WIDE, HIGH = 1000, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChart:
    """Two paths in a field of 1000 by 100 that stretches, what its corners mean, and the same in words."""

    says: str
    best_path: str
    bound_path: str
    top: str
    bottom: str
    end: str


def step_chart(moments: Sequence[Moment], seconds: float) -> StepChart | None:
    """The line up to now; None while there is nothing to draw a line between."""
    if len(moments) < 2:
        return None
    last = moments[-1]
    bounds = [(m.seconds, m.bound_points) for m in moments if m.bound_points is not None]
    values = [m.best_points for m in moments] + [bound for _, bound in bounds]
    bottom, top = math.floor(min(values) * 10) / 10, math.ceil(max(values) * 10) / 10
    until = max(seconds, last.seconds, 0.1)

    def path(points: Sequence[tuple[float, float]]) -> str:
        placed = [
            (f"{WIDE * second / until:.1f}", f"{HIGH * (top - value) / max(top - bottom, 0.1):.2f}") for second, value in points
        ]  # fmt: skip
        steps = [f"M{x} {y}" if n == 0 else f"H{x}V{y}" for n, (x, y) in enumerate(placed)]
        return "".join([*steps, f"H{WIDE}"]) if placed else ""

    first, now = most_points(moments[0].best_points), most_points(last.best_points)
    fell = f"went from {first} to {now}" if first != now else f"stayed at {now}"
    rose = f" It can go no lower than {least_points(last.bound_points)}." if last.bound_points is not None else ""
    return StepChart(
        says=f"Points of need below the board's line{' and price of rules that give way' if 'price_points' in last.terms else ''} {fell} in {duration(until)}.{rose}",
        best_path=path([(m.seconds, m.best_points) for m in moments]),
        bound_path=path(bounds),
        top=f"{top:g} points",
        bottom=f"{bottom:g} points",
        end=duration(until),
    )
