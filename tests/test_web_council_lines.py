"""The commissioner's page of council lines: the plan's own sums, what is not mapped and why, and the same to take away."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from pages import demonstration_plan, parsed, tables_of, words_of
from websites import HERE, a_site

from planner.council_lines import money_lines, place_lines, planned_pence
from planner.export.plan_council import FOLLOWS
from planner.store import Role

LINES = f"/partnerships/{HERE}/council-lines"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


@pytest.fixture(scope="module")
def page(site):
    return site.browser("commissioner").get(LINES).text


def main_of(text):
    return words_of(next(parsed(text).iter("main")))


def test_each_form_adds_up_to_the_plan_and_says_why_some_is_not_mapped(page):
    facts = demonstration_plan().facts
    tables = tables_of(page)
    first, second = (pence / 100 for pence in planned_pence(facts.world, facts.amounts))
    for form in ("Section 251 budget: pounds", "DSG management plan: pounds"):
        *rows, total = tables[form][1:]
        assert total == ["All", f"£{first:,.2f}", f"£{second:,.2f}", f"£{first + second:,.2f}"]
        assert rows[-1][0] == "Not mapped"
        assert {row[2] for row in rows[:-1]} == {"Not known"}, "no nought where the year's headings are not known"
        pence = [[round(100 * float(cell.replace("Not known", "0").strip("£").replace(",", ""))) for cell in row[1:3]] for row in rows]
        assert [sum(year) for year in zip(*pence, strict=True)] == list(planned_pence(facts.world, facts.amounts))
    places = sum(sum(line.twelfths) for line in place_lines(facts.world, facts.amounts)) / 12
    assert tables["High needs places: places by the months they run"][-1][3] == f"{places:,.2f}"
    said = main_of(page)
    assert "The Inclusive Mainstream Fund is a grant of its own" in said
    assert all(sentence in said for sentence in FOLLOWS)
    assert "a version of england-council-lines after 1 with headings for 2027-28 is needed" in said
    assert "Which of these hosts does the council maintain" in said
    assert all(row[3] and row[4] for row in tables["Where each heading comes from"][1:])


def test_every_table_can_be_taken_away_and_one_has_every_line(site):
    browser = site.browser("commissioner")
    with zipfile.ZipFile(io.BytesIO(browser.get(f"{LINES}.zip").data)) as archive:
        names = set(archive.namelist())
        rows = list(csv.reader(io.StringIO(archive.read("every-line.csv").decode("utf-8-sig"))))
    assert {"section-251.csv", "dsg-plan.csv", "high-needs-places.csv", "apt.csv", "bases.csv", "headings.csv"} <= names
    facts = demonstration_plan().facts
    lines = money_lines(facts.world, facts.amounts)
    assert [round(100 * float(row[6])) for row in rows[1:]] == [sum(line.pence) for line in lines]
    assert browser.get(f"{LINES}/section-251.csv").mimetype == "text/csv"
    assert browser.get(f"{LINES}/none.csv").status_code == 404


def test_the_councils_page_leads_there_and_a_partnership_without_a_plan_says_what_comes_first(site):
    browser = site.browser("commissioner")
    assert f'href="{LINES}"' in browser.get("/council").text
    with site.store.begin() as tx:
        new = tx.partnerships.create(name="New Partnership", by=site.user_ids["house"])
        tx.people.add_membership(user_id=site.user_ids["commissioner"], partnership_id=new, role=Role.COMMISSIONER)
    said = main_of(browser.get(f"/partnerships/{new}/council-lines").text)
    assert "There is no plan yet, so there is nothing to place under a heading." in said
    assert browser.get(f"/partnerships/{new}/council-lines.zip").status_code == 404
