"""Signing in through an OpenID Connect provider: the happy walk, and everything that must let nobody in."""

from __future__ import annotations

import logging
import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from oidc_provider import (
    CLIENT_ID,
    NAME,
    an_oidc_provider,
    key_of,
    signature_bent,
    signed_by_another,
    signed_with_public_key,
    unsigned,
)
from pages import parsed, settings_at, words_of
from websites import PASSWORD, a_site

from planner.errors import PlannerError
from planner.store.room import MINUTE, database_now
from planner.store.tables import sign_in_tries
from web.access import PUBLIC, Permission, declared_access
from web.app import create_app
from web.openid import Provider, ProviderIsDown, SignInRefused, fetching
from web.openid import provider as provider_module
from web.wiring import Wiring

GOOD = "https://sign-in.example"
OFFERED = f"Sign in through {NAME}"


@pytest.fixture(scope="module")
def there():
    with an_oidc_provider() as provider:
        yield provider


@pytest.fixture
def provider(there):
    """The provider, with nothing bent."""
    there.straighten()
    return there


@pytest.fixture(scope="module")
def house(there, tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("provider") / "home") as site:
        wiring = Wiring(store=site.store, shelf=site.shelf, provider=Provider(there.settings()))
        site.app = create_app(site.settings, wiring)
        site.provider = wiring.provider
        yield site


@pytest.fixture
def site(house, provider):
    """The app, which knows nothing of its provider yet; nobody is entered, nobody is signed in, and time is now."""
    house.provider.__init__(provider.settings())
    house.store.tick = database_now
    with house.store.begin() as tx:
        for user_id in house.user_ids.values():
            tx.provider_sign_ins.remove(user_id=user_id)
            tx.sessions.revoke_all(user_id=user_id)
            tx.people.enable(user_id=user_id)
        tx.throttle._changed(sign_in_tries.delete())
    return house


def enter(site, provider, who="head", *, address="Head@hatherby.example", subject=None):
    with site.store.begin() as tx:
        tx.provider_sign_ins.enter(
            user_id=site.user_ids[who], issuer=provider.issuer, address=address, subject=subject, by=site.user_ids["house"]
        )  # fmt: skip


def entered(site, who="head"):
    with site.store.read() as tx:
        return tx.provider_sign_ins.entered(user_id=site.user_ids[who])


def begin(site, browser, at="/sign-in/provider"):
    answer = browser.get(at)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def callback(site, provider, browser, **more):
    """Go to the provider and say what the browser is sent back with."""
    where, answer = provider.visit(begin(site, browser))
    return f"{urlsplit(where).path}?{urlencode(answer | more)}"


def come(site, provider, browser):
    return browser.get(callback(site, provider, browser))


def who_is(site, browser):
    """The sign-in name of whoever is signed in; None: nobody."""
    answer = browser.get("/account")
    return None if answer.status_code == 303 else re.search(r"you sign in as ([\w-]+)\.", answer.text)[1]


def is_let_nobody_in(site, browser, answer, *, status=400):
    page = parsed(answer.text)
    with site.store.read() as tx:
        sessions = [one for user_id in site.user_ids.values() for one in tx.sessions.of(user_id=user_id)]
    return (
        answer.status_code == status
        and answer.headers["Cache-Control"] == "no-store"
        and len(list(page.iter("h1"))) == 1
        and "Back to signing in" in words_of(page.find(".//main"))
        and sessions == []
        and who_is(site, browser) is None
    )


# --- the happy walk ----------------------------------------------------------------------------------


