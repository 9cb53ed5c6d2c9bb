"""What every question to a plan begins and ends with: the plan's file, read and audited; progress; the answer as data."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended

if TYPE_CHECKING:
    from planner.need import World
    from planner.partnership import Partnership
    from planner.plan import Plan
    from planner.policy import Policy


def plan_argument(parser: argparse.ArgumentParser) -> None:
    """The plan that a question is about."""
    parser.add_argument("plan", type=Path, metavar="plan.json", help="a plan that `planner plan --json` wrote")


def wish_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """What a school wishes, in four words; may be given more than once."""
    parser.add_argument(
        "--wish", nargs=4, action="append", default=[], metavar=("URN", "ITEM", "BOUND", "N"),
        help=f"{what}: ITEM is grant (pounds a year) or a service (half-days), BOUND is at-least, at-most or exactly; may be given more than once",
    )  # fmt: skip


def seconds(text: str) -> float:
    """A time limit, for argparse."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
    if not 1 <= value <= 86_400:
        raise argparse.ArgumentTypeError("must be between 1 and 86400 seconds")
    return value


def read_plan(path: Path) -> tuple[Plan, World]:
    """A plan and its world. Raises ``InputMustBeMended`` when it is no plan, ``AuditRefused`` when it does not hold."""
    from planner.documents import check_document, read_document  # noqa: PLC0415

    return check_document(read_document(path))


def check_out(options: argparse.Namespace) -> None:
    """Refuse, before anything is searched, a place that cannot be written or would replace the plan."""
    from planner.files import check_places  # noqa: PLC0415

    check_places(options.json, inputs=[options.plan])


def write_data(out: Path | None, data: dict[str, Any]) -> None:
    """Write an answer as data where a file was asked for, and say so."""
    from planner.files import save  # noqa: PLC0415

    if out is not None:
        save(out, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode())
        print(f"Written: {out}")


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """What is being searched, over one line of a terminal; silence when piped."""

    def tell(words: str) -> None:
        sys.stderr.write("\r" + f"searching: {words}"[:78].ljust(78))
        sys.stderr.flush()

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield tell
    finally:
        sys.stderr.write("\r" + " " * 78 + "\r")


def read_newer(path: Path, policy: Policy) -> Partnership:
    """A newer version of a plan's partnership, read under the plan's policy; ``InputMustBeMended`` with its findings when it cannot be planned."""
    from planner.intake.findings import Level  # noqa: PLC0415
    from planner.intake.parsing import read_partnership  # noqa: PLC0415
    from planner.intake.policy_checks import check_against_policy  # noqa: PLC0415

    partnership, findings = read_partnership(path, need_codes=policy.need_codes(), role_ids=policy.role_ids())
    if partnership is not None:
        findings = (*findings, *check_against_policy(partnership, policy))
    must = tuple(finding for finding in findings if finding.level is Level.MUST_MEND)
    if partnership is None or must:
        raise InputMustBeMended(f"{path} cannot be planned yet; mend what must be mended, then try again.", must)
    return partnership
