"""``planner export``: every table of a plan's workbook as CSV and as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from planner.errors import InputMustBeMended
from web.commands.plans import plan_argument
from web.commands.why import Command

EXAMPLE = """planner export plan.json --csv tables
         planner export plan.json --csv tables.zip --json tables.json"""


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(
        commands, "export", "write every table of a plan's workbook as CSV and as JSON, with the same names and figures", EXAMPLE
    )
    plan_argument(parser)
    parser.add_argument("--csv", type=Path, metavar="FOLDER|FILE.zip", help="write a CSV for each table: into a folder, or into one ZIP")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all tables as one document")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from planner.documents import check_document, read_document  # noqa: PLC0415
    from planner.export.plan_facts import Facts  # noqa: PLC0415
    from planner.export.plan_tables import plan_tables, tables_json, write_tables_csv  # noqa: PLC0415
    from planner.files import save  # noqa: PLC0415

    _check_places(options)
    document = read_document(options.plan)
    plan, world = check_document(document)
    marks = {name: document[name] for name in ("fingerprint", "inputs_sha256", "policy_sha256")}
    found = plan_tables(Facts(plan, world), **marks)
    if options.csv is not None:
        write_tables_csv(found, options.csv)
        print(f"Written: {options.csv} ({len(found.tables)} tables; About and Columns say which plan they are of and what they hold)")
    if options.json is not None:
        save(options.json, tables_json(found))
        print(f"Written: {options.json}")
    return 0


def _check_places(options: argparse.Namespace) -> None:
    """Refuse, before the plan is audited, what cannot be written or would replace it."""
    from planner.files import check_places  # noqa: PLC0415

    if options.csv is None and options.json is None:
        raise InputMustBeMended("Say where to: --csv FOLDER or --csv FILE.zip, --json FILE, or both.")
    is_zip = options.csv is not None and options.csv.suffix.casefold() == ".zip"
    check_places(options.json, options.csv if is_zip else None, folder=None if is_zip else options.csv, inputs=[options.plan])
