"""Every table of a plan's workbook as CSV and JSON: the same names, the same figures, each column documented."""

import csv
import datetime as dt
import functools
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from pages import demonstration_document, demonstration_plan, fair_world

from planner import partnership as nouns
from planner.documents import check_document
from planner.export.plan_facts import Facts
from planner.export.plan_tables import counted_in, headings, plan_tables, tables_csv, tables_json, tables_zip, write_tables_csv
from planner.export.plan_workbook import plan_book
from planner.export.tables import Book, Column
from planner.need import world_of
from planner.plan import Roster, RosterRow
from planner.policy import with_changes
from planner.supply import sizes_of
from web import command_line

ROOT = Path(__file__).parent.parent
MARKS = {"fingerprint": "f1" * 32, "inputs_sha256": "a2" * 32, "policy_sha256": "b3" * 32}
BAD = '=HYPERLINK("http://x","y")'


@functools.cache
def everything():
    """The demonstration with every table and column that a workbook may have; no plan that keeps the rules."""
    kept, world = demonstration_plan(), fair_world()
    p = world.partnership
    urn, person = p.schools[0].urn, p.people[0]
    query = nouns.DataQuery(query_id="Q1", urn=urn, sheet="Schools", column="FSM6 pupils", was="16", now="61", outcome="upheld", note=BAD)
    bases = tuple(base if base.is_open else replace(base, opens_in_half_term=4) for base in p.bases)
    schools = tuple(replace(school, name=f"{BAD}{school.urn}") for school in p.schools)
    there = world_of(replace(p, schools=schools, queries=(query,), bases=bases), with_changes(world.policy, {"bases.lead_in_months": 2}))
    amounts = replace(kept.facts.amounts, base_sizes={base.base_id: max(sizes_of(base)) for base in bases})
    rows = (RosterRow(person_id=person.person_id, recipient=str(urn), service_id=person.service_id, half_term=1, half_days=3),)
    return Facts(replace(kept.facts.plan, amounts=amounts, roster=Roster(rows=rows)), there)


@functools.cache
def found():
    return plan_tables(everything(), **MARKS)


@functools.cache
def as_json():
    return {table["name"]: table for table in json.loads(tables_json(found()))["tables"]}


@functools.cache
def as_csv():
    return {name.removesuffix(".csv"): rows_of(content) for name, content in tables_csv(found()).items()}


def rows_of(content):
    assert content.startswith(b"\xef\xbb\xbf"), "Excel opens it as UTF-8"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_data(value):
    """A value of the workbook as JSON holds it: dates in words of ISO."""
    return value.date().isoformat() if isinstance(value, dt.datetime) else value


