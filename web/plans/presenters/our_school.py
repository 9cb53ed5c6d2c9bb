"""Our school: what goes in and out, what it gets and what waits, why its standards stand where they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import url_for

from planner.export.main_reasons import MainReason, main_reasons
from planner.export.priced import school_lines
from planner.export.roster_words import school_need_line
from planner.measures import SchoolLedger
from planner.partnership import GRANT_ITEM, DecisionRight, Fund, Service
from planner.reasons import lower_first
from planner.supply import grant_months
from web.plans.presenters.cells import in_hundredths, money, whole
from web.plans.presenters.frame import plan_url, to_take
from web.plans.presenters.school_why import BUTTON, WhyDoor, why_door
from web.plans.presenters.standard_lines import Ask, StandardGroup, groups, how_percent_counts, nowhere
from web.shelf import KeptPlan
from web.tables import ASKING, Heading, TableRow, TableView, ask_cell, row, table, words
from web.words import count, decision, due, hundredths, in_zone, listed, order, pounds, upper_first

_LONGEST_LINE = 150
"""Of the line that a question is about."""
_UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One line of what goes in and out; for the school's own head, where to ask about it."""

    label: str
    text: str
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePart:
    """A part of the page, and where on it it stands."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Whom to ask, by when, and for what."""

    ask: str
    whats: tuple[str, ...]


PARTS = (
    PagePart(anchor="reasons", title="Main reasons, and who could change them"),
    PagePart(anchor="why", title="Why, why not, and what it would take"),
    PagePart(anchor="in-and-out", title="In and out"),
    PagePart(anchor="gets", title="What the school gets"),
    PagePart(anchor="owes", title="What the school gives and does"),
    PagePart(anchor="waits", title="What waits for a yes"),
    PagePart(anchor="standards", title="The school's standards, one by one"),
    PagePart(anchor="zone-standards", title="Its zone's standards, one by one"),
    PagePart(anchor="bases", title="Bases at the school"),
)
"""In the order of what a head with three minutes reads first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolView:
    """Our school."""

    name: str
    about: str
    sentence: str
    ledger: tuple[LedgerLine, ...]
    has_roster: bool
    support: TableView
    support_note: str
    owes: tuple[str, ...]
    names: str
    waits: tuple[Wait, ...]
    reasons: tuple[MainReason, ...]
    why: WhyDoor
    why_button: str
    contents: tuple[PagePart, ...]
    own: tuple[StandardGroup, ...]
    percent: str
    zone_note: str
    shared: tuple[StandardGroup, ...]
    bases: TableView
    figures_href: str
    letter_href: str


def our_school(kept: KeptPlan, urn: int, *, may_ask: bool = False, why: WhyDoor | None = None) -> SchoolView | None:
    """Everything about one school, with a way to ask about each line for its own head; None where it is no member.

    ``why`` is how the answer to why stands (None: nobody asked).
    """
    facts = kept.facts
    ledger = next((x for x in facts.ledgers if x.school.urn == urn), None)
    if ledger is None:
        return None
    school, zone = ledger.school, facts.world.picture.zone_of(urn)
    others = [facts.names[str(u)] for u in zone.urns if u != urn]
    own = [c for c in facts.world.picture.cells if c.recipient == str(urn)]
    shared = [c for c in facts.world.picture.cells if c.recipient == zone.zone_id]
    ask = _asker(kept, urn) if may_ask else nowhere
    support = _support(ledger, kept)
    return SchoolView(
        name=school.name,
        about=f"URN {urn}, {school.phase.value}, {school.pupils:,} pupils on roll"
        + (f", {school.membership_percent} percent in this partnership" if school.membership_percent != 100 else ""),
        sentence=_sentence(ledger),
        ledger=tuple(
            replace(line, ask=ask(f"{line.label}: {line.text.partition('. ')[0].rstrip('.')}")) for line in _in_and_out(ledger, kept)
        ),
        has_roster=facts.plan.roster is not None,
        support=_with_questions(support, ask),
        support_note=_support_note(others, kept),
        owes=owes(ledger, kept),
        names=school_need_line(facts.plan, facts.world, urn),
        waits=_waits(ledger, kept),
        reasons=main_reasons(own, shared, kept.facts, decision),
        why=why or why_door(kept, urn, None, may_ask=False),
        why_button=BUTTON,
        contents=PARTS,
        own=groups(own, kept, ask),
        percent=how_percent_counts(facts.policy),
        zone_note=f"Planned for {in_zone(zone.zone_id)}" + (f", shared with {listed(others)}." if others else "."),
        shared=groups(shared, kept, ask),
        bases=_bases_here(urn, kept),
        figures_href=url_for("figures.school", partnership_id=kept.partnership_id, urn=urn),
        letter_href=plan_url(kept, "plans.letter", urn=urn),
    )


def tables_of_school(kept: KeptPlan, urn: int) -> tuple[TableView, ...]:
    """The school's tables as they are taken away."""
    ledger = next(x for x in kept.facts.ledgers if x.school.urn == urn)
    return (_support(ledger, kept), _bases_here(urn, kept))


