"""Policy packs: those that are here, a newer one brought by whoever runs the service, and put in force by a board."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from planner.child import shown_name
from planner.documents import sha256_of
from planner.errors import AlreadyTaken, ChangedMeanwhile, InputMustBeMended, TooManyAtOnce
from planner.intake.apart import pack_apart
from planner.policy import Policy, load_policy, policy_from_text, with_settings
from planner.store import Store, Transaction
from planner.store.house import PackRow
from web.access import Permission, me, requires
from web.bring.confirm_policy import Way, document_of, keep, show_confirm
from web.bring.findings import clash
from web.bring.forms import ConfirmForm
from web.bring.settings_file import settings_file
from web.bring.uploads import given
from web.figures.sources import policy_figures_view
from web.house.forms import PackForm
from web.house.pack_presenters import look_view, packs_view
from web.house.presenters import steps
from web.shelf import policy_of

PACKS = "/policy-packs"
TAKE = "/partnerships/<id:partnership_id>/policy/packs/<id:number>"
MOST_BYTES = 500_000
Answer = str | Response | tuple[str, int]


def add_packs(routes: Blueprint, store: Store) -> None:
    """Add the routes of policy packs."""

    @routes.get(PACKS)
    @requires(Permission.RUN_THE_HOUSE)
    def packs() -> Answer:
        return show(PackForm(), 200)

    @routes.get(f"{PACKS}/shipped")
    @requires(Permission.RUN_THE_HOUSE)
    def shipped_pack() -> Answer:
        return show_pack(load_policy())

    @routes.get(f"{PACKS}/<id:number>")
    @requires(Permission.RUN_THE_HOUSE)
    def pack(number: int) -> Answer:
        return show_pack(_policy(_found(store, number)))

    def show_pack(policy: Policy) -> str:
        view = policy_figures_view(policy, "This pack is")
        return render_template("house/pack.html", title=policy.title, view=view, steps=steps("house.packs"))

    # --- bring one: nothing is kept until it was looked at ---

    @routes.post(PACKS)
    @requires(Permission.RUN_THE_HOUSE)
    def look_at_pack() -> Answer:
        form = PackForm()
        file = given(form.file.data)
        if file is None:
            form.file.errors = ["Choose the file with the policy pack."]
            return show(form, 422)
        name = shown_name(file.filename or "") or "The file"
        try:
            text = _text(file.read(MOST_BYTES + 1), name)
            policy = pack_apart(text.encode("utf-8"), name)
        except InputMustBeMended as refused:
            form.file.errors = [str(refused)]
            return show(form, 422)
        return show_look(policy, name, text)

    @routes.post(f"{PACKS}/keep")
    @requires(Permission.RUN_THE_HOUSE)
    def keep_pack() -> Answer:
        name, text = shown_name(request.form.get("file_name", "")) or "The file", request.form.get("pack", "").replace("\r\n", "\n")
        try:
            policy = pack_apart(_text(text.encode("utf-8", "replace"), name).encode("utf-8"), name)
            with store.begin() as tx:
                document = document_of(policy)
                number = tx.house.add_pack(
                    file_name=name, pack_id=policy.policy_id, version=policy.version, document=document, sha256=sha256_of(document),
                    by=me().user_id,
                )  # fmt: skip
                tx.events.record(partnership_id=None, by=me().user_id, action="policy pack added", subject=f"policy pack {number}")
        except TooManyAtOnce as busy:
            # Loading it again sends the pack again, which another page would not have.
            raise ServiceUnavailable(retry_after=60) from busy
        except (AlreadyTaken, InputMustBeMended) as refused:
            form = PackForm()
            form.file.errors = [str(refused)]
            return show(form, 422)
        flash(f"{policy.title}, version {policy.version}, is here. Each board puts it in force for its own partnership.", "success")
        return redirect(url_for("house.packs"), 303)

    def show(form: PackForm, status: int) -> Answer:
        with store.read() as tx:
            return render_template("house/packs.html", view=packs_view(tx), form=form, steps=steps("house.packs")), status

    def show_look(policy: Policy, name: str, text: str) -> Answer:
        with store.read() as tx:
            newest = next(iter(tx.house.packs()), None)
        before = load_policy() if newest is None else _policy(newest)
        return render_template("house/look.html", view=look_view(policy, before, name), text=text, steps=steps("house.packs"))


def add_newer_pack(routes: Blueprint, store: Store) -> None:
    """Add the routes by which a board puts a pack in force for its partnership."""

    @routes.get(TAKE)
    @requires(Permission.SET_POLICY)
    def look_at_newer_pack(partnership_id: int, number: int) -> Answer:
        return ask(partnership_id, _found(store, number), ConfirmForm(note="A newer policy pack"))

    @routes.post(TAKE)
    @requires(Permission.SET_POLICY)
    def take_newer_pack(partnership_id: int, number: int) -> Answer:
        row, form = _found(store, number), ConfirmForm()
        if not form.validate():
            return ask(partnership_id, row, form)
        try:
            new = renewed(store, partnership_id, row)
            return keep(store, partnership_id, new, seen=request.form.get("based_on", ""), note=form.note.data)
        except (ChangedMeanwhile, InputMustBeMended) as refused:
            return ask(partnership_id, row, form, fault=str(refused))

    def ask(partnership_id: int, row: PackRow, form: ConfirmForm, *, fault: str = "") -> Answer:
        try:
            new = renewed(store, partnership_id, row)
        except InputMustBeMended as refused:
            flash(str(refused), "important")
            return redirect(url_for("bring.policy", partnership_id=partnership_id), 303)
        with store.read() as tx:
            way = Way(
                sentence=f"Nothing has changed yet. This is what {new.title}, version {new.version}, would change; the board's own settings stay as they are.",
                carried={},
                action=url_for("house.take_newer_pack", partnership_id=partnership_id, number=row.id),
                back=url_for("bring.policy", partnership_id=partnership_id),
                back_text="Policy",
            )
            return show_confirm(tx, partnership_id, form, new, way, fault=fault)


def renewed(store: Store, partnership_id: int, row: PackRow) -> Policy:
    """A newer pack with the board's own settings laid over it.

    Raises ``InputMustBeMended`` with one sentence where the pack that the policy stands on is not here, nothing would
    change, or the result does not fit the figures.
    """
    with store.read() as tx:
        latest = tx.policies.latest(partnership_id=partnership_id)
        figures = tx.partnerships.latest(partnership_id=partnership_id)
        mine, base = policy_of(latest), _stands_on(tx, policy_of(latest))
    if base is None:
        raise InputMustBeMended(
            f"The policy stands on version {mine.version} of {mine.title}, which is not here, so the board's own settings cannot be told from it: "
            "have that pack uploaded too, or upload the board's settings in a file."
        )
    settings = tomllib.loads(settings_file(mine, base), parse_float=Decimal)
    new = with_settings(_policy(row), settings)
    if document_of(new) == document_of(mine):
        raise InputMustBeMended(f"{new.title}, version {new.version}, is in force already.")
    why = "" if figures is None else clash(figures.partnership(), new)
    if why:
        raise InputMustBeMended(f"The newer policy pack does not fit the partnership's figures. {why}")
    return new


def _stands_on(tx: Transaction, mine: Policy) -> Policy | None:
    """The pack that a policy was laid over: the shipped one, or one that was brought."""
    known = [load_policy(), *(_policy(row) for row in tx.house.packs())]
    return next((pack for pack in known if (pack.policy_id, pack.version) == (mine.policy_id, mine.version)), None)


def _found(store: Store, number: int) -> PackRow:
    """The pack with this number; 404 where there is none."""
    with store.read() as tx:
        row = tx.house.pack(number=number)
    if row is None:
        abort(404)
    return row


def _policy(row: PackRow) -> Policy:
    return policy_from_text(json.dumps(row.document))


def _text(content: bytes, name: str) -> str:
    if len(content) > MOST_BYTES:
        raise InputMustBeMended(f"{name} is larger than 500 KB: a policy pack is a plain text file of about 50 KB.")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputMustBeMended(f"{name} is no text file: save the policy pack as plain text, in UTF-8.") from error
