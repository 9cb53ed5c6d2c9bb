"""The link that opens the app on this computer: random, printed once, good for one opening.

It stands in for accounts and holds every role, so it exists on loopback only. The token lies in the
data folder, where only its owner may read it, until it is used.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import session

from planner.errors import PlannerError
from web.access import Role, User
from web.settings import Settings, write_private

TOKEN_FILE = "link-token"  # noqa: S105 - the name of the file, not a token
_OPENED = "opened_by_link"
VISITOR = User(user_id="link", name="Opened by link", roles={}, roles_everywhere=frozenset(Role))


def new_link(settings: Settings) -> str:
    """A new link, which replaces any that was not used; refused where others could reach the app."""
    if not settings.is_loopback:
        raise PlannerError("The link opens every page without a password, so it is given only where nobody else can reach the app.")
    token = secrets.token_urlsafe(32)
    place = settings.home / TOKEN_FILE
    place.unlink(missing_ok=True)
    write_private(place, token)
    return f"{settings.address}/open?token={token}"


def use_token(settings: Settings, token: str) -> bool:
    """Whether this is the token, compared in constant time; it is gone once it was right."""
    place = settings.home / TOKEN_FILE
    try:
        kept = place.read_text(encoding="ascii").strip()
    except OSError:
        kept = ""
    # Digests are compared, so that neither length nor letters show in the time that it takes.
    is_right = hmac.compare_digest(hashlib.sha256(token.encode()).digest(), hashlib.sha256(kept.encode()).digest())
    if not (settings.is_loopback and kept and is_right):
        return False
    try:
        place.unlink()  # of two openings at once, one finds it gone
    except OSError:
        return False
    return True


def open_session() -> None:
    """From now on this browser is let in."""
    session.clear()
    session[_OPENED] = True
    session.permanent = True


def user_of_session() -> User | None:
    """The visitor, where this browser was let in."""
    return VISITOR if session.get(_OPENED) is True else None
