"""What the board decides: rules, interests, comments, votes, minutes, signatures.

Revision ID: 0008
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONLY_ADDED = ("decision_interests", "decision_minutes", "decision_signatures")
TABLES = (
    "decision_signatures", "decision_minutes", "decision_votes", "decision_roll", "decision_comments", "decision_interests", "decision_options",
    "decisions",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, and the guards of those to which rows are only added."""
    _numbered(
        "decisions",
        _whole("partnership_id"), _text("title"), _whole("quorum"), _text("majority"), _text("weighting"), _whole("needs_council"),
        _text("state"), _whole("opened_by"), _whole("opened_at"), _whole("vote_opened_by", is_needed=False),
        _whole("vote_opened_at", is_needed=False), _whole("closed_by", is_needed=False), _whole("closed_at", is_needed=False),
        _text("outcome", is_needed=False), _whole("carried_plan_id", is_needed=False),
        sa.Column("version", WHOLE, server_default="1", nullable=False),
        _one_of("decisions", "majority", "simple", "two_thirds", "unanimity"),
        _one_of("decisions", "weighting", "one_each", "by_school"),
        _one_of("decisions", "state", "prepared", "open", "closed"),
        _one_of("decisions", "outcome", "carried", "no_quorum", "no_majority", "only_with_hosts"),
        _check("decisions", "outcome_when_closed", "(state = 'closed') = (outcome IS NOT NULL)"),
        _check("decisions", "plan_when_carried", "carried_plan_id IS NULL OR outcome = 'carried'"),
        sa.UniqueConstraint("partnership_id", "id", name=op.f("uq_decisions_partnership_id_id")),
        _refers("decisions", ["partnership_id"], "partnerships", ["id"]),
        *(_refers("decisions", [name], "users", ["id"]) for name in ("opened_by", "vote_opened_by", "closed_by")),
        _refers("decisions", ["partnership_id", "carried_plan_id"], "plans", ["partnership_id", "id"]),
    )  # fmt: skip
    _keyed(
        "decision_options", ("decision_id", "plan_id"),
        _whole("partnership_id"), _whole("decision_id"), _whole("plan_id"), _whole("is_before_the_board"),
        _of_decision("decision_options"),
        _refers("decision_options", ["partnership_id", "plan_id"], "plans", ["partnership_id", "id"]),
    )  # fmt: skip
    _index("decision_options", "partnership_id", "plan_id")
    _numbered(
        "decision_interests",
        _whole("partnership_id"), _whole("decision_id"), _whole("user_id"), _text("schools"), _text("other"), _whole("declared_at"),
        _of_decision("decision_interests"), _refers("decision_interests", ["user_id"], "users", ["id"]),
    )  # fmt: skip
    _index("decision_interests", "decision_id", "user_id")
    _numbered(
        "decision_comments",
        _whole("partnership_id"), _whole("decision_id"), _whole("plan_id", is_needed=False), _whole("user_id"), _text("text"),
        _whole("said_at"), _whole("withdrawn_at", is_needed=False),
        _of_decision("decision_comments"), _refers("decision_comments", ["user_id"], "users", ["id"]), _of_option("decision_comments"),
    )  # fmt: skip
    _index("decision_comments", "decision_id")
    _keyed(
        "decision_roll", ("decision_id", "user_id"),
        _whole("partnership_id"), _whole("decision_id"), _whole("user_id"),
        _of_decision("decision_roll"), _refers("decision_roll", ["user_id"], "users", ["id"]),
    )  # fmt: skip
    _keyed(
        "decision_votes", ("decision_id", "user_id"),
        _whole("decision_id"), _whole("user_id"), _text("say"), _whole("plan_id", is_needed=False), _text("reason"), _whole("given_at"),
        _one_of("decision_votes", "say", "option", "against", "abstain"),
        _check("decision_votes", "plan_of_option", "(say = 'option') = (plan_id IS NOT NULL)"),
        _refers("decision_votes", ["decision_id", "user_id"], "decision_roll", ["decision_id", "user_id"]), _of_option("decision_votes"),
    )  # fmt: skip
    _numbered(
        "decision_minutes",
        _whole("partnership_id"), _whole("decision_id"), _whole("version"), _text("text"), _whole("made_by"), _whole("made_at"),
        sa.UniqueConstraint("decision_id", "version", name=op.f("uq_decision_minutes_decision_id_version")),
        _of_decision("decision_minutes"), _refers("decision_minutes", ["made_by"], "users", ["id"]),
    )  # fmt: skip
    _numbered(
        "decision_signatures",
        _whole("partnership_id"), _whole("decision_id"), _text("step"), _text("trust"), _text("name"), _text("role"), _text("signed_on"),
        _text("evidence"), _text("plan_fingerprint"), _whole("minutes_version"), _whole("recorded_by"), _whole("recorded_at"),
        _one_of("decision_signatures", "step", "board", "finance", "council", "trust"),
        _check("decision_signatures", "trust_of_step", "(step = 'trust') = (trust <> '')"),
        sa.UniqueConstraint("decision_id", "step", "trust", name=op.f("uq_decision_signatures_decision_id_step_trust")),
        _of_decision("decision_signatures"), _refers("decision_signatures", ["recorded_by"], "users", ["id"]),
    )  # fmt: skip
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres:
        op.execute(
            "CREATE FUNCTION decisions_only_added() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'rows can only be added'; END $$"
        )
    for table in ONLY_ADDED:
        for statement in _postgres_guards(table) if is_postgres else _sqlite_guards(table):
            op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION decisions_only_added")


def _sqlite_guards(table: str) -> tuple[str, ...]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'rows can only be added'); END"
    return (
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_never_go BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE takes the old row away without asking the trigger above.
        f"CREATE TRIGGER {table}_never_give_way BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}",  # noqa: S608 (our own fixed words)
    )


def _postgres_guards(table: str) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION decisions_only_added()",
        f"CREATE TRIGGER {table}_never_go BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION decisions_only_added()",
    )


def _numbered(name: str, *parts: Any) -> None:
    key = (sa.Column("id", WHOLE, nullable=False), sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")))
    op.create_table(name, *key, *parts, sqlite_autoincrement=True, sqlite_strict=True)


def _keyed(name: str, key: tuple[str, ...], *parts: Any) -> None:
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")), sqlite_strict=True)


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def _whole(name: str, *, is_needed: bool = True) -> sa.Column[int]:
    return sa.Column(name, WHOLE, nullable=not is_needed)


def _text(name: str, *, is_needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=not is_needed)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _one_of(table: str, column: str, *words: str) -> sa.CheckConstraint:
    return _check(table, column, f"{column} IN ({', '.join(repr(word) for word in words)})")


def _refers(table: str, columns: list[str], other: str, theirs: list[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(columns, [f"{other}.{name}" for name in theirs], name=op.f(f"fk_{table}_{'_'.join(columns)}"))


def _of_decision(table: str) -> sa.ForeignKeyConstraint:
    return _refers(table, ["partnership_id", "decision_id"], "decisions", ["partnership_id", "id"])


def _of_option(table: str) -> sa.ForeignKeyConstraint:
    return _refers(table, ["decision_id", "plan_id"], "decision_options", ["decision_id", "plan_id"])
