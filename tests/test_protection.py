"""What protection costs: what is said holds in a world without the rule, and pounds moved are those of the plan found."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from builders import two_schools
from here import Here
from pages import document_of
from planning import answer_for, plan_of

from optimisation.asked import Trial
from optimisation.protection import ALL, protection_of, protections_on
from optimisation.trial import attempt, hold
from planner.audit import leading_points
from planner.need import world_of
from planner.policy import with_settings
from web.command_line import main

TIGHT = 0.001


@pytest.fixture(scope="module")
def world():
    """Two schools with a floor on grants that tapers and a cap on time."""
    here = two_schools()
    board = {"money_floor_percent": 20, "money_taper_years": 4, "money_taper_year": 2, "sessions_cap_percent": 0}
    return world_of(here.partnership, with_settings(here.policy, {"board": board, "rules": {"sessions_cap": True}}))


@pytest.fixture(scope="module")
def plan(world):
    return plan_of(world, answer_for(world))


@pytest.fixture(scope="module")
def found(world, plan):
    return protection_of(Here(world), plan)


def test_every_floor_and_cap_that_is_on_has_its_cost_and_then_all_together(world, found):
    assert [one.words for one in found.rules] == [*protections_on(world).values(), ALL]
    assert "year 2 of a taper over 4: -33.3 percent" in found.rules[0].words
    assert "standard_floor" not in protections_on(world)


def test_what_a_rule_costs_holds_in_a_world_without_it(world, found):
    today = attempt(hold(world), Trial(words="again", gap=TIGHT, seconds=60)).value
    for one in found.rules[:2]:
        off = world_of(world.partnership, with_settings(world.policy, {"rules": dict.fromkeys(one.rule_ids, False)}))
        without = attempt(hold(off), Trial(words="again", gap=TIGHT, seconds=60)).value
        assert one.worth.least - 2 * TIGHT <= today - without <= one.worth.most + 2 * TIGHT


def test_pounds_moved_are_what_schools_have_above_the_plan_without_the_rule(plan, found):
    shown = [one for one in found.rules if one.moved_pounds is not None]
    assert shown
    for one in shown:
        near = one.tried[-1].amounts
        if near is None:
            continue
        urns = {urn for urn, _ in (*plan.amounts.grants, *near.grants)}
        has = {urn: [sum(n for (u, _), n in amounts.grants.items() if u == urn) for amounts in (plan.amounts, near)] for urn in urns}
        assert one.moved_pounds == sum(max(here - there, 0) for here, there in has.values())


def test_where_rules_give_way_at_a_price_it_counts_on_both_sides():
    base = two_schools()
    world = world_of(base.partnership, with_settings(base.policy, {"prices": {"vacancy_held_back": Decimal("0.02")}}))
    plan = plan_of(world, answer_for(world))
    found = protection_of(Here(world), plan)
    assert found.best.least <= float(leading_points(world, plan.amounts)) + TIGHT
    tried = [*found.today, *(one for rule in found.rules for one in rule.tried)]
    assert not [one.trial.words for one in tried if one.status == "impossible"]


def test_all_together_cost_no_less_than_each(found):
    *each, together = found.rules
    assert together.worth.least >= max(one.worth.least for one in each)


def test_the_command_says_it_and_writes_it(tmp_path, capsys):
    document = document_of(two_schools())
    path, out = tmp_path / "plan.json", tmp_path / "protection.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert main(["values", str(path), "--protection", "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Without the floor on every school's grant" in said
    data = json.loads(out.read_text(encoding="utf-8"))
    assert [one["rules"] for one in data["protection"]][:1] == [["money_floor"]]
    assert all(one["searches"] for one in data["protection"])


def test_where_nothing_is_protected_nothing_is_asked(world, plan):
    here = world_of(replace(world.partnership, last_year=(), contributions=()), world.policy)
    assert protections_on(here) == {}
    assert protection_of(Here(here), plan).rules == ()
