"""The roster layer: names put to a plan's half-days, service by service, to stated aims in order.

Which person serves which school is decided first, with a year's time of each person; then the half-terms, as a flow.
The two steps lose nothing of the first four aims: a person's time in a year is the sum of that in the half-terms, and
what is given in the year can be given whenever the person is there. Only the evenness of the pace is left to the
second step, and it is the last of the aims. Persons alike in everything are one pool until schools are dealt out.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, inf

import numpy as np

from optimisation.highs import Solved, load, run
from optimisation.roster_case import Case, Rows, Serving, case_of, figures_in, greedy, left_over, pools_of
from optimisation.roster_pairs import improved, whole_by_hand
from optimisation.roster_patterns import approached
from optimisation.search import start_from
from planner.need import World
from planner.partnership import HALF_TERMS
from planner.plan import Amounts, Roster, RosterAim, RosterRow, Undelivered
from planner.roster import (
    Practitioner,
    could_give_all,
    even_half_days,
    figures_of,
)
from planner.roster_requests import Wish

TRAVEL_GAP = 0.02
"""The share of all travel within which the roster is solved."""
WHOLE_GAP = 0.999
"""Less than one: counts are then exact."""
WHOLE_TOLERANCE = 1e-6
LEAST_SECONDS = 0.05
TRIED_SECONDS = 1.0
"""What the solver has for one person each, then for changes and for travel, before changes and travel are looked at person by person: far quicker where people have little time to spare, slower elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rostering:
    """A plan to be given names, within these seconds."""

    world: World
    amounts: Amounts
    seconds: float
    wishes: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rostered:
    """A roster; ``is_finished`` when every aim was reached within its gap."""

    roster: Roster
    is_finished: bool
    seconds: float


def make_roster(world: World, amounts: Amounts, *, seconds: float, wishes: tuple[Wish, ...] = ()) -> Rostered:
    """Names for every service of a plan, each service by itself; the seconds are shared among them as they come."""
    begun = time.perf_counter()
    cases = [case for service in world.partnership.services if (case := case_of(world, amounts, service, wishes)).asked]
    rows: list[RosterRow] = []
    undelivered: list[Undelivered] = []
    bounds: dict[str, int] = defaultdict(int)
    unbound: set[str] = set()
    is_finished = True
    for number, case in enumerate(cases):
        left = seconds - (time.perf_counter() - begun)
        served = serve(case, seconds=max(LEAST_SECONDS, left / max(1, min(2, len(cases) - number))))
        is_finished = is_finished and served.is_finished
        for name, bound in served.bounds.items():
            bounds[name] += bound
        unbound |= {name for name, _, _ in AIMS[:-1] if name not in served.bounds} | ({AIMS[-1][0]} if not served.is_finished else set())
        given = merged(world, case, paced(case, served.serving))
        if sum(map(sum, given.values())) < sum(served.serving.values()):  # half-terms asked for took some away: later bounds hold no more
            unbound |= {name for name, _, _ in AIMS[1:]}
        rows += [
            RosterRow(person_id=p, recipient=r, service_id=case.service.service_id, half_term=h, half_days=n)
            for (p, r), days in given.items()
            for h, n in enumerate(days, start=1)
            if n
        ]
        delivered: dict[str, int] = defaultdict(int)
        for (_, r), days in given.items():
            delivered[r] += sum(days)
        undelivered += [
            Undelivered(recipient=r, service_id=case.service.service_id, half_days=n - delivered[r])
            for r, n in zip(case.recipients, case.asked, strict=True)
            if n > delivered[r]
        ]
    roster = Roster(rows=tuple(rows), undelivered=tuple(undelivered))
    return Rostered(
        roster=replace(roster, aims=_aims(world, roster, bounds, unbound), is_finished=is_finished),
        is_finished=is_finished, seconds=time.perf_counter() - begun,
    )  # fmt: skip


