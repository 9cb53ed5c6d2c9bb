"""What if: three answers beside a plan, the same from a world held long as from one stated anew; no process outlives its owner."""

import json
import multiprocessing
import threading
import time
from dataclasses import fields
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from builders import two_schools
from pages import FAIR, demonstration, fair_world
from planning import answer_for, plan_of

import optimisation.residents as residents_module
from optimisation.asked import Ending, Kind, Moved, Question
from optimisation.highs import Problem
from optimisation.residents import Residents
from optimisation.restate import _moved_on_arrays, restated, with_funds, world_with
from optimisation.sandbox import Sandbox
from optimisation.trial import hold
from optimisation.what_if import Beside
from optimisation.wishes import amount_wish
from planner.audit import breaches, price_points
from planner.documents import plan_document
from planner.errors import InputMustBeMended, SolverFault
from planner.measures import standing
from planner.need import world_of
from planner.policy import with_changes
from planner.supply import available_pounds
from planner.words import most_points
from web.command_line import main

CHANGES = 30


@pytest.fixture(scope="module")
def world():
    return demonstration()


@pytest.fixture(scope="module")
def plan(world):
    return plan_of(world, answer_for(world))


@pytest.fixture(scope="module")
def held(world):
    return hold(world)


def moved_at_random(rng, world):
    """A change or two that a board might try."""
    funds = [f.fund_id for f in world.partnership.funds if sum(available_pounds(f)) > 20_000]
    tries = (
        lambda: {"settings": (("board.line_percent", rng.choice((50, 60, 65, Decimal("72.5"), 75, 80))),)},
        lambda: {"settings": (("board.contingency_percent", rng.choice((0, 2, Decimal("4.5"), 8))),)},
        lambda: {"settings": (("board.moderated_pot_percent", rng.choice((0, 3, 6))), ("board.money_floor_percent", rng.choice((-20, -5, 0))))},
        lambda: {"settings": (("board.money_cap_percent", rng.choice((5, 20, 60))), ("board.sessions_floor_percent", rng.choice((-100, -40, 0))))},
        lambda: {"settings": (("rules.money_cap", rng.choice((True, False))), ("rules.smallest_block", rng.choice((True, False))))},
        lambda: {"settings": (("priorities.targeted", rng.choice((1, 2, 4))),)},
        lambda: {"funds": ((rng.choice(funds), rng.choice((-20_000, -1000, 5000, 60_000))),)},
        lambda: {"settings": ((f"roles.{rng.choice(world.policy.roles).role_id}.vacancy_held_back_percent", rng.choice((0, 5, 25))),)},
    )  # fmt: skip
    return Moved(**rng.choice(tries)())


def moved_in_fairness(rng):
    """A change or two of what a board may switch on."""
    tries = (
        {"board.cohort_fill_percent": rng.choice((0, 50, 80, 100))},
        {"board.next_year_affordable_percent": rng.choice((85, 90, 100)), "prices.next_year_affordable": Decimal("0.001")},
        {"board.host_share_percent": rng.choice((0, 20, 80)), "board.sessions_cap_percent": rng.choice((80, 150))},
        {"board.secondary_places_per_1000": rng.choice((5, 20)), "board.secondary_places_target_year": 2027},
        {"board.standard_floors.learning_consultation": rng.choice((0, 10, 40))},
        {"board.money_taper_years": 3, "board.money_taper_year": rng.choice((1, 2, 3))},
        {f"rules.{rng.choice(FAIR)}": False},
        {f"prices.{rng.choice(FAIR)}": rng.choice((0, Decimal("0.002"), 1))},
        {"prices.vacancy_held_back": Decimal("0.01"), "prices.smallest_block": Decimal("0.1")},
        {"board.line_percent": 65, "board.cohort_fill_percent": 30},
    )  # fmt: skip
    return Moved(settings=tuple(rng.choice(tries).items()))


def same(one: Problem, other: Problem):
    """Whether two problems are one to the last bit."""
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name)) if f.name != "columns" else len(one.columns) == len(other.columns)
        for f in fields(Problem)
    )


