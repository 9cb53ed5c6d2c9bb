"""What the tools that time pages stand on: a partnership of real schools with people in every role, its server, and people who use it."""

from __future__ import annotations

import contextlib
import html
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path

from optimisation.bench import AREAS, first_secondary
from planner.documents import from_plain, to_plain
from planner.intake.dfe import BuildRequest, build_partnership
from planner.partnership import Partnership
from planner.policy import load_policy
from planner.store import AnswerState, Role, RunState, Store, Transaction
from planner.store.decisions import VotingRules
from planner.store.moderation import AskedOfPot
from planner.voting import Majority, Weighting
from web.accounts.passwords import hash_of

ROOT = Path(__file__).parent.parent
SCHOOLS = 30
PASSWORD = "a password for one hour"  # noqa: S105 - of a server that lives for the measurement
BUSY = {"gap_points": 0.0, "seconds": 300}
TALKERS, QUESTIONS, CLAIMS, COMMENTS = 8, 8, 6, 12


LONGEST_SECONDS = 60.0
NO_ANSWER = 599
"""The status of a request that had no answer in that time: it counts among the 5xx."""


# --- what is in the store --------------------------------------------------------------------


def fill(store: Store, reference: Path, area: str, people: Mapping[str, Role]) -> None:
    """A partnership of real schools, people by sign-in name (heads in turn of its schools), and a run that makes its plan."""
    policy = load_policy()
    files = {name: reference / path for name, path in AREAS[area].items()}
    partnership = build_partnership(
        BuildRequest(
            gias=files["gias"], sen=files["sen"], census=(files["census"],), idaci=files["idaci"], links=files["links"],
            near_urn=first_secondary(files["gias"]), count=SCHOOLS,
        ),
        policy,
    ).partnership  # fmt: skip
    hashed = hash_of(PASSWORD)
    with store.begin() as tx:
        ids = {who: tx.people.add_user(name=who.capitalize(), sign_in=who, password_hash=hashed) for who in people}
        by = next(ids[who] for who, role in people.items() if role is Role.BOARD)
        partnership_id = tx.partnerships.create(name=partnership.name, by=by)
        tx.partnerships.add_version(partnership_id=partnership_id, document=to_plain(partnership), note="", by=by, based_on=0)
        tx.policies.add_version(partnership_id=partnership_id, document=json.loads(policy.document), note="", by=by, based_on=0)
        heads = 0
        for who, role in people.items():
            urn = partnership.schools[heads % SCHOOLS].urn if role is Role.HEAD else None
            heads += role is Role.HEAD
            tx.people.add_membership(user_id=ids[who], partnership_id=partnership_id, role=role, urn=urn)
        ask(tx, by, gap_points=0.1, seconds=30)


def talk(store: Store) -> None:
    """Put the first plan before the schools; questions, claims, drafts, and a decision on it with comments."""
    with store.begin() as tx:
        members = tx.people.members(partnership_id=1)
        (board, *_) = [one.user_id for one in members if one.role is Role.BOARD]
        heads = [(one.user_id, one.urn) for one in members if one.role is Role.HEAD and one.urn is not None]
        version = tx.partnerships.latest(partnership_id=1)
        assert version is not None
        partnership: Partnership = from_plain(Partnership, version.document)
        tx.plans.choose(partnership_id=1, plan_id=1, by=board)
        for i in range(QUESTIONS):
            by, urn = heads[i % len(heads)]
            tx.schools.open_query(partnership_id=1, urn=urn, line="Grant", question="Why is it what it is?", by=by, plan_id=1)
        for i in range(CLAIMS):
            by, urn = heads[i % len(heads)]
            asked = AskedOfPot(amount=1_000, pounds=1_000, what_for="Communication needs that have grown since October.")
            claim_id = tx.moderation.lodge(partnership_id=1, urn=urn, academic_year=partnership.academic_year, asked=asked, by=by)
            if i % 2:
                tx.moderation.decide(
                    partnership_id=1, claim_id=claim_id, granted_pounds=500, drawn_on=f"{partnership.academic_year[:4]}-11-03",
                    reason="Half of it for now.", by=board,
                )  # fmt: skip
        tx.drafts.begin(partnership_id=1, user_id=board, plan_id=1, urn=None, name="Another line")
        tx.drafts.begin(partnership_id=1, user_id=heads[0][0], plan_id=1, urn=heads[0][1], name="At least as much as last year")
        rules = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)
        decision_id = tx.decisions.open_decision(partnership_id=1, title="The plan of this year", rules=rules, options=[1], by=board)
        decision = tx.decisions.decision(partnership_id=1, decision_id=decision_id)
        assert decision is not None
        for by, urn in heads[:TALKERS]:
            tx.decisions.declare(decision=decision, by=by, schools=[urn], other="None")
        for i in range(COMMENTS):
            tx.decisions.comment(decision=decision, by=heads[i % min(TALKERS, len(heads))][0], text="What does it do for us?", plan_id=1)


def ask(tx: Transaction, by: int, **settings: float) -> int:
    """Ask for a run."""
    return tx.runs.request_run(partnership_id=1, partnership_version=1, policy_version=1, settings=settings, by=by)


def keep_busy(store: Store) -> RunState:
    """Ask for another run where none waits or is at work; the state of the newest before."""
    with store.read() as tx:
        newest = tx.runs.runs(partnership_id=1)[0]
    if newest.state not in {RunState.QUEUED, RunState.RUNNING}:
        assert newest.requested_by is not None
        with store.begin() as tx:
            ask(tx, newest.requested_by, **BUSY)
    return newest.state


