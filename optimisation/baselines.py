"""Other ways to share the same resources, set beside every plan: last year, formula share, greedy.

Amounts are fixed by the baseline; need met is then the best use schools could make of them
(so that the plan is compared with the amounts, not with a clumsy use of them). A baseline
need not keep today's rules: those it breaks are named.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from optimisation.extract import amounts_from, with_exact_need
from optimisation.greedy import Purse, give_steps, greedy_amounts, share_evenly, sizes_now
from optimisation.highs import compile_model, load, run
from optimisation.model import build_model
from planner import rules
from planner.audit import breaches
from planner.need import World
from planner.offers import purchase_of
from planner.partnership import GRANT_ITEM, FundUse
from planner.plan import Amounts, Baseline
from planner.rounding import largest_remainder
from planner.supply import available_pounds, grant_step_pounds, pays, service_supply

LEAST_SECONDS = 0.5
NEED_RULES = (
    rules.NEED_FROM_SUPPORT.rule_id, rules.PLACES_WITHIN_SIZE.rule_id, rules.ONE_SIZE_A_BASE.rule_id, rules.COHORT_FILL.rule_id,
)  # fmt: skip


def baselines(world: World, *, seconds: float) -> tuple[Baseline, ...]:
    """Last year (where it is known), formula share and greedy, each with the best use of its amounts.

    ``seconds`` is for all of them together; when it runs short, schools share what they have evenly.
    """
    end = time.perf_counter() + seconds
    found = []
    if world.partnership.last_year:
        found.append(("last_year", "Last year (rare services and bases as a formula would share them)", last_year_amounts(world)))
    found.append(("formula", "Formula share", formula_amounts(world)))
    found.append(("greedy", "Most need first", greedy_amounts(world)))
    result = []
    for number, (name, title, amounts) in enumerate(found):
        used = best_use(world, amounts, seconds=(end - time.perf_counter()) / (len(found) - number))
        if used is None:
            used = replace(amounts, need_met=share_evenly(world, amounts))
        broken = sorted({b.rule.rule_id for b in breaches(world, used)})
        result.append(Baseline(name=name, title=title, amounts=used, rules_broken=tuple(broken)))
    return tuple(result)


def last_year_amounts(world: World) -> Amounts:
    """Last year's grants and time; what last year's rows do not hold (zones, bases) as by formula."""
    formula = formula_amounts(world)
    fund = _grant_fund(world)
    services = {s.service_id for s in world.partnership.services}
    zones = {z.zone_id for z in world.picture.zones}
    sessions = {key: n for key, n in formula.sessions.items() if key[0] in zones}
    sessions |= {(str(r.urn), r.item): r.amount for r in world.partnership.last_year if r.item in services and r.amount}
    grants = {(r.urn, fund): r.amount for r in world.partnership.last_year if r.item == GRANT_ITEM and r.amount and fund}
    return Amounts(grants=grants, sessions=sessions, base_sizes=formula.base_sizes)


def formula_amounts(world: World) -> Amounts:
    """Every service and the grant money in proportion to weighted need, whole units by largest remainder."""
    weight: dict[str, int] = {}
    for cell in world.picture.cells:
        weight[cell.recipient] = weight.get(cell.recipient, 0) + cell.weight
    schools = {str(s.urn): weight.get(str(s.urn), 0) for s in world.partnership.schools}
    zones = {z.zone_id: weight.get(z.zone_id, 0) for z in world.picture.zones}
    sessions: dict[tuple[str, str], int] = {}
    cost = 0
    for service in world.partnership.services:
        to = zones if world.policy.role(service.role).serves == "zone" else schools
        shareable = service_supply(world.partnership, world.policy, service).shareable_sessions
        shares = _shares(shareable, to)
        cost += purchase_of(world.partnership, service, sum(shares.values())).pounds
        for recipient, n in shares.items():
            if n:
                sessions[recipient, service.service_id] = n
    sizes = sizes_now(world)
    purse = Purse(world)
    pots = purse.hold_back_and_run_bases(world, sizes)
    purse.pay_over_the_year(world, FundUse.SPECIALIST_TIME, cost)
    grants: dict[tuple[int, str], int] = {}
    funds = [f for f in world.partnership.funds if pays(f, FundUse.GRANTS)]
    step = min((grant_step_pounds(f, world.policy) for f in funds), default=1)
    for recipient, steps in _shares(sum(sum(purse.left[f.fund_id]) for f in funds) // step, schools).items():
        if steps:
            give_steps(world, purse, grants, int(recipient), steps * step - step + 1)
    return Amounts(
        grants=dict(sorted(grants.items())), spending=dict(sorted(purse.spending.items())), pots=dict(sorted(pots.items())),
        carried=dict(sorted(purse.carried.items())), sessions=sessions, base_sizes=sizes,
    )  # fmt: skip


def _grant_fund(world: World) -> str | None:
    """The fund in whose name last year's grants are written: the largest that may pay them."""
    funds = [f for f in world.partnership.funds if pays(f, FundUse.GRANTS)]
    return max(funds, key=lambda f: sum(available_pounds(f))).fund_id if funds else None


def _shares(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Whole shares of a total by weight, by name."""
    return dict(zip(weights, largest_remainder(total, list(weights.values())), strict=True))


def best_use(world: World, amounts: Amounts, *, seconds: float, keeps_places: bool = False) -> Amounts | None:
    """The amounts with the need met that makes best use of them: below the line first, then in total. None where none was found in time.

    Base places go where they meet most, or with ``keeps_places`` stay as they are.
    """
    if seconds < LEAST_SECONDS:
        return None
    model = build_model(world, only=NEED_RULES[:1] if keeps_places else NEED_RULES)
    problem = compile_model(model)
    given: dict[str, Mapping[Any, int]] = {"sessions": amounts.sessions, "base_size": dict.fromkeys(amounts.base_sizes.items(), 1)}
    if keeps_places:
        given["places"] = amounts.places
    steps = {(urn, fund_id): Fraction(pounds, model.step_pounds[fund_id]) for (urn, fund_id), pounds in amounts.grants.items()}
    lower, upper, is_whole = problem.lower.copy(), problem.upper.copy(), problem.is_whole.copy()
    for i, column in enumerate(problem.columns):
        name, index = column.parent_component().name, column.index()
        if name == "grant_steps":
            lower[i] = upper[i] = float(steps.get(index, 0))
            is_whole[i] = False
        elif name in given:
            lower[i] = upper[i] = given[name].get(index, 0)
    costs = np.vstack([1000 * problem.costs[0] + problem.costs[1]])
    fixed = replace(problem, costs=costs, offsets=np.zeros(1), lower=lower, upper=upper, is_whole=is_whole)
    solved = run(load(fixed), gap=0.01, seconds=seconds)
    if solved.values is None:
        return None
    used = amounts_from(model, fixed, solved.values, is_paid=False)
    # last year's grants need not be on this year's steps, so need is made exact against the amounts themselves
    return with_exact_need(world, replace(amounts, places=amounts.places if keeps_places else used.places, need_met=used.need_met))
