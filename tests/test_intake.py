"""Intake and its counterpart: reading, findings, and what is written reads back the same."""

import datetime as dt
import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from builders import ALDER, a_fund, a_partnership, a_person, a_policy, a_service, a_world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures import path_of
from planner import partnership as nouns
from planner.errors import InputMustBeMended, PlannerError
from planner.export.partnership_workbook import write_partnership_csv, write_partnership_workbook, write_template
from planner.intake.findings import Level
from planner.intake.formats_page import formats_page
from planner.intake.parsing import ENTERED, parse_partnership, read_partnership
from planner.intake.policy_checks import check_against_policy
from planner.intake.reading import Row, Table, read_tables
from planner.intake.sheets import SHEETS, Kind
from planner.policy import load_policy
from planner.supply import sizes_of

NEEDS = {"ASD", "SLCN", "SEMH", "MLD", "SpLD", "PD", "HI", "VI", "MSI"}
ROLES = {"educational_psychologist", "speech_and_language_therapist", "specialist_teacher"}
ROOT = Path(__file__).parent.parent


def read(path):
    return read_partnership(path, need_codes=NEEDS, role_ids=ROLES)


def parse(tables):
    return parse_partnership(tables, need_codes=NEEDS, role_ids=ROLES)


def table(*rows):
    headings, *texts = rows
    return Table(tuple(headings), tuple(Row(n, dict(zip(headings, row, strict=True))) for n, row in enumerate(texts, start=2)))


def tables(**sheets):
    """The smallest upload that reads, with sheets added or replaced (underscores for spaces)."""
    smallest = {
        "Partnership": table(("Name", "Academic year"), ("Sallowfield", "2026/27")),
        "Schools": table(
            ("URN", "School", "Phase", "Primary pupils", "Secondary pupils", "Easting", "Northing"),
            ("900001", "Alder", "primary", "232", "0", "452310", "241870"),
            ("900002", "Larch", "secondary", "0", "900", "452910", "241170"),
        ),
    }
    return smallest | {name.replace("_", " "): sheet for name, sheet in sheets.items()}


def sentences(upload):
    return [finding.sentence() for finding in parse(upload)[1]]


def full_partnership():
    """A partnership that fills every sheet and every field."""
    right = {"decision_right": nouns.DecisionRight.REQUEST, "request_to": "The council", "request_by": "2026-05-23"}
    return nouns.Partnership(
        name="Sallowfield Partnership",
        academic_year="2026/27",
        council="Wendleshire",
        accountable_body="Alder Trust",
        lead_school_urn=900001,
        schools=(
            nouns.School(
                urn=900001,
                name="Alder Primary School",
                phase=nouns.Phase.PRIMARY,
                primary_pupils=232,
                secondary_pupils=0,
                easting_metres=452310,
                northing_metres=241870,
                zone="North",
                membership_percent=50,
                fsm6_pupils=61,
                low_prior_attainment_pupils=70,
                mobile_pupils=14,
                idaci_pupils=80,
                sen_support_pupils=34,
                ehc_plan_pupils=0,
                school_idaci_decile=4,
                trust="Alder Trust",
                religious_character="Church of England",
                area_type="Rural",
                recorded_sen_urn=900031,
                note="Two lines:\nas typed",
            ),
            nouns.School(
                urn=900002,
                name="Oak School",
                phase=nouns.Phase.ALL_THROUGH,
                primary_pupils=210,
                secondary_pupils=640,
                easting_metres=452900,
                northing_metres=242100,
                zone="South",
            ),
        ),
        recorded_needs=(
            nouns.RecordedNeed(urn=900002, need="SpLD", sen_support_pupils=3),
            nouns.RecordedNeed(urn=900001, need="SLCN", sen_support_pupils=12),
        ),
        funds=(
            nouns.Fund(
                fund_id="imf",
                name="Inclusive Mainstream Fund",
                source=nouns.FundSource.INCLUSIVE_MAINSTREAM_FUND,
                september_to_march_pounds=157500,
                april_to_august_pounds=112500,
                brought_forward_pounds=-6200,
                must_return_pounds=9400,
                year_end=nouns.YearEnd.CARRY,
                allowed_uses=(nouns.FundUse.CONTINGENCY, nouns.FundUse.GRANTS),
                conditions="Ages 5 to 16",
                **right,
            ),
        ),
        contributions=(nouns.Contribution(urn=900001, fund_id="imf", pounds=2400),),
        services=(
            nouns.Service(
                service_id="ep_county",
                name="County psychology",
                role="educational_psychologist",
                employer="Wendleshire Council",
                price_pounds_per_session=0,
                minimum_block_sessions=6,
                unused_time_is_lost=False,
                order_by="2026-05-23",
                **right,
            ),
        ),
        offers=(
            nouns.Offer(
                offer_id="ep_pack_10",
                service_id="ep_county",
                name="Pack of 10",
                kind=nouns.OfferKind.PACKAGE,
                sessions=10,
                pounds=3700,
                most_bought=4,
            ),
        ),
        people=(
            nouns.Person(
                person_id="ep1",
                service_id="ep_county",
                name="Psychologist, 0.6",
                sessions_a_year=192,
                statutory_sessions=80,
                other_duties_sessions=10,
                is_vacant=True,
                drives=False,
                based_at_urn=900002,
                most_schools=10,
                half_term_sessions=(0, 0, 62, 42, 44, 44),
                first_half_term=3,
                last_half_term=6,
            ),
        ),
        last_year_links=(nouns.LastYearLink(urn=900001, service_id="ep_county", person_id="ep1"),),
        bases=(
            nouns.Base(
                base_id="oak_asd",
                name="The Oak Room",
                host_urn=900002,
                phase=nouns.Phase.SECONDARY,
                needs=("SLCN", "ASD"),
                kind=nouns.BaseKind.SPECIALIST,
                is_open=True,
                places_now=12,
                pupils_now=6,
                sizes=(16, 8, 12),
                may_close=True,
                teacher_cost_pounds=62000,
                place_cost_pounds=9000,
                place_funding_pounds=6000,
                opening_cost_pounds=0,
                admissions_by="Panel",
                **right,
            ),
        ),
        host_conditions=(nouns.HostCondition(urn=900002, consent=nouns.Consent.NOT_ASKED, most_places=16, condition="From January"),),
        last_year=(
            nouns.LastYear(urn=900001, item="ep_county", amount=14),
            nouns.LastYear(urn=900001, item=nouns.GRANT_ITEM, amount=12000),
        ),
        head_rules=(
            nouns.HeadRule(
                rule_id="r1", urn=900001, item="ep_county", bound=nouns.Bound.EXACTLY, amount=12, is_locked=True, reason="Runs to July"
            ),
        ),
        draws=(
            nouns.Draw(draw_id="D1", date="2026-10-14", pot=nouns.Pot.CONTINGENCY, pounds=1800, urn=900001, what_for="Supply cover"),
            nouns.Draw(draw_id="D2", date="2026-11-02", pot=nouns.Pot.MODERATED, pounds=40),
        ),
        queries=(
            nouns.DataQuery(
                query_id="Q1",
                urn=900001,
                sheet="Schools",
                column="FSM6 pupils",
                was="16",
                now="61",
                outcome="upheld",
                decided_on="2026-03-12",
                note="Digits were swapped",
            ),
        ),
        sources=(
            nouns.Source(
                sheet="Funds",
                key="imf",
                column="September to March",
                value="157500",
                source="Policy pack: proxy per pupil",
                date="2026-06-25",
                is_assumed=True,
            ),
            nouns.Source(
                sheet="Recorded need",
                key="900001/SLCN",
                column="SEN support pupils",
                value="",
                source="School census",
                date="2026-01",
                is_assumed=False,
            ),
            nouns.Source(
                sheet="People", key="*", column="Sessions a year", value="192", source="Policy pack: 39 weeks", date="", is_assumed=True
            ),
        ),
    )


