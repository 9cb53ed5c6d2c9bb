"""What schools say about their own figures: "this is my school", and queries on a line."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from planner.errors import ChangedMeanwhile
from planner.store.kinds import Decision, QueryState
from planner.store.room import Room, columns_of
from planner.store.tables import confirmations, queries, query_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Somebody of a school said that this version of its figures is right."""

    partnership_id: int
    urn: int
    version: int
    user_id: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question about a line. ``version`` counts its changes."""

    id: int
    partnership_id: int
    urn: int
    line: str
    question: str
    plan_id: int | None
    state: QueryState
    opened_by: int
    opened_at: int
    answer: str | None
    answered_by: int | None
    answered_at: int | None
    closed_by: int | None
    closed_at: int | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to a query. A later one stands beside it and never takes its place."""

    id: int
    query_id: int
    answer: str
    decided: Decision
    answered_by: int
    answered_at: int


class Schools(Room):
    """Confirmations and queries of a partnership's schools."""

    def confirm(self, *, partnership_id: int, urn: int, version: int, user_id: int) -> bool:
        """Keep a confirmation of a partnership version; False where the person gave it before."""
        made = self._insert_unless_there(
            confirmations, partnership_id=partnership_id, urn=urn, version=version, user_id=user_id, at=self._now
        )
        return made is not None

    def confirmations(self, *, partnership_id: int, version: int) -> tuple[Confirmation, ...]:
        """Who confirmed this version, by school."""
        query = sa.select(*columns_of(Confirmation, confirmations)).where(
            confirmations.c.partnership_id == partnership_id, confirmations.c.version == version
        )
        return self._many(Confirmation, query.order_by(confirmations.c.urn, confirmations.c.at))

    def open_query(self, *, partnership_id: int, urn: int, line: str, question: str, by: int, plan_id: int | None = None) -> int:
        """The query's id. ``line`` names the figure as the page does."""
        opened = queries.insert().values(
            partnership_id=partnership_id,
            urn=urn,
            line=line,
            question=question,
            plan_id=plan_id,
            state=QueryState.OPEN,
            opened_by=by,
            opened_at=self._now,
        )
        return int(self._connection.execute(opened.returning(queries.c.id)).scalar_one())

    def answer_query(self, *, partnership_id: int, query_id: int, answer: str, decided: Decision, by: int, version: int) -> None:
        """Answer, or answer again. Raises ``ChangedMeanwhile`` where it was changed since ``version``, or closed."""
        self._change(
            partnership_id, query_id, version, state=QueryState.ANSWERED, answer=answer, answered_by=by, answered_at=self._now
        )  # fmt: skip
        self._connection.execute(
            query_answers.insert().values(
                partnership_id=partnership_id, query_id=query_id, answer=answer, decided=decided, answered_by=by, answered_at=self._now
            )
        )

    def answers(self, *, partnership_id: int, query_id: int | None = None) -> tuple[Answer, ...]:
        """Every answer to a query, or to all queries of a partnership, oldest first."""
        query = sa.select(*columns_of(Answer, query_answers)).where(query_answers.c.partnership_id == partnership_id)
        if query_id is not None:
            query = query.where(query_answers.c.query_id == query_id)
        return self._many(Answer, query.order_by(query_answers.c.id))

    def close_query(self, *, partnership_id: int, query_id: int, by: int, version: int) -> None:
        """Close. Raises ``ChangedMeanwhile`` where it was changed since ``version``, or closed."""
        self._change(partnership_id, query_id, version, state=QueryState.CLOSED, closed_by=by, closed_at=self._now)

    def query(self, *, partnership_id: int, query_id: int) -> Query | None:
        """One query."""
        return self._one(
            Query, sa.select(*columns_of(Query, queries)).where(queries.c.partnership_id == partnership_id, queries.c.id == query_id)
        )

    def queries(self, *, partnership_id: int, urn: int | None = None) -> tuple[Query, ...]:
        """The queries of a partnership, or of one school of it, newest first."""
        query = sa.select(*columns_of(Query, queries)).where(queries.c.partnership_id == partnership_id)
        if urn is not None:
            query = query.where(queries.c.urn == urn)
        return self._many(Query, query.order_by(queries.c.id.desc()))

    def _change(self, partnership_id: int, query_id: int, version: int, **values: object) -> None:
        mine = queries.update().where(
            queries.c.partnership_id == partnership_id,
            queries.c.id == query_id,
            queries.c.version == version,
            queries.c.state != QueryState.CLOSED,
        )
        if self._changed(mine.values(version=version + 1, **values)) == 0:
            raise ChangedMeanwhile("Somebody else has changed this query since you began: look at it, then try again.")
