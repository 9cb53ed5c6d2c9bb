"""What a run's workers told of, as one story: only what was better than all before it, from every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.documents import Json
from planner.store.runs import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How a run stood so many seconds after it began: points below the line, their bound, and counts of standards."""

    seconds: float
    best_points: float
    bound_points: float | None
    terms: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The stage now, and the moments at which the best plan or its bound changed, oldest first."""

    stage: str | None
    moments: tuple[Moment, ...]

    @property
    def last(self) -> Moment | None:
        """How it stands now; None before the first plan."""
        return self.moments[-1] if self.moments else None

    def improvements(self) -> tuple[Moment, ...]:
        """The moments at which there was a better plan, not only a better bound."""
        found: list[Moment] = []
        for one in self.moments:
            if not found or (one.best_points, one.terms) != (found[-1].best_points, found[-1].terms):
                found.append(one)
        return tuple(found)


def history(newest_first: Sequence[Progress]) -> History:
    """The story of a run. A later attempt starts anew, so what it tells counts once it is no worse than what was kept."""
    if not newest_first:
        return History(stage=None, moments=())
    began = min(row.at for row in newest_first)
    moments: list[Moment] = []
    for row in reversed(newest_first):
        before = moments[-1] if moments else None
        bound = _higher(row.bound_points, before.bound_points if before else None)
        is_kept = row.best_points is not None and (before is None or row.best_points <= before.best_points)
        if is_kept and row.best_points is not None:
            best, terms = row.best_points, row.detail
        elif before is not None:
            best, terms = before.best_points, before.terms
        else:
            continue
        if before is None or (best, bound, terms) != (before.best_points, before.bound_points, before.terms):
            moments.append(Moment(seconds=(row.at - began) / 1000, best_points=best, bound_points=bound, terms=terms))
    return History(stage=newest_first[0].stage, moments=tuple(moments))


def _higher(one: float | None, other: float | None) -> float | None:
    return max((bound for bound in (one, other) if bound is not None), default=None)
