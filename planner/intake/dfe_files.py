"""Reads the DfE's downloads: the school register, SEN file, census, IDACI and links.

Releases differ in headings and layout; what each means is told here, and how columns are
found and cells read in ``dfe_tables``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pandas as pd

from planner.errors import InputMustBeMended
from planner.intake.dfe_tables import (
    Download,
    Unread,
    date_in_name,
    load_download,
    read_count,
    read_metres,
    read_share,
    read_urn,
    records,
    refuse_if_empty,
)

FIRST_LSOA_OF_2021 = "E01033769"
"""English areas numbered from here on exist only in the 2021 edition of LSOA codes (ONS)."""

_NEED_WORDS = (
    ("profound", "PMLD"), ("severelearning", "SLD"), ("moderatelearning", "MLD"), ("specificlearning", "SPLD"),
    ("social", "SEMH"), ("speech", "SLCN"), ("autis", "ASD"), ("multisensory", "MSI"), ("hearing", "HI"),
    ("visual", "VI"), ("vision", "VI"), ("physical", "PD"), ("down", "DS"), ("specialist", "NSA"), ("other", "OTH"),
)  # fmt: skip
_REGISTER_MUST = {"urn": "URN", "name": "EstablishmentName", "kind": "TypeOfEstablishment (name)", "phase": "PhaseOfEducation (name)"}
_LINKS_BOTH_WAYS = ("result of amalgamation", "merged -")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One establishment of the register. Counts are pupils or places, coordinates metres; None is unknown."""

    urn: int
    name: str
    council: str
    kind: str
    group: str
    status: str
    phase: str
    pupils: int | None
    lowest_age: int | None
    highest_age: int | None
    fsm_share: Fraction | None
    easting: int | None
    northing: int | None
    lsoa: str
    trust: str
    religious_character: str
    area_type: str
    provision: str
    needs: tuple[str, ...]
    rp_places: int | None
    rp_pupils: int | None
    unit_places: int | None
    unit_pupils: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The school register by URN; ``released`` is the file's date, ``edition`` that of its LSOA codes, 0 without any."""

    path: Path
    released: str
    census_date: str
    edition: int
    has_bases: bool
    rows: Mapping[int, RegisterRow]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SenRow:
    """What one school recorded: pupils, pupils on SEN support and with plans, SEN support by need."""

    total: int | None
    support: int | None
    plans: int | None
    needs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenFile:
    """The school-level SEN file by URN."""

    path: Path
    period: str
    rows: Mapping[int, SenRow]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusRow:
    """Pupils on roll, and the share eligible for free school meals in six years and now."""

    pupils: int | None
    fsm6_share: Fraction | None
    fsm_share: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusFile:
    """One census or pupil-characteristics file by URN."""

    path: Path
    period: str
    rows: Mapping[int, CensusRow]
    notes: tuple[str, ...]

    def pupils_of(self, urn: int) -> int | None:
        """Pupils on roll of a school, None when unknown or none."""
        return (self.rows[urn].pupils or None) if urn in self.rows else None

    def fsm6_share_of(self, urn: int) -> Fraction | None:
        """Share of a school's pupils eligible in six years, None when unknown."""
        return self.rows[urn].fsm6_share if urn in self.rows else None

    def fsm_share_of(self, urn: int) -> Fraction | None:
        """Share of a school's pupils eligible now, None when unknown."""
        return self.rows[urn].fsm_share if urn in self.rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdaciFile:
    """IDACI deciles (1 most deprived) by LSOA; ``edition`` is that of the LSOA codes, 2011 or 2021."""

    path: Path
    edition: int
    deciles: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Which URNs came before and after a URN."""

    before: Mapping[int, frozenset[int]]
    after: Mapping[int, frozenset[int]]

    def levels(self, urn: int) -> Iterator[list[int]]:
        """Yield predecessors generation by generation, then successors; a circle of links ends.

        Never a mix of both, which would lead to a school that merely shares a predecessor.
        """
        for links in (self.before, self.after):
            seen = {urn}
            level = [urn]
            while level:
                level = sorted({linked for one in level for linked in links.get(one, ())} - seen)
                seen.update(level)
                if level:
                    yield level


def need_code(label: str, need_codes: Collection[str]) -> str | None:
    """Return the need code a label stands for: ``ASD - Autistic Spectrum Disorder``, ``sup_spld``, or words alone."""
    first = re.split(r"[^A-Za-z]", label.strip(), maxsplit=1)[0].upper()
    if first in need_codes:
        return first
    plain = re.sub("[^a-z]", "", label.lower())
    return next((code for word, code in _NEED_WORDS if word in plain and code in need_codes), None)


def read_register(path: Path) -> Register:
    """Read a register of schools (DfE, Get Information about Schools), short, search or full extract.

    Raises ``InputMustBeMended`` with one sentence when the file is not such a download.
    """
    with_name = {
        "name": "EstablishmentName", "kind": "TypeOfEstablishment", "group": "EstablishmentTypeGroup", "council": "LA",
        "status": "EstablishmentStatus", "phase": "PhaseOfEducation", "trust": "Trusts", "federation": "Federations",
        "religion": "ReligiousCharacter", "area": "UrbanRural", "provision": "TypeOfResourcedProvision",
        **{f"sen{n}": f"SEN{n}" for n in range(1, 14)},
    }  # fmt: skip
    plain = {
        "urn": "URN", "low": "StatutoryLowAge", "high": "StatutoryHighAge", "pupils": "NumberOfPupils", "fsm": "PercentageFSM", "easting": "Easting", "northing": "Northing",
        "census": "CensusDate", "rp_places": "ResourcedProvisionCapacity", "rp_pupils": "ResourcedProvisionOnRoll",
        "unit_places": "SenUnitCapacity", "unit_pupils": "SenUnitOnRoll",
    }  # fmt: skip
    wanted: dict[str, tuple[str, ...]] = {ours: (f"{theirs.lower()}name", theirs.lower()) for ours, theirs in with_name.items()}
    wanted |= {ours: (theirs.lower(),) for ours, theirs in plain.items()} | {"lsoa": ("lsoacode", "lsoa11", "lsoa")}
    download = load_download(path, "the register of schools (Get Information about Schools)", wanted, _REGISTER_MUST)
    rows: dict[int, RegisterRow] = {}
    unread = Unread(path)
    for cells in records(download):
        urn = unread.urn(cells["urn"])
        if urn is None:
            continue
        if urn in rows:
            unread.doubled += 1
            continue
        rows[urn] = RegisterRow(
            urn=urn,
            name=" ".join(cells["name"].split()),
            council=cells["council"],
            kind=cells["kind"],
            group=cells["group"],
            status=cells["status"],
            phase=cells["phase"],
            pupils=read_count(cells["pupils"]),
            lowest_age=read_count(cells["low"]),
            highest_age=read_count(cells["high"]),
            fsm_share=read_share(cells["fsm"]),
            easting=read_metres(cells["easting"]),
            northing=read_metres(cells["northing"]),
            lsoa=cells["lsoa"],
            trust=cells["trust"] or cells["federation"],
            religious_character="" if cells["religion"].lower() in {"none", "does not apply"} else cells["religion"],
            area_type=re.sub(r"^\(.*?\)\s*", "", cells["area"]),
            provision=cells["provision"],
            needs=tuple(cells[f"sen{n}"] for n in range(1, 14) if cells[f"sen{n}"]),
            rp_places=read_count(cells["rp_places"]),
            rp_pupils=read_count(cells["rp_pupils"]),
            unit_places=read_count(cells["unit_places"]),
            unit_pupils=read_count(cells["unit_pupils"]),
        )
    refuse_if_empty(path, rows)
    census = [date for date in download.frame["census"] if date] if "census" in download.headings else []
    return Register(
        path=path,
        released=date_in_name(path),
        census_date=max(sorted(set(census)), key=census.count) if census else "",
        edition=_edition(row.lsoa for row in rows.values()),
        has_bases="rp_places" in download.headings or "unit_places" in download.headings,
        rows=rows,
        notes=unread.notes(),
    )


def read_sen(path: Path, need_codes: Collection[str]) -> SenFile:
    """Read a school-level SEN file (DfE, Special educational needs in England), short, wide or long.

    Raises ``InputMustBeMended`` with one sentence when the file is not such a download.
    """
    wanted = {
        "urn": ("urn", "schoolurn"), "period": ("timeperiod",), "level": ("geographiclevel",),
        "total": ("totalpupils", "headcountofpupils"), "support": ("sensupport",), "plans": ("ehcplans?",),
        "unit": ("specialistprovisionunittype",), "provision": ("senprovision",), "need": ("senprimaryneed",), "count": ("pupilcount",),
        **{f"need_{code}": (f"supprimaryneed{code.lower()}",) for code in sorted(need_codes)},
    }  # fmt: skip
    what = "the school-level file of 'Special educational needs in England'"
    download = load_download(path, what, wanted, {"urn": "URN"})
    is_long = {"provision", "need", "count"} <= download.headings.keys()
    if not is_long and "support" not in download.headings:
        raise InputMustBeMended(f"{path} is not {what}: it has neither a column 'SEN support' nor 'sen_provision' and 'pupil_count'.")
    frame = download.frame
    period = ""
    if "period" in download.headings:
        period = max(frame["period"], default="")
        frame = frame[frame["period"] == period]
    if "level" in download.headings:
        frame = frame[frame["level"].str.lower().isin(["school", ""])]
    unread = Unread(path)
    rows = _long_sen(frame, download, need_codes, unread) if is_long else _wide_sen(Download(frame, download.headings), need_codes, unread)
    refuse_if_empty(path, rows)
    spoken = f"{period[:4]}/{period[4:]}" if re.fullmatch("20[0-9]{4}", period) else period
    return SenFile(path=path, period=spoken or date_in_name(path), rows=rows, notes=unread.notes())


def read_census(path: Path) -> CensusFile:
    """Read a school census file (DfE performance tables) or the pupil-characteristics file (``spc``).

    Raises ``InputMustBeMended`` with one sentence when the file is neither.
    """
    eligible = "%ofpupilsknowntobeeligiblefor"
    wanted = {
        "urn": ("urn", "schoolurn"),
        "period": ("timeperiod",),
        "pupils": ("nor", "headcountofpupils"),
        "count": ("numfsmever",),
        "of": ("norfsmever",),
        "percent": ("pnumfsmever",),
        "now": ("fsmprop", f"{eligible}freeschoolmealsperf.*", f"{eligible}(andclaiming)?freescho.*"),
    }
    what = "a school census or pupil-characteristics file"
    download = load_download(path, what, wanted, {"urn": "URN"})
    if not {"percent", "count", "now"} & download.headings.keys():
        raise InputMustBeMended(f"{path} is not {what}: it has none of the columns NUMFSMEVER, PNUMFSMEVER and fsm_prop.")
    rows: dict[int, CensusRow] = {}
    unread = Unread(path, also_skips=("NAT", "LA"))
    for cells in records(download):
        urn = unread.urn(cells["urn"])
        if urn is None:
            continue
        pupils, count, of = read_count(cells["pupils"]), read_count(cells["count"]), read_count(cells["of"])
        fsm6 = read_share(cells["percent"])
        if "count" in download.headings and count is None:
            fsm6 = None  # nurseries show 0.00% beside a count that is not available
        if count is not None and of:
            fsm6 = min(Fraction(count, of), Fraction(1))
        elif count is not None and fsm6 is None and pupils:
            fsm6 = min(Fraction(count, pupils), Fraction(1))
        rows.setdefault(urn, CensusRow(pupils=pupils, fsm6_share=fsm6, fsm_share=read_share(cells["now"])))
    refuse_if_empty(path, rows)
    period = max(download.frame["period"], default="") if "period" in download.headings else ""
    return CensusFile(path=path, period=period or date_in_name(path), rows=rows, notes=unread.notes())


def read_idaci(path: Path) -> IdaciFile:
    """Read IDACI deciles by LSOA (MHCLG, English Indices of Deprivation 2019 or 2025).

    Raises ``InputMustBeMended`` with one sentence when the file has no such columns.
    """
    wanted = {"lsoa": ("lsoacode.*", "lsoa(11|21)(cd|code)", "lsoa"), "decile": (".*idacidecile.*",)}
    download = load_download(
        path, "the IDACI file of the English Indices of Deprivation", wanted, {"lsoa": "LSOA code", "decile": "IDACI Decile"}
    )
    deciles = {}
    for cells in records(download):
        decile = read_count(cells["decile"])
        if re.fullmatch("E01[0-9]{6}", cells["lsoa"]) and decile and decile <= 10:
            deciles[cells["lsoa"]] = decile
    refuse_if_empty(path, deciles)
    stated = re.search("20[12]1", download.headings["lsoa"])
    return IdaciFile(path=path, edition=int(stated[0]) if stated else _edition(deciles), deciles=deciles)


def read_links(path: Path) -> Links:
    """Read predecessor and successor links (DfE, Get Information about Schools).

    Sixth-form, expansion and other links join two schools that both live on, so they are passed
    over. Raises ``InputMustBeMended`` with one sentence when the file is not such a download.
    """
    wanted = {"urn": ("urn",), "link": ("linkurn",), "type": ("linktype(name)?",)}
    download = load_download(
        path, "the links file of the register of schools", wanted, {"urn": "URN", "link": "LinkURN", "type": "LinkType"}
    )
    before: dict[int, set[int]] = defaultdict(set)
    after: dict[int, set[int]] = defaultdict(set)
    for cells in records(download):
        one, other, kind = read_urn(cells["urn"]), read_urn(cells["link"]), cells["type"].lower()
        if one is None or other is None:
            continue
        is_both_ways = kind.startswith(_LINKS_BOTH_WAYS)
        if kind.startswith("predecessor") or is_both_ways:
            before[one].add(other)
            after[other].add(one)
        if kind.startswith("successor") or is_both_ways:
            after[one].add(other)
            before[other].add(one)
    return Links(before={u: frozenset(v) for u, v in before.items()}, after={u: frozenset(v) for u, v in after.items()})


def _edition(codes: Collection[str] | Iterator[str]) -> int:
    latest = max((code for code in codes if re.fullmatch("E01[0-9]{6}", code)), default="")
    if not latest:
        return 0
    return 2021 if latest >= FIRST_LSOA_OF_2021 else 2011


def _wide_sen(download: Download, need_codes: Collection[str], unread: Unread) -> dict[int, SenRow]:
    rows: dict[int, SenRow] = {}
    codes = [code for code in sorted(need_codes) if f"need_{code}" in download.headings]
    for cells in records(download):
        urn = unread.urn(cells["urn"])
        if urn is None:
            continue
        if urn in rows:
            unread.doubled += 1
            continue
        by_need = {code: read_count(cells[f"need_{code}"]) for code in codes}
        rows[urn] = SenRow(
            total=read_count(cells["total"]),
            support=read_count(cells["support"]),
            plans=read_count(cells["plans"]),
            needs={code: count for code, count in by_need.items() if count},
        )
    return rows


def _long_sen(frame: pd.DataFrame, download: Download, need_codes: Collection[str], unread: Unread) -> dict[int, SenRow]:
    """One row a school, unit type, provision and need: only 'All pupils' rows count each pupil once."""
    if "unit" in download.headings:
        frame = frame[frame["unit"].str.lower().isin(["all pupils", "total"])]
    frame = frame.drop_duplicates()
    urns = {text: unread.urn(text) for text in dict.fromkeys(frame["urn"])}
    provisions = {label: _provision(label) for label in frame["provision"].unique()}
    totals = {label: label.lower() in {"all pupils", "total", "all"} for label in frame["need"].unique()}
    needs = {label: None if totals[label] else need_code(label, need_codes) for label in totals}
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    by_need: dict[int, dict[str, int]] = defaultdict(dict)
    columns = (frame[name].tolist() for name in ("urn", "provision", "need", "count"))
    for text, provision_label, need_label, number in zip(*columns, strict=True):
        urn, provision, count = urns[text], provisions[provision_label], read_count(number)
        if urn is None or provision is None or count is None:
            continue
        need = needs[need_label]
        if totals[need_label]:
            counts[urn][provision] = counts[urn].get(provision, 0) + count
        elif need is not None and provision == "support" and count:
            by_need[urn][need] = by_need[urn].get(need, 0) + count
    rows = {}
    for urn, found in counts.items():
        parts = [found.get(name) for name in ("support", "plans", "none")]
        known = [part for part in parts if part is not None]
        total = found.get("all", sum(known) if len(known) == len(parts) else None)
        support = parts[0] if parts[0] is not None or not by_need[urn] else sum(by_need[urn].values())
        rows[urn] = SenRow(total=total, support=support, plans=parts[1], needs=by_need[urn])
    return rows


def _provision(label: str) -> str | None:
    plain = label.lower()
    if plain in {"all pupils", "total", "all"}:
        return "all"
    if re.match("no |without|not ", plain):
        return "none"
    if "support" in plain:
        return "support"
    return "plans" if re.search("health and care|ehc", plain) else None
