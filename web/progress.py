"""Progress of a solve on a terminal: stage, best so far, bound and gap on one line."""

from __future__ import annotations

import time
from typing import TextIO

from optimisation.messages import Better, Message, Stage
from optimisation.progress import Progress
from planner.words import least_points, most_points, points_apart

EVERY_SECONDS = 0.2
NO_PLAN_YET = 1e6
_SECOND_LEVEL = "total need"


class TerminalProgress:
    """Writes over one line while a plan is made; call it with each message."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._stage = "starting"
        self._last = 0.0
        self._wide = 0

    def __call__(self, message: Message) -> None:
        """Show a message, at most a few times a second; the line is blank once the job has ended."""
        if isinstance(message, Stage):
            self._stage = message.words
            self._show(f"{self._stage} ...")
        elif isinstance(message, Progress):
            if time.monotonic() - self._last > EVERY_SECONDS:
                self._show(progress_words(self._stage, message))
        elif not isinstance(message, Better):
            # A better plan says nothing that its progress has not said; all else ends the job.
            self._show("")

    def _show(self, line: str) -> None:
        self._last = time.monotonic()
        self._terminal.write("\r" + line.ljust(self._wide) + ("\r" if not line else ""))
        self._terminal.flush()
        self._wide = len(line)


def progress_words(stage: str, progress: Progress) -> str:
    """How far a stage is, in points. The second level counts need that is *not* met, so that less is better there too."""
    best, bound = progress.best, max(progress.bound, 0)
    if stage.startswith(_SECOND_LEVEL):
        if abs(best) > NO_PLAN_YET:
            return f"total need: at least {least_points(bound)} points unmet"
        return f"total need: {most_points(best)} points unmet at best so far, at least {least_points(bound)}"
    if abs(best) > NO_PLAN_YET:
        return f"{stage}: no plan yet, bound {least_points(bound)} points"
    found, least = most_points(best), least_points(bound)
    return f"{stage}: best {found} points, bound {least}, gap {points_apart(found, least)}"
