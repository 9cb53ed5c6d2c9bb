"""Bring back an edited workbook of a plan, see which rules the changed plan breaks and how far it is from the best, keep it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.child import shown_name
from planner.documents import check_document, to_plain
from planner.errors import InputMustBeMended
from planner.export.marked_copy import mark_apart
from planner.store import Transaction
from planner.store.uploads import Upload
from web.access import Permission, may, me, requires
from web.bring.files import workbook
from web.bring.findings import may_read
from web.bring.forms import WorkbookForm
from web.bring.uploads import given
from web.by_hand.presenters import brought_view, kept_words, mine_view, of_plan, told_in
from web.change.routes import keep_document, kept_before
from web.shelf import KeptPlan
from web.wiring import Wiring

BY_HAND = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/by-hand"
BROUGHT = f"{BY_HAND}/<id:edited_id>"
Page = str | Response | tuple[str, int]


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("by_hand", __name__)
    store, shelf = wiring.store, wiring.shelf
    export = requires(Permission.EXPORT)

    def find(partnership_id: int, plan_id: int) -> KeptPlan:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        return kept

    def waiting(tx: Transaction, kept: KeptPlan, edited_id: int) -> Upload:
        """An edited workbook of this plan while it waits; 404 where there is none, or it is not the reader's to see."""
        upload = tx.uploads.upload(partnership_id=kept.partnership_id, upload_id=edited_id)
        if upload is None or told_in(upload, kept.plan_id) is None or not may_read(upload):
            abort(404)
        return upload

    def show_form(kept: KeptPlan, form: WorkbookForm, status: int) -> Page:
        with store.read() as tx:
            mine = mine_view(tx.uploads.by_hand(partnership_id=kept.partnership_id, by=me().user_id))
        return render_template("by_hand/choose.html", form=form, mine=mine, view_of=of_plan(kept)), status

    @routes.get(BY_HAND)
    @export
    def choose(partnership_id: int, plan_id: int) -> Page:
        return show_form(find(partnership_id, plan_id), an_empty_form(), 200)

    @routes.post(BY_HAND)
    @export
    def take(partnership_id: int, plan_id: int) -> Page:
        """Read it apart; it is kept a day for this page, and nothing of it counts."""
        kept, form = find(partnership_id, plan_id), an_empty_form()
        file = given(form.file.data)
        if file is None:
            form.file.errors = ["Choose the edited workbook."]
            return show_form(kept, form, 422)
        by = me().user_id
        try:
            with store.read() as tx:
                tx.uploads.check_room_by_hand(partnership_id=partnership_id, plan_id=plan_id, by=by)  # before the audit, which is long
                stored = tx.plans.plan(partnership_id=partnership_id, plan_id=plan_id)
            assert stored is not None
            content = file.read()
            told, made = wiring.workshop.by_hand(content, file.filename or "", stored.document)
            with store.begin() as tx:
                for before in tx.uploads.by_hand(partnership_id=partnership_id, by=by):
                    if before.plan_id == plan_id:
                        tx.uploads.drop(partnership_id=partnership_id, upload_id=before.id)
                edited_id = tx.uploads.add(
                    partnership_id=partnership_id, file_name=shown_name(file.filename or "") or "The file", content=content,
                    findings={"by_hand": to_plain(told), "plan": plan_id}, document=made, by=by,
                )  # fmt: skip
                tx.events.record(
                    partnership_id=partnership_id, by=by, action="edited workbook brought back", subject=f"plan {plan_id}",
                    detail={"upload": edited_id, "changes": len(told.changes), "broken": len(told.broken)},
                )  # fmt: skip
        except InputMustBeMended as refused:
            form.file.errors = [str(refused)]
            return show_form(kept, form, 422)
        return redirect(brought_url(kept, edited_id), 303)

    @routes.get(BROUGHT)
    @export
    def brought(partnership_id: int, plan_id: int, edited_id: int) -> Page:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            view = brought_view(tx, waiting(tx, kept, edited_id), kept, may_keep=may(Permission.RUN_PLAN, partnership_id))
        return render_template("by_hand/brought.html", view=view, view_of=of_plan(kept))

    @routes.get(f"{BROUGHT}/marked-copy")
    @export
    def marked_copy(partnership_id: int, plan_id: int, edited_id: int) -> Page:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            upload = waiting(tx, kept, edited_id)
            content = tx.uploads.content(partnership_id=partnership_id, upload_id=edited_id)
        told = told_in(upload, plan_id)
        assert told is not None
        assert content is not None
        try:
            copy = mark_apart(content, upload.file_name, told.findings)
        except InputMustBeMended as refused:
            flash(str(refused), "important")
            return redirect(brought_url(kept, edited_id), 303)
        return workbook(copy, f"{upload.file_name.rpartition('.')[0] or upload.file_name}, marked")

    @routes.post(f"{BROUGHT}/keep")
    @requires(Permission.RUN_PLAN)
    def keep(partnership_id: int, plan_id: int, edited_id: int) -> Page:
        """Keep the hand-made plan, audited again, beside all others."""
        kept = find(partnership_id, plan_id)
        with store.begin() as tx:
            tx.partnerships.partnership(partnership_id=partnership_id, held=True)  # who keeps it twice at once keeps it once
            upload = waiting(tx, kept, edited_id)
            told = told_in(upload, plan_id)
            if upload.document is None or told is None:
                flash("This plan cannot be kept as it is. The page says what would make it possible.", "important")
                return redirect(brought_url(kept, edited_id), 303)
            check_document(upload.document)
            before = kept_before(tx, partnership_id, upload.document["fingerprint"])
            settings = {"plan": plan_id, "by_hand": True, "change": kept_words(told)}
            new_id = before or keep_document(tx, kept, upload.document, settings, action="hand-made plan kept")
            tx.uploads.drop(partnership_id=partnership_id, upload_id=edited_id)
        if before:
            flash("This plan was kept before. Here it is.", "important")
        else:
            flash(
                f"It is kept as plan {new_id}, made by hand. Plan {plan_id} stands as it was, and schools read plan {new_id} only once the board puts it before them.",
                "success",
            )
        beside = {"of": [str(plan_id), str(new_id)]}
        return redirect(url_for("compare.page", partnership_id=partnership_id, **beside), 303)  # type: ignore[arg-type]

    @routes.post(f"{BROUGHT}/throw-away")
    @export
    def throw_away(partnership_id: int, plan_id: int, edited_id: int) -> Page:
        kept = find(partnership_id, plan_id)
        with store.begin() as tx:
            upload = waiting(tx, kept, edited_id)
            if tx.uploads.drop(partnership_id=partnership_id, upload_id=edited_id):
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="edited workbook thrown away", subject=f"plan {plan_id}",
                    detail={"upload": edited_id},
                )  # fmt: skip
        flash(f"{upload.file_name} is thrown away. Plan {plan_id} is as it was.", "success")
        return redirect(of_plan(kept).downloads_href, 303)

    return routes


def an_empty_form() -> WorkbookForm:
    """The form for the edited workbook."""
    form = WorkbookForm()
    form.file.label.text = "The plan's workbook as you changed it (.xlsx)"
    return form


def brought_url(kept: KeptPlan, edited_id: int) -> str:
    """The address of one edited workbook."""
    return url_for("by_hand.brought", partnership_id=kept.partnership_id, plan_id=kept.plan_id, edited_id=edited_id)
