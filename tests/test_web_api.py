"""Programs with a person's token: they may what the person may, everything they are told fits the document, and nobody's change is lost."""

import functools
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from pages import parsed, tables_of, words_of
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from websites import ELSEWHERE, HERE, PASSWORD, PEOPLE, a_site

from planner.store.throttle import TRIES_OF_ACCOUNT
from web.api import policies
from web.api.pace import MOST_A_MINUTE, Pace
from web.api.reading import MOST_BYTES
from web.bring.policy_settings import figures_in_force
from web.shelf import policy_of
from web.watching import Why

ROOT = Path(__file__).parent.parent
BASE = "/api/v1"
AT = f"{BASE}/partnerships/{HERE}"
POLICY = f"{AT}/policy"
MEMBERS = frozenset({"head", "other-head", "board", "chair", "service-manager", "commissioner", "administrator", "house"})
BOARD = frozenset({"board", "chair"})
CHANGE = {"changes": {"board.line_percent": 61}, "note": "Agreed"}

# Who may ask for what: written down here a second time, on purpose, by the decision rights and not by the code.
ANYBODY = {"openapi", "reference"}
ANY_TOKEN = {"partnerships"}
OF_THE_BOARD = {"set_policy", "start_run", "cancel_run"}
OF_MEMBERS = {
    "partnership", "figures_versions", "figures", "policy", "policy_versions", "policy_version", "runs", "run", "plans", "plan", "plan_document",
    "plan_workbook", "plan_tables", "plan_tables_csv", "standards", "tables", "table",
}  # fmt: skip


@functools.cache
def validator(schema, components):
    return jsonschema.Draft202012Validator({**json.loads(schema), "components": json.loads(components)})


@dataclass
class Program:
    """Somebody's program: whatever it is told must fit the document."""

    client: FlaskClient
    components: str
    document: dict
    token: str | None

    def ask(self, method, path, *, headers=None, **more):
        send = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        answer = self.client.open(path, method=method, headers=send, **more)
        self.check(method, path, answer)
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, **more):
        return self.ask("POST", path, **more)

    def check(self, method, path, answer):
        assert "Set-Cookie" not in answer.headers
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
        assert answer.mimetype_params.get("charset") == "utf-8" or not (answer.mimetype or "").startswith("text/")
        adapter = self.client.application.url_map.bind("localhost")
        rule, _ = adapter.match(path.partition("?")[0], method=method, return_rule=True)
        told = self.document["paths"][path_of(rule)][method.lower()]["responses"][str(answer.status_code)]
        if "content" not in told:
            assert answer.data == b""
            return
        assert answer.mimetype in told["content"], answer.mimetype
        schema = told["content"][answer.mimetype].get("schema")
        if schema is not None:
            validator(json.dumps(schema), self.components).validate(answer.json)
        if answer.status_code >= 400:
            assert re.fullmatch(r"[A-Za-z].*[.]", answer.json["detail"]), answer.json["detail"]
            assert answer.json["status"] == answer.status_code


def path_of(rule):
    return re.sub(r"<(?:id:)?(\w+)>", r"{\1}", rule.rule)


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """For tests that change nothing which another would notice."""
    with a_site(tmp_path_factory.mktemp("shared")) as site:
        yield site


def token_of(site, who):
    with site.store.begin() as tx:
        for token in tx.tokens.of(user_id=site.user_ids[who]):
            tx.tokens.end(user_id=site.user_ids[who], token_id=token.id)
        return tx.tokens.make(user_id=site.user_ids[who], name="Finance", days=30)


def program(site, who, *, token=None):
    client = site.app.test_client()
    document = client.get(f"{BASE}/openapi.json").json
    return Program(client, json.dumps(document["components"]), document, token or (token_of(site, who) if who else None))


# --- the document -----------------------------------------------------------------------------------


