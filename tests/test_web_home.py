"""Where one lands: one's partnerships, and how far each is."""

from __future__ import annotations

import json

import pytest
from pages import parsed, words_of
from websites import ELSEWHERE, HERE, OWN_URN, a_site

from planner.policy import load_policy
from planner.store import Role
from planner.store.decisions import VotingRules
from planner.voting import Majority, Outcome, Say, Weighting

OVERVIEW = f"/partnerships/{HERE}"


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


def steps(text):
    """Title -> its status and whether it can be opened."""
    found = {}
    for item in parsed(text).iter("li"):
        if "govuk-task-list__item" in item.get("class", "").split():
            name, status = list(item)
            title = next(name.iter("a"), None)
            found[words_of(next(iter(name)))] = (words_of(status), title is not None)
    return found


def hints(text):
    """Title -> what its hint says, who does it included."""
    page = parsed(text)
    items = [item for item in page.iter("li") if "govuk-task-list__item" in item.get("class", "").split()]
    return {words_of(next(iter(next(iter(item))))): words_of(list(next(iter(item)))[1]) for item in items}


def links_of_steps(text):
    """Every address that a step leads to."""
    items = [item for item in parsed(text).iter("li") if "govuk-task-list__item" in item.get("class", "").split()]
    return [a.get("href") for item in items for a in item.iter("a")]


def to_do(text):
    """The steps that wait for who is asking."""
    items = [item for item in parsed(text).iter("li") if "govuk-task-list__item" in item.get("class", "").split()]
    return {words_of(next(iter(next(iter(item))))) for item in items if list(item.iter("strong"))}


def test_somebody_of_one_partnership_lands_in_it_and_others_on_the_list(site):
    assert site.browser("board").get("/").headers["Location"] == OVERVIEW
    assert site.browser("head").get("/").headers["Location"] == f"{OVERVIEW}/our-school/{OWN_URN}"
    text = site.browser("house").get("/").text
    assert f'href="{OVERVIEW}"' in text
    assert f'href="/partnerships/{ELSEWHERE}"' in text
    assert "Ask its administrator for an invitation" in site.browser("newcomer").get("/").text


def test_a_head_finds_their_school_first(site):
    page = parsed(site.browser("head").get(OVERVIEW).text)
    assert next(words_of(h) for h in page.iter("h2")).startswith("Our school: Copperfold Primary School")
    assert f"/our-school/{OWN_URN}" in site.browser("head").get(OVERVIEW).text
    assert "Our school" not in site.browser("board").get(OVERVIEW).text


def test_the_way_to_a_plan_says_how_far_it_is(site):
    board = steps(site.browser("board").get(OVERVIEW).text)
    assert board["Bring the figures"] == ("Completed", True)
    assert board["Each head confirms their school"] == ("0 of 12", True)
    assert board["Make a plan"] == ("Completed", True)
    assert board["Read the plan"] == ("1 plan", True)
    assert steps(site.browser("head").get(OVERVIEW).text)["Make a plan"] == ("Completed", False)  # theirs to read, not to do


@pytest.mark.parametrize(
    ("who", "waiting"),
    [
        ("head", {"Each head confirms their school"}),
        ("board", {"Answer questions", "Choose the plan that schools read"}),
        ("administrator", {"Answer questions"}),
        ("service-manager", set()),
        ("commissioner", set()),
    ],
)
def test_what_somebody_else_does_is_no_task_of_mine_and_says_whose_it_is(site, who, waiting):
    with site.store.begin() as tx:
        tx.schools.open_query(partnership_id=HERE, urn=OWN_URN, line="Grant", question="Why?", by=1)
    browser = site.browser(who)
    text = browser.get(OVERVIEW).text
    assert to_do(text) == waiting
    assert [href for href in links_of_steps(text) if browser.get(href, follow_redirects=True).status_code != 200] == []
    said = hints(text)
    for title in ("Set the policy", "Make a plan", "Choose the plan that schools read"):
        assert ("Members of the board do this." in said[title]) == (who != "board"), title
    assert ("The administrator does this." in said["Bring the figures"]) == (who != "administrator")
    assert ("Each head does this" in said["Each head confirms their school"]) == (who != "head")


