"""What changed during the year, as a new partnership: who is gone, what money is left, and what was given already.

Every yearly amount is spread evenly over the six half-terms, whole amounts, the odd one in the later half-terms.
What was given in the finished half-terms becomes a locked rule of each school, so that no plan takes it back.
Statutory work that nobody is left to do stands as a service of its own, with its shortfall.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil

from planner.errors import InputMustBeMended
from planner.need import World
from planner.offers import purchase_of, time_pounds
from planner.partnership import (
    GRANT_ITEM,
    HALF_TERMS,
    Base,
    Bound,
    DecisionRight,
    Fund,
    FundUse,
    HeadRule,
    Partnership,
    Person,
    Service,
)
from planner.plan import Amounts
from planner.policy import Policy
from planner.reasons import half_days
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    available_pounds,
    base_lead_in_pounds,
    base_opening_pounds,
    base_running_pounds,
    distance_squared,
    is_planned,
    pays,
    school_of,
    service_supply,
)

BEGINS_IN_MONTH = (9, 11, 1, 2, 4, 6)
"""The month in which each half-term begins: September, November, January, after the February break, April, June."""
FIRST_MONTH = 9
GIVEN = "given_before_"
"""How the ids of rules begin that hold what was given already; the half-term follows."""
VACANT, UNSTAFFED = "_vacant", "_unstaffed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: in words, and the partnership as it is from then on.

    ``half_term`` is the first that can still change (None: the year has not begun, and everything can). ``notes`` say
    what was reckoned on the way.
    """

    words: str
    partnership: Partnership
    half_term: int | None = None
    notes: tuple[str, ...] = ()


def given_already(amount: int, half_term: int | None) -> int:
    """How much of a yearly amount was given before a half-term: even, whole, the odd one later."""
    return 0 if half_term is None else amount * (half_term - 1) // HALF_TERMS


def given_to(partnership: Partnership, recipient: str, item: str, amount: int, half_term: int | None) -> int:
    """How much of a recipient's yearly amount was given before a half-term.

    A plan that was made again during the year says what was given until then; only the rest is spread evenly.
    """
    if half_term is None:
        return 0
    for rule in partnership.head_rules:
        if rule.rule_id.startswith(GIVEN) and (str(rule.urn), rule.item) == (recipient, item):
            since = int(rule.rule_id.removeprefix(GIVEN).partition("_")[0])
            left, gone = HALF_TERMS + 1 - since, max(0, half_term - since)
            return rule.amount + (amount - rule.amount) * gone // left
    return given_already(amount, half_term)


def still_to_come(amount: int, half_term: int | None) -> int:
    """What is left of a yearly amount from a half-term on."""
    return amount - given_already(amount, half_term)


def from_then(half_term: int | None) -> str:
    """When a change begins, in words."""
    if half_term is None:
        return "for the whole year"
    return f"in half-term {HALF_TERMS}" if half_term == HALF_TERMS else f"in half-terms {half_term} to {HALF_TERMS}"


# --- the changes -------------------------------------------------------------------------


def nothing_changes(before: World, half_term: int | None = None) -> Change:
    """The same partnership later in the year."""
    return Change(words="Nothing changes", partnership=before.partnership, half_term=half_term)


def post_leaves(before: World, person_id: str, half_term: int) -> Change:
    """A post falls vacant at the start of a half-term. Its statutory work stays with the service; its other duties end."""
    p = before.partnership
    person = next((one for one in p.people if one.person_id == person_id), None)
    if person is None or person.is_vacant or f"{person_id}{VACANT}" in {one.person_id for one in p.people}:
        what = "is vacant already" if person else "is not in the plan"
        raise InputMustBeMended(
            f"The post {person_id} {what}; choose one of {', '.join(one.person_id for one in p.people if not one.is_vacant)}."
        )
    stays, goes = _split(person, person.sessions_a_year - given_already(person.sessions_a_year, half_term), half_term)
    people = tuple(part for one in p.people for part in ((stays, goes) if one is person else (one,)))
    service = service_of(p, person.service_id)
    return Change(
        words=f"{person.name} leaves {service.name}: {half_days(goes.sessions_a_year)} fewer {from_then(half_term)}",
        partnership=replace(p, people=people),
        half_term=half_term,
        notes=(f"The post's statutory work of {half_days(goes.statutory_sessions)} {from_then(half_term)} stays with {service.name}.",)
        if goes.statutory_sessions
        else (),
    )


