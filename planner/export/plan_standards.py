"""The sheets about need: every standard, every need with what limits it, and other ways to share."""

from __future__ import annotations

from planner.export.plan_facts import Facts
from planner.export.tables import HUNDREDTHS, PLAIN, POINTS, POUNDS, Book, Column, Formula, Row, Table, Value, text_column
from planner.measures import base_pounds, specialist_time_pounds, standing
from planner.need import ADULT_HOURS, PLACE, WHOLE, Cell
from planner.plan import Amounts
from planner.policy import Standard
from planner.reasons import lower_first
from planner.words import least_figure, most_figure

MET, PARTLY, UNDER_HALF, OUT_OF_REACH = "met", "partly met", "under half", "out of reach"
_TIERS = {"targeted": "targeted", "targeted_plus": "targeted plus", "specialist": "specialist"}


def status(cell: Cell, amounts: Amounts) -> str:
    """Where a need stands, in the words of the counts."""
    met = amounts.need_met.get(cell.cell_id, 0)
    if cell.out_of_reach:
        return OUT_OF_REACH
    if met == WHOLE:
        return MET
    return PARTLY if met >= WHOLE // 2 else UNDER_HALF


def in_order(facts: Facts) -> list[Cell]:
    """Every need in the order of the sheets: schools, then zones, each by the policy's standards."""
    recipients = [*(str(s.urn) for s in facts.partnership.schools), *(z.zone_id for z in facts.world.picture.zones)]
    order = {recipient: i for i, recipient in enumerate(recipients)}
    standards = {s.standard_id: i for i, s in enumerate(facts.policy.standards)}
    return sorted(facts.world.picture.cells, key=lambda c: (order[c.recipient], standards[c.standard_id]))


def needs_sheet(book: Book, facts: Facts) -> Table:
    """One row a need: a standard at a school or zone, what it stands at and what limits it."""
    page = book.page(
        "Needs", "Needs: every standard at every school or zone", "Support is planned for expected pupils, never for named children."
    )
    columns = [
        text_column("recipient", "School or zone", 27),
        text_column("standard", "Standard", 31),
        Column(key="pupils", heading="Expected pupils", width=12, look=HUNDREDTHS, is_summed=True, help="By size and drivers of need; never counted from named children."),
        Column(key="met", heading="Need met, percent", width=12, look=POINTS, bar_to=100, help="100 is met in full; by the policy's curve the first part of what a standard asks for meets most."),
        text_column("status", "Stands", 11, help="Met: in full. Partly met: half or more. Out of reach: no plan could meet it."),
        text_column("limit", "Limited by", 17, help="What runs out first for this need in this plan."),
        text_column("why", "Why", 88),
        Column(key="weight", heading="Weight", look=HUNDREDTHS, help="Expected pupils times the priority of the standard's tier; the same in every measure."),
        text_column("id", "Standard id", 24),
    ]  # fmt: skip
    table = page.table(columns, [_need_row(cell, facts) for cell in in_order(facts)], name="plan_needs", freeze=2, has_filter=True)
    page.finish()
    return table


def _need_row(cell: Cell, facts: Facts) -> Row:
    reason = facts.reasons.get((cell.recipient, cell.standard_id))
    words = {ADULT_HOURS: "trained adult hours", PLACE: "base places"}
    limit = reason.limited_by if reason else ""
    if limit in facts.policy.role_ids():
        limit = facts.policy.role(limit).name
    return {
        "recipient": facts.names[cell.recipient],
        "standard": facts.policy.standard(cell.standard_id).name,
        "pupils": cell.pupils_hundredths / 100,
        "met": facts.amounts.need_met.get(cell.cell_id, 0) * 100 / WHOLE,
        "status": status(cell, facts.amounts),
        "limit": words.get(limit, limit),
        "why": _why(reason.sentence, facts.names[cell.recipient], facts.policy.standard(cell.standard_id).name) if reason else "",
        "weight": cell.weight / 100,
        "id": cell.standard_id,
    }


