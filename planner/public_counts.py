"""Expected pupils by need, phase and zone as whole numbers that add up, in the tables that are published of a plan.

What may be left out of them, and what else is published that says something of them, goes to the audit as plain data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

from planner.need import World
from planner.partnership import Phase
from planner.rounding import half_up, largest_remainder
from planner.small_numbers import FEWEST_SHOWN, left_out

ALL = ""
Where = tuple[str, str, str]
"""A need, a phase and a zone; "" for all of them."""
NEED, PHASE, ZONE = 0, 1, 2
EVERYWHERE: Where = (ALL, ALL, ALL)
_MILLIONTHS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A published table: its name, and which of need, phase and zone goes down and which across."""

    name: str
    down: int
    across: int


LAYOUTS = (
    Layout(name="pupils-by-need-and-phase", down=NEED, across=PHASE),
    Layout(name="pupils-by-need-and-zone", down=NEED, across=ZONE),
    Layout(name="pupils-by-zone-and-phase", down=ZONE, across=PHASE),
)


@dataclass(frozen=True)
class Counts:
    """Whole numbers of expected pupils: ``parts`` of each need in each phase and zone; every other count is a sum of them."""

    axes: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    parts: dict[Where, int]

    @cached_property
    def everything(self) -> dict[Where, int]:
        """Each part and each sum."""
        found: dict[Where, int] = defaultdict(int)
        for (need, phase, zone), pupils in self.parts.items():
            for where in product((need, ALL), (phase, ALL), (zone, ALL)):
                found[where] += pupils
        return dict(found)

    def lines(self, layout: Layout) -> Iterator[tuple[Where, ...]]:
        """A table's rows and columns, each with its total last."""
        down, across = (*self.axes[layout.down], ALL), (*self.axes[layout.across], ALL)
        yield from (tuple(place(layout, row, column) for column in across) for row in down)
        yield from (tuple(place(layout, row, column) for row in down) for column in across)


def place(layout: Layout, row: str, column: str) -> Where:
    """What a table counts in a row and a column."""
    at = [ALL, ALL, ALL]
    at[layout.down], at[layout.across] = row, column
    return (at[0], at[1], at[2])


def expected_counts(world: World) -> Counts:
    """Of each need that a standard is for, rounded once; its parts share the whole number by largest remainder."""
    kinds = {standard.need for standard in world.policy.standards}
    needs = tuple(kind.code for kind in world.policy.need_types if kind.code in kinds)
    of_urn = {urn: zone.zone_id for zone in world.picture.zones for urn in zone.urns}
    exact: dict[Where, Fraction] = defaultdict(Fraction)
    for one in world.picture.school_needs:
        exact[one.need, one.phase.value, of_urn[one.urn]] += one.expected_pupils
    phases = tuple(phase.value for phase in Phase if any(where[PHASE] == phase.value for where in exact))
    zones = tuple(zone.zone_id for zone in world.picture.zones)
    parts: dict[Where, int] = {}
    for need in needs:
        places = [(need, phase, zone) for phase in phases for zone in zones]
        amounts = [exact.get(where, Fraction(0)) for where in places]
        parts |= zip(
            places, largest_remainder(half_up(sum(amounts, Fraction(0))), [half_up(n * _MILLIONTHS) for n in amounts]), strict=True
        )
    return Counts((needs, phases, zones), parts)


def need_totals_left_out(counts: Counts, fewest: int) -> frozenset[Where]:
    """What the page of the plan's effects leaves out in its copy for publication: the pack leaves out the same of these, no more and no less."""
    needs = counts.axes[NEED]
    pupils = [counts.everything[need, ALL, ALL] for need in needs]
    hidden, is_total_hidden = left_out(pupils, sum(pupils), fewest=fewest)
    return frozenset((needs[n], ALL, ALL) for n in hidden) | ({EVERYWHERE} if is_total_hidden else frozenset())


def told_by_standards(world: World) -> dict[Where, int]:
    """The least pupils of a need that its standards tell: each school or zone with one expects more pupils than are negligible."""
    least: dict[Where, int] = {}
    for standard in world.policy.standards:
        there = sum(cell.standard_id == standard.standard_id for cell in world.picture.cells)
        at = (standard.need, ALL, ALL)
        least[at] = max(half_up(there * world.policy.board.negligible_pupils * 100 / standard.share_percent), least.get(at, 0))
    return least


def audit_order(
    counts: Counts,
    *,
    layouts: Iterable[Layout] = LAYOUTS,
    settled: frozenset[Where] | None = frozenset(),
    least: dict[Where, int] | None = None,
    fewest: int = FEWEST_SHOWN,
) -> dict[str, Any]:
    """What the audit of all published tables together is asked, as plain data.

    ``settled`` is what is left out of the needs' totals, which another page publishes too (None: this pack alone publishes them); ``least`` is
    what else is published of a count.
    """
    lines = [line for layout in layouts for line in counts.lines(layout)]
    parts = {where: n for n, where in enumerate(counts.parts)}
    same: dict[tuple[int, ...], list[Where]] = defaultdict(list)  # of one phase, all phases are the same count, left out or shown with it
    for where in dict.fromkeys(where for line in lines for where in line):
        same[tuple(n for part, n in parts.items() if all(w in {ALL, p} for w, p in zip(where, part, strict=True)))].append(where)
    places = list(same.values())
    number = {where: n for n, alike in enumerate(places) for where in alike}

    def is_settled(where: Where) -> bool:
        return settled is not None and where[PHASE] == ALL and where[ZONE] == ALL

    def is_small(alike: list[Where]) -> bool:
        fixed = [where for where in alike if is_settled(where)]
        return fixed[0] in (settled or ()) if fixed else 0 < counts.everything.get(alike[0], 0) < fewest

    return {
        "parts": [*counts.parts.values()],
        "places": [[list(where) for where in alike] for alike in places],
        "of": [list(of) for of in same],
        "may_hide": [not any(map(is_settled, alike)) for alike in places],
        "least": [max((least or {}).get(where, 0) for where in alike) for alike in places],
        "lines": [[number[where] for where in line] for line in lines],
        "hidden": [n for n, alike in enumerate(places) if is_small(alike)],
    }
