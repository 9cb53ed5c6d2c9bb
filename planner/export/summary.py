"""A plan in eight lines for a terminal or the first sheet, and the only claims it may make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from planner.audit import leads
from planner.buying import what_to_buy
from planner.delivered import with_names
from planner.effects import RARE_LEFT_OUT, SMALLEST_CHANGE_POUNDS
from planner.export.priced import price_lines
from planner.measures import SchoolLedger, fund_accounts, school_ledgers, standing
from planner.need import World
from planner.next_year import bases_next_year_pounds, opening_bases
from planner.offers import purchases
from planner.partnership import Base, DecisionRight, FundUse
from planner.plan import Ending, Plan
from planner.reasons import half_days, lower_first
from planner.rounding import largest_remainder
from planner.supply import available_pounds, is_part_year, service_supply
from planner.words import day, is_before, least_points, listed, most_points

ILLUSTRATIVE = "ILLUSTRATIVE (people or funds are assumed): "
UNFINISHED = "UNFINISHED, not for a decision: "
_ALLOWED = (
    "How close a plan comes is judged against the best these rules and figures allow; it says nothing about whether the figures are right."
)
ENDINGS = {
    Ending.WITHIN_GAP: "The search came as close to the best as it was asked to; a rerun gives the same plan.",
    Ending.CLOSE_BY_CLOCK: "The search came as close to the best as it was asked to; the clock ended what was left of it, and a rerun may differ.",
    Ending.STOPPED_BY_CLOCK: "The clock stopped the search; how much better a plan could be is as stated, and a rerun may differ.",
    Ending.STOPPED_BY_HAND: "The search was stopped by hand; how much better a plan could be is as stated, and a rerun may differ.",
    Ending.FIRST_PLAN_ONLY: "The search ended before it finished; this is the best plan found until then, and a rerun may differ.",
    Ending.BY_HAND: "It was made by hand in a plan's workbook, not searched for; how much better a plan could be is as stated.",
}


def summary_lines(plan: Plan, world: World, on: dt.date | None = None) -> tuple[str, ...]:
    """Exactly eight lines that say what a plan does: money to £100, time in half-days; read ``on`` a day, what is late then is said to be."""
    lines = (
        _standards(plan, world),
        _more_and_less(plan, world),
        _time(plan, world),
        _bases(plan, world),
        _money(plan, world),
        requests_line(plan, world, on),
        _how_good(plan, world),
        _baselines(plan, world),
    )
    first = ILLUSTRATIVE + lines[0] if world.partnership.is_illustrative() else lines[0]
    if plan.ending in {Ending.STOPPED_BY_HAND, Ending.FIRST_PLAN_ONLY}:
        first = UNFINISHED + first
    return (first, *lines[1:])


def claims(plan: Plan, world: World) -> tuple[str, ...]:
    """What may be said about how good a plan is beside its eight lines, and no more."""
    shortfall = standing(world.picture, world.policy, plan.amounts).shortfall_points
    if world.policy.has_prices:
        here = leads(world, plan.amounts)
        return (
            (
                f"With any bases shortfall and price together could be no lower than {least_points(plan.bound_points)} points; this plan has "
                f"{most_points(here)}: {most_points(shortfall)} of need below the line and {price_said(here, shortfall)} for rules that give way."
            ),
            *price_lines(world, plan.amounts),
            _ALLOWED,
        )
    return (
        f"With any bases it could be no lower than {least_points(plan.bound_points)} points; this plan has {most_points(shortfall)}.",
        _ALLOWED,
    )


def price_said(leading: float, shortfall: float) -> str:
    """The price of rules that give way, in points: what leads less the shortfall."""
    return most_points(round(leading - shortfall, 4))


def hundreds(pounds: int) -> str:
    """Pounds to the nearest £100, as headlines show them; what is not nought never reads as nought."""
    return "under £100" if 0 < pounds < SMALLEST_CHANGE_POUNDS else f"£{(pounds + 50) // 100 * 100:,}"


def hundreds_that_add_up(parts: Sequence[int]) -> list[str]:
    """Parts of a sum of pounds, each to £100 and all together to the sum's own nearest £100."""
    shares = largest_remainder((sum(parts) + 50) // 100, parts)
    return [hundreds(100 * share or min(pounds, SMALLEST_CHANGE_POUNDS - 1)) for share, pounds in zip(shares, parts, strict=True)]


def _standards(plan: Plan, world: World) -> str:
    """The counts, and beside them what of it waits for names."""
    found = with_names(plan, world)
    counts = _counts(plan, world)
    if found is None:
        return counts
    return (
        f"{counts} This counts {half_days(found.half_days)} that nobody can give yet: need met is {least_points(found.planned_points)} points when the names can "
        f"deliver, {least_points(found.points)} with what they can give now."
    )


def _counts(plan: Plan, world: World) -> str:
    here = standing(world.picture, world.policy, plan.amounts)
    if not here.standards:
        return "No school has a need that the board's standards cover."
    line = f"Of {here.standards:,} standards {here.met:,} {_is(here.met)} fully met, {here.partly_met:,} partly and {here.under_half:,} under half"
    if not here.out_of_reach:
        return f"{line}; none is out of reach."
    pupils = f"{here.pupils_out_of_reach_hundredths / 100:,.1f}"
    noun = "pupil" if pupils == "1.0" else "pupils"
    return f"{line}; {here.out_of_reach:,} {_is(here.out_of_reach)} out of reach ({pupils} expected {noun})."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _more_and_less(plan: Plan, world: World) -> str:
    ledgers = school_ledgers(world.partnership, world.policy, world.picture, plan.amounts)
    known = [ledger for ledger in ledgers if ledger.last_year_grant_pounds is not None]
    if not known:
        return "Last year's amounts are not known, so this plan cannot say who gets more and who gets less."
    grants = [(x, x.grant_pounds - (x.last_year_grant_pounds or 0)) for x in known]
    times = [(x, x.own_sessions - (x.last_year_sessions or 0)) for x in known]
    without = f" ({RARE_LEFT_OUT})" if any(world.policy.role(s.role).serves == "zone" for s in world.partnership.services) else ""
    assumed = ", as assumed where it is not known" if world.partnership.is_last_year_assumed() else ""
    return (
        f"Against last year{assumed}. Grants: {_changes(grants, SMALLEST_CHANGE_POUNDS, lambda n: hundreds(abs(n)))}. "
        f"Half-days{without}: {_changes(times, 1, lambda n: f'{abs(n):,}')}."
    )


def _changes(changes: list[tuple[SchoolLedger, int]], least: int, show: Callable[[int], str]) -> str:
    more = sorted(((ledger, n) for ledger, n in changes if n >= least), key=lambda pair: -pair[1])
    less = sorted(((ledger, n) for ledger, n in changes if -n >= least), key=lambda pair: pair[1])
    if not more and not less:
        return "every school has what it had"
    parts = []
    for word, sign, group in (("more", "+", more), ("less", "-", less)):
        names = ", ".join(f"{ledger.school.name} {sign}{show(n)}" for ledger, n in group[:3])
        others = f" and {len(group) - 3} more" if len(group) > 3 else ""
        parts.append(
            f"{len(group) or 'no'} {'schools get' if len(group) > 1 else 'school gets'} {word}" + (f" ({names}{others})" if group else "")
        )
    return ", ".join(parts)


def _time(plan: Plan, world: World) -> str:
    by_role: dict[str, tuple[int, int]] = {}
    short = []
    for service in world.partnership.services:
        supply = service_supply(world.partnership, world.policy, service)
        given = sum(n for (_, service_id), n in plan.amounts.sessions.items() if service_id == service.service_id)
        before = by_role.get(service.role, (0, 0))
        by_role[service.role] = (before[0] + given, before[1] + supply.shareable_sessions)
        if supply.statutory_shortfall_sessions:
            short.append(f" {service.name} is {half_days(supply.statutory_shortfall_sessions)} short of its statutory work.")
    if not any(of for _, of in by_role.values()):
        return "Half-days: no service has any to share." + "".join(short)
    parts = [
        f"{lower_first(world.policy.role(role).name)} " + (f"{given:,} of {of:,}" if of else "has none to share")
        for role, (given, of) in by_role.items()
    ]
    return f"Half-days given, of those that can be shared: {', '.join(parts)}.{_to_buy(plan, world)}{''.join(short)}"


def _to_buy(plan: Plan, world: World) -> str:
    """What to buy of the services that sell packages or have price breaks."""
    with_offers = {offer.service_id for offer in world.partnership.offers}
    names = {s.service_id: s.name for s in world.partnership.services}
    parts = [
        f" Of {names[bought.service_id]} buy {what_to_buy(bought)} (£{bought.pounds:,})."
        for bought in purchases(world.partnership, plan.amounts)
        if bought.service_id in with_offers and bought.pounds
    ]
    return "".join(parts)


def _bases(plan: Plan, world: World) -> str:
    bases = world.partnership.bases
    if not bases:
        return "Bases: none is open and none is offered."
    sizes = {b.base_id: plan.amounts.base_sizes.get(b.base_id, 0) for b in bases}
    run = [b for b in bases if sizes[b.base_id]]
    given = sum(plan.amounts.places.values())
    places, pupils = sum(sizes.values()), sum(b.pupils_now for b in run)
    if len(bases) == 1:
        line = "The one base runs" if run else "The one base does not run"
    elif run:
        line = f"{len(run)} of {len(bases)} bases {'runs' if len(run) == 1 else 'run'}"
    else:
        line = f"None of the {len(bases)} bases runs"
    if run:
        line += (
            f", with {places} place{'s' if places > 1 else ''} counted two ways: {given or 'none'} {'are' if given > 1 else 'is'} planned for the need expected of zones,"
            f" and {pupils or 'no'} {'pupil is there now and stays' if pupils == 1 else 'pupils are there now and stay' if pupils else 'pupil is there now'}"
        )
    changes = [f"{_as_opened(b.name)} opens with {sizes[b.base_id]}{opens_when(b)}" for b in run if not b.is_open]
    changes += [f"{b.name} closes" for b in bases if b.is_open and not sizes[b.base_id]]
    changes += [
        f"{b.name} goes from {b.places_now} to {sizes[b.base_id]}" for b in run if b.is_open and b.places_now not in {0, sizes[b.base_id]}
    ]
    next_year = ""
    if opening_bases(world.partnership, plan.amounts):
        next_year = f" Next year these bases cost {hundreds(bases_next_year_pounds(world.partnership, world.policy, plan.amounts))} to run."
    return f"{line}: {listed(changes)}.{next_year}" if changes else f"{line}; none opens, closes or changes size."


def opens_when(base: Base) -> str:
    """From when a base that opens during the year runs, in words; nothing where it runs all year."""
    return f" from half-term {base.opens_in_half_term}" if is_part_year(base) else ""


def _as_opened(name: str) -> str:
    """A base that was only possible is a new one once it opens."""
    return f"A new base {name.removeprefix('Possible base ')}" if name.startswith("Possible base ") else name


def _money(plan: Plan, world: World) -> str:
    accounts = fund_accounts(world.partnership, world.policy, plan.amounts)
    used = dict.fromkeys(FundUse, 0)
    for account in accounts:
        for use, pounds in account.by_use:
            used[use] += pounds
    bases = used[FundUse.BASE_RUNNING] + used[FundUse.BASE_OPENING]
    pool = sum(sum(available_pounds(fund)) for fund in world.partnership.funds)
    left = {fund.fund_id: sum(a.left for a in accounts if a.fund_id == fund.fund_id) for fund in world.partnership.funds}
    if not pool:
        return "There is no money in the pool to plan."
    time, contingency = used[FundUse.SPECIALIST_TIME], used[FundUse.CONTINGENCY]
    uses = (
        (sum(a.grants for a in accounts), "goes to schools as grants"),
        (time, "pays for time"),
        (bases, "for bases" if time else "pays for bases"),
        (contingency, "is contingency"),
        (sum(a.moderated_pot for a in accounts), "the moderated pot" if contingency else "is the moderated pot"),
    )
    unplanned = sum(left.values())
    *shown, shown_unplanned = hundreds_that_add_up([*(pounds for pounds, _ in uses), unplanned])
    parts = [f"{said} {words}" for said, (pounds, words) in zip(shown, uses, strict=True) if pounds]
    parts.append(f"{shown_unplanned if unplanned else 'nothing'} is left unplanned")
    most = max(world.partnership.funds, key=lambda fund: left[fund.fund_id], default=None)
    in_one = left[most.fund_id] if most else 0
    where = f" ({'all' if in_one == unplanned else hundreds(in_one)} of it in {most.name})" if most and in_one else ""
    return f"Of {hundreds(pool)} in the pool, {listed(parts)}{where}."


def requests_line(plan: Plan, world: World, on: dt.date | None = None) -> str:
    """How much of the plan waits for a yes from somebody who is not the partnership; read ``on`` a day, a date before it is said to be past."""
    amounts, p = plan.amounts, world.partnership
    asked: list[tuple[str, str]] = []  # of whom, by when
    sessions = places = 0
    for service in p.services:
        given = sum(n for (_, service_id), n in amounts.sessions.items() if service_id == service.service_id)
        if service.decision_right is DecisionRight.REQUEST and given:
            sessions += given
            asked.append((service.request_to or service.employer or service.name, service.request_by))
    for base in p.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        if base.decision_right is DecisionRight.REQUEST and size:
            places += size
            asked.append((base.request_to or p.council or "the council", base.request_by))
    if not asked:
        return "Nothing in this plan depends on somebody else's yes."
    all_sessions, all_places = sum(amounts.sessions.values()), sum(amounts.base_sizes.values())
    dates = sorted({by for _, by in asked if by})
    first = "; no date is given for any request"
    if dates:
        is_late = on is not None and is_before(dates[0], on)
        first = f"; the first request was due by {day(dates[0])}: ask now" if is_late else f"; the first request is due by {day(dates[0])}"
    parts = [f"{n:,} of {of:,} {what}" for n, of, what in ((sessions, all_sessions, "half-days"), (places, all_places, "base places")) if n]
    return (
        f"{' and '.join(parts)} {'depends' if sessions + places == 1 else 'depend'} on somebody else's yes ("
        f"{'; '.join(dict.fromkeys(who for who, _ in asked))}){first}."
    )


def _how_good(plan: Plan, world: World) -> str:
    line = f"{float(world.policy.board.line_percent):g}"
    shortfall = standing(world.picture, world.policy, plan.amounts).shortfall_points
    both, it = "", "it"
    if world.policy.has_prices:
        here = leads(world, plan.amounts)
        both, it = f"with the price of rules that give way, {price_said(here, shortfall)}, it is {most_points(here)}; ", "the two together"
    return (
        f"Need below the board's line of {line} % comes to {most_points(shortfall)} points; {both}"
        + (
            f"with these rules and figures no plan can bring {it} below {least_points(plan.bound_points)}."
            if plan.bound_points or plan.ending in {Ending.WITHIN_GAP, Ending.CLOSE_BY_CLOCK}
            else "how far below that a plan could bring it was not found."
        )
        + ("" if plan.ending is Ending.WITHIN_GAP else f" {ENDINGS[plan.ending]}")
    )


def _baselines(plan: Plan, world: World) -> str:
    """The plan beside other ways to share, first in what it was made for: another way may well meet more standards in full."""
    ways = [standing(world.picture, world.policy, amounts) for amounts in (plan.amounts, *(b.amounts for b in plan.baselines))]
    below = [most_points(way.shortfall_points) for way in ways]
    if not plan.baselines:
        return (
            f"Need below the line: this plan {below[0]} points. Standards fully met: {ways[0].met:,}; under half: {ways[0].under_half:,}. "
            "No other way to share was worked out beside it."
        )
    others = ", ".join(
        f"{lower_first(b.title.partition(' (')[0])} {points}"
        + (f" (breaks {len(b.rules_known_broken)} rule{'s' if len(b.rules_known_broken) > 1 else ''})" if b.rules_known_broken else "")
        for b, points in zip(plan.baselines, below[1:], strict=True)
    )
    return (
        f"Need below the line: this plan {below[0]} points; {others}. "
        f"In the same order, standards fully met: {', '.join(f'{way.met:,}' for way in ways)}; "
        f"under half: {', '.join(f'{way.under_half:,}' for way in ways)}."
    )
