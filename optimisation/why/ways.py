"""What it would take: the least time, money or rule let go that gives what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from optimisation.asked import Condition, Tried
from optimisation.why.asking import Asking, cell_of, listed
from optimisation.why.records import RuleEffect, Way, WhyNot, Wish
from planner.need import ADULT_HOURS, PLACE, World
from planner.offers import is_paid
from planner.partnership import GRANT_ITEM, Fund, FundUse, Service
from planner.reasons import half_days
from planner.supply import available_pounds, pays, service_supply

MONEY_STEP_POUNDS = 1000
MOST_STEPS = 20
"""How far (3) looks: £20,000 in steps of £1,000, or 20 half-days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """Something that could be added in steps, the limits that a step moves, and who can grant it."""

    words: Callable[[int], str]
    step: int
    unit: str
    granted_by: str
    limits: Callable[[int], tuple[tuple[str, str, float], ...]]
    may_prove: bool
    """Whether the limits are all that holds it: else what is found is there, but nothing is proved too little."""


def ways_of(
    asking: Asking, wish: Wish, condition: Condition, why_not: WhyNot, effects: tuple[RuleEffect, ...]
) -> tuple[tuple[Way, ...], tuple[str, ...]]:
    """Every single change that gives what was asked for with no more shortfall than the plan has, and what was tried in vain."""
    if why_not.ending in {"has it", "not found"} or (why_not.ending == "impossible" and not why_not.in_the_way):
        return (), ()
    priced = next((t for t in why_not.tried if t.trial.words == condition.words), None)
    if priced is not None and asking.is_enough(priced):
        return (), (
            f"Nothing more is needed: where everything may move, a plan with {condition.words} has no more shortfall than this one.",
        )
    ways: list[Way] = []
    missed: list[str] = []
    if why_not.ending != "impossible":
        for way, words in _resource_ways(asking, condition, _resources(asking.world, wish)):
            ways += [way] if way else []
            missed += [] if way else [words]
    levers = why_not.in_the_way or tuple(e.lever for e in effects) + tuple(
        lever
        for lever in asking.levers
        if lever.rule_id == "head_rule" and not lever.is_everywhere and lever not in {e.lever for e in effects}
    )
    for lever in levers:
        tried = asking.any_as_good(f"{condition.words}, without {lever.words}", conditions=(condition,), without=(lever,))
        if asking.is_enough(tried):
            sentence = f"Without {lever.words}, a plan gives {condition.words} with no more shortfall than this one; the {lever.relaxed_by} may relax it."
            ways.append(
                Way(words=lever.words, amount=0, not_enough=0, unit="rule", granted_by=lever.relaxed_by, sentence=sentence, tried=(tried,))
            )
    sentences = tuple(way.sentence for way in ways) + tuple(missed)
    return tuple(ways), sentences or (f"No single change that was tried gives {condition.words} with no more shortfall than this plan.",)


def _resource_ways(asking: Asking, condition: Condition, resources: list[_Resource]) -> Iterator[tuple[Way | None, str]]:
    """Each resource's way, or why it is none. What does not do with others kept is first tried all at once: too little together is too little alone."""
    quick = [
        asking.fewest_steps(
            f"{condition.words}, with as little as does of {resource.words(MOST_STEPS)}", conditions=(condition,), more=resource.limits(1), most_steps=MOST_STEPS,
        )
        for resource in resources
    ]  # fmt: skip
    without = [resource for resource, one in zip(resources, quick, strict=True) if not one.is_possible]
    together = _whole(asking, condition, without, MOST_STEPS) if len(without) > 1 else None
    for resource, one in zip(resources, quick, strict=True):
        if one.is_possible:
            yield _least_of(asking, condition, resource, round(one.value), [one]), ""
            continue
        whole = together if together is not None and asking.is_too_little(together) else _whole(asking, condition, [resource], MOST_STEPS)
        if asking.is_enough(whole):
            yield _least_of(asking, condition, resource, MOST_STEPS, [one, whole]), ""
        elif resource.may_prove and asking.is_too_little(whole):
            yield None, f"Not even {resource.words(MOST_STEPS)} would give it with no more shortfall than this plan."
        else:
            yield (
                None,
                f"With {resource.words(MOST_STEPS)} no plan that gives it with no more shortfall than this one was found, nor proved impossible.",
            )


