"""Named rules at their places: what can clash, and what can move, in the words of whoever keeps the rule.

A rule of the law or of arithmetic stands at its fund, service or base; a board's promise at each school; a head's
rule at itself. A rule that has no useful place is one thing. Whatever moves is measured beside its denominator: its
limit, or one unit where the limit is nought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from planner.audit import price_at
from planner.fairness import capped_sessions, paid_in_pounds, secondary_steps, standard_floors
from planner.need import Cell, World
from planner.next_year import most_next_year_pounds
from planner.offers import offers_of
from planner.partnership import GRANT_ITEM, DecisionRight, FundUse, HeadRule
from planner.reasons import half_days, plain_number
from planner.rules import RULES, Rule
from planner.supply import available_pounds, contingency_pounds, moderated_pot_pounds, pays, service_supply

if TYPE_CHECKING:
    from optimisation.highs import Problem

WHOLE_RULE = ""
"""The place of a rule that has no useful place of its own."""
NEVER_CLASH = frozenset({"need_from_support", "cohort_fill"})
"""Rows that giving nothing keeps, whatever the others ask; but not where a need must be met to a floor (``may_clash``)."""


def may_clash(world: World) -> frozenset[str]:
    """The rules among which a clash is looked for."""
    return frozenset(RULES) - (frozenset() if world.policy.is_on("standard_floor") else NEVER_CLASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One solve behind a sentence: what was asked, how it ended, value and bound in the words' unit."""

    words: str
    status: str
    value: float
    bound: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Placed:
    """One named rule at one place."""

    rule_id: str
    place: str

    @property
    def rule(self) -> Rule:
        """The rule of the catalogue."""
        return RULES[self.rule_id]


def place_of(rule_id: str, at: str) -> Placed:
    """Whose row this is: the row's own place, or the fund, service or base that several rows are about."""
    return Placed(rule_id=rule_id, place=_PLACE.get(rule_id, _as_it_is)(at))


def _as_it_is(at: str) -> str:
    return at


_PLACE: dict[str, Callable[[str], str]] = {
    "fund_balance": lambda at: at.rpartition(", year ")[0],
    "costs_paid": lambda _: WHOLE_RULE,
    "contingency_held": lambda _: WHOLE_RULE,
    "next_year_affordable": lambda _: WHOLE_RULE,
    "moderated_pot_released": lambda _: WHOLE_RULE,
    "time_bought": lambda at: at.partition(", ")[0],
    "phase_balance": lambda _: WHOLE_RULE,
    "need_from_support": lambda _: WHOLE_RULE,
    "smallest_block": lambda at: at.rsplit(", ", 2)[1],
    "pupils_now_kept": lambda at: at.removesuffix(" stays open"),
}


def placed_rows(problem: Problem) -> dict[Placed, list[int]]:
    """Every rule at every place, with its rows."""
    rows: dict[Placed, list[int]] = {}
    has_floors = any(rule_id == "standard_floor" for rule_id, _ in problem.rows)
    for number, (rule_id, at) in enumerate(problem.rows):
        if has_floors or rule_id not in NEVER_CLASH:
            rows.setdefault(place_of(rule_id, str(at)), []).append(number)
    return rows


def may_move(world: World, placed: Placed) -> bool:
    """Whether anyone may relax the rule here: never the law, arithmetic or a rule its head has locked; what gives way at a price need not move."""
    locked = {r.rule_id for r in world.partnership.head_rules if r.is_locked}
    if price_at(world, placed.rule_id, placed.place):
        return False
    return placed.rule.is_relaxable and not (placed.rule_id == "head_rule" and placed.place in locked)