def time_falls_vacant(before: World, service_id: str, percent: int, half_term: int | None = None) -> Change:
    """A share of a service's posts falls vacant, each post alike. Statutory work stays; other duties shrink with the time."""
    p = before.partnership
    service = service_of(p, service_id)
    people: list[Person] = []
    gone = 0
    for person in p.people:
        if person.service_id != service_id or person.is_vacant:
            people.append(person)
            continue
        vacant = ceil(Fraction(still_to_come(person.sessions_a_year, half_term) * percent, 100))
        other = still_to_come(person.other_duties_sessions, half_term) * percent // 100
        people.append(
            replace(person, sessions_a_year=person.sessions_a_year - vacant, other_duties_sessions=person.other_duties_sessions - other)
        )
        gone += vacant
    people.append(
        Person(
            person_id=new_id(p, f"{service_id}{VACANT}"),
            service_id=service_id,
            name="Time that fell vacant",
            sessions_a_year=gone,
            is_vacant=True,
        )
    )
    return Change(
        words=f"{percent} percent of {service.name} falls vacant: {half_days(gone)} fewer {from_then(half_term)}",
        partnership=replace(p, people=tuple(people)),
        half_term=half_term,
    )


def money_changes(before: World, percent: int, fund_id: str | None = None, half_term: int | None = None) -> Change:
    """Each fund (or one) has this percent more or less of the money still to come; a cut is rounded up to the pound."""
    p = before.partnership
    if fund_id is not None and fund_id not in {f.fund_id for f in p.funds}:
        raise InputMustBeMended(f"The plan has no fund {fund_id}; choose one of {', '.join(f.fund_id for f in p.funds)}.")
    left = shares_left(half_term)
    funds, moved = [], 0
    for fund in p.funds:
        if not is_planned(fund) or fund_id not in {None, fund.fund_id}:
            funds.append(fund)
            continue
        first, second = (
            -ceil(Fraction(-percent, 100) * pounds * share)
            for pounds, share in zip((fund.september_to_march_pounds, fund.april_to_august_pounds), left, strict=True)
        )
        funds.append(
            replace(
                fund,
                september_to_march_pounds=fund.september_to_march_pounds + first,
                april_to_august_pounds=fund.april_to_august_pounds + second,
            )
        )
        moved += first + second
    whose = "The pool's money" if fund_id is None else next(f.name for f in p.funds if f.fund_id == fund_id)
    return Change(
        words=f"{whose} {'falls' if percent < 0 else 'rises'} by {abs(percent)} percent {from_then(half_term)}: £{abs(moved):,} {'less' if percent < 0 else 'more'}",
        partnership=replace(p, funds=tuple(funds)),
        half_term=half_term,
    )


def assessments_added(before: World, role_or_service: str, number: int, half_days_each: Fraction, half_term: int | None = None) -> Change:
    """More statutory assessments for a service, or for that service of a role that has most half-days to share."""
    p = before.partnership
    able = [s for s in p.services if role_or_service in {s.role, s.service_id}]
    if not able:
        raise InputMustBeMended(
            f"No service is {role_or_service} or of that role; choose one of {', '.join(sorted({s.role for s in p.services}))}."
        )
    service = max(able, key=lambda s: service_supply(p, before.policy, s).shareable_sessions)
    sessions = ceil(number * half_days_each)
    extra = Person(
        person_id=new_id(p, f"{service.service_id}_assessments"), service_id=service.service_id, name=f"{number} more statutory assessments",
        sessions_a_year=0, statutory_sessions=sessions,
    )  # fmt: skip
    noun = "assessment" if number == 1 else "assessments"
    return Change(
        words=f"{number} more statutory {noun} for {service.name}: {half_days(sessions)} {from_then(half_term)}",
        partnership=replace(p, people=(*p.people, extra)),
        half_term=half_term,
        notes=() if len(able) == 1 else (f"{service.name} takes them: of the role's services it has most half-days to share.",),
    )


