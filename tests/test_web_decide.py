"""Decisions: rules first, interests before words, votes unseen until closed, hosts never alone, minutes and signatures in order."""

import io
import re
import threading
import zipfile
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import openpyxl
import pytest
import sqlalchemy as sa
from pages import demonstration_document, parsed, tables_of, words_of
from websites import HERE, OWN_URN, a_site

from planner.effects import small_schools
from planner.store import Role, VoteState
from planner.store.decisions import VotingRules
from planner.voting import Majority, Outcome, Say, Weighting
from web.decide import presenters
from web.decide.effects import by_need
from web.decide.forms import VoteForm
from web.decide.result import hosting
from web.standing import standing_of, trusts_of

DECISIONS = f"/partnerships/{HERE}/decisions"
TYPED = {
    "title": "The plan for next year",
    "options": str(HERE),
    "quorum": "2",
    "majority": "simple",
    "weighting": "one_each",
    "council": "no",
}
RULES = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)
MARKUP = "<b>Not</b> & never"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        site.app.config["WTF_CSRF_ENABLED"] = False  # that every form proves to be ours has a test of its own
        yield site


def main_of(answer):
    return words_of(parsed(answer.text).find(".//main"))


def opened(site, options=(HERE,), **rules):
    with site.store.begin() as tx:
        return tx.decisions.open_decision(
            partnership_id=HERE, title="The plan for next year", rules=replace(RULES, **rules), options=options, by=site.user_ids["chair"]
        )  # fmt: skip


def page_of(decision_id, page=""):
    return f"{DECISIONS}/{decision_id}{page}"


def stored(site, decision_id):
    with site.store.read() as tx:
        return tx.decisions.decision(partnership_id=HERE, decision_id=decision_id)


def send(site, who, decision_id, page, **fields):
    return site.browser(who).post(page_of(decision_id, page), data=fields)


def declare(site, decision_id, *people, schools="none"):
    for who in people:
        assert send(site, who, decision_id, "/interests", schools=schools, other="None").status_code == 303


def voting(site, *people, schools="none", **rules):
    """A decision whose vote is open, with declarations."""
    decision_id = opened(site, **rules)
    declare(site, decision_id, *people, schools=schools)
    assert open_vote(site, decision_id).status_code == 303
    assert stored(site, decision_id).state is VoteState.OPEN
    return decision_id


def open_vote(site, decision_id):
    return send(site, "chair", decision_id, "/open-vote", version=stored(site, decision_id).version)


def vote(site, who, decision_id, choice=HERE, reason=""):
    return send(site, who, decision_id, "/vote", choice=choice, reason=reason)


def close(site, decision_id):
    return send(site, "chair", decision_id, "/close")


def closed(site, plan_id=HERE, **rules):
    """A decision that carried a plan: the chair for it, the member of the board abstaining."""
    decision_id = voting(site, "chair", "board", options=(plan_id,), **rules)
    vote(site, "chair", decision_id, plan_id)
    vote(site, "board", decision_id, "abstain", MARKUP)
    assert close(site, decision_id).status_code == 303
    return decision_id


def sign(site, decision_id, place, **fields):
    with site.store.read() as tx:
        minutes = tx.decisions.minutes(decision_id=decision_id)[0].version
    typed = {"place": place, "name": "Ada Example", "role": "Chair", "signed_on": ["27", "3", "2026"], "evidence": "Letter 7"}
    typed |= {"minutes": str(minutes)} | fields
    return send(site, "chair", decision_id, "/sign", **typed)


def confirm_all(site):
    with site.store.begin() as tx:
        for school in site.shelf.figures(HERE).world.partnership.schools:
            tx.schools.confirm(partnership_id=HERE, urn=school.urn, version=1, user_id=site.user_ids["head"])


def actions(site):
    with site.store.read() as tx:
        assert tx.events.verify_chain(partnership_id=HERE).is_whole
        return [event.action for event in tx.events.events(partnership_id=HERE, most=500)]


# --- opening, rules --------------------------------------------------------------------------


