"""People: invite, take roles away, close and erase accounts, choose a forgotten password anew; and who may."""

import html
import re

import pytest
from pages import parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, OTHER_URN, OWN_URN, PASSWORD, PEOPLE, a_site

from planner.store import Role
from planner.store.room import DAY, database_now

NEW = "walnut-saddle-violin-harbour"
MARKUP = "<b>Jo</b> & co"
PEOPLE_PAGE, INVITE = f"/partnerships/{HERE}/people", f"/partnerships/{HERE}/people/invite"


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path) as site:
        yield site


def main_of(answer):
    return words_of(parsed(answer.text).find(".//main"))


def events_of(site, partnership_id):
    with site.store.read() as tx:
        return tx.events.events(partnership_id=partnership_id)


def link_on(page):
    return html.unescape(re.search(r'<textarea[^>]* id="link"[^>]*>([^<]+)</textarea>', page.text)[1])


def invite(site, who="administrator", path=INVITE, **fields):
    answer = site.post(site.browser(who), path, **{"invitee": "Jo Brown", "role": "board", "school": "", **fields})
    assert answer.status_code == 303
    return answer.headers["Location"]


def membership_of(site, who, partnership_id=HERE):
    with site.store.read() as tx:
        return next(m.id for m in tx.people.memberships_of(user_id=site.user_ids[who]) if m.partnership_id == partnership_id)


def role_page(site, who, partnership_id=HERE):
    user_id, membership_id = site.user_ids[who], membership_of(site, who, partnership_id)
    where = "/accounts" if partnership_id is None else PEOPLE_PAGE
    return f"{where}/{user_id}/roles/{membership_id}/take-away"


def give(site, who, partnership_id, role):
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids[who], partnership_id=partnership_id, role=role)


# --- who may -----------------------------------------------------------------------------------


def test_only_administrators_see_people_and_only_the_house_sees_accounts(site):
    person = site.user_ids["head"]
    for who in PEOPLE:
        client = site.browser(who)
        may = {"administrator": 200, "house": 200, "elsewhere": 404, "newcomer": 404}.get(who, 403)
        for path in (PEOPLE_PAGE, INVITE, f"{PEOPLE_PAGE}/{person}", role_page(site, "head")):
            assert client.get(path).status_code == may, (who, path)
        account = f"/accounts/{person}"
        for path in ("/accounts", "/accounts/invite", account, f"{account}/disable", f"{account}/erase", f"{account}/password-link"):
            assert client.get(path).status_code == (200 if who == "house" else 403), (who, path)


@pytest.mark.parametrize("who", ["administrator", "chair", "head"])
def test_nobody_but_the_house_changes_an_account(site, who):
    client, person = site.browser(who), site.user_ids["board"]
    for what in ("disable", "enable", "erase", "password-link"):
        assert site.post(client, f"/accounts/{person}/{what}", form_at="/account").status_code == 403
    assert site.post(client, role_page(site, "house", None), form_at="/account").status_code == 403
    with site.store.read() as tx:
        assert tx.people.user(user_id=person).disabled_at is None


def test_what_belongs_elsewhere_is_not_there(site):
    client = site.browser("administrator")
    foreign = membership_of(site, "elsewhere", ELSEWHERE)
    abroad = invite(site, "elsewhere", f"/partnerships/{ELSEWHERE}/people/invite", role="chair")
    number = abroad.rpartition("/")[2]
    for path in (
        f"{PEOPLE_PAGE}/{site.user_ids['elsewhere']}",
        f"{PEOPLE_PAGE}/{site.user_ids['newcomer']}",
        f"{PEOPLE_PAGE}/9999",
        f"{PEOPLE_PAGE}/{site.user_ids['elsewhere']}/roles/{foreign}/take-away",
        f"{PEOPLE_PAGE}/{site.user_ids['board']}/roles/{membership_of(site, 'head')}/take-away",
        f"{PEOPLE_PAGE}/invitations/{number}",
        abroad,
    ):
        assert client.get(path).status_code == 404, path
    assert site.post(client, f"{PEOPLE_PAGE}/invitations/{number}/withdraw", form_at=INVITE).status_code == 404
    assert site.post(client, f"{PEOPLE_PAGE}/{site.user_ids['elsewhere']}/roles/{foreign}/take-away", form_at=INVITE).status_code == 404
    house = site.browser("house")
    for path in ("/accounts/9999", "/accounts/9999/erase", "/accounts/9999/password-link", f"/accounts/invitations/{number}"):
        assert house.get(path).status_code == 404, path
    assert membership_of(site, "elsewhere", ELSEWHERE) == foreign


