"""Make a plan: asking for a run, watching it in every state, using its best plan and cancelling it. The store plays the worker."""

import re
import shutil
import time
from pathlib import Path

import pytest
import websites
from pages import demonstration_document, parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, PASSWORD, a_site

from planner.store import RunState
from planner.store.room import database_now
from planner.store.runs import Progress
from web.runs.chart import step_chart
from web.runs.history import history
from web.runs.sayings import duration

RUNS = f"/partnerships/{HERE}/runs"
ASKERS = ("board", "chair")
WATCHERS = ("head", "service-manager", "commissioner", "administrator", "house")
SETTINGS = {"gap_points": 0.1, "seconds": 30}
LIFTING = "Lifting the needs furthest below the board's line"
AVOIDED = re.compile(r"\b(winners?|losers?|worst-off|infeasible|utility|sacrifice|optimal|savings?|node)\b", re.IGNORECASE)


class Played:
    """A site, its clock, and a worker made of store calls."""

    def __init__(self, site):
        self.site, self.store, self.late = site, site.store, 0
        site.store.tick = lambda connection: database_now(connection) + self.late
        self.seq = 0

    def asked(self, *, who="board", partnership_id=HERE, settings=SETTINGS):
        with self.store.begin() as tx:
            return tx.runs.request_run(
                partnership_id=partnership_id, partnership_version=1, policy_version=1, settings=settings, by=self.site.user_ids[who]
            )

    def claimed(self):
        with self.store.begin() as tx:
            return tx.runs.claim_next(worker="a test")

    def told(self, run, *, best=None, bound=None, stage=LIFTING, detail=None, met=None):
        self.seq += 1
        detail = terms(met) if met is not None else detail or {}
        with self.store.begin() as tx:
            assert tx.runs.add_progress(run, seq=self.seq, stage=stage, best_points=best, bound_points=bound, detail=detail)
            if best is not None:
                assert tx.runs.offer_best(run, amounts={"any": 1}, shortfall_points=best)

    def run(self, run_id):
        with self.store.read() as tx:
            return tx.runs.run(partnership_id=HERE, run_id=run_id)

    def at_work(self):
        """A run with one plan found: 41 of 167 standards, 8.31 points, no fewer than 8.03."""
        self.asked()
        run = self.claimed()
        self.told(run, best=8.31, bound=8.03, met=41)
        return run

    def page(self, run_id, who="board", tail=""):
        return self.site.browser(who).get(f"{RUNS}/{run_id}{tail}")

    def events(self):
        with self.store.read() as tx:
            return [(e.action, e.subject, e.by, e.detail) for e in tx.events.events(partnership_id=HERE)]


def terms(met):
    return {"standards_counted": 167, "standards_met": met, "standards_partly_met": 62, "standards_under_half": 39, "out_of_reach": 25}


def main_of(answer, *, within="main"):
    """What a page says, a space between its parts; banners stand before main, within body."""
    assert answer.status_code in {200, 422}, answer.status_code
    text = " ".join(parsed(answer.text).find(f".//{within}").itertext())
    return re.sub(r" (?=[.,])", "", re.sub(r"\s+", " ", text)).strip()


@pytest.fixture
def played(tmp_path):
    with a_site(tmp_path) as site:
        yield Played(site)


# --- the list, and a new run -------------------------------------------------------------------


def test_the_list_says_who_asked_when_from_what_and_how_it_ended(played):
    run = played.at_work()
    waiting = played.asked(who="chair")
    rows = tables_of(played.site.browser("board").get(RUNS).text)["Runs, newest first"]
    assert [row[0] for row in rows] == ["Run", f"Run {waiting}", f"Run {run.id}", "Run 1"]
    assert rows[1][2:] == ["Chair", "Figures 1, policy 1", "Waiting", "Not yet"]
    assert rows[2][2:] == ["Board", "Figures 1, policy 1", "Being made", "Not yet"]
    assert rows[3][2:] == ["House", "Figures 1, policy 1", "Plan made", "Plan 1"]
    assert all(re.fullmatch(r"\d{1,2} \w+ \d{4}, \d{1,2}:\d\d[ap]m", row[1]) for row in rows[1:])


def test_the_page_of_a_new_run_says_what_it_plans_from_and_what_is_still_open(played):
    with played.store.begin() as tx:
        tx.schools.open_query(partnership_id=HERE, urn=900101, line="roll", question="Is it 210?", by=played.site.user_ids["head"])
    said = main_of(played.site.browser("board").get(f"{RUNS}/new"))
    assert "Figures Version 1, brought " in said
    assert "Policy England, academic year 2026/27. Version 1, set " in said
    assert "No school has confirmed these figures yet." in said
    assert "1 question about the figures is not answered yet." in said
    assert "assumed" not in said
    assert "already under way" not in said


