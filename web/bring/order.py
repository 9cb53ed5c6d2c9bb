"""Build a partnership from the Department's files, once its schools are chosen; then come the findings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.documents import from_plain
from planner.errors import InputMustBeMended
from planner.intake.apart import BuildOrder, Built, DfeDownload, build_apart
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.intake.policy_checks import check_against_policy
from planner.intake.school_register import RegisterSchool
from planner.partnership import Partnership
from planner.policy import Policy
from planner.store import Transaction
from web.access import Permission, requires
from web.bring.dfe_presenters import in_use, school_words
from web.bring.findings import Found
from web.bring.forms import FEWEST_SCHOOLS, MOST_NEAR_SCHOOLS, BuildForm
from web.bring.frame import frame
from web.bring.register import Register
from web.bring.uploads import add_upload, policy_document
from web.shelf import policy_of
from web.tables import TableView, row, table, words
from web.wiring import Wiring

ORDER = "/partnerships/<id:partnership_id>/build/order"
Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which schools to build from: ``count`` round ``near``, or those listed; in words and as a table."""

    near: int | None
    count: int | None
    urns: tuple[int, ...] | None
    sentence: str
    schools: TableView


def add_order(routes: Blueprint, wiring: Wiring, register: Register) -> None:
    """Add the routes of building."""
    store = wiring.store

    @routes.get(ORDER)
    @requires(Permission.UPLOAD)
    def order(partnership_id: int) -> Answer:
        if not register.schools():
            return redirect(url_for("bring.choose", partnership_id=partnership_id), 303)
        form = BuildForm()
        with store.read() as tx:
            here = tx.partnerships.partnership(partnership_id=partnership_id)
            newest = tx.partnerships.latest(partnership_id=partnership_id)
        form.name.data = here.name if here else ""
        form.academic_year.data = newest.partnership().academic_year if newest else BuildOrder(downloads=()).academic_year
        return show_order(partnership_id, form, 200)

    @routes.post(ORDER)
    @requires(Permission.UPLOAD)
    def build_it(partnership_id: int) -> Answer:
        form, chosen = BuildForm(), choice()
        if not form.validate():
            return show_order(partnership_id, form, 422)
        with store.read() as tx:
            downloads = downloads_of(tx)
            document, policy = policy_document(tx, partnership_id), policy_of(tx.policies.latest(partnership_id=partnership_id))
        wanted = BuildOrder(
            downloads=downloads, urns=chosen.urns, near_urn=chosen.near, count=chosen.count,
            academic_year=form.academic_year.data, name=form.name.data,
        )  # fmt: skip
        try:
            built = build_apart(wanted, document)
            with store.begin() as tx:
                upload_id = add_upload(
                    tx,
                    partnership_id,
                    f"{chosen.sentence}, from the Department for Education's files",
                    b"",
                    found_in_build(built, policy),
                    built.partnership_document,
                )
        except InputMustBeMended as refused:
            return show_order(partnership_id, form, 422, fault=str(refused))
        return redirect(url_for("bring.upload", partnership_id=partnership_id, upload_id=upload_id), 303)

    def show_order(partnership_id: int, form: BuildForm, status: int, *, fault: str = "") -> Answer:
        chosen = choice()
        with store.read() as tx:
            return render_template(
                "bring/order.html", frame=frame(tx, partnership_id, "bring.order"), form=form, chosen=chosen, fault=fault
            ), status  # fmt: skip

    def choice() -> Chosen:
        """What the address asks for; 404 where it asks for nothing that can be built."""
        known = {school.urn: school for school in register.schools()}
        listed = re.fullmatch(r"\d{5,7}(,\d{5,7})*", request.args.get("urns", ""), re.ASCII)
        if listed:
            urns = tuple(int(word) for word in listed[0].split(","))
            if not FEWEST_SCHOOLS <= len(set(urns)) <= MOST_NEAR_SCHOOLS:
                abort(404)
            return Chosen(near=None, count=None, urns=urns, sentence=f"{len(urns)} listed schools", schools=_listed(urns, known))
        near, count = request.args.get("near", 0, type=int), request.args.get("count", 0, type=int)
        if near not in known or not FEWEST_SCHOOLS <= count <= MOST_NEAR_SCHOOLS:
            abort(404)
        return Chosen(
            near=near, count=count, urns=None, sentence=f"{known[near].name} and {_others(count - 1)} nearest to it", schools=_listed((near,), known)
        )  # fmt: skip


def _others(number: int) -> str:
    return "the school" if number == 1 else f"the {number} schools"


def downloads_of(tx: Transaction) -> tuple[DfeDownload, ...]:
    """The files that a build reads."""
    kept = [tx.dfe_files.file(file_id=one.id) for one in in_use(tx.dfe_files.files())]
    return tuple(DfeDownload(kind=one.kind, file_name=one.file_name, content=one.content) for one in kept if one is not None)


def found_in_build(built: Built, policy: Policy) -> Found:
    """What is worth knowing about a partnership that was built."""
    partnership: Partnership = from_plain(Partnership, built.partnership_document)
    findings = check_against_policy(partnership, policy)
    must_mend = tuple(
        PlacedFinding(level=one.level, sheet=one.sheet, row=None, column=one.column, what=one.what, mend=one.mend)
        for one in findings
        if one.level is Level.MUST_MEND
    )
    look_at = tuple(f"{one.sheet}: {one.what} {one.mend}" for one in findings if one.level is not Level.MUST_MEND)
    return Found(findings=must_mend, is_built=True, notes=(*built.notes, *look_at), joins=built.joins)


def _listed(urns: tuple[int, ...], known: dict[int, RegisterSchool]) -> TableView:
    return table(
        "The schools you listed" if len(urns) > 1 else "The school in the middle",
        words("School", "What the register says"),
        [
            row(known[urn].name, school_words(known[urn])) if urn in known
            else row(f"URN {urn}", "Not an open mainstream state school. If the register has it, it is left out; if not, correct the URN")
            for urn in urns
        ],
    )  # fmt: skip
