"""What the audit says of a whole plan: amounts that cannot be, rules broken in a sentence, and what gives way at its price."""

from decimal import Decimal
from fractions import Fraction

import pytest
from builders import ALDER, LARCH, a_fund, a_world, amounts
from verify import rule

from planner import rules
from planner.audit import (
    AUDITS,
    Breach,
    breaches,
    leading_points,
    leads,
    misfits,
    misses,
    money_cap_pounds,
    most_of,
    price_at,
    price_points,
)
from planner.measures import shortfall
from planner.need import WHOLE
from planner.partnership import GRANT_ITEM, Bound, FundUse, HeadRule, LastYear

ASD, SLCN = "North:place_asd_primary", "North:place_slcn_primary"
A_CELL = "900001:slt_primary"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grants": {(ALDER, "pool"): 120}}, None),
        ({"grants": {(ALDER, "pool"): 121}}, "grant of £121 to 900001 from pool"),
        ({"grants": {(ALDER, "pool"): -120}}, "grant of £-120 to 900001 from pool"),
        ({"grants": {(900009, "pool"): 120}}, "grant of £120 to 900009 from pool"),
        ({"grants": {(ALDER, "other"): 120}}, "grant of £120 to 900001 from other"),
        ({"spending": {("pool", 1, FundUse.CONTINGENCY): 0, ("pool", 2, FundUse.CONTINGENCY): 1}}, None),
        ({"spending": {("pool", 3, FundUse.CONTINGENCY): 1}}, "spending of £1 on contingency from pool"),
        ({"spending": {("pool", 0, FundUse.CONTINGENCY): 1}}, "spending of £1 on contingency from pool"),
        ({"spending": {("pool", 1, FundUse.GRANTS): 1}}, f"spending of £1 on {FundUse.GRANTS} from pool"),
        ({"spending": {("pool", 1, FundUse.CONTINGENCY): -1}}, "spending of £-1 on contingency from pool"),
        ({"spending": {("other", 1, FundUse.CONTINGENCY): 1}}, "spending of £1 on contingency from other"),
        ({"pots": {("pool", 1): 1, ("pool", 6): 0}}, None),
        ({"pots": {("pool", 0): 1}}, "pot of £1 from pool in half-term 0"),
        ({"pots": {("pool", 7): 1}}, "pot of £1 from pool in half-term 7"),
        ({"pots": {("pool", 2): -1}}, "pot of £-1 from pool in half-term 2"),
        ({"pots": {("other", 2): 1}}, "pot of £1 from other in half-term 2"),
        ({"carried": {"pool": 0}}, None),
        ({"carried": {"pool": -1}}, "£-1 carried over in pool"),
        ({"carried": {"other": 1}}, "£1 carried over in other"),
        ({"sessions": {("900001", "slt"): 0, ("North", "ot"): 2}}, None),
        ({"sessions": {("900001", "slt"): -1}}, "-1 half-days of slt for 900001"),
        ({"sessions": {("North", "slt"): 1}}, "1 half-days of slt for North"),
        ({"sessions": {("900001", "ot"): 1}}, "1 half-days of ot for 900001"),
        ({"sessions": {("900001", "other"): 1}}, "1 half-days of other for 900001"),
        ({"base_sizes": {"haven": 8, "nest": 0}}, None),
        ({"base_sizes": {"haven": 9}}, "size 9 of base haven"),
        ({"base_sizes": {"haven": -1}}, "size -1 of base haven"),
        ({"base_sizes": {"other": 8}}, "size 8 of base other"),
        ({"places": {("haven", ASD): 0, ("nest", SLCN): 1}}, None),
        ({"places": {("haven", ASD): -1}}, f"-1 places in haven for {ASD}"),
        ({"places": {("haven", SLCN): 1}}, f"1 places in haven for {SLCN}"),
        ({"places": {("haven", "North:place_asd_secondary"): 1}}, "1 places in haven for North:place_asd_secondary"),
        ({"places": {("other", ASD): 1}}, f"1 places in other for {ASD}"),
        ({"places": {("haven", "South:place_asd_primary"): 1}}, "1 places in haven for South:place_asd_primary"),
        ({"need_met": {ASD: WHOLE, SLCN: 0}}, None),
        ({"need_met": {ASD: WHOLE + 1}}, f"need met of {WHOLE + 1} millionths for {ASD}"),
        ({"need_met": {ASD: -1}}, f"need met of -1 millionths for {ASD}"),
        ({"need_met": {"nowhere": 1}}, "need met of 1 millionths for nowhere"),
    ],
)
def test_amounts_that_no_plan_could_hold_are_named_and_others_are_not(given, said):
    assert list(misfits(a_world(), amounts(**given))) == ([] if said is None else [said])


