"""The plan layer as one Pyomo model: declare the decisions, post the catalogue, state the objectives."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pyomo.core as pyo

from optimisation.constraints import bases, fairness, money, protection, rights, support, time
from optimisation.hulls import FOLLOW_FROM, post_hulls
from optimisation.prices import price_points
from optimisation.registry import MATHS, Model, post
from optimisation.variables import declare_variables
from planner.need import Cell, World
from planner.rules import RULES
from planner.supply import available_pounds

FAMILIES = (rights, money, time, bases, protection, fairness, support)
"""Importing a family registers its rules' maths."""
TIDY_POINTS = 0.001
"""What handing out everything would cost, in points: among equal plans the one that spends less wins."""


def build_model(
    world: World, *, only: Collection[str] | None = None, is_roomy: bool = False, is_to_the_pound: bool = False, is_tight: bool = True
) -> Model:
    """The model of a world: every rule that is on (or ``only`` these ids) and both objectives, in points; ``is_tight`` adds the hulls."""
    m = declare_variables(world, is_roomy=is_roomy, is_to_the_pound=is_to_the_pound)
    for rule_id in (rule_id for rule_id in RULES if rule_id in MATHS):
        if world.policy.is_on(rule_id) and (only is None or rule_id in only):
            post(m, RULES[rule_id])
    if is_tight and (only is None or all(rule_ids <= set(only) for rule_ids in FOLLOW_FROM.values())):
        post_hulls(m)
    m.shortfall = pyo.Objective(expr=shortfall_points(m) + price_points(m))
    m.unmet = pyo.Objective(expr=100 - need_met_points(m) + TIDY_POINTS * handed_out(m))
    return m


def total_weight(m: Model) -> int:
    """Weight of every cell, those out of reach included: they stay in every total."""
    cells: tuple[Cell, ...] = m.world.picture.cells
    return max(sum(cell.weight for cell in cells), 1)


def shortfall_points(m: Model) -> Any:
    r"""$100 \sum_c w_c (\tau - \sum_{j \le \tau} met_{cj}) / \sum_c w_c$: weighted shortfall below the board's line."""
    weight = total_weight(m)
    line = float(m.world.policy.board.line_percent)
    below = [j for j, (_, _, is_below) in enumerate(m.segments) if is_below]
    return line - sum((100 * cell.weight / weight) * m.met[c, j] for c, cell in m.cells.items() for j in below)


def need_met_points(m: Model) -> Any:
    r"""$100 \sum_c w_c \sum_j met_{cj} / \sum_c w_c$: weighted need met."""
    weight = total_weight(m)
    return sum((100 * cell.weight / weight) * m.met[c, j] for c, cell in m.cells.items() for j in range(len(m.segments)))


def handed_out(m: Model) -> Any:
    """Share of all time and of all money handed out (each 0-1), so that nothing is given for no use."""
    sessions = max(sum(s.shareable_sessions for s in m.supply.values()), 1)
    pounds = max(sum(sum(available_pounds(f)) for f in m.world.partnership.funds), 1)
    time_share = sum(m.sessions[k] for k in m.sessions) * (0.5 / sessions)
    money_share = sum(m.step_pounds[f] * m.grant_steps[s, f] for s, f in m.grant_steps) * (0.5 / pounds)
    spent = sum(m.spend[k] for k in m.spend) + sum(m.pot[k] for k in m.pot) + sum(m.carried[k] for k in m.carried)
    return time_share + money_share + spent * (0.5 / pounds)


def tidy_money_costs(m: Model) -> Iterator[tuple[str, Any, float]]:
    """What each decision on money costs in ``handed_out``, in points, by its name and index."""
    pounds = max(sum(sum(available_pounds(f)) for f in m.world.partnership.funds), 1)
    for s, f in m.grant_steps:
        yield "grant_steps", (s, f), TIDY_POINTS * (0.5 / pounds) * m.step_pounds[f]
    for name in ("spend", "pot", "carried"):
        for index in getattr(m, name):
            yield name, index, TIDY_POINTS * (0.5 / pounds)
