"""The effects of an option on equality: who gets more and who gets less beside last year, by need, phase, deprivation, size and place.

The board reads it with every figure; the copy for publication hides small counts of pupils, and percentages of under 20.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask import url_for

from planner.export.summary import RARE_LEFT_OUT, SMALLEST_CHANGE_POUNDS
from planner.measures import SchoolLedger
from planner.need import WHOLE, Cell
from planner.partnership import School
from planner.rounding import half_up
from planner.small_numbers import left_out
from web.shelf import KeptPlan
from web.standing import Standing
from web.tables import TableRow, TableView, numbers, row, table, words
from web.words import change, count, pounds_change, upper_first

NOT_KNOWN = "Not known"
FEWEST_FOR_PERCENT = 20
HIDDEN = "c"
SMALL_SHARE = 4
"""A quarter: small schools are the quarter of each phase with the fewest pupils."""
BANDS = ((3, "Most deprived areas (IDACI deciles 1 to 3)"), (7, "Deciles 4 to 7"), (10, "Least deprived areas (deciles 8 to 10)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsView:
    """The effects of one option."""

    title: str
    partnership: str
    standing: Standing
    copy: str
    other: str
    other_href: str
    sentences: tuple[str, ...]
    tables: tuple[TableView, ...]
    notes: tuple[str, ...]
    fingerprint: str
    back: str
    plan_href: str


def effects_view(kept: KeptPlan, standing: Standing, *, decision_id: int, is_public: bool) -> EffectsView:
    """The page of an option; ``is_public``: the copy that may be published."""
    facts = kept.facts

    def here(name: str, **more: object) -> str:
        return url_for(name, partnership_id=kept.partnership_id, decision_id=decision_id, **more)  # type: ignore[arg-type]

    return EffectsView(
        title=f"Effects of plan {kept.plan_id} on equality",
        partnership=f"{facts.partnership.name}, {facts.partnership.academic_year}",
        standing=standing,
        copy="Copy for publication: it may be printed and handed out." if is_public
        else "Board copy: it may contain small numbers, and is not for publication.",
        other="Show the board's copy" if is_public else "Show the copy for publication",
        other_href=here("decide.effects", plan_id=kept.plan_id, copy=None if is_public else "public"),
        sentences=sentences_of(kept),
        tables=(
            by_need(kept, is_public=is_public),
            *by_groups(kept),
        ),
        notes=tuple(_notes(kept, is_public=is_public)),
        fingerprint=kept.fingerprint[:16],
        back=here("decide.decision"),
        plan_href=url_for("plans.changes", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
    )  # fmt: skip


# --- schools, in groups ----------------------------------------------------------------------

Group = Callable[[School], str]


def small_schools(schools: Sequence[School]) -> frozenset[int]:
    """The quarter of each phase's schools with the fewest pupils, rounded up."""
    phases = {school.phase for school in schools}
    of_phase = (sorted((s for s in schools if s.phase is phase), key=lambda s: (s.pupils, s.urn)) for phase in phases)
    return frozenset(school.urn for ordered in of_phase for school in ordered[: -(-len(ordered) // SMALL_SHARE)])


def by_groups(kept: KeptPlan) -> tuple[TableView, ...]:
    """Who gets more and who gets less beside last year, by phase, deprivation, size and place."""
    known = [x for x in kept.facts.ledgers if x.last_year_grant_pounds is not None]
    return tuple(_by_group(title, names, known, group) for title, names, group in _groupings(kept))


def _groupings(kept: KeptPlan) -> tuple[tuple[str, tuple[str, ...], Group], ...]:
    schools = kept.facts.partnership.schools
    small = small_schools(schools)
    phases = tuple(dict.fromkeys(upper_first(school.phase) for school in schools))
    return (
        ("By phase", phases, lambda school: upper_first(school.phase)),
        ("By deprivation of the area", (*(name for _, name in BANDS), NOT_KNOWN), _band),
        ("Small schools and others", ("Small", "Others"), lambda school: "Small" if school.urn in small else "Others"),
        ("Rural and urban schools", ("Rural", "Urban", NOT_KNOWN), _area),
    )


def _band(school: School) -> str:
    if school.school_idaci_decile is None:
        return NOT_KNOWN
    return next(name for most, name in BANDS if school.school_idaci_decile <= most)


def _area(school: School) -> str:
    if not school.area_type:
        return NOT_KNOWN
    return "Rural" if school.area_type.casefold().startswith("rural") else "Urban"


def _by_group(title: str, names: Sequence[str], known: Sequence[SchoolLedger], group: Group) -> TableView:
    rows = []
    for name in names:
        here = [x for x in known if group(x.school) == name]
        if here:
            rows.append(row(name, *_cells(here)))
    return table(
        title,
        (
            *words("Schools"),
            *numbers("How many", "Grant more", "Grant less", "Grants, change", "Grants, percent", "Half-days more", "Half-days fewer", "Half-days, change", "Half-days, percent"),
        ),
        [*rows, row("All schools", *_cells(known), is_total=True)] if known else [],
        empty="Last year's amounts are not known, so nobody can say who gets more or less.",
    )  # fmt: skip


def _cells(ledgers: Sequence[SchoolLedger]) -> list[str]:
    grants, last_grants = [_grant(x) for x in ledgers], sum(x.last_year_grant_pounds or 0 for x in ledgers)
    times, last_times = [_time(x) for x in ledgers], sum(x.last_year_sessions or 0 for x in ledgers)
    return [
        f"{len(ledgers):,}",
        f"{sum(n >= SMALLEST_CHANGE_POUNDS for n in grants):,}", f"{sum(-n >= SMALLEST_CHANGE_POUNDS for n in grants):,}",
        pounds_change(sum(grants)), _percent_change(sum(grants), last_grants),
        f"{sum(n > 0 for n in times):,}", f"{sum(n < 0 for n in times):,}",
        change(sum(times)), _percent_change(sum(times), last_times),
    ]  # fmt: skip


def _grant(ledger: SchoolLedger) -> int:
    return ledger.grant_pounds - (ledger.last_year_grant_pounds or 0)


def _time(ledger: SchoolLedger) -> int:
    return ledger.own_sessions - (ledger.last_year_sessions or 0)


def _percent_change(amount: int, last: int) -> str:
    if not last:
        return "none last year"
    percent = half_up(Fraction(100 * amount, last))
    return f"{change(percent)}%" if percent else "under 1%" if amount else "no change"


def sentences_of(kept: KeptPlan) -> tuple[str, ...]:
    """How many schools get more and less than last year."""
    known = [x for x in kept.facts.ledgers if x.last_year_grant_pounds is not None]
    if not known:
        return ("Last year's amounts are not known, so nobody can say who gets more or less.",)
    more, less = (sum(sign * _grant(x) >= SMALLEST_CHANGE_POUNDS for x in known) for sign in (1, -1))
    longer, shorter = (sum(sign * _time(x) > 0 for x in known) for sign in (1, -1))
    schools = count(len(known), "school")
    return (
        f"Of {schools}, {more:,} get more grant than last year, {less:,} get less and {len(known) - more - less:,} about the same.",
        f"Of {schools}, {longer:,} get more half-days for themselves, {shorter:,} get fewer and {len(known) - longer - shorter:,} the same; {RARE_LEFT_OUT}.",
    )


# --- needs -----------------------------------------------------------------------------------


def by_need(kept: KeptPlan, *, is_public: bool) -> TableView:
    """Expected pupils of each need and how many of its standards stand where."""
    world, levels = kept.facts.world, kept.facts.amounts.need_met
    of_standard = {standard.standard_id: standard.need for standard in world.policy.standards}
    kinds = [kind for kind in world.policy.need_types if kind.code in set(of_standard.values())]
    pupils = [
        half_up(sum((need.expected_pupils for need in world.picture.school_needs if need.need == kind.code), Fraction(0))) for kind in kinds
    ]
    hidden, is_total_hidden = left_out(pupils, sum(pupils), fewest=world.policy.fewest_pupils_shown) if is_public else (frozenset(), False)
    of_kind = [[cell for cell in world.picture.cells if of_standard[cell.standard_id] == kind.code] for kind in kinds]

    def line(name: str, expected: int, cells: Sequence[Cell], *, is_hidden: bool, is_total: bool = False) -> TableRow:
        reached = [levels.get(cell.cell_id, 0) for cell in cells if not cell.out_of_reach]
        met = sum(level == WHOLE for level in reached)
        is_told = bool(cells) and not is_hidden and not (is_public and expected < FEWEST_FOR_PERCENT)
        return row(
            name, HIDDEN if is_hidden else f"{expected:,}", f"{len(cells):,}", f"{met:,}",
            f"{sum(level < WHOLE // 2 for level in reached):,}", f"{len(cells) - len(reached):,}",
            f"{half_up(Fraction(100 * met, len(cells)))}%" if is_told else "none" if not cells else "not shown",
            is_total=is_total,
        )  # fmt: skip

    every = [cell for cells in of_kind for cell in cells]
    return table(
        "By need: pupils expected, and how many standards stand where",
        (*words("Need"), *numbers("Pupils expected", "Standards", "Fully met", "Under half", "Out of reach", "Percent fully met")),
        [
            *(
                line(kind.name, expected, cells, is_hidden=place in hidden)
                for place, (kind, expected, cells) in enumerate(zip(kinds, pupils, of_kind, strict=True))
            ),
            line("All needs", sum(pupils), every, is_hidden=is_total_hidden, is_total=True),
        ],
    )


def _notes(kept: KeptPlan, *, is_public: bool) -> list[str]:
    unknown = sum(x.last_year_grant_pounds is None for x in kept.facts.ledgers)
    return [
        "What each need had last year is not known: only schools' grants and half-days are. A standard is one quality standard at one school or zone.",
        "Small schools are the quarter of each phase with the fewest pupils in this partnership.",
        *([f"Last year is not known for {count(unknown, 'school')}, left out of every count beside last year."] if unknown else []),
        *(
            [
                f"{HIDDEN}: hidden because it is fewer than {kept.facts.policy.fewest_pupils_shown} pupils, or would give away such a number.",
                f"Percentages are not shown where fewer than {FEWEST_FOR_PERCENT} pupils are expected, or their number is hidden.",
            ]
            if is_public
            else ["Expected pupils are estimates from the size and area of schools, never counts of named children."]
        ),
    ]
