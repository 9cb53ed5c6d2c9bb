"""A plan's certificate: searched for in the solver's process, proved again here, in exact arithmetic, before anybody hears of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from optimisation.certify import Certificate, Certify
from optimisation.solve import Solver, Tell
from planner.certificate import Certified, certificate_document, check_certificate
from planner.documents import Json
from planner.need import World

ENOUGH_POINTS = 0.1
"""Within this many points of the plan, the search goes on only while it still gains something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedAgain:
    """A certificate, what it was proved to show, and how far the search was to get (points)."""

    document: Json
    certified: Certified
    target_points: float
    is_closed: bool


def certified_plan(
    solver: Solver,
    document: Json,
    world: World,
    *,
    seconds: float,
    should_stop: Callable[[], bool],
    tell: Tell = lambda _: None,
) -> ProvedAgain | None:
    """The certificate of a plan document, found within ``seconds``; None where the search was stopped or failed.

    Raises ``AuditRefused`` where what was found does not hold, which is our fault.
    """
    job = Certify(
        world=world,
        target_points=document["bound_points"],
        enough_points=document["shortfall_points"] - ENOUGH_POINTS,
        seconds=seconds,
    )
    found = solver.exchange(job, until=time.perf_counter() + seconds, should_stop=should_stop, tell=tell)
    if not isinstance(found, Certificate):
        return None
    certificate = certificate_document(document, found.tree, found.certified_points)
    return ProvedAgain(
        document=certificate,
        certified=check_certificate(certificate, document, world),
        target_points=found.target_points,
        is_closed=found.is_closed,
    )
