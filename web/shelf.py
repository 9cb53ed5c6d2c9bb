"""Plans and figures as pages use them: read from the store once, audited, then kept at hand.

Versions and plans never change, so what was read stays right for as long as the process lives.
"""

from __future__ import annotations

import functools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from planner.documents import check_document
from planner.export.plan_facts import Facts
from planner.need import World, world_of
from planner.policy import Policy, load_policy, policy_from_text
from planner.store import Store
from planner.store.partnerships import Version
from planner.store.plans import SchoolsPlan, StoredPlan

MOST_KEPT = 24
"""Of plans and of figures each; at 30 schools one takes a few megabytes."""

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan that passed its audit, with the figures that its pages share."""

    partnership_id: int
    plan_id: int
    run_id: int
    made_at: int
    fingerprint: str
    inputs_sha256: str
    policy_sha256: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One version of what a partnership brought, in the world of the policy it is planned by."""

    version: Version
    policy_version: int
    world: World


class Shelf:
    """What pages ask for plans and figures. Threads share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._plans: OrderedDict[tuple[int, ...], KeptPlan] = OrderedDict()
        self._figures: OrderedDict[tuple[int, ...], Figures] = OrderedDict()
        self._partnerships: set[int] = set()
        self._lock = threading.Lock()
        self._reading: dict[tuple[int, ...], threading.Lock] = {}

    def plan(self, partnership_id: int, plan_id: int) -> KeptPlan | None:
        """One plan of one partnership, audited; raises ``AuditRefused`` where the database's copy was altered."""

        def read() -> KeptPlan | None:
            with self._store.read() as tx:
                stored = tx.plans.plan(partnership_id=partnership_id, plan_id=plan_id)
            return None if stored is None else kept_plan(stored)

        return self._kept(self._plans, (partnership_id, plan_id), read)

    def has_partnership(self, partnership_id: int) -> bool:
        """Whether there is such a partnership; once made, one stays."""
        if partnership_id not in self._partnerships:
            with self._store.read() as tx:
                if tx.partnerships.partnership(partnership_id=partnership_id) is None:
                    return False
            self._partnerships.add(partnership_id)
        return True

    def schools_plan(self, partnership_id: int) -> SchoolsPlan | None:
        """Which plan schools read: the board's choice, or the newest."""
        with self._store.read() as tx:
            return tx.plans.for_schools(partnership_id=partnership_id)

    def figures(self, partnership_id: int, version: int | None = None) -> Figures | None:
        """One version of the figures (None: the newest) with the newest policy; None where there is none."""
        with self._store.read() as tx:
            row = tx.partnerships.partnership(partnership_id=partnership_id)
        wanted = row and (row.latest_version if version is None else version)
        if row is None or not wanted:
            return None

        def read() -> Figures | None:
            with self._store.read() as tx:
                kept = tx.partnerships.version(partnership_id=partnership_id, version=wanted)
                policy = tx.policies.version(partnership_id=partnership_id, version=row.latest_policy)
            if kept is None:
                return None
            return Figures(
                version=kept, policy_version=row.latest_policy, world=world_of(kept.partnership(), policy_of(policy)),
            )  # fmt: skip

        key = (partnership_id, wanted, row.latest_policy)
        found = self._kept(self._figures, key, read)
        with self._lock:  # nobody asks for them by an older policy again
            for older in [one for one in self._figures if one[:2] == key[:2] and one[2] < key[2]]:
                del self._figures[older]
        return found

    def _kept(self, shelf: OrderedDict[tuple[int, ...], Kept], key: tuple[int, ...], read: Callable[[], Kept | None]) -> Kept | None:
        """What is on a shelf, read once where it is not; while one thing is read, everybody else's pages go on."""
        kept = self._on(shelf, key)
        if kept is not None:
            return kept
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            kept = self._on(shelf, key)
            if kept is not None:
                return kept
            found = None
            try:
                found = read()
                return found
            finally:
                with self._lock:
                    self._reading.pop(key, None)
                    if found is not None:
                        shelf[key] = found
                    if len(shelf) > MOST_KEPT:
                        shelf.popitem(last=False)

    def _on(self, shelf: OrderedDict[tuple[int, ...], Kept], key: tuple[int, ...]) -> Kept | None:
        with self._lock:
            if key in shelf:
                shelf.move_to_end(key)
            return shelf.get(key)


def kept_plan(stored: StoredPlan) -> KeptPlan:
    """A stored plan, audited; raises ``AuditRefused`` when a figure or rule does not hold."""
    plan, world = check_document(stored.document)
    return KeptPlan(
        partnership_id=stored.partnership_id,
        plan_id=stored.id,
        run_id=stored.run_id,
        made_at=stored.made_at,
        fingerprint=stored.fingerprint,
        inputs_sha256=stored.document["inputs_sha256"],
        policy_sha256=stored.document["policy_sha256"],
        facts=Facts(plan, world),
    )


def policy_of(version: Version | None) -> Policy:
    """The policy of a version; the shipped pack where a partnership has none of its own."""
    return _shipped() if version is None else _policy(json.dumps(version.document))


_shipped = functools.cache(load_policy)
_policy = functools.lru_cache(maxsize=MOST_KEPT)(policy_from_text)
