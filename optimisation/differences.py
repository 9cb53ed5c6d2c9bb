"""What differs between two plans of a world: amounts that a school would notice, and standards."""

from __future__ import annotations

from optimisation.asked import Change
from optimisation.trial import Changeable, changeable
from planner.need import World
from planner.partnership import GRANT_ITEM
from planner.plan import Amounts


def changes_between(world: World, before: Amounts, after: Amounts) -> tuple[Change, ...]:
    """Every amount that a school would notice, with the largest (priced) first."""
    return changes_in(world, [(one, one.amount(before), one.amount(after)) for one in changeable(world)])


def changes_in(world: World, amounts: list[tuple[Changeable, int, int]]) -> tuple[Change, ...]:
    """The same from what there was and is of each thing."""
    zones = {z.urns: z.zone_id for z in world.picture.zones}
    names = {s.urn: s.name for s in world.partnership.schools}
    zoned = {s.service_id for s in world.partnership.services if world.policy.role(s.role).serves == "zone"}
    found = []
    for one, was, now in amounts:
        if was != now:
            what, unit = _what(world, one)
            whose = zones[one.schools] if one.item in zoned else names[one.schools[0]]
            found.append((abs(was - now) * one.pounds, Change(whose=whose, urns=one.schools, what=what, unit=unit, before=was, after=now)))
    return tuple(change for _, change in sorted(found, key=lambda pair: -pair[0]))


def _what(world: World, one: Changeable) -> tuple[str, str]:
    if one.item == GRANT_ITEM:
        return "grant", "pounds"
    service = next((s for s in world.partnership.services if s.service_id == one.item), None)
    if service is not None:
        return service.name, "half-days"
    return next(b.name for b in world.partnership.bases if b.base_id == one.item), "places"
