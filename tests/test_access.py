"""Who may do what, on a small app of its own: what a route declares, who is asking, and the session behind a cookie."""

import functools
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, session

from planner.store import Membership, Role, open_store
from planner.store.room import HOUR, MINUTE, database_now
from planner.store.sight import tell_sight
from web.access import (
    FOR_ONE_SCHOOL,
    MAY,
    Permission,
    User,
    came_with_token,
    declared_access,
    guard,
    is_program,
    may,
    me,
    public,
    requires,
    see_nobody_at_first,
    signed_in,
    the_user,
)
from web.accounts.invitations import waiting_invitation
from web.accounts.passwords import hash_of, is_out_of_date, is_right
from web.accounts.session import FROM_PROVIDER, SignedIn, come_in, go_out, know_people, this_token, user_of

OWN, OTHER = 900001, 900002
HERE, THERE = 1, 2


def a_membership(role, partnership_id=HERE, urn=None):
    return Membership(id=1, user_id=1, partnership_id=partnership_id, role=role, urn=urn, since=0, granted_by=None)


def a_person(*memberships):
    return User(user_id=1, name="Ann", memberships=memberships)


# --- permissions -----------------------------------------------------------------------------


def test_a_head_may_for_the_own_school_only_and_what_is_no_schools_in_the_partnership_only():
    head = a_person(a_membership(Role.HEAD, urn=OWN))
    for permission in FOR_ONE_SCHOOL:
        assert head.may(permission, HERE, OWN)
        assert head.may(permission, HERE)
        assert head.may(permission)
        assert not head.may(permission, HERE, OTHER)
        assert not head.may(permission, THERE, OWN)
    assert head.may(Permission.READ_PLAN, HERE, OTHER), "the plan is everybody's"
    assert not head.may(Permission.READ_PLAN, THERE)
    assert not head.may(Permission.SET_POLICY, HERE)
    assert (head.roles_in(HERE), head.roles_in(THERE)) == ({Role.HEAD}, frozenset())
    assert (head.urns_in(HERE), head.urns_in(THERE)) == ((OWN,), ())


def test_who_belongs_to_no_school_may_for_every_school_what_the_role_has():
    chair = a_person(a_membership(Role.CHAIR))
    assert chair.may(Permission.ASK_WHY, HERE, OWN)
    assert not chair.may(Permission.CONFIRM_OWN_SCHOOL, HERE, OWN)
    assert chair.may(Permission.SIGN)
    assert chair.urns_in(HERE) == ()
    assert not a_person().may(Permission.READ_PLAN)


def test_an_administrator_of_the_house_has_that_role_in_every_partnership_and_alone_runs_the_house():
    house, administrator = a_person(a_membership(Role.ADMINISTRATOR, None)), a_person(a_membership(Role.ADMINISTRATOR))
    assert house.is_of_the_house
    assert not administrator.is_of_the_house
    assert house.may(Permission.RUN_THE_HOUSE)
    assert not administrator.may(Permission.RUN_THE_HOUSE, HERE), "although the role holds it"
    assert Permission.RUN_THE_HOUSE in MAY[Role.ADMINISTRATOR]
    assert house.roles_in(THERE) == {Role.ADMINISTRATOR}
    assert house.may(Permission.UPLOAD, THERE)
    assert not administrator.may(Permission.UPLOAD, THERE)


# --- an app with one route of each kind ------------------------------------------------------


@functools.cache
def template():
    home = Path(tempfile.mkdtemp(prefix="planner-access-"))
    open_store(None, home).close()
    return home


@pytest.fixture
def store(tmp_path):
    for file in template().iterdir():
        shutil.copy(file, tmp_path)
    with open_store(None, tmp_path) as store:
        yield store


