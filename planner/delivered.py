"""What a plan meets with the half-days that its roster can deliver: what nobody can give is taken off again, exactly.

The needs of a school or zone that use a short service keep the shares in which the plan gives them its time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from planner.measures import points, standing, total_need_met
from planner.need import WHOLE, Cell, World, dose_share_for, met_for_dose
from planner.plan import Amounts, Plan, Undelivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A school or zone that is short of half-days: points of its own need met as planned, and with what can be given."""

    recipient: str
    half_days: int
    planned_points: float
    points: float

    @property
    def lost_points(self) -> float:
        """Points of its own need that wait for names."""
        return round(self.planned_points - self.points, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithNames:
    """Need met of a plan with what named people can give, in points; ``planned_points`` when the names can deliver it all."""

    half_days: int
    planned_points: float
    points: float
    shortfall_points: float
    short: tuple[Short, ...]

    @property
    def lost_points(self) -> float:
        """Points of all need that wait for names."""
        return round(self.planned_points - self.points, 4)


def with_names(plan: Plan, world: World) -> WithNames | None:
    """What a plan meets with the half-days that can be given; None where its roster delivers all, or it has none."""
    if plan.roster is None or not plan.roster.undelivered:
        return None
    missing: dict[str, int] = defaultdict(int)
    for row in plan.roster.undelivered:
        missing[row.recipient] += row.half_days
    can = as_delivered(world, plan.amounts, plan.roster.undelivered)
    here = standing(world.picture, world.policy, can)
    return WithNames(
        half_days=sum(missing.values()),
        planned_points=points(total_need_met(world.picture, plan.amounts.need_met)),
        points=here.need_met_points,
        shortfall_points=here.shortfall_points,
        short=tuple(
            Short(
                recipient=recipient, half_days=n,
                planned_points=_own_points(world, recipient, plan.amounts.need_met), points=_own_points(world, recipient, can.need_met),
            )
            for recipient, n in sorted(missing.items())
        ),
    )  # fmt: skip


def as_delivered(world: World, amounts: Amounts, undelivered: Iterable[Undelivered]) -> Amounts:
    """The amounts without half-days that nobody can give; each need gets the same smaller part of what it used of the service."""
    sessions = dict(amounts.sessions)
    short = set()
    for row in undelivered:
        sessions[row.recipient, row.service_id] -= row.half_days
        short.add(row.recipient)
    levels = dict(amounts.need_met)
    for recipient in short:
        levels.update(_levels(world, recipient, amounts.need_met, sessions))
    return replace(
        amounts, sessions={key: n for key, n in sessions.items() if n}, need_met={cell_id: met for cell_id, met in levels.items() if met}
    )


def _levels(world: World, recipient: str, levels: Mapping[str, int], sessions: Mapping[tuple[str, str], int]) -> dict[str, int]:
    roles = {s.service_id: s.role for s in world.partnership.services}
    held: dict[str, int] = defaultdict(int)
    for (whose, service_id), n in sessions.items():
        if whose == recipient:
            held[roles[service_id]] += 100 * n
    cells = _cells(world, recipient)
    doses = {c.cell_id: dose_share_for(Fraction(levels.get(c.cell_id, 0), WHOLE), world.policy) for c in cells}
    used: dict[str, Fraction] = defaultdict(Fraction)
    for cell in cells:
        for ingredient, required in cell.requirements:
            used[ingredient] += doses[cell.cell_id] * required
    part = {role: min(Fraction(1), held[role] / used[role]) for role in set(roles.values()) if used[role]}
    found = {}
    for cell in cells:
        least = min((part.get(ingredient, Fraction(1)) for ingredient, _ in cell.requirements), default=Fraction(1))
        if least < 1:
            found[cell.cell_id] = met_for_dose(doses[cell.cell_id] * least, world.policy)
    return found


def _cells(world: World, recipient: str) -> tuple[Cell, ...]:
    return tuple(c for c in world.picture.cells if c.recipient == recipient)


def _own_points(world: World, recipient: str, levels: Mapping[str, int]) -> float:
    cells = _cells(world, recipient)
    weight = sum(c.weight for c in cells)
    return points(Fraction(sum(c.weight * levels.get(c.cell_id, 0) for c in cells), WHOLE * max(weight, 1)))