# --- the people of a partnership -----------------------------------------------------------------


def test_the_people_of_a_partnership_stand_by_person_with_their_roles(site):
    give(site, "head", HERE, Role.BOARD)
    page = site.browser("administrator").get(PEOPLE_PAGE)
    rows = {row[0]: row[1:] for row in tables_of(page.text)["Members"][1:]}
    school = next(s.name for s in site.shelf.figures(HERE).world.partnership.schools if s.urn == OWN_URN)
    assert rows["Head"] == [f"Head of {school}; board member", "head", "Open"]
    assert set(rows) == {"Head", "Other head", "Board", "Chair", "Service manager", "Commissioner", "Administrator"}
    assert "Administrators of the whole service can come in as well: House." in main_of(page)
    assert "Elsewhere" not in page.text
    assert "No invitations are waiting." in main_of(page)


def test_a_role_is_taken_away_after_a_question_and_closes_its_pages_at_once(site):
    board, client = site.browser("board"), site.browser("administrator")
    path = role_page(site, "board")
    assert board.get(PEOPLE_PAGE.removesuffix("/people")).status_code == 200
    asked = client.get(path)
    assert "Take this role away from Board?" in main_of(asked)
    assert "This is your own role" not in main_of(asked)
    answer = site.post(client, path)
    assert (answer.status_code, answer.headers["Location"]) == (303, PEOPLE_PAGE)
    assert "Board is no longer board member." in client.get(PEOPLE_PAGE).text
    assert board.get(PEOPLE_PAGE.removesuffix("/people")).status_code == 404
    assert site.post(client, path, form_at=INVITE).status_code == 404
    event = events_of(site, HERE)[0]
    assert (event.action, event.subject, event.by) == (
        "role taken away",
        f"person {site.user_ids['board']}",
        site.user_ids["administrator"],
    )
    assert event.detail["role"] == "board"
    assert "Board" not in str(event.detail)


def test_an_administrator_may_take_their_own_role_away_and_is_told_so(site):
    client, path = site.browser("administrator"), role_page(site, "administrator")
    assert "This is your own role" in main_of(client.get(path))
    assert site.post(client, path).headers["Location"] == "/"
    assert client.get(PEOPLE_PAGE).status_code == 404


# --- invitations -----------------------------------------------------------------------------------


def test_an_invitation_shows_its_link_once_and_the_link_makes_a_member(site):
    client = site.browser("administrator")
    answer = site.post(client, INVITE, invitee=MARKUP, role="head", school=str(OTHER_URN))
    page = client.get(answer.headers["Location"])
    link = link_on(page)
    assert link.startswith("http://localhost/invitations/")
    assert "this service sends no mail" in main_of(page)
    assert "It works once, for two weeks. Whoever takes it up first has the role" in main_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert MARKUP in main_of(page)
    assert MARKUP not in page.text
    again = client.get(answer.headers["Location"])
    assert 'id="link"' not in again.text
    assert again.headers["Cache-Control"] == "no-store"
    assert link.rpartition("/")[2] not in again.text
    assert "The link was shown once" in main_of(again)
    assert [row[0] for row in tables_of(client.get(PEOPLE_PAGE).text)["Invitations not taken up"][1:]] == [MARKUP]
    newcomer = site.browser("newcomer")
    assert site.post(newcomer, link.removeprefix("http://localhost")).status_code == 303
    with site.store.read() as tx:
        roles = [(m.role, m.urn) for m in tx.people.memberships_of(user_id=site.user_ids["newcomer"])]
    assert roles == [(Role.HEAD, OTHER_URN)]
    taken = main_of(client.get(answer.headers["Location"]))
    assert "Taken up" in taken
    assert "by Newcomer" in taken
    assert "Withdraw" not in taken
    made = next(event for event in events_of(site, HERE) if event.action == "invitation made")
    assert made.detail == {"role": "head", "urn": OTHER_URN}


def test_only_the_browser_that_made_it_sees_the_link(site):
    path = invite(site)
    assert 'id="link"' not in site.browser("administrator").get(path).text
    assert site.browser("house").get(path).status_code == 200


