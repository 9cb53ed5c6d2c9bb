"""Who may do what: permissions, the roles that hold them, and what every route declares.

A route says ``@requires(Permission...)``, ``@signed_in`` or ``@public``; ``guard`` lets the app start only when all
do, and asks before each request. A partnership that is not the reader's does not exist for them (404).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_login import current_user

from planner.store import Membership, Role
from planner.store.sight import see_again, see_nobody, see_only, see_the_house
from web.watching import Why, refused

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """One thing a person may do in a partnership, or in the whole house."""

    READ_PLAN = auto()
    CONFIRM_OWN_SCHOOL = auto()
    CHANGE_OWN_SCHOOL = auto()
    QUERY_OWN_SCHOOL = auto()
    ASK_WHY = auto()
    READ_DRAWS = auto()
    READ_OWN_ROSTER = auto()
    TAKE_LETTERS = auto()
    READ_ROSTER = auto()
    LODGE_CLAIM = auto()
    READ_CLAIMANT = auto()
    DECIDE_CLAIMS = auto()
    ANSWER_QUERIES = auto()
    PROPOSE = auto()
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
    TAKE_EVERYTHING = auto()
    RUN_THE_HOUSE = auto()


OF_OWN_SCHOOL = frozenset(
    {Permission.CONFIRM_OWN_SCHOOL, Permission.CHANGE_OWN_SCHOOL, Permission.QUERY_OWN_SCHOOL, Permission.LODGE_CLAIM}
)
"""Held for one's own school only, whichever the address names."""
FOR_ONE_SCHOOL = OF_OWN_SCHOOL | {
    Permission.ASK_WHY,
    Permission.READ_DRAWS,
    Permission.READ_CLAIMANT,
    Permission.READ_OWN_ROSTER,
    Permission.TAKE_LETTERS,
}
"""A head holds these for their own school only; who belongs to no school holds them for every one, where their role has them."""
OF_THE_HOUSE = frozenset({Permission.RUN_THE_HOUSE})
"""Held by administrators of the whole house only: partnerships, accounts, DfE files, policy packs, backup."""

_P = Permission
_ROSTER = frozenset({_P.READ_ROSTER, _P.READ_OWN_ROSTER})
_BOARD = _ROSTER | frozenset(
    {
        _P.READ_PLAN, _P.SET_POLICY, _P.RUN_PLAN, _P.ASK_WHY, _P.READ_DRAWS, _P.DECIDE_CLAIMS, _P.ANSWER_QUERIES, _P.COMPARE, _P.COMMENT,
        _P.VOTE, _P.EXPORT, _P.PROPOSE, _P.TAKE_LETTERS,
    },
)  # fmt: skip
MAY: dict[Role, frozenset[Permission]] = {
    Role.HEAD: FOR_ONE_SCHOOL | {_P.READ_PLAN, _P.PROPOSE, _P.COMPARE, _P.COMMENT, _P.EXPORT},
    Role.BOARD: _BOARD,
    Role.CHAIR: _BOARD | {_P.OPEN_AND_CLOSE_VOTES, _P.SIGN},
    Role.SERVICE_MANAGER: _ROSTER | frozenset({_P.READ_PLAN, _P.CHANGE_PEOPLE_AND_ROSTER, _P.EXPORT}),
    Role.COMMISSIONER: _ROSTER | frozenset({_P.READ_PLAN, _P.ENTER_COUNCIL_SUPPLY, _P.EXPORT}),
    Role.ADMINISTRATOR: _ROSTER
    | frozenset(
        {
            _P.READ_PLAN,
            _P.READ_DRAWS,
            _P.READ_CLAIMANT,
            _P.UPLOAD,
            _P.ANSWER_QUERIES,
            _P.MANAGE_ACCOUNTS,
            _P.TAKE_EVERYTHING,
            _P.RUN_THE_HOUSE,
            _P.EXPORT,
            _P.TAKE_LETTERS,
        }
    ),
}
"""Decision rights: a head's own school, the board's policy and runs, the administrator's people and uploads."""

