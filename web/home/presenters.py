"""The words of the first pages."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from planner.documents import sha256_of
from planner.policy import load_policy
from planner.store import QueryState, Role, RunState, Transaction
from planner.store.partnerships import PartnershipRow
from planner.store.plans import SchoolsPlan
from web.access import ROLE_NAMES, Permission, User
from web.home.agreement import agreement
from web.home.steps import BY_ADMINISTRATOR, BY_BOARD, NOT_YET, Link, Step
from web.shelf import Figures, Shelf
from web.words import count, listed, moment, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnershipLine:
    """One of one's partnerships."""

    name: str
    roles: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnershipList:
    """The partnerships one may open."""

    mine: tuple[PartnershipLine, ...]


def partnership_list(tx: Transaction, user: User) -> PartnershipList:
    """Mine, by name."""
    return PartnershipList(
        mine=tuple(
            PartnershipLine(
                name=row.name,
                roles=upper_first(listed([ROLE_NAMES[role] for role in ROLE_NAMES if role in user.roles_in(row.id)])),
                href=url_for("home.partnership", partnership_id=row.id),
            )
            for row in tx.partnerships.partnerships()
            if user.roles_in(row.id)
        )
    )


def own_school_in_the_plan(shelf: Shelf, user: User) -> str:
    """Where somebody lands who is nothing but the head of one school with a plan to read; '' for everybody else."""
    if len(user.memberships) != 1 or user.memberships[0].role is not Role.HEAD:
        return ""
    (only,) = user.memberships
    schools_plan = None if only.partnership_id is None else shelf.schools_plan(only.partnership_id)
    return "" if schools_plan is None else url_for("plans.our_school", partnership_id=only.partnership_id, urn=only.urn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Steps that belong together."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A partnership at a glance."""

    name: str
    roles: str
    parts: tuple[Part, ...]
    waiting: tuple[Step, ...]
    """Steps that are to do by who is asking, now."""
    own_schools: tuple[tuple[str, str], ...]
    own_schools_from: str
    has_others: bool
    """Whether there are other partnerships to go to."""


CHANGED = "Figures or policy changed since"
NO_PLAN = "No plan could be made"


def overview(tx: Transaction, shelf: Shelf, user: User, partnership_id: int) -> Overview:
    """What is done and what is to do, in the order of the work."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    figures = shelf.figures(partnership_id)
    names = {} if figures is None else {s.urn: s.name for s in figures.world.partnership.schools}

    def link(endpoint: str, **more: object) -> str:
        return url_for(endpoint, partnership_id=partnership_id, **more)  # type: ignore[arg-type]

    schools_plan = tx.plans.for_schools(partnership_id=partnership_id)
    figures_steps = [_bring(user, partnership_id, figures, link)]
    if figures is not None:
        figures_steps += [_look_round(names, link), _confirm(tx, user, figures, link)]
    figures_steps += _questions(tx, user, partnership_id, link)
    plan_steps = [_policy(tx, user, here, link), _plan(tx, user, here, link), _read(tx, partnership_id, schools_plan, link)]
    if schools_plan is not None:
        plan_steps += [_choose(tx, user, partnership_id, schools_plan, link)]
    agreed = agreement(tx, shelf, user, partnership_id, link, has_plan=schools_plan is not None)
    own = tuple((names.get(urn, f"The school with URN {urn}"), link("plans.our_school", urn=urn)) for urn in user.urns_in(partnership_id))
    held = [ROLE_NAMES[role] for role in ROLE_NAMES if role in user.roles_in(partnership_id)]
    return Overview(
        name=here.name,
        roles=f"Your {'role' if len(held) == 1 else 'roles'} here: {listed(held)}.",
        parts=tuple(
            Part(title=title, steps=tuple(steps))
            for title, steps in (("1. The figures", figures_steps), ("2. The plan", plan_steps), ("3. The agreement", agreed))
        ),
        waiting=tuple(step for step in (*figures_steps, *plan_steps, *agreed) if step.is_to_do),
        own_schools=own,
        own_schools_from=_own_schools_from(schools_plan),
        has_others=user.is_of_the_house or len({m.partnership_id for m in user.memberships}) > 1,
    )


def _own_schools_from(schools_plan: SchoolsPlan | None) -> str:
    if schools_plan is None:
        return "There is no plan yet: these are its figures."
    if schools_plan.chosen_at is None:
        return f"From the newest plan, plan {schools_plan.plan_id}: the board has not yet chosen the one that schools read."
    return f"From plan {schools_plan.plan_id}, which the board put before the schools on {moment(schools_plan.chosen_at)}."


def _bring(user: User, partnership_id: int, figures: Figures | None, link: Link) -> Step:
    hint = "Schools, funds, people and bases, from a workbook or from the Department for Education's files."
    may_upload = user.may(Permission.UPLOAD, partnership_id)
    if not may_upload:
        hint = f"{hint} {BY_ADMINISTRATOR}"
    if figures is not None:
        hint = f"{hint} Newest: version {figures.version.version} of {moment(figures.version.made_at)}."
    return Step(
        title="Bring the figures",
        hint=hint,
        href=link("bring.versions") if figures is not None else link("bring.choose") if may_upload else "",
        status="Not started" if figures is None else "Completed",
        is_to_do=may_upload and figures is None,
    )


def _look_round(names: Mapping[int, str], link: Link) -> Step:
    return Step(
        title="Look round them",
        hint="The need of each area beside what is recorded, the money, the people and the bases, each figure with its source.",
        href=link("figures.schools"),
        status=count(len(names), "school"),
        is_to_do=False,
    )


def _confirm(tx: Transaction, user: User, figures: Figures, link: Link) -> Step:
    here, version = figures.version.partnership_id, figures.version.version
    urns = {school.urn for school in figures.world.partnership.schools}
    confirmed = {c.urn for c in tx.schools.confirmations(partnership_id=here, version=version)} & urns
    own = urns & set(user.urns_in(here))
    hint = "A head says that the figures of their school are right, or asks about a line."
    return Step(
        title="Each head confirms their school",
        hint=hint if own else f"{hint} Each head does this for their own school.",
        href=link("figures.school", urn=next(iter(own))) if len(own) == 1 else link("figures.schools"),
        status=f"{len(confirmed)} of {len(urns)}",
        is_to_do=bool(own - confirmed),
        own_title="Confirm our school's figures" if len(own) == 1 else "Confirm our schools' figures",
    )


def _policy(tx: Transaction, user: User, here: PartnershipRow, link: Link) -> Step:
    may_set = user.may(Permission.SET_POLICY, here.id)
    newest = next(iter(tx.policies.versions(partnership_id=here.id)), None)
    return Step(
        title="Set the policy",
        hint="The board's line, what a need weighs, floors and caps, and the rules that plans keep." + ("" if may_set else f" {BY_BOARD}"),
        href=link("bring.policy"),
        status="As shipped" if newest is None or newest.sha256 == _shipped_sha256() else f"Version {newest.version}",
        is_to_do=False,
    )


@functools.cache
def _shipped_sha256() -> str:
    """Of the policy pack, as a version that holds it unchanged has it."""
    return sha256_of(json.loads(load_policy().document))


def _plan(tx: Transaction, user: User, here: PartnershipRow, link: Link) -> Step:
    runs = tx.runs.runs(partnership_id=here.id)
    can_start = bool(here.latest_version and here.latest_policy)
    is_going = any(run.state in {RunState.QUEUED, RunState.RUNNING} for run in runs)
    finished = [(run.partnership_version, run.policy_version) for run in runs if run.state is RunState.FINISHED]
    is_done = (here.latest_version, here.latest_policy) in finished
    last = next(
        (run.state for run in runs if (run.partnership_version, run.policy_version) == (here.latest_version, here.latest_policy)), None
    )
    may_run = user.may(Permission.RUN_PLAN, here.id)
    return Step(
        title="Make a plan",
        hint="The planner works out the best plan the rules allow and shows how close it is." + ("" if may_run else f" {BY_BOARD}"),
        href=link("runs.runs") if can_start and may_run else "",
        status=NOT_YET
        if not can_start
        else "Under way"
        if is_going
        else "Completed"
        if is_done
        else NO_PLAN
        if last is RunState.FAILED
        else CHANGED
        if finished
        else "Not started",
        is_to_do=may_run and can_start and (is_going or not is_done),
    )


def _read(tx: Transaction, partnership_id: int, schools_plan: SchoolsPlan | None, link: Link) -> Step:
    plans = tx.plans.plans(partnership_id=partnership_id)
    hint = "Who gets what and why, who gets more and who gets less, and how good the plan is."
    if schools_plan is None:
        return Step(title="Read the plan", hint=hint, href="", status=NOT_YET, is_to_do=False)
    is_chosen = schools_plan.chosen_at is not None
    more = f"It opens plan {schools_plan.plan_id}, which schools read." if is_chosen else f"Newest: {moment(plans[0].made_at)}."
    return Step(
        title="Read the plan",
        hint=f"{hint} {more}",
        href=link("plans.summary_page", plan_id=schools_plan.plan_id) if is_chosen or len(plans) == 1 else link("plans.list_plans"),
        status=count(len(plans), "plan"),
        is_to_do=False,
    )


def _choose(tx: Transaction, user: User, partnership_id: int, schools_plan: SchoolsPlan, link: Link) -> Step:
    may_choose = user.may(Permission.RUN_PLAN, partnership_id)
    is_chosen = schools_plan.chosen_at is not None
    newest = tx.plans.plans(partnership_id=partnership_id)[0].id
    hint = (
        f"Until it is chosen, schools read plan {schools_plan.plan_id} for now."
        if not is_chosen
        else f"Schools read plan {schools_plan.plan_id}." + (f" The newest is plan {newest}." if newest != schools_plan.plan_id else "")
    )
    return Step(
        title="Choose the plan that schools read",
        hint=hint if may_choose else f"{BY_BOARD} {hint}",
        href=link("plans.list_plans") if may_choose else "",
        status=f"Plan {schools_plan.plan_id}" if is_chosen else "Not chosen yet",
        is_to_do=may_choose and not is_chosen,
    )


def _questions(tx: Transaction, user: User, partnership_id: int, link: Link) -> list[Step]:
    waiting = sum(query.state is QueryState.OPEN for query in tx.schools.queries(partnership_id=partnership_id))
    if not waiting:
        return []
    hint = "Schools asked about a line of their figures. The board or the administrator answers."
    may_answer = user.may(Permission.ANSWER_QUERIES, partnership_id)
    return [Step(title="Answer questions", hint=hint, href=link("queries.queries"), status=f"{waiting} open", is_to_do=may_answer)]
