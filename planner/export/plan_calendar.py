"""The sheet of dates: what to ask for and to order, of whom and by when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from planner.export.plan_facts import Facts
from planner.export.tables import DAY, FIRST_DAY, WHOLE, Book, Column, Formula, Row, Table, Value, text_column
from planner.partnership import DecisionRight, YearEnd

_NO_DATE = "No date is given"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """One thing to do by a day: the amount that waits for it, live, and what it is counted in."""

    by: str
    kind: str
    what: str
    whom: str
    amount: Formula
    unit: str


def calendar_sheet(book: Book, facts: Facts, *, services: Table, bases: Table, by_fund: Table, accounts: Table) -> Table:
    """One row for every request, order and end of money, the first day first and those without a date last."""
    page = book.page(
        "Calendar",
        "Calendar: what to ask for and order, by when",
        "What the plan gives on somebody else's yes holds only if they are asked in time. Dates are those of the sheets Services, Funds and Bases.",
    )
    columns = [
        Column(key="by", heading="By", width=20, look=DAY, help="As the holder gave it."),
        text_column("kind", "To do", 14),
        text_column("what", "What", 48),
        text_column("whom", "Of whom", 34),
        Column(
            key="amount", heading="How much", width=14, look=WHOLE, help="How much of this plan it is about; it follows the other sheets."
        ),
        text_column("unit", "Counted in", 16),
    ]
    dues = [*_services(facts, services), *_bases(facts, bases), *_funds(facts, by_fund, accounts)]
    dues.sort(key=lambda due: (_serial(due.by) is None, _serial(due.by) or 0))
    rows: list[Row] = [
        {"by": _shown(due.by), "kind": due.kind, "what": due.what, "whom": due.whom, "amount": due.amount, "unit": due.unit} for due in dues
    ]
    table = page.table(columns, rows, name="plan_calendar", freeze=1, has_filter=True)
    page.finish()
    return table


def _services(facts: Facts, services: Table) -> Iterator[_Due]:
    for i, service in enumerate(facts.partnership.services):
        given = facts.given(service.service_id)
        if not given:
            continue
        whom, amount = service.request_to or service.employer or service.name, Formula("=" + services.cell("given", i), given)
        if service.decision_right is DecisionRight.REQUEST:
            yield _Due(
                by=service.request_by,
                kind="Ask",
                what=f"{service.name}: time for schools and zones",
                whom=whom,
                amount=amount,
                unit="half-days",
            )
        if service.order_by:
            yield _Due(by=service.order_by, kind="Order", what=f"{service.name}: half-days of this plan", whom=service.employer or service.name, amount=amount, unit="half-days")  # fmt: skip


def _bases(facts: Facts, bases: Table) -> Iterator[_Due]:
    for i, base in enumerate(facts.partnership.bases):
        size = facts.amounts.base_sizes.get(base.base_id, 0)
        if size and base.decision_right is DecisionRight.REQUEST:
            whom = base.request_to or facts.partnership.council or "the council"
            yield _Due(by=base.request_by, kind="Ask", what=f"{base.name}: to run at this size", whom=whom, amount=Formula("=" + bases.cell("size", i), size), unit="places")  # fmt: skip


def _funds(facts: Facts, by_fund: Table, accounts: Table) -> Iterator[_Due]:
    march = f"{facts.partnership.financial_years[1][:4]}-03-31"
    for i, fund in enumerate(facts.partnership.funds):
        years = facts.accounts[2 * i : 2 * i + 2]
        planned = sum(a.grants + a.moderated_pot + sum(pounds for _, pounds in a.by_use) for a in years)
        if planned and fund.decision_right is DecisionRight.REQUEST:
            amount = Formula("=" + by_fund.cell("planned", i), planned)
            yield _Due(
                by=fund.request_by,
                kind="Ask",
                what=f"{fund.name}: to spend it so",
                whom=fund.request_to or fund.name,
                amount=amount,
                unit="pounds",
            )
        if fund.year_end is YearEnd.RETURN and years[0].left > 0:
            amount = Formula("=" + accounts.cell("left", 2 * i), years[0].left)
            yield _Due(
                by=march, kind="Plan or return", what=f"{fund.name}: what is left goes back", whom=fund.name, amount=amount, unit="pounds"
            )


def _serial(iso: str) -> int | None:
    """A date as a spreadsheet counts days; None where it is no ISO date."""
    try:
        return (dt.date.fromisoformat(iso) - FIRST_DAY).days
    except ValueError:
        return None


def _shown(by: str) -> Value:
    serial = _serial(by)
    return (by or _NO_DATE) if serial is None else serial
