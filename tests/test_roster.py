"""The roster gives every half-day a name and a half-term where that can be, says where it cannot, and its audit refuses the rest."""

from __future__ import annotations

import functools
import itertools
import json
from dataclasses import replace
from decimal import Decimal
from math import inf
from random import Random

import pytest
from builders import a_fund, a_partnership, a_person, a_policy, a_school, a_service, a_world, an_offer
from pages import demonstration, document_of
from planning import answer_for, plan_of

import optimisation.roster as roster_module
from optimisation.greedy import greedy_amounts, share_evenly
from optimisation.names import _lowered, _with_at_most, make_plan_with_names
from optimisation.payments import paid_up
from optimisation.roster import make_roster, serve
from optimisation.roster_case import Figures, case_of, figures_in, greedy, pools_of
from optimisation.roster_pairs import whole_by_hand
from optimisation.roster_patterns import Approached, approached
from optimisation.solve import Solver
from planner.audit import breaches
from planner.delivered import with_names
from planner.documents import check_document, fingerprint_of, plan_document, plan_from_document, to_plain
from planner.errors import AuditRefused, InputMustBeMended
from planner.export.partnership_workbook import write_partnership_csv
from planner.export.roster_words import as_table, person_schedule, roster_lines, school_schedule, service_schedules
from planner.export.summary import summary_lines
from planner.intake.parsing import read_partnership
from planner.measures import standing
from planner.need import world_of
from planner.offers import purchases
from planner.partnership import Bound, FundUse, HeadRule, LastYearLink
from planner.plan import Amounts, Roster, RosterRow
from planner.policy import policy_from_text
from planner.roster import figures_of, practitioners, roster_faults, uneven_half_days
from planner.roster_documents import roster_document, roster_from
from planner.roster_requests import PersonSettings, RosterRequest, Wish, WishKind, asked_world
from planner.roster_wishes import kept_faults, wish_faults
from planner.supply import service_supply
from planner.words import least_points

URNS = tuple(900001 + n for n in range(6))


def team(people, schools=4, links=(), **policy):
    """A world of one service with these people and so many schools, two kilometres apart in a row."""
    here = tuple(a_school(urn, easting_metres=450_000 + 2000 * n) for n, urn in enumerate(URNS[:schools]))
    partnership = a_partnership(
        schools=here,
        services=(a_service("slt", minimum_block_sessions=1),),
        people=tuple(people),
        bases=(),
        host_conditions=(),
        last_year_links=tuple(LastYearLink(urn=urn, service_id="slt", person_id=who) for urn, who in links),
    )
    return world_of(partnership, a_policy(policy))


def one(person_id, sessions, **more):
    """A post with nothing but time to share."""
    return a_person(person_id, "slt", sessions_a_year=sessions, statutory_sessions=0, other_duties_sessions=0, **more)


def asked(*half_days):
    """Amounts that give so many half-days to each school in turn."""
    return Amounts(sessions={(str(urn), "slt"): n for urn, n in zip(URNS, half_days, strict=False) if n})


def who_goes_where(roster):
    """school -> the people who come."""
    found = {}
    for row in roster.rows:
        found.setdefault(int(row.recipient), set()).add(row.person_id)
    return found


def rostered(world, amounts):
    """A roster that has passed its audit."""
    done = make_roster(world, amounts, seconds=20)
    assert done.is_finished
    assert list(roster_faults(world, amounts, done.roster)) == []
    return done.roster


# --- what people can give ------------------------------------------------------------------


def test_what_people_can_give_comes_to_what_the_service_has_after_its_duties():
    world = demonstration()
    for service in world.partnership.services:
        supply = service_supply(world.partnership, world.policy, service)
        free = supply.in_post_sessions - supply.statutory_sessions - supply.other_duties_sessions
        assert sum(p.half_days_a_year for p in practitioners(world, service)) == max(0, free)
        assert not any(p.person.is_vacant for p in practitioners(world, service))


