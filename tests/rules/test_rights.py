"""Law and decision rights: each rule allows and forbids, in maths and audit alike."""

from builders import LARCH, a_base, a_fund, a_person, a_school, a_service, a_world, amounts
from verify import rule

from planner.partnership import DecisionRight, FundUse, Phase

FIRST_YEAR_TIME = ("pool", 1, FundUse.SPECIALIST_TIME)


def test_statutory_first_lets_all_time_after_statutory_work_be_shared():
    rule("statutory_first").on(a_world()).given(amounts(sessions={("900001", "slt"): 20, ("900002", "slt"): 30})).holds()


def test_statutory_first_refuses_two_half_days_of_statutory_time():
    rule("statutory_first").on(a_world()).given(amounts(sessions={("900001", "slt"): 22, ("900002", "slt"): 30})).is_broken_by(2)


def test_statutory_first_gives_no_time_of_a_vacant_post_and_still_owes_its_statutory_work():
    world = a_world(people=(a_person("a", "slt", sessions_a_year=40), a_person("b", "slt", is_vacant=True)))
    rule("statutory_first").on(world).given(amounts(sessions={("900001", "slt"): 20})).holds()
    rule("statutory_first").on(world).given(amounts(sessions={("900001", "slt"): 21})).is_broken_by(1)


def test_decision_right_lets_a_request_be_planned():
    rule("decision_right").on(a_world()).given(amounts(sessions={("900001", "slt"): 6}, base_sizes={"haven": 8})).holds()


def test_decision_right_refuses_money_held_for_information_only():
    world = a_world(funds=(a_fund(), a_fund("theirs", decision_right=DecisionRight.INFORMATION)))
    rule("decision_right").on(world).given(amounts(grants={(LARCH, "pool"): 120})).holds()
    rule("decision_right").on(world).given(amounts(grants={(LARCH, "theirs"): 240})).is_broken_by(240)
    rule("decision_right").on(world).given(amounts(pots={("theirs", 2): 7})).is_broken_by(7)
    rule("decision_right").on(world).given(amounts(spending={("theirs", 1, FundUse.CONTINGENCY): 9})).is_broken_by(9)


def test_decision_right_refuses_time_and_places_held_for_information_only():
    world = a_world(
        services=(a_service("slt", decision_right=DecisionRight.INFORMATION),),
        people=(a_person(),),
        bases=(a_base(decision_right=DecisionRight.INFORMATION),),
    )
    rule("decision_right").on(world).given(amounts(sessions={("900001", "slt"): 6})).is_broken_by(6)
    rule("decision_right").on(world).given(amounts()).holds()
    rule("decision_right").on(world).given(amounts(base_sizes={"haven": 8})).is_broken_by(8)


def test_allowed_uses_lets_a_fund_pay_for_what_it_may():
    world = a_world(funds=(a_fund(allowed_uses=(FundUse.SPECIALIST_TIME,)),))
    rule("allowed_uses").on(world).given(amounts(spending={FIRST_YEAR_TIME: 300})).holds()


def test_allowed_uses_refuses_grants_pots_and_bases_from_a_fund_for_specialist_time():
    world = a_world(funds=(a_fund(allowed_uses=(FundUse.SPECIALIST_TIME,)),))
    rule("allowed_uses").on(world).given(amounts(grants={(LARCH, "pool"): 120})).is_broken_by(120)
    rule("allowed_uses").on(world).given(amounts(pots={("pool", 1): 50})).is_broken_by(50)
    rule("allowed_uses").on(world).given(amounts(spending={("pool", 2, FundUse.BASE_RUNNING): 60})).is_broken_by(60)


def test_base_reach_lets_a_base_serve_its_own_zone_and_a_near_one():
    world = _two_zones(apart_metres=7_000)
    rule("base_reach").on(world).given(amounts(places={("haven", "North:place_asd_primary"): 1})).holds()
    rule("base_reach").on(world).given(amounts(places={("haven", "South:place_asd_primary"): 1})).holds()


def test_base_reach_refuses_places_for_a_zone_too_far_away():
    world = _two_zones(apart_metres=9_000)
    rule("base_reach").on(world).given(amounts(places={("haven", "South:place_asd_primary"): 3})).is_broken_by(3)


def _two_zones(apart_metres):
    return a_world(
        schools=(a_school(), a_school(LARCH, phase=Phase.PRIMARY, zone="South", northing_metres=240_000 + apart_metres)),
        bases=(a_base(), a_base("other", host_urn=LARCH)),
    )
