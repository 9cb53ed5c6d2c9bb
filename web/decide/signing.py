"""Signatures: recorded by the chair, each in its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from planner.store import SignStep, Store, Transaction, VoteState
from planner.store.decisions import BoardDecision, Place, Signature, missing_before
from web.access import Permission, me, requires
from web.decide.forms import SignForm
from web.decide.presenters import needed_places, place_value, shadow_refusal, sign_view
from web.decide.result import options_of
from web.forms import version_of
from web.shelf import KeptPlan, Shelf
from web.standing import signer, unconfirmed
from web.words import upper_first

Answer = str | Response | tuple[str, int]
DATE_PARTS = 3
"""A browser sends day, month and year, empty or not."""
NOT_CLOSED = "There is nothing to sign until the vote is closed."


def add_signing(
    routes: Blueprint,
    decision: str,
    store: Store,
    shelf: Shelf,
    *,
    find: Callable[..., BoardDecision],
    note: Callable[..., None],
    back: Callable[..., Response],
) -> None:
    """Add the page on which signatures are recorded; ``decision`` is the address of a decision."""
    chair = requires(Permission.SIGN)

    def filled(tx: Transaction, here: BoardDecision, options: Mapping[int, KeptPlan]) -> SignForm:
        needed = needed_places(here, options)
        there = {(s.step, s.trust) for s in tx.decisions.signatures(decision_id=here.id)}
        left = [place for place in needed if place not in there]
        form = SignForm(data={"minutes": newest_minutes(tx, here), **({"place": place_value(left[0])} if left else {})})
        form.place.choices = [(place_value(place), upper_first(signer(place))) for place in left]
        return form

    @routes.get(f"{decision}/sign")
    @chair
    def sign(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            if here.state is not VoteState.CLOSED:
                return back(here, NOT_CLOSED, "important")
            form, view = filled(tx, here, options_of(tx, shelf, here)), sign_view(tx, shelf, here)
        return render_template("decide/sign.html", form=form, view=view)

    @routes.post(f"{decision}/sign")
    @chair
    def sign_now(partnership_id: int, decision_id: int) -> Answer:
        with store.read() as tx:
            here = find(tx, partnership_id, decision_id)
            if here.state is not VoteState.CLOSED:
                return back(here, NOT_CLOSED, "important")
            options = options_of(tx, shelf, here)
            form, view = filled(tx, here, options), sign_view(tx, shelf, here)
        if len(form.signed_on.raw_data or ()) != DATE_PARTS:
            abort(400)
        if not form.validate():
            return render_template("decide/sign.html", form=form, view=view), 422
        place = next(one for one in needed_places(here, options) if place_value(one) == form.place.data)
        kept = options.get(here.carried_plan_id or 0)
        with store.begin() as tx:
            here = find(tx, partnership_id, decision_id, held=True)
            newest = newest_minutes(tx, here)
            fault = cannot_sign(tx, here, place, options, kept, shown_minutes=version_of(form.minutes.data))
            if not fault:
                signature = Signature(
                    step=place[0], trust=place[1], name=form.name.data, role=form.role.data, signed_on=form.signed_on.data.isoformat(),
                    evidence=form.evidence.data or "", plan_fingerprint="" if kept is None else kept.fingerprint,
                    minutes_version=newest, recorded_by=me().user_id, recorded_at=0,
                )  # fmt: skip
                tx.decisions.sign(decision=here, signature=signature)
                note(
                    tx, here, "signature recorded", step=place[0], trust=place[1], on=signature.signed_on,
                    plan_fingerprint=signature.plan_fingerprint, minutes=signature.minutes_version,
                )  # fmt: skip
        if fault:
            form.place.errors, form.minutes.data = [fault], str(newest)
            return render_template("decide/sign.html", form=form, view=view), 409
        return back(here, f"The signature of {signer(place)} is recorded.")


def newest_minutes(tx: Transaction, here: BoardDecision) -> int:
    """The version of a closed decision's minutes that would be signed."""
    return tx.decisions.minutes(decision_id=here.id)[0].version


def cannot_sign(
    tx: Transaction, here: BoardDecision, place: Place, options: Mapping[int, KeptPlan], kept: KeptPlan | None, *, shown_minutes: int
) -> str:
    """Why a signature cannot be recorded now, in one sentence that says what comes first; empty where it can."""
    given = tx.decisions.signatures(decision_id=here.id)
    if any((s.step, s.trust) == place for s in given):
        return "This signature is recorded already, and nothing was changed."
    newest = newest_minutes(tx, here)
    if shown_minutes != newest:
        return f"The minutes have changed since you opened this page: version {newest} stands now. Read it, then record the signature."
    before = missing_before(place, needed_places(here, options), given)
    if before is not None:
        return f"{upper_first(signer(place))} can sign once {signer(before)} has signed."
    missing = () if kept is None or place[0] is SignStep.BOARD else unconfirmed(tx, kept)
    return shadow_refusal(missing) if missing else ""