def test_a_working_pattern_and_when_a_person_is_there_are_kept():
    pattern, late = one("a", 60, half_term_sessions=(0, 0, 30, 10, 10, 10)), one("b", 40, first_half_term=3, last_half_term=4)
    world = team([pattern, late], schools=2)
    a, b = practitioners(world, world.partnership.services[0])
    assert a.half_days == (0, 0, 30, 10, 10, 10)
    assert b.half_days == (0, 0, 22, 18, 0, 0)  # six and five weeks
    roster = rostered(world, asked(40, 30))
    assert who_goes_where(roster) == {900001: {"a"}, 900002: {"b"}}
    assert {row.half_term for row in roster.rows if row.person_id == "b"} == {3, 4}


def test_pace_is_even_in_whole_half_days():
    assert uneven_half_days((1, 1, 1, 1, 1, 1), (1,) * 6) == 0
    assert uneven_half_days((0, 0, 1, 0, 0, 1), (1,) * 6) == 0
    assert uneven_half_days((6, 0, 0, 0, 0, 0), (1,) * 6) > 0
    assert uneven_half_days((1, 1, 0, 0, 0, 0), (1,) * 6) == 2  # the second is early in half-terms 2 and 3
    for n in range(40):
        for row in ([7, 7, 6, 5, 7, 7], [0, 0, 3, 3, 3, 1]):
            world = team([one("a", 60, half_term_sessions=tuple(row))], schools=1)
            if n:
                assert figures_of(world, rostered(world, asked(n))).uneven == 0


# --- the aims --------------------------------------------------------------------------------


def test_schools_keep_whom_they_know_before_anybody_travels_less():
    people = [one("near", 20, based_at_urn=900001), one("far", 20, based_at_urn=900004)]
    world = team(people, links=[(900001, "far"), (900002, "near")])
    assert who_goes_where(rostered(world, asked(6, 6))) == {900001: {"far"}, 900002: {"near"}}
    assert who_goes_where(rostered(team(people), asked(6, 6))) == {900001: {"near"}, 900002: {"near"}}


def test_who_does_not_drive_goes_no_further_than_the_policy_says():
    people = [one("walks", 40, based_at_urn=900001, drives=False), one("drives", 40, based_at_urn=900001)]
    world = team(people, links=[(urn, "walks") for urn in URNS[:4]], roster={"non_driver_reach_metres": 4000})
    where = who_goes_where(rostered(world, asked(5, 5, 5, 5)))
    assert where == {900001: {"walks"}, 900002: {"walks"}, 900003: {"walks"}, 900004: {"drives"}}


def test_a_school_is_shared_only_where_nobody_could_give_it_all():
    shared = rostered(team([one("a", 10), one("b", 10)], schools=3), asked(8, 8, 4))
    assert who_goes_where(shared)[900003] == {"a", "b"}
    assert [aim.reached for aim in shared.aims][:2] == [0, 1]
    alone = rostered(team([one("a", 12), one("b", 10)], schools=3), asked(8, 8, 4))
    assert all(len(who) == 1 for who in who_goes_where(alone).values())


def test_what_nobody_can_give_is_named():
    roster = rostered(team([one("a", 60, most_schools=2)], schools=3), asked(8, 3, 5))
    assert [(row.recipient, row.half_days) for row in roster.undelivered] == [("900002", 3)]
    assert roster.aims[0].reached == roster.aims[0].bound == 3


@pytest.mark.parametrize("seed", range(25))
def test_who_serves_whom_is_as_good_as_the_best_of_all_ways(seed):
    rng = Random(seed)
    people = [
        one(
            f"p{i}", rng.randint(6, 30), most_schools=rng.choice((None, 2, 3)), based_at_urn=rng.choice(URNS[:4]), drives=rng.random() < 0.8
        )
        for i in range(3)
    ]
    if rng.random() < 0.3:
        people[1] = replace(people[0], person_id="p1")  # alike: a pool
    links = [(urn, f"p{rng.randrange(3)}") for urn in URNS[:4] if rng.random() < 0.6]
    world, amounts = team(people, links=links), asked(*(rng.randint(1, 14) for _ in range(4)))
    case = case_of(world, amounts, world.partnership.services[0])
    best = min(ways(case), default=None)
    roster = rostered(world, amounts)
    here = figures_of(world, roster)
    by_hand = sum(greedy(case).values())
    assert here.half_days >= by_hand
    if best is not None:
        assert (here.undelivered, here.shared, here.changes) == (0, 0, best[0])
        assert here.metres <= best[1] * 1.021
        assert roster.aims[3].bound <= best[1]
    else:
        assert here.undelivered + here.shared > 0
    assert all(aim.bound <= aim.reached for aim in roster.aims)


