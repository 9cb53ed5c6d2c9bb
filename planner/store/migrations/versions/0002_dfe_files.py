"""The DfE's files that the house keeps.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of the DfE's files."""
    op.create_table(
        "dfe_files",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("register", sa.LargeBinary(), nullable=True),
        sa.Column("size_bytes", WHOLE, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", WHOLE, nullable=False),
        sa.Column("uploaded_at", WHOLE, nullable=False),
        sa.CheckConstraint("kind IN ('gias', 'sen', 'census', 'idaci', 'links')", name=op.f("ck_dfe_files_kind")),
        sa.CheckConstraint("(kind = 'gias') = (register IS NOT NULL)", name=op.f("ck_dfe_files_register_of_gias")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_dfe_files_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dfe_files")),
        sa.UniqueConstraint("sha256", name=op.f("uq_dfe_files_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("dfe_files")
