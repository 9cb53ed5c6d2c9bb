"""Whose draw on a pot it was, and for what: who may read it."""

from __future__ import annotations

from collections.abc import Callable

from planner.partnership import Draw
from planner.store.moderation import CLAIM_DRAW
from web.access import Permission, may

OF_NO_SCHOOL = 0
"""A draw for several schools is no head's own."""


def draw_reader(partnership_id: int) -> Callable[[Draw], bool]:
    """Whether who is asking may read a draw: one on a claim, which the board decides without the school's name, fewer may."""

    def may_read(draw: Draw) -> bool:
        permission = Permission.READ_CLAIMANT if draw.draw_id.startswith(CLAIM_DRAW) else Permission.READ_DRAWS
        return may(permission, partnership_id, draw.urn or OF_NO_SCHOOL)

    return may_read