def ways(case):
    """(changes, metres) of every way in which one person serves each school."""
    for who in itertools.product(range(len(case.people)), repeat=len(case.asked)):
        fits = all(
            sum(n for i, n in zip(who, case.asked, strict=True) if i == j) <= case.held[j] and who.count(j) <= case.most_schools[j]
            for j in range(len(case.people))
        )
        if fits and all(case.can[i][s] for s, i in enumerate(who)):
            changes = sum(bool(case.known[s]) and i not in case.known[s] for s, i in enumerate(who))
            yield changes, sum(case.metres[i][s] * case.asked[s] for s, i in enumerate(who))


@pytest.mark.parametrize("seed", range(12))
def test_two_people_share_out_their_schools_as_well_as_can_be(seed):
    rng = Random(seed)
    people = [one(name, rng.randint(18, 24), most_schools=rng.choice((None, 4)), based_at_urn=rng.choice(URNS)) for name in "ab"]
    links = [(urn, rng.choice("ab")) for urn in URNS if rng.random() < 0.6]
    world, amounts = team(people, schools=6, links=links), asked(*(rng.randint(3, 8) for _ in URNS))
    case = case_of(world, amounts, world.partnership.services[0])
    best = min(ways(case), default=None)
    by_hand = whole_by_hand(case, end=inf)
    if best is not None:
        assert figures_in(case, by_hand) == Figures(undelivered=0, shared=0, changes=best[0], metres=best[1])
    else:
        assert figures_in(case, by_hand).undelivered >= sum(case.asked) - sum(case.held)


@pytest.mark.parametrize("seed", range(16))
def test_where_time_is_short_every_aim_and_bound_is_that_of_all_ways(seed):
    """Parts, half-days undelivered and people with little time, counted out: the bounds by rows and by patterns are true ones."""
    rng = Random(seed)
    people = [one(name, rng.randint(3, 6), most_schools=rng.choice((None, 2)), based_at_urn=rng.choice(URNS[:3])) for name in "ab"]
    links = [(urn, rng.choice("ab")) for urn in URNS[:3] if rng.random() < 0.7]
    world, amounts = team(people, schools=3, links=links), asked(*(rng.randint(2, 5) for _ in range(3)))
    case = case_of(world, amounts, world.partnership.services[0])
    best = min(figures_in(case, serving) for serving in servings(case))
    served = serve(case, seconds=10)
    here = figures_in(case, served.serving)
    assert (here.undelivered, here.shared, here.changes) == (best.undelivered, best.shared, best.changes)
    assert best.metres <= here.metres <= best.metres / 0.98
    assert served.is_finished
    assert all(served.bounds[name] <= getattr(best, name) for name in served.bounds)
    travel, changes = (
        approached(case, pools_of(case), served.serving, is_travel=is_travel, enough=inf, share=0.0, end=inf) for is_travel in (True, False)
    )
    assert 0.7 * best.metres <= travel.bound <= best.metres <= figures_in(case, travel.serving).metres
    assert changes.bound == best.changes == figures_in(case, changes.serving).changes


def servings(case):
    """Every way to give no more than is asked and than there is time and room for."""
    each = [[(a, b) for a in range(n + 1) for b in range(n + 1 - a)] for n in case.asked]
    for given in itertools.product(*each):
        serving = {(i, s): both[i] for s, both in enumerate(given) for i in (0, 1) if both[i]}
        if all(
            sum(n for (j, _), n in serving.items() if j == i) <= case.held[i] and sum(j == i for j, _ in serving) <= case.most_schools[i]
            for i in (0, 1)
        ):
            yield serving


def test_people_alike_are_dealt_schools_none_of_which_is_shared():
    people = [one(f"p{i}", 20, most_schools=3) for i in range(4)]
    world, amounts = team(people, schools=6), asked(11, 11, 11, 9, 9, 9)
    served = serve(case_of(world, amounts, world.partnership.services[0]), seconds=10)
    assert len(served.serving) == 6
    assert rostered(world, amounts).undelivered == ()


# --- the audit -------------------------------------------------------------------------------