def test_the_policy_is_a_step_between_the_figures_and_the_plan(site):
    board = steps(site.browser("board").get(OVERVIEW).text)
    assert [*board].index("Each head confirms their school") < [*board].index("Set the policy") < [*board].index("Make a plan")
    assert board["Set the policy"] == ("Version 1", True)
    with site.store.begin() as tx:
        shipped = json.loads(load_policy().document)
        tx.policies.add_version(partnership_id=HERE, document=shipped, note="as it was", by=None, based_on=1)
    assert steps(site.browser("board").get(OVERVIEW).text)["Set the policy"] == ("As shipped", True)


def test_the_plan_ends_with_choosing_what_schools_read_and_their_heads_are_told(site):
    board, head = site.browser("board"), site.browser("head")
    found = steps(board.get(OVERVIEW).text)
    assert [*found][-4:] == ["Choose the plan that schools read", "Try other rules and propose", "Decide", "Sign"]
    assert found["Choose the plan that schools read"] == ("Not chosen yet", True)
    assert "From the newest plan, plan 1: the board has not yet chosen" in words_of(parsed(head.get(OVERVIEW).text))
    site.post(board, site.plan("/choose"), form_at=site.plan())
    assert steps(board.get(OVERVIEW).text)["Choose the plan that schools read"] == ("Plan 1", True)
    assert steps(head.get(OVERVIEW).text)["Choose the plan that schools read"] == ("Plan 1", False)
    assert "From plan 1, which the board put before the schools on " in words_of(parsed(head.get(OVERVIEW).text))


def test_a_plan_of_older_figures_or_policy_is_not_completed(site):
    for what in ("partnerships", "policies"):
        with site.store.begin() as tx:
            versions = getattr(tx, what)
            newest = versions.latest(partnership_id=HERE)
            versions.add_version(partnership_id=HERE, document=newest.document, note="again", by=None, based_on=newest.version)
        assert steps(site.browser("board").get(OVERVIEW).text)["Make a plan"] == ("Figures or policy changed since", True)
        with site.store.begin() as tx:
            row = tx.partnerships.partnership(partnership_id=HERE)
            run = tx.runs.request_run(
                partnership_id=HERE, partnership_version=row.latest_version, policy_version=row.latest_policy, settings={}, by=1
            )
        assert steps(site.browser("board").get(OVERVIEW).text)["Make a plan"] == ("Under way", True)
        with site.store.begin() as tx:
            document = tx.plans.latest(partnership_id=HERE).document
            tx.runs.keep_made_elsewhere(partnership_id=HERE, run_id=run, document=document)
        assert steps(site.browser("board").get(OVERVIEW).text)["Make a plan"] == ("Completed", True)


def test_a_run_that_found_no_plan_is_not_called_not_started(site):
    with site.store.begin() as tx:
        newest = tx.partnerships.latest(partnership_id=HERE)
        tx.partnerships.add_version(partnership_id=HERE, document=newest.document, note="again", by=None, based_on=1)
        tx.runs.request_run(partnership_id=HERE, partnership_version=2, policy_version=1, settings={}, by=1)
        tx.runs.fail(tx.runs.claim_next(worker="one"), reason="The rules cannot all hold.")
    assert steps(site.browser("board").get(OVERVIEW).text)["Make a plan"] == ("No plan could be made", True)


def test_the_roles_one_holds_here_are_named(site):
    assert "Your role here: board member." in site.browser("board").get(OVERVIEW).text
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids["board"], partnership_id=HERE, role=Role.COMMISSIONER)
    assert "Your roles here: board member and commissioner." in site.browser("board").get(OVERVIEW).text


