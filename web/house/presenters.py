"""The words of the pages about running the service."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from dataclasses import dataclass

from flask import url_for

from planner import __version__
from planner.store import Store
from planner.store.backup import Backup
from planner.store.events import ChainCheck
from planner.store.house import Queue
from web.navigation import Step
from web.tables import Fact, TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, moment

PAGES = (("house.health", "Health"), ("house.backups", "Backups"), ("house.packs", "Policy packs"))
LOW_DISK_PERCENT = 10
OLD_BACKUP_DAYS = 7
MOST_SHOWN = 20
DAY_MILLISECONDS = 86_400_000
PACKAGES = ("flask", "sqlalchemy", "pyomo", "highspy", "granian")
WELL, LOOK = "green", "yellow"


def steps(here: str) -> tuple[Step, ...]:
    """The pages about running the service."""
    return tuple(Step(text=text, href=url_for(name), is_here=name == here) for name, text in PAGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """How the service is."""

    sentence: str
    checks: TableView
    versions: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupsView:
    """The backups, and how to put one back."""

    sentence: str
    backups: TableView
    folder: str
    restore: str


def health_view(store: Store) -> HealthView:
    """The database, the worker, the queue, the disk and the newest backup, each with what to do where it is not well."""
    with store.read() as tx:
        now, workers, queue, log = tx.now, tx.house.workers(), tx.house.queue(), tx.events.verify()
    faults = store.faults()
    disk = shutil.disk_usage(store.home)
    free = 100 * disk.free // max(disk.total, 1)
    newest = next(iter(store.backups()), None)
    keeps_apart = store.keeps_apart()
    waits_for_nobody = not workers and queue.runs_waiting
    rows = (
        _check("Database", is_well=not faults, well="Whole", wrong=_first(faults), do="Put the newest backup back; see Backups"),
        *(
            ()
            if keeps_apart is None
            else (
                _check(
                    "Partnerships kept apart", is_well=keeps_apart, well="By the database itself, too",
                    wrong="Only by this program: it signs in to the database as a superuser, whom the database shows everything",
                    do="Have it sign in as a role that owns the database and is no superuser",
                ),
            )
        ),
        _check(
            "Log", is_well=all(check.is_whole for check in log.values()),
            well=f"Whole: {count(sum(check.events for check in log.values()), 'entry', 'entries')}", wrong=_broken(log),
            do="Keep the database as it is for whoever looks into it; planner check-log says which entries",
        ),
        _check(
            "Worker", is_well=bool(workers),
            well=f"{count(len(workers), 'worker')} there, last seen {moment(max((w.seen_at for w in workers), default=now))}",
            wrong="None was seen in the last minute" + (": runs wait for nobody" if waits_for_nobody else ""),
            do="Start the service again, or run planner worker",
        ),
        _check("Queue", is_well=not (queue.runs_failed or queue.answers_failed), well=_queue(queue), wrong=_queue(queue), do="Open the runs of the partnership: each says why it failed"),
        _check(
            "Disk", is_well=free >= LOW_DISK_PERCENT, well=f"{_size(disk.free)} free of {_size(disk.total)} ({free} percent)",
            wrong=f"Only {_size(disk.free)} free of {_size(disk.total)} ({free} percent)", do="Make room, or move old backups to another disk",
        ),
        _check(
            "Backup", is_well=newest is not None and now - newest.made_at < OLD_BACKUP_DAYS * DAY_MILLISECONDS,
            well="" if newest is None else f"Newest: {moment(newest.made_at)}",
            wrong="None was made" if newest is None else f"The newest is of {moment(newest.made_at)}, more than {OLD_BACKUP_DAYS} days ago",
            do="Make one; see Backups",
        ),
    )  # fmt: skip
    wrong = sum(one.cells[1].tag != WELL for one in rows)
    return HealthView(
        sentence="Everything is well." if not wrong else f"{count(wrong, 'thing needs', 'things need')} a look.",
        checks=table("How the service is", words("What", "State", "More", "What to do"), rows, is_caption_hidden=True),
        versions=(
            Fact(label="Partnership Planner", text=__version__),
            Fact(label="Database", text=store.version()),
            Fact(label="Python", text=platform.python_version()),
            *(Fact(label=name, text=importlib.metadata.version(name)) for name in PACKAGES),
            Fact(label="Workers", text="; ".join(f"{w.name}, version {w.version}, since {moment(w.since)}" for w in workers) or "None"),
        ),
    )


def _check(what: str, *, is_well: bool, well: str, wrong: str, do: str) -> TableRow:
    state = TableCell(text="Well", tag=WELL) if is_well else TableCell(text="Look at it", tag=LOOK)
    return row(what, state, well if is_well else wrong, "Nothing" if is_well else do)


def _first(faults: tuple[str, ...]) -> str:
    return "" if not faults else f"{faults[0]}" + (f" and {len(faults) - 1:,} more" if len(faults) > 1 else "")


def _broken(log: dict[int, ChainCheck]) -> str:
    broken = sum(not check.is_whole for check in log.values())
    return f"{count(broken, 'chain of entries was', 'chains of entries were')} changed by other means than the planner"


def _queue(queue: Queue) -> str:
    waits = f"{count(queue.runs_waiting, 'run')} and {count(queue.answers_waiting, 'answer')} waiting, {queue.runs_running + queue.answers_running:,} being worked on"
    since = f", the first run since {moment(queue.first_asked_at)}" if queue.first_asked_at is not None else ""
    failed = queue.runs_failed + queue.answers_failed
    return f"{waits}{since}" + (f"; {failed:,} failed in the last day" if failed else "")


def backups_view(store: Store) -> BackupsView:
    """The last backups."""
    kept = store.backups()
    return BackupsView(
        sentence=f"{count(len(kept), 'backup')} on this computer."
        + (f" The last {MOST_SHOWN} are shown." if len(kept) > MOST_SHOWN else "")
        if kept
        else "No backup has been made yet. The first takes a few seconds.",
        backups=table(
            "Last backups",
            (*words("File", "Made"), *numbers("Size")),
            [_backup(one) for one in kept[:MOST_SHOWN]],
            is_caption_hidden=True,
        ),
        folder=str(store.backups_folder),
        restore=f"planner restore {kept[0].path if kept else store.backups_folder / 'planner-....db'}",
    )


def _backup(one: Backup) -> TableRow:
    return row(one.path.name, moment(one.made_at), TableCell(text=_size(one.size_bytes), value=one.size_bytes))


def _size(number: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return count(number, "byte")
