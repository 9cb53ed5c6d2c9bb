"""Reads tables of text into a partnership by the published schema, and finds all that is wrong.

Every sheet is read the same way, cell by cell, by its columns' kinds; then the sheets are
checked against one another. Nothing stops at the first finding, and nothing is guessed:
a partnership is returned only when no finding must be mended.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from planner.intake.findings import Finding, Level
from planner.intake.format_versions import FORMAT_HEADING, PARTNERSHIP_FORMAT, older_format
from planner.intake.reading import Row, Table, clean_text, read_tables, sheet_key
from planner.intake.sheets import SHEETS, Column, Kind, Sheet
from planner.partnership import GRANT_ITEM, HALF_DAYS_IN_A_YEAR, HALF_TERMS, BaseKind, DecisionRight, OfferKind, Partnership, Phase, Source

ENTERED = "entered by the partnership"
"""The source of a figure that was assumed until somebody overwrote it."""

LARGEST_NUMBER = 1_000_000_000
_ROWS_OF_A_TITLE = 10
"""So many rows are looked through for headings where a title stands above them."""

_SHEET = {sheet.name: sheet for sheet in SHEETS}
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})")
_NUMBER = re.compile(r"(-?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]*))?")
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"}
_YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}

# Words still in use for what the schema calls by one name: those the council commissions
# are specialist bases, those a school or partnership set up for itself are support bases.
_OLD_WORDS: dict[type[StrEnum], dict[str, str]] = {
    BaseKind: {
        "resourced provision": BaseKind.SPECIALIST,
        "specialist resourced provision": BaseKind.SPECIALIST,
        "rp": BaseKind.SPECIALIST,
        "srp": BaseKind.SPECIALIST,
        "sen unit": BaseKind.SPECIALIST,
        "unit": BaseKind.SPECIALIST,
        "pupil support unit": BaseKind.SUPPORT,
    },
    Phase: {
        "middle deemed primary": Phase.PRIMARY,
        "middle deemed secondary": Phase.SECONDARY,
    },
}

_DRIVERS = (
    "fsm6_pupils",
    "low_prior_attainment_pupils",
    "mobile_pupils",
    "idaci_pupils",
    "sen_support_pupils",
    "ehc_plan_pupils",
)


class _UnreadableError(Exception):
    """A cell cannot be read: what is wrong with it, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


@dataclass(slots=True)
class _Entry:
    """One row as read. A field whose cell could not be read is absent from ``values``."""

    row: int
    values: dict[str, Any]

    def has(self, *names: str) -> bool:
        """Tell whether all these fields were read and are known."""
        return all(self.values.get(name) is not None for name in names)


_Entries = dict[str, list[_Entry]]


def read_partnership(
    path: Path,
    *,
    need_codes: Collection[str],
    role_ids: Collection[str],
) -> tuple[Partnership | None, tuple[Finding, ...]]:
    """Read a workbook or a CSV folder into a partnership, with everything found on the way.

    The partnership is None while a finding must be mended. Raises ``InputMustBeMended``
    when the file or folder itself cannot be read (see ``reading.read_tables``).
    """
    return parse_partnership(read_tables(path), need_codes=need_codes, role_ids=role_ids)


def parse_partnership(
    tables: Mapping[str, Table],
    *,
    need_codes: Collection[str],
    role_ids: Collection[str],
) -> tuple[Partnership | None, tuple[Finding, ...]]:
    """Read tables of text into a partnership, and collect every finding, by sheet, row and column.

    ``need_codes`` and ``role_ids`` are those of the policy pack in force. The partnership
    is None while a finding must be mended.
    """
    parser = _Parser(need_codes, role_ids)
    tables = _of_newest_format(parser, tables)
    entries = {sheet.name: parser.sheet(sheet, tables.get(sheet.name)) for sheet in SHEETS}
    parser.unknown_sheets(tables)
    for check in _CHECKS:
        check(parser, entries)
    findings = parser.in_order()
    if any(finding.level is Level.MUST_MEND for finding in findings):
        return None, findings
    values = dict(entries["Partnership"][0].values)
    for sheet in SHEETS:
        if sheet.attribute:
            values[sheet.attribute] = tuple(sheet.noun(**entry.values) for entry in entries[sheet.name])
    values["sources"] = tuple(_as_it_stands(parser, entries, source) for source in values["sources"])
    return Partnership(**values), findings


