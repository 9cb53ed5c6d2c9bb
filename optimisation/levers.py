"""The rules that touch a school and that somebody may relax: where each is kept, and who may let it go."""

from __future__ import annotations

from dataclasses import dataclass

from planner.fairness import paid_in_pounds, standard_floors
from planner.need import World
from planner.partnership import GRANT_ITEM, HeadRule
from planner.reasons import half_days
from planner.rules import RULES
from planner.supply import base_reaches, school_of

Places = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One rule, here or everywhere, that may be let go. ``places`` are what a trial leaves out; ``words`` complete "without ..."."""

    rule_id: str
    words: str
    places: Places
    relaxed_by: str
    is_everywhere: bool = False


def levers_of(world: World, urn: int) -> tuple[Lever, ...]:
    """Every relaxable rule that is on and touches a school: its own, those of bases that reach it, the board's on everybody."""
    found = (*_here(world, urn), *_at_bases(world, urn), *_everywhere(world))
    return tuple(lever for lever in found if world.policy.is_on(lever.rule_id) and lever.places)


def _here(world: World, urn: int) -> list[Lever]:
    p, name = world.partnership, school_of(world.partnership, urn).name
    zone = world.picture.zone_of(urn).zone_id
    school_services, zone_services = (
        [s for s in p.services if (world.policy.role(s.role).serves == "zone") is is_zone] for is_zone in (False, True)
    )
    had = [row for row in p.last_year if row.urn == urn]
    floors = standard_floors(world)
    levers = [
        _lever(
            "smallest_block", f"the smallest block of a service at {name}", [f"{urn}, {s.service_id}, at least" for s in school_services]
        ),
        _lever(
            "smallest_block", f"the smallest block of a service in {zone}", [f"{zone}, {s.service_id}, at least" for s in zone_services]
        ),
        _lever("sessions_floor", f"the floor on time at {name}", [f"{urn}, {row.item}" for row in had if row.item != GRANT_ITEM]),
        _lever(
            "sessions_cap", f"the cap on time at {name}", [f"{urn}, {row.item}" for row in had if row.item != GRANT_ITEM and row.amount]
        ),
        _lever("standard_floor", f"the floors on standards at {name}", [c for c in floors if c.rpartition(":")[0] == str(urn)]),
        _lever("standard_floor", f"the floors on standards in {zone}", [c for c in floors if c.rpartition(":")[0] == zone]),
        _lever("no_worse_outside", f"the value that {name} gets for what it pays in", [str(urn)] if urn in paid_in_pounds(p) else []),
    ]
    if any(row.item == GRANT_ITEM for row in had):
        levers.append(_lever("money_floor", f"the floor on the grant of {name}", [str(urn)]))
        levers.append(_lever("money_cap", f"the cap on the grant of {name}", [str(urn)]))
    levers += [
        _lever("head_rule", f"the head's rule of {name} on {_rule_words(world, wish)}", [wish.rule_id])
        for wish in p.head_rules
        if wish.urn == urn
    ]
    return levers


def _at_bases(world: World, urn: int) -> list[Lever]:
    """Hosts' conditions and smallest sizes of the bases at the school or in reach of its zone."""
    p = world.partnership
    urns = world.picture.zone_of(urn).urns
    bases = [b for b in p.bases if b.host_urn == urn or base_reaches(p, world.policy, b, urns)]
    hosts = {b.host_urn: school_of(p, b.host_urn).name for b in bases}
    levers = [_lever("host_most_places", f"the most places {name} agreed to host", [str(host)]) for host, name in hosts.items()]
    for base in bases:
        levers.append(_lever("host_consent", f"the consent that {hosts[base.host_urn]} has not given to {base.name}", [base.base_id]))
        levers.append(_lever("smallest_useful_base", f"the smallest useful size of {base.name}", [base.base_id]))
        if world.policy.board.cohort_fill_percent < 100:
            levers.append(_lever("cohort_fill", f"the board's share of new places in the first year of {base.name}", [base.base_id]))
        levers.append(_lever("host_share", f"the host's share of {base.name}", [base.base_id]))
    return levers


def _everywhere(world: World) -> list[Lever]:
    p = world.partnership
    unlocked = [wish.rule_id for wish in p.head_rules if not wish.is_locked]
    board = (
        ("vacancy_held_back", "the time kept back for other duties and vacancy"),
        ("contingency_held", "the contingency"),
        ("moderated_pot_released", "the moderated pot"),
        ("next_year_affordable", "the limit on next year's cost"),
        ("money_floor", "the floor on every school's grant"),
        ("money_cap", "the cap on every school's grant"),
        ("sessions_floor", "the floor on every school's time"),
        ("sessions_cap", "the cap on every school's time"),
        ("standard_floor", "the floors on standards everywhere"),
        ("no_worse_outside", "the value that every school gets for what it pays in"),
        ("host_share", "the host's share of every new or larger base"),
        ("phase_balance", "the balance of primary and secondary places"),
        ("secondaries_in_proportion", "the step of every secondary toward places in proportion"),
    )
    levers = [
        Lever(rule_id=rule_id, words=words, places=((rule_id, None),), relaxed_by="board", is_everywhere=True) for rule_id, words in board
    ]
    heads = tuple(("head_rule", rule_id) for rule_id in unlocked)
    return [*levers, Lever(rule_id="head_rule", words="every head's own rules", places=heads, relaxed_by="heads", is_everywhere=True)]


def _lever(rule_id: str, words: str, at: list[str]) -> Lever:
    return Lever(rule_id=rule_id, words=words, places=tuple((rule_id, place) for place in at), relaxed_by=RULES[rule_id].relaxed_by or "")


def _rule_words(world: World, wish: HeadRule) -> str:
    amount = f"£{wish.amount:,} of grant" if wish.item == GRANT_ITEM else half_days(wish.amount)
    name = next((f" of {s.name}" for s in world.partnership.services if s.service_id == wish.item), "")
    return f"{wish.bound} {amount}{name}{' (locked by the head)' if wish.is_locked else ''}"
