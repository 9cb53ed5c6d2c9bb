"""The rows of each rule as text, on the smallest fixture: a change of algebra shows in a diff."""

from __future__ import annotations

from pathlib import Path

from optimisation.written_rows import as_if_asked, written_rows
from planner.need import World
from planner.rules import RULES

GOLDEN = Path(__file__).parent / "golden"


def golden_text(world: World, rule_id: str) -> str:
    """Every row of a rule, or every variable that its shape lets exist."""
    rows = list(written_rows(as_if_asked(world, rule_id), rule_id)) or ["(no row: it holds whatever is decided)"]
    return "\n".join([f"{rule_id}: {RULES[rule_id].sentence}", "", *rows]) + "\n"
