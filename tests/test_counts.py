"""Counts of bases by size leave out no whole plan, and a search with them claims no more than is so."""

from dataclasses import replace

import numpy as np
import pytest
from planning import world_number

from optimisation import counts as counting
from optimisation.counts import add_counts, counts_of, of_one_size, with_counts
from optimisation.highs import cap_objective, compile_model, load, run
from optimisation.model import build_model
from optimisation.search import search, start_from

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
