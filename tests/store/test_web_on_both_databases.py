"""Every form of the site sent once on each database: what the pages ask of the store holds on both."""

import contextlib
import gzip
import html
import io
import json
import re
import threading

import pytest
from answering import keep_answer
from builders import two_schools
from flask import request, request_finished
from mutations import good_workbook
from pages import document_of
from test_apart import REGISTER
from test_web_policy_form import fields_of
from websites import HERE, OWN_URN, PASSWORD, a_site

from planner.store import AnswerKind, AnswerState
from planner.store.tables import answers
from web.runs import routes as runs_routes

AT = f"/partnerships/{HERE}"
NEW = "island-velvet-pepper-cedar"
ANSWERS_WITH_A_PAGE = {"bring.look_at_policy", "bring.look_at_changes"}
"""All others lead on to another page once they have done what was asked."""


@pytest.fixture
def site(empty_database):
    with a_site(empty_database.home, empty_database.url) as site:
        yield site


def form_of(text, *names):
    """What a page's hidden fields hold."""
    return {name: html.unescape(re.search(rf'name="{name}"[^>]*?value="([^"]*)"', text)[1]) for name in names}


def link_on(site, browser, answer):
    """The secret link on the page that an answer leads to."""
    text = browser.get(answer.headers["Location"]).text
    return html.unescape(re.search(r'id="link"[^>]*>([^<]+)<', text)[1]).removeprefix("http://localhost")


def give(site, browser, path, content, name):
    return site.post(browser, path, file=(io.BytesIO(content), name))


def test_every_form_of_the_site_does_its_work(site):
    done = set()

    def note(app, response):
        if request.method == "POST" and response.status_code == (200 if request.endpoint in ANSWERS_WITH_A_PAGE else 303):
            done.add(request.endpoint)

    with request_finished.connected_to(note, site.app):
        house, administrator, head, board = (site.browser(who) for who in ("house", "administrator", "head", "board"))
        bring_and_plan(site, house, administrator, head, board)
        ask_and_answer(site, head, board)
        change_and_claim(site, head, board)
        people_come_and_go(site, house, administrator)
    assert done == {rule.endpoint for rule in site.app.url_map.iter_rules() if "POST" in rule.methods and not rule.rule.startswith("/api/")}
    with site.store.read() as tx:
        assert all(tx.events.verify_chain(partnership_id=chain).is_whole for chain in (None, HERE))


def bring_and_plan(site, house, administrator, head, board):
    site.post(house, "/partnerships/new", name="New Dale")
    give(site, house, "/dfe-files", REGISTER, "edubasealldata20260101.csv")
    near = site.post(administrator, f"{AT}/build/near", form_at=f"{AT}/build/near?find=larch", find="larch", near="900002", count="2")
    site.post(administrator, f"{AT}/build", urns="900001 900003")
    built = site.post(administrator, near.headers["Location"], name="Hatherby", academic_year="2026/27").headers["Location"]
    site.post(administrator, f"{built}/throw-away", form_at=built)
    site.post(house, "/dfe-files/1/remove")
    upload = give(site, administrator, f"{AT}/bring", good_workbook(), "Spring.xlsx").headers["Location"]
    site.post(administrator, upload, note="Spring", **form_of(administrator.get(upload).text, "based_on"))
    looked = give(site, board, f"{AT}/policy", b"[board]\nline_percent = 75\n", "board.toml")
    kept = form_of(looked.text, "based_on", "settings", "file_name") | {"settings": "[board]\nline_percent = 75\n"}
    site.post(board, f"{AT}/policy/confirm", form_at=f"{AT}/policy", note="June", **kept)
    looked = site.post(board, f"{AT}/policy/change", **(fields_of(board.get(f"{AT}/policy/change").text) | {"board-line_percent": "65"}))
    site.post(board, f"{AT}/policy/change/confirm", form_at=f"{AT}/policy/change", note="July", **fields_of(looked.text, hidden_only=True))
    shown = form_of(head.get(f"{AT}/figures/schools/{OWN_URN}").text, "version")
    site.post(head, f"{AT}/figures/schools/{OWN_URN}/confirm", form_at=f"{AT}/figures/schools/{OWN_URN}", **shown)
    site.post(board, f"{site.plan()}/choose", form_at=site.plan())
    with site.store.begin() as tx:
        keep_answer(tx, HERE, HERE, AnswerKind.VALUES, reason="No.")
    site.post(board, f"{site.plan('/how-good')}/ask", form_at=site.plan("/how-good"))
    site.post(head, site.plan(f"/schools/{OWN_URN}/why"))
    run = ask_for_a_plan(site, board).headers["Location"]
    site.post(board, f"{run}/use-best", form_at="/account")
    site.post(board, f"{run}/cancel")


