"""Charts made by hand: positions worked out here, in percent of the width, so that any width will do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROOM = 96
"""Percent of the width that the scale takes; the rest is left for half a dot at each end."""
MARGIN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DotRow:
    """One line of a dot plot, as figures and as words."""

    name: str
    before: int
    after: int
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """One line of a dot plot, placed."""

    name: str
    before: str
    after: str
    change: str
    before_x: str
    after_x: str
    is_more: bool
    is_less: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One mark of the scale."""

    x: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DotPlot:
    """A dot plot: last year's ring and this plan's diamond for every line."""

    title: str
    before: str
    after: str
    rows: tuple[Dots, ...]
    ticks: tuple[Tick, ...]


def dot_plot(*, title: str, before: str, after: str, show: Callable[[int], str], rows: Sequence[DotRow]) -> DotPlot:
    """A dot plot on a scale from nought."""
    step = _step(max([1, *(max(r.before, r.after) for r in rows)]))
    most = step * -(-max([1, *(max(r.before, r.after) for r in rows)]) // step)

    def at(value: int) -> str:
        return f"{MARGIN + ROOM * value / most:.2f}%"

    marks = range(0, most + 1, step)
    anchors = {0: "start", most: "end"}
    return DotPlot(
        title=title,
        before=before,
        after=after,
        rows=tuple(
            Dots(
                name=r.name,
                before=show(r.before),
                after=show(r.after),
                change=r.change,
                before_x=at(r.before),
                after_x=at(r.after),
                is_more=r.after > r.before,
                is_less=r.after < r.before,
            )
            for r in rows
        ),
        ticks=tuple(Tick(x=at(value), text=show(value), anchor=anchors.get(value, "middle")) for value in marks),
    )


# --- dots of several ways ------------------------------------------------------------------

SHAPES = ("ring", "diamond", "square", "triangle")
"""The mark of each way, in their order: told apart by shape, not by colour alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One way's mark on a line."""

    shape: str
    x: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksLine:
    """One line with the marks of all ways; ``says`` is the same in words."""

    name: str
    says: str
    marks: tuple[Mark, ...]
    least_x: str
    most_x: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksPlot:
    """A dot plot of two to four ways."""

    anchor: str
    title: str
    key: tuple[tuple[str, str], ...]
    lines: tuple[MarksLine, ...]
    ticks: tuple[Tick, ...]


def marks_plot(
    *, anchor: str, title: str, ways: Sequence[str], show: Callable[[int], str], rows: Sequence[tuple[str, Sequence[int]]]
) -> MarksPlot:
    """A dot plot on a scale from nought: a line for each row of (name, a whole figure for each way)."""
    highest = max([1, *(figure for _, figures in rows for figure in figures)])
    step = _step(highest)
    most = step * -(-highest // step)

    def at(value: int) -> str:
        return f"{MARGIN + ROOM * value / most:.2f}%"

    anchors = {0: "start", most: "end"}
    return MarksPlot(
        anchor=anchor,
        title=title,
        key=tuple(zip(SHAPES, ways, strict=False)),
        lines=tuple(
            MarksLine(
                name=name,
                says=", ".join(f"{way} {show(figure)}" for way, figure in zip(ways, figures, strict=True)),
                marks=tuple(Mark(shape=shape, x=at(figure)) for shape, figure in zip(SHAPES, figures, strict=False)),
                least_x=at(min(figures)),
                most_x=at(max(figures)),
            )
            for name, figures in rows
        ),
        ticks=tuple(Tick(x=at(value), text=show(value), anchor=anchors.get(value, "middle")) for value in range(0, most + 1, step)),
    )


# --- bars --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BarLine:
    """One bar as figures: its parts in the order of the kinds, and what it says in words."""

    name: str
    amounts: tuple[float, ...]
    figure: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a part of a bar means, and how it is filled."""

    fill: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar, placed."""

    fill: str
    x: str
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, placed."""

    name: str
    figure: str
    note: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars on one scale, each with its figure in words; the key is left out where the page itself is the key."""

    anchor: str
    title: str
    key: tuple[Kind, ...]
    bars: tuple[Bar, ...]


def bars(*, anchor: str, title: str, kinds: Sequence[Kind], lines: Sequence[BarLine], has_key: bool = True) -> Bars:
    """Bars of parts on a scale from nought to the longest."""
    most = max([sum(line.amounts) for line in lines], default=0) or 1
    placed = []
    for line in lines:
        parts, x = [], 0.0
        for kind, amount in zip(kinds, line.amounts, strict=True):
            if amount > 0:
                parts.append(Part(fill=kind.fill, x=f"{x:.3f}%", width=f"{100 * amount / most:.3f}%"))
                x += 100 * amount / most
        placed.append(Bar(name=line.name, figure=line.figure, note=line.note, parts=tuple(parts)))
    return Bars(anchor=anchor, title=title, key=tuple(kinds) if has_key else (), bars=tuple(placed))


# --- dots in a field ------------------------------------------------------------------------

FIELD_HIGH, FIELD_TOP, FIELD_LEFT = 220, 14, 9
"""Height of the field and the room above it in pixels; the room left of it in percent."""
_EDGE = 0.06
"""Of the range of the figures, the room that is left round them."""
_NEAR_PERCENT, _NEAR_PIXELS = 6, 30
"""A dot this close under the mark has its name below it, not above."""
_NAME_ABOVE, _NAME_BELOW = 11, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross:
    """One dot as figures, with what it could at best be across and upward."""

    name: str
    x: float
    x_least: float
    y: float
    y_most: float
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One dot, placed: across in percent, upward in pixels, with its gap bars."""

    name: str
    x: str
    y: str
    x_least: str
    y_most: str
    name_y: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Dots in a field, each with its gap bars and never joined; ``says`` is the same in words."""

    anchor: str
    title: str
    says: str
    across: str
    upward: str
    dots: tuple[Dot, ...]
    mark: Dot
    ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...]
    bottom: str
    high: str


def scatter(*, anchor: str, title: str, says: str, axes: tuple[str, str], crosses: Sequence[Cross], mark: Cross) -> Scatter:
    """Dots on scales that fit them, with one more that is marked; the axes' words are across, then upward."""
    xs = [x for c in (mark, *crosses) for x in (c.x, c.x_least)]
    ys = [y for c in (mark, *crosses) for y in (c.y, c.y_most)]
    left, right = _around(xs)
    low, high = _around(ys)

    def at_x(value: float) -> str:
        return f"{FIELD_LEFT + (100 - FIELD_LEFT - MARGIN) * (value - left) / (right - left):.2f}%"

    def at_y(value: float) -> str:
        return f"{FIELD_TOP + FIELD_HIGH * (high - value) / (high - low):.1f}"

    def placed(cross: Cross) -> Dot:
        y, beside = float(at_y(cross.y)), float(at_y(mark.y))
        is_under_mark = abs(float(at_x(cross.x)[:-1]) - float(at_x(mark.x)[:-1])) < _NEAR_PERCENT and 0 <= y - beside < _NEAR_PIXELS
        name_y = f"{y + _NAME_BELOW if is_under_mark else y - _NAME_ABOVE:.1f}"
        return Dot(
            name=cross.name,
            x=at_x(cross.x),
            y=at_y(cross.y),
            x_least=at_x(cross.x_least),
            y_most=at_y(cross.y_most),
            name_y=name_y,
            href=cross.href,
        )

    return Scatter(
        anchor=anchor,
        title=title,
        says=says,
        across=axes[0],
        upward=axes[1],
        dots=tuple(placed(cross) for cross in crosses),
        mark=placed(mark),
        ticks=tuple(Tick(x=at_x(value), text=text, anchor="middle") for value, text in _round_marks(left, right)),
        marks=tuple(Tick(x=at_y(value), text=text, anchor="end") for value, text in _round_marks(low, high)),
        bottom=f"{FIELD_TOP + FIELD_HIGH}",
        high=f"{FIELD_TOP + FIELD_HIGH + 26}",
    )


def _around(values: Sequence[float]) -> tuple[float, float]:
    """A range with some room round its values."""
    room = max(_EDGE * (max(values) - min(values)), 0.05)
    return min(values) - room, max(values) + room


def _round_marks(low: float, high: float) -> list[tuple[float, str]]:
    """Round values between two, three to six of them, with their words."""
    size = 10.0 ** math.floor(math.log10(high - low))
    step = next(size * factor for factor in (0.2, 0.5, 1, 2) if (high - low) / (size * factor) <= 6)
    decimals = max(0, -math.floor(math.log10(step)))
    first = math.ceil(low / step)
    return [(n * step, f"{n * step:.{decimals}f}") for n in range(first, math.floor(high / step) + 1)]


def _step(most: int) -> int:
    """A round step that makes two to five marks."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if most / (factor * size) <= 4:
                return factor * size
        size *= 10
