"""The board's paper: its figures are the plan's, its text stays text, it is a sound Word file of about five pages."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import docx
import pytest
from pages import demonstration_document, demonstration_plan
from test_web_decide import closed, declare, opened, page_of
from websites import HERE, a_site

from planner.effects import grant_change, half_days_change
from planner.export.board_paper import About, Talk, board_paper
from planner.export.plan_facts import Facts
from planner.need import world_of
from planner.words import change, most_points, pounds, pounds_change
from web.command_line import main

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MARKS = {"fingerprint": "f" * 64, "inputs_sha256": "a" * 64, "policy_sha256": "b" * 64}
DRAFT = About(plan_name="Plan 1", word="Shadow", sentence="No money is attached to it.", is_decided=False)
HOSTILE = (
    '=HYPERLINK("http://x")', "{ INCLUDETEXT c:\\x }", "\x13 PAGE \x15", '<w:fldSimple w:instr="DDEAUTO c:\\x"/>', "]]>&amp;<b>", "\ud800\x00\ufffe",
    "a\tb\nc\x0bd", "{{ x }} {% y %}",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        site.app.config["WTF_CSRF_ENABLED"] = False
        yield site


def read(content):
    return docx.Document(io.BytesIO(content))


def text_of(document):
    body = "\n".join("".join(run.itertext()) for run in document.element.body.iter(f"{W}p"))
    return body.replace("\u2060", "")


def tables_of(document):
    """Caption -> rows of texts."""
    captions = [p.text.partition(". ")[2] for p in document.paragraphs if p.style.name == "Caption"]
    rows = ([[cell.text for cell in row.cells] for row in table.rows] for table in document.tables)
    return dict(zip(captions, rows, strict=True))


def table_of(document, begins):
    return next(rows for caption, rows in tables_of(document).items() if caption.startswith(begins))


@pytest.fixture(scope="module")
def paper():
    return read(board_paper(demonstration_plan().facts, DRAFT, **MARKS))


def test_every_schools_figures_are_the_plans_to_the_pound_biggest_changes_first(paper):
    ledgers = {x.school.name: x for x in demonstration_plan().facts.ledgers}
    _, *rows, total = table_of(paper, "Every school beside last year")
    assert {row[0] for row in rows} == set(ledgers)
    for name, *figures in rows:
        x = ledgers[name]
        assert figures == [
            pounds(x.last_year_grant_pounds), pounds(x.grant_pounds), pounds_change(grant_change(x)),
            f"{x.last_year_sessions:,}", f"{x.own_sessions:,}", change(half_days_change(x)),
        ]  # fmt: skip
    sizes = [abs(grant_change(ledgers[row[0]])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert total[2] == pounds(sum(x.grant_pounds for x in ledgers.values()))


def test_counts_options_and_lines_are_those_of_pages_and_workbook(paper):
    facts = demonstration_plan().facts
    here = facts.standing
    assert table_of(paper, "Quality standards")[1] == [
        f"{n:,}" for n in (here.standards, here.met, here.partly_met, here.under_half, here.out_of_reach)
    ]
    ways = table_of(paper, "Ways to share")[1:]
    assert [row[1:5] for row in ways] == [
        [
            f"{w.standing.met:,}",
            f"{w.standing.under_half:,}",
            most_points(w.standing.shortfall_points),
            pounds(sum(w.amounts.grants.values())),
        ]
        for w in facts.ways
    ]
    said = text_of(paper)
    assert all(facts.lines[n] in said for n in (2, 3, 4, 6))


def test_effects_are_those_of_the_effects_page(site, paper):
    decision_id = opened(site)
    page = site.browser("head").get(page_of(decision_id, f"/plans/{HERE}/effects")).text
    shown = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)]
    for row in table_of(paper, "By need")[1:]:
        assert " ".join(row).replace("&", "&amp;") in shown
    groups = table_of(paper, "By phase")[1:-1]
    assert groups
    for _, name, many, more, less, grants, percent, times, times_percent in groups:
        assert any(
            line.startswith(f"{name} {many} {more} {less} {grants} {percent}") and line.endswith(f"{times} {times_percent}")
            for line in shown
        )


def test_what_a_protection_costs_is_what_a_share_by_formula_leaves_below_it(paper):
    facts = demonstration_plan().facts
    formula = next(b.amounts for b in facts.plan.baselines if b.name == "formula")
    last = {x.school.urn: x.last_year_grant_pounds for x in facts.ledgers}
    granted = {urn: sum(n for (to, _), n in formula.grants.items() if to == urn) for urn in last}
    below = [
        least - granted[urn]
        for urn, n in last.items()
        if (least := n * (100 + facts.policy.board.money_floor_now_percent) / 100) > granted[urn]
    ]
    assert below
    row = next(row for row in table_of(paper, "The board's and heads'") if row[0].startswith("No school's grant falls below"))
    assert row[2] == f"Would leave {len(below)} school{'s' * (len(below) != 1)} {pounds(-(-sum(below) // 1))} below it."
    assert row[1].startswith("Kept. It keeps £")
    assert "anyone can have it made" in text_of(paper)
    assert "planner values" not in text_of(paper)


def test_it_has_real_headings_repeated_table_heads_a4_pages_and_their_numbers(paper):
    headings = [p.text for p in paper.paragraphs if p.style.name == "Heading 1"]
    assert [heading.partition(".")[0] for heading in headings[:10]] == [str(n) for n in range(1, 11)]
    section = paper.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    for table in paper.tables:
        assert table.rows[0]._tr.trPr.find(f"{W}tblHeader") is not None
        assert table._tbl.tblPr.find(f"{W}tblDescription") is not None
    assert "SHADOW: NOT DECIDED" in section.header.paragraphs[0].text
    foot = section.footer.paragraphs[0]
    assert "f" * 16 in foot.text
    assert "not for publication" in foot.text
    assert [field.get(f"{W}instr") for field in foot._p.iter(f"{W}fldSimple")] == ["PAGE", "NUMPAGES"]
    assert "RECOMMENDATION" in paper.element.body.find(f"{W}sdt/{W}sdtPr/{W}alias").get(f"{W}val").upper()


def test_text_from_people_becomes_no_field_link_or_markup():
    facts = demonstration_plan().facts
    p = facts.partnership
    schools = tuple(replace(s, name=HOSTILE[n % len(HOSTILE)]) for n, s in enumerate(p.schools))
    p = replace(p, name="".join(HOSTILE), council=HOSTILE[1], schools=schools, bases=tuple(replace(b, name=HOSTILE[3]) for b in p.bases))
    said = tuple((bad, bad) for bad in HOSTILE)
    talk = Talk(
        title=HOSTILE[3], state=HOSTILE[1], asked=HOSTILE, rules=said, interests=said, comments=said, vote=HOSTILE, dissent=said, next_steps=HOSTILE,
    )  # fmt: skip
    content = board_paper(Facts(facts.plan, world_of(p, facts.policy)), replace(DRAFT, talk=talk, certificate=HOSTILE[3]), **MARKS)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                root = ET.fromstring(packed.read(name))
                fields = [e.get(f"{W}instr") for e in root.iter(f"{W}fldSimple")]
                assert fields in ([], ["PAGE", "NUMPAGES"]), name
                assert not list(root.iter(f"{W}hyperlink")) + list(root.iter(f"{W}instrText")) + list(root.iter(f"{W}fldChar"))
                assert not [e for e in root.iter() if e.get("TargetMode") == "External"]
    assert '<w:fldSimple w:instr="DDEAUTO c:\\x"/>' in text_of(read(content))


def test_the_same_plan_makes_the_same_file():
    facts = demonstration_plan().facts
    assert board_paper(facts, DRAFT, **MARKS) == board_paper(facts, DRAFT, **MARKS)


def test_the_command_writes_it_and_refuses_to_write_over_the_plan(tmp_path, capsys):
    plan, out = tmp_path / "plan.json", tmp_path / "paper.docx"
    plan.write_text(json.dumps(demonstration_document()), encoding="utf-8")
    assert main(["paper", str(plan), "--out", str(out)]) == 0
    assert "Written" in capsys.readouterr().out
    document = read(out.read_bytes())
    assert "DRAFT: NOT DECIDED" in document.sections[0].header.paragraphs[0].text
    assert "No decision has been opened" in text_of(document)
    assert main(["paper", str(plan), "--out", str(plan)]) == 1


def get(site, who, path="", **query):
    return site.browser(who).get(site.plan("/paper.docx") + path, query_string=query)


def test_on_the_pages_it_carries_what_was_said_and_votes_only_once_they_are_closed(site):
    decision_id = opened(site)
    declare(site, decision_id, "board", schools="none")
    site.browser("board").post(page_of(decision_id, "/comments"), data={"about": "", "text": "Is <b>this</b> enough?"})
    answer = get(site, "head", decision=decision_id)
    assert answer.status_code == 200
    assert answer.mimetype.endswith("wordprocessingml.document")
    assert answer.headers["Content-Disposition"].endswith("-paper.docx")
    said = text_of(read(answer.data))
    assert "Is <b>this</b> enough?" in said
    assert "SHADOW" in read(answer.data).sections[0].header.paragraphs[0].text
    assert f'paper.docx?decision={decision_id}"' in site.browser("head").get(page_of(decision_id)).text

    number = closed(site)
    for who, reads_votes in (("board", True), ("service-manager", False)):
        said = text_of(read(get(site, who, decision=number).data))
        assert "is carried" in said
        assert ("<b>Not</b> & never" in said) == reads_votes, who


def test_of_the_newest_decision_where_none_is_named_and_of_no_other_plans(site):
    newest = opened(site)
    assert f"Decision {newest}" in text_of(read(get(site, "chair").data))
    assert get(site, "chair", decision=9999).status_code == 404
    assert get(site, "chair", decision="x").status_code == 404
    assert site.plan("/paper.docx") in site.browser("head").get(site.plan("/downloads")).text


@pytest.mark.slow
def test_it_opens_in_libreoffice_on_about_five_pages(tmp_path):
    soffice, pdfinfo = shutil.which("soffice"), shutil.which("pdfinfo")
    if soffice is None or pdfinfo is None:
        pytest.skip("soffice or pdfinfo not found: install libreoffice-writer-nogui and poppler-utils to count the pages of the paper")
    (tmp_path / "paper.docx").write_bytes(board_paper(demonstration_plan().facts, DRAFT, **MARKS))
    made = subprocess.run(
        [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "paper.docx")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if "no export filter" in made.stderr or "could not be loaded" in made.stderr:
        pytest.skip("this LibreOffice has no Writer: install libreoffice-writer-nogui to count the pages of the paper")
    told = subprocess.run([pdfinfo, str(tmp_path / "paper.pdf")], capture_output=True, text=True, check=True).stdout
    assert 4 <= int(re.search(r"Pages:\s+(\d+)", told)[1]) <= 6
