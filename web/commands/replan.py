"""``planner replan``: plan again after a change, from as close to the plan as can be to the best possible."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import plan_argument, read_newer, read_plan, seconds

if TYPE_CHECKING:
    from optimisation.replan import Moved, Point, Replan
    from planner.changes import Change
    from planner.need import World
    from planner.plan import Amounts

Json = dict[str, Any]
MOST_LINES = 8
"""Changes printed of a plan that was not chosen; --json has them all."""


def add(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """The words of the command."""
    parser = command(
        commands, "replan", "plan again after a change: need against schools disturbed, and what gives way first",
        "planner replan plan.json --leaves ep1 --from 3\n"
        "         planner replan plan.json --money -10 --choose 2 --json plan2.json --out plan2.xlsx\n\n"
        "Half-terms before --from are finished: what was given in them stays. Without --from the whole year can change.\n"
        "Where no plan keeps every rule, money that is only held gives way first, then what is promised, as little as it can, and the plans\n"
        "shown need the agreement that is named; the command ends with 2 when nothing that may give way is enough.",
    )  # fmt: skip
    plan_argument(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--leaves", metavar="PERSON", help="a person leaves at the start of the half-term of --from")
    what.add_argument("--vacant", nargs=2, metavar=("SERVICE", "PERCENT"), help="a share of a service's posts falls vacant")
    what.add_argument("--statutory", nargs=2, metavar=("ROLE", "N"), help="so many more statutory assessments for a role (or a service)")
    what.add_argument("--money", type=_percent, metavar="PERCENT", help="money still to come changes, for example -10")
    what.add_argument("--school-leaves", type=int, metavar="URN", help="a school leaves the partnership")
    what.add_argument("--joins", type=_urns, metavar="URN,...", help="schools join; --with holds them")
    what.add_argument(
        "--offered",
        metavar="NAME=N,...",
        help="half-days offered to a service this year (SERVICE=N, or SERVICE=N@POUNDS at another price), or pounds more in a fund (FUND=N)",
    )
    parser.add_argument("--from", dest="half_term", type=int, choices=range(1, 7), help="first half-term that can still change, 1 to 6")
    parser.add_argument("--fund", metavar="FUND", help="with --money: only this fund")
    parser.add_argument("--half-days-each", type=_half_days, metavar="X", help="with --statutory: half-days an assessment takes")
    parser.add_argument("--with", dest="newer", type=Path, metavar="INPUT", help="with --joins: the newer partnership workbook or folder")
    parser.add_argument("--choose", type=int, metavar="N", help="write plan N of those shown as a plan of its own")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what is shown, as data; with --choose the plan's document")
    parser.add_argument("--out", type=Path, metavar="FILE.xlsx", help="with --choose: the plan as a workbook")
    parser.add_argument("--time-limit", type=seconds, default=60.0, help="seconds for all solving (default 60)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the plan, make the change, show the curve, and write what is asked for."""
    from optimisation.replan import replan  # noqa: PLC0415
    from optimisation.solve import Solver  # noqa: PLC0415
    from planner.files import check_places  # noqa: PLC0415

    if options.out is not None and options.choose is None:
        raise InputMustBeMended("--out writes one plan as a workbook: say which with --choose.")
    check_places(options.json, options.out, inputs=[options.plan])
    plan, world = read_plan(options.plan)
    change = _change(options, world, plan.amounts)
    with Solver() as solver:
        result = replan(world, plan.amounts, change, solver=solver, seconds=options.time_limit, tell=_teller())
        if options.choose is None:
            _print(result)
            if options.json is not None:
                _write_json(result, options.json)
            return 0
        if not 1 <= options.choose <= len(result.points):
            raise InputMustBeMended(f"There is no plan {options.choose}: the re-plan has {len(result.points)}, numbered from 1.")
        _print(result, chosen=options.choose)
        _write_plan(result, result.points[options.choose - 1], solver, options)
    return 0


