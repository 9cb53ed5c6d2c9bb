"""Everything of a partnership in one ZIP: whole, readable elsewhere, nothing secret, nobody else's."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from pages import demonstration, parsed, words_of
from websites import HERE, OWN_URN, a_site

from planner.documents import check_document
from planner.intake.parsing import read_partnership
from planner.policy import load_policy
from planner.store import Role
from planner.store.archive import LEFT_OUT, SECRET, TAKEN
from planner.store.decisions import VotingRules
from planner.store.tables import METADATA
from planner.voting import Majority, Outcome, Say, Weighting

RULES = VotingRules(quorum=1, majority=Majority.SIMPLE, weighting=Weighting.ONE_EACH, needs_council=False)
EVERYTHING = f"/partnerships/{HERE}/everything"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("site") / "home") as site:
        yield site


def taken(site, who="administrator"):
    answer = site.post(site.browser(who), EVERYTHING)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    assert packed.testzip() is None
    return {name: packed.read(name) for name in packed.namelist()}


def table(files, name):
    return list(csv.DictReader(io.StringIO(files[f"tables/{name}.csv"].decode("utf-8-sig"))))


def test_every_table_of_a_partnership_is_taken_or_left_out_for_a_reason():
    of_partnerships = {table.name for table in METADATA.tables.values() if "partnership_id" in table.columns} | {"decision_votes"}
    assert set(TAKEN) | set(LEFT_OUT) == of_partnerships
    assert not set(TAKEN) & set(LEFT_OUT)
    proofs = {
        (name, column.name) for name in TAKEN for column in METADATA.tables[name].columns
        if any(word in column.name for word in ("token", "secret", "password", "hash"))
    }  # fmt: skip
    assert proofs == {("invitations", "token_hash")}
    assert all(column in METADATA.tables[name].columns for name, columns in SECRET.items() for column in columns)


def test_what_is_taken_stands_by_itself(site, tmp_path):
    by = site.user_ids["board"]
    with site.store.begin() as tx:
        tx.schools.open_query(partnership_id=HERE, urn=OWN_URN, line="Grant", question="=1+1 is why?", by=site.user_ids["head"])
        tx.uploads.add(partnership_id=HERE, file_name="not-confirmed.xlsx", content=b"", findings={}, document=None, by=by)
        secret = tx.invitations.invite(partnership_id=HERE, role=Role.CHAIR, invitee="Bo", by=by)
    files = taken(site)
    assert {f"tables/{name}.csv" for name in TAKEN} < set(files)
    check_document(json.loads(files["documents/plans-1.json"]))
    assert table(files, "plans")[0]["document"] == "documents/plans-1.json"
    assert table(files, "queries")[0]["question"] == "'=1+1 is why?"
    assert {row["name"] for row in table(files, "people")} >= {"Board", "Head"}
    assert table(files, "events")[-1]["action"] == "everything taken away"
    assert table(files, "events")[-1]["by"] == str(site.user_ids["administrator"])
    assert table(files, "plans")[0]["made_at"].endswith("+00:00")
    (tmp_path / "figures.xlsx").write_bytes(files["figures.xlsx"])
    policy = load_policy()
    again, _ = read_partnership(tmp_path / "figures.xlsx", need_codes=policy.need_codes(), role_ids=policy.role_ids())
    assert [school.urn for school in again.schools] == [school.urn for school in demonstration().partnership.schools]
    told = files["README.txt"].decode()
    assert all(reason in told for reason in LEFT_OUT.values())
    with site.store.read() as tx:
        assert tx.events.head(partnership_id=HERE) in told
    everything = b"".join(files.values())
    assert b"not-confirmed.xlsx" not in everything
    assert secret.encode() not in everything
    assert b"argon2" not in everything
    assert b"token_hash" not in everything
    assert b"Two schools" not in everything  # the other partnership's


def test_votes_of_an_open_decision_and_withdrawn_words_are_not_in_it(site):
    voter = site.user_ids["board"]
    with site.store.begin() as tx:
        number = tx.decisions.open_decision(partnership_id=HERE, title="The plan", rules=RULES, options=[1], by=site.user_ids["chair"])
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=number)
        tx.decisions.comment(decision=decision, plan_id=None, text="Taken back soon", by=voter)
        comment = tx.decisions.comments(decision_id=number)[0]
        tx.decisions.withdraw(decision_id=number, comment_id=comment.id, by=voter)
        tx.decisions.open_vote(decision=decision, roll=[voter], by=site.user_ids["chair"])
        decision = tx.decisions.decision(partnership_id=HERE, decision_id=number)
        tx.decisions.vote(decision=decision, by=voter, say=Say.AGAINST, plan_id=None, reason="Too little for us")
    files = taken(site)
    assert table(files, "decision_votes") == []
    assert [(row["text"], bool(row["withdrawn_at"])) for row in table(files, "decision_comments")] == [("", True)]
    with site.store.begin() as tx:
        tx.decisions.close_vote(decision=decision, outcome=Outcome.NO_MAJORITY, carried=None, by=site.user_ids["chair"])
    with site.store.read() as tx:
        (votes,) = (list(kept.rows) for kept in tx.archive.tables(partnership_id=HERE) if kept.name == "decision_votes")
    assert [vote["reason"] for vote in votes] == ["Too little for us"]


def test_its_page_says_what_is_in_it_and_stands_behind_people(site):
    browser = site.browser("administrator")
    assert f'href="{EVERYTHING}"' in browser.get(f"/partnerships/{HERE}/people").text
    page = browser.get(EVERYTHING)
    assert page.status_code == 200
    said = words_of(parsed(page.text))
    assert all(words in said for words in (*TAKEN.values(), *LEFT_OUT.values()))
    assert browser.post(EVERYTHING).status_code == 400  # without the form's token
