"""What partnerships bring: versions, uploads, confirmations and queries; and the sealed log."""

import hashlib
import json
import random
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from builders import two_schools
from stored import DOCUMENT, a_partnership, a_user

from planner.documents import sha256_of, to_plain
from planner.errors import ChangedMeanwhile, InputMustBeMended
from planner.store import Decision, QueryState, Transaction
from planner.store.events import ChainCheck, Event
from planner.store.partnerships import PartnershipRow
from planner.store.room import DAY
from planner.store.schools import Confirmation, Query
from planner.store.uploads import MOST_BY_HAND, MOST_WAITING, Upload


def test_versions_are_numbered_and_the_second_of_two_who_add_one_is_told(store):
    by, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        second = tx.partnerships.add_version(partnership_id=here, document={**DOCUMENT, "council": "Surrey"}, note="2", by=by, based_on=1)
    assert second.version == 2
    assert second.sha256 == sha256_of(second.document)
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.partnerships.add_version(partnership_id=here, document=DOCUMENT, note="also 2", by=by, based_on=1)
    with store.read() as tx:
        assert tx.partnerships.latest(partnership_id=here) == second == tx.partnerships.version(partnership_id=here, version=2)
        assert [(v.version, v.note) for v in tx.partnerships.versions(partnership_id=here)] == [(2, "2"), (1, "first")]
        assert tx.policies.latest(partnership_id=here).version == 1
        assert tx.partnerships.version(partnership_id=here, version=3) is None
        assert tx.partnerships.version(partnership_id=here + 1, version=1) is None
        assert (tx.partnerships.partnership(partnership_id=here).latest_version, len(tx.partnerships.partnerships())) == (2, 1)


def test_a_partnership_without_versions_has_no_latest(store):
    with store.begin() as tx:
        here = tx.partnerships.create(name="New", by=None)
        assert tx.partnerships.latest(partnership_id=here) is None
        assert tx.policies.latest(partnership_id=here) is None


def test_of_many_who_add_a_version_at_once_one_is_kept(store):
    here, told = a_partnership(store), []

    def add(number):
        try:
            with store.begin() as tx:
                tx.policies.add_version(partnership_id=here, document={"number": number}, note="", by=None, based_on=1)
            told.append("kept")
        except ChangedMeanwhile:
            told.append("told")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["kept"] + ["told"] * 5
    with store.read() as tx:
        assert len(tx.policies.versions(partnership_id=here)) == 2


def test_uploads_wait_a_day_and_are_taken_once(store, later):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")
    content, findings = bytes(range(256)) * 4, [{"sheet": "Schools", "row": 3, "what": "No URN."}]
    with store.begin() as tx:
        ids = [
            tx.uploads.add(partnership_id=here, file_name=f"{n}.xlsx", content=content, findings=findings, document=None, by=by)
            for n in range(3)
        ]
    with store.begin() as tx:
        assert tx.uploads.content(partnership_id=here, upload_id=ids[0]) == content
        assert tx.uploads.content(partnership_id=there, upload_id=ids[0]) is None
        assert tx.uploads.upload(partnership_id=here, upload_id=ids[0]).document is None
        assert tx.uploads.upload(partnership_id=there, upload_id=ids[0]) is None
        assert tx.uploads.take(partnership_id=there, upload_id=ids[0]) is None
        assert tx.uploads.take(partnership_id=here, upload_id=ids[0]).findings == findings
        assert tx.uploads.take(partnership_id=here, upload_id=ids[0]) is None
        assert not tx.uploads.drop(partnership_id=there, upload_id=ids[1])
        assert tx.uploads.drop(partnership_id=here, upload_id=ids[1])
        assert [(u.id, u.findings) for u in tx.uploads.waiting(partnership_id=here)] == [(ids[2], findings)]
    later(minutes=24 * 60)
    with store.begin() as tx:
        assert tx.uploads.take(partnership_id=here, upload_id=ids[2]) is None
        assert tx.uploads.sweep() == 1
    with store.begin() as tx:
        assert tx.uploads.add(partnership_id=here, file_name="", content=b"", findings=[], document=None, by=by) not in ids