@functools.cache
def demonstration_roster():
    """The demonstration's greedy plan with names."""
    amounts = greedy_amounts(demonstration())
    return amounts, make_roster(demonstration(), amounts, seconds=20).roster


SPOILS = ("moved half-day", "wrong person", "person of another service", "missing row", "doubled row", "half-term 7", "half a day less")


@pytest.mark.parametrize("how", SPOILS)
@pytest.mark.parametrize("seed", range(6))
def test_a_spoiled_roster_is_refused(how, seed):
    amounts, roster = demonstration_roster()
    rng = Random(f"{how} {seed}")
    rows = list(roster.rows)
    at = rng.randrange(len(rows))
    row = rows[at]
    mates = [p.person_id for p in demonstration().partnership.people if p.service_id == row.service_id and p.person_id != row.person_id]
    others = [p.person_id for p in demonstration().partnership.people if p.service_id != row.service_id]
    others_schools = [r for r in rows if r.service_id == row.service_id and r.recipient != row.recipient]
    rows[at : at + 1] = {
        "moved half-day": [replace(row, recipient=rng.choice(others_schools).recipient)] if others_schools else [],
        "wrong person": [replace(row, person_id=rng.choice(mates))] if mates else [],
        "person of another service": [replace(row, person_id=rng.choice(others))],
        "missing row": [],
        "doubled row": [row, row],
        "half-term 7": [replace(row, half_term=7)],
        "half a day less": [replace(row, half_days=row.half_days - 1)],
    }[how]
    assert list(roster_faults(demonstration(), amounts, replace(roster, rows=tuple(rows))))


def test_more_than_a_person_has_and_too_many_schools_are_refused():
    world = team([one("a", 12), one("b", 60)], schools=3)
    rows = tuple(
        RosterRow(person_id="a", recipient="900001", service_id="slt", half_term=h, half_days=n)
        for h, n in enumerate((2, 2, 2, 3, 2, 1), start=1)
    )
    assert [f for f in roster_faults(world, asked(12), Roster(rows=rows)) if "half-term 4" in f and "2 are free" in f]
    people = [one("a", 60, most_schools=1)]
    two = rostered(team([one("a", 60)], schools=2), asked(6, 6))
    assert [f for f in roster_faults(team(people, schools=2), asked(6, 6), two) if "1 are the most" in f]


def test_a_shared_school_that_one_person_could_serve_is_refused():
    world = team([one("a", 60), one("b", 60)], schools=1)
    rows = tuple(
        RosterRow(person_id=p, recipient="900001", service_id="slt", half_term=h, half_days=1) for p in ("a", "b") for h in range(1, 4)
    )
    assert [f for f in roster_faults(world, asked(6), Roster(rows=rows)) if "could give it all" in f]


# --- with the plan ---------------------------------------------------------------------------


def test_a_plan_keeps_its_roster_in_its_document_and_without_one_it_is_as_it_was():
    world = a_world()
    plan = plan_of(world, answer_for(world))
    without = plan_document(plan, world)
    assert without["roster"] == []
    assert without["roster_gap_points"] is None
    assert "roster_summary" not in without
    assert "last_year_links" not in without["partnership"]
    assert "half_term_sessions" not in without["partnership"]["people"][0]
    check_document(without)
    shortfall = standing(world.picture, world.policy, plan.amounts).shortfall_points
    named = replace(plan, roster=replace(make_roster(world, plan.amounts, seconds=20).roster, shortfall_before_points=shortfall))
    document = json.loads(json.dumps(plan_document(named, world)))
    check_document(document)
    assert document["roster_gap_points"] == 0.0
    assert document["fingerprint"] != without["fingerprint"]
    assert plan_from_document(document)[0].roster.rows == named.roster.rows
    spoiled = json.loads(json.dumps(document))
    spoiled["roster"][0]["half_days"] += 1
    with pytest.raises(AuditRefused, match="altered"):
        check_document(spoiled)
    spoiled["fingerprint"] = fingerprint_of(spoiled)
    with pytest.raises(AuditRefused, match="roster"):
        check_document(spoiled)
    spoiled = json.loads(json.dumps(document))
    spoiled["roster"][0]["is_link"] = False
    spoiled["fingerprint"] = fingerprint_of(spoiled)
    with pytest.raises(AuditRefused, match="is_link"):
        check_document(spoiled)
    spoiled = json.loads(json.dumps(document))
    spoiled["roster"] = []
    del spoiled["roster_summary"]
    spoiled["fingerprint"] = fingerprint_of(spoiled)
    with pytest.raises(AuditRefused, match="roster_gap_points"):
        check_document(spoiled)


