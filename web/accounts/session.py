"""Who is asking: flask-login over sessions kept in the store, where they can be ended.

The signed cookie holds only a secret; what it stands for is looked up at every request, so a session that
was ended, or a person who was disabled, is out at once. Flask-Login's own session protection is off: schools'
proxies change the address of a browser from one request to the next.
"""

from __future__ import annotations

from flask import Flask, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from planner.store import Store, Transaction
from planner.store.sight import seeing_the_house
from web.access import User

FROM_PROVIDER = "from_provider"
"""Where the cookie keeps what the sign-in provider wrote of its person, which signs them out there; never looked at again here."""


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login ships no types
    """A person and the secret of the session they came with."""

    def __init__(self, person: User, token: str) -> None:
        self.person, self.token = person, token

    def get_id(self) -> str:
        """What flask-login keeps in the cookie."""
        return self.token


def know_people(app: Flask, store: Store) -> None:
    """Let flask-login find the person behind a cookie."""
    manager = LoginManager(app)
    manager.session_protection = None

    def person_of(token: str) -> SignedIn | None:
        with seeing_the_house(), store.read() as tx:
            found = tx.sessions.session(token=token)
            if found is None:
                return None
            person, is_due = user_of(tx, found.user_id), tx.sessions.is_due(found)
        if is_due:
            with store.begin() as tx:
                tx.sessions.touch(token=token)
        return None if person is None else SignedIn(person, token)

    manager.user_loader(person_of)


def user_of(tx: Transaction, user_id: int) -> User | None:
    """A person with the roles they hold now."""
    row = tx.people.user(user_id=user_id)
    return None if row is None else User(user_id=row.id, name=row.name, memberships=tx.people.memberships_of(user_id=user_id))


def come_in(tx: Transaction, person: User, *, browser: str, provider_token: str | None = None) -> None:
    """Open a new session and give this browser its cookie; whatever the browser held before is gone, its session too."""
    before = session.get("_user_id")
    if isinstance(before, str):
        tx.sessions.revoke(token=before)
    token = tx.sessions.open_session(user_id=person.user_id, browser=browser)
    session.clear()
    session.permanent = True
    if provider_token is not None:
        session[FROM_PROVIDER] = provider_token
    login_user(SignedIn(person, token))


def go_out(store: Store) -> str | None:
    """End this browser's session, here and in the store; says what the sign-in provider wrote where the person came through it."""
    token = this_token()  # before the transaction: finding who is asking may begin one of its own
    if token is not None:
        with store.begin() as tx:
            tx.sessions.revoke(token=token)
    provider_token: str | None = session.get(FROM_PROVIDER)
    logout_user()
    session.clear()
    return provider_token


def this_token() -> str | None:
    """The secret of the session that is asking."""
    token: str | None = getattr(current_user, "token", None)
    return token
