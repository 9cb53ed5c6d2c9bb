"""Comparing two to four ways to share: what differs, who keeps which rule, why; on the command line and as a workbook."""

import io
import json
from dataclasses import replace

import openpyxl
import pytest
from pages import demonstration_document, demonstration_plan
from planning import answer_number, plan_of, world_number

from optimisation.asked import Aim, Trial
from optimisation.certain import _between, certain_of
from optimisation.trial import attempt, hold
from planner.audit import breaches, leads
from planner.compare import Side, Unit, Verdict, baseline_side, compare
from planner.export.compare_workbook import compare_workbook
from planner.export.tables import CHANGE, CHANGE_POUNDS, HUNDREDTHS, POUNDS, WHOLE
from planner.measures import standing
from planner.need import world_of
from planner.policy import with_changes
from web.command_line import main
from web.commands.compare import lines


@pytest.fixture(scope="module")
def sides():
    facts = demonstration_plan().facts
    return [baseline_side(facts.plan.baselines[0], facts.world), Side(name="Plan 1", world=facts.world, amounts=facts.amounts)]


@pytest.fixture(scope="module")
def found(sides):
    return compare(sides)


def line(comparison, label):
    return next(one for one in comparison.headlines if one.label == label)


def test_every_side_is_measured_as_its_plan_is(sides, found):
    stands = [standing(side.world.picture, side.world.policy, side.amounts) for side in sides]
    assert line(found, "Standards fully met").figures == tuple(one.met for one in stands)
    assert line(found, "Need below the line of 70 percent").figures == tuple(one.shortfall_points for one in stands)


def test_what_differs_adds_up_to_the_difference_of_the_wholes(sides, found):
    (pair,) = found.pairs
    parts = [part for one in pair.differences for part in one.parts]
    for unit, total in ((Unit.POUNDS, "Grants to schools"), (Unit.HALF_DAYS, "Half-days given"), (Unit.STANDARDS, "Standards fully met")):
        first, second = line(found, total).figures
        assert sum(part.after - part.before for part in parts if part.unit is unit) == second - first
    sizes = [one.pounds for one in pair.differences]
    assert sizes == sorted(sizes, reverse=True)
    assert all(count.more + count.less + count.same == 12 for count in pair.counts)
    for one in found.axes:
        if one.key in {"schools", "phases", "deprivation", "rurality"}:
            assert sum(group.lines[0].figures[1] for group in one.groups) == sum(sides[1].amounts.grants.values())


def test_a_sentence_says_more_and_less_and_half_days_together(found):
    one = next(d for d in found.pairs[0].differences if len([p for p in d.parts if p.unit is Unit.HALF_DAYS]) > 1)
    assert "grant (from £" in one.sentence
    assert sum("half-day" in text for text in one.in_short) == 1


def test_rules_are_held_against_each_side_as_the_audit_does(sides, found):
    for n, side in enumerate(sides):
        broken = {breach.rule.rule_id for breach in breaches(side.world, side.amounts)}
        assert {row.rule_id for row in found.rules if row.verdicts[n] is Verdict.BREAKS} == broken
    row = next(row for row in found.rules if row.rule_id == "money_floor")
    assert row.verdicts == (Verdict.BREAKS, Verdict.KEEPS)
    assert row.is_protection
    assert "900105" not in row.examples[0], "schools by their names"


def test_last_years_payments_are_not_known_rather_than_broken(sides):
    first = replace(sides[0], method="last_year", amounts=replace(sides[0].amounts, spending={}, pots={}))
    rows = {row.rule_id: row.verdicts[0] for row in compare([first, sides[1]]).rules}
    assert rows["costs_paid"] is Verdict.UNKNOWN


