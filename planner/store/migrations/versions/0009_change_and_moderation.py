"""Plans made again after a change, among the answers; claims on the moderated pot.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("claims", "furthest", "certificate", "frontier", "values", "doses", "why")
STATES = ("queued", "running", "finished", "failed")
CLAIM_STATES = ("lodged", "granted", "part_granted", "declined")
KEPT = (
    "id, partnership_id, plan_id, kind, urn, asked_by, asked_at, state, attempts, fence, worker, claimed_at, lease_until, ended_at, reason, "
    "document, file"
)


def upgrade() -> None:
    """Make the table of answers anew with what a re-plan was asked, and the table of claims."""
    _make_answers_anew(has_replans=True)
    op.create_table(
        "pot_claims",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("urn", WHOLE, nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), server_default="", nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("pounds", WHOLE, nullable=False),
        sa.Column("what_for", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lodged_by", WHOLE, nullable=False),
        sa.Column("lodged_at", WHOLE, nullable=False),
        sa.Column("granted_pounds", WHOLE, nullable=True),
        sa.Column("drawn_on", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", WHOLE, nullable=True),
        sa.CheckConstraint(f"state IN ({_listed(CLAIM_STATES)})", name=op.f("ck_pot_claims_state")),
        sa.CheckConstraint("amount > 0 AND pounds > 0", name=op.f("ck_pot_claims_something_claimed")),
        sa.CheckConstraint("(state = 'lodged') = (decided_at IS NULL)", name=op.f("ck_pot_claims_decided_when")),
        sa.CheckConstraint(
            "(state IN ('granted', 'part_granted')) = (granted_pounds IS NOT NULL)", name=op.f("ck_pot_claims_granted_pounds_when")
        ),
        sa.CheckConstraint("(granted_pounds IS NULL) = (drawn_on IS NULL)", name=op.f("ck_pot_claims_drawn_on_when")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_pot_claims_partnership_id")),
        sa.ForeignKeyConstraint(["lodged_by"], ["users.id"], name=op.f("fk_pot_claims_lodged_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_pot_claims_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pot_claims")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_pot_claims_partnership_id_id"), "pot_claims", ["partnership_id", "id"], unique=True)


def downgrade() -> None:
    """Drop the claims and the re-plans; every other answer stays."""
    op.drop_table("pot_claims")
    op.execute("DELETE FROM answers WHERE kind = 'replan'")
    _make_answers_anew(has_replans=False)


def _make_answers_anew(*, has_replans: bool) -> None:
    """SQLite changes no rule of a table that is there: the rows wait beside it."""
    op.execute("CREATE TABLE answers_before AS SELECT * FROM answers")
    op.drop_table("answers")
    kinds = (*KINDS, "replan") if has_replans else KINDS
    asked = [sa.Column("key", sa.Text(), server_default="", nullable=False), sa.Column("asked", sa.Text(), nullable=True)]
    rules = [
        sa.CheckConstraint("(kind = 'replan') = (key <> '')", name=op.f("ck_answers_key_of_replan")),
        sa.CheckConstraint("(kind = 'replan') = (asked IS NOT NULL)", name=op.f("ck_answers_asked_of_replan")),
    ]
    key = ("plan_id", "kind", "urn", "key") if has_replans else ("plan_id", "kind", "urn")
    op.create_table(
        "answers",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urn", WHOLE, server_default="0", nullable=False),
        *(asked if has_replans else ()),
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
        sa.CheckConstraint(f"kind IN ({_listed(kinds)})", name=op.f("ck_answers_kind")),
        sa.CheckConstraint(f"state IN ({_listed(STATES)})", name=op.f("ck_answers_state")),
        sa.CheckConstraint("(kind = 'why') = (urn <> 0)", name=op.f("ck_answers_urn_of_why")),
        *(rules if has_replans else ()),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_answers_lease_while_running")),
        sa.CheckConstraint("(state = 'finished') = (document IS NOT NULL)", name=op.f("ck_answers_document_when_finished")),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_answers_asked_by")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"], name=op.f("fk_answers_partnership_id_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(*key, name=op.f(f"uq_answers_{'_'.join(key)}")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_answers_state_lease_until"), "answers", ["state", "lease_until"], unique=False)
    op.create_index(op.f("ix_answers_partnership_id_claimed_at"), "answers", ["partnership_id", "claimed_at"], unique=False)
    op.execute(f"INSERT INTO answers ({KEPT}) SELECT {KEPT} FROM answers_before ORDER BY id")  # noqa: S608 (our own fixed words)
    op.drop_table("answers_before")
    if op.get_bind().dialect.name == "postgresql":  # its next number does not follow the rows that were put back
        op.execute("SELECT setval(pg_get_serial_sequence('answers', 'id'), coalesce((SELECT max(id) FROM answers), 0) + 1, false)")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)
