"""Maps of who gets more and less: one for each way beside the first, schools in their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot

from planner.compare import Comparison, Line, Pair, Unit
from web.plans.presenters.place_map import WIDE, ScaleBar, sheet_of
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import count, pounds, pounds_change

MORE, LESS, SAME = "more", "less", "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapMark:
    """A school: its number, whether its grant is more, less or the same, and where it stands."""

    number: str
    label: str
    href: str
    way: str
    x: str
    y: str
    true_x: str
    true_y: str
    is_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """Grants of one way beside the first, and the same as a table."""

    anchor: str
    title: str
    description: str
    width: str
    height: str
    marks: tuple[MapMark, ...]
    is_any_moved: bool
    scale: ScaleBar
    beside: TableView


def maps_of(comparison: Comparison, school_page: Callable[[int], str]) -> tuple[Map, ...]:
    """A map for each way but the first; none where no school is in all of them."""
    schools = next(axis for axis in comparison.axes if axis.key == "schools").groups
    if not schools:
        return ()
    return tuple(_map(n, pair, comparison, school_page) for n, pair in enumerate(comparison.pairs, start=1))


def _map(n: int, pair: Pair, comparison: Comparison, school_page: Callable[[int], str]) -> Map:
    first = comparison.sides[0]
    groups = next(axis for axis in comparison.axes if axis.key == "schools").groups
    there = {school.urn: school for school in first.world.partnership.schools}
    sheet = sheet_of([there[group.urn] for group in groups if group.urn is not None], set())
    marks, rows = [], []
    for number, (group, at, mark) in enumerate(zip(groups, sheet.true, sheet.placed, strict=True), start=1):
        assert group.urn is not None
        was, now = _grants(group.lines, n)
        way = MORE if now > was else LESS if now < was else SAME
        href = school_page(group.urn)
        marks.append(
            MapMark(
                number=str(number),
                label=f"{number}. {group.label}: {pounds_change(now - was)}",
                href=href,
                way=way,
                x=f"{mark[0]:.0f}",
                y=f"{mark[1]:.0f}",
                true_x=f"{at[0]:.0f}",
                true_y=f"{at[1]:.0f}",
                is_moved=hypot(mark[0] - at[0], mark[1] - at[1]) > 6,
            )
        )
        rows.append(row(
            TableCell(text=f"{number}. {group.label}", href=href), TableCell(text=pounds(was), value=was), TableCell(text=pounds(now), value=now),
            TableCell(text=pounds_change(now - was), value=now - was),
        ))  # fmt: skip
    ways = [mark.way for mark in marks]
    return Map(
        anchor=f"map-{n}",
        title=f"Grants: {pair.side.name} beside {first.name}",
        description=f"{count(len(marks), 'school')}, north at the top: {ways.count(MORE)} with more, {ways.count(LESS)} with less, "
        f"{ways.count(SAME)} with the same. The table below holds the same facts.",
        width=str(WIDE),
        height=str(sheet.height),
        marks=tuple(marks),
        is_any_moved=any(mark.is_moved for mark in marks),
        scale=sheet.scale,
        beside=table(
            f"Grants on the map: {pair.side.name} beside {first.name}",
            (*words("School"), *numbers(first.name, pair.side.name, "Difference")),
            rows,
        ),
    )


def _grants(lines: tuple[Line, ...], n: int) -> tuple[int, int]:
    grants = next(line for line in lines if line.unit is Unit.POUNDS)
    return int(grants.figures[0] or 0), int(grants.figures[n] or 0)
