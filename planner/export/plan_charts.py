"""The sheet of charts: what the tables say, drawn from their cells, so that a changed figure moves its bar."""

from __future__ import annotations

from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from planner.export.plan_facts import Facts
from planner.export.plan_uses import USES
from planner.export.tables import TEAL, Book, Table
from planner.words import count, listed, pounds

_WIDTH_CM, _BAR_CM, _EDGE_CM, _LEGEND_CM = 25.0, 0.42, 2.8, 0.8
"""Up to some thirty bars a chart stands on one page."""
_BARS_BELOW = 12
"""Up to so many bars a chart stands on the page of the chart of money."""
_MET, _PARTLY, _UNDER, _OUT = TEAL, "6FA8B3", "D9A441", "A9B1B3"


def charts_sheet(book: Book, facts: Facts, *, standards: Table, more_and_less: Table, by_fund: Table) -> None:
    """Needs met by standard, who gets more and less, and money by use; each with the words that say the same."""
    page = book.page(
        "Charts", "Charts: needs, money, and who gets more and less", "Drawn from the sheets Standards, Money by use and Summary."
    )
    page.heading("How many schools or zones have each standard")
    page.chart(_standards(standards), _standards_said(facts))
    page.next_page()
    page.heading("What the pool pays for")
    page.chart(_money(by_fund), _money_said(facts))
    known = [ledger for ledger in facts.ledgers if ledger.last_year_grant_pounds is not None]
    if known:
        if len(known) > _BARS_BELOW:
            page.next_page()
        page.heading("Who gets more and who gets less grant than last year")
        page.chart(_changes(more_and_less, len(known)), _changes_said(facts))
    page.finish()


def _bars(rows: int) -> BarChart:
    """An empty chart of lying bars, the first on top, as high as its bars need."""
    chart = BarChart()
    chart.type, chart.gapWidth, chart.overlap = "bar", 40, 100
    chart.width, chart.height = _WIDTH_CM, _EDGE_CM + _BAR_CM * rows
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.tickLblPos = "low"
    chart.y_axis.crosses = "max"
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="D9E1E3"))
    chart.x_axis.tickLblSkip = 1
    chart.legend = None
    return chart


def _series(address: str, title: str, colour: str) -> Series:
    found = Series(Reference(range_string=address), title=title)
    found.graphicalProperties.solidFill = colour
    found.graphicalProperties.line.solidFill = colour
    found.invertIfNegative = False
    return found


# --- needs met by standard ---------------------------------------------------------------


def _standards(standards: Table) -> BarChart:
    chart = _bars(standards.last - standards.first + 1)
    chart.grouping = "stacked"
    for key, title, colour in (("met", "Fully met", _MET), ("partly", "Partly met", _PARTLY), ("under_half", "Under half", _UNDER), ("out", "Out of reach", _OUT)):  # fmt: skip
        chart.series.append(_series(standards.span(key), title, colour))
    chart.set_categories(Reference(range_string=standards.span("name")))
    chart.y_axis.title = "Schools or zones with the need"
    chart.y_axis.number_format = "0"
    chart.height += _LEGEND_CM
    chart.legend = Legend()
    chart.legend.position = "t"
    return chart


def _standards_said(facts: Facts) -> str:
    here = facts.standing
    return (
        f"Bars by standard: of {count(here.standards, 'standard')} at schools and zones {here.met:,} are fully met, {here.partly_met:,} partly, "
        f"{here.under_half:,} under half and {here.out_of_reach:,} out of reach. The same figures are on the sheet Standards."
    )


# --- money by use ------------------------------------------------------------------------


def _money(by_fund: Table) -> BarChart:
    letters, row = [by_fund.letters[key] for key in USES], by_fund.last + 1
    chart = _bars(len(letters))
    chart.series.append(_series(f"{by_fund.sheet}!${letters[0]}${row}:${letters[-1]}${row}", "Pounds, both financial years", _MET))
    chart.set_categories(Reference(range_string=f"{by_fund.sheet}!${letters[0]}${by_fund.heading}:${letters[-1]}${by_fund.heading}"))
    chart.y_axis.title = "Pounds, both financial years"
    chart.y_axis.number_format = "£#,##0"
    chart.dataLabels = DataLabelList()
    chart.dataLabels.showVal = True
    chart.dataLabels.showSerName = chart.dataLabels.showCatName = chart.dataLabels.showLegendKey = chart.dataLabels.showPercent = False
    return chart


def _money_said(facts: Facts) -> str:
    used = {"grants": sum(a.grants for a in facts.accounts), "pot": sum(a.moderated_pot for a in facts.accounts)}
    used |= {f"use_{n}": sum(a.by_use[n][1] for a in facts.accounts) for n in range(len(USES) - len(used))}
    said = [f"{heading.lower()} {pounds(used[key])}" for key, heading in USES.items()]
    return f"Bars by use: {listed(said)}. The same figures are on the sheet Money by use."


# --- who gets more and less --------------------------------------------------------------


def _changes(more_and_less: Table, known: int) -> BarChart:
    def rows(key: str) -> str:
        letter = more_and_less.letters[key]
        return f"{more_and_less.sheet}!${letter}${more_and_less.first}:${letter}${more_and_less.first + known - 1}"

    chart = _bars(known)
    chart.series.append(_series(rows("grant_change"), "Change in grant, pounds", _MET))
    chart.set_categories(Reference(range_string=rows("name")))
    chart.y_axis.title = "Pounds more or less than last year"
    chart.y_axis.number_format = "+£#,##0;-£#,##0;£0"
    return chart


def _changes_said(facts: Facts) -> str:
    changes = [x.grant_pounds - x.last_year_grant_pounds for x in facts.ledgers if x.last_year_grant_pounds is not None]
    more, less = sum(n > 0 for n in changes), sum(n < 0 for n in changes)
    return (
        f"Bars by school: {count(more, 'school')} {'gets' if more == 1 else 'get'} more grant than last year, {count(less, 'school')} "
        f"{'gets' if less == 1 else 'get'} less, {len(changes) - more - less:,} the same. The same figures are on the sheet Summary."
    )