def test_need_out_of_reach_is_met_by_nobody():
    world = a_world(services=(), people=(), bases=())
    cell = next(cell for cell in world.picture.cells if cell.out_of_reach)
    assert list(misfits(world, amounts(need_met={cell.cell_id: 0}))) == []
    assert list(misfits(world, amounts(need_met={cell.cell_id: 1}))) == [f"need met of 1 millionths for {cell.cell_id}"]


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (Fraction(1, 100), "by 0.01 "),
        (Fraction(1, 101), "by less than 0.01 "),
        (1200, "by 1,200 "),
        (Fraction(5, 2), "by 2.5 "),
        (Fraction(1, 3), "by 0.33 "),
    ],
)
def test_a_breach_is_a_sentence_with_the_rule_by_how_much_and_where(by, words):
    said = Breach(rule=rules.MONEY_CAP, where="900001", by=by).sentence()
    assert said.startswith(f"{rules.MONEY_CAP.sentence} (money_cap) It is missed ")
    assert words in said
    assert said.endswith(f" {rules.MONEY_CAP.unit} at 900001.")


def a_priced_world(**prices):
    """Last year's grants and two heads' rules, one of them locked; prices in points a unit."""
    return a_world(
        {"prices": {rule_id: Decimal(price) for rule_id, price in prices.items()}},
        last_year=(LastYear(urn=ALDER, item=GRANT_ITEM, amount=1_200), LastYear(urn=LARCH, item=GRANT_ITEM, amount=2_400)),
        head_rules=(
            HeadRule(rule_id="locked", urn=ALDER, item="slt", bound=Bound.AT_LEAST, amount=6, is_locked=True),
            HeadRule(rule_id="wished", urn=LARCH, item="slt", bound=Bound.AT_LEAST, amount=8),
        ),
    )  # fmt: skip


NOTHING = amounts()


def missed(world, rule_id):
    return {b.where: b.by for b in breaches(world, NOTHING) if b.rule.rule_id == rule_id}


def test_a_rule_without_a_price_is_broken_and_one_with_a_price_gives_way():
    plain, priced = a_priced_world(), a_priced_world(money_floor="0.001", head_rule="0.5")
    floors = missed(plain, "money_floor")
    assert set(floors) == {"900001", "900002"}
    assert missed(plain, "head_rule") == {"locked": 6, "wished": 8}
    assert list(misses(plain, NOTHING)) == []
    assert price_points(plain, NOTHING) == 0
    assert missed(priced, "money_floor") == {}
    assert missed(priced, "head_rule") == {"locked": 6}, "a locked rule gives way for no price"
    found = {(m.rule.rule_id, m.where): m for m in misses(priced, NOTHING)}
    assert set(found) == {("money_floor", "900001"), ("money_floor", "900002"), ("head_rule", "wished")}
    assert found["head_rule", "wished"].points == 4
    assert (found["head_rule", "wished"].by, found["head_rule", "wished"].price) == (8, Fraction(1, 2))
    assert price_points(priced, NOTHING) == 4 + sum(floors.values()) * Fraction(1, 1000)


def test_a_rule_is_broken_by_one_too_many_and_by_no_fewer():
    for places, found in ((9, [("Base haven", 1)]), (8, []), (7, [])):
        given = amounts(base_sizes={"haven": 8}, places={("haven", ASD): places})
        assert [(b.where, b.by) for b in breaches(a_world(), given, rules.PLACES_WITHIN_SIZE)] == found


