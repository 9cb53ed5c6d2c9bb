"""People: accounts, memberships, invitations, sessions and the brake on guessing."""

import base64
import random
import threading

import pytest
import sqlalchemy as sa
from stored import a_partnership, a_user

from planner.errors import AlreadyTaken
from planner.store import Role
from planner.store.invitations import Invitation
from planner.store.people import User
from planner.store.room import DAY
from planner.store.secret import new_token
from planner.store.throttle import TRIES_OF_ACCOUNT, TRIES_OF_NETWORK


def test_a_sign_in_name_is_used_once_however_it_is_written(store):
    user_id = a_user(store, "Ann@Example.org")
    with pytest.raises(AlreadyTaken), store.begin() as tx:
        tx.people.add_user(name="Other Ann", sign_in=" ann@example.ORG ")
    with store.read() as tx:
        assert tx.people.user_by_sign_in(sign_in="ANN@example.org").id == user_id
        assert tx.people.user_by_sign_in(sign_in="bob@example.org") is None
        assert [user.id for user in tx.people.users()] == [user_id]


def test_the_second_of_two_people_who_rename_somebody_is_told(store):
    user_id = a_user(store)
    with store.begin() as tx:
        assert tx.people.rename(user_id=user_id, name="Anne", version=1)
        assert not tx.people.rename(user_id=user_id, name="Annie", version=1)
        assert tx.people.user(user_id=user_id).name == "Anne"


def test_what_is_changed_of_one_person_is_changed_of_nobody_else(store):
    user_id, other_id = a_user(store), a_user(store, "bob@example.org", "Bob")
    with store.begin() as tx:
        assert tx.people.rename(user_id=user_id, name="Anne", version=1)
        assert tx.people.rename(user_id=user_id, name="Anna", version=2)
        assert tx.people.set_password_hash(user_id=user_id, password_hash="another")
        assert not tx.people.set_password_hash(user_id=user_id + 9, password_hash="another")
        one, other = (tx.people.user(user_id=n) for n in (user_id, other_id))
    assert (one.name, one.password_hash, one.version) == ("Anna", "another", 3)
    assert (other.name, other.password_hash, other.version) == ("Bob", "not a password", 1)
    with store.begin() as tx:
        tx.people.disable(user_id=user_id)
        tx.people.disable(user_id=other_id)
        closed = tx.people.user(user_id=user_id)
        assert closed.disabled_at == tx.now
        assert tx.people.enable(user_id=user_id)
        assert not tx.people.enable(user_id=user_id), "it is open"
        assert tx.people.user(user_id=user_id).disabled_at is None
        assert tx.people.user(user_id=other_id).disabled_at is not None


def test_every_role_is_listed_as_it_was_given(store):
    user_id, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        head = tx.people.add_membership(user_id=user_id, partnership_id=here, role=Role.HEAD, urn=900001, granted_by=user_id)
        house = tx.people.add_membership(user_id=user_id, partnership_id=None, role=Role.ADMINISTRATOR)
        everyone, mine, members = (
            tx.people.all_memberships(),
            tx.people.memberships_of(user_id=user_id),
            tx.people.members(partnership_id=here),
        )
        at = tx.now
    assert everyone == mine
    assert [(m.id, m.partnership_id, m.role, m.urn, m.since, m.granted_by) for m in mine] == [
        (head, here, Role.HEAD, 900001, at, user_id),
        (house, None, Role.ADMINISTRATOR, None, at, None),
    ]
    assert [(m.membership_id, m.name, m.sign_in, m.role, m.urn) for m in members] == [(head, "Ann", "ann@example.org", Role.HEAD, 900001)]


def test_people_that_a_page_will_name_are_asked_for_at_once(store):
    ann, bob = a_user(store), a_user(store, "bob@example.org", "Bob")
    with store.begin() as tx:
        tx.people.know([ann, bob, bob + 1])
        tx.people.rename(user_id=ann, name="Anne", version=1)
        assert [tx.people.known(user_id=one) for one in (bob, bob + 1)] == [tx.people.user(user_id=bob), None]
        first = tx.people.known(user_id=ann)
        assert first.name == "Ann", "as they stood then"
        tx.people.know([ann])
        assert tx.people.known(user_id=ann) is first


