"""One table: which error becomes which page, each in plain sentences that say what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """A page for something that went wrong."""

    status: int
    title: str
    sentences: tuple[str, ...]


_START = "Go to the list of plans and follow its links."
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
            status=413, title="That is too large to send",
            sentences=("Nothing was saved.", "Send a smaller file, or leave out what is not needed."),
        ),
        ErrorPage(
            status=422, title="Something has to be mended first",
            sentences=("Nothing was saved.", "Go back, mend what is marked, and send it again."),
        ),
        ErrorPage(
            status=500, title="Something went wrong on our side",
            sentences=("Nothing you sent was changed by it.", "Try again in a minute. If it goes on, tell whoever runs this service what you did."),
        ),
    )
}  # fmt: skip
OLD_FORM = ErrorPage(
    status=400, title="This form has been open too long",
    sentences=("Nothing was saved, to keep others from sending forms in your name.", "Go back, load the page again, and send it once more."),
)  # fmt: skip


def show_errors(app: Flask) -> None:
    """Answer every error with its page; what has none of its own is ours."""

    def http_error(error: HTTPException) -> tuple[str, int]:
        return show(OLD_FORM if isinstance(error, CSRFError) else PAGES.get(error.code or 500, PAGES[500]))

    def our_fault(error: Exception) -> tuple[str, int]:
        app.logger.error("a page failed", exc_info=error)
        return show(PAGES[500])

    def foreign_host(_: SecurityError) -> Any:
        return "This address is not one that the app answers to.\n", 400, {"Content-Type": "text/plain; charset=utf-8"}

    def redirected_or_shown(error: HTTPException) -> Any:
        return error if error.code is not None and error.code < 400 else http_error(error)

    app.register_error_handler(SecurityError, foreign_host)  # no page: no address could be made for its links
    app.register_error_handler(HTTPException, redirected_or_shown)
    app.register_error_handler(Exception, our_fault)


def show(page: ErrorPage) -> tuple[str, int]:
    """An error's page and its status."""
    return render_template("error.html", page=page), page.status
