"""Look at what was found in an upload; confirm it or throw it away."""

from __future__ import annotations

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from planner.documents import Json, from_plain
from planner.errors import ChangedMeanwhile, InputMustBeMended
from planner.export.marked_copy import mark_apart
from planner.partnership import Partnership
from planner.policy import load_policy
from planner.store import Transaction
from planner.store.uploads import Upload
from web.access import Permission, me, requires
from web.bring.files import workbook
from web.bring.findings import Found, clash, found_in, kept, upload_view
from web.bring.forms import ConfirmForm
from web.bring.frame import frame
from web.shelf import policy_of
from web.wiring import Wiring

UPLOAD = "/partnerships/<id:partnership_id>/uploads/<id:upload_id>"
SHIPPED = "The policy pack as it is shipped"
Answer = str | Response | tuple[str, int]


def add_uploads(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of uploads."""
    store = wiring.store

    @routes.get(UPLOAD)
    @requires(Permission.UPLOAD)
    def upload(partnership_id: int, upload_id: int) -> Answer:
        with store.read() as tx:
            waits = figures_waiting(tx, partnership_id, upload_id)
            if waits is None:
                return gone(tx, partnership_id)
            form = ConfirmForm()
            here = tx.partnerships.partnership(partnership_id=partnership_id)
            if found_in(waits).is_built:
                form.note.data = "Built from the Department for Education's files"
            elif here is not None and not here.latest_version:
                form.note.data = "The first figures"
            return show_upload(tx, waits, form, 200)

    @routes.get(f"{UPLOAD}/marked-copy")
    @requires(Permission.UPLOAD)
    def marked_copy(partnership_id: int, upload_id: int) -> Answer:
        with store.read() as tx:
            waits = figures_waiting(tx, partnership_id, upload_id)
            content = tx.uploads.content(partnership_id=partnership_id, upload_id=upload_id)
            if waits is None or content is None or found_in(waits).is_built:
                return gone(tx, partnership_id)
        try:
            content = mark_apart(content, waits.file_name, found_in(waits).findings)
        except InputMustBeMended as refused:
            flash(str(refused), "important")
            return redirect(url_for("bring.upload", partnership_id=partnership_id, upload_id=upload_id), 303)
        return workbook(content, f"{waits.file_name.rpartition('.')[0] or waits.file_name}, marked")

    # --- confirm it, or not ---

    @routes.post(UPLOAD)
    @requires(Permission.UPLOAD)
    def confirm(partnership_id: int, upload_id: int) -> Answer:
        form = ConfirmForm()
        with store.read() as tx:
            waits = figures_waiting(tx, partnership_id, upload_id)
            if waits is None:
                return gone(tx, partnership_id)
            if not form.validate() or waits.document is None:
                return show_upload(tx, waits, form, 422)
        try:
            with store.begin() as tx:
                version = make_version(tx, partnership_id, upload_id, seen=request.form.get("based_on", ""), note=form.note.data)
        except ChangedMeanwhile as conflict:
            with store.read() as tx:
                return show_upload(tx, waits, form, 422, fault=str(conflict))
        if version is None:
            with store.read() as tx:
                return gone(tx, partnership_id)
        flash(f"Version {version} of the figures is saved.", "success")
        return redirect(url_for("figures.schools", partnership_id=partnership_id), 303)

    @routes.post(f"{UPLOAD}/throw-away")
    @requires(Permission.UPLOAD)
    def throw_away(partnership_id: int, upload_id: int) -> Answer:
        with store.begin() as tx:
            if figures_waiting(tx, partnership_id, upload_id) is None or not (
                waits := tx.uploads.take(partnership_id=partnership_id, upload_id=upload_id)
            ):
                return gone(tx, partnership_id)
            tx.events.record(partnership_id=partnership_id, by=me().user_id, action="upload thrown away", subject=f"upload {upload_id}")
        flash(f"{waits.file_name} is thrown away. The figures are as they were.", "success")
        return redirect(url_for("bring.choose", partnership_id=partnership_id), 303)


def figures_waiting(tx: Transaction, partnership_id: int, upload_id: int) -> Upload | None:
    """A partnership's figures that wait; None where they no longer do, or the upload is an edited workbook of a plan."""
    waits = tx.uploads.upload(partnership_id=partnership_id, upload_id=upload_id)
    return None if waits is None or waits.plan_id is not None else waits


def given(file: object) -> FileStorage | None:
    """The file that a form brought; None where nobody chose one."""
    return file if isinstance(file, FileStorage) and file.filename else None


def policy_document(tx: Transaction, partnership_id: int) -> Json:
    """The policy that figures are checked with: the partnership's newest, else the shipped pack."""
    latest = tx.policies.latest(partnership_id=partnership_id)
    document: Json = json.loads(load_policy().document) if latest is None else latest.document
    return document


def add_upload(tx: Transaction, partnership_id: int, file_name: str, content: bytes, found: Found, document: Json | None) -> int:
    """Keep an upload or what was built: its number."""
    upload_id = tx.uploads.add(
        partnership_id=partnership_id, file_name=file_name, content=content, findings=kept(found), document=document, by=me().user_id
    )
    action = "figures built" if found.is_built else "figures uploaded"
    tx.events.record(partnership_id=partnership_id, by=me().user_id, action=action, subject=f"upload {upload_id}")
    return upload_id


def show_upload(tx: Transaction, waits: Upload, form: ConfirmForm, status: int, *, fault: str = "") -> Answer:
    """The page about an upload."""
    return render_template(
        "bring/upload.html", frame=frame(tx, waits.partnership_id, "bring.upload"), view=upload_view(tx, waits), form=form, fault=fault
    ), status


def gone(tx: Transaction, partnership_id: int) -> Answer:
    """The page for an upload that does not wait here, whatever became of it."""
    return render_template("bring/gone.html", frame=frame(tx, partnership_id, "bring.upload")), 404


def make_version(tx: Transaction, partnership_id: int, upload_id: int, *, seen: str, note: str) -> int | None:
    """Make an upload the next version; None where it no longer waits.

    Raises ``ChangedMeanwhile`` with what to do where the page showed another newest version, or the policy no longer fits.
    """
    by = me().user_id
    waits = figures_waiting(tx, partnership_id, upload_id) and tx.uploads.take(partnership_id=partnership_id, upload_id=upload_id)
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    if waits is None or waits.document is None or here is None:
        return None
    newer = f"Somebody else saved version {here.latest_version} while this page was open. Nothing is lost: the page now shows what would differ from that version. Look at it, then confirm again."
    if seen != str(here.latest_version):
        raise ChangedMeanwhile(newer)
    policy = tx.policies.latest(partnership_id=partnership_id)
    why = clash(from_plain(Partnership, waits.document), policy_of(policy))
    if why:
        raise ChangedMeanwhile(
            f"The policy was changed after this file was read, and the figures no longer fit it. {why} Upload a mended file."
        )
    if policy is None:
        tx.policies.add_version(
            partnership_id=partnership_id, document=json.loads(load_policy().document), note=SHIPPED, by=by, based_on=here.latest_policy
        )
        tx.events.record(partnership_id=partnership_id, by=by, action="policy set", subject="policy version 1", detail={"version": 1})
    made = tx.partnerships.add_version(
        partnership_id=partnership_id, document=waits.document, note=note, by=by, based_on=here.latest_version
    )
    tx.events.record(
        partnership_id=partnership_id, by=by, action="figures confirmed", subject=f"version {made.version}",
        detail={"version": made.version, "upload": upload_id},
    )  # fmt: skip
    return made.version
