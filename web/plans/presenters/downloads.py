"""What can be taken away from a plan, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from planner.store import AnswerKind
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.tables import TableView

WITHOUT_WHOSE = (
    " Your copy leaves out which school drew on a pot and what for, where you may not read it; so it has a fingerprint of its own, "
    "and a certificate goes with the whole document only."
)


ONE_OF_A_YEAR = "Publish the pack of only one plan of a year: from those of two, numbers left out of each could be worked out."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file: what it is, what it is for, where it is; perhaps the command that its words end with."""

    title: str
    text: str
    href: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadsView:
    """Every file of a plan."""

    packs: tuple[FileLine, ...]
    files: tuple[FileLine, ...]
    tables: tuple[FileLine, ...]
    of_schools: str


def downloads_view(
    kept: KeptPlan,
    tables: Sequence[TableView],
    *,
    plan_file: str,
    has_certificate: bool,
    is_whole: bool = True,
    letters: int = 0,
    read: int | None = None,
) -> DownloadsView:
    """The whole plan in three forms and its certificate, then its tables one by one; those of a school are on the school's own page.

    ``letters``: of how many schools who reads may take the letters; ``read``: the plan that schools read.
    """
    certificate = FileLine(
        title="Certificate (.certificate.json)", href=plan_url(kept, "plans.answer_file", kind=AnswerKind.CERTIFICATE.value),
        text="The proof of how close the plan is to the best these rules allow. Keep it beside the plan document, each under its own name; "
        "then anyone can check it without a solver:",
        command=f"planner audit {plan_file} --certificate",
    )  # fmt: skip
    to_governors = FileLine(
        title=f"{'Letter' if letters == 1 else 'Letters'} to governors (ZIP)", href=plan_url(kept, "packs.letters"),
        text=f"{'The letter to the governors of your school, as a file' if letters == 1 else 'A letter to the governors of each school, each a file'} "
        "that prints on A4 and opens in a word processor.",
    )  # fmt: skip
    return DownloadsView(
        packs=(
            _for_publication(kept, read),
            FileLine(
                title="Board pack (ZIP)", href=plan_url(kept, "packs.board"),
                text="The same tables with every number, the workbook and all tables. It contains small numbers: for the board, not for publication.",
            ),
            *([to_governors] if letters else []),
        ),
        files=(
            FileLine(
                title="Workbook (Excel, .xlsx)", href=plan_url(kept, "plans.workbook"),
                text="Everything on these pages with its checks as live formulas, to work with and to print. "
                "It contains small numbers: for the board, not for publication.",
            ),
            FileLine(
                title="Board paper (Word, .docx)", href=url_for("decide.paper", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
                text="About five pages for the board: what is asked of it, who gets more and who gets less, the effects on equality, how it is proved, "
                "and what was said so far. The clerk can change every word of its recommendation. It contains small numbers: for the board, not for publication.",
            ),
            FileLine(
                title="All tables of the workbook (CSV in a ZIP)", href=plan_url(kept, "plans.tables"),
                text="Every table of the workbook under the same name, as a file that Excel opens, with plain numbers. "
                "The file Columns says what each column holds and what it counts. Small numbers are in it too: not for publication.",
            ),
            FileLine(
                title="All tables of the workbook (.json)", href=plan_url(kept, "plans.tables_document"),
                text="The same tables as one file for programs.",
            ),
            FileLine(
                title="Plan document (.json)", href=plan_url(kept, "plans.document"),
                text="The plan with all its figures and its policy. Anyone can check it again from this file alone."
                + ("" if is_whole else WITHOUT_WHOSE),
            ),
            *([certificate] if has_certificate and is_whole else []),
        ),
        tables=tuple(
            FileLine(title=view.caption, text="", href=view.csv_href) for view in tables if view.rows and not view.name.startswith("school-")
        ),
        of_schools="The tables of a single school can be downloaded on the school's own page.",
    )  # fmt: skip


def _for_publication(kept: KeptPlan, read: int | None) -> FileLine:
    """The pack for publication, or which plan's page has it."""
    if read == kept.plan_id:
        return FileLine(
            title="Pack for publication (ZIP)", href=plan_url(kept, "packs.public"),
            text="Tables that anybody may read: by need, phase, zone and standard, with no list of schools. Small numbers of pupils are left out, "
            f"and others with them, until none could be worked out from all the tables together. {ONE_OF_A_YEAR}",
        )  # fmt: skip
    if read is None:
        return FileLine(title="Pack for publication: no plan has one yet", href=plan_url(kept, "plans.summary_page"), text=only_of(None))
    return FileLine(
        title=f"Pack for publication: on the downloads of plan {read}", text=only_of(read),
        href=url_for("plans.downloads", partnership_id=kept.partnership_id, plan_id=read),
    )  # fmt: skip


def only_of(read: int | None) -> str:
    """Why a plan has no pack for publication, and what would give it one; ``read``: the plan that schools read."""
    return (
        f"Only the plan that schools read has one{'; they read none yet' if read is None else f', which is plan {read}'}. {ONE_OF_A_YEAR} "
        "This plan has one once the board puts it before the schools, on its first page."
    )
