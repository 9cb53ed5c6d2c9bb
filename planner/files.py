"""Files are written whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from planner.errors import InputMustBeMended, PlannerError


def check_places(*files: Path | None, inputs: Sequence[Path | None] = (), folder: Path | None = None) -> None:
    """Refuse, before anything is worked out, places to write in that cannot be, or that would replace an input or each other.

    ``files`` and ``folder`` are what will be written, None for what was not asked for. Raises ``InputMustBeMended`` with one sentence.
    """
    taken = {path.resolve() for path in inputs if path is not None}
    for out in (*files, folder):
        if out is None:
            continue
        place = out.resolve()
        if out is folder and out.exists() and not out.is_dir():
            raise InputMustBeMended(f"{out} is a file, not a folder: choose another name.")
        if out is not folder and out.is_dir():
            raise InputMustBeMended(f"{out} is a folder: add a name for the file, or choose another name.")
        if not place.parent.is_dir():
            raise InputMustBeMended(f"There is no folder {out.parent} to write {out.name} in: make it, or choose another name.")
        if not os.access(place.parent, os.W_OK):
            raise InputMustBeMended(f"You may not write in the folder {out.parent}: choose another place.")
        if place in taken or place.parent in taken:
            raise InputMustBeMended(f"{out} would replace one of the inputs or another output: choose another name.")
        taken.add(place)


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
