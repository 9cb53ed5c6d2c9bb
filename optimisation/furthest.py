"""How well the needs furthest from the standard (the worst fifth) could be met by any plan: a value beside its bound.

For any line t, the mean of the worst fifth is at least V(t) = t - (shortfall below t) / a fifth, and at the right t it is
that; so the most that any plan reaches is the largest V. A search at a fixed line bounds V there; between two lines V
rises by no more than a point a point (less what is out of reach) and falls by no more than four. Where that leaves a
short stretch of lines open, a search with the line free within it closes it (``Aim.FURTHEST``).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from optimisation.highs import SAFETY
from optimisation.sandbox import Sandbox
from optimisation.trial import Aim, Trial, Tried
from planner.audit import price_points
from planner.measures import WORST_SHARE, worst_fifth
from planner.need import WHOLE, Picture, World
from planner.plan import Amounts

FINENESS = 100
"""Lines are tried at whole hundredths of a point."""
STRETCH_POINTS = 1
"""The longest stretch of lines searched at once, and as much again as the gap asked for: a freer line leaves the bound weak."""
SHARE_OF_GAP = (0.5, 0.9)
"""Of the gap asked for, what a search at one line, and over a stretch, may leave open."""
LOOSER = 0.25
"""For every point away from the likely line a search may leave this much more open: far lines need only be seen to be far."""
SOLVE_SECONDS = 8.0
LEAST_SECONDS = 0.5
FALL = float(1 / WORST_SHARE - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Furthest:
    """Mean need met of the fifth furthest from the standard, in points: this plan's, the most found, and what no plan exceeds.

    ``most_amounts`` is the plan with the most found (payments left out). Seconds by the wall clock.
    """

    plan_points: float
    found_points: float
    bound_points: float
    most_amounts: Amounts
    seconds: float
    tried: tuple[Tried, ...]

    @property
    def gap_points(self) -> float:
        """What is open between the most found and the bound."""
        return max(self.bound_points - self.found_points, 0.0)


def furthest_of(
    sandbox: Sandbox,
    amounts: Amounts,
    *,
    others: tuple[Amounts, ...] = (),
    gap: float = 0.1,
    seconds: float = 10.0,
    tell: Callable[[str], None] = lambda _: None,
) -> Furthest:
    """Search lines until the bound is within ``gap`` points of the most found or the seconds are up; leaves the sandbox with another world.

    ``others`` are plans found before: they may hold the most.
    """
    began = time.perf_counter()
    world = sandbox.world
    found, best = max(((_points(world, one), n) for n, one in enumerate((amounts, *others))), key=lambda pair: (pair[0], -pair[1]))
    best_amounts = (amounts, *others)[best]
    tops = _Tops(_out_of_reach(world.picture))
    tried: list[Tried] = []

    def search(low: Fraction, high: Fraction, left: float) -> None:
        nonlocal found, best_amounts
        where = f"{float(low):g}" if low == high else f"{float(low):g} to {float(high):g}"
        tell(f"needs furthest from the standard, line at {where}")
        if sandbox.world.policy.board.line_percent != high:
            sandbox.open(with_line(world, high))
        one = sandbox.ask(
            Trial(
                words=f"most of the fifth furthest from the standard, line at {where} %", aim=Aim.FURTHEST, line_from=float(low),
                gap=may_leave(low, high), seconds=min(SOLVE_SECONDS, max(left, LEAST_SECONDS)),
            )
        )  # fmt: skip
        tried.append(one)
        tops.note(low, high, 100 - one.bound + SAFETY if isfinite(one.bound) else 100.0)
        if one.amounts is not None and _points(world, one.amounts, one.price_points) > found:
            found, best_amounts = _points(world, one.amounts, one.price_points), one.amounts

    def may_leave(low: Fraction, high: Fraction) -> float:
        return SHARE_OF_GAP[1] * gap if low != high else max(SHARE_OF_GAP[0] * gap, LOOSER * abs(float(low - line)))

    line = _fifth_line(world.picture, best_amounts)
    search(line, line, seconds)
    while (left := seconds - (time.perf_counter() - began)) > LEAST_SECONDS:
        peak, stretch = tops.highest()
        if peak - found <= gap or stretch.high - stretch.low <= Fraction(1, FINENESS):
            break
        if stretch.high - stretch.low <= STRETCH_POINTS + gap and stretch.most is None:
            search(stretch.low, stretch.high, left)
        else:
            search(stretch.at, stretch.at, left)
    return Furthest(
        plan_points=_points(world, amounts), found_points=found, bound_points=max(tops.highest()[0], found),
        most_amounts=best_amounts, seconds=time.perf_counter() - began, tried=tuple(tried),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The lines from one to another: where V may be highest between them, and the most it may be there if searched."""

    low: Fraction
    high: Fraction
    at: Fraction
    most: float | None


