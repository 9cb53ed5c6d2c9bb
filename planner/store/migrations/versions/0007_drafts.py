"""What people try beside a plan, what they ask for, and what they propose to the board.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "drafts",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("urn", WHOLE, nullable=True),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("cursor", WHOLE, server_default="0", nullable=False),
        sa.Column("version", WHOLE, server_default="1", nullable=False),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.Column("changed_at", WHOLE, nullable=False),
        sa.Column("kept_at", WHOLE, nullable=True),
        sa.Column("discarded_at", WHOLE, nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("asked_at", WHOLE, nullable=True),
        sa.Column("estimate", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("bound_points", REAL, nullable=True),
        sa.Column("gap_points", REAL, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_drafts_user_id")),
        _of_plan("drafts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_drafts_partnership_id_user_id"), "drafts", ["partnership_id", "user_id"], unique=False)
    op.create_table(
        "requests",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("asked_by", WHOLE, nullable=False),
        sa.Column("urn", WHOLE, nullable=True),
        sa.Column("asked_at", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("granter_urn", WHOLE, nullable=True),
        sa.Column("granter", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.Column("is_granted", WHOLE, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", WHOLE, nullable=True),
        sa.Column("answered_at", WHOLE, nullable=True),
        sa.CheckConstraint("kind IN ('board', 'head', 'council', 'service_manager')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint("(kind = 'head') = (granter_urn IS NOT NULL)", name=op.f("ck_requests_urn_of_heads")),
        sa.CheckConstraint("(is_granted IS NULL) = (answered_at IS NULL)", name=op.f("ck_requests_granted_when_answered")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_requests_partnership_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_requests_asked_by")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_requests_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_requests_partnership_id"), "requests", ["partnership_id"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("author", WHOLE, nullable=False),
        sa.Column("urn", WHOLE, nullable=True),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("bound_points", REAL, nullable=False),
        sa.Column("gap_points", REAL, nullable=False),
        sa.Column("submitted_at", WHOLE, nullable=False),
        sa.Column("withdrawn_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["author"], ["users.id"], name=op.f("fk_proposals_author")),
        _of_plan("proposals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("partnership_id", "id", name=op.f("uq_proposals_partnership_id_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("proposals", "requests", "drafts"):
        op.drop_table(name)


def _of_plan(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"], name=op.f(f"fk_{table}_partnership_id_plan_id")
    )
