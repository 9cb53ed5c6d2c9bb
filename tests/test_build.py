"""``planner build``: partnerships from the DfE's downloads, on tiny imitations and, where at hand, the real files."""

import csv
import gzip
import os
import time
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from pages import demonstration_plan

from planner.errors import InputMustBeMended
from planner.export.partnership_workbook import write_partnership_csv, write_partnership_workbook
from planner.intake.dfe import BuildRequest, build_partnership
from planner.intake.dfe_files import need_code, read_links, read_register, read_sen
from planner.intake.dfe_schools import JoinRate, why_left_out
from planner.intake.dfe_tables import date_in_name, read_count, read_share, read_urn
from planner.intake.findings import Level
from planner.intake.parsing import read_partnership
from planner.intake.phase_help import PHASE_HELP
from planner.partnership import AMOUNT_COLUMNS, BaseKind, Consent, DecisionRight, FundSource, Phase
from planner.policy import load_policy
from planner.rounding import largest_remainder
from web.command_line import main
from web.plans.files import workbook

POLICY = load_policy()
SPLIT = int(POLICY.all_through_primary_percent * 301 / 100 + Fraction(1, 2))
PLAIN = {
    "URN": "", "LA (code)": "999", "LA (name)": "Wendleshire", "EstablishmentName": "", "TypeOfEstablishment (name)": "Community school",
    "EstablishmentTypeGroup (name)": "Local authority maintained schools", "EstablishmentStatus (name)": "Open",
    "PhaseOfEducation (name)": "Primary", "NumberOfPupils": "200", "PercentageFSM": "10.0", "Easting": "450000", "Northing": "240000",
    "LSOA (code)": "E01000001",
}  # fmt: skip
WITH_BASES = {
    **PLAIN, "Trusts (name)": "", "Federations (name)": "", "ReligiousCharacter (name)": "Does not apply", "CensusDate": "16-01-2020",
    "UrbanRural (name)": "(England/Wales) Rural village", "HeadTitle (name)": "Dr", "HeadLastName": "Secretperson", "TelephoneNum": "01",
    **{f"SEN{n} (name)": "" for n in range(1, 14)}, "TypeOfResourcedProvision (name)": "", "ResourcedProvisionOnRoll": "",
    "ResourcedProvisionCapacity": "", "SenUnitOnRoll": "", "SenUnitCapacity": "",
}  # fmt: skip


def save(path, headings, rows, *, encoding="utf-8-sig", compress=False):
    with (gzip.open if compress else open)(path, "wt", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)
    return path


def register(tmp_path, *schools, plain=PLAIN, name="register_2025-05-24.csv", **how):
    """A register with the schools given; each differs from a plain primary by what it names."""
    rows = []
    for number, school in enumerate(schools):
        defaults = {**plain, "EstablishmentName": f"School {school['URN']}", "Easting": str(450000 + 1000 * number)}
        rows.append(list((defaults | school).values()))
    return save(tmp_path / name, list(plain), rows, **how)


def some(*numbers, **same):
    return [{"URN": str(900000 + number), **same} for number in numbers]


def sen(tmp_path, *rows, name="sen.csv"):
    headings = ["time_period", "la_name", "URN", "school_name", "Total pupils", "SEN support", "EHC plan"]
    return save(tmp_path / name, headings, [["202223", "Wendleshire", urn, "x", *counts] for urn, *counts in rows])


def links(tmp_path, *rows):
    headings = ["URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate"]
    return save(tmp_path / "links.csv", headings, [[a, b, "", kind, ""] for a, b, kind in rows])


def build(gias, *, urns=(900001, 900002), near=None, policy=POLICY, **more):
    chosen = {"near_urn": near} if near else {"urns": urns}
    return build_partnership(BuildRequest(gias=gias, **chosen, **more), policy)


@pytest.fixture
def pinned(tmp_path):
    """A policy whose assumptions stay put when the pack's figures move."""
    (tmp_path / "board.toml").write_text(
        """
        board = { contingency_percent = 5, moderated_pot_percent = 10, september_to_march_months = 7 }
        [assume]
        inclusive_mainstream_fund_pounds_per_pupil = 54
        devolved_high_needs_pounds_per_pupil = 60
        capital_pounds_per_pupil = 16
        sessions_per_wte = 320
        educational_psychologist_statutory_percent = 40
        pupils_per_educational_psychologist = 3300
        pupils_per_speech_language_therapist = 4000
        pupils_per_specialist_teacher = 4000
        pupils_per_occupational_therapist = 25000
        pupils_per_teacher_of_the_deaf = 40000
        pupils_per_teacher_of_vision = 60000
        last_year_grant_percent = 80
        """,
        encoding="utf-8",
    )
    return load_policy(tmp_path / "board.toml")


def school(result, urn=900001):
    return next(s for s in result.partnership.schools if s.urn == urn)


def assumed(result, sheet, column=""):
    found = (s for s in result.partnership.sources if s.is_assumed and s.sheet == sheet)
    return {(s.key, s.column): s.value for s in found if column in {"", s.column}}


# --- last year from a plan ---------------------------------------------------------------


def test_the_command_takes_last_year_from_a_plans_workbook_and_says_what_it_leaves_out(tmp_path, capsys):
    plan, out = tmp_path / "plan.xlsx", tmp_path / "partnership.xlsx"
    plan.write_bytes(workbook(demonstration_plan(), standing=""))
    gias = register(tmp_path, *some(101, 102, 999))
    order = ["build", "--gias", str(gias), "--urns", "900101,900102,900999", "--last-year", str(plan), "--out", str(out)]
    assert main(order) == 0
    said = capsys.readouterr().out
    assert "Last year is read from plan.xlsx" in said
    assert "Left out, as no longer in the partnership: the schools with URN 900103" in said
    assert "Left out, as the partnership has no service of this name: " in said
    assert "Not in last year's plan, so their last year is unknown: the schools with URN 900999." in said
    built = read_partnership(out, need_codes=POLICY.need_codes(), role_ids=POLICY.role_ids())[0]
    grants = Counter()
    for (urn, _), pounds in demonstration_plan().facts.amounts.grants.items():
        grants[urn] += pounds
    assert {row.urn: row.amount for row in built.last_year if row.item == "grant"} == {urn: grants[urn] for urn in (900101, 900102)}
    last = demonstration_plan().facts.partnership
    assert [(one.source, one.is_assumed) for one in built.sources if one.sheet == "Last year"] == [
        (f"Last year's plan workbook ({last.name}, {last.academic_year})", False)
    ]
    out.unlink()
    assert main([*order[:-3], str(tmp_path / "none.xlsx"), *order[-2:]]) == 1
    assert "cannot be opened" in capsys.readouterr().err
    assert not out.exists()


