"""Forms that another site has a browser send: refused on every route that changes something, whoever is signed in."""

import itertools
import re

import pytest
from pages import parsed, words_of
from test_web_access import address_of, is_for_programs, things_of, things_of_the_house
from test_web_swapped import rows_of
from websites import HERE, PASSWORD, a_site

from web.errors import FOREIGN_FORM, OLD_FORM

OURS = "http://localhost"
FOREIGN = ("https://evil.example", "null", "http://localhost.evil.example", "http://localhost:8001", "file://", "http://127.0.0.1")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("forged")) as site:
        site.things = things_of(site, HERE)
        site.of_house = things_of_the_house(site)
        yield site


def unsafe(site):
    """Every route that a form is sent to, with an address of something that is there."""
    for rule in sorted(site.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"}):
            if not is_for_programs(rule):
                yield method, address_of(site, rule, site.things if "partnership_id" in rule.arguments else site.of_house)


def title_of(answer):
    return words_of(parsed(answer.text).find(".//h1"))


def token_of(browser):
    return re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', browser.get("/account").text)[1]


def test_no_form_is_taken_without_its_token_nor_with_anothers(site):
    browsers = itertools.cycle([site.browser(who) for who in ("house", "chair", None)])
    bad = itertools.cycle([{"csrf_token": token_of(site.browser("head"))}, {}, {"csrf_token": "x"}, {}])
    before = rows_of(site, HERE)
    routes = list(unsafe(site))
    for method, path in routes:
        data = next(bad)
        answer = next(browsers).open(path, method=method, data=data)
        assert (answer.status_code, "open too long" in answer.text) == (400, True), (path, data)
    assert title_of(answer) == OLD_FORM.title
    assert len(routes) > 90
    assert rows_of(site, HERE) == before


def test_no_form_is_taken_from_another_site_though_its_token_is_good(site):
    browser = site.browser("house")
    token = token_of(browser)
    before = rows_of(site, HERE)
    for number, (method, path) in enumerate(unsafe(site)):
        answer = browser.open(path, method=method, data={"csrf_token": token}, headers={"Origin": FOREIGN[number % len(FOREIGN)]})
        assert (answer.status_code, "sent from another site" in answer.text) == (400, True), path
    assert title_of(answer) == FOREIGN_FORM.title
    assert rows_of(site, HERE) == before


@pytest.mark.parametrize("origin", [None, OURS, "https://localhost", "HTTP://LOCALHOST"])
def test_our_own_forms_are_taken_and_programs_send_what_they_like(site, origin):
    headers = {} if origin is None else {"Origin": origin}
    browser = site.browser("chair")
    data = {"csrf_token": token_of(browser), "old": "wrong", "new": PASSWORD}
    assert browser.post("/account/sessions/end", data=data, headers=headers).status_code == 303
    assert (
        site.app.test_client().post(f"/api/v1/partnerships/{HERE}/runs", json={}, headers={"Origin": "https://evil.example"}).status_code
        == 401
    )


def test_where_we_are_asked_over_tls_a_page_without_it_is_another_site(site):
    browser = site.browser("chair")
    answer = browser.post(
        "https://localhost/account/sessions/end",
        data={"csrf_token": token_of(browser)},
        headers={"Origin": OURS, "Referer": "https://localhost/"},
    )
    assert title_of(answer) == FOREIGN_FORM.title
