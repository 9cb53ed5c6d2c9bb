"""How figures are said on pages: pounds, half-days, changes, dates, who decides."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from zoneinfo import ZoneInfo

from planner.partnership import DecisionRight
from planner.reasons import plain_number
from planner.words import MINUS, count, day, is_before, listed, pounds, upper_first

__all__ = ["MINUS", "count", "listed", "pounds", "upper_first"]

_WAYS = {"Greedy by need": "Most need first"}
"""What a stored plan calls another way to share -> what pages call it."""
TIERS = {"targeted": "targeted", "targeted_plus": "targeted plus", "specialist": "specialist"}
_SHORT_NAME = 20
_BRITAIN = ZoneInfo("Europe/London")
_JOINER = "\u2060"
"""Keeps a sign and its figure on one line."""


def pounds_change(amount: int) -> str:
    """Pounds more or less, with a sign; no change in words."""
    return "no change" if amount == 0 else f"{'+' if amount > 0 else MINUS}£{abs(amount):,}"


def hundreds_change(amount: int) -> str:
    """Pounds more or less to £100, for a headline; less than £50 is said to be about the same."""
    rounded = round(amount, -2)
    return pounds_change(rounded) if rounded else "about the same"


def change(amount: int) -> str:
    """A number more or less, with a sign; no change in words."""
    return "no change" if amount == 0 else f"{'+' if amount > 0 else MINUS}{abs(amount):,}"


def hundredths(amount: int) -> str:
    """Hundredths of a thing, as reasons say them."""
    return plain_number(Fraction(amount, 100))


def in_zone(name: str) -> str:
    """A zone within a sentence: "zone Hill", but "Zone 2" where its name says so itself."""
    return unbroken(name) if name.casefold().startswith("zone") else f"zone {unbroken(name)}"


def unbroken(name: str) -> str:
    """A zone's name for a table: a short one stays on one line."""
    return name.replace(" ", "\u00a0") if len(name) <= _SHORT_NAME else name


def signed(text: str) -> str:
    """A sentence of the summary with true minus signs, each on one line with its figure."""
    return re.sub(r"(?<= )([-+−])(?=[£\d])", lambda sign: f"{'+' if sign[1] == '+' else MINUS}{_JOINER}", text)


def moment(milliseconds: int) -> str:
    """A moment by the clocks of Britain: 21 November 2026, 2:05pm."""
    local = dt.datetime.fromtimestamp(milliseconds / 1000, _BRITAIN)
    return f"{local.day} {local:%B %Y}, {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def today() -> dt.date:
    """The day it is in Britain: the only clock by which pages say that a date has passed."""
    return dt.datetime.now(_BRITAIN).date()


def has_passed(iso: str) -> bool:
    """Whether an ISO date is before today; what is no ISO date has not passed."""
    return is_before(iso, today())


def due(what: str, by: str) -> str:
    """What is to be done by some day, perhaps none; a day gone by is said to be."""
    if has_passed(by):
        return f"{what} (the date, {day(by)}, has passed)"
    return f"{what} by {day(by)}" if by else what


def order(by: str) -> str:
    """By when something is to be ordered, within a sentence."""
    return f"the date to order, {day(by)}, has passed" if has_passed(by) else due("order", by)


def decision(right: DecisionRight, to: str, by: str) -> str:
    """Who decides, and until when they must be asked."""
    if right is DecisionRight.REQUEST:
        return due(f"Ask {to or 'its holder'}", by)
    return "Ours to give" if right is DecisionRight.OURS else "For information only"


def way_name(name: str) -> str:
    """What pages call a way to share the pool."""
    return _WAYS.get(name, name)
