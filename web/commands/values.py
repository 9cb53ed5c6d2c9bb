"""``planner values``: what one more half-day, £10,000 or base place would be worth, and whether the plan hangs on its doses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.words import least_points, most_points
from web.commands.plans import check_out, plan_argument, read_plan, telling, write_data
from web.commands.why import Command

if TYPE_CHECKING:
    from optimisation.doses import Dosed
    from optimisation.protection import Protection, Protections
    from optimisation.values import Step, Value, Values

EXAMPLE = """planner values plan.json
         planner values plan.json --json values.json
         planner values plan.json --doses
         planner values plan.json --protection"""
NO_GAIN = "no gain that these searches can show"
MOST_CHANGES = 12


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "values", "say what one more half-day, £10,000 or base place would be worth", EXAMPLE)
    plan_argument(parser)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--doses", action="store_true", help="instead, plan again with every dose a fifth lower and higher, and say what changes"
    )
    instead.add_argument(
        "--protection", action="store_true", help="instead, say what each floor, cap and taper that is on costs, and the pounds it moves"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data, with the searches behind it")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from optimisation.as_data import dose_data, protection_data, value_data  # noqa: PLC0415
    from optimisation.doses import doses_of  # noqa: PLC0415
    from optimisation.protection import protection_of  # noqa: PLC0415
    from optimisation.sandbox import Sandbox  # noqa: PLC0415
    from optimisation.values import values_of  # noqa: PLC0415
    from planner.export.priced import price_note  # noqa: PLC0415

    plan, world = read_plan(options.plan)
    check_out(options)
    with Sandbox(world) as sandbox, telling() as tell:
        if options.doses:
            dosed = doses_of(sandbox, plan.amounts, tell=tell)
            lines, data = list(dose_lines(dosed)), dose_data(dosed)
        elif options.protection:
            protections = protection_of(sandbox, plan, tell=tell)
            lines, data = list(protection_lines(protections)), protection_data(protections)
        else:
            values = values_of(sandbox, plan, tell=tell)
            lines, data = list(value_lines(values)), value_data(values)
    for line in (*lines, *price_note(world.policy)):
        print(line)
    write_data(options.json, data)
    return 0


# --- values ------------------------------------------------------------------------------


def value_lines(values: Values) -> Iterator[str]:
    """What one more is worth, as lines of text."""
    yield (
        f"Searched again, the best plan within these rules and figures has between {least_points(values.best.least)} and {most_points(values.best.most)} points of need below the "
        "board's line. With more, by how much the least found falls, in points (proved: at least, at most):"
    )
    yield ""
    for value in values.values:
        if value.note:
            yield f"{value.name}: {value.note}."
        elif not value.is_shown:
            yield f"{value.name}: {NO_GAIN}, {_up_to(value)} (at most {most_points(value.steps[-1].proved.most)} points)."
        else:
            yield f"{value.name}:"
            for step in value.steps:
                yield f"  {amount_words(value, step).ljust(24)}  {_gain(step)}"


def _up_to(value: Value) -> str:
    return f"even with {amount_words(value, value.steps[-1])}"


def amount_words(value: Value, step: Step) -> str:
    """How much more, in words."""
    if value.unit == "pounds":
        return f"£{step.amount:,} more"
    if value.unit == "places":
        return f"up to {step.amount} places"
    return f"{step.amount} half-day{'s' * (step.amount != 1)} more"


def _gain(step: Step) -> str:
    if not step.proved.is_shown:
        return f"{NO_GAIN} (at most {most_points(step.proved.most)})"
    return f"{least_points(step.gained_points)} ({least_points(step.proved.least)}, {most_points(step.proved.most)})"


# --- protection ----------------------------------------------------------------------------


def protection_lines(found: Protections) -> Iterator[str]:
    """What protection costs, as lines of text."""
    if not found.rules:
        yield "No floor, cap or taper is on that is about anything in this partnership, so protection costs nothing."
        return
    yield (
        f"Searched again, the best plan within these rules and figures has between {least_points(found.best.least)} and {most_points(found.best.most)} points of need below the "
        "board's line. What each rule of protection that is on costs:"
    )
    for one in found.rules:
        yield ""
        yield _worth_line(one)
        if one.met.is_shown:
            yield f"  With no more shortfall than this plan, {one.met.words()} more of all need could be met without it."
        if one.moved_pounds is None:
            continue
        good = "as little shortfall" if one.worth.is_shown else "as much need met"
        where = f"the nearest plan with {good}" if one.is_nearest else f"a plan with {good}, the nearest that was found"
        moves = f"£{one.moved_pounds:,}" if one.moved_pounds else "no pounds"
        yield f"  It moves {moves} of grants, beside {where}."
        losses = [c for c in one.changes if c.what == "grant" and c.after < c.before]
        for change in losses[:MOST_CHANGES]:
            yield f"    {change.whose}: £{change.before:,} here, £{change.after:,} there"
        if len(losses) > MOST_CHANGES:
            yield f"    and {len(losses) - MOST_CHANGES} more schools"


def _worth_line(one: Protection) -> str:
    whole = f"Without {one.words} the shortfall"
    if not one.worth.is_shown:
        return f"{whole} would be no lower, as far as these searches can show (by at most {most_points(one.worth.most)} points)."
    return f"{whole} could be lower by {one.worth.words()}."


# --- doses -------------------------------------------------------------------------------


def dose_lines(dosed: tuple[Dosed, ...]) -> Iterator[str]:
    """What changes under other doses, as lines of text."""
    yield (
        "If every standard took a fifth less, or a fifth more, time and hours a pupil: the nearest plan to this one with at most a tenth of a "
        "point more shortfall than the least found."
    )
    for one in dosed:
        yield ""
        which = f"Doses at {int(100 * one.factor)} percent:"
        if one.after is None:
            yield f"{which} no plan was found in the time given."
            continue
        found = (
            "" if one.near is not None and one.near.status == "optimal" else " As far as the search came, it may be that fewer need change."
        )
        yield (
            f"{which} {one.after.met} of {one.after.standards} standards fully met (now {one.before.met}), {one.after.under_half} under half "
            f"(now {one.before.under_half}), shortfall {most_points(one.after.shortfall_points)} points (now {most_points(one.before.shortfall_points)}).{found}"
        )
        if not one.changes:
            yield "  No school's amounts change."
            continue
        schools = {urn for change in one.changes for urn in change.urns}
        amounts, whose = "amount changes" if len(one.changes) == 1 else "amounts change", "school" if len(schools) == 1 else "schools"
        yield f"  {len(one.changes)} {amounts}, for {len(schools)} {whose}, the largest first:"
        for change in one.changes[:MOST_CHANGES]:
            yield f"  {change.sentence()}"
        if len(one.changes) > MOST_CHANGES:
            yield f"  and {len(one.changes) - MOST_CHANGES} more."
