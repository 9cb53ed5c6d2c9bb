"""The few fixed words the database holds: roles, states, kinds of answer, what a query's answer decides, who grants a request and what that changes."""

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
    """What is worked out about a plan once it is made; the last two, about one school and after one change, only when somebody asks."""

    CLAIMS = "claims"
    FURTHEST = "furthest"
    CERTIFICATE = "certificate"
    FRONTIER = "frontier"
    VALUES = "values"
    DOSES = "doses"
    WHY = "why"
    REPLAN = "replan"


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


class VoteState(StrEnum):
    """Where a decision of the board is: talked about, voted on, counted."""

    PREPARED = "prepared"
    OPEN = "open"
    CLOSED = "closed"


class SignStep(StrEnum):
    """Whose signature a decision needs, in this order; each trust signs for itself, last."""

    BOARD = "board"
    FINANCE = "finance"
    COUNCIL = "council"
    TRUST = "trust"


class ClaimState(StrEnum):
    """Where a school's claim on a pot is. What was decided stays."""

    LODGED = "lodged"
    GRANTED = "granted"
    PART_GRANTED = "part_granted"
    DECLINED = "declined"


class Granter(StrEnum):
    """Who may grant a request; a head for their own school only."""

    BOARD = "board"
    HEAD = "head"
    COUNCIL = "council"
    SERVICE_MANAGER = "service_manager"


class Changed(StrEnum):
    """What a yes to a request made a new version of."""

    POLICY = "policy"
    FIGURES = "figures"
