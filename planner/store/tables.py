"""Every table, once, for SQLite and PostgreSQL alike.

All times are whole milliseconds since 1970 UTC and come from the database's own clock. Documents are
JSON text. Every table of a partnership carries ``partnership_id``, and what belongs to a run or to a
version refers to it together with the partnership, so that a row can never point into another partnership.
On SQLite all tables are STRICT: a text is refused where a number belongs.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Dialect, ForeignKey, ForeignKeyConstraint, Index, Table, UniqueConstraint

from planner.intake.dfe_kinds import DfeKind
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
from planner.voting import Majority, Outcome, Say, Weighting

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

METADATA = sa.MetaData(naming_convention=NAMING)

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


class Words(sa.types.TypeDecorator[str]):
    """Text as people type it; what PostgreSQL or UTF-8 cannot hold becomes the replacement character."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """The text without NUL and without half characters."""
        return None if value is None else as_kept(value)


def as_kept(text: str) -> str:
    """Text as it comes back from the database."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def written(data: Any) -> str:
    """JSON data as the text that is kept; what is not JSON, such as infinity, raises ValueError or TypeError."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


class Document(sa.types.TypeDecorator[Any]):
    """JSON data kept as ASCII text, its keys in the order they came."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """JSON data to text; what is not JSON, such as infinity, raises ValueError or TypeError."""
        return None if value is None else written(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Text to JSON data."""
        return None if value is None else json.loads(value)


