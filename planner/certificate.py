"""The certificate of a plan's bound, checked in exact arithmetic by plain code that knows no solver.

A certificate cuts all possible plans into cases by sizes of bases and whole amounts. In each case
it gives every row of ``planner.statement`` a multiplier, and the rows added up with them show how low
the shortfall could at best be there (weak duality). The checker trusts nothing but the multipliers:
it derives every row, bound and case again, adds up in whole numbers, and takes the lowest case.
Cases are made by halving, so none can be missing.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor, lcm
from pathlib import Path
from typing import Any

from planner.errors import AuditRefused, InputMustBeMended
from planner.files import save
from planner.need import World
from planner.statement import Block, StatedRow, Statement, state
from planner.supply import sizes_of
from planner.words import least_points, most_points, points_apart

FORMAT = "partnership-planner certificate"
FORMAT_VERSION = 1
DECIMALS = 15
MOST_BYTES = 64_000_000
MOST_DEPTH = 200
MOST_LEAVES = 4_000
MOST_PIECES = 1_000_000
MOST_SCHOOLS = 30
TOO_MANY_SCHOOLS = f"Certificates are made for partnerships of up to {MOST_SCHOOLS} schools, and this one has more."
ROUNDED_POINTS = Fraction(1, 10_000)
"""Points of a plan are rounded to four decimals."""
_NUMBER = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,15}))?", re.ASCII)

Json = dict[str, Any]
Box = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a certificate proves: no plan within the rules has less shortfall, in points; and what the plan has.

    Rules that give way at a price are left out of what is certified, and their price is in what the plan has: so the bound holds.
    """

    certified_points: float
    shortfall_points: float
    stated_gap_points: float
    cases: int
    price_points: float = 0.0

    @property
    def gap_points(self) -> float:
        """How far the plan can at most be from the best."""
        return max(round(self.shortfall_points - self.certified_points, 4), 0.0)

    def _price(self) -> str:
        """What of the plan's points is no shortfall: rules that give way are left out of what is certified."""
        return (
            f" with {self.price_points:g} for rules that give way at a price (such rules are left out of the proof)"
            if self.price_points
            else ""
        )

    def sentence(self) -> str:
        """One line for a person."""
        within = (
            "that is the gap the plan states, or less"
            if self.gap_points <= self.stated_gap_points
            else f"that the gap is no more than {most_points(self.stated_gap_points)}, as the plan states, is the solver's word and not certified"
        )
        least, most = least_points(self.certified_points), most_points(self.shortfall_points)
        return (
            f"The certificate agrees, worked out again in exact arithmetic from {self.cases:,} case{'s' * (self.cases != 1)}: with any bases, "
            f"no plan within these rules and figures has a shortfall below {least} points; this plan has "
            f"{most}{self._price()}, so it is within {points_apart(most, least)} points of the best; {within}."
        )


def certificate_path(plan: Path) -> Path:
    """Where the certificate of a plan is: plan.certificate.json beside plan.json."""
    return plan.with_name(f"{plan.stem}.certificate.json")


