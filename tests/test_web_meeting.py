"""The meeting's screen and what others sent to the board: what is on the table, what would change, what is kept as an option."""

import contextlib
import re
import time

import pytest
from pages import demonstration, document_of, tables_of
from test_web_decide import RULES, actions
from test_web_try_it import IMPOSSIBLE, Told, begin, do, main_of, wish
from walking import CHROMIUM, NO_CHROMIUM, Walker, check, launch
from websites import ELSEWHERE, HERE, OWN_URN, a_site, served

from planner.need import world_of
from planner.policy import with_changes
from planner.store import tables
from planner.voting import Outcome
from web.app import create_app
from web.meeting.changes import FIGURES
from web.try_it import sliders as sliders_module
from web.try_it.sliders import consequence
from web.wiring import Wiring
from web.workshop import MOST_TURNS, Whole

MEETING = f"/partnerships/{HERE}/meeting"
OF_DECISIONS = (tables.decision_comments, tables.decision_roll, tables.decision_options, tables.decisions)
SIX = {"board-contingency_percent": "6"}


@pytest.fixture(scope="module")
def other_document():
    """A plan with more money kept back."""
    world = demonstration()
    return document_of(world_of(world.partnership, with_changes(world.policy, {"board.contingency_percent": 6})))


class ToldAnother(Told):
    """One that finds another plan than the one on the table."""

    def whole(self, plan_key, near, world, tried, urn, should_stop):
        found = super().whole(plan_key, near, world, tried, urn, should_stop)
        if found.document is None:
            return found
        return Whole(answer=found.answer, document=self.document, bound_points=found.bound_points, gap_points=found.gap_points)


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory, other_document):
    with a_site(tmp_path_factory.mktemp("meeting") / "home") as site:
        site.workshop = ToldAnother()
        site.app = create_app(site.settings, Wiring(store=site.store, shelf=site.shelf, workshop=site.workshop))
        yield site


@pytest.fixture
def site(whole_site, other_document):
    """One app for all; what people did is gone each time, but for plans that were kept."""
    whole_site.workshop.__init__()
    whole_site.workshop.document = other_document
    yield whole_site
    with whole_site.store.begin() as tx:
        for table in (tables.drafts, tables.requests, tables.proposals, *OF_DECISIONS):
            tx.drafts._connection.execute(table.delete())


def opened(site, options=(HERE,)):
    with site.store.begin() as tx:
        return tx.decisions.open_decision(partnership_id=HERE, title="Next year", rules=RULES, options=options, by=site.user_ids["chair"])


def options_of(site, decision_id):
    with site.store.read() as tx:
        return tx.decisions.options(decision_id=decision_id)


def plans_of(site):
    with site.store.read() as tx:
        return [plan.id for plan in tx.plans.plans(partnership_id=HERE)]


def picked(client, change="money", at="", **fields):
    """Try a change as the screen would: the address it leads to."""
    where = at or f"{MEETING}?change={change}"
    where = re.sub(r"change=[^&#]*", "", where.partition("#")[0]) + f"&change={change}"
    return sent(client, where, "try", **fields)


def press(client, where, what):
    """Press a button of the screen."""
    return sent(client, where.partition("#")[0], what)


def sent(client, where, what, **fields):
    """Send a form of the screen, with the token and version that stand on it."""
    text = client.get(where).text
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', text)[1] for name in ("csrf_token", "version")}
    return client.post(where.replace("/meeting?", f"/meeting/{what}?"), data=hidden | fields)


# --- the screen --------------------------------------------------------------------------------


def test_the_plan_stands_beside_others_with_counts_first(site):
    decision_id = opened(site)
    page = site.browser("board").get(MEETING)
    rows = next(iter(tables_of(page.text).values()))
    assert rows[0] == ["Counts", f"Plan {HERE}", "Formula share"]
    assert [row[0] for row in rows[1:]] == ["Fully met", "Under half", "Out of reach", "Base places"]
    said = main_of(page)
    assert re.search(rf"Formula share beside Plan {HERE}: \d+ standards (more|fewer) fully met; \d+ schools get", said)
    assert "Nothing gives way in it" in said
    assert "points better is possible by these rules" in said
    assert f"Decision {decision_id}: Next year" in said
    assert "The vote is not open yet" in said
    alone = site.browser("board").get(f"{MEETING}?plan={HERE}&beside=none")
    assert next(iter(tables_of(alone.text).values()))[0] == ["Counts", f"Plan {HERE}"]
    assert "No decision is open" in main_of(site.browser("elsewhere").get(f"/partnerships/{ELSEWHERE}/meeting"))
    for query in ("plan=999", "decision=999"):
        assert site.browser("board").get(f"{MEETING}?{query}").status_code == 404


