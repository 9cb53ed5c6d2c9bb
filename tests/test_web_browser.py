"""The pages in a real browser: axe finds nothing, nothing runs over at 320 px, and JavaScript may be off.

Needs Debian's chromium (``apt-get install chromium``); without it these tests say so and are skipped.
"""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path

import pytest
from pages import HEAD, FakeShelf, address, demonstration_plan, settings_at
from werkzeug.serving import make_server

from web.app import create_app
from web.wiring import Wiring

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is here: apt-get install chromium, then run the tests again")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDTHS = (320, 1280)
PAGES = (
    "/", "/help", "/accessibility", "/privacy", "/sign-in", "/nowhere",
    *(address(demonstration_plan(), page) for page in (
        "", "/more-and-less", "/schools", "/schools/900101", "/schools/900105", "/map", "/services", "/bases", "/standards",
        "/standards/nurture_group_primary", "/money", "/other-ways", "/how-good",
    )),
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The app, really served, for a head who is signed in."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    settings = settings_at(tmp_path_factory.mktemp("home") / "home")
    app = create_app(settings, Wiring(shelf=FakeShelf(demonstration_plan()), current_user=lambda: HEAD))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture
def said():
    return []


@pytest.fixture
def open_page(browser, said):
    """Open a window of a width, perhaps without JavaScript; what it complains about is kept."""
    windows = []

    def open_page(width, *, has_script=True):
        window = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=has_script)
        windows.append(window)
        page = window.new_page()
        page.on("console", lambda message: said.append(message.text) if "status of 404" not in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield open_page
    for window in windows:
        window.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_nothing_runs_over_and_the_policy_is_kept(site, open_page, said, width):
    page = open_page(width)
    for path in PAGES:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), f"{path}, all opened"
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
        assert [(v["id"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found["violations"]] == [], path
    assert said == []


def test_without_javascript_every_page_and_link_works(site, open_page):
    page = open_page(320, has_script=False)
    page.goto(site)
    page.get_by_role("link", name="Hatherby Partnership").click()
    page.get_by_role("link", name="Schools", exact=True).click()
    page.get_by_role("link", name="Highmarden Primary School").click()
    assert page.locator("h1").inner_text() == "Highmarden Primary School"
    page.locator("summary").last.click()
    assert page.locator("details").last.get_attribute("open") is not None
    page.get_by_role("link", name="Map", exact=True).click()
    page.locator(".app-map__link").first.click()
    assert page.locator("h1").inner_text() == "Copperfold Primary School"
    assert page.get_by_role("link", name="Help", exact=True).is_visible()  # the menu is open when no script can open it


def test_the_keyboard_alone_reaches_the_content_the_map_and_back(site, open_page):
    page = open_page(1280)
    page.goto(site + address(demonstration_plan(), "/map"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    page.keyboard.press("Enter")
    for _ in range(11):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("1. Copperfold Primary School, primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/schools/900101")


def test_on_paper_everything_is_opened_and_navigation_is_left_out(site, open_page):
    page = open_page(1280)
    page.goto(site + address(demonstration_plan(), "/schools/900105"))
    page.emulate_media(media="print")
    assert not page.locator(".app-steps").is_visible()
    assert page.locator(".app-standard").last.is_visible()


def test_a_first_visit_is_small(site, open_page):
    page = open_page(1280)
    sizes = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(site + address(demonstration_plan()))
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 350_000