def test_somebody_named_again_is_read_once_in_a_transaction(store):
    user_id = a_user(store)
    with store.read() as tx:
        first = tx.people.known(user_id=user_id)
        assert first == tx.people.user(user_id=user_id)
        assert tx.people.known(user_id=user_id) is first
        assert tx.people.known(user_id=user_id + 1) is None
    with store.begin() as tx:
        tx.people.rename(user_id=user_id, name="Anne", version=1)
    with store.read() as tx:
        assert tx.people.known(user_id=user_id).name == "Anne"


def test_an_erased_person_leaves_a_number_only(store):
    user_id = a_user(store)
    with store.begin() as tx:
        assert tx.people.erase(user_id=user_id)
        user = tx.people.user(user_id=user_id)
    assert "ann" not in f"{user.name} {user.sign_in}".casefold()
    assert user.password_hash is None
    assert user.disabled_at is not None
    assert user.is_erased
    with store.begin() as tx:
        assert not tx.people.enable(user_id=user_id)
        other = tx.people.user(user_id=tx.people.add_user(name="Bob", sign_in=user.sign_in))
    assert not other.is_erased
    assert a_user(store) != user_id


def test_erasing_somebody_takes_their_roles_and_their_name_in_the_invitation_too(store):
    user_id, here = a_user(store), a_partnership(store)
    token, waiting = invite(store, here), invite(store, here, invitee="Bob")
    use(store, token, user_id)
    with store.begin() as tx:
        cookie = tx.sessions.open_session(user_id=user_id)
        link = tx.password_links.make(user_id=user_id, by=user_id)
        assert tx.people.erase(user_id=user_id)
        assert tx.people.members(partnership_id=here) == ()
        assert tx.sessions.session(token=cookie) is None
        assert tx.password_links.user_id(token=link) is None
        assert [i.invitee for i in tx.invitations.of(partnership_id=here)] == ["Bob", "(erased)"]
        assert tx.invitations.invitation(token=waiting)


def test_who_runs_the_house_is_who_can_sign_in_to(store):
    ids = [a_user(store, str(number)) for number in range(3)]
    here = a_partnership(store)
    with store.begin() as tx:
        for user_id in ids[:2]:
            tx.people.add_membership(user_id=user_id, partnership_id=None, role=Role.ADMINISTRATOR)
        tx.people.add_membership(user_id=ids[2], partnership_id=here, role=Role.ADMINISTRATOR)
        nameless = tx.people.add_user(name="No password yet", sign_in="none")
        tx.people.add_membership(user_id=nameless, partnership_id=None, role=Role.ADMINISTRATOR)
        assert tx.people.house_administrators() == tuple(ids[:2])
        assert [m.user_id for m in tx.people.all_memberships()] == [*ids, nameless]
        tx.people.disable(user_id=ids[0])
        assert tx.people.house_administrators() == (ids[1],)


