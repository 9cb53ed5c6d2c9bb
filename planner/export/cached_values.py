"""Puts our own figure beside every formula, so that previews and readers that do not calculate show it.

openpyxl writes formulas without results: Protected View, mail previews and ``data_only``
readers would see blanks. A spreadsheet program still recalculates every formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

CachedValue = bool | int | float | str

_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"([^>]*)>(<f>.*?</f>)<v\s*/?>(?:</v>)?</c>', re.DOTALL)


def with_cached_values(data: bytes, values: Mapping[str, Mapping[str, CachedValue]], sheets: list[str]) -> bytes:
    """A workbook's file with ``values[sheet][cell]`` as the result of each formula.

    ``sheets`` are the names in the workbook's order. Raises ``KeyError`` for a formula without
    a value: every formula we write has one.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            found = re.fullmatch(r"xl/worksheets/sheet([0-9]+)\.xml", info.filename)
            if found:
                part = _filled(part.decode("utf-8"), values[sheets[int(found[1]) - 1]]).encode("utf-8")
            new.writestr(info, part, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _filled(xml: str, values: Mapping[str, CachedValue]) -> str:
    def result(match: re.Match[str]) -> str:
        cell, attributes, formula = match.groups()
        value = values[cell]
        if isinstance(value, bool):
            return f'<c r="{cell}"{attributes} t="b">{formula}<v>{int(value)}</v></c>'
        if isinstance(value, str):
            return f'<c r="{cell}"{attributes} t="str">{formula}<v>{escape(value)}</v></c>'
        return f'<c r="{cell}"{attributes}>{formula}<v>{value!r}</v></c>'

    return _FORMULA.sub(result, xml)
