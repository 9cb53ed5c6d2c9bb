"""The server asked to end while it answers and plans: every request is answered, every run waits again, and nothing is left behind."""

import http.cookiejar
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from stored import a_run
from test_run_worker import FOR_EVER, ON_BOTH, the_run, told
from test_serving import Browser, free_port, wait_until_it_answers
from websites import PASSWORD
from whole_worker import ROOT, Worker, wait_for
from worlds_to_plan import bring, busy_world

from planner.store import RunState
from web.accounts.passwords import hash_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
REQUESTS = 20
ENDS_WITHIN_SECONDS = 30


class Asker(threading.Thread):
    """Signs in, which takes the server some tenths of a second; keeps the status it was answered."""

    def __init__(self, site):
        super().__init__()
        self.answered = None
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        browser = Browser(site)
        browser.opener = self.opener
        text = browser.open("/sign-in")[1]
        token = text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        fields = {"csrf_token": token, "sign_in": "ann", "password": PASSWORD}
        self.request = urllib.request.Request(site + "/sign-in", urllib.parse.urlencode(fields).encode())
        self.opener.addheaders = [("Connection", "close")]

    def run(self):
        try:
            answer = NotFollowing().open(self.opener, self.request)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is no answer)
            answer = repr(error)
        self.answered = answer


class NotFollowing(urllib.request.HTTPRedirectHandler):
    """The first answer only: what it leads to is asked after the server has ended."""

    def redirect_request(self, *_):
        return None

    def open(self, opener, request):
        cookies = next(handler for handler in opener.handlers if isinstance(handler, urllib.request.HTTPCookieProcessor))
        try:
            with urllib.request.build_opener(self, cookies).open(request, timeout=30) as response:
                response.read()
                return response.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code


@ON_BOTH
@pytest.mark.chaos("server-ended")
def test_a_server_asked_to_end_answers_what_it_was_asked_and_gives_its_runs_back(database, store, times, say):
    with store.begin() as tx:
        by = tx.people.add_user(name="Ann Example", sign_in="ann", password_hash=hash_of(PASSWORD))
    places = [bring(store, busy_world(80), by) for _ in range(2)]
    runs = [(here, a_run(store, here, by, **FOR_EVER)) for here in places]
    took = []
    for _ in range(times):
        port = free_port()
        environment = os.environ | {"PLANNER_HOME": str(database.home), "PLANNER_DATABASE_URL": database.url or ""}
        server = subprocess.Popen(
            [sys.executable, "-m", "web.command_line", "serve", "--port", str(port)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        second = Worker(database)
        try:
            site = f"http://127.0.0.1:{port}"
            wait_until_it_answers(site, server)
            askers = [Asker(site) for _ in range(REQUESTS)]
            wait_for(lambda: all(any(step.stage.startswith("Lifting") for step in told(store, *run)) for run in runs))
            for asker in askers:
                asker.start()
            time.sleep(0.3)
            start = time.monotonic()
            server.send_signal(signal.SIGTERM)
            second.process.send_signal(signal.SIGTERM)
            _, err = server.communicate(timeout=60)
            took.append(time.monotonic() - start)
            for asker in askers:
                asker.join()
        finally:
            if server.poll() is None:
                server.kill()
                server.communicate()
            second.end()
        assert (server.returncode, "Traceback" in err) == (0, False), err
        assert [asker.answered for asker in askers] == [302] * REQUESTS
        for here, run_id in runs:
            run = the_run(store, here, run_id)
            assert (run.state, run.attempts) == (RunState.QUEUED, 0)
            assert run.best_amounts is not None
    say(f"{REQUESTS * times} requests, all answered; ended after {max(took):.1f} s at most; {2 * times} runs waiting again with their best")
    assert max(took) <= ENDS_WITHIN_SECONDS
