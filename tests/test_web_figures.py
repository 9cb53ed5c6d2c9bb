"""Looking round what a partnership brought: the right figures, each with its source, and heads who confirm theirs."""

import datetime as dt
import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from builders import a_school
from pages import demonstration, parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, OTHER_URN, OWN_URN, PEOPLE, a_site

from planner.documents import to_plain
from planner.need import world_of
from planner.partnership import FundUse, Source
from planner.policy import load_policy
from planner.store import Role
from planner.supply import available_pounds, base_running_pounds, contingency_pounds, moderated_pot_pounds, service_supply, sizes_of
from web.figures.frame import Brought
from web.figures.need import besides, parts_of, recorded_moves
from web.figures.provenance import Provenance, sheet_of, source_text
from web.shelf import Figures
from web.words import MINUS, hundredths, in_zone, pounds

FIGURES = f"/partnerships/{HERE}/figures"
OWN = f"{FIGURES}/schools/{OWN_URN}"
ZONES = [zone.zone_id for zone in demonstration().picture.zones]
PAGES = [
    "",
    "/need",
    *(f"/need/zones/{n}" for n, _ in enumerate(ZONES, 1)),
    "/money",
    "/people",
    "/bases",
    "/last-year",
    "/sources",
    "/sources/policy",
    f"/schools/{OWN_URN}",
    "/schools/900107",
    "/schools/900112",
]
ASKED = "What schools asked before these figures were brought, and how it ended"
AVOIDED = re.compile(
    r"\b(winners?|losers?|worst-off|infeasible|utility|node|sacrifice|optimal|savings?|deficit|diagnos\w+)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A site that no test changes, before any date of the demonstration."""
    with a_site(tmp_path_factory.mktemp("home")) as site, pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.words.today", lambda: dt.date(2026, 5, 1))
        yield site


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def texts(still):
    """Page -> its text, as a board member sees it."""
    browser = still.browser("board")
    return {page: browser.get(FIGURES + page).text for page in PAGES}


def shown(text):
    return words_of(parsed(text).find(".//main"))


def banners(text):
    return " ".join(words_of(div) for div in parsed(text).iter("div") if "govuk-notification-banner" in div.get("class", "").split())


def rows_of(text, caption):
    return {r[0]: r[1:] for r in tables_of(text)[caption][1:]}


def bring(site, partnership, *, partnership_id=HERE, based_on=1):
    with site.store.begin() as tx:
        tx.partnerships.add_version(
            partnership_id=partnership_id, document=to_plain(partnership), note="corrected", by=None, based_on=based_on
        )  # fmt: skip


def brought_of(partnership):
    """A partnership as pages have it, without a store."""
    return Brought(Figures(version=None, policy_version=1, world=world_of(partnership, load_policy())), 1)


# --- the pages -------------------------------------------------------------------------------


def test_every_page_is_there_with_one_heading_a_title_of_its_own_and_plain_words(texts):
    titles = []
    for page, text in texts.items():
        tree = parsed(text)
        assert len(list(tree.iter("h1"))) == 1, page
        ids = [e.get("id") for e in tree.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), page
        titles.append(words_of(tree.find(".//title")))
        assert not AVOIDED.search(shown(text)), page
        assert "Hatherby Partnership, 2026/27" in shown(text)
        assert "Figures version 1, brought" in shown(text)
        assert not re.search(r"\bNone\b(?! given)|Fraction\(|<bound|Decimal", shown(text)), page
    assert len(titles) == len(set(titles))


def test_each_page_says_where_one_is_among_the_pages(texts):
    for page, here in zip(
        PAGES,
        ["Schools", "Need", *["Need" for _ in ZONES], "Money", "People", "Bases", "Last year", *["Sources"] * 2, *["Schools"] * 3],
        strict=True,
    ):
        nav = next(n for n in parsed(texts[page]).iter("nav") if n.get("aria-label") == "Pages about the figures")
        assert [words_of(a) for a in nav.iter("a") if a.get("aria-current")] == [here]


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_of_the_partnership_may_look_and_for_others_it_does_not_exist(still, who):
    is_here = any(partnership_id in {HERE, None} for partnership_id, _, _ in PEOPLE[who])
    browser = still.browser(who)
    assert {browser.get(FIGURES + page).status_code for page in PAGES} == {200 if is_here else 404}


def test_who_is_not_signed_in_signs_in_first(still):
    assert {still.browser(None).get(FIGURES + page).status_code for page in PAGES} == {303}


@pytest.mark.parametrize(
    "where", ["/schools/1", "?version=2", "?version=0", "?version=", "?version=x", "?version=-1", f"?version={'9' * 5000}"]
)
def test_a_school_or_a_version_that_is_not_there_is_no_page(still, where):
    assert still.browser("board").get(FIGURES + where).status_code == 404


def test_a_partnership_that_has_brought_nothing_says_so_and_who_may_can_bring(site):
    with site.store.begin() as tx:
        empty = tx.partnerships.create(name="Empty Partnership", by=None)
        tx.people.add_membership(user_id=site.user_ids["board"], partnership_id=empty, role=Role.BOARD)
        tx.people.add_membership(user_id=site.user_ids["administrator"], partnership_id=empty, role=Role.ADMINISTRATOR)
    for page in ["", "/need", "/schools/1"]:
        board, administrator = (site.browser(who).get(f"/partnerships/{empty}/figures{page}").text for who in ("board", "administrator"))
        assert "has brought no figures yet" in shown(board)
        assert "Bring the figures" in shown(administrator)
        assert "Bring the figures" not in shown(board)


def test_text_of_others_is_never_markup(site):
    p, bad = demonstration().partnership, '<script>alert("x")</script>{{ 7*7 }}&'
    bring(
        site,
        replace(
            p,
            name=bad,
            schools=tuple(replace(s, name=f"{bad}{s.urn}", note=bad, trust=bad) for s in p.schools),
            funds=tuple(replace(f, name=bad, conditions=bad, request_to=bad) for f in p.funds),
            services=tuple(replace(s, name=bad, employer=bad) for s in p.services),
            people=tuple(replace(x, name=bad) for x in p.people),
            bases=tuple(replace(b, name=bad, admissions_by=bad) for b in p.bases),
            head_rules=tuple(replace(r, reason=bad) for r in p.head_rules),
            queries=tuple(replace(q, note=bad, was=bad, now=bad, outcome=bad) for q in p.queries),
            sources=tuple(replace(s, source=bad) for s in p.sources),
        ),
    )
    for page in PAGES:
        text = site.browser("head").get(FIGURES + page).text
        assert "<script>alert" not in text
        assert "{{ 7*7 }}" in shown(text)


# --- schools and one school ------------------------------------------------------------------


def test_every_school_stands_in_the_table_with_the_need_of_its_area(texts):
    world, rows = demonstration(), rows_of(texts[""], "Schools of the partnership")
    needs = world.picture.school_needs
    for s in world.partnership.schools:
        phase, zone, pupils, expected, _, recorded, _, confirmed = rows[s.name]
        assert (phase, zone, pupils, recorded) == (s.phase.value, s.zone, f"{s.pupils:,}", f"{s.sen_support_pupils:,}")
        assert float(expected) == pytest.approx(float(sum(n.expected_pupils for n in needs if n.urn == s.urn)), abs=0.11)
        assert confirmed == "not yet"
    assert rows["All schools"][-1] == "0 of 12"
    assert "Sedgewell Primary School at 50 percent" in shown(texts[""])


def test_a_far_record_is_flagged_with_what_it_moves_and_no_more(texts):
    rows = rows_of(texts[""], "Schools of the partnership")
    assert {name for name, row in rows.items() if "far" in row[6]} == {"Copperfold Primary School"}
    assert rows["Copperfold Primary School"][6] == "far above expected"
    assert "At 1 school recorded SEN support is far above or below what one would expect of the area." in shown(texts[""])
    own = shown(texts[f"/schools/{OWN_URN}"])
    assert "Recorded SEN support is far above expected: 112 recorded, 74.8 expected of the area. Look at it together. Recorded SEN support moves what is expected by at most 10 percent either way." in own  # fmt: skip


def test_every_page_says_one_thing_about_recorded_need(texts):
    moves = "Recorded SEN support moves what is expected by at most 10 percent either way."
    for page in ("", "/need", f"/schools/{OWN_URN}"):
        assert moves in shown(texts[page])
        assert "changes nothing" not in shown(texts[page])
    assert "Any SEN is SEN support and EHC plans together." in shown(texts[""])
    policy = replace(load_policy(), adjustment_limit_percent=Fraction(0))
    p = demonstration().partnership
    still = Brought(Figures(version=None, policy_version=1, world=world_of(p, policy)), 1)
    assert recorded_moves(still) == "Recorded SEN support does not move what is expected."


@pytest.mark.parametrize(("name", "said"), [("Hill", "zone Hill"), ("Zone 2", "Zone\u00a02"), ("Zone", "Zone")])
def test_a_zone_is_not_called_zone_twice(name, said):
    assert in_zone(name) == said


def test_a_zone_drawn_by_distance_is_named_once_on_every_page(site):
    p = demonstration().partnership
    bring(site, replace(p, schools=tuple(replace(s, zone="") for s in p.schools)))
    browser = site.browser("board")
    for page in ("", "/need", "/need/zones/1", f"/schools/{OWN_URN}"):
        assert not re.search(r"zone\s+zone", browser.get(FIGURES + page).text, re.IGNORECASE)
    assert rows_of(browser.get(OWN).text, "The school")["Zone"][1:] == ["worked out", "Worked out by the planner"]


@pytest.mark.parametrize(
    ("recorded", "says", "is_far"), [(None, "not known", False), (46, "close", False), (90, "far above expected", True), (3, "far below expected", True)]
)  # fmt: skip
def test_recorded_beside_expected(recorded, says, is_far):
    p = replace(demonstration().partnership, schools=(a_school(sen_support_pupils=recorded),), recorded_needs=(), bases=())
    (beside,) = besides(brought_of(p)).values()
    assert (beside.words, beside.is_far) == (says, is_far)


def test_one_record_of_two_schools_flags_neither():
    schools = (a_school(1, sen_support_pupils=200, recorded_sen_urn=9), a_school(2, sen_support_pupils=200, recorded_sen_urn=9))
    p = replace(demonstration().partnership, schools=schools, recorded_needs=(), bases=())
    assert {(b.words, b.is_far) for b in besides(brought_of(p)).values()} == {("one record for two schools", False)}


def test_need_by_what_it_comes_from_adds_up_at_every_school():
    brought = brought_of(demonstration().partnership)
    seen = set()
    for school in brought.partnership.schools:
        for kind in brought.policy.need_types:
            parts = parts_of(brought, school, kind.code)
            whole = sum((n.expected_pupils for n in brought.picture.school_needs if (n.urn, n.need) == (school.urn, kind.code)), 0)
            assert parts.expected / 100 == pytest.approx(float(whole), abs=0.006)
            together = parts.by_size + sum(parts.by_driver) + parts.by_recorded + parts.by_membership
            assert abs(together - parts.expected) <= 4  # of eight roundings to a hundredth
            seen |= {i for i, part in enumerate([*parts.by_driver, parts.by_recorded, parts.by_membership]) if part}
            assert any(parts.by_driver) <= kind.follows_drivers
    assert seen == set(range(6))


def test_need_that_drivers_raise_says_so(texts):
    rows = rows_of(texts[f"/schools/{OWN_URN}"], "Expected pupils by primary need, and what the number comes from")
    size, fsm6, idaci, attainment, mobility, recorded, expected = rows["Speech, language and communication"]
    assert (size, fsm6, idaci, attainment, mobility, recorded, expected) == ("25.8", "+1.8", "+2.1", "+1.4", "+1.3", "+3.2", "35.6")
    assert rows["Autism"][1:5] == ["0"] * 4
    other = rows_of(texts["/schools/900107"], "Expected pupils by primary need, and what the number comes from")
    assert other["All needs"][1].startswith(MINUS)


def test_a_schools_figures_come_with_source_date_and_what_is_assumed(texts):
    rows = rows_of(texts["/schools/900107"], "Pupils, and what drives need")
    assert rows["Free school meals (FSM6)"] == [
        "9", "14.5", "26", "published", "Wendleshire Council, pupil premium list, 18 December 2025",
    ]  # fmt: skip
    assert rows["Low prior attainment"][3:] == ["assumed", "Policy pack: national share of pupils, primary, 1 June 2026"]
    assert rows["Mobility"][3] == "assumed"
    assert rows_of(texts["/schools/900112"], "Pupils, and what drives need")["Free school meals (FSM6)"][2] == "26 primary, 29 secondary"
    assert rows_of(texts[f"/schools/{OWN_URN}"], "The school")["Trust"] == [
        "Alderwend Learning Trust",
        "uploaded",
        "As uploaded",
    ]


def test_a_schools_page_says_what_money_follows_and_shows_the_rest(texts):
    own = texts[f"/schools/{OWN_URN}"]
    assert "Money follows the need of the area" in shown(own)
    assert "It never follows the number of EHC plans." in shown(own)
    assert "by at most 10 percent either way" in shown(own)
    assert "Of 386 pupils on roll, one would expect about 92" in shown(own)
    recorded = rows_of(own, "What is recorded")
    assert recorded["SEN support"][:3] == ["112", "74.8", "Far above expected"]
    assert recorded["SEN support: Speech, language and communication"][0] == "44"
    assert recorded["EHC plans"][:3] == ["26", "not used", "Shown, never used"]
    assert rows_of(own, "What the school pays in, this academic year")["Schools' contributions"][0] == "£2,316"
    assert rows_of(own, "What the school had last year")["Grant"][0] == "£12,000"
    assert rows_of(own, "What the school had last year")["Community speech and language therapy"][0] == "14 half-days"
    assert rows_of(own, "The head's own rules")["Community speech and language therapy"][:2] == ["At least 24 half-days", "No"]
    assert "10 places £81,000" in rows_of(own, "Bases at the school")["The Copper Room"][2]
    assert "No more than 16: the hall corridor has no second exit." in shown(own)
    assert rows_of(texts["/schools/900107"], "The head's own rules")["Grant"][1] == "Yes: only the head may relax it"


def test_what_is_not_known_is_said_not_guessed(site):
    p = demonstration().partnership
    bare = a_school(OWN_URN, zone="Hill")
    bring(site, replace(p, schools=(bare, *p.schools[1:]), recorded_needs=(), contributions=(), last_year=(), queries=(), head_rules=()))
    text = site.browser("board").get(OWN).text
    rows = rows_of(text, "Pupils, and what drives need")
    assert [rows[name][:2] for name in ("Neighbourhood (IDACI)", "Mobility")] == [["not known", "not known"]] * 2
    assert rows["Neighbourhood (IDACI)"][3:] == ["not supplied", "Not supplied"]
    assert "Entered by the partnership" not in shown(text)
    assert "their weight goes to free school meals" in shown(text)
    assert rows_of(text, "What is recorded")["SEN support"][0] == "not known"
    assert "What the school had last year is not known." in shown(text)
    assert "The school pays nothing in." in shown(text)
    assert "The head has set no rule." in shown(text)


# --- this is my school -----------------------------------------------------------------------


def test_a_head_confirms_and_everybody_sees_who_and_when(site):
    head = site.browser("head")
    assert "Please look at its figures" in shown(head.get(FIGURES).text)
    answer = site.post(head, f"{OWN}/confirm", form_at=OWN, version="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, OWN)
    text = head.get(OWN).text
    page = shown(text)
    assert "You have confirmed version 1 of the figures of Copperfold Primary School." in banners(text)
    assert "You have confirmed this version." in page
    assert "These figures are right" not in page
    for who in ("board", "other-head", "commissioner"):
        assert re.search(r"Head confirmed these figures on \d+ \w+ 20\d\d, \d+:\d\d[ap]m\.", shown(site.browser(who).get(OWN).text))
    rows = rows_of(site.browser("board").get(FIGURES).text, "Schools of the partnership")
    assert (rows["Copperfold Primary School"][-1], rows["All schools"][-1]) == ("yes", "1 of 12")
    with site.store.read() as tx:
        (event,) = [e for e in tx.events.events(partnership_id=HERE) if e.action == "school figures confirmed"]
    assert (event.by, event.subject, event.detail) == (site.user_ids["head"], f"school {OWN_URN}", {"urn": OWN_URN, "version": 1})


def test_confirming_twice_is_harmless(site):
    head = site.browser("head")
    token = re.search(r'name="csrf_token" value="([^"]+)"', head.get(OWN).text)[1]
    for _ in range(2):
        assert head.post(f"{OWN}/confirm", data={"csrf_token": token, "version": "1"}).status_code == 303
    with site.store.read() as tx:
        assert len(tx.schools.confirmations(partnership_id=HERE, version=1)) == 1
        assert len([e for e in tx.events.events(partnership_id=HERE) if e.action == "school figures confirmed"]) == 1


@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "head"])
def test_nobody_else_confirms_a_school_nor_is_asked_to(site, who):
    is_here = any(partnership_id in {HERE, None} for partnership_id, _, _ in PEOPLE[who])
    browser = site.browser(who)
    assert site.post(browser, f"{OWN}/confirm", form_at="/account", version="1").status_code == (403 if is_here else 404)
    assert "Is this right?" not in browser.get(OWN).text
    with site.store.read() as tx:
        assert tx.schools.confirmations(partnership_id=HERE, version=1) == ()


