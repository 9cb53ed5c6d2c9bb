"""Expected pupils by need, phase and zone as whole numbers that add up, in the tables that are published of a plan.

What may be left out of them, and what else is published that says something of them, goes to the audit as plain data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

from planner.need import World
from planner.partnership import Phase
from planner.policy import Standard
from planner.rounding import half_up, largest_remainder
from planner.small_numbers import FEWEST_SHOWN, LEAST_SPREAD, left_out

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


def needs_of_few(counts: Counts, settled: frozenset[Where] | None) -> frozenset[Where]:
    """The numbers by phase or by zone of needs whose totals on another page are so small that they tell them: all are left out, noughts too.

    Were noughts shown, each number left out would be known to be 1 or more, and their sum would leave each too little room. It depends on what is
    shown alone, so that whoever knows the rule can tell no more: a total, or the sum of those left out.
    """
    if settled is None:
        return frozenset()
    left = [need for need in counts.axes[NEED] if (need, ALL, ALL) in settled]
    groups = [[need] for need in counts.axes[NEED] if need not in left] + [left] * (EVERYWHERE not in settled)
    found: set[Where] = set()
    for axis in (PHASE, ZONE):
        columns = [one for one in counts.axes[axis] if counts.everything[_at(axis, ALL, one)]]
        for group in groups:
            pupils = sum(counts.everything[need, ALL, ALL] for need in group)
            if len(columns) > 1 and 0 < pupils < LEAST_SPREAD + len(group) * len(columns):
                found |= {_at(axis, need, one) for need in group for one in columns}
    return frozenset(found)


def _at(axis: int, need: str, one: str) -> Where:
    return (need, one, ALL) if axis == PHASE else (need, ALL, one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The least and the most pupils that other published figures tell of a count, where they tell any."""

    least: dict[Where, int]
    most: dict[Where, int]


def told_by_standards(world: World, counts: Counts) -> Told:
    """What the tables of standards tell of pupils: a school or zone with a standard expects more pupils than are negligible, one without it fewer.

    Who has a standard is taken for told of each need, phase and zone, which is more than the tables say; who has none, where no row of theirs
    counts any. Never past the true count.
    """
    expects = {
        standard.standard_id: world.policy.board.negligible_pupils * 100 / standard.share_percent for standard in world.policy.standards
    }
    least = {where: min(half_up(n), counts.everything.get(where, 0)) for where, n in _least_expected(world, expects).items()}
    most = {where: max(half_up(n), counts.everything.get(where, 0)) for where, n in _most_expected(world, expects).items()}
    return Told(least=least, most=most)


def _least_expected(world: World, expects: Mapping[str, Fraction]) -> dict[Where, Fraction]:
    """The least pupils that standards tell, of each need, phase and zone and all their sums; a school of both phases tells of neither alone.

    ``expects``: standard id -> from how many expected pupils with its need on a school or zone has it.
    """
    phase_of, zone_of = _of_recipients(world)
    told: dict[tuple[str, str, str], dict[str, Fraction]] = defaultdict(dict)  # (need, zone, school or zone) -> phase -> pupils
    for cell in world.picture.cells:
        standard = world.policy.standard(cell.standard_id)
        phase = _phase(standard.phase or phase_of[cell.recipient])
        of_one = told[standard.need, zone_of[cell.recipient], cell.recipient]
        of_one[phase] = max(of_one.get(phase, Fraction(0)), expects[cell.standard_id])
    of_schools, of_whole_zone = (defaultdict[Where, Fraction](Fraction) for _ in range(2))
    for (need, zone, recipient), of_one in told.items():
        for phase, pupils in _with_all(of_one).items():
            (of_whole_zone if recipient == zone else of_schools)[need, phase, zone] += pupils
    least: dict[Where, Fraction] = defaultdict(Fraction)
    for need, zone in dict.fromkeys((need, zone) for need, zone, _ in told):
        places = {phase: (need, phase, zone) for phase in dict.fromkeys(map(_phase, Phase))}
        for phase, pupils in _with_all({phase: max(of_schools[at], of_whole_zone[at]) for phase, at in places.items()}).items():
            for where in product({need, ALL}, {phase}, {zone, ALL}):
                least[where] += pupils
    return dict(least)


def _with_all(of_phases: dict[str, Fraction]) -> dict[str, Fraction]:
    """With all phases together at least what each tells."""
    each = sum((pupils for phase, pupils in of_phases.items() if phase != ALL), Fraction(0))
    return of_phases | {ALL: max(of_phases.get(ALL, Fraction(0)), each)}