def test_of_other_figures_only_what_is_common_is_compared_and_it_says_so(sides):
    plan, world = sides[1], sides[1].world
    school = world.partnership.schools[0]
    fewer = replace(world.partnership, schools=world.partnership.schools[1:], academic_year="2027/28")
    keys = {"grants": lambda key: key[0], "sessions": lambda key: key[0]}
    amounts = replace(
        plan.amounts, **{name: {k: n for k, n in getattr(plan.amounts, name).items() if str(of(k)) != str(school.urn)} for name, of in keys.items()}
    )  # fmt: skip
    policy = with_changes(world.policy, {"board.line_percent": 80})
    other = Side(name="Plan 2", world=world_of(replace(fewer, last_year=(), bases=(), host_conditions=()), policy), amounts=amounts)
    comparison = compare([plan, other])
    said = " ".join(comparison.notes)
    assert school.name in said
    assert "different years (2026/27, 2027/28)" in said
    assert {group.urn for group in comparison.axes[0].groups} == {s.urn for s in fewer.schools}
    why = comparison.pairs[0].why
    assert [one.path for one in why.policy] == ["board.line_percent"]
    assert why.figures
    backwards = compare([other, plan])
    assert {row.verdicts[1] for row in backwards.rules} == {Verdict.UNKNOWN}, "a plan with a school that the first does not hold"
    (broken,) = [line.figures for line in backwards.headlines if line.unit is Unit.RULES]
    assert broken[1] is None, "what nobody could hold against the rules breaks none for all anybody knows, and is not said to"
    assert f"{backwards.sides[1].name}: not known" in "\n".join(lines(backwards))


def test_where_nobody_knows_what_is_rural_it_is_said(sides):
    world = sides[1].world
    schools = tuple(replace(school, area_type="", school_idaci_decile=None) for school in world.partnership.schools)
    plain = world_of(replace(world.partnership, schools=schools), world.policy)
    axes = {axis.key: axis for axis in compare([replace(side, world=plain) for side in sides]).axes}
    assert axes["rurality"].groups == axes["deprivation"].groups == ()
    assert "do not say which schools are rural" in axes["rurality"].note


def test_the_workbook_holds_differences_as_formulas_with_their_figures(sides, found):
    data = compare_workbook(found)
    assert data == compare_workbook(compare(sides)), "the same comparison, the same file"
    live, shown = openpyxl.load_workbook(io.BytesIO(data)), openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    assert live.sheetnames == [
        "Summary", "Differences", "Schools", "Services", "Bases", "Standards", "Phase", "Deprivation", "Rural and urban", "Rules", "Why", "Provenance"
    ]  # fmt: skip
    seen = 0
    for row in live["Schools"].iter_rows():
        for cell in row:
            if cell.data_type == "f":
                a, b = cell.value.lstrip("=").split("-")
                assert shown["Schools"][cell.coordinate].value == shown["Schools"][a].value - shown["Schools"][b].value
                seen += 1
    assert seen == 4 * 12
    counts = [[cell.value for cell in row] for row in shown["Summary"].iter_rows() if row[0].value == found.pairs[0].side.name]
    assert [tuple(row[2:5]) for row in counts] == [(c.more, c.less, c.same) for c in found.pairs[0].counts]
    assert all(cell.data_type == "f" for row in live["Summary"].iter_rows() if row[1].value == "grant" for cell in row[2:5])
    words = [part.words for one in found.pairs[0].differences for part in one.parts]
    assert [row[7].value for row in shown["Differences"].iter_rows() if row[6].value is not None][1:] == words


def test_each_figure_beside_another_is_shown_in_its_own_unit(found):
    page = openpyxl.load_workbook(io.BytesIO(compare_workbook(found)))["Summary"]
    looks = {row[0].value: (row[2].number_format, row[4].number_format) for row in page.iter_rows(max_col=5) if row[0].value}
    assert looks["Grants to schools"] == (POUNDS, CHANGE_POUNDS)
    assert looks["Standards fully met"] == (WHOLE, CHANGE)
    assert looks["Need below the line of 70 percent"][0] == HUNDREDTHS


