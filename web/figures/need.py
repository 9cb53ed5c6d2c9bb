"""Need: what one would expect of an area, by what it comes from, beside what is recorded."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from planner.export.plan_need import is_far_apart, schools_of_records
from planner.need import Cell, SchoolNeed, driver_shares, expected_sen_support
from planner.partnership import Phase, School
from planner.policy import DRIVERS, Standard
from planner.reasons import plain_number
from planner.rounding import half_up
from web.figures.frame import Brought, sources_table
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import MINUS, TIERS, count, hundredths, in_zone, listed, unbroken, upper_first

DRIVER_NAMES = {
    "fsm6": "Free school meals (FSM6)",
    "idaci": "Neighbourhood (IDACI)",
    "low_prior_attainment": "Low prior attainment",
    "mobility": "Mobility",
}
_MOST_NAMED = 4


# --- recorded beside expected ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Recorded SEN support of a school beside what one would expect there."""

    expected_hundredths: int
    recorded: int | None
    words: str
    is_far: bool

    @property
    def recorded_text(self) -> str:
        """The recorded number in words."""
        return "not known" if self.recorded is None else f"{self.recorded:,}"


def besides(brought: Brought) -> dict[int, Beside]:
    """URN -> recorded beside expected, for every school."""
    shared = schools_of_records(brought.partnership.schools)
    return {
        s.urn: _beside(s, half_up(100 * expected_sen_support(s, brought.policy)), is_shared=shared[s.recorded_sen_urn or s.urn] > 1)
        for s in brought.partnership.schools
    }


def recorded_moves(brought: Brought) -> str:
    """What recorded SEN support does to what is expected, by the policy in force."""
    limit = brought.policy.adjustment_limit_percent
    if not limit:
        return "Recorded SEN support does not move what is expected."
    return f"Recorded SEN support moves what is expected by at most {plain_number(limit)} percent either way."


def _beside(school: School, expected_hundredths: int, *, is_shared: bool) -> Beside:
    """What recorded says of expected, by the workbook's own test of what is far apart."""
    recorded, expected = school.sen_support_pupils, expected_hundredths / 100
    is_far, says = False, ""
    if recorded is not None and is_shared:
        says = "one record for two schools"
    elif recorded is not None and school.pupils:
        is_far = is_far_apart(school, expected)
        says = f"far {'above' if recorded > expected else 'below'} expected" if is_far else "close"
    return Beside(expected_hundredths=expected_hundredths, recorded=recorded, words=says or "not known", is_far=is_far)


# --- expected, by what it comes from -----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Expected pupils with one need at one school, in hundredths, by what the number comes from."""

    by_size: int
    by_driver: tuple[int, ...]
    by_recorded: int
    by_membership: int
    expected: int


def parts_of(brought: Brought, school: School, need: str) -> Parts:
    """Size first; then what each driver adds or takes; then the bounded move toward what is recorded; then the share that counts here."""
    size = recorded = membership = whole = Fraction(0)
    by_driver = [Fraction(0)] * len(DRIVERS)
    for n in (n for n in brought.picture.school_needs if n.urn == school.urn and n.need == need):
        size += n.by_size
        after_drivers = n.by_size * n.driver_multiplier
        if n.driver_multiplier != 1:
            for i, share in enumerate(driver_shares(school, n.phase, brought.policy)):
                by_driver[i] += n.by_size * share.weight_percent / 100 * (share.share_percent / share.reference_percent - 1)
        recorded += after_drivers * (n.adjustment - 1)
        membership += after_drivers * n.adjustment * (n.membership - 1)
        whole += n.expected_pupils
    return Parts(
        by_size=half_up(100 * size),
        by_driver=tuple(half_up(100 * part) for part in by_driver),
        by_recorded=half_up(100 * recorded),
        by_membership=half_up(100 * membership),
        expected=half_up(100 * whole),
    )


def added(amount: int) -> str:
    """Hundredths of pupils more or less, with a sign."""
    return "0" if not amount else f"{'+' if amount > 0 else MINUS}{hundredths(abs(amount))}"


