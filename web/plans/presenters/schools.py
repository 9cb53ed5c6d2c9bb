"""Schools: the ledger of all, who gets more and who gets less, and our school's own page."""

from __future__ import annotations

from dataclasses import dataclass

from planner.export.plan_standards import MET, OUT_OF_REACH, PARTLY, UNDER_HALF, status
from planner.export.summary import RARE_LEFT_OUT, day, summary_lines
from planner.measures import SchoolLedger
from planner.need import PLACE, WHOLE, Cell
from planner.partnership import GRANT_ITEM, DecisionRight, Service
from web.charts import DotPlot, DotRow, dot_plot
from web.plans.presenters.frame import plan_url, school_link
from web.shelf import KeptPlan
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import change, count, hundredths, pounds, pounds_change, signed, upper_first

TAGS = {MET: "green", PARTLY: "blue", UNDER_HALF: "yellow", OUT_OF_REACH: "grey"}
_ORDER = (UNDER_HALF, OUT_OF_REACH, PARTLY, MET)
_UNKNOWN = "not known"


# --- the ledger --------------------------------------------------------------------------


def ledger_table(kept: KeptPlan) -> TableView:
    """In and out of every school, and where its standards stand."""
    ledgers = kept.facts.ledgers
    rows = [
        row(
            school_link(kept, x.school.urn, x.school.name),
            pounds(x.paid_in_pounds), pounds(x.grant_pounds), f"{x.own_sessions:,}", pounds(x.priced_sessions_pounds), pounds(x.net_pounds),
            hundredths(x.places_share_hundredths), f"{x.base_places_hosted:,}",
            f"{x.met:,} of {x.standards:,}", f"{x.under_half:,}", f"{x.out_of_reach:,}",
        )
        for x in ledgers
    ]  # fmt: skip
    total = row(
        "All schools",
        pounds(sum(x.paid_in_pounds for x in ledgers)), pounds(sum(x.grant_pounds for x in ledgers)),
        f"{sum(x.own_sessions for x in ledgers):,}", pounds(sum(x.priced_sessions_pounds for x in ledgers)),
        pounds(sum(x.net_pounds for x in ledgers)), hundredths(sum(x.places_share_hundredths for x in ledgers)),
        f"{sum(x.base_places_hosted for x in ledgers):,}", f"{sum(x.met for x in ledgers):,} of {sum(x.standards for x in ledgers):,}",
        f"{sum(x.under_half for x in ledgers):,}", f"{sum(x.out_of_reach for x in ledgers):,}", is_total=True,
    )  # fmt: skip
    return table(
        "In and out of each school, academic year",
        (
            *words("School"),
            *numbers(
                "Pays in", "Grant", "Half-days", "Their value", "Net",
                "Share of zone's places", "Base places hosted", "Standards met", "Under half", "Out of reach",
            ),
        ),
        [*rows, total],
    )  # fmt: skip


# --- more and less -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesView:
    """Who gets more and who gets less than last year."""

    sentence: str
    chart: DotPlot | None
    grants: TableView
    half_days: TableView
    note: str


def changes(kept: KeptPlan) -> ChangesView:
    """Every school beside last year, biggest changes first."""
    facts = kept.facts
    known = [x for x in facts.ledgers if x.last_year_grant_pounds is not None]
    by_grant = sorted(known, key=lambda x: (-(x.grant_pounds - (x.last_year_grant_pounds or 0)), x.school.name))
    by_time = sorted(known, key=lambda x: (-(x.own_sessions - (x.last_year_sessions or 0)), x.school.name))
    unknown = [x.school.name for x in facts.ledgers if x.last_year_grant_pounds is None]
    left_out = f"{upper_first(RARE_LEFT_OUT)}." if facts.services("zone") else ""
    return ChangesView(
        sentence=signed(summary_lines(facts.plan, facts.world)[1]),
        chart=_grants_chart(by_grant) if by_grant else None,
        grants=table(
            "Grants, pounds a year",
            (*words("School"), *numbers("Last year", "This plan", "Change")),
            [
                row(school_link(kept, x.school.urn, x.school.name), pounds(x.last_year_grant_pounds or 0), pounds(x.grant_pounds),
                    pounds_change(x.grant_pounds - (x.last_year_grant_pounds or 0)))
                for x in by_grant
            ],
            empty="Last year's amounts are not known.",
        ),
        half_days=table(
            "Half-days of specialist time for the school itself",
            (*words("School"), *numbers("Last year", "This plan", "Change")),
            [
                row(school_link(kept, x.school.urn, x.school.name), f"{x.last_year_sessions or 0:,}", f"{x.own_sessions:,}",
                    change(x.own_sessions - (x.last_year_sessions or 0)))
                for x in by_time
            ],
            empty="Last year's amounts are not known.",
        ),
        note=left_out + (f" Last year is not known for {', '.join(unknown)}." if unknown and known else ""),
    )  # fmt: skip


