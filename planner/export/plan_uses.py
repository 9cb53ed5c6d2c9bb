"""The sheet about what the pool's money is for: by fund and use, and by who gets it and use."""

from __future__ import annotations

from collections.abc import Iterator

from planner.export.plan_facts import Facts
from planner.export.tables import POUNDS, Book, Column, Formula, Row, Table, text_column
from planner.measures import SPENDING_USES
from planner.offers import is_paid, time_pounds
from planner.partnership import FundUse, Service
from planner.supply import base_lead_in_pounds, base_opening_pounds, base_running_pounds

_SPENT = {
    FundUse.SPECIALIST_TIME: "Specialist time",
    FundUse.BASE_RUNNING: "Running bases",
    FundUse.BASE_OPENING: "Opening bases",
    FundUse.CONTINGENCY: "Contingency",
}
USES = {"grants": "Grants to schools", **{f"use_{i}": _SPENT[use] for i, use in enumerate(SPENDING_USES)}, "pot": "Moderated pot"}
"""Keys of the columns of uses, as on the sheet Money, and their headings."""
_TIME, _RUNNING, _OPENING, _HELD = (f"use_{SPENDING_USES.index(use)}" for use in _SPENT)


def uses_sheet(
    book: Book, facts: Facts, *, schools: Table, time: Table, services: Table, bases: Table, accounts: Table
) -> tuple[Table, Table]:
    """Every pound that is planned, twice: by fund and use, by who gets it and use; both tables."""
    page = book.page(
        "Money by use",
        "Money by use: what the pool pays for, and whom",
        "Both financial years together. Grants are shared out fund by fund; half-days and bases are paid from the funds together, so they stand by use.",
    )
    page.heading("By fund and use")
    by_fund = page.table(
        _fund_columns(), [_fund_row(i, facts, accounts) for i in range(len(facts.partnership.funds))], name="plan_money_by_use"
    )
    page.heading("By school, zone and base, and use")
    rows = [*_schools(facts, schools, services), *_zones(facts, time, services), *_bases(facts, bases), *_everybody(by_fund, facts)]
    by_place = page.table(_place_columns(facts), rows, name="plan_money_by_school")
    page.sheet.freeze_panes = "B4"
    page.finish()
    return by_fund, by_place


# --- by fund -----------------------------------------------------------------------------


def _fund_columns() -> list[Column]:
    return [
        text_column("fund", "Fund", 34),
        Column(key="available", heading="Available", width=13, look=POUNDS, is_summed=True, help="After last year's balance and money that must go back."),
        *(Column(key=key, heading=heading, width=13, look=POUNDS, is_summed=True) for key, heading in USES.items()),
        Column(key="planned", heading="All planned", width=13, look=POUNDS, is_summed=True),
        Column(key="left", heading="Left", width=13, look=POUNDS, is_summed=True, help="Not planned; what may be carried over 31 March is on the sheet Money."),
    ]  # fmt: skip


def _fund_row(i: int, facts: Facts, accounts: Table) -> Row:
    years = facts.accounts[2 * i : 2 * i + 2]
    used = {"grants": sum(a.grants for a in years), "pot": sum(a.moderated_pot for a in years)}
    used |= {f"use_{n}": sum(a.by_use[n][1] for a in years) for n in range(len(SPENDING_USES))}
    available, planned = sum(a.available for a in years), sum(used.values())

    def both(key: str, value: int) -> Formula:
        return Formula(f"={accounts.cell(key, 2 * i)}+{accounts.cell(key, 2 * i + 1)}", value)

    return {
        "fund": facts.partnership.funds[i].name,
        "available": both("available", available),
        **{key: both(key, pounds) for key, pounds in used.items()},
        "planned": Formula("=" + "+".join(f"{{{key}}}" for key in USES), planned),
        "left": Formula("={available}-{planned}", available - planned),
    }


# --- by who gets it ----------------------------------------------------------------------


def _place_columns(facts: Facts) -> list[Column]:
    band = "Grants, by fund"
    columns = [text_column("name", "School, zone or base", 34), text_column("kind", "Is a", 12)]
    columns += [
        Column(key=f"fund_{i}", heading=fund.name, width=13, look=POUNDS, band=band, is_summed=True)
        for i, fund in enumerate(facts.grant_funds())
    ]
    helps = {
        _TIME: "Half-days at the price the pool pays; time in kind costs the pool nothing and is not here.",
        _RUNNING: "This year, with the pay of teachers before a base opens.",
        _OPENING: "Once, before 31 March.",
    }
    columns += [
        Column(key=key, heading=heading, width=13, look=POUNDS, is_summed=True, help=helps.get(key, ""))
        for key, heading in USES.items()
        if key != "grants"
    ]
    return [*columns, Column(key="all", heading="All uses", width=13, look=POUNDS, is_summed=True)]


