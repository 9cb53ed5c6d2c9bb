"""The words of one's own account."""

from __future__ import annotations

from dataclasses import dataclass

from planner.store import Membership, Role, Transaction
from web.access import ROLE_NAMES, User
from web.names import school_name, school_names
from web.shelf import Shelf
from web.tables import TableView, row, table, words
from web.words import moment, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """Who one is, what one may be where, and where one is signed in."""

    name: str
    sign_in: str
    roles: TableView
    sessions: TableView
    has_others: bool


def role_words(role: Role, urn: int | None, names: dict[int, str]) -> str:
    """A role as a sentence names it."""
    return ROLE_NAMES[role] + (f" of {school_name(names, urn)}" if urn is not None else "")


def role_held(membership: Membership, shelf: Shelf) -> str:
    """A role that somebody holds, with the school's name from the partnership's figures."""
    here, urn = membership.partnership_id, membership.urn
    return role_words(membership.role, urn, {} if here is None or urn is None else school_names(shelf, here))


def account_view(tx: Transaction, shelf: Shelf, user: User, token: str) -> AccountView:
    """One's own account as it stands."""
    person = tx.people.user(user_id=user.user_id)
    assert person is not None
    here = tx.sessions.session(token=token)
    sessions = tx.sessions.of(user_id=user.user_id)
    names = {row.id: row.name for row in tx.partnerships.partnerships()}
    roles = [
        row(
            "Every partnership" if m.partnership_id is None else names[m.partnership_id],
            upper_first(role_held(m, shelf)),
            moment(m.since),
        )
        for m in user.memberships
    ]
    return AccountView(
        name=person.name,
        sign_in=person.sign_in,
        roles=table(
            "Your roles",
            words("Partnership", "Role", "Since"),
            roles,
            empty="You have no role yet. Ask your administrator for an invitation.",
        ),
        sessions=table(
            "Where you are signed in",
            words("Browser", "Since", "Last used"),
            [
                row(_browser(s.browser, is_here=here is not None and s.id == here.id), moment(s.opened_at), moment(s.seen_at))
                for s in sessions
            ],
        ),
        has_others=len(sessions) > 1,
    )


def _browser(text: str, *, is_here: bool) -> str:
    known = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    name = next((name for mark, name in known if mark in text), "A browser")
    system = next(
        (
            name
            for mark, name in (
                ("Windows", "Windows"),
                ("iPhone", "iPhone"),
                ("iPad", "iPad"),
                ("Android", "Android"),
                ("Mac OS", "Mac"),
                ("Linux", "Linux"),
            )
            if mark in text
        ),
        "",
    )
    return f"{name}{f' on {system}' if system else ''}{' (this one)' if is_here else ''}"
