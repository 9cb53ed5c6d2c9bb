"""A plan's workbook that comes back: unchanged it is the plan, each changed cell is told, and a plan made by hand is audited."""

import io
import json
import re
from dataclasses import replace
from itertools import cycle
from random import Random

import openpyxl
import pytest
from builders import a_world, random_world
from pages import demonstration_document, document_of
from test_hostile_text import hostile

from optimisation import baselines, hand_made
from optimisation.hand_made import audit_by_hand
from planner.documents import check_document, plan_from_document
from planner.errors import InputMustBeMended, SolverFault
from planner.export import read_back as reading_back
from planner.export.by_hand_words import need_line
from planner.export.last_year import read_last_year, with_last_year
from planner.export.not_read_back import USES, grids_of_book
from planner.export.plan_facts import Facts
from planner.export.plan_grids import whole_number
from planner.export.plan_workbook import plan_book, plan_workbook
from planner.export.read_back import read_back
from planner.export.tables import DAY, SHARE, Book, Column, Formula, text_column
from planner.intake.findings import Level
from planner.intake.format_versions import FORMAT_HEADING
from planner.intake.reading import formula_cells, grids_of
from planner.partnership import LastYear
from web.command_line import main

KINDS = ("grants", "sessions", "base_sizes", "places", "spending", "pots", "carried")


def written(document):
    """A plan's workbook, and its facts."""
    facts = Facts(*plan_from_document(document))
    return plan_workbook(facts, fingerprint=document["fingerprint"], inputs_sha256="", policy_sha256=""), facts


@pytest.fixture(autouse=True, scope="module")
def _made_once():
    """A plan's workbook as the planner would write it is made once for all that come back."""
    made = {}

    def kept(facts, **marks):
        key = (facts.partnership, marks["standing"])
        if key not in made:
            made[key] = plan_book(facts, **marks)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading_back, "plan_book", kept)
        yield


@pytest.fixture(scope="module")
def document():
    return document_of(a_world())


@pytest.fixture(scope="module")
def book(document):
    return written(document)


@pytest.fixture(scope="module")
def demonstration():
    document = demonstration_document()
    return document, *written(document)


class Edit:
    """A workbook open for changes; cells are found by their sheet, heading and a word of their row."""

    def __init__(self, content):
        self.book = openpyxl.load_workbook(io.BytesIO(content))

    def cell(self, sheet, heading, *words, nth=0):
        """The nth cell under a heading whose row holds all these words."""
        page = self.book[sheet]
        found = []
        for start, row in enumerate(page.iter_rows(), start=1):
            at = [c.column for c in row if c.value == heading]
            if not at:
                continue
            for below in page.iter_rows(min_row=start + 1):
                texts = {str(c.value) for c in below if c.value is not None}
                if not texts:
                    break
                if set(map(str, words)) <= texts:
                    found.append(page.cell(below[0].row, at[0]))
        return found[nth]

    def write(self, sheet, heading, value, *words):
        """Change one cell; its address."""
        cell = self.cell(sheet, heading, *words)
        cell.value = value
        return cell.coordinate

    def content(self):
        """The file as it now is: openpyxl keeps no figures of formulas, as a program that does not work them out."""
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()


def back(content, document, facts):
    return read_back("edited.xlsx", content, facts, fingerprint=document["fingerprint"])


def without_noughts(amounts):
    return {kind: {key: n for key, n in getattr(amounts, kind).items() if n} for kind in KINDS}


# --- unchanged -------------------------------------------------------------------------------


def comes_back_equal(seed):
    document = document_of(random_world(Random(seed)))
    content, facts = written(document)
    read = back(Edit(content).content(), document, facts)
    assert (read.changes, read.findings) == ((), ())
    assert without_noughts(read.amounts) == without_noughts(facts.amounts)


@pytest.mark.parametrize("seed", range(6))
def test_a_workbook_that_nobody_changed_is_the_plan(seed):
    comes_back_equal(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 56))
def test_fifty_workbooks_that_nobody_changed_are_their_plans(seed):
    comes_back_equal(seed)


def as_in_its_file(book):
    """A book's sheets in memory are those of its file, and its formulas stand where the file has them."""
    content = book.to_bytes()
    ours = {
        title: [row[: max((i for i, text in enumerate(row, start=1) if text), default=0)] for row in grid]
        for title, grid in grids_of_book(book).items()
    }
    theirs = grids_of("plan.xlsx", content)
    assert {title: ours[title][: len(grid)] for title, grid in theirs.items()} == theirs
    assert not any(row for title, grid in theirs.items() for row in ours[title][len(grid) :])
    assert formula_cells("plan.xlsx", content, set(theirs)) == {title: frozenset(book.values[title]) for title in theirs}