def _of_newest_format(parser: _Parser, tables: Mapping[str, Table]) -> Mapping[str, Table]:
    """The tables as the newest format has them, without the mark of their own. A file that holds no mark is taken as of the newest.

    Columns of older formats are known by the names they had (``Column.also_called``), so that only the mark is to be told of.
    """
    table = tables.get("Partnership")
    heading = next((h for h in table.headings if _plain(h) == _plain(FORMAT_HEADING)), None) if table is not None else None
    if table is None or heading is None:
        return tables
    said = next((row for row in table.rows if row.cells.get(heading)), None)
    says = said.cells[heading] if said is not None else ""
    older = older_format("This workbook", says, PARTNERSHIP_FORMAT, unsaid=PARTNERSHIP_FORMAT)
    if older is not None and said is not None:
        parser.look(
            ("Partnership", said.number, heading), f"this workbook is of format {older}; it was read as format {PARTNERSHIP_FORMAT}.",
            "Nothing to do: the next workbook that the planner writes is of the newest format.",
        )  # fmt: skip
    kept = [(h, letter) for h, letter in zip(table.headings, table.letters or [""] * len(table.headings), strict=True) if h != heading]
    rows = tuple(Row(row.number, cells) for row in table.rows if (cells := {h: text for h, text in row.cells.items() if h != heading}))
    letters = tuple(letter for _, letter in kept) if table.letters else ()
    return {**tables, "Partnership": replace(table, headings=tuple(h for h, _ in kept), letters=letters, rows=rows)}


def row_key(sheet: Sheet, values: Mapping[str, Any]) -> str:
    """Return a row's key as the Sources sheet names it: its key fields joined by ``/``."""
    return "/".join(str(values.get(name, "")) for name in sheet.key)


def find_sheet(name: str) -> Sheet | None:
    """Return the published sheet of this name, or None."""
    return next((sheet for sheet in SHEETS if sheet_key(sheet.name) == sheet_key(name)), None)


def find_column(sheet: Sheet, heading: str) -> Column | None:
    """Return the sheet's column of this heading, one of its other names included, or None."""
    wanted = _plain(heading)
    return next((c for c in sheet.columns if wanted in {_plain(h) for h in (c.heading, *c.also_called)}), None)


def _headings_below(sheet: Sheet, table: Table) -> int | None:
    """The row in which a sheet's headings stand when a title or a note stands where they belong, or None."""
    if any(find_column(sheet, heading) for heading in table.headings):
        return None
    needed = {column.field for column in sheet.columns if column.is_required}
    for row in table.rows[:_ROWS_OF_A_TITLE]:
        if needed <= {column.field for text in row.cells.values() if (column := find_column(sheet, text))}:
            return row.number
    return None


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").casefold().split())


def _short(text: str) -> str:
    return f"'{text[:57]}...'" if len(text) > 60 else f"'{text}'"


def _nearest(text: str, options: Iterable[str]) -> str | None:
    by_plain = {_plain(option): option for option in options}
    near = get_close_matches(_plain(text), by_plain, n=1, cutoff=0.6)
    return by_plain[near[0]] if near else None


def _listed(options: Sequence[str]) -> str:
    shown = [f"'{option}'" for option in options[:12]]
    if len(options) > 12:
        shown.append("and others")
    return ", ".join(shown)


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


