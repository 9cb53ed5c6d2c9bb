"""The changes that can be picked at a meeting: money kept back, a pot, the line, a floor, a weight, a rule kept, left or let give way at a price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from planner.errors import InputMustBeMended
from planner.export.priced import points_said, unit_of
from planner.need import World
from planner.policy import MAY_BE_PRICED, MOST_PRICE_POINTS, Policy
from planner.rules import RULES
from planner.tried import Value
from web.bring.policy_settings import figure_text
from web.try_it.sliders import FAIRNESS, Slider, consequence, moved, sliders
from web.words import TIERS, upper_first

KINDS = {
    "money": ("Money kept back", "board.contingency_percent"), "pot": ("The moderated pot", "board.moderated_pot_percent"),
    "line": ("The line", "board.line_percent"), "floor-on-grants": ("Floor on grants", "board.money_floor_percent"),
    "floor-on-time": ("Floor on time", "board.sessions_floor_percent"),
}  # fmt: skip
"""What it is called in the address -> its words, and the setting that it moves."""
A_WEIGHT, WEIGHT = "weight", "weight-"
WEIGHTS = {f"{WEIGHT}{tier}": (f"{upper_first(said)} need", f"priorities.{tier}") for tier, said in TIERS.items()}
"""The weight of each kind of need, by what it is called in the address."""
FIGURES = KINDS | WEIGHTS
A_RULE, RULE = "rule", "rule-"
OF_RULES = ("money_floor", "sessions_floor", *FAIRNESS)
KEPT, PRICED, LEFT = "kept", "priced", "left"
_HOW = {KEPT: "Every plan must keep it", PRICED: "It may give way, at a price", LEFT: "No plan need keep it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    """A rule that is picked: how it may stand, how it stands now, and the price as typed, '' where it may have none."""

    sentence: str
    ways: tuple[tuple[str, str, bool], ...]
    may_be_priced: bool
    price: str
    price_label: str
    fault: str


def figure_of(world: World, policy: Policy, change: str, typed: Mapping[str, str], faults: Mapping[str, str]) -> Slider | None:
    """The figure that is picked; None where it is none."""
    if change not in FIGURES:
        return None
    name = FIGURES[change][1].replace(".", "-")
    return next((one for one in sliders(world, policy, typed, faults) if one.name == name), None)


def rule_of(policy: Policy, change: str, typed: Mapping[str, str], fault: str) -> RuleChoice | None:
    """The rule that is picked, as it stands or as it was typed; None where it is none."""
    rule_id = rule_id_of(change)
    if rule_id is None:
        return None
    price = policy.price(rule_id)
    now = typed.get("how") or (LEFT if not policy.is_on(rule_id) else PRICED if price else KEPT)
    return RuleChoice(
        sentence=RULES[rule_id].sentence,
        ways=tuple((way, said, way == now) for way, said in _HOW.items() if way != PRICED or rule_id in MAY_BE_PRICED),
        may_be_priced=rule_id in MAY_BE_PRICED,
        price=typed.get("price", points_said(price) if price else ""),
        price_label=f"Price in points of need, for each {unit_of(RULES[rule_id])}",
        fault=fault,
    )


def rule_id_of(change: str) -> str | None:
    """The rule that an address names."""
    rule_id = change.removeprefix(RULE)
    return rule_id if change.startswith(RULE) and rule_id in OF_RULES else None


def settings_of(world: World, change: str, typed: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """The settings that a form asks for, and what is wrong by field."""
    if change in FIGURES:
        name = FIGURES[change][1].replace(".", "-")
        return moved(world, {name: typed.get(name, "")})
    rule_id, how = rule_id_of(change), typed.get("how", "")
    if rule_id is None or how not in _HOW or (how == PRICED and rule_id not in MAY_BE_PRICED):
        return {}, {"how": "Choose what shall hold."}
    try:
        price = _price(typed.get("price", "")) if how == PRICED else 0
    except InputMustBeMended as refused:
        return {}, {"price": str(refused)}
    return {f"rules.{rule_id}": how != LEFT, **({f"prices.{rule_id}": price} if rule_id in MAY_BE_PRICED else {})}, {}


def said_of(world: World, policy: Policy, change: str) -> str:
    """What a figure comes to by itself; '' for a rule."""
    return consequence(world, policy, FIGURES[change][1]) if change in FIGURES else ""


def rule_words(rule_id: str) -> str:
    """A rule to pick from a list."""
    return upper_first(RULES[rule_id].sentence.removesuffix("."))


def _price(text: str) -> Value:
    plain = text.strip().replace(",", ".")
    wrong = f"The price must be a number of points above 0 and at most {MOST_PRICE_POINTS}, such as {figure_text('0.001')}."
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii() or len(plain) > 12:
        raise InputMustBeMended(wrong)
    price = Decimal(plain)
    if not 0 < Fraction(price) <= MOST_PRICE_POINTS:
        raise InputMustBeMended(wrong)
    return int(price) if price == int(price) else price