def test_the_chair_opens_a_decision_with_its_rules_and_every_form_proves_to_be_ours(site):
    site.app.config["WTF_CSRF_ENABLED"] = True
    assert site.browser("chair").post(f"{DECISIONS}/new", data=TYPED).status_code == 400
    answer = site.post(site.browser("chair"), f"{DECISIONS}/new", **TYPED)
    site.app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 303
    told = main_of(site.browser("head").get(answer.headers["Location"]))
    assert "At least 2, abstentions included." in told
    assert "No host carries a plan alone" in told
    assert "decision opened" in actions(site)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("quorum", "3", "Enter a whole number from 1 to 2"),
        ("quorum", "no", "Enter a whole number from 1 to 2"),
        ("title", "", "Enter what is to be decided."),
        ("options", "999", "999"),
    ],
)
def test_rules_that_cannot_hold_are_refused_with_what_would(site, field, typed, said):
    answer = site.browser("chair").post(f"{DECISIONS}/new", data=TYPED | {field: typed})
    assert answer.status_code == 422
    assert said in main_of(answer)


def test_rules_change_until_the_vote_opens_and_never_after(site):
    decision_id = opened(site)
    changed = TYPED | {"quorum": "2", "majority": "unanimity"}
    assert send(site, "chair", decision_id, "/rules", version=1, **changed).status_code == 303
    assert (stored(site, decision_id).quorum, stored(site, decision_id).majority) == (2, Majority.UNANIMITY)
    late = send(site, "chair", decision_id, "/rules", version=1, **changed | {"quorum": "1", "title": "Another title"})
    assert late.status_code == 409
    assert "At least 2, abstentions included." in main_of(late)
    assert 'value="Another title"' in late.text, "both are shown"
    assert stored(site, decision_id).quorum == 2, "an old page changes nothing"
    send(site, "chair", decision_id, "/open-vote", version=1)
    assert stored(site, decision_id).state is VoteState.PREPARED, "who opens it has seen the rules as they are"
    open_vote(site, decision_id)
    send(site, "chair", decision_id, "/rules", version=stored(site, decision_id).version, **changed | {"quorum": "1"})
    assert stored(site, decision_id).quorum == 2


# --- interests and comments ------------------------------------------------------------------


def test_interests_come_before_words_and_none_is_an_answer(site):
    decision_id = opened(site)
    refused = send(site, "board", decision_id, "/comments", about="", text=MARKUP)
    assert refused.status_code == 409
    assert "Declare your interests first" in main_of(refused)
    assert MARKUP in main_of(refused), "nobody's words are lost"
    assert send(site, "board", decision_id, "/interests", other="None").status_code == 422
    assert send(site, "board", decision_id, "/interests", schools=["none", str(OWN_URN)], other="None").status_code == 422
    declare(site, decision_id, "board")
    assert send(site, "board", decision_id, "/comments", about=str(HERE), text=MARKUP).status_code == 303
    told = main_of(site.browser("head").get(page_of(decision_id)))
    assert f"On plan {HERE} Board" in told
    assert MARKUP in told
    assert "Belongs to no school here" in told


def test_a_comment_is_withdrawn_by_who_wrote_it_with_a_trace_and_is_kept(site):
    decision_id = opened(site)
    declare(site, decision_id, "board")
    send(site, "board", decision_id, "/comments", about="", text="Too early.")
    with site.store.read() as tx:
        comment = tx.decisions.comments(decision_id=decision_id)[0]
    send(site, "chair", decision_id, f"/comments/{comment.id}/withdraw")
    assert "Too early." in main_of(site.browser("chair").get(page_of(decision_id)))
    send(site, "board", decision_id, f"/comments/{comment.id}/withdraw")
    told = main_of(site.browser("chair").get(page_of(decision_id)))
    assert "Too early." not in told
    assert "Withdrawn by who wrote it" in told
    with site.store.read() as tx:
        assert tx.decisions.comments(decision_id=decision_id)[0].text == "Too early."