class _Parser:
    """Reads cells by their column's kind and keeps the findings."""

    def __init__(self, need_codes: Collection[str], role_ids: Collection[str]) -> None:
        self.need_codes = sorted(need_codes)
        self.role_ids = sorted(role_ids)
        self.findings: list[Finding] = []

    def must(self, at: tuple[str, int | None, str], what: str, mend: str) -> None:
        """Note what stops planning, at (sheet, row, heading)."""
        self._note(Level.MUST_MEND, at, what, mend)

    def look(self, at: tuple[str, int | None, str], what: str, mend: str) -> None:
        """Note what is worth a look, at (sheet, row, heading)."""
        self._note(Level.LOOK_AT, at, what, mend)

    def _note(self, level: Level, at: tuple[str, int | None, str], what: str, mend: str) -> None:
        sheet, row, column = at
        self.findings.append(Finding(level=level, sheet=sheet, row=row, column=column, what=what, mend=mend))

    def in_order(self) -> tuple[Finding, ...]:
        """Return the findings of sheets nobody knows, then in the order of the sheets, then of rows, then of columns."""
        sheets = {sheet.name: n for n, sheet in enumerate(SHEETS)}
        columns = {(sheet.name, c.heading): n for sheet in SHEETS for n, c in enumerate(sheet.columns)}
        last = len(SHEETS) + 100
        return tuple(sorted(self.findings, key=lambda f: (sheets.get(f.sheet, -1), f.row or 0, columns.get((f.sheet, f.column), last))))

    def unknown_sheets(self, tables: Mapping[str, Table]) -> None:
        """Note sheets that look like a misspelt published one; other sheets are the partnership's own."""
        missing = [sheet.name for sheet in SHEETS if sheet.name not in tables]
        for name in tables:
            near = None if name in _SHEET or _plain(name).startswith(("help", "read me", "readme")) else _nearest(name, missing)
            if near:
                self.look(
                    (name, None, ""),
                    "is not a sheet the planner knows, so nothing in it was read.",
                    f"Rename it '{near}' if that is what it holds.",
                )

    def sheet(self, sheet: Sheet, table: Table | None) -> list[_Entry]:
        """Read every row of a sheet, noting empty, missing, unknown and doubled columns and keys."""
        if table is None or not (table.headings or table.rows):
            if sheet.is_required:
                self.must((sheet.name, None, ""), "has no rows.", "Fill in the sheet: " + sheet.help)
            return []
        below = _headings_below(sheet, table)
        if below is not None:
            self.must(
                (sheet.name, table.heading_row, ""),
                f"stands above the headings, which are in row {below}, so nothing of this sheet was read.",
                "Delete the rows above the headings.",
            )
            return []
        headings = self._headings(sheet, table)
        if not table.rows and sheet.is_required:
            self.must((sheet.name, None, ""), "has no rows.", "Fill in the sheet: " + sheet.help)
        entries = []
        for row in table.rows:
            entry = _Entry(row.number, {})
            for column in sheet.columns:
                heading = headings.get(column.field)
                if heading is None and column.is_required:
                    continue  # the missing column is one finding, not one a row
                self._cell(sheet, entry, column, row.cells.get(heading, "") if heading else "")
            entries.append(entry)
        self._doubled_keys(sheet, entries)
        return entries

    def _headings(self, sheet: Sheet, table: Table) -> dict[str, str]:
        """Match the table's headings to fields."""
        found: dict[str, str] = {}
        unknown = []
        for heading in table.headings:
            column = find_column(sheet, heading)
            if column is None:
                unknown.append(heading)
            elif column.field in found:
                self.must((sheet.name, 1, column.heading), "stands in two columns.", "Keep one of the two columns.")
            else:
                found[column.field] = heading
        missing = [c for c in sheet.columns if c.field not in found]
        for column in missing:
            if column.is_required and (table.rows or sheet.is_required):
                self.must(
                    (sheet.name, 1, column.heading),
                    "the column is missing.",
                    f"Add a column headed '{column.heading}': {column.help}",
                )
        for heading in unknown:
            near = _nearest(heading, [c.heading for c in missing])
            mend = (
                f"Rename it '{near}' if that is what it holds."
                if near
                else "Nothing to do if it is your own; else name it as a blank workbook does."
            )
            self.look((sheet.name, 1, heading), "is not a column the planner knows, so nothing in it was read.", mend)
        return found

    def _doubled_keys(self, sheet: Sheet, entries: list[_Entry]) -> None:
        if not sheet.attribute:
            for entry in entries[1:]:
                self.must((sheet.name, entry.row, ""), "is a second row, and a workbook is for one partnership.", "Delete this row.")
            return
        heading = sheet.column(sheet.key[0]).heading
        first: dict[str, int] = {}
        for entry in entries:
            if not entry.has(*sheet.key):
                continue
            key = row_key(sheet, entry.values)
            if key in first:
                named = key.replace("/", " / ")
                self.must(
                    (sheet.name, entry.row, heading),
                    f"{named} is already in row {first[key]}.",
                    "Keep one of the two rows, or correct the one that is wrong.",
                )
            first.setdefault(key, entry.row)

    def _cell(self, sheet: Sheet, entry: _Entry, column: Column, text: str) -> None:
        at = (sheet.name, entry.row, column.heading)
        try:
            entry.values[column.field] = self.value(sheet, column, text)
        except _UnreadableError as unreadable:
            self.must(at, unreadable.what, unreadable.mend)
            return
        if column.kind is Kind.URN and _SCIENTIFIC.fullmatch(text):
            self.look(
                at,
                f"{_short(text)} was read as {entry.values[column.field]}.",
                "Format the column as text so that the spreadsheet leaves URNs alone.",
            )

    def value(self, sheet: Sheet, column: Column, text: str) -> Any:
        """Return a cell's value, its field's default when blank; raise when it cannot be read."""
        is_list = column.kind in {Kind.CHOICES, Kind.NEEDS, Kind.WHOLES, Kind.SIX_WHOLES}
        if not text or (is_list and not _parts(text)):
            return _blank(sheet, column)
        if text in _ERRORS:
            raise _UnreadableError(f"the spreadsheet shows the error {text}.", "Mend the formula, or type the value over it.")
        special = _BY_FIELD.get(column.field)
        if special:
            return special(self, text)
        return _BY_KIND[column.kind](self, text, column)

    def needs(self, text: str) -> str:
        """Return the need code a text names, in the policy pack's own spelling."""
        return _one_of(text, self.need_codes, "need codes")

    def role(self, text: str) -> str:
        """Return the role a text names, in the policy pack's own spelling."""
        return _one_of(text, self.role_ids, "policy pack's roles")