def test_a_confirmation_needs_the_token_and_a_version_and_a_school_that_are_there(site):
    head = site.browser("head")
    assert head.post(f"{OWN}/confirm", data={"version": "1"}).status_code == 400
    for version in ("2", "0", "x", ""):
        assert site.post(head, f"{OWN}/confirm", form_at=OWN, version=version).status_code == 404
    assert site.post(head, f"{OWN}/confirm", form_at=OWN).status_code == 404
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids["head"], partnership_id=HERE, role=Role.HEAD, urn=1)
    assert site.post(head, f"{FIGURES}/schools/1/confirm", form_at=OWN, version="1").status_code == 404
    with site.store.read() as tx:
        assert tx.schools.confirmations(partnership_id=HERE, version=1) == ()


def test_a_version_brought_meanwhile_is_said_and_what_was_confirmed_is_what_was_shown(site):
    head = site.browser("head")
    token = re.search(r'name="csrf_token" value="([^"]+)"', head.get(OWN).text)[1]
    bring(site, demonstration().partnership)
    assert head.post(f"{OWN}/confirm", data={"csrf_token": token, "version": "1"}).status_code == 303
    text = head.get(OWN).text
    assert "Version 2 was brought while you read. Look at it below and confirm it too." in banners(text)
    assert "These figures are right" in shown(text)
    with site.store.read() as tx:
        assert [len(tx.schools.confirmations(partnership_id=HERE, version=v)) for v in (1, 2)] == [1, 0]


