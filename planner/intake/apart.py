"""Reads uploaded files in a child process, so that a hostile file can harm nothing.

Nothing of the file is opened here beyond its zip directory. The jobs at the end run in the child
(see ``planner.child``) and load what they need there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import DEFUSEDXML

from planner.child import Json, Limits, run_child, shown_name
from planner.documents import from_plain, to_plain
from planner.errors import InputMustBeMended
from planner.intake.dfe_kinds import DfeKind, DfeUpload
from planner.intake.findings import Finding, Level
from planner.intake.parsing import parse_partnership
from planner.intake.placing import PlacedFinding, SheetLayout, by_file_rows, layouts, placed
from planner.intake.policy_checks import check_against_policy
from planner.intake.reading import refuse_other_files, tables_of
from planner.intake.zip_guard import judge_zip
from planner.partnership import Partnership
from planner.policy import Policy, load_policy, policy_from_text, read_pack

UPLOAD = "upload"
"""What the uploaded file is called in the child's folder."""
READ_LIMITS = Limits(memory_megabytes=1_000, seconds=20)
BUILD_LIMITS = Limits(memory_megabytes=4_000, seconds=120)
SETTINGS_LIMITS = Limits(memory_megabytes=1_000, seconds=10)
DFE_LIMITS = Limits(memory_megabytes=4_000, seconds=120, written_megabytes=400)
MOST_FINDINGS = 1_000
MOST_DFE_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an upload holds: the partnership as a document, None while a finding must be mended; the findings; and where its rows stand."""

    partnership_document: Json | None
    findings: tuple[PlacedFinding, ...]
    layout: tuple[SheetLayout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DfeDownload:
    """One of the DfE's files as the store keeps it: a gzipped CSV."""

    kind: DfeKind
    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOrder:
    """Which downloads to build from and which schools to take: listed ``urns``, or ``count`` nearest ``near_urn``."""

    downloads: tuple[DfeDownload, ...]
    urns: tuple[int, ...] | None = None
    near_urn: int | None = None
    count: int | None = None
    academic_year: str = "2026/27"
    name: str = ""
    blank_resources: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A partnership built from the DfE's files, with what is worth knowing and how well they joined, in sentences."""

    partnership_document: Json
    notes: tuple[str, ...]
    joins: tuple[str, ...]


def read_apart(content: bytes, file_name: str, policy_document: Mapping[str, Any]) -> Reading:
    """Read a partnership workbook (.xlsx) or a ZIP of CSVs of the same sheets.

    ``policy_document`` is the JSON of ``Policy.document``. Raises ``InputMustBeMended`` with one sentence,
    whatever the file holds.
    """
    name = shown_name(file_name) or "The file"
    refuse_other_files(name, content)
    judge_zip(name, content)
    order = {"name": name, "policy": policy_document}
    told, _ = run_child(f"{__name__}:read_job", order, {UPLOAD: content}, READ_LIMITS, name=name)
    return Reading(
        partnership_document=None if told["partnership"] is None else _a_partnership(told["partnership"]),
        findings=tuple(from_plain(PlacedFinding, finding) for finding in told["findings"]),
        layout=tuple(from_plain(SheetLayout, one) for one in told["layout"]),
    )


def build_apart(order: BuildOrder, policy_document: Mapping[str, Any]) -> Built:
    """Build a partnership from the DfE's files as ``planner.intake.dfe.build_partnership`` does.

    Raises ``InputMustBeMended`` with one sentence when that cannot be done.
    """
    files: dict[str, bytes] = {}
    paths: dict[str, list[str]] = {}
    for number, download in enumerate(order.downloads, start=1):
        # Sentences name the file, and its name may carry its date.
        path = shown_name(download.file_name).lstrip(".") or f"{download.kind}.csv"
        path = path if path not in files else f"{number} {path}"
        files[path] = download.content
        paths.setdefault(download.kind.value, []).append(path)
    wishes = {name: getattr(order, name) for name in ("urns", "near_urn", "count", "academic_year", "name", "blank_resources")}
    told, _ = run_child(
        f"{__name__}:build_job", {"paths": paths, "wishes": wishes, "policy": policy_document}, files, BUILD_LIMITS, name="The DfE data"
    )
    return Built(partnership_document=_a_partnership(told["partnership"]), notes=tuple(told["notes"]), joins=tuple(told["joins"]))


def settings_apart(content: bytes, file_name: str) -> Policy:
    """The policy with a board's TOML file laid over the shipped pack, as ``load_policy`` reads it.

    Raises ``InputMustBeMended`` with one sentence, whatever the file holds.
    """
    name = shown_name(file_name).lstrip(".") or "settings.toml"
    told, _ = run_child(f"{__name__}:settings_job", {"name": name}, {name: content}, SETTINGS_LIMITS, name=name)
    return policy_from_text(told["policy"])


