"""Chooses the member schools from the register and joins what the other downloads know of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from planner.errors import InputMustBeMended
from planner.intake.dfe_files import CensusFile, IdaciFile, Links, Register, RegisterRow, SenFile, SenRow
from planner.intake.dfe_tables import date_in_name
from planner.intake.sheets import SHEETS
from planner.partnership import Phase, RecordedNeed, School, Source
from planner.policy import Policy
from planner.rounding import half_up, largest_remainder
from planner.words import listed

FEWEST_SCHOOLS = 2
MOST_NEAR_SCHOOLS = 60
_MOST_NAMED = 3
_PRIMARY_AGES = (5, 11)

_PHASES = {
    "primary": Phase.PRIMARY,
    "middle deemed primary": Phase.PRIMARY,
    "secondary": Phase.SECONDARY,
    "middle deemed secondary": Phase.SECONDARY,
    "all-through": Phase.ALL_THROUGH,
}
_STATE_GROUPS = {"academies", "free schools", "local authority maintained schools"}
_STATE_KINDS = (
    "academy", "community school", "voluntary", "foundation school", "free school", "studio school",
    "university technical college", "city technology college",
)  # fmt: skip
_WITHOUT_PHASE = ("city technology college", "university technical college", "studio school")
_SHEET = {sheet.name: sheet for sheet in SHEETS}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRate:
    """How many of the schools a source knows: under their own URN, or through links."""

    source: str
    of: int
    direct: int
    through_links: int
    missing: tuple[str, ...]

    @property
    def not_found(self) -> int:
        """How many schools the source does not know."""
        return len(self.missing)

    def sentence(self) -> str:
        """One line, which names the schools not found where they are few."""
        named = f": {listed(self.missing)}" if 0 < self.not_found <= _MOST_NAMED else ""
        return (
            f"{self.source}: {self.direct} of {self.of} schools found directly, "
            f"{self.through_links} through predecessor or successor links, {self.not_found} not found{named}."
        )


@dataclass(slots=True)
class Record:
    """What the build has to say: notes for the terminal, notes by school, and where figures come from."""

    notes: list[str] = field(default_factory=list)
    by_school: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    sources: list[Source] = field(default_factory=list)

    def about(self, row: RegisterRow, what: str) -> None:
        """Note something about a school, for the terminal and in the school's own note."""
        self.notes.append(f"{row.name} ({row.urn}): {what}")
        self.by_school[row.urn].append(what[0].upper() + what[1:])

    def assumed(self, sheet_name: str, row: Any, name: str, source: str, date: str = "") -> None:
        """Mark one cell of a row as assumed, with the value as the workbook shows it."""
        sheet = _SHEET[sheet_name]
        key = "/".join(str(getattr(row, part)) for part in sheet.key)
        value = _as_cell(getattr(row, name))
        heading = sheet.column(name).heading
        self.sources.append(Source(sheet=sheet_name, key=key, column=heading, value=value, source=source, date=date, is_assumed=True))

    def published(self, sheet_name: str, names: Sequence[str], source: str, date: str) -> None:
        """Say where whole columns come from."""
        for name in names:
            heading = _SHEET[sheet_name].column(name).heading
            self.sources.append(Source(sheet=sheet_name, key="*", column=heading, value="", source=source, date=date, is_assumed=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloads:
    """The files besides the register; ``census`` newest first."""

    sen: SenFile | None
    census: tuple[CensusFile, ...]
    idaci: IdaciFile | None
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The member schools with all that the downloads know of them."""

    schools: tuple[School, ...]
    recorded_needs: tuple[RecordedNeed, ...]
    joins: tuple[JoinRate, ...]


def why_left_out(row: RegisterRow) -> str:
    """Say why an establishment is not an open mainstream state school; nothing when it is one."""
    kind, group, phase = row.kind.lower(), row.group.lower(), row.phase.lower()
    if row.status and not row.status.lower().startswith("open"):
        return f"it is not open (the register says: {row.status})"
    if "special" in kind or group == "special schools":
        return "it is a special school"
    if "alternative provision" in kind or "pupil referral" in kind:
        return "it is alternative provision"
    if "nursery" in kind or phase == "nursery":
        return "it is a nursery school"
    if phase == "16 plus" or any(words in kind for words in ("16-19", "16 to 19", "sixth form", "post 16", "further education")):
        return "it is for students over 16"
    is_state = kind.startswith(_STATE_KINDS) and "secure" not in kind and group in {"", *_STATE_GROUPS}
    if not is_state and "city technology" not in kind:
        return f"it is not a mainstream state school (the register says: {row.kind or 'no type'})"
    if phase_of(row) is None:
        return f"the register gives it no phase the planner knows (it says: {row.phase or 'blank'})"
    if row.pupils == 0:
        return "the register says it has no pupils"
    return ""


def phase_of(row: RegisterRow) -> Phase | None:
    """Return a school's phase as ``PHASE_HELP`` says; None when it has none the planner knows."""
    phase = _PHASES.get(row.phase.lower())
    if phase is None and row.kind.lower().startswith(_WITHOUT_PHASE):
        return Phase.SECONDARY
    return phase


def choose_listed(register: Register, urns: Sequence[int], record: Record) -> list[RegisterRow]:
    """Return the listed schools by URN; those that cannot be members are left out with a note.

    Raises ``InputMustBeMended`` when a URN is not in the register or fewer than two schools are left.
    """
    missing = sorted(set(urns) - register.rows.keys())
    if missing:
        raise InputMustBeMended(
            f"{register.path.name} has no school with URN {', '.join(map(str, missing))}: check the digits, or use a newer register."
        )
    chosen = []
    for urn in sorted(set(urns)):
        row = register.rows[urn]
        why = why_left_out(row)
        if not why and (row.easting is None or row.northing is None):
            why = "the register gives it no usable easting and northing"
        if why:
            record.notes.append(f"{row.name} ({urn}) is left out: {why}.")
        else:
            chosen.append(row)
    if len(chosen) < FEWEST_SCHOOLS:
        why = "; ".join(note.rstrip(".") for note in record.notes[:3]) or "list at least two"
        raise InputMustBeMended(f"Fewer than two of the listed URNs are open mainstream state schools: {why}.")
    return chosen


def choose_near(register: Register, centre_urn: int, count: int | None, record: Record) -> list[RegisterRow]:
    """Return the ``count`` mainstream schools nearest to a school, itself first; ties go to the lower URN.

    Distance is straight-line on the British National Grid. Raises ``InputMustBeMended`` when
    the count or the centre cannot be used.
    """
    if count is None or not FEWEST_SCHOOLS <= count <= MOST_NEAR_SCHOOLS:
        said = "none was given" if count is None else f"not {count}"
        raise InputMustBeMended(f"The number of schools must be from {FEWEST_SCHOOLS} to {MOST_NEAR_SCHOOLS}; {said}.")
    centre = register.rows.get(centre_urn)
    if centre is None:
        raise InputMustBeMended(f"{register.path.name} has no school with URN {centre_urn}: check the digits, or use a newer register.")
    why = why_left_out(centre)
    if why:
        raise InputMustBeMended(f"{centre.name} ({centre_urn}) cannot be the centre: {why}; choose a mainstream school.")
    if centre.easting is None or centre.northing is None:
        raise InputMustBeMended(f"{centre.name} ({centre_urn}) cannot be the centre: the register gives it no usable easting and northing.")
    near: list[tuple[int, int, RegisterRow]] = []
    unplaced = 0
    for row in register.rows.values():
        if why_left_out(row):
            continue
        if row.easting is None or row.northing is None:
            unplaced += row.council == centre.council
            continue
        squared = (row.easting - centre.easting) ** 2 + (row.northing - centre.northing) ** 2
        near.append((0 if row is centre else 1 + squared, row.urn, row))
    if unplaced:
        record.notes.append(
            f"{unplaced} mainstream {'school' if unplaced == 1 else 'schools'} of {centre.council or 'the register'} cannot be chosen: no usable easting and northing."
        )
    chosen = sorted(near, key=lambda one: one[:2])[:count]
    if len(chosen) < FEWEST_SCHOOLS:
        raise InputMustBeMended(f"{register.path.name} holds no mainstream school beside {centre.name}: use a register of the whole area.")
    if len(chosen) < count:
        record.notes.append(f"The register holds only {len(chosen)} mainstream schools, fewer than the {count} asked for.")
    return [row for _, _, row in chosen]


def join(rows: Sequence[RegisterRow], register: Register, downloads: Downloads, policy: Policy, record: Record) -> Joined:
    """Make the member schools: roll, recorded SEN, FSM6 and IDACI decile, each with its source.

    Recorded SEN is scaled to the present roll, a half going up. What no file knows stays unknown.
    """
    record.notes.extend(note for file in (register, downloads.sen, *downloads.census) if file for note in file.notes)
    sen_urns = _sen_urns(rows, downloads, record)
    _published(register, downloads, record)
    schools: list[School] = []
    needs: list[RecordedNeed] = []
    for row in rows:
        if row.status.lower() not in {"", "open"}:
            record.about(row, f"the register says: {row.status}.")
        school = _school(row, downloads, sen_urns.get(row.urn), policy, record)
        schools.append(school)
        needs.extend(_recorded_needs(school, downloads.sen, sen_urns.get(row.urn)))
    _note_shared(rows, sen_urns, record)
    _note_part_of_primary(rows, record)
    joins = _join_rates(rows, register, downloads, sen_urns, record)
    return Joined(schools=tuple(schools), recorded_needs=tuple(needs), joins=joins)


def _as_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _lookup(urn: int, knows: Callable[[int], _T | None], links: Links) -> tuple[int, _T] | None:
    """Return what a source knows of a school, and under which URN: its own, or its nearest relation's."""
    for level in ([urn], *links.levels(urn)):
        for one in level:
            found = knows(one)
            if found is not None:
                return one, found
    return None


def _sen_urns(rows: Sequence[RegisterRow], downloads: Downloads, record: Record) -> dict[int, int]:
    """Return the URN of the SEN row used for each school that has one, the largest predecessor first."""
    if downloads.sen is None:
        return {}
    known = {urn: row for urn, row in downloads.sen.rows.items() if row.total != 0 and (row.support, row.plans) != (None, None)}
    used = {}
    for row in rows:
        if row.urn in known:
            used[row.urn] = row.urn
            continue
        for level in downloads.links.levels(row.urn):
            found = sorted((urn for urn in level if urn in known), key=lambda urn: (-(known[urn].total or 0), urn))
            if found:
                used[row.urn] = found[0]
                if len(found) > 1:
                    record.about(row, f"recorded SEN is that of URN {found[0]}, the largest of {len(found)} linked schools.")
                break
    return used


def _school(row: RegisterRow, downloads: Downloads, sen_urn: int | None, policy: Policy, record: Record) -> School:
    phase = phase_of(row)
    assert phase is not None
    assert row.easting is not None
    assert row.northing is not None
    sen_row = downloads.sen.rows[sen_urn] if downloads.sen and sen_urn else None
    roll, roll_source, roll_date = _roll(row, phase, sen_row, downloads, policy)
    primary = {Phase.PRIMARY: roll, Phase.SECONDARY: 0}.get(phase, half_up(policy.all_through_primary_percent * roll / 100))
    fsm_share, fsm_source, fsm_date = _fsm6(row, downloads)
    support, plans = _recorded_sen(row, roll, sen_row, policy, record)
    school = School(
        urn=row.urn,
        name=row.name,
        phase=phase,
        primary_pupils=primary,
        secondary_pupils=roll - primary,
        easting_metres=row.easting,
        northing_metres=row.northing,
        fsm6_pupils=None if fsm_share is None else half_up(fsm_share * roll),
        sen_support_pupils=support,
        ehc_plan_pupils=plans,
        school_idaci_decile=downloads.idaci.deciles.get(row.lsoa) if downloads.idaci else None,
        trust=row.trust,
        religious_character=row.religious_character,
        area_type=row.area_type,
        recorded_sen_urn=sen_urn if sen_urn != row.urn else None,
    )
    if phase is Phase.ALL_THROUGH and not roll_source:
        roll_source = f"Policy pack: {policy.all_through_primary_percent} percent of an all-through roll is primary (need.all_through_primary_percent)"
    if roll_source:
        for name, is_used in (("primary_pupils", primary), ("secondary_pupils", roll - primary)):
            if is_used:
                record.assumed("Schools", school, name, roll_source, roll_date)
    if fsm_source:
        record.assumed("Schools", school, "fsm6_pupils", fsm_source, fsm_date)
    if not row.phase or row.phase.lower() == "not applicable":
        record.assumed("Schools", school, "phase", f"The register gives no phase; {row.kind} is taken as secondary")
    return school


def _roll(row: RegisterRow, phase: Phase, sen_row: SenRow | None, downloads: Downloads, policy: Policy) -> tuple[int, str, str]:
    """Return the pupils on roll and, unless the register knows them, what they were assumed from and its date."""
    if row.pupils:
        return row.pupils, "", ""
    blank = "The register's NumberOfPupils is blank"
    if sen_row and sen_row.total and downloads.sen:
        return sen_row.total, f"{blank}; the SEN file's total ({downloads.sen.path.name})", downloads.sen.period
    for census in downloads.census:
        found = _lookup(row.urn, census.pupils_of, downloads.links)
        if found:
            return found[1], f"{blank}; the census roll ({census.path.name})", census.period
    medians = {Phase.PRIMARY: ("primary_pupils",), Phase.SECONDARY: ("secondary_pupils",)}
    names = medians.get(phase, ("primary_pupils", "secondary_pupils"))
    roll = sum(half_up(policy.assume(name)) for name in names)
    return roll, f"{blank}; policy pack: median roll ({', '.join('assume.' + name for name in names)})", policy.date


def _fsm6(row: RegisterRow, downloads: Downloads) -> tuple[Fraction | None, str, str]:
    """Return the FSM6 share; where only free school meals now are known, also what stands in for it and its date."""
    for census in downloads.census:
        found = _lookup(row.urn, census.fsm6_share_of, downloads.links)
        if found:
            return found[1], "", census.period
    for census in downloads.census:
        found = _lookup(row.urn, census.fsm_share_of, downloads.links)
        if found:
            return found[1], f"Free school meals now stand in for FSM6 ({census.path.name})", census.period
    if row.fsm_share is not None:
        return row.fsm_share, "Free school meals now stand in for FSM6 (the register's PercentageFSM)", ""
    return None, "", ""


def _recorded_sen(row: RegisterRow, roll: int, sen_row: SenRow | None, policy: Policy, record: Record) -> tuple[int | None, int | None]:
    """Return SEN support and plans as recorded, scaled to the present roll."""
    if sen_row is None:
        return None, None
    if sen_row.total:
        factor = Fraction(roll, sen_row.total)
        most_times = policy.assume("most_times_roll_changed")
        if not 1 / most_times <= factor <= most_times:
            times = f"{float(factor):.1f}" if factor >= Fraction(1, 10) else f"{float(factor):.2f}"
            record.about(
                row, f"recorded SEN is of {sen_row.total:,} pupils and the roll is {roll:,} ({times} times): check before relying on it."
            )
    scaled = (_scale(sen_row.support, roll, sen_row.total), _scale(sen_row.plans, roll, sen_row.total))
    if any(count is not None and count > roll for count in scaled):
        record.about(row, "more pupils are recorded with SEN than are on roll, so recorded SEN is left unknown.")
        return None, None
    return scaled


def _scale(count: int | None, roll: int, total: int | None) -> int | None:
    return half_up(Fraction(count * roll, total)) if count is not None and total else count


def _recorded_needs(school: School, sen: SenFile | None, sen_urn: int | None) -> list[RecordedNeed]:
    """Return SEN support by need, scaled as its total is, so that the parts still add up."""
    if sen is None or sen_urn is None or school.sen_support_pupils is None:
        return []
    row = sen.rows[sen_urn]
    total = _scale(sum(row.needs.values()), school.pupils, row.total)
    parts = largest_remainder(total or 0, list(row.needs.values()))
    return [RecordedNeed(urn=school.urn, need=need, sen_support_pupils=part) for need, part in zip(row.needs, parts, strict=True) if part]


def _note_shared(rows: Sequence[RegisterRow], sen_urns: Mapping[int, int], record: Record) -> None:
    users: dict[int, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        if row.urn in sen_urns:
            users[sen_urns[row.urn]].append(row)
    for urn, sharing in users.items():
        for row in sharing if len(sharing) > 1 else ():
            others = ", ".join(f"{other.name} ({other.urn})" for other in sharing if other is not row)
            record.about(row, f"shares the recorded SEN row of URN {urn} with {others}, so the same pupils stand behind both.")


def _note_part_of_primary(rows: Sequence[RegisterRow], record: Record) -> None:
    """Name infant, junior and first schools, and the like: the planner knows phases, no ages."""
    lowest, highest = _PRIMARY_AGES
    part = [
        row.name
        for row in rows
        if phase_of(row) is Phase.PRIMARY
        and ((row.lowest_age is not None and row.lowest_age > lowest) or (row.highest_age is not None and row.highest_age < highest))
    ]
    if part:
        do, them = ("does", "it") if len(part) == 1 else ("do", "them")
        record.notes.append(
            f"{listed(part)} {do} not teach every primary year. The planner counts the whole primary phase for {them} (it knows no ages "
            f"yet), so standards of other years may stand there. Say so when you look at {them}."
        )


def _join_rates(
    rows: Sequence[RegisterRow], register: Register, downloads: Downloads, sen_urns: Mapping[int, int], record: Record
) -> tuple[JoinRate, ...]:
    def rate(source: str, direct: Collection[int], found: Collection[int]) -> JoinRate:
        missing = tuple(row.name for row in rows if row.urn not in found)
        return JoinRate(source=source, of=len(rows), direct=len(direct), through_links=len(found) - len(direct), missing=missing)

    joins = []
    if downloads.sen:
        joins.append(rate(f"SEN ({downloads.sen.path.name})", {urn for urn, used in sen_urns.items() if used == urn}, sen_urns))
    joins.extend(rate(f"Census ({', '.join(names)})", direct, found) for names, direct, found in _in_census(rows, downloads))
    if downloads.idaci:
        direct = {row.urn for row in rows if row.lsoa in downloads.idaci.deciles}
        joins.append(rate(f"IDACI ({downloads.idaci.path.name})", direct, direct))
        if len(direct) < len(rows) and register.edition not in {0, downloads.idaci.edition}:
            record.notes.append(
                f"The register's LSOA codes are of {register.edition} and those of {downloads.idaci.path.name} of {downloads.idaci.edition}: "
                "areas redrawn between the two have no decile; use the matching edition of the Indices of Deprivation."
            )
    return tuple(joins)


def _in_census(rows: Sequence[RegisterRow], downloads: Downloads) -> list[tuple[list[str], set[int], set[int]]]:
    """Return file names, schools found directly, and all found: file by file, or as one where together they know every school."""
    each = [
        (
            [census.path.name],
            {row.urn for row in rows if row.urn in census.rows},
            {row.urn for row in rows if _lookup(row.urn, census.rows.get, downloads.links) is not None},
        )
        for census in downloads.census
    ]
    found: set[int] = set().union(*(of_file for _, _, of_file in each))
    if len(each) < 2 or len(found) < len(rows):
        return each
    return [([name for names, _, _ in each for name in names], set().union(*(direct for _, direct, _ in each)), found)]


def _published(register: Register, downloads: Downloads, record: Record) -> None:
    """Say where each column of the Schools sheet comes from."""
    gias = f"DfE, Get Information about Schools ({register.path.name})"
    names = ["name", "phase", "easting_metres", "northing_metres", "trust", "religious_character", "area_type"]
    record.published("Schools", names, gias, register.released)
    census = register.census_date
    record.published(
        "Schools", ["primary_pupils", "secondary_pupils"], gias + (f", census of {census}" if census else ""), register.released
    )
    if downloads.sen:
        sen = f"DfE, Special educational needs in England ({downloads.sen.path.name})"
        record.published("Schools", ["sen_support_pupils", "ehc_plan_pupils"], sen + ", scaled to the present roll", downloads.sen.period)
        if any(row.needs for row in downloads.sen.rows.values()):
            record.published("Recorded need", ["sen_support_pupils"], sen + ", scaled to the present roll", downloads.sen.period)
    with_fsm6 = [one for one in downloads.census if any(row.fsm6_share is not None for row in one.rows.values())]
    if with_fsm6:
        named = "; ".join(one.path.name for one in with_fsm6)
        record.published(
            "Schools", ["fsm6_pupils"], f"DfE, school census, share eligible in six years times the roll ({named})", with_fsm6[0].period
        )
    if downloads.idaci:
        release = {2011: "2019", 2021: "2025"}.get(downloads.idaci.edition, "")
        idaci = f"MHCLG, English Indices of Deprivation {release} ({downloads.idaci.path.name})".replace("  ", " ")
        record.published("Schools", ["school_idaci_decile"], idaci, date_in_name(downloads.idaci.path) or release)
