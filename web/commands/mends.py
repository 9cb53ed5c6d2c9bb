"""`planner mends`: which rules clash, and how to make room, of a partnership or of a plan with wishes laid over it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputMustBeMended, RulesCannotAllHold
from web.commands.plans import read_plan, wish_argument

if TYPE_CHECKING:
    from planner.intake.findings import Finding
    from planner.need import World
    from planner.partnership import HeadRule, Partnership
    from planner.policy import Policy

ALL_HOLD = "Nothing clashes: the rules can all hold."
SECONDS = 30.0
"""For all solving."""

Read = Callable[[Path, "Policy"], tuple["Partnership | None", tuple["Finding", ...]]]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], command: Callable[..., argparse.ArgumentParser], read: Read) -> None:
    """Add the command's words."""
    mends = command(
        commands,
        "mends",
        "say which rules clash, and up to three ways to make room",
        "planner mends partnership.xlsx\n         planner mends plan.json --wish 900201 grant at-least 36000",
    )
    mends.add_argument("input", type=Path, metavar="INPUT", help="a partnership workbook (.xlsx), a folder of CSVs, or a plan.json")
    mends.add_argument("--policy", type=Path, metavar="FILE.toml", help="the board's own settings; a plan.json brings its own")
    wish_argument(mends, "a school's wish laid over the rules")
    mends.add_argument("--json", type=Path, metavar="mends.json", help="write the same as data, with every solve behind it")
    mends.set_defaults(run=lambda options: _mends(options, read))


def _mends(options: argparse.Namespace, read: Read) -> int:
    from optimisation.solve import Solver  # noqa: PLC0415
    from planner.files import check_places  # noqa: PLC0415

    check_places(options.json, inputs=[options.input, options.policy])
    world = with_wishes(_world(options, read), options.wish)
    if sys.stderr.isatty():
        print("Looking for what clashes and how to make room ...", file=sys.stderr)
    with Solver() as solver:
        found = solver.explain(world, seconds=SECONDS)
    lines = (ALL_HOLD,) if found is None else found.lines()
    if options.json is not None:
        data = {"kind": "mends", "lines": [ALL_HOLD], "clash": [], "mends": []} if found is None else {"kind": "mends", **found.as_data()}
        options.json.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if found is not None and not found.mends:
        raise RulesCannotAllHold("\n".join(lines))
    for line in lines:
        print(line)
    if options.json is not None:
        print(f"Written: {options.json}")
    return 0


def _world(options: argparse.Namespace, read: Read) -> World:
    """The world of a plan, or of a partnership under a policy."""
    if options.input.suffix == ".json":
        if options.policy is not None:
            raise InputMustBeMended("A plan brings its own policy; leave out --policy, or give the partnership instead of the plan.")
        return read_plan(options.input)[1]
    from planner.intake.findings import Level  # noqa: PLC0415
    from planner.need import world_of  # noqa: PLC0415
    from planner.policy import load_policy  # noqa: PLC0415

    policy = load_policy(options.policy)
    partnership, findings = read(options.input, policy)
    for finding in findings:
        print(f"{finding.level}: {finding.sentence()}", file=sys.stderr)
    if partnership is None:
        count = sum(finding.level is Level.MUST_MEND for finding in findings)
        raise InputMustBeMended(f"{options.input} cannot be planned yet: {count} to mend.")
    return world_of(partnership, policy)


def with_wishes(world: World, asked: Sequence[Sequence[str]]) -> World:
    """A world with wishes laid over it as heads' rules. Raises ``InputMustBeMended`` where a wish cannot be read."""
    from planner.need import world_of  # noqa: PLC0415

    if not asked:
        return world
    wishes = tuple(_wish(world, words, f"wish {number}") for number, words in enumerate(asked, start=1))
    partnership = replace(world.partnership, head_rules=(*world.partnership.head_rules, *wishes))
    return world_of(partnership, world.policy)


def _wish(world: World, words: Sequence[str], rule_id: str) -> HeadRule:
    from planner.partnership import GRANT_ITEM, Bound, DecisionRight, HeadRule  # noqa: PLC0415

    text = " ".join(words)
    urn, item, bound, number = words
    bounds = {one.value.replace(" ", "-"): one for one in Bound}
    number = number.removeprefix("£").replace(",", "")
    if not number.isdecimal() or bound not in bounds:
        raise InputMustBeMended(
            f'The wish "{text}" is not of the form URN ITEM at-least NUMBER (or at-most, or exactly), in whole numbers.'
        )
    if urn not in {str(s.urn) for s in world.partnership.schools}:
        raise InputMustBeMended(f'The wish "{text}" is for no member school: give the URN of one.')
    services = {name.casefold(): s for s in world.partnership.services for name in (s.service_id, s.name)}
    service = services.get(item.strip().casefold())
    if item.casefold() != GRANT_ITEM and service is None:
        known = ", ".join([GRANT_ITEM, *(s.service_id for s in world.partnership.services)])
        raise InputMustBeMended(f'The wish "{text}" is for something that is not there: give one of {known}.')
    if service is not None and world.policy.role(service.role).serves == "zone":
        raise InputMustBeMended(f"{service.name} is planned for groups of schools, so no school can wish for its own part of it.")
    if service is not None and service.decision_right is DecisionRight.INFORMATION:
        raise InputMustBeMended(f"{service.name} is for information only, so nobody can be given any of it.")
    return HeadRule(
        rule_id=rule_id, urn=int(urn), item=GRANT_ITEM if service is None else service.service_id, bound=bounds[bound], amount=int(number)
    )
