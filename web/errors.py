"""One table: which error becomes which page, each in plain sentences that say what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, SecurityError

from planner.store import NoAnswer
from web.access import is_program, the_user
from web.problems import problem, problem_of
from web.watching import Why, refused, request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """A page for something that went wrong."""

    status: int
    title: str
    sentences: tuple[str, ...]


_KEPT_HEADERS = frozenset({"Allow", "Content-Range", "Retry-After"})
"""What a browser or program is told besides the page."""
_START = "Go to your partnerships and follow the links there."
PAGES = {
    page.status: page
    for page in (
        ErrorPage(
            status=400, title="The request could not be understood",
            sentences=("Your browser sent something that this page does not expect.", _START),
        ),
        ErrorPage(
            status=403, title="You may not open this page",
            sentences=("Your role in this partnership does not include it.", "If it should, ask your partnership's administrator."),
        ),
        ErrorPage(
            status=404, title="There is no such page",
            sentences=("The address may be mistyped, or the page belongs to a partnership that is not yours.", _START),
        ),
        ErrorPage(
            status=405, title="This page cannot be used in that way",
            sentences=("It was opened in a way that it does not answer.", _START),
        ),
        ErrorPage(
            status=408, title="It took too long to arrive",
            sentences=("The connection was too slow or broke off, and nothing was saved: send it again.",),
        ),
        ErrorPage(
            status=409, title="Somebody else has changed this meanwhile",
            sentences=("Nothing was saved: go back, load the page again, and look at what is new.",),
        ),
        ErrorPage(
            status=410, title="This is no longer here",
            sentences=("It was removed, or it worked only once or until a day that has passed.",),
        ),
        ErrorPage(
            status=413, title="That is too large to send",
            sentences=("Nothing was saved.", "Send a smaller file, or leave out what is not needed."),
        ),
        ErrorPage(
            status=414, title="The address is too long",
            sentences=("No address here is as long as the one that was asked for, so a part of it was added by mistake.",),
        ),
        ErrorPage(
            status=415, title="This kind of file cannot be read here",
            sentences=("Nothing was saved: send it by the form on the page, as one of the kinds of file that the page names.",),
        ),
        ErrorPage(
            status=416, title="That part of the file is not there",
            sentences=("Your browser asked for a piece that lies outside the file: download the whole file again.",),
        ),
        ErrorPage(
            status=422, title="Something has to be mended first",
            sentences=("Nothing was saved.", "Go back, mend what is marked, and send it again."),
        ),
        ErrorPage(
            status=429, title="There were too many tries",
            sentences=("Nothing was saved: wait some minutes, then try again.",),
        ),
        ErrorPage(
            status=431, title="Your browser sent too much with its request",
            sentences=("Remove what it keeps of this site (its cookies), sign in again, and go on from there.",),
        ),
        ErrorPage(
            status=500, title="Something went wrong on our side",
            sentences=("Nothing you sent was changed by it.", "Try again in a minute. If it goes on, tell whoever runs this service what you did."),
        ),
        ErrorPage(
            status=503, title="The service cannot answer just now",
            sentences=("Nothing you sent was changed by it.", "It is busy or being looked after: try again in a minute."),
        ),
    )
}  # fmt: skip
OLD_FORM = ErrorPage(
    status=400, title="This form has been open too long",
    sentences=("Nothing was saved, to keep others from sending forms in your name.", "Go back, load the page again, and send it once more."),
)  # fmt: skip

FOREIGN_FORM = ErrorPage(
    status=400, title="This form was sent from another site",
    sentences=(
        "Nothing was saved, to keep others from sending forms in your name.", _START,
        "If that happens on this service's own pages, tell whoever runs it: its proxy must pass on the address that people see (X-Forwarded-Host).",
    ),
)  # fmt: skip


class ForeignForm(BadRequest):
    """A page of another site had a browser send a form here."""


def show_errors(app: Flask) -> None:
    """Answer every error with its page; an exception of ours is our fault."""

    def http_error(error: HTTPException) -> Any:
        why = _why(error)
        if why is not None:
            user = the_user()
            refused(why, None if user is None else user.user_id)
        if is_program():
            return problem_of(error)
        page, status = show(_page_of(error))
        return page, status, {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}

    def our_fault(error: Exception) -> Any:
        app.logger.error("a page failed", exc_info=error)
        return (
            problem(500)
            if is_program()
            else show(replace(PAGES[500], sentences=(*PAGES[500].sentences, f"Tell them this number: {request_id()}.")))
        )

    def no_database(error: Exception) -> Any:
        app.logger.error("the database did not answer", exc_info=error)
        return problem(503) if is_program() else show(PAGES[503])

    def foreign_host(_: SecurityError) -> Any:
        return "This address is not one that the app answers to.\n", 400, {"Content-Type": "text/plain; charset=utf-8"}

    def redirected_or_shown(error: HTTPException) -> Any:
        return error if error.code is not None and error.code < 400 else http_error(error)

    app.register_error_handler(SecurityError, foreign_host)  # no page: no address could be made for its links
    app.register_error_handler(HTTPException, redirected_or_shown)
    app.register_error_handler(NoAnswer, no_database)
    app.register_error_handler(Exception, our_fault)


def _why(error: HTTPException) -> Why | None:
    """Why it was refused, where somebody may have tried to get in."""
    if isinstance(error, ForeignForm):
        return Why.FOREIGN_FORM
    if isinstance(error, CSRFError):
        return Why.OLD_FORM
    return Why.NOT_THEIR_ROLE if error.code == 403 else None


def _page_of(error: HTTPException) -> ErrorPage:
    if isinstance(error, ForeignForm):
        return FOREIGN_FORM
    return OLD_FORM if isinstance(error, CSRFError) else page_for(error.code or 500)


def page_for(status: int) -> ErrorPage:
    """The page of a status; one that has none of its own gets the words of its kind, the sender's fault or ours, and keeps its number."""
    return PAGES.get(status) or replace(PAGES[400 if 400 <= status < 500 else 500], status=status)


def show(page: ErrorPage) -> tuple[str, int]:
    """An error's page and its status."""
    return render_template("error.html", page=page), page.status
