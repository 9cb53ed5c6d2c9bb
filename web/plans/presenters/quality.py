"""How good the plan is: the claims it may make, and other ways to share beside it."""

from __future__ import annotations

from dataclasses import dataclass

from planner.audit import price_points
from planner.export.plan_facts import Way
from planner.export.priced import has_prices
from planner.export.summary import ENDINGS, claims, day
from planner.measures import base_pounds, specialist_time_pounds
from planner.rules import RULES
from web.charts import BarLine, Bars, Kind, bars
from web.plans.presenters.cells import in_points, money, rules, whole
from web.plans.presenters.frame import to_take
from web.plans.presenters.needs import STANDS
from web.shelf import KeptPlan
from web.tables import Fact, TableRow, TableView, numbers, row, table, words
from web.words import count, listed, upper_first, way_name


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """How good is this plan."""

    claims: tuple[str, ...]
    ending: str
    facts: tuple[Fact, ...]


def quality(kept: KeptPlan) -> QualityView:
    """The claims and no more, how the search ended, and what to check it by."""
    facts = kept.facts
    return QualityView(
        claims=claims(facts.plan, facts.world),
        ending=ENDINGS[facts.plan.ending],
        facts=(
            Fact(label="The board's line", text=f"{float(facts.policy.board.line_percent):g} percent of each need"),
            Fact(label="Policy", text=f"{facts.policy.title}, version {facts.policy.version}, {day(facts.policy.date)}"),
            Fact(label="Made by", text=facts.plan.engine),
            Fact(label="Fingerprint", text=kept.fingerprint),
            Fact(label="Fingerprint of the figures", text=kept.inputs_sha256),
            Fact(label="Fingerprint of the policy", text=kept.policy_sha256),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRules:
    """The rules that another way to share breaks."""

    way: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWaysView:
    """Other ways to share the same pool."""

    line: str
    how: tuple[Fact, ...]
    below: Bars
    stands: Bars
    measures: TableView
    broken: tuple[BrokenRules, ...]


def _priced_rows(kept: KeptPlan) -> list[TableRow]:
    """What the rules that give way cost in each way to share, where any may."""
    facts = kept.facts
    if not has_prices(facts.policy):
        return []
    return [row("Price of rules that give way, points", *(in_points(float(price_points(facts.world, w.amounts))) for w in facts.ways))]


_HOW = {
    "last_year": "Each school keeps last year's grant and half-days; rare services and bases are shared by formula, as last year's rows do not hold them.",
    "formula": "Every school and zone gets a part in proportion to its need.",
    "greedy": "What is promised comes first; then time goes block by block to whoever still needs it most, and grants by the hours that needs ask for.",
}
"""How each other way shares, by the name that plans keep for it."""


def other_ways(kept: KeptPlan) -> OtherWaysView:
    """A row for each measure, a column for each way."""
    facts = kept.facts
    ways = facts.ways
    line = f"{float(facts.policy.board.line_percent):g}"
    rows = [
        row("Standards fully met", *(whole(w.standing.met) for w in ways)),
        row("Standards partly met", *(whole(w.standing.partly_met) for w in ways)),
        row("Standards under half", *(whole(w.standing.under_half) for w in ways)),
        row("Standards out of reach", *(whole(w.standing.out_of_reach) for w in ways)),
        row(f"Need below the board's line of {line} percent, points", *(in_points(w.standing.shortfall_points) for w in ways)),
        row("Need met, points", *(in_points(w.standing.need_met_points) for w in ways)),
        row("Met of the fifth of need furthest from the standard, percent", *(in_points(w.standing.worst_fifth_points) for w in ways)),
        row("Grants to schools", *(money(sum(w.amounts.grants.values())) for w in ways)),
        row("Specialist time at its price", *(money(specialist_time_pounds(facts.partnership, w.amounts)) for w in ways)),
        row("Running bases", *(money(base_pounds(facts.partnership, facts.policy, w.amounts)) for w in ways)),
        row("Half-days given", *(whole(sum(w.amounts.sessions.values())) for w in ways)),
        row("Base places given to zones", *(whole(sum(w.amounts.places.values())) for w in ways)),
        *_priced_rows(kept),
        row("Rules it breaks", *(rules(w.rules_broken) for w in ways)),
    ]
    headings = (*words("Measure"), *numbers(*(way_name(w.name) for w in ways)))
    return OtherWaysView(
        line=line,
        how=tuple(
            Fact(label=way_name(way.name), text=_HOW[b.name])
            for way, b in zip(ways[1:], facts.plan.baselines, strict=True)
            if b.name in _HOW
        ),
        below=bars(
            anchor="below-chart",
            title=f"Need below the board's line of {line} percent, in points: less is better",
            kinds=[Kind(fill="dots", words="below the line")],
            has_key=False,
            lines=[
                BarLine(
                    name=way_name(w.name),
                    amounts=(w.standing.shortfall_points,),
                    figure=f"{w.standing.shortfall_points:.1f}",
                    note=_breaks(w),
                )
                for w in ways
            ],
        ),
        stands=bars(anchor="ways-chart", title="Where the standards stand", kinds=STANDS, lines=[_stands(way) for way in ways]),
        measures=to_take(kept, "other-ways", table("The plan beside other ways to share", headings, rows)),
        broken=tuple(
            BrokenRules(way=way_name(w.name), sentences=tuple(RULES[rule_id].sentence for rule_id in w.rules_broken))
            for w in ways
            if w.rules_broken
        ),
    )


def _breaks(way: Way) -> str:
    return f"Breaks {count(len(way.rules_broken), 'rule')}" if way.rules_broken else ""


def _stands(way: Way) -> BarLine:
    s = way.standing
    numbers_of = (s.met, s.partly_met, s.under_half, s.out_of_reach)
    said = listed([f"{n:,} {kind.words}" for n, kind in zip(numbers_of, STANDS, strict=True) if n])
    return BarLine(
        name=way_name(way.name), amounts=numbers_of, figure="", note=upper_first(said or "No school has a need that standards cover")
    )
