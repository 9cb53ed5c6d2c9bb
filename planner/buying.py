"""What to buy of a service, in words."""

from __future__ import annotations

from planner.offers import Purchase, next_break, offers_of, one_more_pounds
from planner.partnership import Partnership, Service
from planner.reasons import half_days
from planner.words import listed


def price_words(partnership: Partnership, service: Service) -> str:
    """What a service costs, as its terms say: one or two sentences."""
    price, offers = service.price_pounds_per_session, offers_of(partnership, service.service_id)
    if not offers:
        return f"A half-day costs £{price:,}." if price else "The time is in kind, at no price."
    own = f"A half-day costs £{price:,}." if price else "Nothing is sold outside its offers."
    said = ", ".join(
        f"{o.name} ({half_days(o.sessions)}) £{o.pounds:,}{'' if o.most_bought is None else f', at most {o.most_bought}'}"
        if o.is_package
        else f"from {o.sessions:,} half-days £{o.pounds:,} each"
        for o in offers
    )
    return f"{own} {'Packages' if offers[0].is_package else 'For all of them'}: {said}."


def what_to_buy(bought: Purchase) -> str:
    """What is bought, without the price: "2 x Pack of 10, 1 x Pack of 5 and 3 single half-days"."""
    parts = [
        f"{n:,} x {offer.name}" if offer.is_package else f"{half_days(n)} at £{offer.pounds:,} each ({offer.name})"
        for offer, n in bought.packages
    ]
    if bought.single_sessions:
        parts.append(
            f"{bought.single_sessions:,} single half-day{'s' * (bought.single_sessions > 1)}"
            if parts
            else half_days(bought.single_sessions)
        )
    return listed(parts) or "nothing"


def buying_words(partnership: Partnership, service: Service, bought: Purchase) -> str:
    """What to buy, what it costs, what a half-day comes to and what one more would cost; '' for a service without offers."""
    if not offers_of(partnership, service.service_id):
        return ""
    if not bought.given_sessions:
        return "Nothing of it is bought."
    spare = (
        f" {half_days(bought.spare_sessions).capitalize()} of it {'is' if bought.spare_sessions == 1 else 'are'} left over."
        if bought.spare_sessions > 0
        else ""
    )
    said = f"Buy {what_to_buy(bought)}: £{bought.pounds:,}, about £{bought.average_pounds:,} for each half-day given.{spare}"
    more = one_more_pounds(partnership, service, bought.given_sessions)
    said += " No more can be bought." if more is None else f" One more half-day would cost {f'£{more:,} more' if more else 'nothing more'}."
    further = next_break(partnership, bought)
    return said + (f" The next price break is at {half_days(further.sessions)}: £{further.pounds:,} each." if further else "")
