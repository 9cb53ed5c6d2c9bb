"""The words of an edited workbook: what was changed, what cannot be read, which rules it breaks, how close it is to the best."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.documents import from_plain
from planner.export.by_hand_words import amount_words, close_line, need_line, payments_line, rules_line, stands_line
from planner.export.read_back import CellChange, HandMade
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding
from planner.rules import RULES
from planner.store import Transaction
from planner.store.uploads import Upload, UploadRow
from web.bring.frame import FEW, MOST_SHOWN, how_many, short
from web.names import name_of
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.tables import Fact, TableCell, TableRow, TableView, row, table, words
from web.words import count, listed, moment, upper_first

MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPlan:
    """Which plan the workbook is of, and the ways back to it."""

    plan_id: int
    partnership: str
    name: str
    href: str
    downloads_href: str
    workbook_href: str
    here_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtView:
    """One edited workbook, as far as it could be read and audited."""

    headline: str
    facts: tuple[Fact, ...]
    to_mend: TableView
    changes: TableView
    changes_more: str
    is_folded: bool
    to_look_at: TableView
    can_mark: bool
    marked_href: str
    is_audited: bool
    verdict: str
    broken: tuple[str, ...]
    gives_way: tuple[str, ...]
    lines: tuple[str, ...]
    keep_href: str
    keep_words: str
    throw_away_href: str


def told_in(upload: UploadRow, plan_id: int) -> HandMade | None:
    """What came of an edited workbook of a plan; None where an upload is of another plan, or holds a partnership's figures."""
    if upload.plan_id != plan_id:
        return None
    told: HandMade = from_plain(HandMade, upload.findings["by_hand"])
    return told


def of_plan(kept: KeptPlan) -> OfPlan:
    """The plan that a workbook is of."""
    return OfPlan(
        plan_id=kept.plan_id, partnership=kept.facts.partnership.name, name=f"plan {kept.plan_id}", href=plan_url(kept, "plans.summary_page"),
        downloads_href=plan_url(kept, "plans.downloads"), workbook_href=plan_url(kept, "plans.workbook"), here_href=plan_url(kept, "by_hand.choose"),
    )  # fmt: skip


def mine_view(mine: tuple[UploadRow, ...]) -> TableView:
    """The edited workbooks of the reader that wait, of whichever plan."""
    return table(
        "Edited workbooks of yours, kept a day",
        words("File", "Of", "Given", "Kept until"),
        [
            row(
                TableCell(text=one.file_name, href=url_for("by_hand.brought", partnership_id=one.partnership_id, plan_id=one.plan_id, edited_id=one.id)),
                f"Plan {one.plan_id}", moment(one.uploaded_at), moment(one.expires_at),
            )
            for one in mine
        ],
    )  # fmt: skip