def wait_for_plan(store: Store, *, answers_seconds: float = 0.0) -> None:
    """Until the first run has ended with a plan, and then, for at most so long, until all that is found out about it is there."""
    planned_at = None
    while True:
        with store.read() as tx:
            state = tx.runs.runs(partnership_id=1)[-1].state
            answers = tx.answers.answers(partnership_id=1, plan_id=1)
        assert state in {RunState.QUEUED, RunState.RUNNING, RunState.FINISHED}, state
        is_going = any(answer.state in {AnswerState.QUEUED, AnswerState.RUNNING} for answer in answers)
        if state is RunState.FINISHED:
            planned_at = planned_at or time.monotonic()
            if not is_going or time.monotonic() - planned_at > answers_seconds:
                return
        time.sleep(0.5)


# --- the server ------------------------------------------------------------------------------


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """`planner serve` as people run it, with its worker: its address. It ends with this, also where this is asked to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "web.command_line", "serve", "--port", str(port)], cwd=ROOT, env=os.environ | {"PLANNER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    site = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{site}/healthz", timeout=5)  # noqa: S310 - our own server
                break
            time.sleep(0.1)
        yield site
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


# --- people who use it -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """One request: when it was sent (monotonic seconds), what for, how long until the whole answer was there, and its status."""

    at: float
    route: str
    milliseconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    path: str
    status: int
    size: int
    text: str
    headers: Mapping[str, str]

    def form(self, ending: str) -> tuple[str, dict[str, list[str]]]:
        """Where the form is sent whose address has this ending (the page's own where it names none), and its fields as they stand."""
        reader = _Forms(self.path)
        reader.feed(self.text)
        return next((action, fields) for action, fields in reader.found if action.partition("?")[0].endswith(ending))

    def links(self, pattern: str) -> list[str]:
        """The addresses of links that match."""
        return [html.unescape(found) for found in re.findall(rf'href="({pattern})"', self.text)]


class Person:
    """Somebody signed in, on a connection that stays open; what they ask for and how long it takes is told to ``hear``."""

    def __init__(self, site: str, who: str, hear: Callable[[Heard], None] = lambda _: None) -> None:
        self.site, self._hear, self._jar = site, hear, SimpleCookie()
        self._connection = http.client.HTTPConnection(site.removeprefix("http://"), timeout=LONGEST_SECONDS)
        self.send(self.get("/sign-in"), "/sign-in", sign_in=who, password=PASSWORD)

    @property
    def cookies(self) -> str:
        """As a header."""
        return "; ".join(f"{name}={one.value}" for name, one in self._jar.items())

    def get(self, path: str, **headers: str) -> Page:
        """Open a page, following where it leads."""
        return self._asked("GET", path, None, headers)

    def send(self, page: Page, ending: str, **fields: str) -> Page:
        """Send the form of a page to the address with this ending, with some fields filled in, and follow where it leads."""
        to, content = page.form(ending)
        return self.post(to, content | {name.replace("__", "-"): [value] for name, value in fields.items()})

    def post(self, path: str, content: Mapping[str, list[str]]) -> Page:
        """Send fields to an address."""
        body = urllib.parse.urlencode(content, doseq=True)
        return self._asked("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def _asked(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Page:
        sent = {"Cookie": self.cookies, **headers}
        began = time.monotonic()
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        except TimeoutError:
            self._connection.close()
            self._hear(Heard(began, f"{method} {route_of(path)}", (time.monotonic() - began) * 1000, NO_ANSWER))
            raise
        except (http.client.HTTPException, ConnectionError):  # the server closed a connection that stood idle
            self._connection.close()
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        content = answer.read()
        self._hear(Heard(began, f"{method} {route_of(path)}", (time.monotonic() - began) * 1000, answer.status))
        for line in answer.headers.get_all("Set-Cookie") or ():
            self._jar.load(line)
        where = answer.headers.get("Location")
        if answer.status in {301, 302, 303} and where:
            return self.get(urllib.parse.urljoin(path, where).partition("#")[0])
        return Page(
            path,
            answer.status,
            len(content),
            content.decode("utf-8", "replace"),
            {name.lower(): value for name, value in answer.headers.items()},
        )


def route_of(path: str) -> str:
    """An address without its numbers and questions."""
    return re.sub(r"(?<=/)\d+", "n", path.partition("?")[0])


@dataclass
class _Choice:
    name: str = ""
    values: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    """The forms of a page: where each is sent to, and its fields as a browser would send them."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.found: list[tuple[str, dict[str, list[str]]]] = []
        self._choice: _Choice | None = None
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form, a field of it, or a choice."""
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((has.get("action") or self._path, {}))
        elif not self.found:
            return
        elif tag == "select":
            self._choice = _Choice(has.get("name", ""))
        elif tag == "option" and self._choice is not None:
            self._choice.values.append(has.get("value", ""))
            self._choice.chosen += [has.get("value", "")] if "selected" in has else []
        elif tag == "textarea":
            self._text = self.found[-1][1].setdefault(has.get("name", ""), [""])
        elif tag == "input" and has.get("name") and (has.get("type") not in {"checkbox", "radio"} or "checked" in has):
            self.found[-1][1].setdefault(has["name"], []).append(has.get("value", ""))

    def handle_data(self, data: str) -> None:
        """What stands in a text field."""
        if self._text is not None:
            self._text[0] += data

    def handle_endtag(self, tag: str) -> None:
        """The end of a choice or a text field."""
        if tag == "textarea":
            self._text = None
        if tag == "select" and self._choice is not None:
            self.found[-1][1][self._choice.name] = self._choice.chosen or self._choice.values[:1]
            self._choice = None
