"""The words of a plan made again after a change: what may change, the curve, and what each of its plans means for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from planner.asked_change import What, change_of, from_data
from planner.documents import Json
from planner.errors import PlannerError
from planner.hosts import sought_words
from planner.partnership import GRANT_ITEM, DecisionRight, Partnership
from planner.pots import half_terms_begin
from planner.store import AnswerKind, Transaction
from planner.store.answers import Answer, AnswerRow
from planner.supply import is_planned, service_supply
from planner.words import day, least_points, most_points
from web.change.forms import ChangeForm
from web.charts import Cross, Scatter, scatter
from web.names import name_of
from web.plans.presenters.answers import FIGURES, Stands, stands
from web.shelf import Figures, KeptPlan
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import count, listed, moment, pounds, today, upper_first

WAYS = {
    What.LEAVES: ("Somebody leaves", "A therapist, psychologist or teacher leaves, and the post stands empty."),
    What.VACANT: ("A service has fewer people", "A part of its time is vacant, or somebody is off sick for long."),
    What.ASSESSMENTS: ("More statutory assessments", "They come first, and take time from everything else."),
    What.MONEY: ("The money changes", "All of the pool, or one fund, is cut or grows."),
    What.SCHOOL_LEAVES: ("A school leaves", "With its contributions still to come, and the bases it hosts."),
    What.JOINS: ("A school joins", "As the newest figures hold it."),
    What.MORE: ("More is offered", "Posts or half-days by the council or a health service, more money, or all of it together."),
    What.BASE: (
        "Where a base would do most",
        "A base of your size is tried at each school that could host it, and the year is planned with it there and without it.",
    ),
}


COUNTS = (("met", "Fully met"), ("partly_met", "Partly met"), ("under_half", "Under half"), ("out_of_reach", "Out of reach"))
"""How standards stand, by what a re-plan calls it."""
_WORDS = {
    "met": "are fully met", "partly_met": "partly met", "under_half": "met to less than half", "out_of_reach": "out of reach",
}  # fmt: skip
LETTERS = "ABC"
"""What the plans of a change are called: the kept plans beside them have numbers."""
MOST_NAMED = 3
"""Changes each way that stand beside a plan; its tables have them all."""
NO_MORE_ORDERS = "only time already ordered is shared."
"""How the sentence of a service ends whose order date has passed: nobody need agree to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One kind of change: what it is called, what it means, where to say it."""

    title: str
    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuView:
    """The kinds of change, and what was asked of this plan before."""

    ways: tuple[Way, ...]
    asked: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """One kind of change to be told."""

    title: str
    text: str
    not_yet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAfter:
    """One plan of the curve: what it does to whom, what it needs, and the way to keep it."""

    letter: str
    title: str
    sentences: tuple[str, ...]
    most: tuple[str, ...]
    asks: tuple[str, ...]
    no_more_orders: tuple[str, ...]
    less: TableView
    more: TableView
    keep_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The plans after a change, as a picture, a table and one by one."""

    notes: tuple[str, ...]
    gives_way: tuple[str, ...]
    claims: tuple[str, ...]
    chart: Scatter | None
    table: TableView
    plans: tuple[PlanAfter, ...]
    locked: TableView
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanView:
    """One change and what became of it; ``curve`` is None until it is there."""

    title: str
    asked: str
    stands: Stands
    curve: Curve | None
    again_href: str


# --- asking --------------------------------------------------------------------------------


def menu(tx: Transaction, kept: KeptPlan, changes: Sequence[AnswerRow], *, may_ask: bool) -> MenuView:
    """What may have changed, and what was asked before, newest first."""
    return MenuView(
        ways=tuple(
            Way(title=title, text=text, href=_url(kept, "change.ask", what=what.value)) for what, (title, text) in WAYS.items() if may_ask
        ),
        asked=table(
            "Asked of this plan before",
            words("What changed", "Asked", "By", "State"),
            [
                row(
                    TableCell(text=said(kept, one), href=_url(kept, "change.replan", answer_id=one.id)),
                    moment(one.asked_at),
                    name_of(tx, one.asked_by),
                    stands(AnswerKind.REPLAN, one, may_ask=False).tag or "Worked out",
                )
                for one in reversed(changes)
            ],
            empty="Nothing yet. Once the board has said what changed, the plans after it are shown here.",
        ),
    )


def said(kept: KeptPlan, one: AnswerRow) -> str:
    """The change that was asked, in words."""
    assert one.asked is not None
    asked = from_data(one.asked)
    if asked.base is not None:
        return sought_words(kept.facts.world, asked.base)
    if asked.what is What.JOINS:
        return f"{WAYS[asked.what][0]}, as figures version {asked.version} hold it"
    try:
        return change_of(asked, kept.facts.world, kept.facts.amounts).words
    except PlannerError:
        return WAYS[asked.what][0]


