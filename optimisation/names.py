"""A plan and its roster together: where no roster can deliver a plan, the plan is made again with less time of that service.

The bound that is shown stays that of the first plan: every rule of the roster only takes away, so it holds for all
plans with names. What a later round proves holds for less time than there is, and is not shown.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil

from optimisation.messages import Stage
from optimisation.payments import paid_up
from optimisation.roster import Rostered, Rostering
from optimisation.solve import LATE_SECONDS, Solver, Tell, ended_by_clock
from planner.audit import breaches, leads
from planner.delivered import as_delivered
from planner.errors import AuditRefused, RulesCannotAllHold, SolverFault
from planner.need import World, world_of
from planner.partnership import Bound, HeadRule, Service
from planner.plan import Amounts, Ending, Plan, Roster
from planner.policy import with_changes
from planner.roster import asked_of, roster_faults
from planner.supply import service_supply

STAGE = "who gives the time, and when"
AGAIN_STAGE = "planning again with the time that can be given"
MOST_ROUNDS = 3
"""How often a plan is made again; in the last, no school gets more than the roster before could deliver."""
RESERVED_SHARE, MOST_RESERVED_SECONDS = 0.15, 4.0
"""Of the time for a plan, what is kept for its roster."""
SHARE_AGAIN = 0.6
"""Of the time left, what one more plan may take."""
LEAST_SECONDS, MOST_SECONDS = 1.0, 20.0
"""For one roster: it is as good as it gets in a second or two, and what is not is the best found by then."""


def make_plan_with_names(
    solver: Solver,
    world: World,
    *,
    gap_points: float = 0.1,
    seconds: float = 30.0,
    start: Amounts | None = None,
    tell: Tell = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """The best plan, with names put to its half-days as far as the time allows; raises as ``Solver.make_plan`` does.

    Its roster is None when it was not ready in time.
    """
    until = time.perf_counter() + seconds
    reserved = min(MOST_RESERVED_SECONDS, RESERVED_SHARE * seconds)
    plan = solver.make_plan(world, gap_points=gap_points, seconds=seconds - reserved, start=start, tell=tell, should_stop=should_stop)
    return put_names(solver, world, plan, gap_points=gap_points, until=until, tell=tell, should_stop=should_stop)


def put_names(
    solver: Solver,
    world: World,
    plan: Plan,
    *,
    gap_points: float = 0.1,
    until: float,
    tell: Tell = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """The plan with a roster, made again where none can deliver it; as it was, without names, when none was ready in time.

    ``until`` is a time of ``time.perf_counter``. A plan that is wanted at once, for ``should_stop`` says yes, gets no names.
    """
    began = time.perf_counter()
    before = leads(world, plan.amounts)
    roster = _roster(solver, world, plan.amounts, until, tell, should_stop)
    if roster is None:
        return plan
    best, amounts, ending, rounds = roster, plan.amounts, plan.ending, 0
    is_last = False
    while best.undelivered and not is_last and not should_stop() and until - time.perf_counter() > LEAST_SECONDS:
        is_last = rounds + 1 == MOST_ROUNDS
        tighter = _with_less(world, amounts, best, is_last=is_last)
        if tighter is None:
            break
        tell(Stage(words=AGAIN_STAGE))
        rounds += 1
        again = _plan_again(solver, tighter, world, gap_points, SHARE_AGAIN * (until - time.perf_counter()), should_stop)
        roster = None if again is None else _roster(solver, world, again.amounts, until, tell, should_stop)
        if again is not None and roster is not None and _missing(roster) < _missing(best):
            best, amounts = roster, again.amounts
            ending = again.ending if plan.ending is Ending.WITHIN_GAP else plan.ending
        elif not is_last:
            rounds = MOST_ROUNDS - 1  # this way of less does not help: the next round is the last
    amounts, best = _lowered(world, amounts, best)
    best = replace(best, rounds=rounds, shortfall_before_points=before)
    for fault in roster_faults(world, amounts, best):
        raise AuditRefused(f"{fault} The roster is not shown. This is our fault; please report it.")
    spent = plan.seconds + time.perf_counter() - began
    if amounts is plan.amounts:
        return replace(plan, roster=best, seconds=spent)
    if plan.ending is Ending.CLOSE_BY_CLOCK:  # what nobody can give has left the plan: it may be close no more
        ending = ended_by_clock(world, amounts, plan.bound_points, gap_points)
    return replace(plan, amounts=amounts, ending=ending, levels=(), roster=best, seconds=spent)


def _lowered(world: World, amounts: Amounts, roster: Roster) -> tuple[Amounts, Roster]:
    """The plan without the half-days that nobody can give, nor their cost, wherever nothing is promised by them and every rule holds."""
    left = list(roster.undelivered)
    for row in roster.undelivered:
        service = next(s for s in world.partnership.services if s.service_id == row.service_id)
        least = _promised(world, service, int(row.recipient)) if row.recipient.isdecimal() else 0
        lower = paid_up(world, as_delivered(world, amounts, (row,)))
        if lower is not None and lower.sessions.get((row.recipient, row.service_id), 0) >= least:
            amounts = lower
            left.remove(row)
    taken = _missing(roster) - sum(row.half_days for row in left)
    aims = tuple(
        replace(aim, reached=aim.reached - taken, bound=None if aim.bound is None else max(0, aim.bound - taken)) if n == 0 else aim
        for n, aim in enumerate(roster.aims)
    )  # a roster of the plan with less is one of the plan before, with as much more that nobody gives
    return amounts, replace(roster, undelivered=tuple(left), aims=aims)


def _missing(roster: Roster) -> int:
    return sum(row.half_days for row in roster.undelivered)


def _roster(solver: Solver, world: World, amounts: Amounts, until: float, tell: Tell, should_stop: Callable[[], bool]) -> Roster | None:
    """The roster of a plan, None when it was not ready in time."""
    if should_stop() or until + LATE_SECONDS - time.perf_counter() < LEAST_SECONDS:
        return None
    seconds = min(MOST_SECONDS, max(LEAST_SECONDS, until - time.perf_counter()))
    tell(Stage(words=STAGE))
    said = solver.exchange(Rostering(world=world, amounts=amounts, seconds=seconds), until=until + LATE_SECONDS, should_stop=should_stop)
    return said.roster if isinstance(said, Rostered) else None


def _plan_again(
    solver: Solver, tighter: World, world: World, gap_points: float, seconds: float, should_stop: Callable[[], bool]
) -> Plan | None:
    """A plan with less time, which keeps every rule of the world as it is; None where there is none."""
    try:
        plan = solver.make_plan(tighter, gap_points=gap_points, seconds=max(LEAST_SECONDS, seconds), should_stop=should_stop)
    except (RulesCannotAllHold, SolverFault):
        return None
    return None if any(breaches(world, plan.amounts)) else plan


def _with_less(world: World, amounts: Amounts, roster: Roster, *, is_last: bool) -> World | None:
    """The world in which a short service has less to give: in all by zone, and by school to those who could not be given it all.

    Schools that had none get none, for each more is one more to visit. In the last round no school gets more than it is
    delivered. Nobody gets less than floors and heads' rules promise; None where that leaves nothing to change.
    """
    rules: list[HeadRule] = []
    is_less = False
    for service in world.partnership.services:
        missing = {row.recipient for row in roster.undelivered if row.service_id == service.service_id}
        if not missing:
            continue
        asked = asked_of(amounts, service)
        delivered: dict[str, int] = defaultdict(int)
        for row in roster.rows:
            if row.service_id == service.service_id:
                delivered[row.recipient] += row.half_days
        if world.policy.role(service.role).serves == "zone":
            world, is_less = _with_at_most(world, service, sum(delivered.values())), True
            continue
        for school in world.partnership.schools:
            most = max(delivered[str(school.urn)], _promised(world, service, school.urn))
            if is_last or str(school.urn) in missing or str(school.urn) not in asked:
                is_less = is_less or most < asked.get(str(school.urn), 0)
                rules.append(
                    HeadRule(
                        rule_id=f"delivered_{service.service_id}_{school.urn}",
                        urn=school.urn,
                        item=service.service_id,
                        bound=Bound.AT_MOST,
                        amount=most,
                        is_locked=True,  # so that no price lets it give way
                    )
                )
    if not is_less:
        return None
    heads = world.partnership.head_rules if world.policy.is_on("head_rule") else ()
    policy = with_changes(world.policy, {"rules.head_rule": True})
    return world_of(replace(world.partnership, head_rules=(*heads, *rules)), policy)


def _promised(world: World, service: Service, urn: int) -> int:
    """The fewest half-days a school can get from a service under floors and heads' rules, a block if any."""
    least = Fraction(0)
    if world.policy.is_on("sessions_floor"):
        had = sum(row.amount for row in world.partnership.last_year if (row.urn, row.item) == (urn, service.service_id))
        least = had * (100 + world.policy.board.sessions_floor_percent) / 100
    if world.policy.is_on("head_rule"):
        wishes = [w for w in world.partnership.head_rules if (w.urn, w.item) == (urn, service.service_id) and w.bound is not Bound.AT_MOST]
        least = max(least, *(Fraction(w.amount) for w in wishes), Fraction(0))
    block = service_supply(world.partnership, world.policy, service).minimum_block_sessions if world.policy.is_on("smallest_block") else 1
    return max(ceil(least), block) if least > 0 else 0


def _with_at_most(world: World, service: Service, sessions: int) -> World:
    """The world with more of a service's time owed elsewhere, so that no more than these half-days can be shared."""
    people = world.partnership.people
    one = next(p for p in people if p.service_id == service.service_id and not p.is_vacant)

    def most() -> int:
        supply = service_supply(world.partnership, world.policy, service)
        return supply.shareable_sessions if world.policy.is_hard("vacancy_held_back") else supply.after_statutory_sessions

    while most() > max(0, sessions):
        busier = replace(one, statutory_sessions=one.statutory_sessions + 1)
        world = replace(
            world, partnership=replace(world.partnership, people=tuple(busier if p is one else p for p in world.partnership.people))
        )
        one = busier
    return world