def test_the_link_of_one_invitation_does_not_show_on_another(site):
    first = invite(site)
    client = site.browser("administrator")
    second = site.post(client, INVITE, invitee="Sam", role="chair", school="").headers["Location"]
    assert 'id="link"' not in client.get(first).text
    assert 'id="link"' in client.get(second).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"invitee": " "}, "Enter the name of the person you invite."),
        ({"role": ""}, "Choose what they are to be."),
        ({"role": "emperor"}, "Not a valid choice"),
        ({"role": "head", "school": ""}, "Choose the school that they head."),
        ({"role": "head", "school": "999999"}, "Not a valid choice"),
        ({"invitee": "x" * 201}, "Use 200 characters or fewer."),
    ],
)
def test_a_faulty_invitation_keeps_what_was_typed_and_says_what_is_wrong(site, fields, said):
    typed = {"invitee": "Jo Brown", "role": "board", "school": "", **fields}
    client = site.browser("administrator")
    answer = site.post(client, INVITE, **typed)
    assert answer.status_code == 422
    assert main_of(answer).count(said) == 2  # in the summary and beside the field
    assert parsed(answer.text).find(".//title").text.startswith("Error: ")
    if typed["invitee"].strip():
        assert typed["invitee"] in answer.text
    with site.store.read() as tx:
        assert tx.invitations.of(partnership_id=HERE) == ()


def test_what_no_name_can_hold_is_left_out(site):
    path = invite(site, invitee=" Jo\x00\x07\x1b[31m Brown\r\n")
    with site.store.read() as tx:
        (one,) = tx.invitations.of(partnership_id=HERE)
    assert one.invitee == "Jo[31m Brown"
    assert "Jo[31m Brown" in main_of(site.browser("administrator").get(path))


def test_a_school_is_kept_for_heads_only(site):
    path = invite(site, role="board", school=str(OWN_URN))
    with site.store.read() as tx:
        assert [(i.role, i.urn) for i in tx.invitations.of(partnership_id=HERE)] == [(Role.BOARD, None)]
    assert path.startswith(f"{PEOPLE_PAGE}/invitations/")


def test_where_there_are_no_figures_a_head_cannot_be_invited_and_others_can(site):
    with site.store.begin() as tx:
        new = tx.partnerships.create(name="Brand new", by=None)
    client, path = site.browser("house"), f"/partnerships/{new}/people/invite"
    assert "No schools are here yet. Bring the figures first, then invite heads." in main_of(client.get(path))
    answer = site.post(client, path, invitee="Jo", role="head")
    assert answer.status_code == 422
    assert main_of(answer).count("A head is invited to a school, and no schools are here yet.") == 2
    assert site.post(client, path, invitee="Jo", role="chair").status_code == 303


def test_every_role_is_offered_with_a_line_on_what_it_may_do(site):
    page = site.browser("administrator").get(INVITE)
    radios = [e.get("value") for e in parsed(page.text).iter("input") if e.get("type") == "radio"]
    assert radios == list(Role)
    assert main_of(page).count("Reads every plan") == 2


def test_an_invitation_is_withdrawn_and_its_link_is_useless(site):
    client = site.browser("administrator")
    path = site.post(client, INVITE, invitee="Jo Brown", role="board", school="").headers["Location"]
    link = link_on(client.get(path))
    assert site.post(client, f"{path}/withdraw", form_at=path).headers["Location"] == PEOPLE_PAGE
    assert "The invitation for Jo Brown is withdrawn. Its link no longer works." in client.get(PEOPLE_PAGE).text
    assert "Jo Brown" not in client.get(PEOPLE_PAGE).text
    assert "Withdrawn" in main_of(client.get(path))
    assert site.browser(None).get(link.removeprefix("http://localhost")).status_code == 410
    assert events_of(site, HERE)[0].action == "invitation withdrawn"
    site.post(client, f"{path}/withdraw", form_at=INVITE)
    assert "Nothing was changed." in client.get(PEOPLE_PAGE).text
    assert [event.action for event in events_of(site, HERE)].count("invitation withdrawn") == 1


def test_an_invitation_that_ran_out_says_so_for_four_weeks(site):
    invite(site)
    with site.store.begin() as tx:
        token = tx.sessions.open_session(user_id=site.user_ids["administrator"])
    assert token
    for days, is_shown in ((15, True), (43, False)):
        site.store.tick = lambda connection, days=days: database_now(connection) + days * DAY
        rows = tables_of(site.browser("administrator").get(PEOPLE_PAGE).text).get("Invitations not taken up", [[]])[1:]
        assert [row[3].startswith("Ran out on") for row in rows] == [True] * is_shown