def test_a_person_signs_in_through_the_provider_and_from_then_on_only_the_subject_counts(site, provider):
    enter(site, provider)
    browser = site.browser(None)
    assert OFFERED in browser.get("/sign-in").text
    with browser.session_transaction() as before:
        before["left"] = "from before"
    asked = begin(site, browser, "/sign-in/provider?next=" + site.plan("/schools"))
    where, back = provider.visit(asked)
    assert where == "http://localhost/sign-in/provider/return"
    answer = browser.get(f"{where}?{urlencode(back)}")
    assert (answer.status_code, answer.headers["Location"]) == (303, site.plan("/schools"))
    assert who_is(site, browser) == "head"
    with browser.session_transaction() as after:
        assert "left" not in after
    assert entered(site).subject == "s-1"
    provider.address = "somebody.else@hatherby.example"
    again = site.browser(None)
    assert come(site, provider, again).status_code == 303
    assert who_is(site, again) == "head"
    with site.store.read() as tx:
        events = tx.events.events(partnership_id=None, most=3)
    assert [event.action for event in events] == ["signed in", "signed in", "sign-in through provider bound"]
    assert events[0].detail == {"through": "provider"}
    assert not any(told in str(events) for told in ("s-1", "hatherby"))


def test_a_subject_entered_beforehand_is_enough_and_needs_no_address(site, provider):
    enter(site, provider, address=None, subject="S-1")
    provider.claims = {"email": None}
    browser = site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser), status=403)
    provider.subject = "S-1"
    assert come(site, provider, browser).status_code == 303
    assert who_is(site, browser) == "head"


def test_a_visit_does_not_outlive_signing_in_by_password_in_between(site, provider):
    enter(site, provider, "board")
    browser = site.browser(None)
    back = callback(site, provider, browser)
    site.post(browser, "/sign-in", sign_in="head", password=PASSWORD)
    assert browser.get(back).status_code == 400
    assert who_is(site, browser) == "head"


def test_the_session_of_before_ends_where_somebody_comes_back_into_it(site, provider):
    enter(site, provider, "board")
    browser = site.browser(None)
    back = callback(site, provider, browser)
    with site.store.begin() as tx:
        token = tx.sessions.open_session(user_id=site.user_ids["head"])
    with browser.session_transaction() as session:
        session["_user_id"] = token
    assert browser.get(back).status_code == 303
    assert who_is(site, browser) == "board"
    with site.store.read() as tx:
        assert tx.sessions.of(user_id=site.user_ids["head"]) == ()


def test_signing_out_leads_to_signing_out_there_too(site, provider):
    enter(site, provider)
    browser = site.browser(None)
    come(site, provider, browser)
    answer = site.post(browser, "/sign-out", form_at="/account")
    assert answer.headers["Location"] == "/sign-out/provider"
    assert browser.get(site.plan()).status_code == 303
    page = browser.get("/sign-out/provider")
    there = next(a.get("href") for a in parsed(page.text).iter("a") if "/end?" in a.get("href", ""))
    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(f"{provider.issuer}/end?")
    assert asked["post_logout_redirect_uri"] == ["http://localhost/sign-in"]
    assert asked["client_id"] == [CLIENT_ID]
    assert asked["id_token_hint"][0].count(".") == 2
    assert page.headers["Cache-Control"] == "no-store"
    assert browser.get("/sign-out/provider").headers["Location"] == "/sign-in"


def test_signing_out_ends_here_where_the_provider_offers_nothing_or_said_nothing(site, provider):
    enter(site, provider)
    provider.document = {"end_session_endpoint": "https://elsewhere.example/end"}
    browser = site.browser(None)
    come(site, provider, browser)
    site.post(browser, "/sign-out", form_at="/account")
    assert browser.get("/sign-out/provider").headers["Location"] == "/sign-in"
    assert site.post(site.browser("head"), "/sign-out", form_at="/account").headers["Location"] == "/sign-in"


# --- what must let nobody in -----------------------------------------------------------------------------

HOUR = 3600
CLAIMS = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong issuer": {"iss": GOOD},
    "wrong audience": {"aud": "another"},
    "given to another service": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "several audiences, given to nobody": {"aud": [CLIENT_ID, "another"]},
    "expired": {"exp": -HOUR},
    "not valid yet": {"nbf": HOUR},
    "made in the future": {"iat": HOUR},
    "made long ago": {"iat": -HOUR},
    "never runs out": {"exp": None},
    "no subject": {"sub": ""},
}
TOKENS = {
    "bad signature": signature_bent,
    "alg none": lambda _, claims: unsigned(claims),
    "HS256 with the public key": lambda _, claims: signed_with_public_key(claims),
    "another key under its id": lambda _, claims: signed_by_another(claims),
    "key id unknown": lambda _, claims: signed_by_another(claims, "strange"),
    "no token at all": lambda _, claims: "x",
    "a token that is no text": lambda _, claims: None,
}