def test_confirmed_schools_and_a_run_under_way_are_told_of(played):
    run_id = played.asked()
    with played.store.begin() as tx:
        tx.schools.confirm(partnership_id=HERE, urn=900101, version=1, user_id=played.site.user_ids["head"])
    said = main_of(played.site.browser("board").get(f"{RUNS}/new"))
    assert "11 of 12 schools have not confirmed these figures." in said
    assert f"A plan of this partnership is already under way. Open run {run_id}" in said


def test_assumed_figures_are_called_assumed(played):
    document = demonstration_document()["partnership"]
    assumed = {**document["sources"][0], "sheet": "People", "column": "Sessions a year", "is_assumed": True}
    sources = [*document["sources"], assumed]
    with played.store.begin() as tx:
        tx.partnerships.add_version(
            partnership_id=HERE, document={**document, "sources": sources}, note="", by=played.site.user_ids["house"], based_on=1
        )
    said = main_of(played.site.browser("board").get(f"{RUNS}/new"))
    assert "Some amounts of people or funds are assumed." in said
    assert "Figures Version 2" in said


@pytest.mark.parametrize("who", ASKERS)
def test_asking_makes_a_run_with_its_settings_and_records_it(played, who):
    browser = played.site.browser(who)
    answer = played.site.post(browser, f"{RUNS}/new", seen="1-1", gap_points="0.05", seconds="60")
    assert answer.status_code == 303
    run_id = int(answer.location.rpartition("/")[2])
    run = played.run(run_id)
    assert (run.state, run.settings, run.requested_by) == (RunState.QUEUED, {"gap_points": 0.05, "seconds": 60}, played.site.user_ids[who])
    versions = {"partnership_version": 1, "policy_version": 1}
    assert played.events()[0] == ("run requested", f"run {run_id}", played.site.user_ids[who], versions)
    said = browser.get(answer.location).text
    assert "The plan is asked for." in said
    assert "Longest time to search" in said
    assert "1 minute" in said


def test_asking_twice_goes_to_the_same_run_but_another_wish_or_person_makes_another(played):
    def ask(who, **more):
        fields = {"seen": "1-1", "gap_points": "0.1", "seconds": "30", **more}
        return played.site.post(played.site.browser(who), f"{RUNS}/new", **fields).location

    first = ask("board")
    assert ask("board") == ask("board", gap_points="0.10") == first
    others = {ask("board", seconds="31"), ask("chair")}
    assert len(others | {first}) == 3
    with played.store.begin() as tx:
        tx.runs.cancel(partnership_id=HERE, run_id=int(first.rpartition("/")[2]))
    assert ask("board") not in others | {first}
    assert len([e for e in played.events() if e[0] == "run requested"]) == 4


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"gap_points": ""}, "Enter how close is close enough, such as 0.1."),
        ({"gap_points": "11"}, "How close must be a number from 0 to 10, such as 0.1."),
        ({"gap_points": "-1"}, "How close must be a number from 0 to 10, such as 0.1."),
        ({"gap_points": "nan"}, "How close must be a number from 0 to 10, such as 0.1."),
        ({"seconds": ""}, "Enter the longest time to search, such as 30."),
        ({"seconds": "4"}, "The longest time must be a whole number of seconds from 5 to 600."),
        ({"seconds": "601"}, "The longest time must be a whole number of seconds from 5 to 600."),
        ({"seconds": "<b>"}, "The longest time must be a whole number of seconds from 5 to 600."),
    ],
)
def test_what_is_wrong_is_said_twice_and_what_was_typed_stays(played, fields, sentence):
    answer = played.site.post(
        played.site.browser("board"), f"{RUNS}/new", **{"seen": "1-1", "gap_points": "0.25", "seconds": "45", **fields}
    )
    assert answer.status_code == 422
    page = parsed(answer.text)
    assert words_of(page.find(".//title")).startswith("Error: Make a plan")
    assert main_of(answer).count(sentence) == 2
    shown = {e.get("id"): e.get("value") or "" for e in page.iter("input")}
    assert {name: shown[name] for name in ("gap_points", "seconds")} == {"gap_points": "0.25", "seconds": "45", **fields}
    assert next(e for e in page.iter("details")).get("open") is not None
    with played.store.read() as tx:
        assert len(tx.runs.runs(partnership_id=HERE)) == 1


