"""What a yes to a request changes, looked at before it is made; and what is said of a proposal before it is an option."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
from pages import demonstration, demonstration_document, parsed, tables_of
from test_web_try_it import main_of
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch
from websites import HERE, OTHER_URN, OWN_URN, a_site, served

from optimisation.moves import Move
from planner.documents import to_plain
from planner.partnership import Consent
from planner.policy import with_changes
from planner.store import Granter, Role, tables
from planner.store.requests import Requests
from planner.supply import host_condition
from web.bring.confirm_policy import document_of
from web.requests import routes
from web.requests.granted import change_of
from web.shelf import policy_of
from web.workshop import _impossible

REQUESTS, PROPOSALS = f"/partnerships/{HERE}/requests", f"/partnerships/{HERE}/proposals"
HOST_URN = 900105
CAP = {"rule": "money_cap", "place": "*", "was": "60", "now": "129/2"}
RULE = {"rule": "head_rule", "place": "copperfold_slt", "was": "24", "now": "20"}
MOST = {"rule": "host_most_places", "place": str(OWN_URN), "was": "16", "now": "18"}
CONSENT = {"rule": "host_consent", "place": "marden_slcn", "was": "0", "now": "8"}
BLOCK = {"rule": "smallest_block", "place": "slt_nhs", "was": "6", "now": "4"}


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("requests") / "home") as site:
        with site.store.begin() as tx:
            tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=HERE, role=Role.HEAD, urn=HOST_URN)
        yield site


@pytest.fixture
def site(whole_site):
    """One site for all, with the figures and the policy as they came."""
    yield whole_site
    with whole_site.store.begin() as tx:
        rows = tx.requests._connection
        for table in (tables.proposal_comments, tables.requests, tables.proposals):
            rows.execute(table.delete())
        for table in (tables.partnership_versions, tables.policy_versions):
            rows.execute(table.delete().where(table.c.partnership_id == HERE, table.c.version > 1))
        rows.execute(tables.partnerships.update().where(tables.partnerships.c.id == HERE).values(latest_version=1, latest_policy=1))
    whole_site.shelf._figures.clear()


def asked(site, move, *, urn=None, who="other-head"):
    """The address of a request: of the board, or of the head of a school."""
    draft = SimpleNamespace(partnership_id=HERE, user_id=site.user_ids[who], urn=OTHER_URN)
    kind, granter = (Granter.BOARD, "the board") if urn is None else (Granter.HEAD, "the head")
    with site.store.begin() as tx:
        request_id = tx.requests.ask(
            draft, kind=kind, granter_urn=urn, granter=granter, what="The rule gives way.", price="Then all is well.", move=move
        )
    return f"{REQUESTS}/{request_id}"


def say(site, who, at, decided="yes", answer="We can bear it."):
    return site.post(site.browser(who), f"{at}/answer", form_at=at, decided=decided, answer=answer)


def confirm(site, who, at, page):
    """Press the button of the page that shows what the yes changes."""
    form = next(form for form in parsed(page.text).iter("form") if form.get("action", "").endswith("/grant"))
    fields = {one.get("name"): one.get("value") for one in form.iter("input") if one.get("name") != "csrf_token"}
    return site.post(site.browser(who), f"{at}/grant", form_at="/account", **fields)


def was_and_now(page):
    return next(rows[1:] for rows in tables_of(page.text).values() if rows[0] == ["What", "Was", "Now"])


def figures_of(site):
    with site.store.read() as tx:
        latest = tx.partnerships.latest(partnership_id=HERE)
    return latest.version, latest.partnership()


def policy_in_force(site):
    with site.store.read() as tx:
        latest = tx.policies.latest(partnership_id=HERE)
    return latest.version, policy_of(latest)


def test_what_would_give_way_is_kept_as_figures_and_not_in_words_alone():
    move = Move(
        rule_id="money_cap", place="*", was=Fraction(60), now=Fraction(129, 2), unit="percent", granted_by="the board", words="More."
    )
    mend = SimpleNamespace(met=1, under_half=0, standards=2, shortfall_points=1.0, bound_points=1.0, moves=[move])
    clash = SimpleNamespace(clash_words=(), is_smallest=True, ran_out=False, mends=[mend])
    (found,) = _impossible(demonstration(), clash)["mends"][0]["moves"]
    assert {part: found[part] for part in CAP} == CAP


# --- a yes -------------------------------------------------------------------------------------


def test_a_yes_of_the_board_is_looked_at_then_in_force_for_the_next_plan_and_in_the_log(site):
    at = asked(site, CAP)
    line = ["The cap on a school's grant", "60%", "64.5%"]
    assert was_and_now(site.browser("board").get(at)) == [line]
    page = say(site, "board", at)
    assert was_and_now(page) == [line]
    assert "Yes. We can bear it." in main_of(page)
    assert policy_in_force(site)[0] == 1, "nothing has changed yet"
    assert confirm(site, "board", at, page).status_code == 303
    version, policy = policy_in_force(site)
    assert (version, float(policy.board.money_cap_percent)) == (2, 64.5)
    said = main_of(site.browser("other-head").get(at))
    assert "Yes, by Board" in said
    assert "The yes made version 2 of the policy. It counts for the next plan" in said
    assert "Nothing is lost" not in said
    with site.store.read() as tx:
        answered, made = tx.events.events(partnership_id=HERE)[:2]
        assert tx.policies.latest(partnership_id=HERE).note.endswith("granted: The rule gives way.")
    assert (made.action, made.detail["version"], made.by) == ("policy set", 2, site.user_ids["board"])
    assert (answered.action, answered.detail) == ("request answered", {"granted": True, "changed": "policy", "version": 2})
    again = confirm(site, "board", at, page)
    assert (again.status_code, policy_in_force(site)[0]) == (409, 2), "the button pressed twice changes it once"


@pytest.mark.parametrize(
    ("move", "urn", "who", "line"),
    [
        (RULE, OWN_URN, "head", ["The rule of Copperfold Primary School on Community speech and language therapy", "At least 24 half-days", "At least 20 half-days"]),
        (MOST, OWN_URN, "head", ["A new or larger base at Copperfold Primary School", "Agreed, at most 16 places in all its bases", "Agreed, at most 18 places in all its bases"]),
        (CONSENT, HOST_URN, "newcomer", ["A new or larger base at Highmarden Primary School", "Not agreed", "Agreed, at most 8 places in all its bases"]),
        (BLOCK, None, "chair", ["The smallest block of Community speech and language therapy", "6 half-days", "4 half-days"]),
    ],
)  # fmt: skip
def test_a_yes_to_a_rule_of_the_figures_makes_a_new_version_of_them(site, move, urn, who, line):
    at = asked(site, move, urn=urn)
    page = say(site, who, at)
    assert was_and_now(page) == [line]
    assert figures_of(site)[0] == 1
    assert confirm(site, who, at, page).status_code == 303
    version, p = figures_of(site)
    assert version == 2
    found = {
        "head_rule": lambda: next(one.amount for one in p.head_rules if one.rule_id == "copperfold_slt"),
        "host_most_places": lambda: host_condition(p, OWN_URN).most_places,
        "host_consent": lambda: host_condition(p, HOST_URN).consent is Consent.YES and host_condition(p, HOST_URN).most_places,
        "smallest_block": lambda: next(one.minimum_block_sessions for one in p.services if one.service_id == "slt_nhs"),
    }[move["rule"]]
    assert found() == int(move["now"])
    assert "version 2 of the figures" in main_of(site.browser("other-head").get(at))
    assert site.browser(who).get(f"/partnerships/{HERE}/versions/2/differences").status_code == 200
    assert "gives that much room already" in main_of(site.browser(who).get(asked(site, move, urn=urn, who="board")))


@pytest.mark.parametrize(
    ("move", "urn", "who", "moved"),
    [
        (CONSENT, HOST_URN, "newcomer", lambda p: {"bases": [replace(b, host_urn=OTHER_URN) if b.base_id == CONSENT["place"] else b for b in p.bases]}),
        (RULE, OWN_URN, "head", lambda p: {"head_rules": [replace(r, urn=OTHER_URN) if r.rule_id == RULE["place"] else r for r in p.head_rules]}),
    ],
)  # fmt: skip
def test_a_heads_yes_never_changes_what_is_another_schools_by_now(site, move, urn, who, moved):
    at = asked(site, move, urn=urn)
    _, p = figures_of(site)
    newer = replace(p, **{name: tuple(them) for name, them in moved(p).items()})
    with site.store.begin() as tx:
        tx.partnerships.add_version(partnership_id=HERE, document=to_plain(newer), note="moved", by=None, based_on=1)
    page = site.browser(who).get(at)
    assert "this rule is another school's" in main_of(page)
    assert "Was" not in page.text
    assert say(site, who, at).status_code == 303
    assert figures_of(site) == (2, newer)


def test_only_who_may_grant_confirms_and_a_no_changes_nothing(site):
    at = asked(site, RULE, urn=OWN_URN)
    page = say(site, "head", at)
    assert confirm(site, "other-head", at, page).status_code == 403, "who asked"
    assert confirm(site, "board", at, page).status_code == 404
    assert say(site, "head", at, decided="no").status_code == 303
    assert figures_of(site)[0] == 1
    assert "yes changes" not in main_of(site.browser("other-head").get(at))


def test_a_newer_policy_is_shown_before_a_yes_changes_it(site):
    at = asked(site, CAP)
    page = say(site, "board", at)
    with site.store.begin() as tx:
        theirs = with_changes(policy_of(tx.policies.latest(partnership_id=HERE)), {"board.money_cap_percent": 62})
        tx.policies.add_version(partnership_id=HERE, document=document_of(theirs), note="theirs", by=None, based_on=1)
    late = confirm(site, "board", at, page)
    assert (late.status_code, policy_in_force(site)[0]) == (409, 2)
    assert "Nothing is lost" in main_of(late)
    assert was_and_now(late) == [["The cap on a school's grant", "62%", "64.5%"]]
    assert confirm(site, "board", at, late).status_code == 303
    assert policy_in_force(site)[0] == 3


@pytest.mark.parametrize(
    ("move", "urn", "who", "said"),
    [
        ({"rule": "money_floor", "place": str(OWN_URN), "was": "9000", "now": "8000"}, None, "board", "No setting of the policy holds for one place alone"),
        (None, OWN_URN, "head", "An administrator changes it where figures are brought"),
        (RULE | {"place": "gone"}, OWN_URN, "head", "The newest figures hold this rule no more"),
        (RULE | {"place": "draft 7, 1"}, OWN_URN, "head", "This is a wish of the draft alone"),
    ],
)  # fmt: skip
def test_a_yes_that_changes_no_rule_says_who_makes_the_change_and_where(site, move, urn, who, said):
    at = asked(site, move, urn=urn)
    page = site.browser(who).get(at)
    assert said in main_of(page)
    assert (f"/partnerships/{HERE}/policy/change" in page.text) is (who == "board")
    assert say(site, who, at).status_code == 303
    after = main_of(site.browser("other-head").get(at))
    assert said in after
    assert "Yes, by" in after
    assert (figures_of(site)[0], policy_in_force(site)[0]) == (1, 1)


def test_a_yes_that_changed_nothing_when_it_was_given_is_never_said_to_be_from_before(site):
    at = asked(site, CAP | {"now": "50", "was": "40"})
    assert "gives that much room already" in main_of(site.browser("board").get(at))
    assert say(site, "board", at).status_code == 303
    with site.store.begin() as tx:
        lower = with_changes(policy_of(tx.policies.latest(partnership_id=HERE)), {"board.money_cap_percent": 45})
        tx.policies.add_version(partnership_id=HERE, document=document_of(lower), note="lower", by=None, based_on=1)
    said = main_of(site.browser("other-head").get(at))
    assert "When the yes was given it changed nothing; it would now make a new version of the policy. Ask again" in said
    assert "A yes makes the change, once it was looked at" in main_of(site.browser("head").get(REQUESTS))


def test_a_plain_yes_is_kept_by_the_figures_it_was_looked_at_with(site, monkeypatch):
    at, looked, kept = asked(site, RULE | {"place": "gone"}, urn=OWN_URN), [], []
    answer = Requests.answer
    monkeypatch.setattr(routes, "change_of", lambda tx, *rest: looked.append(tx.requests._connection) or change_of(tx, *rest))
    monkeypatch.setattr(Requests, "answer", lambda room, **rest: kept.append(room._connection) or answer(room, **rest))
    assert say(site, "head", at).status_code == 303
    assert kept[0] in looked, "one transaction looks and keeps"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
@pytest.mark.parametrize("width", [1280, 320])
def test_a_yes_is_given_by_keyboard_alone(site, width):
    playwright = pytest.importorskip("playwright.sync_api")
    with served(site.app) as address, playwright.sync_playwright() as driver:
        browser = launch(driver)
        board = Walker(browser, address, how="keyboard", width=width)
        board.context.set_default_timeout(60_000)
        board.context.add_cookies([{"name": "planner", "value": site.browser("board").get_cookie("planner").value, "url": address}])
        board.open(asked(site, CAP))
        board.pick("Yes")
        board.fill("Say why", "We can bear it.")
        board.press("Send the answer")
        board.press("Confirm the yes and the change")
        assert "The yes made version 2 of the policy" in board.words
        assert board.said == []
        board.close()
        browser.close()


# --- what is said of a proposal ----------------------------------------------------------------


def proposed(site):
    """A head's proposal: its number."""
    draft = SimpleNamespace(partnership_id=HERE, user_id=site.user_ids["head"], urn=OWN_URN, plan_id=HERE)
    counts = {"met": 40, "partly": 100, "under_half": 26, "out_of_reach": 1}
    found = {
        "ending": "found", "all": [counts, counts], "own": None, "changes": [], "points": [4.0, 3.95], "bound_points": 3.85, "gap_points": 0.1,
        "schools": [],
    }  # fmt: skip
    with site.store.begin() as tx:
        return tx.proposals.submit_proposal(
            draft, title="More grant", why="Two classes.", changes=["More."], found=found, document=demonstration_document()
        )