def test_an_older_version_says_so_leads_on_and_cannot_be_confirmed(site):
    p = demonstration().partnership
    bring(site, replace(p, schools=(replace(p.schools[0], primary_pupils=400), *p.schools[1:])))
    old, new = (site.browser("head").get(f"{OWN}{query}").text for query in ("?version=1", ""))
    assert "386 pupils on roll" in shown(old)
    assert "400 pupils on roll" in shown(new)
    assert "This is version 1 of the figures. Version 2 is newer." in shown(old)
    assert "is newer" not in shown(new)
    assert "A newer version was brought." in shown(old)
    assert "These figures are right" not in shown(old)
    hrefs = {words_of(a): a.get("href") for a in parsed(old).iter("a")}
    assert hrefs["Open the newest version"] == OWN
    assert hrefs["Money"] == f"{FIGURES}/money?version=1"


def test_dates_gone_by_are_said_to_be(site, monkeypatch):
    monkeypatch.setattr("web.words.today", lambda: dt.date(2026, 6, 2))
    browser = site.browser("board")
    people = shown(browser.get(f"{FIGURES}/people").text)
    assert (
        "Ask Wendle Valley NHS Trust, children's therapies (the date, 1 June 2026, has passed). The date to order, 1 June 2026, has passed."
        in people
    )
    assert "Order by 30 June 2026." in people, "that one is still to come"