def test_a_plan_that_nobody_can_deliver_is_made_again():
    schools = tuple(a_school(urn, easting_metres=450_000 + 2000 * n) for n, urn in enumerate(URNS[:4]))
    world = a_world(
        schools=schools,
        funds=(a_fund(),),
        services=(a_service("slt", minimum_block_sessions=2),),
        people=(a_person("slt1", "slt", sessions_a_year=60, most_schools=2),),
        bases=(),
        host_conditions=(),
    )
    with Solver() as solver:
        alone = solver.make_plan(world, seconds=20)
        plan = make_plan_with_names(solver, world, seconds=25)
    assert len(alone.amounts.sessions) > 2
    assert plan.roster.rounds >= 1
    assert plan.roster.undelivered == ()
    assert len({recipient for recipient, _ in plan.amounts.sessions}) == 2
    assert not list(breaches(world, plan.amounts))
    document = plan_document(plan, world)
    check_document(document)
    assert document["roster_gap_points"] > 0
    assert plan.bound_points <= alone.bound_points + 1e-3
    assert "made again" in " ".join(roster_lines(plan, world))


@pytest.mark.parametrize("changes", [{}, {"prices": {"head_rule": Decimal("0.000001")}}, {"rules": {"head_rule": False}}])
def test_packages_are_bought_for_what_can_be_delivered_and_what_cannot_is_said_to_be_paid_for(changes):
    """One person who can go to two schools only; packages of ten, and no half-day outside them."""
    world = a_world(
        changes,
        schools=tuple(a_school(urn, easting_metres=450_000 + 2000 * n) for n, urn in enumerate(URNS[:4])),
        services=(a_service("slt", minimum_block_sessions=2),),
        offers=(an_offer("pack10", "slt", sessions=10, pounds=1000),),
        people=(one("slt1", 60, most_schools=2),),
        bases=(),
        host_conditions=(),
    )
    with Solver() as solver:
        plan = make_plan_with_names(solver, world, seconds=25)
    assert plan.roster.rounds >= 1
    assert plan.roster.undelivered == ()
    assert len(plan.amounts.sessions) == 2
    assert not list(breaches(world, plan.amounts))
    (bought,) = purchases(world.partnership, plan.amounts)
    assert 0 <= bought.spare_sessions < 10
    document = plan_document(plan, world)
    check_document(document)
    assert document["price_points"] == 0 if "prices" in changes else "price_points" not in document
    short = replace(
        plan,
        amounts=(more := replace(plan.amounts, sessions={(str(u), "slt"): 6 for u in URNS[:3]})),
        roster=make_roster(world, more, seconds=5).roster,
    )
    assert "The plan pays for 6 half-days of them all the same." in roster_lines(short, world)


def test_time_kept_back_only_at_a_price_has_names():
    kept, gives_way = (
        team([a_person("a", "slt", sessions_a_year=30, statutory_sessions=0, other_duties_sessions=6)], **changes)
        for changes in ({}, {"prices": {"vacancy_held_back": Decimal("0.0001")}})
    )
    assert sum(p.half_days_a_year for p in practitioners(kept, kept.partnership.services[0])) == 24
    assert sum(p.half_days_a_year for p in practitioners(gives_way, gives_way.partnership.services[0])) == 30
    assert rostered(gives_way, asked(14, 16)).undelivered == ()


def test_where_time_is_kept_back_only_at_a_price_less_can_be_made_of_it():
    people = [a_person("a", "slt", sessions_a_year=30, statutory_sessions=0, other_duties_sessions=6)]
    for changes in ({}, {"prices": {"vacancy_held_back": Decimal("0.0001")}}):
        world = team(people, **changes)
        service = world.partnership.services[0]
        less = _with_at_most(world, service, 10)
        supply = service_supply(less.partnership, less.policy, service)
        assert (supply.after_statutory_sessions if changes else supply.shareable_sessions) == 10


