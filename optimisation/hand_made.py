"""Audits a plan that somebody made by hand in the plan's workbook: which rules it breaks, and how far it is from the best.

No plan is searched for. Need met follows from the amounts: schools and zones whose amounts are as planned keep theirs,
all others make the best use of what they now have. Payments follow too, unless the workbook says them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from optimisation.baselines import best_use
from optimisation.greedy import share_evenly
from optimisation.payments import pay_to_the_pound
from planner.audit import breaches, leading_points, leads, misses
from planner.child import Json
from planner.documents import check_document, plan_document, to_plain
from planner.errors import SolverFault
from planner.export.plan_facts import Facts
from planner.export.read_back import HandMade, ReadBack, read_back
from planner.intake.apart import UPLOAD
from planner.measures import standing
from planner.need import World
from planner.plan import Amounts, Ending, Plan
from planner.supply import grant_step_pounds, sizes_of

PLAN_FILE = "plan.json"
ENGINE = "by hand, in the plan's workbook"
USE_SECONDS = 15.0
NOT_NOW = "What schools can do with the changed amounts could not be worked out just now, and nothing was kept: try again in a minute."
_HELD = ("grants", "sessions", "places")


def audit_by_hand(name: str, content: bytes, document: Json) -> tuple[HandMade, Json | None]:
    """Read an edited workbook of a plan, given its document, and audit what it says; with a plan document where it keeps every rule.

    Raises ``InputMustBeMended`` where the file is no workbook of a plan, ``AuditRefused`` where the plan's document was altered,
    ``SolverFault`` where the need that the amounts meet could not be worked out.
    """
    plan, world = check_document(document)
    read = read_back(name, content, Facts(plan, world), fingerprint=document["fingerprint"])
    if read.amounts is None:
        return HandMade(changes=read.changes, findings=read.findings), None
    try:
        amounts, is_best_use = whole_amounts(world, plan.amounts, read)
    except SolverFault as fault:
        raise SolverFault(NOT_NOW) from fault
    broken = [*cannot_be(world, amounts), *(breach.sentence() for breach in breaches(world, amounts))]
    told = HandMade(
        changes=read.changes,
        findings=read.findings,
        is_audited=True,
        broken=tuple(broken),
        gives_way=tuple(f"{miss.rule.sentence} ({miss.where})" for miss in misses(world, amounts)) if not broken else (),
        points=leads(world, amounts),
        plan_points=leads(world, plan.amounts),
        bound_points=min(plan.bound_points, float(leading_points(world, plan.amounts))),
        stands=standing(world.picture, world.policy, amounts),
        plan_stands=standing(world.picture, world.policy, plan.amounts),
        is_best_use=is_best_use,
        is_paid_again=not read.has_own_payments and _payments(amounts) != _payments(plan.amounts),
    )
    return told, None if broken or not read.changes else _document(plan, world, amounts)


def cannot_be(world: World, amounts: Amounts) -> Iterator[str]:
    """Grants that no month's payment comes to, and sizes at which a base cannot run; with what could stand there."""
    p = world.partnership
    names = {school.urn: school.name for school in p.schools}
    for fund in p.funds:
        step = grant_step_pounds(fund, world.policy)
        for (urn, fund_id), pounds in amounts.grants.items():
            if fund_id == fund.fund_id and pounds % step:
                below = pounds - pounds % step
                yield (
                    f"Grants from {fund.name} are paid in equal months, in steps of £{step:,} a year: {names[urn]} may get £{below:,} "
                    f"or £{below + step:,}, not £{pounds:,}."
                )
    for base in p.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        if size and size not in sizes_of(base):
            sizes = ", ".join(f"{n:,}" for n in sorted({0, *sizes_of(base)}))
            yield f"{base.name} cannot run at {size:,} places; its possible sizes are {sizes}."


def whole_amounts(world: World, planned: Amounts, read: ReadBack) -> tuple[Amounts, bool]:
    """What was read with its payments and the need it meets, and whether that is the best use of it."""
    assert read.amounts is not None
    amounts = read.amounts
    if not read.changes:
        return planned, True
    if not read.has_own_payments:
        payments = pay_to_the_pound(world, amounts)
        if payments is not None:
            amounts = replace(amounts, spending=payments.spending, pots=payments.pots, carried=payments.carried)
    need_met, is_best_use = need_met_by_hand(world, planned, amounts)
    return replace(amounts, need_met=need_met), is_best_use


def need_met_by_hand(world: World, planned: Amounts, amounts: Amounts) -> tuple[dict[str, int], bool]:
    """Need met: as planned where a school or zone has what was planned, else by the best use of what it has.

    With whether it is: where the best use was not found in time, others share what they have evenly.
    """
    touched = set(_touched(planned, amounts))
    kept = {cell.cell_id: planned.need_met.get(cell.cell_id, 0) for cell in world.picture.cells if cell.recipient not in touched}
    if not touched:
        return dict(planned.need_met), True
    best = best_use(world, amounts, seconds=USE_SECONDS, keeps_places=True)
    used = share_evenly(world, amounts) if best is None else best.need_met
    met = {cell.cell_id: kept.get(cell.cell_id, used.get(cell.cell_id, 0)) for cell in world.picture.cells}
    return {cell_id: level for cell_id, level in met.items() if level}, best is not None


def _touched(planned: Amounts, amounts: Amounts) -> Iterable[str]:
    """The schools and zones that have other amounts than planned."""
    for kind in _HELD:
        was, now = getattr(planned, kind), getattr(amounts, kind)
        for key in {*was, *now}:
            if was.get(key, 0) != now.get(key, 0):
                yield key[1].rpartition(":")[0] if kind == "places" else str(key[0])


def _payments(amounts: Amounts) -> tuple[object, ...]:
    return tuple({key: n for key, n in each.items() if n} for each in (amounts.spending, amounts.pots, amounts.carried))


def _document(plan: Plan, world: World, amounts: Amounts) -> Json:
    """The hand-made plan with the bound of the plan it was made from: the rules and figures are the same."""
    made = Plan(
        amounts=amounts, ending=Ending.BY_HAND, bound_points=plan.bound_points, levels=(), engine=ENGINE, seconds=0.0,
        baselines=plan.baselines,
    )  # fmt: skip
    return plan_document(made, world)


def audit_job(order: Json) -> tuple[Json, bytes]:
    """Audit an upload, in a child process."""
    document = json.loads(Path(PLAN_FILE).read_bytes())
    told, made = audit_by_hand(order["name"], Path(UPLOAD).read_bytes(), document)
    return {"told": to_plain(told), "made": made is not None}, b"" if made is None else json.dumps(made).encode("utf-8")