def test_every_operation_is_in_the_document_and_nothing_else(shared):
    document = program(shared, None).document
    described = {(path, method.upper()) for path, ways in document["paths"].items() for method in ways}
    routes = {
        (path_of(rule), method)
        for rule in shared.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and rule.endpoint != "api.openapi"
    }
    assert described == routes
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_page_for_people_names_every_operation_and_every_object(shared):
    browser = shared.browser(None)
    page = browser.get("/help/programs").text
    document = browser.get(f"{BASE}/openapi.json").json
    text = words_of(parsed(page).find(".//main"))
    for path, ways in document["paths"].items():
        for method in ways:
            assert f"{method.upper()} {path}" in text
    objects = tables_of(page)
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema:
            assert [row[0] for row in objects[name][1:]] == list(schema["properties"])
    assert "/account/tokens" in shared.browser("board").get("/help/programs").text


@pytest.mark.slow
def test_the_api_loads_no_solver():
    said = "import sys, web.api, web.tokens; sys.exit(bool({'pyomo', 'highspy', 'optimisation'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=False).returncode == 0


# --- who may ----------------------------------------------------------------------------------------


def test_every_operation_for_every_person_in_the_own_and_another_partnership(shared):
    rules = [rule for rule in shared.app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    assert {rule.endpoint.removeprefix("api.") for rule in rules} == ANYBODY | ANY_TOKEN | OF_THE_BOARD | OF_MEMBERS
    numbers = {"plan_id": 999, "run_id": 999, "version": 999, "name": "none"}  # the door comes first; what is not there is 404 for who may
    adapter = shared.app.url_map.bind("localhost")
    for who in (None, *PEOPLE):
        asks = program(shared, who)
        for rule in rules:
            name, method = rule.endpoint.removeprefix("api."), "POST" if "POST" in rule.methods else "GET"
            if name in ANYBODY or (name == "start_run" and who in BOARD | {"elsewhere"}):
                continue
            for place in (HERE, ELSEWHERE) if "partnership_id" in rule.arguments else (None,):
                named = {**numbers, "partnership_id": place}
                path = adapter.build(rule.endpoint, {k: v for k, v in named.items() if k in rule.arguments})
                members, may = (MEMBERS, BOARD) if place == HERE else ({"house", "elsewhere"}, {"elsewhere"})
                got = asks.ask(method, path, json={} if method == "POST" else None).status_code
                if who is None:
                    assert got == 401, (name, who)
                elif name in ANY_TOKEN:
                    assert got == 200, (name, who)
                elif who not in members:
                    assert got == 404, (name, who, place)
                elif name in OF_THE_BOARD and who not in may:
                    assert got == 403, (name, who, place)
                else:
                    assert got == (404 if rule.arguments - {"partnership_id"} else 422 if method == "POST" else 200), (name, who, place)


def test_no_cookie_counts_and_no_form_token_is_asked_for(site):
    browser = site.browser("board")
    assert browser.get("/").status_code == 303
    assert browser.get(f"{BASE}/partnerships").status_code == 401
    with_both = browser.get(f"{BASE}/partnerships", headers={"Authorization": f"Bearer {token_of(site, 'elsewhere')}"})
    assert [one["id"] for one in with_both.json["items"]] == [ELSEWHERE]
    board = program(site, "board")
    assert board.post(f"{POLICY}/versions", json=CHANGE, headers={"If-Match": '"policy-1"'}).status_code == 201
    assert board.client.get("/account", headers={"Authorization": f"Bearer {board.token}"}).status_code == 303


def test_a_list_holds_only_what_is_mine(shared):
    assert [(one["id"], one["your_roles"]) for one in program(shared, "head").get(f"{BASE}/partnerships").json["items"]] == [
        (HERE, ["head"])
    ]
    assert [one["id"] for one in program(shared, "house").get(f"{BASE}/partnerships").json["items"]] == [HERE, ELSEWHERE]
    assert program(shared, "newcomer").get(f"{BASE}/partnerships").json == {"items": [], "page": 1, "pages": 1, "total": 0}


# --- tokens -----------------------------------------------------------------------------------------


def make_token(site, browser, **more):
    return site.post(browser, "/account/tokens", **{"name": "Finance & <co>", "days": "30", **more})


def secrets_in(text):
    return re.findall(r"planner_[\w-]{40,}", text)


def test_a_token_is_shown_once_and_does_what_its_owner_may_until_it_is_ended(site):
    browser = site.browser("board")
    assert "You have no token" in browser.get("/account/tokens").text
    assert "/account/tokens" in browser.get("/account").text
    made = make_token(site, browser)
    assert made.status_code == 303
    page = browser.get(made.headers["Location"])
    (secret,) = secrets_in(page.text)
    assert page.headers["Cache-Control"] == "no-store"
    again = browser.get("/account/tokens").text
    assert secrets_in(again) == []
    (line,) = tables_of(again)["Your tokens"][1:]
    assert (line[0], line[3]) == ("Finance & <co>", "Never")
    asks = program(site, None, token=secret)
    assert asks.get(f"{BASE}/partnerships").status_code == 200
    assert tables_of(browser.get("/account/tokens").text)["Your tokens"][1][3] != "Never"
    (end,) = re.findall(r"/account/tokens/\d+/end", again)
    assert site.browser("chair").get(end).status_code == 404
    assert site.post(site.browser("chair"), end, form_at="/account").status_code == 404
    assert "Finance &amp; &lt;co&gt;" in browser.get(end).text
    assert asks.get(f"{BASE}/partnerships").status_code == 200
    assert site.post(browser, end).status_code == 303
    assert asks.get(f"{BASE}/partnerships").status_code == 401
    with site.store.read() as tx:
        said = [(event.action, event.by) for event in tx.events.events(partnership_id=None)]
    me = site.user_ids["board"]
    assert ("token made", me) in said
    assert ("token ended", me) in said


@pytest.mark.parametrize(("fields", "said"), [({"name": " "}, "Say what the token is for."), ({"days": "4000"}, "Not a valid choice")])
def test_a_token_needs_a_name_and_a_last_day(shared, fields, said):
    answer = make_token(shared, shared.browser("board"), **fields)
    assert answer.status_code == 422
    assert said in answer.text
    with shared.store.read() as tx:
        assert not any(token.name == fields.get("name", "Finance & <co>") for token in tx.tokens.of(user_id=shared.user_ids["board"]))


def test_a_disabled_persons_tokens_end_for_good(site):
    board = program(site, "board")
    assert board.get(AT).status_code == 200
    house, account = site.browser("house"), f"/accounts/{site.user_ids['board']}"
    assert site.post(house, f"{account}/disable").status_code == 303
    assert board.get(AT).status_code == 401
    assert site.post(house, f"{account}/enable", form_at=account).status_code == 303
    assert board.get(AT).status_code == 401


def test_a_role_taken_away_counts_at_once(site):
    board = program(site, "board")
    with site.store.begin() as tx:
        (role,) = tx.people.memberships_of(user_id=site.user_ids["board"])
        tx.people.end_membership(partnership_id=HERE, membership_id=role.id)
    assert board.get(AT).status_code == 404


def test_tries_with_tokens_that_do_not_count_are_braked_apart_from_sign_in(site, monkeypatch):
    monkeypatch.setattr("planner.store.throttle.TRIES_OF_NETWORK", TRIES_OF_ACCOUNT + 3)
    good, bad = program(site, "board"), program(site, None, token="planner_wrong")
    statuses = [bad.get(AT).status_code for _ in range(TRIES_OF_ACCOUNT + 1)]
    assert statuses == [401] * TRIES_OF_ACCOUNT + [429]
    assert 0 < int(bad.get(AT).headers["Retry-After"]) <= 900
    assert good.get(AT).status_code == 200
    for number in range(3):
        bad.client.get(AT, headers={"Authorization": f"Bearer planner_{number}"})
    assert good.get(AT).status_code == 429
    assert site.post(site.browser(None), "/sign-in", sign_in="board", password=PASSWORD).status_code == 303


def test_a_token_that_asks_too_fast_waits_for_the_next_minute_and_others_do_not(site, monkeypatch, caplog):
    monkeypatch.setattr("web.api.who.MOST_A_MINUTE", 3)
    fast, other = program(site, "board"), program(site, "elsewhere")
    assert [fast.get(AT).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = fast.get(AT)
    assert (
        refused.json["detail"] == "This token has asked 3 times within a minute: wait as long as the header Retry-After says, then go on."
    )
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    told = [record.message for record in caplog.records if "refused" in record.message]
    assert [one.rpartition(": ")[2] for one in told] == [Why.TOO_FAST] * 2, "not as somebody who guesses"
    assert other.get(f"{BASE}/partnerships").status_code == 200
    assert site.browser("board").get("/account").status_code == 200


def test_the_pace_of_a_token_begins_anew_each_minute():
    now = [118.6]
    pace = Pace(clock=lambda: now[0])
    assert [pace.wait(7, 2) for _ in range(3)] == [0, 0, 2], "who waits so long is not refused again"
    assert pace.wait(8, 2) == 0
    now[0] = 120.0
    assert pace.wait(7, 2) == 0


def test_the_pace_is_said_in_the_document_and_in_the_page_for_programs(shared):
    said = f"{MOST_A_MINUTE} requests in a minute with one token"
    answers = [way["responses"]["429"]["description"] for ways in program(shared, None).document["paths"].values() for way in ways.values()]
    assert all(said in text for text in answers)
    assert said in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x y", "Basic Ym9hcmQ6eA==", "Bearer planner_é", "Bearer " + "x" * 5000])
def test_a_header_that_is_no_token_is_refused(shared, header):
    assert (
        program(shared, None).get(AT, headers={"Authorization": header.encode("latin-1", "replace").decode("latin-1")}).status_code == 401
    )


# --- what is sent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**CHANGE, "colour": 1}, "The body has no field colour: it takes changes and note."),
        ({"note": "x"}, "The body needs the field changes."),
        ([], "The body must be a JSON object."),
        ({**CHANGE, "note": 5}, "note must be text."),
        ({**CHANGE, "note": ""}, "note must not be empty."),
        ({**CHANGE, "note": "x" * 201}, "note may have 200 characters at most."),
        ({**CHANGE, "note": "  "}, "note: Say in a few words what is new."),
        ({**CHANGE, "changes": {}}, "changes must not be empty."),
        ({**CHANGE, "changes": {"board.line_percent": "60"}}, "changes.board.line_percent must be a number, true or false."),
        ({**CHANGE, "changes": {"board.line_percent": True}}, "The line must be a number from 1 to 100."),
        ({**CHANGE, "changes": {"board.line_percent": 10**30}}, "The line must be a number from 1 to 100."),
        ({**CHANGE, "changes": {"board.line_percent": 1e-12}}, "The line must be a number from 1 to 100."),
        ({**CHANGE, "changes": {"rules.money_floor": 1}}, "rules.money_floor must be true or false."),
        ({**CHANGE, "changes": {"board.colour": 1}}, "board.colour is no setting that can be changed here: read the policy, which lists those that can."),
        ({**CHANGE, "changes": {"board.line_percent": 70}}, "You changed nothing: every figure and every rule here is as it is in force."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_kept(shared, body, said):
    answer = program(shared, "board").post(f"{POLICY}/versions", json=body, headers={"If-Match": '"policy-1"'})
    assert (answer.status_code, answer.json["detail"]) == (422, said)
    with shared.store.read() as tx:
        assert tx.policies.latest(partnership_id=HERE).version == 1


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"", "application/json", 400),
        (b'{"note": NaN}', "application/json", 422),
        (b"note=x", "application/x-www-form-urlencoded", 415),
        (b" " * (MOST_BYTES + 1), "application/json", 413),
    ],
)
def test_a_body_that_is_no_json_or_too_large(shared, content, kind, status):
    answer = program(shared, "board").post(f"{POLICY}/versions", data=content, content_type=kind, headers={"If-Match": '"policy-1"'})
    assert answer.status_code == status


