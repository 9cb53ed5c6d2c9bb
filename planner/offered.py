"""Time and money that others offer beside what a plan has, as a new partnership: what they would do is a plan made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from planner.changes import Change, from_then, new_id, service_of, shares_left
from planner.errors import InputMustBeMended
from planner.need import World
from planner.offers import offers_of
from planner.partnership import HALF_DAYS_IN_A_YEAR, DecisionRight, Fund, Partnership, Person, Service
from planner.reasons import half_days
from planner.supply import is_planned, service_supply
from planner.words import listed

MOST_SERVICES_NAMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffered:
    """Half-days that a service is offered this year, each at whole pounds to the pool (0: in kind)."""

    service: str
    half_days: int
    pounds_each: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyOffered:
    """Whole pounds more this year in a fund."""

    fund: str
    pounds: int


def more_is_offered(before: World, time: Sequence[TimeOffered], money: Sequence[MoneyOffered], half_term: int | None = None) -> Change:
    """Half-days of services and pounds in funds come from a half-term on.

    At another price than the service's own they are a service of their own, and never in its packages. Raises
    ``InputMustBeMended`` where nothing is offered, or to nobody that a plan gives from.
    """
    if not time and not money:
        raise InputMustBeMended("Nothing is offered: say how many half-days of a service, or how much money.")
    p, notes = before.partnership, []
    for one in time:
        service = _planned_service(p, one.service)
        p, giver = _with_time(p, service, one, half_term)
        more = service_supply(p, before.policy, giver).shareable_sessions
        if giver.service_id == service.service_id:
            more -= service_supply(before.partnership, before.policy, service).shareable_sessions
        notes.append(_shared(service, one, more))
    for more_money in money:
        p = _with_money(p, more_money, before, half_term)
    return Change(
        words=f"More is offered {from_then(half_term)}: {_said(p, time, money)}", partnership=p, half_term=half_term, notes=tuple(notes)
    )


def _planned_service(p: Partnership, service_id: str) -> Service:
    service = service_of(p, service_id)
    if service.decision_right is DecisionRight.INFORMATION:
        raise InputMustBeMended(f"{service.name} is for information only: no plan gives any of it.")
    return service


def _with_time(p: Partnership, service: Service, offered: TimeOffered, half_term: int | None) -> tuple[Partnership, Service]:
    """The partnership with the posts, none larger than a year has half-days, and the service that they are in."""
    giver = service
    if offered.pounds_each != service.price_pounds_per_session or offers_of(p, service.service_id):
        giver = replace(
            service, service_id=new_id(p, f"{service.service_id}_offered"), name=f"{service.name}, as offered",
            price_pounds_per_session=offered.pounds_each, order_by="",
        )  # fmt: skip
        p = replace(p, services=(*p.services, giver))
    left = offered.half_days
    while left:
        post = Person(
            person_id=new_id(p, f"{service.service_id}_post"), service_id=giver.service_id, name=f"Post offered to {service.name}",
            sessions_a_year=min(left, HALF_DAYS_IN_A_YEAR), first_half_term=half_term,
        )  # fmt: skip
        p, left = replace(p, people=(*p.people, post)), left - post.sessions_a_year
    return p, giver


def _shared(service: Service, offered: TimeOffered, more: int) -> str:
    each = f"at £{offered.pounds_each:,} each" if offered.pounds_each else "at no cost to the pool"
    said = f"{half_days(offered.half_days)} of {service.name} {'is' if offered.half_days == 1 else 'are'} offered {each}"
    if more >= offered.half_days:
        return f"{said}; all of them can be shared."
    return f"{said}; {more:,} of them can be shared, after statutory work and what is kept back for vacancies."


def _with_money(p: Partnership, offered: MoneyOffered, before: World, half_term: int | None) -> Partnership:
    """The pounds spread over what is still to come of the fund's two financial years as its own money is."""
    fund = next((one for one in p.funds if one.fund_id == offered.fund), None)
    if fund is None:
        raise InputMustBeMended(f"The plan has no fund {offered.fund}; choose one of {', '.join(f.fund_id for f in p.funds)}.")
    if not is_planned(fund):
        raise InputMustBeMended(f"{fund.name} is for information only: no plan spends any of it.")
    first = int(offered.pounds * _first_share(fund, before, half_term))
    richer = replace(
        fund,
        september_to_march_pounds=fund.september_to_march_pounds + first,
        april_to_august_pounds=fund.april_to_august_pounds + offered.pounds - first,
    )
    return replace(p, funds=tuple(richer if one is fund else one for one in p.funds))


def _first_share(fund: Fund, before: World, half_term: int | None) -> Fraction:
    months = before.policy.board.september_to_march_months
    own = [max(pounds, 0) for pounds in (fund.september_to_march_pounds, fund.april_to_august_pounds)]
    by_year = own if any(own) else [months, 12 - months]
    to_come = [share * part for share, part in zip(shares_left(half_term), by_year, strict=True)]
    return to_come[0] / sum(to_come) if sum(to_come) else Fraction(0)


def _said(p: Partnership, time: Sequence[TimeOffered], money: Sequence[MoneyOffered]) -> str:
    services = {one.service_id: one.name for one in p.services}
    funds = {one.fund_id: one.name for one in p.funds}
    said = [f"{half_days(one.half_days)} of {services[one.service]}" for one in time]
    if len(time) > MOST_SERVICES_NAMED:
        said = [f"{half_days(sum(one.half_days for one in time))} of {len(time)} services"]
    said += [f"£{one.pounds:,} in {funds[one.fund]}" for one in money]
    return listed(said)
