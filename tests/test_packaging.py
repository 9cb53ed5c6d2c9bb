"""What is handed over holds together: the wheel, the front door, the version, the links."""

import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import planner
from web.command_line import main

ROOT = Path(__file__).parent.parent
PACKAGES = ("planner", "optimisation", "web", "fixtures")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/**/*.md")])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of this checkout, built in a copy so that nothing is left behind here."""
    if find_spec("setuptools") is None:
        pytest.skip("setuptools, which builds the wheel, is not installed: run make setup")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(built)!r})"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(built.glob("*.whl"))


def test_the_wheel_holds_every_module_and_every_file_of_the_packages(wheel):
    here = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file()
        and (path.name == "HEAD" or path.suffix in {".py", ".toml", ".csv", ".md", ".html", ".css", ".js", ".json", ".svg", ".txt"})
    }
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert here - packed == set()
    assert {name for name in packed if not name.startswith("partnership_planner-")} == here
    assert "planner/policy_packs/england-2026-27.toml" in packed
    assert "fixtures/demonstration/policy.toml" in packed


def test_the_unpacked_wheel_works_away_from_the_checkout(wheel, tmp_path):
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); import planner, fixtures, web.command_line; "
        f"assert planner.__file__.startswith({str(unpacked)!r}); world = fixtures.path_of('demonstration'); "
        "sys.exit(web.command_line.main(['check', str(world), '--policy', str(world / 'policy.toml')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "can be planned: 12 schools" in done.stdout


def test_one_version_everywhere(wheel, capsys):
    assert wheel.name.startswith(f"partnership_planner-{planner.__version__}-")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["partnership-planner", planner.__version__]
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == planner.__version__


@pytest.mark.parametrize("page", ["README.md", ".ci/run"])
def test_every_make_command_named_is_one_that_make_has(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_planner_command_in_the_readme_exists_with_its_options(capsys):
    commands = re.findall(r"^planner ((?:.*\\\n)*.*)$", README, re.MULTILINE) + re.findall(r"`planner ([a-z][^`]*)`", README)
    assert len(commands) >= 5
    for command in commands:
        words = command.replace("\\\n", " ").split()
        assert main([words[0], "--help"]) == 0
        help_text = capsys.readouterr().out
        assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", help_text)), command


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


def test_the_decision_records_are_numbered_without_a_gap():
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. ")
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in text
