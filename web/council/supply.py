"""The council's own supply: posts of its services and its specialist bases, each change a new version of the figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from planner.documents import to_plain
from planner.errors import ChangedMeanwhile
from planner.intake.parsing import ENTERED
from planner.partnership import Base, BaseKind, DecisionRight, Partnership, Person, Phase, Service, Source
from planner.store import Store
from web.access import Permission, me, requires
from web.bring.findings import clash
from web.council.forms import NEW, BaseForm, PostForm, Wholes
from web.council.supply_presenters import own_bases, own_services, supply_view
from web.shelf import Figures
from web.wiring import Wiring
from web.words import today

SUPPLY = "/partnerships/<id:partnership_id>/council-supply"
ENTERS = requires(Permission.ENTER_COUNCIL_SUPPLY)
Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A row that was entered, and which of its columns hold what somebody entered."""

    sheet: str
    key: str
    columns: tuple[str, ...]


def add_supply(routes: Blueprint, wiring: Wiring) -> None:
    """Add the routes of the council's supply."""
    store, shelf = wiring.store, wiring.shelf

    def found(partnership_id: int) -> Figures:
        """The newest figures; 404 where there are none."""
        figures = shelf.figures(partnership_id)
        if figures is None:
            abort(404)
        return figures

    @routes.get(SUPPLY)
    @ENTERS
    def supply(partnership_id: int) -> Answer:
        return render_template("council/supply.html", view=supply_view(shelf.figures(partnership_id), partnership_id))

    @routes.get(f"{SUPPLY}/post")
    @ENTERS
    def post(partnership_id: int) -> Answer:
        figures = found(partnership_id)
        form = _with_services(PostForm(), figures)
        _fill_post(form, figures, request.args.get("post", ""))
        return ask("post", form, figures, 200)

    @routes.post(f"{SUPPLY}/post")
    @ENTERS
    def enter_post(partnership_id: int) -> Answer:
        figures = found(partnership_id)
        form = _with_services(PostForm(), figures)
        if not form.validate():
            return ask("post", form, figures, 422)
        return take("post", form, figures, lambda p: _with_post(p, form))

    @routes.get(f"{SUPPLY}/base")
    @ENTERS
    def base(partnership_id: int) -> Answer:
        figures = found(partnership_id)
        form = _with_hosts(BaseForm(), figures)
        _fill_base(form, figures, request.args.get("base", ""))
        return ask("base", form, figures, 200)

    @routes.post(f"{SUPPLY}/base")
    @ENTERS
    def enter_base(partnership_id: int) -> Answer:
        figures = found(partnership_id)
        form = _with_hosts(BaseForm(), figures)
        if not (form.validate() and _fits_its_host(form, figures.world.partnership)):
            return ask("base", form, figures, 422)
        return take("base", form, figures, lambda p: _with_base(p, form))

    def ask(what: str, form: Wholes, figures: Figures, status: int, *, fault: str = "", theirs: int | None = None) -> Answer:
        form.based_on.data = str(figures.version.version)
        return render_template(
            f"council/{what}.html", form=form, fault=fault, theirs=theirs, partnership=figures.world.partnership.name
        ), status

    def take(what: str, form: Wholes, figures: Figures, change: Callable[[Partnership], Partnership]) -> Answer:
        """Make the change to the figures that the page showed, and keep it as the next version."""
        new = change(figures.world.partnership)
        here = figures.version.partnership_id
        if to_plain(new) == to_plain(figures.world.partnership):
            return ask(what, form, figures, 422, fault="Nothing differs from the figures that are here. Change something, or go back.")
        why = clash(new, figures.world.policy)
        if why:
            return ask(what, form, figures, 422, fault=f"It does not fit the partnership's other figures. {why}")
        try:
            version = _keep(store, figures, new, seen=form.based_on.data, note=form["note"].data)
        except ChangedMeanwhile:
            newest = found(here)
            return ask(
                what, form, newest, 409, theirs=newest.version.version,
                fault=f"Somebody else saved version {newest.version.version} of the figures while this page was open. Nothing is lost: what you typed is here. "
                "Look at it, then save it again.",
            )  # fmt: skip
        flash(f"Version {version} of the figures is saved. Plans made from now on use it; the board decides when.", "success")
        return redirect(url_for("bring.changes", partnership_id=here, version=version), 303)


def _keep(store: Store, figures: Figures, new: Partnership, *, seen: str | None, note: str) -> int:
    here, by = figures.version.partnership_id, me().user_id
    if seen != str(figures.version.version):
        raise ChangedMeanwhile("The page showed an older version.")
    with store.begin() as tx:
        made = tx.partnerships.add_version(partnership_id=here, document=to_plain(new), note=note, by=by, based_on=figures.version.version)
        tx.events.record(
            partnership_id=here, by=by, action="council supply entered", subject=f"version {made.version}", detail={"version": made.version}
        )
    return made.version


# --- posts of services -------------------------------------------------------------------


def _with_services(form: PostForm, figures: Figures) -> PostForm:
    p, policy = figures.world.partnership, figures.world.policy
    form.service.choices = [
        *(SelectChoice(s.service_id, s.name) for s in own_services(p)),
        SelectChoice(NEW, "A new service of the council"),
    ]
    form.role.choices = [SelectChoice(role.role_id, role.name) for role in policy.roles]
    return form


def _fill_post(form: PostForm, figures: Figures, person_id: str) -> None:
    """What is there already of the post that the address names."""
    p = figures.world.partnership
    own = {s.service_id: s for s in own_services(p)}
    here = next((one for one in p.people if one.person_id == person_id and one.service_id in own), None)
    if here is None:
        form.statutory.data, form.price.data = "0", "0"
        return
    form.service.data, form.name.data = here.service_id, here.name
    form.sessions.data, form.statutory.data = str(here.sessions_a_year), str(here.statutory_sessions)
    form.price.data, form.role.data = str(own[here.service_id].price_pounds_per_session), own[here.service_id].role