def test_no_more_uploads_wait_than_a_partnership_needs(store, later):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")

    def add(where):
        with store.begin() as tx:
            tx.uploads.add(partnership_id=where, file_name="1.xlsx", content=b"", findings=[], document=None, by=by)

    for _ in range(MOST_WAITING):
        add(here)
    with pytest.raises(InputMustBeMended, match="wait already"):
        add(here)
    add(there)
    later(minutes=24 * 60)
    add(here)


def test_edited_workbooks_take_no_place_of_figures_and_a_person_has_few(store):
    by, other, here = a_user(store), a_user(store, "other"), a_partnership(store)

    def add(plan_id, by):
        with store.begin() as tx:
            tx.uploads.add(partnership_id=here, file_name="1.xlsx", content=b"", findings={"plan": plan_id}, document=None, by=by)

    def add_figures():
        with store.begin() as tx:
            tx.uploads.add(partnership_id=here, file_name="1.xlsx", content=b"", findings={"findings": []}, document=None, by=by)

    for _ in range(MOST_WAITING):
        add_figures()
    for plan_id in range(1, MOST_BY_HAND + 1):
        add(plan_id, by)
    add(1, other)
    with pytest.raises(InputMustBeMended, match="of yours wait already"):
        add(MOST_BY_HAND + 1, by)
    with store.begin() as tx:
        assert [one.plan_id for one in tx.uploads.by_hand(partnership_id=here, by=by)] == [3, 2, 1]
        tx.uploads.check_room_by_hand(partnership_id=here, plan_id=1, by=by)
        figures = [one.id for one in tx.uploads.waiting(partnership_id=here) if one.plan_id is None]
        assert tx.uploads.drop(partnership_id=here, upload_id=figures[0])
    add_figures()


def test_a_head_confirms_a_version_of_the_school_once(store):
    by, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        assert tx.schools.confirm(partnership_id=here, urn=100001, version=1, user_id=by)
        assert not tx.schools.confirm(partnership_id=here, urn=100001, version=1, user_id=by)
        assert [(c.urn, c.user_id) for c in tx.schools.confirmations(partnership_id=here, version=1)] == [(100001, by)]
        assert tx.schools.confirmations(partnership_id=here, version=2) == ()
    with pytest.raises(sa.exc.IntegrityError), store.begin() as tx:
        tx.schools.confirm(partnership_id=here, urn=100001, version=2, user_id=by)


def test_a_query_is_opened_answered_and_closed_and_nobody_is_overwritten(store):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")
    with store.begin() as tx:
        query_id = tx.schools.open_query(partnership_id=here, urn=100001, line="Grant", question="Why less?", by=by)
        tx.schools.answer_query(
            partnership_id=here, query_id=query_id, answer="Fewer pupils.", decided=Decision.RIGHT, by=by, version=1
        )  # fmt: skip
    for change in ({"partnership_id": here, "version": 1}, {"partnership_id": there, "version": 2}):
        with pytest.raises(ChangedMeanwhile), store.begin() as tx:
            tx.schools.answer_query(query_id=query_id, answer="Other.", decided=Decision.BOARD, by=by, **change)
    with store.begin() as tx:
        assert tx.schools.query(partnership_id=here, query_id=query_id).state is QueryState.ANSWERED
        assert [(a.answer, a.decided, a.answered_by) for a in tx.schools.answers(partnership_id=here)] == [
            ("Fewer pupils.", Decision.RIGHT, by)
        ]
        tx.schools.close_query(partnership_id=here, query_id=query_id, by=by, version=2)
        query = tx.schools.query(partnership_id=here, query_id=query_id)
        assert (query.state, query.answer, query.closed_by, query.version) == (QueryState.CLOSED, "Fewer pupils.", by, 3)
        assert tx.schools.query(partnership_id=there, query_id=query_id) is None
        assert tx.schools.queries(partnership_id=here) == tx.schools.queries(partnership_id=here, urn=100001) == (query,)
        assert tx.schools.queries(partnership_id=here, urn=100002) == tx.schools.queries(partnership_id=there) == ()
    with pytest.raises(ChangedMeanwhile, match="changed this query"), store.begin() as tx:
        tx.schools.close_query(partnership_id=here, query_id=query_id, by=by, version=3)