@pytest.fixture
def people(store):
    """Their numbers: a head and a chair of one partnership, somebody of another, and the house."""
    with store.begin() as tx:
        for name in ("Here", "There"):
            tx.partnerships.create(name=name, by=None)
        ids = {
            who: tx.people.add_user(name=who, sign_in=who, password_hash="x") for who in ("head", "chair", "elsewhere", "house", "newcomer")
        }
        tx.people.add_membership(user_id=ids["head"], partnership_id=HERE, role=Role.HEAD, urn=OWN)
        tx.people.add_membership(user_id=ids["chair"], partnership_id=HERE, role=Role.CHAIR)
        tx.people.add_membership(user_id=ids["elsewhere"], partnership_id=THERE, role=Role.CHAIR)
        tx.people.add_membership(user_id=ids["house"], partnership_id=None, role=Role.ADMINISTRATOR)
    return ids


def sight():
    """Whose rows the database would be told that a transaction may see."""
    told = []
    tell_sight(SimpleNamespace(exec_driver_sql=lambda _, values: told.append(values[1])))
    return told[0]


def an_app(store):
    app = Flask("small", static_folder=None)
    app.secret_key = "k" * 32
    routes = {
        "/open": (public, "accounts.sign_in"),
        "/static/<name>": (lambda view: view, "static"),
        "/mine": (signed_in, "mine"),
        "/": (signed_in, "home"),
        "/partnerships/<int:partnership_id>/plan": (requires(Permission.READ_PLAN), "plan"),
        "/partnerships/<int:partnership_id>/policy": (requires(Permission.SET_POLICY), "policy"),
        "/partnerships/<int:partnership_id>/schools/<int:urn>": (requires(Permission.CONFIRM_OWN_SCHOOL), "school"),
        "/house": (requires(Permission.RUN_THE_HOUSE), "house"),
        "/api/mine": (signed_in, "api"),
    }

    def view_of(endpoint):
        def view(**named):
            user = the_user()
            return {
                "endpoint": endpoint,
                "who": user and user.name,
                "may_set": may(Permission.SET_POLICY, HERE),
                "token": this_token(),
                "sees": sight(),
            }

        return view

    for path, (declare, endpoint) in routes.items():
        app.add_url_rule(path, endpoint, declare(view_of(endpoint)), methods=["GET", "POST"])

    @public
    def enter(user_id):
        with store.begin() as tx:
            come_in(tx, user_of(tx, user_id), browser="Firefox/1", provider_token=None if user_id % 2 else "written by the provider")
        return ""

    @public
    def leave():
        return {"said": go_out(store), "left": dict(session)}

    @public
    def who_is_me():
        return me().name

    app.add_url_rule("/enter/<int:user_id>", "enter", enter)
    app.add_url_rule("/leave", "leave", leave)
    app.add_url_rule("/me", "me", who_is_me)
    know_people(app, store)
    return app


@pytest.fixture
def app(store):
    app = an_app(store)
    see_nobody_at_first(app)
    guard(app, lambda partnership_id: partnership_id in {HERE, THERE})
    return app


def browser(app, people, who):
    client = app.test_client()
    client.get(f"/enter/{people[who]}")
    return client


def test_the_app_does_not_go_on_while_a_route_declares_nothing(store):
    app = an_app(store)
    app.add_url_rule("/forgotten", "forgotten", lambda: "")
    app.add_url_rule("/also", "also", lambda: "")
    assert declared_access(app, "forgotten") is None
    assert declared_access(app, "plan") is Permission.READ_PLAN
    with pytest.raises(RuntimeError, match=r"declare no access, so the app does not start: also, forgotten\.$"):
        guard(app, lambda _: True)


