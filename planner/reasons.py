"""Why each need stands where it does: what runs out first, in a sentence a head can check.

Pure functions of world and amounts in exact arithmetic, like ``planner.measures``. A reason says
what is used up in *this* plan; what would change it takes another solve (``planner why``).
"""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction

from planner.audit import money_cap_pounds, most_of
from planner.fairness import capped_sessions, host_limit, host_shares
from planner.measures import fund_accounts, paid_by_year
from planner.need import ADULT_HOURS, PLACE, WHOLE, Cell, World, dose_share_for
from planner.next_year import most_next_year_pounds, next_year_pounds
from planner.offers import one_more_pounds
from planner.partnership import GRANT_ITEM, Base, Bound, Consent, DecisionRight, FundUse, Service, YearEnd
from planner.plan import Amounts
from planner.policy import Standard
from planner.supply import (
    MONTHS,
    base_full_year_pounds,
    base_lead_in_pounds,
    base_may_serve,
    base_opening_pounds,
    base_reaches,
    base_running_pounds,
    first_year_places,
    grant_months,
    grant_step_pounds,
    host_condition,
    is_part_year,
    most_planned_places,
    pays,
    place_share,
    places_now,
    service_supply,
    sizes_of,
    smallest_useful_places,
)

OUT_OF_REACH = "out of reach"
_MAY_BE_USED = "a longer search for a plan may use what is left"
_MOST_BASES_NAMED = 4
NEXT_TO_NOTHING = Fraction(1, 1000)
"""An ingredient is used up when less than this share of the cell's full dose is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one standard is not fully met at one school or zone.

    ``need_met_percent`` is rounded, but not up to 50 or 100; ``limited_by`` is an ingredient (a role id, ``adult_hours``
    or ``place``), ``out of reach``, or '' where nothing is used up.
    """

    recipient: str
    standard_id: str
    need_met_percent: int
    limited_by: str
    sentence: str


def reasons(world: World, amounts: Amounts) -> tuple[Reason, ...]:
    """A reason for every cell that is not fully met, in the cells' order."""
    books = _Books(world, amounts)
    return tuple(_reason(cell, books) for cell in world.picture.cells if cell.out_of_reach or amounts.need_met.get(cell.cell_id, 0) < WHOLE)


