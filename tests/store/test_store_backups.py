"""Backups one by one: where they stand, what makes a copy none, how one is put back, and what PostgreSQL's own programs are told."""

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
import subprocess

import pytest
from sqlalchemy.engine import URL, make_url
from stored import a_partnership, a_user

from planner.errors import InputMustBeMended, PlannerError
from planner.store import backup as backup_module
from planner.store import open_store
from planner.store.backup import FOLDER, backups, make_backup, restore_backup
from planner.store.engine import open_engines, sqlite_module
from planner.store.migrate import HEAD
from planner.store.store import Store

SERVER = make_url("postgresql+psycopg://user:a%20secret@host.example/name")


@pytest.fixture
def place(home, sqlite_template):
    """The address of a database file with one partnership."""
    shutil.copy(sqlite_template, home / "planner.db")
    with open_store(None, home) as store:
        a_partnership(store, "Before")
    return URL.create("sqlite", database=str(home / "planner.db"))


def names(file):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM partnerships ORDER BY id")]


def change(file, statement):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def at(monkeypatch, second):
    """Have the clock on the wall stand at 09:08 and this second."""

    class Wall(dt.datetime):
        @classmethod
        def now(cls, zone=None):
            assert zone is dt.UTC
            return cls(2026, 9, 1, 9, 8, second, tzinfo=zone)

    monkeypatch.setattr(backup_module.dt, "datetime", Wall)


# --- a file ----------------------------------------------------------------------------------


def test_backups_are_named_by_their_moment_and_listed_newest_first(place, home, monkeypatch):
    assert backups(home) == ()
    made = []
    for second in (7, 7, 7, 8):
        at(monkeypatch, second)
        made.append(make_backup(place, home))
    assert [one.path.name for one in made] == [
        "planner-20260901-090807.db", "planner-20260901-090807-2.db", "planner-20260901-090807-3.db", "planner-20260901-090808.db",
    ]  # fmt: skip
    folder = home / FOLDER
    assert {one.path.parent for one in made} == {folder}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert made[0].path.stat().st_mode & 0o777 == 0o600
    assert made[0].size_bytes == made[0].path.stat().st_size > 0
    os.utime(made[0].path, (1000.25, 1000.25))
    for other in ("notes.txt", "planner-20260901-000000.dump"):
        (folder / other).write_bytes(b"12345")
    with open_store(None, home) as store:
        listed = store.backups()
        assert store.backups_folder == folder
        assert store.back_up(out=home / "some" / "where" / "else").path == home / "some" / "where" / "else"
    assert sorted((one.path.name for one in listed), reverse=True) == [one.path.name for one in listed]
    assert [one.path.name for one in listed if one.path.suffix == ".dump"] == ["planner-20260901-000000.dump"]
    assert len(listed) == 5
    assert next(one for one in listed if one.path == made[0].path).made_at == 1_000_250
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == [], "nothing unfinished stays"