def test_a_later_answer_stands_beside_the_one_before(store):
    by, here, there = a_user(store), a_partnership(store), a_partnership(store, "Others")
    with store.begin() as tx:
        first, other = (tx.schools.open_query(partnership_id=here, urn=100001, line=line, question="Why?", by=by) for line in "ab")
        for number, decided in enumerate((Decision.RIGHT, Decision.CORRECTED), 1):
            tx.schools.answer_query(
                partnership_id=here, query_id=first, answer=f"Answer {number}.", decided=decided, by=by, version=number
            )  # fmt: skip
        tx.schools.answer_query(partnership_id=here, query_id=other, answer="To the board.", decided=Decision.BOARD, by=by, version=1)
    with store.read() as tx:
        assert [(a.answer, a.decided) for a in tx.schools.answers(partnership_id=here, query_id=first)] == [
            ("Answer 1.", Decision.RIGHT),
            ("Answer 2.", Decision.CORRECTED),
        ]
        assert [a.query_id for a in tx.schools.answers(partnership_id=here)] == [first, first, other]
        assert tx.schools.answers(partnership_id=there) == ()
        assert tx.schools.query(partnership_id=here, query_id=first).answer == "Answer 2."


def test_partnerships_are_listed_by_name_with_who_made_them_and_their_newest_versions(store):
    by = a_user(store)
    zebra, alder, second = a_partnership(store, "Zebra", by), a_partnership(store, "Alder"), a_partnership(store, "Alder")
    with store.begin() as tx:
        at = tx.now
        new = tx.partnerships.create(name="New", by=by)
        tx.policies.add_version(partnership_id=zebra, document=DOCUMENT, note="2", by=by, based_on=1)
        rows = tx.partnerships.partnerships()
        assert tx.partnerships.partnership(partnership_id=new) == PartnershipRow(
            id=new, name="New", created_at=at, created_by=by, latest_version=0, latest_policy=0
        )
        assert tx.partnerships.partnership(partnership_id=new, held=True) == tx.partnerships.partnership(partnership_id=new)
        assert tx.partnerships.partnership(partnership_id=new + 1) is None
        version = tx.policies.version(partnership_id=zebra, version=2)
        row, _ = tx.policies.versions(partnership_id=zebra)
        assert len(tx.policies.versions(partnership_id=alder)) == 1
    assert [(row.id, row.latest_version, row.latest_policy) for row in rows] == [(alder, 1, 1), (second, 1, 1), (new, 0, 0), (zebra, 1, 2)]
    assert (version.partnership_id, version.version, version.note, version.made_by, version.made_at) == (zebra, 2, "2", by, at)
    assert (row.version, row.sha256, row.note, row.made_by, row.made_at) == (2, sha256_of(DOCUMENT), "2", by, at)


def test_who_comes_too_late_with_a_version_is_told_and_so_is_who_names_no_partnership(store):
    here = a_partnership(store)
    for where, based_on in ((here, 0), (here, 2), (here + 1, 0)):
        with pytest.raises(ChangedMeanwhile, match="newer version"), store.begin() as tx:
            tx.partnerships.add_version(partnership_id=where, document=DOCUMENT, note="", by=None, based_on=based_on)


def test_an_upload_is_kept_as_it_was_given_and_listed_newest_first(store, later):
    by, here = a_user(store), a_partnership(store)
    given = {"partnership_id": here, "content": b"bytes", "findings": {"findings": []}, "document": DOCUMENT, "by": by}
    with store.begin() as tx:
        first, second = (tx.uploads.add(**given, file_name=name) for name in ("1.xlsx", "2.xlsx"))
        at = tx.now
        upload = tx.uploads.upload(partnership_id=here, upload_id=first)
        assert [one.id for one in tx.uploads.waiting(partnership_id=here)] == [second, first]
        assert tx.uploads.by_hand(partnership_id=here, by=by) == ()
    assert upload == Upload(
        id=first, partnership_id=here, file_name="1.xlsx", findings={"findings": []}, document=DOCUMENT, uploaded_by=by, uploaded_at=at,
        expires_at=at + DAY,
    )  # fmt: skip
    later(minutes=24 * 60)
    with store.begin() as tx:
        assert tx.uploads.content(partnership_id=here, upload_id=first) is None
        assert tx.uploads.upload(partnership_id=here, upload_id=first) is None
        third = tx.uploads.add(**given, file_name="3.xlsx")
        assert [one.id for one in tx.uploads.waiting(partnership_id=here)] == [third]
        assert tx.uploads.sweep() == 2
        assert tx.uploads.sweep() == 0


