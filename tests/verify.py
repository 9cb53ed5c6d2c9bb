"""Both faces of one rule at once: its maths and its audit must say the same of the same amounts.

``rule("smallest_block").on(world).given(amounts(...)).is_broken_by(2)`` sets the amounts on a
Pyomo model that holds only this rule, reads by how much its rows miss, runs the rule's audit,
and fails when the two disagree. No solver runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pyomo.core as pyo

from optimisation.extract import assign
from optimisation.model import build_model
from optimisation.registry import MATHS, SHAPES
from planner.audit import AUDITS
from planner.need import ADULT_HOURS, PLACE, World
from planner.partnership import GRANT_ITEM, FundUse
from planner.plan import Amounts
from planner.rules import RULES
from planner.supply import sizes_of

TOLERANCE = 1e-6
FORGIVEN = {"standard_floor": 0.01}
"""What the audit of a rule forgives, in the rule's unit, because need met is rounded."""
BUILT_IN = {"one_size_a_base": ("base_size",), "fund_balance": ("carried",)}
"""Rules with rows whose audit also refuses amounts for which there is no variable at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the two faces of a rule say of amounts: by how much rows and audit miss."""

    rule_id: str
    maths_miss: float
    audit_miss: Fraction
    kept_out: tuple[str, ...]

    @property
    def is_broken_in_maths(self) -> bool:
        """Whether the model cannot hold these amounts because of this rule."""
        return self.maths_miss > FORGIVEN.get(self.rule_id, 0.0) + TOLERANCE or bool(self.kept_out)

    @property
    def is_broken_in_audit(self) -> bool:
        """Whether the audit refuses these amounts because of this rule."""
        return self.audit_miss > 0

    def agrees(self) -> bool:
        """Whether the two faces agree."""
        return self.is_broken_in_maths == self.is_broken_in_audit


def verdict(model: Any, world: World, rule_id: str, given: Amounts) -> Verdict:
    """Set amounts on a model that holds the rule and read both faces."""
    homeless = assign(model, given)
    miss = 0.0
    kept_out: list[str] = []
    if rule_id in MATHS:
        component = model.component(rule_id)
        miss = max((row_miss(component[at]) for at in component), default=0.0)
        kept_out = [name for name in homeless if name.split("[")[0] in BUILT_IN.get(rule_id, ()) and not _is_a_size(world, name)]
    else:
        for name, index in forbidden_by_shape(world, rule_id, given):
            assert index not in getattr(model, name), f"{rule_id} forbids {name}[{index}], but the model has it"
            kept_out.append(f"{name}[{index}]")
    audited = list(AUDITS[rule_id](world, given))
    known = place_words(world)
    for where, _ in audited:
        assert all(part in known for part in where.split(", ")), f"{rule_id} names {where!r}, which is no place a reader knows"
    audit = max((Fraction(by) for _, by in audited), default=Fraction(0))
    return Verdict(rule_id=rule_id, maths_miss=miss, audit_miss=max(audit, Fraction(0)), kept_out=tuple(kept_out))


def place_words(world: World) -> set[str]:
    """All that an audit may say of where a rule is missed."""
    p = world.partnership
    words = {"next year", "all bases", "carried over 31 March", "September to March", "April to August", "both years", "places at once"}
    words |= (
        {f"half-term {n}" for n in range(1, 7)} | set(p.financial_years) | {str(use) for use in FundUse} | {PLACE, ADULT_HOURS, GRANT_ITEM}
    )
    words |= {word for f in p.funds for word in (f.fund_id, f.name)} | {word for s in p.services for word in (s.service_id, s.name, s.role)}
    words |= (
        {word for b in p.bases for word in (b.name, f"{b.name} closes")}
        | {str(s.urn) for s in p.schools}
        | {r.rule_id for r in p.head_rules}
    )
    words |= {z.zone_id for z in world.picture.zones} | {word for c in world.picture.cells for word in (c.cell_id, *dict(c.requirements))}
    return words


