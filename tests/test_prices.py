"""Rules that give way at a price: what a model says they cost is what the audit says, and everywhere it is said plainly."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import openpyxl
import pytest

from optimisation.asked import Aim, Trial
from optimisation.certify import Certify, certify
from optimisation.claims import one_by_one
from optimisation.extract import CannotPayToThePound, amounts_from, assign
from optimisation.gives_way import least_to_let_go
from optimisation.greedy import greedy_amounts, is_feasible
from optimisation.highs import compile_model, load, run
from optimisation.model import build_model
from optimisation.prices import MISSED, paid_points
from optimisation.registry import MATHS, SHAPES
from optimisation.trial import attempt, hold, vector
from optimisation.why_impossible import explain_impossible
from planner.audit import breaches, leading_points, leads, misfits, misses, price_points
from planner.documents import check_document, plan_document
from planner.errors import AuditRefused, InputMustBeMended
from planner.export.plan_workbook import write_plan_workbook
from planner.export.priced import price_lines, price_note, school_lines
from planner.export.summary import claims, summary_lines
from planner.measures import shortfall, standing
from planner.need import WHOLE, world_of
from planner.partnership import Bound, DecisionRight, HeadRule, LastYear
from planner.plan import Amounts, Ending, Plan
from planner.policy import MAY_BE_OFF, MAY_BE_PRICED, load_policy, policy_from_text, with_changes, with_settings
from planner.reasons import reasons
from planner.rules import RULES
from planner.store import AnswerKind
from planner.words import least_points, most_points
from tests.answering import NOTHING_FOUND, keep_answer
from tests.builders import ALDER, a_partnership, a_policy, random_world, two_schools
from tests.pages import FAIR, as_kept, demonstration, fair_world, tables_of
from tests.websites import a_site, bring
from web.plans.presenters.our_school import gives_way_lines

TINY, HUGE = Decimal("0.000001"), 100
GAP = 0.02
SEDGEWELL = 900111


def priced(world, prices):
    return world_of(world.partnership, with_changes(world.policy, {f"prices.{rule}": price for rule, price in prices.items()}))


def solved(world, *, gap=GAP):
    """The least shortfall and price, the plan of it, and the part of it that the model calls price."""
    for is_to_the_pound in (False, True):
        model = build_model(world, is_to_the_pound=is_to_the_pound)
        problem = compile_model(model)
        found = run(load(problem), gap=gap, seconds=20)
        if found.values is None:
            return found, None, 0.0
        try:
            return found, amounts_from(model, problem, found.values), paid_points(problem, found.values)
        except CannotPayToThePound:
            continue
    raise AssertionError


def check_same(world, found, amounts, paid):
    assert not list(misfits(world, amounts))
    assert not list(breaches(world, amounts))
    assert float(price_points(world, amounts)) == pytest.approx(paid, abs=1e-6)
    assert float(leading_points(world, amounts)) == pytest.approx(found.objective, abs=1e-3)


@pytest.fixture(scope="module")
def hard():
    return solved(demonstration())


def tight(rule_id):
    """A world in which missing the rule helps: with the rule on, and settings or data under which it binds."""
    world = demonstration()
    p = world.partnership
    board = {
        "contingency_held": {"contingency_percent": 40}, "moderated_pot_released": {"moderated_pot_percent": 50},
        "money_cap": {"money_cap_percent": -10, "money_floor_percent": -40},
        "next_year_affordable": {"next_year_affordable_percent": 90}, "cohort_fill": {"cohort_fill_percent": 0},
        "host_share": {"host_share_percent": 0}, "sessions_cap": {"sessions_cap_percent": 80},
        "secondaries_in_proportion": {"secondary_places_per_1000": 30, "secondary_places_target_year": 2026},
        "standard_floor": {"standard_floors": {"autism_outreach_secondary": 90}},
    }.get(rule_id, {})  # fmt: skip
    bases = {"smallest_useful_base": {"smallest_primary_places": 30, "smallest_secondary_places": 30}}.get(rule_id, {})
    if rule_id == "head_rule":
        rules = [replace(r, is_locked=False) for r in p.head_rules]
        rules.append(HeadRule(rule_id="none", urn=p.schools[0].urn, item="grant", bound=Bound.AT_MOST, amount=0))
        p = replace(p, head_rules=tuple(rules))
    if rule_id == "phase_balance":
        elsewhere = replace(p.bases[1], base_id="elsewhere", places_now=8, pupils_now=8, decision_right=DecisionRight.INFORMATION)
        p = replace(p, bases=(*p.bases, elsewhere))
    if rule_id == "no_worse_outside":
        p = replace(p, contributions=tuple(replace(c, pounds=9_000) if c.urn == SEDGEWELL else c for c in p.contributions))
    return world_of(p, with_settings(world.policy, {"board": board, "bases": bases, "rules": {rule_id: True}}))


@pytest.mark.parametrize("rule_id", [r if n % 3 == 0 else pytest.param(r, marks=pytest.mark.slow) for n, r in enumerate(MAY_BE_PRICED)])
def test_each_rule_gives_way_where_it_helps_and_never_when_it_costs_all(rule_id):
    world = tight(rule_id)
    kept, _, _ = solved(world)
    cheap = priced(world, {rule_id: TINY})
    found, amounts, paid = solved(cheap)
    check_same(cheap, found, amounts, paid)
    assert {miss.rule.rule_id for miss in misses(cheap, amounts)} == {rule_id}
    if kept.values is not None:
        assert found.objective <= kept.objective + GAP
        dear = priced(world, {rule_id: HUGE})
        found, amounts, paid = solved(dear)
        check_same(dear, found, amounts, paid)
        assert found.objective == pytest.approx(kept.objective, abs=2 * GAP)
        assert not list(misses(dear, amounts))


@pytest.mark.parametrize("seed", range(6))
def test_on_random_worlds_the_model_and_the_audit_agree_on_every_price(seed):
    world = priced(random_world(Random(seed)), {rule_id: Decimal("0.001") for rule_id in MAY_BE_PRICED})
    found, amounts, paid = solved(world, gap=0.0)
    if amounts is not None:
        check_same(world, found, amounts, paid)


def test_a_plan_with_misses_is_a_solution_of_the_model_to_the_last_row():
    world = priced(demonstration(), {rule_id: Decimal("0.001") for rule_id in MAY_BE_PRICED})
    _, amounts, _ = solved(world)
    model = build_model(world)
    assert not assign(model, amounts)
    off = [row.name for name in MATHS if (rows := model.component(name)) is not None for row in rows.values() if row.slack() < -1e-3]
    assert not [name for name in off if not name.startswith(("need_from_support", "costs_paid"))]
    held = hold(world)
    assert paid_points(held.problem, vector(held, amounts)) == pytest.approx(float(price_points(world, amounts)), abs=1e-6)


@pytest.mark.parametrize(
    ("price", "gives_way"),
    [
        pytest.param(0, "contingency_held", marks=pytest.mark.slow),
        pytest.param(1, "contingency_held", marks=pytest.mark.slow),
        (TINY / 10, "next_year_affordable"),
    ],
)
def test_what_is_held_gives_way_before_a_dearer_limit_on_next_year_does(price, gives_way):
    """Contingency could be paid in full this year, and is not, because next year's limit counts it too."""
    world = priced(tight("next_year_affordable"), {"contingency_held": TINY, "next_year_affordable": price})
    found, amounts, paid = solved(world)
    check_same(world, found, amounts, paid)
    assert {miss.rule.rule_id for miss in misses(world, amounts)} == {gives_way}


