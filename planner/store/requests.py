"""Requests: somebody asks whoever may grant it to let a rule give way; answered once, yes or no, with words and what a yes changed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.documents import Json
from planner.errors import ChangedMeanwhile
from planner.store.drafts import DraftRow
from planner.store.kinds import Changed, Granter
from planner.store.room import Room, columns_of
from planner.store.tables import requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``granter_urn`` is the school whose head may grant it, where a head may; ``granter`` says whom in words.

    ``move``: rule, place, was and now of the rule that would give way, None for one that was asked in words alone. A yes may have
    made a ``version`` of what it ``changed``.
    """

    id: int
    partnership_id: int
    asked_by: int
    urn: int | None
    asked_at: int
    kind: Granter
    granter_urn: int | None
    granter: str
    what: str
    price: str
    is_granted: int | None
    answer: str | None
    answered_by: int | None
    answered_at: int | None
    move: Json | None
    changed: Changed | None
    version: int | None


class Requests(Room):
    """The requests of a partnership."""

    def ask(
        self, draft: DraftRow, *, kind: Granter, granter_urn: int | None, granter: str, what: str, price: str, move: Json | None = None
    ) -> int | None:  # fmt: skip
        """Ask for what a draft needs: the request's id; None where the same person asked the same already and waits."""
        where, by = draft.partnership_id, draft.user_id
        same = (requests.c.partnership_id == where, requests.c.asked_by == by, requests.c.what == what, requests.c.answered_at.is_(None))
        if self._connection.execute(sa.select(requests.c.id).where(*same)).first() is not None:
            return None
        made = requests.insert().values(
            partnership_id=where, asked_by=by, urn=draft.urn, asked_at=self._now, kind=kind, granter_urn=granter_urn, granter=granter,
            what=what, price=price, move=move,
        )  # fmt: skip
        return int(self._connection.execute(made.returning(requests.c.id)).scalar_one())

    def requests_of(self, *, partnership_id: int) -> tuple[Request, ...]:
        """Every request, newest first."""
        query = sa.select(*columns_of(Request, requests)).where(requests.c.partnership_id == partnership_id)
        return self._many(Request, query.order_by(requests.c.id.desc()))

    def request(self, *, partnership_id: int, request_id: int) -> Request | None:
        """One request."""
        query = sa.select(*columns_of(Request, requests)).where(requests.c.partnership_id == partnership_id, requests.c.id == request_id)
        return self._one(Request, query)

    def answer(
        self, *, partnership_id: int, request_id: int, is_granted: bool, answer: str, by: int, changed: Changed | None = None, version: int | None = None
    ) -> None:  # fmt: skip
        """Answer it, with the version that a yes made, where it made one. Raises ``ChangedMeanwhile`` where it has been answered."""
        open_one = (requests.c.partnership_id == partnership_id, requests.c.id == request_id, requests.c.answered_at.is_(None))
        said = {
            "is_granted": int(is_granted),
            "answer": answer,
            "answered_by": by,
            "answered_at": self._now,
            "changed": changed,
            "version": version,
        }
        if self._changed(requests.update().where(*open_one).values(**said)) != 1:
            raise ChangedMeanwhile("Somebody else has answered this request since you opened the page.")