def test_a_book_in_memory_says_what_its_file_says():
    numbers = (0, -12, 0.1 + 0.2, 1 / 3, 2 / 3, 1e15, 1.5e-9, 123_456_789.123_456_78, 46_000)
    rows = [{"text": text, "day": 46_000, "share": 0.285, "number": n} for text, n in zip(hostile(400), cycle(numbers))]
    rows += [
        {"text": Formula(f'="{n}"', said), "day": Formula("=1", 46_000), "share": Formula("=1", 2 / 3), "number": Formula("=1", said)}
        for n, said in enumerate((True, False, "", " two\nlines ", "<&>", 0.1 + 0.2, 7))
    ]
    book = Book(banner="", footer="")
    columns = (
        text_column("text", "Text", 20),
        Column(key="day", heading="Day", look=DAY),
        Column(key="share", heading="Share", look=SHARE),
    )
    book.page("Odd", "t", "n").table([*columns, Column(key="number", heading="Number", band="Band", is_summed=True)], rows)
    as_in_its_file(book)


def test_a_plans_book_in_memory_says_what_its_file_says(document):
    as_in_its_file(plan_book(Facts(*plan_from_document(document)), fingerprint="f", inputs_sha256="", policy_sha256=""))


# --- each kind of cell -----------------------------------------------------------------------


@pytest.mark.slow
def test_every_kind_of_amount_is_read_where_it_stands(demonstration):
    document, content, facts = demonstration
    p, amounts = facts.partnership, facts.amounts
    (urn, fund_id), grant = next(iter(amounts.grants.items()))
    fund = next(f for f in p.funds if f.fund_id == fund_id)
    zone, zoned = next(key for key in amounts.sessions if not key[0].isdigit())
    base_id, size = next((b, n) for b, n in amounts.base_sizes.items() if n)
    place_base, cell_id = next(key for key, n in amounts.places.items() if n)
    standard = facts.policy.standard(cell_id.rpartition(":")[2]).name
    (paying, year, use), paid = next((key, n) for key, n in amounts.spending.items() if n)
    pot_fund, half_term = next(key for key, n in amounts.pots.items() if n)
    edit = Edit(content)
    at = {
        ("grants", (urn, fund_id)): edit.write("Schools", f"Grant: {fund.name}", grant + 1_200, urn),
        ("sessions", (zone, zoned)): edit.write("Time", "Half-days", "1", zone, zoned),
        ("base_sizes", base_id): edit.write("Bases", "Planned places", size + 2, base_id),
        ("places", (place_base, cell_id)): edit.write("Bases", "Places given", 0, place_base, cell_id.rpartition(":")[0], standard),
        ("spending", (paying, year, use)): edit.write("Money", USES[use], f"£{paid + 1_000:,}", paying, p.financial_years[year - 1]),
        ("pots", (pot_fund, half_term)): edit.write("Money", f"Half-term {half_term}", 77, pot_fund),
    }
    read = back(edit.content(), document, facts)
    assert [f for f in read.findings if f.level is Level.MUST_MEND] == []
    now = without_noughts(read.amounts)
    before = without_noughts(amounts)
    assert {(kind, key) for kind in KINDS for key in {*now[kind], *before[kind]} if now[kind].get(key) != before[kind].get(key)} == set(at)
    assert {change.cell for change in read.changes} == set(at.values())
    assert read.has_own_payments
    assert now["grants"][urn, fund_id] == grant + 1_200
    assert now["spending"][paying, year, use] == paid + 1_000
    assert all(change.may_change and change.row and change.was != change.now for change in read.changes)


def test_half_days_may_be_changed_in_either_sheet_but_not_to_two_figures(book, document):
    content, facts = book
    (urn, service_id), n = next((key, n) for key, n in facts.amounts.sessions.items() if key[0].isdigit())
    service = next(s for s in facts.partnership.services if s.service_id == service_id)
    name = facts.names[urn]
    for sheet, heading, words in (("Schools", service.name, (urn,)), ("Time", "Half-days", (name, service_id))):
        edit = Edit(content)
        cell = edit.write(sheet, heading, n + 3, *words)
        (change,) = back(edit.content(), document, facts).changes
        assert (change.sheet, change.cell, change.was, change.now, change.unit) == (sheet, cell, n, n + 3, "half-days")
    edit = Edit(content)
    cells = {edit.write("Schools", service.name, n + 3, urn), edit.write("Time", "Half-days", n + 4, name, service_id)}
    read = back(edit.content(), document, facts)
    assert read.amounts is None
    assert {finding.cell for finding in read.findings} == cells


