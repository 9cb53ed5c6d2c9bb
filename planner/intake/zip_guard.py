"""Opens a zip that nobody vouches for: first its directory is judged, then no more is unpacked than it says."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from planner.errors import InputMustBeMended

MOST_UNPACKED_BYTES = 50_000_000
MOST_PARTS = 2_000
SAVE_AGAIN = "open it in Excel and save it again as .xlsx"
_BIG_PART_BYTES = 5_000_000
_MOST_RATIO = 200
_DIRECTORY_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_BREAKS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What the zip library and what it stands on raise for a damaged zip."""


def judge_zip(name: str, data: bytes, *, most_bytes: int = MOST_UNPACKED_BYTES, mend: str = SAVE_AGAIN) -> None:
    """Raise ``InputMustBeMended`` with one sentence where a zip's directory alone says that it must not be unpacked.

    ``most_bytes`` is the most it may unpack to; ``mend`` is what to do about a damaged one.
    """
    # Every entry begins so: too many are refused before the library makes an object of each.
    if data.count(_DIRECTORY_ENTRY) > MOST_PARTS:
        raise InputMustBeMended(_bomb(name))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
        are_overlapping = _are_overlapping(parts, data)
    except _BREAKS as error:
        raise InputMustBeMended(f"{name} is damaged or incomplete: {mend}.") from error
    if any(part.flag_bits & 0x1 for part in parts):
        raise InputMustBeMended(f"{name} is encrypted: take off its password and save it again.")
    is_bomb = (
        are_overlapping
        # Packing never makes a part this much larger: it says it is smaller than it is.
        or any(part.compress_size > part.file_size * 1.01 + 1_000 for part in parts)
        or sum(part.file_size for part in parts) > most_bytes
        or any(_is_swollen(part.file_size, part.compress_size) for part in parts)
        or _is_swollen(sum(part.file_size for part in parts), sum(part.compress_size for part in parts))
    )
    if is_bomb:
        raise InputMustBeMended(_bomb(name))
    names = [part.filename for part in parts]
    if len({part.casefold() for part in names}) < len(names):
        raise InputMustBeMended(f"{name} holds two parts of the same name and was not opened: {mend}.")
    if any(re.match(r"/|[A-Za-z]:", part) or ".." in re.split(r"[/\\]", part) for part in (p.orig_filename for p in parts)):
        raise InputMustBeMended(f"{name} holds a part whose name leads out of it and was not opened: {mend}.")
    if any(part.compress_type not in _READABLE for part in parts):
        raise InputMustBeMended(f"{name} is packed in a way the planner does not read: {mend}.")
    lower = [part.casefold() for part in names]
    if any(part.endswith("vbaproject.bin") or part.startswith("xl/macrosheets/") for part in lower):
        raise InputMustBeMended(f"{name} holds macros, which are never run here: save it as .xlsx (Excel workbook without macros).")
    if any(part.startswith("xl/externallinks/") for part in lower):
        raise InputMustBeMended(
            f"{name} takes figures from other files, which are not opened here: break the links in Excel (Data, Edit Links) and save it again."
        )


def unpacked(
    name: str, data: bytes, *, most_bytes: int = MOST_UNPACKED_BYTES, mend: str = SAVE_AGAIN, only: Callable[[str], bool] | None = None
) -> dict[str, bytes]:
    """Every part of a zip by its name, folders apart, or ``only`` those so named. Raises ``InputMustBeMended`` as ``judge_zip`` does."""
    judge_zip(name, data, most_bytes=most_bytes, mend=mend)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Read to its stated size: where that is a lie, no more is unpacked, and the checksum tells.
            wanted = [part for part in archive.infolist() if not part.is_dir() and (only is None or only(part.filename))]
            return {part.filename: archive.open(part).read(part.file_size) for part in wanted}
    except _BREAKS as error:
        raise InputMustBeMended(f"{name} is damaged or incomplete: {mend}.") from error


def packed(parts: Mapping[str, bytes]) -> io.BytesIO:
    """The parts as a plain zip of our own making, for a library that wants one."""
    return _packed(parts.items())


def moved(parts: dict[str, bytes]) -> io.BytesIO:
    """As ``packed``, and takes each part out of ``parts``: of a large one no second copy is held."""
    return _packed((part, parts.pop(part)) for part in list(parts))


def _packed(parts: Iterable[tuple[str, bytes]]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content)
    stream.seek(0)
    return stream


def _is_swollen(unpacked_bytes: int, packed_bytes: int) -> bool:
    return unpacked_bytes > _BIG_PART_BYTES and unpacked_bytes > _MOST_RATIO * packed_bytes


def _are_overlapping(parts: Sequence[zipfile.ZipInfo], data: bytes) -> bool:
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < end:
            return True
        signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack_from(data, part.header_offset)
        if signature != b"PK\x03\x04":
            raise zipfile.BadZipFile("a part does not begin where the directory says")
        end = part.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes + part.compress_size
    return end > len(data)


def _bomb(name: str) -> str:
    return f"{name} unpacks to far more than a partnership workbook holds and was not opened: copy its sheets into a new workbook."
