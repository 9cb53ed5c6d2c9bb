"""The only module that drives HiGHS: Pyomo model to arrays, arrays to HiGHS, solve with limits.

Pyomo builds; the rows it reads become sparse arrays, handed to HiGHS in one call.
Nothing is fixed or unfixed in Pyomo between solves: bounds and costs change on the arrays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import pyomo.core as pyo  # pyomo.environ would load every solver's interface and transformation: half of a worker's start
from pyomo.repn import generate_standard_repn

from optimisation.progress import Progress
from optimisation.registry import Model
from planner.errors import SolverFault

CANARY_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mixed-integer linear problem as arrays; several objective rows over the same columns, each row by rule and place."""

    columns: tuple[Any, ...]
    costs: np.ndarray
    offsets: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    is_whole: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    starts: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    rows: tuple[tuple[str, Any], ...] = ()
    kinds: tuple[str, ...] = ()
    """Each column's variable by name: Pyomo's columns forget it when their model is gone."""

    @property
    def size(self) -> tuple[int, int, int]:
        """Rows, columns, whole-number columns."""
        return (len(self.row_lower), len(self.columns), int(self.is_whole.sum()))


def compile_model(model: Model) -> Problem:
    """Arrays of a Pyomo model, all objectives together, each to be made as small as possible.

    Pyomo reads each row; the matrix is laid out here, because Pyomo's own compiler loads all of
    scipy, two thirds of a worker's start.
    """
    variables = [(variable.name, list(variable.values())) for variable in model.component_objects(pyo.Var, descend_into=True)]
    columns = tuple(column for _, of_one in variables for column in of_one)
    place = {id(column): i for i, column in enumerate(columns)}
    rows, at_columns, values, row_lower, row_upper = [], [], [], [], []
    names: list[tuple[str, Any]] = []
    for constraint in model.component_objects(pyo.Constraint, active=True, descend_into=True):
        name = constraint.name
        for at, row in constraint.items():
            terms = generate_standard_repn(row.body, compute_values=True, quadratic=False)
            rows += [len(names)] * len(terms.linear_vars)
            at_columns += [place[id(column)] for column in terms.linear_vars]
            values += terms.linear_coefs
            row_lower.append(-np.inf if row.lower is None else pyo.value(row.lower) - terms.constant)
            row_upper.append(np.inf if row.upper is None else pyo.value(row.upper) - terms.constant)
            names.append((name, at))
    costs, offsets = [], []
    for objective in model.component_data_objects(pyo.Objective, active=True, descend_into=True):
        terms = generate_standard_repn(objective.expr, compute_values=True, quadratic=False)
        cost = np.zeros(len(columns))
        cost[[place[id(column)] for column in terms.linear_vars]] = terms.linear_coefs
        costs.append(cost)
        offsets.append(float(terms.constant))
    bounds = [column.bounds for column in columns]
    return problem_of(
        columns=columns,
        rows=tuple(names),
        kinds=tuple(name for name, of_one in variables for _ in of_one),
        costs=np.array(costs),
        offsets=np.array(offsets),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=np.float64),
        upper=np.array([np.inf if up is None else up for _, up in bounds], dtype=np.float64),
        is_whole=np.array([not column.is_continuous() for column in columns], dtype=bool),
        row_lower=np.array(row_lower, dtype=np.float64),
        row_upper=np.array(row_upper, dtype=np.float64),
        entries=(np.array(rows, dtype=np.int32), np.array(at_columns, dtype=np.int32), np.array(values, dtype=np.float64)),
    )


def problem_of(*, entries: tuple[np.ndarray, np.ndarray, np.ndarray], **arrays: Any) -> Problem:
    """A Problem whose matrix is given as (row, column, value) entries in any order, each place once."""
    rows, at_columns, values = entries
    order = np.lexsort((rows, at_columns))
    counts = np.bincount(at_columns, minlength=len(arrays["columns"]))
    starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return Problem(**arrays, starts=starts, indices=rows[order], values=values[order])


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """How one solve ended. ``values`` is None when nothing was found."""

    status: str
    values: np.ndarray | None
    objective: float
    bound: float
    nodes: int
    seconds: float


