"""The marked copy: every faulty cell is marked, nothing of the file runs, and mended it can be given again."""

import io
import json
import random
import re
import zipfile

import openpyxl
import pytest
from mutations import good_workbook, good_zip, unzipped, zipped
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName

from fixtures import path_of
from planner.errors import InputMustBeMended
from planner.export.marked_copy import mark_apart, marked_copy
from planner.intake.apart import read_apart, read_content
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.policy import load_policy

POLICY = load_policy()
MUST, LOOK = "00F8C9C4", "00FFE9B0"


def read(content):
    return read_content("upload.xlsx", content, POLICY)


def marked(content):
    copy = marked_copy(content, "upload.xlsx", read(content).findings)
    return copy, openpyxl.load_workbook(io.BytesIO(copy))


def saved(workbook):
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def good():
    return openpyxl.load_workbook(io.BytesIO(good_workbook()))


def formulas_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [
            name
            for name in archive.namelist()
            if name.startswith("xl/worksheets/") and re.search(rb'<f[ />]|<formula[12]>[^"]', archive.read(name))
        ]


def messy():
    return zipped({path.name: path.read_bytes() for path in path_of("messy_upload").glob("*.csv")})


def test_every_cell_of_a_finding_is_filled_and_says_what_and_how():
    findings = read(messy()).findings
    workbook = marked(messy())[1]
    assert workbook.sheetnames[0] == "Findings"
    by_cell = {}
    for finding in findings:
        if finding.cell:
            sheet = next(s for s in workbook.worksheets if s.title.replace("_", " ").casefold() == finding.sheet.casefold())
            cell = sheet[finding.cell]
            assert finding.what in cell.comment.text
            assert finding.mend in cell.comment.text
            assert not finding.written or str(cell.value).strip() == finding.written
            by_cell.setdefault((finding.sheet, finding.cell), (cell, []))[1].append(finding.level)
    for cell, levels in by_cell.values():
        assert cell.fill.fgColor.rgb == (MUST if Level.MUST_MEND in levels else LOOK)
    assert len(by_cell) > 50
    marks = [cell for sheet in workbook.worksheets[1:] for row in sheet.iter_rows() for cell in row if cell.comment]
    assert len(marks) == len(by_cell)


MISTAKES = (
    ("Schools", "Primary pupils", "twelve", "is not a number"), ("Schools", "Primary pupils", -4, "is negative"), ("Schools", "Phase", "nursery", "is not one of"),
    ("Schools", "URN", "90010", "is not a URN"), ("Schools", "URN", "9E+05", "lost its digits"), ("Schools", "Easting", None, "is blank"),
    ("Schools", "FSM6 pupils", "9,999,999,999,999", "too large"), ("Schools", "Membership percent", 140, "outside 1 to 100"), ("Schools", "School", None, "is blank"),
    ("Funds", "September to March", "#REF!", "shows the error"), ("Funds", "Year end", "spend", "is not one of"), ("Funds", "Allowed uses", "sweets", "is not one of"),
    ("Services", "Role", "wizard", "is not one of"), ("Services", "Unused time is lost", "perhaps", "neither yes nor no"), ("Services", "Order by", "next week", "is not a date"),
    ("People", "Service", "nobody", "there is no service"), ("People", "Sessions a year", "1.5", "has decimals"), ("People", "Vacant", "maybe", "neither yes nor no"),
    ("Bases", "Needs", "XYZ", "is not one of"), ("Bases", "Host URN", 123456, "there is no school"),
)  # fmt: skip


def test_twenty_seeded_mistakes_are_each_marked_in_their_cell_and_what_is_not_ours_is_kept():
    rng, workbook = random.Random(7), good()
    workbook.create_sheet("Our notes")["B7"] = "Ask the bursar"
    workbook["Schools"]["Z1"], workbook["Schools"]["Z4"] = "Our column", "kept too"
    planted = {}
    for sheet, heading, value, what in MISTAKES:
        page = workbook[sheet]
        letter = next(cell.column_letter for cell in page[1] if cell.value == heading)
        free = [f"{letter}{row}" for row in range(2, page.max_row + 1) if (sheet, f"{letter}{row}") not in planted]
        planted[sheet, rng.choice(free)] = (value, what)
    for (sheet, at), (value, _) in planted.items():
        workbook[sheet][at].value = value
        workbook[sheet][at].data_type = "s" if isinstance(value, str) else workbook[sheet][at].data_type
    _, again = marked(saved(workbook))
    assert len(planted) == len(MISTAKES) == 20
    for (sheet, at), (value, what) in planted.items():
        cell = again[sheet][at]
        assert what in cell.comment.text, (sheet, at)
        assert cell.fill.fgColor.rgb == MUST
        assert cell.value == value
    assert again["Our notes"]["B7"].value == "Ask the bursar"
    assert (again["Schools"]["Z1"].value, again["Schools"]["Z4"].value) == ("Our column", "kept too")


def test_the_first_sheet_lists_every_finding_and_leads_to_its_cell():
    findings = read(messy()).findings
    page = marked(messy())[1].worksheets[0]
    rows = list(page.iter_rows(min_row=2, max_row=len(findings) + 1))
    for row, finding in zip(rows, findings, strict=True):
        level, *texts = [cell.value or "" for cell in row]
        assert level == finding.level.value.capitalize()
        assert texts == [finding.sheet, finding.cell, finding.column, finding.written, finding.what, finding.mend]
        assert (row[2].hyperlink is not None) == bool(finding.cell)
    assert "'recorded_need'!B3" in [row[2].hyperlink.location for row in rows if row[2].hyperlink]


