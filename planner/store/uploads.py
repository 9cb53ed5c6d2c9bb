"""Uploads that wait for somebody to confirm them; nothing of them counts before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.documents import Json
from planner.errors import InputMustBeMended
from planner.store.room import DAY, Room, columns_of
from planner.store.tables import uploads

MOST_WAITING = 10
"""Of one partnership: each may hold 20 MB, and as much again in its document."""
MOST_BY_HAND = 3
"""Edited workbooks of plans, of one person in one partnership: they take no place of its figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow:
    """One line of the list of uploads, with what was found in it."""

    id: int
    partnership_id: int
    file_name: str
    findings: Any
    uploaded_by: int
    uploaded_at: int
    expires_at: int

    @property
    def plan_id(self) -> int | None:
        """The plan that this is an edited workbook of; None where it holds a partnership's figures."""
        return _plan_of(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(UploadRow):
    """An upload with what it would become (None: it cannot be read), without its bytes."""

    document: Json | None


class Uploads(Room):
    """Uploads, kept a day."""

    def add(self, *, partnership_id: int, file_name: str, content: bytes, findings: Any, document: Json | None, by: int) -> int:
        """The upload's id. ``findings`` is any JSON data, ``plan`` in it the plan of an edited workbook.

        Raises ``InputMustBeMended`` where too many wait already.
        """
        plan_id = _plan_of(findings)
        if plan_id is not None:
            self.check_room_by_hand(partnership_id=partnership_id, plan_id=plan_id, by=by)
        elif sum(one.plan_id is None for one in self.waiting(partnership_id=partnership_id)) >= MOST_WAITING:
            raise InputMustBeMended(f"{MOST_WAITING} uploads wait already: confirm one or throw some away, then give this one again.")
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

    def by_hand(self, *, partnership_id: int, by: int) -> tuple[UploadRow, ...]:
        """The edited workbooks that one person has waiting, newest first."""
        return tuple(one for one in self.waiting(partnership_id=partnership_id) if one.plan_id is not None and one.uploaded_by == by)

    def check_room_by_hand(self, *, partnership_id: int, plan_id: int, by: int) -> None:
        """Raises ``InputMustBeMended`` where too many edited workbooks of a person's wait; one of the same plan gives its place up."""
        if sum(one.plan_id != plan_id for one in self.by_hand(partnership_id=partnership_id, by=by)) >= MOST_BY_HAND:
            raise InputMustBeMended(
                f"{MOST_BY_HAND} edited workbooks of yours wait already: throw one away, or wait until one is a day old, then give this one again."
            )

    def upload(self, *, partnership_id: int, upload_id: int) -> Upload | None:
        """One upload while it waits."""
        return self._one(Upload, sa.select(*columns_of(Upload, uploads)).where(*self._waiting(partnership_id), uploads.c.id == upload_id))

    def content(self, *, partnership_id: int, upload_id: int) -> bytes | None:
        """The bytes of one upload while it waits, as they were given."""
        query = sa.select(uploads.c.content).where(*self._waiting(partnership_id), uploads.c.id == upload_id)
        content: bytes | None = self._connection.execute(query).scalar_one_or_none()
        return content

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


def _plan_of(findings: Any) -> int | None:
    return findings.get("plan") if isinstance(findings, dict) else None
