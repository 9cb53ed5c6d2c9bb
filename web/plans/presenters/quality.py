"""How good the plan is: the claims it may make, and other ways to share beside it."""

from __future__ import annotations

from dataclasses import dataclass

from planner.export.summary import ENDINGS, claims, day
from planner.measures import Standing, base_pounds, specialist_time_pounds, standing
from planner.plan import Amounts
from planner.rules import RULES
from web.plans.presenters.schools import Fact
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import pounds


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

    measures: TableView
    broken: tuple[BrokenRules, ...]


def other_ways(kept: KeptPlan) -> OtherWaysView:
    """A row for each measure, a column for each way."""
    facts = kept.facts
    ways: list[tuple[str, Amounts, tuple[str, ...]]] = [("This plan", facts.amounts, ())]
    ways += [(b.title.partition(" (")[0], b.amounts, b.rules_broken) for b in facts.plan.baselines]
    stands = [standing(facts.world.picture, facts.policy, amounts) for _, amounts, _ in ways]
    line = f"{float(facts.policy.board.line_percent):g}"
    rows = [
        row("Standards fully met", *(f"{s.met:,}" for s in stands)),
        row("Standards partly met", *(f"{s.partly_met:,}" for s in stands)),
        row("Standards under half", *(f"{s.under_half:,}" for s in stands)),
        row("Standards out of reach", *(f"{s.out_of_reach:,}" for s in stands)),
        row(f"Need below the board's line of {line} percent, points", *(f"{s.shortfall_points:.1f}" for s in stands)),
        row("Need met, points", *(f"{s.need_met_points:.1f}" for s in stands)),
        row("Met of the fifth of need furthest from the standard, points", *(_furthest(s) for s in stands)),
        row("Grants to schools", *(pounds(sum(a.grants.values())) for _, a, _ in ways)),
        row("Specialist time at its price", *(pounds(specialist_time_pounds(facts.partnership, a)) for _, a, _ in ways)),
        row("Running bases", *(pounds(base_pounds(facts.partnership, facts.policy, a)) for _, a, _ in ways)),
        row("Half-days given", *(f"{sum(a.sessions.values()):,}" for _, a, _ in ways)),
        row("Base places given to zones", *(f"{sum(a.places.values()):,}" for _, a, _ in ways)),
        row("Rules it breaks", *(f"{len(broken)}" if broken else "none" for _, _, broken in ways)),
    ]
    return OtherWaysView(
        measures=table("The plan beside other ways to share", (*words("Measure"), *numbers(*(name for name, _, _ in ways))), rows),
        broken=tuple(
            BrokenRules(way=name, sentences=tuple(RULES[rule_id].sentence for rule_id in broken)) for name, _, broken in ways if broken
        ),
    )


def _furthest(stands: Standing) -> str:
    return f"{stands.worst_fifth_points:.1f}"
