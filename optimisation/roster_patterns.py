"""What no roster can be better than, found person by person, and the rosters made on the way.

Prices on schools take a roster apart into its people. What one person does best at given prices, a pattern, is found
exactly in a table over half-days and schools; the worth of all schools at these prices less what everybody gains is
then a bound, whatever the prices, so it holds wherever the search for better ones is left. A person's time is whole
schools here, which the assignment of schools to people, split, does not know: where little time is free its bound is far off.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from optimisation.highs import add_column, load, relax, run
from optimisation.roster_case import Case, Figures, Rows, Serving, figures_in, left_over
from optimisation.roster_pairs import improved
from optimisation.search import start_from

KEPT = 0.6
"""Of the best prices so far, what is kept in those tried next."""
NEAR = 0.001
"""The share of travel within which better prices are no longer looked for."""
LEAST_SECONDS = 0.05
TOLERANCE = 1e-3
"""Of a change or a metre: what is proved is lowered by it before it is rounded up."""
METRES = 1000
"""Travel is counted in kilometres while prices are looked for, so that they are of one size."""

Given = tuple[tuple[int, int], ...]
"""(recipient, by number in the case, half-days) of one person in a year, in order of number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approached:
    """The best serving found for one of the last two aims, none before it worse, and the changes or metres that no such serving is under."""

    serving: Serving
    bound: int


def approached(
    case: Case, pools: Sequence[Sequence[int]], serving: Serving, *, is_travel: bool, enough: float, share: float, end: float
) -> Approached:
    """A serving improved in changes or in travel until that is within a share of what is proved, or until patterns take it no further.

    ``enough`` is where no more need be proved.
    """
    patterns = Patterns(case, pools, figures_in(case, serving), is_travel=is_travel)
    patterns.add_all(serving)
    proved = patterns.bound(enough=enough, end=end)
    best = serving
    if proved < enough:
        made = patterns.best_whole(serving, share=share, end=end)
        if made is not None and all(made.get(pair, 0) >= n for pair, n in case.must.items()):
            best = min(best, made, *improved(case, made, end=end), key=lambda one: figures_in(case, one))
    return Approached(serving=best, bound=max(0, ceil(proved - TOLERANCE)) if proved > -inf else 0)


