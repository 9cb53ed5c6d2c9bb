"""Personal tokens: kept as a hash, with a last day, ended with their owner's account."""

import pytest
import sqlalchemy as sa
from stored import a_user

from planner.store.room import DAY
from planner.store.tables import tokens
from planner.store.throttle import TRIES_OF_ACCOUNT
from planner.store.tokens import BEGINS, MOST


def make(store, user_id, days=30):
    with store.begin() as tx:
        return tx.tokens.make(user_id=user_id, name="Finance", days=days)


def find(store, secret):
    with store.read() as tx:
        return tx.tokens.token(secret=secret)


def test_a_token_is_found_by_its_secret_of_which_only_a_hash_is_kept(store):
    user_id = a_user(store)
    secret, other = make(store, user_id), make(store, a_user(store, "bob"))
    assert find(store, secret).user_id == user_id
    assert find(store, secret + "x") is None
    assert secret.startswith(BEGINS)
    with store.read() as tx:
        kept = str(tx.tokens._connection.execute(sa.select(tokens)).all())
    assert secret.removeprefix(BEGINS) not in kept
    assert other.removeprefix(BEGINS) not in kept


def test_a_token_ends_on_its_last_day(store, later):
    secret = make(store, a_user(store))
    later(minutes=30 * 24 * 60 - 1)
    assert find(store, secret) is not None
    later(minutes=2)
    assert find(store, secret) is None


def test_only_the_owner_ends_a_token(store):
    user_id, other_id = a_user(store), a_user(store, "bob")
    secret = make(store, user_id)
    token_id = find(store, secret).id
    with store.begin() as tx:
        assert not tx.tokens.end(user_id=other_id, token_id=token_id)
        assert tx.tokens.end(user_id=user_id, token_id=token_id)
        assert not tx.tokens.end(user_id=user_id, token_id=token_id)
    assert find(store, secret) is None


@pytest.mark.parametrize("how", ["disable", "erase"])
def test_the_tokens_of_a_closed_account_end_for_good(store, how):
    user_id = a_user(store)
    secret = make(store, user_id)
    with store.begin() as tx:
        assert getattr(tx.people, how)(user_id=user_id)
        tx.people.enable(user_id=user_id)
    assert find(store, secret) is None
    with store.read() as tx:
        assert tx.tokens.of(user_id=user_id) == ()


def test_a_person_has_so_many_tokens_at_most(store):
    user_id = a_user(store)
    assert None not in [make(store, user_id) for _ in range(MOST)]
    assert make(store, user_id) is None
    with store.begin() as tx:
        tx.tokens.end(user_id=user_id, token_id=tx.tokens.of(user_id=user_id)[-1].id)
    assert make(store, user_id) is not None


def test_when_a_token_was_last_used_is_noted_once_a_minute_at_most(store, later):
    secret = make(store, a_user(store))
    with store.begin() as tx:
        token = tx.tokens.token(secret=secret)
        assert token.used_at is None
        assert tx.tokens.is_due(token)
        tx.tokens.touch(token_id=token.id)
    for seconds, is_due in ((58, False), (4, True)):
        later(seconds=seconds)
        with store.read() as tx:
            assert tx.tokens.is_due(tx.tokens.token(secret=secret)) == is_due


def test_to_look_how_long_to_wait_counts_no_try(store):
    tried = {"sign_in": "ann", "network": "10.0.0.1"}
    with store.begin() as tx:
        for _ in range(TRIES_OF_ACCOUNT):
            assert tx.throttle.wait(**tried) == 0
            assert tx.throttle.wait_before_try(**tried) == 0
        assert tx.throttle.wait(**tried) > 0


def test_a_persons_tokens_are_told_newest_first_with_their_names_and_days(store, later):
    user_id, other_id = a_user(store), a_user(store, "bob")
    with store.begin() as tx:
        tx.tokens.make(user_id=user_id, name="First", days=1)
        tx.tokens.make(user_id=other_id, name="Bob's", days=1)
        tx.tokens.make(user_id=user_id, name="Second", days=30)
        at = tx.now
        newest, oldest = tx.tokens.of(user_id=user_id)
        tx.tokens.touch(token_id=oldest.id)
    assert (oldest.name, oldest.user_id, oldest.made_at, oldest.expires_at, oldest.used_at) == ("First", user_id, at, at + DAY, None)
    assert (newest.name, newest.expires_at) == ("Second", at + 30 * DAY)
    with store.read() as tx:
        assert [token.used_at for token in tx.tokens.of(user_id=user_id)] == [None, at]
        assert [token.used_at for token in tx.tokens.of(user_id=other_id)] == [None], "nobody else's is touched"
    later(minutes=24 * 60)
    with store.read() as tx:
        assert [token.name for token in tx.tokens.of(user_id=user_id)] == ["Second"]
