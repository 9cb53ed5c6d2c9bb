"""Numbers in addresses: as large as the database can hold, no larger."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**53 - 1


class Number(IntegerConverter):
    """``<id:partnership_id>``: a whole number that fits every column; anything else is no page of ours."""

    regex = "[1-9][0-9]{0,15}"  # digits of other scripts, signs and leading noughts are other addresses

    def __init__(self, map: Map, **options: Any) -> None:  # noqa: A002 - Werkzeug's name
        super().__init__(map, max=LARGEST, **options)


def use_numbers(app: Flask) -> None:
    """Let routes say ``<id:...>``."""
    app.url_map.converters["id"] = Number
