"""The words of the page about an upload: what was found in it, and what it would change."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.documents import from_plain, to_plain
from planner.intake.differences import differences
from planner.intake.findings import Level
from planner.intake.placing import PlacedFinding, SheetLayout
from planner.intake.policy_checks import check_against_policy
from planner.partnership import Partnership
from planner.policy import Policy
from planner.store import Transaction
from planner.store.uploads import Upload, UploadRow
from web.access import Permission, may, me
from web.bring.frame import MOST_SHOWN, Changes, changes_of, how_many, short
from web.names import name_of
from web.tables import Fact, TableCell, TableRow, TableView, numbers, row, table, words
from web.words import count, listed, moment, upper_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is kept beside an upload: findings; for one built from the DfE's files what is worth knowing about it; where its rows stand."""

    findings: tuple[PlacedFinding, ...] = ()
    is_built: bool = False
    notes: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    layout: tuple[SheetLayout, ...] = ()

    @property
    def must_mend(self) -> tuple[PlacedFinding, ...]:
        """What stops a plan."""
        return tuple(one for one in self.findings if one.level is Level.MUST_MEND)

    @property
    def look_at(self) -> tuple[PlacedFinding, ...]:
        """What is only worth a look."""
        return tuple(one for one in self.findings if one.level is not Level.MUST_MEND)

    def sentence(self) -> str:
        """How much there is to do."""
        look = len(self.look_at) + len(self.notes)
        if self.must_mend and look:
            return f"{count(len(self.must_mend), 'thing')} to mend and {look:,} to look at"
        if self.must_mend:
            return f"{count(len(self.must_mend), 'thing')} to mend"
        return f"nothing to mend and {count(look, 'thing')} to look at" if look else "nothing to mend"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """One upload, before anybody confirms it."""

    upload_id: int
    headline: str
    facts: tuple[Fact, ...]
    to_mend: TableView
    to_mend_more: str
    to_look_at: TableView
    to_look_at_more: str
    notes: tuple[str, ...]
    joins: tuple[str, ...]
    can_mark: bool
    is_built: bool
    can_confirm: bool
    based_on: int
    assumed: str
    other_name: str
    schools: TableView
    changes: Changes | None
    changes_title: str
    changes_nothing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingView:
    """The uploads that wait."""

    uploads: TableView


def kept(found: Found) -> object:
    """What was found, as the store keeps it."""
    return to_plain(found)


def may_read(edited: UploadRow) -> bool:
    """Whether who is asking may read, keep or throw away an edited workbook: who brought it, and who makes plans for the board."""
    return edited.uploaded_by == me().user_id or may(Permission.RUN_PLAN, edited.partnership_id)


def found_in(upload: UploadRow) -> Found:
    """What was found in an upload that waits."""
    found: Found = from_plain(Found, upload.findings)
    return found


def clash(partnership: Partnership, policy: Policy) -> str:
    """Why these figures cannot be planned by this policy, in one sentence; nothing where they can.

    An upload is checked with the policy of its day, and a policy may change before it is confirmed.
    """
    roles = {service.role for service in partnership.services} - policy.role_ids()
    if roles:
        return f"The policy knows no role {listed(sorted(roles))}."
    codes = {need.need for need in partnership.recorded_needs} | {code for base in partnership.bases for code in base.needs}
    if codes - policy.need_codes():
        return f"The policy knows no need code {listed(sorted(codes - policy.need_codes()))}."
    stop = next((one for one in check_against_policy(partnership, policy) if one.level is Level.MUST_MEND), None)
    return stop.sentence() if stop is not None else ""


def waiting_view(tx: Transaction, partnership_id: int) -> WaitingView:
    """The figures that wait, and the edited workbooks that the reader may read, newest first."""
    return WaitingView(
        uploads=table(
            "Waiting for you to confirm them or throw them away",
            words("File", "Given", "By", "Found", "Kept until"),
            [_waiting_row(tx, one) for one in tx.uploads.waiting(partnership_id=partnership_id) if one.plan_id is None or may_read(one)],
        )
    )


def _waiting_row(tx: Transaction, one: UploadRow) -> TableRow:
    if one.plan_id is not None:
        href = url_for("by_hand.brought", partnership_id=one.partnership_id, plan_id=one.plan_id, edited_id=one.id)
        said = f"an edited workbook of plan {one.plan_id}: it changes no figures"
    else:
        href = url_for("bring.upload", partnership_id=one.partnership_id, upload_id=one.id)
        said = found_in(one).sentence()
    return row(
        TableCell(text=one.file_name, href=href),
        moment(one.uploaded_at),
        name_of(tx, one.uploaded_by),
        upper_first(said),
        moment(one.expires_at),
    )


