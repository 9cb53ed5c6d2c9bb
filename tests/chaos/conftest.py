"""What every test of things that fail on purpose shares: both databases, and its count."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "store"))

from counts import COUNTS
from fresh_databases import database, empty_database, home, later, server, sqlite_template, store
from stored import a_user

__all__ = ["database", "empty_database", "home", "later", "server", "sqlite_template", "store"]


@pytest.fixture
def times(request):
    """How often, as the count named by the test's ``chaos`` mark says."""
    return COUNTS[request.node.get_closest_marker("chaos").args[0]].times


@pytest.fixture
def by(store):
    return a_user(store)