def test_an_administrator_of_every_partnership_is_invited_by_the_house(site):
    client = site.browser("house")
    assert site.post(client, "/accounts/invite", invitee=" ").status_code == 422
    path = site.post(client, "/accounts/invite", invitee="Jo Brown").headers["Location"]
    page = client.get(path)
    link = link_on(page).removeprefix("http://localhost")
    assert site.post(site.browser("newcomer"), link).status_code == 303
    assert site.browser("newcomer").get("/accounts").status_code == 200
    assert [e.action for e in events_of(site, None)][:2] == ["invitation taken up", "invitation made"]
    other = site.post(client, "/accounts/invite", invitee="Sam").headers["Location"]
    assert "Sam" in client.get("/accounts").text
    assert site.post(client, f"{other}/withdraw", form_at=other).headers["Location"] == "/accounts"
    assert "Sam" not in tables_of(client.get("/accounts").text)


def test_an_invitation_is_void_once_its_maker_may_no_longer_invite_and_says_so(site):
    maker, newcomer, house = site.browser("administrator"), site.browser("newcomer"), site.browser("house")
    path = site.post(maker, INVITE, invitee="Jo Brown", role="board", school="").headers["Location"]
    link = link_on(maker.get(path)).removeprefix("http://localhost")
    assert newcomer.get(link).status_code == 200
    site.post(house, role_page(site, "administrator"))
    assert newcomer.get(link).status_code == 410
    assert site.post(newcomer, link, form_at="/account").status_code == 410
    with site.store.read() as tx:
        assert tx.people.memberships_of(user_id=site.user_ids["newcomer"]) == ()
    rows = tables_of(house.get(PEOPLE_PAGE).text)["Invitations not taken up"]
    assert rows[1][3] == "Does not work: whoever made it may no longer invite here"
    assert "Its link does not work" in main_of(house.get(path))
    site.post(house, f"{path}/withdraw", form_at=path)
    assert "Jo Brown" not in tables_of(house.get(PEOPLE_PAGE).text).get("Invitations not taken up", [[""]])[-1]


@pytest.mark.parametrize("what", ["disable", "erase"])
def test_an_invitation_to_run_every_partnership_is_void_once_its_maker_is_out(site, what):
    other = site.browser("board")
    give(site, "board", None, Role.ADMINISTRATOR)
    link = link_on(other.get(site.post(other, "/accounts/invite", invitee="Jo").headers["Location"])).removeprefix("http://localhost")
    newcomer = site.browser("newcomer")
    assert newcomer.get(link).status_code == 200
    site.post(site.browser("house"), f"/accounts/{site.user_ids['board']}/{what}")
    assert newcomer.get(link).status_code == 410


# --- accounts ----------------------------------------------------------------------------------------


def test_schools_are_named_wherever_a_role_is(site):
    school = next(s.name for s in site.shelf.figures(HERE).world.partnership.schools if s.urn == OWN_URN)
    head = f"Head of {school}"
    house = site.browser("house")
    assert tables_of(site.browser("head").get("/account").text)["Your roles"][1][1] == head
    assert f"{head} in Hatherby Partnership" in main_of(house.get("/accounts"))
    assert tables_of(house.get(f"/accounts/{site.user_ids['head']}").text)["Roles"][1][0] == f"{head} in Hatherby Partnership"
    path = invite(site, role="head", school=str(OWN_URN))
    assert head in main_of(site.browser("administrator").get(path))


def test_a_school_that_has_left_the_figures_is_named_by_its_urn(site):
    with site.store.begin() as tx:
        tx.people.add_membership(user_id=site.user_ids["newcomer"], partnership_id=HERE, role=Role.HEAD, urn=999_999)
    assert "Head of the school with URN 999999" in main_of(site.browser("newcomer").get("/account"))


def test_all_accounts_are_listed_with_their_roles_and_no_secrets(site):
    page = site.browser("house").get("/accounts")
    rows = {row[0]: row[1:] for row in tables_of(page.text)["Accounts"][1:]}
    assert len(rows) == len(PEOPLE)
    assert rows["Newcomer"] == ["newcomer", "None", "Open"]
    assert rows["House"][1] == "Administrator of the whole service"
    assert rows["Elsewhere"][1].count(" in ") == 2
    with site.store.read() as tx:
        hashes = [person.password_hash for person in tx.people.users()]
    assert not any(hashed in page.text for hashed in hashes)


