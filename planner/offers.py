"""What a partnership buys of a service: the cheapest way to cover the half-days it is given, as one buyer.

A service without offers costs its price for each half-day. Packages are bought whole, and the half-days left over in them are
paid for all the same; half-days beside them cost the service's own price. Past a price break every half-day costs
the break's price, so it may be cheaper to buy up to the next break than to stop short of it. Where a service has offers,
an own price of 0 means that nothing is sold outside them. What is bought follows from what is given, in whole numbers
worked out exactly, so a plan need not hold it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction

from planner.partnership import Offer, OfferKind, Partnership, Service
from planner.plan import Amounts
from planner.rounding import half_up, largest_remainder

OWN_PRICE = ""
"""Stands for a service's own price where an offer could stand."""
_SMALLEST_TABLE = 64
_Way = tuple[int, int, int, tuple[int, ...]]
"""Pounds, half-days bought (negative, so that of equal prices the most comes first), things bought, and how many of each package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What is bought of one service for the half-days given.

    ``packages`` holds how many of each package, or how many half-days at the price of a break;
    ``single_sessions`` are half-days at the service's own price.
    """

    service_id: str
    given_sessions: int
    packages: tuple[tuple[Offer, int], ...] = ()
    single_sessions: int = 0
    pounds: int

    @property
    def bought_sessions(self) -> int:
        """All half-days bought."""
        return self.single_sessions + sum(n * offer.sessions if offer.is_package else n for offer, n in self.packages)

    @property
    def spare_sessions(self) -> int:
        """Half-days paid for and not given; negative where more are given than can be bought."""
        return self.bought_sessions - self.given_sessions

    @property
    def average_pounds(self) -> int:
        """Pounds for each half-day given, to the nearest pound."""
        return half_up(Fraction(self.pounds, self.given_sessions)) if self.given_sessions else 0


def offers_of(partnership: Partnership, service_id: str) -> tuple[Offer, ...]:
    """The offers of a service, smallest first."""
    return tuple(sorted((o for o in partnership.offers if o.service_id == service_id), key=lambda o: (o.sessions, o.offer_id)))


