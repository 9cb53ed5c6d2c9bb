"""Row-level security: PostgreSQL shows a transaction the rows of the partnerships it said it is for, and takes no others.

Revision ID: 0014
"""

from alembic import op

from planner.store.migrations.row_security import protect, unprotect

revision = "0014"
down_revision = "0013"

OF_PARTNERSHIPS = (
    "answers",
    "confirmations",
    "decision_comments",
    "decision_interests",
    "decision_minutes",
    "decision_options",
    "decision_roll",
    "decision_signatures",
    "decisions",
    "delivered_half_days",
    "drafts",
    "events",
    "invitations",
    "memberships",
    "partnership_versions",
    "plan_choices",
    "plans",
    "policy_versions",
    "pot_claims",
    "progress",
    "proposal_comments",
    "proposals",
    "queries",
    "query_answers",
    "requests",
    "roster_choices",
    "roster_versions",
    "runs",
    "uploads",
)
OTHERS = {
    "partnerships": "planner_sees(id)",
    "event_chains": "planner_sees(nullif(chain, 0))",
    "decision_votes": "planner_sees_decision(decision_id)",
}
"""They carry no partnership_id; a vote is in sight where its decision is."""
OF_THE_HOUSE_TOO = {"events": "partnership_id IS NULL", "invitations": "partnership_id IS NULL", "memberships": "partnership_id IS NULL"}
"""Rows of no partnership: whoever said for whom they ask may read them; only the house may add or change them."""

# A backup of an older version may be put back over these functions, and takes tables away without knowing of them: they are
# made again where they stand, and no policy names another table.
SEES = """
    CREATE OR REPLACE FUNCTION planner_sees(partnership bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT coalesce(current_setting('planner.sight', true) = 'house', false)
            OR coalesce($1::text = ANY (string_to_array(current_setting('planner.sight', true), ',')), false)
    $$
"""
SEES_DECISION = """
    CREATE OR REPLACE FUNCTION planner_sees_decision(decision bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
        SELECT EXISTS (SELECT FROM decisions WHERE id = $1)
    $$
"""
SAYS_WHOM = "coalesce(current_setting('planner.sight', true), '') <> ''"


def upgrade() -> None:
    """Add the policies."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(SEES)
    op.execute(SEES_DECISION)
    for table in OF_PARTNERSHIPS:
        protect(table)
    for table, of in OTHERS.items():
        protect(table, of=of)
    for table, of in OF_THE_HOUSE_TOO.items():
        op.execute(f"CREATE POLICY of_the_house ON {table} FOR SELECT USING ({of} AND {SAYS_WHOM})")


def downgrade() -> None:
    """Take them away."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in OF_THE_HOUSE_TOO:
        op.execute(f"DROP POLICY of_the_house ON {table}")
    for table in (*OF_PARTNERSHIPS, *OTHERS):
        unprotect(table)
    op.execute("DROP FUNCTION planner_sees_decision(bigint)")
    op.execute("DROP FUNCTION planner_sees(bigint)")
