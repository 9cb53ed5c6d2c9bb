"""Other ways to share the same resources, set beside every plan: last year, formula share, greedy.

Amounts are fixed by the baseline; need met is then the best use schools could make of them
(so that the plan is compared with the amounts, not with a clumsy use of them). A baseline
need not keep today's rules: those it breaks are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from optimisation.extract import amounts_from
from optimisation.greedy import greedy_amounts
from optimisation.highs import Problem, compile_model, load, run
from optimisation.model import build_model
from planner import rules
from planner.audit import breaches
from planner.need import World
from planner.partnership import GRANT_ITEM, DecisionRight, FundUse
from planner.plan import Amounts, Baseline
from planner.rounding import largest_remainder
from planner.supply import (
    available_pounds,
    base_running_pounds,
    contingency_pounds,
    moderated_pot_pounds,
    pays,
    service_supply,
)

NEED_RULES = (rules.NEED_FROM_SUPPORT.rule_id, rules.PLACES_WITHIN_SIZE.rule_id, rules.ONE_SIZE_A_BASE.rule_id)


def baselines(world: World) -> tuple[Baseline, ...]:
    """Last year (where it is known), formula share and greedy, each with the best use of its amounts."""
    found = []
    if world.partnership.last_year:
        found.append(("last_year", "Last year (rare services and bases as a formula would share them)", last_year_amounts(world)))
    found.append(("formula", "Formula share", formula_amounts(world)))
    found.append(("greedy", "Greedy by need", greedy_amounts(world)))
    result = []
    for name, title, amounts in found:
        used = best_use(world, amounts)
        broken = sorted({b.rule.rule_id for b in breaches(world, used)})
        result.append(Baseline(name=name, title=title, amounts=used, rules_broken=tuple(broken)))
    return tuple(result)


def last_year_amounts(world: World) -> Amounts:
    """Last year's grants and time; what last year's rows do not hold (zones, bases) as by formula."""
    formula = formula_amounts(world)
    fund = _grant_fund(world)
    services = {s.service_id for s in world.partnership.services}
    sessions = {key: n for key, n in formula.sessions.items() if not key[0].isdigit()}
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
        for recipient, n in _shares(shareable, to).items():
            if n:
                sessions[recipient, service.service_id] = n
                cost += n * service.price_pounds_per_session
    sizes = {
        b.base_id: max(b.places_now, b.pupils_now)
        for b in world.partnership.bases
        if b.is_open and b.decision_right is not DecisionRight.INFORMATION
    }
    fund = _grant_fund(world)
    grants: dict[tuple[int, str], int] = {}
    if fund:
        cost += sum(base_running_pounds(b, sizes.get(b.base_id, 0), world.policy) for b in world.partnership.bases)
        pounds = max(0, _grant_pounds(world) - cost)
        grants = {(int(r), fund): 10 * n for r, n in _shares(pounds // 10, schools).items() if n}
    return Amounts(grants=grants, sessions=sessions, base_sizes=sizes)


def _grant_fund(world: World) -> str | None:
    """The fund in whose name a baseline's grants are written: the largest that may pay them."""
    funds = [f for f in world.partnership.funds if pays(f, FundUse.GRANTS)]
    return max(funds, key=lambda f: sum(available_pounds(f))).fund_id if funds else None


def _grant_pounds(world: World) -> int:
    """Cash of the funds that may pay grants, less what is held for contingency and the pot."""
    cash = sum(sum(available_pounds(f)) for f in world.partnership.funds if pays(f, FundUse.GRANTS))
    held = sum(contingency_pounds(world.partnership, world.policy)) if world.policy.is_on("contingency_held") else 0
    pot = sum(moderated_pot_pounds(world.partnership, world.policy).values()) if world.policy.is_on("moderated_pot_released") else 0
    return cash - held - pot


def _shares(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Whole shares of a total by weight, by name."""
    return dict(zip(weights, largest_remainder(total, list(weights.values())), strict=True))


def best_use(world: World, amounts: Amounts) -> Amounts:
    """The amounts with the need met that makes best use of them: below the line first, then in total."""
    model = build_model(world, only=NEED_RULES)
    problem = compile_model(model)
    given: dict[str, Mapping[Any, int]] = {"sessions": amounts.sessions, "base_size": dict.fromkeys(amounts.base_sizes.items(), 1)}
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
    fixed = Problem(
        columns=problem.columns, costs=costs, offsets=np.zeros(1), lower=lower, upper=upper, is_whole=is_whole,
        row_lower=problem.row_lower, row_upper=problem.row_upper, starts=problem.starts, indices=problem.indices, values=problem.values,
    )  # fmt: skip
    solved = run(load(fixed), gap=0.01, seconds=10)
    if solved.values is None:
        return amounts
    used = amounts_from(model, fixed, solved.values)
    return Amounts(
        grants=amounts.grants, spending=amounts.spending, pots=amounts.pots, carried=amounts.carried, sessions=amounts.sessions,
        base_sizes=amounts.base_sizes, places=used.places, need_met=used.need_met,
    )  # fmt: skip
