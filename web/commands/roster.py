"""``planner roster``: who gives a plan's half-days, where and in which half-term; a proposal wherever the service is not ours."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import check_out, plan_argument, read_plan, write_data
from web.commands.why import Command

if TYPE_CHECKING:
    from planner.export.roster_words import Schedule
    from planner.need import World
    from planner.partnership import Person, School

EXAMPLE = """planner roster plan.json
         planner roster plan.json --person ep1
         planner roster plan.json --school 900101"""


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "roster", "say who gives a plan's half-days, where and in which half-term", EXAMPLE)
    plan_argument(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--person", metavar="PERSON", help="one person's schedule: the short name or post number, or the name")
    which.add_argument("--school", metavar="SCHOOL", help="who comes to one school: its URN or name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from planner.export.roster_words import (  # noqa: PLC0415
        as_table,
        person_schedule,
        roster_lines,
        school_schedule,
        service_schedules,
        undelivered_lines,
    )

    plan, world = read_plan(options.plan)
    check_out(options)
    if plan.roster is None:
        raise InputMustBeMended("This plan holds no names: make it again without --no-roster, and with more time if it ran out.")
    head: tuple[str, ...] = ()
    if options.person:
        schedules, heading = [person_schedule(plan, world, _person(world, options.person))], "half-terms"
    elif options.school:
        schedules, heading = [school_schedule(plan, world, _school(world, options.school))], "half-terms"
    else:
        head, schedules, heading = (
            (*roster_lines(plan, world), *undelivered_lines(plan, world)),
            list(service_schedules(plan, world)),
            "half-terms",
        )
    for line in head:
        print(line)
    for number, schedule in enumerate(schedules):
        if number or head:
            print()
        for line in as_table(schedule, heading=heading):
            print(line)
    write_data(options.json, {"kind": "roster", "lines": list(head), "schedules": [_data(schedule) for schedule in schedules]})
    return 0


def _data(schedule: Schedule) -> dict[str, Any]:
    return {
        "title": schedule.title,
        "rows": [{"name": line.name, "half_days": list(line.half_days), "year": line.year, "note": line.note} for line in schedule.lines],
    }


def _person(world: World, text: str) -> Person:
    found = [p for p in world.partnership.people if text.casefold() in {p.person_id.casefold(), p.name.casefold()}]
    if not found:
        raise InputMustBeMended(f"The plan has no person {text}; choose one of {', '.join(p.person_id for p in world.partnership.people)}.")
    return found[0]


def _school(world: World, text: str) -> School:
    found = [s for s in world.partnership.schools if text.casefold() in {str(s.urn), s.name.casefold()}]
    if not found:
        raise InputMustBeMended(f"The plan has no school {text}; give the URN or the whole name of a member school.")
    return found[0]
