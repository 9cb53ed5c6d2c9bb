"""The policy in force as a file of settings: what a board downloads, changes and uploads again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from planner.policy import Policy

_HEAD = (
    "# The settings of the policy in force.",
    "# Lines that begin with # are as the planner's policy pack has them: take the # away to set your own.",
    "# A setting that is taken out of this file is again as the pack has it.",
)


def settings_file(policy: Policy, pack: Policy) -> str:
    """The settings of a policy over the shipped pack, as TOML; the board's own and the rules are all there to change."""
    mine, shipped = json.loads(policy.document), json.loads(pack.document)
    lines = list(_HEAD)
    lines += [f"{_key(name)} = {_value(value)}" for name, value in mine.items() if _is_single(value) and value != shipped.get(name)]
    for path, table in _tables(mine, ""):
        before = _at(shipped, path)
        said = [
            f"{'' if value != before.get(name) else '# '}{_key(name)} = {_value(value if value != before.get(name) else _bare(value))}"
            for name, value in table.items()
            if _is_single(value) and (value != before.get(name) or path in {"board", "rules"})
        ]
        if said:
            lines += ["", f"[{path}]", *said]
    known = {one["id"]: one for one in shipped["standards"]}
    for standard in mine["standards"]:
        if standard != known.get(standard["id"]):
            lines += ["", "[[standards]]", *(f"{_key(name)} = {_value(value)}" for name, value in standard.items())]
    return "\n".join(lines) + "\n"


def _tables(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every table of a policy that is no figure, by its path."""
    for name, value in node.items():
        if isinstance(value, dict) and not _is_single(value):
            here = f"{path}.{_key(name)}" if path else _key(name)
            yield here, value
            yield from _tables(value, here)


def _at(node: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    for name in re.findall(r'[\w-]+|"(?:[^"\\]|\\.)*"', path):
        node = node.get(json.loads(name) if name.startswith('"') else name, {})
    return node


def _is_single(value: object) -> bool:
    """Whether a value stands on one line: a figure, a number, a text, a list of them."""
    if isinstance(value, dict):
        return "value" in value or set(value) == {"decimal"}
    return not (isinstance(value, list) and any(isinstance(item, dict) and "id" in item for item in value))


def _bare(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"decimal"}:
        return str(value["decimal"])
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
