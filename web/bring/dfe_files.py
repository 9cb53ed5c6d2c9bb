"""The Department for Education's files: uploaded once for the whole house, listed, removed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.errors import AlreadyTaken, InputMustBeMended
from planner.intake.apart import take_dfe_apart
from planner.intake.dfe_kinds import NAMES
from web.access import Permission, may, me, requires
from web.bring.dfe_presenters import DfeFileView, dfe_file_view, dfe_files_view
from web.bring.forms import DfeFileForm
from web.bring.uploads import given
from web.forms import Form
from web.wiring import Wiring

FILES = "/dfe-files"
LARGEST_REQUEST_BYTES = 120_000_000
"""The register of schools has some 70 MB."""
Answer = str | Response | tuple[str, int]


def add_dfe_files(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of the Department's files."""
    store = wiring.store

    @routes.url_value_preprocessor
    def allow_large_files(endpoint: str | None, _: Any) -> None:
        """Before anything reads the request, let whoever may upload such a file send one."""
        if endpoint == "bring.add_dfe_file" and may(Permission.RUN_THE_HOUSE):
            request.max_content_length = LARGEST_REQUEST_BYTES

    @routes.get(FILES)
    @requires(Permission.RUN_THE_HOUSE)
    def dfe_files() -> Answer:
        return show(DfeFileForm(), 200)

    @routes.post(FILES)
    @requires(Permission.RUN_THE_HOUSE)
    def add_dfe_file() -> Answer:
        form = DfeFileForm()
        file = given(form.file.data)
        if file is None:
            form.file.errors = ["Choose the file to upload."]
            return show(form, 422)
        try:
            upload = take_dfe_apart(file.read(), file.filename or "")
            with store.begin() as tx:
                file_id = tx.dfe_files.add(upload=upload, by=me().user_id)
                tx.events.record(partnership_id=None, by=me().user_id, action="DfE file added", subject=f"DfE file {file_id}")
        except (AlreadyTaken, InputMustBeMended) as refused:
            form.file.errors = [str(refused)]
            return show(form, 422)
        flash(f"{upload.file_name} is here. It is {NAMES[upload.kind]}.", "success")
        return redirect(url_for("bring.dfe_files"), 303)

    @routes.get(f"{FILES}/<id:file_id>/remove")
    @requires(Permission.RUN_THE_HOUSE)
    def remove_dfe_file(file_id: int) -> Answer:
        return render_template("bring/remove_dfe_file.html", view=find(file_id), form=Form())

    @routes.post(f"{FILES}/<id:file_id>/remove")
    @requires(Permission.RUN_THE_HOUSE)
    def remove_dfe_file_now(file_id: int) -> Answer:
        view = find(file_id)
        with store.begin() as tx:
            if tx.dfe_files.remove(file_id=file_id):
                tx.events.record(partnership_id=None, by=me().user_id, action="DfE file removed", subject=f"DfE file {file_id}")
        flash(f"{view.file_name} is removed. Partnerships that were built from it stay as they are.", "success")
        return redirect(url_for("bring.dfe_files"), 303)

    def show(form: DfeFileForm, status: int) -> Answer:
        with store.read() as tx:
            return render_template("bring/dfe_files.html", view=dfe_files_view(tx), form=form), status

    def find(file_id: int) -> DfeFileView:
        with store.read() as tx:
            view = dfe_file_view(tx, file_id)
        if view is None:
            abort(404)
        return view
