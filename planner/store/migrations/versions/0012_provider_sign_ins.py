"""Who signs in through the sign-in provider, and the visits to it that are under way.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "provider_people",
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("entered_by", WHOLE, nullable=False),
        sa.Column("entered_at", WHOLE, nullable=False),
        sa.Column("first_used_at", WHOLE),
        sa.CheckConstraint("address IS NOT NULL OR subject IS NOT NULL", name=op.f("ck_provider_people_known_by")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_provider_people_user_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_provider_people_entered_by")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_provider_people")),
        sa.UniqueConstraint("issuer", "address", name=op.f("uq_provider_people_issuer_address")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_provider_people_issuer_subject")),
        sqlite_strict=True,
    )
    op.create_table(
        "provider_visits",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_visits")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_provider_visits_expires_at"), "provider_visits", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("provider_visits")
    op.drop_table("provider_people")
