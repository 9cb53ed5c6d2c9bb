"""What has happened to the figures and the plan since a question was asked, so that a correction can be followed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.intake.differences import Change, Difference, differences
from planner.measures import SchoolLedger
from planner.store import Transaction
from planner.store.schools import Query
from web.access import Permission, User
from web.shelf import Shelf
from web.tables import TableRow, TableView, numbers, row, table, words
from web.words import change, moment, pounds, pounds_change


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A version of the figures and perhaps a plan made from it, in words, with the ways there."""

    label: str
    text: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What was asked about beside what is newest."""

    is_wrong: bool
    stages: tuple[Stage, ...]
    next_steps: tuple[tuple[str, str], ...]
    next_words: str
    figures: TableView | None
    plans: TableView | None


def since(tx: Transaction, shelf: Shelf, user: User, query: Query, *, is_wrong: bool) -> Since:
    """What was asked about beside what is newest; where a figure is wrong, whether it was corrected and planned again."""
    here = query.partnership_id
    versions = tx.partnerships.versions(partnership_id=here)
    plans = tx.plans.plans(partnership_id=here)
    version_of_run = {run.id: run.partnership_version for run in tx.runs.runs(partnership_id=here)}
    asked_plan = next((plan for plan in plans if plan.id == query.plan_id), None)
    if asked_plan is not None:
        asked_version = version_of_run[asked_plan.run_id]
    else:
        asked_version = max((v.version for v in versions if v.made_at <= query.opened_at), default=0)
    newest_version = versions[0].version if versions else 0
    newest_plan = plans[0] if plans else None

    def plan_words(plan_id: int, made_at: int, version: int) -> str:
        return f"Plan {plan_id}, made {moment(made_at)}, from version {version} of the figures"

    def plan_link(plan_id: int) -> tuple[tuple[str, str], ...]:
        return ((f"The school in plan {plan_id}", url_for("plans.school", partnership_id=here, plan_id=plan_id, urn=query.urn)),)

    stages = []
    if asked_plan is not None:
        text = plan_words(asked_plan.id, asked_plan.made_at, asked_version)
        stages.append(Stage(label="Asked about", text=text, links=plan_link(asked_plan.id)))
    elif asked_version:
        stages.append(Stage(label="Asked about", text=f"Version {asked_version} of the figures"))
    if newest_version > asked_version:
        brought = moment(versions[0].made_at)
        stages.append(
            Stage(
                label="Corrected figures" if is_wrong else "Newest figures", text=f"Version {newest_version}, brought {brought}",
                links=(("The school's figures", url_for("figures.school", partnership_id=here, urn=query.urn)),),
            )
        )  # fmt: skip
    elif is_wrong:
        stages.append(Stage(label="Corrected figures", text="Not brought yet"))
    is_planned_again = False
    if newest_plan is not None and newest_plan.id != query.plan_id:
        made_from = version_of_run[newest_plan.run_id]
        is_planned_again = made_from > asked_version
        text = plan_words(newest_plan.id, newest_plan.made_at, made_from)
        stages.append(
            Stage(label="Planned again" if is_wrong and is_planned_again else "Newest plan", text=text, links=plan_link(newest_plan.id))
        )
    if is_wrong and not is_planned_again:
        stages.append(Stage(label="Planned again", text="Not with corrected figures yet"))
    steps, step_words = _next(user, here, is_brought=newest_version > asked_version) if is_wrong and not is_planned_again else ((), "")
    return Since(
        is_wrong=is_wrong,
        stages=tuple(stages),
        next_steps=steps,
        next_words=step_words,
        figures=_figures(shelf, query, asked_version, newest_version),
        plans=_plans(shelf, query, newest_plan.id if newest_plan else None),
    )


def _next(user: User, here: int, *, is_brought: bool) -> tuple[tuple[tuple[str, str], ...], str]:
    steps = []
    if user.may(Permission.UPLOAD, here) and not is_brought:
        steps.append(("Bring corrected figures", url_for("bring.choose", partnership_id=here)))
    if user.may(Permission.RUN_PLAN, here):
        steps.append(("Make a plan", url_for("runs.runs", partnership_id=here)))
    return tuple(steps), (
        "The board plans again with the newest figures."
        if is_brought
        else "An administrator brings the corrected figures; then the board plans again."
    )


def _figures(shelf: Shelf, query: Query, asked: int, newest: int) -> TableView | None:
    """The school's own figures that differ between two versions."""
    was, now = (shelf.figures(query.partnership_id, version) if version else None for version in (asked, newest))
    if asked == newest or was is None or now is None:
        return None
    found = [d for d in differences(was.world.partnership, now.world.partnership) if f"({query.urn})" in d.row]
    return table(
        "The school's figures that changed since",
        words("Figure", f"Version {asked}", f"Version {newest}"),
        [row(_figure(d, query.urn), _was(d), _now(d)) for d in found],
        empty=f"Every figure of the school is the same in versions {asked} and {newest}.",
    )


def _figure(difference: Difference, urn: int) -> str:
    others = [part for part in difference.row.split(", ") if f"({urn})" not in part]
    return ", ".join(part for part in (difference.sheet if others or not difference.column else "", *others, difference.column) if part)


def _was(difference: Difference) -> str:
    return (
        "None"
        if difference.change is Change.ADDED
        else "Was here"
        if difference.change is Change.REMOVED
        else difference.was or "Not known"
    )


def _now(difference: Difference) -> str:
    return (
        "Added"
        if difference.change is Change.ADDED
        else "Removed"
        if difference.change is Change.REMOVED
        else difference.now or "Not known"
    )


def _plans(shelf: Shelf, query: Query, newest_id: int | None) -> TableView | None:
    """What the school has in the plan asked about and in the newest."""
    if query.plan_id is None or newest_id is None or newest_id == query.plan_id:
        return None
    was, now = (_ledger(shelf, query, plan_id) for plan_id in (query.plan_id, newest_id))
    if was is None or now is None:
        return None
    return table(
        "What the school has in both plans",
        (*words("Line"), *numbers(f"Plan {query.plan_id}", f"Plan {newest_id}", "Change")),
        [
            _pounds_row("Pays in", was.paid_in_pounds, now.paid_in_pounds),
            _pounds_row("Grant", was.grant_pounds, now.grant_pounds),
            row(
                "Half-days for the school itself",
                f"{was.own_sessions:,}",
                f"{now.own_sessions:,}",
                change(now.own_sessions - was.own_sessions),
            ),
            _pounds_row("Net", was.net_pounds, now.net_pounds),
            row("Standards fully met", f"{was.met:,} of {was.standards:,}", f"{now.met:,} of {now.standards:,}", change(now.met - was.met)),
        ],
    )


def _pounds_row(line: str, was: int, now: int) -> TableRow:
    return row(line, pounds(was), pounds(now), pounds_change(now - was))


def _ledger(shelf: Shelf, query: Query, plan_id: int) -> SchoolLedger | None:
    kept = shelf.plan(query.partnership_id, plan_id)
    return None if kept is None else next((x for x in kept.facts.ledgers if x.school.urn == query.urn), None)