def _blank(sheet: Sheet, column: Column) -> Any:
    if column.kind is Kind.WHOLES:
        return ()  # a base without possible sizes keeps the places it has; noted with the other checks of bases
    if column.kind is Kind.CHOICES and column.is_required:
        raise _UnreadableError(
            "is blank, so this can pay for nothing.", f"Write one or more of {_listed(_choices(column))}, separated by semicolons."
        )
    if column.is_required:
        if column.kind in {Kind.WHOLE, Kind.POUNDS, Kind.SIGNED_POUNDS, Kind.PERCENT}:
            raise _UnreadableError("is blank. A blank is never zero.", "Enter the number, or 0 if there is none.")
        raise _UnreadableError("is blank.", f"Fill it in, for example '{column.example}'.")
    default = next(f.default for f in fields(sheet.noun) if f.name == column.field)
    return "" if default is MISSING else default


def _choices(column: Column) -> list[str]:
    return [choice.value for choice in column.choices or ()]


def _one_of(text: str, options: Sequence[str], called: str, old_words: Mapping[str, str] | None = None) -> str:
    by_plain = {_plain(option): option for option in options} | dict(old_words or {})
    chosen = by_plain.get(_plain(text))
    if chosen is None:
        near = _nearest(text, options)
        raise _UnreadableError(
            f"{_short(text)} is not one of the {called}: {_listed(options)}.",
            f"Write '{near}' if that is what was meant." if near else "Write one of these.",
        )
    return chosen


def _choice(text: str, column: Column) -> StrEnum:
    assert column.choices is not None
    return column.choices(_one_of(text, _choices(column), "choices", _OLD_WORDS.get(column.choices)))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split("[;,\n]", text) if part.strip()]


def _six_wholes(text: str) -> tuple[int, ...]:
    numbers = tuple(_whole(part) for part in _parts(text))
    if len(numbers) != HALF_TERMS:
        raise _UnreadableError(
            f"{_short(text)} holds {_count(len(numbers), 'number')}, and a year has six half-terms.",
            "Write six numbers with semicolons between them, 0 where there is none.",
        )
    return numbers


def _whole(text: str, *, is_money: bool = False, may_be_negative: bool = False) -> int:
    bare = text.replace("−", "-")
    if is_money:
        bare = re.sub(r"^(-?|\()\s*£\s*", r"\1", bare)
    bare = re.sub(r"^\((.*)\)$", r"-\1", bare)  # accountants write a negative in brackets
    if _SCIENTIFIC.fullmatch(bare):
        raise _UnreadableError(
            f"{_short(text)} was shortened by the spreadsheet and may have lost digits.", "Retype the number in full, for example 157500."
        )
    match = _NUMBER.fullmatch(bare)
    if match is None:
        example = "12500" if is_money else "12"
        raise _UnreadableError(
            f"{_short(text)} is not a number.", f"Write the number alone, for example {example}; leave words for a note."
        )
    sign, digits, decimals = match.groups()
    if (decimals or "").strip("0"):
        needed = "whole pounds are needed" if is_money else "a whole number is needed"
        raise _UnreadableError(
            f"{_short(text)} has decimals, and {needed}.", "Round it yourself, so that the total stays the one you mean."
        )
    digits = digits.replace(",", "").lstrip("0") or "0"
    if len(digits) > 10 or int(digits) > LARGEST_NUMBER:
        raise _UnreadableError(f"{_short(text)} is too large to be true.", "Check the number of digits.")
    number = -int(digits) if sign else int(digits)
    if number < 0 and not may_be_negative:
        raise _UnreadableError(f"{_short(text)} is negative.", "Enter 0 or more.")
    return number


def _percent(text: str) -> int:
    number = _whole(text.removesuffix("%").strip())
    if not 1 <= number <= 100:
        raise _UnreadableError(f"{_short(text)} is outside 1 to 100.", "Enter a whole percent from 1 to 100, or leave it blank for 100.")
    return number


def _urn(text: str) -> int:
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        first, more, power = scientific.groups()
        # Only a number that shows all its six digits can be put back together.
        if int(power) == 5 and len(more or "") == 5 and first != "0":
            return int(first + more)
        raise _UnreadableError(
            f"{_short(text)} is a URN that the spreadsheet shortened, and it has lost its digits.",
            "Format the column as text and retype the URN as six digits.",
        )
    digits = re.sub(r"\s|\.0+$", "", text)
    if not re.fullmatch("[1-9][0-9]{5}", digits):
        raise _UnreadableError(f"{_short(text)} is not a URN.", "Enter the six digits of the school's unique reference number.")
    return int(digits)


def _yes_no(text: str) -> bool:
    answer = _YES_NO.get(text.casefold())
    if answer is None:
        raise _UnreadableError(f"{_short(text)} is neither yes nor no.", "Write yes or no.")
    return answer


def _date(text: str) -> str:
    """Return an ISO date; day/month/year is read too, as spreadsheets in Britain save dates so."""
    british = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text)
    iso = f"{british[3]}-{british[2]:0>2}-{british[1]:0>2}" if british else text
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", iso):
            return dt.date.fromisoformat(iso).isoformat()
    except ValueError:
        pass
    raise _UnreadableError(f"{_short(text)} is not a date.", "Write the date as year-month-day, for example 2026-05-23.")