def test_a_row_of_time_may_be_taken_out_or_added_and_rows_and_columns_moved(book, document):
    content, facts = book
    (zone, service_id), n = next((key, n) for key, n in facts.amounts.sessions.items() if not key[0].isdigit())
    edit = Edit(content)
    edit.book["Time"].delete_rows(edit.cell("Time", "Half-days", zone, service_id).row)
    edit.book["Schools"].insert_cols(3)
    page = edit.book["Schools"]
    heading = next(row[0].row for row in page.iter_rows() if row[0].value == "School")
    page.cell(heading, 3, "Our note")
    page.cell(heading + 1, 3, '=HYPERLINK("http://example.org","x")')
    edit.book["Bases"].insert_rows(2, 3)
    edit.book.create_sheet("Our sums")["A1"] = "=1+1"
    read = back(edit.content(), document, facts)
    (change,) = read.changes
    assert (change.cell, change.was, change.now) == ("", n, 0)
    own = {(finding.sheet, finding.column) for finding in read.findings}
    assert ("Our sums", "") in own
    assert ("Schools", "Our note") in own
    assert all(finding.level is Level.LOOK_AT for finding in read.findings)


UNREADABLE = ("lots", "", -12, 12.5, "=1+1", "@SUM(A1)", "-cmd|' /C calc'!A0", "12 half-days", 10**12, "<script>alert(1)</script>", "1O")


def test_what_cannot_be_read_is_told_with_its_cell_and_remedy(book, document):
    content, facts = book
    fund = facts.partnership.funds[0].fund_id
    edit = Edit(content)
    places = [("Money", f"Half-term {h}", fund) for h in range(1, 7)]
    places += [("Money", heading, fund, facts.partnership.financial_years[0]) for heading in USES.values()]
    places += [("Bases", "Planned places", "haven")]
    wrote = {edit.write(sheet, heading, value, *words): value for (sheet, heading, *words), value in zip(places, UNREADABLE, strict=True)}
    read = back(edit.content(), document, facts)
    assert read.amounts is None
    told = {finding.cell: finding for finding in read.findings if finding.level is Level.MUST_MEND}
    assert set(told) == set(wrote)
    assert all(finding.what.endswith(".") and finding.mend.endswith(".") for finding in told.values())
    texts = {cell: value for cell, value in wrote.items() if isinstance(value, str) and not value.startswith("=1")}
    assert {cell: told[cell].written for cell in texts} == texts


def test_a_row_about_something_that_is_not_in_the_plan_must_be_mended(book, document):
    content, facts = book
    edit = Edit(content)
    wrote = {
        edit.write("Schools", "URN", 999_999, facts.partnership.schools[0].urn): "999999",
        edit.write("Bases", "Id", "nowhere", facts.partnership.bases[0].base_id): "nowhere",
        edit.write("Money", "Fund id", "none", facts.partnership.funds[0].fund_id): "none",
        edit.write("Time", "Service id", "nobody", "school"): "nobody",
        edit.write("Time", "School or zone", "Nowhere", "zone"): "Nowhere",
    }
    read = back(edit.content(), document, facts)
    assert read.amounts is None
    said = {finding.cell: finding.written for finding in read.findings if finding.level is Level.MUST_MEND}
    assert wrote.items() <= said.items()


def test_a_changed_cell_that_is_not_read_back_is_told(book, document):
    content, facts = book
    edit = Edit(content)
    urn = facts.partnership.schools[0].urn
    cells = {edit.write("Schools", "Paid in", 123, urn), edit.write("Schools", "Grant, all funds", 7, urn)}
    need = edit.cell("Needs", "Limited by", nth=0)
    need.value = "nothing"
    read = back(edit.content(), document, facts)
    assert read.changes == ()
    assert cells <= {finding.cell for finding in read.findings}
    assert ("Needs", need.coordinate) in {(finding.sheet, finding.cell) for finding in read.findings}


def test_a_missing_sheet_row_or_heading_is_told(book, document):
    content, facts = book
    school = facts.partnership.schools[0]
    edit = Edit(content)
    del edit.book["Time"]
    edit.book["Schools"].delete_rows(edit.cell("Schools", "URN", school.urn).row)
    next(c for row in edit.book["Bases"].iter_rows() for c in row if c.value == "Planned places").value = "Places"
    said = [(f.sheet, f.what) for f in back(edit.content(), document, facts).findings if f.level is Level.MUST_MEND]
    assert [sheet for sheet, _ in said] == ["Time", "Bases", "Schools"]
    assert school.name in said[2][1]


