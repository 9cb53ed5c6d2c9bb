"""Between a solution vector and a plan's amounts, both ways; whole numbers are made exact here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pyomo.core as pyo
from pyomo.repn import generate_standard_repn

from optimisation.highs import Problem
from optimisation.payments import pay_to_the_pound
from optimisation.prices import LEAST, MISSED, paid_points
from optimisation.registry import Model
from planner import rules
from planner.audit import AUDITS, price_points
from planner.errors import SolverFault
from planner.need import PLACE, WHOLE, World, dose_share_for, met_for_dose
from planner.offers import OWN_PRICE, purchases
from planner.plan import Amounts
from planner.supply import grant_step_pounds

WHOLE_TOLERANCE = 1e-4
"""HiGHS counts a variable whole within 1e-7; anything further off than this is a fault, not rounding."""


ROUNDED_POINTS = 1e-3
"""What rules that give way may cost more once paid to the pound: less is rounding."""


class CannotPayToThePound(SolverFault):
    """The model's money adds up, but not in whole pounds: at most a pound or two is missing somewhere."""


def amounts_from(model: Model, problem: Problem, values: np.ndarray, *, is_paid: bool = True) -> Amounts:
    """A plan's amounts from a solution vector: whole numbers rounded, payments to the pound, need met made exact.

    ``is_paid`` False leaves payments out (baselines bring their own). Raises ``SolverFault``
    when a value that must be whole is not.
    """
    off = np.abs(values - np.rint(values))[problem.is_whole]
    if off.size and off.max() > WHOLE_TOLERANCE:
        raise SolverFault("The solver returned an amount that is not whole; please report this.")
    found: dict[str, dict[Any, float]] = {}
    for column, value in zip(problem.columns, values, strict=True):
        found.setdefault(column.parent_component().name, {})[column.index()] = value

    def whole(name: str) -> dict[Any, int]:
        return {key: round(value) for key, value in found.get(name, {}).items() if round(value)}

    met: dict[str, float] = {}
    for (cell_id, _), share in found.get("met", {}).items():
        met[cell_id] = met.get(cell_id, 0.0) + share
    amounts = Amounts(
        grants={(s, f): steps * model.step_pounds[f] for (s, f), steps in sorted(whole("grant_steps").items())},
        sessions=dict(sorted(whole("sessions").items())),
        base_sizes=dict(sorted(whole("base_size"))),
        places=dict(sorted(whole("places").items())),
        need_met={cell_id: min(WHOLE, max(0, round(share * WHOLE))) for cell_id, share in sorted(met.items())},
    )
    if is_paid:
        payments = pay_to_the_pound(model.world, amounts)
        if payments is None:
            raise CannotPayToThePound
        amounts = replace(amounts, spending=payments.spending, pots=payments.pots, carried=payments.carried)
        if not model.is_to_the_pound and price_points(model.world, amounts) > paid_points(problem, values) + ROUNDED_POINTS:
            raise CannotPayToThePound
    return with_exact_need(model.world, amounts)


def with_exact_need(world: World, amounts: Amounts) -> Amounts:
    """Lower need met by the few millionths by which floating point overstated it, and no more."""
    met = dict(amounts.need_met)
    by_holder: dict[str, list[Any]] = {}
    for cell in world.picture.cells:
        for ingredient, _ in cell.requirements:
            holder = cell.cell_id if ingredient == PLACE else cell.recipient
            by_holder.setdefault(f"{holder}, {ingredient}", []).append((cell, ingredient))
    for _ in range(100):
        amounts = replace(amounts, need_met={cell_id: level for cell_id, level in met.items() if level})
        over = [(where, by) for where, by in AUDITS[rules.NEED_FROM_SUPPORT.rule_id](world, amounts) if by > 0 and where in by_holder]
        if not over:
            return amounts
        for where, by in over:
            cell, ingredient = max(
                (pair for pair in by_holder[where] if met.get(pair[0].cell_id, 0)),
                key=lambda pair: pair[0].requirement(pair[1]),
            )
            dose = dose_share_for(Fraction(met[cell.cell_id], WHOLE), world.policy) - Fraction(by) / cell.requirement(ingredient)
            lowered = met_for_dose(max(dose, Fraction(0)), world.policy)
            met[cell.cell_id] = min(met[cell.cell_id] - 1, lowered)
    raise SolverFault("Need met could not be made exact; please report this.")


def assign(model: Model, amounts: Amounts) -> list[str]:
    """Set a model's variables to a plan's amounts; returns what has no variable (kept out by construction)."""
    for variable in (model.grant_steps, model.spend, model.pot, model.carried, model.sessions, model.packages, model.bought, model.has_block, model.base_size,
                     model.places, model.met, model.nothing):  # fmt: skip
        for index in variable:
            variable[index].set_value(0, skip_validation=True)
    homeless: list[str] = []
    for name, index, value in as_values(model, amounts):
        variable = getattr(model, name)
        if index in variable:
            variable[index].set_value(value, skip_validation=True)
        elif value:
            homeless.append(f"{name}[{index}]")
    _assign_misses(model)
    return homeless


def _assign_misses(model: Model) -> None:
    """Set what each row that may give way is missed by, from the other variables."""
    missed = [v for v in model.component_objects(pyo.Var) if v.name.startswith(MISSED)]
    for variable in missed:
        variable.set_values(dict.fromkeys(variable, 0.0))
    for variable in missed:
        rows = model.component(variable.name.removeprefix(MISSED))
        by = {
            (at, side): max(0.0, -(rows[at].lslack() if side == LEAST else rows[at].uslack()) / _units(rows[at], one))
            for (at, side), one in variable.items()
        }
        variable.set_values(by)


def _units(row: Any, missed: Any) -> float:
    """How many of a row's units one of its rule's unit missed makes up for."""
    terms = generate_standard_repn(row.body, compute_values=True, quadratic=False)
    return float(abs(next(by for by, variable in zip(terms.linear_coefs, terms.linear_vars, strict=True) if variable is missed)))


def as_values(model: Model, amounts: Amounts) -> Iterator[tuple[str, Any, float | Fraction]]:
    """A plan's amounts as (variable, index, value); what is not there is nought."""
    funds = {f.fund_id: f for f in model.world.partnership.funds}
    for (urn, fund_id), pounds in amounts.grants.items():
        yield "grant_steps", (urn, fund_id), Fraction(pounds, grant_step_pounds(funds[fund_id], model.world.policy))
    for name, given in (("spend", amounts.spending), ("pot", amounts.pots), ("carried", amounts.carried),
                        ("sessions", amounts.sessions), ("places", amounts.places)):  # fmt: skip
        for index, amount in given.items():
            yield name, index, amount
    for one in purchases(model.world.partnership, amounts):
        if any(offer.service_id == one.service_id for offer in model.offers.values()):
            yield "bought", (one.service_id, OWN_PRICE), one.single_sessions
        for offer, number in one.packages:
            yield "packages", offer.offer_id, number if offer.is_package else 1
            if not offer.is_package:
                yield "bought", (one.service_id, offer.offer_id), number
    for index, sessions in amounts.sessions.items():
        if index in model.has_block:
            yield "has_block", index, int(sessions > 0)
    for base_id, size in amounts.base_sizes.items():
        if size:
            yield "base_size", (base_id, size), 1
    for cell_id, met in amounts.need_met.items():
        left = Fraction(met, WHOLE)
        for j, (width, _, _) in enumerate(model.segments):
            yield "met", (cell_id, j), float(min(left, width))
            left -= min(left, width)
