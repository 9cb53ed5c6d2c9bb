"""Sources: where every figure comes from, the partnership's and the policy's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from planner.policy import Figure, Policy
from planner.words import day
from web.figures.frame import Brought, sources_table
from web.figures.provenance import said, source_text
from web.tables import TableView, numbers, row, table, words
from web.words import MINUS, count, upper_first

_GROUPS = {
    "board": "The board's settings", "need": "Area need", "priorities": "What a need weighs", "adult_hours": "Trained adults",
    "roles": "Specialist roles", "bases": "Bases", "assume": "What is assumed where a partnership has not said",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGroup:
    """The policy's figures about one thing."""

    title: str
    figures: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesView:
    """Every source."""

    sentence: str
    brought: TableView
    asked: TableView
    policy: str
    policy_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFiguresView:
    """Every figure of the policy in force."""

    sentence: str
    groups: tuple[PolicyGroup, ...]


def sources_view(brought: Brought) -> SourcesView:
    """The partnership's sources, assumed ones first."""
    assumed = sum(s.is_assumed for s in brought.partnership.sources)
    return SourcesView(
        sentence=f"{upper_first(count(assumed, 'figure'))} {'is' if assumed == 1 else 'are'} assumed: nobody has confirmed them yet. They come first."
        if assumed
        else "No figure of the partnership is assumed.",
        brought=sources_table(brought, caption="What the partnership brought"),
        asked=table(
            "What schools asked before these figures were brought, and how it ended",
            words("School", "Figure", "Was", "Became", "How it ended", "What was found"),
            [
                row(
                    brought.school_link(q.urn), f"{q.column} ({q.sheet})", q.was, q.now,
                    upper_first(q.outcome) + (f", {day(q.decided_on)}" if q.decided_on else ""), q.note or "Nothing noted",
                )
                for q in brought.partnership.queries
            ],
            empty="Nothing.",
        ),
        policy=policy_sentence(brought.policy),
        policy_href=brought.url("figures.policy_figures"),
    )  # fmt: skip


def policy_figures_view(policy: Policy, begins: str = "The policy in force is") -> PolicyFiguresView:
    """The figures of a policy, each with its source."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for figure in policy.figures:
        groups[figure.path.partition(".")[0]].append(figure)
    return PolicyFiguresView(
        sentence=policy_sentence(policy, begins),
        groups=tuple(
            PolicyGroup(title=f"{_GROUPS.get(head, upper_first(said(head)))}: {count(len(figures), 'figure')}", figures=_figures(policy, head, figures))
            for head, figures in groups.items()
        ),
    )  # fmt: skip


def policy_sentence(policy: Policy, begins: str = "The policy in force is") -> str:
    """What a policy is, of when, and how many of its figures are unconfirmed."""
    unconfirmed = sum(f.confidence == "unconfirmed" for f in policy.figures)
    return (
        f"{begins} {policy.title}, of {day(policy.date)}. {unconfirmed:,} of its {count(len(policy.figures), 'figure')} are "
        "unconfirmed: field knowledge or a default, to check before anybody quotes them."
    )


def _figures(policy: Policy, head: str, figures: list[Figure]) -> TableView:
    return table(
        _GROUPS.get(head, upper_first(said(head))),
        (*words("Figure"), *numbers("Value"), *words("Unit", "Confidence", "Source and date")),
        [row(_name(policy, f.path), f.value.replace("-", MINUS), f.unit, f.confidence, source_text(f.source, f.date)) for f in figures],
        is_caption_hidden=True,
    )


def _name(policy: Policy, path: str) -> str:
    """A figure's place in the policy, as words: ``need.driver_weights.fsm6`` is Driver weights, FSM6."""
    roles = {role.role_id: role.name for role in policy.roles}
    return upper_first(", ".join(roles.get(part) or said(part) for part in path.split(".")[1:]))