def test_confirmations_are_told_by_school_and_in_the_order_they_were_given(store, later):
    ann, bob, here, there = a_user(store), a_user(store, "bob"), a_partnership(store), a_partnership(store, "Others")
    at = {}
    for where, urn, user_id in ((here, 100002, bob), (here, 100001, bob), (there, 100001, ann), (here, 100001, ann)):
        later(seconds=1)
        with store.begin() as tx:
            assert tx.schools.confirm(partnership_id=where, urn=urn, version=1, user_id=user_id)
            at[urn, user_id] = tx.now
    with store.read() as tx:
        assert tx.schools.confirmations(partnership_id=here, version=1) == tuple(
            Confirmation(partnership_id=here, urn=urn, version=1, user_id=user_id, at=at[urn, user_id])
            for urn, user_id in ((100001, bob), (100001, ann), (100002, bob))
        )


def test_a_query_tells_who_asked_answered_and_closed_it_and_when(store, later):
    by, other, closer, here = a_user(store), a_user(store, "bob"), a_user(store, "carl"), a_partnership(store)
    at = []
    with store.begin() as tx:
        query_id = tx.schools.open_query(partnership_id=here, urn=100001, line="Grant", question="Why less?", by=by)
        newer = tx.schools.open_query(partnership_id=here, urn=100002, line="Pupils", question="Why more?", by=by)
        at.append(tx.now)
        opened = tx.schools.query(partnership_id=here, query_id=query_id)
    later(seconds=5)
    with store.begin() as tx:
        tx.schools.answer_query(partnership_id=here, query_id=query_id, answer="So.", decided=Decision.RIGHT, by=other, version=1)
        at.append(tx.now)
        (answer,) = tx.schools.answers(partnership_id=here, query_id=query_id)
    later(seconds=5)
    with store.begin() as tx:
        tx.schools.close_query(partnership_id=here, query_id=query_id, by=closer, version=2)
        at.append(tx.now)
        closed = tx.schools.query(partnership_id=here, query_id=query_id)
        assert [query.id for query in tx.schools.queries(partnership_id=here)] == [newer, query_id]
    assert opened == Query(
        id=query_id, partnership_id=here, urn=100001, line="Grant", question="Why less?", plan_id=None, state=QueryState.OPEN, opened_by=by,
        opened_at=at[0], answer=None, answered_by=None, answered_at=None, closed_by=None, closed_at=None, version=1,
    )  # fmt: skip
    assert closed == replace(
        opened, state=QueryState.CLOSED, answer="So.", answered_by=other, answered_at=at[1], closed_by=closer, closed_at=at[2], version=3
    )
    assert (answer.query_id, answer.answer, answer.decided, answer.answered_by, answer.answered_at) == (
        query_id, "So.", Decision.RIGHT, other, at[1],
    )  # fmt: skip


# --- the log ---


def record(store, here, count=1):
    for number in range(count):
        with store.begin() as tx:
            tx.events.record(
                partnership_id=here, by=None, action="plan opened", subject=f"plan {number}", detail={"n": [1, 2.5, None, "é\0"]}
            )


def check(store, here):
    with store.read() as tx:
        return tx.events.verify_chain(partnership_id=here)


