"""The demonstration in the store: its partnership, its plan, and one account for each role."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from planner.documents import Json, from_plain, sha256_of
from planner.errors import PlannerError
from planner.partnership import Partnership
from planner.store import Role, Store, Transaction
from web.access import ROLE_NAMES
from web.accounts.passwords import hash_of
from web.settings import Settings

WORDS = (
    "amber", "barley", "candle", "cedar", "clover", "copper", "fennel", "garnet", "hazel", "heather", "island", "juniper", "lantern", "linen",
    "maple", "marble", "meadow", "nutmeg", "orchard", "pebble", "pepper", "quartz", "ribbon", "saffron", "silver", "thistle", "timber", "velvet",
    "walnut", "willow", "winter", "yarrow",
)  # fmt: skip
SIGN_IN = {role: ROLE_NAMES[role].replace(" ", "-") for role in ROLE_NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What to sign in with: a name for each role, one password for all of them."""

    names: tuple[tuple[str, str], ...]
    password: str


def keep_demonstration(settings: Settings, store: Store, document: Json) -> Accounts:
    """Keep the demonstration's figures, policy and plan, and give each role's account a new password.

    Refused where other computers could reach the app: the password is printed on the terminal.
    """
    if not settings.is_loopback:
        raise PlannerError(
            "The demonstration's accounts are for this computer only: unset PLANNER_HOST and PLANNER_BEHIND_PROXY, or run planner serve."
        )
    password = "-".join(secrets.choice(WORDS) for _ in range(4))
    hashed = hash_of(password)
    with store.begin() as tx:
        administrator = _account(tx, Role.ADMINISTRATOR, hashed)
        tx.people.add_membership(user_id=administrator, partnership_id=None, role=Role.ADMINISTRATOR)
        partnership: Partnership = from_plain(Partnership, document["partnership"])
        partnership_id = _partnership(tx, partnership, document, by=administrator)
        _plan(tx, partnership_id, document, by=administrator)
        for role in Role:
            if role is not Role.ADMINISTRATOR:
                urn = partnership.schools[0].urn if role is Role.HEAD else None
                tx.people.add_membership(
                    user_id=_account(tx, role, hashed), partnership_id=partnership_id, role=role, urn=urn, granted_by=administrator
                )
    return Accounts(names=tuple((ROLE_NAMES[role], SIGN_IN[role]) for role in ROLE_NAMES), password=password)


def _account(tx: Transaction, role: Role, hashed: str) -> int:
    name, known = f"Demonstration {ROLE_NAMES[role]}", tx.people.user_by_sign_in(sign_in=SIGN_IN[role])
    if known is None:
        return tx.people.add_user(name=name, sign_in=SIGN_IN[role], password_hash=hashed)
    if known.name != name:
        raise PlannerError(
            f"Somebody signs in here as {known.sign_in}, which the demonstration would take over: set PLANNER_HOME to another folder for it."
        )
    tx.people.set_password_hash(user_id=known.id, password_hash=hashed)
    tx.people.enable(user_id=known.id)
    tx.sessions.revoke_all(user_id=known.id)
    return known.id


def _partnership(tx: Transaction, partnership: Partnership, document: Json, *, by: int) -> int:
    """The demonstration's partnership with these figures and this policy as its newest, whatever was tried on it before."""
    row = next((row for row in tx.partnerships.partnerships() if row.name == partnership.name), None)
    partnership_id = tx.partnerships.create(name=partnership.name, by=by) if row is None else row.id
    for versions, content in ((tx.partnerships, document["partnership"]), (tx.policies, document["policy"])):
        latest = versions.latest(partnership_id=partnership_id)
        if latest is None or latest.sha256 != sha256_of(content):
            versions.add_version(
                partnership_id=partnership_id, document=content, note="The demonstration as shipped", by=by,
                based_on=latest.version if latest else 0,
            )  # fmt: skip
    return partnership_id


def _plan(tx: Transaction, partnership_id: int, document: Json, *, by: int) -> None:
    if any(plan.fingerprint == document["fingerprint"] for plan in tx.plans.plans(partnership_id=partnership_id)):
        return
    row = tx.partnerships.partnership(partnership_id=partnership_id)
    assert row is not None
    run_id = tx.runs.request_run(
        partnership_id=partnership_id, partnership_version=row.latest_version, policy_version=row.latest_policy, settings={}, by=by
    )
    tx.runs.keep_made_elsewhere(partnership_id=partnership_id, run_id=run_id, document=json.loads(json.dumps(document)))
    tx.events.record(partnership_id=partnership_id, by=by, action="demonstration kept", subject=f"run {run_id}")
