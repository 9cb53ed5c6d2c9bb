"""What gives way first: when a changed partnership has no plan, which rules give way, in order, and how little.

Whole rules are let go one after another, in the order below, until a plan exists; then each, the last
first, is taken back as far as it will go. Every step is a solve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from planner.need import World, world_of
from planner.partnership import HeadRule
from planner.policy import with_settings
from planner.reasons import lower_first
from planner.rules import FIRST_TO_GIVE_WAY, RULES
from planner.supply import school_of, service_supply

FAIRNESS = {
    "phase_balance": "Primary and secondary base places need not balance", "secondaries_in_proportion": "Secondaries take no step toward places in proportion",
    "host_share": "A host's own pupils may fill its base", "sessions_cap": "The cap on last year's half-days is let go",
    "standard_floor": "The floors on standards are let go", "no_worse_outside": "A school may get less than it pays in",
}  # fmt: skip
NOTE = "Let go in a re-plan; to be agreed"
LOWEST_PERCENT = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveWay:
    """One rule that gives way: how, in words, and who would have to agree."""

    rule_id: str
    words: str
    agreed_by: str

    def sentence(self) -> str:
        """One line for a person."""
        return f"{self.words}; the {self.agreed_by} must agree."


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One setting that can be let go in ``steps`` steps (0: as it is): the world then, and what to say."""

    rule_id: str
    agreed_by: str
    steps: int
    turned: Callable[[World, int], World]
    words: Callable[[int], str]


def least_to_let_go(world: World, has_plan: Callable[[World], bool]) -> tuple[World, tuple[GaveWay, ...]] | None:
    """The world with the first rules let go as little as makes a plan possible; None when nothing that may give way is enough."""
    by_rule: dict[str, list[Knob]] = defaultdict(list)
    for knob in knobs(world):
        if world.policy.price(knob.rule_id):
            continue  # it gives way already
        by_rule[knob.rule_id].append(knob)
    order = [rule_id for rule_id in FIRST_TO_GIVE_WAY if rule_id in by_rule]
    turned: list[tuple[Knob, int]] = []
    for rule_id in order:
        turned += [(knob, knob.steps) for knob in by_rule[rule_id]]
        if has_plan(_with(world, turned)):
            break
    else:
        return None
    for rule_id in reversed(order):  # the last first, so that the first gives way most
        mine = [n for n, (knob, _) in enumerate(turned) if knob.rule_id == rule_id]
        kept = [(knob, 0 if n in mine else steps) for n, (knob, steps) in enumerate(turned)]
        if has_plan(_with(world, kept)):
            turned = kept
            continue
        for n in mine:
            turned[n] = (turned[n][0], _least(world, turned, n, has_plan))
    left = [(knob, steps) for knob, steps in turned if steps]
    return _with(world, left), tuple(
        GaveWay(rule_id=knob.rule_id, words=knob.words(steps), agreed_by=knob.agreed_by) for knob, steps in left
    )


def _least(world: World, turned: list[tuple[Knob, int]], number: int, has_plan: Callable[[World], bool]) -> int:
    """The fewest steps of one knob that leave a plan, the others as they are; all of its steps do."""
    knob = turned[number][0]

    def works(steps: int) -> bool:
        return has_plan(_with(world, [*turned[:number], (knob, steps), *turned[number + 1 :]]))

    if works(0):
        return 0
    low, high = 0, knob.steps
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


def _with(world: World, turned: list[tuple[Knob, int]]) -> World:
    changed = world
    for knob, steps in turned:
        if steps:
            changed = knob.turned(changed, steps)
    return world_of(changed.partnership, changed.policy) if changed is not world else world


# --- what can give way -------------------------------------------------------------------


