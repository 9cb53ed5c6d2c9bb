"""Behind one proxy that speaks TLS: address, scheme and host are the proxy's word, and nobody's without it; and the quiet terminal."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pages import settings_at
from websites import COMPILED, HERE, PASSWORD, a_site

from planner.errors import PlannerError
from web import serving
from web.app import create_app
from web.command_line import main
from web.serving import settings_for
from web.wiring import Wiring

INVITE = f"/partnerships/{HERE}/people/invite"
OURS = "planner.example.org"


def forwarded(client="203.0.113.7"):
    """What a proxy adds, after what whoever asked made up."""
    return {"X-Forwarded-For": f"198.51.100.1, {client}", "X-Forwarded-Proto": "https", "X-Forwarded-Host": OURS}


@pytest.fixture(params=[True, False], ids=["behind a proxy", "on its own"])
def site(tmp_path, request):
    with a_site(tmp_path) as site:
        site.settings = replace(site.settings, is_behind_proxy=request.param)
        site.app = create_app(site.settings, Wiring(store=site.store, shelf=site.shelf))
        site.app.jinja_env.bytecode_cache = COMPILED
        yield site


class Forwarded:
    """A browser behind the proxy."""

    def __init__(self, client, address="203.0.113.7"):
        self.client, self.headers = client, forwarded(address) | {"Referer": f"https://{OURS}/"}

    def get(self, path, **more):
        return self.client.get(path, headers=self.headers, **more)

    def post(self, path, **more):
        return self.client.post(path, headers=self.headers, **more)


def signed_in(site, who):
    """A browser that came in by the sign-in page, and the answer that let it in."""
    client = Forwarded(site.browser(None))
    return client, site.post(client, "/sign-in", sign_in=who, password=PASSWORD)


def test_links_and_cookies_are_the_proxys_where_there_is_one_and_else_its_headers_are_nothing(site):
    is_behind = site.settings.is_behind_proxy
    client, answer = signed_in(site, "administrator")
    assert ("Secure" in answer.headers["Set-Cookie"]) is is_behind
    assert ("Strict-Transport-Security" in answer.headers) is is_behind
    path = site.post(client, INVITE, invitee="Jo Brown", role="board", school="").headers["Location"]
    link = re.search(r'id="link"[^>]*>([^<]+)<', client.get(path).text)[1]
    assert link.startswith(f"https://{OURS}/invitations/" if is_behind else "http://localhost/invitations/")


def test_guesses_are_counted_by_the_address_that_the_proxy_saw(site, monkeypatch):
    monkeypatch.setattr("planner.store.throttle.TRIES_OF_NETWORK", 2)
    monkeypatch.setattr("web.accounts.routes.is_right", lambda password_hash, password: False)  # a tenth of a second each
    answers = []
    for number in range(3):
        client = Forwarded(site.browser(None), f"203.0.113.{number}")
        answers.append(site.post(client, "/sign-in", sign_in=f"nobody-{number}", password="wrong").status_code)
    assert answers == ([422, 422, 422] if site.settings.is_behind_proxy else [422, 422, 429])


def test_a_made_up_address_before_the_proxys_counts_for_nothing(site, monkeypatch):
    monkeypatch.setattr("planner.store.throttle.TRIES_OF_NETWORK", 2)
    monkeypatch.setattr("web.accounts.routes.is_right", lambda password_hash, password: False)  # a tenth of a second each
    answers = []
    for number in range(3):
        client = Forwarded(site.browser(None))
        client.headers["X-Forwarded-For"] = f"192.0.2.{number}, 203.0.113.7"
        answers.append(site.post(client, "/sign-in", sign_in=f"nobody-{number}", password="wrong").status_code)
    assert answers == [422, 422, 429]


# --- settings and the command line -----------------------------------------------------------


def test_the_setting_is_off_unless_asked_for_and_says_what_is_wrong_with_it(tmp_path):
    assert not settings_at(tmp_path).is_behind_proxy
    settings = settings_at(tmp_path, PLANNER_BEHIND_PROXY="1")
    assert settings.is_behind_proxy
    assert settings.is_secure
    assert not settings.is_loopback
    with pytest.raises(PlannerError, match="PLANNER_BEHIND_PROXY is perhaps"):
        settings_at(tmp_path, PLANNER_BEHIND_PROXY="perhaps")
    with pytest.raises(PlannerError, match="PLANNER_LOG is loud"):
        settings_at(tmp_path, PLANNER_LOG="loud")


def test_the_option_reaches_the_processes_started_from_here(tmp_path, monkeypatch):
    for name in ("PLANNER_HOST", "PLANNER_PORT", "PLANNER_BEHIND_PROXY"):
        monkeypatch.setenv(name, "")  # put back afterwards, whatever is written there
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path))
    served = []
    monkeypatch.setattr(serving, "serve", lambda settings: served.append(settings) or 0)
    assert main(["serve", "--behind-proxy", "--port", "8123"]) == 0
    assert served[0].is_behind_proxy
    assert os.environ["PLANNER_BEHIND_PROXY"] == "1"
    assert settings_for(None) == served[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ("Open http://127.0.0.1:8000/invitations/x", "That link makes the first account")),
        ({"PLANNER_BEHIND_PROXY": "1"}, ("Ready for your proxy at 127.0.0.1, port 8000", "with this behind it: /invitations/x")),
        ({"PLANNER_HOST": "192.0.2.1"}, ("Open https://192.0.2.1:8000/invitations/x", "start it with --behind-proxy then")),
    ],
)
def test_the_terminal_says_where_to_go_and_how_to_end_it(tmp_path, more, said):
    lines = list(serving._greeting(settings_at(tmp_path, **more), "/invitations/x"))
    assert all(any(words in line for line in lines) for words in said)
    assert lines[-1] == "Ctrl-C ends it."


# --- the log ---------------------------------------------------------------------------------

WORKER = """
import json, logging, os, sys
import optimisation.run_worker as worker
log = logging.getLogger("optimisation.run_worker")
worker.work = lambda *_, **__: (log.info("Run 1 has ended."), log.warning("The worker was held up."))
from web.command_line import main
before = os.getpriority(os.PRIO_PROCESS, 0)
for beside, level in json.loads(sys.argv[1]):
    os.environ["PLANNER_LOG"] = level
    assert main(["worker", *beside]) == 0
    assert os.getpriority(os.PRIO_PROCESS, 0) == before, "only the server decides that its worker gives way"
    print("--", file=sys.stderr)
"""


def test_beside_a_server_the_worker_tells_of_faults_only_unless_more_is_asked_for(tmp_path):
    beside = ["--beside", "1"]
    done = subprocess.run(
        [sys.executable, "-c", WORKER, json.dumps([(beside, ""), ([], ""), (beside, "info"), ([], "warning")])],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=60, env=os.environ | {"PLANNER_HOME": str(tmp_path)},
        check=True,
    )  # fmt: skip
    *told, rest = done.stderr.split("--\n")
    assert ["Run 1 has ended." in one for one in told] == [False, True, True, False]
    assert all("The worker was held up." in one for one in told)
    assert rest == ""
