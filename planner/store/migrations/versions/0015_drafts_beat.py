"""When whoever works out a draft last said so: several processes answer pages, and one must know what another has in hand.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the moment."""
    op.add_column("drafts", sa.Column("beaten_at", WHOLE, nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("drafts", "beaten_at")
