"""The nouns a partnership brings: schools, funds, services, people, bases, last year, wishes.

All are frozen and keyword-only; money is whole pounds, specialist time whole half-day
sessions (3 hours), places whole places, pupils whole pupils. ``None`` means *unknown*,
never zero. ``planner.intake.sheets`` declares the sheet and column each field comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Phase of education as the planner uses it (middle-deemed phases are mapped at intake)."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    ALL_THROUGH = "all-through"


class DecisionRight(StrEnum):
    """Who decides on a resource: only *ours* is allocated, a *request* prints as a request."""

    OURS = "ours"
    REQUEST = "request to"
    INFORMATION = "information only"


class FundSource(StrEnum):
    """Colours of money (``domain.md`` 4)."""

    INCLUSIVE_MAINSTREAM_FUND = "inclusive mainstream fund"
    DEVOLVED_HIGH_NEEDS = "devolved high needs"
    EXPERTS_AT_HAND = "experts at hand"
    CAPITAL = "capital"
    CONTRIBUTIONS = "school contributions"
    OTHER = "other"


class FundUse(StrEnum):
    """What money may be spent on; a fund pays only for its allowed uses."""

    GRANTS = "grants to schools"
    SPECIALIST_TIME = "specialist time"
    BASE_RUNNING = "running bases"
    BASE_OPENING = "opening bases"
    MODERATED_POT = "moderated pot"
    CONTINGENCY = "contingency"


class Pot(StrEnum):
    """Money that schools may claim within the year."""

    MODERATED = "moderated pot"
    CONTINGENCY = "contingency"


class YearEnd(StrEnum):
    """What happens to money of a fund that is not spent by 31 March."""

    CARRY = "carry forward"
    RETURN = "return"


class BaseKind(StrEnum):
    """A support base is commissioned by the partnership, a specialist base by the council."""

    SUPPORT = "support base"
    SPECIALIST = "specialist base"


class Consent(StrEnum):
    """Whether a host school agrees to host a base."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not asked"


