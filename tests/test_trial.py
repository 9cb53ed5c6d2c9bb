"""Trials on a world held open: the same as the world stated anew, and each thing asked for is really there."""

from dataclasses import replace

import pytest
from pages import demonstration
from planning import GAP_POINTS, least_shortfall, shortfall_points

from optimisation.asked import Aim, Condition, Trial
from optimisation.sandbox import Sandbox
from optimisation.trial import attempt, changeable, hold
from optimisation.wishes import amount_wish, base_wish, standard_wish
from planner.audit import breaches
from planner.errors import SolverFault
from planner.need import world_of
from planner.partnership import GRANT_ITEM
from planner.rules import RULES


@pytest.fixture(scope="module")
def held():
    return hold(demonstration())


@pytest.fixture(scope="module")
def best(held):
    return attempt(held, Trial(words="as it is", gap=GAP_POINTS))


def moved(world, before, after):
    """URNs that something changes for."""
    return {urn for one in changeable(world) if one.amount(before) != one.amount(after) for urn in one.schools}


def test_a_held_world_answers_as_one_stated_anew_also_after_other_trials(held, best):
    attempt(held, Trial(words="leave out", without=(("vacancy_held_back", None),), gap=GAP_POINTS))
    again = attempt(held, Trial(words="as it is", gap=GAP_POINTS))
    cold = least_shortfall(held.world)
    assert again.value == pytest.approx(best.value, abs=1e-9)
    assert again.value == pytest.approx(cold.objective, abs=GAP_POINTS)
    assert not list(breaches(held.world, replace(best.amounts, spending={}, pots={}, carried={}), RULES["smallest_block"]))


def test_a_rule_left_out_is_as_if_it_had_never_been_stated(held):
    for rule_id in ("vacancy_held_back", "smallest_block", "money_cap"):
        tried = attempt(held, Trial(words=rule_id, without=((rule_id, None),), gap=GAP_POINTS))
        assert tried.value == pytest.approx(least_shortfall(held.world, without=frozenset({rule_id})).objective, abs=GAP_POINTS)


def test_what_is_asked_for_is_given_and_costs_no_less_than_nothing(held, best):
    world = held.world
    (recipient, service_id), had = max(best.amounts.sessions.items(), key=lambda item: item[1] * item[0][0].isdecimal())
    wish = amount_wish(world, int(recipient), service_id, at_most=had - 1)
    tried = attempt(held, Trial(words="fewer", conditions=(wish,), near=best.amounts, gap=GAP_POINTS))
    assert tried.amounts.sessions.get((recipient, service_id), 0) <= had - 1
    assert tried.value >= best.bound - 1e-9
    assert tried.shortfall_points == pytest.approx(shortfall_points(world, tried.amounts), abs=1e-3)


def test_a_standard_asked_for_is_met_that_far(held, best):
    cell = min((c for c in held.world.picture.cells if not c.out_of_reach), key=lambda c: best.amounts.need_met.get(c.cell_id, 0))
    tried = attempt(held, Trial(words="lift", conditions=(standard_wish(held.world, cell.cell_id, percent=60),), gap=GAP_POINTS))
    assert tried.amounts.need_met[cell.cell_id] >= 599_990


def test_what_cannot_be_there_is_impossible_not_an_error(held):
    world = held.world
    tried = attempt(
        held, Trial(words="a mountain", conditions=(amount_wish(world, world.partnership.schools[0].urn, GRANT_ITEM, at_least=10**9),))
    )
    assert (tried.status, tried.amounts, tried.is_possible) == ("impossible", None, False)
    base = world.partnership.bases[0]
    assert not attempt(held, Trial(words="a palace", conditions=(base_wish(world, base.base_id, at_least=1000),))).is_possible
    nowhere = Condition(words="nobody", terms=(("sessions", ("nobody", "nothing"), 1.0),), lower=1)
    assert not attempt(held, Trial(words="nobody", conditions=(nowhere,))).is_possible


