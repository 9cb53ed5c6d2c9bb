"""The table of docs/reliability.md: from the last full run of each test, and of every count there is."""

import re
from pathlib import Path

from counts import COUNTS, forms
from reliability_page import BEGIN, END, Row, lines_of, write_table

TESTS = Path(__file__).parent.parent


def row(name, on="", **more):
    ended = {"test": "test_it.py", "times": 5, "outcome": "passed", "seconds": 1.4, "measured": "", "day": "2026-11-22"}
    return Row(**{"name": name, "on": on} | ended | more)


def test_every_count_is_of_a_test_that_runs_short_for_every_change():
    source = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    named = set(re.findall(r'(?:mark\.chaos|forms)\("([^"]+)"', source)) | set(
        re.findall(r'^    "([a-z-]+)": \{"', source, flags=re.MULTILINE)
    )
    assert set(COUNTS) <= named
    assert all(0 < count.short <= count.full for count in COUNTS.values())
    short, full = forms("swapped")
    assert (short.values, full.values) == ((300,), (5000,))
    assert [any(mark.name == "slow" for mark in form.marks) for form in (short, full)] == [False, True]


def test_what_shows_one_thing_is_one_row_and_is_broken_where_one_of_it_is():
    rows = [
        row("steps", "SQLite", measured="a"),
        row("steps", "SQLite", outcome="failed", measured="b"),
        row("disk-full", day="2026-11-23"),
    ]
    full, steps = list(lines_of(rows))[2:]
    assert full.endswith("| 5 | kept |  | 1 | 2026-11-23 |")
    assert steps.endswith("| SQLite | 5 | **broken** | a; b | 3 | 2026-11-22 |")


def test_what_stands_around_the_table_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_table(page, [row("disk-full")])
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert text.count("| kept |") == 1
