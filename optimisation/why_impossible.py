"""Finds which rules clash when no plan keeps them all, and ways to make room."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from optimisation.clash import smallest_clash
from optimisation.highs import compile_model
from optimisation.impossible import Impossible
from optimisation.mends import find_mends
from optimisation.model import build_model
from optimisation.places import Placed, Words, may_clash, may_move, placed_rows
from planner.need import World
from planner.rules import RULES

SHARE_FOR_CLASH = 0.4
"""Of the time given, what finding the clash may take; the rest is for ways to make room."""
MOST_SENTENCES = 3
"""More places than this of one rule are named in one sentence."""


def explain_impossible(world: World, *, seconds: float) -> Impossible | None:
    """What clashes and how to make room; None when the rules can all hold. ``seconds`` is for all of it."""
    start = time.perf_counter()
    problem = compile_model(build_model(world, only=may_clash(world), is_roomy=True, is_tight=False))
    lasting = frozenset(placed for placed in placed_rows(problem) if not may_move(world, placed))
    clash = smallest_clash(problem, seconds=SHARE_FOR_CLASH * seconds, lasting=lasting)
    if clash is None:
        return None
    mends, is_every_way, proofs = find_mends(world, problem, seconds=seconds - (time.perf_counter() - start))
    return Impossible(
        clash=clash.rules,
        clash_words=clash_sentences(world, clash.rules),
        is_smallest=clash.is_smallest,
        mends=mends,
        is_every_way=is_every_way,
        ran_out=not mends and not is_every_way,
        proofs=(*clash.proofs, *proofs),
    )


def clash_sentences(world: World, clash: Iterable[Placed]) -> tuple[str, ...]:
    """Each rule that clashes with its limit; many places of one rule in one sentence."""
    words, count, said = Words(world), Counter(placed.rule_id for placed in clash), []
    for rule_id, places in count.items():
        here = [placed for placed in clash if placed.rule_id == rule_id]
        if places <= MOST_SENTENCES:
            said += [words.held(placed) for placed in here]
        else:
            said.append(f"{RULES[rule_id].sentence[:-1]}, at {_listed([words.said_at(placed) for placed in here])}.")
    return tuple(said)


def _listed(places: list[str]) -> str:
    """Places after one another; what they all end with in brackets is said once."""
    ends = {place[place.rfind(" (") :] for place in places if place.endswith(")")}
    end = next(iter(ends), "")
    if len(ends) == 1 and all(place.endswith(end) for place in places):
        return f"{', '.join(place.removesuffix(end) for place in places)}{end}"
    return ", ".join(places)
