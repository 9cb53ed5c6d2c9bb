"""``planner compare``: two to four plans on the same axes, in lines, as a workbook and as data."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import write_data
from web.commands.why import Command

if TYPE_CHECKING:
    from planner.compare import Comparison, Line, Side

EXAMPLE = """planner compare formula plan.json
         planner compare plan.json other.json --out compare.xlsx"""
WAYS = ("last_year", "formula", "greedy")
MOST_LINES = 8


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "compare", "show two to four plans side by side: who gets more, who gets less, and why", EXAMPLE)
    parser.add_argument(
        "of", nargs="+", metavar="plan.json",
        help="two to four plans that `planner plan --json` wrote; also last_year, formula or greedy: the other ways that the first plan holds",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="compare.xlsx", help="write a workbook with a sheet for each way to look at them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from planner.compare import LEAST_SIDES, MOST_SIDES, compare  # noqa: PLC0415
    from planner.documents import to_plain  # noqa: PLC0415
    from planner.export.compare_workbook import compare_workbook  # noqa: PLC0415
    from planner.files import check_places, save  # noqa: PLC0415

    if not LEAST_SIDES <= len(options.of) <= MOST_SIDES or len(set(options.of)) < len(options.of):
        raise InputMustBeMended(f"Name {LEAST_SIDES} to {MOST_SIDES} different plans to compare; {len(options.of)} were named.")
    check_places(options.out, options.json, inputs=[Path(name) for name in options.of])
    comparison = compare(_sides(options.of))
    for line in lines(comparison):
        print(line)
    if options.out is not None:
        save(options.out, compare_workbook(comparison))
        print(f"Written: {options.out}")
    parts = ("headlines", "axes", "rules", "notes")
    data = {"format": "partnership-planner comparison", "format_version": 1, "of": [side.name for side in comparison.sides]}
    data |= {part: to_plain(getattr(comparison, part)) for part in parts}
    data["beside_the_first"] = [
        {"name": pair.side.name, "counts": to_plain(pair.counts), "why": to_plain(pair.why), "differences": [
            {"sentence": one.sentence, **to_plain(one)} for one in pair.differences]}
        for pair in comparison.pairs
    ]  # fmt: skip
    write_data(options.json, data)
    return 0


def _sides(names: Sequence[str]) -> list[Side]:
    """Each plan under the name of its file; other ways to share from the first plan named."""
    from planner.compare import Side, baseline_side  # noqa: PLC0415
    from planner.documents import check_document, read_document  # noqa: PLC0415
    from planner.export.summary import ENDINGS  # noqa: PLC0415

    documents = {name: read_document(Path(name)) for name in names if name not in WAYS}
    plans = {name: check_document(document) for name, document in documents.items()}
    shown = {name: Path(name).name for name in plans}
    if len(set(shown.values())) < len(shown):  # files of one name in two folders
        shown = {name: name for name in plans}
    marks = {name: document["fingerprint"] for name, document in documents.items()}
    if not plans:
        raise InputMustBeMended("Name at least one plan.json: the other ways to share are read from it.")
    first, world = next(iter(plans.values()))
    held = {baseline.name: baseline for baseline in first.baselines}
    sides = []
    for name in names:
        if name in plans:
            plan, its_world = plans[name]
            sides.append(
                Side(name=shown[name], world=its_world, amounts=plan.amounts, ending=ENDINGS[plan.ending], fingerprint=marks[name])
            )
        elif name in held:
            sides.append(baseline_side(held[name], world, fingerprint=next(iter(marks.values()))))
        else:
            why = "last year's amounts are not among its figures" if name == "last_year" else "it holds only " + ", ".join(held)
            raise InputMustBeMended(f"{next(iter(plans))} does not hold {name}: {why}.")
    return sides


def lines(comparison: Comparison) -> Iterator[str]:
    """The comparison for a terminal: figures side by side, biggest differences, rules that are not kept, and why."""
    from planner.compare import Verdict  # noqa: PLC0415

    names = [side.name for side in comparison.sides]
    widths = [max(len(name), 10) for name in names]
    yield from comparison.notes
    yield f"{'':<36}" + "  ".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    for line in comparison.headlines:
        yield f"{line.label:<36}" + "  ".join(f"{text:>{width}}" for text, width in zip(_texts(line), widths, strict=True))
    for pair in comparison.pairs:
        yield ""
        yield f"{pair.side.name} beside {names[0]}:"
        for count in pair.counts:
            yield f"  {count.what}: more for {count.more} schools, {count.less_word} for {count.less}, the same for {count.same}"
        if not pair.differences:
            yield "  Every school and zone gets the same."
        for difference in pair.differences[:MOST_LINES]:
            yield f"  {difference.sentence}"
        if len(pair.differences) > MOST_LINES:
            yield f"  and {len(pair.differences) - MOST_LINES} smaller differences: all are in the workbook (--out)."
        yield f"  Why: {' '.join(pair.why.sentences)}"
        for setting in pair.why.policy[:MOST_LINES]:
            yield f"  Policy {setting.path}: {setting.was or 'nothing'}, here {setting.now or 'nothing'}"
        if len(pair.why.figures):
            yield f"  Figures: {len(pair.why.figures)} cells or rows differ."
    broken = [row for row in comparison.rules if Verdict.BREAKS in row.verdicts]
    yield ""
    yield f"Held against the rules of {comparison.rules_of.name}:"
    for name, n in zip(names, range(len(names)), strict=True):
        here = [row for row in broken if row.verdicts[n] is Verdict.BREAKS]
        is_known = any(row.verdicts[n] is not Verdict.UNKNOWN for row in comparison.rules)
        yield f"  {name}: {'breaks' if here else 'breaks none' if is_known else 'not known'}" + "".join(
            f"\n    {row.sentence} Missed at {row.missed[n]}; {row.examples[n]}." for row in here
        )


def _texts(line: Line) -> list[str]:
    from planner.compare import Unit  # noqa: PLC0415

    def said(figure: float | None) -> str:
        if figure is None:
            return "not known"
        return f"£{figure:,}" if line.unit is Unit.POUNDS else line.points(figure) if line.unit is Unit.POINTS else f"{figure:,}"

    return [said(figure) for figure in line.figures]
