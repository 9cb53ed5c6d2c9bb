"""The tables: made and unmade step by step, strict, and the same as the store believes."""

import importlib.util
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from stored import PLAN, a_partnership, a_run, a_user

from planner.errors import PlannerError
from planner.store import AnswerKind, open_store, tables
from planner.store import engine as engine_module
from planner.store.decisions import VotingRules
from planner.store.engine import journal_mode, open_engines, sqlite_module
from planner.store.migrate import HEAD, MIGRATIONS, current, downgrade, upgrade
from planner.store.moderation import AskedOfPot
from planner.store.tables import METADATA
from planner.voting import Majority, Weighting

RULES = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)


@pytest.fixture
def engines(empty_database):
    engines = open_engines(empty_database.url, empty_database.home)
    yield engines
    engines.dispose()


def tables_of(engines):
    with engines.reader.begin() as connection:
        return set(sa.inspect(connection).get_table_names())


def test_every_step_leads_up_and_down_again(engines):
    for _ in range(2):
        upgrade(engines)
        with engines.reader.begin() as connection:
            assert current(connection) == HEAD
        assert tables_of(engines) == set(METADATA.tables) | {"alembic_version"}
        downgrade(engines, to="base")
        assert tables_of(engines) - {"sqlite_sequence"} == {"alembic_version"}


def test_what_older_steps_can_hold_outlives_the_way_down_and_up_again(database):
    with database.open() as store:
        ann = a_user(store)
        here = a_partnership(store, by=ann)
        run_id = a_run(store, here, ann)
        with store.begin() as tx:
            plan_id = tx.runs.keep_made_elsewhere(partnership_id=here, run_id=run_id, document=PLAN)
            tx.answers.ask_replan(partnership_id=here, plan_id=plan_id, change={"what": "money"}, by=ann)
            tx.moderation.lodge(
                partnership_id=here, urn=1, academic_year="2026/27", asked=AskedOfPot(amount=1, pounds=1, what_for="So"), by=ann
            )
            decision_id = tx.decisions.open_decision(partnership_id=here, title="Next", rules=RULES, options=[plan_id], by=ann)
            decision = tx.decisions.decision(partnership_id=here, decision_id=decision_id)
            tx.decisions.declare(decision=decision, by=ann, schools=[], other="None")
            tx.drafts.begin(partnership_id=here, user_id=ann, plan_id=plan_id, urn=None, name="A")
            tx.rosters.ask(partnership_id=here, plan_id=plan_id, request={}, note="", by=ann, based_on=None)
            before = [one for one in tx.answers.answers(partnership_id=here, plan_id=plan_id) if one.kind is not AnswerKind.REPLAN]
    engines = open_engines(database.url, database.home)
    downgrade(engines, to="0005")
    upgrade(engines)
    engines.dispose()
    with database.open() as store:
        with store.begin() as tx:
            after = tx.answers.answers(partnership_id=here, plan_id=plan_id)
            new_id, is_new = tx.answers.ask_replan(partnership_id=here, plan_id=plan_id, change={"what": "money"}, by=ann)
        assert list(after) == before
        assert is_new
        assert new_id > max(one.id for one in before)


def test_the_steps_make_the_tables_the_store_believes_in(engines):
    upgrade(engines)
    with engines.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": not engines.is_postgres}), METADATA) == []
        inspector = sa.inspect(connection)
        for table in METADATA.tables.values():
            for kind, there in (
                (sa.CheckConstraint, inspector.get_check_constraints(table.name)),
                (sa.ForeignKeyConstraint, inspector.get_foreign_keys(table.name)),
            ):
                named = {METADATA.naming_convention and str(c.name) for c in table.constraints if isinstance(c, kind)}
                assert {row["name"] for row in there} == {
                    name if name.startswith(("ck_", "fk_")) else f"ck_{table.name}_{name}" for name in named
                }


def declared_anew():
    """The tables as the program declares them, read once more beside those that are in use."""
    spec = importlib.util.spec_from_file_location(tables.__name__, tables.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.METADATA


def as_built(connection):
    """Table -> everything that SQLite tells of it, in words."""
    inspector = sa.inspect(connection)
    is_strict = {row["name"]: row["strict"] for row in connection.exec_driver_sql("PRAGMA table_list").mappings()}
    words = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all())
    return {
        name: {
            "columns": [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)],
            "key": inspector.get_pk_constraint(name),
            "checks": sorted(inspector.get_check_constraints(name), key=str),
            "foreign": sorted(inspector.get_foreign_keys(name), key=str),
            "unique": sorted(inspector.get_unique_constraints(name), key=str),
            "indexes": [{**one, "dialect_options": {k: str(v) for k, v in one["dialect_options"].items()}} for one in inspector.get_indexes(name)],
            "strict": is_strict[name],
            "never twice": "AUTOINCREMENT" in words[name],
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }  # fmt: skip