@pytest.mark.parametrize("what", CLAIMS)
def test_claims_that_prove_nothing_let_nobody_in(site, provider, what, caplog):
    enter(site, provider)
    now = int(time.time())
    provider.claims = {name: now + value if isinstance(value, int) else value for name, value in CLAIMS[what].items()}
    browser = site.browser(None)
    with caplog.at_level(logging.WARNING):
        assert is_let_nobody_in(site, browser, come(site, provider, browser))
    assert "was refused: it " in caplog.text
    assert "400 in" in caplog.text
    assert caplog.text.count("refused: sign-in through provider") == 1
    assert entered(site).subject is None


@pytest.mark.parametrize("what", TOKENS)
def test_signatures_that_prove_nothing_let_nobody_in(site, provider, what):
    enter(site, provider)
    provider.sign = lambda claims: TOKENS[what](provider, claims)
    browser = site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser))
    assert entered(site).subject is None


def test_a_state_that_is_wrong_missing_late_used_or_of_another_browser_lets_nobody_in(site, provider):
    enter(site, provider)
    browser, other = site.browser(None), site.browser(None)
    assert is_let_nobody_in(site, browser, browser.get(callback(site, provider, browser, state="wrong")))
    good = callback(site, provider, browser)
    assert is_let_nobody_in(site, browser, browser.get(re.sub(r"&state=[^&]*", "", good)))
    begin(site, other)
    assert is_let_nobody_in(site, other, other.get(good))
    assert is_let_nobody_in(site, other, site.app.test_client().get(good))
    site.store.tick = lambda connection: database_now(connection) + 10 * MINUTE
    assert is_let_nobody_in(site, browser, browser.get(good))
    site.store.tick = database_now
    good = callback(site, provider, browser)
    spent = site.app.test_client()
    spent.set_cookie("planner", browser.get_cookie("planner").value)
    assert browser.get(good).status_code == 303
    site.post(browser, "/sign-out", form_at="/account")
    assert is_let_nobody_in(site, spent, spent.get(good)), "replayed, with the cookie of before"


def test_a_code_that_was_used_or_belongs_to_another_visit_lets_nobody_in(site, provider):
    enter(site, provider)
    first, second = site.browser(None), site.browser(None)
    used = callback(site, provider, first)
    code = parse_qs(urlsplit(used).query)["code"][0]
    assert is_let_nobody_in(site, second, second.get(callback(site, provider, second, code=code))), "another visit's: PKCE"
    assert is_let_nobody_in(site, first, first.get(used)), "spent"
    assert is_let_nobody_in(site, first, first.get(callback(site, provider, first, code="")))


def test_an_answer_of_another_issuer_lets_nobody_in_and_asks_no_token(site, provider):
    enter(site, provider)
    browser = site.browser(None)
    assert is_let_nobody_in(site, browser, browser.get(callback(site, provider, browser, iss=GOOD)))
    assert "/token" not in provider.asked
    assert browser.get(callback(site, provider, browser, iss=provider.issuer)).status_code == 303


def test_an_answer_that_should_name_its_issuer_and_does_not_lets_nobody_in(site, provider):
    enter(site, provider)
    provider.document = {"authorization_response_iss_parameter_supported": True}
    browser = site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser))
    assert "/token" not in provider.asked


def test_the_address_of_somebody_whose_subject_is_bound_lets_nobody_else_in(site, provider):
    enter(site, provider)
    assert come(site, provider, site.browser(None)).status_code == 303
    with site.store.begin() as tx:
        tx.sessions.revoke_all(user_id=site.user_ids["head"])
    provider.subject, browser = "s-2", site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser), status=403)
    assert entered(site).subject == "s-1"


def test_a_bound_subject_never_takes_a_second_account_by_its_address(site, provider):
    enter(site, provider)
    come(site, provider, site.browser(None))
    enter(site, provider, "board", address="board@hatherby.example")
    with site.store.begin() as tx:
        tx.people.disable(user_id=site.user_ids["head"])
    provider.address, browser = "board@hatherby.example", site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser), status=403)
    assert entered(site, "board").subject is None


