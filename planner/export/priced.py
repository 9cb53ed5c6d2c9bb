"""Rules that give way at a price, in plain words: what each costs, where a plan lets it give way, and by how much."""

from __future__ import annotations

from fractions import Fraction

from planner.audit import Miss, misses
from planner.need import World
from planner.partnership import GRANT_ITEM
from planner.plan import Amounts
from planner.policy import Policy
from planner.reasons import half_days, plain_number
from planner.rules import RULES, Rule
from planner.words import listed, most_points

MOST_PLACES = 3
"""How many places of one rule a sentence names."""
_ONE = {"pounds": "pound", "half-day sessions": "half-day", "places": "place", "pounds or half-day sessions": "pound or half-day"}


def unit_of(rule: Rule) -> str:
    """One unit of a rule, in the singular."""
    return _ONE.get(rule.unit, f"one of its {rule.unit}")


def points_said(points: Fraction) -> str:
    """A number of points as exactly as it is set."""
    return f"{float(points):f}".rstrip("0").rstrip(".")


def price_words(policy: Policy, rule_id: str) -> str:
    """What missing a rule by one unit costs."""
    points = dict(policy.prices)[rule_id]
    return f"{points_said(points)} {'point' if points == 1 else 'points'} for each {unit_of(RULES[rule_id])}"


def price_note(policy: Policy) -> tuple[str, ...]:
    """What to say beside figures in which a price counts; nothing where no rule has one."""
    return ("In these figures the shortfall holds the price of rules that give way.",) if policy.has_prices else ()


def price_lines(world: World, amounts: Amounts) -> tuple[str, ...]:
    """For each rule that may give way: at what price, and where it does in this plan."""
    lines = []
    for rule_id, _ in world.policy.prices:
        if world.policy.price(rule_id):
            here = [miss for miss in misses(world, amounts) if miss.rule.rule_id == rule_id]
            lines.append(f"{_price(world, rule_id)} {_where(world, here)}")
    return tuple(lines)


def school_lines(world: World, amounts: Amounts, urn: int) -> tuple[str, ...]:
    """What gives way at a price at one school, or at a base it hosts, said to its head."""
    own = {str(urn), *(r.rule_id for r in world.partnership.head_rules if r.urn == urn)}
    own |= {b.name for b in world.partnership.bases if b.host_urn == urn}
    lines = []
    for miss in misses(world, amounts):
        if miss.where.partition(", ")[0] in own or miss.where in own:
            whose = f"{said_where(world, miss)}, " if miss.rule.rule_id == "head_rule" else ""
            lines.append(
                f"A rule gives way here: {whose}{miss.rule.sentence[:1].lower()}{miss.rule.sentence[1:-1]}. It is missed by "
                f"{said_by(world, miss)}, because the board lets it give way at a price of {price_words(world.policy, miss.rule.rule_id)}."
            )
    return tuple(lines)


def said_by(world: World, miss: Miss) -> str:
    """By how much a rule gives way, with its unit."""
    unit = miss.rule.unit
    if unit == "pounds or half-day sessions":
        wish = next((r for r in world.partnership.head_rules if r.rule_id == miss.where), None)
        unit = "pounds" if wish is None or wish.item == GRANT_ITEM else "half-day sessions"
    by = Fraction(miss.by)
    if unit == "pounds":
        return f"£{int(by):,}" if by.denominator == 1 else f"£{float(by):,.2f}"
    if unit == "half-day sessions" and by.denominator == 1:
        return half_days(int(by))
    return f"{plain_number(by)} {_ONE[unit] if unit in _ONE and by == 1 else 'half-days' if unit == 'half-day sessions' else unit}"


def said_where(world: World, miss: Miss) -> str:
    """Where a rule gives way, by the names people use."""
    p = world.partnership
    wish = next((r for r in p.head_rules if r.rule_id == miss.where), None) if miss.rule.rule_id == "head_rule" else None
    names = {str(s.urn): s.name for s in p.schools} | {s.service_id: s.name for s in p.services}
    names |= {f.fund_id: f.name for f in p.funds} | {b.base_id: b.name for b in p.bases}
    if wish is not None:
        return f"the rule of {names.get(str(wish.urn), wish.urn)} on {'its grant' if wish.item == GRANT_ITEM else names.get(wish.item, wish.item)}"
    return ", ".join(names.get(part, part) for part in miss.where.split(", "))


def _price(world: World, rule_id: str) -> str:
    return f"{RULES[rule_id].sentence} The board lets this rule give way at a price of {price_words(world.policy, rule_id)}."


def _where(world: World, here: list[Miss]) -> str:
    if not here:
        return "It gives way nowhere in this plan."
    here.sort(key=lambda miss: -miss.points)
    shown = [f"at {said_where(world, miss)} by {said_by(world, miss)}" for miss in here[:MOST_PLACES]]
    others = [f"at {len(here) - MOST_PLACES} more"] if len(here) > MOST_PLACES else []
    points = sum((miss.points for miss in here), Fraction(0))
    return f"It gives way {listed([*shown, *others])}; that costs {_points(points)}."


def _points(points: Fraction) -> str:
    return f"{most_points(float(points))} points"
