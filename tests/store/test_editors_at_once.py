"""Many members of a board set one policy at the same time, in the form: nothing is lost, and who comes second sees both versions."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from counts import forms
from websites import HERE, PASSWORD, a_site

from planner.policy import policy_from_text
from planner.store import Role

CHANGE = f"/partnerships/{HERE}/policy/change"
FIELD = "board-line_percent"


@pytest.fixture
def site(empty_database):
    with a_site(empty_database.home, empty_database.url) as site:
        yield site


def in_force(tx, version):
    return policy_from_text(json.dumps(tx.policies.version(partnership_id=HERE, version=version).document)).board.line_percent


def hidden(text, name):
    return html.unescape(re.search(rf'name="{name}"[^>]*?value="([^"]*)"', text)[1])


class Editor:
    """A member of the board with a browser of their own."""

    def __init__(self, site, number):
        with site.store.begin() as tx:
            user_id = tx.people.add_user(name=f"Editor {number}", sign_in=f"editor-{number}", password_hash=PASSWORD)
            tx.people.add_membership(user_id=user_id, partnership_id=HERE, role=Role.BOARD)
        site.user_ids[f"editor-{number}"] = user_id
        self.browser, self.user_id = site.browser(f"editor-{number}"), user_id
        self.token = hidden(self.browser.get("/account").text, "csrf_token")

    def set_line(self, value, based_on):
        """Send the page that asks, once, as it stood over a version: kept, or what the page says now."""
        fields = {"csrf_token": self.token, "based_on": based_on, FIELD: value, "note": f"line {value}"}
        return self.browser.post(f"{CHANGE}/confirm", data=fields)

    def edit(self, value, based_on, seen):
        """Go on until the value is kept; every time it was not, note what the page showed as in force and as one's own."""
        while True:
            answer = self.set_line(value, based_on)
            if answer.status_code == 303:
                return int(based_on)
            assert answer.status_code == 422
            faults = re.findall(r'href="#confirm">([^<]+)<', answer.text)
            assert faults, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))
            assert faults[0].startswith("Somebody else set a new policy while this page was open.")
            assert hidden(answer.text, FIELD) == value, "what was typed is still there"
            cells = re.findall(r">\s*([\d.]+) percent of need met\s*<", answer.text)
            assert cells[-1] == value, cells
            based_on = hidden(answer.text, "based_on")
            seen.append((int(based_on), cells[0]))


def values(editors, edits):
    """A line of its own for every edit."""
    return [[f"{20 + number}.{edit:02}".rstrip("0").rstrip(".") for edit in range(1, edits + 1)] for number in range(editors)]


def all_edit(site, *, editors, edits, at_once):
    everybody = [Editor(site, number) for number in range(editors)]
    shown, won = [], {}

    def turn(edit_and_number):
        edit, number = edit_and_number
        value = values(editors, edits)[number][edit]
        with site.store.read() as tx:
            latest = tx.policies.latest(partnership_id=HERE).version
        won[value] = everybody[number].edit(value, str(latest), shown)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(turn, [(edit, number) for edit in range(edits) for number in range(editors)]))

    with site.store.read() as tx:
        versions = tx.policies.versions(partnership_id=HERE)
        kept = {row.version: in_force(tx, row.version) for row in versions}
        events = [event for event in tx.events.events(partnership_id=HERE, most=10_000) if event.action == "policy set"]
    numbers = sorted(kept)
    assert numbers == list(range(1, editors * edits + 2))
    assert sorted(float(kept[number]) for number in numbers[1:]) == sorted(float(value) for value in won)
    for before, after in pairwise(numbers):  # each was laid over the version just before it, by somebody who had been shown that one
        (value,) = (value for value in won if float(value) == float(kept[after]))
        assert won[value] == before
    assert all(float(kept[version]) == float(value) for version, value in shown), "what was shown as in force was in force"
    assert sorted(event.detail["version"] for event in events) == numbers[1:]
    assert {event.by for event in events} == {editor.user_id for editor in everybody}
    return len(shown)


@pytest.mark.parametrize("edits", forms("editors"))
def test_editors_of_one_policy_lose_nothing_and_see_both_versions(site, edits, say):
    editors, at_once = (50, 4) if edits >= 1000 else (6, 3)
    met = all_edit(site, editors=editors, edits=edits // editors, at_once=at_once)
    say(f"{editors} people, 0 edits lost, {met} times somebody was shown another's")
    assert met > edits / 10
