"""What the address of the page asks for: the whole state of a comparison is there, so that a link to it shows the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from planner.compare import BASELINES, MOST_SIDES

PARTS = (
    ("overview", "Overview"),
    ("schools", "Schools"),
    ("services", "Services"),
    ("bases", "Bases"),
    ("standards", "Standards"),
    ("phases", "Phase"),
    ("deprivation", "Deprivation"),
    ("rurality", "Rural and urban"),
    ("map", "Map"),
    ("rules", "Red lines"),
    ("all", "Everything"),
)
"""The ways to look at a comparison, and what they are called."""
BY_SIZE, BY_NAME = "size", "name"
_TOKEN = re.compile(r"[1-9][0-9]{0,14}(\.[1-9][0-9]?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which ways to share, in the reader's order but for ``beside``, which stands first; how to look at them.

    A way is a baseline's name, a plan's number, or a plan's number and that of a dot on its page of trade-offs (``7.2``).
    """

    of: tuple[str, ...]
    beside: str = ""
    part: str = "overview"
    is_only_differences: bool = False
    order: str = BY_SIZE

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways, the one that the others are set beside first."""
        first = self.beside if self.beside in self.of else self.of[0]
        return (first, *(way for way in self.of if way != first))

    def query(self) -> dict[str, object]:
        """The same as parts of an address; what is as it would be anyway is left out."""
        found: dict[str, object] = {"of": list(self.of)}
        if self.beside in self.of[1:]:
            found["beside"] = self.beside
        if self.part != "overview":
            found["by"] = self.part
        if self.is_only_differences:
            found["only"] = "differences"
        if self.order != BY_SIZE:
            found["order"] = self.order
        return found

    def showing(self, part: str) -> Asked:
        """The same comparison, looked at in another way."""
        return replace(self, part=part)


def asked_in(args: MultiDict[str, str]) -> Asked:
    """What an address asks for; what it cannot mean is left out, and of too many ways one more than may be is kept, to say so."""
    ways = list(dict.fromkeys(way for way in args.getlist("of") if way in BASELINES or _TOKEN.fullmatch(way)))
    part = args.get("by", "")
    return Asked(
        of=tuple(ways[: MOST_SIDES + 1]),
        beside=args.get("beside", ""),
        part=part if part in dict(PARTS) else "overview",
        is_only_differences=args.get("only") == "differences",
        order=BY_NAME if args.get("order") == BY_NAME else BY_SIZE,
    )