def test_lists_come_in_pages(site):
    with site.store.begin() as tx:
        asked = {"partnership_id": HERE, "partnership_version": 1, "policy_version": 1, "by": site.user_ids["board"]}
        newest = [tx.runs.request_run(**asked, settings={"number": number}) for number in range(4)][::-1]
        newest.append(1)
    board = program(site, "board")
    pages = [board.get(f"{AT}/runs?per_page=2&page={page}").json for page in (1, 2, 3, 4)]
    assert [one["id"] for page in pages for one in page["items"]] == newest
    assert [(page["page"], page["pages"], page["total"]) for page in pages] == [(page, 3, 5) for page in (1, 2, 3, 4)]
    for query in ("page=0", "page=x", "per_page=201", "page=-1", "page=9999999999", "colour=1", "page="):
        assert board.get(f"{AT}/runs?{query}").status_code == 422, query
    assert board.get(f"{AT}?page=1").json["detail"] == "The address has no parameter page: it takes none."


# --- policies ---------------------------------------------------------------------------------------


def test_a_policy_is_read_and_changed_as_on_its_page(site):
    board = program(site, "board")
    read = board.get(POLICY)
    assert read.headers["ETag"] == '"policy-1"'
    assert board.get(POLICY, headers={"If-None-Match": '"policy-1"'}).status_code == 304
    settings = {one["path"]: one for one in read.json["settings"]}
    assert (settings["board.line_percent"]["value"], settings["board.line_percent"]["most"]) == (70, 100)
    wanted = {
        "changes": {"board.line_percent": 60.5, "rules.money_floor": False, "prices.smallest_block": 0.25},
        "note": " Agreed in June ",
    }
    saved = board.post(f"{POLICY}/versions", json=wanted, headers={"If-Match": read.headers["ETag"]})
    assert (saved.status_code, saved.json["version"], saved.json["note"]) == (201, 2, "Agreed in June")
    assert saved.headers["ETag"] == '"policy-2"'
    assert board.get(saved.headers["Location"]).json == saved.json == board.get(POLICY).json
    assert [one["version"] for one in board.get(f"{POLICY}/versions").json["items"]] == [2, 1]
    with site.store.read() as tx:
        kept = tx.policies.latest(partnership_id=HERE)
        event = tx.events.events(partnership_id=HERE)[0]
    policy = policy_of(kept)
    now = {one.path: float(value) for one, value in figures_in_force(policy)}
    assert (now["board.line_percent"], now["prices.smallest_block"]) == (60.5, 0.25)
    assert not policy.is_on("money_floor")
    assert (kept.made_by, event.action, event.detail) == (site.user_ids["board"], "policy set", {"version": 2})
    page = site.browser("board").get(f"/partnerships/{HERE}/policy/versions/2/differences").text
    assert "60.5" in page


