"""What a draft or a proposal comes to, in words: counts first, then who gets more and less, then points and the gap."""

from __future__ import annotations

from dataclasses import dataclass

from planner.documents import Json
from planner.need import World
from planner.partnership import GRANT_ITEM, HeadRule
from planner.reasons import half_days, lower_first
from planner.tried import Tried
from planner.words import least_points, most_points
from web.tables import TableView, numbers, row, table, words
from web.try_it.sliders import setting_words
from web.words import MINUS, count, listed, pounds, pounds_change, upper_first

_COUNTS = (("met", "Fully met"), ("partly", "Partly met"), ("under_half", "Under half"), ("out_of_reach", "Out of reach"))
_MOST_CHANGES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A whole answer that is a plan."""

    headline: tuple[str, ...]
    counts: TableView
    who: str
    schools: TableView
    others: tuple[str, ...]
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLine:
    """A rule that would have to give way: whose yes it needs, and whether one may ask them here."""

    words: str
    who: str
    number: int
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MendLine:
    """One way to make room."""

    number: int
    moves: tuple[MoveLine, ...]
    price: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A whole answer that is no plan."""

    sentence: str
    clash: tuple[str, ...]
    mends: tuple[MendLine, ...]


def result_of(answer: Json, own: str) -> Result:
    """The words of a plan that was found; ``own`` names one's own school, '' where there is none."""
    everybody, mine = answer["all"], answer["own"]
    who = answer["schools"]
    more = sum(one["pounds"] >= 0 and one["half_days"] >= 0 for one in who)
    less = sum(one["pounds"] <= 0 and one["half_days"] <= 0 for one in who)
    both = len(who) - more - less
    was, now = (most_points(points) for points in answer["points"])
    columns = [*(("School, plan", "School, tried") if mine else ()), "All, plan", "All, tried"]
    return Result(
        headline=tuple(_headline(name, pair) for name, pair in ((own, mine), ("All schools", everybody)) if pair is not None),
        counts=table(
            "Quality standards", [*words("Standards"), *numbers(*columns)],
            [row(said, *(f"{one[key]:,}" for pair in (mine, everybody) if pair for one in pair)) for key, said in _COUNTS],
        ),
        who=_who(more, less, both),
        schools=table(
            "Who gets more, who gets less, by school", [*words("School"), *numbers("Grant", "Half-days of its own")],
            [
                row(one["name"], pounds_change(one["pounds"]), _half_days_change(one["half_days"]))
                for one in sorted(who, key=lambda one: (one["name"] != own, one["name"]))
            ],
            empty="No school's grant or own half-days change.",
        ),
        others=tuple(_change(one) for one in answer["changes"] if len(one["urns"]) > 1 or one["unit"] == "places")[:_MOST_CHANGES],
        points=(
            f"Need below the board's line: {now} points, {was} in the plan. A point is one hundredth of all need.",
            (
                f"How close to the best these rules allow: no plan could come below {least_points(answer['bound_points'])} points, so at most "
                f"{most_points(answer['gap_points'])} points better is possible."
            ),
        ),
    )  # fmt: skip


def clash_of(answer: Json, own_urns: tuple[int, ...]) -> Clash:
    """The words of what cannot be, with each way to make room, its price and who may grant it."""
    mends, number = [], 0
    for n, mend in enumerate(answer["mends"], start=1):
        moves = []
        for move in mend["moves"]:
            is_own = move["kind"] == "head" and move["urn"] in own_urns
            who = "You can change this rule yourself." if is_own else f"{upper_first(move['granted_by'])} can grant it."
            moves.append(MoveLine(words=f"{move['words']}.", who=who, number=number, is_own=is_own))
            number += 1
        mends.append(MendLine(number=n, moves=tuple(moves), price=mend_price(mend)))
    least = " Without any one of them, the others can." if answer["is_smallest"] and len(answer["clash"]) > 1 else ""
    sentence = f"What you ask for cannot all hold. These rules clash.{least}" if answer["clash"] else "What you ask for cannot all hold."
    if not mends:
        sentence += (
            " There was no time to find what would make room: take a rule away, or ask for less, and it is worked out again."
            if answer["ran_out"]
            else " Only rules that nobody may relax clash: ask for less, and it is worked out again."
        )
    return Clash(sentence=sentence, clash=tuple(answer["clash"]), mends=tuple(mends))


def mend_price(mend: Json) -> str:
    """What making room comes to."""
    return (
        f"Then {mend['met']:,} of {mend['standards']:,} standards are fully met and {mend['under_half']:,} under half, with "
        f"{most_points(mend['shortfall_points'])} points of need below the line."
    )


def move_of(answer: Json, number: int) -> tuple[Json, Json] | None:
    """A move by its number over all ways, with its way."""
    numbered = [(move, mend) for mend in answer.get("mends", []) for move in mend["moves"]]
    return numbered[number] if 0 <= number < len(numbered) else None