def test_no_price_leaves_the_model_as_it_was():
    model = build_model(demonstration())
    assert not [kind for kind in compile_model(model).kinds if kind.startswith(MISSED)]
    assert policy_from_text(priced(demonstration(), {"money_cap": 0}).policy.document) == demonstration().policy


# --- what may have a price ---------------------------------------------------------------------


def test_what_is_kept_by_construction_is_marked_so():
    assert {rule_id for rule_id, rule in RULES.items() if rule.is_by_construction} == set(SHAPES)
    assert set(MAY_BE_PRICED) == set(MAY_BE_OFF) & set(MATHS)


@pytest.mark.parametrize("rule_id", ["statutory_first", "host_consent", "host_most_places", "base_reach", "fund_balance", "mony_cap"])
def test_law_hosts_and_arithmetic_have_no_price(rule_id):
    with pytest.raises(InputMustBeMended, match=rf"prices\.{rule_id} is not a rule that may give way at a price; those are"):
        priced(demonstration(), {rule_id: 1})


@pytest.mark.parametrize("price", [-1, 101, "dear"])
def test_a_price_is_a_number_of_points(price):
    with pytest.raises(InputMustBeMended, match=r"prices\.money_cap must be a number, at least 0 and at most 100"):
        priced(demonstration(), {"money_cap": price})


def test_a_policy_without_prices_reads_as_it_always_did():
    document = json.loads(load_policy().document)
    assert "prices" not in document
    assert policy_from_text(json.dumps(document)).prices == ()


