"""When half-terms end, and by when changes must be ordered, by the policy's calendar and the services' own terms."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from planner.partnership import HALF_TERMS, Partnership
from planner.policy import Policy

SEPTEMBER, AUGUST = 9, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfTerm:
    """A half-term (1-6), from its first day to the day before the next begins; the last to the end of August."""

    number: int
    begins: dt.date
    ends: dt.date


def half_terms(partnership: Partnership, policy: Policy) -> tuple[HalfTerm, ...]:
    """The half-terms of a partnership's year."""
    year = int(partnership.academic_year[:4])
    begin = []
    for text in policy.half_terms_begin:
        month, day = (int(part) for part in text.split("-"))
        begin.append(dt.date(year if month >= SEPTEMBER else year + 1, month, day))
    ends = [*(day - dt.timedelta(days=1) for day in begin[1:]), dt.date(year + 1, AUGUST, 31)]
    return tuple(HalfTerm(number=h, begins=begin[h - 1], ends=ends[h - 1]) for h in range(1, HALF_TERMS + 1))
