"""Need from support: it allows and forbids, in maths and audit alike."""

from fractions import Fraction

from builders import ALDER, a_base, a_school, a_world, amounts
from verify import rule

from planner.need import dose_share_for

TUITION, NELI = "900001:small_group_tuition_primary", "900001:neli_reception"
PHYSICAL, PLACE_ASD = "North:physical_access", "North:place_asd_primary"


def test_need_from_support_lets_a_full_dose_meet_a_need_in_full():
    # 141.98 hours at £18 are £2,555.64: the next step of £120 is £2,640.
    rule("need_from_support").on(a_world()).given(amounts(grants={(ALDER, "pool"): 2_640}, need_met={TUITION: 1_000_000})).holds()
    rule("need_from_support").on(a_world()).given(amounts(sessions={("North", "ot"): 7}, need_met={PHYSICAL: 1_000_000})).holds()


def test_need_from_support_refuses_need_met_by_hours_that_are_not_paid_for():
    given = amounts(grants={(ALDER, "pool"): 2_520}, need_met={TUITION: 1_000_000})
    rule("need_from_support").on(a_world()).given(given).is_broken_by(Fraction(14_198 * 18 - 252_000, 18))


def test_need_from_support_refuses_need_met_without_the_second_ingredient():
    given = amounts(grants={(ALDER, "pool"): 2_640}, need_met={NELI: 600_000})
    rule("need_from_support").on(a_world()).given(given).is_broken_by(Fraction(240, 2))


def test_need_from_support_shares_one_schools_hours_among_its_cells():
    given = amounts(grants={(ALDER, "pool"): 2_640}, sessions={("900001", "slt"): 6}, need_met={TUITION: 1_000_000, NELI: 600_000})
    rule("need_from_support").on(a_world()).given(given).is_broken_by(Fraction((14_198 + 4_808) * 18 - 264_000, 18))


def test_need_from_support_counts_the_first_half_of_a_dose_for_more():
    rule("need_from_support").on(a_world()).given(amounts(sessions={("North", "ot"): 4}, need_met={PHYSICAL: 600_000})).holds()
    given = amounts(sessions={("North", "ot"): 3}, need_met={PHYSICAL: 600_000})
    rule("need_from_support").on(a_world()).given(given).is_broken_by(40)


def test_need_from_support_gives_a_place_to_its_own_cell_only():
    rule("need_from_support").on(a_world()).given(amounts(places={("haven", PLACE_ASD): 1}, need_met={PLACE_ASD: 1_000_000})).holds()
    elsewhere = amounts(places={("nest", "North:place_slcn_primary"): 1}, need_met={PLACE_ASD: 1_000_000})
    rule("need_from_support").on(a_world()).given(elsewhere).is_broken_by(86)


def test_need_from_support_holds_when_nothing_is_claimed():
    rule("need_from_support").on(a_world()).given(amounts()).holds()


def a_late_world(half_term=4):
    """Forty pupils' worth of places in a base that opens during the year."""
    late = a_base("late", is_open=False, places_now=0, pupils_now=0, sizes=(8,), opens_in_half_term=half_term)
    return a_world(schools=(a_school(ALDER, primary_pupils=3_000),), bases=(late, a_base("later", is_open=False, places_now=0, pupils_now=0, sizes=(8,), opens_in_half_term=5)))  # fmt: skip


def test_need_from_support_counts_a_place_for_the_half_terms_its_base_runs():
    world = a_late_world()
    needed = world.picture.cell(PLACE_ASD).requirement("place")
    # One place from half-term 4 is half a place of the year: 50 hundredths.
    rule("need_from_support").on(world).given(amounts(places={("late", PLACE_ASD): 1}, need_met={PLACE_ASD: 50_000})).holds()
    dose = dose_share_for(Fraction(200_000, 1_000_000), world.policy)
    given = amounts(places={("late", PLACE_ASD): 1}, need_met={PLACE_ASD: 200_000})
    rule("need_from_support").on(world).given(given).is_broken_by(dose * needed - 50)


def test_need_from_support_gives_no_pupil_two_late_places_at_once():
    world = a_late_world()
    pupils = -(-world.picture.cell(PLACE_ASD).requirement("place") // 100)
    rule("need_from_support").on(world).given(amounts(places={("late", PLACE_ASD): 2, ("later", PLACE_ASD): pupils - 2})).holds()
    both = amounts(places={("late", PLACE_ASD): 2, ("later", PLACE_ASD): pupils - 1})
    rule("need_from_support").on(world).given(both).is_broken_by(100)
