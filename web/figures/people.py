"""People: services, their posts, and how many half-days are left to share."""

from __future__ import annotations

from dataclasses import dataclass

from planner.buying import price_words
from planner.offers import offers_of
from planner.partnership import Person, Service
from planner.reasons import half_days
from planner.supply import ServiceSupply, service_supply
from web.figures.frame import Brought, sources_table
from web.figures.provenance import sheet_of
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, decision, order, pounds, upper_first

_PEOPLE, _SERVICES = sheet_of("People"), sheet_of("Services")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBlock:
    """One service and its posts."""

    anchor: str
    name: str
    sentence: str
    flags: tuple[str, ...]
    posts: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """All services."""

    sentence: str
    supply: TableView
    blocks: tuple[ServiceBlock, ...]
    sources: TableView


def people_view(brought: Brought) -> PeopleView:
    """What each service has, owes and can share; then its posts."""
    p, policy = brought.partnership, brought.policy
    supply = {s.service_id: service_supply(p, policy, s) for s in p.services}
    rows = [
        row(
            TableCell(text=s.name, href=f"#service-{s.service_id}"), policy.role(s.role).name,
            f"{len(p.people_of(s.service_id)):,}", *_figures(supply[s.service_id]),
        )
        for s in p.services
    ]  # fmt: skip
    totals = [sum(column) for column in zip(*(_amounts(one) for one in supply.values()), strict=True)]
    total = row("All services", "", f"{len(p.people):,}", *(f"{n:,}" for n in totals), is_total=True)
    vacant = sum(person.is_vacant for person in p.people)
    return PeopleView(
        sentence=f"{half_days(sum(s.shareable_sessions for s in supply.values()))} can be shared, from {count(len(p.people), 'post')}"
        f"{f', {vacant} of them vacant' if vacant else ''}. A half-day is three hours.",
        supply=table(
            "Half-days a year, by service",
            (
                *words("Service", "Role"),
                *numbers("Posts", "In post", "Statutory, first", "Other duties", "Held back", "Can be shared", "In vacant posts"),
            ),
            [*rows, *([total] if rows else [])],
            empty="The partnership has brought no service.",
        ),
        blocks=tuple(_block(brought, s, supply[s.service_id]) for s in p.services),
        sources=sources_table(brought, "Services", "People"),
    )


def _amounts(s: ServiceSupply) -> tuple[int, ...]:
    return (
        s.in_post_sessions, s.statutory_sessions, s.other_duties_sessions, s.held_back_sessions, s.shareable_sessions, s.vacant_sessions,
    )  # fmt: skip


def _figures(supply: ServiceSupply) -> tuple[str, ...]:
    return tuple(f"{n:,}" for n in _amounts(supply))


def _block(brought: Brought, service: Service, supply: ServiceSupply) -> ServiceBlock:
    price = service.price_pounds_per_session
    cost = f"{pounds(price)} a half-day" if price else "In kind, at no price"
    if offers_of(brought.partnership, service.service_id):
        cost = price_words(brought.partnership, service).removesuffix(".")
    said = brought.shown(_SERVICES, service, "price_pounds_per_session", cost)
    serves = brought.policy.role(service.role).serves
    short, people = supply.statutory_shortfall_sessions, brought.partnership.people_of(service.service_id)
    flags = (
        [f"The service is {half_days(short)} short of its statutory work: raise this with {service.employer or 'its employer'}."]
        if short
        else []
    )
    flags += [
        f"{person.name} is promised {half_days(over)} more than the post can give."
        for person in people
        if not (short and len(people) == 1)  # the service's own sentence has said it
        and (over := person.statutory_sessions + person.other_duties_sessions - person.sessions_a_year) > 0
        and not person.is_vacant
    ]
    return ServiceBlock(
        anchor=f"service-{service.service_id}",
        name=service.name,
        sentence=f"Employed by {service.employer or 'nobody named'}. {said}. Planned for {serves}s: none or at least "
        f"{half_days(supply.minimum_block_sessions)} each. {decision(service.decision_right, service.request_to, service.request_by)}."
        + (f" {upper_first(order(service.order_by))}." if service.order_by else "")
        + (" Time not used is lost." if service.unused_time_is_lost else " Time not used may be kept for next year."),
        flags=tuple(flags),
        posts=table(
            f"Posts of {service.name}",
            (
                *words("Post"),
                *numbers("Half-days a year", "Statutory, first", "Other duties", "Left"),
                *words("In post", "Based at", "Drives", "Most schools"),
            ),
            [_post_row(brought, person) for person in people],
            empty="It has no post.",
            is_caption_hidden=True,
        ),
    )  # fmt: skip


def _post_row(brought: Brought, person: Person) -> TableRow:
    left = person.sessions_a_year - person.statutory_sessions - person.other_duties_sessions
    fields = ("sessions_a_year", "statutory_sessions", "other_duties_sessions")
    return row(
        person.name,
        *(brought.shown(_PEOPLE, person, field, f"{getattr(person, field):,}") for field in fields),
        "0: vacant" if person.is_vacant else f"{max(0, left):,}",
        TableCell(text="vacant", tag="yellow") if person.is_vacant else "yes",
        "not said" if person.based_at_urn is None else brought.school_link(person.based_at_urn),
        "yes" if person.drives else "no",
        "no limit" if person.most_schools is None else f"{person.most_schools:,}",
    )
