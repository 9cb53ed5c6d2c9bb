"""Checked copies of the whole database while it is in use, and one of them put back.

SQLite is copied through its own backup interface, PostgreSQL by ``pg_dump`` where that is installed. Every
copy is checked before it counts: one that cannot be read again is no backup.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from planner.errors import InputMustBeMended, PlannerError
from planner.store.engine import sqlite_module
from planner.store.migrate import HEAD
from planner.store.sight import HOUSE, SETTING

FOLDER = "backups"
ENDINGS = (".db", ".dump")
LONGEST_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was checked: its file, its bytes, when it was made (milliseconds since 1970 UTC)."""

    path: Path
    size_bytes: int
    made_at: int


def backups(home: Path) -> tuple[Backup, ...]:
    """The backups in a data folder, newest first."""
    folder = home / FOLDER
    files = [path for path in folder.iterdir() if path.suffix in ENDINGS] if folder.is_dir() else []
    return tuple(_as_backup(path) for path in sorted(files, key=lambda path: path.name, reverse=True))


def make_backup(address: URL, home: Path, *, out: Path | None = None) -> Backup:
    """Copy the database as it stands now into a new file, readable by its owner only, and check the copy.

    Raises ``PlannerError`` with one sentence; nothing is left behind then.
    """
    is_postgres = address.get_backend_name() == "postgresql"
    path = out or _new_path(home, ".dump" if is_postgres else ".db")
    if path.exists():
        raise PlannerError(f"{path} is there already: choose another name for the backup.")
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        if is_postgres:
            _dump(address, unfinished)
        else:
            _copy(Path(str(address.database)), unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise PlannerError(
            f"The backup {path} could not be written ({error.strerror}): check the folder and the space on the disk."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return _as_backup(path)


def restore_backup(address: URL, file: Path) -> Path | None:
    """Put a backup in the database's place; what stood there before is kept in the file whose path is returned (SQLite).

    No server and no worker may use the database meanwhile. Raises ``InputMustBeMended`` where the file is no
    backup of this version or older, ``PlannerError`` where it cannot be put back.
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
        _undump(address, file)
        return None
    fault = _fault(file)
    if fault:
        raise InputMustBeMended(f"{file} is not a backup that can be put back ({fault}): choose another.")
    place = Path(str(address.database))
    unfinished = place.with_name(f".{place.name}.restoring")
    try:
        shutil.copyfile(file, unfinished)
        unfinished.chmod(0o600)
        before = None
        if place.exists():
            _settle(place)
            before = place.with_name(f"{place.stem}-before-restore-{_stamp()}.db")
            place.replace(before)
        for left in ("-wal", "-shm", "-journal"):
            place.with_name(place.name + left).unlink(missing_ok=True)
        unfinished.replace(place)
    except OSError as error:
        raise PlannerError(f"The backup could not be put back ({error.strerror}): check the folder and the space on the disk.") from error
    return before


def _stamp() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")


def _new_path(home: Path, ending: str) -> Path:
    name = f"planner-{_stamp()}"
    taken = list((home / FOLDER).glob(f"{name}*{ending}"))
    return home / FOLDER / (f"{name}-{len(taken) + 1}{ending}" if taken else f"{name}{ending}")


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


def _settle(place: Path) -> None:
    """Fold what waits beside the database into it, alone; refuses where others use it."""
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
        return  # it is damaged: it is kept as it is, beside the backup that takes its place


# --- PostgreSQL ----------------------------------------------------------------------------


def _dump(address: URL, target: Path) -> None:
    _run_tool("pg_dump", address, "--format=custom", "--no-owner", "--enable-row-security", f"--file={target}")
    _run_tool("pg_restore", None, "--list", str(target))


def _undump(address: URL, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run_tool("pg_restore", None, "--clean", "--if-exists", "--no-owner", f"--file={script}", str(file))
        step = _step_of(script)
        if step is None or step > HEAD:
            why = "it is no backup of this service" if step is None else "a newer version of the planner made it"
            raise InputMustBeMended(f"{file} cannot be put back ({why}): give a file that planner backup made. Nothing was changed.")
        _run_tool(
            "psql",
            address,
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--command={_DROP_OURS}",
            f"--file={script}",
        )


def _step_of(script: Path) -> str | None:
    """The step of the database that a dump, as SQL, was made of; None where it names none."""
    with script.open("rb") as lines:
        for line in lines:
            if re.match(rb"COPY (\w+\.)?alembic_version \(version_num\) FROM stdin;", line):
                return step if (step := next(lines, b"").decode("utf-8", "replace").strip()) != "\\." else None
    return None


_DROP_OURS = """
    DO $$ DECLARE one text; BEGIN
        FOR one IN SELECT oid::regclass FROM pg_class
            WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relowner = current_user::regrole
        LOOP EXECUTE 'DROP TABLE IF EXISTS ' || one || ' CASCADE'; END LOOP;
        FOR one IN SELECT oid::regprocedure FROM pg_proc
            WHERE pronamespace = current_schema()::regnamespace AND proowner = current_user::regrole
        LOOP EXECUTE 'DROP ROUTINE IF EXISTS ' || one || ' CASCADE'; END LOOP;
        FOR one IN SELECT pg_type.oid::regtype FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
            WHERE (typtype IN ('d', 'e') OR relkind = 'c') AND typnamespace = current_schema()::regnamespace AND typowner = current_user::regrole
        LOOP EXECUTE 'DROP TYPE IF EXISTS ' || one || ' CASCADE'; END LOOP;
    END $$
"""
"""What a newer version, or a worker told by tickets, made beside what the backup knows would stop it, or stay behind."""


def _run_tool(tool: str, address: URL | None, *arguments: str) -> None:
    program = shutil.which(tool)
    if program is None:
        raise PlannerError(
            f"The database is a PostgreSQL server and {tool} is not installed here: install the PostgreSQL client programs, "
            "or have whoever runs the database server back it up."
        )
    where: tuple[str, ...] = ()
    secret: dict[str, str] = {}
    if address is not None:
        # The other users of this computer see the words of a command, so the password is not among them.
        bare = address._replace(drivername="postgresql", password=None)
        where = (f"--dbname={bare.render_as_string()}",)
        secret = {"PGPASSWORD": str(address.password)} if address.password else {}
        # Row-level security hides every row from whoever does not say this, the tables' owner too.
        secret["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} -c {SETTING}={HOUSE} -c client_min_messages=error"
    try:
        done = subprocess.run(  # noqa: S603 (PostgreSQL's own program, with our own words)
            (program, *where, *arguments),
            env={**os.environ, **secret},
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PlannerError(f"{tool} took longer than {LONGEST_SECONDS // 60} minutes and was ended: run it by hand.") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        said = next((line for line in lines if "error:" in line.casefold()), lines[-1])
        raise PlannerError(f"{tool} failed ({said}): mend that, then try again.")