def test_of_two_who_close_each_others_account_at_once_one_still_runs_the_house(store):
    ids = [a_user(store, str(number)) for number in range(2)]
    with store.begin() as tx:
        for user_id in ids:
            tx.people.add_membership(user_id=user_id, partnership_id=None, role=Role.ADMINISTRATOR)

    def close(user_id):
        with store.begin() as tx:
            if set(tx.people.house_administrators()) - {user_id}:
                tx.people.disable(user_id=user_id)

    threads = [threading.Thread(target=close, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.begin() as tx:
        assert len(tx.people.house_administrators()) == 1


def test_a_role_is_held_once_and_a_person_may_hold_several(store):
    user_id, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        head = tx.people.add_membership(user_id=user_id, partnership_id=here, role=Role.HEAD, urn=100001)
        assert tx.people.add_membership(user_id=user_id, partnership_id=here, role=Role.HEAD, urn=100001) is None
        assert tx.people.add_membership(user_id=user_id, partnership_id=here, role=Role.HEAD, urn=100002)
        assert tx.people.add_membership(user_id=user_id, partnership_id=here, role=Role.CHAIR)
        assert tx.people.add_membership(user_id=user_id, partnership_id=here, role=Role.CHAIR) is None
        assert tx.people.add_membership(user_id=user_id, partnership_id=None, role=Role.ADMINISTRATOR)
        assert tx.people.add_membership(user_id=user_id, partnership_id=None, role=Role.ADMINISTRATOR) is None
        assert [(m.role, m.urn) for m in tx.people.members(partnership_id=here)] == [
            (Role.HEAD, 100001),
            (Role.HEAD, 100002),
            (Role.CHAIR, None),
        ]
        assert not tx.people.end_membership(partnership_id=None, membership_id=head)
        assert tx.people.end_membership(partnership_id=here, membership_id=head)
        assert [m.role for m in tx.people.memberships_of(user_id=user_id)] == [Role.HEAD, Role.CHAIR, Role.ADMINISTRATOR]


@pytest.mark.parametrize(
    "membership",
    [
        {"role": Role.HEAD, "urn": None},
        {"role": Role.BOARD, "urn": 100001},
        {"role": Role.BOARD, "partnership_id": None},
    ],
)
def test_a_head_has_a_school_and_everyone_but_an_administrator_a_partnership(store, membership):
    user_id, here = a_user(store), a_partnership(store)
    with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
        tx.people.add_membership(**{"user_id": user_id, "partnership_id": here, **membership})


# --- invitations ---


def invite(store, here, **changes):
    with store.begin() as tx:
        return tx.invitations.invite(**{"partnership_id": here, "role": Role.HEAD, "urn": 100001, "invitee": "Ann", "by": None, **changes})


def use(store, token, user_id):
    with store.begin() as tx:
        return tx.invitations.use(token=token, user_id=user_id)


def test_an_invitation_makes_a_member_once(store):
    user_id, here = a_user(store), a_partnership(store)
    token = invite(store, here)
    with store.read() as tx:
        assert tx.invitations.invitation(token=token).invitee == "Ann"
        assert tx.invitations.invitation(token=token[:-1]) is None
    assert use(store, token, user_id).used_by == user_id
    assert use(store, token, a_user(store, "bob")) is None
    with store.read() as tx:
        assert tx.invitations.invitation(token=token) is None
        assert [(m.user_id, m.role, m.urn) for m in tx.people.members(partnership_id=here)] == [(user_id, Role.HEAD, 100001)]
        assert [i.used_by for i in tx.invitations.of(partnership_id=here)] == [user_id]


def test_of_many_who_use_an_invitation_at_once_one_becomes_a_member(store):
    here, people = a_partnership(store), [a_user(store, str(number)) for number in range(6)]
    token, used = invite(store, here), []
    threads = [threading.Thread(target=lambda user_id=user_id: used.append(use(store, token, user_id))) for user_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(invitation is not None for invitation in used) == 1
    with store.read() as tx:
        assert len(tx.people.members(partnership_id=here)) == 1


def test_an_invitation_that_is_late_or_withdrawn_is_useless(store, later):
    user_id, here = a_user(store), a_partnership(store)
    withdrawn, late = invite(store, here), invite(store, here, days=7)
    with store.begin() as tx:
        newest, oldest = tx.invitations.of(partnership_id=here)
        assert not tx.invitations.withdraw(partnership_id=a_partnership_of(tx), invitation_id=oldest.id)
        assert tx.invitations.withdraw(partnership_id=here, invitation_id=oldest.id)
        assert not tx.invitations.withdraw(partnership_id=here, invitation_id=oldest.id)
        assert newest.withdrawn_at is None
    later(minutes=7 * 24 * 60)
    assert use(store, withdrawn, user_id) is None
    assert use(store, late, user_id) is None


def a_partnership_of(tx):
    return tx.partnerships.create(name="Others", by=None)


def test_no_secret_of_a_link_or_cookie_is_kept(store, database):
    user_id, here = a_user(store), a_partnership(store)
    invitation = invite(store, here)
    with store.begin() as tx:
        cookie = tx.sessions.open_session(user_id=user_id)
        link = tx.password_links.make(user_id=user_id, by=user_id)
    with store._engines.reader.begin() as connection:
        kept = [
            repr(row)
            for table in ("invitations", "sessions", "password_links")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    assert len(kept) == 3
    assert not any(secret in row for secret in (invitation, cookie, link) for row in kept)


def test_secrets_are_256_random_bits_and_none_comes_twice(store):
    made = [new_token() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {len(base64.urlsafe_b64decode(f"{one}=")) for one in made} == {32}
    ones = sum(int.from_bytes(base64.urlsafe_b64decode(f"{one}=")).bit_count() for one in made)
    assert abs(ones - 128_000) < 2_000  # eight times the deviation of fair bits
    random.seed(1)
    first = new_token()
    random.seed(1)
    assert new_token() != first  # nothing that a seed could tell
    user_id, here = a_user(store), a_partnership(store)
    given = [invite(store, here)]
    with store.begin() as tx:
        given += [
            tx.sessions.open_session(user_id=user_id), tx.password_links.make(user_id=user_id, by=user_id),
            tx.tokens.make(user_id=user_id, name="Finance", days=30).removeprefix("planner_"),
        ]  # fmt: skip
    assert {len(one) for one in given} == {43}


# --- password links ---


def password_link(store, user_id):
    with store.begin() as tx:
        return tx.password_links.make(user_id=user_id, by=user_id)


def owner(store, token):
    with store.read() as tx:
        return tx.password_links.user_id(token=token)


def spend(store, token):
    with store.begin() as tx:
        return tx.password_links.use(token=token)


def test_a_password_link_works_once(store):
    user_id = a_user(store)
    token = password_link(store, user_id)
    assert owner(store, token) == user_id
    assert owner(store, token[:-1]) is None
    assert spend(store, token[:-1]) is None
    assert spend(store, token) == user_id
    assert owner(store, token) is spend(store, token) is None


def test_a_password_link_works_for_a_day(store, later):
    user_id = a_user(store)
    token = password_link(store, user_id)
    later(minutes=24 * 60 - 1)
    with store.read() as tx:
        assert tx.password_links.waits_until(user_id=user_id) == pytest.approx(tx.now + 60_000, abs=20_000)
    assert owner(store, token) == user_id
    later(minutes=1)
    with store.read() as tx:
        assert tx.password_links.waits_until(user_id=user_id) is None
    assert owner(store, token) is spend(store, token) is None


def test_a_new_password_link_or_password_ends_the_one_before_and_others_stay(store):
    user_id, other_id = a_user(store), a_user(store, "bob")
    others, old, new = (password_link(store, who) for who in (other_id, user_id, user_id))
    assert [owner(store, token) for token in (others, old, new)] == [other_id, None, user_id]
    with store.begin() as tx:
        tx.people.set_password_hash(user_id=user_id, password_hash="another")
    assert [owner(store, token) for token in (others, new)] == [other_id, None]


def test_a_password_link_does_not_open_a_disabled_account(store):
    user_id = a_user(store)
    token = password_link(store, user_id)
    with store.begin() as tx:
        tx.people.disable(user_id=user_id)
    assert owner(store, token) is spend(store, token) is None


def test_of_many_who_use_or_make_a_password_link_at_once_one_has_it(store):
    user_id, used = a_user(store), []
    token = password_link(store, user_id)
    threads = [threading.Thread(target=lambda: used.append(spend(store, token))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(used, key=str) == [user_id, *[None] * 5]
    made = []
    threads = [threading.Thread(target=lambda: made.append(password_link(store, user_id))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(owner(store, token) is not None for token in made) == 1


# --- sessions ---


def session(store, token):
    with store.read() as tx:
        return tx.sessions.session(token=token)


def touch(store, token):
    with store.begin() as tx:
        return tx.sessions.touch(token=token)


def test_a_session_ends_after_30_minutes_idle_and_12_hours_at_most(store, later):
    user_id = a_user(store)
    with store.begin() as tx:
        idle, busy = (tx.sessions.open_session(user_id=user_id, browser="Firefox") for _ in range(2))
    assert session(store, idle).user_id == user_id
    later(minutes=29)
    assert touch(store, busy)
    later(minutes=2)
    assert session(store, idle) is None
    assert not touch(store, idle)
    for _ in range(25):
        assert session(store, busy) is not None
        assert touch(store, busy)
        later(minutes=27)
    later(minutes=14)
    assert session(store, busy) is None
    assert not touch(store, busy)
    with store.begin() as tx:
        assert tx.sessions.sweep() == 2


def test_a_session_is_touched_once_a_minute_at_most(store, later):
    user_id = a_user(store)
    with store.begin() as tx:
        token = tx.sessions.open_session(user_id=user_id)
    for seconds, is_due in ((0, False), (58, False), (3, True)):
        later(seconds=seconds)
        with store.read() as tx:
            assert tx.sessions.is_due(tx.sessions.session(token=token)) == is_due


def test_sessions_are_ended_one_by_one_or_all_but_mine(store):
    user_id, other_id = a_user(store), a_user(store, "bob")
    with store.begin() as tx:
        tokens = [tx.sessions.open_session(user_id=user_id) for _ in range(4)]
        others = tx.sessions.open_session(user_id=other_id)
    with store.begin() as tx:
        assert tx.sessions.revoke(token=tokens[0])
        assert not tx.sessions.revoke(token=tokens[0])
        assert tx.sessions.revoke_all(user_id=user_id, but=tokens[3]) == 2
        assert len(tx.sessions.of(user_id=user_id)) == 1
    assert [session(store, token) is not None for token in (*tokens, others)] == [False, False, False, True, True]
    with store.begin() as tx:
        assert tx.sessions.revoke_all(user_id=user_id) == 1


def test_a_disabled_person_is_out_at_once(store):
    user_id = a_user(store)
    with store.begin() as tx:
        token = tx.sessions.open_session(user_id=user_id)
        assert tx.people.disable(user_id=user_id)
        assert not tx.people.disable(user_id=user_id)
    assert session(store, token) is None
    with store.begin() as tx:
        assert tx.people.enable(user_id=user_id)
    assert session(store, token) is not None


# --- the brake ---


def try_once(store, sign_in="ann", network="10.0.0.1"):
    with store.begin() as tx:
        return tx.throttle.wait_before_try(sign_in=sign_in, network=network)


def test_an_account_is_tried_ten_times_in_15_minutes(store, later):
    for _ in range(TRIES_OF_ACCOUNT):
        assert try_once(store, network=str(_)) == 0
        later(seconds=30)
    wait = try_once(store, sign_in=" ANN ", network="elsewhere")
    assert 9.9 * 60_000 < wait <= 10 * 60_000
    assert try_once(store, sign_in="bob") == 0
    later(minutes=9)
    assert try_once(store) > 0
    later(minutes=1)
    assert try_once(store) == 0
    assert try_once(store) > 0


def test_a_network_is_braked_over_all_accounts(store, later):
    for number in range(TRIES_OF_NETWORK):
        assert try_once(store, sign_in=str(number)) == 0
    assert try_once(store, sign_in="one more") > 0
    assert try_once(store, sign_in="one more", network="10.0.0.2") == 0
    later(minutes=15)
    assert try_once(store, sign_in="one more") == 0
    with store._engines.reader.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sign_in_tries").scalar_one() == 1


def test_the_right_password_forgets_the_tries(store):
    for _ in range(3 * TRIES_OF_ACCOUNT):
        assert try_once(store) == 0
        with store.begin() as tx:
            tx.throttle.succeeded(sign_in="Ann")


def test_many_tries_at_once_do_not_slip_through(store):
    waits = []
    threads = [threading.Thread(target=lambda: waits.extend(try_once(store) for _ in range(5))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 30
    assert sum(wait == 0 for wait in waits) == TRIES_OF_ACCOUNT


def test_people_of_one_name_are_listed_in_the_order_they_came_with_their_roles_together(store):
    here, there = a_partnership(store), a_partnership(store, "Others")
    with store.begin() as tx:
        ids = [tx.people.add_user(name=name, sign_in=sign_in) for name, sign_in in (("Jo", "1"), ("Al", "2"), ("Jo", "3"))]
        for role in (Role.CHAIR, Role.BOARD):
            for user_id in reversed(ids):
                tx.people.add_membership(user_id=user_id, partnership_id=here, role=role)
        tx.people.add_membership(user_id=ids[0], partnership_id=there, role=Role.COMMISSIONER)
        tx.people.disable(user_id=ids[1])
        at = tx.now
        members = tx.people.members(partnership_id=here)
        assert [user.id for user in tx.people.users()] == [ids[1], ids[0], ids[2]]
        assert [m.role for m in tx.people.members(partnership_id=there)] == [Role.COMMISSIONER]
    assert [(m.user_id, m.role, m.disabled_at) for m in members] == [
        (ids[1], Role.CHAIR, at), (ids[1], Role.BOARD, at),
        (ids[0], Role.CHAIR, None), (ids[0], Role.BOARD, None),
        (ids[2], Role.CHAIR, None), (ids[2], Role.BOARD, None),
    ]  # fmt: skip


def test_a_person_is_kept_as_added_and_one_without_a_password_too(store):
    with store.begin() as tx:
        user_id = tx.people.add_user(name="Jo", sign_in=" Jo@Example.ORG", password_hash="hash")
        without = tx.people.add_user(name="Al", sign_in="al")
        at = tx.now
        assert tx.people.user(user_id=user_id) == User(
            id=user_id, name="Jo", sign_in="jo@example.org", password_hash="hash", created_at=at, disabled_at=None, version=1
        )
        assert tx.people.user(user_id=without).password_hash is None
        with pytest.raises(AlreadyTaken, match=r"JO@example\.org already has an account"):
            tx.people.add_user(name="Other", sign_in="JO@example.org")


def test_erasing_somebody_keeps_when_they_were_closed_and_touches_nobody_else(store, later):
    user_id, other_id, here = a_user(store), a_user(store, "bob"), a_partnership(store)
    with store.begin() as tx:
        for person in (user_id, other_id):
            tx.people.add_membership(user_id=person, partnership_id=here, role=Role.BOARD)
            tx.tokens.make(user_id=person, name="T", days=1)
            tx.provider_sign_ins.enter(user_id=person, issuer="i", address=None, subject=str(person), by=other_id)
        others = tx.sessions.open_session(user_id=other_id), tx.password_links.make(user_id=other_id, by=user_id)
        tx.people.disable(user_id=user_id)
        closed_at = tx.now
    later(minutes=1)
    with store.begin() as tx:
        assert not tx.people.erase(user_id=other_id + 9)
        assert tx.people.erase(user_id=user_id)
        gone = tx.people.user(user_id=user_id)
        assert (gone.name, gone.disabled_at, gone.version) == ("(erased)", closed_at, 2)
        assert tx.provider_sign_ins.entered(user_id=user_id) is None
        assert tx.tokens.of(user_id=user_id) == ()
        assert [m.user_id for m in tx.people.members(partnership_id=here)] == [other_id]
        assert tx.provider_sign_ins.entered(user_id=other_id) is not None
        assert len(tx.tokens.of(user_id=other_id)) == 1
        assert tx.sessions.session(token=others[0]) is not None
        assert tx.password_links.user_id(token=others[1]) == other_id


def test_an_invitation_is_told_as_it_was_given_and_as_it_ended(store, later):
    by, user_id, here = a_user(store, "by"), a_user(store), a_partnership(store)
    with store.begin() as tx:
        token = tx.invitations.invite(partnership_id=here, role=Role.HEAD, invitee="Ann", urn=900001, by=by)
        house = tx.invitations.invite(partnership_id=None, role=Role.ADMINISTRATOR, invitee="Bob", by=None, days=2)
        invited_at = tx.now
    later(minutes=1)
    with store.begin() as tx:
        used = tx.invitations.use(token=token, user_id=user_id)
        used_at = tx.now
        assert tx.invitations.of(partnership_id=here) == (used,)
        (waiting,) = tx.invitations.of(partnership_id=None)
        assert tx.invitations.invitation(token=house) == waiting
        (membership,) = tx.people.memberships_of(user_id=user_id)
        assert (membership.granted_by, membership.since, membership.partnership_id) == (by, used_at, here)
    assert used == Invitation(
        id=used.id, partnership_id=here, role=Role.HEAD, urn=900001, invitee="Ann", invited_by=by, invited_at=invited_at,
        expires_at=invited_at + 14 * DAY, used_at=used_at, used_by=user_id, withdrawn_at=None,
    )  # fmt: skip
    assert (waiting.partnership_id, waiting.urn, waiting.invited_by, waiting.expires_at) == (None, None, None, invited_at + 2 * DAY)
    with store.begin() as tx:
        assert not tx.invitations.withdraw(partnership_id=here, invitation_id=used.id), "it is used"
        assert tx.invitations.withdraw(partnership_id=None, invitation_id=waiting.id)
        assert tx.invitations.of(partnership_id=None)[0].withdrawn_at == tx.now


def test_a_session_is_told_with_its_browser_and_its_times_newest_first(store, later):
    user_id, other_id = a_user(store), a_user(store, "bob")
    with store.begin() as tx:
        token = tx.sessions.open_session(user_id=user_id, browser="F" * 300)
        tx.sessions.open_session(user_id=other_id)
        opened_at = tx.now
    later(minutes=1)
    with store.begin() as tx:
        assert tx.sessions.touch(token=token)
        seen_at = tx.now
        tx.sessions.open_session(user_id=user_id)
        newest, oldest = tx.sessions.of(user_id=user_id)
        assert [(one.browser, one.seen_at) for one in tx.sessions.of(user_id=other_id)] == [("", opened_at)]
    assert (oldest.user_id, oldest.browser, oldest.opened_at, oldest.seen_at, oldest.expires_at) == (
        user_id, "F" * 200, opened_at, seen_at, opened_at + 12 * 60 * 60_000,
    )  # fmt: skip
    assert (newest.browser, newest.opened_at) == ("", seen_at)
    with store.begin() as tx:
        assert tx.sessions.sweep() == 0
