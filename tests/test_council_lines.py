"""A plan on the council's own lines: every penny and every place once, and nothing placed under a heading that is not known."""

from __future__ import annotations

import io
import json
import tomllib
from collections import Counter, defaultdict
from dataclasses import replace
from importlib.resources import files
from random import Random

import openpyxl
import pytest
from builders import a_base, a_fund, a_service, a_world, random_world
from pages import demonstration_document, demonstration_plan
from recalculating import recalculated
from test_plan_workbook import formulas, table

from optimisation.greedy import greedy_amounts
from planner.council_lines import NOT_BY_PLAN, money_lines, place_lines, placed, planned_pence, questions, sums
from planner.errors import InputMustBeMended
from planner.export.plan_council import FOLLOWS, NOT_MAPPED
from planner.export.plan_workbook import plan_workbook
from planner.measures import fund_accounts, paid_by_year
from planner.offers import purchases
from planner.partnership import FundSource, FundUse
from planner.plan import Amounts
from planner.policy_lines import DEFAULT_LINES, headings_from_document, load_headings
from planner.supply import base_lead_in_pounds, base_opening_pounds, base_running_pounds
from web.command_line import main

YEARS = ("2026-27", "2027-28")
PACK = load_headings()
FORMS = {form.form_id: form for form in PACK.forms}


def document():
    """The shipped headings as a document, to be changed."""
    return tomllib.loads(files("planner.policy_packs").joinpath(f"{DEFAULT_LINES}.toml").read_text(encoding="utf-8"))


def refusal(doc):
    with pytest.raises(InputMustBeMended) as refused:
        headings_from_document(doc)
    assert str(refused.value).endswith(".")
    return str(refused.value)


def adds_up(world, amounts):
    """Lines by fund, use and financial year are the funds' accounts, by payee what each costs, by form all of them."""
    lines = money_lines(world, amounts)
    assert all(min(line.pence) >= 0 for line in lines)
    found = Counter()
    for line in lines:
        for year, pence in zip(YEARS, line.pence, strict=True):
            found[line.fund.fund_id, year, line.use] += pence
    for account in fund_accounts(world.partnership, world.policy, amounts):
        by_use = dict(account.by_use) | {FundUse.GRANTS: account.grants, FundUse.MODERATED_POT: account.moderated_pot}
        for use, pounds in by_use.items():
            assert found[account.fund_id, account.financial_year, use] == 100 * pounds, (account, use)
    by_payee = Counter()
    for line in lines:
        by_payee[line.use, line.payee.name, line.payee.role, line.payee.urn] += sum(line.pence)
    p, policy = world.partnership, world.policy
    costs = Counter()
    for service, bought in zip(p.services, purchases(p, amounts), strict=True):
        costs[FundUse.SPECIALIST_TIME, service.name, service.role, None] += 100 * bought.pounds
    hosts = {
        base.base_id: (f"{base.name} ({school.name})", "", school.urn)
        for base in p.bases
        for school in p.schools
        if school.urn == base.host_urn
    }
    for base in p.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        if size:
            running = base_running_pounds(base, size, policy) + base_lead_in_pounds(base, size, policy)
            costs[FundUse.BASE_RUNNING, *hosts[base.base_id]] += 100 * running
            costs[FundUse.BASE_OPENING, *hosts[base.base_id]] += 100 * base_opening_pounds(base, policy)
    for use in (FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.BASE_OPENING):
        assert {k: n for k, n in by_payee.items() if k[0] is use} == {k: n for k, n in costs.items() if k[0] is use and n}
    planned = planned_pence(world, amounts)
    for form in PACK.forms_of("pounds"):
        whole = sums(PACK, form, YEARS, lines)
        assert tuple(sum(one.amounts[year] for one in whole) for year in (0, 1)) == planned
    return lines


# --- it adds up ------------------------------------------------------------------------------


def test_the_demonstration_adds_up_to_the_penny_by_fund_payee_year_and_form():
    facts = demonstration_plan().facts
    lines = adds_up(facts.world, facts.amounts)
    assert {line.use for line in lines} == {use for use in FundUse if use is not FundUse.BASE_OPENING or facts.opening_pounds}
    assert NOT_BY_PLAN not in {line.payee.name for line in lines}


@pytest.mark.parametrize("seed", range(20))
def test_random_plans_add_up_to_the_penny(seed):
    world = random_world(Random(seed))
    adds_up(world, greedy_amounts(world))


