"""Plans made in this process by the real model and worker, so that many small worlds are quick."""

from __future__ import annotations

import functools
import threading
from random import Random

from builders import random_world

from optimisation.highs import Solved, compile_model, load, run
from optimisation.impossible import Impossible
from optimisation.messages import Answer, Job
from optimisation.model import build_model
from optimisation.solve import _planned
from optimisation.worker import engine, make_plan
from planner.measures import shortfall
from planner.need import World
from planner.plan import Amounts, Plan
from planner.rules import RULES

GAP_POINTS = 0.01


class Pipe:
    """Stands in for the pipe to the parent: keeps what was told."""

    def __init__(self):
        self.said = []

    def send(self, message):
        """Keep a message."""
        self.said.append(message)


@functools.cache
def world_number(seed: int) -> World:
    """A random world, always the same."""
    return random_world(Random(seed))


def answer_for(world: World) -> Answer | Impossible:
    """What the worker answers, solved here."""
    answer = make_plan(Job(world=world, gap_points=GAP_POINTS, seconds=60), Pipe(), threading.Event())
    assert isinstance(answer, Answer | Impossible), answer
    return answer


@functools.cache
def answer_number(seed: int) -> Answer | Impossible:
    """The worker's answer for a random world."""
    return answer_for(world_number(seed))


def plan_of(world: World, answer: Answer) -> Plan:
    """The plan as the parent hands it out, audited."""
    return _planned(world, answer, engine(), 1.0)


def shortfall_points(world: World, amounts: Amounts) -> float:
    """The measure of the leading objective, exactly computed, in points."""
    levels = {c.cell_id: amounts.need_met.get(c.cell_id, 0) for c in world.picture.cells}
    return float(100 * shortfall(world.picture, world.policy, levels))


def least_shortfall(world: World, *, presolve: bool = True, without: frozenset[str] = frozenset(), seed: int = 0) -> Solved:
    """The leading objective alone, to the gap, perhaps without some rules."""
    problem = compile_model(build_model(world, only=set(RULES) - without))
    return run(load(problem, presolve=presolve, seed=seed), gap=GAP_POINTS, seconds=60)
