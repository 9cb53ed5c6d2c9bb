"""How an answer about a plan stands, in words, and the searches behind what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from planner.documents import Json
from planner.policy import Policy
from planner.store import AnswerKind, AnswerState
from planner.store.answers import Answer, AnswerRow
from planner.words import least_points, most_points
from web.tables import TableView, row, table, words
from web.words import moment, pounds, upper_first

FIGURES = "How close is judged against the best these rules and figures allow; it says nothing about whether the figures are right."
"""Beside every gap."""
GOING = frozenset({AnswerState.QUEUED, AnswerState.RUNNING})
_SHORTFALL, _UNMET, _FURTHEST = (
    "shortfall below the board's line, in points", "total need unmet, in points",
    "need unmet of the fifth furthest from the standard, in points",
)  # fmt: skip
_DISTANCE = "what changes for schools beside a plan, in thousands of pounds"
_ENDED = {
    "optimal": "Searched to its end",
    "time": "Its time was up",
    "impossible": "Proved that no such plan can be",
    "stopped": "Stopped on the way",
    "enough": "Stopped once its bound was enough",
}
TOLERANCE = 1e-6
"""Of the solver, in points: what it finds may be so much less, and a bound is claimed so much lower."""
_PENCE = 0.01
"""In tens of pounds: a bound on what changes, which comes in whole steps, is not read as a step lower for less."""
_SHORTEST = 0.05
"""Seconds; less is said to be less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """Whether an answer is there, and what to say while it is not; ``can_ask`` where somebody may have it worked out now.

    ``tag`` says the same in a word or two, beside a link to its page.
    """

    kind: AnswerKind
    is_there: bool
    is_going: bool
    sentence: str
    tag: str
    can_ask: bool


def stands(kind: AnswerKind, row_: AnswerRow | None, *, may_ask: bool) -> Stands:
    """How one answer stands for somebody who may, or may not, ask for it."""
    is_going = row_ is not None and row_.state in GOING
    is_there = row_ is not None and row_.state is AnswerState.FINISHED
    return Stands(
        kind=kind, is_there=is_there, is_going=is_going, sentence=_sentence(row_), tag=_tag(row_), can_ask=may_ask and not (is_there or is_going)
    )  # fmt: skip


_TAGS = {AnswerState.QUEUED: "Not yet", AnswerState.RUNNING: "Being worked out", AnswerState.FINISHED: "", AnswerState.FAILED: "Not there"}


def _tag(row_: AnswerRow | None) -> str:
    return _TAGS[AnswerState.FAILED if row_ is None else row_.state]


def _sentence(row_: AnswerRow | None) -> str:
    if row_ is None:
        return "This was not worked out for this plan."
    if row_.state is AnswerState.QUEUED:
        return "This is not worked out yet: plans that people asked for are made first."
    if row_.state is AnswerState.RUNNING:
        return "This is being worked out now."
    if row_.state is AnswerState.FAILED:
        return f"This was not found out. {row_.reason}"
    return f"Worked out on {moment(row_.ended_at or row_.asked_at)}."


def document_of(answer: Answer | None) -> Json | None:
    """What was found, where it is there."""
    return None if answer is None else answer.document


# --- points --------------------------------------------------------------------------------


def with_price(policy: Policy) -> str:
    """What follows "need below the line" where the price of rules that give way counts in it."""
    return " and price of rules that give way" if policy.has_prices else ""


# --- the searches behind a sentence ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How something is known: the searches behind it, as a table."""

    summary: str
    searches: TableView


def known(searches: Iterable[Json], about: str, *, summary: str = "How we know") -> Known:
    """The searches behind what is said ``about`` something; the same one twice is shown once."""
    once = {search["words"]: search for search in searches}
    return Known(
        summary=summary,
        searches=table(
            f"The searches behind it: {about}",
            words("What was searched for", "The best found", "No plan can do better than", "How the search ended"),
            [
                row(
                    upper_first(search["words"]),
                    _amount(search["value"], search["aim"], most_points),
                    _amount(search["bound"], search["aim"], least_points),
                    _ended(search["status"], search["seconds"]),
                )
                for search in once.values()
            ],
            empty="No search was needed: the plan's own amounts say it.",
            is_caption_hidden=True,
        ),
    )


def _amount(value: float | None, aim: str, round_: Callable[[float], str]) -> str:
    """What is as small as it can be, rounded up where it was found and down where it is a bound; what is met is the rest."""
    if value is None:
        return "none"
    if aim == _DISTANCE:
        changed = 10 * (round(100 * max(value, 0.0)) if round_ is most_points else math.floor(100 * max(value, 0.0) + _PENCE))
        return f"changes worth {pounds(changed)}" if changed else "no change"
    value = max(value - TOLERANCE, 0.0)
    if aim == _SHORTFALL:
        return f"{round_(value)} points below the line"
    if aim == _UNMET:
        return f"{round_(value)} points unmet"
    if aim == _FURTHEST:
        return f"{(least_points if round_ is most_points else most_points)(100 - value)} percent met"
    return f"{value:g}"


def _ended(status: str, seconds: float) -> str:
    took = f"{seconds:.1f} seconds" if seconds >= _SHORTEST else "at once"
    return f"{_ENDED.get(status, upper_first(status))}, {took}"


def listed_sentences(parts: Sequence[str]) -> tuple[str, ...]:
    """Sentences as they are shown, each beginning with a capital."""
    return tuple(upper_first(part) for part in parts)
