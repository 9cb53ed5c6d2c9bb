"""When things change: re-plans asked, shown and kept beside all else; claims lodged, decided without the school's name, and drawn."""

import dataclasses
import datetime as dt
import gzip
import json
import threading

import pytest
from answering import forget_answers, work_out
from pages import demonstration, demonstration_document, document_of, parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, OWN_URN, a_site

from optimisation.answers import Asked, GaveWay, Watch, find
from planner.asked_change import AskedChange, What, as_data, change_of, from_data
from planner.changes import settled
from planner.documents import check_document, plan_from_document
from planner.errors import InputMustBeMended
from planner.need import world_of
from planner.partnership import Pot
from planner.pots import day_of_year, left_by_day, pot_account, without_whose
from planner.store import AnswerKind, AnswerState, ClaimState, Role
from planner.store.moderation import AskedOfPot
from planner.store.tables import pot_claims
from web.change import claim_presenters
from web.change.forms import DecideForm
from web.plans.presenters.pots import with_draws
from web.words import today

THERE = f"/partnerships/{ELSEWHERE}/plans/{ELSEWHERE}"
CLAIMS = f"/partnerships/{HERE}/claims"
NEW = f"/partnerships/{HERE}/schools/{OWN_URN}/claims/new"
WHAT_FOR = "One more pupil with a high level of communication need since October."


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One site for all: claims and changes only come to it."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


@pytest.fixture(scope="module", params=["by hand", pytest.param("by the worker", marks=pytest.mark.slow)])
def replanned(request, tmp_path_factory):
    """A site in which a cut of the smaller partnership's money was asked of its plan and worked out: as a worker would, or by it."""
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        for partnership_id in (HERE, ELSEWHERE):
            forget_answers(site.store, partnership_id)
        asked = {"which": "", "way": "less", "percent": "20", "half_term": "3"}
        answer = site.post(site.browser("elsewhere"), f"{THERE}/change/money", **asked)
        assert answer.status_code == 303, answer.text
        site.at = answer.headers["Location"]
        waiting = main_of(site, "elsewhere", site.at)
        assert "The pool's money falls by 20 percent in half-terms 3 to 6" in waiting
        assert "not worked out yet" in waiting
        if request.param == "by hand":
            end_by_hand(site)
        else:
            rows = work_out(site.store, ELSEWHERE, ELSEWHERE)
            assert rows[AnswerKind.REPLAN, 0].state is AnswerState.FINISHED, rows
        yield site


def end_by_hand(site):
    """Two plans that nobody searched for, one of them a plan of the changed partnership."""
    kept = site.shelf.plan(ELSEWHERE, ELSEWHERE)
    world, amounts = kept.facts.world, kept.facts.amounts
    change = settled(change_of(AskedChange(what=What.MONEY, number=-20, half_term=3), world, amounts), world, amounts)
    document = document_of(world_of(dataclasses.replace(world.partnership, accountable_body="Another council"), world.policy))
    urns = [school.urn for school in world.partnership.schools]
    move = {"whose": world.partnership.schools[0].name, "urns": urns[:1], "item": "grant", "unit": "pounds", "given": 30, "was_to_come": 70}
    moves = [
        move | {"was": 100, "becomes": 90, "to_come": 60, "is_less": True},
        move | {"was": 100, "becomes": 120, "to_come": 90, "is_less": False},
    ]
    plans = [
        {
            "plan": n, "schools_disturbed": urns[:n], "shortfall_points": 9.0 - n, "bound_points": 8.5 - n, "need_met_points": 50.0,
            "is_finished": True, "changes": moves[:n], "who_must_agree": ["The board decides on grants."],
            "standards": {"met": 3 + n, "partly_met": 9, "under_half": 5 - n, "out_of_reach": 0},
        }
        for n in (1, 2)
    ]  # fmt: skip
    found = {
        "change": change.words, "from_half_term": 3, "notes": list(change.notes), "shortfall_points_before": 5.0, "least_schools_disturbed": 1,
        "gives_way": [{"rule": "money_floor", "sentence": "The floor falls; the board must agree."}], "plans": plans,
        "schools": {str(school.urn): school.name for school in world.partnership.schools},
        "given_already": [{"urn": urns[0], "item": "grant", "amount": 30}],
    }  # fmt: skip
    with site.store.begin() as tx:
        row = tx.answers.claim_next(worker="by hand")
        assert tx.answers.finish(row, document=found, file=gzip.compress(json.dumps([document, document]).encode()))


