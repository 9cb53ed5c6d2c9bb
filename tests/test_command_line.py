"""The command line: exit codes, one sentence when something is wrong, quiet when piped."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from builders import two_schools
from planning import Pipe, plan_of

import planner.files
from fixtures import path_of
from optimisation.messages import Job
from optimisation.roster import make_roster
from optimisation.worker import make_plan
from planner.documents import plan_document, read_document
from planner.errors import PlannerError
from planner.files import save
from planner.measures import standing
from web.command_line import _parser, main

ROOT = Path(__file__).parent.parent
TWO, IMPOSSIBLE, MESSY = path_of("two_schools"), path_of("impossible"), path_of("messy_upload")
COMMANDS = (
    "administrator",
    "backup",
    "restore",
    "copy",
    "check-log",
    "demo",
    "check",
    "plan",
    "audit",
    "why",
    "values",
    "frontier",
    "compare",
    "lines",
    "paper",
    "what-if",
    "pots",
    "mends",
    "export",
    "replan",
    "where",
    "roster",
    "pack",
    "build",
    "template",
    "policy",
    "bench",
    "serve",
    "worker",
)


@pytest.fixture(autouse=True)
def same_signals():
    """A command takes over two signals; tests in this process give them back."""
    before = {name: signal.getsignal(name) for name in (signal.SIGHUP, signal.SIGTERM)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.fixture
def run(capsys):
    """Run a command in this process: exit code, what it said on stdout and on stderr."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def shell(*arguments, code=None):
    """A command in a process of its own, its output piped."""
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "web.command_line", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)


@pytest.fixture(scope="module")
def piped_plan(tmp_path_factory):
    """The plan of two schools, made once by the command itself: where it is, and how the command ended."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    return path, shell("plan", TWO, "--policy", TWO / "policy.toml", "--json", path)


@pytest.fixture
def plan_json(piped_plan):
    return piped_plan[0]


def one_sentence(text):
    """Whether there is one line, and no traceback."""
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text and text.strip().endswith(".")


# --- 0: done ---------------------------------------------------------------------------------


def test_a_plan_is_made_written_and_audited(plan_json, run):
    code, out, err = run("audit", plan_json)
    assert (code, err) == (0, "")
    assert "audit agrees" in out
    assert read_document(plan_json)["fingerprint"][:16] in out


def test_a_piped_plan_says_how_good_it_is_and_nothing_of_progress(piped_plan):
    path, ended = piped_plan
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert "\r" not in ended.stdout
    assert "stating the rules" not in ended.stdout
    assert "points" in ended.stdout
    assert f"Written: {path}" in ended.stdout


def test_the_command_makes_the_same_plan_as_another_process(plan_json):
    """This process and the command's have other hashes, other memory and the same plan."""
    world = two_schools()
    answer = make_plan(Job(world=world, gap_points=0.1, seconds=30), Pipe(), threading.Event())
    before = standing(world.picture, world.policy, answer.amounts).shortfall_points
    roster = replace(make_roster(world, answer.amounts, seconds=30).roster, shortfall_before_points=before)
    plan = replace(plan_of(world, answer), roster=roster)
    assert plan_document(plan, world)["fingerprint"] == read_document(plan_json)["fingerprint"]


def test_a_partnership_that_can_be_planned_is_said_to_be_so(run):
    code, out, _ = run("check", TWO, "--policy", TWO / "policy.toml")
    assert code == 0
    assert "can be planned: 2 schools" in out


def test_the_policy_is_shown_with_dates_and_sources(run):
    code, out, _ = run("policy", "show")
    assert code == 0
    assert "board.line_percent = 70" in out
    assert run("policy", "check", "--policy", TWO / "policy.toml")[0] == 0
    assert run("policy", "check", TWO / "policy.toml")[0] == 0
    assert "cannot be read" in run("policy", "check", TWO / "nowhere.toml")[2]


def test_a_template_is_written_and_reads_back(run, tmp_path):
    code, out, _ = run("template", "--out", tmp_path / "blank.xlsx")
    assert code == 0
    assert (tmp_path / "blank.xlsx").stat().st_size > 5_000
    assert "planner check" in out


# --- 1: the input must be mended ---------------------------------------------------------------


def test_a_messy_upload_lists_what_must_be_mended(run):
    code, out, _ = run("check", MESSY)
    assert code == 1
    assert "must mend" in out
    assert out.strip().splitlines()[-1].endswith("then check again.")


def test_a_messy_upload_is_not_planned(run):
    code, out, err = run("plan", MESSY)
    assert code == 1
    assert out == ""
    assert "cannot be planned yet" in err


@pytest.mark.parametrize("name", ["notes.pdf", "old.xls", "sheet.txt"])
def test_a_wrong_kind_of_file_is_one_sentence(run, tmp_path, name):
    (tmp_path / name).write_bytes(b"%PDF-1.4 something else")
    code, out, err = run("plan", tmp_path / name)
    assert (code, out) == (1, "")
    assert one_sentence(err)
    assert name in err


def test_a_file_that_only_says_it_is_a_workbook_is_one_sentence(run, tmp_path):
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 not really")
    code, _, err = run("check", tmp_path / "broken.xlsx")
    assert code == 1
    assert one_sentence(err)