def test_newer_figures_stop_an_old_form_and_what_was_typed_stays(played):
    browser = played.site.browser("board")
    with played.store.begin() as tx:
        tx.partnerships.add_version(partnership_id=HERE, document=demonstration_document()["partnership"], note="", by=None, based_on=1)
    answer = played.site.post(browser, f"{RUNS}/new", seen="1-1", gap_points="0.1", seconds="77")
    assert answer.status_code == 422
    said = main_of(answer)
    assert said.count("Newer figures or a newer policy came since you opened this page.") == 2
    assert "Figures Version 2" in said
    assert 'value="77"' in answer.text
    assert played.site.post(browser, f"{RUNS}/new", seen="2-1", gap_points="0.1", seconds="77").status_code == 303


@pytest.mark.parametrize("has_figures", [False, True])
def test_without_figures_or_policy_nothing_can_be_asked_and_the_page_says_why(played, has_figures):
    with played.store.begin() as tx:
        new = tx.partnerships.create(name="Brought nothing", by=None)
        tx.people.add_membership(user_id=played.site.user_ids["board"], partnership_id=new, role="board", urn=None)
        if has_figures:
            tx.partnerships.add_version(partnership_id=new, document=demonstration_document()["partnership"], note="", by=None, based_on=0)
    browser = played.site.browser("board")
    why = "There is no policy to plan by yet" if has_figures else "There is nothing to plan yet"
    for path in (f"/partnerships/{new}/runs", f"/partnerships/{new}/runs/new"):
        answer = browser.get(path)
        assert why in main_of(answer)
        assert "<button" not in re.sub(r"(?s)<form[^>]*sign-out.*?</form>", "", answer.text[answer.text.index("<main") :])
    refused = played.site.post(
        browser, f"/partnerships/{new}/runs/new", form_at=f"{RUNS}/new", seen=f"{int(has_figures)}-0", gap_points="0.1", seconds="30"
    )
    assert refused.status_code == 422
    with played.store.read() as tx:
        assert tx.runs.runs(partnership_id=new) == ()


def test_planning_again_begins_with_the_settings_of_the_run(played):
    run_id = played.asked(settings={"gap_points": 0.5, "seconds": 120.0})
    with played.store.begin() as tx:
        tx.runs.cancel(partnership_id=HERE, run_id=run_id)
    again = re.search(r'id="run-again"[^>]*href="([^"]+)"', played.page(run_id).text)[1]
    text = played.site.browser("board").get(again).text
    assert 'value="0.5"' in text
    assert 'value="120"' in text
    for odd in ("99999999999999999999999", "x", "-1", "2"):  # run 2 is another partnership's
        assert 'value="30"' in played.site.browser("board").get(f"{RUNS}/new?like={odd}").text


# --- a run in each of its states ---------------------------------------------------------------


def test_a_waiting_run_says_its_place_among_all_partnerships_and_that_one_may_leave(played):
    first, elsewhere, last = played.asked(), played.asked(who="elsewhere", partnership_id=ELSEWHERE), played.asked()
    assert "Waiting to begin It is next." in main_of(played.page(first))
    said = main_of(played.page(last))
    assert "2 plans are made before this one." in said
    assert "You can close this page. The plan will be in Plans." in said
    assert "so far" not in said
    with played.store.begin() as tx:
        tx.runs.cancel(partnership_id=ELSEWHERE, run_id=elsewhere)
    assert "1 plan is made before this one." in main_of(played.page(last))


def test_a_run_that_has_told_nothing_yet_starts(played):
    played.asked()
    said = main_of(played.page(played.claimed().id))
    assert "The plan is being made Starting." in said
    assert "Cancel this run" in said
    assert "Use the best plan so far" not in said


def test_a_run_at_work_says_standards_first_then_the_distance_then_the_times(played):
    run = played.at_work()
    played.late = 12_000
    answer = played.page(run.id)
    said = main_of(answer)
    distance = (
        "A plan could be better by at most 0.28 points of need. This one leaves 8.31 points of need below the board's line; "
        "with these rules and figures no plan can go below 8.03."
    )
    parts = (
        "The plan is being made", f"{LIFTING}.", "Best plan so far: 41 of 167 standards fully met", "fully met 41", "under half 39",
        distance,
        "What a point is", "A point is one hundredth of all need", "Time taken so far 12 seconds", "Ends at the latest",
    )  # fmt: skip
    assert [said.find(part) for part in parts] == sorted(said.find(part) for part in parts)
    assert min(said.find(part) for part in parts) >= 0
    assert words_of(parsed(answer.text).find(".//title")).startswith(f"Run {run.id}: the plan is being made - Hatherby Partnership")
    assert not AVOIDED.search(said)