def _why(sentence: str, name: str, standard: str) -> str:
    """A reason without what stands beside it in its row: the school, the standard and how much is met."""
    return sentence.removeprefix(f"{name}: {standard} ").partition(". ")[2] or sentence


def standards_sheet(book: Book, facts: Facts, needs: Table) -> Table:
    """One row a standard, counted live from the sheet Needs."""
    page = book.page(
        "Standards",
        "Standards: what good support is, and how often it is there",
        "A standard counts once for each school or zone that has the need.",
    )
    counts = "Schools or zones"
    columns = [
        text_column("name", "Standard", 32),
        text_column("need", "Need", 20),
        text_column("tier", "Tier", 13, help="How much support the standard is: targeted, targeted plus or specialist."),
        text_column("phase", "Phase", 11),
        Column(key="pupils", heading="Expected pupils", width=12, look=HUNDREDTHS, is_summed=True),
        Column(key="all", heading="With the need", width=9, band=counts, is_summed=True),
        Column(key="met", heading="Fully met", width=9, band=counts, is_summed=True, help="Everything the standard asks for is given."),
        Column(key="partly", heading="Partly met", width=9, band=counts, is_summed=True, help="Half met or more, not fully."),
        Column(key="under_half", heading="Under half", width=9, band=counts, is_summed=True, help="Less than half of the need is met."),
        Column(key="out", heading="Out of reach", width=9, band=counts, is_summed=True, help="No plan could meet it with these services, funds and bases."),
        Column(key="points", heading="Need met, points", width=12, look=POINTS, bar_to=100, help="Weighted mean of need met, 0 to 100; out of reach counts as 0. None: no school has the need."),
        text_column("evidence", "Evidence", 27, help="What the standard rests on."),
        text_column("step_up", "Step up", 27, help="What comes next where this is not enough."),
        Column(key="week", heading="Review in week", width=9, look=PLAIN, help="Week of the school year in which to look whether it works."),
        text_column("id", "Id", 24),
    ]  # fmt: skip
    table = page.table(
        columns, [_standard_row(standard, facts, needs) for standard in facts.policy.standards], name="plan_standards", freeze=1
    )
    page.finish()
    return table


def _standard_row(standard: Standard, facts: Facts, needs: Table) -> Row:
    cells = [c for c in facts.world.picture.cells if c.standard_id == standard.standard_id]
    stands = [status(cell, facts.amounts) for cell in cells]
    same = f"--EXACT({needs.span('id')},{{id}})"
    weight = sum(c.weight for c in cells)
    met = sum(c.weight * facts.amounts.need_met.get(c.cell_id, 0) for c in cells)

    def count(word: str) -> Formula:
        return Formula(f'=SUMPRODUCT({same},--({needs.span("status")}="{word}"))', stands.count(word))

    return {
        "name": standard.name,
        "need": next(n.name for n in facts.policy.need_types if n.code == standard.need),
        "tier": _TIERS[standard.tier],
        "phase": standard.phase.value if standard.phase else "both",
        "pupils": Formula(f"=ROUND({needs.sum_where('pupils', 'id', '{id}')},2)", sum(c.pupils_hundredths for c in cells) / 100),
        "all": Formula(f"=SUMPRODUCT({same})", len(cells)),
        "met": count(MET),
        "partly": count(PARTLY),
        "under_half": count(UNDER_HALF),
        "out": count(OUT_OF_REACH),
        "points": Formula(
            f'=IF({{all}}=0,"none",SUMPRODUCT({same},{needs.span("met")},{needs.span("weight")})/{needs.sum_where("weight", "id", "{id}")})',
            met * 100 / (WHOLE * weight) if weight else "none",
        ),
        "evidence": standard.evidence,
        "step_up": standard.step_up,
        "week": standard.review_week,
        "id": standard.standard_id,
    }


# --- baselines ---------------------------------------------------------------------------