def test_an_aim_after_one_that_the_clock_ended_has_no_bound(monkeypatch):
    world = team([one("a", 60), one("b", 6)], schools=4, links=[(900001, "b"), (900002, "b")])
    wanted = asked(6, 6, 6, 6)
    assert [aim.bound for aim in make_roster(world, wanted, seconds=5).roster.aims[:3]] == [0, 0, 1]
    solve = roster_module._solve
    nothing = {"status": "stopped", "bound": -inf}
    monkeypatch.setattr(roster_module, "_solve", lambda *args, **more: replace(solve(*args, **more), **nothing))
    monkeypatch.setattr(roster_module, "approached", lambda _case, _pools, serving, **_: Approached(serving=serving, bound=0))
    stopped = make_roster(world, wanted, seconds=5).roster
    first = next(n for n, (name, _, _) in enumerate(roster_module.AIMS) if name == "changes")
    assert [aim.bound is None for aim in stopped.aims[first + 1 :]] == [True, True]
    document = json.loads(json.dumps(roster_document(world, stopped)))
    assert roster_from(document) == stopped


def test_schedules_say_who_and_when():
    world = demonstration()
    amounts, roster = demonstration_roster()
    plan, _ = plan_from_document(document_of(world))
    plan = replace(plan, amounts=amounts, roster=roster)
    assert any("a proposal to the employing service: Wendleshire Council" in s.title for s in service_schedules(plan, world))
    total = sum(line.year for s in service_schedules(plan, world) for line in s.lines)
    assert total == sum(row.half_days for row in roster.rows)
    first = world.partnership.people[0]
    mine = person_schedule(plan, world, first)
    assert sum(line.year for line in mine.lines) == sum(row.half_days for row in roster.rows if row.person_id == first.person_id)
    school = world.partnership.schools[0]
    assert school.name in as_table(school_schedule(plan, world, school))[0]


# --- what files hold -----------------------------------------------------------------------------


def test_patterns_and_links_go_to_files_and_back(tmp_path):
    people = (one("slt1", 60, half_term_sessions=(10, 10, 10, 10, 10, 10), last_half_term=5),)
    world = team(people, links=[(900001, "slt1"), (900002, "gone")])
    partnership = replace(world.partnership, funds=(), services=world.partnership.services)
    write_partnership_csv(partnership, tmp_path)
    back, findings = read_partnership(tmp_path, need_codes=world.policy.need_codes(), role_ids=world.policy.role_ids())
    assert back is not None, [f.sentence() for f in findings]
    assert back.people == partnership.people
    assert back.last_year_links == partnership.last_year_links
    assert "last_year_links" in to_plain(back)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("60,10;10;10,,", "six half-terms"),
        ("60,,0,", "no half-term 0"),
        ("60,,5,2", "leaves in half-term 2"),
    ],
)
def test_half_terms_that_cannot_be_are_found(tmp_path, cells, said):
    world = team([one("slt1", 60)])
    write_partnership_csv(replace(world.partnership, funds=()), tmp_path)
    sessions, rest = cells.split(",", 1)
    head = "Person,Service,Name,Sessions a year,Statutory sessions,Vacant,Half-days by half-term,First half-term,Last half-term"
    (tmp_path / "People.csv").write_text(f"{head}\nslt1,slt,Post,{sessions},0,no,{rest}\n", encoding="utf-8")
    none, findings = read_partnership(tmp_path, need_codes=world.policy.need_codes(), role_ids=world.policy.role_ids())
    assert none is None
    assert said in " ".join(f.sentence() for f in findings)


def test_a_pattern_that_is_not_the_year_is_worth_a_look(tmp_path):
    world = team([one("slt1", 60, half_term_sessions=(10, 10, 10, 10, 10, 11))])
    write_partnership_csv(replace(world.partnership, funds=()), tmp_path)
    back, findings = read_partnership(tmp_path, need_codes=world.policy.need_codes(), role_ids=world.policy.role_ids())
    assert back is not None
    assert "come to 61" in " ".join(f.sentence() for f in findings)
    assert practitioners(world, world.partnership.services[0])[0].half_days_a_year == 60