def main_of(site, who, path):
    return words_of(parsed(site.browser(who).get(path).text).find(".//main"))


def the_replan(site):
    with site.store.read() as tx:
        (row,) = tx.answers.replans(partnership_id=ELSEWHERE, plan_id=ELSEWHERE)
        answer = tx.answers.replan(partnership_id=ELSEWHERE, plan_id=ELSEWHERE, answer_id=row.id)
        file = tx.answers.replan_file(partnership_id=ELSEWHERE, plan_id=ELSEWHERE, answer_id=row.id)
    return answer, json.loads(gzip.decompress(file))


# --- something has changed -------------------------------------------------------------------


def test_a_change_shows_its_plans_with_who_gets_less_who_must_agree_and_what_is_locked(replanned):
    answer, documents = the_replan(replanned)
    found = answer.document
    shown = main_of(replanned, "elsewhere", replanned.at)
    tables = tables_of(replanned.browser("elsewhere").get(replanned.at).text)
    assert 1 <= len(found["plans"]) <= 3
    assert len(documents) == len(found["plans"])
    before, *rows = tables["From the fewest schools disturbed to the least need below the line"][1:]
    assert [row[1] for row in rows] == [str(len(one["schools_disturbed"])) for one in found["plans"]]
    stands, kinds = replanned.shelf.plan(ELSEWHERE, ELSEWHERE).facts.standing, ("met", "partly_met", "under_half", "out_of_reach")
    assert before[2:6] == [str(getattr(stands, kind)) for kind in kinds]
    assert [row[2:6] for row in rows] == [[str(one["standards"][kind]) for kind in kinds] for one in found["plans"]]
    first = found["plans"][0]["standards"]
    assert f"{first['met']} are fully met ({stands.met} before)" in shown
    for number, one in enumerate(found["plans"], start=1):
        less = [move for move in one["changes"] if move["is_less"]]
        assert len(tables.get(f"Plan {'ABC'[number - 1]}: who gets less", [""])[1:]) == len(less)
        assert all(sentence in shown for sentence in one["who_must_agree"])
    assert all(way["sentence"] in shown for way in found["gives_way"])
    assert len(tables["Given already in the half-terms that are finished: no plan takes it back"]) == len(found["given_already"]) + 1


def test_a_plan_that_is_picked_is_kept_audited_beside_the_one_it_came_from(replanned):
    board, (_, documents) = replanned.browser("elsewhere"), the_replan(replanned)
    kept = replanned.post(board, f"{replanned.at}/plans/1/keep", form_at=replanned.at)
    again = replanned.post(board, f"{replanned.at}/plans/1/keep", form_at=replanned.at)
    assert kept.headers["Location"] == again.headers["Location"] != THERE
    new_id = int(kept.headers["Location"].rpartition("of=")[2])
    assert kept.headers["Location"] == f"/partnerships/{ELSEWHERE}/compare?of={ELSEWHERE}&of={new_id}"
    assert "Compare" in main_of(replanned, "elsewhere", kept.headers["Location"])
    assert replanned.shelf.schools_plan(ELSEWHERE).plan_id == ELSEWHERE, "schools do not read it before the board says so"
    with replanned.store.read() as tx:
        plan = tx.plans.plan(partnership_id=ELSEWHERE, plan_id=new_id)
        assert [one.id for one in tx.plans.plans(partnership_id=ELSEWHERE)] == [new_id, ELSEWHERE]
        events = tx.events.events(partnership_id=ELSEWHERE)
    actions = [event.action for event in events]
    assert plan.document == documents[0]
    check_document(plan.document)
    assert actions.count("re-plan kept") == actions.count("change asked") == 1
    detail = next(event.detail for event in events if event.action == "re-plan kept")
    assert set(detail) == {"plan", "answer", "number"}, "the words of a change may name who leaves, and the log names nobody"
    for path in (
        f"/partnerships/{ELSEWHERE}/plans/{new_id}",
        f"/partnerships/{ELSEWHERE}/plans",
        f"/partnerships/{ELSEWHERE}/runs/{plan.run_id}",
    ):
        assert "after a change: The pool's money falls by 20 percent" in main_of(replanned, "elsewhere", path), path
    assert replanned.post(board, f"{replanned.at}/plans/9/keep", form_at=replanned.at).status_code == 404


