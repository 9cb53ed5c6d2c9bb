"""Writes docs/transcripts: what the engine answers on the demonstration and on 25 real schools.

``python tools/transcripts.py demonstration`` needs nothing else; ``python tools/transcripts.py real --reference FOLDER``
needs the reference data. Real schools lose their names and numbers before anything is planned, so that nothing of
the published rows is repeated. Answers longer than a page are cut, and say so.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DEMONSTRATION = ROOT / "fixtures" / "demonstration"
OUT = ROOT / "docs" / "transcripts"
MOST_LINES = 24
WIDEST = 400
FIRST_URN = 900_001


@dataclass(frozen=True, kw_only=True)
class Part:
    """One capability: what it is, and the commands that show it."""

    title: str
    words: str
    commands: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """Write one transcript."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("demonstration", "real"))
    parser.add_argument("--reference", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        if options.which == "demonstration":
            shutil.copytree(DEMONSTRATION, where / "demonstration")
            title, about, name = "The demonstration partnership", _ABOUT_DEMONSTRATION, "demonstration"
            names = {
                "IN": "demonstration --policy demonstration/policy.toml",
                "FOLDER": "demonstration",
                "SCHOOL": "900103",
                "SERVICE": "slt_nhs",
            }
        else:
            names = {"IN": "schools.xlsx", "FOLDER": "schools.xlsx", **_unnamed(options.reference, where / "schools.xlsx")}
            title, about, name = "Twenty-five real schools", _ABOUT_REAL, "twenty-five-schools"
        page = _page(title, about, [_shown(part, names, where) for part in PARTS])
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.md").write_text(page, encoding="utf-8")
    print(f"Written: docs/transcripts/{name}.md")
    return 0


def _page(title: str, about: str, parts: Sequence[str]) -> str:
    return f"# {title}: the engine's answers\n\n{about}\n\n" + "\n".join(parts)


def _shown(part: Part, names: Mapping[str, str], where: Path) -> str:
    lines = [f"## {part.title}", "", part.words, ""]
    for command in part.commands:
        for name, value in names.items():
            command = command.replace("{" + name + "}", value)  # noqa: PLW2901
        lines += ["```text", f"$ {command}", *_printed(command, where), "```", ""]
    return "\n".join(lines)


def _printed(command: str, where: Path) -> list[str]:
    """What a command prints, cut to a page."""
    print(command, file=sys.stderr)
    words = shlex.split(command)
    if words[0] == "cat":
        return (where / words[1]).read_text(encoding="utf-8").splitlines()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "web.command_line", *words[1:]],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [line if len(line) <= WIDEST else f"{line[: WIDEST - 3]}..." for line in (done.stdout or done.stderr).rstrip().splitlines()]
    if done.returncode not in {0, 2}:
        raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr}")
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"... and {len(lines) - MOST_LINES} lines more"]


# --- 25 real schools without their names ------------------------------------------------------


def _unnamed(reference: Path, out: Path) -> dict[str, str]:
    """Twenty-five neighbouring schools of an area as a workbook, each with a number for a name."""
    from optimisation.bench import _world  # noqa: PLC0415
    from planner.export.partnership_workbook import write_partnership_workbook  # noqa: PLC0415

    partnership = _world(reference, "Surrey", 25, None).partnership
    new = {school.urn: FIRST_URN + number for number, school in enumerate(partnership.schools)}
    titles = {school.urn: f"{school.phase.value.capitalize()} school {new[school.urn] - FIRST_URN + 1}" for school in partnership.schools}
    ids = {base.base_id: f"base_{number}" for number, base in enumerate(partnership.bases, start=1)}

    def moved(noun: Any) -> Any:
        changes = {
            name: new.get(getattr(noun, name)) for name in ("urn", "host_urn", "based_at_urn") if getattr(noun, name, None) is not None
        }
        return replace(noun, **changes)

    schools = tuple(
        replace(moved(school), name=titles[school.urn], trust="", religious_character="", recorded_sen_urn=None, note="")
        for school in partnership.schools
    )
    bases = tuple(replace(moved(b), base_id=ids[b.base_id], name=f"Base at {titles[b.host_urn]}") for b in partnership.bases)
    rows = ("recorded_needs", "contributions", "people", "host_conditions", "last_year", "head_rules")
    unnamed = replace(
        partnership, name="Twenty-five schools", council="", accountable_body="", lead_school_urn=None, schools=schools, bases=bases,
        queries=(), sources=(), **{name: tuple(moved(row) for row in getattr(partnership, name)) for name in rows},
    )  # fmt: skip
    write_partnership_workbook(unnamed, out)
    return {"SCHOOL": str(FIRST_URN + 1), "SERVICE": unnamed.services[0].service_id}


# --- what is shown ------------------------------------------------------------------------------

_ABOUT_DEMONSTRATION = (
    "Twelve invented schools (`fixtures/demonstration`). Written by `python tools/transcripts.py demonstration`; long answers are cut. "
    "Beside it: [twenty-five real schools](twenty-five-schools.md), [ten questions](../ten-questions.md), whose answers a test compares."
)
_ABOUT_REAL = (
    "Twenty-five neighbouring schools of one county, from the published files, with assumed people and funds (`planner build`). Names and numbers "
    "are taken off before planning. Written by `python tools/transcripts.py real`; long answers are cut. Beside it: "
    "[the demonstration](demonstration.md)."
)
PARTS: tuple[Part, ...] = ()

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
