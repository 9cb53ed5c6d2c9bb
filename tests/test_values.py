"""What one more is worth, and doses: intervals hold when searched again closely, and the worlds that have more have just that."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from builders import a_base, a_world, two_schools
from here import Here
from pages import demonstration, document_of
from planning import answer_for, plan_of

from optimisation.asked import Trial
from optimisation.doses import doses_of, with_doses
from optimisation.trial import attempt, hold
from optimisation.values import next_size, values_of, with_money, with_places, with_time
from planner.partnership import Consent, HostCondition
from planner.plan import Amounts
from planner.supply import available_pounds, service_supply
from web.command_line import main

TIGHT = 0.001


@pytest.fixture(scope="module")
def plan():
    return plan_of(two_schools(), answer_for(two_schools()))


@pytest.fixture(scope="module")
def values(plan):
    return values_of(Here(two_schools()), plan)


def least(world):
    """The least shortfall of a world stated anew, closely."""
    return attempt(hold(world), Trial(words="again", gap=TIGHT, seconds=60)).value


def test_what_one_more_is_worth_holds_in_a_world_that_has_it(values):
    world, p = two_schools(), two_schools().partnership
    today = least(world)
    services = dict(zip(p.services, values.values, strict=False))
    funds = dict(zip(p.funds, values.values[len(p.services) :], strict=False))
    richer = [(step, with_time(world, s, step.amount)) for s, value in services.items() for step in value.steps[-1:]]
    richer += [(step, with_money(world, f, step.amount)) for f, value in funds.items() for step in value.steps[-1:]]
    assert richer
    for step, other in richer:
        gain = today - least(other)
        assert step.proved.least - 2 * TIGHT <= gain <= step.proved.most + 2 * TIGHT
        assert step.proved.least <= step.gained_points + 1e-9 <= step.proved.most + 2e-9


def test_steps_are_shown_or_one_says_that_none_gains(values):
    for value in values.values:
        assert bool(value.steps) is not bool(value.note)
        assert value.is_shown or len(value.steps) <= 1


def test_moving_a_services_limits_is_the_same_as_a_further_post():
    world = demonstration()
    service = next(s for s in world.partnership.services if s.service_id == "ep_county")
    more = (("vacancy_held_back", "ep_county", 3.0), ("statutory_first", "ep_county", 3.0))
    moved = attempt(hold(world), Trial(words="more", more=more, gap=0.02)).value
    assert moved == pytest.approx(attempt(hold(with_time(world, service, 3)), Trial(words="post", gap=0.02)).value, abs=0.04)


def test_the_worlds_that_have_more_have_just_that_much_more():
    world = demonstration()
    for service in world.partnership.services:
        if not service_supply(world.partnership, world.policy, service).statutory_shortfall_sessions:
            before, after = (service_supply(w.partnership, w.policy, service) for w in (world, with_time(world, service, 3)))
            assert after.shareable_sessions == before.shareable_sessions + 3
    fund = world.partnership.funds[0]
    richer = next(f for f in with_money(world, fund, 10_000).partnership.funds if f.fund_id == fund.fund_id)
    assert sum(available_pounds(richer)) == sum(available_pounds(fund)) + 10_000
    was, now = available_pounds(fund), available_pounds(richer)
    assert abs((now[0] - was[0]) - 10_000 * Fraction(99_400, 163_900)) < 1


def test_the_next_size_is_the_first_that_is_not_allowed_today():
    base = a_base("haven", sizes=(8, 12))
    yes, no = HostCondition(urn=900001, consent=Consent.YES), HostCondition(urn=900001, consent=Consent.NO)
    at_8, at_12 = (Amounts(base_sizes={"haven": size}) for size in (8, 12))
    free = a_world(bases=(base,), host_conditions=(yes,))
    assert next_size(free, at_8, base) is None
    assert next_size(free, at_12, base) == 16
    closed = a_world(bases=(base,), host_conditions=(no,))
    assert next_size(closed, at_8, base) == 12
    full = a_world(bases=(base,), host_conditions=(replace(yes, most_places=8),))
    assert next_size(full, at_8, base) == 12
    assert next_size(with_places(full, base, 12, 4), at_8, base) is None


def test_other_doses_change_hours_and_half_days_and_no_places():
    world = two_schools()
    more = with_doses(world, Fraction(6, 5))
    for standard, other in zip(world.policy.standards, more.policy.standards, strict=True):
        assert other.hours_per_pupil == standard.hours_per_pupil * Fraction(6, 5)
        assert (other.needs_place, len(other.sessions_per_pupil)) == (standard.needs_place, len(standard.sessions_per_pupil))
    assert {c.cell_id: c.weight for c in more.picture.cells} == {c.cell_id: c.weight for c in world.picture.cells}


def test_lower_doses_leave_no_more_shortfall_and_higher_ones_no_less(plan):
    low, high = doses_of(Here(two_schools()), plan.amounts)
    now = low.before.shortfall_points
    assert low.least.bound <= now + TIGHT
    assert high.least.value >= low.least.bound - TIGHT
    assert low.after.met >= high.after.met


def test_the_command_says_gains_and_doses_and_writes_the_searches(tmp_path, capsys):
    path, out = tmp_path / "plan.json", tmp_path / "values.json"
    path.write_text(json.dumps(document_of(two_schools())), encoding="utf-8")
    assert main(["values", str(path), "--json", str(out)]) == 0
    data = json.loads(out.read_text(encoding="utf-8"))
    assert all(step["searches"] for value in data["values"] for step in value["steps"])
    assert main(["values", str(path), "--doses"]) == 0
    said = capsys.readouterr()
    assert "Doses at 80 percent" in said.out
    assert not said.err
    assert main(["values", str(path), "--json", str(tmp_path / "no" / "values.json")]) == 1
