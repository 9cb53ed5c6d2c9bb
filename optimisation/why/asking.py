"""Asking trials about one school of a plan, and what is known of the best under today's rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from math import inf

from optimisation.asked import Aim, Condition, Trial, Tried
from optimisation.levers import Lever, levers_of
from optimisation.sandbox import Sandbox
from optimisation.trial import thousands_a_point
from optimisation.why.records import Price, StandardChange, Wish
from optimisation.wishes import amount_wish, standard_wish
from planner.audit import leading_points
from planner.errors import InputMustBeMended
from planner.need import WHOLE, Cell, World
from planner.partnership import GRANT_ITEM, Service
from planner.plan import Amounts, Plan
from planner.supply import school_of

GAP_POINTS = 0.02
"""At the school's scale a point is much; searches for the shortfall alone close this far at the root."""
SAME_POINTS = 1e-3
SAME_MILLIONTHS = 100
"""Within these, shortfall and need met are the same but for the solver's tolerance."""
ANY_PLAN_GAP = 100.0
NEAR_GAP = 0.25
NEARLY_ONE = 0.99
"""Steps are whole, so a gap under one proves them."""
NEAR_SECONDS = 3.0
KEPT = ", with bases, zones' time and other schools' choice of services as they are"


class Asking:
    """The plan that questions are about, and what is known of the best under today's rules."""

    def __init__(self, sandbox: Sandbox, plan: Plan, urn: int, tell: Callable[[str], None]) -> None:
        self.sandbox, self.plan, self.urn = sandbox, plan, urn
        self.world = sandbox.world
        self.name = school_of(self.world.partnership, urn).name
        self.own_blocks = {f"{urn}, {s.service_id}, at least" for s in self.world.partnership.services}
        self.zone = self.world.picture.zone_of(urn).zone_id
        self.wants_zone = False
        self._before = sandbox.log_of_world()
        self.levers = levers_of(self.world, urn)
        self._tell = tell
        self.plan_points = float(leading_points(self.world, plan.amounts))
        self.today = self.least(f"{self.name}: the rules as they are")
        self.best = Price(
            least=max(self.today.bound, plan.bound_points, 0.0), most=max(min(self.today.value, self.plan_points), plan.bound_points)
        )
        self._control: Tried | None = None

    def ask(self, trial: Trial) -> Tried:
        """One trial's answer; what was asked of this world before, for another school perhaps, is not solved again."""
        for tried in self._before:
            if replace(tried.trial, words=trial.words) == trial:
                return tried
        self._tell(trial.words)
        tried = self.sandbox.ask(trial)
        self._before.append(tried)
        return tried

    def least(
        self, words: str, *, conditions: tuple[Condition, ...] = (), without: Collection[Lever] = (),
        more: tuple[tuple[str, str, float], ...] = (), gap: float = GAP_POINTS, enough: float = inf,
    ) -> Tried:  # fmt: skip
        """The least shortfall with something asked for, let go or added; the search is over once it is proved to be ``enough`` points."""
        return self.ask(
            Trial(words=words, conditions=conditions, without=places_of(without), more=more, gap=gap, enough=enough, in_cases=True)
        )

    def any_as_good(
        self, words: str, *, conditions: tuple[Condition, ...], without: Collection[Lever] = (),
        more: tuple[tuple[str, str, float], ...] = (),
    ) -> Tried:  # fmt: skip
        """Any plan with no more shortfall than this one, or the proof that there is none: quicker than the least."""
        trial = Trial(
            words=words, conditions=conditions, without=places_of(without), more=more, gap=ANY_PLAN_GAP,
            most_shortfall_points=self.plan_points + SAME_POINTS, in_cases=True,
        )  # fmt: skip
        return self.ask(trial)

    def fewest_steps(
        self, words: str, *, conditions: tuple[Condition, ...], more: tuple[tuple[str, str, float], ...], most_steps: int
    ) -> Tried:
        """The fewest steps of something added that give a plan with no more shortfall than this one, with bases and other schools' choice of services kept."""
        trial = Trial(
            words=words, aim=Aim.STEPS, conditions=conditions, near=self.plan.amounts, kept=self._kept(), more=more, most_steps=most_steps,
            gap=NEARLY_ONE, most_shortfall_points=self.plan_points + SAME_POINTS,
        )  # fmt: skip
        return self.ask(trial)

    def nearest(
        self,
        words: str,
        *,
        conditions: tuple[Condition, ...] = (),
        without: Collection[Lever] = (),
        most_points: float | None = None,
        keeps_own: bool = False,
    ) -> Tried:
        """The nearest plan, perhaps with no more shortfall than this; a point of it counts as a hundredth of all there is to share.

        Bases and other schools' choice of services are kept where that leaves a plan.
        """
        trial = Trial(
            words=words, aim=Aim.DISTANCE, conditions=conditions, without=places_of(without), near=self.plan.amounts,
            kept=self._kept(keeps_own=keeps_own), shortfall_weight=thousands_a_point(self.world), most_shortfall_points=most_points, gap=NEAR_GAP, seconds=NEAR_SECONDS,
        )  # fmt: skip
        tried = self.ask(trial)
        return tried if tried.is_possible else self.ask(replace(trial, kept=()))

    def control(self) -> Tried:
        """The nearest plan when nothing is changed: what it changes already is the plan's own slack and no rule's doing."""
        if self._control is None:
            self._control = self.nearest(f"{self.name}: the nearest plan with the rules as they are")
        return self._control

    def _kept(self, *, keeps_own: bool = False) -> tuple[str | tuple[str, Hashable], ...]:
        """Bases, other schools' choice of services, and all that other zones have; places too unless the wish is for one."""
        p, policy = self.world.partnership, self.world.policy
        schools = [str(s.urn) for s in p.schools if keeps_own or s.urn != self.urn]
        zones = [z.zone_id for z in self.world.picture.zones if keeps_own or not (self.wants_zone and z.zone_id == self.zone)]
        blocks = [
            ("has_block", (recipient, s.service_id))
            for recipient in (*schools, *zones)
            for s in p.services
            if policy.is_on("smallest_block")
        ]
        times = [("sessions", (zone, s.service_id)) for zone in zones for s in p.services]
        return ("base_size", *(() if self.wants_zone and not keeps_own else ("places",)), *blocks, *times)

    def gain(self, tried: Tried) -> Price:
        """By how much the best could fall with something let go."""
        return Price(least=max(self.best.least - tried.value, 0.0), most=max(self.best.most - tried.bound, 0.0))

    def cost(self, tried: Tried) -> Price:
        """By how much the best would rise with something asked for."""
        return Price(least=max(tried.bound - self.best.most, 0.0), most=max(tried.value - self.best.least, 0.0))

    def is_enough(self, tried: Tried) -> bool:
        """Whether a plan was found with no more shortfall than this one (to a thousandth of a point)."""
        return tried.value <= self.plan_points + SAME_POINTS

    def is_too_little(self, tried: Tried) -> bool:
        """Whether it is proved that every plan has more shortfall than this one, or that there is none."""
        return tried.status == "impossible" or tried.bound > self.plan_points + SAME_POINTS