# --- cells and recognition -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "urn"),
    [("900001", 900001), ("900001.0", 900001), ("1e+05", 100000), ("9.00001E+05", 900001), ("9E+05", None), ("1.25E+05", None), ("", None)],
)
def test_a_urn_is_repaired_only_where_no_digit_is_lost(text, urn):
    assert read_urn(text) == urn


def test_codes_and_blanks_are_unknown_never_zero():
    assert [read_count(text) for text in ("", "c", "x", "z", "NA", "low", "SUPP", "-1", "1,234", "12.0", "0")] == [None] * 8 + [1234, 12, 0]
    assert [read_share(text) for text in ("", "NA", "nan", "101", "25%", "25.0")] == [None] * 4 + [read_share("25")] * 2


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("ASD - Autistic Spectrum Disorder", "ASD"),
        ("SpLD - Specific Learning Difficulty", "SPLD"),
        ("Severe Learning Difficulty", "SLD"),
        ("Profound & multiple learning difficulty", "PMLD"),
        ("Speech, language and communication needs", "SLCN"),
        ("SEN support but no specialist assessment of type of need", "NSA"),
        ("Not Applicable", None),
    ],
)
def test_need_labels(label, code):
    assert need_code(label, POLICY.need_codes()) == code


def test_dates_in_names():
    names = ("gias_2025-05-24.csv", "edubasealldata20261101.csv", "census_2018-19.csv", "all_2021.csv", "936_all.csv")
    assert [date_in_name(Path(name)) for name in names] == ["2025-05-24", "2026-11-01", "2018/19", "2021", ""]


def test_every_layout_of_the_register_reads_the_same(tmp_path):
    both = ("LA", "EstablishmentTypeGroup", "TypeOfEstablishment", "EstablishmentStatus", "PhaseOfEducation")
    full = {}
    for heading, value in PLAIN.items():
        stem = heading.removesuffix(" (name)")
        if stem in both and heading.endswith("(name)"):
            full.setdefault(f"{stem} (code)", "7")
        full[heading] = value
    results = [
        build(register(tmp_path, *some(1, 2), name="short.csv")),
        build(register(tmp_path, *some(1, 2), plain=full, name="full.csv")),
        build(register(tmp_path, *some(1, 2), name="packed.csv.gz", compress=True)),
        build(register(tmp_path, *some(1, 2), name="packed.csv", compress=True)),
    ]
    assert len({result.partnership.schools for result in results}) == 1
    assert results[0].partnership.name == "Schools of Wendleshire"


def test_cp1252_ragged_rows_and_people_columns(tmp_path):
    headings = [*WITH_BASES, "Linked establishments"]
    rows = []
    for urn, trailing in ((900001, ["900008 Predecessor", "900009 Successor"]), (900002, []), (900003, [""])):
        cells = {**WITH_BASES, "URN": str(urn), "EstablishmentName": "St Zoë’s  School", "Federations (name)": "Elm Federation"}
        rows.append([*cells.values(), *trailing])
    result = build(save(tmp_path / "ragged.csv", headings, rows, encoding="cp1252"), urns=(900001, 900002, 900003))
    assert school(result).name == "St Zoë’s School"
    assert (school(result).trust, school(result).religious_character, school(result).area_type) == ("Elm Federation", "", "Rural village")
    assert "Secretperson" not in repr(result)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest of a workbook", "is a workbook or a zip folder"),
        (b"%PDF-1.7 rest", "is a PDF"),
        (b"\x1f\x8bnot really", "is damaged"),
        (b"Name,Phase\nElm,Primary\n", "has no column URN"),
        (b"URN,SEN support\n900001,3\n", "has no column EstablishmentName or"),
        (b"URN,EstablishmentName,TypeOfEstablishment (name),PhaseOfEducation (name)\n", "no rows that can be used"),
    ],
)
def test_a_wrong_file_is_named_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(InputMustBeMended, match=says) as refused:
        build(path)
    assert "wrong.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("which", ["sen", "census", "idaci", "links"])
def test_a_wrong_file_beside_the_register_is_named_too(tmp_path, which):
    gias = register(tmp_path, *some(1, 2))
    wrong = save(tmp_path / "other.csv", ["URN", "Shoe size"], [["900001", "5"]])
    with pytest.raises(InputMustBeMended, match=r"other\.csv is not"):
        build(gias, **{which: (wrong,) if which == "census" else wrong})
    missing = tmp_path / "missing.csv"
    with pytest.raises(InputMustBeMended, match=r"missing\.csv cannot be read"):
        build(gias, **{which: (missing,) if which == "census" else missing})


# --- choosing schools ----------------------------------------------------------------------


UNSUITABLE = [
    ({"EstablishmentStatus (name)": "Closed"}, "not open"),
    ({"EstablishmentStatus (name)": "Proposed to open"}, "not open"),
    ({"TypeOfEstablishment (name)": "Academy special converter", "EstablishmentTypeGroup (name)": "Academies"}, "special"),
    ({"TypeOfEstablishment (name)": "Pupil referral unit"}, "alternative provision"),
    ({"TypeOfEstablishment (name)": "Free schools alternative provision", "EstablishmentTypeGroup (name)": "Free Schools"}, "alternative"),
    ({"TypeOfEstablishment (name)": "Local authority nursery school", "PhaseOfEducation (name)": "Nursery"}, "nursery"),
    ({"TypeOfEstablishment (name)": "Academy 16-19 converter", "EstablishmentTypeGroup (name)": "Academies"}, "over 16"),
    ({"PhaseOfEducation (name)": "16 plus"}, "over 16"),
    (
        {"TypeOfEstablishment (name)": "Other independent school", "EstablishmentTypeGroup (name)": "Independent schools"},
        "not a mainstream",
    ),
    ({"TypeOfEstablishment (name)": "Academy secure 16 to 19", "EstablishmentTypeGroup (name)": "Academies"}, "over 16"),
    ({"PhaseOfEducation (name)": "Not applicable"}, "no phase"),
    ({"NumberOfPupils": "0"}, "no pupils"),
    ({"Easting": ""}, "easting"),
    ({"Easting": "0", "Northing": "0"}, "easting"),
]


