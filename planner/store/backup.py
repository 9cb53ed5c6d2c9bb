"""Checked copies of the whole database while it is in use, and one of them put back.

SQLite is copied through its own backup interface, PostgreSQL by ``pg_dump`` where that is installed. Every
copy is checked before it counts: one that cannot be read again, or lacks a row, is no backup.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import URL

from planner.errors import InputMustBeMended, PlannerError
from planner.store.engine import SECRETS, open_engines, options_of, sqlite_module
from planner.store.migrate import HEAD, current
from planner.store.sight import HOUSE, SETTING, seeing_the_house
from planner.store.tables import METADATA

FOLDER = "backups"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is in use, and after a crash."""
ENDINGS = (".db", ".dump")
UNFINISHED = ".planner-*.unfinished*"
"""What is being written, with what SQLite keeps beside it: no other file of ours, and nobody else's, is called so."""
SWEPT_AFTER_SECONDS = 24 * 3600
LONGEST_SECONDS = 600
LOCK_SECONDS = 10
"""How long a restore waits for somebody who still uses a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was checked: its file, its bytes, when it was made (milliseconds since 1970 UTC)."""

    path: Path
    size_bytes: int
    made_at: int


def backups(home: Path) -> tuple[Backup, ...]:
    """The backups in a data folder, newest first."""
    folder = home / FOLDER
    files = [_as_backup(path) for path in folder.iterdir() if path.suffix in ENDINGS] if folder.is_dir() else []
    # An empty one is a name that was taken for a backup which never came.
    return tuple(sorted((one for one in files if one.size_bytes), key=_place_in_time, reverse=True))


def _place_in_time(one: Backup) -> list[str | int]:
    """By the name's figures as numbers: the second of a moment comes after the first, and the tenth after the second."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", one.path.stem)]


def make_backup(address: URL, home: Path, *, out: Path | None = None) -> Backup:
    """Copy the database as it stands now into a new file, readable by its owner only, and check the copy.

    Raises ``PlannerError`` with one sentence; nothing is left behind then, and no other backup is touched.
    """
    is_postgres = address.get_backend_name() == "postgresql"
    path = out or home / FOLDER / f"planner-{_stamp()}{'.dump' if is_postgres else '.db'}"
    if out is not None and out.exists():
        raise PlannerError(_taken(out))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _unfinished_in(path.parent) as unfinished:
            if is_postgres:
                _dump(address, unfinished)
            else:
                _copy(Path(str(address.database)), unfinished)
            kept = _also_named(unfinished, _numbered(path) if out is None else (out,))
    except OSError as error:
        raise PlannerError(
            f"The backup {path} could not be written ({error.strerror}): check the folder and the space on the disk."
        ) from error
    return _as_backup(kept)


def restore_backup(address: URL, file: Path) -> Path | None:
    """Put a backup in the database's place; what stood there before is kept in the file whose path is returned (SQLite).

    On PostgreSQL everything that the service's role owns in the schema goes, and with it what depends on that, such as
    others' views of it: ``_DROP_OURS`` says what exactly. No server and no worker may use the database meanwhile. Raises
    ``InputMustBeMended`` where the file is no backup of this version or older, or the schema holds what is not the
    service's; ``PlannerError`` where it cannot be put back. Killed at any moment, it leaves the old database or the new one.
    """
    try:
        file.open("rb").close()
    except PermissionError as error:
        raise InputMustBeMended(
            f"{file} may not be read by the service: put it into the data folder and give it to the service's user."
        ) from error
    except OSError as error:
        raise InputMustBeMended(f"There is no file {file}: give the path of a backup.") from error
    if address.get_backend_name() == "postgresql":
        try:
            _undump(address, file)
        except OSError as error:
            raise PlannerError(f"The backup could not be put back ({error.strerror}): nothing was changed, try again.") from error
        return None
    fault = _fault(file)
    if fault:
        raise InputMustBeMended(f"{file} is not a backup that can be put back ({fault}): choose another.")
    place = Path(str(address.database))
    try:
        with _unfinished_in(place.parent) as unfinished:
            shutil.copyfile(file, unfinished)
            _flush(unfinished)
            before = _kept_beside(place) if place.exists() else None
            # Before the new file stands there: SQLite would take what waits beside the old one for the new one's, and spoil it.
            for left in BESIDE:
                place.with_name(place.name + left).unlink(missing_ok=True)
            _flush_names(place.parent)
            unfinished.replace(place)
            _flush_names(place.parent)
    except OSError as error:
        raise PlannerError(f"The backup could not be put back ({error.strerror}): check the folder and the space on the disk.") from error
    return before


def _stamp() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")


@contextlib.contextmanager
def _unfinished_in(folder: Path) -> Iterator[Path]:
    """An empty file that only its owner may read, under a name of its own, gone afterwards; what was left by a kill long ago goes first."""
    for left in folder.glob(UNFINISHED):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - SWEPT_AFTER_SECONDS:
                left.unlink()
    handle, name = tempfile.mkstemp(prefix=".planner-", suffix=".unfinished", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for left in folder.glob(f"{Path(name).name}*"):
            with contextlib.suppress(OSError):
                left.unlink()


def _numbered(path: Path) -> Iterator[Path]:
    """The path, then the same with 2, 3 and so on."""
    yield path
    for number in itertools.count(2):
        yield path.with_stem(f"{path.stem}-{number}")


def _also_named(file: Path, names: Iterable[Path]) -> Path:
    """Give a file the first of these names that is free, besides its own; raises ``PlannerError`` where none is."""
    for path in names:
        with contextlib.suppress(FileExistsError):
            _link(file, path)
            return path
    raise PlannerError(_taken(path))


def _taken(path: Path) -> str:
    return f"{path} is there already: choose another name for the backup."


def _link(file: Path, path: Path) -> None:
    """Have a file under another name too, whole or not at all, never in another's place: a copy where the disk has no links."""
    try:
        os.link(file, path)
    except FileExistsError:
        raise
    except OSError:
        with _unfinished_in(path.parent) as copy:
            shutil.copyfile(file, copy)
            _flush(copy)
            path.touch(mode=0o600, exist_ok=False)  # from here on nobody else takes the name
            copy.replace(path)


