"""What is handed over holds together: the wheel, the front door, the version, the links."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from pages import demonstration_document

import planner
from planner.store import open_store
from web.command_line import main
from web.demonstration import keep_demonstration
from web.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("planner", "optimisation", "web", "fixtures")
README = (ROOT / "README.md").read_text(encoding="utf-8")
A_FEW = 4
NO_NETWORK = ("unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
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


@pytest.fixture
def clean(wheel, tmp_path):
    """The Python of a new environment that has the wheel and, by a path, the packages of this one; no network, no npm."""
    home = tmp_path / "clean"
    venv.create(home, with_pip=False, symlinks=True)
    packages = next((home / "lib").glob("python*/site-packages"))
    shutil.unpack_archive(wheel, packages, "zip")
    theirs = Path(next(path for path in sys.path if path.endswith("site-packages")))
    (packages / "theirs.pth").write_text(f"{theirs}\n", encoding="utf-8")
    return home / "bin" / "python"


@pytest.mark.parametrize(
    "most", [A_FEW, pytest.param(None, marks=[pytest.mark.slow, pytest.mark.timeout(900)])], ids=["a few", "every page"]
)
def test_the_wheel_serves_its_pages_and_assets_with_no_network(clean, tmp_path, most):
    settings = Settings.from_env({"PLANNER_HOME": str(tmp_path / "home")})
    with open_store(None, settings.home) as store:
        accounts = keep_demonstration(settings, store, demonstration_document())
    browse = [
        str(clean), str(Path(__file__).parent / "served_pages.py"), str(settings.home), dict(accounts.names)["administrator"], accounts.password,
        str(most or 10_000),
    ]  # fmt: skip
    alone = [] if subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode else [*NO_NETWORK]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PLANNER_", "PYTHON"))}
    done = subprocess.run([*alone, *browse], cwd=tmp_path, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["from"].startswith(str(clean.parent.parent))
    assert len(told["pages"]) >= (most or 100)
    assert {page: status for page, status in told["pages"].items() if status != 200} == {}
    assert "planner_database_up 1.0" in told["metrics"]
    vendored = json.loads((ROOT / "web/static/vendor/VENDOR.json").read_text(encoding="utf-8"))
    for row in vendored:
        assert told["assets"][f"/static/vendor/{row['file']}"] == row["sha256"]
    for path, sha256 in told["assets"].items():
        assert hashlib.sha256((ROOT / "web" / path.partition("?")[0].lstrip("/")).read_bytes()).hexdigest() == sha256, path
    assert told["outside"] == []


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
