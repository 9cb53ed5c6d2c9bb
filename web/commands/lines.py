"""``planner lines``: a plan's money and base places under the headings of a council's own returns."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web.commands.plans import check_out, plan_argument, read_plan, write_data
from web.commands.why import Command

if TYPE_CHECKING:
    from planner.council_lines import LineSum, MoneyLine, PlaceLine
    from planner.policy_lines import CouncilHeadings, Form

EXAMPLE = """planner lines plan.json
         planner lines plan.json --headings newer-headings.toml --json lines.json"""
_WIDE = 62


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "lines", "show a plan under the headings of the council's own returns", EXAMPLE)
    plan_argument(parser)
    parser.add_argument(
        "--headings", type=Path, metavar="FILE.toml", help="headings in place of the shipped ones (england-council-lines.toml)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every line as data")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from planner.council_lines import money_lines, place_lines, questions  # noqa: PLC0415
    from planner.policy_lines import load_headings  # noqa: PLC0415

    plan, world = read_plan(options.plan)
    check_out(options)
    pack = load_headings(options.headings)
    years = world.partnership.financial_years
    money, places = money_lines(world, plan.amounts), place_lines(world, plan.amounts)
    print(f"{world.partnership.name}, {world.partnership.academic_year}, under {pack.title}, version {pack.version} ({pack.date}).")
    print("Which money belongs on which line is the planner's reading: the council's finance team decides.")
    for form in pack.forms:
        print()
        for text in _form_lines(pack, form, years, money if form.counts == "pounds" else places):
            print(text)
    asked = questions(world, pack, (*money, *places))
    if asked:
        print("\nWhat needs the council's own figures:")
        for question in asked:
            print(f"  {question}")
    write_data(options.json, _data(pack, years, money, places))
    return 0


def _form_lines(pack: CouncilHeadings, form: Form, years: Sequence[str], lines: Sequence[MoneyLine | PlaceLine]) -> Iterator[str]:
    from planner.council_lines import sums  # noqa: PLC0415

    columns = (*years, "academic year")
    yield f"{form.name + ', ' + ('pounds' if form.counts == 'pounds' else 'places by the months they run'):<{_WIDE}}" + "".join(
        f"{column:>16}" for column in columns
    )
    found = sums(pack, form, years, lines)
    if not found:
        yield "  The plan has none."
        return
    for one in found:
        yield from _row(_label(one), one.amounts, form)
    yield from _row("All", (sum(one.amounts[0] for one in found), sum(one.amounts[1] for one in found)), form)


def _label(one: LineSum) -> str:
    return one.placed.heading.label if one.placed.heading else f"not mapped: {one.placed.because}"


def _row(label: str, amounts: tuple[int, int], form: Form) -> Iterator[str]:
    import textwrap  # noqa: PLC0415

    *before, last = textwrap.wrap(label, _WIDE - 3)
    for text in before:
        yield f"  {text}"
    parts = 100 if form.counts == "pounds" else 12
    yield f"  {last:<{_WIDE - 2}}" + "".join(f"{n / parts:>16,.2f}" for n in (*amounts, sum(amounts)))


def _data(pack: CouncilHeadings, years: Sequence[str], money: Sequence[MoneyLine], places: Sequence[PlaceLine]) -> dict[str, Any]:
    """Every line as JSON data, with where it stands in each form and year."""
    return {
        "format": "partnership-planner council lines",
        "format_version": 1,
        "headings": {"pack": pack.pack_id, "version": pack.version, "date": pack.date},
        "financial_years": list(years),
        "money": [
            {"fund": line.fund.fund_id, "source": line.fund.source.value, "use": line.use.value, "payee": line.payee.name, "urn": line.payee.urn,
             "school": line.payee.school, "pence": list(line.pence), **_standing(pack, "pounds", years, line)}
            for line in money
        ],
        "places": [
            {"base": line.base.base_id, "host_urn": line.base.host_urn, "school": line.host.school, "places": line.places,
             "months": list(line.months), "place_funding_pence": list(line.funding_pence), **_standing(pack, "places", years, line)}
            for line in places
        ],
    }  # fmt: skip


def _standing(pack: CouncilHeadings, counts: str, years: Sequence[str], line: MoneyLine | PlaceLine) -> dict[str, Any]:
    from planner.council_lines import placed  # noqa: PLC0415

    return {
        "stands_under": {
            form.form_id: [
                {"year": year, "heading": at.heading.label if at.heading else None, "because": at.because}
                for year, at in zip(years, placed(pack, form, years, line), strict=True)
            ]
            for form in pack.forms_of(counts)
        }
    }