AIMS = (
    ("undelivered", "half-days that nobody can give", "half-days"),
    ("shared", "schools and zones with more than one person from a service", "exceptions"),
    ("changes", "schools and zones that lose everybody they knew", "changes"),
    ("metres", "travel", "metres"),
    ("uneven", "half-days out of an even pace", "half-days"),
)
"""The aims in order: the name of their figure, what they count, and its unit."""


def _aims(world: World, roster: Roster, bounds: Mapping[str, int], unbound: Collection[str]) -> tuple[RosterAim, ...]:
    reached = figures_of(world, roster)
    return tuple(
        RosterAim(
            name=words, reached=getattr(reached, name), unit=unit,
            bound=None if name in unbound else min(bounds.get(name, 0), getattr(reached, name)),
        )
        for name, words, unit in AIMS
    )  # fmt: skip


# --- the first step: who serves whom -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Who gives whom how many half-days a year, and what each aim cannot be under with as little of those before it; none after one that the clock ended."""

    serving: Serving
    bounds: Mapping[str, int]
    is_finished: bool


def serve(case: Case, *, seconds: float) -> Served:
    """Who serves whom: one person each where that can be, else with the fewest half-days undelivered, then the fewest shared."""
    end = time.perf_counter() + seconds
    whole = whole_by_hand(case, end=end)
    by_hand = min([greedy(case), *([] if whole is None else [whole])], key=lambda one: figures_in(case, one))
    alone = _alone(case, by_hand, min(end, time.perf_counter() + TRIED_SECONDS))
    if alone is not None and alone.is_finished:
        return alone
    return _shared(case, by_hand if alone is None else min(by_hand, alone.serving, key=lambda one: figures_in(case, one)), end)


def _alone(case: Case, by_hand: Serving, end: float) -> Served | None:
    """Everything delivered and nothing shared, with the fewest changes and then the least travel; None where that cannot be or was not found."""
    pools = pools_of(case)
    is_pooled = len(pools) < len(case.people)
    found = _alone_in(case, pools, by_hand, end)
    if found is not None and is_pooled:
        dealt = _dealt(case, pools, found.serving, end)
        if dealt is not None:
            return Served(serving=dealt, bounds=found.bounds, is_finished=found.is_finished)
        found = _alone_in(case, [[i] for i in range(len(case.people))], by_hand, end)
    return found


def _alone_in(case: Case, pools: Sequence[Sequence[int]], by_hand: Serving, end: float) -> Served | None:
    """One pool for each recipient; pool numbers stand for persons in the answer."""
    held = [sum(case.held[i] for i in pool) for pool in pools]
    first = [pool[0] for pool in pools]
    must = {s: {i for i, t in case.must if t == s} for _, s in case.must}
    pairs = [
        (k, s)
        for k, i in enumerate(first)
        for s, n in enumerate(case.asked)
        if case.can[i][s]
        and n <= min(case.held[i], case.room[i][s])
        and case.schools[s] <= case.most_schools[i]
        and must.get(s, {i}) == {i}
    ]
    if {s for _, s in pairs} != set(range(len(case.asked))):
        return None
    rows = Rows(len(pairs))
    for s in range(len(case.asked)):
        rows.add([(p, 1) for p, (_, t) in enumerate(pairs) if t == s], 1, 1)
    for k, i in enumerate(first):
        mine = [(p, s) for p, (j, s) in enumerate(pairs) if j == k]
        rows.add([(p, case.asked[s]) for p, s in mine], -inf, held[k])
        if case.most_schools[i] < inf:
            rows.add([(p, case.schools[s]) for p, s in mine], -inf, case.most_schools[i] * len(pools[k]))
    metres = np.array([case.asked[s] * case.metres[first[k]][s] for k, s in pairs], dtype=float)
    changes = np.array([float(bool(case.known[s]) and case.known[s].isdisjoint(pools[k])) for k, s in pairs])
    pool_of = {i: k for k, pool in enumerate(pools) for i in pool}
    by_hand_alone = {(pool_of[i], s) for (i, s), n in by_hand.items() if n == case.asked[s]}
    start = np.array([float(pair in by_hand_alone) for pair in pairs])
    has_start = len(by_hand_alone) == len(case.asked)
    upper = np.ones(len(pairs))
    bounds = {"undelivered": 0, "shared": 0}
    most: list[tuple[np.ndarray, float]] = []
    values, is_finished = start if has_start else None, True
    for name, cost, share in (("changes", changes, 0.0), ("metres", metres, TRAVEL_GAP)):
        if is_finished:
            bounds[name] = 0
        if not cost.any() and values is not None:
            continue
        solved = _solve(rows, upper, cost, most, share=share, end=end, start=values)
        if solved.values is None:
            if values is None:
                return None
            is_finished = False
            continue
        values = np.round(solved.values)
        if is_finished and solved.bound > -inf:
            bounds[name] = max(0, ceil(solved.bound - WHOLE_TOLERANCE))
        is_finished = is_finished and solved.status == "optimal"
        most.append((cost, float(cost @ values)))
    assert values is not None
    serving = {pair: case.asked[pair[1]] for pair, value in zip(pairs, values, strict=True) if value > 0.5}
    if all(len(pool) == 1 for pool in pools):
        serving = {(pools[k][0], s): n for (k, s), n in serving.items()}
    return Served(serving=serving, bounds=bounds, is_finished=is_finished)


