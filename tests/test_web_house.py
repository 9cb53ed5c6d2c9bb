"""Running the service: health, backups that can be put back, policy packs, and whether it is ready."""

from __future__ import annotations

import contextlib
import io
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from pages import parsed, tables_of, words_of
from sqlalchemy.engine import make_url
from websites import HERE, a_site

import planner.policy
from planner import child
from planner.errors import InputMustBeMended, PlannerError
from planner.policy import load_policy, read_pack, with_changes
from planner.store import backup as backup_module
from planner.store import open_store
from planner.store.engine import sqlite_module
from planner.store.house import SILENT
from planner.store.room import database_now
from web.bring.confirm_policy import document_of
from web.command_line import main
from web.shelf import policy_of

PACK = Path(planner.policy.__file__).parent / "policy_packs" / "england-2026-27.toml"
LINE, HIGHER_LINE = "line_percent = { value = 70,", "line_percent = { value = 72,"
FREE, OTHER_FREE = "contingency_percent = { value = 5,", "contingency_percent = { value = 4,"


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


def main_of(text):
    return words_of(next(parsed(text).iter("main")))


def pack_file(*changes):
    """The shipped pack with a higher version and a later date, and other texts in place of what it says."""
    text = PACK.read_text(encoding="utf-8")
    for old, new in (("\nversion = 1\n", "\nversion = 2\n"), ('\ndate = "2026-11-01"\n', '\ndate = "2026-12-01"\n'), *changes):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.fixture
def read_here(monkeypatch, tmp_path):
    """Packs are read in this process: that a child reads them is shown by the pack that is refused."""

    def read(content, name):
        file = tmp_path / name
        file.write_bytes(content)
        return read_pack(file)

    monkeypatch.setattr("web.house.packs.pack_apart", read)


def upload(site, client, text):
    return site.post(client, "/policy-packs", file=(io.BytesIO(text.encode()), "pack.toml"))


def keep(site, client, shown):
    """Confirm what an upload showed."""
    text = next(i.get("value") for i in parsed(shown.text).iter("input") if i.get("name") == "pack")
    return site.post(client, "/policy-packs/keep", form_at="/policy-packs", file_name="pack.toml", pack=text)


# --- health ----------------------------------------------------------------------------------


def states(text):
    return {row[0]: row[1:] for row in tables_of(text)["How the service is"][1:]}


def test_it_is_ready_while_its_database_answers_at_this_version(site):
    client = site.browser(None)
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")
    with closing(sqlite_module().connect(str(site.settings.home / "planner.db"))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "not ready\n")


def test_health_says_what_needs_a_look_and_what_to_do(site):
    house = site.browser("house")
    before = states(house.get("/health").text)
    assert before["Database"][:2] == ["Well", "Whole"]
    assert before["Worker"][0] == "Look at it"
    assert before["Worker"][2] == "Start the service again, or run planner worker"
    assert before["Backup"][:2] == ["Look at it", "None was made"]
    with site.store.begin() as tx:
        tx.house.seen(worker="machine 7")
    site.store.back_up()
    after = states(house.get("/health").text)
    assert after["Worker"][0] == after["Backup"][0] == "Well"
    site.store.tick = lambda connection: database_now(connection) + SILENT + 1
    assert states(house.get("/health").text)["Worker"][0] == "Look at it"


def test_health_says_when_the_log_was_changed_by_other_means(site):
    house = site.browser("house")
    with site.store.begin() as tx:
        tx.events.record(partnership_id=HERE, by=None, action="plan opened")
    assert states(house.get("/health").text)["Log"] == ["Well", "Whole: 1 entry", "Nothing"]
    with closing(sqlite_module().connect(str(site.settings.home / "planner.db"))) as connection:
        connection.execute("DROP TRIGGER events_never_change")
        connection.execute("UPDATE events SET action = 'plan signed'")
        connection.commit()
    state, more, do = states(house.get("/health").text)["Log"]
    assert (state, more) == ("Look at it", "1 chain of entries was changed by other means than the planner")
    assert "planner check-log" in do


