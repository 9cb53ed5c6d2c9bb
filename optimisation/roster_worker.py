"""Makes one claimed version of a roster: a plan's half-days with the names that were asked for, checked before it is kept."""

from __future__ import annotations

import time
from collections.abc import Callable

from optimisation.roster import Rostered, Rostering
from optimisation.solve import GRACE_SECONDS, Solver
from planner.documents import Json, check_document, plan_from_document
from planner.errors import AuditRefused, PlannerError, SolverFault
from planner.roster import roster_faults
from planner.roster_documents import roster_document
from planner.roster_requests import asked_world, request_from
from planner.roster_wishes import kept_faults, wish_faults

SECONDS = 20.0


class CannotBe(PlannerError):
    """No roster can keep what was asked; the message says what would make it possible."""


def make_version(request_document: Json, plan_document: Json, solver: Solver, must_give_way: Callable[[], bool]) -> Json:
    """The roster of a request as part of a document. Raises ``PlannerError`` with a sentence where there is none."""
    check_document(plan_document)
    plan, world = plan_from_document(plan_document)
    request = request_from(request_document)
    here = asked_world(world, request)
    faults = list(dict.fromkeys(wish_faults(here, plan.amounts, request)))
    if faults:
        raise CannotBe(" ".join(faults))
    job = Rostering(world=here, amounts=plan.amounts, seconds=SECONDS, wishes=request.wishes)
    if not solver.wait_until_ready(must_give_way):  # its time begins when the process has
        raise SolverFault("The solver did not start in time.")
    said = solver.exchange(job, until=time.perf_counter() + SECONDS + GRACE_SECONDS, should_stop=must_give_way)
    if not isinstance(said, Rostered):
        raise SolverFault("No roster was found in the time given.")
    for fault in (*roster_faults(here, plan.amounts, said.roster, request.wishes), *kept_faults(here, said.roster, request.wishes)):
        raise AuditRefused(fault)
    return roster_document(here, said.roster)
