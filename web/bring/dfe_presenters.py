"""The words about the Department's files, and what a partnership can be built from."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.intake.dfe_kinds import NAMES, DfeKind
from planner.intake.school_register import RegisterSchool
from planner.store import Transaction
from planner.store.dfe_files import DfeFileRow
from web.names import name_of
from web.tables import Fact, TableCell, TableView, numbers, row, table, words
from web.words import listed, moment, upper_first

FOR_WHAT = {
    DfeKind.GIAS: "The schools themselves: names, phases, pupils, places. Nothing can be built without it.",
    DfeKind.SEN: "How many pupils have SEN support and EHC plans, school by school.",
    DfeKind.CENSUS: "How many pupils had free school meals in the last six years.",
    DfeKind.IDACI: "How deprived the area of each school is.",
    DfeKind.LINKS: "Which school an academy was before, so that older figures find it.",
}
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DfeFilesView:
    """The Department's files: those kept, and the kinds that are missing."""

    files: TableView
    missing: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DfeFileView:
    """One file that may be removed."""

    file_id: int
    file_name: str
    what: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Whether partnerships can be built, from what, and who can help where not."""

    can_build: bool
    has: tuple[str, ...]
    missing: tuple[str, ...]
    administrators: str


def dfe_files_view(tx: Transaction) -> DfeFilesView:
    """Every file, and the kinds that are missing."""
    files = tx.dfe_files.files()
    used = {one.id for one in in_use(files)}
    here = {one.kind for one in files}
    return DfeFilesView(
        files=table(
            "Files that are here",
            (*words("File", "What it is"), *numbers("Size"), *words("Uploaded", "By", "Use", "What you can do")),
            [
                row(
                    one.file_name, upper_first(NAMES[one.kind]), _size(one.size_bytes), moment(one.uploaded_at), name_of(tx, one.uploaded_by),
                    TableCell(text="In\u00a0use") if one.id in used else TableCell(text="Not used: a newer one is here", tag="grey"),
                    TableCell(text="Remove", href=url_for("bring.remove_dfe_file", file_id=one.id)),
                )
                for one in files
            ],
            empty="None yet.",
        ),
        missing=tuple(Fact(label=upper_first(NAMES[kind]), text=FOR_WHAT[kind]) for kind in DfeKind if kind not in here),
    )  # fmt: skip


def dfe_file_view(tx: Transaction, file_id: int) -> DfeFileView | None:
    """One file; None where there is none."""
    one = next((one for one in tx.dfe_files.files() if one.id == file_id), None)
    if one is None:
        return None
    return DfeFileView(
        file_id=one.id,
        file_name=one.file_name,
        what=NAMES[one.kind],
        facts=(
            Fact(label="What it is", text=upper_first(NAMES[one.kind])),
            Fact(label="Size", text=_size(one.size_bytes)),
            Fact(label="Uploaded", text=f"{moment(one.uploaded_at)}, by {name_of(tx, one.uploaded_by)}"),
        ),
    )


def in_use(files: tuple[DfeFileRow, ...]) -> tuple[DfeFileRow, ...]:
    """The files that a build reads: the newest of each kind, and every census file, whose years complete one another."""
    newest = {one.kind: one.id for one in reversed(files)}
    return tuple(one for one in files if one.kind is DfeKind.CENSUS or newest[one.kind] == one.id)


def offer(tx: Transaction) -> Offer:
    """What can be built."""
    files = in_use(tx.dfe_files.files())
    here = {one.kind for one in files}
    of_the_house = {m.user_id for m in tx.people.all_memberships() if m.partnership_id is None}
    names = [person.name for person in tx.people.users() if person.disabled_at is None and person.id in of_the_house]
    return Offer(
        can_build=DfeKind.GIAS in here,
        has=tuple(f"{upper_first(NAMES[one.kind])}: {one.file_name}" for one in files),
        missing=tuple(NAMES[kind] for kind in DfeKind if kind not in here),
        administrators=listed(names),
    )


def school_words(school: RegisterSchool) -> str:
    """A school as a person knows it."""
    where = ", ".join(part for part in (school.town, school.postcode, school.council) if part)
    return f"{upper_first(school.phase.value)}, URN {school.urn}" + (f". {where}" if where else "")


def search_hint(schools: tuple[RegisterSchool, ...]) -> str:
    """What a school may be found by: its name, its URN, and what else this register holds."""
    return f"Part of {_either(['its name', 'its URN', *(f'its {part}' for part in _narrowed_by(schools))])}."


def more_hint(schools: tuple[RegisterSchool, ...]) -> str:
    """What to add where too many schools are found."""
    narrowed = _either([f"the {part}" for part in _narrowed_by(schools)] or ["more of its name"])
    return f"More schools fit these words. Add {narrowed} to see them."


def _narrowed_by(schools: tuple[RegisterSchool, ...]) -> list[str]:
    return [part for part in ("town", "postcode", "council") if any(getattr(school, part) for school in schools)]


def _either(parts: list[str]) -> str:
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:,.1f}\u00a0MB" if size_bytes >= MEGABYTE // 10 else f"{max(1, size_bytes // 1000):,}\u00a0kB"
