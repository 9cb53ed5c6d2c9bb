"""The sheet for the council's own returns: every pound and base place of the plan under its heading, added up live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.styles import Alignment
from openpyxl.worksheet.datavalidation import DataValidation

from planner.council_lines import (
    MoneyLine,
    PlaceLine,
    money_lines,
    place_lines,
    placed,
    placed_as,
    questions,
    sums,
)
from planner.export.plan_facts import Facts
from planner.export.tables import AMBER, PENCE, PLAIN, Book, Column, Formula, Page, Row, Table, Value, height_of, lines_of, text_column
from planner.measures import SPENDING_USES
from planner.partnership import FundUse
from planner.policy_lines import ACADEMY, MAINTAINED, MAINTENANCE, NOT_SAID, CouncilHeadings, Form, load_headings
from planner.supply import MONTHS, grant_months

SHEET = "Council lines"
FOLLOWS = (
    (
        "What follows what you change in the workbook: a grant follows the sheet Schools, contingency and the moderated pot follow the sheet Money, and the "
        "lines of a host follow your choice of maintained or academy. Each moves the totals under its headings."
    ),
    (
        "What stands as the plan has it, whatever you change on other sheets: what is paid for specialist time and for bases, and how many places a base "
        "has. Bring the workbook back and have the changed plan kept: its own workbook then has them anew."
    ),
)
"""What somebody who edits the workbook must know of these lines."""
NOT_MAPPED = "not mapped"
PLACES = "#,##0.00"
_AROUND = 4
"""Rows of a table beside its own: its heading, its columns' headings, its total and a gap."""


def council_sheet(book: Book, facts: Facts, schools: Table, accounts: Table) -> Table:
    """What stands under each heading, then line by line; the table of money lines."""
    pack, years = load_headings(), facts.partnership.financial_years
    money, places = money_lines(facts.world, facts.amounts), place_lines(facts.world, facts.amounts)
    page = book.page(
        SHEET, "Council lines: the plan under the headings of the council's own returns",
        f"{pack.title}, version {pack.version}, {pack.date}. Which money belongs on which line is our reading: the council's finance team decides.",
    )  # fmt: skip
    for said in (*FOLLOWS, *questions(facts.world, pack, (*money, *places))):
        _paragraph(page, said)
    page.row += 1
    # What is added up comes first on the page and is written last, for it refers to the lines below it.
    top = page.row
    labels: dict[str, str] = {}
    for form in pack.forms:
        own = pack.headings_of(form)
        labels |= {heading.heading_id: f"$A${page.row + 2 + i}" for i, heading in enumerate(own)}
        page.row += len(own) + 1 + _AROUND
    hosts = _hosts(page, money, places)
    page.heading("Money, line by line")
    lines = page.table(
        [*_line_columns("Fund", "Pays for", "Payee", PENCE, years), *_form_columns(pack, "pounds", years)],
        [_money_row(line, facts, pack, labels, hosts, schools, accounts) for line in money],
    )
    page.heading("Base places, by the months each base runs")
    at_bases = page.table(
        [*_line_columns("Base", "Kind", "Host school", PLACES, years), *_place_columns(years), *_form_columns(pack, "places", years)],
        [_place_row(line, pack, years, labels, hosts) for line in places],
    )
    page.row = top
    for form in pack.forms:
        page.heading(f"{form.name}, {'pounds' if form.counts == 'pounds' else 'places by the months they run'}")
        if form.counts == "pounds":
            _sums_table(page, pack, form, years, money, lines)
        else:
            _sums_table(page, pack, form, years, places, at_bases)
    page.sheet.freeze_panes = "B4"
    page.finish()
    return lines


def _paragraph(page: Page, text: str) -> None:
    """A note or question over the width of what is added up; merged cells do not grow by themselves, so its height is set."""
    cell = page.write(page.row, 1, text)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.sheet.merge_cells(start_row=page.row, end_row=page.row, start_column=1, end_column=7)
    page.sheet.row_dimensions[page.row].height = height_of(lines_of(text, 108), 4)
    page.row += 1


def _line_columns(what: str, sort: str, who: str, look: str, years: Sequence[str]) -> list[Column]:
    return [
        text_column("what", what, 28),
        text_column("sort", sort, 12),
        text_column("who", who, 22),
        text_column("school", "Maintained or academy", 12),
        *_amount_columns(look, years),
    ]


def _amount_columns(look: str, years: Sequence[str]) -> list[Column]:
    first, second = years
    return [
        Column(key="first", heading=f"{first}, September to March", width=13, look=look, is_summed=True),
        Column(key="second", heading=f"{second}, April to August", width=13, look=look, is_summed=True),
        Column(key="year", heading="Academic year", width=13, look=look, is_summed=True),
    ]