def _asker(kept: KeptPlan, urn: int) -> Ask:
    def ask(line: str) -> str:
        return url_for("queries.ask", partnership_id=kept.partnership_id, urn=urn, line=line[:_LONGEST_LINE], plan=kept.plan_id)

    return ask


def _with_questions(view: TableView, ask: Ask) -> TableView:
    """A table with a way to ask about each row, where one may ask."""
    lines = [f"{r.cells[0].text}, {lower_first(r.cells[1].text)}: {r.cells[2].text}" for r in view.rows]
    if not view.rows or not ask(""):
        return view
    rows = tuple(
        TableRow(cells=(*r.cells, ask_cell(ask(line), line)), is_total=r.is_total) for r, line in zip(view.rows, lines, strict=True)
    )
    return replace(view, headings=(*view.headings, *words(ASKING)), rows=rows)


def _sentence(ledger: SchoolLedger) -> str:
    gets = f"This plan gives the school a grant of {pounds(ledger.grant_pounds)} and {count(ledger.own_sessions, 'half-day')} of its own"
    if not ledger.standards:
        return f"{gets}; no standard is planned for the school itself."
    partly = ledger.standards - ledger.met - ledger.under_half - ledger.out_of_reach
    stands = ((ledger.met, "fully met"), (partly, "partly met"), (ledger.under_half, "under half"), (ledger.out_of_reach, "out of reach"))
    said = [f"{n or 'none'} {'is' if n < 2 else 'are'} {word}" for n, word in stands if n or word == "fully met"]
    return f"{gets}; of its {count(ledger.standards, 'standard')} {listed(said)}."


# --- in and out --------------------------------------------------------------------------


def _in_and_out(ledger: SchoolLedger, kept: KeptPlan) -> tuple[LedgerLine, ...]:
    before, known = ledger.last_year_grant_pounds or 0, ledger.last_year_grant_pounds is not None
    time_before = ledger.last_year_sessions or 0
    last = _beside(ledger.grant_pounds, before, pounds, "less") if known else " Last year is not known."
    last_time = _beside(ledger.own_sessions, time_before, lambda n: f"{n:,}", "fewer") if known else ""
    places = (
        f"{hundredths(ledger.places_share_hundredths)} of the places given to its zone, as its share by expected pupils. "
        f"The school hosts {count(ledger.base_places_hosted, 'place') if ledger.base_places_hosted else 'none'}."
    )
    return (
        LedgerLine(label="Pays in", text=f"{pounds(ledger.paid_in_pounds)} into the pool."),
        LedgerLine(label="Grant", text=f"{pounds(ledger.grant_pounds)} a year.{last}"),
        LedgerLine(
            label="Specialist time",
            text=f"{count(ledger.own_sessions, 'half-day')}, worth {pounds(ledger.priced_sessions_pounds)}.{last_time}",
        ),
        LedgerLine(label="Net", text=f"{pounds(ledger.net_pounds)}: grant and the value of half-days, less what is paid in."),
        LedgerLine(label="Base places", text=places),
        LedgerLine(label="The head's rules", text=_head_rules(ledger, kept)),
        *gives_way_lines(ledger, kept),
    )


def gives_way_lines(ledger: SchoolLedger, kept: KeptPlan) -> tuple[LedgerLine, ...]:
    """What the board lets give way at a price at this school, said plainly; no line where nothing does."""
    lines = school_lines(kept.facts.world, kept.facts.amounts, ledger.school.urn)
    return (LedgerLine(label="What gives way", text=" ".join(lines)),) if lines else ()


