"""The words of the page that says to people what a program may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planner.documents import Json
from web.api.document import path_of
from web.api.operations import JSON_TYPE, WORKBOOK_TYPE, ZIP_TYPE, Operation
from web.tables import TableView, row, table, words
from web.words import upper_first

_KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}
_FILES = {
    JSON_TYPE: "Answers a document, which docs/formats.md describes.",
    WORKBOOK_TYPE: "Answers an Excel workbook.",
    ZIP_TYPE: "Answers a ZIP of CSVs, which docs/formats.md describes.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation as the page shows it."""

    title: str
    request: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """The operations on one kind of thing."""

    title: str
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceView:
    """The page: operations by kind, then every object that is sent or answered."""

    groups: tuple[GroupView, ...]
    objects: tuple[TableView, ...]


def reference_view(operations: list[Operation], described: Json) -> ReferenceView:
    """The description of the API, as a page."""
    by_tag: dict[str, list[OperationView]] = {}
    for one in operations:
        told = described["paths"][path_of(one)][one.method.lower()]
        by_tag.setdefault(told["tags"][0], []).append(_operation(one, told))
    return ReferenceView(
        groups=tuple(GroupView(title=upper_first(tag), operations=tuple(views)) for tag, views in by_tag.items()),
        objects=tuple(_object(name, schema) for name, schema in described["components"]["schemas"].items() if "properties" in schema),
    )


def _operation(one: Operation, told: Json) -> OperationView:
    return OperationView(
        title=one.title,
        request=f"{one.method} {path_of(one)}",
        sentences=(
            *([f"Takes {one.takes.__name__}."] if one.takes else []),
            *(["Takes the header If-Match."] if one.needs_if_match else []),
            _answer(one),
            *([f"409: {told['responses']['409']['description']}"] if one.conflict else []),
        ),
    )


def _answer(one: Operation) -> str:
    if isinstance(one.answers, str):
        return _FILES[one.answers]
    return f"Answers a list of {one.answers.__name__}, paged." if one.is_list else f"Answers {one.answers.__name__}."


def _object(name: str, schema: Json) -> TableView:
    needed = set(schema.get("required", []))
    rows = [
        row(field, _kind(of), f"{of.get('description', '')}{'' if field in needed else ' It may be left out.'}".strip() or "-")
        for field, of in schema["properties"].items()
    ]
    return table(name, words("Field", "What it is", "Meaning"), rows)


def _kind(schema: Json) -> str:
    """A schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_kind(schema['items'])}"
    kind: Any = schema.get("type", "any")
    return _KINDS.get(kind, str(kind))
