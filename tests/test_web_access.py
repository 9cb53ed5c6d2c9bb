"""The door: who may open what, what every answer says to the browser, and where secrets lie."""

import json
import re
import stat

import pytest
from answering import keep_answer
from flask import abort
from pages import parsed, settings_at, words_of
from websites import ELSEWHERE, HERE, OWN_URN, PEOPLE, a_site

from planner.asked_change import AskedChange, What, as_data
from planner.documents import to_plain
from planner.errors import InputMustBeMended, PlannerError
from planner.export.read_back import HandMade
from planner.intake.dfe_kinds import DfeKind, DfeUpload
from planner.policy import load_policy
from planner.store import AnswerKind, Granter, Role
from planner.store.decisions import VotingRules
from planner.store.moderation import AskedOfPot
from planner.store.tables import METADATA
from planner.voting import Majority, Weighting
from web import plans
from web.access import MAY, OF_OWN_SCHOOL, PUBLIC, Permission, declared_access
from web.app import create_app
from web.bring.findings import Found, kept
from web.errors import PAGES

RULES = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)
EVERYBODY = frozenset(PEOPLE)
MEMBERS = frozenset({"head", "other-head", "board", "chair", "service-manager", "commissioner", "administrator", "house"})
BOARD = frozenset({"board", "chair"})
ADMINISTRATORS = frozenset({"administrator", "house"})
HOUSE = frozenset({"house"})
OWN_HEAD = frozenset({"head"})
COMMISSIONER = frozenset({"commissioner"})
ANSWERERS = BOARD | ADMINISTRATORS
CHAIR = frozenset({"chair"})
SPEAKERS = BOARD | {"head", "other-head"}

