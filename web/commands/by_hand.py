"""Workbooks that come back: a plan changed by hand (``planner audit --plan``), a partnership edited (``planner check --against``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.documents import read_document, write_plan
from planner.errors import AuditRefused, InputMustBeMended
from planner.files import check_places

if TYPE_CHECKING:
    from planner.partnership import Partnership


def audit_workbook(workbook: Path, plan: Path, json_path: Path | None) -> None:
    """Say what was changed, which rules it breaks and how far it is from the best; raises where it cannot be read or does not hold."""
    from optimisation.hand_made import audit_by_hand  # noqa: PLC0415
    from planner.export.by_hand_words import (  # noqa: PLC0415
        NEED_LINE,
        change_line,
        close_line,
        count_line,
        payments_line,
        rules_line,
        stands_line,
    )

    check_places(json_path, inputs=[workbook, plan])
    document = read_document(plan)
    try:
        content = workbook.read_bytes()
    except OSError as error:
        raise InputMustBeMended(
            f"{workbook} cannot be opened ({error.strerror}): close it in other programs and check its name."
        ) from error
    told, made = audit_by_hand(workbook.name, content, document)
    print(count_line(told))
    for change in told.changes:
        print(f"  {change_line(change)}")
    for finding in told.findings:
        place = f"{finding.sheet}, {finding.cell}" if finding.cell else finding.sheet
        print(f"{finding.level}: {place}{f' ({finding.column})' if finding.column else ''}: {finding.what} {finding.mend}")
    if not told.is_audited:
        raise InputMustBeMended(f"{workbook.name} cannot be audited yet: mend what must be mended, then audit it again.")
    for line in (NEED_LINE if told.changes else "", payments_line(told), stands_line(told), close_line(told), rules_line(told)):
        if line:
            print(line)
    if told.broken:
        raise AuditRefused("\n".join(told.broken))
    if json_path is not None:
        if made is None:
            raise InputMustBeMended(f"{workbook.name} holds the plan as it is, so there is no other plan to write to {json_path}.")
        write_plan(made, json_path)
        print(f"Written: {json_path}")


def tell_differences(path: Path, partnership: Partnership, against: Path, old: Partnership | None) -> None:
    """Say every cell in which a partnership differs from the one it was edited from, and who may change it."""
    from planner.intake.differences import Change, differences  # noqa: PLC0415
    from planner.intake.placing import layouts  # noqa: PLC0415
    from planner.intake.reading import read_tables  # noqa: PLC0415

    if old is None:
        raise InputMustBeMended(f"{against} cannot be compared with, as it has something to mend itself: planner check {against}")
    found = differences(old, partnership, layouts(read_tables(path)))
    print(f"{len(found):,} difference{'s' * (len(found) != 1)} from {against}.")
    for one in found:
        place = ", ".join(filter(None, (one.sheet, one.cell)))
        what = (
            f"{one.column}, was {one.was or 'blank'}, is now {one.now or 'blank'}" if one.change is Change.CHANGED else f"row {one.change}"
        )
        print(f"  {place}: {one.row}: {what}. Who may change it: {one.may_change}.")
