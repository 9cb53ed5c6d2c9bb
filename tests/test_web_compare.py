"""The page that compares: its state is its address, what it shows is what the amounts say, what cannot be is refused with a way out."""

import io
import re

import openpyxl
import pytest
from answering import keep_answer
from pages import parsed, tables_of, words_of
from playwright.sync_api import sync_playwright
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch
from websites import ELSEWHERE, HERE, PASSWORD, a_site, served

from optimisation.as_data import certain_data
from optimisation.certain import Between, Certain
from planner.documents import amounts_as_data
from planner.store import AnswerKind

AT = f"/partnerships/{HERE}/compare"
BOTH = f"{AT}?of=formula&of={HERE}"
AVOIDED = re.compile(r"\b(winners?|losers?|worst-off|infeasible|utility|sacrifice|optimal|nodes?|savings?|deficits?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        facts = site.shelf.plan(HERE, HERE).facts
        point = {
            "shortfall_points": 14.0, "least_shortfall_points": 13.0, "unmet_points": 41.0, "least_unmet_points": 40.0, "searches": [],
            "amounts": amounts_as_data(facts.amounts, facts.world),
        }  # fmt: skip
        urn = facts.partnership.schools[0].urn
        certain = Certain(best_points=14.0, cap_points=14.14, searches=4, unfinished=1, seconds=3.0, between=(
            Between(what="grant", urn=urn, base_id="", here=12_480, least=12_000, most=12_720, found_least=12_000, found_most=12_480),
            Between(what="half-days", urn=urn, base_id="", here=77, least=77, most=77, found_least=77, found_most=77),
        ))  # fmt: skip
        price = {"enough_pounds": None, "too_little_pounds": None, "limit_pounds": 0, "searches": []}
        with site.store.begin() as tx:
            keep_answer(tx, HERE, HERE, AnswerKind.FRONTIER, document={
                "points": [point, {**point, "amounts": None, "shortfall_points": 15.0}], "dropped": 0, "price_of_fairness": price, "certain": certain_data(certain),
            })  # fmt: skip
        yield site


def shown(site, path, who="head"):
    answer = site.browser(who).get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_without_a_choice_it_shows_the_plan_schools_read_and_the_other_ways(site):
    text = shown(site, AT)
    rows = tables_of(text)["Side by side"]
    assert rows[0] == ["What it comes to", "Formula share", f"Plan {HERE}"]
    assert rows[1][0] == "Standards fully met"
    said = words_of(parsed(text).find(".//main"))
    assert "Gets more than in Formula share" in said
    assert "Plan 1 was made without it. Plan again to have it." in said, "a way that the plan does not hold says what would bring it"
    assert 'value="last_year"' not in text


def test_the_address_is_the_whole_state(site):
    text = shown(site, f"{BOTH}&beside={HERE}&by=schools&only=differences")
    rows = tables_of(text)["Grant, by school"]
    assert rows[0] == ["School", f"Plan {HERE}", "Formula share"]
    assert [row[0] for row in rows[1:]] == sorted(row[0] for row in rows[1:])
    assert all("(" in row[2] for row in rows[1:]), "only what differs"
    links = [a.get("href") for a in parsed(text).iter("a") if "compare?" in (a.get("href") or "")]
    assert links
    assert all(f"beside={HERE}" in href and "only=differences" in href for href in links)
    assert "Base places hosted, by school" not in tables_of(text), "nothing differs there"
    assert "Nothing differs here" in text


@pytest.mark.parametrize(("query", "says"), [
    ("of=formula", "one alone cannot be compared"),
    ("of=formula&of=1&of=greedy&of=last_year&of=2", "four ways to share at most"),
    (f"of=last_year&of={HERE}", "made without it"),
    (f"of={HERE}&of=99", "not here"),
    (f"of={HERE}&of={HERE}.2", "not here"),
    (f"of={HERE}&of={HERE}.99", "not here"),
    ("of=%00&of=formula", "one alone cannot be compared"),
])  # fmt: skip
def test_what_cannot_be_compared_is_said_with_the_choice_open(site, query, says):
    answer = site.browser("board").get(f"{AT}?{query}")
    assert answer.status_code == 422
    assert says in answer.text
    assert 'class="govuk-error-summary' in answer.text
    assert site.browser("board").get(f"{AT}/compare.xlsx?{query}").status_code == 404


def test_plans_of_other_partnerships_are_not_there(site):
    assert site.browser("board").get(f"{AT}?of={HERE}&of={ELSEWHERE}").status_code == 422
    assert site.browser("elsewhere").get(BOTH).status_code == 404


def test_everything_has_each_axis_rules_with_chips_and_a_map(site):
    text = shown(site, f"{BOTH}&by=all")
    tables = tables_of(text)
    for caption in (
        "Half-days given, by service",
        "Places, by base",
        "Fully met, by standard",
        "Grant, by phase",
        "Red lines that are not kept by all",
    ):
        assert caption in tables
    rules = {row[0]: row[1:] for row in tables["Red lines that are not kept by all"][1:]}
    assert rules["No school's grant falls below the board's floor on last year."] == ["Breaks: 4 places", "Keeps"]
    marks = [a.get("aria-label") for a in parsed(text).iter("{http://www.w3.org/2000/svg}a")]
    assert len(marks) == 12
    assert sum("+£" in mark for mark in marks) == 4
    assert not AVOIDED.search(words_of(parsed(text).find(".//main")))
    figures = [f for f in parsed(text).iter("figure") if "app-marks" in f.get("class")]
    assert all(f"Plan {HERE}" in words_of(item) for figure in figures for item in figure.iter("li")), "what a picture shows is said too"


def test_the_workbook_is_of_what_the_page_shows(site):
    answer = site.browser("head").get(f"{AT}/compare.xlsx?of=formula&of={HERE}&beside={HERE}")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["Schools"]
    headings = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "School")
    assert headings[1:4] == (f"Grant: Plan {HERE}", "Grant: Formula share", f"Grant: Formula share less Plan {HERE}")


