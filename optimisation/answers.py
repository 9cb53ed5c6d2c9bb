"""What is found out about a plan once it is made: one answer at a time, as the data that pages read and commands write."""

from __future__ import annotations

import gzip
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimisation.as_data import certain_data, claims_data, dose_data, frontier_data, furthest_data, headed, value_data, why_data
from optimisation.asked import Trial, Tried
from optimisation.certain import certain_of
from optimisation.certified import certified_plan
from optimisation.claims import divisible, one_by_one
from optimisation.doses import doses_of
from optimisation.frontier import frontier_of
from optimisation.furthest import furthest_of
from optimisation.hosts import hosts_data, stood_at_each
from optimisation.replan import plans_of, replan
from optimisation.replan_data import replan_data
from optimisation.sandbox import Sandbox
from optimisation.solve import GRACE_SECONDS, Solver
from optimisation.values import values_of
from optimisation.why import explain
from planner.asked_change import change_of, from_data
from planner.certificate import MOST_SCHOOLS, TOO_MANY_SCHOOLS
from planner.documents import Json, check_document, plan_document, plan_from_document
from planner.errors import PlannerError, SolverFault
from planner.hosts import BaseSought
from planner.need import World
from planner.partnership import Partnership
from planner.plan import Plan
from planner.store import AnswerKind

LIMIT_SECONDS = {
    AnswerKind.CLAIMS: 90,
    AnswerKind.FURTHEST: 180,
    AnswerKind.CERTIFICATE: 150,
    AnswerKind.FRONTIER: 600,
    AnswerKind.VALUES: 600,
    AnswerKind.DOSES: 150,
    AnswerKind.WHY: 240,
    AnswerKind.REPLAN: 240,
}
"""The longest each may take, whatever is asked within it."""
CERTIFICATE_SECONDS = 60.0
FRONTIER_POINTS = 8
FURTHEST_GAP_POINTS, FURTHEST_SECONDS = 0.1, 60.0
HOSTS_SECONDS = 90.0
REPLAN_SECONDS, BETWEEN = 90.0, 1
"""Three plans: the nearest, the best possible, and one between them."""


class GaveWay(Exception):
    """Something that comes first waits, or the answer is no longer this worker's: it is not ended."""


class NoAnswer(PlannerError):
    """There is no answer of this kind to this plan; the message says why in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An answer as JSON data, and perhaps a file to take away (gzip)."""

    document: Json
    file: bytes | None = None


class Watch:
    """How long an answer may go on: until its time is up, or something that comes first waits."""

    def __init__(self, kind: AnswerKind, must_give_way: Callable[[], bool]) -> None:
        self._kind, self._must_give_way = kind, must_give_way
        self._until = time.monotonic() + LIMIT_SECONDS[kind]

    def is_over(self) -> bool:
        """Whether to stop, in the middle of a search too."""
        return self._must_give_way() or time.monotonic() > self._until

    def check(self) -> None:
        """Raise what ends the work, where it is to end."""
        if self._must_give_way():
            raise GaveWay
        if time.monotonic() > self._until:
            raise NoAnswer(f"It was not worked out within {LIMIT_SECONDS[self._kind]} seconds, the most it may take.")


