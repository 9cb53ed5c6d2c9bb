"""The operator's guide names what there is: commands, settings, metrics, pages."""

import re
import tomllib
from pathlib import Path

import web.metrics
import web.settings
from planner.store import Role, open_store
from web.command_line import main
from web.watching import Why

GUIDE = (Path(__file__).parent.parent / "docs/operate.md").read_text(encoding="utf-8")


def test_every_planner_command_of_the_guide_exists_with_its_options(capsys):
    commands = set(re.findall(r"(?:`|^|bin/|\.env )planner ([a-z][^`\n]*)", GUIDE, re.MULTILINE))
    assert {command.split()[0] for command in commands} == {
        "serve", "worker", "backup", "restore", "copy", "check-log", "administrator", "audit",
    }  # fmt: skip
    for command in commands:
        words = command.split()
        assert main([words[0], "--help"]) == 0
        options = {word for word in words if word.startswith("--")}
        assert options <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out)), command


def test_what_the_guide_installs_is_all_that_its_commands_need():
    extras = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    (installed,) = re.findall(r"--extra (\S+)", GUIDE)
    assert "partnership-planner[postgres]" in extras[installed], "planner worker --cluster, planner copy and PostgreSQL"


def test_every_setting_of_the_guide_exists_and_the_other_way_round():
    read = set(re.findall(r"PLANNER_[A-Z_]+", Path(web.settings.__file__).read_text(encoding="utf-8")))
    named = set(re.findall(r"PLANNER_[A-Z_]+", GUIDE))
    assert {name for name in read if not name.startswith("PLANNER_OIDC_")} == {
        name for name in named if not name.startswith("PLANNER_OIDC_")
    }


def test_every_metric_of_the_guide_exists_and_the_other_way_round():
    made = set(re.findall(r'"(planner_[a-z_]+)"', Path(web.metrics.__file__).read_text(encoding="utf-8")))
    named = {re.sub("_(count|bucket)$", "", name) for name in re.findall(r"\b(planner_[a-z_]+)", GUIDE)} - {"planner_drill"}
    assert named == made


def test_both_proxies_of_the_guide_refuse_programs_over_plain_http():
    caddy = re.search(r"^http://planner\.example \{\n(.*?)^\}", GUIDE, re.MULTILINE | re.DOTALL)[1]
    # Within handle: by itself a redirect goes before an answer, wherever each is written.
    assert re.findall(r"handle (\S*) ?\{\n\t\t(.+)\n\t\}", caddy) == [
        ("/api/*", "respond 403"),
        ("", "redir https://planner.example{uri} 301"),
    ]
    (nginx,) = re.findall(r"^server \{\n    listen 80;\n.*?^\}", GUIDE, re.MULTILINE | re.DOTALL)
    assert re.search(r"location /api/ \{ return 403; \}", nginx)


def test_every_reason_for_a_refusal_is_in_the_guide():
    table = GUIDE.partition("| `refused` |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([^`]+)`", table)) - {"user"} == set(Why)


def test_a_lost_way_in_is_found_by_whoever_has_the_machine(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PLANNER_HOME", str(tmp_path))
    assert main(["administrator"]) == 0
    token = re.search(r"/invitations/(\S+)", capsys.readouterr().out)[1]
    with open_store(None, tmp_path) as store, store.read() as tx:
        assert tx.invitations.invitation(token=token).role is Role.ADMINISTRATOR
        (made,) = tx.events.events(partnership_id=None, most=1)
    assert (made.action, made.by) == ("invitation made", None)
    assert token not in str(made)
