"""What the log and the metrics tell of the service, and that they tell nothing about anybody."""

from __future__ import annotations

import io
import json
import logging
import re
from urllib.parse import quote

import pytest
from pages import settings_at
from prometheus_client import generate_latest
from test_web_forged import token_of
from websites import ELSEWHERE, HERE, OWN_URN, a_site

from planner.errors import PlannerError
from web.logs import JsonLines, PlainLines, set_up_logs
from web.metrics import registry_of
from web.watching import Why


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


@pytest.fixture
def lines():
    """What is logged, as JSON; called, it gives what came so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_request_is_told_of_by_its_route_and_number_only(site, lines):
    browser = site.browser("head")
    answer = browser.get(f"/partnerships/{HERE}/figures/schools/{OWN_URN}?sort=name")
    site.browser(None).post("/sign-in", data={"sign_in": "ann@example.org", "password": "let me in"})
    browser.get("/no-such-place/ann@example.org")
    first, refused, nowhere = (one for one in lines() if "route" in one)
    assert first["request"] == answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", first["request"])
    assert (first["method"], first["route"], first["status"]) == ("GET", "/partnerships/<id:partnership_id>/figures/schools/<id:urn>", 200)
    assert first["ms"] > 0
    assert (refused["route"], refused["status"]) == ("/sign-in", 400)
    assert (nowhere["route"], nowhere["status"]) == ("none", 404)
    told = json.dumps(lines())
    assert not [word for word in (str(OWN_URN), "ann@", "let me in", "head", "127.0.0.1", "sort=") if word in told]


def test_what_was_refused_is_told_of_with_why_and_whose_account_but_no_word_that_was_typed(site, lines, monkeypatch):
    monkeypatch.setattr("web.accounts.routes.is_right", lambda password_hash, password: False)  # a tenth of a second each
    monkeypatch.setattr("web.api.who.MOST_A_MINUTE", 0)
    logging.getLogger().setLevel(logging.WARNING)  # as the server has it where no setting says otherwise
    head, nobody = site.browser("head"), site.browser(None)
    with site.store.begin() as tx:
        token = tx.tokens.make(user_id=site.user_ids["board"], name="Finance", days=30)
    refusals = [
        head.get("/health"),
        head.get(f"/partnerships/{ELSEWHERE}/plans/{ELSEWHERE}"),
        head.post("/sign-out"),
        head.post("/account/sessions/end", data={"csrf_token": token_of(head)}, headers={"Origin": "https://evil.example"}),
        site.post(head, "/account/password", form_at="/account", old="let me in", new="let me in now"),
        site.post(nobody, "/sign-in", sign_in="board", password="let me in"),
        *(site.post(nobody, "/sign-in", sign_in="ann@example.org", password="let me in") for _ in range(11)),
        nobody.get("/invitations/let-me-in"),
        nobody.get("/password-links/let-me-in"),
        nobody.get("/api/v1/partnerships", headers={"Authorization": "Bearer let-me-in"}),
        nobody.get("/api/v1/partnerships", headers={"Authorization": f"Bearer {token}"}),
    ]
    assert head.get("/account").status_code == 200
    told = lines()
    assert [one["request"] for one in told] == [answer.headers["X-Request-ID"] for answer in refusals]
    assert [one["status"] for one in told] == [answer.status_code for answer in refusals]
    assert {one["level"] for one in told} == {"warning"}
    number = site.user_ids
    whole = [(one["status"], one["refused"], one.get("user")) for one in told]
    assert whole[:6] == [
        (403, Why.NOT_THEIR_ROLE, number["head"]), (404, Why.NOT_THEIRS, number["head"]), (400, Why.OLD_FORM, number["head"]),
        (400, Why.FOREIGN_FORM, number["head"]), (422, Why.NOT_SIGNED_IN, number["head"]), (422, Why.NOT_SIGNED_IN, number["board"]),
    ]  # fmt: skip
    assert whole[6:] == [
        *[(422, Why.NOT_SIGNED_IN, None)] * 10, (429, Why.TOO_MANY_TRIES, None), (410, Why.SPENT_LINK, None), (410, Why.SPENT_LINK, None),
        (401, Why.OF_PROGRAM, None), (429, Why.TOO_FAST, number["board"]),
    ]  # fmt: skip
    assert told[5]["route"] == "/sign-in"
    assert not [word for word in (token, "ann@", "let me in", "let-me-in", "head", "evil", "127.0.0.1") if word in json.dumps(told)]


def test_what_was_sent_makes_no_line_of_the_log_besides_its_own(lines, site):
    stream, plain = io.StringIO(), logging.StreamHandler()
    plain.setStream(stream)
    plain.setFormatter(PlainLines())
    logging.getLogger().addHandler(plain)
    forged = '\n2026-11-22 10:00:00,000 WARNING forged\r\n{"forged": 1}\u2028'
    browser = site.browser(None)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', browser.get("/sign-in").text)[1]
    answers = [
        browser.get(f"/{quote(forged)}?find={quote(forged)}"),
        browser.get(f"/invitations/{quote(forged, safe='')}"),
        browser.open("/sign-in", method="GET\nFORGED"),
        browser.get("/help", headers={"User-Agent": quote(forged), "X-Request-ID": "forged", "Referer": quote(forged)}),
        browser.post("/sign-in", data={"csrf_token": token, "sign_in": forged, "password": forged}),
    ]
    logging.getLogger().removeHandler(plain)
    assert [one["request"] for one in lines()[1:]] == [answer.headers["X-Request-ID"] for answer in answers]
    assert len(stream.getvalue().splitlines()) == 1 + len(answers)
    assert "forged" not in (stream.getvalue() + json.dumps(lines())).casefold()


def test_an_error_is_told_of_by_its_kind_and_place_with_the_number_its_page_shows(site, lines, monkeypatch):
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    says = "Ann Example has 12 pupils"

    def fail():
        raise ValueError(says)

    monkeypatch.setattr(site.store, "is_ready", fail)
    page = site.browser(None).get("/readyz")
    assert page.status_code == 500
    failed, answered = lines()
    assert failed["error"] == "ValueError"
    assert "in fail" in failed["where"][-1]
    assert answered["request"] in page.text
    assert "Ann" not in json.dumps([failed, answered])
    record = logging.LogRecord("web", logging.ERROR, "", 1, "a page failed", (), (ValueError, ValueError("Ann"), None))
    assert PlainLines().format(record).splitlines()[1:] == ["ValueError"]


def test_the_settings_say_how_much_is_told_and_how(tmp_path, capsys):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()  # set_up_logs closes what stands there, and pytest needs its own
    try:
        set_up_logs(settings_at(tmp_path, PLANNER_LOG_FORMAT="json"), usual="info")
        logging.getLogger("worker").info("Run %s has ended.", 7, extra={"run": 7})
        set_up_logs(settings_at(tmp_path, PLANNER_LOG="error"), usual="info")
        logging.getLogger("worker").info("not told")
        logging.getLogger("worker").error("told")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    first, second = capsys.readouterr().err.splitlines()
    assert json.loads(first) | {"at": ""} == {"at": "", "level": "info", "from": "worker", "message": "Run 7 has ended.", "run": 7}
    assert second.endswith("ERROR told")
    for name, wrong in (("PLANNER_LOG_FORMAT", "xml"), ("PLANNER_METRICS_PORT", "many")):
        with pytest.raises(PlannerError, match=f"{name} is {wrong}"):
            settings_at(tmp_path, **{name: wrong})
    assert settings_at(tmp_path).metrics_port is None
    assert settings_at(tmp_path, PLANNER_METRICS_PORT="9464").metrics_host == "127.0.0.1"


def test_the_metrics_say_how_the_work_stands(site, monkeypatch, tmp_path):
    registry = registry_of(site.store, tmp_path)
    assert "planner_backup_age_seconds" not in generate_latest(registry).decode()  # none was made
    site.store.back_up()
    with site.store.begin() as tx:
        tx.house.seen(worker="one 1")
        tx.runs.request_run(partnership_id=HERE, partnership_version=1, policy_version=1, settings={}, by=site.user_ids["board"])
    told = generate_latest(registry).decode()
    for name, value in (
        ("planner_database_up", "1.0"), ('planner_runs{state="waiting"}', "1.0"), ('planner_runs{state="running"}', "0.0"),
        ('planner_answers{state="failed"}', "0.0"), ("planner_workers", "1.0"),
    ):  # fmt: skip
        assert f"\n{name} {value}\n" in told
    for name in ("planner_oldest_wait_seconds", 'planner_worker_seen_seconds{worker="one 1"}', "planner_backup_age_seconds"):
        assert 0 <= float(re.search(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE)[1]) < 60
    assert "planner_disk_free_bytes" in told

    def gone():
        raise ConnectionError

    monkeypatch.setattr(site.store, "read", gone)
    told = generate_latest(registry).decode()
    assert "\nplanner_database_up 0.0\n" in told
    assert "planner_runs" not in told
