"""What the pool gives: services with whom they go to, bases with their places, money by fund."""

from __future__ import annotations

from dataclasses import dataclass

from planner.buying import buying_words, price_words
from planner.export.plan_facts import Facts
from planner.export.roster_words import roster_lines, undelivered_lines
from planner.export.summary import opens_when
from planner.measures import SPENDING_USES
from planner.need import PLACE
from planner.partnership import Base, Fund, FundUse, Service, YearEnd
from planner.reasons import half_days
from planner.supply import (
    base_full_year_pounds,
    base_lead_in_pounds,
    base_opening_pounds,
    base_running_pounds,
    consent_said,
    host_condition,
    is_assumed,
)
from web.charts import BarLine, Bars, Kind, bars
from web.plans.presenters.cells import in_hundredths, money, whole
from web.plans.presenters.frame import plan_url, school_link, to_take
from web.plans.presenters.standard_lines import recipient_cell
from web.shelf import KeptPlan
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, decision, pounds, upper_first

_BASES_LINE, _MONEY_LINE = 3, 4
"""Where bases and money stand in the plan's summary of eight lines."""


# --- services ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBlock:
    """One service and everybody it goes to."""

    anchor: str
    name: str
    sentence: str
    given: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesView:
    """All services; ``names`` is what the names come to, where the plan has any."""

    names: tuple[str, ...]
    chart: Bars
    supply: TableView
    blocks: tuple[ServiceBlock, ...]


def services(kept: KeptPlan) -> ServicesView:
    """Half-days to share by service, then who gets them."""
    facts = kept.facts
    rows = []
    for service in facts.partnership.services:
        supply, given = facts.supply[service.service_id], facts.given(service.service_id)
        rows.append(
            row(
                TableCell(text=service.name, href=f"#service-{service.service_id}"), facts.policy.role(service.role).name,
                whole(supply.in_post_sessions), whole(supply.statutory_sessions), whole(supply.other_duties_sessions),
                whole(supply.held_back_sessions), whole(supply.shareable_sessions), whole(given), whole(supply.shareable_sessions - given),
                decision(service.decision_right, service.request_to, service.request_by),
            )
        )  # fmt: skip
    headings = (
        *words("Service", "Role"),
        *numbers("In post", "Statutory, first", "Other duties", "Held back", "Can be shared", "Given", "Left"),
        *words("Who decides"),
    )
    supply_view = table("Half-days a year, by service", headings, rows, empty="The partnership has no service.")
    names = () if facts.plan.roster is None else (*roster_lines(facts.plan, facts.world), *undelivered_lines(facts.plan, facts.world))
    return ServicesView(
        names=names,
        chart=_given_chart(kept),
        supply=to_take(kept, "services", supply_view),
        blocks=tuple(_service_block(service, number, kept) for number, service in enumerate(facts.partnership.services, start=1)),
    )


def _given_chart(kept: KeptPlan) -> Bars:
    lines = []
    for service in kept.facts.partnership.services:
        given, of = kept.facts.given(service.service_id), kept.facts.supply[service.service_id].shareable_sessions
        if of:
            lines.append(BarLine(name=service.name, amounts=(given, max(0, of - given)), figure=f"{given:,} of {of:,}"))
    return bars(
        anchor="given-chart",
        title="Half-days given, of those that can be shared",
        kinds=(Kind(fill="solid", words="given"), Kind(fill="empty", words="left")),
        lines=lines,
    )


