"""The words of the first pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import RunState, Transaction
from web.access import ROLE_NAMES, Permission, User
from web.shelf import Shelf
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
    is_blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A partnership at a glance."""

    name: str
    roles: str
    steps: tuple[Step, ...]
    own_schools: tuple[tuple[str, str], ...]


def overview(tx: Transaction, shelf: Shelf, user: User, partnership_id: int) -> Overview:
    """What is done and what is to do, in the order of the work."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    figures = shelf.figures(partnership_id)
    runs = tx.runs.runs(partnership_id=partnership_id)
    plans = tx.plans.plans(partnership_id=partnership_id)
    may_upload = user.may(Permission.UPLOAD, partnership_id)

    def link(endpoint: str, **more: object) -> str:
        return url_for(endpoint, partnership_id=partnership_id, **more)  # type: ignore[arg-type]

    names = {} if figures is None else {s.urn: s.name for s in figures.world.partnership.schools}
    steps = [
        Step(
            title="Bring the figures",
            hint="Schools, funds, people and bases, from a workbook or from the Department for Education's files.",
            href=link("bring.versions") if here.latest_version else link("bring.choose") if may_upload else "",
            status="Not brought yet" if figures is None else f"Version {here.latest_version}, {moment(figures.version.made_at)}",
            is_done=figures is not None,
            is_blocked=figures is None and not may_upload,
        ),
        Step(
            title="Look round them",
            hint="The need of each area beside what is recorded, the money, the people and the bases, each figure with its source.",
            href="" if figures is None else link("figures.schools"),
            status="Cannot start yet" if figures is None else count(len(names), "school"),
            is_blocked=figures is None,
        ),
    ]
    if figures is not None:
        confirmed = {c.urn for c in tx.schools.confirmations(partnership_id=partnership_id, version=here.latest_version)} & set(names)
        steps.append(
            Step(
                title="Each head confirms their school",
                hint="A head says that the figures of their school are right, or asks about a line.",
                href=link("figures.schools"),
                status=f"{len(confirmed)} of {len(names)} confirmed",
                is_done=len(confirmed) == len(names),
            )
        )
    going = next((run for run in runs if run.state in {RunState.QUEUED, RunState.RUNNING}), None)
    steps += [
        Step(
            title="Plan it",
            hint="The planner works out the best plan the rules allow and shows how close it is.",
            href="" if figures is None else link("runs.runs"),
            status="Cannot start yet" if figures is None else "Under way" if going else count(len(runs), "run") if runs else "Not started",
            is_done=bool(plans),
            is_blocked=figures is None,
        ),
        Step(
            title="Read the plan",
            hint="Who gets what and why, who gets more and who gets less, and how good the plan is.",
            href=link("plans.list_plans") if plans else "",
            status=f"Newest of {moment(plans[0].made_at)}" if plans else "No plan yet",
            is_blocked=not plans,
        ),
    ]
    own = tuple((names.get(urn, f"The school with URN {urn}"), link("plans.our_school", urn=urn)) for urn in user.urns_in(partnership_id))
    roles = listed([ROLE_NAMES[role] for role in ROLE_NAMES if role in user.roles_in(partnership_id)])
    return Overview(name=here.name, roles=f"You are here as {roles}.", steps=tuple(steps), own_schools=own)