def in_csv(value):
    """A value of the workbook as a CSV must hold it."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "'", "\t")):
        return f"'{value}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).upper() if isinstance(value, bool) else str(value)


def test_csv_and_json_hold_what_the_tables_of_the_workbook_hold():
    book = plan_book(everything(), **MARKS)
    shown = openpyxl.load_workbook(io.BytesIO(book.to_bytes()), data_only=True)
    assert list(as_json()) == [table.name for table in book.tables()] == [name for name in as_csv() if name not in {"About", "Columns"}]
    assert {table.sheet for table in book.tables()} == set(shown.sheetnames) - {"Charts"}
    seen = 0
    for table in book.tables():
        sheet, data, lines = shown[table.sheet], as_json()[table.name], as_csv()[table.name]
        keys = [column["key"] for column in data["columns"]]
        assert len(data["rows"]) == len(lines) - 1 == len(table.rows)
        for number, (row, line) in enumerate(zip(data["rows"], lines[1:], strict=True), start=table.first):
            cells = [as_data(sheet.cell(number, column).value) for column in range(1, len(keys) + 1)]
            assert [row[key] for key in keys] == cells, (table.name, number)
            assert line == [in_csv(cell) for cell in cells], (table.name, number)
            seen += sum(isinstance(cell, int | float) for cell in cells)
        heads = [str(sheet.cell(table.first - 1, column).value or "") for column in range(1, len(keys) + 1)]
        # A workbook may number headings that are the same.
        assert all(re.sub(r" \(\d+\)$", "", head) in words for head, words in zip(heads, lines[0], strict=True))
    assert seen > 2_500


def test_every_table_on_a_sheet_is_there_once_by_a_name_a_file_may_have():
    names = list(as_json())
    assert len(set(names)) == len(names)
    for name in names:
        assert not re.search(r'[\\/:*?"<>|]', name)
        lines = as_csv()[name]
        assert len(set(lines[0])) == len(lines[0]), name
        assert lines[0] == [column["heading"] for column in as_json()[name]["columns"]]


def test_a_table_that_is_added_to_a_workbook_appears_by_itself():
    book = Book(banner="", footer="")
    page = book.page("New", "A new sheet", "")
    columns = [Column(key="a", heading="Figure"), Column(key="b", heading="Figure"), Column(key="c", heading="Figure", band="Other")]
    page.table(columns, [{"a": 1, "b": None, "c": " x "}])
    page.heading("Below")
    page.table([Column(key="a", heading="A", is_summed=True)], [])
    assert [(table.name, table.rows) for table in book.tables()] == [("New", ((1, None, "x"),)), ("New - Below", ())]
    assert headings(columns) == ["Figure (a)", "Figure (b)", "Other: Figure"]


def test_which_plan_it_is_stands_beside_the_tables():
    about = {line["what"]: line["words"] for line in json.loads(tables_json(found()))["about"]}
    assert about["Fingerprint"] == MARKS["fingerprint"]
    assert "not for publication" in about["Copy"]
    assert as_csv()["About"][1:] == [[what, in_csv(words)] for what, words in found().about]


def test_text_never_becomes_a_formula():
    cells = [cell for rows in as_csv().values() for row in rows for cell in row]
    assert f"'{everything().partnership.schools[0].name}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert not [cell for cell in cells if cell.startswith("-") and not re.fullmatch(r"-[\d.]+", cell)]


# --- documented --------------------------------------------------------------------------------


EACH = {
    ("Schools", "fund"): "fund that pays grants", ("Schools", "own"): "service planned for schools", ("Schools", "rare"): "service planned for zones",
    ("Need - Expected pupils, and what is recorded", "need"): "primary need", ("Baselines - By school", "grant"): "way to share, the plan first",
    ("Baselines - By school", "own"): "way to share, the plan first",
}  # fmt: skip
"""(Table, start of the key) -> what there is one such column for."""


def documented(table):
    """What docs/formats.md must say of a table, one line for each column or each kind of column."""
    lines = {}
    for column, heading in zip(table.columns, headings(table.columns), strict=True):
        each = next(
            (words for (name, start), words in EACH.items() if name == table.name and re.match(f"{start}_([0-9]+|[A-Z]+)$", column.key)), ""
        )
        key = f"{column.key.rpartition('_')[0]}_..." if each else column.key
        words = f"one for each {each}: {heading}" if each else heading
        lines.setdefault(key, f"| `{key}` | {words} | {counted_in(table, column)} | {column.help or '-'} |".replace("\n", " "))
    return list(lines.values())


def test_every_column_is_documented_and_every_documented_column_is_there():
    text = (
        (ROOT / "docs" / "formats.md")
        .read_text(encoding="utf-8")
        .partition("\n## The tables of a plan, CSV and JSON\n")[2]
        .partition("\n## ")[0]
    )
    said = {}
    for section in text.split("\n### ")[1:]:
        name, _, rest = section.partition("\n")
        said[name] = [line for line in rest.splitlines() if line.startswith("| `")]
    assert said == {table.name: documented(table) for table in found().tables}


def main():
    """Print what docs/formats.md must say of every table."""
    for table in found().tables:
        print(f"### {table.name}\n\n| key | heading | counted in | what it is |\n|---|---|---|---|", *documented(table), "", sep="\n")


def test_every_number_says_what_it_counts():
    bare = [f"{table.name}: {column.key}" for table in found().tables for column in table.columns if counted_in(table, column) == "number"]
    assert bare == [], "say so in planner/export/plan_tables.py"


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def plan_path(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(demonstration_document()), encoding="utf-8")
    return path


def test_the_command_writes_a_folder_or_a_zip_and_a_document(plan_path, tmp_path, capsys):
    folder, packed, out = tmp_path / "tables", tmp_path / "tables.zip", tmp_path / "tables.json"
    assert command_line.main(["export", str(plan_path), "--csv", str(packed), "--json", str(out)]) == 0
    assert capsys.readouterr().out.count("Written: ") == 2
    write_tables_csv(found(), folder)
    with zipfile.ZipFile(packed) as archive:
        assert "Schools.csv" in archive.namelist()
    with zipfile.ZipFile(io.BytesIO(tables_zip(found()))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {path.name: path.read_bytes() for path in folder.iterdir()}
    document = json.loads(out.read_text(encoding="utf-8"))
    plan, world = check_document(demonstration_document())
    (schools,) = [table["rows"] for table in document["tables"] if table["name"] == "Schools"]
    assert sum(row["grant"] for row in schools) == sum(plan.amounts.grants.values())
    assert len(schools) == len(world.partnership.schools)


def test_the_command_refuses_with_a_sentence(plan_path, tmp_path, capsys):
    (tmp_path / "a file").write_text("mine", encoding="utf-8")
    for wrong, why in (
        ((), "Say where to"),
        (("--csv", tmp_path / "a file"), "name"),
        (("--csv", tmp_path / "no" / "where"), "name"),
        (("--json", plan_path), "name"),
        (("--json", tmp_path), "name"),
        (("--json", tmp_path / "x.zip", "--csv", tmp_path / "x.zip"), "name"),
    ):
        assert command_line.main(["export", str(plan_path), *map(str, wrong)]) == 1
        assert why in capsys.readouterr().err
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "mine"


if __name__ == "__main__":
    main()
