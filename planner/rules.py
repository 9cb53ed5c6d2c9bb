"""The catalogue of rules: every rule once, with its sentence, unit, owner and who may relax it.

The id is the rule's one name everywhere: its maths (``optimisation/constraints``), its
audit (``planner/audit.py``), its test (``tests/rules``), its golden rows, its switch in the
policy and its line in every workbook. A test fails when a face is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RULES: dict[str, Rule] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One promise every plan keeps.

    ``owner`` made the rule; ``relaxed_by`` may relax it (None: nobody may, so nothing ever moves there).
    ``is_by_construction``: kept by leaving out what would break it, so that it cannot be missed by a little.
    """

    rule_id: str
    sentence: str
    unit: str
    owner: str
    relaxed_by: str | None = None
    is_by_construction: bool = False

    @property
    def is_relaxable(self) -> bool:
        """Whether anyone may relax the rule."""
        return self.relaxed_by is not None


def _rule(rule_id: str, sentence: str, *, unit: str, owner: str, relaxed_by: str | None = None, is_by_construction: bool = False) -> Rule:
    rule = Rule(rule_id=rule_id, sentence=sentence, unit=unit, owner=owner, relaxed_by=relaxed_by, is_by_construction=is_by_construction)
    RULES[rule_id] = rule
    return rule


# --- law and decision rights -----------------------------------------------------------
STATUTORY_FIRST: Final = _rule(
    "statutory_first",
    "Statutory work comes off a service's time before any is shared.",
    unit="half-day sessions", owner="law",
)  # fmt: skip
DECISION_RIGHT: Final = _rule(
    "decision_right",
    "Nothing is planned from a resource that is for information only.",
    unit="amounts", owner="whoever holds the resource", is_by_construction=True,
)  # fmt: skip
ALLOWED_USES: Final = _rule(
    "allowed_uses",
    "Each fund pays only for its allowed uses.",
    unit="pounds", owner="the fund's grant conditions", is_by_construction=True,
)  # fmt: skip

# --- money -----------------------------------------------------------------------------
FUND_BALANCE: Final = _rule(
    "fund_balance",
    "No fund pays out more than it holds in either financial year.",
    unit="pounds", owner="arithmetic of money",
)  # fmt: skip
COSTS_PAID: Final = _rule(
    "costs_paid",
    "Specialist time and bases are paid for in the financial year in which they run.",
    unit="pounds", owner="arithmetic of money",
)  # fmt: skip
CONTINGENCY_HELD: Final = _rule(
    "contingency_held",
    "The board's share of cash is held as contingency in each financial year.",
    unit="pounds", owner="board", relaxed_by="board",
)  # fmt: skip
MODERATED_POT_RELEASED: Final = _rule(
    "moderated_pot_released",
    "The board's share of cash is released to the moderated pot each half-term.",
    unit="pounds", owner="board", relaxed_by="board",
)  # fmt: skip
NEXT_YEAR_AFFORDABLE: Final = _rule(
    "next_year_affordable",
    "Next year the same plan, with its bases full and running all year, costs no more than the board's share of this year's recurring money.",
    unit="pounds", owner="board", relaxed_by="board",
)  # fmt: skip

# --- specialist time -------------------------------------------------------------------
VACANCY_HELD_BACK: Final = _rule(
    "vacancy_held_back",
    "Other duties and the vacancy the board expects are kept back from a service's time.",
    unit="half-day sessions", owner="board", relaxed_by="board",
)  # fmt: skip
SMALLEST_BLOCK: Final = _rule(
    "smallest_block",
    "A school or zone gets none of a service or at least its smallest useful block.",
    unit="half-day sessions", owner="board", relaxed_by="board",
)  # fmt: skip
TIME_BOUGHT: Final = _rule(
    "time_bought",
    "No more of a service's time is given than is bought, within its packages and price breaks.",
    unit="half-day sessions", owner="the service's terms",
)  # fmt: skip