@pytest.mark.parametrize(("differs", "why"), UNSUITABLE)
def test_listed_schools_that_cannot_be_members_are_left_out_with_a_note(tmp_path, differs, why):
    result = build(register(tmp_path, *some(1, 2), *some(3, **differs)), urns=(900001, 900002, 900003, 900003))
    assert [s.urn for s in result.partnership.schools] == [900001, 900002]
    assert any("900003) is left out" in note and why in note for note in result.notes)


def test_a_school_proposed_to_close_stays_and_is_noted(tmp_path):
    gias = register(tmp_path, *some(1, **{"EstablishmentStatus (name)": "Open, but proposed to close"}), *some(2))
    result = build(gias)
    assert "proposed to close" in school(result).note
    assert any("proposed to close" in note for note in result.notes)


def test_urns_that_are_not_in_the_register_are_one_sentence(tmp_path):
    with pytest.raises(InputMustBeMended, match="no school with URN 900007, 900008"):
        build(register(tmp_path, *some(1, 2)), urns=(900008, 900001, 900007))
    with pytest.raises(InputMustBeMended, match="Fewer than two"):
        build(register(tmp_path, *some(1, 2)), urns=(900001,))


def test_either_a_list_or_a_centre(tmp_path):
    gias = register(tmp_path, *some(1, 2))
    for request in (BuildRequest(gias=gias), BuildRequest(gias=gias, urns=(900001,), near_urn=900001, count=2)):
        with pytest.raises(InputMustBeMended, match="Say which schools"):
            build_partnership(request, POLICY)
    with pytest.raises(InputMustBeMended, match="not an academic year"):
        build(gias, academic_year="2026-28")


def test_the_nearest_mainstream_schools_are_taken_the_centre_first(tmp_path):
    gias = register(
        tmp_path,
        *some(1, Easting="450000"),
        *some(5, Easting="451000"),
        *some(4, Easting="449000"),
        *some(3, Easting="450100", **{"EstablishmentTypeGroup (name)": "Special schools"}),
        *some(2, Easting="452000"),
        *some(6, Easting=""),
        *some(1, Easting="450000"),
    )
    result = build(gias, near=900001, count=3)
    assert [s.urn for s in result.partnership.schools] == [900001, 900004, 900005]
    assert result.partnership.name == "Schools near School 900001"
    assert result.partnership.council == "Wendleshire"
    assert any("cannot be chosen: no usable easting" in note for note in result.notes)
    assert any("repeat an earlier URN" in note for note in result.notes)
    fewer = build(gias, near=900001, count=60)
    assert any("holds only 4" in note for note in fewer.notes)


def test_every_council_among_the_schools_is_named(tmp_path):
    other = {"LA (name)": "Alderwend"}
    gias = register(tmp_path, *some(1, 2), *some(3, **other), *some(4, **{"LA (name)": ""}), plain=WITH_BASES)
    result = build(gias, near=900001, count=4)
    assert any(note.startswith("Schools of 2 councils: Wendleshire (2), Alderwend (1). If all") for note in result.notes)
    assert result.partnership.council == "Wendleshire and Alderwend"
    assert not any("councils" in note for note in build(gias).notes)


def test_a_council_has_one_name_in_all_that_is_asked_of_it(tmp_path):
    p = build(with_bases(tmp_path), urns=WITH_BASES_URNS).partnership
    asked = {one.request_to for one in (*p.bases, *p.services)} | {s.employer for s in p.services}
    assert asked == {"", "the council (Wendleshire)", "the health trust"}


@pytest.mark.parametrize(
    ("ages", "says"),
    [
        ({}, ""),
        ({"School 900001": ("4", "11"), "School 900002": ("2", "11")}, ""),
        ({"School 900001": ("", "")}, ""),
        (
            {"School 900002": ("7", "11")},
            "School 900002 does not teach every primary year. The planner counts the whole primary phase for it",
        ),
        (
            {"School 900001": ("4", "7"), "School 900002": ("7", "11"), "School 900003": ("5", "9")},
            "School 900001, School 900002 and School 900003 do not teach every primary year.",
        ),
        ({"School 900004": ("11", "18")}, ""),
    ],
)
def test_schools_that_teach_part_of_the_primary_years_are_named_in_one_note(tmp_path, ages, says):
    plain = {**PLAIN, "StatutoryLowAge": "4", "StatutoryHighAge": "11"}
    schools = [*some(1, 2, 3), *some(4, **{"PhaseOfEducation (name)": "Secondary"})]
    for one in schools:
        low, high = ages.get(f"School {one['URN']}", ("4", "11"))
        one |= {"StatutoryLowAge": low, "StatutoryHighAge": high}
    result = build(register(tmp_path, *schools, plain=plain), urns=(900001, 900002, 900003, 900004))
    found = [note for note in result.notes if "primary year" in note]
    assert len(found) == bool(says)
    assert all(note.startswith(says) for note in found)


@pytest.mark.parametrize("count", [None, 0, 1, 61])
def test_the_number_of_schools_is_bounded(tmp_path, count):
    with pytest.raises(InputMustBeMended, match="from 2 to 60"):
        build(register(tmp_path, *some(1, 2)), near=900001, count=count)


@pytest.mark.parametrize(
    ("centre", "says"),
    [({}, "no school with URN 900001"), ({"Easting": ""}, "easting"), ({"EstablishmentTypeGroup (name)": "Special schools"}, "special")],
)
def test_a_centre_that_cannot_be_used(tmp_path, centre, says):
    schools = [*some(1, **centre), *some(2, 3)] if centre else some(2, 3)
    with pytest.raises(InputMustBeMended, match=says):
        build(register(tmp_path, *schools), near=900001, count=2)


@pytest.mark.parametrize(
    ("phase", "kind", "expected"),
    [
        ("Primary", "Community school", (Phase.PRIMARY, 301, 0)),
        ("Middle deemed primary", "Foundation school", (Phase.PRIMARY, 301, 0)),
        ("Secondary", "Studio schools", (Phase.SECONDARY, 0, 301)),
        ("Middle deemed secondary", "Voluntary aided school", (Phase.SECONDARY, 0, 301)),
        ("All-through", "Academy converter", (Phase.ALL_THROUGH, SPLIT, 301 - SPLIT)),
        ("Not applicable", "City technology college", (Phase.SECONDARY, 0, 301)),
    ],
)
def test_phases(tmp_path, phase, kind, expected):
    differs = {"PhaseOfEducation (name)": phase, "TypeOfEstablishment (name)": kind, "NumberOfPupils": "301"}
    if kind.startswith("City"):
        differs["EstablishmentTypeGroup (name)"] = "Independent schools"
    result = build(register(tmp_path, *some(1, **differs), *some(2)))
    one = school(result)
    assert (one.phase, one.primary_pupils, one.secondary_pupils) == expected
    is_assumed = set(assumed(result, "Schools"))
    assert (("900001", "Primary pupils") in is_assumed) == (phase == "All-through")
    assert (("900001", "Phase") in is_assumed) == (phase == "Not applicable")
    assert phase in PHASE_HELP


