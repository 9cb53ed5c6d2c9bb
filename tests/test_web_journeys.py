"""Journeys in Chromium: each by mouse at 1280 pixels, by keyboard alone at 320, and without scripts, with axe and the policy at every page.

Walked elsewhere: from nothing to a plan and an answered question (test_web_walk), a head's draft (test_web_try_it), a decision
(test_web_decide_walk), the meeting (test_web_meeting).
"""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pytest
import websites
from answering import forget_answers, work_out
from pages import demonstration
from test_web_roster import make, person_at
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch
from websites import ELSEWHERE, HERE, OWN_URN, PASSWORD, a_site

from optimisation.baselines import baselines
from optimisation.greedy import greedy_amounts
from optimisation.roster import make_roster
from planner.documents import plan_document
from planner.plan import Ending, Plan
from planner.store import AnswerKind, Role

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM), pytest.mark.timeout(300), pytest.mark.slow,
    pytest.mark.parametrize(("how", "width"), [("mouse", 1280), ("keyboard", 320), ("no scripts", 1280)]),
]  # fmt: skip
WHAT_FOR = "One more pupil with a high level of communication need since October."


@pytest.fixture(scope="module")
def document():
    """The demonstration's plan as a run would leave it: with names, and every other way to share beside it."""
    world = demonstration()
    amounts = greedy_amounts(world)
    plan = Plan(
        amounts=amounts, ending=Ending.STOPPED_BY_HAND, bound_points=1.0, levels=(), engine="a test", seconds=0.0,
        roster=make_roster(world, amounts, seconds=5).roster, baselines=baselines(world, seconds=10),
    )  # fmt: skip
    return plan_document(plan, world)


@pytest.fixture
def site(tmp_path, document):
    """A site of one's own, whose schools read that plan."""
    with a_site(tmp_path / "home") as site, websites.served(site.app) as site.address:
        with site.store.begin() as tx:
            run_id = tx.runs.request_run(
                partnership_id=HERE, partnership_version=1, policy_version=1, settings={}, by=site.user_ids["board"]
            )
            site.plan_id = tx.runs.keep_made_elsewhere(partnership_id=HERE, run_id=run_id, document=document)
        yield site


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A site in which everything is worked out about the smaller plan; its first school has a head."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site, websites.served(site.app) as site.address:
        forget_answers(site.store, HERE)  # they would take turns
        work_out(site.store, ELSEWHERE, ELSEWHERE)
        site.urn = site.shelf.plan(ELSEWHERE, ELSEWHERE).facts.partnership.schools[0].urn
        with site.store.begin() as tx:
            tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=ELSEWHERE, role=Role.HEAD, urn=site.urn)
        yield site


@pytest.fixture
def walker(how, width):
    """Make a window in which somebody has signed in to a site."""
    made = []
    with playwright.sync_playwright() as driver:
        browser = launch(driver)

        def walker(site, who):
            made.append(Walker(browser, site.address, how=how, width=width))
            made[-1].sign_in(who, PASSWORD)
            return made[-1]

        yield walker
        for one in made:
            one.close()
        browser.close()
    assert [text for one in made for text in one.said] == []  # no broken policy, no error of a script


def test_a_head_reads_what_the_school_gets_why_and_the_letter_and_asks(answered, walker):
    forget_answers(answered.store, ELSEWHERE, AnswerKind.WHY)
    head = walker(answered, "newcomer")
    school = head.page.url.removeprefix(head.site)
    assert school == answered.plan(f"/schools/{answered.urn}", partnership_id=ELSEWHERE), "one click: straight to the school"
    name = head.heading
    head.follow("One-page letter to governors")
    assert head.heading == f"Letter to governors: {name}"
    head.open(school)
    head.press("Work out why, why not and what it would take")
    why = head.page.url.removeprefix(head.site)
    work_out(answered.store, ELSEWHERE, ELSEWHERE)
    head.open(why)
    for part in ("Why the school gets what it gets", "Why not more", "What it would take"):
        assert head.page.get_by_role("heading", name=part, exact=True).count() == 1
    head.follow("What the school gets in this plan")
    head.follow("See the figures behind it")
    head.go("Our school")
    head.follow("Ask about this line")
    head.fill("What is your question?", "Is this after the new classroom?")
    head.press("Ask")
    assert "Is this after the new classroom?" in head.words
    head.go("Overview")
    head.sign_out()


