"""Every partnership of a commissioner on the same definitions: standards, places, who is out of reach, supply, requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from flask import url_for

from planner.measures import Standing
from planner.partnership import Base, BaseKind, DecisionRight, Partnership, Service
from planner.policy import Policy
from planner.store import Store
from web.council.public import EXPECTED, PUPILS_NOW
from web.plans.presenters.cells import in_hundredths, money, whole
from web.shelf import Figures, KeptPlan, Shelf
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, due, in_zone, listed, moment, upper_first

EVERY_ZONE = "all zones"
KINDS = {BaseKind.SUPPORT: "Support base", BaseKind.SPECIALIST: "Specialist base"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One partnership: its newest figures and the plan that its schools read, where there are any."""

    partnership_id: int
    name: str
    figures: Figures | None
    plan: KeptPlan | None
    is_chosen: bool

    @property
    def partnership(self) -> Partnership | None:
        """The newest figures."""
        return None if self.figures is None else self.figures.world.partnership


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Words and a number."""

    words: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilView:
    """The page."""

    title: str
    sentence: str
    definitions: str
    counts: tuple[Counted, ...]
    missing: tuple[str, ...]
    standards: TableView
    places: tuple[TableView, ...]
    out_of_reach: TableView
    supply: TableView
    requests: TableView
    others_asked: str
    enter: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]

    @property
    def tables(self) -> tuple[TableView, ...]:
        """Every table, as it is taken away."""
        return (self.standards, *self.places, self.out_of_reach, self.supply, self.requests)


def gathered(store: Store, shelf: Shelf, ids: Iterable[int]) -> tuple[Member, ...]:
    """The partnerships with these numbers, by name."""
    wanted = set(ids)
    with store.read() as tx:
        rows = [one for one in tx.partnerships.partnerships() if one.id in wanted]
    found = []
    for one in rows:
        read = shelf.schools_plan(one.id)
        found.append(
            Member(
                partnership_id=one.id, name=one.name, figures=shelf.figures(one.id),
                plan=None if read is None else shelf.plan(one.id, read.plan_id), is_chosen=read is not None and read.chosen_at is not None,
            )
        )  # fmt: skip
    return tuple(found)


def council_view(members: Sequence[Member], *, is_public: bool = False) -> CouncilView:
    """Everything about these partnerships; ``is_public``: as its tables may be published, once numbers of pupils are taken out."""
    planned = [(one, one.plan) for one in members if one.plan is not None]
    councils = sorted({p.council for one in members if (p := one.partnership) is not None and p.council})
    total = _sum([plan.facts.standing for _, plan in planned])
    asked = _requests(planned)
    others = sum(not is_ours for is_ours, _ in asked)
    return CouncilView(
        title=f"{listed(councils)}: its partnerships" if len(councils) == 1 else "The council's partnerships",
        sentence=f"{count(len(members), 'partnership')} that you belong to, {'each ' if len(members) > 1 else ''}by the plan that its board put before the schools, or else by its newest plan.",
        definitions=_definitions([plan.facts.policy for _, plan in planned]),
        counts=tuple(
            Counted(words=word, number=f"{n:,}")
            for word, n in zip(
                ("fully met", "partly met", "under half", "out of reach"), (total.met, total.partly_met, total.under_half, total.out_of_reach), strict=True
            )
        ),
        missing=tuple(_missing(one) for one in members if one.plan is None),
        standards=_named("standards", _standards(planned)),
        places=(
            _named("places-by-need", _places("Base places by need", "For which need", planned, _need)),
            _named("places-by-phase", _places("Base places by phase", "Phase", planned, lambda _, base: upper_first(base.phase.value))),
            _named("places-by-zone", _places("Base places by partnership and zone of the host", "Zone", planned, _zone)),
        ),
        out_of_reach=_named("out-of-reach", _out_of_reach(planned, is_public=is_public)),
        supply=_named("supply", _supply(members)),
        requests=_named(
            "requests",
            table(
                "What the plans ask the council to grant",
                words("Partnership", "What", "How much", "Whom to ask, and by when"),
                [one for is_ours, one in asked if is_ours],
                empty="The plans ask the council for nothing.",
            ),
        ),
        others_asked=f"{count(others, 'more request goes', 'more requests go')} to others, such as the health service; each plan lists them." if others else "",
        enter=tuple(
            (one.name, url_for("council.supply", partnership_id=one.partnership_id)) for one in members if one.figures is not None
        ),
        lines=tuple((one.name, url_for("council.lines", partnership_id=one.partnership_id)) for one, _ in planned),
    )  # fmt: skip


def is_councils(partnership: Partnership, *holders: str) -> bool:
    """Whether one of these holders is the council, by its name in the figures."""
    council = partnership.council.casefold()
    return bool(council) and any(council in holder.casefold() for holder in holders)


def _named(name: str, view: TableView) -> TableView:
    return replace(view, name=name, csv_href=url_for("council.table", name=name))


def _missing(one: Member) -> str:
    return f"{one.name} has no plan yet" + (": its figures are not here yet." if one.figures is None else ": its board can have one made.")


def _definitions(policies: Sequence[Policy]) -> str:
    """Whether all counts mean the same."""
    same = "A standard counts once for each school or zone that has the need, in every partnership alike."
    if len({policy.standards for policy in policies}) > 1:
        return f"{same} The partnerships do not all use the same standards: compare the counts of those that differ with care."
    if len(policies) < 2:
        return same
    lines = {policy.board.line_percent for policy in policies}
    return f"{same} All of them use the same standards" + (", with different lines set by their boards." if len(lines) > 1 else ".")


# --- standards ---------------------------------------------------------------------------


def _sum(standings: Sequence[Standing]) -> Standing:
    names = ("standards", "met", "partly_met", "under_half", "out_of_reach", "pupils_out_of_reach_hundredths")
    added = {name: sum(getattr(one, name) for one in standings) for name in names}
    return Standing(**added, shortfall_points=0.0, need_met_points=0.0, worst_fifth_points=0.0)


def _standards(planned: Sequence[tuple[Member, KeptPlan]]) -> TableView:
    rows = [_standing_row(_plan_link(one, plan), _plan_words(one, plan), plan.facts.standing) for one, plan in planned]
    if len(rows) > 1:
        rows.append(_standing_row("All of them", "", _sum([plan.facts.standing for _, plan in planned]), is_total=True))
    return table(
        "Standards in each partnership, by name",
        (*words("Partnership", "Which plan"), *numbers("Standards", "Fully met", "Partly met", "Under half", "Out of reach")),
        rows,
        empty="No partnership has a plan yet.",
    )


def _standing_row(name: str | TableCell, plan: str, stands: Standing, *, is_total: bool = False) -> TableRow:
    figures = (stands.standards, stands.met, stands.partly_met, stands.under_half, stands.out_of_reach)
    return row(name, plan, *map(whole, figures), is_total=is_total)


def _plan_link(one: Member, plan: KeptPlan) -> TableCell:
    return TableCell(text=one.name, href=url_for("plans.summary_page", partnership_id=one.partnership_id, plan_id=plan.plan_id))


def _plan_words(one: Member, plan: KeptPlan) -> str:
    return f"Plan {plan.plan_id}, {moment(plan.made_at)}" + (", chosen by the board" if one.is_chosen else ", the newest: none is chosen")


def _out_of_reach(planned: Sequence[tuple[Member, KeptPlan]], *, is_public: bool) -> TableView:
    """Standards that no plan can meet, in the order of the standards and of the partnerships' names: by zone, but where it is public.

    A zone without a row of a standard would tell that its schools expect few pupils with the need.
    """
    rows = []
    standards = dict.fromkeys(s.standard_id for _, plan in planned for s in plan.facts.policy.standards)
    for standard_id in standards:
        for one, plan in planned:
            zones: dict[str, list[int]] = {}
            for cell in plan.facts.world.picture.cells:
                if cell.standard_id == standard_id and cell.out_of_reach:
                    zones.setdefault(EVERY_ZONE if is_public else in_zone(_zone_of(plan, cell.recipient)), []).append(
                        cell.pupils_hundredths
                    )
            for zone, pupils in zones.items():
                name = plan.facts.policy.standard(standard_id).name
                rows.append(row(name, one.name, upper_first(zone), whole(len(pupils)), in_hundredths(sum(pupils))))
    return table(
        "Out of reach: no plan can meet these with the services, funds and bases there are",
        (*words("Standard", "Partnership", "Zone"), *numbers("Schools or zones", EXPECTED)),
        rows,
        empty="No standard is out of reach.",
    )


def _zone_of(plan: KeptPlan, recipient: str) -> str:
    picture = plan.facts.world.picture
    return recipient if recipient in {zone.zone_id for zone in picture.zones} else picture.zone_of(int(recipient)).zone_id


# --- places ------------------------------------------------------------------------------


def _places(
    caption: str, heading: str, planned: Sequence[tuple[Member, KeptPlan]], group_of: Callable[[tuple[Member, KeptPlan], Base], str]
) -> TableView:
    """Places now and in the plans, and pupils there now, added up by what each base is."""
    sums: dict[str, Counter[str]] = {}
    for one, plan in planned:
        given: Counter[str] = Counter()
        for (base_id, _), n in plan.facts.amounts.places.items():
            given[base_id] += n
        for base in plan.facts.partnership.bases:
            here = sums.setdefault(group_of((one, plan), base), Counter())
            here.update(
                bases=1, now=base.places_now if base.is_open else 0, planned=plan.facts.amounts.base_sizes.get(base.base_id, 0),
                given=given[base.base_id], pupils=base.pupils_now,
            )  # fmt: skip
    rows = [_places_row(name, sums[name]) for name in sorted(sums)]
    if len(rows) > 1:
        rows.append(_places_row("All", sum(sums.values(), Counter()), is_total=True))
    headings = (*words(heading), *numbers("Bases, open or possible", "Places now", "Planned places", "Planned for zones' need", PUPILS_NOW))
    return table(caption, headings, rows, empty="No base is open and none is offered.")


def _places_row(name: str, sums: Counter[str], *, is_total: bool = False) -> TableRow:
    return row(name, *(whole(sums[what]) for what in ("bases", "now", "planned", "given", "pupils")), is_total=is_total)


def _need(of: tuple[Member, KeptPlan], base: Base) -> str:
    names = {need.code: need.name for need in of[1].facts.policy.need_types}
    return "; ".join(names.get(code, code) for code in base.needs)


def _zone(of: tuple[Member, KeptPlan], base: Base) -> str:
    return f"{of[0].name}, {in_zone(of[1].facts.world.picture.zone_of(base.host_urn).zone_id)}"


# --- supply and requests -----------------------------------------------------------------


def _supply(members: Sequence[Member]) -> TableView:
    """What the newest figures hold of the council's own: services by the half-days in post, specialist bases by their places."""
    rows = []
    for one in members:
        p = one.partnership
        if p is None:
            continue
        plan = one.plan
        for service in p.services:
            if is_councils(p, service.employer, service.request_to):
                offered = sum(person.sessions_a_year for person in p.people_of(service.service_id) if not person.is_vacant)
                planned = "no plan yet" if plan is None else whole(plan.facts.given(service.service_id))
                rows.append(row(service.name, one.name, "Half-days a year", whole(offered), planned))
        for base in p.bases:
            if base.kind is BaseKind.SPECIALIST:
                planned = "no plan yet" if plan is None else whole(plan.facts.amounts.base_sizes.get(base.base_id, 0))
                rows.append(row(base.name, one.name, "Places", whole(base.places_now if base.is_open else 0), planned))
    return table(
        "The council's own services and specialist bases",
        (*words("Service or base", "Partnership", "Counted in"), *numbers("Offered now", "In the plan")),
        rows,
        empty="The figures hold no service of the council and no specialist base.",
    )


