"""Choose the schools to build from: those round one school, or a list."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.intake.reading import clean_text
from planner.intake.school_register import schools_on_register
from web.access import Permission, requires
from web.bring.dfe_presenters import more_hint, school_words, search_hint
from web.bring.forms import ListForm, NearForm
from web.bring.frame import frame
from web.bring.register import Register
from web.wiring import Wiring

BUILD = "/partnerships/<id:partnership_id>/build"
MOST_FOUND = 20
USUAL_COUNT = "15"
Answer = str | Response | tuple[str, int]


def add_build(routes: Blueprint, wiring: Wiring, register: Register) -> None:
    """Add the routes of choosing schools."""
    store = wiring.store

    @routes.get(BUILD)
    @requires(Permission.UPLOAD)
    def build(partnership_id: int) -> Answer:
        return show_ways(partnership_id, ListForm(), 200)

    @routes.post(BUILD)
    @requires(Permission.UPLOAD)
    def list_schools(partnership_id: int) -> Answer:
        form = ListForm()
        if not form.validate():
            return show_ways(partnership_id, form, 422)
        urns = ",".join(map(str, form.listed()))
        return redirect(url_for("bring.order", partnership_id=partnership_id, urns=urns), 303)

    def show_ways(partnership_id: int, form: ListForm, status: int) -> Answer:
        if not register.schools():
            return redirect(url_for("bring.choose", partnership_id=partnership_id), 303)
        with store.read() as tx:
            return render_template(
                "bring/build.html", frame=frame(tx, partnership_id, "bring.build"), form=form, find_hint=search_hint(register.schools())
            ), status  # fmt: skip

    @routes.get(f"{BUILD}/near")
    @requires(Permission.UPLOAD)
    def near(partnership_id: int) -> Answer:
        if not register.schools():
            return redirect(url_for("bring.choose", partnership_id=partnership_id), 303)
        form = NearForm()
        form.count.data = USUAL_COUNT
        return show_near(partnership_id, form, clean_text(request.args.get("find", "")), 200)

    @routes.post(f"{BUILD}/near")
    @requires(Permission.UPLOAD)
    def choose_near(partnership_id: int) -> Answer:
        form, find = NearForm(), clean_text(request.form.get("find", ""))
        form.near.choices = [(str(school.urn), school.name) for school in schools_on_register(register.schools(), find, most=MOST_FOUND)]
        if not form.validate():
            return show_near(partnership_id, form, find, 422)
        return redirect(url_for("bring.order", partnership_id=partnership_id, near=form.near.data, count=form.count.data), 303)

    def show_near(partnership_id: int, form: NearForm, find: str, status: int) -> Answer:
        found = schools_on_register(register.schools(), find, most=MOST_FOUND + 1)
        form.near.choices = [(str(school.urn), school.name) for school in found[:MOST_FOUND]]
        if len(found) == 1 and not form.is_submitted():
            form.near.data = str(found[0].urn)
        with store.read() as tx:
            return render_template(
                "bring/near.html", frame=frame(tx, partnership_id, "bring.near"), form=form, find=find,
                hints=[school_words(school) for school in found[:MOST_FOUND]], find_hint=search_hint(register.schools()), more_hint=more_hint(register.schools()) if len(found) > MOST_FOUND else "",
            ), status  # fmt: skip