def school_leaves(before: World, plan: Amounts, urn: int, half_term: int | None = None) -> Change:
    """A school leaves with its contributions still to come, its rules and its bases; what it was given is spent."""
    p = _with_zones(before.partnership, before)
    if urn not in {s.urn for s in p.schools}:
        raise InputMustBeMended(f"No school of the plan has the URN {urn}.")
    if len(p.schools) == 1:
        raise InputMustBeMended("The partnership has only this school; without it there is nothing to plan.")
    leaver = school_of(p, urn)
    hosted = [b for b in p.bases if b.host_urn == urn]
    notes = [
        f"{b.name} goes with its host"
        + (f"; the places of the {b.pupils_now} there now are not planned here." if b.pupils_now else ", and nobody is there yet.")
        for b in hosted
    ]
    people = list(p.people)
    funds = {f.fund_id: f for f in p.funds}
    gone = (str(urn), *(zone.zone_id for zone in before.picture.zones if zone.urns == (urn,)))  # a zone goes with its only school
    for service in p.services:
        given = sum(given_to(p, r, service.service_id, plan.sessions.get((r, service.service_id), 0), half_term) for r in gone)
        if given:
            people = _spent_on_leaver(people, before.policy, service, given)
            _spend(funds, FundUse.SPECIALIST_TIME, _spent_on(p, plan, gone, service, given, half_term))
            notes.append(
                f"{half_days(given)} of {service.name} {'was' if given == 1 else 'were'} given to {leaver.name} and {'is' if given == 1 else 'are'} gone."
            )
    _give_back(funds, before, plan, urn, hosted, half_term)
    changed = replace(
        p,
        schools=tuple(s for s in p.schools if s.urn != urn),
        recorded_needs=tuple(row for row in p.recorded_needs if row.urn != urn),
        funds=tuple(funds.values()),
        contributions=tuple(row for row in p.contributions if row.urn != urn),
        people=tuple(replace(one, based_at_urn=None if one.based_at_urn == urn else one.based_at_urn) for one in people),
        bases=tuple(b for b in p.bases if b.host_urn != urn),
        host_conditions=tuple(row for row in p.host_conditions if row.urn != urn),
        last_year=tuple(row for row in p.last_year if row.urn != urn),
        last_year_links=tuple(row for row in p.last_year_links if row.urn != urn),
        head_rules=tuple(row for row in p.head_rules if row.urn != urn),
        queries=tuple(row for row in p.queries if row.urn != urn),
        lead_school_urn=None if p.lead_school_urn == urn else p.lead_school_urn,
    )
    return Change(
        words=f"{leaver.name} leaves" if half_term is None else f"{leaver.name} leaves at the start of half-term {half_term}",
        partnership=changed,
        half_term=half_term,
        notes=tuple(notes),
    )


