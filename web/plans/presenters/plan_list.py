"""All plans of a partnership: what each comes to, where it comes from, and which of them schools read."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.export.summary import ENDINGS
from planner.plan import Ending
from planner.store import Transaction
from planner.store.plans import PlanRow, SchoolsPlan
from planner.store.runs import REPLAN, Run
from planner.words import least_points, most_points, points_apart
from web.names import beside_which, name_of, partnership_name
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import moment, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanList:
    """The page of all plans of a partnership."""

    partnership: str
    which: str
    measures: TableView
    origins: TableView


def plan_list(tx: Transaction, partnership_id: int) -> PlanList:
    """The plans of a partnership, newest first."""
    runs = {run.id: run for run in tx.runs.runs(partnership_id=partnership_id)}
    plans = tx.plans.plans(partnership_id=partnership_id)
    schools_plan = tx.plans.for_schools(partnership_id=partnership_id)
    earlier = {choice.plan_id for choice in tx.plans.choices(partnership_id=partnership_id)}
    names = {user_id: name_of(tx, user_id) for user_id in {run.requested_by for run in runs.values()}}
    first = {plan.fingerprint: plan.id for plan in plans}  # newest first, so the oldest of those alike stays
    return PlanList(
        partnership=partnership_name(tx, partnership_id),
        which=_which(schools_plan),
        measures=table(
            "What each plan comes to",
            (
                *words("Plan", "For schools"),
                *numbers(
                    "Need below the board's line, points",
                    "How close, points",
                    "Standards fully met",
                    "Partly met",
                    "Under half",
                    "Out of reach",
                ),
            ),
            [_measures(plan, runs[plan.run_id], _for_schools(plan, schools_plan, earlier)) for plan in plans],
        ),
        origins=table(
            "Where each plan comes from",
            words("Plan", "Asked for by", "Asked for", "Made from", "Made by", "How the search ended", "Fingerprint"),
            [_origin(plan, runs[plan.run_id], names[runs[plan.run_id].requested_by], like=first[plan.fingerprint]) for plan in plans],
        ),
    )


def _which(schools_plan: SchoolsPlan | None) -> str:
    if schools_plan is None:
        return ""
    if schools_plan.chosen_at is None:
        return f"The board has not yet put a plan before the schools, so they read plan {schools_plan.plan_id} for now. A plan after a change waits for the board's choice."
    return f"Schools read plan {schools_plan.plan_id}: the board put it before them on {moment(schools_plan.chosen_at)}."


def _for_schools(plan: PlanRow, schools_plan: SchoolsPlan | None, earlier: set[int]) -> TableCell:
    if schools_plan is None or plan.id != schools_plan.plan_id:
        return TableCell(text="Read before" if plan.id in earlier else "Trial", tag="grey")
    if schools_plan.chosen_at is None:
        return TableCell(text="Read for now", tag="blue")
    return TableCell(text="They read it", tag="green")


def _measures(plan: PlanRow, run: Run, for_schools: TableCell) -> TableRow:
    return row(
        TableCell(
            text=f"Plan {plan.id}, {moment(plan.made_at)}",
            href=url_for("plans.summary_page", partnership_id=plan.partnership_id, plan_id=plan.id),
        ),
        for_schools,
        _below(plan),
        _how_close(plan, run),
        f"{plan.counts['standards_met']:,} of {plan.counts['standards_counted']:,}",
        f"{plan.counts['standards_partly_met']:,}",
        f"{plan.counts['standards_under_half']:,}",
        f"{plan.counts['out_of_reach']:,}",
    )


def _below(plan: PlanRow) -> str:
    """The need below the line, and the price of rules that give way beside it."""
    if plan.shortfall_points is None:
        return "not told"
    price = plan.counts.get("price_points")
    return most_points(plan.shortfall_points) + (f" and {most_points(price)} for rules that give way" if price else "")


def _how_close(plan: PlanRow, run: Run) -> str:
    """By how much a plan could be better at most, beside how close it was asked to come."""
    asked = run.settings.get("gap_points")
    wish = "" if asked is None else f", asked for {asked:g}"
    is_known = plan.bound_points is not None and (plan.bound_points > 0 or plan.status in {Ending.WITHIN_GAP, Ending.CLOSE_BY_CLOCK})
    if plan.shortfall_points is None or plan.bound_points is None or not is_known:
        return f"not found{wish}"
    gap = points_apart(most_points(plan.shortfall_points + plan.counts.get("price_points", 0.0)), least_points(plan.bound_points))
    return f"{gap if float(gap) else 'under 0.01'}{wish}"


def _origin(plan: PlanRow, run: Run, asked_by: str, *, like: int) -> TableRow:
    return row(
        f"Plan {plan.id}",
        asked_by,
        moment(run.requested_at),
        upper_first(beside_which(run)) if run.kind == REPLAN else f"Figures {run.partnership_version}, policy {run.policy_version}",
        TableCell(text=f"Run {run.id}", href=url_for("runs.run", partnership_id=plan.partnership_id, run_id=run.id)),
        ENDINGS[Ending(plan.status)].partition(";")[0] + ".",
        plan.fingerprint[:16] + ("" if like == plan.id else f", same as plan {like}"),
    )