def _dealt(case: Case, pools: Sequence[Sequence[int]], serving: Serving, end: float) -> Serving | None:
    """A pool's recipients dealt out to its persons, none shared; None where they do not fit."""
    dealt: Serving = {}
    for k, pool in enumerate(pools):
        mine = sorted((s for j, s in serving if j == k), key=lambda s: (-case.asked[s], s))
        given = _fitted(case, pool, mine)
        if given is None:
            given = _packed(case, pool, mine, end)
        if given is None:
            return None
        dealt.update(given)
    return dealt


def _fitted(case: Case, pool: Sequence[int], mine: Iterable[int]) -> Serving | None:
    """The most half-days first, each to the person with the most left."""
    left = {i: case.held[i] for i in pool}
    schools = {i: case.most_schools[i] for i in pool}
    given: Serving = {}
    for s in mine:
        able = [i for i in pool if left[i] >= case.asked[s] and schools[i] >= case.schools[s]]
        if not able:
            return None
        i = max(able, key=lambda i: (left[i], schools[i], -i))
        given[i, s] = case.asked[s]
        left[i] -= case.asked[s]
        schools[i] -= case.schools[s]
    return given


def _packed(case: Case, pool: Sequence[int], mine: Sequence[int], end: float) -> Serving | None:
    """The same by the solver: any way to fit them, the first recipient with the first person."""
    pairs = [(i, s) for i in pool for s in mine]
    rows = Rows(len(pairs))
    for s in mine:
        rows.add([(p, 1) for p, (_, t) in enumerate(pairs) if t == s], 1, 1)
    for i in pool:
        rows.add([(p, case.asked[s]) for p, (j, s) in enumerate(pairs) if j == i], -inf, case.held[i])
        if case.most_schools[i] < inf:
            rows.add([(p, case.schools[s]) for p, (j, s) in enumerate(pairs) if j == i], -inf, case.most_schools[i])
    upper = np.array([float(not (s == mine[0] and i != pool[0])) for i, s in pairs])
    solved = _solve(rows, upper, np.zeros(len(pairs)), [], share=0.0, end=end, start=None)
    if solved.values is None:
        return None
    return {(i, s): case.asked[s] for (i, s), value in zip(pairs, solved.values, strict=True) if value > 0.5}


