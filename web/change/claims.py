"""Claims on the moderated pot: lodged by a head, shown to the board without the school's name, granted, granted in part, declined or withdrawn."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.errors import ChangedMeanwhile, InputMustBeMended
from planner.offers import dearest_pounds
from planner.partnership import Pot
from planner.pots import day_of_year, pot_account
from planner.store import Store, Transaction
from planner.store.moderation import AskedOfPot, PotClaim
from web.access import Permission, me, requires
from web.change.claim_presenters import claim_view, claims_view, fill_services, new_claim
from web.change.forms import FULL, PART, ClaimForm, DecideForm, whole
from web.plans.presenters.pots import with_draws
from web.shelf import Figures, KeptPlan, Shelf
from web.wiring import Wiring
from web.words import pounds, today

Page = str | Response | tuple[str, int]
CLAIMS = "/partnerships/<id:partnership_id>/claims"
CLAIM = f"{CLAIMS}/<id:claim_id>"
NEW = "/partnerships/<id:partnership_id>/schools/<id:urn>/claims/new"
DECIDED_MEANWHILE = "This claim was decided or withdrawn since you opened the page. What was done stands below; your decision was not kept."
NOT_WITHDRAWN = "This claim was decided or withdrawn before. What was done stands below, and nothing was changed."
OF_ANOTHER_YEAR = "It was claimed for {}, and schools read the plan for {} now: decline it, and have the school claim again."
OWN_SCHOOL = "This claim is from a school that you head, so somebody else on the board must decide it."


def plan_of(shelf: Shelf, partnership_id: int) -> KeptPlan | None:
    """The plan that schools read: the pot is the one it releases."""
    here = shelf.schools_plan(partnership_id)
    return None if here is None else shelf.plan(partnership_id, here.plan_id)


def add_claims(routes: Blueprint, wiring: Wiring) -> None:
    """Add the list of claims, and the ways to lodge one and to take it back."""
    store, shelf = wiring.store, wiring.shelf

    @routes.get(CLAIMS)
    @requires(Permission.READ_PLAN)
    def claims(partnership_id: int) -> Page:
        kept, figures = plan_of(shelf, partnership_id), shelf.figures(partnership_id)
        with store.read() as tx:
            view = claims_view(tx, kept, figures, me(), partnership_id, is_all=request.args.get("all") == "1")
        return render_template("change/claims.html", view=view)

    # --- lodging ---

    @routes.get(NEW)
    @requires(Permission.LODGE_CLAIM)
    def new_claim_page(partnership_id: int, urn: int) -> Page:
        return show_new(partnership_id, urn, ClaimForm())

    @routes.post(NEW)
    @requires(Permission.LODGE_CLAIM)
    def lodge(partnership_id: int, urn: int) -> Page:
        form, kept = ClaimForm(), plan_of(shelf, partnership_id)
        if kept is None:
            abort(404)
        fill_services(form, kept)
        p = kept.facts.partnership
        if all(school.urn != urn for school in p.schools) or not form.validate():
            return show_new(partnership_id, urn, form, 422)
        amount = whole(form.amount.data) or 0
        service = next((s for s in p.services if s.service_id == form.of.data), None)
        cost = amount if service is None else amount * dearest_pounds(p, service)
        asked = AskedOfPot(service_id=form.of.data, amount=amount, pounds=cost, what_for=form.what_for.data)
        with store.begin() as tx:
            claim_id = tx.moderation.lodge(
                partnership_id=partnership_id, urn=urn, academic_year=p.academic_year, asked=asked, by=me().user_id
            )  # fmt: skip
            # by nobody: who reads the log must not learn whose claim it is
            tx.events.record(partnership_id=partnership_id, by=None, action="claim lodged", subject=f"claim {claim_id}")
        flash(f"Your claim is lodged as claim {claim_id}. The board sees it without your school's name.", "success")
        return redirect(claim_url(partnership_id, claim_id), 303)

    @routes.post(f"{CLAIM}/withdraw")
    @requires(Permission.LODGE_CLAIM)
    def withdraw_claim(partnership_id: int, claim_id: int) -> Page:
        """Its school's head takes it back before the board has decided it."""
        one = find_claim(store, partnership_id, claim_id)
        if one.urn not in me().urns_in(partnership_id):
            abort(403)
        try:
            with store.begin() as tx:
                tx.moderation.withdraw(partnership_id=partnership_id, claim_id=claim_id)
                # by nobody: who reads the log must not learn whose claim it is
                tx.events.record(partnership_id=partnership_id, by=None, action="claim withdrawn", subject=f"claim {claim_id}")
        except ChangedMeanwhile:
            flash(NOT_WITHDRAWN, "important")
        else:
            flash(f"Claim {claim_id} is withdrawn. It stays readable, and you can lodge another.", "success")
        return redirect(claim_url(partnership_id, claim_id), 303)

    def show_new(partnership_id: int, urn: int, form: ClaimForm, status: int = 200) -> Page:
        kept = plan_of(shelf, partnership_id)
        if kept is not None:
            fill_services(form, kept)
        with store.read() as tx:
            view = new_claim(tx, kept, partnership_id, urn)
        return render_template("change/new_claim.html", form=form, view=view), status


