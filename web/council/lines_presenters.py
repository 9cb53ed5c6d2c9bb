"""The words of the page about the council's own lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import url_for

from planner.council_lines import MoneyLine, PlaceLine, Years, money_lines, place_lines, placed, questions, sums
from planner.export.plan_council import FOLLOWS
from planner.policy_lines import NOT_SAID, CouncilHeadings, Form, Placed, load_headings
from planner.supply import MONTHS
from web.council.presenters import Member
from web.plans.presenters.cells import whole
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import moment, upper_first

PENCE = 100
YEAR = "Academic year"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """One form of the council, with why some of it stands under no heading."""

    title: str
    table: TableView
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesView:
    """The page; without a plan there is nothing to map yet."""

    partnership: str
    sentence: str
    money: tuple[FormView, ...] = ()
    places: tuple[FormView, ...] = ()
    questions: tuple[str, ...] = ()
    bases: TableView | None = None
    headings: TableView | None = None
    every_line: TableView | None = None
    zip_href: str = ""
    workbook_href: str = ""
    follows: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[TableView, ...]:
        """Every table, as it is taken away."""
        others = (one for one in (self.bases, self.every_line, self.headings) if one is not None)
        return (*(form.table for form in (*self.money, *self.places)), *others)


def lines_view(member: Member) -> LinesView:
    """The plan that schools read of one partnership, under the shipped headings."""
    if member.plan is None:
        lacking = "Its figures are not here yet." if member.figures is None else "Its board can have one made."
        return LinesView(partnership=member.name, sentence=f"There is no plan yet, so there is nothing to place under a heading. {lacking}")
    facts, pack = member.plan.facts, load_headings()
    years = facts.partnership.financial_years
    money, places = money_lines(facts.world, facts.amounts), place_lines(facts.world, facts.amounts)
    which = "the plan that the board put before the schools" if member.is_chosen else "the newest plan: the board has chosen none yet"

    def named(name: str, view: TableView) -> TableView:
        return replace(view, name=name, csv_href=url_for("council.lines_table", partnership_id=member.partnership_id, part=name))

    def form_view(form: Form, lines: Sequence[MoneyLine | PlaceLine]) -> FormView:
        return _form_view(pack, form, years, lines, named)

    return LinesView(
        partnership=member.name,
        sentence=f"Plan {member.plan.plan_id}, {moment(member.plan.made_at)}: {which}. {pack.title}, version {pack.version}.",
        money=tuple(form_view(form, money) for form in pack.forms_of("pounds")),
        places=tuple(form_view(form, places) for form in pack.forms_of("places")),
        questions=questions(facts.world, pack, (*money, *places)),
        bases=named("bases", _bases(places, years)),
        headings=named("headings", _headings(pack)),
        every_line=named("every-line", _every_line(pack, years, money)),
        zip_href=url_for("council.lines_copy", partnership_id=member.partnership_id),
        follows=FOLLOWS,
        workbook_href=url_for("plans.workbook", partnership_id=member.partnership_id, plan_id=member.plan.plan_id),
    )


def _form_view(
    pack: CouncilHeadings,
    form: Form,
    years: Sequence[str],
    lines: Sequence[MoneyLine | PlaceLine],
    named: Callable[[str, TableView], TableView],
) -> FormView:
    found = sums(pack, form, years, lines)
    is_money = form.counts == "pounds"
    mapped = [one for one in found if one.placed.heading]
    rest = [one for one in found if not one.placed.heading]
    known = (pack.knows(form, years[0]), pack.knows(form, years[1]))
    rows = [_amounts_row(one.placed.heading.label, one.amounts, is_money=is_money, known=known) for one in mapped if one.placed.heading]
    if rest:
        rows.append(_amounts_row("Not mapped", _added([one.amounts for one in rest]), is_money=is_money))
    if rows:
        rows.append(_amounts_row("All", _added([one.amounts for one in found]), is_money=is_money, is_total=True))
    caption = f"{form.name}: {'pounds' if is_money else 'places by the months they run'}"
    view = table(
        caption,
        (*words("Heading"), *numbers(*_year_headings(years))),
        rows,
        empty=f"The plan has no {'money' if is_money else 'base places'}.",
    )
    return FormView(
        title=form.name,
        table=named(form.form_id.replace("_", "-"), view),
        reasons=tuple(
            f"{_amount(sum(one.amounts), is_money=is_money).text}{'' if is_money else ' places'}: {one.placed.because}." for one in rest
        ),
    )


def _year_headings(years: Sequence[str]) -> tuple[str, str, str]:
    return (f"{years[0]} (September to March)", f"{years[1]} (April to August)", YEAR)


def _added(amounts: Sequence[Years]) -> Years:
    return (sum(first for first, _ in amounts), sum(second for _, second in amounts))


def _amounts_row(
    label: str, amounts: Years, *, is_money: bool, known: tuple[bool, bool] = (True, True), is_total: bool = False
) -> TableRow:
    """Both years and the two together; a year whose headings are not known has no figure under one."""
    both = (_amount(n, is_money=is_money) if is_known else TableCell(text="Not known") for n, is_known in zip(amounts, known, strict=True))
    return row(label, *both, _amount(sum(amounts), is_money=is_money), is_total=is_total)


def _amount(number: int, *, is_money: bool) -> TableCell:
    """Pounds and pence, or places to two decimals, from pennies or twelfths."""
    if is_money:
        return TableCell(text=f"£{number / PENCE:,.2f}", value=number / PENCE)
    return TableCell(text=f"{number / MONTHS:,.2f}", value=round(number / MONTHS, 6))


def _bases(places: Sequence[PlaceLine], years: Sequence[str]) -> TableView:
    headings = (
        *words("Base (host school)", "Maintained or academy"),
        *numbers("Places", "Months to March", "Months from April", f"Places, {years[0]}", f"Places, {years[1]}", f"Place funding, {years[0]}", f"Place funding, {years[1]}"),
    )  # fmt: skip
    rows = [
        row(
            one.host.name, _school(one.host.school), whole(one.places), whole(one.months[0]), whole(one.months[1]),
            *(_amount(n, is_money=False) for n in one.twelfths), *(_amount(n, is_money=True) for n in one.funding_pence),
        )
        for one in places
    ]  # fmt: skip
    return table("Base places in each financial year", headings, rows, empty="The plan runs no base.")


def _school(kind: str) -> str:
    return "Not said" if kind == NOT_SAID else upper_first(kind)


def _headings(pack: CouncilHeadings) -> TableView:
    names = {form.form_id: form.name for form in pack.forms}
    rows = [
        row(one.label, names[one.form_id], one.year or "Not said", one.source, upper_first(one.confidence)) for one in pack.headings
    ]  # fmt: skip
    return table("Where each heading comes from", words("Heading", "Form", "Read in the return of", "Source", "Confidence"), rows)


def _every_line(pack: CouncilHeadings, years: Sequence[str], money: Sequence[MoneyLine]) -> TableView:
    forms = pack.forms_of("pounds")
    headings = (
        *words("Fund", "Pays for", "Payee", "Maintained or academy"),
        *numbers(*_year_headings(years)),
        *words(*(f"{form.name}, {year}" for form in forms for year in years)),
    )
    rows = [
        row(
            one.fund.name, one.use.value, one.payee.name, _school(one.payee.school),
            *(_amount(n, is_money=True) for n in (*one.pence, sum(one.pence))),
            *(_stands(at) for form in forms for at in placed(pack, form, years, one)),
        )
        for one in money
    ]  # fmt: skip
    return table("Every line of money", headings, rows, empty="The plan has no money.")


def _stands(at: Placed) -> str:
    return at.heading.label if at.heading else f"Not mapped: {at.because}"