def test_a_screen_without_a_plan_says_what_comes_first(site):
    with site.store.begin() as tx:
        bare = tx.partnerships.create(name="Bare", by=site.user_ids["house"])
        tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=bare, role="board", urn=None)
    page = site.browser("newcomer").get(f"/partnerships/{bare}/meeting")
    assert "There is no plan yet to put on the table" in main_of(page)


def test_what_is_private_is_not_on_the_screen(site):
    head, board, chair = (site.browser(who) for who in ("head", "board", "chair"))
    assert head.get(MEETING).status_code == 403
    theirs = picked(board, **SIX).headers["Location"]
    number = re.search(r"draft=(\d+)", theirs)[1]
    assert "The contingency: 6%" in main_of(board.get(theirs))
    assert "The contingency: 6%" not in main_of(chair.get(f"{MEETING}?draft={number}"))


# --- a change ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "fields", "settings"),
    [
        ("money", SIX, {"board.contingency_percent": 6}),
        ("pot", {"board-moderated_pot_percent": "6"}, {"board.moderated_pot_percent": 6}),
        ("floor-on-grants", {"board-money_floor_percent": "-20"}, {"board.money_floor_percent": -20}),
        ("weight-specialist", {"priorities-specialist": "9"}, {"priorities.specialist": 9}),
        ("rule-host_share", {"how": "priced", "price": "0.01"}, {"rules.host_share": True, "prices.host_share": 0.01}),
        ("rule-money_floor", {"how": "left"}, {"rules.money_floor": False}),
    ],
)
def test_a_change_is_picked_worked_out_and_put_back(site, change, fields, settings):
    client = site.browser("board")
    where = picked(client, change, **fields).headers["Location"]
    assert {path: value if isinstance(value, bool) else float(value) for path, value in site.workshop.asked[-1].settings} == settings
    said = main_of(client.get(where))
    assert "As an estimate" not in said, "the whole answer stands in its place"
    assert "All schools:" in said
    assert "of 2:00" in said
    assert "The chair can keep it as an option" in said
    back = press(client, where, "put-back").headers["Location"]
    said = main_of(client.get(back))
    assert "Tried now" not in said
    assert "All schools:" not in said


def test_what_is_put_back_is_worked_out_no_more(site, monkeypatch):
    client = site.browser("board")
    monkeypatch.setattr(site.workshop, "begin", lambda *_: None)

    def asked():
        with site.store.read() as tx:
            (draft,) = tx.drafts.drafts_of(partnership_id=HERE, user_id=site.user_ids["board"])
            return draft.asked

    where = picked(client, **SIX).headers["Location"]
    assert asked()
    press(client, where, "put-back")
    assert asked() is None


def test_every_slider_of_a_draft_can_be_moved_at_the_meeting(site):
    world = site.shelf.plan(HERE, HERE).facts.world
    assert {path for _, path in FIGURES.values()} == set(sliders_module._REACH)
    client = site.browser("board")
    for change in FIGURES:
        assert f'name="{FIGURES[change][1].replace(".", "-")}"' in client.get(f"{MEETING}?change={change}").text, change
    assert "Specialist need" in main_of(client.get(f"{MEETING}?change=weight"))
    assert "is released to the moderated pot" in consequence(world, world.policy, "board.moderated_pot_percent")


def test_changes_add_up_and_an_old_page_changes_nothing(site):
    client = site.browser("board")
    where = picked(client, **SIX).headers["Location"]
    old = where.partition("#")[0]
    where = picked(client, "line", where, **{"board-line_percent": "75"}).headers["Location"]
    assert dict(site.workshop.asked[-1].settings) == {"board.contingency_percent": 6, "board.line_percent": 75}
    site.post(client, old.replace("/meeting?", "/meeting/put-back?"), form_at="/account", version="2")
    page = client.get(where)
    assert "This was changed in another window" in page.text
    assert ": 75% instead of" in main_of(page)


@pytest.mark.parametrize(
    ("change", "fields", "said"),
    [
        ("money", {"board-contingency_percent": "much"}, "The contingency must be a number from 0 to"),
        ("rule-host_share", {}, "Choose what shall hold."),
        ("rule-host_share", {"how": "priced", "price": "-1"}, "The price must be a number of points above 0"),
        ("rule-pots_pay_own", {"how": "left"}, "Choose what shall hold."),
    ],
)
def test_what_cannot_be_tried_is_refused_with_what_would(site, change, fields, said):
    client = site.browser("board")
    answer = site.post(client, f"{MEETING}/try?change={change}", form_at="/account", version="", **fields)
    assert answer.status_code == 422
    assert said in main_of(answer)
    assert site.workshop.asked == []


