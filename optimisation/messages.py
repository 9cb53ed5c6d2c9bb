"""What a solver's process is sent and what it sends back: plain data, to be read and sent without loading the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from optimisation.asked import Consequence, Tried
from optimisation.impossible import Impossible
from optimisation.progress import Progress
from planner.need import World
from planner.plan import Amounts, Baseline, Level

if TYPE_CHECKING:
    from optimisation.certify import Certificate
    from optimisation.roster import Rostered


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One plan to make. Gap in points of need, time in seconds for all levels together."""

    world: World
    gap_points: float
    seconds: float
    seed: int = 0
    presolve: bool = True
    is_to_the_pound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A world to hold open for the trials that follow."""

    world: World


@dataclass(frozen=True, slots=True, kw_only=True)
class IsOpen:
    """The world is held; seconds to state its rules."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """A world whose clash, and ways to make room, are to be found in this time."""

    world: World
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AllHold:
    """Nothing clashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A new stage has begun, in words."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Better:
    """A better plan was found on the way."""

    amounts: Amounts
    bound_points: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The matrix, and seconds to state it in Pyomo and to hand it over."""

    rows: int
    columns: int
    whole: int
    build_seconds: float
    hand_over_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A finished job. ``was_stopped`` by hand, ``ran_out`` of time; else within the gap."""

    amounts: Amounts
    bound_points: float
    levels: tuple[Level, ...]
    baselines: tuple[Baseline, ...]
    ran_out: bool
    was_stopped: bool
    sizes: Sizes
    peak_megabytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job failed; the parent may try once more."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearly:
    """The answer without its baselines, sent before they are made so that nothing can lose it."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Every answer to a question was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was asked cannot be, in one sentence."""

    why: str


Message: TypeAlias = "Stage | Progress | Better | Nearly | Answer | Impossible | AllHold | Failed | IsOpen | Tried | Certificate | Rostered | Consequence | Answered | Refused"
