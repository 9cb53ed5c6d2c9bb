"""``planner paper``: the board's paper about a plan, as a Word file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from web.commands.plans import plan_argument
from web.commands.why import Command

EXAMPLE = "planner paper plan.json --out paper.docx"
STANDING = "A file alone does not say whether the board has agreed it; no money is attached to it until it has."


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "paper", "write the board's paper about a plan: about five pages in Word", EXAMPLE)
    plan_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="paper.docx", help="the Word file to write")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from planner.certificate import certificate_path  # noqa: PLC0415
    from planner.documents import check_document, read_document  # noqa: PLC0415
    from planner.export.board_paper import About, board_paper  # noqa: PLC0415
    from planner.export.plan_facts import Facts  # noqa: PLC0415
    from planner.files import check_places, save  # noqa: PLC0415
    from web.commands.certificates import audit_certificate  # noqa: PLC0415
    from web.words import today  # noqa: PLC0415

    out: Path = options.out
    check_places(out, inputs=[options.plan])
    document = read_document(options.plan)
    plan, world = check_document(document)
    is_certified = certificate_path(options.plan).exists()
    about = About(
        plan_name="", word="Draft", sentence=STANDING, is_decided=False,
        certificate=audit_certificate(options.plan, document) if is_certified else "", on=today(),
    )  # fmt: skip
    marks = {name: document[name] for name in ("fingerprint", "inputs_sha256", "policy_sha256")}
    save(out, board_paper(Facts(plan, world), about, **marks))
    print(f"Written: {out}")
    return 0