def upload_view(tx: Transaction, upload: Upload) -> UploadView:
    """What was found, and what confirming would change in the newest version."""
    found = found_in(upload)
    here = tx.partnerships.partnership(partnership_id=upload.partnership_id)
    assert here is not None
    newest = tx.partnerships.latest(partnership_id=upload.partnership_id)
    new: Partnership | None = None if upload.document is None else from_plain(Partnership, upload.document)
    can_confirm = new is not None and not found.must_mend
    changed = differences(newest.partnership(), new, found.layout) if newest is not None and new is not None and can_confirm else ()
    is_again = newest is not None and can_confirm
    return UploadView(
        upload_id=upload.id,
        headline=f"{_built(new)}: {found.sentence()}" if found.is_built else f"We found {found.sentence()} in {upload.file_name}",
        facts=_facts(tx, upload, new),
        to_mend=_table(f"To mend: {count(len(found.must_mend), 'finding')}", found.must_mend, "What is wrong", "How to mend it"),
        to_mend_more=_more(found.must_mend),
        to_look_at=_table(f"To look at: {count(len(found.look_at), 'finding')}", found.look_at, "What is worth a look", "What to do"),
        to_look_at_more=_more(found.look_at),
        notes=found.notes,
        joins=found.joins,
        can_mark=bool(found.findings) and not found.is_built,
        is_built=found.is_built,
        can_confirm=can_confirm,
        based_on=here.latest_version,
        assumed="" if new is None else _assumed(new),
        other_name=f"This file calls the partnership {new.name}. Here it is called {here.name}." if new and new.name != here.name else "",
        schools=_schools(new, is_shown=found.is_built),
        changes=changes_of(changed, "Differences", was=f"In version {here.latest_version}", now="Would be") if is_again else None,
        changes_title=f"What would differ from version {here.latest_version}" if is_again else "",
        changes_nothing=is_again and not changed,
    )


def _built(new: Partnership | None) -> str:
    return f"{count(len(new.schools) if new else 0, 'school')} built from the Department for Education's files"


def _facts(tx: Transaction, upload: Upload, new: Partnership | None) -> tuple[Fact, ...]:
    facts = [
        Fact(label="Given", text=f"{moment(upload.uploaded_at)}, by {name_of(tx, upload.uploaded_by)}"),
        Fact(label="Kept until", text=f"{moment(upload.expires_at)}, then thrown away unless somebody confirms it"),
    ]
    if new is not None:
        holds = (
            (new.schools, "school", ""), (new.funds, "fund", ""), (new.services, "service", ""),
            (new.people, "person", "people"), (new.bases, "base", ""), (new.head_rules, "head's rule", "heads' rules"),
        )  # fmt: skip
        facts.insert(0, Fact(label="Holds", text=listed([count(len(rows), one, many) for rows, one, many in holds if rows]) or "Nothing"))
        facts.insert(0, Fact(label="Partnership", text=f"{new.name}, academic year {new.academic_year}"))
    return tuple(facts)


def _assumed(new: Partnership) -> str:
    number = sum(source.is_assumed for source in new.sources)
    if new.is_illustrative():
        return f"Illustrative: {count(number, 'figure')} here {'is' if number == 1 else 'are'} assumed, people or funds among them. A plan made from them is no basis for a decision."
    return f"{count(number, 'figure')} here {'is' if number == 1 else 'are'} assumed: nobody has confirmed them yet." if number else ""


def _table(caption: str, findings: tuple[PlacedFinding, ...], what: str, do: str) -> TableView:
    return table(
        caption,
        words("Sheet", "Cell", "What you wrote", what, do),
        [
            row(one.sheet or "The file", _cell(one), short(one.written) or "Nothing", upper_first(one.what), upper_first(one.mend))
            for one in findings[:MOST_SHOWN]
        ],
    )  # fmt: skip


def _more(findings: tuple[PlacedFinding, ...]) -> str:
    return f"{how_many(len(findings), 'finding')} The marked copy holds all." if len(findings) > MOST_SHOWN else ""


def _cell(one: PlacedFinding) -> str:
    if one.cell:
        return f"{one.cell} ({one.column})" if one.column else one.cell
    where = f"Row {one.row}" if one.row is not None else "The whole sheet"
    return f"{where}, {one.column}" if one.column and one.row is not None else one.column or where


def _schools(new: Partnership | None, *, is_shown: bool) -> TableView:
    shown = new.schools if new is not None and is_shown else ()
    return table(
        "The schools, to check",
        (*words("School", "URN", "Phase"), *numbers("Pupils")),
        [row(school.name, str(school.urn), upper_first(school.phase.value), f"{school.pupils:,}") for school in shown],
    )