def test_the_head_may_ask_about_each_line(site):
    own = site.browser("head").get(OWN).text
    hrefs = [a.get("href") for a in parsed(own).iter("a") if words_of(a).startswith("Ask about")]
    assert f"/partnerships/{HERE}/schools/{OWN_URN}/questions/new?line=Free+school+meals+(FSM6):+170" in hrefs
    assert "Something is not right: ask about a line" in shown(own)
    for who, where in (("head", OTHER_URN), ("board", OWN_URN)):
        assert "questions/new" not in site.browser(who).get(f"{FIGURES}/schools/{where}").text


# --- need, money, people, bases, last year, sources ------------------------------------------


def test_need_adds_up_by_type_zone_and_standard(texts):
    text, world = texts["/need"], demonstration()
    by_need = rows_of(text, "Expected pupils by primary need")
    whole = float(sum(n.expected_pupils for n in world.picture.school_needs))
    assert float(by_need["All needs"][3]) == pytest.approx(whole, abs=0.3)
    assert rows_of(text, "Expected pupils by zone and primary need")["All zones"][-1] == by_need["All needs"][3]
    assert by_need["Autism (ASD)"][0] == "size alone"
    assert by_need["Social, emotional and mental health (SEMH)"][4] == "64 at 2 schools"
    assert rows_of(text, "Recorded need beside expected, by zone")["All schools"] == ["4,987", "740.6", "776", "185"]
    for standard_id, s in ((s.standard_id, s) for s in world.policy.standards):
        cells = [c for c in world.picture.cells if c.standard_id == standard_id]
        row = rows_of(text, "Expected pupils by standard")[s.name]
        assert row[3:5] == [hundredths(sum(c.pupils_hundredths for c in cells)), str(len(cells))]