def test_the_same_change_is_worked_out_once_and_stands_in_the_list(replanned):
    asked = {"which": "", "way": "less", "percent": "20", "half_term": "3"}
    again = replanned.post(replanned.browser("elsewhere"), f"{THERE}/change/money", **asked)
    assert again.headers["Location"] == replanned.at
    page = replanned.browser("elsewhere").get(f"{THERE}/change").text
    assert len(tables_of(page)["Asked of this plan before"]) == 2


def test_every_kind_of_change_has_a_form_that_says_what_is_wrong(site):
    board = site.browser("board")
    p = demonstration().partnership
    right = {
        What.LEAVES: ({"which": "slt3", "half_term": "3"}, {"which": "nobody"}),
        What.VACANT: ({"which": "slt_pack", "percent": "10", "half_term": ""}, {"percent": "101"}),
        What.ASSESSMENTS: ({"which": "ep_county", "number": "20", "each": "5.8", "half_term": ""}, {"each": "many"}),
        What.MONEY: ({"which": p.funds[0].fund_id, "way": "less", "percent": "10", "half_term": "2"}, {"percent": "1.5"}),
        What.SCHOOL_LEAVES: ({"which": str(OWN_URN), "half_term": "4"}, {"half_term": "7"}),
    }
    for what, (fields, wrong) in right.items():
        at = site.plan(f"/change/{what}")
        refused = site.post(board, at, **(fields | wrong))
        assert refused.status_code == 422, what
        assert "There is a problem" in refused.text
        sent = site.post(board, at, **fields)
        assert sent.status_code == 303, (what, sent.text)
        assert main_of(site, "head", sent.headers["Location"])
    assert site.browser("head").get(site.plan("/change/money")).status_code == 403
    assert board.get(site.plan("/change/weather")).status_code == 404


def test_nobody_has_more_changes_worked_out_at_once_than_their_share(site, monkeypatch):
    monkeypatch.setattr("web.change.routes.MOST_WAITING", 2)
    chair, asked = site.browser("chair"), {"which": "", "way": "more", "half_term": "2"}
    sent = [site.post(chair, site.plan("/change/money"), **asked, percent=str(n)) for n in range(1, 4)]
    assert [one.status_code for one in sent] == [303, 303, 422]
    assert "Ask for more once one of them is there" in sent[-1].text
    assert site.post(chair, site.plan("/change/money"), **asked, percent="1").status_code == 303, "what was asked before is found"
    with site.store.read() as tx:
        assert tx.answers.replans_waiting(partnership_id=HERE, by=site.user_ids["chair"]) == 2


def test_a_school_joins_once_the_newest_figures_hold_it(site):
    assert "hold no school that this plan does not" in main_of(site, "board", site.plan("/change/joins"))
    document = json.loads(json.dumps(demonstration_document()["partnership"]))
    new = next(school for school in document["schools"] if school["urn"] == OWN_URN) | {"urn": 900199, "name": "Newly Primary School"}
    document["schools"].append(new)
    with site.store.begin() as tx:
        tx.partnerships.add_version(partnership_id=HERE, document=document, note="joined", by=site.user_ids["administrator"], based_on=1)
    assert "Newly Primary School joins, as figures version 2 say." in main_of(site, "board", site.plan("/change/joins"))
    sent = site.post(site.browser("board"), site.plan("/change/joins"), half_term="3")
    assert sent.status_code == 303
    with site.store.read() as tx:
        (row,) = (one for one in tx.answers.replans(partnership_id=HERE, plan_id=HERE) if one.asked["what"] == What.JOINS)
    assert (row.asked["version"], row.asked["half_term"]) == (2, 3)


def test_a_change_is_kept_as_data_and_refused_where_it_cannot_be():
    asked = AskedChange(what=What.MONEY, number=-10, half_term=3)
    assert from_data(json.loads(json.dumps(as_data(asked)))) == asked
    plan, world = plan_from_document(demonstration_document())
    for wrong in (dataclasses.replace(asked, what=What.LEAVES, which="ep1", half_term=None), dataclasses.replace(asked, what=What.JOINS)):
        with pytest.raises(InputMustBeMended):
            change_of(wrong, world, plan.amounts)


