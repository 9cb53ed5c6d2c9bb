"""Plan again after a change: what is finished stays, the counts are true, every plan shown keeps the rules of what is left."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from builders import an_offer, random_world
from pages import demonstration
from planning import GAP_POINTS

from optimisation.replan import ROOM_POINTS, finished, ordered_already, plan_of, replan
from optimisation.solve import Solver
from planner import changes
from planner.audit import breaches
from planner.changes import GIVEN, UNSTAFFED, given_already, given_to, settled
from planner.documents import check_document, plan_document, plan_from_document, write_plan
from planner.errors import InputMustBeMended, PlannerError, RulesCannotAllHold
from planner.need import world_of
from planner.offers import purchase_of
from planner.partnership import GRANT_ITEM, FundUse, School
from planner.plan import Amounts
from planner.supply import available_pounds, pays, service_supply
from web.command_line import main

JANUARY = 3
EP_HALF_DAYS_EACH = Fraction(29, 5)


@pytest.fixture(scope="module")
def solver():
    with Solver() as one:
        yield one


@pytest.fixture(scope="module")
def plan(solver):
    return solver.make_plan(demonstration(), gap_points=GAP_POINTS, seconds=30)


@pytest.fixture(scope="module")
def written(plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("plans") / "plan.json"
    write_plan(plan_document(plan, demonstration()), path)
    return path


def amount_of(amounts, recipient, item):
    """Yearly amount of a school or zone."""
    if item == GRANT_ITEM:
        return sum(pounds for (urn, _), pounds in amounts.grants.items() if str(urn) == recipient)
    return amounts.sessions.get((recipient, item), 0)


def check(result, before):
    """What every re-plan promises, counted again from the amounts alone."""
    world, half_term = result.world, result.change.half_term
    urns = {s.urn for s in world.partnership.schools}
    items = [GRANT_ITEM, *(s.service_id for s in world.partnership.services)]
    for point in result.points:
        assert not list(breaches(world, point.amounts))
        changed = {u for u in urns for i in items if amount_of(point.amounts, str(u), i) != amount_of(result.before, str(u), i)}
        for zone in world.picture.zones:
            if any(amount_of(point.amounts, zone.zone_id, i) != amount_of(result.before, zone.zone_id, i) for i in items):
                changed |= set(zone.urns)
        changed |= {
            b.host_urn
            for b in world.partnership.bases
            if point.amounts.base_sizes.get(b.base_id, 0) != result.before.base_sizes.get(b.base_id, 0)
        }
        assert set(point.disturbed) == changed
        assert {urn for move in point.moved for urn in move.urns} == changed
        assert len(point.disturbed) >= result.least_disturbed
        assert point.bound_points <= point.shortfall_points
        for urn in urns:
            for item in items:
                given = given_to(before.partnership, str(urn), item, amount_of(result.before, str(urn), item), half_term)
                assert amount_of(point.amounts, str(urn), item) >= given
        assert all(isinstance(amount, int) for amount in point.amounts.sessions.values())
        assert point.solves
        assert all(any(tried is kept for kept in result.solves) for tried in point.solves)
    for fewer, more in zip(result.points, result.points[1:], strict=False):
        assert len(fewer.disturbed) < len(more.disturbed)
        assert fewer.shortfall_points > more.shortfall_points


@pytest.fixture(scope="module")
def vacancy(solver, plan):
    return ask(solver, plan, changes.time_falls_vacant(demonstration(), "st_trust", 25, JANUARY))


def ask(solver, plan, change):
    """The curve of a change to the demonstration, checked."""
    result = replan(demonstration(), plan.amounts, change, solver=solver, seconds=40)
    check(result, demonstration())
    return result


def test_what_was_given_is_whole_and_the_odd_one_comes_later():
    assert [given_already(7, h) for h in range(1, 7)] == [0, 1, 2, 3, 4, 5]
    assert given_already(7, None) == 0
    assert all(given_already(n, 3) * 6 <= n * 2 < (given_already(n, 3) + 1) * 6 for n in range(50))


def test_no_change_disturbs_nobody(solver, plan):
    result = ask(solver, plan, changes.nothing_changes(demonstration(), JANUARY))
    assert [len(point.disturbed) for point in result.points] == [0]
    assert result.points[0].moved == ()
    assert result.points[0].shortfall_points == pytest.approx(result.was_shortfall_points, abs=ROOM_POINTS)


@pytest.mark.slow
def test_a_therapist_who_leaves_in_january_disturbs_few_or_many_schools(solver, plan):
    world = demonstration()
    result = ask(solver, plan, changes.post_leaves(world, "slt3", JANUARY))
    assert len(result.points) >= 3
    gone = {s.service_id: service_supply(result.world.partnership, world.policy, s) for s in world.partnership.services}["slt_pack"]
    assert (gone.in_post_sessions, gone.vacant_sessions) == (18, 36)
    assert result.gave_way  # a block of six was begun and cannot be finished everywhere
    assert all(way.agreed_by for way in result.gave_way)


@pytest.mark.slow
def test_statutory_work_that_nobody_is_left_to_do_is_said_and_comes_first(solver, plan):
    world = demonstration()
    result = ask(solver, plan, changes.post_leaves(world, "ep1", JANUARY))
    apart = next(s for s in result.change.partnership.services if s.service_id.endswith(UNSTAFFED))
    short = service_supply(result.change.partnership, world.policy, apart).statutory_shortfall_sessions
    assert short > 0
    assert any(f"{short} half-days" in note and "must find them" in note for note in result.change.notes)
    owed = sum(p.statutory_sessions for p in world.partnership.people if p.service_id.startswith("ep_county"))
    assert sum(p.statutory_sessions for p in result.change.partnership.people if p.service_id.startswith("ep_county")) == owed
    sentences = " ".join(way.sentence() for way in result.gave_way)
    assert "The floor on last year's half-days goes from -50 to" in sentences
    for (recipient, service_id), n in result.points[0].amounts.sessions.items():
        assert service_id != "ep_county" or n == given_already(plan.amounts.sessions[recipient, service_id], JANUARY)


@pytest.mark.slow
def test_less_money_says_what_gives_way_first_and_how_little(solver, plan):
    result = ask(solver, plan, changes.money_changes(demonstration(), -10))
    before = sum(f.september_to_march_pounds + f.april_to_august_pounds for f in demonstration().partnership.funds)
    after = sum(f.september_to_march_pounds + f.april_to_august_pounds for f in result.world.partnership.funds)
    assert after == pytest.approx(before * 0.9, abs=10)
    assert {way.rule_id for way in result.gave_way} == {"money_floor"}
    strict = result.world.policy.board.money_floor_percent + 1
    board = replace(result.world.policy.board, money_floor_percent=strict)
    with pytest.raises(RulesCannotAllHold):
        solver.make_plan(world_of(result.world.partnership, replace(result.world.policy, board=board)), seconds=10)


def test_money_that_was_spent_is_not_cut():
    world = demonstration()
    all_year, from_april, last = (changes.money_changes(world, -10, "dhn", h).partnership.funds[1] for h in (None, 5, 6))
    assert available_pounds(all_year)[0] < available_pounds(world.partnership.funds[1])[0]
    assert available_pounds(from_april)[0] == available_pounds(world.partnership.funds[1])[0]
    assert from_april.april_to_august_pounds == 121_500
    assert last.april_to_august_pounds == 128_250


@pytest.mark.slow
def test_a_school_that_leaves_takes_its_own_and_leaves_the_others_theirs(solver, plan):
    world = demonstration()
    change = changes.school_leaves(world, plan.amounts, 900106, JANUARY)
    result = ask(solver, plan, change)
    assert 900106 not in {s.urn for s in result.world.partnership.schools}
    assert "hearing_base" not in {b.base_id for b in result.world.partnership.bases}
    assert any("4 pupils" in note for note in result.change.notes)
    assert len(result.points) >= 2
    zones = {urn: zone.zone_id for zone in world.picture.zones for urn in zone.urns}
    assert all(zones[urn] == zone.zone_id for zone in result.world.picture.zones for urn in zone.urns)


def test_a_vacancy_and_more_assessments_disturb_somebody(solver, plan, vacancy):
    world = demonstration()
    assert vacancy.least_disturbed >= 1
    assert vacancy.points[0].shortfall_points > vacancy.was_shortfall_points
    more = changes.assessments_added(world, "educational_psychologist", 20, EP_HALF_DAYS_EACH, JANUARY)
    assert "116 half-days" in more.words
    assert ask(solver, plan, more).points[0].shortfall_points > vacancy.was_shortfall_points


@pytest.mark.slow
def test_a_school_that_joins_is_given_some_and_the_others_are_kept(solver, plan):
    world = demonstration()
    new = School(
        urn=900199, name="Newly Primary School", phase=world.partnership.schools[0].phase, primary_pupils=210, secondary_pupils=0,
        easting_metres=world.partnership.schools[0].easting_metres + 500, northing_metres=world.partnership.schools[0].northing_metres,
    )  # fmt: skip
    newer = replace(world.partnership, schools=(*world.partnership.schools, new))
    result = ask(solver, plan, changes.schools_join(world, newer, (900199,), JANUARY))
    assert result.points[0].disturbed == ()
    assert 900199 in result.points[-1].disturbed
    with pytest.raises(InputMustBeMended, match="also holds"):
        changes.schools_join(world, newer, ())


def test_a_chosen_plan_is_a_plan_and_may_be_planned_again(solver, vacancy):
    document = plan_document(plan_of(vacancy, vacancy.points[0], solver=solver), vacancy.world)
    check_document(json.loads(json.dumps(document)))
    assert document["bound_points"] <= document["shortfall_points"]
    locked = [rule for rule in document["partnership"]["head_rules"] if rule["rule_id"].startswith(GIVEN)]
    assert locked
    assert all(rule["is_locked"] for rule in locked)
    again, world = plan_from_document(document)
    later = settled(changes.money_changes(world, -5, None, 5), world, again.amounts)
    given = {(r.urn, r.item): r.amount for r in vacancy.world.partnership.head_rules if r.rule_id.startswith(GIVEN)}
    now = {(r.urn, r.item): r.amount for r in later.partnership.head_rules if r.rule_id.startswith(GIVEN)}
    assert all(now[key] >= amount for key, amount in given.items())
    assert len({r.rule_id for r in later.partnership.head_rules}) == len(later.partnership.head_rules)


def test_time_whose_order_date_has_passed_does_not_grow(plan):
    world = demonstration()
    change = changes.nothing_changes(world, JANUARY)
    words = [c.words for c in finished(world, world, plan.amounts, change) if c.words.startswith("at most")]
    ordered = sum(n for (_, v), n in plan.amounts.sessions.items() if v == "slt_nhs")
    assert any(f"at most {ordered} half-days of Community speech" in w for w in words)
    teacher = next(w for w in words if "Partnership specialist teacher" in w)
    assert int(teacher.split()[2]) == 150  # nothing was ordered: all that the post has to share, kept back or not


def test_what_was_ordered_is_paid_for_whatever_is_given_of_it(plan):
    packs = an_offer("pack20", "slt_pack", sessions=20, pounds=3_300)
    world = demonstration()
    in_packs = tuple(replace(s, price_pounds_per_session=0) if s.service_id == "slt_pack" else s for s in world.partnership.services)
    world = world_of(replace(world.partnership, offers=(packs,), services=in_packs), world.policy)
    ordered = sum(n for (_, v), n in plan.amounts.sessions.items() if v == "slt_pack")
    change = settled(changes.money_changes(world, -10, None, JANUARY), world, plan.amounts)
    (order,) = ordered_already(world, world, plan.amounts, change)
    service = next(s for s in world.partnership.services if s.service_id == "slt_pack")
    cost = purchase_of(world.partnership, service, ordered).pounds
    assert purchase_of(world.partnership, service, order.least_sessions).pounds == cost
    assert purchase_of(world.partnership, service, order.least_sessions - 1).pounds < cost, "a package that is begun is paid for whole"
    assert order.least_sessions < ordered
    assert any(
        c.lower == order.least_sessions and "as ordered and paid for" in c.words for c in finished(world, world, plan.amounts, change)
    )
    before_the_order_date = replace(service, order_by="2027-07-01")
    later = replace(world.partnership, services=tuple(before_the_order_date if s is service else s for s in world.partnership.services))
    assert ordered_already(world, world_of(later, world.policy), plan.amounts, change) == ()


def test_a_package_is_paid_for_once_when_a_school_that_had_some_of_it_leaves():
    packs = an_offer("pack20", "slt_pack", sessions=20, pounds=3_300)
    world = demonstration()
    service = next(replace(s, price_pounds_per_session=0) for s in world.partnership.services if s.service_id == "slt_pack")
    world = world_of(replace(world.partnership, offers=(packs,), services=(service,), contributions=()), world.policy)
    hosts = {base.host_urn for base in world.partnership.bases}
    leaves, *others = [s.urn for s in world.partnership.schools if s.urn not in hosts and _uses(world, s.urn, service)]
    plan = Amounts(sessions={(str(urn), service.service_id): 6 for urn in (leaves, *others[:2])})
    change = changes.school_leaves(world, plan, leaves, JANUARY)
    (order,) = ordered_already(world_of(change.partnership, world.policy), world, plan, change)
    change = changes.ordered_is_spent(change, {order.service_id: order.wasted_pounds})
    before, after = (sum(sum(available_pounds(f)) for f in p.funds) for p in (world.partnership, change.partnership))
    assert given_to(world.partnership, str(leaves), service.service_id, 6, JANUARY) == 2
    assert before - after + purchase_of(world.partnership, service, order.least_sessions).pounds == 3_300


def _uses(world, urn, service):
    return sum(c.requirement(service.role) for c in world.picture.cells if c.recipient == str(urn)) >= 600


def test_what_was_spent_is_taken_off_one_fund_after_another():
    world = demonstration()
    able = [f for f in world.partnership.funds if pays(f, FundUse.SPECIALIST_TIME)]
    most = max(sum(available_pounds(f)) for f in able)
    service = world.partnership.services[0].service_id
    change = changes.nothing_changes(world)
    spent = changes.ordered_is_spent(change, {service: most + 100})
    after = [f for f in spent.partnership.funds if pays(f, FundUse.SPECIALIST_TIME)]
    assert sum(sum(available_pounds(f)) for f in after) == sum(sum(available_pounds(f)) for f in able) - most - 100
    assert all(f.september_to_march_pounds + f.april_to_august_pounds + f.brought_forward_pounds >= f.must_return_pounds for f in after)


def test_what_a_zone_was_given_that_goes_with_its_only_school_stays_spent():
    p = demonstration().partnership
    alone = next(s for s in p.schools if s.urn not in {base.host_urn for base in p.bases})
    schools = tuple(replace(s, zone="Alone") if s is alone else s for s in p.schools)
    services = tuple(replace(s, price_pounds_per_session=100, order_by="") if s.service_id == "ot_nhs" else s for s in p.services)
    world = world_of(replace(p, schools=schools, services=services, contributions=()), demonstration().policy)
    change = changes.school_leaves(world, Amounts(sessions={("Alone", "ot_nhs"): 6}), alone.urn, JANUARY)
    before, after = (
        [sum(sum(available_pounds(f)) for f in one.funds), sum(x.sessions_a_year for x in one.people_of("ot_nhs") if not x.is_vacant)]
        for one in (world.partnership, change.partnership)
    )
    assert before[0] - after[0] == 200
    assert before[1] - after[1] >= 2
    assert any("2 half-days" in note and "gone" in note for note in change.notes)


def test_what_was_ordered_and_nobody_can_use_stays_spent():
    world = demonstration()
    change = changes.ordered_is_spent(changes.nothing_changes(world, JANUARY), {"slt_pack": 1_140})
    before, after = (sum(sum(available_pounds(f)) for f in p.funds) for p in (world.partnership, change.partnership))
    assert before - after == 1_140
    assert "£1,140 of Speech and language packs was ordered, and nobody who is still here can use it: it stays spent." in change.notes


@pytest.mark.slow
def test_money_that_is_cut_is_not_found_in_what_was_ordered(solver, plan):
    world = demonstration()
    result = ask(solver, plan, changes.money_changes(world, -10, None, JANUARY))
    ordered = sum(n for (_, v), n in plan.amounts.sessions.items() if v == "slt_pack")
    assert ordered
    for point in result.points:
        assert sum(n for (_, v), n in point.amounts.sessions.items() if v == "slt_pack") == ordered


@pytest.mark.parametrize("seed", [2, 4, 6, 11, 13, 17])
def test_random_partnerships_are_planned_again(solver, seed):
    world = random_world(Random(seed))
    plan = solver.make_plan(world, seconds=10)
    for half_term in (None, 4):
        kinds = [changes.school_leaves(world, plan.amounts, world.partnership.schools[0].urn, half_term)]
        kinds += [changes.time_falls_vacant(world, s.service_id, 40, half_term) for s in world.partnership.services[:1]]
        for change in kinds:
            try:
                result = replan(world, plan.amounts, change, solver=solver, seconds=20)
            except RulesCannotAllHold:
                continue
            check(result, world) if len(result.world.picture.zones) == len(world.picture.zones) else None


# --- the command ---------------------------------------------------------------------------


def test_the_command_shows_the_curve_and_writes_a_plan_that_passes_the_audit(written, tmp_path, capsys):
    told, chosen = tmp_path / "curve.json", tmp_path / "plan2.json"
    asked = ["replan", str(written), "--vacant", "slt_pack", "10", "--from", "5", "--time-limit", "4"]
    assert main([*asked, "--json", str(told)]) == 0
    said = capsys.readouterr().out
    data = json.loads(told.read_text(encoding="utf-8"))
    assert data["from_half_term"] == 5
    assert f"Plan {len(data['plans'])}: " in said
    assert all(data["solves"][number]["words"] for one in data["plans"] for number in one["solves"])
    assert main([*asked, "--choose", "1", "--json", str(chosen)]) == 0
    assert "still to come" in capsys.readouterr().out
    assert main(["audit", str(chosen)]) == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--leaves", "nobody", "--from", "3"], 1, "The post nobody is not in the plan"),
        (["--leaves", "ep1"], 1, "Say with --from"),
        (["--leaves", "slt2", "--from", "3"], 1, "is vacant already"),
        (["--statutory", "educational_psychologist", "20"], 1, "Say with --half-days-each"),
        (["--statutory", "dentist", "20", "--half-days-each", "2"], 1, "No service is dentist"),
        (["--money", "-10", "--fund", "gold"], 1, "The plan has no fund gold"),
        (["--money", "0"], 1, "not 0"),
        (["--joins", "900199"], 1, "Say with --with"),
        (["--school-leaves", "1"], 1, "No school of the plan"),
        (["--vacant", "st_trust", "25", "--out", "x.xlsx"], 1, "say which with --choose"),
        (["--money", "-60"], 2, "cannot all hold"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(written, capsys, words, code, sentence):
    assert main(["replan", str(written), *words]) == code
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_thirty_real_schools_are_planned_again(solver):
    from optimisation.bench import _world  # noqa: PLC0415

    reference = Path(__file__).parents[2] / "shared/data"
    if not reference.is_dir():
        pytest.skip("reference data folder ../shared/data not found")
    world = _world(reference, "Surrey", 30, None)
    plan = solver.make_plan(world, seconds=30)
    first = world.partnership.people[0].person_id
    for change in (changes.post_leaves(world, first, JANUARY), changes.money_changes(world, -10, None, JANUARY)):
        try:
            check(replan(world, plan.amounts, change, solver=solver, seconds=90), world)
        except PlannerError as error:
            pytest.fail(str(error))