def test_somebody_elses_policy_is_never_overwritten_and_both_are_told(site):
    board, chair = program(site, "board"), program(site, "chair")
    seen = board.get(POLICY)
    assert chair.post(f"{POLICY}/versions", json=CHANGE, headers={"If-Match": '"policy-1"'}).status_code == 201
    late = board.post(
        f"{POLICY}/versions", json={**CHANGE, "changes": {"board.line_percent": 50}}, headers={"If-Match": seen.headers["ETag"]}
    )
    assert late.status_code == 409
    assert late.json["seen"] == seen.json
    assert late.json["in_force"] == board.get(POLICY).json
    assert late.json["in_force"]["version"] == 2
    ahead = board.post(f"{POLICY}/versions", json=CHANGE, headers={"If-Match": '"policy-9"'})
    assert (ahead.status_code, ahead.json["seen"]) == (409, None)
    for tag in (None, "*", "policy-2", 'W/"policy-2"', '"policy-99999999999999999999"', ""):
        answer = board.post(f"{POLICY}/versions", json=CHANGE, headers={} if tag is None else {"If-Match": tag})
        assert answer.status_code == 428, tag


def test_a_policy_set_between_the_look_and_the_write_is_not_overwritten_either(site, monkeypatch):
    board, others = program(site, "board"), site.user_ids["chair"]

    def with_another_first(store, partnership_id, policy, **more):
        with store.begin() as tx:
            kept = tx.policies.latest(partnership_id=HERE)
            tx.policies.add_version(partnership_id=HERE, document=kept.document, note="first", by=others, based_on=1)
        return kept_first(store, partnership_id, policy, **more)

    kept_first = policies.kept
    monkeypatch.setattr(policies, "kept", with_another_first)
    late = board.post(f"{POLICY}/versions", json=CHANGE, headers={"If-Match": '"policy-1"'})
    assert (late.status_code, late.json["in_force"]["note"]) == (409, "first")


