"""What people bring before the board and what it decides: every row is kept as it was given, once, in its order, and by whom it may be."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from stored import PLAN, a_partnership, a_run, a_user, claim, finish

from planner.errors import ChangedMeanwhile
from planner.partnership import Draw, Pot
from planner.store import Role
from planner.store.decisions import Interest, Signature, VotingRules, is_decided, missing_before, places_of
from planner.store.drafts import SILENT
from planner.store.kinds import Changed, ClaimState, Granter, SignStep, VoteState
from planner.store.moderation import AskedOfPot, draws_of
from planner.store.tables import drafts
from planner.voting import Majority, Outcome, Say, Weighting

RULES = VotingRules(quorum=3, majority=Majority.TWO_THIRDS, weighting=Weighting.BY_SCHOOL, needs_council=True)
ALDER, LARCH = 900001, 900002
YEAR = "2026/27"


@pytest.fixture
def by(store):
    return a_user(store)


@pytest.fixture
def other(store):
    return a_user(store, "bob@example.org", "Bob")


@pytest.fixture
def here(store):
    return a_partnership(store)


@pytest.fixture
def plan(store, here, by):
    return a_plan(store, here, by)


def a_plan(store, here, by):
    a_run(store, here, by)
    finish(store, claim(store), PLAN)
    with store.read() as tx:
        return tx.plans.plans(partnership_id=here)[0].id


# --- decisions -------------------------------------------------------------------------------


@pytest.fixture
def decision(store, here, plan, by):
    return a_decision(store, here, [plan], by)


def a_decision(store, here, options, by, **rules):
    with store.begin() as tx:
        number = tx.decisions.open_decision(partnership_id=here, title="Which plan", rules=replace(RULES, **rules), options=options, by=by)
        return tx.decisions.decision(partnership_id=here, decision_id=number)


def read(store, decision):
    with store.read() as tx:
        return tx.decisions.decision(partnership_id=decision.partnership_id, decision_id=decision.id)


def test_a_decision_is_kept_with_its_rules_and_changed_until_its_vote_opens(store, here, plan, by, other, later):
    second, third = a_plan(store, here, by), a_plan(store, here, by)
    decision = a_decision(store, here, [second, plan], by)
    assert (decision.title, decision.quorum, decision.majority, decision.weighting) == (
        "Which plan",
        3,
        Majority.TWO_THIRDS,
        Weighting.BY_SCHOOL,
    )
    assert (decision.needs_council, decision.state, decision.opened_by, decision.version) == (1, VoteState.PREPARED, by, 1)
    simple = VotingRules(quorum=2, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)
    with store.begin() as tx:
        assert tx.decisions.options(decision_id=decision.id) == (plan, second)
        tx.decisions.change(decision=decision, title="Another", rules=simple, options=[second])
        assert tx.decisions.options(decision_id=decision.id) == (second,)
        assert tx.decisions.about(partnership_id=here, plan_id=plan) == ()
        assert [d.id for d in tx.decisions.about(partnership_id=here, plan_id=second)] == [decision.id]
    changed = read(store, decision)
    assert (changed.title, changed.quorum, changed.majority, changed.weighting, changed.needs_council) == (
        "Another", 2, Majority.SIMPLE, Weighting.ONE_EACH, 0,
    )  # fmt: skip
    assert changed.version == 2
    with pytest.raises(ChangedMeanwhile, match="changed this decision"), store.begin() as tx:
        tx.decisions.change(decision=decision, title="Late", rules=RULES, options=[plan])
    with store.begin() as tx:
        tx.decisions.change(decision=changed, title="Another", rules=simple, options=[plan, second, third])
        assert tx.decisions.options(decision_id=decision.id) == (plan, second, third)
    later(seconds=1)
    with store.begin() as tx:
        tx.decisions.open_vote(decision=read(store, decision), roll=[other, by], by=other)
        at = tx.now
    opened = read(store, decision)
    assert (opened.state, opened.vote_opened_by, opened.vote_opened_at, opened.version) == (VoteState.OPEN, other, at, 4)
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.decisions.change(decision=opened, title="Late", rules=RULES, options=[plan])
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.decisions.open_vote(decision=opened, roll=[by], by=by)
    with store.read() as tx:
        assert tx.decisions.roll(decision_id=decision.id) == (by, other)


def test_the_decisions_of_a_partnership_are_its_own_newest_first(store, here, plan, decision, by):
    there = a_partnership(store, "Others")
    newer = a_decision(store, here, [plan], by)
    elsewhere = a_decision(store, there, [], by)
    with store.read() as tx:
        assert [d.id for d in tx.decisions.decisions(partnership_id=here)] == [newer.id, decision.id]
        assert [d.id for d in tx.decisions.about(partnership_id=here, plan_id=plan)] == [newer.id, decision.id]
        assert tx.decisions.about(partnership_id=there, plan_id=plan) == ()
        assert [d.id for d in tx.decisions.decisions(partnership_id=there)] == [elsewhere.id]
        assert tx.decisions.decision(partnership_id=there, decision_id=decision.id) is None
    with store.begin() as tx:
        assert tx.decisions.decision(partnership_id=here, decision_id=decision.id, held=True) == decision


def test_a_vote_takes_the_place_of_the_one_before_and_the_outcome_is_kept_once(store, decision, plan, by, other, later):
    with store.begin() as tx:
        tx.decisions.open_vote(decision=decision, roll=[by, other], by=by)
    opened = read(store, decision)
    with store.begin() as tx:
        assert tx.decisions.vote(decision=opened, by=by, say=Say.AGAINST, plan_id=None, reason="Too late")
    later(seconds=1)
    with store.begin() as tx:
        assert tx.decisions.vote(decision=opened, by=other, say=Say.ABSTAIN, plan_id=None, reason="")
    later(seconds=2)
    with store.begin() as tx:
        assert not tx.decisions.vote(decision=opened, by=by, say=Say.OPTION, plan_id=plan, reason="Fair")
        at = tx.now
    with store.read() as tx:
        first, second = tx.decisions.votes(decision_id=decision.id)
        assert tx.decisions.votes(decision_id=decision.id + 1) == ()
    assert (first.user_id, first.say, first.plan_id, first.reason) == (other, Say.ABSTAIN, None, "")
    assert (second.user_id, second.say, second.plan_id, second.reason, second.given_at) == (by, Say.OPTION, plan, "Fair", at)
    with store.begin() as tx:
        tx.decisions.close_vote(decision=opened, outcome=Outcome.CARRIED, carried=plan, by=other)
        at = tx.now
    closed = read(store, decision)
    assert (closed.state, closed.outcome, closed.carried_plan_id, closed.closed_by, closed.closed_at) == (
        VoteState.CLOSED, Outcome.CARRIED, plan, other, at,
    )  # fmt: skip
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.decisions.close_vote(decision=closed, outcome=Outcome.NO_QUORUM, carried=None, by=by)


def test_interests_and_comments_are_kept_in_order_and_one_withdraws_ones_own(store, decision, plan, by, other):
    with store.begin() as tx:
        tx.decisions.declare(decision=decision, by=other, schools=[LARCH, ALDER], other="")
        tx.decisions.declare(decision=decision, by=by, schools=[], other="My daughter teaches at Larch")
        at = tx.now
        first = tx.decisions.comment(decision=decision, by=by, text="Why this one?", plan_id=plan)
        second = tx.decisions.comment(decision=decision, by=other, text="It is the fairer one.", plan_id=None)
    with store.begin() as tx:
        declared = tx.decisions.interests(decision_id=decision.id)
        assert not tx.decisions.withdraw(decision_id=decision.id, comment_id=first, by=other)
        assert not tx.decisions.withdraw(decision_id=decision.id + 1, comment_id=first, by=by)
        assert tx.decisions.withdraw(decision_id=decision.id, comment_id=first, by=by)
        assert not tx.decisions.withdraw(decision_id=decision.id, comment_id=first, by=by)
        withdrawn_at = tx.now
        comments = tx.decisions.comments(decision_id=decision.id)
    assert [replace(one, id=0) for one in declared] == [
        Interest(id=0, user_id=other, schools=(ALDER, LARCH), other="", declared_at=at),
        Interest(id=0, user_id=by, schools=(), other="My daughter teaches at Larch", declared_at=at),
    ]
    assert [(c.id, c.user_id, c.plan_id, c.text, c.said_at, c.withdrawn_at) for c in comments] == [
        (first, by, plan, "Why this one?", at, withdrawn_at),
        (second, other, None, "It is the fairer one.", at, None),
    ]


def test_minutes_are_numbered_and_the_second_of_two_who_change_them_is_told(store, decision, by, other):
    with store.begin() as tx:
        tx.decisions.add_minutes(decision=decision, text="First", by=by, based_on=0)
    for based_on in (0, 2):
        with pytest.raises(ChangedMeanwhile, match="minutes"), store.begin() as tx:
            tx.decisions.add_minutes(decision=decision, text="Late", by=by, based_on=based_on)
    with store.begin() as tx:
        tx.decisions.add_minutes(decision=decision, text="Second", by=other, based_on=1)
        at = tx.now
    with store.read() as tx:
        newest, oldest = tx.decisions.minutes(decision_id=decision.id)
    assert (newest.version, newest.text, newest.made_by, newest.made_at) == (2, "Second", other, at)
    assert (oldest.version, oldest.text, oldest.made_by) == (1, "First", by)


def a_signature(step, trust="", *, by=1):
    return Signature(
        step=step, trust=trust, name="A. Chair", role="Chair", signed_on="2026-11-20", evidence="minutes", plan_fingerprint="f" * 64,
        minutes_version=1, recorded_by=by, recorded_at=0,
    )  # fmt: skip


def test_a_signature_is_kept_as_it_was_given_with_the_time_it_was_recorded(store, decision, by):
    with store.begin() as tx:
        tx.decisions.sign(decision=decision, signature=a_signature(SignStep.BOARD, by=by))
        tx.decisions.sign(decision=decision, signature=a_signature(SignStep.TRUST, "North Trust", by=by))
        at = tx.now
    with store.read() as tx:
        assert tx.decisions.signatures(decision_id=decision.id) == (
            replace(a_signature(SignStep.BOARD, by=by), recorded_at=at),
            replace(a_signature(SignStep.TRUST, "North Trust", by=by), recorded_at=at),
        )
        assert tx.decisions.signatures(decision_id=decision.id + 1) == ()


def test_signatures_come_in_their_order_and_trusts_wait_for_all_others_only(decision, plan):
    board, finance, council = ((step, "") for step in (SignStep.BOARD, SignStep.FINANCE, SignStep.COUNCIL))
    north, south = (SignStep.TRUST, "North"), (SignStep.TRUST, "South")
    assert places_of(decision, ["South"]) == (board,), "nothing was carried: the chair signs the minutes"
    carried = replace(decision, carried_plan_id=plan)
    needed = places_of(carried, ["South", "North", "South"])
    assert needed == (board, finance, council, north, south)
    assert places_of(replace(carried, needs_council=0), ["North"]) == (board, finance, north)
    given = [a_signature(SignStep.BOARD)]
    assert missing_before(board, needed, []) is None
    assert missing_before(finance, needed, []) == board
    assert missing_before(council, needed, given) == finance
    assert missing_before(south, needed, [*given, a_signature(SignStep.FINANCE)]) == council
    signed = [*given, a_signature(SignStep.FINANCE), a_signature(SignStep.COUNCIL)]
    assert missing_before(south, needed, signed) is None, "it does not wait for North"
    assert is_decided(carried, signed)
    assert not is_decided(carried, signed[:2])
    assert is_decided(replace(carried, needs_council=0), signed[:2])
    assert not is_decided(decision, signed)


# --- claims on the pot -----------------------------------------------------------------------


def lodged(store, here, by, urn=ALDER, **asked):
    with store.begin() as tx:
        return tx.moderation.lodge(
            partnership_id=here,
            urn=urn,
            academic_year=YEAR,
            asked=AskedOfPot(**{"amount": 500, "pounds": 500, "what_for": "A move", **asked}),
            by=by,
        )


def decide(store, here, claim_id, pounds, by):
    with store.begin() as tx:
        tx.moderation.decide(partnership_id=here, claim_id=claim_id, granted_pounds=pounds, drawn_on="2026-11-20", reason="As asked", by=by)
        return tx.moderation.claim(partnership_id=here, claim_id=claim_id), tx.now


@pytest.mark.parametrize(
    ("pounds", "state"),
    [
        (500, ClaimState.GRANTED),
        (600, ClaimState.GRANTED),
        (499, ClaimState.PART_GRANTED),
        (1, ClaimState.PART_GRANTED),
        (0, ClaimState.DECLINED),
    ],
)
def test_a_claim_is_decided_once_by_what_is_granted_of_it(store, here, by, other, pounds, state):
    number = lodged(store, here, by, service_id="slt", amount=4, pounds=500)
    with store.read() as tx:
        one = tx.moderation.claim(partnership_id=here, claim_id=number)
    assert (one.urn, one.academic_year, one.service_id, one.amount, one.pounds, one.what_for, one.lodged_by) == (
        ALDER,
        YEAR,
        "slt",
        4,
        500,
        "A move",
        by,
    )
    assert one.is_waiting
    decided, at = decide(store, here, number, pounds, other)
    assert (decided.state, decided.reason, decided.decided_by, decided.decided_at) == (state, "As asked", other, at)
    assert (decided.granted_pounds, decided.drawn_on) == ((pounds, "2026-11-20") if pounds else (None, None))
    assert not decided.is_waiting
    with pytest.raises(ChangedMeanwhile, match="decided or withdrawn"):
        decide(store, here, number, 100, by)
    with pytest.raises(ChangedMeanwhile, match="decided or withdrawn"), store.begin() as tx:
        tx.moderation.withdraw(partnership_id=here, claim_id=number)


def test_a_claim_taken_back_is_decided_no_more_and_claims_are_their_partnerships(store, here, by):
    there = a_partnership(store, "Others")
    first, second, third = (lodged(store, here, by) for _ in range(3))
    for change in (
        lambda tx: tx.moderation.withdraw(partnership_id=there, claim_id=first),
        lambda tx: tx.moderation.decide(partnership_id=there, claim_id=first, granted_pounds=1, drawn_on="2026-11-20", reason="", by=by),
    ):
        with pytest.raises(ChangedMeanwhile), store.begin() as tx:
            change(tx)
    with store.begin() as tx:
        tx.moderation.withdraw(partnership_id=here, claim_id=first)
        at = tx.now
    with pytest.raises(ChangedMeanwhile):
        decide(store, here, first, 100, by)
    decide(store, here, second, 200, by)
    with store.read() as tx:
        claims = tx.moderation.claims(partnership_id=here)
        assert tx.moderation.claims(partnership_id=there) == ()
        assert tx.moderation.claim(partnership_id=there, claim_id=first) is None
    assert [(c.id, c.withdrawn_at, c.is_waiting) for c in claims] == [(third, None, True), (second, None, False), (first, at, False)]
    assert draws_of(claims, YEAR) == (
        Draw(draw_id=f"claim-{second}", date="2026-11-20", pot=Pot.MODERATED, pounds=200, urn=ALDER, what_for="A move"),
    )
    assert draws_of(claims, "2027/28") == ()


# --- drafts, requests, proposals -------------------------------------------------------------


@pytest.fixture
def draft(store, here, plan, by):
    return a_draft(store, here, plan, by)


def a_draft(store, here, plan, by, urn=ALDER, name="Mine"):
    with store.begin() as tx:
        number = tx.drafts.begin(partnership_id=here, user_id=by, plan_id=plan, urn=urn, name=name)
        return tx.drafts.draft(partnership_id=here, user_id=by, draft_id=number)


def again(store, draft):
    with store.read() as tx:
        return tx.drafts.draft(partnership_id=draft.partnership_id, user_id=draft.user_id, draft_id=draft.id)


def test_steps_of_a_draft_are_undone_and_done_again_and_two_windows_do_not_mix(store, draft):
    assert (draft.urn, draft.name, draft.steps, draft.cursor, draft.version) == (ALDER, "Mine", [], 0, 1)
    for step in ({"n": 1}, {"n": 2}, {"n": 3}):
        with store.begin() as tx:
            tx.drafts.step(again(store, draft), step)
    with pytest.raises(ChangedMeanwhile, match="another window"), store.begin() as tx:
        tx.drafts.step(draft, {"n": 9})
    for by, is_done, held in ((1, False, 3), (-1, True, 2), (-1, True, 1), (1, True, 2), (-1, True, 1), (-1, True, 0), (-1, False, 0)):
        with store.begin() as tx:
            assert tx.drafts.move(again(store, draft), by) is is_done
        assert again(store, draft).held == [{"n": 1}, {"n": 2}, {"n": 3}][:held]
    for _ in range(3):
        with store.begin() as tx:
            assert tx.drafts.move(again(store, draft), 1)
    for _ in range(2):
        with store.begin() as tx:
            assert tx.drafts.move(again(store, draft), -1)
    with store.begin() as tx:
        tx.drafts.step(again(store, draft), {"n": 4})
    now = again(store, draft)
    assert (now.steps, now.cursor) == ([{"n": 1}, {"n": 4}], 2)


def test_a_draft_is_named_kept_sent_and_thrown_away_by_its_person_alone(store, here, plan, draft, by, other, later):
    newer, others = a_draft(store, here, plan, by, urn=None, name="Newer"), a_draft(store, here, plan, other)
    later(seconds=1)
    with store.begin() as tx:
        tx.drafts.rename(draft, "Renamed")
    with store.begin() as tx:
        tx.drafts.keep(again(store, draft))
        kept_at = tx.now
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.drafts.sent(again(store, draft), "one")  # no answer is there
    with store.begin() as tx:
        tx.drafts.ask(again(store, draft), "one")
        tx.drafts.keep_answer(draft_id=draft.id, key="one", answer={"points": 1}, document=PLAN)
    with store.begin() as tx:
        assert tx.drafts.sent(again(store, draft), "one") == PLAN
        sent_at = tx.now
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.drafts.sent(again(store, draft), "two")  # the answer is to something else
    now = again(store, draft)
    assert (now.name, now.kept_at, now.changed_at, now.version) == ("Renamed", kept_at, sent_at, 4)
    with store.read() as tx:
        assert [d.id for d in tx.drafts.drafts_of(partnership_id=here, user_id=by)] == [draft.id, newer.id]
        assert [d.id for d in tx.drafts.drafts_of(partnership_id=here, user_id=other)] == [others.id]
        assert tx.drafts.draft(partnership_id=here, user_id=other, draft_id=draft.id) is None
        assert tx.drafts.draft(partnership_id=here + 1, user_id=by, draft_id=draft.id) is None
    with store.begin() as tx:
        tx.drafts.discard(now)
    with store.read() as tx:
        assert tx.drafts.draft(partnership_id=here, user_id=by, draft_id=draft.id) is None
        assert [d.id for d in tx.drafts.drafts_of(partnership_id=here, user_id=by)] == [newer.id]
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.drafts.keep(replace(now, version=now.version + 1))


def test_a_draft_is_worked_on_while_somebody_says_so(store, here, plan, draft, by):
    newer, usual = a_draft(store, here, plan, by), store.tick

    def at(milliseconds):
        store.tick = lambda connection: asked_at + milliseconds

    with store.begin() as tx:
        asked_at = tx.now
        tx.drafts.ask(draft, "one")
    try:
        assert not again(store, newer).is_worked_on(asked_at), "nothing is asked"
        at(15_000)
        with store.begin() as tx:
            assert tx.drafts.beat(draft_id=draft.id, key="one")
            assert not tx.drafts.beat(draft_id=draft.id, key="another"), "who works on that learns that it is wanted no more"
        for later, is_worked_on in ((15_000 + SILENT - 1, True), (15_000 + SILENT, False)):
            at(later)
            with store.read() as tx:
                assert again(store, draft).is_worked_on(tx.now) is is_worked_on
                assert tx.drafts.at_work(newer) == is_worked_on
        assert again(store, draft).asked_at == asked_at, "since when it is worked on"
        for milliseconds, key, is_ours in (
            (15_000 + SILENT - 1, "one", False),
            (15_000 + SILENT - 1, None, True),
            (15_000 + SILENT - 1, "one", True),
            (15_000 + SILENT, "one", False),
            (15_000 + SILENT, "two", True),
            (15_000 + 2 * SILENT, "two", True),
        ):
            at(milliseconds)
            with store.begin() as tx:
                assert tx.drafts.ask(draft, key) is is_ours, f"{key} after {milliseconds} ms: one process works on it, unless it is silent"
        with store.begin() as tx:
            assert tx.drafts.ask(draft, "one")
            assert not tx.drafts.ask(draft, "one", must_wait=True), "it does not wait: another process works on it"
            assert not tx.drafts.ask(replace(draft, version=draft.version + 1), "two"), "somebody changed it meanwhile"
        with store.begin() as tx:
            tx.drafts.discard(again(store, draft))
            assert not tx.drafts.beat(draft_id=draft.id, key="one")
    finally:
        store.tick = usual


def test_an_answer_is_kept_only_to_what_is_asked_by_now(store, here, plan, draft, by, other):
    newer, others = a_draft(store, here, plan, by), a_draft(store, here, plan, other)
    with store.begin() as tx:
        tx.drafts.ask(draft, "one")
        tx.drafts.ask(others, "one")
        asked_at = tx.now
        assert tx.drafts.at_work(newer) == 1, "one's own, not another's"
        assert tx.drafts.at_work(draft) == 0, "not itself"
    assert (again(store, draft).asked, again(store, draft).asked_at, again(store, newer).asked) == ("one", asked_at, None)
    with store.begin() as tx:
        assert not tx.drafts.keep_estimate(draft_id=draft.id, key="two", estimate={"points": 1})
        assert tx.drafts.keep_estimate(draft_id=draft.id, key="one", estimate={"points": 2})
        assert not tx.drafts.keep_answer(draft_id=draft.id, key="two", answer={"points": 3})
        assert tx.drafts.keep_answer(draft_id=draft.id, key="one", answer={"points": 4}, document=PLAN, bound_points=1.5, gap_points=0.5)
        assert not tx.drafts.keep_answer(draft_id=draft.id, key="one", answer={"points": 5}), "nothing is asked any longer"
    now = again(store, draft)
    assert (now.estimate, now.answer) == ({"points": 2, "key": "one"}, {"points": 4, "key": "one"})
    assert (now.asked, now.bound_points, now.gap_points) == (None, 1.5, 0.5)
    with store.begin() as tx:
        assert tx.drafts.document(partnership_id=here, user_id=by, draft_id=draft.id, key="one") == PLAN
        assert tx.drafts.document(partnership_id=here, user_id=by, draft_id=draft.id, key="two") is None, "the answer to something else"
        assert tx.drafts.document(partnership_id=here, user_id=other, draft_id=draft.id, key="one") is None
        assert tx.drafts.document(partnership_id=here, user_id=by, draft_id=newer.id, key="one") is None


def test_a_request_is_asked_once_and_answered_once(store, here, draft, by, other):
    asked = {"kind": Granter.HEAD, "granter_urn": LARCH, "granter": "the head of Larch", "what": "Half a day less", "price": "0.2 points"}
    with store.begin() as tx:
        number = tx.requests.ask(draft, **asked, move={"rule": "head_rule", "was": 4, "now": 3})
        at = tx.now
        assert tx.requests.ask(draft, **asked) is None
        second = tx.requests.ask(draft, **{**asked, "what": "Another"})
        assert tx.requests.ask(replace(draft, user_id=other), **asked) is not None, "another person asks for themselves"
    with store.read() as tx:
        one = tx.requests.request(partnership_id=here, request_id=number)
        assert tx.requests.request(partnership_id=here + 1, request_id=number) is None
        assert [r.id for r in tx.requests.requests_of(partnership_id=here)][1:] == [second, number]
        assert tx.requests.requests_of(partnership_id=here + 1) == ()
    assert (one.asked_by, one.urn, one.asked_at, one.kind, one.granter_urn) == (by, ALDER, at, Granter.HEAD, LARCH)
    assert (one.granter, one.what, one.price) == ("the head of Larch", "Half a day less", "0.2 points")
    assert one.move == {"rule": "head_rule", "was": 4, "now": 3}
    assert (one.is_granted, one.answered_at) == (None, None)
    with pytest.raises(ChangedMeanwhile), store.begin() as tx:
        tx.requests.answer(partnership_id=here + 1, request_id=number, is_granted=True, answer="Yes", by=other)
    with store.begin() as tx:
        tx.requests.answer(
            partnership_id=here, request_id=number, is_granted=True, answer="Yes", by=other, changed=Changed.FIGURES, version=2
        )
        answered_at = tx.now
        assert tx.requests.ask(draft, **asked) is not None, "the one before waits no longer"
    with pytest.raises(ChangedMeanwhile, match="answered this request"), store.begin() as tx:
        tx.requests.answer(partnership_id=here, request_id=number, is_granted=False, answer="No", by=other)
    with store.begin() as tx:
        tx.requests.answer(partnership_id=here, request_id=second, is_granted=False, answer="No", by=other)
        yes, no = (tx.requests.request(partnership_id=here, request_id=n) for n in (number, second))
    assert (yes.is_granted, yes.answer, yes.answered_by, yes.answered_at, yes.changed, yes.version) == (
        1,
        "Yes",
        other,
        answered_at,
        Changed.FIGURES,
        2,
    )
    assert (no.is_granted, no.answer, no.changed, no.version) == (0, "No", None, None)


def test_a_proposal_is_frozen_as_sent_and_its_author_withdraws_it_once(store, here, draft, by, other):
    found = {"bound_points": 1.5, "gap_points": 0.25, "counts": [1]}
    with store.begin() as tx:
        first, second = (
            tx.proposals.submit_proposal(draft, title=title, why="Fairer", changes=["One more"], found=found, document=PLAN)
            for title in ("First", "Second")
        )
        at = tx.now
    with store.begin() as tx:
        one = tx.proposals.proposal(partnership_id=here, proposal_id=first)
        assert tx.proposals.proposal(partnership_id=here + 1, proposal_id=first) is None
        assert [p.id for p in tx.proposals.proposals_of(partnership_id=here)] == [second, first]
        assert tx.proposals.proposals_of(partnership_id=here + 1) == ()
        assert not tx.proposals.withdraw_proposal(partnership_id=here, proposal_id=first, author=other)
        assert not tx.proposals.withdraw_proposal(partnership_id=here + 1, proposal_id=first, author=by)
        assert tx.proposals.withdraw_proposal(partnership_id=here, proposal_id=first, author=by)
        assert not tx.proposals.withdraw_proposal(partnership_id=here, proposal_id=first, author=by)
        assert tx.proposals.proposal(partnership_id=here, proposal_id=first).withdrawn_at == tx.now
        assert tx.proposals.proposal(partnership_id=here, proposal_id=second).withdrawn_at is None
    assert (one.author, one.urn, one.plan_id, one.title, one.why, one.submitted_at) == (by, ALDER, draft.plan_id, "First", "Fairer", at)
    assert (one.changes, one.found, one.document, one.bound_points, one.gap_points) == (["One more"], found, PLAN, 1.5, 0.25)


def test_comments_on_a_proposal_stand_in_order_with_the_role_then_held(store, here, draft, by, other):
    found = {"bound_points": 0.0, "gap_points": 0.0}
    with store.begin() as tx:
        number = tx.proposals.submit_proposal(draft, title="A", why="B", changes=[], found=found, document=PLAN)
        proposal = tx.proposals.proposal(partnership_id=here, proposal_id=number)
        first = tx.proposals.comment(proposal, by=by, role=Role.HEAD, text="Why?")
        second = tx.proposals.comment(proposal, by=other, role=Role.CHAIR, text="Because.")
        at = tx.now
        assert not tx.proposals.withdraw_comment(proposal_id=number, comment_id=first, by=other)
        assert not tx.proposals.withdraw_comment(proposal_id=number + 1, comment_id=first, by=by)
        assert tx.proposals.withdraw_comment(proposal_id=number, comment_id=first, by=by)
        assert not tx.proposals.withdraw_comment(proposal_id=number, comment_id=first, by=by)
        comments = tx.proposals.comments(proposal_id=number)
        assert tx.proposals.comments(proposal_id=number + 1) == ()
    assert [(c.id, c.proposal_id, c.user_id, c.role, c.text, c.said_at, c.withdrawn_at) for c in comments] == [
        (first, number, by, Role.HEAD, "Why?", at, at),
        (second, number, other, Role.CHAIR, "Because.", at, None),
    ]


def test_what_a_discarded_draft_came_to_is_forgotten(store, draft):
    with store.begin() as tx:
        tx.drafts.step(draft, {"n": 1})
        draft = tx.drafts.draft(partnership_id=draft.partnership_id, user_id=draft.user_id, draft_id=draft.id)
        tx.drafts.ask(draft, "one")
        tx.drafts.keep_estimate(draft_id=draft.id, key="one", estimate={"points": 1})
        tx.drafts.keep_answer(draft_id=draft.id, key="one", answer={"points": 1}, document=PLAN, bound_points=1.0, gap_points=0.0)
        tx.drafts.ask(draft, "two")
    with store.begin() as tx:
        tx.drafts.discard(tx.drafts.draft(partnership_id=draft.partnership_id, user_id=draft.user_id, draft_id=draft.id))
        at = tx.now
    with store._engines.reader.begin() as connection:
        row = connection.execute(sa.select(drafts).where(drafts.c.id == draft.id)).one()
    assert (row.steps, row.cursor, row.estimate, row.answer, row.document, row.asked) == ([], 0, None, None, None, None)
    assert (row.discarded_at, row.changed_at) == (at, at)


def test_a_draft_is_kept_as_it_was_begun_and_those_changed_together_stand_newest_first(store, here, plan, by):
    with store.begin() as tx:
        numbers = [tx.drafts.begin(partnership_id=here, user_id=by, plan_id=plan, urn=None, name=name) for name in "ab"]
        at = tx.now
        first = tx.drafts.draft(partnership_id=here, user_id=by, draft_id=numbers[0])
        assert [one.id for one in tx.drafts.drafts_of(partnership_id=here, user_id=by)] == numbers[::-1]
        assert tx.drafts.drafts_of(partnership_id=here + 1, user_id=by) == ()
    assert (first.partnership_id, first.user_id, first.plan_id, first.urn, first.name, first.made_at, first.changed_at) == (
        here, by, plan, None, "a", at, at,
    )  # fmt: skip
    assert (first.kept_at, first.asked, first.estimate, first.answer) == (None, None, None, None)
