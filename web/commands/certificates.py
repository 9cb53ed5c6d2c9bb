"""The certificate beside a plan: made after the plan is written, and proved again by the audit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from planner.certificate import certificate_path, check_certificate, read_certificate, write_certificate
from planner.documents import Json, plan_from_document
from planner.need import World
from planner.words import least_points, most_points, points_apart

if TYPE_CHECKING:
    from optimisation.solve import Solver, Tell

LEAST_SECONDS = 1.0


def audit_certificate(plan: Path, document: Json) -> str:
    """What the certificate beside an audited plan proves, in one sentence; ``AuditRefused`` when it does not."""
    _, world = plan_from_document(document)
    return check_certificate(read_certificate(certificate_path(plan)), document, world).sentence()


def certify_plan(
    solver: Solver,
    document: Json,
    world: World,
    plan: Path,
    *,
    until: float,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> str:
    """Write plan.certificate.json beside a plan just written, if it can be had in the time; what came of it, in one sentence."""
    from optimisation.certified import certified_plan  # noqa: PLC0415
    from planner.certificate import MOST_SCHOOLS  # noqa: PLC0415

    place = certificate_path(plan)
    place.unlink(missing_ok=True)  # of the plan that was here before
    if len(world.partnership.schools) > MOST_SCHOOLS:
        return f"Not certified: certificates are made for up to {MOST_SCHOOLS} schools."
    seconds = until - time.perf_counter()
    if should_stop():
        return "Not certified: it was stopped by hand."
    if seconds < LEAST_SECONDS:
        return "Not certified: no time was left; a larger --time-limit leaves some."
    found = certified_plan(solver, document, world, seconds=seconds, should_stop=should_stop, tell=tell)
    if found is None:
        return "Not certified: the search for a certificate was stopped or failed; the plan and its gap stand as they are."
    write_certificate(found.document, place)
    least, bound = least_points(found.certified.certified_points), least_points(found.target_points)
    apart = points_apart(most_points(found.certified.shortfall_points), least)
    closed = "" if found.is_closed or bound == least else f" The certificate stops short of the solver's own bound of {bound}."
    return (
        f"Certified in exact arithmetic: no plan within these rules and figures has a shortfall below {least} points, "
        f"so this one is within {apart}.{closed} Written: {place}"
    )
