"""Who may sign in through the provider, and visits to it, on both databases."""

from __future__ import annotations

import threading

import pytest
from stored import a_user

from planner.errors import AlreadyTaken
from planner.store.provider_sign_ins import ProviderPerson, ProviderSignIns, kept_address

HERE, ELSEWHERE = "https://sign-in.example", "https://other.example"


def enter(store, user_id, *, issuer=HERE, address=None, subject=None):
    with store.begin() as tx:
        tx.provider_sign_ins.enter(user_id=user_id, issuer=issuer, address=address, subject=subject, by=user_id)


def who(store, subject, address=None, *, issuer=HERE):
    with store.begin() as tx:
        found = tx.provider_sign_ins.person(issuer=issuer, subject=subject, address=address)
        return None if found is None else found.user_id


def test_an_address_binds_a_subject_once_and_another_issuer_counts_for_nothing(store):
    user = a_user(store)
    enter(store, user, address=" Jo@A.example ")
    assert who(store, "s", "jo@a.example", issuer=ELSEWHERE) is None
    assert who(store, "s", "JO@a.example") == user
    assert who(store, "t", "jo@a.example") is None
    assert who(store, "s") == user
    assert who(store, "S") is None


def test_what_one_account_has_no_other_gets(store):
    first, second = a_user(store, "first"), a_user(store, "second")
    enter(store, first, address="jo@a.example")
    for taken in ({"address": "JO@A.example"}, {"address": "jo@a.example", "subject": "s"}):
        with pytest.raises(AlreadyTaken, match="Another account has this"):
            enter(store, second, **taken)
    with pytest.raises(AlreadyTaken):
        enter(store, first, subject="another")
    enter(store, second, issuer=ELSEWHERE, address="jo@a.example")
    with store.begin() as tx:
        assert tx.provider_sign_ins.remove(user_id=first)
        assert not tx.provider_sign_ins.remove(user_id=first)