def kept_words(kept: KeptPlan, one: Answer, number: int) -> str:
    """The change that a plan is kept for, in words: of a base, the host too, and what it has agreed to."""
    if one.document is not None and "places" in one.document:
        plan = one.document["plans"][number - 1]
        where = "without it" if plan["host"] is None else f"with it at {plan['host']}. {plan['agreement'].removesuffix('.')}"
        return f"{one.document['change']}: the plan {where}"
    return said(kept, one)


def ask_view(what: What, kept: KeptPlan, figures: Figures | None) -> AskView:
    """One kind of change; ``not_yet`` says what would make it possible where it is not."""
    title, text = WAYS[what]
    return AskView(title=title, text=text, not_yet=_not_yet(kept, figures) if what is What.JOINS else "")


def _not_yet(kept: KeptPlan, figures: Figures | None) -> str:
    had = {school.urn for school in kept.facts.partnership.schools}
    if figures is None or {school.urn for school in figures.world.partnership.schools} <= had:
        return (
            "The newest figures hold no school that this plan does not. Have the administrator bring figures with the schools that join; "
            "then ask again here."
        )
    return ""


def joining(kept: KeptPlan, figures: Figures) -> str:
    """The schools that the newest figures hold and the plan does not, as a sentence."""
    had = {school.urn for school in kept.facts.partnership.schools}
    names = [school.name for school in figures.world.partnership.schools if school.urn not in had]
    return f"{listed(names)} {'joins' if len(names) == 1 else 'join'}, as figures version {figures.version.version} say."


