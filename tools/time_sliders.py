"""Times how soon a slider is answered on the screen, for 30 real schools, in Chromium; prints medians and where the time goes.

``python tools/time_sliders.py ../shared/data`` builds the partnership, has its plan made, opens a draft and moves one slider after another:
from the input event to the changed text, to the estimate's answer as the browser saw it, and as the service did. Run it with nothing else at work.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from busy_partnership import SCHOOLS, Person, fill, served, wait_for_plan

from planner.store import Role, open_store

BESIDE_MILLISECONDS = 2500
"""After the last move it is kept, and a whole plan begun."""
MOVES = {
    "the line": ("board-line_percent", ("75", "65", "80", "60", "85", "55", "90", "50", "95", "45")),
    "a weight": ("priorities-targeted", ("2", "3", "4", "5", "6", "7", "8", "9", "10", "11")),
    "the contingency": ("board-contingency_percent", ("1", "2", "3", "4", "6", "7", "8", "9", "10", "11")),
    "the floor on grants": ("board-money_floor_percent", ("-60", "-40", "-65", "-35", "-70", "-30", "-75", "-25", "-80", "-45")),
}
"""Slider -> its field's name, and what it is moved to."""
MOVE = """([name, value]) => new Promise(done => {
  const range = document.querySelector(`.app-try__range[data-for="${CSS.escape(name)}"]`)
  performance.clearResourceTimings()
  let began = 0
  const seen = new MutationObserver(() => {
    const shown = performance.now() - began
    seen.disconnect()
    setTimeout(() => {
      const one = performance.getEntriesByType('resource').find(entry => entry.name.endsWith('/estimate'))
      done(one ? [shown, one.responseEnd - one.startTime, one.responseStart - one.requestStart] : [shown, NaN, NaN])
    }, 0)
  })
  seen.observe(document.getElementById('try-it'), {childList: true, characterData: true, subtree: true})
  began = performance.now()
  range.value = value
  range.dispatchEvent(new Event('input', {bubbles: true}))
})"""


def main(reference: Path, area: str = "Surrey") -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with tempfile.TemporaryDirectory(prefix="planner-sliders-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        with open_store(None, home) as store, served(home) as site, sync_playwright() as driver:
            fill(store, reference, area, {"board": Role.BOARD})
            wait_for_plan(store)
            with store.begin() as tx:
                board = tx.people.user_by_sign_in(sign_in="board")
                assert board
                draft = tx.drafts.begin(partnership_id=1, user_id=board.id, plan_id=1, urn=None, name="Sliders")
            window = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
            page = _page(window, Person(site, "board"))
            page.goto(f"{site}/partnerships/1/drafts/{draft}")
            print(
                f"| {area}, {SCHOOLS} schools: what moves | on the screen, best ms | median | worst | answer in the browser, median | of it waiting for the service |"
            )
            print("|---|---|---|---|---|---|")
            for what, (name, values) in MOVES.items():
                _warm(page)
                _leave_unkept(page)
                print(_row(what, [page.evaluate(MOVE, [name, value]) for value in values]))
            _warm(page)
            name, (first, *values) = MOVES["the line"]
            page.evaluate(MOVE, [name, first])
            page.wait_for_timeout(BESIDE_MILLISECONDS)
            _leave_unkept(page)
            print(_row("the line, a whole plan being worked out beside it", [page.evaluate(MOVE, [name, value]) for value in values]))
            window.close()


def _page(window: Any, person: Person) -> Any:
    context = window.new_context()
    for name, _, value in (cookie.partition("=") for cookie in person.cookies.split("; ")):
        context.add_cookies([{"name": name, "value": value, "url": person.site}])
    return context.new_page()


def _warm(page: Any) -> None:
    """A page just opened, its plan held open."""
    with page.expect_response("**/estimate", timeout=90_000):
        page.reload()
    page.wait_for_timeout(500)


def _leave_unkept(page: Any) -> None:
    """Have no move kept from now on: each would have a whole plan worked out beside the next."""
    page.evaluate("document.getElementById('try-it').dataset.settings = '/nowhere'")


def _row(what: str, shown: list[list[float]]) -> str:
    half = [statistics.median(one[n] for one in shown) for n in range(3)]
    screen = [one[0] for one in shown]
    return f"| {what} | {min(screen):.0f} | {half[0]:.0f} | {max(screen):.0f} | {half[1]:.0f} | {half[2]:.0f} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