def _shared(case: Case, by_hand: Serving, end: float) -> Served:
    """The fewest half-days undelivered, then the fewest shared, the fewest changes, the least travel; the plan by hand where time ends."""
    sharing = Sharing.of(case)
    serving, is_finished = by_hand, True
    bounds: dict[str, int] = {}
    most: list[tuple[np.ndarray, float]] = []
    for name, cost in sharing.costs.items():
        least, was_finished = _least(case) if name == "undelivered" else 0, is_finished
        if name in {"changes", "metres"}:
            serving, least = _approached(sharing, name, most, serving, end)
        elif cost @ sharing.written(serving) > least:
            serving, bound = sharing.solved(cost, most, serving, share=0.0, end=end)
            least = max(least, bound)
        reached = float(cost @ sharing.written(serving))
        is_finished = is_finished and reached * (1 - (TRAVEL_GAP if name == "metres" else 0.0)) <= least
        if was_finished:
            bounds[name] = least
        most.append((cost, reached))
    return Served(serving=serving, bounds=bounds, is_finished=is_finished)


def _approached(sharing: Sharing, name: str, most: Sequence[tuple[np.ndarray, float]], serving: Serving, end: float) -> tuple[Serving, int]:
    """The fewest changes or the least travel found, no aim before it worse, and what it cannot be under.

    By two people at a time, by the solver for a moment, person by person, and by the solver again.
    """
    case, cost, least = sharing.case, sharing.costs[name], 0
    is_travel, share = name == "metres", TRAVEL_GAP if name == "metres" else 0.0
    serving = [serving, *improved(case, serving, end=end)][-1]

    def wanted() -> float:
        reached = getattr(figures_in(case, serving), name)
        return float(reached * (1 - share) if is_travel else reached)

    for is_last in (False, True):
        if wanted() > least:
            until = end if is_last else min(end, time.perf_counter() + TRIED_SECONDS)
            serving, bound = sharing.solved(cost, most, serving, share=share, end=until)
            least = max(least, bound)
        if wanted() > least and not is_last:
            enough = wanted() if is_travel else wanted() - WHOLE_GAP
            found = approached(case, pools_of(case), serving, is_travel=is_travel, enough=enough, share=share, end=end)
            serving, least = found.serving, max(least, found.bound)
    return serving, least


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Who serves whom where not everybody can be served whole by one person: the rows, and what each aim counts.

    Columns: who serves (yes or no), how many half-days, what is undelivered, how many persons too many, who is lost.
    """

    case: Case
    pairs: tuple[tuple[int, int], ...]
    rows: Rows
    upper: np.ndarray
    costs: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, case: Case) -> Sharing:
        """A service's."""
        people, count = range(len(case.people)), len(case.asked)
        pairs = [
            (i, s) for i in people for s in range(count) if case.can[i][s] and case.held[i] and case.schools[s] <= case.most_schools[i]
        ]
        size = len(pairs)
        gives, missing, extra, lost = size, 2 * size, 2 * size + count, 2 * size + 2 * count
        rows, upper = Rows(2 * size + 3 * count), np.ones(2 * size + 3 * count)
        for p, (i, s) in enumerate(pairs):
            upper[gives + p] = min(case.held[i], case.asked[s], case.room[i][s])
            rows.add([(gives + p, 1), (p, -upper[gives + p])], -inf, 0)
            rows.add([(p, 1), (gives + p, -1)], -inf, 0)
        for s in range(count):
            mine = [p for p, (_, t) in enumerate(pairs) if t == s]
            upper[missing + s], upper[extra + s] = case.asked[s], max(0, len(mine) - 1)
            rows.add([*((gives + p, 1) for p in mine), (missing + s, 1)], case.asked[s], case.asked[s])
            rows.add([*((p, 1) for p in mine), (extra + s, -1)], -inf, 1)
            upper[lost + s] = bool(case.known[s])
            known = [p for p in mine if pairs[p][0] in case.known[s]]
            strange = [p for p in mine if p not in known] if case.known[s] else []
            # Nobody it knew comes although somebody does; and one row for all strangers but those too many, which holds far more when people are split.
            for p in strange:
                rows.add([(lost + s, 1), *((q, 1) for q in known), (p, -1)], 0, inf)
            rows.add([(lost + s, 1), (extra + s, 1), *((p, -1) for p in strange)], 0, inf)
        for i in people:
            mine = [p for p, (j, _) in enumerate(pairs) if j == i]
            rows.add([(gives + p, 1) for p in mine], -inf, case.held[i])
            if case.most_schools[i] < inf:
                rows.add([(p, case.schools[pairs[p][1]]) for p in mine], -inf, case.most_schools[i])
        _at_least(case, pairs, gives, rows)
        metres = np.zeros(rows.columns)
        metres[gives:missing] = [case.metres[i][s] for i, s in pairs]
        levels = {"undelivered": missing, "shared": extra, "changes": lost}
        costs = {name: _ones(rows.columns, at, count) for name, at in levels.items()} | {"metres": metres}
        return cls(case=case, pairs=tuple(pairs), rows=rows, upper=upper, costs=costs)

    def written(self, serving: Serving) -> np.ndarray:
        """A serving in the columns."""
        case, size = self.case, len(self.pairs)
        number = {pair: p for p, pair in enumerate(self.pairs)}
        values = np.zeros(self.rows.columns)
        for pair, n in serving.items():
            values[number[pair]], values[size + number[pair]] = 1, n
        values[2 * size :] = left_over(case, serving)
        return values

    def solved(
        self, cost: np.ndarray, most: Sequence[tuple[np.ndarray, float]], serving: Serving, *, share: float, end: float
    ) -> tuple[Serving, int]:
        """A serving at least as good in one aim, none before it worse, and what the aim cannot be under; nought where nothing is proved."""
        solved = _solve(self.rows, self.upper, cost, most, share=share, end=end, start=self.written(serving))
        values, size = solved.values, len(self.pairs)
        if values is not None and cost @ np.round(values) <= cost @ self.written(serving):
            serving = {pair: round(values[size + p]) for p, pair in enumerate(self.pairs) if values[size + p] > 0.5}
        return serving, max(0, ceil(solved.bound - WHOLE_TOLERANCE)) if -inf < solved.bound < inf else 0


