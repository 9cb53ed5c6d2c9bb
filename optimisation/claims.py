"""What may be claimed of a plan beside its bound: (a) no single move between two mends it, (b) nor could splitting time and places, much.

(a) is plain exact arithmetic over the plan's amounts and the audit's rules; (b) is one divisible solve with the plan's bases.
A move is one half-day of a service, one base place, or one step of a fund's grants (£10 a month), from one school (or
zone) to another of its kind. It counts where a need below the board's line could be met more, by what it gets and what
the school could take from needs of its own that are better met, and nobody gives from a need that is no better met.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from optimisation.asked import Trial, Tried
from optimisation.progress import safe_bound
from optimisation.sandbox import Sandbox
from planner import rules
from planner.audit import AUDITS, price_at
from planner.fairness import host_limit, host_shares, standard_floors
from planner.need import ADULT_HOURS, PLACE, WHOLE, Cell, World, dose_share_for, may_be_part_year, met_for_dose
from planner.partnership import Base
from planner.plan import Amounts
from planner.rules import Rule
from planner.supply import base_may_serve, grant_step_pounds, most_given_places, place_share

LEAST_LIFT = 1000
"""Millionths of need (a tenth of a percent): what rounding blurs is neither a lift nor better met."""
TOUCHED = (
    rules.SMALLEST_BLOCK, rules.SESSIONS_FLOOR, rules.SESSIONS_CAP, rules.HEAD_RULE, rules.MONEY_FLOOR, rules.MONEY_CAP,
    rules.NO_WORSE_OUTSIDE,
)  # fmt: skip
"""The rules that a move can break: what each school has of an item. Totals and costs stay as they are."""
MONEY_ONLY = {rules.MONEY_FLOOR.rule_id, rules.MONEY_CAP.rule_id}
DIVISIBLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One unit that could go to a need below the line: what, from whom, to whom, and how far the need would rise (millionths).

    ``giver`` is empty for what nobody holds; ``given_millionths`` is the need met of the giver's least met need that gives,
    None where what is given lies unused.
    """

    item: str
    giver: str
    taker: str
    cell_id: str
    from_millionths: int
    to_millionths: int
    given_millionths: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneByOne:
    """Every move that the check found, the best for each need (furthest first); how many it weighed; needs a school could lift by itself."""

    moves: tuple[Move, ...]
    weighed: int
    within: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether "checked one by one" may be claimed."""
        return not self.moves and not self.within


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisible:
    """The least shortfall these bases could bring if time, money and places could be split, in points, and the solve behind it."""

    bound_points: float | None
    tried: Tried


def divisible(sandbox: Sandbox, amounts: Amounts) -> Divisible:
    """Claim (b): bases stay as in the plan, everything else may be split, also within blocks."""
    tried = sandbox.ask(
        Trial(
            words="least shortfall with these bases if time, money and places could be split",
            near=amounts, kept=("base_size",), is_divisible=True, seconds=DIVISIBLE_SECONDS,
            without=(("hull_of_places", None), ("places_where_open", None)),
        )
    )  # fmt: skip
    return Divisible(bound_points=safe_bound(tried.bound) if tried.status == "optimal" else None, tried=tried)


def one_by_one(world: World, amounts: Amounts) -> OneByOne:
    """Claim (a): every move of one unit between two, weighed in exact arithmetic."""
    books = _Books(world, amounts)
    within = tuple(c.cell_id for c in books.low if books.lift(c, {}) is not None)
    best: dict[str, Move] = {}
    weighed = 0
    for unit in _units(world, books):
        for taker in unit.takers:
            needs = [c for c in books.low if unit.reaches(c, taker) and c.cell_id not in within]
            lifts = [(c, books.lift(c, {unit.ingredient: unit.hundredths})) for c in needs]
            for giver in unit.givers:
                if giver == taker or (giver, taker) in unit.barred:
                    continue
                weighed += 1
                for cell, to in lifts:
                    if to is None or not (giver == "" or books.can_give(unit, giver, books.met(cell))):
                        continue
                    given = None if giver == "" else books.gives_from(unit, giver)
                    move = Move(
                        item=unit.item, giver=giver, taker=taker, cell_id=cell.cell_id, from_millionths=books.met(cell), to_millionths=to,
                        given_millionths=given,
                    )  # fmt: skip
                    if cell.cell_id not in best or _rank(move) > _rank(best[cell.cell_id]):
                        best[cell.cell_id] = move
    moves = sorted(best.values(), key=lambda move: (move.from_millionths, move.cell_id))
    return OneByOne(moves=tuple(moves), weighed=weighed, within=within)


def _rank(move: Move) -> tuple[int, int]:
    """A move is the clearer the better met the need that gives, then the more it lifts."""
    return (WHOLE + 1 if move.given_millionths is None else move.given_millionths, move.to_millionths)


# --- units that may move -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """One unit of an item: the ingredient it is, how much, who may lose one and who may get one within the rules.

    Holders are schools or zones; for places they are cells, and "" is a place that nobody was given.
    """

    item: str
    ingredient: str
    hundredths: Fraction
    givers: tuple[str, ...]
    takers: tuple[str, ...]
    barred: frozenset[tuple[str, str]] = frozenset()
    """Pairs that a rule forbids together, though each might give or take alone."""

    def reaches(self, cell: Cell, taker: str) -> bool:
        """Whether a holder's unit is of use to a cell."""
        return taker == (cell.cell_id if self.ingredient == PLACE else cell.recipient) and cell.requirement(self.ingredient) > 0


