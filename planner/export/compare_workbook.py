"""Two to four ways to share as a workbook: one sheet for each way to look at them, differences as live formulas."""

from __future__ import annotations

from planner.compare import Axis, Comparison, Line, Unit, Verdict
from planner.export.plan_workbook import BANNER, BOARD_COPY
from planner.export.tables import CHANGE, CHANGE_POUNDS, HUNDREDTHS, POUNDS, WHOLE, Book, Column, Formula, Row, Table, Value, text_column

LOOKS = {Unit.POUNDS: POUNDS, Unit.POINTS: HUNDREDTHS}
CHANGES = {Unit.POUNDS: CHANGE_POUNDS, Unit.POINTS: "+#,##0.00;-#,##0.00;0.00"}
_SHEETS = {"schools": "Schools", "services": "Services", "bases": "Bases", "standards": "Standards", "phases": "Phase", "deprivation": "Deprivation", "rurality": "Rural and urban"}  # fmt: skip


def compare_workbook(comparison: Comparison) -> bytes:
    """A comparison as a workbook's file: the same comparison makes the same bytes.

    Every difference from the first side is a formula that carries our own figure too.
    """
    is_illustrative = any(side.world.partnership.is_illustrative() for side in comparison.sides)
    book = Book(banner=BANNER if is_illustrative else "", footer=BOARD_COPY)
    _summary(book, comparison)
    _differences(book, comparison)
    for axis in comparison.axes:
        _axis(book, comparison, axis)
    _rules(book, comparison)
    _why(book, comparison)
    book.arrange(["Summary", "Differences", *_SHEETS.values(), "Rules", "Why"])
    return book.to_bytes()


def _letters(comparison: Comparison) -> str:
    return "; ".join(f"{letter}: {side.name}" for letter, side in zip("ABCD", comparison.sides, strict=False))


def _summary(book: Book, comparison: Comparison) -> None:
    first = comparison.sides[0]
    page = book.page(
        "Summary", "Side by side", f"Every difference is from {first.name}. Rules are those of {comparison.rules_of.name}.", is_first=True
    )
    for note in comparison.notes:
        page.line("Please note", note)
    page.row += 1
    columns = [text_column("what", "Figure", 40), text_column("unit", "Counted in", 12)]
    columns += _columns("", comparison, Unit.POINTS)
    page.table(columns, [{"what": line.label, "unit": line.unit.value, **_figures("", line)} for line in comparison.headlines])
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
            {"side": pair.side.name, "what": count.what, "more": count.more, "less": count.less, "same": count.same}
            for pair in comparison.pairs
            for count in pair.counts
        ],
    )
    page.finish()


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
                    "after": part.after, "change": Formula("={after}-{before}", part.after - part.before),
                }
                for part in difference.parts
            ]  # fmt: skip
    columns = [
        text_column("side", "Way to share", 24),
        text_column("who", "Who", 40),
        text_column("what", "What", 44),
        text_column("unit", "Counted in", 12),
        Column(key="before", heading=first.name, width=14),
        Column(key="after", heading="This way", width=14),
        Column(key="change", heading="Difference", look=CHANGE, width=12),
    ]
    page.table(columns, rows, freeze=2, has_filter=True)
    page.finish()


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