def schools_join(before: World, newer: Partnership, urns: Sequence[int], half_term: int | None = None) -> Change:
    """Schools join, as a newer version of the partnership's file describes them and everything else."""
    had, has = {s.urn for s in before.partnership.schools}, {s.urn for s in newer.schools}
    for problem, strangers in (
        ("does not hold", sorted(set(urns) - has)),
        ("no longer holds", sorted(had - has)),
        ("also holds, and the plan does not,", sorted(has - had - set(urns))),
    ):
        if strangers:
            raise InputMustBeMended(f"The newer partnership {problem} {', '.join(map(str, strangers))}.")
    for kind, ids, now in (
        ("service", {s.service_id for s in before.partnership.services}, {s.service_id for s in newer.services}),
        ("fund", {f.fund_id for f in before.partnership.funds}, {f.fund_id for f in newer.funds}),
    ):
        if ids - now:
            raise InputMustBeMended(f"The newer partnership no longer holds the {kind} {', '.join(sorted(ids - now))} of the plan.")
    if set(urns) & had:
        raise InputMustBeMended(f"{', '.join(map(str, sorted(set(urns) & had)))} is in the plan already.")
    names = ", ".join(school_of(newer, urn).name for urn in urns)
    return Change(
        words=f"{names} {'joins' if len(urns) == 1 else 'join'} {from_then(half_term)}",
        partnership=_with_zones(newer, before),
        half_term=half_term,
        notes=("Everything else is as the newer file says.",),
    )


# --- what was given, and what nobody is there to do -----------------------------------------


def settled(change: Change, before: World, plan: Amounts) -> Change:
    """The change with each school's given part locked, and statutory work that nobody is left to do set apart."""
    if change.half_term is None:
        return _with_overload_apart(change, before.policy, {})
    given: dict[str, int] = defaultdict(int)
    schools = {str(s.urn) for s in change.partnership.schools}
    for (recipient, service_id), sessions in plan.sessions.items():
        if recipient in schools or not recipient.isdecimal():
            given[service_id] += given_to(before.partnership, recipient, service_id, sessions, change.half_term)
    others = tuple(rule for rule in change.partnership.head_rules if not rule.rule_id.startswith(GIVEN))
    change = replace(
        change,
        partnership=replace(change.partnership, head_rules=(*others, *_locked(change, before, plan))),
        notes=(*change.notes, _finished_words(change.half_term)),
    )
    return _with_overload_apart(change, before.policy, given)


def _finished_words(half_term: int) -> str:
    if half_term == 1:
        return "No half-term is finished, so everything but what had to be ordered before September can change."
    done = "Half-term 1 is" if half_term == 2 else f"Half-terms 1 to {half_term - 1} are"
    return (
        f"{done} finished: each yearly amount is taken to have been given evenly, in whole half-days and pounds, an odd one later; "
        f"that part stays, and bases stay as they are. Money is counted by the financial year, as in the plan."
    )


def _locked(change: Change, before: World, plan: Amounts) -> list[HeadRule]:
    schools = {s.urn for s in change.partnership.schools}
    granted: dict[tuple[int, str], int] = defaultdict(int)
    for (urn, _), pounds in plan.grants.items():
        granted[urn, GRANT_ITEM] += pounds
    timed = {(int(r), service): n for (r, service), n in plan.sessions.items() if r.isdecimal()}
    done = "half-term 1" if change.half_term == 2 else f"half-terms 1 to {(change.half_term or 1) - 1}"
    return [
        HeadRule(
            rule_id=f"{GIVEN}{change.half_term}_{urn}_{item}", urn=urn, item=item, bound=Bound.AT_LEAST, amount=given, is_locked=True,
            reason=f"Given in {done} already",
        )
        for (urn, item), amount in sorted((granted | timed).items())
        if urn in schools and (given := given_to(before.partnership, str(urn), item, amount, change.half_term))
    ]  # fmt: skip