def test_a_partnership_that_has_brought_nothing_says_who_does_it(site):
    site.post(site.browser("house"), "/partnerships/new", name="New <Partnership>")
    new = site.browser("house").get("/partnerships/3")
    assert "New &lt;Partnership&gt;" in new.text
    assert steps(new.text) == {
        "Bring the figures": ("Not started", True), "Set the policy": ("As shipped", True), "Make a plan": ("Cannot start yet", False),
        "Read the plan": ("Cannot start yet", False), "Try other rules and propose": ("Cannot start yet", False),
        "Decide": ("Cannot start yet", False), "Sign": ("Cannot start yet", False),
    }  # fmt: skip
    assert site.post(site.browser("house"), "/partnerships/new", name=" ").status_code == 422


def test_a_question_that_waits_is_a_step(site):
    with site.store.begin() as tx:
        tx.schools.open_query(partnership_id=HERE, urn=OWN_URN, line="Grant", question="Why?", by=1)
    assert steps(site.browser("chair").get(OVERVIEW).text)["Answer questions"] == ("1 open", True)


def test_what_waits_for_somebody_stands_over_the_year_in_their_own_words(site):
    head, chair = (site.browser(who).get(OVERVIEW).text for who in ("head", "chair"))
    assert "Confirm our school's figures" in head.replace("&#39;", "'")
    assert "Nothing waits for you now." in site.browser("commissioner").get(OVERVIEW).text
    assert steps(chair)["Decide"] == ("Not started", True)
    assert {"Decide", "Choose the plan that schools read"} <= to_do(chair)
    assert steps(head)["Sign"] == ("Cannot start yet", False)


def test_a_vote_and_a_signature_wait_for_whose_they_are(site):
    board, chair = site.user_ids["board"], site.user_ids["chair"]
    rules = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)
    with site.store.begin() as tx:
        number = tx.decisions.open_decision(partnership_id=HERE, title="The year", rules=rules, options=[1], by=chair)
    assert "Decide" in to_do(site.browser("board").get(OVERVIEW).text)  # interests first
    with site.store.begin() as tx:
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=number)
        tx.decisions.declare(decision=decision, by=board, schools=(), other="")
        tx.decisions.open_vote(decision=decision, roll=[board], by=chair)
    text = site.browser("board").get(OVERVIEW).text
    assert steps(text)["Decide"] == ("Vote open", True)
    assert "Decide" in to_do(text)
    with site.store.begin() as tx:
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=number)
        tx.decisions.vote(decision=decision, by=board, say=Say.OPTION, plan_id=1, reason="")
        tx.decisions.close_vote(decision=decision, outcome=Outcome.CARRIED, carried=1, by=chair)
    assert "Decide" not in to_do(site.browser("board").get(OVERVIEW).text)
    status, is_link = steps(site.browser("chair").get(OVERVIEW).text)["Sign"]
    assert status.startswith("0 of ")
    assert is_link
    assert "Sign" in to_do(site.browser("chair").get(OVERVIEW).text)


def navigation_of(text):
    """The words of the service navigation, in order."""
    items = [li for li in parsed(text).iter("li") if "govuk-service-navigation__item" in li.get("class", "").split()]
    return [words_of(li) for li in items]


@pytest.mark.parametrize(
    ("who", "first"),
    [
        ("head", "Our school"),
        ("board", "Overview"),
        ("service-manager", "Roster"),
        ("commissioner", "Council"),
        ("administrator", "Overview"),
    ],
)
def test_each_role_finds_first_what_it_came_for_and_everything_in_two_steps(site, who, first):
    browser = site.browser(who)
    text = browser.get(OVERVIEW).text
    links = navigation_of(text)
    assert links[0] == first
    assert {"Overview", "Figures", "Plans", "Proposals", "Decisions", "Claims and questions"} <= set(links)
    assert {
        f'href="{OVERVIEW}/{page}"' in browser.get(f"{OVERVIEW}/{at}").text for at, page in (("claims", "questions"), ("plans", "runs"))
    } == {True}
    assert (f'href="{OVERVIEW}/compare"' in browser.get(f"{OVERVIEW}/plans").text) == (who in {"head", "board"})
