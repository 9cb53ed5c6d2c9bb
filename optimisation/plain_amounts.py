"""Amounts as JSON data and back: what a run keeps of its best plan so far."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from planner.documents import Json, from_plain, to_plain
from planner.plan import Amounts


def amounts_to_plain(amounts: Amounts) -> Json:
    """Each kind of amount as a list of rows: the parts of its key, then the number."""
    return {
        field.name: [[*to_plain(key if isinstance(key, tuple) else (key,)), number] for key, number in getattr(amounts, field.name).items()]
        for field in dataclasses.fields(amounts)
    }


def amounts_from_plain(data: Json) -> Amounts:
    """The amounts again; ValueError, KeyError or TypeError where the data are no amounts of this version."""
    read: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(Amounts).items():
        key_kind, number_kind = typing.get_args(hint)
        part_kinds = typing.get_args(key_kind) or (key_kind,)
        rows = {}
        for *parts, number in data[name]:
            key = tuple(from_plain(kind, part) for kind, part in zip(part_kinds, parts, strict=True))
            rows[key if typing.get_args(key_kind) else key[0]] = from_plain(number_kind, number)
        read[name] = rows
    return Amounts(**read)