def _place_columns(years: Sequence[str]) -> list[Column]:
    return [
        Column(key="places", heading="Places", width=8, is_summed=True),
        Column(key="months_1", heading="Months to March", width=8, look=PLAIN, help="From the month in which the half-term begins that it opens in."),
        Column(key="months_2", heading="Months from April", width=8, look=PLAIN),
        Column(key="rate", heading="Place funding a year", width=11, look=PENCE, help="What the figures say that the council pays for a place, beside the plan."),
        Column(key="funding_1", heading=f"Place funding, {years[0]}", width=13, look=PENCE, is_summed=True),
        Column(key="funding_2", heading=f"Place funding, {years[1]}", width=13, look=PENCE, is_summed=True),
    ]  # fmt: skip


def _form_columns(pack: CouncilHeadings, counts: str, years: Sequence[str]) -> list[Column]:
    return [
        column
        for form in pack.forms_of(counts)
        for column in (
            *(text_column(f"{form.form_id}_{i}", f"{form.name}, {year}", 12 if counts == "pounds" else 17) for i, year in enumerate(years)),
            text_column(f"{form.form_id}_why", "Why not mapped", 28 if counts == "pounds" else 32),
        )
    ]


def _hosts(page: Page, money: Sequence[MoneyLine], places: Sequence[PlaceLine]) -> dict[int, str]:
    """The table in which the council chooses what each host is: URN -> the address of the choice."""
    by_urn: dict[int, tuple[str, list[str]]] = {}
    for payee in (*(line.payee for line in money), *(line.host for line in places)):
        if payee.urn is not None and payee.kind:
            bases = by_urn.setdefault(payee.urn, (payee.school, []))[1]
            bases += [payee.name] if payee.name not in bases else []
    page.heading("Hosts of bases, for you to choose what each is; its lines follow")
    table = page.table(
        [text_column("name", "Base (host school)", 28), Column(key="urn", heading="Host URN", look=PLAIN), text_column("blank", "", 22), text_column("school", "Maintained or academy", 12)],
        [{"name": "; ".join(bases), "urn": urn, "school": school} for urn, (school, bases) in by_urn.items()],
    )  # fmt: skip
    choice = DataValidation(type="list", formula1=f'"{",".join(MAINTENANCE)}"', allow_blank=False)
    page.sheet.add_data_validation(choice)
    found = {}
    for i, urn in enumerate(by_urn):
        cell = page.sheet[f"{table.letters['school']}{table.first + i}"]
        cell.fill = AMBER
        choice.add(cell)
        found[urn] = f"${table.letters['school']}${table.first + i}"
    return found


def _money_row(
    line: MoneyLine,
    facts: Facts,
    pack: CouncilHeadings,
    labels: Mapping[str, str],
    hosts: Mapping[int, str],
    schools: Table,
    accounts: Table,
) -> Row:
    first, second = (pence / 100 for pence in line.pence)
    live = _live(line, facts, schools, accounts)
    amounts: dict[str, Value] = {"first": first, "second": second}
    if live is not None:
        amounts = {"first": Formula(live[0], first), "second": Formula(live[1], second)}
    return {
        "what": line.fund.name,
        "sort": line.use.value,
        "who": line.payee.name,
        **amounts,
        "year": Formula("={first}+{second}", sum(line.pence) / 100),
        **_stands(line, pack, "pounds", facts.partnership.financial_years, labels, hosts),
    }


def _live(line: MoneyLine, facts: Facts, schools: Table, accounts: Table) -> tuple[str, str] | None:
    """The amounts as they stand in other sheets, where they stand there by payee."""
    fund = [one.fund_id for one in facts.partnership.funds].index(line.fund.fund_id)
    if line.use is FundUse.GRANTS:
        at = [one.fund_id for one in facts.grant_funds()].index(line.fund.fund_id)
        school = [ledger.school.urn for ledger in facts.ledgers].index(line.payee.urn or 0)
        cell, months = schools.cell(f"fund_{at}", school), grant_months(line.fund, facts.policy)
        first, second = (f"={cell}*{n}/{sum(months)}" for n in months)
        return first, second
    if line.use in {FundUse.CONTINGENCY, FundUse.MODERATED_POT}:
        key = "pot" if line.use is FundUse.MODERATED_POT else f"use_{SPENDING_USES.index(line.use)}"
        return f"={accounts.cell(key, 2 * fund)}", f"={accounts.cell(key, 2 * fund + 1)}"
    return None