class _Watched(Sandbox):
    """A sandbox whose questions end when the watch says so."""

    def __init__(self, world: World, *, solver: Solver, watch: Watch) -> None:
        super().__init__(world, solver=solver)
        self._watch = watch

    def ask(self, trial: Trial, *, should_stop: Callable[[], bool] = lambda: False) -> Tried:
        """One trial's answer, unless the watch ends it."""
        self._watch.check()
        try:
            return super().ask(trial, should_stop=lambda: should_stop() or self._watch.is_over())
        except SolverFault:
            self._watch.check()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an answer is to be about: a kind, a school (0: the whole plan), and for a re-plan the change and perhaps newer figures."""

    kind: AnswerKind
    urn: int = 0
    change: Json | None = None
    newer: Partnership | None = None


def find(asked: Asked, document: Json, solver: Solver, watch: Watch) -> Found:
    """One answer about a plan document. Raises ``GaveWay``, or ``PlannerError`` with one sentence where there is none."""
    check_document(document)
    plan, world = plan_from_document(document)
    if asked.kind is AnswerKind.CERTIFICATE:
        return _certificate(document, world, solver, watch)
    if asked.kind is AnswerKind.REPLAN:
        return _replan(asked, plan, world, solver, watch)
    found = _found(asked.kind, asked.urn, plan, _Watched(world, solver=solver, watch=watch))
    watch.check()
    return Found(document=found)


def _found(kind: AnswerKind, urn: int, plan: Plan, sandbox: Sandbox) -> Json:
    world = sandbox.world
    if kind is AnswerKind.CLAIMS:
        split = divisible(sandbox, plan.amounts)
        return headed("claims", claims_data(world, plan, one_by_one(world, plan.amounts), split))
    if kind is AnswerKind.FURTHEST:
        return headed("furthest", furthest_data(furthest_of(sandbox, plan.amounts, gap=FURTHEST_GAP_POINTS, seconds=FURTHEST_SECONDS)))
    if kind is AnswerKind.FRONTIER:
        return headed("frontier", _trade_offs(sandbox, plan))
    if kind is AnswerKind.VALUES:
        return value_data(values_of(sandbox, plan))
    if kind is AnswerKind.DOSES:
        return dose_data(doses_of(sandbox, plan.amounts))
    return why_data(explain(sandbox, plan, urn))


def _trade_offs(sandbox: Sandbox, plan: Plan) -> Json:
    """The points, and what every plan close to the best has in common; where its time is up, the points alone."""
    world = sandbox.world
    frontier = frontier_of(sandbox, points=FRONTIER_POINTS)
    found = frontier_data(frontier, world)
    sandbox.open(world)
    try:
        certain = certain_of(sandbox, plan.amounts, best_points=min((p.shortfall_points for p in frontier.points), default=math.inf))
    except PlannerError:
        return found
    return {**found, "certain": certain_data(certain)}


def _replan(asked: Asked, plan: Plan, world: World, solver: Solver, watch: Watch) -> Found:
    """The curve after a change; its file holds each of its plans as a document that has passed its audit."""
    assert asked.change is not None
    wanted = from_data(asked.change)
    if wanted.base is not None:
        return _hosts(wanted.base, plan, world, solver, watch)
    change = change_of(wanted, world, plan.amounts, asked.newer)
    try:
        result = replan(
            world, plan.amounts, change, solver=solver, seconds=REPLAN_SECONDS, between=BETWEEN,
            tell=lambda _: watch.check(), should_stop=watch.is_over,
        )  # fmt: skip
        plans = plans_of(result, result.points, solver=solver, should_stop=watch.is_over)
    except SolverFault:
        watch.check()
        raise
    watch.check()
    documents = [plan_document(one, result.world) for one in plans]
    for document in documents:
        check_document(document)
    return Found(document=replan_data(result), file=_packed(documents))


def _hosts(sought: BaseSought, plan: Plan, world: World, solver: Solver, watch: Watch) -> Found:
    """The plans with a base at each host; their file holds those there are, each under its number."""
    watch.check()
    try:
        stood = stood_at_each(
            world, plan.amounts, sought, solver=solver, seconds=HOSTS_SECONDS, tell=lambda _: watch.check(), should_stop=watch.is_over
        )
    except SolverFault:
        watch.check()
        raise
    watch.check()
    documents = [None if one.plan is None else plan_document(one.plan, one.world) for one in stood]
    for document in documents:
        if document is not None:
            check_document(document)
    return Found(document=hosts_data(world, plan.amounts, sought, stood), file=_packed(documents))


def _certificate(document: Json, world: World, solver: Solver, watch: Watch) -> Found:
    if len(world.partnership.schools) > MOST_SCHOOLS:
        raise NoAnswer(TOO_MANY_SCHOOLS)
    watch.check()
    found = certified_plan(solver, document, world, seconds=CERTIFICATE_SECONDS + GRACE_SECONDS, should_stop=watch.is_over)
    watch.check()
    if found is None:
        raise NoAnswer("No certificate was found in the time given; the plan and its gap stand as they are.")
    certified = found.certified
    said = {
        "certified_points": certified.certified_points,
        "shortfall_points": certified.shortfall_points,
        "gap_points": certified.gap_points,
        "stated_gap_points": certified.stated_gap_points,
        "cases": certified.cases,
        "target_points": found.target_points,
        "is_closed": found.is_closed,
    }
    return Found(document=headed("certified", said), file=_packed(found.document))


def _packed(content: Json | Sequence[Json | None]) -> bytes:
    return gzip.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n", mtime=0)
