"""Bases in time: opened during the year, led in, filled by cohorts, and what they cost next year; from file to workbook."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from builders import ALDER, a_base, a_fund, a_policy, a_school, a_service, a_world, the_pack
from planning import answer_for, plan_of, shortfall_points

from fixtures import path_of
from optimisation.certify import Certify, certify
from optimisation.claims import one_by_one
from optimisation.greedy import greedy_amounts, is_feasible
from optimisation.impossible import Impossible
from optimisation.why_impossible import explain_impossible
from planner.audit import breaches
from planner.certificate import prove
from planner.documents import check_document, from_plain, plan_document, plan_from_document, to_plain
from planner.export.plan_workbook import write_plan_workbook
from planner.export.summary import summary_lines
from planner.intake.parsing import read_partnership
from planner.measures import base_pounds, lead_in_pounds
from planner.need import WHOLE, met_for_dose
from planner.next_year import bases_next_year_pounds, most_next_year_pounds, next_year_pounds, recurring_pounds
from planner.partnership import GRANT_ITEM, Base, Bound, FundSource, HeadRule
from planner.policy import LATER_SETTINGS, policy_from_document, policy_from_text, with_changes
from planner.reasons import reasons
from planner.supply import base_running_pounds, first_year_places, months_run, place_share

PLACE = "North:place_asd_primary"
OPENS_LATE = {
    "is_open": False, "places_now": 0, "pupils_now": 0, "sizes": (8, 12), "teacher_cost_pounds": 12_000,
    "place_cost_pounds": 6_500, "opening_cost_pounds": 1_000,
}  # fmt: skip


def late_world(half_term=4, changes=None, **more):
    """One large school whose pupils can have places only in a base that would open in this half-term."""
    late = a_base("late", **OPENS_LATE, opens_in_half_term=half_term, **more)
    return a_world(changes, schools=(a_school(ALDER, primary_pupils=3_000),), bases=(late,), services=(), people=())


def planned(world):
    answer = answer_for(world)
    assert not isinstance(answer, Impossible)
    assert [b.sentence() for b in breaches(world, answer.amounts)] == []
    return plan_of(world, answer)


# --- figures ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("half_term", "months", "share"),
    [(1, (7, 5), 1), (2, (5, 5), Fraction(5, 6)), (3, (3, 5), Fraction(4, 6)), (4, (2, 5), Fraction(1, 2)), (5, (0, 5), Fraction(1, 3)), (6, (0, 3), Fraction(1, 6))],
)  # fmt: skip
def test_a_base_runs_the_months_and_gives_the_half_terms_from_which_it_opens(half_term, months, share):
    base = a_base(is_open=False, opens_in_half_term=half_term)
    assert months_run(base, a_policy()) == months
    assert place_share(base) == share
    assert place_share(a_base(is_open=True, opens_in_half_term=half_term)) == 1


def test_one_teacher_for_each_group_of_places_begun():
    base = a_base(teacher_cost_pounds=50_000, place_cost_pounds=0, place_funding_pounds=0)
    policy = a_policy({"bases": {"places_per_teacher": 8}})
    assert [base_running_pounds(base, size, policy) for size in (0, 1, 8, 9, 16, 17)] == [0, 50_000, 50_000, 100_000, 100_000, 150_000]


# --- plans -----------------------------------------------------------------------------------


def test_a_base_that_opens_in_half_term_four_costs_and_gives_half_a_year():
    world = late_world(4)
    plan = planned(world)
    size = plan.amounts.base_sizes["late"]
    assert size == 12
    a_year = 2 * 12_000 + 12 * 500
    assert base_pounds(world.partnership, world.policy, plan.amounts) == -(-a_year * 7 // 12)
    required = world.picture.cell(PLACE).requirement("place")
    places = plan.amounts.places["late", PLACE]
    assert places == min(12, -(-required // 100))
    assert plan.amounts.need_met[PLACE] == met_for_dose(min(Fraction(1), Fraction(50 * places, required)), world.policy) < WHOLE
    full = planned(late_world(1)).amounts
    assert full.need_met[PLACE] > plan.amounts.need_met[PLACE]
    said = next(r.sentence for r in reasons(world, plan.amounts) if r.standard_id == "place_asd_primary")
    assert "from half-term 4" in said


def test_two_late_bases_give_no_pupil_two_places_at_once():
    world = late_world(5)
    second = replace(world.partnership.bases[0], base_id="later", opens_in_half_term=4)
    both = a_world(schools=world.partnership.schools, bases=(*world.partnership.bases, second), services=(), people=())
    pupils = -(-both.picture.cell(PLACE).requirement("place") // 100)
    plan = planned(both)
    assert sum(n for (_, cell_id), n in plan.amounts.places.items() if cell_id == PLACE) <= pupils
    moves = one_by_one(both, plan.amounts).moves
    assert [move for move in moves if move.cell_id == PLACE] == []


@pytest.mark.parametrize("half_term", [2, 4, 6])
def test_the_certificate_agrees_about_a_late_base(half_term):
    world = late_world(half_term, {"board": {"cohort_fill_percent": 60}, "bases": {"lead_in_months": 4}})
    plan = planned(world)
    found = certify(Certify(world=world, target_points=99.0, enough_points=0.0, seconds=5.0))
    proved, _ = prove(world, found.tree)
    assert float(proved) <= shortfall_points(world, plan.amounts) + 1e-9
    assert float(proved) >= plan.bound_points - 0.05


def test_lead_in_is_paid_by_march_with_the_running_money_and_shown_apart():
    world = late_world(5, {"bases": {"lead_in_months": 4}})
    plan = planned(world)
    first = sum(n for (_, year, use), n in plan.amounts.spending.items() if year == 1 and use == "running bases")
    second = sum(n for (_, year, use), n in plan.amounts.spending.items() if year == 2 and use == "running bases")
    assert first == lead_in_pounds(world.partnership, world.policy, plan.amounts) == 2 * 12_000 * 4 // 12
    assert second == base_pounds(world.partnership, world.policy, plan.amounts)
    (base,) = plan_document(plan, world)["bases"]
    assert (base["lead_in_pounds"], base["next_year_pounds"]) == (8_000, 30_000)


def test_a_new_base_fills_by_the_boards_share_and_costs_as_if_full():
    world = late_world(1, {"board": {"cohort_fill_percent": 34}})
    plan = planned(world)
    size = plan.amounts.base_sizes["late"]
    assert sum(plan.amounts.places.values()) == first_year_places(world.partnership.bases[0], size, world.policy) == -(-size * 34 // 100)
    assert base_pounds(world.partnership, world.policy, plan.amounts) == base_running_pounds(world.partnership.bases[0], size, world.policy)


# --- next year ---------------------------------------------------------------------------------


def test_recurring_money_is_cash_without_last_years_balance():
    funds = (a_fund(brought_forward_pounds=5_000, must_return_pounds=700), a_fund("capital", source=FundSource.CAPITAL))
    assert recurring_pounds(a_world(funds=funds).partnership) == 240_000


def test_a_base_too_dear_for_next_year_does_not_open_and_the_plan_says_why():
    open_to = {"september_to_march_pounds": 30_000, "april_to_august_pounds": 10_000}
    changes = {"board": {"next_year_affordable_percent": 40, "contingency_percent": 0, "moderated_pot_percent": 0}}
    alone = planned(late_world(6, changes | {"rules": {"next_year_affordable": False}}))
    assert alone.amounts.base_sizes.get("late") == 12
    world = late_world(6, changes | {"rules": {"next_year_affordable": True}})
    poor = a_world(
        changes | {"rules": {"next_year_affordable": True}}, schools=world.partnership.schools, bases=world.partnership.bases,
        services=(), people=(), funds=(a_fund(**open_to),),
    )  # fmt: skip
    plan = planned(poor)
    assert next_year_pounds(poor.partnership, poor.policy, plan.amounts) <= most_next_year_pounds(poor.partnership, poor.policy) == 16_000
    assert plan.amounts.base_sizes.get("late", 0) < 12
    said = " ".join(r.sentence for r in reasons(poor, plan.amounts))
    assert "next year" in said


@pytest.mark.parametrize("percent", [10, 25, 60])
def test_the_plan_by_hand_keeps_the_limit_on_next_year_where_nothing_is_promised(percent):
    world = a_world(
        {"rules": {"next_year_affordable": True}, "board": {"next_year_affordable_percent": percent, "contingency_percent": 1, "moderated_pot_percent": 1}},
        services=(a_service("slt", price_pounds_per_session=300),), bases=(),
    )  # fmt: skip
    assert is_feasible(world, greedy_amounts(world))


def test_where_next_year_clashes_with_a_promise_the_boards_percent_can_make_room():
    wish = HeadRule(rule_id="w", urn=ALDER, item=GRANT_ITEM, bound=Bound.AT_LEAST, amount=12_000, is_locked=True)
    changes = {
        "rules": {"next_year_affordable": True},
        "board": {"next_year_affordable_percent": 2, "contingency_percent": 0, "moderated_pot_percent": 0},
    }
    world = a_world(changes, head_rules=(wish,), bases=(), services=(), people=())
    found = explain_impossible(world, seconds=30)
    assert {clash.rule_id for clash in found.clash} == {"next_year_affordable", "head_rule"}
    (mend,) = found.mends
    assert [move.rule_id for move in mend.moves] == ["next_year_affordable"]
    assert "5 percent of this year's recurring money instead of 2 percent" in mend.moves[0].words
    assert "£4,800" in "\n".join(found.lines())


# --- documents, files and pages ------------------------------------------------------------------


def older(document):
    """A policy document as it was written before these settings."""
    old = copy.deepcopy(document)
    for path in LATER_SETTINGS:
        table, name = path.split(".")
        del old[table][name]
    return old


def test_a_policy_of_before_loads_asks_nothing_new_and_can_be_changed():
    policy = policy_from_document(older(the_pack()))
    assert (policy.board.cohort_fill_percent, policy.bases.lead_in_months) == (100, 0)
    assert not policy.is_on("next_year_affordable")
    assert "cohort_fill" not in policy.document
    changed = with_changes(policy, {"rules.next_year_affordable": True, "bases.lead_in_months": 4})
    assert changed.is_on("next_year_affordable")
    assert policy_from_text(changed.document) == changed


def test_a_plan_of_before_is_still_read_and_audited():
    world = late_world(1)
    world = replace(world, policy=policy_from_document(older(the_pack())))
    document = json.loads(json.dumps(plan_document(planned(world), world)))
    assert "opens_in_half_term" not in json.dumps(document["partnership"])
    assert "next_year" not in json.dumps(document)
    check_document(document)


def test_a_late_base_stands_in_the_plans_document():
    world = late_world(3, {"bases": {"lead_in_months": 4}})
    document = json.loads(json.dumps(plan_document(planned(world), world)))
    check_document(document)
    assert plan_from_document(document)[1].partnership == world.partnership
    base = world.partnership.bases[0]
    assert from_plain(Base, to_plain(base)) == base
    document["bases"][0]["next_year_pounds"] += 1
    with pytest.raises(Exception, match="next_year_pounds"):
        check_document(document)


def test_a_half_term_that_is_none_or_of_an_open_base_is_found(tmp_path):
    def found(is_open, half_term):
        for path in path_of("two_schools").glob("*.csv"):
            text = path.read_text(encoding="utf-8-sig")
            if path.stem == "Bases":
                head, *rows = text.splitlines()
                at = head.split(",").index("Open now")
                chosen = next(i for i, row in enumerate(rows) if row.split(",")[at] == is_open)
                rows = [f"{row},{half_term if i == chosen else ''}" for i, row in enumerate(rows)]
                text = "\n".join([f"{head},Opens in half-term", *rows])
            (tmp_path / path.name).write_text(text, encoding="utf-8")
        policy = a_policy()
        partnership, findings = read_partnership(tmp_path, need_codes=policy.need_codes(), role_ids=policy.role_ids())
        return partnership, [f.sentence() for f in findings if f.column == "Opens in half-term"]

    assert "there is no half-term 7" in found("no", 7)[1][0]
    assert "open already" in found("yes", 3)[1][0]
    partnership, said = found("no", 3)
    assert said == []
    assert sorted(b.opens_in_half_term for b in partnership.bases) == [1, 3]


def checks_of(path: Path):
    sheet = openpyxl.load_workbook(path, data_only=True)["Checks"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [row for row in rows if row[0] in {"costs_paid", "cohort_fill", "next_year_affordable"}]


@pytest.mark.parametrize("half_term", [1, 3, 6])
def test_the_workbook_checks_and_shows_what_bases_cost_over_time(tmp_path, half_term):
    changes = {
        "rules": {"next_year_affordable": True},
        "board": {"cohort_fill_percent": 60},
        "bases": {"lead_in_months": 4, "places_per_teacher": 7},
    }
    world = late_world(half_term, changes)
    plan = planned(world)
    write_plan_workbook(plan, world, tmp_path / "plan.xlsx", fingerprint="f1" * 32, inputs_sha256="a2" * 32, policy_sha256="b3" * 32)
    rows = checks_of(tmp_path / "plan.xlsx")
    assert {row[0] for row in rows} == {"costs_paid", "cohort_fill", "next_year_affordable"}
    assert all(row[-1] is True for row in rows)
    text = {str(cell.value) for row in openpyxl.load_workbook(tmp_path / "plan.xlsx")["Bases"].iter_rows() for cell in row}
    assert {"Lead-in", "Next year"} <= text
    assert ("Opens in half-term" in text) == (half_term > 1)
    line = summary_lines(plan, world)[3]
    assert "Next year these bases cost £" in line
    assert (f"from half-term {half_term}" in line) == (half_term > 1)
    assert bases_next_year_pounds(world.partnership, world.policy, plan.amounts) >= base_pounds(
        world.partnership, world.policy, plan.amounts
    )
