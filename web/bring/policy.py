"""The board's policy: what is in force, its versions, and new settings in a file; those in a form are beside it."""

from __future__ import annotations

import io

from flask import Blueprint, abort, render_template, request, send_file, url_for
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from planner.child import shown_name
from planner.errors import ChangedMeanwhile, InputMustBeMended, TooManyAtOnce
from planner.intake.apart import settings_apart
from planner.policy import Policy, load_policy
from planner.store import Store
from web.access import Permission, requires
from web.bring.confirm_policy import Answer, Way, document_of, keep, show_confirm
from web.bring.findings import clash
from web.bring.forms import ConfirmForm, PolicyForm
from web.bring.frame import frame
from web.bring.policy_form import add_policy_form
from web.bring.policy_presenters import changes_view, policy_view
from web.bring.settings_file import settings_file
from web.bring.uploads import given
from web.shelf import policy_of
from web.wiring import Wiring

POLICY = "/partnerships/<id:partnership_id>/policy"
MOST_BYTES = 100_000


def add_policy(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of the policy."""
    store = wiring.store

    @routes.get(POLICY)
    @requires(Permission.READ_PLAN)
    def policy(partnership_id: int) -> Answer:
        return show(partnership_id, PolicyForm(), 200)

    def show(partnership_id: int, form: PolicyForm, status: int) -> Answer:
        with store.read() as tx:
            return render_template(
                "bring/policy.html", frame=frame(tx, partnership_id, "bring.policy"), view=policy_view(tx, partnership_id), form=form
            ), status  # fmt: skip

    @routes.get(f"{POLICY}/versions/<id:version>/differences")
    @requires(Permission.READ_PLAN)
    def policy_changes(partnership_id: int, version: int) -> Answer:
        with store.read() as tx:
            after = tx.policies.version(partnership_id=partnership_id, version=version)
            before = tx.policies.version(partnership_id=partnership_id, version=version - 1)
            if after is None or before is None:
                abort(404)
            return render_template(
                "bring/policy_changes.html",
                frame=frame(tx, partnership_id, "bring.policy_changes"),
                version=version,
                note=after.note,
                changes=changes_view(policy_of(before), policy_of(after), "What changed"),
            )

    @routes.get(f"{POLICY}/settings.toml")
    @requires(Permission.READ_PLAN)
    def settings_in_force(partnership_id: int) -> Response:
        with store.read() as tx:
            in_force = policy_of(tx.policies.latest(partnership_id=partnership_id))
        content = settings_file(in_force, load_policy()).encode("utf-8")
        answer: Response = send_file(io.BytesIO(content), mimetype="application/toml", as_attachment=True, download_name="settings.toml")
        return answer

    # --- the board's new settings: nothing is kept until they are confirmed ---

    @routes.post(POLICY)
    @requires(Permission.SET_POLICY)
    def look_at_policy(partnership_id: int) -> Answer:
        form = PolicyForm()
        file = given(form.file.data)
        if file is None:
            form.file.errors = ["Choose the file with the board's settings."]
            return show(partnership_id, form, 422)
        name = shown_name(file.filename or "") or "The file"
        try:
            settings = text_of(file.read(MOST_BYTES + 1), name)
            new = new_policy(store, partnership_id, settings, name)
        except InputMustBeMended as refused:
            form.file.errors = [str(refused)]
            return show(partnership_id, form, 422)
        return ask(partnership_id, ConfirmForm(note=""), new, settings, name)

    @routes.post(f"{POLICY}/confirm")
    @requires(Permission.SET_POLICY)
    def set_policy(partnership_id: int) -> Answer:
        form = ConfirmForm()
        settings, name = request.form.get("settings", "").replace("\r\n", "\n"), shown_name(request.form.get("file_name", "")) or "The file"
        is_noted = form.validate()
        try:
            new = new_policy(store, partnership_id, text_of(settings.encode("utf-8", "replace"), name), name)
        except TooManyAtOnce as busy:
            # Loading it again sends again what was typed, which another page would not have.
            raise ServiceUnavailable(retry_after=60) from busy
        except InputMustBeMended as refused:
            lost = PolicyForm()
            lost.file.errors = [str(refused)]
            return show(partnership_id, lost, 422)
        if not is_noted:
            return ask(partnership_id, form, new, settings, name)
        try:
            return keep(store, partnership_id, new, seen=request.form.get("based_on", ""), note=form.note.data)
        except ChangedMeanwhile as conflict:
            return ask(partnership_id, form, new, settings, name, fault=str(conflict))

    def ask(partnership_id: int, form: ConfirmForm, new: Policy, settings: str, name: str, *, fault: str = "") -> Answer:
        with store.read() as tx:
            way = Way(
                sentence=f"Nothing has changed yet. Look at what {name} would change in the policy in force, then confirm.",
                carried={"file_name": name, "settings": settings},
                action=url_for("bring.set_policy", partnership_id=partnership_id),
                back=url_for("bring.policy", partnership_id=partnership_id),
                back_text="Policy",
            )
            return show_confirm(tx, partnership_id, form, new, way, fault=fault)

    add_policy_form(routes, store)


def text_of(content: bytes, name: str) -> str:
    """The settings as text. Raises ``InputMustBeMended`` where they are none."""
    if len(content) > MOST_BYTES:
        raise InputMustBeMended(f"{name} is larger than 100 KB: keep only the settings that the board changes in it.")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputMustBeMended(f"{name} is no text file: save the settings as plain text, in UTF-8.") from error


def new_policy(store: Store, partnership_id: int, settings: str, name: str) -> Policy:
    """The policy with these settings laid over the shipped pack.

    Raises ``InputMustBeMended`` with one sentence where they cannot be used, do not fit the figures or change nothing, ``TooManyAtOnce``
    where others are being read.
    """
    try:
        policy = settings_apart(settings.encode("utf-8"), name)
    except TooManyAtOnce:
        raise
    except InputMustBeMended as refused:
        # On a page nobody has a command line.
        raise InputMustBeMended(str(refused).replace("`planner policy show`", "the page of sources among the figures")) from refused
    with store.read() as tx:
        latest, figures = tx.policies.latest(partnership_id=partnership_id), tx.partnerships.latest(partnership_id=partnership_id)
    if latest is not None and latest.document == document_of(policy):
        raise InputMustBeMended(f"{name} changes nothing: the policy in force says the same.")
    why = "" if figures is None else clash(figures.partnership(), policy)
    if why:
        raise InputMustBeMended(f"{name} does not fit the partnership's figures. {why}")
    return policy
