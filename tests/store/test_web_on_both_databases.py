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
from pages import demonstration, demonstration_plan, document_of, parsed
from test_apart import REGISTER
from test_read_back import Edit
from test_web_by_hand import a_zone_service
from test_web_council import BASE, POST
from test_web_house import pack_file
from test_web_policy_form import fields_of
from test_web_requests import asked, confirm, say
from test_web_try_it import Told
from websites import HERE, OWN_URN, PASSWORD, a_site

from planner.roster_requests import WishKind
from planner.store import AnswerKind, AnswerState, Role
from planner.store.tables import answers
from web.accounts import routes
from web.plans.files import workbook as plan_workbook_of
from web.runs import routes as runs_routes

AT = f"/partnerships/{HERE}"
NEW = "island-velvet-pepper-cedar"
ANSWERS_WITH_A_PAGE = {
    "bring.look_at_policy",
    "bring.look_at_changes",
    "house.look_at_pack",
    "try_it.estimate",
    "meeting.estimate",
    "everything.take",
}
"""Pages, and a file to take away. All others lead on to another page once they have done what was asked."""
NAMES = {
    "roster": [
        {"person": person, "recipient": recipient, "service": "ep_county", "half_term": 1, "half_days": 1}
        for person, recipient in (("ep1", "900101"), ("ep2", "900102"))
    ],
    "roster_summary": {"undelivered": [], "aims": [], "is_finished": True, "rounds": 0, "shortfall_before_points": 0.0},
}
"""A roster of two half-days."""


@pytest.fixture
def site(empty_database):
    told = Told()
    with a_site(empty_database.home, empty_database.url, workshop=told) as site:
        site.workshop = told
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


