"""How well the needs furthest from the standard (the worst fifth) could be met by any plan: a value beside its bound.

For any line t, the mean of the worst fifth is at least V(t) = t - (shortfall below t) / a fifth, and at the right t it is
that; so the most that any plan reaches is the largest V. The lines are cut into stretches. Over each a search with the line
free within it (``Aim.FURTHEST``) looks only for plans better than the best found, and stops once none can be better by
more than the gap; far from the best line that is soon. A stretch that stays open is halved. Between two stretches
V rises by no more than a point a point (less what is out of reach) and falls by no more than four.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor, isfinite

from optimisation.asked import Aim, Trial, Tried
from optimisation.progress import SAFETY
from optimisation.sandbox import Sandbox
from planner.audit import price_points
from planner.measures import WORST_SHARE, worst_fifth
from planner.need import WHOLE, Picture, World
from planner.plan import Amounts

FINENESS = 100
"""Stretches are cut at whole hundredths of a point."""
CUTS_POINTS = (2, 6, 16)
"""How far from the likely line, on both sides, the first stretches end."""
STRETCH_POINTS = 1
"""A stretch up to this long, and as much more as the gap asked for, is searched with grants whole; a longer one is halved first."""
SHARE_OF_GAP = 0.9
"""Of the gap asked for, what a search may leave open."""
SHARE_OF_TIME = 1 / 3
SOLVE_SECONDS = 10.0
"""A search has a third of the time left, and no more than this."""
LEAST_SECONDS = 0.5
FALL = float(1 / WORST_SHARE - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Furthest:
    """Mean need met of the fifth furthest from the standard, in points: this plan's, that of the best found, and what no plan exceeds.

    The best is the most less the price of rules that give way; ``bound_points`` is of that, the other two are need met
    alone, each with its price beside. ``most_amounts`` is the best plan found (payments left out). Seconds by the wall clock.
    """

    plan_points: float
    found_points: float
    bound_points: float
    most_amounts: Amounts
    seconds: float
    tried: tuple[Tried, ...]
    plan_price_points: float = 0.0
    found_price_points: float = 0.0

    @property
    def gap_points(self) -> float:
        """What is open between the best found, its price taken off, and the bound."""
        return max(self.bound_points - (self.found_points - self.found_price_points), 0.0)


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
    plan_price = float(price_points(world, amounts))
    known = ((one, float(price_points(world, one))) for one in others)
    best_amounts, best_price = max(((amounts, plan_price), *known), key=lambda one: _points(world, *one))
    found = _points(world, best_amounts, best_price)
    tried: list[Tried] = []

    def search(low: Fraction, high: Fraction, left: float) -> float:
        """The most that V may be over a stretch, as a search shows it."""
        nonlocal found, best_amounts, best_price
        tell(f"needs furthest from the standard, line at {float(low):g} to {float(high):g}")
        if sandbox.world.policy.board.line_percent != high:
            sandbox.open(with_line(world, high))
        one = sandbox.ask(
            Trial(
                words=f"most of the fifth furthest from the standard, line at {float(low):g} to {float(high):g} %", aim=Aim.FURTHEST,
                line_from=float(low), at_most=100 - found, enough=100 - found - SHARE_OF_GAP * gap, is_first_step_only=is_long(low, high),
                gap=SHARE_OF_GAP * gap, seconds=max(min(SOLVE_SECONDS, SHARE_OF_TIME * left), LEAST_SECONDS),
            )
        )  # fmt: skip
        tried.append(one)
        if one.amounts is not None and _points(world, one.amounts, one.price_points) > found:
            found, best_amounts, best_price = _points(world, one.amounts, one.price_points), one.amounts, one.price_points
        return 100 - one.bound + SAFETY if isfinite(one.bound) else 100.0

    def is_long(low: Fraction, high: Fraction) -> bool:
        return high - low > STRETCH_POINTS + gap

    line = _fifth_line(world.picture, best_amounts)
    tops = Tops(rise=_rise(world.picture), cuts=[line + side * cut for cut in CUTS_POINTS for side in (-1, 1)], sure=found)
    stretch = tops.around(line)
    while (left := seconds - (time.perf_counter() - began)) > LEAST_SECONDS:
        tops.note(stretch, search(*stretch, left))
        peak, stretch = tops.highest()
        if peak - found <= gap or stretch[1] - stretch[0] <= Fraction(1, FINENESS):
            break
        if tops.is_searched(stretch):
            stretch = tops.halve(stretch)
    return Furthest(
        plan_points=_points(world, amounts, 0.0), found_points=_points(world, best_amounts, 0.0), bound_points=max(tops.highest()[0], found),
        most_amounts=best_amounts, seconds=time.perf_counter() - began, tried=tuple(tried), plan_price_points=plan_price,
        found_price_points=best_price,
    )  # fmt: skip


Stretch = tuple[Fraction, Fraction]


class Tops:
    """The most that V may be over stretches that together are all lines from nought to a hundred.

    V at a line is no more than ``rise`` times it; up to where that is ``sure`` there is nothing to search.
    """

    def __init__(self, *, rise: float, cuts: Iterable[Fraction], sure: float) -> None:
        self.rise = rise
        first = min(Fraction(floor(sure / rise * FINENESS), FINENESS), Fraction(99)) if rise > 0 else Fraction(99)
        ends = sorted({Fraction(0), max(first, Fraction(0)), *(cut for cut in cuts if first < cut < 100), Fraction(100)})
        self.most = {(low, high): rise * float(high) for low, high in itertools.pairwise(ends)}
        self.searched: set[Stretch] = set()

    def around(self, line: Fraction) -> Stretch:
        """The stretch that holds a line; the lowest but one where the line is below it."""
        return next(((low, high) for low, high in sorted(self.most) if low > 0 and line < high), max(self.most))

    def note(self, stretch: Stretch, most: float) -> None:
        """Take in what a search showed."""
        self.most[stretch] = min(most, self.most[stretch])
        self.searched.add(stretch)

    def is_searched(self, stretch: Stretch) -> bool:
        """Whether a search of just this stretch was taken in."""
        return stretch in self.searched

    def halve(self, stretch: Stretch) -> Stretch:
        """Cut a stretch in two, each as open as it was, and return the upper."""
        low, high = stretch
        middle = Fraction(round((low + high) / 2 * FINENESS), FINENESS)
        self.most[low, middle] = self.most[middle, high] = self.most.pop(stretch)
        return middle, high

    def highest(self) -> tuple[float, Stretch]:
        """The most V may be anywhere, and the stretch where that is; what both its neighbours allow counts too."""
        found = []
        stretches = sorted(self.most)
        for n, (low, high) in enumerate(stretches):
            before = self.most[stretches[n - 1]] if n else 0.0
            after = self.most[stretches[n + 1]] if n + 1 < len(stretches) else 100 * self.rise
            found.append((min(self.most[low, high], peak_between(before, after, float(high - low), self.rise)), (low, high)))
        return max(found)


def peak_between(top_a: float, top_b: float, width: float, rise: float) -> float:
    """The most V may be between two lines: no more than it could rise from the one and have to fall to the other."""
    along = min(max((top_b - top_a + FALL * width) / (rise + FALL), 0.0), width)
    return min(top_a + rise * along, top_b + FALL * (width - along))


def with_line(world: World, line: Fraction) -> World:
    """The same world with the board's line elsewhere; no need depends on it."""
    board = replace(world.policy.board, line_percent=line)
    return replace(world, policy=replace(world.policy, board=board))


def _points(world: World, amounts: Amounts, price: float) -> float:
    """How well the worst fifth is met, in percent, less what the rules that give way cost."""
    return float(100 * worst_fifth(world.picture, amounts.need_met) - Fraction(price))


def _rise(picture: Picture) -> float:
    """How fast V can rise with the line: a point a point, less what no plan can meet."""
    weight = sum(c.weight for c in picture.cells)
    beyond = sum(c.weight for c in picture.cells if c.out_of_reach)
    return max(float(1 - Fraction(beyond, max(weight, 1)) / WORST_SHARE), 0.0)


def _fifth_line(picture: Picture, amounts: Amounts) -> Fraction:
    """The need met, in percent, below which a plan's worst fifth lies."""
    left = WORST_SHARE * sum(c.weight for c in picture.cells)
    for cell in sorted(picture.cells, key=lambda c: amounts.need_met.get(c.cell_id, 0)):
        left -= cell.weight
        if left <= 0:
            percent = Fraction(100 * amounts.need_met.get(cell.cell_id, 0), WHOLE)
            return min(max(Fraction(round(percent * FINENESS), FINENESS), Fraction(1)), Fraction(99))
    return Fraction(50)