def add_decisions(routes: Blueprint, wiring: Wiring) -> None:
    """Add the page of one claim, and what the board decides on it."""
    store, shelf = wiring.store, wiring.shelf

    @routes.get(CLAIM)
    @requires(Permission.READ_PLAN)
    def claim(partnership_id: int, claim_id: int) -> Page:
        return show(partnership_id, claim_id, DecideForm())

    @routes.post(f"{CLAIM}/decide")
    @requires(Permission.DECIDE_CLAIMS)
    def decide(partnership_id: int, claim_id: int) -> Page:
        """Grant all, a part or nothing; what is granted is drawn from the pot today."""
        form, kept = DecideForm(), plan_of(shelf, partnership_id)
        one = find_claim(store, partnership_id, claim_id)
        if not one.is_waiting:
            form.decided.errors = [DECIDED_MEANWHILE]
            return show(partnership_id, claim_id, form, 409)
        is_valid = form.validate()
        granted = one.pounds if form.decided.data == FULL else whole(form.pounds.data or "") or 0 if form.decided.data == PART else 0
        if is_valid and form.decided.data == PART and not 0 < granted < one.pounds:
            form.pounds.errors = [f"Enter whole pounds, fewer than the {pounds(one.pounds)} that were claimed."]
        elif is_valid and one.urn in me().urns_in(partnership_id):
            form.decided.errors = [OWN_SCHOOL]
        elif is_valid and granted and kept is not None and one.academic_year != kept.facts.partnership.academic_year:
            form.decided.errors = [OF_ANOTHER_YEAR.format(one.academic_year, kept.facts.partnership.academic_year)]
        elif is_valid:
            return decided(one, form, granted, kept)
        return show(partnership_id, claim_id, form, 422)

    def decided(one: PotClaim, form: DecideForm, granted: int, kept: KeptPlan | None) -> Page:
        here = one.partnership_id
        on = today() if kept is None else day_of_year(kept.facts.partnership, today())
        figures = shelf.figures(here)
        try:
            with store.begin() as tx:
                tx.partnerships.partnership(partnership_id=here, held=True)  # who decides another claim at once sees this draw
                see_it_is_there(tx, kept, figures, here, granted)
                tx.moderation.decide(
                    partnership_id=here, claim_id=one.id, granted_pounds=granted, drawn_on=on.isoformat(), reason=form.reason.data,
                    by=me().user_id,
                )  # fmt: skip
                tx.events.record(
                    partnership_id=here, by=me().user_id, action="claim decided", subject=f"claim {one.id}", detail={"granted_pounds": granted}
                )  # fmt: skip
        except ChangedMeanwhile:
            form.decided.errors = [DECIDED_MEANWHILE]
            return show(here, one.id, form, 409)
        except InputMustBeMended as refused:
            form.decided.errors = [str(refused)]
            return show(here, one.id, form, 422)
        flash(f"{pounds(granted)} is drawn from the pot." if granted else "The claim is declined.", "success")
        return redirect(claim_url(here, one.id), 303)

    def show(partnership_id: int, claim_id: int, form: DecideForm, status: int = 200) -> Page:
        one, kept = find_claim(store, partnership_id, claim_id), plan_of(shelf, partnership_id)
        with store.read() as tx:
            view = claim_view(tx, kept, shelf.figures(partnership_id), me(), one)
        return render_template("change/claim.html", view=view, form=form), status


def find_claim(store: Store, partnership_id: int, claim_id: int) -> PotClaim:
    """One claim; 404 where there is none."""
    with store.read() as tx:
        one = tx.moderation.claim(partnership_id=partnership_id, claim_id=claim_id)
    return abort(404) if one is None else one


def see_it_is_there(tx: Transaction, kept: KeptPlan | None, figures: Figures | None, partnership_id: int, granted: int) -> None:
    """Raise ``InputMustBeMended`` where the pot does not hold what is granted now."""
    left = 0
    if granted and kept is not None:
        world, _ = with_draws(kept, figures, tx.moderation.claims(partnership_id=partnership_id))
        left = pot_account(world, kept.facts.amounts, Pot.MODERATED, day_of_year(world.partnership, today())).balance_pounds
    if granted > left:
        raise InputMustBeMended(f"The pot has {pounds(max(left, 0))} now. Grant that or less, or decide once more is released.")


def claim_url(partnership_id: int, claim_id: int) -> str:
    """The address of a claim."""
    return url_for("change.claim", partnership_id=partnership_id, claim_id=claim_id)
