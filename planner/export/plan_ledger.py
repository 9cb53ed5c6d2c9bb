"""The sheet of each school's ledger: what goes in, what comes back in money, time and places, and last year."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from planner.export.plan_facts import Facts
from planner.export.tables import (
    CHANGE,
    CHANGE_POUNDS,
    HUNDREDTHS,
    PENCE,
    PLAIN,
    POUNDS,
    Book,
    Column,
    Formula,
    Row,
    Table,
    Value,
    text_column,
)
from planner.measures import SchoolLedger
from planner.offers import is_paid

_NOTE = "The value of time and places says how much support they are, at what the pool pays or the policy's value of a half-day; it is not money a school can spend."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Price:
    """What one half-day of a zone's service, or one base place, is counted at."""

    what: str
    formula: Value
    pounds: float


def ledger_sheet(book: Book, facts: Facts, *, schools: Table, services: Table, bases: Table) -> Table:
    """One row a school: paid in, received by fund and use, net, and last year; below it what a share of the zone's support is counted at."""
    page = book.page("Ledger", "Ledger: what each school puts in, and what comes back", _NOTE)
    prices = _prices(facts, services, bases)
    # The lower table comes first, so that the upper one can refer to it: heading, rows, total and a gap lie between.
    top = page.row
    page.row += len(facts.ledgers) + 4
    page.heading("What a share of the zone's support is counted at")
    counted = page.table(
        [text_column("what", "One of", 34), Column(key="pounds", heading="Pounds", width=12, look=PENCE, help="What the pool pays on average; time in kind at the policy's value.")],
        [{"what": price.what, "pounds": price.formula} for price in prices],
        name="plan_ledger_prices",
    )  # fmt: skip
    page.row = top
    rows = [_row(i, ledger, facts, schools, counted, prices) for i, ledger in enumerate(facts.ledgers)]
    table = page.table(_columns(facts), rows, name="plan_ledger")
    page.sheet.freeze_panes = page.sheet.cell(table.first, 2)
    page.sheet.print_title_rows = f"{table.heading - 1}:{table.heading}"
    page.finish()
    return table


def _columns(facts: Facts) -> list[Column]:
    money, own, zone, both, last = (
        "Comes back: money",
        "Comes back: its own time",
        "Comes back: its share of the zone's",
        "In all",
        "Beside last year",
    )
    return [
        text_column("name", "School", 34),
        Column(key="urn", heading="URN", width=9, look=PLAIN),
        Column(key="paid", heading="Paid in", look=POUNDS, is_summed=True, help="Into the pool this year."),
        *(Column(key=f"fund_{i}", heading=f"Grant: {f.name}", width=13, look=POUNDS, band=money, is_summed=True) for i, f in enumerate(facts.grant_funds())),
        Column(key="grant", heading="Grant, all funds", look=POUNDS, band=money, is_summed=True),
        Column(key="own", heading="Half-days", band=own, is_summed=True, help="Of services that come to the school itself."),
        Column(key="priced", heading="Their value", look=POUNDS, band=own, is_summed=True, help="At the price the pool pays; time in kind at the policy's value."),
        Column(key="rare", heading="Half-days, share", width=12, look=HUNDREDTHS, band=zone, is_summed=True, help="Of rare services that go to its zone: what the school may count on, by expected pupils."),
        Column(key="rare_value", heading="Value of the share", width=12, look=POUNDS, band=zone, is_summed=True, help="At the figures below the table."),
        Column(key="places", heading="Base places, share", width=12, look=HUNDREDTHS, band=zone, is_summed=True, help="What the school may count on of its zone's places, by expected pupils."),
        Column(key="places_value", heading="Value of the places", width=12, look=POUNDS, band=zone, is_summed=True, help="At what running a place costs the pool on average."),
        Column(key="back", heading="Comes back", width=12, look=POUNDS, band=both, is_summed=True, help="Grant, and the value of time and places, its share of the zone's with them."),
        Column(key="net", heading="Net, with the zone's share", width=13, look=POUNDS, band=both, is_summed=True, help="What comes back less what is paid in. The sheet Schools has it without the zone's support, which nobody can promise one school. A school with more need is meant to get more."),
        Column(key="last_grant", heading="Grant last year", look=POUNDS, band=last, is_summed=True, help="Blank where last year is not known."),
        Column(key="grant_change", heading="Change in grant", look=CHANGE_POUNDS, band=last, is_summed=True),
        Column(key="last_own", heading="Half-days last year", band=last, is_summed=True, help="Of the services that come to schools."),
        Column(key="own_change", heading="Change in half-days", look=CHANGE, band=last, is_summed=True),
    ]  # fmt: skip


