"""The description of the API as OpenAPI 3.1, made from its operations and from the nouns that they take and answer."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter

import planner
from planner.documents import Json
from web.addresses import LARGEST
from web.api.nouns import PolicyConflict, Problem
from web.api.operations import BASE, JSON_TYPE, NOUNS, Operation
from web.api.pace import MOST_A_MINUTE
from web.api.reading import MOST_PAGE, MOST_PER_PAGE, PER_PAGE, adapter_of
from web.problems import PROBLEM_TYPE

_SCHEMAS = "#/components/schemas/"
_REFUSALS = {
    400: "It could not be understood.", 401: "There is no token, or one that does not count.", 403: "Your role there does not include it.",
    404: "It is not there, or belongs to a partnership that is not yours.", 413: "The body is larger than 100 KB.", 415: "The body is no JSON.",
    422: "Something has to be mended first: the sentence names it.", 428: "The header If-Match is missing.",
    429: f"More than {MOST_A_MINUTE} requests in a minute with one token, or too many tries with tokens that do not count: wait as Retry-After says.",
    500: "Something went wrong on our side.", 503: "The service is busy.",
}  # fmt: skip
_ABOUT = (
    "What a program reads and writes in a person's name, by the same permissions and the same checks as the pages. Make a token under your account "
    "and send it in the header Authorization. Every refusal is a problem (RFC 9457) with one plain sentence. Lists are paged. "
    f"A token may ask {MOST_A_MINUTE} times a minute."
)


def document(operations: list[Operation]) -> Json:
    """The whole description."""
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(path_of(one), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Partnership Planner", "version": planner.__version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token that you make under your account."}},
            "schemas": _schemas(),
        },
    }


def path_of(one: Operation) -> str:
    """The path of an operation, with what it names in braces."""
    return BASE + re.sub(r"<(?:id:)?(\w+)>", r"{\1}", one.path)


def _schemas() -> Json:
    kinds: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (kind.__name__, "validation" if kind.__name__.endswith("Wanted") else "serialization", adapter_of(kind))
        for kind in (*NOUNS, Problem, PolicyConflict)
    ]
    _, schema = TypeAdapter.json_schemas(kinds, ref_template=_SCHEMAS + "{model}")
    definitions: Json = schema["$defs"]
    return dict(sorted(definitions.items()))


def _operation(one: Operation) -> Json:
    takes = {"requestBody": {"required": True, "content": {JSON_TYPE: {"schema": _ref(one.takes)}}}} if one.takes else {}
    return {
        "operationId": one.name, "summary": one.title, "tags": [_tag(one)], "parameters": _parameters(one), **takes,
        "responses": {str(status): answer for status, answer in sorted(_answers(one).items())},
    }  # fmt: skip


def _tag(one: Operation) -> str:
    return next((word for word in ("figures", "policy", "runs", "plans") if f"/{word}" in one.path), "partnerships")


def _parameters(one: Operation) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": _id() if kind else {"type": "string", "pattern": "^[^/]+$"}}
        for kind, name in re.findall(r"<(id:)?(\w+)>", one.path)
    ]
    if one.is_list:
        found += [_paging("page", MOST_PAGE, 1), _paging("per_page", MOST_PER_PAGE, PER_PAGE)]
    if one.needs_if_match:
        say = 'The ETag of the policy that you read, such as "policy-3"; what somebody else changed since is not overwritten.'
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "description": say,
                "schema": {"type": "string", "pattern": '^"policy-[0-9]+"$'},
            }
        )
    if one.has_etag and one.method == "GET":
        say = "An ETag that came before: nothing is sent while it is still so."
        found.append({"name": "If-None-Match", "in": "header", "description": say, "schema": {"type": "string"}})
    return found


def _paging(name: str, most: int, usual: int) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": most, "default": usual}}


def _id() -> Json:
    return {"type": "integer", "minimum": 1, "maximum": LARGEST}


def _ref(kind: type[Any]) -> Json:
    return {"$ref": _SCHEMAS + kind.__name__}


def _answers(one: Operation) -> dict[int, Json]:
    statuses = {400, 401, 403, 404, 429, 500, 503} - ({403, 404} if one.permission is None else set()) | ({422} if one.is_list else set())
    statuses |= {422}  # a parameter in the address that is not known
    statuses |= {413, 415} if one.takes else set()
    statuses |= {428} if one.needs_if_match else set()
    answers = {status: _problem(_REFUSALS[status], Problem) for status in statuses}
    answers[one.status] = _good(one)
    if one.name == "start_run":
        answers[200] = _good(one) | {"description": "You asked for the same plan before, and it is still being made: this is its run."}
    if one.has_etag and one.method == "GET":
        answers[304] = {"description": "It is as it was."}
    if one.conflict:
        answers[409] = _problem(one.conflict, PolicyConflict if one.needs_if_match else Problem)
    return answers


def _good(one: Operation) -> Json:
    headers: Json = {}
    if one.has_etag:
        headers["ETag"] = {"description": "Changes with what is answered.", "schema": {"type": "string"}}
    if one.status == 201:
        headers["Location"] = {"description": "Where it is.", "schema": {"type": "string"}}
    good: Json = {"description": one.title, "content": _content(one)}
    return good | ({"headers": headers} if headers else {})


def _content(one: Operation) -> Json:
    if isinstance(one.answers, str):
        return {one.answers: {"schema": {"type": "object"}} if one.answers == JSON_TYPE else {}}
    return {JSON_TYPE: {"schema": _list_of(one.answers) if one.is_list else _ref(one.answers)}}


def _list_of(kind: type[Any]) -> Json:
    whole = {"type": "integer", "minimum": 0}
    return {
        "type": "object", "required": ["items", "page", "pages", "total"], "additionalProperties": False,
        "properties": {"items": {"type": "array", "items": _ref(kind)}, "page": whole, "pages": whole, "total": whole},
    }  # fmt: skip


def _problem(say: str, kind: type[Any]) -> Json:
    return {"description": say, "content": {PROBLEM_TYPE: {"schema": _ref(kind)}}}