@pytest.mark.parametrize(
    "claims",
    [{"email": "nobody@hatherby.example"}, {"email_verified": False}, {"email": "\u212aead@hatherby.example"}, {"email": ["x"]}],
)
def test_somebody_unknown_is_told_whom_to_ask(site, provider, claims):
    enter(site, provider)
    if "\u212a" in str(claims):
        enter(site, provider, "board", address="kead@hatherby.example")
    provider.claims, browser = claims, site.browser(None)
    answer = come(site, provider, browser)
    assert is_let_nobody_in(site, browser, answer, status=403)
    assert "ask whoever runs this service" in answer.text


def test_another_provider_knows_nobody_by_what_was_entered_for_this_one(site, provider):
    with site.store.begin() as tx:
        tx.provider_sign_ins.enter(
            user_id=site.user_ids["head"], issuer=GOOD, address="head@hatherby.example", subject=None, by=site.user_ids["house"]
        )  # fmt: skip
    browser = site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser), status=403)


def test_somebody_the_provider_turns_away_is_told_so(site, provider, caplog):
    enter(site, provider)
    browser = site.browser(None)
    answer = browser.get(callback(site, provider, browser, error="access_denied"))
    assert is_let_nobody_in(site, browser, answer, status=403)
    assert f"{NAME} did not let you through" in answer.text
    assert "refused: sign-in through provider" in caplog.text


def test_a_disabled_account_stays_closed(site, provider):
    enter(site, provider)
    with site.store.begin() as tx:
        tx.people.disable(user_id=site.user_ids["head"])
    browser = site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser), status=403)


def test_many_visits_are_braked_and_one_that_ends_well_is_forgotten(site, provider):
    enter(site, provider)
    browser = site.browser(None)
    for _ in range(9):
        begin(site, browser)
    assert come(site, provider, browser).status_code == 303
    site.post(browser, "/sign-out", form_at="/account")
    for _ in range(10):
        begin(site, browser)
    answer = browser.get("/sign-in/provider")
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text


def test_visits_that_nobody_ends_brake_the_networks_visits_but_no_sign_in_by_password(site, provider, monkeypatch):
    monkeypatch.setattr("planner.store.throttle.TRIES_OF_NETWORK", 3)
    for _ in range(3):
        begin(site, site.browser(None))
    assert site.browser(None).get("/sign-in/provider").status_code == 429
    browser = site.browser(None)
    assert site.post(browser, "/sign-in", sign_in="head", password=PASSWORD).status_code == 303
    assert who_is(site, browser) == "head"


# --- a provider that does not answer as it should -----------------------------------------------------------


@pytest.mark.parametrize(
    "bent",
    [
        {"/.well-known/openid-configuration": (500, b"")},
        {"/.well-known/openid-configuration": (404, b"")},
        {"/.well-known/openid-configuration": (200, b"[1]")},
        {"/.well-known/openid-configuration": (200, b"[" * 100_000)},
        {"/.well-known/openid-configuration": (200, b" " * 200_001)},
        {"/.well-known/openid-configuration": (302, b"/keys")},
    ],
)
def test_a_provider_that_cannot_be_used_is_one_sentence(site, provider, bent):
    provider.answers, browser = bent, site.browser(None)
    answer = browser.get("/sign-in/provider")
    assert is_let_nobody_in(site, browser, answer, status=503)
    assert f"{NAME} does not answer just now: sign in with your sign-in name and password" in answer.text
    assert browser.get("/sign-in/provider").status_code == 503
    where = "/.well-known/openid-configuration"
    assert provider.asked.count(where) == 1, "nobody waits for it again at once"
    assert provider.asked[-1] == where, "no redirect is followed"


def test_passwords_still_work_while_the_provider_does_not(site, provider):
    provider.answers, browser = {"/.well-known/openid-configuration": (500, b"")}, site.browser(None)
    assert browser.get("/sign-in/provider").status_code == 503
    assert site.post(browser, "/sign-in", sign_in="head", password=PASSWORD).status_code == 303
    assert who_is(site, browser) == "head"


