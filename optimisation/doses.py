"""Whether the plan would stand if the doses were wrong: every standard's hours and half-days a pupil less or more by a fifth.

The plan is made anew under the other doses, as near to today's plan as a tenth of a point of shortfall allows: what still
changes is what hangs on the doses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from optimisation.asked import Aim, Change, Trial, Tried
from optimisation.differences import changes_between
from optimisation.sandbox import Sandbox
from optimisation.trial import thousands_a_point
from planner.measures import Standing, standing
from planner.need import World, world_of
from planner.plan import Amounts

FACTORS = (Fraction(4, 5), Fraction(6, 5))
GAP_POINTS = 0.05
TOLERANCE_POINTS = 0.1
NEAR_GAP = 0.5
DOSE_SECONDS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """The plan under other doses: who would have other amounts, and how the standards stand. ``after`` is None where no plan was found."""

    factor: Fraction
    changes: tuple[Change, ...]
    before: Standing
    after: Standing | None
    least: Tried
    near: Tried | None


def doses_of(sandbox: Sandbox, amounts: Amounts, *, tell: Callable[[str], None] = lambda _: None) -> tuple[Dosed, ...]:
    """The plan made anew under each factor; the sandbox is left with another world."""
    world = sandbox.world
    return tuple(_dosed(sandbox, world, amounts, factor, tell) for factor in FACTORS)


def _dosed(sandbox: Sandbox, world: World, amounts: Amounts, factor: Fraction, tell: Callable[[str], None]) -> Dosed:
    words = f"doses at {int(100 * factor)} percent"
    before = standing(world.picture, world.policy, amounts)
    sandbox.open(with_doses(world, factor))
    tell(words)
    least = sandbox.ask(Trial(words=f"{words}: least shortfall", gap=GAP_POINTS, seconds=DOSE_SECONDS))
    if least.amounts is None:
        return Dosed(factor=factor, changes=(), before=before, after=None, least=least, near=None)
    tell(f"{words}: the nearest plan")
    near = sandbox.ask(
        Trial(
            words=f"{words}: the nearest plan", aim=Aim.DISTANCE, near=amounts, gap=NEAR_GAP, seconds=DOSE_SECONDS,
            most_shortfall_points=least.shortfall_points + TOLERANCE_POINTS, shortfall_weight=thousands_a_point(world),
        )
    )  # fmt: skip
    planned = near.amounts or least.amounts
    after = standing(sandbox.world.picture, sandbox.world.policy, planned)
    return Dosed(factor=factor, changes=changes_between(world, amounts, planned), before=before, after=after, least=least, near=near)


def with_doses(world: World, factor: Fraction) -> World:
    """The world in which every standard takes this many times the hours and half-days a pupil; places as they are."""
    standards = tuple(
        replace(
            s, hours_per_pupil=s.hours_per_pupil * factor, sessions_per_pupil=tuple((role, n * factor) for role, n in s.sessions_per_pupil)
        )
        for s in world.policy.standards
    )
    return world_of(world.partnership, replace(world.policy, standards=standards))
