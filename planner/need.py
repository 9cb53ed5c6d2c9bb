"""Area need: from schools and policy to the cells a plan serves.

A *cell* is one quality standard at one school, or at one zone (a group of neighbouring
schools) for rare needs and for places. Everything is exact: fractions while computing,
then whole hundredths of pupils and of each ingredient. Source: ``docs/model.md``.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from planner.offers import is_paid
from planner.partnership import Consent, DecisionRight, FundUse, Partnership, Phase, School
from planner.policy import DRIVERS, NeedType, Policy, Standard
from planner.rounding import half_up
from planner.supply import (
    available_pounds,
    base_may_serve,
    base_reaches,
    distance_squared,
    host_condition,
    is_part_year,
    pays,
    service_supply,
)

ADULT_HOURS = "adult_hours"
PLACE = "place"
WHOLE = 1_000_000
"""Need met is kept in whole millionths: 1,000,000 is a need fully met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverShare:
    """One driver of a school's need: its share of pupils beside the reference share, percent."""

    driver: str
    share_percent: Fraction
    reference_percent: Fraction
    weight_percent: Fraction
    is_assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolNeed:
    """Expected pupils with one need in one phase of a school, and how the figure came about."""

    urn: int
    need: str
    phase: Phase
    pupils_on_roll: int
    by_size: Fraction
    driver_multiplier: Fraction
    adjustment: Fraction
    membership: Fraction

    @property
    def expected_pupils(self) -> Fraction:
        """Expected pupils counted in this partnership."""
        return self.by_size * self.driver_multiplier * self.adjustment * self.membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A group of neighbouring schools."""

    zone_id: str
    urns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One standard at one school or zone.

    ``recipient`` is a URN as text or a zone id; ``requirements`` hold hundredths of half-day
    sessions, adult hours or places; ``weight`` is hundredths of expected pupils times priority.
    """

    cell_id: str
    recipient: str
    standard_id: str
    pupils_hundredths: int
    weight: int
    requirements: tuple[tuple[str, int], ...]
    out_of_reach: str = ""

    def requirement(self, ingredient: str) -> int:
        """Hundredths of an ingredient for a full dose, 0 if the standard does not use it."""
        return dict(self.requirements).get(ingredient, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A partnership's whole need: zones, expected pupils and cells, in a fixed order."""

    zones: tuple[Zone, ...]
    school_needs: tuple[SchoolNeed, ...]
    cells: tuple[Cell, ...]

    def cell(self, cell_id: str) -> Cell:
        """The cell with this id."""
        return next(cell for cell in self.cells if cell.cell_id == cell_id)

    def zone_of(self, urn: int) -> Zone:
        """The zone a school belongs to."""
        return next(zone for zone in self.zones if urn in zone.urns)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every plan is made for and judged against: partnership, policy and the need they make."""

    partnership: Partnership
    policy: Policy
    picture: Picture


def world_of(partnership: Partnership, policy: Policy) -> World:
    """A partnership under a policy, its need worked out."""
    return World(partnership=partnership, policy=policy, picture=picture_need(partnership, policy))


def picture_need(partnership: Partnership, policy: Policy) -> Picture:
    """Expected pupils, zones and cells of a partnership under a policy."""
    school_needs = tuple(need for school in partnership.schools for need in expected_needs(school, partnership, policy))
    zones = zones_of(partnership, policy)
    cells: list[Cell] = []
    no_time = {role_id: _why_no_time(role_id, partnership, policy) for s in policy.standards for role_id in dict(s.sessions_per_pupil)}
    for standard in policy.standards:
        needs = tuple(n for n in school_needs if n.need == standard.need and standard.phase in {None, n.phase})
        for recipient, urns in _recipients(standard, partnership, zones):
            cell = _cell(standard, recipient, urns, needs, partnership, policy, no_time)
            if cell is not None:
                cells.append(cell)
    return Picture(zones=zones, school_needs=school_needs, cells=tuple(sorted(cells, key=lambda cell: cell.cell_id)))


# --- expected pupils -------------------------------------------------------------------


def driver_shares(school: School, phase: Phase, policy: Policy) -> tuple[DriverShare, ...]:
    """A school's drivers beside the reference shares of a phase.

    An unknown driver counts at its reference share (neutral), except that the weight of
    unknown pupils' IDACI moves to FSM6.
    """
    counts = {
        "fsm6": school.fsm6_pupils,
        "idaci": school.idaci_pupils,
        "low_prior_attainment": school.low_prior_attainment_pupils,
        "mobility": school.mobile_pupils,
    }
    references = dict(dict(policy.reference_shares)[phase])
    weights = dict(policy.driver_weights)
    if counts["idaci"] is None:
        weights["fsm6"] += weights["idaci"]
        weights["idaci"] = Fraction(0)
    shares = []
    for driver in DRIVERS:
        count = counts[driver]
        known = count is not None and school.pupils > 0
        shares.append(
            DriverShare(
                driver=driver,
                share_percent=Fraction(100 * (count or 0), school.pupils) if known else references[driver],
                reference_percent=references[driver],
                weight_percent=weights[driver],
                is_assumed=not known,
            )
        )
    return tuple(shares)


def driver_multiplier(school: School, phase: Phase, policy: Policy) -> Fraction:
    """How much more (or less) need than a school of the same size with reference shares."""
    shares = driver_shares(school, phase, policy)
    by_drivers = sum((s.weight_percent * s.share_percent / s.reference_percent for s in shares), Fraction(0))
    return (dict(policy.driver_weights)["pupils"] + by_drivers) / 100


def expected_needs(school: School, partnership: Partnership, policy: Policy) -> tuple[SchoolNeed, ...]:
    """Expected pupils with each need at a school, by phase."""
    needs: list[SchoolNeed] = []
    support = expected_sen_support(school, policy)
    for phase, pupils in ((Phase.PRIMARY, school.primary_pupils), (Phase.SECONDARY, school.secondary_pupils)):
        if not pupils:
            continue
        multiplier = driver_multiplier(school, phase, policy)
        needs.extend(
            SchoolNeed(
                urn=school.urn,
                need=kind.code,
                phase=phase,
                pupils_on_roll=pupils,
                by_size=pupils * _rate(kind, phase, policy),
                driver_multiplier=multiplier if kind.follows_drivers else Fraction(1),
                adjustment=recorded_adjustment(school, kind, partnership, policy, support),
                membership=Fraction(school.membership_percent, 100),
            )
            for kind in policy.need_types
        )
    return tuple(needs)


def _rate(kind: NeedType, phase: Phase, policy: Policy) -> Fraction:
    of_sen = kind.primary_percent_of_sen if phase is Phase.PRIMARY else kind.secondary_percent_of_sen
    return dict(policy.any_sen_percent)[phase] / 100 * of_sen / 100


def expected_sen_support(school: School, policy: Policy) -> Fraction:
    """Pupils one would expect on SEN support, to set beside the recorded number."""
    total = Fraction(0)
    for phase, pupils in ((Phase.PRIMARY, school.primary_pupils), (Phase.SECONDARY, school.secondary_pupils)):
        if pupils:
            share = dict(dict(policy.reference_shares)[phase])["sen_support"]
            total += pupils * share / 100 * driver_multiplier(school, phase, policy)
    return total


def recorded_adjustment(school: School, kind: NeedType, partnership: Partnership, policy: Policy, expected: Fraction) -> Fraction:
    """Bounded move from the ``expected`` SEN support of a school toward the recorded (never plan counts); 1 where nothing is recorded.

    By need where the council supplies it, else by the school's total. A recorded row that
    two schools share says nothing about either, so neither is adjusted.
    """
    sen_urns = Counter(s.recorded_sen_urn or s.urn for s in partnership.schools)
    if sen_urns[school.recorded_sen_urn or school.urn] > 1:
        return Fraction(1)
    recorded: Fraction | None = None if school.sen_support_pupils is None else Fraction(school.sen_support_pupils)
    by_need = [r for r in partnership.recorded_needs if r.urn == school.urn and r.need == kind.code]
    if by_need:
        recorded = Fraction(by_need[0].sen_support_pupils)
        shares = ((school.primary_pupils, kind.primary_percent_of_sen), (school.secondary_pupils, kind.secondary_percent_of_sen))
        expected *= sum((pupils * share for pupils, share in shares), Fraction(0)) / (100 * max(school.pupils, 1))
    if recorded is None or not expected:
        return Fraction(1)
    limit = policy.adjustment_limit_percent / 100
    return min(max(recorded / expected, 1 - limit), 1 + limit)


# --- zones -----------------------------------------------------------------------------


def zones_of(partnership: Partnership, policy: Policy) -> tuple[Zone, ...]:
    """Zones as the partnership names them, else drawn by distance; every school is in one."""
    schools = sorted(partnership.schools, key=lambda s: s.urn)
    if any(school.zone for school in schools):
        names = sorted({school.zone for school in schools})
        return tuple(Zone(zone_id=name, urns=tuple(s.urn for s in schools if s.zone == name)) for name in names)
    return _zones_by_distance(schools, max(1, round(len(schools) / policy.board.schools_in_a_zone)))


def _zones_by_distance(schools: list[School], number: int) -> tuple[Zone, ...]:
    """Seeds as far apart as possible, then each school joins its nearest seed's running centre."""
    centres = [(schools[0].easting_metres, schools[0].northing_metres)]
    while len(centres) < number:
        furthest = max(schools, key=lambda s: min(_squared((s.easting_metres, s.northing_metres), c) for c in centres))
        centres.append((furthest.easting_metres, furthest.northing_metres))
    groups: list[list[School]] = []
    for _ in range(10):
        groups = [[] for _ in centres]
        for school in schools:
            here = (school.easting_metres, school.northing_metres)
            groups[min(range(len(centres)), key=lambda i: _squared(here, centres[i]))].append(school)
        groups = [group for group in groups if group]
        moved = [(sum(s.easting_metres for s in g) // len(g), sum(s.northing_metres for s in g) // len(g)) for g in groups]
        if moved == centres:
            break
        centres = moved
    groups.sort(key=lambda group: min(s.urn for s in group))
    return tuple(Zone(zone_id=f"Zone {i}", urns=tuple(s.urn for s in group)) for i, group in enumerate(groups, start=1))


def _squared(a: tuple[int, int], b: tuple[int, int]) -> int:
    return distance_squared(a[0], a[1], b[0], b[1])


# --- cells -----------------------------------------------------------------------------


def _recipients(standard: Standard, partnership: Partnership, zones: tuple[Zone, ...]) -> list[tuple[str, tuple[int, ...]]]:
    if standard.is_for_zone:
        return [(zone.zone_id, zone.urns) for zone in zones]
    return [(str(school.urn), (school.urn,)) for school in partnership.schools]


def _cell(
    standard: Standard,
    recipient: str,
    urns: tuple[int, ...],
    needs: tuple[SchoolNeed, ...],
    partnership: Partnership,
    policy: Policy,
    no_time: dict[str, str],
) -> Cell | None:
    """The cell, or None where the expected need is negligible; ``needs`` are every school's that the standard is for."""
    expected = sum((n.expected_pupils for n in needs if n.urn in urns), Fraction(0))
    pupils = expected * standard.share_percent / 100
    if pupils < policy.board.negligible_pupils:
        return None
    hundredths = half_up(pupils * 100)
    requirements = [(role, half_up(per_pupil * hundredths)) for role, per_pupil in standard.sessions_per_pupil]
    if standard.hours_per_pupil:
        requirements.append((ADULT_HOURS, half_up(standard.hours_per_pupil * hundredths)))
    if standard.needs_place:
        requirements.append((PLACE, hundredths))
    return Cell(
        cell_id=f"{recipient}:{standard.standard_id}",
        recipient=recipient,
        standard_id=standard.standard_id,
        pupils_hundredths=hundredths,
        weight=hundredths * dict(policy.priorities)[standard.tier],
        requirements=tuple((name, max(amount, 1)) for name, amount in requirements),
        out_of_reach=_out_of_reach(standard, urns, partnership, policy, no_time),
    )


def _out_of_reach(standard: Standard, urns: tuple[int, ...], partnership: Partnership, policy: Policy, no_time: dict[str, str]) -> str:
    """Why no plan could meet this need at all, '' if some plan could; ``no_time`` says of each role why none can be given."""
    for role_id, _ in standard.sessions_per_pupil:
        if no_time[role_id]:
            return f"{policy.role(role_id).name}: {no_time[role_id]}."
    if standard.hours_per_pupil and not _may_buy(partnership, FundUse.GRANTS):
        if any(pays(fund, FundUse.GRANTS) for fund in partnership.funds):
            return "The funds that may pay grants to schools hold no money."
        return "No fund may pay grants to schools."
    if standard.needs_place and not any(base_may_serve(partnership, policy, base, standard, urns) for base in partnership.bases):
        return _why_no_place(standard, urns, partnership, policy)
    return ""


def _may_buy(partnership: Partnership, use: FundUse) -> bool:
    return any(sum(available_pounds(fund)) for fund in partnership.funds if pays(fund, use))


def _why_no_time(role_id: str, partnership: Partnership, policy: Policy) -> str:
    """Why no service can give a half-day of a role, '' if one can; of several, the reason nearest to a cure."""
    can_pay = _may_buy(partnership, FundUse.SPECIALIST_TIME)
    reasons = [(-1, "none serves the partnership")]
    for service in partnership.services:
        if service.role != role_id:
            continue
        supply = service_supply(partnership, policy, service)
        left = supply.shareable_sessions
        can_give = service.decision_right is not DecisionRight.INFORMATION and supply.can_give_sessions(policy)
        if can_give and (can_pay or not is_paid(partnership, service)):
            return ""
        if service.decision_right is DecisionRight.INFORMATION:
            reasons.append((0, "its time is for information only"))
        elif can_give:
            reasons.append((5, "its time has a price, and no fund that may buy specialist time holds money"))
        elif left:
            unit = "half-day left is" if left == 1 else "half-days left are"
            reasons.append((4, f"the {left} {unit} fewer than the smallest block of {supply.minimum_block_sessions}"))
        elif supply.in_post_sessions > supply.statutory_sessions + supply.other_duties_sessions:
            reasons.append((3, "every half-day is held back for the vacancy the board expects"))
        elif supply.in_post_sessions:
            reasons.append((2, "every half-day is already owed to statutory work and other duties"))
        else:
            reasons.append((1, "every post is vacant" if supply.vacant_sessions else "no post gives any half-day"))
    return max(reasons)[1]


def _why_no_place(standard: Standard, urns: tuple[int, ...], partnership: Partnership, policy: Policy) -> str:
    """Why no base can take a pupil of a zone."""
    fitting = [b for b in partnership.bases if standard.need in b.needs and standard.phase is b.phase]
    in_reach = [b for b in fitting if base_reaches(partnership, policy, b, urns)]
    if not in_reach:
        return f"No base for {standard.need} is in reach."
    planned = [b for b in in_reach if b.decision_right is not DecisionRight.INFORMATION]
    if not planned:
        return f"{in_reach[0].name}, the base for {standard.need} in reach, is for information only."
    agreed = [b for b in planned if b.is_open or host_condition(partnership, b.host_urn).consent is Consent.YES]
    if not agreed:
        return f"{planned[0].name}, the base for {standard.need} in reach, may not open: its host has not agreed."
    return f"{agreed[0].name}, the base for {standard.need} in reach, has no size at which it may run."


def may_be_part_year(partnership: Partnership, policy: Policy, cell: Cell, zones: tuple[Zone, ...]) -> bool:
    """Whether some place a plan may give a cell is in a base that opens after the school year has begun."""
    if not cell.requirement(PLACE) or not any(map(is_part_year, partnership.bases)):
        return False
    standard = policy.standard(cell.standard_id)
    urns = next(zone.urns for zone in zones if zone.zone_id == cell.recipient)
    return any(
        is_part_year(b) and b.decision_right is not DecisionRight.INFORMATION and standard.need in b.needs and standard.phase is b.phase
        and base_reaches(partnership, policy, b, urns)
        for b in partnership.bases
    )  # fmt: skip


# --- need met from a share of the dose ----------------------------------------------------


def dose_share_for(met: Fraction, policy: Policy) -> Fraction:
    """The least share of the dose (0-1) that gives this need met (0-1); inverse of the benefit curve."""
    for (dose_before, met_before), (dose, reached) in zip(policy.benefit, policy.benefit[1:], strict=False):
        if met <= reached:
            return dose_before + (met - met_before) * (dose - dose_before) / (reached - met_before)
    return Fraction(1)


def met_for_dose(dose_share: Fraction, policy: Policy) -> int:
    """Millionths of need met by a share of the dose (0-1), rounded down; the benefit curve itself."""
    for (dose_before, met_before), (dose, reached) in zip(policy.benefit, policy.benefit[1:], strict=False):
        if dose_share <= dose:
            return floor((met_before + (dose_share - dose_before) * (reached - met_before) / (dose - dose_before)) * WHOLE)
    return WHOLE


def benefit_segments(policy: Policy) -> tuple[tuple[Fraction, Fraction, bool], ...]:
    """The curve cut at its bends and at the board's line: (need met gained, dose for it, is below the line)."""
    line = policy.board.line_percent / 100
    levels = sorted({met for _, met in policy.benefit} | {line})
    return tuple(
        (upper - lower, dose_share_for(upper, policy) - dose_share_for(lower, policy), upper <= line)
        for lower, upper in itertools.pairwise(levels)
    )
