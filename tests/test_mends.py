"""Rules that are made to clash: the clash names what was planted, it is the smallest, and each way to make room has a plan.

6 planted worlds in the short run, one of each kind, 200 with the slow ones.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from random import Random

import pytest
from builders import a_person, a_service, a_world, random_world

from fixtures import path_of
from optimisation.clash import _only, smallest_clash
from optimisation.highs import compile_model, load, run
from optimisation.model import build_model
from optimisation.moves import EVERYWHERE, movables
from optimisation.places import may_clash, may_move, placed_rows
from optimisation.why_impossible import explain_impossible
from planner.audit import breaches, misfits
from planner.errors import InputMustBeMended
from planner.need import world_of
from planner.partnership import GRANT_ITEM, Bound, DecisionRight, HeadRule, LastYear
from planner.rules import RULES
from web.command_line import main
from web.commands.mends import with_wishes

SHORT, LONG = 6, 200
SEEDS = [*range(SHORT), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(SHORT, LONG))]
SECONDS = 60.0
TWO, IMPOSSIBLE = path_of("two_schools"), path_of("impossible")


# --- planting ------------------------------------------------------------------------------


def a_wish(world, number, item, bound, amount, *, school=0, is_locked=False):
    urn = world.partnership.schools[school].urn
    return HeadRule(rule_id=f"planted{number}", urn=urn, item=item, bound=bound, amount=amount, is_locked=is_locked)


def with_rules(world, *wishes, last_year=None, **board):
    p = replace(world.partnership, head_rules=wishes, last_year=world.partnership.last_year if last_year is None else last_year)
    rules_on = tuple((rule_id, True) for rule_id, _ in world.policy.rules_on)
    policy = replace(
        world.policy,
        rules_on=rules_on,
        board=replace(world.policy.board, money_taper_years=0, **{k: Fraction(v) for k, v in board.items()}),
    )
    return world_of(p, policy)


def with_a_service(world, *, block=6, in_post=30):
    service = a_service("planted_time", minimum_block_sessions=block)
    person = a_person("planted_post", "planted_time", sessions_a_year=in_post, statutory_sessions=0, other_duties_sessions=0)
    p = world.partnership
    return replace(world, partnership=replace(p, services=(*p.services, service), people=(*p.people, person)))


def more_than_there_is(world):
    world = with_a_service(world)
    return with_rules(world, a_wish(world, 1, "planted_time", Bound.AT_LEAST, 31), last_year=()), {"head_rule"}


def two_heads_and_a_scarce_service(world):
    world = with_a_service(world)
    wishes = (a_wish(world, n, "planted_time", Bound.AT_LEAST, 20, school=n) for n in (0, 1))
    return with_rules(world, *wishes, last_year=()), {"head_rule"}


def floors_above_the_pool(world):
    rows = tuple(LastYear(urn=s.urn, item=GRANT_ITEM, amount=400_000) for s in world.partnership.schools)
    return with_rules(world, last_year=rows, money_floor_percent=0, money_cap_percent=20), {"money_floor"}


def a_head_below_the_floor(world):
    rows = (LastYear(urn=world.partnership.schools[0].urn, item=GRANT_ITEM, amount=3_000),)
    wish = a_wish(world, 1, GRANT_ITEM, Bound.AT_MOST, 1_000)
    return with_rules(world, wish, last_year=rows, money_floor_percent=-10, money_cap_percent=100), {"money_floor", "head_rule"}


def less_than_a_block(world):
    """Possible if half-days could be had without their block: only whole numbers clash."""
    world = with_a_service(world)
    wishes = (a_wish(world, 1, "planted_time", Bound.AT_LEAST, 2), a_wish(world, 2, "planted_time", Bound.AT_MOST, 3))
    return with_rules(world, *wishes, last_year=()), {"smallest_block", "head_rule"}


def more_set_aside_than_is_left(world):
    return with_rules(world, last_year=(LastYear(urn=world.partnership.schools[0].urn, item=GRANT_ITEM, amount=50_000),),
                      contingency_percent=60, moderated_pot_percent=39, money_floor_percent=0), {"contingency_held", "moderated_pot_released", "money_floor"}  # fmt: skip


PLANTS = (more_than_there_is, two_heads_and_a_scarce_service, floors_above_the_pool, a_head_below_the_floor, less_than_a_block,
          more_set_aside_than_is_left)  # fmt: skip


def planted(seed):
    """A random world with a clash planted in it, and the rules of which the clash must name one. Every other clash is taken out."""
    rng = Random(seed)
    while True:
        world = random_world(rng)
        calm = with_rules(world, last_year=(), contingency_percent=0, moderated_pot_percent=0)
        if explain_impossible(calm, seconds=SECONDS) is None:
            break
    return PLANTS[seed % len(PLANTS)](calm)


def keeps(problem, rows):
    return run(load(_only(problem, rows), presolve=False), gap=100.0, seconds=SECONDS).status


# --- random worlds ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_planted_clash_is_named_and_each_way_to_make_room_has_a_plan_of_its_own(seed):
    world, named = planted(seed)
    found = explain_impossible(world, seconds=SECONDS)
    assert found is not None
    assert named & {placed.rule_id for placed in found.clash}
    assert found.is_smallest
    assert found.mends
    for mend in found.mends:
        check_mend(world, mend)
    sets = [frozenset((move.rule_id, move.place) for move in mend.moves) for mend in found.mends]
    assert not any(one <= other or other <= one for one, other in combinations(sets, 2))
    assert [len(one) for one in sets] == sorted(len(one) for one in sets)


def check_mend(world, mend):
    """The plan of a way passes the audit of the mended world, and misses a rule of the real one only where something moved."""
    assert list(misfits(mend.mended.world, mend.amounts)) == []
    excepted = {rule_id for rule_id, _ in mend.mended.exceptions}
    assert all(breach.rule.rule_id in excepted for breach in breaches(mend.mended.world, mend.amounts))
    moved = {move.rule_id for move in mend.moves}
    broken = {breach.rule.rule_id for breach in breaches(world, mend.amounts)}
    assert broken
    assert broken <= moved
    assert all(RULES[rule_id].is_relaxable for rule_id in moved)
    assert all(move.was != move.now for move in mend.moves)
    assert all(move.now.denominator == 1 or (move.unit == "percent" and (10 * move.now).denominator == 1) for move in mend.moves)
    assert 0 <= mend.bound_points <= mend.shortfall_points + 1e-3
    assert mend.proofs


@pytest.mark.parametrize("seed", range(len(PLANTS)))
def test_the_clash_is_proved_again_and_no_fewer_rules_can_move(seed):
    world, _ = planted(seed)
    problem = compile_model(build_model(world, only=may_clash(world), is_roomy=True, is_tight=False))
    rows = placed_rows(problem)
    clash = smallest_clash(problem, seconds=SECONDS).rules
    assert keeps(problem, [r for placed in clash for r in rows[placed]]) == "impossible"
    for left_out in clash:
        assert keeps(problem, [r for placed in clash if placed != left_out for r in rows[placed]]) == "optimal"
    first = explain_impossible(world, seconds=SECONDS).mends[0]
    assert first.is_fewest
    if len(first.moves) > 1:
        for one in movables(world, problem):
            free = {r for placed, at in rows.items() if one.placed in {placed, replace(placed, place=EVERYWHERE)} for r in at}
            assert keeps(problem, [r for at in rows.values() for r in at if r not in free]) == "impossible"


# --- by hand ---------------------------------------------------------------------------------


def test_two_heads_who_want_more_than_there_is_and_what_may_move():
    world = a_world({"rules": {"vacancy_held_back": False}})
    wishes = [a_wish(world, n, "slt", Bound.AT_LEAST, 30, school=n, is_locked=n == 0) for n in (0, 1)]
    world = world_of(replace(world.partnership, head_rules=tuple(wishes)), world.policy)
    found = explain_impossible(world, seconds=SECONDS)
    assert {(placed.rule_id, placed.place) for placed in found.clash} == {
        ("statutory_first", "slt"),
        ("head_rule", "planted0"),
        ("head_rule", "planted1"),
    }
    (only,) = found.mends
    assert [(move.was, move.now, move.granted_by) for move in only.moves] == [(30, 20, "the head of School 900002")]
    assert found.lines()[0].startswith("The rules cannot all hold.")
    assert found.lines()[-1].startswith("Every other way moves all the rules of this and more")


def test_when_only_law_and_locks_clash_nothing_is_offered():
    world = a_world()
    wish = a_wish(world, 1, "slt", Bound.AT_LEAST, 400, is_locked=True)
    found = explain_impossible(world_of(replace(world.partnership, head_rules=(wish,)), world.policy), seconds=SECONDS)
    assert (found.mends, found.ran_out) == ((), False)
    assert found.sentence().startswith("The rules that nobody may relax cannot all hold")
    assert "and it is locked" in found.lines()[1]
    assert not any(may_move(world_of(replace(world.partnership, head_rules=(wish,)), world.policy), placed) for placed in found.clash)


def test_what_is_for_information_only_is_said_to_be():
    world = a_world(services=(a_service("slt", decision_right=DecisionRight.INFORMATION),), people=(a_person("slt1", "slt"),))
    world = world_of(replace(world.partnership, head_rules=(a_wish(world, 1, "slt", Bound.AT_LEAST, 5),)), world.policy)
    found = explain_impossible(world, seconds=SECONDS)
    assert found.lines()[1].endswith("Service slt is for information only, so no plan gives any of it.")
    assert [move.now for mend in found.mends for move in mend.moves] == [0]


def test_no_time_is_said_and_nothing_is_claimed():
    world, _ = planted(2)
    found = explain_impossible(world, seconds=-1.0)
    assert not found.is_every_way
    assert found.mends or "no time" in found.sentence()


# --- the command -----------------------------------------------------------------------------


def test_the_command_says_ways_and_writes_the_same_as_data(tmp_path, capsys):
    out = tmp_path / "mends.json"
    assert main(["mends", str(IMPOSSIBLE), "--policy", str(IMPOSSIBLE / "policy.toml"), "--json", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    data = json.loads(out.read_text(encoding="utf-8"))
    assert said[1].endswith("at least £36,000, and it is locked.")
    assert [move["now"] for mend in data["mends"] for move in mend["moves"]] == [12_000, -71.5]
    assert all(mend["solves"] for mend in data["mends"])
    assert {solve["status"] for solve in data["solves"]} == {"optimal", "impossible"}


@pytest.mark.slow
def test_wishes_over_a_plan_that_holds_and_one_that_cannot(tmp_path, capsys):
    plan = tmp_path / "plan.json"
    assert main(["plan", str(TWO), "--policy", str(TWO / "policy.toml"), "--json", str(plan)]) == 0
    assert main(["mends", str(plan)]) == 0
    assert capsys.readouterr().out.endswith("Nothing clashes: the rules can all hold.\n")
    urn = json.loads(plan.read_text(encoding="utf-8"))["partnership"]["schools"][0]["urn"]
    assert main(["mends", str(plan), "--wish", str(urn), "grant", "at-least", "£900,000"]) == 0
    assert "Way 1: The rule of" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("900001 grant about 5", "not of the form"),
        ("900001 grant at-least five", "not of the form"),
        ("999999 grant at-least 5", "no member school"),
        ("900001 gold at-least 5", "not there"),
        ("900001 ot at-least 5", "for groups of schools"),
    ],
)
def test_a_wish_that_cannot_be_read_is_one_sentence(wish, words):
    with pytest.raises(InputMustBeMended, match=words):
        with_wishes(a_world(), [wish.split()])


def test_a_wish_is_four_words_as_what_if_takes_it(tmp_path, capsys):
    assert main(["mends", str(tmp_path / "plan.json"), "--wish", "900001 grant at-least 5"]) == 1
    assert "--wish: expected 4 arguments" in capsys.readouterr().err


def test_a_wish_may_name_the_service_in_words():
    (rule,) = with_wishes(a_world(), [("900001", "service SLT", "at-most", "12")]).partnership.head_rules
    assert (rule.item, rule.bound, rule.amount) == ("slt", Bound.AT_MOST, 12)
