"""A re-plan as JSON data: what the command's ``--json`` writes and what the store keeps."""

from __future__ import annotations

from optimisation.replan import Moved, Point, Replan, remaining
from planner.changes import GIVEN
from planner.documents import Json
from planner.measures import standing


def replan_data(result: Replan) -> Json:
    """The curve as JSON data, with the solves behind it; a value nobody found is null."""
    numbers = {id(tried): number for number, tried in enumerate(result.solves)}
    return {
        "format": "partnership-planner replan",
        "format_version": 1,
        "change": result.change.words,
        "from_half_term": result.change.half_term,
        "notes": list(result.change.notes),
        "gives_way": [
            {"rule": way.rule_id, "words": way.words, "agreed_by": way.agreed_by, "sentence": way.sentence()} for way in result.gave_way
        ],
        "shortfall_points_before": result.was_shortfall_points,
        "least_schools_disturbed": result.least_disturbed,
        "schools": {str(school.urn): school.name for school in result.world.partnership.schools},
        "given_already": [
            {"urn": rule.urn, "item": rule.item, "amount": rule.amount}
            for rule in result.world.partnership.head_rules
            if rule.rule_id.startswith(GIVEN)
        ],
        "plans": [
            {
                "plan": number,
                "schools_disturbed": list(point.disturbed),
                "shortfall_points": point.shortfall_points,
                "bound_points": point.bound_points,
                "need_met_points": point.need_met_points,
                "standards": _counts(result, point),
                "is_finished": point.is_finished,
                "changes": [move_data(move) for move in point.moved],
                "who_must_agree": list(point.asks),
                "solves": [numbers[id(tried)] for tried in point.solves],
            }
            for number, point in enumerate(result.points, start=1)
        ],
        "solves": [
            {
                "words": t.trial.words,
                "status": t.status,
                "value": _finite(t.value),
                "bound": _finite(t.bound),
                "seconds": round(t.seconds, 3),
            }
            for t in result.solves
        ],
    }


def _counts(result: Replan, point: Point) -> Json:
    """How many standards a plan of the curve meets fully, to half or more, to less than half, and how many are out of its reach."""
    stands = standing(result.world.picture, result.world.policy, point.amounts)
    return {"met": stands.met, "partly_met": stands.partly_met, "under_half": stands.under_half, "out_of_reach": stands.out_of_reach}


def move_data(move: Moved) -> Json:
    """One change for a school or zone, as JSON data."""
    was, becomes = remaining(move)
    return {
        "whose": move.whose, "urns": list(move.urns), "item": move.item, "unit": move.unit, "was": move.was, "becomes": move.becomes,
        "given": move.given, "was_to_come": was, "to_come": becomes, "is_less": move.is_less,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