def baselines_sheet(book: Book, facts: Facts, schools: Table) -> None:
    """The plan beside other ways to share: the same measures, and each school's grant and half-days."""
    note = "Need met by another way to share is the best use schools could make of its amounts; it need not keep the rules."
    page = book.page("Baselines", "Baselines: the plan beside other ways to share", note)
    ways = [("This plan", facts.amounts, ()), *((b.title, b.amounts, b.rules_known_broken) for b in facts.plan.baselines)]
    page.table(_measure_columns(facts), [_measures(title, amounts, broken, facts) for title, amounts, broken in ways], name="plan_ways")
    page.heading("By school")
    columns = [text_column("name", "School", 36)]
    for i, (title, _, _) in enumerate(ways):
        band = title.partition(" (")[0]
        columns += [
            Column(key=f"grant_{i}", heading=f"Grant: {lower_first(band)}", width=12, look=POUNDS, band=band, is_summed=True),
            Column(key=f"own_{i}", heading=f"Half-days: {lower_first(band)}", width=12, band=band, is_summed=True),
        ]
    page.table(columns, [_beside(index, facts, schools) for index in range(len(facts.partnership.schools))], name="plan_ways_by_school")
    page.sheet.freeze_panes = "B4"
    page.finish()


def _beside(index: int, facts: Facts, schools: Table) -> Row:
    ledger = facts.ledgers[index]
    row: dict[str, Value] = {
        "name": ledger.school.name,
        "grant_0": Formula("=" + schools.cell("grant", index), ledger.grant_pounds),
        "own_0": Formula("=" + schools.cell("own", index), ledger.own_sessions),
    }
    for i, baseline in enumerate(facts.plan.baselines, start=1):
        row[f"grant_{i}"] = sum(pounds for (urn, _), pounds in baseline.amounts.grants.items() if urn == ledger.school.urn)
        row[f"own_{i}"] = sum(n for (recipient, _), n in baseline.amounts.sessions.items() if recipient == str(ledger.school.urn))
    return row


def _measure_columns(facts: Facts) -> list[Column]:
    line = f"{float(facts.policy.board.line_percent):g}"
    standards, need, given = "Standards", "Need, points", "Given"
    return [
        text_column("way", "Way to share", 36),
        Column(key="met", heading="Fully met", band=standards),
        Column(key="partly", heading="Partly met", band=standards),
        Column(key="under_half", heading="Under half", band=standards),
        Column(key="out", heading="Out of reach", band=standards),
        Column(key="below", heading=f"Below the line of {line} %", look=HUNDREDTHS, band=need, help="Weighted mean need below the board's line."),
        Column(key="need_met", heading="Need met", look=HUNDREDTHS, band=need, help="Weighted mean need met, 0 to 100."),
        Column(key="furthest", heading="Furthest from standard", look=HUNDREDTHS, band=need, help="Mean need met over the fifth of need furthest from its standard."),
        Column(key="grants", heading="Grants", look=POUNDS, band=given),
        Column(key="time", heading="Time at its price", look=POUNDS, band=given),
        Column(key="bases", heading="Running bases", look=POUNDS, band=given),
        Column(key="sessions", heading="Half-days", band=given),
        Column(key="places", heading="Base places", band=given),
        text_column("broken", "Rules it breaks", 34, help="Names as on the sheet Rules."),
    ]  # fmt: skip


def _measures(title: str, amounts: Amounts, broken: tuple[str, ...], facts: Facts) -> Row:
    stands = standing(facts.world.picture, facts.policy, amounts)
    return {
        "way": title,
        "met": stands.met,
        "partly": stands.partly_met,
        "under_half": stands.under_half,
        "out": stands.out_of_reach,
        "below": most_figure(stands.shortfall_points),
        "need_met": least_figure(stands.need_met_points),
        "furthest": least_figure(stands.worst_fifth_points),
        "grants": sum(amounts.grants.values()),
        "time": specialist_time_pounds(facts.partnership, amounts),
        "bases": base_pounds(facts.partnership, facts.policy, amounts),
        "sessions": sum(amounts.sessions.values()),
        "places": sum(amounts.places.values()),
        "broken": ", ".join(broken) or "none",
    }
