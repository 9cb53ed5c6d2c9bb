"""Find a certificate of the leading objective: our own branch and bound, whose leaves keep their multipliers.

The rows are those the checker derives (``planner.statement``). Cases are cut by the sizes of bases.
Within a case every school's amounts are cut into pieces (none of a service, or a block and more) and
the relaxation may mix a school's pieces only in shares that add up to one: that is what smallest
blocks need, and it closes most of what the plain relaxation leaves open. The multipliers of that
one divisible problem prove its bound. Whether the proof holds is for ``planner.certificate`` to say.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from math import floor, inf

import numpy as np

from optimisation.highs import Relaxed, load, problem_of, relax
from planner.certificate import DECIMALS, Json, Prover, claimable, within_block
from planner.need import World
from planner.statement import Block, StatedRow, Statement

TINY = 1e-6
OFF_WHOLE = 1e-4
SPARE_POINTS = 2e-6
"""A leaf is closed only when it is this much above what is to be certified, for multipliers are rounded when written."""
MISS_POINTS = 20.0
"""What missing a row by one unit costs in the relaxation, so that it always has an answer; a multiplier is never larger."""
ROUNDS_AT_FIRST = 4
SEARCH_SHARE = 0.85
PATIENCE_SECONDS = 2.0
"""Once the bound is good enough, how long without a gain before the search ends."""
LEAST_GAIN_POINTS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Certify:
    """A bound of the shortfall to certify, no better than ``target_points``; see ``certify``."""

    world: World
    target_points: float
    enough_points: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A tree of cases, what it proves (points, rounded down), and how far it got."""

    tree: Json
    certified_points: float
    target_points: float
    cases: int
    seconds: float

    @property
    def is_closed(self) -> bool:
        """Whether it proves all that was asked."""
        return self.certified_points >= self.target_points


class _Cut(Enum):
    """What a piece may be cut at, the most telling first."""

    BLOCKS = "half-days between none and the smallest block"
    WHOLE = "half-days and places that are not whole"
    GRANTS = "grants that are not whole steps"


@dataclass(slots=True, eq=False)
class _Piece:
    """A part of what a block's amounts may be; cut in two once ``cut`` is set."""

    block: int
    box: dict[int, tuple[int, int]]
    whole: _Piece | None = None
    cut: tuple[int, int] | None = None
    halves: tuple[_Piece, ...] = ()

    def leaves(self) -> Iterator[_Piece]:
        """The pieces that are not cut further, those with nothing in them apart."""
        if self.cut is None and all(least <= most for least, most in self.box.values()):
            yield self
        for half in self.halves:
            yield from half.leaves()


@dataclass(slots=True, eq=False)
class _Case:
    """An open or closed leaf: sizes of bases between bounds, blocks held to a piece, and the latest multipliers."""

    bases: dict[str, tuple[int, int]]
    held: dict[int, _Piece]
    bound: float = -inf
    linking: dict[str, str] = field(default_factory=dict)
    rows: dict[_Piece, dict[str, str]] = field(default_factory=dict)
    cut: Json | None = None
    halves: tuple[_Case, ...] = ()
    is_slow: bool = False


def certify(job: Certify, tell: Callable[[float, int], None] = lambda _bound, _cases: None) -> Certificate:
    """The best certificate found in the time, no better than the target; the part of the time kept is for checking it.

    From ``enough_points`` on the search ends when it gains nothing for a while. ``tell`` hears the bound and the number of cases.
    """
    began = time.perf_counter()
    prover = Prover(job.world)
    search = _Search(prover, until=began + SEARCH_SHARE * job.seconds, enough=job.enough_points)
    root = search.run(job.target_points + SPARE_POINTS, tell)
    tree = search.written(root)
    proved, cases = prover.prove(tree)
    certified = min(claimable(proved, job.target_points), job.target_points)
    seconds = time.perf_counter() - began
    return Certificate(tree=tree, certified_points=certified, target_points=job.target_points, cases=cases, seconds=seconds)


