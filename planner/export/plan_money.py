"""The sheet about money: every fund in both financial years, what is held back, and what happens on 31 March."""

from __future__ import annotations

from planner.export.plan_facts import Facts
from planner.export.tables import PLAIN, POUNDS, Book, Column, Formula, Row, Table, text_column
from planner.measures import SPENDING_USES
from planner.partnership import Fund, FundSource, FundUse, YearEnd
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    available_pounds,
    cash_pounds,
    contingency_pounds,
    grant_months,
    moderated_pot_pounds,
    pays,
)


def money_sheet(book: Book, facts: Facts) -> tuple[Table, Table, Table]:
    """Funds by financial year, what is held back, pots, contributions, year end; the first three tables."""
    page = book.page(
        "Money", "Money: each fund in each financial year", "A fund balances in each financial year, and pays only for what it may pay for."
    )
    # The pots come first, so that the accounts can refer to them: two tables, a total, a heading and gaps lie above.
    top = page.row
    page.row += max(len(facts.accounts), 1) + len(HALF_TERMS_BY_FINANCIAL_YEAR) + 6
    page.heading("Moderated pot by half-term")
    pots = page.table(*_pots(facts), name="plan_pots")
    below, page.row = page.row, top
    accounts = page.table(_account_columns(), _account_rows(facts, pots), name="plan_funds")
    page.heading("What the board holds back")
    held = page.table(*_held(facts, accounts), name="plan_held")
    page.row = below
    page.heading("What schools pay in")
    names = {fund.fund_id: fund.name for fund in facts.partnership.funds}
    page.table(
        [text_column("school", "School", 28), text_column("fund", "Into fund", 16), Column(key="pounds", heading="Pounds", look=POUNDS, is_summed=True)],
        [{"school": facts.names[str(c.urn)], "fund": names.get(c.fund_id, c.fund_id), "pounds": c.pounds} for c in facts.partnership.contributions],
        name="plan_contributions",
    )  # fmt: skip
    page.heading("Funds and what happens on 31 March")
    page.table(*_year_end(facts, accounts), name="plan_year_end")
    page.sheet.freeze_panes = "B4"
    page.finish()
    return accounts, held, pots


def _account_columns() -> list[Column]:
    uses = {FundUse.SPECIALIST_TIME: "Specialist time", FundUse.BASE_RUNNING: "Running bases", FundUse.BASE_OPENING: "Opening bases"}
    return [
        text_column("fund", "Fund", 28),
        text_column("year", "Financial year", 16, help="Seven months of the academic year fall before 1 April, five after, unless the policy says otherwise."),
        Column(key="available", heading="Available", width=12, look=POUNDS, is_summed=True, help="After last year's balance and money that must go back."),
        Column(key="carried_in", heading="Carried in", width=12, look=POUNDS, is_summed=True, help="Over 31 March from the year before."),
        Column(key="grants", heading="Grants to schools", width=12, look=POUNDS, is_summed=True, help="By the month."),
        *(Column(key=f"use_{i}", heading=uses.get(use, "Contingency"), width=12, look=POUNDS, is_summed=True) for i, use in enumerate(SPENDING_USES)),
        Column(key="pot", heading="Moderated pot", width=12, look=POUNDS, is_summed=True, help="Released each half-term for claims; see the table below."),
        Column(key="carried_out", heading="Carried out", width=12, look=POUNDS, is_summed=True, help="Over 31 March into the next year."),
        Column(key="left", heading="Left", width=12, look=POUNDS, is_summed=True, help="Not planned."),
        text_column("cash_contingency", "Cash for contingency", 13, help="Whether contingency is reckoned on this fund's money; capital is not cash."),
        text_column("cash_pot", "Cash for the pot", 13, help="Whether the moderated pot is reckoned on this fund's money."),
        text_column("id", "Fund id", 12),
    ]  # fmt: skip


def _account_rows(facts: Facts, pots: Table) -> list[Row]:
    funds = {fund.fund_id: fund for fund in facts.partnership.funds}
    released = {fund.fund_id: i for i, fund in enumerate(_with_pots(facts))}
    spent = "+".join(["{grants}", *(f"{{use_{i}}}" for i in range(len(SPENDING_USES))), "{pot}", "{carried_out}"])
    rows: list[Row] = []
    for number, account in enumerate(facts.accounts):
        fund, half_terms = funds[account.fund_id], HALF_TERMS_BY_FINANCIAL_YEAR[number % 2]
        is_cash = fund.source is not FundSource.CAPITAL
        rows.append(
            {
                "fund": fund.name,
                "year": account.financial_year,
                "available": account.available,
                "carried_in": account.carried_in,
                "grants": account.grants,
                **{f"use_{i}": pounds for i, (_, pounds) in enumerate(account.by_use)},
                "pot": Formula("=" + "+".join(pots.cell(f"half_{h}", released[fund.fund_id]) for h in half_terms), account.moderated_pot)
                if fund.fund_id in released
                else 0,
                "carried_out": account.carried_out,
                "left": Formula(f"={{available}}+{{carried_in}}-({spent})", account.left),
                "cash_contingency": "yes" if is_cash and pays(fund, FundUse.CONTINGENCY) else "no",
                "cash_pot": "yes" if is_cash and pays(fund, FundUse.MODERATED_POT) else "no",
                "id": fund.fund_id,
            }
        )
    return rows


