"""The last line between partnerships: what PostgreSQL shows and takes, whatever a query says."""

import shutil

import pytest
import sqlalchemy as sa
from databases import Database, a_database
from stored import PLAN, a_partnership, a_run, a_user
from websites import HERE, a_site

from planner.store import RunState, open_store
from planner.store.backup import make_backup, restore_backup
from planner.store.migrate import downgrade, upgrade
from planner.store.sight import HOUSE, SETTING, see_again, see_nobody, see_only, see_the_house, seeing, seeing_the_house, tell_sight
from planner.store.tables import METADATA
from web.access import me
from web.house.presenters import health_view

ON_POSTGRES = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
KEYS = {
    **{table.name: "partnership_id" for table in METADATA.sorted_tables if "partnership_id" in table.c},
    "partnerships": "id",
    "event_chains": "chain",
}


def raw(database):
    """The database without the store: what nobody set up first."""
    return sa.create_engine(sa.make_url(database.url).set(drivername="postgresql+psycopg"))


@pytest.fixture(autouse=True)
def as_no_superuser(request):
    if "store" in request.fixturenames and request.getfixturevalue("store").keeps_apart() is False:
        pytest.skip("TEST_DATABASE_URL is a superuser's, whom no policy holds")


@pytest.fixture
def two(store):
    """Two partnerships with a plan each, and who made them."""
    return fill(store)


@pytest.fixture(scope="module")
def shared(server, tmp_path_factory):
    """One PostgreSQL database, its store and what ``two`` gives, for tests that leave every row as it was."""
    with a_database(server, template=server and server.template) as url:
        database = Database(url, tmp_path_factory.mktemp("shared"))
        with database.open() as store:
            if store.keeps_apart() is False:
                pytest.skip("TEST_DATABASE_URL is a superuser's, whom no policy holds")
            yield database, store, fill(store)


def fill(store):
    by, found = a_user(store), []
    for name in ("Ours", "Theirs"):
        here = a_partnership(store, name, by)
        run_id = a_run(store, here, by)
        with store.begin() as tx:
            plan_id = tx.runs.keep_made_elsewhere(partnership_id=here, run_id=run_id, document=PLAN)
            tx.plans.choose(partnership_id=here, plan_id=plan_id, by=by)
            tx.drafts.begin(partnership_id=here, user_id=by, plan_id=plan_id, urn=None, name=name)
            tx.rosters.ask(partnership_id=here, plan_id=plan_id, request={}, note="", by=by, based_on=None)
            tx.events.record(partnership_id=here, by=by, action="plan made")
        found.append(here)
    with store.begin() as tx:
        tx.events.record(partnership_id=None, by=by, action="backup made")
    return (*found, by)


@ON_POSTGRES
def test_the_health_page_tells_of_a_superuser_whom_no_policy_holds(database, store):
    def told(of):
        row = next(row for row in health_view(of).checks.rows if row.cells[0].text == "Partnerships kept apart")
        return row.cells[1].text

    assert told(store) == "Well"
    if "plain@" in database.url:
        with open_store(database.url.replace("plain@", "planner@"), database.home) as as_superuser:
            assert told(as_superuser) == "Look at it"


def test_every_table_of_partnerships_has_its_policy_and_holds_its_owner_to_it(shared):
    _, store, _ = shared
    with store._engines.reader.begin() as connection:
        forced = set(
            connection.exec_driver_sql(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
            ).scalars()
        )
        policies = {
            row.tablename: row.qual
            for row in connection.exec_driver_sql("SELECT tablename, qual FROM pg_policies WHERE policyname = 'in_sight'")
        }
    assert set(KEYS) | {"decision_votes"} == forced == set(policies)
    assert {policies[name] for name, key in KEYS.items() if key == "partnership_id"} == {"planner_sees(partnership_id)"}


def test_whoever_sees_one_partnership_reads_changes_and_removes_no_row_of_another(shared):
    _, store, (ours, theirs, _) = shared
    with store.begin() as tx:
        connection = tx.runs._connection
        held = {
            name
            for name, key in KEYS.items()
            if connection.exec_driver_sql(f"SELECT count(*) FROM {name} WHERE {key} = {theirs}").scalar_one()
        }
    assert held >= {
        "runs",
        "plans",
        "answers",
        "drafts",
        "events",
        "roster_versions",
        "partnership_versions",
        "partnerships",
        "event_chains",
    }
    for name in held:
        key = KEYS[name]
        with seeing(ours), store.begin() as tx:
            connection = tx.runs._connection
            seen = connection.exec_driver_sql(f"SELECT DISTINCT {key} FROM {name}").scalars().all()
            assert set(seen) - {None} == {ours}, name
            if name != "events":
                assert connection.exec_driver_sql(f"UPDATE {name} SET {key} = {key} WHERE {key} = {theirs}").rowcount == 0, name
                assert connection.exec_driver_sql(f"DELETE FROM {name} WHERE {key} = {theirs}").rowcount == 0, name
    with seeing(ours), store.read() as tx:
        assert tx.partnerships.latest(partnership_id=theirs) is None
        assert [run.state for run in tx.runs.runs(partnership_id=ours)] == [RunState.FINISHED]
        assert tx.runs.runs(partnership_id=theirs) == ()