def test_a_world_with_settings_moved_is_the_world_stated_anew_to_the_last_bit(world, held):
    rng = Random(6)
    for _ in range(CHANGES // 3):
        moved = moved_at_random(rng, world)
        after = world_with(world, moved)
        partnership = with_funds(world.partnership, dict(moved.funds), world.policy.board.september_to_march_months)
        cold = world_of(partnership, with_changes(world.policy, dict(moved.settings)))
        assert after == cold, moved
        again, anew = restated(held, after), hold(cold)
        assert same(again.problem, anew.problem), moved
        assert list(again.column) == list(anew.column)


@pytest.mark.parametrize(
    "moved",
    [
        {"settings": (("board.contingency_percent", 4),)},
        {"settings": (("board.moderated_pot_percent", 3), ("board.money_floor_percent", -10))},
        {"settings": (("board.money_floor_percent", 5), ("board.sessions_floor_percent", -40))},
        {"settings": (("board.money_cap_percent", 35),)},
        {"funds": (("dhn", 5000),)},
        {"funds": (("imf", -2000),), "settings": (("board.contingency_percent", 6),)},
        {"settings": (("board.line_percent", 75),)},
        {"settings": (("board.line_percent", 45), ("board.contingency_percent", 3))},
        {"settings": (("board.line_percent", 60),)},
        {"settings": (("board.line_percent", 100), ("priorities.targeted_plus", 5))},
        {"settings": (("priorities.targeted", 3), ("priorities.specialist", 1))},
        {"settings": (("rules.host_share", True), ("rules.phase_balance", True), ("rules.money_cap", False))},
        {"settings": (("rules.secondaries_in_proportion", True), ("rules.sessions_cap", True), ("rules.money_floor", False))},
        {"settings": (("rules.next_year_affordable", True), ("board.next_year_affordable_percent", 90), ("board.line_percent", 80))},
        {"settings": (("rules.sessions_floor", False),), "funds": (("dhn", 5000),)},
    ],
)
def test_what_is_moved_on_the_arrays_is_the_world_stated_anew(world, held, moved):
    """Limits; the line, also where the curve comes to have other segments; weights; rules switched."""
    after = world_with(world, Moved(**moved))
    partnership = with_funds(world.partnership, dict(moved.get("funds", ())), world.policy.board.september_to_march_months)
    assert after == world_of(partnership, with_changes(world.policy, dict(moved.get("settings", ()))))
    again, cold = _moved_on_arrays(held, after), hold(after)
    assert same(again.problem, cold.problem)
    assert not same(again.problem, held.problem)
    assert list(again.column) == list(cold.column)
    assert [(c.parent_component().name, c.index()) for c in again.problem.columns] == list(cold.column)
    assert (again.model.world, again.model.funds) == (after, {f.fund_id: f for f in after.partnership.funds})
    assert (again.model.segments, again.model.cells) == (cold.model.segments, cold.model.cells)


def test_floors_on_standards_are_moved_with_the_segments_of_the_curve(world):
    floored = world_of(
        world.partnership, with_changes(world.policy, {"rules.standard_floor": True, "board.standard_floors.learning_consultation": 10})
    )
    lasting = hold(floored)
    for line in (60, 50, 85):
        after = world_with(floored, Moved(settings=(("board.line_percent", line),)))
        assert same(_moved_on_arrays(lasting, after).problem, hold(after).problem)


@pytest.mark.parametrize(
    "setting",
    [
        ("rules.no_worse_outside", True), ("rules.cohort_fill", False), ("prices.money_cap", Decimal("0.1")), ("board.sessions_floor_percent", 10),
        ("board.host_share_percent", 30), ("roles.educational_psychologist.vacancy_held_back_percent", 25), ("board.negligible_pupils", 1),
    ],
)  # fmt: skip
def test_where_it_is_not_known_what_a_move_reaches_all_is_stated_anew(world, held, setting):
    after = world_with(world, Moved(settings=(setting,)))
    assert _moved_on_arrays(held, after) is None
    assert same(restated(held, after).problem, hold(after).problem)


@pytest.mark.parametrize("is_priced", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_rules_that_a_board_may_switch_on_are_moved_as_stated_anew(is_priced):
    rng = Random(9)
    fair = fair_world(is_priced=is_priced)
    lasting, at_once = hold(fair), 0
    for _ in range(10):
        moved = moved_in_fairness(rng)
        after = world_with(fair, moved)
        cold = world_of(fair.partnership, with_changes(fair.policy, dict(moved.settings)))
        assert after == cold, moved
        at_once += after.picture is fair.picture
        again = restated(lasting, after)
        assert same(again.problem, hold(cold).problem), moved
        assert list(again.column) == list(hold(cold).column)
    assert at_once > 7


def test_where_rules_give_way_the_bound_and_the_words_are_of_shortfall_and_price_together(world, plan):
    """A limit on next year that the plan misses by thousands, at a price at which missing it is worth while."""
    asked = {
        "rules.next_year_affordable": True,
        "board.next_year_affordable_percent": 90,
        "prices.next_year_affordable": Decimal("0.00001"),
    }
    money, estimate, whole = Beside(hold(world)).answers(Question(near=plan.amounts, moved=Moved(settings=tuple(asked.items()))))
    after = world_with(world, Moved(settings=tuple(asked.items())))
    assert whole.price_points == pytest.approx(float(price_points(after, whole.amounts)), abs=1e-4)
    assert whole.price_points > 0
    assert not list(breaches(after, whole.amounts))
    assert whole.bound_points <= whole.after.shortfall_points + whole.price_points
    assert whole.gap_points == pytest.approx(whole.after.shortfall_points + whole.price_points - whole.bound_points)
    assert estimate.after.shortfall_points + estimate.price_points <= whole.after.shortfall_points + whole.price_points + 1e-3
    assert f"rules that give way cost {most_points(whole.price_points)} points, 0.00 before" in whole.sentence
    assert "with both together" in whole.sentence
    assert money.price_points > 0


def test_every_rule_and_offer_at_once_is_answered(plan):
    fair = fair_world(is_priced=True)
    *_, whole = Beside(hold(fair)).answers(Question(near=plan.amounts, moved=Moved(settings=(("board.cohort_fill_percent", 80),))))
    after = world_with(fair, Moved(settings=(("board.cohort_fill_percent", 80),)))
    assert not list(breaches(after, whole.amounts))
    assert whole.gap_points < 0.2


def said(consequence):
    """What an answer says, without its time."""
    return {f.name: getattr(consequence, f.name) for f in fields(consequence) if f.name != "seconds"}


@pytest.mark.slow
def test_a_long_sequence_of_questions_is_answered_as_each_alone(world, plan, held):
    rng = Random(7)
    lasting = Beside(held)
    for _ in range(CHANGES):
        question = Question(near=plan.amounts, moved=moved_at_random(rng, world), seconds=60)
        assert [said(one) for one in lasting.answers(question)] == [said(one) for one in Beside(hold(world)).answers(question)]


def test_three_answers_come_in_order_and_the_whole_one_keeps_every_rule_and_its_bound(world, plan, held):
    moved = Moved(settings=(("board.contingency_percent", 1),), funds=((world.partnership.funds[0].fund_id, 4000),))
    money, estimate, whole = Beside(held).answers(Question(near=plan.amounts, moved=moved))
    assert [money.kind, estimate.kind, whole.kind] == list(Kind)
    after = world_with(world, moved)
    assert not list(breaches(after, whole.amounts))
    assert whole.after == standing(after.picture, after.policy, whole.amounts)
    assert whole.before == standing(after.picture, after.policy, plan.amounts)
    assert 0 <= whole.bound_points <= whole.after.shortfall_points
    assert whole.gap_points <= 0.12
    assert estimate.after.shortfall_points <= min(money.after.shortfall_points, whole.after.shortfall_points) + 1e-3
    assert "no plan could come below" in whole.sentence
    assert (money.bound_points, estimate.amounts) == (None, None)


def test_nothing_moved_changes_nothing_that_is_only_split(plan, held):
    money, estimate, whole = Beside(held).answers(Question(near=plan.amounts))
    assert (money.changes, estimate.changes) == ((), ())
    assert whole.after.shortfall_points <= whole.before.shortfall_points + 0.001


@pytest.mark.parametrize("percent", [1, 2])
def test_a_plan_that_still_holds_is_answered_by_none_with_more_need_below_the_line(plan, held, percent):
    moved = Moved(settings=(("board.contingency_percent", percent),))
    *_, whole = Beside(held).answers(Question(near=plan.amounts, moved=moved, kinds=(Kind.WHOLE,)))
    assert whole.after.shortfall_points <= whole.before.shortfall_points + 0.001
    assert "get less" not in whole.sentence


def test_a_wish_is_kept_and_one_that_cannot_be_is_said_to_be_impossible(world, plan, held):
    (recipient, service_id), had = max(plan.amounts.sessions.items(), key=lambda item: item[1] * item[0][0].isdecimal())
    fewer = amount_wish(world, int(recipient), service_id, at_most=had - 1)
    money, _, whole = Beside(held).answers(Question(near=plan.amounts, conditions=(fewer,)))
    assert money.ending is Ending.IMPOSSIBLE  # time is as in the plan
    assert whole.amounts.sessions.get((recipient, service_id), 0) <= had - 1
    beyond = amount_wish(world, int(recipient), service_id, at_least=10**6)
    assert {one.ending for one in Beside(held).answers(Question(near=plan.amounts, conditions=(beyond,)))} == {Ending.IMPOSSIBLE}


def gone(process, seconds=10.0):
    """Whether a process ends within some seconds."""
    process.join(seconds)
    return not process.is_alive()


def test_few_processes_live_and_none_outlives_its_owner():
    world = two_schools()
    plan = plan_of(world, answer_for(world))
    before = set(multiprocessing.active_children())
    question = Question(near=plan.amounts, moved=Moved(settings=(("board.line_percent", 75),)))
    answers = {}
    with Residents(most=1, idle_seconds=60) as residents:

        def ask(n):
            answers[n] = list(residents.ask("a plan", lambda: world, question))

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [said(one) for one in answers[0]] == [said(one) for one in answers[1]] == [said(one) for one in answers[2]]
        first = set(multiprocessing.active_children()) - before
        assert len(first) == 1
        with pytest.raises(InputMustBeMended, match="no fund"):
            list(residents.ask("another", lambda: world, Question(near=plan.amounts, moved=Moved(funds=(("none", 1),)))))
        assert gone(*first)
        second = set(multiprocessing.active_children()) - before
        assert len(second) == 1
        asking = residents.ask("another", lambda: world, question)
        assert next(asking).kind is Kind.MONEY
        with pytest.raises(SolverFault, match="try again in a moment"):
            next(residents.ask("a third", lambda: world, question))
        asking.close()
    assert gone(*second)
    with Residents(idle_seconds=0.2) as residents:
        list(residents.ask("a plan", lambda: world, question))
        third = set(multiprocessing.active_children()) - before
        assert gone(*third)
    with pytest.raises(SolverFault, match="closing"):
        next(residents.ask("a plan", lambda: world, question))


def test_whoever_asks_a_resident_whose_solver_fails_at_once_hears_of_it(world, plan, monkeypatch):
    class Failing:
        def __init__(self, **_: object) -> None:
            raise SolverFault("No solver could be started.")

    def put_late(self, asked):
        time.sleep(0.3)  # long enough for the thread to fail meanwhile
        put(self, asked)

    put = residents_module._Resident.put
    monkeypatch.setattr(residents_module, "Solver", Failing)
    monkeypatch.setattr(residents_module._Resident, "put", put_late)
    heard = []

    def ask():
        with pytest.raises(SolverFault, match="No solver could be started"):
            list(residents.ask("a plan", lambda: world, Question(near=plan.amounts)))
        heard.append(True)

    with Residents() as residents:
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(10)
    assert heard


def test_with_prices_the_sentence_compares_need_and_price_together_with_the_bound(plan):
    base = two_schools()
    world = world_of(base.partnership, with_changes(base.policy, {"prices.vacancy_held_back": 50}))
    near = plan_of(world, answer_for(world)).amounts
    answer = list(Beside(hold(world)).answers(Question(near=near)))[-1]
    assert answer.bound_points <= answer.after.shortfall_points + answer.price_points
    assert answer.gap_points == pytest.approx(answer.after.shortfall_points + answer.price_points - answer.bound_points, abs=1e-6)
    if answer.price_points:
        assert "with both together" in answer.sentence


def test_a_process_that_died_is_started_again_for_the_next_question(world, plan):
    with Sandbox(world) as sandbox:
        found = []
        sandbox.what_if(Question(near=plan.amounts), tell=found.append)
        sandbox._solver._process.kill()
        time.sleep(0.2)
        sandbox.what_if(Question(near=plan.amounts), tell=found.append)
    assert [said(one) for one in found[:3]] == [said(one) for one in found[3:]]


def test_the_command_prints_three_answers_and_writes_them(world, plan, tmp_path, capsys):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_document(plan, world)), encoding="utf-8")
    fund = world.partnership.funds[0].fund_id
    out = tmp_path / "what-if.json"
    assert main(["what-if", str(path), "--set", "board.line_percent=75", "--fund", f"{fund}=+5000", "--json", str(out)]) == 0
    printed = capsys.readouterr()
    assert "estimate" in printed.out
    assert "In whole numbers" in printed.out
    assert not printed.err
    assert [one["kind"] for one in json.loads(out.read_text(encoding="utf-8"))["answers"]] == ["money only", "estimate", "whole numbers"]
    for wrong in (
        ["--set", "board.line_percent=500"],
        ["--set", "line"],
        ["--fund", "none=+5"],
        ["--fund", f"{fund}=5"],
        ["--wish", "1", "grant", "at-least", "5"],
    ):
        assert main(["what-if", str(path), *wrong]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1
