"""An edited workbook on the pages: brought back, audited, kept beside the others or not; last year taken from a plan."""

import io

import openpyxl
import pytest
from pages import demonstration_plan, parsed, tables_of, words_of
from test_read_back import Edit
from websites import HERE, OWN_URN, PEOPLE, a_site

from planner.rules import RULES
from planner.store import Role
from planner.store.uploads import MOST_BY_HAND
from web.plans.files import workbook
from web.workshop import Workshop

BY_HAND = f"/partnerships/{HERE}/plans/{HERE}/by-hand"
BRING = f"/partnerships/{HERE}/bring"


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


@pytest.fixture(scope="module")
def content():
    return workbook(demonstration_plan(), standing="")


def says(text):
    """The words of a page."""
    return words_of(parsed(text))


def brought(site, browser, content, name="edited.xlsx"):
    return site.post(browser, BY_HAND, file=(io.BytesIO(content), name))


def a_zone_service():
    return next(key for key in demonstration_plan().facts.amounts.sessions if not key[0].isdigit())


def test_an_edited_workbook_is_audited_and_kept_beside_the_others(site, content):
    board = site.browser("board")
    assert "Bring back an edited workbook" in board.get(site.plan("/downloads")).text
    zone, service_id = a_zone_service()
    edit = Edit(content)
    cell = edit.write("Time", "Half-days", 0, zone, service_id)
    answer = brought(site, board, edit.content())
    assert answer.status_code == 303
    page = board.get(answer.location)
    words = says(page.text)
    assert "1 amount changed by hand: it keeps every rule" in words
    assert f"Time, {cell}" in words
    assert "No plan within these rules comes below" in words
    assert "How much need is met was worked out from the amounts." in words
    kept = site.post(board, f"{answer.location}/keep", form_at=answer.location)
    assert kept.status_code == 303
    compared = board.get(kept.location)
    assert "made by hand" in says(compared.text)
    with site.store.read() as tx:
        newest = tx.plans.latest(partnership_id=HERE)
        run = tx.runs.run(partnership_id=HERE, run_id=newest.run_id)
    assert run.settings["by_hand"] is True
    assert newest.document["engine"].startswith("by hand")
    assert "changed by hand in its workbook" in says(board.get(f"/partnerships/{HERE}/plans/{newest.id}").text)
    assert board.get(answer.location).status_code == 404


def test_a_plan_that_breaks_a_rule_is_shown_and_not_kept(site, content):
    commissioner, board = site.browser("commissioner"), site.browser("board")
    service = demonstration_plan().facts.services("school")[0]
    edit = Edit(content)
    edit.write("Schools", service.name, 5_000, OWN_URN)
    at = brought(site, commissioner, edit.content()).location
    words = says(commissioner.get(at).text)
    assert f"{RULES['vacancy_held_back'].sentence} It is missed by" in words
    assert "vacancy_held_back" not in words
    assert "A plan is kept only where every rule holds" in words
    assert f"{at}/keep" not in board.get(at).text
    answer = site.post(board, f"{at}/keep", form_at=at)
    assert answer.location == at
    assert "cannot be kept as it is" in says(board.get(at).text)
    assert commissioner.post(f"{at}/keep").status_code in {400, 403}
    with site.store.read() as tx:
        assert tx.plans.latest(partnership_id=HERE).id <= 2


def test_text_in_a_cell_stays_text_and_the_copy_is_marked(site, content):
    head = site.browser("head")
    service = demonstration_plan().facts.services("school")[0]
    edit = Edit(content)
    text = "<b>@SUM(A1)</b>"
    cell = edit.write("Schools", service.name, text, OWN_URN)
    edit.book.create_sheet("Our own sums")["B2"] = "kept"
    at = brought(site, head, edit.content()).location
    page = head.get(at).text
    assert "It cannot be checked yet" in page
    assert "Every amount that could be read is the plan's own." in says(page)
    assert text not in page
    assert text.replace("<", "&lt;").replace(">", "&gt;") in page
    copy = openpyxl.load_workbook(io.BytesIO(head.get(f"{at}/marked-copy").data))
    assert copy["Schools"][cell].comment is not None
    assert copy["Schools"][cell].value == text
    assert copy["Schools"][cell].data_type == "s"
    assert copy["Our own sums"]["B2"].value == "kept"
    site.post(head, f"{at}/throw-away", form_at=at)
    assert head.get(at).status_code == 404


