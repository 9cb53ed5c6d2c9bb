"""The words of the list of versions."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Transaction
from planner.store.partnerships import VersionRow
from web.access import Permission, may
from web.names import name_of
from web.tables import TableCell, TableRow, TableView, row, table, words
from web.words import count, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsView:
    """Every version of the figures."""

    sentence: str
    versions: TableView


def versions_view(tx: Transaction, partnership_id: int) -> VersionsView:
    """Every version, newest first."""
    rows = tx.partnerships.versions(partnership_id=partnership_id)
    is_exporter = may(Permission.EXPORT, partnership_id)
    headings = words("Version", "Saved", "By", "What is new", "Confirmed by", "What changed", *(["Download"] if is_exporter else []))
    return VersionsView(
        sentence="Every version of the figures that was saved, newest first. A version never changes; figures that change make a new one."
        if rows
        else "No figures are here yet. The first that are confirmed are version 1.",
        versions=table(
            "Versions of the figures", headings, [_row(tx, one, is_exporter=is_exporter) for one in rows], is_caption_hidden=True
        ),
    )


def _row(tx: Transaction, one: VersionRow, *, is_exporter: bool) -> TableRow:
    where = {"partnership_id": one.partnership_id, "version": one.version}
    schools = {c.urn for c in tx.schools.confirmations(**where)}
    cells: list[str | TableCell] = [
        TableCell(text=f"Version {one.version}", href=url_for("figures.schools", **where)),  # type: ignore[arg-type]
        moment(one.made_at),
        name_of(tx, one.made_by),
        one.note or "Nothing said",
        count(len(schools), "school") if schools else "No school yet",
        TableCell(text=f"Changes since version {one.version - 1}", href=url_for("bring.changes", **where))  # type: ignore[arg-type]
        if one.version > 1
        else "It is the first",
    ]
    if is_exporter:
        cells.append(TableCell(text=f"Workbook of version {one.version}", href=url_for("bring.version_workbook", **where)))  # type: ignore[arg-type]
    return row(*cells)
