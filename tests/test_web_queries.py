"""Questions: asked by heads, answered, closed, and followed to the correction; nobody's words are lost."""

import copy
import re

import pytest
from pages import demonstration_document, parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, OTHER_URN, OWN_URN, PEOPLE, a_site

from planner.store import Decision, QueryState
from web.queries import presenters

QUESTIONS = f"/partnerships/{HERE}/questions"
ASK = f"/partnerships/{HERE}/schools/{OWN_URN}/questions/new"
MARKUP = "<b>Why</b> & how?\nSecond line."
ANSWERERS = {"board", "chair", "administrator", "house"}


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path) as site:
        yield site


def main_of(answer):
    return words_of(parsed(answer.text).find(".//main"))


def stages_of(answer):
    page = parsed(answer.text)
    return dict(zip((words_of(e) for e in page.iter("dt")), (words_of(e) for e in page.iter("dd")), strict=True))


def ask(site, who="head", *, urn=OWN_URN, line="Grant", plan=HERE):
    with site.store.begin() as tx:
        return tx.schools.open_query(
            partnership_id=HERE, urn=urn, line=line, question=f"Why this {line}?", by=site.user_ids[who], plan_id=plan
        )  # fmt: skip


def page_of(query_id):
    return f"{QUESTIONS}/{query_id}"


def answer(site, query_id, who="board", *, version=None, **fields):
    typed = {"answer": "Because of the roll.", "decided": "right", "version": version or stored(site, query_id).version, **fields}
    return site.post(site.browser(who), f"{page_of(query_id)}/answer", form_at=page_of(query_id), **typed)


def close(site, query_id, who="head", *, version=None):
    version = version or stored(site, query_id).version
    return site.post(site.browser(who), f"{page_of(query_id)}/close", form_at=page_of(query_id), version=version)


def stored(site, query_id):
    with site.store.read() as tx:
        return tx.schools.query(partnership_id=HERE, query_id=query_id)


def events_of(site):
    with site.store.read() as tx:
        return tx.events.events(partnership_id=HERE)


def bring_corrected(site, pupils=400):
    """Version 2 of the figures, in which our school has more primary pupils."""
    document = copy.deepcopy(demonstration_document()["partnership"])
    next(school for school in document["schools"] if school["urn"] == OWN_URN)["primary_pupils"] = pupils
    with site.store.begin() as tx:
        tx.partnerships.add_version(
            partnership_id=HERE, document=document, note="corrected", by=site.user_ids["administrator"], based_on=1
        )  # fmt: skip


def plan_again(site, version):
    with site.store.begin() as tx:
        run_id = tx.runs.request_run(
            partnership_id=HERE, partnership_version=version, policy_version=1, settings={}, by=site.user_ids["board"]
        )  # fmt: skip
        return tx.runs.keep_made_elsewhere(partnership_id=HERE, run_id=run_id, document=demonstration_document())


# --- who may -----------------------------------------------------------------------------------


def test_everybody_in_the_partnership_reads_questions_and_nobody_else_does(site):
    query_id = ask(site)
    for who in PEOPLE:
        expected = 404 if who in {"elsewhere", "newcomer"} else 200
        assert site.browser(who).get(QUESTIONS).status_code == expected, who
        assert site.browser(who).get(page_of(query_id)).status_code == expected, who
    assert site.browser(None).get(QUESTIONS).status_code == 303


def test_only_a_schools_own_head_asks_about_it(site):
    for who in PEOPLE:
        expected = {"head": 200, "elsewhere": 404, "newcomer": 404}.get(who, 403)
        assert site.browser(who).get(ASK).status_code == expected, who
        if who != "head":
            answer = site.post(site.browser(who), ASK, form_at="/account", line="Grant", question="Why?")
            assert answer.status_code == expected, who
    with site.store.read() as tx:
        assert tx.schools.queries(partnership_id=HERE) == ()


