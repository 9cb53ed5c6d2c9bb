"""The few fixed words the database holds: roles, the states of a run and of a query, what a query's answer decides."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person is in a partnership; one person may hold several (``product.md``)."""

    HEAD = "head"
    BOARD = "board"
    CHAIR = "chair"
    SERVICE_MANAGER = "service_manager"
    COMMISSIONER = "commissioner"
    ADMINISTRATOR = "administrator"


class RunState(StrEnum):
    """Where a run is. The last three are endings: nothing leaves them."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class QueryState(StrEnum):
    """Where a school's query about a line of its figures is."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Decision(StrEnum):
    """What the answer to a school's query decides about the figure."""

    RIGHT = "right"
    CORRECTED = "corrected"
    BOARD = "board"