def test_what_is_not_given_at_all_breaks_no_rule_of_blocks_or_phases():
    rule("smallest_block").on(a_world()).given(amounts(sessions={("900001", "slt"): 0})).holds()
    assert list(breaches(a_world(), amounts(sessions={("900001", "slt"): 0}), rules.SMALLEST_BLOCK)) == []
    assert list(AUDITS["smallest_block"](a_world(), amounts(sessions={("900001", "slt"): 0}))) == [], (
        "no time is no block that is too small"
    )
    assert all(by <= 0 for _, by in AUDITS["phase_balance"](a_world(), amounts()))


def test_only_one_rule_is_audited_where_only_one_is_asked_about():
    world = a_priced_world()
    assert {b.rule.rule_id for b in breaches(world, NOTHING, rules.MONEY_FLOOR)} == {"money_floor"}
    assert {b.rule.rule_id for b in breaches(world, NOTHING)} > {"money_floor", "head_rule"}
    assert [b.rule.rule_id for b in breaches(world, NOTHING)] == sorted(
        (b.rule.rule_id for b in breaches(world, NOTHING)), key=list(rules.RULES).index
    )


def test_the_price_at_a_place_is_nought_where_nothing_may_give_way():
    world = a_priced_world(money_floor="0.001", head_rule="0.5")
    assert price_at(world, "head_rule", "wished") == Fraction(1, 2)
    assert price_at(world, "head_rule", "locked") == 0
    assert price_at(world, "money_floor", "locked") == Fraction(1, 1000), "a place of another rule may have the same name"
    assert price_at(world, "money_cap", "900001") == 0


def test_what_a_plan_makes_small_is_its_shortfall_and_its_price_together():
    world = a_priced_world(head_rule="0.5")
    points = 100 * shortfall(world.picture, world.policy, {})
    assert points > 0
    assert leading_points(world, NOTHING) == points + 4
    assert leads(world, NOTHING) == pytest.approx(float(points + 4), abs=1e-4)
    assert leads(world, NOTHING) == round(leads(world, NOTHING), 4)
    assert isinstance(leads(world, NOTHING), float)


def test_the_most_a_school_may_be_granted_is_a_year_of_ten_pounds_a_month_up():
    policy = a_world({"board": {"money_cap_percent": 20}}).policy
    cap = 100 + policy.board.money_cap_percent
    for pounds in (100, 1_000, 99_999):
        exact = Fraction(pounds * cap, 100)
        most = money_cap_pounds(pounds, policy)
        assert most % 120 == 0
        assert exact <= most < exact + 120


@pytest.mark.parametrize(
    ("item", "bound", "amount", "most"),
    [
        (GRANT_ITEM, Bound.EXACTLY, 1_201, 1_320), (GRANT_ITEM, Bound.EXACTLY, 1_200, 1_200), (GRANT_ITEM, Bound.AT_MOST, 1_201, 1_201),
        ("slt", Bound.EXACTLY, 7, 7), ("slt", Bound.AT_MOST, 7, 7),
    ],
)  # fmt: skip
def test_exact_money_is_met_to_the_step_above_and_all_else_exactly(item, bound, amount, most):
    assert most_of(HeadRule(rule_id="one", urn=ALDER, item=item, bound=bound, amount=amount)) == most


def test_money_of_two_funds_is_one_schools_and_of_another_school_is_not():
    world = a_world(funds=(a_fund(), a_fund("second")), last_year=(LastYear(urn=ALDER, item=GRANT_ITEM, amount=1_200),))
    both = amounts(grants={(ALDER, "pool"): 600, (ALDER, "second"): 600, (LARCH, "pool"): 120})
    assert not list(breaches(world, both, rules.MONEY_FLOOR))
    less = amounts(grants={(ALDER, "pool"): 120, (LARCH, "pool"): 1_200})
    assert [b.where for b in breaches(world, less, rules.MONEY_FLOOR)] == ["900001"]
