"""Backups one by one: where they stand, what makes a copy none, how one is put back, and what PostgreSQL's own programs are told."""

import contextlib
import datetime as dt
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from databases import a_database
from sqlalchemy.engine import URL, make_url
from stored import a_partnership, a_user

from planner.errors import InputMustBeMended, PlannerError
from planner.store import backup as backup_module
from planner.store import open_store
from planner.store.backup import FOLDER, backups, make_backup, restore_backup
from planner.store.engine import open_engines, sqlite_module
from planner.store.migrate import HEAD
from planner.store.store import Store
from web.command_line import main


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
    (folder / "planner-20260901-090809.db").touch()  # a name that was taken for a backup which never came
    with open_store(None, home) as store:
        listed = store.backups()
        assert store.backups_folder == folder
        assert store.back_up(out=home / "some" / "where" / "else").path == home / "some" / "where" / "else"
    assert [one.path.name for one in listed] == [*(one.path.name for one in reversed(made)), "planner-20260901-000000.dump"]
    assert next(one for one in listed if one.path == made[0].path).made_at == 1_000_250
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == [], "nothing unfinished stays"


def test_a_backup_takes_no_other_files_place_and_leaves_nothing_where_it_cannot_be_made(place, home, tmp_path):
    (tmp_path / "there").write_text("mine")
    with pytest.raises(PlannerError, match="is there already"):
        make_backup(place, home, out=tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(PlannerError, match=r"could not be written \(.+\): check the folder"):
        make_backup(place, home, out=tmp_path / "there" / "deeper")
    assert names(make_backup(place, home, out=tmp_path / "again").path) == ["Before"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "there"]


def test_what_a_killed_backup_left_is_swept_after_a_day_and_nothing_else(place, home, tmp_path):
    kept = [".planner-abc.unfinished", ".mine.unfinished", "planner-1.db"]
    swept = [".planner-def.unfinished", ".planner-def.unfinished-journal"]
    for name in (*kept, *swept):
        (tmp_path / name).write_text("left")
    for name in (*kept[1:], *swept):
        os.utime(tmp_path / name, (time.time() - 24 * 3600 - 60,) * 2)
    make_backup(place, home, out=tmp_path / "made")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "made"])


def meanwhile(monkeypatch, do):
    """Have this done once, while the next backup is under way."""
    as_ever = backup_module._copy

    def copy(source, target):
        as_ever(source, target)
        monkeypatch.setattr(backup_module, "_copy", as_ever)
        do()

    monkeypatch.setattr(backup_module, "_copy", copy)


def test_two_backups_of_one_second_are_both_kept(place, home, monkeypatch):
    at(monkeypatch, 7)
    made = []
    meanwhile(monkeypatch, lambda: made.append(make_backup(place, home)))
    made.append(make_backup(place, home))
    assert [one.path.name for one in made] == ["planner-20260901-090807.db", "planner-20260901-090807-2.db"]
    assert [names(one.path) for one in made] == [["Before"], ["Before"]]
    assert sorted((home / FOLDER).iterdir()) == sorted(one.path for one in made)


def test_a_name_that_is_taken_while_a_backup_is_made_is_not_taken_from_who_has_it(place, home, tmp_path, monkeypatch):
    meanwhile(monkeypatch, lambda: (tmp_path / "chosen").write_text("mine"))
    with pytest.raises(PlannerError, match="chosen is there already"):
        make_backup(place, home, out=tmp_path / "chosen")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("chosen", "mine")]


