"""Text from people never becomes a formula: hostile texts in every field of everything that is written for a spreadsheet."""

import csv
import io
import itertools
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from builders import the_pack
from drawn import MARK, hostile, reworded, seems_a_formula
from test_intake import full_partnership
from test_plan_workbook import AMOUNTS, MARKS, a_partnership

from planner.compare import Side, compare
from planner.errors import InputMustBeMended
from planner.export.compare_workbook import compare_workbook
from planner.export.csv_file import csv_bytes
from planner.export.marked_copy import marked_copy
from planner.export.partnership_workbook import write_partnership_csv, write_partnership_workbook
from planner.export.plan_facts import Facts
from planner.export.plan_workbook import plan_workbook
from planner.export.tables import Book, text_column
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.intake.sheets import SHEETS, Kind
from planner.need import world_of
from planner.plan import Amounts, Baseline, Ending, Plan
from planner.plan import Level as Objective
from planner.policy import policy_from_document
from web.plans.files import tables_of as tables_of_plan
from web.plans.files import tables_zip
from web.shelf import KeptPlan

RUNS = re.compile(rb"<(?:\w+:)?(?:f|formula|formula1|formula2|definedName|oleLink|ddeLink)(?:\s[^>]*)?>(.*?)</", re.DOTALL)
"""What a spreadsheet runs."""
HEADER = re.compile(rb"<(?:odd|even|first)Header>(.*?)</", re.DOTALL)


def is_harmless(content):
    """No text of ours stands where a spreadsheet would run it, follow it or read codes in it; returns how many hostile texts it holds."""
    said = 0
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            part = parts.read(name)
            said += part.count(MARK.encode())
            assert not name.startswith(("xl/externalLinks/", "xl/connections", "xl/queryTables/")), name
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in part, name
                assert MARK.encode() not in part, name
            if name.endswith(".xml"):
                assert [run for run in RUNS.findall(part) if MARK.encode() in run.lower()] == [], name
                for header in HEADER.findall(part):
                    codes = header.replace(b"&amp;&amp;", b"").count(b"&amp;")
                    assert codes <= 2, (name, header)  # its place and its size
    for page in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        for row in page.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and MARK in cell.value:
                    assert cell.data_type == "s", (page.title, cell.coordinate, cell.value)
                    assert cell.quotePrefix or not seems_a_formula(cell.value), (page.title, cell.coordinate, cell.value)
    return said


