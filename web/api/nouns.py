"""What programs send and get. The schemas in the document of the API are made from these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, with_config

from planner.store import Role, RunState
from web.addresses import LARGEST
from web.forms import MOST_LETTERS
from web.runs.forms import GAP_POINTS, LEAST_SECONDS, MOST_GAP_POINTS, MOST_SECONDS, SECONDS

EXACT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""No field that is not named here, no text where a number belongs, no number that is none."""

Number = Annotated[int, Field(ge=1, le=LARGEST)]
"""A version or an id."""
Moment = Annotated[str, Field(description="A moment in UTC, such as 2026-11-21T09:30:00Z.")]
Points = Annotated[float, Field(description="Points of need: hundredths of all need that is planned for.")]


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Partnership:
    """A partnership; 0 is the version of one that has no figures or no policy of its own yet."""

    id: int
    name: str
    your_roles: tuple[Role, ...]
    figures_version: int
    policy_version: int


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version of the figures or of the policy; it never changes."""

    version: int
    sha256: str
    note: str
    made_at: Moment


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One version of what a partnership brought, without whose draws on pots they were where you may not read it."""

    version: int
    sha256: str
    note: str
    made_at: Moment
    partnership: Annotated[dict[str, Any], Field(description="As “partnership” in plan.json; docs/formats.md describes it.")]


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A figure that the board may set."""

    path: str
    title: str
    value: float
    least: int
    most: int
    is_above_least: Annotated[bool, Field(description="Whether it must be above the least.")]
    is_whole: bool


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetting:
    """A rule that the board may switch off."""

    path: str
    sentence: str
    is_on: bool


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the policy; version 0 is the planner's policy pack as it is shipped."""

    version: int
    note: str
    made_at: Moment | None
    settings: tuple[Setting, ...]
    rules: tuple[RuleSetting, ...]
    document: Annotated[dict[str, Any], Field(description="The whole policy, as “policy” in plan.json.")]


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWanted:
    """What changes in the policy in force."""

    changes: Annotated[
        dict[str, bool | int | float],
        Field(
            description="Path of a setting or a rule -> what it becomes, such as {“board.line_percent”: 60}.", min_length=1, max_length=200
        ),
    ]
    note: Annotated[str, Field(description="In a few words, what is new.", min_length=1, max_length=MOST_LETTERS)]


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class RunWanted:
    """A plan to be made. The versions are the newest that you have read: others are refused."""

    figures_version: Number
    policy_version: Number
    gap_points: Annotated[float, Field(ge=0, le=MOST_GAP_POINTS, description="How close to the best is close enough.")] = float(GAP_POINTS)
    seconds: Annotated[int, Field(ge=LEAST_SECONDS, le=MOST_SECONDS, description="The longest time to search.")] = int(SECONDS)


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in the list."""

    id: int
    state: RunState
    figures_version: int
    policy_version: int
    asked_at: Moment
    ended_at: Moment | None
    best_shortfall_points: Points | None
    plan_id: int | None


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Better:
    """A better plan or bound that a run found, so many seconds after it began."""

    seconds: float
    shortfall_points: Points
    bound_points: Points | None


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run stands. Where its rules cannot all hold, ``reasons`` and ``ways`` say why and what would make room."""

    id: int
    state: RunState
    figures_version: int
    policy_version: int
    asked_at: Moment
    ended_at: Moment | None
    best_shortfall_points: Points | None
    plan_id: int | None
    queue_place: Annotated[int | None, Field(description="1 for the run that begins next; null for one that does not wait.")]
    stage: str
    sentences: tuple[str, ...]
    reasons: tuple[str, ...]
    ways: tuple[str, ...]
    progress: tuple[Better, ...]


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a plan comes to."""

    id: int
    run_id: int
    made_at: Moment
    status: str
    fingerprint: str
    is_for_schools: Annotated[bool, Field(description="Whether it is the plan that schools read.")]
    standards_counted: int | None
    standards_met: int | None
    standards_partly_met: int | None
    standards_under_half: int | None
    out_of_reach: int | None
    shortfall_points: Points | None
    bound_points: Points | None


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    """A table of a plan."""

    name: str
    caption: str


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    heading: str
    is_number: bool


@with_config(EXACT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a plan: figures as exact numbers, all else in words."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | int | float, ...], ...]


@with_config(ConfigDict(extra="allow"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something cannot be done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: Annotated[str, Field(description="One plain sentence that says what would make it possible.")]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConflict:
    """Somebody else set a policy after the one that you read: both are here, and nothing of yours was kept."""

    type: str
    title: str
    status: int
    detail: str
    seen: Policy | None
    in_force: Policy
