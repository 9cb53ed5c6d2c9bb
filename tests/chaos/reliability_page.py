"""The table of docs/reliability.md, from the tests as they ended."""

import datetime as dt
from dataclasses import dataclass

from counts import COUNTS

BEGIN, END = "<!-- the table: written by make chaos -->", "<!-- end of the table -->"
RESULTS = {"passed": "kept", "failed": "**broken**", "skipped": "not tried here"}


@dataclass(frozen=True)
class Row:
    """One test as it ended."""

    name: str
    on: str
    outcome: str
    seconds: float
    measured: str


def lines_of(rows):
    """The table in Markdown, in the order of the counts."""
    order = list(COUNTS)
    yield "| what was done | on | times | promises | measured | seconds |"
    yield "|---|---|---:|---|---|---:|"
    for row in sorted(rows, key=lambda row: (order.index(row.name), row.on)):
        count = COUNTS[row.name]
        yield f"| {count.what} | {row.on} | {count.times} | {RESULTS[row.outcome]} | {row.measured} | {row.seconds:.0f} |"


def write_table(page, rows):
    """Put the table between its two marks; what stands around it stays."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    day = dt.datetime.now(dt.UTC).strftime("%-d %B %Y")
    table = "\n".join(["", f"Written by `make chaos` on {day}.", "", *lines_of(rows), ""])
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
