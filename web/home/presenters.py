"""The words of the first pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import url_for

from planner.store import QueryState, RunState, Transaction
from planner.store.partnerships import PartnershipRow
from web.access import ROLE_NAMES, Permission, User
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step on the way to a plan: what it is, how far it is, and the way in (none where it cannot start yet)."""

    title: str
    hint: str
    href: str
    status: str
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A partnership at a glance."""

    name: str
    roles: str
    steps: tuple[Step, ...]
    own_schools: tuple[tuple[str, str], ...]


NOT_YET = "Cannot start yet"
CHANGED = "Figures or policy changed since"


def overview(tx: Transaction, shelf: Shelf, user: User, partnership_id: int) -> Overview:
    """What is done and what is to do, in the order of the work."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    figures = shelf.figures(partnership_id)
    names = {} if figures is None else {s.urn: s.name for s in figures.world.partnership.schools}

    def link(endpoint: str, **more: object) -> str:
        return url_for(endpoint, partnership_id=partnership_id, **more)  # type: ignore[arg-type]

    steps = [_bring(user, partnership_id, figures, link)]
    if figures is not None:
        steps += [_look_round(names, link), _confirm(tx, partnership_id, figures.version.version, names, link)]
    steps += [_plan(tx, user, here, link), _read(tx, partnership_id, link), *_questions(tx, partnership_id, link)]
    own = tuple((names.get(urn, f"The school with URN {urn}"), link("plans.our_school", urn=urn)) for urn in user.urns_in(partnership_id))
    roles = listed([ROLE_NAMES[role] for role in ROLE_NAMES if role in user.roles_in(partnership_id)])
    return Overview(name=here.name, roles=f"You are here as {roles}.", steps=tuple(steps), own_schools=own)


Link = Callable[..., str]


def _bring(user: User, partnership_id: int, figures: Figures | None, link: Link) -> Step:
    hint = "Schools, funds, people and bases, from a workbook or from the Department for Education's files."
    if figures is not None:
        hint = f"{hint} Newest: version {figures.version.version} of {moment(figures.version.made_at)}."
        return Step(title="Bring the figures", hint=hint, href=link("bring.versions"), status="Completed", is_done=True)
    may_upload = user.may(Permission.UPLOAD, partnership_id)
    if not may_upload:
        hint = f"{hint} The administrator does this."
    return Step(title="Bring the figures", hint=hint, href=link("bring.choose") if may_upload else "", status="Not started")


def _look_round(names: Mapping[int, str], link: Link) -> Step:
    return Step(
        title="Look round them",
        hint="The need of each area beside what is recorded, the money, the people and the bases, each figure with its source.",
        href=link("figures.schools"),
        status=count(len(names), "school"),
        is_done=True,
    )


def _confirm(tx: Transaction, partnership_id: int, version: int, names: Mapping[int, str], link: Link) -> Step:
    confirmed = {c.urn for c in tx.schools.confirmations(partnership_id=partnership_id, version=version)} & set(names)
    return Step(
        title="Each head confirms their school",
        hint="A head says that the figures of their school are right, or asks about a line.",
        href=link("figures.schools"),
        status=f"{len(confirmed)} of {len(names)}",
        is_done=len(confirmed) == len(names),
    )


def _plan(tx: Transaction, user: User, here: PartnershipRow, link: Link) -> Step:
    runs = tx.runs.runs(partnership_id=here.id)
    can_start = bool(here.latest_version and here.latest_policy)
    is_going = any(run.state in {RunState.QUEUED, RunState.RUNNING} for run in runs)
    finished = [(run.partnership_version, run.policy_version) for run in runs if run.state is RunState.FINISHED]
    is_done = (here.latest_version, here.latest_policy) in finished
    may_run = user.may(Permission.RUN_PLAN, here.id)
    return Step(
        title="Plan it",
        hint="The planner works out the best plan the rules allow and shows how close it is."
        + ("" if may_run else " Members of the board have it made."),
        href=link("runs.runs") if can_start and may_run else "",
        status=NOT_YET
        if not can_start
        else "Under way"
        if is_going
        else "Completed"
        if is_done
        else CHANGED
        if finished
        else "Not started",
        is_done=is_done and not is_going,
    )


def _read(tx: Transaction, partnership_id: int, link: Link) -> Step:
    plans = tx.plans.plans(partnership_id=partnership_id)
    hint = "Who gets what and why, who gets more and who gets less, and how good the plan is."
    if not plans:
        return Step(title="Read the plan", hint=hint, href="", status=NOT_YET)
    return Step(
        title="Read the plan", hint=f"{hint} Newest: {moment(plans[0].made_at)}.",
        href=link("plans.summary_page", plan_id=plans[0].id) if len(plans) == 1 else link("plans.list_plans"),
        status=count(len(plans), "plan"), is_done=True,
    )  # fmt: skip


def _questions(tx: Transaction, partnership_id: int, link: Link) -> list[Step]:
    waiting = sum(query.state is QueryState.OPEN for query in tx.schools.queries(partnership_id=partnership_id))
    if not waiting:
        return []
    hint = "Schools asked about a line of their figures. The board or the administrator answers."
    return [Step(title="Answer questions", hint=hint, href=link("queries.queries"), status=f"{waiting} open")]
