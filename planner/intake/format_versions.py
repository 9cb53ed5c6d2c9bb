"""The versions of the workbooks' formats: which one a file says it is of, and what that means for reading it."""

from __future__ import annotations

import re

from planner.errors import InputMustBeMended

PARTNERSHIP_FORMAT = 2
PLAN_FORMAT = 2
FORMAT_HEADING = "Workbook format"
"""The last heading of the sheet Partnership, and a line of the plan workbook's sheet Provenance. Format 1 did not say it."""


def older_format(name: str, says: str, newest: int, *, unsaid: int) -> int | None:
    """The older format that a file is of, None where it is of the newest; ``unsaid`` is what a file that says nothing is of.

    Raises ``InputMustBeMended`` with one sentence where the format is newer than this planner, or is no number.
    """
    text = says.strip() or str(unsaid)
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise InputMustBeMended(f"{name} says '{text[:40]}' under {FORMAT_HEADING}, which is no format of ours: write {newest} there.")
    version = int(text)
    if version > newest:
        raise InputMustBeMended(
            f"{name} is of format {version}, and this planner reads up to format {newest}: ask who runs the planner for its newest version."
        )
    return version if version < newest else None