def test_the_distance_is_honest_at_its_edges(played):
    played.asked()
    run = played.claimed()
    played.told(run, best=9.0, met=1)
    assert "How much better a plan could be is not known yet." in main_of(played.page(run.id))
    played.told(run, best=8.0, bound=8.0, met=2)
    assert "A plan could be better by less than 0.01 points of need." in main_of(played.page(run.id))


def test_fewer_standards_met_on_the_way_are_explained_until_there_are_more(played):
    played.asked()
    run = played.claimed()
    why = "Fewer standards are fully met than a moment ago"
    for best, met, is_explained in ((14.0, 9, False), (4.0, 0, False), (4.0, 5, True), (4.0, 43, False)):
        played.told(run, best=best, bound=3.9, met=met)
        assert (why in main_of(played.page(run.id))) == is_explained


def test_while_no_standard_is_filled_the_points_come_first(played):
    played.asked()
    run = played.claimed()
    played.told(run, best=4.2, bound=3.9, met=0)
    said = main_of(played.page(run.id))
    assert "Best plan so far: 4.20 points of need below the board's line Standards are filled in the second stage" in said
    assert "0 of 167" not in said
    assert "partly met 62" in said
    played.told(run, best=4.2, bound=3.9, met=43)
    said = main_of(played.page(run.id))
    assert "Best plan so far: 43 of 167 standards fully met" in said
    assert "second stage" not in said


def test_progress_without_its_terms_is_still_shown(played):
    played.asked()
    run = played.claimed()
    played.told(run, best=9.0)
    played.told(run, best=8.5, detail={"standards_met": 3, "something": "new"})
    said = main_of(played.page(run.id))
    assert "Best plan so far fully met 3" in said
    assert "not told" in said


def test_the_table_and_the_line_tell_every_improvement(played):
    played.asked()
    run = played.claimed()
    for best, bound, met in ((12.41, None, 21), (10.2, 6.5, 28), (10.2, 7.0, 28), (8.31, 8.03, 41)):
        played.told(run, best=best, bound=bound, met=met)
        played.late += 2000
    answer = played.page(run.id)
    rows = tables_of(answer.text)["Better plans, newest first"]
    assert rows[1:] == [
        ["6 seconds", "41", "39", "8.31", "8.03"],
        ["2 seconds", "28", "39", "10.20", "6.50"],
        ["less than a second", "21", "39", "12.41", "not known yet"],
    ]
    picture = next(e for e in parsed(answer.text).iter() if e.get("role") == "img")
    says = picture.get("aria-label")
    assert says == "Points of need below the board's line went from 12.41 to 8.31 in 8 seconds. It can go no lower than 8.03."
    assert len([e for e in picture.iter() if e.tag.endswith("path")]) == 2
    assert "style=" not in answer.text[answer.text.index("<main") :]


def test_only_the_newest_twenty_improvements_are_listed(played):
    played.asked()
    run = played.claimed()
    for step in range(25):
        played.told(run, best=30.0 - step, met=step)
    rows = tables_of(played.page(run.id).text)["Better plans, newest first (the newest 20 of 25)"]
    assert len(rows) == 21
    assert rows[1][1] == "24"


def test_a_run_whose_worker_fell_silent_says_that_it_goes_on(played):
    run = played.at_work()
    played.late = 40_000
    said = main_of(played.page(run.id))
    assert "The planner stopped on the way. The run goes on by itself in a moment, and its best plan is kept." in said
    assert "41 of 167" in said
    again = played.claimed()
    played.seq = 0
    played.told(again, best=9.9, met=12)
    said = main_of(played.page(run.id))
    assert "The planner stopped" not in said
    assert "Best plan so far: 41 of 167 standards fully met" in said  # a later attempt's worse plan takes nothing away


def test_a_run_that_was_given_back_waits_to_go_on(played):
    run = played.at_work()
    with played.store.begin() as tx:
        tx.runs.give_back(run)
    said = main_of(played.page(run.id))
    assert "Waiting to go on It is next." in said
    assert "41 of 167" in said