def test_of_many_comments_the_newest_are_shown_and_all_when_they_are_asked_for_and_on_paper(site, monkeypatch):
    monkeypatch.setattr(presenters, "MOST_SHOWN", 2)
    decision_id = opened(site)
    declare(site, decision_id, "board")
    for n in range(3):
        send(site, "board", decision_id, "/comments", about="", text=f"Thought {n}.")
    board = site.browser("board")

    def seen(address):
        return [f"Thought {n}." in board.get(address).text for n in range(3)]

    assert seen(page_of(decision_id)) == [False, True, True]
    assert "Show all 3 comments, not only the newest 2" in main_of(board.get(page_of(decision_id)))
    assert seen(f"{page_of(decision_id)}?all=1") == [True, True, True]
    assert "Show all" not in main_of(board.get(f"{page_of(decision_id)}?all=1"))
    paper = board.get(site.plan("/paper.docx"), query_string={"decision": decision_id}).data
    text = zipfile.ZipFile(io.BytesIO(paper)).read("word/document.xml").decode()
    assert [f"Thought {n}." in text for n in range(3)] == [True, True, True], "a paper of the board leaves nothing out"


# --- the vote --------------------------------------------------------------------------------


def test_votes_are_unseen_until_closed_and_may_change_until_then(site):
    decision_id = voting(site, "chair")
    assert vote(site, "board", decision_id).status_code == 303
    with site.store.read() as tx:
        assert tx.decisions.votes(decision_id=decision_id) == (), "who has not declared does not vote"
    declare(site, decision_id, "board")
    assert send(site, "board", decision_id, "/vote", choice="against", reason="").status_code == 422
    vote(site, "board", decision_id, "against", "Our reason stands.")
    told = main_of(site.browser("chair").get(page_of(decision_id)))
    assert "1 of 2 members has voted" in told
    assert "Our reason stands." not in told
    assert "You voted: Against all options." in main_of(site.browser("board").get(page_of(decision_id)))
    vote(site, "board", decision_id)
    vote(site, "chair", decision_id)
    close(site, decision_id)
    assert stored(site, decision_id).outcome is Outcome.CARRIED
    vote(site, "board", decision_id, "against", "Too late.")
    with site.store.read() as tx:
        assert {v.say for v in tx.decisions.votes(decision_id=decision_id)} == {Say.OPTION}
        logged = [e for e in tx.events.events(partnership_id=HERE) if e.subject == f"decision {decision_id}"]
    assert [e.detail for e in logged if e.action.startswith("vote ") and e.action not in {"vote opened", "vote closed"}] == [{}, {}, {}]


def test_a_vote_that_opens_while_a_form_is_read_is_kept_only_where_the_form_is_right(site, monkeypatch):
    decision_id = opened(site)
    declare(site, decision_id, "board")
    looked = VoteForm.validate

    def opens_meanwhile(form):
        meanwhile = threading.Thread(target=open_vote, args=(site, decision_id))  # a request of its own
        meanwhile.start()
        meanwhile.join()
        return looked(form)

    monkeypatch.setattr(VoteForm, "validate", opens_meanwhile)
    assert vote(site, "board", decision_id, "nothing").status_code == 422
    with site.store.read() as tx:
        assert tx.decisions.votes(decision_id=decision_id) == ()


def test_the_board_finds_the_proposals_beside_its_options(site):
    decision_id = opened(site)
    with site.store.begin() as tx:
        draft_id = tx.drafts.begin(partnership_id=HERE, user_id=site.user_ids["head"], plan_id=HERE, urn=OWN_URN, name="A")
        draft = tx.drafts.draft(partnership_id=HERE, user_id=site.user_ids["head"], draft_id=draft_id)
        found = {"bound_points": 1.0, "gap_points": 0.1}
        sent = [
            tx.proposals.submit_proposal(draft, title=title, why="So.", changes=[], found=found, document={}) for title in ("Ours", "Gone")
        ]
        tx.proposals.withdraw_proposal(partnership_id=HERE, proposal_id=sent[1], author=site.user_ids["head"])
    told = main_of(site.browser("board").get(page_of(decision_id)))
    assert f"Proposal {sent[0]}: Ours" in told
    assert "Gone" not in told


