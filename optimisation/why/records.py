"""What is answered: shares, rules, prices, what stands in the way and what it would take."""

from __future__ import annotations

from dataclasses import dataclass

from optimisation.asked import Change, Tried
from optimisation.levers import Lever
from planner.words import least_points, most_points

NOTICEABLE_POINTS = 0.01
"""Less than this beyond both gaps is not worth a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a school asks for: an amount of an item (pounds of grant or half-days), or a standard met to a percent."""

    urn: int
    item: str = ""
    amount: int = 0
    standard_id: str = ""
    percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """By how many points the least shortfall moves: at least and at most, as the searches' gaps leave it."""

    least: float
    most: float

    @property
    def is_shown(self) -> bool:
        """Whether it is more than nothing beyond both gaps."""
        return self.least >= NOTICEABLE_POINTS

    def words(self) -> str:
        """The interval for a person, rounded outwards."""
        least, most = least_points(self.least), most_points(self.most)
        return f"{least} points" if least == most else f"between {least} and {most} points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One item of the school: by a formula on need alone, in the plan, and last year (None: not known). Pounds or half-days."""

    name: str
    unit: str
    formula: int
    plan: int
    last_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardChange:
    """One standard of the school or its zone that differs between two plans, in percent of need met."""

    name: str
    before_percent: int
    after_percent: int

    def sentence(self) -> str:
        """One line for a person."""
        return f"{self.name}: {self.before_percent} percent met, then {self.after_percent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What a rule does: by how much letting it go could lower the shortfall, and what would change in the nearest plan that uses it."""

    lever: Lever
    worth: Price
    for_school: tuple[Change, ...]
    for_standards: tuple[StandardChange, ...]
    others: int
    sentences: tuple[str, ...]
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One change that gives what was asked for with no more shortfall than the plan has, and who can grant it.

    ``not_enough`` is the largest amount proved too little, ``amount`` the least found to do; 0 for a rule let go.
    """

    words: str
    amount: int
    not_enough: int
    unit: str
    granted_by: str
    sentence: str
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """What asking for something would cost, who would have less in the nearest plan that gives it, and what stands in the way.

    ``ending`` is one of costs, no difference, impossible, has it.
    """

    asked: str
    ending: str
    price: Price | None
    changes: tuple[Change, ...]
    standards: tuple[StandardChange, ...]
    in_the_way: tuple[Lever, ...]
    sentences: tuple[str, ...]
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The whole answer for a school; ``quiet`` are the rules that make no difference that these searches can show."""

    school: str
    urn: int
    plan_points: float
    best: Price
    shares: tuple[Share, ...]
    effects: tuple[RuleEffect, ...]
    quiet: tuple[str, ...]
    quiet_tried: tuple[Tried, ...]
    why_not: WhyNot | None
    ways: tuple[Way, ...]
    ways_sentences: tuple[str, ...]