def _service_block(service: Service, number: int, kept: KeptPlan) -> ServiceBlock:
    facts = kept.facts
    supply, given = facts.supply[service.service_id], facts.given(service.service_id)
    last = {(str(r.urn), r.item): r.amount for r in facts.partnership.last_year}
    has_last = {str(r.urn) for r in facts.partnership.last_year}
    rows = [
        row(recipient_cell(recipient, kept), whole(n), whole(last.get((recipient, service.service_id), 0)) if recipient in has_last else "not known")
        for recipient in facts.names
        if (n := facts.amounts.sessions.get((recipient, service.service_id), 0))
    ]  # fmt: skip
    price = price_words(facts.partnership, service)
    to_buy = buying_words(facts.partnership, service, facts.bought[number - 1][1])
    short = supply.statutory_shortfall_sessions
    view = table(
        f"{service.name}: who gets its time",
        (*words("School or zone"), *numbers("Half-days", "Last year")),
        rows,
        empty="Nobody: nothing of it can be shared." if not supply.shareable_sessions else "Nobody in this plan.",
        is_caption_hidden=True,
    )
    return ServiceBlock(
        anchor=f"service-{service.service_id}",
        name=service.name,
        sentence=f"{upper_first(half_days(given))} given of {supply.shareable_sessions:,} that can be shared. {price} "
        f"A school or zone gets none or at least {supply.minimum_block_sessions}."
        + (f" {to_buy}" if to_buy else "")
        + (f" It is {half_days(short)} short of its statutory work: raise this with {service.employer or 'its employer'}." if short else "")
        + (
            f" {upper_first(half_days(supply.vacant_sessions))} of its posts are vacant and give nothing." if supply.vacant_sessions else ""
        ),
        given=to_take(kept, f"time-of-service-{number}", view),
    )


# --- bases -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BasesView:
    """Bases and their places."""

    sentence: str
    assumed: tuple[str, ...]
    bases: TableView
    costs: TableView
    places: TableView


def bases(kept: KeptPlan) -> BasesView:
    """Every base with its size now and in the plan, its cost, and whose its places are."""
    facts = kept.facts
    given: dict[str, int] = {}
    for (base_id, _), n in facts.amounts.places.items():
        given[base_id] = given.get(base_id, 0) + n
    return BasesView(
        sentence=facts.lines[_BASES_LINE],
        assumed=tuple(one.condition for one in facts.partnership.host_conditions if is_assumed(one)),
        bases=to_take(kept, "bases", table(
            "Bases: now and in this plan",
            (
                *words("Base", "Host", "Is for"),
                *numbers("Places now", "Planned places", "Given to zones", "Not given to zones", "Pupils there now"),
                *words("In this plan", "Who decides"),
            ),
            [_base_row(b, given.get(b.base_id, 0), kept) for b in facts.partnership.bases],
            empty="No base is open and none is offered.",
        )),
        costs=to_take(kept, "base-costs", table(
            f"What bases cost the pool, pounds {'this' if facts.opens_bases else 'a'} year",
            (*words("Base"), *numbers("Running", *_also_headed(facts), "Opening, once"), *words("Host agrees")),
            [_cost_row(b, kept) for b in facts.partnership.bases]
            + [
                row(
                    "All bases", money(facts.running_pounds), *_also(facts, facts.lead_in_pounds, facts.bases_next_year_pounds),
                    money(facts.opening_pounds), "", is_total=True,
                )
            ],
        )),
        places=to_take(kept, "places", table(
            "Places by base, zone and standard",
            (*words("Base", "Zone", "Standard"), *numbers("Places needed", "Places given")),
            _place_rows(kept),
            empty="No place is given.",
        )),
    )  # fmt: skip


def _base_row(base: Base, given: int, kept: KeptPlan) -> TableRow:
    facts = kept.facts
    size = facts.amounts.base_sizes.get(base.base_id, 0)
    needs = {n.code: n.name for n in facts.policy.need_types}
    if base.is_open:
        state = "closes" if not size else f"stays at {size}" if size == base.places_now else f"goes from {base.places_now} to {size}"
    else:
        state = f"opens with {count(size, 'place')}{opens_when(base)}" if size else "does not open"
    return row(
        base.name, school_link(kept, base.host_urn, facts.names[str(base.host_urn)]),
        f"{'; '.join(needs.get(n, n) for n in base.needs)}. {upper_first(base.phase.value)}, {base.kind.value}",
        whole(base.places_now) if base.is_open else "not open", whole(size), whole(given), whole(max(0, size - given)), whole(base.pupils_now),
        upper_first(state), decision(base.decision_right, base.request_to, base.request_by),
    )  # fmt: skip


def _also_headed(facts: Facts) -> list[str]:
    """Headings of what a base costs beside this year's running, where the plan has any of it."""
    return [*(["Teachers before it opens"] if facts.lead_in_pounds else []), *(["Next year, all year"] if facts.opens_bases else [])]


def _also(facts: Facts, lead_in_pounds: int, next_year_pounds: int) -> list[TableCell]:
    return [*([money(lead_in_pounds)] if facts.lead_in_pounds else []), *([money(next_year_pounds)] if facts.opens_bases else [])]


