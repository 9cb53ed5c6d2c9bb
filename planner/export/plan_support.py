"""The sheet about what needs use of what is given: no need is met by support that nobody gives."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from planner.export.plan_facts import Facts
from planner.export.plan_standards import in_order
from planner.export.tables import HUNDREDTHS, POINTS, SHARE, Book, Column, Formula, Row, Table, Value, figure, text_column
from planner.need import ADULT_HOURS, PLACE, WHOLE, Cell, dose_share_for, may_be_part_year
from planner.supply import place_share

NOTHING = 0.000001
"""More than this must be used beyond what is given to count: less is the arithmetic of a spreadsheet."""


def support_sheet(book: Book, facts: Facts, *, schools: Table, time: Table, places: Table, needs: Table) -> tuple[Table, dict[str, int]]:
    """What each school and zone has of every ingredient beside what its needs use of it, and below what a full dose asks for; the upper table, and how many of its rows of each ingredient use more than is given."""
    page = book.page(
        "Support",
        "Support: what is given, and what the needs met use of it",
        "Need met counts only half-days, hours and places that are really given: nowhere is more used than there is.",
    )
    cells, kinds = in_order(facts), ingredients(facts)
    holders = list(_holders(cells, kinds))
    # The lower table comes first, so that the upper one can refer to it: heading, rows and a gap lie between.
    top = page.row
    page.row += max(len(holders), 1) + 2
    page.heading("What each need asks for to be met in full, and how much of that it has")
    doses = page.table(
        _dose_columns(kinds, facts), [_dose_row(i, cell, kinds, needs, facts) for i, cell in enumerate(cells)], name="plan_doses"
    )
    page.row = top
    columns = [
        text_column("name", "School or zone", 28),
        text_column("standard", "Standard", 44, help="Base places are given need by need; all else is shared by the needs of the school or zone."),
        text_column("what", "What", 24),
        Column(key="given", heading="Given", width=12, look=HUNDREDTHS, help="Half-days and places in the year; hours are the grant at the policy's price of an hour."),
        Column(key="used", heading="Used", width=12, look=HUNDREDTHS, help="What the needs met take of it."),
        Column(key="left", heading="Left", width=12, look=HUNDREDTHS),
        text_column("kind", "Ingredient", 18, help="Its name in the policy."),
        text_column("key", "URN or zone", 14),
    ]  # fmt: skip
    uses = _Uses(
        schools=schools, time=time, places=places, doses=doses, kinds=kinds, used=_used(cells, facts),
        school_rows={str(s.urn): i for i, s in enumerate(facts.partnership.schools)},
        time_rows={key: row for row, key in enumerate(facts.time_rows)},
    )  # fmt: skip
    rows = [_support_row(i, cell, kind, uses, facts) for i, cell, kind in holders]
    table = page.table(columns, rows, name="plan_support")
    page.sheet.freeze_panes = "B4"
    page.finish()
    short = Counter(str(row["kind"]) for row in rows if float(figure(row["left"]) or 0) < -NOTHING)
    return table, {kind: short[kind] for kind in kinds}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Uses:
    """Where the figures stand that the upper table adds up, and what (holder, ingredient) uses."""

    schools: Table
    time: Table
    places: Table
    doses: Table
    kinds: tuple[str, ...]
    used: Mapping[tuple[str, str], Fraction]
    school_rows: Mapping[str, int]
    time_rows: Mapping[tuple[str, str], int]


def ingredients(facts: Facts) -> tuple[str, ...]:
    """What any need asks for: roles in the policy's order, adult hours, places."""
    used = {ingredient for cell in facts.world.picture.cells for ingredient, _ in cell.requirements}
    return tuple(kind for kind in (*(role.role_id for role in facts.policy.roles), ADULT_HOURS, PLACE) if kind in used)


def kind_name(kind: str, facts: Facts) -> str:
    """What an ingredient is called."""
    return {ADULT_HOURS: "Trained adult hours", PLACE: "Base places"}.get(kind) or facts.policy.role(kind).name


def _holders(cells: list[Cell], kinds: tuple[str, ...]) -> Iterator[tuple[int, Cell, str]]:
    """Of the needs that share an ingredient the first, with its row in the lower table; each need of a place has its own."""
    seen: set[tuple[str, str]] = set()
    for i, cell in enumerate(cells):
        for kind in kinds:
            if cell.requirement(kind) and (_holder(cell, kind), kind) not in seen:
                seen.add((_holder(cell, kind), kind))
                yield i, cell, kind


def _holder(cell: Cell, kind: str) -> str:
    return cell.cell_id if kind == PLACE else cell.recipient


# --- what a full dose asks for -----------------------------------------------------------


def _dose_columns(kinds: tuple[str, ...], facts: Facts) -> list[Column]:
    band = "Asked for, to be met in full"
    return [
        text_column("name", "School or zone", 28),
        text_column("standard", "Standard", 44),
        text_column("key", "URN or zone", 14),
        Column(key="met", heading="Need met, percent", width=12, look=POINTS, help="From the sheet Needs."),
        Column(key="dose", heading="Of what it asks for", width=12, look=SHARE, help="The least share that meets so much of the need, by the policy's curve."),
        *(Column(key=f"asks_{n}", heading=kind_name(kind, facts), width=12, look=HUNDREDTHS, band=band) for n, kind in enumerate(kinds)),
    ]  # fmt: skip


