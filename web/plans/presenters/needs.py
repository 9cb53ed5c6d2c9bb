"""Standards: how often each is there, and for one standard every school or zone with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from planner.export.plan_standards import MET, OUT_OF_REACH, PARTLY, UNDER_HALF, status
from planner.need import WHOLE
from planner.policy import Standard
from planner.reasons import lower_first, plain_number
from web.charts import Kind
from web.plans.presenters.cells import in_hundredths, whole
from web.plans.presenters.frame import plan_url, to_take
from web.plans.presenters.standard_lines import StandardLine, how_percent_counts, recipient_cell, standard_line
from web.shelf import KeptPlan
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import TIERS, listed, upper_first

STANDS = (
    Kind(fill="solid", words="fully met"), Kind(fill="stripes", words="partly met"),
    Kind(fill="dots", words="under half"), Kind(fill="empty", words="out of reach"),
)  # fmt: skip
"""Where standards stand, each with its pattern, in the order of ``planner.export.plan_standards``' words."""
_STANDS = (MET, PARTLY, UNDER_HALF, OUT_OF_REACH)


def standards(kept: KeptPlan) -> TableView:
    """One row a standard: at how many schools or zones it stands where."""
    facts = kept.facts
    stands: dict[str, list[str]] = {s.standard_id: [] for s in facts.policy.standards}
    pupils = dict.fromkeys(stands, 0)
    for cell in facts.world.picture.cells:
        stands[cell.standard_id].append(status(cell, facts.amounts))
        pupils[cell.standard_id] += cell.pupils_hundredths
    here = facts.standing
    rows = [
        row(
            TableCell(text=s.name, href=plan_url(kept, "plans.standard", standard_id=s.standard_id)), TIERS[s.tier],
            in_hundredths(pupils[s.standard_id]), whole(len(stands[s.standard_id])),
            *(whole(stands[s.standard_id].count(word)) for word in _STANDS),
        )
        for s in facts.policy.standards if stands[s.standard_id]
    ]  # fmt: skip
    total = row(
        "All standards", "", in_hundredths(sum(pupils.values())), whole(here.standards),
        whole(here.met), whole(here.partly_met), whole(here.under_half), whole(here.out_of_reach), is_total=True,
    )  # fmt: skip
    view = table(
        "Standards, by the schools or zones that have the need",
        (*words("Standard", "Tier"), *numbers("Expected pupils", "With the need", "Fully met", "Partly met", "Under half", "Out of reach")),
        [*rows, total],
    )
    return to_take(kept, "standards", view)


def pupils_by_stand(kept: KeptPlan) -> tuple[int, ...]:
    """Hundredths of expected pupils of the standards that are met, partly met, under half, out of reach."""
    found = dict.fromkeys(_STANDS, 0)
    for cell in kept.facts.world.picture.cells:
        found[status(cell, kept.facts.amounts)] += cell.pupils_hundredths
    return tuple(found[word] for word in _STANDS)


def every_need(kept: KeptPlan) -> TableView:
    """Every standard at every school or zone, with the reason: for taking away, as it is too long for a page."""
    facts = kept.facts
    order = {recipient: i for i, recipient in enumerate(facts.names)}
    rows = []
    for cell in sorted(facts.world.picture.cells, key=lambda c: order[c.recipient]):
        line, met = standard_line(cell, kept), facts.amounts.need_met.get(cell.cell_id, 0)
        rows.append(
            row(
                recipient_cell(cell.recipient, kept), line.name, in_hundredths(cell.pupils_hundredths),
                TableCell(text=line.percent, value=met * 100 / WHOLE), line.status, line.why,
            )
        )  # fmt: skip
    headings = (*words("School or zone", "Standard"), *numbers("Expected pupils", "Need met, percent"), *words("Stands", "Why"))
    return to_take(kept, "standards-everywhere", table("Every standard at every school or zone", headings, rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a standard is planned, and how it stands there."""

    where: TableCell
    line: StandardLine


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardView:
    """One standard."""

    name: str
    asks: str
    evidence: str
    step_up: str
    source: str
    percent: str
    places: tuple[Place, ...]


def one_standard(kept: KeptPlan, standard_id: str) -> StandardView | None:
    """A standard everywhere it is planned, in the order of the partnership; None where there is none of that id."""
    facts = kept.facts
    standard = next((s for s in facts.policy.standards if s.standard_id == standard_id), None)
    if standard is None:
        return None
    order = {recipient: i for i, recipient in enumerate(facts.names)}
    cells = [c for c in facts.world.picture.cells if c.standard_id == standard_id]
    cells.sort(key=lambda c: order[c.recipient])  # never a ranking
    rating, _, why = standard.evidence.partition(": ")
    return StandardView(
        name=standard.name,
        asks=_asks(standard, kept),
        evidence=f"{_sentence(rating)} {_sentence(upper_first(why))}".strip(),
        step_up=_sentence(standard.step_up) + (f" Reviewed in week {standard.review_week}." if standard.review_week else ""),
        source=_sentence(standard.source),
        percent=how_percent_counts(facts.policy),
        places=tuple(Place(where=recipient_cell(c.recipient, kept), line=standard_line(c, kept)) for c in cells),
    )


def _asks(standard: Standard, kept: KeptPlan) -> str:
    """What one expected pupil is promised in a year."""
    parts = [f"{plain_number(standard.hours_per_pupil)} hours of trained adults"] if standard.hours_per_pupil else []
    parts += [
        f"{plain_number(n)} {'half-day' if n == 1 else 'half-days'} of {lower_first(kept.facts.policy.role(role).name)}"
        for role, n in standard.sessions_per_pupil
    ]
    parts += ["a base place"] if standard.needs_place else []
    need = next(n.name for n in kept.facts.policy.need_types if n.code == standard.need)
    return f"For each expected pupil ({lower_first(need)}, {TIERS[standard.tier]}): {listed(parts) or 'nothing counted'} a year."


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}." if text else ""