def test_a_replan_gives_way_at_its_next_search():
    asked = Asked(kind=AnswerKind.REPLAN, change=as_data(AskedChange(what=What.MONEY, number=-10, half_term=3)))
    with pytest.raises(GaveWay):
        find(asked, demonstration_document(), None, Watch(AnswerKind.REPLAN, lambda: True))


# --- claims ------------------------------------------------------------------------------------


def lodge(site, urn=OWN_URN, who="head", *, service_id="", amount=4_000, pounds=4_000):
    asked = AskedOfPot(service_id=service_id, amount=amount, pounds=pounds, what_for=WHAT_FOR)
    with site.store.begin() as tx:
        year = demonstration().partnership.academic_year
        return tx.moderation.lodge(partnership_id=HERE, urn=urn, academic_year=year, asked=asked, by=site.user_ids[who])


def stored(site, claim_id):
    with site.store.read() as tx:
        return tx.moderation.claim(partnership_id=HERE, claim_id=claim_id)


def decide(site, claim_id, who="board", **fields):
    at = f"{CLAIMS}/{claim_id}"
    return site.post(
        site.browser(who), f"{at}/decide", form_at=at, **({"decided": "full", "pounds": "", "reason": "It is needed."} | fields)
    )


def left_in(site):
    """What the page says is left of the moderated pot."""
    return main_of(site, "board", site.plan("/pots"))


def test_of_many_claims_the_newest_are_shown_and_all_when_they_are_asked_for(site, monkeypatch):
    monkeypatch.setattr(claim_presenters, "MOST_SHOWN", 2)
    first, *_, last = (lodge(site) for _ in range(3))
    links = [f'href="{CLAIMS}/{claim_id}"' for claim_id in (first, last)]
    some, every = (site.browser("board").get(f"{CLAIMS}{ending}").text for ending in ("", "?all=1"))
    assert [link in some for link in links] == [False, True]
    assert "Claims, newest first: 2 of" in some
    assert 'href="?all=1"' in some
    assert [link in every for link in links] == [True, True]
    assert "Show all" not in every


def test_a_claim_is_shown_to_the_board_without_its_school_and_to_its_own_head_and_administrators_with_it(site):
    sent = site.post(site.browser("head"), NEW, of="st_trust", amount="30", what_for=WHAT_FOR)
    at = sent.headers["Location"]
    name = next(school.name for school in demonstration().partnership.schools if school.urn == OWN_URN)
    title = "primary, 30 half-days of Partnership specialist teacher"
    for who in ("board", "head", "other-head", "administrator", "commissioner"):
        knows = who in {"head", "administrator"}
        for path in (CLAIMS, at):
            shown = main_of(site, who, path)
            assert title in shown
            assert (name in shown.replace(f"Lodge a claim for {name}", "")) is knows, (who, path)
        assert (WHAT_FOR in shown) is (knows or who == "board")
        assert ("Head" in shown.replace("Heads", "").partition("Decide it")[0]) is knows, "who lodged it says whose it is"
    with site.store.read() as tx:
        event = tx.events.events(partnership_id=HERE)[0]
    assert (event.action, event.by, event.detail) == ("claim lodged", None, {})
    assert stored(site, int(at.rpartition("/")[2])).pounds == 30 * 170


def test_a_phase_that_would_tell_the_school_is_not_said(site):
    schools = demonstration().partnership.schools
    rare = next(s for s in schools if sum(other.phase is s.phase for other in schools) < 3)
    claim_id = lodge(site, rare.urn)
    assert f"Claim {claim_id}: £4,000" in main_of(site, "board", CLAIMS)


def test_only_a_schools_own_head_claims_for_it_and_says_how_much_and_what_for(site):
    for who, status in (("head", 200), ("other-head", 403), ("board", 403), ("administrator", 403), ("elsewhere", 404)):
        assert site.browser(who).get(NEW).status_code == status, who
    assert "Do not name a child" in site.browser("head").get(NEW).text
    for wrong in ({"amount": "some"}, {"amount": "0"}, {"what_for": ""}, {"of": "nothing"}):
        refused = site.post(site.browser("head"), NEW, **({"of": "", "amount": "4000", "what_for": WHAT_FOR} | wrong))
        assert refused.status_code == 422, wrong


