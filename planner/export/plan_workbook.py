"""Writes a plan as the workbook a board takes home: what it does, for whom, on what figures, and checks of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, PatternFill

from planner import __version__
from planner.audit import price_points
from planner.effects import RARE_LEFT_OUT
from planner.export.plan_buying import buying_sheet
from planner.export.plan_calendar import calendar_sheet
from planner.export.plan_charts import charts_sheet
from planner.export.plan_checks import Tables, checks_sheet, why_untested
from planner.export.plan_council import council_sheet
from planner.export.plan_decision import DecisionTaken, decision_part
from planner.export.plan_facts import Facts
from planner.export.plan_ledger import ledger_sheet
from planner.export.plan_money import money_sheet
from planner.export.plan_need import need_sheet
from planner.export.plan_roster import roster_sheet
from planner.export.plan_shares import bases_sheet, schools_sheet, services_sheet, time_sheet
from planner.export.plan_standards import baselines_sheet, needs_sheet, standards_sheet
from planner.export.plan_support import support_sheet
from planner.export.plan_uses import uses_sheet
from planner.export.plan_why import why_sheet
from planner.export.priced import price_words, said_by, said_where
from planner.export.summary import ENDINGS, claims, summary_lines
from planner.export.tables import (
    CHANGE,
    CHANGE_POUNDS,
    GREY,
    HUNDREDTHS,
    POUNDS,
    TEAL,
    WHOLE,
    Book,
    Column,
    Formula,
    Page,
    Row,
    Table,
    Value,
    font,
    height_of,
    lines_of,
    text_column,
)
from planner.files import save
from planner.intake.format_versions import FORMAT_HEADING, PLAN_FORMAT
from planner.measures import shortfall
from planner.need import World
from planner.plan import Ending, Plan
from planner.rules import RULES
from planner.words import EHC_RIGHT, least_figure, least_points, most_figure, most_points

BANNER = "ILLUSTRATIVE: people or funds are assumed, not the partnership's own. Nothing here is a decision."
BOARD_COPY = "Board copy: contains small numbers; not for publication."
OPEN_DATA = "Contains public sector information (DfE, MHCLG, ONS) licensed under OGL v3.0; OS data (c) Crown copyright."
_PUBLISHER = re.compile(r"\b(DfE|Department for Education|MHCLG|Ministry of Housing|ONS|Office for National Statistics)\b", re.IGNORECASE)
_ORDER = (
    "Summary", "Charts", "Schools", "Ledger", "Why", "Services", "Buying", "Time", "Roster", "Calendar", "Bases", "Money", "Money by use",
    "Council lines", "Need", "Standards", "Needs", "Support", "Baselines", "Rules", "Assumptions", "Checks", "Provenance",
)  # fmt: skip
_WHERE = (
    "Where to look: a school's money and time are on the sheets Schools and Ledger; why it gets them on Why; each fund on Money; "
    "what to ask for, of whom and by when on Calendar."
)
KEPT, NOT_KEPT = "kept", "NOT KEPT"
_RED = PatternFill("solid", bgColor="F6B8B0")
_TILE = PatternFill("solid", fgColor="E3EEF0")


def write_plan_workbook(plan: Plan, world: World, path: Path, *, fingerprint: str, inputs_sha256: str, policy_sha256: str) -> None:
    """Write a plan to a workbook at ``path``, replacing what was there.

    Raises ``PlannerError`` with one sentence when the file cannot be written; what was there is then untouched.
    """
    save(path, plan_workbook(Facts(plan, world), fingerprint=fingerprint, inputs_sha256=inputs_sha256, policy_sha256=policy_sha256))


def plan_workbook(
    facts: Facts,
    *,
    fingerprint: str,
    inputs_sha256: str,
    policy_sha256: str,
    standing: str = "",
    made_from: str = "",
    taken: DecisionTaken | None = None,
) -> bytes:
    """A plan as a workbook's file: the same plan of the same standing (shadow, proposed, decided; none: not said) makes the same bytes.

    Totals and checks are live formulas that carry our own figures too. ``made_from`` says which versions it was made from,
    ``taken`` is the decision that carried it.
    """
    marks = {"fingerprint": fingerprint, "inputs_sha256": inputs_sha256, "policy_sha256": policy_sha256}
    return plan_book(facts, **marks, standing=standing, made_from=made_from, taken=taken).to_bytes()


def plan_book(
    facts: Facts,
    *,
    fingerprint: str,
    inputs_sha256: str,
    policy_sha256: str,
    standing: str = "",
    made_from: str = "",
    taken: DecisionTaken | None = None,
) -> Book:
    """The same before it is a file, with its tables as data."""
    footer = f"{BOARD_COPY} Fingerprint {fingerprint[:12]}\n{EHC_RIGHT}"
    banner = " ".join(filter(None, (standing, BANNER if facts.partnership.is_illustrative() else "")))
    book = Book(banner=banner, footer=footer, header=standing.partition(".")[0].upper())
    tables = _tables(book, facts)
    ledger_sheet(book, facts, schools=tables.schools, services=tables.services, bases=tables.bases)
    why_sheet(book, facts)
    calendar_sheet(book, facts, services=tables.services, bases=tables.bases, by_fund=tables.by_fund, accounts=tables.accounts)
    baselines_sheet(book, facts, tables.schools)
    checks, tested = checks_sheet(book, facts, tables)
    more_and_less = _summary_sheet(book, facts, tables, checks)
    charts_sheet(book, facts, standards=tables.standards, more_and_less=more_and_less, by_fund=tables.by_fund)
    _rules_sheet(book, facts, checks, tested)
    _assumptions_sheet(book, facts)
    marks = {"Fingerprint": fingerprint, "Inputs, SHA-256": inputs_sha256, "Policy, SHA-256": policy_sha256}
    said = {"Standing": standing, "Made from": made_from}
    _provenance_sheet(book, facts, marks | {label: text for label, text in said.items() if text}, taken)
    _name_totals(book, tables, checks)
    book.arrange(_ORDER)
    return book


def _tables(book: Book, facts: Facts) -> Tables:
    """The sheets of data, and where their figures stand."""
    schools, time = schools_sheet(book, facts), time_sheet(book, facts)
    bases, places = bases_sheet(book, facts)
    accounts, held, pots = money_sheet(book, facts)
    need_sheet(book, facts)
    needs, buying = needs_sheet(book, facts), buying_sheet(book, facts)
    services = services_sheet(book, facts, schools, time, buying)
    by_fund, by_place = uses_sheet(book, facts, schools=schools, time=time, services=services, bases=bases, accounts=accounts)
    support, short = support_sheet(book, facts, schools=schools, time=time, places=places, needs=needs)
    return Tables(
        schools=schools, time=time, services=services, buying=buying, bases=bases, places=places, accounts=accounts, held=held, pots=pots,
        needs=needs, standards=standards_sheet(book, facts, needs), support=support, short=short, by_fund=by_fund, by_place=by_place,
        roster=roster_sheet(book, facts), council=council_sheet(book, facts, schools, accounts),
    )  # fmt: skip


def _name_totals(book: Book, tables: Tables, checks: Table) -> None:
    """Names for the figures that other workbooks ask for; docs/formats.md lists them."""
    totals = {
        "total_pupils": (tables.schools, "pupils"),
        "total_paid_in": (tables.schools, "paid"),
        "total_grants": (tables.schools, "grant"),
        "total_half_days": (tables.services, "given"),
        "total_half_days_to_share": (tables.services, "shareable"),
        "total_cost_of_time": (tables.services, "cost"),
        "total_base_places": (tables.bases, "size"),
        "total_cost_of_bases": (tables.bases, "running"),
        "total_money": (tables.by_fund, "available"),
        "total_money_planned": (tables.by_fund, "planned"),
        "total_money_left": (tables.by_fund, "left"),
        "total_standards": (tables.standards, "all"),
        "total_standards_met": (tables.standards, "met"),
        "total_standards_partly_met": (tables.standards, "partly"),
        "total_standards_under_half": (tables.standards, "under_half"),
        "total_standards_out_of_reach": (tables.standards, "out"),
    }
    for name, (table, key) in totals.items():
        book.define(name, table.total(key))
    book.define("checks_hold", f"{checks.sheet}!${checks.letters['holds']}${checks.heading - 2}")


# --- summary -----------------------------------------------------------------------------


def _summary_sheet(book: Book, facts: Facts, tables: Tables, checks: Table) -> Table:
    p = facts.partnership
    page = book.page("Summary", f"{p.name}: plan for {p.academic_year}", f"{BOARD_COPY} {EHC_RIGHT}", is_first=True)
    _tiles(page, facts, tables.standards)
    _who(page, facts)
    _paragraph(page, _WHERE)
    page.row += 1
    page.heading("How close to the best these rules allow")
    for line in claims(facts.plan, facts.world):
        _paragraph(page, line)
    _how_good(page, facts, tables.needs)
    _checked(page, book, checks)
    page.heading("What the plan does")
    for line in summary_lines(facts.plan, facts.world):
        _paragraph(page, line)
    page.row += 1
    page.heading("Who gets more and who gets less than last year")
    if facts.services("zone"):
        page.write(page.row, 1, f"Half-days: {RARE_LEFT_OUT}.", face=font(color=GREY, is_italic=True))
        page.row += 1
    columns = [
        text_column("name", "School", 52),
        Column(key="grant", heading="Grant", width=14, look=POUNDS, is_summed=True),
        Column(
            key="last_grant", heading="Grant last year", width=14, look=POUNDS, is_summed=True, help="Blank where last year is not known."
        ),
        Column(key="grant_change", heading="Change in grant", width=14, look=CHANGE_POUNDS, is_summed=True),
        Column(key="own", heading="Half-days", width=14, is_summed=True, bar_to=0),
        Column(key="last_own", heading="Half-days last year", width=14, is_summed=True),
        Column(key="own_change", heading="Change in half-days", width=14, look=CHANGE, is_summed=True),
    ]
    table = page.table(columns, _more_and_less(facts, tables.schools), name="plan_more_and_less")
    page.sheet.freeze_panes = "A4"
    page.finish()
    return table


def _checked(page: Page, book: Book, checks: Table) -> None:
    """What the sheet Checks comes to, live, where a board looks first."""
    head = checks.heading - 2
    for row, column in ((head, "B"), (head + 1, "A")):
        said = book.values["Checks"][f"{column}{row}"]
        page.write(page.row, 1, "Checks of this workbook" if row == head else None)
        page.write(page.row, 2, Formula(f"={checks.sheet}!${column}${row}", said), look="General")
        page.row += 1
    page.row += 1


def _who(page: Page, facts: Facts) -> None:
    """Who is answerable, as far as the partnership says."""
    p = facts.partnership
    lead = next((s.name for s in p.schools if s.urn == p.lead_school_urn), "")
    known = [
        (label, name) for label, name in (("Council", p.council), ("Accountable body", p.accountable_body), ("Lead school", lead)) if name
    ]
    if known:
        _paragraph(page, " ".join(f"{label}: {name}." for label, name in known))


def _tiles(page: Page, facts: Facts, standards: Table) -> None:
    """The four counts in large figures."""
    here = facts.standing
    counts = (("met", here.met, "standards fully met"), ("partly", here.partly_met, "partly met"),
              ("under_half", here.under_half, "under half"), ("out", here.out_of_reach, "out of reach"))  # fmt: skip
    for (key, count, words), (start, end) in zip(counts, ((1, 1), (2, 3), (4, 5), (6, 7)), strict=True):
        for row, size, value in ((page.row, 28, Formula("=" + standards.total(key), count)), (page.row + 1, 11, words)):
            cell = page.write(row, start, value, look=WHOLE, face=font(size, color=TEAL, is_bold=size == 28))
            cell.alignment = Alignment(horizontal="center", vertical="center")
            for column in range(start, end + 1):
                page.sheet.cell(row, column).fill = _TILE
            if end > start:
                page.sheet.merge_cells(start_row=row, end_row=row, start_column=start, end_column=end)
    page.sheet.row_dimensions[page.row].height = 42
    page.sheet.row_dimensions[page.row + 1].height = 20
    page.row += 3


def _paragraph(page: Page, text: str) -> None:
    """One line over the width of the sheet; merged cells do not grow by themselves, so its height is set."""
    cell = page.write(page.row, 1, text)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.sheet.merge_cells(start_row=page.row, end_row=page.row, start_column=1, end_column=7)
    page.sheet.row_dimensions[page.row].height = height_of(lines_of(text, 134), 4)
    page.row += 1


def _how_good(page: Page, facts: Facts, needs: Table) -> None:
    policy = facts.policy
    line = float(policy.board.line_percent)
    met, weight = needs.span("met"), needs.span("weight")
    below = float(100 * shortfall(facts.world.picture, policy, dict(facts.amounts.need_met)))
    here, bound = facts.standing, facts.plan.bound_points
    page.row += 1
    start = page.row + 1
    shown, least = most_figure(below), least_figure(bound)
    live = Formula(f"=ROUNDUP(ROUND(SUMPRODUCT(--({met}<B{start}),B{start}-{met},{weight})/MAX(SUM({weight}),0.01),9),2)", shown)
    price = most_figure(float(price_points(facts.world, facts.amounts)))
    priced: tuple[tuple[str, Value, str], ...] = (("Price of rules that give way, points", price, HUNDREDTHS),) if policy.has_prices else ()
    last = start + 2 + len(priced)
    rows: tuple[tuple[str, Value, str], ...] = (
        ("The board's line, percent of need met", line, "0.##"),
        ("Need below the line, points", live, HUNDREDTHS),
        *priced,
        (f"No plan can bring {'the two together' if priced else 'it'} below, points", least, HUNDREDTHS),
        (
            "Between the two, points",
            Formula(f"=MAX(0,ROUND(SUM(B{start + 1}:B{last - 1})-B{last},2))", max(0.0, round(shown + price - least, 2))),
            HUNDREDTHS,
        ),
        ("Need met, points", least_figure(here.need_met_points), HUNDREDTHS),
        ("Need met over the needs furthest from the standard, points", least_figure(here.worst_fifth_points), HUNDREDTHS),
    )
    page.write(page.row, 1, "A point is one hundredth of need met.", face=font(color=GREY, is_italic=True))
    for row, (words, value, look) in enumerate(rows, start=start):
        page.write(row, 1, words).alignment = Alignment(wrap_text=True, vertical="top")
        page.write(row, 2, value, look=look).alignment = Alignment(vertical="top", horizontal="right", indent=1)
    page.row = start + len(rows) + 1


def _more_and_less(facts: Facts, schools: Table) -> list[Row]:
    """Schools by change in grant, most gained first; live from the sheet Schools."""
    order = sorted(
        range(len(facts.ledgers)),
        key=lambda i: (
            facts.ledgers[i].last_year_grant_pounds is None,
            (facts.ledgers[i].last_year_grant_pounds or 0) - facts.ledgers[i].grant_pounds,
        ),
    )
    rows: list[Row] = []
    for i in order:
        ledger = facts.ledgers[i]
        grant = Formula("=" + schools.cell("grant", i), ledger.grant_pounds)
        own = Formula("=" + schools.cell("own", i), ledger.own_sessions)
        row: dict[str, Value] = {"name": ledger.school.name, "grant": grant, "own": own}
        if ledger.last_year_grant_pounds is None or ledger.last_year_sessions is None:
            rows.append(row)
            continue
        rows.append(
            {
                **row,
                "last_grant": Formula("=" + schools.cell("last_grant", i), ledger.last_year_grant_pounds),
                "grant_change": Formula("={grant}-{last_grant}", ledger.grant_pounds - ledger.last_year_grant_pounds),
                "last_own": Formula("=" + schools.cell("last_own", i), ledger.last_year_sessions),
                "own_change": Formula("={own}-{last_own}", ledger.own_sessions - ledger.last_year_sessions),
            }
        )
    return rows


# --- rules, assumptions, provenance ------------------------------------------------------


def _rules_sheet(book: Book, facts: Facts, checks: Table, tested: Mapping[str, Sequence[bool | str]]) -> None:
    page = book.page(
        "Rules",
        "Rules: what every plan keeps",
        "The audit checked every rule again without the solver when the plan was made; the sheet Checks tests them live, as this workbook stands.",
    )
    columns = [
        text_column("rule", "Rule", 70),
        text_column("unit", "Counted in", 22),
        text_column("owner", "Whose rule", 24),
        text_column("relaxed_by", "Who may relax it", 14),
        text_column("on", "On", 6),
        text_column("audit", "Audit", 26, help="Of the plan as it was made."),
        text_column("now", "In this workbook", 34, help="What the tests on the sheet Checks say now, or why there are none."),
        Column(key="checks", heading="Tests on Checks", width=9),
        text_column("id", "Name", 26),
    ]  # fmt: skip
    rows: list[Row] = []
    for rule in RULES.values():
        found = [breach for breach in facts.breaches if breach.rule is rule]
        is_on = facts.policy.is_on(rule.rule_id)
        way = [miss for miss in facts.misses if miss.rule is rule]
        tests = tested.get(rule.rule_id, ())
        missed = f"missed at {len(found)} place{'s' if len(found) > 1 else ''}: {found[0].where}" if found else "holds"
        if way and not found:
            missed = f"gives way at {len(way)} place{'s' if len(way) > 1 else ''}: {said_where(facts.world, way[0])} by {said_by(facts.world, way[0])}"
        rows.append(
            {
                "rule": rule.sentence,
                "unit": rule.unit,
                "owner": rule.owner,
                "relaxed_by": rule.relaxed_by or "nobody",
                "on": f"at {price_words(facts.policy, rule.rule_id)}" if facts.policy.price(rule.rule_id) else "on" if is_on else "off",
                "audit": missed if is_on else "not checked",
                "now": _now(checks, tests) if tests else why_untested(rule) if is_on else "not tested: the rule is off",
                "checks": Formula(f"=SUMPRODUCT(--EXACT({checks.span('rule')},{{id}}))", len(tests)),
                "id": rule.rule_id,
            }
        )
    table = page.table(columns, rows, name="plan_rules", freeze=1)
    red = CellIsRule(operator="equal", formula=[f'"{NOT_KEPT}"'], fill=_RED)
    page.sheet.conditional_formatting.add(f"{table.letters['now']}{table.first}:{table.letters['now']}{table.last}", red)
    page.finish()


def _now(checks: Table, tests: Sequence[bool | str]) -> Formula:
    """Whether every test of the rule in this row holds, live."""
    broken = f"COUNTIFS({checks.span('rule')},{{id}},{checks.span('holds')},FALSE)"
    return Formula(f'=IF({broken}=0,"{KEPT}","{NOT_KEPT}")', NOT_KEPT if any(test is False for test in tests) else KEPT)


def _assumptions_sheet(book: Book, facts: Facts) -> None:
    page = book.page(
        "Assumptions",
        "Assumptions: every figure and where it comes from",
        "Assumed figures of the partnership first, then its published ones, then the policy's.",
    )
    if facts.partnership.queries:
        _queries(page, facts)
        page.heading("Every figure")
    sources = sorted(facts.partnership.sources, key=lambda s: not s.is_assumed)
    columns = [
        text_column("what", "Figure", 40),
        text_column("value", "Value", 14),
        text_column("unit", "Unit", 22),
        text_column("source", "Source", 58),
        text_column("date", "Date", 12),
        text_column(
            "confidence", "Confidence", 15, help="Assumed: not the partnership's own. Unconfirmed: published, and to be looked at again."
        ),
    ]
    rows: list[Row] = [
        {
            "what": f"{s.sheet}, {'every row' if s.key == '*' else s.key}: {s.column}",
            "value": s.value,
            "source": s.source,
            "date": s.date,
            "confidence": "assumed" if s.is_assumed else "published",
        }
        for s in sources
    ]
    rows += [
        {"what": f.path, "value": f.value, "unit": f.unit, "source": f.source, "date": f.date, "confidence": f.confidence}
        for f in facts.policy.figures
    ]
    page.table(columns, rows, name="plan_assumptions", freeze=None if facts.partnership.queries else 1, has_filter=True, is_main=True)
    page.finish()


def _queries(page: Page, facts: Facts) -> None:
    """What schools asked about their figures, above the long table, where it is seen."""
    page.heading("What schools queried, and how it ended")
    columns = [
        text_column("what", "School and figure", 40),
        text_column("was", "Was", 14),
        text_column("now", "Now", 22),
        text_column("note", "What was found", 58),
        text_column("date", "Decided on", 12),
        text_column("outcome", "Outcome", 15),
    ]
    rows: list[Row] = [
        {
            "what": f"{facts.names.get(str(q.urn), str(q.urn))}: {q.column} ({q.sheet}, query {q.query_id})",
            "was": q.was,
            "now": q.now,
            "note": q.note,
            "date": q.decided_on,
            "outcome": q.outcome,
        }
        for q in facts.partnership.queries
    ]
    page.table(columns, rows, name="plan_queries")
    page.sheet.freeze_panes = "A4"


def _bound(plan: Plan) -> str:
    """How low these rules and figures let any plan come."""
    is_known = plan.bound_points or plan.ending in {Ending.WITHIN_GAP, Ending.CLOSE_BY_CLOCK}
    return f"{least_points(plan.bound_points)} points, by these rules and figures" if is_known else "not found"


def _provenance_sheet(book: Book, facts: Facts, marks: dict[str, str], taken: DecisionTaken | None) -> None:
    plan, policy = facts.plan, facts.policy
    page = book.page("Provenance", "Provenance: which plan this is and how it was made", EHC_RIGHT)
    lines = {
        **marks,
        "Partnership": f"{facts.partnership.name}, {facts.partnership.academic_year}",
        "Policy": f"{policy.title} ({policy.policy_id}), version {policy.version}, {policy.date}",
        "Engine": plan.engine,
        "Need below the line": f"{most_points(facts.standing.shortfall_points)} points",
        "No plan comes below": _bound(plan),
        "How the search ended": ENDINGS[plan.ending],
        "Seconds": f"{plan.seconds:.1f}",
        "Made by": f"Partnership Planner {__version__}",
        FORMAT_HEADING: str(PLAN_FORMAT),
    }
    if any(_PUBLISHER.search(source.source) for source in facts.partnership.sources):
        lines["Licence"] = OPEN_DATA
    for label, text in lines.items():
        page.line(label, text)
    decision_part(page, taken)
    page.heading("Each objective in turn, in points")
    page.table(
        [
            text_column("name", "Objective", 30),
            Column(key="achieved", heading="Reached", look="0.0000"),
            Column(key="bound", heading="Bound", look="0.0000", help="No plan that does as well by the objectives before it does better."),
            Column(
                key="tolerance",
                heading="Given away to the next",
                look="0.0000",
                help="By how much it may be missed so that the next can do better.",
            ),
            Column(key="seconds", heading="Seconds", look="0.0"),
            Column(key="steps", heading="Steps of the search"),
        ],
        [
            {
                "name": level.name,
                "achieved": level.achieved_points,
                "bound": level.bound_points,
                "tolerance": level.tolerance_points,
                "seconds": level.seconds,
                "steps": level.nodes,
            }
            for level in plan.levels
        ],
        name="plan_objectives",
    )
    page.finish()