def test_a_finished_run_offers_its_plan_and_never_goes_there_by_itself(played):
    run = played.at_work()
    with played.store.begin() as tx:
        tx.runs.finish(run, document=demonstration_document())
    answer = played.page(run.id, who="head")
    said = main_of(answer)
    counts = demonstration_document()
    assert "The plan is made It passed its check and is kept in Plans. The search was stopped by hand." in said
    assert f"The plan: {counts['standards_met']} of {counts['standards_counted']} standards fully met" in said
    own = (
        "A plan could be better by at most 13.78 points of need. This one leaves 14.78 points of need below the board's line; "
        "with these rules and figures no plan can go below 1.00."
    )
    assert own in said, "the plan's own points, not those told of while it was made"
    assert tables_of(answer.text)["The plan, and better plans on the way to it, newest first"][1][1:] == [
        str(counts["standards_met"]),
        str(counts["standards_under_half"]),
        "14.78",
        "1.00",
    ]
    link = re.search(r'id="run-continue"[^>]*href="([^"]+)"', answer.text)[1]
    assert played.site.browser("head").get(link).status_code == 200
    assert 'http-equiv="refresh"' not in answer.text.lower()
    assert "run.js" not in answer.text
    assert "Check again" not in said


def test_a_refused_run_says_what_clashes_and_lists_each_way_to_make_room_with_its_price_and_who_grants_it(played):
    played.asked()
    run = played.claimed()
    first = "The rules cannot all hold. What clashes, and how to make room:"
    clash = "These cannot hold together; without any one of them the others can. No base <opens>. A grant is at least £42,000."
    ways = [
        f"A grant: £{n},000 instead of £42,000 (the board may relax it). The plan then has a shortfall of {n}.00 points." for n in (1, 2, 3)
    ]
    last = "Every other way moves all the rules of one of these and more, or more than 8 rules."
    with played.store.begin() as tx:
        tx.runs.fail(run, reason="\n".join([first, clash, *(f"Way {n}: {way}" for n, way in enumerate(ways, start=1)), last]))
    answer = played.page(run.id)
    said = main_of(answer)
    assert f"There is no plan {first} {clash}" in said
    assert "Ways to make room, and who may grant each" in said
    assert [words_of(e) for e in parsed(answer.text).find(".//main//ol").iter("li")] == ways
    assert last in said
    assert "The figures and the policy are safe: nothing was changed." in said
    assert "Agree on one way with whoever may grant it" in said
    assert "Make a plan again" in said


def test_a_run_that_failed_in_one_sentence_says_it_and_what_to_do(played):
    played.asked()
    run = played.claimed()
    with played.store.begin() as tx:
        tx.runs.fail(run, reason="There was no time to find which to relax, so try again with more time.")
    said = main_of(played.page(run.id))
    assert "try again with more time." in said
    assert "give them the number of this run" in said
    assert "Make a plan again" not in main_of(played.page(run.id, who="head"))


def test_a_cancelled_run_says_so(played):
    run = played.at_work()
    with played.store.begin() as tx:
        tx.runs.cancel(partnership_id=HERE, run_id=run.id)
    said = main_of(played.page(run.id))
    assert "The run was cancelled No plan was kept of it. The figures and the policy are as they were." in said
    assert "41 of 167" not in said
    assert "Make a plan again" in said


# --- what one does to a run --------------------------------------------------------------------


def test_the_best_plan_so_far_can_be_asked_for_once(played):
    run = played.at_work()
    browser = played.site.browser("board")
    here = f"{RUNS}/{run.id}"
    assert played.site.post(browser, f"{here}/use-best", form_at=here).location == here
    said = main_of(browser.get(here), within="body")
    assert "The run ends with the best plan so far. It takes a few seconds." in said
    assert "The run ends with the best plan so far, as it was asked to." in said
    assert "Use the best plan so far" not in said
    assert played.run(run.id).best_wanted_at is not None
    assert played.events()[0] == ("best plan asked for", f"run {run.id}", played.site.user_ids["board"], {})


def test_where_there_is_no_best_plan_nothing_is_changed(played):
    run_id = played.asked()
    browser = played.site.browser("board")
    played.site.post(browser, f"{RUNS}/{run_id}/use-best", form_at=f"{RUNS}/new")
    assert "There was no plan to use, or the run had ended by then." in main_of(browser.get(f"{RUNS}/{run_id}"), within="body")
    assert played.events() == [] or played.events()[0][0] != "best plan asked for"


def test_cancelling_asks_first(played):
    run = played.at_work()
    browser = played.site.browser("chair")
    said = main_of(browser.get(f"{RUNS}/{run.id}/cancel"))
    assert f"Cancel run {run.id}?" in said
    assert "Best plan so far: 41 of 167 standards fully met. To keep that plan, go back" in said
    assert played.run(run.id).state is RunState.RUNNING
    assert played.site.post(browser, f"{RUNS}/{run.id}/cancel").location == f"{RUNS}/{run.id}"
    assert played.run(run.id).state is RunState.CANCELLED
    assert f"Run {run.id} is cancelled." in main_of(browser.get(f"{RUNS}/{run.id}"), within="body")
    assert played.events()[0] == ("run cancelled", f"run {run.id}", played.site.user_ids["chair"], {})
    assert browser.get(f"{RUNS}/{run.id}/cancel").status_code == 303