def test_a_backup_takes_no_other_files_place_and_leaves_nothing_where_it_cannot_be_made(place, home, tmp_path):
    (tmp_path / "there").write_text("mine")
    with pytest.raises(PlannerError, match="is there already"):
        make_backup(place, home, out=tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(PlannerError, match=r"could not be written \(.+\): check the folder"):
        make_backup(place, home, out=tmp_path / "there" / "deeper")
    (tmp_path / ".again.unfinished").write_text("left by a backup that was ended")
    assert names(make_backup(place, home, out=tmp_path / "again").path) == ["Before"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "there"]


def test_a_copy_that_fails_its_check_is_no_backup(place, home, tmp_path):
    change(home / "planner.db", "PRAGMA foreign_keys=OFF")
    change(home / "planner.db", "INSERT INTO memberships (user_id, role, since) VALUES (99, 'administrator', 1)")
    with open_store(None, home) as store:
        assert store.faults() == ("row 1 of memberships refers to nothing",)
    with pytest.raises(PlannerError, match=r"failed its check \(a row of memberships refers to nothing\)"):
        make_backup(place, home, out=tmp_path / "a")
    with pytest.raises(PlannerError, match="could not be copied"):
        make_backup(URL.create("sqlite", database=str(tmp_path)), home, out=tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_put_back_and_what_stood_there_is_kept_beside_it(place, home, tmp_path, monkeypatch):
    file = make_backup(place, home, out=tmp_path / "kept").path
    engines = open_engines(None, home)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE partnerships SET name = 'After'")
    engines.dispose()
    for left in ("-wal", "-shm", "-journal"):
        if not (home / f"planner.db{left}").exists():
            (home / f"planner.db{left}").touch()
    at(monkeypatch, 7)
    before = restore_backup(place, file)
    assert before == home / "planner-before-restore-20260901-090807.db"
    assert (names(home / "planner.db"), names(before)) == (["Before"], ["After"])
    assert (home / "planner.db").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in home.iterdir()) == [before.name, "planner.db"]
    assert file.exists(), "it can be put back again"
    (home / "planner.db").unlink()
    for left in ("-wal", "-shm", "-journal"):
        (home / f"planner.db{left}").write_bytes(b"of what stood there")
    assert restore_backup(place, file) is None, "nothing stood there"
    assert sorted(path.name for path in home.iterdir()) == [before.name, "planner.db"]
    (home / "planner.db").write_bytes(b"This is no database. " * 100)
    at(monkeypatch, 8)
    assert restore_backup(place, file).read_bytes().startswith(b"This is no database."), "a damaged one is kept as it is"
    assert names(home / "planner.db") == ["Before"]


def test_what_is_no_backup_of_this_version_or_older_is_not_put_back(place, home, tmp_path):
    file = make_backup(place, home, out=tmp_path / "kept").path
    for step, is_refused in ((f"{int(HEAD) + 1:04}", True), (HEAD, False), ("0001", False)):
        change(file, f"UPDATE alembic_version SET version_num = '{step}'")
        with pytest.raises(InputMustBeMended, match="a newer version of the planner made it") if is_refused else contextlib.nullcontext():
            restore_backup(place, file)
    change(file, "DELETE FROM alembic_version")
    with pytest.raises(InputMustBeMended, match="a newer version of the planner made it"):
        restore_backup(place, file)
    change(file, "DROP TABLE alembic_version")
    with pytest.raises(InputMustBeMended, match="no such table"):
        restore_backup(place, file)
    (tmp_path / "words").write_bytes(b"This is no database. " * 100)
    with pytest.raises(InputMustBeMended, match="file is not a database"):
        restore_backup(place, tmp_path / "words")
    for none in (tmp_path / "none", tmp_path):
        with pytest.raises(InputMustBeMended, match="There is no file"):
            restore_backup(place, none)
    assert names(home / "planner.db") == ["Before"]


def test_a_database_in_use_is_not_replaced(place, home, tmp_path, monkeypatch):
    file = make_backup(place, home, out=tmp_path / "kept").path
    quick = sqlite_module()
    connect = quick.connect
    monkeypatch.setattr(quick, "connect", lambda name, **given: connect(name, **{**given, "timeout": 0.01}))
    with contextlib.closing(connect(str(home / "planner.db"), isolation_level=None)) as user:
        user.execute("BEGIN")
        user.execute("SELECT count(*) FROM partnerships").fetchall()
        with pytest.raises(PlannerError, match=r"is in use .+ end the server and its workers"):
            restore_backup(place, file)
        user.execute("ROLLBACK")
    assert names(home / "planner.db") == ["Before"]
    assert not list(home.glob("*before-restore*"))


def test_a_place_that_cannot_be_written_is_told_in_one_sentence(place, home, tmp_path):
    file = make_backup(place, home, out=tmp_path / "kept").path
    with pytest.raises(PlannerError, match=r"could not be put back \(No such file or directory\): check the folder"):
        restore_backup(URL.create("sqlite", database=str(tmp_path / "nowhere" / "planner.db")), file)


# --- a server's own programs -----------------------------------------------------------------


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Programs by PostgreSQL's names that note what they were told; ``fails`` in their folder makes them say that and fail."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        (folder / name).write_text(
            "#!/bin/sh\n"
            f'cd "{folder}" && {{ echo "{name}"; for word in "$@"; do echo "$word"; done; echo "PGPASSWORD=$PGPASSWORD"; echo "PGOPTIONS=$PGOPTIONS"; echo =====; }} >> told\n'
            'for word in "$@"; do case "$word" in --file=*) { cat script 2>/dev/null || echo copied; } > "${word#--file=}";; esac; done\n'
            "echo on the way; echo nothing of note >&2\n"
            "if [ -f fails ]; then cat fails >&2; exit 3; fi\n"
        )  # fmt: skip
        (folder / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1MB")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    return folder


def told(programs):
    return [call.splitlines() for call in (programs / "told").read_text().split("=====\n")[:-1]]


OF_STEP = "COPY public.alembic_version (version_num) FROM stdin;\n"
SEES_ALL = "-c planner.sight=house -c client_min_messages=error"


def test_a_server_is_dumped_by_its_own_program_and_its_password_is_not_among_the_words(programs, home, monkeypatch):
    at(monkeypatch, 7)
    made = make_backup(SERVER, home)
    assert made.path == home / FOLDER / "planner-20260901-090807.dump"
    assert made.path.read_text() == "copied\n"
    unfinished = home / FOLDER / ".planner-20260901-090807.dump.unfinished"
    assert told(programs) == [
        [
            "pg_dump", "--dbname=postgresql://user@host.example/name", "--format=custom", "--no-owner", "--enable-row-security",
            f"--file={unfinished}", "PGPASSWORD=a secret", f"PGOPTIONS=-c work_mem=1MB {SEES_ALL}",
        ],
        ["pg_restore", "--list", str(unfinished), "PGPASSWORD=", "PGOPTIONS=-c work_mem=1MB"],
    ]  # fmt: skip
    assert backups(home) == (made,)


def test_a_server_is_put_back_in_one_transaction(programs, tmp_path, monkeypatch):
    monkeypatch.delenv("PGOPTIONS")
    (tmp_path / "file.dump").touch()
    (programs / "script").write_text(f"{OF_STEP}{HEAD}\n\\.\n")
    assert restore_backup(make_url("postgresql://user@host.example/name"), tmp_path / "file.dump") is None
    read, put = told(programs)
    script = read[4]
    assert script.startswith("--file=")
    assert read == ["pg_restore", "--clean", "--if-exists", "--no-owner", script, str(tmp_path / "file.dump"), "PGPASSWORD=", "PGOPTIONS="]
    assert put[:6] == [
        "psql", "--dbname=postgresql://user@host.example/name", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
    ]  # fmt: skip
    assert put[6].startswith("--command=")
    assert put[-3:] == [script, "PGPASSWORD=", f"PGOPTIONS= {SEES_ALL}"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("CREATE TABLE others (id bigint);\n", "no backup of this service"), (f"{OF_STEP}\\.\n", "no backup of this service"),
        (f"{OF_STEP}{int(HEAD) + 1:04}\n\\.\n", "a newer version of the planner made it"),
    ],
)  # fmt: skip
def test_a_dump_of_something_else_or_newer_is_refused_before_anything_is_dropped(programs, tmp_path, script, why):
    (tmp_path / "file.dump").touch()
    (programs / "script").write_text(script)
    with pytest.raises(InputMustBeMended, match=rf"{why}.*Nothing was changed"):
        restore_backup(SERVER, tmp_path / "file.dump")
    assert [call[0] for call in told(programs)] == ["pg_restore"]


