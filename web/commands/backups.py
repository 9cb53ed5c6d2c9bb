"""``planner backup``, ``planner restore`` and ``planner copy``: a checked copy of the whole database, one put back, one moved to PostgreSQL."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from planner.errors import InputMustBeMended, PlannerError
from web.commands.why import Command


def add(commands: Any, command: Command) -> None:
    """Add the commands."""
    backup = command(
        commands, "backup", "copy the database while it is in use, and check the copy", "planner backup --out planner-monday.db"
    )
    backup.add_argument("--out", type=Path, metavar="FILE", help="where to (default: the backups in the data folder)")
    backup.set_defaults(run=_backup)
    restore = command(
        commands,
        "restore",
        "put a backup in the database's place, once the service has ended; in PostgreSQL the schema must be the service's alone",
        "planner restore planner-monday.db",
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.set_defaults(run=_restore)
    copy = command(
        commands,
        "copy",
        "copy the database file, or a backup of it, into an empty PostgreSQL database, and check that both are equal",
        "planner copy\n         planner copy backup.db    (both with PLANNER_DATABASE_URL set to the PostgreSQL database)",
    )
    copy.add_argument("file", type=Path, nargs="?", metavar="FILE", help="what to copy (default: the database in the data folder)")
    copy.set_defaults(run=_copy)


def _backup(options: argparse.Namespace) -> int:
    from planner.store import open_store  # noqa: PLC0415
    from planner.store.engine import DATABASE_FILE  # noqa: PLC0415
    from web.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env()
    if settings.database_url is None and not (settings.home / DATABASE_FILE).exists():
        raise InputMustBeMended(f"There is no database in {settings.home}: set PLANNER_HOME to the data folder of the service.")
    with open_store(settings.database_url, settings.home) as store:
        made = store.back_up(out=options.out)
        with store.begin() as tx:
            tx.events.record(partnership_id=None, by=None, action="backup made", subject=made.path.name, detail={"bytes": made.size_bytes})
    print(f"Written and checked: {made.path} ({made.size_bytes:,} bytes)")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from planner.store import open_store  # noqa: PLC0415
    from planner.store.backup import restore_backup  # noqa: PLC0415
    from planner.store.engine import open_engines  # noqa: PLC0415
    from web.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env()
    engines = open_engines(settings.database_url, settings.home)
    address = engines.writer.url
    engines.dispose()
    _refuse_where_used(settings.database_url, settings.home)
    before = restore_backup(address, options.file)
    with open_store(settings.database_url, settings.home) as store:  # an older backup is brought up to this version
        faults = store.faults()
        if faults:
            raise PlannerError(f"The backup was put back, but the database finds fault with it ({faults[0]}): put back another.")
        with store.begin() as tx:
            tx.events.record(partnership_id=None, by=None, action="backup put back", subject=options.file.name)
    print(f"{options.file} is put back." + (f" What stood there before is kept as {before}." if before else ""))
    return 0


def _copy(options: argparse.Namespace) -> int:
    from planner.store.copying import copy_store  # noqa: PLC0415
    from planner.store.engine import DATABASE_FILE  # noqa: PLC0415
    from web.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env()
    if settings.database_url is None:
        raise InputMustBeMended("Say where to: set PLANNER_DATABASE_URL=postgresql://user:password@host/name to an empty database.")
    if options.file is None and (settings.home / DATABASE_FILE).exists():
        _refuse_where_used(None, settings.home)
    copied = copy_store(options.file or settings.home / DATABASE_FILE, settings.database_url)
    for one in copied:
        print(f"{one.table:<22} {one.rows:>9,} rows  {one.sha256[:16]}")
    print("Copied, and equal in every table. From now on start the service with the same PLANNER_DATABASE_URL; the file stays as it was.")
    return 0


def _refuse_where_used(url: str | None, home: Path) -> None:
    """Refuse while a worker says that it is there: it would go on writing into what is taken away."""
    from planner.store import Store, open_store  # noqa: PLC0415
    from planner.store.engine import open_engines  # noqa: PLC0415

    try:
        store = open_store(url, home)
    except PlannerError:  # a newer version's is looked at as it is; what cannot be read at all is what a backup is for
        store = Store(open_engines(url, home), home)
    with store:
        users = store.users()
    if users:
        raise PlannerError(
            f"A worker uses the database ({users[0]}): end the service with Ctrl-C and its workers, wait a minute where one was ended by force, then try again."
        )
