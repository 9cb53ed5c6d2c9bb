"""Uploads as they should not be: seeded damage to a good workbook and a good ZIP of CSVs.

Run as a program it reads many of them one after another, as the child does, and prints what came of it.
"""

import functools
import io
import json
import random
import re
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from fixtures import path_of
from planner.errors import InputMustBeMended
from planner.export.marked_copy import marked_copy
from planner.export.partnership_workbook import write_partnership_workbook
from planner.intake.apart import READ_LIMITS, read_content
from planner.intake.parsing import read_partnership
from planner.policy import load_policy

NASTY = (
    "", " ", "=1+1", "=cmd|' /C calc'!A0", "-1", "1e308", "-1e-308", "nan", "inf", "9" * 5000, "1/2", "31/02/2026", "0x10", "½", "١٢٣", "\u202e",
    "\U0001f600" * 9, "a" * 40_000, ";;;;", "ASD;ASD", "#REF!", "TRUE", "900001.0", "9E+05", "'", '"', "<a>", "&amp;&lt;", "]]>", "\x00", "\x1f", "\ud800",
)  # fmt: skip


@functools.cache
def good_workbook():
    """The demonstration's workbook."""

    policy = load_policy()
    partnership, _ = read_partnership(path_of("demonstration"), need_codes=policy.need_codes(), role_ids=policy.role_ids())

    with tempfile.TemporaryDirectory() as folder:
        write_partnership_workbook(partnership, Path(folder) / "p.xlsx")
        return (Path(folder) / "p.xlsx").read_bytes()


@functools.cache
def good_zip():
    """The demonstration's CSVs in a ZIP."""

    return zipped({f"demonstration/{path.name}": path.read_bytes() for path in sorted(path_of("demonstration").glob("*.csv"))})


def zipped(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def flipped(rng, content):
    data = bytearray(content)
    for _ in range(rng.choice((1, 3, 30))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def cut(rng, content):
    start = rng.randrange(len(content))
    return rng.choice((content[:start], content[start:], content[: start // 2] + content[start:], content + content[:start]))


def with_other_xml(rng, content):
    parts = unzipped(good_workbook())
    for _ in range(rng.choice((1, 2, 5))):
        name = rng.choice([part for part in parts if part.endswith((".xml", ".rels"))])
        parts[name] = other_xml(rng, parts[name])
    return zipped(parts)


def other_xml(rng, xml):
    text = xml.decode("utf-8", "surrogateescape")
    found = list(re.finditer(r'(?<==")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)|<[^<>]+>', text))
    for spot in sorted(rng.sample(found, min(len(found), rng.choice((1, 4)))), key=lambda spot: -spot.start()):
        piece = rng.choice((
            "", spot[0] * 2, rng.choice(NASTY), str(rng.choice((-1, 0, 1, 16385, 1048576, 10**9, 10**30))), "A1048576", "XFD1", "ZZZZ1", "s", "e", "d", "b",
            "inlineStr", '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;", "&#0;", "<![CDATA[x]]>", "</row>", "<row>", "rId1", "../../../x",
        ))  # fmt: skip
        text = text[: spot.start()] + piece + text[spot.end() :]
    return text.encode("utf-8", "replace" if "\ud800" in text else "surrogateescape")


def with_other_csv(rng, content):
    parts = unzipped(good_zip())
    for _ in range(rng.choice((1, 3))):
        name = rng.choice(list(parts))
        data = parts[name]
        lines = data.split(b"\r\n")
        kind = rng.randrange(7)
        if kind == 0:
            data = rng.randbytes(rng.choice((0, 10, 5000)))
        elif kind == 1:
            data = data.decode("utf-8-sig", "replace").encode(rng.choice(("utf-16", "cp1252", "utf-7", "utf-32")), "replace")
        elif kind == 2:
            rng.shuffle(lines)
            data = b"\r\n".join(lines)
        elif kind == 3:
            data = data.replace(b",", rng.choice((b";", b"\t", b'"', b",,", b",\n")))
        elif kind == 4:
            data = data + rng.choice((b"," * 5000, b"\n" * 5000, b'"' + b"x" * 200_000, b"1,2,3\n" * 30_000))
        else:
            cells = [line.split(b",") for line in lines]
            for _ in range(rng.choice((1, 10))):
                row = rng.choice(cells)
                row[rng.randrange(len(row))] = rng.choice(NASTY).encode("utf-8", "replace")
            data = b"\r\n".join(b",".join(row) for row in cells)
        parts[name] = data
    return zipped(parts)


def shuffled(rng, content):
    parts = list(unzipped(content).items())
    rng.shuffle(parts)
    names = [name for name, _ in parts]
    for _ in range(rng.choice((1, 3))):
        number = rng.randrange(len(parts))
        name, data = parts[number]
        parts[number] = rng.choice((
            (rng.choice(names) + rng.choice(("", " ", "\\", "/x")), data), (f"../{name}", data), (f"__MACOSX/{name}", data), (name, b""),
            (name, rng.choice(parts)[1]), (name.upper(), data), (f"a/{name}", data), ("xl/vbaProject.bin", data),
        ))  # fmt: skip
    return rng.choice((b"", b"", b"MZ junk")) + zipped(dict(parts[rng.choice((0, 0, 1, 2)) :]))


KINDS = (flipped, cut, with_other_xml, with_other_xml, with_other_csv, with_other_csv, shuffled)


def mutant(number):
    """The upload of this number, always the same."""
    rng = random.Random(number)  # not a secret
    return rng.choice(KINDS)(rng, rng.choice((good_workbook(), good_zip())))


def main():
    """Read ``count`` mutants from ``first`` on, mark every fourth, within the child's memory, and print what came of them."""

    first, count = map(int, sys.argv[1:3])
    good_workbook(), good_zip()
    policy = load_policy()
    resource.setrlimit(resource.RLIMIT_AS, (READ_LIMITS.memory_megabytes << 20,) * 2)
    outcomes, slowest, strange, lines = Counter(), (0.0, -1), [], 0
    for number in range(first, first + count):
        content = mutant(number)
        start = time.perf_counter()
        try:
            reading = read_content("upload.xlsx", content, policy)
            if number % 4 == 0:
                marked_copy(content, "upload.xlsx", reading.findings)
            outcomes["planned" if reading.partnership_document else "findings"] += 1
        except InputMustBeMended as refused:
            outcomes["refused"] += 1
            lines += "\n" in str(refused)
        except Exception as error:  # noqa: BLE001
            strange.append((number, repr(error)))
        slowest = max(slowest, (time.perf_counter() - start, number))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps({"outcomes": outcomes, "slowest": slowest, "strange": strange, "of_two_lines": lines, "peak_megabytes": peak}))


if __name__ == "__main__":
    main()