def _prices(facts: Facts, services: Table, bases: Table) -> list[_Price]:
    """What one of each thing that zones share is counted at."""
    found = []
    index = {service.service_id: i for i, service in enumerate(facts.partnership.services)}
    bought = {service.service_id: purchase for service, purchase in facts.bought}
    for service in facts.services("zone"):
        if is_paid(facts.partnership, service):
            given, cost = (services.cell(key, index[service.service_id]) for key in ("given", "cost"))
            here = bought[service.service_id]
            pounds = here.pounds / here.given_sessions if here.given_sessions else 0
            found.append(
                _Price(what=f"{service.name}, half-day", formula=Formula(f"=IF({given}=0,0,{cost}/{given})", pounds), pounds=pounds)
            )
        else:
            in_kind = facts.policy.role(service.role).value_pounds_per_session
            found.append(_Price(what=f"{service.name}, half-day (in kind)", formula=in_kind, pounds=in_kind))
    size = sum(facts.amounts.base_sizes.get(base.base_id, 0) for base in facts.partnership.bases)
    pounds = facts.running_pounds / size if size else 0
    running, planned = bases.total("running"), bases.total("size")
    found.append(_Price(what="Base place, running", formula=Formula(f"=IF({planned}=0,0,{running}/{planned})", pounds), pounds=pounds))
    return found


def _row(i: int, ledger: SchoolLedger, facts: Facts, schools: Table, counted: Table, prices: list[_Price]) -> Row:
    rare, shared = facts.services("zone"), dict(ledger.zone_share_sessions_hundredths)
    shares = [shared.get(service.service_id, 0) / 100 for service in rare]
    cells = [schools.cell(f"rare_{n}", i) for n in range(len(rare))]
    valued = [f"{cell}*{counted.cell('pounds', n)}" for n, cell in enumerate(cells)]
    places = ledger.places_share_hundredths / 100
    rare_value = _to_the_pound(sum(share * prices[n].pounds for n, share in enumerate(shares)))
    places_value = _to_the_pound(places * prices[-1].pounds)
    back = ledger.grant_pounds + ledger.priced_sessions_pounds + rare_value + places_value

    def live(key: str, value: float) -> Formula:
        return Formula("=" + schools.cell(key, i), value)

    row: dict[str, Value] = {
        "name": ledger.school.name,
        "urn": ledger.school.urn,
        "paid": live("paid", ledger.paid_in_pounds),
        **{
            f"fund_{n}": live(f"fund_{n}", facts.amounts.grants.get((ledger.school.urn, fund.fund_id), 0))
            for n, fund in enumerate(facts.grant_funds())
        },
        "grant": Formula("=" + ("+".join(f"{{fund_{n}}}" for n in range(len(facts.grant_funds()))) or "0"), ledger.grant_pounds),
        "own": live("own", ledger.own_sessions),
        "priced": live("priced", ledger.priced_sessions_pounds),
        "rare": Formula("=" + ("+".join(cells) or "0"), round(sum(shares), 2)),
        "rare_value": Formula(f"=ROUND({'+'.join(valued) or '0'},0)", rare_value),
        "places": live("places", places),
        "places_value": Formula(f"=ROUND({{places}}*{counted.cell('pounds', len(prices) - 1)},0)", places_value),
        "back": Formula("={grant}+{priced}+{rare_value}+{places_value}", back),
        "net": Formula("={back}-{paid}", back - ledger.paid_in_pounds),
    }
    if ledger.last_year_grant_pounds is not None and ledger.last_year_sessions is not None:
        row |= {
            "last_grant": live("last_grant", ledger.last_year_grant_pounds),
            "grant_change": Formula("={grant}-{last_grant}", ledger.grant_pounds - ledger.last_year_grant_pounds),
            "last_own": live("last_own", ledger.last_year_sessions),
            "own_change": Formula("={own}-{last_own}", ledger.own_sessions - ledger.last_year_sessions),
        }
    return row


def _to_the_pound(pounds: float) -> int:
    """Rounded as a spreadsheet rounds: a half away from nought."""
    return int(Decimal(repr(round(pounds, 9))).quantize(Decimal(1), ROUND_HALF_UP))