@pytest.mark.parametrize("path", ["/keys", "/token"])
def test_a_provider_that_fails_half_way_lets_nobody_in(site, provider, path):
    enter(site, provider)
    provider.answers, browser = {path: (500, b"")}, site.browser(None)
    assert is_let_nobody_in(site, browser, come(site, provider, browser), status=503)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "issuer"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "file:///etc/passwd"])
def test_nothing_is_asked_of_another_host_than_the_issuers(provider, name, address):
    provider.document = {name: address}
    with pytest.raises(ProviderIsDown):
        Provider(provider.settings()).visit_address(state="a", nonce="b", verifier="c", come_back_to="http://localhost/")
    assert provider.asked == ["/.well-known/openid-configuration"]


def test_a_provider_that_says_nothing_or_drips_is_given_up(provider, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", -1.0)
    with pytest.raises(ProviderIsDown, match="took longer"):
        fetching.fetch(f"{provider.issuer}/keys")
    monkeypatch.setattr(fetching, "SECONDS_OF_SILENCE", 0.1)
    provider.delay = 0.4
    with pytest.raises(ProviderIsDown, match="does not answer"):
        fetching.fetch(f"{provider.issuer}/keys")
    for _ in range(100):  # or a request given up would be heard in the midst of the next test
        if len(provider.asked) >= 2:
            break
        time.sleep(0.05)
    assert provider.asked == ["/keys", "/keys"]


def test_a_key_that_came_since_is_found_and_unknown_ones_are_not_asked_for_again_and_again(provider, monkeypatch):
    one, now = Provider(provider.settings()), int(time.time())
    asked = {"nonce": "n"}

    def read(token):
        return one.identity(token, nonce="n", now=now).subject

    assert read(provider.signed(provider.claims_for(asked))) == "s-1"
    turned = signed_by_another(provider.claims_for(asked), "strange")
    provider.listed.append("strange")
    for _ in range(3):
        with pytest.raises(SignInRefused, match="does not list"):
            read(turned)
    assert provider.asked.count("/keys") == 1
    monkeypatch.setattr(provider_module, "NEW_KEYS_EVERY_SECONDS", -1.0)
    assert read(turned) == "s-1"
    assert key_of("strange").public_key.key_size == 2048


def test_clocks_may_differ_by_a_minute(provider):
    one, now = Provider(provider.settings()), int(time.time())
    token = provider.signed(provider.claims_for({"nonce": "n"}) | {"iat": now, "exp": now + 300})
    for apart in (-59, 0, 359):
        assert one.identity(token, nonce="n", now=now + apart).subject == "s-1"
    for apart in (-61, 361):
        with pytest.raises(SignInRefused):
            one.identity(token, nonce="n", now=now + apart)


# --- an administrator says whom the provider may let in -----------------------------------------------------


def of_account(site, who="head"):
    return f"/accounts/{site.user_ids[who]}/provider"


def test_an_administrator_enters_an_address_and_takes_it_away(site, provider):
    house, path = site.browser("house"), of_account(site)
    assert f'href="{path}"' in house.get(path.removesuffix("/provider")).text
    assert site.post(house, path, kind="address", known_by="Head@Hatherby.example").headers["Location"] == path
    assert f"Head can now sign in through {NAME}." in house.get(path).text
    assert "head@hatherby.example" in house.get(path).text
    browser = site.browser(None)
    assert come(site, provider, browser).status_code == 303
    assert "Since the first time only the identifier counts" in house.get(path).text
    assert site.post(house, f"{path}/take-away", form_at=path).headers["Location"] == path
    assert who_is(site, browser) is None
    assert come(site, provider, browser).status_code == 403
    with site.store.read() as tx:
        events = [event for event in tx.events.events(partnership_id=None, most=4) if event.action != "signed in"]
    assert [event.action.rpartition(" ")[2] for event in events] == ["away", "bound", "entered"]
    assert "hatherby" not in str(events)


@pytest.mark.parametrize(
    ("kind", "known_by", "said"),
    [
        ("address", "", "Enter the email address or the identifier."),
        ("", "head@hatherby.example", "Choose whether you enter"),
        ("address", "head", "Enter an email address in the form"),
        ("address", "h\u00e9ad@hatherby.example", "Use plain letters"),
        ("subject", "a b", "Use plain letters"),
        ("subject", "a" * 256, "Use 255 characters or fewer."),
        ("address", "taken@hatherby.example", "Another account has this already"),
    ],
)
def test_what_cannot_be_entered_is_said(site, provider, kind, known_by, said):
    enter(site, provider, "board", address="taken@hatherby.example")
    answer = site.post(site.browser("house"), of_account(site), kind=kind, known_by=known_by)
    assert answer.status_code == 422
    assert words_of(parsed(answer.text).find(".//main")).count(said) == 2
    assert entered(site) is None


def test_what_somebody_else_entered_meanwhile_is_shown_and_stays(site, provider):
    house, path = site.browser("house"), of_account(site)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', house.get(path).text)[1]
    enter(site, provider)
    assert house.post(path, data={"csrf_token": token, "kind": "subject", "known_by": "mine"}).status_code == 303
    page = house.get(path).text
    assert "Somebody else has entered this meanwhile." in page
    assert entered(site).subject is None


def test_only_the_house_enters_and_erasing_takes_it_away(site, provider):
    routes = {endpoint: declared_access(site.app, endpoint) for endpoint in site.app.view_functions if endpoint.startswith("provider.")}
    assert {endpoint for endpoint, access in routes.items() if access == PUBLIC} == {
        "provider.start", "provider.come_back", "provider.signed_out"
    }  # fmt: skip
    assert {access for access in routes.values() if access != PUBLIC} == {Permission.RUN_THE_HOUSE}
    assert site.browser("administrator").get(of_account(site)).status_code == 403
    with site.store.begin() as tx:
        gone = tx.people.add_user(name="Gone", sign_in=f"gone {time.time()}")
        tx.provider_sign_ins.enter(user_id=gone, issuer=provider.issuer, address="gone@a.example", subject=None, by=site.user_ids["house"])
        tx.people.erase(user_id=gone)
        assert tx.provider_sign_ins.entered(user_id=gone) is None
    assert site.browser("house").get(f"/accounts/{gone}/provider").status_code == 404


# --- settings ------------------------------------------------------------------------------------------------


def test_nothing_of_it_is_there_where_no_provider_is_set(house):
    app = create_app(house.settings, Wiring(store=house.store, shelf=house.shelf))
    assert not any(rule.endpoint.startswith("provider.") for rule in app.url_map.iter_rules())
    client = app.test_client()
    assert "through" not in words_of(parsed(client.get("/sign-in").text).find(".//main"))
    assert client.get("/sign-in/provider").status_code == 404


SET = {
    "PLANNER_OIDC_ISSUER": GOOD, "PLANNER_OIDC_CLIENT_ID": "planner", "PLANNER_OIDC_CLIENT_SECRET": "hidden", "PLANNER_OIDC_NAME": "Example",
}  # fmt: skip


def test_a_provider_comes_from_the_environment_and_its_secret_is_not_shown(tmp_path):
    assert settings_at(tmp_path).provider is None
    settings = settings_at(tmp_path, **SET)
    assert settings.provider.issuer == GOOD
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("bent", "said"),
    [
        ({"PLANNER_OIDC_NAME": ""}, "needs PLANNER_OIDC_NAME too"),
        ({"PLANNER_OIDC_ISSUER": "http://sign-in.example"}, "begins with https"),
        ({"PLANNER_OIDC_ISSUER": "https://a@sign-in.example"}, "begins with https"),
        ({"PLANNER_OIDC_ISSUER": "https://[x"}, "begins with https"),
        ({"PLANNER_OIDC_ISSUER": "sign-in.example"}, "begins with https"),
    ],
)
def test_half_a_provider_is_refused_in_one_sentence(tmp_path, bent, said):
    with pytest.raises(PlannerError, match=said):
        settings_at(tmp_path, **SET | bent)
