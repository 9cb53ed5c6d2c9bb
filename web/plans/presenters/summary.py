"""The first page of a plan: counts first, then what it does in the words of its summary."""

from __future__ import annotations

from dataclasses import dataclass

from planner.export.summary import ILLUSTRATIVE, summary_lines
from planner.measures import standing
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import count, signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One headline count."""

    number: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what the plan does, and where to read more."""

    title: str
    text: str
    more: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """The first page."""

    standards: str
    counts: tuple[Count, ...]
    lines: tuple[Line, ...]
    ways: TableView


_MORE = (
    ("Who gets more, who gets less", "every school beside last year", "plans.changes"),
    ("Specialist time", "services and whom they go to", "plans.services"),
    ("Inclusion bases", "bases, places and zones", "plans.bases"),
    ("Money", "each fund in each financial year", "plans.money"),
    ("What waits for a yes", "whom to ask, by when", "plans.services"),
)
"""The second to sixth of the summary's eight lines; the last two, about points, have pages of their own."""


def summary(kept: KeptPlan) -> SummaryView:
    """Counts, lines, and the same counts for other ways to share."""
    facts = kept.facts
    here = facts.standing
    lines = summary_lines(facts.plan, facts.world)
    return SummaryView(
        standards=f"{lines[0].removeprefix(ILLUSTRATIVE)} A standard counts once for each school or zone that has the need.",
        counts=(
            Count(number=f"{here.met:,}", words="fully met"),
            Count(number=f"{here.partly_met:,}", words="partly met"),
            Count(number=f"{here.under_half:,}", words="under half"),
            Count(number=f"{here.out_of_reach:,}", words="out of reach"),
        ),
        lines=tuple(
            Line(title=title, text=signed(text), more=more, href=plan_url(kept, endpoint))
            for text, (title, more, endpoint) in zip(lines[1:6], _MORE, strict=True)
        ),
        ways=_ways(kept),
    )


def _ways(kept: KeptPlan) -> TableView:
    facts = kept.facts
    rows = [row("This plan", f"{facts.standing.met:,}", f"{facts.standing.under_half:,}", "none")]
    for baseline in facts.plan.baselines:
        there = standing(facts.world.picture, facts.policy, baseline.amounts)
        broken = count(len(baseline.rules_broken), "rule") if baseline.rules_broken else "none"
        rows.append(row(baseline.title.partition(" (")[0], f"{there.met:,}", f"{there.under_half:,}", broken))
    return table(
        "This plan beside other ways to share the same pool",
        (*words("Way to share"), *numbers("Standards fully met", "Standards under half", "Rules it breaks")),
        rows,
    )