def test_only_who_brought_it_and_who_makes_plans_read_it_and_throwing_away_is_recorded(site, content):
    head, other, board = site.browser("head"), site.browser("other-head"), site.browser("board")
    at = brought(site, head, content, "mine.xlsx").location
    assert "mine.xlsx" in says(head.get(BY_HAND).text)
    for refused in (other, site.browser("commissioner"), site.browser("administrator")):
        for page in (at, f"{at}/marked-copy"):
            assert refused.get(page).status_code == 404
        assert "mine.xlsx" not in says(refused.get(BY_HAND).text)
        assert site.post(refused, f"{at}/throw-away", form_at=BY_HAND).status_code == 404
    assert "mine.xlsx" not in says(site.browser("administrator").get(BRING).text)
    assert "holds the plan as it is" in says(board.get(at).text)
    assert site.post(board, f"{at}/throw-away", form_at=at).status_code == 303
    assert head.get(at).status_code == 404
    with site.store.read() as tx:
        newest = tx.events.events(partnership_id=HERE)[0]
    assert (newest.action, newest.subject) == ("edited workbook thrown away", f"plan {HERE}")
    assert newest.detail == {"upload": int(at.rpartition("/")[2])}


def test_who_has_too_many_waiting_is_told_before_the_audit(site, monkeypatch):
    monkeypatch.setattr(Workshop, "by_hand", lambda *_: pytest.fail("It was audited."))
    with site.store.begin() as tx:
        for plan_id in range(11, 11 + MOST_BY_HAND):
            tx.uploads.add(
                partnership_id=HERE, file_name="a.xlsx", content=b"", findings={"plan": plan_id}, document=None, by=site.user_ids["head"]
            )
    answer = brought(site, site.browser("head"), b"")
    assert answer.status_code == 422
    assert "throw one away" in says(answer.text)
    assert answer.text.count("/by-hand/") == MOST_BY_HAND


def test_other_files_are_refused_in_one_sentence(site):
    board = site.browser("board")
    for content, said in ((b"no workbook", "not an Excel workbook"), (b"", "not an Excel workbook")):
        answer = brought(site, board, content)
        assert answer.status_code == 422
        assert said in says(answer.text)
        assert "There is a problem" in says(answer.text)
    assert site.post(board, BY_HAND).status_code == 422
    book = openpyxl.Workbook()
    stream = io.BytesIO()
    book.save(stream)
    assert "not a plan's workbook" in says(brought(site, board, stream.getvalue()).text)


def test_it_is_no_upload_of_figures_and_one_person_has_one_of_a_plan(site, content):
    administrator = next(who for who, held in PEOPLE.items() if (HERE, Role.ADMINISTRATOR, None) in held)
    browser = site.browser(administrator)
    first = brought(site, browser, content).location
    second = brought(site, browser, content).location
    assert browser.get(first).status_code == 404
    assert "holds the plan as it is" in says(browser.get(second).text)
    number = second.rpartition("/")[2]
    assert f"edited workbook of plan {HERE}" in says(browser.get(BRING).text)
    for path in (f"/partnerships/{HERE}/uploads/{number}", f"/partnerships/{HERE}/uploads/{number}/marked-copy"):
        assert browser.get(path).status_code == 404
    assert site.post(browser, f"/partnerships/{HERE}/uploads/{number}", form_at=BRING).status_code == 404
    assert site.browser("elsewhere").get(second).status_code == 404
    assert browser.get(second.replace(f"/plans/{HERE}/", "/plans/2/")).status_code == 404


def test_last_year_is_taken_from_a_plan_and_confirmed_like_any_figures(site, content):
    browser = site.browser("administrator")
    answer = site.post(browser, f"{BRING}/last-year", form_at=BRING, file=(io.BytesIO(content), "plan.xlsx"))
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Last year is read from plan.xlsx" in says(page)
    assert any("Last year" in row[0] for table in tables_of(page).values() for row in table)
    assert site.post(browser, answer.location, note="A new year", based_on="1").status_code == 303
    with site.store.read() as tx:
        newest = tx.partnerships.latest(partnership_id=HERE).partnership()
    granted = demonstration_plan().facts.amounts.grants
    grants = {row.urn: row.amount for row in newest.last_year if row.item == "grant"}
    assert grants[OWN_URN] == sum(n for (urn, _), n in granted.items() if urn == OWN_URN)
    assert site.post(browser, f"{BRING}/last-year", form_at=BRING).status_code == 422


def test_edited_figures_are_told_by_cell_with_who_may_change_them(site):
    browser = site.browser("administrator")
    data = browser.get(f"/partnerships/{HERE}/versions/1/workbook").data
    edit = Edit(data)
    funds = edit.book["Funds"]
    heading = next(c.column_letter for c in funds[1] if c.value == "September to March")
    funds[f"{heading}2"] = funds[f"{heading}2"].value + 120
    at = site.post(browser, BRING, file=(io.BytesIO(edit.content()), "edited.xlsx")).location
    page = browser.get(at).text
    (row,) = (row for table in tables_of(page).values() for row in table if row[1] == f"Funds, {heading}2")
    assert row[2] == "September to March"
    assert row[-1]
