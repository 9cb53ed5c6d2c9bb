"""The processor time of every page of a 30-school partnership, and how often each asks the database; prints a table.

``python tools/page_costs.py ../shared/data`` builds a partnership of real schools, lets the worker make its plan and find out about it what it
can in two minutes, then opens every page that links reach in this process, with no server and no network between. ``--home FOLDER`` keeps what was
built there and uses it again.
"""

from __future__ import annotations

import argparse
import html
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from busy_partnership import fill, served, talk, wait_for_plan
from flask.testing import FlaskClient

from planner.store import Role, Store, open_store
from web.app import create_app
from web.settings import Settings
from web.shelf import Shelf
from web.wiring import Wiring

REPEATS = 7
ANSWERS_SECONDS = 120.0
PEOPLE = {
    "board": Role.BOARD, "head": Role.HEAD, "service-manager": Role.SERVICE_MANAGER, "commissioner": Role.COMMISSIONER,
    "administrator": Role.ADMINISTRATOR,
}  # fmt: skip
BEGIN = (
    "/partnerships/1",
    "/account",
    "/help",
    "/partnerships/1/compare?by=all",
    "/partnerships/1/runs/1/progress",
    "/partnerships/1/policy/change",
)


def build(home: Path, reference: Path, area: str) -> None:
    """The partnership, its plan, and all that is found out about it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open_store(None, home) as store:
        fill(store, reference, area, PEOPLE)
        with served(home):
            wait_for_plan(store, answers_seconds=ANSWERS_SECONDS)
        talk(store)


def costs(home: Path) -> Iterator[tuple[str, str, int, float, float, int]]:
    """Who opens which page, its bytes, processor milliseconds the first time and after, and statements."""
    settings = Settings.from_env({"PLANNER_HOME": str(home)})
    asked = [0]
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: asked.__setitem__(0, asked[0] + 1))
    with open_store(None, settings.home) as store:
        app = create_app(settings, Wiring(store=store, shelf=Shelf(store)))
        seen: set[str] = set()
        for who in PEOPLE:
            client = signed_in(app.test_client(), store, who)
            for path, first in pages_of(client, seen):
                spent = []
                for _ in range(REPEATS):
                    asked[0], began = 0, time.process_time()
                    answer = client.get(path)
                    spent.append((time.process_time() - began) * 1000)
                yield who, path, len(answer.data), first, statistics.median(spent), asked[0]


def signed_in(client: FlaskClient, store: Store, who: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    with store.begin() as tx:
        user = tx.people.user_by_sign_in(sign_in=who)
        assert user is not None
        token = tx.sessions.open_session(user_id=user.id)
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = token, True
    return client


def pages_of(client: FlaskClient, seen: set[str]) -> Iterator[tuple[str, float]]:
    """Every page that links reach, one of a kind, and the milliseconds of the first visit; those in ``seen`` are left out, and join it."""
    waiting = list(BEGIN)
    while waiting:
        path = waiting.pop(0)
        bare, _, query = path.partition("?")
        kind = re.sub(r"(?<=/)(\d+|(?<=standards/)[^/]+)", "n", bare) + re.sub(
            r"(?:of|beside|only|order|line|plan|urn|version|decision|change|copy)=[^&]*&?", "", query
        )
        if kind in seen or path.startswith("/static/") or "tables/" in path:
            continue
        seen.add(kind)
        began = time.process_time()
        answer = client.get(path)
        spent = (time.process_time() - began) * 1000
        if answer.status_code in {301, 303}:
            waiting.insert(0, answer.headers["Location"])
        if answer.status_code != 200 or answer.mimetype != "text/html":
            seen -= {kind} if answer.status_code == 403 else set()
            continue
        yield path, spent
        waiting += [html.unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)]


def main(reference: Path, area: str, home: Path | None) -> None:
    """Measure and print, the dearest first."""
    with tempfile.TemporaryDirectory(prefix="planner-costs-") as folder:
        where = home or Path(folder) / "home"
        if not (where / "planner.db").exists():
            build(where, reference, area)
        rows = sorted(costs(where), key=lambda one: -one[4])
    print(f"| who | page ({area}) | KB | first visit, ms of processor | ms of processor | statements |")
    print("|---|---|---|---|---|---|")
    for who, path, size, first, spent, asked in rows:
        print(f"| {who} | `{path}` | {size / 1000:.1f} | {first:.0f} | {spent:.1f} | {asked} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--area", default="Surrey")
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    main(given.reference, given.area, given.home)