def test_money_that_costs_do_not_explain_is_kept_and_says_so():
    world = a_world(services=(a_service("slt", price_pounds_per_session=100),), people=(), bases=())
    amounts = Amounts(
        spending={("pool", 1, FundUse.SPECIALIST_TIME): 700, ("pool", 2, FundUse.SPECIALIST_TIME): 500}, sessions={("900001", "slt"): 6}
    )
    lines = money_lines(world, amounts)
    assert {line.payee.name: sum(line.pence) for line in lines} == {"Service slt": 60_000, NOT_BY_PLAN: 60_000}
    assert planned_pence(world, amounts) == (70_000, 50_000)


def test_places_count_for_the_months_from_the_half_term_a_base_opens_in():
    world = a_world(bases=(a_base("haven"), a_base("nest", is_open=False, places_now=0, pupils_now=0, sizes=(8,), opens_in_half_term=3)))
    haven, nest = place_lines(world, Amounts(base_sizes={"haven": 12, "nest": 8}))
    assert (haven.months, haven.twelfths) == ((7, 5), (84, 60))
    assert (nest.months, nest.twelfths) == ((3, 5), (24, 40))
    assert haven.funding_pence == (4_200_000, 3_000_000)
    assert sum(nest.funding_pence) == 100 * 8 * 6_000 * 8 // 12


def test_what_falls_by_march_is_that_of_each_base():
    world = a_world(bases=(a_base("haven"), a_base("nest", is_open=False, places_now=0, pupils_now=0, sizes=(8,), opens_in_half_term=5)))
    sizes = Amounts(base_sizes={"haven": 8, "nest": 8})
    twelfths, cost = paid_by_year(world.partnership, world.policy, sizes, FundUse.BASE_RUNNING)
    first = round(twelfths / 12)
    amounts = replace(sizes, spending={("pool", 1, FundUse.BASE_RUNNING): first, ("pool", 2, FundUse.BASE_RUNNING): cost - first})
    by_name = {line.payee.name.partition(" (")[0]: line.pence for line in money_lines(world, amounts)}
    assert by_name["Base nest"][0] == 0
    assert by_name["Base haven"][0] == 100 * first


# --- headings --------------------------------------------------------------------------------


def stands(form_id, year, **line):
    """Where a fund's line stands, and why nowhere."""
    world = a_world(funds=(a_fund(source=line.pop("source", FundSource.DEVOLVED_HIGH_NEEDS)),), **line.pop("more", {}))
    (one,) = money_lines(world, Amounts(**line))
    at = placed(PACK, FORMS[form_id], YEARS, one)[YEARS.index(year)]
    return at.heading.label if at.heading else "", at.because


def test_money_stands_under_the_heading_of_its_fund_use_and_payee():
    grant = {(900001, "pool"): 1_200}
    label, _ = stands("section_251", "2026-27", grants=grant)
    assert label.startswith("1.2.4 ")
    label, because = stands("section_251", "2026-27", grants=grant, source=FundSource.INCLUSIVE_MAINSTREAM_FUND)
    assert (label, "no line" in because) == ("", True)
    time = {("pool", 1, FundUse.SPECIALIST_TIME): 350, ("pool", 2, FundUse.SPECIALIST_TIME): 250}
    for role, line in (("speech_language_therapist", "1.2.13 "), ("specialist_teacher", "1.2.5 ")):
        more = {"services": (a_service("slt", role=role, price_pounds_per_session=100),)}
        label, _ = stands("section_251", "2026-27", spending=time, sessions={("900001", "slt"): 6}, more=more)
        assert label.startswith(line)
    label, because = stands("section_251", "2026-27", spending={("pool", 1, FundUse.CONTINGENCY): 5})
    assert (label, because) == ("", "It is held, not spent: it takes the line of what it is drawn for")


