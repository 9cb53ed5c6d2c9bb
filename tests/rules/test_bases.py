"""Bases: each rule allows and forbids, in maths and audit alike."""

import pytest
from builders import ALDER, a_base, a_world, amounts
from verify import row_miss, rule

from optimisation.model import build_model
from planner.partnership import Consent, HostCondition

ASD, SLCN = "North:place_asd_primary", "North:place_slcn_primary"


def test_one_size_a_base_lets_it_be_closed_or_run_at_a_size_it_has():
    rule("one_size_a_base").on(a_world()).given(amounts(base_sizes={"haven": 12})).holds()
    rule("one_size_a_base").on(a_world()).given(amounts()).holds()


def test_one_size_a_base_refuses_a_size_it_does_not_have():
    rule("one_size_a_base").on(a_world()).given(amounts(base_sizes={"haven": 9})).is_broken_by(1)


def test_one_size_a_base_refuses_two_sizes_at_once_in_the_model():
    model = build_model(a_world(), only={"one_size_a_base"})
    for base, size in model.base_size:
        model.base_size[base, size].set_value(int(base == "haven"))
    assert row_miss(model.one_size_a_base["haven"]) == 1
    assert row_miss(model.one_size_a_base["nest"]) == 0


def test_places_within_size_lets_a_base_be_filled():
    rule("places_within_size").on(a_world()).given(amounts(base_sizes={"haven": 8}, places={("haven", ASD): 8})).holds()


def test_places_within_size_refuses_places_in_a_full_or_a_closed_base():
    rule("places_within_size").on(a_world()).given(amounts(base_sizes={"haven": 8}, places={("haven", ASD): 9})).is_broken_by(1)
    rule("places_within_size").on(a_world()).given(amounts(places={("nest", SLCN): 3})).is_broken_by(3)


def test_pupils_now_kept_lets_a_base_shrink_to_its_pupils_and_an_empty_one_close():
    rule("pupils_now_kept").on(a_world(bases=(a_base(sizes=(6,)),))).given(amounts(base_sizes={"haven": 6})).holds()
    rule("pupils_now_kept").on(a_world(bases=(a_base(pupils_now=0, may_close=True),))).given(amounts()).holds()


def test_pupils_now_kept_refuses_a_base_smaller_than_its_pupils_or_closed():
    rule("pupils_now_kept").on(a_world(bases=(a_base(sizes=(4,)),))).given(amounts(base_sizes={"haven": 4})).is_broken_by(2)
    rule("pupils_now_kept").on(a_world()).given(amounts()).is_broken_by(6)
    rule("pupils_now_kept").on(a_world(bases=(a_base(pupils_now=0),))).given(amounts()).is_broken_by(1)
    rule("pupils_now_kept").on(a_world(bases=(a_base(may_close=True),))).given(amounts()).is_broken_by(6)


def test_pupils_now_kept_asks_nothing_of_a_base_with_no_places_pupils_or_sizes():
    world = a_world(bases=(a_base(places_now=0, pupils_now=0, sizes=()),))
    rule("pupils_now_kept").on(world).given(amounts()).holds()


@pytest.mark.parametrize("size", [8, 12])
def test_host_consent_lets_a_willing_host_open_and_grow(size):
    rule("host_consent").on(a_world()).given(amounts(base_sizes={"haven": size, "nest": 8})).holds()


@pytest.mark.parametrize("consent", [Consent.NO, Consent.NOT_ASKED])
def test_host_consent_refuses_to_open_or_grow_without_a_yes(consent):
    world = a_world(host_conditions=(HostCondition(urn=ALDER, consent=consent),))
    rule("host_consent").on(world).given(amounts(base_sizes={"haven": 8})).holds()
    rule("host_consent").on(world).given(amounts(base_sizes={"haven": 12})).is_broken_by(4)
    rule("host_consent").on(world).given(amounts(base_sizes={"nest": 8})).is_broken_by(8)
    rule("host_consent").on(a_world(host_conditions=())).given(amounts(base_sizes={"nest": 8})).is_broken_by(8)


def test_host_most_places_counts_all_bases_at_one_host():
    world = a_world(host_conditions=(HostCondition(urn=ALDER, consent=Consent.YES, most_places=16),))
    rule("host_most_places").on(world).given(amounts(base_sizes={"haven": 8, "nest": 8})).holds()
    rule("host_most_places").on(world).given(amounts(base_sizes={"haven": 12, "nest": 8})).is_broken_by(4)


def test_host_most_places_never_asks_for_fewer_than_there_are():
    world = a_world(host_conditions=(HostCondition(urn=ALDER, consent=Consent.YES, most_places=4),))
    rule("host_most_places").on(world).given(amounts(base_sizes={"haven": 8})).holds()
    rule("host_most_places").on(world).given(amounts(base_sizes={"haven": 12})).is_broken_by(4)


def test_smallest_useful_base_lets_a_base_of_eight_open():
    rule("smallest_useful_base").on(a_world()).given(amounts(base_sizes={"nest": 8})).holds()


def test_smallest_useful_base_refuses_to_open_four_places_but_not_to_keep_them():
    rule("smallest_useful_base").on(a_world()).given(amounts(base_sizes={"nest": 4})).is_broken_by(4)
    small = a_world(bases=(a_base(places_now=4, pupils_now=4, sizes=(4,)),))
    rule("smallest_useful_base").on(small).given(amounts(base_sizes={"haven": 4})).holds()


FIRST_YEAR = {"board": {"cohort_fill_percent": 60}}


def test_cohort_fill_lets_a_new_base_give_its_share_rounded_up_and_an_open_one_what_it_has_and_its_share_of_growth():
    world = a_world(FIRST_YEAR)
    rule("cohort_fill").on(world).given(amounts(base_sizes={"nest": 8}, places={("nest", SLCN): 5})).holds()
    rule("cohort_fill").on(world).given(amounts(base_sizes={"haven": 8}, places={("haven", ASD): 8})).holds()
    rule("cohort_fill").on(world).given(amounts(base_sizes={"haven": 12}, places={("haven", ASD): 11})).holds()


def test_cohort_fill_refuses_more_of_what_is_new_and_asks_nothing_at_a_hundred_percent():
    world = a_world(FIRST_YEAR)
    rule("cohort_fill").on(world).given(amounts(places={("nest", SLCN): 1})).is_broken_by(1)
    rule("cohort_fill").on(world).given(amounts(base_sizes={"nest": 8}, places={("nest", SLCN): 6})).is_broken_by(1)
    rule("cohort_fill").on(world).given(amounts(base_sizes={"haven": 12}, places={("haven", ASD): 12})).is_broken_by(1)
    rule("cohort_fill").on(a_world()).given(amounts(base_sizes={"nest": 8}, places={("nest", SLCN): 8})).holds()
