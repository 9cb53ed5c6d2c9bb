"""A standard at a school or zone as pages show it: where it stands, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from planner.export.main_reasons import why
from planner.export.plan_standards import MET, OUT_OF_REACH, PARTLY, UNDER_HALF, status
from planner.need import PLACE, WHOLE, Cell
from planner.policy import Policy
from planner.reasons import plain_number
from web.plans.presenters.frame import plan_url, school_link
from web.shelf import KeptPlan
from web.tables import TableCell
from web.words import hundredths, in_zone, upper_first

TAGS = {MET: "green", PARTLY: "blue", UNDER_HALF: "yellow", OUT_OF_REACH: "grey"}
_ORDER = (UNDER_HALF, OUT_OF_REACH, PARTLY, MET)

Ask = Callable[[str], str]
"""A line's words -> where a question about it is asked; nowhere for who may not."""


def nowhere(_: str) -> str:
    """No question may be asked."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLine:
    """One standard at the school or its zone: where it stands and why."""

    name: str
    status: str
    tag: str
    percent: str
    pupils: str
    why: str
    href: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardGroup:
    """Standards that stand alike."""

    title: str
    lines: tuple[StandardLine, ...]


def groups(cells: Iterable[Cell], kept: KeptPlan, ask: Ask = nowhere) -> tuple[StandardGroup, ...]:
    """Standards by where they stand, those with most to gain first."""
    by_stand: dict[str, list[Cell]] = {word: [] for word in _ORDER}
    for cell in cells:
        by_stand[status(cell, kept.facts.amounts)].append(cell)
    return tuple(
        StandardGroup(title=f"{upper_first(word)}: {len(group)}", lines=tuple(standard_line(c, kept, ask) for c in group))
        for word, group in by_stand.items()
        if group
    )


def how_percent_counts(policy: Policy) -> str:
    """Why half of what a standard asks for is not half of its need, where the policy says so."""
    dose, met = policy.benefit[1]
    if dose >= met or dose == 1:
        return ""
    part = "half" if dose == Fraction(1, 2) else f"{plain_number(100 * dose)} percent"
    return (
        f"The first {part} of what a standard asks for meets {plain_number(100 * met)} percent of the need, "
        "so the percent of need met can be more than the part of half-days, money or places that is given."
    )


def standard_line(cell: Cell, kept: KeptPlan, ask: Ask = nowhere) -> StandardLine:
    """One standard with its reason."""
    facts = kept.facts
    reason = facts.reasons.get((cell.recipient, cell.standard_id))
    word = status(cell, facts.amounts)
    name = facts.policy.standard(cell.standard_id).name
    pupils = hundredths(cell.pupils_hundredths)
    percent = f"{reason.need_met_percent if reason else 100 * facts.amounts.need_met.get(cell.cell_id, 0) // WHOLE} percent"
    return StandardLine(
        name=name,
        status=word,
        tag=TAGS[word],
        percent=percent,
        pupils=f"{pupils} expected {'pupil' if pupils == '1' else 'pupils'}"
        + (", each needs a base place" if cell.requirement(PLACE) else ""),
        why=why(cell, facts),
        href=plan_url(kept, "plans.standard", standard_id=cell.standard_id),
        ask=ask(f"{name}: {word}, {percent}"),
    )


def recipient_cell(recipient: str, kept: KeptPlan) -> TableCell:
    """A school's name as a link, or a zone's."""
    name = kept.facts.names[recipient]
    zones = {zone.zone_id for zone in kept.facts.world.picture.zones}
    return TableCell(text=upper_first(in_zone(name))) if recipient in zones else school_link(kept, int(recipient), name)
