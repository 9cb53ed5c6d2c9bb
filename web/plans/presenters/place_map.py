"""The map: schools and bases in National Grid metres, laid on a sheet a thousand units wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from planner.partnership import Phase, School
from web.plans.presenters.cells import money, whole
from web.plans.presenters.frame import plan_url, school_link, to_take
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import count, listed, unbroken

WIDE = 1000
EDGE = 90
"""Room round the outermost schools, for their marks."""
APART, APART_WITH_BASE = 62, 100
"""Marks are pushed this far from one another, so that each can be seen and pressed, with its flag where it hosts a base."""
TALLEST, LOWEST = 1300, 420
_ROUNDS = 60
_ROUND_METRES = (250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
SHAPES = {Phase.PRIMARY: "circle", Phase.SECONDARY: "square", Phase.ALL_THROUGH: "diamond"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A school on the map: where it is, where its mark stands, and what it says."""

    number: str
    name: str
    label: str
    href: str
    shape: str
    x: str
    y: str
    true_x: str
    true_y: str
    is_moved: bool
    places: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleBar:
    """A bar of so many metres."""

    x: str
    y: str
    end: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of mark that stands on the map, for its key."""

    shape: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """The map and the table beside it."""

    width: str
    height: str
    description: str
    marks: tuple[Mark, ...]
    shapes: tuple[Shape, ...]
    is_any_moved: bool
    scale: ScaleBar
    beside: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Schools laid on a sheet: where each is, and where its mark stands."""

    height: int
    true: tuple[tuple[float, float], ...]
    placed: tuple[tuple[float, float], ...]
    scale: ScaleBar


def sheet_of(schools: Sequence[School], hosts: set[int]) -> Sheet:
    """Schools on a sheet of their own, with room for the flags of hosts (URNs)."""
    west, east = min(s.easting_metres for s in schools), max(s.easting_metres for s in schools)
    south, north = min(s.northing_metres for s in schools), max(s.northing_metres for s in schools)
    units = min((WIDE - 2 * EDGE) / max(east - west, 1), (TALLEST - 2 * EDGE) / max(north - south, 1))
    height = max(LOWEST, round((north - south) * units) + 2 * EDGE) + 60
    left = (WIDE - (east - west) * units) / 2
    true = [(left + (s.easting_metres - west) * units, EDGE + (north - s.northing_metres) * units) for s in schools]
    placed = _apart(true, [s.urn in hosts for s in schools], WIDE, height - 60)
    return Sheet(height=height, true=tuple(true), placed=tuple(placed), scale=_scale_bar(units, height))


def place_map(kept: KeptPlan) -> MapView:
    """Every school as a link, with the places of its bases; the same facts in a table."""
    facts = kept.facts
    schools = facts.partnership.schools
    sheet = sheet_of(schools, {b.host_urn for b in facts.partnership.bases if facts.amounts.base_sizes.get(b.base_id, 0)})
    ledgers = {x.school.urn: x for x in facts.ledgers}
    marks, rows = [], []
    for number, (school, at, mark) in enumerate(zip(schools, sheet.true, sheet.placed, strict=True), start=1):
        here = [(b, facts.amounts.base_sizes.get(b.base_id, 0)) for b in facts.partnership.bases if b.host_urn == school.urn]
        run = [(b, size) for b, size in here if size]
        bases = listed([f"{b.name} ({count(size, 'place')})" for b, size in run])
        ledger = ledgers[school.urn]
        marks.append(
            Mark(
                number=str(number),
                name=school.name,
                label=f"{number}. {school.name}, {school.phase.value}" + (f"; hosts {bases}" if bases else ""),
                href=plan_url(kept, "plans.school", urn=school.urn),
                shape=SHAPES[school.phase],
                x=f"{mark[0]:.0f}",
                y=f"{mark[1]:.0f}",
                true_x=f"{at[0]:.0f}",
                true_y=f"{at[1]:.0f}",
                is_moved=hypot(mark[0] - at[0], mark[1] - at[1]) > 6,
                places=str(sum(size for _, size in run)) if run else "",
            )
        )
        rows.append(
            row(
                school_link(kept, school.urn, f"{number}. {school.name}"), school.phase.value,
                unbroken(facts.world.picture.zone_of(school.urn).zone_id), bases or "none", money(ledger.grant_pounds), whole(ledger.own_sessions),
                f"{ledger.met:,} of {ledger.standards:,}",
            )
        )  # fmt: skip
    headings = (*words("School", "Phase", "Zone", "Bases that run"), *numbers("Grant", "Half-days", "Standards met"))
    return MapView(
        width=str(WIDE),
        height=str(sheet.height),
        description=f"{count(len(schools), 'school')} in their places, north at the top. The table below holds the same facts.",
        marks=tuple(marks),
        shapes=tuple(Shape(shape=shape, words=phase.value) for phase, shape in SHAPES.items() if any(s.phase is phase for s in schools)),
        is_any_moved=any(mark.is_moved for mark in marks),
        scale=sheet.scale,
        beside=to_take(kept, "map", table("Schools on the map", headings, rows)),
    )


def _apart(true: list[tuple[float, float]], is_host: list[bool], width: float, height: float) -> list[tuple[float, float]]:
    """The same places, those too near one another pushed apart; always in the same way."""
    at = [list(place) for place in true]
    for _ in range(_ROUNDS):
        has_moved = False
        for i in range(len(at)):
            for j in range(i):
                dx, dy = at[i][0] - at[j][0], at[i][1] - at[j][1]
                distance = hypot(dx, dy)
                wanted = APART_WITH_BASE if is_host[i] or is_host[j] else APART
                if distance < wanted:
                    if not distance:
                        dx, dy, distance = 1.0, float(i - j), hypot(1.0, i - j)
                    push = (wanted - distance) / 2 + 0.5
                    for place, sign in ((at[i], 1), (at[j], -1)):
                        place[0] = min(max(place[0] + sign * push * dx / distance, APART / 2), width - APART / 2)
                        place[1] = min(max(place[1] + sign * push * dy / distance, APART / 2), height - APART / 2)
                    has_moved = True
        if not has_moved:
            break
    return [(x, y) for x, y in at]


def _scale_bar(units: float, height: int) -> ScaleBar:
    """The longest round length that takes no more than a third of the width."""
    fitting = [metres for metres in _ROUND_METRES if metres * units <= WIDE / 3]
    metres = fitting[-1] if fitting else _ROUND_METRES[0]
    text = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    return ScaleBar(x="30", y=str(height - 28), end=f"{30 + metres * units:.0f}", text=text)
