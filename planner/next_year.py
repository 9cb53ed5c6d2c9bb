"""What a plan would cost next year if nothing in it changed, beside the money that comes every year.

The same grants, specialist time, moderated pot and contingency; every base that runs does so for twelve months and at
its full size; nothing opens, so there is no opening and no lead-in cost. Set beside it: this year's money of every fund
that is cash and planned, without what was brought forward and without what goes back; capital is one-off and not counted.
Which fund may pay for what is not followed into next year, and no price or wage is raised.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from planner.measures import specialist_time_pounds
from planner.partnership import Base, FundSource, FundUse, Partnership
from planner.plan import Amounts
from planner.policy import Policy
from planner.supply import base_full_year_pounds, is_planned


def recurring_pounds(partnership: Partnership) -> int:
    """Pounds that come every year: planned cash of both financial years, before any balance of last year."""
    funds = [f for f in partnership.funds if is_planned(f) and f.source is not FundSource.CAPITAL]
    return sum(f.september_to_march_pounds + f.april_to_august_pounds for f in funds)


def most_next_year_pounds(partnership: Partnership, policy: Policy) -> int:
    """The most next year's cost may be: the board's percent of recurring money, whole pounds rounded down."""
    return floor(Fraction(recurring_pounds(partnership)) * policy.board.next_year_affordable_percent / 100)


def bases_next_year_pounds(partnership: Partnership, policy: Policy, amounts: Amounts) -> int:
    """Pounds to run the plan's bases for a full year, after the council's place funding."""
    return sum(base_full_year_pounds(b, amounts.base_sizes.get(b.base_id, 0), policy) for b in partnership.bases)


def next_year_pounds(partnership: Partnership, policy: Policy, amounts: Amounts) -> int:
    """Pounds that the same plan would cost next year."""
    held = sum(pounds for (_, _, use), pounds in amounts.spending.items() if use is FundUse.CONTINGENCY)
    kept = sum(amounts.grants.values()) + sum(amounts.pots.values()) + held
    return kept + specialist_time_pounds(partnership, amounts) + bases_next_year_pounds(partnership, policy, amounts)


def opening_bases(partnership: Partnership, amounts: Amounts) -> tuple[Base, ...]:
    """The bases that a plan opens this year: next year they cost another sum."""
    return tuple(b for b in partnership.bases if not b.is_open and amounts.base_sizes.get(b.base_id, 0))