def expected_by_school(brought: Brought) -> dict[int, dict[str, int]]:
    """URN -> need -> hundredths of expected pupils, both phases together."""
    found: dict[int, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for n in brought.picture.school_needs:
        found[n.urn][n.need] += n.expected_pupils
    return {s.urn: {need: half_up(100 * pupils) for need, pupils in found[s.urn].items()} for s in brought.partnership.schools}


# --- the page ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneView:
    """What is expected in one zone, standard by standard."""

    name: str
    sentence: str
    standards: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedView:
    """Need in the whole partnership."""

    sentence: str
    by_need: TableView
    recorded: TableView
    by_zone: TableView
    standards: TableView
    out_of_reach: TableView
    sources: TableView


def need_view(brought: Brought) -> NeedView:
    """Need by type, by zone and by standard."""
    expected = expected_by_school(brought)
    everyone = sum(sum(of_school.values()) for of_school in expected.values())
    pupils = sum(s.pupils for s in brought.partnership.schools)
    return NeedView(
        sentence=f"Of {pupils:,} pupils on roll one would expect about {half_up(Fraction(everyone, 100)):,} to have special educational needs. "
        f"The number comes from the size of each school and the drivers of need in its area. {recorded_moves(brought)}",
        by_need=_by_need(brought),
        recorded=_recorded(brought),
        by_zone=_by_zone(brought, expected),
        standards=_standards(brought),
        out_of_reach=_out_of_reach(brought),
        sources=sources_table(brought, "Schools", "Recorded need"),
    )


def _by_need(brought: Brought) -> TableView:
    needs: dict[tuple[str, Phase], list[SchoolNeed]] = defaultdict(list)
    for n in brought.picture.school_needs:
        needs[n.need, n.phase].append(n)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for r in brought.partnership.recorded_needs:
        by_kind[r.need].append(r.sen_support_pupils)
    rows, sums = [], [0, 0]
    for kind in brought.policy.need_types:
        each = [sum(half_up(100 * n.expected_pupils) for n in needs[kind.code, phase]) for phase in (Phase.PRIMARY, Phase.SECONDARY)]
        sums = [a + b for a, b in zip(sums, each, strict=True)]
        recorded = by_kind[kind.code]
        rows.append(
            row(
                f"{kind.name} ({kind.code})", "drivers and size" if kind.follows_drivers else "size alone",
                *(hundredths(n) for n in each), hundredths(sum(each)),
                f"{sum(recorded):,} at {count(len(recorded), 'school')}" if recorded else "not supplied",
            )
        )  # fmt: skip
    rows.append(row("All needs", "", *(hundredths(n) for n in sums), hundredths(sum(sums)), "", is_total=True))
    return table(
        "Expected pupils by primary need",
        (*words("Primary need", "Follows"), *numbers("Primary", "Secondary", "Expected in all", "Recorded on SEN support, by need")),
        rows,
    )


def _recorded(brought: Brought) -> TableView:
    beside, schools = besides(brought), brought.partnership.schools
    rows = [_recorded_row(unbroken(zone.zone_id), [s for s in schools if s.urn in zone.urns], beside) for zone in brought.picture.zones]
    rows.append(_recorded_row("All schools", list(schools), beside, is_total=True))
    return table(
        "Recorded need beside expected, by zone",
        (*words("Zone"), *numbers("Pupils", "SEN support expected", "SEN support recorded", "EHC plans recorded")),
        rows,
    )


def _recorded_row(title: str, schools: list[School], beside: dict[int, Beside], *, is_total: bool = False) -> TableRow:
    return row(
        title, f"{sum(s.pupils for s in schools):,}", hundredths(sum(beside[s.urn].expected_hundredths for s in schools)),
        sum_of([s.sen_support_pupils for s in schools]), sum_of([s.ehc_plan_pupils for s in schools]), is_total=is_total,
    )  # fmt: skip


def sum_of(counts: list[int | None]) -> str:
    """The sum of what is known, saying how many are not."""
    known = [n for n in counts if n is not None]
    missing = len(counts) - len(known)
    if not known:
        return "not known"
    return f"{sum(known):,}" + (f", not known at {count(missing, 'school')}" if missing else "")


def _by_zone(brought: Brought, expected: dict[int, dict[str, int]]) -> TableView:
    codes = [kind.code for kind in brought.policy.need_types]
    rows, totals = [], dict.fromkeys(codes, 0)
    for number, zone in enumerate(brought.picture.zones, start=1):
        here = {code: sum(expected[urn].get(code, 0) for urn in zone.urns) for code in codes}
        totals = {code: totals[code] + here[code] for code in codes}
        link = TableCell(text=unbroken(zone.zone_id), href=brought.url("figures.zone", number=number))
        rows.append(row(link, *(hundredths(n) for n in here.values()), hundredths(sum(here.values()))))
    rows.append(row("All zones", *(hundredths(n) for n in totals.values()), hundredths(sum(totals.values())), is_total=True))
    return table("Expected pupils by zone and primary need", (*words("Zone"), *numbers(*codes, "In all")), rows)


def _standards(brought: Brought) -> TableView:
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in brought.picture.cells:
        cells[cell.standard_id].append(cell)
    names = {n.code: n.name for n in brought.policy.need_types}
    rows = [
        row(
            s.name, names.get(s.need, s.need), TIERS[s.tier], "zones" if s.is_for_zone else "schools",
            hundredths(sum(c.pupils_hundredths for c in cells[s.standard_id])), f"{len(cells[s.standard_id]):,}",
            _out_of_reach_count(cells[s.standard_id]),
        )
        for s in brought.policy.standards
        if cells[s.standard_id]
    ]  # fmt: skip
    return table(
        "Expected pupils by standard",
        (
            *words("Standard", "Need", "Tier", "Planned for"),
            *numbers("Expected pupils", "Schools or zones with the need", "Out of reach at"),
        ),
        rows,
        empty="No school or zone has a need that a standard is written for.",
    )


def _out_of_reach_count(cells: list[Cell]) -> str:
    far = sum(1 for c in cells if c.out_of_reach)
    return "all of them" if far == len(cells) else f"{far:,}" if far else "none"


def _out_of_reach(brought: Brought) -> TableView:
    """One row for each standard and reason, however many schools or zones share it."""
    where: dict[tuple[str, str], list[str]] = defaultdict(list)
    names = {str(urn): name for urn, name in brought.names.items()}
    order = {recipient: i for i, recipient in enumerate([*names, *(z.zone_id for z in brought.picture.zones)])}
    for cell in sorted(brought.picture.cells, key=lambda c: order[c.recipient]):
        if cell.out_of_reach:
            where[cell.standard_id, cell.out_of_reach].append(names.get(cell.recipient, in_zone(cell.recipient)))
    rows = [
        row(standard.name, _named(at), why)
        for standard in brought.policy.standards
        for (standard_id, why), at in where.items()
        if standard_id == standard.standard_id
    ]
    return table(
        "Out of reach: no plan could meet these with what was brought",
        words("Standard", "Where", "Why"),
        rows,
        empty="Nothing is out of reach with these services, funds and bases.",
    )


def _named(places: list[str]) -> str:
    return upper_first(listed(places)) if len(places) <= _MOST_NAMED else f"{len(places):,} schools or zones"


def zone_view(brought: Brought, number: int) -> ZoneView | None:
    """One zone, by its place in the list of zones; None where there are fewer."""
    if number > len(brought.picture.zones):
        return None
    zone_id, urns = brought.picture.zones[number - 1].zone_id, brought.picture.zones[number - 1].urns
    recipients = {zone_id, *map(str, urns)}
    here: dict[str, list[Cell]] = defaultdict(list)
    for cell in brought.picture.cells:
        if cell.recipient in recipients:
            here[cell.standard_id].append(cell)
    return ZoneView(
        name=in_zone(zone_id),
        sentence=f"{count(len(urns), 'school')} in {in_zone(zone_id)}: {'; '.join(brought.names[urn] for urn in urns)}.",
        standards=table(
            f"Expected pupils in {in_zone(zone_id)}",
            (*words("Standard"), *numbers("Expected pupils"), *words("Within reach")),
            [_zone_row(s, here[s.standard_id]) for s in brought.policy.standards if here[s.standard_id]],
            empty="No need that a standard is written for.",
        ),
    )


def _zone_row(standard: Standard, cells: list[Cell]) -> TableRow:
    far = [c for c in cells if c.out_of_reach]
    if len(far) == len(cells):
        reach = "Out of reach"
    else:
        reach = f"Out of reach for {hundredths(sum(c.pupils_hundredths for c in far))} of them" if far else "Yes"
    return row(standard.name, hundredths(sum(c.pupils_hundredths for c in cells)), reach)