def _academic_year(text: str) -> str:
    match = re.fullmatch(r"(20[0-9]{2})[/-]([0-9]{2})", text)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise _UnreadableError(f"{_short(text)} is not an academic year.", "Write the year as 2026/27.")
    return f"{match[1]}/{match[2]}"


def _item(text: str) -> str:
    return GRANT_ITEM if text.casefold() == GRANT_ITEM else text


_BY_KIND: dict[Kind, Callable[[_Parser, str, Column], Any]] = {
    Kind.TEXT: lambda _p, text, _c: text,
    Kind.ID: lambda _p, text, _c: text,
    Kind.URN: lambda _p, text, _c: _urn(text),
    Kind.WHOLE: lambda _p, text, _c: _whole(text),
    Kind.POUNDS: lambda _p, text, _c: _whole(text, is_money=True),
    Kind.SIGNED_POUNDS: lambda _p, text, _c: _whole(text, is_money=True, may_be_negative=True),
    Kind.PERCENT: lambda _p, text, _c: _percent(text),
    Kind.YES_NO: lambda _p, text, _c: _yes_no(text),
    Kind.CHOICE: lambda _p, text, column: _choice(text, column),
    Kind.CHOICES: lambda _p, text, column: tuple(dict.fromkeys(_choice(part, column) for part in _parts(text))),
    Kind.NEED: lambda parser, text, _c: parser.needs(text),
    Kind.NEEDS: lambda parser, text, _c: tuple(dict.fromkeys(parser.needs(part) for part in _parts(text))),
    Kind.WHOLES: lambda _p, text, _c: tuple(dict.fromkeys(_whole(part) for part in _parts(text))),
    Kind.SIX_WHOLES: lambda _p, text, _c: _six_wholes(text),
    Kind.DATE: lambda _p, text, _c: _date(text),
}

_BY_FIELD: dict[str, Callable[[_Parser, str], Any]] = {
    "academic_year": lambda _p, text: _academic_year(text),
    "item": lambda _p, text: _item(text),
    "role": lambda parser, text: parser.role(text),
}


# --- checks of the sheets against one another -------------------------------------------


def _at(sheet: str, entry: _Entry, name: str) -> tuple[str, int, str]:
    return sheet, entry.row, _SHEET[sheet].column(name).heading


def _check_references(parser: _Parser, entries: _Entries) -> None:
    schools = {str(e.values["urn"]) for e in entries["Schools"] if e.has("urn")}
    funds = {e.values["fund_id"] for e in entries["Funds"] if e.has("fund_id")}
    services = {e.values["service_id"] for e in entries["Services"] if e.has("service_id")}
    for sheet in SHEETS:
        for column in sheet.columns:
            if column.field in {"service_id", "fund_id"} and column.field in sheet.key and len(sheet.key) == 1:
                continue  # the sheet that declares them
            if column.kind is Kind.URN and column.field != "recorded_sen_urn" and sheet.name != "Schools":
                known, named, where = schools, "school", "Schools"
            elif column.field == "fund_id":
                known, named, where = funds, "fund", "Funds"
            elif column.field in {"service_id", "item"}:
                known, named, where = services | ({GRANT_ITEM} if column.field == "item" else set()), "service", "Services"
            else:
                continue
            if where == "Schools" and not known:
                continue  # nobody's URN can be read: that is one finding, not one for each mention
            for entry in entries[sheet.name]:
                value = entry.values.get(column.field)
                if value is not None and str(value) not in known:
                    # A URN that looks alike is another school, so only short names get a suggestion.
                    near = None if where == "Schools" else _nearest(str(value), sorted(known))
                    mend = (
                        f"Write {near} if that is what was meant, or add it to the sheet {where}."
                        if near
                        else f"Correct it, or add it to the sheet {where}."
                    )
                    what = f"there is no {named} {_short(str(value))} in the sheet {where}."
                    parser.must((sheet.name, entry.row, column.heading), what, mend)


def _check_schools(parser: _Parser, entries: _Entries) -> None:
    sheet = "Schools"
    for entry in entries[sheet]:
        v = entry.values
        if entry.has("primary_pupils", "secondary_pupils"):
            pupils = v["primary_pupils"] + v["secondary_pupils"]
            if pupils == 0:
                parser.must(
                    _at(sheet, entry, "primary_pupils"),
                    "the school has no pupils at all.",
                    "Enter its pupils on roll, or take the school out.",
                )
                continue  # every other count would only repeat it
            for name, wrong, phase in (
                ("secondary_pupils", Phase.PRIMARY, "Primary pupils"),
                ("primary_pupils", Phase.SECONDARY, "Secondary pupils"),
            ):
                if v.get("phase") is wrong and v[name]:
                    what = f"a {wrong} school cannot have {_count(v[name], name.split('_', maxsplit=1)[0] + ' pupil')}."
                    parser.must(_at(sheet, entry, name), what, f"Count them under '{phase}', or write all-through as the phase.")
            for name in _DRIVERS:
                if entry.has(name) and v[name] > pupils:
                    what = f"{v[name]:,} is more than the school's {pupils:,} pupils on roll."
                    parser.must(_at(sheet, entry, name), what, "Correct this figure, or the pupils on roll.")
        if entry.has("school_idaci_decile") and not 1 <= v["school_idaci_decile"] <= 10:
            parser.look(
                _at(sheet, entry, "school_idaci_decile"),
                f"{v['school_idaci_decile']:,} is outside 1 to 10.",
                "Enter a decile from 1 to 10, or leave it blank.",
            )
    _check_zones(parser, entries[sheet])
    _check_sen_rows(parser, entries[sheet])


