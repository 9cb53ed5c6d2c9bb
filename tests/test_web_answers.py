"""The pages of what is found out about a plan: what they claim is in the answers, what is not there says so, who asks may ask."""

import json
import re

import pytest
import websites
from answering import answers_of, forget_answers, keep_answer, work_out
from pages import parsed, tables_of, words_of
from walking import CHROMIUM, NO_CHROMIUM, Walker, check, launch
from websites import ELSEWHERE, HERE, OTHER_URN, OWN_URN, a_site

from planner.certificate import TOO_MANY_SCHOOLS
from planner.store import AnswerKind, AnswerState
from planner.words import least_points, most_points
from web.charts import Cross, scatter
from web.command_line import main
from web.plans.presenters.answers import known
from web.plans.presenters.fairness import price_sentence

FIGURES = "it says nothing about whether the figures are right"
FURTHER = ("/trade-offs", "/how-good/one-more", "/how-good/doses")
AVOIDED = re.compile(r"\b(winners?|losers?|worst-off|infeasible|utility|sacrifice|optimal|nodes?|savings?|deficits?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A site in which the worker has found every answer about the smaller plan, and why for its first school."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        urn = site.shelf.plan(ELSEWHERE, ELSEWHERE).facts.partnership.schools[0].urn
        site.post(site.browser("elsewhere"), site.plan(f"/schools/{urn}/why", partnership_id=ELSEWHERE))
        forget_answers(site.store, HERE)  # they would take turns
        work_out(site.store, ELSEWHERE, ELSEWHERE, seconds=120)
        site.urn = urn
        yield site


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


def main_of(site, who, path):
    return words_of(parsed(site.browser(who).get(path).text).find(".//main"))


def there(page):
    return f"/partnerships/{ELSEWHERE}/plans/{ELSEWHERE}{page}"


def found(site, kind, urn=0):
    with site.store.read() as tx:
        return tx.answers.answer(partnership_id=ELSEWHERE, plan_id=ELSEWHERE, kind=kind, urn=urn).document


# --- answers that are there --------------------------------------------------------------------


def test_how_good_says_each_claim_with_its_bound_and_what_it_does_not_say(answered):
    shown = main_of(answered, "elsewhere", there("/how-good"))
    certified, claims, furthest = (found(answered, kind) for kind in (AnswerKind.CERTIFICATE, AnswerKind.CLAIMS, AnswerKind.FURTHEST))
    assert f"no plan within these rules and figures leaves less than {least_points(certified['certified_points'])} points" in shown
    assert f"these bases could leave no less than {least_points(claims['if_split']['bound_points'])} points" in shown
    assert ("Checked one by one: none of" in shown) is claims["checked_one_by_one"]["holds"]
    assert f"is met to {least_points(furthest['plan_points'])} percent" in shown
    assert f"no plan can reach more than {most_points(furthest['bound_points'])}" in shown
    assert shown.count(FIGURES) == 4, "beside every gap"
    assert "worked out" not in shown


def test_the_pages_behind_it_hold_the_figures_of_their_answers(answered):
    browser = answered.browser("elsewhere")
    frontier, values, doses = (found(answered, kind) for kind in (AnswerKind.FRONTIER, AnswerKind.VALUES, AnswerKind.DOSES))
    text = browser.get(there("/trade-offs")).text
    rows = tables_of(text)["From the fairest plan to the one that meets most need"][1:-1]
    assert [row[1] for row in rows] == [most_points(point["shortfall_points"]) for point in frontier["points"]]
    assert text.count('<circle class="app-scatter__dot" cx=') == len(frontier["points"])
    assert "<polyline" not in text, "dots are never joined"
    rows = tables_of(browser.get(there("/how-good/one-more")).text)
    shown = {row[0]: row[1:] for caption, table in rows.items() if caption.startswith("More half-days") for row in table[1:]}
    searched = [value for value in values["values"] if value["unit"] == "half-days" and value["steps"]]
    assert searched
    for value in searched:
        steps = value["steps"] if len(value["steps"]) == 5 else value["steps"] * 5  # only the last was searched: it gains nothing
        assert shown[value["name"]] == [least_points(s["gained_points"]) if s["is_shown"] else "none shown" for s in steps]
    text = main_of(answered, "elsewhere", there("/how-good/doses"))
    for dose in doses["doses"]:
        assert f"{dose['standing']['met']} of {dose['standing']['standards']} standards would be fully met" in text


def test_why_says_every_sentence_of_its_answer_with_the_searches_behind_it(answered):
    path = there(f"/schools/{answered.urn}/why")
    shown, why = main_of(answered, "elsewhere", path), found(answered, AnswerKind.WHY, answered.urn)
    sentences = [s for rule in why["rules"] for s in rule["sentences"]] + (why["why_not"] or {"sentences": []})["sentences"]
    for sentence in [*sentences, *why["ways_sentences"]]:
        assert sentence in shown
    searched = {search["words"] for rule in why["rules"] for search in rule["searches"]}
    assert all(words in shown for words in searched)
    assert "Read why" in main_of(answered, "elsewhere", there(f"/schools/{answered.urn}"))


def test_answers_can_be_taken_away_as_the_commands_write_them(answered, tmp_path, capsys):
    browser = answered.browser("elsewhere")
    for kind in ("claims", "furthest", "frontier", "values", "doses"):
        answer = browser.get(there(f"/answers/{kind}.json"))
        assert json.loads(answer.data) == found(answered, AnswerKind(kind))
        assert f"-{kind}.json" in answer.headers["Content-Disposition"]
    for page in ("/plan.json", "/answers/certificate.json"):
        answer = browser.get(there(page))
        name = re.search("filename=(.*)", answer.headers["Content-Disposition"])[1]
        (tmp_path / name).write_bytes(answer.data)
    plan = min((file.name for file in tmp_path.iterdir()), key=len)
    for page in ("/how-good", "/downloads"):
        assert f"planner audit {plan} --certificate" in main_of(answered, "elsewhere", there(page))
    assert f'href="{there("/answers/certificate.json")}"' in browser.get(there("/downloads")).text
    assert main(["audit", str(tmp_path / plan), "--certificate"]) == 0, "the names are those that the audit looks for"
    assert "The certificate agrees" in capsys.readouterr().out
    assert json.loads(browser.get(there(f"/schools/{answered.urn}/why.json")).data)["urn"] == answered.urn
    assert browser.get(there("/answers/why.json")).status_code == 404
    assert browser.get(there("/answers/nothing.json")).status_code == 404


def test_every_page_is_small_and_in_the_words_of_the_product(answered):
    for page in ("/how-good", *FURTHER, f"/schools/{answered.urn}", f"/schools/{answered.urn}/why"):
        text = answered.browser("elsewhere").get(there(page)).text
        assert len(text.encode()) < 100_000
        assert not AVOIDED.search(words_of(parsed(text).find(".//main"))), page


@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
def test_axe_finds_nothing_and_nothing_runs_over_at_any_width(answered):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
    cookie = answered.browser("elsewhere").get_cookie("planner")
    with websites.served(answered.app) as address, playwright.sync_playwright() as driver:
        browser = launch(driver)
        one = Walker(browser, address, width=320)
        one.context.add_cookies([{"name": "planner", "value": cookie.value, "url": address}])
        for page in ("/how-good", *FURTHER, f"/schools/{answered.urn}", f"/schools/{answered.urn}/why"):
            one.page.goto(address + there(page))
            for width in (320, 1280):
                one.page.set_viewport_size({"width": width, "height": 900})
                check(one.page)
        assert one.said == []
        browser.close()


# --- answers that are not there ------------------------------------------------------------------


def test_what_is_not_there_says_how_it_stands_and_how_to_come_back(site):
    for page in FURTHER:
        assert "This is not worked out yet: plans that people asked for are made first. It goes on by itself" in main_of(
            site, "head", site.plan(page)
        )
    with site.store.begin() as tx:
        assert {tx.answers.claim_next(worker="w").partnership_id for _ in range(2)} == {HERE, ELSEWHERE}, "they take turns"
        keep_answer(tx, HERE, HERE, AnswerKind.VALUES, reason="The solver ended before it found this out.")
        keep_answer(tx, HERE, HERE, AnswerKind.FURTHEST, reason="It took too long.")
    assert "This is being worked out now." in main_of(site, "head", site.plan("/how-good"))
    assert "This was not found out. It took too long." in main_of(site, "head", site.plan("/how-good"))
    assert "This was not found out. The solver ended before it found this out." in main_of(site, "head", site.plan("/how-good/one-more"))
    assert site.browser("head").get(site.plan("/answers/values.json")).status_code == 404


def test_the_board_has_what_failed_worked_out_again_and_nobody_else(site):
    ask = site.plan("/how-good/ask")
    button = "Work out what is missing here"
    assert "Not yet" in main_of(site, "head", site.plan("/how-good"))
    assert button not in site.browser("board").get(site.plan("/how-good")).text, "all of it waits already"
    with site.store.begin() as tx:
        keep_answer(tx, HERE, HERE, AnswerKind.VALUES, reason="No.")
    assert button not in site.browser("head").get(site.plan("/how-good")).text
    answer = site.post(site.browser("board"), ask, form_at=site.plan("/how-good"))
    assert (answer.status_code, answer.location) == (303, site.plan("/how-good"))
    assert {row.state for row in answers_of(site.store, HERE, HERE)} == {AnswerState.QUEUED}
    assert site.post(site.browser("head"), ask, form_at="/account").status_code == 403


def test_a_head_asks_why_for_the_own_school_and_everybody_reads_it(site):
    button = "Work out why, why not and what it would take"
    own, other = site.plan(f"/schools/{OWN_URN}"), site.plan(f"/schools/{OTHER_URN}")
    head, board = site.browser("head"), site.browser("board")
    assert button in head.get(own).text
    assert button not in head.get(other).text
    assert "The school's head or the board can ask for it" in main_of(site, "head", other)
    assert button in board.get(own).text
    assert button in board.get(other).text
    assert site.post(head, f"{other}/why", form_at=f"{own}/why").status_code == 403
    assert site.post(head, f"{own}/why", form_at=own).location == f"{own}/why"
    assert "It is worked out once no plan waits to be made, and takes a few minutes at most." in head.get(f"{own}/why").text
    site.post(board, f"{own}/why", form_at="/account")
    asked = [row for row in answers_of(site.store, HERE, HERE) if row.kind is AnswerKind.WHY]
    assert [(row.urn, row.asked_by) for row in asked] == [(OWN_URN, site.user_ids["head"])], "once for everybody"
    assert "is asked for. It is worked out once no plan waits" in main_of(site, "other-head", own)
    assert button not in board.get(own).text
    assert "This is not worked out yet" in main_of(site, "other-head", f"{own}/why")
    assert site.post(board, site.plan("/schools/999999/why"), form_at="/account").status_code == 404
    with site.store.read() as tx:
        logged = [(e.by, e.subject) for e in tx.events.events(partnership_id=HERE) if e.action == "why asked for"]
    assert logged == [(site.user_ids["head"], f"plan {HERE}, school {OWN_URN}")]


def test_where_a_partnership_is_too_large_for_a_certificate_nobody_is_asked_to_have_one_worked_out(site, monkeypatch):
    for where in ("planner.store.answers", "web.plans.presenters.quality"):
        monkeypatch.setattr(f"{where}.MOST_SCHOOLS", 5)
    how_good, ask, button = site.plan("/how-good"), site.plan("/how-good/ask"), "Work out what is missing here"
    with site.store.begin() as tx:
        keep_answer(tx, HERE, HERE, AnswerKind.CERTIFICATE, reason="Too many.")  # as a version before left it
    assert button not in site.browser("board").get(how_good).text
    said = main_of(site, "board", how_good)
    assert said.count(TOO_MANY_SCHOOLS) == 1
    assert "This was not found out" not in said
    with site.store.begin() as tx:
        keep_answer(tx, HERE, HERE, AnswerKind.VALUES, reason="No.")
    site.post(site.browser("board"), ask, form_at=how_good)
    failed = [row.kind for row in answers_of(site.store, HERE, HERE) if row.state is AnswerState.FAILED]
    assert failed == [AnswerKind.CERTIFICATE], "only the other is worked out again"


@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
def test_a_page_that_waits_shows_the_answer_once_it_is_there_and_stops_asking_once_nobody_is_signed_in(site):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
    path, client = site.plan(f"/schools/{OWN_URN}/why"), site.browser("head")
    site.post(client, path, form_at=site.plan(f"/schools/{OWN_URN}"))
    cookie, asked = client.get_cookie("planner"), []
    with websites.served(site.app) as address, playwright.sync_playwright() as driver:
        browser = launch(driver)
        context = browser.new_context()
        context.add_cookies([{"name": "planner", "value": cookie.value, "url": address}])
        there, gone = context.new_page(), browser.new_context()
        there.goto(f"{address}{path}#gets")
        gone.add_cookies([{"name": "planner", "value": cookie.value, "url": address}])
        left = gone.new_page()
        left.goto(address + path)
        left.on("request", lambda request: asked.append(request.url))
        gone.clear_cookies()
        with site.store.begin() as tx:
            keep_answer(tx, HERE, HERE, AnswerKind.WHY, urn=OWN_URN)
        there.get_by_role("heading", name="Why not more").wait_for(timeout=10_000)
        assert there.url.endswith("#gets")
        left.wait_for_timeout(7_000)
        assert asked.count(address + path) == 1
        browser.close()


# --- words and pictures ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("enough", "too_little", "said"),
    [
        (0, None, "A plan was found that has both"),
        (20_000, 10_000, "£20,000 more for grants would give both"),
        (None, 320_000, "Not even £320,000 more for grants gives both"),
        (None, 40_000, "No plan was found, with up to £320,000 more for grants, that has both"),
    ],
)
def test_the_price_of_fairness_claims_no_more_than_was_proved(enough, too_little, said):
    price = {"enough_pounds": enough, "too_little_pounds": too_little, "limit_pounds": 320_000}
    sentence = price_sentence(price, 78.75)
    assert sentence.startswith(said)
    assert ("£10,000 was proved too little" in sentence) is (too_little == 10_000)


