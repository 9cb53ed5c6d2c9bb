"""Reads a plan's workbook back after somebody edited the allocation in it: what was changed cell by cell, and the amounts it now says.

Grants, half-days, sizes of bases, places and payments are read. All else in the workbook follows from the
figures or from these, so that a change of it is only told. Cells are found by their sheet, heading and id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planner.errors import InputMustBeMended
from planner.export.not_read_back import HALF_TERMS, HEADINGS, USES, not_read_back
from planner.export.plan_facts import Facts
from planner.export.plan_grids import (
    LARGEST,
    Grid,
    GridRow,
    GridTable,
    Heading,
    Spot,
    grid_of,
    one_line,
    provenance_of,
    short,
    table_of,
    whole_number,
)
from planner.export.plan_workbook import plan_book
from planner.intake.findings import Level
from planner.intake.format_versions import FORMAT_HEADING, PLAN_FORMAT, older_format
from planner.intake.placing import PlacedFinding
from planner.intake.reading import FINDINGS_SHEET, grids_of
from planner.intake.whose import who_may_change_amount
from planner.measures import SPENDING_USES, Standing
from planner.plan import Amounts

_MOST_TOLD = 200
Key = tuple[str, Any]
"""One amount: the field of ``Amounts`` it is in, and its key there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """One amount that somebody changed: where it stands, what it was and is, and who may change it. ``cell`` is empty where a row was taken out."""

    sheet: str
    cell: str
    row: str
    column: str
    was: int
    now: int
    unit: str
    may_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What came back. ``amounts`` (None while a finding must be mended) are as written, without need met; payments are the plan's where nobody wrote others."""

    amounts: Amounts | None
    changes: tuple[CellChange, ...]
    findings: tuple[PlacedFinding, ...]
    has_own_payments: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandMade:
    """What came of an edited workbook. Where a finding must be mended, all from ``broken`` on is empty.

    ``broken`` and ``gives_way`` are sentences; points are of what a plan makes as small as it can, ``bound_points``
    what no plan within the rules comes below. Without ``is_best_use`` changed amounts were shared evenly, for want of time.
    """

    changes: tuple[CellChange, ...]
    findings: tuple[PlacedFinding, ...]
    is_audited: bool = False
    broken: tuple[str, ...] = ()
    gives_way: tuple[str, ...] = ()
    points: float = 0.0
    plan_points: float = 0.0
    bound_points: float = 0.0
    stands: Standing | None = None
    plan_stands: Standing | None = None
    is_paid_again: bool = False
    is_best_use: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One amount as it stands in a cell."""

    sheet: str
    spot: Spot
    row: str
    column: str
    number: int


@dataclass(slots=True)
class _Reading:
    """What was found so far."""

    facts: Facts
    found: dict[Key, list[_Found]] = field(default_factory=lambda: defaultdict(list))
    findings: list[PlacedFinding] = field(default_factory=list)
    unread: set[Key] = field(default_factory=set)
    seen: dict[str, dict[Any, int]] = field(default_factory=dict)

    def note(self, level: Level, sheet: str, what: str, mend: str, *, column: str = "", spot: Spot | None = None) -> None:
        """Keep a finding about a cell, a column or a whole sheet."""
        cell, written = (spot.cell, spot.text) if spot else ("", "")
        self.findings.append(
            PlacedFinding(
                level=level, sheet=sheet, row=spot.row if spot else None, column=column, what=what, mend=mend, cell=cell, written=written
            )
        )

    def amount(self, key: Key, table: GridTable, row: GridRow, heading: Heading, words: str) -> None:
        """Read one amount, or note why it cannot be."""
        spot = row.cells[heading]
        number = whole_number(spot.text)
        if number is not None and 0 <= number <= LARGEST:
            self.found[key].append(_Found(sheet=table.sheet, spot=spot, row=words, column=heading[0], number=number))
            return
        self.unread.add(key)
        if not spot.text:
            what, mend = (
                "is blank, and a blank is never nought.",
                "Write a whole number, 0 for none; if a formula stands here, save the workbook in the program that works it out.",
            )
        elif number is not None and number < 0:
            what, mend = f"'{short(spot.text)}' is below nought.", "Write what is given, 0 for none."
        elif number is not None:
            what, mend = f"{number:,} is more than any partnership has.", "Write what is given, 0 for none."
        else:
            what, mend = f"'{short(spot.text)}' is not a whole number.", "Write a whole number without pence or words, 0 for none."
        self.note(Level.MUST_MEND, table.sheet, what, mend, column=heading[0], spot=spot)

    def unknown(self, table: GridTable, row: GridRow, heading: str, what: str, mend: str) -> None:
        """Note a row about something that is not in the plan."""
        self.note(Level.MUST_MEND, table.sheet, what, mend, column=heading, spot=row.cells[heading, 0])


def read_back(name: str, content: bytes, facts: Facts, *, fingerprint: str) -> ReadBack:
    """Read an edited workbook of the plan of ``facts``, whose fingerprint this is.

    Raises ``InputMustBeMended`` with one sentence where the file is no workbook of a plan.
    """
    grids = grids_of(name, content)
    grids = {title: grid for title, grid in grids.items() if title != FINDINGS_SHEET}
    reading = _Reading(facts)
    marks = provenance_of(grids)
    if "Fingerprint" not in marks:
        raise InputMustBeMended(
            f"{name} is not a plan's workbook: take the one that the plan's page of downloads gives, change it and give that."
        )
    _which(reading, name, marks, fingerprint)
    tables = dict(_tables(reading, grids))
    for table_name, table in tables.items():
        reading.seen[table_name] = {}
        _READERS[table_name](reading, table_name, table)
    _missing(reading)
    changes, amounts = _changes(reading, set(tables))
    ours = plan_book(facts, fingerprint="", inputs_sha256="", policy_sha256="", standing=marks.get("Standing", ""))
    reading.findings.extend(not_read_back(name, content, ours, grids, tables))
    must = any(finding.level is Level.MUST_MEND for finding in reading.findings)
    return ReadBack(
        amounts=None if must else amounts,
        changes=tuple(changes),
        findings=tuple(reading.findings[:_MOST_TOLD]),
        has_own_payments=any(change.sheet == "Money" for change in changes),
    )


# --- which plan, which format ----------------------------------------------------------------


def _which(reading: _Reading, name: str, marks: Mapping[str, str], fingerprint: str) -> None:
    older = older_format(name, marks.get(FORMAT_HEADING, ""), PLAN_FORMAT, unsaid=1)
    if older is not None:
        reading.note(
            Level.LOOK_AT, "Provenance", f"this workbook is of format {older}; it was read as format {PLAN_FORMAT}.",
            "Nothing to do: the plan's page of downloads gives the workbook in the newest format.",
        )  # fmt: skip
    says = marks.get("Fingerprint", "")
    if says != fingerprint:
        reading.note(
            Level.LOOK_AT, "Provenance", f"this workbook is of the plan with fingerprint {short(says)[:20]}, not of this one ({fingerprint[:12]}).",
            "Every difference below is from this plan: make sure that it is the one you mean.",
        )  # fmt: skip


# --- the tables that hold amounts ------------------------------------------------------------


def _tables(reading: _Reading, grids: Mapping[str, Grid]) -> Iterator[tuple[str, GridTable]]:
    for name, (title, headings, keys) in HEADINGS.items():
        sheet = grid_of(grids, title)
        if sheet is None:
            if name in {"schools", "time", "bases", "accounts"}:
                reading.note(
                    Level.MUST_MEND,
                    title,
                    "the sheet is missing.",
                    "Put it back from the plan's own workbook: what it holds would be unknown.",
                )
            continue
        table = table_of(title, sheet[1], headings, keys)
        if table is not None:
            yield name, table
        else:
            reading.note(
                Level.MUST_MEND, title, f"no row holds the headings {', '.join(headings)}.",
                "Put the headings back as the plan's own workbook has them; columns of your own may stand beside them.",
            )  # fmt: skip


def _schools(reading: _Reading, name: str, table: GridTable) -> None:
    facts = reading.facts
    names = {str(school.urn): school.name for school in facts.partnership.schools}
    funds = _columns(table.between("Paid in", "Grant, all funds"), [(f.fund_id, f"Grant: {f.name}") for f in facts.grant_funds()])
    services = _columns(table.between("Grant, all funds", "All half-days"), [(s.service_id, s.name) for s in facts.services("school")])
    for _, wanted, heading in (*funds, *services):
        if heading is None:
            reading.note(
                Level.MUST_MEND, table.sheet, "the column is missing.", "Put it back: what it holds would be unknown.", column=wanted
            )
    for row in _once(reading, name, table, lambda row: row.text("URN"), "URN"):
        urn = row.text("URN")
        if urn not in names:
            reading.unknown(
                table,
                row,
                "URN",
                f"'{short(urn)}' is no school of this plan.",
                "Take the row out; schools join in the partnership's figures.",
            )
            continue
        for fund_id, _, heading in funds:
            if heading is not None:
                reading.amount(("grants", (int(urn), fund_id)), table, row, heading, names[urn])
        for service_id, _, heading in services:
            if heading is not None:
                reading.amount(("sessions", (urn, service_id)), table, row, heading, names[urn])


def _time(reading: _Reading, _: str, table: GridTable) -> None:
    facts = reading.facts
    ids = _by_name((urn, name) for urn, name in facts.names.items())
    services = {s.service_id: s for s in facts.partnership.services}
    by_name = _by_name((s.service_id, s.name) for s in facts.partnership.services)
    seen: set[Key] = set()
    for row in table.rows:
        who, service_id = (
            row.text("School or zone"),
            row.text("Service id") or next(iter(by_name.get(one_line(row.text("Service")), [])), ""),
        )
        if service_id not in services:
            reading.unknown(
                table,
                row,
                "Service id",
                f"'{short(service_id)}' is no service of this plan.",
                "Write a service's id as the sheet Services has it.",
            )
            continue
        serves = facts.policy.role(services[service_id].role).serves
        fitting = [r for r in ids.get(one_line(who), []) if (r in _urns(facts)) == (serves == "school")]
        # Of two schools of one name those that were planned for stand here, in the partnership's order.
        pairs = sorted(((recipient, service_id) for recipient in fitting), key=lambda pair: not facts.amounts.sessions.get(pair))
        keys: list[Key] = [("sessions", pair) for pair in pairs]
        key = next((key for key in keys if key not in seen), None)
        if key is None:
            mend = f"Write a {serves} by its name as the planner wrote it, each once for a service."
            what = (
                f"'{short(who)}' stands here twice for one service."
                if keys
                else f"'{short(who)}' is no {serves} that {services[service_id].name} may go to."
            )
            reading.unknown(table, row, "School or zone", what, mend)
            continue
        seen.add(key)
        reading.amount(key, table, row, ("Half-days", 0), f"{who}, {services[service_id].name}")


def _bases(reading: _Reading, name: str, table: GridTable) -> None:
    names = {base.base_id: base.name for base in reading.facts.partnership.bases}
    for row in _once(reading, name, table, lambda row: row.text("Id"), "Id"):
        base_id = row.text("Id")
        if base_id in names:
            reading.amount(("base_sizes", base_id), table, row, ("Planned places", 0), names[base_id])
        else:
            reading.unknown(
                table,
                row,
                "Id",
                f"'{short(base_id)}' is no base of this plan.",
                "Take the row out; bases are entered in the partnership's figures.",
            )


def _places(reading: _Reading, name: str, table: GridTable) -> None:
    facts = reading.facts
    bases = {base.base_id: base for base in facts.partnership.bases}
    by_name = _by_name((base.base_id, base.name) for base in facts.partnership.bases)
    zones = {one_line(zone.zone_id): zone.zone_id for zone in facts.world.picture.zones}
    cells = {cell.cell_id for cell in facts.world.picture.cells}
    for row in _once(
        reading, name, table, lambda row: (row.text("Base id") or row.text("Base"), row.text("Zone"), row.text("Standard")), "Base id"
    ):
        base = bases.get(row.text("Base id") or next(iter(by_name.get(one_line(row.text("Base")), [])), ""))
        zone = zones.get(one_line(row.text("Zone")))
        if base is None or zone is None:
            heading = "Base id" if base is None else "Zone"
            mend = "Write the base's id and the zone's name as the planner wrote them, or take the row out."
            reading.unknown(
                table, row, heading, f"'{short(row.text(heading))}' is no {'base' if base is None else 'zone'} of this plan.", mend
            )
            continue
        named = [s for s in facts.policy.standards if s.needs_place and one_line(s.name) == one_line(row.text("Standard"))]
        fitting = [
            f"{zone}:{s.standard_id}"
            for s in named
            if s.phase is base.phase and s.need in base.needs and f"{zone}:{s.standard_id}" in cells
        ]
        if not fitting:
            mend = "Write a standard that the base is for and the zone has need of, or take the row out."
            what = f"'{short(row.text('Standard'))}' is no standard that {base.name} gives places for in {zone}."
            reading.unknown(table, row, "Standard", what, mend)
            continue
        reading.amount(
            ("places", (base.base_id, fitting[0])), table, row, ("Places given", 0), f"{base.name}, {zone}, {row.text('Standard')}"
        )


def _accounts(reading: _Reading, name: str, table: GridTable) -> None:
    years = reading.facts.partnership.financial_years
    funds = {fund.fund_id: fund.name for fund in reading.facts.partnership.funds}
    for row in _once(reading, name, table, lambda row: (row.text("Fund id"), row.text("Financial year")), "Fund id"):
        fund_id, year = row.text("Fund id"), row.text("Financial year")
        if fund_id not in funds or year not in years:
            heading = "Fund id" if fund_id not in funds else "Financial year"
            reading.unknown(
                table,
                row,
                heading,
                f"'{short(row.text(heading))}' is no {heading.lower().removesuffix(' id')} of this plan.",
                "Take the row out.",
            )
            continue
        number = years.index(year) + 1
        for use in SPENDING_USES:
            reading.amount(("spending", (fund_id, number, use)), table, row, (USES[use], 0), f"{funds[fund_id]}, {year}")
        if number == 1:
            reading.amount(("carried", fund_id), table, row, ("Carried out", 0), f"{funds[fund_id]}, {year}")


def _pots(reading: _Reading, name: str, table: GridTable) -> None:
    funds = {fund.fund_id: fund.name for fund in reading.facts.partnership.funds}
    for row in _once(reading, name, table, lambda row: row.text("Fund id"), "Fund id"):
        fund_id = row.text("Fund id")
        if fund_id not in funds:
            reading.unknown(table, row, "Fund id", f"'{short(fund_id)}' is no fund of this plan.", "Take the row out.")
            continue
        for half_term, heading in HALF_TERMS:
            reading.amount(("pots", (fund_id, half_term)), table, row, (heading, 0), f"{funds[fund_id]}, moderated pot")


_READERS = {"schools": _schools, "time": _time, "bases": _bases, "places": _places, "accounts": _accounts, "pots": _pots}


def _once(reading: _Reading, name: str, table: GridTable, key_of: Callable[[GridRow], Any], heading: str) -> Iterator[GridRow]:
    """The rows, each key once; of two with one key the second is noted."""
    seen = reading.seen[name]
    for row in table.rows:
        key = key_of(row)
        if key in seen:
            reading.unknown(table, row, heading, f"stands in row {seen[key]} already.", "Keep one of the two rows.")
            continue
        seen[key] = row.number
        yield row


def _columns(there: Sequence[Heading], wanted: Sequence[tuple[str, str]]) -> list[tuple[str, str, Heading | None]]:
    """Each id and its heading with the column of that heading, in their order: two funds may have one name."""
    left = list(there)
    found: list[tuple[str, str, Heading | None]] = []
    for one_id, text in wanted:
        heading = next((heading for heading in left if heading[0] == one_line(text)), None)
        if heading is not None:
            left.remove(heading)
        found.append((one_id, text, heading))
    return found


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one_id, name in pairs:
        found.setdefault(one_line(name), []).append(one_id)
    return found


def _urns(facts: Facts) -> set[str]:
    return {str(school.urn) for school in facts.partnership.schools}


# --- what changed ----------------------------------------------------------------------------


def _missing(reading: _Reading) -> None:
    """Note what a sheet should say and does not: rows of Time, places and pots may be taken out, others not."""
    p = reading.facts.partnership
    wanted: dict[str, dict[Any, str]] = {
        "schools": {str(school.urn): school.name for school in p.schools},
        "bases": {base.base_id: base.name for base in p.bases},
        "accounts": {(fund.fund_id, year): f"{fund.name}, {year}" for fund in p.funds for year in p.financial_years},
    }
    for name, seen in reading.seen.items():
        for key, words in wanted.get(name, {}).items():
            if key not in seen:
                reading.note(
                    Level.MUST_MEND, HEADINGS[name][0], f"the row of {words} is missing.", "Put it back, with 0 where nothing is given."
                )


def _changes(reading: _Reading, there: set[str]) -> tuple[list[CellChange], Amounts]:
    """Every amount that differs from the plan's, and all amounts as they now are."""
    facts = reading.facts
    optional = {"sessions": "time", "places": "places", "pots": "pots"}
    changes: list[CellChange] = []
    new: dict[str, dict[Any, int]] = {}
    for kind in ("grants", "sessions", "base_sizes", "places", "spending", "pots", "carried"):
        planned: Mapping[Any, int] = getattr(facts.amounts, kind)
        new[kind] = dict(planned)
        for key in [*planned, *(key for k, key in reading.found if k == kind and key not in planned)]:
            was, spots = planned.get(key, 0), reading.found.get((kind, key), [])
            in_time = [found for found in spots if kind != "sessions" or found.sheet == "Time"]
            changed = [found for found in spots if found.number != was]
            is_out = bool(was) and optional.get(kind) in there and (kind, key) not in reading.unread and not in_time
            if len({found.number for found in changed} | ({0} if is_out else set())) > 1:
                for found in changed:
                    reading.note(
                        Level.MUST_MEND, found.sheet, "the sheets Schools and Time say different half-days, and the plan had others than both.",
                        "Write the same in both.", column=found.column, spot=found.spot,
                    )  # fmt: skip
                continue
            if not changed and not is_out:
                continue
            first = changed[0] if changed else None
            new[kind][key] = first.number if first else 0
            changes.append(
                CellChange(
                    sheet=first.sheet if first else HEADINGS[optional[kind]][0], cell=first.spot.cell if first else "",
                    row=first.row if first else _row_words(facts, kind, key), column=first.column if first else "The whole row",
                    was=was, now=new[kind][key], unit=_UNITS[kind], may_change=who_may_change_amount(kind, key, facts.partnership),
                )
            )  # fmt: skip
    kept = {kind: {key: number for key, number in sorted(numbers.items()) if number} for kind, numbers in new.items()}
    return changes, Amounts(**kept)


_UNITS = {
    "grants": "pounds",
    "sessions": "half-days",
    "base_sizes": "places",
    "places": "places",
    "spending": "pounds",
    "pots": "pounds",
    "carried": "pounds",
}


def _row_words(facts: Facts, kind: str, key: Any) -> str:
    p = facts.partnership
    if kind == "sessions":
        return f"{facts.names.get(key[0], key[0])}, {next(s.name for s in p.services if s.service_id == key[1])}"
    if kind == "places":
        zone, _, standard_id = key[1].rpartition(":")
        return f"{next(b.name for b in p.bases if b.base_id == key[0])}, {zone}, {facts.policy.standard(standard_id).name}"
    return next(f.name for f in p.funds if f.fund_id == key[0])
