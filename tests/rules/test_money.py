"""Money: each rule allows and forbids, in maths and audit alike."""

from fractions import Fraction

import pytest
from builders import ALDER, LARCH, a_base, a_fund, a_service, a_world, amounts
from verify import rule

from planner.partnership import GRANT_ITEM, FundSource, FundUse, LastYear, YearEnd

TIME, RUNNING, OPENING, CONTINGENCY = FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.BASE_OPENING, FundUse.CONTINGENCY
TEN_SESSIONS = {("900001", "slt"): 10}
TWELVE_THOUSAND = {"september_to_march_pounds": 7_000, "april_to_august_pounds": 5_000}


def test_fund_balance_lets_a_fund_be_spent_to_the_last_pound():
    world = a_world(funds=(a_fund(**TWELVE_THOUSAND),))
    rule("fund_balance").on(world).given(amounts(grants={(ALDER, "pool"): 12_000})).holds()


def test_fund_balance_refuses_a_pound_too_many_in_either_year():
    world = a_world(funds=(a_fund(**TWELVE_THOUSAND),))
    rule("fund_balance").on(world).given(amounts(spending={("pool", 1, TIME): 7_001})).is_broken_by(1)
    rule("fund_balance").on(world).given(amounts(pots={("pool", 5): 5_003})).is_broken_by(3)
    rule("fund_balance").on(world).given(amounts(grants={(ALDER, "pool"): 12_120})).is_broken_by(70)


def test_fund_balance_lets_money_be_carried_only_where_the_fund_may_carry():
    carrying = a_world(funds=(a_fund(**TWELVE_THOUSAND, year_end=YearEnd.CARRY),))
    given = amounts(carried={"pool": 500}, spending={("pool", 2, TIME): 5_500, ("pool", 1, TIME): 6_500})
    rule("fund_balance").on(carrying).given(given).holds()
    rule("fund_balance").on(a_world(funds=(a_fund(**TWELVE_THOUSAND),))).given(given).is_broken_by(500)


def test_fund_balance_counts_an_overspend_and_money_to_return_first():
    world = a_world(funds=(a_fund(**TWELVE_THOUSAND, brought_forward_pounds=-7_500, must_return_pounds=100),))
    rule("fund_balance").on(world).given(amounts(spending={("pool", 2, TIME): 4_400})).holds()
    rule("fund_balance").on(world).given(amounts(spending={("pool", 2, TIME): 4_401})).is_broken_by(1)
    rule("fund_balance").on(world).given(amounts(spending={("pool", 1, TIME): 1})).is_broken_by(1)


def test_fund_balance_pays_grants_of_a_one_year_fund_in_that_year_alone():
    world = a_world(funds=(a_fund(september_to_march_pounds=0, april_to_august_pounds=5_000),))
    rule("fund_balance").on(world).given(amounts(grants={(ALDER, "pool"): 5_000})).holds()
    rule("fund_balance").on(world).given(amounts(grants={(ALDER, "pool"): 5_050})).is_broken_by(50)


@pytest.mark.parametrize("first", [583, 584])
def test_costs_paid_splits_the_price_of_time_seven_to_five_to_a_pound_either_way(first):
    given = amounts(sessions=TEN_SESSIONS, spending={("pool", 1, TIME): first, ("pool", 2, TIME): 1_000 - first})
    rule("costs_paid").on(_priced()).given(given).holds()


def test_costs_paid_refuses_time_paid_late_early_twice_or_not_at_all():
    world = _priced()
    for first, by in ((582, Fraction(5, 12)), (585, Fraction(9, 12))):  # a pound off 583.33, less eleven twelfths of rounding
        given = amounts(sessions=TEN_SESSIONS, spending={("pool", 1, TIME): first, ("pool", 2, TIME): 1_000 - first})
        rule("costs_paid").on(world).given(given).is_broken_by(by)
    twice = amounts(sessions=TEN_SESSIONS, spending={("pool", 1, TIME): 583, ("pool", 2, TIME): 834})
    rule("costs_paid").on(world).given(twice).is_broken_by(417)
    rule("costs_paid").on(world).given(amounts(sessions=TEN_SESSIONS)).is_broken_by(1_000)
    rule("costs_paid").on(world).given(amounts(spending={("pool", 2, TIME): 5})).is_broken_by(5)