def test_a_base_of_an_academy_has_its_line_and_of_any_other_host_the_council_is_asked():
    world = a_world(bases=(a_base("haven"),))
    academy = replace(
        world, partnership=replace(world.partnership, schools=tuple(replace(s, trust="Alder Trust") for s in world.partnership.schools))
    )
    amounts = Amounts(
        base_sizes={"haven": 8}, spending={("pool", 1, FundUse.BASE_RUNNING): 16_333, ("pool", 2, FundUse.BASE_RUNNING): 11_667}
    )
    for there, line, place, is_asked in (
        (academy, "1.2.2 ", "Mainstream academies", False),
        (world, "", "", True),
    ):
        money, places = money_lines(there, amounts), place_lines(there, amounts)
        for one, form_id, begins in ((money[0], "section_251", line), (places[0], "high_needs_places", place)):
            at = placed(PACK, FORMS[form_id], YEARS, one)[0]
            assert (at.heading is None, not at.because) == (is_asked, not is_asked)
            assert at.heading is None or at.heading.label.startswith(begins)
        asked = questions(there, PACK, (*money, *places))
        assert any(q.startswith("Which of these hosts does the council maintain") and "Base haven" in q for q in asked) is is_asked
        assert any("from April to August 2026" in q for q in asked)


def test_money_without_a_rule_is_not_mapped_and_never_dropped():
    doc = document()
    doc["rules"] = [rule for rule in doc["rules"] if "grants to schools" not in rule.get("uses", [])]
    world, amounts = a_world(), Amounts(grants={(900001, "pool"): 1_200})
    (one,) = sums(headings_from_document(doc), FORMS["section_251"], ["2026-27", "2026-27"], money_lines(world, amounts))
    assert (one.placed.heading, sum(one.amounts)) == (None, 120_000)
    assert one.placed.because == "No rule of the pack for 2026-27 is about it"


def test_a_year_that_the_pack_lacks_says_which_pack_is_needed():
    facts = demonstration_plan().facts
    lines = money_lines(facts.world, facts.amounts)
    later = [one for one in sums(PACK, FORMS["section_251"], YEARS, lines) if one.amounts[1]]
    assert len(later) == 1
    assert later[0].placed.because == (
        "This pack has no headings of the Section 251 budget for 2027-28: a version of england-council-lines after 1 with headings for 2027-28 is needed"
    )
    assert "Section 251 budget for 2027-28" in questions(facts.world, PACK, lines)[-1]


def test_every_heading_says_where_it_was_read_and_every_rule_can_be_reached():
    assert all(heading.source and heading.confidence for heading in PACK.headings)
    assert {heading.heading_id for heading in PACK.headings} == {rule.heading_id for rule in PACK.rules if rule.heading_id}
    assert all(heading.year for heading in PACK.headings if heading.confidence == "sourced")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("version",), 0, "version must be a whole number"),
        (("colour",), "red", "the file has colour, which is none of"),
        (("title",), " ", "the file must have a title"),
        (("forms",), {}, "forms must hold tables"),
        (("forms", "apt", "counts"), "pupils", "forms.apt.counts must be one of pounds, places; it is 'pupils'"),
        (("headings", "s251_1_2_1", "form"), "s252", "headings.s251_1_2_1.form must be one of"),
        (("headings", "s251_1_2_1", "year"), "2023-25", "headings.s251_1_2_1.year must be a financial year"),
        (("headings", "s251_1_2_1", "source"), "", "headings.s251_1_2_1 must have a source"),
        (("headings", "s251_1_2_1", "confidence"), "sure", "headings.s251_1_2_1.confidence must be one of"),
        (("rules",), [], "rules must each be a table"),
        (("rules", 0, "years"), [], "rule 1 must say for which years"),
        (("rules", 0, "years"), ["2026"], "rule 1, years must be a financial year"),
        (("rules", 0, "sources"), ["lottery"], "rule 1, sources must be one of"),
        (("rules", 0, "uses"), "grants", "rule 1, uses must be a list"),
        (("rules", 0, "heading"), "s251_1_2_4", "rule 1 must have either a heading or a because"),
        (("rules", 8, "heading"), "apt_academies", "rule 9, heading must be one of"),
        (("rules", 0, "is_funded"), "yes", "rule 1, is_funded must be true or false"),
    ],
)
def test_headings_that_cannot_be_right_are_refused_by_name(path, value, said):
    doc = document()
    node = doc
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value
    assert said in refusal(doc)


# --- the command -----------------------------------------------------------------------------


