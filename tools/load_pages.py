"""Times every page of a 30-school partnership while a plan is being made beside it, with wrk; prints docs/benchmarks.md's tables.

``python tools/load_pages.py ../shared/data`` builds the partnership from real schools, starts ``planner serve`` on a folder of its own,
signs in, keeps the worker busy, follows every link, and puts each page under two connections for some seconds. Needs wrk
(Debian: apt-get install wrk); with Chromium it also times how long a better plan takes to be on the screen.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from optimisation.bench import AREAS, first_secondary
from planner.documents import to_plain
from planner.intake.dfe import BuildRequest, build_partnership
from planner.policy import load_policy
from planner.store import Role, RunState, Store, Transaction, open_store
from web.accounts.passwords import hash_of

ROOT = Path(__file__).parent.parent
SCHOOLS = 30
SECONDS_A_PAGE = 4
RUNS_WATCHED = 5
SCREEN_SECONDS = 15
CONNECTIONS = 2
PASSWORD = "a password for one hour"  # noqa: S105 - of a server that lives for the measurement
BUSY = {"gap_points": 0.0, "seconds": 300}
PERCENTILES = """
done = function(summary, latency, requests)
  io.write(string.format("WRK %d %d %.1f %.1f %.1f\\n", summary.requests, summary.errors.status + summary.errors.timeout + summary.errors.read,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency.max / 1000))
end
"""


class Browser:
    """A signed-in person."""

    def __init__(self, site: str, who: str) -> None:
        self.site, self.jar = site, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/sign-in")[1])
        assert token
        form = urllib.parse.urlencode({"csrf_token": token[1], "sign_in": who, "password": PASSWORD}).encode()
        self.opener.open(f"{site}/sign-in", form, timeout=20).read()

    def get(self, path: str) -> tuple[str, str, int]:
        """Kind, text and bytes."""
        with self.opener.open(self.site + path, timeout=60) as answer:
            body = answer.read()
            return answer.headers.get_content_type(), body.decode("utf-8", "replace"), len(body)

    @property
    def cookies(self) -> str:
        """As a header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)


def fill(store: Store, reference: Path, area: str) -> None:
    """A partnership of real schools, its board member and head, and a run that makes its plan."""
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
        board, head = (tx.people.add_user(name=who.capitalize(), sign_in=who, password_hash=hashed) for who in ("board", "head"))
        partnership_id = tx.partnerships.create(name=partnership.name, by=board)
        tx.partnerships.add_version(partnership_id=partnership_id, document=to_plain(partnership), note="", by=board, based_on=0)
        tx.policies.add_version(partnership_id=partnership_id, document=json.loads(policy.document), note="", by=board, based_on=0)
        tx.people.add_membership(user_id=board, partnership_id=partnership_id, role=Role.BOARD)
        tx.people.add_membership(user_id=head, partnership_id=partnership_id, role=Role.HEAD, urn=partnership.schools[0].urn)
        ask(tx, board, gap_points=0.1, seconds=30)


def ask(tx: Transaction, by: int, **settings: float) -> int:
    """Ask for a run."""
    return tx.runs.request_run(partnership_id=1, partnership_version=1, policy_version=1, settings=settings, by=by)


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """`planner serve` as people run it."""
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
        process.wait(30)


def wait_for_plan(store: Store) -> None:
    """Until the first run has ended with a plan."""
    while True:
        with store.read() as tx:
            state = tx.runs.runs(partnership_id=1)[-1].state
        if state is RunState.FINISHED:
            return
        assert state in {RunState.QUEUED, RunState.RUNNING}, state
        time.sleep(0.5)


def pages_of(browser: Browser) -> dict[str, int]:
    """Every page that links reach, with its bytes; of schools, standards and the like the first three of a kind."""
    found: dict[str, int] = {}
    waiting, kinds = ["/partnerships/1", "/account", "/help"], dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        kind = re.sub(r"(?<=/)(schools|standards|questions|runs|versions)/[^/]+", r"\1/*", path.partition("?")[0])
        if path in found or kinds.get(kind, 0) >= 1 or path.startswith("/static/"):
            continue
        content_type, text, size = browser.get(path)
        if content_type != "text/html":
            continue
        found[path] = size
        kinds[kind] = kinds.get(kind, 0) + 1
        waiting += [html.unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', text)]
    return found


def time_page(browser: Browser, path: str, script: Path) -> tuple[int, int, float, float, float]:
    """Requests, errors, and milliseconds: median, 95th percentile, worst."""
    said = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS_A_PAGE}s", "--timeout", "20s", "-s", str(script), "-H", f"Cookie: {browser.cookies}",
         browser.site + path],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    words = re.search(r"WRK (\S+) (\S+) (\S+) (\S+) (\S+)", said)
    assert words, said
    return int(words[1]), int(words[2]), float(words[3]), float(words[4]), float(words[5])


