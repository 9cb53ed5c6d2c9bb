"""Rosters that service managers ask for, which of them people work by, and the half-days delivered.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = ("queued", "running", "finished", "failed")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "roster_versions",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("based_on", WHOLE, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("asked_by", WHOLE, nullable=False),
        sa.Column("asked_at", WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", WHOLE, server_default="0", nullable=False),
        sa.Column("fence", WHOLE, server_default="0", nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("claimed_at", WHOLE, nullable=True),
        sa.Column("lease_until", WHOLE, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.CheckConstraint(f"state IN ({_listed(STATES)})", name=op.f("ck_roster_versions_state")),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_roster_versions_lease_while_running")),
        sa.CheckConstraint("(state = 'finished') = (document IS NOT NULL)", name=op.f("ck_roster_versions_document_when_finished")),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_roster_versions_asked_by")),
        _of_plan("roster_versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_versions")),
        sa.UniqueConstraint("partnership_id", "plan_id", "id", name=op.f("uq_roster_versions_partnership_id_plan_id_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_roster_versions_state_lease_until"), "roster_versions", ["state", "lease_until"], unique=False)
    op.create_table(
        "roster_choices",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("version_id", WHOLE, nullable=True),
        sa.Column("chosen_by", WHOLE, nullable=False),
        sa.Column("chosen_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["chosen_by"], ["users.id"], name=op.f("fk_roster_choices_chosen_by")),
        _of_plan("roster_choices"),
        sa.ForeignKeyConstraint(
            ["partnership_id", "plan_id", "version_id"],
            ["roster_versions.partnership_id", "roster_versions.plan_id", "roster_versions.id"],
            name=op.f("fk_roster_choices_partnership_id_plan_id_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_choices")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_roster_choices_partnership_id_plan_id"), "roster_choices", ["partnership_id", "plan_id"], unique=False)
    op.create_table(
        "delivered_half_days",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("half_term", WHOLE, nullable=False),
        sa.Column("half_days", WHOLE, nullable=False),
        sa.Column("entered_by", WHOLE, nullable=False),
        sa.Column("entered_at", WHOLE, nullable=False),
        sa.CheckConstraint("half_term BETWEEN 1 AND 6", name=op.f("ck_delivered_half_days_half_term")),
        sa.CheckConstraint("half_days >= 0", name=op.f("ck_delivered_half_days_half_days")),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_delivered_half_days_entered_by")),
        _of_plan("delivered_half_days"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivered_half_days")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_delivered_half_days_partnership_id_plan_id"), "delivered_half_days", ["partnership_id", "plan_id"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("delivered_half_days", "roster_choices", "roster_versions"):
        op.drop_table(table)


def _of_plan(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"], name=op.f(f"fk_{table}_partnership_id_plan_id")
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)
