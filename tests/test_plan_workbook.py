"""The plan's workbook, its eight lines and its reasons, on a plan small enough to work out by hand."""

import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from optimisation.messages import Better, Failed, Stage
from optimisation.progress import Progress
from optimisation.solve import ended_by_clock
from planner import partnership as nouns
from planner.audit import breaches, leading_points, misfits
from planner.effects import effects_sentences
from planner.errors import PlannerError
from planner.export.plan_decision import DecisionTaken, Signed
from planner.export.plan_facts import Facts
from planner.export.plan_workbook import BANNER, BOARD_COPY, OPEN_DATA, plan_workbook, write_plan_workbook
from planner.export.summary import claims, hundreds, hundreds_that_add_up, summary_lines
from planner.export.tables import Column, breadth, different
from planner.measures import fund_accounts, school_ledgers, standing
from planner.need import WHOLE, expected_sen_support, world_of
from planner.partnership import FundUse
from planner.plan import Amounts, Baseline, Ending, Level, Plan
from planner.policy import load_policy
from planner.reasons import OUT_OF_REACH, plain_number, reasons
from planner.words import EHC_RIGHT, day, least_points, most_points
from web.progress import TerminalProgress, progress_words

ROOT = Path(__file__).resolve().parents[1]
ALDER, BIRCH, CEDAR = 900001, 900002, 900003
SHEETS = [
    "Summary", "Charts", "Schools", "Ledger", "Why", "Services", "Time", "Calendar", "Bases", "Money", "Money by use", "Council lines", "Need", "Standards",
    "Needs", "Support", "Baselines", "Rules", "Assumptions", "Checks", "Provenance",
]  # fmt: skip
MARKS = {"fingerprint": "f1" * 32, "inputs_sha256": "a2" * 32, "policy_sha256": "b3" * 32}
HOURS_ONLY = f"{ALDER}:small_group_tuition_primary"


def school(urn, name, pupils, easting, **more):
    return nouns.School(
        urn=urn, name=name, phase=nouns.Phase.PRIMARY, primary_pupils=pupils, secondary_pupils=0,
        easting_metres=easting, northing_metres=240_000, zone="North", **more,
    )  # fmt: skip


def a_partnership(**more):
    """Three primary schools, two funds, therapists for schools, a teacher of the deaf for the zone, one open base."""
    return nouns.Partnership(**{
        "name": "Sallow & Field", "academic_year": "2026/27", "council": "Wendleshire",
        "schools": (school(ALDER, "=Alder Primary", 420, 450_000), school(BIRCH, "Birch Primary", 210, 451_000), school(CEDAR, "Cedar Primary", 205, 452_000)),
        "funds": (
            nouns.Fund(
                fund_id="pool", name="Devolved pool", source=nouns.FundSource.DEVOLVED_HIGH_NEEDS, september_to_march_pounds=140_000,
                april_to_august_pounds=100_000,
                allowed_uses=(FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.MODERATED_POT, FundUse.CONTINGENCY),
            ),
            nouns.Fund(
                fund_id="imf", name="Mainstream fund", source=nouns.FundSource.INCLUSIVE_MAINSTREAM_FUND, september_to_march_pounds=14_000,
                april_to_august_pounds=10_000, allowed_uses=(FundUse.GRANTS,),
            ),
        ),
        "contributions": (nouns.Contribution(urn=BIRCH, fund_id="pool", pounds=1_500),),
        "services": (
            nouns.Service(service_id="slt", name="Therapy service", role="speech_language_therapist", employer="NHS trust", price_pounds_per_session=100, request_to="NHS trust", request_by="2026-05-23"),
            nouns.Service(service_id="qtod", name="Sensory service", role="teacher_of_the_deaf", employer="Wendleshire", price_pounds_per_session=0, decision_right=nouns.DecisionRight.OURS),
        ),
        "people": (
            nouns.Person(person_id="t1", service_id="slt", name="Therapist", sessions_a_year=40, statutory_sessions=10, other_duties_sessions=10),
            nouns.Person(person_id="t2", service_id="slt", name="Empty post", sessions_a_year=30, is_vacant=True),
            nouns.Person(person_id="d1", service_id="qtod", name="Teacher", sessions_a_year=6),
        ),
        "bases": (
            nouns.Base(
                base_id="alder", name="Alder base", host_urn=ALDER, phase=nouns.Phase.PRIMARY, needs=("ASD", "SLCN"), kind=nouns.BaseKind.SUPPORT,
                is_open=True, places_now=8, pupils_now=6, sizes=(8, 10), teacher_cost_pounds=12_000, place_cost_pounds=1_000,
                place_funding_pounds=500, request_to="Wendleshire", request_by="2026-05-01",
            ),
        ),
        "last_year": (
            nouns.LastYear(urn=ALDER, item="grant", amount=9_000), nouns.LastYear(urn=ALDER, item="slt", amount=9),
            nouns.LastYear(urn=BIRCH, item="grant", amount=6_000),
        ),
        "head_rules": (nouns.HeadRule(rule_id="h1", urn=BIRCH, item="slt", bound=nouns.Bound.AT_MOST, amount=6),),
        "sources": (nouns.Source(sheet="Schools", key="*", column="School", value="", source="DfE, Get Information about Schools", date="2026-05", is_assumed=False),),
        **more,
    })  # fmt: skip