class _Books:
    """What each holder has of each ingredient (hundredths), what its needs use, and which needs are below the line."""

    def __init__(self, world: World, amounts: Amounts) -> None:
        self.world, self.amounts = world, amounts
        self.by_holder: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in world.picture.cells:
            for ingredient, _ in cell.requirements:
                self.by_holder[_holder(cell, ingredient), ingredient].append(cell)
        role = {s.service_id: s.role for s in world.partnership.services}
        self.held: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for (recipient, service_id), sessions in amounts.sessions.items():
            self.held[recipient, role[service_id]] += 100 * sessions
        for (urn, _), pounds in amounts.grants.items():
            self.held[str(urn), ADULT_HOURS] += Fraction(100 * pounds, world.policy.pounds_per_adult_hour)
        shares = {b.base_id: place_share(b) for b in world.partnership.bases}
        for (base_id, cell_id), places in amounts.places.items():
            self.held[cell_id, PLACE] += 100 * places * shares[base_id]
        self.dose = {c.cell_id: dose_share_for(Fraction(self.met(c), WHOLE), world.policy) for c in world.picture.cells}
        floors = standard_floors(world) if world.policy.is_on("standard_floor") else {}
        self.floor = {cell_id: dose_share_for(Fraction(percent, 100), world.policy) for cell_id, percent in floors.items()}
        line = world.policy.board.line_percent * WHOLE / 100
        self.low = [c for c in world.picture.cells if not c.out_of_reach and self.met(c) + LEAST_LIFT < line]

    def met(self, cell: Cell) -> int:
        """Millionths of need met in the plan."""
        return self.amounts.need_met.get(cell.cell_id, 0)

    def lift(self, cell: Cell, more: dict[str, Fraction]) -> int | None:
        """How far a need could rise with more of an ingredient, its own school's better met needs giving of theirs; None where it cannot."""
        shares = []
        for ingredient, required in cell.requirements:
            kept = self._kept(_holder(cell, ingredient), ingredient, self.met(cell), but=cell)
            free = self.held[_holder(cell, ingredient), ingredient] + more.get(ingredient, Fraction(0)) - kept
            shares.append(free / required)
        to = met_for_dose(min(Fraction(1), *shares), self.world.policy) if min(shares) > 0 else 0
        return to if to >= self.met(cell) + LEAST_LIFT else None

    def can_give(self, unit: _Unit, giver: str, met: int) -> bool:
        """Whether a holder can lose a unit and none of its needs that are met no better than this be lowered."""
        return self._kept(giver, unit.ingredient, met) <= self.held[giver, unit.ingredient] - unit.hundredths

    def gives_from(self, unit: _Unit, giver: str) -> int | None:
        """The need met of the least met need that must give when the best met give first; None where a unit lies unused."""
        left = self.held[giver, unit.ingredient] - unit.hundredths
        cells = sorted(self.by_holder[giver, unit.ingredient], key=self.met)
        used = sum((self.dose[c.cell_id] * c.requirement(unit.ingredient) for c in cells), Fraction(0))
        lowest = None
        while used > left and cells:
            cell = cells.pop()
            used -= self.dose[cell.cell_id] * cell.requirement(unit.ingredient)
            lowest = self.met(cell)
        return lowest

    def _kept(self, holder: str, ingredient: str, met: int, but: Cell | None = None) -> Fraction:
        """What the needs of a holder that are met no better than this use of an ingredient, and others for their floor."""
        cells = [c for c in self.by_holder[holder, ingredient] if c is not but]
        kept = {c: self.dose[c.cell_id] if self.met(c) <= met + LEAST_LIFT else self.floor.get(c.cell_id, Fraction(0)) for c in cells}
        return sum((dose * c.requirement(ingredient) for c, dose in kept.items()), Fraction(0))


