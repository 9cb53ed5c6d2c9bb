"""Last year: what each school had."""

from __future__ import annotations

from dataclasses import dataclass

from planner.partnership import GRANT_ITEM, LastYear
from web.figures.frame import Brought, sources_table
from web.figures.provenance import sheet_of
from web.tables import TableView, numbers, row, table, words
from web.words import count, pounds

_SHEET = sheet_of("Last year")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYearView:
    """Grants and half-days of last year."""

    sentence: str
    amounts: TableView
    sources: TableView


def last_year_view(brought: Brought) -> LastYearView:
    """One row a school: its grant and its half-days of each service that gave any."""
    p = brought.partnership
    had: dict[tuple[int, str], LastYear] = {(r.urn, r.item): r for r in p.last_year}
    known = {r.urn for r in p.last_year}
    services = [s for s in p.services if any(item == s.service_id for _, item in had)]

    def shown(urn: int, item: str) -> str:
        found = had.get((urn, item))
        if found is None:
            return (pounds(0) if item == GRANT_ITEM else "0") if urn in known else "not known"
        text = pounds(found.amount) if item == GRANT_ITEM else f"{found.amount:,}"
        return brought.shown(_SHEET, found, "amount", text)

    def half_days_of(urn: int) -> int:
        return sum(r.amount for r in p.last_year if r.urn == urn and r.item != GRANT_ITEM)

    def sum_of(item: str) -> int:
        return sum(r.amount for r in p.last_year if r.item == item)

    rows = [
        row(
            brought.school_link(s.urn),
            shown(s.urn, GRANT_ITEM),
            *(shown(s.urn, service.service_id) for service in services),
            f"{half_days_of(s.urn):,}" if s.urn in known else "not known",
        )
        for s in p.schools
    ]
    total = row(
        "All schools",
        pounds(sum_of(GRANT_ITEM)),
        *(f"{sum_of(service.service_id):,}" for service in services),
        f"{sum(half_days_of(urn) for urn in known):,}",
        is_total=True,
    )
    unknown = len(p.schools) - len(known)
    return LastYearView(
        sentence="Floors and caps are reckoned from last year, and every plan is shown beside it."
        + (f" Last year is not known for {count(unknown, 'school')}." if unknown else ""),
        amounts=table(
            "What each school had last year",
            (*words("School"), *numbers("Grant", *(f"{s.name}, half-days" for s in services), "All half-days")),
            [*rows, total] if known else [],
            empty="What schools had last year is not known.",
        ),
        sources=sources_table(brought, "Last year"),
    )