def _row(name: str, kind: str, facts: Facts, cells: dict[str, Formula]) -> Row:
    """One row whose total adds up its cells; what is nought is left blank."""
    keys = [*(f"fund_{i}" for i in range(len(facts.grant_funds()))), *(key for key in USES if key != "grants")]
    total = sum(int(cell.value) for cell in cells.values())
    return {"name": name, "kind": kind, **cells, "all": Formula("=" + "+".join(f"{{{key}}}" for key in keys), total)}


def _schools(facts: Facts, schools: Table, services: Table) -> Iterator[Row]:
    cost, own = time_pounds(facts.partnership, facts.amounts), facts.services("school")
    for i, ledger in enumerate(facts.ledgers):
        urn = ledger.school.urn
        cells = {
            f"fund_{n}": Formula("=" + schools.cell(f"fund_{n}", i), facts.amounts.grants.get((urn, fund.fund_id), 0))
            for n, fund in enumerate(facts.grant_funds())
        }
        parts = [
            _cost(schools.cell(f"own_{n}", i), s, str(urn), cost, facts, services)
            for n, s in enumerate(own)
            if is_paid(facts.partnership, s)
        ]
        yield _row(ledger.school.name, "school", facts, cells | _added(parts))


def _zones(facts: Facts, time: Table, services: Table) -> Iterator[Row]:
    cost = time_pounds(facts.partnership, facts.amounts)
    at = {key: i for i, key in enumerate(facts.time_rows)}
    for zone in facts.world.picture.zones:
        paid = [s for s in facts.services("zone") if is_paid(facts.partnership, s) and (zone.zone_id, s.service_id) in at]
        parts = [_cost(time.cell("sessions", at[zone.zone_id, s.service_id]), s, zone.zone_id, cost, facts, services) for s in paid]
        if parts:
            yield _row(facts.names[zone.zone_id], "zone", facts, _added(parts))


def _cost(
    half_days: str, service: Service, recipient: str, cost: dict[tuple[str, str], int], facts: Facts, services: Table
) -> tuple[str, int]:
    """A part of a formula and its pounds: half-days at their price, or this recipient's part of what packages cost."""
    pounds = cost.get((recipient, service.service_id), 0)
    if facts.sells_offers(service):
        return str(pounds), pounds
    index = [s.service_id for s in facts.partnership.services].index(service.service_id)
    return f"{half_days}*{services.cell('price', index)}", pounds


def _added(parts: list[tuple[str, int]]) -> dict[str, Formula]:
    return {_TIME: Formula("=" + "+".join(text for text, _ in parts), sum(pounds for _, pounds in parts))} if parts else {}


def _bases(facts: Facts, bases: Table) -> Iterator[Row]:
    for i, base in enumerate(facts.partnership.bases):
        size = facts.amounts.base_sizes.get(base.base_id, 0)
        if size:
            running = base_running_pounds(base, size, facts.policy)
            lead_in = base_lead_in_pounds(base, size, facts.policy) if facts.lead_in_pounds else 0
            text = f"={bases.cell('running', i)}" + (f"+{bases.cell('lead_in', i)}" if facts.lead_in_pounds else "")
            opening = Formula("=" + bases.cell("opening", i), base_opening_pounds(base, facts.policy))
            yield _row(base.name, "base", facts, {_RUNNING: Formula(text, running + lead_in), _OPENING: opening})


def _everybody(by_fund: Table, facts: Facts) -> Iterator[Row]:
    held = {
        _HELD: sum(dict(a.by_use)[FundUse.CONTINGENCY] for a in facts.accounts),
        "pot": sum(a.moderated_pot for a in facts.accounts),
    }
    cells: dict[str, Formula] = {key: Formula("=" + by_fund.total(key), pounds) for key, pounds in held.items()}
    yield _row("Held for everybody", "partnership", facts, cells)


def added_up(facts: Facts, by_fund: Table, by_place: Table) -> Iterator[tuple[str, Formula, Formula]]:
    """For each use, what it is and its two sums, which must be one figure."""
    funds = range(len(facts.grant_funds()))
    grants = sum(a.grants for a in facts.accounts)
    parts = "+".join(by_place.total(f"fund_{i}") for i in funds) or "0"
    yield USES["grants"], Formula("=" + parts, grants), Formula("=" + by_fund.total("grants"), grants)
    cost = {_TIME: facts.time_pounds, _RUNNING: facts.running_pounds + facts.lead_in_pounds, _OPENING: facts.opening_pounds}
    for n, use in enumerate(SPENDING_USES):
        if use is not FundUse.CONTINGENCY:
            key, paid = f"use_{n}", sum(a.by_use[n][1] for a in facts.accounts)
            yield USES[key], Formula("=" + by_place.total(key), cost[key]), Formula("=" + by_fund.total(key), paid)