def enough_of(offer: Offer, sessions: int) -> int:
    """More of an offer than this is never needed for so many half-days, or may not be bought; a price break is reached once."""
    if not offer.is_package:
        return 1
    enough = -(-sessions // offer.sessions)
    return enough if offer.most_bought is None else min(enough, offer.most_bought)


def is_paid(partnership: Partnership, service: Service) -> bool:
    """Whether the service's time costs anything."""
    return bool(service.price_pounds_per_session) or any(o.service_id == service.service_id for o in partnership.offers)


def dearest_pounds(partnership: Partnership, service: Service) -> int:
    """The most that a half-day of a service normally costs, whole pounds rounded up: its own price, else its dearest offer; 0 in kind."""
    own = service.price_pounds_per_session
    return own or max(
        (-(-o.pounds // o.sessions) if o.is_package else o.pounds for o in offers_of(partnership, service.service_id)), default=0
    )


def purchase_of(partnership: Partnership, service: Service, given: int) -> Purchase:
    """The cheapest way to cover the half-days given of a service; of equally cheap ways the one that buys most, then the fewest things."""
    offers, price = offers_of(partnership, service.service_id), service.price_pounds_per_session
    packages = tuple(o for o in offers if o.is_package)
    if given <= 0 or not offers:
        return Purchase(service_id=service.service_id, given_sessions=given, single_sessions=max(given, 0), pounds=price * max(given, 0))
    if not packages:
        return _at_a_break(service, offers, given)
    counts, single = _packages(price, tuple((o.sessions, o.pounds, o.most_bought) for o in packages), given)
    return Purchase(
        service_id=service.service_id,
        given_sessions=given,
        packages=tuple((o, n) for o, n in zip(packages, counts, strict=True) if n),
        single_sessions=single,
        pounds=single * price + sum(n * o.pounds for o, n in zip(packages, counts, strict=True)),
    )


def purchases(partnership: Partnership, amounts: Amounts) -> tuple[Purchase, ...]:
    """What is bought of every service, in the partnership's order."""
    given: dict[str, int] = {}
    for (_, service_id), sessions in amounts.sessions.items():
        given[service_id] = given.get(service_id, 0) + sessions
    return tuple(purchase_of(partnership, s, given.get(s.service_id, 0)) for s in partnership.services)


def time_pounds(partnership: Partnership, amounts: Amounts) -> dict[tuple[str, str], int]:
    """What each recipient's half-days of each service cost at the average price paid; the whole pounds of a service add up to what it costs."""
    cost: dict[tuple[str, str], int] = {}
    for bought in purchases(partnership, amounts):
        keys = sorted(key for key, n in amounts.sessions.items() if key[1] == bought.service_id and n > 0)
        cost |= dict(zip(keys, largest_remainder(bought.pounds, [amounts.sessions[key] for key in keys]), strict=True))
    return cost


def one_more_pounds(partnership: Partnership, service: Service, given: int) -> int | None:
    """What one more half-day would add to the cost, never below nought; None where no more can be bought."""
    now, then = (purchase_of(partnership, service, n) for n in (given, given + 1))
    return None if then.spare_sessions < 0 else then.pounds - now.pounds


def next_break(partnership: Partnership, bought: Purchase) -> Offer | None:
    """The price break that more half-days would come to."""
    offers = offers_of(partnership, bought.service_id)
    return next(
        (o for o in offers if o.kind is OfferKind.PRICE_BREAK and o.sessions > max(bought.bought_sessions, bought.given_sessions)), None
    )


def _at_a_break(service: Service, breaks: tuple[Offer, ...], given: int) -> Purchase:
    """Everything at one price: the service's own, or that of a break, of which at least its number is bought."""
    ways: list[tuple[int, int, tuple[tuple[Offer, int], ...]]] = [
        (o.pounds * n, -n, ((o, n),)) for o in breaks for n in [max(given, o.sessions)]
    ]
    if service.price_pounds_per_session:
        ways.append((service.price_pounds_per_session * given, -given, ()))
    pounds, _, packages = min(ways, key=lambda way: way[:2])
    return Purchase(
        service_id=service.service_id, given_sessions=given, packages=packages, single_sessions=0 if packages else given, pounds=pounds
    )


def _packages(price: int, packages: tuple[tuple[int, int, int | None], ...], given: int) -> tuple[tuple[int, ...], int]:
    """How many of each package to buy (half-days in it, pounds, most), and how many half-days beside them."""
    size = max(_SMALLEST_TABLE, 1 << (given - 1).bit_length())
    way = _cheapest(price, packages, size)[given]
    if way is None:  # not even everything covers it
        return tuple(most or 0 for _, _, most in packages), 0
    covered = sum(n * sessions for n, (sessions, _, _) in zip(way[3], packages, strict=True))
    return way[3], max(0, given - covered)


@functools.lru_cache(maxsize=64)
def _cheapest(price: int, packages: tuple[tuple[int, int, int | None], ...], size: int) -> tuple[_Way | None, ...]:
    """The cheapest way to cover every number of half-days up to ``size``, None where none does: a knapsack, filled package by package."""
    none = (0,) * len(packages)
    best: list[_Way | None] = [(0, 0, 0, none), *((price * n, -n, n, none) if price else None for n in range(1, size + 1))]
    for i, (sessions, pounds, most) in enumerate(packages):
        left = -(-size // sessions) if most is None else min(most, -(-size // sessions))
        some = 1
        while left:
            some = min(some, left)
            for n in range(size, 0, -1):
                before = best[max(0, n - some * sessions)]
                if before is not None:
                    counts = (*before[3][:i], before[3][i] + some, *before[3][i + 1 :])
                    way = (before[0] + some * pounds, before[1] - some * sessions, before[2] + some, counts)
                    here = best[n]
                    if here is None or way < here:
                        best[n] = way
            left, some = left - some, 2 * some
    return tuple(best)