def test_what_is_out_of_reach_is_marked_with_its_reason(texts):
    (cell,) = [c for c in demonstration().picture.cells if c.out_of_reach]
    assert tables_of(texts["/need"])["Out of reach: no plan could meet these with what was brought"][1:] == [
        ["Place in a hearing base, primary", f"Zone {cell.recipient}", cell.out_of_reach]
    ]
    assert rows_of(texts["/need"], "Expected pupils by standard")["Place in a hearing base, primary"][-1] == "1"
    vale = texts[f"/need/zones/{ZONES.index('Vale') + 1}"]
    assert rows_of(vale, "Expected pupils in zone Vale")["Place in a hearing base, primary"][1] == "Out of reach"
    assert re.search(r"\d+ schools in zone Vale: [A-Z]", shown(vale))


def test_money_is_that_of_the_rules(texts):
    world, text = demonstration(), texts["/money"]
    p = world.partnership
    funds, uses = rows_of(text, "Funds, pounds in each financial year"), rows_of(text, "What each fund may pay for")
    for f in p.funds[:4]:
        assert funds[f.name][4:] == [pounds(n) for n in available_pounds(f)]
        assert uses[f.name] == ["yes" if use in f.allowed_uses else "no" for use in FundUse]
    assert funds["Experts at Hand"][4:] == ["not planned here"] * 2
    assert funds["Devolved high needs"][2] == f"{MINUS}£6,200"
    assert funds["All funds"][4:] == [pounds(sum(available_pounds(f)[year] for f in p.funds)) for year in (0, 1)]
    held = rows_of(text, "What is kept for the unforeseen, at least")
    contingency, pot = contingency_pounds(p, world.policy), moderated_pot_pounds(p, world.policy)
    assert [held[year][1] for year in p.financial_years] == [pounds(n) for n in contingency]
    assert [held[year][3] for year in p.financial_years] == [pounds(pot[1]), pounds(pot[5])]
    assert tables_of(text)["Who pays in, this academic year (counted in the funds above)"][-1][-1] == pounds(sum(c.pounds for c in p.contributions))  # fmt: skip
    assert "Ask Wendleshire Council, school places team by 30 June 2026" in rows_of(text, "Who decides, and on what conditions")["High needs capital, devolved share"]  # fmt: skip


