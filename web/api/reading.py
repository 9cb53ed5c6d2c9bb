"""What a program sent, read strictly: every refusal is one sentence that names the field."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any, cast

from flask import request
from pydantic import TypeAdapter, ValidationError

from planner.documents import Json
from web.problems import SENTENCES, Refused
from web.words import listed

MOST_BYTES = 100_000
PER_PAGE, MOST_PER_PAGE, MOST_PAGE = 50, 200, 1_000_000
PAGING = ("page", "per_page")
_KINDS = {
    "string_type": "text", "int_type": "a whole number", "float_type": "a number", "bool_type": "true or false", "dict_type": "a JSON object",
    "int_from_float": "a whole number", "finite_number": "a number that is finite",
}  # fmt: skip


@functools.cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """What reads a noun and knows its schema."""
    return TypeAdapter(kind)


def body(kind: Any) -> Any:
    """The body of the request as a noun. Raises ``Refused``: 400 for no JSON, 413, 415, 422 for what does not fit."""
    if request.mimetype != "application/json":
        raise Refused(415, SENTENCES[415])
    try:
        return adapter_of(kind).validate_json(request.get_data())
    except ValidationError as error:
        first = cast("Json", error.errors(include_url=False, include_context=True)[0])
        if first["type"] == "json_invalid":
            raise Refused(400, "The body is no JSON: send one JSON object, in UTF-8.") from error
        raise Refused(422, _sentence(first, kind)) from error


def _sentence(error: Json, kind: type[Any]) -> str:
    path, about = [str(part) for part in error["loc"]], error.get("ctx", {})
    name = ".".join(path)[:80]
    fields = tuple(kind.__dataclass_fields__)
    said = {
        "dataclass_type": "The body must be a JSON object.",
        "unexpected_keyword_argument": f"The body has no field {name}: it takes {listed(fields)}.",
        "missing": f"The body needs the field {name}.",
        "greater_than_equal": f"{name} must be at least {about.get('ge')}.",
        "less_than_equal": f"{name} must be at most {about.get('le')}.",
        "string_too_short": f"{name} must not be empty.",
        "string_too_long": f"{name} may have {about.get('max_length')} characters at most.",
        "too_short": f"{name} must not be empty.",
        "too_long": f"{name} may have {about.get('max_length')} entries at most.",
    }.get(error["type"])
    if said is not None:
        return said
    if path[0] == "changes" and len(path) > 1:
        return f"changes.{path[1][:60]} must be a number, true or false."
    return f"{name or 'The body'} must be {_KINDS.get(error['type'], 'as the description of the API says')}."


def known_query(names: Sequence[str]) -> None:
    """Refuse what the address asks for beside these names."""
    stranger = next((name for name in request.args if name not in names), None)
    if stranger is not None:
        takes = f"it takes {listed(list(names))}" if names else "it takes none"
        raise Refused(422, f"The address has no parameter {stranger[:60]}: {takes}.")


def page_of(rows: Sequence[Any]) -> tuple[Sequence[Any], Json]:
    """The rows of the page that is asked for, and where it stands among all."""
    page, per_page = _number("page", 1, MOST_PAGE), _number("per_page", PER_PAGE, MOST_PER_PAGE)
    pages = max(1, -(-len(rows) // per_page))
    return rows[(page - 1) * per_page : page * per_page], {"page": page, "pages": pages, "total": len(rows)}


def _number(name: str, usual: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return usual
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text) or int(text) > most:
        raise Refused(422, f"{name} must be a whole number from 1 to {most:,}.")
    return int(text)