def _change(options: argparse.Namespace, world: World, plan: Amounts) -> Change:
    from planner import changes  # noqa: PLC0415

    half_term = options.half_term
    if options.leaves is not None:
        if half_term is None:
            raise InputMustBeMended("Say with --from at the start of which half-term the person leaves, 1 to 6.")
        return changes.post_leaves(world, options.leaves, half_term)
    if options.vacant is not None:
        return changes.time_falls_vacant(world, options.vacant[0], _whole("--vacant", options.vacant[1], 1, 100), half_term)
    if options.statutory is not None:
        if options.half_days_each is None:
            raise InputMustBeMended("Say with --half-days-each how many half-days one assessment takes; the policy holds no figure for it.")
        number = _whole("--statutory", options.statutory[1], 1, 10_000)
        return changes.assessments_added(world, options.statutory[0], number, options.half_days_each, half_term)
    if options.money is not None:
        return changes.money_changes(world, options.money, options.fund, half_term)
    if options.school_leaves is not None:
        return changes.school_leaves(world, plan, options.school_leaves, half_term)
    if options.offered is not None:
        return _more(options.offered, world, half_term)
    if options.newer is None:
        raise InputMustBeMended("Say with --with which newer partnership workbook or folder holds the schools that join.")
    return changes.schools_join(world, read_newer(options.newer, world.policy), options.joins, half_term)


def _more(text: str, world: World, half_term: int | None) -> Change:
    from planner.offered import MoneyOffered, TimeOffered, more_is_offered  # noqa: PLC0415

    prices = {service.service_id: service.price_pounds_per_session for service in world.partnership.services}
    funds = {fund.fund_id for fund in world.partnership.funds}
    time, money = [], []
    for part in text.replace(" ", "").split(","):
        name, _, amount = part.partition("=")
        number, at, price = amount.partition("@")
        if name in funds and not at:
            money.append(MoneyOffered(fund=name, pounds=_whole("--offered", number, 1, 10_000_000)))
        elif name in prices:
            pounds = _whole("--offered", price, 0, 5_000) if at else prices[name]
            time.append(TimeOffered(service=name, half_days=_whole("--offered", number, 1, 10_000), pounds_each=pounds))
        else:
            raise InputMustBeMended(f"--offered: {part!r} names no service or fund; choose of {', '.join((*prices, *sorted(funds)))}.")
    return more_is_offered(world, time, money, half_term)


def _teller() -> Callable[[str], None]:
    """What is being solved, on a terminal; silence when piped."""
    return (lambda words: print(f"{words} ...", file=sys.stderr)) if sys.stderr.isatty() else (lambda _: None)


# --- what is said --------------------------------------------------------------------------


def _print(result: Replan, *, chosen: int | None = None) -> None:
    from planner.export.priced import price_note  # noqa: PLC0415
    from planner.words import least_points, most_points  # noqa: PLC0415

    for line in _opening(result):
        print(line)
    print(f"\n{'plan':>4}  {'schools disturbed':>17}  {'need below the line':>19}  {'no lower than':>13}  {'total need met':>14}")
    for number, point in enumerate(result.points, start=1):
        print(
            f"{number:>4}  {len(point.disturbed):>17}  {most_points(point.shortfall_points):>19}  {least_points(point.bound_points):>13}  "
            f"{least_points(point.need_met_points):>14}"
        )
    for line in (*_claims(result), *price_note(result.world.policy)):
        print(line)
    for number, point in enumerate(result.points, start=1):
        if chosen in {None, number}:
            print()
            for line in _about(result, number, point, most=None if chosen else MOST_LINES):
                print(line)


def _opening(result: Replan) -> list[str]:
    lines = [f"{result.change.words}.", *result.change.notes]
    if result.gave_way:
        lines += ["No plan keeps every rule after this. What gives way first, as little as it can:"]
        lines += [f"  {way.sentence()}" for way in result.gave_way]
    return lines


