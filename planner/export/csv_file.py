"""CSV as spreadsheets open it: UTF-8 with its mark, numbers plain, text never a formula; and many files as one ZIP."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from planner.export.cells import csv_cell

_WHEN = (2000, 1, 1, 0, 0, 0)
"""In a ZIP: the same files make the same bytes."""


def csv_bytes(rows: Iterable[Sequence[str | float]]) -> bytes:
    """The rows as the file of a CSV."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def zip_bytes(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files by name as one ZIP."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(zipfile.ZipInfo(name, _WHEN), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
