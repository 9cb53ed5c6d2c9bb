"""The board's rules of fairness: each allows and forbids, in maths and audit alike."""

from builders import ALDER, LARCH, a_base, a_partnership, a_person, a_policy, a_school, a_service, amounts, an_offer
from verify import rule

from planner.fairness import host_shares, secondary_steps
from planner.need import WHOLE, world_of
from planner.partnership import Consent, Contribution, DecisionRight, HostCondition, LastYear, Phase

BIRCH = 900003


def a_fair_world(rule_id, board=None, **overrides):
    return world_of(a_partnership(**overrides), a_policy({"board": board or {}, "rules": {rule_id: True}}))


def test_host_share_lets_an_open_base_that_does_not_grow_be_filled_by_its_host():
    rule("host_share").on(_nest()).given(amounts(base_sizes={"haven": 8}, places={("haven", "North:place_asd_primary"): 8})).holds()


def test_host_share_lets_a_larger_base_give_half_of_its_places_to_the_host():
    rule("host_share").on(_nest()).given(amounts(base_sizes={"haven": 12}, places={("haven", "North:place_asd_primary"): 6})).holds()


def test_host_share_counts_the_hosts_part_of_its_zones_need():
    """Two like primaries in the zone: half of what the zone is given is the host's."""
    world = _nest(schools=(a_school(ALDER), a_school(BIRCH)))
    assert host_shares(world, world.partnership.bases[0])["North:place_asd_primary"] == 5_000
    rule("host_share").on(world).given(amounts(base_sizes={"haven": 12}, places={("haven", "North:place_asd_primary"): 12})).holds()


def test_host_share_is_of_what_a_base_gives_in_its_first_year():
    """A new base of eight gives six in its first year; the host may have three of them."""
    board = {"cohort_fill_percent": 75}
    world = world_of(a_partnership(), a_policy({"board": board, "rules": {"host_share": True, "cohort_fill": True}}))
    rule("host_share").on(world).given(amounts(base_sizes={"nest": 8}, places={("nest", "North:place_slcn_primary"): 3})).holds()
    rule("host_share").on(world).given(amounts(base_sizes={"nest": 8}, places={("nest", "North:place_slcn_primary"): 4})).is_broken_by(1)


def test_host_share_refuses_more_than_half_of_a_new_or_larger_base():
    """Alder is the only primary of its zone, so every place there is its own pupils'."""
    rule("host_share").on(_nest()).given(amounts(base_sizes={"haven": 12}, places={("haven", "North:place_asd_primary"): 7})).is_broken_by(
        1
    )
    rule("host_share").on(_nest()).given(amounts(base_sizes={"nest": 8}, places={("nest", "North:place_slcn_primary"): 6})).is_broken_by(2)


def test_phase_balance_lets_primary_places_be_as_many_or_more():
    rule("phase_balance").on(_phases()).given(amounts(base_sizes={"haven": 8, "upper": 8})).holds()
    rule("phase_balance").on(_phases()).given(amounts(base_sizes={"haven": 12, "upper": 8})).holds()


def test_phase_balance_refuses_more_secondary_places_and_counts_bases_for_information():
    rule("phase_balance").on(_phases()).given(amounts(base_sizes={"haven": 8, "upper": 12})).is_broken_by(4)
    world = _phases(decision_right=DecisionRight.INFORMATION, is_open=True, places_now=10, pupils_now=10)
    rule("phase_balance").on(world).given(amounts(base_sizes={"haven": 8})).is_broken_by(2)


def test_secondaries_in_proportion_takes_an_equal_step_a_year_rounded_down():
    """900 pupils at 20 for 1,000 is 18 places; from none over the years 2026/27 to 2028/29 that is 6 a year."""
    world = _secondary(target=2028)
    assert secondary_steps(world) == {LARCH: 6}
    rule("secondaries_in_proportion").on(world).given(amounts(base_sizes={"upper": 10})).holds()


def test_secondaries_in_proportion_never_asks_beyond_sizes_or_what_the_host_agreed_to():
    assert secondary_steps(_secondary(target=2026)) == {LARCH: 12}
    limited = _secondary(target=2026, most=11)
    assert secondary_steps(limited) == {LARCH: 10}
    rule("secondaries_in_proportion").on(limited).given(amounts(base_sizes={"upper": 10})).holds()


def test_secondaries_in_proportion_asks_nothing_of_a_school_that_has_not_agreed():
    assert secondary_steps(_secondary(target=2026, consent=Consent.NO)) == {}