def test_nobody_is_asked_to_sign_in_first_and_comes_back_to_the_page(app):
    client = app.test_client()
    assert client.get("/open").status_code == 200
    assert client.get("/static/one").status_code == 200
    assert client.get("/nowhere").status_code == 404
    for path, to in (
        ("/mine", "/open?next=/mine"),
        ("/mine?a=1", "/open?next=/mine?a%3D1"),
        ("/", "/open"),
        ("/house", "/open?next=/house"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.location.replace("%2F", "/").replace("%3F", "?")) == (303, to)
    assert client.post("/mine").location == "/open", "what was sent is not sent again"
    assert client.get("/api/mine").status_code == 401
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("head", f"/partnerships/{HERE}/plan", 200), ("head", f"/partnerships/{HERE}/policy", 403), ("chair", f"/partnerships/{HERE}/policy", 200),
        ("head", f"/partnerships/{THERE}/plan", 404), ("elsewhere", f"/partnerships/{HERE}/plan", 404), ("house", f"/partnerships/{HERE}/plan", 200),
        ("house", "/partnerships/3/plan", 404), ("newcomer", f"/partnerships/{HERE}/plan", 404), ("newcomer", "/mine", 200),
        ("head", f"/partnerships/{HERE}/schools/{OWN}", 200), ("head", f"/partnerships/{HERE}/schools/{OTHER}", 403),
        ("chair", f"/partnerships/{HERE}/schools/{OWN}", 403), ("house", "/house", 200), ("chair", "/house", 403),
    ],
)  # fmt: skip
def test_every_request_is_let_through_or_refused_by_what_its_route_declares(app, people, who, path, status):
    assert browser(app, people, who).get(path).status_code == status


def test_a_request_sees_the_rows_of_its_address_or_of_who_asks_and_none_before_that_is_known(app, people, store):
    with store.begin() as tx:
        tx.people.add_membership(user_id=people["elsewhere"], partnership_id=HERE, role=Role.BOARD)
    assert app.test_client().get("/open").json["sees"] == ""
    for who, path, sees in (
        ("head", "/mine", "1"), ("head", f"/partnerships/{HERE}/plan", "1"), ("newcomer", "/mine", ""), ("elsewhere", "/mine", "1,2"),
        ("elsewhere", f"/partnerships/{HERE}/plan", "1"), ("elsewhere", f"/partnerships/{THERE}/plan", "2"), ("house", "/house", "house"),
        ("house", f"/partnerships/{THERE}/plan", "2"),
    ):  # fmt: skip
        assert browser(app, people, who).get(path).json["sees"] == sees, (who, path)
        assert sight() == "house", "what is seen in a request ends with it"


def test_a_program_is_known_by_its_token_and_by_no_cookie_of_a_browser(app, people):
    client = browser(app, people, "chair")
    assert client.get("/api/mine").status_code == 401
    assert client.get("/mine").json["who"] == "chair"
    with app.test_request_context("/api/mine"):
        assert is_program()
        assert the_user() is None
        came_with_token(a_person(a_membership(Role.CHAIR)))
        assert the_user().name == me().name == "Ann"
        assert may(Permission.SET_POLICY, HERE)
        assert not may(Permission.SET_POLICY, THERE)
        assert not may(Permission.CONFIRM_OWN_SCHOOL, HERE, OWN)
    with app.test_request_context("/mine"):
        assert not is_program()
        assert the_user() is None
        assert not may(Permission.READ_PLAN)


# --- sessions --------------------------------------------------------------------------------


def sessions_of(store, user_id):
    with store.read() as tx:
        return tx.sessions.of(user_id=user_id)


def test_signing_in_keeps_a_session_with_its_browser_and_signing_out_ends_it(app, store, people):
    client = browser(app, people, "chair")
    (kept,) = sessions_of(store, people["chair"])
    assert (kept.user_id, kept.browser, kept.expires_at - kept.opened_at) == (people["chair"], "Firefox/1", 12 * HOUR)
    said = client.get("/mine").json
    assert (said["who"], said["may_set"]) == ("chair", True)
    with store.read() as tx:
        assert tx.sessions.session(token=said["token"]).id == kept.id
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] == said["token"]
        assert cookie.permanent
        assert cookie[FROM_PROVIDER] == "written by the provider"
    assert client.get("/leave").json == {"said": "written by the provider", "left": {}}
    assert sessions_of(store, people["chair"]) == ()
    assert client.get("/mine").status_code == 303
    assert client.get("/leave").json["said"] is None


