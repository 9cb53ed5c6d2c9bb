"""Two to four ways to share as a workbook: one sheet for each way to look at them, differences as live formulas."""

from __future__ import annotations

import json
from collections.abc import Sequence

from planner import __version__
from planner.compare import HOW, Axis, Comparison, Count, Line, Side, Unit, Verdict
from planner.documents import sha256_of, to_plain
from planner.export.plan_workbook import BANNER, BOARD_COPY
from planner.export.tables import (
    CHANGE,
    CHANGE_POUNDS,
    HUNDREDTHS,
    POUNDS,
    WHOLE,
    Book,
    Column,
    Formula,
    Page,
    Row,
    Table,
    Value,
    text_column,
)
from planner.words import EHC_RIGHT

LOOKS = {Unit.POUNDS: POUNDS, Unit.POINTS: HUNDREDTHS}
CHANGES = {Unit.POUNDS: CHANGE_POUNDS, Unit.POINTS: "+#,##0.00;-#,##0.00;0.00"}
_SHEETS = {"schools": "Schools", "services": "Services", "bases": "Bases", "standards": "Standards", "phases": "Phase", "deprivation": "Deprivation", "rurality": "Rural and urban"}  # fmt: skip


def compare_workbook(comparison: Comparison) -> bytes:
    """A comparison as a workbook's file: the same comparison makes the same bytes.

    Every difference from the first side is a formula that carries our own figure too.
    """
    is_illustrative = any(side.world.partnership.is_illustrative() for side in comparison.sides)
    book = Book(banner=BANNER if is_illustrative else "", footer=f"{BOARD_COPY}\n{EHC_RIGHT}")
    axes = {axis.key: _axis(book, comparison, axis) for axis in comparison.axes}
    _summary(book, comparison, axes["schools"])
    _differences(book, comparison)
    _rules(book, comparison)
    _why(book, comparison)
    _provenance(book, comparison)
    book.arrange(["Summary", "Differences", *_SHEETS.values(), "Rules", "Why", "Provenance"])
    return book.to_bytes()


def _summary(book: Book, comparison: Comparison, schools: Table) -> None:
    first = comparison.sides[0]
    page = book.page(
        "Summary", "Side by side", f"Every difference is from {first.name}. Rules are those of {comparison.rules_of.name}.", is_first=True
    )
    for note in comparison.notes:
        page.line("Please note", note)
    page.row += 1
    columns = [text_column("what", "Figure", 40), text_column("unit", "Counted in", 12)]
    columns += _columns("", comparison, Unit.POINTS)
    rows = [{"what": line.label, "unit": line.unit.value, **_figures("", line)} for line in comparison.headlines]
    _by_unit(page, page.table(columns, rows), [line.unit for line in comparison.headlines])
    page.heading(f"Who gets more and who gets less than {first.name} gives")
    page.table(
        [
            text_column("side", "Way to share", 40),
            text_column("what", "Of what", 24),
            Column(key="more", heading="Schools with more"),
            Column(key="less", heading="Schools with less"),
            Column(key="same", heading="Schools with the same"),
        ],
        [
            {"side": pair.side.name, "what": count.what, **_counted(comparison, n, count, schools)}
            for n, pair in enumerate(comparison.pairs, start=1)
            for count in pair.counts
        ],
    )
    page.finish()


def _counted(comparison: Comparison, side: int, count: Count, schools: Table) -> dict[str, Value]:
    """Schools with more, less and the same, live from the sheet Schools."""
    counts = {"more": (">0", count.more), "less": ("<0", count.less), "same": ("=0", count.same)}
    groups = next(axis.groups for axis in comparison.axes if axis.key == "schools")
    lines = [n for n, line in enumerate(groups[0].lines if groups else ()) if line.label.casefold() == count.what]
    if not lines:
        return {key: number for key, (_, number) in counts.items()}
    span = schools.span(f"m{lines[0]}_d{side}")
    return {key: Formula(f"=SUMPRODUCT(--({span}{test}))", number) for key, (test, number) in counts.items()}


def _differences(book: Book, comparison: Comparison) -> None:
    first = comparison.sides[0]
    page = book.page(
        "Differences", "What differs, biggest first", f"Beside {first.name}; ordered by the size of the change, time at its price."
    )
    rows: list[Row] = []
    for pair in comparison.pairs:
        for difference in pair.differences:
            rows += [
                {
                    "side": pair.side.name, "who": difference.who, "what": part.what, "unit": part.unit.value, "before": part.before,
                    "after": part.after, "change": Formula("={after}-{before}", part.after - part.before), "words": part.words,
                }
                for part in difference.parts
            ]  # fmt: skip
    columns = [
        text_column("side", "Way to share", 24),
        text_column("who", "Who", 40),
        text_column("what", "What", 44),
        text_column("unit", "Counted in", 15),  # of which the filter's button takes some
        Column(key="before", heading=first.name, width=14),
        Column(key="after", heading="This way", width=14),
        Column(key="change", heading="Difference", look=CHANGE, width=12),
        text_column("words", "In words", 56),
    ]
    table = page.table(columns, rows, freeze=2, has_filter=True)
    _by_unit(page, table, [part.unit for pair in comparison.pairs for difference in pair.differences for part in difference.parts])
    page.finish()


def _by_unit(page: Page, table: Table, units: Sequence[Unit]) -> None:
    """Show each row's figures as its own unit is shown: pounds with their sign, points to hundredths, counts whole."""
    for key, letter in table.letters.items():
        if key in {"before", "after", "change"} or key[1:].isdigit():
            looks, plain = (CHANGES, CHANGE) if key[0] == "d" or key == "change" else (LOOKS, WHOLE)
            for row, unit in enumerate(units, start=table.first):
                page.sheet[f"{letter}{row}"].number_format = looks.get(unit, plain)