def test_a_policy_written_before_there_was_a_roster_still_holds():
    document = json.loads(a_policy().document)
    del document["roster"]
    policy = policy_from_text(json.dumps(document))
    assert policy.roster.non_driver_reach_metres is None
    assert len(set(policy.roster.weeks)) == 1
    with pytest.raises(InputMustBeMended, match="weeks_half_term_1"):
        a_policy({"roster": {"weeks_half_term_1": 53}})


# --- what nobody can give -----------------------------------------------------------------------


def short_plan(world, plan, **sessions):
    """A plan with these half-days and a roster that cannot deliver them all."""
    amounts = replace(plan.amounts, sessions={(urn.removeprefix("s"), "slt"): n for urn, n in sessions.items()})
    amounts = replace(amounts, need_met=share_evenly(world, amounts))
    return replace(plan, amounts=amounts, roster=make_roster(world, amounts, seconds=5).roster)


def test_need_met_is_said_also_with_what_named_people_can_give_and_the_audit_derives_it_again():
    world = a_world(
        schools=tuple(a_school(urn, easting_metres=450_000 + 2000 * n) for n, urn in enumerate(URNS[:3])),
        services=(a_service("slt", minimum_block_sessions=2),),
        people=(one("slt1", 60, most_schools=2),),
        bases=(),
        host_conditions=(),
    )
    plan = short_plan(world, plan_of(world, answer_for(world)), s900001=6, s900002=6, s900003=6)
    found = with_names(plan, world)
    (missing,) = plan.roster.undelivered
    (school,) = found.short
    assert (school.recipient, school.half_days) == (missing.recipient, 6)
    # Who gets no half-day of the only service meets nothing of what asks for it; all else stands.
    asks = {
        c.cell_id for c in world.picture.cells if c.recipient == missing.recipient and c.requirement(world.partnership.services[0].role)
    }
    levels = {cell_id: met for cell_id, met in plan.amounts.need_met.items() if cell_id not in asks}
    assert found.points == standing(world.picture, world.policy, replace(plan.amounts, need_met=levels)).need_met_points
    assert found.lost_points > 0
    assert school.lost_points > 0
    document = plan_document(plan, world)
    assert document["need_met_with_names"]["need_met_points"] == found.points
    assert f"{least_points(found.points)} with what they can give now" in summary_lines(plan, world)[0]
    document["need_met_with_names"]["lost_points"] = 0.0
    document["fingerprint"] = fingerprint_of(document)
    with pytest.raises(AuditRefused, match="lost_points"):
        check_document(document)


@pytest.mark.parametrize("price", [0, 40])
def test_half_days_that_nobody_can_give_leave_the_plan_with_their_cost_where_nothing_promises_them(price):
    world = a_world(
        schools=tuple(a_school(urn, easting_metres=450_000 + 2000 * n) for n, urn in enumerate(URNS[:3])),
        services=(a_service("slt", minimum_block_sessions=2, price_pounds_per_session=price),),
        people=(one("slt1", 60, most_schools=2),),
        bases=(),
        host_conditions=(),
    )
    plan = short_plan(world, plan_of(world, answer_for(world)), s900001=6, s900002=6, s900003=6)
    plan = replace(plan, amounts=paid_up(world, plan.amounts))
    amounts, roster = _lowered(world, plan.amounts, plan.roster)
    assert roster.undelivered == ()
    assert sum(amounts.sessions.values()) == 12
    spent, spends = (sum(n for (_, _, use), n in a.spending.items() if use is FundUse.SPECIALIST_TIME) for a in (plan.amounts, amounts))
    assert (spent, spends) == (18 * price, 12 * price)
    assert not list(breaches(world, amounts))
    assert list(roster_faults(world, amounts, roster)) == []
    check_document(plan_document(replace(plan, amounts=amounts, roster=roster), world))
    floor = HeadRule(rule_id="r", urn=int(plan.roster.undelivered[0].recipient), item="slt", bound=Bound.AT_LEAST, amount=4)
    promised = world_of(replace(world.partnership, head_rules=(floor,)), world.policy)
    assert _lowered(promised, plan.amounts, plan.roster) == (plan.amounts, plan.roster)


