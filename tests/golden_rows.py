"""The rows of each rule as text, on the smallest fixture: a change of algebra shows in a diff."""

from __future__ import annotations

import re
from pathlib import Path

import pyomo.environ as pyo

from optimisation.model import build_model
from optimisation.registry import MATHS
from planner.need import World
from planner.rules import RULES

ENUM = re.compile(r"<\w+\.\w+: '([^']+)'>")
GOLDEN = Path(__file__).parent / "golden"
SHAPED = {
    "decision_right": ("grant_steps", "spend", "pot", "sessions", "base_size"),
    "allowed_uses": ("grant_steps", "spend", "pot"),
    "base_reach": ("places",),
}
"""The variables that a rule without rows lets exist, or not."""


def golden_text(world: World, rule_id: str) -> str:
    """Every row of a rule (lower <= body <= upper), or every variable that its shape lets exist."""
    model = build_model(world, only={rule_id})
    lines = [f"{rule_id}: {RULES[rule_id].sentence}", ""]
    if rule_id in MATHS:
        component = model.component(rule_id)
        for at in component:
            row = component[at]
            lower = f"{_number(row.lower)} <= " if row.has_lb() else ""
            upper = f" <= {_number(row.upper)}" if row.has_ub() else ""
            lines.append(f"{at}: {lower}{row.body}{upper}")
        if not len(component):
            lines.append("(no row: it holds whatever is decided)")
    else:
        for name in SHAPED[rule_id]:
            variable = getattr(model, name)
            lines += [variable[index].name for index in variable]
    return ENUM.sub(r"\1", "\n".join(lines)) + "\n"


def _number(expression: object) -> str:
    value = pyo.value(expression)
    return str(int(value)) if value == int(value) else str(value)
