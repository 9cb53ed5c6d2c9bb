"""Drafts: what one person tries beside a plan. Nobody else reads them: every query names the person too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from planner.documents import Json
from planner.errors import ChangedMeanwhile
from planner.store.room import Room, columns_of
from planner.store.tables import drafts

SILENT = 20_000
"""Milliseconds without a beat after which nobody works on what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One line of the list of drafts. ``urn`` is the school it is for, None for the whole partnership; ``cursor`` counts the steps that hold."""

    id: int
    partnership_id: int
    user_id: int
    urn: int | None
    plan_id: int
    name: str
    steps: list[Json]
    cursor: int
    version: int
    made_at: int
    changed_at: int
    kept_at: int | None
    discarded_at: int | None
    asked: str | None
    asked_at: int | None
    beaten_at: int | None
    bound_points: float | None
    gap_points: float | None

    @property
    def held(self) -> list[Json]:
        """The steps that hold, undone ones left out."""
        return self.steps[: self.cursor]

    def is_worked_on(self, now: int) -> bool:
        """Whether what was asked for last is being worked out, in whichever process."""
        return self.asked is not None and self.beaten_at is not None and self.beaten_at > now - SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(DraftRow):
    """A draft with its newest answers; each says under ``key`` what it is the answer to."""

    estimate: Json | None
    answer: Json | None


class Drafts(Room):
    """The drafts of people."""

    def begin(self, *, partnership_id: int, user_id: int, plan_id: int, urn: int | None, name: str) -> int:
        """A new draft's id: nothing is tried yet."""
        made = drafts.insert().values(
            partnership_id=partnership_id, user_id=user_id, plan_id=plan_id, urn=urn, name=name, steps=[], made_at=self._now, changed_at=self._now
        )  # fmt: skip
        return int(self._connection.execute(made.returning(drafts.c.id)).scalar_one())

    def draft(self, *, partnership_id: int, user_id: int, draft_id: int) -> Draft | None:
        """One's own draft that was not discarded."""
        return self._one(Draft, sa.select(*columns_of(Draft, drafts)).where(*_mine(partnership_id, user_id), drafts.c.id == draft_id))

    def drafts_of(self, *, partnership_id: int, user_id: int) -> tuple[DraftRow, ...]:
        """One's own drafts, the one changed last first."""
        query = sa.select(*columns_of(DraftRow, drafts)).where(*_mine(partnership_id, user_id))
        return self._many(DraftRow, query.order_by(drafts.c.changed_at.desc(), drafts.c.id.desc()))

    def document(self, *, partnership_id: int, user_id: int, draft_id: int, key: str) -> Json | None:
        """The plan document of the whole answer to ``key``; None where there is none, or another answer by now."""
        query = sa.select(drafts.c.answer, drafts.c.document).where(*_mine(partnership_id, user_id), drafts.c.id == draft_id)
        found = self._connection.execute(query).one_or_none()
        return None if found is None or found.answer is None or found.answer["key"] != key else found.document

    def step(self, draft: DraftRow, step: Json) -> None:
        """Do something more; what was undone is gone. Raises ``ChangedMeanwhile``."""
        self._change(draft, steps=[*draft.held, step], cursor=draft.cursor + 1)

    def move(self, draft: DraftRow, by: int) -> bool:
        """Undo (-1) or redo (+1) a step; False where there is none. Raises ``ChangedMeanwhile``."""
        cursor = draft.cursor + by
        if not 0 <= cursor <= len(draft.steps):
            return False
        self._change(draft, cursor=cursor)
        return True

    def rename(self, draft: DraftRow, name: str) -> None:
        """Give it another name. Raises ``ChangedMeanwhile``."""
        self._change(draft, name=name)

    def keep(self, draft: DraftRow) -> None:
        """Keep it. Raises ``ChangedMeanwhile``."""
        self._change(draft, kept_at=self._now)

    def sent(self, draft: DraftRow, key: str) -> Json:
        """Count that it went to the board, so that a page sends it once: the plan document of its answer to ``key``. Raises ``ChangedMeanwhile``."""
        self._change(draft)
        document = self.document(partnership_id=draft.partnership_id, user_id=draft.user_id, draft_id=draft.id, key=key)
        if document is None:
            raise ChangedMeanwhile("This draft is being worked out again.")
        return document

    def discard(self, draft: DraftRow) -> None:
        """Throw it away: it is listed and opened no more, and what it came to is forgotten. Raises ``ChangedMeanwhile``."""
        self._change(draft, discarded_at=self._now, steps=[], cursor=0, estimate=None, answer=None, document=None, asked=None)

    # --- answers ---

    def at_work(self, draft: DraftRow) -> int:
        """How many other drafts of the same person are being worked out."""
        others = (
            drafts.c.user_id == draft.user_id, drafts.c.id != draft.id, drafts.c.asked.is_not(None), drafts.c.beaten_at > self._now - SILENT,
        )  # fmt: skip
        return int(self._connection.execute(sa.select(sa.func.count()).where(*others)).scalar_one())

    def ask(self, draft: DraftRow, key: str | None, *, must_wait: bool = False) -> bool:
        """Keep that an answer to ``key`` is being worked out; None, or where it must wait: to nothing any more.

        False, and nothing is kept, where the draft was changed since it was read, or is being worked out already, in whichever process.
        """
        is_new = sa.or_(drafts.c.asked.is_distinct_from(key), drafts.c.beaten_at.is_(None), drafts.c.beaten_at <= self._now - SILENT)
        asked = drafts.update().where(_as_read(draft), is_new)
        return self._changed(asked.values(asked=None if must_wait else key, asked_at=self._now, beaten_at=self._now)) == 1

    def beat(self, *, draft_id: int, key: str) -> bool:
        """Say that the answer to ``key`` is still being worked out; False where it is wanted no more."""
        return self._changed(drafts.update().where(drafts.c.id == draft_id, drafts.c.asked == key).values(beaten_at=self._now)) == 1

    def keep_estimate(self, *, draft_id: int, key: str, estimate: Json) -> bool:
        """Keep a first answer; False where something else is asked by now."""
        return self._keep(draft_id, key, estimate={**estimate, "key": key})

    def keep_answer(
        self, *, draft_id: int, key: str, answer: Json, document: Json | None = None, bound_points: float | None = None, gap_points: float | None = None
    ) -> bool:  # fmt: skip
        """Keep the whole answer, with its plan document where there is a plan; False where something else is asked by now."""
        return self._keep(
            draft_id, key, answer={**answer, "key": key}, document=document, bound_points=bound_points, gap_points=gap_points, asked=None
        )

    def _keep(self, draft_id: int, key: str, **values: Any) -> bool:
        return self._changed(drafts.update().where(drafts.c.id == draft_id, drafts.c.asked == key).values(**values)) == 1

    def _change(self, draft: DraftRow, **values: Any) -> None:
        here = drafts.update().where(_as_read(draft))
        if self._changed(here.values(**values, version=draft.version + 1, changed_at=self._now)) != 1:
            raise ChangedMeanwhile("You changed this draft in another window.")


def _as_read(draft: DraftRow) -> sa.ColumnElement[bool]:
    return sa.and_(drafts.c.id == draft.id, drafts.c.version == draft.version, drafts.c.discarded_at.is_(None))


def _mine(partnership_id: int, user_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return drafts.c.partnership_id == partnership_id, drafts.c.user_id == user_id, drafts.c.discarded_at.is_(None)
