"""The server asked to end while it answers and plans: every request is answered, every run waits again, and nothing is left behind."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import closing
from pathlib import Path

import pytest
from stored import a_run
from test_run_worker import FOR_EVER, ON_BOTH, the_run, told
from test_serving import free_port, wait_until_it_answers
from whole_worker import ROOT, Worker, wait_for
from worlds_to_plan import bring, busy_world

from planner.store import RunState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
REQUESTS = 20
ENDS_WITHIN_SECONDS = 30


class Asker(threading.Thread):
    """Sends the sign-in form with no password, half of it only when the server has been asked to end; keeps the status it was answered."""

    def __init__(self, port):
        super().__init__()
        self.port, self.is_sent, self.may_end, self.answered = port, threading.Event(), threading.Event(), None
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/sign-in")
            form = connection.getresponse()
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.read().decode())[1]
        self.body = urllib.parse.urlencode({"csrf_token": token, "sign_in": "ann", "password": ""}).encode()
        self.headers = {
            "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(self.body)),
            "Cookie": form.getheader("Set-Cookie").partition(";")[0], "Connection": "close",
        }  # fmt: skip

    def run(self):
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            try:
                connection.putrequest("POST", "/sign-in")
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(self.body[:20])
                self.is_sent.set()
                self.may_end.wait()
                connection.send(self.body[20:])
                self.answered = connection.getresponse().status
            except OSError as error:
                self.answered = repr(error)


def are_read(port):
    """Whether the server has read all that was sent to it."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return all(row[4].endswith(":00000000") for row in rows if int(row[1].partition(":")[2], 16) == port)


@ON_BOTH
@pytest.mark.chaos("server-ended")
def test_a_server_asked_to_end_answers_what_it_was_asked_and_gives_its_runs_back(database, store, by, times, say):
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
            askers = [Asker(port) for _ in range(REQUESTS)]
            wait_for(lambda: all(any(step.stage.startswith("Lifting") for step in told(store, *run)) for run in runs))
            for asker in askers:
                asker.start()
            assert all(asker.is_sent.wait(30) for asker in askers)
            wait_for(lambda port=port: are_read(port))
            start = time.monotonic()
            server.send_signal(signal.SIGTERM)
            second.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            for asker in askers:
                asker.may_end.set()
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
        assert [asker.answered for asker in askers] == [askers[0].answered] * REQUESTS, f"ended after {took[-1]:.1f} s"
        assert askers[0].answered in {200, 400, 422}
        for here, run_id in runs:
            run = the_run(store, here, run_id)
            assert (run.state, run.attempts) == (RunState.QUEUED, 0)
            assert run.best_amounts is not None
    say(
        f"{REQUESTS * times} requests, half sent, all answered; ended after {max(took):.1f} s at most; {2 * times} runs waiting again with their best"
    )
    assert max(took) <= ENDS_WITHIN_SECONDS
