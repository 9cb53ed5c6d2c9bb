"""The effects of an option on equality: who gets more and who gets less beside last year, by need, phase, deprivation, size and place.

The board reads it with every figure; the copy for publication hides small counts of pupils, and percentages of under 20.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from planner.effects import (
    NEED_NOTE,
    SMALL_NOTE,
    GroupEffects,
    Grouping,
    NeedEffects,
    beside_last_year,
    effects_sentences,
    group_effects,
    groupings,
    need_effects,
    percent_change,
)
from planner.measures import SchoolLedger
from planner.small_numbers import LEFT_OUT, left_out
from web.shelf import KeptPlan
from web.standing import Standing
from web.tables import TableRow, TableView, numbers, row, table, words
from web.words import change, count, pounds_change, upper_first

FEWEST_FOR_PERCENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsView:
    """The effects of one option."""

    title: str
    partnership: str
    standing: Standing
    copy: str
    other: str
    other_href: str
    sentences: tuple[str, ...]
    tables: tuple[TableView, ...]
    notes: tuple[str, ...]
    fingerprint: str
    back: str
    plan_href: str


def effects_view(kept: KeptPlan, standing: Standing, *, decision_id: int, is_public: bool) -> EffectsView:
    """The page of an option; ``is_public``: the copy that may be published."""
    facts = kept.facts

    def here(name: str, **more: object) -> str:
        return url_for(name, partnership_id=kept.partnership_id, decision_id=decision_id, **more)  # type: ignore[arg-type]

    return EffectsView(
        title=f"Effects of plan {kept.plan_id} on equality",
        partnership=f"{facts.partnership.name}, {facts.partnership.academic_year}",
        standing=standing,
        copy="Copy for publication: it may be printed and handed out." if is_public
        else "Board copy: it may contain small numbers, and is not for publication.",
        other="Show the board's copy" if is_public else "Show the copy for publication",
        other_href=here("decide.effects", plan_id=kept.plan_id, copy=None if is_public else "public"),
        sentences=effects_sentences(facts.ledgers),
        tables=(
            by_need(kept, is_public=is_public),
            *by_groups(kept),
        ),
        notes=tuple(_notes(kept, is_public=is_public)),
        fingerprint=kept.fingerprint[:16],
        back=here("decide.decision"),
        plan_href=url_for("plans.changes", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
    )  # fmt: skip


# --- schools, in groups ----------------------------------------------------------------------


def by_groups(kept: KeptPlan) -> tuple[TableView, ...]:
    """Who gets more and who gets less beside last year, by phase, deprivation, size and place."""
    known = beside_last_year(kept.facts.ledgers)
    return tuple(_by_group(grouping, known) for grouping in groupings(kept.facts.partnership.schools, kept.facts.ledgers))


def _by_group(grouping: Grouping, known: Sequence[SchoolLedger]) -> TableView:
    rows = [_group_row(group) for group in grouping.groups]
    return table(
        grouping.title,
        (
            *words("Schools"),
            *numbers("How many", "Grant more", "Grant less", "Grants, change", "Grants, percent", "Half-days more", "Half-days fewer", "Half-days, change", "Half-days, percent"),
        ),
        [*rows, _group_row(group_effects("All schools", known), is_total=True)] if known else [],
        empty="Last year's amounts are not known, so nobody can say who gets more or less.",
    )  # fmt: skip


def _group_row(group: GroupEffects, *, is_total: bool = False) -> TableRow:
    return row(
        group.name, f"{group.schools:,}",
        f"{group.grants_more:,}", f"{group.grants_less:,}",
        pounds_change(group.grants_change_pounds), percent_change(group.grants_change_pounds, group.grants_last_pounds),
        f"{group.half_days_more:,}", f"{group.half_days_fewer:,}",
        change(group.half_days_change), percent_change(group.half_days_change, group.half_days_last),
        is_total=is_total,
    )  # fmt: skip


# --- needs -----------------------------------------------------------------------------------


def by_need(kept: KeptPlan, *, is_public: bool) -> TableView:
    """Expected pupils of each need and how many of its standards stand where."""
    *kinds, total = need_effects(kept.facts.world, kept.facts.amounts)
    fewest = kept.facts.policy.fewest_pupils_shown
    pupils = [one.expected_pupils for one in kinds]
    hidden, is_total_hidden = left_out(pupils, total.expected_pupils, fewest=fewest) if is_public else (frozenset(), False)

    def line(one: NeedEffects, *, is_hidden: bool, is_total: bool = False) -> TableRow:
        is_told = not is_hidden and not (is_public and one.expected_pupils < FEWEST_FOR_PERCENT)
        return row(
            one.name, LEFT_OUT if is_hidden else f"{one.expected_pupils:,}", f"{one.standards:,}", f"{one.met:,}",
            f"{one.under_half:,}", f"{one.out_of_reach:,}",
            "none" if one.percent_met is None else f"{one.percent_met}%" if is_told else "not shown",
            is_total=is_total,
        )  # fmt: skip

    return table(
        "By need: pupils expected, and how many standards stand where",
        (*words("Need"), *numbers("Pupils expected", "Standards", "Fully met", "Under half", "Out of reach", "Percent fully met")),
        [
            *(line(one, is_hidden=place in hidden) for place, one in enumerate(kinds)),
            line(total, is_hidden=is_total_hidden, is_total=True),
        ],
    )


def _notes(kept: KeptPlan, *, is_public: bool) -> list[str]:
    unknown = sum(x.last_year_grant_pounds is None for x in kept.facts.ledgers)
    return [
        NEED_NOTE,
        SMALL_NOTE,
        *([f"Last year is not known for {count(unknown, 'school')}, left out of every count beside last year."] if unknown else []),
        *(
            [
                f"{upper_first(LEFT_OUT)} is a number of fewer than {kept.facts.policy.fewest_pupils_shown} pupils, or one that would give such a number away.",
                f"Percentages are not shown where fewer than {FEWEST_FOR_PERCENT} pupils are expected, or their number is left out.",
            ]
            if is_public
            else ["Expected pupils are estimates from the size and area of schools, never counts of named children."]
        ),
    ]