def test_coming_in_again_ends_the_session_this_browser_had_and_keeps_nothing_of_it(app, store, people):
    client = browser(app, people, "chair")
    with client.session_transaction() as cookie:
        cookie["left over"] = "of the one before"
    client.get(f"/enter/{people['head']}")
    assert client.get("/mine").json["who"] == "head"
    assert sessions_of(store, people["chair"]) == ()
    with client.session_transaction() as cookie:
        assert "left over" not in cookie
        assert FROM_PROVIDER not in cookie


def test_a_session_is_noted_as_used_after_a_minute_and_ends_idle_or_disabled(app, store, people):
    client = browser(app, people, "chair")
    (first,) = sessions_of(store, people["chair"])
    store.tick = lambda connection: database_now(connection) + 20 * MINUTE
    assert client.get("/mine").status_code == 200
    (used,) = sessions_of(store, people["chair"])
    assert used.seen_at - first.seen_at >= 20 * MINUTE
    store.tick = lambda connection: database_now(connection) + 45 * MINUTE
    assert client.get("/mine").status_code == 200
    with store.begin() as tx:
        tx.people.disable(user_id=people["chair"])
    assert client.get("/mine").status_code == 303
    store.tick = lambda connection: database_now(connection) + 80 * MINUTE
    with store.begin() as tx:
        tx.people.enable(user_id=people["chair"])
    assert client.get("/mine").status_code == 303


def test_a_cookie_of_nobody_is_nobody(app, people):
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "made up"
    assert client.get("/mine").status_code == 303
    assert SignedIn(a_person(), "secret").get_id() == "secret"


def test_a_person_who_is_not_there_has_no_roles(store, people):
    with store.read() as tx:
        assert user_of(tx, 99) is None
        chair = user_of(tx, people["chair"])
    assert (chair.user_id, chair.name, [m.role for m in chair.memberships]) == (people["chair"], "chair", [Role.CHAIR])


# --- invitations and passwords ---------------------------------------------------------------


def test_an_invitation_counts_while_its_maker_may_invite_there(store, people):
    with store.begin() as tx:
        tx.people.add_membership(user_id=people["elsewhere"], partnership_id=HERE, role=Role.ADMINISTRATOR)

    def invited(by, partnership_id=HERE, role=Role.BOARD):
        with store.begin() as tx:
            token = tx.invitations.invite(partnership_id=partnership_id, role=role, urn=None, invitee="Bob", by=by)
            found = waiting_invitation(tx, token)
            return token, found is not None

    assert invited(None)[1], "the service itself always may"
    assert invited(people["house"])[1]
    assert invited(people["house"], None, Role.ADMINISTRATOR)[1]
    assert not invited(people["chair"])[1]
    assert not invited(people["elsewhere"], None, Role.ADMINISTRATOR)[1], "only the house invites to the house"
    assert not invited(people["elsewhere"], THERE)[1], "there they are no administrator"
    token, counts = invited(people["elsewhere"])
    assert counts
    with store.begin() as tx:
        tx.people.disable(user_id=people["elsewhere"])
        assert waiting_invitation(tx, token) is None
        assert waiting_invitation(tx, "made up") is None


def test_a_password_is_right_only_for_its_own_hash():
    hashed = hash_of("quartz-ribbon-yarrow")
    assert is_right(hashed, "quartz-ribbon-yarrow")
    assert not is_right(hashed, "quartz-ribbon-yarrov")
    assert not is_right(None, "quartz-ribbon-yarrow")
    assert not is_right("no hash", "quartz-ribbon-yarrow")
    assert not is_out_of_date(hashed)
    assert is_out_of_date(hashed.replace("t=3", "t=2"))