def test_costs_paid_asks_for_running_and_opening_a_base_when_they_fall():
    running = 20_000 + 8 * 1_000
    first = -(-running * 7 // 12)
    spending = {("pool", 1, RUNNING): first, ("pool", 2, RUNNING): running - first}
    rule("costs_paid").on(a_world()).given(amounts(base_sizes={"haven": 8}, spending=spending)).holds()
    rule("costs_paid").on(a_world()).given(amounts(base_sizes={"nest": 8}, spending=spending)).is_broken_by(5_000)
    opened = spending | {("pool", 1, OPENING): 5_000}
    rule("costs_paid").on(a_world()).given(amounts(base_sizes={"nest": 8}, spending=opened)).holds()
    rule("costs_paid").on(a_world()).given(amounts(spending={("pool", 2, OPENING): 4})).is_broken_by(4)


def test_contingency_held_is_content_with_the_boards_share_of_cash():
    spending = {("pool", 1, CONTINGENCY): 7_000, ("pool", 2, CONTINGENCY): 5_000}
    rule("contingency_held").on(a_world()).given(amounts(spending=spending)).holds()


def test_contingency_held_refuses_a_pound_too_little_and_does_not_count_capital():
    spending = {("pool", 1, CONTINGENCY): 6_999, ("pool", 2, CONTINGENCY): 5_000}
    rule("contingency_held").on(a_world()).given(amounts(spending=spending)).is_broken_by(1)
    with_capital = a_world(funds=(a_fund(), a_fund("capital", source=FundSource.CAPITAL)))
    rule("contingency_held").on(with_capital).given(amounts(spending=spending)).is_broken_by(1)


def test_moderated_pot_released_is_content_with_its_share_each_half_term():
    pots = {("pool", h): 3_500 if h <= 4 else 5_000 for h in range(1, 7)}
    rule("moderated_pot_released").on(a_world()).given(amounts(pots=pots)).holds()


def test_moderated_pot_released_refuses_a_half_term_that_is_short():
    pots = {("pool", h): 3_600 if h <= 4 else 4_988 for h in range(1, 7)}
    rule("moderated_pot_released").on(a_world()).given(amounts(pots=pots)).is_broken_by(12)


def test_money_floor_is_met_by_half_of_last_years_grant():
    rule("money_floor").on(_after(2_401)).given(amounts(grants={(LARCH, "pool"): 1_320})).holds()


def test_money_floor_refuses_less_than_half_of_last_years_grant():
    rule("money_floor").on(_after(2_401)).given(amounts(grants={(LARCH, "pool"): 1_200})).is_broken_by(0.5)


def test_money_cap_lets_a_grant_double_to_the_step_above():
    rule("money_cap").on(_after(1_210)).given(amounts(grants={(LARCH, "pool"): 2_520})).holds()


def test_money_cap_refuses_the_next_step_and_says_nothing_of_a_school_that_had_no_grant():
    rule("money_cap").on(_after(1_210)).given(amounts(grants={(LARCH, "pool"): 2_640})).is_broken_by(120)
    rule("money_cap").on(_after(0)).given(amounts(grants={(LARCH, "pool"): 2_640})).holds()


def _priced():
    services = (a_service("slt", price_pounds_per_session=100), a_service("ot", role="occupational_therapist"))
    return a_world(services=services)


def _after(pounds):
    return a_world(last_year=(LastYear(urn=LARCH, item=GRANT_ITEM, amount=pounds),))


def test_costs_paid_asks_for_the_months_a_new_base_runs_and_its_lead_in_in_the_first_year():
    nest = a_base("nest", is_open=False, places_now=0, pupils_now=0, sizes=(8, 12), opens_in_half_term=3, teacher_cost_pounds=24_001)
    world = a_world({"bases": {"lead_in_months": 4}}, bases=(nest,))
    # Eight places: one teacher and £1,000 a place for January to August; 3/12 by March. Lead-in of four months on top, by March.
    a_year, lead_in = 24_001 + 8_000, 8_001
    running, first = -(-a_year * 8 // 12), a_year * 3 // 12 + lead_in
    spending = {("pool", 1, OPENING): 5_000, ("pool", 1, RUNNING): first, ("pool", 2, RUNNING): running + lead_in - first}
    rule("costs_paid").on(world).given(amounts(base_sizes={"nest": 8}, spending=spending)).holds()
    late = spending | {("pool", 1, RUNNING): first - lead_in, ("pool", 2, RUNNING): running + lead_in - first + lead_in}
    rule("costs_paid").on(world).given(amounts(base_sizes={"nest": 8}, spending=late)).is_broken_by(lead_in - Fraction(11 - 3, 12))
    # Twelve places begin a second group of ten: two teachers, before and after it opens.
    twelve, both = 2 * 24_001 + 12_000, -(-2 * 24_001 * 4 // 12)
    two = {("pool", 1, OPENING): 5_000, ("pool", 1, RUNNING): twelve * 3 // 12 + both}
    two[("pool", 2, RUNNING)] = -(-twelve * 8 // 12) + both - two["pool", 1, RUNNING]
    rule("costs_paid").on(world).given(amounts(base_sizes={"nest": 12}, spending=two)).holds()


YEAR_TWO = {"rules": {"next_year_affordable": True}, "board": {"next_year_affordable_percent": 50}}


def test_next_year_affordable_lets_a_plan_cost_the_boards_share_of_what_comes_again():
    # Both years' £240,000, without what was brought forward and without capital: half is £120,000.
    capital = a_fund("capital", source=FundSource.CAPITAL)
    world = a_world(
        YEAR_TWO, funds=(a_fund(brought_forward_pounds=90_000), capital), services=(a_service("slt", price_pounds_per_session=100),)
    )
    given = amounts(
        grants={(ALDER, "pool"): 12_000}, sessions=TEN_SESSIONS, pots={("pool", 1): 10_000}, base_sizes={"haven": 8},
        spending={("pool", 1, CONTINGENCY): 69_000, ("pool", 1, OPENING): 99_999, ("pool", 1, RUNNING): 1},
    )  # fmt: skip
    rule("next_year_affordable").on(world).given(given).holds()


def test_next_year_affordable_counts_a_base_for_a_full_year_without_opening_or_lead_in():
    late = a_base("late", is_open=False, places_now=0, pupils_now=0, sizes=(8,), opens_in_half_term=6)
    world = a_world(YEAR_TWO | {"bases": {"lead_in_months": 6}}, bases=(late,))
    kept = {(ALDER, "pool"): 91_920}
    rule("next_year_affordable").on(world).given(amounts(grants=kept, base_sizes={"late": 8})).holds()
    rule("next_year_affordable").on(world).given(amounts(grants=kept | {(LARCH, "pool"): 120}, base_sizes={"late": 8})).is_broken_by(40)