class Choice(sa.types.TypeDecorator[StrEnum]):
    """One word of a fixed list, kept as text, read as its enumeration."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The word; one that is not on the list raises ValueError."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        """The word as its enumeration."""
        return None if value is None else self.kind(value)


def _table(name: str, *parts: Any) -> Table:
    return Table(name, METADATA, *parts, sqlite_strict=True)


def _numbered(name: str, *parts: Any) -> Table:
    """A table with an ``id`` that is never used twice, also when its row is gone."""
    return Table(name, METADATA, Column("id", Whole, primary_key=True), *parts, sqlite_strict=True, sqlite_autoincrement=True)


def _by(name: str, *, needed: bool = True) -> Column[int]:
    return Column(name, Whole, ForeignKey("users.id"), nullable=not needed)


def _partnership(*, needed: bool = True) -> Column[int]:
    return Column("partnership_id", Whole, ForeignKey("partnerships.id"), nullable=not needed)


def _of_run() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["partnership_id", "run_id"], ["runs.partnership_id", "runs.id"])


def _one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(word.value) for word in kind)})", name=column)


def _belongs() -> tuple[CheckConstraint, ...]:
    """Heads, and only heads, belong to a school; only an administrator may be one of the whole house."""
    return (
        _one_of("role", Role),
        CheckConstraint("(role = 'head') = (urn IS NOT NULL)", name="urn_of_heads"),
        CheckConstraint("partnership_id IS NOT NULL OR role = 'administrator'", name="partnership_of_role"),
    )


# --- people --------------------------------------------------------------------------------

users = _numbered(
    "users",
    Column("name", Words, nullable=False),
    Column("sign_in", Words, nullable=False, unique=True),
    Column("password_hash", sa.Text),
    Column("created_at", Whole, nullable=False),
    Column("disabled_at", Whole),
    Column("version", Whole, nullable=False, server_default="1"),
)

memberships = _numbered(
    "memberships",
    _by("user_id"),
    _partnership(needed=False),
    Column("role", Choice(Role), nullable=False),
    Column("urn", Whole),
    Column("since", Whole, nullable=False),
    _by("granted_by", needed=False),
    *_belongs(),
    UniqueConstraint("user_id", "partnership_id", "role", "urn"),
    Index(
        "ix_memberships_role_once",
        "user_id",
        "partnership_id",
        "role",
        unique=True,
        sqlite_where=sa.text("urn IS NULL"),
        postgresql_where=sa.text("urn IS NULL"),
    ),
    Index(
        "ix_memberships_house_once",
        "user_id",
        unique=True,
        sqlite_where=sa.text("partnership_id IS NULL"),
        postgresql_where=sa.text("partnership_id IS NULL"),
    ),
    Index(None, "partnership_id"),
)

invitations = _numbered(
    "invitations",
    Column("token_hash", sa.Text, nullable=False, unique=True),
    _partnership(needed=False),
    Column("role", Choice(Role), nullable=False),
    Column("urn", Whole),
    Column("invitee", Words, nullable=False),
    _by("invited_by", needed=False),
    Column("invited_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Column("used_at", Whole),
    _by("used_by", needed=False),
    Column("withdrawn_at", Whole),
    *_belongs(),
)

sessions = _numbered(
    "sessions",
    Column("token_hash", sa.Text, nullable=False, unique=True),
    _by("user_id"),
    Column("opened_at", Whole, nullable=False),
    Column("seen_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Column("browser", Words, nullable=False),
    Index(None, "user_id"),
)

password_links = _table(
    "password_links",
    Column("user_id", Whole, ForeignKey("users.id"), primary_key=True),
    Column("token_hash", sa.Text, nullable=False, unique=True),
    _by("made_by"),
    Column("made_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
)

tokens = _numbered(
    "tokens",
    _by("user_id"),
    Column("name", Words, nullable=False),
    Column("token_hash", sa.Text, nullable=False, unique=True),
    Column("made_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Column("used_at", Whole),
    Index(None, "user_id"),
)

sign_in_tries = _numbered(
    "sign_in_tries",
    Column("account_hash", sa.Text, nullable=False),
    Column("network_hash", sa.Text, nullable=False),
    Column("at", Whole, nullable=False),
    Index(None, "account_hash", "at"),
    Index(None, "network_hash", "at"),
    Index(None, "at"),
)

provider_people = _table(
    "provider_people",
    Column("user_id", Whole, ForeignKey("users.id"), primary_key=True),
    Column("issuer", sa.Text, nullable=False),
    Column("address", sa.Text),
    Column("subject", sa.Text),
    _by("entered_by"),
    Column("entered_at", Whole, nullable=False),
    Column("first_used_at", Whole),
    CheckConstraint("address IS NOT NULL OR subject IS NOT NULL", name="known_by"),
    UniqueConstraint("issuer", "address"),
    UniqueConstraint("issuer", "subject"),
)

provider_visits = _table(
    "provider_visits",
    Column("state_hash", sa.Text, primary_key=True),
    Column("browser_hash", sa.Text, nullable=False),
    Column("nonce", sa.Text, nullable=False),
    Column("verifier", sa.Text, nullable=False),
    Column("back", Words, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Index(None, "expires_at"),
)

# --- partnerships and what they bring ------------------------------------------------------

partnerships = _numbered(
    "partnerships",
    Column("name", Words, nullable=False),
    Column("created_at", Whole, nullable=False),
    _by("created_by", needed=False),
    Column("latest_version", Whole, nullable=False, server_default="0"),
    Column("latest_policy", Whole, nullable=False, server_default="0"),
)


def _versions(name: str) -> Table:
    return _table(
        name,
        Column("partnership_id", Whole, ForeignKey("partnerships.id"), primary_key=True),
        Column("version", Whole, primary_key=True),
        Column("document", Document, nullable=False),
        Column("sha256", sa.Text, nullable=False),
        Column("note", Words, nullable=False),
        _by("made_by", needed=False),
        Column("made_at", Whole, nullable=False),
    )


partnership_versions = _versions("partnership_versions")
policy_versions = _versions("policy_versions")

uploads = _numbered(
    "uploads",
    _partnership(),
    Column("file_name", Words, nullable=False),
    Column("content", sa.LargeBinary, nullable=False),
    Column("findings", Document, nullable=False),
    Column("document", Document),
    _by("uploaded_by"),
    Column("uploaded_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Index(None, "partnership_id"),
    Index(None, "expires_at"),
)

confirmations = _table(
    "confirmations",
    Column("partnership_id", Whole, primary_key=True),
    Column("urn", Whole, primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("user_id", Whole, ForeignKey("users.id"), primary_key=True),
    Column("at", Whole, nullable=False),
    ForeignKeyConstraint(["partnership_id", "version"], ["partnership_versions.partnership_id", "partnership_versions.version"]),
)

queries = _numbered(
    "queries",
    _partnership(),
    Column("urn", Whole, nullable=False),
    Column("line", Words, nullable=False),
    Column("question", Words, nullable=False),
    Column("plan_id", Whole),
    Column("state", Choice(QueryState), nullable=False),
    _by("opened_by"),
    Column("opened_at", Whole, nullable=False),
    Column("answer", Words),
    _by("answered_by", needed=False),
    Column("answered_at", Whole),
    _by("closed_by", needed=False),
    Column("closed_at", Whole),
    Column("version", Whole, nullable=False, server_default="1"),
    _one_of("state", QueryState),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "partnership_id", "urn"),
    Index(None, "partnership_id", "id", unique=True),
)

query_answers = _numbered(
    "query_answers",
    Column("partnership_id", Whole, nullable=False),
    Column("query_id", Whole, nullable=False),
    Column("answer", Words, nullable=False),
    Column("decided", Choice(Decision), nullable=False),
    _by("answered_by"),
    Column("answered_at", Whole, nullable=False),
    _one_of("decided", Decision),
    ForeignKeyConstraint(["partnership_id", "query_id"], ["queries.partnership_id", "queries.id"]),
    Index(None, "partnership_id", "query_id"),
)

# --- what the house keeps for all its partnerships -------------------------------------------

dfe_files = _numbered(
    "dfe_files",
    Column("kind", Choice(DfeKind), nullable=False),
    Column("file_name", Words, nullable=False),
    Column("content", sa.LargeBinary, nullable=False),
    Column("register", sa.LargeBinary),
    Column("size_bytes", Whole, nullable=False),
    Column("sha256", sa.Text, nullable=False, unique=True),
    _by("uploaded_by"),
    Column("uploaded_at", Whole, nullable=False),
    _one_of("kind", DfeKind),
    CheckConstraint("(kind = 'gias') = (register IS NOT NULL)", name="register_of_gias"),
)

# --- runs and plans ------------------------------------------------------------------------

runs = _numbered(
    "runs",
    _partnership(),
    Column("kind", sa.Text, nullable=False),
    Column("partnership_version", Whole, nullable=False),
    Column("policy_version", Whole, nullable=False),
    Column("settings", Document, nullable=False),
    Column("inputs_sha256", sa.Text, nullable=False),
    _by("requested_by"),
    Column("requested_at", Whole, nullable=False),
    Column("state", Choice(RunState), nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("fence", Whole, nullable=False, server_default="0"),
    Column("worker", Words),
    Column("claimed_at", Whole),
    Column("lease_until", Whole),
    Column("ended_at", Whole),
    Column("reason", Words),
    Column("best_wanted_at", Whole),
    Column("best_amounts", Document),
    Column("best_shortfall_points", Real),
    Column("best_at", Whole),
    Column("changes", Whole, nullable=False, server_default="0"),
    _one_of("state", RunState),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"),
    UniqueConstraint("partnership_id", "id"),
    ForeignKeyConstraint(
        ["partnership_id", "partnership_version"], ["partnership_versions.partnership_id", "partnership_versions.version"]
    ),
    ForeignKeyConstraint(["partnership_id", "policy_version"], ["policy_versions.partnership_id", "policy_versions.version"]),
    Index(None, "state", "lease_until"),
    Index(None, "partnership_id", "claimed_at"),
)

progress = _table(
    "progress",
    Column("partnership_id", Whole, nullable=False),
    Column("run_id", Whole, primary_key=True),
    Column("fence", Whole, primary_key=True),
    Column("seq", Whole, primary_key=True),
    Column("at", Whole, nullable=False),
    Column("stage", Words, nullable=False),
    Column("best_points", Real),
    Column("bound_points", Real),
    Column("detail", Document, nullable=False),
    _of_run(),
)

plans = _numbered(
    "plans",
    _partnership(),
    Column("run_id", Whole, nullable=False, unique=True),
    Column("fence", Whole, nullable=False),
    Column("made_at", Whole, nullable=False),
    Column("status", Words, nullable=False),
    Column("fingerprint", sa.Text, nullable=False),
    Column("counts", Document, nullable=False),
    Column("document", Document, nullable=False),
    Column("shortfall_points", Real),
    Column("bound_points", Real),
    UniqueConstraint("partnership_id", "id"),
    _of_run(),
)

plan_choices = _numbered(
    "plan_choices",
    Column("partnership_id", Whole, nullable=False),
    Column("plan_id", Whole, nullable=False),
    _by("chosen_by"),
    Column("chosen_at", Whole, nullable=False),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "partnership_id"),
)

answers = _numbered(
    "answers",
    Column("partnership_id", Whole, nullable=False),
    Column("plan_id", Whole, nullable=False),
    Column("kind", Choice(AnswerKind), nullable=False),
    Column("urn", Whole, nullable=False, server_default="0"),
    Column("key", sa.Text, nullable=False, server_default=""),
    Column("asked", Document),
    _by("asked_by", needed=False),
    Column("asked_at", Whole, nullable=False),
    Column("state", Choice(AnswerState), nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("fence", Whole, nullable=False, server_default="0"),
    Column("worker", Words),
    Column("claimed_at", Whole),
    Column("lease_until", Whole),
    Column("ended_at", Whole),
    Column("reason", Words),
    Column("document", Document),
    Column("file", sa.LargeBinary),
    _one_of("kind", AnswerKind),
    _one_of("state", AnswerState),
    CheckConstraint("(kind = 'why') = (urn <> 0)", name="urn_of_why"),
    CheckConstraint("(kind = 'replan') = (key <> '')", name="key_of_replan"),
    CheckConstraint("(kind = 'replan') = (asked IS NOT NULL)", name="asked_of_replan"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"),
    CheckConstraint("(state = 'finished') = (document IS NOT NULL)", name="document_when_finished"),
    UniqueConstraint("plan_id", "kind", "urn", "key"),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "state", "lease_until"),
    Index(None, "partnership_id", "claimed_at"),
)

# --- what the board decides ------------------------------------------------------------------


def _of_decision(name: str, *parts: Any) -> Table:
    """A table of what belongs to a decision, numbered as it comes."""
    return _numbered(
        name,
        Column("partnership_id", Whole, nullable=False),
        Column("decision_id", Whole, nullable=False),
        *parts,
        ForeignKeyConstraint(["partnership_id", "decision_id"], ["decisions.partnership_id", "decisions.id"]),
    )


def _of_option() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["decision_id", "plan_id"], ["decision_options.decision_id", "decision_options.plan_id"])


decisions = _numbered(
    "decisions",
    _partnership(),
    Column("title", Words, nullable=False),
    Column("quorum", Whole, nullable=False),
    Column("majority", Choice(Majority), nullable=False),
    Column("weighting", Choice(Weighting), nullable=False),
    Column("needs_council", Whole, nullable=False),
    Column("state", Choice(VoteState), nullable=False),
    _by("opened_by"),
    Column("opened_at", Whole, nullable=False),
    _by("vote_opened_by", needed=False),
    Column("vote_opened_at", Whole),
    _by("closed_by", needed=False),
    Column("closed_at", Whole),
    Column("outcome", Choice(Outcome)),
    Column("carried_plan_id", Whole),
    Column("version", Whole, nullable=False, server_default="1"),
    _one_of("majority", Majority),
    _one_of("weighting", Weighting),
    _one_of("state", VoteState),
    _one_of("outcome", Outcome),
    CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="outcome_when_closed"),
    CheckConstraint("carried_plan_id IS NULL OR outcome = 'carried'", name="plan_when_carried"),
    UniqueConstraint("partnership_id", "id"),
    ForeignKeyConstraint(["partnership_id", "carried_plan_id"], ["plans.partnership_id", "plans.id"]),
)

decision_options = _table(
    "decision_options",
    Column("partnership_id", Whole, nullable=False),
    Column("decision_id", Whole, primary_key=True),
    Column("plan_id", Whole, primary_key=True),
    Column("is_before_the_board", Whole, nullable=False),
    ForeignKeyConstraint(["partnership_id", "decision_id"], ["decisions.partnership_id", "decisions.id"]),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "partnership_id", "plan_id"),
)

decision_interests = _of_decision(
    "decision_interests",
    _by("user_id"),
    Column("schools", Document, nullable=False),
    Column("other", Words, nullable=False),
    Column("declared_at", Whole, nullable=False),
    Index(None, "decision_id", "user_id"),
)

decision_comments = _of_decision(
    "decision_comments",
    Column("plan_id", Whole),
    _by("user_id"),
    Column("text", Words, nullable=False),
    Column("said_at", Whole, nullable=False),
    Column("withdrawn_at", Whole),
    _of_option(),
    Index(None, "decision_id"),
)

decision_roll = _table(
    "decision_roll",
    Column("partnership_id", Whole, nullable=False),
    Column("decision_id", Whole, primary_key=True),
    Column("user_id", Whole, ForeignKey("users.id"), primary_key=True),
    ForeignKeyConstraint(["partnership_id", "decision_id"], ["decisions.partnership_id", "decisions.id"]),
)

decision_votes = _table(
    "decision_votes",
    Column("decision_id", Whole, primary_key=True),
    Column("user_id", Whole, primary_key=True),
    Column("say", Choice(Say), nullable=False),
    Column("plan_id", Whole),
    Column("reason", Words, nullable=False),
    Column("given_at", Whole, nullable=False),
    _one_of("say", Say),
    CheckConstraint("(say = 'option') = (plan_id IS NOT NULL)", name="plan_of_option"),
    ForeignKeyConstraint(["decision_id", "user_id"], ["decision_roll.decision_id", "decision_roll.user_id"]),
    _of_option(),
)

decision_minutes = _of_decision(
    "decision_minutes",
    Column("version", Whole, nullable=False),
    Column("text", Words, nullable=False),
    _by("made_by"),
    Column("made_at", Whole, nullable=False),
    UniqueConstraint("decision_id", "version"),
)

decision_signatures = _of_decision(
    "decision_signatures",
    Column("step", Choice(SignStep), nullable=False),
    Column("trust", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("signed_on", sa.Text, nullable=False),
    Column("evidence", Words, nullable=False),
    Column("plan_fingerprint", sa.Text, nullable=False),
    Column("minutes_version", Whole, nullable=False),
    _by("recorded_by"),
    Column("recorded_at", Whole, nullable=False),
    _one_of("step", SignStep),
    CheckConstraint("(step = 'trust') = (trust <> '')", name="trust_of_step"),
    UniqueConstraint("decision_id", "step", "trust"),
)

# --- the house -----------------------------------------------------------------------------

policy_packs = _numbered(
    "policy_packs",
    Column("file_name", Words, nullable=False),
    Column("pack_id", sa.Text, nullable=False),
    Column("version", Whole, nullable=False),
    Column("document", Document, nullable=False),
    Column("sha256", sa.Text, nullable=False),
    _by("uploaded_by"),
    Column("uploaded_at", Whole, nullable=False),
    UniqueConstraint("pack_id", "version"),
)

worker_beats = _table(
    "worker_beats",
    Column("name", Words, primary_key=True),
    Column("version", sa.Text, nullable=False),
    Column("since", Whole, nullable=False),
    Column("seen_at", Whole, nullable=False),
)

# --- rosters that were asked for, and what was delivered -------------------------------------

roster_versions = _numbered(
    "roster_versions",
    Column("partnership_id", Whole, nullable=False),
    Column("plan_id", Whole, nullable=False),
    Column("based_on", Whole),
    Column("note", Words, nullable=False),
    Column("request", Document, nullable=False),
    _by("asked_by"),
    Column("asked_at", Whole, nullable=False),
    Column("state", Choice(AnswerState), nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("fence", Whole, nullable=False, server_default="0"),
    Column("worker", Words),
    Column("claimed_at", Whole),
    Column("lease_until", Whole),
    Column("ended_at", Whole),
    Column("reason", Words),
    Column("document", Document),
    _one_of("state", AnswerState),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"),
    CheckConstraint("(state = 'finished') = (document IS NOT NULL)", name="document_when_finished"),
    UniqueConstraint("partnership_id", "plan_id", "id"),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "state", "lease_until"),
)

roster_choices = _numbered(
    "roster_choices",
    Column("partnership_id", Whole, nullable=False),
    Column("plan_id", Whole, nullable=False),
    Column("version_id", Whole),
    _by("chosen_by"),
    Column("chosen_at", Whole, nullable=False),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    ForeignKeyConstraint(
        ["partnership_id", "plan_id", "version_id"],
        ["roster_versions.partnership_id", "roster_versions.plan_id", "roster_versions.id"],
    ),
    Index(None, "partnership_id", "plan_id"),
)

delivered_half_days = _numbered(
    "delivered_half_days",
    Column("partnership_id", Whole, nullable=False),
    Column("plan_id", Whole, nullable=False),
    Column("person_id", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("half_term", Whole, nullable=False),
    Column("half_days", Whole, nullable=False),
    _by("entered_by"),
    Column("entered_at", Whole, nullable=False),
    CheckConstraint("half_term BETWEEN 1 AND 6", name="half_term"),
    CheckConstraint("half_days >= 0", name="half_days"),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "partnership_id", "plan_id"),
)

# --- claims on the moderated pot ---------------------------------------------------------------

pot_claims = _numbered(
    "pot_claims",
    _partnership(),
    Column("urn", Whole, nullable=False),
    Column("academic_year", Words, nullable=False),
    Column("service_id", Words, nullable=False, server_default=""),
    Column("amount", Whole, nullable=False),
    Column("pounds", Whole, nullable=False),
    Column("what_for", Words, nullable=False),
    Column("state", Choice(ClaimState), nullable=False),
    _by("lodged_by"),
    Column("lodged_at", Whole, nullable=False),
    Column("granted_pounds", Whole),
    Column("drawn_on", sa.Text),
    Column("reason", Words),
    _by("decided_by", needed=False),
    Column("decided_at", Whole),
    Column("withdrawn_at", Whole),
    _one_of("state", ClaimState),
    CheckConstraint("amount > 0 AND pounds > 0", name="something_claimed"),
    CheckConstraint("(state = 'lodged') = (decided_at IS NULL)", name="decided_when"),
    CheckConstraint("(state IN ('granted', 'part_granted')) = (granted_pounds IS NOT NULL)", name="granted_pounds_when"),
    CheckConstraint("(granted_pounds IS NULL) = (drawn_on IS NULL)", name="drawn_on_when"),
    Index(None, "partnership_id", "id", unique=True),
)

# --- what people try, ask for and propose -----------------------------------------------------

drafts = _numbered(
    "drafts",
    Column("partnership_id", Whole, nullable=False),
    _by("user_id"),
    Column("urn", Whole),
    Column("plan_id", Whole, nullable=False),
    Column("name", Words, nullable=False),
    Column("steps", Document, nullable=False),
    Column("cursor", Whole, nullable=False, server_default="0"),
    Column("version", Whole, nullable=False, server_default="1"),
    Column("made_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
    Column("kept_at", Whole),
    Column("discarded_at", Whole),
    Column("asked", sa.Text),
    Column("asked_at", Whole),
    Column("estimate", Document),
    Column("answer", Document),
    Column("document", Document),
    Column("bound_points", Real),
    Column("gap_points", Real),
    Column("beaten_at", Whole),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
    Index(None, "partnership_id", "user_id"),
)

requests = _numbered(
    "requests",
    _partnership(),
    _by("asked_by"),
    Column("urn", Whole),
    Column("asked_at", Whole, nullable=False),
    Column("kind", Choice(Granter), nullable=False),
    Column("granter_urn", Whole),
    Column("granter", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("price", Words, nullable=False),
    Column("is_granted", Whole),
    Column("answer", Words),
    _by("answered_by", needed=False),
    Column("answered_at", Whole),
    Column("move", Document),
    Column("changed", Choice(Changed)),
    Column("version", Whole),
    _one_of("kind", Granter),
    CheckConstraint("(kind = 'head') = (granter_urn IS NOT NULL)", name="urn_of_heads"),
    CheckConstraint("(is_granted IS NULL) = (answered_at IS NULL)", name="granted_when_answered"),
    Index(None, "partnership_id"),
)

proposals = _numbered(
    "proposals",
    Column("partnership_id", Whole, nullable=False),
    _by("author"),
    Column("urn", Whole),
    Column("plan_id", Whole, nullable=False),
    Column("title", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("changes", Document, nullable=False),
    Column("found", Document, nullable=False),
    Column("document", Document, nullable=False),
    Column("bound_points", Real, nullable=False),
    Column("gap_points", Real, nullable=False),
    Column("submitted_at", Whole, nullable=False),
    Column("withdrawn_at", Whole),
    UniqueConstraint("partnership_id", "id"),
    ForeignKeyConstraint(["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"]),
)

proposal_comments = _numbered(
    "proposal_comments",
    Column("partnership_id", Whole, nullable=False),
    Column("proposal_id", Whole, nullable=False),
    _by("user_id"),
    Column("role", Choice(Role), nullable=False),
    Column("text", Words, nullable=False),
    Column("said_at", Whole, nullable=False),
    Column("withdrawn_at", Whole),
    ForeignKeyConstraint(["partnership_id", "proposal_id"], ["proposals.partnership_id", "proposals.id"]),
    Index(None, "proposal_id"),
)

# --- what happened -------------------------------------------------------------------------

event_chains = _table(
    "event_chains",
    Column("chain", Whole, primary_key=True, autoincrement=False),
    Column("seq", Whole, nullable=False),
    Column("sha256", sa.Text, nullable=False),
)

events = _numbered(
    "events",
    Column("chain", Whole, ForeignKey("event_chains.chain"), nullable=False),
    Column("seq", Whole, nullable=False),
    _partnership(needed=False),
    Column("at", Whole, nullable=False),
    _by("by", needed=False),
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", Document, nullable=False),
    Column("previous_sha256", sa.Text, nullable=False),
    Column("sha256", sa.Text, nullable=False),
    CheckConstraint("chain = coalesce(partnership_id, 0)", name="chain_of_partnership"),
    UniqueConstraint("chain", "seq"),
)
