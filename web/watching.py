"""Requests as the log and the metrics have them: a number, the route, the status, how long; nothing about anybody.

The route has the names of its parameters: an address may name a school or a person. What was refused is told of as a
warning, with why, and with the number of the account where it is known.
"""

from __future__ import annotations

import logging
import secrets
import time
from enum import StrEnum

from flask import Flask, Response, g, request

REQUEST_HEADER = "X-Request-ID"
OTHER_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LOG = logging.getLogger(__name__)


class Why(StrEnum):
    """Why a request was refused that somebody may have sent to get in where they may not, or so often that it waits."""

    NOT_SIGNED_IN = "sign-in name or password"
    TOO_MANY_TRIES = "too many tries"
    SPENT_LINK = "link that does not count"
    PROVIDER = "sign-in through provider"
    OF_PROGRAM = "no token that counts"
    TOO_FAST = "program asks too fast"
    NOT_THEIR_ROLE = "not their role"
    NOT_THEIRS = "another partnership"
    OLD_FORM = "form without its token"
    FOREIGN_FORM = "form from another site"


_OF_STATUS = {401: Why.OF_PROGRAM, 403: Why.NOT_THEIR_ROLE, 429: Why.TOO_MANY_TRIES}
"""Why an answer of this status was given, where nothing else was said."""


def tell_of_requests(app: Flask) -> None:
    """Number every request, tell its number in the answer, and log it once it is answered. Call before anything that may answer."""

    def begin() -> None:
        g.request_id, g.begun = secrets.token_hex(8), time.perf_counter()

    def tell(response: Response) -> Response:
        response.headers[REQUEST_HEADER] = request_id()
        route, method = route_of_request()
        seconds, status = seconds_so_far(), response.status_code
        more = {"request": request_id(), "method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
        why, user_id = g.get("refused") or (_OF_STATUS.get(status), None)
        if why is None:
            _LOG.info("%s %s %s in %d ms", method, route, status, 1000 * seconds, extra=more)
        else:
            who = {} if user_id is None else {"user": user_id}
            _LOG.warning("%s %s %s in %d ms, refused: %s", method, route, status, 1000 * seconds, why, extra=more | {"refused": why} | who)
        return response

    app.before_request(begin)
    app.after_request(tell)


def refused(why: Why, user_id: int | None = None) -> None:
    """Say why this request is refused, and whose account it is about where that is known; the first that is said stands."""
    g.setdefault("refused", (why, user_id))


def request_id() -> str:
    """The number of this request, in the log and in its answer; '' where it was refused before it had one."""
    number: str = g.get("request_id", "")
    return number


def seconds_so_far() -> float:
    """How long this request has taken."""
    begun: float | None = g.get("begun")
    return 0.0 if begun is None else time.perf_counter() - begun


def route_of_request() -> tuple[str, str]:
    """The route with its parameters' names instead of what they name, and the method."""
    return request.url_rule.rule if request.url_rule else OTHER_ROUTE, request.method if request.method in METHODS else "other"