def _flush(file: Path) -> None:
    """Wait until a file is on the disk."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def _flush_names(folder: Path) -> None:
    """Wait until what the files of a folder are called is on the disk too, where it can be asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _as_backup(path: Path) -> Backup:
    about = path.stat()
    return Backup(path=path, size_bytes=about.st_size, made_at=int(about.st_mtime * 1000))


# --- SQLite --------------------------------------------------------------------------------


def _copy(source: Path, target: Path) -> None:
    module = sqlite_module()
    try:
        with (
            contextlib.closing(module.connect(str(source), timeout=30)) as read,
            contextlib.closing(module.connect(str(target))) as written,
        ):
            read.backup(written)
            written.execute("PRAGMA journal_mode=DELETE")
    except module.Error as error:
        raise PlannerError(f"The database could not be copied ({error}): try again, and check the space on the disk.") from error
    fault = _fault(target)
    if fault:
        raise PlannerError(f"The copy of the database failed its check ({fault}), so no backup was made: look at the health page.")


def _fault(file: Path) -> str:
    """What is wrong with a copy; '' where it is whole and this planner, or an older one, made it."""
    module = sqlite_module()
    try:
        with contextlib.closing(module.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            found += [f"a row of {row[0]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")]
            step = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except module.Error as error:
        return str(error)
    if step is None or step[0] > HEAD:
        found.append("a newer version of the planner made it")
    return found[0] if found else ""


def _kept_beside(place: Path) -> Path:
    """Have the database under another name too, and say which; what waits beside a damaged one is kept with it."""
    is_settled = _settle(place)
    for alias in place.parent.glob(f"{place.stem}-before-restore-*.db") if is_settled else ():
        if alias.samefile(place):  # a restore was killed once it had given it this name: it was never replaced
            alias.unlink()
    before = _also_named(place, _numbered(place.with_name(f"{place.stem}-before-restore-{_stamp()}.db")))
    for left in () if is_settled else BESIDE:
        beside = place.with_name(place.name + left)
        if beside.exists():
            _link(beside, before.with_name(before.name + left))
    return before


