"""``planner what-if``: settings, funds or a school's wishes moved beside a plan, answered three times, each slower and surer."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import check_out, plan_argument, read_plan, seconds, telling, wish_argument, write_data

if TYPE_CHECKING:
    from optimisation.asked import Condition, Consequence, Value
    from planner.need import World

Command = Callable[[Any, str, str, str], argparse.ArgumentParser]
EXAMPLE = """planner what-if plan.json --set board.line_percent=75
         planner what-if plan.json --fund dhn=+5000 --set board.contingency_percent=4 --json what-if.json
         planner what-if plan.json --wish 123456 speech_therapy at-least 20"""
_MOST_CHANGES = 8


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(
        commands, "what-if", "say what would follow from other settings, funds or wishes: at once, then in whole numbers", EXAMPLE
    )
    plan_argument(parser)
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="a setting of the policy, by its path")
    parser.add_argument("--fund", action="append", default=[], metavar="FUND=+POUNDS", help="pounds a year more (+) or less (-) in a fund")
    wish_argument(parser, "a school's own rule")
    parser.add_argument("--time-limit", type=seconds, default=10.0, metavar="SECONDS", help="for the whole numbers (default 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from optimisation.asked import Moved, Question  # noqa: PLC0415
    from optimisation.sandbox import Sandbox  # noqa: PLC0415

    check_out(options)
    settings = tuple((path, _value(text)) for path, text in map(_parted, options.set))
    funds = tuple((fund_id, _pounds(text)) for fund_id, text in map(_parted, options.fund))
    plan, world = read_plan(options.plan)
    question = Question(
        near=plan.amounts, moved=Moved(settings=settings, funds=funds), conditions=tuple(_wishes(world, options.wish)), seconds=options.time_limit
    )  # fmt: skip
    found: list[Consequence] = []
    with Sandbox(world) as sandbox, telling() as tell:
        tell("what would follow")
        sandbox.what_if(question, tell=found.append)
    for one in found:
        print(f"{one.sentence} [{one.kind}, {one.seconds:.2f} s]")
    print("Each answer begins with what its own kind comes to when nothing is moved, at the line asked for; only the last is a plan.")
    for change in found[-1].changes[:_MOST_CHANGES]:
        print(f"  {change.sentence()}")
    if (more := len(found[-1].changes) - _MOST_CHANGES) > 0:
        print(f"  and {more} more changes")
    write_data(options.json, data_of(found, question.moved.settings, question.moved.funds, question.conditions))
    return 0


def _parted(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise InputMustBeMended(f"{text!r} must be a name, then =, then a value.")
    return name.strip(), value.strip()


def _value(text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise InputMustBeMended(f"{text!r} must be a number, true or false.") from error
    if not number.is_finite():
        raise InputMustBeMended(f"{text!r} must be a number, true or false.")
    return int(number) if number == number.to_integral_value() and number.adjusted() < 12 else number


def _pounds(text: str) -> int:
    if text[:1] not in "+-" or not text[1:].isdecimal() or len(text) > 12:
        raise InputMustBeMended(f"{text!r} must be whole pounds with a sign, such as +5000 or -5000.")
    return int(text)


def _wishes(world: World, asked: Iterable[list[str]]) -> Iterable[Condition]:
    from optimisation.wishes import amount_wish, most_useful_words  # noqa: PLC0415
    from planner.partnership import GRANT_ITEM  # noqa: PLC0415

    items = {GRANT_ITEM, *(s.service_id for s in world.partnership.services)}
    for urn, item, bound, number in asked:
        if not urn.isdecimal() or int(urn) not in {s.urn for s in world.partnership.schools}:
            raise InputMustBeMended(f"No member school has the URN {urn}.")
        if item not in items or bound not in {"at-least", "at-most", "exactly"} or not number.isdecimal() or len(number) > 9:
            raise InputMustBeMended(
                f"A wish is a URN, one of {', '.join(sorted(items))}, at-least, at-most or exactly, and a whole number; this is {item} {bound} {number}."
            )
        useless = "" if bound == "at-most" else most_useful_words(world, urn=int(urn), item=item, amount=int(number))
        if useless:
            raise InputMustBeMended(f"{urn} {item} {bound} {number} is more than a plan gives: {useless}")
        yield amount_wish(
            world, int(urn), item,
            at_least=None if bound == "at-most" else int(number), at_most=None if bound == "at-least" else int(number),
        )  # fmt: skip


def data_of(
    found: list[Consequence], settings: tuple[tuple[str, Value], ...], funds: tuple[tuple[str, int], ...], conditions: tuple[Condition, ...]
) -> dict[str, Any]:
    """The answers as JSON data."""
    from planner.documents import to_plain  # noqa: PLC0415

    return {
        "format": "partnership-planner what-if",
        "format_version": 1,
        "settings": {path: value if isinstance(value, int) else float(value) for path, value in settings},
        "funds": dict(funds),
        "wishes": [condition.words for condition in conditions],
        "answers": [
            {
                "kind": one.kind, "ending": one.ending, "sentence": one.sentence, "seconds": round(one.seconds, 3),
                "before": to_plain(one.before), "after": None if one.after is None else to_plain(one.after),
                "price_points": one.price_points, "before_price_points": one.before_price_points,
                "bound_points": one.bound_points, "gap_points": one.gap_points, "changes": to_plain(one.changes),
            }
            for one in found
        ],
    }  # fmt: skip