def estimate_words(estimate: Json) -> str:
    """The quick answer in two sentences."""
    if estimate["after"] is None:
        return "At a glance, what you ask for cannot all hold: the whole answer says which rules clash, and what would make room."
    before, after = estimate["before"], estimate["after"]
    met = after["met"] - before["met"]
    standards = f"{count(abs(met), 'standard')} {'more' if met > 0 else 'fewer'} fully met" if met else "as many standards are fully met"
    was, now = most_points(before["shortfall_points"]), most_points(after["shortfall_points"])
    points = f"need below the line stays at {now} points" if was == now else f"need below the line goes from {was} to {now} points"
    who = _who(*gets(estimate["changes"])).removesuffix(".")
    return f"As an estimate, as if time and places could be split: {standards}; {points}; {lower_first(who)}."


def gets(changes: list[Json]) -> tuple[int, int, int]:
    """How many schools have only more, only less, and more of one thing and less of another."""
    more = {urn for one in changes if one["after"] > one["before"] for urn in one["urns"]}
    less = {urn for one in changes if one["after"] < one["before"] for urn in one["urns"]}
    return len(more - less), len(less - more), len(more & less)


def price_words(price: Json, urn: int | None) -> str:
    """What one rule by itself costs others, by the estimate."""
    if price["after"] is None:
        return "By itself it cannot be had beside the other rules."
    met = price["before"]["met"] - price["after"]["met"]
    points = price["after"]["shortfall_points"] - price["before"]["shortfall_points"]
    others = [one for one in price["changes"] if urn not in one["urns"] and one["after"] < one["before"]]
    gone = {unit: sum(one["before"] - one["after"] for one in others if one["unit"] == unit) for unit in ("pounds", "half-days", "places")}
    from_others = [
        said
        for unit, said in (
            ("pounds", f"{pounds(gone['pounds'])} of grant"), ("half-days", half_days(gone["half-days"])), ("places", count(gone["places"], "place")),
        )
        if gone[unit]
    ]  # fmt: skip
    costs = [
        *([f"{count(met, 'standard')} fewer fully met"] if met > 0 else []),
        *([f"{most_points(points)} points more need below the line"] if points >= 0.005 else []),
        *([f"{listed(from_others)} less for other schools"] if from_others else []),
    ]
    return f"Its price, as an estimate: {listed(costs)}." if costs else "Its price: nothing for others that an estimate can show."


def wish_words(world: World, wish: HeadRule) -> str:
    """A rule for a school in words."""
    service = {one.service_id: one.name for one in world.partnership.services}
    amount = (
        f"{pounds(wish.amount)} of grant" if wish.item == GRANT_ITEM else f"{half_days(wish.amount)} of {service.get(wish.item, wish.item)}"
    )
    return f"{upper_first(wish.bound)} {amount}"


def change_words(world: World, tried: Tried) -> list[str]:
    """Everything that is tried, a line each."""
    names = {school.urn: school.name for school in world.partnership.schools}
    there = {rule.rule_id: rule for rule in world.partnership.head_rules}
    written = {wish.rule_id for wish in tried.wishes}
    return [
        *(setting_words(world.policy, path, value) for path, value in tried.settings),
        *(
            f"{wish_words(world, wish)} for {names.get(wish.urn, wish.urn)}{', locked' if wish.is_locked else ''}"
            + (f" (in the plan: {wish_words(world, there[wish.rule_id]).lower()})" if wish.rule_id in there else "")
            for wish in tried.wishes
        ),
        *(
            f"Taken away: {wish_words(world, there[rule_id]).lower()} for {names.get(there[rule_id].urn, '')}"
            for rule_id in tried.taken_away
            if rule_id not in written
        ),
    ]


def _headline(name: str, pair: list[Json]) -> str:
    before, after = pair
    by = after["met"] - before["met"]
    change = (
        f"{count(abs(by), 'standard')} {'more' if by > 0 else 'fewer'} fully met than in the plan"
        if by
        else "as many standards fully met as in the plan"
    )
    return f"{name}: {change} ({after['met']:,} of {sum(after.values()):,}), {after['partly']:,} partly met, {after['under_half']:,} under half, {after['out_of_reach']:,} out of reach."


def _who(more: int, less: int, both: int) -> str:
    said = [
        f"{count(n, 'school')} {'gets' if n == 1 else 'get'} {what}"
        for n, what in ((more, "more"), (less, "less"), (both, "more of one thing and less of another"))
        if n
    ]
    return f"{listed(said)}." if said else "Nobody gets more or less."


def _half_days_change(number: int) -> str:
    return "no change" if not number else f"{'+' if number > 0 else MINUS}{abs(number):,}"


def _change(one: Json) -> str:
    by = one["after"] - one["before"]
    amount = half_days(abs(by)) if one["unit"] == "half-days" else count(abs(by), "place")
    return f"{one['whose']}: {amount} {'more' if by > 0 else 'fewer'} {'of' if one['unit'] == 'half-days' else 'in'} {one['what']}"