def test_a_finding_without_a_cell_is_listed_only():
    whole = PlacedFinding(level=Level.LOOK_AT, sheet="Funds", row=None, column="", what="there is no money.", mend="Add a fund.")
    strange = PlacedFinding(level=Level.LOOK_AT, sheet="Nowhere", row=2, column="X", what="w.", mend="m.", cell="A2")
    workbook = openpyxl.load_workbook(io.BytesIO(marked_copy(good_workbook(), "x", (whole, strange))))
    assert workbook["Findings"]["F2"].value == "there is no money."
    assert workbook["Findings"]["F3"].value == "w."
    assert workbook["Findings"]["C3"].hyperlink is None


INJECTIONS = ("=1+1", '=HYPERLINK("http://x","y")', "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "\t=1", "'=1", "http://example.org")


@pytest.mark.parametrize("kind", ["workbook", "zip"])
def test_text_never_becomes_a_formula(kind):
    if kind == "workbook":
        workbook = good()
        for row, text in enumerate(INJECTIONS, start=3):
            for column in "BCD":
                workbook["Schools"][f"{column}{row}"] = text
                workbook["Schools"][f"{column}{row}"].data_type = "s"
        content = saved(workbook)
    else:
        parts = unzipped(good_zip())
        name = "demonstration/Schools.csv"
        text = parts[name].decode("utf-8-sig")
        parts[name] = (text + "".join('"{0}","{0}","{0}","{0}"\r\n'.format(i.replace('"', '""')) for i in INJECTIONS)).encode()
        content = zipped(parts)
    copy, workbook = marked(content)
    assert formulas_in(copy) == []
    kinds = {cell.data_type for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    values = {cell.value for row in workbook["Schools"].iter_rows() for cell in row}
    assert "=1+1" in values
    assert "=1+1" in {cell.value for row in workbook["Findings"].iter_rows() for cell in row}


def test_formulas_links_names_and_rules_stay_behind():
    workbook = good()
    schools = workbook["Schools"]
    schools["Z2"] = '=WEBSERVICE("http://example.org")'
    schools["B3"].hyperlink = "http://example.org"
    workbook.defined_names["bad"] = DefinedName("bad", attr_text="[1]Other!$A$1")
    rule = openpyxl.formatting.rule.FormulaRule(formula=['WEBSERVICE("http://example.org")'], fill=PatternFill("solid", fgColor="FF0000"))
    schools.conditional_formatting.add("A1:B9", rule)
    schools.add_data_validation(
        openpyxl.worksheet.datavalidation.DataValidation(type="custom", formula1='WEBSERVICE("http://example.org")')
    )
    schools.add_chart(openpyxl.chart.BarChart(), "H9")
    workbook.create_chartsheet("Chart").add_chart(openpyxl.chart.BarChart())
    copy, again = marked(saved(workbook))
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert not [name for name in archive.namelist() if "chart" in name or "external" in name.lower()]
    assert b"example.org" not in everything
    assert b"WEBSERVICE" not in everything
    assert not again.defined_names
    assert again["Schools"].data_validations.dataValidation  # the lists of words are kept


def test_a_finding_in_a_merged_cell_is_marked_where_it_can_be_seen():
    workbook = good()
    workbook["Schools"]["D3"] = None
    workbook["Schools"].merge_cells("C3:D3")
    _, again = marked(saved(workbook))
    assert "is blank" in again["Schools"]["C3"].comment.text


def test_the_copy_may_be_mended_and_given_again():
    workbook = good()
    workbook["Schools"]["D3"] = "twelve"
    copy, again = marked(saved(workbook))
    assert again["Schools"]["D3"].comment
    assert again["Schools"].column_dimensions["B"].width == good()["Schools"].column_dimensions["B"].width
    assert [f.what for f in read(copy).findings] == [f.what for f in read(saved(workbook)).findings]
    again["Schools"]["D3"] = good()["Schools"]["D3"].value
    mended = saved(again)
    assert read(mended).partnership_document == read(good_workbook()).partnership_document
    last = marked(mended)[1]
    assert last.sheetnames.count("Findings") == 1
    assert last["Schools"]["D3"].comment is None
    assert last["Schools"]["D3"].fill.fill_type is None
    assert last["Schools"]["D1"].comment  # the help on the heading


def test_the_copy_is_made_apart_and_a_file_that_cannot_be_read_has_none():
    findings = read(messy()).findings
    assert mark_apart(messy(), "m.zip", findings) == marked_copy(messy(), "m.zip", findings)
    for bad in (b"", b"PK\x03\x04", zipped({"[Content_Types].xml": b"x"}), good_workbook()[:-500]):
        with pytest.raises(InputMustBeMended):
            mark_apart(bad, "m.xlsx", findings)


def test_a_sheet_merged_over_the_whole_grid_is_marked_without_that():
    parts = unzipped(good_workbook())
    name = "xl/worksheets/sheet2.xml"
    merged = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    parts[name] = parts[name].replace(b"</sheetData>", b"</sheetData>" + merged)
    content = zipped(parts)
    reading = read_apart(content, "m.xlsx", json.loads(POLICY.document))
    assert reading.partnership_document
    copy = openpyxl.load_workbook(io.BytesIO(mark_apart(content, "m.xlsx", reading.findings)))
    assert not copy["Partnership"].merged_cells.ranges