def lower_first(text: str) -> str:
    """Text to stand inside a sentence; abbreviations (SEMH, EP) keep their capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def plain_number(value: Fraction) -> str:
    """Print a figure as people say it: to one decimal place, two below 0.1, and never nought when there is some."""
    text = f"{float(value):,.{1 if value >= Fraction(1, 10) else 2}f}".rstrip("0").rstrip(".")
    return "under 0.01" if value and text in {"", "0"} else text


def half_days(number: int) -> str:
    """A number of half-days, one in the singular."""
    return f"{number:,} half-day{'' if number == 1 else 's'}"


class _Books:
    """What every recipient holds and has left of each ingredient, and what the pool has left to give."""

    def __init__(self, world: World, amounts: Amounts) -> None:
        self.world = world
        self.amounts = amounts
        self.names = {str(s.urn): s.name for s in world.partnership.schools}
        self.standards = {s.standard_id: s for s in world.policy.standards}
        self.supply = {s.service_id: service_supply(world.partnership, world.policy, s) for s in world.partnership.services}
        self.granted: dict[str, int] = defaultdict(int)
        for (urn, _), pounds in amounts.grants.items():
            self.granted[str(urn)] += pounds
        self.held = self._held()
        self.users: dict[tuple[str, str], int] = defaultdict(int)
        self.left = dict(self.held)
        for cell in world.picture.cells:
            share = dose_share_for(Fraction(amounts.need_met.get(cell.cell_id, 0), WHOLE), world.policy)
            for ingredient, required in cell.requirements:
                at = holder(cell, ingredient)
                self.users[at, ingredient] += not cell.out_of_reach
                self.left[at, ingredient] = self.left.get((at, ingredient), Fraction(0)) - share * required

    def _held(self) -> dict[tuple[str, str], Fraction]:
        """Hundredths held of each ingredient."""
        held: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        roles = {s.service_id: s.role for s in self.world.partnership.services}
        for (recipient, service_id), sessions in self.amounts.sessions.items():
            held[recipient, roles[service_id]] += 100 * sessions
        shares = {b.base_id: place_share(b) for b in self.world.partnership.bases}
        for (base_id, cell_id), places in self.amounts.places.items():
            held[cell_id, PLACE] += 100 * places * shares[base_id]
        for recipient, pounds in self.granted.items():
            held[recipient, ADULT_HOURS] = Fraction(100 * pounds, self.world.policy.pounds_per_adult_hour)
        return held

    def services(self, role_id: str) -> list[Service]:
        """The services that may give time of a role."""
        return [s for s in self.world.partnership.services if s.role == role_id and s.decision_right is not DecisionRight.INFORMATION]

    def sessions_left(self, service: Service) -> int:
        """Half-days of a service that may be shared and are given to nobody."""
        given = sum(n for (_, service_id), n in self.amounts.sessions.items() if service_id == service.service_id)
        return max(0, self.supply[service.service_id].shareable_sessions - given)

    def one_more_pounds(self, service: Service) -> int | None:
        """What one more half-day would cost; None where no more can be bought."""
        given = sum(n for (_, service_id), n in self.amounts.sessions.items() if service_id == service.service_id)
        return one_more_pounds(self.world.partnership, service, given)

    def pounds_left(self, use: FundUse) -> dict[str, tuple[int, int]]:
        """Pounds not planned by financial year, of each fund that may pay for a use."""
        left = self._left_of_funds
        return {f.fund_id: (left[f.fund_id][0], left[f.fund_id][1]) for f in self.world.partnership.funds if pays(f, use)}

    @functools.cached_property
    def _left_of_funds(self) -> dict[str, list[int]]:
        left: dict[str, list[int]] = defaultdict(list)
        for account in fund_accounts(self.world.partnership, self.world.policy, self.amounts):
            left[account.fund_id].append(max(0, account.left))
        return left

    def left_for(self, *uses: FundUse) -> _Left:
        """Pounds not planned that may pay for any of these uses."""
        funds = {f.fund_id: f for f in self.world.partnership.funds}
        left = {fund_id: years for use in uses for fund_id, years in self.pounds_left(use).items()}
        first, second = (sum(years[year] for years in left.values()) for year in (0, 1))
        carried = sum(years[0] for fund_id, years in left.items() if funds[fund_id].year_end is YearEnd.CARRY)
        return _Left(first=first, second=second + carried, both=first + second)

    def more_for_running(self, base: Base, size: int) -> tuple[int, int]:
        """The least by which both years' payments for running bases rise with a base at this size, the odd pound on either side."""
        p, policy = self.world.partnership, self.world.policy
        larger = replace(self.amounts, base_sizes={**self.amounts.base_sizes, base.base_id: size})
        twelfths, cost = paid_by_year(p, policy, larger, FundUse.BASE_RUNNING)
        paid = [sum(n for (_, y, use), n in self.amounts.spending.items() if y == year and use is FundUse.BASE_RUNNING) for year in (1, 2)]
        return twelfths // MONTHS - paid[0], cost - -(-twelfths // MONTHS) - paid[1]

    def left_next_year(self) -> int | None:
        """Pounds by which the same plan next year stays under the board's limit; None where the board sets none that may not give way."""
        p, policy = self.world.partnership, self.world.policy
        if not policy.is_hard("next_year_affordable"):
            return None
        return most_next_year_pounds(p, policy) - next_year_pounds(p, policy, self.amounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """Pounds left in the first financial year, in the second (with what may be carried over), and in all."""

    first: int
    second: int
    both: int


def holder(cell: Cell, ingredient: str) -> str:
    """Who holds an ingredient: places are held for one cell, all else is shared by a recipient's cells."""
    return cell.cell_id if ingredient == PLACE else cell.recipient


def _reason(cell: Cell, books: _Books) -> Reason:
    met = books.amounts.need_met.get(cell.cell_id, 0)
    # Under half and not fully met must read so, however near they come.
    percent = min((200 * met + WHOLE) // (2 * WHOLE), 49 if met < WHOLE // 2 else 99)
    name = books.names.get(cell.recipient, cell.recipient)
    standard = books.standards[cell.standard_id].name
    if cell.out_of_reach:
        limited_by = OUT_OF_REACH
        sentence = f"{name}: {standard} is out of reach. {cell.out_of_reach}"
    else:
        limited_by, why = _limit(cell, books)
        sentence = f"{name}: {standard} stands at {percent} percent. {why}"
    return Reason(
        recipient=cell.recipient, standard_id=cell.standard_id, need_met_percent=percent, limited_by=limited_by, sentence=sentence
    )


def _limit(cell: Cell, books: _Books) -> tuple[str, str]:
    """The ingredient that limits a cell, and why: one of which no more can be had before one that is only not given."""
    used_up = [i for i, required in cell.requirements if books.left[holder(cell, i), i] <= required * NEXT_TO_NOTHING]
    if not used_up:
        return "", "Nothing it needs is used up: a longer search for a plan may raise it."
    whys = {ingredient: _why(cell, ingredient, books) for ingredient in used_up}
    first = min(used_up, key=lambda ingredient: whys[ingredient].endswith(f"{_MAY_BE_USED}."))
    also = "".join(f" Its {_ingredient(i, books)} is used up too." for i in used_up if i != first)
    return first, whys[first] + also


def _ingredient(ingredient: str, books: _Books) -> str:
    if ingredient == ADULT_HOURS:
        return "money for trained adults"
    return "base place" if ingredient == PLACE else f"time of {lower_first(books.world.policy.role(ingredient).name)}"


def _why(cell: Cell, ingredient: str, books: _Books) -> str:
    needs = plain_number(Fraction(cell.requirement(ingredient), 100))
    if ingredient == ADULT_HOURS:
        return _why_hours(cell, needs, books)
    if ingredient == PLACE:
        return _why_places(cell, needs, books)
    return _why_sessions(cell, ingredient, needs, books)


def _for_all(cell: Cell, ingredient: str, books: _Books) -> str:
    return " for all its standards" if books.users[cell.recipient, ingredient] > 1 else ""


def _why_sessions(cell: Cell, role_id: str, needs: str, books: _Books) -> str:
    who = "school" if cell.recipient in books.names else "zone"
    given = int(books.held.get((cell.recipient, role_id), Fraction(0)) / 100)
    has = f"{given}{_for_all(cell, role_id, books)}" if given else "none"
    unit = "half-day" if needs == "1" else "half-days"
    role = lower_first(books.world.policy.role(role_id).name)
    return f"It needs {needs} {unit} of {role}; the {who} is given {has}, and {_sessions_cause(cell, role_id, given, books)}."


def _sessions_cause(cell: Cell, role_id: str, given: int, books: _Books) -> str:
    services = books.services(role_id)
    for service in services:
        if _head_allows_no_more(
            cell.recipient, service.service_id, books.amounts.sessions.get((cell.recipient, service.service_id), 0), books
        ):
            return "the head's own rule allows no more"
    if _cap_allows_no_more(cell.recipient, role_id, books):
        return "the board's cap on last year's time allows no more"
    the_service = "the service" if len(services) == 1 else f"the {len(services)} services"
    shareable = sum(books.supply[s.service_id].shareable_sessions for s in services)
    left = {s.service_id: books.sessions_left(s) for s in services}
    spare = sum(left.values())
    block = min(books.supply[s.service_id].minimum_block_sessions for s in services)
    wanted = sum(c.requirement(role_id) for c in books.world.picture.cells if c.recipient == cell.recipient)
    if not given and wanted < 100 * block and books.world.policy.is_hard("smallest_block"):
        in_all = plain_number(Fraction(wanted, 100))
        return f"all its needs for the role come to {in_all} half-days, fewer than the smallest block of {block}"
    if not spare:
        if not shareable:
            return f"{the_service} has none to share" if len(services) == 1 else f"{the_service} have none to share"
        return (
            f"the only half-day of {the_service} is given out"
            if shareable == 1
            else f"all {shareable:,} half-days of {the_service} are given out"
        )
    if not given and max(left.values()) < block:
        return f"the {half_days(spare)} left of {the_service} {'is' if spare == 1 else 'are'} fewer than the smallest block of {block}"
    more = [cost for s in services if left[s.service_id] and (cost := books.one_more_pounds(s)) is not None]
    if not more:
        return f"no more half-days of {the_service} can be bought"
    if not any(_can_be_paid(cost, books) for cost in more):
        to_come = books.left_next_year()
        if to_come is not None and to_come < min(more):
            return "the board's limit on next year's cost allows no more"
        return "the money for specialist time is all planned"
    return f"{half_days(spare)} of {the_service} {'is' if spare == 1 else 'are'} left over: {_MAY_BE_USED}"


def _cap_allows_no_more(recipient: str, role_id: str, books: _Books) -> bool:
    """Whether every service of a role that may be capped gives the school all that the cap allows."""
    if not books.world.policy.is_hard("sessions_cap"):
        return False
    caps = {row.item: most for row, most in capped_sessions(books.world) if str(row.urn) == recipient}
    services = [s.service_id for s in books.services(role_id)]
    return bool(services) and all(s in caps and books.amounts.sessions.get((recipient, s), 0) >= caps[s] for s in services)


def _can_be_paid(price_pounds: int, books: _Books) -> bool:
    """Whether money is left for one more half-day: it is paid in both financial years."""
    first = -(-price_pounds * books.world.policy.board.september_to_march_months // MONTHS)
    to_come = books.left_next_year()
    if to_come is not None and price_pounds > to_come:
        return False
    left = books.pounds_left(FundUse.SPECIALIST_TIME).values()
    return sum(year[0] for year in left) >= first and sum(year[1] for year in left) >= price_pounds - first


def _head_allows_no_more(recipient: str, item: str, has: int, books: _Books) -> bool:
    return books.world.policy.is_hard("head_rule") and any(
        str(wish.urn) == recipient and wish.item == item and wish.bound is not Bound.AT_LEAST and has >= most_of(wish)
        for wish in books.world.partnership.head_rules
    )


def _why_hours(cell: Cell, needs: str, books: _Books) -> str:
    granted = books.granted.get(cell.recipient, 0)
    hours = plain_number(Fraction(granted, books.world.policy.pounds_per_adult_hour))
    has = (
        f"the school's grant of £{granted:,} pays for {hours}{_for_all(cell, ADULT_HOURS, books)}" if granted else "the school has no grant"
    )
    return f"It needs {needs} hours of trained adults; {has}, and {_grant_cause(cell.recipient, granted, books)}."


def _grant_cause(recipient: str, granted: int, books: _Books) -> str:
    if _head_allows_no_more(recipient, GRANT_ITEM, granted, books):
        return "the head's own rule allows no more"
    policy = books.world.policy
    funds = [f for f in books.world.partnership.funds if pays(f, FundUse.GRANTS)]
    step = min((grant_step_pounds(f, policy) for f in funds), default=0)
    last = next((row.amount for row in books.world.partnership.last_year if str(row.urn) == recipient and row.item == GRANT_ITEM), 0)
    if policy.is_hard("money_cap") and last and granted + step > money_cap_pounds(last, policy):
        return f"the board's cap on last year's £{last:,} allows no more"
    to_come = books.left_next_year()
    if to_come is not None and step and step > to_come:
        return "the board's limit on next year's cost allows no more"
    left = books.pounds_left(FundUse.GRANTS)
    for fund in funds:
        step, months = grant_step_pounds(fund, policy), grant_months(fund, policy)
        if all(pounds >= step * months[year] // sum(months) for year, pounds in enumerate(left[fund.fund_id])):
            return f"some grant money is left over: {_MAY_BE_USED}"
    return "the pool's money for grants is all planned"


def _why_places(cell: Cell, needs: str, books: _Books) -> str:
    given = sum(n for (_, cell_id), n in books.amounts.places.items() if cell_id == cell.cell_id)
    noun = "place" if needs == "1" else "places"
    late = _late_places(cell, books)
    cause = "no pupil can have two places at once" if late and 100 * given >= cell.requirement(PLACE) else _places_cause(cell, books)
    return f"It needs {needs} {noun}; the zone is given {given or 'none'}{late}, and {cause}."


def _late_places(cell: Cell, books: _Books) -> str:
    """How many of a cell's places begin during the year, in words."""
    bases = {b.base_id: b for b in books.world.partnership.bases}
    late = {b: n for (b, cell_id), n in books.amounts.places.items() if cell_id == cell.cell_id and n and is_part_year(bases[b])}
    return "".join(f", {n} of them from half-term {bases[b].opens_in_half_term}" for b, n in late.items())


def _places_cause(cell: Cell, books: _Books) -> str:
    world = books.world
    urns = next(zone.urns for zone in world.picture.zones if zone.zone_id == cell.recipient)
    standard = books.standards[cell.standard_id]
    bases = [b for b in world.partnership.bases if _is_for(b, standard) and base_reaches(world.partnership, world.policy, b, urns)]
    may_serve = [b for b in bases if base_may_serve(world.partnership, world.policy, b, standard, urns)]
    free = sum(_free_places(b, books) for b in may_serve)
    kept = [b for b in may_serve if _free_places(b, books) and _hosts_share_is_full(b, cell, books)]
    if free and sum(_free_places(b, books) for b in kept) == free:
        return f"the free places of {kept[0].name} are kept for other schools than its host"
    if free:
        return f"{free} {'place' if free == 1 else 'places'} in reach {'is' if free == 1 else 'are'} still free: {_MAY_BE_USED}"
    # Bases that run come first, and a cause that is only "not solved far enough" last: it ends the sentence.
    said = [_no_more_places(b, books) for b in sorted(bases, key=lambda b: not books.amounts.base_sizes.get(b.base_id, 0))]
    said.sort(key=lambda cause: cause.endswith(_MAY_BE_USED))
    others = len(said) - _MOST_BASES_NAMED
    shown = said if others <= 0 else [*said[: _MOST_BASES_NAMED - 1], f"{others} more in reach give none either", said[-1]]
    return "; ".join(shown)


def _is_for(base: Base, standard: Standard) -> bool:
    return standard.need in base.needs and standard.phase is base.phase


def _free_places(base: Base, books: _Books) -> int:
    taken = sum(n for (base_id, _), n in books.amounts.places.items() if base_id == base.base_id)
    size = books.amounts.base_sizes.get(base.base_id, 0)
    most = first_year_places(base, size, books.world.policy) if books.world.policy.is_hard("cohort_fill") else size
    return max(0, most - taken)


def _hosts_share_is_full(base: Base, cell: Cell, books: _Books) -> bool:
    """Whether one more place for a need would give the host's own pupils more than the board's share of the base."""
    if not books.world.policy.is_hard("host_share"):
        return False
    shares = host_shares(books.world, base)
    own = sum(n * shares.get(cell_id, 0) for (base_id, cell_id), n in books.amounts.places.items() if base_id == base.base_id)
    size = books.amounts.base_sizes.get(base.base_id, 0)
    return own + shares.get(cell.cell_id, 0) > host_limit(base, size, books.world.policy)


def _no_more_places(base: Base, books: _Books) -> str:
    """Why a base in reach gives no more places: the first cause that settles it, from rights to money."""
    p, policy = books.world.partnership, books.world.policy
    size = books.amounts.base_sizes.get(base.base_id, 0)
    host = host_condition(p, base.host_urn)
    refused = "has said no" if host.consent is Consent.NO else "has not been asked"
    if base.decision_right is DecisionRight.INFORMATION:
        return f"{base.name} is shown for information only and not planned here"
    if not base.is_open and host.consent is not Consent.YES:
        return f"{base.name} may not open: its host {refused}"
    state = f"every place in {base.name} is given:" if size else f"{base.name} does not run:"
    if size and policy.is_hard("cohort_fill") and first_year_places(base, size, policy) < size:
        state = f"every place that {base.name} may give in its first year is given:"
    larger = [k for k in sizes_of(base) if k > size]
    if not larger:
        return f"{state} {'it runs at its largest size' if size else 'no size is given at which it may'}"
    if base.is_open and policy.is_on("host_consent") and host.consent is not Consent.YES:
        larger = [k for k in larger if k <= places_now(base)]
        if not larger:
            return f"{state} its host {refused} to more"
    if not base.is_open and policy.is_hard("smallest_useful_base"):
        larger = [k for k in larger if k >= smallest_useful_places(base, policy)]
        if not larger:
            return f"{state} it would be smaller than the smallest useful base"
    most = most_planned_places(p, host)
    if most is not None and policy.is_on("host_most_places"):
        hosted = sum(books.amounts.base_sizes.get(b.base_id, 0) for b in p.bases if b.host_urn == base.host_urn)
        larger = [k for k in larger if hosted - size + k <= most]
        if not larger:
            return f"{state} its host agreed to no more than {host.most_places} places in all"
    causes = [_money_cause(base, size, k, books) for k in larger]
    if all(causes):
        return f"{state} {causes[0]}"
    state = (
        f"every place in {base.name} is given, though money is left for more"
        if size
        else f"{base.name} does not run, though money is left for it"
    )
    return f"{state}: {_MAY_BE_USED}"


def _money_cause(base: Base, size: int, larger: int, books: _Books) -> str:
    """The money that a larger size lacks, by use and financial year; '' where what is left would pay for it."""
    p, policy = books.world.partnership, books.world.policy
    opening = 0 if size else base_opening_pounds(base, policy)
    running = sum(cost(base, larger, policy) - cost(base, size, policy) for cost in (base_running_pounds, base_lead_in_pounds))
    first, second = books.more_for_running(base, larger)
    march = f"31 March {p.financial_years[1][:4]}"
    to_open, to_run = books.left_for(FundUse.BASE_OPENING), books.left_for(FundUse.BASE_RUNNING)
    either = books.left_for(FundUse.BASE_OPENING, FundUse.BASE_RUNNING)
    if opening > to_open.first:
        return f"it takes £{opening:,} to open before {march}, and £{to_open.first:,} is left for openings"
    when_run = "this year" if is_part_year(base) or base_lead_in_pounds(base, larger, policy) else "a year"
    running_it = f"running {larger} places takes £{max(running, 0):,} {when_run}{' more' if size else ''}"
    to_come = books.left_next_year()
    more_to_come = base_full_year_pounds(base, larger, policy) - base_full_year_pounds(base, size, policy)
    if to_come is not None and more_to_come > to_come:
        return f"{larger} places cost £{max(more_to_come, 0):,} more next year, and the board's limit on next year's cost leaves £{max(to_come, 0):,}"
    if first > to_run.first:
        return f"{running_it}, £{first:,} of it before {march}, and £{to_run.first:,} is left for running bases until then"
    if second > to_run.second:
        return f"{running_it}, £{second:,} of it after {march}, and £{to_run.second:,} is left for running bases from then on"
    if running > to_run.both:
        return f"{running_it}, and £{to_run.both:,} is left for running bases"
    if opening + first > either.first or opening + running > either.both:
        left = either.first if opening + first > either.first else either.both
        when = f" before {march}" if opening + first > either.first else ""
        return f"it takes £{opening:,} to open, {running_it}, and £{left:,} is left for both{when}"
    return ""