def _dose_row(i: int, cell: Cell, kinds: tuple[str, ...], needs: Table, facts: Facts) -> Row:
    met = facts.amounts.need_met.get(cell.cell_id, 0)
    asks: dict[str, Value] = {f"asks_{n}": cell.requirement(kind) / 100 for n, kind in enumerate(kinds) if cell.requirement(kind)}
    return {
        "name": facts.names[cell.recipient],
        "standard": facts.policy.standard(cell.standard_id).name,
        "key": cell.recipient,
        "met": Formula("=" + needs.cell("met", i), met * 100 / WHOLE),
        "dose": Formula(_dose_formula(facts), float(dose_share_for(Fraction(met, WHOLE), facts.policy))),
        **asks,
    }


def _dose_formula(facts: Facts) -> str:
    """The policy's curve read backwards: between two bends the share of the dose rises with need met."""
    parts = []
    for (dose_before, met_before), (dose, met) in itertools.pairwise(facts.policy.benefit):
        lower, upper = float(100 * met_before), float(100 * met)
        parts.append(f"{float(dose - dose_before)!r}*(MIN(MAX({{met}},{lower!r}),{upper!r})-{lower!r})/{upper - lower!r}")
    return "=" + "+".join(parts)


# --- what is given -----------------------------------------------------------------------


def _used(cells: list[Cell], facts: Facts) -> dict[tuple[str, str], Fraction]:
    """(holder, ingredient) -> what its needs use."""
    used: dict[tuple[str, str], Fraction] = {}
    for cell in cells:
        dose = dose_share_for(Fraction(facts.amounts.need_met.get(cell.cell_id, 0), WHOLE), facts.policy)
        for kind, asked in cell.requirements:
            key = (_holder(cell, kind), kind)
            used[key] = used.get(key, Fraction(0)) + dose * asked / 100
    return used


def _support_row(i: int, cell: Cell, kind: str, uses: _Uses, facts: Facts) -> Row:
    doses, column = uses.doses, f"asks_{uses.kinds.index(kind)}"
    text, given = _given(cell, kind, uses, facts)
    taken = uses.used[_holder(cell, kind), kind]
    same = f"SUMPRODUCT(--EXACT({doses.span('key')},{{key}}),{doses.span('dose')},{doses.span(column)})"
    return {
        "name": facts.names[cell.recipient],
        "standard": facts.policy.standard(cell.standard_id).name if kind == PLACE else "",
        "what": kind_name(kind, facts),
        "given": Formula("=" + text, float(given)) if text else 0,
        "used": Formula(f"={doses.cell('dose', i)}*{doses.cell(column, i)}" if kind == PLACE else f"={same}", float(taken)),
        "left": Formula("={given}-{used}", float(given - taken)),
        "kind": kind,
        "key": cell.recipient,
    }


def _given(cell: Cell, kind: str, uses: _Uses, facts: Facts) -> tuple[str, Fraction]:
    """What a holder has of an ingredient: the formula that adds it up over other sheets, empty where there is nothing, and the figure."""
    if kind == PLACE:
        shares = {b.base_id: place_share(b) for b in facts.partnership.bases}
        here = [(row, shares[base], n) for row, (base, cell_id, n) in enumerate(facts.place_rows) if cell_id == cell.cell_id]
        parts = [f"{uses.places.cell('places', row)}" + (f"*{float(share)!r}" if share != 1 else "") for row, share, _ in here]
        return "+".join(parts), sum((share * n for _, share, n in here), Fraction(0))
    if kind == ADULT_HOURS:
        row, price = uses.school_rows[cell.recipient], facts.policy.pounds_per_adult_hour
        return f"{uses.schools.cell('grant', row)}/{price}", Fraction(facts.ledgers[row].grant_pounds, price)
    parts, given = [], 0
    for n, service in enumerate(facts.services("school")):
        if service.role == kind and cell.recipient in uses.school_rows:
            parts.append(uses.schools.cell(f"own_{n}", uses.school_rows[cell.recipient]))
            given += facts.amounts.sessions.get((cell.recipient, service.service_id), 0)
    for service in facts.services("zone"):
        row_of = uses.time_rows.get((cell.recipient, service.service_id))
        if service.role == kind and row_of is not None:
            parts.append(uses.time.cell("sessions", row_of))
            given += facts.amounts.sessions[cell.recipient, service.service_id]
    return "+".join(parts), Fraction(given)


def places_at_once(facts: Facts) -> Iterator[tuple[Cell, list[int], int]]:
    """Needs that a base may serve which opens during the year: their rows of places, and the most places at once."""
    for cell in facts.world.picture.cells:
        if may_be_part_year(facts.partnership, facts.policy, cell, facts.world.picture.zones):
            rows = [row for row, (_, cell_id, _) in enumerate(facts.place_rows) if cell_id == cell.cell_id]
            if rows:
                yield cell, rows, ceil(Fraction(cell.requirement(PLACE), 100))
