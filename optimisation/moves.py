"""What each rule can give way by, and a way of giving way written as a changed partnership, policy or exception.

A board's percent moves for everybody at once, or one place of it moves as an exception; a head's rule, a service's
smallest block, time kept back and a host's limit move where they stand. Nothing else moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np

from optimisation.places import Placed, Proof, Words, may_move, percent, placed_rows, pounds, upper_first
from planner.audit import breaches, misfits, money_cap_pounds
from planner.fairness import SHARE_UNITS
from planner.need import World, world_of
from planner.next_year import recurring_pounds
from planner.partnership import GRANT_ITEM, Bound, FundUse
from planner.plan import Amounts
from planner.policy import Policy
from planner.reasons import half_days
from planner.supply import HALF_TERMS_BY_FINANCIAL_YEAR, MONTHS, STEP_POUNDS_A_MONTH, cash_pounds

if TYPE_CHECKING:
    from optimisation.highs import Problem

EVERYWHERE = "*"
"""The place of a board's percent when it moves for everybody; before a service, for everybody's time from it."""
SETTINGS = {
    "money_floor": ("money_floor_percent", "The board's floor on last year's grants"),
    "money_cap": ("money_cap_percent", "The board's cap on last year's grants"),
    "sessions_floor": ("sessions_floor_percent", "The board's floor on last year's specialist time"),
    "contingency_held": ("contingency_percent", "The board's contingency"),
    "moderated_pot_released": ("moderated_pot_percent", "The board's moderated pot"),
}
ONLY_EVERYWHERE = frozenset({"contingency_held", "moderated_pot_released"})
FAIRNESS = frozenset({"host_share", "phase_balance", "secondaries_in_proportion", "sessions_cap", "no_worse_outside", "standard_floor"})
"""Rules of the board's that give way at a place by so many of their unit."""
IN_UNIT = {"host_share": SHARE_UNITS}
"""What a row of a rule has for one of the rule's unit, where that is not one."""
TENTH = Fraction(1, 10)
A_YEAR_OF_STEPS = STEP_POUNDS_A_MONTH * MONTHS
CLOSE = 1e-6
MOST_MOVES = 8
"""A way after the first is not worth saying when more rules than this, or than in the first, would have to move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A column that makes room: what one unit of it adds to each row's body, and the most units there can be."""

    entries: tuple[tuple[int, float], ...]
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Movable:
    """A rule at its place (or everywhere) that can give way; a whole ``denominator`` of it is a proportion of one."""

    placed: Placed
    denominator: float
    slacks: tuple[Slack, ...]

    @property
    def is_for_everybody(self) -> bool:
        """Whether it moves at more than one place."""
        return self.placed.place.startswith(EVERYWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One rule that moves: from what to what, in its unit, and who may grant it."""

    rule_id: str
    place: str
    was: Fraction
    now: Fraction
    unit: str
    granted_by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The world as mended, and its exceptions: (rule id, row) -> the limit that holds there instead, in whole units."""

    world: World
    moves: tuple[Move, ...]
    exceptions: Mapping[tuple[str, str], int]

    def with_exceptions(self, problem: Problem) -> Problem:
        """The rows of the mended world, with the exceptions' own limits."""
        lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
        for number, (rule_id, at) in enumerate(problem.rows):
            limit = self.exceptions.get((rule_id, str(at)))
            if limit is not None and np.isfinite(lower[number]):
                lower[number] = min(lower[number], limit)
            elif limit is not None:
                upper[number] = max(upper[number], limit)
        return replace(problem, row_lower=lower, row_upper=upper)

    def is_kept_by(self, amounts: Amounts, problem: Problem) -> bool:
        """Whether amounts pass the audit of the mended world, missing a rule only where and as far as an exception allows."""
        eased = self.with_exceptions(problem)
        p = self.world.partnership
        bases = {b.base_id: b.name for b in p.bases}
        called = {
            "vacancy_held_back": {s.service_id: s.name for s in p.services}, "host_consent": bases, "smallest_useful_base": bases, "host_share": bases,
        }  # fmt: skip
        allowed = {
            (rule_id, called.get(rule_id, {}).get(str(at), str(at))): max(was - now, up - top) / IN_UNIT.get(rule_id, 1)
            for (rule_id, at), was, now, up, top in zip(
                problem.rows,
                np.nan_to_num(problem.row_lower, neginf=0.0),
                np.nan_to_num(eased.row_lower, neginf=0.0),
                np.nan_to_num(eased.row_upper, posinf=0.0),
                np.nan_to_num(problem.row_upper, posinf=0.0),
                strict=True,
            )
            if (rule_id, str(at)) in self.exceptions
        }
        missed = breaches(self.world, amounts)
        return not list(misfits(self.world, amounts)) and all(b.by <= allowed.get((b.rule.rule_id, b.where), -1) for b in missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One way to make room, and what its plan comes to, in points of need and standards.

    ``largest_share`` is the largest proportion of its limit that a rule gives way by. ``is_fewest``: it was proved that
    no way beside those said before moves fewer rules.
    """

    moves: tuple[Move, ...]
    largest_share: float
    is_fewest: bool
    shortfall_points: float
    bound_points: float
    met: int
    under_half: int
    standards: int
    amounts: Amounts
    mended: Mended
    proofs: tuple[Proof, ...]


def movables(world: World, problem: Problem) -> list[Movable]:
    """Everything that can give way, in the catalogue's order."""
    words = Words(world)
    most = most_bodies(problem)
    rows = {placed: at for placed, at in placed_rows(problem).items() if may_move(world, placed)}
    found = [_setting(world, problem, most, rule_id, [r for placed, at in rows.items() if placed.rule_id == rule_id for r in at])
             for rule_id in SETTINGS]  # fmt: skip
    services = {at.place.partition(", ")[2]: at for at in rows if at.rule_id == "sessions_floor"}
    found += [
        _setting(world, problem, most, "sessions_floor", [r for at in rows if is_from(at, service_id) for r in rows[at]], f", {service_id}")
        for service_id in services
        if len(services) > 1
    ]
    found += [_at_a_place(words, problem, most, placed, at) for placed, at in rows.items() if placed.rule_id not in ONLY_EVERYWHERE]
    is_without = not recurring_pounds(world.partnership)  # a percent of nothing moves nowhere
    return [one for one in found if one.slacks and not (is_without and one.placed.rule_id == "next_year_affordable")]


def is_from(placed: Placed, service_id: str) -> bool:
    """Whether this is a floor under a school's time from the service."""
    return placed.rule_id == "sessions_floor" and placed.place.partition(", ")[2] == service_id


def most_bodies(problem: Problem) -> np.ndarray:
    """The most each row's body can be within the columns' bounds."""
    at = _columns(problem)
    return np.bincount(
        problem.indices,
        weights=np.maximum(problem.values * problem.upper[at], problem.values * problem.lower[at]),
        minlength=len(problem.row_lower),
    )


def least_bodies(problem: Problem) -> np.ndarray:
    """The least each row's body can be within the columns' bounds."""
    at = _columns(problem)
    return np.bincount(
        problem.indices,
        weights=np.minimum(problem.values * problem.upper[at], problem.values * problem.lower[at]),
        minlength=len(problem.row_lower),
    )


def bodies(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Each row's body at some values of the columns."""
    return np.bincount(problem.indices, weights=problem.values * values[_columns(problem)], minlength=len(problem.row_lower))


def _columns(problem: Problem) -> np.ndarray:
    return np.repeat(np.arange(len(problem.columns)), np.diff(problem.starts))


def _percent_of(world: World, rule_id: str) -> Fraction:
    if rule_id == "money_floor":
        return world.policy.board.money_floor_now_percent
    percent_now: Fraction = getattr(world.policy.board, SETTINGS[rule_id][0])
    return percent_now


def _setting(world: World, problem: Problem, most: np.ndarray, rule_id: str, rows: list[int], within: str = "") -> Movable:
    """A board's percent that moves for everybody; an exception does for a single place."""
    is_cap = rule_id == "money_cap"
    now = _percent_of(world, rule_id)
    whole = float(now if rule_id in ONLY_EVERYWHERE else 100 + now)
    limits = [(r, float(problem.row_upper[r] if is_cap else problem.row_lower[r])) for r in rows]
    entries = tuple((r, (-limit if is_cap else limit) / whole) for r, limit in limits if whole > 0 and limit > 0)
    furthest = max(((most[r] - problem.row_upper[r]) / -by for r, by in entries), default=0.0) if is_cap else whole
    is_useful = len(entries) > 1 and furthest > 0
    return Movable(
        placed=Placed(rule_id=rule_id, place=EVERYWHERE + within),
        denominator=max(whole, 1.0),
        slacks=(Slack(entries=entries, most=furthest),) if is_useful else (),
    )


def _at_a_place(words: Words, problem: Problem, most: np.ndarray, placed: Placed, rows: list[int]) -> Movable:
    slacks: list[Slack] = []
    if placed.rule_id in FAIRNESS:
        return _at_a_fair_place(problem, most, placed, rows)
    if placed.rule_id == "smallest_block":
        limit = words.block(placed.place)
        rows = [r for r in rows if problem.row_lower[r] == 0]  # "or none" stays, or a block would not be counted
        slacks.append(Slack(entries=tuple((r, 1.0) for r in rows), most=limit - 1))
    else:
        (row,) = rows
        lower, upper = problem.row_lower[row], problem.row_upper[row]
        limit = int(max(lower if np.isfinite(lower) else 0, upper if np.isfinite(upper) else 0))
        if np.isfinite(lower):
            slacks.append(Slack(entries=((row, 1.0),), most=lower))
        if np.isfinite(upper):
            room = words.supply(placed.place)[1] if placed.rule_id == "vacancy_held_back" else most[row] - upper
            slacks.append(Slack(entries=((row, -1.0),), most=room))
    if placed.rule_id == "vacancy_held_back":
        limit = words.supply(placed.place)[1]
    return Movable(placed=placed, denominator=max(limit, 1), slacks=tuple(slack for slack in slacks if slack.most > 0 and slack.entries))


def _at_a_fair_place(problem: Problem, most: np.ndarray, placed: Placed, rows: list[int]) -> Movable:
    """A row of a rule of fairness may miss its limit as far as any amounts could; its limit, or one of its unit, is the denominator."""
    (row,) = rows
    lower, upper = problem.row_lower[row], problem.row_upper[row]
    is_least = bool(np.isfinite(lower))
    unit = IN_UNIT.get(placed.rule_id, 1)
    room = lower - least_bodies(problem)[row] if is_least else most[row] - upper
    slacks = (Slack(entries=((row, float(unit) if is_least else -float(unit)),), most=room / unit),) if room > 0 else ()
    return Movable(placed=placed, denominator=max(abs(float(lower if is_least else upper)) / unit, 1.0), slacks=slacks)


# --- as something that can be written ----------------------------------------------------


def mended(world: World, problem: Problem, chosen: Sequence[Placed], values: np.ndarray) -> Mended:
    """The world and exceptions in which a solution keeps every rule, with only the chosen rules moved, each to a limit in whole units."""
    writing = _Writing(world, problem, bodies(problem, values))
    for placed in sorted(chosen, key=lambda placed: placed.place.startswith(EVERYWHERE) + (placed.place == EVERYWHERE)):
        writing.write(placed)
    moves = sorted(
        writing.moves,
        key=lambda move: next(n for n, placed in enumerate(chosen) if (placed.rule_id, placed.place) == (move.rule_id, move.place)),
    )
    return Mended(world=world_of(writing.partnership, writing.policy), moves=tuple(moves), exceptions=writing.exceptions)


class _Writing:
    """Writes one move after another: into the partnership, the policy, or the exceptions. Single places come before everybody."""

    def __init__(self, world: World, problem: Problem, body: np.ndarray) -> None:
        self.world, self.problem, self.body = world, problem, body
        self.words = Words(world)
        self.at_rows = placed_rows(problem)
        self.partnership, self.policy = world.partnership, world.policy
        self.moves: list[Move] = []
        self.exceptions: dict[tuple[str, str], int] = {}

    def write(self, placed: Placed) -> None:
        """One rule moved to where the solution has it."""
        if placed.place == EVERYWHERE:
            self._everybody(placed)
        elif placed.place.startswith(EVERYWHERE):
            self._everybodys_time(placed)
        elif placed.rule_id == "head_rule":
            self._wish(placed)
        elif placed.rule_id == "smallest_block":
            self._block(placed)
        elif placed.rule_id == "next_year_affordable":
            self._next_year(placed)
        else:
            self._exception(placed)

    def _moved(self, placed: Placed, was: Fraction | int, now: Fraction | int, unit: str, words: str) -> None:
        self.moves.append(
            Move(
                rule_id=placed.rule_id, place=placed.place, was=Fraction(was), now=Fraction(now), unit=unit,
                granted_by=self.words.grantor(placed), words=words,
            )
        )  # fmt: skip

    def _has(self, rule_id: str, service_id: str | None = None) -> list[tuple[str, float]]:
        """What the solution has at each row of a rule that has no exception."""
        return [
            (str(self.problem.rows[r][1]), float(self.body[r]))
            for placed, rows in self.at_rows.items()
            if placed.rule_id == rule_id and (service_id is None or is_from(placed, service_id))
            for r in rows
            if (rule_id, str(self.problem.rows[r][1])) not in self.exceptions
        ]

    def _everybody(self, placed: Placed) -> None:
        was, whose = _percent_of(self.world, placed.rule_id), SETTINGS[placed.rule_id][1]
        now = _new_percent(self.world, placed.rule_id, self._has(placed.rule_id))
        self.policy = _with_percent(self.policy, placed.rule_id, now)
        self._moved(placed, was, now, "percent", f"{whose}: {percent(now)} instead of {percent(was)}, for everybody")

    def _everybodys_time(self, placed: Placed) -> None:
        service_id = placed.place.partition(", ")[2]
        was, has = _percent_of(self.world, placed.rule_id), self._has(placed.rule_id, service_id)
        now = _new_percent(self.world, placed.rule_id, has)
        for at, _ in has:
            self.exceptions[placed.rule_id, at] = ceil(self.words.last_year(*at.split(", ", 1)) * (100 + now) / 100)
        said = f"The board's floor on last year's time from {self.words.name(service_id)}: {percent(now)} instead of {percent(was)}, for everybody"
        self._moved(placed, was, now, "percent", said)

    def _wish(self, placed: Placed) -> None:
        wish = self.words.wish(placed.place)
        has = self.body[self.at_rows[placed][0]]
        amount = ceil(has - CLOSE) if wish.bound is Bound.AT_MOST else floor(has + CLOSE)
        self.partnership = replace(
            self.partnership,
            head_rules=tuple(replace(r, amount=amount) if r.rule_id == wish.rule_id else r for r in self.partnership.head_rules),
        )
        was = self.words.amount(wish) if wish.item == GRANT_ITEM else f"{wish.amount:,}"
        said = f"{upper_first(self.words.whose(wish))}: {wish.bound} {self.words.amount(wish, amount)} instead of {was}"
        self._moved(placed, wish.amount, amount, "pounds" if wish.item == GRANT_ITEM else "half-days", said)

    def _block(self, placed: Placed) -> None:
        was = self.words.block(placed.place)
        at_least = [r for r in self.at_rows[placed] if self.problem.row_lower[r] == 0]
        block = min([was, *(round(self.body[r] + was) for r in at_least if self.body[r] < -CLOSE)])
        self.partnership = replace(
            self.partnership,
            services=tuple(
                replace(s, minimum_block_sessions=block) if s.service_id == placed.place else s for s in self.partnership.services
            ),
        )
        said = f"The smallest block of {self.words.name(placed.place)}: {half_days(block)} instead of {was:,}"
        self._moved(placed, was, block, "half-days", said)

    def _next_year(self, placed: Placed) -> None:
        (row,) = self.at_rows[placed]
        was = self.policy.board.next_year_affordable_percent
        now = max(was, Fraction(ceil(10 * Fraction(100 * ceil(self.body[row] - CLOSE), recurring_pounds(self.partnership))), 10))
        self.policy = replace(self.policy, board=replace(self.policy.board, next_year_affordable_percent=now))
        said = f"The board's limit on next year's cost: {percent(now)} of this year's recurring money instead of {percent(was)}"
        self._moved(placed, was, now, "percent", said)

    def _exception(self, placed: Placed) -> None:
        (row,) = self.at_rows[placed]
        is_least = bool(np.isfinite(self.problem.row_lower[row]))
        if placed.rule_id in FAIRNESS:
            self._miss(placed, row, is_least=is_least)
            return
        was = int(self.problem.row_lower[row] if is_least else self.problem.row_upper[row])
        now = min(was, floor(self.body[row] + CLOSE)) if is_least else max(was, ceil(self.body[row] - CLOSE))
        self.exceptions[placed.rule_id, str(self.problem.rows[row][1])] = now
        name = self.words.name(placed.place)
        if placed.rule_id in {"money_floor", "money_cap"}:
            bound = "at least" if is_least else "at most"
            self._moved(placed, was, now, "pounds", f"{name}'s grant: {bound} {pounds(now)} instead of {pounds(was)}")
        elif placed.rule_id == "sessions_floor":
            urn, _, service_id = placed.place.partition(", ")
            whose = f"{self.words.name(urn)}'s time from {self.words.name(service_id)}"
            self._moved(placed, was, now, "half-days", f"{whose}: at least {half_days(now)} instead of {was:,}")
        elif placed.rule_id == "vacancy_held_back":
            kept = self.words.supply(placed.place)[1]
            less = kept - (now - was)
            said = f"Kept back from {name} for other duties and expected vacancy: {half_days(less)} instead of {kept:,}"
            self._moved(placed, kept, less, "half-days", said)
        else:
            what = {"host_consent": "without its host's yes", "host_most_places": "in all its bases"}
            kind = what.get(placed.rule_id, "below the smallest useful size")
            self._moved(placed, was, now, "places", f"{name}, places {kind}: at most {now:,} instead of {was:,}")

    def _miss(self, placed: Placed, row: int, *, is_least: bool) -> None:
        """A rule of fairness missed at a place by whole units, or at everybody's bases."""
        unit = IN_UNIT.get(placed.rule_id, 1)
        limit = float(self.problem.row_lower[row] if is_least else self.problem.row_upper[row])
        by = ceil((limit - self.body[row] if is_least else self.body[row] - limit) / unit - CLOSE)
        self.exceptions[placed.rule_id, str(self.problem.rows[row][1])] = round(limit) + (-by if is_least else by) * unit
        at = f" ({self.words.name(placed.place)})" if placed.place else ""
        rule = placed.rule
        said = f"{rule.sentence[:-1]}{at}: missed by {by:,} {rule.unit.removesuffix('s') if by == 1 else rule.unit}"
        self._moved(placed, 0, by, rule.unit, said)


def _new_percent(world: World, rule_id: str, has: list[tuple[str, float]]) -> Fraction:
    """The percent nearest to the board's, in tenths, under which every place has enough room: (row, what it has) each."""
    now, words = _percent_of(world, rule_id), Words(world)
    if rule_id == "money_cap":
        return max([now, *(_cap_for(world, words.last_year(urn, GRANT_ITEM), round(had)) for urn, had in has)])
    if rule_id in {"money_floor", "sessions_floor"}:
        last = [(words.last_year(*(at.split(", ", 1) if rule_id == "sessions_floor" else (at, GRANT_ITEM))), had) for at, had in has]
        return min([now, *(_tenth_below(Fraction(100 * round(had), amount) - 100) for amount, had in last if amount)])
    if rule_id == "contingency_held":
        years = {f"year {y}": cash for y, cash in enumerate(cash_pounds(world.partnership, FundUse.CONTINGENCY), start=1)}
        return min([now, *(_tenth_below(Fraction(100 * floor(had + CLOSE), years[at])) for at, had in has if years[at])])
    cash_of = {
        f"half-term {h}": Fraction(cash, len(terms))
        for cash, terms in zip(cash_pounds(world.partnership, FundUse.MODERATED_POT), HALF_TERMS_BY_FINANCIAL_YEAR, strict=True)
        for h in terms
    }
    return min([now, *(_tenth_below(100 * floor(had + CLOSE) / cash_of[at]) for at, had in has if cash_of[at])])


def _with_percent(policy: Policy, rule_id: str, percent_now: Fraction) -> Policy:
    changed: dict[str, Any] = {SETTINGS[rule_id][0]: percent_now}
    if rule_id == "money_floor":
        changed["money_taper_years"] = 0  # what moves is this year's floor
    return replace(policy, board=replace(policy.board, **changed))


def _tenth_below(number: Fraction) -> Fraction:
    return Fraction(floor(number * 10), 10)


def _cap_for(world: World, last_year_pounds: int, granted_pounds: int) -> Fraction:
    """The smallest cap in tenths of a percent that allows a grant."""
    now = world.policy.board.money_cap_percent
    cap = max(now, _tenth_below(Fraction(100 * (granted_pounds - A_YEAR_OF_STEPS), last_year_pounds) - 100))
    while money_cap_pounds(last_year_pounds, _with_percent(world.policy, "money_cap", cap)) < granted_pounds:
        cap += TENTH
    return cap