class _Search:
    """Best bound first, over cases; pieces are shared by all cases and only ever cut further."""

    def __init__(self, prover: Prover, *, until: float, enough: float) -> None:
        self.prover, self.until, self.enough = prover, until, enough
        self.statement = prover.statement
        self.sizes = {base: sizes for base, sizes in prover.base_sizes.items() if f"size {base} {sizes[-1]}" in prover.column}
        self.trees = [_Piece(n, {}) for n in range(len(self.statement.blocks))]
        self.relaxation = _Relaxation(self.statement, self.trees)
        self.cases = 1

    def run(self, target: float, tell: Callable[[float, int], None]) -> _Case:
        """The tree of cases when the target is reached, the time is up or nothing is left to cut."""
        root = _Case(bases={base: (0, sizes[-1]) for base, sizes in self.sizes.items()}, held={})
        relaxed = self._solve(root)
        for _ in range(ROUNDS_AT_FIRST):
            before = root.bound
            if relaxed is None or root.bound >= target or not self._cut_pieces(root, relaxed, _Cut.BLOCKS):
                break
            relaxed = self._solve(root)
            if root.bound < before + LEAST_GAIN_POINTS:
                break
        counter = itertools.count()
        heap = [(root.bound, next(counter), root)]
        gained_at, gained = time.perf_counter(), -inf
        while heap and time.perf_counter() < self.until:
            bound, _, case = heapq.heappop(heap)
            tell(bound, self.cases)
            if bound >= gained + LEAST_GAIN_POINTS / 10:
                gained_at, gained = time.perf_counter(), bound
            if bound >= target or (bound >= self.enough and time.perf_counter() > gained_at + PATIENCE_SECONDS):
                break
            grown = self._grow(case)
            if grown is None:
                break
            for one in grown:
                heapq.heappush(heap, (one.bound, next(counter), one))
        return root

    def _grow(self, case: _Case) -> list[_Case] | None:
        """A case made better: cut in two, or its pieces cut and solved again; None when it cannot be."""
        relaxed = self._solve(case)
        if relaxed is None:
            return None
        by_base = self._halves_by_base(case, relaxed)
        if by_base is not None:
            return by_base
        if case.is_slow:
            by_piece = self._halves_by_piece(case)
            if by_piece is not None:
                return by_piece
        for how in _Cut:
            if self._cut_pieces(case, relaxed, how):
                before = case.bound
                if self._solve(case) is None:
                    return None
                case.is_slow = how is not _Cut.BLOCKS and case.bound < before + LEAST_GAIN_POINTS / 10
                return [case]
        return self._halves_by_piece(case)

    def _solve(self, case: _Case) -> Relaxed | None:
        relaxed = self.relaxation.solve(case, self.until - time.perf_counter())
        if relaxed is not None and relaxed.objective > case.bound:
            case.bound = relaxed.objective
            self.relaxation.keep_multipliers(case, relaxed)
        return relaxed

    # --- cutting -----------------------------------------------------------------------------

    def _halves_by_base(self, case: _Case, relaxed: Relaxed) -> list[_Case] | None:
        """The base that is least decided, at most or above the size it has on average."""
        best, cut = OFF_WHOLE, None
        for base_id, sizes in self.sizes.items():
            shares = [relaxed.values[self.relaxation.at[self.prover.column[f"size {base_id} {k}"]]] for k in sizes[1:]]
            undecided = sum(min(share, 1 - share) for share in shares)
            if undecided > best:
                places = sum(k * share for k, share in zip(sizes[1:], shares, strict=True))
                best, cut = undecided, (base_id, max(k for k in sizes[:-1] if k <= places + TINY))
        if cut is None:
            return None
        base_id, at = cut
        least, most = case.bases[base_id]
        case.cut = {"base": base_id, "at_most": at}
        parts = ((least, min(most, at)), (max(least, at + 1), most))
        return self._halves(case, [_Case(bases={**case.bases, base_id: part}, held=case.held) for part in parts])

    def _halves_by_piece(self, case: _Case) -> list[_Case] | None:
        """The block whose pieces are most mixed, held to one half of its piece or the other."""
        best, piece = TINY, None
        for n, tree in enumerate(self.trees):
            held = case.held.get(n, tree)
            while held.cut is not None:
                shares = [sum(self.relaxation.share(leaf) for leaf in half.leaves()) for half in held.halves]
                if min(shares) > TINY:
                    break
                held = held.halves[int(shares[1] > shares[0])]
            if held.cut is not None and min(shares) > best:
                best, piece = min(shares), held
        if piece is None:
            return None
        # Hold the block to this piece first, by the cuts that lead to it, then to its halves.
        node = case.held.get(piece.block, self.trees[piece.block])
        grown: list[_Case] = []
        at = case
        while True:
            assert node.cut is not None
            at.cut = self._named(node.cut)
            pair = self._halves(at, [_Case(bases=case.bases, held={**case.held, piece.block: half}) for half in node.halves])
            if node is piece:
                return [*grown, *pair]
            inward = next(i for i, half in enumerate(node.halves) if piece in _all(half))
            grown.append(pair[1 - inward])
            at, node = pair[inward], node.halves[inward]

    def _halves(self, case: _Case, halves: list[_Case]) -> list[_Case]:
        case.halves = tuple(halves)
        for half in halves:
            half.bound, half.linking, half.rows = case.bound, case.linking, case.rows
            self._solve(half)
        self.cases += 1
        return halves

    def _cut_pieces(self, case: _Case, relaxed: Relaxed, how: _Cut) -> bool:
        """Cut every piece in use at the amount that is furthest from what it may be; says whether any was."""
        was_cut = False
        for n, tree in enumerate(self.trees):
            for piece in list(case.held.get(n, tree).leaves()):
                cut = self._where(piece, relaxed, how)
                if cut is not None:
                    self._cut(piece, *cut)
                    was_cut = True
        if was_cut:
            self.relaxation = _Relaxation(self.statement, self.trees)
        return was_cut

    def _where(self, piece: _Piece, relaxed: Relaxed, how: _Cut) -> tuple[int, int] | None:
        share = self.relaxation.share(piece)
        best, cut = 0.0, None
        for number in self.statement.blocks[piece.block].columns if share > TINY else ():
            column = self.statement.columns[number]
            if (
                not column.is_whole
                or (column.key[0] == "grant") is not (how is _Cut.GRANTS)
                or (piece, number) not in self.relaxation.of_piece
            ):
                continue
            amount = float(relaxed.values[self.relaxation.of_piece[piece, number]]) / share
            off = min(amount, column.block - amount) if how is _Cut.BLOCKS else abs(amount - round(amount))
            if off > max(best, OFF_WHOLE):
                best, cut = off, (number, floor(amount))
        return cut

    def _cut(self, piece: _Piece, number: int, at: int) -> None:
        column = self.statement.columns[number]
        least, most = piece.box.get(number, (0, int(column.most)))
        parts = ((least, min(most, at)), (max(least, at + 1), most))
        piece.cut = (number, at)
        piece.halves = tuple(_Piece(piece.block, {**piece.box, number: within_block(part, column.block)}, piece) for part in parts)

    # --- writing -----------------------------------------------------------------------------

    def _named(self, cut: tuple[int, int]) -> Json:
        return {"amount": " ".join(self.statement.columns[cut[0]].key), "at_most": cut[1]}

    def written(self, case: _Case) -> Json:
        """A tree of cases as the certificate holds it."""
        if case.cut is not None:
            return {**case.cut, "then": self.written(case.halves[0]), "else": self.written(case.halves[1])}
        blocks = {}
        for n, block in enumerate(self.statement.blocks):
            part = self._written_part(case.held.get(n, self.trees[n]), case)
            if part:
                blocks[block.name] = part
        return {"linking": case.linking, "blocks": blocks}

    def _written_part(self, piece: _Piece, case: _Case) -> Json:
        known = case.rows.get(piece)
        if known is not None:
            return {"rows": known} if known else {}
        if piece.cut is None:
            whole = piece.whole  # multipliers found for the whole hold for its parts
            while whole is not None and whole not in case.rows:
                whole = whole.whole
            return {"rows": case.rows[whole]} if whole is not None else {}
        return {
            **self._named(piece.cut),
            "then": self._written_part(piece.halves[0], case),
            "else": self._written_part(piece.halves[1], case),
        }


