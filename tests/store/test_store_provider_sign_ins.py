"""Who may sign in through the provider, and visits to it, on both databases."""

from __future__ import annotations

import threading

import pytest
from stored import a_user

from planner.errors import AlreadyTaken
from planner.store.provider_sign_ins import ProviderSignIns

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
        with pytest.raises(AlreadyTaken):
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
