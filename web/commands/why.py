"""``planner why``: why a school gets what it gets in a plan, why not something else, and what it would take."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import plan_argument, read_plan

if TYPE_CHECKING:
    from optimisation.why.records import Why, Wish

Command = Callable[[Any, str, str, str], argparse.ArgumentParser]
EXAMPLE = """planner why plan.json --school 123456
         planner why plan.json --school 123456 --more speech_therapy 20
         planner why plan.json --school 123456 --more grant 8000 --json why.json
         planner why plan.json --school 123456 --standard nurture_group_primary 100"""
_MOST_QUIET = 4


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "why", "say why a school gets what it gets, why not something else, and what it would take", EXAMPLE)
    plan_argument(parser)
    parser.add_argument("--school", type=int, required=True, metavar="URN", help="the school that asks")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--more", nargs=2, metavar=("ITEM", "N"), help="why not N in all of an item: grant (pounds a year) or a service's half-days"
    )
    asked.add_argument("--standard", nargs=2, metavar=("STANDARD", "PERCENT"), help="why is a standard not met to this percent of need")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data, with the searches behind it")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from optimisation.as_data import why_data  # noqa: PLC0415
    from optimisation.sandbox import Sandbox  # noqa: PLC0415
    from optimisation.why import explain  # noqa: PLC0415
    from planner.export.priced import price_note  # noqa: PLC0415
    from planner.files import check_places, save  # noqa: PLC0415

    wish = _wish(options)
    plan, world = read_plan(options.plan)
    check_places(options.json, inputs=[options.plan])
    with Sandbox(world) as sandbox:
        why = explain(sandbox, plan, options.school, wish, tell=_teller())
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 78 + "\r")
    for line in (*lines_of(why), *price_note(world.policy)):
        print(line)
    if options.json is not None:
        save(options.json, (json.dumps(why_data(why), indent=1, ensure_ascii=False) + "\n").encode())
        print(f"Written: {options.json}")
    return 0


def _wish(options: argparse.Namespace) -> Wish | None:
    from optimisation.why.records import Wish  # noqa: PLC0415

    if options.more:
        return Wish(urn=options.school, item=options.more[0], amount=_whole(options.more[1], 0, 100_000_000))
    if options.standard:
        return Wish(urn=options.school, standard_id=options.standard[0], percent=_whole(options.standard[1], 1, 100))
    return None


def _whole(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InputMustBeMended(f"{text!r} must be a whole number from {least} to {most:,}.")
    return int(text)


def _teller() -> Callable[[str], None]:
    """What is being searched, over one line of a terminal; silence when piped."""
    if not sys.stderr.isatty():
        return lambda _: None

    def tell(words: str) -> None:
        sys.stderr.write("\r" + f"searching: {words}"[:78].ljust(78))
        sys.stderr.flush()

    return tell


def lines_of(why: Why) -> Iterator[str]:
    """The answer as lines of text."""
    from planner.words import least_points, most_points  # noqa: PLC0415

    yield f"{why.school}: why it gets what it gets"
    yield ""
    yield from _table(why)
    yield ""
    yield f"The plan has {most_points(why.plan_points)} points of need below the board's line; searched again, the best these rules allow has between {least_points(why.best.least)} and {most_points(why.best.most)}."
    for effect in why.effects:
        yield from effect.sentences
    if why.quiet:
        others = f" and {len(why.quiet) - _MOST_QUIET} more" if len(why.quiet) > _MOST_QUIET else ""
        yield f"These make no difference to the partnership's shortfall that these searches can show: {'; '.join(why.quiet[:_MOST_QUIET])}{others}."
    if why.why_not is None:
        yield ""
        yield f"Every standard of {why.school} within reach is fully met, so there is nothing to ask for."
        return
    yield ""
    yield f"Why not: {why.why_not.asked}"
    yield from why.why_not.sentences
    if why.ways_sentences:
        yield ""
        yield "What it would take"
        yield from why.ways_sentences


def _table(why: Why) -> Iterator[str]:
    rows: list[Sequence[str]] = [("", "formula", "this plan", "last year")]
    for share in why.shares:
        last = "not known" if share.last_year is None else _amount(share.last_year, share.unit)
        rows.append((share.name, _amount(share.formula, share.unit), _amount(share.plan, share.unit), last))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        yield "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]).rstrip()


def _amount(amount: int, unit: str) -> str:
    return f"£{amount:,}" if unit == "pounds" else f"{amount:,}"
