"""Who may change a figure or an amount, in words for a table: decision rights, heads' rules and whose record it is."""

from __future__ import annotations

from typing import Any

from planner.partnership import GRANT_ITEM, Base, DecisionRight, Fund, HeadRule, Partnership, Service

BOARD = "the board"
ADMINISTRATOR = "the partnership's administrator"
_OF_SHEET = {
    "Partnership": ADMINISTRATOR,
    "Contributions": "the board, with the school that pays in",
    "Offers": "whoever employs the service",
    "People": "the service's manager",
    "Last year": ADMINISTRATOR,
    "Last year links": "the service's manager",
    "Draws": BOARD,
    "Queries": ADMINISTRATOR,
    "Sources": ADMINISTRATOR,
}


def holder(resource: Fund | Service | Base) -> str:
    """Who decides on a fund's, a service's or a base's amounts."""
    if resource.decision_right is DecisionRight.INFORMATION:
        return "nobody here: it is for information only"
    if resource.decision_right is DecisionRight.REQUEST:
        return f"the board, once {resource.request_to or 'its holder'} agrees"
    return BOARD


def who_may_change_row(sheet: str, row: Any, partnership: Partnership) -> str:
    """Who may change a row of a partnership's sheet."""
    if sheet in {"Funds", "Services", "Bases"}:
        asked = row.request_to if row.decision_right is not DecisionRight.OURS else ""
        return asked or (ADMINISTRATOR if row.decision_right is DecisionRight.OURS else "its holder")
    if sheet == "Heads rules":
        school = _school(partnership, row.urn)
        return f"nobody but the head of {school}: it is locked" if row.is_locked else f"the head of {school}"
    if sheet in {"Schools", "Recorded need", "Host conditions"}:
        return f"the head of {_school(partnership, row.urn)}"
    return _OF_SHEET.get(sheet, ADMINISTRATOR)


def who_may_change_amount(kind: str, key: Any, partnership: Partnership) -> str:
    """Who may change one of a plan's ``Amounts`` (``kind`` is its field): the holder of what is shared, beside a head's lock on it."""
    first = key[0] if isinstance(key, tuple) else key
    if kind in {"base_sizes", "places"}:
        return holder(next(b for b in partnership.bases if b.base_id == first))
    if kind == "sessions":
        service = next(s for s in partnership.services if s.service_id == key[1])
        return holder(service) + _lock(partnership, key[0], key[1])
    if kind == "grants":
        return _of_fund(partnership, key[1]) + _lock(partnership, str(key[0]), GRANT_ITEM)
    return _of_fund(partnership, first)


def _of_fund(partnership: Partnership, fund_id: str) -> str:
    return holder(next(f for f in partnership.funds if f.fund_id == fund_id))


def _lock(partnership: Partnership, recipient: str, item: str) -> str:
    locked: list[HeadRule] = [r for r in partnership.head_rules if r.is_locked and str(r.urn) == recipient and r.item == item]
    return f"; its head has locked it ({locked[0].rule_id})" if locked else ""


def _school(partnership: Partnership, urn: int) -> str:
    return next((school.name for school in partnership.schools if school.urn == urn), f"the school with URN {urn}")
