"""Two to four ways to share on the same axes: who gets more and who gets less, which rules each keeps, and why they differ.

Pure functions of amounts in their worlds. Where plans were made from different figures, only what all of them hold is
compared, and ``Comparison.notes`` say what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import partial
from typing import TypeVar

from planner.audit import AUDITS, Miss, price_at
from planner.export.priced import said_by, said_where
from planner.fairness import session_value_pounds
from planner.intake.differences import Difference as FigureDifference
from planner.intake.differences import PolicyDifference, differences, policy_differences
from planner.measures import standing
from planner.need import WHOLE, World
from planner.partnership import Base, School, Service
from planner.plan import PAYMENTS, Amounts, Baseline
from planner.policy import Standard
from planner.rules import RULES
from planner.supply import base_running_pounds, sizes_of
from planner.words import least_points, most_points

T = TypeVar("T")
LEAST_SIDES, MOST_SIDES = 2, 4
BASELINES = {"last_year": "Last year", "formula": "Formula share", "greedy": "Most need first"}
"""The other ways to share that a plan may hold, and what they are called."""
HOW = {
    "last_year": "Each school keeps last year's grant and half-days; rare services and bases are shared by formula, as last year's rows do not hold them.",
    "formula": "Every school and zone gets a part in proportion to its need.",
    "greedy": "What is promised comes first; then time goes block by block to whoever still needs it most, and grants by the hours that needs ask for.",
    "dot": "A search among all plans that keep the rules, for the one that meets most need in all with no more than so much below the board's line.",
    "plan": "A search among all plans that keep the rules, for the one that leaves least need below the board's line.",
}
"""How each way shares, by its method."""
PROTECTIONS = ("money_floor", "sessions_floor", "no_worse_outside", "head_rule", "standard_floor", "pupils_now_kept", "host_consent")
"""The rules that keep something for a school, shown first."""
DEPRIVED, MIDDLE = 3, 7
"""Deciles 1 to 3 are the most deprived, 4 to 7 lie between."""


class Unit(StrEnum):
    """What a figure counts."""

    POUNDS = "pounds"
    HALF_DAYS = "half-days"
    PLACES = "places"
    STANDARDS = "standards"
    POINTS = "points"
    RULES = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way to share: its name, its amounts in their world, and how they were found (a baseline's name, ``dot`` or ``plan``).

    ``fingerprint`` is that of the plan that it is, or that holds it; '' where nobody knows it.
    """

    name: str
    world: World
    amounts: Amounts
    method: str = "plan"
    ending: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of every side, in their order; None where a side's rows do not hold it."""

    label: str
    unit: Unit
    figures: tuple[int | float | None, ...]
    is_met: bool = False
    """Whether its points count need met, which is rounded down; what is not met is rounded up."""

    def points(self, figure: float) -> str:
        """One of its figures in points, never flattering."""
        return least_points(figure) if self.is_met else most_points(figure)

    @property
    def differs(self) -> bool:
        """Whether any two sides differ."""
        return len(set(self.figures)) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One row of an axis: a school, a service, a kind of school; several figures of every side."""

    label: str
    lines: tuple[Line, ...]
    urn: int | None = None
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether any figure does."""
        return any(line.differs for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One way to look at the sides; ``note`` says what it counts, or why there are no rows."""

    key: str
    title: str
    what: str
    note: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One amount that differs between two sides."""

    what: str
    unit: Unit
    before: int
    after: int

    @property
    def words(self) -> str:
        """How much more or less."""
        by, is_more = abs(self.after - self.before), self.after > self.before
        if self.unit is Unit.POUNDS:
            return f"£{by:,} {'more' if is_more else 'less'} {self.what} (from £{self.before:,} to £{self.after:,})"
        counted = {Unit.HALF_DAYS: "half-day", Unit.PLACES: "place", Unit.STANDARDS: "standard"}[self.unit]
        return f"{by:,} {counted}{'' if by == 1 else 's'} {'more' if is_more else 'fewer'} {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs for one school, zone or base.

    ``pounds`` is the size of it, time at its price, by which differences are ordered; ``net_pounds`` what is more less what is less.
    """

    who: str
    urn: int | None
    parts: tuple[Part, ...]
    pounds: int
    net_pounds: int

    @property
    def sentence(self) -> str:
        """One line for a person."""
        return f"{self.who}: {', '.join(part.words for part in self.parts)}."

    @property
    def in_short(self) -> tuple[str, ...]:
        """The same with half-days of several services counted together."""
        times = [part for part in self.parts if part.unit is Unit.HALF_DAYS]
        if len(times) <= 1:
            return tuple(part.words for part in self.parts)
        together = Part(what="in all", unit=Unit.HALF_DAYS, before=sum(p.before for p in times), after=sum(p.after for p in times))
        said = together.words if together.before != together.after else f"other half-days, of {len(times)} services"
        rest = [(part.unit, part.words) for part in self.parts if part not in times]
        return (*(text for unit, text in rest if unit is Unit.POUNDS), said, *(text for unit, text in rest if unit is not Unit.POUNDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many schools get more, less and the same of something."""

    what: str
    less_word: str
    more: int
    less: int
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a side differs: other settings and figures it was made from, or the way it was found."""

    sentences: tuple[str, ...]
    policy: tuple[PolicyDifference, ...] = ()
    figures: tuple[FigureDifference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One side beside the first: biggest differences first, how many schools get more, and why."""

    side: Side
    differences: tuple[Difference, ...]
    counts: tuple[Count, ...]
    why: Why


class Verdict(StrEnum):
    """How a side stands to a rule."""

    KEEPS = "keeps it"
    BREAKS = "breaks it"
    GIVES_WAY = "gives way at its price"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule, and every side's verdict with the number of places where it is missed and the largest of them in words."""

    rule_id: str
    sentence: str
    is_protection: bool
    verdicts: tuple[Verdict, ...]
    missed: tuple[int, ...]
    examples: tuple[str, ...]

    @property
    def is_kept_by_all(self) -> bool:
        """Whether every side keeps it."""
        return set(self.verdicts) == {Verdict.KEEPS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Sides beside the first of them. ``rules_of`` is the side whose rules all are held against."""

    sides: tuple[Side, ...]
    rules_of: Side
    headlines: tuple[Line, ...]
    axes: tuple[Axis, ...]
    pairs: tuple[Pair, ...]
    rules: tuple[RuleRow, ...]
    notes: tuple[str, ...]


def baseline_side(baseline: Baseline, world: World, *, fingerprint: str = "") -> Side:
    """Another way to share the pool of a plan, as a side; ``fingerprint`` is that plan's."""
    name = BASELINES.get(baseline.name, baseline.title.partition(" (")[0])
    return Side(name=name, world=world, amounts=baseline.amounts, method=baseline.name, fingerprint=fingerprint)


def compare(sides: Sequence[Side]) -> Comparison:
    """Two to four sides beside the first. Raises ``ValueError`` for any other number."""
    if not LEAST_SIDES <= len(sides) <= MOST_SIDES:
        raise ValueError(f"{len(sides)} sides: two to four can be compared")
    shared = _Shared(tuple(sides))
    rules_of = next((side for side in sides if side.method == "plan"), sides[0])
    rules = _rules(sides, rules_of)
    return Comparison(
        sides=tuple(sides),
        rules_of=rules_of,
        headlines=_headlines(shared, rules),
        axes=_axes(shared),
        pairs=tuple(Pair(side=side, differences=shared.differences(side), counts=shared.counts(side), why=_why(sides[0], side)) for side in sides[1:]),
        rules=rules,
        notes=shared.notes,
    )  # fmt: skip


# --- what all sides hold -------------------------------------------------------------------


class _Shared:
    """What every side's world holds, and each side's amounts of it."""

    def __init__(self, sides: tuple[Side, ...]) -> None:
        self.sides, self.first = sides, sides[0]
        world, others = self.first.world, [side.world for side in sides[1:]]
        self.is_same = all(other.partnership == world.partnership for other in others)
        p = world.partnership
        self.schools: list[School] = _in_all(p.schools, [o.partnership.schools for o in others], lambda s: s.urn)
        self.services: list[Service] = _in_all(p.services, [o.partnership.services for o in others], lambda s: s.service_id)
        self.bases: list[Base] = _in_all(p.bases, [o.partnership.bases for o in others], lambda b: b.base_id)
        self.standards: list[Standard] = _in_all(world.policy.standards, [o.policy.standards for o in others], lambda s: s.standard_id)
        self.zones = _in_all(world.picture.zones, [o.picture.zones for o in others], lambda z: (z.zone_id, frozenset(z.urns)))
        cells = _in_all(world.picture.cells, [o.picture.cells for o in others], lambda c: c.cell_id)
        self.cells = [cell.cell_id for cell in cells]
        self.has_same_need = all(o.picture.cells == world.picture.cells for o in others)
        self._cell = {side.name: {cell.cell_id: cell for cell in side.world.picture.cells} for side in sides}
        self.notes = tuple(self._notes(others))

    def _notes(self, others: list[World]) -> Iterable[str]:
        years = {side.world.partnership.academic_year for side in self.sides}
        if len(years) > 1:
            yield f"These plans are for different years ({', '.join(sorted(years))})."
        if not self.is_same:
            yield "They were made from different figures, so only what all of them hold is compared."
        names = {s.urn: s.name for world in [self.first.world, *others] for s in world.partnership.schools}
        left = sorted(names[urn] for urn in set(names) - {s.urn for s in self.schools})
        if left:
            yield f"Left out, as not every plan holds them: {', '.join(left)}."
        if len(self.zones) < len(self.first.world.picture.zones):
            yield "Schools are grouped into zones in different ways; the time of a zone is compared only where its schools are the same."
        if not self.has_same_need:
            yield "Need was worked out in different ways, so points are left out: they are shares of different needs."

    # --- one amount ---

    def grant(self, side: Side, urn: int) -> int:
        """Pounds of grant to a school."""
        return sum(pounds for (school, _), pounds in side.amounts.grants.items() if school == urn)

    def time(self, side: Side, recipient: str, service_id: str) -> int:
        """Half-days of a service for a school or zone."""
        return side.amounts.sessions.get((recipient, service_id), 0)

    def own_time(self, side: Side, urn: int) -> int:
        """Half-days of every shared service for a school itself."""
        return sum(self.time(side, str(urn), s.service_id) for s in self.services)

    def given(self, service_id: str, side: Side) -> int:
        """Half-days of a service for every shared school and zone."""
        return sum(self.time(side, r, service_id) for r in (*(str(s.urn) for s in self.schools), *(z.zone_id for z in self.zones)))

    def size(self, base_id: str, side: Side) -> int:
        """Places a base runs at."""
        return side.amounts.base_sizes.get(base_id, 0)

    def hosted(self, side: Side, urn: int) -> int:
        """Places of the bases a school hosts."""
        return sum(self.size(b.base_id, side) for b in self.bases if b.host_urn == urn)

    def level(self, side: Side, cell_id: str) -> int | None:
        """Millionths of need met of a cell; None where it is out of reach."""
        return None if self._cell[side.name][cell_id].out_of_reach else side.amounts.need_met.get(cell_id, 0)

    def met(self, side: Side, cells: Iterable[str]) -> int:
        """How many standards are fully met."""
        return sum(self.level(side, cell_id) == WHOLE for cell_id in cells)

    def under_half(self, side: Side, cells: Iterable[str]) -> int:
        """How many standards are met to less than half, those out of reach apart."""
        return sum(level is not None and level < WHOLE // 2 for level in (self.level(side, cell_id) for cell_id in cells))

    def cells_of(self, recipient: str) -> list[str]:
        """The shared standards of a school or zone."""
        return [cell_id for cell_id in self.cells if cell_id.rpartition(":")[0] == recipient]

    def line(self, label: str, unit: Unit, amount: Callable[[Side], int | float | None], *, is_met: bool = False) -> Line:
        """One figure of every side."""
        return Line(label=label, unit=unit, figures=tuple(amount(side) for side in self.sides), is_met=is_met)

    # --- what differs ---

    def differences(self, side: Side) -> tuple[Difference, ...]:
        """What a side gives beside the first, biggest first; of equals by name."""
        found = [*self._of_schools(side), *self._of_zones(side), *self._of_bases(side)]
        return tuple(sorted((one for one in found if one.parts), key=lambda one: (-one.pounds, one.who)))

    def _of_schools(self, side: Side) -> Iterable[Difference]:
        value = session_value_pounds(self.first.world)
        for school in self.schools:
            grant = _part("grant", Unit.POUNDS, self.grant(self.first, school.urn), self.grant(side, school.urn))
            times = [
                (s, _part(f"of {s.name}", Unit.HALF_DAYS, self.time(self.first, str(school.urn), s.service_id), self.time(side, str(school.urn), s.service_id)))
                for s in self.services
            ]  # fmt: skip
            cells = self.cells_of(str(school.urn))
            met = _part("fully met", Unit.STANDARDS, self.met(self.first, cells), self.met(side, cells))
            pounds = _moved(grant) + sum(_moved(part) * value[s.service_id] for s, part in times)
            net = _net(grant) + sum(_net(part) * value[s.service_id] for s, part in times)
            yield Difference(
                who=school.name, urn=school.urn, parts=_differing([grant, *(part for _, part in times), met]), pounds=pounds, net_pounds=net
            )

    def _of_zones(self, side: Side) -> Iterable[Difference]:
        value = session_value_pounds(self.first.world)
        for zone in self.zones:
            times = [
                (s, _part(f"of {s.name}", Unit.HALF_DAYS, self.time(self.first, zone.zone_id, s.service_id), self.time(side, zone.zone_id, s.service_id)))
                for s in self.services
            ]  # fmt: skip
            cells = self.cells_of(zone.zone_id)
            met = _part("fully met", Unit.STANDARDS, self.met(self.first, cells), self.met(side, cells))
            name = zone.zone_id if zone.zone_id.casefold().startswith("zone") else f"Zone {zone.zone_id}"
            pounds = sum(_moved(part) * value[s.service_id] for s, part in times)
            net = sum(_net(part) * value[s.service_id] for s, part in times)
            yield Difference(who=name, urn=None, parts=_differing([*(part for _, part in times), met]), pounds=pounds, net_pounds=net)

    def _of_bases(self, side: Side) -> Iterable[Difference]:
        policy = self.first.world.policy
        for base in self.bases:
            part = _part("to run", Unit.PLACES, self.size(base.base_id, self.first), self.size(base.base_id, side))
            a_place = max((base_running_pounds(base, size, policy) // size for size in sizes_of(base)), default=0)
            yield Difference(
                who=base.name, urn=base.host_urn, parts=_differing([part]), pounds=_moved(part) * a_place, net_pounds=_net(part) * a_place
            )  # fmt: skip

    def counts(self, side: Side) -> tuple[Count, ...]:
        """How many schools get more and less of each thing than the first side gives."""

        def counted(what: str, less_word: str, amount: Callable[[Side, School], int]) -> Count:
            changes = [amount(side, school) - amount(self.first, school) for school in self.schools]
            return Count(
                what=what, less_word=less_word, more=sum(n > 0 for n in changes), less=sum(n < 0 for n in changes), same=sum(n == 0 for n in changes)
            )  # fmt: skip

        return (
            counted("grant", "less", lambda one, school: self.grant(one, school.urn)),
            counted("half-days", "fewer", lambda one, school: self.own_time(one, school.urn)),
            counted("standards fully met", "fewer", lambda one, school: self.met(one, self.cells_of(str(school.urn)))),
        )


def _in_all(first: Iterable[T], others: Sequence[Iterable[T]], key: Callable[[T], object]) -> list[T]:
    """What is in every list, in the order of the first."""
    keys = [{key(item) for item in other} for other in others]
    return [item for item in first if all(key(item) in one for one in keys)]


def _part(what: str, unit: Unit, before: int, after: int) -> Part:
    return Part(what=what, unit=unit, before=before, after=after)


def _net(part: Part) -> int:
    return part.after - part.before


def _moved(part: Part) -> int:
    return abs(part.after - part.before)


def _differing(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.before != part.after)


# --- axes ----------------------------------------------------------------------------------


def _headlines(shared: _Shared, rules: Sequence[RuleRow]) -> tuple[Line, ...]:
    """Counts before points."""
    cells = shared.cells
    lines = [
        shared.line("Standards fully met", Unit.STANDARDS, lambda side: shared.met(side, cells)),
        shared.line("Standards met to less than half", Unit.STANDARDS, lambda side: shared.under_half(side, cells)),
        shared.line("Standards out of reach", Unit.STANDARDS, lambda side: sum(shared.level(side, cell_id) is None for cell_id in cells)),
        shared.line("Grants to schools", Unit.POUNDS, lambda side: sum(shared.grant(side, school.urn) for school in shared.schools)),
        shared.line("Half-days given", Unit.HALF_DAYS, lambda side: sum(shared.given(s.service_id, side) for s in shared.services)),
        shared.line("Base places that run", Unit.PLACES, lambda side: sum(shared.size(b.base_id, side) for b in shared.bases)),
    ]
    lines.append(
        Line(
            label="Rules broken", unit=Unit.RULES,
            figures=tuple(_broken(row.verdicts[n] for row in rules) for n in range(len(shared.sides))),
        )
    )  # fmt: skip
    if shared.has_same_need:
        line = shared.first.world.policy.board
        measured = {
            side.name: standing(side.world.picture, replace(side.world.policy, board=replace(side.world.policy.board, line_percent=line.line_percent)), side.amounts)
            for side in shared.sides
        }  # fmt: skip
        lines += [
            shared.line(f"Need below the line of {float(line.line_percent):g} percent", Unit.POINTS, lambda side: measured[side.name].shortfall_points),
            shared.line("Need met in all", Unit.POINTS, lambda side: measured[side.name].need_met_points, is_met=True),
        ]  # fmt: skip
    return tuple(lines)


def _broken(verdicts: Iterable[Verdict]) -> int | None:
    """How many rules a side breaks; None where it is not known of any."""
    known = [verdict for verdict in verdicts if verdict is not Verdict.UNKNOWN]
    return sum(verdict is Verdict.BREAKS for verdict in known) if known else None


def _axes(shared: _Shared) -> tuple[Axis, ...]:
    schools = [_schools_group(shared, school.name, [school], urn=school.urn) for school in sorted(shared.schools, key=lambda s: s.name)]
    services = [
        Group(label=s.name, lines=(shared.line("Half-days given", Unit.HALF_DAYS, partial(shared.given, s.service_id)),)) for s in shared.services
    ]  # fmt: skip
    bases = [
        Group(label=b.name, urn=b.host_urn, lines=(shared.line("Places", Unit.PLACES, partial(shared.size, b.base_id)),)) for b in shared.bases
    ]  # fmt: skip
    standards = [_standard_group(shared, standard) for standard in shared.standards]
    return (
        Axis(key="schools", title="Schools", what="school", note="In the order of the alphabet: this is no ranking.", groups=tuple(schools)),
        Axis(key="services", title="Services", what="service", note="Half-days for schools and for zones together.", groups=tuple(services)),
        Axis(key="bases", title="Bases", what="base", note="Places each base runs at; 0 where it does not run.", groups=tuple(bases)),
        Axis(key="standards", title="Standards", what="standard", note="How many schools, or zones, have each standard fully met.",
             groups=tuple(group for group in standards if group is not None)),
        Axis(key="phases", title="Phase", what="phase", note=_WHAT_SCHOOLS_GET, groups=_groups(shared, _phase)),
        Axis(key="deprivation", title="Deprivation", what="part", groups=_groups(shared, _deprivation), note=_note(
            shared, _deprivation, "The figures hold no school's deprivation decile (column IDACI decile of the sheet Schools), so there is nothing to show.",
            f"By the decile of the school's own pupils' neighbourhoods (IDACI). {_WHAT_SCHOOLS_GET}")),
        Axis(key="rurality", title="Rural and urban", what="part", groups=_groups(shared, _rurality), note=_note(
            shared, _rurality, "The figures do not say which schools are rural (column Area type of the sheet Schools), so there is nothing to show.",
            f"By the area type in the register of schools. {_WHAT_SCHOOLS_GET}")),
    )  # fmt: skip


_WHAT_SCHOOLS_GET = "What schools get themselves: the time and places of a zone are not divided among its schools."
NOT_KNOWN = "Not known"


def _schools_group(shared: _Shared, label: str, schools: Sequence[School], *, urn: int | None = None, note: str = "") -> Group:
    cells = [cell_id for school in schools for cell_id in shared.cells_of(str(school.urn))]
    return Group(
        label=label,
        urn=urn,
        note=note,
        lines=(
            shared.line("Grant", Unit.POUNDS, lambda side: sum(shared.grant(side, school.urn) for school in schools)),
            shared.line("Half-days", Unit.HALF_DAYS, lambda side: sum(shared.own_time(side, school.urn) for school in schools)),
            shared.line("Base places hosted", Unit.PLACES, lambda side: sum(shared.hosted(side, school.urn) for school in schools)),
            shared.line("Standards fully met", Unit.STANDARDS, lambda side: shared.met(side, cells)),
        ),
    )


def _standard_group(shared: _Shared, standard: Standard) -> Group | None:
    cells = [cell_id for cell_id in shared.cells if cell_id.rpartition(":")[2] == standard.standard_id]
    if not cells:
        return None
    return Group(
        label=standard.name,
        note=f"of {len(cells):,}",
        lines=(
            shared.line("Fully met", Unit.STANDARDS, lambda side: shared.met(side, cells)),
            shared.line("Met to less than half", Unit.STANDARDS, lambda side: shared.under_half(side, cells)),
        ),
    )


def _groups(shared: _Shared, kind_of: Callable[[School], str]) -> tuple[Group, ...]:
    """The schools by kind, kinds in their own order; none where no school's kind is known."""
    kinds: dict[str, list[School]] = {}
    for school in shared.schools:
        kinds.setdefault(kind_of(school), []).append(school)
    if set(kinds) <= {NOT_KNOWN}:
        return ()
    order = sorted(kinds, key=lambda kind: (kind == NOT_KNOWN, _ORDER.index(kind) if kind in _ORDER else 0, kind))
    return tuple(
        _schools_group(shared, kind, kinds[kind], note=f"{len(kinds[kind])} school{'' if len(kinds[kind]) == 1 else 's'}") for kind in order
    )


def _note(shared: _Shared, kind_of: Callable[[School], str], nothing: str, note: str) -> str:
    return nothing if all(kind_of(school) == NOT_KNOWN for school in shared.schools) else note


_MOST_DEPRIVED, _BETWEEN, _LEAST_DEPRIVED = (
    f"Deciles 1 to {DEPRIVED} (most deprived)",
    f"Deciles {DEPRIVED + 1} to {MIDDLE}",
    f"Deciles {MIDDLE + 1} to 10",
)
_ORDER = ("Primary", "All-through", "Secondary", _MOST_DEPRIVED, _BETWEEN, _LEAST_DEPRIVED, "Rural", "Urban")


def _phase(school: School) -> str:
    return school.phase.value.capitalize()


def _deprivation(school: School) -> str:
    decile = school.school_idaci_decile
    if decile is None:
        return NOT_KNOWN
    return _MOST_DEPRIVED if decile <= DEPRIVED else _BETWEEN if decile <= MIDDLE else _LEAST_DEPRIVED


def _rurality(school: School) -> str:
    area = school.area_type.casefold()
    return "Rural" if area.startswith("rural") else "Urban" if area.startswith("urban") else NOT_KNOWN


# --- rules ---------------------------------------------------------------------------------


def _rules(sides: Sequence[Side], rules_of: Side) -> tuple[RuleRow, ...]:
    """Every rule that is on for one side, and how each side stands to it; protections first."""
    world = rules_of.world
    fits = [_is_about(world, side.amounts) for side in sides]
    order = [*PROTECTIONS, *(rule_id for rule_id in RULES if rule_id not in PROTECTIONS)]
    return tuple(_rule_row(world, sides, fits, rule_id) for rule_id in order if world.policy.is_on(rule_id))


def _rule_row(world: World, sides: Sequence[Side], fits: Sequence[bool], rule_id: str) -> RuleRow:
    verdicts, missed, examples = [], [], []
    for side, is_about in zip(sides, fits, strict=True):
        if not is_about or (side.method == "last_year" and rule_id in PAYMENTS):
            verdict, places = Verdict.UNKNOWN, []
        else:
            found = [(where, by) for where, by in AUDITS[rule_id](world, side.amounts) if by > 0]
            broken = [(where, by) for where, by in found if not price_at(world, rule_id, where)]
            verdict = Verdict.BREAKS if broken else Verdict.GIVES_WAY if found else Verdict.KEEPS
            places = broken or found
        verdicts.append(verdict)
        missed.append(len(places))
        examples.append(_example(world, rule_id, *max(places, key=_by)) if places else "")
    return RuleRow(
        rule_id=rule_id, sentence=RULES[rule_id].sentence, is_protection=rule_id in PROTECTIONS, verdicts=tuple(verdicts),
        missed=tuple(missed), examples=tuple(examples),
    )  # fmt: skip


def _by(place: tuple[str, Fraction | int]) -> Fraction | int:
    return place[1]


def _example(world: World, rule_id: str, where: str, by: Fraction | int) -> str:
    miss = Miss(rule=RULES[rule_id], where=where, by=by, price=Fraction(0))
    return f"by {said_by(world, miss)} at {said_where(world, miss)}"


def _is_about(world: World, amounts: Amounts) -> bool:
    """Whether amounts are about nothing but what a world holds, so that its rules can be held against them."""
    p = world.partnership
    schools, funds = {s.urn for s in p.schools}, {f.fund_id for f in p.funds}
    recipients = {str(urn) for urn in schools} | {zone.zone_id for zone in world.picture.zones}
    services, bases, cells = {s.service_id for s in p.services}, {b.base_id for b in p.bases}, {c.cell_id for c in world.picture.cells}
    return (
        all(urn in schools and fund in funds for urn, fund in amounts.grants)
        and all(fund in funds for fund in [*(key[0] for key in amounts.spending), *(key[0] for key in amounts.pots), *amounts.carried])
        and all(r in recipients and s in services for r, s in amounts.sessions)
        and set(amounts.base_sizes) <= bases
        and all(base in bases and cell in cells for base, cell in amounts.places)
        and set(amounts.need_met) <= cells
    )


# --- why -----------------------------------------------------------------------------------


def _why(first: Side, side: Side) -> Why:
    policy = policy_differences(first.world.policy.document, side.world.policy.document)
    figures = differences(first.world.partnership, side.world.partnership)
    sentences = []
    if not policy and not figures:
        is_one_question = first.method == side.method == "plan"
        only = "they are two searches of the same question" if is_one_question else "only the way of sharing differs"
        sentences.append(f"Both are made from the same figures and the same policy: {only}.")
    elif policy and figures:
        sentences.append("They are made from different figures and by different policies.")
    elif policy:
        sentences.append("They are made from the same figures, but by different policies.")
    else:
        sentences.append("They are made by the same policy, but from different figures.")
    sentences += [f"{one.name}: {HOW.get(one.method, HOW['plan'])}" for one in (first, side)]
    if first.method == side.method == "plan":
        sentences[1:] = [f"Both: {HOW['plan']}", *(f"{one.name}: {one.ending}" for one in (first, side) if one.ending)]
    return Why(sentences=tuple(sentences), policy=policy, figures=figures)