def test_the_workbook_says_which_plan_each_side_is(found):
    document = demonstration_document()
    sides = [replace(side, fingerprint=document["fingerprint"]) for side in found.sides]
    page = openpyxl.load_workbook(io.BytesIO(compare_workbook(compare(sides))))["Provenance"]
    said = {row[0]: row[1:3] for row in page.iter_rows(values_only=True) if row[0]}
    assert said["Fingerprint of its plan"] == (document["fingerprint"],) * 2
    assert said["Inputs, SHA-256"] == (document["inputs_sha256"],) * 2
    assert said["Policy, SHA-256"] == (document["policy_sha256"],) * 2
    assert "in proportion to its need" in said["How it shares"][0]


def test_the_command_compares_and_refuses_with_a_sentence(tmp_path, capsys):
    plan, out = tmp_path / "plan.json", tmp_path / "compare.xlsx"
    plan.write_text(json.dumps(demonstration_document()), encoding="utf-8")
    assert main(["compare", "formula", str(plan), "--out", str(out), "--json", str(tmp_path / "c.json")]) == 0
    said = capsys.readouterr().out
    assert "beside Formula share:" in said
    assert "No school's grant falls below the board's floor on last year. Missed at 4;" in said
    assert out.stat().st_size > 5000
    data = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert data["of"] == ["Formula share", "plan.json"]
    assert data["beside_the_first"][0]["differences"][0]["sentence"] in said
    for wrong, why in (
        (["formula", "greedy"], "Name at least one plan.json"),
        ([str(plan)], "Name 2 to 4"),
        (["greedy", str(plan)], "holds only formula"),
    ):
        assert main(["compare", *wrong]) == 1
        assert why in capsys.readouterr().err
    assert main(["compare", "formula", str(plan), "--out", str(plan)]) == 1


def test_two_plans_of_one_question_say_so():
    facts = demonstration_plan().facts
    comparison = compare([Side(name=name, world=facts.world, amounts=facts.amounts, ending="E.") for name in ("a", "b")])
    assert comparison.pairs[0].differences == ()
    assert "two searches of the same question" in comparison.pairs[0].why.sentences[0]


SEED = 2
"""A random world whose rules can all hold."""


class Here:
    """Asks in this process what a sandbox asks in another."""

    def __init__(self, world):
        self.world, self._held = world, hold(world)

    def ask(self, trial):
        return attempt(self._held, trial)


def test_a_bound_that_only_the_solver_s_tolerance_takes_past_a_step_leaves_that_step_in():
    world = world_number(SEED)
    tried = attempt(hold(world), Trial(words=""))
    low, high = replace(tried, bound=240.5), replace(tried, bound=-479.5)
    one = _between("grant", 1, "", 120, 360, [low, high])
    assert (one.least, one.most) == (240, 480)
    assert _between("grant", 1, "", 120, 360, [replace(tried, bound=250.0), replace(tried, bound=-470.0)]).least == 360


def test_bounds_of_what_is_certain_hold_for_every_plan_close_to_the_best():
    world = world_number(SEED)
    plan = plan_of(world, answer_number(SEED))
    certain = certain_of(Here(world), plan.amounts, best_points=leads(world, plan.amounts))
    assert certain.between
    for one in certain.between:
        for amount in (one.here, one.found_least, one.found_most):
            assert one.least <= amount <= one.most
    others = [
        Here(world).ask(Trial(words="", aim=aim, most_shortfall_points=certain.cap_points)).amounts for aim in (Aim.UNMET, Aim.FURTHEST)
    ]
    for amounts in others:
        for one in certain.between:
            if one.what == "grant":
                assert one.least <= sum(n for (urn, _), n in amounts.grants.items() if urn == one.urn) <= one.most
            if one.what == "places":
                assert one.least <= amounts.base_sizes.get(one.base_id, 0) <= one.most
