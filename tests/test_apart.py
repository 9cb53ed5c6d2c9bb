"""Files that nobody vouches for: what they hold, and that nothing they hold can do harm."""

import contextlib
import gzip
import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from mutations import good_workbook, good_zip, mutant, unzipped, zipped

from fixtures import path_of
from planner import child
from planner.child import Limits, run_child, shown_name
from planner.documents import from_plain, to_plain
from planner.errors import InputMustBeMended, TooManyAtOnce
from planner.intake import apart
from planner.intake.apart import BuildOrder, DfeDownload, build_apart, read_apart, read_content, settings_apart, take_dfe_apart
from planner.intake.dfe_kinds import DfeKind, kind_of_dfe_file
from planner.intake.findings import Level
from planner.intake.parsing import read_partnership
from planner.intake.placing import PlacedFinding
from planner.intake.school_register import register_schools, schools_on_register
from planner.intake.zip_guard import judge_zip
from planner.partnership import Partnership
from planner.policy import load_policy

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT.parent / "shared" / "data"
POLICY = load_policy()
POLICY_DOCUMENT = json.loads(POLICY.document)
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="reference data folder ../shared/data not found")


def read(content, name="upload.xlsx"):
    return read_apart(content, name, POLICY_DOCUMENT)


def read_here(content, name="upload.xlsx"):
    return read_content(name, content, POLICY)


def demonstration():
    return read_partnership(path_of("demonstration"), need_codes=POLICY.need_codes(), role_ids=POLICY.role_ids())[0]


def workbook_with(**changes):
    """The demonstration's workbook with cells changed: ``workbook_with(Schools_D3="x")``."""
    workbook = openpyxl.load_workbook(io.BytesIO(good_workbook()))
    for place, value in changes.items():
        sheet, _, cell = place.partition("_")
        workbook[sheet][cell] = value
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


# --- what is read --------------------------------------------------------------------------


@pytest.mark.parametrize("make", [good_workbook, good_zip])
@pytest.mark.parametrize("name", ["upload.xlsx", "upload.zip", "no ending", ""])
def test_a_workbook_and_a_zip_of_csvs_are_told_by_their_content(make, name):
    reading = read_here(make(), name)
    assert from_plain(Partnership, reading.partnership_document) == demonstration()
    assert all(finding.level is Level.LOOK_AT for finding in reading.findings)


def test_the_child_reads_what_this_process_reads_in_two_seconds():
    start = time.perf_counter()
    reading = read(good_workbook())
    assert time.perf_counter() - start < 8  # 0.7 s on a quiet machine
    assert reading == read_here(good_workbook())


def test_a_zip_may_have_one_folder_and_what_other_programs_leave():
    parts = unzipped(good_zip())
    left = {"__MACOSX/demonstration/._Schools.csv": b"\0", "demonstration/.hidden.csv": b"\0", "demonstration/README.md": b"x"}
    flat = {name.rpartition("/")[2]: content for name, content in parts.items()}
    assert read_here(zipped(parts | left)) == read_here(zipped(flat)) == read_here(good_zip())
    with pytest.raises(InputMustBeMended, match="more than one folder"):
        read_here(zipped(parts | {"Extra.csv": b"a"}))


def found(content, what):
    (finding,) = [finding for finding in read_here(content).findings if what in finding.what]
    return finding


def test_a_finding_has_its_cell_and_what_was_written():
    finding = found(workbook_with(Schools_D3="twelve", Schools_A1="Unique reference number"), "is not a number")
    assert (finding.sheet, finding.row, finding.column, finding.cell, finding.written) == ("Schools", 3, "Primary pupils", "D3", "twelve")


