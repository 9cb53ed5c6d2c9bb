"""What somebody learns who tries names, passwords and links: nothing, neither from the words nor from the work behind them."""

import re
import statistics
import time

import pytest
from test_web_accounts import sign_in
from websites import HERE, PASSWORD, a_site

from planner.store import Role
from planner.store.room import DAY, database_now
from web.accounts import passwords
from web.accounts.passwords import hash_of, is_right


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


def plain(answer):
    """A page without what is new in every answer."""
    return re.sub(r'(nonce|name="csrf_token"[^>]*value)="[^"]*"', "", answer.text)


class Counted:
    """A hasher that counts what it is asked to check."""

    def __init__(self, hasher, counts):
        self._hasher, self._counts = hasher, counts

    def __getattr__(self, name):
        return getattr(self._hasher, name)

    def verify(self, hashed, password):
        self._counts.append(("verify", hashed.rpartition("$")[0].rpartition("$")[0]))
        return self._hasher.verify(hashed, password)

    def hash(self, password):
        self._counts.append(("hash",))
        return self._hasher.hash(password)


def test_names_that_are_there_closed_or_never_were_get_the_same_work_and_the_same_words(site, monkeypatch):
    with site.store.begin() as tx:
        tx.people.disable(user_id=site.user_ids["board"])
        tx.people.add_user(name="By provider only", sign_in="by-provider")
    passwords._nobodys_hash.cache_clear()
    done, said = {}, {}
    for who in ("head", "board", "by-provider", "nobody"):
        counts = done[who] = []
        with monkeypatch.context() as patch:
            patch.setattr(passwords, "_HASHER", Counted(passwords._HASHER, counts))
            answer = sign_in(site, who, "wrong")
        said[who] = (answer.status_code, plain(answer).replace(f'value="{who}"', ""))
    assert done["nobody"] == [("verify", hash_of(PASSWORD).rpartition("$")[0].rpartition("$")[0])]
    assert len({str(work) for work in done.values()}) == 1
    assert len(set(said.values())) == 1


def test_the_right_password_of_a_closed_account_is_answered_as_a_wrong_one(site):
    with site.store.begin() as tx:
        tx.people.disable(user_id=site.user_ids["board"])
    assert plain(sign_in(site, "board")) == plain(sign_in(site, "board", "wrong"))


def test_names_that_never_were_are_braked_as_well(site, monkeypatch):
    monkeypatch.setattr("web.accounts.routes.is_right", lambda password_hash, password: False)
    statuses = [sign_in(site, "nobody", "wrong").status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


@pytest.mark.slow
def test_the_time_of_an_answer_tells_names_apart_by_less_than_ten_milliseconds(site, monkeypatch):
    """Processor time, by turns, and the middle of many: what others do on the machine meanwhile does not count."""
    monkeypatch.setattr("planner.store.throttle.TRIES_OF_ACCOUNT", 10_000)
    monkeypatch.setattr("planner.store.throttle.TRIES_OF_NETWORK", 10_000)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', (browser := site.browser(None)).get("/sign-in").text)[1]
    times = {"head": [], "nobody": []}
    for _ in range(61):
        for who, spent in times.items():
            start = time.process_time()
            assert browser.post("/sign-in", data={"csrf_token": token, "sign_in": who, "password": "wrong"}).status_code == 422
            spent.append(time.process_time() - start)
    there, nowhere = (statistics.median(spent[1:]) for spent in times.values())
    assert abs(there - nowhere) < 0.010, (there, nowhere)


def test_links_that_were_used_withdrawn_late_or_never_made_are_one_page(site):
    by = site.user_ids["house"]
    with site.store.begin() as tx:
        invite = {"partnership_id": HERE, "role": Role.BOARD, "invitee": "Bo Example", "by": by}
        used, withdrawn, late = (tx.invitations.invite(**invite) for _ in range(3))
        tx.invitations.use(token=used, user_id=site.user_ids["newcomer"])
        tx.invitations.withdraw(partnership_id=HERE, invitation_id=tx.invitations.of(partnership_id=HERE)[1].id)
        spent, closed, old = (tx.password_links.make(user_id=site.user_ids[who], by=by) for who in ("head", "board", "chair"))
        tx.password_links.use(token=spent)
        tx.people.disable(user_id=site.user_ids["board"])
    browser = site.browser(None)
    site.store.tick = lambda connection: database_now(connection) + 29 * DAY
    for path, tokens in (("/invitations", (used, withdrawn, late)), ("/password-links", (spent, closed, old))):
        answers = [browser.get(f"{path}/{token}") for token in (*tokens, "never-made")]
        assert {answer.status_code for answer in answers} == {410}
        assert len({plain(answer) for answer in answers}) == 1
        assert not any(word in answers[0].text for word in ("Bo Example", "Hatherby", "Board", "Head"))


def test_a_made_up_hash_is_one_that_argon2_checks_and_no_password_has():
    passwords._nobodys_hash.cache_clear()
    assert not is_right(None, PASSWORD)
    assert not passwords.is_out_of_date(passwords._nobodys_hash())
