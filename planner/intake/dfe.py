"""Builds a partnership from the DfE's downloads: ``planner build``.

The schools are real, as is what the downloads record of them. Money, people, host consent
and last year are in no public file, so they are assumed from the policy pack and marked so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputMustBeMended
from planner.intake.dfe_files import Links, RegisterRow, read_census, read_idaci, read_links, read_register, read_sen
from planner.intake.dfe_resources import Resources, assume_resources, open_bases
from planner.intake.dfe_schools import Downloads, JoinRate, Record, choose_listed, choose_near, join
from planner.partnership import Partnership
from planner.policy import Policy
from planner.words import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """Which downloads to use and which schools to take: listed ``urns``, or ``count`` nearest ``near_urn``."""

    gias: Path
    sen: Path | None = None
    census: tuple[Path, ...] = ()
    idaci: Path | None = None
    links: Path | None = None
    urns: tuple[int, ...] | None = None
    near_urn: int | None = None
    count: int | None = None
    academic_year: str = "2026-27"
    name: str = ""
    blank_resources: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """The partnership, what is worth knowing about it in plain sentences, and how well the files joined."""

    partnership: Partnership
    notes: tuple[str, ...]
    joins: tuple[JoinRate, ...]


def build_partnership(request: BuildRequest, policy: Policy) -> BuildResult:
    """Build a partnership from the DfE's downloads and the policy pack's assumptions.

    The same files and request always give the same partnership. Raises ``InputMustBeMended``
    with one sentence when a file is not the download expected or the schools cannot be chosen.
    """
    if (request.urns is None) == (request.near_urn is None):
        raise InputMustBeMended("Say which schools to take: either list their URNs, or name one school and how many nearest to it.")
    academic_year = _academic_year(request.academic_year)
    record = Record()
    register = read_register(request.gias)
    if request.near_urn is not None:
        rows = choose_near(register, request.near_urn, request.count, record)
        name = f"Schools near {rows[0].name}"
    else:
        rows = choose_listed(register, request.urns or (), record)
        first, *more = _councils(rows) or [""]
        name = f"Schools of {first}" + (f" and {more[0] if len(more) == 1 else 'other councils'}" if more else "")
    downloads = Downloads(
        sen=read_sen(request.sen, policy.need_codes()) if request.sen else None,
        # Newest first; of two of the same date, the one named later.
        census=tuple(sorted([read_census(path) for path in request.census[::-1]], key=lambda one: one.period[:4], reverse=True)),
        idaci=read_idaci(request.idaci) if request.idaci else None,
        links=read_links(request.links) if request.links else Links(before={}, after={}),
    )
    joined = join(rows, register, downloads, policy, record)
    councils = _councils(rows)
    if len(councils) > 1:
        listed_councils = ", ".join(f"{name} ({n})" for name, n in councils.items())
        record.notes.append(
            f"Schools of {len(councils)} councils: {listed_councils}. If all of them are members, leave it; else list the members by their URNs."
        )
    bases = open_bases(rows, joined.schools, register, policy, record)
    resources = (
        Resources()
        if request.blank_resources
        else assume_resources(joined.schools, bases, policy, record, council=next(iter(councils), ""))
    )
    partnership = Partnership(
        name=request.name.strip() or name,
        academic_year=academic_year,
        council=listed(list(councils)),
        schools=tuple(replace(school, note=" ".join(record.by_school.get(school.urn, ()))) for school in joined.schools),
        recorded_needs=joined.recorded_needs,
        funds=resources.funds,
        services=resources.services,
        people=resources.people,
        bases=(*bases, *resources.bases),
        host_conditions=resources.host_conditions,
        last_year=resources.last_year,
        sources=tuple(record.sources),
    )
    return BuildResult(partnership=partnership, notes=tuple(record.notes), joins=joined.joins)


def _academic_year(text: str) -> str:
    match = re.fullmatch(r"(20[0-9]{2})[/-]([0-9]{2})", text.strip())
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise InputMustBeMended(f"'{text}' is not an academic year: write it as 2026-27.")
    return f"{match[1]}/{match[2]}"


def _councils(rows: Sequence[RegisterRow]) -> dict[str, int]:
    """Return the councils of the schools with how many each has, that of most schools first."""
    counted = Counter(row.council for row in rows if row.council)
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
