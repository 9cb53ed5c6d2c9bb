"""The pages of a plan's roster: read by person, school and half-term; changed by asking for another; delivered half-days."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Field
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from planner.errors import ChangedMeanwhile
from planner.partnership import HALF_TERMS
from planner.roster import Practitioner
from planner.roster_requests import RosterRequest, Wish, WishKind, asked_world, request_document
from planner.roster_wishes import wish_faults
from web.access import Permission, may, me, requires
from web.forms import version_of
from web.names import partnership_name
from web.roster.book import Book, open_book
from web.roster.forms import MOST_HALF_DAYS, MOST_KM, PersonForm, SettingsForm, SwapForm, WishForm, whole
from web.roster.presenters import delivered as deliveries
from web.roster.presenters import rosters
from web.roster.presenters.frame import frame, name_of_roster, roster_url
from web.wiring import Wiring

Answer = str | Response | tuple[str, int]
ROSTER = "/partnerships/<id:partnership_id>/plans/<id:plan_id>/roster"
READ, OWN_PART, CHANGE = (
    requires(Permission.READ_ROSTER), requires(Permission.READ_OWN_ROSTER), requires(Permission.CHANGE_PEOPLE_AND_ROSTER),
)  # fmt: skip
METRES = 1000
NEVER = -1
"""No choice and no row has this number; 0 says that there was none."""
MOST_WAITING = 5
TOO_MANY = f"{MOST_WAITING} rosters that you asked for are still to be made, so nothing was asked. Ask again once one of them is there."
CHOSEN_MEANWHILE = "Somebody else put a roster to work since you opened the page. Look at which one people work by now, then choose again."
ENTERED_MEANWHILE = "Somebody else has entered half-days here since you opened the page. What stands now is beside each line; send yours if they are still right."


def blueprint(wiring: Wiring) -> Blueprint:
    """The routes of this journey."""
    routes = Blueprint("roster", __name__)
    store, shelf = wiring.store, wiring.shelf

    def find(partnership_id: int, plan_id: int, *, in_use_only: bool = False) -> Book:
        kept = shelf.plan(partnership_id, plan_id)
        if kept is None:
            abort(404)
        with store.read() as tx:
            book = open_book(tx, kept, version_asked_for(), in_use_only=in_use_only)
        if book is None:
            abort(404)
        return book

    def show(book: Book, page: str, view: object | None, status: int = 200, **more: object) -> tuple[str, int]:
        if view is None:
            abort(404)
        with store.read() as tx:
            here = frame(tx, book, str(request.endpoint))
        return render_template(f"roster/{page}.html", frame=here, view=view, book=book, roster_url=roster_url, **more), status

    # --- reading ---

    @routes.get("/partnerships/<id:partnership_id>/roster")
    @OWN_PART
    def current(partnership_id: int) -> Answer:
        """The roster of the plan that schools read; a head's own part of it."""
        plan = shelf.schools_plan(partnership_id)
        if plan is None:
            with store.read() as tx:
                name = partnership_name(tx, partnership_id)
            return render_template("roster/no_plan.html", partnership=name)
        if may(Permission.READ_ROSTER, partnership_id):
            return redirect(url_for("roster.overview", partnership_id=partnership_id, plan_id=plan.plan_id), 303)
        urn = me().urns_in(partnership_id)[0]
        return redirect(url_for("roster.school", partnership_id=partnership_id, plan_id=plan.plan_id, urn=urn), 303)

    @routes.get(ROSTER)
    @READ
    def overview(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        with store.read() as tx:
            view = rosters.overview(tx, book)
        return show(book, "overview", view)

    @routes.get(f"{ROSTER}/people/<id:number>")
    @READ
    def person(partnership_id: int, plan_id: int, number: int) -> Answer:
        book = find(partnership_id, plan_id)
        return show(book, "person", rosters.person_view(book, number))

    @routes.get(f"{ROSTER}/schools")
    @READ
    def by_school(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        return show(book, "schools", rosters.schools_table(book))

    @routes.get(f"{ROSTER}/schools/<id:urn>")
    @OWN_PART
    def school(partnership_id: int, plan_id: int, urn: int) -> Answer:
        is_head = not may(Permission.READ_ROSTER, partnership_id)
        book = find(partnership_id, plan_id, in_use_only=is_head)
        if is_head and book.number != book.in_use:
            abort(404)  # a head reads the roster that people work by
        return show(book, "school", rosters.school_view(book, urn))

    @routes.get(f"{ROSTER}/half-terms/<id:half_term>")
    @READ
    def half_term(partnership_id: int, plan_id: int, half_term: int) -> Answer:
        book = find(partnership_id, plan_id)
        return show(book, "half_term", rosters.half_term_view(book, half_term))

    @routes.get(f"{ROSTER}/deadlines")
    @READ
    def deadlines(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        return show(book, "deadlines", deliveries.deadlines_view(book))

    # --- asking for another ---

    def ask_for(book: Book, asked: RosterRequest, note: str) -> Response:
        kept = book.kept
        with store.read() as tx:
            waiting = tx.rosters.waiting(partnership_id=kept.partnership_id, by=me().user_id)
        if waiting >= MOST_WAITING:
            flash(TOO_MANY, "important")
            return redirect(roster_url(book, "roster.overview"), 303)
        with store.begin() as tx:
            newest = next(iter(tx.rosters.versions(partnership_id=kept.partnership_id, plan_id=kept.plan_id)), None)
            version_id = tx.rosters.ask(
                partnership_id=kept.partnership_id, plan_id=kept.plan_id, request=request_document(asked), note=note, by=me().user_id,
                based_on=book.number or None,
            )  # fmt: skip
            tx.events.record(
                partnership_id=kept.partnership_id, by=me().user_id, action="roster asked for", subject=f"roster {version_id}",
                detail={"plan": kept.plan_id, "from": book.number},
            )  # fmt: skip
        seen = request.form.get("newest", "")
        if newest is not None and seen.isdecimal() and newest.id > int(seen):
            flash(
                f"Roster {version_id} is asked for. Somebody asked for roster {newest.id} meanwhile: both are kept side by side.",
                "important",
            )
        else:
            flash(
                f"Roster {version_id} is asked for. The roster that people work by stays as it is until you put another to work.", "success"
            )
        return redirect(url_for("roster.overview", partnership_id=kept.partnership_id, plan_id=kept.plan_id, version=version_id), 303)

    def try_to_ask(book: Book, asked: RosterRequest, note: str, beside: Field) -> Response | None:
        """Ask for it; None where it cannot be, with why not beside a field."""
        faults = list(dict.fromkeys(wish_faults(asked_world(book.kept.facts.world, asked), book.kept.facts.amounts, asked)))
        if not faults:
            return ask_for(book, asked, note)
        beside.errors = faults
        return None

    @routes.post(f"{ROSTER}/ask")
    @CHANGE
    def ask(partnership_id: int, plan_id: int) -> Answer:
        """Have names put to a plan that holds none."""
        return ask_for(find(partnership_id, plan_id), RosterRequest(), "Names for the plan.")

    @routes.get(f"{ROSTER}/change")
    @CHANGE
    def change(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        return show(book, "change", "change", form=wish_form(book, person=request.args.get("person", "")), swap=swap_form(book))

    @routes.post(f"{ROSTER}/change")
    @CHANGE
    def ask_change(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        form = wish_form(book)
        if form.validate():
            one = book.person(int(form.person.data))
            assert one is not None
            wish = Wish(
                kind=WishKind(form.kind.data), person_id=one[1].person.person_id, recipient=form.recipient.data,
                half_term=int(form.half_term.data) if form.half_term.data else None,
            )  # fmt: skip
            answer = try_to_ask(book, book.request.with_wishes(wish), rosters.wish_said(book, wish), form.person)
            if answer is not None:
                return answer
        return show(book, "change", "change", 422, form=form, swap=swap_form(book, is_sent=False))

    @routes.post(f"{ROSTER}/swap")
    @CHANGE
    def swap(partnership_id: int, plan_id: int) -> Answer:
        """Two people of a service go to each other's school."""
        book = find(partnership_id, plan_id)
        form = swap_form(book)
        if form.validate():
            (service, one, at), (other_service, other, other_at) = links_of(book)[form.first.data], links_of(book)[form.second.data]
            if service != other_service or one == other or at == other_at:
                form.second.errors = ["Choose two people of one service at two schools or zones."]
            else:
                wishes = tuple(
                    Wish(kind=WishKind.COMES, person_id=p, recipient=r) for p, r in ((one, other_at), (other, at))
                )  # fmt: skip
                asked = swapped(book.request, (one, at), (other, other_at)).with_wishes(*wishes)
                names = [book.named(p).name for p in (one, other)]
                where = [rosters.place(book, r) for r in (at, other_at)]
                answer = try_to_ask(book, asked, f"{names[0]} and {names[1]} swap {where[0]} and {where[1]}.", form.second)
                if answer is not None:
                    return answer
        return show(book, "change", "change", 422, form=wish_form(book, is_sent=False), swap=form)

    @routes.post(f"{ROSTER}/take-back")
    @CHANGE
    def take_back(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        index = request.form.get("wish", "")
        if not (index.isascii() and index.isdecimal() and len(index) < 6 and int(index) < len(book.request.wishes)):
            flash("Nothing of the kind is asked of this roster, so nothing was changed.", "important")
            return redirect(roster_url(book, "roster.overview"), 303)
        wish = book.request.wishes[int(index)]
        return ask_for(book, book.request.without(wish), f"Taken back: {rosters.wish_said(book, wish)}")

    @routes.get(f"{ROSTER}/settings")
    @CHANGE
    def settings(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        metres = book.request.non_driver_reach_metres
        data = {"most_schools": text_of(book.request.most_schools), "reach_km": "" if metres is None else str(metres // METRES)}
        return show_settings(book, SettingsForm(data=data))

    @routes.post(f"{ROSTER}/settings")
    @CHANGE
    def set_settings(partnership_id: int, plan_id: int) -> Answer:
        book, form = find(partnership_id, plan_id), SettingsForm()
        answer = None
        if form.validate():
            reach = whole(form.reach_km.data, most=MOST_KM)
            asked = RosterRequest(
                wishes=book.request.wishes, people=book.request.people, most_schools=whole(form.most_schools.data, most=99),
                non_driver_reach_metres=None if reach is None else reach * METRES,
            )  # fmt: skip
            answer = try_to_ask(book, asked, "Other settings for everybody.", form.most_schools)
        return answer or show_settings(book, form, 422)

    def show_settings(book: Book, form: SettingsForm, status: int = 200) -> Answer:
        return show(book, "settings", rosters.settings_said(book) or ("nothing",), status, form=form)

    @routes.get(f"{ROSTER}/settings/<id:number>")
    @CHANGE
    def person_settings(partnership_id: int, plan_id: int, number: int) -> Answer:
        book = find(partnership_id, plan_id)
        p = person_of(book, number).person
        pattern = {f"half_term_{h}": str(n) for h, n in enumerate(p.half_term_sessions, start=1)}
        form = PersonForm(
            data={
                "most_schools": text_of(p.most_schools), **pattern, "first": text_of(p.first_half_term), "last": text_of(p.last_half_term),
            }
        )  # fmt: skip
        return show_person_settings(book, form, number)

    @routes.post(f"{ROSTER}/settings/<id:number>")
    @CHANGE
    def set_person_settings(partnership_id: int, plan_id: int, number: int) -> Answer:
        book, form = find(partnership_id, plan_id), PersonForm()
        person, answer = person_of(book, number).person, None
        if form.validate():
            asked = book.request.with_person(form.settings(person.person_id))
            answer = try_to_ask(book, asked, f"Other settings for {person.name}.", form.most_schools)
        return answer or show_person_settings(book, form, number, 422)

    def show_person_settings(book: Book, form: PersonForm, number: int, status: int = 200) -> Answer:
        return show(book, "person_settings", person_of(book, number), status, form=form, number=number)

    @routes.post(f"{ROSTER}/use")
    @CHANGE
    def use(partnership_id: int, plan_id: int) -> Answer:
        """Put a roster to work: heads read it, and what is delivered is set against it."""
        book = find(partnership_id, plan_id)
        if book.roster is None:
            flash("This roster is not there, so nothing was changed. Wait until it is made, or ask for another.", "important")
            return redirect(roster_url(book, "roster.overview"), 303)
        try:
            with store.begin() as tx:
                tx.rosters.choose(
                    partnership_id=partnership_id, plan_id=plan_id, version_id=book.number or None, by=me().user_id,
                    instead_of=version_of(request.form.get("instead_of"), missing=NEVER),
                )  # fmt: skip
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="roster put to work", subject=name_of_roster(book.number),
                    detail={"plan": plan_id},
                )  # fmt: skip
        except ChangedMeanwhile:
            with store.read() as tx:
                view = rosters.overview(tx, book)
            return show(book, "overview", view, 409, fault=CHOSEN_MEANWHILE)
        flash(f"People work by {name_of_roster(book.number)} now. Heads read their part of it.", "success")
        return redirect(url_for("roster.overview", partnership_id=partnership_id, plan_id=plan_id), 303)

    # --- what was delivered ---

    @routes.get(f"{ROSTER}/delivered")
    @READ
    def delivered(partnership_id: int, plan_id: int) -> Answer:
        book = find(partnership_id, plan_id)
        return show(book, "delivered", deliveries.delivered_view(book))

    @routes.get(f"{ROSTER}/delivered/<id:number>/<id:half_term>")
    @CHANGE
    def enter(partnership_id: int, plan_id: int, number: int, half_term: int) -> Answer:
        book = of_person(find(partnership_id, plan_id), number, half_term)
        return show(book, "enter", deliveries.enter_view(book, number, half_term, {}, {}), fault="")

    @routes.post(f"{ROSTER}/delivered/<id:number>/<id:half_term>")
    @CHANGE
    def enter_now(partnership_id: int, plan_id: int, number: int, half_term: int) -> Answer:
        book = of_person(find(partnership_id, plan_id), number, half_term)
        found = book.person(number)
        assert found is not None
        typed = {r: request.form.get(f"given-{r}", "").strip() for r in deliveries.recipients_of(book, number, half_term)}
        given, faults = read_numbers(typed)
        if faults:
            return show(book, "enter", deliveries.enter_view(book, number, half_term, typed, faults), 422, fault="")
        person_id = found[1].person.person_id
        try:
            with store.begin() as tx:
                new = tx.rosters.enter_delivered(
                    partnership_id=partnership_id, plan_id=plan_id, person_id=person_id, half_term=half_term, half_days=given,
                    by=me().user_id, seen=version_of(request.form.get("seen"), missing=NEVER),
                )  # fmt: skip
                if new:
                    tx.events.record(
                        partnership_id=partnership_id, by=me().user_id, action="delivered half-days entered", subject=f"plan {plan_id}",
                        detail={"person": person_id, "half_term": half_term, "half_days": given},
                    )  # fmt: skip
        except ChangedMeanwhile:
            now = find(partnership_id, plan_id)
            return show(now, "enter", deliveries.enter_view(now, number, half_term, typed, {}), 409, fault=ENTERED_MEANWHILE)
        flash("What was delivered is kept." if new else "Nothing was changed.", "success" if new else "important")
        return redirect(roster_url(book, "roster.delivered"), 303)

    return routes


def person_of(book: Book, number: int) -> Practitioner:
    """Somebody in post by their number; 404 where the book has no such person."""
    found = book.person(number)
    if found is None:
        abort(404)
    return found[1]


def of_person(book: Book, number: int, half_term: int) -> Book:
    """The same book; 404 where it has no such person, or the year no such half-term."""
    if book.person(number) is None or half_term > HALF_TERMS:
        abort(404)
    return book


def read_numbers(typed: dict[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Recipient -> half-days, and what is wrong with those that are no number; blanks are left out."""
    given: dict[str, int] = {}
    faults: dict[str, str] = {}
    for recipient, text in typed.items():
        try:
            n = whole(text, most=MOST_HALF_DAYS)
        except ValidationError as error:
            faults[recipient] = str(error)
        else:
            given |= {} if n is None else {recipient: n}
    return given, faults


def version_asked_for() -> int | None:
    """The roster in the address, None for the one people work by; 404 where it is no number."""
    text = request.args.get("version", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):
        abort(404)
    return int(text) if text else None


def text_of(number: int | None) -> str:
    """A number for a field."""
    return "" if number is None else str(number)


def wish_form(book: Book, *, person: str = "", is_sent: bool = True) -> WishForm:
    """The form about one person and one place, with everybody in post and everywhere that gets time."""
    form = WishForm(data={"person": person}) if is_sent else WishForm(formdata=None)
    form.person.choices = [
        SelectChoice("", "Choose a person"), *(SelectChoice(str(n), f"{one.person.name}, {service.name}") for n, service, one in book.people),
    ]  # fmt: skip
    recipients = {r for (r, _), n in book.kept.facts.amounts.sessions.items() if n}
    form.recipient.choices = [
        SelectChoice("", "Choose a school or zone"), *(SelectChoice(r, rosters.place(book, r)) for r in book.kept.facts.names if r in recipients),
    ]  # fmt: skip
    return form


def links_of(book: Book) -> dict[str, tuple[str, str, str]]:
    """Every person at every school or zone now: the value in a form -> service, person, recipient."""
    found: dict[str, tuple[str, str, str]] = {}
    for number, service, one in book.people:
        for recipient in rosters.given_to(book, service, one.person.person_id):
            found[f"{number}-{recipient}"] = (service.service_id, one.person.person_id, recipient)
    return found


def swap_form(book: Book, *, is_sent: bool = True) -> SwapForm:
    """The form about two people at two places."""
    form = SwapForm() if is_sent else SwapForm(formdata=None)
    choices = [
        SelectChoice(value, f"{book.named(p).name} at {rosters.place(book, r)}") for value, (_, p, r) in links_of(book).items()
    ]  # fmt: skip
    form.first.choices = form.second.choices = [SelectChoice("", "Choose who goes where now"), *choices]
    return form


def swapped(asked: RosterRequest, *links: tuple[str, str]) -> RosterRequest:
    """What is asked without the wishes that held two people where they were."""
    for wish in asked.wishes:
        if wish.kind is WishKind.COMES and (wish.person_id, wish.recipient) in links:
            asked = asked.without(wish)
    return asked
