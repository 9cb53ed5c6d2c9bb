"""CSV as spreadsheets open it: UTF-8 with its mark, numbers plain, text never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from planner.export.cells import csv_cell


def csv_bytes(rows: Iterable[Sequence[str | float]]) -> bytes:
    """The rows as the file of a CSV."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")
