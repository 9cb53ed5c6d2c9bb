"""The DfE's files that an administrator uploads once for the whole house; partnerships are built from them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import sqlalchemy as sa

from planner.errors import AlreadyTaken
from planner.intake.dfe_kinds import DfeKind, DfeUpload
from planner.store.room import Room, columns_of
from planner.store.tables import dfe_files


@dataclass(frozen=True, slots=True, kw_only=True)
class DfeFileRow:
    """A kept file without its content; ``size_bytes`` and ``sha256`` are those of the CSV itself."""

    id: int
    kind: DfeKind
    file_name: str
    size_bytes: int
    sha256: str
    uploaded_by: int
    uploaded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DfeFile(DfeFileRow):
    """A kept file with its content, a gzipped CSV."""

    content: bytes


class DfeFiles(Room):
    """The DfE's files, kept until somebody removes them."""

    def add(self, *, upload: DfeUpload, by: int) -> int:
        """The file's id. Raises ``AlreadyTaken`` where the very same file is kept already."""
        values = {field.name: getattr(upload, field.name) for field in fields(upload)}
        added = self._insert_unless_there(dfe_files, **values, uploaded_by=by, uploaded_at=self._now)
        if added is None:
            raise AlreadyTaken(f"{upload.file_name} is kept already: there is nothing to add.")
        return added

    def files(self) -> tuple[DfeFileRow, ...]:
        """Every file without its content, by kind, newest first."""
        return self._many(DfeFileRow, sa.select(*columns_of(DfeFileRow, dfe_files)).order_by(dfe_files.c.kind, dfe_files.c.id.desc()))

    def file(self, *, file_id: int) -> DfeFile | None:
        """One file with its content."""
        return self._one(DfeFile, sa.select(*columns_of(DfeFile, dfe_files)).where(dfe_files.c.id == file_id))

    def register(self, *, file_id: int) -> bytes | None:
        """The schools one may choose from a register of schools (see ``school_register``); None for any other file."""
        content: bytes | None = self._connection.execute(
            sa.select(dfe_files.c.register).where(dfe_files.c.id == file_id)
        ).scalar_one_or_none()
        return content

    def remove(self, *, file_id: int) -> bool:
        """Throw a file away; partnerships built from it stay."""
        return self._changed(dfe_files.delete().where(dfe_files.c.id == file_id)) == 1
