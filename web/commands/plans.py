"""What every question to a plan begins with: the plan's file, read and audited."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.need import World
    from planner.plan import Plan


def plan_argument(parser: argparse.ArgumentParser) -> None:
    """The plan that a question is about."""
    parser.add_argument("plan", type=Path, metavar="plan.json", help="a plan that `planner plan --json` wrote")


def read_plan(path: Path) -> tuple[Plan, World]:
    """A plan and its world. Raises ``InputMustBeMended`` when it is no plan, ``AuditRefused`` when it does not hold."""
    from planner.documents import check_document, plan_from_document, read_document  # noqa: PLC0415

    document = read_document(path)
    check_document(document)
    return plan_from_document(document)
