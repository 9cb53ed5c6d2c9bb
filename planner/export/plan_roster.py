"""The sheet of the roster: who gives the plan's half-days, where and in which half-term."""

from __future__ import annotations

from planner.export.plan_facts import Facts
from planner.export.roster_words import Line, proposal_of, roster_lines, whose
from planner.export.tables import PLAIN, Book, Column, Formula, Row, Table, text_column
from planner.partnership import HALF_TERMS
from planner.roster import Told

_HALF_TERMS = range(1, HALF_TERMS + 1)
NOTE = "Names are a proposal to the employing service wherever the service is not ours to decide. A half-day is one visit."


def roster_sheet(book: Book, facts: Facts) -> Table | None:
    """One row for each person and each school or zone the person goes to; nothing where the plan holds no names."""
    roster = facts.plan.roster
    if roster is None:
        return None
    page = book.page("Roster", "Roster: who comes, and when", NOTE)
    for number, line in enumerate(roster_lines(facts.plan, facts.world)):
        page.line("" if number else "In short", line)
    columns = [
        text_column("service", "Service", 26),
        text_column("role", "Role", 20),
        text_column("person", "Person", 26),
        text_column("recipient", "School or zone", 30),
        *(Column(key=f"h{h}", heading=f"{h}", width=6, band="Half-days in half-term", is_summed=True) for h in _HALF_TERMS),
        Column(
            key="year",
            heading="Year",
            width=9,
            is_summed=True,
            bar_to=0,
            help="Half-days in the year; what nobody can give has no half-term.",
        ),
        text_column("link", "Link practitioner", 12, help="The one whom the school knows; shared only where nobody could give it all."),
        text_column("right", "Whose decision", 47, help="Ours to decide, or a proposal to the service that employs the person."),
        text_column("person_id", "Person id", 9),
        Column(key="urn", heading="URN or zone", width=10, look=PLAIN),
    ]
    table = page.table(columns, _rows(facts), name="plan_roster", freeze=3, has_filter=True)
    page.finish()
    return table


def _rows(facts: Facts) -> list[Row]:
    roster = facts.plan.roster
    assert roster is not None
    told = Told(facts.world, roster)
    names = {p.person_id: p.name for p in facts.partnership.people}
    rows: list[Row] = []
    for service in facts.partnership.services:
        given = told.given.get(service.service_id, {})
        for (person_id, recipient), half_days in given.items():
            line = Line(name=names[person_id], half_days=half_days)
            is_link = told.link(service.service_id, recipient) == person_id
            rows.append(
                {
                    "service": service.name,
                    "role": facts.policy.role(service.role).name,
                    "person": line.name,
                    "recipient": whose(facts.world, recipient),
                    **{f"h{h}": half_days[h - 1] for h in _HALF_TERMS},
                    "year": Formula("=" + "+".join(f"{{h{h}}}" for h in _HALF_TERMS), line.year),
                    "link": "yes" if is_link else "shares",
                    "right": proposal_of(service),
                    "person_id": person_id,
                    "urn": recipient,
                }
            )
    for row in roster.undelivered:
        service = next(s for s in facts.partnership.services if s.service_id == row.service_id)
        rows.append(
            {
                "service": service.name,
                "role": facts.policy.role(service.role).name,
                "person": "Nobody can give these",
                "recipient": whose(facts.world, row.recipient),
                "year": row.half_days,
                "right": proposal_of(service),
                "urn": row.recipient,
            }
        )
    return rows