# --- joins ---------------------------------------------------------------------------------


def test_a_blank_roll_is_looked_for_and_marked_assumed(tmp_path):
    blank = {"NumberOfPupils": ""}
    secondary = {**blank, "PhaseOfEducation (name)": "Secondary"}
    gias = register(tmp_path, *some(1, 2, 3, 4, **blank), *some(5, **secondary), *some(6))
    census = save(tmp_path / "census_2018-19.csv", ["URN", "NOR", "PNUMFSMEVER"], [["900003", "150", "20"], ["900001", "9", "20"]])
    result = build(
        gias,
        urns=tuple(range(900001, 900007)),
        sen=sen(tmp_path, ("900001", "110", "11", "1"), ("900012", "120", "12", "2")),
        census=(census,),
        links=links(tmp_path, ("900002", "900011", "Predecessor"), ("900011", "900012", "Predecessor - merged")),
    )
    median = POLICY.assume("primary_pupils")
    assert [s.pupils for s in result.partnership.schools] == [110, 120, 150, median, POLICY.assume("secondary_pupils"), 200]
    assert assumed(result, "Schools", "Primary pupils") == {
        ("900001", "Primary pupils"): "110",
        ("900002", "Primary pupils"): "120",
        ("900003", "Primary pupils"): "150",
        ("900004", "Primary pupils"): str(median),
    }
    assert ("900005", "Secondary pupils") in assumed(result, "Schools")


def test_recorded_sen_is_found_through_links_scaled_and_flagged(tmp_path):
    file = sen(
        tmp_path,
        ("900001", "160", "20", "3"),  # 200 now: scaled by 1.25, 3 plans come to 3.75
        ("900012", "100", "21", "1"),  # two generations back, twice the pupils now
        ("", "50", "5", "5"),
        ("1.25E+05", "50", "5", "5"),
        ("900004", "200", "c", "x"),
    )
    linked = links(
        tmp_path,
        ("900002", "900011", "Predecessor"),
        ("900011", "900012", "Successor"),  # a circle of links must end
        ("900012", "900011", "Successor"),
        ("900011", "900002", "Successor"),
        ("900003", "900001", "Sixth Form Centre Link"),
    )
    result = build(register(tmp_path, *some(1, 2, 3, 4)), urns=(900001, 900002, 900003, 900004), sen=file, links=linked)
    one, two, three, four = result.partnership.schools
    assert (one.sen_support_pupils, one.ehc_plan_pupils, one.recorded_sen_urn, one.note) == (25, 4, None, "")
    assert (two.sen_support_pupils, two.recorded_sen_urn) == (42, 900012)
    assert "2.0 times" in two.note
    assert (three.sen_support_pupils, three.ehc_plan_pupils, four.sen_support_pupils) == (None, None, None)
    assert result.joins[0] == JoinRate(source="SEN (sen.csv)", of=4, direct=1, through_links=1, missing=("School 900003", "School 900004"))
    assert result.joins[0].not_found == 2
    assert "1 of 4 schools found directly, 1 through" in result.joins[0].sentence()
    assert result.joins[0].sentence().endswith("2 not found: School 900003 and School 900004.")
    assert "sen.csv: 1 row without a URN skipped." in result.notes
    assert any("shortened the URN (first: '1.25E+05')" in note for note in result.notes)


def test_two_schools_that_share_a_sen_row_are_both_flagged(tmp_path):
    file = sen(tmp_path, ("900009", "300", "30", "9"))
    linked = links(tmp_path, ("900001", "900009", "Predecessor - Split School"), ("900009", "900002", "Successor - Split School"))
    result = build(register(tmp_path, *some(1, 2)), sen=file, links=linked)
    assert all("Shares the recorded SEN row of URN 900009" in s.note for s in result.partnership.schools)
    assert sum("shares the recorded SEN row" in note for note in result.notes) == 2


def test_the_largest_of_several_predecessors_is_used_and_noted(tmp_path):
    file = sen(tmp_path, ("900008", "90", "9", "0"), ("900009", "110", "22", "0"))
    linked = links(tmp_path, ("900001", "900008", "Predecessor - amalgamated"), ("900001", "900009", "Result of Amalgamation"))
    result = build(register(tmp_path, *some(1, 2)), sen=file, links=linked)
    assert (school(result).recorded_sen_urn, school(result).sen_support_pupils) == (900009, 40)
    assert "largest of 2 linked schools" in school(result).note


def test_more_sen_than_pupils_is_left_unknown(tmp_path):
    result = build(register(tmp_path, *some(1, 2)), sen=sen(tmp_path, ("900001", "20", "30", "1"), ("900002", "0", "0", "0")))
    assert school(result).sen_support_pupils is None
    assert "left unknown" in school(result).note
    assert result.joins[0].not_found == 1


def test_the_older_wide_sen_file_gives_needs(tmp_path):
    headings = ["time_period", "URN", "Total pupils", "SEN support", "EHC plan", "EHC_Primary_need_asd", "SUP_Primary_need_asd"]
    headings += ["SUP_Primary_need_slcn", "SUP_Primary_need_nsa", "Prov_SPLD", "SEN_Unit"]
    row = ["202223", "900001", "100", "11", "2", "2", "1", "9", "1", "1", "0"]
    result = build(register(tmp_path, *some(1, 2)), sen=save(tmp_path / "wide.csv", headings, [row]))
    assert {n.need: n.sen_support_pupils for n in result.partnership.recorded_needs} == {"ASD": 2, "SLCN": 18, "NSA": 2}
    assert school(result).sen_support_pupils == 22


