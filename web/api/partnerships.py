"""Partnerships and the versions of their figures."""

from __future__ import annotations

from flask import abort

from planner.documents import to_plain
from planner.pots import without_whose
from planner.store.partnerships import PartnershipRow, VersionRow
from web.access import Permission, me
from web.api.nouns import Figures, Partnership, VersionLine
from web.api.operations import Operation, Operations
from web.api.words import moment
from web.draws import draw_reader
from web.wiring import Wiring

OF = "/partnerships/<id:partnership_id>"


def add_partnerships(operations: Operations, wiring: Wiring) -> None:
    """Add the operations on partnerships and figures."""
    store = wiring.store

    @operations.add(
        Operation(
            name="partnerships", method="GET", path="/partnerships", title="List your partnerships", permission=None, answers=Partnership,
            is_list=True,
        )
    )  # fmt: skip
    def partnerships() -> list[Partnership]:
        with store.read() as tx:
            return [_partnership(row) for row in tx.partnerships.partnerships() if me().roles_in(row.id)]

    @operations.add(
        Operation(
            name="partnership", method="GET", path=OF, title="Read a partnership", permission=Permission.READ_PLAN, answers=Partnership,
        )
    )  # fmt: skip
    def partnership(partnership_id: int) -> Partnership:
        with store.read() as tx:
            here = tx.partnerships.partnership(partnership_id=partnership_id)
        assert here is not None
        return _partnership(here)

    @operations.add(
        Operation(
            name="figures_versions", method="GET", path=f"{OF}/figures/versions", title="List the versions of the figures, newest first",
            permission=Permission.READ_PLAN, answers=VersionLine, is_list=True,
        )
    )  # fmt: skip
    def figures_versions(partnership_id: int) -> list[VersionLine]:
        with store.read() as tx:
            return [version_line(row) for row in tx.partnerships.versions(partnership_id=partnership_id)]

    @operations.add(
        Operation(
            name="figures", method="GET", path=f"{OF}/figures/versions/<id:version>", title="Read one version of the figures",
            permission=Permission.EXPORT, answers=Figures,
        )
    )  # fmt: skip
    def figures(partnership_id: int, version: int) -> Figures:
        with store.read() as tx:
            kept = tx.partnerships.version(partnership_id=partnership_id, version=version)
        if kept is None:
            abort(404)
        shown = without_whose(kept.partnership(), draw_reader(partnership_id))
        line = version_line(kept)
        return Figures(version=line.version, sha256=line.sha256, note=line.note, made_at=line.made_at, partnership=to_plain(shown))


def _partnership(row: PartnershipRow) -> Partnership:
    return Partnership(
        id=row.id, name=row.name, your_roles=tuple(sorted(me().roles_in(row.id))), figures_version=row.latest_version,
        policy_version=row.latest_policy,
    )  # fmt: skip


def version_line(row: VersionRow) -> VersionLine:
    """A version in its list."""
    return VersionLine(version=row.version, sha256=row.sha256, note=row.note, made_at=moment(row.made_at))
