"""The whole way, as people go it: an administrator brings a partnership and invites, a head confirms, the board plans, everybody reads, a head asks.

The real server with its worker, and Chromium: once by mouse with axe at every page, once at 320 pixels by keyboard alone, once without scripts.
"""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
from test_serving import served, wait_until_it_answers  # noqa: F401 - served is a fixture
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch

from fixtures import path_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed: run make setup")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM), pytest.mark.timeout(400)]
PASSWORD = "quartz-ribbon-yarrow-timber"
PLANNED_WITHIN_SECONDS = 120
SEARCHED_SECONDS = "6"
FILE = "Workbook (.xlsx) or ZIP of CSV files"


def zip_of(folder):
    """A folder of CSVs as people send it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.writestr(f"figures/{path.name}", path.read_bytes())
    return stream.getvalue()


@pytest.fixture
def walkers(served, request):  # noqa: F811
    """Make walkers on a server that has nothing yet."""
    process, site, _ = served
    wait_until_it_answers(site, process)
    first = re.search(r"http://\S+", process.stdout.readline())[0].removeprefix(site)
    made = []
    with playwright.sync_playwright() as driver:
        browser = launch(driver)

        def walker(**more):
            made.append(Walker(browser, site, **more))
            return made[-1]

        yield first, walker
        for one in made:
            one.close()
        browser.close()


@pytest.mark.parametrize(
    ("how", "width"),
    [pytest.param("mouse", 1280, marks=pytest.mark.slow), ("keyboard", 320), pytest.param("no scripts", 1280, marks=pytest.mark.slow)],
)
def test_from_an_empty_house_to_a_plan_and_an_answered_question(walkers, how, width):
    first, walker = walkers
    admin, head, board = (walker(how=how, width=width) for _ in range(3))

    open_account(admin, first, "Ada Example", "ada@example.org")
    overview = bring_a_partnership(admin)
    links = {role: invite(admin, overview, who, role) for who, role in (("Hal Example", "Head"), ("Bea Example", "Board member"))}

    open_account(head, links["Head"], "Hal Example", "hal@example.org")
    look_round_and_confirm(head)

    open_account(board, links["Board member"], "Bea Example", "bea@example.org")
    plan(board)
    read(board)
    ask_and_answer(head, board, overview)

    head.sign_out()
    assert head.heading == "Sign in"
    assert [*admin.said, *head.said, *board.said] == []  # no broken policy, no error of a script


def bring_a_partnership(admin):
    """Make it, see what is wrong with a messy upload, give a good one, confirm; the address of its overview."""
    admin.follow("Make a partnership", role="button")
    admin.fill("Name of the partnership", "Walked Partnership")
    admin.press("Make it")
    overview = admin.page.url.removeprefix(admin.site)
    admin.follow("Bring the figures")
    admin.give_file(FILE, "messy.zip", zip_of(path_of("messy_upload")))
    admin.press("Upload and check")
    assert re.search(r"We found \d+ things to mend", admin.heading)
    assert admin.page.get_by_role("button", name="Confirm and save").count() == 0
    assert openpyxl.load_workbook(io.BytesIO(admin.take("Download a marked copy"))).sheetnames[0] == "Findings"
    admin.press("Upload a mended file")
    admin.give_file(FILE, "figures.zip", zip_of(path_of("demonstration")))
    admin.press("Upload and check")
    admin.fill("What is new?", "First figures")
    admin.press("Confirm and save")
    assert "Copperfold Primary School" in admin.words
    return overview


def invite(admin, overview, who, role):
    """The path of a link for somebody."""
    admin.open(f"{overview}/people")
    admin.press("Invite somebody")
    admin.fill("Who do you invite?", who)
    admin.pick(role)
    if role == "Head":
        admin.choose("Which school do they head?", "Copperfold Primary School")
    admin.press("Make the invitation")
    return admin.page.locator("textarea[readonly]").input_value().removeprefix(admin.site)


def look_round_and_confirm(head):
    """Every page of the figures, then: this is my school."""
    head.follow("Look round them")
    for page in ("Need", "Money", "People", "Bases", "Last year", "Sources", "Schools"):
        head.follow(page, exact=True)
    head.follow("Copperfold Primary School")
    head.press("These figures are right: this is my school")
    assert "Hal Example" in head.words


def plan(board):
    """Ask for a plan, leave the page, come back, and go on to the plan."""
    board.follow("Make a plan")
    board.press("Make a plan")
    board.unfold("Change how close and how long")
    board.fill("Longest time to search, in seconds", SEARCHED_SECONDS)
    board.press("Make a plan")
    run = board.page.url.removeprefix(board.site)
    board.open("/help")
    board.open(run)
    done = board.page.get_by_role("button", name="Continue to the plan")
    if board.how != "no scripts":
        done.wait_for(timeout=PLANNED_WITHIN_SECONDS * 1000)  # the page finds out by itself
    for _ in range(PLANNED_WITHIN_SECONDS):
        if done.count():
            break
        board.page.wait_for_timeout(1000)
        board.follow("Check again")
    board.look()
    board.use(done)


def read(board):
    """Put the plan before the schools; every page of it, and its workbook."""
    assert "Quality standards" in board.words
    board.press("Put this plan before the schools")
    assert "The board put this plan before the schools on " in board.words
    pages = board.page.get_by_label("Pages of this plan").get_by_role("link")
    names = pages.all_inner_texts()
    assert len(names) > 9
    for name in names[1:]:
        board.use(board.page.get_by_label("Pages of this plan").get_by_role("link", name=name, exact=True))
    book = openpyxl.load_workbook(io.BytesIO(board.take("orkbook", exact=False)), data_only=True)
    assert "Summary" in book.sheetnames[0]


def ask_and_answer(head, board, overview):
    """The head sees their school in one click, and asks about a line; the board answers; the head closes."""
    head.open(overview)
    head.press("Open our school")
    assert head.heading == "Copperfold Primary School"
    assert "The board put this plan before the schools on " in head.words
    head.follow("Ask about this line")
    head.fill("What is your question?", "Is this after the new classroom?")
    head.press("Ask")
    question = head.page.url.removeprefix(head.site)
    board.open(question)
    assert "Is this after the new classroom?" in board.words
    board.fill("Your answer", "It is: see the note of the third of May.")
    board.pick("The figure is right")
    board.press("Send the answer")
    head.open(question)
    head.press("Close the question")
    assert "Closed" in head.words


def open_account(person, link, name, sign_in):
    """Take up an invitation."""
    person.open(link)
    person.fill("Your name", name)
    person.fill("Sign-in name", sign_in)
    person.fill("Password", PASSWORD)
    person.press("Open my account")