def test_where_the_disk_knows_no_links_names_are_kept_apart_too(place, home, monkeypatch):
    monkeypatch.setattr(backup_module.os, "link", refused)
    at(monkeypatch, 7)
    made = [make_backup(place, home).path.name for _ in range(2)]
    assert made == ["planner-20260901-090807.db", "planner-20260901-090807-2.db"]
    assert sorted(path.name for path in (home / FOLDER).iterdir()) == sorted(made)
    change(home / "planner.db", "UPDATE partnerships SET name = 'After'")
    befores = [restore_backup(place, home / FOLDER / made[0]) for _ in range(2)]
    assert [(before.name, names(before)) for before in befores] == [
        ("planner-before-restore-20260901-090807.db", ["After"]), ("planner-before-restore-20260901-090807-2.db", ["Before"]),
    ]  # fmt: skip
    assert names(home / "planner.db") == ["Before"]
    assert not list(home.glob(".*"))


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


def kept_in_wal(place):
    """Have what a database holds last stand in the log beside it only, as after a crash."""
    with contextlib.closing(sqlite_module().connect(place)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("UPDATE partnerships SET name = 'After'")
        writer.commit()
        files = {left: place.with_name(place.name + left).read_bytes() for left in ("", "-wal", "-shm")}
    for left, content in files.items():
        place.with_name(place.name + left).write_bytes(content)
    assert len(files["-wal"]) > 4000


def kept_in_journal(place):
    """Leave a change half done beside the journal that undoes it, as after a crash."""
    change(place, "UPDATE partnerships SET name = 'After'")
    with contextlib.closing(sqlite_module().connect(place, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=TRUNCATE")
        writer.execute("PRAGMA cache_size=1")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE partnerships SET name = 'Never'")
        for number in range(200):
            writer.execute("INSERT INTO users (name, sign_in, created_at) VALUES (?, ?, 1)", ("n" * 500, f"{number}"))
        files = {left: place.with_name(place.name + left).read_bytes() for left in ("", "-journal")}
    for left, content in files.items():
        place.with_name(place.name + left).write_bytes(content)
    assert len(files["-journal"]) > 4000


def damaged(place):
    """Damage a database whose log would spoil another one that it stood beside."""
    kept_in_wal(place)
    place.write_bytes(b"This is no database. " * 1000)


def as_it_was(place):
    change(place, "UPDATE partnerships SET name = 'After'")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process between two steps")
@pytest.mark.parametrize("old", [as_it_was, kept_in_wal, kept_in_journal, damaged])
@pytest.mark.parametrize("has_links", [True, False])
def test_a_restore_killed_at_any_step_leaves_the_old_database_or_the_new_one(place, home, tmp_path, monkeypatch, old, has_links):
    file = make_backup(place, home, out=tmp_path / "kept").path
    old(home / "planner.db")
    if not has_links:
        monkeypatch.setattr(backup_module.os, "link", refused)
    stood = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    found = []
    for step in range(1, 100):
        for path in home.iterdir():
            path.unlink()
        for name, content in stood.items():
            (home / name).write_bytes(content)
        is_done = restored_until(step, place, file)
        left = (home / "planner.db").read_bytes()
        if old is damaged and left == stood["planner.db"]:
            found.append("After")
        else:
            with open_store(None, home) as store, store.read() as tx:
                assert store.faults() == (), step
                found += [row.name for row in tx.partnerships.partnerships()]
            assert old is not damaged or found[-1] == "Before", "what waited beside the old one is in the new one"
        befores = [path for path in home.glob("*before-restore*.db") if path.stat().st_size]
        if old is damaged:
            assert all(before.read_bytes() == stood["planner.db"] for before in befores)
        elif found[-1] == "Before":
            assert [names(before) for before in befores] == [["After"]]
        if is_done:
            break
        restore_backup(place, file)
        assert names(home / "planner.db") == ["Before"]
        kept = home.glob("planner.db" if old is damaged else "*.db")
        assert {path.stat().st_nlink for path in kept} == {1}, "a name that was given in vain is taken back"
    assert len(found) == step > 6
    assert found == sorted(found), "first the old one, then the new one"
    assert (found[0], found[-2], found[-1]) == ("After", "Before", "Before")
    if old is damaged:
        (before,) = befores
        assert before.with_name(before.name + "-wal").read_bytes() == stood["planner.db-wal"]
    assert not list(home.glob(".*")), "nothing unfinished stays"


def refused(*_):
    raise PermissionError(1, "Operation not permitted")


def restored_until(step, place, file):
    """Put a backup back in a process that is killed before it touches a file for the nth time; whether it came to its end."""
    child = os.fork()
    if child == 0:
        touched = itertools.count(1)

        def kill(event, _):
            if event in {"open", "os.link", "os.rename", "os.remove"} and next(touched) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill)
        restore_backup(place, file)
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in {0, -signal.SIGKILL}
    return ended == 0


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
    """PostgreSQL's programs, which note what they were told first. Files in their folder have them fail, or do things wrong."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        if not (real := shutil.which(name)):
            pytest.skip(f"no {name}: install the PostgreSQL client programs")
        (folder / name).write_text(
            "#!/bin/sh\n"
            f'at="{folder}"\n'
            f'told="$(echo "{name}"; for word in "$@"; do echo "$word"; done; echo "PGPASSWORD=$PGPASSWORD"; echo "PGOPTIONS=$PGOPTIONS";'
            ' echo "TMPDIR=$(ls -A "$TMPDIR")"; echo =====)"\n'
            'printf "%s\\n" "$told" >> "$at/told"\n'
            'if [ -f "$at/fails" ]; then cat "$at/fails" >&2; exit 3; fi\n'
            'if [ -f "$at/forgets" ]; then unset PGOPTIONS; fi\n'
            + {
                "pg_dump": "",
                "pg_restore": 'if [ -f "$at/adds" ]; then cat "$at/adds"; fi\n'
                f'case "$*" in *--schema=*) if [ -f "$at/tears" ]; then {real} "$@" | head -c 30000; echo torn off >&2; exit 1; fi;; esac\n',
                "psql": "",
            }[name]
            + f'exec {real} "$@"\n'
        )  # fmt: skip
        (folder / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1MB")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(backup_module.tempfile, "tempdir", None)
    return folder


@pytest.fixture
def served(server):
    """The address of a server's database with one partnership."""
    with a_database(server, template=server and server.template) as url:
        with open_store(url, Path()) as store:
            a_partnership(store, "Before")
        yield make_url(url).set(drivername="postgresql+psycopg")


def told(programs):
    return [call.splitlines() for call in (programs / "told").read_text().split("=====\n")[:-1]]


def text_of(address):
    return address.render_as_string(hide_password=False)


def run(address, *statements):
    engines = open_engines(text_of(address), Path())
    with engines.writer.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engines.dispose()


def names_at(address):
    with open_store(text_of(address), Path()) as store, store.read() as tx:
        return [row.name for row in tx.partnerships.partnerships()]


def left_at(address):
    engines = open_engines(text_of(address), Path())
    with engines.reader.begin() as connection:
        query = "SELECT relname FROM pg_class UNION SELECT proname FROM pg_proc UNION SELECT typname FROM pg_type"
        found = set(connection.exec_driver_sql(query).scalars())
    engines.dispose()
    return found


SEES_ALL = "-c planner.sight=house -c client_min_messages=error"
RENAME = "UPDATE partnerships SET name = 'After'"


@pytest.mark.parametrize("is_in_query", [False, True])
def test_a_server_is_dumped_by_its_own_program_and_its_password_is_not_among_the_words(programs, served, home, monkeypatch, is_in_query):
    password = served.password or "a-secret"
    bare = served._replace(password=None)
    address = bare.update_query_dict({"password": password}) if is_in_query else served.set(password=password)
    at(monkeypatch, 7)
    made = make_backup(address, home)
    assert made.path == home / FOLDER / "planner-20260901-090807.dump"
    dumped, read = told(programs)
    unfinished = Path(dumped[7].removeprefix("--file="))
    assert (unfinished.parent, unfinished.suffix) == (home / FOLDER, ".unfinished")
    where, snapshot = dumped[1], dumped[6]
    assert where == f"--dbname={bare.set(drivername='postgresql').render_as_string()}"
    assert snapshot.startswith("--snapshot=")
    assert dumped == [
        "pg_dump", where, "--format=custom", "--no-owner", "--enable-row-security", '--schema="public"', snapshot, f"--file={unfinished}",
        f"PGPASSWORD={password}", f"PGOPTIONS=-c work_mem=1MB {SEES_ALL}", "TMPDIR=",
    ]  # fmt: skip
    assert read[:5] == ["pg_restore", "--no-owner", "--file=-", "--data-only", str(unfinished)]
    assert backups(home) == (made,)
    run(served, RENAME)
    restore_backup(address, made.path)
    assert names_at(served) == ["Before"]
    put = next(one for one in reversed(told(programs)) if one[0] == "psql")  # it and pg_restore are at work at once
    assert put[:6] == ["psql", where, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    assert put[6] == f"PGPASSWORD={password}"
    assert {call[-1] for call in told(programs)} == {"TMPDIR="}, "nothing plain lies about meanwhile"


def test_a_secret_that_only_the_words_could_tell_is_refused(programs, served, home):
    with pytest.raises(PlannerError, match="has sslpassword, which PostgreSQL's programs can only be told where others"):
        make_backup(served.update_query_dict({"sslpassword": "not-told"}), home)
    assert not (programs / "told").exists()


def test_an_address_with_settings_of_its_own_is_backed_up_whole_from_its_schema(programs, served, home, tmp_path):
    run(served, "CREATE SCHEMA planner", "CREATE TABLE others AS SELECT 1 AS one")
    address = served.update_query_dict({"options": "-csearch_path=planner"})
    with open_store(text_of(address), home) as store:
        a_partnership(store, "In the schema")
    file = make_backup(address, home, out=tmp_path / "kept").path
    run(address, RENAME, "UPDATE public.others SET one = 2")
    restore_backup(address, file)
    assert (names_at(address), names_at(served)) == (["In the schema"], ["Before"])
    run(served, "DO $$ BEGIN ASSERT (SELECT one FROM others) = 2; END $$")  # what another schema holds is neither kept nor put back
    with pytest.raises(InputMustBeMended, match=r"made of the schema planner, and .* the schema public: .*Nothing was changed"):
        restore_backup(served, file)
    with pytest.raises(InputMustBeMended, match="has no schema that its address leads to"):
        restore_backup(served.update_query_dict({"options": "-csearch_path=nowhere"}), file)


def test_a_dump_that_lacks_rows_is_no_backup(programs, served, home):
    (programs / "forgets").touch()
    with pytest.raises(PlannerError, match=r"failed its check \(0 of 1 rows of event_chains\), so no backup was made"):
        make_backup(served, home)
    assert list((home / FOLDER).iterdir()) == []


def test_a_dump_that_cannot_be_read_to_its_end_changes_nothing(programs, served, home):
    file = make_backup(served, home).path
    run(served, RENAME)
    (programs / "tears").touch()
    with pytest.raises(PlannerError, match=r"^pg_restore failed \(torn off\)"):
        restore_backup(served, file)
    assert names_at(served) == ["After"]


def test_what_the_programs_of_a_later_server_say_first_is_passed_over(programs, served, home):
    file = make_backup(served, home).path
    run(served, RENAME)
    (programs / "adds").write_text("SET transaction_timeout = 0;\n")
    restore_backup(served, file)
    (programs / "adds").write_text("SET of_no_server = 0;\n")
    with pytest.raises(PlannerError, match=r"^psql failed \(.*of_no_server"):
        restore_backup(served, file)
    assert names_at(served) == ["Before"]


def test_a_database_that_somebody_holds_is_left_as_it_is_soon(programs, served, home, monkeypatch):
    file = make_backup(served, home).path
    monkeypatch.setattr(backup_module, "LOCK_SECONDS", 1)
    engines = open_engines(text_of(served), home)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql(RENAME)
        with pytest.raises(PlannerError, match=r"^psql failed \(.*lock timeout"):
            restore_backup(served, file)
    engines.dispose()
    assert names_at(served) == ["After"]


def test_what_is_not_the_services_is_never_dropped(programs, served, home, server):
    run(served, "CREATE TABLE earlier (id bigint)")
    file = make_backup(served, home).path
    run(served, RENAME, "CREATE VIEW later AS SELECT 1 AS one")
    refused = r"The schema public also holds tables that are not this service's \({}\).*Nothing was changed"
    with pytest.raises(InputMustBeMended, match=refused.format("earlier, later")):
        restore_backup(served, file)
    run(served, f"UPDATE alembic_version SET version_num = '{int(HEAD) + 1:04}'")  # whose may be what this version does not know?
    with pytest.raises(InputMustBeMended, match=refused.format("earlier")):
        restore_backup(served, file)
    run(served, f"UPDATE alembic_version SET version_num = '{HEAD}'")
    assert names_at(served) == ["After"]
    with a_database(server) as url:
        elsewhere = make_url(url).set(drivername="postgresql+psycopg")
        run(elsewhere, "CREATE TABLE of_another_program (id bigint)")
        with pytest.raises(InputMustBeMended, match=refused.format("of_another_program")):
            restore_backup(elsewhere, file)


def test_whatever_kind_of_thing_a_newer_version_made_goes(programs, served, home):
    file = make_backup(served, home).path
    run(
        served, f"UPDATE alembic_version SET version_num = '{int(HEAD) + 1:04}'",
        'CREATE TABLE "New er" (id bigint GENERATED ALWAYS AS IDENTITY, of bigint) PARTITION BY LIST (of)',
        'CREATE TABLE new_part PARTITION OF "New er" FOR VALUES IN (1)', "CREATE SEQUENCE new_sequence",
        "CREATE VIEW new_view AS SELECT id FROM partnerships", "CREATE MATERIALIZED VIEW new_seen AS SELECT * FROM new_view",
        "CREATE DOMAIN new_domain AS bigint", "CREATE TYPE new_range AS RANGE (subtype = float8)", "CREATE TYPE new_pair AS (one bigint)",
        "CREATE TYPE new_mood AS ENUM ('calm')", "CREATE FUNCTION new_twice(new_mood) RETURNS new_mood LANGUAGE sql AS 'SELECT $1'",
        "CREATE AGGREGATE new_sum(float8) (SFUNC = float8pl, STYPE = float8)", "CREATE PROCEDURE new_do(x bigint) LANGUAGE sql AS 'SELECT 1'",
    )  # fmt: skip
    assert len([name for name in left_at(served) if name.startswith(("new_", "New er"))]) > 10
    restore_backup(served, file)
    assert [name for name in left_at(served) if name.startswith(("new_", "New er"))] == []
    assert names_at(served) == ["Before"]


def test_a_dump_of_something_else_or_newer_is_refused_before_anything_is_dropped(programs, served, home, server):
    run(served, f"UPDATE alembic_version SET version_num = '{int(HEAD) + 1:04}'")
    newer = make_backup(served, home).path
    run(served, "DELETE FROM alembic_version")
    of_none = make_backup(served, home).path
    run(served, f"INSERT INTO alembic_version VALUES ('{HEAD}')", RENAME)
    with a_database(server) as url:
        other = make_backup(make_url(url).set(drivername="postgresql+psycopg"), home).path
    (programs / "told").unlink()
    for file, why in ((newer, "a newer version of the planner made it"), (of_none, "it is no backup"), (other, "it is no backup")):
        with pytest.raises(InputMustBeMended, match=rf"{why}.*Nothing was changed"):
            restore_backup(served, file)
    assert {call[0] for call in told(programs)} == {"pg_restore"}
    assert names_at(served) == ["After"]


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("first\nno room on the disk\n\n", r"pg_dump failed \(no room on the disk\): mend that, then try again\."),
        ("", r"pg_dump failed \(it said nothing\): mend that, then try again\."),
        (
            "pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 17.1; pg_dump version: 15.1\n",
            r"pg_dump is too old here \(pg_dump: detail: server version: 17\.1; pg_dump version: 15\.1\): install the PostgreSQL client",
        ),
    ],
)
def test_a_program_that_fails_is_told_in_its_last_words_and_leaves_nothing(programs, served, home, fails, said):
    (programs / "fails").write_text(fails)
    with pytest.raises(PlannerError, match=f"^{said}"):
        make_backup(served, home)
    assert list((home / FOLDER).iterdir()) == []


def test_a_program_without_an_end_is_ended_and_told_so(programs, served, home, monkeypatch):
    file = make_backup(served, home).path
    run(served, RENAME)
    (programs / "adds").write_text("SELECT pg_sleep(9);\n")
    monkeypatch.setattr(backup_module, "LONGEST_SECONDS", 1.0)
    with pytest.raises(PlannerError, match=r"psql took longer than .* and was ended"):
        restore_backup(served, file)
    assert names_at(served) == ["After"]

    def endless(words, **given):
        raise subprocess.TimeoutExpired(words, given["timeout"])

    monkeypatch.setattr(backup_module.subprocess, "run", endless)
    monkeypatch.setattr(backup_module, "LONGEST_SECONDS", 600)
    with pytest.raises(PlannerError, match="pg_dump took longer than 10 minutes and was ended"):
        make_backup(served, home)


def test_a_program_that_cannot_be_started_is_told_in_one_sentence(programs, served, home):
    file = make_backup(served, home).path
    (programs / "pg_restore").write_text("this is no program")
    with pytest.raises(PlannerError, match=r"could not be put back \(Exec format error\)"):
        restore_backup(served, file)


def test_a_server_that_is_not_there_is_told_in_one_sentence_without_secrets(programs, home):
    nowhere = make_url("postgresql://user:not-told@127.0.0.1:1/name?password=not-told-either")
    with pytest.raises(PlannerError, match="The database cannot be read") as refused:
        make_backup(nowhere, home)
    assert "not-told" not in str(refused.value)
    with pytest.raises(PlannerError, match="cannot be opened") as refused:
        open_store(text_of(nowhere), home)
    assert "not-told" not in str(refused.value)


def test_without_the_programs_it_says_what_to_install(home, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlannerError, match="pg_dump is not installed here: install the PostgreSQL client programs"):
        make_backup(make_url("postgresql+psycopg://user@host.example/name"), home)


# --- somebody still there --------------------------------------------------------------------


def test_a_forgotten_worker_is_noticed_before_a_restore_also_one_of_a_newer_version(database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(database.home))
    monkeypatch.setenv("PLANNER_DATABASE_URL", database.url) if database.url else monkeypatch.delenv("PLANNER_DATABASE_URL", raising=False)
    with database.open() as store:
        a_partnership(store, "Before")
        file = store.back_up(out=tmp_path / "kept").path
        with store.begin() as tx:
            tx.house.seen(worker="machine 7")
        with store._engines.writer.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{int(HEAD) + 1:04}'")
    assert main(["restore", str(file)]) == 3
    assert "A worker uses the database (machine 7)" in capsys.readouterr().err
    engines = open_engines(database.url, database.home)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE worker_beats RENAME COLUMN seen_at TO heard_at")
    if database.is_postgres:  # a file that somebody has open cannot be replaced
        assert main(["restore", str(file)]) == 3
        assert "A worker uses the database (somebody at " in capsys.readouterr().err
    engines.dispose()
    assert main(["restore", str(file)]) == 0
    assert f"{file} is put back." in capsys.readouterr().out
    with database.open() as store, store.read() as tx:
        assert [row.name for row in tx.partnerships.partnerships()] == ["Before"]


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