# --- words -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """How rules at their places are said in one world."""

    world: World

    @cached_property
    def names(self) -> dict[str, str]:
        """What people call the places of rules."""
        p = self.world.partnership
        named: dict[str, str] = {b.base_id: b.name for b in p.bases}
        named |= {s.service_id: s.name for s in p.services}
        named |= {f.fund_id: f.name for f in p.funds}
        named |= {str(s.urn): s.name for s in p.schools}
        return named | {c.cell_id: self._need(c, named) for c in self.world.picture.cells}

    def _need(self, cell: Cell, named: dict[str, str]) -> str:
        return f"{self.world.policy.standard(cell.standard_id).name}, {named.get(cell.recipient, cell.recipient)}"

    def name(self, place: str) -> str:
        """A place as people call it."""
        return self.names.get(place, place)

    def wish(self, rule_id: str) -> HeadRule:
        """The head's rule with this id."""
        return next(r for r in self.world.partnership.head_rules if r.rule_id == rule_id)

    def grantor(self, placed: Placed) -> str:
        """Who may grant a move, as people call them."""
        if placed.rule_id == "head_rule":
            return f"the head of {self.name(str(self.wish(placed.place).urn))}"
        if placed.rule.relaxed_by == "host school":
            host = next((b.host_urn for b in self.world.partnership.bases if b.base_id == placed.place), None)
            return f"the host, {self.name(placed.place if host is None else str(host))}"
        return f"the {placed.rule.relaxed_by}"

    def said_at(self, placed: Placed) -> str:
        """A place of a rule in a list of them."""
        if placed.rule_id == "head_rule":
            return self.whose(self.wish(placed.place))
        urn, _, service_id = placed.place.partition(", ")
        return f"{self.name(urn)} ({self.name(service_id)})" if service_id in self.names else self.name(placed.place)

    def held(self, placed: Placed) -> str:
        """The rule at its place with its limit, a full sentence."""
        words = _HELD.get(placed.rule_id)
        return words(self, placed.place) if words else f"{placed.rule.sentence[:-1]}{self._at(placed.place)}."

    def _at(self, place: str) -> str:
        return f" ({self.name(place)})" if place else ""

    def _fund(self, fund_id: str) -> str:
        fund = next(f for f in self.world.partnership.funds if f.fund_id == fund_id)
        first, second = available_pounds(fund)
        return f"{fund.name} pays out no more than it holds: {pounds(first)} to 31 March and {pounds(second)} after."

    def _statutory(self, service_id: str) -> str:
        return f"{self.name(service_id)} has {half_days(self.supply(service_id)[0])} after statutory work."

    def _vacancy(self, service_id: str) -> str:
        held, kept = self.supply(service_id)
        return f"{self.name(service_id)} can share {half_days(held - kept)}: {kept:,} are kept back for other duties and expected vacancy."

    def supply(self, service_id: str) -> tuple[int, int]:
        """A service's half-days after statutory work, and how many of them are kept back."""
        service = next(s for s in self.world.partnership.services if s.service_id == service_id)
        supply = service_supply(self.world.partnership, self.world.policy, service)
        return supply.after_statutory_sessions, supply.after_statutory_sessions - supply.shareable_sessions

    def block(self, service_id: str) -> int:
        """A service's smallest useful block, half-days."""
        service = next(s for s in self.world.partnership.services if s.service_id == service_id)
        return service_supply(self.world.partnership, self.world.policy, service).minimum_block_sessions

    def last_year(self, urn: str, item: str) -> int:
        """What a school had last year, pounds or half-days."""
        return next(r.amount for r in self.world.partnership.last_year if str(r.urn) == urn and r.item == item)

    def _bought(self, service_id: str) -> str:
        sold = [o for o in offers_of(self.world.partnership, service_id) if o.is_package and o.most_bought is not None]
        most = sum(o.sessions * (o.most_bought or 0) for o in sold)
        return f"{self.name(service_id)} gives no more than is bought{f': at most {half_days(most)} in packages' if most else ''}."

    def _block(self, service_id: str) -> str:
        return f"Whoever gets {self.name(service_id)} gets at least {half_days(self.block(service_id))}."

    def _contingency(self, _: str) -> str:
        first, second = contingency_pounds(self.world.partnership, self.world.policy)
        percent_held = percent(self.world.policy.board.contingency_percent)
        return f"The board holds {percent_held} of cash as contingency: {pounds(first)} to 31 March and {pounds(second)} after."

    def _pot(self, _: str) -> str:
        least = sum(moderated_pot_pounds(self.world.partnership, self.world.policy).values())
        return f"The board releases {percent(self.world.policy.board.moderated_pot_percent)} of cash to the moderated pot: {pounds(least)} over the year."

    def _money_floor(self, urn: str) -> str:
        floor = self.world.policy.board.money_floor_now_percent
        least = Fraction(self.last_year(urn, GRANT_ITEM)) * (100 + floor) / 100
        return f"{self.name(urn)}'s grant is at least {pounds(-(-least.numerator // least.denominator))}: the board's floor of {percent(floor)} on last year.{self._why_none(GRANT_ITEM)}"

    def _money_cap(self, urn: str) -> str:
        cap = self.world.policy.board.money_cap_percent
        return f"{self.name(urn)}'s grant is at most {percent(cap)} above last year's {pounds(self.last_year(urn, GRANT_ITEM))}."

    def _sessions_floor(self, place: str) -> str:
        urn, _, service_id = place.partition(", ")
        floor = self.world.policy.board.sessions_floor_percent
        least = Fraction(self.last_year(urn, service_id)) * (100 + floor) / 100
        return (
            f"{self.name(urn)} has at least {half_days(-(-least.numerator // least.denominator))} of {self.name(service_id)}: "
            f"the board's floor of {percent(floor)} on last year.{self._why_none(service_id)}"
        )

    def _sessions_cap(self, place: str) -> str:
        most = next(most for row, most in capped_sessions(self.world) if f"{row.urn}, {row.item}" == place)
        urn, _, service_id = place.partition(", ")
        return f"{self.name(urn)} has at most {half_days(most)} of {self.name(service_id)}: the board's cap on last year."

    def _host_share(self, base_id: str) -> str:
        share = self.world.policy.board.host_share_percent
        return f"If {self.name(base_id)} opens or grows, at most {share} percent of its places serve its host's own expected pupils."

    def _secondary(self, urn: str) -> str:
        least = secondary_steps(self.world)[int(urn)]
        return f"{self.name(urn)} has at least {least} base place{'s' * (least != 1)}: this year's step toward its target."

    def _outside(self, urn: str) -> str:
        return (
            f"{self.name(urn)} gets at least {pounds(paid_in_pounds(self.world.partnership)[int(urn)])} of grant and time: what it pays in."
        )

    def _standard_floor(self, cell_id: str) -> str:
        return f"{self.name(cell_id)}: met to at least {standard_floors(self.world)[cell_id]} percent, the board's floor."

    def _head(self, rule_id: str) -> str:
        wish = self.wish(rule_id)
        return f"{upper_first(self.whose(wish))}: {wish.bound} {self.amount(wish)}{', and it is locked' if wish.is_locked else ''}.{self._why_none(wish.item)}"

    def _costs(self, _: str) -> str:
        funds = self.world.partnership.funds
        unpaid = [
            use for use in (FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.BASE_OPENING) if not any(pays(f, use) for f in funds)
        ]
        nobody = f" No fund may pay for {' or '.join(unpaid)}." if unpaid else ""
        return f"{RULES['costs_paid'].sentence}{nobody}"

    def _next_year(self, _: str) -> str:
        p, policy = self.world.partnership, self.world.policy
        return (
            f"Next year the same plan costs at most {pounds(most_next_year_pounds(p, policy))}: "
            f"{percent(policy.board.next_year_affordable_percent)} of this year's recurring money."
        )

    def _why_none(self, item: str) -> str:
        """Why no plan gives anything of an item to a school, where none does."""
        if item == GRANT_ITEM:
            return "" if any(pays(f, FundUse.GRANTS) for f in self.world.partnership.funds) else " No fund may pay grants to schools."
        service = next((s for s in self.world.partnership.services if s.service_id == item), None)
        if service is None:
            return ""
        if service.decision_right is DecisionRight.INFORMATION:
            return f" {service.name} is for information only, so no plan gives any of it."
        return f" {service.name} is planned for groups of schools." if self.world.policy.role(service.role).serves == "zone" else ""

    def whose(self, wish: HeadRule) -> str:
        """A head's rule as people call it."""
        return f"the rule of {self.name(str(wish.urn))} on {'its grant' if wish.item == GRANT_ITEM else self.name(wish.item)}"

    def amount(self, wish: HeadRule, amount: int | None = None) -> str:
        """An amount of a head's rule with its unit."""
        number = wish.amount if amount is None else amount
        return pounds(number) if wish.item == GRANT_ITEM else half_days(number)

    def _pupils(self, base_id: str) -> str:
        base = next(b for b in self.world.partnership.bases if b.base_id == base_id)
        stays = "" if base.may_close else " and stays open"
        return f"{base.name} keeps a place for each of its {base.pupils_now} pupils{stays}."