ROLE_NAMES = {
    Role.HEAD: "head",
    Role.BOARD: "board member",
    Role.CHAIR: "chair",
    Role.SERVICE_MANAGER: "service manager",
    Role.COMMISSIONER: "commissioner",
    Role.ADMINISTRATOR: "administrator",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A signed-in person and the roles they hold; an administrator of the house holds that role in every partnership."""

    user_id: int
    name: str
    memberships: tuple[Membership, ...]

    @property
    def is_of_the_house(self) -> bool:
        """Whether this is an administrator of the whole house."""
        return any(m.partnership_id is None for m in self.memberships)

    @property
    def partnership_ids(self) -> tuple[int, ...]:
        """The partnerships in which this person holds a role of their own."""
        return tuple(sorted({m.partnership_id for m in self.memberships if m.partnership_id is not None}))

    def roles_in(self, partnership_id: int) -> frozenset[Role]:
        """The roles held in a partnership; none means that it does not exist for this person."""
        return frozenset(m.role for m in self.memberships if m.partnership_id in {None, partnership_id})

    def urns_in(self, partnership_id: int) -> tuple[int, ...]:
        """The schools this person heads in a partnership."""
        return tuple(m.urn for m in self.memberships if m.partnership_id == partnership_id and m.urn is not None)

    def may(self, permission: Permission, partnership_id: int | None = None, urn: int | None = None) -> bool:
        """Whether a permission is held: in a partnership (None: in any), where it counts for a school (None: for any)."""
        if permission in OF_THE_HOUSE:
            return self.is_of_the_house
        here = [m for m in self.memberships if partnership_id is None or m.partnership_id in {None, partnership_id}]
        if permission in FOR_ONE_SCHOOL and urn is not None:
            here = [m for m in here if m.urn in {urn, None}]
        return any(permission in MAY[m.role] for m in here)


_DECLARED = "declared_access"
PUBLIC = "public"
SIGNED_IN = "signed in"


def public(view: View) -> View:
    """Declare that anybody may open a route."""
    setattr(view, _DECLARED, PUBLIC)
    return view


def signed_in(view: View) -> View:
    """Declare that anybody who is signed in may open a route; what it shows is their own."""
    setattr(view, _DECLARED, SIGNED_IN)
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare the permission that a route asks for, in the partnership and for the school that its address names."""

    def declare(view: View) -> View:
        setattr(view, _DECLARED, permission)
        return view

    return declare


def declared_access(app: Flask, endpoint: str) -> str | Permission | None:
    """What a route declares: a permission, ``public``, ``signed in``, or None where it was forgotten."""
    declared: str | Permission | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return declared


def see_nobody_at_first(app: Flask) -> None:
    """Let the database show a request no partnership's rows until ``guard`` has found out whose it may see. Call before all else."""

    def begin() -> None:
        g.saw_before = see_nobody()

    def end(_: BaseException | None) -> None:
        if (before := g.pop("saw_before", None)) is not None:
            see_again(before)

    app.before_request(begin)
    app.teardown_request(end)


def guard(app: Flask, is_partnership: Callable[[int], bool]) -> None:
    """Ask before every request; refuse to go on while a route declares nothing. Call once all routes are there."""
    public(app.view_functions["static"])  # the stylesheet and scripts are for everybody
    silent = sorted(endpoint for endpoint in app.view_functions if declared_access(app, endpoint) is None)
    if silent:
        raise RuntimeError(f"These routes declare no access, so the app does not start: {', '.join(silent)}.")
    app.before_request(lambda: _ask(is_partnership))


def is_program() -> bool:
    """Whether a program asks: it comes with a token, and no cookie of a browser counts there."""
    return request.path.startswith("/api/")


def came_with_token(user: User) -> None:
    """Note whose token a program came with."""
    g.came_with_token = user


def the_user() -> User | None:
    """Who is asking, found once a request."""
    user: User | None = g.get("came_with_token") if is_program() else getattr(current_user, "person", None)
    return user


def me() -> User:
    """Who is asking, on a route that only somebody signed in can reach."""
    user = the_user()
    if user is None:
        abort(401)
    return user


def may(permission: Permission, partnership_id: int | None = None, urn: int | None = None) -> bool:
    """Whether who is asking holds a permission: for templates and presenters that show or hide a way."""
    user = the_user()
    return user is not None and user.may(permission, partnership_id, urn)


def _ask(is_partnership: Callable[[int], bool]) -> Any:
    """Let the request through, or answer it: sign in first, 404 for what is not yours, 403 for what your role may not do."""
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such page: the 404 comes by itself
    declared = declared_access(current_app, endpoint)
    if declared == PUBLIC:
        return None
    user = the_user()
    if user is None and is_program():
        abort(401)
    if user is None:
        return _sign_in_first()
    if user.is_of_the_house:
        see_the_house()
    else:
        see_only(*user.partnership_ids)
    if declared == SIGNED_IN:
        return None
    named = request.view_args or {}
    partnership_id, urn = named.get("partnership_id"), named.get("urn")
    if partnership_id is not None and user.roles_in(partnership_id):
        see_only(partnership_id)
    if partnership_id is not None and not (user.roles_in(partnership_id) and is_partnership(partnership_id)):
        refused(Why.NOT_THEIRS, user.user_id)
        abort(404)
    if not isinstance(declared, Permission) or not user.may(declared, partnership_id, urn):
        abort(403)
    return None


def _sign_in_first() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    answer: Response = current_app.make_response(redirect(url_for("accounts.sign_in", next=back), 303))
    return answer