class Bound(StrEnum):
    """How a head's rule bounds an amount for their own school."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    EXACTLY = "exactly"


class OfferKind(StrEnum):
    """How a service sells more than one half-day at a time."""

    PACKAGE = "package"
    PRICE_BREAK = "price break"


ADDED = {"is_left_out_at_default": True}
"""Marks a field that plans written before it was added do not hold: documents leave it out while it says nothing."""

HALF_DAYS_IN_A_YEAR = 390
"""Half-days in a school year: 39 weeks of 10. No post can give more."""

HALF_TERMS = 6

GRANT_ITEM = "grant"
"""The item name of grant money in last year's rows and heads' rules; other items are service ids."""


AMOUNT_COLUMNS = {
    ("Funds", "September to March"),
    ("Funds", "April to August"),
    ("Services", "Price a session"),
    ("People", "Sessions a year"),
    ("People", "Statutory sessions"),
}
"""Sheets and headings whose assumed cells make a plan illustrative: how much there is, not how it is described."""


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A member school. Pupil counts are numbers on roll, split by phase of education."""

    urn: int
    name: str
    phase: Phase
    primary_pupils: int
    secondary_pupils: int
    easting_metres: int
    northing_metres: int
    zone: str = ""
    membership_percent: int = 100
    fsm6_pupils: int | None = None
    low_prior_attainment_pupils: int | None = None
    mobile_pupils: int | None = None
    idaci_pupils: int | None = None
    sen_support_pupils: int | None = None
    ehc_plan_pupils: int | None = None
    school_idaci_decile: int | None = None
    trust: str = ""
    religious_character: str = ""
    area_type: str = ""
    recorded_sen_urn: int | None = None
    note: str = ""

    @property
    def pupils(self) -> int:
        """All pupils on roll."""
        return self.primary_pupils + self.secondary_pupils


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedNeed:
    """SEN-support pupils recorded by primary need at one school, where the council supplies them."""

    urn: int
    need: str
    sen_support_pupils: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """One colour of money, whole pounds by financial year within the academic year.

    ``brought_forward_pounds`` may be negative (last year's overspend is a first call);
    ``must_return_pounds`` is last year's money that must go back and is never planned.
    """

    fund_id: str
    name: str
    source: FundSource
    september_to_march_pounds: int
    april_to_august_pounds: int
    brought_forward_pounds: int = 0
    must_return_pounds: int = 0
    year_end: YearEnd = YearEnd.RETURN
    allowed_uses: tuple[FundUse, ...] = ()
    decision_right: DecisionRight = DecisionRight.OURS
    request_to: str = ""
    request_by: str = ""
    conditions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a school pays into a fund this academic year (already counted in the fund's amounts)."""

    urn: int
    fund_id: str
    pounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that gives specialist time of one role. In-kind time has a price of 0."""

    service_id: str
    name: str
    role: str
    employer: str
    price_pounds_per_session: int
    minimum_block_sessions: int | None = None
    unused_time_is_lost: bool = True
    order_by: str = ""
    decision_right: DecisionRight = DecisionRight.REQUEST
    request_to: str = ""
    request_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a service sells to the partnership as one buyer; what is bought is worked out in ``planner.offers``.

    A package holds ``sessions`` half-days for ``pounds``, and at most ``most_bought`` may be had (None: any number).
    From ``sessions`` half-days on, a price break sells all of the service's half-days at ``pounds`` each.
    """

    offer_id: str
    service_id: str
    name: str
    kind: OfferKind
    sessions: int
    pounds: int
    most_bought: int | None = None

    @property
    def is_package(self) -> bool:
        """Whether it is bought whole."""
        return self.kind is OfferKind.PACKAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A post in a service. Sessions a year are deliverable half-days, net of leave and travel.

    ``half_term_sessions`` say how they fall on the six half-terms (none: by weeks); ``first_half_term`` and
    ``last_half_term`` (1-6, None: the whole year) when the person is there.
    """

    person_id: str
    service_id: str
    name: str
    sessions_a_year: int
    statutory_sessions: int = 0
    other_duties_sessions: int = 0
    is_vacant: bool = False
    drives: bool = True
    based_at_urn: int | None = None
    most_schools: int | None = None
    half_term_sessions: tuple[int, ...] = field(default=(), metadata=ADDED)
    first_half_term: int | None = field(default=None, metadata=ADDED)
    last_half_term: int | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An inclusion base, open now or possible, at one host and for one phase.

    ``sizes`` are the numbers of places at which it may run this year. Cost fields left
    ``None`` take the policy's default. ``place_funding_pounds`` is what the council pays
    a year for each place; the pool pays the rest. A base that is not open opens at the
    start of ``opens_in_half_term`` (1-6); one that is open runs all year.
    """

    base_id: str
    name: str
    host_urn: int
    phase: Phase
    needs: tuple[str, ...]
    kind: BaseKind
    is_open: bool
    places_now: int
    pupils_now: int
    sizes: tuple[int, ...]
    may_close: bool = False
    teacher_cost_pounds: int | None = None
    place_cost_pounds: int | None = None
    place_funding_pounds: int = 0
    opening_cost_pounds: int | None = None
    opens_in_half_term: int = field(default=1, metadata=ADDED)
    admissions_by: str = ""
    decision_right: DecisionRight = DecisionRight.REQUEST
    request_to: str = ""
    request_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCondition:
    """Whether a school agrees to host a new or larger base, and the most places it would host."""

    urn: int
    consent: Consent
    most_places: int | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYear:
    """What a school had last year: item is ``grant`` (pounds) or a service id (sessions)."""

    urn: int
    item: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYearLink:
    """Who came to a school from a service last year."""

    urn: int
    service_id: str
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRule:
    """A head's rule for their own school: item is ``grant`` (pounds) or a service id (sessions)."""

    rule_id: str
    urn: int
    item: str
    bound: Bound
    amount: int
    is_locked: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Money paid out of a pot within the year: day (YYYY-MM-DD), whole pounds, and for which school if for one."""

    draw_id: str
    date: str
    pot: Pot
    pounds: int
    urn: int | None = None
    what_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuery:
    """A question a school raised about one of its figures, and how it ended."""

    query_id: str
    urn: int
    sheet: str
    column: str
    was: str
    now: str
    outcome: str
    decided_on: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where figures come from: one cell, or a whole column when ``key`` is ``*``.

    An assumption stands only while the cell still holds ``value``: overwrite the cell
    and it is yours.
    """

    sheet: str
    key: str
    column: str
    value: str
    source: str
    date: str
    is_assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Partnership:
    """The whole picture a plan is made from, consistent by construction (see ``intake``)."""

    name: str
    academic_year: str
    council: str = ""
    accountable_body: str = ""
    lead_school_urn: int | None = None
    schools: tuple[School, ...]
    recorded_needs: tuple[RecordedNeed, ...] = ()
    funds: tuple[Fund, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    services: tuple[Service, ...] = ()
    people: tuple[Person, ...] = ()
    bases: tuple[Base, ...] = ()
    host_conditions: tuple[HostCondition, ...] = ()
    last_year: tuple[LastYear, ...] = ()
    head_rules: tuple[HeadRule, ...] = ()
    draws: tuple[Draw, ...] = field(default=(), metadata=ADDED)
    queries: tuple[DataQuery, ...] = ()
    sources: tuple[Source, ...] = ()
    offers: tuple[Offer, ...] = field(default=(), metadata=ADDED)
    last_year_links: tuple[LastYearLink, ...] = field(default=(), metadata=ADDED)

    @property
    def financial_years(self) -> tuple[str, str]:
        """The two financial years an academic year spans: September-March, April-August."""
        start = int(self.academic_year[:4])
        return (f"{start}-{(start + 1) % 100:02d}", f"{start + 1}-{(start + 2) % 100:02d}")

    def people_of(self, service_id: str) -> tuple[Person, ...]:
        """The posts of one service, in the order given."""
        return tuple(person for person in self.people if person.service_id == service_id)

    def is_illustrative(self) -> bool:
        """True while an amount of people or funds is still as assumed by ``planner build``."""
        return any(s.is_assumed and (s.sheet, s.column) in AMOUNT_COLUMNS for s in self.sources)

    def is_last_year_assumed(self) -> bool:
        """True while an amount of last year is still as assumed by ``planner build``."""
        return any(s.is_assumed and s.sheet == "Last year" for s in self.sources)