def test_cancelling_what_has_ended_changes_nothing_and_says_so(played):
    run = played.at_work()
    browser = played.site.browser("board")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(f"{RUNS}/{run.id}/cancel").text)[1]
    with played.store.begin() as tx:
        tx.runs.finish(run, document=demonstration_document())
    assert browser.post(f"{RUNS}/{run.id}/cancel", data={"csrf_token": token}).status_code == 303
    assert "The run had ended before it could be cancelled." in main_of(browser.get(f"{RUNS}/{run.id}"), within="body")
    assert played.run(run.id).state is RunState.FINISHED


# --- the part that changes ---------------------------------------------------------------------


def test_the_part_that_changes_is_sent_only_when_something_has(played):
    run = played.at_work()
    browser = played.site.browser("board")
    first = browser.get(f"{RUNS}/{run.id}/progress")
    etag = first.headers["ETag"]
    assert first.status_code == 200
    assert "<html" not in first.text
    assert f'data-etag="{etag.replace(chr(34), "&#34;")}"' in browser.get(f"{RUNS}/{run.id}").text

    def asked_again():
        return browser.get(f"{RUNS}/{run.id}/progress", headers={"If-None-Match": etag})

    played.late = 2000
    with played.store.begin() as tx:
        tx.runs.beat(run)
    assert (asked_again().status_code, asked_again().data) == (304, b"")
    played.told(run, best=8.2, bound=8.03, met=44)
    later = asked_again()
    assert later.status_code == 200
    assert "44 of 167 standards fully met" in later.text
    assert later.headers["ETag"] != etag
    assert later.headers["Cache-Control"] == "no-store"


def test_the_etag_changes_with_the_place_in_the_queue_with_the_state_and_with_who_asks(played):
    first, second = played.asked(), played.asked()

    def etag(who="board"):
        return played.page(second, who=who, tail="/progress").headers["ETag"]

    waiting = etag()
    assert waiting == etag("chair") != etag("head")
    with played.store.begin() as tx:
        tx.runs.cancel(partnership_id=HERE, run_id=first)
    next_one = etag()
    played.claimed()
    assert len({waiting, next_one, etag()}) == 3


@pytest.mark.parametrize(("state", "poll"), [("queued", "2000"), ("running", "1000"), ("cancelled", "0")])
def test_the_pace_of_asking_follows_the_state(played, state, poll):
    run_id = played.asked()
    if state == "running":
        played.claimed()
    if state == "cancelled":
        with played.store.begin() as tx:
            tx.runs.cancel(partnership_id=HERE, run_id=run_id)
    assert f'data-poll="{poll}"' in played.page(run_id, tail="/progress").text


def test_without_javascript_there_is_a_link_and_the_polite_region_is_apart(played):
    run = played.at_work()
    page = parsed(played.page(run.id).text)
    status = next(e for e in page.iter() if e.get("role") == "status")
    changing = next(e for e in page.iter() if e.get("id") == "run-progress")
    assert status not in list(changing.iter())
    assert words_of(status) == ""
    assert next(a for a in page.iter("a") if words_of(a) == "Check again").get("href") == f"{RUNS}/{run.id}"
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", WATCHERS)
def test_others_watch_but_may_not_ask_use_or_cancel(played, who):
    run = played.at_work()
    browser = played.site.browser(who)
    assert "Make a plan" not in main_of(browser.get(RUNS))
    assert f'href="{RUNS}"' not in browser.get(f"/partnerships/{HERE}").text.partition("<main")[2], "none is led to what others do"
    answer = browser.get(f"{RUNS}/{run.id}")
    assert "41 of 167" in main_of(answer)
    assert "Cancel this run" not in answer.text
    assert "Use the best plan so far" not in answer.text
    assert browser.get(f"{RUNS}/{run.id}/progress").status_code == 200
    for path in (f"{RUNS}/new", f"{RUNS}/{run.id}/cancel"):
        assert browser.get(path).status_code == 403
    for path in (f"{RUNS}/new", f"{RUNS}/{run.id}/cancel", f"{RUNS}/{run.id}/use-best"):
        assert played.site.post(browser, path, form_at="/account").status_code == 403
    assert played.run(run.id).state is RunState.RUNNING


