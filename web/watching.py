"""Requests as the log and the metrics have them: a number, the route, the status, how long; nothing about anybody.

The route has the names of its parameters: an address may name a school or a person.
"""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, g, request

REQUEST_HEADER = "X-Request-ID"
OTHER_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LOG = logging.getLogger(__name__)


def tell_of_requests(app: Flask) -> None:
    """Number every request, tell its number in the answer, and log it once it is answered. Call before anything that may answer."""

    def begin() -> None:
        g.request_id, g.begun = secrets.token_hex(8), time.perf_counter()

    def tell(response: Response) -> Response:
        response.headers[REQUEST_HEADER] = request_id()
        route, method = route_of_request()
        seconds = seconds_so_far()
        _LOG.info(
            "%s %s %s in %d ms", method, route, response.status_code, 1000 * seconds,
            extra={"request": request_id(), "method": method, "route": route, "status": response.status_code, "ms": round(1000 * seconds, 1)},
        )  # fmt: skip
        return response

    app.before_request(begin)
    app.after_request(tell)


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