# --- reading -------------------------------------------------------------------------------


def minimal_workbook(**cells):
    workbook = openpyxl.Workbook()
    workbook.active.title = "Partnership"
    workbook.active.append(["Name", "Academic year"])
    workbook.active.append(["Sallowfield", "2026/27"])
    schools = workbook.create_sheet("schools")
    schools.append(["URN", "School", "Phase", "Primary pupils", "Secondary pupils", "Easting", "Northing", "Membership percent", "Note"])
    schools.append([])
    schools.append([900001, "Alder", "primary", 232.0, 0, 452310, 241870, None, None])
    for place, (value, number_format) in cells.items():
        schools[place] = value
        schools[place].number_format = number_format
    return workbook


def test_a_workbook_becomes_the_text_a_person_sees(tmp_path):
    workbook = minimal_workbook(H3=(1.0, "0%"), I3=(dt.datetime(2026, 5, 23), "yyyy-mm-dd"), D3=(231.99999999999997, "0"))  # noqa: DTZ001
    workbook.create_sheet("Our own working")["A1"] = "x"
    workbook.save(tmp_path / "p.xlsx")
    found = read_tables(tmp_path / "p.xlsx")
    assert list(found) == ["Partnership", "Schools", "Our own working"]
    (row,) = found["Schools"].rows
    assert row.number == 3
    assert row.cells["URN"] == "900001"
    assert row.cells["Primary pupils"] == "232"
    assert row.cells["Membership percent"] == "100%"
    assert row.cells["Note"] == "2026-05-23"
    partnership, findings = read(tmp_path / "p.xlsx")
    assert findings == ()
    assert partnership.schools[0].membership_percent == 100


def test_csvs_of_windows_and_lax_names_are_read(tmp_path):
    (tmp_path / "PARTNERSHIP.csv").write_bytes("Name,Academic year\r\nÎle – “North”,2026-27\r\n".encode("cp1252"))
    (tmp_path / "schools.CSV").write_text(
        "URN,School,Phase,Primary pupils,Secondary pupils,Easting,Northing\n\n900001,'=Alder,primary,1,0,1,1\n", encoding="utf-8-sig"
    )
    (tmp_path / "recorded_need.csv").write_text("URN,Need,SEN support pupils\n")
    (tmp_path / "~$lock.csv").write_text("x")
    partnership, findings = read(tmp_path)
    assert findings == ()
    assert partnership.name == "Île – “North”"
    assert partnership.academic_year == "2026/27"
    assert partnership.schools[0].name == "=Alder"


