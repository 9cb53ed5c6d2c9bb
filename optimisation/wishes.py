"""What somebody may ask for, as conditions of a trial, in the words they would use."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from math import ceil

from optimisation.asked import Condition
from planner.need import ADULT_HOURS, World, benefit_segments
from planner.partnership import GRANT_ITEM
from planner.reasons import half_days
from planner.supply import grant_step_pounds, school_of, service_supply, sizes_of

Term = tuple[str, Hashable, float]


def amount_wish(world: World, urn: int, item: str, *, at_least: int | None = None, at_most: int | None = None) -> Condition:
    """A school's own grant (pounds a year) or half-days of a service, bounded."""
    school = school_of(world.partnership, urn).name
    sign, unit = ("£", "of grant") if item == GRANT_ITEM else ("", f"half-days of {_service(world, item)}")
    return Condition(
        words=f"{_bounds(at_least, at_most, sign)} {unit} for {school}", terms=_amount(world, urn, item), lower=at_least, upper=at_most
    )


def standard_wish(world: World, cell_id: str, *, percent: int) -> Condition:
    """A standard of a school or zone met to at least this percent of need."""
    cell = next(c for c in world.picture.cells if c.cell_id == cell_id)
    standard = world.policy.standard(cell.standard_id).name
    whose = school_of(world.partnership, int(cell.recipient)).name if cell.recipient.isdecimal() else cell.recipient
    terms = tuple(("met", (cell_id, j), 1.0) for j in range(len(benefit_segments(world.policy))))
    return Condition(words=f"{standard} of {whose} met to at least {percent} percent", terms=terms, lower=percent / 100)


def base_wish(world: World, base_id: str, *, at_least: int | None = None, at_most: int | None = None) -> Condition:
    """A base run at a size between bounds (0 places: closed)."""
    base = next(b for b in world.partnership.bases if b.base_id == base_id)
    terms = tuple(("base_size", (base_id, k), float(k)) for k in sizes_of(base))
    return Condition(words=f"{_bounds(at_least, at_most)} places in {base.name}", terms=terms, lower=at_least, upper=at_most)


def most_useful_words(world: World, *, urn: int, item: str, amount: int) -> str:
    """Why more of an item than this is in no plan, '' if that is not the reason."""
    recipient = str(urn)
    if item == GRANT_ITEM:
        hours = sum(c.requirement(ADULT_HOURS) for c in world.picture.cells if c.recipient == recipient)
        useful = ceil(Fraction(hours * world.policy.pounds_per_adult_hour, 100))
        return f"all its needs would use £{useful:,} of grant, and more would meet none." if amount > useful + 120 else ""
    service = next(s for s in world.partnership.services if s.service_id == item)
    supply = service_supply(world.partnership, world.policy, service)
    wanted = ceil(
        Fraction(sum(c.requirement(service.role) for c in world.picture.cells if c.recipient == recipient and not c.out_of_reach), 100)
    )
    if amount > supply.after_statutory_sessions:
        return f"{service.name} has {half_days(supply.after_statutory_sessions)} after statutory work."
    if amount > max(wanted, supply.minimum_block_sessions):
        return f"all its needs for the role come to {half_days(wanted)}, and more would meet none."
    return ""


def _amount(world: World, urn: int, item: str) -> tuple[Term, ...]:
    if item == GRANT_ITEM:
        return tuple(("grant_steps", (urn, fund.fund_id), float(grant_step_pounds(fund, world.policy))) for fund in world.partnership.funds)
    return (("sessions", (str(urn), item), 1.0),)


def _service(world: World, service_id: str) -> str:
    return next(s.name for s in world.partnership.services if s.service_id == service_id)


def _bounds(at_least: int | None, at_most: int | None, sign: str = "") -> str:
    if at_least is not None and at_least == at_most:
        return f"exactly {sign}{at_least:,}"
    said = [f"{words} {sign}{amount:,}" for words, amount in (("at least", at_least), ("at most", at_most)) if amount is not None]
    return " and ".join(said)
