"""The benchmarks of ``docs/benchmarks.md``: real schools, our solver child beside bare HiGHS on the same matrix.

Ours is the product's own way: Pyomo model with its hulls, arrays, the search of ``optimisation.search`` in a spawned
child with progress sent over a pipe. Bare is HiGHS alone on the same world's matrix without the hulls, read
from an MPS file, with the same gap and one thread. The two take turns in one process.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import Any, cast

import highspy

from optimisation.asked import Moved, Question, Trial, Tried
from optimisation.furthest import furthest_of
from optimisation.greedy import greedy_amounts, is_feasible
from optimisation.highs import Hooks, check_canaries, compile_model, load
from optimisation.messages import Answer, Job
from optimisation.model import TIDY_POINTS, build_model
from optimisation.roster_bench import roster_rows, with_people
from optimisation.sandbox import Sandbox
from optimisation.search import search
from optimisation.solve import Solver
from optimisation.trial import Held, attempt, hold
from optimisation.what_if import Beside
from optimisation.why import explain
from optimisation.why_impossible import explain_impossible
from optimisation.worker import make_plan
from planner.errors import InputMustBeMended
from planner.intake.dfe import BuildRequest, build_partnership
from planner.intake.dfe_files import RegisterRow, read_register
from planner.intake.dfe_schools import why_left_out
from planner.measures import share_of_gain, shortfall, standing, total_need_met
from planner.need import World, world_of
from planner.partnership import GRANT_ITEM, Bound, HeadRule
from planner.plan import Amounts, Ending, Plan
from planner.policy import load_policy
from planner.supply import available_pounds

GAP_POINTS = 0.1
FURTHEST_GAPS = ((25, 0.1), (60, 1.0))
"""Schools, and the gap in points to which the needs furthest from the standard are searched."""

AREAS: dict[str, dict[str, str]] = {
    "Hertfordshire": {
        "gias": "hertfordshire_919/gias_919_open_2025-05-24.csv",
        "sen": "hertfordshire_919/sen_school_level_919_2022-23.csv",
        "census": "hertfordshire_919/919_census_2024-25.csv",
        "idaci": "hertfordshire_919/iod2025_file3_idaci_919.csv",
        "links": "hertfordshire_919/links_gias_919_2025-04-22.csv",
    },
    "Surrey": {
        "gias": "surrey_936/gias_936_all_2021.csv",
        "sen": "surrey_936/sen_school_level_936_2022-23.csv",
        "census": "surrey_936/936_census_2018-19.csv",
        "idaci": "surrey_936/iod2019_file3_idaci_936.csv",
        "links": "surrey_936/links_gias_936_2025-04-22.csv",
    },
}


def bench_tables(*, reference: Path, schools: Sequence[int], lines: Sequence[int], repeats: int, seconds: float) -> Iterator[str]:
    """Markdown lines of every table, as they are measured."""
    if not all((reference / path).exists() for files in AREAS.values() for path in files.values()):
        raise InputMustBeMended(f"The reference data is not in {reference}; give its folder with --reference.")
    yield "| area | schools | leading objective | rows | columns | whole | nodes | gap, points | gap of bare | ours, s | bare HiGHS, s | ours / bare |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for area in AREAS:
        for count in schools:
            for line in (*lines, None):
                yield _solve_row(area, _world(reference, area, count, line), line, repeats, seconds)
    yield ""
    yield (
        "| area | schools | state in Pyomo, s | hand over, s | plan by a warm worker, s | peak memory of the worker, MB | standards met / partly / under half "
        "| of the shortfall that could go beside formula share, and beside greedy, gone, % | of the need that could be met besides, met, % |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for area in AREAS:
        for count in schools:
            yield _plan_row(area, _world(reference, area, count, None), repeats, seconds)
    yield ""
    yield "| area | schools | gap asked, points | plan has | found | no plan exceeds | gap | searches | s |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for area in AREAS:
        for count, gap in FURTHEST_GAPS:
            yield _furthest_row(area, _world(reference, area, count, None), gap, repeats, seconds)
    yield ""
    yield from _answer_tables(reference, repeats)
    yield from roster_rows(_planned(reference, schools, seconds), repeats=repeats, seconds=seconds)
    yield ""
    yield "| start | seconds |"
    yield "|---|---|"
    yield f"| a worker, until its canaries are solved | {median(_worker_start() for _ in range(repeats)):.2f} |"
    yield f"| `planner --version`, cold command | {median(_command_start('--version') for _ in range(repeats)):.2f} |"
    yield f"| `planner demo`, cold command, everything | {median(_command_start('demo', '--no-serve') for _ in range(min(repeats, 3))):.2f} |"


def _world(reference: Path, area: str, count: int, line: int | None) -> World:
    """The schools nearest to the area's first open secondary by URN, on assumed people and funds."""
    files = {name: reference / path for name, path in AREAS[area].items()}
    policy = load_policy()
    if line is not None:
        policy = replace(policy, board=replace(policy.board, line_percent=Fraction(line)))
    request = BuildRequest(
        gias=files["gias"], sen=files["sen"], census=(files["census"],), idaci=files["idaci"], links=files["links"],
        urns=nearest(files["gias"], first_secondary(files["gias"]), count),
    )  # fmt: skip
    return world_of(build_partnership(request, policy).partnership, policy)


