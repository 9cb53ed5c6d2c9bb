"""Print docs/licences.md: what this software stands on and under which licence, from the lock file and what is installed.

``python tools/licences_page.py > docs/licences.md`` (``make fix`` does it). Nothing is asked of the network.
"""

from __future__ import annotations

import importlib.metadata
import json
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SELF = "partnership-planner"
NOT_HERE = "not installed where this page was made"
VENDORED = {"web/static/vendor": "Served to browsers", "tests/vendor": "For tests only"}
READ_BY_US = {"pysqlite3": "Zlib"}
"""Of packages that name none: what the text beside them is."""
LONGEST = 40
"""A licence field with more letters is the licence's text, not its name."""


def page() -> Iterator[str]:
    """The lines of the page."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    locked = {package["name"]: package for package in packages}
    versions = {name: ", ".join(sorted(one["version"] for one in packages if one["name"] == name)) for name in locked if name != SELF}
    here = locked[SELF]
    runs = _with_theirs(locked, here["dependencies"])
    postgres = _with_theirs(locked, here["optional-dependencies"].get("postgres", [])) - runs
    others = {name for name in locked if name != SELF} - runs - postgres
    yield "# Licences"
    yield ""
    yield "What this software stands on, by the versions in `uv.lock` (each with its hash) and the licences that the packages name"
    yield "themselves. Made by `make fix`; the texts stand in each package, and those of the files from npm beside them."
    for title, names in (
        ("Needed to run", runs),
        ("Needed for PostgreSQL besides", postgres),
        ("For development, tests and other optional parts", others),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        yield "| package | version | licence |"
        yield "|---|---|---|"
        for name in sorted(names):
            yield f"| {name} | {versions[name]} | {licence_of(name)} |"
    yield ""
    yield "## Files from npm, kept in the repository"
    yield ""
    yield "Their hashes are in `VENDOR.json` beside them."
    yield ""
    yield "| file | package | version | licence | what for |"
    yield "|---|---|---|---|---|"
    for folder, what in VENDORED.items():
        for row in json.loads((ROOT / folder / "VENDOR.json").read_text(encoding="utf-8")):
            yield f"| `{folder}/{row['file']}` | {row['package']} | {row['version']} | {row['licence']} | {what} |"


def _with_theirs(locked: dict[str, Any], asked: Iterable[dict[str, Any]]) -> set[str]:
    """These packages and all that they ask for."""
    found: set[str] = set()
    waiting = [(one["name"], tuple(one.get("extra", ()))) for one in asked]
    while waiting:
        name, extras = waiting.pop()
        package = locked[name]
        theirs = [
            *package.get("dependencies", ()),
            *(one for extra in extras for one in package.get("optional-dependencies", {}).get(extra, ())),
        ]
        if name not in found or extras:
            found.add(name)
            waiting += [(one["name"], tuple(one.get("extra", ()))) for one in theirs if one["name"] not in found]
    return found


def licence_of(name: str) -> str:
    """The licence that an installed package names; its classifiers where its own field holds a whole text."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return NOT_HERE
    classified = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    field = (about.get("License") or "").strip()
    short = field if 0 < len(field) <= LONGEST and "\n" not in field else ""
    return about.get("License-Expression") or short or ", ".join(classified) or READ_BY_US.get(name, "not named")


if __name__ == "__main__":
    print(*page(), sep="\n")