def test_secondaries_in_proportion_refuses_less_than_the_step():
    rule("secondaries_in_proportion").on(_secondary(target=2026)).given(amounts(base_sizes={"upper": 10})).is_broken_by(2)
    rule("secondaries_in_proportion").on(_secondary(target=2028)).given(amounts()).is_broken_by(6)


def test_sessions_cap_lets_time_rise_to_the_cap_or_to_the_smallest_block():
    rule("sessions_cap").on(_after(9)).given(amounts(sessions={("900001", "slt"): 14})).holds()
    rule("sessions_cap").on(_after(2)).given(amounts(sessions={("900001", "slt"): 6})).holds()
    rule("sessions_cap").on(_after(0)).given(amounts(sessions={("900001", "slt"): 20})).holds()
    rule("sessions_cap").on(_after(9)).given(amounts()).holds()


def test_sessions_cap_refuses_a_half_day_more():
    rule("sessions_cap").on(_after(9)).given(amounts(sessions={("900001", "slt"): 15})).is_broken_by(1)
    rule("sessions_cap").on(_after(2)).given(amounts(sessions={("900001", "slt"): 7})).is_broken_by(1)


def test_no_worse_outside_counts_the_grant_and_the_value_of_half_days():
    """Alder pays in £3,000; a half-day of speech and language therapy in kind has the policy's value."""
    world = _paying(3_000)
    value = world.policy.role("speech_language_therapist").value_pounds_per_session
    rule("no_worse_outside").on(world).given(amounts(grants={(ALDER, "pool"): 3_000})).holds()
    rule("no_worse_outside").on(world).given(
        amounts(grants={(ALDER, "pool"): 2_400}, sessions={("900001", "slt"): -(-600 // value)})
    ).holds()


def test_no_worse_outside_refuses_less_and_counts_no_zone_time():
    rule("no_worse_outside").on(_paying(3_000)).given(amounts(grants={(ALDER, "pool"): 2_400})).is_broken_by(600)
    rule("no_worse_outside").on(_paying(3_000)).given(amounts(sessions={("North", "ot"): 12})).is_broken_by(3_000)


def test_no_worse_outside_counts_half_days_that_are_only_sold_in_packages_at_the_dearest():
    """Ten for £3,700, five for £1,900: £380 a half-day at most."""
    offers = (an_offer("pack10"), an_offer("pack5", sessions=5, pounds=1_900))
    world = _paying(3_000, offers=offers)
    rule("no_worse_outside").on(world).given(amounts(sessions={("900001", "slt"): 8})).holds()
    rule("no_worse_outside").on(world).given(amounts(sessions={("900001", "slt"): 7})).is_broken_by(3_000 - 7 * 380)


def test_standard_floor_lets_a_need_be_at_its_floor_to_a_hundredth_of_a_percent():
    rule("standard_floor").on(_floors(40)).given(amounts(need_met={"900001:elsa_primary": 40 * WHOLE // 100})).holds()
    rule("standard_floor").on(_floors(40)).given(amounts(need_met={"900001:elsa_primary": 40 * WHOLE // 100 - 99})).holds()


def test_standard_floor_refuses_a_need_below_it():
    rule("standard_floor").on(_floors(40)).given(amounts(need_met={"900001:elsa_primary": 30 * WHOLE // 100})).is_broken_by(10)
    rule("standard_floor").on(_floors(40)).given(amounts()).is_broken_by(40)


def _nest(**overrides):
    return a_fair_world("host_share", **overrides)


def _upper(**overrides):
    return a_base("upper", **{"host_urn": LARCH, "phase": Phase.SECONDARY, "is_open": False, "places_now": 0, "pupils_now": 0, **overrides})


def _phases(**upper):
    return a_fair_world("phase_balance", bases=(a_base("haven"), _upper(**upper)))


def _secondary(target, consent=Consent.YES, most=None):
    board = {"secondary_places_per_1000": 20, "secondary_places_target_year": target}
    conditions = (HostCondition(urn=LARCH, consent=consent, most_places=most),)
    sizes = (_upper(sizes=(10, 12)),)
    return a_fair_world("secondaries_in_proportion", board, bases=sizes, host_conditions=conditions)


def _after(sessions):
    return a_fair_world("sessions_cap", {"sessions_cap_percent": 50}, last_year=(LastYear(urn=ALDER, item="slt", amount=sessions),))


def _paying(pounds, **more):
    return a_fair_world("no_worse_outside", **more, contributions=(Contribution(urn=ALDER, fund_id="pool", pounds=pounds),))


def _floors(percent):
    psychology = a_service("ep", role="educational_psychologist")
    return a_fair_world(
        "standard_floor", {"standard_floors": {"elsa_primary": percent}}, services=(psychology,), people=(a_person("ep1", "ep"),)
    )