def test_no_row_is_added_to_another_partnership_nor_moved_there(shared):
    _, store, (ours, theirs, by) = shared
    for statement in (
        f"INSERT INTO memberships (user_id, partnership_id, role, since) VALUES ({by}, {theirs}, 'chair', 1)",
        f"INSERT INTO memberships (user_id, partnership_id, role, since) VALUES ({by}, NULL, 'administrator', 1)",
        f"UPDATE drafts SET partnership_id = {theirs}",
        "INSERT INTO partnerships (name, created_at) VALUES ('More', 1)",
    ):
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), seeing(ours), store.begin() as tx:
            tx.runs._connection.exec_driver_sql(statement)
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), seeing(ours), store.begin() as tx:
        tx.events.record(partnership_id=None, by=by, action="backup made")


@ON_POSTGRES
def test_rows_of_no_partnership_are_read_by_whoever_said_for_whom_they_ask_and_changed_by_the_house(database, store, two):
    ours, _, by = two
    with store.begin() as tx:
        tx.people.add_membership(user_id=by, partnership_id=None, role="administrator")
    with seeing(ours), store.begin() as tx:
        assert [m.partnership_id for m in tx.people.memberships_of(user_id=by)] == [None]
        (mine,) = tx.people.memberships_of(user_id=by)
        assert not tx.people.end_membership(partnership_id=None, membership_id=mine.id)
    with seeing(), store.read() as tx:
        assert tx.people.memberships_of(user_id=by) == ()


@ON_POSTGRES
@pytest.mark.skipif(not (shutil.which("pg_dump") and shutil.which("pg_restore")), reason="no PostgreSQL client programs")
def test_a_backup_from_before_the_policies_is_put_back_and_held_to_them_again(database, store, two, tmp_path):
    engines = store._engines
    downgrade(engines, to="0013")
    file = make_backup(engines.writer.url, database.home, out=tmp_path / "older").path
    upgrade(engines)
    engines.dispose()
    restore_backup(engines.writer.url, file)
    with database.open() as again:
        with seeing(two[0]), again.read() as tx:
            assert [row.name for row in tx.partnerships.partnerships()] == ["Ours"]
        newer = make_backup(engines.writer.url, database.home, out=tmp_path / "newer").path
    restore_backup(engines.writer.url, newer)
    with database.open() as again, again.read() as tx:
        assert [row.name for row in tx.partnerships.partnerships()] == ["Ours", "Theirs"]


def test_a_connection_that_says_nothing_sees_nothing(shared):
    database, _, _ = shared
    engine = raw(database)
    with engine.begin() as connection:
        assert {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in KEYS} == dict.fromkeys(KEYS, 0)
        connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (SETTING, HOUSE))
        assert connection.exec_driver_sql("SELECT count(*) FROM partnerships").scalar_one() == 2
    with engine.begin() as connection:  # a sight ends with its transaction, on the same connection
        assert connection.exec_driver_sql("SELECT count(*) FROM partnerships").scalar_one() == 0
    engine.dispose()


def test_a_sight_ends_where_it_was_said(store, two):
    """On SQLite a sight changes nothing."""
    is_postgres = store._engines.is_postgres
    with seeing():
        with store.read() as tx:
            assert len(tx.partnerships.partnerships()) == (0 if is_postgres else 2)
        with seeing_the_house(), store.read() as tx:
            assert len(tx.partnerships.partnerships()) == 2
        with store.read() as tx:
            assert len(tx.partnerships.partnerships()) == (0 if is_postgres else 2)
    with store.read() as tx:
        assert len(tx.partnerships.partnerships()) == 2


@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
def test_a_request_sees_the_partnership_of_its_address_whoever_asks(empty_database):
    with a_site(empty_database.home, empty_database.url) as site:
        seen = {}

        def look(partnership_id):
            with site.store.read() as tx:
                seen[me().name] = [row.id for row in tx.partnerships.partnerships()]
            return "seen"

        def look_before():
            with site.store.read() as tx:
                seen["before"] = [row.id for row in tx.partnerships.partnerships()]

        views = site.app.view_functions
        look.declared_access = views["home.partnership"].declared_access
        views["home.partnership"] = look
        site.app.before_request_funcs[None].insert(1, look_before)
        for who, name in (("chair", "Chair"), ("house", "House")):
            assert site.browser(who).get(f"/partnerships/{HERE}").text == "seen"
            assert (seen["before"], seen[name]) == ([], [HERE])
        with site.store.read() as tx:
            assert len(tx.partnerships.partnerships()) == 2


class Heard:
    """A connection that notes what it is told."""

    def __init__(self):
        self.told = []

    def exec_driver_sql(self, statement, values):
        self.told.append((statement, values))


def told():
    connection = Heard()
    tell_sight(connection)
    ((statement, (setting, sight)),) = connection.told
    assert (statement, setting) == ("SELECT set_config(%s, %s, true)", "planner.sight")
    return sight


def test_what_is_seen_is_told_at_each_beginning_and_comes_back_after_a_while():
    assert told() == "house", "a worker sees all of it"
    before = see_nobody()
    try:
        assert told() == ""
        with seeing_the_house():
            assert told() == "house"
            with seeing(3, 5):
                assert told() == "3,5"
            assert told() == "house"
        assert told() == ""
        with pytest.raises(ZeroDivisionError), seeing(7):
            raise ZeroDivisionError
        assert told() == ""
        see_only(4)
        assert told() == "4"
        see_the_house()
        assert told() == "house"
        see_only()
        assert told() == ""
    finally:
        see_again(before)
    assert told() == "house"