def test_who_joined_later_comments_and_does_not_vote(site):
    decision_id = voting(site, "chair")
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=HERE, role=Role.BOARD)
    declare(site, decision_id, "newcomer")
    vote(site, "newcomer", decision_id)
    with site.store.read() as tx:
        assert tx.decisions.votes(decision_id=decision_id) == ()
    assert "so you cannot vote in it" in main_of(site.browser("newcomer").get(page_of(decision_id)))
    with site.store.begin() as tx:
        (membership,) = tx.people.memberships_of(user_id=site.user_ids["newcomer"])
        tx.people.end_membership(partnership_id=HERE, membership_id=membership.id)


def test_too_few_votes_decide_nothing_and_an_unreachable_quorum_is_refused(site):
    decision_id = voting(site, "chair", quorum=2)
    vote(site, "chair", decision_id)
    close(site, decision_id)
    assert stored(site, decision_id).outcome is Outcome.NO_QUORUM
    assert "Nothing is decided: 1 of 2 members voted, and at least 2 must." in main_of(site.browser("head").get(page_of(decision_id)))
    never = opened(site, quorum=3)
    open_vote(site, never)
    assert stored(site, never).state is VoteState.PREPARED
    assert "have more members invited" in main_of(site.browser("chair").get(page_of(never)))


def test_hosts_do_not_carry_a_plan_alone_and_are_shown(site):
    host = min(hosting(site.shelf.plan(HERE, HERE)))
    decision_id = voting(site, "chair", schools=str(host))
    vote(site, "chair", decision_id)
    close(site, decision_id)
    assert stored(site, decision_id).outcome is Outcome.ONLY_WITH_HOSTS
    page = site.browser("board").get(page_of(decision_id))
    assert "It carries once it has it without them too." in main_of(page)
    assert tables_of(page.text)["Interests declared"][1][3] == f"In plan {HERE}"


def test_the_result_is_everybodys_and_the_votes_are_not_the_administrators(site):
    decision_id = closed(site)
    for who in ("head", "board", "administrator", "commissioner"):
        page = site.browser(who).get(page_of(decision_id))
        assert f"Plan {HERE} is carried: 2 of 2 members voted" in main_of(page)
        assert ("Who voted how" in page.text) == (who in {"head", "board"}), who


# --- minutes ---------------------------------------------------------------------------------


def test_minutes_are_drafted_changed_by_the_chair_and_final_once_signed(site):
    decision_id = closed(site)
    told = main_of(site.browser("head").get(page_of(decision_id, "/minutes")))
    for said in ("Present and voting", f"Plan {HERE} is carried", MARKUP, "Interests declared", "Version 1: a draft"):
        assert said in told
    change = "/minutes/change"
    assert send(site, "chair", decision_id, change, version=1, text="Ours\nAll agreed.").status_code == 303
    late = send(site, "chair", decision_id, change, version=1, text="Theirs\nNot so.")
    assert late.status_code == 409
    assert "All agreed." in main_of(late)
    assert "Not so." in late.text, "both are shown"
    unseen = sign(site, decision_id, "board", minutes="1")
    assert unseen.status_code == 409
    assert "version 2 stands now. Read it" in main_of(unseen), "nobody signs minutes that they have not seen"
    assert sign(site, decision_id, "board").status_code == 303
    send(site, "chair", decision_id, change, version=2, text="Later")
    page = main_of(site.browser("board").get(page_of(decision_id, "/minutes")))
    assert "Version 2, signed by Ada Example, Chair, on 27 March 2026." in page
    assert "All agreed." in page
    assert MARKUP in main_of(site.browser("board").get(page_of(decision_id, "/minutes?version=1")))
    assert site.browser("board").get(page_of(decision_id, "/minutes?version=9")).status_code == 404


def test_what_is_only_added_cannot_be_changed_in_the_database(site):
    decision_id = closed(site)
    sign(site, decision_id, "board")
    for statement in ("UPDATE decision_signatures SET name = 'x'", "DELETE FROM decision_minutes", "DELETE FROM decision_interests"):
        with pytest.raises(sa.exc.DBAPIError, match="can only be added"), site.store.begin() as tx:
            tx.events._connection.exec_driver_sql(statement)


# --- signatures, standing, watermark ----------------------------------------------------------