def test_the_long_sen_file_counts_each_pupil_once(tmp_path):
    headings = ["time_period", "geographic_level", "school_urn", "specialist_provision_unit_type", "sen_provision", "sen_primary_need"]
    rows = []
    for year, times in (("202425", 9), ("202526", 1)):
        for unit, provision, need, count in (
            ("All pupils", "All pupils", "All pupils", 200),
            ("All pupils", "No SEN", "All pupils", 170),
            ("All pupils", "SEN support", "All pupils", 24),
            ("All pupils", "Education, health and care plans", "All pupils", 6),
            ("All pupils", "SEN support", "Autistic spectrum disorder", 4),
            ("All pupils", "SEN support", "Speech, language and communication needs", 20),
            ("All pupils", "Education, health and care plans", "Autistic spectrum disorder", 6),
            ("SEN unit", "SEN support", "All pupils", 5),
            ("Pupils not in a unit", "SEN support", "All pupils", 19),
        ):
            rows.append([year, "School", "900001", unit, provision, need, str(count * times)])
    rows.append(["202526", "National", "", "All pupils", "SEN support", "All pupils", "1300000"])
    path = save(tmp_path / "long.csv", [*headings, "pupil_count"], rows)
    row = read_sen(path, POLICY.need_codes()).rows[900001]
    assert (row.total, row.support, row.plans, row.needs) == (200, 24, 6, {"ASD": 4, "SLCN": 20})
    result = build(register(tmp_path, *some(1, 2)), sen=path)
    assert sum(n.sen_support_pupils for n in result.partnership.recorded_needs) == school(result).sen_support_pupils == 24
    without_total = [[*row[:5], row[5], row[6]] for row in rows if row[4] != "All pupils"]
    assert read_sen(save(path, [*headings, "pupil_count"], without_total), POLICY.need_codes()).rows[900001].total == 200


def test_fsm6_comes_from_the_latest_census_and_never_from_its_summary_rows(tmp_path):
    old = save(
        tmp_path / "999_census_2018-19.csv",
        ["URN", "LA", "NOR", "NUMFSMEVER", "PNUMFSMEVER"],
        [
            ["900001", "999", "200", "20", "10"],
            ["900002", "999", "200", "NA", "0"],
            ["900003", "999", "200", "50", "25"],
            ["NAT"] + ["1"] * 4,
        ],
    )
    new = save(
        tmp_path / "999_census_2024-25.csv",
        ["URN", "LA", "Estab", "NOR", "NUMFSMEVER", "NORFSMEVER", "PNUMFSMEVER"],
        [
            ["900001", "999", "1", "210", "33", "200", "16.00%"],
            ["900002", "999", "1", "210", "NA", "NA", "0.00%"],
            ["LA", "Special", "1", "2"],
        ],
    )
    gias = register(tmp_path, *some(1, 2, 3, 4))
    for order in ((old, new), (new, old)):
        result = build(gias, urns=(900001, 900002, 900003, 900004), census=order)
        assert [s.fsm6_pupils for s in result.partnership.schools] == [33, 20, 50, 20]
        # 900002 and 900004 have no FSM6 anywhere: free school meals now stand in.
        assert set(assumed(result, "Schools", "FSM6 pupils")) == {("900002", "FSM6 pupils"), ("900004", "FSM6 pupils")}
        assert [(j.source, j.direct) for j in result.joins] == [(f"Census ({new.name})", 2), (f"Census ({old.name})", 3)]
    both = build(gias, urns=(900001, 900002, 900003), census=(old, new))
    assert [(j.source, j.direct, j.missing) for j in both.joins] == [(f"Census ({new.name}, {old.name})", 3, ())]
    assert both.joins[0].sentence().endswith("0 not found.")
    many = build(register(tmp_path, *some(*range(1, 8)), name="many.csv"), urns=range(900001, 900008), census=(old,))
    assert many.joins[0].sentence().endswith("4 not found.")  # too many to name


@pytest.mark.parametrize(
    "heading", ["fsm_prop", "% of pupils known to be eligible for free school meals (Performa", "% of pupils known to be eligible for FSM"]
)
def test_pupil_characteristics_stand_in_for_fsm6(tmp_path, heading):
    file = save(tmp_path / "spc.csv", ["time_period", "urn", heading], [["202223", "900001", "12.5"], ["202223", "900002", "z"]])
    gias = register(tmp_path, *some(1), *some(2, PercentageFSM=""))
    if heading.endswith("FSM"):
        with pytest.raises(InputMustBeMended, match="none of the columns"):
            build(gias, census=(file,))
        return
    result = build(gias, census=(file,))
    assert (school(result).fsm6_pupils, school(result, 900002).fsm6_pupils) == (25, None)
    assert any("stand in for FSM6 (spc.csv)" in s.source for s in result.partnership.sources if s.is_assumed)


def test_idaci_by_the_schools_own_area(tmp_path):
    placeholders = some(3, **{"LSOA (code)": "L99999999"}) + some(4, **{"LSOA (code)": "E01035000"})
    gias = register(tmp_path, *some(1, 2), *placeholders)
    heading = "Income Deprivation Affecting Children Index (IDACI) Decile (where 1 is most deprived 10% of LSOAs)"
    old = save(tmp_path / "iod2019.csv", ["LSOA code (2011)", heading], [["E01000001", "4.00"], ["L99999999", "1"]])
    new = save(tmp_path / "iod2025.csv", ["LSOA code (2021)", heading], [["E01000001", "5"], ["E01035000", "9"]])
    urns = (900001, 900002, 900003, 900004)
    mismatched, matched = build(gias, urns=urns, idaci=old), build(gias, urns=urns, idaci=new)
    assert [s.school_idaci_decile for s in mismatched.partnership.schools] == [4, 4, None, None]
    assert [s.school_idaci_decile for s in matched.partnership.schools] == [5, 5, None, 9]
    assert any("LSOA codes are of 2021" in note for note in mismatched.notes)
    assert not any("LSOA codes" in note for note in matched.notes)
    assert (mismatched.joins[0].not_found, matched.joins[0].not_found) == (2, 1)


# --- bases ---------------------------------------------------------------------------------


def with_bases(tmp_path):
    secondary = {"PhaseOfEducation (name)": "Secondary", "NumberOfPupils": "900"}
    return register(
        tmp_path,
        {
            "URN": "900001", "TypeOfResourcedProvision (name)": "Resourced provision and SEN unit", "SEN1 (name)": "ASD - Autistic Spectrum Disorder",
            "SEN2 (name)": "SpLD - Specific Learning Difficulty", "ResourcedProvisionCapacity": "12", "ResourcedProvisionOnRoll": "14",
            "SenUnitCapacity": "10", "SenUnitOnRoll": "7",
        },
        {"URN": "900002", "TypeOfResourcedProvision (name)": "SEN unit", "SenUnitCapacity": "0", "SenUnitOnRoll": "6", **secondary},
        {"URN": "900003", "TypeOfResourcedProvision (name)": "Resourced provision", "ResourcedProvisionCapacity": "0"},
        {"URN": "900004", "TypeOfResourcedProvision (name)": "Not applicable", "ResourcedProvisionCapacity": "30"},
        {
            "URN": "900005", "TypeOfResourcedProvision (name)": "SEN unit", "SenUnitCapacity": "8", "SEN1 (name)": "Fencing",
            **secondary, "PhaseOfEducation (name)": "All-through",
        },
        {"URN": "900006", "NumberOfPupils": "400"},
        {"URN": "900007", **secondary},
        plain=WITH_BASES,
    )  # fmt: skip


