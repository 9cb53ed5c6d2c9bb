"""Temporary files of a server, in a folder of the data folder: they hold people's figures, and a server that is killed leaves them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

FOLDER = "server-tmp"
LONGEST = 70
"""Bytes of its path: Python may put a socket there, and the path of a socket has at most 103 everywhere."""
VARIABLE = "TMPDIR"


@contextmanager
def temporary_files_in(home: Path) -> Iterator[None]:
    """Keep the temporary files of this process, and of those that it starts, in the data folder, without what earlier ones left there.

    Whoever serves holds a lock on the folder, which ends with the process however that ends: only who is alone there empties it.
    Where the folder cannot be had or its path is too long, temporary files stay where the system has them.
    """
    folder = home / FOLDER
    handle = None if len(os.fsencode(folder)) > LONGEST else _taken(folder)
    if handle is None:
        yield
        return
    before, told_before = tempfile.tempdir, os.environ.get(VARIABLE)
    tempfile.tempdir = os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        os.environ.pop(VARIABLE)
        if told_before is not None:
            os.environ[VARIABLE] = told_before
        with suppress(OSError):
            _empty_if_alone(handle, folder)  # what was asked last may have been killed
        os.close(handle)


def _taken(folder: Path) -> int | None:
    """The folder, open and locked, for its owner only; None where the system cannot."""
    if sys.platform == "win32":
        return None
    handle = None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)  # what a link leads to is not ours to empty
        os.fchmod(handle, 0o700)
        _empty_if_alone(handle, folder)
        fcntl.flock(handle, fcntl.LOCK_SH)
    except OSError:
        if handle is not None:
            os.close(handle)
        return None
    return handle


def _empty_if_alone(handle: int, folder: Path) -> None:
    """Remove everything in the folder unless another server holds it too."""
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    for left in list(folder.iterdir()):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with suppress(OSError):
                left.unlink()
