"""Why a school gets what it gets, why not something else, and what it would take.

Every sentence is an answer of trials of the same world: a rule let go, something asked for, money
or time added. A search ends within a gap, so what is said of the best is an interval
(``Price``), and what lies inside both gaps is said to make no difference that can be shown.
"""

from __future__ import annotations

from collections.abc import Callable

from optimisation.sandbox import Sandbox
from optimisation.why.asking import Asking, cell_of, condition_of, percent_met
from optimisation.why.effects import effects_of, shares_of
from optimisation.why.records import Way, Why, WhyNot, Wish
from optimisation.why.ways import ways_of
from optimisation.why.why_not import why_not_of
from planner.errors import InputMustBeMended
from planner.need import WHOLE, World
from planner.plan import Amounts, Plan


def explain(sandbox: Sandbox, plan: Plan, urn: int, wish: Wish | None = None, *, tell: Callable[[str], None] = lambda _: None) -> Why:
    """Why a school has what it has in a plan of the sandbox's world, and what a wish (or its furthest standard) would take.

    Raises ``InputMustBeMended`` for a school, item or standard that is not there.
    """
    world = sandbox.world
    if urn not in {s.urn for s in world.partnership.schools}:
        raise InputMustBeMended(f"No member school has the URN {urn}.")
    wish = wish or furthest_standard(world, plan.amounts, urn)
    condition = None if wish is None else condition_of(world, wish)
    asking = Asking(sandbox, plan, urn, tell)
    effects, quiet, quiet_tried = effects_of(asking)
    why_not: WhyNot | None = None
    ways: tuple[Way, ...] = ()
    ways_sentences: tuple[str, ...] = ()
    if wish is not None and condition is not None:
        asking.wants_zone = bool(wish.standard_id) and cell_of(world, wish).recipient == asking.zone
        why_not = why_not_of(asking, wish, condition)
        ways, ways_sentences = ways_of(asking, wish, condition, why_not, effects)
    return Why(
        school=asking.name, urn=urn, plan_points=asking.plan_points, best=asking.best, shares=shares_of(world, plan.amounts, urn),
        effects=effects, quiet=quiet, quiet_tried=quiet_tried, why_not=why_not, ways=ways, ways_sentences=ways_sentences,
    )  # fmt: skip


def furthest_standard(world: World, amounts: Amounts, urn: int) -> Wish | None:
    """The school's standard within reach that is furthest from full by weight: to the board's line, or full once it is there."""
    line = int(world.policy.board.line_percent)
    reached = [(c, percent_met(amounts, c.cell_id)) for c in world.picture.cells if c.recipient == str(urn) and not c.out_of_reach]
    short = [(c, percent) for c, percent in reached if percent < 100]
    if not short:
        return None
    cell, percent = max(short, key=lambda pair: pair[0].weight * (WHOLE - amounts.need_met.get(pair[0].cell_id, 0)))
    return Wish(urn=urn, standard_id=cell.standard_id, percent=line if percent < line else 100)
