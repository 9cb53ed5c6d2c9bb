"""When no plan keeps every rule: which rules give way, where and by how much, in the cheapest way to make room."""

from __future__ import annotations

from dataclasses import dataclass

from optimisation.highs import compile_model, load, run
from optimisation.model import build_model
from planner.need import World
from planner.partnership import Partnership
from planner.rules import RULES

NOTICEABLE = 1e-6
GAP_POINTS = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class GivesWay:
    """One rule that gives way: at which places (by name), by how much in all, and so who would have to agree."""

    rule_id: str
    places: tuple[str, ...]
    by: float

    def sentence(self) -> str:
        """One line for a person."""
        rule = RULES[self.rule_id]
        by = f"{self.by:,.0f}" if self.by >= 1 else f"{self.by:,.2f}"
        return f"{rule.sentence} It is missed by {by} {rule.unit} in all, at {', '.join(self.places)}; the {rule.relaxed_by} may relax it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """No plan keeps every rule. ``gives_way`` is one way to make room, the cheapest by the rules' prices.

    It is empty when only rules that nobody may relax clash, or when time ran out before a way was found.
    """

    gives_way: tuple[GivesWay, ...]
    ran_out: bool = False

    def sentence(self) -> str:
        """What to say first."""
        if self.gives_way:
            return "The rules cannot all hold. The cheapest way to make room, by the rules' prices:"
        if self.ran_out:
            return "The rules cannot all hold; there was no time to find which to relax, so try again with more time."
        return (
            "The rules that nobody may relax cannot all hold: check the statutory work, what open bases cost, the funds and locked rules."
        )


def explain_impossible(world: World, *, seconds: float) -> Impossible:
    """Bend the relaxable rules as little as their prices say, and report each rule bent."""
    problem = compile_model(build_model(world, is_elastic=True))
    solved = run(load(problem), gap=GAP_POINTS, seconds=seconds)
    if solved.values is None:
        return Impossible(gives_way=(), ran_out=solved.status != "impossible")
    bent: dict[str, dict[str, float]] = {}
    for column, value in zip(problem.columns, solved.values, strict=True):
        name = column.parent_component().name
        if name.endswith("_gives_way") and value > NOTICEABLE:
            at = bent.setdefault(name.removesuffix("_gives_way"), {})
            at[str(column.index()[0])] = at.get(str(column.index()[0]), 0.0) + float(value)
    names = _names(world.partnership)
    found = (
        GivesWay(rule_id=rule_id, places=tuple(sorted(names.get(place, place) for place in at)), by=sum(at.values()))
        for rule_id, at in bent.items()
    )
    return Impossible(gives_way=tuple(sorted(found, key=lambda g: g.rule_id)))


def _names(p: Partnership) -> dict[str, str]:
    """What people call the places that rules are kept at."""
    schools = {str(s.urn): s.name for s in p.schools}
    others = {i: name for things in (
        ((f.fund_id, f.name) for f in p.funds), ((s.service_id, s.name) for s in p.services), ((b.base_id, b.name) for b in p.bases),
    ) for i, name in things}  # fmt: skip
    rules = {r.rule_id: f"the rule of {schools[str(r.urn)]} on {others.get(r.item, r.item)}" for r in p.head_rules}
    return {**rules, **others, **schools}