def test_the_command_prints_every_form_and_writes_every_line(tmp_path, capsys):
    plan, out = tmp_path / "plan.json", tmp_path / "lines.json"
    plan.write_text(json.dumps(demonstration_document()), encoding="utf-8")
    assert main(["lines", str(plan), "--json", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(form.name in said for form in PACK.forms)
    assert "1.2.13 Therapies and other health related services" in said
    assert "not mapped: This pack has no headings of the Section 251" in said
    data = json.loads(out.read_text(encoding="utf-8"))
    facts = demonstration_plan().facts
    assert [sum(line["pence"][year] for line in data["money"]) for year in (0, 1)] == list(planned_pence(facts.world, facts.amounts))
    assert {at["year"] for line in data["places"] for at in line["stands_under"]["apt"]} == set(YEARS)
    for text in ("id = 1", "x = "):
        (tmp_path / "h.toml").write_text(text, encoding="utf-8")
        assert main(["lines", str(plan), "--headings", str(tmp_path / "h.toml")]) == 1
    assert main(["lines", str(plan), "--headings", str(tmp_path / "none.toml")]) == 1


# --- the workbook ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workbook():
    return plan_workbook(demonstration_plan().facts, fingerprint="f" * 64, inputs_sha256="a" * 64, policy_sha256="b" * 64)


def test_the_sheet_adds_up_live_to_what_the_funds_pay(workbook):
    facts = demonstration_plan().facts
    shown = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)
    *lines, total = table(shown["Council lines"], "Payee")
    first, second = (pence / 100 for pence in planned_pence(facts.world, facts.amounts))
    assert (total[f"{YEARS[0]}, September to March"], total[f"{YEARS[1]}, April to August"]) == pytest.approx((first, second))
    assert len(lines) == len(money_lines(facts.world, facts.amounts))
    by_heading = [row for row in table(shown["Council lines"], "Read in the return of") if row["Academic year"]]
    assert by_heading[-1]["Heading"] == "Total"
    assert by_heading[-1]["Academic year"] == pytest.approx(first + second)
    assert by_heading[-2]["Heading"] == NOT_MAPPED
    live = formulas(io.BytesIO(workbook))
    assert any("EXACT" in text and "IF(" in text for (sheet, _), text in live.items() if sheet == "Council lines")
    assert not [at for at in live if at[0] == "Council lines" and shown[at[0]][at[1]].value is None]
    check = next(row for row in table(shown["Checks"], "What is tested") if row["What is tested"].startswith("Council lines"))
    assert (check["Holds"], check["Rule"]) == (True, "adds_up")


def test_what_is_said_to_follow_other_sheets_does_and_nothing_else(workbook):
    sheet = openpyxl.load_workbook(io.BytesIO(workbook))["Council lines"]
    *lines, _ = table(sheet, "Payee")
    follows = defaultdict(set)
    for line in lines:
        amount = str(line[f"{YEARS[0]}, September to March"])
        follows[line["Pays for"]].add(amount[2:].partition("'")[0].partition("!")[0] if amount.startswith("=") else "")
    assert follows == {
        "grants to schools": {"Schools"}, "contingency": {"Money"}, "moderated pot": {"Money"},
        "specialist time": {""}, "running bases": {""},
    }  # fmt: skip
    assert "=" not in {str(row["Places"])[:1] for row in table(sheet, "Kind")[:-1]}
    assert set(FOLLOWS) <= {cell.value for row in sheet.iter_rows(max_col=1) for cell in row}


@pytest.mark.slow
def test_libreoffice_moves_a_hosts_money_to_the_line_that_the_council_chooses(workbook, tmp_path):
    path = tmp_path / "plan.xlsx"
    path.write_bytes(workbook)
    mine = openpyxl.load_workbook(path, data_only=True)["Council lines"]
    changed = openpyxl.load_workbook(path)
    page = changed["Council lines"]
    at = next(cell.row for cell in page["B"] if cell.value == 900108)
    assert page.cell(at, 4).value == "academy"
    page.cell(at, 4).value = "maintained"
    changed.save(path)
    theirs = recalculated({"plan": path.read_bytes()}, tmp_path)["plan"].values
    top_up = next(cell.row for cell in mine["A"] if cell.value and str(cell.value).startswith("1.2.1 "))
    assert mine.cell(top_up, 5).value == 0
    moved = sum(
        row["2026-27, September to March"]
        for row in table(mine, "Payee")
        if row["Pays for"] == "running bases" and row["Payee"].startswith("The Crossing Room") and row["Fund"] == "Devolved high needs"
    )
    assert theirs["Council lines", f"E{top_up}"] == pytest.approx(moved)
    assert moved > 0
