"""Every operation once: its route, its permission, what it takes and what it answers. Routes and document are both made from it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from planner.documents import to_plain
from web.access import Permission, requires, signed_in
from web.api.nouns import Figures, Partnership, Plan, Policy, PolicyWanted, Run, RunLine, RunWanted, Table, TableLine, VersionLine
from web.api.reading import PAGING, body, known_query, page_of

View = Callable[..., Any]
BASE = "/api/v1"
NOUNS = (Partnership, VersionLine, Figures, Policy, PolicyWanted, RunLine, Run, RunWanted, Plan, TableLine, Table)
JSON_TYPE = "application/json"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP_TYPE = "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a program may ask for.

    ``permission`` is None where any token will do. ``answers`` is a noun, or the media type of a file. ``conflict`` says when it is
    refused with 409.
    """

    name: str
    method: str
    path: str
    title: str
    permission: Permission | None
    answers: type[Any] | str
    is_list: bool = False
    takes: type[Any] | None = None
    status: int = 200
    has_etag: bool = False
    needs_if_match: bool = False
    conflict: str = ""


@dataclass(slots=True)
class Operations:
    """The operations of a blueprint, in the order in which they were added."""

    routes: Blueprint
    all: list[Operation] = field(default_factory=list)

    def add(self, operation: Operation) -> Callable[[View], View]:
        """Make an operation's route. The view gets what the address names, and ``wanted`` where there is a body; a list is paged here."""

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def answer(**named: Any) -> Response:
                known_query(PAGING if operation.is_list else ())
                if operation.takes is not None:
                    named["wanted"] = body(operation.takes)
                found = view(**named)
                if isinstance(found, Response):
                    return found
                if operation.is_list:
                    rows, place = page_of(found)
                    return json_answer({"items": [to_plain(row) for row in rows], **place})
                return json_answer(to_plain(found), operation.status)

            declare = signed_in if operation.permission is None else requires(operation.permission)
            self.routes.add_url_rule(BASE + operation.path, operation.name, declare(answer), methods=[operation.method])
            self.all.append(operation)
            return view

        return decorate


def json_answer(content: Any, status: int = 200, *, etag: str = "") -> Response:
    """Data as its answer; nothing where the program has it already by its ETag."""
    answer = Response(json.dumps(content, allow_nan=False), status=status, content_type=JSON_TYPE)
    if etag:
        answer.set_etag(etag)
        answer.make_conditional(request.environ)
    return answer