def test_a_rule_that_the_board_switched_off_is_said(site):
    with site.store.begin() as tx:
        policy = tx.policies.latest(partnership_id=HERE)
        document = json.loads(json.dumps(policy.document))
        document["rules"]["contingency_held"] = False
        tx.policies.add_version(partnership_id=HERE, document=document, note="", by=None, based_on=1)
    held = rows_of(site.browser("board").get(f"{FIGURES}/money").text, "What is kept for the unforeseen, at least")
    assert [row[1] for row in held.values()] == ["rule is off"] * 2
    assert "rule is off" not in [row[3] for row in held.values()]


def test_people_are_what_services_have_owe_and_can_share(texts):
    world, text = demonstration(), texts["/people"]
    rows = rows_of(text, "Half-days a year, by service")
    supplies = [service_supply(world.partnership, world.policy, s) for s in world.partnership.services]
    for service, x in zip(world.partnership.services, supplies, strict=True):
        assert [int(n) for n in rows[service.name][2:]] == [
            x.in_post_sessions, x.statutory_sessions, x.other_duties_sessions, x.held_back_sessions, x.shareable_sessions, x.vacant_sessions,
        ]  # fmt: skip
    assert f"{sum(x.shareable_sessions for x in supplies)} half-days can be shared, from 11 posts, 1 of them vacant." in shown(text)
    posts = rows_of(text, "Posts of Community speech and language therapy")
    assert posts["Speech and language therapist, 0.5, post advertised"][3:5] == ["0: vacant", "vacant"]
    assert posts["Speech and language therapist, band 7"][3] == "152"
    assert rows_of(text, "Posts of Partnership specialist teacher")["Specialist teacher, Rosalind"][5] == "Ormsgate School"
    assert "£190 a half-day" in shown(text)


