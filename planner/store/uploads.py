"""Uploads that wait for somebody to confirm them; nothing of them counts before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.documents import Json
from planner.store.room import DAY, Room, columns_of
from planner.store.tables import uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow:
    """An upload without its bytes: what was found in it, and what it would become (None: it cannot be read)."""

    id: int
    partnership_id: int
    file_name: str
    findings: Any
    document: Json | None
    uploaded_by: int
    uploaded_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(UploadRow):
    """An upload with its bytes."""

    content: bytes


class Uploads(Room):
    """Uploads, kept a day."""

    def add(self, *, partnership_id: int, file_name: str, content: bytes, findings: Any, document: Json | None, by: int) -> int:
        """The upload's id. ``findings`` is any JSON data."""
        added = uploads.insert().values(
            partnership_id=partnership_id,
            file_name=file_name,
            content=content,
            findings=findings,
            document=document,
            uploaded_by=by,
            uploaded_at=self._now,
            expires_at=self._now + DAY,
        )
        return int(self._connection.execute(added.returning(uploads.c.id)).scalar_one())

    def upload(self, *, partnership_id: int, upload_id: int) -> Upload | None:
        """One upload while it waits."""
        return self._one(Upload, sa.select(*columns_of(Upload, uploads)).where(*self._waiting(partnership_id), uploads.c.id == upload_id))

    def waiting(self, *, partnership_id: int) -> tuple[UploadRow, ...]:
        """The uploads that wait, newest first."""
        query = sa.select(*columns_of(UploadRow, uploads)).where(*self._waiting(partnership_id))
        return self._many(UploadRow, query.order_by(uploads.c.id.desc()))

    def take(self, *, partnership_id: int, upload_id: int) -> Upload | None:
        """The upload, to be made a version in this transaction; nobody can take it twice."""
        query = sa.select(*columns_of(Upload, uploads)).where(*self._waiting(partnership_id), uploads.c.id == upload_id)
        upload = self._one(Upload, query.with_for_update())
        return upload if upload is not None and self.drop(partnership_id=partnership_id, upload_id=upload_id) else None

    def drop(self, *, partnership_id: int, upload_id: int) -> bool:
        """Throw an upload away."""
        return self._changed(uploads.delete().where(uploads.c.partnership_id == partnership_id, uploads.c.id == upload_id)) == 1

    def sweep(self) -> int:
        """Throw away what waited too long, and say how many."""
        return self._changed(uploads.delete().where(uploads.c.expires_at <= self._now))

    def _waiting(self, partnership_id: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (uploads.c.partnership_id == partnership_id, uploads.c.expires_at > self._now)