def test_only_the_board_and_administrators_answer(site):
    for who in PEOPLE:
        query_id = ask(site)
        page = site.browser(who).get(page_of(query_id))
        assert ("Send the answer" in page.text) == (who in ANSWERERS), who
        sent = site.post(
            site.browser(who), f"{page_of(query_id)}/answer", form_at="/account", answer="So.", decided="right", version=1
        )  # fmt: skip
        assert sent.status_code == (303 if who in ANSWERERS else 404 if who in {"elsewhere", "newcomer"} else 403), who
        assert stored(site, query_id).state is (QueryState.ANSWERED if who in ANSWERERS else QueryState.OPEN)


def test_who_asked_closes_at_any_time_and_who_answers_once_it_is_answered(site):
    for who in PEOPLE:
        unanswered, answered = ask(site), ask(site)
        assert answer(site, answered).status_code == 303
        expected = 404 if who in {"elsewhere", "newcomer"} else 403
        for query_id, may in ((unanswered, who == "head"), (answered, who == "head" or who in ANSWERERS)):
            page = site.browser(who).get(page_of(query_id))
            assert ("Close the question" in page.text) == may, (who, query_id)
            sent = site.post(
                site.browser(who), f"{page_of(query_id)}/close", form_at="/account", version=stored(site, query_id).version
            )  # fmt: skip
            assert sent.status_code == (303 if may else expected), who
            assert (stored(site, query_id).state is QueryState.CLOSED) == may


def test_what_is_not_here_is_404(site):
    query_id = ask(site)
    elsewhere = site.browser("elsewhere")
    for path in (f"/partnerships/{ELSEWHERE}/questions/{query_id}", page_of(999), f"{QUESTIONS}/x"):
        for client in (elsewhere, site.browser("chair")):
            assert client.get(path).status_code == 404, path
    head = site.browser("head")
    for plan in (ELSEWHERE, 999, 0, "x", "9" * 40, "-1"):
        assert head.get(f"{ASK}?line=Grant&plan={plan}").status_code == 404, plan
    answer = site.post(head, f"{ASK}?plan={ELSEWHERE}", form_at=ASK, line="Grant", question="Why?")
    assert answer.status_code == 404
    for what in ("answer", "close"):
        path = f"/partnerships/{ELSEWHERE}/questions/{query_id}/{what}"
        assert site.post(elsewhere, path, form_at="/account", answer="x", decided="right", version=1).status_code == 404
    assert stored(site, query_id).state is QueryState.OPEN


# --- ask ------------------------------------------------------------------------------------------


def test_a_head_asks_about_a_line_of_a_plan(site):
    head = site.browser("head")
    path = f"{ASK}?line=Grant%20%3Ci%3E&plan={HERE}"
    page = head.get(path)
    assert next(e.get("value") for e in parsed(page.text).iter("input") if e.get("id") == "line") == "Grant <i>"
    assert "Your question goes with plan 1, made" in main_of(page)
    asked = site.post(head, path, line="Grant & more", question=MARKUP)
    assert asked.status_code == 303
    with site.store.read() as tx:
        (query,) = tx.schools.queries(partnership_id=HERE)
    assert (query.urn, query.line, query.question, query.plan_id, query.state) == (OWN_URN, "Grant & more", MARKUP, HERE, QueryState.OPEN)
    assert asked.headers["Location"] == page_of(query.id)
    after = head.get(page_of(query.id))
    assert "Your question is asked." in after.text
    assert "<b>Why" not in after.text
    assert "<b>Why</b> & how? Second line." in main_of(after)
    assert f"by Head, {re.search('[0-9]+ [A-Z]', main_of(after))[0]}" in main_of(after)
    event = events_of(site)[0]
    assert (event.action, event.subject, event.detail) == ("question asked", f"question {query.id}", {"urn": OWN_URN, "plan": HERE})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"line": " "}, "Enter the line, as the page names it."),
        ({"question": ""}, "Enter your question."),
        ({"line": "x" * 201}, "Use 200 characters or fewer."),
        ({"question": "y" * 2001}, "Use 2,000 characters or fewer."),
    ],
)
def test_a_question_with_something_missing_keeps_what_was_typed(site, fields, said):
    typed = {"line": "Grant", "question": "Why so little?", **fields}
    answer = site.post(site.browser("head"), f"{ASK}?line=Grant&plan={HERE}", **typed)
    assert answer.status_code == 422
    assert main_of(answer).count(said) == 2
    assert parsed(answer.text).find(".//title").text.startswith("Error: ")
    assert all(text in answer.text for text in typed.values() if text.strip())
    with site.store.read() as tx:
        assert tx.schools.queries(partnership_id=HERE) == ()