def test_a_rule_that_is_off_has_no_price():
    world = priced(demonstration(), {"money_floor": 1})
    off = with_changes(world.policy, {"rules.money_floor": False})
    assert (world.policy.price("money_floor"), off.price("money_floor")) == (1, 0)
    assert not off.is_hard("money_floor")


def test_a_rule_that_a_head_has_locked_does_not_give_way():
    locked = HeadRule(rule_id="locked", urn=ALDER, item="slt", bound=Bound.AT_LEAST, amount=6, is_locked=True)
    open_ = HeadRule(rule_id="open", urn=ALDER, item="grant", bound=Bound.AT_LEAST, amount=1200)
    base = two_schools()
    world = priced(world_of(replace(base.partnership, head_rules=(locked, open_)), base.policy), {"head_rule": 1})
    nothing = replace(greedy_amounts(world), sessions={}, grants={}, need_met={})
    assert {b.where for b in breaches(world, nothing, RULES["head_rule"])} == {"locked"}
    assert {m.where: m.by for m in misses(world, nothing)} == {"open": 1200}


# --- the plan as a document ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def gives_way():
    """A plan of the demonstration in which rules give way, and its world."""
    world = priced(
        demonstration(), {"money_floor": Decimal("0.0001"), "smallest_block": Decimal("0.01"), "sessions_floor": Decimal("0.001")}
    )
    found, amounts, _ = solved(world)
    plan = Plan(amounts=amounts, ending=Ending.WITHIN_GAP, bound_points=found.bound, levels=(), engine="test", seconds=0.0)
    return plan, world


def test_the_document_holds_what_gave_way_and_the_audit_works_it_out_again(gives_way):
    plan, world = gives_way
    document = json.loads(json.dumps(plan_document(plan, world)))
    check_document(document)
    assert document["price_points"] == pytest.approx(sum(one["points"] for one in document["priced_misses"]), abs=1e-3)
    assert document["gap_points"] == pytest.approx(
        document["shortfall_points"] + document["price_points"] - document["bound_points"], abs=1e-4
    )
    assert {one["rule"] for one in document["priced_misses"]} <= {"money_floor", "smallest_block", "sessions_floor"}
    document["price_points"] = 0.0
    with pytest.raises(AuditRefused, match=r"price_points says 0.0, but from the amounts it is"):
        check_document(document)


def test_the_same_amounts_are_refused_where_the_rule_has_no_price(gives_way):
    plan, world = gives_way
    assert is_feasible(world, plan.amounts)
    assert not is_feasible(demonstration(), plan.amounts)


def test_a_plan_of_a_world_without_prices_says_nothing_of_them(hard):
    found, amounts, _ = hard
    plan = Plan(amounts=amounts, ending=Ending.WITHIN_GAP, bound_points=found.bound, levels=(), engine="test", seconds=0.0)
    assert not {"price_points", "priced_misses"} & set(plan_document(plan, demonstration()))


# --- the searches beside the plan ----------------------------------------------------------------


def test_a_certificate_proves_no_more_than_shortfall_and_price(gives_way):
    plan, world = gives_way
    least = float(100 * shortfall(world.picture, world.policy, plan.amounts.need_met))
    found = certify(Certify(world=world, target_points=plan.bound_points, enough_points=least, seconds=8.0))
    assert found.certified_points <= least + 1e-4
    assert found.certified_points <= float(leading_points(world, plan.amounts))


@pytest.mark.parametrize("aim", [Aim.SHORTFALL, Aim.UNMET, Aim.FURTHEST])
def test_a_miss_costs_points_whatever_leads(aim):
    world = priced(demonstration(), {"money_floor": HUGE, "smallest_block": HUGE})
    tried = attempt(hold(world), Trial(words="", aim=aim, gap=0.5, seconds=10))
    assert tried.price_points == pytest.approx(0, abs=1e-6)
    assert not list(misses(world, tried.amounts))


def test_rules_with_a_price_clash_with_none():
    promised = [HeadRule(rule_id=f"much{n}", urn=ALDER, item="grant", bound=bound, amount=amount) for n, (bound, amount) in
                enumerate(((Bound.AT_LEAST, 240_000), (Bound.AT_MOST, 120)))]  # fmt: skip
    base = two_schools()
    world = world_of(replace(base.partnership, head_rules=tuple(promised)), base.policy)
    assert explain_impossible(world, seconds=10) is not None
    soft = priced(world, {"head_rule": Decimal("0.001")})
    assert explain_impossible(soft, seconds=10) is None
    found, amounts, paid = solved(soft)
    check_same(soft, found, amounts, paid)


def test_what_has_a_price_is_not_let_go_in_a_re_plan():
    world = priced(demonstration(), dict.fromkeys(MAY_BE_PRICED, 1))
    assert least_to_let_go(world, lambda changed: changed is not world) is None


