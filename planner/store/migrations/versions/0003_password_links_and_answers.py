"""Links that let a person choose a new password; every answer that a school's question was given.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of password links and of answers."""
    op.create_table(
        "password_links",
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("made_by", WHOLE, nullable=False),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_password_links_user_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_password_links_made_by")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_password_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_links_token_hash")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_queries_partnership_id_id"), "queries", ["partnership_id", "id"], unique=True)
    op.create_table(
        "query_answers",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("query_id", WHOLE, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=False),
        sa.Column("answered_by", WHOLE, nullable=False),
        sa.Column("answered_at", WHOLE, nullable=False),
        sa.CheckConstraint("decided IN ('right', 'corrected', 'board')", name=op.f("ck_query_answers_decided")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_query_answers_answered_by")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "query_id"], ["queries.partnership_id", "queries.id"], name=op.f("fk_query_answers_partnership_id_query_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_answers")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_query_answers_partnership_id_query_id"), "query_answers", ["partnership_id", "query_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("query_answers")
    op.drop_index(op.f("ix_queries_partnership_id_id"), "queries")
    op.drop_table("password_links")
