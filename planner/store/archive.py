"""All that the store keeps of one partnership, table by table, for those who want to keep it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Table

from planner.store.kinds import VoteState
from planner.store.room import Room
from planner.store.tables import METADATA, decision_votes, decisions, events, users

TAKEN = {
    "partnership_versions": "Figures: every version, who brought it and why",
    "policy_versions": "Policy: every version, who set it and why",
    "memberships": "Who holds which role",
    "invitations": "Who was invited to which role",
    "confirmations": "Which head confirmed which school's figures",
    "queries": "Schools' questions about a line of their figures",
    "query_answers": "Each answer that such a question was given",
    "runs": "Runs: what was asked for, and how each ended",
    "progress": "What each run told of on its way",
    "plans": "Plans",
    "plan_choices": "Which plan the schools read, and since when",
    "answers": "What was worked out about plans",
    "decisions": "Decisions of the board and their rules of voting",
    "decision_options": "The plans that each decision is between",
    "decision_interests": "Interests that members declared",
    "decision_comments": "Comments on decisions",
    "decision_roll": "Who may vote on each decision",
    "decision_votes": "Votes, of decisions that are closed",
    "decision_minutes": "Minutes of decisions",
    "decision_signatures": "Signatures of decisions",
    "roster_versions": "Rosters that were asked for",
    "roster_choices": "Which roster is in use, and since when",
    "delivered_half_days": "Half-days that were delivered",
    "pot_claims": "Claims on the moderated pot, and what was decided",
    "requests": "Requests to those who may grant something, and their answers",
    "proposals": "Proposals to the board",
    "proposal_comments": "Comments on proposals",
    "events": "What happened, each event sealed to the one before it",
}
"""The tables of a partnership that are handed over, and what each holds."""
LEFT_OUT = {
    "drafts": "Drafts: a draft is for whoever tries something alone, until they send it to the board.",
    "uploads": "Files that were brought and not confirmed: they go within days, and what was confirmed is among the versions.",
}
"""The tables of a partnership that are not, and why."""
SECRET = {"invitations": {"token_hash"}, "runs": {"best_amounts"}}
"""Columns that are not: what proves who somebody is, and what a worker keeps for itself on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One table of a partnership: its name, its columns, which of them name people, and its rows, read as they are asked for."""

    name: str
    columns: tuple[str, ...]
    of_people: frozenset[str]
    rows: Iterator[dict[str, Any]]


class Archive(Room):
    """What a partnership can take away."""

    def tables(self, *, partnership_id: int) -> Iterator[Kept]:
        """Every table of ``TAKEN``, its rows in the order of their keys; votes that are not closed stay secret."""
        for name in TAKEN:
            table = METADATA.tables[name]
            columns = [column for column in table.columns if column.name not in SECRET.get(name, ())]
            query = sa.select(*columns).where(_is_of(table, partnership_id)).order_by(*table.primary_key.columns)
            yield Kept(
                name=name,
                columns=tuple(column.name for column in columns),
                of_people=frozenset(column.name for column in columns if column.references(users.c.id))
                | (frozenset({"user_id"}) if table is decision_votes else frozenset()),
                rows=self._rows(query),
            )

    def _rows(self, query: sa.Select[Any]) -> Iterator[dict[str, Any]]:
        with self._connection.execute(query.execution_options(yield_per=20)) as found:  # documents are large: a few at a time
            for row in found:
                yield dict(row._mapping)  # noqa: SLF001 (public, in spite of its name)


def _is_of(table: Table, partnership_id: int) -> sa.ColumnElement[bool]:
    if table is decision_votes:
        closed = sa.select(decisions.c.id).where(decisions.c.partnership_id == partnership_id, decisions.c.state == VoteState.CLOSED)
        return table.c.decision_id.in_(closed)
    if table is events:
        return table.c.chain == partnership_id
    is_of: sa.ColumnElement[bool] = table.c.partnership_id == partnership_id
    return is_of
