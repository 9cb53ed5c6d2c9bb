"""The words of the pages of proposals."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Transaction
from planner.store.proposals import Proposal, ProposalRow
from planner.words import most_points
from web.names import name_of, partnership_name, school_name
from web.navigation import Step, proposals_steps
from web.tables import TableCell, TableView, row, table, words
from web.try_it.results import Result, result_of
from web.words import moment, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalsView:
    """All proposals, newest first."""

    partnership: str
    steps: tuple[Step, ...]
    table: TableView


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


def proposals_view(tx: Transaction, names: dict[int, str], partnership_id: int) -> ProposalsView:
    """The list."""
    return ProposalsView(
        partnership=partnership_name(tx, partnership_id),
        steps=proposals_steps(partnership_id, "proposals.proposals"),
        table=table(
            "Proposals to the board", words("Proposal", "From", "Sent", "At most possible beyond it", "State"),
            [
                row(
                    TableCell(text=f"{one.id}. {one.title}", href=url_for("proposals.proposal", partnership_id=partnership_id, proposal_id=one.id)),
                    _whose(tx, names, one), moment(one.submitted_at), f"{most_points(one.gap_points)} points of need",
                    TableCell(text="Withdrawn", tag="grey") if one.withdrawn_at else TableCell(text="Before the board", tag="blue"),
                )
                for one in tx.proposals.proposals_of(partnership_id=partnership_id)
            ],
            is_caption_hidden=True,
        ),
    )  # fmt: skip


def proposal_view(tx: Transaction, names: dict[int, str], one: Proposal, reader: int) -> ProposalView:
    """One proposal as somebody reads it."""
    return ProposalView(
        partnership=partnership_name(tx, one.partnership_id),
        number=one.id,
        title=one.title,
        sent=f"Sent by {_whose(tx, names, one)}, {moment(one.submitted_at)}.",
        withdrawn=f"Withdrawn {moment(one.withdrawn_at)}." if one.withdrawn_at else "",
        why=one.why,
        changes=tuple(one.changes),
        result=result_of(one.found, "" if one.urn is None else school_name(names, one.urn)),
        plan=f"plan {one.plan_id}",
        plan_href=url_for("plans.summary_page", partnership_id=one.partnership_id, plan_id=one.plan_id),
        may_withdraw=one.author == reader and one.withdrawn_at is None,
    )


def _whose(tx: Transaction, names: dict[int, str], one: ProposalRow) -> str:
    name = name_of(tx, one.author)
    return upper_first(name) if one.urn is None else f"{upper_first(name)}, {school_name(names, one.urn)}"
