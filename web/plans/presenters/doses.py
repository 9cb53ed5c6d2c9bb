"""Whether the plan would stand if the doses were wrong: which schools' amounts change with a fifth less, or a fifth more."""

from __future__ import annotations

from dataclasses import dataclass

from planner.documents import Json
from planner.words import most_points
from web.plans.presenters.answers import FIGURES, Known, Stands, known
from web.plans.presenters.cells import money, whole
from web.plans.presenters.frame import plan_url, school_link
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import count, listed, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """One other dose: what it would do to the standards, which schools' amounts change, and how this is known."""

    title: str
    anchor: str
    sentences: tuple[str, ...]
    changes: TableView
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class DosesView:
    """The page; there are no doses until they are worked out."""

    stands: Stands
    figures: str
    doses: tuple[Dosed, ...]
    json_href: str


def doses(kept: KeptPlan, standing: Stands, found: Json | None) -> DosesView:
    """A part for each other dose."""
    return DosesView(
        stands=standing,
        figures=FIGURES,
        doses=() if found is None else tuple(_dosed(kept, one) for one in found["doses"]),
        json_href="" if found is None else plan_url(kept, "plans.answer_file", kind="doses"),
    )


def _dosed(kept: KeptPlan, one: Json) -> Dosed:
    less = one["percent"] < 100
    title = f"With {abs(100 - one['percent'])} percent {'less' if less else 'more'}"
    return Dosed(
        title=title,
        anchor=f"doses-{one['percent']}",
        sentences=tuple(_sentences(kept, one)),
        changes=table(
            f"{title}: what would change, the largest first",
            (*words("School or zone", "What"), *numbers("In this plan", "Then")),
            [
                row(
                    school_link(kept, change["urns"][0], change["whose"]) if len(change["urns"]) == 1 else change["whose"],
                    upper_first(f"{change['what']}, {change['unit']}"),
                    *((money if change["unit"] == "pounds" else whole)(change[when]) for when in ("before", "after")),
                )
                for change in one["changes"]
            ],
            empty="No school's amounts would change.",
        ),
        known=known(one["searches"], title.lower()),
    )


def _sentences(kept: KeptPlan, one: Json) -> list[str]:
    now, then = one["standing_now"], one["standing"]
    if then is None:
        return ["No plan was found in the time given."]
    urns = {urn for change in one["changes"] for urn in change["urns"]}
    names = [school.name for school in kept.facts.partnership.schools if school.urn in urns]
    who = (
        f"{count(len(names), 'school')} of {len(kept.facts.partnership.schools)} would have other amounts: {listed(names)}."
        if names
        else "No school would have other amounts."
    )
    standards = (
        f"{then['met']:,} of {count(then['standards'], 'standard')} would be fully met (now {now['met']:,}) and {then['under_half']:,} under half "
        f"(now {now['under_half']:,}); {most_points(then['shortfall_points'])} points of need would be left below the board's line (now {most_points(now['shortfall_points'])})."
    )
    return [who, standards]