def _beside(now: int, before: int, show: Callable[[int], str], less: str) -> str:
    """A sentence that sets a figure beside last year's."""
    if now == before:
        return " That is the same as last year."
    return f" That is {show(abs(now - before))} {'more' if now > before else less} than last year ({show(before)})."


def _head_rules(ledger: SchoolLedger, kept: KeptPlan) -> str:
    items = {s.service_id: f"half-days of {s.name}" for s in kept.facts.partnership.services} | {GRANT_ITEM: "grant"}
    given = [
        f"{upper_first(items.get(w.item, w.item))}: {w.bound.value} {pounds(w.amount) if w.item == GRANT_ITEM else format(w.amount, ',')}"
        + (f" ({w.reason})" if w.reason else "")
        + (", locked" if w.is_locked else "")
        for w in kept.facts.partnership.head_rules
        if w.urn == ledger.school.urn
    ]
    return "; ".join(given) + "." if given else "None given."


# --- what the school gets ----------------------------------------------------------------


def _support(ledger: SchoolLedger, kept: KeptPlan) -> TableView:
    """Grants, the school's own half-days, and what it may count on of its zone's, beside last year."""
    facts, urn = kept.facts, ledger.school.urn
    last = {r.item: r.amount for r in facts.partnership.last_year if r.urn == urn}
    known = ledger.last_year_grant_pounds is not None
    rows = []
    granting = [(f, facts.amounts.grants[urn, f.fund_id]) for f in facts.grant_funds() if facts.amounts.grants.get((urn, f.fund_id))]
    for fund, granted in granting:
        before = money(last.get(GRANT_ITEM, 0)) if known and len(granting) == 1 else "not split by fund" if known else _UNKNOWN
        right = decision(fund.decision_right, fund.request_to, fund.request_by)
        rows.append(row(fund.name, "Grant", money(granted), before, _months(fund, granted, kept), right))
    own, shared = dict(ledger.sessions), dict(ledger.zone_share_sessions_hundredths)
    for service in facts.partnership.services:
        whom = service.name if not service.employer or service.employer in service.name else f"{service.name}, {service.employer}"
        for_zone = facts.policy.role(service.role).serves == "zone"
        who = from_whom(kept, service, facts.world.picture.zone_of(urn).zone_id if for_zone else str(urn))
        when = (who or "Over the year") + (f"; {order(service.order_by)}" if service.order_by else "")
        right = decision(service.decision_right, service.request_to, service.request_by)
        before_n = last.get(service.service_id, 0)
        if own.get(service.service_id) or (before_n and facts.policy.role(service.role).serves == "school"):
            now = whole(own.get(service.service_id, 0))
            rows.append(row(whom, "Half-days", now, whole(before_n) if known else _UNKNOWN, when, right))
        if service.service_id in shared:
            rows.append(row(whom, "Half-days, share of the zone's", in_hundredths(shared[service.service_id]), "not split", when, right))
    view = table(
        "What the school gets, from whom and when",
        (*words("From whom", "What"), Heading(text="This year", is_number=True), Heading(text="Last year", is_number=True), *words("When" if facts.plan.roster is None else "Who comes, and when", "Who decides")),
        rows,
        empty="The plan gives the school no grant and no half-days.", is_caption_hidden=True,
    )  # fmt: skip
    return to_take(kept, f"school-{urn}-gets", view)


def from_whom(kept: KeptPlan, service: Service, recipient: str) -> str:
    """Who gives a school or zone its half-days and in which half-terms, and how many nobody can give; '' in a plan without names."""
    roster = kept.facts.plan.roster
    if roster is None:
        return ""
    told, said = kept.facts.told, []
    proposed = "" if service.decision_right is DecisionRight.OURS else " (proposed)"
    for_zone = kept.facts.policy.role(service.role).serves == "zone"
    what = "the zone's half-days in half-terms 1 to 6" if for_zone else "half-terms 1 to 6"
    for person_id in told.people_for(service.service_id, recipient):
        name = next(p.name for p in kept.facts.partnership.people if p.person_id == person_id)
        days = told.given[service.service_id][person_id, recipient]
        said.append(f"{name}{proposed}, {what}: {', '.join(str(n) for n in days)}")
    said += [
        f"{'nobody' if said else 'Nobody'} yet for {count(short.half_days, 'half-day')}"
        for short in roster.undelivered
        if (short.service_id, short.recipient) == (service.service_id, recipient)
    ]
    return "; ".join(said)