AMOUNTS = Amounts(
    grants={(ALDER, "imf"): 12_000, (BIRCH, "imf"): 4_800, (CEDAR, "imf"): 7_200},
    spending={
        ("pool", 1, FundUse.SPECIALIST_TIME): 1_050, ("pool", 2, FundUse.SPECIALIST_TIME): 750,
        ("pool", 1, FundUse.BASE_RUNNING): 9_334, ("pool", 2, FundUse.BASE_RUNNING): 6_666,
        ("pool", 1, FundUse.CONTINGENCY): 7_000, ("pool", 2, FundUse.CONTINGENCY): 5_000,
    },
    pots={("pool", h): 3_500 if h <= 4 else 5_000 for h in range(1, 7)},
    sessions={(str(ALDER), "slt"): 12, (str(BIRCH), "slt"): 6, ("North", "qtod"): 6},
    base_sizes={"alder": 8},
    places={("alder", "North:place_asd_primary"): 2},
    need_met={HOURS_ONLY: WHOLE, f"{ALDER}:slt_programme_primary": 300_000, f"{BIRCH}:slt_programme_primary": 300_000},
)  # fmt: skip


@pytest.fixture(scope="module")
def policy():
    return load_policy()


@pytest.fixture(scope="module")
def world(policy):
    world = world_of(a_partnership(), policy)
    assert not list(breaches(world, AMOUNTS))
    assert not list(misfits(world, AMOUNTS))
    return world