def _place_row(line: PlaceLine, pack: CouncilHeadings, years: Sequence[str], labels: Mapping[str, str], hosts: Mapping[int, str]) -> Row:
    first, second = line.twelfths
    rate, all_months = line.base.place_funding_pounds, f"({{months_1}}+{{months_2}})/{MONTHS}"
    return {
        "what": line.base.name,
        "sort": line.base.kind.value,
        "who": line.host.name,
        "first": Formula(f"={{places}}*{{months_1}}/{MONTHS}", first / MONTHS),
        "second": Formula(f"={{places}}*{{months_2}}/{MONTHS}", second / MONTHS),
        "year": Formula("={first}+{second}", (first + second) / MONTHS),
        "places": line.places,
        "months_1": line.months[0],
        "months_2": line.months[1],
        "rate": rate,
        "funding_1": Formula(f"=ROUND({{places}}*{{rate}}*{{months_1}}/{MONTHS},2)", line.funding_pence[0] / 100),
        "funding_2": Formula(f"=ROUND({{places}}*{{rate}}*{all_months},2)-{{funding_1}}", line.funding_pence[1] / 100),
        **_stands(line, pack, "places", years, labels, hosts),
    }


def _stands(
    line: MoneyLine | PlaceLine,
    pack: CouncilHeadings,
    counts: str,
    years: Sequence[str],
    labels: Mapping[str, str],
    hosts: Mapping[int, str],
) -> dict[str, Value]:
    """The school's choice, and the heading in each form and year: live where it depends on the choice."""
    payee = line.payee if isinstance(line, MoneyLine) else line.host
    choice = hosts.get(payee.urn) if payee.urn is not None and payee.kind else None
    found: dict[str, Value] = {"school": payee.school if choice is None else Formula(f"={choice}", payee.school)}
    for form in pack.forms_of(counts):
        here = placed(pack, form, years, line)
        for i, (year, now) in enumerate(zip(years, here, strict=True)):
            by_school = {
                school: labels[at.heading.heading_id] if at.heading else f'"{NOT_MAPPED}"'
                for school, at in placed_as(pack, form, year, line.placing).items()
            }
            text = now.heading.label if now.heading else NOT_MAPPED
            key = f"{form.form_id}_{i}"
            if choice is not None and len(set(by_school.values())) > 1:
                maintained, academy, neither = (by_school[school] for school in (MAINTAINED, ACADEMY, NOT_SAID))
                live = f'=IF(EXACT({{school}},"{MAINTAINED}"),{maintained},IF(EXACT({{school}},"{ACADEMY}"),{academy},{neither}))'
                found[key] = Formula(live, text)
            else:
                found[key] = Formula(f"={labels[now.heading.heading_id]}", text) if now.heading else text
        whys = [f"{year}: {at.because}" for year, at in zip(years, here, strict=True) if at.because and pack.knows(form, year)]
        found[f"{form.form_id}_why"] = "; ".join(whys)
    return found


def _sums_table(
    page: Page, pack: CouncilHeadings, form: Form, years: Sequence[str], lines: Sequence[MoneyLine] | Sequence[PlaceLine], below: Table
) -> None:
    """A form by heading; what stands under none is its last row."""
    parts, look = (100, PENCE) if form.counts == "pounds" else (MONTHS, PLACES)
    come_to: dict[str, list[int]] = {}
    for one in sums(pack, form, years, lines):
        key = one.placed.heading.heading_id if one.placed.heading else ""
        come_to[key] = [a + b for a, b in zip(come_to.get(key, [0, 0]), one.amounts, strict=True)]
    about = [
        (h.heading_id, h.label, h.year or "not said", h.source, f"{h.confidence}, {h.date}" if h.date else h.confidence)
        for h in pack.headings_of(form)
    ]
    rows: list[Row] = []
    for heading_id, label, read_in, source, confidence in (*about, ("", NOT_MAPPED, "", "", "")):
        first, second = come_to.get(heading_id, (0, 0))
        live = [
            f"=SUMPRODUCT(--EXACT({below.span(f'{form.form_id}_{i}')},{{what}}),{below.span(key)})"
            for i, key in enumerate(("first", "second"))
        ]
        rows.append(
            {
                "what": label, "read_in": read_in, "source": source, "confidence": confidence,
                "first": Formula(live[0], first / parts), "second": Formula(live[1], second / parts),
                "year": Formula("={first}+{second}", (first + second) / parts),
            }
        )  # fmt: skip
    page.table(
        [
            text_column("what", "Heading", 28),
            text_column("read_in", "Read in the return of", 12),
            text_column("source", "Source", 22),
            text_column("confidence", "Confidence", 12),
            *_amount_columns(look, years),
        ],
        rows,
    )