class _Tops:
    """The most that V may be, at lines and over stretches of lines; at nought it is nought, at a hundred all that can be reached."""

    def __init__(self, beyond: float) -> None:
        short = beyond / float(WORST_SHARE)
        self.rise = max(1 - short, 0.0)
        self.at: dict[Fraction, float] = {Fraction(0): 0.0, Fraction(100): max(100 - 100 * short, 0.0)}
        self.over: dict[tuple[Fraction, Fraction], float] = {}

    def note(self, low: Fraction, high: Fraction, most: float) -> None:
        """Take in what a search showed."""
        if low == high:
            self.at[low] = min(most, self.at.get(low, most))
        else:
            self.over[low, high] = most

    def highest(self) -> tuple[float, Stretch]:
        """The most V may be anywhere, and the stretch between two searched lines where that is."""
        found = []
        for a, b in itertools.pairwise(sorted(self.at)):
            width = float(b - a)
            along = min(max((self.at[b] - self.at[a] + FALL * width) / (self.rise + FALL), width / 5), width * 4 / 5)
            peak = peak_between(self.at[a], self.at[b], width, self.rise)
            searched = [most for (low, high), most in self.over.items() if low <= a and b <= high]
            at = a + Fraction(max(round(along * FINENESS), 1), FINENESS)
            stretch = Stretch(low=a, high=b, at=at, most=min(searched, default=None))
            found.append((min([peak, *searched]), a, stretch))
        most, _, stretch = max(found, key=lambda one: one[:2])
        return most, stretch


def peak_between(top_a: float, top_b: float, width: float, rise: float) -> float:
    """The most V may be between two lines: no more than it could rise from the one and have to fall to the other."""
    along = min(max((top_b - top_a + FALL * width) / (rise + FALL), 0.0), width)
    return min(top_a + rise * along, top_b + FALL * (width - along))


def with_line(world: World, line: Fraction) -> World:
    """The same world with the board's line elsewhere; no need depends on it."""
    board = replace(world.policy.board, line_percent=line)
    return replace(world, policy=replace(world.policy, board=board))


def _points(world: World, amounts: Amounts, price: float | None = None) -> float:
    """How well the worst fifth is met, in percent, less what the rules that give way cost."""
    paid = price_points(world, amounts) if price is None else Fraction(price)
    return float(100 * worst_fifth(world.picture, amounts.need_met) - paid)


def _out_of_reach(picture: Picture) -> float:
    """The share of weighted need that no plan can meet."""
    weight = sum(c.weight for c in picture.cells)
    return sum(c.weight for c in picture.cells if c.out_of_reach) / max(weight, 1)


def _fifth_line(picture: Picture, amounts: Amounts) -> Fraction:
    """The need met, in percent, below which a plan's worst fifth lies."""
    left = WORST_SHARE * sum(c.weight for c in picture.cells)
    for cell in sorted(picture.cells, key=lambda c: amounts.need_met.get(c.cell_id, 0)):
        left -= cell.weight
        if left <= 0:
            percent = Fraction(100 * amounts.need_met.get(cell.cell_id, 0), WHOLE)
            return min(max(Fraction(round(percent * FINENESS), FINENESS), Fraction(1)), Fraction(99))
    return Fraction(50)
