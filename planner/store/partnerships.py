"""Partnerships, and the versions of what they brought and of their policy. A version never changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from sqlalchemy import Column, Table

from planner.documents import Json, from_plain, sha256_of
from planner.errors import ChangedMeanwhile
from planner.partnership import Partnership
from planner.store.room import Room, columns_of
from planner.store.tables import partnership_versions, partnerships, policy_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnershipRow:
    """A partnership on the books; 0 is the version of one that has brought nothing yet."""

    id: int
    name: str
    created_at: int
    created_by: int | None
    latest_version: int
    latest_policy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One line of the list of versions."""

    partnership_id: int
    version: int
    sha256: str
    note: str
    made_by: int | None
    made_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(VersionRow):
    """A version with its document."""

    document: Json

    def partnership(self) -> Partnership:
        """The document of a partnership version as the noun it came from."""
        return cast("Partnership", from_plain(Partnership, self.document))


class Versions(Room):
    """A line of numbered documents: 1, 2, 3."""

    table: Table
    latest_column: Column[int]

    def add_version(self, *, partnership_id: int, document: Json, note: str, by: int | None, based_on: int) -> Version:
        """Keep the next version.

        ``based_on`` is the latest version the person saw (0: none). Raises ``ChangedMeanwhile`` where
        somebody else has added one since, or where there is no such partnership.
        """
        mine = partnerships.update().where(partnerships.c.id == partnership_id, self.latest_column == based_on)
        if self._changed(mine.values({self.latest_column.name: based_on + 1})) == 0:
            raise ChangedMeanwhile("Somebody else has added a newer version since you began: look at it, then try again.")
        version = Version(
            partnership_id=partnership_id,
            version=based_on + 1,
            document=document,
            sha256=sha256_of(document),
            note=note,
            made_by=by,
            made_at=self._now,
        )
        self._connection.execute(self.table.insert().values({column.name: getattr(version, column.name) for column in self.table.c}))
        return version

    def version(self, *, partnership_id: int, version: int) -> Version | None:
        """One version of this partnership."""
        query = sa.select(*columns_of(Version, self.table))
        return self._one(Version, query.where(self.table.c.partnership_id == partnership_id, self.table.c.version == version))

    def latest(self, *, partnership_id: int) -> Version | None:
        """The newest version; None where there is none."""
        newest = sa.select(self.latest_column).where(partnerships.c.id == partnership_id).scalar_subquery()
        query = sa.select(*columns_of(Version, self.table))
        return self._one(Version, query.where(self.table.c.partnership_id == partnership_id, self.table.c.version == newest))

    def versions(self, *, partnership_id: int) -> tuple[VersionRow, ...]:
        """Every version without its document, newest first."""
        query = sa.select(*columns_of(VersionRow, self.table)).where(self.table.c.partnership_id == partnership_id)
        return self._many(VersionRow, query.order_by(self.table.c.version.desc()))


class Partnerships(Versions):
    """Partnerships and the versions of what they brought."""

    table = partnership_versions
    latest_column = partnerships.c.latest_version

    def create(self, *, name: str, by: int | None) -> int:
        """The new partnership's id."""
        made = partnerships.insert().values(name=name, created_at=self._now, created_by=by)
        return int(self._connection.execute(made.returning(partnerships.c.id)).scalar_one())

    def partnership(self, *, partnership_id: int, held: bool = False) -> PartnershipRow | None:
        """One partnership. Others who ask for it ``held`` while changing things wait until this transaction ends."""
        query = sa.select(*columns_of(PartnershipRow, partnerships)).where(partnerships.c.id == partnership_id)
        return self._one(PartnershipRow, query.with_for_update(key_share=True) if held else query)

    def partnerships(self) -> tuple[PartnershipRow, ...]:
        """Every partnership of the house, by name."""
        return self._many(
            PartnershipRow, sa.select(*columns_of(PartnershipRow, partnerships)).order_by(partnerships.c.name, partnerships.c.id)
        )


class Policies(Versions):
    """The versions of a partnership's policy. ``Version.document`` is the JSON of ``Policy.document``."""

    table = policy_versions
    latest_column = partnerships.c.latest_policy