def certificate_document(plan_document: Json, tree: Json, certified_points: float) -> Json:
    """The certificate of a plan document as JSON data."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "plan_fingerprint": plan_document["fingerprint"],
        "inputs_sha256": plan_document["inputs_sha256"],
        "policy_sha256": plan_document["policy_sha256"],
        "certified_points": certified_points,
        "tree": tree,
    }


def write_certificate(document: Json, path: Path) -> None:
    """Write a certificate to a file, whole or not at all."""
    save(path, json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8") + b"\n")


def read_certificate(path: Path) -> Json:
    """A certificate from a file; ``InputMustBeMended`` when there is no file, ``AuditRefused`` when it is no certificate."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AuditRefused(f"{path} is larger than any certificate; it is refused.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputMustBeMended(f"There is no certificate to check: {path} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise AuditRefused(f"The certificate {path} is not whole: it may be cut short.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("format_version") != FORMAT_VERSION:
        raise AuditRefused(f"{path} is not a certificate that this version can check.")
    return document


def check_certificate(certificate: Json, plan_document: Json, world: World) -> Certified:
    """Prove a certificate's claim again for an audited plan; ``AuditRefused`` with one sentence when it does not hold."""
    for name, of_plan in (("plan_fingerprint", "fingerprint"), ("inputs_sha256", "inputs_sha256"), ("policy_sha256", "policy_sha256")):
        if certificate.get(name) != plan_document[of_plan]:
            raise AuditRefused("The certificate is of another plan, or the plan was altered after it was certified.")
    claim = certificate.get("certified_points")
    if type(claim) is not float or not 0 <= claim <= 100:
        raise AuditRefused("The certificate's claim is not a number of points from 0 to 100.")
    try:
        proved, cases = prove(world, certificate.get("tree"))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise AuditRefused(f"The certificate cannot be read as one: {error}.") from error
    shortfall = plan_document["shortfall_points"]
    leads = shortfall + plan_document.get("price_points", 0.0)
    if proved is None or proved > Fraction(str(shortfall)) + ROUNDED_POINTS:
        raise AuditRefused("The certificate and the plan contradict each other: it proves that no such plan can be. Please report this.")
    if proved < Fraction(str(claim)):
        raise AuditRefused(
            f"The certificate claims {claim:g} points, but its multipliers prove no more than {max(float(proved), 0.0):.4f}; it is refused."
        )
    return Certified(
        certified_points=claim,
        shortfall_points=round(leads, 4),
        price_points=plan_document.get("price_points", 0.0),
        stated_gap_points=plan_document["gap_points"],
        cases=cases,
    )


def prove(world: World, tree: Any) -> tuple[Fraction | None, int]:
    """The shortfall in points that a tree of cases proves no plan undercuts (None: no plan at all), and its number of cases.

    Raises ValueError or LookupError when the tree is not one.
    """
    return Prover(world).prove(tree)


def claimable(proved: Fraction | None, shortfall_points: float) -> float:
    """A proved bound as it may be claimed: rounded down to four decimals, never below nought or above what the plan has."""
    if proved is None:
        return shortfall_points
    return min(max(0.0, floor(proved * 10_000) / 10_000), shortfall_points)


@dataclass(slots=True, kw_only=True)
class _Case:
    """The part of all plans that a node is about: sizes of bases and whole amounts between bounds."""

    bases: dict[str, tuple[int, int]] = field(default_factory=dict)
    box: dict[int, tuple[int, int]] = field(default_factory=dict)


class Prover:
    """A statement laid out for adding up: everything whole, over common denominators."""

    def __init__(self, world: World) -> None:
        self.statement: Statement = state(world)
        s = self.statement
        self.column = {" ".join(c.key): i for i, c in enumerate(s.columns)}
        self.base_sizes = {b.base_id: (0, *sizes_of(b)) for b in world.partnership.bases}
        rows = [*s.linking, *(row for block in s.blocks for row in block.rows)]
        self.coefficient_unit = lcm(*(by.denominator for row in rows for _, by in row.terms), *(c.denominator for c in s.costs))
        sides = [side for row in rows for side in (row.lower, row.upper) if side is not None]
        self.side_unit = lcm(*(side.denominator for side in sides), *(c.most.denominator for c in s.columns), s.offset.denominator)
        self.unit = self.coefficient_unit * self.side_unit * 10**DECIMALS
        self.costs = [int(c * self.coefficient_unit) * 10**DECIMALS for c in s.costs]
        self.most = [int(c.most * self.side_unit) for c in s.columns]
        self.leaves = self.pieces = 0

    def prove(self, tree: Any) -> tuple[Fraction | None, int]:
        """See ``prove``."""
        self.leaves = self.pieces = 0
        lowest = self._node(tree, _Case(), 0)
        return (None if lowest is None else Fraction(lowest, self.unit)), self.leaves

    # --- cases -----------------------------------------------------------------------------

    def _node(self, node: Any, case: _Case, depth: int) -> int | None:
        """The least a case can come to, in units; None when nothing is in it."""
        if depth > MOST_DEPTH:
            raise ValueError("its cases go too deep")
        if "base" in node:
            _only(node, "base", "at_most", "then", "else")
            sizes, at = self.base_sizes[node["base"]], _whole(node["at_most"])
            least, most = case.bases.get(node["base"], (0, sizes[-1]))
            below, above = (least, min(most, at)), (max(least, at + 1), most)
            sides = [_Case(bases={**case.bases, node["base"]: part}, box=case.box) for part in (below, above)]
        elif "amount" in node:
            column, below, above = self._halves(node, case.box)
            sides = [_Case(bases=case.bases, box={**case.box, column: part}) for part in (below, above)]
        else:
            return self._leaf(node, case)
        return _least([self._node(node["then"], sides[0], depth + 1), self._node(node["else"], sides[1], depth + 1)])

    def _halves(self, node: Json, box: Box) -> tuple[int, tuple[int, int], tuple[int, int]]:
        """A whole amount at most here, or more: both sides within what the amount may be (nought, or at least its block)."""
        _only(node, "amount", "at_most", "then", "else")
        number, at = self.column[node["amount"]], _whole(node["at_most"])
        column = self.statement.columns[number]
        if not column.is_whole or column.key[0] == "size":
            raise ValueError(f"{node['amount']} is no whole amount")
        least, most = box.get(number, (0, int(column.most)))
        below, above = (least, min(most, at)), (max(least, at + 1), most)
        return number, within_block(below, column.block), within_block(above, column.block)

    def _leaf(self, leaf: Any, case: _Case) -> int | None:
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            raise ValueError("it has too many cases")
        _only(leaf, "linking", "blocks")
        bounds = self._bounds(case)
        if bounds is None:
            return None
        given = leaf.get("linking", {})
        rows = self._rows(case)
        total, used = self._added_up(rows, given)
        total += int(self.statement.offset * self.unit)
        total += sum(self._cheapest(column, used, bounds.get(column)) for column in self.statement.free)
        trees = leaf.get("blocks", {})
        unknown = set(trees) - {block.name for block in self.statement.blocks}
        if unknown:
            raise ValueError(f"it knows a part that is not there, {min(unknown)}")
        for block in self.statement.blocks:
            box = {column: case.box[column] for column in block.columns if column in case.box}
            least = self._part(trees.get(block.name, {}), block, box, used, 0)
            if least is None:
                return None
            total += least
        return total

    def _bounds(self, case: _Case) -> dict[int, tuple[int, int]] | None:
        """Sizes that a base cannot have in this case, shut; None when a base has none left, so that the case is empty."""
        shut = {}
        for base_id, (least, most) in case.bases.items():
            sizes = [size for size in self.base_sizes[base_id] if least <= size <= most]
            if not sizes:
                return None
            for size in self.base_sizes[base_id][1:]:
                if size not in sizes and f"size {base_id} {size}" in self.column:
                    shut[self.column[f"size {base_id} {size}"]] = (0, 0)
        return shut

    def _rows(self, case: _Case) -> list[StatedRow]:
        """The linking rows in this case: a base that has at least some size runs."""
        runs = {base_id for base_id, (least, _) in case.bases.items() if least > 0}
        return [running(row) if row.rule_id == "one_size_a_base" and row.at in runs else row for row in self.statement.linking]

    # --- adding up -------------------------------------------------------------------------

    def _part(self, node: Any, block: Block, box: Box, used: Mapping[int, int], depth: int) -> int | None:
        """The least that the columns of a block can come to beside the linking rows' multipliers."""
        if depth > MOST_DEPTH:
            raise ValueError("its cases go too deep")
        if any(least > most for least, most in box.values()):
            return None
        if "amount" in node:
            column, below, above = self._halves(node, box)
            if column not in block.columns:
                raise ValueError(f"{node['amount']} is not part of {block.name}")
            parts = (("then", below), ("else", above))
            return _least([self._part(node[side], block, {**box, column: part}, used, depth + 1) for side, part in parts])
        self.pieces += 1
        if self.pieces > MOST_PIECES:
            raise ValueError("it has too many cases")
        _only(node, "rows")
        total, by_rows = self._added_up(block.rows, node.get("rows", {}))
        for column in block.columns:
            by_rows[column] += used.get(column, 0)
        return total + sum(self._cheapest(column, by_rows, box.get(column)) for column in block.columns)

    def _added_up(self, rows: list[StatedRow] | tuple[StatedRow, ...], given: Mapping[str, str]) -> tuple[int, defaultdict[int, int]]:
        """What rows times multipliers come to: the sides, and the coefficient of each column."""
        total, used, found = 0, defaultdict[int, int](int), 0
        for row in rows:
            if row.name not in given:
                continue
            found += 1
            multiplier = multiplier_of(given[row.name])
            side = row.lower if multiplier > 0 else row.upper
            if side is None and multiplier:
                raise ValueError(f"the multiplier of {row.name} has the wrong sign")
            total += multiplier * int((side or 0) * self.side_unit) * self.coefficient_unit
            for column, by in row.terms:
                used[column] += multiplier * int(by * self.coefficient_unit)
        if found != len(given):
            raise ValueError("it names a row that cannot be derived")
        return total, used

    def _cheapest(self, column: int, used: Mapping[int, int], between: tuple[int, int] | None) -> int:
        reduced: int = self.costs[column] - used.get(column, 0)
        if between is not None:
            return reduced * between[reduced < 0] * self.side_unit
        return reduced * self.most[column] if reduced < 0 else 0


def within_block(between: tuple[int, int], block: int) -> tuple[int, int]:
    """Bounds of a whole amount that is nought or at least its block."""
    least, most = between
    return (max(least, block) if least > 0 else least, 0 if 0 <= most < block else most)


def running(row: StatedRow) -> StatedRow:
    """The row of a base that runs at one of its sizes."""
    return StatedRow(rule_id=row.rule_id, at=row.at, terms=row.terms, lower=Fraction(1), upper=row.upper)


def multiplier_of(text: str) -> int:
    """A multiplier in units of the last decimal; ValueError for anything but a plain decimal number."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a multiplier")
    sign, whole, decimals = found.groups()
    return int(f"{sign}{whole}{(decimals or '').ljust(DECIMALS, '0')}")


def _least(parts: list[int | None]) -> int | None:
    return min((part for part in parts if part is not None), default=None)


def _whole(value: Any) -> int:
    if type(value) is not int or not -1 <= value <= 1_000_000:
        raise ValueError(f"{str(value)[:40]} is no size or amount")
    return value


def _only(node: Any, *names: str) -> None:
    if not isinstance(node, dict) or set(node) - set(names):
        raise ValueError("it holds something that is no case")