def bytes_of_first_visit(browser: Browser, path: str) -> int:
    """A page with all that it loads."""
    _, text, size = browser.get(path)
    named = set(re.findall(r'(?:href|src|from) ?=? ?"(/static/[^"]+)"', text))
    return size + sum(browser.get(html.unescape(name))[2] for name in named)


def seconds_to_screen(store: Store, browser: Browser, by: int) -> list[float]:
    """For each better plan of some runs: from the database's time of it until the page in a browser shows it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    waits: list[float] = []
    with sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        context = window.new_context()
        name, value = browser.cookies.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": browser.site}])
        page = context.new_page()
        page.goto(f"{browser.site}/partnerships/1/runs")
        for _ in range(RUNS_WATCHED):
            with store.begin() as tx:
                run_id = ask(tx, by, **BUSY)
            page.goto(f"{browser.site}/partnerships/1/runs/{run_id}")
            waits += _watched(store, page, run_id)
            with store.begin() as tx:
                tx.runs.cancel(partnership_id=1, run_id=run_id)
        window.close()
    return waits


def _watched(store: Store, page: Any, run_id: int) -> list[float]:
    best: dict[int, float] = {}  # how often the run had changed -> when it had a better plan
    waits: list[float] = []
    shown_before, end = -1, time.monotonic() + SCREEN_SECONDS
    while time.monotonic() < end:
        with store.read() as tx:
            run = tx.runs.run(partnership_id=1, run_id=run_id)
        assert run is not None
        if run.best_at is not None and run.best_at / 1000 not in best.values():
            best[run.changes] = run.best_at / 1000
        shown = int(page.locator("#run-progress").get_attribute("data-etag").split("-")[1])
        waits += [time.time() - at for changes, at in best.items() if shown_before < changes <= shown]
        shown_before = max(shown, shown_before)
        page.wait_for_timeout(50)
    return waits


def main(reference: Path, area: str = "Surrey") -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="planner-load-") as folder:
        home, script = Path(folder) / "home", Path(folder) / "percentiles.lua"
        script.write_text(PERCENTILES)
        home.mkdir(mode=0o700)
        with open_store(None, home) as store:
            fill(store, reference, area)
            with served(home) as site:
                wait_for_plan(store)
                people = {who: Browser(site, who) for who in ("board", "head")}
                with store.read() as tx:
                    board = tx.people.user_by_sign_in(sign_in="board")
                assert board
                pages = pages_of(people["board"])
                rows = []
                for path, size in sorted(pages.items()):
                    with store.begin() as tx:
                        if not any(run.state is RunState.RUNNING for run in tx.runs.runs(partnership_id=1)):
                            ask(tx, board.id, **BUSY)
                    rows.append((path, size, *time_page(people["board"], path, script)))
                with store.begin() as tx:
                    for run in tx.runs.runs(partnership_id=1):
                        tx.runs.cancel(partnership_id=1, run_id=run.id)
                print(f"| page ({area}, {SCHOOLS} schools) | KB | requests | errors | median, ms | p95, ms | worst, ms |")
                print("|---|---|---|---|---|---|---|")
                for path, size, requests, errors, half, most, worst in rows:
                    print(f"| `{path}` | {size / 1000:.1f} | {requests} | {errors} | {half:.1f} | {most:.1f} | {worst:.1f} |")
                print(f"\nSlowest p95 {max(row[5] for row in rows):.1f} ms; largest page {max(row[1] for row in rows) / 1000:.1f} KB; first visit "
                      f"{max(bytes_of_first_visit(people['board'], path) for path in pages) / 1000:.1f} KB at most.")  # fmt: skip
                if shutil.which("chromium"):
                    waits = seconds_to_screen(store, people["board"], board.id)
                    print(
                        f"\nA better plan on the screen: {len(waits)} of them, median {statistics.median(waits):.2f} s, worst {max(waits):.2f} s."
                    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