def test_a_question_without_a_plan_is_about_the_newest_figures(site):
    head = site.browser("head")
    assert "goes with version 1 of the figures" in main_of(head.get(ASK))
    asked = site.post(head, ASK, line="Primary pupils", question="Where from?")
    assert "Version 1 of the figures" in main_of(head.get(asked.headers["Location"]))


# --- the list ---------------------------------------------------------------------------------------


def test_open_questions_stand_first(site):
    closed, answered, old, new = (ask(site, line=line) for line in ("closed", "answered", "old", "new"))
    answer(site, answered)
    close(site, closed)
    page = site.browser("board").get(QUESTIONS)
    rows = tables_of(page.text)["All questions"][1:]
    assert [row[0] for row in rows] == [f"{new}. new", f"{old}. old", f"{answered}. answered", f"{closed}. closed"]
    assert [row[4] for row in rows] == ["Open", "Open", "Answered", "Closed"]
    assert [row[3] for row in rows] == ["Nothing yet", "Nothing yet", "The figure is right", "Nothing"]
    assert "2 open, 1 answered and 1 closed." in main_of(page)
    assert "Ask about a line" not in main_of(page)


def test_a_heads_own_school_stands_before_the_others(site):
    own, other = ask(site, line="ours"), ask(site, "other-head", urn=OTHER_URN, line="theirs")
    page = site.browser("head").get(QUESTIONS)
    tables = tables_of(page.text)
    assert list(tables) == ["Our school", "Other schools"]
    assert [row[0] for row in tables["Our school"][1:]] == [f"{own}. ours"]
    assert [row[0] for row in tables["Other schools"][1:]] == [f"{other}. theirs"]
    assert f'href="{ASK}"' in page.text


def test_an_empty_list_says_so(site):
    assert "No head has asked anything yet." in main_of(site.browser("board").get(QUESTIONS))
    assert main_of(site.browser("head").get(QUESTIONS)).count("No question yet.") == 2


# --- answer, close ----------------------------------------------------------------------------------


def test_a_question_is_answered_and_closed_and_its_page_tells_all(site):
    query_id = ask(site)
    sent = answer(site, query_id, answer=MARKUP)
    assert (sent.status_code, sent.headers["Location"]) == (303, page_of(query_id))
    close(site, query_id)
    page = site.browser("commissioner").get(page_of(query_id))
    told = main_of(page)
    assert "<b>Why" not in page.text
    parts = ["Closed", "Asked by Head", "Why this Grant?", "Answered by Board", "The figure is right.", "<b>Why</b>", "Closed by Head"]
    places = [told.index(part) for part in parts]
    assert places == sorted(places)
    assert [e.action for e in events_of(site)][:2] == ["question closed", "question answered"]
    assert events_of(site)[1].detail == {"decided": "right"}
    again = site.browser("head").get(page_of(query_id))
    assert f"{ASK}?line=Grant&amp;plan={HERE}" in again.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answer": " "}, "Enter your answer."),
        ({"answer": "z" * 2001}, "Use 2,000 characters or fewer."),
        ({"decided": ""}, "Choose what was decided."),
        ({"decided": "burn it"}, "Not a valid choice"),
    ],
)
def test_an_answer_with_something_missing_keeps_what_was_typed(site, fields, said):
    query_id = ask(site)
    sent = answer(site, query_id, **fields)
    assert sent.status_code == 422
    assert main_of(sent).count(said) == 2
    assert fields.get("answer", "Because of the roll.").strip() in sent.text
    assert stored(site, query_id).state is QueryState.OPEN


