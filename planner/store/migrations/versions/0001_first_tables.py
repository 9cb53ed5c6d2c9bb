"""The first tables; events that can only be added to.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")

SQLITE_APPEND_ONLY = (
    "CREATE TRIGGER events_never_change BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events can only be added'); END",
    "CREATE TRIGGER events_never_go BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events can only be added'); END",
    # INSERT OR REPLACE takes the old row away without asking the trigger above.
    (
        "CREATE TRIGGER events_never_give_way BEFORE INSERT ON events"
        " WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id OR (chain = NEW.chain AND seq = NEW.seq))"
        " BEGIN SELECT RAISE(ABORT, 'events can only be added'); END"
    ),
)
POSTGRES_APPEND_ONLY = (
    "CREATE FUNCTION events_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events can only be added'; END $$",
    "CREATE TRIGGER events_never_change BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_only_added()",
    "CREATE TRIGGER events_never_go BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION events_only_added()",
)
TABLES = (
    "queries",
    "progress",
    "plans",
    "runs",
    "confirmations",
    "uploads",
    "policy_versions",
    "partnership_versions",
    "memberships",
    "invitations",
    "events",
    "sessions",
    "partnerships",
    "users",
    "sign_in_tries",
    "event_chains",
)


def upgrade() -> None:
    """Make every table, the chain of the whole house, and the triggers that guard the events."""
    op.create_table(
        "event_chains",
        sa.Column("chain", WHOLE, autoincrement=False, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_event_chains")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("account_hash", sa.Text(), nullable=False),
        sa.Column("network_hash", sa.Text(), nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_tries")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sign_in_tries_account_hash_at"), "sign_in_tries", ["account_hash", "at"], unique=False)
    op.create_index(op.f("ix_sign_in_tries_at"), "sign_in_tries", ["at"], unique=False)
    op.create_index(op.f("ix_sign_in_tries_network_hash_at"), "sign_in_tries", ["network_hash", "at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sign_in", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("disabled_at", WHOLE, nullable=True),
        sa.Column("version", WHOLE, server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("sign_in", name=op.f("uq_users_sign_in")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "partnerships",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", WHOLE, nullable=True),
        sa.Column("latest_version", WHOLE, server_default="0", nullable=False),
        sa.Column("latest_policy", WHOLE, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_partnerships_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerships")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.Column("seen_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("chain", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=True),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("by", WHOLE, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("chain = coalesce(partnership_id, 0)", name=op.f("ck_events_chain_of_partnership")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_events_by")),
        sa.ForeignKeyConstraint(["chain"], ["event_chains.chain"], name=op.f("fk_events_chain")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_events_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("chain", "seq", name=op.f("uq_events_chain_seq")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "invitations",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("urn", WHOLE, nullable=True),
        sa.Column("invitee", sa.Text(), nullable=False),
        sa.Column("invited_by", WHOLE, nullable=True),
        sa.Column("invited_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("used_at", WHOLE, nullable=True),
        sa.Column("used_by", WHOLE, nullable=True),
        sa.Column("withdrawn_at", WHOLE, nullable=True),
        sa.CheckConstraint("(role = 'head') = (urn IS NOT NULL)", name=op.f("ck_invitations_urn_of_heads")),
        sa.CheckConstraint("partnership_id IS NOT NULL OR role = 'administrator'", name=op.f("ck_invitations_partnership_of_role")),
        sa.CheckConstraint(
            "role IN ('head', 'board', 'chair', 'service_manager', 'commissioner', 'administrator')", name=op.f("ck_invitations_role")
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_invitations_invited_by")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_invitations_partnership_id")),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name=op.f("fk_invitations_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "memberships",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("urn", WHOLE, nullable=True),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("granted_by", WHOLE, nullable=True),
        sa.CheckConstraint("(role = 'head') = (urn IS NOT NULL)", name=op.f("ck_memberships_urn_of_heads")),
        sa.CheckConstraint("partnership_id IS NOT NULL OR role = 'administrator'", name=op.f("ck_memberships_partnership_of_role")),
        sa.CheckConstraint(
            "role IN ('head', 'board', 'chair', 'service_manager', 'commissioner', 'administrator')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["users.id"], name=op.f("fk_memberships_granted_by")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_memberships_partnership_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("user_id", "partnership_id", "role", "urn", name=op.f("uq_memberships_user_id_partnership_id_role_urn")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_memberships_house_once",
        "memberships",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("partnership_id IS NULL"),
        postgresql_where=sa.text("partnership_id IS NULL"),
    )
    op.create_index(op.f("ix_memberships_partnership_id"), "memberships", ["partnership_id"], unique=False)
    op.create_index(
        "ix_memberships_role_once",
        "memberships",
        ["user_id", "partnership_id", "role"],
        unique=True,
        sqlite_where=sa.text("urn IS NULL"),
        postgresql_where=sa.text("urn IS NULL"),
    )
    op.create_table(
        "partnership_versions",
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", WHOLE, nullable=True),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_partnership_versions_made_by")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_partnership_versions_partnership_id")),
        sa.PrimaryKeyConstraint("partnership_id", "version", name=op.f("pk_partnership_versions")),
        sqlite_strict=True,
    )
    op.create_table(
        "policy_versions",
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", WHOLE, nullable=True),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_policy_versions_made_by")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_policy_versions_partnership_id")),
        sa.PrimaryKeyConstraint("partnership_id", "version", name=op.f("pk_policy_versions")),
        sqlite_strict=True,
    )
    op.create_table(
        "uploads",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("uploaded_by", WHOLE, nullable=False),
        sa.Column("uploaded_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_uploads_partnership_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_uploads_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"], unique=False)
    op.create_index(op.f("ix_uploads_partnership_id"), "uploads", ["partnership_id"], unique=False)
    op.create_table(
        "confirmations",
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("urn", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("user_id", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id", "version"],
            ["partnership_versions.partnership_id", "partnership_versions.version"],
            name=op.f("fk_confirmations_partnership_id_version"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_confirmations_user_id")),
        sa.PrimaryKeyConstraint("partnership_id", "urn", "version", "user_id", name=op.f("pk_confirmations")),
        sqlite_strict=True,
    )
    op.create_table(
        "runs",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("partnership_version", WHOLE, nullable=False),
        sa.Column("policy_version", WHOLE, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("inputs_sha256", sa.Text(), nullable=False),
        sa.Column("requested_by", WHOLE, nullable=False),
        sa.Column("requested_at", WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", WHOLE, server_default="0", nullable=False),
        sa.Column("fence", WHOLE, server_default="0", nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("claimed_at", WHOLE, nullable=True),
        sa.Column("lease_until", WHOLE, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("best_wanted_at", WHOLE, nullable=True),
        sa.Column("best_amounts", sa.Text(), nullable=True),
        sa.Column("best_shortfall_points", REAL, nullable=True),
        sa.Column("best_at", WHOLE, nullable=True),
        sa.Column("changes", WHOLE, server_default="0", nullable=False),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_runs_lease_while_running")),
        sa.CheckConstraint("state IN ('queued', 'running', 'finished', 'failed', 'cancelled')", name=op.f("ck_runs_state")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "partnership_version"],
            ["partnership_versions.partnership_id", "partnership_versions.version"],
            name=op.f("fk_runs_partnership_id_partnership_version"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id", "policy_version"],
            ["policy_versions.partnership_id", "policy_versions.version"],
            name=op.f("fk_runs_partnership_id_policy_version"),
        ),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_runs_partnership_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_runs_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("partnership_id", "id", name=op.f("uq_runs_partnership_id_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_runs_partnership_id_claimed_at"), "runs", ["partnership_id", "claimed_at"], unique=False)
    op.create_index(op.f("ix_runs_state_lease_until"), "runs", ["state", "lease_until"], unique=False)
    op.create_table(
        "plans",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("fence", WHOLE, nullable=False),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id", "run_id"], ["runs.partnership_id", "runs.id"], name=op.f("fk_plans_partnership_id_run_id")
        ),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_plans_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("partnership_id", "id", name=op.f("uq_plans_partnership_id_id")),
        sa.UniqueConstraint("run_id", name=op.f("uq_plans_run_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "progress",
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("fence", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("best_points", REAL, nullable=True),
        sa.Column("bound_points", REAL, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id", "run_id"], ["runs.partnership_id", "runs.id"], name=op.f("fk_progress_partnership_id_run_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "fence", "seq", name=op.f("pk_progress")),
        sqlite_strict=True,
    )
    op.create_table(
        "queries",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("urn", WHOLE, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("plan_id", WHOLE, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_by", WHOLE, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", WHOLE, nullable=True),
        sa.Column("answered_at", WHOLE, nullable=True),
        sa.Column("closed_by", WHOLE, nullable=True),
        sa.Column("closed_at", WHOLE, nullable=True),
        sa.Column("version", WHOLE, server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name=op.f("ck_queries_state")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_queries_answered_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_queries_closed_by")),
        sa.ForeignKeyConstraint(["opened_by"], ["users.id"], name=op.f("fk_queries_opened_by")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"], name=op.f("fk_queries_partnership_id_plan_id")
        ),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_queries_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queries")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_queries_partnership_id_urn"), "queries", ["partnership_id", "urn"], unique=False)
    op.execute("INSERT INTO event_chains (chain, seq, sha256) VALUES (0, 0, '')")
    for statement in POSTGRES_APPEND_ONLY if op.get_bind().dialect.name == "postgresql" else SQLITE_APPEND_ONLY:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_only_added")
