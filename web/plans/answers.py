"""The pages of what is found out about a plan: they read it, and never work it out; who may ask for more asks here."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect
from werkzeug.wrappers import Response

from planner.documents import Json
from planner.store import AnswerKind, Store
from planner.store.answers import OF_EVERY_PLAN, Answer, kinds_of_plan
from web.access import Permission, may, me, requires
from web.plans import files
from web.plans.presenters.answers import Stands, document_of, stands
from web.plans.presenters.doses import doses
from web.plans.presenters.frame import plan_url
from web.plans.presenters.one_more import one_more
from web.plans.presenters.quality import quality
from web.plans.presenters.school_why import school_why
from web.plans.presenters.trade_offs import NEEDED
from web.plans.presenters.trade_offs import trade_offs as trade_offs_view
from web.shelf import KeptPlan

ASKED_FOR = "It is asked for. It is worked out once no plan waits to be made, and takes a few minutes at most."
HOW_GOOD = (AnswerKind.CLAIMS, AnswerKind.FURTHEST, AnswerKind.CERTIFICATE)
"""Whose documents the first page shows; of the others it says only whether they are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the routes of the journey share: the store, a plan by its address, a page of it, a file of it."""

    store: Store
    find: Callable[[int, int], KeptPlan]
    show: Callable[..., str]
    send: Callable[..., Response]

    def answer(self, kept: KeptPlan, kind: AnswerKind, urn: int = 0) -> Answer | None:
        """One answer about a plan, as it stands."""
        with self.store.read() as tx:
            return tx.answers.answer(partnership_id=kept.partnership_id, plan_id=kept.plan_id, kind=kind, urn=urn)

    def sent(self, kept: KeptPlan, document: Json | None, part: str) -> Response:
        """An answer's document as its file; 404 where there is none."""
        if document is None:
            abort(404)
        return self.send(kept, files.document(document), ".json", part)


def add_answers(routes: Blueprint, plan: str, tools: Tools) -> None:
    """Add the pages about the whole plan to the journey; ``plan`` is the address of a plan."""
    store, find, show = tools.store, tools.find, tools.show
    read, board = requires(Permission.READ_PLAN), requires(Permission.RUN_PLAN)

    @routes.get(f"{plan}/how-good")
    @read
    def how_good(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            found = tx.answers.of_kinds(partnership_id=partnership_id, plan_id=plan_id, with_document=HOW_GOOD)
        return show(
            kept,
            "how_good",
            quality(kept, found, plan_file=files.file_name(kept, ".json"), may_ask=may(Permission.RUN_PLAN, partnership_id)),
        )

    @routes.get(f"{plan}/trade-offs")
    @read
    def trade_offs(partnership_id: int, plan_id: int) -> str:
        kept = find(partnership_id, plan_id)
        with store.read() as tx:
            found = tx.answers.of_kinds(partnership_id=partnership_id, plan_id=plan_id, with_document=NEEDED)
        return show(kept, "trade_offs", trade_offs_view(kept, found, may_compare=may(Permission.COMPARE, partnership_id)))

    def page(path: str, endpoint: str, kind: AnswerKind, view_of: Callable[[KeptPlan, Stands, Json | None], object]) -> None:
        @routes.get(f"{plan}/how-good/{path}", endpoint=endpoint)
        @read
        def shown(partnership_id: int, plan_id: int) -> str:
            kept = find(partnership_id, plan_id)
            answer = tools.answer(kept, kind)
            return show(kept, endpoint, view_of(kept, stands(kind, answer, may_ask=False), document_of(answer)))

    page("one-more", "one_more", AnswerKind.VALUES, one_more)
    page("doses", "doses", AnswerKind.DOSES, doses)

    @routes.post(f"{plan}/how-good/ask")
    @board
    def ask_answers(partnership_id: int, plan_id: int) -> Response:
        """Have worked out what is not there, or could not be found out before."""
        kept = find(partnership_id, plan_id)
        kinds = kinds_of_plan(schools=len(kept.facts.partnership.schools))
        with store.begin() as tx:
            asked = tx.answers.ask_all(partnership_id=partnership_id, plan_id=plan_id, kinds=kinds, by=me().user_id)
            if asked:
                tx.events.record(partnership_id=partnership_id, by=me().user_id, action="answers asked for", subject=f"plan {plan_id}")
        flash(*(("It is asked for.", "success") if asked else ("It was asked for already. Nothing was changed.", "important")))
        return redirect(plan_url(kept, "plans.how_good"), 303)

    # --- to take away ---

    @routes.get(f"{plan}/answers/<kind>.json")
    @requires(Permission.EXPORT)
    def answer_file(partnership_id: int, plan_id: int, kind: str) -> Response:
        """An answer as the commands write it; the certificate as the audit proves it again."""
        if kind not in set(OF_EVERY_PLAN):
            abort(404)
        kept = find(partnership_id, plan_id)
        if kind == AnswerKind.CERTIFICATE:
            with store.read() as tx:
                file = tx.answers.file(partnership_id=partnership_id, plan_id=plan_id, kind=AnswerKind.CERTIFICATE)
            return tools.send(kept, gzip.decompress(file), ".certificate.json") if file is not None else abort(404)
        return tools.sent(kept, document_of(tools.answer(kept, AnswerKind(kind))), kind)


def add_why(routes: Blueprint, plan: str, tools: Tools) -> None:
    """Add the pages of why, for a school."""
    store, find, show = tools.store, tools.find, tools.show

    @routes.get(f"{plan}/schools/<id:urn>/why")
    @requires(Permission.READ_PLAN)
    def why(partnership_id: int, plan_id: int, urn: int) -> str:
        kept = find(partnership_id, plan_id)
        answer = tools.answer(kept, AnswerKind.WHY, urn)
        standing = stands(AnswerKind.WHY, answer, may_ask=may(Permission.ASK_WHY, partnership_id, urn))
        return show(kept, "why", school_why(kept, urn, standing, document_of(answer)), urn=urn)

    @routes.post(f"{plan}/schools/<id:urn>/why")
    @requires(Permission.ASK_WHY)
    def ask_why(partnership_id: int, plan_id: int, urn: int) -> Response:
        """Have why worked out for a school, once for everybody who reads the plan."""
        kept = find(partnership_id, plan_id)
        if all(school.urn != urn for school in kept.facts.partnership.schools):
            abort(404)
        with store.begin() as tx:
            is_new = tx.answers.ask(partnership_id=partnership_id, plan_id=plan_id, kind=AnswerKind.WHY, urn=urn, by=me().user_id)
            if is_new:
                tx.events.record(
                    partnership_id=partnership_id, by=me().user_id, action="why asked for", subject=f"plan {plan_id}, school {urn}"
                )  # fmt: skip
        if is_new:
            flash(ASKED_FOR, "success")
        return redirect(plan_url(kept, "plans.why", urn=urn), 303)

    @routes.get(f"{plan}/schools/<id:urn>/why.json")
    @requires(Permission.EXPORT)
    def why_file(partnership_id: int, plan_id: int, urn: int) -> Response:
        kept = find(partnership_id, plan_id)
        return tools.sent(kept, document_of(tools.answer(kept, AnswerKind.WHY, urn)), f"why-{urn}")
