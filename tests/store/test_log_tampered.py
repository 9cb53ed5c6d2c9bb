"""The log, tampered with by somebody who went round the database's guard: the planner's own check finds every single change."""

import itertools
import random

import pytest
from counts import forms
from stored import a_partnership, a_user
from test_store_documents import take_the_guard_away

from planner.store import Transaction
from web.command_line import main

DETAILS = ({}, {"n": 1}, {"amounts": [1, 2.5, None, "é"]}, {"role": "head", "urn": 100001})
EDITS = {
    "at": "at = at + 1",
    "by": "by = CASE WHEN by IS NULL THEN {user} END",
    "action": "action = action || '.'",
    "subject": "subject = 'x' || subject",
    "another detail": """detail = '{{"n":2}}'""",
    "a detail in another hand": "detail = ' ' || detail",
    "a detail that is no data": "detail = '{{'",
    "a detail said twice": """detail = '{{"n":2,"n":1}}'""",
    "previous seal": "previous_sha256 = 'a' || previous_sha256",
    "seal": "sha256 = upper(sha256) || 'a'",
    "place": "seq = seq + 1000000",
}
REMOVED, SWAPPED, COPIED = "removed", "swapped", "contents swapped"
WAYS = (*EDITS, REMOVED, SWAPPED, COPIED)
CONTENTS = "at, by, action, subject, detail"


def write_log(store, lengths):
    """Chains of the lengths asked for, the house's first."""
    chains = [None, *(a_partnership(store, f"Number {n}") for n in range(1, len(lengths)))]
    for chain, length in zip(chains, lengths, strict=True):
        with store.begin() as tx:
            for n in range(length):
                tx.events.record(partnership_id=chain, by=None, action="plan opened", subject=f"plan {n}", detail=DETAILS[n % len(DETAILS)])
    return [chain or 0 for chain in chains]


def tamper(connection, chance, way, chain, length, user):
    """Change one thing in a chain and say what it was."""
    seq, other = chance.sample(range(1, length + 1), 2)
    here = f"WHERE chain = {chain} AND seq = "
    if way == REMOVED:
        connection.exec_driver_sql(f"DELETE FROM events {here}{seq}")
    elif way == SWAPPED:  # by way of a free number: a place in the chain is unique
        for old, new in ((seq, -1), (other, seq), (-1, other)):
            connection.exec_driver_sql(f"UPDATE events SET seq = {new} {here}{old}")
    elif way == COPIED:
        rows = [connection.exec_driver_sql(f"SELECT {CONTENTS} FROM events {here}{n}").one() for n in (seq, other)]
        for n, row in zip((other, seq), rows, strict=True):
            mark = "%s" if connection.dialect.name == "postgresql" else "?"
            connection.exec_driver_sql(f"UPDATE events SET ({CONTENTS}) = ({', '.join([mark] * 5)}) {here}{n}", tuple(row))
    else:
        connection.exec_driver_sql(f"UPDATE events SET {EDITS[way].format(user=user)} {here}{seq}")
    return way, chain, seq, other


def missed(store, database, *, lengths, rounds, seed=7):
    """What the check did not find, of one change in every chain, round after round."""
    chains, user = write_log(store, lengths), a_user(store)
    with store._engines.writer.begin() as connection:
        take_the_guard_away(connection, database)
    chance, unseen, ways = random.Random(seed), [], itertools.cycle(WAYS)
    for _ in range(rounds):
        with store._engines.writer.connect() as connection, connection.begin() as spoil:
            done = [tamper(connection, chance, next(ways), chain, length, user) for chain, length in zip(chains, lengths, strict=True)]
            checks = Transaction(connection, store.tick).events.verify()
            spoil.rollback()
        unseen += [what for what in done if checks[what[1]].is_whole]
    with store.read() as tx:
        assert all(check.is_whole for check in tx.events.verify().values())
    return unseen


@pytest.mark.parametrize("changes", forms("log-tampered"))
def test_every_single_change_of_the_log_is_found(store, database, changes, say):
    lengths = [5050, *[50] * 99] if changes >= 1000 else [12] * 10  # each way to change it at least twice
    assert missed(store, database, lengths=lengths, rounds=changes // len(lengths)) == []
    say(f"all found, of {sum(lengths):,} entries")


def test_chains_are_checked_though_their_head_or_their_partnership_is_gone(store, database):
    chains = write_log(store, [2, 2])
    with store._engines.writer.connect() as connection, connection.begin() as spoil:
        take_the_guard_away(connection, database)
        connection.exec_driver_sql("DELETE FROM events")
        checks = Transaction(connection, store.tick).events.verify()
        assert {chain: check.is_whole for chain, check in checks.items()} == dict.fromkeys(chains, False)
        spoil.rollback()


def test_the_command_says_where_a_log_was_changed_and_finds_one_made_anew(store, database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(database.home))
    monkeypatch.setenv("PLANNER_DATABASE_URL", database.url or "")
    write_log(store, [3, 2])
    assert main(["check-log"]) == 0
    printed = capsys.readouterr().out
    assert "The log of the service: 3 entries, whole." in printed
    assert "The log of partnership 1: 2 entries, whole." in printed
    heads = tmp_path / "heads.txt"
    heads.write_text(printed, encoding="utf-8")
    write_log(store, [1])
    assert main(["check-log", "--heads", str(heads)]) == 0
    assert "It still holds 2 heads noted down before." in capsys.readouterr().out

    with store._engines.writer.begin() as connection:
        take_the_guard_away(connection, database)
        connection.exec_driver_sql("UPDATE events SET action = 'plan signed' WHERE chain = 1 AND seq = 2")
    assert main(["check-log"]) == 4
    said = capsys.readouterr()
    assert "The log of partnership 1: 1 entry, then broken." in said.out
    assert "the log of partnership 1 cannot be trusted from entry 2 on" in said.err

    with store._engines.writer.begin() as connection:  # whoever can do that can write the chain anew, whole
        for table in ("events", "event_chains"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE chain = 1")
    with store.begin() as tx:
        for _ in range(2):
            tx.events.record(partnership_id=1, by=None, action="nothing happened")
    assert main(["check-log"]) == 0
    assert main(["check-log", "--heads", str(heads)]) == 4
    assert "the log of partnership 1 no longer holds entry 2 as it was noted down" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("nothing", "holds no head"), ("chain 1 entry 1 sha256 abc", "holds no head")]
)
def test_a_file_without_heads_is_refused_in_one_sentence(tmp_path, monkeypatch, capsys, content, said):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path))
    monkeypatch.delenv("PLANNER_DATABASE_URL", raising=False)
    file = tmp_path / "heads.txt"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert main(["check-log", "--heads", str(file)]) == 1
    assert said in capsys.readouterr().err
    assert main(["check-log"]) == 1
    assert "There is no database in" in capsys.readouterr().err
