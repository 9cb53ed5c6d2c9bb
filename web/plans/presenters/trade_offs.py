"""Trade-offs of a plan: the dots between fairest and most need met, what every plan close to the best shares, what more is worth, other ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from planner.documents import Json
from planner.reasons import lower_first
from planner.store import AnswerKind
from planner.store.answers import Answer
from planner.words import most_points
from web.plans.presenters.answers import Stands, document_of, stands
from web.plans.presenters.fairness import FairnessView, fairness
from web.plans.presenters.frame import plan_url, school_link
from web.plans.presenters.one_more import one_more
from web.plans.presenters.quality import OtherWaysView, other_ways
from web.shelf import KeptPlan
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, listed, pounds


@dataclass(frozen=True, slots=True, kw_only=True)
class CertainView:
    """What is the same in every plan close to the best, and between what the rest may be chosen."""

    about: str
    sentences: tuple[str, ...]
    tables: tuple[TableView, ...]
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What more of something is worth, in sentences, and the page with all of it."""

    stands: Stands
    sentences: tuple[str, ...]
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOffsView:
    """The page. ``certain`` is None until it is found, or where its time was up."""

    fairness: FairnessView
    certain: CertainView | None
    worth: Worth
    other: OtherWaysView
    compare_href: str


NEEDED = (AnswerKind.FRONTIER, AnswerKind.VALUES)
"""Whose documents the page shows."""


def trade_offs(kept: KeptPlan, found: Mapping[AnswerKind, Answer], *, may_compare: bool) -> TradeOffsView:
    """Everything that could be otherwise, and at what price."""
    frontier, values = (document_of(found.get(kind)) for kind in NEEDED)
    standing = {kind: stands(kind, found.get(kind), may_ask=False) for kind in NEEDED}
    return TradeOffsView(
        fairness=fairness(kept, standing[AnswerKind.FRONTIER], frontier, may_compare=may_compare),
        certain=None if frontier is None or "certain" not in frontier else _certain(kept, frontier["certain"]),
        worth=_worth(kept, standing[AnswerKind.VALUES], values),
        other=other_ways(kept),
        compare_href=url_for("compare.page", partnership_id=kept.partnership_id, of=_four_ways(kept)) if may_compare else "",
    )


def _four_ways(kept: KeptPlan) -> list[str]:
    return [*(baseline.name for baseline in kept.facts.plan.baselines), str(kept.plan_id)]


def _worth(kept: KeptPlan, standing: Stands, values: Json | None) -> Worth:
    found = one_more(kept, standing, values).found
    sentences = (
        tuple(f"{worth.title}: {lower_first(sentence)}" for worth in found.worths for sentence in worth.sentences)
        if found is not None
        else ()
    )
    return Worth(stands=standing, sentences=sentences, href=plan_url(kept, "plans.one_more"))


# --- what is certain -------------------------------------------------------------------------


def _certain(kept: KeptPlan, found: Json) -> CertainView:
    percent, between = found["within_percent"], found["between"]
    grants, times, places = ([one for one in between if one["what"] == what] for what in ("grant", "half-days", "places"))
    names = {school.urn: school.name for school in kept.facts.partnership.schools}
    bases = {base.base_id: base.name for base in kept.facts.partnership.bases}

    def schools(rows: list[Json], caption: str, *, is_money: bool) -> TableView:
        ordered = sorted(rows, key=lambda one: names[one["urn"]])
        return _table(caption, "School", [(school_link(kept, one["urn"], names[one["urn"]]), one) for one in ordered], is_money=is_money)

    unfinished = found["unfinished"]
    return CertainView(
        about=f"Many plans are about as good as the best. Here are those within {percent} percent of the best found: they leave no more than "
        f"{most_points(found['cap_points'])} points of need below the line, where the best found leaves {most_points(found['best_points'])}. What all of them give alike follows from "
        "the rules and the figures; the rest is a choice that the board may make without losing more than that.",
        sentences=(
            _said("Grants", grants, "school"),
            _said("Half-days", times, "school"),
            *((_said("Places", places, "base"),) if places else ()),
        ),
        tables=(
            schools(grants, "Grant in any plan close to the best, pounds a year", is_money=True),
            schools(times, "Half-days for the school itself in any plan close to the best", is_money=False),
            *((_table("Places in any plan close to the best", "Base", [(TableCell(text=bases[one["base_id"]]), one) for one in places], is_money=False),) if places else ()),
        ),
        known=f"Found by {count(found['searches'], 'search', 'searches')}, one for the least and one for the most of each amount, in {found['seconds']:.0f} seconds. "
        + (
            f"{count(unfinished, 'of them was', 'of them were')} stopped before its end: what it says is a bound that no plan passes, but perhaps no plan comes so far."
            if unfinished
            else "Each was searched to its end."
        )
        + " Each amount is looked at by itself: not every school can have its most at once.",
    )  # fmt: skip


def _said(what: str, rows: list[Json], whose: str) -> str:
    """How many amounts are the same in all, and how far most of the others are certain."""
    same = sum(one["least"] == one["most"] for one in rows)
    something = sum(one["least"] > 0 and one["least"] != one["most"] for one in rows)
    open_ = len(rows) - same - something
    parts = [
        f"{count(same, whose)} {'has' if same == 1 else 'have'} the same in all of them" if same else "",
        f"{count(something, whose)} {'has' if something == 1 else 'have'} a part that is certain and a part that is a choice"
        if something
        else "",
        f"for {count(open_, whose)} all of it is a choice" if open_ else "",
    ]
    return f"{what}: {listed([part for part in parts if part])}."


def _table(caption: str, whose: str, rows: list[tuple[TableCell, Json]], *, is_money: bool) -> TableView:
    return table(
        caption,
        (*words(whose), *numbers("This plan", "Certain: at least", "At most"), *words("Left to choose")),
        [_row(cell, one, is_money=is_money) for cell, one in rows],
    )


def _row(cell: TableCell, one: Json, *, is_money: bool) -> TableRow:
    def figure(amount: int) -> TableCell:
        return TableCell(text=pounds(amount) if is_money else f"{amount:,}", value=amount)

    most = one["most"]
    if most is None:
        choice = "not known"
    elif most == one["least"]:
        choice = "nothing: the same in all"
    else:
        choice = f"up to {figure(most - one['least']).text} more"
    return row(cell, figure(one["here"]), figure(one["least"]), TableCell(text="not bounded") if most is None else figure(most), choice)
