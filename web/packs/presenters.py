"""The words and tables of the packs: everything for the board, and what anybody may read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.effects import effects_sentences
from planner.export.plan_standards import MET, OUT_OF_REACH, PARTLY, UNDER_HALF, status
from planner.export.plan_workbook import BANNER, BOARD_COPY
from planner.need import Cell
from planner.partnership import Phase
from planner.public_counts import ALL, LAYOUTS, NEED, PHASE, ZONE, Counts, Layout, Where, place
from planner.reasons import lower_first
from planner.small_numbers import LEAST_SPREAD, LEFT_OUT
from web.decide.effects import by_groups
from web.plans.presenters.cells import whole
from web.plans.presenters.downloads import ONE_OF_A_YEAR
from web.plans.presenters.resources import funds
from web.shelf import KeptPlan
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import count, upper_first

PUBLIC_COPY = "Copy for publication: small numbers of pupils are left out."
_STANDS = (MET, PARTLY, UNDER_HALF, OUT_OF_REACH)
_AXES = {NEED: "Need", PHASE: "Phase", ZONE: "Zone"}
_ALL_OF = {NEED: "All needs", PHASE: "All phases", ZONE: "All zones"}
_TITLES = {
    "pupils-by-need-and-phase": "Pupils expected, by need and phase",
    "pupils-by-need-and-zone": "Pupils expected, by need and zone",
    "pupils-by-zone-and-phase": "Pupils expected, by zone and phase",
}
_OF_ZONES = "Shared by a zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetView:
    """What stands on every sheet of paper, and the tables of a pack's first file."""

    title: str
    about: str
    standing: str
    illustrative: str
    fingerprint: str
    mark: str = ""
    sentences: tuple[str, ...] = ()
    tables: tuple[TableView, ...] = ()
    notes: tuple[str, ...] = ()


def sheet(kept: KeptPlan, title: str, standing: str) -> SheetView:
    """A sheet about a plan with its standing ("": not known here)."""
    p = kept.facts.partnership
    return SheetView(
        title=title,
        about=f"{p.name}, academic year {p.academic_year}",
        standing=standing,
        illustrative=BANNER if p.is_illustrative() else "",
        fingerprint=kept.fingerprint,
    )


def public_pack(kept: KeptPlan, counts: Counts, hidden: Collection[Where], standing: str) -> SheetView:
    """What anybody may read: no list of schools, practitioners or bases; the counts of pupils as the audit of all tables lets them stand."""
    fewest = kept.facts.policy.fewest_pupils_shown
    return replace(
        sheet(kept, "The plan in figures", standing),
        mark=PUBLIC_COPY,
        sentences=_sentences(kept),
        tables=_tables(kept, counts, hidden),
        notes=(
            f"“{LEFT_OUT.capitalize()}” stands for fewer than {fewest:,} pupils, or for a number from which such a number could be worked out.",
            f"All these tables were looked at together: in the place of each number left out, two numbers at least {LEAST_SPREAD} apart fit everything shown.",
            "Noughts are shown, but not of a need of so few pupils in all that they would tell its other numbers.",
            ONE_OF_A_YEAR,
            *_notes(kept),
        ),
    )


def board_pack(kept: KeptPlan, counts: Counts, standing: str) -> SheetView:
    """Every figure."""
    return replace(
        sheet(kept, "The plan in figures, for the board", standing),
        mark=BOARD_COPY,
        sentences=(*kept.facts.lines, *_sentences(kept)),
        tables=_tables(kept, counts, ()),
        notes=("plan.xlsx holds every figure with live checks; the folder of tables holds each table of the plan's pages.", *_notes(kept)),
    )


def _sentences(kept: KeptPlan) -> tuple[str, ...]:
    here = kept.facts.standing
    stands = (
        f"{here.met:,} are fully met, {here.partly_met:,} partly met, {here.under_half:,} under half and {here.out_of_reach:,} out of reach"
    )
    return (f"Of {count(here.standards, 'standard')}, {stands}.", *effects_sentences(kept.facts.ledgers))


