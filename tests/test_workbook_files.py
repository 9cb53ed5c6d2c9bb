"""Every workbook we write, part by part, held against what Excel is known to refuse or to repair: no Excel runs here."""

import io
import posixpath
import re
import zipfile
from collections import Counter
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from openpyxl.utils import range_boundaries
from pages import demonstration_plan

from fixtures import path_of
from planner.compare import Side, baseline_side, compare
from planner.export.compare_workbook import compare_workbook
from planner.export.marked_copy import marked_copy
from planner.export.partnership_workbook import write_partnership_workbook, write_template
from planner.export.plan_facts import Facts
from planner.export.plan_workbook import plan_workbook
from planner.intake.apart import read_content
from planner.need import world_of
from planner.policy import load_policy

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
LONGEST = {"cell": 32_767, "formula": 8_192, "text in a formula": 255, "header or footer": 255, "list": 255, "prompt": 255, "title": 32}
FUNCTIONS = frozenset(
    [
        "ABS",
        "AND",
        "COUNT",
        "COUNTA",
        "COUNTIF",
        "COUNTIFS",
        "EXACT",
        "FIND",
        "IF",
        "IFERROR",
        "INDEX",
        "ISBLANK",
        "ISERROR",
        "ISLOGICAL",
        "ISNUMBER",
        "LEN",
        "MATCH",
        "MAX",
        "MIN",
        "NOT",
        "OR",
        "ROUND",
        "ROUNDDOWN",
        "ROUNDUP",
        "ROWS",
        "SQRT",
        "SUM",
        "SUMIF",
        "SUMIFS",
        "SUMPRODUCT",
    ]
)
"""What both Excel 2016 and LibreOffice 7.4 work out without a prefix."""
ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "autoFilter", "mergeCells", "conditionalFormatting",
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "drawing", "legacyDrawing",
    "tableParts", "extLst",
)  # fmt: skip
LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[RrCc]")