def _check_zones(parser: _Parser, schools: list[_Entry]) -> None:
    named: set[str] = set()
    for entry in schools:
        zone = entry.values.get("zone", "")
        if zone.isdigit() and zone not in named:
            named.add(zone)
            what = f"the zone {_short(zone)} is a number, which could be taken for a school's URN."
            parser.must(_at("Schools", entry, "zone"), what, "Name the zone with a word, for example North.")
    without = [e for e in schools if e.values.get("zone") == ""]
    if without and len(without) < len(schools):
        what = f"{_count(len(without), 'school')} of {len(schools)} {'has' if len(without) == 1 else 'have'} no zone."
        parser.must(
            _at("Schools", without[0], "zone"),
            what,
            "Fill in the zone of every school, or leave all of them blank and zones are drawn by distance.",
        )


def _check_sen_rows(parser: _Parser, schools: list[_Entry]) -> None:
    used: dict[int, list[_Entry]] = defaultdict(list)
    for entry in schools:
        urn = entry.values.get("recorded_sen_urn") or entry.values.get("urn")
        if urn is not None:
            used[urn].append(entry)
    for urn, sharing in used.items():
        named = [e for e in sharing if e.has("recorded_sen_urn")]
        if len(sharing) > 1 and named:
            rows = ", ".join(str(e.row) for e in sharing)
            what = f"the recorded SEN of URN {urn} is used by the schools in rows {rows}, so its pupils are counted {'twice' if len(sharing) == 2 else f'{len(sharing)} times'}."
            parser.look(
                _at("Schools", named[-1], "recorded_sen_urn"), what, "Divide the pupils between the schools, or leave it to one of them."
            )


def _check_funds(parser: _Parser, entries: _Entries) -> None:
    paid: dict[str, int] = defaultdict(int)
    for entry in entries["Contributions"]:
        if entry.has("fund_id", "pounds"):
            paid[entry.values["fund_id"]] += entry.values["pounds"]
    for entry in entries["Funds"]:
        v = entry.values
        if not entry.has("september_to_march_pounds", "april_to_august_pounds"):
            continue
        amount = v["september_to_march_pounds"] + v["april_to_august_pounds"]
        if entry.has("brought_forward_pounds", "must_return_pounds"):
            held = amount + v["brought_forward_pounds"]
            if held < 0:
                what = f"last year's overspend of £{-v['brought_forward_pounds']:,} is more than the fund's £{amount:,}."
                parser.must(
                    _at("Funds", entry, "brought_forward_pounds"), what, "Correct the amounts, or enter what another fund makes good."
                )
            elif v["must_return_pounds"] > held:
                what = f"£{v['must_return_pounds']:,} must go back, but the fund holds only £{held:,}."
                parser.must(_at("Funds", entry, "must_return_pounds"), what, "Correct the sum to return, or the fund's amounts.")
        if paid[v.get("fund_id", "")] > amount:
            what = f"schools pay £{paid[v['fund_id']]:,} into this fund, but its amounts come to £{amount:,}."
            parser.must(
                _at("Funds", entry, "september_to_march_pounds"),
                what,
                "Count the contributions in the fund's two amounts, or correct the sheet Contributions.",
            )


def _check_services(parser: _Parser, entries: _Entries) -> None:
    for entry in entries["Services"]:
        if str(entry.values.get("service_id", "")).casefold() == GRANT_ITEM:
            parser.must(
                _at("Services", entry, "service_id"),
                "'grant' is the planner's own word for grant money.",
                "Give the service another short name.",
            )


MOST_OFFERS = 20
"""More offers of one service than anybody sells; working out the cheapest purchase takes time for each."""


