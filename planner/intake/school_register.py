"""The schools one may choose from: what the search needs of the register, taken out of it once.

The register is some 70 MB; the open mainstream state schools of England with what a person knows a
school by are some 20,000 short rows, kept as gzipped JSON.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.partnership import Phase

MOST_FOUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSchool:
    """An open mainstream state school; town and postcode are blank where the register has none."""

    urn: int
    name: str
    phase: Phase
    town: str
    postcode: str
    council: str


def extract_register(path: Path) -> bytes:
    """The schools of a register download (gzipped JSON), by name.

    Raises ``InputMustBeMended`` with one sentence when the file is not such a download.
    """
    from planner.intake.dfe_files import read_register  # noqa: PLC0415 (pandas is slow to import, and a search needs none)
    from planner.intake.dfe_schools import phase_of, why_left_out  # noqa: PLC0415
    from planner.intake.dfe_tables import load_download, read_urn, records  # noqa: PLC0415

    register = read_register(path)
    wanted = {"urn": ("urn",), "town": ("town",), "postcode": ("postcode",)}
    addresses = {read_urn(cells["urn"]): cells for cells in records(load_download(path, "the register of schools", wanted, {"urn": "URN"}))}
    schools = [
        (row.urn, row.name, phase_of(row), addresses[row.urn]["town"], addresses[row.urn]["postcode"], row.council)
        for row in register.rows.values()
        if not why_left_out(row)
    ]
    text = json.dumps(sorted(schools, key=lambda school: (school[1], school[0])), separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode("utf-8"), mtime=0)


def register_schools(register: bytes) -> tuple[RegisterSchool, ...]:
    """The schools that ``extract_register`` took out."""
    return tuple(
        RegisterSchool(urn=urn, name=name, phase=Phase(phase), town=town, postcode=postcode, council=council)
        for urn, name, phase, town, postcode, council in json.loads(gzip.decompress(register))
    )


def schools_on_register(
    schools: Iterable[RegisterSchool], words: str, *, council: str = "", most: int = MOST_FOUND
) -> tuple[RegisterSchool, ...]:
    """The schools that a search finds, at most ``most``, those whose name begins with the words first.

    Every word must begin a word of the school's name, URN, town, postcode or council; ``council``, when
    given, must be the school's own.
    """
    wanted = _plain(words).split()
    if not wanted and not council:
        return ()
    found = [school for school in schools if (not council or school.council == council) and _has_all(school, wanted)]
    start = " ".join(wanted)
    return tuple(sorted(found, key=lambda school: (not _plain(school.name).startswith(start), school.name, school.urn))[:most])


def _has_all(school: RegisterSchool, wanted: Sequence[str]) -> bool:
    # A postcode is found with its space or without.
    known = f"{school.urn} {school.name} {school.town} {school.postcode} {school.postcode.replace(' ', '')} {school.council}"
    text = f" {_plain(known)}"
    return all(f" {word}" in text for word in wanted)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.replace("'", "").replace("’", "").replace(".", "")).encode("ascii", "ignore").decode("ascii")
    return " ".join(re.split("[^a-z0-9]+", bare.casefold())).strip()
