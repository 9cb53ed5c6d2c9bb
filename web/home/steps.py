"""A step of a partnership's year, and how it leads on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Link = Callable[..., str]
"""Endpoint and what its address names -> the address in the partnership."""
NOT_YET = "Cannot start yet"
BY_BOARD = "Members of the board do this."
BY_ADMINISTRATOR = "The administrator does this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the year: what it is, who does it, how far it is, and the way in.

    There is none where it cannot start yet, or is somebody else's and there is nothing to look at meanwhile.
    """

    title: str
    hint: str
    href: str
    status: str
    is_to_do: bool
    """By who is asking, now."""
    own_title: str = ""
    """What it is called for who has it to do, where that is only a part of the step."""