def brought_view(tx: Transaction, upload: Upload, kept: KeptPlan, *, may_keep: bool) -> BroughtView:
    """All that is said of an edited workbook."""
    told = told_in(upload, kept.plan_id)
    assert told is not None
    must = [one for one in told.findings if one.level is Level.MUST_MEND]
    look = [one for one in told.findings if one.level is not Level.MUST_MEND]
    can_keep = upload.document is not None
    return BroughtView(
        headline=_headline(told, len(must), upload.file_name),
        facts=(
            Fact(label="Given", text=f"{moment(upload.uploaded_at)}, by {name_of(tx, upload.uploaded_by)}"),
            Fact(label="Kept until", text=f"{moment(upload.expires_at)}, then thrown away"),
        ),
        to_mend=_findings(f"To mend: {count(len(must), 'finding')}", must, "What is wrong", "How to mend it"),
        changes=table(
            f"{count(len(told.changes), 'amount differs', 'amounts differ')} from the plan",
            words("What", "Sheet and cell", "Was", "Now", "Who may change it"),
            [_change(one) for one in told.changes[:MOST_SHOWN]],
            empty="Nothing: every amount is the plan's own." if not must else "Every amount that could be read is the plan's own.",
        ),
        changes_more=how_many(len(told.changes), "amount") if len(told.changes) > MOST_SHOWN else "",
        is_folded=len(told.changes) > FEW,
        to_look_at=_findings(f"To look at: {count(len(look), 'finding')}", look, "What is worth a look", "What to do"),
        can_mark=any(one.cell for one in told.findings),
        marked_href=_url("by_hand.marked_copy", upload, kept),
        is_audited=told.is_audited and bool(told.changes),
        verdict=rules_line(told) if told.is_audited else "",
        broken=tuple(map(_broken, told.broken[:MOST_SHOWN])),
        gives_way=told.gives_way[:MOST_SHOWN],
        lines=tuple(filter(None, (stands_line(told), close_line(told), payments_line(told), need_line(told)))) if told.is_audited else (),
        keep_href=_url("by_hand.keep", upload, kept) if can_keep and may_keep else "",
        keep_words=_keep_words(told, can_keep=can_keep, may_keep=may_keep),
        throw_away_href=_url("by_hand.throw_away", upload, kept),
    )  # fmt: skip


def kept_words(told: HandMade) -> str:
    """What was changed by hand, short enough for a list of plans."""
    said = [
        f"{one.row}: {one.column.lower()} {amount_words(one.was, one.unit)} to {amount_words(one.now, one.unit)}" for one in told.changes
    ]
    named = said[:MOST_NAMED]
    if len(said) > MOST_NAMED:
        named.append(f"{len(said) - MOST_NAMED:,} more")
    return listed(named)


def _headline(told: HandMade, must: int, file_name: str) -> str:
    if must:
        return f"{count(must, 'thing')} to mend in {file_name}"
    if not told.changes:
        return f"{file_name} holds the plan as it is"
    end = f"{count(len(told.broken), 'thing')} to mend" if told.broken else "it keeps every rule"
    return f"{count(len(told.changes), 'amount')} changed by hand: {end}"


def _keep_words(told: HandMade, *, can_keep: bool, may_keep: bool) -> str:
    if not told.is_audited or not told.changes:
        return ""
    if not can_keep:
        return (
            "A plan is kept only where every rule holds. Mend what is listed in the workbook and bring it back, or have the rule's owner relax it "
            "and plan again under the new rules."
        )
    if not may_keep:
        return "A board member or the chair can keep it beside the other plans: send them the address of this page."
    return "You then see it compared with the plan that it was made from. Nothing is overwritten, and schools still read the plan that they read now."


def _broken(line: str) -> str:
    """What is broken, without what programs call the rule."""
    for rule in RULES.values():
        line = line.replace(f"{rule.sentence} ({rule.rule_id})", rule.sentence)
    return line


def _change(one: CellChange) -> TableRow:
    place = f"{one.sheet}, {one.cell}" if one.cell else f"{one.sheet}, taken out"
    return row(
        f"{one.row}: {one.column.lower()}" if one.cell else one.row, place, amount_words(one.was, one.unit), amount_words(one.now, one.unit),
        upper_first(one.may_change),
    )  # fmt: skip


def _findings(caption: str, found: list[PlacedFinding], what: str, do: str) -> TableView:
    return table(
        caption,
        words("Sheet and cell", "What you wrote", what, do),
        [
            row(
                ", ".join(filter(None, (one.sheet, one.cell))) + (f" ({one.column})" if one.column else ""), short(one.written) or "Nothing",
                upper_first(one.what), upper_first(one.mend),
            )
            for one in found[:MOST_SHOWN]
        ],
    )  # fmt: skip


def _url(endpoint: str, upload: UploadRow, kept: KeptPlan) -> str:
    return url_for(endpoint, partnership_id=kept.partnership_id, plan_id=kept.plan_id, edited_id=upload.id)