def test_more_than_a_post_or_service_can_give_is_flagged_in_words(site, texts):
    assert "The service is 12 half-days short of its statutory work: raise this with Wendleshire Council." in shown(texts["/people"])
    p = demonstration().partnership
    bring(site, replace(p, people=tuple(replace(x, other_duties_sessions=200) if x.person_id == "ep1" else x for x in p.people)))
    said = shown(site.browser("board").get(f"{FIGURES}/people").text)
    assert "Senior educational psychologist is promised 56 half-days more than the post can give." in said
    assert "Senior educational psychologist is promised" not in shown(texts["/people"])


def test_bases_have_hosts_places_sizes_costs_and_consent(texts):
    world, text = demonstration(), texts["/bases"]
    rows = rows_of(text, "Bases, open now and possible")
    assert rows["The Copper Room"] == [
        "Copperfold Primary School", "Autism; Speech, language and communication. Primary", "open", "10", "12", "10, 12, 16 and 20", "yes, up to 16",
    ]  # fmt: skip
    assert rows["A language base at Highmarden"][2:4] == ["not open", "0"]
    assert rows["A language base at Highmarden"][-1] == "no"
    for base in world.partnership.bases:
        costs = tables_of(text)[f"What the pool pays for {base.name}"][1:]
        assert [c[:2] for c in costs] == [[f"{n} places", pounds(base_running_pounds(base, n, world.policy))] for n in sizes_of(base)]
    assert "It has 2 pupils more than places." in shown(text)
    assert shown(text).count("more than places") == 1


def test_an_assumed_cost_of_a_base_reads_as_a_sum_a_year(site):
    p = demonstration().partnership
    base = replace(p.bases[0], place_cost_pounds=9000)
    mark = Source(sheet="Bases", key=base.base_id, column="Cost a place", value="9000", source="Policy pack", date="", is_assumed=True)
    bring(site, replace(p, bases=(base, *p.bases[1:]), sources=(*p.sources, mark)))
    assert "£9,000 a year, assumed. The teacher comes on top." in shown(site.browser("board").get(f"{FIGURES}/bases").text)


def test_last_year_is_shown_by_school_and_adds_up(texts):
    rows = rows_of(texts["/last-year"], "What each school had last year")
    last = demonstration().partnership.last_year
    assert rows["All schools"][0] == pounds(sum(r.amount for r in last if r.item == "grant"))
    assert int(rows["All schools"][-1]) == sum(r.amount for r in last if r.item != "grant")
    assert rows["Copperfold Primary School"] == ["£12,000", "16", "14", "10", "6", "46"]


def test_a_school_without_last_year_is_not_known_rather_than_nought(site):
    p = demonstration().partnership
    bring(site, replace(p, last_year=tuple(r for r in p.last_year if r.urn != OWN_URN)))
    text = site.browser("board").get(f"{FIGURES}/last-year").text
    assert set(rows_of(text, "What each school had last year")["Copperfold Primary School"]) == {"not known"}
    assert "Last year is not known for 1 school." in shown(text)


def test_sources_have_the_assumed_first(texts):
    text = texts["/sources"]
    rows = tables_of(text)["What the partnership brought"][1:]
    assert [r[2] for r in rows] == ["assumed"] * 2 + ["published"] * (len(rows) - 2)
    assert rows[0] == [
        "Schools: Mobile pupils", "Windle Beacon Primary School (5)", "assumed", "Policy pack: national share of pupils, primary, 1 June 2026",
    ]  # fmt: skip
    assert rows[1][1:3] == ["Sedgewell Primary School (66) and Windle Beacon Primary School (20)", "assumed"]
    assert "3 figures are assumed" in shown(text)
    assert rows_of(text, ASKED)["Osierhythe Primary School"][1:3] == ["94", "149"]


def test_every_figure_of_the_policy_stands_on_its_page(texts):
    text, policy = texts["/sources/policy"], demonstration().policy
    figures = [r for table in tables_of(text).values() for r in table[1:]]
    assert len(figures) == len(policy.figures)
    assert {r[1] for r in figures} >= {f.value.replace("-", MINUS) for f in policy.figures}
    settings = rows_of(text, "The board's settings")
    assert settings["Money floor percent"] == [f"{MINUS}10", "percent change on last year", "set by the board", "Set by the board"]
    assert "Driver weights, FSM6" in rows_of(text, "Area need")
    counted = [int(n) for n in re.findall(r": (\d+) figures?\b", shown(text))]
    assert sum(counted) == len(policy.figures)