def _with_overload_apart(change: Change, policy: Policy, given: Mapping[str, int]) -> Change:
    """Where the time left does not cover what is owed: other duties give way, then statutory work stands as unstaffed."""
    p, notes = change.partnership, list(change.notes)
    people, services = list(p.people), list(p.services)
    for service in p.services:
        needed = given.get(service.service_id, 0)
        if not needed or service_supply(p, policy, service).shareable_sessions >= needed:
            continue
        at = [i for i, one in enumerate(people) if one.service_id == service.service_id]
        for i in at:
            if not people[i].is_vacant and _short(people, at, policy, service, needed) > 0 and policy.is_on("vacancy_held_back"):
                most = still_to_come(people[i].other_duties_sessions, change.half_term)
                less = min(most, _short(people, at, policy, service, needed))
                people[i] = replace(people[i], other_duties_sessions=people[i].other_duties_sessions - less)
                if less:
                    notes.append(f"{people[i].name} has no time left for {half_days(less)} of other duties.")
        unstaffed = 0
        for i in sorted(at, key=lambda i: (people[i].sessions_a_year > 0, not people[i].is_vacant)):
            less = min(people[i].statutory_sessions, max(0, _short(people, at, policy, service, needed)))
            people[i] = replace(people[i], statutory_sessions=people[i].statutory_sessions - less)
            unstaffed += less
        if unstaffed:
            name = f"{service.name}: statutory work with nobody in post"
            apart = replace(service, service_id=new_id(p, f"{service.service_id}{UNSTAFFED}"), name=name, price_pounds_per_session=0,
                            decision_right=DecisionRight.INFORMATION)  # fmt: skip
            services.append(apart)
            people.append(
                Person(person_id=apart.service_id, service_id=apart.service_id, name=name, sessions_a_year=0, is_vacant=True,
                       statutory_sessions=unstaffed)
            )  # fmt: skip
            whom = service.request_to or service.employer
            notes.append(
                f"Statutory work comes first, and yet nobody is left for {half_days(unstaffed)} of it at {service.name}: {whom} must find them."
            )
    return replace(change, partnership=replace(p, people=tuple(people), services=tuple(services)), notes=tuple(notes))


def _short(people: Sequence[Person], at: Sequence[int], policy: Policy, service: Service, needed: int) -> int:
    """Half-days by which what was given exceeds what the year's time leaves, before the share held back."""
    mine = [people[i] for i in at]
    left = sum(one.sessions_a_year for one in mine if not one.is_vacant) - sum(one.statutory_sessions for one in mine)
    if not policy.is_on("vacancy_held_back"):
        return needed - left
    left -= sum(one.other_duties_sessions for one in mine if not one.is_vacant)
    kept = 100 - policy.role(service.role).vacancy_held_back_percent
    return ceil(Fraction(needed * 100) / kept) - left if kept else 0


def most_from_now(service: Service, change: Change, before: World, plan: Amounts, *, given: int, left: int) -> int | None:
    """The most half-days a service can come to this year over those still here, whatever share is held back for vacancies.

    What was ordered and what is left of the rest, less what the change took; once its order date has passed, no more
    than was ordered or the change brings. ``given`` is what they were given already, and never less than that; ``left``
    went to a school that has left. None where nothing but its supply limits it.
    """
    half_term, p = change.half_term, before.partnership
    had = next((s for s in p.services if s.service_id == service.service_id), None)
    if half_term is None or had is None:
        return None
    if any(s.service_id.startswith(f"{service.service_id}{UNSTAFFED}") for s in change.partnership.services if s not in p.services):
        return given  # whatever time is left is owed to statutory work
    ordered = sum(n for (_, service_id), n in plan.sessions.items() if service_id == service.service_id)
    was, now = (_to_share(one, before.policy, service) for one in (p, change.partnership))
    spare = max(0, was - ordered)
    if service.unused_time_is_lost:
        spare = still_to_come(spare, half_term)
    most = ordered + spare - (was - now)
    if order_has_passed(service, p, half_term):
        most = min(most, ordered - left + max(0, now - was))
    return max(most, given)


def _to_share(partnership: Partnership, policy: Policy, service: Service) -> int:
    """A service's half-days before any is held back for vacancies; below nought when it owes more than it has."""
    supply = service_supply(partnership, policy, service)
    other = supply.other_duties_sessions if policy.is_on("vacancy_held_back") else 0
    return supply.in_post_sessions - supply.statutory_sessions - other


