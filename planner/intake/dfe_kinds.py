"""The kinds of DfE download, and how each is recognised by its headings."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from enum import StrEnum


class DfeKind(StrEnum):
    """Which of the DfE's downloads a file is."""

    GIAS = "gias"
    SEN = "sen"
    CENSUS = "census"
    IDACI = "idaci"
    LINKS = "links"


NAMES = {
    DfeKind.GIAS: "the register of schools (Get Information about Schools)",
    DfeKind.SEN: "the school-level file of 'Special educational needs in England'",
    DfeKind.CENSUS: "a school census or pupil-characteristics file",
    DfeKind.IDACI: "the IDACI file of the English Indices of Deprivation",
    DfeKind.LINKS: "the links file of the register of schools",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DfeUpload:
    """A DfE file that was checked and may be kept: a gzipped CSV, with the bytes and SHA-256 of the CSV itself.

    ``register`` is what schools are searched in (see ``school_register``), for the register of schools only.
    """

    kind: DfeKind
    file_name: str
    content: bytes
    size_bytes: int
    sha256: str
    register: bytes | None


# What a file must have beside its URN or LSOA: plain headings (letters, digits and %) as patterns, all of one line.
# The first line that fits tells, so the more particular kinds stand first.
_SIGNS: tuple[tuple[DfeKind, tuple[str, ...]], ...] = (
    (DfeKind.LINKS, ("urn", "linkurn", "linktype(name)?")),
    (DfeKind.GIAS, ("urn", "establishmentname", "typeofestablishment(name)?", "phaseofeducation(name)?", "numberofpupils|easting")),
    (DfeKind.IDACI, ("lsoa.*", ".*idacidecile.*")),
    (DfeKind.SEN, ("(school)?urn", "senprovision", "pupilcount")),
    (DfeKind.SEN, ("(school)?urn", "sensupport", "totalpupils|headcountofpupils|ehcplans?")),
    (DfeKind.CENSUS, ("(school)?urn", "p?numfsmever|fsmprop|%ofpupilsknowntobeeligiblefor.*")),
)


def kind_of_dfe_file(head: bytes) -> DfeKind | None:
    """Recognise a download by its first line; ``head`` is the beginning of the CSV, at least the whole line."""
    line = head.partition(b"\n")[0]
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    try:
        headings = next(csv.reader([text.replace("\0", "").strip()]), [])
    except csv.Error:
        return None
    plain = {re.sub("[^a-z0-9%]", "", heading.lower()) for heading in headings}
    return next((kind for kind, signs in _SIGNS if all(any(re.fullmatch(sign, one) for one in plain) for sign in signs)), None)