def _all(piece: _Piece) -> Iterator[_Piece]:
    yield piece
    for half in piece.halves:
        yield from _all(half)


# --- the relaxation ----------------------------------------------------------------------------


class _Relaxation:
    """The divisible problem over all pieces, held in HiGHS; a case changes bounds only, so each starts where the last ended."""

    def __init__(self, statement: Statement, trees: list[_Piece]) -> None:
        self.statement = statement
        self.pieces = [list(tree.leaves()) for tree in trees]
        self.at: dict[int, int] = {}
        self.of_piece: dict[tuple[_Piece, int], int] = {}
        self.share_at: dict[_Piece, int] = {}
        self.rows_of: dict[_Piece, list[tuple[int, str]]] = defaultdict(list)
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._cost: list[float] = []
        self._sides: list[tuple[float, float]] = []
        self._entries: list[tuple[int, int, float]] = []
        self._linking: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._state()
        rows, columns, values = zip(*self._entries, strict=True)
        problem = problem_of(
            columns=tuple(range(len(self._cost))), costs=np.array([self._cost]), offsets=np.array([float(statement.offset)]),
            lower=np.array(self._lower), upper=np.array(self._upper), is_whole=np.zeros(len(self._cost), dtype=bool),
            row_lower=np.array([low for low, _ in self._sides]), row_upper=np.array([up for _, up in self._sides]),
            entries=(np.array(rows, dtype=np.int32), np.array(columns, dtype=np.int32), np.array(values)),
        )  # fmt: skip
        self.h = load(problem)
        self.h.setOptionValue("dual_feasibility_tolerance", 1e-10)
        self._upper_now = np.array(self._upper)
        self.values = np.zeros(len(self._cost))

    def share(self, piece: _Piece) -> float:
        """The share of a piece in the latest answer."""
        return float(self.values[self.share_at[piece]]) if piece in self.share_at else float(len(self.pieces[piece.block]) == 1)

    # --- stating ---

    def _column(self, upper: float, cost: float = 0.0) -> int:
        self._lower.append(0.0)
        self._upper.append(upper)
        self._cost.append(cost)
        return len(self._cost) - 1

    def _row(self, sides: tuple[float, float], terms: list[tuple[int, float]]) -> int:
        self._sides.append(sides)
        self._entries += [(len(self._sides) - 1, column, by) for column, by in terms]
        return len(self._sides) - 1

    def _with_miss(self, row: int, sides: tuple[float, float]) -> None:
        for side, by in zip(sides, (1.0, -1.0), strict=True):
            if np.isfinite(side):
                self._entries.append((row, self._column(inf, MISS_POINTS), by))

    def _state(self) -> None:
        s = self.statement
        for row in s.linking:
            self._with_miss(self._row(_sides(row), []), _sides(row))
            for column, by in row.terms:
                self._linking[column].append((len(self._sides) - 1, float(by)))
        for column in s.free:
            self.at[column] = self._declare(column, float(s.columns[column].most))
        for block, pieces in zip(s.blocks, self.pieces, strict=True):
            if len(pieces) == 1:
                self._state_whole(block, pieces[0])
            elif pieces:
                together = self._row((1.0, 1.0), [])
                self._with_miss(together, (1.0, 1.0))
                for piece in pieces:
                    self._state_piece(block, piece, together)

    def _declare(self, column: int, most: float) -> int:
        at = self._column(most, float(self.statement.costs[column]))
        self._entries += [(row, at, by) for row, by in self._linking[column]]
        return at

    def _state_whole(self, block: Block, piece: _Piece) -> None:
        for column in block.columns:
            least, most = piece.box.get(column, (0.0, float(self.statement.columns[column].most)))
            self.of_piece[piece, column] = self._declare(column, float(most))
            self._lower[-1] = float(least)
        for row in block.rows:
            number = self._row(_sides(row), [(self.of_piece[piece, column], float(by)) for column, by in row.terms])
            self._with_miss(number, _sides(row))
            self.rows_of[piece].append((number, row.name))

    def _state_piece(self, block: Block, piece: _Piece, together: int) -> None:
        """Everything about a piece times its share."""
        share = self.share_at[piece] = self._column(1.0)
        self._entries.append((together, share, 1.0))
        for column in block.columns:
            least, most = piece.box.get(column, (0.0, float(self.statement.columns[column].most)))
            at = self.of_piece[piece, column] = self._declare(column, float(most))
            if most:
                self._row((-inf, 0.0), [(at, 1.0), (share, -float(most))])
            if least:
                self._row((0.0, inf), [(at, 1.0), (share, -float(least))])
        for row in block.rows:
            lower, upper = _sides(row)
            terms = [(self.of_piece[piece, column], float(by)) for column, by in row.terms]
            for side, kept in ((lower, (0.0, inf)), (upper, (-inf, 0.0))):
                if np.isfinite(side):
                    number = self._row(kept, [*terms, (share, -side)] if side else terms)
                    self.rows_of[piece].append((number, row.name))

    # --- solving ---

    def solve(self, case: _Case, seconds: float) -> Relaxed | None:
        """The case's relaxation; None when the time is up."""
        upper = np.array(self._upper)
        for row, stated in enumerate(self.statement.linking):
            if stated.rule_id == "one_size_a_base" and stated.at in case.bases:
                self._hold_base(row, stated, case.bases[stated.at], upper)
        for n, piece in case.held.items():
            allowed = set(piece.leaves())
            for other in self.pieces[n]:
                if other not in allowed and other in self.share_at:
                    upper[self.share_at[other]] = 0.0
        changed = np.nonzero(upper != self._upper_now)[0].astype(np.int32)
        self.h.changeColsBounds(len(changed), changed, np.array(self._lower)[changed], upper[changed])
        self._upper_now = upper
        relaxed = relax(self.h, seconds=seconds)
        if relaxed is not None:
            self.values = relaxed.values
        return relaxed

    def _hold_base(self, row: int, stated: StatedRow, between: tuple[int, int], upper: np.ndarray) -> None:
        for column, _ in stated.terms:
            if not between[0] <= int(self.statement.columns[column].key[2]) <= between[1]:
                upper[self.at[column]] = 0.0
        self.h.changeRowBounds(row, 1.0 if between[0] > 0 else -inf, 1.0)

    def keep_multipliers(self, case: _Case, relaxed: Relaxed) -> None:
        """The answer's multipliers, as the certificate writes them; those of the wrong sign are rounding, and left out."""
        duals = relaxed.row_duals
        running = {base_id for base_id, (least, _) in case.bases.items() if least > 0}
        named = [
            (replace(row, lower=Fraction(1)) if row.rule_id == "one_size_a_base" and row.at in running else row, float(duals[n]))
            for n, row in enumerate(self.statement.linking)
        ]
        case.linking = {row.name: _text(dual) for row, dual in named if _counts(row, dual)}
        case.rows = {}
        for n, pieces in enumerate(self.pieces):
            rows = {row.name: row for row in self.statement.blocks[n].rows}
            for piece in pieces:
                total: dict[str, float] = defaultdict(float)
                for number, name in self.rows_of[piece]:
                    total[name] += float(duals[number])
                case.rows[piece] = {name: _text(dual) for name, dual in total.items() if _counts(rows[name], dual)}


def _sides(row: StatedRow) -> tuple[float, float]:
    return (-inf if row.lower is None else float(row.lower), inf if row.upper is None else float(row.upper))


def _counts(row: StatedRow, dual: float) -> bool:
    return round(abs(dual), DECIMALS) > 0 and (row.lower if dual > 0 else row.upper) is not None


def _text(dual: float) -> str:
    return f"{dual:.{DECIMALS}f}".rstrip("0").rstrip(".")