# Who may open what: written down here a second time, on purpose, by the decision rights and not by the code.
ANYBODY = {
    "static", "accounts.sign_in", "accounts.sign_in_now", "accounts.sign_out", "accounts.invitation", "accounts.take_up_invitation",
    "people.password_link", "people.choose_password", "pages.healthz", "pages.help_page", "pages.accessibility", "pages.privacy", "house.readyz",
    "api.reference",
}  # fmt: skip
OWN_ACCOUNT = {
    "home.partnerships",
    "accounts.account",
    "accounts.new_password",
    "accounts.end_other_sessions",
    "tokens.tokens",
    "tokens.make",
}
OF_A_TOKEN = {"tokens.end", "tokens.end_now"}
"""A token is not there for anybody but its owner."""
WHO_MAY = {
    MEMBERS: {
        "home.partnership",
        "figures.schools", "figures.school", "figures.need", "figures.money", "figures.people", "figures.bases", "figures.last_year", "figures.sources", "figures.zone", "figures.policy_figures",
        "runs.runs", "runs.run", "runs.progress",
        "plans.list_plans", "plans.our_school", "plans.summary_page", "plans.changes", "plans.all_schools", "plans.school", "plans.map_page",
        "plans.services", "plans.bases", "plans.standards", "plans.standard", "plans.money", "plans.other_ways", "plans.trade_offs", "plans.how_good",
        "plans.pots", "plans.letter", "plans.fairness", "plans.one_more", "plans.doses", "plans.why", "plans.answer_file", "plans.why_file",
        "by_hand.choose", "by_hand.take",
        "plans.downloads", "plans.document", "plans.workbook", "plans.tables", "plans.tables_document", "plans.table",
        "bring.versions", "bring.changes", "bring.version_workbook", "bring.policy", "bring.policy_changes", "bring.settings_in_force",
        "decide.decisions", "decide.decision", "decide.effects", "decide.paper", "packs.board", "packs.public",
        "roster.current",
        "proposals.proposals", "proposals.proposal", "proposals.withdraw", "requests.requests",
        "change.menu", "change.replan", "change.claims", "change.claim",
        "queries.queries", "queries.query", "queries.close",  # who asked may close, and who may answer: the route looks
    },
    BOARD: {"by_hand.keep", "meeting.page", "meeting.try_it", "meeting.estimate", "meeting.again", "meeting.put_back", "change.ask", "change.ask_now", "change.keep", "change.decide", "decide.vote", "decide.vote_now", "plans.choose", "plans.ask_answers", "runs.plan_it", "runs.ask", "runs.cancel", "runs.cancel_now", "runs.use_best", "bring.look_at_policy", "bring.set_policy", "bring.change_policy", "bring.look_at_changes", "bring.set_changes", "house.look_at_newer_pack", "house.take_newer_pack"},
    MEMBERS - {"head", "other-head"}: {
        "roster.overview", "roster.person", "roster.by_school", "roster.half_term", "roster.delivered", "roster.deadlines",
    },
    MEMBERS - {"other-head"}: {"roster.school"},
    MEMBERS - {"service-manager", "commissioner"}: {"packs.letters"},
    frozenset({"service-manager"}): {
        "roster.ask", "roster.change", "roster.ask_change", "roster.swap", "roster.take_back", "roster.settings", "roster.set_settings",
        "roster.person_settings", "roster.set_person_settings", "roster.use", "roster.enter", "roster.enter_now",
    },
    ANSWERERS: {"queries.answer"},
    SPEAKERS: {
        "compare.page", "compare.workbook", "decide.interests", "decide.declare", "decide.comment", "decide.withdraw", "decide.minutes",
        "try_it.drafts", "try_it.begin", "proposals.comment", "proposals.withdraw_comment",
    },
    CHAIR: {
        "decide.new", "decide.make", "decide.change", "decide.change_now", "decide.open_vote", "decide.close", "decide.close_now",
        "decide.change_minutes", "decide.change_minutes_now", "decide.sign", "decide.sign_now", "decide.add_proposal", "meeting.keep",
    },
    OWN_HEAD | BOARD: {"plans.ask_why"},
    COMMISSIONER: {
        "council.overview", "council.table", "council.working_copy", "council.public_copy",
        "council.supply", "council.post", "council.enter_post", "council.base", "council.enter_base",
        "council.lines", "council.lines_table", "council.lines_copy",
    },
    OWN_HEAD: {"change.new_claim_page", "change.lodge", "change.withdraw_claim", "figures.confirm", "queries.ask", "queries.ask_now"},
    ADMINISTRATORS: {
        "bring.choose", "bring.take", "bring.take_last_year", "bring.blank_workbook", "bring.upload", "bring.confirm", "bring.marked_copy", "bring.throw_away",
        "bring.build", "bring.list_schools", "bring.near", "bring.choose_near", "bring.order", "bring.build_it",
        "people.people", "people.person", "people.invite", "people.invite_now", "people.invitation", "people.withdraw_invitation",
        "people.take_away", "people.take_away_now", "everything.page", "everything.take",
    },
    HOUSE: {
        "home.new_partnership", "home.make_partnership", "bring.dfe_files", "bring.add_dfe_file", "bring.remove_dfe_file", "bring.remove_dfe_file_now",
        "people.accounts", "people.account", "people.disable", "people.disable_now", "people.enable_now", "people.erase", "people.erase_now",
        "people.new_password_link", "people.make_password_link", "people.take_house_role_away", "people.take_house_role_away_now",
        "house.health", "house.backups", "house.back_up", "house.packs", "house.shipped_pack", "house.pack", "house.look_at_pack", "house.keep_pack",
        "people.house_invitation", "people.withdraw_house_invitation", "people.invite_administrator", "people.invite_administrator_now",
    },
}  # fmt: skip

OF_WHO_BEGAN = {HERE: "head", ELSEWHERE: "elsewhere"}
"""Whose draft and request it is in each partnership; a draft is not there for anybody else, whatever they may do."""
OF_A_DRAFT = {
    f"try_it.{name}" for name in (
        "draft", "settings", "wish", "lock", "take_away", "move", "work_out", "estimate", "name", "keep", "discard", "discard_now", "ask", "submit", "submit_now",
    )
}  # fmt: skip
OF_A_REQUEST = {"requests.one", "requests.answer", "requests.grant"}
OF_AN_EDITED_WORKBOOK = {"by_hand.brought", "by_hand.marked_copy", "by_hand.throw_away"}
OF_THE_BOARD_TOO = OF_A_REQUEST | OF_AN_EDITED_WORKBOOK
BOARD_OF = {HERE: {"board", "chair"}, ELSEWHERE: {"elsewhere"}}
"""Who reads those beside who began them: of whom it is asked, and who makes plans."""