# --- bases -----------------------------------------------------------------------------
ONE_SIZE_A_BASE: Final = _rule(
    "one_size_a_base",
    "A base runs at one size or is closed.",
    unit="sizes", owner="arithmetic of places",
)  # fmt: skip
PLACES_WITHIN_SIZE: Final = _rule(
    "places_within_size",
    "No base gives more places than its size.",
    unit="places", owner="arithmetic of places",
)  # fmt: skip
PUPILS_NOW_KEPT: Final = _rule(
    "pupils_now_kept",
    "An open base keeps at least the places its pupils have now, and closes only if it may.",
    unit="places", owner="law",
)  # fmt: skip
BASE_REACH: Final = _rule(
    "base_reach",
    "Places are given only to zones within reach of the base.",
    unit="places", owner="journey guideline", is_by_construction=True,
)  # fmt: skip
HOST_CONSENT: Final = _rule(
    "host_consent",
    "No base opens or grows without its host's consent.",
    unit="places", owner="host school", relaxed_by="host school",
)  # fmt: skip
HOST_MOST_PLACES: Final = _rule(
    "host_most_places",
    "No host has more base places than it agreed to.",
    unit="places", owner="host school", relaxed_by="host school",
)  # fmt: skip
SMALLEST_USEFUL_BASE: Final = _rule(
    "smallest_useful_base",
    "No new base opens below the smallest useful size.",
    unit="places", owner="board", relaxed_by="board",
)  # fmt: skip
COHORT_FILL: Final = _rule(
    "cohort_fill",
    "In its first year a new base, or the growth of an open one, gives at most the board's share of its new places.",
    unit="places", owner="board", relaxed_by="board",
)  # fmt: skip

HOST_SHARE: Final = _rule(
    "host_share",
    "Of the places that a new or larger base gives this year, no more than the board's share serve the host's own expected pupils.",
    unit="places", owner="board", relaxed_by="board",
)  # fmt: skip
PHASE_BALANCE: Final = _rule(
    "phase_balance",
    "The partnership's primary bases have at least as many places as its secondary bases.",
    unit="places", owner="board", relaxed_by="board",
)  # fmt: skip
SECONDARIES_IN_PROPORTION: Final = _rule(
    "secondaries_in_proportion",
    "Each secondary that could host has this year's step toward base places in proportion to its roll.",
    unit="places", owner="board", relaxed_by="board",
)  # fmt: skip

# --- protection between years ------------------------------------------------------------
MONEY_FLOOR: Final = _rule(
    "money_floor",
    "No school's grant falls below the board's floor on last year.",
    unit="pounds", owner="board", relaxed_by="board",
)  # fmt: skip
MONEY_CAP: Final = _rule(
    "money_cap",
    "No school's grant rises above the board's cap on last year, rounded up to a step.",
    unit="pounds", owner="board", relaxed_by="board",
)  # fmt: skip
SESSIONS_FLOOR: Final = _rule(
    "sessions_floor",
    "No school's time from a service falls below the board's floor on last year.",
    unit="half-day sessions", owner="board", relaxed_by="board",
)  # fmt: skip

SESSIONS_CAP: Final = _rule(
    "sessions_cap",
    "No school's time from a service rises above the board's cap on last year, or the smallest block if that is more.",
    unit="half-day sessions", owner="board", relaxed_by="board",
)  # fmt: skip
NO_WORSE_OUTSIDE: Final = _rule(
    "no_worse_outside",
    "No school that pays in gets less than it pays in, counting its grant and time of its own at the price of a single half-day, as it could buy alone.",
    unit="pounds", owner="board", relaxed_by="board",
)  # fmt: skip

# --- heads -----------------------------------------------------------------------------
HEAD_RULE: Final = _rule(
    "head_rule",
    "Each head's own rules for their school are kept.",
    unit="pounds or half-day sessions", owner="head", relaxed_by="head",
)  # fmt: skip

STANDARD_FLOOR: Final = _rule(
    "standard_floor",
    "Every need within reach of the standards that the board names is met to its floor, to a hundredth of a percent.",
    unit="percent of need", owner="board", relaxed_by="board",
)  # fmt: skip

# --- need ------------------------------------------------------------------------------
NEED_FROM_SUPPORT: Final = _rule(
    "need_from_support",
    "Need met counts only time, hours and places that are really given.",
    unit="hundredths of an ingredient", owner="arithmetic of need",
)  # fmt: skip

FIRST_TO_GIVE_WAY = (
    "phase_balance", "secondaries_in_proportion", "host_share", "sessions_cap", "standard_floor", "no_worse_outside",
    "contingency_held", "moderated_pot_released", "next_year_affordable", "money_floor", "vacancy_held_back", "sessions_floor", "head_rule", "smallest_block",
    "smallest_useful_base",
)  # fmt: skip
"""Where changed figures leave no plan: the board's rules of fairness first, money that is only held, what next year may cost, then money promised, time, and what a service or a base needs to be of use."""