def test_an_assumed_fund_is_marked_where_its_money_stands(site):
    p = demonstration().partnership
    mark = Source(sheet="Funds", key="dhn", column="April to August", value="135000", source="Policy pack", date="", is_assumed=True)
    bring(site, replace(p, sources=(*(s for s in p.sources if (s.key, s.column) != (mark.key, mark.column)), mark)))
    text = site.browser("board").get(f"{FIGURES}/money").text
    assert rows_of(text, "Funds, pounds in each financial year")["Devolved high needs"][:2] == ["£193,000", "£135,000, assumed"]
    tag = next(p for p in parsed(text).iter("p") if p.get("class") == "app-plan-tag")
    assert words_of(tag) == "Illustrative: people or funds are assumed"  # on a line of its own
    assert (
        "£135,000"
        in rows_of(site.browser("board").get(f"{FIGURES}/sources").text, "What the partnership brought")["Funds: April to August"][0]
    )


def test_a_column_is_assumed_only_where_its_value_still_stands():
    schools = (a_school(1, mobile_pupils=5), a_school(2, mobile_pupils=6), a_school(3, mobile_pupils=7))
    column = {"sheet": "Schools", "column": "Mobile pupils", "date": "2026-06-01"}
    sources = (
        Source(key="*", value="5", source="National share", is_assumed=True, **column),
        Source(key="3", value="", source="The census", is_assumed=False, **column),
    )
    found = Provenance(replace(demonstration().partnership, schools=schools, sources=sources))
    origins = [found.of(sheet_of("Schools"), s, "mobile_pupils") for s in schools]
    assert [(o.standing, o.text) for o in origins] == [
        ("assumed", "National share, 1 June 2026"), ("entered", "Entered by the partnership"), ("published", "The census, 1 June 2026"),
    ]  # fmt: skip
    assert found.of(sheet_of("Schools"), replace(schools[0], trust="Larch"), "trust").standing == "uploaded"
    assert found.of(sheet_of("Schools"), schools[0], "idaci_pupils").standing == "not supplied"


def test_in_a_partnership_that_was_built_nobody_entered_anything():
    register = Source(
        sheet="Schools", key="*", column="Easting", value="", source="DfE, Get Information about Schools (all.csv)", date="2025-05-24", is_assumed=False
    )  # fmt: skip
    school = a_school(1, zone="", note="Its unit is over-full.", recorded_sen_urn=9)
    found = Provenance(replace(demonstration().partnership, schools=(school,), sources=(register,)))
    of = {
        field: found.of(sheet_of("Schools"), school, field).text
        for field in ("urn", "zone", "membership_percent", "note", "recorded_sen_urn")
    }
    assert of == {
        "urn": "DfE, Get Information about Schools (all.csv), 24 May 2025", "zone": "Worked out by the planner",
        "membership_percent": "Worked out by the planner", "note": "Written when the figures were made", "recorded_sen_urn": "Worked out by the planner",
    }  # fmt: skip
    half = replace(school, membership_percent=50, zone="Hill")
    assert [found.of(sheet_of("Schools"), half, field).text for field in ("membership_percent", "zone")] == ["As uploaded", "As uploaded"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Policy pack: range 30 to 100 (assume.devolved_high_needs_pounds_per_pupil = 1036)", "Policy pack: range 30 to 100 (devolved high needs per pupil: £1,036)"),
        ("policy pack: A (assume.sessions_per_wte = 320); B (assume.pupils_per_teacher_of_vision = 60000)", "Policy pack: A (sessions per full-time post: 320); B (pupils per teacher of vision: 60,000)"),
        ("Median roll (assume.primary_pupils, assume.secondary_pupils)", "Median roll (primary pupils, secondary pupils)"),
        ("Times (assume.most_times_roll_changed = 1.4)", "Times (most times roll changed: 1.4)"),
        ("The council's list (see need.csv)", "The council's list (see need.csv)"),
    ],
)  # fmt: skip
def test_a_source_names_the_policys_figures_in_words(source, said):
    assert source_text(source, "") == said


def test_the_other_partnership_has_its_own_pages(still):
    browser = still.browser("elsewhere")
    for page in ["", "/need", "/money", "/people", "/bases", "/last-year", "/sources"]:
        text = browser.get(f"/partnerships/{ELSEWHERE}/figures{page}").text
        assert "Twofold Partnership" in shown(text)
        assert "Copperfold" not in text