def test_the_cell_is_right_when_columns_are_moved_and_rows_are_blank():
    workbook = openpyxl.load_workbook(io.BytesIO(good_workbook()))
    schools = workbook["Schools"]
    schools["D3"] = "twelve"
    schools.insert_cols(1, 2)
    schools["B1"] = "Ours"
    schools.insert_rows(1, 3)
    schools.insert_rows(5)
    funds = workbook["Funds"]
    funds["F2"] = -1_000_000
    funds["D2"], funds["E2"] = 500_000, 600_000
    funds.insert_rows(2, 2)
    stream = io.BytesIO()
    workbook.save(stream)
    content = stream.getvalue()
    assert (found(content, "is not a number").cell, found(content, "not a column the planner knows").cell) == ("F7", "B4")
    schools["F7"] = 900
    stream = io.BytesIO()
    workbook.save(stream)
    finding = found(stream.getvalue(), "starts the year")  # a check of the policy, which counts partnerships' funds
    assert (finding.row, finding.cell, finding.written) == (4, "F4", "-1000000")


def test_findings_of_headings_rows_and_sheets_have_the_cell_there_is():
    heads = found(workbook_with(Schools_U1="Zone"), "stands in two columns")
    assert (heads.cell, heads.written) == ("U1", "Zone")
    assert found(workbook_with(Schools_C1="Stage"), "the column is missing").cell == ""
    second = found(workbook_with(Partnership_A3="Another", Partnership_B3="2026/27"), "second row")
    assert (second.cell, second.written) == ("A3", "")


def test_a_finding_comes_back_from_its_document():
    finding = PlacedFinding(level=Level.LOOK_AT, sheet="Funds", row=2, column="Fund", what="w", mend="m", cell="A2", written="x")
    assert from_plain(PlacedFinding, json.loads(json.dumps(to_plain(finding)))) == finding


def test_of_very_many_findings_those_that_must_be_mended_are_kept():
    parts = unzipped(good_zip())
    rows = "\r\n".join(f"9000{n:05},x" for n in range(3000)).encode()
    reading = read_here(zipped(parts | {"demonstration/Host conditions.csv": b"URN,Consent\r\n" + rows}))
    assert len(reading.findings) == 1001
    assert "more findings" in reading.findings[-1].what
    assert reading.partnership_document is None


# --- what is refused -----------------------------------------------------------------------


def quick(content, says, name="upload.xlsx"):
    """Refused in a second, one line, with no more than 200 MB in the reading process."""
    start = time.perf_counter()
    with pytest.raises(InputMustBeMended, match=says) as refused:
        read(content, name)
    assert time.perf_counter() - start < 1
    assert "\n" not in str(refused.value)
    return refused.value


def deflated_zeros(megabytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # stands alone, so it may be repeated
    return block * megabytes + b"\x03\x00"


def raw_zip(parts):
    """A zip whose headers say what they are told: (name, deflated, stated size, stated checksum) each."""
    body, directory = b"", b""
    for name, deflated, size, crc in parts:
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(deflated), size, len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + fields + name.encode() + deflated
    return body + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(directory), len(body), 0)


@pytest.fixture(scope="module")
def bomb():
    """15 MB that unpack to 10.7 GB: a gigabyte of rows, ten times over."""
    rows, picture = deflated_zeros(1024), os.urandom(4_000_000)
    sheets = [(f"xl/worksheets/sheet{number}.xml", rows, 1 << 30, number) for number in range(10)]
    return raw_zip([("[Content_Types].xml", b"\x03\x00", 0, 0), *sheets, ("xl/media/image1.png", picture, len(picture), 0)])


def test_a_bomb_is_refused_in_a_second_and_200_megabytes(bomb, tmp_path):
    assert 14_000_000 < len(bomb) < 20_000_000
    quick(bomb, "was not opened")
    (tmp_path / "bomb.xlsx").write_bytes(bomb)
    program = """
import re, resource, sys, time
from planner.intake.apart import read_apart, read_content
from planner.errors import InputMustBeMended
from planner.policy import load_policy
content, policy = open(sys.argv[1], "rb").read(), load_policy()
start = time.perf_counter()
for read in (lambda: read_content("b", content, policy), lambda: read_apart(content, "b", {})):
    try:
        read()
    except InputMustBeMended:
        pass
seconds = time.perf_counter() - start
most_here = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])  # ru_maxrss begins with what the parent held
print(seconds, most_here >> 10, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
"""
    ran = subprocess.run([sys.executable, "-c", program, tmp_path / "bomb.xlsx"], capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, here, children = map(float, ran.stdout.split())
    assert seconds < 1
    assert max(here, children) < 200


def test_parts_that_overlap_are_refused():
    part = deflated_zeros(4)
    data = raw_zip([("[Content_Types].xml", part, 4 << 20, 0), ("xl/workbook.xml", part, 4 << 20, 0)])
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 1)
    quick(data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :], "was not opened")