def test_what_is_granted_is_drawn_at_once_and_what_is_declined_is_not(site):
    with site.store.begin() as tx:
        tx.moderation._connection.execute(pot_claims.delete())  # what others were granted may have taken the pot
    before = left_in(site)
    whole, part, none = (lodge(site, amount=100, pounds=100) for _ in range(3))
    assert decide(site, whole).status_code == 303
    assert decide(site, part, decided="part", pounds="100").status_code == 422, "a part is less than the whole"
    assert decide(site, part, decided="part", pounds="£40").status_code == 303
    assert decide(site, none, decided="none").status_code == 303
    rows = [stored(site, claim_id) for claim_id in (whole, part, none)]
    assert [(row.state, row.granted_pounds) for row in rows] == [
        (ClaimState.GRANTED, 100), (ClaimState.PART_GRANTED, 40), (ClaimState.DECLINED, None),
    ]  # fmt: skip
    assert left_in(site) != before
    drawn = tables_of(site.browser("board").get(site.plan("/pots")).text)["What has been drawn, the latest first"][1:]
    assert sorted(row[-1] for row in drawn if row[2] == "Not shown") == ["£100", "£40"], "the board does not learn whose it was"
    named = tables_of(site.browser("administrator").get(site.plan("/pots")).text)["What has been drawn, the latest first"]
    assert not any("Not shown" in row for row in named)
    assert "Keep the decision" not in site.browser("board").get(f"{CLAIMS}/{none}").text, "a decision stands"


def test_who_decides_is_of_the_board_and_not_of_the_school_and_the_first_decision_stands(site):
    claim_id = lodge(site)
    for who in ("head", "other-head", "administrator", "commissioner"):
        sent = site.post(site.browser(who), f"{CLAIMS}/{claim_id}/decide", form_at="/account", decided="full", reason="So.")
        assert sent.status_code == 403, who
    with site.store.begin() as tx:
        for role, urn in ((Role.BOARD, None), (Role.HEAD, OWN_URN)):
            tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=HERE, role=role, urn=urn)
    refused = decide(site, claim_id, "newcomer")
    assert (refused.status_code, "somebody else on the board must decide it" in refused.text) == (422, True)
    with site.store.begin() as tx:
        tx.moderation.decide(
            partnership_id=HERE, claim_id=claim_id, granted_pounds=0, drawn_on="2026-11-22", reason="No.", by=site.user_ids["chair"]
        )  # fmt: skip
    late = site.post(site.browser("board"), f"{CLAIMS}/{claim_id}/decide", form_at="/account", decided="full", reason="Yes.")
    assert (late.status_code, "What was done stands below" in late.text) == (409, True)
    assert stored(site, claim_id).state is ClaimState.DECLINED


def test_a_head_withdraws_a_claim_that_waits_and_the_board_decides_it_no_more(site):
    claim_id, decided = lodge(site), lodge(site)
    at = f"{CLAIMS}/{claim_id}"
    assert "Withdraw the claim" not in main_of(site, "board", at)
    for who, status in (("other-head", 403), ("board", 403), ("administrator", 403), ("elsewhere", 404), ("head", 303)):
        form_at = at if who == "head" else "/account"
        assert site.post(site.browser(who), f"{at}/withdraw", form_at=form_at).status_code == status, who
    assert "Withdrawn by its school" in main_of(site, "board", at)
    assert "Decide it" not in main_of(site, "board", at)
    late = site.post(site.browser("board"), f"{at}/decide", form_at="/account", decided="full", reason="Yes.")
    assert (late.status_code, stored(site, claim_id).granted_pounds) == (409, None)
    with site.store.read() as tx:
        event = tx.events.events(partnership_id=HERE)[0]
    assert (event.action, event.by) == ("claim withdrawn", None), "the log does not say whose it is"
    assert decide(site, decided, decided="none").status_code == 303
    site.post(site.browser("head"), f"{CLAIMS}/{decided}/withdraw", form_at="/account")
    assert stored(site, decided).withdrawn_at is None, "a decision stands"


def test_more_than_the_pot_holds_is_not_granted_and_the_page_says_what_could_be(site):
    claim_id = lodge(site, amount=9_000_000, pounds=9_000_000)
    refused = decide(site, claim_id)
    assert (refused.status_code, "Grant that or less, or decide once more is released" in refused.text) == (422, True)
    assert stored(site, claim_id).state is ClaimState.LODGED