def _at_least(case: Case, pairs: Sequence[tuple[int, int]], gives: int, rows: Rows) -> None:
    """The half-days that people give at least, where half-terms are asked for."""
    for pair, n in case.must.items():
        rows.add([(gives + pairs.index(pair), 1)], n, inf)


def _least(case: Case) -> int:
    """Half-days that are more than everybody together has."""
    return max(0, sum(case.asked) - sum(case.held))


def _ones(columns: int, at: int, number: int) -> np.ndarray:
    cost = np.zeros(columns)
    cost[at : at + number] = 1
    return cost


def _solve(
    rows: Rows, upper: np.ndarray, cost: np.ndarray, most: Sequence[tuple[np.ndarray, float]], *,
    share: float, end: float, start: np.ndarray | None,
) -> Solved:  # fmt: skip
    """The least cost with no more of the aims before than they reached, exact in whole numbers or within a share, from a start if there is one."""
    capped = Rows(rows.columns)
    capped.lower, capped.upper, capped.entries = [*rows.lower], [*rows.upper], [*rows.entries]
    for before, reached in most:
        capped.add([(int(column), before[column]) for column in np.nonzero(before)[0]], -inf, reached + WHOLE_TOLERANCE)
    h = load(capped.problem(upper, cost))
    h.setOptionValue("mip_rel_gap", share)
    if start is not None:
        start_from(h, start)
    return run(h, gap=WHOLE_GAP, seconds=max(LEAST_SECONDS, end - time.perf_counter()))


# --- the second step: when -----------------------------------------------------------------


