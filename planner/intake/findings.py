"""What is wrong or worth knowing in an input, in the words of the person's own spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """A *must mend* stops planning; a *look at* does not."""

    MUST_MEND = "must mend"
    LOOK_AT = "look at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. ``row`` is the spreadsheet row (1 = header), None for a whole sheet or file."""

    level: Level
    sheet: str
    row: int | None
    column: str
    what: str
    mend: str

    def sentence(self) -> str:
        """One line for a terminal: where, what, how to mend."""
        where = self.sheet
        if self.row is not None:
            where += f", row {self.row}"
        if self.column:
            where += f", {self.column}"
        return f"{where}: {self.what} {self.mend}"