def fill_lists(form: ChangeForm, what: What, kept: KeptPlan) -> None:
    """What may be chosen, in words; the half-term that begins next is chosen to begin with."""
    p, policy = kept.facts.partnership, kept.facts.policy
    begins = half_terms_begin(p, policy)
    whole_year = [] if what is What.LEAVES else [("", "The year has not begun: everything can still change")]
    form.half_term.choices = [
        *whole_year,
        *((str(n), f"Half-term {n}, from {day(on.isoformat())}") for n, on in enumerate(begins, start=1)),
    ]
    coming = next((str(n) for n, on in enumerate(begins, start=1) if on > today()), "6")
    if form.half_term.data is None:
        form.half_term.data = coming if begins[0] <= today() or what is What.LEAVES else ""
    services = [(s.service_id, s.name) for s in p.services]
    names = dict(services)
    choices = {
        What.LEAVES: [
            (one.person_id, f"{one.name or one.person_id}, {names.get(one.service_id, one.service_id)}")
            for one in p.people
            if not one.is_vacant
        ],
        What.VACANT: services,
        What.ASSESSMENTS: services,
        What.MONEY: [("", "All of the pool"), *((fund.fund_id, fund.name) for fund in p.funds if is_planned(fund))],
        What.SCHOOL_LEAVES: sorted(((str(s.urn), s.name) for s in p.schools), key=lambda one: one[1]),
    }
    if what in choices:
        form.which.choices = choices[what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One service that may be offered time: its name, what it shares now, and its two fields by name."""

    title: str
    now: str
    time: str
    price: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What may be offered, and what a day a pupil comes to here."""

    sentence: str
    services: tuple[Offered, ...]
    funds: tuple[str, ...]


def offers(kept: KeptPlan) -> Offers:
    """Every service and fund that plans give from, in the order of the form's fields."""
    p, policy = kept.facts.partnership, kept.facts.policy
    services = [one for one in p.services if one.decision_right is not DecisionRight.INFORMATION]
    now = [service_supply(p, policy, one).shareable_sessions for one in services]
    pupils = sum(school.pupils for school in p.schools)
    return Offers(
        sentence=f"The schools have {pupils:,} pupils: 0.01 day for each of them is {count(round(pupils / 50), 'half-day')}. "
        f"{upper_first(count(sum(now), 'half-day'))} can be shared now.",
        services=tuple(
            Offered(title=one.name, now=f"{count(shared, 'half-day')} can be shared now.", time=f"time_{n}", price=f"price_{n}")
            for n, (one, shared) in enumerate(zip(services, now, strict=True))
        ),
        funds=tuple(f"money_{n}" for n, _ in enumerate(one for one in p.funds if is_planned(one))),
    )


# --- the curve -----------------------------------------------------------------------------


def replan_view(kept: KeptPlan, answer: Answer, *, may_keep: bool) -> ReplanView:
    """One change and its plans."""
    here = stands(AnswerKind.REPLAN, answer, may_ask=False)
    return ReplanView(
        title=said(kept, answer) if answer.document is None else answer.document["change"],
        asked=f"Asked of plan {kept.plan_id}, {moment(answer.asked_at)}.",
        stands=here,
        curve=None if answer.document is None else _curve(kept, answer, answer.document, may_keep=may_keep),
        again_href=""
        if here.is_there or here.is_going or answer.asked is None or not may_keep
        else _url(kept, "change.ask", what=answer.asked["what"]),
    )


def _curve(kept: KeptPlan, answer: Answer, found: Json, *, may_keep: bool) -> Curve:
    plans, before = found["plans"], counts_before(kept)
    return Curve(
        notes=tuple(found["notes"]),
        gives_way=tuple(way["sentence"] for way in found["gives_way"]),
        claims=_claims(kept, found),
        chart=_chart(found) if len(plans) > 1 else None,
        table=table(
            "From the fewest schools disturbed to the least need below the line",
            (
                *words("Plan"),
                *numbers(
                    "Schools disturbed", *(said for _, said in COUNTS), "Need below the line, points", "Least possible with no more schools disturbed, points",
                    "Need met in all, points",
                ),
            ),
            [
                row(
                    f"Plan {kept.plan_id}, before the change", "none", *(_number(before[key]) for key, _ in COUNTS),
                    TableCell(text=most_points(found["shortfall_points_before"]), value=found["shortfall_points_before"]), "not worked out",
                    TableCell(text=least_points(kept.facts.standing.need_met_points), value=kept.facts.standing.need_met_points),
                ),
            ]
            + [
                row(
                    f"Plan {LETTERS[n - 1]}{_which(n, len(plans))}",
                    _number(len(one["schools_disturbed"])),
                    *(_number(one["standards"][key]) if "standards" in one else "not told" for key, _ in COUNTS),
                    TableCell(text=most_points(one["shortfall_points"]), value=one["shortfall_points"]),
                    TableCell(text=least_points(one["bound_points"]), value=one["bound_points"]),
                    TableCell(text=least_points(one["need_met_points"]), value=one["need_met_points"]),
                )
                for n, one in enumerate(plans, start=1)
            ],
        ),
        plans=tuple(_plan(kept, answer, found, n, may_keep=may_keep) for n in range(1, len(plans) + 1)),
        locked=_locked(kept.facts.partnership, found),
        figures=FIGURES,
    )  # fmt: skip


def counts_before(kept: KeptPlan) -> Json:
    """How many standards the plan meets before the change, as a re-plan tells them of each plan after it."""
    stands_now = kept.facts.standing
    return {key: getattr(stands_now, key) for key, _ in COUNTS}


def _number(number: int) -> TableCell:
    return TableCell(text=f"{number:,}", value=number)


def _standards(kept: KeptPlan, one: Json) -> list[str]:
    """What becomes of the standards, in one sentence beside before; nothing where a re-plan of an earlier version does not tell."""
    if "standards" not in one:
        return []
    before, after = counts_before(kept), one["standards"]
    said = [f"{after[key]:,} {word} ({before[key]:,} before)" for key, word in _WORDS.items()]
    return [f"Of {count(sum(after.values()), 'standard')}, {listed(said)}."]


def _claims(kept: KeptPlan, found: Json) -> tuple[str, ...]:
    least, plans = found["least_schools_disturbed"], found["plans"]
    close = f"Every plan after it disturbs at least {count(least, 'school')}." if least else "After it no school need be disturbed."
    lines = [
        f"Before the change plan {kept.plan_id} met {kept.facts.standing.met:,} of {count(kept.facts.standing.standards, 'standard')} fully and left {most_points(found['shortfall_points_before'])} points of need below the line. {close}"
    ]
    if len(plans) == 1:
        lines.append("One plan is shown: disturbing more schools was not found to lower the need below the line noticeably.")
    if not all(one["is_finished"] for one in plans):
        lines.append("The clock stopped some searches: a better plan may exist.")
    return tuple(lines)


def _chart(found: Json) -> Scatter:
    plans = found["plans"]
    crosses = [
        Cross(
            name=LETTERS[one["plan"] - 1], x=one["shortfall_points"], x_least=one["bound_points"], y=len(one["schools_disturbed"]),
            y_most=len(one["schools_disturbed"]),
        )
        for one in plans
    ]  # fmt: skip
    was = found["shortfall_points_before"]
    return scatter(
        anchor="replan-chart",
        title="Each dot is a plan",
        says="; ".join(
            f"plan {LETTERS[one['plan'] - 1]}: {count(len(one['schools_disturbed']), 'school')} disturbed, {most_points(one['shortfall_points'])} points below the line"
            for one in plans
        )
        + ". The table below holds every figure.",
        axes=("Need below the line, points", "Schools disturbed"),
        crosses=crosses,
        mark=Cross(name="the plan before the change", x=was, x_least=was, y=0, y_most=0),
    )


def _plan(kept: KeptPlan, answer: Answer, found: Json, number: int, *, may_keep: bool) -> PlanAfter:
    one = found["plans"][number - 1]
    names = found["schools"]
    disturbed = [names.get(str(urn), f"the school with URN {urn}") for urn in one["schools_disturbed"]]
    less, more = ([move for move in one["changes"] if move["is_less"] is is_less] for is_less in (True, False))
    return PlanAfter(
        letter=LETTERS[number - 1],
        title=f"Plan {LETTERS[number - 1]}{_which(number, len(found['plans']))}",
        sentences=(
            *_standards(kept, one),
            f"{upper_first(count(len(disturbed), 'school'))} disturbed: {listed(disturbed)}."
            if disturbed
            else "Every school keeps what it has.",
            *(
                [
                    f"{upper_first(count(len(less), 'amount'))} {'falls' if len(less) == 1 else 'fall'}, {len(more):,} {'rises' if len(more) == 1 else 'rise'}."
                ]
                if less or more
                else []
            ),
        ),
        most=tuple(
            f"{move['whose']} gets {said_as}: {what_moves(move)}, {_amount(move['was'], move['unit']).text} to {_amount(move['becomes'], move['unit']).text}"
            for said_as, moves in (("less", less), ("more", more))
            for move in moves[:MOST_NAMED]
        ),
        asks=tuple(upper_first(sentence) for sentence in one["who_must_agree"] if not sentence.endswith(NO_MORE_ORDERS)),
        no_more_orders=tuple(upper_first(sentence) for sentence in one["who_must_agree"] if sentence.endswith(NO_MORE_ORDERS)),
        less=moves_table(f"Plan {LETTERS[number - 1]}: who gets less", less, found["from_half_term"], "Nobody gets less."),
        more=moves_table(f"Plan {LETTERS[number - 1]}: who gets more", more, found["from_half_term"], "Nobody gets more."),
        keep_href=_url(kept, "change.keep", answer_id=answer.id, number=number) if may_keep else "",
    )


def moves_table(caption: str, moves: list[Json], half_term: int | None, empty: str) -> TableView:
    """What changes for whom, with what of it was given where a half-term is finished."""
    has_given = half_term is not None and half_term > 1
    headings = (*words("Who", "What"), *numbers("Was", "Becomes", *(("Given already", "Still to come") if has_given else ())))
    rows = [
        row(
            move["whose"],
            upper_first(what_moves(move)),
            *(_amount(move[key], move["unit"]) for key in ("was", "becomes", *(("given", "to_come") if has_given else ()))),
        )
        for move in moves
    ]
    return table(caption, headings, rows, empty=empty)


def what_moves(move: Json) -> str:
    """What changes: a grant, or half-days or places of something."""
    return move["item"] if move["unit"] == "pounds" else f"{move['unit']}, {move['item']}"


def _amount(amount: int, unit: str) -> TableCell:
    return TableCell(text=pounds(amount) if unit == "pounds" else f"{amount:,}", value=amount)


def _locked(p: Partnership, found: Json) -> TableView:
    names = {school.urn: school.name for school in p.schools}
    services = {service.service_id: service.name for service in p.services}
    return table(
        "Given already in the half-terms that are finished: no plan takes it back",
        (*words("School", "What"), *numbers("Given")),
        [
            row(
                names.get(one["urn"], f"the school with URN {one['urn']}"),
                "Grant" if one["item"] == GRANT_ITEM else f"Half-days, {services.get(one['item'], one['item'])}",
                _amount(one["amount"], "pounds" if one["item"] == GRANT_ITEM else "half-days"),
            )
            for one in found["given_already"]
        ],
        empty="No half-term is finished, so nothing is locked.",
    )


def _which(number: int, of: int) -> str:
    return "" if of == 1 else ", the fewest schools disturbed" if number == 1 else ", the least need below the line" if number == of else ""


def _url(kept: KeptPlan, endpoint: str, **more: object) -> str:
    return url_for(endpoint, partnership_id=kept.partnership_id, plan_id=kept.plan_id, **more)  # type: ignore[arg-type]
