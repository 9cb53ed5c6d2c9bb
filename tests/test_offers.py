"""Packages and price breaks: the cheapest purchase, what a plan makes of it, and how it is brought, shown and audited."""

import itertools
import json
from dataclasses import replace
from random import Random

import openpyxl
import pytest
from builders import ALDER, LARCH, a_fund, a_partnership, a_person, a_policy, a_school, a_service, amounts, an_offer, two_schools
from planning import answer_for, plan_of
from test_plan_workbook import AMOUNTS as BOOK_AMOUNTS
from test_plan_workbook import a_partnership as book_partnership

from optimisation.asked import Trial
from optimisation.certify import Certify, certify
from optimisation.greedy import greedy_amounts, is_feasible
from optimisation.trial import attempt, hold
from optimisation.written_rows import written_rows
from planner.audit import breaches
from planner.buying import buying_words, price_words, what_to_buy
from planner.certificate import certificate_document, check_certificate
from planner.documents import check_document, fingerprint_of, plan_document, plan_from_document, to_plain
from planner.errors import AuditRefused
from planner.export.partnership_workbook import write_partnership_csv, write_partnership_workbook
from planner.export.plan_workbook import write_plan_workbook
from planner.export.summary import summary_lines
from planner.intake.parsing import read_partnership
from planner.measures import school_ledgers, specialist_time_pounds
from planner.need import world_of
from planner.offers import dearest_pounds, one_more_pounds, purchase_of, time_pounds
from planner.partnership import Bound, FundUse, HeadRule, OfferKind
from planner.plan import Baseline, Ending, Plan
from planner.policy import load_policy

LADDER = tuple(
    an_offer(f"from{n}", name=f"From {n}", kind=OfferKind.PRICE_BREAK, sessions=n, pounds=pounds)
    for n, pounds in ((4, 500), (11, 475), (21, 432))
)
"""A ladder like Northamptonshire's: £565 up to 3, then £500, £475 and £432."""
PACKS = tuple(
    an_offer(f"pack{n}", name=f"Pack of {n}", sessions=n, pounds=pounds)
    for n, pounds in ((5, 1_800), (10, 3_500), (15, 5_100), (20, 6_600))
)
"""Packs like Nottingham's, beside £393 for a single session; what a pack costs is made up."""
THERAPY = a_service("slt", name="Therapy", price_pounds_per_session=565)


def sold(*offers, price=565, **more):
    """A partnership whose therapy service sells like this."""
    return a_partnership(
        services=(replace(THERAPY, price_pounds_per_session=price),), people=(a_person("slt1", sessions_a_year=60),), offers=offers, **more
    )


def bought(partnership, given):
    return purchase_of(partnership, partnership.services[0], given)


# --- the cheapest purchase ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "half_days", "pounds"),
    [
        (0, 0, 0),
        (3, 3, 3 * 565),
        (4, 4, 4 * 500),
        (10, 10, 10 * 500),
        (11, 11, 11 * 475),
        (19, 19, 19 * 475),  # £9,025, still less than 21 at £432, £9,072
        (20, 21, 21 * 432),  # £9,500 at £475, so one more is bought and left over
        (30, 30, 30 * 432),
    ],
)
def test_past_a_price_break_all_half_days_cost_its_price_and_some_are_bought_to_reach_it(given, half_days, pounds):
    found = bought(sold(*LADDER), given)
    assert (found.bought_sessions, found.pounds) == (half_days, pounds)
    assert found.spare_sessions == half_days - given


@pytest.mark.parametrize(
    ("given", "packs", "singles", "pounds"),
    [
        (3, {}, 3, 3 * 393),
        (5, {"pack5": 1}, 0, 1_800),
        (12, {"pack10": 1}, 2, 3_500 + 2 * 393),
        (19, {"pack20": 1}, 0, 6_600),  # one is left over and paid for all the same
        (27, {"pack20": 1, "pack5": 1}, 2, 6_600 + 1_800 + 2 * 393),
        (40, {"pack20": 2}, 0, 13_200),
    ],
)
def test_packages_are_bought_whole_with_single_half_days_beside_them(given, packs, singles, pounds):
    found = bought(sold(*PACKS, price=393), given)
    assert ({o.offer_id: n for o, n in found.packages}, found.single_sessions, found.pounds) == (packs, singles, pounds)


