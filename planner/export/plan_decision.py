"""The board's decision on a plan as its workbook holds it: the vote, each member's choice, and the signatures."""

from __future__ import annotations

from dataclasses import dataclass

from planner.export.tables import Page, text_column
from planner.words import day


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One signature: whose it is, the name and role as they were entered, the ISO day it was given, what shows it, what was signed."""

    whose: str
    name: str
    role: str
    signed_on: str
    evidence: str
    plan_fingerprint: str
    minutes_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTaken:
    """The decision that carried a plan, in words: (label, text) of it, (member, choice, reason) of each vote, the signatures in order.

    A member is a number, never a name; signatures hold the names that the board entered. ``votes`` is None for who may not read them.
    """

    facts: tuple[tuple[str, str], ...]
    votes: tuple[tuple[str, str, str], ...] | None
    signatures: tuple[Signed, ...]


def decision_part(page: Page, taken: DecisionTaken | None) -> None:
    """The decision below what a sheet holds already; nothing where none is told: the plan's standing says whether there is one."""
    if taken is None:
        return
    page.row += 1
    page.heading("The board's decision")
    for label, text in taken.facts:
        page.line(label, text)
    page.row += 1
    if taken.votes is not None:
        page.heading("Votes")
        page.table(
            [text_column("member", "Member", 30, help="A number; names are on the page of the decision."), text_column("choice", "Vote", 26), text_column("reason", "Reason given", 60)],
            [{"member": member, "choice": choice, "reason": reason} for member, choice, reason in taken.votes],
            name="plan_votes",
        )  # fmt: skip
    page.heading("Signatures")
    page.table(
        [
            text_column("whose", "Signature of", 30),
            text_column("name", "Name", 26),
            text_column("role", "Role", 26),
            text_column("on", "Signed on", 18),
            text_column("evidence", "What shows it", 34),
            text_column("minutes", "Minutes, version", 12),
            text_column("fingerprint", "Fingerprint signed", 34, help="It is this plan's where it is the fingerprint at the top."),
        ],
        [
            {
                "whose": one.whose, "name": one.name, "role": one.role, "on": day(one.signed_on), "evidence": one.evidence,
                "minutes": str(one.minutes_version), "fingerprint": one.plan_fingerprint,
            }
            for one in taken.signatures
        ],
        name="plan_signatures",
    )  # fmt: skip
