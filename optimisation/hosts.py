"""Where a base would do most: the year planned with it at each host in turn, and without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from optimisation.replan import asks, moved
from optimisation.replan_data import move_data
from optimisation.solve import Solver
from planner.audit import leads
from planner.documents import Json
from planner.errors import RulesCannotAllHold, SolverFault
from planner.hosts import GAP_POINTS, NOT_FOUND, BaseSought, agreement, base_at, check_sought, sought_words, with_it_at, without_it
from planner.measures import standing
from planner.need import World
from planner.plan import Amounts, Ending, Plan
from planner.supply import base_lead_in_pounds, base_opening_pounds, base_running_pounds, school_of

LEAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """The year planned with the base at one host (None: without it); ``plan`` is None where there is none, and ``why_not`` says why."""

    urn: int | None
    world: World
    plan: Plan | None
    why_not: str = ""


def stood_at_each(
    before: World,
    amounts: Amounts,
    sought: BaseSought,
    *,
    solver: Solver,
    seconds: float,
    tell: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[Stood, ...]:
    """The best plans found, first without the base, then at each host in the order asked; each has an even share of the time left.

    None is worse than the plan it is asked of, ``amounts``, where that can still be.

    Raises ``InputMustBeMended`` where there cannot be such a base, ``SolverFault`` where no plan at all was found in time.
    """
    check_sought(before, sought)
    until = time.perf_counter() + seconds
    hosts: tuple[int | None, ...] = (None, *dict.fromkeys(sought.hosts))
    found = []
    for number, urn in enumerate(hosts):
        tell("without the base" if urn is None else f"at {school_of(before.partnership, urn).name}")
        world = without_it(before, sought) if urn is None else with_it_at(before, sought, urn)
        share = max(LEAST_SECONDS, (until - time.perf_counter()) / (len(hosts) - number))
        try:
            plan = solver.make_plan(world, gap_points=GAP_POINTS, seconds=share, start=amounts, should_stop=should_stop)
        except RulesCannotAllHold:
            found.append(Stood(urn=urn, world=world, plan=None, why_not="Its rules cannot all hold together, so there is no plan of it."))
            continue
        except SolverFault:
            if should_stop():
                raise
            found.append(Stood(urn=urn, world=world, plan=None, why_not=NOT_FOUND))
            continue
        if should_stop():
            raise SolverFault("It was stopped before every host was tried.")
        found.append(Stood(urn=urn, world=world, plan=plan))
    if all(one.why_not == NOT_FOUND for one in found):
        raise SolverFault("No plan was found in time, at no host and without the base; ask again.")
    return tuple(found)


def hosts_data(before: World, amounts: Amounts, sought: BaseSought, stood: tuple[Stood, ...]) -> Json:
    """What each place does, as JSON data, beside the plan that it was asked of."""
    return {
        "format": "partnership-planner hosts",
        "format_version": 1,
        "change": sought_words(before, sought),
        "places": sought.places,
        "schools": {str(school.urn): school.name for school in before.partnership.schools},
        "plans": [_place_data(before, amounts, sought, one, n) for n, one in enumerate(stood, start=1)],
    }


def _place_data(before: World, amounts: Amounts, sought: BaseSought, one: Stood, number: int) -> Json:
    host = {"urn": one.urn, "host": None, "agreement": ""}
    if one.urn is not None:
        host = {"urn": one.urn, "host": school_of(before.partnership, one.urn).name, "agreement": agreement(before, sought, one.urn)}
    if one.plan is None:
        return {"plan": number, **host, "why_not": one.why_not}
    after, stands = one.plan.amounts, standing(one.world.picture, one.world.policy, one.plan.amounts)
    points = leads(one.world, after)
    return {
        "plan": number, **host, "why_not": "", **_base_data(before, sought, one, after),
        "shortfall_points": points, "bound_points": min(one.plan.bound_points, points),
        "need_met_points": stands.need_met_points, "standards": stands.standards, "met": stands.met,
        "partly_met": stands.partly_met, "under_half": stands.under_half, "out_of_reach": stands.out_of_reach,
        "is_finished": one.plan.ending in {Ending.WITHIN_GAP, Ending.CLOSE_BY_CLOCK},
        "changes": [move_data(move) for move in moved(one.world, before, amounts, after, None)],
        "who_must_agree": list(asks(one.world, amounts, after, None)),
    }  # fmt: skip


def _base_data(before: World, sought: BaseSought, one: Stood, after: Amounts) -> Json:
    """What the plan makes of the base: places, and pounds of the pool this year and once."""
    if one.urn is None:
        return {"opens_with": 0, "given": 0, "running_pounds": 0, "opening_pounds": 0}
    base, policy = base_at(before, sought, one.urn), before.policy
    size = after.base_sizes.get(base.base_id, 0)
    return {
        "opens_with": size,
        "given": sum(n for (base_id, _), n in after.places.items() if base_id == base.base_id),
        "running_pounds": base_running_pounds(base, size, policy) + base_lead_in_pounds(base, size, policy) if size else 0,
        "opening_pounds": base_opening_pounds(base, policy) if size else 0,
    }
