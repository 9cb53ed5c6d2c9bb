"""Schools: the ledger of all, and who gets more and who gets less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.effects import RARE_LEFT_OUT, SMALLEST_CHANGE_POUNDS
from planner.export.summary import hundreds
from planner.measures import SchoolLedger
from web.charts import DotPlot, DotRow, dot_plot
from web.plans.presenters.cells import in_hundredths, money, money_change, whole, whole_change
from web.plans.presenters.frame import school_link, to_take
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import count, listed, pounds, pounds_change, upper_first

_CHANGES_LINE = 1
"""Where more and less stand in the plan's summary of eight lines."""

# --- the ledger --------------------------------------------------------------------------


def ledger_table(kept: KeptPlan) -> TableView:
    """In and out of every school, and where its standards stand."""
    ledgers = kept.facts.ledgers
    rows = [
        row(
            school_link(kept, x.school.urn, x.school.name),
            money(x.paid_in_pounds), money(x.grant_pounds), whole(x.own_sessions), money(x.priced_sessions_pounds), money(x.net_pounds),
            in_hundredths(x.places_share_hundredths), whole(x.base_places_hosted),
            f"{x.met:,} of {x.standards:,}", whole(x.under_half), whole(x.out_of_reach),
        )
        for x in ledgers
    ]  # fmt: skip
    total = row(
        "All schools",
        money(sum(x.paid_in_pounds for x in ledgers)), money(sum(x.grant_pounds for x in ledgers)),
        whole(sum(x.own_sessions for x in ledgers)), money(sum(x.priced_sessions_pounds for x in ledgers)),
        money(sum(x.net_pounds for x in ledgers)), in_hundredths(sum(x.places_share_hundredths for x in ledgers)),
        whole(sum(x.base_places_hosted for x in ledgers)), f"{sum(x.met for x in ledgers):,} of {sum(x.standards for x in ledgers):,}",
        whole(sum(x.under_half for x in ledgers)), whole(sum(x.out_of_reach for x in ledgers)), is_total=True,
    )  # fmt: skip
    return to_take(kept, "schools", table(
        "In and out of each school, academic year",
        (
            *words("School"),
            *numbers(
                "Pays in", "Grant", "Half-days", "Their value", "Net",
                "Share of zone's places", "Base places hosted", "Standards met", "Under half", "Out of reach",
            ),
        ),
        [*rows, total],
    ))  # fmt: skip


# --- more and less -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesView:
    """Who gets more and who gets less than last year."""

    sentences: tuple[str, ...]
    chart: DotPlot | None
    grants: TableView
    half_days: TableView
    note: str


def more_and_less(kept: KeptPlan) -> tuple[str, ...]:
    """How many schools get more and less than last year, and where the change is biggest: of grants, then of half-days."""
    known = [x for x in kept.facts.ledgers if x.last_year_grant_pounds is not None]
    if not known:
        return (kept.facts.lines[_CHANGES_LINE],)
    grants = [(x.school.name, x.grant_pounds - (x.last_year_grant_pounds or 0)) for x in known]
    times = [(x.school.name, x.own_sessions - (x.last_year_sessions or 0)) for x in known]
    rare = f" {upper_first(RARE_LEFT_OUT)}." if kept.facts.services("zone") else ""
    assumed = " Last year is as assumed where it is not known." if kept.facts.world.partnership.is_last_year_assumed() else ""
    return (
        _counted("Grants", "less", grants, SMALLEST_CHANGE_POUNDS, hundreds),
        _counted("Half-days", "fewer", times, 1, lambda n: count(n, "half-day")) + rare + assumed,
    )


def _counted(what: str, less: str, all_changes: list[tuple[str, int]], least: int, show: Callable[[int], str]) -> str:
    more, fewer = [(x, n) for x, n in all_changes if n >= least], [(x, n) for x, n in all_changes if -n >= least]
    same = len(all_changes) - len(more) - len(fewer)
    if not more and not fewer:
        return f"{what}: every school has {'about ' if least > 1 else ''}what it had last year."
    groups = ((len(more), "more"), (len(fewer), less), (same, "about the same" if least > 1 else "the same"))
    (number, word), *others = [(n, word) for n, word in groups if n]
    said = listed([f"{count(number, 'school gets', 'schools get')} {word}", *(f"{n:,} {word}" for n, word in others)])
    most = [f"{x}, {show(n)} more" for x, n in [max(more, key=_amount)]] if more else []
    most += [f"{x}, {show(-n)} {less}" for x, n in [min(fewer, key=_amount)]] if fewer else []
    return f"{what} beside last year: {said}. Biggest {'change' if len(most) == 1 else 'changes'}: {'; '.join(most)}."


def _amount(change: tuple[str, int]) -> int:
    return change[1]


def changes(kept: KeptPlan) -> ChangesView:
    """Every school beside last year, biggest changes first."""
    facts = kept.facts
    known = [x for x in facts.ledgers if x.last_year_grant_pounds is not None]
    by_grant = sorted(known, key=lambda x: (-(x.grant_pounds - (x.last_year_grant_pounds or 0)), x.school.name))
    by_time = sorted(known, key=lambda x: (-(x.own_sessions - (x.last_year_sessions or 0)), x.school.name))
    unknown = [x.school.name for x in facts.ledgers if x.last_year_grant_pounds is None]
    return ChangesView(
        sentences=more_and_less(kept),
        chart=_grants_chart(by_grant) if by_grant else None,
        grants=to_take(kept, "more-and-less-grants", table(
            "Grants last year and in this plan, pounds a year",
            (*words("School"), *numbers("Last year", "This plan", "Change")),
            [
                row(school_link(kept, x.school.urn, x.school.name), money(x.last_year_grant_pounds or 0), money(x.grant_pounds),
                    money_change(x.grant_pounds - (x.last_year_grant_pounds or 0)))
                for x in by_grant
            ],
            empty="Last year's amounts are not known.",
        )),
        half_days=to_take(kept, "more-and-less-half-days", table(
            "Half-days for the school itself, last year and in this plan",
            (*words("School"), *numbers("Last year", "This plan", "Change")),
            [
                row(school_link(kept, x.school.urn, x.school.name), whole(x.last_year_sessions or 0), whole(x.own_sessions),
                    whole_change(x.own_sessions - (x.last_year_sessions or 0)))
                for x in by_time
            ],
            empty="Last year's amounts are not known.",
        )),
        note=f"Last year is not known for {listed(unknown)}." if unknown and known else "",
    )  # fmt: skip


def _grants_chart(ledgers: list[SchoolLedger]) -> DotPlot:
    return dot_plot(
        title="Grants: last year and this plan",
        before="last year",
        after="this plan",
        show=pounds,
        rows=[
            DotRow(
                name=x.school.name,
                before=x.last_year_grant_pounds or 0,
                after=x.grant_pounds,
                change=pounds_change(x.grant_pounds - (x.last_year_grant_pounds or 0)),
            )
            for x in ledgers
        ],
    )
