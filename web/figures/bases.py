"""Bases: where they are, whom they are for, the sizes they may run at, and who pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.partnership import HALF_TERMS, Base, BaseKind, Consent
from planner.policy import Policy
from planner.supply import (
    base_full_year_pounds,
    base_lead_in_pounds,
    base_opening_pounds,
    base_running_pounds,
    host_condition,
    is_part_year,
    sizes_of,
)
from web.figures.frame import Brought, sources_table
from web.figures.provenance import sheet_of
from web.tables import Fact, TableView, numbers, row, table, words
from web.words import count, decision, listed, pounds, upper_first

CONSENTS = {
    Consent.YES: "The school agrees to host one.",
    Consent.NO: "The school does not agree to host one.",
    Consent.NOT_ASKED: "The school has not been asked.",
}
_AGREES = {Consent.YES: "yes", Consent.NO: "no", Consent.NOT_ASKED: "not asked"}
_KINDS = {
    BaseKind.SUPPORT: "Support base, commissioned by the partnership",
    BaseKind.SPECIALIST: "Specialist base, commissioned by the council",
}
_BASES, _HOSTS = sheet_of("Bases"), sheet_of("Host conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseBlock:
    """One base."""

    name: str
    flag: str
    facts: tuple[Fact, ...]
    sizes: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class BasesView:
    """All bases."""

    sentence: str
    bases: TableView
    hosts: TableView
    blocks: tuple[BaseBlock, ...]
    sources: TableView


def needs_in_words(brought: Brought, base: Base) -> str:
    """Whom a base is for."""
    names = {n.code: n.name for n in brought.policy.need_types}
    return f"{'; '.join(names.get(n, n) for n in base.needs)}. {upper_first(base.phase.value)}"


def bases_view(brought: Brought) -> BasesView:
    """Every base with its host, places, costs and consent."""
    p = brought.partnership
    opened = [b for b in p.bases if b.is_open]
    return BasesView(
        sentence=f"{upper_first(count(len(opened), 'base'))} open now, with {count(sum(b.places_now for b in opened), 'place')} "
        f"and {count(sum(b.pupils_now for b in opened), 'pupil')}; {len(p.bases) - len(opened):,} more possible.",
        bases=table(
            "Bases, open now and possible",
            (*words("Base", "Host", "Is for", "Now"), *numbers("Places now", "Pupils now"), *words("Sizes possible", "Host agrees")),
            [
                row(
                    b.name, brought.school_link(b.host_urn), needs_in_words(brought, b), "open" if b.is_open else "not open",
                    brought.shown(_BASES, b, "places_now", f"{b.places_now:,}"), brought.shown(_BASES, b, "pupils_now", f"{b.pupils_now:,}"),
                    brought.shown(_BASES, b, "sizes", listed([f"{n:,}" for n in sizes_of(b)]) or "none"), _agrees(brought, b.host_urn),
                )
                for b in p.bases
            ],
            empty="No base is open and none is offered.",
        ),
        hosts=table(
            "What hosts say",
            (*words("School", "Agrees to a new or larger base"), *numbers("Most places in all"), *words("Its condition")),
            [
                row(
                    brought.school_link(c.urn), brought.shown(_HOSTS, c, "consent", _AGREES[c.consent]),
                    "not said" if c.most_places is None else brought.shown(_HOSTS, c, "most_places", f"{c.most_places:,}"), c.condition or "None given",
                )
                for c in p.host_conditions
            ],
            empty="No school has been asked.",
        ),
        blocks=tuple(_block(brought, b) for b in p.bases),
        sources=sources_table(brought, "Bases", "Host conditions"),
    )  # fmt: skip


def _agrees(brought: Brought, urn: int) -> str:
    condition = host_condition(brought.partnership, urn)
    most = f", up to {condition.most_places:,}" if condition.consent is Consent.YES and condition.most_places is not None else ""
    return f"{_AGREES[condition.consent]}{most}"


def _block(brought: Brought, base: Base) -> BaseBlock:
    defaults = brought.policy.bases
    over = base.pupils_now - base.places_now
    teacher = _cost(brought, base, "teacher_cost_pounds", defaults.teacher_cost_pounds, " a year")
    place = _cost(brought, base, "place_cost_pounds", defaults.place_cost_pounds, " a year")
    opening = "Nothing: it is open" if base.is_open else _cost(brought, base, "opening_cost_pounds", defaults.opening_cost_pounds)
    closing = "It may close, if no pupil is in it. " if base.is_open and base.may_close else ""
    also: list[tuple[str, Callable[[Base, int, Policy], int]]] = [("Running, this year", base_running_pounds)] if is_part_year(base) else []
    if defaults.lead_in_months and not base.is_open:
        also.append(("Teachers before it opens", base_lead_in_pounds))
    return BaseBlock(
        name=base.name,
        flag=f"It has {count(over, 'pupil')} more than places. Any plan keeps a place for each of them."
        if base.is_open and over > 0
        else "",
        facts=(
            Fact(label="What it is", text=f"{_KINDS[base.kind]}. {upper_first(needs_in_words(brought, base))}."),
            Fact(label="Teacher in charge", text=f"{teacher}. One for every {count(defaults.places_per_teacher, 'place')} begun."),
            Fact(label="Each place", text=f"{place}. The teacher comes on top."),
            Fact(
                label="The council pays",
                text=f"{brought.shown(_BASES, base, 'place_funding_pounds', f'{pounds(base.place_funding_pounds)} a year for each place')}. The pool pays the rest.",
            ),
            Fact(label="To open it, once", text=f"{opening}."),
            *_over_the_year(brought, base),
            Fact(label="Who decides entry", text=f"{base.admissions_by or 'Not said'}."),
            Fact(label="Who decides on the base", text=f"{closing}{decision(base.decision_right, base.request_to, base.request_by)}."),
        ),
        sizes=table(
            f"What the pool pays for {base.name}",
            (*words("Size"), *numbers("Running, a year", *(label for label, _ in also), "Opening, once")),
            [
                row(
                    count(n, "place"),
                    pounds(base_full_year_pounds(base, n, brought.policy)),
                    *(pounds(cost(base, n, brought.policy)) for _, cost in also),
                    pounds(base_opening_pounds(base, brought.policy)),
                )
                for n in sizes_of(base)
            ],
            empty="There is no size at which it may run.",
            is_caption_hidden=True,
        ),
    )


def _over_the_year(brought: Brought, base: Base) -> list[Fact]:
    """When a possible base would open, and what its teachers are paid for before; nothing where it is plain."""
    months = brought.policy.bases.lead_in_months
    found = []
    if is_part_year(base):
        share = f"{HALF_TERMS + 1 - base.opens_in_half_term} of {HALF_TERMS} half-terms of the year"
        found.append(Fact(label="Opens", text=f"In half-term {base.opens_in_half_term}: it runs, costs and gives places for {share}."))
    if months and not base.is_open:
        text = f"Its teachers are paid for {count(months, 'month')} before, from the running money of September to March."
        found.append(Fact(label="Before it opens", text=text))
    return found


def _cost(brought: Brought, base: Base, field: str, default: int, per: str = "") -> str:
    own = getattr(base, field)
    return f"{pounds(default)}{per}, the policy's default" if own is None else brought.shown(_BASES, base, field, f"{pounds(own)}{per}")