def test_a_plan_with_less_to_deliver_has_a_bound_that_is_lower_by_as_much():
    """The clock ended the search for names at 8 of 12: with 6 taken away it says 2 of 6, not 6 of 6."""
    world = a_world(
        schools=tuple(a_school(urn, easting_metres=450_000 + 2000 * n) for n, urn in enumerate(URNS[:3])),
        services=(a_service("slt", minimum_block_sessions=2, price_pounds_per_session=0),),
        people=(one("slt1", 60, most_schools=1),),
        bases=(),
        host_conditions=(),
    )
    plan = short_plan(world, plan_of(world, answer_for(world)), s900001=6, s900002=6, s900003=6)
    first, other = plan.roster.undelivered
    floor = HeadRule(rule_id="r", urn=int(other.recipient), item="slt", bound=Bound.AT_LEAST, amount=6)
    promised = world_of(replace(world.partnership, head_rules=(floor,)), world.policy)
    aims = (replace(plan.roster.aims[0], bound=8), *plan.roster.aims[1:])
    _, roster = _lowered(promised, plan.amounts, replace(plan.roster, aims=aims))
    assert roster.undelivered == (other,)
    assert (roster.aims[0].reached, roster.aims[0].bound) == (6, 2)
    assert first.half_days == 6


# --- what is asked of a roster ------------------------------------------------------------------


def requested(world, amounts, *wishes, **settings):
    """The roster of a request, which holds and keeps every wish."""
    request = RosterRequest(wishes=wishes, **settings)
    here = asked_world(world, request)
    assert list(wish_faults(here, amounts, request)) == []
    roster = make_roster(here, amounts, seconds=5, wishes=wishes).roster
    assert list(roster_faults(here, amounts, roster, wishes)) == []
    assert list(kept_faults(here, roster, wishes)) == []
    return roster


def comes(person, school, half_term=None):
    return Wish(kind=WishKind.COMES, person_id=person, recipient=str(school), half_term=half_term)


def stays_away(person, school, half_term=None):
    return Wish(kind=WishKind.STAYS_AWAY, person_id=person, recipient=str(school), half_term=half_term)


def test_a_name_that_is_asked_for_comes_and_one_that_is_not_wanted_stays_away():
    world = team([one("a", 20), one("b", 20)], schools=2)
    amounts = asked(10, 10)
    assert who_goes_where(requested(world, amounts, comes("b", 900001)))[900001] == {"b"}
    assert who_goes_where(requested(world, amounts, stays_away("a", 900001), stays_away("b", 900002))) == {900001: {"b"}, 900002: {"a"}}
    assert requested(world, asked(30), comes("a", 900001)).undelivered[0].half_days == 10  # nobody else comes
    short = requested(world, amounts, most_schools=1, people=(PersonSettings(person_id="a", half_term_sessions=(0, 0, 0, 0, 0, 4)),))
    assert sum(row.half_days for row in short.undelivered) == 0
    assert {row.half_term for row in short.rows if row.person_id == "a"} == {6}


@pytest.mark.parametrize("seed", range(12))
def test_every_wish_by_half_term_is_kept_whatever_it_costs(seed):
    rng = Random(seed)
    world = team([one(f"p{i}", rng.randint(12, 30), most_schools=rng.choice((None, 3))) for i in range(3)])
    amounts = asked(*(rng.randint(3, 12) for _ in range(4)))
    places = rng.sample([(p, u, h) for p in ("p0", "p1", "p2") for u in URNS[:4] for h in range(1, 7)], 6)
    wishes = tuple((comes if n < 2 else stays_away)(*place) for n, place in enumerate(places))
    request = RosterRequest(wishes=wishes)
    if not list(wish_faults(world, amounts, request)):
        requested(world, amounts, *wishes)


def test_half_days_that_a_wish_leaves_no_room_for_are_undelivered():
    world = team([one("a", 12, half_term_sessions=(2,) * 6)], schools=1)
    roster = requested(world, asked(12), stays_away("a", 900001, 1), stays_away("a", 900001, 2))
    assert [row.half_days for row in roster.undelivered] == [4]


def test_a_request_that_cannot_be_says_what_would_make_it_possible():
    world = team([one("a", 12, half_term_sessions=(0, 3, 3, 2, 2, 2)), one("b", 12, is_vacant=True)], schools=2)
    faults = list(
        wish_faults(world, asked(5), RosterRequest(wishes=(comes("a", 900001, 1), comes("b", 900002), comes("a", 900002)))),
    )
    assert len(faults) == 3
    assert all(": " in fault for fault in faults)