def _grants_chart(ledgers: list[SchoolLedger]) -> DotPlot:
    return dot_plot(
        title="Grants: last year and this plan",
        before="last year",
        after="this plan",
        show=pounds,
        rows=[
            DotRow(
                name=x.school.name,
                before=x.last_year_grant_pounds or 0,
                after=x.grant_pounds,
                change=pounds_change(x.grant_pounds - (x.last_year_grant_pounds or 0)),
            )
            for x in ledgers
        ],
    )


# --- our school --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and what it says."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLine:
    """One standard at the school or its zone: where it stands and why."""

    name: str
    status: str
    tag: str
    percent: str
    pupils: str
    why: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardGroup:
    """Standards that stand alike."""

    title: str
    lines: tuple[StandardLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolView:
    """Our school."""

    name: str
    about: str
    sentence: str
    ledger: tuple[Fact, ...]
    support: TableView
    zone_title: str
    zone: TableView
    bases: TableView
    own: tuple[StandardGroup, ...]
    shared: tuple[StandardGroup, ...]


def our_school(kept: KeptPlan, urn: int) -> SchoolView | None:
    """Everything about one school; None where it is no member."""
    ledger = next((x for x in kept.facts.ledgers if x.school.urn == urn), None)
    if ledger is None:
        return None
    school, facts = ledger.school, kept.facts
    zone = facts.world.picture.zone_of(urn)
    others = [facts.names[str(u)] for u in zone.urns if u != urn]
    partly = ledger.standards - ledger.met - ledger.under_half - ledger.out_of_reach
    return SchoolView(
        name=school.name,
        about=f"URN {urn}, {school.phase.value}, {school.pupils:,} pupils on roll"
        + (f", {school.membership_percent} percent in this partnership" if school.membership_percent != 100 else ""),
        sentence=f"Of {count(ledger.standards, 'standard')} planned for the school itself {ledger.met:,} "
        f"{'is' if ledger.met == 1 else 'are'} fully met, {partly or 'none'} partly met, {ledger.under_half or 'none'} under half and {ledger.out_of_reach or 'none'} out of reach.",
        ledger=_ledger_facts(ledger, kept),
        support=_support(ledger, kept),
        zone_title=f"Shared in zone {zone.zone_id}" + (f" with {', '.join(others)}" if others else ""),
        zone=_zone_support(ledger, kept),
        bases=_bases_here(urn, kept),
        own=_groups([c for c in facts.world.picture.cells if c.recipient == str(urn)], kept),
        shared=_groups([c for c in facts.world.picture.cells if c.recipient == zone.zone_id], kept),
    )


def _ledger_facts(ledger: SchoolLedger, kept: KeptPlan) -> tuple[Fact, ...]:
    before, known = ledger.last_year_grant_pounds or 0, ledger.last_year_grant_pounds is not None
    time_before = ledger.last_year_sessions or 0
    last = f" Last year {pounds(before)}: {pounds_change(ledger.grant_pounds - before)}." if known else " Last year is not known."
    last_time = f" Last year {time_before:,}: {change(ledger.own_sessions - time_before)}." if known else ""
    wishes = [w for w in kept.facts.partnership.head_rules if w.urn == ledger.school.urn]
    items = {s.service_id: f"half-days of {s.name}" for s in kept.facts.partnership.services} | {GRANT_ITEM: "grant"}
    rules = [
        f"{upper_first(items.get(w.item, w.item))}: {w.bound.value} {pounds(w.amount) if w.item == GRANT_ITEM else format(w.amount, ',')}"
        + (f" ({w.reason})" if w.reason else "")
        + (", locked" if w.is_locked else "")
        for w in wishes
    ]
    return (
        Fact(label="Pays in", text=f"{pounds(ledger.paid_in_pounds)} into the pool."),
        Fact(label="Grant", text=signed(f"{pounds(ledger.grant_pounds)} a year.{last}")),
        Fact(
            label="Specialist time",
            text=signed(f"{count(ledger.own_sessions, 'half-day')}, worth {pounds(ledger.priced_sessions_pounds)}.{last_time}"),
        ),
        Fact(label="Net", text=f"{pounds(ledger.net_pounds)}: grant and the value of half-days, less what is paid in."),
        Fact(label="Base places", text=f"{hundredths(ledger.places_share_hundredths)} of the zone's, by expected pupils; "
             f"{count(ledger.base_places_hosted, 'place')} hosted here."),
        Fact(label="The head's rules", text="; ".join(rules) + "." if rules else "None given."),
    )  # fmt: skip


def _right(service_right: DecisionRight, to: str, by: str) -> str:
    if service_right is DecisionRight.REQUEST:
        return f"needs a yes from {to or 'its holder'}" + (f" by {day(by)}" if by else "")
    return "ours to give" if service_right is DecisionRight.OURS else "for information"


def _service_row(service: Service, now: str, before: str | None) -> TableRow:
    whom = service.name if not service.employer or service.employer in service.name else f"{service.name} ({service.employer})"
    cells = [whom, now, *([before] if before is not None else [])]
    right = _right(service.decision_right, service.request_to, service.request_by)
    return row(*cells, upper_first(right), f"Order by {day(service.order_by)}" if service.order_by else "No date given")


def _support(ledger: SchoolLedger, kept: KeptPlan) -> TableView:
    """What from whom by when, beside last year."""
    facts, urn = kept.facts, ledger.school.urn
    last = {r.item: r.amount for r in facts.partnership.last_year if r.urn == urn}
    known = ledger.last_year_grant_pounds is not None
    rows = []
    for fund in facts.grant_funds():
        granted = facts.amounts.grants.get((urn, fund.fund_id), 0)
        if granted:
            rows.append(
                row(f"Grant from {fund.name}", pounds(granted), _grant_before(last, known=known), upper_first(_right(fund.decision_right, fund.request_to, fund.request_by)),
                    "Paid by the month")
            )  # fmt: skip
    given = dict(ledger.sessions)
    for service in facts.services("school"):
        now, before = given.get(service.service_id, 0), last.get(service.service_id, 0)
        if now or before:
            rows.append(_service_row(service, count(now, "half-day"), f"{before:,}" if known else _UNKNOWN))
    return table(
        "What the school gets, from whom, by when",
        words("From whom", "This year", "Last year", "Who decides", "By when"),
        rows,
        empty="The plan gives the school no grant and no half-days of its own.",
    )


def _grant_before(last: dict[str, int], *, known: bool) -> str:
    """Last year's grant, which its rows do not split by fund."""
    return f"{pounds(last.get(GRANT_ITEM, 0))} from all funds" if known else _UNKNOWN


def _zone_support(ledger: SchoolLedger, kept: KeptPlan) -> TableView:
    shared = dict(ledger.zone_share_sessions_hundredths)
    rows = [
        _service_row(service, f"{hundredths(shared[service.service_id])} half-days", None)
        for service in kept.facts.services("zone")
        if service.service_id in shared
    ]
    return table(
        "What the school may count on of its zone's time, by expected pupils", words("From whom", "Share", "Who decides", "By when"), rows,
        empty="The zone is given no half-days.",
    )  # fmt: skip


def _bases_here(urn: int, kept: KeptPlan) -> TableView:
    facts = kept.facts
    rows = [
        row(b.name, f"{b.places_now:,}" if b.is_open else "not open", count(facts.amounts.base_sizes.get(b.base_id, 0), "place"),
            upper_first(_right(b.decision_right, b.request_to, b.request_by)))
        for b in facts.partnership.bases if b.host_urn == urn
    ]  # fmt: skip
    return table(
        "Bases at the school", words("Base", "Now", "In this plan", "Who decides"), rows, empty="No base is here and none is offered."
    )


def _groups(cells: list[Cell], kept: KeptPlan) -> tuple[StandardGroup, ...]:
    stands = {word: [c for c in cells if status(c, kept.facts.amounts) == word] for word in _ORDER}
    return tuple(
        StandardGroup(title=f"{upper_first(word)}: {len(group)}", lines=tuple(standard_line(c, kept) for c in group))
        for word, group in stands.items()
        if group
    )


def standard_line(cell: Cell, kept: KeptPlan) -> StandardLine:
    """One standard with its reason; the reason's own heading is left off, as the line has said it."""
    facts = kept.facts
    reason = facts.reasons.get((cell.recipient, cell.standard_id))
    word = status(cell, facts.amounts)
    met = facts.amounts.need_met.get(cell.cell_id, 0)
    sentences = reason.sentence if reason else ""
    why = sentences.partition(" percent. ")[2] or sentences.partition(" is out of reach. ")[2] or sentences
    unit = "places" if any(i == PLACE for i, _ in cell.requirements) else "pupils"
    return StandardLine(
        name=facts.policy.standard(cell.standard_id).name,
        status=word,
        tag=TAGS[word],
        percent=f"{reason.need_met_percent if reason else 100 * met // WHOLE} percent",
        pupils=f"{hundredths(cell.pupils_hundredths)} expected {'pupil' if cell.pupils_hundredths == 100 else 'pupils'}"
        + (", each needs a base place" if unit == "places" else ""),
        why=why or "Everything it asks for is given.",
        href=plan_url(kept, "plans.standard", standard_id=cell.standard_id),
    )


def recipient_cell(recipient: str, kept: KeptPlan) -> TableCell:
    """A school's name as a link, or a zone's."""
    name = kept.facts.names[recipient]
    zones = {zone.zone_id for zone in kept.facts.world.picture.zones}
    return TableCell(text=f"Zone {name}") if recipient in zones else school_link(kept, int(recipient), name)