def test_the_estimate_is_said_at_once_and_keeps_nothing(site):
    client = site.browser("board")
    answer = site.post(client, f"{MEETING}/estimate?change=money", form_at="/account", **SIX)
    assert answer.json["said"].startswith("As an estimate, as if time and places could be split: 2 standards fewer fully met")
    assert "kept for what nobody can foresee" in answer.json["means"]
    assert site.post(client, f"{MEETING}/estimate?change=money", form_at="/account").status_code == 422
    with contextlib.ExitStack() as others:
        for _ in range(MOST_TURNS):  # of drafts and meetings together
            others.enter_context(site.workshop.turn())
        busy = site.post(client, f"{MEETING}/estimate?change=money", form_at="/account", **SIX)
    assert (busy.status_code, busy.json["said"]) == (422, "More is being tried at once than can be worked out: wait a moment.")
    assert busy.json["again"], "the page asks again by itself"
    with site.store.read() as tx:
        assert tx.drafts.drafts_of(partnership_id=HERE, user_id=site.user_ids["board"]) == ()


def test_what_cannot_all_hold_says_what_gives_way_first(site):
    site.workshop.says = "impossible"
    client = site.browser("chair")
    where = picked(client, **SIX).headers["Location"]
    said = main_of(client.get(where))
    assert "These rules clash" in said
    assert IMPOSSIBLE["mends"][0]["moves"][0]["words"] in said
    assert "Keep as" not in said
    press(client, where, "keep")
    assert "There is no whole answer to keep yet" in client.get(where).text


def test_the_chair_keeps_what_was_tried_as_an_option_once(site):
    decision_id, client = opened(site), site.browser("chair")
    assert site.browser("board").post(f"{MEETING}/keep").status_code in {400, 403}
    where = picked(client, **SIX).headers["Location"]
    assert f"Keep as an option in decision {decision_id}" in main_of(client.get(where))
    kept = press(client, where, "keep").headers["Location"]
    on_table, plan_id = options_of(site, decision_id)  # not the newest of all plans where another test kept the same one
    assert on_table == HERE
    assert plan_id in plans_of(site)
    page = client.get(kept)
    assert f"It is kept as plan {plan_id} and is an option in decision {decision_id}" in page.text
    assert "Tried now" not in main_of(page)
    assert f"Plan {plan_id} beside Plan {HERE}:" in main_of(page)
    made = f"lan {HERE} at the board's meeting, with these changes: The contingency: 6% instead of 5%"
    # Another test may have kept the same amounts before, from a proposal: the list says of each plan what it was made from.
    assert made in main_of(client.get(f"/partnerships/{HERE}/plans"))
    assert "tried plan made an option" in actions(site)
    before = plans_of(site)
    where = picked(client, at=kept, **SIX).headers["Location"]
    press(client, where, "keep")
    assert (plans_of(site), options_of(site, decision_id)) == (before, (HERE, plan_id))


def test_once_the_vote_is_open_what_is_kept_is_no_option(site):
    decision_id, client = opened(site), site.browser("chair")
    with site.store.begin() as tx:
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=decision_id)
        tx.decisions.open_vote(decision=decision, roll=[site.user_ids["chair"]], by=site.user_ids["chair"])
    where = picked(client, **SIX).headers["Location"]
    said = main_of(client.get(where))
    assert "is kept as a plan and is no option there" in said
    assert "0 of 1 member have voted" in said
    press(client, where, "keep")
    assert options_of(site, decision_id) == (HERE,)


# --- proposals ---------------------------------------------------------------------------------


def proposed(site, title="More grant for ours"):
    """A head's proposal: its number."""
    head = site.browser("head")
    draft = begin(site, head)
    wish(site, head, draft)
    return int(do(site, head, draft, "submit", title=title, why="Two new classes.").headers["Location"].rsplit("/", 1)[1])


def make_option(site, decision_id, proposal_id, who="chair", version="1"):
    return site.post(
        site.browser(who), f"/partnerships/{HERE}/decisions/{decision_id}/proposals/{proposal_id}/option", form_at="/account", version=version
    )  # fmt: skip


