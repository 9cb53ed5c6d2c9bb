"""What writing a plan's workbook costs, and reading it back: prints one row of the table in docs/benchmarks.md.

``python tools/measure_workbook.py plan.json`` reads a plan that ``planner plan --json`` wrote. Seconds are the processor's, so another
program on the machine does not count; memory is the most that this process held, the plan and its world with it. The last two figures
are for finding what was changed: in the workbook as it was written, and in one saved by a program that works out no formula.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from pathlib import Path

import openpyxl

from planner.documents import plan_from_document
from planner.export.plan_facts import Facts
from planner.export.plan_workbook import plan_workbook
from planner.export.read_back import read_back
from planner.need import World
from planner.plan import Plan


def main(path: Path) -> None:
    """Measure and print."""
    document = json.loads(path.read_text(encoding="utf-8"))
    plan, world = plan_from_document(document)
    began = time.process_time()
    data = plan_workbook(
        Facts(plan, world),
        fingerprint=document["fingerprint"],
        inputs_sha256=document["inputs_sha256"],
        policy_sha256=document["policy_sha256"],
    )
    written = time.process_time()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workbook = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    read = time.process_time()
    bare = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data)).save(bare)  # without the figures of formulas, so that each says something else
    seconds = [_back(came, plan, world, document["fingerprint"]) for came in (data, bare.getvalue())]
    cells = sum(sheet.max_row * sheet.max_column for sheet in workbook)
    print(
        f"| {len(world.partnership.schools)} | {len(workbook.sheetnames)} | {cells:,} | {len(data) / 1024:,.0f} | "
        f"{written - began:.2f} | {megabytes:.0f} | {read - written:.2f} | {seconds[0]:.2f} | {seconds[1]:.2f} |"
    )


def _back(content: bytes, plan: Plan, world: World, fingerprint: str) -> float:
    """Seconds to find what was changed in a workbook that came back."""
    began = time.process_time()
    found = read_back("plan.xlsx", content, Facts(plan, world), fingerprint=fingerprint)
    assert found.amounts is not None
    assert not found.changes
    return time.process_time() - began


if __name__ == "__main__":
    main(Path(sys.argv[1]))
