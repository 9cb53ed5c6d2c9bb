"""The few fixed words the database holds: roles, states of runs, answers and queries, kinds of answer, what a query's answer decides, who grants a request."""

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


class AnswerKind(StrEnum):
    """What is worked out about a plan once it is made; the last is about one school, and only when somebody asks."""

    CLAIMS = "claims"
    FURTHEST = "furthest"
    CERTIFICATE = "certificate"
    FRONTIER = "frontier"
    VALUES = "values"
    DOSES = "doses"
    WHY = "why"


class AnswerState(StrEnum):
    """Where an answer is. A failed one stays as it is until somebody asks for it again."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


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


class Granter(StrEnum):
    """Who may grant a request; a head for their own school only."""

    BOARD = "board"
    HEAD = "head"
    COUNCIL = "council"
    SERVICE_MANAGER = "service_manager"