def _check_offers(parser: _Parser, entries: _Entries) -> None:
    """Offers hold something and cost something; a service has one kind of them; each price break is below the price before it."""
    prices = {
        e.values["service_id"]: e.values["price_pounds_per_session"]
        for e in entries["Services"]
        if e.has("service_id", "price_pounds_per_session")
    }
    of_service: dict[str, list[_Entry]] = defaultdict(list)
    for entry in entries["Offers"]:
        for name, what in (("sessions", "half-day"), ("pounds", "pound")):
            if entry.has(name) and not entry.values[name]:
                parser.must(_at("Offers", entry, name), f"an offer of no {what} is none.", "Enter a number above 0, or delete the row.")
        if entry.values.get("kind") is OfferKind.PRICE_BREAK and entry.values.get("most_bought") is not None:
            parser.must(_at("Offers", entry, "most_bought"), "a price break is not bought by number.", "Leave this blank.")
        if entry.has("service_id", "kind", "sessions", "pounds"):
            of_service[entry.values["service_id"]].append(entry)
    for service_id, offers in of_service.items():
        first, *others = offers
        mixed = [e for e in others if e.values["kind"] is not first.values["kind"]]
        if mixed:
            what = f"the service {_short(service_id)} has packages and price breaks."
            parser.must(_at("Offers", mixed[0], "kind"), what, "Keep one kind of offer for a service.")
        if len(offers) > MOST_OFFERS:
            what = f"the service {_short(service_id)} has {len(offers):,} offers."
            parser.must(_at("Offers", offers[MOST_OFFERS], "offer_id"), what, f"Keep the {MOST_OFFERS} that matter most.")
        if not mixed and first.values["kind"] is OfferKind.PRICE_BREAK:
            before = prices.get(service_id) or None
            for entry in sorted(offers, key=lambda e: e.values["sessions"]):
                price = entry.values["pounds"]
                if before is not None and price >= before:
                    what = f"the price from {_count(entry.values['sessions'], 'half-day')} on, £{price:,}, is not below the £{before:,} before it."
                    parser.must(_at("Offers", entry, "pounds"), what, "Correct the price, or delete the row.")
                before = price


def _check_half_terms(parser: _Parser, entries: _Entries) -> None:
    for entry in entries["People"]:
        v = entry.values
        for name in ("first_half_term", "last_half_term"):
            if entry.has(name) and not 1 <= v[name] <= HALF_TERMS:
                parser.must(
                    _at("People", entry, name), f"there is no half-term {v[name]}.", "Write a number from 1 to 6, or leave it blank."
                )
        if entry.has("first_half_term", "last_half_term") and v["first_half_term"] > v["last_half_term"]:
            parser.must(
                _at("People", entry, "last_half_term"),
                f"the person leaves in half-term {v['last_half_term']} and comes in half-term {v['first_half_term']}.",
                "Correct one of the two.",
            )
        spread = v.get("half_term_sessions") or ()
        if spread and entry.has("sessions_a_year") and sum(spread) != v["sessions_a_year"]:
            parser.look(
                _at("People", entry, "half_term_sessions"),
                f"the six numbers come to {sum(spread):,}, and the sessions a year are {v['sessions_a_year']:,}: the year is shared in their proportion.",
                "Correct one of the two, or leave the six numbers blank.",
            )


def _check_last_year_links(parser: _Parser, entries: _Entries) -> None:
    service_of = {e.values["person_id"]: e.values["service_id"] for e in entries["People"] if e.has("person_id", "service_id")}
    for entry in entries["Last year links"]:
        v = entry.values
        if entry.has("person_id", "service_id") and service_of.get(v["person_id"], v["service_id"]) != v["service_id"]:
            what = f"{v['person_id']} belongs to {service_of[v['person_id']]} this year, so the link says nothing."
            parser.look(
                _at("Last year links", entry, "service_id"), what, "If the person changed service, leave it; else correct the service."
            )


def _check_people(parser: _Parser, entries: _Entries) -> None:
    for entry in entries["People"]:
        v = entry.values
        if not entry.has("sessions_a_year"):
            continue
        sessions = v["sessions_a_year"]
        if sessions > HALF_DAYS_IN_A_YEAR:
            what = f"{sessions:,} half-days are more than a school year has ({HALF_DAYS_IN_A_YEAR}: 39 weeks of 10)."
            parser.must(_at("People", entry, "sessions_a_year"), what, "Enter half-days, not hours, and one post a row.")
        if entry.has("statutory_sessions", "other_duties_sessions"):
            over = v["statutory_sessions"] + v["other_duties_sessions"] - sessions
            if over > 0:
                what = f"statutory work is already over capacity by {_count(over, 'half-day')}."
                if v["other_duties_sessions"]:
                    what = f"statutory work and other duties are already over capacity by {_count(over, 'half-day')}."
                parser.look(
                    _at("People", entry, "statutory_sessions"),
                    what,
                    "If that is so, the post has no time to plan; else correct the figures.",
                )


