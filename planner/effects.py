"""The effects of a plan on equality: what kinds of schools get beside last year, and where the standards of each need stand.

Pure functions of ledgers, world and amounts, like ``planner.measures``; pages and the board's paper put them into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from planner.measures import SchoolLedger
from planner.need import WHOLE, World
from planner.partnership import School
from planner.plan import Amounts
from planner.rounding import half_up
from planner.words import change, count, upper_first

NOT_KNOWN = "Not known"
SMALLEST_CHANGE_POUNDS = 50
"""A grant that changes by less would be headed with £0, so it counts as the same."""
RARE_LEFT_OUT = "rare services go to zones and are left out"
SMALL_SHARE = 4
"""A quarter: small schools are the quarter of each phase with the fewest pupils."""
SMALL_NOTE = "Small schools are the quarter of each phase with the fewest pupils in this partnership."
NEED_NOTE = "What each need had last year is not known: only schools' grants and half-days are. A standard is one quality standard at one school or zone."
BANDS = ((3, "Most deprived areas (IDACI deciles 1 to 3)"), (7, "Deciles 4 to 7"), (10, "Least deprived areas (deciles 8 to 10)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEffects:
    """Some schools beside last year, those alone whose last year is known: how many get more and less, and by how much in all."""

    name: str
    schools: int
    grants_more: int
    grants_less: int
    grants_change_pounds: int
    grants_last_pounds: int
    half_days_more: int
    half_days_fewer: int
    half_days_change: int
    half_days_last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Schools by kind, kinds without a school left out; ``short`` is its title within a row."""

    title: str
    short: str
    groups: tuple[GroupEffects, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedEffects:
    """One need: pupils expected to have it, to the nearest, and how many of its standards stand where."""

    name: str
    expected_pupils: int
    standards: int
    met: int
    under_half: int
    out_of_reach: int

    @property
    def percent_met(self) -> int | None:
        """Percent of its standards fully met; None where it has none."""
        return half_up(Fraction(100 * self.met, self.standards)) if self.standards else None


# --- schools, in groups ----------------------------------------------------------------------

Kind = Callable[[School], str]


def beside_last_year(ledgers: Sequence[SchoolLedger]) -> list[SchoolLedger]:
    """The ledgers of schools whose last year is known."""
    return [x for x in ledgers if x.last_year_grant_pounds is not None]


def grant_change(ledger: SchoolLedger) -> int:
    """Pounds more or less than last year, which must be known."""
    return ledger.grant_pounds - (ledger.last_year_grant_pounds or 0)


def half_days_change(ledger: SchoolLedger) -> int:
    """Half-days of its own more or fewer than last year, which must be known."""
    return ledger.own_sessions - (ledger.last_year_sessions or 0)


def small_schools(schools: Sequence[School]) -> frozenset[int]:
    """The quarter of each phase's schools with the fewest pupils, rounded up."""
    phases = {school.phase for school in schools}
    of_phase = (sorted((s for s in schools if s.phase is phase), key=lambda s: (s.pupils, s.urn)) for phase in phases)
    return frozenset(school.urn for ordered in of_phase for school in ordered[: -(-len(ordered) // SMALL_SHARE)])


def groupings(schools: Sequence[School], ledgers: Sequence[SchoolLedger]) -> tuple[Grouping, ...]:
    """The schools whose last year is known, by phase, deprivation, size and place."""
    small, known = small_schools(schools), beside_last_year(ledgers)
    phases = tuple(dict.fromkeys(upper_first(school.phase) for school in schools))
    ways: tuple[tuple[str, str, tuple[str, ...], Kind], ...] = (
        ("By phase", "Phase", phases, lambda school: upper_first(school.phase)),
        ("By deprivation of the area", "Deprivation", (*(name for _, name in BANDS), NOT_KNOWN), _band),
        ("Small schools and others", "Size", ("Small", "Others"), lambda school: "Small" if school.urn in small else "Others"),
        ("Rural and urban schools", "Place", ("Rural", "Urban", NOT_KNOWN), _area),
    )
    return tuple(
        Grouping(
            title=title, short=short,
            groups=tuple(group_effects(name, here) for name in names if (here := [x for x in known if kind(x.school) == name])),
        )
        for title, short, names, kind in ways
    )  # fmt: skip


def group_effects(name: str, ledgers: Sequence[SchoolLedger]) -> GroupEffects:
    """Schools beside last year, which must be known of each."""
    grants, times = [grant_change(x) for x in ledgers], [half_days_change(x) for x in ledgers]
    return GroupEffects(
        name=name,
        schools=len(ledgers),
        grants_more=sum(n >= SMALLEST_CHANGE_POUNDS for n in grants),
        grants_less=sum(-n >= SMALLEST_CHANGE_POUNDS for n in grants),
        grants_change_pounds=sum(grants),
        grants_last_pounds=sum(x.last_year_grant_pounds or 0 for x in ledgers),
        half_days_more=sum(n > 0 for n in times),
        half_days_fewer=sum(n < 0 for n in times),
        half_days_change=sum(times),
        half_days_last=sum(x.last_year_sessions or 0 for x in ledgers),
    )


def effects_sentences(ledgers: Sequence[SchoolLedger]) -> tuple[str, ...]:
    """How many schools get more and less than last year."""
    known = beside_last_year(ledgers)
    if not known:
        return ("Last year's amounts are not known, so nobody can say who gets more or less.",)
    every, schools = group_effects("All schools", known), count(len(known), "school")
    same = every.schools - every.grants_more - every.grants_less
    same_time = every.schools - every.half_days_more - every.half_days_fewer
    return (
        f"Of {schools}, {_get(every.grants_more)} more grant than last year, {_get(every.grants_less)} less and {same:,} about the same.",
        f"Of {schools}, {_get(every.half_days_more)} more half-days of {'its' if every.half_days_more == 1 else 'their'} own, {_get(every.half_days_fewer)} fewer and {same_time:,} the same; {RARE_LEFT_OUT}.",
    )


def _get(number: int) -> str:
    return f"{number:,} get{'s' * (number == 1)}"


def percent_change(amount: int, last: int) -> str:
    """A change as a whole percent of last year's amount, in words."""
    if not last:
        return "none last year"
    percent = half_up(Fraction(100 * amount, last))
    return f"{change(percent)}%" if percent else "under 1%" if amount else "no change"


def _band(school: School) -> str:
    if school.school_idaci_decile is None:
        return NOT_KNOWN
    return next(name for most, name in BANDS if school.school_idaci_decile <= most)


def _area(school: School) -> str:
    if not school.area_type:
        return NOT_KNOWN
    return "Rural" if school.area_type.casefold().startswith("rural") else "Urban"


# --- needs -----------------------------------------------------------------------------------


def need_effects(world: World, amounts: Amounts) -> tuple[NeedEffects, ...]:
    """Every need that a standard covers, and all of them together at the end."""
    of_standard = {standard.standard_id: standard.need for standard in world.policy.standards}
    kinds = [kind for kind in world.policy.need_types if kind.code in set(of_standard.values())]
    lines = []
    for kind in kinds:
        cells = [cell for cell in world.picture.cells if of_standard[cell.standard_id] == kind.code]
        reached = [amounts.need_met.get(cell.cell_id, 0) for cell in cells if not cell.out_of_reach]
        lines.append(
            NeedEffects(
                name=kind.name,
                expected_pupils=half_up(sum((n.expected_pupils for n in world.picture.school_needs if n.need == kind.code), Fraction(0))),
                standards=len(cells),
                met=sum(level == WHOLE for level in reached),
                under_half=sum(level < WHOLE // 2 for level in reached),
                out_of_reach=len(cells) - len(reached),
            )
        )
    total = NeedEffects(
        name="All needs",
        expected_pupils=sum(x.expected_pupils for x in lines), standards=sum(x.standards for x in lines), met=sum(x.met for x in lines),
        under_half=sum(x.under_half for x in lines), out_of_reach=sum(x.out_of_reach for x in lines),
    )  # fmt: skip
    return (*lines, total)
