"""Money: funds, what each may pay for and who decides, what is held back first, and who pays in."""

from __future__ import annotations

from dataclasses import dataclass

from planner.partnership import Fund, FundUse, YearEnd
from planner.reasons import plain_number
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    available_pounds,
    cash_pounds,
    contingency_pounds,
    is_planned,
    moderated_pot_pounds,
)
from web.figures.frame import Brought, sources_table
from web.figures.provenance import sheet_of
from web.tables import TableView, numbers, row, table, words
from web.words import decision, pounds, upper_first

_FUNDS, _PAID = sheet_of("Funds"), sheet_of("Contributions")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyView:
    """All money."""

    sentence: str
    funds: TableView
    uses: TableView
    terms: TableView
    held: TableView
    held_note: str
    paid_in: TableView
    sources: TableView


def money_view(brought: Brought) -> MoneyView:
    """Funds, uses, terms, what is held back, contributions."""
    p = brought.partnership
    first, second = (sum(available_pounds(f)[year] for f in p.funds) for year in (0, 1))
    return MoneyView(
        sentence=f"{pounds(first + second)} can be planned: {pounds(first)} before 1 April and {pounds(second)} after.",
        funds=_funds(brought),
        uses=table(
            "What each fund may pay for",
            words("Fund", *(upper_first(use.value) for use in FundUse)),
            [row(f.name, *(_may(f, use) for use in FundUse)) for f in p.funds],
            empty="The partnership has brought no fund.",
        ),
        terms=table(
            "Who decides, and on what conditions",
            words("Fund", "Colour of money", "Who decides", "What is left on 31 March", "Conditions"),
            [
                row(
                    f.name, upper_first(f.source.value), decision(f.decision_right, f.request_to, f.request_by),
                    "Goes back" if f.year_end is YearEnd.RETURN else "May be carried over", f.conditions or "None given",
                )
                for f in p.funds
            ],
            empty="The partnership has brought no fund.",
        ),
        held=_held(brought),
        held_note=_held_note(brought),
        paid_in=_paid_in(brought),
        sources=sources_table(brought, "Funds", "Contributions"),
    )  # fmt: skip


def _funds(brought: Brought) -> TableView:
    p = brought.partnership
    fields = ("september_to_march_pounds", "april_to_august_pounds", "brought_forward_pounds", "must_return_pounds")
    rows = [
        row(
            f.name,
            *(brought.shown(_FUNDS, f, field, pounds(getattr(f, field))) for field in fields),
            *(pounds(n) if is_planned(f) else "not planned here" for n in available_pounds(f)),
        )
        for f in p.funds
    ]
    total = row(
        "All funds",
        *(pounds(sum(getattr(f, field) for f in p.funds)) for field in fields),
        *(pounds(sum(available_pounds(f)[year] for f in p.funds)) for year in (0, 1)),
        is_total=True,
    )
    return table(
        "Funds, pounds in each financial year",
        (
            *words("Fund"),
            *numbers(
                "September to March", "April to August", "Brought forward", "Must go back", "To plan before 1 April", "To plan after"
            ),
        ),
        [*rows, *([total] if rows else [])],
        empty="The partnership has brought no fund.",
    )  # fmt: skip


def _may(fund: Fund, use: FundUse) -> str:
    if use not in fund.allowed_uses:
        return "no"
    return "yes" if is_planned(fund) else "yes, not planned here"


def _held(brought: Brought) -> TableView:
    p, policy = brought.partnership, brought.policy
    contingency, pot = contingency_pounds(p, policy), moderated_pot_pounds(p, policy)
    cash = [cash_pounds(p, use) for use in (FundUse.CONTINGENCY, FundUse.MODERATED_POT)]
    has_contingency, has_pot = policy.is_on("contingency_held"), policy.is_on("moderated_pot_released")
    rows = [
        row(
            year, pounds(cash[0][i]), pounds(contingency[i]) if has_contingency else "rule is off",
            pounds(cash[1][i]), pounds(pot[half_terms[0]]) if has_pot else "rule is off", f"{len(half_terms)}",
        )
        for i, (year, half_terms) in enumerate(zip(p.financial_years, HALF_TERMS_BY_FINANCIAL_YEAR, strict=True))
    ]  # fmt: skip
    return table(
        "What is kept for the unforeseen, at least",
        (
            *words("Financial year"),
            *numbers("Cash that may hold contingency", "Contingency", "Cash that may go to the pot", "Moderated pot, each half-term", "Half-terms"),
        ),
        rows,
    )  # fmt: skip


def _held_note(brought: Brought) -> str:
    board = brought.policy.board
    return (
        f"The board keeps {plain_number(board.contingency_percent)} percent of cash as contingency, and releases "
        f"{plain_number(board.moderated_pot_percent)} percent to the moderated pot in equal parts by half-term. Capital is not cash."
    )


def _paid_in(brought: Brought) -> TableView:
    p = brought.partnership
    funds = {f.fund_id: f.name for f in p.funds}
    rows = [row(brought.school_link(c.urn), funds[c.fund_id], brought.shown(_PAID, c, "pounds", pounds(c.pounds))) for c in p.contributions]
    total = row("All schools", "", pounds(sum(c.pounds for c in p.contributions)), is_total=True)
    return table(
        "Who pays in, this academic year (counted in the funds above)",
        (*words("School", "Into"), *numbers("Pounds")),
        [*rows, *([total] if rows else [])],
        empty="Schools pay nothing in.",
    )
