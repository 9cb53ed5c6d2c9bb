"""An SQLite database copied into PostgreSQL: every row to the letter, and numbers that go on where they stood."""

import contextlib
import shutil
import sqlite3

import pytest
import sqlalchemy as sa
from databases import a_database
from stored import PLAN, a_partnership, a_run, a_user

from planner.errors import InputMustBeMended, PlannerError
from planner.store import copying, open_store
from planner.store.copying import AT_ONCE, copy_store
from planner.store.migrate import downgrade
from planner.store.tables import METADATA
from web.command_line import main


@pytest.fixture
def filled(home, sqlite_template):
    """A database file with odd words and numbers, bytes, and a role whose row has gone; and the number of that role."""
    shutil.copy(sqlite_template, home / "planner.db")
    with open_store(None, home) as store:
        by = a_user(store, "ß 数 🎓", "Nul\0l ''\\")
        here = a_partnership(store, "More", by)
        run_id = a_run(store, here, by, gap_points=1e-300)
        with store.begin() as tx:
            tx.uploads.add(
                partnership_id=here, file_name="a.xlsx", content=bytes(range(256)), findings=[], document={"b": 1, "a": 0.1}, by=by
            )
            tx.house.seen(worker="b")
            tx.house.seen(worker="B")
            for _ in range(AT_ONCE + 1):
                tx.provider_sign_ins.begin_visit(browser="x", back="/")
                tx.events.record(partnership_id=here, by=by, action="tried", detail={"é": ["ü", None, True]})
            tx.runs.keep_made_elsewhere(
                partnership_id=here, run_id=run_id, document={**PLAN, "shortfall_points": 0.1 + 0.2, "bound_points": 5}
            )
            member = tx.people.add_membership(user_id=by, partnership_id=here, role="board")
            tx.people.end_membership(partnership_id=here, membership_id=member)
    return home / "planner.db", member


@pytest.mark.chaos("copied")
def test_every_table_is_equal_and_its_numbers_go_on(server, filled, home):
    file, gone = filled
    with a_database(server) as url:
        copied = {one.table: one for one in copy_store(file, url)}
        assert set(copied) == set(METADATA.tables)
        assert (copied["worker_beats"].rows, copied["provider_visits"].rows) == (2, AT_ONCE + 1)
        with open_store(None, home) as old, open_store(url, home) as new:
            with old.read() as was, new.read() as now:
                for asked in (
                    lambda tx: [tx.plans.plans(partnership_id=row.id) for row in tx.partnerships.partnerships()],
                    lambda tx: [tx.partnerships.latest(partnership_id=row.id) for row in tx.partnerships.partnerships()],
                    lambda tx: tx.people.users(),
                    lambda tx: tx.events.verify_chain(partnership_id=1),
                ):
                    assert asked(was) == asked(now)
                assert now.events.verify_chain(partnership_id=1).is_whole
            with new.begin() as tx:
                user_id = tx.people.users()[0].id
                assert tx.people.add_membership(user_id=user_id, partnership_id=1, role="board") == gone + 1
                tx.events.record(partnership_id=None, by=None, action="copied")


def test_a_target_that_holds_anything_is_refused_and_stays(server, filled, home):
    file, _ = filled
    with a_database(server, template=server.template if server else "") as url:
        with open_store(url, home) as store:
            a_partnership(store, "Mine")
        with pytest.raises(InputMustBeMended, match="holds something already"):
            copy_store(file, url)
        with open_store(url, home) as store, store.read() as tx:
            assert [row.name for row in tx.partnerships.partnerships()] == ["Mine"]
            tx.events.verify_chain(partnership_id=None)


@pytest.mark.chaos("copied")
def test_a_row_that_is_not_equal_undoes_the_whole_copy(server, filled, home, monkeypatch):
    file, _ = filled
    real = copying._copy_rows

    def spoil(read, written, table):
        real(read, written, table)
        if table.name == "plans":
            written.execute(sa.text("UPDATE plans SET document = document || ' '"))

    monkeypatch.setattr(copying, "_copy_rows", spoil)
    with a_database(server) as url:
        with pytest.raises(PlannerError, match="copied of plans is not equal"):
            copy_store(file, url)
        monkeypatch.undo()
        assert copy_store(file, url)


def test_what_is_no_database_of_this_version_is_refused_in_one_sentence(server, filled, tmp_path):
    file, _ = filled
    (tmp_path / "words.db").write_bytes(b"This is no database. " * 100)
    with a_database(server, template=server.template if server else "") as url:
        with pytest.raises(InputMustBeMended, match="There is no file"):
            copy_store(tmp_path / "none.db", url)
        with pytest.raises(PlannerError, match="file is not a database"):
            copy_store(tmp_path / "words.db", url)
        with open_store(None, file.parent) as store:
            downgrade(store._engines, to="0012")
        with pytest.raises(InputMustBeMended, match="is of step 0012"):
            copy_store(file, url)


def test_a_copy_goes_into_a_server_and_of_a_whole_file_alone(filled, home, tmp_path):
    file, _ = filled
    with pytest.raises(InputMustBeMended, match="The copy goes into PostgreSQL"):
        copy_store(file, f"sqlite:///{tmp_path / 'other.db'}")
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO memberships (user_id, role, since) VALUES (99, 'administrator', 1)")
        connection.commit()
    with pytest.raises(
        InputMustBeMended, match=r"is not a whole database \(row \d+ of memberships refers to nothing\): copy a backup instead"
    ):
        copy_store(file, "postgresql://user@127.0.0.1:1/name")


def test_the_command_says_what_it_copied(server, filled, home, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(home))
    assert main(["copy"]) == 1
    assert "set PLANNER_DATABASE_URL" in capsys.readouterr().err
    with open_store(None, home) as store, store.begin() as tx:
        for worker in tx.house.workers():
            tx.house.gone(worker=worker.name)
    with a_database(server) as url:
        monkeypatch.setenv("PLANNER_DATABASE_URL", url)
        assert main(["copy"]) == 0
        said = capsys.readouterr().out
    assert "Copied, and equal in every table" in said
    assert "partnership_versions" in said
