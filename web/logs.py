"""What the log tells, of the server and of the worker: a line of text or a JSON object each.

An error is told of by its kind and where it happened, never by what it says, which may hold somebody's figures.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from types import TracebackType

from web.settings import Settings

MORE = ("request", "method", "route", "status", "ms", "refused", "user", "run")
"""What a line may say besides its words; a JSON object has each under this name."""
_Info = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainLines(logging.Formatter):
    """A line of text; where an error happened stands under it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatException(self, ei: _Info) -> str:  # noqa: N802 (logging's name)
        """Where it happened and its kind."""
        return "".join((*traceback.format_tb(ei[2]), _kind(ei)))


class JsonLines(logging.Formatter):
    """A JSON object a line, for programs that gather logs."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in MORE if hasattr(record, name)},
        }
        if record.exc_info and record.exc_info[0] is not None:
            told |= {"error": _kind(record.exc_info), "where": traceback.format_tb(record.exc_info[2])}
        return json.dumps(told, ensure_ascii=False)


def _kind(info: _Info) -> str:
    return "" if info[0] is None else info[0].__name__


def set_up_logs(settings: Settings, *, usual: str) -> None:
    """Log to the standard error as the settings say; ``usual`` is the least told where they do not."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.has_json_log else PlainLines())
    logging.basicConfig(level=(settings.log_level or usual).upper(), handlers=[handler], force=True)