def test_accounts_are_found_by_letters_and_shown_fifty_at_a_time(site):
    with site.store.begin() as tx:
        for number in range(60):
            tx.people.add_user(name=f"Person {number:02}", sign_in=f"p{number}")
    client = site.browser("house")
    assert "Showing 1 to 50 of 70 accounts." in main_of(client.get("/accounts"))
    second = client.get("/accounts?page=2")
    assert "Showing 51 to 70 of 70 accounts." in main_of(second)
    assert len(tables_of(second.text)["Accounts"]) == 21
    assert [row[0] for row in tables_of(client.get("/accounts?find=SERVICE-man").text)["Accounts"][1:]] == ["Service manager"]
    assert "No account has these letters" in main_of(client.get("/accounts?find=%3Cb%3E"))
    assert "<b>" not in client.get("/accounts?find=%3Cb%3E").text
    assert {client.get(f"/accounts?page={page}").status_code for page in ("0", "-1", "999", "x")} == {200}
    assert "No password yet" in second.text


def test_a_disabled_person_is_out_at_once_and_comes_back_only_by_signing_in(site):
    board, house, account = site.browser("board"), site.browser("house"), f"/accounts/{site.user_ids['board']}"
    assert board.get("/account").status_code == 200
    assert "cannot sign in until somebody opens the account again" in main_of(house.get(f"{account}/disable"))
    assert site.post(house, f"{account}/disable").headers["Location"] == account
    assert "The account of Board is disabled" in house.get(account).text
    assert board.get("/account").status_code == 303
    assert site.post(site.browser(None), "/sign-in", sign_in="board", password=PASSWORD).status_code == 422
    assert "Disabled" in tables_of(house.get("/accounts").text)["Accounts"][2]
    assert site.post(house, f"{account}/enable", form_at=account).status_code == 303
    assert board.get("/account").status_code == 303
    assert site.post(site.browser(None), "/sign-in", sign_in="board", password=PASSWORD).status_code == 303
    assert [e.action for e in events_of(site, None)][:3] == ["signed in", "account enabled", "account disabled"]


def test_a_name_is_erased_for_good_and_the_log_keeps_the_number(site):
    board, house, number = site.browser("board"), site.browser("house"), site.user_ids["board"]
    assert "This cannot be undone." in main_of(house.get(f"/accounts/{number}/erase"))
    assert site.post(house, f"/accounts/{number}/erase").headers["Location"] == "/accounts"
    page = house.get("/accounts")
    assert f"In the log this person is number {number}." in page.text
    assert "Board" not in [row[0] for row in tables_of(page.text)["Accounts"]]
    assert "1 account was erased; only its number is kept, in the log." in main_of(page)
    assert board.get("/account").status_code == 303
    assert f"Erased account {number}" in main_of(house.get(f"/accounts/{number}"))
    for what in ("disable", "erase", "password-link"):
        assert house.get(f"/accounts/{number}/{what}").status_code == 404
    for what in ("enable", "password-link"):
        assert site.post(house, f"/accounts/{number}/{what}", form_at="/accounts/invite").status_code == 404
    event = events_of(site, None)[0]
    assert (event.action, event.subject, event.detail) == ("name erased", f"person {number}", {})
    assert f"{PEOPLE_PAGE}/{number}" not in house.get(PEOPLE_PAGE).text


def test_nobody_closes_their_own_account(site):
    client, number = site.browser("house"), site.user_ids["house"]
    assert "This is your own account" in main_of(client.get(f"/accounts/{number}"))
    for what in ("disable", "erase"):
        assert client.get(f"/accounts/{number}/{what}").status_code == 404
        assert site.post(client, f"/accounts/{number}/{what}", form_at="/accounts/invite").status_code == 404
    assert client.get("/accounts").status_code == 200


def test_the_last_administrator_of_every_partnership_stays(site):
    client, path = site.browser("house"), role_page(site, "house", None)
    assert "This is your own role" in main_of(client.get(path))
    refused = site.post(client, path)
    assert refused.status_code == 422
    assert main_of(refused).count("This is the last administrator of the whole service who can sign in.") == 2
    give(site, "newcomer", None, Role.ADMINISTRATOR)
    newcomer = f"/accounts/{site.user_ids['newcomer']}"
    site.post(client, f"{newcomer}/disable")
    assert site.post(client, path).status_code == 422
    site.post(client, f"{newcomer}/enable", form_at=newcomer)
    assert site.post(client, path).headers["Location"] == "/"
    assert client.get("/accounts").status_code == 403
    assert site.browser("newcomer").get("/accounts").status_code == 200
    assert events_of(site, None)[0].detail["role"] == "administrator"