CHANGE = as_data(AskedChange(what=What.MONEY, number=-10, half_term=3))


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def site(home):
    with a_site(home) as site:
        site.app.config["PROPAGATE_EXCEPTIONS"] = False
        yield site


# --- access ----------------------------------------------------------------------------------


def test_the_table_of_who_may_names_every_route_once(site):
    listed = [
        *ANYBODY,
        *OWN_ACCOUNT,
        *OF_A_DRAFT,
        *OF_THE_BOARD_TOO,
        *OF_A_TOKEN,
        *(endpoint for endpoints in WHO_MAY.values() for endpoint in endpoints),
    ]
    pages = [rule.endpoint for rule in site.app.url_map.iter_rules() if not is_for_programs(rule)]
    assert sorted(listed) == sorted(pages)
    assert {endpoint for endpoint in listed if declared_access(site.app, endpoint) == PUBLIC} == ANYBODY


def test_the_app_does_not_start_when_a_route_declares_nothing(site, home, monkeypatch):
    make = plans.blueprint

    def with_a_silent_route(wiring):
        routes = make(wiring)
        routes.add_url_rule("/silent", "silent", lambda: "here")
        return routes

    monkeypatch.setattr(plans, "blueprint", with_a_silent_route)
    with pytest.raises(RuntimeError, match=r"plans\.silent"):
        create_app(settings_at(home))


def test_every_role_holds_what_it_needs_and_no_more():
    assert set(MAY) == set(Role)
    assert all(Permission.READ_PLAN in permissions for permissions in MAY.values())
    assert {role for role in Role if Permission.VOTE in MAY[role]} == {Role.BOARD, Role.CHAIR}
    assert {role for role in Role if Permission.SIGN in MAY[role]} == {Role.CHAIR}
    assert {role for role in Role if Permission.MANAGE_ACCOUNTS in MAY[role]} == {Role.ADMINISTRATOR}
    assert {role for role in Role if MAY[role] & OF_OWN_SCHOOL} == {Role.HEAD}
    assert set(Permission) == frozenset().union(*MAY.values())


