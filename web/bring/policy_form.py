"""New settings in a form: the board's main figures and the rules that it may switch off, laid over the policy in force."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from planner.errors import ChangedMeanwhile, InputMustBeMended
from planner.policy import Policy, with_changes
from planner.store import Store, Transaction
from web.access import Permission, requires
from web.bring.confirm_policy import CHANGED, Answer, Way, keep, show_confirm
from web.bring.findings import clash
from web.bring.forms import ConfirmForm
from web.bring.frame import frame
from web.bring.policy_form_presenters import settings_view
from web.bring.policy_settings import Value, carried, changes_in, differing, say_beside, settings_form, typed_changes
from web.shelf import policy_of

CHANGE = "/partnerships/<id:partnership_id>/policy/change"
NOTHING = "You changed nothing: every figure and every rule here is as it is in force."


def add_policy_form(routes: Blueprint, store: Store) -> None:
    """Add the routes of the form."""

    @routes.get(CHANGE)
    @requires(Permission.SET_POLICY)
    def change_policy(partnership_id: int) -> Answer:
        with store.read() as tx:
            in_force, version = _in_force(tx, partnership_id)
            return show(tx, partnership_id, settings_form(in_force, request.args), seen=str(version), status=200)

    def show(tx: Transaction, partnership_id: int, form: Any, *, seen: str, status: int = 422, fault: str = "") -> Answer:
        in_force, _ = _in_force(tx, partnership_id)
        return render_template(
            "bring/change_policy.html", frame=frame(tx, partnership_id, "bring.policy"), form=form, seen=seen, fault=fault,
            view=settings_view(in_force),
        ), status  # fmt: skip

    @routes.post(CHANGE)
    @requires(Permission.SET_POLICY)
    def look_at_changes(partnership_id: int) -> Answer:
        with store.read() as tx:
            in_force, version = _in_force(tx, partnership_id)
            seen = request.form.get("seen", str(version))
            # A figure counts as changed against the policy that the form showed, not against one set since.
            shown = in_force if seen == str(version) else _version(tx, partnership_id, seen)
            form = settings_form(shown)
            changes = typed_changes(form, shown)
            if form.errors:
                return show(tx, partnership_id, form, seen=seen)
            try:
                new = policy_with(tx, partnership_id, in_force, changes)
            except InputMustBeMended as refused:
                return show(tx, partnership_id, form, seen=seen, fault=say_beside(form, shown, refused))
            fault = CHANGED if shown is not in_force else ""
            return show_confirm(tx, partnership_id, ConfirmForm(note=""), new, _way(partnership_id, changes), fault=fault)

    @routes.post(f"{CHANGE}/confirm")
    @requires(Permission.SET_POLICY)
    def set_changes(partnership_id: int) -> Answer:
        form = ConfirmForm()
        if not form.validate():
            return ask_again(partnership_id, form)
        try:
            with store.read() as tx:
                new, _ = answered(tx, partnership_id)
            return keep(store, partnership_id, new, seen=request.form.get("based_on", ""), note=form.note.data)
        except (ChangedMeanwhile, InputMustBeMended) as refused:
            return ask_again(partnership_id, form, fault=str(refused))

    def answered(tx: Transaction, partnership_id: int) -> tuple[Policy, dict[str, Value]]:
        in_force, _ = _in_force(tx, partnership_id)
        changes = changes_in(request.form, in_force)
        return policy_with(tx, partnership_id, in_force, changes), changes

    def ask_again(partnership_id: int, form: ConfirmForm, *, fault: str = "") -> Answer:
        """The page that asks, by the policy in force now; the form itself where what was answered no longer stands."""
        with store.read() as tx:
            try:
                new, changes = answered(tx, partnership_id)
            except InputMustBeMended as refused:
                in_force, version = _in_force(tx, partnership_id)
                anew = settings_form(in_force, request.form)
                return show(tx, partnership_id, anew, seen=str(version), fault=say_beside(anew, in_force, refused))
            return show_confirm(tx, partnership_id, form, new, _way(partnership_id, changes), fault=fault)


def _in_force(tx: Transaction, partnership_id: int) -> tuple[Policy, int]:
    latest = tx.policies.latest(partnership_id=partnership_id)
    return policy_of(latest), latest.version if latest is not None else 0


def _version(tx: Transaction, partnership_id: int, seen: str) -> Policy:
    """The policy that the form showed: a version, or the shipped pack before the first."""
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0
    return policy_of(tx.policies.version(partnership_id=partnership_id, version=number))


def policy_with(tx: Transaction, partnership_id: int, in_force: Policy, changes: dict[str, Value]) -> Policy:
    """The policy in force with these changes. Raises ``InputMustBeMended`` where they cannot be, do not fit the figures or are none."""
    changed = differing(changes, in_force)
    if not changed:
        raise InputMustBeMended(NOTHING)
    new = with_changes(in_force, changed)
    figures = tx.partnerships.latest(partnership_id=partnership_id)
    why = "" if figures is None else clash(figures.partnership(), new)
    if why:
        raise InputMustBeMended(f"These settings do not fit the partnership's figures. {why}")
    return new


def _way(partnership_id: int, changes: dict[str, Value]) -> Way:
    fields = carried(changes)
    return Way(
        sentence="Nothing has changed yet. Look at what your answers would change in the policy in force, then confirm.",
        carried=fields,
        action=url_for("bring.set_changes", partnership_id=partnership_id),
        back=url_for("bring.change_policy", partnership_id=partnership_id, **fields),  # type: ignore[arg-type]
        back_text="Change the policy",
    )
