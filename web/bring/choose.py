"""Where figures come from: upload a workbook, get one to fill in, or build from the Department's files."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from planner.child import shown_name
from planner.documents import to_plain
from planner.errors import InputMustBeMended
from planner.export.last_year import last_year_apart, with_last_year
from planner.export.partnership_workbook import write_template
from planner.intake.apart import read_apart
from web.access import Permission, requires
from web.bring.dfe_presenters import offer
from web.bring.files import workbook, written
from web.bring.findings import Found, waiting_view
from web.bring.forms import WorkbookForm
from web.bring.frame import frame
from web.bring.uploads import add_upload, given, policy_document
from web.wiring import Wiring

BRING = "/partnerships/<id:partnership_id>/bring"
Answer = str | Response | tuple[str, int]


def add_choose(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of the ways to bring figures."""
    store = wiring.store

    @routes.get(BRING)
    @requires(Permission.UPLOAD)
    def choose(partnership_id: int) -> Answer:
        return show_choices(partnership_id, WorkbookForm(), 200)

    @routes.post(BRING)
    @requires(Permission.UPLOAD)
    def take(partnership_id: int) -> Answer:
        form = WorkbookForm()
        file = given(form.file.data)
        if file is None:
            form.file.errors = ["Choose the file to upload."]
            return show_choices(partnership_id, form, 422)
        with store.read() as tx:
            policy = policy_document(tx, partnership_id)
        try:
            content = file.read()
            reading = read_apart(content, file.filename or "", policy)
            with store.begin() as tx:
                upload_id = add_upload(
                    tx,
                    partnership_id,
                    shown_name(file.filename or "") or "The file",
                    content,
                    Found(findings=reading.findings, layout=reading.layout),
                    reading.partnership_document,
                )
        except InputMustBeMended as refused:
            form.file.errors = [str(refused)]
            return show_choices(partnership_id, form, 422)
        return redirect(url_for("bring.upload", partnership_id=partnership_id, upload_id=upload_id), 303)

    @routes.post(f"{BRING}/last-year")
    @requires(Permission.UPLOAD)
    def take_last_year(partnership_id: int) -> Answer:
        """The newest figures with last year as a plan's workbook has it, to look at and confirm."""
        try:
            upload_id = add_last_year(partnership_id, given(WorkbookForm().file.data))
        except InputMustBeMended as refused:
            return show_choices(partnership_id, WorkbookForm(formdata=None), 422, fault=str(refused))
        return redirect(url_for("bring.upload", partnership_id=partnership_id, upload_id=upload_id), 303)

    @routes.get(f"{BRING}/blank-workbook")
    @requires(Permission.UPLOAD)
    def blank_workbook(partnership_id: int) -> Response:  # noqa: ARG001 - the same for every partnership
        return workbook(written(write_template), "Blank partnership workbook")

    def add_last_year(partnership_id: int, file: FileStorage | None) -> int:
        """The number of the upload. Raises ``InputMustBeMended`` where there is no file, or nothing for it to go into."""
        if file is None:
            raise InputMustBeMended("Choose last year's plan workbook.")
        with store.read() as tx:
            newest = tx.partnerships.latest(partnership_id=partnership_id)
        if newest is None:
            raise InputMustBeMended("There are no figures yet that last year could go into: upload a workbook or build the figures first.")
        content, name = file.read(), file.filename or ""
        partnership, notes = with_last_year(newest.partnership(), last_year_apart(content, name))
        with store.begin() as tx:
            return add_upload(tx, partnership_id, shown_name(name) or "The file", content, Found(notes=notes), to_plain(partnership))

    def show_choices(partnership_id: int, form: WorkbookForm, status: int, *, fault: str = "") -> Answer:
        with store.read() as tx:
            here = tx.partnerships.partnership(partnership_id=partnership_id)
            return render_template(
                "bring/choose.html", frame=frame(tx, partnership_id, "bring.choose"), form=form, waiting=waiting_view(tx, partnership_id),
                here=here, offer=offer(tx), fault=fault,
            ), status  # fmt: skip
