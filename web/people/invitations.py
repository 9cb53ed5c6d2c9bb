"""Invite somebody, into a partnership or to run every one, and withdraw an invitation."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from planner.store import Role, Transaction
from planner.store.invitations import Invitation
from web.access import ROLE_NAMES, Permission, me, requires
from web.names import partnership_name, school_names
from web.people import links
from web.people.forms import HouseInvitationForm, InvitationForm
from web.people.presenters import WHAT_THEY_DO, InvitationView, invitation_view
from web.shelf import Shelf
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
INVITE = "/partnerships/<id:partnership_id>/people/invite"
INVITATION = "/partnerships/<id:partnership_id>/people/invitations/<id:invitation_id>"


def add_invitations(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of invitations."""
    store, shelf = wiring.store, wiring.shelf

    # --- into a partnership ---

    @routes.get(INVITE)
    @requires(Permission.MANAGE_ACCOUNTS)
    def invite(partnership_id: int) -> Answer:
        return show_form(partnership_id, _with_schools(InvitationForm(), shelf, partnership_id))

    @routes.post(INVITE)
    @requires(Permission.MANAGE_ACCOUNTS)
    def invite_now(partnership_id: int) -> Answer:
        form = _with_schools(InvitationForm(), shelf, partnership_id)
        if not form.validate():
            return show_form(partnership_id, form), 422
        role = Role(form.role.data)
        with store.begin() as tx:
            made = _make(tx, partnership_id, form.invitee.data, role, int(form.school.data) if role is Role.HEAD else None)
        return redirect(url_for("people.invitation", partnership_id=partnership_id, invitation_id=made.id), 303)

    def show_form(partnership_id: int, form: InvitationForm) -> str:
        with store.read() as tx:
            where = partnership_name(tx, partnership_id)
        return render_template(
            "people/invite.html", form=form, where=where, hints=[WHAT_THEY_DO[role] for role in ROLE_NAMES], has_schools=len(form.school.choices) > 1
        )  # fmt: skip

    @routes.get(INVITATION)
    @requires(Permission.MANAGE_ACCOUNTS)
    def invitation(partnership_id: int, invitation_id: int) -> Answer:
        return show(partnership_id, invitation_id)

    @routes.post(f"{INVITATION}/withdraw")
    @requires(Permission.MANAGE_ACCOUNTS)
    def withdraw_invitation(partnership_id: int, invitation_id: int) -> Answer:
        withdraw(partnership_id, invitation_id)
        return redirect(url_for("people.people", partnership_id=partnership_id), 303)

    # --- to run every partnership ---

    @routes.get("/accounts/invite")
    @requires(Permission.RUN_THE_HOUSE)
    def invite_administrator() -> Answer:
        return render_template("people/invite_administrator.html", form=HouseInvitationForm())

    @routes.post("/accounts/invite")
    @requires(Permission.RUN_THE_HOUSE)
    def invite_administrator_now() -> Answer:
        form = HouseInvitationForm()
        if not form.validate():
            return render_template("people/invite_administrator.html", form=form), 422
        with store.begin() as tx:
            made = _make(tx, None, form.invitee.data, Role.ADMINISTRATOR, None)
        return redirect(url_for("people.house_invitation", invitation_id=made.id), 303)

    @routes.get("/accounts/invitations/<id:invitation_id>")
    @requires(Permission.RUN_THE_HOUSE)
    def house_invitation(invitation_id: int) -> Answer:
        return show(None, invitation_id)

    @routes.post("/accounts/invitations/<id:invitation_id>/withdraw")
    @requires(Permission.RUN_THE_HOUSE)
    def withdraw_house_invitation(invitation_id: int) -> Answer:
        withdraw(None, invitation_id)
        return redirect(url_for("people.accounts"), 303)

    # --- both ---

    def show(partnership_id: int | None, invitation_id: int) -> Answer:
        with store.read() as tx:
            view = view_of(tx, partnership_id, invitation_id)
        page = render_template("people/invitation.html", view=view)
        return links.kept_nowhere(page) if view.link else page

    def view_of(tx: Transaction, partnership_id: int | None, invitation_id: int) -> InvitationView:
        found = next((i for i in tx.invitations.of(partnership_id=partnership_id) if i.id == invitation_id), None)
        if found is None:
            abort(404)
        token = links.take(_what(invitation_id))
        link = "" if token is None else url_for("accounts.invitation", token=token, _external=True)
        return invitation_view(tx, shelf, found, link)

    def withdraw(partnership_id: int | None, invitation_id: int) -> None:
        with store.read() as tx:
            view = view_of(tx, partnership_id, invitation_id)
        with store.begin() as tx:
            is_withdrawn = tx.invitations.withdraw(partnership_id=partnership_id, invitation_id=invitation_id)
            if is_withdrawn:
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="invitation withdrawn", subject=f"invitation {invitation_id}"
                )
        if is_withdrawn:
            flash(f"The invitation for {view.invitee} is withdrawn. Its link no longer works.", "success")
        else:
            flash(
                f"The invitation for {view.invitee} had been taken up, withdrawn or had run out already. Nothing was changed.", "important"
            )


def _with_schools(form: InvitationForm, shelf: Shelf, partnership_id: int) -> InvitationForm:
    names = sorted(school_names(shelf, partnership_id).items(), key=lambda school: school[1])
    form.school.choices = [SelectChoice("", "Choose a school"), *(SelectChoice(str(urn), f"{name} ({urn})") for urn, name in names)]
    return form


def _make(tx: Transaction, partnership_id: int | None, invitee: str, role: Role, urn: int | None) -> Invitation:
    token = tx.invitations.invite(partnership_id=partnership_id, role=role, invitee=invitee, urn=urn, by=me().user_id)
    made = tx.invitations.invitation(token=token)
    assert made is not None
    tx.events.record(
        partnership_id=partnership_id, by=me().user_id, action="invitation made", subject=f"invitation {made.id}",
        detail={"role": role, "urn": urn},
    )  # fmt: skip
    links.keep_for_next_page(_what(made.id), token)
    flash("The invitation is made. Now send its link.", "success")
    return made


def _what(invitation_id: int) -> str:
    return f"invitation {invitation_id}"
