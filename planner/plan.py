"""The plan: the amounts decided, how the solve ended, and what was found beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planner.partnership import FundUse


class Ending(StrEnum):
    """How a solve ended. A plan stopped by the clock or by hand need not repeat, be it as close as it was asked to be."""

    WITHIN_GAP = "within gap"
    CLOSE_BY_CLOCK = "within gap when the clock stopped it"
    STOPPED_BY_CLOCK = "stopped by the clock"
    STOPPED_BY_HAND = "stopped by hand"
    FIRST_PLAN_ONLY = "first plan only"
    BY_HAND = "made by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Everything a plan decides, in whole numbers; what is absent is nought.

    grants      (urn, fund id) -> pounds a year
    spending    (fund id, financial year 1|2, use) -> pounds; grants and pots are not repeated here
    pots        (fund id, half-term 1-6) -> pounds released to the moderated pot
    carried     fund id -> pounds carried over 31 March
    sessions    (URN as text or zone id, service id) -> half-day sessions a year
    base_sizes  base id -> places it runs at
    places      (base id, cell id) -> places
    need_met    cell id -> millionths of need met
    """

    grants: Mapping[tuple[int, str], int] = field(default_factory=dict)
    spending: Mapping[tuple[str, int, FundUse], int] = field(default_factory=dict)
    pots: Mapping[tuple[str, int], int] = field(default_factory=dict)
    carried: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    base_sizes: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)
    need_met: Mapping[str, int] = field(default_factory=dict)


PAYMENTS = frozenset({"costs_paid", "contingency_held", "moderated_pot_released", "fund_balance"})
"""Rules about which fund pays what, and when: last year's rows do not hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Another way to share the same money, beside the plan; it need not keep the rules."""

    name: str
    title: str
    amounts: Amounts
    rules_broken: tuple[str, ...]

    @property
    def rules_known_broken(self) -> tuple[str, ...]:
        """The rules it breaks as far as its rows tell: nothing is said of how last year was paid."""
        return tuple(rule_id for rule_id in self.rules_broken if self.name != "last_year" or rule_id not in PAYMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One objective in turn, in points: what was reached, the bound, and what the next may give away."""

    name: str
    achieved_points: float
    bound_points: float
    tolerance_points: float
    seconds: float
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """Half-days a person gives a school or zone in one half-term (1-6)."""

    person_id: str
    recipient: str
    service_id: str
    half_term: int
    half_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Half-days of a plan that nobody in the service can give."""

    recipient: str
    service_id: str
    half_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterAim:
    """One aim of the roster, in its order: what was reached, and the bound that no roster that does as well by the aims before it is under.

    ``bound`` is None where the clock ended an aim before it.
    """

    name: str
    reached: int
    bound: int | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who gives a plan's half-days, where and when.

    ``is_finished`` when no aim was left by the clock: a rerun then gives the same roster. ``rounds`` is how often the plan was made again because a roster could not deliver it;
    ``shortfall_before_points`` the shortfall of the plan before any roster.
    """

    rows: tuple[RosterRow, ...]
    undelivered: tuple[Undelivered, ...] = ()
    aims: tuple[RosterAim, ...] = ()
    is_finished: bool = True
    rounds: int = 0
    shortfall_before_points: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan with its proof. ``bound_points`` is the leading objective's bound: no plan has less shortfall.

    ``roster`` is None where no names are put to its half-days.
    """

    amounts: Amounts
    ending: Ending
    bound_points: float
    levels: tuple[Level, ...]
    engine: str
    seconds: float
    baselines: tuple[Baseline, ...] = ()
    roster: Roster | None = None
