"""Why, why not and what it would take: what is said is proved again by other means."""

import json
from dataclasses import replace

import pytest
from pages import FAIR, demonstration, fair_world
from planning import answer_for, answer_number, plan_of, shortfall_points, world_number

from optimisation.asked import Aim, Trial
from optimisation.levers import levers_of
from optimisation.messages import Answer
from optimisation.model import build_model
from optimisation.trial import attempt, changeable, hold
from optimisation.why import explain
from optimisation.why.records import Wish
from optimisation.why.ways import MONEY_STEP_POUNDS
from optimisation.wishes import amount_wish
from planner.audit import breaches
from planner.documents import plan_document
from planner.errors import InputMustBeMended
from planner.need import world_of
from planner.partnership import GRANT_ITEM
from web.command_line import main

COPPERFOLD, WINDLE, MARDEN = 900101, 900107, 900108
TIGHT = 0.001


class Here:
    """A sandbox without a process of its own."""

    def __init__(self, world):
        self.world, self.held, self.log = world, hold(world), []

    def ask(self, trial):
        """One trial's answer, kept."""
        self.log.append(attempt(self.held, trial))
        return self.log[-1]

    def log_of_world(self):
        """All that was asked."""
        return list(self.log)


@pytest.fixture(scope="module")
def here():
    return Here(demonstration())


@pytest.fixture(scope="module")
def plan(here):
    return plan_of(here.world, answer_for(here.world))


@pytest.fixture(scope="module")
def marden(here, plan):
    return explain(here, plan, MARDEN, Wish(urn=MARDEN, item="st_trust", amount=16))


def least(here, **asked):
    """The least shortfall, searched anew and closely."""
    return attempt(here.held, Trial(words="again", gap=TIGHT, seconds=60, **asked))


def test_what_a_rule_is_worth_holds_when_it_is_searched_again_closely(here, marden):
    today = least(here).value
    assert marden.effects
    for effect in marden.effects:
        gain = today - least(here, without=effect.lever.places).value
        assert effect.worth.least - 2 * TIGHT <= gain <= effect.worth.most + 2 * TIGHT
        assert effect.worth.is_shown
        assert all(tried in here.log for tried in effect.tried)
    assert [e.worth.least for e in marden.effects] == sorted((e.worth.least for e in marden.effects), reverse=True)


def test_rules_called_quiet_are_worth_no_more_than_the_gaps(here, marden):
    for tried in marden.quiet_tried[1:]:
        gain = marden.best.most - least(here, without=tried.trial.without).bound
        assert gain <= 0.05, tried.trial.words


def test_every_rule_that_a_board_may_switch_on_can_be_asked_about_where_its_rows_are():
    fair = fair_world()
    model = build_model(fair)
    levers = [lever for school in fair.partnership.schools for lever in levers_of(fair, school.urn) if lever.rule_id in FAIR]
    assert {lever.rule_id for lever in levers} == set(FAIR)
    assert not [place for lever in levers for place in lever.places if place[1] is not None and place[1] not in model.component(place[0])]


def test_a_rule_that_its_head_has_locked_is_searched_too(here, plan):
    why = explain(here, plan, WINDLE)
    asked = {place for tried in here.log for place in tried.trial.without}
    assert ("head_rule", "windle_grant") in asked
    assert why.why_not is not None


def test_a_heads_own_rule_stands_in_the_way_and_letting_it_go_gives_what_is_asked(marden):
    asked = marden.why_not
    assert asked.ending == "impossible"
    assert [lever.rule_id for lever in asked.in_the_way] == ["head_rule"]
    assert "the head may relax it" in asked.sentences[0]
    assert [way.granted_by for way in marden.ways] == ["head"]
    assert marden.ways[0].tried[0].amounts.sessions[str(MARDEN), "st_trust"] >= 16


def test_what_no_need_would_use_and_what_is_there_already_take_no_ways(here, plan):
    beyond = explain(here, plan, WINDLE, Wish(urn=WINDLE, item=GRANT_ITEM, amount=90_000))
    assert (beyond.why_not.ending, beyond.ways) == ("impossible", ())
    assert "more would meet none" in beyond.why_not.sentences[0]
    there = explain(here, plan, WINDLE, Wish(urn=WINDLE, item=GRANT_ITEM, amount=10))
    assert (there.why_not.ending, there.ways_sentences) == ("has it", ())