def _claims(result: Replan) -> list[str]:
    from planner.words import most_points  # noqa: PLC0415

    fewest = len(result.points[0].disturbed)
    close = f"no fewer than {result.least_disturbed} can be disturbed" if result.least_disturbed else "no school need be disturbed"
    lines = [
        f"Before the change the plan had {most_points(result.was_shortfall_points)} points, with the schools and need it had then; now {close}.",
        "'No lower than': with no more schools disturbed, these rules and figures allow no less; it says nothing about whether the figures are right.",
    ]
    if len(result.points) == 1:
        nouns = "school" if fewest == 1 else "schools"
        everyone = len(result.world.partnership.schools)
        lines.append(
            "One plan is shown: it disturbs every school."
            if fewest == everyone
            else f"One plan is shown: disturbing more than {fewest} {nouns} was not found to lower the need below the line noticeably."
        )
    if any(not point.is_finished for point in result.points):
        lines.append("The clock stopped some searches: a rerun, or more time, may find better.")
    return lines


def _about(result: Replan, number: int, point: Point, *, most: int | None) -> list[str]:
    names = {s.urn: s.name for s in result.world.partnership.schools}
    count = len(point.disturbed)
    lines = [f"Plan {number}: {count} {'school' if count == 1 else 'schools'} disturbed."]
    lines += [f"  Disturbed: {', '.join(names[urn] for urn in point.disturbed)}."] if count else ["  Every school keeps what it has."]
    shown = point.moved[:most]
    lines += [f"  {_moved(move, result.change.half_term)}" for move in shown]
    if len(point.moved) > len(shown):
        lines.append(f"  and {len(point.moved) - len(shown)} smaller changes (--choose {number} shows all)")
    return [*lines, *(f"  {sentence}" for sentence in point.asks)]


def _moved(move: Moved, half_term: int | None) -> str:
    from optimisation.replan import remaining  # noqa: PLC0415

    def said(amount: int) -> str:
        return f"£{amount:,}" if move.unit == "pounds" else f"{amount:,}"

    unit = "" if move.unit == "pounds" else f" {move.unit} of" if move.unit == "half-days" else f" {move.unit} in"
    line = f"{move.whose}: {said(move.was)} to {said(move.becomes)}{unit} {move.item}"
    if half_term is None or half_term == 1 or move.unit == "places":
        return line
    was, becomes = remaining(move)
    return f"{line} ({said(move.given)} given already; still to come {said(becomes)} instead of {said(was)})"


# --- what is written -----------------------------------------------------------------------


def _write_plan(result: Replan, point: Point, solver: Any, options: argparse.Namespace) -> None:
    from optimisation.replan import plan_of  # noqa: PLC0415
    from planner.documents import check_document, plan_document, write_plan  # noqa: PLC0415

    plan = plan_of(result, point, solver=solver)
    document = plan_document(plan, result.world)
    check_document(document)
    if options.json is not None:
        write_plan(document, options.json)
        print(f"Written: {options.json}")
    if options.out is not None:
        from planner.export.plan_workbook import write_plan_workbook  # noqa: PLC0415

        write_plan_workbook(
            plan, result.world, options.out,
            fingerprint=document["fingerprint"], inputs_sha256=document["inputs_sha256"], policy_sha256=document["policy_sha256"],
        )  # fmt: skip
        print(f"Written: {options.out}")


def _write_json(result: Replan, path: Path) -> None:
    from optimisation.replan_data import replan_data  # noqa: PLC0415
    from planner.files import save  # noqa: PLC0415

    save(path, json.dumps(replan_data(result), indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n")
    print(f"Written: {path}")


# --- words read ------------------------------------------------------------------------------


def _percent(text: str) -> int:
    value = _number(text)
    if value.denominator != 1 or not -100 <= value <= 100 or not value:
        raise argparse.ArgumentTypeError("must be a whole percent from -100 to 100, and not 0")
    return int(value)


def _half_days(text: str) -> Fraction:
    value = _number(text)
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 100 half-days")
    return value


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error


def _urns(text: str) -> tuple[int, ...]:
    parts = [part for part in text.replace(" ", "").split(",") if part]
    if not parts or not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of URNs such as 123456,123457")
    return tuple(int(part) for part in parts)


def _whole(option: str, text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InputMustBeMended(f"{option}: {text!r} is not a whole number from {least} to {most}.")
    return int(text)
