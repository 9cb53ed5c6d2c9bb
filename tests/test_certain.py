"""What every plan close to the best has in common: bounds that hold for each, found by plans that are close."""

from dataclasses import replace

import pytest
from builders import two_schools
from planning import answer_for, shortfall_points

from optimisation import certain as certain_module
from optimisation.asked import Aim, Trial
from optimisation.certain import amounts_of, certain_of
from optimisation.sandbox import Sandbox
from optimisation.trial import attempt, hold
from planner.partnership import GRANT_ITEM


class Here(Sandbox):
    """A sandbox in this process."""

    def __init__(self, world):
        self.world, self.log, self._held = world, [], hold(world)

    def ask(self, trial, *, should_stop=lambda: False):
        self.log.append(attempt(self._held, trial))
        return self.log[-1]


@pytest.fixture(scope="module")
def answer():
    return answer_for(two_schools())


@pytest.fixture(scope="module")
def found(answer):
    here = Here(two_schools())
    return here, certain_of(here, answer.amounts, best_points=answer.bound_points + 0.01)


def test_every_amount_of_every_plan_found_lies_within_its_bounds(answer, found):
    here, certain = found
    close = [one.amounts for one in here.log if one.amounts is not None]
    assert len(close) > 3
    assert len(certain.between) == len(list(amounts_of(here.world)))
    assert {one.what for one in certain.between} >= {"grant", "half-days"}
    for one, (what, urn, base_id, unit, terms) in zip(certain.between, amounts_of(here.world), strict=True):
        assert (one.what, one.urn, one.base_id) == (what, urn, base_id)
        had = [certain_module._amount(amounts, terms, base_id) for amounts in (answer.amounts, *close)]
        assert one.here == had[0]
        assert one.least <= min(had)
        assert one.most >= max(had)
        assert {one.found_least, one.found_most} <= set(had)
        assert one.least <= one.found_least <= one.found_most <= one.most
        assert one.least % unit == one.most % unit == 0
        if what == "grant":
            assert one.here == sum(pounds for (school, _), pounds in answer.amounts.grants.items() if school == urn)
    assert certain.unfinished == 0
    assert certain.searches == len(here.log)


def test_only_plans_within_one_percent_of_the_best_count(answer, found):
    here, certain = found
    assert certain.cap_points == pytest.approx(1.01 * certain.best_points)
    assert all(shortfall_points(here.world, one.amounts) <= certain.cap_points + 1e-3 for one in here.log if one.amounts is not None)
    assert certain.best_points <= shortfall_points(here.world, answer.amounts) + 1e-6
    some = next(one for one in certain.between if one.least > 0)
    terms = next(
        terms for what, urn, base_id, _, terms in amounts_of(here.world) if (what, urn, base_id) == (some.what, some.urn, some.base_id)
    )
    another = Here(two_schools())  # its searches are not among those of plans close to the best
    assert another.ask(Trial(words="", aim=Aim.AMOUNT, of=terms, gap=0.5)).value < some.least  # plans far from the best may give less


def test_where_time_is_up_what_is_left_is_bounded_by_split_amounts_and_said_to_be_unfinished(answer, found, monkeypatch):
    _, certain = found
    monkeypatch.setattr(certain_module, "SECONDS", -1.0)
    late = certain_of(Here(two_schools()), answer.amounts, best_points=answer.bound_points + 0.01)
    assert late.unfinished == late.searches == certain.searches
    for one, other in zip(late.between, certain.between, strict=True):
        assert (one.found_least, one.found_most) == (None, None)
        assert one.least <= other.found_least
        assert one.most >= other.found_most


def test_one_amount_is_a_grant_for_each_school_and_its_half_days_of_all_services():
    world = two_schools()
    urns = [school.urn for school in world.partnership.schools]
    assert [urn for what, urn, *_ in amounts_of(world) if what == GRANT_ITEM] == urns
    assert [urn for what, urn, *_ in amounts_of(world) if what == "half-days"] == urns
    bare = replace(world, partnership=replace(world.partnership, bases=()))
    assert not any(base_id for _, _, base_id, *_ in amounts_of(bare))