def nearest(gias: Path, centre_urn: int, count: int) -> tuple[int, ...]:
    """The mainstream schools nearest to one, itself first; more than a partnership may have, to see how far the planner goes."""
    register = read_register(gias)
    centre = register.rows[centre_urn]
    placed = [row for row in register.rows.values() if not why_left_out(row) and row.easting is not None and row.northing is not None]

    def far(row: RegisterRow) -> int:
        assert row.easting is not None and row.northing is not None and centre.easting is not None and centre.northing is not None  # noqa: PT018
        return (row.easting - centre.easting) ** 2 + (row.northing - centre.northing) ** 2

    return tuple(row.urn for row in sorted(placed, key=lambda row: (row is not centre, far(row), row.urn))[:count])


def first_secondary(gias: Path) -> int:
    """The lowest URN of an open mainstream secondary in a register: the centre of every built case."""
    import pandas as pd  # noqa: PLC0415

    frame = pd.read_csv(gias, dtype=str, keep_default_na=False, encoding="cp1252")
    group = frame["EstablishmentTypeGroup (name)"].str.contains("maintained|Academies", case=False, regex=True)
    is_open = frame["EstablishmentStatus (name)"] == "Open"
    return int(frame[group & is_open & (frame["PhaseOfEducation (name)"] == "Secondary")]["URN"].astype(int).min())


# --- one case, ours and bare ---------------------------------------------------------------


def _solve_row(area: str, world: World, line: int | None, repeats: int, seconds: float) -> str:
    case = _in_child(_ours_and_bare, world, 1 if line is None else 0, repeats, seconds)
    ours, bare = median(case["ours"]), median(case["bare"])
    rows, columns, whole = case["size"]
    name = "total need met" if line is None else f"shortfall below {line} %"
    return (
        f"| {area} | {len(world.partnership.schools)} | {name} | {rows} | {columns} | {whole} | {case['nodes']} | {case['gap']:.3f} "
        f"| {case['bare_gap']:.3f} | {ours:.2f} | {bare:.2f} | {ours / max(bare, 1e-9):.2f} |"
    )


def _in_child(work: Callable[..., None], *arguments: Any) -> dict[str, Any]:
    """Run a measurement in a fresh process of its own; its progress is read and dropped."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    while not isinstance(message := mine.recv(), dict):
        pass
    process.join()
    return message


def _ours_and_bare(pipe: Connection, world: World, objective: int, repeats: int, seconds: float) -> None:
    """The same world, turn by turn: our search with progress over the pipe, and HiGHS alone on an MPS file."""
    check_canaries()
    problem = compile_model(build_model(world))
    led = replace(problem, costs=problem.costs[[objective]], offsets=problem.offsets[[objective]])
    ours, bare, bare_gaps = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        matrix = str(Path(folder) / "matrix.mps")
        plain = compile_model(build_model(world, is_tight=False))
        load(replace(plain, costs=plain.costs[[objective]], offsets=plain.offsets[[objective]])).writeModel(matrix)
        for _ in range(repeats):
            start = time.perf_counter()
            solved = search(led, gap=GAP_POINTS, seconds=seconds, hooks=Hooks(on_progress=pipe.send, should_stop=lambda: False))
            ours.append(time.perf_counter() - start)
            took, gap = _bare(matrix, seconds)
            bare.append(took)
            bare_gaps.append(gap)
    gap = max(solved.objective - solved.bound, 0.0)
    pipe.send({"ours": ours, "bare": bare, "gap": gap, "bare_gap": median(bare_gaps), "nodes": solved.nodes, "size": problem.size})


def _bare(matrix: str, seconds: float) -> tuple[float, float]:
    """HiGHS's own time on a matrix read from a file, with nothing of ours but the gap and one thread; and the gap it left."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("threads", 1)
    h.setOptionValue("mip_abs_gap", GAP_POINTS)
    h.setOptionValue("mip_rel_gap", 0.0)
    h.setOptionValue("time_limit", seconds)
    h.readModel(matrix)
    h.run()
    info = h.getInfo()
    return h.getRunTime(), max(info.objective_function_value - info.mip_dual_bound, 0.0)