def _settle(place: Path) -> bool:
    """Fold what waits beside the database into it, alone; False where it is damaged. Refuses where others use it."""
    module = sqlite_module()
    try:
        with contextlib.closing(module.connect(str(place), timeout=2, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except module.OperationalError as error:
        raise PlannerError(f"The database {place} is in use ({error}): end the server and its workers, then restore again.") from error
    except module.DatabaseError:
        return False  # it is damaged: it is kept as it is, beside the backup that takes its place
    return True


# --- PostgreSQL ----------------------------------------------------------------------------


def _dump(address: URL, target: Path) -> None:
    for tool in ("pg_dump", "pg_restore"):
        _program(tool)
    with _looking(address) as connection:
        schema = _schema_of(connection)
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        moment = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        quoted = schema.replace('"', '""')
        words = ("--format=custom", "--no-owner", "--enable-row-security", f'--schema="{quoted}"', f"--snapshot={moment}")
        _run_tool("pg_dump", address, *words, f"--file={target}")
        names = METADATA.tables.keys() & set(sa.inspect(connection).get_table_names())
        there = {name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one() for name in sorted(names)}
    kept = _rows_of(target)
    if lacking := [name for name, rows in there.items() if kept[name] != rows]:
        name = lacking[0]
        raise PlannerError(
            f"The copy of the database failed its check ({kept[name]:,} of {there[name]:,} rows of {name}), so no backup was made: "
            "look whether something between the service and the database changes what is asked."
        )


def _undump(address: URL, file: Path) -> None:
    for tool in ("pg_restore", "psql"):
        _program(tool)
    step, schema = _step_of(file)
    if step is None or step > HEAD:
        why = "it is no backup of this service" if step is None else "a newer version of the planner made it"
        raise InputMustBeMended(f"{file} cannot be put back ({why}): give a file that planner backup made. Nothing was changed.")
    with _looking(address) as connection:
        here, others = _schema_of(connection), _not_ours(connection, file)
    if here != schema:
        raise InputMustBeMended(
            f"{file} was made of the schema {schema}, and the database's address leads to the schema {here}: "
            f"end the address with ?options=-csearch_path%3D{schema} and make that schema. Nothing was changed."
        )
    if others:
        raise InputMustBeMended(
            f"The schema {here} also holds tables that are not this service's ({', '.join(others[:5])}), and they would be lost: "
            "make an empty database for the service alone and give its address. Nothing was changed."
        )
    _put(address, file, schema)


@contextlib.contextmanager
def _looking(address: URL) -> Iterator[Connection]:
    """The database at one moment, all of it, whoever asks."""
    engines = open_engines(address.render_as_string(hide_password=False), Path())
    try:
        with seeing_the_house(), engines.reader.begin() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        what = str(error.orig).strip().splitlines()[0]
        raise PlannerError(f"The database cannot be read ({what}): check its address, and that its server is there.") from error
    finally:
        engines.dispose()


def _schema_of(connection: Connection) -> str:
    name: str | None = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    if name is None:
        raise InputMustBeMended(
            "The database has no schema that its address leads to: have whoever runs the server make the one that search_path names, "
            "owned by the service's role (CREATE SCHEMA)."
        )
    return name


def _not_ours(connection: Connection, file: Path) -> list[str]:
    """The tables and views that would be dropped and are not the service's, as far as this version knows.

    What is new in a database of a newer version may be that version's; it is certainly not where the backup, of this version
    or an older one, has it too.
    """
    names = [name for name in connection.execute(_OWNED).scalars() if not _is_ours(name)]
    step = current(connection)
    if names and step is not None and step > HEAD:
        listed = _run_tool("pg_restore", None, "--list", str(file))
        names = [name for name in names if re.search(rf"^\d+; \d+ \d+ [A-Z ]+ \S+ {re.escape(name)} \S+$", listed, re.MULTILINE)]
    return names


def _is_ours(table: str) -> bool:
    return table in METADATA.tables or table == "alembic_version" or table.startswith("procrastinate_")


_OWNED = sa.text("""
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT relispartition
        AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
        AND pg_get_userbyid(relowner) = current_user
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    ORDER BY relname
""")


def _step_of(file: Path) -> tuple[str | None, str]:
    """The step of the database that a dump was made of, and its schema; None where it names none."""
    step, schema = None, ""
    with _as_sql(file, "--data-only", "--table=alembic_version") as lines:
        for line in lines:
            if found := _COPY.match(line):
                schema = _unquoted(found["schema"])
                step = next(lines, b"").decode("utf-8", "replace").strip()
    return (None if step == "\\." else step), schema


def _rows_of(file: Path) -> Counter[str]:
    """How many rows of each table a dump has; reads all of it."""
    rows: Counter[str] = Counter()
    table = None
    with _as_sql(file, "--data-only") as lines:
        for line in lines:
            if table is None:
                table = _unquoted(found["table"]) if (found := _COPY.match(line)) else None
            elif line == b"\\.\n":
                table = None
            else:
                rows[table] += 1
    return rows


_COPY = re.compile(rb'COPY (?P<schema>"(?:[^"]|"")+"|[^". ]+)\.(?P<table>"(?:[^"]|"")+"|[^". ]+) .*FROM stdin;$')


def _unquoted(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _put(address: URL, file: Path, schema: str) -> None:
    """Drop what is ours and bring in what the dump has, in one transaction; nothing of it is written anywhere else."""
    where, environment = _told(address)
    words = (_program("psql"), where, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-")
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said) as psql,  # noqa: S603 (as below)
        _ended_in_time("psql", psql),
    ):
        assert psql.stdin is not None
        try:
            with _as_sql(file, f"--schema={schema}") as lines:
                psql.stdin.write(f"BEGIN;\nSET LOCAL lock_timeout = '{LOCK_SECONDS}s';\n{_DROP_OURS};\n".encode())
                is_before = True
                for line in lines:
                    is_before = is_before and not line.startswith((b"CREATE ", b"COPY "))
                    if not (is_before and line == _OF_LATER_SERVERS):
                        psql.stdin.write(line)
            # Only now: where pg_restore fails, or we are killed, the transaction ends without it and leaves all as it was.
            psql.stdin.write(b"COMMIT;\n")
            psql.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and said why
        except BaseException:
            psql.kill()
            raise
        finally:
            with contextlib.suppress(OSError):
                psql.stdin.close()
        _check_ended("psql", psql.wait(), said)


_OF_LATER_SERVERS = b"SET transaction_timeout = 0;\n"
"""What pg_restore 17 and later say first, and servers before 17 do not understand. It is nought anyway."""

_DROP_OURS = """
    DO $$ DECLARE one text; here oid := (SELECT oid FROM pg_namespace WHERE nspname = current_schema()); names text[]; BEGIN
        WITH ours AS (
            SELECT 1 AS turn, 'pg_class'::regclass AS kind, oid, relowner AS owner,
                CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS word,
                oid::regclass::text AS name
            FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = here
            UNION ALL
            SELECT 2, 'pg_class'::regclass, oid, relowner, 'SEQUENCE', oid::regclass::text
            FROM pg_class WHERE relkind = 'S' AND relnamespace = here
            UNION ALL
            SELECT 3, 'pg_proc'::regclass, oid, proowner, 'ROUTINE', oid::regprocedure::text
            FROM pg_proc WHERE pronamespace = here
            UNION ALL
            SELECT 4, 'pg_type'::regclass, pg_type.oid, typowner, 'TYPE', pg_type.oid::regtype::text
            FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
            WHERE (typtype IN ('d', 'e', 'r') OR relkind = 'c') AND typnamespace = here
        )
        SELECT array_agg(format('DROP %s IF EXISTS %s CASCADE', word, name) ORDER BY turn, name) INTO names FROM ours
        WHERE pg_get_userbyid(owner) = current_user
            AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = kind AND objid = ours.oid AND deptype = 'e');
        FOREACH one IN ARRAY coalesce(names, '{}') LOOP EXECUTE one; END LOOP;
    END $$
"""
"""What a newer version, or a worker told by tickets, made beside what the backup knows would stop it, or stay behind.

In the schema that the address leads to: every table (partitioned and foreign ones too), view, materialized view, sequence,
routine, and every domain, enum, range and composite type that our role owns, but for what an extension brought; and whatever
depends on these, be it others'. Collations, operators and the like stay: no version makes any.
"""


@contextlib.contextmanager
def _as_sql(file: Path, *arguments: str) -> Iterator[IO[bytes]]:
    """The lines of a dump as SQL, to be read to their end; raises there where they were not all."""
    words = (_program("pg_restore"), "--no-owner", "--file=-", *arguments, str(file))
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=said) as process,  # noqa: S603 (as below)
    ):
        assert process.stdout is not None
        with _ended_in_time("pg_restore", process):
            try:
                yield process.stdout
            except BaseException:
                process.kill()
                raise
            code = process.wait()
        _check_ended("pg_restore", code, said)