def zipped(*parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return stream.getvalue()


def encrypted_zip():
    data = bytearray(zipped(("a", b"x")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def workbook_without_schools():
    workbook = minimal_workbook()
    del workbook["schools"]
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def workbook_of_a_plan():
    workbook, stream = minimal_workbook(), io.BytesIO()
    del workbook["schools"]
    for title in ("Baselines", "Provenance"):
        workbook.create_sheet(title).append(("What", "Is"))
    workbook.save(stream)
    return stream.getvalue()


def entity_bomb():
    workbook, stream, made = minimal_workbook(), io.BytesIO(), io.BytesIO()
    workbook.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + data.replace(b"<sheetData>", b"<sheetData>&b;")
            new.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("old.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        ("plan.pdf", lambda: b"%PDF-1.7", "not an Excel workbook"),
        ("notes.txt", lambda: b"hello", "not an Excel workbook"),
        ("empty.xlsx", lambda: b"", "not an Excel workbook"),
        ("Schools.csv", lambda: b"URN\n", "put it in a ZIP"),
        ("cut.xlsx", lambda: zipped(("a", b"x" * 999))[:60], "damaged or incomplete"),
        ("other.xlsx", lambda: zipped(("a", b"x")), "damaged or is not a workbook"),
        ("locked.xlsx", encrypted_zip, "take off its password"),
        ("bomb.xlsx", lambda: zipped(("a", b"0" * 6_000_000)), "was not opened"),
        ("parts.xlsx", lambda: zipped(*((str(n), b"") for n in range(2001))), "was not opened"),
        ("entities.xlsx", entity_bomb, "damaged"),
        ("big.xlsx", lambda: b"PK\x03\x04" + b"0" * 20_000_000, "larger than 20 MB"),
        ("lacking.xlsx", workbook_without_schools, "no sheet named Schools"),
        ("plan.xlsx", workbook_of_a_plan, "plan's workbook, not a partnership's figures"),
    ],
)
def test_what_cannot_be_read_says_so_in_one_sentence(tmp_path, name, make, says):
    (tmp_path / name).write_bytes(make())
    with pytest.raises(InputMustBeMended, match=says) as error:
        read_tables(tmp_path / name)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 1


def test_a_row_number_past_the_grid_is_refused(tmp_path):
    stream = io.BytesIO()
    minimal_workbook().save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(tmp_path / "p.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'r="3"', b'r="999999999999"').replace(b'3"', b'9"'))
    with pytest.raises(InputMustBeMended, match="20,000 rows"):
        read_tables(tmp_path / "p.xlsx")


def test_a_part_named_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("a", b"x"), ("a", b"y"))
    (tmp_path / "p.xlsx").write_bytes(data)
    with pytest.raises(InputMustBeMended, match="same name"):
        read_tables(tmp_path / "p.xlsx")


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(InputMustBeMended, match="no file or folder"):
        read_tables(tmp_path / "nowhere")
    with pytest.raises(InputMustBeMended, match="no CSV files"):
        read_tables(tmp_path)
    (tmp_path / "Partnership.csv").write_text("Name")
    with pytest.raises(InputMustBeMended, match="no sheet named Schools"):
        read_tables(tmp_path)
    (tmp_path / "Last year.csv").write_text("URN")
    (tmp_path / "last_year.csv").write_text("URN")
    with pytest.raises(InputMustBeMended, match="Last year twice"):
        read_tables(tmp_path)
    (tmp_path / "Last year.csv").unlink()
    (tmp_path / "last_year.csv").write_text("URN", encoding="utf-16")
    with pytest.raises(InputMustBeMended, match="CSV UTF-8"):
        read_tables(tmp_path)
    (tmp_path / "last_year.csv").write_text("a\n" * 20_002)
    with pytest.raises(InputMustBeMended, match="20,000 rows"):
        read_tables(tmp_path)


# --- findings ------------------------------------------------------------------------------


def test_the_messy_upload_has_exactly_its_findings():
    partnership, findings = read(path_of("messy_upload"))
    readme = (path_of("messy_upload") / "README.md").read_text(encoding="utf-8")
    expected = [line.removeprefix("- ") for line in readme.splitlines() if line.startswith("- ")]
    assert [f"{finding.level.value}: {finding.sentence()}" for finding in findings] == expected
    assert partnership is None


def test_a_clean_upload_has_no_findings():
    partnership, findings = parse(tables())
    assert findings == ()
    assert partnership.schools[0].membership_percent == 100
    assert partnership.schools[0].fsm6_pupils is None
    assert not partnership.is_illustrative()


def test_a_finding_to_look_at_does_not_stop_planning():
    upload = tables(Fund=table(("x",)), **{"Read me": Table(("a",), ()), "Help for schools": Table((), ())})
    partnership, findings = parse(upload)
    assert partnership is not None
    (finding,) = findings
    assert finding.level is Level.LOOK_AT
    assert finding.sentence().startswith("Fund: is not a sheet the planner knows")


def test_an_empty_required_sheet():
    assert sentences(tables(Partnership=Table((), ())))[0].startswith("Partnership: has no rows.")
    assert sentences(tables(Partnership=table(("Name", "Academic year"))))[0].startswith("Partnership: has no rows.")
    headings_only = table(("URN", "School"))
    found = sentences(tables(Schools=headings_only))
    assert found[0].startswith("Schools: has no rows.")
    assert "Schools, row 1, Phase: the column is missing." in found[1]


def test_a_title_above_the_headings_is_one_finding():
    titled = tables()["Schools"]
    rows = [Row(2, {"Our schools": "URN", **{f"column {n}": h for n, h in enumerate(titled.headings[1:])}}), *titled.rows]
    found = sentences(tables(Schools=Table(("Our schools", "column 1"), tuple(rows))))
    assert found == [
        "Schools, row 1: stands above the headings, which are in row 2, so nothing of this sheet was read. Delete the rows above the headings."
    ]


def test_a_renamed_sheet_comes_first_and_its_sources_are_one_finding():
    keys = ("imf", "dhn")
    named = [("Funds", key, "Name", "", "Assumed", "2026-11-01", "yes") for key in keys]
    sources = table(("Sheet", "Key", "Column", "Value", "Source", "Date", "Assumed"), *named)
    found = sentences(tables(Funding=Table((), ()), Sources=sources))
    assert found[0].startswith("Funding: is not a sheet the planner knows")
    (of_sources,) = found[1:]
    assert of_sources.startswith("Sources, row 2, Sheet: the sheet Funds has no rows, but sources of its figures are named (2 rows).")
    assert "put it back as 'Funds'" in of_sources


def test_a_missing_column_is_one_finding_not_one_a_row():
    upload = tables(
        Schools=table(
            ("URN", "School", "Phase", "Primary pupils", "Secondary pupils", "Easting"), *(("900001", "A", "primary", "1", "0", "1"),) * 1
        )
    )
    assert [s for s in sentences(upload) if "Northing" in s] == [
        "Schools, row 1, Northing: the column is missing. Add a column headed 'Northing': British National Grid, metres."
    ]


@pytest.mark.parametrize(
    ("text", "pounds"),
    [("£12,500", 12500), ("12500.00", 12500), ("£ 1", 1), ("-£6,200", -6200), ("£-6,200", -6200), ("(6,200)", -6200), ("−5", -5), ("", 0)],
)
def test_money_is_read_as_people_write_it(text, pounds):
    partnership, findings = parse(tables(Funds=fund(brought_forward=text)))
    assert findings == ()
    assert partnership.funds[0].brought_forward_pounds == pounds


@pytest.mark.parametrize("text", ["12k", "1,2", "12.5", "£", "1 000", "1e5", "٣", "9" * 5000, "1e400", "0x10", "--1", "nan"])
def test_what_is_not_whole_pounds_is_found(text):
    (found,) = sentences(tables(Funds=fund(brought_forward=text)))
    assert found.startswith("Funds, row 2, Brought forward: '")


def fund(*, brought_forward):
    return table(
        (
            "Fund",
            "Name",
            "Source",
            "September to March",
            "April to August",
            "Brought forward",
            "Year end",
            "Allowed uses",
            "Decision right",
        ),
        ("imf", "IMF", "other", "50000", "50000", brought_forward, "return", "grants to schools", "ours"),
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Resourced Provision", nouns.BaseKind.SPECIALIST),
        ("RP", nouns.BaseKind.SPECIALIST),
        ("srp", nouns.BaseKind.SPECIALIST),
        ("SEN unit", nouns.BaseKind.SPECIALIST),
        ("Unit", nouns.BaseKind.SPECIALIST),
        ("Pupil support unit", nouns.BaseKind.SUPPORT),
        ("Support base", nouns.BaseKind.SUPPORT),
    ],
)
def test_old_words_for_bases_are_read(text, kind):
    bases = table(
        ("Base", "Name", "Host URN", "Phase", "Needs", "Kind", "Open now", "Places now", "Pupils now", "Possible sizes", "Decision right"),
        ("b", "B", "900001", "Middle deemed primary", "asd, slcn", text, "Y", "8", "8", "8; 12", "ours"),
    )
    partnership, findings = parse(tables(Bases=bases))
    assert findings == ()
    assert partnership.bases[0].kind is kind
    assert partnership.bases[0].phase is nouns.Phase.PRIMARY
    assert partnership.bases[0].needs == ("ASD", "SLCN")
    assert partnership.bases[0].sizes == (8, 12)


@pytest.mark.parametrize(("text", "urn"), [("1.36001E+05", 136001), ("1.36001e5", 136001), ("136001.0", 136001), ("136 001", 136001)])
def test_a_urn_that_shows_all_its_digits_is_put_back(text, urn):
    schools = table(
        ("URN", "School", "Phase", "Primary pupils", "Secondary pupils", "Easting", "Northing"),
        (text, "A", "all through", "1", "1", "1", "1"),
    )
    partnership, _ = parse(tables(Schools=schools))
    assert partnership.schools[0].urn == urn


@pytest.mark.parametrize("text", ["1.36E+05", "1e+05", "1.360010E+05", "1.36001E+06", "0.36001E+05"])
def test_a_urn_that_lost_digits_is_not_guessed(text):
    schools = table(
        ("URN", "School", "Phase", "Primary pupils", "Secondary pupils", "Easting", "Northing"),
        (text, "A", "all through", "1", "1", "1", "1"),
    )
    partnership, (finding,) = parse(tables(Schools=schools))
    assert partnership is None
    assert "lost its digits" in finding.what
    assert "Format the column as text" in finding.mend


@pytest.mark.parametrize("zone", ["900002", "1", "٣"])
def test_a_zone_that_is_a_number_could_be_a_school(zone):
    schools = table(
        ("URN", "School", "Phase", "Primary pupils", "Secondary pupils", "Easting", "Northing", "Zone"),
        ("900001", "A", "primary", "1", "0", "1", "1", zone),
        ("900002", "B", "primary", "1", "0", "1", "1", zone),
    )
    (found,) = sentences(tables(Schools=schools))
    assert found.startswith(f"Schools, row 2, Zone: the zone '{zone}' is a number")
    assert "Name the zone with a word" in found


def test_an_open_base_may_stay_as_it_is_whatever_sizes_are_listed():
    bases = table(
        ("Base", "Name", "Host URN", "Phase", "Needs", "Kind", "Open now", "Places now", "Pupils now", "Possible sizes", "Decision right"),
        ("b", "B", "900001", "primary", "ASD", "support base", "yes", "10", "8", "8; 12", "ours"),
    )
    partnership, findings = parse(tables(Bases=bases))
    assert findings == ()
    assert 10 in sizes_of(partnership.bases[0])


# --- findings that need the policy ---------------------------------------------------------


def checked(**overrides):
    return [f.sentence() for f in check_against_policy(a_partnership(**overrides), a_policy())]


def test_open_bases_dearer_than_their_money_are_found_in_each_financial_year():
    # The open base costs 20,000 + 8 x 1,000 = 28,000 a year: 16,333 before 1 April and 11,667 after.
    def running(first, second, year_end=nouns.YearEnd.RETURN):
        fund = a_fund(september_to_march_pounds=first, april_to_august_pounds=second, year_end=year_end)
        return [s for s in checked(funds=(fund,)) if "running the open bases" in s]

    assert running(16_333, 11_667) == []
    (found,) = running(16_332, 11_667)
    assert "costs £16,333 in 2026-27, but the funds that may pay for it hold £16,332." in found
    (found,) = running(28_000, 0)
    assert "costs £11,667 in 2027-28, but the funds that may pay for it hold £0." in found
    assert running(28_000, 0, nouns.YearEnd.CARRY) == []
    assert len(running(27_999, 0, nouns.YearEnd.CARRY)) == 1
    elsewhere = a_fund(allowed_uses=(nouns.FundUse.GRANTS,))
    assert sum("hold £0." in s for s in checked(funds=(elsewhere,)) if "running the open" in s) == 2
    not_ours = tuple(replace(b, decision_right=nouns.DecisionRight.INFORMATION) for b in a_partnership().bases)
    assert not any("running the open" in s or "opening Base" in s for s in checked(funds=(elsewhere,), bases=not_ours))


def test_an_opening_dearer_than_the_money_before_april_is_found():
    late = a_fund(september_to_march_pounds=4_999, april_to_august_pounds=99_000)
    (found,) = [s for s in checked(funds=(late,)) if "opening Base" in s]
    assert found.startswith("Bases, row 3, Opening cost: opening Base nest costs £5,000, but the funds that may pay for it hold £4,999")
    assert not [s for s in checked(funds=(a_fund(september_to_march_pounds=5_000),)) if "opening Base" in s]
    assert not [s for s in checked(funds=(late,), host_conditions=()) if "opening Base" in s]  # it may not open anyway


def test_statutory_work_beyond_who_is_in_post_is_found():
    people = (a_person("slt1", "slt", statutory_sessions=70), a_person("ot1", "ot"))
    (found,) = [s for s in checked(people=people) if "statutory" in s]
    assert found.startswith("Services, row 2, Service: statutory work is 10 half-days more than Service slt has in post.")


# --- why a need is out of reach ------------------------------------------------------------

SLT = "speech_language_therapist"
PLACE = {"standards": [{"id": "place_slcn_primary", "share_percent": 100}]}


def why(standard_id, **overrides):
    reasons = {c.out_of_reach for c in a_world(PLACE, **overrides).picture.cells if c.standard_id == standard_id}
    assert len(reasons) == 1
    return reasons.pop()


@pytest.mark.parametrize(
    ("service", "person", "says"),
    [
        ({}, {}, ""),
        ({"role": "educational_psychologist"}, {}, "none serves the partnership"),
        ({"decision_right": nouns.DecisionRight.INFORMATION}, {}, "its time is for information only"),
        ({}, {"is_vacant": True}, "every post is vacant"),
        ({}, {"sessions_a_year": 0, "statutory_sessions": 0}, "no post gives any half-day"),
        ({}, {"sessions_a_year": 15}, "every half-day is already owed to statutory work and other duties"),
        ({}, {"sessions_a_year": 16}, "every half-day is held back for the vacancy the board expects"),
        ({}, {"sessions_a_year": 17}, "the 1 half-day left is fewer than the smallest block of 6"),
        ({}, {"sessions_a_year": 20}, "the 4 half-days left are fewer than the smallest block of 6"),
    ],
)
def test_why_no_time_is_in_reach(service, person, says):
    people = (a_person("slt1", "slt", **person), a_person("ot1", "ot"))
    services = (a_service("slt", **service), a_service("ot", role="occupational_therapist"))
    found = why("talk_boost_ks1", services=services, people=people)
    assert found == (f"Speech and language therapist: {says}." if says else "")


def test_paid_time_needs_a_fund_with_money():
    paid = (a_service("slt", price_pounds_per_session=200),)
    grants_only = a_fund("g", allowed_uses=(nouns.FundUse.GRANTS,))
    empty = a_fund("e", september_to_march_pounds=0, april_to_august_pounds=0)
    says = "Speech and language therapist: its time has a price, and no fund that may buy specialist time holds money."
    assert why("talk_boost_ks1", services=paid) == ""
    assert why("talk_boost_ks1", services=paid, funds=(grants_only,)) == says
    assert why("talk_boost_ks1", services=paid, funds=(grants_only, empty)) == says
    in_kind = a_service("other")
    assert why("talk_boost_ks1", services=(*paid, in_kind), people=(a_person("p", "other"),), funds=(grants_only,)) == ""
    # Of several reasons, the one nearest to a cure: there are no posts in the service in kind.
    assert why("talk_boost_ks1", services=(*paid, in_kind), funds=(grants_only,)) == says


def test_hours_need_a_fund_with_money_for_grants():
    other = a_fund("o", allowed_uses=(nouns.FundUse.SPECIALIST_TIME,))
    empty = a_fund("e", september_to_march_pounds=0, april_to_august_pounds=0)
    shown = a_fund("i", decision_right=nouns.DecisionRight.INFORMATION)
    assert why("small_group_tuition_primary") == ""
    assert why("small_group_tuition_primary", funds=(other, shown)) == "No fund may pay grants to schools."
    assert why("small_group_tuition_primary", funds=(other, empty)) == "The funds that may pay grants to schools hold no money."


def test_why_no_place_is_in_reach():
    def place(consent=nouns.Consent.YES, **differs):
        nest = replace(a_partnership().bases[1], **differs)
        return why("place_slcn_primary", bases=(nest,), host_conditions=(nouns.HostCondition(urn=ALDER, consent=consent),))

    assert place() == ""
    assert place(needs=("HI",)) == "No base for SLCN is in reach."
    said = "Base nest, the base for SLCN in reach, "
    assert place(decision_right=nouns.DecisionRight.INFORMATION) == said + "is for information only."
    assert place(consent=nouns.Consent.NOT_ASKED) == said + "may not open: its host has not agreed."
    assert place(sizes=()) == said + "has no size at which it may run."


# --- sources -------------------------------------------------------------------------------


def test_an_assumption_stands_only_while_its_cell_holds_the_value(tmp_path):
    before = full_partnership()
    assert before.is_illustrative()
    changed = replace(
        before,
        funds=(replace(before.funds[0], september_to_march_pounds=157501),),
        people=(replace(before.people[0], sessions_a_year=190), replace(before.people[0], person_id="ep2")),
    )
    write_partnership_csv(changed, tmp_path)
    after, _ = read(tmp_path)
    assert after.sources[0] == nouns.Source(
        sheet="Funds", key="imf", column="September to March", value="", source=ENTERED, date="", is_assumed=False
    )
    assert after.sources[1:] == before.sources[1:]  # the column is assumed while one of its cells is
    write_partnership_csv(replace(changed, people=changed.people[:1]), tmp_path)
    after, _ = read(tmp_path)
    assert not after.is_illustrative()


def test_only_amounts_make_a_plan_illustrative(tmp_path):
    headings = {(sheet.name, column.heading) for sheet in SHEETS for column in sheet.columns}
    assert headings > nouns.AMOUNT_COLUMNS
    before = full_partnership()
    about_words = tuple(replace(s, column="Year end", value="carry forward") if s.sheet == "Funds" else s for s in before.sources[:2])
    assert not replace(before, sources=about_words).is_illustrative()
    confirmed = tuple(replace(s, is_assumed=False) for s in before.sources)
    write_partnership_csv(replace(before, sources=confirmed), tmp_path)
    after, _ = read(tmp_path)
    assert not after.is_illustrative()  # though every cell still holds its value


def test_an_assumption_may_be_written_as_money():
    heads = ("Sheet", "Key", "Column", "Value", "Source", "Assumed")
    sources = table(heads, ("funds", "imf", "april to august", "£50,000", "x", "yes"), ("Funds", "imf", "Brought forward", "", "x", "yes"))
    partnership, findings = parse(tables(Funds=fund(brought_forward=""), Sources=sources))
    assert findings == ()
    assert [source.is_assumed for source in partnership.sources] == [True, True]
    assert (partnership.sources[0].sheet, partnership.sources[0].column) == ("Funds", "April to August")
    assert partnership.is_illustrative()


# --- writing -------------------------------------------------------------------------------


def test_round_trips_of_every_field(tmp_path):
    partnership = full_partnership()
    write_partnership_workbook(partnership, tmp_path / "p.xlsx", notes=("=made from",))
    assert read(tmp_path / "p.xlsx") == (partnership, ())
    write_partnership_csv(partnership, tmp_path / "new" / "folder")
    assert read(tmp_path / "new" / "folder") == (partnership, ())
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_same_partnership_makes_the_same_bytes(tmp_path):
    write_partnership_workbook(full_partnership(), tmp_path / "a.xlsx")
    write_partnership_workbook(full_partnership(), tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_the_workbook_explains_itself(tmp_path):
    write_partnership_workbook(full_partnership(), tmp_path / "p.xlsx", notes=("Made from the register of schools.",))
    workbook = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert workbook.sheetnames == ["Read me", *(sheet.name for sheet in SHEETS)]
    lines = [row[0] for row in workbook["Read me"].iter_rows(values_only=True)]
    assert lines[0] == "Sallowfield Partnership"
    assert any(line.startswith("ILLUSTRATIVE") for line in lines)
    assert any("planner plan FILE" in line for line in lines)
    assert lines[-1] == "Made from the register of schools."
    funds = workbook["Funds"]
    assert funds.freeze_panes == "B2"
    assert "first financial year" in funds["D1"].comment.text
    assert "assumed: Policy pack: proxy per pupil (2026-06-25)" in funds["D2"].comment.text
    assert funds["D2"].fill.fgColor.rgb == "00FFF4C2"
    assert funds["E2"].comment is None
    assert {v.formula1 for v in funds.data_validations.dataValidation} >= {'"carry forward,return"'}
    assert all(len(v.formula1) < 255 for sheet in workbook for v in sheet.data_validations.dataValidation)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "blank.xlsx"
    write_template(path)
    return path


def test_the_template_asks_only_to_be_filled_in(template):
    workbook = openpyxl.load_workbook(template)
    assert workbook.sheetnames == ["Read me", *(sheet.name for sheet in SHEETS), "Help", "Help codes"]
    for sheet in SHEETS:
        headings, example = workbook[sheet.name].iter_rows()
        assert [cell.value for cell in headings] == [column.heading for column in sheet.columns]
        assert [cell.value for cell in example] == [
            f"Example: {sheet.columns[0].example}",
            *(column.example for column in sheet.columns[1:]),
        ]
        for cell, column in zip(headings, sheet.columns, strict=True):
            assert column.help in cell.comment.text
            assert f"Example: {column.example}" in cell.comment.text
    partnership, findings = read(template)
    assert partnership is None
    assert {(f.sheet, f.what) for f in findings} == {("Partnership", "has no rows."), ("Schools", "has no rows.")}


def test_the_examples_of_the_template_make_a_partnership_that_can_be_read(template, tmp_path):
    workbook = openpyxl.load_workbook(template)
    for sheet in SHEETS:
        cell = workbook[sheet.name]["A2"]
        cell.value = cell.value.removeprefix("Example: ")
    workbook.save(tmp_path / "p.xlsx")
    _, findings = read(tmp_path / "p.xlsx")
    unread = [f.sentence() for f in findings if f.level is Level.MUST_MEND and "there is no " not in f.what]
    assert unread == []


def test_the_template_lists_what_may_be_chosen_for_every_closed_list(template):
    workbook, policy = openpyxl.load_workbook(template), load_policy()
    closed = {Kind.YES_NO, Kind.CHOICE, Kind.CHOICES, Kind.NEED, Kind.NEEDS}
    for sheet in SHEETS:
        page = workbook[sheet.name]
        offered = {str(offer.sqref)[0]: offer for offer in page.data_validations.dataValidation}
        for cell, column in zip(page[1], sheet.columns, strict=True):
            if column.kind in closed or column.field in {"role", "outcome", "first_half_term"}:
                assert len(offered[cell.column_letter].formula1) < 255, (sheet.name, column.heading)
            if column.choices:
                assert offered[cell.column_letter].formula1 == '"' + ",".join(choice.value for choice in column.choices) + '"'
        assert page.page_setup.orientation == "landscape"
        assert page.print_title_rows == "$1:$1"
    rows = list(workbook["Help codes"].iter_rows(min_row=2, max_col=2, values_only=True))
    needs, roles = (workbook[s].data_validations.dataValidation for s in ("Recorded need", "Services"))
    for offers, codes, what in ((needs, policy.need_codes(), "Need code"), (roles, policy.role_ids(), "Role")):
        (span,) = [offer.formula1.partition("!")[2].replace("$", "") for offer in offers if "Help codes" in offer.formula1]
        listed = {cell.value for (cell,) in workbook["Help codes"][span]}
        assert listed == codes == {code for kind, code in rows if kind == what}
    assert "'Funds'!$A$3:$A$500" in {offer.formula1 for offer in workbook["Contributions"].data_validations.dataValidation}
    helped = [row[:2] for row in workbook["Help"].iter_rows(min_row=2, values_only=True)]
    assert helped == [(sheet.name, column.heading) for sheet in SHEETS for column in sheet.columns]


FORMULAS = ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "'=1", "''", "'Tis", "1e5", "007", "2026-05-23", "TRUE"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_stays_text(tmp_path, text):
    before = full_partnership()
    partnership = replace(before, name=text, schools=(replace(before.schools[0], note=text), before.schools[1]))
    write_partnership_workbook(partnership, tmp_path / "p.xlsx", notes=(text,))
    assert read(tmp_path / "p.xlsx")[0] == partnership
    for place in (("Partnership", "A2"), ("Read me", "A1"), ("Schools", "U2")):
        cell = openpyxl.load_workbook(tmp_path / "p.xlsx")[place[0]][place[1]]
        assert (cell.value, cell.data_type) == (text, "s")
        assert cell.quotePrefix == text.startswith(("=", "+", "-", "@"))
    write_partnership_csv(partnership, tmp_path / "csv")
    assert read(tmp_path / "csv")[0] == partnership
    assert not any(
        cell.startswith(("=", "+", "@")) for cell in (tmp_path / "csv" / "Schools.csv").read_text("utf-8-sig").replace("\n", ",").split(",")
    )


def test_a_disk_that_refuses_says_so_and_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "p.xlsx"
    target.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(PlannerError, match="No space left on device"):
        write_template(target)
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["p.xlsx"]
    with pytest.raises(PlannerError, match="could not be written"):
        write_partnership_csv(full_partnership(), target / "folder")
    with pytest.raises(PlannerError, match="could not be written"):
        write_template(tmp_path / "nowhere" / "p.xlsx")


# --- small random partnerships ------------------------------------------------------------

ODD = st.sampled_from(["=x", "-", "'a'", "a\nb", "_x000D_", "a;b", "£5", "é – “”", "&<>", 'a,b"c"', "#", "None", "😀", "\ufffd"])
TEXT = st.one_of(
    ODD, st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "), max_size=12).map(str.strip)
).filter(lambda text: not text.startswith("#") or text == "#")  # what a spreadsheet shows for a broken formula is a finding
NAMED = TEXT.filter(bool)
IDS = st.text("abc_-/=+ 1", min_size=1, max_size=6).map(str.strip).filter(lambda text: text not in {"", "grant"})
BIG = st.integers(0, 10**6)
KNOWN = st.one_of(st.none(), st.integers(0, 5))


@st.composite
def partnerships(draw):
    urns = draw(st.lists(st.integers(100000, 999999), min_size=1, max_size=3, unique=True))
    a_urn = st.sampled_from(urns)
    zoned = draw(st.booleans())
    schools = []
    for urn in urns:
        phase = draw(st.sampled_from(nouns.Phase))
        schools.append(
            nouns.School(
                urn=urn,
                name=draw(NAMED),
                phase=phase,
                primary_pupils=0 if phase is nouns.Phase.SECONDARY else draw(st.integers(5, 900)),
                secondary_pupils=0 if phase is nouns.Phase.PRIMARY else draw(st.integers(5, 900)),
                easting_metres=draw(BIG),
                northing_metres=draw(BIG),
                zone=draw(NAMED.filter(lambda text: not text.isdigit())) if zoned else "",
                membership_percent=draw(st.integers(1, 100)),
                fsm6_pupils=draw(KNOWN),
                mobile_pupils=draw(KNOWN),
                recorded_sen_urn=draw(st.one_of(st.none(), st.integers(100000, 999999))),
                note=draw(TEXT),
            )
        )
    rights = st.fixed_dictionaries(
        {
            "decision_right": st.sampled_from(nouns.DecisionRight),
            "request_to": TEXT,
            "request_by": st.one_of(st.just(""), st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)).map(dt.date.isoformat)),
        }
    )
    funds = tuple(
        nouns.Fund(
            fund_id=fund_id,
            name=draw(NAMED),
            source=draw(st.sampled_from(nouns.FundSource)),
            september_to_march_pounds=draw(BIG) + 100,
            april_to_august_pounds=draw(BIG),
            brought_forward_pounds=draw(st.integers(-50, 50)),
            must_return_pounds=draw(st.integers(0, 50)),
            year_end=draw(st.sampled_from(nouns.YearEnd)),
            allowed_uses=tuple(draw(st.lists(st.sampled_from(nouns.FundUse), min_size=1, unique=True))),
            **draw(rights),
        )
        for fund_id in draw(st.lists(IDS, max_size=2, unique=True))
    )
    services = tuple(
        nouns.Service(
            service_id=service_id,
            name=draw(NAMED),
            role=draw(st.sampled_from(sorted(ROLES))),
            employer=draw(NAMED),
            price_pounds_per_session=draw(BIG),
            minimum_block_sessions=draw(KNOWN),
            unused_time_is_lost=draw(st.booleans()),
            **draw(rights),
        )
        for service_id in draw(st.lists(IDS, max_size=2, unique=True))
    )
    items = [nouns.GRANT_ITEM, *(service.service_id for service in services)]
    people = tuple(
        nouns.Person(
            person_id=person_id,
            service_id=draw(st.sampled_from(items[1:])),
            name=draw(NAMED),
            sessions_a_year=draw(st.integers(0, 390)),
            statutory_sessions=draw(st.integers(0, 400)),
            is_vacant=draw(st.booleans()),
            drives=draw(st.booleans()),
            based_at_urn=draw(st.one_of(st.none(), a_urn)),
            most_schools=draw(KNOWN),
        )
        for person_id in draw(st.lists(IDS, max_size=2 if services else 0, unique=True))
    )
    bases = []
    for base_id in draw(st.lists(IDS, max_size=2, unique=True)):
        host = draw(st.sampled_from(schools))
        both = host.phase is nouns.Phase.ALL_THROUGH
        bases.append(
            nouns.Base(
                base_id=base_id,
                name=draw(NAMED),
                host_urn=host.urn,
                phase=nouns.Phase.SECONDARY if both else host.phase,
                needs=tuple(draw(st.lists(st.sampled_from(sorted(NEEDS)), min_size=1, max_size=3, unique=True))),
                kind=draw(st.sampled_from(nouns.BaseKind)),
                is_open=(is_open := draw(st.booleans())),
                opens_in_half_term=1 if is_open else draw(st.integers(1, 6)),
                places_now=draw(st.integers(0, 30)),
                pupils_now=draw(st.integers(0, 30)),
                sizes=tuple(draw(st.lists(st.integers(0, 30), max_size=3, unique=True))),
                teacher_cost_pounds=draw(KNOWN),
                **draw(rights),
            )
        )
    sources = [
        nouns.Source(sheet="Funds", key=f.fund_id, column="Name", value=f.name, source=draw(NAMED), date=draw(TEXT), is_assumed=True)
        for f in funds
    ]
    return nouns.Partnership(
        name=draw(NAMED),
        academic_year=draw(st.sampled_from(["2026/27", "2099/00"])),
        council=draw(TEXT),
        lead_school_urn=draw(st.one_of(st.none(), a_urn)),
        schools=tuple(schools),
        funds=funds,
        services=services,
        people=people,
        bases=tuple(bases),
        contributions=tuple(nouns.Contribution(urn=urns[0], fund_id=f.fund_id, pounds=draw(st.integers(0, 100))) for f in funds),
        last_year=tuple(nouns.LastYear(urn=urns[0], item=item, amount=draw(BIG)) for item in draw(st.permutations(items))),
        sources=tuple(sources),
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(partnerships())
def test_random_partnerships_read_back_as_they_were(partnership):
    with tempfile.TemporaryDirectory() as folder:
        for write, name in ((write_partnership_workbook, "p.xlsx"), (write_partnership_csv, "csv")):
            write(partnership, Path(folder) / name)
            again, findings = read(Path(folder) / name)
            assert [f.sentence() for f in findings if f.level is Level.MUST_MEND] == []
            assert again == partnership


GRIDS = st.dictionaries(
    st.sampled_from([sheet.name for sheet in SHEETS]),
    st.lists(
        st.lists(
            st.sampled_from(["", "900001", "1E+05", "-1", "yes", "ours", "grant", "x", "2026/27", "primary", "*", "8; x"]),
            min_size=12,
            max_size=12,
        ),
        max_size=3,
    ),
)


@settings(max_examples=50, deadline=None)
@given(GRIDS)
def test_no_content_breaks_the_parser(grids):
    upload = {}
    for sheet in SHEETS:
        headings = tuple(column.heading for column in sheet.columns)[:12]
        rows = (Row(n, dict(zip(headings, row, strict=False))) for n, row in enumerate(grids.get(sheet.name, []), start=2))
        upload[sheet.name] = Table(headings, tuple(rows))
    partnership, findings = parse(upload)
    assert partnership is not None or findings


# --- the published schema ------------------------------------------------------------------


def test_the_formats_page_is_the_published_schema():
    page = formats_page()
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").startswith(page)
    for sheet in SHEETS:
        assert f"### {sheet.name}\n" in page
        assert all(f"| **{column.heading}** |" in page for column in sheet.columns)


def test_every_published_example_is_read():
    for sheet in SHEETS:
        for column in sheet.columns:
            texts = {column.heading: column.example}
            upload = tables(**{sheet.name: Table(tuple(texts), (Row(2, texts),))})
            about = [f for f in parse(upload)[1] if f.row == 2 and f.column == column.heading and "in the sheet" not in f.what]
            kept = [f for f in about if column.kind is not Kind.ID or "no row" not in f.what]
            assert [f.what for f in kept if f.level is Level.MUST_MEND] == [], (sheet.name, column.heading)
