"""What holds most of a school's standards back: what they would take together, and who could change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from planner import rules
from planner.export.plan_facts import Facts
from planner.export.plan_standards import MET, status
from planner.need import ADULT_HOURS, PLACE, WHOLE, Cell
from planner.partnership import Base, DecisionRight, Fund, FundUse, Service
from planner.reasons import OUT_OF_REACH, lower_first, plain_number
from planner.supply import pays
from planner.words import count, listed, pounds, upper_first

Decided = Callable[[DecisionRight, str, str], str]
"""A decision right, whom to ask and by when -> who decides, in words."""

MOST_REASONS = 3
SETTLED_BY = (
    ("the head's own rule allows no more", rules.HEAD_RULE),
    ("the board's cap on last year's", rules.MONEY_CAP),
    ("fewer than the smallest block of", rules.SMALLEST_BLOCK),
    ("held back for the vacancy the board expects", rules.VACANCY_HELD_BACK),
    ("its host has not agreed", rules.HOST_CONSENT),
    ("its host has said no", rules.HOST_CONSENT),
    ("its host has not been asked", rules.HOST_CONSENT),
    ("its host agreed to no more than", rules.HOST_MOST_PLACES),
    ("smaller than the smallest useful base", rules.SMALLEST_USEFUL_BASE),
)
"""Words of ``planner.reasons`` and of needs out of reach -> the rule they speak of."""
_SOLVED_FURTHER = "a longer search for a plan may"
_TIME_MONEY = "the money for specialist time is all planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class MainReason:
    """What holds most of the school's standards back, what they ask for together, and who could change it."""

    title: str
    takes: str
    example: str
    who: str


def main_reasons(own: list[Cell], shared: list[Cell], facts: Facts, decided: Decided) -> tuple[MainReason, ...]:
    """What holds back most need: of the school's own standards first, then of its zone's."""
    found: list[MainReason] = []
    for cells, is_own in ((own, True), (shared, False)):
        by_limit: dict[str, list[Cell]] = {}
        for cell in cells:
            reason = facts.reasons.get((cell.recipient, cell.standard_id))
            if reason is not None and status(cell, facts.amounts) != MET:
                by_limit.setdefault(reason.limited_by, []).append(cell)
        ranked = sorted(by_limit.items(), key=lambda item: -sum(_missing(c, facts) for c in item[1]))
        found += [_main_reason(limit, held, cells, facts, decided, is_own=is_own) for limit, held in ranked]
    return tuple(found[:MOST_REASONS])


def why(cell: Cell, facts: Facts) -> str:
    """The reason why a need is not fully met without its own heading, which a line has said already."""
    reason = facts.reasons.get((cell.recipient, cell.standard_id))
    said = reason.sentence if reason else ""
    return said.partition(" percent. ")[2] or said.partition(" is out of reach. ")[2] or said or "Everything it asks for is given."


def _missing(cell: Cell, facts: Facts) -> int:
    return cell.weight * (WHOLE - facts.amounts.need_met.get(cell.cell_id, 0))


def _main_reason(limit: str, held: list[Cell], cells: list[Cell], facts: Facts, decided: Decided, *, is_own: bool) -> MainReason:
    most = max(held, key=lambda c: _missing(c, facts))
    standard = facts.policy.standard(most.standard_id).name
    back = f"{count(len(held), 'standard')}{'' if is_own else ' of its zone'}"
    said = why(most, facts).partition(" Its ")[0]
    if limit == OUT_OF_REACH:
        title, takes = f"Out of reach: {back}", ""
    elif not limit:
        title, takes = f"Nothing is used up: {back}", ""
    else:
        title = f"{upper_first(_thing(limit, facts))}: {'hold' if limit == PLACE else 'holds'} back {back}"
        takes = _together(limit, cells, "the school's" if is_own else "its zone's", facts)
    return MainReason(
        title=title,
        takes=takes,
        example=f"For example, {lower_first(standard)}: {lower_first(said)}",
        who=_who(limit, said, facts, decided),
    )


def _thing(limit: str, facts: Facts) -> str:
    if limit == ADULT_HOURS:
        return "money for trained adults"
    return "base places" if limit == PLACE else f"time of the {lower_first(facts.policy.role(limit).name)}"


def _together(limit: str, cells: Sequence[Cell], whose: str, facts: Facts) -> str:
    """What all standards would take to be met in full, beside what the plan gives; nothing where it gives that much."""
    reached = [c for c in cells if not c.out_of_reach]
    need = Fraction(sum(c.requirement(limit) for c in reached), 100)
    recipients = {c.recipient for c in cells}
    if limit == PLACE:
        has = sum(n for (_, cell_id), n in facts.amounts.places.items() if cell_id in {c.cell_id for c in reached})
        needs, given = f"{plain_number(need)} base places", f"{has:,}"
    elif limit == ADULT_HOURS:
        has = sum(n for (urn, _), n in facts.amounts.grants.items() if str(urn) in recipients)
        need *= facts.policy.pounds_per_adult_hour
        needs, given = f"{pounds(-(-need.numerator // need.denominator))} for trained adults", f"a grant of {pounds(has)}"
    else:
        roles = {s.service_id: s.role for s in facts.partnership.services}
        has = sum(n for (to, service_id), n in facts.amounts.sessions.items() if to in recipients and roles[service_id] == limit)
        needs, given = f"{plain_number(need)} half-days", f"{has:,}"
    return f"To be met in full, {whose} standards would take {needs}; the plan gives {given}." if need > has else ""


# --- who could change it -----------------------------------------------------------------


def _who(limit: str, said: str, facts: Facts, decided: Decided) -> str:
    """Who could change what a reason says: whose rule it is, else who shares out what is used up and whom to ask for more."""
    settled = dict.fromkeys(rule for words, rule in SETTLED_BY if words in said)
    if settled:
        return " ".join(f"The {rule.relaxed_by}, whose rule it is: {lower_first(rule.sentence)}" for rule in settled)
    if limit == OUT_OF_REACH:
        return "Whoever could add to the services, funds and bases: no plan made from these can meet it."
    if _SOLVED_FURTHER in said:
        return "The board, by having a plan made that searches for longer."
    if limit == PLACE:
        named = [b for b in facts.partnership.bases if b.name in said]
        board = "The board shares out the money for bases. " if "is left for" in said else ""
        return board + _rights(named, facts, decided)
    return f"The board shares out what there is. {_rights(_holders(limit, said, facts), facts, decided)}"


def _holders(limit: str, said: str, facts: Facts) -> list[Fund | Service]:
    """The funds or services from which more would have to come."""
    funds, services = facts.partnership.funds, facts.partnership.services
    if limit == ADULT_HOURS:
        return [f for f in funds if pays(f, FundUse.GRANTS)]
    if _TIME_MONEY in said:
        return [f for f in funds if pays(f, FundUse.SPECIALIST_TIME)]
    return [s for s in services if s.role == limit and s.decision_right is not DecisionRight.INFORMATION]


def _rights(holders: Iterable[Fund | Service | Base], facts: Facts, decided: Decided) -> str:
    """Who decides on each, those alike together."""
    by_right: dict[str, list[str]] = {}
    for one in holders:
        to = one.request_to or ((facts.partnership.council or "the council") if isinstance(one, Base) else "")
        right = decided(one.decision_right, to, one.request_by)
        alone = ", so nobody else need be asked" if one.decision_right is DecisionRight.OURS else ""
        by_right.setdefault(f"{lower_first(right)}{alone}", []).append(one.name)
    return " ".join(f"{listed(names)}: {right}." for right, names in by_right.items())
