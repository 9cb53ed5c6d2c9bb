"""What is offered, and where a base would do most: the partnership it would be, what is said of it, and what is proved between hosts."""

import gzip
import json
from dataclasses import replace

import pytest
from builders import two_schools
from pages import demonstration, demonstration_plan, document_of

from optimisation.answers import Asked, Watch, find
from optimisation.hosts import hosts_data, stood_at_each
from optimisation.solve import Solver
from planner.asked_change import AskedChange, What, as_data, change_of, from_data
from planner.documents import check_document, plan_from_document, write_plan
from planner.errors import InputMustBeMended, SolverFault
from planner.hosts import NOT_FOUND, BaseSought, agreement, check_sought, host_claims, sought_words, with_it_at, without_it
from planner.offered import MoneyOffered, TimeOffered, more_is_offered
from planner.partnership import HALF_DAYS_IN_A_YEAR, Consent, Phase
from planner.plan import Ending
from planner.store import AnswerKind
from planner.supply import available_pounds, consent_said, host_condition, service_supply, sizes_of
from web.command_line import main

BRACKENHOLT, MELLOWFORD, HIGHMARDEN, ORMSGATE = 900109, 900110, 900105, 900104
NURTURE = BaseSought(places=10, hosts=(BRACKENHOLT, MELLOWFORD), like="bracken_semh")


def shared(partnership, policy, service_id):
    service = next(one for one in partnership.services if one.service_id == service_id)
    return service_supply(partnership, policy, service).shareable_sessions


# --- what is offered -------------------------------------------------------------------------


def test_time_and_money_offered_come_beside_what_there_is_and_say_what_of_them_can_be_shared():
    world = demonstration()
    offered = more_is_offered(
        world, (TimeOffered(service="ep_county", half_days=800, pounds_each=0),), (MoneyOffered(fund="imf", pounds=20_001),)
    )
    p = offered.partnership
    more = shared(p, world.policy, "ep_county") - shared(world.partnership, world.policy, "ep_county")
    assert 0 < more < 800
    said = f"800 half-days of County psychology service, schools team are offered at no cost to the pool; {more:,} of them can be shared"
    assert offered.notes == (f"{said}, after statutory work and what is kept back for vacancies.",)
    posts = [one.sessions_a_year for one in p.people if one not in world.partnership.people]
    assert sum(posts) == 800
    assert max(posts) <= HALF_DAYS_IN_A_YEAR, "no post can give more than a year has"
    was, now = (next(sum(available_pounds(f)) for f in one.funds if f.fund_id == "imf") for one in (world.partnership, p))
    assert now - was == 20_001
    assert offered.words == (
        "More is offered for the whole year: 800 half-days of County psychology service, schools team and £20,001 in "
        "Inclusive Mainstream Fund, pooled share"
    )


def test_time_at_another_price_is_a_service_of_its_own():
    world = demonstration()
    p = more_is_offered(world, (TimeOffered(service="slt_pack", half_days=30, pounds_each=0),), ()).partnership
    (free,) = [one for one in p.services if one not in world.partnership.services]
    assert (free.role, free.price_pounds_per_session) == ("speech_language_therapist", 0)
    assert shared(p, world.policy, "slt_pack") == shared(world.partnership, world.policy, "slt_pack")
    assert shared(p, world.policy, free.service_id) > 0


def test_money_from_a_half_term_on_falls_in_the_years_still_to_come():
    world = demonstration()
    offered = more_is_offered(world, (), (MoneyOffered(fund="imf", pounds=900),), 5).partnership
    was, now = (next(f for f in one.funds if f.fund_id == "imf") for one in (world.partnership, offered))
    assert now.september_to_march_pounds == was.september_to_march_pounds
    assert now.april_to_august_pounds == was.april_to_august_pounds + 900


@pytest.mark.parametrize(
    ("time", "money", "words"),
    [
        ((), (), "Nothing is offered"),
        ((TimeOffered(service="nobody", half_days=1, pounds_each=0),), (), "no service nobody"),
        ((), (MoneyOffered(fund="nothing", pounds=1),), "no fund nothing"),
        ((), (MoneyOffered(fund="eah", pounds=1),), "for information only"),
    ],
)
def test_what_cannot_be_offered_is_said(time, money, words):
    with pytest.raises(InputMustBeMended, match=words):
        more_is_offered(demonstration(), time, money)


def test_what_is_asked_is_kept_as_data_and_older_changes_as_they_were():
    more = AskedChange(what=What.MORE, time=(TimeOffered(service="ot_nhs", half_days=9, pounds_each=0),))
    for asked in (more, AskedChange(what=What.BASE, base=NURTURE)):
        assert from_data(json.loads(json.dumps(as_data(asked)))) == asked
    assert set(as_data(AskedChange(what=What.MONEY, number=-10))) == {"what", "half_term", "which", "number", "each", "version"}
    assert "9 half-days of Community occupational therapy" in change_of(more, demonstration(), None).words