def _axis(book: Book, comparison: Comparison, axis: Axis) -> Table:
    page = book.page(_SHEETS[axis.key], axis.title, axis.note)
    lines = axis.groups[0].lines if axis.groups else ()
    columns = [text_column("name", axis.what.capitalize(), 44)]
    if any(group.note for group in axis.groups):
        columns.append(text_column("note", "How many", 14))
    for n, line in enumerate(lines):
        columns += _columns(f"m{n}_", comparison, line.unit, band=line.label)
    rows: list[Row] = []
    for group in axis.groups:
        row: dict[str, Value] = {"name": group.label, "note": group.note}
        for n, line in enumerate(group.lines):
            row |= _figures(f"m{n}_", line)
        rows.append(row)
    table = page.table(columns, rows, freeze=1)
    page.finish()
    return table


def _columns(key: str, comparison: Comparison, unit: Unit, *, band: str = "") -> list[Column]:
    """A column for each side, then the difference of each other side from the first."""
    look, change = LOOKS.get(unit, WHOLE), CHANGES.get(unit, CHANGE)
    sides = comparison.sides
    return [
        *(Column(key=f"{key}s{n}", heading=side.name, look=look, width=12, band=band) for n, side in enumerate(sides)),
        *(
            Column(key=f"{key}d{n}", heading=f"{side.name} less {sides[0].name}", look=change, width=14, band=band)
            for n, side in enumerate(sides[1:], start=1)
        ),
    ]


def _figures(key: str, line: Line) -> dict[str, Value]:
    shown = [float(line.points(figure)) if figure is not None and line.unit is Unit.POINTS else figure for figure in line.figures]
    figures: dict[str, Value] = {f"{key}s{n}": figure for n, figure in enumerate(shown)}
    first = shown[0]
    for n, figure in enumerate(shown[1:], start=1):
        if first is not None and figure is not None:
            figures[f"{key}d{n}"] = Formula(f"={{{key}s{n}}}-{{{key}s0}}", round(figure - first, 6))
    return figures


def _rules(book: Book, comparison: Comparison) -> None:
    page = book.page("Rules", "Red lines", f"Every way held against the rules of {comparison.rules_of.name}, without a solver.")
    columns = [text_column("rule", "Rule", 62), text_column("kind", "Kind", 14)]
    for n, side in enumerate(comparison.sides):
        columns += [text_column(f"v{n}", side.name, 16), text_column(f"e{n}", "Where it is missed", 36)]
    rows: list[Row] = []
    for one in comparison.rules:
        row: dict[str, Value] = {"rule": one.sentence, "kind": "protection" if one.is_protection else "rule"}
        for n, verdict in enumerate(one.verdicts):
            row[f"v{n}"] = verdict.value
            if verdict in {Verdict.BREAKS, Verdict.GIVES_WAY}:
                row[f"e{n}"] = f"at {one.missed[n]} place{'' if one.missed[n] == 1 else 's'}; {one.examples[n]}"
        rows.append(row)
    page.table(columns, rows, freeze=1)
    page.finish()


def _why(book: Book, comparison: Comparison) -> None:
    page = book.page("Why", "Why they differ", "Settings and figures that differ, and how each way was found.")
    for pair in comparison.pairs:
        page.heading(f"{pair.side.name} beside {comparison.sides[0].name}")
        for sentence in pair.why.sentences:
            page.write(page.row, 1, sentence)
            page.row += 1
        page.row += 1
        rows: list[Row] = [{"what": one.path, "was": one.was, "now": one.now} for one in pair.why.policy]
        rows += [
            {
                "what": ", ".join(part for part in (one.sheet, one.row, one.column) if part),
                "was": one.was,
                "now": one.now or one.change.value,
            }
            for one in pair.why.figures
        ]
        if rows:
            page.table([text_column("what", "Setting or figure", 60), text_column("was", comparison.sides[0].name, 28), text_column("now", pair.side.name, 28)], rows)  # fmt: skip
    page.finish()


def _provenance(book: Book, comparison: Comparison) -> None:
    page = book.page("Provenance", "Provenance: which plans these are and how they were made", EHC_RIGHT)
    said = [_made(side) for side in comparison.sides]
    columns = [text_column("what", "What", 26), *(text_column(f"s{n}", side.name, 46) for n, side in enumerate(comparison.sides))]
    rows: list[Row] = [{"what": what, **{f"s{n}": one[what] for n, one in enumerate(said)}} for what in said[0]]
    page.table(columns, rows, freeze=1)
    page.line("Made by", f"Partnership Planner {__version__}")
    page.finish()


def _made(side: Side) -> dict[str, str]:
    """Which plan a side is and what it was made from."""
    p, policy = side.world.partnership, side.world.policy
    return {
        "How it shares": HOW[side.method],
        "How the search ended": side.ending or "not a search of its own",
        "Partnership": f"{p.name}, {p.academic_year}",
        "Figures": BANNER if p.is_illustrative() else "The partnership's own.",
        "Policy": f"{policy.title} ({policy.policy_id}), version {policy.version}, {policy.date}",
        "Fingerprint of its plan": side.fingerprint or "not known",
        "Inputs, SHA-256": sha256_of(to_plain(p)),
        "Policy, SHA-256": sha256_of(json.loads(policy.document)),
    }
