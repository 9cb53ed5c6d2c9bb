"""What protection costs: each floor, cap and taper that is on left out and solved again, and the pounds of grants it moves.

Two things are searched without a rule: the least shortfall, and the most need met with no more shortfall than the plan
has. Where either is better beyond both gaps, the nearest plan that has it says which grants the rule holds up: pounds
moved are the sum over schools of the plan's grant above theirs there, exact for that plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimisation.asked import Aim, Change, Trial, Tried
from optimisation.differences import changes_between
from optimisation.frontier import need_wish
from optimisation.sandbox import Sandbox
from optimisation.trial import thousands_a_point
from optimisation.why.asking import GAP_POINTS
from optimisation.why.records import Price
from planner.audit import leading_points
from planner.need import World
from planner.partnership import GRANT_ITEM
from planner.plan import Plan
from planner.reasons import plain_number

PROTECTIONS = {
    "money_floor": "the floor on every school's grant",
    "money_cap": "the cap on every school's grant",
    "sessions_floor": "the floor on every school's time",
    "sessions_cap": "the cap on every school's time",
    "standard_floor": "the floors on standards",
    "no_worse_outside": "the value that every school gets for what it pays in",
}
ALL = "all protection together"
MET_GAP_POINTS = 0.05
NEAR_GAP = 0.5
PROTECTION_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """A rule of protection (or all of them) and what it costs, in points; ``moved_pounds`` None where no cost is shown or no plan was found.

    ``worth`` is by how much the least shortfall falls without it, ``met`` by how much more need could be met with no more
    shortfall than the plan has. ``is_nearest``: the search proved that no plan with that shortfall changes less.
    """

    rule_ids: tuple[str, ...]
    words: str
    worth: Price
    met: Price
    moved_pounds: int | None
    changes: tuple[Change, ...]
    is_nearest: bool
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protections:
    """Every rule of protection that is on, then all together; the best that is known with them on."""

    best: Price
    today: tuple[Tried, ...]
    rules: tuple[Protection, ...]


def protections_on(world: World) -> dict[str, str]:
    """Rules of protection that are on and are about anything in a world, with the words that complete "without ..."."""
    p, policy = world.partnership, world.policy
    has_grants = any(row.item == GRANT_ITEM for row in p.last_year)
    has_time = any(row.item != GRANT_ITEM for row in p.last_year)
    there = {
        "money_floor": has_grants and policy.board.money_floor_now_percent > -100, "money_cap": has_grants,
        "sessions_floor": has_time and policy.board.sessions_floor_percent > -100, "sessions_cap": has_time,
        "standard_floor": bool(policy.board.standard_floors), "no_worse_outside": bool(p.contributions),
    }  # fmt: skip
    return {rule_id: words + _taper(world, rule_id) for rule_id, words in PROTECTIONS.items() if policy.is_on(rule_id) and there[rule_id]}


def _taper(world: World, rule_id: str) -> str:
    board = world.policy.board
    if rule_id != "money_floor" or not board.money_taper_years:
        return ""
    now = board.money_floor_now_percent
    return f" (year {board.money_taper_year} of a taper over {board.money_taper_years}: {'-' if now < 0 else ''}{plain_number(abs(now))} percent)"


def protection_of(sandbox: Sandbox, plan: Plan, *, tell: Callable[[str], None] = lambda _: None) -> Protections:
    """What each rule of protection that is on costs in the plan's world."""
    asking = _Asking(sandbox, plan, tell)
    rules = protections_on(sandbox.world)
    found = [asking.cost((rule_id,), words) for rule_id, words in rules.items()]
    if len(found) > 1:
        found.append(asking.cost(tuple(rules), ALL, tuple(found)))
    return Protections(best=asking.best, today=(asking.today, asking.most_met), rules=tuple(found))