# --- password links ----------------------------------------------------------------------------------


def make_link(site, who="head"):
    client, path = site.browser("house"), f"/accounts/{site.user_ids[who]}/password-link"
    assert site.post(client, path).headers["Location"] == path
    page = client.get(path)
    assert 'id="link"' not in client.get(path).text
    return link_on(page).removeprefix("http://localhost")


def test_a_password_is_chosen_by_a_link_once_and_every_session_ends(site):
    head, link = site.browser("head"), make_link(site)
    nobody = site.browser(None)
    assert "You sign in as head." in main_of(nobody.get(link))
    assert head.get("/account").status_code == 200
    answer = site.post(nobody, link, password=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert "Your new password is kept. Sign in with it." in nobody.get("/sign-in").text
    assert head.get("/account").status_code == 303
    assert site.post(site.browser(None), "/sign-in", sign_in="head", password=PASSWORD).status_code == 422
    assert site.post(site.browser(None), "/sign-in", sign_in="head", password=NEW).status_code == 303
    spent = nobody.get(link)
    assert spent.status_code == 410
    assert "works once, for one day" in main_of(spent)
    assert site.post(nobody, link, form_at="/sign-in", password=NEW).status_code == 410
    assert [e.action for e in events_of(site, None)][:3] == ["signed in", "password chosen by link", "password link made"]
    assert link.rpartition("/")[2] not in str(events_of(site, None))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "Choose a new password."),
        ("too short", "Choose a password of 12 to 200 characters"),
        ("the-head-of-school", "Choose a password without your own name or sign-in name in it."),
    ],
)
def test_a_poor_password_is_refused_and_the_link_still_works(site, password, said):
    with site.store.begin() as tx:
        site.user_ids["jo"] = tx.people.add_user(name="Head-of-school", sign_in="jo")
    link, nobody = make_link(site, "jo"), site.browser(None)
    answer = site.post(nobody, link, password=password)
    assert answer.status_code == 422
    assert main_of(answer).count(said) == 2
    assert "('" not in main_of(answer)
    assert nobody.get(link).status_code == 200


def test_a_password_link_is_late_after_a_day_and_a_new_one_ends_the_one_before(site):
    old, new = make_link(site), make_link(site)
    nobody = site.browser(None)
    assert (nobody.get(old).status_code, nobody.get(new).status_code) == (410, 200)
    site.store.tick = lambda connection: database_now(connection) + DAY
    assert nobody.get(new).status_code == 410
    assert nobody.get("/password-links/nonsense").status_code == 410


def test_no_password_link_is_made_for_a_disabled_account_and_one_made_before_waits_in_vain(site):
    link, house, account = make_link(site), site.browser("house"), f"/accounts/{site.user_ids['head']}"
    site.post(house, f"{account}/disable")
    assert site.browser(None).get(link).status_code == 410
    assert site.post(house, f"{account}/password-link", form_at=account).status_code == 404


# --- words and markup ------------------------------------------------------------------------------------


def test_names_are_never_markup(site):
    with site.store.begin() as tx:
        number = tx.people.add_user(name=MARKUP, sign_in="<i>jo</i>")
        tx.people.add_membership(user_id=number, partnership_id=HERE, role=Role.BOARD)
        member = tx.people.memberships_of(user_id=number)[0].id
    house = site.browser("house")
    paths = [PEOPLE_PAGE, f"{PEOPLE_PAGE}/{number}", f"{PEOPLE_PAGE}/{number}/roles/{member}/take-away", "/accounts", f"/accounts/{number}"]
    paths += [f"/accounts/{number}/{what}" for what in ("disable", "erase", "password-link")]
    for path in paths:
        page = house.get(path)
        assert "<b>Jo" not in page.text, path
        assert "<i>jo" not in page.text, path
        assert MARKUP in main_of(page), path
        assert len(list(parsed(page.text).iter("h1"))) == 1
        ids = [e.get("id") for e in parsed(page.text).iter() if e.get("id")]
        assert len(ids) == len(set(ids)), path
