"""The ways to share that can be compared: what is offered, and each as amounts in their world."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from planner.compare import BASELINES, Comparison, Side, baseline_side, compare
from planner.documents import amounts_from_data
from planner.export.summary import ENDINGS
from planner.store import AnswerKind, Store
from web.shelf import KeptPlan, Shelf
from web.words import moment

MOST_KEPT = 16
"""Comparisons kept in memory: each holds up to four worlds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way that may be chosen: what the address calls it, its name, what is said of it, and why it cannot be, '' where it can."""

    way: str
    name: str
    hint: str
    missing: str = ""


class Sides:
    """Finds the ways to share of a partnership. What it reads of a plan never changes."""

    def __init__(self, store: Store, shelf: Shelf) -> None:
        self._store, self._shelf = store, shelf
        self._compared = functools.lru_cache(maxsize=MOST_KEPT)(self._compare)

    def standard(self, partnership_id: int) -> tuple[str, ...]:
        """What is compared before anybody chooses: the plan that schools read, and the other ways it holds."""
        kept = self._schools_plan(partnership_id)
        if kept is None:
            return ()
        held = {baseline.name for baseline in kept.facts.plan.baselines}
        return (*(name for name in BASELINES if name in held), str(kept.plan_id))

    def offers(self, partnership_id: int, chosen: tuple[str, ...]) -> tuple[Offer, ...]:
        """Everything that may be chosen: other ways to share, plans with the newest first, dots that are chosen already."""
        holder = self.holder(partnership_id, chosen)
        if holder is None:
            return ()
        held = {baseline.name for baseline in holder.facts.plan.baselines}
        ways = [
            Offer(way=name, name=text, hint=f"As plan {holder.plan_id} holds it", missing="" if name in held else _not_held(name, holder))
            for name, text in BASELINES.items()
        ]
        with self._store.read() as tx:
            rows, read = tx.plans.plans(partnership_id=partnership_id), tx.plans.for_schools(partnership_id=partnership_id)
        plans = [
            Offer(
                way=str(row.id), name=f"Plan {row.id}",
                hint=f"Made {moment(row.made_at)}{'; schools read it' if read is not None and read.plan_id == row.id else ''}",
            )
            for row in rows
        ]  # fmt: skip
        dots = [Offer(way=way, name=_dot_name(way), hint="From the page of trade-offs of its plan") for way in chosen if "." in way]
        return (*ways, *plans, *dots)

    def sides(self, partnership_id: int, ways: tuple[str, ...]) -> list[Side] | None:
        """Each way as a side, in their order; None where one of them is not there."""
        found = [self._side(partnership_id, way, self.holder(partnership_id, ways)) for way in ways]
        there = [side for side in found if side is not None]
        return there if len(there) == len(found) else None

    def compared(self, partnership_id: int, ways: tuple[str, ...]) -> Comparison | None:
        """Two to four ways side by side; None where one of them is not there. Plans never change, so neither does what they come to."""
        holder = self.holder(partnership_id, ways)
        try:
            return None if holder is None else self._compared(partnership_id, ways, holder.plan_id)
        except LookupError:
            return None

    def _compare(self, partnership_id: int, ways: tuple[str, ...], _holder: int) -> Comparison:
        found = self.sides(partnership_id, ways)
        if found is None:
            raise LookupError(ways)  # which is not kept
        return compare(found)

    def holder(self, partnership_id: int, ways: tuple[str, ...]) -> KeptPlan | None:
        """The plan whose other ways to share are meant: the first one chosen, else the one that schools read."""
        number = next((way.partition(".")[0] for way in ways if way not in BASELINES), "")
        chosen = self._shelf.plan(partnership_id, int(number)) if number else None
        return chosen or self._schools_plan(partnership_id)

    def _schools_plan(self, partnership_id: int) -> KeptPlan | None:
        read = self._shelf.schools_plan(partnership_id)
        return None if read is None else self._shelf.plan(partnership_id, read.plan_id)

    def _side(self, partnership_id: int, way: str, holder: KeptPlan | None) -> Side | None:
        if way in BASELINES:
            held = [] if holder is None else [b for b in holder.facts.plan.baselines if b.name == way]
            return baseline_side(held[0], holder.facts.world, fingerprint=holder.fingerprint) if held and holder is not None else None
        number, _, dot = way.partition(".")
        kept = self._shelf.plan(partnership_id, int(number))
        if kept is None:
            return None
        facts = kept.facts
        if not dot:
            return Side(
                name=f"Plan {number}", world=facts.world, amounts=facts.amounts, ending=ENDINGS[facts.plan.ending], fingerprint=kept.fingerprint,
            )  # fmt: skip
        with self._store.read() as tx:
            answer = tx.answers.answer(partnership_id=partnership_id, plan_id=kept.plan_id, kind=AnswerKind.FRONTIER)
        points = [] if answer is None or answer.document is None else answer.document["points"]
        amounts = points[int(dot) - 1].get("amounts") if int(dot) <= len(points) else None
        if amounts is None:
            return None
        return Side(
            name=_dot_name(way), world=facts.world, amounts=amounts_from_data(amounts, facts.partnership.financial_years),
            method="dot", fingerprint=kept.fingerprint,
        )  # fmt: skip


def _dot_name(way: str) -> str:
    number, _, dot = way.partition(".")
    return f"Dot {dot} of plan {number}"


def _not_held(name: str, holder: KeptPlan) -> str:
    if name == "last_year" and not holder.facts.partnership.last_year:
        return f"Not known: the figures of plan {holder.plan_id} hold no last year. Bring them with the sheet Last year, and plan again."
    return f"Plan {holder.plan_id} was made without it. Plan again to have it."