def test_the_same_money_four_ways(site, walker):
    head = walker(site, "head")
    head.go("Plans")
    head.follow("Compare", exact=True)
    head.unfold("Choose what to compare")
    ways = ("Last year", "Formula share", "Most need first", f"Plan {site.plan_id}")
    for way in ways:
        head.tick(head.page.get_by_label(way, exact=True))
    head.press("Compare")
    asked = head.page.url.removeprefix(head.site)
    assert asked.count("of=") == 4
    assert all(way in head.words for way in ways)
    assert head.words.count("Why they differ") == 3
    steps = head.page.get_by_label("Ways to look at it").get_by_role("link")
    for name in steps.all_inner_texts():
        head.use(head.page.get_by_label("Ways to look at it").get_by_role("link", name=name, exact=True))
    book = openpyxl.load_workbook(io.BytesIO(head.take("Take it to Excel")))
    assert "Schools" in book.sheetnames
    head.open(asked)
    head.follow("Show everything, to print")
    assert "Red lines" in head.words
    head.page.go_back()
    assert head.page.url.removeprefix(head.site) == asked, "the choice is in the address"


def test_the_board_reads_the_trade_offs_and_sets_a_dot_beside_the_plan(answered, walker):
    board = walker(answered, "elsewhere")
    board.go("Plans")
    board.use(board.page.locator(f'main a[href="{answered.plan(partnership_id=ELSEWHERE)}"]').first)
    board.follow("Trade-offs", exact=True)
    assert "What is certain, and what is a choice" in board.words
    dots = board.page.locator("a.app-scatter__link")
    assert dots.count() > 0
    board.use(dots.first)
    assert f"Dot 1 of plan {ELSEWHERE}" in board.words
    board.page.go_back()
    board.follow("How good is it", exact=True)
    board.follow("What one more would be worth")
    assert board.heading == "What one more would be worth"


def test_she_leaves_in_january_and_the_board_picks_a_plan_again(answered, walker):
    board = walker(answered, "elsewhere")
    board.open(answered.plan(partnership_id=ELSEWHERE))
    board.follow("Something has changed")
    menu = board.page.url.removeprefix(board.site)
    for way in ("A service has fewer people", "More statutory assessments", "The money changes", "A school leaves", "A school joins"):
        board.follow(way, exact=True)
        board.open(menu)
    board.follow("Somebody leaves", exact=True)
    board.choose("Who leaves?", "Speech and language therapist")
    board.choose("From when?", "Half-term 3")
    board.press("Work out the plans")
    asked = board.page.url.removeprefix(board.site)
    work_out(answered.store, ELSEWHERE, ELSEWHERE)
    board.open(asked)
    board.unfold("Everybody who gets less, everybody who gets more")
    assert "Who must agree" in board.words
    board.press("Keep plan A and compare it")
    assert board.heading == "Compare"
    assert "Gets less" in board.words or "gets less" in board.words


def test_a_head_claims_and_the_board_decides_without_knowing_whose_claim_it_is(site, walker):
    head, board = walker(site, "head"), walker(site, "board")
    name = head.heading
    head.go("Claims and questions")
    head.follow("Lodge a claim for", role="button")
    head.fill("How much?", "100")
    head.fill("What is it for?", WHAT_FOR)
    head.press("Lodge the claim")
    claim = head.page.url.removeprefix(head.site)
    assert name in head.words
    board.go("Claims and questions")
    board.use(board.page.locator(f'main a[href="{claim}"]'))
    assert WHAT_FOR in board.words
    assert name not in board.words
    board.pick("Grant a part of it")
    board.fill("If a part: how many pounds?", "40")
    board.fill("Why?", "The half that is needed now.")
    board.press("Keep the decision")
    head.open(claim)
    assert "The half that is needed now." in head.words
    assert "£40" in head.words