WITH_BASES_URNS = tuple(range(900001, 900008))


def test_open_bases_are_the_councils_and_cost_the_pool_nothing(tmp_path):
    result = build(with_bases(tmp_path), urns=WITH_BASES_URNS)
    bases = {b.base_id: b for b in result.partnership.bases if b.is_open}
    assert sorted(bases) == ["rp_900001", "unit_900001", "unit_900002", "unit_900005"]
    over_full, unit, no_places, all_through = (bases[name] for name in sorted(bases))
    assert (over_full.places_now, over_full.pupils_now, over_full.sizes) == (12, 14, (14,))
    assert (unit.places_now, unit.sizes, unit.needs) == (10, (10,), ("ASD", "SPLD"))
    assert (no_places.places_now, no_places.phase, no_places.needs) == (6, Phase.SECONDARY, ("ASD", "SLCN", "SEMH"))
    assert (all_through.phase, all_through.pupils_now) == (Phase.SECONDARY, 0)
    for base in bases.values():
        assert (base.kind, base.decision_right, base.request_to) == (
            BaseKind.SPECIALIST,
            DecisionRight.REQUEST,
            "the council (Wendleshire)",
        )
        assert base.teacher_cost_pounds == base.place_cost_pounds == base.place_funding_pounds == 0
    marked = assumed(result, "Bases")
    assert marked["unit_900002", "Places now"] == "6"
    assert marked["unit_900002", "Needs"] == "ASD; SLCN; SEMH"
    assert ("unit_900005", "Phase") in marked
    assert ("rp_900001", "Needs") not in marked
    assert "over-full: 14 pupils in 12 places" in school(result).note
    assert "without places or pupils" in school(result, 900003).note
    assert "'Fencing'" in school(result, 900005).note
    hosts = {h.urn: h for h in result.partnership.host_conditions}
    assert (hosts[900001].consent, hosts[900001].most_places) == (Consent.YES, 24)


def sizes_from(figure):
    first = int(POLICY.assume(figure))
    steps = [n * POLICY.assume("places_between_sizes") for n in range(int(POLICY.assume("new_base_sizes")))]
    return tuple(sorted({min(first + step, POLICY.bases.most_places) for step in steps}))


def test_possible_new_bases_give_the_plan_a_choice(tmp_path):
    result = build(with_bases(tmp_path), urns=WITH_BASES_URNS)
    new = [b for b in result.partnership.bases if not b.is_open]
    hosts = {b.host_urn for b in result.partnership.bases if b.is_open}
    assert [(b.base_id, b.phase, b.sizes) for b in new] == [
        ("new_900006", Phase.PRIMARY, sizes_from("new_base_primary_places")),
        ("new_900007", Phase.SECONDARY, sizes_from("new_base_secondary_places")),
    ]
    assert not hosts & {b.host_urn for b in new}
    assert all((b.kind, b.decision_right, b.places_now) == (BaseKind.SUPPORT, DecisionRight.OURS, 0) for b in new)
    assert all(b.place_funding_pounds == POLICY.bases.place_funding_on_roll_pounds for b in new)
    marked = assumed(result, "Bases")["new_900007", "Possible sizes"]
    assert marked == "; ".join(str(size) for size in sizes_from("new_base_secondary_places"))


def test_what_is_judged_comes_from_the_policy(tmp_path):
    (tmp_path / "board.toml").write_text(
        """
        [assume]
        schools_to_a_primary_base = 3
        most_new_secondary_bases = 0
        new_base_sizes = 2
        places_between_sizes = 3
        few_pupils = 100_000
        most_times_roll_changed = 3
        assume_needs.new_base_primary = ["HI"]
        """.replace("assume_needs.new", "[assume_needs]\n        new"),
        encoding="utf-8",
    )
    schools = [*some(*range(1, 7)), *some(7, **{"PhaseOfEducation (name)": "Secondary"})]
    urns = tuple(range(900001, 900008))
    recorded = sen(tmp_path, ("900001", "100", "10", "1"))  # half the present roll
    gias = register(tmp_path, *schools)
    usual, ours = (build(gias, urns=urns, sen=recorded, policy=p) for p in (POLICY, load_policy(tmp_path / "board.toml")))
    assert [(b.phase, b.sizes, b.needs) for b in ours.partnership.bases] == [(Phase.PRIMARY, (8, 11), ("HI",))] * 2
    assert {b.phase for b in usual.partnership.bases} == {Phase.PRIMARY, Phase.SECONDARY}
    assert ["(2.0 times)" in school(result).note for result in (usual, ours)] == [True, False]
    assert len(ours.partnership.services) < len(usual.partnership.services)


def test_new_bases_are_spread_out(tmp_path):
    schools = [{"URN": str(900000 + n), "Easting": str(450000 + 5000 * n), "NumberOfPupils": str(500 - n)} for n in range(12)]
    result = build(register(tmp_path, *schools), urns=tuple(range(900000, 900012)))
    assert [b.host_urn for b in result.partnership.bases] == [900000, 900005]  # the largest, then the farthest of the larger half


def test_a_register_without_base_columns_says_so(tmp_path):
    result = build(register(tmp_path, *some(1, 2)), blank_resources=True)
    assert result.partnership.bases == ()
    assert any("no columns on SEN units" in note for note in result.notes)


# --- resources -----------------------------------------------------------------------------


