"""Plan again after a change: the curve of need against schools disturbed, from staying close to the best possible.

Every point is two solves on a world held open: the least shortfall with no more than so many schools
disturbed, then the plan nearest to the one agreed that is as good. Every solve is kept beside what it shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import ceil, inf

from optimisation.asked import Aim, Condition, Trial, Tried
from optimisation.gives_way import GaveWay, least_to_let_go
from optimisation.progress import SAFETY
from optimisation.sandbox import Sandbox
from optimisation.solve import Solver, ended_by_clock
from optimisation.trial import Changeable, changeable
from optimisation.wishes import amount_wish, base_wish
from planner.audit import breaches, leads, misfits
from planner.changes import Change, given_to, most_from_now, order_has_passed, ordered_is_spent, settled, who_decides
from planner.errors import AuditRefused, RulesCannotAllHold, SolverFault
from planner.measures import standing
from planner.need import PLACE, World, may_be_part_year, world_of
from planner.offers import is_paid, purchase_of
from planner.partnership import GRANT_ITEM, Partnership, Service
from planner.plan import Amounts, Ending, Plan
from planner.supply import service_supply, sizes_of

BETWEEN = 3
"""Points between staying close and the best possible, where there is room for them."""
GAP_POINTS = 0.1
GAP_BETWEEN_POINTS = 0.03
"""Points on the curve lie close together, so each is solved further."""
GAP_SCHOOLS = 0.85
"""Fewer than a whole school beside what need met counts while schools disturbed lead."""
ROOM_POINTS = 0.01
"""What the nearest plan may give away of a point's shortfall."""
NEAREST_SECONDS = 3.0
"""The nearest plan is not claimed to be the nearest of all, so its search is short."""
GIVEN_OUT = ("grant_steps", "sessions", "has_block", "base_size")
"""What schools notice; which need it meets, and who is in which place, is settled after it."""
ANY_GAP = 1000.0
LEAST_SECONDS = 2.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What changes for a school or zone: an item from so much to so much a year, and how much of it was given already."""

    whose: str
    urns: tuple[int, ...]
    item: str
    unit: str
    was: int
    becomes: int
    given: int

    @property
    def is_less(self) -> bool:
        """Whether somebody loses by it."""
        return self.becomes < self.was


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One plan on the curve.

    ``bound_points``: no plan that keeps the rules, what is finished and at most ``most_disturbed`` schools disturbed
    (None: any number) has less shortfall.
    """

    most_disturbed: int | None
    amounts: Amounts
    shortfall_points: float
    bound_points: float
    need_met_points: float
    disturbed: tuple[int, ...]
    moved: tuple[Moved, ...]
    asks: tuple[str, ...]
    is_finished: bool
    solves: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """The curve: fewest schools disturbed first, no point worse than another in both. ``least_disturbed`` bounds their number from below."""

    change: Change
    world: World
    before: Amounts
    was_shortfall_points: float
    gave_way: tuple[GaveWay, ...]
    least_disturbed: int
    points: tuple[Point, ...]
    solves: tuple[Tried, ...]


