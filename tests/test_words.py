"""One rule for points in words: what is not met rounded up, what is met and every bound rounded down, to two decimals everywhere."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

import web
from planner.compare import Line, Unit
from planner.words import is_before, least_figure, least_points, most_figure, most_points, points_apart
from web.commands.compare import _texts
from web.forms import whole_number

ROOT = Path(web.__file__).parent.parent


@pytest.mark.parametrize(
    ("points", "least", "most"),
    [(3.8743, "3.87", "3.88"), (3.87, "3.87", "3.87"), (0.1 + 0.2, "0.30", "0.30"), (0.0001, "0.00", "0.01"), (-0.5, "0.00", "0.00"), (100 - 48.8951, "51.10", "51.11")],
)  # fmt: skip
def test_points_are_never_flattering(points, least, most):
    assert (least_points(points), most_points(points)) == (least, most)
    assert (least_figure(points), most_figure(points)) == (float(least), float(most))


def test_the_distance_between_two_is_that_of_the_figures_shown():
    assert points_apart("3.88", "3.82") == "0.06"
    assert points_apart("3.82", "3.88") == "0.00"


def test_compare_says_the_points_that_other_pages_say():
    assert _texts(Line(label="Need below the line of 70 percent", unit=Unit.POINTS, figures=(3.8743, None))) == ["3.88", "not known"]
    assert _texts(Line(label="Need met in all", unit=Unit.POINTS, figures=(51.1049,), is_met=True)) == ["51.10"]


def test_no_sentence_rounds_points_by_itself():
    paths = [path for folder in ("planner", "optimisation", "web") for path in (ROOT / folder).rglob("*.py") if path.name != "bench.py"]
    of_its_own = re.compile(r"\{[^{}]*(?:points|shortfall|unmet)[^{}]*:,?\.\d[fg]\}")
    assert [(path.name, found) for path in paths for found in of_its_own.findall(path.read_text(encoding="utf-8"))] == []


def test_a_day_is_before_another_and_what_is_no_date_is_not():
    on = dt.date(2026, 5, 24)
    assert [is_before(text, on) for text in ("2026-05-23", "2026-05-24", "", "soon")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("typed", "number"), [("12", 12), (" 1,200 ", 1200), ("12 000", 12000), ("1,5", None), ("1.5", None), ("", None), ("-1", None), ("١", None), ("9" * 10, None)]
)  # fmt: skip
def test_a_whole_number_is_read_as_people_type_it(typed, number):
    assert whole_number(typed) == number