class _Asking:
    """The plan, and the best with its rules: least shortfall, and most need met with no more shortfall than it has."""

    def __init__(self, sandbox: Sandbox, plan: Plan, tell: Callable[[str], None]) -> None:
        self.sandbox, self.world, self.amounts, self._tell = sandbox, sandbox.world, plan.amounts, tell
        self.points = float(leading_points(self.world, plan.amounts))
        self.today = self._least("the rules as they are", ())
        least = max(self.today.bound, plan.bound_points, 0.0)
        self.best = Price(least=least, most=max(min(self.today.value, self.points), least))
        self.most_met = self._most_met("most need met with the rules as they are", ())

    def _ask(self, trial: Trial) -> Tried:
        self._tell(trial.words)
        return self.sandbox.ask(trial)

    def _least(self, words: str, rule_ids: tuple[str, ...]) -> Tried:
        return self._ask(Trial(words=words, without=_everywhere(rule_ids), near=self.amounts, gap=GAP_POINTS, seconds=PROTECTION_SECONDS))

    def _most_met(self, words: str, rule_ids: tuple[str, ...]) -> Tried:
        return self._ask(
            Trial(
                words=words, aim=Aim.UNMET, without=_everywhere(rule_ids), near=self.amounts, most_shortfall_points=self.points,
                gap=MET_GAP_POINTS, seconds=PROTECTION_SECONDS,
            )
        )  # fmt: skip

    def cost(self, rule_ids: tuple[str, ...], words: str, within: tuple[Protection, ...] = ()) -> Protection:
        """One rule, or several together: without them all, what was found without one of them ``within`` is there too."""
        least, met = self._least(f"without {words}", rule_ids), self._most_met(f"most need met without {words}", rule_ids)
        best_least = min([least, *(one.tried[0] for one in within)], key=lambda tried: tried.value)
        best_met = min([met, *(one.tried[1] for one in within)], key=lambda tried: tried.value)
        before = self.most_met
        worth = Price(least=max(self.best.least - best_least.value, 0.0), most=max(self.best.most - least.bound, 0.0))
        more = Price(least=max(before.bound - best_met.value, 0.0), most=max(before.value - met.bound, 0.0))
        if not (worth.is_shown or more.is_shown):
            return Protection(
                rule_ids=rule_ids, words=words, worth=worth, met=more, moved_pounds=None, changes=(), is_nearest=False, tried=(least, met)
            )
        near = self._nearest(words, rule_ids, best_least if worth.is_shown else None, best_met)
        after = near.amounts or (best_least if worth.is_shown else best_met).amounts  # as good a plan, though it may be further off
        assert after is not None
        changes = changes_between(self.world, self.amounts, after)
        moved = sum(c.before - c.after for c in changes if c.what == "grant" and c.after < c.before)
        return Protection(
            rule_ids=rule_ids, words=words, worth=worth, met=more, moved_pounds=moved, changes=changes,
            is_nearest=near.status == "optimal" and near.amounts is not None, tried=(least, met, near),
        )  # fmt: skip

    def _nearest(self, words: str, rule_ids: tuple[str, ...], least: Tried | None, met: Tried) -> Tried:
        """The nearest plan without rules that has as little shortfall as was found; else, as much need met with no more shortfall than the plan."""
        need_met = 100 - (met.value - met.price_points)
        most, conditions = (
            (self.points, (need_wish(self.world, need_met - MET_GAP_POINTS),)) if least is None else (least.value + GAP_POINTS, ())
        )
        return self._ask(
            Trial(
                words=f"the nearest plan without {words}", aim=Aim.DISTANCE, without=_everywhere(rule_ids), near=self.amounts, conditions=conditions,
                shortfall_weight=thousands_a_point(self.world), most_shortfall_points=most, gap=NEAR_GAP, seconds=PROTECTION_SECONDS,
            )
        )  # fmt: skip


def _everywhere(rule_ids: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    return tuple((rule_id, None) for rule_id in rule_ids)