def test_a_worker_at_a_run_is_there_though_it_said_nothing_for_long(site):
    with site.store.begin() as tx:
        tx.house.seen(worker="machine 7")
        tx.runs.request_run(partnership_id=HERE, partnership_version=1, policy_version=1, settings={}, by=site.user_ids["board"])
        assert tx.runs.claim_next(worker="machine 7", lease=10 * SILENT) is not None
    site.store.tick = lambda connection: database_now(connection) + SILENT + 1
    with site.store.read() as tx:
        assert [worker.name for worker in tx.house.workers()] == ["machine 7"]
        assert tx.house.queue().runs_running == 1


# --- backups ---------------------------------------------------------------------------------


def test_a_backup_is_made_checked_listed_and_logged_by_its_number_only(site):
    house = site.browser("house")
    assert "No backup has been made yet" in main_of(house.get("/backups").text)
    assert site.post(house, "/backups").headers["Location"] == "/backups"
    (made,) = site.store.backups()
    assert made.path.stat().st_mode & 0o077 == 0
    assert made.path.name in main_of(house.get("/backups").text)
    with site.store.read() as tx:
        event = tx.events.events(partnership_id=None, most=1)[0]
    assert (event.action, event.by, event.subject) == ("backup made", site.user_ids["house"], made.path.name)
    assert not list(made.path.parent.glob(".*")), "nothing unfinished is left"


def test_a_backup_of_nothing_is_refused_and_makes_no_database(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path))
    monkeypatch.delenv("PLANNER_DATABASE_URL", raising=False)
    assert main(["backup"]) == 1
    assert "set PLANNER_HOME" in capsys.readouterr().err
    assert not (tmp_path / "planner.db").exists()


def test_a_backup_put_back_holds_what_was_there_then(site, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(site.settings.home))
    monkeypatch.delenv("PLANNER_DATABASE_URL", raising=False)
    file = tmp_path / "monday.db"
    assert main(["backup", "--out", str(file)]) == 0
    with site.store.begin() as tx:
        later = tx.partnerships.create(name="Made later", by=site.user_ids["house"])
    site.store.close()
    assert main(["restore", str(file)]) == 0
    assert "is kept as" in capsys.readouterr().out
    with open_store(None, site.settings.home) as store, store.read() as tx:
        assert tx.partnerships.partnership(partnership_id=later) is None
        assert tx.partnerships.partnership(partnership_id=HERE) is not None
        assert tx.events.events(partnership_id=None, most=1)[0].action == "backup put back"
        assert tx.events.verify_chain(partnership_id=None).is_whole
    (before,) = site.settings.home.glob("planner-before-restore-*.db")
    assert before.stat().st_size > 0


