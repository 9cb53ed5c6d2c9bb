"""Who is asking: the owner of the token that a program came with, as long as it counts."""

from __future__ import annotations

import re

from flask import current_app, request

from planner.store import Store
from planner.store.sight import seeing_the_house
from planner.store.tokens import BEGINS
from web.access import PUBLIC, came_with_token, declared_access, is_program
from web.accounts.session import user_of
from web.api.pace import MOST_A_MINUTE, TOO_FAST, Pace
from web.api.reading import MOST_BYTES
from web.problems import SENTENCES, Refused
from web.watching import Why, refused

_BEARER = re.compile(rf"Bearer +({BEGINS}[A-Za-z0-9_-]{{1,100}}) *", re.IGNORECASE)
UNKNOWN = "This token does not count: it was ended, its time is over, or it was mistyped; make another under your account."


def know_programs(store: Store, pace: Pace) -> None:
    """Find who is asking before a request of a program; a token that does not count is refused, and such tries are braked as sign-in is.

    One that counts is refused while it asks faster than its pace.

    Raises ``Refused``.
    """
    if not is_program():
        return
    request.max_content_length = MOST_BYTES
    given = request.headers.get("Authorization")
    if given is None or request.endpoint is None or declared_access(current_app, request.endpoint) == PUBLIC:
        return
    found = _BEARER.fullmatch(given)
    secret = found[1] if found else given
    # Apart from sign-in's own tries: a program that goes on with an ended token locks no school out.
    tried = {"sign_in": f"token {secret}", "network": f"programs {request.remote_addr or ''}"}
    with seeing_the_house(), store.read() as tx:
        wait = tx.throttle.wait(**tried)
        token = tx.tokens.token(secret=secret) if not wait else None
        user = None if token is None else user_of(tx, token.user_id)
        is_due = token is not None and tx.tokens.is_due(token)
    if token is not None and user is not None:
        seconds = pace.wait(token.id, MOST_A_MINUTE)
        if seconds:
            refused(Why.TOO_FAST, user.user_id)
            raise Refused(429, TOO_FAST.format(most=MOST_A_MINUTE), retry_after=seconds)
        if is_due:
            with store.begin() as tx:
                tx.tokens.touch(token_id=token.id)
        came_with_token(user)
        return
    if not wait:
        with store.begin() as tx:
            wait = tx.throttle.wait_before_try(**tried)
    if wait:
        raise Refused(429, SENTENCES[429], retry_after=-(-wait // 1000))
    raise Refused(401, UNKNOWN)
