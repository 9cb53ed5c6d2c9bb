"""More is offered, and where a base would do most: asked in forms that say what is wrong, shown place by place, and kept."""

import dataclasses
import gzip
import json
from types import SimpleNamespace

import pytest
from pages import demonstration, document_of, fair_world, parsed, tables_of, words_of
from websites import HERE, a_site

from planner.asked_change import AskedChange, What, as_data, from_data
from planner.errors import InputMustBeMended
from planner.export.priced import price_note
from planner.hosts import MOST_HOSTS, BaseSought, could_host, with_it_at
from planner.partnership import Consent, HostCondition, Phase
from web.change.host_presenters import _places, with_hosts

MORE, BASE = f"/change/{What.MORE}", f"/change/{What.BASE}"
NURTURE = {"like": "bracken_semh", "places": "10", "funding": "0"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One site for all: changes only come to it."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


def main_of(site, who, path):
    return words_of(parsed(site.browser(who).get(path).text).find(".//main"))


def asked_at(site, href):
    """What was asked where an address leads."""
    with site.store.read() as tx:
        return from_data(tx.answers.replan(partnership_id=HERE, plan_id=HERE, answer_id=int(href.rpartition("/")[2])).asked)


def test_several_offers_are_asked_at_once_each_at_its_own_price(site):
    board, at = site.browser("board"), site.plan(MORE)
    page = main_of(site, "board", at)
    pupils = sum(school.pupils for school in demonstration().partnership.schools)
    assert f"The schools have {pupils:,} pupils: 0.01 day for each of them is {round(pupils / 50)} half-days." in page
    fields = {"time_0": "139", "price_0": "0", "time_3": "20", "price_3": "150", "money_0": "£20,000", "half_term": ""}
    sent = site.post(board, at, **fields)
    assert sent.status_code == 303, sent.text
    asked = asked_at(site, sent.headers["Location"])
    assert [(one.service, one.half_days, one.pounds_each) for one in asked.time] == [("ep_county", 139, 0), ("slt_pack", 20, 150)]
    assert [(one.fund, one.pounds) for one in asked.money] == [("imf", 20_000)]
    assert "139 half-days of County psychology service, schools team, 20 half-days of Speech" in main_of(
        site, "head", sent.headers["Location"]
    )
    own = next(one.price_pounds_per_session for one in demonstration().partnership.services if one.service_id == "slt_pack")
    blank = asked_at(site, site.post(board, at, time_3="21", price_3="", half_term="").headers["Location"])
    assert [one.pounds_each for one in blank.time] == [own], "a price left blank is the service's own"
    assert "A price left blank is the service's own; 0 is at no cost to the pool." in page
    for wrong, words in (({"time_0": "many"}, "whole number from 0"), ({}, "Nothing is offered")):
        refused = site.post(board, at, half_term="", **wrong)
        assert refused.status_code == 422
        assert words in refused.text
    assert site.browser("head").get(at).status_code == 403


def test_a_base_is_asked_at_schools_that_are_chosen_or_else_that_agree(site):
    board, at = site.browser("board"), site.plan(BASE)
    page = main_of(site, "board", at)
    assert "A nurture base at Brackenholt, not open yet (primary, SEMH and ASD)" in page
    assert "Brackenholt Primary School (primary, agrees to host, at most 12 places)" in page
    chosen = site.post(board, at, **NURTURE, hosts=["900109", "900110"])
    assert chosen.status_code == 303, chosen.text
    assert asked_at(site, chosen.headers["Location"]).base.hosts == (900109, 900110)
    shown = main_of(site, "head", chosen.headers["Location"])
    assert "A primary base with 10 places for SEMH and ASD, at Brackenholt Primary School or Mellowford Primary School" in shown
    agreeing = asked_at(site, site.post(board, at, **NURTURE).headers["Location"]).base.hosts
    assert set(agreeing) == {900101, 900109, 900112}, "the primary and all-through schools that agree, by what the figures say"
    new = site.post(board, at, like="", phase="secondary", needs=["SEMH"], funding="6,000", places="10", hosts=["900104"])
    base = asked_at(site, new.headers["Location"]).base
    assert (base.phase, base.needs, base.place_funding_pounds, base.hosts) == ("secondary", ("SEMH",), 6_000, (900104,))


def test_a_base_that_cannot_be_is_refused_beside_its_field(site):
    board, at = site.browser("board"), site.plan(BASE)
    urns = [str(school.urn) for school in demonstration().partnership.schools]
    for wrong, words in (
        ({"places": "0"}, "whole number from 1"),
        ({"hosts": ["900104"]}, "has no primary pupils"),
        ({"hosts": urns[: MOST_HOSTS + 1]}, f"Choose at most {MOST_HOSTS} schools"),
        ({"like": ""}, "Choose the phase of the new base"),
        ({"like": "", "phase": "primary"}, "Choose one need or more"),
        ({"like": "weather"}, "Not a valid choice"),
    ):
        refused = site.post(board, at, **(NURTURE | wrong))
        assert refused.status_code == 422, wrong
        assert words in refused.text, wrong
    assert site.browser("head").get(at).status_code == 403


def test_more_schools_that_agree_than_can_be_tried_are_never_cut_silently():
    world = demonstration()
    agreed = tuple(HostCondition(urn=school.urn, consent=Consent.YES) for school in world.partnership.schools)
    p = dataclasses.replace(world.partnership, host_conditions=agreed)
    kept = SimpleNamespace(facts=SimpleNamespace(partnership=p, world=dataclasses.replace(world, partnership=p)))
    asked = AskedChange(what=What.BASE, base=BaseSought(places=10, hosts=(), like="bracken_semh"))
    number = len(could_host(p, Phase.PRIMARY))
    assert number > MOST_HOSTS
    with pytest.raises(InputMustBeMended, match=f"{number} primary schools agree to host: choose up to {MOST_HOSTS} of them"):
        with_hosts(kept, asked)


def test_where_rules_have_a_price_the_points_say_so():
    world = fair_world(is_priced=True)
    kept = SimpleNamespace(plan_id=1, facts=SimpleNamespace(partnership=world.partnership, policy=world.policy))
    answer = SimpleNamespace(asked=as_data(AskedChange(what=What.BASE, base=BaseSought(places=10, hosts=(), like="bracken_semh"))))
    found = _places(kept, answer, {"plans": [{"plan": 1, "host": None, "why_not": "There is none."}]}, may_keep=False)
    assert "Need below the line and price of rules that give way, points" in [heading.text for heading in found.table.headings]
    assert price_note(world.policy)[0] in found.notes


def test_every_place_stands_with_its_agreement_and_can_be_kept_and_compared(site):
    board = site.browser("board")
    at = site.post(board, site.plan(BASE), **NURTURE, hosts=["900110", "900111"]).headers["Location"]
    end_by_hand(site, int(at.rpartition("/")[2]))
    shown, tables = main_of(site, "head", at), tables_of(site.browser("head").get(at).text)
    assert "At Mellowford Primary School it leaves at least 1.51 points less need below the line than any plan without it." in shown
    assert "With the base at Sedgewell Primary School there is no plan" in shown
    assert "Mellowford Primary School has not been asked: it must agree." in shown
    assert "taken from A nurture base at Brackenholt" in shown
    rows = tables["Without the base, and with it at each school, by name"]
    assert [row[0] for row in rows[1:]] == ["Without it", "Mellowford Primary School"]
    assert rows[2][1:4] == ["10", "4.26", "4.20"]
    assert len(tables["Who gets less, Mellowford Primary School"]) == 2
    assert shown.count("The clock stopped this search: a better plan may exist.") == 1
    assert "Keep this plan" not in shown, "a head reads it"
    kept = site.post(board, f"{at}/plans/2/keep", form_at=at)
    assert kept.status_code == 303
    assert "/compare?of=" in kept.headers["Location"]
    assert "the plan with it at Mellowford Primary School. Mellowford Primary School has not been asked: it must agree" in main_of(
        site, "board", f"/partnerships/{HERE}/plans"
    )
    plan_id = kept.headers["Location"].rpartition("of=")[2]
    page = site.browser("board").get(f"/partnerships/{HERE}/plans/{plan_id}/bases")
    assert "Assumed for this plan, not agreed. Mellowford Primary School has not been asked: it must agree." in words_of(parsed(page.text))
    assert [row[-1] for row in tables_of(page.text)["What bases cost the pool, pounds a year"] if "Mellowford" in row[0]] == ["Assumed"]
    for number in (0, 3, 9):
        assert site.post(board, f"{at}/plans/{number}/keep", form_at=at).status_code == 404


def end_by_hand(site, answer_id):
    """A plan without the base, one at the first school, and none at the second: nobody searched for them."""
    other = document_of(with_it_at(demonstration(), BaseSought(places=10, hosts=(900110,), like="bracken_semh"), 900110))
    counts = {
        "standards": 167,
        "met": 60,
        "partly_met": 40,
        "under_half": 50,
        "out_of_reach": 17,
        "need_met_points": 60.0,
        "is_finished": True,
    }
    money = {"given": 9, "running_pounds": 40_000, "opening_pounds": 36_000}
    move = {"whose": "Mellowford", "urns": [900110], "item": "grant", "unit": "pounds", "given": 0, "was_to_come": 9, "to_come": 8}
    plan = {"why_not": "", **counts, "changes": [], "who_must_agree": []}
    plans = [
        {"plan": 1, "urn": None, "host": None, "agreement": "", **plan, "opens_with": 0, "given": 0, "running_pounds": 0, "opening_pounds": 0,
         "shortfall_points": 5.83, "bound_points": 5.77},
        {"plan": 2, "urn": 900110, "host": "Mellowford Primary School", "agreement": "Mellowford Primary School has not been asked: it must agree.",
         **plan, **money, "opens_with": 10, "is_finished": False, "shortfall_points": 4.26, "bound_points": 4.20,
         "changes": [move | {"was": 9, "becomes": 8, "is_less": True}], "who_must_agree": ["the board decides on grants."]},
        {"plan": 3, "urn": 900111, "host": "Sedgewell Primary School", "agreement": "It must agree.", "why_not": "Its rules cannot all hold."},
    ]  # fmt: skip
    found = {"change": "A primary base with 10 places", "places": 10, "schools": {}, "plans": plans}
    with site.store.begin() as tx:
        while (row := tx.answers.claim_next(worker="by hand")).id != answer_id:
            assert tx.answers.fail(row, reason="Not this one.")
        assert tx.answers.finish(row, document=found, file=gzip.compress(json.dumps([other, other, None]).encode()))