@dataclass(slots=True, kw_only=True)
class Hooks:
    """What a long solve tells, and asks, while it runs."""

    on_progress: Callable[[Progress], None] | None = None
    on_better: Callable[[np.ndarray, Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None


def load(problem: Problem, *, seed: int = 0, presolve: bool = True) -> highspy.Highs:
    """A HiGHS object holding a problem with its first objective, one thread, quiet."""
    h = highspy.Highs()
    h.setOptionValue("log_to_console", False)
    h.setOptionValue("threads", 1)
    h.setOptionValue("random_seed", seed)
    h.setOptionValue("presolve", "on" if presolve else "off")
    h.setOptionValue("mip_rel_gap", 0.0)
    h.setOptionValue("mip_allow_restart", False)
    h.setOptionValue("mip_heuristic_run_rins", False)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(problem.columns), len(problem.row_lower)
    lp.col_cost_, lp.offset_ = problem.costs[0], float(problem.offsets[0])
    lp.col_lower_, lp.col_upper_ = problem.lower, problem.upper
    lp.row_lower_, lp.row_upper_ = problem.row_lower, problem.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = problem.starts, problem.indices, problem.values
    lp.integrality_ = [highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous for whole in problem.is_whole]
    if h.passModel(lp) == highspy.HighsStatus.kError:
        raise SolverFault("The model could not be handed to the solver; please report this.")
    return h


def run(h: highspy.Highs, *, gap: float, seconds: float, hooks: Hooks | None = None, enough: float = np.inf) -> Solved:
    """Solve to an absolute gap, until the bound is ``enough`` or until the time is up; both are in the objective's unit.

    Status is one of optimal (within the gap), enough, time, stopped, impossible, failed; what failed proves no bound.
    """
    h.setOptionValue("mip_abs_gap", gap)
    before, began = h.getRunTime(), time.perf_counter()
    kinds = h.getLp().integrality_
    is_mip = bool(kinds) and any(kind == highspy.HighsVarType.kInteger for kind in kinds)
    # Its clock goes on from solve to solve where everything may be split, and begins again where something is whole.
    h.setOptionValue("time_limit", max(seconds, 0.01) + (0.0 if is_mip else before))
    hooks = hooks or Hooks()
    handlers = _listen(h, hooks, enough)
    h.run()
    if is_mip and _has_lost_its_way(h):
        _run_plainly(h, max(seconds - (time.perf_counter() - began), 1.0))
    for event, handler in handlers:
        event.unsubscribe(handler)
    if h.getModelStatus() == highspy.HighsModelStatus.kModelEmpty:  # nothing to decide
        offset = float(h.getLp().offset_)
        return Solved(status="optimal", values=np.zeros(0), objective=offset, bound=offset, nodes=0, seconds=0.0)
    info = h.getInfo()
    solution = h.getSolution()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    objective = info.objective_function_value if found else np.inf
    status = _STATUS.get(h.getModelStatus(), "failed")
    if status == "stopped" and info.mip_dual_bound >= enough:
        status = "enough"
    return Solved(
        status=status,
        values=np.array(solution.col_value) if found else None,
        objective=objective,
        bound=_proved(status, info.mip_dual_bound if is_mip else objective, is_mip=is_mip),
        nodes=max(info.mip_node_count, 0),
        seconds=h.getRunTime() - before,
    )


def _proved(status: str, bound: float, *, is_mip: bool) -> float:
    """The bound that counts: none where the solve failed, nor where everything may be split and it did not come to its end."""
    return bound if status != "failed" and (is_mip or status in {"optimal", "impossible"}) else -np.inf


def _has_lost_its_way(h: highspy.Highs) -> bool:
    """Whether what was found does not hold in the problem as it was handed over: undoing presolve broke it, and the answer proves nothing.

    HiGHS 1.15.1 calls a problem impossible then, although it has a solution.
    """
    return bool(h.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusInfeasible)


def _run_plainly(h: highspy.Highs, seconds: float) -> None:
    """Solve again without presolve."""
    _, presolve = h.getOptionValue("presolve")
    h.clearSolver()
    h.setOptionValue("presolve", "off")
    h.setOptionValue("time_limit", seconds)
    h.run()
    h.setOptionValue("presolve", presolve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """A divisible problem solved: values, and what each row's side is worth (positive: its lower side holds)."""

    objective: float
    values: np.ndarray
    row_duals: np.ndarray


def relax(h: highspy.Highs, *, seconds: float) -> Relaxed | None:
    """Solve a problem without whole numbers, from where it was left; None when it did not end in an optimum in time."""
    h.setOptionValue("time_limit", h.getRunTime() + max(seconds, 0.01))
    h.run()
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = h.getSolution()
    return Relaxed(
        objective=h.getInfo().objective_function_value, values=np.array(solution.col_value), row_duals=np.array(solution.row_dual)
    )


def add_column(h: highspy.Highs, cost: float, entries: Mapping[int, float]) -> None:
    """One more column, from nought upwards, with these entries by row; the next solve goes on from where the last one ended."""
    rows, values = np.array([*entries], dtype=np.int32), np.array([*entries.values()], dtype=np.float64)
    h.addCol(cost, 0.0, highspy.kHighsInf, len(rows), rows, values)


_STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kTimeLimit: "time",
    highspy.HighsModelStatus.kInterrupt: "stopped",
    highspy.HighsModelStatus.kInfeasible: "impossible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "impossible",
}


def _listen(h: highspy.Highs, hooks: Hooks, enough: float) -> list[tuple[Any, Any]]:
    """Subscribe hooks to HiGHS's events; returns what to unsubscribe afterwards."""
    handlers: list[tuple[Any, Any]] = []

    def progress(event: Any) -> Progress:
        out = event.data_out
        return Progress(seconds=out.running_time, nodes=out.mip_node_count, best=out.mip_primal_bound, bound=out.mip_dual_bound)

    if hooks.on_better is not None:
        on_better = hooks.on_better
        handlers.append((h.cbMipImprovingSolution, lambda event: on_better(np.array(event.data_out.mip_solution), progress(event))))
    if hooks.on_progress is not None:
        on_progress = hooks.on_progress
        handlers.append((h.cbMipLogging, lambda event: on_progress(progress(event))))
    if hooks.should_stop is not None or enough < np.inf:
        should_stop = hooks.should_stop or (lambda: False)

        def stop(event: Any) -> None:
            if event.data_out.mip_dual_bound >= enough or should_stop():
                event.interrupt()

        handlers.append((h.cbMipInterrupt, stop))
    for event, handler in handlers:
        event.subscribe(handler)
    return handlers


def set_objective(h: highspy.Highs, problem: Problem, number: int) -> None:
    """Swap in another of the problem's objectives."""
    count = len(problem.columns)
    h.changeColsCost(count, np.arange(count, dtype=np.int32), problem.costs[number])
    h.changeObjectiveOffset(float(problem.offsets[number]))


def cap_objective(h: highspy.Highs, problem: Problem, number: int, most: float) -> None:
    """Keep an earlier objective at no more than ``most`` while another is solved."""
    cost = problem.costs[number]
    used = np.nonzero(cost)[0].astype(np.int32)
    h.addRow(-highspy.kHighsInf, most - float(problem.offsets[number]), len(used), used, cost[used])


def check_canaries() -> None:
    """Solve tiny problems with known answers by the whole way from Pyomo; refuse to run if one is wrong.

    HiGHS 1.14 says 15 for the first. It also loads everything a first real solve would wait for.
    """
    for answer, x_cost, z_cost, z_row, least in ((9.0, 2.0, 3.0, 1.0, 4.5), (10.0, 3.0, 5.0, 2.0, 4.0)):
        m = pyo.ConcreteModel()
        m.x = pyo.Var(bounds=(0, 100))
        m.z = pyo.Var(bounds=(0, 100), domain=pyo.Integers)
        m.cover = pyo.Constraint(expr=m.x + z_row * m.z >= least)
        m.cost = pyo.Objective(expr=x_cost * m.x + z_cost * m.z)
        solved = run(load(compile_model(m)), gap=0.0, seconds=10.0)
        if abs(solved.objective - answer) > CANARY_TOLERANCE:
            raise SolverFault(f"The solver (HiGHS {highspy.Highs().version()}) gets a known answer wrong; install highspy 1.15.1 or later.")
