"""What a partnership has to give: specialist time, base sizes and their cost, money by financial year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, lcm

from planner.partnership import (
    HALF_TERMS,
    Base,
    Consent,
    DecisionRight,
    Fund,
    FundSource,
    FundUse,
    HostCondition,
    Partnership,
    Phase,
    School,
    Service,
)
from planner.policy import Policy, Standard

HALF_TERMS_BY_FINANCIAL_YEAR = ((1, 2, 3, 4), (5, 6))
"""Half-terms 1-4 fall before 1 April, 5-6 after."""
MONTHS = 12
SEPTEMBER = 9
ASSUMED = "Assumed for this plan, not agreed"
"""How the condition of a host begins whose yes a plan takes for granted."""
STEP_POUNDS_A_MONTH = 10
"""Grants move in steps of £10 a month, so every month and both financial years are whole pounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSupply:
    """A service's half-day sessions in the year and what is taken off before any is shared."""

    service_id: str
    in_post_sessions: int
    statutory_sessions: int
    other_duties_sessions: int
    held_back_sessions: int
    shareable_sessions: int
    after_statutory_sessions: int
    vacant_sessions: int
    statutory_shortfall_sessions: int
    minimum_block_sessions: int

    def can_give_sessions(self, policy: Policy) -> bool:
        """Whether a service that is planned has enough left for anybody to get any, at a price if need be."""
        most = self.shareable_sessions if policy.is_hard("vacancy_held_back") else self.after_statutory_sessions
        return most >= (self.minimum_block_sessions if policy.is_hard("smallest_block") else 1)


def service_supply(partnership: Partnership, policy: Policy, service: Service) -> ServiceSupply:
    """Sessions of a service: in post, less statutory, less other duties and expected vacancy.

    Vacant posts give nothing. Nobody's statutory overload is paid from a colleague's time
    silently: the overload of the whole service is reported as a shortfall.
    """
    people = partnership.people_of(service.service_id)
    in_post = sum(p.sessions_a_year for p in people if not p.is_vacant)
    statutory = sum(p.statutory_sessions for p in people)
    other = sum(p.other_duties_sessions for p in people if not p.is_vacant)
    role = policy.role(service.role)
    after_statutory = max(0, in_post - statutory)
    before_vacancy = max(0, in_post - statutory - other)
    share = role.vacancy_held_back_percent if policy.is_on("vacancy_held_back") else Fraction(0)
    shareable = floor(before_vacancy * (100 - share) / 100) if policy.is_on("vacancy_held_back") else after_statutory
    if service.decision_right is DecisionRight.INFORMATION:
        shareable = 0
    block = service.minimum_block_sessions
    return ServiceSupply(
        service_id=service.service_id,
        in_post_sessions=in_post,
        statutory_sessions=statutory,
        other_duties_sessions=other,
        held_back_sessions=before_vacancy - floor(before_vacancy * (100 - share) / 100),
        shareable_sessions=shareable,
        after_statutory_sessions=after_statutory,
        vacant_sessions=sum(p.sessions_a_year for p in people if p.is_vacant),
        statutory_shortfall_sessions=max(0, statutory - in_post),
        minimum_block_sessions=max(1, role.minimum_block_sessions if block is None else block),
    )


# --- bases -----------------------------------------------------------------------------


def distance_squared(easting_a: int, northing_a: int, easting_b: int, northing_b: int) -> int:
    """Squared straight-line distance in square metres; exact, so compared without a root."""
    return (easting_a - easting_b) ** 2 + (northing_a - northing_b) ** 2


def school_of(partnership: Partnership, urn: int) -> School:
    """The member school with this URN."""
    return next(school for school in partnership.schools if school.urn == urn)


def host_condition(partnership: Partnership, urn: int) -> HostCondition:
    """A host's condition; a school that said nothing has not been asked."""
    found = [c for c in partnership.host_conditions if c.urn == urn]
    return found[0] if found else HostCondition(urn=urn, consent=Consent.NOT_ASKED)


def sizes_of(base: Base) -> tuple[int, ...]:
    """Sizes a base may run at, smallest first; an open base may always run as it is."""
    sizes = set(base.sizes)
    if base.is_open:
        sizes.add(places_now(base))
    return tuple(sorted(size for size in sizes if size > 0))


def consent_said(condition: HostCondition) -> str:
    """What a host says to a base: yes, no, not asked, or assumed."""
    return "assumed" if is_assumed(condition) else condition.consent.value


def is_assumed(condition: HostCondition) -> bool:
    """Whether a plan takes it that a host agrees, which has not."""
    return condition.condition.startswith(ASSUMED)