# --- which plan, which format ----------------------------------------------------------------


def marked(content, label, value):
    edit = Edit(content)
    page = edit.book["Provenance"]
    row = next(row[0].row for row in page.iter_rows() if row[0].value == label)
    if value is None:
        page.delete_rows(row)
    else:
        page.cell(row, 2).value = value
    return edit.content()


def test_an_older_format_is_read_and_told_and_a_newer_one_refused(book, document):
    content, facts = book
    read = back(marked(content, FORMAT_HEADING, None), document, facts)
    assert read.amounts is not None
    (finding,) = read.findings
    assert "format 1" in finding.what
    with pytest.raises(InputMustBeMended, match="is of format 3, and this planner reads up to format 2"):
        back(marked(content, FORMAT_HEADING, "3"), document, facts)
    with pytest.raises(InputMustBeMended, match="no format of ours"):
        back(marked(content, FORMAT_HEADING, "two"), document, facts)


def test_another_plans_workbook_is_told_and_another_file_refused(book, document):
    content, facts = book
    (finding,) = back(marked(content, "Fingerprint", "ab" * 32), document, facts).findings
    assert "abab" in finding.what
    with pytest.raises(InputMustBeMended, match="not a plan's workbook"):
        back(marked(content, "Fingerprint", None), document, facts)


# --- audited ---------------------------------------------------------------------------------


def test_a_hand_made_plan_that_is_the_plan_is_no_other_plan(book, document):
    content, _ = book
    told, made = audit_by_hand("plan.xlsx", content, document)
    assert (told.changes, told.broken, made) == ((), (), None)
    assert told.points == told.plan_points
    assert told.stands == told.plan_stands


def test_a_broken_rule_is_named_and_what_is_kept_passes_the_audit(book, document):
    content, facts = book
    service = next(s for s in facts.services("school") if facts.given(s.service_id))
    urn = facts.partnership.schools[0].urn
    edit = Edit(content)
    edit.write("Schools", service.name, 5_000, urn)
    told, made = audit_by_hand("plan.xlsx", edit.content(), document)
    assert made is None
    assert any("vacancy_held_back" in line and service.name in line for line in told.broken)

    zone, service_id = next(key for key in facts.amounts.sessions if not key[0].isdigit())
    edit = Edit(content)
    edit.write("Time", "Half-days", 0, zone, service_id)
    told, made = audit_by_hand("plan.xlsx", edit.content(), document)
    assert told.broken == ()
    plan, world = check_document(made)
    assert (zone, service_id) not in plan.amounts.sessions
    assert told.points >= told.plan_points
    assert told.bound_points <= told.plan_points
    touched = {cell.cell_id for cell in world.picture.cells if cell.recipient == zone}
    same = {cell_id for cell_id in facts.amounts.need_met if cell_id not in touched}
    assert {c: plan.amounts.need_met[c] for c in same} == {c: facts.amounts.need_met[c] for c in same}


def with_a_row_of_time_at_nought(content, facts):
    """The workbook with no time left of the first service that a zone has."""
    zone, service_id = next(key for key in facts.amounts.sessions if not key[0].isdigit())
    edit = Edit(content)
    edit.write("Time", "Half-days", 0, zone, service_id)
    return edit.content()


def test_where_the_best_use_is_not_found_in_time_it_is_said(book, document, monkeypatch):
    edited = with_a_row_of_time_at_nought(*book)
    told, _ = audit_by_hand("plan.xlsx", edited, document)
    assert told.is_best_use
    assert need_line(told).endswith("all others make the best use of theirs.")
    monkeypatch.setattr(hand_made, "USE_SECONDS", 0.0)
    told, _ = audit_by_hand("plan.xlsx", edited, document)
    assert not told.is_best_use
    assert "shared evenly" in need_line(told)
    assert "all others make the best use" not in need_line(told)


def test_a_fault_of_the_solver_is_no_need_met_of_nought(book, document, monkeypatch):
    def fails(*_, **__):
        raise SolverFault("The solver failed.")

    monkeypatch.setattr(baselines, "run", fails)
    with pytest.raises(SolverFault, match="could not be worked out just now, and nothing was kept: try again"):
        audit_by_hand("plan.xlsx", with_a_row_of_time_at_nought(*book), document)


