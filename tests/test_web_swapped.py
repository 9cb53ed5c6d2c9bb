"""Identifiers of another partnership put wherever an address, a form or a program's body takes one: nothing of it is told, nothing of it changes."""

from __future__ import annotations

import io
import json
import random
import zipfile

import pytest
from counts import forms
from test_web_access import NAMES_A_THING, address_of, outcome, things_of, things_of_the_house
from websites import ELSEWHERE, HERE, a_site

from planner.store.tables import METADATA, Words, partnerships

MARKS = {HERE: "Ottermere-5128", ELSEWHERE: "Zanthorpe-7391"}
WHO = {HERE: ("head", "board", "chair", "administrator", "service-manager", "commissioner", "newcomer", None), ELSEWHERE: ("elsewhere",)}
"""Who asks of each partnership about the other; the last two belong to neither."""
PEOPLE = (*WHO[HERE], *WHO[ELSEWHERE])
ARGUMENTS = (
    "version", "plan", "draft", "decision", "claim", "post", "base", "beside", "of", "like", "near", "urns", "person", "proposal", "line", "change", "find",
)  # fmt: skip
FIELDS = (
    "version", "based_on", "seen", "minutes", "options", "about", "choice", "plan", "plan_id", "urn", "school", "urns", "near", "place", "rule_id", "item",
    "person", "recipient", "first", "second", "wish", "move", "instead_of", "decision_id", "draft_id", "proposal_id", "user_id", "partnership_id", "role",
    "membership_id", "upload_id", "claim_id", "of", "name", "text", "title", "why", "note", "invitee",
)  # fmt: skip
ENDS_SOMEBODY = {
    "accounts.sign_out",
    "accounts.new_password",
    "accounts.end_other_sessions",
    "tokens.end",
    "static",
    "provider.begin",
    "provider.come_back",
}
"""Would sign the asker out: what is asked after it would be about nobody."""


def mark(site):
    """Let every text of each partnership carry its own mark, on top of what stands in its plan and figures."""
    with site.store.begin() as tx:
        connection = tx.people._connection
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for table in METADATA.tables.values():
            of = table.c.id if table is partnerships else table.c.get("partnership_id")
            texts = [column for column in table.c if isinstance(column.type, Words) and not column.primary_key]
            if of is not None and texts and table.name not in {"events", "plans", "progress"}:
                for place, word in MARKS.items():
                    connection.execute(table.update().where(of == place).values({column: column + f" {word}" for column in texts}))


def rows_of(site, partnership_id):
    """Everything that is kept of a partnership."""
    with site.store.read() as tx:
        connection = tx.people._connection
        tables = {table.name: table.c.id if table is partnerships else table.c.get("partnership_id") for table in METADATA.sorted_tables}
        return {
            name: sorted(map(repr, connection.execute(METADATA.tables[name].select().where(of == partnership_id))))
            for name, of in tables.items() if of is not None
        }  # fmt: skip


def told(answer):
    """All that an answer says, also inside the files of a workbook or an archive."""
    content = answer.data
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    return content.decode("utf-8", "replace") + str(answer.headers)


class Asker:
    """Asks for anything with identifiers swapped at random."""

    def __init__(self, site, seed):
        self.site, self.chance = site, random.Random(seed)
        site.app.config["WTF_CSRF_ENABLED"] = False
        self.things = {place: things_of(site, place) for place in (HERE, ELSEWHERE)}
        self.of_house = things_of_the_house(site)
        mark(site)
        schools = site.shelf.figures(ELSEWHERE).world.partnership.schools  # those of the demonstration are examples in every blank workbook
        self.marks = {HERE: {MARKS[HERE]}, ELSEWHERE: {MARKS[ELSEWHERE], *(school.name for school in schools)}}
        self.rules = [
            rule for rule in sorted(site.app.url_map.iter_rules(), key=lambda rule: rule.rule) if rule.endpoint not in ENDS_SOMEBODY
        ]
        self.browsers = {who: site.browser(who) for who in PEOPLE}
        with site.store.begin() as tx:
            self.tokens = {who: tx.tokens.make(user_id=site.user_ids[who], name="Finance", days=30) for who in PEOPLE if who is not None}

    def is_told_its_own(self):
        """The marks are told to those they belong to: else not finding them would mean nothing."""
        for page in ("/plans", "/questions", "/decisions", "/people"):
            assert MARKS[ELSEWHERE] in told(self.browsers["elsewhere"].get(f"/partnerships/{ELSEWHERE}{page}"))
            assert MARKS[HERE] in told(self.browsers["administrator"].get(f"/partnerships/{HERE}{page}"))
        workbook = told(self.browsers["elsewhere"].get(self.site.plan("/plan.xlsx", partnership_id=ELSEWHERE)))
        assert all(one in workbook for one in self.marks[ELSEWHERE] - {MARKS[ELSEWHERE]})

    def foreign(self, of):
        """An identifier of the other partnership, as text."""
        there = self.things[of]
        return str(there[self.chance.choice(sorted(there))])

    def ask(self, home):
        """Ask once, as somebody of a partnership or of none: what was asked, what came, and what in its address was another partnership's."""
        chance, there = self.chance, ELSEWHERE if home == HERE else HERE
        who, rule = chance.choice(WHO[home]), chance.choice(self.rules)
        method = chance.choice(sorted(rule.methods - {"HEAD", "OPTIONS"}))
        things = self.things[home] | ({} if "partnership_id" in rule.arguments else self.of_house)
        names = sorted(rule.arguments & (NAMES_A_THING | {"urn"})) if "partnership_id" in rule.arguments else []
        swapped = [name for name in names if method == "POST" or chance.random() < 0.7]
        things |= {name: self.things[there][name] for name in swapped}
        is_program = rule.rule.startswith("/api/")
        more = {} if is_program else {"query_string": {name: self.foreign(there) for name in chance.sample(ARGUMENTS, 3)}}
        if method == "POST":
            sent = {name: self.foreign(there) for name in chance.sample(FIELDS, 12)}
            more |= {"json": {name: int(text) if text.isdigit() else text for name, text in sent.items()}} if is_program else {"data": sent}
        if is_program and who is not None:
            more["headers"] = {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = self.browsers[who].open(
            address_of(self.site, rule, things), method=method, follow_redirects=method == "GET" and who is not None, **more
        )
        return (rule.endpoint, method, who, swapped, more), answer


def swap(home, times, *, seed=33):
    """Ask so many times: what was told or let in that should not be, what broke, and what changed over there."""
    faults, swaps = [], 0
    with a_site(home) as site:
        asker = Asker(site, seed)
        asker.is_told_its_own()
        for place, there, share in ((HERE, ELSEWHERE, times * 3 // 4), (ELSEWHERE, HERE, times // 4)):
            before = rows_of(site, there)
            for _ in range(share):
                what, answer = asker.ask(place)
                swaps += bool(what[3])
                if answer.status_code >= 500:
                    faults.append(("broke", what, answer.text))
                elif what[3] and outcome(answer) == "in":
                    faults.append(("let in", what, answer.status_code))
                said, sent = told(answer), json.dumps(what)
                faults += [("told", what, one) for one in asker.marks[there] if one in said and one not in sent]
            after = rows_of(site, there)
            faults += [("changed", name, set(after[name]) ^ set(before[name])) for name in after if after[name] != before[name]]
    assert swaps > times / 4
    return faults


@pytest.mark.parametrize("times", forms("swapped"))
def test_swapped_identifiers_tell_nothing_and_change_nothing(tmp_path, times, say):
    assert swap(tmp_path, times) == []
    say("nothing told, nothing changed, nothing broken")
