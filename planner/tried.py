"""What somebody tries beside a plan: settings of the policy and wishes for their own school, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from planner.documents import Json, from_plain, sha256_of, to_plain
from planner.need import World, world_of
from planner.partnership import HeadRule
from planner.policy import Policy, with_changes
from planner.rules import HEAD_RULE

Value = int | Decimal | bool
DRAFT_WISH = "draft "
"""How the id of a wish begins that a draft made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What is tried: settings by their paths, wishes, and which heads' rules of the plan are taken away or written anew."""

    settings: tuple[tuple[str, Value], ...] = ()
    wishes: tuple[HeadRule, ...] = ()
    taken_away: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether it is all as in the plan."""
        return not (self.settings or self.wishes or self.taken_away)

    @property
    def key(self) -> str:
        """The same for the same things tried, whichever steps led there."""
        settings = {path: str(value) for path, value in self.settings}
        return sha256_of({"settings": settings, "wishes": to_plain(self.wishes), "taken_away": list(self.taken_away)})


def setting_step(settings: dict[str, Value]) -> Json:
    """A step that sets figures or switches rules."""
    return {"do": "set", "settings": {path: value if isinstance(value, bool) else str(value) for path, value in settings.items()}}


def wish_step(wish: HeadRule) -> Json:
    """A step that adds a wish, or writes one anew."""
    return {"do": "wish", "wish": to_plain(wish)}


def removing_step(rule_id: str) -> Json:
    """A step that takes a wish away."""
    return {"do": "take away", "rule_id": rule_id}


def tried_of(world: World, steps: Iterable[Json]) -> Tried:
    """What steps come to beside a plan's world; a setting moved back is not tried."""
    settings: dict[str, Value] = {}
    wishes: dict[str, HeadRule | None] = {}
    for step in steps:
        if step["do"] == "set":
            settings |= {path: _value(said) for path, said in step["settings"].items()}
        elif step["do"] == "wish":
            wish = from_plain(HeadRule, step["wish"])
            wishes[wish.rule_id] = wish
        else:
            wishes[step["rule_id"]] = None
    there = {rule.rule_id: rule for rule in world.partnership.head_rules}
    moved = {rule_id: wish for rule_id, wish in wishes.items() if wish != there.get(rule_id)}
    return Tried(
        settings=tuple(sorted((path, value) for path, value in settings.items() if value_now(world.policy, path) != value)),
        wishes=tuple(wish for wish in moved.values() if wish is not None),
        taken_away=tuple(rule_id for rule_id in there if rule_id in moved),
    )


def value_now(policy: Policy, path: str) -> Fraction | bool:
    """What a policy says at a path."""
    if path.startswith("rules."):
        return policy.is_on(path.removeprefix("rules."))
    if path.startswith("prices."):
        return dict(policy.prices).get(path.removeprefix("prices."), Fraction(0))
    return Fraction(next(figure.value for figure in policy.figures if figure.path == path))


def without_taken_away(world: World, tried: Tried) -> World:
    """The plan's world without the rules that are taken away: what wishes are laid over."""
    if not tried.taken_away:
        return world
    kept = tuple(rule for rule in world.partnership.head_rules if rule.rule_id not in tried.taken_away)
    return world_of(replace(world.partnership, head_rules=kept), world.policy)


def world_tried(world: World, tried: Tried) -> World:
    """The whole world that is tried, wishes as heads' rules. Raises ``InputMustBeMended`` where settings cannot be right."""
    policy = with_changes(world.policy, dict(tried.settings)) if tried.settings else world.policy
    rules = tuple(rule for rule in world.partnership.head_rules if rule.rule_id not in tried.taken_away)
    if tried.wishes and not policy.is_on(HEAD_RULE.rule_id):
        policy, rules = with_changes(policy, {f"rules.{HEAD_RULE.rule_id}": True}), ()  # only what is wished now is asked to hold
    return world_of(replace(world.partnership, head_rules=(*rules, *tried.wishes)), policy)


def _value(said: Any) -> Value:
    if isinstance(said, bool):
        return said
    number = Decimal(said)
    return int(number) if number == number.to_integral_value() else number
