"""Headers on every answer: what a page may load, where it may be shown, who may keep it; those of a trusted proxy; where a form comes from."""

from __future__ import annotations

import secrets

from flask import Flask, g, request, session
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from web.access import is_program, the_user
from web.errors import ForeignForm
from web.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; font-src 'none'; connect-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TWO_YEARS_SECONDS = 63_072_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def nonce() -> str:
    """The random word that lets this answer's own inline script run; one a request."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    word: str = g.csp_nonce
    return word


def believe_proxy(app: Flask) -> None:
    """Take the client's address, the scheme and the host from what the nearest proxy added; what came before it may be made up."""
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]


def send_headers(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of the app, and read a proxy's where there is one."""
    if settings.is_behind_proxy:
        believe_proxy(app)

    def add(response: Response) -> Response:
        response.headers.update(ALWAYS)
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce())
        if settings.is_secure:
            response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS_SECONDS}; includeSubDomains"
        if request.endpoint != "static":
            is_kept_nowhere = "no-store" in response.headers.get("Cache-Control", "") or (_is_somebodys() and request.method in SAFE)
            response.headers["Cache-Control"] = "no-store" if is_kept_nowhere else "private, no-cache"
        return response

    app.after_request(add)


def _is_somebodys() -> bool:
    """Whether whoever asks came with a session or a token that counts; looks at no database, which may be what fails."""
    return "_user_id" in session or (is_program() and the_user() is not None)


def forget_here(response: Response) -> Response:
    """Have the browser forget what it kept of this service: somebody has signed out, and others may use it next."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse_foreign_forms(app: Flask) -> None:
    """Refuse what a page of another site has a browser send here, though it had a good token; browsers say where a form stands."""

    def look() -> None:
        origin = request.headers.get("Origin")
        # A proxy that speaks TLS may be silent about it, so https is always ours; http is where that is how we are asked.
        ours = {f"{request.scheme}://{request.host}", f"https://{request.host}"}
        if request.method not in SAFE and not is_program() and origin is not None and origin.casefold() not in ours:
            raise ForeignForm

    app.before_request(look)


def unchanged_since(etag: str) -> Response | None:
    """The answer to a script that has what it asks for already (304); None where the page must be made."""
    if not request.if_none_match.contains(etag):
        return None
    answer = Response(status=304)
    answer.set_etag(etag)
    return answer
