"""The door: who may open what, what every answer says to the browser, and where secrets lie."""

import stat

import pytest
from flask import abort
from pages import HEAD, address, app_of, demonstration_plan, parsed, settings_at, small_plan, words_of
from web.accounts.link import TOKEN_FILE, new_link, use_token

from planner.errors import PlannerError
from web import plans
from web.access import MAY, PUBLIC, Permission, Role, User, declared_access
from web.app import create_app
from web.errors import PAGES

PUBLIC_ENDPOINTS = {
    "static", "accounts.sign_in", "accounts.open_link", "accounts.sign_out",
    "pages.healthz", "pages.help_page", "pages.accessibility", "pages.privacy",
}  # fmt: skip


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def nobody_in_particular(*roles, partnership="hatherby-partnership"):
    return User(user_id="u2", name="Somebody", roles={partnership: frozenset(roles)})


# --- access ----------------------------------------------------------------------------------


def test_every_route_declares_access_and_few_are_public(home):
    app = app_of(home)
    declared = {rule.endpoint: declared_access(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert None not in declared.values()
    assert {endpoint for endpoint, access in declared.items() if access == PUBLIC} == PUBLIC_ENDPOINTS


def test_the_app_does_not_start_when_a_route_declares_nothing(home, monkeypatch):
    make = plans.blueprint

    def with_a_silent_route(shelf):
        routes = make(shelf)
        routes.add_url_rule("/silent", "silent", lambda: "here")
        return routes

    monkeypatch.setattr(plans, "blueprint", with_a_silent_route)
    with pytest.raises(RuntimeError, match=r"plans\.silent"):
        app_of(home)


def test_every_role_holds_what_it_needs_and_no_more():
    assert set(MAY) == set(Role)
    assert all(Permission.READ_PLAN in permissions for permissions in MAY.values())
    assert {role for role in Role if Permission.VOTE in MAY[role]} == {Role.BOARD_MEMBER, Role.CHAIR}
    assert {role for role in Role if Permission.SIGN in MAY[role]} == {Role.CHAIR}
    assert {role for role in Role if Permission.MANAGE_ACCOUNTS in MAY[role]} == {Role.ADMINISTRATOR}
    assert set(Permission) == frozenset().union(*MAY.values())


def plan_pages(app):
    return [r.rule for r in app.url_map.iter_rules() if declared_access(app, r.endpoint) == Permission.READ_PLAN and "GET" in r.methods]


def filled(rule, kept):
    school = kept.facts.partnership.schools[0].urn
    standard = kept.facts.world.picture.cells[0].standard_id
    return (
        rule.replace("<partnership_id>", kept.partnership_id).replace("<plan_id>", kept.plan_id)
        .replace("<int:urn>", str(school)).replace("<standard_id>", standard)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("user", "own", "other"),
    [
        (None, 303, 303),
        *((nobody_in_particular(role), 200, 404) for role in Role),
        (nobody_in_particular(), 404, 404),
        (nobody_in_particular(Role.HEAD, partnership="elsewhere"), 404, 404),
        (User(user_id="u3", name="All", roles={}, roles_everywhere=frozenset(Role)), 200, 200),
    ],
    ids=lambda value: "nobody" if value is None else str(getattr(value, "roles", value)),
)
def test_every_page_of_a_plan_for_every_role_in_own_and_other_partnership(home, user, own, other):
    mine, foreign = demonstration_plan(), small_plan()
    app = app_of(home, mine, foreign, user=user)
    pages = [rule for rule in plan_pages(app) if "<partnership_id>" in rule]
    assert len(pages) >= 12
    with app.test_client() as client:
        assert {client.get(filled(rule, mine)).status_code for rule in pages} == {own}
        assert {client.get(filled(rule, foreign)).status_code for rule in pages} == {other}


def test_a_role_without_the_permission_is_told_so(home, monkeypatch):
    monkeypatch.setitem(MAY, Role.HEAD, frozenset())
    with app_of(home, demonstration_plan()).test_client() as client:
        answer = client.get(address(demonstration_plan()))
    assert answer.status_code == 403
    assert "You may not open this page" in answer.text


def test_the_list_holds_only_what_is_mine(home):
    with app_of(home, demonstration_plan(), small_plan()).test_client() as client:
        text = client.get("/").text
    assert address(demonstration_plan()) in text
    assert small_plan().partnership_id not in text


@pytest.mark.parametrize("page", ["/schools/999999", "/standards/no_such_standard", "/nowhere", "/schools/900101x"])
def test_what_is_not_there_is_404(home, page):
    with app_of(home, demonstration_plan()).test_client() as client:
        assert client.get(address(demonstration_plan(), page)).status_code == 404
        assert client.get(address(demonstration_plan())[:-1]).status_code == 404


def test_nobody_is_sent_to_sign_in(home):
    with app_of(home, demonstration_plan(), user=None).test_client() as client:
        answer = client.get(address(demonstration_plan()))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
        assert client.get("/sign-in").status_code == 200
        assert client.get("/healthz").text == "ok\n"


# --- headers, cookies, forms ---------------------------------------------------------------------


def test_every_answer_has_its_headers(home):
    with app_of(home, demonstration_plan()).test_client() as client:
        for path in ("/", "/help", "/healthz", "/nowhere", "/static/css/app.css", address(demonstration_plan())):
            with client.get(path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert "camera=()" in answer.headers["Permissions-Policy"]
                assert "Strict-Transport-Security" not in answer.headers  # plain http on this computer


def test_every_script_on_a_page_has_the_nonce_of_that_answer_and_no_style_stands_inline(home):
    with app_of(home, demonstration_plan()).test_client() as client:
        answers = [client.get(address(demonstration_plan(), "/map")) for _ in range(2)]
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


def test_files_named_by_their_hash_may_be_kept_for_ever_and_pages_not(home):
    with app_of(home, demonstration_plan()).test_client() as client:
        page = client.get("/")
        assert page.headers["Cache-Control"] == "private, no-cache"
        links = [link.get("href") for link in parsed(page.text).iter("link")]
        assert len(links) == 3
        for href in links:
            with client.get(href) as answer:
                assert answer.status_code == 200
                assert "immutable" in answer.headers["Cache-Control"]


def test_a_form_without_its_token_is_refused_in_plain_words(home):
    with app_of(home, demonstration_plan()).test_client() as client:
        answer = client.post("/sign-out")
        assert answer.status_code == 400
        assert "This form has been open too long" in answer.text
        token = next(i.get("value") for i in parsed(client.get("/").text).iter("input") if i.get("name") == "csrf_token")
        assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303


def test_away_from_this_computer_cookies_and_headers_ask_for_tls(home):
    settings = settings_at(home, PLANNER_HOST="192.0.2.1")
    assert settings.is_secure
    app = create_app(settings)
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-planner"
    assert app.config["SESSION_COOKIE_SECURE"]
    with app.test_client() as client:
        assert "max-age=" in client.get("/healthz").headers["Strict-Transport-Security"]
    with pytest.raises(PlannerError, match="without a password"):
        new_link(settings)


def test_a_foreign_host_name_is_refused(home):
    with app_of(home).test_client() as client:
        assert client.get("/help", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 422, 500])
def test_every_error_is_a_page_with_plain_sentences(home, status):
    app = app_of(home)
    app.view_functions["pages.help_page"] = lambda: abort(status)
    app.view_functions["pages.help_page"].declared_access = PUBLIC
    with app.test_client() as client:
        answer = client.get("/help")
    assert answer.status_code == status
    assert words_of(parsed(answer.text).find(".//h1")) == PAGES[status].title
    assert all(sentence.endswith(".") for sentence in PAGES[status].sentences)


def test_our_own_fault_is_a_page_and_no_traceback(home):
    app = app_of(home)

    def broken():
        raise KeyError("secret of ours")

    broken.declared_access = PUBLIC
    app.view_functions["pages.help_page"] = broken
    with app.test_client() as client:
        answer = client.get("/help")
    assert answer.status_code == 500
    assert "secret of ours" not in answer.text


def test_a_request_that_is_too_large_is_refused(home):
    with app_of(home).test_client() as client:
        assert client.post("/sign-out", data={"csrf_token": "x" * 2_000_000}).status_code == 413


# --- the link --------------------------------------------------------------------------------


def test_the_link_opens_once_and_only_with_the_right_token(home):
    settings = settings_at(home)
    app = create_app(settings)
    path = new_link(settings).removeprefix(settings.address)
    client, second = app.test_client(), app.test_client()
    assert client.get("/").status_code == 303
    assert client.get("/open?token=wrong").status_code == 403
    assert client.get("/open").status_code == 403
    opened = client.get(path)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/")
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert "SameSite=Lax" in opened.headers["Set-Cookie"]
    assert client.get("/").status_code == 200
    assert second.get(path).status_code == 403
    assert second.get("/").status_code == 303
    assert not (home / TOKEN_FILE).exists()


def test_a_new_link_ends_the_one_before_and_no_token_opens_nothing(home):
    settings = settings_at(home)
    old = new_link(settings).partition("token=")[2]
    new = new_link(settings).partition("token=")[2]
    assert not use_token(settings, old)
    assert use_token(settings, new)
    assert not use_token(settings, "")


# --- settings --------------------------------------------------------------------------------


def test_the_data_folder_and_its_secrets_are_for_their_owner_only(home):
    settings = settings_at(home)
    new_link(settings)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("secret-key", TOKEN_FILE):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert settings_at(home).secret_key == settings.secret_key
    assert settings.secret_key not in repr(settings)


def test_a_weak_key_or_a_bad_port_is_refused_in_one_sentence(home):
    settings_at(home)
    with pytest.raises(PlannerError, match="no port"):
        settings_at(home, PLANNER_PORT="eighty")
    (home / "secret-key").write_text("short\n", encoding="ascii")
    with pytest.raises(PlannerError, match="too short"):
        settings_at(home)


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(PlannerError, match="set PLANNER_HOME"):
        settings_at(tmp_path / "file")


def test_head_is_a_head():
    assert HEAD.may(Permission.READ_PLAN, "hatherby-partnership")
    assert HEAD.may(Permission.READ_PLAN, None)
    assert not HEAD.may(Permission.VOTE, "hatherby-partnership")
    assert not HEAD.may(Permission.READ_PLAN, "another")
