"""Charts made by hand: positions worked out here, in percent of the width, so that any width will do."""

from __future__ import annotations

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


def _step(most: int) -> int:
    """A round step that makes two to five marks."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if most / (factor * size) <= 4:
                return factor * size
        size *= 10
