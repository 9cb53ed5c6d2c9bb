"""The policy in force, its versions, and changes of it."""

from __future__ import annotations

import re

from flask import Response, abort, request, url_for
from werkzeug.datastructures import MultiDict

from planner.documents import to_plain
from planner.errors import ChangedMeanwhile
from planner.rules import RULES
from planner.store import Transaction
from planner.store.partnerships import Version
from web.access import Permission
from web.addresses import LARGEST
from web.api.nouns import Policy, PolicyWanted, RuleSetting, Setting, VersionLine
from web.api.operations import Operation, Operations, json_answer
from web.api.partnerships import OF, version_line
from web.api.words import moment
from web.bring.confirm_policy import document_of, kept
from web.bring.forms import ConfirmForm
from web.bring.policy_form import policy_with
from web.bring.policy_settings import changes_asked, figures_in_force
from web.problems import Refused
from web.shelf import policy_of
from web.wiring import Wiring

POLICY = f"{OF}/policy"
CONFLICT = "Somebody else set a new policy after the one that you read, and nothing of yours was kept: look at it, then send your changes with its ETag."
_TAG = re.compile(r'"policy-(0|[1-9][0-9]{0,15})"')


def add_policies(operations: Operations, wiring: Wiring) -> None:
    """Add the operations on policies."""
    store = wiring.store

    @operations.add(
        Operation(
            name="policy", method="GET", path=POLICY, title="Read the policy in force", permission=Permission.READ_PLAN, answers=Policy,
            has_etag=True,
        )
    )  # fmt: skip
    def policy(partnership_id: int) -> Response:
        with store.read() as tx:
            found = _policy(tx.policies.latest(partnership_id=partnership_id))
        return json_answer(to_plain(found), etag=_tag(found.version))

    @operations.add(
        Operation(
            name="policy_versions", method="GET", path=f"{POLICY}/versions", title="List the versions of the policy, newest first",
            permission=Permission.READ_PLAN, answers=VersionLine, is_list=True,
        )
    )  # fmt: skip
    def policy_versions(partnership_id: int) -> list[VersionLine]:
        with store.read() as tx:
            return [version_line(row) for row in tx.policies.versions(partnership_id=partnership_id)]

    @operations.add(
        Operation(
            name="policy_version", method="GET", path=f"{POLICY}/versions/<id:version>", title="Read one version of the policy",
            permission=Permission.READ_PLAN, answers=Policy,
        )
    )  # fmt: skip
    def policy_version(partnership_id: int, version: int) -> Policy:
        with store.read() as tx:
            found = tx.policies.version(partnership_id=partnership_id, version=version)
        if found is None:
            abort(404)
        return _policy(found)

    @operations.add(
        Operation(
            name="set_policy", method="POST", path=f"{POLICY}/versions", title="Change the policy in force", permission=Permission.SET_POLICY,
            answers=Policy, takes=PolicyWanted, status=201, has_etag=True, needs_if_match=True,
            conflict="Somebody else set a policy after the one that you read: both versions are in the answer.",
        )
    )  # fmt: skip
    def set_policy(partnership_id: int, wanted: PolicyWanted) -> Response:
        seen = _seen()
        form = ConfirmForm(formdata=MultiDict({"note": wanted.note}), meta={"csrf": False})
        if not form.validate():
            raise Refused(422, f"note: {form.note.errors[0]}")
        with store.read() as tx:
            latest = tx.policies.latest(partnership_id=partnership_id)
            if seen != (latest.version if latest is not None else 0):
                raise _conflict(tx, partnership_id, seen)
            in_force = policy_of(latest)
            new = policy_with(tx, partnership_id, in_force, changes_asked(wanted.changes, in_force))
        try:
            made = kept(store, partnership_id, new, seen=str(seen), note=form.note.data)
        except ChangedMeanwhile as late:
            with store.read() as tx:
                raise _conflict(tx, partnership_id, seen) from late
        answer = json_answer(to_plain(_policy(made)), 201)
        answer.set_etag(_tag(made.version))
        answer.headers["Location"] = url_for("api.policy_version", partnership_id=partnership_id, version=made.version)
        return answer


def _seen() -> int:
    """Which version a program says it read. Raises ``Refused`` where it says none."""
    found = _TAG.fullmatch(request.headers.get("If-Match", "").strip())
    if found is None or int(found[1]) > LARGEST:
        raise Refused(428, "Read the policy in force first, then send the ETag that came with it in the header If-Match.")
    return int(found[1])


def _conflict(tx: Transaction, partnership_id: int, seen: int) -> Refused:
    before = tx.policies.version(partnership_id=partnership_id, version=seen)
    in_force = tx.policies.latest(partnership_id=partnership_id)
    was = to_plain(_policy(before)) if before is not None or seen == 0 else None
    return Refused(409, CONFLICT, more={"seen": was, "in_force": to_plain(_policy(in_force))})


def _policy(version: Version | None) -> Policy:
    policy = policy_of(version)
    return Policy(
        version=version.version if version is not None else 0,
        note=version.note if version is not None else "",
        made_at=moment(version.made_at) if version is not None else None,
        settings=tuple(
            Setting(
                path=one.path, title=one.title, value=float(value), least=one.limits.least, most=one.limits.most,
                is_above_least=one.limits.is_above, is_whole=one.limits.is_whole,
            )
            for one, value in figures_in_force(policy)
        ),
        rules=tuple(RuleSetting(path=f"rules.{rule_id}", sentence=RULES[rule_id].sentence, is_on=is_on) for rule_id, is_on in policy.rules_on),
        document=document_of(policy),
    )  # fmt: skip


def _tag(version: int) -> str:
    return f"policy-{version}"
