"""A search choice by choice of bases finds the best plan of them all, and claims no more than is so."""

from dataclasses import replace

import numpy as np
import pytest
from planning import world_number

from optimisation import cases as in_cases
from optimisation.asked import Trial
from optimisation.cases import BASES, Choices, likely_choices, search_cases
from optimisation.highs import cap_objective, compile_model, load, run
from optimisation.model import build_model
from optimisation.search import of_kinds
from optimisation.trial import attempt, hold

CLOSE = 0.002
SEEDS = [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 100))]


def as_it_is(h):
    """Nothing to prepare."""


@pytest.mark.parametrize("seed", SEEDS)
def test_in_cases_the_best_plan_and_the_bound_are_those_of_the_plain_search(seed):
    problem = compile_model(build_model(world_number(seed)))
    plain = run(load(problem), gap=CLOSE / 2, seconds=60)
    if plain.status == "impossible":
        pytest.skip("no plan keeps every rule in this world")
    choices = likely_choices(problem, seconds=60)
    assert len(choices.likely) <= in_cases.MOST_CHOICES
    assert len({choice.tobytes() for choice in choices.likely}) == len(choices.likely)
    columns = np.flatnonzero(of_kinds(problem, BASES)).astype(np.int32)
    wrong = Choices(columns=columns, likely=(np.zeros(len(columns)),))  # what is likely may be wrong: the case of all others finds it
    for one in (choices, wrong):
        if not one.likely or not len(columns):
            continue
        for gap in (0.1, CLOSE / 2):
            found = search_cases(problem, one, gap=gap, seconds=60, prepare=as_it_is)
            assert found.status == "optimal"
            assert found.bound <= plain.objective + 1e-6
            assert plain.bound - 1e-6 <= found.objective <= found.bound + gap + 1e-6
            assert np.abs(found.values - np.rint(found.values))[problem.is_whole].max(initial=0) < 1e-4
        enough = search_cases(problem, one, gap=CLOSE / 2, seconds=60, prepare=as_it_is, enough=plain.bound / 2)
        assert min(plain.bound / 2, enough.objective - CLOSE) <= enough.bound + 1e-6 <= plain.objective + 2e-6
        most = plain.bound - 0.01
        if most > 0:
            none = search_cases(problem, one, gap=CLOSE, seconds=60, prepare=lambda h, most=most: cap_objective(h, problem, 0, most))
            assert (none.status, none.values) == ("impossible", None)


def test_a_small_world_has_likely_choices_and_a_trial_in_cases_is_as_one_without():
    held = next(h for h in map(hold, map(world_number, range(20))) if likely_choices(h.problem, seconds=60).likely)
    trials = [replace(Trial(words="", gap=CLOSE, seconds=60), in_cases=is_in_cases) for is_in_cases in (True, False)]
    one, other = (attempt(held, trial) for trial in trials)
    assert len(held.choices) == 1
    assert one.value == pytest.approx(other.value, abs=CLOSE)
    assert one.bound <= other.value + 1e-6


def test_more_choices_than_are_worth_a_case_each_are_none(monkeypatch):
    problems = (compile_model(build_model(world_number(seed))) for seed in range(20))
    problem = next(p for p in problems if likely_choices(p, seconds=60).likely)
    monkeypatch.setattr(in_cases, "MOST_CHOICES", 0)
    assert likely_choices(problem, seconds=60).likely == ()
