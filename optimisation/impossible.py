"""When no plan keeps every rule: which rules clash, where and by how much at least."""

from __future__ import annotations

from dataclasses import dataclass

from optimisation.highs import compile_model, load, run
from optimisation.model import build_model
from planner.need import World
from planner.rules import RULES

NOTICEABLE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class GivesWay:
    """One rule that cannot hold: where, by how much at least, and who may relax it."""

    rule_id: str
    at: str
    by: float

    def sentence(self) -> str:
        """One line for a person."""
        rule = RULES[self.rule_id]
        by = f"{self.by:,.0f}" if self.by >= 1 else f"{self.by:,.2f}"
        return f"{rule.sentence} ({self.rule_id}, {self.at}) It misses by at least {by} {rule.unit}; the {rule.relaxed_by} may relax it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """No plan keeps every rule. ``gives_way`` is the cheapest way to bend; empty when only law conflicts."""

    gives_way: tuple[GivesWay, ...]

    def sentence(self) -> str:
        """What to say first."""
        if not self.gives_way:
            return "No plan can keep the rules that nobody may relax: check the statutory work, the funds and the bases' pupils."
        places = "one place" if len(self.gives_way) == 1 else f"{len(self.gives_way)} places"
        return f"The rules cannot all hold. The smallest change that makes a plan possible bends them in {places}:"


def explain_impossible(world: World, *, seconds: float) -> Impossible:
    """Bend the relaxable rules as little as their prices say, and report each bend."""
    model = build_model(world, is_elastic=True)
    problem = compile_model(model)
    solved = run(load(problem), gap=NOTICEABLE, seconds=seconds)
    if solved.values is None:
        return Impossible(gives_way=())
    found = []
    for column, value in zip(problem.columns, solved.values, strict=True):
        name = column.parent_component().name
        if name.endswith("_gives_way") and value > NOTICEABLE:
            found.append(GivesWay(rule_id=name.removesuffix("_gives_way"), at=str(column.index()[0]), by=float(value)))
    return Impossible(gives_way=tuple(sorted(found, key=lambda g: (g.rule_id, g.at))))
