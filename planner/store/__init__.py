"""Where people, partnerships, policies, runs, plans and events are kept, in SQLite or PostgreSQL.

``open_store`` opens the database and brings it up to this version. Every change happens in
``with store.begin() as tx``, all of it or nothing; pages read in ``with store.read() as tx``. The rooms
of a transaction (``tx.runs``, ``tx.people``, ...) take and give frozen nouns; nothing lazy escapes.
No Flask, no files, no solver here; no SQLAlchemy anywhere else.
"""

from planner.store.kinds import (
    AnswerKind,
    AnswerState,
    Changed,
    ClaimState,
    Decision,
    Granter,
    QueryState,
    Role,
    RunState,
    SignStep,
    VoteState,
)
from planner.store.people import Membership
from planner.store.store import NoAnswer, Store, Transaction, open_store

__all__ = [
    "AnswerKind", "AnswerState", "Changed", "ClaimState", "Decision", "Granter", "Membership", "NoAnswer", "QueryState", "Role", "RunState", "SignStep", "Store", "Transaction", "VoteState",
    "open_store",
]  # fmt: skip