# --- a base at one host or another -------------------------------------------------------------


def test_a_base_that_is_not_open_is_tried_at_each_host_in_its_own_place():
    world = demonstration()
    here, there, nowhere = with_it_at(world, NURTURE, BRACKENHOLT), with_it_at(world, NURTURE, MELLOWFORD), without_it(world, NURTURE)
    assert [(b.base_id, b.sizes) for b in here.partnership.bases if b.host_urn == BRACKENHOLT] == [("bracken_semh", (10,))]
    (moved,) = [b for b in there.partnership.bases if b.host_urn == MELLOWFORD]
    assert moved.name == "A base for SEMH and ASD at Mellowford Primary School"
    assert (moved.opening_cost_pounds, moved.place_funding_pounds) == (36_000, 6_000)
    assert host_condition(there.partnership, MELLOWFORD).consent is Consent.YES
    assert all(b.base_id != "bracken_semh" for one in (there, nowhere) for b in one.partnership.bases)
    one_more = replace(NURTURE, like="copper_room")
    bases = with_it_at(world, one_more, BRACKENHOLT).partnership.bases
    assert [b.is_open for b in bases if b.host_urn == BRACKENHOLT] == [False, False], "beside an open base it is one more"
    assert host_condition(with_it_at(world, replace(NURTURE, places=20), BRACKENHOLT).partnership, BRACKENHOLT).most_places == 20


def test_a_host_that_has_not_agreed_is_taken_to_agree_to_this_base_alone_and_the_plan_says_so():
    world = demonstration()
    p = world.partnership
    (closed,) = [base for base in p.bases if base.host_urn == HIGHMARDEN]
    there = with_it_at(world, NURTURE, HIGHMARDEN).partnership
    here = host_condition(there, HIGHMARDEN)
    assert [base.base_id for base in there.bases if base.host_urn == HIGHMARDEN] == ["base_tried"], "it has not agreed to the other"
    assert here.condition.startswith("Assumed for this plan, not agreed. Highmarden Primary School has said no")
    assert (consent_said(here), consent_said(host_condition(p, HIGHMARDEN))) == ("assumed", "no")
    opened = replace(closed, is_open=True, places_now=8, pupils_now=7, sizes=(8, 16))
    larger = replace(world, partnership=replace(p, bases=tuple(opened if base is closed else base for base in p.bases)))
    beside = with_it_at(larger, NURTURE, HIGHMARDEN).partnership.bases
    assert [sizes_of(base) for base in beside if base.host_urn == HIGHMARDEN] == [(8,), (10,)], "the open one may not grow"
    agreed, more = (host_condition(with_it_at(world, replace(NURTURE, places=n), BRACKENHOLT).partnership, BRACKENHOLT) for n in (12, 14))
    assert agreed == host_condition(p, BRACKENHOLT)
    assert more.condition.startswith("Assumed for this plan, not agreed. Brackenholt Primary School agrees to at most 12 places")


def test_what_its_host_must_agree_to_is_said_with_what_it_says_itself():
    world = demonstration()
    assert agreement(world, NURTURE, BRACKENHOLT).startswith('Brackenholt Primary School agrees to host. It says: "From September')
    assert agreement(world, NURTURE, MELLOWFORD) == "Mellowford Primary School has not been asked: it must agree."
    assert "has said no" in agreement(world, NURTURE, HIGHMARDEN)
    assert "at most 12 places: it must agree to 14." in agreement(world, replace(NURTURE, places=14), BRACKENHOLT)
    assert sought_words(world, NURTURE) == (
        "A primary base with 10 places for SEMH and ASD, at Brackenholt Primary School or Mellowford Primary School"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"hosts": (ORMSGATE,)}, "Ormsgate School has no primary pupils"),
        ({"hosts": ()}, "Choose from 1 to 5 schools"),
        ({"hosts": (1,)}, "No school of the plan has the URN 1"),
        ({"places": 0}, "A base has from 1 to"),
        ({"places": 7}, "By the policy no primary base opens with fewer than 8 places: ask for 8 or more"),
        ({"like": "nothing"}, "no base nothing"),
        ({"like": ""}, "Say which phase and which needs"),
        ({"like": "", "phase": Phase.PRIMARY, "needs": ("WEATHER",)}, "A need is unknown"),
    ],
)
def test_a_base_that_cannot_be_is_refused_with_what_would_make_it_possible(wrong, words):
    with pytest.raises(InputMustBeMended, match=words):
        check_sought(demonstration(), replace(NURTURE, **wrong))


def tried(host, found, bound, **more):
    """One place as its data."""
    return {
        "host": host,
        "why_not": "",
        "opens_with": 10 if host else 0,
        "shortfall_points": found,
        "bound_points": bound,
        "is_finished": True,
        **more,
    }


