"""The roster's benchmark: our two steps beside bare HiGHS on the plain joint model, and on the joint model with strong links.

The joint model decides in one matrix who serves whom and when, all aims in one objective (metres). People are made up
for the schools of ``optimisation.bench``: posts in parts, a base at one of the schools each, some without a car, some
who come after Christmas, and last year's links, mostly with whoever is near.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from math import ceil, floor, inf
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import highspy
import numpy as np

from optimisation.highs import Problem, load
from optimisation.roster import AIMS, TRAVEL_GAP, make_roster
from optimisation.roster_case import Case, Rows, case_of
from planner.need import World, world_of
from planner.partnership import HALF_TERMS, LastYearLink, Person, School
from planner.plan import Amounts
from planner.roster import even_half_days
from planner.supply import distance_squared

METRES = {"undelivered": 1_000_000, "shared": 500_000, "changes": 100_000, "metres": 1, "uneven": 1_000}
"""What a unit of each aim weighs in the joint objective, in metres of travel."""


def with_people(world: World, *, seed: int) -> World:
    """The same world with its posts in parts, at bases, and with last year's links; the same seed gives the same people."""
    rng = Random(seed)  # noqa: S311 (made-up people, no secret)
    p = world.partnership
    people: list[Person] = []
    for one in p.people:
        if len(p.people_of(one.service_id)) == 1:
            people.append(replace(one, based_at_urn=rng.choice(p.schools).urn))
        else:
            people += _parts(one, rng, p.schools)
    where = {s.urn: s for s in p.schools}

    def far(person: Person, school: School) -> int:
        assert person.based_at_urn is not None
        base = where[person.based_at_urn]
        return distance_squared(base.easting_metres, base.northing_metres, school.easting_metres, school.northing_metres)

    links = []
    for school in p.schools:
        for service in p.services:
            mine = [one for one in people if one.service_id == service.service_id]
            who = min(mine, key=lambda one: far(one, school)) if rng.random() < 0.7 else rng.choice(mine)
            links.append(LastYearLink(urn=school.urn, service_id=service.service_id, person_id=who.person_id))
    return world_of(replace(p, people=tuple(people), last_year_links=tuple(links)), world.policy)


def _parts(one: Person, rng: Random, schools: tuple[School, ...]) -> Iterator[Person]:
    tenths = rng.choice(((5, 5), (6, 4), (7, 3), (10,)))
    for n, share in enumerate(tenths):
        yield replace(
            one,
            person_id=f"{one.person_id}{'ab'[n]}",
            sessions_a_year=one.sessions_a_year * share // 10,
            statutory_sessions=one.statutory_sessions * share // 10,
            based_at_urn=rng.choice(schools).urn,
            drives=rng.random() < 0.85,
            most_schools=max(3, round(30 * one.sessions_a_year * share / 3200)),
            first_half_term=3 if rng.random() < 0.1 else None,
        )