def _notes(kept: KeptPlan) -> tuple[str, ...]:
    unknown = sum(x.last_year_grant_pounds is None for x in kept.facts.ledgers)
    return (
        "Expected pupils are estimates from the size and area of schools, never counts of named children.",
        "A standard is one quality standard at one school or zone: where it stands is counted, and no school is put above another.",
        "Small schools are the quarter of each phase with the fewest pupils in this partnership.",
        *([f"Last year is not known for {count(unknown, 'school')}, left out of every count beside last year."] if unknown else []),
    )


def _tables(kept: KeptPlan, counts: Counts, hidden: Collection[Where]) -> tuple[TableView, ...]:
    return (
        *(_pupils(kept, counts, layout, hidden) for layout in LAYOUTS),
        *_standards(kept),
        *(
            replace(one, name=name, caption=f"Beside last year: {lower_first(one.caption)}")
            for one, name in zip(by_groups(kept), _GROUPS, strict=True)
        ),
        replace(funds(kept).where, csv_href=""),
    )


_GROUPS = ("more-and-less-by-phase", "more-and-less-by-deprivation", "more-and-less-by-size", "more-and-less-by-place")


def _pupils(kept: KeptPlan, counts: Counts, layout: Layout, hidden: Collection[Where]) -> TableView:
    """Expected pupils, without those left out."""
    names = {kind.code: kind.name for kind in kept.facts.policy.need_types} | {phase.value: upper_first(phase.value) for phase in Phase}
    down, across = counts.axes[layout.down], counts.axes[layout.across]

    def cell(at: Where) -> TableCell:
        return TableCell(text=LEFT_OUT) if at in hidden else whole(counts.everything.get(at, 0))

    def line(key: str, title: str) -> list[str | TableCell]:
        return [title, *(cell(place(layout, key, other)) for other in (*across, ALL))]

    return replace(
        table(
            _TITLES[layout.name],
            (*words(_AXES[layout.down]), *numbers(*(names.get(key, key) for key in across), _ALL_OF[layout.across])),
            [*(row(*line(key, names.get(key, key))) for key in down), row(*line(ALL, _ALL_OF[layout.down]), is_total=True)],
        ),
        name=layout.name,
    )


def _standards(kept: KeptPlan) -> tuple[TableView, ...]:
    """How many standards stand where; never how many pupils each is for, as shares of a need would tell them."""
    world = kept.facts.world
    policy, schools = world.policy, {str(school.urn): school for school in world.partnership.schools}
    of_school = {str(urn): zone.zone_id for zone in world.picture.zones for urn in zone.urns}
    standards = {standard.standard_id: standard for standard in policy.standards}
    needs = {kind.code: kind.name for kind in policy.need_types}

    def phase(cell: Cell) -> str:
        return upper_first(schools[cell.recipient].phase.value) if cell.recipient in schools else _OF_ZONES

    return (
        _stand(kept, "standards-by-need", "Standards, by need", "Need", list(needs.values()), lambda c: needs[standards[c.standard_id].need]),
        _stand(
            kept, "standards-by-phase", "Standards, by phase of school", "Phase", [*(upper_first(one.value) for one in Phase), _OF_ZONES], phase
        ),
        _stand(
            kept, "standards-by-zone", "Standards of each zone and its schools", "Zone", [zone.zone_id for zone in world.picture.zones],
            lambda c: of_school.get(c.recipient, c.recipient),
        ),
        _stand(
            kept, "standards", "Standards, one by one", "Standard", [s.name for s in policy.standards], lambda c: standards[c.standard_id].name
        ),
    )  # fmt: skip


def _stand(kept: KeptPlan, name: str, title: str, heading: str, groups: Sequence[str], group: Callable[[Cell], str]) -> TableView:
    stands: Mapping[str, list[str]] = {key: [] for key in groups}
    for cell in kept.facts.world.picture.cells:
        stands[group(cell)].append(status(cell, kept.facts.amounts))
    every = [word for of_group in stands.values() for word in of_group]

    def figures(words_of_group: Sequence[str]) -> list[TableCell]:
        return [whole(len(words_of_group)), *(whole(words_of_group.count(word)) for word in _STANDS)]

    return replace(
        table(
            title,
            (*words(heading), *numbers("Standards", "Fully met", *(upper_first(word) for word in _STANDS[1:]))),
            [
                *(row(key, *figures(of_group)) for key, of_group in stands.items() if of_group),
                row("All", *figures(every), is_total=True),
            ],
        ),
        name=name,
    )
