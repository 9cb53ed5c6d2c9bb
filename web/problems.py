"""What a program is told when something cannot be done: RFC 9457 problem details, with one plain sentence."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from planner.documents import Json

PROBLEM_TYPE = "application/problem+json"
SENTENCES = {
    400: "The request could not be understood: send it as the description of the API says.",
    401: "Send a token that counts in the header Authorization, as “Bearer planner_...”; you make one under your account.",
    403: "Your role does not include it; if it should, ask your partnership's administrator.",
    404: "There is nothing here: the address may be mistyped, or it belongs to a partnership that is not yours.",
    405: "This address cannot be used in that way; the header Allow says in which ways it can.",
    408: "The connection was too slow or broke off, and nothing was saved: send it again.",
    413: "The body is too large, and nothing was saved: send less than 100 KB.",
    415: "Nothing was saved: send the body as JSON, with the header Content-Type: application/json.",
    429: "There were too many tries with tokens that do not count: wait as long as the header Retry-After says, then try again.",
    500: "Something went wrong on our side; try again in a minute, and if it goes on, tell whoever runs this service.",
    503: "The service is busy or being looked after: try again in a minute.",
}
"""Status -> what is said of it where nothing better is known."""
_KEPT_HEADERS = frozenset({"Allow", "Retry-After"})


class Refused(HTTPException):
    """Something a program asked for cannot be done; ``more`` stands beside the sentence in what it is told."""

    def __init__(self, status: int, sentence: str, *, more: Json | None = None, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.code, self.more, self.retry_after = status, more or {}, retry_after


def problem_of(error: HTTPException) -> Response:
    """Any error as a problem."""
    status = error.code or 500
    if isinstance(error, Refused):
        answer = problem(status, error.description, more=error.more)
        if error.retry_after is not None:
            answer.headers["Retry-After"] = str(error.retry_after)
    else:
        answer = problem(status)
        answer.headers.extend((name, value) for name, value in error.get_headers() if name in _KEPT_HEADERS)
    return answer


def problem(status: int, sentence: str | None = None, *, more: Json | None = None) -> Response:
    """The answer; the sentence of the status where none is given."""
    said = sentence or SENTENCES.get(status) or SENTENCES[400 if 400 <= status < 500 else 500]
    content: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": said, **(more or {})}
    answer = Response(json.dumps(content), status=status, content_type=PROBLEM_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
