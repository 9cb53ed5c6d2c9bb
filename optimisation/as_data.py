"""The engine's answers as JSON data: what the commands' ``--json`` writes and what the store keeps, each part with the searches behind it."""

from __future__ import annotations

import math

from optimisation.asked import Tried
from optimisation.certain import WITHIN_PERCENT, Certain
from optimisation.claims import Divisible, Move, OneByOne
from optimisation.doses import Dosed
from optimisation.frontier import Frontier
from optimisation.furthest import Furthest
from optimisation.payments import paid_up
from optimisation.protection import Protections
from optimisation.values import Values
from optimisation.why.records import Price, Why
from planner.documents import Json, amounts_as_data, to_plain
from planner.need import World
from planner.plan import Plan


def headed(what: str, data: Json) -> Json:
    """Data under the name of its format."""
    return {"format": f"partnership-planner {what}", "format_version": 1, **data}


def search(tried: Tried) -> Json:
    """One search as data: what was asked and how it ended."""
    return {
        "words": tried.trial.words,
        "aim": tried.trial.aim.value,
        "status": tried.status,
        "value": tried.value if math.isfinite(tried.value) else None,
        "bound": tried.bound if math.isfinite(tried.bound) else None,
        "seconds": round(tried.seconds, 3),
    }


def price_data(price: Price) -> Json:
    """An interval of points as data; what is without end is null."""
    return {"least_points": price.least, "most_points": price.most if math.isfinite(price.most) else None}


# --- claims, furthest, frontier ----------------------------------------------------------------


def claims_data(world: World, plan: Plan, moves: OneByOne, split: Divisible) -> Json:
    """What may be claimed of a plan beside its bound."""
    return {
        "checked_one_by_one": {
            "holds": moves.holds,
            "weighed": moves.weighed,
            "moves": [{**to_plain(move), "sentence": move_sentence(world, move)} for move in moves.moves],
            "within": list(moves.within),
        },
        "if_split": {"bound_points": split.bound_points, "searches": [search(split.tried)]},
        "with_any_bases": {"bound_points": plan.bound_points},
    }


def move_sentence(world: World, move: Move) -> str:
    """One move, in words."""
    p = world.partnership
    names = {str(s.urn): s.name for s in p.schools}

    def whose(holder: str) -> str:
        recipient = holder.rpartition(":")[0] or holder
        return names.get(recipient, recipient)

    items = {f.fund_id: f"£10 a month from {f.name}" for f in p.funds}
    items |= {s.service_id: f"a half-day of {s.name}" for s in p.services} | {b.base_id: f"a place in {b.name}" for b in p.bases}
    cell = world.picture.cell(move.cell_id)
    standard = world.policy.standard(cell.standard_id).name
    giver = f"from {whose(move.giver)}" if move.giver else "that nobody was given,"
    left = (
        " (lies unused there)" if move.given_millionths is None else f" (from a need met to {move.given_millionths / 10_000:.1f} percent)"
    )
    return (
        f"{items[move.item]} {giver}{left} to {whose(move.taker)}: {standard}, met to {move.from_millionths / 10_000:.1f} percent, "
        f"could rise to {move.to_millionths / 10_000:.1f}."
    )


def furthest_data(furthest: Furthest) -> Json:
    """The needs furthest from the standard, beside their bound."""
    return {
        "plan_points": furthest.plan_points,
        "plan_price_points": furthest.plan_price_points,
        "found_points": furthest.found_points,
        "found_price_points": furthest.found_price_points,
        "bound_points": furthest.bound_points,
        "gap_points": furthest.gap_points,
        "seconds": round(furthest.seconds, 3),
        "searches": [search(t) for t in furthest.tried],
    }


def frontier_data(frontier: Frontier, world: World) -> Json:
    """The points from the fairest to the most need met, each with its amounts where it is a whole plan, and the price of fairness."""
    price = frontier.price
    return {
        "points": [
            {
                "shortfall_points": p.shortfall_points,
                "least_shortfall_points": p.least_shortfall_points,
                "unmet_points": p.unmet_points,
                "least_unmet_points": p.least_unmet_points,
                "amounts": None if (whole := paid_up(world, p.amounts)) is None else amounts_as_data(whole, world),
                "searches": [search(t) for t in p.tried],
            }
            for p in frontier.points
        ],
        "dropped": frontier.dropped,
        "price_of_fairness": {
            "enough_pounds": price.enough_pounds,
            "too_little_pounds": price.too_little_pounds,
            "limit_pounds": price.limit_pounds,
            "searches": [search(t) for t in price.tried],
        },
    }


