"""Files are written whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from planner.errors import PlannerError


def save(path: Path, content: bytes) -> None:
    """Write beside the target, then rename over it: a reader sees the old file or the new one, never half.

    Raises ``PlannerError`` with one sentence when the disk is full or the folder read-only.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        try:
            with partial.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> PlannerError:
    """One sentence for a file that could not be written."""
    return PlannerError(
        f"{path} could not be written ({error.strerror}): check the folder, the space on the disk, and that no other program has it open."
    )