def test_the_cheapest_packages_are_those_that_trying_all_of_them_finds():
    rng = Random(7)
    for _ in range(60):
        price = rng.choice((0, 90, 150))
        packs = [
            an_offer(f"p{i}", sessions=rng.randint(2, 12), pounds=rng.randint(100, 1_500), most_bought=rng.choice((None, 1, 2, 3)))
            for i in range(3)
        ]
        partnership, given = sold(*packs, price=price), rng.randint(1, 30)
        ways = [
            (sum(n * o.pounds for n, o in zip(counts, packs, strict=True)) + price * short, short)
            for counts in itertools.product(
                *(range((-(-given // o.sessions) if o.most_bought is None else o.most_bought) + 1) for o in packs)
            )
            for short in [max(0, given - sum(n * o.sessions for n, o in zip(counts, packs, strict=True)))]
            if price or not short
        ]
        found = bought(partnership, given)
        assert (found.pounds == min(ways)[0]) if ways else (found.spare_sessions < 0)
        assert found.pounds == sum(n * o.pounds for o, n in found.packages) + price * found.single_sessions


def test_one_more_half_day_may_cost_nothing_more_or_not_be_sold():
    ladder, few = sold(*LADDER), sold(an_offer("few", sessions=5, pounds=1_000, most_bought=2), price=0)
    assert one_more_pounds(ladder, THERAPY, 20) == 0
    assert one_more_pounds(ladder, THERAPY, 10) == 475 * 11 - 500 * 10
    assert one_more_pounds(few, few.services[0], 10) is None
    assert one_more_pounds(few, few.services[0], 5) == 1_000
    assert dearest_pounds(few, few.services[0]) == 200


def test_a_service_without_offers_costs_its_price():
    plain = sold()
    assert [bought(plain, n).pounds for n in (0, 1, 7)] == [0, 565, 7 * 565]
    assert to_plain(plain).keys() == to_plain(a_partnership()).keys()
    assert "offers" not in to_plain(plain)


def test_every_half_day_is_priced_at_the_average_and_whole_pounds_add_up():
    given = amounts(sessions={(str(ALDER), "slt"): 13, (str(LARCH), "slt"): 7})
    partnership = sold(*LADDER)
    cost = time_pounds(partnership, given)
    assert cost == {(str(ALDER), "slt"): 5_897, (str(LARCH), "slt"): 3_175}  # 9,072 x 13/20 = 5,896.8 and x 7/20 = 3,175.2
    assert sum(cost.values()) == specialist_time_pounds(partnership, given) == 9_072
    world = world_of(partnership, a_policy())
    assert [row.priced_sessions_pounds for row in school_ledgers(partnership, world.policy, world.picture, given)] == [5_897, 3_175]


# --- buying for the partnership beats school by school --------------------------------------


def buying_world(*urns, pounds):
    """Primary schools that may only buy therapy, from a ladder, with this much money, seven twelfths of it before April."""
    schools = tuple(a_school(urn, primary_pupils=400) for urn in urns)
    first = -(-7 * pounds // 12)
    grants = a_fund("grants", allowed_uses=(FundUse.GRANTS,))
    fund = a_fund(september_to_march_pounds=first, april_to_august_pounds=pounds - first, allowed_uses=(FundUse.SPECIALIST_TIME,))
    most = tuple(HeadRule(rule_id=f"most{urn}", urn=urn, item="slt", bound=Bound.AT_MOST, amount=10) for urn in urns)
    partnership = sold(*LADDER, schools=schools, funds=(fund, grants), bases=(), host_conditions=(), head_rules=most)
    return world_of(partnership, a_policy())


def test_buying_for_the_partnership_gives_more_than_school_by_school():
    """Two schools that could use ten half-days each, and £9,100.

    School by school, £4,550 each buys 9 at £500 = £4,500 (10 would be £5,000): 18 half-days for £9,000.
    As one, 20 are covered by 21 at £432 = £9,072 (20 at £475 would be £9,500): 20 half-days, one to spare.
    """
    together = buying_world(ALDER, LARCH, pounds=9_100)
    answer = answer_for(together)
    assert answer.amounts.sessions == {(str(ALDER), "slt"): 10, (str(LARCH), "slt"): 10}
    assert sum(answer.amounts.spending.values()) == 21 * 432
    assert {(y, u): n for (_, y, u), n in answer.amounts.spending.items()} == {
        (1, FundUse.SPECIALIST_TIME): 5_292,
        (2, FundUse.SPECIALIST_TIME): 3_780,
    }
    for urn in (ALDER, LARCH):
        alone = answer_for(buying_world(urn, pounds=4_550)).amounts
        assert alone.sessions == {(str(urn), "slt"): 9}
        assert sum(alone.spending.values()) == 4_500


def test_greedy_buys_the_cheapest_cover_and_keeps_the_rules():
    world = buying_world(ALDER, LARCH, pounds=9_100)
    greedy = greedy_amounts(world)
    assert is_feasible(world, greedy)
    assert sum(greedy.sessions.values()) == 20


def test_money_short_of_the_cheapest_package_buys_nothing():
    world = buying_world(ALDER, pounds=1_500)
    partnership = replace(
        world.partnership, services=(replace(THERAPY, price_pounds_per_session=0),), offers=(an_offer("ten", sessions=10, pounds=1_600),)
    )
    assert answer_for(world_of(partnership, world.policy)).amounts.sessions == {}


def test_a_held_world_and_the_certificate_agree_with_the_plan():
    world = buying_world(ALDER, LARCH, pounds=9_100)
    answer = answer_for(world)
    tried = attempt(hold(world), Trial(words="again", gap=0.01))
    assert tried.value == pytest.approx(answer.levels[0].achieved_points, abs=0.02)
    plan = plan_of(world, answer)
    document = plan_document(plan, world)
    found = certify(Certify(world=world, target_points=99.0, enough_points=0.0, seconds=2.0))
    certified = check_certificate(
        certificate_document(document, found.tree, min(found.certified_points, document["shortfall_points"])), document, world
    )
    assert certified.certified_points <= document["shortfall_points"]


def test_the_rows_of_a_service_that_sells_packages_or_has_breaks():
    small = two_schools()
    offers = (
        an_offer("five", "slt", sessions=5, most_bought=2),
        an_offer("from8", "st", kind=OfferKind.PRICE_BREAK, sessions=8, pounds=120),
    )
    world = world_of(replace(small.partnership, offers=offers), small.policy)
    assert list(written_rows(world, "time_bought")) == [
        "slt: sessions['900201',slt] + sessions['900202',slt] - 5*packages[five] <= 0",
        "st: sessions['900201',st] + sessions['900202',st] - (bought[st,from8] + bought[st,]) <= 0",
        "st, from8, at least: 0 <= bought[st,from8] - 8*packages[from8]",
        "st, from8, or none: bought[st,from8] - 13*packages[from8] <= 0",
    ]
    assert any("3700*packages[five] + 120*bought[st,from8] + 150*bought[st,]" in row for row in written_rows(world, "costs_paid"))


# --- documents, sheets and words ---------------------------------------------------------


def test_a_document_holds_what_to_buy_and_a_changed_number_is_refused():
    world = buying_world(ALDER, LARCH, pounds=9_100)
    document = json.loads(json.dumps(plan_document(plan_of(world, answer_for(world)), world)))
    check_document(document)
    assert document["packages"] == [
        {
            "service": "slt",
            "given_sessions": 20,
            "bought_sessions": 21,
            "single_sessions": 0,
            "pounds": 9_072,
            "offers": [{"offer": "from21", "bought": 21}],
        }
    ]
    assert plan_from_document(document)[1].partnership == world.partnership
    for path, number in (
        (("packages", 0, "offers", 0, "bought"), 22),
        (("packages", 0, "pounds"), 9_071),
        (("partnership", "offers", 2, "pounds"), 431),
    ):
        spoiled = json.loads(json.dumps(document))
        at = spoiled
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = number
        spoiled["fingerprint"] = fingerprint_of(spoiled)
        with pytest.raises(AuditRefused):
            check_document(spoiled)


def test_a_document_without_offers_is_as_it_was():
    small = two_schools()
    document = json.loads(json.dumps(plan_document(plan_of(small, answer_for(small)), small)))
    assert "packages" not in document
    assert "offers" not in document["partnership"]
    check_document(document)


def read_back(path):
    policy = load_policy()
    return read_partnership(path, need_codes=policy.need_codes(), role_ids=policy.role_ids())


def test_offers_go_into_a_workbook_and_a_folder_and_come_back(tmp_path):
    partnership = sold(*(replace(o, most_bought=4 if o.sessions == 5 else None) for o in PACKS), price=393)
    write_partnership_workbook(partnership, tmp_path / "p.xlsx")
    write_partnership_csv(partnership, tmp_path / "p")
    for path in (tmp_path / "p.xlsx", tmp_path / "p"):
        found, findings = read_back(path)
        assert found is not None, [f.sentence() for f in findings]
        assert found.offers == partnership.offers
    (tmp_path / "p" / "Offers.csv").unlink()
    assert read_back(tmp_path / "p")[0].offers == ()


@pytest.mark.parametrize(
    ("offers", "said"),
    [
        ((*LADDER[:1], PACKS[0]), "has packages and price breaks"),
        ((LADDER[0], replace(LADDER[1], pounds=500)), "the price from 11 half-days on, £500, is not below the £500 before it"),
        ((replace(LADDER[0], pounds=565),), "is not below the £565 before it"),
        ((replace(LADDER[0], most_bought=2),), "a price break is not bought by number"),
        ((replace(PACKS[0], sessions=0),), "an offer of no half-day is none"),
        ((replace(PACKS[0], pounds=0),), "an offer of no pound is none"),
        ((replace(PACKS[0], service_id="nobody"),), "there is no service 'nobody'"),
        (tuple(replace(PACKS[0], offer_id=f"p{n}") for n in range(21)), "has 21 offers"),
    ],
)
def test_offers_that_cannot_be_are_findings(offers, said, tmp_path):
    write_partnership_csv(sold(*offers), tmp_path / "p")
    found, findings = read_back(tmp_path / "p")
    assert found is None
    assert any(said in finding.sentence() for finding in findings), [f.sentence() for f in findings]


def test_what_to_buy_is_said_with_what_is_left_over_and_the_next_break():
    packs, ladder = sold(*PACKS, price=393), sold(*LADDER)
    assert what_to_buy(bought(packs, 27)) == "1 x Pack of 5, 1 x Pack of 20 and 2 single half-days"
    assert buying_words(ladder, THERAPY, bought(ladder, 20)) == (
        "Buy 21 half-days at £432 each (From 21): £9,072, about £454 for each half-day given. 1 half-day of it is left over. "
        "One more half-day would cost nothing more."
    )
    assert buying_words(ladder, THERAPY, bought(ladder, 8)).endswith(
        "One more half-day would cost £500 more. The next price break is at 11 half-days: £475 each."
    )
    assert buying_words(ladder, THERAPY, bought(ladder, 0)) == "Nothing of it is bought."
    assert buying_words(sold(), THERAPY, bought(sold(), 5)) == ""
    assert price_words(packs, packs.services[0]).startswith("A half-day costs £393. Packages: Pack of 5 (5 half-days) £1,800, ")
    assert (
        price_words(ladder, THERAPY)
        == "A half-day costs £565. For all of them: from 4 half-days £500 each, from 11 half-days £475 each, from 21 half-days £432 each."
    )


def test_the_workbook_shows_what_to_buy_and_checks_it(tmp_path):
    packs = (
        an_offer("pack5", name="Pack of 5", sessions=5, pounds=500, most_bought=2),
        an_offer("pack9", name="Pack of 9", sessions=9, pounds=700),
    )
    partnership = book_partnership(offers=packs)
    world = world_of(partnership, load_policy())
    given = sum(n for (_, v), n in BOOK_AMOUNTS.sessions.items() if v == "slt")  # 18: two packs of nine
    cost = purchase_of(partnership, partnership.services[0], given).pounds
    assert cost == 1_400
    first = -(-cost * 7 // 12)
    paid = {**BOOK_AMOUNTS.spending, ("pool", 1, FundUse.SPECIALIST_TIME): first, ("pool", 2, FundUse.SPECIALIST_TIME): cost - first}
    plan = Plan(
        amounts=replace(BOOK_AMOUNTS, spending=paid), ending=Ending.WITHIN_GAP, bound_points=1.0, levels=(), engine="none", seconds=1.0,
        baselines=(Baseline(name="formula", title="Formula share", amounts=BOOK_AMOUNTS, rules_broken=()),),
    )  # fmt: skip
    assert list(breaches(world, plan.amounts)) == []
    assert "Of Therapy service buy 2 x Pack of 9 (£1,400)." in summary_lines(plan, world)[2]
    write_plan_workbook(plan, world, tmp_path / "plan.xlsx", fingerprint="a" * 64, inputs_sha256="b" * 64, policy_sha256="c" * 64)
    shown = openpyxl.load_workbook(tmp_path / "plan.xlsx", data_only=True)
    rows = [[cell.value for cell in row] for row in shown["Buying"].iter_rows()]
    assert ["Therapy service", "Pack of 9", "package", 9, 700, None, 2, 18, 1_400, "slt"] in rows
    checks = [row for row in shown["Checks"].iter_rows(values_only=True) if row[0] == "time_bought"]
    assert [row[2:] for row in checks] == [
        ("Therapy service", 18, "at most", 18, True),
        ("Therapy service, Pack of 5", 0, "at most", 2, True),
    ]