@pytest.mark.parametrize("honest_checksum", [True, False])
def test_a_part_that_says_it_is_smaller_is_not_unpacked_further(honest_checksum):
    part = deflated_zeros(2000)  # two gigabytes in two megabytes
    quick(raw_zip([("[Content_Types].xml", part, 100, 0)]), "was not opened")
    stated = len(part)
    data = raw_zip([("[Content_Types].xml", part, stated, zlib.crc32(bytes(stated)) if honest_checksum else 1)])
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(InputMustBeMended, match="damaged"):
        read_here(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - start < 1
    assert peak < 50_000_000


def test_a_part_that_says_it_is_large_is_refused():
    quick(raw_zip([("[Content_Types].xml", deflated_zeros(1), 2**32 - 2, 0)]), "was not opened")


def test_100_000_parts_are_refused():
    data = raw_zip([(f"{n:06}", b"", 0, 0) for n in range(1)])
    entry = data[data.index(b"PK\x01\x02") : data.index(b"PK\x05\x06")]
    many = data[: data.index(b"PK\x01\x02")] + entry * 100_000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 34_464, 34_464, len(entry) * 100_000, data.index(b"PK\x01\x02"), 0)
    quick(many + end, "was not opened")


def with_xml(doctype, reference):
    parts = unzipped(good_workbook())
    name = "xl/worksheets/sheet2.xml"
    parts[name] = doctype + parts[name].replace(b"<sheetData>", b"<sheetData>" + reference, 1)
    return zipped(parts)


BILLION = (
    b"<!DOCTYPE a [<!ENTITY a 'lol'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, (b"&a%d;" % (n - 1) if n > 1 else b"&a;") * 10) for n in range(1, 10))
    + b"]>"
)


@pytest.mark.parametrize(
    ("doctype", "reference"),
    [
        (BILLION, b"&a9;"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', b"&x;"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">', b""),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/"> %x;]>', b""),
    ],
)
def test_xml_that_names_entities_or_other_files_is_refused_or_followed_nowhere(doctype, reference):
    start = time.perf_counter()
    if reference or b"%" in doctype:
        with pytest.raises(InputMustBeMended, match="damaged"):
            read(with_xml(doctype, reference))
    else:
        assert read(with_xml(doctype, reference)) == read_here(good_workbook())
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"xl/externalLinks/externalLink1.xml": b"<x/>"}, "break the links"),
        ({"xl/vbaProject.bin": b"x"}, "macros"),
        ({"../../etc/cron.d/x": b"x"}, "leads out of it"),
        ({"/etc/passwd": b"x"}, "leads out of it"),
        ({"xl\\..\\..\\x": b"x"}, "leads out of it"),
        ({"C:\\x": b"x"}, "leads out of it"),
        ({"XL/workbook.xml": b"x"}, "two parts of the same name"),
    ],
)
def test_parts_that_no_workbook_needs_are_refused(extra, says):
    quick(zipped(unzipped(good_workbook()) | extra), says)


def test_an_encrypted_zip_other_packings_and_other_files_are_refused():
    encrypted = bytearray(good_zip())
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    quick(bytes(encrypted), "take off its password")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("Schools.csv", b"x")
    quick(stream.getvalue(), "packed in a way")
    quick(b"PK\x03\x04" + bytes(20_000_001), "larger than 20 MB")
    quick(b"\xd0\xcf\x11\xe0", "old .xls")
    quick(b"URN\n", "single CSV", "Schools.csv")
    quick(b"", "not an Excel workbook: give a workbook saved as .xlsx, or a ZIP of CSV files")
    with pytest.raises(InputMustBeMended, match="OpenDocument"):
        read_here(zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}))