def places_now(base: Base) -> int:
    """Places a base has now, or its pupils if it is over-full; 0 when it is not open."""
    return max(base.places_now, base.pupils_now) if base.is_open else 0


def most_planned_places(partnership: Partnership, host: HostCondition) -> int | None:
    """The most places a plan may put at a host: what it agreed to, or has now if more, less what is not planned here."""
    if host.most_places is None:
        return None
    hosted = [b for b in partnership.bases if b.host_urn == host.urn]
    now = sum(places_now(b) for b in hosted)
    return max(host.most_places, now) - sum(places_now(b) for b in hosted if b.decision_right is DecisionRight.INFORMATION)


def smallest_useful_places(base: Base, policy: Policy) -> int:
    """Fewest places worth opening a base of this phase for."""
    return policy.bases.smallest_primary_places if base.phase is Phase.PRIMARY else policy.bases.smallest_secondary_places


def base_reaches(partnership: Partnership, policy: Policy, base: Base, urns: tuple[int, ...]) -> bool:
    """Whether a base is in reach of a zone: its host is a member of it, or near its pupils' centre."""
    if base.host_urn in urns:
        return True
    host = school_of(partnership, base.host_urn)
    weighted = [
        (school, school.primary_pupils if base.phase is Phase.PRIMARY else school.secondary_pupils)
        for school in partnership.schools
        if school.urn in urns
    ]
    pupils = sum(count for _, count in weighted)
    if not pupils:
        return False
    easting = sum(s.easting_metres * count for s, count in weighted) // pupils
    northing = sum(s.northing_metres * count for s, count in weighted) // pupils
    reach = policy.bases.primary_reach_metres if base.phase is Phase.PRIMARY else policy.bases.secondary_reach_metres
    return distance_squared(host.easting_metres, host.northing_metres, easting, northing) <= reach**2


def base_may_serve(partnership: Partnership, policy: Policy, base: Base, standard: Standard, urns: tuple[int, ...]) -> bool:
    """Whether any plan could give a zone a place in this base for this standard."""
    if base.decision_right is DecisionRight.INFORMATION or standard.need not in base.needs or standard.phase is not base.phase:
        return False
    may_run = base.is_open or host_condition(partnership, base.host_urn).consent is Consent.YES
    return may_run and bool(sizes_of(base)) and base_reaches(partnership, policy, base, urns)


def months_run(base: Base, policy: Policy) -> tuple[int, int]:
    """Months a base runs before 1 April and after: (7, 5), fewer for one that opens later, whole from the month its half-term begins in."""
    first, gone = policy.board.september_to_march_months, 0
    if is_part_year(base):
        gone = (int(policy.half_terms_begin[base.opens_in_half_term - 1][:2]) - SEPTEMBER) % MONTHS
    return max(0, first - gone), min(MONTHS - first, MONTHS - gone)


def place_share(base: Base) -> Fraction:
    """What of a year's place one place of a base is this school year: the half-terms it runs, of six."""
    return Fraction(1) if base.is_open else Fraction(HALF_TERMS + 1 - base.opens_in_half_term, HALF_TERMS)


def step_of(shares: Iterable[Fraction]) -> Fraction:
    """The largest share of a year of which all these shares are whole multiples."""
    each = list(shares)
    by = lcm(*(share.denominator for share in each))
    return Fraction(gcd(*(int(by * share) for share in each)) or 1, by)


def is_part_year(base: Base) -> bool:
    """Whether a base opens after the school year has begun."""
    return not base.is_open and base.opens_in_half_term > 1


def base_full_year_pounds(base: Base, size: int, policy: Policy) -> int:
    """Pounds the pool pays to run a base at a size for twelve months, after the council's place funding.

    One teacher for each started group of ``places_per_teacher``; a cost per place beside.
    """
    if size == 0:
        return 0
    return max(0, _teachers_pounds(base, size, policy) + size * place_pounds(base, policy))


def place_pounds(base: Base, policy: Policy) -> int:
    """Pounds a year that each place costs the pool beside teachers, after the council's place funding; it may be below nought."""
    place = policy.bases.place_cost_pounds if base.place_cost_pounds is None else base.place_cost_pounds
    return place - base.place_funding_pounds


def teacher_pounds(base: Base, policy: Policy) -> int:
    """Pounds a year for one teacher in charge."""
    return policy.bases.teacher_cost_pounds if base.teacher_cost_pounds is None else base.teacher_cost_pounds