def test_two_claims_decided_at_once_do_not_draw_more_than_there_is(site, monkeypatch):
    kept = site.shelf.plan(HERE, HERE)
    with site.store.read() as tx:
        world, _ = with_draws(kept, site.shelf.figures(HERE), tx.moderation.claims(partnership_id=HERE))
    left = pot_account(world, kept.facts.amounts, Pot.MODERATED, day_of_year(world.partnership, today())).balance_pounds
    one, other = (lodge(site, amount=left, pounds=left) for _ in range(2))
    validated = DecideForm.validate

    def the_other_is_granted_meanwhile(form):
        monkeypatch.setattr(DecideForm, "validate", validated)
        meanwhile = threading.Thread(target=decide, args=(site, other, "chair"))  # a request of its own
        meanwhile.start()
        meanwhile.join()
        return validated(form)

    monkeypatch.setattr(DecideForm, "validate", the_other_is_granted_meanwhile)
    assert decide(site, one).status_code == 422
    assert (stored(site, one).state, stored(site, other).state) == (ClaimState.LODGED, ClaimState.GRANTED)


def test_a_claim_of_another_year_is_drawn_from_no_pot(site):
    asked = AskedOfPot(amount=1, pounds=1, what_for=WHAT_FOR)
    with site.store.begin() as tx:
        claim_id = tx.moderation.lodge(partnership_id=HERE, urn=OWN_URN, academic_year="2019/20", asked=asked, by=site.user_ids["head"])
    refused = decide(site, claim_id)
    assert (refused.status_code, "decline it, and have the school claim again" in refused.text) == (422, True)
    assert decide(site, claim_id, decided="none").status_code == 303


def test_a_school_that_the_plan_does_not_hold_claims_once_it_is_in_it(site):
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids["head"], partnership_id=HERE, role=Role.HEAD, urn=900_777)
    at = f"/partnerships/{HERE}/schools/900777/claims/new"
    refused = site.post(site.browser("head"), at, form_at="/account", of="", amount="10", what_for=WHAT_FOR)
    assert (refused.status_code, "Once it is in the plan, claim here" in refused.text) == (422, True)


def test_the_burn_down_falls_by_each_draw_and_ends_where_the_forecast_does(site):
    shown = main_of(site, "board", CLAIMS)
    assert "What is left of the pot, day by day" in shown
    kept = site.shelf.plan(HERE, HERE)
    for day in (dt.date(2026, 11, 22), dt.date(2027, 3, 1)):
        account = pot_account(kept.facts.world, kept.facts.amounts, Pot.MODERATED, day)
        left, ahead = left_by_day(kept.facts.world, account)
        assert left[-1].pounds == account.balance_pounds
        assert (ahead[-1].pounds if ahead else None) == (account.since_september and account.since_september.left_at_end_pounds)


# --- whose draw it was, in what is taken away -------------------------------------------------


def test_downloads_leave_out_whose_draws_they_were_for_who_may_not_read_it(site):
    whole = demonstration_document()
    said = {draw["what_for"] for draw in whole["partnership"]["draws"] if draw.get("what_for")}
    assert said
    for who, may_read in (("board", True), ("administrator", True), ("head", False), ("commissioner", False), ("service-manager", False)):
        answer = site.browser(who).get(site.plan("/plan.json"))
        document = json.loads(answer.data)
        check_document(document)
        assert document["fingerprint"][:12] in answer.headers["Content-Disposition"]
        assert (document == whole) is may_read, who
        assert any(text in answer.text for text in said) is may_read
        assert [d["pounds"] for d in document["partnership"]["draws"]] == [d["pounds"] for d in whole["partnership"]["draws"]]
        assert ("Your copy leaves out" in main_of(site, who, site.plan("/downloads"))) is not may_read


def test_a_head_keeps_the_draws_of_their_own_school_only():
    p = demonstration().partnership
    urn = next(draw.urn for draw in p.draws if draw.urn is not None)
    shown = without_whose(p, lambda draw: draw.urn == urn)
    assert [d for d in shown.draws if d.urn == urn] == [d for d in p.draws if d.urn == urn]
    assert all(not d.what_for for d in shown.draws if d.urn != urn)
    assert without_whose(p, lambda _: True) is p
