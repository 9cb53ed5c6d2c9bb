"""The sheets about who gets what of the pool: schools, services, time, bases, money."""

from __future__ import annotations

from collections.abc import Iterable

from planner.effects import RARE_LEFT_OUT
from planner.export.plan_facts import Facts, right_columns
from planner.export.tables import (
    CHANGE,
    CHANGE_POUNDS,
    HUNDREDTHS,
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
from planner.need import PLACE
from planner.offers import Purchase
from planner.partnership import Base
from planner.supply import (
    MONTHS,
    base_full_year_pounds,
    base_lead_in_pounds,
    base_march_twelfths,
    base_opening_pounds,
    base_reaches,
    base_running_pounds,
    consent_said,
    host_condition,
    months_run,
    place_pounds,
    school_of,
    teacher_pounds,
)

_ZONE_HELP = "What the school may count on of its zone's share, by expected pupils; not an amount of its own."


def schools_sheet(book: Book, facts: Facts) -> Table:
    """One row a school: in and out, beside last year."""
    page = book.page(
        "Schools", "Schools: who gets what", "One row for each school. Amounts are for the academic year; a half-day is three hours."
    )
    funds, own, rare = facts.grant_funds(), facts.services("school"), facts.services("zone")
    money, time, zone, last, standards = "Money this year", "Half-days for the school", "Share of zone", "Beside last year", "Standards"
    columns = [
        text_column("name", "School", 30),
        Column(key="urn", heading="URN", width=9, look=PLAIN),
        text_column("phase", "Phase", 12),
        text_column("zone", "Zone", 10, help="The schools that share the half-days of rare services and base places."),
        Column(key="pupils", heading="Pupils", width=8, is_summed=True, help="On roll."),
        Column(key="paid", heading="Paid in", look=POUNDS, band=money, is_summed=True, help="What the school pays into the pool this year."),
        *(Column(key=f"fund_{i}", heading=f"Grant: {f.name}", width=13, look=POUNDS, band=money, is_summed=True) for i, f in enumerate(funds)),
        Column(key="grant", heading="Grant, all funds", look=POUNDS, band=money, is_summed=True, help="For trained adults in the school; paid by the month."),
        *(Column(key=f"own_{i}", heading=s.name, width=12, band=time, is_summed=True) for i, s in enumerate(own)),
        Column(key="own", heading="All half-days", band=time, is_summed=True, bar_to=0, help="Of all services that come to the school itself."),
        Column(key="priced", heading="Their value", look=POUNDS, band=time, is_summed=True, help="Half-days at the service's price; time in kind at the policy's value of a half-day of its role."),
        *(Column(key=f"rare_{i}", heading=f"{s.name}, half-days", width=12, look=HUNDREDTHS, band=zone, help=_ZONE_HELP, is_summed=True) for i, s in enumerate(rare)),
        Column(key="places", heading="Base places", look=HUNDREDTHS, band=zone, help=_ZONE_HELP, is_summed=True),
        Column(key="hosted", heading="Places hosted", width=9, is_summed=True, help="Base places that run at this school, for pupils of any school in reach."),
        Column(key="net", heading="Net", look=POUNDS, is_summed=True, help="Grant and the value of half-days, less what is paid in. Support from the zone is not in it. The rule no_worse_outside counts a half-day at the price of a single one, as the school could buy alone."),
        Column(key="last_grant", heading="Grant last year", look=POUNDS, band=last, is_summed=True, help="Blank where last year is not known."),
        Column(key="grant_change", heading="Change in grant", look=CHANGE_POUNDS, band=last, is_summed=True),
        Column(key="last_own", heading="Half-days last year", width=10, band=last, is_summed=True, help=f"Of the services planned for schools; {RARE_LEFT_OUT}."),
        Column(key="own_change", heading="Change in half-days", width=9, look=CHANGE, band=last, is_summed=True),
        Column(key="standards", heading="All", width=7, band=standards, is_summed=True, help="Standards planned for the school itself; those of its zone are on the sheet Needs."),
        Column(key="met", heading="Met", width=7, band=standards, is_summed=True, help="In full."),
        Column(key="partly", heading="Partly met", width=8, band=standards, is_summed=True, help="Half met or more, not fully."),
        Column(key="under_half", heading="Under half", width=8, band=standards, is_summed=True, help="Less than half of the need is met."),
        Column(key="out", heading="Out of reach", width=8, band=standards, is_summed=True, help="No plan could meet it with these services, funds and bases."),
    ]  # fmt: skip
    rows = [_school_row(ledger, facts) for ledger in facts.ledgers]
    table = page.table(columns, rows, name="plan_schools", freeze=1)
    page.finish()
    return table


def _school_row(ledger: SchoolLedger, facts: Facts) -> Row:
    school, given, shared = ledger.school, dict(ledger.sessions), dict(ledger.zone_share_sessions_hundredths)
    funds, own = facts.grant_funds(), facts.services("school")
    row: dict[str, Value] = {
        "name": school.name,
        "urn": school.urn,
        "phase": school.phase.value,
        "zone": facts.world.picture.zone_of(school.urn).zone_id,
        "pupils": school.pupils,
        "paid": ledger.paid_in_pounds,
        "grant": Formula(_plus(f"fund_{i}" for i in range(len(funds))), ledger.grant_pounds),
        "own": Formula(_plus(f"own_{i}" for i in range(len(own))), ledger.own_sessions),
        "priced": ledger.priced_sessions_pounds,
        "places": ledger.places_share_hundredths / 100,
        "hosted": ledger.base_places_hosted,
        "net": Formula("={grant}+{priced}-{paid}", ledger.net_pounds),
        "last_grant": ledger.last_year_grant_pounds,
        "grant_change": _change("grant", "last_grant", ledger.grant_pounds, ledger.last_year_grant_pounds),
        "last_own": ledger.last_year_sessions,
        "own_change": _change("own", "last_own", ledger.own_sessions, ledger.last_year_sessions),
        "standards": ledger.standards,
        "met": ledger.met,
        "partly": Formula("={standards}-{met}-{under_half}-{out}", ledger.standards - ledger.met - ledger.under_half - ledger.out_of_reach),
        "under_half": ledger.under_half,
        "out": ledger.out_of_reach,
    }
    row |= {f"fund_{i}": facts.amounts.grants.get((school.urn, fund.fund_id), 0) for i, fund in enumerate(funds)}
    row |= {f"own_{i}": given.get(service.service_id, 0) for i, service in enumerate(own)}
    return row | {f"rare_{i}": shared.get(service.service_id, 0) / 100 for i, service in enumerate(facts.services("zone"))}


def _plus(keys: Iterable[str]) -> str:
    return "=" + ("+".join(f"{{{key}}}" for key in keys) or "0")


def _change(now: str, before: str, amount: int, last_year: int | None) -> Value:
    return None if last_year is None else Formula(f"={{{now}}}-{{{before}}}", amount - last_year)


# --- time --------------------------------------------------------------------------------


def time_sheet(book: Book, facts: Facts) -> Table:
    """One row for every school or zone and service that gives it time."""
    page = book.page("Time", "Time: half-days by school and zone", "Only what is given. A zone's half-days are shared by its schools.")
    p = facts.partnership
    last = {(str(row.urn), row.item): row.amount for row in p.last_year}
    members = {zone.zone_id: ", ".join(facts.names[str(urn)] for urn in zone.urns) for zone in facts.world.picture.zones}
    schools = {str(s.urn) for s in p.schools}
    columns = [
        text_column("recipient", "School or zone", 27),
        text_column("kind", "Is a", 8),
        text_column("service", "Service", 26),
        text_column("role", "Role", 22),
        Column(key="sessions", heading="Half-days", width=11, is_summed=True, bar_to=0, help="In the year."),
        Column(key="block", heading="Smallest block", help="A school or zone gets none of the service or at least this."),
        Column(key="last", heading="Last year", is_summed=True, help="Blank where last year is not known."),
        text_column("members", "Schools of the zone", 30),
        text_column("service_id", "Service id", 13),
    ]
    services = {service.service_id: service for service in p.services}
    rows: list[Row] = [
        {
            "recipient": facts.names[recipient],
            "kind": "school" if recipient in schools else "zone",
            "service": services[service_id].name,
            "role": facts.policy.role(services[service_id].role).name,
            "sessions": facts.amounts.sessions[recipient, service_id],
            "block": facts.supply[service_id].minimum_block_sessions,
            "last": last.get((recipient, service_id)),
            "members": "" if recipient in schools else members[recipient],
            "service_id": service_id,
        }
        for recipient, service_id in facts.time_rows
    ]
    table = page.table(columns, rows, name="plan_time", freeze=1, has_filter=True)
    page.finish()
    return table


def services_sheet(book: Book, facts: Facts, schools: Table, time: Table, buying: Table | None = None) -> Table:
    """One row a service: what it has, what comes off first, what is given."""
    page = book.page(
        "Services", "Services: half-days to share", "Statutory work comes off first, then other duties and the vacancy the board expects."
    )
    off = "Half-days a year"
    columns = [
        text_column("name", "Service", 26),
        text_column("role", "Role", 17),
        text_column("employer", "Employer", 16),
        *right_columns(),
        Column(key="in_post", heading="In post", width=8, band=off, is_summed=True, help="Half-days of posts that are filled, net of leave and travel."),
        Column(key="vacant", heading="Vacant", width=8, band=off, is_summed=True, help="Half-days of empty posts; they give nothing."),
        Column(key="statutory", heading="Statutory", width=8, band=off, is_summed=True, help="Work the law asks for, such as advice for EHC needs assessments; it comes first."),
        Column(key="other", heading="Other duties", width=8, band=off, is_summed=True, help="Work that is not for these schools."),
        Column(key="held", heading="Held back", width=8, band=off, is_summed=True, help="For the vacancy the board expects."),
        Column(key="shareable", heading="Can be shared", width=8, band=off, is_summed=True, help="In post, less statutory work, other duties and what is held back."),
        Column(key="given", heading="Given", width=8, band=off, is_summed=True, bar_to=0, help="To schools and zones in this plan."),
        Column(key="left", heading="Left", width=8, band=off, is_summed=True),
        Column(key="block", heading="Smallest block", width=8, band=off, help="A school or zone gets none of the service or at least this."),
        Column(key="short", heading="Statutory shortfall", width=8, band=off, is_summed=True, help="Statutory half-days that the posts filled cannot cover."),
        Column(key="price", heading="Price of each", width=9, look=POUNDS, help="Its own price, without packages or price breaks; 0 where the time is in kind."),
        Column(key="cost", heading="Cost", width=10, look=POUNDS, is_summed=True, help="To the pool, for the year."),
        text_column("order_by", "Order by", 11, help="The service's order deadline."),
        text_column("lost", "Unused time is lost", 9, help="Yes when the service carries nothing over."),
        text_column("id", "Id", 12),
    ]  # fmt: skip
    own = [s.service_id for s in facts.services("school")]
    rows: list[Row] = []
    for service, bought in facts.bought:
        supply, given = facts.supply[service.service_id], facts.given(service.service_id)
        from_schools = f"=SUM({schools.span(f'own_{own.index(service.service_id)}')})" if service.service_id in own else ""
        rows.append(
            {
                "name": service.name,
                "role": facts.policy.role(service.role).name,
                "employer": service.employer,
                "right": service.decision_right.value,
                "request_to": service.request_to,
                "request_by": service.request_by,
                "in_post": supply.in_post_sessions,
                "vacant": supply.vacant_sessions,
                "statutory": supply.statutory_sessions,
                "other": supply.other_duties_sessions,
                "held": supply.held_back_sessions,
                "shareable": supply.shareable_sessions,
                "given": Formula(from_schools or "=" + time.sum_where("sessions", "service_id", "{id}"), given),
                "left": Formula("={shareable}-{given}", supply.shareable_sessions - given),
                "block": supply.minimum_block_sessions,
                "short": supply.statutory_shortfall_sessions,
                "price": service.price_pounds_per_session,
                "cost": _cost(buying if facts.sells_offers(service) else None, bought),
                "order_by": service.order_by,
                "lost": "yes" if service.unused_time_is_lost else "no",
                "id": service.service_id,
            }
        )
    table = page.table(columns, rows, name="plan_services")
    page.heading("Posts")
    page.table(*_posts(facts), name="plan_posts")
    page.sheet.freeze_panes = "B4"
    page.finish()
    return table


def _cost(buying: Table | None, bought: Purchase) -> Formula:
    """Half-days at their price, or what the sheet Buying comes to."""
    return Formula("={given}*{price}" if buying is None else "=" + buying.sum_where("pounds", "service_id", "{id}"), bought.pounds)


def _posts(facts: Facts) -> tuple[list[Column], list[Row]]:
    """Who gives the time: one row a post, in the partnership's order."""
    names, time = {s.service_id: s.name for s in facts.partnership.services}, "Half-days a year"
    columns = [
        text_column("post", "Post", 26),
        text_column("service", "Service", 17),
        text_column("based", "Based at", 16),
        text_column("vacant", "Vacant", 10),
        text_column("drives", "Drives", 14, help="Who does not drive goes only to schools that are near."),
        Column(key="most", heading="Most schools", help="The most schools the person serves in the year; blank where no limit is given."),
        Column(
            key="sessions", heading="In all", width=8, band=time, is_summed=True, help="Net of leave and travel; an empty post gives none."
        ),
        Column(key="other", heading="Other duties", width=8, band=time, is_summed=True),
        Column(key="statutory", heading="Statutory", width=8, band=time, is_summed=True, help="They come first."),
    ]
    rows: list[Row] = [
        {
            "post": person.name,
            "service": names.get(person.service_id, person.service_id),
            "based": "" if person.based_at_urn is None else facts.names.get(str(person.based_at_urn), str(person.based_at_urn)),
            "vacant": "yes" if person.is_vacant else "no",
            "drives": "yes" if person.drives else "no",
            "most": person.most_schools,
            "sessions": person.sessions_a_year,
            "statutory": person.statutory_sessions,
            "other": person.other_duties_sessions,
        }
        for person in facts.partnership.people
    ]
    return columns, rows


# --- bases -------------------------------------------------------------------------------


def bases_sheet(book: Book, facts: Facts) -> tuple[Table, Table]:
    """Bases with their size and cost, and below them the places by zone and standard; both tables."""
    page = book.page(
        "Bases",
        "Bases: places and what they cost",
        "A base that stays closed is shown with size 0. Places go to zones, not to named children.",
    )
    columns = [
        text_column("name", "Base", 26),
        text_column("host", "Host school", 22),
        text_column("needs", "Is for", 26),
        text_column("phase", "Phase", 12),
        text_column("kind", "Kind", 12, help="The council commissions a specialist base; a school runs its own support base."),
        *right_columns(),
        text_column("open", "Open now", 8),
        Column(key="now", heading="Places now", width=8, is_summed=True),
        Column(key="pupils", heading="Pupils now", width=8, is_summed=True, help="In the base today; their places are kept."),
        Column(key="size", heading="Planned places", width=9, is_summed=True, help="Its size this year; 0 is closed."),
        Column(key="given", heading="Given to zones", width=9, is_summed=True, help="For the need expected there, never for named children."),
        Column(key="free", heading="Free", width=8, is_summed=True, help="Places beyond those given to zones, or beyond the pupils there now if they are more. Pupils there now stay."),
        text_column("zones", "Places by zone", 16),
        text_column("reach", "Zones in reach", 14, help="The zones to which the base may give places, by the journey guideline."),
        *_over_the_year_columns(facts),
        Column(key="opening", heading="Opening cost", look=POUNDS, is_summed=True, help="Once, before 31 March."),
        text_column("admissions", "Admissions by", 12, help="Who decides entry."),
        text_column("consent", "Host agrees", 11, help="Whether the host school has said yes to a new or larger base."),
        text_column("condition", "Host's condition", 24),
        Column(key="most", heading="Host's most", width=8, help="The most base places the host agreed to, over all its bases."),
        text_column("id", "Id", 14),
        Column(key="urn", heading="Host URN", width=9, look=PLAIN),
    ]  # fmt: skip
    # The lower table comes first, so that the upper one can refer to it: heading, rows, total and a gap lie between.
    top = page.row
    page.row += max(len(facts.partnership.bases), 1) + 3
    page.heading("Places by base, zone and standard")
    places = page.table(
        [
            text_column("base", "Base", 26),
            text_column("zone", "Zone", 22),
            text_column("standard", "Standard", 26),
            Column(key="need", heading="Places needed", look=HUNDREDTHS, is_summed=True, help="For every pupil expected to need one."),
            Column(key="places", heading="Places given", is_summed=True),
            text_column("id", "Base id", 15),
        ],
        [_place_row(base_id, cell_id, n, facts) for base_id, cell_id, n in facts.place_rows],
        name="plan_places",
    )
    page.row = top
    table = page.table(columns, [_base_row(base, facts, places) for base in facts.partnership.bases], name="plan_bases")
    page.sheet.freeze_panes = "B4"
    page.finish()
    return table, places


def _over_the_year_columns(facts: Facts) -> list[Column]:
    """What running costs this year, and next year where that is another sum; lead-in and the part by March where they are not plain."""
    when = "This year, for the months it runs" if facts.opens_during_the_year else "A year"
    columns = [
        Column(key="running", heading="Running cost", look=POUNDS, is_summed=True, help=f"{when}, after the council's place funding.")
    ]
    if facts.opens_during_the_year:
        columns.insert(
            0, Column(key="opens", heading="Opens in half-term", width=8, look=PLAIN, help="It gives places and costs from then on.")
        )
    if facts.lead_in_pounds:
        columns.append(
            Column(
                key="lead_in",
                heading="Lead-in",
                look=POUNDS,
                is_summed=True,
                help="Pay of its teachers before it opens: once, with the running money, before 31 March.",
            )
        )
    if facts.opens_during_the_year or facts.lead_in_pounds:
        columns.append(
            Column(
                key="march",
                heading="By 31 March",
                look="#,##0.00",
                is_summed=True,
                help="Pounds of running and lead-in that fall before 1 April.",
            )
        )
    if facts.opens_bases or facts.policy.is_on("next_year_affordable"):
        columns.append(
            Column(
                key="next_year",
                heading="Next year",
                look=POUNDS,
                is_summed=True,
                help="Running it for a full year at this size, at this year's prices; no opening, no lead-in.",
            )
        )
    return columns


def _over_the_year(base: Base, size: int, facts: Facts) -> Row:
    """What a base costs at its planned places, live from these."""
    policy, months = facts.policy, months_run(base, facts.policy)
    teachers = f"ROUNDUP({{size}}/{policy.bases.places_per_teacher},0)*{teacher_pounds(base, policy)}"
    full = f"MAX(0,{teachers}+{{size}}*{place_pounds(base, policy)})"
    found: dict[str, Value] = {"running": Formula(f"=ROUNDUP({full}*{sum(months)}/{MONTHS},0)", base_running_pounds(base, size, policy))}
    if facts.opens_during_the_year:
        found["opens"] = None if base.is_open or not size else base.opens_in_half_term
    if facts.lead_in_pounds:
        lead_in = "=0" if base.is_open else f"=ROUNDUP({teachers}*{policy.bases.lead_in_months}/{MONTHS},0)"
        found["lead_in"] = Formula(lead_in, base_lead_in_pounds(base, size, policy))
    if facts.opens_during_the_year or facts.lead_in_pounds:
        march = f"={full}*{months[0]}/{MONTHS}" + ("+{lead_in}" if facts.lead_in_pounds else "")
        found["march"] = Formula(march, base_march_twelfths(base, size, policy) / MONTHS)
    if facts.opens_bases or policy.is_on("next_year_affordable"):
        found["next_year"] = Formula(f"={full}", base_full_year_pounds(base, size, policy))
    return found


def _base_row(base: Base, facts: Facts, places: Table) -> Row:
    size = facts.amounts.base_sizes.get(base.base_id, 0)
    condition = host_condition(facts.partnership, base.host_urn)
    by_zone: dict[str, int] = {}
    for (base_id, cell_id), n in sorted(facts.amounts.places.items()):
        if base_id == base.base_id and n:
            zone = cell_id.rpartition(":")[0]
            by_zone[zone] = by_zone.get(zone, 0) + n
    given, opening = sum(by_zone.values()), base_opening_pounds(base, facts.policy)
    return {
        "name": base.name,
        "host": school_of(facts.partnership, base.host_urn).name,
        "needs": ", ".join(base.needs),
        "phase": base.phase.value,
        "kind": base.kind.value,
        "right": base.decision_right.value,
        "request_to": base.request_to,
        "request_by": base.request_by,
        "open": "yes" if base.is_open else "no",
        "now": base.places_now,
        "pupils": base.pupils_now,
        "size": size,
        "given": Formula("=" + places.sum_where("places", "id", "{id}"), given),
        "free": Formula("=IF({size}=0,0,{size}-MAX({given},{pupils}))", size - max(given, base.pupils_now) if size else 0),
        "zones": "; ".join(f"{zone}: {n}" for zone, n in by_zone.items()),
        "reach": "; ".join(z.zone_id for z in facts.world.picture.zones if base_reaches(facts.partnership, facts.policy, base, z.urns)),
        **_over_the_year(base, size, facts),
        "opening": Formula(f"=IF({{size}}=0,0,{opening})", opening if size else 0),
        "admissions": base.admissions_by,
        "consent": consent_said(condition),
        "condition": condition.condition,
        "most": condition.most_places,
        "id": base.base_id,
        "urn": base.host_urn,
    }


def _place_row(base_id: str, cell_id: str, places: int, facts: Facts) -> Row:
    cell = facts.world.picture.cell(cell_id)
    return {
        "base": next(b.name for b in facts.partnership.bases if b.base_id == base_id),
        "zone": facts.names[cell.recipient],
        "standard": facts.policy.standard(cell.standard_id).name,
        "need": cell.requirement(PLACE) / 100,
        "places": places,
        "id": base_id,
    }
