"""`planner serve` as people run it: no configuration, one link, an answer to /healthz, and Ctrl-C ends it."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pages import address, demonstration_document, demonstration_plan

from web.command_line import main

ROOT = Path(__file__).parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(url, opener=None):
    """Status and text; redirects are followed."""
    try:
        with (opener or urllib.request.build_opener()).open(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def wait_until_it_answers(url, process):
    for _ in range(150):
        try:
            return answer(url)
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


@pytest.fixture
def served(tmp_path):
    """The server in a process of its own, over one plan and one altered document: the process and its port."""
    home, port = tmp_path / "home", free_port()
    (home / "plans").mkdir(parents=True)
    document = demonstration_document()
    (home / "plans" / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    (home / "plans" / "altered.json").write_text(json.dumps(document | {"standards_met": 99}), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "web.command_line", "serve", "--port", str(port)],
        cwd=ROOT, env=os.environ | {"PLANNER_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process, port
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_server_starts_lets_in_by_its_link_shows_plans_and_ends(served, how):
    process, port = served
    site = f"http://127.0.0.1:{port}"
    assert wait_until_it_answers(f"{site}/healthz", process) == (200, "ok\n")
    link = re.search(r"http://\S+", process.stdout.readline())[0]
    assert link.startswith(f"{site}/open?token=")

    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    assert "Use the link" in answer(site, browser)[1]
    status, text = answer(link, browser)
    assert status == 200
    assert address(demonstration_plan()) in text
    assert "altered.json" in text
    assert answer(site + address(demonstration_plan()), browser)[0] == 200
    assert answer(link)[0] == 403  # used already, in another browser

    process.send_signal(how)
    out, err = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in out + err


def test_a_port_in_use_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path / "home"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code = main(["serve", "--port", str(taken.getsockname()[1])])
    said = capsys.readouterr().err
    assert code == 3
    assert len(said.splitlines()) == 1
    assert "choose another with --port" in said


def test_a_port_that_is_none_is_a_usage_error(capsys):
    assert main(["serve", "--port", "70000"]) == 1
    assert "1 to 65535" in capsys.readouterr().err
