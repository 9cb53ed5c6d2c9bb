"""Which plan the board puts before the schools; the points of a plan beside its counts.

Revision ID: 0004
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
POINTS = ("shortfall_points", "bound_points")

SQLITE_APPEND_ONLY = (
    "CREATE TRIGGER plan_choices_never_change BEFORE UPDATE ON plan_choices BEGIN SELECT RAISE(ABORT, 'choices can only be added'); END",
    "CREATE TRIGGER plan_choices_never_go BEFORE DELETE ON plan_choices BEGIN SELECT RAISE(ABORT, 'choices can only be added'); END",
    # INSERT OR REPLACE takes the old row away without asking the trigger above.
    (
        "CREATE TRIGGER plan_choices_never_give_way BEFORE INSERT ON plan_choices"
        " WHEN EXISTS (SELECT 1 FROM plan_choices WHERE id = NEW.id)"
        " BEGIN SELECT RAISE(ABORT, 'choices can only be added'); END"
    ),
)
POSTGRES_APPEND_ONLY = (
    (
        "CREATE FUNCTION plan_choices_only_added() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'choices can only be added'; END $$"
    ),
    (
        "CREATE TRIGGER plan_choices_never_change BEFORE UPDATE OR DELETE ON plan_choices"
        " FOR EACH ROW EXECUTE FUNCTION plan_choices_only_added()"
    ),
    "CREATE TRIGGER plan_choices_never_go BEFORE TRUNCATE ON plan_choices FOR EACH STATEMENT EXECUTE FUNCTION plan_choices_only_added()",
)


def upgrade() -> None:
    """Make the table of choices and its guards; take the points of each plan from its document."""
    connection = op.get_bind()
    op.create_table(
        "plan_choices",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("partnership_id", WHOLE, nullable=False),
        sa.Column("plan_id", WHOLE, nullable=False),
        sa.Column("chosen_by", WHOLE, nullable=False),
        sa.Column("chosen_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["chosen_by"], ["users.id"], name=op.f("fk_plan_choices_chosen_by")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "plan_id"], ["plans.partnership_id", "plans.id"], name=op.f("fk_plan_choices_partnership_id_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_choices")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_plan_choices_partnership_id"), "plan_choices", ["partnership_id"], unique=False)
    for statement in POSTGRES_APPEND_ONLY if connection.dialect.name == "postgresql" else SQLITE_APPEND_ONLY:
        op.execute(statement)
    for name in POINTS:
        op.add_column("plans", sa.Column(name, REAL, nullable=True))
    for plan_id in connection.execute(sa.text("SELECT id FROM plans")).scalars().all():
        document = json.loads(connection.execute(sa.text("SELECT document FROM plans WHERE id = :id"), {"id": plan_id}).scalar_one())
        connection.execute(
            sa.text("UPDATE plans SET shortfall_points = :shortfall_points, bound_points = :bound_points WHERE id = :id"),
            {"id": plan_id} | {name: document.get(name) for name in POINTS},
        )


def downgrade() -> None:
    """Drop them."""
    for name in POINTS:
        op.drop_column("plans", name)
    op.drop_table("plan_choices")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION plan_choices_only_added")