def paced(case: Case, serving: Serving) -> dict[tuple[str, str], tuple[int, ...]]:
    """(person id, recipient) -> half-days by half-term, as near to an even pace as each person's time allows.

    A flow for each person: its matrix is of two families of sums, each nested or apart, so its vertices are whole.
    """
    given: dict[tuple[str, str], tuple[int, ...]] = {}
    for i, one in enumerate(case.people):
        mine = {s: n for (j, s), n in serving.items() if j == i}
        if mine:
            for s, days in _paced_of(case, one, mine).items():
                given[one.person.person_id, case.recipients[s]] = days
    return given


def _paced_of(case: Case, one: Practitioner, mine: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    by_rounding = {s: _rounded(n, one.spread) for s, n in mine.items()}
    if all(sum(days[h] for days in by_rounding.values()) <= one.half_days[h] for h in range(HALF_TERMS)) and not any(
        case.asked_for.is_timed(case.recipients[s]) for s in mine
    ):
        return by_rounding
    return _paced_by_flow(case, one, mine)


def _rounded(half_days: int, spread: Sequence[int]) -> tuple[int, ...]:
    """An even pace in whole half-days: what is due by the end of each half-term, rounded."""
    so_far = [0]
    due = Fraction(0)
    for even in even_half_days(half_days, spread):
        due += even
        so_far.append(floor(due + Fraction(1, 2)))
    return tuple(b - a for a, b in itertools.pairwise(so_far))


def _paced_by_flow(case: Case, one: Practitioner, mine: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """Half-terms asked for are kept; where they leave no room for some half-days, these are left out."""
    numbers = {s: n for n, s in enumerate(mine)}
    block = HALF_TERMS
    size = block * len(mine)
    # Columns: given, then four kinds of half-days out of pace: more and fewer in the half-term, more and fewer by its end; then what is left out.
    left_out = 5 * size
    rows = Rows(left_out + len(mine))
    upper = np.full(rows.columns, float(max(mine.values())))
    for s, n in mine.items():
        at = block * numbers[s]
        rows.add([*((at + h, 1) for h in range(block)), (left_out + numbers[s], 1)], n, n)
        for h in range(block):
            which = (one.person.person_id, case.recipients[s], h + 1)
            if which in case.asked_for.away_in:
                upper[at + h] = 0
            if which in case.asked_for.comes_in:
                rows.add([(at + h, 1)], 1, inf)
        due = Fraction(0)
        for h, even in enumerate(even_half_days(n, one.spread)):
            due += even
            rows.add([(at + h, 1), (size + at + h, -1)], -inf, ceil(even))
            rows.add([(at + h, 1), (2 * size + at + h, 1)], floor(even), inf)
            so_far = [(at + k, 1.0) for k in range(h + 1)]
            rows.add([*so_far, (3 * size + at + h, -1)], -inf, ceil(due))
            rows.add([*so_far, (4 * size + at + h, 1)], floor(due), inf)
    for h in range(block):
        rows.add([(block * n + h, 1) for n in numbers.values()], -inf, one.half_days[h])
    cost = _ones(rows.columns, size, 4 * size)
    cost[left_out:] = 8 * HALF_TERMS * sum(mine.values())  # more than any pace can cost
    solved = run(load(rows.problem(upper, cost, is_whole=False)), gap=0.0, seconds=60.0)
    assert solved.values is not None
    values = np.round(solved.values)
    return {s: tuple(int(values[block * n + h]) for h in range(block)) for s, n in numbers.items()}


def merged(world: World, case: Case, given: dict[tuple[str, str], tuple[int, ...]]) -> dict[tuple[str, str], tuple[int, ...]]:
    """The same with whatever is shared given to one person wherever one could give it all at the same times."""
    given = dict(given)
    for recipient in case.recipients:
        who = [p for p, r in given if r == recipient]
        if len(who) > 1:
            one = next((one for one in case.people if could_give_all(world, one, recipient, given, case.asked_for)), None)
            if one is not None:
                whole = tuple(sum(given[p, recipient][h] for p in who) for h in range(HALF_TERMS))
                for p in who:
                    del given[p, recipient]
                given[one.person.person_id, recipient] = whole
    return given