def _planned(reference: Path, schools: Sequence[int], seconds: float) -> Iterator[tuple[str, World, Amounts]]:
    """Each area and number of schools with made-up people, and a plan of it to put names to."""
    for area in AREAS:
        for count in schools:
            world = _world(reference, area, count, None)
            with Solver() as solver:
                plan = solver.make_plan(world, gap_points=GAP_POINTS, seconds=seconds)
            yield area, with_people(world, seed=2), plan.amounts


def _plan_row(area: str, world: World, repeats: int, seconds: float) -> str:
    with Solver() as solver:
        took = []
        for _ in range(min(repeats, 3) + 1):  # the first only warms the worker
            start = time.perf_counter()
            plan = solver.make_plan(world, gap_points=GAP_POINTS, seconds=seconds)
            took.append(time.perf_counter() - start)
        sizes, megabytes = solver.last_sizes, solver.last_peak_megabytes
    assert sizes is not None
    here = standing(world.picture, world.policy, plan.amounts)
    return (
        f"| {area} | {len(world.partnership.schools)} | {sizes.build_seconds:.2f} | {sizes.hand_over_seconds:.2f} "
        f"| {median(took[1:]):.2f} | {megabytes} | {here.met} / {here.partly_met} / {here.under_half} "
        f"| {_percents(shortfall_gains(world, plan))} | {_percents(need_met_gains(world, plan))} |"
    )


def _furthest_row(area: str, world: World, gap: float, repeats: int, seconds: float) -> str:
    with Solver() as solver:
        plan = solver.make_plan(world, gap_points=GAP_POINTS, seconds=seconds)
        all_found = [furthest_of(Sandbox(world, solver=solver), plan.amounts, gap=gap, seconds=seconds) for _ in range(repeats)]
    found = all_found[-1]
    return (
        f"| {area} | {len(world.partnership.schools)} | {gap} | {found.plan_points:.3f} | {found.found_points:.3f} | {found.bound_points:.3f} "
        f"| {found.gap_points:.3f} | {len(found.tried)} | {median(one.seconds for one in all_found):.1f} |"
    )


# --- answers about a plan ------------------------------------------------------------------

ANSWERS_SCHOOLS, FIRST_PLAN_SCHOOLS = 30, 60
MOVES = (
    Moved(settings=(("board.line_percent", 75),)), Moved(settings=(("board.contingency_percent", 4),)),
    Moved(settings=(("board.money_floor_percent", -10),)), Moved(settings=(("board.moderated_pot_percent", 2),)),
)  # fmt: skip
"""What is asked of each plan, and £5,000 more and £20,000 less in its largest fund."""
WISHED_HALF_DAYS = 12


def _answer_tables(reference: Path, repeats: int) -> Iterator[str]:
    yield "| area | schools | money only, ms | estimate | whole numbers | why of one school | clash and ways to make room |"
    yield "|---|---|---|---|---|---|---|"
    for area in AREAS:
        times = _in_child(_answers, _world(reference, area, ANSWERS_SCHOOLS, None), repeats)
        yield f"| {area} | {ANSWERS_SCHOOLS} | {' | '.join(f'{1000 * median(times[what]):.0f}' for what in ('money only', 'estimate', 'whole numbers', 'why', 'mends'))} |"
    yield ""
    yield "| area | schools | need worked out, first plan made by hand and checked, ms |"
    yield "|---|---|---|"
    for area in AREAS:
        world = _world(reference, area, FIRST_PLAN_SCHOOLS, None)
        yield f"| {area} | {FIRST_PLAN_SCHOOLS} | {1000 * median(_first_plan(world) for _ in range(repeats)):.0f} |"


def _first_plan(world: World) -> float:
    start = time.process_time()
    again = world_of(world.partnership, world.policy)
    is_feasible(again, greedy_amounts(again))
    return time.process_time() - start


class _Quiet:
    """Hears what a worker would tell, and keeps nothing."""

    def send(self, message: object) -> None:
        """Let it go."""