@pytest.mark.parametrize("tail", ["", "/progress", "/cancel"])
def test_another_partnerships_run_does_not_exist(played, tail):
    run = played.at_work()
    elsewhere = played.site.browser("elsewhere")
    assert elsewhere.get(f"{RUNS}/{run.id}{tail}").status_code == 404
    assert elsewhere.get(f"/partnerships/{ELSEWHERE}/runs/{run.id}{tail}").status_code == 404
    assert played.site.browser("board").get(f"{RUNS}/9999{tail}").status_code == 404
    assert played.site.browser(None).get(f"{RUNS}/{run.id}{tail}").status_code == 303


@pytest.mark.parametrize("act", ["cancel", "use-best"])
def test_another_partnerships_run_cannot_be_changed(played, act):
    run = played.at_work()
    elsewhere = played.site.browser("elsewhere")
    at = f"/partnerships/{ELSEWHERE}/runs"
    assert played.site.post(elsewhere, f"{at}/{run.id}/{act}", form_at=f"{at}/new").status_code == 404
    assert (played.run(run.id).state, played.run(run.id).best_wanted_at) == (RunState.RUNNING, None)


def test_what_others_wrote_is_never_markup(played):
    with played.store.begin() as tx:
        user = tx.people.user(user_id=played.site.user_ids["board"])
        tx.people.rename(user_id=user.id, name="<b>Board</b>", version=user.version)
    played.asked()
    run = played.claimed()
    played.told(run, stage="<i>Stage</i>")
    for path in (RUNS, f"{RUNS}/{run.id}"):
        text = played.site.browser("chair").get(path).text
        assert "&lt;b&gt;Board&lt;/b&gt;" in text
        assert "<b>" not in text
        assert "<i>" not in text


# --- the small parts ---------------------------------------------------------------------------


def row(seq, *, at, best=None, bound=None, fence=1):
    return Progress(run_id=1, fence=fence, seq=seq, at=at, stage=f"stage {seq}", best_points=best, bound_points=bound, detail=terms(seq))


def test_a_history_never_goes_back():
    told = history(
        (row(3, at=9000, best=7.5, bound=2.0, fence=2), row(2, at=5000, best=9.0, fence=2), row(1, at=1000, best=8.0, bound=3.0))
    )
    assert [(m.seconds, m.best_points, m.bound_points) for m in told.moments] == [(0, 8.0, 3.0), (8.0, 7.5, 3.0)]
    assert told.stage == "stage 3"
    assert history(()).last is None


def test_the_line_stays_in_its_field():
    told = history((row(3, at=4000, best=6.0, bound=6.0), row(2, at=2000, best=9.0, bound=5.0), row(1, at=0, best=9.0)))
    line = step_chart(told.moments, 8.0)
    assert line.best_path == "M0.0 0.00H250.0V0.00H500.0V75.00H1000"
    assert line.bound_path == "M250.0 100.00H500.0V75.00H1000"
    assert (line.top, line.bottom, line.end) == ("9 points", "5 points", "8 seconds")
    assert step_chart(told.moments[:1], 1.0) is None


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 seconds"), (1.9, "1 second"), (60, "1 minute"), (61, "1 minute 1 second"), (602, "10 minutes 2 seconds")]
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said


# --- in a real browser -------------------------------------------------------------------------

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium is here: apt-get install chromium, then run the tests again")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
        started = driver.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@pytest.fixture
def served(played):
    """The site's address, really served."""
    with websites.served(played.site.app) as address:
        yield address


@pytest.fixture
def page_of(served, chromium):
    windows = []

    def page_of(path, *, width=1280, who="board", has_script=True):
        window = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=has_script)
        windows.append(window)
        page = window.new_page()
        page.goto(f"{served}/sign-in?next={path}")
        page.fill("#sign_in", who)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(served + path)
        return page

    yield page_of
    for window in windows:
        window.close()


def test_a_better_plan_is_on_screen_within_two_seconds_and_focus_and_details_stay(played, page_of):
    run = played.at_work()
    page = page_of(f"{RUNS}/{run.id}")
    page.locator("#run-better-summary").click()
    page.locator("#run-use-best").focus()
    page.evaluate("window.held = document.activeElement")
    assert not page.locator("#run-lost").is_visible()
    for met in (44, 47):
        began = time.monotonic()
        played.told(run, best=8.31 - met / 1000, bound=8.03, met=met)
        page.get_by_role("heading", name=f"Best plan so far: {met} of 167 standards fully met").wait_for(timeout=5000)
        assert time.monotonic() - began < 2
        assert page.evaluate("document.activeElement === window.held && window.held.isConnected")
        assert page.locator("#run-table").get_by_text(str(met), exact=True).is_visible()
    assert not page.locator("#run-points").evaluate("one => one.open")