# --- runs -------------------------------------------------------------------------------------------


def test_a_run_is_started_watched_and_cancelled(site):
    board = program(site, "board")
    wanted = {"figures_version": 1, "policy_version": 1, "seconds": 40}
    started = board.post(f"{AT}/runs", json=wanted)
    assert (started.status_code, started.json["state"], started.json["queue_place"]) == (201, "queued", 1)
    where = started.headers["Location"]
    again = board.post(f"{AT}/runs", json=wanted)
    assert (again.status_code, again.json["id"]) == (200, started.json["id"])
    watched = board.get(where)
    assert watched.json == started.json
    tag = {"If-None-Match": watched.headers["ETag"]}
    assert board.get(where, headers=tag).status_code == 304
    with site.store.begin() as tx:
        run = tx.runs.claim_next(worker="w")
        assert run.settings == {"gap_points": 0.1, "seconds": 40}
    going = board.get(where, headers=tag)
    assert (going.status_code, going.json["state"], going.json["queue_place"]) == (200, "running", None)
    ended = board.post(f"{where}/cancel")
    assert (ended.status_code, ended.json["state"]) == (200, "cancelled")
    assert board.post(f"{where}/cancel").status_code == 409
    assert board.get(f"{AT}/runs").json["items"][0]["state"] == "cancelled"
    with site.store.read() as tx:
        assert [event.action for event in tx.events.events(partnership_id=HERE)][:2] == ["run cancelled", "run requested"]


