"""What stands round the pages of one partnership, and the words that several of them share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from planner.intake.differences import Change, Difference
from planner.store import Transaction
from web.navigation import Step, figures_steps
from web.tables import TableView, numbers, row, table, words
from web.words import count, upper_first

PARENTS = {
    "bring.versions": "bring.versions",
    "bring.changes": "bring.versions",
    "bring.policy": "bring.policy",
    "bring.look_at_policy": "bring.policy",
    "bring.set_policy": "bring.policy",
    "bring.policy_changes": "bring.policy",
}
"""Every other page of this journey is a step of bringing figures."""
MOST_SHOWN = 200
FEW = 25
"""As many differences as stand open on a page; more are folded away under how many there are of each kind."""
LONGEST = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Whose pages these are, and the way to the others."""

    partnership_id: int
    partnership: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one version says differently from another: how much in a sentence, and the first of it."""

    sentence: str
    show: str
    in_short: TableView
    table: TableView
    is_short: bool


def frame(tx: Transaction, partnership_id: int, endpoint: str) -> Frame:
    """The frame of the page at an endpoint."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    return Frame(
        partnership_id=partnership_id,
        partnership=here.name,
        steps=figures_steps(partnership_id, PARENTS.get(endpoint, "bring.choose"), has_figures=bool(here.latest_version)),
    )


def short(text: str) -> str:
    """What somebody wrote, not too long for a table."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]}... ({len(text):,} characters)"


def changes_of(found: tuple[Difference, ...], caption: str, *, was: str = "Was", now: str = "Now") -> Changes:
    """The differences of two versions of the figures."""
    return Changes(
        sentence=f"{count(len(found), 'difference')}.",
        show=how_to_show(len(found)),
        in_short=_in_short(found),
        is_short=len(found) <= FEW,
        table=table(
            caption,
            words("Row", "Sheet and cell", "Column", was, now, "Who may change it"),
            [
                row(
                    short(one.row), f"{one.sheet}, {one.cell}" if one.cell else one.sheet, one.column or "The whole row", *_was_and_now(one),
                    upper_first(one.may_change),
                )
                for one in found[:MOST_SHOWN]
            ],
            empty="Nothing differs.",
        ),
    )  # fmt: skip


def how_to_show(number: int) -> str:
    """What opens a table that is folded away."""
    return f"Show the first {MOST_SHOWN:,} of them" if number > MOST_SHOWN else "Show them"


def _in_short(found: tuple[Difference, ...]) -> TableView:
    """How many there are of each kind, sheet by sheet."""
    counted = Counter((one.sheet, one.change) for one in found)
    sheets = list(dict.fromkeys(one.sheet for one in found))
    return table(
        "Differences by sheet",
        (*words("Sheet"), *numbers("Cells changed", "Rows added", "Rows taken out")),
        [row(sheet, *(f"{counted[sheet, change]:,}" for change in (Change.CHANGED, Change.ADDED, Change.REMOVED))) for sheet in sheets],
    )  # fmt: skip


def how_many(number: int, one: str) -> str:
    """How many there are, and how many of them are shown."""
    return count(number, one) + (f". Here are the first {MOST_SHOWN:,}." if number > MOST_SHOWN else ".")


def _was_and_now(one: Difference) -> tuple[str, str]:
    if one.change is Change.ADDED:
        return "Not there", "Added"
    if one.change is Change.REMOVED:
        return "There", "Taken out"
    return short(one.was) or "Blank", short(one.now) or "Blank"