def said(site):
    with site.store.read() as tx:
        return standing_of(tx, site.shelf.plan(HERE, HERE)).line


def test_signatures_come_in_their_order_and_make_the_plan_decided(site):
    plan, head, before = site.plan("/map"), site.browser("head"), actions(site).count("signature recorded")
    assert 'class="app-watermark"' in head.get(plan).text
    decision_id = closed(site, needs_council=True)
    first, *others = trusts_of(site.shelf.plan(HERE, HERE))
    early = sign(site, decision_id, "finance")
    assert early.status_code == 409
    assert "The accountable body's finance officer can sign once the chair for the board has signed." in main_of(early)
    assert sign(site, decision_id, "board", evidence="").status_code == 303
    shadow = sign(site, decision_id, "finance")
    assert shadow.status_code == 409
    assert "have confirmed the figures it was made from" in main_of(shadow)
    confirm_all(site)
    page = head.get(plan)
    assert 'class="app-watermark"' not in page.text
    assert said(site) == words_of(next(e for e in parsed(page.text).iter("p") if e.get("class") == "app-standing")).replace(
        "Proposed ", "Proposed. "
    )
    assert "It waits for the accountable body's finance officer to sign" in said(site)
    assert "can sign once the accountable body" in main_of(sign(site, decision_id, "council"))
    assert sign(site, decision_id, "finance", evidence="").status_code == 422
    assert sign(site, decision_id, "finance", signed_on=["1", "1", "2999"]).status_code == 422
    assert sign(site, decision_id, "finance", signed_on=["1"]).status_code == 400
    assert sign(site, decision_id, "finance").status_code == 303
    assert "can sign once the council or Schools Forum has signed" in main_of(sign(site, decision_id, f"trust:{first}"))
    assert sign(site, decision_id, "council").status_code == 303
    told = said(site)
    assert told.startswith("Decided. The board voted for it")
    assert f"It does not bind the schools of {first}" in told
    assert all(sign(site, decision_id, f"trust:{trust}").status_code == 303 for trust in (*others, first)), (
        "trusts do not wait for one another"
    )
    assert "It does not bind" not in said(site)
    for who, reads_votes in (("head", True), ("commissioner", False)):
        book = openpyxl.load_workbook(io.BytesIO(site.browser(who).get(site.plan("/plan.xlsx")).data), read_only=True)
        taken = [[cell for cell in row if cell] for row in book["Provenance"].iter_rows(values_only=True)]
        assert next(row[:3] for row in taken if "Ada Example" in row) == ["The chair for the board", "Ada Example", "Chair"]
        assert any("is carried: 2 of 2 members voted" in str(row) for row in taken)
        assert any(re.match(r"Member \d", str(row[0])) for row in taken if row) is reads_votes
    row = tables_of(head.get(page_of(decision_id)).text)["Signatures, in the order they are needed"][2]
    assert row[4] == site.shelf.plan(HERE, HERE).fingerprint[:16]
    assert actions(site).count("signature recorded") == before + 3 + len((first, *others))
    with site.store.begin() as tx:
        run_id = tx.runs.request_run(partnership_id=HERE, partnership_version=1, policy_version=1, settings={}, by=site.user_ids["board"])
        second = tx.runs.keep_made_elsewhere(partnership_id=HERE, run_id=run_id, document=demonstration_document())
    later = closed(site, second)
    assert all(sign(site, later, place).status_code == 303 for place in ("board", "finance"))
    assert f"Plan {second} was decided on after it, in decision {later}." in said(site)


# --- effects ---------------------------------------------------------------------------------