def pack_apart(content: bytes, file_name: str) -> Policy:
    """A whole policy pack from a TOML file that nobody vouches for. Raises ``InputMustBeMended`` with one sentence."""
    name = shown_name(file_name).lstrip(".") or "pack.toml"
    told, _ = run_child(f"{__name__}:pack_job", {"name": name}, {name: content}, SETTINGS_LIMITS, name=name)
    return policy_from_text(told["policy"])


def take_dfe_apart(content: bytes, file_name: str) -> DfeUpload:
    """Take one of the DfE's files as downloaded: a CSV, gzipped or not, or a ZIP that holds one.

    Raises ``InputMustBeMended`` with one sentence when it is none of those the planner reads.
    """
    name = shown_name(file_name) or "The file"
    if len(content) > MOST_DFE_BYTES:
        raise InputMustBeMended(f"{name} is larger than 100 MB: zip it, or download the file for schools only.")
    told, packed = run_child(f"{__name__}:take_dfe_job", {"name": name}, {UPLOAD: content}, DFE_LIMITS, name=name)
    split = told.pop("content_bytes")
    return DfeUpload(**{**told, "kind": DfeKind(told["kind"])}, content=packed[:split], register=packed[split:] or None)


def _a_partnership(document: Json) -> Json:
    from_plain(Partnership, document)  # what is kept can be read again
    return document


# --- the jobs, in the child ----------------------------------------------------------------


def read_content(name: str, content: bytes, policy: Policy) -> Reading:
    """Read an upload in this process; ``read_apart`` does so in a child."""
    assert DEFUSEDXML, "without defusedxml a workbook may hold an XML bomb"
    tables = tables_of(name, content)
    partnership, findings = parse_partnership(tables, need_codes=policy.need_codes(), role_ids=policy.role_ids())
    if partnership is not None:
        findings = (*findings, *by_file_rows(check_against_policy(partnership, policy), tables))
    must_mend = any(finding.level is Level.MUST_MEND for finding in findings)
    return Reading(
        partnership_document=None if partnership is None or must_mend else to_plain(partnership),
        findings=placed(_not_too_many(findings), tables),
        layout=layouts(tables) if partnership is not None and not must_mend else (),
    )


def _not_too_many(findings: Sequence[Finding]) -> Sequence[Finding]:
    if len(findings) <= MOST_FINDINGS:
        return findings
    rest = Finding(
        level=Level.LOOK_AT,
        sheet=findings[MOST_FINDINGS].sheet,
        row=None,
        column="",
        what=f"there are {len(findings) - MOST_FINDINGS:,} more findings.",
        mend="Mend those listed, then give the file again.",
    )
    # Those that must be mended come first where not all are shown.
    return [*sorted(findings, key=lambda finding: finding.level is not Level.MUST_MEND)[:MOST_FINDINGS], rest]


def read_job(order: Json) -> tuple[Json, bytes]:
    """Read an upload."""
    reading = read_content(order["name"], Path(UPLOAD).read_bytes(), _policy(order))
    findings, layout = ([to_plain(one) for one in rows] for rows in (reading.findings, reading.layout))
    return {"partnership": reading.partnership_document, "findings": findings, "layout": layout}, b""


def build_job(order: Json) -> tuple[Json, bytes]:
    """Build a partnership from the DfE's files."""
    from planner.intake.dfe import BuildRequest, build_partnership  # noqa: PLC0415

    one = {kind: Path(paths[0]) for kind, paths in order["paths"].items()}
    if DfeKind.GIAS not in one:
        raise InputMustBeMended("There is no register of schools to build from: add the download of Get Information about Schools.")
    wishes = order["wishes"]
    result = build_partnership(
        BuildRequest(
            gias=one[DfeKind.GIAS],
            sen=one.get(DfeKind.SEN),
            census=tuple(map(Path, order["paths"].get(DfeKind.CENSUS, ()))),
            idaci=one.get(DfeKind.IDACI),
            links=one.get(DfeKind.LINKS),
            **{**wishes, "urns": None if wishes["urns"] is None else tuple(wishes["urns"])},
        ),
        _policy(order),
    )
    joins = [join.sentence() for join in result.joins]
    return {"partnership": to_plain(result.partnership), "notes": list(result.notes), "joins": joins}, b""


def settings_job(order: Json) -> tuple[Json, bytes]:
    """Read a board's settings."""
    return {"policy": load_policy(Path(order["name"])).document}, b""


def pack_job(order: Json) -> tuple[Json, bytes]:
    """Read a policy pack."""
    return {"policy": read_pack(Path(order["name"])).document}, b""


def take_dfe_job(order: Json) -> tuple[Json, bytes]:
    """Recognise, check and pack one of the DfE's files."""
    from planner.intake.dfe_uploads import take_dfe  # noqa: PLC0415

    upload = take_dfe(order["name"], Path(UPLOAD).read_bytes())
    told = {name: getattr(upload, name) for name in ("kind", "file_name", "size_bytes", "sha256")}
    return told | {"content_bytes": len(upload.content)}, upload.content + (upload.register or b"")


def _policy(order: Json) -> Policy:
    return policy_from_text(json.dumps(order["policy"]))
