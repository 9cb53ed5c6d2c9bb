"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from planner.errors import PlannerError


def save(path: Path, content: bytes) -> None:
    """Write a file beside its place and then move it there, so that a fault loses nothing.

    Raises ``PlannerError`` with one sentence when the disk is full or the folder read-only.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        path.chmod(0o644)
    except OSError as error:
        raise PlannerError(f"{path} cannot be written: {error.strerror}. Make room or choose another place; nothing was lost.") from error
