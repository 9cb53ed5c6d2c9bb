"""What lasts for a time ends at its last moment: to the millisecond before it counts, and from it on it does not."""

import pytest
from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.store import AnswerKind, AnswerState, RunState, answers, runs
from planner.store.house import SILENT
from planner.store.password_links import PasswordLinks
from planner.store.provider_sign_ins import VISIT
from planner.store.room import DAY, HOUR, MINUTE
from planner.store.throttle import TRIES_OF_ACCOUNT, TRIES_OF_NETWORK, WINDOW


@pytest.fixture
def by(store):
    return a_user(store)


@pytest.fixture
def here(store):
    return a_partnership(store)


def test_a_time_is_in_milliseconds():
    assert (MINUTE, HOUR, DAY) == (60_000, 3_600_000, 86_400_000)
    assert (runs.LEASE, answers.LEASE, SILENT, VISIT, WINDOW) == (30_000, 30_000, MINUTE, 10 * MINUTE, 15 * MINUTE)


def test_an_upload_waits_a_day(store, clock, by, here):
    with store.begin() as tx:
        number = tx.uploads.add(partnership_id=here, file_name="1.xlsx", content=b"", findings=[], document=None, by=by)
    clock(DAY - 1)
    with store.begin() as tx:
        assert tx.uploads.sweep() == 0
        assert tx.uploads.upload(partnership_id=here, upload_id=number) is not None
    clock(1)
    with store.begin() as tx:
        assert tx.uploads.upload(partnership_id=here, upload_id=number) is None
        assert tx.uploads.sweep() == 1


def test_an_invitation_a_password_link_and_a_token_end_on_their_last_day(store, clock, by, here):
    with store.begin() as tx:
        invitation = tx.invitations.invite(partnership_id=here, role="board", invitee="Bob", by=by, days=3)
        link, token = tx.password_links.make(user_id=by, by=by), tx.tokens.make(user_id=by, name="T", days=2)

    def there():
        with store.read() as tx:
            return [
                tx.password_links.user_id(token=link) is not None and tx.password_links.waits_until(user_id=by) is not None,
                tx.tokens.token(secret=token) is not None,
                tx.invitations.invitation(token=invitation) is not None,
            ]

    found = [there()]
    for _ in range(3):
        for step in (DAY - 1, 1):
            clock(step)
            found.append(there())
    assert found == [
        [True, True, True],
        [True, True, True], [False, True, True],
        [False, True, True], [False, False, True],
        [False, False, True], [False, False, False],
    ]  # fmt: skip


def test_a_session_and_a_token_are_touched_again_after_a_minute(store, clock, by):
    with store.begin() as tx:
        cookie, secret = tx.sessions.open_session(user_id=by), tx.tokens.make(user_id=by, name="T", days=2)
        tx.tokens.touch(token_id=tx.tokens.token(secret=secret).id)
    due = []
    for step in (MINUTE - 1, 1):
        clock(step)
        with store.read() as tx:
            due.append((tx.sessions.is_due(tx.sessions.session(token=cookie)), tx.tokens.is_due(tx.tokens.token(secret=secret))))
    assert due == [(False, False), (True, True)]


def test_a_session_ends_when_it_was_idle_for_30_minutes_or_is_12_hours_old(store, clock, by):
    with store.begin() as tx:
        idle, busy = tx.sessions.open_session(user_id=by), tx.sessions.open_session(user_id=by)

    def counts(token):
        with store.read() as tx:
            return tx.sessions.session(token=token) is not None

    clock(30 * MINUTE - 1)
    assert counts(idle)
    with store.begin() as tx:
        assert tx.sessions.touch(token=busy)
        assert tx.sessions.sweep() == 0
    clock(1)
    assert not counts(idle)
    with store.begin() as tx:
        assert not tx.sessions.touch(token=idle)
        assert tx.sessions.sweep() == 1
    for _ in range(23):
        with store.begin() as tx:
            assert tx.sessions.touch(token=busy)
        clock(30 * MINUTE - 1)
    with store.begin() as tx:
        assert tx.sessions.touch(token=busy)
    clock(22)
    with store.begin() as tx:
        assert tx.sessions.touch(token=busy), "12 hours less a millisecond"
    clock(1)
    assert not counts(busy)


