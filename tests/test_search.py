"""Hulls cut no whole plan, and the search in two steps never claims more than is so."""

import numpy as np
import pytest
from planning import answer_number, least_shortfall, plan_of, world_number

from optimisation import highs, what_if
from optimisation.asked import Aim, Trial
from optimisation.highs import Solved, compile_model, load, run
from optimisation.model import build_model
from optimisation.search import search
from optimisation.trial import attempt, hold

CLOSE = 0.002
SEEDS = [*range(12), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, 120))]


@pytest.mark.parametrize("seed", SEEDS)
def test_with_hulls_and_without_the_best_plan_is_the_same_and_the_search_claims_no_more(seed):
    world = world_number(seed)
    plain = run(load(compile_model(build_model(world, is_tight=False))), gap=CLOSE / 2, seconds=60)
    if plain.status == "impossible":
        pytest.skip("no plan keeps every rule in this world")
    tight = compile_model(build_model(world))
    assert run(load(tight), gap=CLOSE / 2, seconds=60).objective == pytest.approx(plain.objective, abs=CLOSE)
    for gap in (0.1, 0.02, 0.0):
        found = search(tight, gap=gap, seconds=60)
        assert found.status == "optimal"
        assert found.bound <= plain.objective + 1e-6
        assert plain.bound - 1e-6 <= found.objective <= found.bound + gap + 1e-6
        assert np.abs(found.values - np.rint(found.values))[tight.is_whole].max(initial=0) < 1e-4


@pytest.mark.parametrize("seed", [20, 25])
def test_hulls_go_with_the_rules_they_follow_from(seed):
    world = world_number(seed)
    tried = attempt(hold(world), Trial(words="no size", without=(("places_within_size", None),), gap=CLOSE))
    plain = compile_model(build_model(world, is_tight=False))
    free = np.array([rule_id == "places_within_size" for rule_id, _ in plain.rows])
    plain.row_upper[free] = np.inf
    assert tried.value == pytest.approx(run(load(plain), gap=CLOSE, seconds=60).objective, abs=2 * CLOSE)
    assert tried.value == pytest.approx(least_shortfall(world, without=frozenset({"places_within_size"})).objective, abs=0.02)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("aim", [Aim.SHORTFALL, Aim.FURTHEST])
def test_a_search_that_need_go_no_further_claims_no_more_than_is_so(seed, aim):
    world = world_number(seed)
    held = hold(world)
    least = attempt(held, Trial(words="least", aim=aim, gap=CLOSE / 2, seconds=60))
    if least.status == "impossible":
        pytest.skip("no plan keeps every rule in this world")
    for at_most in (least.value + 1, least.bound - 0.01):
        for enough in (least.bound - 0.5, np.inf):
            for is_first_step_only in (False, True):
                one = attempt(
                    held,
                    Trial(words="", aim=aim, at_most=at_most, enough=enough, is_first_step_only=is_first_step_only, gap=0.1, seconds=60),
                )
                assert one.bound <= min(least.value, at_most) + 1e-5
                assert one.bound >= min(least.bound - 0.1 - 1e-5, enough, at_most) or is_first_step_only
                assert not one.is_possible or least.bound - 1e-5 <= one.value <= at_most + 1e-5
                assert one.is_possible or is_first_step_only or one.status in {"impossible", "enough"}


def test_a_search_without_whole_numbers_that_ran_out_of_time_proves_nothing():
    problem = compile_model(build_model(world_number(0)))
    problem.is_whole[:] = False
    h = load(problem, presolve=False)
    h.setOptionValue("simplex_iteration_limit", 1)
    solved = run(h, gap=0.0, seconds=60)
    assert solved.status != "optimal"
    assert solved.bound == -np.inf


def test_a_solve_that_failed_proves_no_bound(monkeypatch):
    problem = compile_model(build_model(world_number(2)))
    assert run(load(problem), gap=1.0, seconds=10).bound >= 0
    monkeypatch.setattr(highs, "_STATUS", {})
    failed = run(load(problem), gap=1.0, seconds=10)
    assert (failed.status, failed.bound) == ("failed", -np.inf)


def test_a_search_that_calls_impossible_what_a_plan_was_found_for_proves_nothing(monkeypatch):
    world = world_number(2)
    near = plan_of(world, answer_number(2)).amounts
    nothing = Solved(status="impossible", values=None, objective=np.inf, bound=np.inf, nodes=0, seconds=0.0)
    monkeypatch.setattr(what_if, "search", lambda *_, **__: nothing)
    (found,) = what_if.Beside(hold(world)).answers(what_if.Question(near=near, kinds=(what_if.Kind.WHOLE,)))
    assert found.ending is what_if.Ending.FOUND
    assert found.bound_points == 0.0
