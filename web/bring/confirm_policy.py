"""The page that shows what would change in the policy and asks for a word about it, and the new version that it leads to."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.documents import Json
from planner.errors import ChangedMeanwhile
from planner.policy import Policy
from planner.store import Store, Transaction
from planner.store.partnerships import Version
from web.access import me
from web.bring.forms import ConfirmForm
from web.bring.frame import frame
from web.bring.policy_presenters import changes_view
from web.shelf import policy_of

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How new settings came: what the page says of them, what it carries, where it sends it, and the way back."""

    sentence: str
    carried: dict[str, str]
    action: str
    back: str
    back_text: str


def show_confirm(tx: Transaction, partnership_id: int, form: ConfirmForm, new: Policy, way: Way, *, fault: str = "") -> Answer:
    """The page that asks; what is wrong with what was sent from it is said on it."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    old = policy_of(tx.policies.latest(partnership_id=partnership_id))
    return render_template(
        "bring/confirm_policy.html", frame=frame(tx, partnership_id, "bring.policy"), form=form, fault=fault, way=way,
        based_on=here.latest_policy, changes=changes_view(old, new, "Settings that change", was="In force", now="Would be"),
    ), 422 if fault or form.errors else 200  # fmt: skip


def kept(store: Store, partnership_id: int, policy: Policy, *, seen: str, note: str) -> Version:
    """The next version of the policy, made. Raises ``ChangedMeanwhile`` where another one than what was seen is in force."""
    with store.begin() as tx:
        here = tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # who comes second waits, and is told the same
        if here is None or seen != str(here.latest_policy):
            raise ChangedMeanwhile(CHANGED)
        made = tx.policies.add_version(
            partnership_id=partnership_id, document=document_of(policy), note=note, by=me().user_id, based_on=here.latest_policy
        )
        tx.events.record(
            partnership_id=partnership_id, by=me().user_id, action="policy set", subject=f"policy version {made.version}",
            detail={"version": made.version},
        )  # fmt: skip
    return made


def keep(store: Store, partnership_id: int, policy: Policy, *, seen: str, note: str) -> Response:
    """Make a policy the next version. Raises ``ChangedMeanwhile`` where the page showed another one as in force."""
    made = kept(store, partnership_id, policy, seen=seen, note=note)
    flash(f"Version {made.version} of the policy is in force. Plans asked for from now keep to it.", "success")
    return redirect(url_for("bring.policy", partnership_id=partnership_id), 303)


CHANGED = (
    "Somebody else set a new policy while this page was open. Nothing is lost: the page now shows what your settings change in it. "
    "Look at it, then confirm again."
)


def document_of(policy: Policy) -> Json:
    """A policy as the store keeps it."""
    document: Json = json.loads(policy.document)
    return document
