"""Where a figure comes from: its source, its date, and whether it is assumed."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from planner.intake.parsing import ENTERED, row_key
from planner.intake.sheets import SHEETS, Kind, Sheet
from planner.partnership import GRANT_ITEM, Partnership, Source
from planner.words import day
from web.words import count, listed, pounds, upper_first

EVERY_ROW = "*"
_MOST_NAMED = 3
_KEY = re.compile(r"\b((?:assume|bases|board|need)\.(?!csv|xlsx)[a-z][a-z0-9_.]*[a-z0-9])(?: = ([0-9]+(?:\.[0-9]+)?))?")
_AS_SAID = {"fsm6": "FSM6", "idaci": "IDACI", "sen": "SEN", "wte": "full-time post", "march": "March", "september": "September"}
_SHEETS = {sheet.name: sheet for sheet in SHEETS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The source of one figure."""

    source: str
    date: str
    is_assumed: bool

    @property
    def standing(self) -> str:
        """Whether the figure was published, entered, uploaded, worked out, assumed or not supplied at all."""
        return "assumed" if self.is_assumed else _STANDINGS.get(self.source, "published")

    @property
    def text(self) -> str:
        """The source and its date, in words."""
        return source_text(self.source, self.date)


_UPLOADED, _WORKED_OUT, _NOTED, _MISSING = "as uploaded", "worked out by the planner", "written when the figures were made", "not supplied"
_STANDINGS = {ENTERED: "entered", _UPLOADED: "uploaded", _WORKED_OUT: "worked out", _NOTED: "note", _MISSING: "not supplied"}
_REGISTER = "DfE, Get Information about Schools"
_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """Figures of one column with one source."""

    sheet: str
    column: str
    rows: str
    source: str
    date: str
    is_assumed: bool
    standing: str


def sheet_of(name: str) -> Sheet:
    """A published sheet."""
    return _SHEETS[name]


def source_text(source: str, date: str) -> str:
    """A source and its date, as a line of text; the policy's figures by their names in words."""
    text = upper_first(_KEY.sub(_key_in_words, source))
    return f"{text}, {day(date)}" if date else text


def said(part: str) -> str:
    """One part of a policy figure's name, as words."""
    return " ".join(_AS_SAID.get(word, word) for word in part.split("_"))


def _key_in_words(key: re.Match[str]) -> str:
    """``assume.capital_pounds_per_pupil = 6`` is capital per pupil: £6."""
    name, value = key[1].rpartition(".")[2], key[2]
    if value is None:
        return said(name)
    sign = "£" if "pounds" in name else ""
    whole, dot, rest = value.partition(".")
    return f"{said(name.replace('_pounds', ''))}: {sign}{int(whole):,}{dot}{rest}"


