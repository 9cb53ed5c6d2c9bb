"""The words of the pages of proposals."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Role, Transaction
from planner.store.proposals import Proposal, ProposalRow
from planner.words import most_points
from web.access import ROLE_NAMES, Permission, User
from web.fates import Fate, fates
from web.names import name_of, partnership_name, school_name, whose
from web.navigation import Step, proposals_steps
from web.tables import TableCell, TableView, row, table, words
from web.try_it.results import Result, result_of
from web.words import moment, upper_first

HEADS_AND_BOARD = "Heads and members of the board can comment on it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalsView:
    """All proposals, newest first."""

    partnership: str
    steps: tuple[Step, ...]
    table: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """One comment: who in which role and when, on what, in which words; a withdrawn one keeps its place without its words."""

    who_and_when: str
    about: str
    text: str
    withdrawn: str
    withdraw_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """One proposal, frozen as it was sent."""

    partnership: str
    number: int
    title: str
    sent: str
    withdrawn: str
    why: str
    changes: tuple[str, ...]
    result: Result
    plan: str
    plan_href: str
    may_withdraw: bool
    fate: Fate
    comments: tuple[CommentView, ...]
    may_comment: bool
    cannot_comment: str
    comment_href: str


def proposals_view(tx: Transaction, names: dict[int, str], partnership_id: int) -> ProposalsView:
    """The list."""
    sent = tx.proposals.proposals_of(partnership_id=partnership_id)
    stand = fates(tx, sent, partnership_id)
    return ProposalsView(
        partnership=partnership_name(tx, partnership_id),
        steps=proposals_steps(partnership_id, "proposals.proposals"),
        table=table(
            "Proposals to the board", words("Proposal", "From", "Sent", "How close to the best its rules allow", "State"),
            [
                row(
                    TableCell(text=f"{one.id}. {one.title}", href=url_for("proposals.proposal", partnership_id=partnership_id, proposal_id=one.id)),
                    whose(tx, names, one), moment(one.submitted_at), f"Within {most_points(one.gap_points)} points of need",
                    TableCell(text=stand[one.id].word, tag=stand[one.id].colour),
                )
                for one in sent
            ],
            is_caption_hidden=True,
        ),
    )  # fmt: skip


def proposal_view(tx: Transaction, names: dict[int, str], one: Proposal, user: User) -> ProposalView:
    """One proposal as somebody reads it, with what was said of it and of the plan that it was kept as."""
    fate = fates(tx, (one,), one.partnership_id)[one.id]
    may_comment, is_before = user.may(Permission.COMMENT, one.partnership_id), is_before_the_board(one, fate)
    return ProposalView(
        partnership=partnership_name(tx, one.partnership_id),
        number=one.id,
        title=one.title,
        sent=f"Sent by {whose(tx, names, one)}, {moment(one.submitted_at)}.",
        withdrawn=f"Withdrawn {moment(one.withdrawn_at)}." if one.withdrawn_at else "",
        why=one.why,
        changes=tuple(one.changes),
        result=result_of(one.found, "" if one.urn is None else school_name(names, one.urn)),
        plan=f"plan {one.plan_id}",
        plan_href=url_for("plans.summary_page", partnership_id=one.partnership_id, plan_id=one.plan_id),
        may_withdraw=one.author == user.user_id and one.withdrawn_at is None,
        fate=fate,
        comments=(*_on_proposal(tx, one, user, is_before=is_before), *_on_plan(tx, one.partnership_id, fate)),
        may_comment=may_comment and is_before,
        cannot_comment=HEADS_AND_BOARD if is_before and not may_comment else "",
        comment_href=f"{fate.href}#comments" if may_comment and fate.is_open else "",
    )


def own_proposals(tx: Transaction, partnership_id: int, urn: int) -> TableView | None:
    """What became of everything that was proposed from a school; None where nothing was."""
    sent = tuple(one for one in tx.proposals.proposals_of(partnership_id=partnership_id) if one.urn == urn)
    stand = fates(tx, sent, partnership_id)
    if not sent:
        return None
    return table(
        "What became of your proposals", words("Proposal", "Sent", "State", "What that means"),
        [
            row(
                TableCell(text=f"{one.id}. {one.title}", href=url_for("proposals.proposal", partnership_id=partnership_id, proposal_id=one.id)),
                moment(one.submitted_at), TableCell(text=stand[one.id].word, tag=stand[one.id].colour), stand[one.id].sentence,
            )
            for one in sent
        ],
    )  # fmt: skip


def is_before_the_board(one: ProposalRow, fate: Fate) -> bool:
    """Whether it waits for the board: once it is an option, it is talked about in the decision."""
    return one.withdrawn_at is None and fate.decision_id is None


def role_said(user: User, partnership_id: int) -> Role:
    """The role in which somebody speaks: that on the board before that of a head."""
    roles = user.roles_in(partnership_id)
    return next(role for role in (Role.CHAIR, Role.BOARD, Role.HEAD) if role in roles)


def _on_proposal(tx: Transaction, one: Proposal, user: User, *, is_before: bool) -> tuple[CommentView, ...]:
    """What was said of it before the board made it an option, oldest first."""
    return tuple(
        CommentView(
            who_and_when=f"{upper_first(name_of(tx, said.user_id))}, {ROLE_NAMES[said.role]}, {moment(said.said_at)}",
            about="On the proposal",
            text="" if said.withdrawn_at is not None else said.text,
            withdrawn="" if said.withdrawn_at is None else f"Withdrawn by who wrote it, {moment(said.withdrawn_at)}.",
            withdraw_href=url_for("proposals.withdraw_comment", partnership_id=one.partnership_id, proposal_id=one.id, comment_id=said.id)
            if is_before and said.user_id == user.user_id and said.withdrawn_at is None
            else "",
        )
        for said in tx.proposals.comments(proposal_id=one.id)
    )


def _on_plan(tx: Transaction, partnership_id: int, fate: Fate) -> tuple[CommentView, ...]:
    """Who said what of its plan, in every decision that it was an option of; what was withdrawn is left out."""
    if fate.plan_id is None:
        return ()
    about = reversed(tx.decisions.about(partnership_id=partnership_id, plan_id=fate.plan_id))
    said = [one for decision in about for one in tx.decisions.comments(decision_id=decision.id)]
    return tuple(
        CommentView(
            who_and_when=f"{upper_first(name_of(tx, one.user_id))}, {moment(one.said_at)}", about=f"On plan {fate.plan_id}", text=one.text,
            withdrawn="", withdraw_href="",
        )
        for one in said
        if one.plan_id == fate.plan_id and one.withdrawn_at is None
    )  # fmt: skip