def _teachers_pounds(base: Base, size: int, policy: Policy) -> int:
    """Pounds a year for the teachers in charge."""
    return -(-size // policy.bases.places_per_teacher) * teacher_pounds(base, policy)


def base_running_pounds(base: Base, size: int, policy: Policy) -> int:
    """Pounds the pool pays this year to run a base at a size: for the months it runs, rounded up to a pound."""
    return -(-base_full_year_pounds(base, size, policy) * sum(months_run(base, policy)) // MONTHS)


def base_lead_in_pounds(base: Base, size: int, policy: Policy) -> int:
    """Pounds for the teachers of a new base in the months before it opens, rounded up; nothing when it is open already."""
    return 0 if base.is_open else -(-_teachers_pounds(base, size, policy) * policy.bases.lead_in_months // MONTHS)


def base_march_twelfths(base: Base, size: int, policy: Policy) -> int:
    """Twelfths of a pound of running and lead-in that fall before 1 April; the lead-in is all counted there."""
    running = months_run(base, policy)[0] * base_full_year_pounds(base, size, policy)
    return running + MONTHS * base_lead_in_pounds(base, size, policy)


def first_year_places(base: Base, size: int, policy: Policy) -> int:
    """The most places a base of this size may give: those it has, and the board's percent of new ones, rounded up."""
    kept = min(size, places_now(base))
    return kept - floor(-(size - kept) * policy.board.cohort_fill_percent / 100)


def most_given_places(base: Base, size: int, policy: Policy) -> int:
    """The most places a base of this size gives this year where the rule of its first year is kept."""
    return first_year_places(base, size, policy) if policy.is_on("cohort_fill") else size


def base_opening_pounds(base: Base, policy: Policy) -> int:
    """One-off pounds to open a base; nothing when it is open already."""
    if base.is_open:
        return 0
    return policy.bases.opening_cost_pounds if base.opening_cost_pounds is None else base.opening_cost_pounds


# --- money -----------------------------------------------------------------------------


def is_planned(fund: Fund) -> bool:
    """Whether a plan may spend a fund: ours or a request, never information only."""
    return fund.decision_right is not DecisionRight.INFORMATION


def available_pounds(fund: Fund) -> tuple[int, int]:
    """Pounds of a fund by financial year, after last year's balance and money to return.

    An overspend larger than the first year's money runs on into the second.
    """
    if not is_planned(fund):
        return (0, 0)
    first = fund.september_to_march_pounds + fund.brought_forward_pounds - fund.must_return_pounds
    second = fund.april_to_august_pounds + min(first, 0)
    return (max(first, 0), max(second, 0))


def grant_months(fund: Fund, policy: Policy) -> tuple[int, int]:
    """Months in each financial year in which a fund pays grants: (7, 5), or only the year that has money."""
    first = policy.board.september_to_march_months
    has_first, has_second = (pounds > 0 for pounds in available_pounds(fund))
    if has_first != has_second:
        return (first, 0) if has_first else (0, MONTHS - first)
    return (first, MONTHS - first)


def grant_step_pounds(fund: Fund, policy: Policy) -> int:
    """The step in which a fund's grants move: £10 for every month it pays."""
    return STEP_POUNDS_A_MONTH * sum(grant_months(fund, policy))


def pays(fund: Fund, use: FundUse) -> bool:
    """Whether a fund may pay for a use in a plan."""
    return is_planned(fund) and use in fund.allowed_uses


def cash_pounds(partnership: Partnership, use: FundUse) -> tuple[int, int]:
    """Cash by financial year of the funds that may hold money for a use; capital is not cash."""
    funds = [f for f in partnership.funds if pays(f, use) and f.source is not FundSource.CAPITAL]
    return (sum(available_pounds(f)[0] for f in funds), sum(available_pounds(f)[1] for f in funds))


def contingency_pounds(partnership: Partnership, policy: Policy) -> tuple[int, int]:
    """Least contingency by financial year, whole pounds rounded up."""
    first, second = cash_pounds(partnership, FundUse.CONTINGENCY)
    share = policy.board.contingency_percent / 100
    return (-floor(-first * share), -floor(-second * share))


def moderated_pot_pounds(partnership: Partnership, policy: Policy) -> dict[int, int]:
    """Least money released to the moderated pot in each half-term, whole pounds rounded up."""
    least = {}
    for cash, half_terms in zip(cash_pounds(partnership, FundUse.MODERATED_POT), HALF_TERMS_BY_FINANCIAL_YEAR, strict=True):
        for half_term in half_terms:
            least[half_term] = -floor(-cash * policy.board.moderated_pot_percent / 100 / len(half_terms))
    return least