def things_of(site, partnership_id):
    """One of each thing that an address can name, in a partnership; they are made here."""
    figures = site.shelf.figures(partnership_id)
    assert figures is not None
    urn = OWN_URN if partnership_id == HERE else figures.world.partnership.schools[0].urn
    by = site.user_ids["house"]
    with site.store.begin() as tx:
        for versions in (tx.partnerships, tx.policies):
            first = versions.version(partnership_id=partnership_id, version=1)
            versions.add_version(partnership_id=partnership_id, document=first.document, note="again", by=by, based_on=1)
        member = tx.people.add_user(name="Somebody", sign_in=f"somebody-{partnership_id}")
        tx.people.add_membership(user_id=member, partnership_id=partnership_id, role=Role.COMMISSIONER)
        membership = tx.people.memberships_of(user_id=member)[0].id
        tx.invitations.invite(partnership_id=partnership_id, role=Role.CHAIR, invitee="Bo", by=by)
        plan_id = tx.plans.plans(partnership_id=partnership_id)[0].id
        keep_answer(tx, partnership_id, plan_id, AnswerKind.CLAIMS)
        keep_answer(tx, partnership_id, plan_id, AnswerKind.WHY, urn=urn)
        run = tx.runs.request_run(partnership_id=partnership_id, partnership_version=1, policy_version=1, settings={}, by=by)
        owner = site.user_ids[OF_WHO_BEGAN[partnership_id]]
        draft_id = tx.drafts.begin(partnership_id=partnership_id, user_id=owner, plan_id=plan_id, urn=None, name="Mine")
        draft = tx.drafts.draft(partnership_id=partnership_id, user_id=owner, draft_id=draft_id)
        counted = dict.fromkeys(("met", "partly", "under_half", "out_of_reach"), 0)
        found = {
            "all": [counted, counted],
            "own": None,
            "schools": [],
            "changes": [],
            "points": [2.0, 1.0],
            "bound_points": 1.0,
            "gap_points": 0.0,
        }
        return {
            "draft_id": draft_id,
            "way": "undo",
            "proposal_id": tx.proposals.submit_proposal(draft, title="A", why="B", changes=[], found=found, document={}),
            "request_id": tx.requests.ask(draft, kind=Granter.BOARD, granter_urn=None, granter="the board", what="More.", price="Less."),
            "partnership_id": partnership_id,
            "plan_id": plan_id,
            "kind": "claims",
            "run_id": run,
            "urn": urn,
            "name": "schools",
            "part": "bases",
            "standard_id": figures.world.picture.cells[0].standard_id,
            "version": 2,
            "upload_id": tx.uploads.add(partnership_id=partnership_id, file_name="a.xlsx", content=b"", findings=kept(Found()), document=None, by=by),
            "edited_id": tx.uploads.add(partnership_id=partnership_id, file_name="b.xlsx", content=b"", findings=an_edited_workbook(plan_id), document=None, by=owner),
            "decision_id": tx.decisions.open_decision(partnership_id=partnership_id, title="The plan", rules=RULES, options=[plan_id], by=by),
            "what": "money",
            "answer_id": tx.answers.ask_replan(partnership_id=partnership_id, plan_id=plan_id, change=CHANGE, by=by)[0],
            "claim_id": tx.moderation.lodge(
                partnership_id=partnership_id, urn=urn, academic_year="2026/27", asked=AskedOfPot(amount=1, pounds=1, what_for="Help"), by=by
            ),
            "query_id": tx.schools.open_query(partnership_id=partnership_id, urn=urn, line="Grant", question="Why?", by=by),
            "invitation_id": tx.invitations.of(partnership_id=partnership_id)[0].id,
            "membership_id": membership,
            "user_id": member,
            "number": a_pack(tx, by),
        }  # fmt: skip


def an_edited_workbook(plan_id):
    """What is kept of an edited workbook of a plan."""
    return {"by_hand": to_plain(HandMade(changes=(), findings=())), "plan": plan_id}


def a_pack(tx, by):
    """The number of a policy pack that is newer than the shipped one."""
    for pack in tx.house.packs():
        return pack.id
    document = json.loads(load_policy().document) | {"version": 2}
    return tx.house.add_pack(file_name="pack.toml", pack_id=document["id"], version=2, document=document, sha256="", by=by)


def things_of_the_house(site):
    """One of each thing that an address without a partnership can name."""
    by = site.user_ids["house"]
    file = DfeUpload(kind=DfeKind.SEN, file_name="sen.csv", content=b"", size_bytes=0, sha256="", register=None)
    with site.store.begin() as tx:
        other = tx.people.add_user(name="Other", sign_in="other-house")
        tx.people.add_membership(user_id=other, partnership_id=None, role=Role.ADMINISTRATOR)
        tx.invitations.invite(partnership_id=None, role=Role.ADMINISTRATOR, invitee="Bo", by=by)
        return {
            "user_id": other,
            "membership_id": tx.people.memberships_of(user_id=other)[0].id,
            "invitation_id": tx.invitations.of(partnership_id=None)[0].id,
            "file_id": tx.dfe_files.add(upload=file, by=by),
            "number": a_pack(tx, by),
            "token_id": tx.tokens.token(secret=tx.tokens.make(user_id=by, name="Finance", days=30)).id,
            "name": "standards",
        }


def is_for_programs(rule):
    """Whether it is for programs with a token, of which test_web_api.py has a table."""
    return rule.rule.startswith("/api/")