def _cost_row(base: Base, kept: KeptPlan) -> TableRow:
    facts = kept.facts
    size = facts.amounts.base_sizes.get(base.base_id, 0)
    condition = host_condition(facts.partnership, base.host_urn)
    most = f", up to {count(condition.most_places, 'place')}" if condition.most_places is not None else ""
    return row(
        base.name,
        money(base_running_pounds(base, size, facts.policy)),
        *_also(facts, base_lead_in_pounds(base, size, facts.policy), base_full_year_pounds(base, size, facts.policy)),
        money(base_opening_pounds(base, facts.policy) if size else 0),
        upper_first(consent_said(condition)) + most,
    )


def _place_rows(kept: KeptPlan) -> list[TableRow]:
    facts = kept.facts
    names = {b.base_id: b.name for b in facts.partnership.bases}
    rows: list[TableRow] = []
    for (base_id, cell_id), n in sorted(facts.amounts.places.items()):
        if n:
            cell = facts.world.picture.cell(cell_id)
            rows.append(
                row(names[base_id], facts.names[cell.recipient], facts.policy.standard(cell.standard_id).name,
                    in_hundredths(cell.requirement(PLACE)), whole(n))
            )  # fmt: skip
    return rows


# --- money -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FundBlock:
    """One fund in both financial years."""

    name: str
    sentence: str
    account: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyView:
    """All funds."""

    sentence: str
    chart: Bars
    where: TableView
    funds: tuple[FundBlock, ...]
    pots: TableView
    pots_href: str
    paid_in: TableView


_GOES_TO = (
    Kind(fill="solid", words="grants to schools"), Kind(fill="stripes", words="specialist time"), Kind(fill="cross", words="bases"),
    Kind(fill="lines", words="contingency"), Kind(fill="dots", words="moderated pot"), Kind(fill="empty", words="left, not planned"),
)  # fmt: skip
_USES = {
    FundUse.SPECIALIST_TIME: "Specialist time", FundUse.BASE_RUNNING: "Running bases", FundUse.BASE_OPENING: "Opening bases",
    FundUse.CONTINGENCY: "Contingency",
}  # fmt: skip


def funds(kept: KeptPlan) -> MoneyView:
    """Each fund's account, the moderated pot by half-term, and what schools pay in."""
    facts = kept.facts
    halves = range(1, 7)
    pots = {(f.fund_id, h): facts.amounts.pots.get((f.fund_id, h), 0) for f in facts.partnership.funds for h in halves}
    return MoneyView(
        sentence=facts.lines[_MONEY_LINE],
        chart=_funds_chart(kept),
        where=_where_funds_go(kept),
        funds=tuple(_fund_block(fund, number, kept) for number, fund in enumerate(facts.partnership.funds, start=1)),
        pots=to_take(kept, "moderated-pot", table(
            "Moderated pot by half-term, pounds",
            (*words("Fund"), *numbers(*(f"Half-term {h}" for h in halves), "Year")),
            [
                row(f.name, *(money(pots[f.fund_id, h]) for h in halves), money(sum(pots[f.fund_id, h] for h in halves)))
                for f in facts.partnership.funds
                if any(pots[f.fund_id, h] for h in halves)
            ],
            empty="No money is released to a moderated pot.",
        )),
        pots_href=plan_url(kept, "plans.pots"),
        paid_in=to_take(kept, "paid-in", table(
            "What schools pay in, pounds a year",
            (*words("School", "Into"), *numbers("Pounds")),
            [
                row(school_link(kept, c.urn, facts.names[str(c.urn)]), next(f.name for f in facts.partnership.funds if f.fund_id == c.fund_id), money(c.pounds))
                for c in facts.partnership.contributions
            ],
            empty="Schools pay nothing in.",
        )),
    )  # fmt: skip


def _goes_to(fund: Fund, kept: KeptPlan) -> tuple[int, ...]:
    """Where a fund's money of both years goes, in the order of ``_GOES_TO``; what is left comes last."""
    accounts = [a for a in kept.facts.accounts if a.fund_id == fund.fund_id]
    used = {use: sum(dict(a.by_use)[use] for a in accounts) for use in SPENDING_USES}
    return (
        sum(a.grants for a in accounts),
        used[FundUse.SPECIALIST_TIME],
        used[FundUse.BASE_RUNNING] + used[FundUse.BASE_OPENING],
        used[FundUse.CONTINGENCY],
        sum(a.moderated_pot for a in accounts),
        sum(a.left for a in accounts),
    )


