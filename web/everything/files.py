"""The files of all that is kept of a partnership: a CSV for each table, and long documents in files of their own."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from planner import __version__
from planner.export.csv_file import csv_bytes
from planner.export.partnership_workbook import write_partnership_workbook
from planner.policy import load_policy
from planner.store import Transaction
from planner.store.archive import LEFT_OUT, TAKEN, Kept
from web.bring.files import written
from web.bring.settings_file import settings_file
from web.names import name_of, partnership_name
from web.shelf import policy_of
from web.words import count, moment

File = tuple[str, bytes]
OWN_FILE = frozenset({"document", "file"})
"""Columns too long for a cell: each stands in a file of its own, which its cell names."""
TIMES = frozenset({"at", "since", "lease_until", "best_wanted_at"})


def files_of(tx: Transaction, partnership_id: int) -> Iterator[File]:
    """Name and content of each file, one after another as they are read."""
    rows: dict[str, int] = {}
    people: set[int] = set()
    for kept in tx.archive.tables(partnership_id=partnership_id):
        lines: list[list[str | float]] = []
        for row in kept.rows:
            people |= {row[name] for name in kept.of_people if row[name] is not None}
            lines.append([])
            for column in kept.columns:
                value = _shown(row, column)
                if column in OWN_FILE and value is not None:
                    name, content = _own_file(kept, row, column, value)
                    yield name, content
                    value = name
                lines[-1].append(_cell(column, value))
        rows[kept.name] = len(lines)
        yield f"tables/{kept.name}.csv", csv_bytes([kept.columns, *lines])
    yield "tables/people.csv", csv_bytes([("user_id", "name"), *((number, name_of(tx, number)) for number in sorted(people))])
    figures = tx.partnerships.latest(partnership_id=partnership_id)
    if figures is not None:
        yield "figures.xlsx", written(partial(write_partnership_workbook, figures.partnership()))
    policy = tx.policies.latest(partnership_id=partnership_id)
    if policy is not None:
        yield "settings.toml", settings_file(policy_of(policy), load_policy()).encode()
    yield "README.txt", ("\n".join(_read_me(tx, partnership_id, rows, has_figures=figures is not None)) + "\n").encode()


def _shown(row: dict[str, Any], column: str) -> Any:
    """A value as everybody may read it: what was withdrawn keeps its place without its words, as on the pages."""
    return "" if column == "text" and row.get("withdrawn_at") is not None else row[column]


def _own_file(kept: Kept, row: dict[str, Any], column: str, value: Any) -> File:
    number = row["id"] if "id" in row else row["version"]
    if column == "file":
        return f"documents/{kept.name}-{number}-certificate.json", gzip.decompress(value)
    return f"documents/{kept.name}-{number}.json", (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _cell(column: str, value: Any) -> str | float:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and (column in TIMES or column.endswith("_at")):
        return dt.datetime.fromtimestamp(value / 1000, dt.UTC).isoformat(timespec="milliseconds")
    assert isinstance(value, str | int | float), column
    return value


def _read_me(tx: Transaction, partnership_id: int, rows: dict[str, int], *, has_figures: bool) -> Iterator[str]:
    yield f"{partnership_name(tx, partnership_id)}: all that Partnership Planner {__version__} keeps of it"
    yield f"Taken {moment(tx.now)}. It holds people's names and words, and a school's own figures: keep it as you keep such papers."
    yield ""
    if has_figures:
        yield "figures.xlsx   the newest figures as a workbook that any Partnership Planner can be given"
        yield "settings.toml  the board's settings in force, to be laid over the national figures"
    yield "documents/     every version of the figures and the policy, every plan, roster and answer, as JSON;"
    yield "               planner audit documents/plans-N.json checks plan N again, without this service"
    yield "tables/        a CSV for each kind of thing, as below; a cell that begins with documents/ names a file"
    yield ""
    for name, number in rows.items():
        yield f"  {name + '.csv':<26} {count(number, 'row'):>12}  {TAKEN[name]}"
    yield f"  {'people.csv':<26} {'':>12}  Names of the numbers that stand for people in the other tables"
    yield ""
    yield "Times are UTC. An apostrophe before a text keeps spreadsheets from running it. Schools are named by their URN."
    yield f"The seal of the newest event is {tx.events.head(partnership_id=partnership_id) or 'not there yet'}."
    yield ""
    yield "Not in here: passwords, links and whatever else proves who somebody is; the words of what was withdrawn;"
    yield "votes of a decision that is still open, which nobody sees; and"
    for why in LEFT_OUT.values():
        yield f"  {why}"
