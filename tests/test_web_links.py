"""A link that is shown once, in a real browser: all of it is seen, one press copies it, the result is said, and without scripts it is there to select."""

import pytest
import websites
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch
from websites import HERE, a_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site, websites.served(site.app) as address:
        yield site, address


@pytest.fixture
def invited(served):
    """Somebody who has just made an invitation, in a window of their own."""
    site, address = served
    with playwright.sync_playwright() as driver:
        browser = launch(driver)

        def invited(**more):
            one = Walker(browser, address, **more)
            cookie = site.browser("administrator").get_cookie("planner")
            one.context.add_cookies([{"name": "planner", "value": cookie.value, "url": address}])
            one.open(f"/partnerships/{HERE}/people/invite")
            one.fill("Who do you invite?", "Jo Brown")
            one.pick("Board member")
            one.press("Make the invitation")
            return one

        yield invited
        browser.close()


ALL_IS_SEEN = "one => one.scrollHeight <= one.clientHeight && one.scrollWidth <= one.clientWidth"


@pytest.mark.parametrize("width", [320, 1280])
def test_one_press_copies_the_whole_link_and_says_so(invited, width):
    one = invited(width=width, how="keyboard")
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    field = one.page.get_by_label("Link of the invitation")
    assert field.evaluate(ALL_IS_SEEN)
    button, said = one.page.get_by_role("button", name="Copy the link"), one.page.locator("[data-copy-said]")
    assert said.inner_text() == ""
    one.tab_to(button)
    one.page.keyboard.press("Enter")
    playwright.expect(said).to_have_text("The link is copied.")
    assert said.get_attribute("role") == "status"
    link = one.page.evaluate("navigator.clipboard.readText()")
    assert link == field.input_value()
    assert "/invitations/" in link
    assert one.said == []


def test_a_browser_that_lets_nobody_copy_selects_the_link_and_says_how(invited):
    one = invited()
    one.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    one.page.get_by_role("button", name="Copy the link").click()
    playwright.expect(one.page.locator("[data-copy-said]")).to_contain_text("It is selected")
    assert one.page.get_by_label("Link of the invitation").evaluate("one => one.selectionEnd - one.selectionStart === one.value.length")


@pytest.mark.parametrize("width", [320, 1280])
def test_without_scripts_the_whole_link_is_seen_and_there_is_no_button_that_does_nothing(invited, width):
    one = invited(width=width, how="no scripts")
    assert one.page.get_by_label("Link of the invitation").evaluate(ALL_IS_SEEN)
    assert one.page.get_by_role("button", name="Copy the link").count() == 0