def _check_bases(parser: _Parser, entries: _Entries) -> None:
    phases = {e.values["urn"]: e.values["phase"] for e in entries["Schools"] if e.has("urn", "phase")}
    for entry in entries["Bases"]:
        v = entry.values
        if entry.has("phase"):
            host = phases.get(v.get("host_urn"))
            if v["phase"] is Phase.ALL_THROUGH:
                parser.must(
                    _at("Bases", entry, "phase"),
                    "a base is for one phase.",
                    "Write primary or secondary, and give a second row to a base for the other phase.",
                )
            elif host not in {None, Phase.ALL_THROUGH, v["phase"]}:
                parser.must(
                    _at("Bases", entry, "phase"),
                    f"a {v['phase']} base cannot be in a {host} school.",
                    "Correct the base's phase, or its host.",
                )
        opens = v.get("opens_in_half_term") or 0
        if entry.has("opens_in_half_term") and opens not in range(1, HALF_TERMS + 1):
            parser.must(_at("Bases", entry, "opens_in_half_term"), f"there is no half-term {opens}.", "Write a number from 1 to 6.")
        elif opens > 1 and v.get("is_open"):
            parser.must(
                _at("Bases", entry, "opens_in_half_term"),
                "the base is open already, so it runs all year.",
                "Leave the half-term blank, or write no under 'Open now'.",
            )
        if not entry.has("is_open", "places_now", "pupils_now"):
            continue
        places, pupils = v["places_now"], v["pupils_now"]
        if pupils > places:
            what = f"{_count(pupils, 'pupil')} in {_count(places, 'place')}: the base is over-full."
            parser.look(_at("Bases", entry, "pupils_now"), what, "If that is so, leave it; else correct the figures.")
        if places and not v["is_open"]:
            parser.look(_at("Bases", entry, "places_now"), "the base has places but is not open.", "Write yes under 'Open now', or 0 here.")
        if v.get("sizes") == ():
            then = f"it stays at {_count(places, 'place')}" if v["is_open"] else "it cannot open"
            parser.look(
                _at("Bases", entry, "sizes"),
                f"no possible sizes are given, so {then}.",
                "Enter the numbers of places at which it may run, for example 8; 12.",
            )


def _check_requests(parser: _Parser, entries: _Entries) -> None:
    for sheet in ("Funds", "Services", "Bases"):
        for entry in entries[sheet]:
            if entry.values.get("decision_right") is DecisionRight.REQUEST and entry.values.get("request_to") == "":
                parser.look(
                    _at(sheet, entry, "request_to"),
                    "this is a request, but nobody is named to ask.",
                    "Enter who decides, for example the council's team.",
                )


def _check_sources(parser: _Parser, entries: _Entries) -> None:
    of_empty: dict[str, list[_Entry]] = defaultdict(list)
    for entry in entries["Sources"]:
        if not entry.has("sheet", "key", "column"):
            continue
        v = entry.values
        sheet = find_sheet(v["sheet"])
        if sheet is None:
            parser.look(_at("Sources", entry, "sheet"), f"there is no sheet {_short(v['sheet'])}.", "Correct the name, or delete this row.")
        elif find_column(sheet, v["column"]) is None:
            parser.look(
                _at("Sources", entry, "column"),
                f"the sheet {sheet.name} has no column {_short(v['column'])}.",
                "Correct the heading, or delete this row.",
            )
        elif v["key"] != "*" and not entries[sheet.name]:
            of_empty[sheet.name].append(entry)
        elif v["key"] != "*" and not _rows_of(entries, sheet, v["key"]):
            parser.look(
                _at("Sources", entry, "key"),
                f"the sheet {sheet.name} has no row {_short(v['key'])}.",
                "Correct the key, or delete this row.",
            )
    unread = {finding.sheet for finding in parser.findings if finding.level is Level.MUST_MEND}
    for name in of_empty.keys() - unread:
        parser.look(
            _at("Sources", of_empty[name][0], "sheet"),
            f"the sheet {name} has no rows, but sources of its figures are named ({_count(len(of_empty[name]), 'row')}).",
            f"If the sheet was renamed or deleted, put it back as '{name}'; else delete these rows.",
        )


_CHECKS = (
    _check_references,
    _check_schools,
    _check_funds,
    _check_services,
    _check_offers,
    _check_people,
    _check_half_terms,
    _check_last_year_links,
    _check_bases,
    _check_requests,
    _check_sources,
)


def _rows_of(entries: _Entries, sheet: Sheet, key: str) -> list[_Entry]:
    return [e for e in entries[sheet.name] if key in {"*", row_key(sheet, e.values)}]


def _as_it_stands(parser: _Parser, entries: _Entries, source: Source) -> Source:
    """Take the assumed mark off a figure that somebody has overwritten; name its cell as published.

    A whole column stays assumed while one of its cells still holds the assumed value.
    """
    sheet = find_sheet(source.sheet)
    column = find_column(sheet, source.column) if sheet else None
    if sheet is None or column is None:
        return source
    source = replace(source, sheet=sheet.name, column=column.heading)
    if not source.is_assumed:
        return source
    rows = _rows_of(entries, sheet, source.key)
    if source.key == "*" and not rows:
        return source
    try:
        assumed = parser.value(sheet, column, clean_text(source.value))
    except _UnreadableError:
        assumed = source.value
    if any(e.values[column.field] == assumed for e in rows):
        return source
    return replace(source, value="", source=ENTERED, date="", is_assumed=False)