def _whole(asking: Asking, condition: Condition, resources: list[_Resource], steps: int) -> Tried:
    """Any plan as good as this one with so many steps of resources, everything free to move."""
    words = f"{condition.words}, with {listed([resource.words(steps) for resource in resources])}"
    return asking.any_as_good(
        words, conditions=(condition,), more=tuple(limit for resource in resources for limit in resource.limits(steps))
    )


def _least_of(asking: Asking, condition: Condition, resource: _Resource, high: int, tried: list[Tried]) -> Way:
    """The least steps of a resource that are enough: what was found, proved or lowered by whole searches."""
    proved, at = 0, high - 1
    while at > proved:  # whole searches, from just below what was found
        one = _whole(asking, condition, [resource], at)
        tried.append(one)
        if asking.is_enough(one):
            high, at = at, (proved + at) // 2
        else:
            proved = at if resource.may_prove and asking.is_too_little(one) else proved
            break
    low = proved
    proof = f"; {resource.words(low)} is proved too little" if low else ""
    sentence = f"{resource.words(high)[0].upper()}{resource.words(high)[1:]} would give it with no more shortfall than this plan{proof}; {resource.granted_by} can grant it."
    return Way(
        words=resource.words(high), amount=high * resource.step, not_enough=low * resource.step, unit=resource.unit, granted_by=resource.granted_by,
        sentence=sentence, tried=tuple(tried),
    )  # fmt: skip


def _resources(world: World, wish: Wish) -> list[_Resource]:
    """Time of the services that the wish needs, and money that may pay for it."""
    if wish.standard_id:
        cell = cell_of(world, wish)
        roles = {role for role, _ in cell.requirements}
        services = [s for s in world.partnership.services if s.role in roles]
        use = FundUse.GRANTS if ADULT_HOURS in roles else FundUse.BASE_RUNNING if PLACE in roles else FundUse.SPECIALIST_TIME
    else:
        services = [s for s in world.partnership.services if s.service_id == wish.item]
        use = FundUse.GRANTS if wish.item == GRANT_ITEM else FundUse.SPECIALIST_TIME
    services = [s for s in services if service_supply(world.partnership, world.policy, s).shareable_sessions]
    funds = [f for f in world.partnership.funds if pays(f, use)]
    costs = use is not FundUse.SPECIALIST_TIME or any(is_paid(world.partnership, s) for s in services)
    money = [_money(world, max(funds, key=lambda f: sum(available_pounds(f))))] if funds and costs else []
    return [_time(world, service) for service in services] + money


def is_held_elsewhere(world: World, service: Service) -> bool:
    """Whether more than the service's own limits holds somebody below what they could use of it: then only a world with more shows what more gives."""
    after = service_supply(world.partnership, world.policy, service).after_statutory_sessions
    required: dict[str, int] = {}
    for cell in world.picture.cells:
        required[cell.recipient] = required.get(cell.recipient, 0) + cell.requirement(service.role)
        if cell.out_of_reach and cell.requirement(service.role):
            return True
    return any(ceil(Fraction(hundredths, 100)) > after for hundredths in required.values())


def _time(world: World, service: Service) -> _Resource:
    by = service.request_to or service.employer or "the service"
    return _Resource(
        words=lambda n: f"{half_days(n)} more of {service.name}",
        step=1, unit="half-days", granted_by=by, may_prove=not is_held_elsewhere(world, service),
        limits=lambda n: (("vacancy_held_back", service.service_id, float(n)), ("statutory_first", service.service_id, float(n))),
    )  # fmt: skip


def _money(world: World, fund: Fund) -> _Resource:
    """More money in a fund on top of what it holds, in both years as the year's months fall; no contingency is taken off it."""
    share = Fraction(world.policy.board.september_to_march_months, 12)
    first, second = available_pounds(fund)
    share = Fraction(1) if first and not second else Fraction(0) if second and not first else share
    return _Resource(
        words=lambda n: f"£{n * MONEY_STEP_POUNDS:,} more in {fund.name}",
        step=MONEY_STEP_POUNDS, unit="pounds", granted_by=fund.request_to or "the board, or whoever else pays in,", may_prove=False,
        limits=lambda n: tuple(
            ("fund_balance", f"{fund.fund_id}, year {year}", float(n * MONEY_STEP_POUNDS * part)) for year, part in ((1, share), (2, 1 - share)) if part
        ),
    )  # fmt: skip