def _funds_chart(kept: KeptPlan) -> Bars:
    lines = []
    for fund in kept.facts.partnership.funds:
        parts = _goes_to(fund, kept)
        if any(parts):
            said = [f"{kind.words} {pounds(n)}" for kind, n in zip(_GOES_TO, parts, strict=True) if n]
            lines.append(BarLine(name=fund.name, amounts=parts, figure=pounds(sum(parts)), note=upper_first("; ".join(said))))
    is_used = [any(line.amounts[i] for line in lines) for i in range(len(_GOES_TO))]
    return bars(
        anchor="funds-chart",
        title="Where each fund goes, both financial years together",
        kinds=[kind for kind, used in zip(_GOES_TO, is_used, strict=True) if used],
        lines=[
            BarLine(name=x.name, figure=x.figure, note=x.note, amounts=tuple(n for n, used in zip(x.amounts, is_used, strict=True) if used))
            for x in lines
        ],
    )


def _where_funds_go(kept: KeptPlan) -> TableView:
    every = [(fund.name, _goes_to(fund, kept)) for fund in kept.facts.partnership.funds]
    rows = [row(name, *map(money, parts), money(sum(parts))) for name, parts in every]
    totals = [sum(parts[i] for _, parts in every) for i in range(len(_GOES_TO))]
    view = table(
        "Where each fund goes, pounds of both financial years",
        (*words("Fund"), *numbers(*(upper_first(kind.words) for kind in _GOES_TO), "All")),
        [*rows, row("All funds", *map(money, totals), money(sum(totals)), is_total=True)],
    )
    return to_take(kept, "funds", view)


def _left_words(fund: Fund, first: int, second: int) -> str:
    """What may be said of money that a fund's plan leaves: no more than the fund's own rules."""
    if first + second <= 0:
        return ""
    only = f" It may pay for nothing but {fund.allowed_uses[0].value}." if len(fund.allowed_uses) == 1 else ""
    back = ""
    if fund.year_end is YearEnd.RETURN and first > 0:
        part = "It" if not second else f"{pounds(first)} of it"
        back = f" {part} goes back if it is not used by 31 March."
    return f" {pounds(first + second)} is left unplanned: it can be decided on later, within these rules.{only}{back}"


def _fund_block(fund: Fund, number: int, kept: KeptPlan) -> FundBlock:
    facts = kept.facts
    first, second = (a for a in facts.accounts if a.fund_id == fund.fund_id)
    lines = [
        ("Available", first.available, second.available),
        ("Carried in", first.carried_in, second.carried_in),
        ("Grants to schools", first.grants, second.grants),
        *((_USES[use], dict(first.by_use)[use], dict(second.by_use)[use]) for use in SPENDING_USES),
        ("Moderated pot", first.moderated_pot, second.moderated_pot),
        ("Carried out", first.carried_out, second.carried_out),
    ]
    kept_lines = [line for line in lines if line[0] == "Available" or line[1] or line[2]]
    years = facts.partnership.financial_years
    end = "goes back" if fund.year_end is YearEnd.RETURN else "may be carried over"
    uses = "; ".join(use.value for use in fund.allowed_uses) or "nothing"
    return FundBlock(
        name=fund.name,
        sentence=f"May pay for {uses}. What is left on 31 March {end}. {decision(fund.decision_right, fund.request_to, fund.request_by)}."
        + (f" {fund.conditions.rstrip('.')}." if fund.conditions else "")
        + _left_words(fund, first.left, second.left),
        account=to_take(kept, f"fund-{number}", table(
            f"{fund.name}, pounds",
            (*words("Line"), *numbers(f"September to March ({years[0]})", f"April to August ({years[1]})")),
            [row(title, money(a), money(b)) for title, a, b in kept_lines]
            + [row("Left, not planned", money(first.left), money(second.left), is_total=True)],
            is_caption_hidden=True,
        )),
    )  # fmt: skip