def test_what_is_no_backup_is_refused_and_the_database_stays(site, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(site.settings.home))
    monkeypatch.delenv("PLANNER_DATABASE_URL", raising=False)
    whole = (site.settings.home / "planner.db").read_bytes()
    torn = tmp_path / "torn.db"
    torn.write_bytes(whole[: len(whole) // 2])
    other = tmp_path / "notes.db"
    other.write_text("not a database", encoding="utf-8")
    for file in (torn, other, tmp_path / "missing.db"):
        assert main(["restore", str(file)]) == 1
    assert capsys.readouterr().err.count("choose another") == 2
    assert main(["backup", "--out", str(other)]) == 3, "an existing file is not written over"
    with site.store.begin() as tx:
        tx.house.seen(worker="machine 7")
    good = shutil.copy(site.store.back_up().path, tmp_path / "good.db")
    assert main(["restore", str(good)]) == 3
    assert "A worker uses the database (machine 7)" in capsys.readouterr().err
    with site.store.read() as tx:
        assert tx.partnerships.partnership(partnership_id=HERE) is not None


def test_a_backup_that_the_service_may_not_read_is_told_with_what_to_do(tmp_path, monkeypatch):
    file = tmp_path / "fetched.db"
    file.touch()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root, who may run the tests, may read everything
    with pytest.raises(InputMustBeMended, match="may not be read by the service: put it into the data folder and give it to"):
        backup_module.restore_backup(make_url("sqlite:///planner.db"), file)


def test_a_server_database_without_its_program_is_refused_plainly(tmp_path, monkeypatch):
    monkeypatch.setattr(backup_module.shutil, "which", lambda _: None)
    with pytest.raises(PlannerError, match="pg_dump is not installed here: install the PostgreSQL client programs"):
        backup_module.make_backup(make_url("postgresql://planner:secret@localhost/planner"), tmp_path)
    assert list((tmp_path / "backups").iterdir()) == []


# --- policy packs ----------------------------------------------------------------------------


def test_a_pack_that_cannot_be_used_is_refused_and_nothing_is_kept(site):
    house = site.browser("house")
    answer = upload(site, house, pack_file((LINE, "line_percent = { value = 170,")))
    assert answer.status_code == 422
    assert "board.line_percent must be a number" in main_of(answer.text)
    assert upload(site, house, "").status_code == 422
    with site.store.read() as tx:
        assert tx.house.packs() == ()


@pytest.mark.usefixtures("read_here")
def test_findings_say_what_is_worth_a_look(site):
    answer = upload(site, site.browser("house"), pack_file(("\nversion = 2\n", "\nversion = 1\n"), (LINE, HIGHER_LINE)))
    said = main_of(answer.text)
    assert "It has the same name and version as the newest pack" in said
    assert "70 percent of need met 72 percent of need met" in said
    with site.store.read() as tx:
        assert tx.house.packs() == ()


def test_a_pack_that_is_confirmed_while_other_files_are_read_can_be_sent_again(site, monkeypatch):
    monkeypatch.setattr(child, "WAITS_SECONDS", 0.1)
    house = site.browser("house")
    shown = upload(site, house, pack_file())
    with contextlib.ExitStack() as others:
        for _ in range(2):
            others.enter_context(child._turns)
        busy = keep(site, house, shown)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "60")
    assert keep(site, house, shown).status_code == 303


@pytest.mark.usefixtures("read_here")
def test_a_newer_pack_waits_for_each_board_and_keeps_the_boards_own_settings(site):
    house, board = site.browser("house"), site.browser("board")
    with site.store.begin() as tx:  # the board's own: its line
        mine = with_changes(load_policy(), {"board.line_percent": 65})
        tx.policies.add_version(partnership_id=HERE, document=document_of(mine), note="line", by=site.user_ids["board"], based_on=1)
    shown = upload(site, house, pack_file((LINE, HIGHER_LINE), (FREE, OTHER_FREE)))
    assert keep(site, house, shown).headers["Location"] == "/policy-packs"
    again = keep(site, house, shown)
    assert again.status_code == 422
    assert "is here already" in main_of(again.text)
    stand = tables_of(house.get("/policy-packs").text)["Which pack is in force where"]
    assert {row[2] for row in stand[1:]} == {"No: its board can put the newest in force"}
    policy = f"/partnerships/{HERE}/policy"
    assert f'href="{policy}/packs/1"' in board.get(policy).text
    page = board.get(f"{policy}/packs/1").text
    assert "Held as contingency" in main_of(page)
    based_on = next(i.get("value") for i in parsed(page).iter("input") if i.get("name") == "based_on")
    stale = site.post(board, f"{policy}/packs/1", note="newer", based_on="1")
    assert stale.status_code == 422
    assert site.post(board, f"{policy}/packs/1", note="newer", based_on=based_on).headers["Location"] == policy
    with site.store.read() as tx:
        now = policy_of(tx.policies.latest(partnership_id=HERE))
    assert (now.version, now.board.line_percent, now.board.contingency_percent) == (2, 65, 4)
    assert "A newer policy pack is here" not in board.get(policy).text
    assert site.browser("head").get(f"{policy}/packs/1").status_code == 403
