"""The table of docs/reliability.md, from the tests as they ended: each row is the last full run of its test."""

import datetime as dt
import os
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

import pytest
from counts import COUNTS, IS_FULL

BEGIN, END = "<!-- the table: written by make chaos -->", "<!-- end of the table -->"
RESULTS = {"failed": "**broken**", "skipped": "not tried here", "passed": "kept"}
KEPT = "planner/chaos"
"""Where pytest's cache holds the last result of each test, so that a run of some of them leaves the other rows."""
ROWS, BROKEN = {}, set()


@dataclass(frozen=True)
class Row:
    """One test as it ended, on a day (ISO)."""

    name: str
    test: str
    on: str
    times: int
    outcome: str
    seconds: float
    measured: str
    day: str


def mark_items(items):
    """Say for each test that fails things on purpose which it is; a test that is skipped stands in the table too."""
    for item in items:
        if of := item.get_closest_marker("chaos"):
            count = COUNTS[of.args[0]]
            item.user_properties += [("chaos", of.args[0]), ("times", of.kwargs.get("times", count.times))]
            if IS_FULL:
                item.add_marker(pytest.mark.timeout(60 * count.minutes))


def is_short_form(item):
    """Whether a test has its full count in another form."""
    of = item.get_closest_marker("chaos")
    return of is not None and of.kwargs.get("times", COUNTS[of.args[0]].full) < COUNTS[of.args[0]].full


@pytest.fixture
def say(record_property):
    """Note something measured: it stands in the table."""

    def note(words):
        record_property("measured", words)
        print(words)

    return note


def pytest_runtest_logreport(report):
    if report.failed:
        BROKEN.add(report.nodeid)  # also where the process of the test is gone, and with it what it noted
    properties = dict(report.user_properties)
    if "chaos" in properties and (report.when == "call" or not report.passed):
        test, _, parameters = report.nodeid.partition("[")
        ROWS[report.nodeid] = Row(
            name=properties["chaos"], test=Path(test.partition("::")[0]).name, times=properties["times"],
            on=next((name for name in ("PostgreSQL", "SQLite") if name.lower() in parameters), ""),
            outcome=report.outcome, seconds=report.duration, day=dt.datetime.now(dt.UTC).date().isoformat(),
            measured="; ".join(words for name, words in report.user_properties if name == "measured"),
        )  # fmt: skip


def pytest_terminal_summary(terminalreporter, config):
    rows = ROWS
    if IS_FULL and (page := os.environ.get("PLANNER_CHAOS_PAGE")):
        before = {test: Row(**row) for test, row in config.cache.get(KEPT, {}).items() if row["name"] in COUNTS}
        rows = {test: replace(row, outcome="failed") if test in BROKEN else row for test, row in (before | ROWS).items()}
        config.cache.set(KEPT, {test: asdict(row) for test, row in rows.items()})
        write_table(Path(page), rows.values())
    if ROWS:
        terminalreporter.section("things that failed on purpose")
        for line in lines_of(rows.values()):
            terminalreporter.write_line(line)


def together(rows):
    """Rows of one thing on one database made one: a test for each version of the tables, or two that show the same."""

    def key(row):
        return list(COUNTS).index(row.name), row.on, row.test

    for _, alike in groupby(sorted(rows, key=key), key):
        same = list(alike)
        outcome = next(outcome for outcome in RESULTS if any(row.outcome == outcome for row in same))
        measured = "; ".join(dict.fromkeys(row.measured for row in same if row.measured))
        yield replace(
            same[0], outcome=outcome, seconds=sum(row.seconds for row in same), measured=measured, day=min(row.day for row in same)
        )


def lines_of(rows):
    """The table in Markdown, in the order of the counts."""
    yield "| what was done | by | on | times | promises | measured | seconds | day |"
    yield "|---|---|---|---:|---|---|---:|---|"
    for row in together(rows):
        yield (
            f"| {COUNTS[row.name].what} | {row.test} | {row.on} | {row.times:,} | {RESULTS[row.outcome]} "
            f"| {row.measured} | {row.seconds:.0f} | {row.day} |"
        )


def write_table(page, rows):
    """Put the table between its two marks; what stands around it stays."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    head = "Written by `make chaos`. Each row is the last full run of its test, on the day it says."
    table = "\n".join(["", head, "", *lines_of(rows), ""])
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