def test_without_a_plan_the_page_teaches(site):
    with site.store.begin() as tx:
        empty = tx.partnerships.create(name="New", by=site.user_ids["house"])
        tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=empty, role="chair", urn=None)
    assert "There is no plan yet, so there is nothing to compare" in shown(site, f"/partnerships/{empty}/compare", "newcomer")


# --- trade-offs ------------------------------------------------------------------------------


def test_a_dot_opens_its_plan_and_one_that_was_not_kept_does_not(site):
    text = shown(site, site.plan("/trade-offs"))
    links = [a.get("href") for a in parsed(text).iter("{http://www.w3.org/2000/svg}a") if a.get("class") == "app-scatter__link"]
    assert links == [f"{AT}?of={HERE}&of={HERE}.1"]
    opened = shown(site, links[0])
    assert f"Dot 1 of plan {HERE} beside Plan {HERE}." in words_of(parsed(opened).find(".//main"))
    assert "Every school, zone and base gets the same." in opened
    assert not list(parsed(shown(site, site.plan("/trade-offs"), "commissioner")).iter("{http://www.w3.org/2000/svg}a")), (
        "only who may compare"
    )


def test_what_is_certain_and_what_is_a_choice(site):
    tables = tables_of(shown(site, site.plan("/trade-offs")))
    assert tables["Grant in any plan close to the best, pounds a year"][1][1:] == ["£12,480", "£12,000", "£12,720", "up to £720 more"]
    assert tables["Half-days for the school itself in any plan close to the best"][1][-1] == "nothing: the same in all"


def test_old_addresses_lead_there(site):
    for old in ("/other-ways", "/how-good/fairness"):
        answer = site.browser("head").get(site.plan(old))
        assert (answer.status_code, answer.headers["Location"]) == (301, site.plan("/trade-offs"))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
@pytest.mark.parametrize(("how", "width"), [("keyboard", 1280), ("keyboard", 320), ("no scripts", 1280)])
def test_a_head_compares_and_opens_a_dot_in_a_browser(site, how, width):
    with served(site.app) as base, sync_playwright() as driver:
        browser = launch(driver)
        walker = Walker(browser, base, how=how, width=width)
        walker.sign_in("head", PASSWORD)
        walker.open(AT)
        walker.follow("Schools", exact=True) if how == "no scripts" else walker.use(
            walker.page.get_by_label("Ways to look at it").get_by_role("link").nth(1)
        )
        assert "by=schools" in walker.page.url
        walker.unfold("Choose what to compare")
        walker.tick(walker.page.get_by_label("Show only what differs"))
        walker.press("Compare")
        assert "only=differences" in walker.page.url
        for part in ("map", "rules", "all"):
            walker.open(f"{BOTH}&by={part}")
        walker.open(site.plan("/trade-offs"))
        walker.use(walker.page.locator("a.app-scatter__link").first)
        assert "Dot 1 of plan 1 beside Plan 1." in walker.words
        assert not walker.said
        walker.close()
        browser.close()