def _with_post(p: Partnership, form: PostForm) -> Partnership:
    """The figures with a post as it was entered: one of the same name in the service is changed, any other is added."""
    services, entered = p.services, []
    service_id = form.service.data
    if service_id == NEW:
        service_id = _short_name(form.service_name.data, {s.service_id for s in p.services} | {"grant"})
        council = f"{p.council} Council" if p.council else "The council"
        service = Service(
            service_id=service_id, name=form.service_name.data, role=form.role.data, employer=council,
            price_pounds_per_session=form.number("price"), decision_right=DecisionRight.REQUEST, request_to=council,
        )  # fmt: skip
        services = (*services, service)
        entered.append(Entered(sheet="Services", key=service_id, columns=("Price a session",)))
    sessions, statutory = form.number("sessions"), form.number("statutory")
    before = next((one for one in p.people if one.service_id == service_id and one.name == form.name.data), None)
    if before is None:
        taken = {one.person_id for one in p.people}
        person = Person(
            person_id=_short_name(form.name.data, taken), service_id=service_id, name=form.name.data, sessions_a_year=sessions,
            statutory_sessions=statutory,
        )  # fmt: skip
        people = (*p.people, person)
    else:
        by_half_term = before.half_term_sessions if before.sessions_a_year == sessions else ()
        person = replace(before, sessions_a_year=sessions, statutory_sessions=statutory, half_term_sessions=by_half_term)
        people = tuple(person if one is before else one for one in p.people)
    if person != before:
        columns = ("Sessions a year", "Statutory sessions")
        entered.append(Entered(sheet="People", key=person.person_id, columns=columns))
    return replace(p, services=services, people=people, sources=sources_with(p.sources, entered))


# --- specialist bases --------------------------------------------------------------------


def _with_hosts(form: BaseForm, figures: Figures) -> BaseForm:
    p, policy = figures.world.partnership, figures.world.policy
    form.host.choices = [SelectChoice("", "Choose a school"), *(SelectChoice(str(school.urn), school.name) for school in p.schools)]
    form.needs.choices = [SelectChoice(need.code, need.name) for need in policy.need_types]
    return form


def _fill_base(form: BaseForm, figures: Figures, base_id: str) -> None:
    """What is there already of the base that the address names."""
    here = next((one for one in own_bases(figures.world.partnership) if one.base_id == base_id), None)
    if here is None:
        form.places.data, form.pupils.data = "0", "0"
        return
    form.base.data, form.name.data, form.host.data, form.phase.data = here.base_id, here.name, str(here.host_urn), here.phase.value
    form.needs.data, form.is_open.data = list(here.needs), "yes" if here.is_open else "no"
    form.places.data, form.pupils.data, form.funding.data = str(here.places_now), str(here.pupils_now), str(here.place_funding_pounds)
    form.sizes.data = ", ".join(str(size) for size in here.sizes)


def _fits_its_host(form: BaseForm, p: Partnership) -> bool:
    host = next(school for school in p.schools if str(school.urn) == form.host.data)
    if host.phase in {Phase.ALL_THROUGH, Phase(form.phase.data)}:
        return True
    form.phase.errors = [f"{host.name} is a {host.phase.value} school: choose that phase, or another host."]
    return False


def _with_base(p: Partnership, form: BaseForm) -> Partnership:
    """The figures with a specialist base as it was entered, changed or added."""
    before = next((one for one in own_bases(p) if one.base_id == form.base.data), None)
    values = {
        "name": form.name.data, "host_urn": int(form.host.data), "phase": Phase(form.phase.data), "needs": tuple(form.needs.data),
        "is_open": form.is_open.data == "yes", "places_now": form.number("places"), "pupils_now": form.number("pupils"),
        "sizes": form.listed_sizes(), "place_funding_pounds": form.number("funding"),
    }  # fmt: skip
    if before is None:
        taken = {one.base_id for one in p.bases}
        council = f"{p.council} Council" if p.council else "The council"
        base = Base(
            base_id=_short_name(form.name.data, taken), kind=BaseKind.SPECIALIST, decision_right=DecisionRight.REQUEST, request_to=council,
            **values,
        )  # fmt: skip
        bases = (*p.bases, base)
    else:
        opens = 1 if values["is_open"] else before.opens_in_half_term
        base = replace(before, opens_in_half_term=opens, **values)
        bases = tuple(base if one is before else one for one in p.bases)
    if base == before:
        return p
    columns = ("Places now", "Pupils now", "Possible sizes", "Place funding")
    return replace(p, bases=bases, sources=sources_with(p.sources, [Entered(sheet="Bases", key=base.base_id, columns=columns)]))


# --- how ---------------------------------------------------------------------------------


def sources_with(before: tuple[Source, ...], entered: Iterable[Entered]) -> tuple[Source, ...]:
    """The sources with those of entered figures: whatever was assumed of them is so no longer."""
    new = [
        Source(sheet=one.sheet, key=one.key, column=column, value="", source=ENTERED, date=today().isoformat(), is_assumed=False)
        for one in entered
        for column in one.columns
    ]
    replaced = {(one.sheet, one.key, one.column) for one in new}
    return (*(one for one in before if (one.sheet, one.key, one.column) not in replaced), *new)


def _short_name(name: str, taken: set[str]) -> str:
    """A short name that no other row has."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:40] or "council"
    return next(word for word in (plain, *(f"{plain}_{n}" for n in range(2, len(taken) + 3))) if word not in taken)