def test_moves_keep_what_gives_way_where_it_is(gives_way):
    plan, world = gives_way
    assert one_by_one(world, plan.amounts).weighed > 0


def test_a_need_is_within_reach_where_the_rule_in_its_way_may_give_way():
    world = demonstration()
    changes = {f"roles.{role.role_id}.vacancy_held_back_percent": 100 for role in world.policy.roles}
    none = world_of(world.partnership, with_changes(world.policy, changes))
    some = priced(none, {"vacancy_held_back": Decimal("0.01")})
    assert sum(bool(c.out_of_reach) for c in some.picture.cells) < sum(bool(c.out_of_reach) for c in none.picture.cells)


# --- in words ------------------------------------------------------------------------------------


def test_it_is_said_plainly_where_a_rule_gives_way_and_at_what_price(gives_way):
    plan, world = gives_way
    said = " ".join(price_lines(world, plan.amounts))
    assert "The board lets this rule give way at a price of 0.0001 points for each pound." in said
    floor = next(miss for miss in misses(world, plan.amounts) if miss.rule.rule_id == "money_floor")
    name = next(s.name for s in world.partnership.schools if str(s.urn) == floor.where)
    assert re.search(rf"{name} by £[\d,.]+", said)
    lines = summary_lines(plan, world)
    assert len(lines) == 8
    assert "with the price of rules that give way" in lines[6]
    assert "shortfall and price together" in claims(plan, world)[0]
    to_head = school_lines(world, plan.amounts, int(floor.where))
    assert any("A rule gives way here: no school's grant falls below the board's floor" in line for line in to_head)


@pytest.mark.parametrize(
    ("rule_id", "board", "given", "said"),
    [
        ("sessions_cap", {"sessions_cap_percent": 50}, {"sessions": {(str(ALDER), "slt"): 14}}, "cap on last year's time allows no more"),
        ("next_year_affordable", {"next_year_affordable_percent": 0}, {}, "limit on next year's cost allows no more"),
        ("host_share", {"host_share_percent": 0}, {"base_sizes": {"nest": 8}}, "kept for other schools than its host"),
        ("cohort_fill", {"cohort_fill_percent": 0}, {"base_sizes": {"nest": 8}}, "may give in its first year is given"),
    ],
)  # fmt: skip
def test_a_rule_that_gives_way_is_not_said_to_allow_no_more(rule_id, board, given, said):
    here = a_partnership(last_year=(LastYear(urn=ALDER, item="slt", amount=9),))
    kept = world_of(here, a_policy({"board": board, "rules": {rule_id: True}}))
    soft = priced(kept, {rule_id: Decimal("0.001")})
    met = {cell.cell_id: WHOLE - 1 for cell in kept.picture.cells if not cell.out_of_reach}
    both = [" ".join(one.sentence for one in reasons(world, Amounts(**given, need_met=met))) for world in (kept, soft)]
    assert [said in sentences for sentences in both] == [True, False]


def test_a_school_where_nothing_gives_way_is_told_nothing(gives_way):
    plan, world = gives_way
    told = [s.urn for s in world.partnership.schools if school_lines(world, plan.amounts, s.urn)]
    assert 0 < len(told) < len(world.partnership.schools)


def test_the_price_of_a_miss_is_exact(gives_way):
    plan, world = gives_way
    miss = next(misses(world, plan.amounts))
    assert isinstance(miss.points, Fraction)
    assert miss.points == miss.by * miss.price


def test_the_workbook_tells_a_miss_from_a_failure_live(gives_way, tmp_path):
    plan, world = gives_way
    marks = dict.fromkeys(("fingerprint", "inputs_sha256", "policy_sha256"), "f1" * 32)
    write_plan_workbook(plan, world, tmp_path / "plan.xlsx", **marks)
    shown = openpyxl.load_workbook(tmp_path / "plan.xlsx", data_only=True)["Checks"]
    written = openpyxl.load_workbook(tmp_path / "plan.xlsx")["Checks"]
    rows = [(shown.cell(r, 1).value, shown.cell(r, 7).value, written.cell(r, 7).value) for r in range(7, shown.max_row + 1)]
    missed = [row for row in rows if str(row[1]).endswith("priced")]
    assert missed
    assert all(rule in {"money_floor", "smallest_block", "sessions_floor"} and formula.startswith("=IF(") for rule, _, formula in missed)
    assert not [row for row in rows if row[1] is False]
    assert "give way at a price" in str([c.value for c in shown[4]])


