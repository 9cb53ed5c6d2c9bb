"""What is worked out about a plan once it is made; queued for the newest plan of each partnership and the one its schools read.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("claims", "furthest", "certificate", "frontier", "values", "doses", "why")
STATES = ("queued", "running", "finished", "failed")


def upgrade() -> None:
    """Make the table; queue the answers about plans that people are reading now."""
    op.create_table(
        "answers",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urn", WHOLE, server_default="0", nullable=False),
        sa.Column("asked_by", WHOLE, nullable=True),
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
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_listed(KINDS)})", name=op.f("ck_answers_kind")),
        sa.CheckConstraint(f"state IN ({_listed(STATES)})", name=op.f("ck_answers_state")),
        sa.CheckConstraint("(kind = 'why') = (urn <> 0)", name=op.f("ck_answers_urn_of_why")),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_answers_lease_while_running")),
        sa.CheckConstraint("(state = 'finished') = (document IS NOT NULL)", name=op.f("ck_answers_document_when_finished")),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_answers_asked_by")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"], name=op.f("fk_answers_partnership_id_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("plan_id", "kind", "urn", name=op.f("uq_answers_plan_id_kind_urn")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_answers_state_lease_until"), "answers", ["state", "lease_until"], unique=False)
    op.create_index(op.f("ix_answers_partnership_id_claimed_at"), "answers", ["partnership_id", "claimed_at"], unique=False)
    for kind in KINDS[:-1]:
        op.execute(
            "INSERT INTO answers (partnership_id, plan_id, kind, asked_at, state) "  # noqa: S608 (our own fixed words)
            f"SELECT partnership_id, id, '{kind}', made_at, 'queued' FROM plans "
            "WHERE id IN (SELECT max(id) FROM plans GROUP BY partnership_id) "
            "OR id IN (SELECT plan_id FROM plan_choices WHERE id IN (SELECT max(id) FROM plan_choices GROUP BY partnership_id)) "
            "ORDER BY id"
        )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("answers")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)