def test_a_proposal_is_made_an_option_talked_about_and_its_head_reads_what_became_of_it(site):
    decision_id, proposal_id = opened(site), proposed(site)
    at, head = f"/partnerships/{HERE}/decisions/{decision_id}", site.browser("head")
    said = main_of(site.browser("chair").get(at))
    assert f"Proposal {proposal_id}: More grant for ours" in said
    assert "Make it an option" in said
    assert "Make it an option" not in main_of(site.browser("board").get(at))
    assert "Before the board" in main_of(head.get(site.plan(f"/schools/{OWN_URN}")))
    assert make_option(site, decision_id, proposal_id, who="board").status_code == 403
    assert make_option(site, decision_id, proposal_id, version="0").status_code == 303
    assert options_of(site, decision_id) == (HERE,), "an old page changes nothing"
    make_option(site, decision_id, proposal_id)
    plan_id = plans_of(site)[0]
    assert options_of(site, decision_id) == (HERE, plan_id)
    assert "proposal made an option" in actions(site)
    make_option(site, decision_id, proposal_id, version="2")
    assert plans_of(site)[0] == plan_id, "once kept, the same"
    with site.store.begin() as tx:
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=decision_id)
        tx.decisions.comment(decision=decision, by=site.user_ids["board"], text="It is dear.", plan_id=plan_id)
    page = head.get(f"/partnerships/{HERE}/proposals/{proposal_id}")
    assert "It is dear." in main_of(page)
    assert f"It is plan {plan_id} now, an option in decision {decision_id}" in main_of(page)
    assert f"{at}#comments" in page.text
    assert f"Option in decision {decision_id}" in main_of(head.get(site.plan(f"/schools/{OWN_URN}")))
    assert "What became of your proposals" not in main_of(site.browser("other-head").get(site.plan(f"/schools/{OWN_URN}")))
    with site.store.begin() as tx:
        here = {"by": site.user_ids["chair"]}
        tx.decisions.open_vote(decision=tx.decisions.decision(partnership_id=HERE, decision_id=decision_id), roll=[here["by"]], **here)
        now = tx.decisions.decision(partnership_id=HERE, decision_id=decision_id)
        tx.decisions.close_vote(decision=now, outcome=Outcome.CARRIED, carried=plan_id, **here)
    assert f"Carried in decision {decision_id}" in main_of(head.get(f"/partnerships/{HERE}/proposals"))


def test_a_withdrawn_proposal_and_an_open_vote_take_no_option(site):
    decision_id, proposal_id = opened(site), proposed(site, "Another")
    with site.store.begin() as tx:
        tx.proposals.withdraw_proposal(partnership_id=HERE, proposal_id=proposal_id, author=site.user_ids["head"])
    make_option(site, decision_id, proposal_id)
    assert options_of(site, decision_id) == (HERE,)
    assert "Another" not in main_of(site.browser("chair").get(f"/partnerships/{HERE}/decisions/{decision_id}"))
    second = proposed(site, "A third")
    with site.store.begin() as tx:
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=decision_id)
        tx.decisions.open_vote(decision=decision, roll=[site.user_ids["chair"]], by=site.user_ids["chair"])
    make_option(site, decision_id, second, version="2")
    assert options_of(site, decision_id) == (HERE,)
    said = main_of(site.browser("chair").get(f"/partnerships/{HERE}/decisions/{decision_id}"))
    assert "no option can be added" in said


# --- in a browser ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
@pytest.mark.parametrize(("how", "width"), [("mouse", 1280), ("keyboard", 320), ("no scripts", 1280)])
def test_a_change_goes_round_in_a_browser(tmp_path, how, width):
    playwright = pytest.importorskip("playwright.sync_api")
    with a_site(tmp_path / "home") as site, served(site.app) as address, playwright.sync_playwright() as driver:
        decision_id, browser = opened(site), launch(driver)
        chair = Walker(browser, address, how=how, width=width)
        chair.context.set_default_timeout(60_000)
        chair.context.add_cookies([{"name": "planner", "value": site.browser("chair").get_cookie("planner").value, "url": address}])
        chair.open(f"/partnerships/{HERE}/decisions/{decision_id}")
        chair.follow("Show it on the meeting screen")
        chair.follow("Money kept back")
        if how == "keyboard":
            chair.tab_to(chair.page.get_by_label("The contingency, slider"))
            chair.page.keyboard.press("ArrowRight")
        else:
            chair.fill("The contingency", "6")
        if how != "no scripts":
            chair.page.locator("#meeting-said", has_text="As an estimate").wait_for()
        chair.press("Try it")
        until = time.monotonic() + 120
        again = chair.page.get_by_role("button", name="Work it out again")  # where the machine was too busy
        while (chair.page.locator('#meeting-result[data-going="0"]').count() == 0 or again.count()) and time.monotonic() < until:
            chair.page.wait_for_timeout(500)
            if again.count():
                chair.use(again)
            elif how == "no scripts":
                chair.page.reload()
        keep = chair.page.get_by_role("button", name=f"Keep as an option in decision {decision_id}", exact=True)
        assert keep.count() == 1, chair.words
        if how != "no scripts":
            check(chair.page)
        chair.use(keep)
        assert "is an option in decision" in chair.page.locator("body").inner_text()
        assert len(options_of(site, decision_id)) == 2
        chair.follow("Leave the meeting screen")
        assert chair.said == []
        chair.close()
        browser.close()