def test_money_and_time_follow_the_policys_figures_to_the_pound(tmp_path, pinned):
    result = build(register(tmp_path, *some(1, 2, 3, NumberOfPupils="1667")), urns=(900001, 900002, 900003), policy=pinned)
    p = result.partnership
    pupils = 5001
    funds = {f.source: f for f in p.funds}
    assert set(funds) == {FundSource.INCLUSIVE_MAINSTREAM_FUND, FundSource.DEVOLVED_HIGH_NEEDS, FundSource.CAPITAL}
    for fund, pounds in zip(p.funds, (54, 60, 16), strict=True):
        assert fund.september_to_march_pounds + fund.april_to_august_pounds == pounds * pupils
        months = 12 if fund.source is FundSource.CAPITAL else 7  # openings are paid before 1 April
        assert abs(fund.september_to_march_pounds * 12 - pounds * pupils * months) < 12
    wte = {s.role: sum(x.sessions_a_year for x in p.people_of(s.service_id)) / 320 for s in p.services}
    assert wte == {
        "educational_psychologist": 1.5,
        "speech_language_therapist": 1.3,
        "specialist_teacher": 1.3,
        "occupational_therapist": 0.2,
        "teacher_of_the_deaf": 0.1,
        "teacher_of_vision": 0.1,
    }
    assert [(x.name, x.sessions_a_year, x.statutory_sessions) for x in p.people_of("ep")] == [
        ("Educational psychologist, post 1", 320, 128),
        ("Educational psychologist, post 2", 160, 64),
    ]
    assert all(
        (s.price_pounds_per_session, s.decision_right, s.request_to) == (0, DecisionRight.REQUEST, "the council (Wendleshire)")
        for s in p.services
    )
    last = Counter()
    for row in p.last_year:
        last[row.item] += row.amount
    # 85 % of cash is for grants, of which last year had 80 %; 85 % of the time left after statutory work.
    assert last == {"grant": round(pupils * 114 * 0.85 * 0.8), "ep": 245, "slt": 354, "specialist_teacher": 354}
    assert p.is_illustrative()
    amounts = {("Funds", "September to March"), ("Funds", "April to August"), ("Services", "Price a session")}
    amounts |= {("People", "Sessions a year"), ("People", "Statutory sessions")}
    assert {(s.sheet, s.column) for s in p.sources if s.is_assumed} & AMOUNT_COLUMNS == amounts == AMOUNT_COLUMNS
    confirmed = tuple(replace(s, is_assumed=s.is_assumed and (s.sheet, s.column) not in AMOUNT_COLUMNS) for s in p.sources)
    assert not replace(p, sources=confirmed).is_illustrative()
    assert p.contributions == ()


def test_every_assumed_cell_is_marked_with_the_value_it_holds(tmp_path):
    p = build(with_bases(tmp_path), urns=WITH_BASES_URNS).partnership
    for sheet, rows, columns in (
        ("Funds", p.funds, ("September to March", "April to August")),
        ("Services", p.services, ("Price a session",)),
        ("People", p.people, ("Sessions a year", "Statutory sessions")),
        ("Host conditions", p.host_conditions, ("Consent", "Most places")),
        ("Last year", p.last_year, ("Amount",)),
    ):
        marks = Counter(s.column for s in p.sources if s.sheet == sheet and s.is_assumed)
        assert all(marks[column] == len(rows) for column in columns)
    assert len({(s.sheet, s.key, s.column) for s in p.sources}) == len(p.sources)
    imf = next(s for s in p.sources if (s.sheet, s.key, s.column) == ("Funds", "imf", "September to March"))
    assert imf.value == str(p.funds[0].september_to_march_pounds)
    assert "assume.inclusive_mainstream_fund_pounds_per_pupil" in imf.source
    assert imf.date == next(f.date for f in POLICY.figures if f.path in imf.source)


def test_a_tiny_partnership_gets_no_sliver_of_a_rare_role(tmp_path, pinned):
    result = build(register(tmp_path, *some(1, 2, NumberOfPupils="450")), policy=pinned)
    assert {s.service_id for s in result.partnership.services} == {"ep", "slt", "specialist_teacher"}
    assert sum("so none is assumed" in note for note in result.notes) == 3


def test_blank_resources_leaves_only_what_the_files_hold(tmp_path):
    p = build(with_bases(tmp_path), urns=WITH_BASES_URNS, blank_resources=True, name=" My schools ").partnership
    assert p.name == "My schools"
    assert p.academic_year == "2026/27"
    assert (p.funds, p.services, p.people, p.host_conditions, p.last_year) == ((), (), (), (), ())
    assert all(b.is_open for b in p.bases)
    assert not p.is_illustrative()


def test_largest_remainder_adds_up():
    assert largest_remainder(100, [1, 1, 1]) == [34, 33, 33]
    assert largest_remainder(5, [0, 0]) == [0, 0]


def test_the_same_files_give_the_same_partnership(tmp_path):
    gias = with_bases(tmp_path)
    assert build(gias, urns=WITH_BASES_URNS) == build(gias, urns=WITH_BASES_URNS[::-1])


def reads_back(partnership, tmp_path):
    """The partnership as written and read again, which must need no mending and keep every mark."""
    write_partnership_csv(partnership, tmp_path / "out")
    write_partnership_workbook(partnership, tmp_path / "out.xlsx")
    for path in (tmp_path / "out", tmp_path / "out.xlsx"):
        again, findings = read_partnership(path, need_codes=POLICY.need_codes(), role_ids=POLICY.role_ids())
        assert [f.sentence() for f in findings if f.level is Level.MUST_MEND] == []
        assert again is not None
        assert replace(again, schools=()) == replace(partnership, schools=())
        assert again.schools == partnership.schools


def test_what_is_built_reads_back(tmp_path):
    reads_back(build(with_bases(tmp_path), urns=WITH_BASES_URNS).partnership, tmp_path)