class _Here(Sandbox):
    """A sandbox in this process, so that its processor time can be counted."""

    def __init__(self, held: Held) -> None:
        self.world, self.log, self._held = held.world, [], held

    def ask(self, trial: Trial, *, should_stop: Callable[[], bool] = lambda: False) -> Tried:  # noqa: ARG002
        self.log.append(attempt(self._held, trial))
        return self.log[-1]

    def log_of_world(self) -> list[Tried]:
        return self.log


def _answers(pipe: Connection, world: World, repeats: int) -> None:
    """Processor seconds of every kind of answer about a plan of one world."""
    check_canaries()
    answer = make_plan(
        Job(world=world, gap_points=GAP_POINTS, seconds=30.0), cast("Connection", _Quiet()), cast("Event", threading.Event())
    )
    assert isinstance(answer, Answer)
    plan = Plan(amounts=answer.amounts, ending=Ending.WITHIN_GAP, bound_points=answer.bound_points, levels=(), engine="", seconds=0.0)
    held = hold(world)
    beside, times = Beside(held), defaultdict(list)
    largest = max(world.partnership.funds, key=lambda f: sum(available_pounds(f))).fund_id
    list(beside.answers(Question(near=plan.amounts)))  # what nothing moved gives is known from opening on
    gc.disable()  # as in the worker, which clears away once it has answered
    for moved in (*MOVES, Moved(funds=((largest, 5000),)), Moved(funds=((largest, -20_000),))):
        for answers_heard in [*[2] * (repeats - 1), 3]:  # the whole numbers once
            start = time.process_time()
            for one in itertools.islice(beside.answers(Question(near=plan.amounts, moved=moved)), answers_heard):
                times[one.kind.value].append(time.process_time() - start)
            gc.collect()
    gc.enable()
    here = _Here(held)
    for school in world.partnership.schools[:5]:
        start = time.process_time()
        explain(here, plan, school.urn)
        times["why"].append(time.process_time() - start)
    start = time.process_time()
    explain_impossible(_clashing(world), seconds=30.0)
    times["mends"].append(time.process_time() - start)
    pipe.send(dict(times))


def _clashing(world: World) -> World:
    """Every head asks for more half-days of the first service than there are for all, and for a large grant."""
    service = next(s for s in world.partnership.services if world.policy.role(s.role).serves != "zone")
    pounds = sum(sum(available_pounds(f)) for f in world.partnership.funds) // 25
    wishes = tuple(
        HeadRule(rule_id=f"{item} {school.urn}", urn=school.urn, item=item, bound=Bound.AT_LEAST, amount=amount)
        for school in world.partnership.schools
        for item, amount in ((service.service_id, WISHED_HALF_DAYS), (GRANT_ITEM, pounds))
    )
    return world_of(replace(world.partnership, head_rules=wishes), world.policy)


# --- starting ------------------------------------------------------------------------------
def shortfall_gains(world: World, plan: Plan) -> dict[str, Fraction | None]:
    """Beside each baseline: of the shortfall that any plan could at most take away from it, the share that this plan does."""
    levels = {b.name: 100 * shortfall(world.picture, world.policy, b.amounts.need_met) for b in plan.baselines}
    reached = 100 * shortfall(world.picture, world.policy, plan.amounts.need_met)
    return {name: share_of_gain(reached, level, Fraction(plan.bound_points)) for name, level in levels.items()}


def need_met_gains(world: World, plan: Plan) -> dict[str, Fraction | None]:
    """The same for total need met, against the second level's bound: the most of any plan with as little shortfall."""
    if len(plan.levels) < 2:
        return {}
    bound = 100 - Fraction(plan.levels[1].bound_points) + Fraction(str(TIDY_POINTS))
    levels = {b.name: 100 * total_need_met(world.picture, b.amounts.need_met) for b in plan.baselines}
    reached = 100 * total_need_met(world.picture, plan.amounts.need_met)
    return {name: share_of_gain(reached, level, bound) for name, level in levels.items()}


def _percents(gains: dict[str, Fraction | None]) -> str:
    shares = (gains.get(name) for name in ("formula", "greedy"))
    return " / ".join("-" if share is None else f"{float(100 * share):.1f}" for share in shares)


def _worker_start() -> float:
    start = time.perf_counter()
    with Solver() as solver:
        solver.wait_until_ready()
        return time.perf_counter() - start


def _command_start(*words: str) -> float:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "web.command_line", *words], check=True, capture_output=True, cwd=folder)  # noqa: S603
    return time.perf_counter() - start