TIGHTER = {
    "board.cohort_fill_percent": 0, "board.host_share_percent": 0, "board.next_year_affordable_percent": 85, "board.sessions_cap_percent": 80,
    "board.standard_floors.learning_consultation": 95, "board.secondary_places_per_1000": 30, "board.secondary_places_target_year": 2026,
}  # fmt: skip


@pytest.mark.parametrize("is_priced", [False, True])
def test_every_rule_with_packages_at_once_holds_in_the_document_and_live_in_the_workbook(is_priced, tmp_path):
    world = fair_world()
    if is_priced:
        world = priced(world_of(world.partnership, with_changes(world.policy, TIGHTER)), dict.fromkeys(FAIR, TINY))
    found, amounts, paid = solved(world, gap=0.2)
    check_same(world, found, amounts, paid)
    plan = Plan(amounts=amounts, ending=Ending.WITHIN_GAP, bound_points=found.bound, levels=(), engine="test", seconds=0.0)
    check_document(json.loads(json.dumps(plan_document(plan, world))))
    marks = dict.fromkeys(("fingerprint", "inputs_sha256", "policy_sha256"), "f1" * 32)
    write_plan_workbook(plan, world, tmp_path / "plan.xlsx", **marks)
    shown = openpyxl.load_workbook(tmp_path / "plan.xlsx", data_only=True)["Checks"]
    rows = [(shown.cell(r, 1).value, shown.cell(r, 2).value, shown.cell(r, 7).value) for r in range(7, shown.max_row + 1)]
    assert {*FAIR} <= {rule for rule, _, _ in rows}
    assert not [row for row in rows if row[2] is False]
    said = {rule for rule, _, holds in rows if str(holds).endswith("priced")}
    assert said == {miss.rule.rule_id for miss in misses(world, amounts)}
    assert len(said) >= (6 if is_priced else 0)


def test_the_head_of_a_school_is_told_on_its_page(gives_way):
    plan, world = gives_way
    kept = as_kept(json.loads(json.dumps(plan_document(plan, world))))
    floor = next(miss for miss in misses(world, plan.amounts) if miss.rule.rule_id == "money_floor")
    ledger = next(one for one in kept.facts.ledgers if str(one.school.urn) == floor.where)
    (line,) = gives_way_lines(ledger, kept)
    assert line.label == "What gives way"
    assert "the board lets it give way at a price of" in line.text


def test_the_pages_of_answers_set_the_plan_beside_others_in_one_quantity_and_say_what_it_holds(gives_way, tmp_path):
    plan, world = gives_way
    document = json.loads(json.dumps(plan_document(plan, world)))
    here, price = leads(world, plan.amounts), float(price_points(world, plan.amounts))
    met = standing(world.picture, world.policy, plan.amounts).need_met_points
    assert price > 0.01
    one = {
        "shortfall_points": here,
        "least_shortfall_points": here,
        "unmet_points": 100 - met + price,
        "least_unmet_points": 100 - met + price,
    }
    no_price = {"enough_pounds": 0, "too_little_pounds": None, "limit_pounds": 0, "searches": []}
    found = {
        AnswerKind.CLAIMS: NOTHING_FOUND[AnswerKind.CLAIMS] | {"if_split": {"bound_points": 0.5, "searches": []}},
        AnswerKind.FRONTIER: {"points": [{**one, "searches": []}], "dropped": 0, "price_of_fairness": no_price},
        AnswerKind.VALUES: {"best": {"least_points": 0.5, "most_points": here}, "best_searches": [], "values": []},
        AnswerKind.WHY: NOTHING_FOUND[AnswerKind.WHY],
    }
    with a_site(tmp_path / "home") as site:
        with site.store.begin() as tx:
            partnership_id, plan_id = bring(tx, document, by=site.user_ids["house"])
            for kind, answer in found.items():
                keep_answer(tx, partnership_id, plan_id, kind, urn=SEDGEWELL if kind is AnswerKind.WHY else 0, document=answer)
        browser, at = site.browser("house"), f"/partnerships/{partnership_id}/plans/{plan_id}"
        pages = {
            page: browser.get(at + page).text for page in ("/how-good", "/trade-offs", "/how-good/one-more", f"/schools/{SEDGEWELL}/why")
        }
    (note,) = price_note(world.policy)
    assert [page for page, text in pages.items() if note not in text] == []
    *_, first, own = tables_of(pages["/trade-offs"])["From the fairest plan to the one that meets most need"]
    assert (own[1], own[3]) == (first[1], first[3]) == (most_points(here), least_points(met - price))
    assert (
        "no less than 0.50 points of need below the line and price of rules that give way; "
        f"this plan leaves {most_points(here)}." in pages["/how-good"]
    )