def _held(facts: Facts, accounts: Table) -> tuple[list[Column], list[Row]]:
    """The least contingency and pot, worked out live from the cash that may hold them."""
    columns = [
        text_column("year", "Financial year", 28),
        Column(key="contingency_percent", heading="Board's percent for contingency", width=16, look="0.##"),
        Column(
            key="contingency_cash", heading="Cash for contingency", look=POUNDS, help="Of the funds that may hold it; capital is not cash."
        ),
        Column(key="contingency", heading="Least contingency", look=POUNDS, help="Rounded up to a pound."),
        Column(key="pot_percent", heading="Board's percent for the pot", look="0.##"),
        Column(key="pot_cash", heading="Cash for the pot", look=POUNDS, help="Of the funds that may hold it; capital is not cash."),
        Column(key="half_terms", heading="Half-terms", look=PLAIN, help="That fall in the financial year."),
        Column(key="pot", heading="Least pot a half-term", look=POUNDS, help="Rounded up to a pound."),
    ]
    board = facts.policy.board
    contingency, pot = contingency_pounds(facts.partnership, facts.policy), moderated_pot_pounds(facts.partnership, facts.policy)
    cash = {use: cash_pounds(facts.partnership, use) for use in (FundUse.CONTINGENCY, FundUse.MODERATED_POT)}
    rows: list[Row] = []
    for i, (year, half_terms) in enumerate(zip(facts.partnership.financial_years, HALF_TERMS_BY_FINANCIAL_YEAR, strict=True)):

        def sum_of_cash(flag: str) -> str:
            return (
                f'=SUMPRODUCT(--EXACT({accounts.span("year")},{{year}}),--EXACT({accounts.span(flag)},"yes"),{accounts.span("available")})'
            )

        rows.append(
            {
                "year": year,
                "contingency_percent": float(board.contingency_percent),
                "contingency_cash": Formula(sum_of_cash("cash_contingency"), cash[FundUse.CONTINGENCY][i]),
                "contingency": Formula("=ROUNDUP(ROUND({contingency_cash}*{contingency_percent}/100,6),0)", contingency[i]),
                "pot_percent": float(board.moderated_pot_percent),
                "pot_cash": Formula(sum_of_cash("cash_pot"), cash[FundUse.MODERATED_POT][i]),
                "half_terms": len(half_terms),
                "pot": Formula("=ROUNDUP(ROUND({pot_cash}*{pot_percent}/100/{half_terms},6),0)", pot[half_terms[0]]),
            }
        )
    return columns, rows


def _pots(facts: Facts) -> tuple[list[Column], list[Row]]:
    halves = range(1, 7)
    columns = [
        text_column("fund", "Fund", 28),
        text_column("id", "Fund id", 16),
        *(Column(key=f"half_{h}", heading=f"Half-term {h}", look=POUNDS, is_summed=True) for h in halves),
        Column(key="year", heading="Year", look=POUNDS, is_summed=True),
    ]
    rows: list[Row] = []
    for fund in _with_pots(facts):
        pots = {h: facts.amounts.pots.get((fund.fund_id, h), 0) for h in halves}
        year = Formula("=SUM({half_1}:{half_6})", sum(pots.values()))
        rows.append({"fund": fund.name, "id": fund.fund_id, **{f"half_{h}": n for h, n in pots.items()}, "year": year})
    return columns, rows


def _with_pots(facts: Facts) -> list[Fund]:
    """The funds that release money to the moderated pot."""
    return [fund for fund in facts.partnership.funds if any(n for (fund_id, _), n in facts.amounts.pots.items() if fund_id == fund.fund_id)]


def _year_end(facts: Facts, accounts: Table) -> tuple[list[Column], list[Row]]:
    columns = [
        text_column("fund", "Fund", 28),
        text_column("source", "Source", 16, help="The grant or budget the money comes from."),
        text_column("right", "Decision right", 12),
        text_column("request_to", "Request to", 12),
        text_column("request_by", "Request by", 13),
        Column(key="first", heading="September to March", width=12, look=POUNDS, is_summed=True),
        Column(key="second", heading="April to August", width=12, look=POUNDS, is_summed=True),
        Column(key="brought", heading="Brought forward", width=12, look=POUNDS, is_summed=True, help="Last year's balance; an overspend is a first call."),
        Column(key="back", heading="Must go back", width=12, look=POUNDS, is_summed=True, help="Last year's money that is returned and never planned."),
        Column(key="months", heading="Months it pays grants", look=PLAIN),
        Column(key="left", heading="Left on 31 March", look=POUNDS, is_summed=True),
        text_column("end", "What is left then", 14),
        text_column("uses", "May pay for", 24),
        text_column("conditions", "Conditions", 24),
    ]  # fmt: skip
    rows: list[Row] = []
    for i, fund in enumerate(facts.partnership.funds):
        rows.append(
            {
                "fund": fund.name,
                "source": fund.source.value,
                "right": fund.decision_right.value,
                "request_to": fund.request_to,
                "request_by": fund.request_by,
                "first": fund.september_to_march_pounds,
                "second": fund.april_to_august_pounds,
                "brought": fund.brought_forward_pounds,
                "back": fund.must_return_pounds,
                "months": sum(grant_months(fund, facts.policy)) if any(available_pounds(fund)) and pays(fund, FundUse.GRANTS) else None,
                "left": Formula("=" + accounts.cell("left", 2 * i), facts.accounts[2 * i].left),
                "end": "goes back" if fund.year_end is YearEnd.RETURN else "may be carried over",
                "uses": "; ".join(use.value for use in fund.allowed_uses),
                "conditions": fund.conditions,
            }
        )
    return columns, rows