def test_only_what_is_proved_is_said_between_places():
    without, near, far = tried(None, 5.83, 5.77), tried("Near", 3.88, 3.82), tried("Far", 4.26, 4.20)
    assert host_claims([without, near, far]) == (
        "At Near it leaves at least 1.89 points less need below the line than any plan without it.",
        "At Far it leaves at least 1.51 points less need below the line than any plan without it.",
        "Of the places tried it does most at Near: there is a plan with 3.88 points, and none elsewhere below 4.20.",
    )
    close = tried("Close by", 3.90, 3.80)
    assert host_claims([without, near, close])[-1] == "Between Near and Close by no difference can be shown."
    assert host_claims([tried(None, 3.9, 3.8), near])[0] == "At Near no difference from going without it can be shown."
    stopped = tried("Shut", 5.80, 5.77, opens_with=0, is_finished=False)
    assert host_claims([without, stopped]) == ("At Shut the search was stopped before a better plan was found that opens it.",)
    shut, none = tried("Shut", 5.80, 5.77, opens_with=0), {"host": "None", "why_not": "Its rules clash."}
    assert host_claims([without, shut, none]) == (
        "With the base at None there is no plan: its rules clash.",
        "At Shut the plan found does not open it: a plan without it is as good, to 0.1 points.",
    )
    slow = {"host": "Slow", "why_not": NOT_FOUND}
    first, *_, last = host_claims([without, slow, near, far])
    assert first == "With the base at Slow no plan was found in its time; ask again, of this place alone."
    assert last.startswith("Of the places for which a plan was found it does most at Near")
    assert host_claims([slow | {"host": None}, near]) == (
        "Without the base no plan was found in its time; ask again, of this place alone.",
    )


class Slow:
    """A solver that finds a plan in its time, but where a base is tried at one school."""

    def make_plan(self, world, **_):
        if any(base.host_urn == MELLOWFORD for base in world.partnership.bases):
            raise SolverFault("It ran out of time.")
        return replace(demonstration_plan().facts.plan, ending=Ending.CLOSE_BY_CLOCK)


def test_a_place_without_a_plan_in_its_time_loses_no_other():
    world, amounts = demonstration(), demonstration_plan().facts.amounts
    stood = stood_at_each(world, amounts, NURTURE, solver=Slow(), seconds=1)
    assert [one.why_not for one in stood] == ["", "", NOT_FOUND]
    without, here, _ = hosts_data(world, amounts, NURTURE, stood)["plans"]
    assert without["is_finished"], "close enough when the clock stopped it is finished"
    assert here["is_finished"]
    with pytest.raises(SolverFault, match="out of time"):
        stood_at_each(world, amounts, NURTURE, solver=Slow(), seconds=1, should_stop=iter((False, False, True)).__next__)


# --- with the solver -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    """A plan of two schools, as its document."""
    with Solver() as solver:
        yield solver, document_of(two_schools())


def test_each_place_is_a_plan_that_passes_its_audit_and_can_be_kept(small):
    solver, document = small
    p = plan_from_document(document)[1].partnership
    sought = BaseSought(places=8, hosts=tuple(s.urn for s in p.schools), like="birch_room")
    asked = Asked(kind=AnswerKind.REPLAN, change=as_data(AskedChange(what=What.BASE, base=sought)))
    found = find(asked, document, solver, Watch(AnswerKind.REPLAN, lambda: False))
    documents = json.loads(gzip.decompress(found.file))
    for one, kept in zip(found.document["plans"], documents, strict=True):
        check_document(kept)
        assert kept["shortfall_points"] == pytest.approx(one["shortfall_points"], abs=1e-3)
        assert one["bound_points"] <= one["shortfall_points"]
        assert [b["host_urn"] for b in kept["partnership"]["bases"] if not b["is_open"]] == ([one["urn"]] if one["urn"] else [])
    assert found.document["plans"][0]["opens_with"] == 0


@pytest.mark.slow
def test_the_command_answers_and_writes_the_same_as_data(small, tmp_path, capsys):
    _, document = small
    path, out = tmp_path / "plan.json", tmp_path / "where.json"
    write_plan(document, path)
    host = document["partnership"]["schools"][0]["urn"]
    assert main(["where", str(path), "--new", "primary", "SEMH", "--places", "8", "--at", str(host), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Without it:" in printed
    assert json.loads(out.read_text())["plans"][1]["agreement"] in printed


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["where", "--like", "birch_room", "--places", "4", "--at", "one"], "is not a list of URNs"),
        (["where", "--new", "nursery", "SEMH", "--places", "4", "--at", "900201"], "is not primary or secondary"),
        (["replan", "--offered", "weather=3"], "names no service or fund"),
        (["replan", "--offered", "slt=many"], "not a whole number from 1"),
    ],
)
def test_what_a_command_cannot_ask_is_one_sentence(tmp_path, capsys, asked, words):
    path = tmp_path / "plan.json"
    write_plan(document_of(two_schools()), path)
    assert main([asked[0], str(path), *asked[1:]]) == 1
    assert words in capsys.readouterr().err