def test_a_name_stands_in_a_sentence_on_one_line_without_folders():
    assert shown_name("C:\\Users\\x\\plan\n<b>\u202e.xlsx") == "plan b .xlsx"
    assert shown_name("../../etc/passwd") == "passwd"
    assert len(shown_name("x" * 500 + ".xlsx")) < 80
    assert "The file" in str(quick(b"", "not an Excel workbook", "\n"))


# --- a board's settings ---------------------------------------------------------------------


def test_settings_are_read_apart_as_they_are_here(tmp_path):
    content = b"[board]\nline_percent = 75\n"
    (tmp_path / "board.toml").write_bytes(content)
    assert settings_apart(content, "../board.toml").document == load_policy(tmp_path / "board.toml").document


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[board\n", "The policy file board.toml is not valid TOML"),
        # Every part is compared with those before it: minutes, were it done where the pages are served.
        (b".".join([b"a"] * 49_000) + b" = 1", "board.toml takes too much time or memory to read"),
    ],
)
def test_settings_that_cannot_be_read_are_one_sentence(content, says, monkeypatch):
    monkeypatch.setattr(apart, "SETTINGS_LIMITS", replace(apart.SETTINGS_LIMITS, seconds=4))
    with pytest.raises(InputMustBeMended, match=f"^{says}"):
        settings_apart(content, "board.toml")


# --- the child -----------------------------------------------------------------------------

LIMITS = Limits(memory_megabytes=500, seconds=3)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import time; time.sleep(60)", "too much time or memory"),
        ("while True: pass", "too much time or memory"),
        ("x = bytes(2 << 30)", "too much time or memory"),
        ("import os; os._exit(0)", "too much time or memory"),
        ("import os; os.abort()", "too much time or memory"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "damaged"),
        ("import subprocess; subprocess.run(['true'])", "damaged"),
        ("import os; os.system('true')", "damaged"),
        ("import os; os.fork()", "damaged"),
        ("open('x', 'wb').write(b'x')", "damaged"),
        ("import sys; sys.setrecursionlimit(10**6); f = lambda: f(); f()", "damaged|too much"),
        ("raise ValueError", "damaged"),
        ("import os; assert 'DATABASE' not in str(os.environ)", "damaged"),
        ("print('noise'); raise ValueError", "damaged"),
    ],
)
def test_whatever_happens_in_the_child_is_one_sentence(source, says, monkeypatch):
    monkeypatch.setenv("PLANNER_DATABASE_URL", "postgresql://secret")
    source = source.replace("assert 'DATABASE' not in", "assert 'DATABASE' in")  # it would be an answer, were it there
    start = time.perf_counter()
    with pytest.raises(InputMustBeMended, match=f"^p.xlsx (is|takes) .*({says})") as refused:
        run_child("builtins:exec", source, {}, LIMITS, name="p.xlsx")
    assert time.perf_counter() - start < 10
    assert "\n" not in str(refused.value)


@pytest.fixture
def others_read():
    """As many files are being read as may be."""
    with contextlib.ExitStack() as others:
        for _ in range(2):
            others.enter_context(child._turns)
        yield


def test_who_would_wait_long_for_other_files_is_told_at_once(others_read):
    start = time.perf_counter()
    with pytest.raises(TooManyAtOnce, match=r"^Several files are being read already: try again in a minute\.$") as refused:
        run_child("builtins:exec", "pass", {}, replace(LIMITS, seconds=60), name="p.xlsx")
    assert time.perf_counter() - start < 10
    assert isinstance(refused.value, InputMustBeMended), "so that every page says it beside its form"


