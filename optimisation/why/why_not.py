"""Why not something else: its price, who would have less, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from optimisation.asked import Change, Condition, Tried
from optimisation.differences import changes_between
from optimisation.levers import Lever
from optimisation.why.asking import ANY_PLAN_GAP, KEPT, SAME_MILLIONTHS, Asking, cell_of, granted, listed, standard_changes
from optimisation.why.records import StandardChange, WhyNot, Wish
from optimisation.wishes import most_useful_words
from planner.need import WHOLE
from planner.partnership import GRANT_ITEM
from planner.words import least_points, most_points


def why_not_of(asking: Asking, wish: Wish, condition: Condition) -> WhyNot:
    """What a wish would cost and who would have less, or which rules stand in its way."""
    base = WhyNot(
        asked=condition.words, ending="", price=None, changes=(), standards=(), in_the_way=(), sentences=(), tried=()
    )  # fmt: skip
    if _has_it(asking, wish):
        return replace(base, ending="has it", sentences=(f"The plan gives this already: {condition.words}.",))
    if wish.standard_id and cell_of(asking.world, wish).out_of_reach:
        return replace(
            base,
            ending="impossible",
            sentences=(f"No plan can give {condition.words}: it is out of reach. {cell_of(asking.world, wish).out_of_reach}",),
        )
    priced = asking.least(condition.words, conditions=(condition,))
    if priced.status == "impossible":
        return _impossible(asking, wish, condition, base, priced)
    if not priced.is_possible:
        return replace(
            base,
            ending="not found",
            sentences=(f"No plan with {condition.words} was found in the time given, nor proved impossible.",),
            tried=(priced,),
        )
    near = asking.nearest(f"the nearest plan with {condition.words}", conditions=(condition,))
    price = asking.cost(priced)
    first = (
        f"With {condition.words}, the shortfall of the whole partnership would rise by {price.words()}."
        if price.is_shown
        else f"{condition.words[0].upper()}{condition.words[1:]} makes no difference to the partnership's shortfall that these searches can show (at most {most_points(price.most)} points)."
    )
    if near.amounts is None:
        return replace(
            base,
            ending="costs" if price.is_shown else "no difference",
            price=price,
            sentences=(first, "No plan near by was found in the time given."),
            tried=(asking.today, priced, near),
        )
    changes = changes_between(asking.world, asking.plan.amounts, near.amounts)
    standards = standard_changes(asking, asking.plan.amounts, near.amounts)
    return replace(
        base, ending="costs" if price.is_shown else "no difference", price=price, changes=changes, standards=standards,
        sentences=(first, *_near_sentences(asking, near, changes, standards)), tried=(asking.today, priced, near),
    )  # fmt: skip


def _near_sentences(asking: Asking, near: Tried, changes: tuple[Change, ...], standards: tuple[StandardChange, ...]) -> tuple[str, ...]:
    assert near.amounts is not None
    points = near.shortfall_points - asking.plan_points
    said = (
        f"{(most_points if points > 0 else least_points)(abs(points))} points {'more' if points > 0 else 'less'} shortfall than this plan"
        if abs(points) >= 0.005
        else "the same shortfall as this plan"
    )
    which = f"The nearest plan that gives it{KEPT if near.trial.kept else ''}{'' if near.status == 'optimal' else ', as far as the search came'},"
    less = [c for c in changes if c.after < c.before]
    more = [c for c in changes if c.after > c.before]
    lines = [f"{which} has {said}."]
    if less:
        lines.append(f"Who would have less: {listed([c.sentence() for c in less])}.")
    if more:
        lines.append(f"Who would have more: {listed([c.sentence() for c in more])}.")
    if not changes:
        lines.append(f"Nobody's amounts change: {asking.name} would use what it has in another way.")
    if standards:
        lines.append(f"Standards of {asking.name} and its zone that change: {listed([s.sentence() for s in standards])}.")
    return tuple(lines)


class _NotFoundOut(Exception):
    """A search ended with neither a plan nor the proof that there is none."""


def _impossible(asking: Asking, wish: Wish, condition: Condition, base: WhyNot, priced: Tried) -> WhyNot:
    """No plan gives it: which rules stand in the way, where the searches find that out."""
    tried = [priced]
    try:
        return _in_the_way(asking, wish, condition, base, tried)
    except _NotFoundOut:
        sentence = (
            f"No plan that keeps every rule can give {condition.words}. Which rule stands in the way was not found out in the time given."
        )
        return replace(base, ending="impossible", sentences=(sentence,), tried=tuple(tried))


def _in_the_way(asking: Asking, wish: Wish, condition: Condition, base: WhyNot, tried: list[Tried]) -> WhyNot:
    """Which rules stand in the way: each let go alone, then all and as few as can be."""

    def frees(levers: tuple[Lever, ...]) -> bool:
        one = asking.least(
            f"{condition.words}, without {listed([lever.words for lever in levers])}",
            conditions=(condition,),
            without=levers,
            gap=ANY_PLAN_GAP,
        )
        tried.append(one)
        if not one.is_possible and one.status != "impossible":
            raise _NotFoundOut
        return one.is_possible

    of_no_use = most_useful_words(asking.world, urn=wish.urn, item=wish.item, amount=wish.amount) if wish.item else ""
    if of_no_use or not frees(asking.levers):
        why = of_no_use or "what stands in the way is law or arithmetic, which nobody may relax."
        return replace(
            base,
            ending="impossible",
            sentences=(f"No plan {'gives' if of_no_use else 'can give'} {condition.words}: {why}",),
            tried=tuple(tried),
        )
    alone = tuple(lever for lever in asking.levers if frees((lever,)))
    here = {lever.rule_id for lever in alone if not lever.is_everywhere}
    alone = tuple(lever for lever in alone if not (lever.is_everywhere and lever.rule_id in here))
    in_the_way = alone or _as_few_as_can_be(asking.levers, frees)
    how = "any one of these were let go" if len(alone) > 1 else "this were let go" if len(in_the_way) == 1 else "all of these were let go"
    named = listed([f"{lever.words} (the {lever.relaxed_by} may relax it)" for lever in in_the_way])
    return replace(
        base, ending="impossible", in_the_way=in_the_way, tried=tuple(tried),
        sentences=(f"No plan that keeps every rule can give {condition.words}. It would be possible if {how}: {named}.",),
    )  # fmt: skip


def _as_few_as_can_be(levers: tuple[Lever, ...], frees: Callable[[tuple[Lever, ...]], bool]) -> tuple[Lever, ...]:
    kept = levers
    for lever in levers:
        fewer = tuple(other for other in kept if other is not lever)
        if fewer and frees(fewer):
            kept = fewer
    return kept


def _has_it(asking: Asking, wish: Wish) -> bool:
    amounts = asking.plan.amounts
    if wish.standard_id:
        return (amounts.need_met.get(cell_of(asking.world, wish).cell_id, 0) + SAME_MILLIONTHS) * 100 >= wish.percent * WHOLE
    return (granted(amounts, wish.urn) if wish.item == GRANT_ITEM else amounts.sessions.get((str(wish.urn), wish.item), 0)) >= wish.amount
