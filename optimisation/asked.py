"""What is asked of a world that is held open, and the answers: plain data, to be read and sent without loading the solver."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from math import inf

from planner.measures import Standing
from planner.plan import Amounts
from planner.reasons import half_days

Value = int | Decimal | bool


class Aim(StrEnum):
    """What a trial makes as small as possible."""

    SHORTFALL = "shortfall below the board's line, in points"
    UNMET = "total need unmet, in points"
    FURTHEST = "need unmet of the fifth furthest from the standard, in points"
    DISTANCE = "what changes for schools beside a plan, in thousands of pounds"
    DISTURBED = "schools for which something changes beside a plan"
    AMOUNT = "an amount, as small as it can be"
    STEPS = "steps of something added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """lower <= sum of coefficient x amount <= upper, over the model's variables by name and index; None leaves a side open."""

    words: str
    terms: tuple[tuple[str, Hashable, float], ...]
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One question to the world that is held open.

    ``without`` rules are left out, everywhere or at one place of the rule; ``conditions`` are added. ``kept`` kinds of
    decision (by variable name), or single ones (name and index), stay as in the plan ``near``. ``is_divisible`` lets
    everything whole be split: an estimate. ``most_shortfall_points`` caps the shortfall while another aim leads;
    ``shortfall_weight`` lets a point of it count this much beside the distance instead (a cap leaves the bound weak).
    ``more`` moves the limits of a rule at a place up by an amount; where ``STEPS`` lead, by as much for each step, from one to ``most_steps``. ``line_from`` is the lowest percent that the line of the
    furthest fifth may lie at; the highest is the board's line (``optimisation.furthest``). Gap in the aim's own unit.
    ``at_most`` looks for no plan whose value is more than this: where there is none this is the bound; the search stops when
    the bound is ``enough``, and ``is_first_step_only`` when it has one with grants split (both for the first three aims).
    ``of`` are the terms of the amount that is the aim, variables by name and index.
    ``in_cases`` searches the shortfall choice by choice of bases (``optimisation.cases``), which is for many questions to one world.
    """

    words: str
    aim: Aim = Aim.SHORTFALL
    conditions: tuple[Condition, ...] = ()
    without: tuple[tuple[str, str | None], ...] = ()
    near: Amounts | None = None
    kept: tuple[str | tuple[str, Hashable], ...] = ()
    more: tuple[tuple[str, str, float], ...] = ()
    most_steps: int = 1
    shortfall_weight: float = 0.0
    most_shortfall_points: float | None = None
    most_disturbed: int | None = None
    line_from: float | None = None
    at_most: float | None = None
    enough: float = inf
    is_first_step_only: bool = False
    of: tuple[tuple[str, Hashable, float], ...] = ()
    in_cases: bool = False
    is_divisible: bool = False
    is_paid: bool = False
    gap: float = 0.1
    seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a trial ended: status as HiGHS's driver says it, the amounts found (need met made exact), and what they come to.

    ``value`` and ``bound`` are in the aim's unit (where the shortfall is weighed beside a distance, the bound is for plans
    with no more shortfall than this one); ``amounts`` is None when nothing was found, or a divisible trial has no
    whole amounts to give (``estimate`` then holds the split ones by variable name and index). ``shortfall_points`` is what
    leads: the shortfall and, in it, ``price_points``, the price of the rules that give way; it counts in the need unmet too.
    """

    trial: Trial
    status: str
    amounts: Amounts | None
    estimate: dict[tuple[str, Hashable], float] | None
    value: float
    bound: float
    shortfall_points: float
    unmet_points: float
    nodes: int
    seconds: float
    price_points: float = 0.0

    @property
    def is_possible(self) -> bool:
        """Whether a plan that keeps the rules and conditions was found; where none was, ``status`` says whether there is one."""
        return self.value < inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Settings by their paths (as ``planner.policy.with_changes``), and pounds a year more (or less) by fund."""

    settings: tuple[tuple[str, Value], ...] = ()
    funds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One amount that differs between two plans: whose, of what, in pounds, half-days or places."""

    whose: str
    urns: tuple[int, ...]
    what: str
    unit: str
    before: int
    after: int

    def sentence(self) -> str:
        """One line for a person."""
        by = abs(self.after - self.before)
        amount = (
            f"£{by:,}"
            if self.unit == "pounds"
            else half_days(by)
            if self.unit == "half-days"
            else f"{by} {'place' if by == 1 else 'places'}"
        )
        word = "more" if self.after > self.before else "less" if self.unit == "pounds" else "fewer"
        shown = (f"£{self.before:,}", f"£{self.after:,}") if self.unit == "pounds" else (f"{self.before:,}", f"{self.after:,}")
        return f"{self.whose}: {amount} {word} of {self.what} ({shown[0]}, then {shown[1]})"


class Kind(StrEnum):
    """What kind of answer it is."""

    MONEY = "money only"
    ESTIMATE = "estimate"
    WHOLE = "whole numbers"


class Ending(StrEnum):
    """How an answer ended."""

    FOUND = "found"
    IMPOSSIBLE = "impossible"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is moved beside the plan ``near``. Gap in points of need; ``seconds`` are for the whole numbers; only these ``kinds`` are answered."""

    near: Amounts
    moved: Moved = field(default_factory=Moved)
    conditions: tuple[Condition, ...] = ()
    gap: float = 0.1
    seconds: float = 10.0
    kinds: tuple[Kind, ...] = tuple(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One answer, and what the same kind of answer is with nothing moved (``before``; for whole numbers the plan itself).

    Points are measured at the line that was asked for. Split amounts are rounded, so their standards are an estimate too.
    ``price_points`` is what rules that give way cost, in points, ``before_price_points`` what they cost as it is.
    ``bound_points`` is what no whole plan can be below, shortfall and price together; ``amounts`` a plan that keeps every
    rule. Both for whole numbers only.
    """

    kind: Kind
    ending: Ending
    sentence: str
    before: Standing
    after: Standing | None
    changes: tuple[Change, ...]
    bound_points: float | None
    amounts: Amounts | None
    seconds: float
    price_points: float = 0.0
    before_price_points: float = 0.0

    @property
    def gap_points(self) -> float | None:
        """What is open between the whole plan and its bound."""
        if self.after is None or self.bound_points is None:
            return None
        return max(self.after.shortfall_points + self.price_points - self.bound_points, 0.0)
