"""Every page in a real browser: axe finds nothing, nothing runs over at 320 px, the policy is kept, paper and small visits.

Needs Debian's chromium (``apt-get install chromium``); without it these tests say so and are skipped.
"""

from __future__ import annotations

import pytest
import websites
from pages import all_pages
from walking import CHROMIUM, NO_CHROMIUM, Walker, check, launch
from websites import HERE, OWN_URN, a_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM), pytest.mark.timeout(400)]
WIDTHS = (320, 1280)
PUBLIC = ("/help", "/accessibility", "/privacy", "/sign-in", "/nowhere", "/invitations/spent", "/password-links/spent")
PEOPLE = ("head", "board", "service-manager", "commissioner", "administrator", "house", "newcomer")
IN_SHORT = [(None, 320), ("head", 320)]
IN_LONG = [(who, width) for who in (None, *PEOPLE) for width in WIDTHS if (who, width) not in IN_SHORT]
"""Everybody else at both widths, and the walk by mouse with axe on each of its pages, run with the long counts."""
SCHOOLS_ALIKE = 2
"""Of pages that differ only in their school or standard, so many are looked at."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The app, really served: its site and address."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site, websites.served(site.app) as address:
        yield site, address


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = launch(driver)
        yield started
        started.close()


@pytest.fixture
def walker(served, browser):
    """Make a window in which somebody is signed in."""
    site, address = served
    made = []

    def walker(who, **more):
        one = Walker(browser, address, **more)
        made.append(one)
        if who is not None:
            cookie = site.browser(who).get_cookie("planner")
            one.context.add_cookies([{"name": "planner", "value": cookie.value, "url": address}])
        return one

    yield walker
    for one in made:
        one.close()


def paths_for(site, who):
    """Every page that links reach, a few of those that are alike."""
    seen: dict[str, int] = {}
    paths = []
    for path in all_pages(site.browser(who)):
        parts = path.partition("?")[0].split("/")
        kind = "/".join(
            "*" if before in {"schools", "standards", "people", "accounts", "our-school"} else part
            for before, part in zip(["", *parts], parts, strict=False)
        )
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= SCHOOLS_ALIKE:
            paths.append(path)
    return paths


@pytest.mark.parametrize(("who", "width"), [*IN_SHORT, *(pytest.param(who, width, marks=pytest.mark.slow) for who, width in IN_LONG)])
def test_axe_finds_nothing_nothing_runs_over_and_the_policy_is_kept(served, walker, who, width):
    site, address = served
    one = walker(who, width=width)
    paths = PUBLIC if who is None else paths_for(site, who)
    for path in paths:
        one.page.goto(address + path)
        check(one.page)
    refused = [text for text in one.said if "status of 404" not in text and "status of 410" not in text]
    assert refused == []
    assert len(paths) >= (20 if who not in {None, "newcomer"} else 2)


def test_the_keyboard_alone_reaches_the_content_and_the_map_and_back(served, walker):
    site, _ = served
    one = walker("head", how="keyboard")
    one.open(site.plan("/map"))
    one.page.keyboard.press("Tab")
    assert one.page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    one.page.keyboard.press("Enter")
    one.use(one.page.locator(".app-map__link").first)
    assert one.page.url.endswith(f"/schools/{OWN_URN}")


def test_a_card_leaves_out_cells_that_say_nothing(walker):
    one = walker("head", width=320)
    one.open(f"/partnerships/{HERE}/figures")
    said_nothing = one.page.locator("td:has(> span:empty)")
    assert said_nothing.count() > 0
    assert [cell.is_visible() for cell in said_nothing.all()] == [False] * said_nothing.count()


def test_on_paper_everything_is_opened_and_navigation_is_left_out(served, walker):
    site, _ = served
    one = walker("head")
    one.open(site.plan("/schools/900105"))
    one.page.emulate_media(media="print")
    for gone in (".app-steps", ".govuk-service-navigation", ".govuk-skip-link"):
        assert not one.page.locator(gone).first.is_visible(), gone
    assert one.page.locator(".app-standard").last.is_visible()


def test_a_first_visit_and_each_page_are_small(served, walker):
    site, address = served
    one = walker("head")
    sizes = {}
    one.page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    one.page.goto(address + site.plan())
    one.page.wait_for_load_state("networkidle")
    assert sum(sizes.values()) < 350_000
    pages = all_pages(site.browser("head"), f"/partnerships/{HERE}")
    whole = "by=all"  # everything of a comparison on one page, to print
    large = {path: len(text) for path, text in pages.items() if len(text.encode()) >= (250_000 if whole in path else 100_000)}
    assert large == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_faults_in_forms_are_said_first_and_keep_what_was_typed(walker, width):
    one = walker(None, width=width)
    one.open("/sign-in")
    one.fill("Sign-in name", "nobody")
    one.fill("Password", "wrong")
    one.press("Sign in")
    assert one.page.title().startswith("Error: ")
    assert one.page.locator(".govuk-error-summary").inner_text().count("not right") == 1
    assert one.page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    assert one.page.get_by_label("Sign-in name").input_value() == "nobody"
    assert one.page.get_by_label("Password", exact=True).input_value() == ""
