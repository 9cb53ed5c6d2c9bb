"""Tickets for workers on several machines: PostgreSQL itself hands procrastinate a job for whatever comes to wait.

A ticket says only that there is work. Who takes one claims what is next by its row, lease and fence (``planner.store.runs``),
so a ticket that is lost, given twice or left over changes no result. Triggers write it in the transaction that makes the row
wait: the pages and the other workers know nothing of it.
"""

from __future__ import annotations

import sqlalchemy as sa

from planner.errors import PlannerError
from planner.store.kinds import AnswerState, RunState
from planner.store.migrate import POSTGRES_LOCK
from planner.store.room import Room
from planner.store.tables import answers, roster_versions, runs

QUEUE = "planner"
TASK = "take what waits"
WAITING = (
    (runs, RunState.QUEUED, RunState.RUNNING),
    *((one, AnswerState.QUEUED, AnswerState.RUNNING) for one in (roster_versions, answers)),
)
MOST_AT_ONCE = 1_000

_HAND_OUT = f"""
    CREATE OR REPLACE FUNCTION planner_hand_out(tickets integer) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
        PERFORM procrastinate_defer_jobs_v1(array_fill(
            ROW('{QUEUE}', '{TASK}', 0, NULL, NULL, '{{}}'::jsonb, NULL)::procrastinate_job_to_defer_v1, ARRAY[tickets]
        ));
    END $$
"""
_HAND_OUT_ONE = """
    CREATE OR REPLACE FUNCTION planner_hand_out_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM planner_hand_out(1);
        RETURN NULL;
    END $$
"""


class Tickets(Room):
    """Tickets on PostgreSQL; nothing here is for SQLite."""

    def set_up(self, schema: str) -> None:
        """Have tickets handed out from now on; ``schema`` makes procrastinate's tables where they are not there yet.

        Raises ``PlannerError`` where the database is no PostgreSQL server.
        """
        if self._connection.dialect.name != "postgresql":
            raise PlannerError(
                "Workers on several machines share a PostgreSQL database: set PLANNER_DATABASE_URL=postgresql://user:password@host/name, "
                "or start planner worker without --cluster beside the file."
            )
        self._connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")
        if not sa.inspect(self._connection).has_table("procrastinate_jobs"):
            self._connection.execution_options(no_parameters=True).exec_driver_sql(schema)
        for statement in (_HAND_OUT, _HAND_OUT_ONE):
            self._connection.exec_driver_sql(statement)
        for table, queued, _ in WAITING:
            self._connection.exec_driver_sql(
                f"CREATE OR REPLACE TRIGGER hand_out AFTER INSERT OR UPDATE OF state ON {table.name} FOR EACH ROW"
                f" WHEN (NEW.state = '{queued}') EXECUTE FUNCTION planner_hand_out_one()"
            )

    def hand_out_missing(self) -> int:
        """Hand out as many tickets as there are fewer than what waits, and say how many: what waits since before, or since its worker was killed."""
        waiting = 0
        for table, queued, running in WAITING:
            has_run_out = sa.and_(table.c.state == running, table.c.lease_until <= self._now)
            count = sa.select(sa.func.count()).where(sa.or_(table.c.state == queued, has_run_out)).select_from(table)
            waiting += int(self._connection.execute(count).scalar_one())
        if not waiting:
            return 0
        self._connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")  # two at once would hand out twice as many
        out = int(self._connection.execute(_TICKETS_OUT, {"queue": QUEUE}).scalar_one())
        missing = min(max(0, waiting - out), MOST_AT_ONCE)
        if missing:
            self._connection.execute(_HAND_OUT_MORE, {"missing": missing})
        return missing


_TICKETS_OUT = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = :queue AND status = 'todo'")
_HAND_OUT_MORE = sa.text("SELECT planner_hand_out(:missing)")