def places_of(levers: Collection[Lever]) -> tuple[tuple[str, str | None], ...]:
    """Where trials leave these rules out."""
    return tuple(place for lever in levers for place in lever.places)


def condition_of(world: World, wish: Wish) -> Condition:
    """A wish as the condition of a trial. Raises ``InputMustBeMended`` for an item or standard that is not there."""
    if wish.standard_id:
        return standard_wish(world, cell_of(world, wish).cell_id, percent=wish.percent)
    if wish.item != GRANT_ITEM:
        service = next((s for s in world.partnership.services if s.service_id == wish.item), None)
        if service is None:
            known = ", ".join((GRANT_ITEM, *(s.service_id for s in world.partnership.services)))
            raise InputMustBeMended(f"There is no item {wish.item!r}; the items are {known}.")
        if world.policy.role(service.role).serves == "zone":
            raise InputMustBeMended(f"{service.name} serves zones, not single schools; ask for a standard that it serves instead.")
    return amount_wish(world, wish.urn, wish.item, at_least=wish.amount)


def cell_of(world: World, wish: Wish) -> Cell:
    """The school's cell of a standard, or its zone's."""
    recipients = {str(wish.urn), world.picture.zone_of(wish.urn).zone_id}
    found = [c for c in world.picture.cells if c.standard_id == wish.standard_id and c.recipient in recipients]
    if not found:
        known = ", ".join(sorted({c.standard_id for c in world.picture.cells if c.recipient in recipients}))
        raise InputMustBeMended(f"The school has no standard {wish.standard_id!r} to meet; its standards are {known}.")
    return found[0]


def standard_changes(asking: Asking, before: Amounts, after: Amounts) -> tuple[StandardChange, ...]:
    """The standards of the school and its zone that differ between two plans, the largest change first."""
    found = []
    for cell in asking.world.picture.cells:
        was, now = percent_met(before, cell.cell_id), percent_met(after, cell.cell_id)
        if cell.recipient in {str(asking.urn), asking.zone} and was != now:
            found.append(StandardChange(name=asking.world.policy.standard(cell.standard_id).name, before_percent=was, after_percent=now))
    return tuple(sorted(found, key=lambda s: -abs(s.after_percent - s.before_percent)))


def percent_met(amounts: Amounts, cell_id: str) -> int:
    """Percent of need met, to the nearest; what is not full (but for the search's tolerance) is never 100."""
    met = amounts.need_met.get(cell_id, 0)
    return 100 if met >= WHOLE - SAME_MILLIONTHS else min((200 * met + WHOLE) // (2 * WHOLE), 99)


def service_of(world: World, service_id: str) -> Service:
    """The service with this id."""
    return next(s for s in world.partnership.services if s.service_id == service_id)


def listed(parts: list[str]) -> str:
    """Parts of a sentence, one after another."""
    return " and ".join(["; ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def granted(amounts: Amounts, urn: int) -> int:
    """A school's grant from all funds, pounds a year."""
    return sum(pounds for (school, _), pounds in amounts.grants.items() if school == urn)