def order_has_passed(service: Service, partnership: Partnership, half_term: int) -> bool:
    """Whether a service takes no more orders from a half-term on; a date that is no date never passes."""
    try:
        last = date.fromisoformat(service.order_by)
    except ValueError:
        return False
    month = BEGINS_IN_MONTH[half_term - 1]
    year = int(partnership.academic_year[:4]) + (month < FIRST_MONTH)
    return last < date(year, month, 1)


def ordered_is_spent(change: Change, wasted: Mapping[str, int]) -> Change:
    """The change with the pounds of each service that were ordered and that nobody still here can use taken off the funds."""
    funds = {f.fund_id: f for f in change.partnership.funds}
    names = {s.service_id: s.name for s in change.partnership.services}
    notes = list(change.notes)
    for service_id, pounds in wasted.items():
        _spend(funds, FundUse.SPECIALIST_TIME, pounds)
        notes.append(f"£{pounds:,} of {names[service_id]} was ordered, and nobody who is still here can use it: it stays spent.")
    return replace(change, partnership=replace(change.partnership, funds=tuple(funds.values())), notes=tuple(notes))


# --- small parts ----------------------------------------------------------------------------


def _split(person: Person, goes: int, half_term: int) -> tuple[Person, Person]:
    """A post in two: worked until a half-term, and vacant from then."""
    stays = replace(
        person,
        sessions_a_year=person.sessions_a_year - goes,
        statutory_sessions=given_already(person.statutory_sessions, half_term),
        other_duties_sessions=given_already(person.other_duties_sessions, half_term),
    )
    vacant = replace(
        person,
        person_id=f"{person.person_id}{VACANT}",
        name=f"{person.name}, vacant from half-term {half_term}",
        sessions_a_year=goes,
        statutory_sessions=person.statutory_sessions - stays.statutory_sessions,
        other_duties_sessions=0,
        is_vacant=True,
    )
    return stays, vacant


def new_id(partnership: Partnership, wanted: str) -> str:
    """An id that no post or service has yet."""
    taken = {one.person_id for one in partnership.people} | {s.service_id for s in partnership.services}
    return next(name for n in range(1, len(taken) + 2) if (name := wanted if n == 1 else f"{wanted}_{n}") not in taken)


def service_of(partnership: Partnership, service_id: str) -> Service:
    """The service with this id; raises ``InputMustBeMended`` where there is none."""
    found = [s for s in partnership.services if s.service_id == service_id]
    if not found:
        raise InputMustBeMended(
            f"The plan has no service {service_id}; choose one of {', '.join(s.service_id for s in partnership.services)}."
        )
    return found[0]


def shares_left(half_term: int | None) -> tuple[Fraction, Fraction]:
    """The share of each financial year's money that is still to come, by half-terms."""
    shares = [Fraction(sum(h >= (half_term or 1) for h in year), len(year)) for year in HALF_TERMS_BY_FINANCIAL_YEAR]
    return shares[0], shares[1]


def _with_zones(partnership: Partnership, before: World) -> Partnership:
    """Every school in the zone it was planned in; one that joins without a zone goes to that of the nearest school."""
    zones = {urn: zone.zone_id for zone in before.picture.zones for urn in zone.urns}

    def nearest(easting: int, northing: int) -> str:
        near = min(
            before.partnership.schools, key=lambda s: (distance_squared(s.easting_metres, s.northing_metres, easting, northing), s.urn)
        )
        return zones[near.urn]

    schools = tuple(
        replace(s, zone=zones.get(s.urn) or s.zone or nearest(s.easting_metres, s.northing_metres)) for s in partnership.schools
    )
    return replace(partnership, schools=schools)


