"""`planner serve` as people run it: no configuration, a link for the first account, a worker beside it, and Ctrl-C ends all."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from pages import demonstration_document
from websites import PASSWORD

from planner.errors import PlannerError
from planner.processes import GIVES_WAY
from planner.store import open_store
from web import serving
from web.access import ROLE_NAMES
from web.command_line import main
from web.demonstration import keep_demonstration
from web.settings import Settings
from web.temporary import FOLDER

ROOT = Path(__file__).parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """Opens pages and sends their forms, with the cookies of one person."""

    def __init__(self, site):
        self.site = site
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path, fields=None):
        """Status and text; redirects are followed."""
        body = None if fields is None else urllib.parse.urlencode(fields).encode()
        try:
            with self.opener.open(self.site + path, body, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def send(self, path, **fields):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.open(path)[1])[1]
        return self.open(path, {"csrf_token": token, **fields})


def wait_until_it_answers(site, process):
    for _ in range(900):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return Browser(site).open("/healthz")
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError(f"{site} never answered")


def processes_of(home):
    """The processes that were told of this data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"PLANNER_HOME={home}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.fixture
def served(tmp_path):
    """The server in a process of its own, on nothing at all: the process, its address, its data folder."""
    home, port = tmp_path / "home", free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "web.command_line", "serve", "--port", str(port)],
        cwd=ROOT, env=os.environ | {"PLANNER_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process, f"http://127.0.0.1:{port}", home
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.fixture
def short():
    """A folder with a short path, as servers have."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_server_starts_makes_the_first_account_and_ends_with_its_worker(served, how):
    process, site, home = served
    assert wait_until_it_answers(site, process) == (200, "ok\n")
    link = re.search(r"http://\S+", process.stdout.readline())[0].removeprefix(site)
    assert link.startswith("/invitations/")

    first = Browser(site)
    status, text = first.send(link, name="Ann Example", sign_in="ann@example.org", password=PASSWORD)
    assert status == 200
    assert "Make a partnership" in text
    assert Browser(site).open(link)[0] == 410  # used already
    again = Browser(site)
    assert "Your partnerships" in again.send("/sign-in", sign_in="Ann@Example.org", password=PASSWORD)[1]
    if sys.platform == "linux":
        assert any("worker" in command for command in processes_of(home))

    process.send_signal(how)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in out + err
    if sys.platform == "linux":
        assert processes_of(home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_gives_way_to_pages_is_started_again_when_it_dies_and_does_not_outlive_the_server(served):
    process, site, home = served
    wait_until_it_answers(site, process)

    def worker_ids():
        return [
            int(folder.name) for folder in Path("/proc").glob("[0-9]*")
            if f"PLANNER_HOME={home}".encode() in _of(folder, "environ").split(b"\0") and b"worker" in _of(folder, "cmdline").split(b"\0")
        ]  # fmt: skip

    first = until(worker_ids)
    gives_way = min(19, os.getpriority(os.PRIO_PROCESS, process.pid) + GIVES_WAY)
    until(lambda: os.getpriority(os.PRIO_PROCESS, first[0]) == gives_way)
    assert os.getsid(first[0]) == os.getsid(process.pid), "in a session of its own it would give way to nobody"
    os.kill(first[0], signal.SIGKILL)
    assert until(lambda: [one for one in worker_ids() if one not in first])
    process.kill()  # even when nobody can ask it to end
    until(lambda: not worker_ids())


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_several_processes_answer_and_count_together_and_one_that_dies_is_replaced(short):
    home, port, metrics = short / "home", free_port(), free_port()
    temporary = home / FOLDER
    (temporary / "planner-left").mkdir(parents=True)
    (temporary / "planner-left" / "upload").write_bytes(b"what a killed server left")
    process = subprocess.Popen(
        [sys.executable, "-m", "web.command_line", "serve", "--port", str(port), "--metrics-port", str(metrics)], cwd=ROOT,
        env=os.environ | {"PLANNER_HOME": str(home), "PLANNER_PROCESSES": "3"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    site = f"http://127.0.0.1:{port}"

    def listening():
        """The sockets that wait at the pages' port."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        return {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}

    def answering():
        """The processes that have one of them open, but for the one that started them."""
        inodes = listening()
        return {
            int(folder.name) for folder in Path("/proc").glob("[0-9]*")
            if _parent(folder) == process.pid and any(f"socket:[{inode}]" in _opened(folder) for inode in inodes)
        }  # fmt: skip

    def counted():
        told = urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10).read().decode()
        found = re.search(r'^planner_request_seconds_count{method="GET",route="/sign-in",status="200"} (\S+)$', told, re.MULTILINE)
        return "planner_workers" in told and found and float(found[1])

    try:
        wait_until_it_answers(site, process)
        assert not (temporary / "planner-left").exists()
        first = until(lambda: len(answering()) == 3 and answering())
        for _ in range(60):
            assert Browser(site).open("/sign-in")[0] == 200
        assert counted() == 60
        dead = min(first)
        its_own = {inode for inode in listening() if f"socket:[{inode}]" in _opened(Path(f"/proc/{dead}"))}
        os.kill(dead, signal.SIGKILL)
        until(lambda: not its_own & listening())  # what it was being given is lost with it
        for _ in range(20):
            assert Browser(site).open("/sign-in")[0] == 200
        then = until(lambda: len(answering()) == 3 and answering())
        assert len(then & first) == 2
        assert counted() == 80, "what the dead one counted is counted still"
        assert len(list(temporary.glob("planner-metrics-*"))) == 1
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, "Traceback" in err) == (0, False), out + err
        assert list(temporary.iterdir()) == []
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_process_that_only_begins_when_the_server_is_killed_ends_too(served):
    process, _, _ = served
    begun = until(lambda: _begun_by(process))
    for one in begun:
        os.kill(one, signal.SIGSTOP)
    process.kill()
    process.wait()
    try:
        for one in begun:
            os.kill(one, signal.SIGCONT)
        until(lambda: not any(_is_at_work(one) for one in begun), seconds=60)
    finally:
        for one in begun:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_the_server_itself_logs_is_a_json_object_a_line_where_that_is_asked_for(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "web.command_line", "serve", "--port", str(free_port())], cwd=ROOT, text=True,
        env=os.environ | {"PLANNER_HOME": str(tmp_path / "home"), "PLANNER_PROCESSES": "1", "PLANNER_LOG_FORMAT": "json"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        (first,) = until(lambda: _begun_by(process))
        os.kill(first, signal.SIGKILL)
        (again,) = until(lambda: _begun_by(process) - {first})
        os.kill(again, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 1
    assert out.startswith("Open http://"), "the greeting is for a person"
    logged = [json.loads(line) for line in err.splitlines()]
    assert [line["level"] for line in logged if "died again as soon as it was replaced" in line["message"]] == ["error"]


def _is_at_work(process_id):
    """Whether it is there, and not only waits for somebody to hear that it has ended."""
    return _of(Path(f"/proc/{process_id}"), "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"])


def _begun_by(process):
    """The processes that answer pages, or will."""
    return {
        int(folder.name) for folder in Path("/proc").glob("[0-9]*")
        if _parent(folder) == process.pid and b"spawn_main" in _of(folder, "cmdline")
    }  # fmt: skip


def _parent(folder):
    return int((_of(folder, "stat").rpartition(b")")[2].split() or [0, 0])[1])


def _opened(folder):
    opened = []
    for one in (folder / "fd").glob("*"):
        with contextlib.suppress(OSError):
            opened.append(str(one.readlink()))
    return opened


def _of(folder, name):
    try:
        return (folder / name).read_bytes()
    except OSError:
        return b""


def until(found, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError("it never came")


def test_the_demonstration_has_an_account_for_each_role_and_keeps_its_plan_once(tmp_path):
    settings = Settings.from_env({"PLANNER_HOME": str(tmp_path / "home")})
    with open_store(None, settings.home) as store:
        before = keep_demonstration(settings, store, demonstration_document())
        accounts = keep_demonstration(settings, store, demonstration_document())
        with store.read() as tx:
            assert len(tx.partnerships.partnerships()) == 1
            assert len(tx.plans.plans(partnership_id=1)) == 1
            people = {user.sign_in: tx.people.memberships_of(user_id=user.id) for user in tx.people.users()}
    assert before.password != accounts.password
    assert [role for role, _ in accounts.names] == list(ROLE_NAMES.values())
    assert {name: {ROLE_NAMES[m.role] for m in people[name]} for _, name in accounts.names} == {
        name: {role} for role, name in accounts.names
    }


def test_the_demonstration_takes_over_nobodys_account(tmp_path):
    settings = Settings.from_env({"PLANNER_HOME": str(tmp_path / "home")})
    with open_store(None, settings.home) as store:
        with store.begin() as tx:
            tx.people.add_user(name="Ann Example", sign_in="chair", password_hash="hers")
        with pytest.raises(PlannerError, match="signs in here as chair"):
            keep_demonstration(settings, store, demonstration_document())
        with store.read() as tx:
            assert [(user.sign_in, user.password_hash) for user in tx.people.users()] == [("chair", "hers")]


def test_the_demonstrations_password_is_printed_on_this_computer_only(tmp_path):
    settings = Settings.from_env({"PLANNER_HOME": str(tmp_path / "home"), "PLANNER_HOST": "0.0.0.0"})
    with open_store(None, settings.home) as store, pytest.raises(PlannerError, match="this computer only"):
        keep_demonstration(settings, store, demonstration_document())


def test_a_port_in_use_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path / "home"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for command in ("serve", "demo"):
            code = main([command, "--port", str(taken.getsockname()[1])])
            said = capsys.readouterr().err
            assert code == 1
            assert said == f"Port {taken.getsockname()[1]} is in use on 127.0.0.1: end what uses it, or choose another with --port.\n"


def test_pages_and_metrics_on_one_port_are_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path / "home"))
    port = str(free_port())
    assert main(["serve", "--port", port, "--metrics-port", port]) == 1
    assert capsys.readouterr().err == f"The pages and the metrics cannot share port {port}: choose another with --metrics-port.\n"


def test_a_server_that_ends_by_itself_says_why(caplog):
    for code, said in ((0, 0), (1, 1)):
        with pytest.raises(SystemExit), serving._told_why():
            raise SystemExit(code)
        assert caplog.text.count("died again as soon as it was replaced") == said


def test_a_port_that_is_none_is_a_usage_error(capsys):
    assert main(["serve", "--port", "70000"]) == 1
    assert "1 to 65535" in capsys.readouterr().err