def is_harmless_csv(content):
    """No cell that a spreadsheet would take for a formula; a number is none."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    for cell in itertools.chain.from_iterable(rows):
        if seems_a_formula(cell):
            float(cell)
    return sum(MARK in cell for cell in itertools.chain.from_iterable(rows))


class Texts:
    """The hostile texts one after another, so that in many rounds each stands in every field."""

    def __init__(self, texts):
        self.texts, self.next = texts, 0

    def __call__(self):
        self.next += 1
        return self.texts[self.next % len(self.texts)]


def few_standards():
    """The standards of the pack that the plan made by hand is about."""
    return [s for s in the_pack()["standards"] if s["id"] in {"place_asd_primary", "slt_programme_primary", "small_group_tuition_primary"}]


def hostile_policy(text):
    """The pack with few standards and other words wherever a policy holds words."""
    words = {"title", "name", "short", "evidence", "step_up", "source", "date", "unit"}

    def changed(node):
        if isinstance(node, dict):
            return {k: text() if k in words and isinstance(v, str) else changed(v) for k, v in node.items()}
        return [changed(one) for one in node] if isinstance(node, list) else node

    return policy_from_document(changed({**the_pack(), "standards": few_standards()}))


def hostile_plan(text):
    """A plan on hostile names, under a policy of hostile words: its amounts follow their names."""
    query = full_partnership().queries[0]
    p, names = reworded(a_partnership(queries=(replace(query, urn=900001),), accountable_body="x", lead_school_urn=900001), text)

    def of(about, old):
        return names.get((about, old), old)

    def cell(old):
        recipient, _, standard = old.rpartition(":")
        return f"{of('zone', recipient)}:{standard}"

    amounts = Amounts(
        grants={(urn, of("fund", f)): n for (urn, f), n in AMOUNTS.grants.items()},
        spending={(of("fund", f), year, use): n for (f, year, use), n in AMOUNTS.spending.items()},
        pots={(of("fund", f), h): n for (f, h), n in AMOUNTS.pots.items()},
        sessions={(of("zone", r), of("service", s)): n for (r, s), n in AMOUNTS.sessions.items()},
        base_sizes={of("base_id", b): n for b, n in AMOUNTS.base_sizes.items()},
        places={(of("base_id", b), cell(c)): n for (b, c), n in AMOUNTS.places.items()},
        need_met={cell(c): n for c, n in AMOUNTS.need_met.items()},
    )
    plan = Plan(
        amounts=amounts, ending=Ending.WITHIN_GAP, bound_points=1.0, engine=text(), seconds=0.5,
        levels=(Objective(name=text(), achieved_points=2.0, bound_points=1.0, tolerance_points=0.1, seconds=0.4, nodes=3),),
        baselines=(Baseline(name=text(), title=text(), amounts=replace(amounts, sessions={}, need_met={}), rules_broken=("money_floor",)),),
    )  # fmt: skip
    return plan, world_of(p, hostile_policy(text))


def plan_files(text):
    """Everything of a plan that a spreadsheet opens: its workbook, it beside another way, its tables as CSVs."""
    plan, world = hostile_plan(text)
    facts = Facts(plan, world)
    yield plan_workbook(facts, **MARKS, standing=text())
    sides = [Side(name=text(), world=world, amounts=plan.baselines[0].amounts), Side(name=text(), world=world, amounts=plan.amounts)]
    yield compare_workbook(compare(sides))
    yield tables_zip(tables_of_plan(KeptPlan(partnership_id=1, plan_id=1, run_id=1, made_at=0, facts=facts, **MARKS)))


def partnership_files(text, folder):
    """Everything of a partnership that a spreadsheet opens: its workbook, that marked, its CSVs."""
    p, _ = reworded(full_partnership(), text)
    write_partnership_workbook(p, folder / "p.xlsx", notes=(text(),))
    content = (folder / "p.xlsx").read_bytes()
    yield content
    finding = PlacedFinding(level=Level.LOOK_AT, sheet="Funds", row=2, column=text(), what=text(), mend=text(), cell="B2", written=text())
    yield marked_copy(content, text(), (finding, replace(finding, sheet=text())))
    write_partnership_csv(p, folder)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for path in sorted(folder.glob("*.csv")):
            packed.write(path, path.name)
    yield stream.getvalue()


def count_harmless(content):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if "[Content_Types].xml" not in parts.namelist():
            return sum(is_harmless_csv(parts.read(name)) for name in parts.namelist())
    return is_harmless(content)


def rounds(count, number, folder):
    """So many rounds of everything that is written, over so many hostile texts."""
    of_partnership, of_plan = Texts(hostile(number)), Texts(hostile(number))
    for n in range(count):
        # A step that shares no factor with the number of texts, so that a field meets others in every round.
        of_partnership.next, of_plan.next = n * 37, n * 37
        for content in (*partnership_files(of_partnership, folder), *plan_files(of_plan)):
            assert count_harmless(content) > 5, "the texts did not arrive"


@pytest.fixture
def _without_addresses(monkeypatch):
    monkeypatch.setattr("web.plans.presenters.frame.url_for", lambda *_, **__: "/")


@pytest.mark.usefixtures("_without_addresses")
def test_text_of_people_never_becomes_a_formula(tmp_path):
    assert sum(column.kind in {Kind.TEXT, Kind.ID} for sheet in SHEETS for column in sheet.columns) > 40
    rounds(1, 40, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("_without_addresses")
def test_forty_rounds_of_everything_over_a_thousand_texts(tmp_path):
    rounds(40, 1000, tmp_path)


def test_a_thousand_texts_in_one_column_each_way():
    texts = hostile(1000)
    assert len(set(texts)) == 1000
    book = Book(banner="", footer="")
    book.page("Texts", "t", "n").table([text_column("text", "Text", 20)], [{"text": text} for text in texts])
    assert is_harmless(book.to_bytes()) >= 1000
    assert is_harmless_csv(csv_bytes([text] for text in texts)) == 1000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_thousand_texts_in_every_column_of_a_partnership(tmp_path):
    """Each sheet of 250 rows, four times, so that a column of text holds each of the texts once."""
    full = full_partnership()
    for n in range(4):
        text = Texts(hostile(1000)[250 * n : 250 * n + 250])
        many = {s.attribute: getattr(full, s.attribute)[:1] * 250 for s in SHEETS if s.attribute}
        held = set()
        for sheet in SHEETS:
            records = many.get(sheet.attribute, (full,))
            changes = [{c.field: (text.texts[row]) for c in sheet.columns if c.kind in {Kind.TEXT, Kind.ID}} for row in range(len(records))]
            many[sheet.attribute] = tuple(replace(one, **change) for one, change in zip(records, changes, strict=True))
            held |= {(sheet.name, field) for field in changes[0]}
        assert len(held) > 40
        whole = replace(many.pop("")[0], **many)
        write_partnership_workbook(whole, tmp_path / "p.xlsx")
        assert is_harmless((tmp_path / "p.xlsx").read_bytes()) >= 250
        write_partnership_csv(whole, tmp_path)
        assert sum(is_harmless_csv(path.read_bytes()) for path in tmp_path.glob("*.csv")) >= 250 * (len(held) - 5)


def test_the_proof_sees_a_formula_that_a_text_became(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = f"=1+{MARK}"
    workbook.save(tmp_path / "p.xlsx")
    with pytest.raises(AssertionError):
        is_harmless((tmp_path / "p.xlsx").read_bytes())
    for cell in ("=1", "@x", "\u200b=1", "＝1", " +x"):
        with pytest.raises(ValueError, match="could not convert"):
            is_harmless_csv(f"a,{cell}\r\n".encode())


def test_the_id_of_a_standard_cannot_break_out_of_its_check():
    evil = f'a"&WEBSERVICE("http://127.0.0.1:1/{MARK}")&"*'
    pack = the_pack()
    standards = [{**s, "id": evil} if s["id"] == "slt_programme_primary" else s for s in few_standards()]
    try:
        policy = policy_from_document({
            **pack, "standards": standards, "board": {**pack["board"], "standard_floors": {evil: 1}}, "rules": {**pack["rules"], "standard_floor": True},
        })  # fmt: skip
    except InputMustBeMended:
        return
    world = world_of(a_partnership(), policy)
    renamed = {c.replace("slt_programme_primary", evil): n for c, n in AMOUNTS.need_met.items()}
    plan = Plan(
        amounts=replace(AMOUNTS, need_met=renamed),
        ending=Ending.WITHIN_GAP,
        bound_points=1.0,
        engine="x",
        seconds=0.5,
        levels=(),
        baselines=(),
    )
    assert count_harmless(plan_workbook(Facts(plan, world), **MARKS)) > 0