def test_of_two_who_answer_the_second_keeps_their_words_and_sees_the_first(site):
    query_id = ask(site)
    answer(site, query_id, "chair", answer="From the chair.")
    second = answer(site, query_id, "board", version=1, answer="From the board.", decided="corrected")
    assert second.status_code == 409
    told = main_of(second)
    assert told.count("Somebody else has changed this question since you opened the page.") == 2
    assert "('" not in told
    assert "From the chair." in told
    assert "From the board." in words_of(parsed(second.text).find(".//textarea"))
    assert re.search(r'<input[^>]*value="corrected"[^>]*checked', second.text)
    assert 'name="version" type="hidden" value="2"' in second.text
    answer(site, query_id, "board", answer="From the board.", decided="corrected")
    told = main_of(site.browser("head").get(page_of(query_id)))
    assert told.index("From the chair.") < told.index("Answered again by Board") < told.index("From the board.")


def test_an_answer_to_a_question_closed_meanwhile_is_shown_back(site):
    query_id = ask(site)
    close(site, query_id)
    with site.store.read() as tx:
        assert tx.schools.answers(partnership_id=HERE) == ()
    late = site.post(
        site.browser("board"), f"{page_of(query_id)}/answer", form_at="/account", answer="Too late.", decided="right", version=1
    )  # fmt: skip
    assert late.status_code == 409
    assert "This question has been closed since you opened the page" in main_of(late)
    assert "Too late." in main_of(late)
    assert "('" not in main_of(late)
    assert "Send the answer" not in late.text


def test_a_question_that_changed_meanwhile_is_not_closed_unread(site):
    query_id = ask(site)
    answer(site, query_id)
    stale = close(site, query_id, version=1)
    assert stale.status_code == 409
    assert "Read what is new below, then close it if that is still right." in main_of(stale)
    assert stored(site, query_id).state is QueryState.ANSWERED
    for version in ("x", "", "9" * 30):
        assert site.post(
            site.browser("head"), f"{page_of(query_id)}/close", form_at="/account", version=version
        ).status_code == 409  # fmt: skip
    close(site, query_id)
    head = site.browser("head")
    assert site.post(head, f"{page_of(query_id)}/close", form_at="/account", version=3).status_code == 303
    assert "This question was closed already." in head.get(page_of(query_id)).text
    assert [e.action for e in events_of(site)].count("question closed") == 1


# --- the correction -----------------------------------------------------------------------------------


def test_a_correction_is_followed_from_the_answer_to_the_new_plan(site):
    query_id = ask(site, line="Primary pupils")
    answer(site, query_id, "administrator", decided="corrected")
    head, board, administrator = (site.browser(who) for who in ("head", "board", "administrator"))
    page = head.get(page_of(query_id))
    told, stages = main_of(page), stages_of(page)
    assert list(stages) == ["Asked about", "Corrected figures", "Planned again"]
    assert stages["Asked about"].startswith("Plan 1, made")
    assert stages["Corrected figures"] == "Not brought yet"
    assert stages["Planned again"] == "Not with corrected figures yet"
    assert "An administrator brings the corrected figures; then the board plans again." in told
    bring, plan = f'href="/partnerships/{HERE}/bring"', f'href="/partnerships/{HERE}/runs"'
    main = {who: client.get(page_of(query_id)).text.partition("<main")[2] for who, client in (("b", board), ("a", administrator))}
    assert bring in main["a"]
    assert plan not in main["a"]
    assert plan in main["b"]
    assert bring not in main["b"]

    bring_corrected(site)
    page = head.get(page_of(query_id))
    assert stages_of(page)["Corrected figures"].startswith("Version 2, brought")
    rows = tables_of(page.text)["The school's figures that changed since"]
    was = next(s.primary_pupils for s in site.shelf.figures(HERE, 1).world.partnership.schools if s.urn == OWN_URN)
    assert rows == [["Figure", "Version 1", "Version 2"], ["Primary pupils", f"{was:,}", "400"]]
    assert bring not in administrator.get(page_of(query_id)).text.partition("<main")[2]

    plan_id = plan_again(site, 2)
    page = head.get(page_of(query_id))
    assert re.match(f"Plan {plan_id}, made .* from version 2 of the figures", stages_of(page)["Planned again"])
    for number in (HERE, plan_id):
        assert f'href="/partnerships/{HERE}/plans/{number}/schools/{OWN_URN}"' in page.text
    table = next(rows for caption, rows in tables_of(page.text).items() if caption.startswith("What the school has in both plans"))
    assert table[0] == ["Line", "Plan 1", f"Plan {plan_id}", "Change"]
    grant = next(x.grant_pounds for x in site.shelf.plan(HERE, plan_id).facts.ledgers if x.school.urn == OWN_URN)
    assert ["Grant", f"£{grant:,}", f"£{grant:,}", "no change"] in table
    assert plan not in board.get(page_of(query_id)).text.partition("<main")[2]