def test_a_service_manager_asks_for_a_change_puts_it_to_work_and_enters_what_was_given(site, walker, document):
    manager = walker(site, "service-manager")
    row, numbers, other = person_at(document)
    p = demonstration().partnership
    name = next(one.name for one in p.people if one.person_id == other)
    school = next(one.name for one in p.schools if str(one.urn) == row["recipient"])

    def turn_to(page):
        manager.use(manager.page.get_by_label("Pages of this roster").get_by_role("link", name=page, exact=True))

    manager.go("Roster")
    manager.follow(name, exact=True)
    for page in ("Schools", "Half-terms", "Settings", "Deadlines", "Change"):
        turn_to(page)
    manager.pick("This person comes")
    manager.choose("Who?", name)
    manager.choose("Which school or zone?", school)
    manager.press("Ask for this roster")
    assert "not made yet" in manager.words
    make(site)
    manager.follow("look again")
    assert "What it costs beside the plan's own names" in manager.words
    manager.press("Put this roster to work")
    turn_to("Schools")
    manager.follow(school, exact=True)
    assert name in manager.words
    turn_to("Delivered")
    assert "do not carry over to next year" in manager.words
    manager.use(manager.page.locator(f'a[href*="/delivered/{numbers[other]}/"]').first)
    manager.fill(manager.page.locator("main label").first.inner_text(), "1")
    manager.press("Keep what was delivered")
    assert "1 of " in manager.words


def test_a_commissioner_reads_the_partnerships_enters_supply_and_takes_the_tables(site, walker):
    officer = walker(site, "commissioner")
    officer.go("Council")
    assert "Who is out of reach" in officer.words
    officer.follow("Enter supply and bases for", role="button")
    officer.follow("Add a post or a service", role="button")
    officer.choose("Which service?", next(s.name for s in demonstration().partnership.services if s.service_id == "ep_county"))
    officer.fill("The post", "Educational psychologist, a day a week")
    officer.fill("Half-days a year", "78")
    officer.fill("Of these, half-days for statutory work", "20")
    officer.fill("What is new?", "A post for the summer")
    officer.press("Save as a new version")
    assert "Educational psychologist, a day a week" in officer.words
    officer.go("Council")
    officer.follow("Enter supply and bases for", role="button")
    officer.follow("Add a specialist base", role="button")
    officer.fill("Name of the base", "Vale hearing base")
    officer.choose("Which school hosts it?", next(s.name for s in demonstration().partnership.schools if s.urn == OWN_URN))
    officer.pick("Primary")
    officer.tick(officer.page.get_by_label("Hearing impairment", exact=True))
    officer.pick("No: it could open")
    for label, text in (
        ("Places now", "0"), ("Pupils there now", "0"), ("Numbers of places at which it may run", "6, 8"),
        ("What the council pays for a place, pounds a year", "17000"), ("What is new?", "A second hearing base"),
    ):  # fmt: skip
        officer.fill(label, text)
    officer.press("Save as a new version")
    officer.go("Council")
    assert "Vale hearing base" in officer.words
    for copy in ("Working copy", "Public copy"):
        with zipfile.ZipFile(io.BytesIO(officer.take(copy, exact=False))) as tables:
            assert all(len(list(csv.reader(io.StringIO(tables.read(name).decode("utf-8-sig"))))) for name in tables.namelist())


def test_an_administrator_looks_after_accounts_backups_packs_and_a_name_that_is_to_go(site, walker):
    admin = walker(site, "house")
    admin.go("Accounts")
    admin.fill("Name or sign-in name", "newcomer")
    admin.press("Find")
    admin.follow("Newcomer", exact=True)
    account = admin.page.url.removeprefix(admin.site)
    admin.press("Make a password link")
    assert admin.heading == "A new password for Newcomer"
    admin.open(account)
    admin.follow("Disable the account", exact=True)
    admin.press("Disable the account")
    admin.press("Open the account")
    admin.follow("Erase the name", exact=True)
    admin.press("Erase the name")
    assert "Newcomer" not in admin.words
    admin.go("Service")
    assert admin.heading == "Health of this service"
    admin.follow("Backups", exact=True)
    admin.press("Make a backup now")
    assert "is made and was checked" in admin.page.locator("body").inner_text()
    admin.follow("Policy packs", exact=True)
    admin.use(admin.page.locator("main table a").first)
    admin.go("DfE files")
    admin.go("Partnerships")
    admin.follow("Hatherby Partnership", exact=True)
    admin.go("People")
    admin.follow("Invite somebody", role="button")
    admin.fill("Who do you invite?", "Jo Example")
    admin.pick("Chair")
    admin.press("Make the invitation")
    admin.press("Withdraw the invitation")
    for page in ("Privacy", "Accessibility", "Help and contact"):
        admin.follow(page, exact=True)
