"""The words of the pages of requests."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Changed, Granter, Role, Transaction
from planner.store.requests import Request
from web.access import Permission, User
from web.names import name_of, partnership_name, school_name
from web.navigation import Step, proposals_steps
from web.requests.granted import Elsewhere, Ready
from web.tables import Fact, TableCell, TableView, row, table, words
from web.words import moment, upper_first

_MAY = {
    Granter.BOARD: Permission.SET_POLICY, Granter.COUNCIL: Permission.ENTER_COUNCIL_SUPPLY,
    Granter.SERVICE_MANAGER: Permission.CHANGE_PEOPLE_AND_ROSTER,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsView:
    """Requests that somebody can grant, and those that they made."""

    partnership: str
    steps: tuple[Step, ...]
    tables: tuple[TableView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request."""

    partnership: str
    number: int
    what: str
    facts: tuple[Fact, ...]
    answer: str
    may_answer: bool
    changes: TableView | None
    sentences: tuple[str, ...]
    link: str
    href: str
    seen: str


def may_grant(user: User, one: Request) -> bool:
    """Whether somebody is who can grant a request."""
    if one.kind is Granter.HEAD:
        return Role.HEAD in user.roles_in(one.partnership_id) and one.granter_urn in user.urns_in(one.partnership_id)
    return user.may(_MAY[one.kind], one.partnership_id)


def may_read(user: User, one: Request) -> bool:
    """Who asked and who can grant it."""
    return one.asked_by == user.user_id or may_grant(user, one)


def requests_view(tx: Transaction, names: dict[int, str], partnership_id: int, user: User) -> RequestsView:
    """Both lists; what waits stands first."""
    everything = sorted(tx.requests.requests_of(partnership_id=partnership_id), key=lambda one: one.answered_at is not None)

    def shown(caption: str, found: list[Request], empty: str) -> TableView:
        return table(
            caption, words("Request", "From", "Asked of", "Asked", "Answer"),
            [
                row(
                    TableCell(text=f"{one.id}. {one.what}", href=url_for("requests.one", partnership_id=partnership_id, request_id=one.id)),
                    _whose(tx, names, one), upper_first(one.granter), moment(one.asked_at), _tag(one),
                )
                for one in found
            ],
            empty=empty,
        )  # fmt: skip

    return RequestsView(
        partnership=partnership_name(tx, partnership_id),
        steps=proposals_steps(partnership_id, "requests.requests"),
        tables=(
            shown("For you to answer", [one for one in everything if may_grant(user, one)], "Nobody has asked for anything that you can grant."),
            shown(
                "Asked by you", [one for one in everything if one.asked_by == user.user_id],
                "You have asked for nothing. Where rules clash in a draft, it says who could make room, and you can ask them there.",
            ),
        ),
    )  # fmt: skip


def request_view(tx: Transaction, names: dict[int, str], one: Request, user: User, yes: Ready | Elsewhere) -> RequestView:
    """One request as somebody reads it, with what a yes to it changes now, or has changed."""
    said = (
        "" if one.answered_at is None else f"{_tag(one).text}, by {name_of(tx, one.answered_by)}, {moment(one.answered_at)}. {one.answer}"
    )
    ready = yes if isinstance(yes, Ready) and one.answered_at is None else None
    sentences, link, href = _leads_to(one, yes)
    return RequestView(
        partnership=partnership_name(tx, one.partnership_id),
        number=one.id,
        what=one.what,
        facts=(
            Fact(label="From", text=_whose(tx, names, one)),
            Fact(label="Asked of", text=upper_first(one.granter)),
            Fact(label="Asked", text=moment(one.asked_at)),
            Fact(label="What would follow", text=one.price),
        ),
        answer=said,
        may_answer=one.answered_at is None and may_grant(user, one),
        changes=None
        if ready is None
        else table("What a yes changes", words("What", "Was", "Now"), [row(*line) for line in ready.lines], is_caption_hidden=True),
        sentences=sentences,
        link=link,
        href=href,
        seen="" if ready is None else ready.seen,
    )


def _leads_to(one: Request, yes: Ready | Elsewhere) -> tuple[tuple[str, ...], str, str]:
    """Where a yes leads, or has led: sentences, and a link with its address."""
    here = one.partnership_id
    if one.version is not None:
        of_policy = one.changed is Changed.POLICY
        what = f"version {one.version} of the {'policy' if of_policy else 'figures'}"
        href = url_for(
            "bring.policy_changes" if of_policy else "bring.changes", partnership_id=here, version=one.version
        ) if one.version > 1 else ""  # fmt: skip
        return (f"The yes made {what}. It counts for the next plan; plans that are made already stay as they are.",), f"See {what}", href
    if one.answered_at is not None and not one.is_granted:
        return (), "", ""
    if isinstance(yes, Elsewhere):
        return yes.sentences, yes.link, yes.href
    made = "a new version of the policy" if yes.of is Changed.POLICY else "a new version of the figures"
    if one.answered_at is None:
        return (f"A yes makes {made}, which counts for the next plan. Plans that are made already stay as they are.",), "", ""
    return (f"When the yes was given it changed nothing; it would now make {made}. Ask again, and a yes does.",), "", ""


def _tag(one: Request) -> TableCell:
    if one.answered_at is None:
        return TableCell(text="Waits", tag="yellow")
    return TableCell(text="Yes", tag="green") if one.is_granted else TableCell(text="No", tag="grey")


def _whose(tx: Transaction, names: dict[int, str], one: Request) -> str:
    name = upper_first(name_of(tx, one.asked_by))
    return name if one.urn is None else f"{name}, {school_name(names, one.urn)}"