def ask_for_a_plan(site, board):
    new = f"{AT}/runs/new"
    return site.post(board, new, gap_points="0.1", seconds="30", **form_of(board.get(new).text, "seen"))


def ask_and_answer(site, head, board):
    asked = site.post(head, f"{AT}/schools/{OWN_URN}/questions/new", line="Grant", question="Why\0 so? \U0001f914").headers["Location"]
    site.post(board, f"{asked}/answer", form_at=asked, answer="Because.", decided="right", **form_of(board.get(asked).text, "version"))
    site.post(head, f"{asked}/close", form_at=asked, **form_of(head.get(asked).text, "version"))


def change_and_claim(site, head, board):
    at = site.post(board, site.plan("/change/money"), which="", way="less", percent="10", half_term="3").headers["Location"]
    file = gzip.compress(json.dumps([document_of(two_schools())]).encode())
    with site.store.begin() as tx:
        which = (answers.c.id == int(at.rpartition("/")[2]),)
        tx.answers._connection.execute(answers.update().where(*which).values(state=AnswerState.FINISHED, document={}, file=file))
    site.post(board, f"{at}/plans/1/keep", form_at="/account")
    claim = site.post(head, f"{AT}/schools/{OWN_URN}/claims/new", of="", amount="100", what_for="Help\0 now").headers["Location"]
    site.post(board, f"{claim}/decide", form_at=claim, decided="part", pounds="1", reason="A start.")


def people_come_and_go(site, house, administrator):
    invite = f"{AT}/people/invite"
    for_board = site.post(administrator, invite, invitee="Jo", role="board")
    link = link_on(site, administrator, for_board)
    for_nobody = site.post(administrator, invite, invitee="No", role="chair").headers["Location"]
    site.post(administrator, f"{for_nobody}/withdraw", form_at=for_nobody)
    jo = site.browser(None)
    site.post(jo, link, name="Jo", sign_in="jo", password=PASSWORD)
    site.post(jo, "/account/password", form_at="/account", old=PASSWORD, new=NEW)
    site.post(jo, "/account/sessions/end", form_at="/account")
    site.post(jo, "/account/tokens", name="Finance", days="30")
    (end,) = re.findall(r"/account/tokens/\d+/end", jo.get("/account/tokens").text)
    site.post(jo, end)
    site.post(jo, "/sign-out", form_at="/account")
    site.post(jo, "/sign-in", sign_in="JO ", password=NEW)
    with site.store.read() as tx:
        user_id = tx.people.user_by_sign_in(sign_in="jo").id
    account = f"/accounts/{user_id}"
    new_house = site.post(house, "/accounts/invite", invitee="Jo").headers["Location"]
    site.post(jo, link_on(site, house, site.post(house, "/accounts/invite", invitee="Jo")))
    site.post(house, f"{new_house}/withdraw", form_at=new_house)
    with site.store.read() as tx:
        role, of_house = (m.id for m in tx.people.memberships_of(user_id=user_id))
    site.post(administrator, f"{AT}/people/{user_id}/roles/{role}/take-away")
    site.post(house, f"{account}/roles/{of_house}/take-away")
    chosen = link_on(site, house, site.post(house, f"{account}/password-link"))
    site.post(site.browser(None), chosen, password=PASSWORD)
    site.post(house, f"{account}/disable")
    site.post(house, f"{account}/enable", form_at=account)
    site.post(house, f"{account}/erase")


def test_who_asks_for_a_plan_twice_at_once_asks_once(site, monkeypatch):
    """Both look before either has asked, unless the second waits for the first."""
    both, found = threading.Barrier(2), runs_routes.asked

    def asked_slowly(*wish):
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)  # nobody comes where the second waits in the database
        return found(*wish)

    monkeypatch.setattr(runs_routes, "asked", asked_slowly)
    where = []
    asking = [threading.Thread(target=lambda: where.append(ask_for_a_plan(site, site.browser("board")))) for _ in range(2)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert [answer.status_code for answer in where] == [303, 303]
    assert len({answer.headers["Location"] for answer in where}) == 1
