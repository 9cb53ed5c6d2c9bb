"""The words of the pages about policy packs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import url_for

from planner.policy import Policy, load_policy, policy_from_text
from planner.store import Transaction
from planner.words import day
from web.bring.frame import Changes
from web.bring.policy_presenters import changes_view
from web.figures.sources import policy_sentence
from web.names import name_of
from web.tables import TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PacksView:
    """The packs that are here, and which partnership stands on which."""

    packs: TableView
    partnerships: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """A pack before it is kept: what is worth a look, and what differs from the newest."""

    name: str
    sentence: str
    findings: tuple[str, ...]
    changes: Changes


def packs_view(tx: Transaction) -> PacksView:
    """Every pack, newest first, the shipped one last."""
    brought = [(policy_from_text(json.dumps(one.document)), one) for one in tx.house.packs()]
    shipped = load_policy()
    packs = [
        *(_pack(policy, url_for("house.pack", number=one.id), f"{name_of(tx, one.uploaded_by)}, {moment(one.uploaded_at)}") for policy, one in brought),
        _pack(shipped, url_for("house.shipped_pack"), "Shipped with the planner"),
    ]  # fmt: skip
    newest = brought[0][0] if brought else shipped
    documents = tx.house.latest_policies()
    return PacksView(
        packs=table(
            "Policy packs that are here",
            (*words("Pack"), *numbers("Version"), *words("Date"), *numbers("Figures", "Unconfirmed"), *words("Brought by")),
            packs,
            is_caption_hidden=True,
        ),
        partnerships=table(
            "Which pack is in force where",
            words("Partnership", "Pack in force", "Newest that is here"),
            [_stand(here.name, documents.get(here.id), shipped, newest) for here in tx.partnerships.partnerships()],
            empty="There is no partnership yet.",
            is_caption_hidden=True,
        ),
    )


def _pack(policy: Policy, href: str, by: str) -> TableRow:
    unconfirmed = sum(figure.confidence == "unconfirmed" for figure in policy.figures)
    return row(
        TableCell(text=policy.title, href=href), f"{policy.version:,}", day(policy.date), f"{len(policy.figures):,}", f"{unconfirmed:,}", by
    )


def _stand(name: str, document: dict[str, object] | None, shipped: Policy, newest: Policy) -> TableRow:
    mine = shipped if document is None else policy_from_text(json.dumps(document))
    is_newest = (mine.policy_id, mine.version) == (newest.policy_id, newest.version)
    state = TableCell(text="Yes", tag="green") if is_newest else TableCell(text="No: its board can put the newest in force", tag="yellow")
    return row(name, f"{mine.title}, version {mine.version}, {day(mine.date)}", state)


def look_view(policy: Policy, before: Policy, name: str) -> LookView:
    """What a pack says beside the newest that is here."""
    return LookView(
        name=name,
        sentence=policy_sentence(policy, f"{name} holds version {policy.version} of"),
        findings=tuple(findings(policy, before)),
        changes=changes_view(before, policy, "What differs from the newest pack that is here", was="Newest here", now="In this file"),
    )


def findings(policy: Policy, before: Policy) -> list[str]:
    """What is worth a look in a pack that can be used: an old date, a figure without a source or a date."""
    found = []
    if (policy.policy_id, policy.version) == (before.policy_id, before.version):
        found.append(f"It has the same name and version as the newest pack, {before.title}: give a changed pack a higher version.")
    if policy.date < before.date:
        found.append(f"It is of {day(policy.date)}, older than the newest pack, of {day(before.date)}.")
    for what, without in (
        ("source", [f.path for f in policy.figures if not f.source]),
        ("date", [f.path for f in policy.figures if not f.date]),
    ):
        if without:
            found.append(f"{count(len(without), 'figure has', 'figures have')} no {what}, the first of them {without[0]}.")
    return found