def _spent_on(partnership: Partnership, plan: Amounts, gone: tuple[str, ...], service: Service, given: int, half_term: int | None) -> int:
    """Pounds for half-days given to a school that left: once the order stands what they add to it, for the rest is paid by those still here."""
    if half_term is not None and order_has_passed(service, partnership, half_term):
        ordered = sum(n for (_, service_id), n in plan.sessions.items() if service_id == service.service_id)
        return max(0, purchase_of(partnership, service, ordered).pounds - purchase_of(partnership, service, ordered - given).pounds)
    cost = time_pounds(partnership, plan)
    keys = [(recipient, service.service_id) for recipient in gone]
    return ceil(Fraction(sum(cost.get(key, 0) for key in keys) * given, sum(plan.sessions.get(key, 0) for key in keys)))


def _spent_on_leaver(people: list[Person], policy: Policy, service: Service, given: int) -> list[Person]:
    """Take time that was given to a school that left off the posts in use, with the share held back beside it."""
    kept = 100 - policy.role(service.role).vacancy_held_back_percent if policy.is_on("vacancy_held_back") else Fraction(100)
    left = ceil(Fraction(given * 100) / kept)
    result = []
    for person in people:
        less = min(left, person.sessions_a_year) if person.service_id == service.service_id and not person.is_vacant else 0
        left -= less
        result.append(replace(person, sessions_a_year=person.sessions_a_year - less))
    return result


def _give_back(funds: dict[str, Fund], before: World, plan: Amounts, urn: int, hosted: Sequence[Base], half_term: int | None) -> None:
    """Take a leaving school's contributions still to come, its grants paid and its bases' costs until now off the funds."""
    p, policy = before.partnership, before.policy
    first_share, second_share = shares_left(half_term)
    months = Fraction(policy.board.september_to_march_months, 12)
    for row in p.contributions:
        if row.urn == urn and row.fund_id in funds:
            fund = funds[row.fund_id]
            first = ceil(row.pounds * months)
            funds[row.fund_id] = replace(
                fund,
                september_to_march_pounds=fund.september_to_march_pounds - ceil(first * first_share),
                april_to_august_pounds=fund.april_to_august_pounds - ceil((row.pounds - first) * second_share),
            )
    granted = sum(pounds for (school, _), pounds in plan.grants.items() if school == urn)
    paid = given_to(p, str(urn), GRANT_ITEM, granted, half_term)
    for (school, fund_id), pounds in plan.grants.items():
        if school == urn and pounds:
            funds[fund_id] = _first_call(funds[fund_id], ceil(Fraction(paid * pounds, granted)))
    if half_term is not None and half_term > 1:
        for base in hosted:
            size = plan.base_sizes.get(base.base_id, 0)
            opened = 1 if base.is_open else base.opens_in_half_term
            if size and opened < half_term:
                ran = base_running_pounds(base, size, policy) * (half_term - opened) // (HALF_TERMS + 1 - opened)
                _spend(funds, FundUse.BASE_RUNNING, ran + base_lead_in_pounds(base, size, policy))
                _spend(funds, FundUse.BASE_OPENING, base_opening_pounds(base, policy))


def _spend(funds: dict[str, Fund], use: FundUse, pounds: int) -> None:
    """Take what was spent off the funds for this use, the one that holds most first; what none can pay stays with that one."""
    able = sorted((f for f in funds.values() if pays(f, use)), key=lambda f: -sum(available_pounds(f)))
    left = pounds
    for fund in able:
        taken = min(left, sum(available_pounds(fund)))
        funds[fund.fund_id] = _first_call(fund, taken)
        left -= taken
    if left and able:
        funds[able[0].fund_id] = _first_call(funds[able[0].fund_id], left)


def _first_call(fund: Fund, pounds: int) -> Fund:
    """A fund of which some was spent already."""
    return replace(fund, brought_forward_pounds=fund.brought_forward_pounds - pounds)


def who_decides(resource: Service | Base | Fund, what: str) -> str:
    """Who must agree to what a plan asks of a resource, as one sentence."""
    if resource.decision_right is DecisionRight.OURS:
        return f"The board decides on {what}."
    return f"{resource.request_to or 'Whoever holds it'} must agree to {what}."
