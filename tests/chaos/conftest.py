"""What every test of things that fail on purpose shares: both databases, its count, and the table written at the end."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "store"))

from counts import COUNTS, IS_FULL
from fresh_databases import database, empty_database, home, later, server, sqlite_template, store
from reliability_page import Row, lines_of, write_table
from stored import a_user

__all__ = ["database", "empty_database", "home", "later", "server", "sqlite_template", "store"]
ROWS = {}


def pytest_collection_modifyitems(items):
    for item in items:
        if of := item.get_closest_marker("chaos"):
            item.user_properties.append(("chaos", of.args[0]))  # a test that is skipped stands in the table too
            if IS_FULL:
                item.add_marker(pytest.mark.timeout(60 * COUNTS[of.args[0]].minutes))


@pytest.fixture
def times(request):
    """How often, as the count named by the test's ``chaos`` mark says."""
    return COUNTS[request.node.get_closest_marker("chaos").args[0]].times


@pytest.fixture
def say(record_property):
    """Note something measured: it stands in the table."""

    def note(words):
        record_property("measured", words)
        print(words)

    return note


@pytest.fixture
def by(store):
    return a_user(store)


def pytest_runtest_logreport(report):
    properties = dict(report.user_properties)
    if "chaos" in properties and (report.when == "call" or report.skipped):
        measured = "; ".join(words for name, words in report.user_properties if name == "measured")
        on = next((name for name in ("PostgreSQL", "SQLite") if name.lower() in report.nodeid.partition("[")[2]), "")
        ROWS[report.nodeid] = Row(name=properties["chaos"], on=on, outcome=report.outcome, seconds=report.duration, measured=measured)


def pytest_terminal_summary(terminalreporter):
    if not ROWS:
        return
    terminalreporter.section("things that failed on purpose")
    for line in lines_of(ROWS.values()):
        terminalreporter.write_line(line)
    if page := os.environ.get("PLANNER_CHAOS_PAGE"):
        write_table(Path(page), ROWS.values())