def test_events_are_chained_for_each_partnership_and_the_house(store):
    here, there = a_partnership(store), a_partnership(store, "Others")
    for chain, count in ((here, 3), (there, 2), (None, 4)):
        record(store, chain, count)
        assert check(store, chain).is_whole
        assert check(store, chain).events == count
        with store.read() as tx:
            assert (
                tx.events.head(partnership_id=chain) == check(store, chain).head_sha256 == tx.events.events(partnership_id=chain)[0].sha256
            )
            assert [e.seq for e in tx.events.events(partnership_id=chain, before=3)] == [2, 1]
            assert {e.partnership_id for e in tx.events.events(partnership_id=chain)} == {chain}
    empty = a_partnership(store, "Quiet")
    assert check(store, empty).is_whole
    with store.read() as tx:
        assert tx.events.head(partnership_id=empty) == ""


def test_words_that_look_like_entries_stay_within_their_own(store):
    here = a_partnership(store)
    record(store, here, 1)
    forged = '"}\n{"seq": 9, "action": "forged"}\r\n\u2028\0; DROP TABLE events; --'
    with store.begin() as tx:
        tx.events.record(partnership_id=here, by=None, action="tried", subject=forged, detail={"said": forged})
    assert (check(store, here).is_whole, check(store, here).events) == (True, 2)
    with store.read() as tx:
        last, _ = tx.events.events(partnership_id=here)
    assert (last.seq, last.action, last.detail) == (2, "tried", {"said": forged})
    assert last.subject == forged.replace("\0", "\ufffd")


def test_many_write_the_log_at_once_and_the_chain_is_whole(store):
    here = a_partnership(store)
    threads = [threading.Thread(target=record, args=(store, here, 10)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (check(store, here).is_whole, check(store, here).events) == (True, 50)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET action = 'nothing' WHERE seq = 2",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 2",
        "INSERT OR REPLACE INTO events SELECT 99, chain, seq, partnership_id, at, by, '', subject, detail, '', sha256 FROM events WHERE seq = 2",
        "TRUNCATE events",
    ],
)
def test_the_database_refuses_to_change_or_delete_events(store, database, statement):
    if ("TRUNCATE" if not database.is_postgres else "OR REPLACE") in statement:
        pytest.skip("the other database's words")
    record(store, a_partnership(store), 3)
    with pytest.raises(sa.exc.DBAPIError, match="events can only be added"), store._engines.writer.begin() as connection:
        connection.exec_driver_sql(statement)