def _is_a_size(world: World, variable: str) -> bool:
    """Whether a size is one the base has: then it has no variable for another reason (information only)."""
    return variable in {f"base_size[{(b.base_id, size)}]" for b in world.partnership.bases for size in sizes_of(b)}


def row_miss(row: Any) -> float:
    """By how much a row misses at the values set."""
    body = pyo.value(row.body)
    below = pyo.value(row.lower) - body if row.has_lb() else 0.0
    above = body - pyo.value(row.upper) if row.has_ub() else 0.0
    return float(max(below, above, 0.0))


def forbidden_by_shape(world: World, rule_id: str, given: Amounts) -> Iterator[tuple[str, Any]]:
    """Every amount for which a rule lets no variable exist."""
    funds = {f.fund_id: f for f in world.partnership.funds}
    services = {s.service_id: s for s in world.partnership.services}
    bases = {b.base_id: b for b in world.partnership.bases}
    zones = {z.zone_id: z for z in world.picture.zones}
    shape = SHAPES[rule_id]
    about: list[tuple[str, Any, tuple[Any, ...], int]] = []
    if rule_id == "decision_right":
        about += [("grant_steps", key, (funds[key[1]],), n) for key, n in given.grants.items()]
        about += [("spend", key, (funds[key[0]],), n) for key, n in given.spending.items()]
        about += [("pot", key, (funds[key[0]],), n) for key, n in given.pots.items()]
        about += [("sessions", key, (services[key[1]],), n) for key, n in given.sessions.items()]
        about += [("base_size", key, (bases[key[0]],), key[1]) for key in given.base_sizes.items()]
        about += [("places", key, (bases[key[0]],), n) for key, n in given.places.items()]
    elif rule_id == "allowed_uses":
        about += [("grant_steps", key, (funds[key[1]], FundUse.GRANTS), n) for key, n in given.grants.items()]
        about += [("spend", key, (funds[key[0]], key[2]), n) for key, n in given.spending.items()]
        about += [("pot", key, (funds[key[0]], FundUse.MODERATED_POT), n) for key, n in given.pots.items()]
    elif rule_id == "base_reach":
        about += [
            ("places", key, (world, bases[key[0]], zones[key[1].rpartition(":")[0]]), n) for key, n in given.places.items()
        ]  # fmt: skip
    else:
        raise AssertionError(f"say in tests/verify.py which amounts the shape of {rule_id} is about")
    yield from ((name, key) for name, key, things, amount in about if amount and not shape(*things))


@dataclass(frozen=True, slots=True)
class _Given:
    world: World
    rule_id: str
    amounts: Amounts

    def _verdict(self) -> Verdict:
        said = verdict(build_model(self.world, only={self.rule_id}), self.world, self.rule_id, self.amounts)
        assert said.agrees(), f"maths and audit of {self.rule_id} disagree: {said}"
        return said

    def is_broken_by(self, by: Fraction | float) -> None:
        """Both faces refuse, and the audit's largest miss is this much in the rule's unit."""
        assert self._verdict().audit_miss == Fraction(by)

    def holds(self) -> None:
        """Both faces allow."""
        said = self._verdict()
        assert not said.is_broken_in_audit, f"{self.rule_id} is broken: {said}"


@dataclass(frozen=True, slots=True)
class _On:
    world: World
    rule_id: str

    def given(self, amounts: Amounts) -> _Given:
        """These amounts."""
        return _Given(self.world, self.rule_id, amounts)


@dataclass(frozen=True, slots=True)
class _Rule:
    rule_id: str

    def on(self, world: World) -> _On:
        """In this world."""
        return _On(world, self.rule_id)


def rule(rule_id: str) -> _Rule:
    """The rule with this id, to be verified."""
    assert rule_id in RULES
    return _Rule(rule_id)
