"""``planner pack``: the files to hand out of a plan, in a folder or a ZIP."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import plan_argument
from web.commands.why import Command

if TYPE_CHECKING:
    from web.packs.files import Files
    from web.shelf import KeptPlan

EXAMPLE = """planner pack plan.json --public --out for-publication.zip
         planner pack plan.json --letters --out letters"""


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(
        commands, "pack", "write the files to hand out of a plan: for the board, for publication, or a letter a school", EXAMPLE
    )
    plan_argument(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--board", action="store_true", help="every figure: contains small numbers, not for publication")
    which.add_argument(
        "--public", action="store_true",
        help="what anybody may read: small numbers of pupils are left out, and others until none could be worked out; publish only one plan's of a year",
    )  # fmt: skip
    which.add_argument(
        "--letters", action="store_true", help="a letter to the governors of each school, to print or to open in a word processor"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER_or_.zip", help="a new or empty folder, or a ZIP")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    out: Path = options.out
    _check(out, options.plan)
    kept = _kept(options.plan)
    from web.packs.files import board_files, letter_files, public_files  # noqa: PLC0415
    from web.plans.presenters.downloads import ONE_OF_A_YEAR  # noqa: PLC0415

    with _on_paper():
        make = board_files if options.board else public_files if options.public else letter_files
        files = make(kept, standing="")
        _write(_counted(files), out)
    print(f"Written: {out} ({len(files):,} {'file' if len(files) == 1 else 'files'})")
    if options.public:
        print(ONE_OF_A_YEAR)
    return 0


def _check(out: Path, plan: Path) -> None:
    """Refuse, before anything is made, a place that cannot be written or holds something else."""
    from planner.files import check_places  # noqa: PLC0415

    is_zip = out.suffix.casefold() == ".zip"
    check_places(out if is_zip else None, folder=None if is_zip else out, inputs=[plan])
    if not is_zip and out.is_dir() and any(out.iterdir()):
        raise InputMustBeMended(f"{out} holds other files; choose a new or empty folder, or a .zip.")


def _kept(path: Path) -> KeptPlan:
    """The plan of a file as pages have it."""
    from planner.documents import check_document, read_document  # noqa: PLC0415
    from planner.export.plan_facts import Facts  # noqa: PLC0415
    from web.shelf import KeptPlan  # noqa: PLC0415

    document = read_document(path)
    plan, world = check_document(document)
    return KeptPlan(
        partnership_id=0,
        plan_id=0,
        run_id=0,
        made_at=0,
        fingerprint=document["fingerprint"],
        inputs_sha256=document["inputs_sha256"],
        policy_sha256=document["policy_sha256"],
        facts=Facts(plan, world),
    )


@contextmanager
def _on_paper() -> Iterator[None]:
    """What pages say, where there are no pages: their links lead nowhere, and files hold none."""
    from flask import Flask  # noqa: PLC0415

    app = Flask("web")
    app.url_build_error_handlers.append(lambda *_: "")
    with app.test_request_context():
        yield


def _counted(files: Files) -> Files:
    """The files, each telling on a terminal's one line how many are made; silence when piped."""
    if not sys.stderr.isatty():
        return files

    def counted(number: int, name: str) -> bytes:
        sys.stderr.write("\r" + f"[{'#' * (30 * number // len(files)):<30}] {number:,} of {len(files):,} files"[:78].ljust(78))
        content = makers[name]()
        if number == len(files):
            sys.stderr.write("\r" + " " * 78 + "\r")
        sys.stderr.flush()
        return content

    makers = dict(files)
    return [(name, lambda number=number, name=name: counted(number, name)) for number, (name, _) in enumerate(files, start=1)]  # type: ignore[misc]


def _write(files: Files, out: Path) -> None:
    from planner.files import cannot_write, save  # noqa: PLC0415
    from web.packs.files import packed  # noqa: PLC0415

    if out.suffix.casefold() == ".zip":
        save(out, packed(files))
        return
    for name, make in files:
        place = out / name
        content = make()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(place, error) from error
        save(place, content)