def test_effects_count_schools_beside_last_year_and_the_public_copy_hides_small_numbers(site):
    decision_id = opened(site)
    board = site.browser("board").get(page_of(decision_id, f"/plans/{HERE}/effects"))
    tables = tables_of(board.text)
    ledgers = site.shelf.plan(HERE, HERE).facts.ledgers
    total = tables["By phase"][-1]
    more = sum(x.grant_pounds - x.last_year_grant_pounds >= 50 for x in ledgers)
    assert total[:3] == ["All schools", str(len(ledgers)), str(more)]
    for caption in ("By phase", "By deprivation of the area", "Small schools and others", "Rural and urban schools"):
        assert sum(int(row[1]) for row in tables[caption][1:-1]) == len(ledgers), caption
    assert "not for publication" in main_of(board)
    public = site.browser("board").get(page_of(decision_id, f"/plans/{HERE}/effects?copy=public"))
    needs = next(rows for caption, rows in tables_of(public.text).items() if caption.startswith("By need"))
    shown = next(rows for caption, rows in tables.items() if caption.startswith("By need"))
    assert int(shown[-1][1].replace(",", "")) == sum(int(row[1].replace(",", "")) for row in shown[1:-1])
    for open_row, public_row in zip(shown[1:], needs[1:], strict=True):
        assert public_row[1] in ({"left out"} if 0 < int(open_row[1].replace(",", "")) < 5 else {"left out", open_row[1]})
    assert "for publication" in main_of(public)
    assert site.browser("board").get(page_of(decision_id, "/plans/999/effects")).status_code == 404


@pytest.mark.parametrize(
    ("expected", "shown"), [([4, 4, 0], ["left out", "left out", "0", "left out"]), ([4, 40, 60], ["left out", "left out", "60", "104"])]
)
def test_a_total_that_would_tell_small_numbers_is_hidden_in_the_public_copy(site, monkeypatch, expected, shown):
    kept = site.shelf.plan(HERE, HERE)
    world = kept.facts.world
    codes = list(dict.fromkeys(standard.need for standard in world.policy.standards))[: len(expected)]
    kinds = tuple(kind for kind in world.policy.need_types if kind.code in codes)
    pupils = {kind.code: Fraction(number) for kind, number in zip(kinds, expected, strict=True)}
    needs = tuple(SimpleNamespace(need=code, expected_pupils=number) for code, number in pupils.items())
    policy = replace(world.policy, standards=tuple(s for s in world.policy.standards if s.need in pupils))
    there = {s.standard_id for s in policy.standards}
    picture = replace(world.picture, school_needs=needs, cells=tuple(c for c in world.picture.cells if c.standard_id in there))
    facts = SimpleNamespace(world=replace(world, policy=policy, picture=picture), policy=policy, amounts=kept.facts.amounts)
    few = SimpleNamespace(facts=facts)
    rows = by_need(few, is_public=True).rows
    assert [row.cells[1].text for row in rows] == shown
    assert [row.cells[1].text for row in by_need(few, is_public=False).rows][:-1] == [str(number) for number in expected]


def test_small_schools_are_the_smallest_quarter_of_each_phase(site):
    schools = site.shelf.figures(HERE).world.partnership.schools
    small = small_schools(schools)
    for phase in {school.phase for school in schools}:
        mine = sorted(school.pupils for school in schools if school.phase is phase)
        assert sorted(s.pupils for s in schools if s.phase is phase and s.urn in small) == mine[: -(-len(mine) // 4)]


# --- pages -----------------------------------------------------------------------------------


def test_pages_have_one_heading_no_id_twice_and_teach_when_empty(site):
    decision_id = closed(site)
    open_id = voting(site, "chair")
    paths = [DECISIONS, f"{DECISIONS}/new", page_of(decision_id), page_of(decision_id, "/minutes"), page_of(decision_id, "/minutes/change")]
    paths += [
        page_of(decision_id, "/sign"),
        page_of(open_id),
        page_of(open_id, "/vote"),
        page_of(open_id, "/interests"),
        page_of(open_id, "/close"),
    ]
    for path in paths:
        answer = site.browser("chair").get(path)
        assert answer.status_code == 200, path
        page = parsed(answer.text)
        assert len(list(page.iter("h1"))) == 1, path
        ids = [e.get("id") for e in page.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), path
        assert not re.search(r"\b(infeasible|utility|sacrifice|winner|loser|worst-off|node)\b", main_of(answer)), path
    with site.store.begin() as tx:
        new = tx.partnerships.create(name="Brand new", by=None)
    assert "There is no plan to decide on yet." in main_of(site.browser("house").get(f"/partnerships/{new}/decisions"))
