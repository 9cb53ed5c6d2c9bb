"""One service's roster as numbers, and as it would be made by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from optimisation.highs import Problem, problem_of
from planner.need import World
from planner.partnership import Service
from planner.plan import Amounts
from planner.roster import Practitioner, asked_of, can_reach, known_last_year, metres_a_visit, practitioners, schools_counted
from planner.roster_requests import Wish, Wished, of_service, wished

Serving = dict[tuple[int, int], int]
"""(person, recipient), by number in the case -> half-days in the year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One service's roster as numbers: who can give what to whom, how far it is and whom schools know.

    ``room`` is the most half-days of a person for a recipient; ``must`` the fewest, where half-terms are asked for.
    """

    service: Service
    people: tuple[Practitioner, ...]
    recipients: tuple[str, ...]
    asked: tuple[int, ...]
    schools: tuple[int, ...]
    metres: tuple[tuple[int, ...], ...]
    can: tuple[tuple[bool, ...], ...]
    known: tuple[frozenset[int], ...]
    asked_for: Wished
    room: tuple[tuple[int, ...], ...]
    must: Mapping[tuple[int, int], int]

    @property
    def held(self) -> tuple[int, ...]:
        """Half-days a year of each person."""
        return tuple(one.half_days_a_year for one in self.people)

    @property
    def most_schools(self) -> tuple[float, ...]:
        """The most schools of each person."""
        return tuple(inf if one.person.most_schools is None else one.person.most_schools for one in self.people)


def case_of(world: World, amounts: Amounts, service: Service, wishes: tuple[Wish, ...] = ()) -> Case:
    """One service's roster as numbers."""
    people = practitioners(world, service)
    asked = asked_of(amounts, service)
    number = {one.person.person_id: i for i, one in enumerate(people)}
    where = {r: s for s, r in enumerate(asked)}
    wanted = wished(of_service(world, wishes, service.service_id))
    comes = Counter((number[p], where[r]) for p, r, _ in wanted.comes_in)
    return Case(
        service=service,
        people=people,
        recipients=tuple(asked),
        asked=tuple(asked.values()),
        schools=tuple(schools_counted(world, r, n) for r, n in asked.items()),
        metres=tuple(tuple(metres_a_visit(world, one.person, r) for r in asked) for one in people),
        can=tuple(tuple(can_reach(world, one.person, r) and wanted.may_come(one.person.person_id, r) for r in asked) for one in people),
        asked_for=wanted,
        room=tuple(
            tuple(sum(n for h, n in enumerate(one.half_days, start=1) if (one.person.person_id, r, h) not in wanted.away_in) for r in asked)
            for one in people
        ),
        must=dict(comes),
        known=tuple(frozenset(number[p] for p in known_last_year(world, service, r)) for r in asked),
    )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Figures:
    """What a year's serving comes to before its half-terms, in the order of the aims."""

    undelivered: int
    shared: int
    changes: int
    metres: int


def figures_in(case: Case, serving: Serving) -> Figures:
    """What a year's serving comes to."""
    undelivered, shared, changes = (int(one.sum()) for one in np.split(left_over(case, serving), 3))
    metres = sum(n * case.metres[i][s] for (i, s), n in serving.items())
    return Figures(undelivered=undelivered, shared=shared, changes=changes, metres=metres)


def left_over(case: Case, serving: Serving) -> np.ndarray:
    """By recipient, one after the other: half-days undelivered; persons more than one; 1 for whoever loses all it knew."""
    missing, who = np.array(case.asked), [set[int]() for _ in case.asked]
    for (i, s), n in serving.items():
        missing[s] -= n
        who[s].add(i)
    extra = [max(0, len(one) - 1) for one in who]
    lost = [bool(one) and bool(known) and known.isdisjoint(one) for one, known in zip(who, case.known, strict=True)]
    return np.concatenate((missing, extra, lost))


def greedy(case: Case) -> Serving:
    """The most half-days first, each to a person who is known, then nearest, with room for it all; the rest in parts."""
    left, schools = list(case.held), list(case.most_schools)
    serving: Serving = dict(case.must)
    for (i, s), n in case.must.items():
        left[i] -= n
        schools[i] -= case.schools[s]
    for s in sorted(range(len(case.asked)), key=lambda s: (-case.asked[s], s)):
        need = case.asked[s] - sum(n for (_, t), n in case.must.items() if t == s)
        able = [i for i in range(len(case.people)) if case.can[i][s] and ((i, s) in serving or schools[i] >= case.schools[s])]
        able.sort(key=lambda i: (left[i] < need, i not in case.known[s], case.metres[i][s], -left[i], i))
        if able and left[able[0]] < need:
            able.sort(key=lambda i: (-left[i], i))
        for i in able:
            part = min(left[i], need, case.room[i][s] - serving.get((i, s), 0))
            if part:
                schools[i] -= 0 if (i, s) in serving else case.schools[s]
                serving[i, s] = serving.get((i, s), 0) + part
                left[i] -= part
                need -= part
            if not need:
                break
    return serving


def pools_of(case: Case) -> list[list[int]]:
    """Persons alike in time, schools, distances and whom schools know, together."""
    alike: dict[object, list[int]] = defaultdict(list)
    for i, one in enumerate(case.people):
        known = tuple(i in who for who in case.known)
        must = tuple((s, n) for (j, s), n in case.must.items() if j == i)
        key = (one.half_days, one.spread, one.person.most_schools, case.metres[i], case.can[i], case.room[i], must)
        alike[key, known if any(known) else ()].append(i)
    return list(alike.values())


class Rows:
    """Rows of a problem all of whose columns are whole, as they are written down."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.entries: list[tuple[int, int, float]] = []

    def add(self, terms: Iterable[tuple[int, float]], lower: float, upper: float) -> None:
        """One row: lower <= sum of value x column <= upper."""
        self.entries += [(len(self.lower), column, value) for column, value in terms]
        self.lower.append(lower)
        self.upper.append(upper)

    def problem(self, upper: np.ndarray, cost: np.ndarray, *, is_whole: bool = True) -> Problem:
        """The problem with this objective; columns from nought to their upper bound."""
        at, columns, values = zip(*self.entries, strict=True) if self.entries else ((), (), ())
        return problem_of(
            columns=tuple(range(self.columns)), costs=np.array([cost]), offsets=np.zeros(1), lower=np.zeros(self.columns), upper=upper,
            is_whole=np.full(self.columns, is_whole), row_lower=np.array(self.lower), row_upper=np.array(self.upper),
            entries=(np.array(at, dtype=np.int32), np.array(columns, dtype=np.int32), np.array(values, dtype=np.float64)),
        )  # fmt: skip
