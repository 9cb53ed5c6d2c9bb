"""The sheet about need: how each school's expected pupils come about, beside what is recorded there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from math import sqrt

from planner.export.cells import comment
from planner.export.plan_facts import Facts
from planner.export.tables import AMBER, GREY, HUNDREDTHS, PLAIN, Book, Column, Formula, Row, Value, font, text_column
from planner.need import DriverShare, driver_shares, expected_sen_support
from planner.partnership import Phase, School
from planner.policy import DRIVERS

LOOK_AT, CLOSE = "look at together", "close"
FAR_APART = 2
"""Recorded and expected lie far apart beyond this many standard deviations of a binomial count."""
_DRIVER_NAMES = {"fsm6": "FSM6", "idaci": "IDACI", "low_prior_attainment": "Low prior attainment", "mobility": "Mobility"}
_COLUMNS = {
    "fsm6": "FSM6 pupils",
    "idaci": "IDACI pupils",
    "low_prior_attainment": "Low prior attainment pupils",
    "mobility": "Mobile pupils",
}
_DRIVER_HELP = {
    "fsm6": "Pupils eligible for free school meals at any time in the last six years.",
    "idaci": "Pupils who live where many children are in families on low incomes.",
    "low_prior_attainment": "Pupils who reached less than is expected when they came.",
    "mobility": "Pupils who joined at an unusual time.",
}
_PERCENT = "0.0"


def need_sheet(book: Book, facts: Facts) -> None:
    """Two rows a school: its drivers beside their reference; its expected pupils by need type, recorded SEN beside expected."""
    page = book.page(
        "Need",
        "Need: what one would expect at each school, and what is recorded",
        "Expected pupils come from size and drivers, not from labels. Shaded shares are assumed: the school's own is not known.",
    )
    schools = facts.partnership.schools
    page.heading("Drivers of need")
    drivers = page.table(_driver_columns(), [_driver_row(school, facts) for school in schools], name="plan_drivers")
    for i, school in enumerate(schools):
        for driver in _assumed(_shares(school, facts)):
            cell = page.sheet[f"{drivers.letters[driver]}{drivers.first + i}"]
            cell.fill = AMBER
            cell.comment = comment("assumed: the school's own figure is not known")
    page.heading("Expected pupils, and what is recorded")
    sen_rows = schools_of_records(schools)
    rows = [
        _expected_row(school, facts, drivers.cell("pupils", i), is_shared=sen_rows[school.recorded_sen_urn or school.urn] > 1)
        for i, school in enumerate(schools)
    ]
    page.table(_expected_columns(facts), rows, name="plan_expected")
    page.write(page.row, 1, "; ".join(f"{kind.code}: {kind.name}" for kind in facts.policy.need_types), face=font(color=GREY))
    page.row += 1
    page.sheet.freeze_panes = "B4"
    page.finish()


def _driver_columns() -> list[Column]:
    band = "Percent of pupils, beside the policy's reference"
    columns = [
        text_column("name", "School", 30),
        Column(key="urn", heading="URN", width=9, look=PLAIN),
        Column(key="pupils", heading="Pupils", width=9, is_summed=True),
        Column(key="membership", heading="Membership percent", look=PLAIN, help="Under 100 when the school sits in two partnerships; its expected pupils count in that share."),
    ]  # fmt: skip
    for driver in DRIVERS:
        columns += [
            Column(key=driver, heading=_name(driver), width=9, look=_PERCENT, band=band, help=_DRIVER_HELP.get(driver, "")),
            Column(key=f"{driver}_reference", heading=f"{_name(driver)}, reference", width=10, look=_PERCENT, band=band, help="The policy's share for the phase; for an all-through school the mean of both, by pupils."),
        ]  # fmt: skip
    help_text = "Drivers the school's own share of which is not known. The weight of unknown IDACI moves to FSM6."
    return [*columns, text_column("assumed", "Assumed", 15, help=help_text)]


def _driver_row(school: School, facts: Facts) -> Row:
    shares = _shares(school, facts)
    row: dict[str, Value] = {
        "name": school.name,
        "urn": school.urn,
        "pupils": school.pupils,
        "membership": school.membership_percent,
        "assumed": ", ".join(map(_name, _assumed(shares))),
    }
    for driver, (share, reference, _) in shares.items():
        row |= {driver: round(float(share), 1), f"{driver}_reference": round(float(reference), 1)}
    return row


def _expected_columns(facts: Facts) -> list[Column]:
    limit = f"{float(facts.policy.adjustment_limit_percent):g}"
    expected, sen = "Expected pupils by primary need", "SEN support, pupils"
    return [
        text_column("name", "School", 30),
        *(Column(key=f"need_{kind.code}", heading=kind.code, width=9, look=HUNDREDTHS, band=expected, help=kind.name, is_summed=True) for kind in facts.policy.need_types),
        Column(key="all", heading="All", width=9, look=HUNDREDTHS, band=expected, is_summed=True, help="A pupil with two needs counts under the primary one."),
        Column(key="adjustment", heading="Adjusted for recorded, percent", width=11, look="+0.0;-0.0;0.0", help=f"How far recorded SEN support moves the expected pupils: at most {limit} percent either way. Where the council supplies it by need, each need has its own and this is the whole."),
        Column(key="recorded", heading="Recorded", width=9, band=sen, is_summed=True, help="Blank where it is not known."),
        Column(key="sen", heading="Expected", width=9, look=HUNDREDTHS, band=sen, is_summed=True, help="By size and drivers, before any adjustment."),
        text_column("look", "Beside each other", 12, band=sen, help=f"Says '{LOOK_AT}' where they lie further apart than chance alone would put about one school in twenty. Look at it together: recorded SEN support moves the expected pupils by at most {limit} percent."),
        Column(key="plans", heading="EHC plan pupils", width=9, help="Shown, never used."),
        Column(key="decile", heading="School's IDACI decile", width=9, look=PLAIN, help="Of the school's own postcode, 1 the most deprived; shown, not used."),
        text_column("note", "Note", 40),
    ]  # fmt: skip


def _expected_row(school: School, facts: Facts, pupils: str, *, is_shared: bool) -> Row:
    needs = [n for n in facts.world.picture.school_needs if n.urn == school.urn]
    expected = sum((n.expected_pupils for n in needs), Fraction(0))
    before = sum((n.expected_pupils / n.adjustment for n in needs if n.adjustment), Fraction(0))
    of_kind = {
        kind.code: _hundredths(sum((n.expected_pupils for n in needs if n.need == kind.code), Fraction(0)))
        for kind in facts.policy.need_types
    }
    sen = _hundredths(expected_sen_support(school, facts.policy))
    added = "+".join(f"{{need_{code}}}" for code in of_kind) or "0"
    return {
        "name": school.name,
        **{f"need_{code}": number for code, number in of_kind.items()},
        "all": Formula(f"=ROUND({added},2)", round(sum(of_kind.values()), 2)),
        "adjustment": round(float(100 * (expected / before - 1)), 1) if before else None,
        "recorded": school.sen_support_pupils,
        "sen": sen,
        "look": "one record for two schools" if is_shared else _beside(school, sen, pupils),
        "plans": school.ehc_plan_pupils,
        "decile": school.school_idaci_decile,
        "note": school.note,
    }


def _beside(school: School, expected: float, pupils: str) -> Value:
    """Whether recorded lies far from expected, live; nothing where nothing is recorded."""
    if school.sen_support_pupils is None or not school.pupils:
        return None
    apart = f"ABS({{recorded}}-{{sen}})>{FAR_APART}*SQRT(MAX(0,{{sen}}*(1-{{sen}}/{pupils})))"
    return Formula(f'=IF({apart},"{LOOK_AT}","{CLOSE}")', LOOK_AT if is_far_apart(school, expected) else CLOSE)


def is_far_apart(school: School, expected: float) -> bool:
    """Whether recorded SEN support lies further from expected than chance alone would put about one school in twenty."""
    if school.sen_support_pupils is None or not school.pupils:
        return False
    spread = sqrt(max(0.0, expected * (1 - expected / school.pupils)))
    return abs(school.sen_support_pupils - expected) > FAR_APART * spread


def schools_of_records(schools: Iterable[School]) -> Counter[int]:
    """URN of a record of SEN -> how many schools it is about: two that were one school may share it."""
    return Counter(school.recorded_sen_urn or school.urn for school in schools)


def _name(driver: str) -> str:
    return _DRIVER_NAMES.get(driver, driver)


def _shares(school: School, facts: Facts) -> dict[str, tuple[Fraction, Fraction, bool]]:
    """Driver -> share, reference and whether the share is assumed; of both phases by their pupils."""
    parts: list[tuple[int, tuple[DriverShare, ...]]] = [
        (pupils, driver_shares(school, phase, facts.policy))
        for phase, pupils in ((Phase.PRIMARY, school.primary_pupils), (Phase.SECONDARY, school.secondary_pupils))
        if pupils
    ]
    everyone = sum(pupils for pupils, _ in parts)
    found = {}
    for i, driver in enumerate(DRIVERS if parts else ()):
        share = sum((pupils * shares[i].share_percent for pupils, shares in parts), Fraction(0)) / everyone
        reference = sum((pupils * shares[i].reference_percent for pupils, shares in parts), Fraction(0)) / everyone
        is_marked = any(
            source.is_assumed and source.sheet == "Schools" and source.key in {str(school.urn), "*"} and source.column == _COLUMNS[driver]
            for source in facts.partnership.sources
        )
        found[driver] = (share, reference, is_marked or any(shares[i].is_assumed for _, shares in parts))
    return found


def _assumed(shares: dict[str, tuple[Fraction, Fraction, bool]]) -> list[str]:
    return [driver for driver, (_, _, is_assumed) in shares.items() if is_assumed]


def _hundredths(value: Fraction) -> float:
    return round(float(value), 2)
