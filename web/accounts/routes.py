"""Sign in and out, take up an invitation, look after one's own account."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from planner.errors import AlreadyTaken
from planner.store import Transaction
from planner.store.invitations import Invitation
from planner.store.room import MINUTE
from planner.store.sight import seeing_the_house
from web.access import me, public, signed_in, the_user
from web.accounts.forms import NewAccountForm, NewPasswordForm, SignInForm
from web.accounts.invitations import waiting_invitation
from web.accounts.passwords import fault_of, hash_of, is_out_of_date, is_right
from web.accounts.presenters import account_view, role_words
from web.accounts.session import FROM_PROVIDER, come_in, go_out, this_token, user_of
from web.headers import forget_here
from web.names import partnership_names, school_names
from web.watching import Why, refused
from web.wiring import Wiring
from web.words import count

Answer = str | Response | tuple[str, int]
WRONG = "The sign-in name or the password is not right. Check both, then try again."


class _SpentMeanwhile(Exception):
    """An invitation was spent between being looked at and being taken up; ends the transaction, so that nothing of it is kept."""


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("accounts", __name__)
    store, shelf = wiring.store, wiring.shelf

    @routes.get("/sign-in")
    @public
    def sign_in() -> Answer:
        if the_user() is not None:
            return redirect(way_back(), 303)
        return render_template("accounts/sign_in.html", form=SignInForm())

    @routes.post("/sign-in")
    @public
    def sign_in_now() -> Answer:
        form = SignInForm()
        if not form.validate():
            return render_template("accounts/sign_in.html", form=form), 422
        name, password = form.sign_in.data, form.password.data
        with store.begin() as tx:
            wait = tx.throttle.wait_before_try(sign_in=name, network=request.remote_addr or "")
            person = tx.people.user_by_sign_in(sign_in=name)
        if wait:
            refused(Why.TOO_MANY_TRIES, person.id if person else None)
            form.password.errors = [wait_words(wait)]
            return render_template("accounts/sign_in.html", form=form), 429
        # Outside the transaction: a password takes a tenth of a second on purpose.
        is_in = is_right(person.password_hash if person else None, password)
        renewed = hash_of(password) if is_in and person and is_out_of_date(person.password_hash or "") else None
        with seeing_the_house(), store.begin() as tx:
            now = tx.people.user_by_sign_in(sign_in=name)  # it may have been disabled or given another password meanwhile
            is_in = (
                is_in and now is not None and person is not None and now.disabled_at is None and now.password_hash == person.password_hash
            )
            if is_in and now is not None:
                tx.throttle.succeeded(sign_in=name)
                if renewed is not None:
                    tx.people.set_password_hash(user_id=now.id, password_hash=renewed)
                welcome(tx, now.id)
        if not is_in:
            refused(Why.NOT_SIGNED_IN, person.id if person else None)
            form.password.errors = [WRONG]
            return render_template("accounts/sign_in.html", form=form), 422
        return redirect(way_back(), 303)

    @routes.post("/sign-out")
    @public
    def sign_out() -> Response:
        provider_token = go_out(store)
        is_at_provider = provider_token is not None and wiring.provider is not None
        if is_at_provider:
            session[FROM_PROVIDER] = provider_token
        return forget_here(redirect(url_for("provider.signed_out" if is_at_provider else "accounts.sign_in"), 303))

    # --- invitations ---

    @routes.get("/invitations/<token>")
    @public
    def invitation(token: str) -> Answer:
        return _show_invitation(token, NewAccountForm())

    @routes.post("/invitations/<token>")
    @public
    def take_up_invitation(token: str) -> Answer:
        user = the_user()
        form = NewAccountForm()
        with seeing_the_house(), store.read() as tx:
            found = waiting_invitation(tx, token)
            places = partnership_names(tx, () if found is None or found.partnership_id is None else (found.partnership_id,))
        if found is None:  # asked before the password is judged and hashed, which is work
            return _show_invitation(token, form)
        if user is None and not _is_filled_in(form, places):
            return _show_invitation(token, form, 422)
        hashed = hash_of(form.password.data) if user is None else ""
        try:
            with seeing_the_house(), store.begin() as tx:
                if waiting_invitation(tx, token) is None:
                    return _show_invitation(token, form)
                user_id = user.user_id if user else tx.people.add_user(
                    name=form.name.data, sign_in=form.sign_in.data, password_hash=hashed
                )  # fmt: skip
                taken = _taken_up(tx, token, user_id)
                tx.events.record(
                    partnership_id=taken.partnership_id, by=user_id, action="invitation taken up", subject=f"invitation {taken.id}",
                    detail={"role": taken.role, "urn": taken.urn},
                )  # fmt: skip
                if user is None:
                    welcome(tx, user_id)
        except AlreadyTaken as error:
            form.sign_in.errors = [str(error)]
            return _show_invitation(token, form, 422)
        except _SpentMeanwhile:
            return _show_invitation(token, form)
        flash("You are in. Your account is ready." if user is None else "Your account has the new role.", "success")
        return redirect(url_for("home.partnerships"), 303)

    def _show_invitation(token: str, form: NewAccountForm, status: int = 200) -> tuple[str, int]:
        with seeing_the_house(), store.read() as tx:
            found = waiting_invitation(tx, token)
            where = _where(tx, found) if found else ""
            names = school_names(shelf, found.partnership_id) if found and found.partnership_id and found.urn else {}
        if found is None:
            refused(Why.SPENT_LINK)
            return render_template("accounts/invitation_spent.html"), 410
        return render_template(
            "accounts/invitation.html", form=form, where=where, role=role_words(found.role, found.urn, names), invitee=found.invitee
        ), status  # fmt: skip

    # --- one's own account ---

    @routes.get("/account")
    @signed_in
    def account() -> Answer:
        return _show_account(NewPasswordForm())

    @routes.post("/account/password")
    @signed_in
    def new_password() -> Answer:
        form = NewPasswordForm()
        user = me()
        if not form.validate():
            return _show_account(form, 422)
        with store.begin() as tx:
            person = tx.people.user(user_id=user.user_id)
            assert person is not None
            places = partnership_names(tx, user.partnership_ids)
            wait = tx.throttle.wait_before_try(sign_in=person.sign_in, network=request.remote_addr or "")
        if wait:
            refused(Why.TOO_MANY_TRIES, user.user_id)
            form.old.errors = [wait_words(wait)]
            return _show_account(form, 429)
        if not is_right(person.password_hash, form.old.data):
            refused(Why.NOT_SIGNED_IN, user.user_id)
            form.old.errors = ["This is not your password now. Check it, then try again."]
            return _show_account(form, 422)
        fault = fault_of(form.new.data, (person.name, person.sign_in), places)
        if fault:
            form.new.errors = [fault]
            return _show_account(form, 422)
        hashed = hash_of(form.new.data)
        with seeing_the_house(), store.begin() as tx:  # its log is the house's
            tx.throttle.succeeded(sign_in=person.sign_in)
            tx.people.set_password_hash(user_id=user.user_id, password_hash=hashed)
            ended = tx.sessions.revoke_all(user_id=user.user_id)
            tx.events.record(partnership_id=None, by=user.user_id, action="password changed", detail={"sessions_ended": ended})
            come_in(tx, user, browser=_browser())
        flash("Your password is changed. Everywhere else you are signed out.", "success")
        return redirect(url_for("accounts.account"), 303)

    @routes.post("/account/sessions/end")
    @signed_in
    def end_other_sessions() -> Answer:
        with store.begin() as tx:
            tx.sessions.revoke_all(user_id=me().user_id, but=this_token())
        flash("Everywhere else you are signed out.", "success")
        return redirect(url_for("accounts.account"), 303)

    def _show_account(form: NewPasswordForm, status: int = 200) -> tuple[str, int]:
        with store.read() as tx:
            view = account_view(tx, shelf, me(), this_token() or "")
        return render_template("accounts/account.html", form=form, view=view), status

    return routes


def welcome(tx: Transaction, user_id: int, *, provider_token: str | None = None) -> None:
    """Let somebody in, and record how: ``provider_token`` is there when the sign-in provider says who it is."""
    user = user_of(tx, user_id)
    assert user is not None
    come_in(tx, user, browser=_browser(), provider_token=provider_token)
    tx.events.record(
        partnership_id=None, by=user_id, action="signed in", detail={} if provider_token is None else {"through": "provider"}
    )  # fmt: skip


def wait_words(wait: int) -> str:
    """How long to wait (milliseconds) after too many tries."""
    return f"There were too many tries. Wait {count(-(-wait // MINUTE), 'minute')}, then try again."


def _taken_up(tx: Transaction, token: str, user_id: int) -> Invitation:
    """The invitation, used; raises ``_SpentMeanwhile`` where somebody else was quicker."""
    taken = tx.invitations.use(token=token, user_id=user_id)
    if taken is None:
        raise _SpentMeanwhile
    return taken


def _where(tx: Transaction, invitation: Invitation) -> str:
    if invitation.partnership_id is None:
        return "every partnership of this service"
    row = tx.partnerships.partnership(partnership_id=invitation.partnership_id)
    assert row is not None
    return row.name


def _is_filled_in(form: NewAccountForm, places: Sequence[str]) -> bool:
    if not form.validate():
        return False
    fault = fault_of(form.password.data, (form.name.data, form.sign_in.data), places)
    if fault:
        form.password.errors = [fault]
    return fault is None


def _browser() -> str:
    return request.user_agent.string


def way_back() -> str:
    """The page that asked for signing in, where it is one of ours; else the first page."""
    wanted = request.args.get("next", "")
    # A browser leaves out tabs and line ends and reads a backslash as a slash; two slashes at the start are another site.
    is_ours = re.fullmatch(r"/(?!/)[^\\\x00-\x1f\x7f]*", wanted) is not None
    return wanted if is_ours else url_for("home.partnerships")