def test_a_grant_off_the_step_and_a_size_that_no_base_has_are_told_with_what_could_stand(book, document):
    content, facts = book
    (urn, fund_id), grant = next(iter(facts.amounts.grants.items()))
    fund = next(f for f in facts.partnership.funds if f.fund_id == fund_id)
    base = facts.partnership.bases[0]
    edit = Edit(content)
    edit.write("Schools", f"Grant: {fund.name}", grant + 1, urn)
    edit.write("Bases", "Planned places", 97, base.base_id)
    told, made = audit_by_hand("plan.xlsx", edit.content(), document)
    assert made is None
    assert f"may get £{grant:,}" in told.broken[0]
    assert told.broken[1].startswith(f"{base.name} cannot run at 97 places")


def test_the_command_tells_what_was_changed_and_ends_with_the_audits_code(book, document, tmp_path, capsys):
    content, facts = book
    service = next(s for s in facts.services("school") if facts.given(s.service_id))
    edit = Edit(content)
    cell = edit.write("Schools", service.name, 5_000, facts.partnership.schools[0].urn)
    (tmp_path / "edited.xlsx").write_bytes(edit.content())
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["audit", str(tmp_path / "edited.xlsx"), "--plan", str(tmp_path / "plan.json")]) == 4
    out, err = capsys.readouterr()
    assert f"Schools, {cell} ({service.name})" in out
    assert "is now 5,000 half-days" in out
    assert "vacancy_held_back" in err


# --- last year -------------------------------------------------------------------------------


def test_last_years_plan_is_the_new_years_last_year(book, tmp_path, capsys):
    content, facts = book
    expected = set()
    for school in facts.partnership.schools:
        grant = sum(n for (urn, _), n in facts.amounts.grants.items() if urn == school.urn)
        expected.add(LastYear(urn=school.urn, item="grant", amount=grant))
    expected |= {LastYear(urn=int(r), item=s, amount=n) for (r, s), n in facts.amounts.sessions.items() if r.isdigit() and n}
    read = read_last_year("plan.xlsx", Edit(content).content())
    assert set(read.rows) == expected
    assert len(read.rows) == len(expected)
    fewer = replace(facts.partnership, schools=facts.partnership.schools[1:], services=facts.partnership.services[:1])
    partnership, notes = with_last_year(fewer, read)
    assert {row.urn for row in partnership.last_year} == {school.urn for school in fewer.schools}
    assert {row.item for row in partnership.last_year} <= {"grant", fewer.services[0].service_id}
    assert any(str(facts.partnership.schools[0].urn) in note for note in notes)
    path = tmp_path / "plan.xlsx"
    path.write_bytes(content)
    assert main(["template", "--last-year", str(path), "--out", str(tmp_path / "next.xlsx")]) == 0
    rows = list(openpyxl.load_workbook(tmp_path / "next.xlsx")["Last year"].values)
    assert {tuple(row[:3]) for row in rows[1:]} == {(row.urn, row.item, row.amount) for row in expected}
    assert re.search(r"Last year is read from plan\.xlsx", capsys.readouterr().out)


def test_a_column_of_half_days_that_is_of_no_service_listed_is_told(book):
    content, facts = book
    service = facts.services("school")[0]
    had = {row.item for row in read_last_year("plan.xlsx", content).rows}
    edit = Edit(content)
    next(c for row in edit.book["Schools"].iter_rows() for c in row if c.value == service.name).value = "Advice, renamed"
    read = read_last_year("plan.xlsx", edit.content())
    assert {row.item for row in read.rows} == had - {service.service_id}
    (note,) = read.notes
    assert "the column 'Advice, renamed' of the sheet Schools" in note
    assert note in read.sentence()
    assert read_last_year("plan.xlsx", content).notes == ()


@pytest.mark.parametrize(
    ("text", "number"), [("£1,200", 1_200), ("12.0", 12), ("-3", -3), ("1,2", None), ("1 2", None), ("9" * 5_000, None)]
)
def test_a_number_is_read_as_people_type_it(text, number):
    assert whole_number(text) == number


def test_a_number_that_is_none_is_refused_in_a_plan_and_in_last_years(book, document):
    content, facts = book
    edit = Edit(content)
    cell = edit.write("Schools", facts.services("school")[0].name, "1,2", facts.partnership.schools[0].urn)
    assert cell in {finding.cell for finding in back(edit.content(), document, facts).findings if finding.level is Level.MUST_MEND}
    with pytest.raises(InputMustBeMended, match=cell):
        read_last_year("plan.xlsx", edit.content())