def test_the_brake_holds_until_the_try_that_filled_it_is_15_minutes_old(store, clock):
    def wait(sign_in="ann", network="n"):
        with store.begin() as tx:
            return tx.throttle.wait_before_try(sign_in=sign_in, network=network)

    for _ in range(TRIES_OF_ACCOUNT):
        assert wait() == 0
        clock(1_000)
    assert wait() == WINDOW - TRIES_OF_ACCOUNT * 1_000
    assert wait(network="another") == WINDOW - TRIES_OF_ACCOUNT * 1_000
    clock(WINDOW - TRIES_OF_ACCOUNT * 1_000 - 1)
    assert wait() == 1
    clock(1)
    assert wait() == 0
    assert wait() == 1_000, "the next one is a second younger"


def test_the_brake_on_a_network_holds_for_every_account(store, clock):
    with store.begin() as tx:
        for number in range(TRIES_OF_NETWORK):
            assert tx.throttle.wait_before_try(sign_in=str(number), network="n") == 0
        assert tx.throttle.wait(sign_in="another", network="n") == WINDOW
        assert tx.throttle.wait(sign_in="another", network="other") == 0
        tx.throttle.succeeded(sign_in="0")
        assert tx.throttle.wait(sign_in="another", network="n") == 0


def test_a_visit_to_the_provider_ends_after_ten_minutes(store, clock):
    with store.begin() as tx:
        begun = [tx.provider_sign_ins.begin_visit(browser="b", back="/") for _ in range(2)]
    clock(VISIT - 1)
    with store.begin() as tx:
        assert tx.provider_sign_ins.finish_visit(state=begun[0][0], browser="b") == begun[0][1]
    clock(1)
    with store.begin() as tx:
        assert tx.provider_sign_ins.finish_visit(state=begun[1][0], browser="b") is None


def test_a_lease_holds_until_its_last_moment(store, clock, by, here):
    """Of a run, of an answer and of a roster alike."""
    a_run(store, here, by)
    finish(store, claim(store))
    a_run(store, here, by)
    run = claim(store)
    clock(runs.LEASE - 1)
    assert claim(store) is None
    with store.read() as tx:
        assert tx.runs.queue_place(partnership_id=here, run_id=run.id) is None
        plan = {"partnership_id": here, "plan_id": tx.plans.plans(partnership_id=here)[0].id}
    with store.begin() as tx:
        number = tx.rosters.ask(**plan, request={}, note="", by=by, based_on=None)
        assert tx.rosters.claim_next(worker="w").id == number
        answer = tx.answers.claim_next(worker="w")
        assert answer.kind is AnswerKind.CLAIMS
    clock(1)
    assert claim(store).id == run.id
    clock(runs.LEASE - 2)
    with store.begin() as tx:
        assert tx.rosters.claim_next(worker="w") is None
        assert tx.answers.claim_next(worker="w2", lease=1).id != answer.id
    clock(1)
    with store.begin() as tx:
        assert (tx.rosters.claim_next(worker="w").fence, tx.answers.claim_next(worker="w").id) == (2, answer.id)
    clock(1)
    with store.begin() as tx:
        assert tx.answers.claim_next(worker="w") is None, "a run waits again"
        assert tx.rosters.claim_next(worker="w") is None


def test_what_is_given_up_is_ended_at_that_moment(store, clock, by, here):
    a_run(store, here, by)
    finish(store, claim(store))
    with store.read() as tx:
        plan = {"partnership_id": here, "plan_id": tx.plans.plans(partnership_id=here)[0].id}
    with store.begin() as tx:
        number = tx.rosters.ask(**plan, request={}, note="", by=by, based_on=None)
    for _ in range(answers.MOST_ATTEMPTS):
        with store.begin() as tx:
            assert tx.rosters.claim_next(worker="w").id == number
            assert tx.answers.claim_next(worker="w").kind is AnswerKind.CLAIMS
        clock(answers.LEASE)
    with store.begin() as tx:
        tx.rosters.claim_next(worker="w")
        tx.answers.claim_next(worker="w")
        roster, answer = tx.rosters.version(**plan, version_id=number), tx.answers.answer(**plan, kind=AnswerKind.CLAIMS)
    for one in (roster, answer):
        assert (one.state, one.reason, one.ended_at) == (AnswerState.FAILED, answers.GAVE_UP, clock())
    a_run(store, here, by)
    run = claim(store, most_attempts=1)
    clock(runs.LEASE)
    assert claim(store, most_attempts=1) is None
    with store.read() as tx:
        failed = tx.runs.run(partnership_id=here, run_id=run.id)
    assert (failed.state, failed.ended_at, failed.changes) == (RunState.FAILED, clock(), 2)


