"""Workbooks as downloads, made in memory: nothing stays on the disk."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Response, send_file

from planner.child import shown_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def written(write: Callable[[Path], None]) -> bytes:
    """What a function writes to a path."""
    with tempfile.TemporaryDirectory(prefix="planner-") as folder:
        path = Path(folder) / "written"
        write(path)
        return path.read_bytes()


def workbook(content: bytes, name: str) -> Response:
    """An Excel workbook to keep."""
    answer: Response = send_file(io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=f"{shown_name(name)}.xlsx")
    return answer