def take_the_guard_away(connection, database):
    if database.is_postgres:
        connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER USER")
    else:
        for name in ("events_never_change", "events_never_go", "events_never_give_way"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


SPOILS = {
    "an edited action": "UPDATE events SET action = 'plan signed' WHERE seq = {n}",
    "an edited time": "UPDATE events SET at = at + 1 WHERE seq = {n}",
    "another person": "UPDATE events SET by = {user} WHERE seq = {n}",
    "an edited detail": "UPDATE events SET detail = '{{}}' WHERE seq = {n}",
    "a detail that is no data": "UPDATE events SET detail = 'words' WHERE seq = {n}",
    "a detail with a space more": "UPDATE events SET detail = detail || ' ' WHERE seq = {n}",
    "an edited seal": "UPDATE events SET sha256 = 'a' WHERE seq = {n}",
    "a removed event": "DELETE FROM events WHERE seq = {n}",
    "a removed end": "DELETE FROM events WHERE seq >= {n}",
    "two swapped": "",
    "a moved head": "UPDATE event_chains SET sha256 = 'a' WHERE seq = 20",
}


@pytest.mark.parametrize("what", SPOILS)
def test_the_chain_finds(store, database, what):
    here, user = a_partnership(store), a_user(store)
    record(store, here, 20)
    with store._engines.writer.begin() as connection:
        take_the_guard_away(connection, database)
    for n in {1, 20, *random.sample(range(2, 20), 4)}:
        connection = store._engines.writer.connect()
        spoil = connection.begin()
        if what == "two swapped":  # by way of a free number: seq is unique
            other = n % 20 + 1
            for old, new in ((n, -1), (other, n), (-1, other)):
                connection.exec_driver_sql(f"UPDATE events SET seq = {new} WHERE seq = {old}")
        else:
            connection.exec_driver_sql(SPOILS[what].format(n=n, user=user))
        checked = Transaction(connection, store.tick).events.verify_chain(partnership_id=here)
        spoil.rollback()
        connection.close()
        assert not checked.is_whole
        assert checked.broken_at == (21 if what == "a moved head" else min(n, n % 20 + 1) if what == "two swapped" else n)
    assert check(store, here).is_whole


def test_a_chain_made_anew_from_the_first_event_is_found_by_a_head_printed_before(store):
    """Whoever can rewrite the whole chain can seal it: that is why plans print its head."""
    here = a_partnership(store)
    record(store, here, 3)
    printed = check(store, here).head_sha256
    assert printed == check(store, here).head_sha256
    record(store, here)
    with store.read() as tx:
        assert printed in {event.sha256 for event in tx.events.events(partnership_id=here)}


def test_a_partnership_comes_back_from_the_store_as_it_went_in(store):
    partnership = two_schools().partnership
    here = a_partnership(store)
    with store.begin() as tx:
        tx.partnerships.add_version(partnership_id=here, document=to_plain(partnership), note="", by=None, based_on=1)
    with store.read() as tx:
        kept = tx.partnerships.latest(partnership_id=here)
    assert kept.partnership() == partnership
    assert kept.sha256 == sha256_of(to_plain(partnership))
    assert json.dumps(kept.document) == json.dumps(to_plain(partnership))


def test_an_event_tells_who_did_what_to_what_and_when(store):
    by, here = a_user(store), a_partnership(store)
    with store.begin() as tx:
        first = tx.events.record(partnership_id=here, by=by, action="plan opened", subject="plan 3", detail={"a": 1})
        second = tx.events.record(partnership_id=here, by=None, action="run failed")
        at = tx.now
        newest, oldest = tx.events.events(partnership_id=here)
        assert tx.events.holds(chain=here, seq=1, sha256=first)
        for other in ({"chain": here + 1}, {"seq": 2}, {"sha256": second}):
            assert not tx.events.holds(**{"chain": here, "seq": 1, "sha256": first, **other})
        assert [event.seq for event in tx.events.events(partnership_id=here, most=1)] == [2]
        assert tx.events.head(partnership_id=here + 1) == ""
    assert oldest == Event(
        id=oldest.id, chain=here, seq=1, partnership_id=here, at=at, by=by, action="plan opened", subject="plan 3", detail={"a": 1},
        previous_sha256="", sha256=first,
    )  # fmt: skip
    assert (newest.seq, newest.by, newest.subject, newest.detail, newest.previous_sha256, newest.sha256) == (2, None, "", {}, first, second)
    kept = {"chain": here, "seq": 1, "at": at, "by": by, "action": "plan opened", "subject": "plan 3", "detail": {"a": 1}}
    text = json.dumps({**kept, "previous_sha256": ""}, sort_keys=True, separators=(",", ":"))
    assert first == hashlib.sha256(text.encode("ascii")).hexdigest(), "anybody can seal it again by the page on formats"


def test_a_page_of_the_log_has_a_hundred_events(store):
    here = a_partnership(store)
    with store.begin() as tx:
        for _ in range(101):
            tx.events.record(partnership_id=here, by=None, action="seen")
        assert [event.seq for event in tx.events.events(partnership_id=here)] == list(range(101, 1, -1))


def test_every_chain_there_is_is_checked_and_the_broken_one_named(store, database):
    here, there = a_partnership(store), a_partnership(store, "Others")
    for chain, count in ((here, 3), (there, 2), (None, 1)):
        record(store, chain, count)
    with store.read() as tx:
        checked = tx.events.verify()
    assert {chain: (one.is_whole, one.events, one.broken_at) for chain, one in checked.items()} == {
        0: (True, 1, None), here: (True, 3, None), there: (True, 2, None),
    }  # fmt: skip
    with store._engines.writer.begin() as connection:
        take_the_guard_away(connection, database)
        connection.exec_driver_sql(f"UPDATE events SET subject = 'other' WHERE chain = {there} AND seq = 2")
    with store.read() as tx:
        broken = tx.events.verify()[there]
        first = tx.events.events(partnership_id=there, before=2)[0].sha256
        assert tx.events.verify()[here].is_whole
    assert broken == ChainCheck(is_whole=False, events=1, head_sha256=first, broken_at=2)