def routes_of(site):
    """Endpoint, method and parameters of every route that is not for anybody."""
    for rule in sorted(site.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint not in ANYBODY and not is_for_programs(rule):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method


def address_of(site, rule, things):
    with site.app.test_request_context():
        return site.app.url_map.bind("localhost").build(rule.endpoint, {name: things.get(name, 1) for name in rule.arguments})


def outcome(answer):
    """in, sign in, 403 or 404: what the door said. Whatever a page then makes of a form without fields is in."""
    assert answer.status_code < 500, answer.text
    if answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in"):
        return "sign in"
    return answer.status_code if answer.status_code in {401, 403, 404} else "in"


def expected(endpoint, who, arguments, partnership_id):
    if who is None:
        return "sign in"
    if endpoint in OWN_ACCOUNT:
        return "in"
    if endpoint in OF_A_TOKEN:
        return "in" if who == "house" else 404
    if endpoint in OF_A_DRAFT | OF_THE_BOARD_TOO:
        mine = {OF_WHO_BEGAN[partnership_id], *(BOARD_OF[partnership_id] if endpoint in OF_THE_BOARD_TOO else ())}
        return "in" if who in mine else 404
    allowed = next(people for people, endpoints in WHO_MAY.items() if endpoint in endpoints)
    if "partnership_id" not in arguments:
        return "in" if who in allowed else 403
    members, people = MEMBERS, allowed
    if partnership_id == ELSEWHERE:  # the chair and administrator there
        members = frozenset({"house", "elsewhere"})
        people = (allowed & {"house"}) | ({"elsewhere"} if allowed & {"chair", "administrator"} else set())
    return 404 if who not in members else "in" if who in people else 403


def faults_of(answer, *, is_signed_in):
    """What an answer lacks that every answer has: the character set of its text, silence to other sites, a way to sign out."""
    if (answer.mimetype or "").startswith("text/") and answer.mimetype_params.get("charset") != "utf-8":
        yield f"{answer.content_type} without its character set"
    if not answer.mimetype and answer.status_code not in {204, 304}:
        yield "no type"
    yield from (name for name, _ in answer.headers if name.startswith("Access-Control-"))
    is_page = (
        answer.mimetype == "text/html" and "<body" in answer.text and "Content-Disposition" not in answer.headers
    )  # and no part of one
    if is_signed_in and is_page and not (300 <= answer.status_code < 400 or re.search(r'<form [^>]*action="/sign-out"', answer.text)):
        yield "no way to sign out"


def all_rows(site):
    """Everything that is kept, but when each session was last used."""
    with site.store.read() as tx:
        connection = tx.people._connection
        return {
            name: sorted(map(repr, connection.execute(table.select()))) for name, table in METADATA.tables.items() if name != "sessions"
        }  # fmt: skip


def test_every_route_for_every_person_in_the_own_the_other_and_no_partnership(site):
    site.app.config["WTF_CSRF_ENABLED"] = False  # the door comes first; forms have their own tests
    things = {partnership_id: things_of(site, partnership_id) for partnership_id in (HERE, ELSEWHERE)} | {None: things_of_the_house(site)}
    browsers = {who: site.browser(who) for who in (None, *PEOPLE)}
    before, asked, wrong = all_rows(site), 0, []
    for who, browser in browsers.items():
        for rule, method in routes_of(site):
            for partnership_id in (HERE, ELSEWHERE) if "partnership_id" in rule.arguments else (None,):
                should = expected(rule.endpoint, who, rule.arguments, partnership_id)
                if should == "in" and method == "POST":
                    continue  # it would change what the next is asked about; each journey tests its own
                answer = browser.open(address_of(site, rule, things[partnership_id]), method=method)
                got = outcome(answer)
                asked += 1
                if got != should:
                    wrong.append((rule.endpoint, method, who, partnership_id, got, should))
                has_a_head = who is not None and (rule.endpoint, got) != ("meeting.page", "in")  # the screen that a board looks at together
                wrong += [(rule.endpoint, method, who, fault) for fault in faults_of(answer, is_signed_in=has_a_head)]
                answer.close()
    assert wrong == []
    assert asked > 700
    assert all_rows(site) == before


NAMES_A_THING = {
    "decision_id",
    "plan_id",
    "run_id",
    "upload_id",
    "edited_id",
    "query_id",
    "answer_id",
    "claim_id",
    "invitation_id",
    "membership_id",
    "user_id",
    "draft_id",
    "proposal_id",
    "request_id",
}


def test_a_thing_of_another_partnership_is_not_there_also_for_those_who_may(site):
    site.app.config["WTF_CSRF_ENABLED"] = False
    here, elsewhere = things_of(site, HERE), things_of(site, ELSEWHERE)
    browsers = {who: site.browser(who) for who in ("chair", "administrator", "house", "head")}
    asked, leaks = 0, []
    for rule, method in routes_of(site):
        if "partnership_id" not in rule.arguments:
            continue
        for name in rule.arguments & NAMES_A_THING:
            path = address_of(site, rule, here | {name: elsewhere[name]})
            for who, browser in browsers.items():
                got = outcome(browser.open(path, method=method))
                asked += 1
                if got not in {403, 404}:
                    leaks.append((rule.endpoint, method, who, name, got))
    assert leaks == []
    assert asked > 100


@pytest.mark.parametrize("number", ["0", "-1", "01x", "9007199254740992", "99999999999999999999999", "1.0", "٣", "%00"])
def test_a_number_that_no_row_can_have_is_no_page(site, number):
    browser = site.browser("house")
    for path in (f"/partnerships/{number}", f"/partnerships/1/plans/{number}", f"/partnerships/1/runs/{number}", f"/accounts/{number}"):
        assert browser.get(path).status_code == 404, path


def test_a_role_without_the_permission_is_told_so(site, monkeypatch):
    monkeypatch.setitem(MAY, Role.HEAD, frozenset())
    answer = site.browser("head").get(site.plan())
    assert answer.status_code == 403
    assert "You may not open this page" in answer.text


def test_the_list_holds_only_what_is_mine(site):
    with site.store.read() as tx:
        names = [row.name for row in tx.partnerships.partnerships()]
    text = site.browser("house").get("/").text
    assert all(name in text for name in names)
    assert "You are in no partnership yet" in site.browser("newcomer").get("/").text


@pytest.mark.parametrize("page", ["/schools/999999", "/standards/no_such_standard", "/nowhere", "/schools/900101x"])
def test_what_is_not_there_is_404(site, page):
    assert site.browser("head").get(site.plan(page)).status_code == 404


# --- headers, cookies, forms ---------------------------------------------------------------------


def test_every_answer_has_its_headers(site):
    with site.browser("head") as client:
        for path in ("/", "/help", "/healthz", "/nowhere", "/static/css/app.css", "/api/v1/partnerships", site.plan()):
            with client.get(path, headers={"Origin": "https://elsewhere.example"}) as answer:
                assert list(faults_of(answer, is_signed_in=True)) == [], path
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert "camera=()" in answer.headers["Permissions-Policy"]
                assert "Strict-Transport-Security" not in answer.headers  # plain http on this computer


def test_no_browser_keeps_a_page_or_file_of_somebody_signed_in_but_what_a_form_was_answered(site):
    def kept(answer):
        with answer:
            return answer.headers["Cache-Control"]

    with site.browser("head") as client:
        paths = (
            "/",
            "/help",
            "/nowhere",
            site.plan(),
            site.plan("/workbook"),
            site.plan("/document"),
            f"/partnerships/{ELSEWHERE}/plans/1",
        )
        assert {kept(client.get(path)) for path in paths} == {"no-store"}
        # Going back to it would otherwise ask whether to send the form again; signing out has the browser forget it.
        assert kept(client.post("/account/password")) == "private, no-cache"
    with site.browser(None) as client:
        assert {kept(client.get(path)) for path in ("/sign-in", "/help", site.plan())} == {"private, no-cache"}


def test_every_script_on_a_page_has_the_nonce_of_that_answer_and_no_style_stands_inline(site):
    with site.browser("head") as client:
        answers = [client.get(site.plan("/map")) for _ in range(2)]
    nonces = []
    for answer in answers:
        page = parsed(answer.text)
        inline = {script.get("nonce") for script in page.iter("script") if not script.get("src")}
        assert len(inline) == 1
        nonces += inline
        assert f"'nonce-{nonces[-1]}'" in answer.headers["Content-Security-Policy"]
        assert not list(page.iter("style"))
        assert not [e for e in page.iter() if e.get("style") or any(str(name).startswith("on") for name in e.attrib)]
    assert nonces[0] != nonces[1]


def test_files_named_by_their_hash_may_be_kept_for_ever_and_pages_not(site):
    with site.browser("head") as client:
        page = client.get("/account")
        assert page.headers["Cache-Control"] == "no-store"
        links = [link.get("href") for link in parsed(page.text).iter("link")]
        assert len(links) == 3
        for href in links:
            with client.get(href) as answer:
                assert answer.status_code == 200
                assert "immutable" in answer.headers["Cache-Control"]


def test_a_form_without_its_token_is_refused_in_plain_words(site):
    with site.browser("head") as client:
        answer = client.post("/sign-out")
        assert answer.status_code == 400
        assert "This form has been open too long" in answer.text
        token = next(i.get("value") for i in parsed(client.get("/account").text).iter("input") if i.get("name") == "csrf_token")
        assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303


def test_away_from_this_computer_cookies_and_headers_ask_for_tls(home):
    settings = settings_at(home, PLANNER_HOST="192.0.2.1")
    assert settings.is_secure
    app = create_app(settings)
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-planner"
    assert app.config["SESSION_COOKIE_SECURE"]
    with app.test_client() as client:
        assert client.get("/healthz").headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_a_foreign_host_name_is_refused(site):
    with site.browser(None) as client:
        assert client.get("/help", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 422, 500])