def _most_expected(world: World, expects: Mapping[str, Fraction]) -> dict[Where, Fraction]:
    """The most pupils that rows without any standard tell: of a need, of its standard, of a zone, of a phase of schools."""
    phase_of, zone_of = _of_recipients(world)
    zones = {zone.zone_id: [str(urn) for urn in zone.urns] for zone in world.picture.zones}
    recipients = {cell.recipient for cell in world.picture.cells}
    with_some = {cell.standard_id for cell in world.picture.cells}
    zones_with_some = {zone_of[one] for one in recipients}
    phases_with_some = {phase_of[one] for one in recipients if one not in zones}
    most: dict[Where, Fraction] = {}

    def has_none(one: str) -> bool:
        return zone_of[one] not in zones_with_some or (one not in zones and phase_of[one] not in phases_with_some)

    def tell(where: Where, those: Collection[str], standard: Standard) -> None:
        if standard.standard_id not in with_some or all(map(has_none, those)):
            pupils = len(those) * expects[standard.standard_id]
            most[where] = min(pupils, most.get(where, pupils))

    for standard in world.policy.standards:
        for phase in [standard.phase] if standard.phase or standard.is_for_zone else [None, Phase.PRIMARY, Phase.SECONDARY]:
            of_zones = {
                zone: [zone]
                if standard.is_for_zone
                else [one for one in schools if not phase or phase_of[one] in {phase, Phase.ALL_THROUGH}]
                for zone, schools in zones.items()
            }
            for zone, those in (*of_zones.items(), (ALL, [one for each in of_zones.values() for one in each])):
                tell((standard.need, phase.value if phase else ALL, zone), those, standard)
    return most


def _of_recipients(world: World) -> tuple[dict[str, Phase], dict[str, str]]:
    """Of each school its phase, and of each school and zone its zone; a zone is of both phases."""
    zones = world.picture.zones
    phase_of = {str(one.urn): one.phase for one in world.partnership.schools} | {zone.zone_id: Phase.ALL_THROUGH for zone in zones}
    return phase_of, {str(urn): zone.zone_id for zone in zones for urn in zone.urns} | {zone.zone_id: zone.zone_id for zone in zones}


def _phase(phase: Phase) -> str:
    return ALL if phase is Phase.ALL_THROUGH else phase.value


def audit_order(
    counts: Counts,
    *,
    layouts: Iterable[Layout] = LAYOUTS,
    settled: frozenset[Where] | None = frozenset(),
    told: Told | None = None,
    fewest: int = FEWEST_SHOWN,
) -> dict[str, Any]:
    """What the audit of all published tables together is asked, as plain data.

    ``settled`` is what is left out of the needs' totals, which another page publishes too (None: this pack alone publishes them); ``told`` is
    what else is published of a count.
    """
    lines = [line for layout in layouts for line in counts.lines(layout)]
    parts = {where: n for n, where in enumerate(counts.parts)}
    same: dict[tuple[int, ...], list[Where]] = defaultdict(list)  # of one phase, all phases are the same count, left out or shown with it
    for where in dict.fromkeys(where for line in lines for where in line):
        same[tuple(n for part, n in parts.items() if all(w in {ALL, p} for w, p in zip(where, part, strict=True)))].append(where)
    places = list(same.values())
    number = {where: n for n, alike in enumerate(places) for where in alike}

    few = needs_of_few(counts, settled)

    def is_settled(where: Where) -> bool:
        return settled is not None and where[PHASE] == ALL and where[ZONE] == ALL

    def is_of_few(alike: list[Where]) -> bool:
        return not few.isdisjoint(alike) and not any(map(is_settled, alike))

    def is_small(alike: list[Where]) -> bool:
        fixed = [where for where in alike if is_settled(where)]
        return fixed[0] in (settled or ()) if fixed else 0 < counts.everything.get(alike[0], 0) < fewest or is_of_few(alike)

    return {
        "parts": [*counts.parts.values()],
        "places": [[list(where) for where in alike] for alike in places],
        "of": [list(of) for of in same],
        "may_be_nought": [is_of_few(alike) for alike in places],
        "may_hide": [not any(map(is_settled, alike)) for alike in places],
        "least": [max(told.least.get(where, 0) if told else 0 for where in alike) for alike in places],
        "most": [min((told.most[where] for where in alike if told and where in told.most), default=None) for alike in places],
        "lines": [[number[where] for where in line] for line in lines],
        "hidden": [n for n, alike in enumerate(places) if is_small(alike)],
    }