def test_of_many_who_come_first_with_one_address_one_is_bound(store):
    user = a_user(store)
    enter(store, user, address="jo@a.example")
    came, gate = [], threading.Barrier(4)

    def come(subject):
        gate.wait()
        came.append((subject, who(store, subject, "jo@a.example")))

    threads = [threading.Thread(target=come, args=(f"s{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    let_in = [subject for subject, found in came if found == user]
    assert len(let_in) == 1
    with store.read() as tx:
        assert tx.provider_sign_ins.entered(user_id=user).subject == let_in[0]


def test_of_two_who_come_first_with_one_subject_and_two_addresses_one_is_refused_plainly(store, monkeypatch):
    first, second = a_user(store), a_user(store, "second")
    for user, address in ((first, "jo@a.example"), (second, "jo@b.example")):
        enter(store, user, address=address)
    assert who(store, "s-1", "jo@a.example") == first
    # As at the same moment: neither sees that the other is bound.
    monkeypatch.setattr(ProviderSignIns, "_is_taken", lambda *_: False)
    monkeypatch.setattr(ProviderSignIns, "_open", unseen(ProviderSignIns._open))
    assert who(store, "s-1", "jo@b.example") is None
    with store.read() as tx:
        assert [tx.provider_sign_ins.entered(user_id=user).subject for user in (first, second)] == ["s-1", None]


def unseen(look):
    """The look that finds nobody by a subject, for whoever bound it has not ended yet."""

    def looked(room, issuer, *known_by):
        return None if len(known_by) == 1 else look(room, issuer, *known_by)

    return looked


def test_a_visit_is_finished_once_in_its_browser_within_ten_minutes(store, later):
    with store.begin() as tx:
        state, visit = tx.provider_sign_ins.begin_visit(browser="one", back="/")
        late, _ = tx.provider_sign_ins.begin_visit(browser="one", back="/")
    with store.begin() as tx:
        assert tx.provider_sign_ins.finish_visit(state=state, browser="two") is None
    with store.begin() as tx:
        assert tx.provider_sign_ins.finish_visit(state=state, browser="one") == visit
        assert tx.provider_sign_ins.finish_visit(state=state, browser="one") is None
    later(minutes=10)
    with store.begin() as tx:
        assert tx.provider_sign_ins.finish_visit(state=late, browser="one") is None


def test_how_the_provider_knows_somebody_is_kept_with_who_said_so_and_when_they_first_came(store, later):
    user, admin = a_user(store), a_user(store, "admin")
    with store.begin() as tx:
        tx.provider_sign_ins.enter(user_id=user, issuer=HERE, address=" Jo@A.example", subject=None, by=admin)
        entered_at = tx.now
        assert tx.provider_sign_ins.entered(user_id=admin) is None
    waiting = ProviderPerson(
        user_id=user, issuer=HERE, address="jo@a.example", subject=None, entered_by=admin, entered_at=entered_at, first_used_at=None
    )
    assert entered(store, user) == waiting
    later(minutes=5)
    with store.begin() as tx:
        assert tx.provider_sign_ins.person(issuer=HERE, subject="s", address="jo@a.example") == waiting
        first = tx.now
    later(minutes=5)
    assert who(store, "s", "another@a.example") == user, "by the subject alone, whatever the address has become"
    now = entered(store, user)
    assert (now.subject, now.address, now.first_used_at) == ("s", "jo@a.example", first), "the first time stays"


def entered(store, user_id):
    with store.read() as tx:
        return tx.provider_sign_ins.entered(user_id=user_id)


def test_a_subject_entered_by_hand_lets_in_without_an_address_and_binds_nobody_else(store):
    user, other = a_user(store), a_user(store, "other")
    enter(store, user, subject="s")
    enter(store, other, address="jo@a.example")
    assert entered(store, user).address is None
    assert who(store, "s") == user
    assert who(store, "s", "jo@a.example") == user, "the subject counts before the address"
    assert entered(store, other).subject is None
    assert who(store, "t", "") is None
    assert who(store, "t", None) is None
    assert who(store, "t", "jo@a.example") == other
    assert entered(store, user).subject == "s"


def test_a_disabled_account_is_let_in_neither_by_subject_nor_by_address_and_keeps_its_subject(store):
    closed, other, new = a_user(store), a_user(store, "other"), a_user(store, "new")
    enter(store, closed, subject="s")
    enter(store, other, address="jo@a.example")
    enter(store, new, address="new@a.example")
    with store.begin() as tx:
        tx.people.disable(user_id=closed)
        tx.people.disable(user_id=new)
    assert who(store, "s") is None
    assert who(store, "t", "new@a.example") is None
    assert who(store, "s", "jo@a.example") is None, "the subject is a closed account's and opens no other"
    assert entered(store, other).subject is None
    assert who(store, "s", "jo@a.example", issuer=ELSEWHERE) is None


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Jo@A.Example\n", "jo@a.example"), ("j\u043e@a.example", ""), ("\u212aim@a.example", ""), ("", "")]
)
def test_an_address_is_kept_without_capitals_and_one_of_letters_that_look_alike_matches_nothing(store, typed, kept):
    assert kept_address(typed) == kept
    user = a_user(store)
    enter(store, user, address=typed)
    assert who(store, "s", typed) == (user if kept else None)


def test_to_take_away_how_the_provider_knows_somebody_ends_it_for_them_alone(store):
    user, other = a_user(store), a_user(store, "other")
    enter(store, user, subject="s")
    enter(store, other, subject="t")
    with store.begin() as tx:
        assert tx.provider_sign_ins.remove(user_id=user)
    assert (who(store, "s"), who(store, "t")) == (None, other)
    enter(store, other := a_user(store, "third"), subject="s")
    assert who(store, "s") == other


def test_a_visit_takes_back_what_it_was_begun_with_and_its_secrets_are_kept_nowhere(store, later):
    with store.begin() as tx:
        state, visit = tx.provider_sign_ins.begin_visit(browser="one", back="/plans/3")
        state_2, visit_2 = tx.provider_sign_ins.begin_visit(browser="one", back="/")
    assert visit.back == "/plans/3"
    assert len({state, visit.nonce, visit.verifier, state_2, visit_2.nonce, visit_2.verifier}) == 6
    with store._engines.reader.begin() as connection:
        kept = str(connection.exec_driver_sql("SELECT state_hash, browser_hash FROM provider_visits").all())
    assert state not in kept
    assert "'one'" not in kept
    later(minutes=9)
    with store.begin() as tx:
        assert tx.provider_sign_ins.finish_visit(state=state_2 + "x", browser="one") is None
        assert tx.provider_sign_ins.finish_visit(state=state, browser="one") == visit
    later(minutes=1)
    with store.begin() as tx:
        tx.provider_sign_ins.begin_visit(browser="two", back="/")
    with store._engines.reader.begin() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM provider_visits").scalar_one()
    assert count == 1, "what is late is swept away as others begin"
