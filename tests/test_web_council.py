"""The council's page: the same counts as the plans', its own supply as new versions, and a public copy without small numbers."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import demonstration_plan, parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, a_site

from planner.measures import standing
from planner.partnership import BaseKind, DecisionRight
from planner.small_numbers import FEWEST_SHOWN, left_out
from planner.store import Role

SUPPLY = f"/partnerships/{HERE}/council-supply"
POST = {"service": "ep_county", "role": "educational_psychologist", "name": "Educational psychologist, 0.6", "price": "0", "note": "back from leave"}  # fmt: skip
BASE = {
    "base": "", "name": "Vale hearing base", "host": "900101", "phase": "primary", "needs": "HI", "is_open": "no", "places": "0", "pupils": "0",
    "sizes": "8, 6", "funding": "17,000", "note": "a second hearing base",
}  # fmt: skip


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """A site that tests only look at, or are refused by."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


@pytest.fixture(scope="module")
def page(looked_at):
    """The page, as the commissioner of the demonstration has it."""
    return looked_at.browser("commissioner").get("/council").text


def main_of(text):
    return words_of(next(parsed(text).iter("main")))


def newest(site):
    with site.store.read() as tx:
        latest = tx.partnerships.latest(partnership_id=HERE)
    return latest.version, latest.partnership()


def zipped(answer):
    """Name -> rows of every table in a ZIP."""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")))) for name in archive.namelist()}


# --- the page --------------------------------------------------------------------------------


def test_the_counts_are_the_plans_own_and_only_of_the_commissioners_partnerships(site):
    browser = site.browser("commissioner")
    text = browser.get("/council").text
    facts = demonstration_plan().facts
    stands = standing(facts.world.picture, facts.policy, facts.amounts)
    rows = tables_of(text)["Standards in each partnership, by name"]
    assert [row[0] for row in rows[1:]] == ["Hatherby Partnership"]
    assert [int(n) for n in rows[1][2:]] == [stands.standards, stands.met, stands.partly_met, stands.under_half, stands.out_of_reach]
    assert "Twofold" not in text
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids["commissioner"], partnership_id=ELSEWHERE, role=Role.COMMISSIONER)
    rows = tables_of(browser.get("/council").text)["Standards in each partnership, by name"]
    assert [row[0] for row in rows[1:]] == ["Hatherby Partnership", "Twofold Partnership", "All of them"]
    assert [int(n) for n in rows[3][2:]] == [int(a) + int(b) for a, b in zip(rows[1][2:], rows[2][2:], strict=True)]


def test_places_add_up_alike_by_need_phase_and_zone_and_out_of_reach_is_all_of_it(page):
    tables = tables_of(page)
    facts = demonstration_plan().facts
    sums = [
        tables[name][-1][1:] for name in ("Base places by need", "Base places by phase", "Base places by partnership and zone of the host")
    ]
    assert sums[0] == sums[1] == sums[2]
    assert [int(n) for n in sums[0][2:4]] == [sum(facts.amounts.base_sizes.values()), sum(facts.amounts.places.values())]
    out = tables["Out of reach: no plan can meet these with the services, funds and bases there are"]
    assert sum(int(row[3]) for row in out[1:]) == facts.standing.out_of_reach


def test_requests_to_the_council_are_those_that_the_plan_needs_and_no_others(page):
    rows = tables_of(page)["What the plans ask the council to grant"]
    facts = demonstration_plan().facts
    services = {
        s.name
        for s in facts.partnership.services
        if s.decision_right is DecisionRight.REQUEST and s.employer.startswith("Wendleshire") and facts.given(s.service_id)
    }
    bases = {
        b.name
        for b in facts.partnership.bases
        if b.decision_right is DecisionRight.REQUEST and facts.amounts.base_sizes.get(b.base_id) and b.request_to.startswith("Wendleshire")
    }
    assert {row[1] for row in rows[1:]} == services | bases
    assert "more requests go to others" in main_of(page)


def test_a_partnership_without_figures_or_plan_says_what_comes_first(site):
    with site.store.begin() as tx:
        new = tx.partnerships.create(name="New Partnership", by=site.user_ids["house"])
        tx.people.add_membership(user_id=site.user_ids["commissioner"], partnership_id=new, role=Role.COMMISSIONER)
    browser = site.browser("commissioner")
    assert "New Partnership has no plan yet: its figures are not here yet." in main_of(browser.get("/council").text)
    assert "Once its administrator brings them" in main_of(browser.get(f"/partnerships/{new}/council-supply").text)
    assert browser.get(f"/partnerships/{new}/council-supply/post").status_code == 404


# --- small numbers ---------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_no_small_number_can_be_read_or_worked_out(values):
    hidden, is_total_hidden = left_out(values, sum(values))
    assert all(not 0 < value < FEWEST_SHOWN for place, value in enumerate(values) if place not in hidden)
    if hidden and not is_total_hidden:
        assert len(hidden) > 1
        assert sum(values[place] for place in hidden) >= FEWEST_SHOWN
    if not any(0 < value < FEWEST_SHOWN for value in values):
        assert (hidden, is_total_hidden) == (frozenset(), False)


