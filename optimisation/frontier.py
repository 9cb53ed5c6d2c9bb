"""Between least shortfall and most need met: plans of which none is beaten in both, and what it would cost to have both.

Each point is searched in two stages: the least need unmet with no more than so much shortfall, then the least shortfall with
as much need met. Each stage leaves a bound: no plan with as little of the one has less of the other than that.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from optimisation.asked import Aim, Condition, Trial, Tried
from optimisation.model import TIDY_POINTS
from optimisation.progress import safe_bound
from optimisation.sandbox import Sandbox
from planner.audit import price_points
from planner.measures import shortfall, total_need_met
from planner.need import World, benefit_segments, world_of
from planner.partnership import Fund, FundSource, FundUse
from planner.plan import Amounts
from planner.supply import MONTHS
from planner.words import least_points, most_points

GAP_POINTS = 0.05
TOLERANCE_POINTS = 0.01
"""What the second stage may give away of the need met: a cap with no room at all makes a long search."""
POINT_SECONDS = 6.0
SAME_POINTS = 1e-3
TRIES_A_POINT = 2
"""How many caps are tried for each point asked for, before it is said that there are fewer."""
STEP_POUNDS = 10_000
LIMIT_STEPS = 32
"""How far more grant money is looked for: £320,000."""
EXTRA_GRANTS = "extra grants"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One plan between the ends, in points of need; both hold the price of rules that give way. The bounds are for plans that have as little of the other."""

    shortfall_points: float
    unmet_points: float
    least_shortfall_points: float
    least_unmet_points: float
    amounts: Amounts
    tried: tuple[Tried, ...]
    price_points: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Extra grant money with which the fairest plan regains the most need met; None where no amount up to the limit was found to do.

    ``too_little_pounds`` is the most that was proved not to do (None: not even nothing was).
    """

    enough_pounds: int | None
    too_little_pounds: int | None
    limit_pounds: int
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """Points from the fairest (least shortfall) to the most need met; how many plans were dropped because another is as good in both."""

    points: tuple[Point, ...]
    dropped: int
    price: Price


def frontier_of(
    sandbox: Sandbox, *, points: int = 8, near: Amounts | None = None, tell: Callable[[str], None] = lambda _: None
) -> Frontier:
    """The points and the price of fairness; searches begin at the plan ``near``. The sandbox is left with a richer world."""
    world = sandbox.world
    searching = _Searching(sandbox, near, tell)
    ends = (searching.fairest(), searching.most_met())
    found = [point for point in ends if point is not None]
    found += _some(searching.beside(near, found))
    tries = points
    if all(ends):
        low, high = (found[n].shortfall_points for n in (0, 1))
        for n in range(1, points - 1):
            tries += 1
            found += _some(searching.point(low + (high - low) * n / (points - 1)))
        kept = undominated(world, found)
        while len(kept) < points and tries < points * (1 + TRIES_A_POINT) and (cap := _widest(kept)) is not None:
            tries += 1
            before = len(kept)
            found += _some(searching.point(cap))
            kept = undominated(world, found)
            if len(kept) == before:
                break
    kept = undominated(world, found)
    price = (
        _price(sandbox, kept[0], kept[-1], tell) if kept else Price(enough_pounds=None, too_little_pounds=None, limit_pounds=0, tried=())
    )
    return Frontier(
        points=tuple(kept), dropped=sum(1 for point in found if point.tried) - sum(1 for point in kept if point.tried), price=price
    )


def undominated(world: World, points: list[Point]) -> list[Point]:
    """The points that no other is as good as in both, the fairest first; of equal ones the first."""
    exact = [_measures(world, point.amounts, point.price_points) for point in points]
    kept = [
        n
        for n, (low, unmet) in enumerate(exact)
        if not any(
            other_low <= low and other_unmet <= unmet and ((other_low, other_unmet) != (low, unmet) or m < n)
            for m, (other_low, other_unmet) in enumerate(exact)
            if m != n
        )
    ]
    return sorted((points[n] for n in kept), key=lambda point: point.shortfall_points)


def _some(point: Point | None) -> list[Point]:
    return [] if point is None else [point]


def _widest(points: list[Point]) -> float | None:
    """The middle of the widest stretch of shortfall between two points; None when all are close together."""
    gaps = [(b.shortfall_points - a.shortfall_points, a.shortfall_points) for a, b in itertools.pairwise(points)]
    width, start = max(gaps, default=(0.0, 0.0))
    return start + width / 2 if width > 2 * TOLERANCE_POINTS else None


def _measures(world: World, amounts: Amounts, price_points: float) -> tuple[Fraction, Fraction]:
    """Shortfall and need unmet, exactly, in points, each with the price of rules that give way."""
    low, price = shortfall(world.picture, world.policy, amounts.need_met), Fraction(price_points)
    return 100 * low + price, 100 - 100 * total_need_met(world.picture, amounts.need_met) + price


# --- points ------------------------------------------------------------------------------


class _Searching:
    """Asks for points one after another."""

    def __init__(self, sandbox: Sandbox, near: Amounts | None, tell: Callable[[str], None]) -> None:
        self.sandbox, self.world, self._near, self._tell = sandbox, sandbox.world, near, tell

    def fairest(self) -> Point | None:
        """The least shortfall, and with it the most need met."""
        least = self._ask("the least shortfall", Aim.SHORTFALL)
        if least.amounts is None:
            return None
        self._near = least.amounts
        point = self.point(float(_measures(self.world, least.amounts, least.price_points)[0]) + TOLERANCE_POINTS)
        bound = safe_bound(least.bound)
        return (
            None
            if point is None
            else replace(point, least_shortfall_points=max(bound, point.least_shortfall_points), tried=(least, *point.tried))
        )

    def beside(self, near: Amounts | None, ends: list[Point]) -> Point | None:
        """The plan itself, which stands where no search came past it; its bounds are those of every plan."""
        if near is None or len(ends) < len(("fairest", "most met")):
            return None
        price = float(price_points(self.world, near))
        low, unmet = _measures(self.world, near, price)
        return Point(
            shortfall_points=float(low), unmet_points=float(unmet), amounts=near, tried=(), price_points=price,
            least_shortfall_points=min(safe_bound(ends[0].tried[0].bound), float(low)),
            least_unmet_points=min(ends[1].least_unmet_points, float(unmet)),
        )  # fmt: skip

    def most_met(self) -> Point | None:
        """The most need met, and with it the least shortfall."""
        return self.point(None)

    def point(self, cap: float | None) -> Point | None:
        """The least need unmet under a cap on the shortfall, then the least shortfall with as much need met; None when none was found."""
        words = "" if cap is None else f" with at most {most_points(cap)} points of shortfall"
        first = self._ask(f"the most need met{words}", Aim.UNMET, most_shortfall_points=cap)
        if first.amounts is None:
            return None
        unmet = float(_measures(self.world, first.amounts, 0.0)[1])
        second = self._ask(
            f"the least shortfall with {least_points(100 - unmet)} points of need met", Aim.SHORTFALL,
            conditions=(need_wish(self.world, 100 - unmet - TOLERANCE_POINTS),), near=first.amounts,
        )  # fmt: skip
        amounts, price = (first.amounts, first.price_points) if second.amounts is None else (second.amounts, second.price_points)
        low, unmet_exact = _measures(self.world, amounts, price)
        return Point(
            shortfall_points=float(low), unmet_points=float(unmet_exact),
            least_shortfall_points=min(_bound(second, 0.0), float(low)),
            least_unmet_points=min(_bound(first, 2 * TIDY_POINTS), float(unmet_exact)),
            amounts=amounts, tried=(first, second), price_points=price,
        )  # fmt: skip

    def _ask(
        self, words: str, aim: Aim, *, conditions: tuple[Condition, ...] = (), most_shortfall_points: float | None = None,
        near: Amounts | None = None,
    ) -> Tried:  # fmt: skip
        self._tell(words)
        return self.sandbox.ask(
            Trial(
                words=words, aim=aim, conditions=conditions, most_shortfall_points=most_shortfall_points, gap=GAP_POINTS,
                seconds=POINT_SECONDS, near=near or self._near,
            )
        )  # fmt: skip


def need_wish(world: World, points: float) -> Condition:
    """At least so much need met in all, in points."""
    weight = max(sum(cell.weight for cell in world.picture.cells), 1)
    segments = range(len(benefit_segments(world.policy)))
    terms = tuple(("met", (c.cell_id, j), 100 * c.weight / weight) for c in world.picture.cells for j in segments if not c.out_of_reach)
    return Condition(words=f"at least {least_points(points)} points of need met", terms=terms, lower=points)


def _bound(tried: Tried, blur: float) -> float:
    return safe_bound(tried.bound - blur) if isfinite(tried.bound) else 0.0


# --- the price of fairness ----------------------------------------------------------------


def _price(sandbox: Sandbox, fairest: Point, most_met: Point, tell: Callable[[str], None]) -> Price:
    """The least steps of extra grant money with which no more shortfall than the fairest and as much need as the other end are had together."""
    world, tried = sandbox.world, list[Tried]()
    wanted = 100 - most_met.unmet_points + most_met.price_points

    def look(steps: int) -> bool | None:
        """True: found to do; False: proved too little; None: neither."""
        words = f"£{steps * STEP_POUNDS:,} more for grants: least shortfall with {least_points(wanted)} points of need met"
        tell(words)
        sandbox.open(with_grants(world, steps * STEP_POUNDS))
        one = sandbox.ask(
            Trial(words=words, conditions=(need_wish(sandbox.world, wanted - SAME_POINTS),), gap=GAP_POINTS, seconds=POINT_SECONDS)
        )
        tried.append(one)
        if one.value <= fairest.shortfall_points + SAME_POINTS:
            return True
        return False if one.status == "impossible" or one.bound > fairest.shortfall_points + SAME_POINTS else None

    proved: int | None = None
    low, high = -1, 0
    while not (answer := look(high)) and high < LIMIT_STEPS:
        proved = high if answer is False else proved
        low, high = high, max(1, 2 * high)
    enough = high if answer else None
    if answer is False:
        proved = high
    while enough is not None and high - low > 1:
        middle = (low + high) // 2
        answer = look(middle)
        if answer:
            enough = high = middle
        else:
            low = middle
            proved = max(proved or 0, middle) if answer is False else proved
    return Price(
        enough_pounds=None if enough is None else enough * STEP_POUNDS,
        too_little_pounds=None if proved is None else proved * STEP_POUNDS,
        limit_pounds=LIMIT_STEPS * STEP_POUNDS, tried=tuple(tried),
    )  # fmt: skip


def with_grants(world: World, pounds: int) -> World:
    """The same world with so much more money that may go to grants and to nothing else, paid by the month."""
    if not pounds:
        return world
    first = pounds * world.policy.board.september_to_march_months // MONTHS
    fund = Fund(
        fund_id=EXTRA_GRANTS, name="Extra money for grants", source=FundSource.OTHER, september_to_march_pounds=first,
        april_to_august_pounds=pounds - first, allowed_uses=(FundUse.GRANTS,),
    )  # fmt: skip
    return world_of(replace(world.partnership, funds=(*world.partnership.funds, fund)), world.policy)