def replan(  # noqa: PLR0913 (a change, and how long and how finely to look)
    before: World,
    plan: Amounts,
    change: Change,
    *,
    solver: Solver,
    seconds: float = 60.0,
    between: int = BETWEEN,
    tell: Tell = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Replan:
    """The curve after a change to the world a plan was made for, with so many points ``between`` its ends.

    Raises ``RulesCannotAllHold`` when no plan exists whatever may give way, ``SolverFault`` when none was found in time.
    """
    change = settled(change, before, plan)
    orders = ordered_already(world_of(change.partnership, before.policy), before, plan, change)
    change = ordered_is_spent(change, {order.service_id: order.wasted_pounds for order in orders if order.wasted_pounds})
    asker = _Asker(before=before, plan=plan, change=change, solver=solver, seconds=seconds, tell=tell, should_stop=should_stop)
    world, gave_way = asker.possible_world()
    points, least = _curve(asker, world, between)
    return Replan(
        change=change,
        world=world,
        before=plan,
        was_shortfall_points=leads(before, plan),
        gave_way=gave_way,
        least_disturbed=least,
        points=points,
        solves=tuple(asker.sandbox.log),
    )


def plan_of(result: Replan, point: Point, *, solver: Solver, seconds: float = 10.0) -> Plan:
    """A point of the curve as a plan of the changed partnership; its bound holds for every plan of it, however many are disturbed."""
    return plans_of(result, (point,), solver=solver, seconds=seconds)[0]


def plans_of(
    result: Replan,
    points: Sequence[Point],
    *,
    solver: Solver,
    seconds: float = 10.0,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[Plan, ...]:
    """Points of the curve as plans, all with the one bound."""
    sandbox = Sandbox(result.world, solver=solver)
    asked = Trial(words="The best of the changed partnership, with nothing asked", gap=GAP_POINTS, seconds=seconds)
    freely = sandbox.ask(asked, should_stop=should_stop)
    bound = max(0.0, round(freely.bound - SAFETY - 5e-5, 4))
    return tuple(
        Plan(
            amounts=point.amounts,
            ending=Ending.WITHIN_GAP
            if all(t.status == "optimal" for t in (*point.solves, freely))
            else ended_by_clock(result.world, point.amounts, bound, GAP_POINTS),
            bound_points=bound,
            levels=(),
            engine=solver.engine,
            seconds=sum(tried.seconds for tried in (*result.solves, freely)),
        )
        for point in points
    )


# --- what may not change --------------------------------------------------------------------


def finished(world: World, before: World, plan: Amounts, change: Change) -> tuple[Condition, ...]:
    """What the finished half-terms and passed order dates leave no choice in."""
    if change.half_term is None:
        return ()
    schools = [str(s.urn) for s in world.partnership.schools]
    recipients = _recipients(world)
    ordered = {order.service_id: order.least_sessions for order in ordered_already(world, before, plan, change)}
    conditions = []
    for urn in schools:
        pounds_a_year = sum(pounds for (school, _), pounds in plan.grants.items() if str(school) == urn)
        granted = given_to(before.partnership, urn, GRANT_ITEM, pounds_a_year, change.half_term)
        if granted:
            conditions.append(amount_wish(world, int(urn), GRANT_ITEM, at_least=granted))
    for service in world.partnership.services:
        given = _given(world, before, plan, change, service)
        for recipient, stays in given.stays.items():
            words = f"at least {stays} half-days of {service.name} for {recipient}, given already"
            conditions.append(Condition(words=words, terms=(("sessions", (recipient, service.service_id), 1.0),), lower=stays))
        most = _most_here(given, service, change, before, plan)
        terms = tuple(("sessions", (r, service.service_id), 1.0) for r in recipients)
        if most is not None:
            words = f"at most {most} half-days of {service.name}, as time and orders allow"
            conditions.append(Condition(words=words, terms=terms, upper=most))
        if ordered.get(service.service_id):
            words = f"at least {ordered[service.service_id]} half-days of {service.name}, as ordered and paid for"
            conditions.append(Condition(words=words, terms=terms, lower=ordered[service.service_id]))
    return (*conditions, *(_bases_stay(world, plan) if change.half_term > 1 else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """Half-days of a service given until now: to each who is still here, to a school that left, to zones for that school's pupils."""

    stays: Mapping[str, int]
    left: int
    gone: int


def _given(world: World, before: World, plan: Amounts, change: Change, service: Service) -> _Given:
    schools, recipients = {str(s.urn) for s in world.partnership.schools}, set(_recipients(world))
    stays: dict[str, int] = {}
    left = gone = 0
    for (recipient, service_id), sessions in sorted(plan.sessions.items()):
        if service_id != service.service_id:
            continue
        given = given_to(before.partnership, recipient, service_id, sessions, change.half_term)
        if recipient not in recipients:
            left += given
            continue
        kept = given if recipient in schools else min(given, _most_for(world, recipient, service))
        gone += given - kept
        if kept:
            stays[recipient] = kept
    return _Given(stays=stays, left=left, gone=gone)


def _most_here(given: _Given, service: Service, change: Change, before: World, plan: Amounts) -> int | None:
    """The most half-days of a service that those still here can come to; None where only its supply limits it."""
    most = most_from_now(service, change, before, plan, given=sum(given.stays.values()) + given.gone, left=given.left)
    return None if most is None else most - given.gone


def _recipients(world: World) -> list[str]:
    return [*(str(s.urn) for s in world.partnership.schools), *(zone.zone_id for zone in world.picture.zones)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was ordered of a service before its order date: at least so many half-days are still given, for they cost what was ordered.

    ``wasted_pounds`` of it nobody still here can use.
    """

    service_id: str
    least_sessions: int
    wasted_pounds: int


def ordered_already(world: World, before: World, plan: Amounts, change: Change) -> tuple[Order, ...]:
    """The orders that stand, packages and all: giving less than was ordered gives no money back.

    Where the service itself can no longer give what was ordered, its order is open again.
    """
    p, half_term = before.partnership, change.half_term
    orders = []
    for service in p.services if half_term is not None else ():
        total = sum(n for (_, service_id), n in plan.sessions.items() if service_id == service.service_id)
        now = next((s for s in world.partnership.services if s.service_id == service.service_id), None)
        if now is None or not total or not is_paid(p, service) or not order_has_passed(service, p, half_term or 1):
            continue
        given = _given(world, before, plan, change, now)
        most = _most_here(given, now, change, before, plan)
        due, able = total - given.left, service_supply(world.partnership, world.policy, now).shareable_sessions
        if (able if most is None else min(able, most)) < due:
            continue
        useful = min(due, sum(_most_for(world, recipient, now) for recipient in _recipients(world)))
        owed, used = (purchase_of(world.partnership, now, n).pounds for n in (due, useful))
        orders.append(Order(
            service_id=service.service_id, least_sessions=_least_for(world.partnership, now, useful), wasted_pounds=max(0, owed - used),
        ))  # fmt: skip
    return tuple(orders)


def _least_for(partnership: Partnership, service: Service, sessions: int) -> int:
    """The fewest half-days that cost as much as these."""
    pounds = purchase_of(partnership, service, sessions).pounds
    while sessions > 0 and purchase_of(partnership, service, sessions - 1).pounds >= pounds:
        sessions -= 1
    return sessions


def _most_for(world: World, recipient: str, service: Service) -> int:
    """The most half-days of a service that a school or zone can use: a zone fewer once a school has left it."""
    if (world.policy.role(service.role).serves == "zone") is recipient.isdecimal():
        return 0
    role_needs = sum(c.requirement(service.role) for c in world.picture.cells if c.recipient == recipient and not c.out_of_reach)
    block = service_supply(world.partnership, world.policy, service).minimum_block_sessions
    return max(ceil(Fraction(role_needs, 100)), block) if role_needs else 0


def _bases_stay(world: World, plan: Amounts) -> tuple[Condition, ...]:
    """Bases and the places in them stay as they are within the year, as far as the zones still have pupils for them."""
    conditions = []
    cells = {cell.cell_id: cell for cell in world.picture.cells if not cell.out_of_reach}
    pupils = {c.cell_id: ceil(Fraction(c.requirement(PLACE), 100)) for c in cells.values()}
    p = world.partnership
    for base in world.partnership.bases:
        size = plan.base_sizes.get(base.base_id, 0)
        if size in {0, *sizes_of(base)}:
            conditions.append(base_wish(world, base.base_id, at_least=size, at_most=size))
    for (base_id, cell_id), places in sorted(plan.places.items()):
        if cell_id in cells and base_id in {b.base_id for b in world.partnership.bases}:
            most = min(places, pupils[cell_id])
            if may_be_part_year(p, world.policy, cells[cell_id], world.picture.zones):
                pupils[cell_id] -= most  # no pupil has two places at once
            words = f"{most} places in {base_id} for {cell_id}, taken already"
            conditions.append(Condition(words=words, terms=(("places", (base_id, cell_id), 1.0),), lower=most))
    return tuple(conditions)


# --- the curve ------------------------------------------------------------------------------


class _Asker:
    """Asks the trials of one re-plan, each with its share of the time and everything that may not change."""

    def __init__(
        self, *, before: World, plan: Amounts, change: Change, solver: Solver, seconds: float, tell: Tell, should_stop: Callable[[], bool]
    ) -> None:
        self.before, self.plan, self.change, self.solver = before, plan, change, solver
        self.sandbox = Sandbox(before, solver=solver)
        self.tell, self.should_stop = tell, should_stop
        self.until = time.perf_counter() + seconds
        self.conditions: tuple[Condition, ...] = ()

    def open(self, world: World) -> None:
        """Ask about this world from now on."""
        self.conditions = finished(world, self.before, self.plan, self.change)
        self.sandbox.open(world)

    def is_late(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() > self.until

    def ask(self, words: str, *, of: int = 1, **asked: object) -> Tried:
        """One trial, with a share of the time left (one of so many)."""
        self.tell(words)
        seconds = max(LEAST_SECONDS, (self.until - time.perf_counter()) / of)
        trial = Trial(words=words, conditions=self.conditions, near=self.plan, seconds=seconds)
        return self.sandbox.ask(replace(trial, **asked), should_stop=self.should_stop)  # type: ignore[arg-type]

    def possible_world(self) -> tuple[World, tuple[GaveWay, ...]]:
        """The changed world, or with as little let go as gives it a plan; it is left open."""
        world = world_of(self.change.partnership, self.before.policy)

        def has_plan(candidate: World) -> bool:
            if self.is_late():
                raise SolverFault("What would have to give way was not found out in time; give it more time.")
            self.open(candidate)
            tried = self.ask("Whether any plan keeps the rules", of=4, gap=ANY_GAP)
            if tried.amounts is None and tried.status != "impossible":
                raise SolverFault("Whether any plan keeps the rules after the change was not found out in time; give it more time.")
            return tried.amounts is not None

        if has_plan(world):
            return world, ()
        found = least_to_let_go(world, has_plan)
        if found is None:
            self._say_why_not(world)
        assert found is not None
        self.open(found[0])
        return found

    def _say_why_not(self, world: World) -> None:
        """What stands in the way when nothing that may give way is enough."""
        self.solver.make_plan(world, seconds=max(LEAST_SECONDS, self.until - time.perf_counter()), should_stop=self.should_stop)
        raise RulesCannotAllHold(
            "No plan keeps the rules after this change, whatever gives way: what is finished, statutory work and open bases cost more than is left."
        )


def _curve(asker: _Asker, world: World, betweens: int) -> tuple[tuple[Point, ...], int]:
    """The points, fewest schools disturbed first, and the least number that any plan disturbs."""
    best = asker.ask("The best possible, however many schools are disturbed", of=6, gap=GAP_POINTS)
    if best.amounts is None:
        raise SolverFault("No plan was found in time after the change; give it more time.")
    close = asker.ask("The fewest schools disturbed", of=6, aim=Aim.DISTURBED, gap=GAP_SCHOOLS)
    disturbing = close.amounts if close.amounts is not None else best.amounts
    fewest = len(_disturbed(world, asker.plan, disturbing))
    least = ceil(close.bound - SAFETY) if 0 < close.bound < inf else 0
    points = [_point(asker, world, fewest, shares=8, fallback=disturbing)]
    if points[0].shortfall_points - best.bound > GAP_POINTS:
        cap = best.shortfall_points + ROOM_POINTS
        far = asker.ask(
            "The fewest schools disturbed by the best possible", of=5, aim=Aim.DISTURBED, gap=GAP_SCHOOLS, most_shortfall_points=cap
        )
        most = len(_disturbed(world, asker.plan, far.amounts or best.amounts))
        between = sorted({fewest + (most - fewest) * i // (betweens + 1) for i in range(1, betweens + 1)} - {fewest, most})
        for number, count in enumerate(between):
            if asker.is_late():
                break
            points.append(_point(asker, world, count, shares=2 * (len(between) - number) + 1, fallback=points[-1].amounts))
        points.append(_nearest(asker, world, best, None, most=most, shares=1, fallback=far.amounts or best.amounts))
    return _undominated(points), least


def _point(asker: _Asker, world: World, count: int, *, shares: int, fallback: Amounts) -> Point:
    """The least shortfall with at most so many schools disturbed."""
    noun = "school" if count == 1 else "schools"
    tried = asker.ask(f"The least shortfall with at most {count} {noun} disturbed", of=shares, most_disturbed=count, gap=GAP_BETWEEN_POINTS)
    return _nearest(asker, world, tried, count, most=count, shares=max(shares - 1, 1), fallback=fallback)


def _nearest(asker: _Asker, world: World, tried: Tried, count: int | None, *, most: int, shares: int, fallback: Amounts) -> Point:
    """Of the plans as good as this one, that nearest to the plan before; paid to the pound and audited."""
    cap = tried.shortfall_points if tried.amounts is not None else leads(world, fallback)
    nearest = partial(
        asker.ask,
        "The nearest plan as good",
        of=shares,
        aim=Aim.DISTANCE,
        most_disturbed=most,
        most_shortfall_points=cap + ROOM_POINTS,
        gap=1.0,
    )
    near = nearest(seconds=NEAREST_SECONDS)
    if near.amounts is None and not asker.is_late():  # else what nobody needs to lose is taken from a school
        near = nearest()
    whole = asker.ask(
        "The most need met by its amounts, paid to the pound", aim=Aim.UNMET, near=near.amounts or tried.amounts or fallback, kept=GIVEN_OUT,
        most_shortfall_points=cap + ROOM_POINTS, gap=ROOM_POINTS, is_paid=True, seconds=NEAREST_SECONDS,
    )  # fmt: skip
    solves, amounts = (tried, near, whole), whole.amounts
    if amounts is None:
        raise SolverFault("A plan was found after the change, but not paid to the pound in time; give it more time.")
    _check(world, amounts)
    here = standing(world.picture, world.policy, amounts)
    return Point(
        most_disturbed=count,
        amounts=amounts,
        shortfall_points=leads(world, amounts),
        bound_points=max(0.0, min(tried.bound - SAFETY, leads(world, amounts))) if tried.bound > -inf else 0.0,
        need_met_points=here.need_met_points,
        disturbed=tuple(sorted(_disturbed(world, asker.plan, amounts))),
        moved=moved(world, asker.before, asker.plan, amounts, asker.change.half_term),
        asks=asks(world, asker.plan, amounts, asker.change.half_term),
        is_finished=tried.status == "optimal",
        solves=solves,
    )


def _check(world: World, amounts: Amounts) -> None:
    for what in misfits(world, amounts):
        raise AuditRefused(f"The new plan holds something that cannot be: {what}. This is our fault; please report it.")
    for breach in breaches(world, amounts):
        raise AuditRefused(f"The new plan broke a rule and is not shown: {breach.sentence()} This is our fault; please report it.")


def _undominated(points: list[Point]) -> tuple[Point, ...]:
    """Points of which none disturbs as many schools as another and is no better."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (len(p.disturbed), p.shortfall_points)):
        if not kept or point.shortfall_points < kept[-1].shortfall_points - ROOM_POINTS:
            kept.append(point)
    return tuple(kept)


# --- what changes for whom ------------------------------------------------------------------


def _disturbed(world: World, before: Amounts, after: Amounts) -> set[int]:
    return {urn for one in changeable(world) if one.amount(before) != one.amount(after) for urn in one.schools}


def moved(world: World, before: World, plan: Amounts, after: Amounts, half_term: int | None) -> tuple[Moved, ...]:
    """Everything that changes for a school or zone beside a plan, losses first, the dearest first."""
    found = []
    for one in changeable(world):
        was, becomes = one.amount(plan), one.amount(after)
        if was != becomes:
            given = given_to(before.partnership, _recipient(one), one.item, was, half_term) if not _is_base(one, world) else 0
            item, unit = _item(one, world)
            found.append(((becomes - was) * one.pounds, Moved(whose=_whose(one, world), urns=one.schools, item=item, unit=unit,
                                                               was=was, becomes=becomes, given=given)))  # fmt: skip
    return tuple(move for _, move in sorted(found, key=lambda pair: (pair[0] > 0, -abs(pair[0]), pair[1].whose)))


def _is_base(one: Changeable, world: World) -> bool:
    return one.item in {b.base_id for b in world.partnership.bases}


def _item(one: Changeable, world: World) -> tuple[str, str]:
    if one.item == GRANT_ITEM:
        return "grant", "pounds"
    names = {b.base_id: (b.name, "places") for b in world.partnership.bases} | {
        s.service_id: (s.name, "half-days") for s in world.partnership.services
    }
    return names[one.item]


def _recipient(one: Changeable) -> str:
    """The zone id, or the URN as text."""
    return str(one.terms[0][1][0]) if one.terms and one.terms[0][0] == "sessions" else str(one.schools[0])  # type: ignore[index]


def _whose(one: Changeable, world: World) -> str:
    names = {str(s.urn): s.name for s in world.partnership.schools}
    return names.get(_recipient(one), _recipient(one))


def asks(world: World, before: Amounts, after: Amounts, half_term: int | None) -> tuple[str, ...]:
    """Who must agree to what changes, each resource once."""
    p = world.partnership
    changed = {one.item for one in changeable(world) if one.amount(before) != one.amount(after)}
    sentences = []
    if GRANT_ITEM in changed:
        funds = {f for (_, f), _ in set(before.grants.items()) ^ set(after.grants.items())}
        sentences += [who_decides(fund, f"grants from {fund.name}") for fund in p.funds if fund.fund_id in funds]
    for service in p.services:
        if service.service_id in changed:
            sentences.append(who_decides(service, f"how {service.name} is shared"))
            if half_term is not None and order_has_passed(service, p, half_term):
                sentences.append(f"{service.name} takes no more orders this year: only time already ordered is shared.")
    hosts = {s.urn: s.name for s in p.schools}
    for base in p.bases:
        if base.base_id in changed:
            sentences.append(who_decides(base, f"the places of {base.name}"))
            sentences.append(f"{hosts[base.host_urn]} must agree as the host of {base.name}.")
    return tuple(dict.fromkeys(sentences))


def remaining(move: Moved) -> tuple[int, int]:
    """What was still to come of an item in the finished plan, and what is now."""
    return move.was - move.given, move.becomes - move.given
