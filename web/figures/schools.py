"""Every school at a glance: its size, its area's need, and whether its head has confirmed its figures."""

from __future__ import annotations

from dataclasses import dataclass

from planner.store import Transaction
from web.access import User
from web.figures.frame import Brought, sources_table
from web.figures.need import besides, expected_by_school, recorded_moves, sum_of
from web.tables import TableView, numbers, row, table, words
from web.words import count, hundredths, listed, unbroken


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSchool:
    """A school of the reader's, and what is to do there."""

    name: str
    sentence: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolsView:
    """All schools."""

    sentence: str
    flags: str
    note: str
    own: tuple[OwnSchool, ...]
    schools: TableView
    sources: TableView


def schools_view(brought: Brought, tx: Transaction, user: User) -> SchoolsView:
    """One row a school, in the order of the partnership: never a ranking."""
    confirmed = {c.urn for c in tx.schools.confirmations(partnership_id=brought.partnership_id, version=brought.version)}
    beside, expected = besides(brought), expected_by_school(brought)
    schools = brought.partnership.schools
    zones = {urn: zone.zone_id for zone in brought.picture.zones for urn in zone.urns}
    rows = [
        row(
            brought.school_link(s.urn), s.phase.value, unbroken(zones[s.urn]), f"{s.pupils:,}", hundredths(sum(expected[s.urn].values())),
            hundredths(beside[s.urn].expected_hundredths), beside[s.urn].recorded_text, beside[s.urn].words,
            "yes" if s.urn in confirmed else "not yet",
        )
        for s in schools
    ]  # fmt: skip
    total = row(
        "All schools", "", "", f"{sum(s.pupils for s in schools):,}", hundredths(sum(sum(e.values()) for e in expected.values())),
        hundredths(sum(b.expected_hundredths for b in beside.values())), sum_of([b.recorded for b in beside.values()]), "",
        f"{len(confirmed & set(brought.names)):,} of {len(schools):,}", is_total=True,
    )  # fmt: skip
    far = sum(b.is_far for b in beside.values())
    return SchoolsView(
        sentence=f"{_heads(len(confirmed & set(brought.names)), len(schools))} Select a school to see each of its figures with its source.",
        flags=f"At {count(far, 'school')} recorded SEN support is far above or below what one would expect of the area. "
        f"Look at it together. {recorded_moves(brought)}" if far else "",
        note=_note(brought),
        own=tuple(
            OwnSchool(
                name=brought.names[urn],
                sentence="Its figures are confirmed." if urn in confirmed else "Please look at its figures and say whether they are right.",
                href=brought.url("figures.school", urn=urn),
            )
            for urn in user.urns_in(brought.partnership_id)
            if urn in brought.names
        ),
        schools=table(
            "Schools of the partnership",
            (
                *words("School", "Phase", "Zone"),
                *numbers("Pupils", "Expected with any SEN", "SEN support expected", "SEN support recorded"),
                *words("Recorded is", "Head confirmed"),
            ),
            [*rows, total],
        ),
        sources=sources_table(brought, "Schools"),
    )  # fmt: skip


def _heads(confirmed: int, schools: int) -> str:
    if not confirmed:
        return "No head has confirmed these figures yet."
    return f"The heads of {confirmed:,} of {count(schools, 'school')} have confirmed these figures."


def _note(brought: Brought) -> str:
    """What expected means, and which schools count in part."""
    parts = [f"{s.name} at {s.membership_percent} percent" for s in brought.partnership.schools if s.membership_percent != 100]
    return (
        "Expected is what one would expect of the area: the size of the school and the drivers of need there. It is not a count of children. "
        f"Any SEN is SEN support and EHC plans together. {recorded_moves(brought)} "
        "SEN support expected is SEN support alone, before any such move, so that it can stand beside what is recorded."
        + (
            f" Pupils expected with SEN count by the school's share in this partnership: {listed(parts)}. SEN support is that of the whole school."
            if parts
            else ""
        )
    )
