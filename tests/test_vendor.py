"""What is served or tested with from npm is what was written down, with no mark of the government's own site."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SERVED, TESTED, TOOLS = ROOT / "web/static/vendor", ROOT / "tests/vendor", ROOT / "tools"
BESIDE = {"VENDOR.json", "THIRD_PARTY_LICENCES.txt"}


def rows(folder):
    return json.loads((folder / "VENDOR.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", [SERVED, TESTED], ids=["served", "tested"])
def test_every_vendored_file_is_the_one_written_down(folder):
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - BESIDE
    assert there == {row["file"] for row in rows(folder)}
    for row in rows(folder):
        assert hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]
        assert row["licence"] in {"MIT", "MPL-2.0"}
        assert f"{row['package']}\n===" in (folder / "THIRD_PARTY_LICENCES.txt").read_text(encoding="utf-8")


def test_the_folder_is_named_by_the_hash_of_what_it_holds():
    together = hashlib.sha256(b"".join((SERVED / row["file"]).read_bytes() for row in rows(SERVED))).hexdigest()[:8]
    assert {row["file"].partition("/")[0] for row in rows(SERVED)} == {together}


def test_nothing_of_the_governments_own_look_is_shipped():
    for path in (ROOT / "web").rglob("*"):
        if path.suffix in {".css", ".js", ".html", ".svg"}:
            text = path.read_text(encoding="utf-8")
            for mark in ("GDS Transport", "crest", "GOV.UK logo", "govuk-icon", "opengraph-image", "@font-face", "url("):
                assert mark.casefold() not in text.casefold() or (mark == "url(" and path.suffix != ".css"), (path, mark)
            assert not re.search(r"\bcrown\b", text.replace("no crown", ""), re.IGNORECASE), path


def test_the_locked_packages_are_those_written_down_and_name_no_registry():
    lock = json.loads((TOOLS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all("resolved" not in package for package in lock.values())
    assert all("integrity" in package for name, package in lock.items() if name)
    for row in (*rows(SERVED), *rows(TESTED)):
        assert lock[f"node_modules/{row['package']}"]["version"] == row["version"]