def test_the_tables_made_as_declared_are_those_the_steps_make(sqlite_template):
    memory = sa.create_engine("sqlite://", module=sqlite_module())
    with memory.begin() as connection:
        declared_anew().create_all(connection)
        declared = as_built(connection)
    engines = open_engines(None, sqlite_template.parent)
    with engines.reader.begin() as connection:
        assert as_built(connection) == declared
    memory.dispose()
    engines.dispose()


def test_every_column_declared_reads_and_writes_what_the_one_in_use_does():
    def kinds(metadata):
        return {
            (table.name, column.name): (type(column.type).__name__, getattr(column.type, "kind", None))
            for table in metadata.tables.values()
            for column in table.c
        }

    assert kinds(declared_anew()) == kinds(METADATA)


def test_the_newest_step_is_the_one_of_the_head_file():
    steps = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
    assert steps[-1] == HEAD
    assert [int(step) for step in steps] == list(range(1, len(steps) + 1))


def test_many_may_open_a_new_database_at_once(empty_database):
    with ThreadPoolExecutor(8) as threads:
        for store in list(threads.map(lambda _: empty_database.open(), range(8))):
            store.close()


def test_a_database_of_a_newer_planner_is_refused(empty_database, engines):
    upgrade(engines)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(PlannerError, match=r"newer version of the planner \(step 9999\)"):
        empty_database.open()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("mysql://root@localhost/planner", "PostgreSQL or in an SQLite file"),
        ("sqlite://", "PostgreSQL or in an SQLite file"),
        ("not an address", "not the address of a database"),
        ("postgresql//planner:secret@host/name", "not the address of a database"),
        ("postgresql://planner:secret@host:port/name", "not the address of a database"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", r"The database \S+nobody:\*\*\*@127.0.0.1:1/none cannot be opened \(.+\): check"),
    ],
    ids=["another kind", "memory", "words", "no colon", "no port", "nobody there"],
)
def test_an_address_that_does_not_work_is_refused_in_one_sentence_without_its_password(url, what, tmp_path):
    with pytest.raises(PlannerError, match=what) as refused:
        open_store(url, tmp_path)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "planner.db").write_bytes(b"This is no database. " * 100)
    with pytest.raises(PlannerError, match="file is not a database"):
        open_store(None, tmp_path)


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PlannerError, match="cannot be opened"):
        open_store(None, tmp_path / "file")


def test_the_file_is_its_owners_alone(tmp_path):
    open_store(None, tmp_path / "home").close()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home" / "planner.db").stat().st_mode & 0o777 == 0o600


def test_wal_only_where_it_cannot_corrupt_the_file(tmp_path):
    class Old:
        sqlite_version_info = (3, 51, 2)

    assert journal_mode(Old) == "TRUNCATE"
    module = sqlite_module()
    assert journal_mode(module) == ("WAL" if module.sqlite_version_info >= (3, 51, 3) else "TRUNCATE")
    engines = open_engines(None, tmp_path)
    with engines.writer.begin() as connection:
        for pragma, value in {
            "journal_mode": journal_mode(module).lower(),
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 10_000,
            "trusted_schema": 0,
            "cell_size_check": 1,
            "query_only": 0,
        }.items():
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value, pragma
    with engines.reader.begin() as connection:
        for pragma, value in {"query_only": 1, "busy_timeout": 10_000, "trusted_schema": 0, "cell_size_check": 1}.items():
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value, pragma
    assert [(one.pool.size(), one.pool._max_overflow) for one in (engines.writer, engines.reader)] == [(1, 0), (8, 24)]
    assert engines.writer.pool._timeout == 30
    engines.dispose()