def _holder(cell: Cell, ingredient: str) -> str:
    return cell.cell_id if ingredient == PLACE else cell.recipient


def _units(world: World, books: _Books) -> Iterator[_Unit]:
    p, amounts = world.partnership, books.amounts
    schools = [str(s.urn) for s in p.schools]
    for service in p.services:
        holders = [z.zone_id for z in world.picture.zones] if world.policy.role(service.role).serves == "zone" else schools
        if any(amounts.sessions.get((h, service.service_id), 0) for h in holders):
            yield _Unit(
                item=service.service_id, ingredient=service.role, hundredths=Fraction(100),
                givers=tuple(h for h in holders if _may(world, amounts, h, service.service_id, -1)),
                takers=tuple(h for h in holders if _may(world, amounts, h, service.service_id, 1)),
            )  # fmt: skip
    for fund in p.funds:
        if any(f == fund.fund_id for _, f in amounts.grants):
            step = grant_step_pounds(fund, world.policy)
            yield _Unit(
                item=fund.fund_id, ingredient=ADULT_HOURS, hundredths=Fraction(100 * step, world.policy.pounds_per_adult_hour),
                givers=tuple(h for h in schools if _may(world, amounts, h, fund.fund_id, -step)),
                takers=tuple(h for h in schools if _may(world, amounts, h, fund.fund_id, step)),
            )  # fmt: skip
    zones = {z.zone_id: z.urns for z in world.picture.zones}
    for base in p.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        if size:
            given = {cell_id: n for (b, cell_id), n in amounts.places.items() if b == base.base_id and n}
            served = [
                c for c in world.picture.cells if c.requirement(PLACE) and not c.out_of_reach and _has_a_pupil_more(world, amounts, c)
            ]
            most = most_given_places(base, size, world.policy)
            givers = (*given, *(("",) if sum(given.values()) < most else ()))
            takers = tuple(
                c.cell_id for c in served if base_may_serve(p, world.policy, base, world.policy.standard(c.standard_id), zones[c.recipient])
            )
            yield _Unit(
                item=base.base_id, ingredient=PLACE, hundredths=100 * place_share(base), givers=givers, takers=takers,
                barred=_over_the_hosts_share(world, base, size, given, givers, takers),
            )  # fmt: skip


def _has_a_pupil_more(world: World, amounts: Amounts, cell: Cell) -> bool:
    """Whether a cell may have one more place at once; only where a part-year base may serve it is that asked."""
    at_once = sum(n for (_, cell_id), n in amounts.places.items() if cell_id == cell.cell_id)
    is_asked = may_be_part_year(world.partnership, world.policy, cell, world.picture.zones)
    return not is_asked or at_once < ceil(Fraction(cell.requirement(PLACE), 100))


def _over_the_hosts_share(
    world: World, base: Base, size: int, given: dict[str, int], givers: tuple[str, ...], takers: tuple[str, ...]
) -> frozenset[tuple[str, str]]:
    """Moves of one place that would give the host's own pupils more than the board's share of the base."""
    if not world.policy.is_on("host_share"):
        return frozenset()
    shares = host_shares(world, base)
    left = host_limit(base, size, world.policy) - sum(n * shares.get(cell_id, 0) for cell_id, n in given.items())
    return frozenset((g, t) for g in givers for t in takers if shares.get(t, 0) - shares.get(g, 0) > left)


def _may(world: World, amounts: Amounts, holder: str, item: str, by: int) -> bool:
    """Whether a holder may have this much more (or less) of an item: it is there, and no rule is missed that was kept."""
    is_money = item in {f.fund_id for f in world.partnership.funds}
    if is_money:
        has = amounts.grants.get((int(holder), item), 0) + by
        moved = replace(amounts, grants={**amounts.grants, (int(holder), item): has})
    else:
        has = amounts.sessions.get((holder, item), 0) + by
        moved = replace(amounts, sessions={**amounts.sessions, (holder, item): has})
    if has < 0:
        return False
    touched = [r for r in TOUCHED if world.policy.is_on(r.rule_id) and (is_money or r.rule_id not in MONEY_ONLY)]
    return all(_is_no_more_missed(world, rule, amounts, moved) for rule in touched)


def _is_no_more_missed(world: World, rule: Rule, amounts: Amounts, moved: Amounts) -> bool:
    """Whether a rule is kept after a move; one that gives way at a price, missed nowhere by more than before."""
    before = dict(AUDITS[rule.rule_id](world, amounts)) if world.policy.price(rule.rule_id) else {}
    return all(
        missed <= max(before.get(where, 0) if price_at(world, rule.rule_id, where) else 0, 0)
        for where, missed in AUDITS[rule.rule_id](world, moved)
    )
