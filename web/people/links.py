"""Links that are shown once, on the page after they were made: until then the browser that made one keeps it."""

from __future__ import annotations

from flask import Response, make_response, session

_KEY = "fresh_link"


def keep_for_next_page(what: str, token: str) -> None:
    """Hand a link's secret to the next page; it is kept in this browser's signed cookie alone."""
    session[_KEY] = (what, token)


def kept_nowhere(page: str) -> Response:
    """A page that shows a secret: no browser or proxy keeps a copy of it."""
    answer: Response = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def take(what: str) -> str | None:
    """The secret of the link just made, once; None on every later look."""
    kept = session.get(_KEY)
    if kept is None or kept[0] != what:
        return None
    del session[_KEY]
    return str(kept[1])
