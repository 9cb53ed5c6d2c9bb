"""The words of the page that compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import url_for

from planner.compare import LEAST_SIDES, MOST_SIDES, Axis, Comparison, Count, Difference, Group, Line, Pair, RuleRow, Unit, Verdict
from planner.export.summary import hundreds
from web.bring.frame import Changes, changes_of
from web.bring.policy_presenters import changes_view
from web.charts import MarksPlot, marks_plot
from web.compare.asked import BY_NAME, BY_SIZE, PARTS, Asked
from web.compare.maps import Map, maps_of
from web.compare.sides import Offer
from web.navigation import Step
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import change, count, hundreds_change, listed, pounds, pounds_change, upper_first

FEW = 5
"""As many differences of a kind as stand open; the rest are folded away."""
NEWEST = 6
"""As many plans as are offered at once; older ones are folded away."""
_TAGS = {Verdict.KEEPS: "green", Verdict.BREAKS: "red", Verdict.GIVES_WAY: "yellow", Verdict.UNKNOWN: "grey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A box to tick, or an entry of a list."""

    value: str
    text: str
    hint: str
    is_chosen: bool
    is_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What stands round a comparison: what may be chosen, what was, and the ways to look at it.

    ``fault`` is what is wrong with what was asked for, '' where nothing is; ``is_empty`` where there is no plan to compare.
    """

    partnership: str
    is_empty: bool
    fault: str
    choices: tuple[Choice, ...]
    older: tuple[Choice, ...]
    beside: tuple[Choice, ...]
    part: str
    is_only_differences: bool
    order: str
    action: str


def page_view(partnership_id: int, partnership: str, asked: Asked, offers: Sequence[Offer], *, is_asked: bool, is_found: bool) -> PageView:
    """The page before what it compares."""
    chosen = set(asked.of)
    boxes = [
        Choice(value=offer.way, text=offer.name, hint=offer.missing or offer.hint, is_chosen=offer.way in chosen and not offer.missing, is_missing=bool(offer.missing))
        for offer in offers
    ]  # fmt: skip
    plans = [box for box in boxes if box.value.isdecimal()]
    older = {box.value for box in plans[NEWEST:] if not box.is_chosen}
    first = asked.ways[0] if asked.of else ""
    return PageView(
        partnership=partnership,
        is_empty=not offers,
        fault=_fault(asked, offers, is_found=is_found) if is_asked and offers else "",
        choices=tuple(box for box in boxes if box.value not in older),
        older=tuple(box for box in boxes if box.value in older),
        beside=tuple(Choice(value=box.value, text=box.text, hint="", is_chosen=box.value == first) for box in boxes if not box.is_missing),
        part=asked.part,
        is_only_differences=asked.is_only_differences,
        order=asked.order,
        action=url_for("compare.page", partnership_id=partnership_id),
    )


def _fault(asked: Asked, offers: Sequence[Offer], *, is_found: bool) -> str:
    if len(asked.of) < LEAST_SIDES:
        return "Choose two to four ways to share: one alone cannot be compared."
    if len(asked.of) > MOST_SIDES:
        return "Choose four ways to share at most."
    if is_found:
        return ""
    missing = [f"{offer.name}. {offer.missing}" for offer in offers if offer.way in asked.of and offer.missing]
    return missing[0] if missing else "One of these plans is not here, or is kept no more. Choose again from the list."


# --- what is compared ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One difference: who, the way to their page, and what."""

    who: str
    href: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gets:
    """Who gets more, or less: the first of them, and the others behind a fold."""

    title: str
    first: tuple[Told, ...]
    others: tuple[Told, ...]
    show_others: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """One way beside the first."""

    anchor: str
    title: str
    counts: tuple[str, ...]
    gets: tuple[Gets, ...]
    nothing: str
    why: tuple[str, ...]
    policy: Changes | None
    figures: Changes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisView:
    """One way to look: a picture of the first figure, a table of each."""

    title: str
    note: str
    chart: MarksPlot | None
    tables: tuple[TableView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison in words; what its part of the page does not show is empty."""

    sentence: str
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    headlines: TableView | None
    pairs: tuple[PairView, ...]
    order_href: str
    order_text: str
    axes: tuple[AxisView, ...]
    maps: tuple[Map, ...]
    rules: TableView | None
    kept_rules: TableView | None
    broken: tuple[tuple[str, tuple[str, ...]], ...]
    rules_note: str
    excel_href: str
    print_href: str


def compared(partnership_id: int, asked: Asked, comparison: Comparison) -> Compared:
    """What a part of the page shows."""

    def link(other: Asked) -> str:
        return url_for("compare.page", partnership_id=partnership_id, **other.query())  # type: ignore[arg-type]

    part, names = asked.part, [side.name for side in comparison.sides]
    is_first, is_all = part == "overview", part == "all"
    shown = [row_ for row_ in comparison.rules if not row_.is_kept_by_all]
    kept = [row_ for row_ in comparison.rules if row_.is_kept_by_all]
    schools = _school_page(partnership_id, asked)
    other = BY_NAME if asked.order == BY_SIZE else BY_SIZE
    return Compared(
        sentence=f"{listed(names[1:])} beside {names[0]}.",
        notes=comparison.notes,
        steps=tuple(Step(text=text, href=link(asked.showing(key)), is_here=key == part) for key, text in PARTS),
        headlines=_headlines(comparison, asked) if is_first or is_all else None,
        pairs=tuple(_pair(n, pair, comparison, asked, schools) for n, pair in enumerate(comparison.pairs)) if is_first or is_all else (),
        order_href=link(Asked(of=asked.of, beside=asked.beside, part=part, is_only_differences=asked.is_only_differences, order=other)),
        order_text="Put them in the order of the alphabet" if other == BY_NAME else "Put the biggest first",
        axes=tuple(_axis(axis, comparison, asked, schools) for axis in comparison.axes if is_all or axis.key == part),
        maps=maps_of(comparison, schools) if part in {"map", "all"} else (),
        rules=_rules("Red lines that are not kept by all", shown, comparison) if part == "rules" or is_all else None,
        kept_rules=_rules("Rules that all of them keep", kept, comparison) if (part == "rules" or is_all) and not asked.is_only_differences else None,
        broken=_broken(comparison) if part == "rules" or is_all else (),
        rules_note=f"Every way is held against the rules of {comparison.rules_of.name}, one by one and without a solver.",
        excel_href=url_for("compare.workbook", partnership_id=partnership_id, **asked.query()),  # type: ignore[arg-type]
        print_href=link(asked.showing("all")),
    )  # fmt: skip


def _school_page(partnership_id: int, asked: Asked) -> Callable[[int], str]:
    """Where a school stands in the first plan chosen; nowhere where none was."""
    number = next((way.partition(".")[0] for way in asked.ways if way[0].isdecimal()), "")
    return lambda urn: url_for("plans.school", partnership_id=partnership_id, plan_id=int(number), urn=urn) if number else ""


# --- figures ---------------------------------------------------------------------------------


def _headlines(comparison: Comparison, asked: Asked) -> TableView:
    lines = [line for line in comparison.headlines if line.differs or not asked.is_only_differences]
    return table(
        "Side by side",
        (*words("What it comes to"), *numbers(*(side.name for side in comparison.sides))),
        [row(_label(line), *_cells(line, in_headline=True)) for line in lines],
        empty="No figure here differs.",
    )


def _label(line: Line) -> str:
    return f"{line.label}, points" if line.unit is Unit.POINTS else line.label


def _cells(line: Line, *, in_headline: bool = False) -> list[TableCell]:
    """A figure for each way, those after the first with how much more or less than it."""
    first = line.figures[0]
    cells = []
    for n, figure in enumerate(line.figures):
        if figure is None:
            cells.append(TableCell(text="not known"))
            continue
        text = hundreds(int(figure)) if in_headline and line.unit is Unit.POUNDS else _figure(line, figure)
        if n and first is not None and figure != first and not (in_headline and line.unit is Unit.POINTS):
            text = f"{text} ({_change(line.unit, figure - first, in_headline=in_headline)})"
        cells.append(TableCell(text=text, value=figure))
    return cells


def _figure(line: Line, figure: float) -> str:
    if line.unit is Unit.POINTS:
        return line.points(figure)
    return pounds(int(figure)) if line.unit is Unit.POUNDS else f"{int(figure):,}"


def _change(unit: Unit, by: float, *, in_headline: bool) -> str:
    if unit is Unit.POUNDS:
        return hundreds_change(int(by)) if in_headline else pounds_change(int(by))
    return change(int(by))


def _axis(axis: Axis, comparison: Comparison, asked: Asked, school_page: Callable[[int], str]) -> AxisView:
    groups = [group for group in axis.groups if group.differs or not asked.is_only_differences]
    names = [side.name for side in comparison.sides]
    lines = axis.groups[0].lines if axis.groups else ()
    tables = tuple(
        table(
            f"{line.label}, by {axis.what}",
            (*words(upper_first(axis.what)), *numbers(*names)),
            [row(_group_cell(group, school_page), *_cells(group.lines[n])) for group in groups if group.lines[n].differs or not asked.is_only_differences],
            empty="Nothing differs here.",
        )
        for n, line in enumerate(lines)
    )  # fmt: skip
    chart = None
    if groups and lines:
        unit = lines[0].unit
        chart = marks_plot(
            anchor=f"{axis.key}-chart",
            title=f"{lines[0].label}, by {axis.what}",
            ways=names,
            show=pounds if unit is Unit.POUNDS else lambda figure: f"{figure:,}",
            rows=[(group.label, [int(figure or 0) for figure in group.lines[0].figures]) for group in groups],
        )
    nothing = " Nothing differs here." if axis.groups and not groups else ""
    return AxisView(title=axis.title, note=axis.note + nothing, chart=chart, tables=tables if groups else ())


def _group_cell(group: Group, school_page: Callable[[int], str]) -> TableCell:
    text = f"{group.label} ({group.note})" if group.note else group.label
    return TableCell(text=text, href=school_page(group.urn) if group.urn is not None else "")


# --- who gets more, who gets less ------------------------------------------------------------


def _pair(n: int, pair: Pair, comparison: Comparison, asked: Asked, school_page: Callable[[int], str]) -> PairView:
    first = comparison.sides[0]
    ordered = sorted(pair.differences, key=lambda one: one.who) if asked.order == BY_NAME else list(pair.differences)
    parts = (
        (f"Gets more than in {first.name}", [one for one in ordered if one.net_pounds > 0]),
        (f"Gets less than in {first.name}", [one for one in ordered if one.net_pounds < 0]),
        ("As much in all, but not of the same", [one for one in ordered if not one.net_pounds]),
    )
    return PairView(
        anchor=f"beside-{n + 1}",
        title=f"{pair.side.name} beside {first.name}",
        counts=tuple(_counted(one) for one in pair.counts),
        gets=tuple(_gets(title, found, school_page) for title, found in parts if found),
        nothing="" if pair.differences else "Every school, zone and base gets the same.",
        why=pair.why.sentences,
        policy=changes_view(first.world.policy, pair.side.world.policy, "Settings that differ", was=first.name, now=pair.side.name) if pair.why.policy else None,
        figures=changes_of(pair.why.figures, "Figures that differ", was=first.name, now=pair.side.name) if pair.why.figures else None,
    )  # fmt: skip


def _counted(one: Count) -> str:
    """How many schools get more of something; a group of none is not said."""
    groups = ((one.more, "more"), (one.less, one.less_word), (one.same, "as much" if one.what == "grant" else "as many"))
    (number, word), *others = [(n, word) for n, word in groups if n] or [(0, "more")]
    said = listed([f"{count(number, 'school gets' if one.what != 'standards fully met' else 'school has', 'schools get' if one.what != 'standards fully met' else 'schools have')} {word}", *(f"{n:,} {word}" for n, word in others)])  # fmt: skip
    return f"{upper_first(one.what)}: {said}."


def _gets(title: str, found: Sequence[Difference], school_page: Callable[[int], str]) -> Gets:
    told = [
        Told(who=one.who, href=school_page(one.urn) if one.urn is not None else "", what=f"{', '.join(one.in_short)}.") for one in found
    ]
    more = len(told) - FEW
    return Gets(
        title=title,
        first=tuple(told[:FEW]),
        others=tuple(told[FEW:]),
        show_others=f"Show {count(more, 'more', 'more')}" if more > 0 else "",
    )


# --- rules -----------------------------------------------------------------------------------


def _rules(caption: str, rows: Sequence[RuleRow], comparison: Comparison) -> TableView:
    return table(
        caption,
        words("Rule", *(side.name for side in comparison.sides)),
        [row(one.sentence, *(_chip(verdict, missed) for verdict, missed in zip(one.verdicts, one.missed, strict=True))) for one in rows],
        empty="Every way keeps every rule." if "not kept" in caption else "None is kept by all.",
    )


def _chip(verdict: Verdict, missed: int) -> TableCell:
    text = {
        Verdict.KEEPS: "Keeps", Verdict.BREAKS: f"Breaks: {count(missed, 'place')}",
        Verdict.GIVES_WAY: f"Gives way: {count(missed, 'place')}", Verdict.UNKNOWN: "Not known",
    }[verdict]  # fmt: skip
    return TableCell(text=text, tag=_TAGS[verdict])


def _broken(comparison: Comparison) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each way, where it misses each rule by most."""
    found = []
    for n, side in enumerate(comparison.sides):
        missed = tuple(f"{one.sentence} Missed most {one.examples[n]}." for one in comparison.rules if one.missed[n])
        if missed:
            found.append((side.name, missed))
    return tuple(found)