def test_the_price_of_a_wish_holds_and_the_nearest_plan_gives_it_and_keeps_every_rule(here, plan):
    had = plan.amounts.sessions.get((str(COPPERFOLD), "slt_nhs"), 0)
    why = explain(here, plan, COPPERFOLD, Wish(urn=COPPERFOLD, item="slt_nhs", amount=had + 3))
    wish = amount_wish(here.world, COPPERFOLD, "slt_nhs", at_least=had + 3)
    cost = least(here, conditions=(wish,)).value - least(here).value
    assert why.why_not.price.least - 2 * TIGHT <= cost <= why.why_not.price.most + 2 * TIGHT
    near = next(t for t in why.why_not.tried if t.trial.aim is Aim.DISTANCE)
    assert near.amounts.sessions[str(COPPERFOLD), "slt_nhs"] >= had + 3
    unpaid = {"costs_paid", "contingency_held", "moderated_pot_released"}
    assert {b.rule.rule_id for b in breaches(here.world, near.amounts)} <= unpaid
    pounds = sum(abs(one.amount(near.amounts) - one.amount(plan.amounts)) * one.pounds for one in changeable(here.world))
    assert near.value == pytest.approx(pounds / 1000, abs=0.01)
    assert near.bound <= near.value + 1e-6
    moved = {(c.whose, c.what, c.before, c.after) for c in why.why_not.changes}
    assert len(moved) == sum(one.amount(near.amounts) != one.amount(plan.amounts) for one in changeable(here.world))


@pytest.mark.slow
def test_the_least_time_that_would_do_is_enough_in_a_world_that_has_it_and_one_step_less_is_not(here, plan):
    had = plan.amounts.sessions.get((str(COPPERFOLD), "slt_nhs"), 0)
    why = explain(here, plan, COPPERFOLD, Wish(urn=COPPERFOLD, item="slt_nhs", amount=had + 3))
    way = next(way for way in why.ways if way.unit == "half-days")
    wish = amount_wish(here.world, COPPERFOLD, "slt_nhs", at_least=had + 3)
    ways = [t for t in way.tried if not t.trial.kept]
    assert way.amount >= 1
    for steps, is_enough in ((way.amount, True), (way.not_enough, False)):
        more = (("vacancy_held_back", "slt_nhs", float(steps)), ("statutory_first", "slt_nhs", float(steps)))
        points = least(here, conditions=(wish,), more=more)
        assert (points.value <= why.plan_points + 2 * TIGHT) is is_enough
    assert ways


def test_more_in_a_fund_is_the_same_as_a_partnership_whose_fund_holds_more(here):
    world, fund = here.world, next(f for f in here.world.partnership.funds if f.fund_id == "imf")
    richer = replace(
        fund, september_to_march_pounds=fund.september_to_march_pounds + 7000, april_to_august_pounds=fund.april_to_august_pounds + 5000
    )
    p = replace(world.partnership, funds=tuple(richer if f is fund else f for f in world.partnership.funds))
    cold = attempt(hold(world_of(p, world.policy)), Trial(words="richer", gap=TIGHT))
    more = (("fund_balance", "imf, year 1", 7000.0), ("fund_balance", "imf, year 2", 5000.0))
    assert least(here, more=more).value == pytest.approx(cold.value, abs=2 * TIGHT)
    assert MONEY_STEP_POUNDS * 12 == 12_000


@pytest.mark.slow
def test_asking_for_another_school_does_not_search_again_what_is_known(here, plan):
    explain(here, plan, WINDLE)
    before = len(here.log)
    again = explain(here, plan, WINDLE)
    assert len(here.log) == before
    assert again.shares[0].plan == sum(n for (urn, _), n in plan.amounts.grants.items() if urn == WINDLE)


def test_who_or_what_is_not_there_is_said_in_one_sentence(here, plan):
    for urn, wish, words in (
        (1, None, "No member school"),
        (WINDLE, Wish(urn=WINDLE, item="magic", amount=3), "the items are grant, "),
        (WINDLE, Wish(urn=WINDLE, standard_id="magic", percent=70), "its standards are "),
    ):
        with pytest.raises(InputMustBeMended, match=words):
            explain(here, plan, urn, wish)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_every_school_of_any_small_world_gets_an_answer_that_claims_no_more_than_its_bounds(seed):
    world, answer = world_number(seed), answer_number(seed)
    if not isinstance(answer, Answer):
        pytest.skip("no plan keeps every rule")
    here, plan = Here(world), plan_of(world, answer)
    for school in world.partnership.schools:
        why = explain(here, plan, school.urn)
        assert why.best.least - 1e-6 <= why.best.most <= shortfall_points(world, plan.amounts) + 1e-3
        for effect in why.effects:
            assert 0 < effect.worth.least <= effect.worth.most + 1e-9
        for way in why.ways:
            assert way.not_enough < way.amount or way.unit == "rule"


def test_the_command_says_it_in_sentences_and_writes_the_searches_behind_them(here, plan, tmp_path, capsys):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_document(plan, here.world)), encoding="utf-8")
    assert main(["why", str(path), "--school", str(MARDEN), "--more", "grant", "10", "--json", str(tmp_path / "why.json")]) == 0
    said = capsys.readouterr()
    assert "The plan gives this already" in said.out
    assert not said.err
    written = json.loads((tmp_path / "why.json").read_text(encoding="utf-8"))
    assert written["why_not"]["ending"] == "has it"
    assert {"words", "status", "value", "bound", "seconds"} <= set(written["rules"][0]["searches"][0])
    assert main(["why", str(path), "--school", "1"]) == 1
    assert main(["why", str(path), "--school", str(MARDEN), "--more", "grant", "lots"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