def test_a_plan_made_again_from_the_same_figures_is_no_correction(site):
    query_id = ask(site)
    answer(site, query_id, decided="corrected")
    plan_id = plan_again(site, 1)
    stages = stages_of(site.browser("board").get(page_of(query_id)))
    assert stages["Newest plan"].startswith(f"Plan {plan_id}, made")
    assert stages["Planned again"] == "Not with corrected figures yet"


def test_where_the_figure_is_right_nothing_is_to_be_corrected(site):
    query_id = ask(site)
    answer(site, query_id)
    bring_corrected(site, pupils=401)
    page = site.browser("board").get(page_of(query_id))
    told = main_of(page)
    assert "The correction" not in told
    assert stages_of(page)["Newest figures"].startswith("Version 2, brought")
    assert "Make a plan" not in told


def test_figures_of_other_schools_are_no_change_of_this_one(site):
    query_id = ask(site, "other-head", urn=OTHER_URN)
    bring_corrected(site)
    told = main_of(site.browser("other-head").get(page_of(query_id)))
    assert "Every figure of the school is the same in versions 1 and 2." in told


def test_the_story_names_nobody_who_was_erased(site):
    query_id = ask(site)
    with site.store.begin() as tx:
        tx.people.erase(user_id=site.user_ids["head"])
        tx.schools.answer_query(
            partnership_id=HERE, query_id=query_id, answer="So.", decided=Decision.BOARD, by=site.user_ids["board"], version=1
        )  # fmt: skip
    told = main_of(site.browser("board").get(page_of(query_id)))
    assert "Asked by somebody who has left" in told
    assert "The board will look at it." in told


def test_a_partnership_without_figures_has_an_empty_list(site):
    with site.store.begin() as tx:
        new = tx.partnerships.create(name="Brand new", by=None)
    assert site.browser("house").get(f"/partnerships/{new}/questions").status_code == 200


def test_pages_have_one_heading_and_no_id_twice(site):
    query_id = ask(site)
    answer(site, query_id, decided="corrected")
    for who, path in (("head", QUESTIONS), ("head", ASK), ("board", page_of(query_id)), ("head", page_of(query_id))):
        page = parsed(site.browser(who).get(path).text)
        assert len(list(page.iter("h1"))) == 1
        ids = [e.get("id") for e in page.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), path


def test_of_many_questions_some_are_shown_open_ones_first_and_all_when_they_are_asked_for(site, monkeypatch):
    monkeypatch.setattr(presenters, "MOST_SHOWN", 3)
    asked = [ask(site, line=f"Line {n}") for n in range(4)]
    for query_id in asked[2:]:
        assert answer(site, query_id).status_code == 303
    board = site.browser("board")
    some, every = main_of(board.get(QUESTIONS)), main_of(board.get(f"{QUESTIONS}?all=1"))
    assert [f"Line {n}" in some for n in range(4)] == [True, True, False, True], "the two that are open, and the newest of the others"
    assert "All questions: 3 of 4" in some
    assert "2 open, 2 answered" in some
    assert "Show all 4 questions" in some
    assert all(f"Line {n}" in every for n in range(4))
    assert "Show all" not in every
    own, shown = ask(site, urn=OTHER_URN, line="Theirs"), main_of(site.browser("head").get(QUESTIONS))
    assert ("Theirs" in shown, "Our school: 3 of 4" in shown) == (True, True), own