def test_every_error_is_a_page_with_plain_sentences(site, status):
    app = site.app
    app.view_functions["pages.help_page"] = lambda: abort(status)
    app.view_functions["pages.help_page"].declared_access = PUBLIC
    with app.test_client() as client:
        answer = client.get("/help")
    assert answer.status_code == status
    assert words_of(parsed(answer.text).find(".//h1")) == PAGES[status].title
    assert all(sentence.endswith(".") for sentence in PAGES[status].sentences)


def test_our_own_fault_is_a_page_and_no_traceback(home, monkeypatch):
    for switch in ("PLANNER_DEBUG", "FLASK_DEBUG"):
        monkeypatch.setenv(switch, "1")
    app = create_app(settings_at(home))
    assert not app.debug

    def broken():
        raise KeyError("secret of ours")

    broken.declared_access = PUBLIC
    app.view_functions["pages.help_page"] = broken
    with app.test_client() as client:
        answer = client.get("/help")
    assert answer.status_code == 500
    assert "secret of ours" not in answer.text
    assert "Traceback" not in answer.text


def test_a_request_that_is_too_large_is_refused(site):
    with site.browser(None) as client:
        assert client.post("/sign-out", data={"csrf_token": "x" * 26_000_000}).status_code == 413


# --- settings --------------------------------------------------------------------------------


def test_the_data_folder_and_its_secrets_are_for_their_owner_only(home):
    settings = settings_at(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "secret-key").stat().st_mode) == 0o600
    assert settings_at(home).secret_key == settings.secret_key
    assert settings.secret_key not in repr(settings)


def test_a_weak_key_or_a_bad_port_is_refused_in_one_sentence(home):
    settings_at(home)
    with pytest.raises(InputMustBeMended, match="no port"):
        settings_at(home, PLANNER_PORT="eighty")
    with pytest.raises(InputMustBeMended, match="no number of processes"):
        settings_at(home, PLANNER_PROCESSES="0")
    (home / "secret-key").write_text("short\n", encoding="ascii")
    with pytest.raises(PlannerError, match="too short"):
        settings_at(home)


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(PlannerError, match="set PLANNER_HOME"):
        settings_at(tmp_path / "file")