def certain_data(certain: Certain) -> Json:
    """What every plan close to the best has in common."""
    return {"within_percent": WITHIN_PERCENT, **to_plain(certain), "seconds": round(certain.seconds, 3)}


# --- values, doses -------------------------------------------------------------------------


def value_data(values: Values) -> Json:
    """What one more of each resource is worth."""
    return headed("values", {
        "best": price_data(values.best),
        "best_searches": [search(values.today)],
        "values": [
            {
                "name": value.name, "unit": value.unit, "note": value.note,
                "steps": [
                    {
                        "amount": step.amount, "gained_points": step.gained_points, "proved": price_data(step.proved),
                        "is_shown": step.proved.is_shown, "searches": [search(step.tried)],
                    }
                    for step in value.steps
                ],
            }
            for value in values.values
        ],
    })  # fmt: skip


def protection_data(found: Protections) -> Json:
    """The same as JSON data, each rule with the searches behind it."""
    return {
        "format": "partnership-planner protection",
        "format_version": 1,
        "best": price_data(found.best),
        "best_searches": [search(t) for t in found.today],
        "protection": [
            {
                "rules": list(one.rule_ids), "words": one.words, "shortfall_lower": price_data(one.worth), "need_met_more": price_data(one.met),
                "is_shown": one.worth.is_shown, "moved_pounds": one.moved_pounds, "is_nearest": one.is_nearest, "changes": to_plain(one.changes),
                "searches": [search(t) for t in one.tried],
            }
            for one in found.rules
        ],
    }  # fmt: skip


def dose_data(dosed: tuple[Dosed, ...]) -> Json:
    """What changes under other doses."""
    return headed("doses", {
        "doses": [
            {
                "percent": int(100 * one.factor), "changes": to_plain(one.changes), "standing_now": to_plain(one.before),
                "standing": to_plain(one.after), "searches": [search(t) for t in (one.least, one.near) if t is not None],
            }
            for one in dosed
        ],
    })  # fmt: skip


# --- why -----------------------------------------------------------------------------------


def why_data(why: Why) -> Json:
    """Why a school gets what it gets, why not more, and what it would take."""
    asked = why.why_not
    return headed("why", {
        "school": why.school,
        "urn": why.urn,
        "plan_points": why.plan_points,
        "best": price_data(why.best),
        "shares": to_plain(why.shares),
        "rules": [
            {
                "rule": e.lever.rule_id, "words": e.lever.words, "relaxed_by": e.lever.relaxed_by, "worth": price_data(e.worth),
                "for_school": to_plain(e.for_school), "for_standards": to_plain(e.for_standards), "other_schools_changed": e.others,
                "sentences": list(e.sentences), "searches": [search(t) for t in e.tried],
            }
            for e in why.effects
        ],
        "no_difference": list(why.quiet),
        "no_difference_searches": [search(t) for t in why.quiet_tried],
        "why_not": None if asked is None else {
            "asked": asked.asked, "ending": asked.ending, "price": None if asked.price is None else price_data(asked.price),
            "changes": to_plain(asked.changes), "standards": to_plain(asked.standards),
            "in_the_way": [{"rule": x.rule_id, "words": x.words, "relaxed_by": x.relaxed_by} for x in asked.in_the_way],
            "sentences": list(asked.sentences), "searches": [search(t) for t in asked.tried],
        },
        "ways": [
            {
                "words": w.words, "amount": w.amount, "proved_too_little": w.not_enough, "unit": w.unit, "granted_by": w.granted_by,
                "sentence": w.sentence, "searches": [search(t) for t in w.tried],
            }
            for w in why.ways
        ],
        "ways_sentences": list(why.ways_sentences),
    })  # fmt: skip
