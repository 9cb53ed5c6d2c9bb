"""Where pages find plans. Until there is a store: documents in a folder, each audited before it is shown."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from planner.documents import Json, check_document, plan_from_document, read_document
from planner.errors import PlannerError
from planner.export.plan_facts import Facts

ID_LETTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan that passed its audit, with the figures that its pages share."""

    partnership_id: str
    plan_id: str
    fingerprint: str
    inputs_sha256: str
    policy_sha256: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPlan:
    """A document that is not shown, and why."""

    file: str
    why: str


class Shelf(Protocol):
    """What pages ask for plans."""

    def plans(self) -> tuple[KeptPlan, ...]:
        """Every plan that may be shown, newest first."""

    def refused(self) -> tuple[RefusedPlan, ...]:
        """What lies there and may not be shown."""

    def find(self, partnership_id: str, plan_id: str) -> KeptPlan | None:
        """One plan of one partnership."""


def partnership_id_of(name: str) -> str:
    """A partnership's name as it stands in an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "partnership"


def kept_plan(document: Json) -> KeptPlan:
    """A document's plan, audited; raises ``AuditRefused`` when a figure or rule does not hold."""
    check_document(document)
    plan, world = plan_from_document(document)
    return KeptPlan(
        partnership_id=partnership_id_of(world.partnership.name),
        plan_id=document["fingerprint"][:ID_LETTERS],
        fingerprint=document["fingerprint"],
        inputs_sha256=document["inputs_sha256"],
        policy_sha256=document["policy_sha256"],
        facts=Facts(plan, world),
    )


@dataclass
class PlanFolder:
    """Plan documents in a folder; a file is read and audited again when it has changed."""

    folder: Path
    _read: dict[Path, tuple[tuple[int, int], KeptPlan | RefusedPlan]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plans(self) -> tuple[KeptPlan, ...]:
        """Every plan that passed its audit, newest first; the same plan under two names once."""
        found = {found.plan_id: found for found in self._all() if isinstance(found, KeptPlan)}
        return tuple(found.values())

    def refused(self) -> tuple[RefusedPlan, ...]:
        """The files that are no plan, or were altered."""
        return tuple(found for found in self._all() if isinstance(found, RefusedPlan))

    def find(self, partnership_id: str, plan_id: str) -> KeptPlan | None:
        """One plan of one partnership."""
        return next((p for p in self.plans() if (p.partnership_id, p.plan_id) == (partnership_id, plan_id)), None)

    def _all(self) -> list[KeptPlan | RefusedPlan]:
        stamped = []
        for path in self.folder.glob("*.json"):
            try:
                stat = path.stat()
            except OSError:
                continue  # gone since the folder was listed
            stamped.append((stat.st_mtime_ns, stat.st_size, path))
        with self._lock:
            return [self._one(path, (changed, size)) for changed, size, path in sorted(stamped, reverse=True)]

    def _one(self, path: Path, stamp: tuple[int, int]) -> KeptPlan | RefusedPlan:
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = self._read[path] = (stamp, _opened(path))
        return known[1]


def _opened(path: Path) -> KeptPlan | RefusedPlan:
    try:
        return kept_plan(read_document(path))
    except PlannerError as error:
        return RefusedPlan(file=path.name, why=str(error).replace(str(path), path.name))
