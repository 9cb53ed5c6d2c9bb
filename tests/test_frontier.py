"""The frontier, its price, the needs furthest from the standard and the claims: each is proved again by other means."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from builders import two_schools
from here import Here
from pages import demonstration, document_of
from planning import answer_for, plan_of

from optimisation.asked import Aim, Trial
from optimisation.claims import divisible, one_by_one
from optimisation.frontier import SAME_POINTS, STEP_POUNDS, frontier_of, need_wish, undominated, with_grants
from optimisation.furthest import Tops, furthest_of, peak_between, with_line
from optimisation.greedy import greedy_amounts
from optimisation.trial import attempt, hold
from planner.audit import AUDITS, breaches, price_points
from planner.measures import share_of_gain, shortfall, total_need_met, worst_fifth
from planner.need import WHOLE, World, world_of
from planner.policy import with_changes
from planner.rules import NEED_FROM_SUPPORT, RULES
from planner.words import most_points
from web.command_line import main
from web.commands.frontier import furthest_lines

TIGHT = 0.001


def measures(world: World, amounts):
    """Shortfall and need unmet, exactly, in points."""
    return 100 * shortfall(world.picture, world.policy, amounts.need_met), 100 - 100 * total_need_met(world.picture, amounts.need_met)


@pytest.fixture(scope="module")
def world():
    return two_schools()


@pytest.fixture(scope="module")
def plan(world):
    return plan_of(world, answer_for(world))


@pytest.fixture(scope="module")
def frontier(world):
    return frontier_of(Here(world))


# --- frontier ------------------------------------------------------------------------------


def test_no_point_is_beaten_in_both_and_the_ends_are_the_ends(world, frontier):
    exact = [measures(world, point.amounts) for point in frontier.points]
    assert exact == sorted(exact)
    assert [unmet for _, unmet in exact] == sorted((unmet for _, unmet in exact), reverse=True)
    assert len(set(exact)) == len(exact)
    held = hold(world)
    assert frontier.points[0].shortfall_points <= attempt(held, Trial(words="least", gap=TIGHT)).value + 0.1
    assert frontier.points[-1].unmet_points <= attempt(held, Trial(words="most", aim=Aim.UNMET, gap=TIGHT)).value + 0.1


def test_the_brackets_hold_when_searched_again_closely(world, frontier):
    held = hold(world)
    for point in frontier.points[:: max(len(frontier.points) - 1, 1)]:
        assert point.least_shortfall_points <= point.shortfall_points
        assert point.least_unmet_points <= point.unmet_points
        again = Trial(words="again", aim=Aim.UNMET, most_shortfall_points=point.shortfall_points, gap=TIGHT)
        assert attempt(held, again).value >= point.least_unmet_points - TIGHT
        wish = need_wish(world, 100 - point.unmet_points)
        assert attempt(held, Trial(words="again", conditions=(wish,), gap=TIGHT)).value >= point.least_shortfall_points - TIGHT


def test_a_point_as_poor_in_both_is_dropped_and_of_equals_one_stays(world, frontier):
    first = frontier.points[0]
    nothing = replace(first, amounts=replace(first.amounts, need_met={}))
    assert undominated(world, [nothing, first, first]) == [first]


def test_the_price_is_enough_and_what_is_proved_too_little_is(world, frontier):
    price, fair, most = frontier.price, frontier.points[0], frontier.points[-1]
    for pounds, is_enough in ((price.enough_pounds, True), (price.too_little_pounds, False)):
        if pounds is not None:
            richer = with_grants(world, pounds)
            wish = need_wish(richer, 100 - most.unmet_points - SAME_POINTS)
            least = attempt(hold(richer), Trial(words="again", conditions=(wish,), gap=TIGHT)).value
            assert (least <= fair.shortfall_points + SAME_POINTS + 2 * TIGHT) is is_enough
    assert price.enough_pounds is None or price.too_little_pounds is None or price.too_little_pounds < price.enough_pounds
    assert sum(f.september_to_march_pounds + f.april_to_august_pounds for f in richer.partnership.funds) >= STEP_POUNDS


# --- furthest ------------------------------------------------------------------------------


def test_no_plan_has_more_of_the_furthest_fifth_than_its_bound_and_a_fine_sweep_of_lines_finds_no_more(world, plan, frontier):
    furthest = furthest_of(Here(world), plan.amounts, seconds=30)
    assert furthest.gap_points <= 0.1 + 1e-6
    assert furthest.plan_points <= furthest.found_points <= furthest.bound_points
    assert furthest.found_points == float(100 * worst_fifth(world.picture, furthest.most_amounts.need_met))
    others = [float(100 * worst_fifth(world.picture, point.amounts.need_met)) for point in frontier.points]
    swept = []
    for line in range(10, 100, 10):
        least = attempt(hold(with_line(world, Fraction(line))), Trial(words="sweep", gap=TIGHT))
        swept.append(line - 5 * least.value)
        others.append(float(100 * worst_fifth(world.picture, least.amounts.need_met)))
    assert max(swept) <= max(others) + 0.01  # V(t) is never more than the fifth itself
    assert max(others) <= furthest.bound_points + 1e-6


def test_with_prices_need_met_is_said_as_it_is_and_the_price_beside_it():
    base = two_schools()
    here = world_of(base.partnership, with_changes(base.policy, {"prices.vacancy_held_back": Decimal("0.001")}))
    amounts = attempt(hold(here), Trial(words="most", gap=TIGHT)).amounts
    furthest = furthest_of(Here(here), amounts, seconds=10)
    assert furthest.plan_price_points == pytest.approx(float(price_points(here, amounts)))
    assert furthest.plan_price_points > 0
    assert furthest.plan_points == float(100 * worst_fifth(here.picture, amounts.need_met))
    assert furthest.found_points == float(100 * worst_fifth(here.picture, furthest.most_amounts.need_met))
    assert furthest.found_points - furthest.found_price_points <= furthest.bound_points + 1e-6
    (said,) = furthest_lines(furthest)
    assert f"rules that give way cost {most_points(furthest.plan_price_points)} points" in said
    assert "its price taken off" in said


def test_between_two_lines_it_can_rise_only_so_far_and_fall_only_so_fast():
    assert peak_between(40.0, 40.0, 1.0, 1.0) == pytest.approx(40.8)
    assert peak_between(40.0, 0.0, 1.0, 1.0) == pytest.approx(4.0)
    assert peak_between(0.0, 40.0, 1.0, 1.0) == pytest.approx(1.0)


def test_stretches_together_are_all_lines_and_what_a_search_shows_lowers_only_its_own():
    tops = Tops(rise=0.5, cuts=[Fraction(40), Fraction(-3), Fraction(60), Fraction(104)], sure=15.0)
    assert sorted(tops.most) == [(0, 30), (30, 40), (40, 60), (60, 100)]
    assert tops.highest() == (50.0, (60, 100))
    assert tops.around(Fraction(10)) == (30, 40)
    tops.note((60, 100), 16.0)
    assert tops.highest()[1] == (40, 60)
    assert tops.highest()[0] == pytest.approx(peak_between(20.0, 16.0, 20.0, 0.5))
    assert tops.halve((40, 60)) == (50, 60)
    assert sorted(tops.most) == [(0, 30), (30, 40), (40, 50), (50, 60), (60, 100)]
    assert not tops.is_searched((50, 60))


@pytest.mark.slow
def test_the_demonstrations_furthest_fifth_is_bounded_to_a_tenth_of_a_point():
    world = demonstration()
    assert furthest_of(Here(world), greedy_amounts(world), seconds=120).gap_points <= 0.1 + 1e-6


def test_the_share_of_what_could_be_gained_is_the_same_for_more_need_met_and_less_shortfall():
    assert share_of_gain(Fraction(9), Fraction(5), Fraction(10)) == Fraction(4, 5)
    assert share_of_gain(Fraction(11), Fraction(15), Fraction(10)) == Fraction(4, 5)
    assert share_of_gain(Fraction(4), Fraction(5), Fraction(10)) == Fraction(-1, 5)
    assert share_of_gain(Fraction(10), Fraction(10), Fraction(10)) is None
    assert share_of_gain(Fraction(9), Fraction(12), Fraction(10)) is None


# --- claims --------------------------------------------------------------------------------


def moved(world, amounts, move):
    """The plan after a move: the giver's and taker's better met needs give all they may, and the need that is lifted is."""
    by = 120 if move.item in {f.fund_id for f in world.partnership.funds} else 1
    name, keys = "sessions", ((move.giver, move.item), (move.taker, move.item))
    if by == 120:
        name, keys = "grants", ((int(move.giver), move.item), (int(move.taker), move.item))
    elif move.item in {b.base_id for b in world.partnership.bases}:
        name, keys = "places", ((move.item, move.giver), (move.item, move.taker))
    given = dict(getattr(amounts, name))
    for key, more in zip(keys, (-by, by), strict=True):
        if key[0] and key[1]:
            given[key] = given.get(key, 0) + more
    met = dict(amounts.need_met)
    for cell in world.picture.cells:
        here = {move.giver.rpartition(":")[0] or move.giver, move.taker.rpartition(":")[0] or move.taker}
        if cell.recipient in here and met.get(cell.cell_id, 0) > move.from_millionths + 1000:
            met[cell.cell_id] = 0
    return replace(amounts, **{name: given}, need_met={**met, move.cell_id: move.to_millionths})


def test_each_move_found_keeps_the_rules_and_lifts_a_need_below_the_line():
    world = demonstration()
    amounts = greedy_amounts(world)
    checked = one_by_one(world, amounts)
    assert checked.moves
    assert not checked.holds
    line = world.policy.board.line_percent * WHOLE / 100
    for move in checked.moves:
        assert amounts.need_met.get(move.cell_id, 0) == move.from_millionths < line
        assert move.to_millionths > move.from_millionths
        after = moved(world, amounts, move)
        assert not [by for _, by in AUDITS[NEED_FROM_SUPPORT.rule_id](world, after) if by > 0]
        for rule_id in ("smallest_block", "sessions_floor", "head_rule", "money_floor", "money_cap", "places_within_size", "base_reach"):
            assert not list(breaches(world, after, RULES[rule_id])), (rule_id, move)


def test_where_every_need_stands_alike_nothing_can_move():
    world = two_schools()
    amounts = greedy_amounts(world)
    full = replace(amounts, need_met={c.cell_id: WHOLE for c in world.picture.cells if not c.out_of_reach})
    assert one_by_one(world, full).holds


def test_splitting_is_no_worse_than_whole_with_the_same_bases(world, plan):
    here = Here(world)
    split = divisible(here, plan.amounts)
    whole = here.ask(Trial(words="whole", near=plan.amounts, kept=("base_size",), gap=TIGHT))
    assert split.bound_points <= whole.value + 1e-6


def test_the_command_shows_points_price_bound_and_claims(tmp_path, capsys):
    path, out = tmp_path / "plan.json", tmp_path / "frontier.json"
    path.write_text(json.dumps(document_of(two_schools())), encoding="utf-8")
    assert main(["frontier", str(path), "--points", "3", "--json", str(out)]) == 0
    said = capsys.readouterr()
    for words in ("The price of fairness", "no plan can have more than", "the shortfall could be no lower than", "With any bases"):
        assert words in said.out
    assert not said.err
    data = json.loads(out.read_text(encoding="utf-8"))
    assert {"words", "status", "value", "bound", "seconds"} <= set(data["points"][0]["searches"][0])
    assert data["furthest"]["searches"]
    assert main(["frontier", str(path), "--points", "1"]) == 1
    assert main(["frontier", str(path), "--json", str(path)]) == 1
