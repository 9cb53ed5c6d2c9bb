"""``planner check-log``: whether the log of who did what is whole, and still holds the heads that were noted down before."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import AuditRefused, InputMustBeMended
from planner.words import count, upper_first
from web.commands.why import Command

if TYPE_CHECKING:
    from planner.store import Transaction
    from planner.store.events import ChainCheck

HEAD = re.compile(r"\bchain (\d{1,18}) entry (\d{1,18}) sha256 ([0-9a-f]{64})\b")
"""How a head is printed, and found again among whatever else stands in a file."""
EXAMPLE = """planner check-log
         planner check-log > heads-monday.txt
         planner check-log --heads heads-monday.txt"""


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "check-log", "check that nobody edited, removed or moved an entry of the log", EXAMPLE)
    parser.add_argument(
        "--heads",
        type=Path,
        metavar="FILE",
        help="what this command printed before and was kept elsewhere: each head must still be in the log",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from planner.store import open_store  # noqa: PLC0415
    from planner.store.engine import DATABASE_FILE  # noqa: PLC0415
    from web.settings import Settings  # noqa: PLC0415

    heads = [] if options.heads is None else _heads(options.heads)
    settings = Settings.from_env()
    if settings.database_url is None and not (settings.home / DATABASE_FILE).exists():
        raise InputMustBeMended(f"There is no database in {settings.home}: set PLANNER_HOME to the data folder of the service.")
    with open_store(settings.database_url, settings.home) as store, store.read() as tx:
        checks = tx.events.verify()
        missing = _missing(tx, heads)
    for chain, check in checks.items():
        print(_line(chain, check))
    broken = [f"{_whose(chain)} cannot be trusted from entry {check.broken_at} on" for chain, check in checks.items() if not check.is_whole]
    if broken or missing:
        raise AuditRefused(
            f"The log was changed by other means than the planner: {'; '.join([*broken, *missing])}. "
            "Keep the database as it is for whoever looks into it, and compare it with a backup."
        )
    print("The log is whole." + (f" It still holds {count(len(heads), 'head')} noted down before." if heads else ""))
    return 0


def _line(chain: int, check: ChainCheck) -> str:
    state = f"{upper_first(_whose(chain))}: {count(check.events, 'entry', 'entries')}, " + ("whole" if check.is_whole else "then broken")
    return f"{state}. chain {chain} entry {check.events} sha256 {check.head_sha256}" if check.events else f"{state}."


def _heads(file: Path) -> list[tuple[int, int, str]]:
    """Chain, entry and SHA-256 of every head in a file. Raises ``InputMustBeMended`` where there is none."""
    try:
        found = HEAD.findall(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputMustBeMended(f"{file} cannot be read: give a file that planner check-log wrote.") from error
    if not found:
        raise InputMustBeMended(f"{file} holds no head of the log: give a file that planner check-log wrote.")
    return [(int(chain), int(entry), sha256) for chain, entry, sha256 in found]


def _missing(tx: Transaction, heads: list[tuple[int, int, str]]) -> list[str]:
    return [
        f"{_whose(chain)} no longer holds entry {entry} as it was noted down"
        for chain, entry, sha256 in heads
        if not tx.events.holds(chain=chain, seq=entry, sha256=sha256)
    ]


def _whose(chain: int) -> str:
    return f"the log of partnership {chain}" if chain else "the log of the service"
