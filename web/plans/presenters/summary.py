"""The first page of a plan: counts first, then what it does in the words of its summary."""

from __future__ import annotations

from dataclasses import dataclass

from planner.export.plan_facts import counts_alone
from planner.export.summary import ILLUSTRATIVE, requests_line
from web.charts import BarLine, Bars, bars
from web.plans.presenters.cells import in_hundredths, rules, whole
from web.plans.presenters.frame import plan_url, to_take
from web.plans.presenters.needs import STANDS, pupils_by_stand
from web.plans.presenters.schools import more_and_less
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import signed, today, way_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One headline count."""

    number: str
    words: str
    fill: str


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
    chart: Bars
    stands: TableView
    lines: tuple[Line, ...]
    ways: TableView
    beside: tuple[str, ...]


_MORE = (
    ("Who gets more, who gets less", "every school beside last year", "plans.changes"),
    ("Specialist time", "services and whom they go to", "plans.services"),
    ("Inclusion bases", "bases, places and zones", "plans.bases"),
    ("Money", "each fund in each financial year", "plans.money"),
    ("What waits for a yes", "whom to ask, by when", "plans.services"),
)
"""The second to sixth of the summary's eight lines; the last two, about points, have pages of their own."""
_REQUESTS = 5
"""Where the line about requests stands."""


def summary(kept: KeptPlan) -> SummaryView:
    """Counts, lines, and the same counts for other ways to share."""
    facts = kept.facts
    here = facts.standing
    first, _, *others = facts.lines[:_REQUESTS]
    lines = (first, " ".join(more_and_less(kept)), *others, requests_line(facts.plan, facts.world, today()))
    numbers_of = (here.met, here.partly_met, here.under_half, here.out_of_reach)
    return SummaryView(
        standards=f"{lines[0].removeprefix(ILLUSTRATIVE)} A standard counts once for each school or zone that has the need.",
        counts=tuple(Count(number=f"{n:,}", words=kind.words, fill=kind.fill) for n, kind in zip(numbers_of, STANDS, strict=True)),
        chart=bars(
            anchor="standards-chart", title="Quality standards", kinds=STANDS, has_key=False,
            lines=[BarLine(name="", amounts=numbers_of, figure="")],
        ),
        stands=_stands(kept, numbers_of),
        lines=tuple(
            Line(title=title, text=signed(text), more=more, href=plan_url(kept, endpoint))
            for text, (title, more, endpoint) in zip(lines[1:6], _MORE, strict=True)
        ),
        ways=_ways(kept),
        beside=counts_alone(facts),
    )  # fmt: skip


def _stands(kept: KeptPlan, numbers_of: tuple[int, ...]) -> TableView:
    """The chart as a table."""
    pupils = pupils_by_stand(kept)
    rows = [row(kind.words, whole(n), in_hundredths(p)) for kind, n, p in zip(STANDS, numbers_of, pupils, strict=True)]
    total = row("All standards", whole(sum(numbers_of)), in_hundredths(sum(pupils)), is_total=True)
    view = table("Standards, by where they stand", (*words("Stand"), *numbers("Standards", "Expected pupils")), [*rows, total])
    return to_take(kept, "standards-by-stand", view)


def _ways(kept: KeptPlan) -> TableView:
    rows = [
        row(way_name(way.name), whole(way.standing.met), whole(way.standing.under_half), rules(way.rules_broken)) for way in kept.facts.ways
    ]
    view = table(
        "This plan beside other ways to share the same pool",
        (*words("Way to share"), *numbers("Standards fully met", "Standards under half", "Rules it breaks")),
        rows,
    )
    return to_take(kept, "other-ways-in-short", view)