def test_a_run_of_older_figures_or_policy_is_refused(site):
    board = program(site, "board")
    for versions in ((2, 1), (1, 2)):
        answer = board.post(f"{AT}/runs", json={"figures_version": versions[0], "policy_version": versions[1]})
        assert answer.status_code == 409
        assert "figures version 1 and policy version 1" in answer.json["detail"]
    for wrong in (
        {"seconds": 4},
        {"seconds": 601},
        {"gap_points": 10.5},
        {"gap_points": 0.00001},
        {"seconds": 10.5},
        {"policy_version": 0},
    ):
        assert board.post(f"{AT}/runs", json={"figures_version": 1, "policy_version": 1, **wrong}).status_code == 422, wrong
    with site.store.begin() as tx:
        empty = tx.partnerships.create(name="Empty", by=site.user_ids["house"])
        tx.people.add_membership(user_id=site.user_ids["board"], partnership_id=empty, role="board")
    nothing = board.post(f"{BASE}/partnerships/{empty}/runs", json={"figures_version": 1, "policy_version": 1})
    assert (nothing.status_code, "There is nothing to plan yet" in nothing.json["detail"]) == (409, True)
    assert board.get(f"{BASE}/partnerships/{empty}/policy").headers["ETag"] == '"policy-0"'


# --- figures and plans --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["board", "other-head"])
def test_a_plan_is_the_same_as_on_its_pages(shared, who):
    asks, browser, at = program(shared, who), shared.browser(who), f"{AT}/plans/{HERE}"
    assert asks.get(f"{at}/plan.json").data == browser.get(shared.plan("/plan.json")).data
    short = asks.get(at).json
    assert asks.get(f"{AT}/plans").json["items"] == [short]
    document = browser.get(shared.plan("/plan.json")).json
    assert (short["standards_met"], short["shortfall_points"], short["is_for_schools"]) == (
        document["standards_met"],
        document["shortfall_points"],
        True,
    )
    assert (short["fingerprint"] == document["fingerprint"]) == (who == "board")  # a head's copy leaves out others' draws
    names = [one["name"] for one in asks.get(f"{at}/tables?per_page=200").json["items"]]
    ledger = next(name for name in names if name == "schools")
    shown = asks.get(f"{at}/tables/{ledger}").json
    csv = browser.get(shared.plan(f"/tables/{ledger}.csv")).text.lstrip("\ufeff").splitlines()
    assert len(shown["rows"]) == len(csv) - 1
    assert asks.get(f"{at}/standards").json == asks.get(f"{at}/tables/standards").json
    figures = asks.get(f"{AT}/figures/versions/1").json
    assert figures["partnership"] == document["partnership"]
    assert [one["version"] for one in asks.get(f"{AT}/figures/versions").json["items"]] == [1]


