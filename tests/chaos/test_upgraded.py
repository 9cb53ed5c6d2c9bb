"""A newer planner brings the database up to its version while an older worker plans: the run ends, or is taken up again; it never disappears."""

import random
import shutil
import sys
import time
from pathlib import Path

import pytest
from stored import a_run
from test_run_worker import FOR_EVER, ON_BOTH, plan_of, the_run, told
from whole_worker import Worker, wait_for
from working import at_work
from worlds_to_plan import bring, busy_world

from planner.documents import check_document
from planner.errors import PlannerError
from planner.store import RunState, migrate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
STEP = f'''
"""A step of a newer planner: a column, an index and a table more."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{migrate.HEAD}"


def upgrade():
    op.add_column("runs", sa.Column("newer", sa.Text(), nullable=True))
    op.create_index("ix_newer", "runs", ["newer"])
    op.create_table("newer", sa.Column("id", sa.Integer(), primary_key=True), sqlite_strict=True)


def downgrade():
    op.drop_table("newer")
    op.drop_index("ix_newer", "runs")
    op.drop_column("runs", "newer")
'''


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """The steps of the planner that comes after this one."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    (folder / "versions" / "9001_newer.py").write_text(STEP, encoding="utf-8")
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    return "9001"


@ON_BOTH
@pytest.mark.chaos("upgrade")
def test_a_run_under_way_outlives_an_upgrade_of_the_database(database, store, by, newer, times, say, monkeypatch):
    here, head, taken_up = bring(store, busy_world(12), by), migrate.HEAD, 0
    for number in range(times):
        is_killed = number % 2 == 1
        worker = Worker(database)
        try:
            worker.wait_until_ready()
            run_id = a_run(store, here, by, **(FOR_EVER if is_killed else {"gap_points": 0.0}))
            wait_for(lambda run_id=run_id: told(store, here, run_id))
            time.sleep(random.uniform(0, 0.5))
            migrate.upgrade(store._engines, to=newer)
            if not is_killed:
                wait_for(lambda run_id=run_id: plan_of(store, here, run_id))
        finally:
            if is_killed:
                worker.kill()
            else:
                worker.end()
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "MIGRATIONS", Path(migrate.__file__).parent / "migrations")
            with pytest.raises(PlannerError, match="a newer version of the planner"):
                database.open()  # as the older worker finds when it is started again
        if is_killed and plan_of(store, here, run_id) is None:
            with store._engines.writer.begin() as connection:
                connection.exec_driver_sql("UPDATE runs SET lease_until = 1 WHERE state = 'running'")
            with store.begin() as tx:
                tx.runs.use_best(partnership_id=here, run_id=run_id)
            with at_work(store, monkeypatch):  # the newer worker: these steps change nothing that it reads
                wait_for(lambda run_id=run_id: plan_of(store, here, run_id))
            taken_up += 1
        assert the_run(store, here, run_id).state is RunState.FINISHED
        check_document(plan_of(store, here, run_id).document)
        migrate.downgrade(store._engines, to=head)
    with store.read() as tx:
        assert len(tx.plans.plans(partnership_id=here)) == times
    say(f"{times - taken_up} ended by the older worker, {taken_up} taken up by the newer; 0 lost")
