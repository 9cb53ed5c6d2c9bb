"""What a school has, and what the rules do to it."""

from __future__ import annotations

from optimisation.asked import Tried
from optimisation.baselines import formula_amounts
from optimisation.differences import changes_between
from optimisation.levers import Lever
from optimisation.why.asking import KEPT, Asking, granted, listed, standard_changes
from optimisation.why.records import NOTICEABLE_POINTS, Price, RuleEffect, Share
from planner.need import World
from planner.partnership import GRANT_ITEM
from planner.plan import Amounts


def shares_of(world: World, amounts: Amounts, urn: int) -> tuple[Share, ...]:
    """What the school has of each item by formula, in the plan and last year."""
    formula, zone = formula_amounts(world), world.picture.zone_of(urn).zone_id
    last = {row.item: row.amount for row in world.partnership.last_year if row.urn == urn}
    shares = [
        Share(
            name="grant", unit="pounds", formula=granted(formula, urn), plan=granted(amounts, urn),
            last_year=last.get(GRANT_ITEM, 0) if last else None,
        )
    ]  # fmt: skip
    for service in world.partnership.services:
        is_zone = world.policy.role(service.role).serves == "zone"
        key = (zone if is_zone else str(urn), service.service_id)
        by_formula, planned = (given.sessions.get(key, 0) for given in (formula, amounts))
        before = None if is_zone or not last else last.get(service.service_id, 0)
        if by_formula or planned or before:
            name = f"{service.name}{f', shared in {zone}' if is_zone else ''}"
            shares.append(Share(name=name, unit="half-days", formula=by_formula, plan=planned, last_year=before))
    return tuple(shares)


def effects_of(asking: Asking) -> tuple[tuple[RuleEffect, ...], tuple[str, ...], tuple[Tried, ...]]:
    """Rules ranked by what they are worth. Rules are let go together first: what makes no difference together makes none alone."""
    shown: list[tuple[Lever, Price, Tried]] = []
    quiet: list[Tried] = []

    def search(levers: tuple[Lever, ...]) -> None:
        if not levers:
            return
        words = f"{asking.name}: without {listed([lever.words for lever in levers])}"
        tried = asking.least(words, without=levers, enough=asking.best.least - NOTICEABLE_POINTS)
        worth = asking.gain(tried)
        if not worth.is_shown:
            quiet.append(tried)
        elif len(levers) == 1:
            shown.append((levers[0], worth, tried))
        else:
            search(levers[: len(levers) // 2])
            search(levers[len(levers) // 2 :])

    board = tuple(lever for lever in asking.levers if lever.is_everywhere and lever.rule_id != "vacancy_held_back")
    alone = [lever for lever in asking.levers if lever.rule_id == "vacancy_held_back" or lever.places[0][1] in asking.own_blocks]
    search(board)
    for lever in alone:
        search((lever,))
    seen = {lever.words for lever, _, _ in shown}
    quiet_places = {place for lever in board if lever.words not in seen for place in lever.places}  # quiet everywhere, so quiet here
    search(
        tuple(
            lever
            for lever in asking.levers
            if lever not in (*alone, *board) and (lever.rule_id, None) not in quiet_places and not quiet_places.issuperset(lever.places)
        )
    )
    effects = [_effect(asking, lever, worth, tried) for lever, worth, tried in shown]
    matter = {effect.lever.words for effect in effects}
    names = tuple(lever.words for lever in asking.levers if lever.words not in matter)
    return tuple(sorted(effects, key=lambda effect: -effect.worth.least)), names, (asking.today, *quiet)


def _effect(asking: Asking, lever: Lever, worth: Price, tried: Tried) -> RuleEffect:
    """What a rule is worth, and what the nearest plan without it changes that the nearest plan with it does not."""
    halfway = (tried.value + asking.best.least) / 2
    near = asking.nearest(
        f"{asking.name}: the nearest plan without {lever.words}", without=(lever,), most_points=halfway, keeps_own=lever.is_everywhere
    )
    behind = [asking.today, tried, near]
    first = f"Without {lever.words} the shortfall of the whole partnership could be lower by {worth.words()}; the {lever.relaxed_by} may relax it."
    if near.amounts is None:
        return RuleEffect(
            lever=lever, worth=worth, for_school=(), for_standards=(), others=0, sentences=(first,), tried=tuple(behind)
        )  # fmt: skip
    before = asking.plan.amounts
    if any(asking.urn in c.urns for c in changes_between(asking.world, before, near.amounts)):
        control = asking.control()
        behind.append(control)
        before = control.amounts or before
    changes = changes_between(asking.world, before, near.amounts)
    mine = tuple(c for c in changes if asking.urn in c.urns)
    standards = standard_changes(asking, before, near.amounts)
    found = "" if near.status == "optimal" else ", as far as the search came"
    where = f"In the nearest plan that has half of this or more{KEPT if near.trial.kept else ''}{found}"
    if mine:
        second = f"{where}, {listed([c.sentence() for c in mine])}."
    elif standards:
        second = f"{where}, {asking.name} has the same amounts, and its standards change: {listed([s.sentence() for s in standards])}."
    else:
        second = f"{where}, nothing changes for {asking.name}."
    return RuleEffect(
        lever=lever, worth=worth, for_school=mine, for_standards=standards,
        others=len({urn for c in changes for urn in c.urns} - {asking.urn}), sentences=(first, second), tried=tuple(behind),
    )  # fmt: skip