def roster_rows(worlds: Iterator[tuple[str, World, Amounts]], *, repeats: int, seconds: float) -> Iterator[str]:
    """Markdown lines of the roster's table, as they are measured."""
    yield (
        "| area | schools | people | half-days | columns of the joint model | undelivered / shared / changes | travel, km (bound) | ours, CPU s "
        "| bare joint, CPU s (its gap) | strong links, CPU s (its gap) | ours in the joint objective / the best bound |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for area, world, amounts in worlds:
        yield _row(area, world, amounts, repeats, seconds)


def _row(area: str, world: World, amounts: Amounts, repeats: int, seconds: float) -> str:
    ours = []
    for _ in range(repeats):
        start = time.process_time()
        rostered = make_roster(world, amounts, seconds=seconds)
        ours.append(time.process_time() - start)
    aims = {name: aim for (name, _, _), aim in zip(AIMS, rostered.roster.aims, strict=True)}
    weighed = sum(METRES[name] * aim.reached for name, aim in aims.items())
    plain, strong = (joint_of(world, amounts, is_strong=is_strong, seconds=seconds) for is_strong in (False, True))
    half_days = sum(row.half_days for row in rostered.roster.rows)
    return (
        f"| {area} | {len(world.partnership.schools)} | {len(world.partnership.people)} | {half_days} | {plain['columns']} "
        f"| {aims['undelivered'].reached} / {aims['shared'].reached} / {aims['changes'].reached} "
        f"| {aims['metres'].reached / 1000:,.0f} ({(aims['metres'].bound or 0) / 1000:,.0f}) | {median(ours):.2f} "
        f"| {plain['seconds']:.1f} ({plain['gap']:.1%}) | {strong['seconds']:.1f} ({strong['gap']:.1%}) "
        f"| {weighed / max(plain['bound'], strong['bound'], 1):.3f} |"
    )


def joint_of(world: World, amounts: Amounts, *, is_strong: bool, seconds: float) -> dict[str, Any]:
    """Bare HiGHS on the joint model of every service in turn: CPU seconds, and objective and bound of all together."""
    took = best = bound = 0.0
    columns = 0
    for service in world.partnership.services:
        case = case_of(world, amounts, service)
        if not case.asked:
            continue
        problem = joint_problem(case, is_strong=is_strong)
        columns += len(problem.columns)
        with tempfile.TemporaryDirectory() as folder:
            matrix = str(Path(folder) / "roster.mps")
            load(problem).writeModel(matrix)
            h = highspy.Highs()
            for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", TRAVEL_GAP), ("time_limit", seconds)):
                h.setOptionValue(option, value)
            h.readModel(matrix)
            start = time.process_time()
            h.run()
            took += time.process_time() - start
        info = h.getInfo()
        best, bound = best + info.objective_function_value, bound + info.mip_dual_bound
    return {"seconds": took, "best": best, "bound": bound, "gap": (best - bound) / max(best, 1), "columns": columns}


def joint_problem(case: Case, *, is_strong: bool) -> Problem:
    """Who serves whom and when in one matrix. Strong: a link opens each half-term's half-days by itself; else all the year's together."""
    pairs = [(i, s) for i in range(len(case.people)) for s in range(len(case.asked)) if case.can[i][s] and case.held[i]]
    size, count = len(pairs), len(case.asked)
    serves, given, off, missing = 0, size, size + size * HALF_TERMS, size + 2 * size * HALF_TERMS
    extra, lost = missing + count, missing + 2 * count
    rows = Rows(missing + 3 * count)
    upper, cost = np.ones(rows.columns), np.zeros(rows.columns)
    for p, (i, s) in enumerate(pairs):
        one, asked = case.people[i], case.asked[s]
        mine = [given + p * HALF_TERMS + h for h in range(HALF_TERMS)]
        due = even_half_days(asked, one.spread)
        for h, column in enumerate(mine):
            upper[column] = min(asked, one.half_days[h])
            cost[column] = case.metres[i][s] * METRES["metres"]
            uneven = off + p * HALF_TERMS + h
            upper[uneven], cost[uneven] = asked, METRES["uneven"]
            rows.add([(column, 1), (serves + p, -ceil(due[h])), (uneven, -1)], -inf, 0)
            rows.add([(column, 1), (serves + p, -floor(due[h])), (uneven, 1)], 0 if is_strong else -asked, inf)
            if is_strong:
                rows.add([(column, 1), (serves + p, -upper[column])], -inf, 0)
        rows.add([*((column, 1) for column in mine), (serves + p, -min(asked, case.held[i]))], -inf, 0)
    for s in range(count):
        mine = [p for p, (_, t) in enumerate(pairs) if t == s]
        upper[missing + s], cost[missing + s] = case.asked[s], METRES["undelivered"]
        upper[extra + s], cost[extra + s] = max(0, len(mine) - 1), METRES["shared"]
        cost[lost + s] = METRES["changes"]
        rows.add(
            [*((given + p * HALF_TERMS + h, 1) for p in mine for h in range(HALF_TERMS)), (missing + s, 1)], case.asked[s], case.asked[s]
        )
        rows.add([*((serves + p, 1) for p in mine), (extra + s, -1)], -inf, 1)
        for p in mine:
            if case.known[s] and pairs[p][0] not in case.known[s]:
                rows.add([(lost + s, 1), *((serves + q, 1) for q in mine if pairs[q][0] in case.known[s]), (serves + p, -1)], 0, inf)
    for i, one in enumerate(case.people):
        mine = [p for p, (j, _) in enumerate(pairs) if j == i]
        for h in range(HALF_TERMS):
            rows.add([(given + p * HALF_TERMS + h, 1) for p in mine], -inf, one.half_days[h])
        if one.person.most_schools is not None:
            rows.add([(serves + p, case.schools[pairs[p][1]]) for p in mine], -inf, one.person.most_schools)
    return rows.problem(upper, cost)