def _requests(planned: Sequence[tuple[Member, KeptPlan]]) -> list[tuple[bool, TableRow]]:
    """What each plan holds only if others say yes, and whether the council is the one to say it."""
    found = []
    for one, plan in planned:
        p, amounts = plan.facts.partnership, plan.facts.amounts

        def add(holder: Service | Base | object, much: TableCell, to: str, *owners: str, of: Partnership = p, name: str = one.name) -> None:
            right, what, by = (getattr(holder, part) for part in ("decision_right", "name", "request_by"))
            if right is DecisionRight.REQUEST and much.value:
                found.append((is_councils(of, to, *owners), row(name, what, much, due(to or "Its holder", by))))

        for fund in p.funds:
            granted = sum(pounds for (_, fund_id), pounds in amounts.grants.items() if fund_id == fund.fund_id)
            spent = sum(pounds for (fund_id, _, _), pounds in amounts.spending.items() if fund_id == fund.fund_id)
            add(fund, money(granted + spent), fund.request_to)
        for service in p.services:
            given = plan.facts.given(service.service_id)
            add(service, whole(given, count(given, "half-day")), service.request_to or service.employer, service.employer)
        for base in p.bases:
            size = amounts.base_sizes.get(base.base_id, 0)
            add(base, whole(size, count(size, "place")), base.request_to or p.council)
    return found
