"""What all tests share: golden files, and worlds planned once in this process."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

import planner  # noqa: F401 - before openpyxl, which reads once what planner says of lxml

sys.path.insert(0, str(Path(__file__).parent / "chaos"))
sys.path.insert(0, str(Path(__file__).parent))

from counts import COUNTS, IS_FULL
from reliability_page import is_short_form, mark_items, pytest_runtest_logreport, pytest_terminal_summary, say

__all__ = ["pytest_runtest_logreport", "pytest_terminal_summary", "say"]

LONGEST = (
    "test_from_an_empty_house_to_a_plan_and_an_answered_question", "test_workers_killed_while_they_solve_lose_no_run",
    "test_axe_finds_nothing_nothing_runs_over_and_the_policy_is_kept", "test_a_partnership_is_built_apart_and_refused_in_a_sentence",
    "test_every_route_for_every_person", "test_hostile_files_through_the_real_child_each_get_a_page",
    "test_random_partnerships_read_back_as_they_were", "test_wishes_over_a_plan_that_holds", "test_a_worker_ends_when_what_started_it_is_killed",
    "test_a_worker_asked_to_end_gives_its_run_back", "test_workers_killed_at_any_moment_lose_no_run", "test_an_answer_is_what_its_commands_print",
    "test_every_form_of_the_site_does_its_work", "test_a_vacancy_and_more_assessments_disturb_somebody",
)  # fmt: skip
"""Tests that take many seconds each: their files are begun first, so that none is still at work alone when all others are done."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Files with a long test first, then those with the most tests; the tests of a file share what was made for it, so they run in one process."""
    mark_items(items)
    if IS_FULL:
        in_full(config, items)
        return
    many = Counter(item.path for item in items)
    rank = dict.fromkeys(many, len(LONGEST))
    for item in items:
        place = next((i for i, name in enumerate(LONGEST) if name in item.name), len(LONGEST))
        rank[item.path] = min(rank[item.path], place)
    items.sort(key=lambda item: (rank[item.path], -many[item.path]))


def in_full(config, items):
    """What fails on purpose as often as it should: no short form, and the files that may take longest first."""
    config.hook.pytest_deselected(items=[item for item in items if is_short_form(item)])
    items[:] = [item for item in items if not is_short_form(item)]
    minutes = Counter()
    for item in items:
        if of := item.get_closest_marker("chaos"):
            minutes[item.path] += COUNTS[of.args[0]].minutes
    items.sort(key=lambda item: -minutes[item.path])


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write tests/golden again from the rules as they are")


@pytest.fixture
def update_golden(request):
    return request.config.getoption("--update-golden")
