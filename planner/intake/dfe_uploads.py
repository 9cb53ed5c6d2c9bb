"""Takes a DfE download as people have it, checks that it can be read, and packs it for keeping."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

from planner.errors import InputMustBeMended
from planner.intake.dfe_files import read_census, read_idaci, read_links, read_sen
from planner.intake.dfe_kinds import NAMES, DfeKind, DfeUpload, kind_of_dfe_file
from planner.intake.school_register import extract_register
from planner.intake.zip_guard import unpacked
from planner.policy import load_policy

MOST_CSV_BYTES = 300_000_000
_HEAD_BYTES = 100_000
_MEND = "download it again"


def take_dfe(name: str, data: bytes) -> DfeUpload:
    """Take a CSV, a gzipped CSV or a ZIP that holds one CSV; writes the CSV to the current folder to read it.

    Raises ``InputMustBeMended`` with one sentence when it is none of the DfE's files that are read.
    """
    name, data = _the_csv(name, data)
    kind = kind_of_dfe_file(data[:_HEAD_BYTES])
    if kind is None:
        raise InputMustBeMended(f"{name} is none of the DfE's files that the planner reads: give {'; or '.join(NAMES.values())}.")
    path = Path(name.lstrip(".") or f"{kind}.csv")
    path.write_bytes(data)
    register = None
    if kind is DfeKind.GIAS:
        register = extract_register(path)
    elif kind is DfeKind.SEN:
        read_sen(path, load_policy().need_codes())
    else:
        {DfeKind.CENSUS: read_census, DfeKind.IDACI: read_idaci, DfeKind.LINKS: read_links}[kind](path)
    return DfeUpload(
        kind=kind,
        file_name=name,
        content=gzip.compress(data, compresslevel=6, mtime=0),
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        register=register,
    )


def _the_csv(name: str, data: bytes) -> tuple[str, bytes]:
    """The name and the bytes of the CSV, whatever it came in."""
    if data.startswith(b"PK\x03\x04"):
        parts = unpacked(name, data, most_bytes=MOST_CSV_BYTES, mend=_MEND)
        if "[Content_Types].xml" in parts:
            raise InputMustBeMended(f"{name} is a workbook: give the CSV that the DfE offers beside it.")
        names = [part for part in parts if part.lower().endswith(".csv") and not part.startswith(("__MACOSX/", "."))]
        if len(names) != 1:
            raise InputMustBeMended(f"{name} holds {len(names) or 'no'} CSV files: give one at a time.")
        return names[0].rpartition("/")[2], parts[names[0]]
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            unzipped = unpacker.decompress(data, MOST_CSV_BYTES)
        except zlib.error as error:
            raise InputMustBeMended(f"{name} is damaged or incomplete: {_MEND}.") from error
        if not unpacker.eof:
            raise InputMustBeMended(f"{name} is incomplete, or unpacks to more than 300 MB: {_MEND}.")
        return name.removesuffix(".gz"), unzipped
    return name, data
