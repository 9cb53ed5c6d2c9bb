"""Work on files that nobody vouches for, in a process of its own that may be lost.

``run_child`` hands a job and its files to a fresh Python process with little memory, little time, no
network and an empty folder; only JSON and bytes come back. Whatever the file does there, the caller
sees an answer or ``InputMustBeMended`` with one sentence.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO

from planner.errors import InputMustBeMended, PlannerError, TooManyAtOnce
from planner.processes import die_with_parent

if sys.platform != "win32":
    import resource

Json = dict[str, Any]
Work = Callable[[Json], tuple[Json, bytes]]
"""A job: takes its order, finds its files in the current folder, answers with JSON and bytes."""

_ROOT = str(Path(__file__).parents[1])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from planner.child import main; main()"
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")
AT_ONCE = 2
"""Jobs of a process: a server's memory is not the uploaders' to fill."""
_turns = threading.BoundedSemaphore(AT_ONCE)
WAITS_SECONDS = 2.0
"""For others to end, where a page waits: who waits holds a thread that answers pages. A command has no others to wait for."""
TOO_MANY = "Several files are being read already: try again in a minute."
_REFUSED_EVENTS = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may use: megabytes of memory, seconds, megabytes of any file it writes."""

    memory_megabytes: int
    seconds: float
    written_megabytes: int = 0


def shown_name(file_name: str) -> str:
    """A file name from outside as it may stand in a sentence: no folders, one line, not long."""
    name = " ".join(re.sub(r"[^\w .,()&'+=@~-]", " ", re.split(r"[/\\]", file_name)[-1]).split())
    return name if len(name) <= 80 else f"{name[:60]}...{name[-12:]}"


def run_child(job: str, order: Json, files: Mapping[str, bytes], limits: Limits, *, name: str) -> tuple[Json, bytes]:
    """Do a job (``module:function``) apart; ``name`` is what sentences call its file.

    Raises ``InputMustBeMended`` with one sentence, whatever went wrong; ``TooManyAtOnce`` where others are being done.
    """
    request = {
        "job": job,
        "order": order,
        "memory": limits.memory_megabytes,
        "seconds": limits.seconds,
        "written": limits.written_megabytes,
    }
    if not _turns.acquire(timeout=WAITS_SECONDS):
        raise TooManyAtOnce(TOO_MANY)
    try:
        with tempfile.TemporaryDirectory(prefix="planner-", ignore_cleanup_errors=True) as folder:
            for file_name, content in files.items():
                (Path(folder) / file_name).write_bytes(content)
            said = _ask(request, Path(folder), limits.seconds)
    except subprocess.TimeoutExpired as error:
        raise InputMustBeMended(_too_large(name)) from error
    except OSError as error:
        raise InputMustBeMended(f"{name} could not be read just now: try again in a minute.") from error
    finally:
        _turns.release()
    header, _, content = said.partition(b"\n")
    try:
        answer = json.loads(header)
        outcome, told = answer["outcome"], answer["told"]
    except (ValueError, TypeError, KeyError) as error:
        raise InputMustBeMended(_too_large(name)) from error
    if outcome == "answer" and isinstance(told, dict):
        return told, content
    raise InputMustBeMended(str(told) if outcome == "refused" else _too_large(name) if outcome == "memory" else _damaged(name))


def _ask(request: Json, folder: Path, seconds: float) -> bytes:
    """Everything the child says; nothing where it was killed."""
    kept = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    # Every thread of the linear algebra library would take memory of its own.
    environment = kept | {"TMPDIR": str(folder), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-I", "-B", "-c", _START, _ROOT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, env=environment,
    )  # fmt: skip
    with process:
        try:
            return process.communicate(json.dumps(request).encode("ascii"), timeout=seconds)[0]
        finally:
            process.kill()


def _too_large(name: str) -> str:
    return f"{name} takes too much time or memory to read: keep only what the planner needs in it."


def _damaged(name: str) -> str:
    return f"{name} is damaged or is not what the planner reads: open it in the program it came from, save it again and give that."


# --- in the child --------------------------------------------------------------------------


def main() -> None:
    """The child's whole life: one request in, one answer out."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    die_with_parent()
    request = json.load(sys.stdin.buffer)
    _limit(request["memory"], request["seconds"], request["written"])
    content = b""
    try:
        module, _, function = request["job"].partition(":")
        work: Work = getattr(importlib.import_module(module), function)
        sys.addaudithook(_refuse)
        told, content = work(request["order"])
        outcome: tuple[str, Json | str] = ("answer", told)
    except PlannerError as error:
        outcome = ("refused", str(error))
    except MemoryError:
        outcome = ("memory", "")
    except Exception:  # noqa: BLE001 (a hostile file can break a library anywhere; the parent has a sentence for it)
        outcome = ("damaged", "")
    _answer(answers, outcome, content)


def _answer(answers: BinaryIO, outcome: tuple[str, Json | str], content: bytes) -> None:
    header = json.dumps({"outcome": outcome[0], "told": outcome[1]}).encode("ascii")
    answers.write(header + b"\n")
    answers.write(content)
    answers.flush()


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    """No job has business on the network or with other programs."""
    if event.startswith(_REFUSED_EVENTS):
        raise PermissionError(event)


def _limit(memory_megabytes: int, seconds: float, written_megabytes: int) -> None:
    """Where the system can, hold the process to its memory, processor time and size of files."""
    if sys.platform == "linux":
        for what, most in (
            (resource.RLIMIT_AS, memory_megabytes << 20),
            (resource.RLIMIT_CPU, ceil(seconds)),
            (resource.RLIMIT_FSIZE, written_megabytes << 20),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))
