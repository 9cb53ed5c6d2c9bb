"""The sheet about what to buy of services that sell packages or have price breaks; left out where none does."""

from __future__ import annotations

from planner.buying import buying_words
from planner.export.plan_facts import Facts
from planner.export.tables import POUNDS, Book, Column, Formula, Row, Table, text_column
from planner.offers import Purchase, offers_of
from planner.partnership import Offer, Service

SINGLE = "Single half-days"
"""What is bought beside the offers, at the service's own price."""


def buying_sheet(book: Book, facts: Facts) -> Table | None:
    """One row for every offer and for single half-days: what of it is bought, and what that costs."""
    if not facts.partnership.offers:
        return None
    page = book.page(
        "Buying", "Buying: packages and price breaks", "The cheapest way to cover the half-days given, bought for the whole partnership."
    )
    for service, bought in facts.bought:
        words = buying_words(facts.partnership, service, bought)
        if words:
            page.line(service.name, words)
    page.row += 1
    columns = [
        text_column("service", "Service", 30),
        text_column("offer", "Offer", 26),
        text_column("kind", "Is a", 14),
        Column(key="size", heading="Half-days", help="In the package, or from which the price break holds."),
        Column(key="price", heading="Price", look=POUNDS, help="Of the package, or of each half-day."),
        Column(key="most", heading="Most", help="The most of the package that may be bought; blank for any number."),
        Column(key="bought", heading="Bought", help="Packages, or half-days."),
        Column(key="half_days", heading="Half-days bought", width=12, is_summed=True, help="Packages may hold more than the plan gives."),
        Column(key="pounds", heading="Cost", look=POUNDS, is_summed=True),
        text_column("service_id", "Service id", 16),
    ]
    rows = [_row(service, offer, bought) for service, offer, bought in bought_rows(facts)]
    table = page.table(columns, rows, name="plan_buying", freeze=1)
    page.finish()
    return table


def bought_rows(facts: Facts) -> list[tuple[Service, Offer | None, Purchase]]:
    """The rows of the sheet: each offer of each service, then its single half-days (None)."""
    return [
        (service, offer, bought)
        for service, bought in facts.bought
        for offer in (*offers_of(facts.partnership, service.service_id), None)
        if facts.sells_offers(service) and (offer is not None or service.price_pounds_per_session)
    ]


def number_bought(offer: Offer | None, bought: Purchase) -> int:
    """Packages of an offer, half-days at a price break, or half-days beside the offers."""
    return bought.single_sessions if offer is None else dict(bought.packages).get(offer, 0)


def _row(service: Service, offer: Offer | None, bought: Purchase) -> Row:
    number = number_bought(offer, bought)
    is_package = offer is not None and offer.is_package
    price = service.price_pounds_per_session if offer is None else offer.pounds
    return {
        "service": service.name,
        "offer": SINGLE if offer is None else offer.name,
        "kind": "" if offer is None else offer.kind.value,
        "size": None if offer is None else offer.sessions,
        "price": price,
        "most": None if offer is None else offer.most_bought,
        "bought": number,
        "half_days": Formula(
            "={bought}*{size}" if is_package else "={bought}", number * offer.sessions if offer and is_package else number
        ),
        "pounds": Formula("={bought}*{price}", number * price),
        "service_id": service.service_id,
    }
