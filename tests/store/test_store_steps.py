"""Every step of the tables down and up again with a row in every table: what an older version can hold is kept."""

import pytest
import sqlalchemy as sa

from planner.store.engine import open_engines
from planner.store.migrate import HEAD, MIGRATIONS, downgrade, upgrade
from planner.store.tables import METADATA, Choice, Document, Words

STEPS = [path.name[:4] for path in sorted((MIGRATIONS / "versions").glob("0*.py"))]
OTHERWISE = {
    "memberships": {"role": "board", "partnership_id": 1},
    "invitations": {"role": "board", "partnership_id": 1},
    "events": {"partnership_id": 1},
    "dfe_files": {"register": b"r"},
    "provider_people": {"address": "ann@example.org"},
    "answers": {"urn": 0, "key": ""},
    "decision_signatures": {"trust": ""},
    "decision_votes": {"plan_id": 1},
    "plans": {"shortfall_points": 1.5, "bound_points": 0.5, "document": {"shortfall_points": 1.5, "bound_points": 0.5}},
}
"""What the tables' own checks ask beside one value for everything."""


@pytest.fixture
def engines(database):
    engines = open_engines(database.url, database.home)
    with engines.writer.begin() as connection:
        for table in METADATA.sorted_tables:
            row = {column.name: value_of(column) for column in table.c if not column.nullable}
            connection.execute(table.insert(), row | OTHERWISE.get(table.name, {}))
    yield engines
    engines.dispose()


def value_of(column):
    if isinstance(column.type, Choice):
        return next(iter(column.type.kind))
    if isinstance(column.type, Document):
        return {"é": [1, None]}
    if isinstance(column.type, Words | sa.Text):
        return column.name
    return b"\0\xff" if isinstance(column.type, sa.LargeBinary) else 1


def contents(engines):
    """Table -> its columns and rows, as the database itself tells them."""
    with engines.reader.begin() as connection:
        inspector = sa.inspect(connection)
        found = {}
        for table in set(inspector.get_table_names()) & set(METADATA.tables):
            columns = [column["name"] for column in inspector.get_columns(table)]
            rows = connection.execute(sa.select(*map(sa.column, columns)).select_from(sa.table(table)).order_by(sa.column(columns[0])))
            found[table] = [dict(row) for row in rows.mappings()]
        return found


def assert_kept(before, after):
    """All that is in both: tables, and columns of their rows."""
    for table in before.keys() & after.keys():
        assert len(before[table]) == len(after[table]) > 0, table
        for was, now in zip(before[table], after[table], strict=True):
            both = was.keys() & now.keys()
            assert {name: was[name] for name in both} == {name: now[name] for name in both}, table


@pytest.mark.chaos("steps")
def test_every_step_down_keeps_what_the_older_version_can_hold_and_all_steps_up_keep_that(engines):
    at_head = contents(engines)
    assert set(at_head) == set(METADATA.tables)
    for step in reversed(STEPS[:-1]):
        downgrade(engines, to=step)
        assert_kept(at_head, contents(engines))
    oldest = contents(engines)
    upgrade(engines)
    kept = contents(engines)
    assert set(kept) == set(METADATA.tables)
    assert_kept(oldest, {table: rows for table, rows in kept.items() if table in oldest})


@pytest.mark.slow
@pytest.mark.chaos("steps")
@pytest.mark.parametrize("step", STEPS[:-1])
def test_from_every_step_up_to_this_version_and_down_again_nothing_is_lost(engines, step):
    downgrade(engines, to=step)
    before = contents(engines)
    upgrade(engines, to=HEAD)
    assert_kept(before, contents(engines))
    downgrade(engines, to=step)
    assert contents(engines) == before