@pytest.fixture(scope="module")
def plan():
    less = replace(AMOUNTS, grants={(ALDER, "imf"): 1_200}, need_met={})
    return Plan(
        amounts=AMOUNTS, ending=Ending.WITHIN_GAP, bound_points=12.349, engine="by hand", seconds=0.5,
        levels=(Level(name="shortfall", achieved_points=60.0, bound_points=12.349, tolerance_points=0.1, seconds=0.4, nodes=3),),
        baselines=(Baseline(name="formula", title="Formula share", amounts=less, rules_broken=("money_floor",)),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(plan, world, tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "plan.xlsx"
    write_plan_workbook(plan, world, path, **MARKS)
    return path


@pytest.fixture(scope="module")
def shown(written):
    return openpyxl.load_workbook(written, data_only=True)


def table(page, heading):
    """Rows below the first row that holds this heading, as dicts; of two columns of one name the later counts."""
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    start = next(i for i, row in enumerate(rows) if heading in row)
    headings, found = rows[start], []
    for row in rows[start + 1 :]:
        if row[0] is None:
            break
        found.append(dict(zip(headings, row, strict=True)))
    return found


def texts(workbook):
    return [cell.value for page in workbook for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]


def formulas(path):
    workbook = openpyxl.load_workbook(path)
    return {
        (page.title, cell.coordinate): cell.value for page in workbook for row in page.iter_rows() for cell in row if cell.data_type == "f"
    }


def check(workbook, rule_id, where=""):
    return next(row for row in table(workbook["Checks"], "What is tested") if row["Rule"] == rule_id and where in row["Where"])


# --- the workbook ------------------------------------------------------------------------


def test_the_sheets_stand_in_the_order_a_board_reads_them(shown):
    assert shown.sheetnames == SHEETS
    assert shown.active.title == "Summary"


def test_schools_show_the_ledger(shown, world, policy):
    *rows, total = table(shown["Schools"], "URN")
    ledgers = school_ledgers(world.partnership, policy, world.picture, AMOUNTS)
    for row, ledger in zip(rows, ledgers, strict=True):
        assert row["Grant, all funds"] == row["Grant: Mainstream fund"] == ledger.grant_pounds
        assert row["All half-days"] == row["Therapy service"] == ledger.own_sessions
        assert row["Net"] == ledger.net_pounds
        assert row["Base places"] == ledger.places_share_hundredths / 100
        assert (row["Met"], row["Under half"]) == (ledger.met, ledger.under_half)
    assert [row["Grant last year"] for row in rows] == [9_000, 6_000, None]
    assert total["Grant, all funds"] == 24_000
    assert total["Paid in"] == 1_500
    assert total["Places hosted"] == 8


def test_services_money_and_bases_show_what_is_given_and_left(shown, world, policy):
    therapy, sensory, total = table(shown["Services"], "Employer")
    # 40 in post, less 10 statutory and 10 of other duties, less a tenth held back.
    assert (therapy["In post"], therapy["Vacant"], therapy["Held back"], therapy["Can be shared"]) == (40, 30, 2, 18)
    assert (therapy["Given"], therapy["Left"], therapy["Cost"]) == (18, 0, 1_800)
    assert (sensory["Given"], total["Given"]) == (6, 24)
    accounts = fund_accounts(world.partnership, policy, AMOUNTS)
    rows = table(shown["Money"], "Financial year")
    assert [row["Left"] for row in rows] == [*(a.left for a in accounts), sum(a.left for a in accounts)]
    base, _ = table(shown["Bases"], "Host school")
    assert (base["Planned places"], base["Given to zones"], base["Free"], base["Running cost"]) == (8, 2, 2, 16_000)
    assert base["Places by zone"] == "North: 2"


def test_standards_are_counted_as_in_the_measures(shown, world, policy):
    here = standing(world.picture, policy, AMOUNTS)
    *rows, total = table(shown["Standards"], "Evidence")
    assert len(rows) == len(policy.standards)
    counts = (total["With the need"], total["Fully met"], total["Partly met"], total["Under half"], total["Out of reach"])
    assert counts == (here.standards, here.met, here.partly_met, here.under_half, here.out_of_reach)
    assert len(table(shown["Needs"], "Need met, percent")) == here.standards + 1
    tiles = [cell.value for cell in shown["Summary"][4] if cell.value is not None]
    assert tiles == [here.met, here.partly_met, here.under_half, here.out_of_reach]


def test_need_stands_beside_what_is_recorded(plan, policy, tmp_path):
    schools = (
        school(ALDER, "Alder Primary", 420, 450_000, fsm6_pupils=105, sen_support_pupils=120, ehc_plan_pupils=9, school_idaci_decile=3, note="Two sites"),
        school(BIRCH, "Birch Primary", 210, 451_000, sen_support_pupils=30),
        school(CEDAR, "Cedar Primary", 205, 452_000),
    )  # fmt: skip
    query = nouns.DataQuery(query_id="Q1", urn=BIRCH, sheet="Schools", column="FSM6 pupils", was="16", now="61", outcome="upheld")
    there = world_of(a_partnership(schools=schools, accountable_body="Sallow Trust", lead_school_urn=BIRCH, queries=(query,)), policy)
    write_plan_workbook(plan, there, tmp_path / "p.xlsx", **MARKS)
    shown = openpyxl.load_workbook(tmp_path / "p.xlsx", data_only=True)
    drivers = table(shown["Need"], "FSM6")[0]
    assert (drivers["FSM6"], drivers["Assumed"]) == (25, "IDACI, Low prior attainment, Mobility")
    alder, birch, cedar, total = table(shown["Need"], "Recorded")
    assert (alder["EHC plan pupils"], alder["School's IDACI decile"], alder["Note"]) == (9, 3, "Two sites")
    assert (alder["Recorded"], birch["Recorded"], cedar["Recorded"]) == (120, 30, None)
    assert alder["Expected"] == pytest.approx(float(expected_sen_support(schools[0], policy)), abs=0.005)
    assert [row["Beside each other"] for row in (alder, birch, cedar)] == ["look at together", "close", None]
    limit = float(policy.adjustment_limit_percent)
    assert alder["Adjusted for recorded, percent"] == limit
    expected = sum(n.expected_pupils for n in there.picture.school_needs)
    assert total["All"] == pytest.approx(float(expected), abs=0.2)
    assert any(row["Outcome"] == "upheld" for row in table(shown["Assumptions"], "Outcome"))
    assert "Council: Wendleshire. Accountable body: Sallow Trust. Lead school: Birch Primary." in texts(shown)
    posts = table(shown["Services"], "Post")
    assert [(p["Post"], p["Vacant"]) for p in posts[:2]] == [("Therapist", "no"), ("Empty post", "yes")]
    assert not [at for at in formulas(tmp_path / "p.xlsx") if shown[at[0]][at[1]].value is None]


def test_the_odd_pound_may_fall_on_either_side(plan, world, tmp_path):
    less = AMOUNTS.spending | {("pool", 1, FundUse.BASE_RUNNING): 9_333, ("pool", 2, FundUse.BASE_RUNNING): 6_667}
    for spending, holds in (
        (less, True),
        (less | {("pool", 1, FundUse.BASE_RUNNING): 9_332, ("pool", 2, FundUse.BASE_RUNNING): 6_668}, False),
    ):
        amounts = replace(AMOUNTS, spending=spending)
        assert holds is not any(b.rule.rule_id == "costs_paid" for b in breaches(world, amounts))
        write_plan_workbook(replace(plan, amounts=amounts), world, tmp_path / "p.xlsx", **MARKS)
        page = openpyxl.load_workbook(tmp_path / "p.xlsx", data_only=True)["Checks"]
        rows = [r for r in table(page, "What is tested") if r["Rule"] == "costs_paid" and r["Where"].startswith("running bases")]
        assert all(row["Holds"] for row in rows) is holds


def test_baselines_stand_beside_the_plan(shown, plan):
    mine, formula = table(shown["Baselines"], "Rules it breaks")
    assert (mine["Fully met"], formula["Fully met"]) == (1, 0)
    assert (mine["Grants"], formula["Grants"], formula["Rules it breaks"]) == (24_000, 1_200, "money_floor")


def test_every_formula_carries_its_figure(written, shown):
    found = formulas(written)
    assert len(found) > 200
    assert not [at for at in found if shown[at[0]][at[1]].value is None]


def test_all_checks_hold_and_each_names_its_rule(written, shown, policy):
    page = shown["Checks"]
    assert page["A4"].value == "All checks hold"
    assert page["G4"].value is True
    rows = table(page, "What is tested")
    assert all(row["Holds"] is True for row in rows)
    ids = {row["Rule"] for row in rows}
    assert {"fund_balance", "costs_paid", "smallest_block", "money_cap", "host_consent", "head_rule", "adds_up"} <= ids
    listed = {row["Name"]: row for row in table(shown["Rules"], "Whose rule")}
    is_on = {rule_id: policy.is_on(rule_id) for rule_id in listed}
    assert {rule_id: row["Audit"] for rule_id, row in listed.items()} == {r: "holds" if on else "not checked" for r, on in is_on.items()}
    assert ids - {"adds_up"} <= set(listed)


def test_a_rule_that_is_broken_shows_false(plan, world, tmp_path):
    broken = replace(AMOUNTS, grants=AMOUNTS.grants | {(ALDER, "imf"): 1_200}, sessions=AMOUNTS.sessions | {(str(CEDAR), "slt"): 2})
    write_plan_workbook(replace(plan, amounts=broken), world, tmp_path / "p.xlsx", **MARKS)
    shown = openpyxl.load_workbook(tmp_path / "p.xlsx", data_only=True)
    assert shown["Checks"]["G4"].value is False
    assert check(shown, "money_floor", "Alder")["Holds"] is False
    assert check(shown, "smallest_block", "Therapy")["Holds"] is False
    assert check(shown, "money_floor", "Birch")["Holds"] is True
    assert next(row for row in table(shown["Rules"], "Whose rule") if row["Name"] == "money_floor")["Audit"].startswith("missed at 1 place")


def test_text_never_becomes_a_formula(written, shown):
    assert any(row["School"] == "=Alder Primary" for row in table(shown["Schools"], "URN"))
    assert not [formula for formula in formulas(written).values() if "Alder" in formula]


def test_a_plan_on_assumed_money_says_so_on_every_sheet(plan, policy, tmp_path, shown):
    source = nouns.Source(
        sheet="Funds", key="pool", column="September to March", value="140000", source="Planner default", date="", is_assumed=True
    )
    assumed = world_of(a_partnership(sources=(source,)), policy)
    write_plan_workbook(plan, assumed, tmp_path / "p.xlsx", **MARKS)
    workbook = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert all(page["A3"].value == BANNER for page in workbook)
    assert summary_lines(plan, assumed)[0].startswith("ILLUSTRATIVE (people or funds are assumed): Of ")
    assert not any("ILLUSTRATIVE" in text for text in texts(shown))
    assert OPEN_DATA not in texts(workbook)


def test_an_assumed_last_year_is_said_to_be_assumed(plan, world):
    grant = nouns.Source(sheet="Last year", key="*", column="Amount", value="", source="Planner default", date="", is_assumed=True)
    assumed = replace(world, partnership=replace(world.partnership, sources=(grant,)))
    assert summary_lines(plan, world)[1].startswith("Against last year. ")
    assert summary_lines(plan, assumed)[1].startswith("Against last year, as assumed where it is not known. ")


def test_every_page_says_board_copy_and_provenance_says_which_plan(shown):
    assert all(BOARD_COPY in page.oddFooter.left.text and "f1f1f1f1f1f1" in page.oddFooter.left.text for page in shown)
    assert all(EHC_RIGHT in page.oddFooter.left.text and page.oddFooter.right.text == "&A, page &P of &N" for page in shown)
    across = {"landscape": 784, "portrait": 538}  # points that A4 has between its margins; a character of a column's width takes 5.25
    for page in shown:
        widths = sum(page.column_dimensions[get_column_letter(n)].width for n in range(1, page.max_column + 1))
        scale = page.page_setup.fitToWidth * across[page.page_setup.orientation] / (5.25 * widths)
        assert 11 * scale >= 6.8, (page.title, "prints in type of less than about 7 points")
    said = [cell.value for row in shown["Provenance"].iter_rows() for cell in row if cell.value]
    assert {*MARKS.values(), EHC_RIGHT, OPEN_DATA, "by hand"} <= set(said)


def test_words_we_do_not_use(shown, plan, world):
    said = " ".join([*texts(shown), *summary_lines(plan, world), *claims(plan, world)]).lower()
    assert not [
        word for word in ("optimal", "proven best", "winner", "loser", "saving", "sacrifice", "worst", "infeasible") if word in said
    ]


def test_the_same_plan_makes_the_same_file(plan, world, written, tmp_path):
    write_plan_workbook(plan, world, tmp_path / "again.xlsx", **MARKS)
    assert (tmp_path / "again.xlsx").read_bytes() == written.read_bytes()


def test_a_partnership_with_next_to_nothing_is_written_too(plan, policy, tmp_path):
    bare = world_of(
        a_partnership(funds=(), contributions=(), services=(), people=(), bases=(), last_year=(), head_rules=(), sources=()), policy
    )
    empty = replace(plan, amounts=Amounts(), baselines=(), levels=())
    write_plan_workbook(empty, bare, tmp_path / "p.xlsx", **MARKS)
    assert openpyxl.load_workbook(tmp_path / "p.xlsx", data_only=True)["Checks"]["G4"].value is True
    assert len(summary_lines(empty, bare)) == 8


def test_a_folder_that_is_not_there_is_one_sentence(plan, world, tmp_path):
    with pytest.raises(PlannerError, match="could not be written"):
        write_plan_workbook(plan, world, tmp_path / "nowhere" / "p.xlsx", **MARKS)


# --- tables, names, charts, print --------------------------------------------------------


def test_every_table_and_name_is_in_the_published_formats(written):
    workbook = openpyxl.load_workbook(written)
    tables = {name: page for page in workbook for name in page.tables}
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = {name: line for line in page.splitlines() if line.startswith("| `plan_") for name in re.findall(r"`(plan_\w+)`", line)}
    assert {name for name in rows if rows[name].split(" | ")[1] in workbook.sheetnames} - set(tables) <= {
        "plan_queries",
        "plan_votes",
        "plan_signatures",
    }
    for name, sheet in tables.items():
        assert rows[name].split(" | ")[1] == sheet.title
    names = set(workbook.defined_names)
    assert {f"{name}_rows" for name in tables} <= names
    assert names - {f"{name}_rows" for name in tables} == set(re.findall(r"`((?:total|checks)_\w+)`", page))


def test_tables_are_as_excel_needs_them(written):
    for page in openpyxl.load_workbook(written):
        taken = set()
        for name, ref in page.tables.items():
            heading, *body = page[ref]
            shown = [cell.value for cell in heading]
            assert [column.name for column in page.tables[name].tableColumns] == shown
            assert all(isinstance(text, str) and text for text in shown)
            assert len({text.casefold() for text in shown}) == len(shown), (page.title, shown)
            assert body
            cells = {cell.coordinate for row in page[ref] for cell in row}
            assert not cells & taken
            assert not [
                merged for merged in page.merged_cells.ranges if {cell.coordinate for row in page[merged.coord] for cell in row} & cells
            ]
            taken |= cells


def headed(*headings, band=""):
    return [Column(key=str(n), heading=heading, band=band) for n, heading in enumerate(headings)]


def test_headings_that_two_columns_share_are_told_apart():
    assert different(headed("Grant", "grant", "Grant: x", "Grant")) == ["Grant", "grant (2)", "Grant: x", "Grant (3)"]
    assert len(different(headed("y" * 300, "y" * 300))[1]) <= 255


def test_a_heading_under_several_bands_says_under_which_it_stands():
    columns = [*headed("School"), *headed("Last year", "Change", band="Grant"), *headed("Last year", "Now", band="Half-days")]
    assert different(columns) == ["School", "Grant: Last year", "Change", "Half-days: Last year", "Now"]


def test_every_sheet_prints_with_its_title_and_fits_the_paper(written):
    for page in openpyxl.load_workbook(written):
        assert page.print_title_rows, page.title
        assert page.freeze_panes, page.title
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert (page.page_setup.fitToHeight, page.page_setup.paperSize) == (0, 9)


def test_the_summary_says_first_where_to_look_and_how_close_it_is(shown):
    said = [row[0].value for row in shown["Summary"].iter_rows(max_col=1) if isinstance(row[0].value, str)]
    at = [
        next(n for n, text in enumerate(said) if text.startswith(start))
        for start in ("Where to look", "How close", "What the plan does", "Who gets more")
    ]
    assert at == sorted(at)
    assert set(re.findall(r"(?:sheets|and|on) ([A-Z][a-z]+)", said[at[0]])) <= set(shown.sheetnames)


def test_a_reason_leaves_out_what_stands_beside_it_in_its_row(shown):
    rows = [row for row in table(shown["Needs"], "Why") if row["Why"]]
    assert rows
    for row in rows:
        assert row["School or zone"] not in row["Why"].partition(". ")[0]
        assert row["Why"][0].isupper()


def test_charts_say_in_words_what_they_show_and_draw_from_cells(written):
    with zipfile.ZipFile(written) as parts:
        drawings = [name for name in parts.namelist() if name.startswith("xl/drawings/drawing")]
        assert len(drawings) == 1
        said = re.findall(r'descr="([^"]+)"', parts.read(drawings[0]).decode())
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(said) == len(charts) == 3
    assert said[0].startswith("Bars by standard: of ")
    assert "grants to schools £24,000, specialist time £1,800, running bases £16,000" in said[1]
    assert "1 school gets more grant than last year, 1 school gets less, 0 the same" in said[2]
    assert all(re.search(r"<(?:c:)?f>'[\w ]+'!\$", chart) for chart in charts)


def test_every_column_of_a_schools_ledger_that_is_not_plain_has_help(written):
    workbook = openpyxl.load_workbook(written)
    plain = {"School", "URN", "Grant, all funds", "Grant: Mainstream fund", "Change in grant", "Change in half-days"}
    for sheet, name in (("Ledger", "plan_ledger"), ("Schools", "plan_schools")):
        headings = [cell for cell in workbook[sheet][workbook[sheet].tables[name].ref][0] if cell.comment is None]
        assert {cell.value for cell in headings} <= plain | {"Phase", "Therapy service"}


# --- ledger, uses, why, calendar, support ------------------------------------------------


def test_the_ledger_adds_what_comes_back_and_sets_it_beside_what_goes_in(shown, world, policy):
    *rows, total = table(shown["Ledger"], "Paid in")
    ledgers = school_ledgers(world.partnership, policy, world.picture, AMOUNTS)
    place = 16_000 / 8
    in_kind = policy.role("teacher_of_the_deaf").value_pounds_per_session
    for row, ledger in zip(rows, ledgers, strict=True):
        shared = sum(n for _, n in ledger.zone_share_sessions_hundredths) / 100
        assert row["Half-days, share"] == pytest.approx(shared)
        assert row["Value of the share"] == pytest.approx(shared * in_kind, abs=0.5)
        assert row["Value of the places"] == pytest.approx(ledger.places_share_hundredths / 100 * place, abs=0.5)
        assert row["Comes back"] == row["Grant, all funds"] + row["Their value"] + row["Value of the share"] + row["Value of the places"]
        assert row["Net, with the zone's share"] == row["Comes back"] - ledger.paid_in_pounds
    assert [row["Change in grant"] for row in rows] == [3_000, -1_200, None]
    assert total["Net, with the zone's share"] == sum(row["Net, with the zone's share"] for row in rows)


def test_every_planned_pound_is_with_a_fund_and_with_who_gets_it(shown, world, policy):
    *funds, of_all = table(shown["Money by use"], "All planned")
    accounts = fund_accounts(world.partnership, policy, AMOUNTS)
    assert [row["Left"] for row in funds] == [sum(a.left for a in accounts[i : i + 2]) for i in (0, 2)]
    *rows, total = table(shown["Money by use"], "School, zone or base")
    assert {row["Is a"] for row in rows} == {"school", "base", "partnership"}, "the zone's time is in kind and costs the pool nothing"
    by_name = {row["School, zone or base"]: row for row in rows}
    assert (by_name["Birch Primary"]["Mainstream fund"], by_name["Birch Primary"]["Specialist time"]) == (4_800, 600)
    assert (by_name["Alder base"]["Running bases"], by_name["Alder base"]["Opening bases"]) == (16_000, 0)
    assert total["All uses"] == of_all["All planned"] == 24_000 + 1_800 + 16_000 + 12_000 + 24_000


def test_why_says_each_school_in_sentences_and_who_could_change_it(shown):
    said = {}
    for row in table(shown["Why"], "In plain words"):
        said.setdefault(row["School"], {})[row["About"]] = row
    assert set(said) == {"=Alder Primary", "Birch Primary", "Cedar Primary"}
    birch, cedar = said["Birch Primary"], said["Cedar Primary"]
    assert birch["In short"]["In plain words"].startswith("The plan gives the school a grant of £4,800 and 6 half-days of its own; of its ")
    assert birch["Beside last year"]["In plain words"] == "Its grant is £1,200 less than last year (£6,000); its half-days are 6 more (0)."
    assert cedar["Beside last year"]["In plain words"] == "Last year is not known."
    assert "hold" in cedar["Reason 1"]["In plain words"] or "reach" in cedar["Reason 1"]["In plain words"]
    assert all(row["Who could change it"] for school in said.values() for about, row in school.items() if about.startswith("Reason"))


def test_the_calendar_asks_for_what_waits_the_first_day_first(shown):
    rows = table(shown["Calendar"], "To do")
    assert [(f"{r['By']:%Y-%m-%d}", r["To do"], r["Of whom"], r["How much"], r["Counted in"]) for r in rows][:2] == [
        ("2026-05-01", "Ask", "Wendleshire", 8, "places"),
        ("2026-05-23", "Ask", "NHS trust", 18, "half-days"),
    ]
    assert [r["To do"] for r in rows[2:]].count("Plan or return") == 1


def test_needs_met_use_no_more_than_is_given(shown, plan, world, tmp_path):
    rows = table(shown["Support"], "Used")
    slt = {r["School or zone"]: r for r in rows if r["Ingredient"] == "speech_language_therapist"}
    assert (slt["Birch Primary"]["Given"], slt["Cedar Primary"]["Given"]) == (6, 0)
    assert all(r["Left"] > -1e-9 for r in rows)
    more = replace(AMOUNTS, need_met=AMOUNTS.need_met | {f"{CEDAR}:slt_programme_primary": 10_000})
    write_plan_workbook(replace(plan, amounts=more), world, tmp_path / "p.xlsx", **MARKS)
    broken = openpyxl.load_workbook(tmp_path / "p.xlsx", data_only=True)
    assert [r["Where"] for r in table(broken["Checks"], "What is tested") if r["Holds"] is False] == [
        "Speech and language therapist: schools, zones or needs that use more than is given"
    ]
    assert broken["Checks"]["A5"].value.startswith("Not kept: need_from_support (Speech and language therapist")
    listed = {row["Name"]: row["In this workbook"] for row in table(broken["Rules"], "Whose rule")}
    assert [name for name, now in listed.items() if now == "NOT KEPT"] == ["need_from_support"]
    assert {texts for texts in (cell.value for row in broken["Summary"].iter_rows() for cell in row) if "Not kept" in str(texts)}


def test_every_rule_that_is_on_is_tested_or_says_that_it_binds_nothing(shown, policy):
    rows = {row["Name"]: row for row in table(shown["Rules"], "Whose rule")}
    for rule_id, row in rows.items():
        if not policy.is_on(rule_id):
            assert row["In this workbook"] == "not tested: the rule is off"
        elif not row["Tests on Checks"]:
            assert row["In this workbook"].startswith("nothing to test: ")
        else:
            assert row["In this workbook"] == "kept"
    for rule_id in ("one_size_a_base", "base_reach", "need_from_support"):
        assert rows[rule_id]["Tests on Checks"]


def test_the_decision_stands_with_its_votes_and_signatures(plan, world, shown):
    signed = Signed(
        whose="The chair for the board", name="A. Chair", role="Chair", signed_on="2026-11-20", evidence="Minutes on paper",
        plan_fingerprint="f1" * 32, minutes_version=2,
    )  # fmt: skip
    taken = DecisionTaken(
        facts=(("Decision", "3: The year's plan"),), votes=(("Member 7", "Plan 1", ""), ("Member 9", "Against all options", "=Too late")),
        signatures=(signed,),
    )  # fmt: skip
    data = plan_workbook(Facts(plan, world), **MARKS, made_from="figures version 4 and policy version 2", taken=taken)
    page = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["Provenance"]
    assert [(r["Member"], r["Reason given"]) for r in table(page, "Member")] == [("Member 7", None), ("Member 9", "=Too late")]
    (row,) = table(page, "Signature of")
    assert (row["Name"], row["Signed on"], row["Fingerprint signed"]) == ("A. Chair", "20 November 2026", "f1" * 32)
    said = {row[0].value: row[1].value for row in page.iter_rows()}
    assert (said["Made from"], said["Decision"]) == ("figures version 4 and policy version 2", "3: The year's plan")
    assert "The board's decision" not in texts(shown), "where none is told, none is denied"


# --- eight lines and what may be claimed -------------------------------------------------


def test_eight_lines_say_what_the_plan_does(plan, world, policy):
    lines = summary_lines(plan, world)
    here = standing(world.picture, policy, AMOUNTS)
    assert len(lines) == 8
    assert lines[0].startswith(
        f"Of {here.standards} standards 1 is fully met, 0 partly and {here.under_half} under half; {here.out_of_reach} are"
    )
    assert "1 school gets more (=Alder Primary +£3,000), 1 school gets less (Birch Primary -£1,200)" in lines[1]
    assert "speech and language therapist 18 of 18" in lines[2]
    assert lines[1].endswith(
        "Half-days (rare services go to zones and are left out): 2 schools get more (Birch Primary +6, =Alder Primary +3), no school gets less."
    )
    assert "The one base runs, with 8 places counted two ways: 2 are planned for the need expected of zones, and " in lines[3]
    assert "there now" in lines[3]
    assert lines[4].startswith("Of £264,000 in the pool, £24,000 goes to schools as grants, £1,800 pays for time, £16,000 for bases")
    assert "18 of 24 half-days and 8 of 8 base places" in lines[5]
    assert lines[5].endswith("(NHS trust; Wendleshire); the first request is due by 1 May 2026.")
    assert summary_lines(plan, world, dt.date(2026, 5, 1))[5] == lines[5], "the day itself is not late"
    assert summary_lines(plan, world, dt.date(2026, 5, 2))[5].endswith("; the first request was due by 1 May 2026: ask now.")
    assert lines[6].endswith("with these rules and figures no plan can bring it below 12.34.")
    below = most_points(here.shortfall_points)
    assert lines[7].startswith(f"Need below the line: this plan {below} points; formula share ")
    assert f"(breaks 1 rule). In the same order, standards fully met: 1, 0; under half: {here.under_half}, " in lines[7]


def test_a_plan_stopped_early_says_that_it_may_differ(plan, world):
    assert len(claims(plan, world)) == 2
    assert claims(plan, world)[0].startswith("With any bases it could be no lower than 12.34 points; this plan has ")
    for ending in set(Ending) - {Ending.WITHIN_GAP, Ending.BY_HAND}:
        assert summary_lines(replace(plan, ending=ending), world)[6].endswith("a rerun may differ.")
    assert "rerun" not in " ".join(summary_lines(plan, world))


def test_the_clock_is_blamed_only_where_the_gap_was_not_reached(plan, world):
    here = float(leading_points(world, plan.amounts))
    assert ended_by_clock(world, plan.amounts, here - 0.05, 0.1) is Ending.CLOSE_BY_CLOCK
    assert ended_by_clock(world, plan.amounts, here - 0.2, 0.1) is Ending.STOPPED_BY_CLOCK
    close, stopped = (summary_lines(replace(plan, ending=one), world)[6] for one in (Ending.CLOSE_BY_CLOCK, Ending.STOPPED_BY_CLOCK))
    assert "as close to the best as it was asked to" in close
    assert "The clock stopped the search" not in close
    assert "The clock stopped the search" in stopped


def test_changes_that_round_to_nothing_count_as_the_same(plan, policy):
    nearly = nouns.LastYear(urn=ALDER, item="grant", amount=12_040), nouns.LastYear(urn=BIRCH, item="grant", amount=4_751)
    lines = summary_lines(plan, world_of(a_partnership(last_year=nearly), policy))
    assert "Grants: every school has what it had. Half-days" in lines[1]
    assert hundreds_that_add_up([15_450, 3_450, 150, 30, 0]) == ["£15,500", "£3,500", "£100", "under £100", "£0"], "of £19,100 in all"
    assert (hundreds(49), hundreds(0)) == ("under £100", "£0")


def test_lines_about_nothing_say_so_in_words(plan, policy):
    def lines(amounts, **more):
        return summary_lines(replace(plan, amounts=amounts, baselines=()), world_of(a_partnership(**more), policy))

    empty = lines(Amounts())
    assert empty[3].startswith("The one base does not run: Alder base closes")
    assert empty[4] == "Of £264,000 in the pool, £264,000 is left unplanned (£240,000 of it in Devolved pool)."
    assert lines(Amounts(), funds=(), contributions=())[4] == "There is no money in the pool to plan."
    assert lines(Amounts(), people=())[2] == "Half-days: no service has any to share."
    one = nouns.Person(person_id="t1", service_id="slt", name="Therapist", sessions_a_year=9, statutory_sessions=10)
    owed = lines(Amounts(), people=(one, nouns.Person(person_id="d1", service_id="qtod", name="Teacher", sessions_a_year=6)))[2]
    assert owed == (
        "Half-days given, of those that can be shared: speech and language therapist has none to share, "
        "qualified teacher of the deaf 0 of 6. Therapy service is 1 half-day short of its statutory work."
    )
    only_time = lines(Amounts(sessions={(str(ALDER), "slt"): 12}))[5]
    assert only_time.startswith("12 of 12 half-days depend on somebody else's yes (NHS trust);")


def test_bounds_round_down_and_shortfalls_up():
    assert (least_points(3.519), most_points(3.511), least_points(-0.001), least_points(100.0)) == ("3.51", "3.52", "0.00", "100.00")
    assert (hundreds(149), hundreds(150), day("2026-05-23"), day("spring")) == ("£100", "£200", "23 May 2026", "spring")


# --- progress ----------------------------------------------------------------------------


def test_progress_counts_need_unmet_and_is_blank_only_at_the_end():
    here = Progress(seconds=1, nodes=5, best=12.345, bound=11.2)
    assert progress_words("total need met", here) == "total need: 12.35 points unmet at best so far, at least 11.20"
    assert progress_words("shortfall", here) == "shortfall: best 12.35 points, bound 11.20, gap 1.15"
    assert progress_words("shortfall", replace(here, best=1e300)) == "shortfall: no plan yet, bound 11.20 points"
    terminal = io.StringIO()
    show = TerminalProgress(terminal)
    show(Stage(words="shortfall"))
    before = terminal.getvalue()
    show(Better(amounts=AMOUNTS, bound_points=1.0))
    assert terminal.getvalue() == before
    show(Failed(why="crashed"))
    assert terminal.getvalue().endswith(" \r")


# --- reasons -----------------------------------------------------------------------------


def test_reasons_name_what_runs_out(world):
    found = {(r.recipient, r.standard_id): r for r in reasons(world, AMOUNTS)}
    assert (str(ALDER), "small_group_tuition_primary") not in found
    far = found[str(ALDER), "learning_consultation"]
    assert far.limited_by == OUT_OF_REACH
    assert (
        far.sentence
        == "=Alder Primary: Psychologist's consultation on learning is out of reach. Educational psychologist: none serves the partnership."
    )
    deaf = found["North", "hearing_support"]
    assert (deaf.limited_by, deaf.need_met_percent) == ("", 0)  # the time is given, and this hand-made plan counts none of it


def test_reasons_tell_time_from_money_and_rules(world, policy):
    def reason(amounts, recipient=str(BIRCH), standard="slt_programme_primary"):
        return next(r for r in reasons(world, amounts) if (r.recipient, r.standard_id) == (recipient, standard))

    cedar = reason(AMOUNTS, str(CEDAR), "neli_reception")
    assert cedar.limited_by == "speech_language_therapist"
    assert "the school is given none, and all 18 half-days of the service are given out." in cedar.sentence
    # With every half-day of Birch used, its head's own rule is what allows no more.
    cell = world.picture.cell(f"{BIRCH}:slt_programme_primary")
    met = WHOLE * 600 * 120 // (100 * cell.requirement("speech_language_therapist"))  # 6 half-days on the first slope of the curve
    used = reason(replace(AMOUNTS, need_met={cell.cell_id: met}))
    assert used.limited_by == "speech_language_therapist"
    assert used.sentence.endswith("and the head's own rule allows no more.")
    fewer = replace(AMOUNTS, sessions={(str(ALDER), "slt"): 16})
    assert (
        "the 2 half-days left of the service are fewer than the smallest block of 6."
        in reason(fewer, str(CEDAR), "neli_reception").sentence
    )
    none = replace(AMOUNTS, grants={})
    hours = reason(none, str(CEDAR), "small_group_tuition_primary")
    assert hours.limited_by == "adult_hours"
    assert "the school has no grant, and some grant money is left over: a longer search for a plan may use what is left." in hours.sentence
    place = reason(replace(AMOUNTS, places={}, base_sizes={}), "North", "place_asd_primary")
    assert place.sentence.endswith(
        "the zone is given none, and Alder base does not run, though money is left for it: a longer search for a plan may use what is left."
    )


def test_reasons_say_why_a_base_gives_no_more_places(policy):
    urn_yes = nouns.HostCondition(urn=ALDER, consent=nouns.Consent.YES)
    here = a_partnership().bases[0]
    closed = replace(
        here, base_id="new", name="Birch base", host_urn=BIRCH, is_open=False, places_now=0, pupils_now=0, opening_cost_pounds=30_000
    )
    birch_yes = replace(urn_yes, urn=BIRCH)

    def cause(bases, amounts, changes=(urn_yes, birch_yes)):
        there = world_of(a_partnership(bases=bases, host_conditions=changes), policy)
        sentence = next(r.sentence for r in reasons(there, amounts) if (r.recipient, r.standard_id) == ("North", "place_asd_primary"))
        return sentence.partition(", and ")[2]

    shut, no = replace(AMOUNTS, base_sizes={}, places={}), nouns.Consent.NO
    # Of the eight places another need has them all.
    full = replace(AMOUNTS, places={("alder", "North:place_slcn_primary"): 8})
    assert cause((replace(here, sizes=(8,)),), full) == "every place in Alder base is given: it runs at its largest size."
    assert cause((here,), full, changes=()) == "every place in Alder base is given: its host has not been asked to more."
    assert cause((here,), full, changes=(replace(urn_yes, most_places=8),)).endswith("its host agreed to no more than 8 places in all.")
    assert cause((here,), full).startswith("every place in Alder base is given, though money is left for more: a longer search for a plan")
    assert cause((here, closed), shut, changes=(urn_yes,)).startswith(
        "Birch base may not open: its host has not been asked; Alder base does not run, though"
    )
    assert "Birch base may not open: its host has said no" in cause((here, closed), shut, changes=(urn_yes, replace(birch_yes, consent=no)))
    assert "Birch base is shown for information only" in cause(
        (here, replace(closed, decision_right=nouns.DecisionRight.INFORMATION)), shut
    )
    assert "Birch base does not run: it would be smaller than the smallest useful base" in cause((replace(closed, sizes=(2,)),), shut)
    assert "its host agreed to no more than 4 places in all" in cause((closed,), shut, changes=(replace(birch_yes, most_places=4),))
    assert cause((closed,), shut) == "Birch base does not run: it takes £30,000 to open before 31 March 2027, and £0 is left for openings."
    dear = replace(closed, opening_cost_pounds=0, teacher_cost_pounds=400_000)
    assert "Birch base does not run: running 8 places takes £404,000 a year, £" in cause((dear,), shut)


def test_percent_never_rounds_into_a_better_count(world):
    def percent(met):
        amounts = replace(AMOUNTS, need_met={HOURS_ONLY: met})
        return next(r.need_met_percent for r in reasons(world, amounts) if f"{r.recipient}:{r.standard_id}" == HOURS_ONLY)

    assert [percent(met) for met in (0, 499_999, 500_000, 599_999, 999_999)] == [0, 49, 50, 60, 99]


def test_numbers_as_people_say_them():
    said = [
        plain_number(value)
        for value in (Fraction(18), Fraction(1834, 100), Fraction(4, 100), Fraction(1, 1000), Fraction(0), Fraction(1200))
    ]
    assert said == ["18", "18.3", "0.04", "under 0.01", "0", "1,200"]


def test_the_file_holds_no_clock(written):
    with zipfile.ZipFile(written) as parts:
        assert {info.date_time for info in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01" in parts.read("docProps/core.xml")


def test_one_school_gets_more_and_two_get_less(world, policy):
    some = school_ledgers(world.partnership, policy, world.picture, AMOUNTS)[0]
    more = replace(some, grant_pounds=2_000, last_year_grant_pounds=1_000, sessions=(("ep", 3),), last_year_sessions=2)
    less = replace(more, grant_pounds=500, sessions=())
    of_grants, of_time = effects_sentences((more, less, less))
    assert of_grants == "Of 3 schools, 1 gets more grant than last year, 2 get less and 0 about the same."
    assert of_time.startswith("Of 3 schools, 1 gets more half-days of its own, 2 get fewer and 0 the same; ")


def test_words_are_remembered_within_bounds():
    most = breadth.cache_info().maxsize
    for number in range(most + 100):
        breadth(f"word{number}")
    assert breadth.cache_info().currsize == most
