"""Counts of bases by size leave out no whole plan, and a search with them claims no more than is so."""

from dataclasses import replace

import numpy as np
import pytest
from highspy import HighsVarType
from planning import world_number

from optimisation import counts as counting
from optimisation.counts import add_counts, counts_of, of_one_size, with_counts
from optimisation.highs import Problem, cap_objective, compile_model, load, problem_of, run
from optimisation.model import build_model
from optimisation.search import search, start_from
from planner.rules import PLACES_WITHIN_SIZE

CLOSE = 0.002
SEEDS = [1, 2, 4, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 60))]


@pytest.fixture(autouse=True)
def _even_one_base_is_counted(monkeypatch):
    monkeypatch.setattr(counting, "LEAST_BASES", 1)


def as_it_is(h):
    """Nothing to prepare."""


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fewest_and_the_most_that_run_at_a_size_in_any_plan_lie_within_its_count(seed):
    problem = compile_model(build_model(world_number(seed)))
    best = run(load(problem), gap=CLOSE / 2, seconds=60)
    if best.status == "impossible":
        pytest.skip("no plan keeps every rule in this world")

    def near_the_best(h):
        cap_objective(h, problem, 0, best.objective + 1)

    groups = of_one_size(problem)
    for prepare in (as_it_is, near_the_best):
        counts = counts_of(problem, prepare)
        assert [count.columns.tolist() for count in counts] == [columns.tolist() for columns in groups]
        for count in counts:
            for side in (1, -1):
                cost = np.zeros_like(problem.costs[:1])
                cost[0, count.columns] = side
                h = load(replace(problem, costs=cost, offsets=np.zeros(1)))
                prepare(h)
                assert count.fewest <= round(side * run(h, gap=0.0, seconds=60).objective) <= count.most
        h = load(problem)
        prepare(h)
        add_counts(h, counts)
        start_from(h, with_counts(best.values, counts))
        counted = run(h, gap=CLOSE / 2, seconds=60)
        assert counted.objective == pytest.approx(best.objective, abs=CLOSE)
        assert len(counted.values) == len(problem.columns) + len(counts)
    found = search(problem, gap=0.1, seconds=60, start=best.values)
    assert found.bound <= best.objective + 1e-6
    assert best.bound - 1e-6 <= found.objective <= found.bound + 0.1 + 1e-6
    assert len(found.values) == len(problem.columns)


def test_bases_are_counted_size_by_size():
    problem = compile_model(build_model(world_number(0)))
    sizes = [{problem.columns[i].index()[1] for i in columns} for columns in of_one_size(problem)]
    assert sizes
    assert all(len(size) == 1 for size in sizes)
    assert sum(len(columns) for columns in of_one_size(problem)) == problem.kinds.count("base_size")


def test_nothing_is_counted_where_no_plan_keeps_every_rule():
    problem = compile_model(build_model(world_number(1)))
    assert counts_of(problem, lambda h: cap_objective(h, problem, 0, -1.0)) == []


def three_bases_that_money_can_run(pounds_each: float) -> Problem:
    """Two bases run for nothing; a third costs ``pounds_each``, all the money there is."""
    entries = (
        [(n, n, -8.0) for n in range(3)]
        + [(n, 4 + n, 1.0) for n in range(3)]
        + [(3, n, 1.0) for n in range(3)]
        + [(3, 3, -1 / pounds_each)]
    )
    at_rows, at_columns, values = (np.array(part) for part in zip(*entries, strict=True))
    return problem_of(
        columns=tuple(range(7)), kinds=(*["base_size"] * 3, "spend", *["places"] * 3), costs=np.zeros((1, 7)), offsets=np.zeros(1),
        lower=np.zeros(7), upper=np.array([1, 1, 1, pounds_each, 8, 8, 8]), is_whole=np.array([True] * 3 + [False] * 4),
        row_lower=np.full(4, -np.inf), row_upper=np.array([0.0, 0.0, 0.0, 2.0]),
        rows=(*((PLACES_WITHIN_SIZE.rule_id, f"base{n}") for n in range(3)), ("costs_paid", "")),
        entries=(at_rows.astype(np.int32), at_columns.astype(np.int32), values),
    )  # fmt: skip


def test_a_range_holds_also_where_the_solver_takes_what_a_pound_is_worth_for_nothing():
    """To a solver as it is without its preparations a ten-millionth is nothing; of ten million pounds it is a base."""

    def unprepared(h):
        h.setOptionValue("presolve", "off")
        h.setOptionValue("simplex_scale_strategy", 0)

    for pounds in (10_000.0, 20_000_000.0):
        (count,) = counts_of(three_bases_that_money_can_run(pounds), unprepared)
        assert (count.fewest, count.most) == (0, 3)


def test_whole_numbers_that_a_question_adds_are_split_for_the_ranges():
    problem = compile_model(build_model(world_number(2)))

    def with_one_more(h):
        h.addVar(0.0, 1.0)
        h.changeColIntegrality(h.getNumCol() - 1, HighsVarType.kInteger)

    alone, beside = (counts_of(problem, prepare) for prepare in (as_it_is, with_one_more))
    assert [(c.fewest, c.most) for c in beside] == [(c.fewest, c.most) for c in alone]
    assert alone