@pytest.mark.parametrize(("fails", "said"), [("first\nno room on the disk\n\n", "no room on the disk"), ("", "nothing of note")])
def test_a_program_that_fails_is_told_in_its_last_words_and_leaves_nothing(programs, home, fails, said):
    (programs / "fails").write_text(fails)
    with pytest.raises(PlannerError, match=rf"^pg_dump failed \({said}\): mend that, then try again\.$"):
        make_backup(SERVER, home)
    assert list((home / FOLDER).iterdir()) == []


def test_a_program_that_says_nothing_and_one_without_an_end_are_told_so(programs, home, monkeypatch):
    asked = {}

    def silent(words, **given):
        asked.update(given)
        return subprocess.CompletedProcess(words, 1, "", "")

    monkeypatch.setattr(backup_module.subprocess, "run", silent)
    with pytest.raises(PlannerError, match=r"pg_dump failed \(it said nothing\)"):
        make_backup(SERVER, home)
    assert asked["timeout"] == 600

    def endless(words, **given):
        raise subprocess.TimeoutExpired(words, given["timeout"])

    monkeypatch.setattr(backup_module.subprocess, "run", endless)
    with pytest.raises(PlannerError, match="pg_dump took longer than 10 minutes and was ended"):
        make_backup(SERVER, home)


def test_without_the_programs_it_says_what_to_install(home, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlannerError, match="pg_dump is not installed here: install the PostgreSQL client programs"):
        make_backup(SERVER, home)


# --- what the store says of itself -----------------------------------------------------------


def test_a_store_says_which_database_it_is_and_whether_it_is_whole_and_ready(store, database):
    said = store.version()
    assert said.startswith("PostgreSQL 1" if database.is_postgres else "SQLite 3.")
    assert said.endswith(f", step {HEAD}")
    assert store.keeps_apart() is (True if database.is_postgres else None)
    assert store.faults() == ()
    assert store.is_ready()
    a_user(store)
    with store._engines.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert not store.is_ready(), "it is of another version"
    with store._engines.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    assert not store.is_ready()


def test_a_store_whose_database_does_not_answer_is_not_ready(home, sqlite_template):
    shutil.copy(sqlite_template, home / "planner.db")
    with open_store(None, home) as store:
        store.close()
        (home / "planner.db").write_bytes(b"This is no database. " * 100)
        assert not store.is_ready()


def test_the_address_of_a_server_is_what_its_programs_take(home):
    engines = open_engines("postgresql+psycopg://user:secret@host.example/name", home)
    assert Store(engines, home).address == "postgresql://user:secret@host.example/name"
