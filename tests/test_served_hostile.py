"""The real server under people who mean ill: slow senders, messages that are too large, and what it writes while people use it."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from test_serving import Browser, served, wait_until_it_answers  # noqa: F401 - a fixture
from websites import PASSWORD

pytestmark = pytest.mark.slow
SENDERS = 200
NEW_PASSWORD = "Planted-secret-umbrella-42"


def connect(site):
    where = urlsplit(site)
    return socket.create_connection((where.hostname, where.port), timeout=10)


def seconds_of(site, path="/healthz"):
    start = time.monotonic()
    assert Browser(site).open(path)[0] == 200
    return time.monotonic() - start


def test_two_hundred_slow_senders_do_not_keep_others_from_an_answer(served):  # noqa: F811
    process, site, _ = served
    wait_until_it_answers(site, process)
    with contextlib.ExitStack() as open_ends:
        senders = [open_ends.enter_context(connect(site)) for _ in range(SENDERS)]
        for number, sender in enumerate(senders):
            sender.sendall(
                b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (b"Content-Length: 100\r\n\r\nx" if number % 2 else b"X-Slow: ")
            )
        took = []
        for _ in range(5):
            for sender in senders:
                with contextlib.suppress(OSError):  # some may have been sent away by now
                    sender.sendall(b"x")
            took.append(seconds_of(site))
            took.append(seconds_of(site, "/sign-in"))
    assert max(took[::2]) < 1, took
    assert process.poll() is None


def raw(site, head, body=b""):
    """The status of an answer to what is sent as it is; None where the connection was closed without one."""
    with connect(site) as connection:
        with contextlib.suppress(OSError):  # the server may stop reading
            connection.sendall(head)
            connection.sendall(body)
        with contextlib.suppress(OSError):
            answer = connection.recv(200)
            if found := re.match(rb"HTTP/1\.1 (\d{3})", answer):
                return int(found[1])
    return None


def test_headers_and_bodies_that_are_too_large_are_refused_and_the_service_goes_on(served):  # noqa: F811
    process, site, _ = served
    wait_until_it_answers(site, process)
    start = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    refused = {
        "one header": raw(site, start + b"X-Large: " + b"x" * 2_000_000 + b"\r\n\r\n"),
        "many headers": raw(site, start + b"".join(b"X-%d: x\r\n" % n for n in range(5000)) + b"\r\n"),
        "address": raw(site, b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"),
        "said length": raw(site, start + b"Content-Length: 9000000000\r\n\r\n", b"x" * 100_000),
        "chunks": raw(site, start + b"Transfer-Encoding: chunked\r\n\r\n", b"F4240\r\n" + b"x" * 1_000_000 + b"\r\n" + (b"F4240\r\n" + b"x" * 1_000_000 + b"\r\n") * 30 + b"0\r\n\r\n"),
        "two lengths": raw(site, start + b"Content-Length: 5\r\nContent-Length: 50\r\n\r\n", b"a=bcd"),
        "length and chunks": raw(site, start + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\nGET /account HTTP/1.1\r\n\r\n"),
        "no HTTP": raw(site, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\0" * 100),
    }  # fmt: skip
    assert all(status is None or 400 <= status < 500 for status in refused.values()), refused
    assert seconds_of(site) < 5
    process.send_signal(signal.SIGINT)
    said = "".join(process.communicate(timeout=30))
    assert "Traceback" not in said


def cookies(browser):
    """The cookies that a browser was given."""
    (keeper,) = (one for one in browser.opener.handlers if isinstance(one, urllib.request.HTTPCookieProcessor))
    return [cookie.value for cookie in keeper.cookiejar]


def ask_with(site, token):
    """The status of an answer to a program."""
    ask = urllib.request.Request(f"{site}/api/v1/partnerships", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(ask, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture(params=["debug", "info"])
def talkative(request, monkeypatch):
    """Everything is to be told."""
    monkeypatch.setenv("PLANNER_LOG", request.param)


def test_nothing_personal_or_secret_stands_in_what_the_server_and_its_worker_write(talkative, served):  # noqa: F811
    process, site, _ = served
    wait_until_it_answers(site, process)
    first_link = re.search(r"http://\S+", process.stdout.readline())[0].removeprefix(site)
    house = Browser(site)
    house.send(first_link, name="Zebedee Plantedname", sign_in="zebedee.planted@example.org", password=PASSWORD)
    planted = [
        "Zebedee",
        "Plantedname",
        "zebedee.planted",
        PASSWORD,
        NEW_PASSWORD,
        "Planted-wrong",
        "Ermintrude",
        "ermintrude.planted",
        "Planted-",
    ]

    for who, password in (
        ("zebedee.planted@example.org", "Planted-wrong-password"),
        ("Planted-wrong-password", "zebedee.planted@example.org"),
    ):
        assert Browser(site).send("/sign-in", sign_in=who, password=password)[0] == 422
    text = house.send("/accounts/invite", invitee="Ermintrude Plantedname")[1]
    link = re.search(r"/invitations/[\w-]+", text)[0]
    other = Browser(site)
    assert other.send(link, name="Ermintrude Plantedname", sign_in="ermintrude.planted@example.org", password=PASSWORD)[0] == 200
    assert other.send("/account/password", old=PASSWORD, new=NEW_PASSWORD)[0] == 200
    token = re.search(r'id="link"[^>]*>([^<]+)<', house.send("/account/tokens", name="Planted-finance", days="30")[1])[1].strip()
    assert ask_with(site, token) == 200
    assert ask_with(site, "Planted-wrong-token") == 401
    secrets = [link.rpartition("/")[2], token, *cookies(house), *cookies(other)]
    assert len(secrets) == 4
    for path in ("/accounts?find=Ermintrude", "/invitations/Planted-wrong-link", "/nowhere/Zebedee", "/sign-in?next=/Zebedee"):
        house.open(path)
    time.sleep(2)  # the worker, too, has looked round

    process.send_signal(signal.SIGINT)
    said = "".join(process.communicate(timeout=30))
    assert [one for one in (*planted, *secrets) if one in said] == []
