"""What comes from elsewhere: locked by hash, its licences written down and such that anybody may use it."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKED = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
LICENCES = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
PERMISSIVE = {
    "0BSD", "Apache-2.0", "Apache 2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD 2-Clause License", "BSD License", "CC0-1.0", "MIT", "MIT-0",
    "MIT License", "MIT Licence", "PSF-2.0", "PSFL", "Zlib",
}  # fmt: skip
WEAK_COPYLEFT = {"LGPL-3.0-only", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"}
"""May be used unchanged by anything: only of what is an extra or for development."""


def test_every_locked_package_has_its_hash():
    assert len(LOCKED) > 50
    for package in LOCKED:
        if package["name"] != "partnership-planner":
            files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
            assert files, package["name"]
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files), package["name"]


def test_the_page_of_licences_is_what_the_installed_packages_say():
    made = list(runpy.run_path(str(ROOT / "tools/licences_page.py"))["page"]())
    kept = LICENCES.splitlines()
    assert len(made) == len(kept)
    for here, there in zip(made, kept, strict=True):
        assert here == there or "not installed where this page was made" in here + there


def test_what_is_needed_to_run_may_be_used_by_anybody():
    parts = dict(re.findall(r"^## (.*?)\n\n(.*?)(?=\n\n##|\Z)", LICENCES, re.MULTILINE | re.DOTALL))
    allowed = {"Needed to run": PERMISSIVE, "Needed for PostgreSQL besides": PERMISSIVE | WEAK_COPYLEFT}
    for title, licences in allowed.items():
        rows = re.findall(r"^\| ([a-z0-9-]+) \| \S.*? \| (.*) \|$", parts[title], re.MULTILINE)
        assert rows
        for name, licence in rows:
            if name != "package":
                assert set(re.split(r" AND | OR ", licence)) <= licences, (name, licence)