def test_the_child_dies_with_its_parent():
    program = (
        "import os; from planner.child import Limits, run_child; print(os.getpid(), flush=True);"
        "run_child('builtins:exec', 'import time; time.sleep(50)', {}, Limits(memory_megabytes=500, seconds=40), name='x')"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT)
    parent.stdout.readline()
    children = Path(f"/proc/{parent.pid}/task")
    if not children.is_dir():
        pytest.skip("no /proc to see children in")
    child = None
    for _ in range(100):
        told = [word for task in children.glob("*/children") for word in task.read_text().split()]
        if told:
            child = int(told[0])
            break
        time.sleep(0.05)
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    for _ in range(60):
        status = Path(f"/proc/{child}/stat")
        if not status.exists() or ") Z " in status.read_text():
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def test_nothing_is_left_in_the_temporary_folder(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read(good_workbook())
    with pytest.raises(InputMustBeMended):
        run_child("builtins:exec", "import time; time.sleep(60)", {"upload": b"x"}, replace(LIMITS, seconds=1), name="x")
    assert list(tmp_path.iterdir()) == []


# --- mutated uploads -----------------------------------------------------------------------


def fuzzed(first, count):
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "mutations.py", str(first), str(count)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    told = json.loads(ran.stdout)
    assert told["strange"] == []
    assert told["of_two_lines"] == 0
    assert sum(told["outcomes"].values()) == count
    assert told["slowest"][0] < 5
    assert told["peak_megabytes"] < 500
    return told


@pytest.mark.slow
def test_sixty_mutated_uploads_end_in_a_reading_or_a_sentence():
    assert len(fuzzed(0, 60)["outcomes"]) == 3  # some are planned, some have findings, some are refused


@pytest.mark.slow
def test_two_thousand_mutated_uploads_end_in_a_reading_or_a_sentence():
    fuzzed(0, 2000)


@pytest.mark.parametrize("number", range(0, 60, 15))
def test_mutated_uploads_are_the_same_through_the_child(number):
    content, ends = mutant(number), []
    for reads in (read, read_here):
        start = time.perf_counter()
        try:
            ends.append(reads(content))
        except InputMustBeMended as refused:
            ends.append(str(refused))
        assert time.perf_counter() - start < 5
    assert ends[0] == ends[1]


# --- the DfE's files -----------------------------------------------------------------------

REGISTER = (
    "URN,LA (name),EstablishmentName,TypeOfEstablishment (name),EstablishmentTypeGroup (name),EstablishmentStatus (name),"
    "PhaseOfEducation (name),NumberOfPupils,Easting,Northing,Town,Postcode\r\n"
    "900001,Wendleshire,St. Mary's Primary School,Community school,Local authority maintained schools,Open,Primary,210,450000,240000,Hatherby,WD7 2QX\r\n"
    "900002,Wendleshire,Larch Academy,Academy converter,Academies,Open,Secondary,900,451000,240000,Hatherby,WD7 3AA\r\n"
    "900003,Otherham,Mary Oak Primary,Community school,Local authority maintained schools,Open,Primary,100,452000,240000,Ottery,OT1 1AA\r\n"
    "900004,Wendleshire,Gone School,Community school,Local authority maintained schools,Closed,Primary,0,450000,240000,Hatherby,WD7 2QX\r\n"
    "900005,Wendleshire,Beech Special,Community special school,Special schools,Open,Not applicable,90,450000,240000,Hatherby,WD7 2QX\r\n"
).encode("cp1252")


def test_a_register_is_taken_as_csv_gzip_or_zip_and_searched():
    taken = take_dfe_apart(REGISTER, "edubasealldata20260101.csv")
    assert (taken.kind, taken.file_name, taken.size_bytes) == (DfeKind.GIAS, "edubasealldata20260101.csv", len(REGISTER))
    assert gzip.decompress(taken.content) == REGISTER
    zips = zipped({"x/edubasealldata20260101.csv": REGISTER, "__MACOSX/x/._e.csv": b"", "readme.txt": b""})
    assert take_dfe_apart(zips, "extract.zip") == taken
    assert take_dfe_apart(gzip.compress(REGISTER), "edubasealldata20260101.csv.gz") == taken
    schools = register_schools(taken.register)
    assert [school.urn for school in schools] == [900002, 900003, 900001]
    for words, urns in {
        "mary": [900003, 900001], "st marys": [900001], "900002": [900002], "wd7 2qx": [900001], "WD72QX": [900001], "hather": [900002, 900001],
        "wendleshire larch": [900002], "": [], "gone": [], "beech": [], "hatherby otherham": [],
    }.items():  # fmt: skip
        assert [school.urn for school in schools_on_register(schools, words)] == urns, words
    assert [school.urn for school in schools_on_register(schools, "", council="Otherham")] == [900003]
    assert len(schools_on_register(schools, "a", council="Wendleshire", most=1)) == 1


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        pytest.param(b"a,b\n1,2\n", "notes.csv", "none of the DfE's files", marks=pytest.mark.slow),
        (b"", "empty.csv", "none of the DfE's files"),
        pytest.param(os.urandom(5000), "noise.csv", "none of the DfE's files", marks=pytest.mark.slow),
        (b"\x1f\x8bxxxx", "x.csv.gz", "damaged"),
        (gzip.compress(REGISTER)[:-20], "x.csv.gz", "incomplete"),
        (gzip.compress(bytes(301_000_000), 1), "bomb.csv.gz", "more than 300 MB"),
        (zipped({"a.csv": REGISTER, "b.csv": REGISTER}), "two.zip", "2 CSV files"),
        pytest.param(zipped({"a.txt": b"x"}), "none.zip", "no CSV files", marks=pytest.mark.slow),
        pytest.param(REGISTER.splitlines()[0] + b"\r\n", "head.csv", "no rows", marks=pytest.mark.slow),
        (bytes(100_000_001), "big.csv", "larger than 100 MB"),
    ],
)
def test_what_is_no_file_of_the_dfe_is_refused(content, name, says):
    with pytest.raises(InputMustBeMended, match=says) as refused:
        take_dfe_apart(content, name)
    assert "\n" not in str(refused.value)
    assert "/tmp" not in str(refused.value)