@contextlib.contextmanager
def _ended_in_time(tool: str, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a program that takes too long, and say so then, whatever came of it."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    clock = threading.Timer(LONGEST_SECONDS, end)
    clock.start()
    try:
        yield
    except Exception as error:
        if is_late.is_set():
            raise _took_too_long(tool) from error
        raise
    finally:
        clock.cancel()
    if is_late.is_set():
        raise _took_too_long(tool)


def _program(tool: str) -> str:
    program = shutil.which(tool)
    if program is None:
        raise PlannerError(
            f"The database is a PostgreSQL server and {tool} is not installed here: install the PostgreSQL client programs, "
            "or have whoever runs the database server back it up."
        )
    return program


def _told(address: URL) -> tuple[str, dict[str, str]]:
    """What a program is told of the database: in a word, which other users of this computer see, and by the environment, which they do not."""
    if untold := [name for name in SECRETS if name != "password" and name in address.query]:
        raise PlannerError(
            f"The database's address has {untold[0]}, which PostgreSQL's programs can only be told where others on this computer see it: "
            "use a key that needs none and that only the service may read."
        )
    password = address.query.get("password") or address.password
    bare = address._replace(drivername="postgresql", password=None).difference_update_query(("password", "options"))
    # Row-level security hides every row from whoever does not say this, the tables' owner too.
    options = f"{options_of(address)} -c {SETTING}={HOUSE} -c client_min_messages=error"
    return f"--dbname={bare.render_as_string()}", {
        **os.environ, "PGOPTIONS": options.strip(), **({"PGPASSWORD": str(password)} if password else {}),
    }  # fmt: skip


def _run_tool(tool: str, address: URL | None, *arguments: str) -> str:
    """Run it to its end; returns what it printed."""
    where: tuple[str, ...] = ()
    environment = None
    if address is not None:
        word, environment = _told(address)
        where = (word,)
    try:
        done = subprocess.run(  # noqa: S603 (PostgreSQL's own program, with our own words)
            (_program(tool), *where, *arguments), env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _took_too_long(tool) from error
    _check_code(tool, done.returncode, done.stderr)
    return done.stdout


def _took_too_long(tool: str) -> PlannerError:
    return PlannerError(f"{tool} took longer than {LONGEST_SECONDS // 60} minutes and was ended: run it by hand.")


def _check_ended(tool: str, code: int, said: IO[str]) -> None:
    said.seek(0)
    _check_code(tool, code, said.read())


def _check_code(tool: str, code: int, said: str) -> None:
    if not code:
        return
    lines = said.strip().splitlines() or ["it said nothing"]
    if "server version mismatch" in said or "unsupported version" in said:
        raise PlannerError(
            f"{tool} is too old here ({lines[-1]}): install the PostgreSQL client programs of the server's version, or of a later one."
        )
    why = next((line for line in lines if "error:" in line.casefold()), lines[-1])
    raise PlannerError(f"{tool} failed ({why}): mend that, then try again.")
