"""Times every page of a 30-school partnership while a plan is being made beside it, with wrk; prints docs/benchmarks.md's tables.

``python tools/load_pages.py ../shared/data`` builds the partnership from real schools, starts ``planner serve`` on a folder of its own,
signs in, keeps the worker busy, follows every link, and puts each page under two connections for some seconds. Needs wrk
(Debian: apt-get install wrk); with Chromium it also times how long a better plan takes to be on the screen.
"""

from __future__ import annotations

import html
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from busy_partnership import BUSY, SCHOOLS, Person, ask, fill, keep_busy, served, talk, wait_for_plan

from planner.store import Role, Store, open_store

SECONDS_A_PAGE = 4
RUNS_WATCHED = 5
SCREEN_SECONDS = 15
CONNECTIONS = 2
PERCENTILES = """
done = function(summary, latency, requests)
  io.write(string.format("WRK %d %d %.1f %.1f %.1f\\n", summary.requests, summary.errors.status + summary.errors.timeout + summary.errors.read,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency.max / 1000))
end
"""


def pages_of(reader: Person) -> dict[str, int]:
    """Every page that links reach, with its bytes; of schools, standards and the like the first three of a kind."""
    found: dict[str, int] = {}
    waiting, kinds = ["/partnerships/1", "/account", "/help"], dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        kind = re.sub(r"(?<=/)(schools|standards|questions|runs|versions)/[^/]+", r"\1/*", path.partition("?")[0])
        if path in found or kinds.get(kind, 0) >= 1 or path.startswith("/static/"):
            continue
        page = reader.get(path)
        if page.status != 200 or not page.headers.get("content-type", "").startswith("text/html"):
            continue
        found[path] = page.size
        kinds[kind] = kinds.get(kind, 0) + 1
        waiting += [html.unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', page.text)]
    return found


def time_page(reader: Person, path: str, script: Path) -> tuple[int, int, float, float, float]:
    """Requests, errors, and milliseconds: median, 95th percentile, worst."""
    said = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS_A_PAGE}s", "--timeout", "20s", "-s", str(script), "-H", f"Cookie: {reader.cookies}",
         reader.site + path],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    words = re.search(r"WRK (\S+) (\S+) (\S+) (\S+) (\S+)", said)
    assert words, said
    return int(words[1]), int(words[2]), float(words[3]), float(words[4]), float(words[5])


def bytes_of_first_visit(reader: Person, path: str) -> int:
    """A page with all that it loads."""
    page = reader.get(path)
    named = set(re.findall(r'(?:href|src|from) ?=? ?"(/static/[^"]+)"', page.text))
    return page.size + sum(reader.get(html.unescape(name)).size for name in named)


def seconds_to_screen(store: Store, reader: Person, by: int) -> list[float]:
    """For each better plan of some runs: from the database's time of it until the page in a browser shows it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    waits: list[float] = []
    with sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        context = window.new_context()
        name, value = reader.cookies.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": reader.site}])
        page = context.new_page()
        page.goto(f"{reader.site}/partnerships/1/runs")
        for _ in range(RUNS_WATCHED):
            with store.begin() as tx:
                run_id = ask(tx, by, **BUSY)
            page.goto(f"{reader.site}/partnerships/1/runs/{run_id}")
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
            fill(store, reference, area, {"board": Role.BOARD, "head": Role.HEAD})
            with served(home) as site:
                wait_for_plan(store)
                talk(store)
                reader = Person(site, "board")
                with store.read() as tx:
                    board = tx.people.user_by_sign_in(sign_in="board")
                assert board
                pages = pages_of(reader)
                rows = []
                for path, size in sorted(pages.items()):
                    keep_busy(store)
                    rows.append((path, size, *time_page(reader, path, script)))
                with store.begin() as tx:
                    for run in tx.runs.runs(partnership_id=1):
                        tx.runs.cancel(partnership_id=1, run_id=run.id)
                print(f"| page ({area}, {SCHOOLS} schools) | KB | requests | errors | median, ms | p95, ms | worst, ms |")
                print("|---|---|---|---|---|---|---|")
                for path, size, requests, errors, half, most, worst in rows:
                    print(f"| `{path}` | {size / 1000:.1f} | {requests} | {errors} | {half:.1f} | {most:.1f} | {worst:.1f} |")
                print(f"\nSlowest p95 {max(row[5] for row in rows):.1f} ms; largest page {max(row[1] for row in rows) / 1000:.1f} KB; first visit "
                      f"{max(bytes_of_first_visit(reader, path) for path in pages) / 1000:.1f} KB at most.")  # fmt: skip
                if shutil.which("chromium"):
                    waits = seconds_to_screen(store, reader, board.id)
                    print(
                        f"\nA better plan on the screen: {len(waits)} of them, median {statistics.median(waits):.2f} s, worst {max(waits):.2f} s."
                    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