def test_what_was_finished_at_the_last_attempt_stays_finished(store, clock, by, here):
    a_run(store, here, by)
    for _ in range(runs.MOST_ATTEMPTS):
        run = claim(store)
        clock(runs.LEASE)
    with store.begin() as tx:
        assert tx.runs.finish(run, document=PLAN), "its lease ran out and nobody took it"
        plan = {"partnership_id": here, "plan_id": tx.plans.plans(partnership_id=here)[0].id}
        number = tx.rosters.ask(**plan, request={}, note="", by=by, based_on=None)
    for _ in range(answers.MOST_ATTEMPTS):
        with store.begin() as tx:
            roster, answer = tx.rosters.claim_next(worker="w"), tx.answers.claim_next(worker="w")
        clock(answers.LEASE)
    with store.begin() as tx:
        assert tx.rosters.finish(roster, document={})
        assert tx.answers.finish(answer, document={})
        tx.runs.claim_next(worker="w")
        tx.rosters.claim_next(worker="w")
        tx.answers.claim_next(worker="w")
    with store.read() as tx:
        assert tx.runs.run(partnership_id=here, run_id=run.id).state is RunState.FINISHED
        assert tx.rosters.version(**plan, version_id=number).state is AnswerState.FINISHED
        assert tx.answers.answer(**plan, kind=answer.kind).state is AnswerState.FINISHED


def test_a_worker_is_there_for_a_minute_and_forgotten_after_a_day_and_failures_are_counted_for_one(store, clock, by, here):
    with store.begin() as tx:
        tx.house.seen(worker="one")
    clock(SILENT - 1)
    with store.read() as tx:
        assert len(tx.house.workers()) == 1
    clock(1)
    with store.read() as tx:
        assert tx.house.workers() == ()
    a_run(store, here, by)
    finish(store, claim(store))
    a_run(store, here, by)
    with store.begin() as tx:
        tx.runs.fail(tx.runs.claim_next(worker="w"), reason="No.")
        tx.answers.fail(tx.answers.claim_next(worker="w"), reason="No.")

    def names():
        with store._engines.reader.begin() as connection:
            return set(connection.exec_driver_sql("SELECT name FROM worker_beats").scalars())

    clock(DAY - SILENT)
    with store.begin() as tx:
        tx.house.seen(worker="two")
    assert names() == {"one", "two"}
    clock(1)
    with store.begin() as tx:
        tx.house.seen(worker="two")
    assert names() == {"two"}
    clock(SILENT - 2)
    with store.read() as tx:
        assert (tx.house.queue().runs_failed, tx.house.queue().answers_failed) == (1, 1)
    clock(1)
    with store.read() as tx:
        assert (tx.house.queue().runs_failed, tx.house.queue().answers_failed) == (0, 0)


def test_a_worker_at_a_run_is_there_until_its_lease_ends(store, clock, by, here):
    with store.begin() as tx:
        tx.house.seen(worker="w1")
    a_run(store, here, by)
    claim(store, lease=2 * MINUTE)
    clock(2 * MINUTE - 1)
    with store.read() as tx:
        assert [worker.name for worker in tx.house.workers()] == ["w1"]
    clock(1)
    with store.read() as tx:
        assert tx.house.workers() == ()


def test_a_transaction_has_one_time(store):
    ticks = iter(range(100, 200))
    store.tick = lambda _: next(ticks)
    with store.begin() as tx:
        number = tx.partnerships.create(name="New", by=None)
        assert (tx.now, tx.now, tx.partnerships.partnership(partnership_id=number).created_at) == (100, 100, 100)
    with store.read() as tx:
        assert tx.now == 101


def test_of_a_link_that_is_spent_meanwhile_the_second_gets_nothing(store, by, monkeypatch):
    with store.begin() as tx:
        token = tx.password_links.make(user_id=by, by=by)
        assert tx.password_links.use(token=token) == by
    monkeypatch.setattr(PasswordLinks, "user_id", lambda *_, **__: by)  # as it looked to somebody who came at the same moment
    with store.begin() as tx:
        assert tx.password_links.use(token=token) is None
