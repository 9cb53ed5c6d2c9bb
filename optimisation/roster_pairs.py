"""The schools of two people dealt anew between them, as well as can be, until no two can do better."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimisation.roster_case import Case, Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What one of two people gives a school and either could give: half-days, schools it counts for, and its cost with each of the two."""

    recipient: int
    half_days: int
    schools: int
    costs: tuple[float, float]


def improved(case: Case, serving: Serving, *, end: float) -> Iterator[Serving]:
    """Ever better servings, fewer changes first and then less travel, none less delivered or more shared; ``end`` is a time of ``time.perf_counter``."""
    people = range(len(case.people))
    waiting = {(a, b): None for b in people for a in range(b)}
    while waiting and time.perf_counter() < end:
        a, b = next(iter(waiting))
        del waiting[a, b]
        better = dealt_anew(case, serving, a, b)
        if better is not None:
            serving = better
            yield serving
            waiting |= {(min(i, j), max(i, j)): None for i in (a, b) for j in people if j not in {a, b}}


def dealt_anew(case: Case, serving: Serving, a: int, b: int) -> Serving | None:
    """The best way for two people to share out what they give, school by school, all else as it is; None where there is no better.

    Nobody is given more than there is time for, but for what was too much before: that comes down first.
    """
    items = [item for item in (_item(case, serving, i, s, (a, b)) for i, s in serving if i in {a, b}) if item is not None]
    moving = {item.recipient for item in items}
    kept = {pair: n for pair, n in serving.items() if pair[0] not in {a, b} or pair[1] not in moving}
    held = [case.held[i] - sum(n for (j, _), n in kept.items() if j == i) for i in (a, b)]
    schools = [case.most_schools[i] - sum(case.schools[s] for j, s in kept if j == i) for i in (a, b)]
    half_days, counted = sum(item.half_days for item in items), sum(item.schools for item in items)
    mine = sum(item.half_days for item in items if (a, item.recipient) in serving)
    beyond = max(0, mine - held[0]) + max(0, half_days - mine - held[1])
    most = min(held[0] + beyond, half_days), int(min(schools[0], counted))
    fewest = max(0, half_days - held[1] - beyond), int(max(0, counted - schools[1]))
    if most[0] < fewest[0] or most[1] < fewest[1]:
        return None
    tables = _tables(items, (most[0] + 1, most[1] + 1))
    with_first = np.arange(fewest[0], most[0] + 1)
    too_much = np.maximum(0, with_first - held[0]) + np.maximum(0, half_days - with_first - held[1])
    costs = tables[-1][fewest[0] :, fewest[1] :] + (too_much * (2 + len(items)) * dearest(case))[:, None]
    now = sum(item.costs[(a, item.recipient) not in serving] for item in items) + beyond * (2 + len(items)) * dearest(case)
    if costs.min() > now - 0.5:  # costs are whole
        return None
    at = np.unravel_index(int(costs.argmin()), costs.shape)
    return kept | _read(items, tables, (int(at[0]) + fewest[0], int(at[1]) + fewest[1]), (a, b))


def dearest(case: Case) -> float:
    """What a change costs in metres: more than all travel."""
    return 1.0 + sum(case.asked) * max(map(max, case.metres))


def whole_by_hand(case: Case, *, end: float) -> Serving | None:
    """Every recipient with one person, with as few changes and as little travel as two people at a time can see to.

    What somebody would have no time for is left out, at the school furthest away that still has some; None where that
    cannot be, or where half-days of somebody are asked for.
    """
    serving: Serving = {}
    left, schools = list(case.held), list(case.most_schools)
    for s in sorted(range(len(case.asked)), key=lambda s: (-case.asked[s], s)):
        n = case.asked[s]
        able = [i for i in range(len(left)) if case.can[i][s] and n <= min(case.held[i], case.room[i][s]) and schools[i] >= case.schools[s]]
        if not able or case.must:
            return None
        i = min(able, key=lambda i: (max(0, n - left[i]), case.metres[i][s], i))
        serving[i, s] = n
        left[i] -= n
        schools[i] -= case.schools[s]
    serving = [serving, *improved(case, serving, end=end)][-1]
    for i, held in enumerate(case.held):
        beyond = sum(n for (j, _), n in serving.items() if j == i) - held
        for s in sorted((s for j, s in serving if j == i), key=lambda s: (-case.metres[i][s], s)):
            fewer = min(max(0, beyond), serving[i, s])
            serving[i, s] -= fewer
            beyond -= fewer
    return {pair: n for pair, n in serving.items() if n}


def _item(case: Case, serving: Serving, i: int, s: int, both: tuple[int, int]) -> Item | None:
    """What a person gives a school as something either of two could give; None where the other cannot, or gives some already."""
    n = serving[i, s]
    other = both[0] if i == both[1] else both[1]
    can = case.can[other][s] and n <= case.room[other][s] and case.schools[s] <= case.most_schools[other]
    if not can or (other, s) in serving or (i, s) in case.must:
        return None
    knows = case.known[s]
    loses = bool(knows) and all(j not in knows for j, t in serving if t == s and j != i)
    a, b = (n * case.metres[j][s] + dearest(case) * (loses and j not in knows) for j in both)
    return Item(recipient=s, half_days=n, schools=case.schools[s], costs=(a, b))


def _tables(items: list[Item], shape: tuple[int, int]) -> list[np.ndarray]:
    """Before each item and after the last: the least cost by half-days and schools of the first of two people."""
    least = np.full(shape, np.inf)
    least[0, 0] = 0.0
    tables = [least]
    for item in items:
        n, w = item.half_days, item.schools
        after = least + item.costs[1]
        if n < shape[0] and w < shape[1]:
            np.minimum(after[n:, w:], least[: shape[0] - n, : shape[1] - w] + item.costs[0], out=after[n:, w:])
        tables.append(least := after)
    return tables


def _read(items: list[Item], tables: list[np.ndarray], at: tuple[int, int], both: tuple[int, int]) -> Serving:
    """Who gives what on the way to one place of the last table."""
    found: Serving = {}
    c, k = at
    for item, before, after in zip(reversed(items), reversed(tables[:-1]), reversed(tables[1:]), strict=True):
        is_second = bool(before[c, k] + item.costs[1] == after[c, k])
        found[both[is_second], item.recipient] = item.half_days
        if not is_second:
            c, k = c - item.half_days, k - item.schools
    return found
