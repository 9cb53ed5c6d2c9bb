"""Where a figure comes from: its source, its date, and whether it is assumed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from planner.export.summary import day
from planner.intake.parsing import ENTERED, row_key
from planner.intake.sheets import SHEETS, Sheet
from planner.partnership import GRANT_ITEM, Partnership, Source
from web.words import count, listed, upper_first

EVERY_ROW = "*"
_MOST_NAMED = 3
_SHEETS = {sheet.name: sheet for sheet in SHEETS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The source of one figure."""

    source: str
    date: str
    is_assumed: bool

    @property
    def standing(self) -> str:
        """Whether the figure was published, entered, or assumed."""
        return "assumed" if self.is_assumed else "entered" if self.source == ENTERED else "published"

    @property
    def text(self) -> str:
        """The source and its date, in words."""
        return source_text(self.source, self.date)


_UNSAID = Origin(source=ENTERED, date="", is_assumed=False)


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
    """A source and its date, as a line of text."""
    return f"{upper_first(source)}, {day(date)}" if date else upper_first(source)


class Provenance:
    """The sources of one partnership, found by figure."""

    def __init__(self, partnership: Partnership) -> None:
        self._partnership = partnership
        self._found = {(s.sheet, s.key, s.column): s for s in partnership.sources}

    def of(self, sheet: Sheet, record: object, field: str) -> Origin:
        """The origin of one field of a row: the row's own source, else that of its whole column, else nobody said."""
        column = sheet.column(field)
        key = row_key(sheet, {name: getattr(record, name) for name in sheet.key}) if sheet.attribute else ""
        own = self._found.get((sheet.name, key, column.heading))
        source = own or self._found.get((sheet.name, EVERY_ROW, column.heading))
        if source is None:
            return _UNSAID
        # A column is assumed as a whole; a cell of it that holds something else was written over.
        if source.is_assumed and own is None and _bare(source.value) != _bare(_as_cell(getattr(record, field))):
            return _UNSAID
        return Origin(source=source.source, date=source.date, is_assumed=source.is_assumed)

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
    assumed = [f" ({s.value})" if s.is_assumed else "" for s in sources]
    for s, value in zip(sources, assumed, strict=True):
        if s.key == EVERY_ROW:
            return f"every row{value}"
    if len(sources) > _MOST_NAMED:
        return count(len(sources), "row")
    fields = _SHEETS[sheet].key if sheet in _SHEETS else ()
    parts = [[names.get(field, {}).get(part, part) for field, part in zip(fields, s.key.split("/"), strict=False)] for s in sources]
    return listed([(", ".join(named) or s.key) + value for named, s, value in zip(parts, sources, assumed, strict=True)])


def _as_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _bare(text: str) -> str:
    return text.replace("£", "").replace(",", "").strip()
