"""A decision from its rules, with a head's proposal as an option, to the second signature, by keyboard alone at 320 pixels, without scripts, and by mouse with axe at every page."""

import pytest
import websites
from test_web_decide import confirm_all
from test_web_meeting import ToldAnother, other_document, proposed  # noqa: F401 - other_document is a fixture
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch
from websites import HERE, a_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM), pytest.mark.timeout(200), pytest.mark.slow]


@pytest.mark.parametrize(("how", "width"), [("mouse", 1280), ("keyboard", 320), ("no scripts", 1280)])
def test_a_decision_is_opened_voted_on_closed_and_signed(tmp_path, other_document, how, width):  # noqa: F811
    told = ToldAnother()
    told.document = other_document
    with a_site(tmp_path, workshop=told) as site, websites.served(site.app) as address, playwright.sync_playwright() as driver:
        browser = launch(driver)
        chair = Walker(browser, address, how=how, width=width)
        cookie = site.browser("chair").get_cookie("planner")
        chair.context.add_cookies([{"name": "planner", "value": cookie.value, "url": address}])
        proposal_id = proposed(site)
        confirm_all(site)
        chair.open(f"/partnerships/{HERE}/proposals")
        chair.follow("More grant for ours")
        chair.open(f"/partnerships/{HERE}/decisions")
        chair.follow("Open a decision", role="button")
        chair.fill("What is to be decided?", "The plan for next year")
        chair.tick(chair.page.locator("input[name=options]"))
        chair.fill("How many members must vote?", "1")
        for answer in ("More than half", "One vote for each member", "No"):
            chair.pick(answer)
        chair.press("Open the decision")
        chair.follow("Make it an option", role="button")
        assert f"Proposal {proposal_id} is plan" in chair.page.locator("body").inner_text()
        chair.follow("Declare your interests", role="button")
        chair.tick(chair.page.locator("input[value=none]"))
        chair.fill("Any other interest", "None")
        chair.press("Declare")
        chair.fill("Your comment", "It is a fair plan.")
        chair.press("Comment")
        chair.follow("Effects on equality")
        chair.follow("Show the copy for publication")
        chair.follow("The decision")
        chair.press("Open the vote")
        chair.follow("Vote", role="button", exact=True)
        chair.pick(f"Plan {HERE}")
        chair.press("Vote")
        chair.follow("Close the vote", role="button")
        chair.press("Close the vote")
        assert f"Plan {HERE} is carried: 1 of 2 members voted" in chair.words
        chair.follow("Minutes", role="button")
        assert "It is a fair plan." in chair.words
        chair.follow("Change the minutes", role="button")
        chair.fill("Minutes", "The plan for next year\nThe board has carried it.")
        chair.press("Keep this version")
        chair.follow("The decision")
        sign(chair, "Ada Example", "Chair")
        assert "Next to sign: the accountable body's finance officer." in chair.words
        sign(chair, "Fin Example", "Director of finance", evidence="Letter of 2 March 2026, kept by the lead school.")
        assert "Fin Example, Director of finance" in chair.words
        assert chair.said == []
        chair.close()
        browser.close()


def sign(chair, name, role, *, evidence=""):
    """Record the next signature."""
    chair.follow("Record a signature", role="button")
    chair.fill("Name of who signs", name)
    chair.fill("Their role", role)
    for label, text in (("Day", "2"), ("Month", "3"), ("Year", "2026")):
        chair.fill(label, text)
    if evidence:
        chair.fill("What shows it?", evidence)
    chair.press("Record the signature")
