"""What every plan close to the best has in common: the least and the most that any of them gives, school by school and base by base.

Each amount is made as small and as large as it can be among the plans that keep the rules and lead with no more than one percent
beyond the best found. What a search ends with bounds all of them, whether it was searched to its end or not; what it found is a plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from math import ceil, floor, gcd, isfinite

from optimisation.asked import Aim, Trial, Tried
from optimisation.sandbox import Sandbox
from optimisation.trial import changeable
from planner.audit import leads
from planner.need import World
from planner.partnership import GRANT_ITEM, FundUse
from planner.plan import Amounts
from planner.supply import grant_step_pounds, pays

WITHIN_PERCENT = 1
SECONDS = 120.0
"""For all searches together; once they are up, what is left is bounded with everything split."""
ONE_SECONDS = 2.0
NEXT_TO_NOTHING = 0.01
"""Of a step: a bound that passes a whole step by less does not count, for a solver's tolerance, taken on a million pounds, is not small."""

Terms = tuple[tuple[str, Hashable, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """One amount over all plans close to the best: what this plan has, no less and no more than which any has, and what was found.

    ``urn`` is the school, or the host of ``base_id``. Pounds, half-days or places; ``most`` is None where nothing bounds it,
    and what was found None where no search found a plan.
    """

    what: str
    urn: int
    base_id: str
    here: int
    least: int
    most: int | None
    found_least: int | None
    found_most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certain:
    """The amounts, and up to how many points a plan leads to count as close to the best found."""

    best_points: float
    cap_points: float
    between: tuple[Between, ...]
    searches: int
    unfinished: int
    seconds: float


def certain_of(sandbox: Sandbox, amounts: Amounts, *, best_points: float, tell: Callable[[str], None] = lambda _: None) -> Certain:
    """Every school's grant and half-days and every base's places, over the plans within one percent of ``best_points``."""
    world, began = sandbox.world, time.perf_counter()
    best = min(best_points, leads(world, amounts))
    cap = best * (1 + WITHIN_PERCENT / 100)
    near = amounts if leads(world, amounts) <= cap else None
    between, tries = [], list[Tried]()
    for what, urn, base_id, unit, terms in amounts_of(world):
        ends = []
        for sign, word in ((1, "least"), (-1, "most")):
            words = f"the {word} {what} of {base_id or urn} in a plan within {WITHIN_PERCENT} percent of the best"
            tell(words)
            is_late = time.perf_counter() - began > SECONDS
            trial = Trial(
                words=words, aim=Aim.AMOUNT, of=tuple((name, index, sign * by) for name, index, by in terms), most_shortfall_points=cap,
                near=near, gap=unit / 2, seconds=ONE_SECONDS, is_divisible=is_late,
            )  # fmt: skip
            ends.append(sandbox.ask(trial))
        tries += ends
        between.append(_between(what, urn, base_id, unit, _amount(amounts, terms, base_id), ends))
    return Certain(
        best_points=best, cap_points=cap, between=tuple(between), searches=len(tries), seconds=time.perf_counter() - began,
        unfinished=sum(one.status != "optimal" or one.trial.is_divisible for one in tries),
    )  # fmt: skip


def amounts_of(world: World) -> Iterator[tuple[str, int, str, int, Terms]]:
    """What is looked at: pounds of grant, half-days of all services together, places; whose, in which steps it comes, its terms."""
    steps = [grant_step_pounds(f, world.policy) for f in world.partnership.funds if pays(f, FundUse.GRANTS)]
    for one in changeable(world):
        if one.item == GRANT_ITEM:
            (urn,) = one.schools
            yield "grant", urn, "", gcd(*steps) or 1, one.terms
            yield (
                "half-days", urn, "", 1,
                tuple(("sessions", (str(urn), service.service_id), 1.0) for service in world.partnership.services),
            )  # fmt: skip
        elif any(base.base_id == one.item for base in world.partnership.bases):
            yield "places", one.schools[0], one.item, 1, one.terms


def _amount(amounts: Amounts, terms: Terms, base_id: str) -> int:
    if base_id:
        return amounts.base_sizes.get(base_id, 0)
    found: float = 0
    for name, index, by in terms:
        if name == "grant_steps":
            found += amounts.grants.get(index, 0)  # type: ignore[call-overload]
        else:
            found += by * amounts.sessions.get(index, 0)  # type: ignore[call-overload]
    return round(found)


def _between(what: str, urn: int, base_id: str, unit: int, here: int, ends: list[Tried]) -> Between:
    """Bounds rounded to the steps in which the amount comes, never to the narrower side."""
    low, high = ends
    least = ceil(low.bound / unit - NEXT_TO_NOTHING) * unit if isfinite(low.bound) else 0
    most = floor(-high.bound / unit + NEXT_TO_NOTHING) * unit if isfinite(high.bound) else None
    return Between(
        what=what, urn=urn, base_id=base_id, here=here, least=max(least, 0), most=most,
        found_least=_found(low), found_most=None if (found := _found(high)) is None else -found,
    )  # fmt: skip


def _found(tried: Tried) -> int | None:
    return round(tried.value) if tried.amounts is not None else None