# --- the real files ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def data():
    folder = Path(os.environ.get("PLANNER_REFERENCE_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("reference data folder ../shared/data not found")
    return folder


def mainstream(gias):
    rows = read_register(gias).rows.values()
    return tuple(row.urn for row in rows if not why_left_out(row) and row.easting and row.northing)


def percent(join):
    return round(100 * join.direct / join.of, 1), round(100 * (join.direct + join.through_links) / join.of, 1)


AREAS = [
    ("surrey_936", "gias_936_all_2021.csv", "2019", 357, [(93.6, 98.0), (93.6, 99.7), (99.7, 99.7)]),
    ("surrey_936", "gias_936_open_2025-05-24.csv", "2025", 357, [(88.8, 97.5), (79.6, 98.9), (99.7, 99.7)]),
    ("surrey_936", "gias_936_open_2025-05-24.csv", "2019", 357, [(88.8, 97.5), (79.6, 98.9), (97.8, 97.8)]),
    ("hertfordshire_919", "gias_919_open_2025-05-24.csv", "2025", 483, [(95.4, 98.8), (89.2, 99.0), (100, 100)]),
    ("hertfordshire_919", "gias_919_open_2025-05-24.csv", "2019", 483, [(95.4, 98.8), (89.2, 99.0), (96.9, 96.9)]),
]


def area_files(folder, idaci):
    number = folder.name[-3:]
    return {
        "sen": folder / f"sen_school_level_{number}_2022-23.csv",
        "census": (folder / f"{number}_census_2018-19.csv",),
        "idaci": folder / f"iod{idaci}_file3_idaci_{number}.csv",
        "links": folder / f"links_gias_{number}_2025-04-22.csv",
    }


@pytest.mark.parametrize(("area", "gias", "idaci", "schools", "rates"), AREAS)
def test_join_rates_of_whole_authorities(data, area, gias, idaci, schools, rates):
    urns = mainstream(data / area / gias)
    assert len(urns) == schools
    result = build(data / area / gias, urns=urns, blank_resources=True, **area_files(data / area, idaci))
    assert [percent(join) for join in result.joins] == rates


def test_bases_of_a_whole_register_are_those_counted_by_hand(data):
    gias = data / "surrey_936" / "gias_936_all_2021.csv"
    bases = build(gias, urns=mainstream(gias), blank_resources=True).partnership.bases
    by_kind, by_phase = Counter(), Counter()
    for base in bases:
        by_kind[base.base_id.split("_")[0]] += base.places_now
        by_phase[base.phase] += base.places_now
    assert by_kind == {"rp": 341, "unit": 500}
    assert by_phase == {Phase.PRIMARY: 598, Phase.SECONDARY: 243}
    assert len({base.host_urn for base in bases}) == 50


def test_twenty_schools_near_a_secondary(data, tmp_path):
    folder = data / "hertfordshire_919"
    gias = folder / "gias_919_open_2025-05-24.csv"
    centre = next(r.urn for r in read_register(gias).rows.values() if r.phase == "Secondary" and not why_left_out(r))
    files = area_files(folder, "2025")
    files["census"] += (folder / "919_census_2024-25.csv",)
    result = build(gias, near=centre, count=20, **files)
    p = result.partnership
    assert p.schools[0].urn == centre
    assert len({s.urn for s in p.schools}) == 20
    assert all(s.fsm6_pupils is not None and s.school_idaci_decile for s in p.schools)
    assert not assumed(result, "Schools", "FSM6 pupils")
    assert p.bases
    reads_back(p, tmp_path)


def test_twenty_five_schools_with_open_bases(data, tmp_path):
    folder = data / "surrey_936"
    gias = folder / "gias_936_all_2021.csv"
    rows = read_register(gias).rows.values()
    hosts = [r.urn for r in rows if (r.unit_places or r.rp_places) and not why_left_out(r)]
    found = (build(gias, near=urn, count=25, **area_files(folder, "2019")) for urn in hosts)
    result = next(r for r in found if sum(b.is_open for b in r.partnership.bases) >= 3)
    for base in result.partnership.bases:
        assert max(base.sizes) >= base.pupils_now
        assert base.needs
    reads_back(result.partnership, tmp_path)


def test_the_national_register(data, tmp_path):
    folder = data / "national"
    gias = folder / "gias_open_2025-05-24.csv.gz"
    rows = read_register(gias).rows.values()
    wanted = ("Middle deemed primary", "Middle deemed secondary", "All-through", "Not applicable")
    urns = [next(r.urn for r in rows if r.phase == phase and not why_left_out(r)) for phase in wanted]
    blank = next(r.urn for r in rows if r.pupils is None and not why_left_out(r) and r.easting)
    started = time.monotonic()
    result = build(
        gias,
        urns=(*urns, blank),
        sen=folder / "sen_school_level_2022-23.csv.gz",
        census=(folder / "england_census_2018-19.csv.gz",),
        idaci=folder / "iod2025_file3_idaci.csv.gz",
        links=folder / "links_gias_2025-04-22.csv.gz",
    )
    assert time.monotonic() - started < 15  # about 1.5 s on a quiet machine
    phases = {s.urn: s.phase for s in result.partnership.schools}
    assert [phases[urn] for urn in urns] == [Phase.PRIMARY, Phase.SECONDARY, Phase.ALL_THROUGH, Phase.SECONDARY]
    assert all(s.pupils > 0 for s in result.partnership.schools)
    assert {key for key, _ in assumed(result, "Schools")} >= {str(blank), str(urns[2]), str(urns[3])}
    reads_back(result.partnership, tmp_path)


def test_the_derived_national_file_holds_the_same_schools(data):
    schools = mainstream(data / "national" / "gias_open_2025-05-24.csv.gz")
    derived = data / "national" / "mainstream_schools_joined.csv.gz"
    assert set(schools) == set(mainstream(derived))


def test_the_official_headings_are_recognised(data, tmp_path):
    def filled(name, cells):
        with (data / "schemas" / name).open(encoding="utf-8-sig", newline="") as file:
            headings = next(csv.reader(file))
        assert set(cells[0]) <= set(headings)
        return save(tmp_path / name, headings, [[row.get(heading, "") for heading in headings] for row in cells])

    def row(urn):
        return {**WITH_BASES, "URN": urn, "EstablishmentName": "Elm", "SenUnitCapacity": "9", "SEN1 (name)": "HI - Hearing Impairment"}

    gias = filled("gias_edubasealldata_header.csv", [row("900001"), row("900002")])
    wide = {"URN": "900001", "Total pupils": "200", "SEN support": "20", "EHC plan": "4", "SUP_Primary_need_semh": "20"}
    share = "% of pupils known to be eligible for free school meals (Performa"
    result = build(
        gias,
        sen=filled("sen_school_level_underlying_data_2022-23_header.csv", [wide]),
        census=(filled("spc_school_level_underlying_data_header.csv", [{"URN": "900001", "headcount of pupils": "210", share: "30"}]),),
    )
    assert (school(result).sen_support_pupils, school(result).fsm6_pupils) == (20, 60)
    assert [(n.need, n.sen_support_pupils) for n in result.partnership.recorded_needs] == [("SEMH", 20)]
    assert [b.needs for b in result.partnership.bases if b.is_open] == [("HI",), ("HI",)]


def test_the_ragged_export_and_the_links(data):
    rows = read_register(data / "quirks" / "gias_ragged_linked_establishments_sample.csv").rows
    assert rows
    assert all(100000 <= urn <= 999999 and row.council and row.easting for urn, row in rows.items())
    linked = read_links(data / "national" / "links_gias_2025-04-22.csv.gz")
    assert all(len(list(linked.levels(urn))) < 20 for urn in list(linked.before)[:2000])
