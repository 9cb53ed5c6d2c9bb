"""Specialist time and its protection: each rule allows and forbids, in maths and audit alike."""

from builders import ALDER, LARCH, a_person, a_service, a_world, amounts, an_offer
from verify import rule

from planner.partnership import GRANT_ITEM, Bound, HeadRule, LastYear, OfferKind


def test_vacancy_held_back_lets_what_is_left_be_shared():
    rule("vacancy_held_back").on(a_world()).given(amounts(sessions={("900001", "slt"): 20, ("900002", "slt"): 20})).holds()


def test_vacancy_held_back_refuses_a_half_day_more_of_a_school_or_a_zone_service():
    rule("vacancy_held_back").on(a_world()).given(amounts(sessions={("900001", "slt"): 21, ("900002", "slt"): 20})).is_broken_by(1)
    rule("vacancy_held_back").on(a_world()).given(amounts(sessions={("North", "ot"): 15})).is_broken_by(2)


def test_smallest_block_lets_a_school_have_none_or_six():
    rule("smallest_block").on(a_world()).given(amounts(sessions={("900001", "slt"): 6})).holds()
    rule("smallest_block").on(a_world()).given(amounts()).holds()


def test_smallest_block_refuses_four_half_days_where_six_are_the_least():
    rule("smallest_block").on(a_world()).given(amounts(sessions={("900001", "slt"): 4})).is_broken_by(2)
    rule("smallest_block").on(a_world()).given(amounts(sessions={("North", "ot"): 1})).is_broken_by(1)


def test_smallest_block_of_one_forbids_nothing():
    world = a_world(services=(a_service(minimum_block_sessions=1),), people=(a_person(),))
    rule("smallest_block").on(world).given(amounts(sessions={("900001", "slt"): 1})).holds()


def test_sessions_floor_is_met_by_half_of_last_years_time():
    rule("sessions_floor").on(_after(9)).given(amounts(sessions={("900001", "slt"): 5})).holds()


def test_sessions_floor_refuses_less_than_half_of_last_years_time():
    rule("sessions_floor").on(_after(9)).given(amounts(sessions={("900001", "slt"): 4})).is_broken_by(0.5)
    rule("sessions_floor").on(_after(10)).given(amounts(sessions={("900002", "slt"): 30})).is_broken_by(5)


def test_head_rule_at_least_and_at_most_leave_room():
    rule("head_rule").on(_wish("slt", Bound.AT_LEAST, 6)).given(amounts(sessions={("900002", "slt"): 8})).holds()
    rule("head_rule").on(_wish("slt", Bound.AT_MOST, 6)).given(amounts(sessions={("900002", "slt"): 6})).holds()
    rule("head_rule").on(_wish(GRANT_ITEM, Bound.EXACTLY, 1_000)).given(amounts(grants={(LARCH, "pool"): 1_080})).holds()


def test_head_rule_at_least_refuses_less():
    rule("head_rule").on(_wish("slt", Bound.AT_LEAST, 6)).given(amounts(sessions={("900001", "slt"): 9})).is_broken_by(6)


def test_head_rule_at_most_refuses_more():
    rule("head_rule").on(_wish("slt", Bound.AT_MOST, 6)).given(amounts(sessions={("900002", "slt"): 8})).is_broken_by(2)


def test_head_rule_exactly_refuses_either_side_to_the_step_above():
    world = _wish(GRANT_ITEM, Bound.EXACTLY, 1_000)
    rule("head_rule").on(world).given(amounts(grants={(LARCH, "pool"): 960})).is_broken_by(40)
    rule("head_rule").on(world).given(amounts(grants={(LARCH, "pool"): 1_200})).is_broken_by(120)


def _after(sessions):
    return a_world({"board": {"sessions_floor_percent": -50}}, last_year=(LastYear(urn=ALDER, item="slt", amount=sessions),))


def _wish(item, bound, amount):
    return a_world(head_rules=(HeadRule(rule_id="w1", urn=LARCH, item=item, bound=bound, amount=amount),))


def test_time_bought_lets_packages_and_price_breaks_cover_what_is_given():
    few = a_world(offers=(an_offer("five", sessions=5, most_bought=2), an_offer("eight", sessions=8, most_bought=1)))
    rule("time_bought").on(few).given(amounts(sessions={("900001", "slt"): 12, ("900002", "slt"): 6})).holds()
    least = a_world(offers=(an_offer("from30", kind=OfferKind.PRICE_BREAK, sessions=30, pounds=90),))
    rule("time_bought").on(least).given(amounts(sessions={("900001", "slt"): 6})).holds()


def test_time_bought_refuses_more_than_can_be_bought():
    few = a_world(offers=(an_offer("five", sessions=5, most_bought=2), an_offer("eight", sessions=8, most_bought=1)))
    rule("time_bought").on(few).given(amounts(sessions={("900001", "slt"): 12, ("900002", "slt"): 9})).is_broken_by(3)


def test_time_bought_sells_single_half_days_beside_packages_only_where_they_have_a_price():
    services = (a_service("slt", price_pounds_per_session=393), a_service("ot", role="occupational_therapist"))
    few = a_world(services=services, offers=(an_offer("five", sessions=5, most_bought=2),))
    rule("time_bought").on(few).given(amounts(sessions={("900001", "slt"): 12, ("900002", "slt"): 9})).holds()
