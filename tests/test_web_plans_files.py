"""Which plan schools read, and the list of plans. What is taken away holds the figures of its pages; text in it is never a formula."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from pages import demonstration, demonstration_document, demonstration_plan, document_of, parsed, tables_of, words_of
from websites import HERE, OWN_URN, PEOPLE, a_site, bring

from planner.documents import check_document
from planner.export.csv_file import csv_bytes
from planner.export.plan_workbook import plan_workbook
from planner.need import world_of
from planner.plan import Ending
from planner.store import Role
from web.plans.files import file_name
from web.plans.files import tables_of as tables_of_plan
from web.standing import standing_of

FILES = ("/plan.xlsx", "/plan.json", "/tables.zip", "/tables.json", "/tables/schools.csv")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


@pytest.fixture(scope="module")
def head(site):
    return site.browser("head")


def rows_of(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf"), "Excel opens it as UTF-8"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def plain(shown: str) -> str:
    """A figure on the page as a CSV says it."""
    if shown in {"none", "no change"}:
        return "0"
    figure = shown.replace("−", "-").replace("£", "").replace(",", "").removeprefix("+")
    found = re.fullmatch(r"(-?[\d.]+)(?: rules?)?", figure)
    return found[1] if found else shown


def agree(shown: str, taken: str) -> bool:
    """Whether a cell of the page and one of the CSV say the same: words to the letter, figures as the page rounds them."""
    if shown == taken or plain(shown) == taken:
        return True
    return re.fullmatch(r"-?\d+\.\d+", taken) is not None and abs(float(plain(shown)) - float(taken)) <= 0.0501


PAGES = ("", "/more-and-less", "/schools", f"/schools/{OWN_URN}", "/map", "/services", "/bases", "/standards", "/money", "/trade-offs")


@pytest.mark.parametrize("page", PAGES)
def test_every_table_of_a_page_is_a_csv_with_the_same_figures(site, head, page):
    text = head.get(site.plan(page)).text
    shown = tables_of(text)
    links = re.findall(r'href="([^"]+/tables/[^"]+\.csv)">Download as CSV<span class="govuk-visually-hidden">: ([^<]+)<', text)
    assert len(links) == len(shown)
    captions = {caption.replace("&#39;", "'"): href for href, caption in links}
    for caption, rows in shown.items():
        taken = rows_of(head.get(captions[caption]).data)
        width = len(taken[0])
        assert taken[0] == rows[0][:width]
        assert rows[0][width:] in ([], ["If it is wrong"])
        assert len(taken) == len(rows)
        for of_page, of_file in zip(rows[1:], taken[1:], strict=True):
            assert all(agree(a, b) for a, b in zip(of_page[:width], of_file, strict=True)), (caption, of_page, of_file)


def test_money_is_a_plain_number_to_the_pound(site, head):
    rows = rows_of(head.get(site.plan("/tables/schools.csv")).data)
    ledgers = demonstration_plan().facts.ledgers
    assert [(r[1], r[2], r[5]) for r in rows[1:-1]] == [(str(x.paid_in_pounds), str(x.grant_pounds), str(x.net_pounds)) for x in ledgers]


def test_the_workbook_says_the_same_as_the_csv_and_is_the_commands_own_but_for_the_standing(site, head):
    answer = head.get(site.plan("/plan.xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(answer.data), data_only=True)
    assert {sheet.oddHeader.center.text for sheet in book} == {"SHADOW"}
    assert all("Shadow. No money is attached to it" in sheet["A3"].value for sheet in book)
    assert "Standing" in {row[0].value for row in book["Provenance"].iter_rows()}
    cells = [[c.value for c in row] for row in book["Schools"].iter_rows()]
    heading = next(i for i, row in enumerate(cells) if row[0] == "School")
    at = {key: cells[heading].index(key) for key in ("Paid in", "Grant, all funds", "Base places", "Net")}
    taken = rows_of(head.get(site.plan("/tables/schools.csv")).data)[1:-1]
    for in_file, in_book in zip(taken, cells[heading + 1 :], strict=False):
        assert in_file[0] == in_book[0]
        assert [float(in_file[i]) for i in (1, 2, 6, 5)] == [in_book[at[key]] for key in at]
    kept = demonstration_plan()
    marks = {"fingerprint": kept.fingerprint, "inputs_sha256": kept.inputs_sha256, "policy_sha256": kept.policy_sha256}
    with site.store.read() as tx:
        standing = standing_of(tx, site.shelf.plan(HERE, HERE)).line
    made_from = "figures version 1 and policy version 1"
    assert plan_workbook(kept.facts, **marks, standing=standing, made_from=made_from) == answer.data
    assert head.get(site.plan("/plan.xlsx")).data == answer.data


def test_the_document_passes_its_audit_from_the_file_alone(site):
    document = json.loads(site.browser("board").get(site.plan("/plan.json")).data)
    check_document(document)
    assert document == json.loads(json.dumps(demonstration_document()))


def test_the_zip_and_the_document_hold_the_tables_of_the_workbook_with_the_plans_standing(site, head):
    data = head.get(site.plan("/tables.zip")).data
    document = head.get(site.plan("/tables.json")).json
    tables = {table["name"]: table for table in document["tables"]}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
        schools, about = rows_of(packed.read("Schools.csv")), dict(rows_of(packed.read("About.csv")))
    assert names == ["About.csv", "Columns.csv", *(f"{name}.csv" for name in tables)]
    ledgers = demonstration_plan().facts.ledgers
    assert [row["net"] for row in tables["Schools"]["rows"]] == [one.net_pounds for one in ledgers]
    assert [row[schools[0].index("Net")] for row in schools[1:]] == [str(one.net_pounds) for one in ledgers]
    assert {"what": "Standing", "words": about["Standing"]} in document["about"]
    assert about["Standing"].startswith("Shadow")
    assert head.get(site.plan("/tables.zip")).data == data


@pytest.mark.parametrize(("path", "ending", "kind"), [
    ("/plan.xlsx", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("/plan.json", ".json", "application/json"),
    ("/tables.zip", "-tables.zip", "application/zip"),
    ("/tables.json", "-tables.json", "application/json"),
    ("/tables/funds.csv", "-funds.csv", "text/csv"),
])  # fmt: skip
def test_a_file_is_named_by_partnership_year_and_fingerprint(site, path, ending, kind):
    answer = site.browser("board").get(site.plan(path))
    assert answer.mimetype == kind
    name = f"hatherby-partnership-2026-27-plan-{demonstration_plan().fingerprint[:12]}{ending}"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"


def test_a_name_that_is_no_file_name_makes_a_plain_one():
    kept = demonstration_plan()
    partnership = replace(kept.facts.partnership, name='../Ys g\u00f4l "x"\r\n; \u5b66')
    facts = type(kept.facts)(kept.facts.plan, replace(kept.facts.world, partnership=partnership))
    assert file_name(replace(kept, facts=facts), ".csv").startswith("ys-gol-x-2026-27-plan-")


@pytest.mark.parametrize("path", FILES)
def test_who_may_take_them_away(site, path):
    for who in PEOPLE:
        expected = 404 if who in {"elsewhere", "newcomer"} else 200
        assert site.browser(who).get(site.plan(path)).status_code == expected, who
    assert site.browser(None).get(site.plan(path)).status_code == 303
    assert site.browser("board").get(f"/partnerships/{HERE}/plans/99{path}").status_code == 404


def test_the_page_of_downloads_leads_to_every_file_that_is_not_one_schools(site, head):
    text = head.get(site.plan("/downloads")).text
    links = set(re.findall(rf'href="{site.plan()}(/plan\.[a-z]+|/tables\.[a-z]+|/tables/[^"]+)"', text))
    with site.app.test_request_context():
        views = tables_of_plan(demonstration_plan()).values()
    filled = {f"/tables/{view.name}.csv" for view in views if view.rows and not view.name.startswith("school-")}
    assert links == filled | {"/plan.xlsx", "/plan.json", "/tables.zip", "/tables.json"}
    assert all(head.get(site.plan(link)).status_code == 200 for link in links)


def test_text_never_becomes_a_formula(tmp_path):
    bad = '=HYPERLINK("http://x","y")'
    world = demonstration()
    schools = tuple(replace(s, name=f"{bad}{s.urn}") for s in world.partnership.schools)
    services = tuple(replace(s, name=f"+{s.service_id}", employer="@x") for s in world.partnership.services)
    document = document_of(world_of(replace(world.partnership, schools=schools, services=services), world.policy))
    with a_site(tmp_path) as site:
        with site.store.begin() as tx:
            partnership_id, plan_id = bring(tx, document, by=site.user_ids["house"])
            tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=partnership_id, role=Role.BOARD)
        at = f"/partnerships/{partnership_id}/plans/{plan_id}"
        data = site.browser("newcomer").get(f"{at}/tables.zip").data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        cells = [cell for name in packed.namelist() for row in rows_of(packed.read(name)) for cell in row]
    assert f"'{bad}{OWN_URN}" in cells
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
        assert not cell.startswith("-") or re.fullmatch(r"-[\d.]+", cell), cell


def test_a_csv_keeps_numbers_as_numbers_and_quotes_what_needs_it():
    assert csv_bytes([["a, b", 'c"d', -5, 0.25, "-5", "\tx"]]).decode("utf-8-sig") == '"a, b","c""d",-5,0.25,\'-5,\'\tx\r\n'


# --- which plan schools read, and the list of plans --------------------------------------------


@pytest.fixture
def own_site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


def another_plan(site, document=None, *, partnership_id=HERE, **settings):
    """A newer plan: its number."""
    with site.store.begin() as tx:
        asked = {"partnership_id": partnership_id, "partnership_version": 1, "policy_version": 1}
        tx.runs.request_run(**asked, settings=settings, by=site.user_ids["board"])
        tx.runs.finish(tx.runs.claim_next(worker="a test"), document=document or demonstration_document())
        return tx.plans.plans(partnership_id=partnership_id)[0].id


def main_of(browser, path):
    return words_of(next(parsed(browser.get(path).text).iter("main")))


def plan(plan_id, page=""):
    return f"/partnerships/{HERE}/plans/{plan_id}{page}"


OUR_SCHOOL = f"/partnerships/{HERE}/our-school/{OWN_URN}"
BUTTON = "Put this plan before the schools"


def test_heads_read_the_newest_plan_until_the_board_chooses_one_and_then_that_one(own_site):
    head, board = own_site.browser("head"), own_site.browser("board")
    newer = another_plan(own_site)
    assert head.get(OUR_SCHOOL).location == plan(newer, f"/schools/{OWN_URN}")
    assert "Schools read this plan for now: the board has not yet put one before them." in main_of(head, plan(newer, "/money"))
    assert f"they read plan {newer} for now. Open plan {newer}" in main_of(head, plan(1, "/money"))

    answer = own_site.post(board, plan(1, "/choose"), form_at=plan(1))
    assert (answer.status_code, answer.location) == (303, plan(1))
    assert "Schools now read plan 1." in board.get(plan(1)).text
    assert head.get(OUR_SCHOOL).location == plan(1, f"/schools/{OWN_URN}")
    assert re.search(r"The board put this plan before the schools on \d+ \w+ 20\d\d", main_of(head, plan(1, f"/schools/{OWN_URN}")))
    for page, way in (("/how-good", plan(1)), (f"/schools/{OWN_URN}", OUR_SCHOOL)):
        assert "This is not the plan that schools read. The board put plan 1 before them on " in main_of(head, plan(newer, page))
        assert f'href="{way}">Open plan 1</a>' in head.get(plan(newer, page)).text

    own_site.post(board, plan(newer, "/choose"), form_at=plan(newer))
    assert head.get(OUR_SCHOOL).location == plan(newer, f"/schools/{OWN_URN}"), "undone by choosing another"
    with own_site.store.read() as tx:
        logged = [(e.by, e.subject, e.detail) for e in tx.events.events(partnership_id=HERE) if e.action == "plan put before the schools"]
    by = own_site.user_ids["board"]
    assert logged == [(by, f"plan {newer}", {"plan": newer, "instead_of": 1}), (by, "plan 1", {"plan": 1, "instead_of": None})]


def test_only_the_board_has_the_button_and_not_on_the_plan_that_it_chose(own_site):
    board, chair = own_site.browser("board"), own_site.browser("chair")
    assert BUTTON in board.get(plan(1)).text
    for who in ("head", "service-manager", "commissioner", "administrator"):
        assert BUTTON not in own_site.browser(who).get(plan(1)).text, who
        assert own_site.post(own_site.browser(who), plan(1, "/choose"), form_at="/account").status_code == 403, who
    own_site.post(board, plan(1, "/choose"), form_at=plan(1))
    assert BUTTON not in board.get(plan(1)).text
    own_site.post(chair, plan(1, "/choose"), form_at="/account")
    assert "Schools read plan 1 already. Nothing was changed." in chair.get(plan(1)).text
    with own_site.store.read() as tx:
        assert len(tx.plans.choices(partnership_id=HERE)) == 1


def test_a_school_that_is_not_in_the_chosen_plan_finds_its_figures(own_site):
    head, board = own_site.browser("head"), own_site.browser("board")
    with own_site.store.read() as tx:
        other = tx.plans.plan(partnership_id=2, plan_id=2).document
    without = another_plan(own_site, other)
    own_site.post(board, plan(without, "/choose"), form_at=plan(without))
    assert head.get(OUR_SCHOOL).location == f"/partnerships/{HERE}/figures/schools/{OWN_URN}"
    assert f"Plan {without}, which schools read, was made without this school." in head.get(OUR_SCHOOL, follow_redirects=True).text


LIST = f"/partnerships/{HERE}/plans"


def test_the_list_says_what_each_plan_comes_to_and_which_one_schools_read(own_site):
    board = own_site.browser("board")
    document = demonstration_document()
    newer = another_plan(own_site, document | {"bound_points": document["shortfall_points"] - 0.25}, gap_points=0.5)
    third = another_plan(own_site, document | {"bound_points": 0.0, "status": Ending.STOPPED_BY_CLOCK})

    def listed():
        return {r[0].partition(",")[0]: r[1:] for r in tables_of(board.get(LIST).text)["What each plan comes to"][1:]}

    below, _, met = listed()[f"Plan {newer}"][1:4]
    here = demonstration_plan().facts.standing
    assert 0 <= float(below) - here.shortfall_points < 0.0101
    assert met == f"{here.met:,} of {here.standards:,}"
    assert listed()[f"Plan {newer}"][4:] == [f"{n:,}" for n in (here.partly_met, here.under_half, here.out_of_reach)]
    gap, wish = listed()[f"Plan {newer}"][2].split(", ")
    assert wish == "asked for 0.5"
    assert 0.25 <= float(gap) <= 0.27
    assert listed()[f"Plan {third}"][2] == "not found"
    assert [row[0] for row in listed().values()] == ["Read for now", "Trial", "Trial"]
    for plan_id in (newer, 1):
        with own_site.store.begin() as tx:
            tx.plans.choose(partnership_id=HERE, plan_id=plan_id, by=own_site.user_ids["board"])
    assert [row[0] for row in listed().values()] == ["Trial", "Read before", "They read it"]
    assert "Schools read plan 1: the board put it before them on " in main_of(board, LIST)


def test_the_list_says_who_asked_for_each_plan_and_what_it_was_made_from(own_site):
    another_plan(own_site)
    text = own_site.browser("head").get(LIST).text
    again, before = tables_of(text)["Where each plan comes from"][1:]
    assert (again[0], again[1], again[3:5]) == ("Plan 3", "Board", ["Figures 1, policy 1", "Run 3"])
    assert before[1] == "House"
    assert before[-1] == demonstration_plan().fingerprint[:16]
    assert again[-1] == f"{before[-1]}, same as plan 1"
    assert f'href="/partnerships/{HERE}/runs/3"' in text
