"""The rows of a rule as text, as the golden files and the page of the model show them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pyomo.core as pyo

from optimisation.model import build_model
from optimisation.registry import MATHS
from planner.need import World, world_of
from planner.policy import with_changes

SHAPED = {
    "decision_right": ("grant_steps", "spend", "pot", "sessions", "base_size"),
    "allowed_uses": ("grant_steps", "spend", "pot"),
    "base_reach": ("places",),
}
"""The variables that a rule without rows lets exist, or not."""
SWITCHED_ON: dict[str, dict[str, bool | int]] = {
    "cohort_fill": {"board.cohort_fill_percent": 50},
    "standard_floor": {"rules.standard_floor": True, "board.standard_floors.talk": 40},
    **{
        rule_id: {f"rules.{rule_id}": True}
        for rule_id in (
            "next_year_affordable",
            "host_share",
            "phase_balance",
            "secondaries_in_proportion",
            "sessions_cap",
            "no_worse_outside",
        )
    },
}
"""Settings with which a rule asks something of the two schools that the shipped policy leaves open."""
_ENUM = re.compile(r"<\w+\.\w+: '([^']+)'>")


def as_if_asked(world: World, rule_id: str) -> World:
    """The world of the two schools under a policy in which the rule asks something, so that its rows can be shown."""
    changes = SWITCHED_ON.get(rule_id)
    return world_of(world.partnership, with_changes(world.policy, changes)) if changes else world


def written_rows(world: World, rule_id: str) -> Iterator[str]:
    """Every row of a rule as "place: lower <= body <= upper", or every variable that its shape lets exist."""
    model = build_model(with_rule(world, rule_id), only={rule_id})
    if rule_id in MATHS:
        component = model.component(rule_id)
        for at in component or ():
            row = component[at]
            lower = f"{_number(row.lower)} <= " if row.has_lb() else ""
            upper = f" <= {_number(row.upper)}" if row.has_ub() else ""
            yield _ENUM.sub(r"\1", f"{at}: {lower}{row.body}{upper}")
    else:
        for name in SHAPED[rule_id]:
            variable = getattr(model, name)
            yield from (_ENUM.sub(r"\1", variable[index].name) for index in variable)


def with_rule(world: World, rule_id: str) -> World:
    """The world with a rule on, so that one which the board may switch on later can be shown."""
    if world.policy.is_on(rule_id):
        return world
    return replace(world, policy=replace(world.policy, rules_on=tuple((r, on or r == rule_id) for r, on in world.policy.rules_on)))


def _number(expression: object) -> str:
    value = pyo.value(expression)
    return str(int(value)) if value == int(value) else str(value)