@pytest.mark.parametrize("who", [None, "newcomer"])
def test_of_two_who_take_up_one_invitation_at_once_one_is_told_that_it_is_spent(site, monkeypatch, who):
    with site.store.begin() as tx:
        link = "/invitations/" + tx.invitations.invite(
            partnership_id=HERE, role=Role.BOARD, invitee="Bo", by=site.user_ids["administrator"]
        )
        people = len(tx.people.users())
    browsers = [site.browser(who) for _ in range(2)]
    tokens = [form_of(browser.get(link).text, "csrf_token") for browser in browsers]
    both, looks, as_ever, statuses = threading.Barrier(2), threading.local(), routes.waiting_invitation, []

    def look(tx, token):
        found = as_ever(tx, token)
        looks.made = getattr(looks, "made", 0) + 1
        if looks.made == 2:  # in the transaction that takes it up: both are there, but where one waits for the other to end
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)
        return found

    def take_up(number):
        fields = {**tokens[number], "name": "Bo Example", "sign_in": f"bo{number}", "password": NEW}
        statuses.append(browsers[number].post(link, data=fields).status_code)

    monkeypatch.setattr(routes, "waiting_invitation", look)
    threads = [threading.Thread(target=take_up, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 410]
    with site.store.read() as tx:
        assert len(tx.people.users()) == people + (who is None), "nothing is kept of the one who was late"


def test_every_form_of_the_site_does_its_work(site):
    done = set()

    def note(app, response):
        if request.method == "POST" and response.status_code == (200 if request.endpoint in ANSWERS_WITH_A_PAGE else 303):
            done.add(request.endpoint)

    with request_finished.connected_to(note, site.app):
        house, administrator, head, board = (site.browser(who) for who in ("house", "administrator", "head", "board"))
        enter_supply(site, site.browser("commissioner"))
        bring_and_plan(site, house, administrator, head, board)
        ask_and_answer(site, head, board)
        change_and_claim(site, head, board)
        sit_together(site, site.browser("chair"))
        proposal_id = try_and_propose(site, head, site.browser("other-head"))
        grant(site, board)
        bring_back(site, administrator, board)
        decide_and_sign(site, site.browser("chair"), board, proposal_id)
        put_names(site, site.browser("service-manager"))
        run_the_house(site, house, board)
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
    claim = site.post(head, f"{AT}/schools/{OWN_URN}/claims/new", of="", amount="100", what_for="More").headers["Location"]
    site.post(head, f"{claim}/withdraw", form_at=claim)


def enter_supply(site, commissioner):
    site.post(commissioner, f"{AT}/council-supply/post", **POST, sessions="250", statutory="114", based_on="1")
    site.post(commissioner, f"{AT}/council-supply/base", **BASE, based_on="2")


def sit_together(site, chair):
    asked = {"board-contingency_percent": "6"}
    site.post(chair, f"{AT}/meeting/estimate?change=money", form_at="/account", **asked)
    tried = (
        site.post(chair, f"{AT}/meeting/try?change=money", form_at="/account", version="", **asked).headers["Location"].partition("#")[0]
    )
    for what in ("again", "keep", "put-back"):
        version = form_of(chair.get(tried).text, "version")
        site.post(chair, tried.replace("/meeting?", f"/meeting/{what}?"), form_at="/account", **version)


def bring_back(site, administrator, board):
    content, (at, of_last_year) = plan_workbook_of(demonstration_plan(), standing=""), (site.plan("/by-hand"), f"{AT}/bring")
    zone, service_id = a_zone_service()
    edit = Edit(content)
    edit.write("Time", "Half-days", 0, zone, service_id)
    back = give(site, board, at, edit.content(), "edited.xlsx").headers["Location"]
    site.post(board, f"{back}/keep", form_at=back)
    back = give(site, board, at, edit.content(), "edited.xlsx").headers["Location"]
    site.post(board, f"{back}/throw-away", form_at=back)
    site.post(administrator, f"{of_last_year}/last-year", form_at=of_last_year, file=(io.BytesIO(content), "plan.xlsx"))


def grant(site, board):
    at = asked(site, {"rule": "contingency_held", "place": "*", "was": "5", "now": "4"})
    confirm(site, "board", at, say(site, "board", at))


def try_and_propose(site, head, other_head):
    draft = site.post(head, site.plan("/try"), form_at="/account", urn=str(OWN_URN)).headers["Location"]
    number = int(draft.rpartition("/")[2])

    def do(what, **fields):
        with site.store.read() as tx:
            now = tx.drafts.draft(partnership_id=HERE, user_id=site.user_ids["head"], draft_id=number)
        return site.post(head, f"{draft}/{what}", form_at="/account", version=str(now.version), **fields)

    asked, rule = {"item": "grant", "how": "at least", "amount": "15000"}, {"rule_id": f"draft {number}, 1"}
    do("wish", **asked)
    do("lock", **rule)
    do("take-away", **rule)
    do("undo")
    do("settings", **{"board-line_percent": "75"})
    do("estimate", **{"board-line_percent": "80"})
    do("work-out")
    do("name", name="Ours\0 \U0001f914")
    do("keep")
    proposal = do("submit", title="More for ours", why="Two new\0 classes.").headers["Location"]
    site.post(head, f"{proposal}/withdraw", form_at=proposal)
    site.workshop.says = "impossible"
    do("wish", **asked)
    do("ask", move="1")
    with site.store.read() as tx:
        (of_host,) = tx.requests.requests_of(partnership_id=HERE)
    at = f"{AT}/requests/{of_host.id}"
    site.post(other_head, f"{at}/answer", form_at=at, decided="no", answer="Not without\0 another room.")
    site.workshop.says = "found"
    do("undo")
    do("work-out")
    again = do("submit", title="More for ours, again", why="Two new\0 classes.").headers["Location"]
    do("discard")
    site.post(head, f"{again}/comments", form_at=again, text="Sooner,\0 please.")
    site.post(head, re.search(r'action="([^"]+/comments/[^"]+/withdraw)"', head.get(again).text)[1], form_at=again)
    return int(again.rpartition("/")[2])


def decide_and_sign(site, chair, board, proposal_id):
    rules = {"title": "Next year", "options": str(HERE), "quorum": "1", "majority": "simple", "weighting": "by_school", "council": "no"}
    at = site.post(chair, f"{AT}/decisions/new", **rules).headers["Location"]
    site.post(chair, f"{at}/rules", **rules, version="1")
    for who in (chair, board):
        site.post(who, f"{at}/interests", schools="none", other="None\0")
    site.post(board, f"{at}/comments", form_at=at, about=str(HERE), text="Too\0 early.")
    withdraw = re.search(r'action="([^"]+/withdraw)"', board.get(at).text)[1]
    site.post(board, withdraw, form_at=at)
    site.post(chair, f"{at}/proposals/{proposal_id}/option", form_at=at, version="2")
    site.post(chair, f"{at}/open-vote", form_at=at, **form_of(chair.get(at).text, "version"))
    for who in (chair, board, board):
        site.post(who, f"{at}/vote", choice=str(HERE), reason="So\0")
    site.post(chair, f"{at}/close")
    site.post(chair, f"{at}/minutes/change", text="Ours\0", version="1")
    by = {"name": "Ada Example", "role": "Chair", "signed_on": ["27", "3", "2026"], "evidence": ""}
    site.post(chair, f"{at}/sign", place="board", minutes="2", **by)


def put_names(site, manager):
    at = site.plan("/roster")
    site.post(manager, f"{at}/ask", form_at=at)
    with site.store.begin() as tx:
        tx.rosters.finish(tx.rosters.claim_next(worker="w"), document=NAMES)
    people = {p.person_id: n for n, p in enumerate(demonstration().partnership.people, start=1)}
    one, other = people["ep1"], people["ep2"]
    away = {"kind": WishKind.STAYS_AWAY.value, "person": str(one), "recipient": "900103", "half_term": ""}
    changed = site.post(manager, f"{at}/change?version=1", **away).headers["Location"]
    version = changed.partition("?")[2]
    site.post(manager, f"{at}/take-back?{version}", form_at=changed, wish="0")
    form = f"{at}/change?version=1"
    site.post(manager, f"{at}/swap?version=1", form_at=form, first=f"{one}-900101", second=f"{other}-900102")
    site.post(manager, f"{at}/settings?version=1", most_schools="30", reach_km="")
    pattern = {f"half_term_{h}": "" for h in range(1, 7)}
    site.post(manager, f"{at}/settings/{one}?version=1", **pattern, most_schools="30", first="", last="")
    site.post(manager, f"{at}/use?version=1", form_at=f"{at}?version=1", instead_of="0")
    site.post(manager, f"{at}/delivered/{one}/1", **{"given-900101": "1", "seen": "0"})


def run_the_house(site, house, board):
    site.post(house, "/backups")
    looked = give(site, house, "/policy-packs", pack_file().encode(), "pack.toml")
    text = next(i.get("value") for i in parsed(looked.text).iter("input") if i.get("name") == "pack")
    site.post(house, "/policy-packs/keep", form_at="/policy-packs", file_name="pack.toml", pack=text)
    newer = f"{AT}/policy/packs/1"
    site.post(board, newer, note="newer", **form_of(board.get(newer).text, "based_on"))


def people_come_and_go(site, house, administrator):
    site.post(administrator, f"{AT}/everything")
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
