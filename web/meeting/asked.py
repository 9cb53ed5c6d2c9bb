"""What the address of the screen asks for: all of it stands there, so that the page can be opened again as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from planner.compare import BASELINES, MOST_SIDES

NONE = "none"
"""In place of the ways beside the plan, where it shall stand alone."""
_NUMBER = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The plan on the table and what stands beside it (None: what is usual), the decision, one's own draft, and the change that is picked."""

    plan_id: int | None = None
    beside: tuple[str, ...] | None = None
    decision_id: int | None = None
    draft_id: int | None = None
    change: str = ""

    def query(self) -> dict[str, object]:
        """The same as parts of an address; what was not asked for is left out."""
        said = {
            "plan": self.plan_id, "beside": None if self.beside is None else list(self.beside) or [NONE], "decision": self.decision_id,
            "draft": self.draft_id, "change": self.change,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}


def asked_in(args: MultiDict[str, str]) -> Asked:
    """What an address asks for; what it cannot mean is left out."""
    ways = list(dict.fromkeys(way for way in args.getlist("beside") if way in BASELINES or _NUMBER.fullmatch(way)))
    return Asked(
        plan_id=_number(args.get("plan", "")),
        beside=tuple(way for way in ways if way != args.get("plan"))[: MOST_SIDES - 1] if "beside" in args or "plan" in args else None,
        decision_id=_number(args.get("decision", "")),
        draft_id=_number(args.get("draft", "")),
        change=args.get("change", "")[:80],
    )


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