def comment(site, who, at, text):
    return site.post(site.browser(who), f"{at}/comments", form_at="/account", text=text)


def test_heads_and_board_comment_on_a_proposal_before_it_is_an_option(site):
    at = f"{PROPOSALS}/{proposed(site)}"
    assert "Heads and members of the board can comment on it." in main_of(site.browser("service-manager").get(at))
    assert comment(site, "service-manager", at, "No.").status_code == 403
    assert comment(site, "elsewhere", at, "No.").status_code == 404
    assert comment(site, "other-head", at, "").status_code == 422
    for who, text in (("other-head", "Ours too."), ("chair", "Ask the trust first.")):
        assert comment(site, who, at, text).status_code == 303
    said = main_of(site.browser("service-manager").get(at))
    assert said.index("Other head, head,") < said.index("Ours too.") < said.index("Chair, chair,") < said.index("Ask the trust first.")
    with site.store.read() as tx:
        events = tx.events.events(partnership_id=HERE)
    assert (events[0].action, "Ask" in str(events[0].detail)) == ("proposal commented on", False)


def test_a_comment_is_withdrawn_by_who_wrote_it_and_none_is_made_once_the_proposal_is_withdrawn(site):
    number = proposed(site)
    at = f"{PROPOSALS}/{number}"
    comment(site, "other-head", at, "Ours too.")
    with site.store.read() as tx:
        (one,) = tx.proposals.comments(proposal_id=number)
    take_back = f"{at}/comments/{one.id}/withdraw"
    assert take_back not in site.browser("chair").get(at).text
    site.post(site.browser("chair"), take_back, form_at="/account")
    assert "Ours too." in main_of(site.browser("chair").get(at)), "another's stays"
    site.post(site.browser("other-head"), take_back, form_at=at)
    said = main_of(site.browser("chair").get(at))
    assert "Ours too." not in said
    assert "Withdrawn by who wrote it" in said
    assert site.post(site.browser("chair"), f"{at}/comments/999/withdraw", form_at="/account").status_code == 404
    with site.store.begin() as tx:
        tx.proposals.withdraw_proposal(partnership_id=HERE, proposal_id=number, author=site.user_ids["head"])
    late = comment(site, "chair", at, "Too late.")
    assert late.status_code == 409
    assert "What you wrote" in main_of(late)
    with site.store.read() as tx:
        assert len(tx.proposals.comments(proposal_id=number)) == 1