def test_the_nearest_plan_moves_no_more_than_is_asked_and_the_fewest_schools_are_counted(held, best):
    world = held.world
    (recipient, service_id), had = max(best.amounts.sessions.items(), key=lambda item: item[1] * item[0][0].isdecimal())
    ask = {"conditions": (amount_wish(world, int(recipient), service_id, at_most=had - 1),), "near": best.amounts}
    cap = attempt(held, Trial(words="price", gap=GAP_POINTS, **ask)).shortfall_points + 0.1
    near = attempt(held, Trial(words="near", aim=Aim.DISTANCE, most_shortfall_points=cap, gap=0.01, **ask))
    few = attempt(held, Trial(words="few", aim=Aim.DISTURBED, most_shortfall_points=cap, gap=0.2, **ask))
    pounds = sum(abs(one.amount(near.amounts) - one.amount(best.amounts)) * one.pounds for one in changeable(world))
    assert near.value == pytest.approx(pounds / 1000, abs=0.01)
    assert shortfall_points(world, near.amounts) <= cap + 1e-3
    assert few.value == pytest.approx(len(moved(world, best.amounts, few.amounts)), abs=1e-6)
    assert 1 - 1e-6 <= few.value <= len(moved(world, best.amounts, near.amounts)) + 1e-6
    stay = attempt(held, Trial(words="stay", most_disturbed=0, near=best.amounts, conditions=ask["conditions"]))
    assert not stay.is_possible


def test_kept_decisions_stay_and_a_split_world_is_never_worse(held, best):
    kept = attempt(held, Trial(words="money", near=best.amounts, kept=("base_size", "sessions", "has_block", "places"), gap=GAP_POINTS))
    assert (kept.amounts.sessions, kept.amounts.base_sizes) == (best.amounts.sessions, best.amounts.base_sizes)
    split = attempt(held, Trial(words="split", is_divisible=True))
    assert split.value <= best.value + 1e-6
    assert split.amounts is None
    assert split.estimate


def test_a_sandbox_keeps_a_log_takes_a_new_world_and_outlives_its_solver(held):
    poorer = world_of(
        replace(held.world.partnership, funds=tuple(replace(f, september_to_march_pounds=f.september_to_march_pounds * 9 // 10) for f in held.world.partnership.funds)),
        held.world.policy,
    )  # fmt: skip
    with Sandbox(held.world) as sandbox:
        first = sandbox.ask(Trial(words="first", gap=GAP_POINTS))
        sandbox._solver._process.kill()
        sandbox._solver._process.join()
        second = sandbox.ask(Trial(words="second", gap=GAP_POINTS))
        sandbox.open(poorer)
        third = sandbox.ask(Trial(words="third", gap=GAP_POINTS))
        with pytest.raises(SolverFault, match="was stopped"):
            sandbox.ask(Trial(words="fourth"), should_stop=lambda: True)
    assert [one.trial.words for one in sandbox.log] == ["first", "second", "third"]
    assert first.value == second.value <= third.value + 1e-9


def test_the_fewest_steps_added_are_enough_and_one_fewer_is_not(held, best):
    """Half-days of one service more for one school than the plan gives, with no more shortfall: steps of half-days on its supply."""
    school, service_id = next((r, s) for (r, s), n in sorted(best.amounts.sessions.items()) if r.isdecimal() and n)
    wish = amount_wish(held.world, int(school), service_id, at_least=best.amounts.sessions[school, service_id] + 3)
    limits = [rule_id for rule_id in ("vacancy_held_back", "statutory_first") if (rule_id, service_id) in held.problem.rows]
    assert limits
    more = tuple((rule_id, service_id, 1.0) for rule_id in limits)
    asked = Trial(
        words="fewest", aim=Aim.STEPS, conditions=(wish,), near=best.amounts, kept=("base_size", "places"), more=more, most_steps=40,
        gap=0.99, most_shortfall_points=best.value, seconds=60,
    )  # fmt: skip
    fewest = attempt(held, asked)
    assert fewest.status == "optimal"
    assert 1 <= round(fewest.value) < 40
    assert fewest.shortfall_points <= best.value + 1e-5
    plain = replace(asked, aim=Aim.SHORTFALL, gap=GAP_POINTS, most_shortfall_points=None)
    for steps, is_enough in ((round(fewest.value), True), (round(fewest.value) - 1, False)):
        added = tuple((rule_id, at, float(steps)) for rule_id, at, _ in more)
        found = attempt(held, replace(plain, more=added))
        assert found.bound <= best.value + 1e-5 if is_enough else found.value > best.value + 1e-6
    none = attempt(held, replace(asked, conditions=(amount_wish(held.world, int(school), service_id, at_least=10**4),)))
    assert none.status == "impossible"
