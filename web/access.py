"""Who may do what: permissions, the roles that hold them, and what every route declares.

A route says ``@requires(Permission...)`` or ``@public``; ``guard`` lets the app start only when all do, and
asks before each request. A partnership that is not the reader's does not exist for them (404).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """One thing a person may do in a partnership."""

    READ_PLAN = auto()
    CHANGE_OWN_SCHOOL = auto()
    PROPOSE = auto()
    QUERY_A_LINE = auto()
    SET_POLICY = auto()
    RUN_PLAN = auto()
    COMPARE = auto()
    COMMENT = auto()
    VOTE = auto()
    OPEN_AND_CLOSE_VOTES = auto()
    SIGN = auto()
    CHANGE_PEOPLE_AND_ROSTER = auto()
    ENTER_COUNCIL_SUPPLY = auto()
    EXPORT = auto()
    UPLOAD = auto()
    MANAGE_ACCOUNTS = auto()
    MANAGE_POLICY_PACKS = auto()
    BACK_UP = auto()


class Role(StrEnum):
    """What a person is in a partnership; a person can hold several."""

    HEAD = "head"
    BOARD_MEMBER = "board member"
    CHAIR = "chair"
    SERVICE_MANAGER = "service manager"
    COMMISSIONER = "commissioner"
    ADMINISTRATOR = "administrator"


_P = Permission
_BOARD = frozenset({_P.READ_PLAN, _P.SET_POLICY, _P.RUN_PLAN, _P.COMPARE, _P.COMMENT, _P.VOTE, _P.EXPORT})
MAY: dict[Role, frozenset[Permission]] = {
    Role.HEAD: frozenset({_P.READ_PLAN, _P.CHANGE_OWN_SCHOOL, _P.PROPOSE, _P.QUERY_A_LINE, _P.COMPARE, _P.COMMENT, _P.EXPORT}),
    Role.BOARD_MEMBER: _BOARD,
    Role.CHAIR: _BOARD | {_P.OPEN_AND_CLOSE_VOTES, _P.SIGN},
    Role.SERVICE_MANAGER: frozenset({_P.READ_PLAN, _P.CHANGE_PEOPLE_AND_ROSTER}),
    Role.COMMISSIONER: frozenset({_P.READ_PLAN, _P.ENTER_COUNCIL_SUPPLY, _P.EXPORT}),
    Role.ADMINISTRATOR: frozenset({_P.READ_PLAN, _P.UPLOAD, _P.MANAGE_ACCOUNTS, _P.MANAGE_POLICY_PACKS, _P.BACK_UP}),
}
"""``product.md``, "Who may do what"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A signed-in person: their roles by partnership id, and those they hold in every partnership."""

    user_id: str
    name: str
    roles: Mapping[str, frozenset[Role]]
    roles_everywhere: frozenset[Role] = frozenset()

    def roles_in(self, partnership_id: str) -> frozenset[Role]:
        """The roles held in a partnership; none means that it does not exist for this person."""
        return self.roles.get(partnership_id, frozenset()) | self.roles_everywhere

    def may(self, permission: Permission, partnership_id: str | None) -> bool:
        """Whether a permission is held in a partnership; in any, where the page belongs to none."""
        roles = self.roles_in(partnership_id) if partnership_id is not None else self._roles_anywhere()
        return any(permission in MAY[role] for role in roles)

    def _roles_anywhere(self) -> frozenset[Role]:
        return self.roles_everywhere.union(*self.roles.values())


CurrentUser = Callable[[], User | None]
"""Finds who is asking; sign-in is whatever stands behind it."""

_DECLARED = "declared_access"
_CURRENT_USER = "planner.current_user"
PUBLIC = "public"


def public(view: View) -> View:
    """Declare that anybody may open a route."""
    setattr(view, _DECLARED, PUBLIC)
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare the permission that a route asks for, in the partnership that its address names."""

    def declare(view: View) -> View:
        setattr(view, _DECLARED, permission)
        return view

    return declare


def declared_access(app: Flask, endpoint: str) -> str | Permission | None:
    """What a route declares: a permission, ``public``, or None where it was forgotten."""
    declared: str | Permission | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return declared


def guard(app: Flask, current_user: CurrentUser) -> None:
    """Ask before every request; refuse to go on while a route declares nothing. Call once all routes are there."""
    public(app.view_functions["static"])  # the stylesheet and scripts are for everybody
    silent = sorted(endpoint for endpoint in app.view_functions if declared_access(app, endpoint) is None)
    if silent:
        raise RuntimeError(f"These routes declare no access, so the app does not start: {', '.join(silent)}.")
    app.extensions[_CURRENT_USER] = current_user
    app.before_request(_ask)


def the_user() -> User | None:
    """Who is asking, found once a request."""
    if "user" not in g:
        g.user = current_app.extensions[_CURRENT_USER]()
    user: User | None = g.user
    return user


def _ask() -> Any:
    """Let the request through, or answer it: sign in first, 404 for what is not yours, 403 for what your role may not do."""
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such page: the 404 comes by itself
    declared = declared_access(current_app, endpoint)
    if declared == PUBLIC:
        return None
    user = the_user()
    if user is None:
        return _sign_in_first()
    partnership_id = (request.view_args or {}).get("partnership_id")
    if partnership_id is not None and not user.roles_in(partnership_id):
        abort(404)
    if not isinstance(declared, Permission) or not user.may(declared, partnership_id):
        abort(403)
    return None


def _sign_in_first() -> Response:
    answer: Response = current_app.make_response(redirect(url_for("accounts.sign_in"), 303))
    return answer