def test_focus_in_a_part_that_goes_away_moves_to_what_happened_and_asking_stops(played, page_of):
    run = played.at_work()
    page = page_of(f"{RUNS}/{run.id}")
    page.locator("#run-better-summary").click()
    page.locator("#run-cancel").focus()
    with played.store.begin() as tx:
        tx.runs.finish(run, document=demonstration_document())
    page.get_by_role("button", name="Continue to the plan").wait_for(timeout=5000)
    assert page.evaluate("document.activeElement.id") == "run-heading"
    assert page.locator("#run-better").evaluate("one => one.open")
    assert page.title().startswith(f"Run {run.id}: the plan is made")
    assert page.url.endswith(f"{RUNS}/{run.id}")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []


def test_the_polite_region_speaks_at_most_every_ten_seconds_and_not_of_the_clock(played, page_of):
    run = played.at_work()
    page = page_of(f"{RUNS}/{run.id}")
    page.evaluate(
        "window.heard = []; new MutationObserver(() => heard.push(document.getElementById('run-said').textContent))"
        ".observe(document.getElementById('run-said'), {childList: true})"
    )
    before = page.locator("#run-elapsed").inner_text()
    for met in (44, 47, 50):
        played.told(run, best=8.31 - met / 1000, met=met)
        page.get_by_role("heading", name=f"{met} of 167").wait_for(timeout=5000)
    assert page.evaluate("heard.length") == 1
    assert "44 of 167 standards fully met" in page.evaluate("heard[0]")
    assert page.locator("#run-elapsed").inner_text() != before


def test_what_happened_in_the_end_is_said_at_once_and_the_banner_goes(played, page_of):
    page = page_of(f"{RUNS}/new")
    page.get_by_role("button", name="Make a plan", exact=True).click()
    run = played.claimed()
    played.told(run, best=8.31, bound=8.03, met=41)
    page.get_by_role("heading", name="41 of 167").wait_for(timeout=5000)
    assert page.locator(".govuk-notification-banner").count() == 1
    with played.store.begin() as tx:
        tx.runs.finish(run, document=demonstration_document())
    page.get_by_role("button", name="Continue to the plan").wait_for(timeout=5000)
    page.wait_for_timeout(500)
    assert page.locator("#run-said").text_content().startswith("The plan is made.")
    assert page.locator(".govuk-notification-banner").count() == 0


def test_a_service_that_does_not_answer_is_told_of_and_found_again(played, page_of):
    run = played.at_work()
    page = page_of(f"{RUNS}/{run.id}")
    page.route("**/progress", lambda route: route.abort())
    page.locator("#run-lost").wait_for(state="visible", timeout=5000)
    assert "Check again" in page.locator("#run-lost").inner_text()
    assert page.locator("#run-said").text_content() == "The service does not answer just now."
    page.unroute("**/progress")
    page.locator("#run-lost").wait_for(state="hidden", timeout=8000)


def test_without_javascript_one_asks_for_uses_and_cancels_a_run(played, page_of):
    page = page_of(RUNS, has_script=False, width=320)
    page.get_by_role("button", name="Make a plan", exact=True).click()
    page.get_by_role("button", name="Make a plan", exact=True).click()
    assert "It is next." in page.locator("main").inner_text()
    run = played.claimed()
    played.told(run, best=8.31, met=41)
    page.get_by_role("link", name="Check again").click()
    page.get_by_role("button", name="Use the best plan so far").click()
    assert "as it was asked to" in page.locator("main").inner_text()
    page.get_by_role("button", name="Cancel this run").click()
    page.get_by_role("button", name="Cancel this run").click()
    assert "The run was cancelled" in page.locator("main").inner_text()


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_runs_over(played, page_of, served, width):
    failed = played.asked()
    with played.store.begin() as tx:
        tx.runs.fail(tx.runs.claim_next(worker="a test"), reason="The rules cannot all hold:\nOne rule.\nAnother.")
    run = played.at_work()
    played.told(run, best=8.1, bound=8.03, met=44)
    waiting = played.asked()
    page = page_of(RUNS, width=width)
    said = []
    page.on("console", lambda message: said.append(message.text))
    for path in (RUNS, f"{RUNS}/new", f"{RUNS}/1", *(f"{RUNS}/{n}" for n in (failed, run.id, waiting)), f"{RUNS}/{run.id}/cancel"):
        page.goto(served + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [], path
    assert said == []