class File:
    """The parts of a workbook's file, and what stands in them."""

    def __init__(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.names = archive.namelist()
            self.parts = {name: archive.read(name) for name in self.names}

    @cached_property
    def trees(self):
        return {name: ET.fromstring(part) for name, part in self.parts.items() if name.endswith((".xml", ".rels", ".vml"))}

    def related(self, name):
        """Relationships of a part: id -> (the last word of its type, the part it names)."""
        folder, file = posixpath.split(name)
        tree = self.trees.get(f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels")
        if tree is None:
            return {}
        found = [
            (
                one.get("Id"),
                one.get("Type").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/" + folder, one.get("Target"))).lstrip("/"),
            )
            for one in tree
            if one.get("TargetMode") != "External"
        ]
        assert len({key for key, *_ in found}) == len(found), name
        return {key: (sort, target) for key, sort, target in found}

    @cached_property
    def book(self):
        return self.trees["xl/workbook.xml"]

    @cached_property
    def sheets(self):
        """Title -> (part, tree), in order."""
        at = self.related("xl/workbook.xml")
        parts = {sheet.get("name"): at[sheet.get(f"{OFFICE}id")][1] for sheet in self.book.find(f"{MAIN}sheets")}
        return {title: (part, self.trees[part]) for title, part in parts.items()}

    @cached_property
    def strings(self):
        tree = self.trees.get("xl/sharedStrings.xml")
        return [] if tree is None else ["".join(text.text or "" for text in one.iter(f"{MAIN}t")) for one in tree]

    def shown(self, cell):
        """What a cell shows, as text."""
        value = cell.findtext(f"{MAIN}v")
        if cell.get("t") == "s":
            return self.strings[int(value)]
        return "".join(text.text or "" for text in cell.iter(f"{MAIN}t")) if cell.get("t") == "inlineStr" else value

    def tables(self, part):
        return [self.trees[target] for sort, target in self.related(part).values() if sort == "table"]


def overlap(one, other):
    a, b, c, d = range_boundaries(one)
    e, f, g, h = range_boundaries(other)
    return a <= g and e <= c and b <= h and f <= d


def faults(content):
    """Each thing in a workbook's file that Excel would refuse, repair or not work out."""
    file = File(content)
    yield from in_package(file)
    yield from in_book(file)
    yield from in_styles(file)
    for title, (part, tree) in file.sheets.items():
        for fault in (*in_cells(file, tree), *in_layout(file, tree), *in_tables(file, part, tree), *in_rules(file, tree)):
            yield f"{title}: {fault}"


def in_package(file):
    if len(set(file.names)) != len(file.names):
        yield "a part is there twice"
    types = file.trees["[Content_Types].xml"]
    named = {one.get("PartName").lstrip("/") for one in types if one.get("PartName")}
    endings = {one.get("Extension") for one in types if one.get("Extension")}
    yield from (
        f"{name} is of no type"
        for name in file.names
        if name not in named and name.rpartition(".")[2] not in endings and name != "[Content_Types].xml"
    )
    yield from (f"{name} is typed but missing" for name in named - set(file.names))
    for name, tree in file.trees.items():
        if name.endswith(".rels") or name == "[Content_Types].xml":
            continue
        here = file.related(name)
        yield from (f"{name} leads to {target}, which is missing" for _, target in here.values() if target not in file.parts)
        asked = {value for one in tree.iter() for key, value in one.attrib.items() if key.startswith(OFFICE)}
        external = {one.get("Id") for one in file.trees.get(rels_of(name), ())}
        yield from (f"{name} asks for {key}, which leads nowhere" for key in asked - set(here) - external)


def rels_of(name):
    folder, file = posixpath.split(name)
    return f"{folder}/_rels/{file}.rels"


def in_book(file):
    titles = list(file.sheets)
    if len({title.casefold() for title in titles}) != len(titles):
        yield "two sheets have one name"
    yield from (
        f"no name for a sheet: {title}" for title in titles if len(title) > 31 or re.search(r"[\[\]:*?/\\]|^'|'$", title) or not title
    )
    names = [(one.get("name"), one.get("localSheetId")) for one in file.book.iter(f"{MAIN}definedName")]
    tables = [table.get("displayName") for part, _ in file.sheets.values() for table in file.tables(part)]
    counted = Counter((name.casefold(), sheet) for name, sheet in [*names, *((table, None) for table in tables)])
    yield from (f"the name {name} is there twice" for (name, _), n in counted.items() if n > 1)
    yield from (
        f"no legal name: {name}"
        for name in {*(name for name, _ in names), *tables}
        if not re.fullmatch(r"(_xlnm\.)?[A-Za-z_\\][A-Za-z0-9_.\\]{0,254}", name) or LIKE_A_CELL.fullmatch(name)
    )
    for one in file.book.iter(f"{MAIN}definedName"):
        sheets = {(quoted or bare).replace("''", "'") for quoted, bare in re.findall(r"(?:'((?:[^']|'')+)'|([A-Za-z_]\w*))!", one.text)}
        if "#REF" in one.text or not sheets <= set(titles):
            yield f"the name {one.get('name')} leads nowhere"
    view = file.book.find(f"{MAIN}bookViews/{MAIN}workbookView")
    chosen = [
        n
        for n, (_, tree) in enumerate(file.sheets.values())
        if tree.find(f"{MAIN}sheetViews/{MAIN}sheetView").get("tabSelected") in {"1", "true"}
    ]
    if chosen not in ([], [int(view.get("activeTab") or 0)]):
        yield f"the sheets {chosen} are chosen together, so typing in one changes all"


def in_styles(file):
    tree = file.trees["xl/styles.xml"]
    most = {"cellXfs": 64_000, "fonts": 1_024, "fills": 64_000, "numFmts": 200}
    yield from (f"{len(found)} {sort}" for sort, n in most.items() if (found := tree.find(f"{MAIN}{sort}")) is not None and len(found) > n)
    yield from ("a number format that is too long" for one in tree.iter(f"{MAIN}numFmt") if len(one.get("formatCode")) > 255)
    looks = len(tree.find(f"{MAIN}cellXfs"))
    yield from (
        f"a cell of no style: {cell.get('r')}"
        for _, sheet in file.sheets.values()
        for cell in sheet.iter(f"{MAIN}c")
        if int(cell.get("s") or 0) >= looks
    )


def in_formula(text):
    if len(text) > LONGEST["formula"] or text.startswith("="):
        yield f"no formula for a file: {text[:60]}"
    quoted = re.findall(r'"((?:[^"]|"")*)"', text)
    yield from (f"too long a text in a formula: {one[:60]}" for one in quoted if len(one) > LONGEST["text in a formula"])
    bare = re.sub(r'"(?:[^"]|"")*"', '""', text)
    yield from (f"no function of Excel 2016: {name}" for name in set(re.findall(r"([A-Za-z_][\w.]*)\(", bare)) - FUNCTIONS)
    if bare.count("(") != bare.count(")"):
        yield f"brackets that do not close: {text[:60]}"


def in_cells(file, tree):
    for number, row in enumerate(tree.iter(f"{MAIN}row")):
        if float(row.get("ht") or 0) > 409.5 or number > 1_048_575:
            yield f"row {row.get('r')} is too high"
        for cell in row:
            formula, shown = cell.findtext(f"{MAIN}f"), file.shown(cell)
            if len(shown or "") > LONGEST["cell"]:
                yield f"too long a text in {cell.get('r')}"
            if cell.get("t") == "e":
                yield f"an error in {cell.get('r')}: {shown}"
            if cell.get("t") in {None, "n"} and shown is not None and not re.fullmatch(r"-?[0-9.]+(?:[eE][-+]?[0-9]+)?", shown):
                yield f"no number in {cell.get('r')}: {shown}"
            if formula is not None:
                yield from in_formula(formula)
                if shown is None:
                    yield f"no figure beside the formula in {cell.get('r')}"
    asked = [row.get("r") for row in tree.iter(f"{MAIN}row")]
    if asked != sorted(set(asked), key=int):
        yield "rows are out of order"


def in_layout(file, tree):
    here = [one.tag.removeprefix(MAIN) for one in tree]
    if [ORDER.index(tag) for tag in here] != sorted(ORDER.index(tag) for tag in here):
        yield f"parts are out of order: {here}"
    for sort in ("oddHeader", "oddFooter"):
        text = tree.findtext(f"{MAIN}headerFooter/{MAIN}{sort}") or ""
        if len(text) > LONGEST["header or footer"] or "_x000" in text:
            yield f"no {sort} that prints: {text}"
    yield from (f"a column is too wide: {one.get('min')}" for one in tree.iter(f"{MAIN}col") if float(one.get("width") or 0) > 255)
    spans = [(int(one.get("min")), int(one.get("max"))) for one in tree.iter(f"{MAIN}col")]
    yield from ("columns are described twice" for (_, end), (start, _) in pairwise(spans) if start <= end)
    merged = [one.get("ref") for one in tree.iter(f"{MAIN}mergeCell")]
    yield from (f"merged twice: {one} and {other}" for n, one in enumerate(merged) for other in merged[n + 1 :] if overlap(one, other))
    if len(list(tree.iter(f"{MAIN}hyperlink"))) > 65_530:
        yield "too many links"


def in_tables(file, part, tree):
    cells = {cell.get("r"): cell for cell in tree.iter(f"{MAIN}c")}
    merged = [one.get("ref") for one in tree.iter(f"{MAIN}mergeCell")]
    own = tree.find(f"{MAIN}autoFilter")
    ids = Counter(table.get("id") for other, _ in file.sheets.values() for table in file.tables(other))
    tables = file.tables(part)
    for n, table in enumerate(tables):
        ref, name = table.get("ref"), table.get("displayName")
        left, top, right, bottom = range_boundaries(ref)
        heads = [column.get("name") for column in table.find(f"{MAIN}tableColumns")]
        row = [cells.get(f"{letters(column)}{top}") for column in range(left, right + 1)]
        shown = [
            cell is not None and cell.get("t") in {"s", "inlineStr"} and cell.find(f"{MAIN}f") is None and file.shown(cell) for cell in row
        ]
        if shown != heads:
            yield f"the headings of {name} are not the cells': {[pair for pair in zip(shown, heads, strict=False) if pair[0] != pair[1]]}"
        if len({head.casefold() for head in heads}) != len(heads) or not all(heads):
            yield f"two headings of {name} are the same, or one is empty"
        if int(table.find(f"{MAIN}tableColumns").get("count")) != len(heads) or bottom <= top:
            yield f"{name} has no row, or miscounts its columns"
        if ids[table.get("id")] > 1 or table.get("name") != name:
            yield f"{name} shares its number, or has two names"
        yield from (f"{name} lies over a merged cell" for one in merged if overlap(one, ref))
        yield from (f"{name} lies over another table" for other in tables[n + 1 :] if overlap(other.get("ref"), ref))
        if own is not None and overlap(own.get("ref"), ref):
            yield f"{name} and its sheet filter the same rows"
        filtered = table.find(f"{MAIN}autoFilter")
        if filtered is not None and filtered.get("ref") != ref:
            yield f"{name} filters other rows than its own"
    parts = tree.find(f"{MAIN}tableParts")
    if len(tables) != (0 if parts is None else len(parts)):
        yield "a table is not on its sheet's list"


def letters(number):
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def in_rules(file, tree):
    formats = file.trees["xl/styles.xml"].find(f"{MAIN}dxfs")
    for rule in tree.iter(f"{MAIN}cfRule"):
        if rule.get("dxfId") and int(rule.get("dxfId")) >= (0 if formats is None else len(formats)):
            yield "a conditional format of no look"
        if int(rule.get("priority") or 0) < 1:
            yield "a conditional format without a turn"
        bar = rule.find(f"{MAIN}dataBar")
        if bar is not None and (len(bar.findall(f"{MAIN}cfvo")) != 2 or bar.find(f"{MAIN}color") is None):
            yield "a bar without its two ends"
        for formula in rule.findall(f"{MAIN}formula"):
            yield from in_formula(formula.text)
    for rule in tree.iter(f"{MAIN}dataValidation"):
        allowed = rule.findtext(f"{MAIN}formula1") or ""
        if rule.get("type") == "list" and allowed.startswith('"') and len(allowed) - 2 > LONGEST["list"]:
            yield f"too long a list: {allowed[:60]}"
        yield from (f"too long a {key}" for key in ("prompt", "error") if len(rule.get(key) or "") > LONGEST["prompt"])
        yield from (f"too long a {key}" for key in ("promptTitle", "errorTitle") if len(rule.get(key) or "") > LONGEST["title"])
        if not allowed.startswith('"'):
            yield from in_formula(allowed)


# --- every workbook --------------------------------------------------------------------------


def plans():
    """The demonstration, and the same with names that are as long and as odd as they may be."""
    facts = demonstration_plan().facts
    marks = {"fingerprint": "f1" * 32, "inputs_sha256": "a2" * 32, "policy_sha256": "b3" * 32}
    yield plan_workbook(facts, **marks, standing="Shadow plan. No money follows it.")
    p = facts.world.partnership
    schools = tuple(replace(school, name=f'=1+"{school.urn} & <b> _x000a_ {"Primary " * 20}') for school in p.schools[:3]) + p.schools[3:]
    funds = tuple(replace(fund, name="Fund of one name") for fund in p.funds)
    services = tuple(replace(service, name='"A" service, of one name') for service in p.services)
    odd = world_of(replace(p, name="N" * 200, schools=schools, funds=funds, services=services), facts.world.policy)
    yield plan_workbook(Facts(facts.plan, odd), **marks)


def comparisons():
    facts = demonstration_plan().facts
    first = baseline_side(facts.plan.baselines[0], facts.world)
    sides = [
        first,
        *(Side(name=f"Plan {n} of the same name " + "and more " * 30, world=facts.world, amounts=facts.amounts) for n in range(3)),
    ]
    yield compare_workbook(compare(sides[:2]))
    yield compare_workbook(compare(sides))


def inputs(folder):
    write_template(folder / "blank.xlsx")
    write_partnership_workbook(demonstration_plan().facts.partnership, folder / "filled.xlsx")
    blank, filled = ((folder / name).read_bytes() for name in ("blank.xlsx", "filled.xlsx"))
    yield from (blank, filled)
    messy = io.BytesIO()
    with zipfile.ZipFile(messy, "w") as archive:
        for path in sorted(path_of("messy_upload").glob("*.csv")):
            archive.write(path, path.name)
    for name, content in (("messy.zip", messy.getvalue()), ("filled.xlsx", filled)):
        yield marked_copy(content, name, read_content(name, content, load_policy()).findings)


@pytest.fixture(scope="module")
def plan_files():
    return list(plans())


def test_excel_has_nothing_to_repair_in_any_workbook(plan_files, tmp_path):
    for made in (plan_files, comparisons(), inputs(tmp_path)):
        for number, content in enumerate(made):
            assert (number, list(faults(content))) == (number, [])


@pytest.mark.parametrize(
    ("part", "was", "now", "fault"),
    [
        ("xl/tables/table1.xml", rb' id="1"', b' id="2"', "shares its number"),
        ("xl/tables/table1.xml", rb'(<tableColumn [^>]*name=")', rb"\1x", "are not the cells'"),
        ("xl/workbook.xml", rb'name="total_pupils"', b'name="A1"', "no legal name"),
        ("xl/workbook.xml", rb'name="total_pupils"', b'name="total_grants"', "is there twice"),
        ("xl/worksheets/sheet1.xml", rb"<f>", b"<f>XLOOKUP(1,A1,A2)+", "no function of Excel 2016: XLOOKUP"),
        ("xl/worksheets/sheet1.xml", rb"<oddFooter>", b"<oddFooter>" + b"x" * 256, "no oddFooter that prints"),
        ("xl/worksheets/sheet1.xml", rb"<mergeCells", b"<dataValidations/><mergeCells", "parts are out of order"),
        ("[Content_Types].xml", rb"/xl/styles.xml", b"/xl/style.xml", "is typed but missing"),
    ],
)
def test_the_proof_sees_a_fault(plan_files, part, was, now, fault):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plan_files[0])) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(was, now, old.read(name), count=1) if name == part else old.read(name))
    assert any(fault in found for found in faults(stream.getvalue()))