_HELD: dict[str, Callable[[Words, str], str]] = {
    "fund_balance": Words._fund,  # noqa: SLF001 - the class's own table
    "statutory_first": Words._statutory,  # noqa: SLF001
    "vacancy_held_back": Words._vacancy,  # noqa: SLF001
    "time_bought": Words._bought,  # noqa: SLF001
    "smallest_block": Words._block,  # noqa: SLF001
    "contingency_held": Words._contingency,  # noqa: SLF001
    "moderated_pot_released": Words._pot,  # noqa: SLF001
    "costs_paid": Words._costs,  # noqa: SLF001
    "next_year_affordable": Words._next_year,  # noqa: SLF001
    "money_floor": Words._money_floor,  # noqa: SLF001
    "money_cap": Words._money_cap,  # noqa: SLF001
    "sessions_floor": Words._sessions_floor,  # noqa: SLF001
    "sessions_cap": Words._sessions_cap,  # noqa: SLF001
    "host_share": Words._host_share,  # noqa: SLF001
    "secondaries_in_proportion": Words._secondary,  # noqa: SLF001
    "no_worse_outside": Words._outside,  # noqa: SLF001
    "standard_floor": Words._standard_floor,  # noqa: SLF001
    "head_rule": Words._head,  # noqa: SLF001
    "pupils_now_kept": Words._pupils,  # noqa: SLF001
}


def pounds(number: int) -> str:
    """Whole pounds."""
    return f"£{number:,}"


def percent(number: Fraction) -> str:
    """A percent change or share."""
    return f"{'-' if number < 0 else ''}{plain_number(abs(number))} percent"


def upper_first(text: str) -> str:
    """Text at the start of a sentence."""
    return text[:1].upper() + text[1:]