def test_where_no_newer_sqlite_is_at_hand_pythons_own_is_taken(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pysqlite3.dbapi2", None)
        assert sqlite_module() is sqlite3.dbapi2


def test_a_reader_may_look_while_a_writer_writes_and_of_writers_there_is_one(tmp_path):
    engines = open_engines(None, tmp_path)
    upgrade(engines)
    other = open_engines(f"sqlite:///{tmp_path / 'planner.db'}", tmp_path)
    with engines.writer.begin() as writing:
        writing.exec_driver_sql("UPDATE event_chains SET seq = 0")
        with engines.reader.begin() as reading:
            assert reading.exec_driver_sql("SELECT count(*) FROM event_chains").scalar_one() == 1
        with other.writer.connect() as second:
            second.rollback()
            second.connection.dbapi_connection.execute("PRAGMA busy_timeout=1")
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                second.exec_driver_sql("SELECT 1")  # it asks for the file when it begins, not when it writes
    engines.dispose()
    other.dispose()


class Busy:
    """A connection of which the file is held for a while, or for good, or is spoiled."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def execute(self, statement):
        self.asked.append(statement)
        if error := self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]:
            raise sqlite3.OperationalError(error)


def test_the_journal_is_set_once_the_file_is_free_and_not_waited_for_longer_than_for_anything_else(monkeypatch):
    ticks, slept = iter(range(0, 10_000, 4)), []
    monkeypatch.setattr(engine_module, "time", SimpleNamespace(monotonic=lambda: next(ticks), sleep=slept.append))
    free = Busy("database is locked", "database is locked", None)
    engine_module._set_journal(free, "WAL")
    assert free.asked == ["PRAGMA journal_mode=WAL"] * 3
    assert len(slept) == 2
    assert 0 < max(slept) < 1
    with pytest.raises(sqlite3.OperationalError, match="disk"):
        engine_module._set_journal(Busy("disk I/O error"), "WAL")
    held = Busy("database is locked")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        engine_module._set_journal(held, "WAL")
    assert len(held.asked) == 3, "ten seconds by this clock"


def test_a_server_is_told_who_asks_how_long_to_wait_and_its_readers_only_read():
    engines = open_engines("postgresql://user:secret@host.example/name", Path())
    asked = {}

    @sa.event.listens_for(engines.writer, "do_connect")
    def connect(_dialect, _record, _arguments, told):
        asked.update(told)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engines.writer.connect()
    assert {name: asked[name] for name in ("host", "dbname", "user", "password", "connect_timeout", "application_name")} == {
        "host": "host.example", "dbname": "name", "user": "user", "password": "secret", "connect_timeout": 10,
        "application_name": "partnership-planner",
    }  # fmt: skip
    assert asked["options"] == "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
    assert engines.is_postgres
    assert engines.writer.pool is engines.reader.pool
    assert (engines.writer.pool.size(), engines.writer.pool._max_overflow, engines.writer.pool._pre_ping) == (8, 24, True)
    assert engines.reader.get_execution_options() == {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    assert engines.writer.get_execution_options() == {}


def test_a_server_without_the_package_for_it_is_refused_with_what_to_install(monkeypatch):
    def lacking(*_, **__):
        raise ImportError

    monkeypatch.setattr(engine_module.sa, "create_engine", lacking)
    with pytest.raises(PlannerError, match=r"pip install 'partnership-planner\[postgres\]'"):
        open_engines("postgresql://user@host/name", Path())


def test_a_folder_with_an_odd_name_holds_a_database_too(tmp_path):
    home = tmp_path / "100% ours" / "deeper"
    with open_store(None, home) as store:
        assert store.is_ready()
    open_store(f"sqlite:///{home / 'planner.db'}", tmp_path / "elsewhere").close()
    assert not (tmp_path / "elsewhere").exists()


def test_a_text_is_refused_where_a_number_belongs(store):
    with pytest.raises(sa.exc.DBAPIError), store._engines.writer.begin() as connection:
        connection.exec_driver_sql("INSERT INTO users (name, sign_in, created_at) VALUES ('Ann', 'ann', 'yesterday')")


def test_every_table_is_strict(database, store):
    if not database.is_postgres:
        with store._engines.reader.begin() as connection:
            rows = connection.exec_driver_sql("PRAGMA table_list").mappings().all()
        assert {row["name"] for row in rows if row["strict"]} == set(METADATA.tables)


def test_a_reader_cannot_write(store):
    with pytest.raises(sa.exc.DBAPIError, match=r"readonly|read-only"), store.read() as tx:
        tx.partnerships.create(name="Never", by=None)


def test_nothing_of_a_transaction_is_kept_when_it_fails(store):
    def begin_and_break():
        with store.begin() as tx:
            tx.partnerships.create(name="Never", by=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        begin_and_break()
    with store.read() as tx:
        assert tx.partnerships.partnerships() == ()


def test_a_row_cannot_point_into_another_partnership(store):
    by, here = a_user(store), a_partnership(store)
    there = a_partnership(store, "Others")
    with store.begin() as tx:
        run_id = tx.runs.request_run(partnership_id=here, partnership_version=1, policy_version=1, settings={}, by=by)
    with pytest.raises(sa.exc.IntegrityError), store._engines.writer.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO plans (partnership_id, run_id, fence, made_at, status, fingerprint, document) VALUES ({there}, {run_id}, 1, 1, '', '', '')"
        )


def test_words_that_a_database_cannot_hold_do_not_break_it(store):
    for number, words in enumerate(["Nul\0l", "half \ud800 character", "ß 数 🎓", "'; DROP TABLE users; --"]):
        user_id = a_user(store, f"{number}{words}", words)
        with store.read() as tx:
            user = tx.people.user(user_id=user_id)
            assert user == tx.people.user_by_sign_in(sign_in=f"{number}{words}")
            assert user.name == words.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