def knobs(world: World) -> Iterator[Knob]:
    """Every setting of a rule that somebody may relax, if the rule is on and has anything left to let go."""
    board = world.policy.board
    for rule_id, name, loosest, what in (
        ("contingency_held", "contingency_percent", 0, "The contingency falls from {0} to {1} percent of cash"),
        ("moderated_pot_released", "moderated_pot_percent", 0, "The moderated pot falls from {0} to {1} percent of cash"),
        ("money_floor", "money_floor_now_percent", LOWEST_PERCENT, "The floor on last year's grants goes from {0} to {1} percent"),
        ("sessions_floor", "sessions_floor_percent", LOWEST_PERCENT, "The floor on last year's half-days goes from {0} to {1} percent"),
    ):
        strict: Fraction = getattr(board, name)
        yield from _percent(world, rule_id, ("board", name.replace("_now_", "_")), strict, loosest, what)
    for rule_id, words in FAIRNESS.items():
        if world.policy.is_on(rule_id):
            yield _switch(rule_id, words)
    for role in world.policy.roles:
        what = f"The share of time held back for vacancies ({lower_first(role.name)}) falls from {{0}} to {{1}} percent"
        yield from _percent(
            world, "vacancy_held_back", ("roles", role.role_id, "vacancy_held_back_percent"), role.vacancy_held_back_percent, 0, what
        )
    if world.policy.is_on("head_rule"):
        yield from (_head_rule(world, rule) for rule in world.partnership.head_rules if not rule.is_locked)
    if world.policy.is_on("smallest_block"):
        for service in world.partnership.services:
            block = service_supply(world.partnership, world.policy, service).minimum_block_sessions
            if block > 1:
                yield _block(service.service_id, service.name, block)
    if world.policy.is_on("next_year_affordable"):
        yield Knob(
            rule_id="next_year_affordable", agreed_by="board", steps=1, words=lambda _: "The board's limit on next year's cost is let go",
            turned=lambda w, _: replace(w, policy=with_settings(w.policy, {"rules": {"next_year_affordable": False}})),
        )  # fmt: skip
    if world.policy.is_on("smallest_useful_base"):
        yield _switch("smallest_useful_base", "A new base may open below the smallest useful size")


def _switch(rule_id: str, words: str) -> Knob:
    return Knob(
        rule_id=rule_id, agreed_by="board", steps=1, words=lambda _: words,
        turned=lambda w, _: replace(w, policy=with_settings(w.policy, {"rules": {rule_id: False}})),
    )  # fmt: skip


def _percent(world: World, rule_id: str, path: tuple[str, ...], strict: Fraction, loosest: int, what: str) -> Iterator[Knob]:
    steps = ceil(strict - loosest)
    if steps <= 0 or not world.policy.is_on(rule_id):
        return

    def value(steps_down: int) -> Fraction:
        return max(strict - steps_down, Fraction(loosest))

    def turned(w: World, steps_down: int) -> World:
        figure = {"value": Decimal(str(float(value(steps_down)))), "source": NOTE, "date": ""}
        changes: Mapping[str, Any] = {path[-1]: figure}
        if rule_id == "money_floor" and w.policy.board.money_taper_years:
            changes = {**changes, "money_taper_years": 0}  # what gives way is this year's floor
        for name in reversed(path[:-1]):
            changes = {name: changes}
        return replace(w, policy=with_settings(w.policy, changes))

    yield Knob(
        rule_id=rule_id, agreed_by=RULES[rule_id].relaxed_by or "board", steps=steps, turned=turned,
        words=lambda steps_down: what.format(_plain(strict), _plain(value(steps_down))),
    )  # fmt: skip


def _plain(value: Fraction) -> str:
    return f"{round(float(value), 2):g}"


def _head_rule(world: World, rule: HeadRule) -> Knob:
    school = school_of(world.partnership, rule.urn).name
    items = {s.service_id: s.name for s in world.partnership.services}
    what = f"{rule.bound} {'£' if rule.item not in items else ''}{rule.amount:,} of {items.get(rule.item, rule.item)}"
    return Knob(
        rule_id="head_rule", agreed_by=f"head of {school}", steps=1,
        words=lambda _: f"The rule of {school}, {what}, is let go",
        turned=lambda w, _: replace(
            w, partnership=replace(w.partnership, head_rules=tuple(r for r in w.partnership.head_rules if r.rule_id != rule.rule_id))
        ),
    )  # fmt: skip


def _block(service_id: str, name: str, block: int) -> Knob:
    def turned(w: World, steps: int) -> World:
        services = tuple(
            replace(s, minimum_block_sessions=block - steps) if s.service_id == service_id else s for s in w.partnership.services
        )
        return replace(w, partnership=replace(w.partnership, services=services))

    return Knob(
        rule_id="smallest_block", agreed_by="board", steps=block - 1, turned=turned,
        words=lambda steps: f"The smallest block of {name} falls from {block} to {block - steps}",
    )  # fmt: skip
