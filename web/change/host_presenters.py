"""The words of where a base would do most: the base and its hosts asked, and what the plan with it at each of them is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import url_for
from wtforms.fields.choices import SelectChoice

from planner.asked_change import AskedChange, from_data
from planner.documents import Json
from planner.errors import InputMustBeMended
from planner.export.priced import price_note
from planner.hosts import MOST_HOSTS, check_sought, could_host, host_claims, may_be_like
from planner.partnership import Base, Consent, HostCondition, Phase
from planner.store import AnswerKind
from planner.store.answers import Answer
from planner.supply import host_condition
from planner.words import least_points, most_points
from web.change.forms import HostsForm
from web.change.presenters import moves_table, said
from web.plans.presenters.answers import FIGURES, Stands, stands, with_price
from web.shelf import KeptPlan
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, listed, moment, pounds, upper_first

WITHOUT = "Without it"
STOPPED = "The clock stopped this search: a better plan may exist."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The plan with the base at one host, or without it; ``agreement`` is empty without."""

    title: str
    sentences: tuple[str, ...]
    agreement: str
    asks: tuple[str, ...]
    less: TableView | None
    more: TableView | None
    keep_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Every place tried, as sentences, a table and one by one."""

    claims: tuple[str, ...]
    table: TableView
    places: tuple[Place, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsView:
    """A base sought and what became of it; ``found`` is None until it is there."""

    title: str
    asked: str
    stands: Stands
    found: Places | None
    again_href: str


# --- asking --------------------------------------------------------------------------------


def fill_hosts(form: HostsForm, kept: KeptPlan) -> None:
    """The bases it may be like, the needs, and every school with what it says of hosting; a base that may open is chosen to begin with."""
    p, policy = kept.facts.partnership, kept.facts.policy
    bases = may_be_like(p)
    form.like.choices = [*((base.base_id, _like(base)) for base in bases), ("", "A new one, described below")]
    form.needs.choices = [SelectChoice(need.code, need.name) for need in policy.need_types]
    schools = {s.urn: s for phase in (Phase.PRIMARY, Phase.SECONDARY) for s in could_host(p, phase)}
    form.hosts.choices = [
        SelectChoice(str(s.urn), f"{s.name} ({s.phase.value}{_says(host_condition(p, s.urn))})")
        for s in sorted(schools.values(), key=lambda s: s.name)
    ]
    if form.like.data is None:
        form.like.data = next((base.base_id for base in sorted(bases, key=lambda base: base.is_open)), "")


def _like(base: Base) -> str:
    needs = listed(base.needs)
    return (
        f"One more like {base.name} ({base.phase.value}, {needs})"
        if base.is_open
        else f"{base.name}, not open yet ({base.phase.value}, {needs})"
    )


def _says(here: HostCondition) -> str:
    if here.consent is Consent.YES:
        return ", agrees to host" + (f", at most {count(here.most_places, 'place')}" if here.most_places is not None else "")
    return ", has said no" if here.consent is Consent.NO else ""


def with_hosts(kept: KeptPlan, asked: AskedChange) -> AskedChange:
    """The base with the hosts that agree where none was chosen; raises ``InputMustBeMended`` where it cannot be tried."""
    sought, p = asked.base, kept.facts.partnership
    assert sought is not None
    if not sought.hosts:
        like = next((base for base in p.bases if base.base_id == sought.like), None)
        phase = sought.phase if like is None else like.phase
        assert phase is not None
        agree = [s.urn for s in could_host(p, phase) if host_condition(p, s.urn).consent is Consent.YES]
        if not agree:
            raise InputMustBeMended(f"By the figures no {phase.value} school agrees to host yet: choose the schools to try.")
        if len(agree) > MOST_HOSTS:
            raise InputMustBeMended(
                f"{count(len(agree), f'{phase.value} school')} agree to host: choose up to {MOST_HOSTS} of them to try."
            )
        sought = replace(sought, hosts=tuple(agree))
    check_sought(kept.facts.world, sought)
    return replace(asked, base=sought)


# --- what was found ------------------------------------------------------------------------


def hosts_view(kept: KeptPlan, answer: Answer, *, may_keep: bool) -> HostsView:
    """One base sought, and the plan with it at each host."""
    here = stands(AnswerKind.REPLAN, answer, may_ask=False)
    return HostsView(
        title=said(kept, answer),
        asked=f"Asked of plan {kept.plan_id}, {moment(answer.asked_at)}.",
        stands=here,
        found=None if answer.document is None else _places(kept, answer, answer.document, may_keep=may_keep),
        again_href="" if here.is_there or here.is_going or not may_keep else _url(kept, "change.ask", what="base"),
    )


def _places(kept: KeptPlan, answer: Answer, found: Json, *, may_keep: bool) -> Places:
    assert answer.asked is not None
    plans, asked = found["plans"], from_data(answer.asked)
    assert asked.base is not None
    like = next((base for base in kept.facts.partnership.bases if base.base_id == asked.base.like), None)
    whole = [one for one in plans if not one["why_not"]]
    return Places(
        claims=host_claims(plans),
        table=table(
            "Without the base, and with it at each school, by name",
            (
                *words("Where"),
                *numbers(
                    "Places", f"Need below the line{with_price(kept.facts.policy)}, points", "No plan can have less than, points", "Standards fully met", "Under half",
                    "Out of reach", "Cost to the pool this year", "To open it, once",
                ),
            ),
            [_row(one) for one in whole],
            empty="There is no plan with it or without it.",
        ),
        places=tuple(_place(kept, answer, one, may_keep=may_keep) for one in whole),
        notes=(
            "The whole year is planned anew each time, as if nothing had been given in it yet, and bases open when the figures say.",
            "What it costs is taken from "
            + ("the policy's figures for a new base." if like is None else f"{like.name}: in another building it may be more or less."),
            *price_note(kept.facts.policy),
            FIGURES,
        ),
    )  # fmt: skip


def _row(one: Json) -> TableRow:
    return row(
        one["host"] or WITHOUT,
        TableCell(text=f"{one['opens_with']:,}" if one["opens_with"] else "none", value=one["opens_with"]),
        TableCell(text=most_points(one["shortfall_points"]), value=one["shortfall_points"]),
        TableCell(text=least_points(one["bound_points"]), value=one["bound_points"]),
        *(TableCell(text=f"{one[name]:,}", value=one[name]) for name in ("met", "under_half", "out_of_reach")),
        *(TableCell(text=pounds(one[name]), value=one[name]) for name in ("running_pounds", "opening_pounds")),
    )


def _place(kept: KeptPlan, answer: Answer, one: Json, *, may_keep: bool) -> Place:
    less, more = ([move for move in one["changes"] if move["is_less"] is is_less] for is_less in (True, False))
    where = one["host"] or WITHOUT.lower()
    return Place(
        title=f"At {one['host']}" if one["host"] else WITHOUT,
        sentences=(_opens(one), _standards(one), _counted(kept, less, more), *([] if one["is_finished"] else [STOPPED])),
        agreement=one["agreement"],
        asks=tuple(upper_first(sentence) for sentence in one["who_must_agree"]),
        less=moves_table(f"Who gets less, {where}", less, None, "Nobody gets less.") if less or more else None,
        more=moves_table(f"Who gets more, {where}", more, None, "Nobody gets more.") if less or more else None,
        keep_href=_url(kept, "change.keep", answer_id=answer.id, number=one["plan"]) if may_keep else "",
    )


def _opens(one: Json) -> str:
    if not one["opens_with"]:
        return "The plan does not open it." if one["host"] else "The year planned without it."
    return (
        f"It opens with {count(one['opens_with'], 'place')}, of which {one['given']:,} are given this year, and costs the pool "
        f"{pounds(one['running_pounds'])} this year and {pounds(one['opening_pounds'])} once."
    )


def _standards(one: Json) -> str:
    return (
        f"Of {count(one['standards'], 'standard')} {one['met']:,} are fully met, {one['partly_met']:,} partly met, {one['under_half']:,} under half "
        f"and {one['out_of_reach']:,} out of reach."
    )


def _counted(kept: KeptPlan, less: list[Json], more: list[Json]) -> str:
    if not less and not more:
        return f"Everybody has what they have in plan {kept.plan_id}."
    return f"Beside plan {kept.plan_id}, {count(len(less), 'amount falls', 'amounts fall')} and {count(len(more), 'amount rises', 'amounts rise')}."


def _url(kept: KeptPlan, endpoint: str, **more: object) -> str:
    return url_for(endpoint, partnership_id=kept.partnership_id, plan_id=kept.plan_id, **more)  # type: ignore[arg-type]