def test_what_goes_wrong_on_our_side_is_a_problem_too(site, monkeypatch):
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    board = program(site, "board")
    monkeypatch.setattr(site.shelf, "plan", lambda *_: 1 / 0)
    assert board.get(f"{AT}/plans/{HERE}/standards").status_code == 500
    monkeypatch.undo()
    nowhere = board.client.get(f"{BASE}/nowhere")
    assert (nowhere.status_code, nowhere.mimetype) == (404, "application/problem+json")
    wrong = board.client.delete(AT)
    assert (wrong.status_code, wrong.mimetype, "GET" in wrong.headers["Allow"]) == (405, "application/problem+json", True)


# --- the page of examples -----------------------------------------------------------------------------


def commands():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def test_every_example_of_the_page_works_in_its_order(site):
    asks = program(site, "board")
    told = commands()
    assert len(told) > 12
    for line in told:
        name, *words = shlex.split(line.replace("$TOKEN", asks.token).replace("$PLANNER", ""))
        assert name == "curl"
        headers, method, data, path = {}, None, None, None
        while words:
            word = words.pop(0)
            if word == "-H":
                key, _, value = words.pop(0).partition(": ")
                headers[key] = value
            elif word == "-d":
                data = words.pop(0)
            elif word == "-X":
                method = words.pop(0)
            elif word == "-o":
                words.pop(0)
            elif word != "-i":
                path = word
        answer = asks.ask(method or ("POST" if data else "GET"), path, headers=headers, data=data)
        assert answer.status_code in {200, 201}, (line, answer.text[:300])
        if path.endswith(".xlsx"):
            assert answer.data == site.browser("board").get(site.plan("/plan.xlsx")).data


# --- whatever the document allows, and what it does not -------------------------------------------------


def fuzz(site, examples):
    """Requests made from the document, good and bad: each answer fits it, and none is our fault."""
    load_all_checks()
    token = token_of(site, "chair")
    checks = CHECKS.get_by_names(
        [
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
            "response_headers_conformance",
        ]
    )  # fmt: skip
    asked = set()

    def try_it(case):
        if "partnership_id" in case.path_parameters:  # of a stranger every number is as good as any other
            case.path_parameters["partnership_id"] = HERE
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=checks)
        asked.add((case.method, case.path, response.status_code))

    for found in schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", site.app).get_all_operations():
        for mode, number in examples.items():
            how = settings(
                max_examples=number, database=None, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            how(given(case=found.ok().as_strategy(generation_mode=mode))(try_it))()
    return asked


def test_what_is_made_from_the_document_gets_an_answer_that_fits_it(site, monkeypatch):
    monkeypatch.setattr("web.api.who.MOST_A_MINUTE", 100_000)
    asked = fuzz(site, {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 1})
    assert {path for _, path, _ in asked} == set(program(site, None).document["paths"])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_much_that_is_made_from_the_document_gets_an_answer_that_fits_it(site, monkeypatch):
    monkeypatch.setattr("web.api.who.MOST_A_MINUTE", 100_000)
    asked = fuzz(site, dict.fromkeys(GenerationMode, 100))
    assert {200, 404, 422} <= {status for _, _, status in asked}
