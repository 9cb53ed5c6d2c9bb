"""docs/security.md keeps to what there is: every test that it names exists, and every item says how it stands."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| \d", line)]


def test_every_test_that_the_page_names_exists():
    there = {
        name for file in HERE.rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 70
    assert named - there == set()


def test_every_item_says_how_it_holds_or_that_it_does_not():
    assert all(len(row) == 4 for row in ROWS)
    for item, what, how, shown in ROWS:
        assert what
        assert shown.startswith("`test_") or shown == "by reading" or (not shown and how.startswith("does not apply")), item


def test_every_chapter_is_there_and_no_item_stands_twice():
    chapters = {int(number) for line in PAGE.splitlines() if line.startswith("### ") for number in re.findall(r"\bV(\d+)", line)}
    assert chapters == set(range(1, 18))
    items = [item for row in ROWS for item in re.findall(r"\d+\.\d+\.\d+", row[0])]
    assert len(items) > 150
    assert len(items) == len(set(items))