def given_by(serving: Serving, i: int) -> Given:
    """What one person gives in a serving."""
    return tuple(sorted((s, n) for (j, s), n in serving.items() if j == i))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What people (down) gain with recipients (across) at some prices: by the half-day, less for coming at all, less for not giving all that is asked."""

    half_day: np.ndarray
    coming: np.ndarray
    part: float


class Patterns:
    """All that people may do in a year, priced: by the changes that come of it, or by its travel.

    ``limits`` are what may stay undelivered, be shared and change at most. What is asked of half-terms is left out: a
    bound without it holds with it.
    """

    def __init__(self, case: Case, pools: Sequence[Sequence[int]], limits: Figures, *, is_travel: bool) -> None:
        self.case, self.pools, self.count = case, pools, len(case.asked)
        first = [pool[0] for pool in pools]
        self.full = np.array([[_most(case, i, s) for s in range(self.count)] for i in first])
        self.has_less_room = [
            any(0 < n < min(case.asked[s], case.held[i]) for s, n in enumerate(row)) for i, row in zip(first, self.full, strict=True)
        ]
        self.kilometres = np.array([case.metres[i] for i in first], dtype=float) / METRES * is_travel
        self.strange = np.array([[bool(who) and i not in who for who in case.known] for i in first])
        # One whom nobody gives all has a half-day undelivered or a person too many, and for each too many at most two give it parts.
        self.most_parts = limits.undelivered + 2 * limits.shared
        self.has_parts = self.most_parts > 0
        self.rows = Rows(3 * self.count)
        self.upper = np.concatenate((case.asked, np.full(self.count, len(case.people)), [float(bool(who)) for who in case.known]))
        self.cost = np.zeros(self.rows.columns)
        self.cost[2 * self.count :] = not is_travel
        self.unit, self.near = (METRES, NEAR) if is_travel else (1, 0.0)
        self._write_rows(limits)
        self.matrix = np.zeros((len(self.rows.lower), self.rows.columns))
        for row, column, value in self.rows.entries:
            self.matrix[row, column] = value
        self.found: dict[tuple[int, Given], tuple[float, dict[int, float]]] = {}
        self.master = load(self.rows.problem(self.upper, self.cost, is_whole=False))

    def _write_rows(self, limits: Figures) -> None:
        """Columns: what is undelivered, how many persons too many, who is lost. Rows: all is given, by one, by one known; people; limits."""
        n, rows = self.count, self.rows
        for s, asked in enumerate(self.case.asked):
            rows.add([(s, 1)], asked, asked)
        for s in range(n):
            rows.add([(n + s, -1)], -inf, 1)
        for s in range(n):
            rows.add([(2 * n + s, 1), (n + s, 1)], 0, inf)  # who is strange and not one too many is a change
        for pool in self.pools:
            rows.add([], -inf, len(pool))
        for at, most in enumerate((limits.undelivered, limits.shared, limits.changes)):
            rows.add([(at * n + s, 1) for s in range(n)], -inf, most)
        rows.add([], -inf, self.most_parts)

    def add(self, k: int, given: Given) -> bool:
        """Let somebody of a pool do this in a year; whether it is new."""
        if not given or (k, given) in self.found:
            return False
        n = self.count
        entries = {3 * n + k: 1.0}
        for s, half_days in given:
            entries |= {s: half_days, n + s: 1.0}
            if self.strange[k][s]:
                entries[2 * n + s] = -1.0
        parts = sum(half_days < self.case.asked[s] for s, half_days in given)
        if parts:
            entries[len(self.rows.lower) - 1] = parts
        cost = float(sum(half_days * self.kilometres[k][s] for s, half_days in given))
        self.found[k, given] = (cost, entries)
        add_column(self.master, cost, entries)
        return True

    def add_all(self, serving: Serving) -> None:
        """Let everybody do what they do in a serving."""
        for k, pool in enumerate(self.pools):
            for i in pool:
                self.add(k, given_by(serving, i))

    def bound(self, *, enough: float, end: float) -> float:
        """The most changes or metres that are proved: until it is enough, no better prices are found, or the time (of ``time.perf_counter``) is up."""
        best, kept = -inf, None
        while time.perf_counter() < end:
            relaxed = relax(self.master, seconds=max(LEAST_SECONDS, end - time.perf_counter()))
            if relaxed is None:
                break
            prices = relaxed.row_duals
            tried = [prices] if kept is None else [KEPT * kept + (1 - KEPT) * prices, prices]
            is_new = False
            for one in tried:
                proved, patterns = self.priced(one)
                if proved > best:
                    best, kept = proved, one
                is_new = sum(self.add(k, given) for k, given in enumerate(patterns)) > 0
                if is_new:
                    break
            if not is_new or best * self.unit >= enough or relaxed.objective - best <= self.near * abs(best):
                break
        return best * self.unit

    def priced(self, prices: np.ndarray) -> tuple[float, list[Given]]:
        """What these prices prove, in changes or kilometres and whatever they are, and what a person of each pool does best at them."""
        n, rows = self.count, self.rows
        prices = prices.copy()
        people = slice(3 * n, 3 * n + len(self.pools))
        prices[people] = 0.0  # people are priced by what they gain
        lower, upper = np.array(rows.lower), np.array(rows.upper)
        prices[np.isinf(lower)] = np.minimum(prices[np.isinf(lower)], 0.0)
        prices[np.isinf(upper)] = np.maximum(prices[np.isinf(upper)], 0.0)
        proved = float(
            np.where(prices > 0, prices * np.where(np.isinf(lower), 0, lower), prices * np.where(np.isinf(upper), 0, upper)).sum()
        )
        proved += float(np.minimum(self.cost - self.matrix.T @ prices, 0.0) @ self.upper)
        worth = Worth(
            half_day=prices[:n] - self.kilometres,
            coming=-prices[n : 2 * n] + prices[2 * n : 3 * n] * self.strange,
            part=-float(prices[-1]),
        )
        gained = self._gained(worth)
        proved -= sum(len(pool) * gain for pool, (gain, _) in zip(self.pools, gained, strict=True))
        return proved, [given for _, given in gained]

    def _gained(self, worth: Worth) -> list[tuple[float, Given]]:
        """The most that one person of each pool can gain, and how.

        Of two given in part one could be given more and the other less, at no loss: so one part is enough. All are
        looked for side by side, and once more by themselves those who would come to more schools than they may.
        """
        case, first = self.case, [pool[0] for pool in self.pools]
        table, steps = Table.of((max(case.held[i] for i in first) + 1, len(first))), []
        for s, asked in enumerate(case.asked):
            can = self.full[:, s] > 0
            step = Step(
                recipient=s, half_days=asked, schools=0, most_in_part=(asked - 1) * self.has_parts, half_day=worth.half_day[:, s],
                value=np.where(self.full[:, s] == asked, asked * worth.half_day[:, s] - worth.coming[:, s], -inf),
                coming=np.where(can, worth.coming[:, s] + worth.part, inf),
            )  # fmt: skip
            if (step.value > 0).any() or (step.most_in_part * step.half_day > step.coming).any():
                steps.append((step, table))
                table = table.after(step)
        gained = [table.read(steps, (case.held[i], k)) for k, i in enumerate(first)]
        for k, i in enumerate(first):
            if self.has_less_room[k] or sum(case.schools[s] for s, _ in gained[k][1]) > case.most_schools[i]:
                gained[k] = self._gained_by(k, worth)
        return gained

    def _gained_by(self, k: int, worth: Worth) -> tuple[float, Given]:
        """The same for one person, with no more schools than there may be."""
        case, i = self.case, self.pools[k][0]
        most = int(min(case.most_schools[i], sum(case.schools)))
        table, steps = Table.of((case.held[i] + 1, most + 1)), []
        for s, full in enumerate(map(int, self.full[k])):
            half_day, coming = worth.half_day[k, s], worth.coming[k, s]
            if full and full * half_day > coming and (full == case.asked[s] or self.has_parts):
                step = Step(
                    recipient=s, half_days=full, schools=case.schools[s], most_in_part=(full - 1) * self.has_parts, half_day=half_day,
                    value=full * half_day - coming - worth.part * (full < case.asked[s]), coming=coming + worth.part,
                )  # fmt: skip
                steps.append((step, table))
                table = table.after(step)
        return table.read(steps, (case.held[i], most))

    def best_whole(self, start: Serving, *, share: float, end: float) -> Serving | None:
        """The best serving made of the patterns known, within a share; None where none was found in time."""
        rows, columns = Rows(self.rows.columns + len(self.found)), [*self.found.items()]
        rows.lower, rows.upper, rows.entries = self.rows.lower, self.rows.upper, [*self.rows.entries]
        for at, (_, (_, entries)) in enumerate(columns, start=self.rows.columns):
            rows.entries += [(row, at, value) for row, value in entries.items()]
        upper = np.concatenate((self.upper, [len(self.pools[k]) for (k, _), _ in columns]))
        h = load(rows.problem(upper, np.concatenate((self.cost, [cost for _, (cost, _) in columns]))))
        h.setOptionValue("mip_rel_gap", share)
        start_from(h, self._start(start))
        solved = run(h, gap=0.0, seconds=max(LEAST_SECONDS, end - time.perf_counter()))
        if solved.values is None:
            return None
        serving: Serving = {}
        free = [list(pool) for pool in self.pools]
        for ((k, given), _), number in zip(columns, np.round(solved.values[self.rows.columns :]), strict=True):
            for _ in range(int(number)):
                i = free[k].pop()
                serving |= {(i, s): half_days for s, half_days in given}
        return serving

    def _start(self, serving: Serving) -> np.ndarray:
        """A serving all of whose patterns are known, in the columns of the problem."""
        number = {pattern: at for at, pattern in enumerate(self.found, start=self.rows.columns)}
        start = np.zeros(self.rows.columns + len(self.found))
        start[: self.rows.columns] = left_over(self.case, serving)
        for k, pool in enumerate(self.pools):
            for i in pool:
                if given := given_by(serving, i):
                    start[number[k, given]] += 1
        return start


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One recipient as it may be taken: whole, at a value, or in part, at a value of each half-day less what it takes to come.

    Numbers for one person, or an array with one for each.
    """

    recipient: int
    half_days: int
    schools: int
    most_in_part: int
    half_day: np.ndarray
    value: np.ndarray
    coming: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The most gained by half-days at most (down) and, for one person, schools at most, or else person (across).

    With every recipient given whole, and with one of them in part.
    """

    whole: np.ndarray
    part: np.ndarray

    @classmethod
    def of(cls, shape: tuple[int, int]) -> Table:
        """With nothing to choose from yet."""
        return cls(whole=np.zeros(shape), part=np.full(shape, -inf))

    def after(self, step: Step) -> Table:
        """With one more recipient to choose."""
        whole, part = self.whole.copy(), self.part.copy()
        n, w = step.half_days, step.schools
        half_days, across = whole.shape
        if n < half_days and w < across:
            np.maximum(whole[n:, w:], self.whole[: half_days - n, : across - w] + step.value, out=whole[n:, w:])
            if step.most_in_part:
                np.maximum(part[n:, w:], self.part[: half_days - n, : across - w] + step.value, out=part[n:, w:])
        most = min(step.most_in_part, half_days - 1)
        if most and w < across:
            used = np.arange(half_days, dtype=float)[:, None] * step.half_day
            best = _most_before(self.whole - used, most) + used - step.coming
            np.maximum(part[:, w:], best[:, : across - w], out=part[:, w:])
        return Table(whole=whole, part=part)

    def read(self, steps: Sequence[tuple[Step, Table]], at: tuple[int, int]) -> tuple[float, Given]:
        """The most at one place, and what is given on the way to it."""
        c, k = at
        has_part = bool(self.part[c, k] > self.whole[c, k])
        gain = float(max(self.whole[c, k], self.part[c, k]))
        given: dict[int, int] = {}
        after = self
        for step, before in reversed(steps):
            now, then = (after.part, before.part) if has_part else (after.whole, before.whole)
            n, w, after = step.half_days, step.schools, before
            if now[c, k] == then[c, k]:
                continue
            value, half_day = (float(one[k]) if one.ndim else float(one) for one in map(np.asarray, (step.value, step.half_day)))
            if c >= n and k >= w and now[c, k] == then[c - n, k - w] + value:
                given[step.recipient] = n
            else:
                numbers = np.arange(1, min(step.most_in_part, c) + 1)
                n, has_part = int(numbers[(before.whole[c - numbers, k - w] + numbers * half_day).argmax()]), False
                given[step.recipient] = n
            c, k = c - n, k - w
        return gain, tuple(sorted(given.items()))


def _most_before(values: np.ndarray, number: int) -> np.ndarray:
    """The most of each column over so many rows before each row."""
    width, wide = 1, np.full_like(values, -inf)
    wide[1:] = values[:-1]
    while 2 * width <= number:
        wider = wide.copy()
        np.maximum(wider[width:], wide[:-width], out=wider[width:])
        wide, width = wider, 2 * width
    if width < number:
        rest = number - width
        widest = wide.copy()
        np.maximum(widest[rest:], wide[:-rest], out=widest[rest:])
        return widest
    return wide


def _most(case: Case, i: int, s: int) -> int:
    """The most half-days that a person can give a recipient."""
    able = case.can[i][s] and case.schools[s] <= case.most_schools[i]
    return min(case.asked[s], case.held[i], case.room[i][s]) if able else 0