def _months(fund: Fund, granted: int, kept: KeptPlan) -> str:
    first, second = grant_months(fund, kept.facts.policy)
    to_march = granted * first // (first + second)
    return f"By the month: {pounds(to_march)} from September to March, {pounds(granted - to_march)} from April to August"


def _support_note(others: list[str], kept: KeptPlan) -> str:
    note = "The plan gives half-days for the whole year; it does not say yet in which half-term."
    if kept.facts.plan.roster is not None:
        note = "Names and half-terms are a proposal to the employing service wherever the service is not ours to decide."
    if kept.facts.services("zone"):
        whom = f" with {listed(others)}" if others else ""
        note += f" The school shares its zone's time{whom}: the share is what it may count on, by expected pupils."
    return note


def owes(ledger: SchoolLedger, kept: KeptPlan) -> tuple[str, ...]:
    """What the school pays in, fund by fund, the places it hosts, and the orders that its half-days need."""
    facts, urn = kept.facts, ledger.school.urn
    funds = {fund.fund_id: fund.name for fund in facts.partnership.funds}
    paid = [f"It pays {pounds(c.pounds)} into {funds[c.fund_id]}." for c in facts.partnership.contributions if c.urn == urn and c.pounds]
    hosted = [(b, facts.amounts.base_sizes.get(b.base_id, 0)) for b in facts.partnership.bases if b.host_urn == urn]
    hosts = [f"It hosts {base.name}, with {count(size, 'place')}." for base, size in hosted if size]
    own = dict(ledger.sessions)
    orders = [
        due(f"Order {count(own[service.service_id], 'half-day')} of {service.name}", service.order_by) + "."
        for service in facts.partnership.services
        if service.order_by and own.get(service.service_id)
    ]
    return (*paid, *hosts, *orders)


def _waits(ledger: SchoolLedger, kept: KeptPlan) -> tuple[Wait, ...]:
    """What holds only if somebody else says yes: whom to ask, for what, by when."""
    facts, urn = kept.facts, ledger.school.urn
    asked: dict[tuple[str, str], list[str]] = {}

    def add(right: DecisionRight, to: str, by: str, what: str) -> None:
        if right is DecisionRight.REQUEST:
            asked.setdefault((to, by), []).append(what)

    for fund in facts.grant_funds():
        granted = facts.amounts.grants.get((urn, fund.fund_id), 0)
        if granted:
            add(fund.decision_right, fund.request_to or fund.name, fund.request_by, f"{fund.name}: {pounds(granted)}")
    own, shared = dict(ledger.sessions), dict(ledger.zone_share_sessions_hundredths)
    for service in facts.partnership.services:
        to, n = service.request_to or service.employer or service.name, own.get(service.service_id, 0)
        if n:
            add(service.decision_right, to, service.request_by, f"{service.name}: {count(n, 'half-day')}")
        if shared.get(service.service_id):
            add(service.decision_right, to, service.request_by, f"{service.name}: the zone's half-days")
    for base in facts.partnership.bases:
        size = facts.amounts.base_sizes.get(base.base_id, 0)
        if base.host_urn == urn and size:
            to = base.request_to or facts.partnership.council or "the council"
            add(base.decision_right, to, base.request_by, f"{base.name}: {count(size, 'place')}")
    return tuple(Wait(ask=due(f"Ask {to}", by), whats=tuple(whats)) for (to, by), whats in asked.items())


# --- bases -------------------------------------------------------------------------------


def _bases_here(urn: int, kept: KeptPlan) -> TableView:
    facts = kept.facts
    rows = [
        row(b.name, whole(b.places_now) if b.is_open else "not open", whole(facts.amounts.base_sizes.get(b.base_id, 0)),
            decision(b.decision_right, b.request_to, b.request_by))
        for b in facts.partnership.bases if b.host_urn == urn
    ]  # fmt: skip
    headings = (
        *words("Base"),
        Heading(text="Places now", is_number=True),
        Heading(text="In this plan", is_number=True),
        *words("Who decides"),
    )
    view = table("Bases at the school", headings, rows, empty="No base is here and none is offered.", is_caption_hidden=True)
    return to_take(kept, f"school-{urn}-bases", view)