def test_what_is_known_of_a_search_claims_no_more_than_the_sentence_above_it():
    def said(aim, value, bound, status="enough"):
        search = {"words": f"{aim} {value}", "aim": aim, "status": status, "value": value, "bound": bound, "seconds": 1.0}
        return [cell.text for cell in known([search], "it").searches.rows[0].cells[1:]]

    below, met = "shortfall below the board's line, in points", "need unmet of the fifth furthest from the standard, in points"
    assert said(below, 3.541, 3.539) == [
        "3.55 points below the line",
        "3.53 points below the line",
        "Stopped once its bound was enough, 1.0 seconds",
    ]
    assert said(below, 3.5400004, 3.54)[:2] == ["3.54 points below the line", "3.53 points below the line"], "less the solver's tolerance"
    assert said(met, 36.126, 36.114)[:2] == ["63.87 percent met", "63.89 percent met"]
    assert said("what changes for schools beside a plan, in thousands of pounds", 1.2, 1.1962)[:2] == [
        "changes worth £1,200",
        "changes worth £1,190",
    ]
    assert said(below, None, None)[:2] == ["none", "none"]


def test_dots_lie_in_their_field_and_gap_bars_end_at_their_bounds():
    def cross(name, x, y):
        return Cross(name=name, x=x, x_least=x - 0.5, y=y, y_most=y + 0.5)

    chart = scatter(
        anchor="a", title="t", says="s", axes=("x", "y"), crosses=[cross("1", 4, 74), cross("2", 9, 79)], mark=cross("this plan", 4.0, 74.1)
    )
    xs, ys = [float(dot.x[:-1]) for dot in chart.dots], [float(dot.y) for dot in chart.dots]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert all(0 < x < 100 for x in xs)
    assert all(float(dot.x_least[:-1]) < float(dot.x[:-1]) and float(dot.y_most) < float(dot.y) for dot in chart.dots)
    assert [float(dot.name_y) > float(dot.y) for dot in chart.dots] == [True, False], "the name keeps clear of the mark"
    assert 3 <= len(chart.ticks) <= 7
