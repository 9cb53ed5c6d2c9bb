"""What a request would move and what a yes to it made, comments on proposals, and claims that are withdrawn.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_REQUESTS = (("move", sa.Text()), ("changed", sa.Text()), ("version", WHOLE))


def upgrade() -> None:
    """Add the columns and the table."""
    for name, kind in OF_REQUESTS:
        op.add_column("requests", sa.Column(name, kind, nullable=True))
    op.add_column("pot_claims", sa.Column("withdrawn_at", WHOLE, nullable=True))
    op.create_table(
        "proposal_comments",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("proposal_id", WHOLE, nullable=False),
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", WHOLE, nullable=False),
        sa.Column("withdrawn_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_proposal_comments_user_id")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "proposal_id"], ["proposals.partnership_id", "proposals.id"],
            name=op.f("fk_proposal_comments_partnership_id_proposal_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_comments")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )  # fmt: skip
    op.create_index(op.f("ix_proposal_comments_proposal_id"), "proposal_comments", ["proposal_id"], unique=False)


def downgrade() -> None:
    """Drop them; a claim that was withdrawn waits again."""
    op.drop_table("proposal_comments")
    op.drop_column("pot_claims", "withdrawn_at")
    for name, _ in reversed(OF_REQUESTS):
        op.drop_column("requests", name)