def test_a_partnership_is_built_apart_and_refused_in_a_sentence():
    taken = take_dfe_apart(REGISTER, "edubasealldata20260101.csv")
    download = DfeDownload(kind=taken.kind, file_name=taken.file_name, content=taken.content)
    order = BuildOrder(downloads=(download,), urns=(900001, 900002, 900004), name="Ours")
    built = build_apart(order, POLICY_DOCUMENT)
    partnership = from_plain(Partnership, built.partnership_document)
    assert ({school.urn for school in partnership.schools}, partnership.name) == ({900001, 900002}, "Ours")
    assert any("Gone School" in note for note in built.notes)
    assert partnership.is_illustrative()
    for wrong, says in (
        (replace(order, urns=(1,)), "edubasealldata20260101.csv has no school with URN 1"),
        (replace(order, near_urn=900001), "which schools to take"),
        (replace(order, downloads=()), "no register of schools"),
        (replace(order, downloads=(replace(download, file_name="../../..", content=b"x"),)), "^gias.csv is not the register"),
    ):
        with pytest.raises(InputMustBeMended, match=says):
            build_apart(wrong, POLICY_DOCUMENT)


@needs_reference
def test_real_downloads_are_recognised():
    expected = {
        "gias": DfeKind.GIAS, "sen_school": DfeKind.SEN, "spc": DfeKind.CENSUS, "census": DfeKind.CENSUS, "iod2019_file3": DfeKind.IDACI,
        "iod2025_file3": DfeKind.IDACI, "links": DfeKind.LINKS, "mainstream": DfeKind.GIAS,
    }  # fmt: skip
    for path in sorted([*REFERENCE.glob("*/*.csv"), *REFERENCE.glob("*/*.csv.gz")]):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            kind = kind_of_dfe_file(file.read(100_000))
        bare = path.name.lstrip("0123456789_").replace("england_", "")
        is_other = "address" in path.name or "meta" in path.name
        assert kind == (None if is_other else next((k for start, k in expected.items() if bare.startswith(start)), None)), path.name


@needs_reference
@pytest.mark.slow
def test_the_real_register_is_searched_in_a_moment():
    taken = take_dfe_apart((REFERENCE / "national" / "gias_open_2025-05-24.csv.gz").read_bytes(), "gias_open_2025-05-24.csv.gz")
    start = time.perf_counter()
    schools = register_schools(taken.register)
    found = schools_on_register(schools, "oak", council="Surrey")
    assert time.perf_counter() - start < 2
    assert len(schools) > 20_000
    assert found
    assert all(school.council == "Surrey" for school in found)


def test_judging_leaves_a_good_zip_alone():
    judge_zip("x", good_workbook())
    judge_zip("x", good_zip())
