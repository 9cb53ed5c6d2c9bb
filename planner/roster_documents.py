"""The roster as part of a plan document, and back."""

from __future__ import annotations

from typing import Any

from planner.need import World
from planner.partnership import DecisionRight
from planner.plan import Roster, RosterAim, RosterRow, Undelivered
from planner.roster import Told, figures_of

Json = dict[str, Any]


def roster_gap_points(roster: Roster, shortfall_points: float) -> float:
    """What the roster costs against the plan before it, in points of the leading objective."""
    return max(0.0, round(shortfall_points - roster.shortfall_before_points, 4))


def roster_document(world: World, roster: Roster) -> Json:
    """The roster's rows, and what they come to, recomputed; people by id only."""
    told, here = Told(world, roster), figures_of(world, roster)
    reached = (here.undelivered, here.shared, here.changes, here.metres, here.uneven)
    services = {row.service_id for row in roster.rows}
    return {
        "roster": [
            {"person": row.person_id, "recipient": row.recipient, "service": row.service_id, "half_term": row.half_term,
             "half_days": row.half_days, "is_link": told.link(row.service_id, row.recipient) == row.person_id}
            for row in roster.rows
        ],
        "roster_summary": {
            "half_days": here.half_days,
            "undelivered": [{"recipient": row.recipient, "service": row.service_id, "half_days": row.half_days} for row in roster.undelivered],
            "shared": [
                {"recipient": recipient, "service": service_id, "people": list(people)}
                for service_id, given in told.given.items()
                for recipient in dict.fromkeys(r for _, r in given)
                if len(people := told.people_for(service_id, recipient)) > 1
            ],
            "aims": [
                {"name": aim.name, "unit": aim.unit, "reached": number, "bound": None if aim.bound is None else min(aim.bound, number)}
                for aim, number in zip(roster.aims, reached, strict=True)
            ],
            "is_finished": roster.is_finished,
            "rounds": roster.rounds,
            "shortfall_before_points": roster.shortfall_before_points,
            "proposals": [
                {"service": s.service_id, "employer": s.employer, "request_to": s.request_to, "request_by": s.request_by}
                for s in world.partnership.services
                if s.service_id in services and s.decision_right is not DecisionRight.OURS
            ],
        },
    }  # fmt: skip


def roster_from(document: Json) -> Roster | None:
    """The roster of a plan document; None in one without. ValueError, KeyError or TypeError if malformed."""
    if "roster_summary" not in document:
        if document["roster"]:
            raise ValueError("a roster without its summary")
        return None
    summary = document["roster_summary"]
    return Roster(
        rows=tuple(
            RosterRow(
                person_id=r["person"], recipient=r["recipient"], service_id=r["service"],
                half_term=_whole(r["half_term"]), half_days=_whole(r["half_days"]),
            )
            for r in document["roster"]
        ),
        undelivered=tuple(
            Undelivered(recipient=r["recipient"], service_id=r["service"], half_days=_whole(r["half_days"])) for r in summary["undelivered"]
        ),
        aims=tuple(
            RosterAim(name=a["name"], unit=a["unit"], reached=_whole(a["reached"]), bound=None if a["bound"] is None else _whole(a["bound"]))
            for a in summary["aims"]
        ),
        is_finished=bool(summary["is_finished"]),
        rounds=_whole(summary["rounds"]),
        shortfall_before_points=float(summary["shortfall_before_points"]),
    )  # fmt: skip


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value
