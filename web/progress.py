"""Progress of a solve on a terminal: stage, best so far, bound and gap on one line."""

from __future__ import annotations

import time
from typing import TextIO

from optimisation.highs import Progress
from optimisation.worker import Message, Stage

EVERY_SECONDS = 0.2


class TerminalProgress:
    """Writes over one line while a plan is made; call it with each message."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._stage = "starting"
        self._last = 0.0
        self._wide = 0

    def __call__(self, message: Message) -> None:
        """Show a message, at most a few times a second."""
        if isinstance(message, Stage):
            self._stage = message.words
            self._show(f"{self._stage} ...")
        elif isinstance(message, Progress):
            if time.monotonic() - self._last > EVERY_SECONDS:
                self._show(f"{self._stage}: {_words(message)}")
        else:
            self._show("")

    def _show(self, line: str) -> None:
        self._last = time.monotonic()
        self._terminal.write("\r" + line.ljust(self._wide) + ("\r" if not line else ""))
        self._terminal.flush()
        self._wide = len(line)


def _words(progress: Progress) -> str:
    if abs(progress.best) > 1e6:
        return f"no plan yet, bound {max(progress.bound, 0):.2f} points"
    gap = max(progress.best - max(progress.bound, 0), 0)
    return f"best {progress.best:.2f} points, bound {max(progress.bound, 0):.2f}, gap {gap:.2f}"