class Provenance:
    """The sources of one partnership, found by figure."""

    def __init__(self, partnership: Partnership) -> None:
        self._partnership = partnership
        self._found = {(s.sheet, s.key, s.column): s for s in partnership.sources}
        place = self._found.get(("Schools", EVERY_ROW, sheet_of("Schools").column("easting_metres").heading))
        # A partnership built from the register has its schools' places from there.
        self._register = place if place is not None and place.source.startswith(_REGISTER) else None

    def of(self, sheet: Sheet, record: object, field: str) -> Origin:
        """The origin of one field of a row: the row's own source, else that of its whole column, else where such a field must be from."""
        column = sheet.column(field)
        key = row_key(sheet, {name: getattr(record, name) for name in sheet.key}) if sheet.attribute else ""
        own = self._found.get((sheet.name, key, column.heading))
        source = own or self._found.get((sheet.name, EVERY_ROW, column.heading))
        value = _as_cell(getattr(record, field))
        # A column is assumed as a whole; a cell of it that holds something else was written over.
        written_over = source is not None and source.is_assumed and own is None and _bare(source.value) != _bare(value)
        if not value and own is None and (source is None or written_over or not source.is_assumed):
            # Schools whose zone is blank are zoned by distance.
            return _plain(_WORKED_OUT if field == "zone" else _MISSING)
        if written_over:
            return _plain(ENTERED)
        if source is None:
            return self._unsaid(sheet, field, value)
        return Origin(source=source.source, date=source.date, is_assumed=source.is_assumed)

    def _unsaid(self, sheet: Sheet, field: str, value: str) -> Origin:
        """The origin of a figure without a source: in a partnership that was built, the planner's or the register's own."""
        if self._register is not None and sheet.name == "Schools":
            if field == "urn":
                return _plain(self._register.source, self._register.date)
            if field == "recorded_sen_urn" or (field == "membership_percent" and value == str(_WHOLE)):
                return _plain(_WORKED_OUT)
            if field == "note":
                return _plain(_NOTED)
        return _plain(_UPLOADED)

    def lines(self) -> list[SourceLine]:
        """Every source, those of one column and kind as one line; assumed ones first, then in the order of the sheets."""
        alike: dict[tuple[str, str, str, str, bool], list[Source]] = defaultdict(list)
        for s in self._partnership.sources:
            alike[s.sheet, s.column, s.source, s.date, s.is_assumed].append(s)
        order = {name: i for i, name in enumerate(_SHEETS)}
        names = _names(self._partnership)
        made = [
            SourceLine(
                sheet=sheet,
                column=column,
                rows=_rows(sheet, sources, names),
                source=source,
                date=date,
                is_assumed=is_assumed,
                standing=Origin(source=source, date=date, is_assumed=is_assumed).standing,
            )
            for (sheet, column, source, date, is_assumed), sources in alike.items()
        ]
        return sorted(_merged(made), key=lambda line: (not line.is_assumed, order.get(line.sheet, len(order))))


def _plain(source: str, date: str = "") -> Origin:
    return Origin(source=source, date=date, is_assumed=False)


def _merged(lines: list[SourceLine]) -> list[SourceLine]:
    """Columns of the same rows with the same source as one line; what is assumed stays apart, as each has its own value."""
    columns: dict[SourceLine, list[str]] = defaultdict(list)
    for line in lines:
        columns[line if line.is_assumed else replace(line, column="")].append(line.column)
    return [replace(line, column=listed(named)) for line, named in columns.items()]


def _names(partnership: Partnership) -> dict[str, dict[str, str]]:
    """Key field -> what its values are called."""
    services = {s.service_id: s.name for s in partnership.services}
    schools = {str(s.urn): s.name for s in partnership.schools}
    return {
        "urn": schools,
        "fund_id": {f.fund_id: f.name for f in partnership.funds},
        "service_id": services,
        "person_id": {p.person_id: p.name for p in partnership.people},
        "base_id": {b.base_id: b.name for b in partnership.bases},
        "item": services | {GRANT_ITEM: "grant"},
    }


def _rows(sheet: str, sources: list[Source], names: dict[str, dict[str, str]]) -> str:
    """Which rows, by name where they are few, each with the value assumed for it."""
    assumed = [f" ({_said_value(sheet, s)})" if s.is_assumed else "" for s in sources]
    for s, value in zip(sources, assumed, strict=True):
        if s.key == EVERY_ROW:
            return f"every row{value}"
    if len(sources) > _MOST_NAMED:
        return count(len(sources), "row")
    fields = _SHEETS[sheet].key if sheet in _SHEETS else ()
    parts = [[names.get(field, {}).get(part, part) for field, part in zip(fields, s.key.split("/"), strict=False)] for s in sources]
    return listed([(", ".join(named) or s.key) + value for named, s, value in zip(parts, sources, assumed, strict=True)])


def _said_value(sheet: str, source: Source) -> str:
    """An assumed value, money as money."""
    columns = _SHEETS[sheet].columns if sheet in _SHEETS else ()
    kind = next((c.kind for c in columns if c.heading == source.column), None)
    bare = _bare(source.value)
    if not (bare.isascii() and bare.isdigit()):
        return source.value
    return pounds(int(bare)) if kind in {Kind.POUNDS, Kind.SIGNED_POUNDS} else f"{int(bare):,}" if kind is Kind.WHOLE else source.value


def _as_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _bare(text: str) -> str:
    return text.replace("£", "").replace(",", "").strip()