def test_a_missing_input_is_one_sentence(run, tmp_path):
    for command in ("check", "plan", "audit"):
        code, out, err = run(command, tmp_path / "nowhere")
        assert (code, out) == (1, "")
        assert one_sentence(err)
        assert "nowhere" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[board]\nline_precent = 60\n", "board.line_precent"),
        ("[board\n", "not valid TOML"),
        ("[board]\nline_percent = 0\n", "line_percent must be"),
        ("board = 3\n", "board"),
        ("[need.driver_weights]\npupils = 60\n", "add up to 100"),
        ("[need.reference_shares.primary]\nfsm6 = 0\n", "reference_shares"),
        ("[bases]\nplaces_per_teacher = 0\n", "places_per_teacher"),
        ('[[standards]]\nid = "neli_reception"\ngroup_size = 0\n', "group_size"),
        ('[[standards]]\nname = "No id"\n', "id"),
        ("[roles.educational_psychologist]\nminimum_block_sessions = 2.5\n", "whole number"),
    ],
)
def test_a_policy_that_cannot_be_used_is_one_sentence(run, tmp_path, text, words):
    (tmp_path / "board.toml").write_text(text, encoding="utf-8")
    code, out, err = run("policy", "check", "--policy", tmp_path / "board.toml")
    assert (code, out) == (1, "")
    assert one_sentence(err)
    assert words in err


def test_something_that_is_no_plan_is_one_sentence(run, tmp_path):
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    code, _, err = run("audit", tmp_path / "x.json")
    assert code == 1
    assert one_sentence(err)


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_a_missing_folder_is_said_before_the_solve(run, tmp_path, option):
    code, out, err = run("plan", TWO, option, tmp_path / "no" / "such" / "plan")
    assert (code, out) == (1, "")
    assert err.strip().splitlines()[-1].startswith(f"There is no folder {tmp_path}/no/such to write plan in")


# --- 2: the rules cannot all hold ------------------------------------------------------------------


def test_rules_that_cannot_all_hold_are_named_and_nothing_is_written(run, tmp_path):
    code, out, err = run("plan", IMPOSSIBLE, "--policy", IMPOSSIBLE / "policy.toml", "--json", tmp_path / "plan.json")
    assert (code, out) == (2, "")
    assert "cannot all hold" in err
    assert "may relax it" in err
    assert list(tmp_path.iterdir()) == []


# --- 3: something else, one sentence -----------------------------------------------------------------


def full_disk(monkeypatch):
    def no_room(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(planner.files.os, "fsync", no_room)


def test_a_full_disk_is_one_sentence_and_loses_nothing(monkeypatch, tmp_path):
    path = tmp_path / "plan.json"
    path.write_bytes(b"the old one")
    full_disk(monkeypatch)
    with pytest.raises(PlannerError, match="No space left on device") as fault:
        save(path, b"the new one")
    assert one_sentence(str(fault.value).replace(". ", "; "))
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_at_the_command_is_exit_code_3(monkeypatch, run, tmp_path):
    full_disk(monkeypatch)
    code, out, err = run("template", "--out", tmp_path / "blank.xlsx")
    assert (code, out) == (3, "")
    assert "No space left on device" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_in_is_one_sentence(monkeypatch, run, tmp_path):
    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "replace", refuse)
    code, out, err = run("template", "--out", tmp_path / "blank.xlsx")
    assert (code, out) == (3, "")
    assert one_sentence(err)
    assert "Permission denied" in err
    with pytest.raises(PlannerError, match="Permission denied"):
        save(tmp_path / "plan.json", b"new")
    assert list(tmp_path.iterdir()) == []


def test_our_own_fault_is_one_line_without_a_traceback(monkeypatch, run):
    monkeypatch.setattr("planner.policy.load_policy", lambda _: 1 / 0)
    monkeypatch.delenv("PLANNER_DEBUG", raising=False)
    code, _, err = run("policy", "show")
    assert code == 3
    assert "PLANNER_DEBUG=1" in err
    assert len(err.splitlines()) == 1
    monkeypatch.setenv("PLANNER_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["policy", "show"])


def test_ctrl_c_says_that_nothing_was_written(monkeypatch, run):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("planner.policy.load_policy", stop)
    assert run("policy", "show") == (130, "", "Stopped. Nothing was written.\n")


# --- 4: the audit refused ------------------------------------------------------------------------------


def test_a_spoiled_plan_is_refused(run, plan_json, tmp_path):
    document = json.loads(plan_json.read_text(encoding="utf-8"))
    document["sessions"][0]["sessions"] += 40
    (tmp_path / "spoiled.json").write_text(json.dumps(document), encoding="utf-8")
    code, out, err = run("audit", tmp_path / "spoiled.json")
    assert (code, out) == (4, "")
    assert "altered after it was written" in err
    assert "breaks a rule" in err


# --- help, pipes and imports -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example: planner {command}" in out


def test_the_list_of_commands_here_is_whole():
    subparsers = next(a for a in _parser()._actions if hasattr(a, "choices") and a.choices)
    assert set(subparsers.choices) == set(COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["plan"],
        ["plan", "x", "--gap-points", "-1"],
        ["plan", "x", "--time-limit", "0"],
        ["plan", "x", "--gap-points", "nan"],
        ["what-if", "x", "--time-limit", "nan"],
        ["what-if", "x", "--time-limit", "-5"],
    ],
)
def test_a_wrong_command_shows_how_it_is_used(arguments, capsys):
    assert main(arguments) == 1
    assert "usage: planner" in capsys.readouterr().err


def test_the_audit_imports_no_solver(plan_json):
    code = f"""
import sys
from web.command_line import main
code = main(["audit", {str(plan_json)!r}])
print(sorted(m for m in ("pyomo", "highspy", "numpy", "pandas", "scipy", "openpyxl", "optimisation") if m in sys.modules))
sys.exit(code)
"""
    ended = shell(code=code)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m web.command_line policy show | head -n 1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert ended.stderr == ""
    assert ended.stdout.splitlines()[-1] == "0"
