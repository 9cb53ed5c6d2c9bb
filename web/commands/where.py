"""``planner where``: where a base would do most, by planning the year with it at each host, and without it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from planner.errors import InputMustBeMended
from web.commands.plans import check_out, plan_argument, read_plan, seconds, telling, write_data
from web.commands.why import Command

EXAMPLE = """planner where plan.json --like bracken_semh --places 10 --at 900109,900110
         planner where plan.json --new primary SEMH,ASD --places 8 --at 900109"""
Json = dict[str, Any]


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "where", "say where a base would do most, at each of some schools or at none", EXAMPLE)
    plan_argument(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--like", metavar="BASE", help="a base of the plan whose needs and costs it has; one not open yet is tried in its place"
    )
    which.add_argument("--new", nargs=2, metavar=("PHASE", "NEED,..."), help="a new base: primary or secondary, and the needs it is for")
    parser.add_argument("--places", type=int, required=True, metavar="N", help="how many places it has")
    parser.add_argument("--at", required=True, metavar="URN,...", help="the schools to try it at")
    parser.add_argument("--funding", type=int, default=0, metavar="POUNDS", help="with --new: what the council pays for a place a year")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data")
    parser.add_argument("--time-limit", type=seconds, default=60.0, help="seconds for all solving (default 60)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from optimisation.hosts import hosts_data, stood_at_each  # noqa: PLC0415
    from optimisation.solve import Solver  # noqa: PLC0415
    from planner.export.priced import price_note  # noqa: PLC0415
    from planner.hosts import host_claims  # noqa: PLC0415

    check_out(options)
    plan, world = read_plan(options.plan)
    sought = _sought(options)
    with telling() as tell, Solver() as solver:
        stood = stood_at_each(world, plan.amounts, sought, solver=solver, seconds=options.time_limit, tell=tell)
    data = hosts_data(world, plan.amounts, sought, stood)
    print(f"{data['change']}.")
    for one in data["plans"]:
        print()
        for line in _about(one):
            print(line)
    print()
    for line in (*host_claims(data["plans"]), *price_note(world.policy)):
        print(line)
    write_data(options.json, data)
    return 0


def _sought(options: argparse.Namespace) -> Any:
    from planner.hosts import BaseSought  # noqa: PLC0415
    from planner.partnership import Phase  # noqa: PLC0415

    if not all(part.isdecimal() for part in options.at.split(",")):
        raise InputMustBeMended(f"--at: {options.at!r} is not a list of URNs such as 123456,123457.")
    hosts = tuple(int(part) for part in options.at.split(","))
    if options.like is not None:
        return BaseSought(places=options.places, hosts=hosts, like=options.like)
    phase, needs = options.new
    if phase not in {Phase.PRIMARY, Phase.SECONDARY}:
        raise InputMustBeMended(f"--new: {phase!r} is not primary or secondary.")
    return BaseSought(
        places=options.places, hosts=hosts, phase=Phase(phase), needs=tuple(needs.split(",")), place_funding_pounds=options.funding
    )


def _about(one: Json) -> list[str]:
    from planner.words import least_points, most_points  # noqa: PLC0415

    title = f"At {one['host']}" if one["host"] else "Without it"
    if one["why_not"]:
        return [f"{title}: {one['why_not']}"]
    lines = [
        f"{title}: {most_points(one['shortfall_points'])} points of need below the board's line; no plan can have less than {least_points(one['bound_points'])}.",
        f"  Of {one['standards']:,} standards {one['met']:,} are fully met, {one['under_half']:,} are under half and {one['out_of_reach']:,} out of reach.",
    ]
    if one["host"]:
        places = "place" if one["opens_with"] == 1 else "places"
        lines.append(
            f"  It opens with {one['opens_with']:,} {places}, {one['given']:,} given this year: £{one['running_pounds']:,} of the pool this year, "
            f"£{one['opening_pounds']:,} once."
            if one["opens_with"]
            else "  The plan does not open it."
        )
        lines.append(f"  {one['agreement']}")
    return [*lines, *([] if one["is_finished"] else ["  The clock stopped the search: a better plan may exist."])]
