"""Whom and what pages name: partnerships, people, schools."""

from __future__ import annotations

from collections.abc import Iterable

from planner.store import Transaction
from planner.store.proposals import ProposalRow
from planner.store.runs import Run
from web.shelf import Shelf
from web.words import upper_first

ERASED_NAME = "somebody who has left"


def partnership_name(tx: Transaction, partnership_id: int) -> str:
    """A partnership's name."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    return here.name


def partnership_names(tx: Transaction, partnership_ids: Iterable[int]) -> tuple[str, ...]:
    """The names of some partnerships."""
    return tuple(partnership_name(tx, partnership_id) for partnership_id in partnership_ids)


def name_of(tx: Transaction, user_id: int | None) -> str:
    """Somebody's name, or that they have left."""
    person = None if user_id is None else tx.people.known(user_id=user_id)
    return ERASED_NAME if person is None or person.is_erased else person.name


def whose(tx: Transaction, names: dict[int, str], one: ProposalRow) -> str:
    """Who sent a proposal, and from which school."""
    name = upper_first(name_of(tx, one.author))
    return name if one.urn is None else f"{name}, {school_name(names, one.urn)}"


def school_names(shelf: Shelf, partnership_id: int) -> dict[int, str]:
    """URN -> name, from the newest figures; empty where there are none."""
    figures = shelf.figures(partnership_id)
    return {} if figures is None else {school.urn: school.name for school in figures.world.partnership.schools}


def school_name(names: dict[int, str], urn: int) -> str:
    """A school by name, one that is no longer in the figures by its URN."""
    return names.get(urn, f"the school with URN {urn}")


def beside_which(run: Run) -> str:
    """What a plan that was kept beside another was made from: after a change, as a proposal has it, by hand, or with what the board's meeting tried."""
    plan, change = run.settings["plan"], run.settings["change"]
    if "answer" in run.settings:
        return f"plan {plan} after a change: {change}"
    if "by_hand" in run.settings:
        return f"plan {plan}, changed by hand in its workbook: {change}"
    return (
        f"plan {plan}, changed by {change}"
        if "proposal" in run.settings
        else f"plan {plan} at the board's meeting, with these changes: {change}"
    )
