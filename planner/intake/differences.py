"""What two versions of a partnership, or of a policy, say differently, in the words of the published sheets."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from planner.intake.placing import SheetLayout
from planner.intake.sheets import SHEETS, Kind, Sheet
from planner.intake.whose import who_may_change_row
from planner.partnership import GRANT_ITEM, Partnership, Source


class Change(StrEnum):
    """What happened to a row."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One cell that changed, or one row that was added or removed (then without column, was and now).

    ``cell`` is where it stands in the newer file ('' where that is not known or nothing stands there), ``may_change``
    who may change it; neither is a part of the difference.
    """

    change: Change
    sheet: str
    row: str
    column: str = ""
    was: str = ""
    now: str = ""
    cell: str = field(default="", compare=False)
    may_change: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDifference:
    """One setting that changed, by its path; '' where there was or is none. ``unit`` is the figure's, if it is one."""

    path: str
    was: str
    now: str
    unit: str = ""


def differences(old: Partnership, new: Partnership, layout: Sequence[SheetLayout] = ()) -> tuple[Difference, ...]:
    """Every cell and row in which two partnerships differ, by sheet; a new order of rows is no difference.

    ``layout`` says where the newer one's rows stand in its file.
    """
    where = {one.sheet: one for one in layout}
    return tuple(difference for sheet in SHEETS for difference in _of_sheet(sheet, old, new, where.get(sheet.name)))


def policy_differences(old_text: str, new_text: str) -> tuple[PolicyDifference, ...]:
    """Every setting in which two policies (``Policy.document``) differ, in the order of the new one.

    The source, date and confidence of a figure are told only where its value is the same. Raises
    ``ValueError`` where a text is no JSON.
    """
    old, new = dict(_settings(json.loads(old_text), "")), dict(_settings(json.loads(new_text), ""))
    found = []
    for path in dict.fromkeys([*new, *old]):
        was, now = old.get(path), new.get(path)
        figure = path.rpartition(".")[0]
        is_about_a_figure = path.endswith(_ABOUT_A_FIGURE) and (figure in old or figure in new)
        if was == now or (is_about_a_figure and old.get(figure) != new.get(figure)):
            continue
        unit = new.get(f"{path}.unit", old.get(f"{path}.unit", ""))
        found.append(PolicyDifference(path=path, was=_words(was), now=_words(now), unit=str(unit)))
    return tuple(found)


# --- partnerships --------------------------------------------------------------------------


def _of_sheet(sheet: Sheet, old: Partnership, new: Partnership, layout: SheetLayout | None) -> Iterator[Difference]:
    before, after = _by_key(sheet, old), _by_key(sheet, new)

    def cell(index: int, heading: str) -> str:
        return "" if layout is None else layout.cell(index, heading)

    for index, (key, row) in enumerate(after.items()):
        if key not in before:
            yield Difference(
                change=Change.ADDED, sheet=sheet.name, row=_row_words(sheet, row, new), cell=cell(index, sheet.columns[0].heading),
                may_change=who_may_change_row(sheet.name, row, new),
            )  # fmt: skip
            continue
        for column in sheet.columns:
            was, now = getattr(before[key], column.field), getattr(row, column.field)
            if was != now:
                yield Difference(
                    change=Change.CHANGED, sheet=sheet.name, row=_row_words(sheet, row, new), column=column.heading,
                    was=_words(was, column.kind), now=_words(now, column.kind), cell=cell(index, column.heading),
                    may_change=who_may_change_row(sheet.name, before[key], old),
                )  # fmt: skip
    for key, row in before.items():
        if key not in after:
            yield Difference(
                change=Change.REMOVED,
                sheet=sheet.name,
                row=_row_words(sheet, row, old),
                may_change=who_may_change_row(sheet.name, row, old),
            )


def _by_key(sheet: Sheet, partnership: Partnership) -> dict[tuple[Any, ...], Any]:
    """The sheet's rows by their key fields; of rows with one key, the second is the second."""
    if not sheet.attribute:
        return {(): partnership}
    seen: dict[tuple[Any, ...], int] = defaultdict(int)
    rows = {}
    for row in getattr(partnership, sheet.attribute):
        key = tuple(getattr(row, name) for name in sheet.key)
        seen[key] += 1
        rows[*key, seen[key]] = row
    return rows


def _row_words(sheet: Sheet, row: Any, partnership: Partnership) -> str:
    """A row as a person calls it: schools, funds and services by their names."""
    if sheet.attribute == "sources":
        return _source_words(row, partnership)
    name = getattr(row, "name", "")
    own = [getattr(row, part) for part in sheet.key]
    if name:
        return f"{name} ({own[0]})" if sheet.attribute == "schools" else str(name)
    return _key_words(sheet, own, partnership)


def _key_words(sheet: Sheet, key: Sequence[Any], partnership: Partnership) -> str:
    return ", ".join(_KEY_WORDS.get(part, _as_it_is)(partnership, value) for part, value in zip(sheet.key, key, strict=True))


def _source_words(source: Source, partnership: Partnership) -> str:
    """Whose figure it says the source of, and under which heading: its key joins those of the figure's own row."""
    sheet = next((one for one in SHEETS if one.name == source.sheet), None)
    key = source.key.split("/")
    if source.key == "*":
        whose = "all rows"
    else:
        whose = source.key if sheet is None or len(key) != len(sheet.key) else _key_words(sheet, key, partnership)
    return f"{source.sheet}, {whose}, {source.column}"


def _school(partnership: Partnership, urn: Any) -> str:
    return next((f"{school.name} ({urn})" for school in partnership.schools if str(school.urn) == str(urn)), str(urn))


def _fund(partnership: Partnership, fund_id: Any) -> str:
    return next((fund.name for fund in partnership.funds if fund.fund_id == fund_id), str(fund_id))


def _item(partnership: Partnership, item: Any) -> str:
    if item == GRANT_ITEM:
        return GRANT_ITEM
    return next((service.name for service in partnership.services if service.service_id == item), str(item))


def _as_it_is(_: Partnership, value: Any) -> str:
    return str(value)


def _base(partnership: Partnership, base_id: Any) -> str:
    return next((base.name for base in partnership.bases if base.base_id == base_id), str(base_id))


def _person(partnership: Partnership, person_id: Any) -> str:
    return next((person.name for person in partnership.people if person.person_id == person_id), str(person_id))


_KEY_WORDS: Mapping[str, Callable[[Partnership, Any], str]] = {
    "urn": _school, "fund_id": _fund, "item": _item, "service_id": _item, "base_id": _base, "person_id": _person,
}  # fmt: skip


def _words(value: Any, kind: Kind | None = None) -> str:
    """A field as its cell reads in a workbook; unknown is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(map(_words, value))
    return f"{value:,}" if isinstance(value, int) and kind is not Kind.URN else str(value)


# --- policies ------------------------------------------------------------------------------

_ABOUT_A_FIGURE = (".unit", ".source", ".date", ".confidence")


def _settings(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every setting by its path; a figure is its value, with what is said about it one step down."""
    if isinstance(node, dict) and set(node) == {"decimal"}:
        yield path, Decimal(node["decimal"])
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _settings(value, path if name == "value" and path else f"{path}.{name}" if path else name)
    elif isinstance(node, list) and any(isinstance(item, dict) and "id" in item for item in node):
        for item in node:
            yield from _settings(item, f"{path}.{item['id']}")
    elif isinstance(node, list):
        yield path, tuple(value for item in node for _, value in _settings(item, path))
    else:
        yield path, node