def test_the_public_copy_tells_no_more_of_pupils_than_the_plans_own_pack_and_the_working_copy_has_them(looked_at):
    browser = looked_at.browser("commissioner")
    working, public = zipped(browser.get("/council/tables.zip")), zipped(browser.get("/council/public.zip"))
    assert set(working) == set(public)
    by_need = {row[0]: row[-1] for row in working["places-by-need.csv"]}
    assert by_need["Hearing impairment"] == "4"
    assert "Expected pupils" in working["out-of-reach.csv"][0]
    for name, rows in public.items():
        assert not any("upils" in heading for heading in rows[0]), name
        assert len(rows) == 1 or "the pack for publication" in rows[-1][0]
    pack = zipfile.ZipFile(io.BytesIO(browser.get(f"/partnerships/{HERE}/plans/{HERE}/packs/public.zip").data))
    standards = csv.reader(io.StringIO(pack.read("tables/standards.csv").decode("utf-8-sig"), newline=""))
    of_the_pack = {row[0]: row[-1] for row in list(standards)[1:-2] if row[-1] != "0"}
    assert {row[0]: row[3] for row in public["out-of-reach.csv"][1:-1]} == of_the_pack
    assert {row[2] for row in public["out-of-reach.csv"][1:-1]} == {"All zones"}, (
        "where a standard has no row would tell of a zone's pupils"
    )


# --- supply ----------------------------------------------------------------------------------


def test_a_post_is_entered_as_a_new_version_that_says_who_and_what(site):
    browser = site.browser("commissioner")
    page = browser.get(f"{SUPPLY}/post?post=ep2").text
    assert 'value="192"' in page
    answer = site.post(browser, f"{SUPPLY}/post", **POST, sessions="250", statutory="114", based_on="1")
    assert answer.headers["Location"] == f"/partnerships/{HERE}/versions/2/differences"
    version, p = newest(site)
    assert version == 2
    person = next(one for one in p.people if one.person_id == "ep2")
    assert (person.sessions_a_year, person.statutory_sessions) == (250, 114)
    assert any(s.sheet == "People" and s.key == "ep2" and not s.is_assumed for s in p.sources)
    assert "250" in main_of(browser.get(answer.headers["Location"]).text)
    with site.store.read() as tx:
        event = tx.events.events(partnership_id=HERE, most=1)[0]
    assert (event.action, event.by, event.detail) == ("council supply entered", site.user_ids["commissioner"], {"version": 2})


def test_a_new_service_and_a_new_base_are_the_councils_and_a_request(site):
    browser = site.browser("commissioner")
    new = POST | {
        "service": "new",
        "service_name": "County outreach",
        "role": "specialist_teacher",
        "name": "Outreach teacher",
        "price": "95",
    }
    assert site.post(browser, f"{SUPPLY}/post", **new, sessions="100", statutory="0", based_on="1").status_code == 303
    assert site.post(browser, f"{SUPPLY}/base", **BASE, based_on="2").status_code == 303
    version, p = newest(site)
    assert version == 3
    service = next(one for one in p.services if one.name == "County outreach")
    assert (service.price_pounds_per_session, service.decision_right, service.request_to) == (
        95,
        DecisionRight.REQUEST,
        "Wendleshire Council",
    )
    assert [one.sessions_a_year for one in p.people_of(service.service_id)] == [100]
    base = next(one for one in p.bases if one.name == "Vale hearing base")
    assert (base.kind, base.sizes, base.place_funding_pounds, base.decision_right) == (
        BaseKind.SPECIALIST,
        (6, 8),
        17_000,
        DecisionRight.REQUEST,
    )
    assert {"County outreach", "Vale hearing base"} <= {row[0] for row in tables_of(browser.get("/council").text)["The council's own services and specialist bases"]}  # fmt: skip


@pytest.mark.parametrize(
    ("form", "more", "said"),
    [
        ("post", {"sessions": "391", "statutory": "0"}, "Half-days a year must be a whole number from 0 to 390."),
        ("post", {"sessions": "100", "statutory": "101"}, "Half-days for statutory work cannot be more than the post has."),
        ("post", {"sessions": "192", "statutory": "114"}, "Nothing differs from the figures that are here."),
        ("post", {"service": "new", "sessions": "9", "statutory": "0"}, "Enter the name of the new service"),
        ("base", {"host": ""}, "Choose the school that hosts it."),
        ("base", {"phase": "secondary"}, "is a primary school: choose that phase, or another host."),
        ("base", {"sizes": "many"}, "Write up to 8 whole numbers"),
        ("base", {"places": "6"}, "A base that is not open has 0 places now."),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(looked_at, form, more, said):
    fields = {"post": POST, "base": BASE}[form] | more
    answer = looked_at.post(looked_at.browser("commissioner"), f"{SUPPLY}/{form}", **fields, based_on="1")
    assert answer.status_code == 422
    assert said in main_of(answer.text)
    assert newest(looked_at)[0] == 1


def test_somebody_elses_version_is_shown_and_never_written_over(site):
    browser = site.browser("commissioner")
    assert site.post(browser, f"{SUPPLY}/post", **POST, sessions="250", statutory="114", based_on="1").status_code == 303
    stale = site.post(browser, f"{SUPPLY}/base", **BASE, based_on="1")
    assert stale.status_code == 409
    assert f"/partnerships/{HERE}/versions/2/differences" in stale.text, "what they changed is a link away"
    assert "Somebody else saved version 2 of the figures while this page was open" in main_of(stale.text)
    assert 'value="Vale hearing base"' in stale.text
    assert newest(site)[0] == 2
    again = next(i.get("value") for i in parsed(stale.text).iter("input") if i.get("name") == "based_on")
    assert site.post(browser, f"{SUPPLY}/base", **BASE, based_on=again).status_code == 303
    assert next(one for one in newest(site)[1].people if one.person_id == "ep2").sessions_a_year == 250
