"""The policy: a board's settings over a dated national pack, every figure with its source.

A pack is TOML; any table with a ``value`` is a figure and keeps unit, source, date and
confidence. A board's own file holds only what it changes and is laid over the pack.
Fractions are exact (``Fraction``), never floating point.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

from planner.errors import InputMustBeMended
from planner.partnership import Phase

DEFAULT_PACK = "england-2026-27"
DRIVERS = ("fsm6", "idaci", "low_prior_attainment", "mobility")
TIERS = ("targeted", "targeted_plus", "specialist")
CONFIDENCES = ("sourced", "derived", "unconfirmed", "set by the board")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One dated figure of a pack, for the assumptions sheet."""

    path: str
    value: str
    unit: str
    source: str
    date: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSettings:
    """What the board decides each year. Percent changes are on last year's amount."""

    line_percent: Fraction
    contingency_percent: Fraction
    moderated_pot_percent: Fraction
    money_floor_percent: Fraction
    money_cap_percent: Fraction
    sessions_floor_percent: Fraction
    negligible_pupils: Fraction
    september_to_march_months: int
    schools_in_a_zone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedType:
    """How common a need is: percent of pupils with any SEN whose primary need it is, by phase."""

    code: str
    name: str
    follows_drivers: bool
    primary_percent_of_sen: Fraction
    secondary_percent_of_sen: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A specialist role. ``serves`` is school or zone: who its half-days are planned for.

    ``value_pounds_per_session`` prices time in kind, so that a school sees what it is worth.
    """

    role_id: str
    name: str
    short: str
    serves: str
    minimum_block_sessions: int
    value_pounds_per_session: int
    vacancy_held_back_percent: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A quality standard: for whom, what dose of which ingredients, on what evidence.

    ``hours_per_pupil`` trained adult hours a year; ``sessions_per_pupil`` half-days of each
    role a year; ``needs_place`` one base place a pupil. ``phase`` None means both phases.
    """

    standard_id: str
    name: str
    need: str
    tier: str
    phase: Phase | None
    share_percent: Fraction
    hours_per_pupil: Fraction
    sessions_per_pupil: tuple[tuple[str, Fraction], ...]
    needs_place: bool
    is_for_zone: bool
    evidence: str
    step_up: str
    review_week: int
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseDefaults:
    """Costs and sizes of a base where the partnership gives none; pounds a year, metres."""

    places_per_teacher: int
    teacher_cost_pounds: int
    place_cost_pounds: int
    opening_cost_pounds: int
    smallest_primary_places: int
    smallest_secondary_places: int
    most_places: int
    primary_reach_metres: int
    secondary_reach_metres: int
    place_funding_on_roll_pounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a board may set, and the figures behind it."""

    policy_id: str
    title: str
    version: int
    date: str
    board: BoardSettings
    rules_on: tuple[tuple[str, bool], ...]
    adjustment_limit_percent: Fraction
    all_through_primary_percent: Fraction
    driver_weights: tuple[tuple[str, Fraction], ...]
    reference_shares: tuple[tuple[Phase, tuple[tuple[str, Fraction], ...]], ...]
    any_sen_percent: tuple[tuple[Phase, Fraction], ...]
    need_types: tuple[NeedType, ...]
    other_need_codes: tuple[str, ...]
    priorities: tuple[tuple[str, int], ...]
    benefit: tuple[tuple[Fraction, Fraction], ...]
    pounds_per_adult_hour: int
    roles: tuple[Role, ...]
    bases: BaseDefaults
    standards: tuple[Standard, ...]
    assumptions: tuple[tuple[str, Fraction], ...]
    figures: tuple[Figure, ...]
    document: str

    def role(self, role_id: str) -> Role:
        """The role with this id."""
        return next(role for role in self.roles if role.role_id == role_id)

    def standard(self, standard_id: str) -> Standard:
        """The standard with this id."""
        return next(s for s in self.standards if s.standard_id == standard_id)

    def is_on(self, rule_id: str) -> bool:
        """Whether a rule applies; rules the pack does not list are always on."""
        return dict(self.rules_on).get(rule_id, True)

    def need_codes(self) -> frozenset[str]:
        """Every need code a file may use."""
        return frozenset(n.code for n in self.need_types) | frozenset(self.other_need_codes)

    def role_ids(self) -> frozenset[str]:
        """Every role a service may have."""
        return frozenset(role.role_id for role in self.roles)

    def assume(self, name: str) -> Fraction:
        """A figure used by ``planner build`` where no public file holds one."""
        return dict(self.assumptions)[name]


def load_policy(changes: Path | None = None, *, pack: str = DEFAULT_PACK) -> Policy:
    """The shipped pack with a board's TOML file laid over it.

    Raises ``InputMustBeMended`` with one sentence when the file cannot be read, names
    something the pack does not know, or holds a figure that cannot be right.
    """
    text = files("planner.policy_packs").joinpath(f"{pack}.toml").read_text(encoding="utf-8")
    document: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    if changes is not None:
        document = _lay_over(document, _read_changes(changes), path="")
    return policy_from_document(document)


def policy_from_text(text: str) -> Policy:
    """A Policy from the JSON text a plan carries (``Policy.document``)."""
    return policy_from_document(json.loads(text, object_hook=lambda d: Decimal(d["decimal"]) if set(d) == {"decimal"} else d))


def policy_from_document(document: Mapping[str, Any]) -> Policy:
    """A Policy from a merged document."""
    figures: list[Figure] = []
    plain = _plain(document, "", figures)
    try:
        policy = _policy(plain, tuple(figures), _as_text(document))
    except ZeroDivisionError as error:
        raise InputMustBeMended("The policy cannot be used: group_size of a standard must be above 0.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputMustBeMended(f"The policy is missing or misspells {error}; compare it with `planner policy show`.") from error
    _check(policy)
    return policy


def _read_changes(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file, parse_float=Decimal)
    except OSError as error:
        raise InputMustBeMended(f"The policy file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputMustBeMended(f"The policy file {path} is not valid TOML: {error}. Mend that line and try again.") from error


def _lay_over(pack: Mapping[str, Any], changes: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    merged = dict(pack)
    for name, change in changes.items():
        here = f"{path}{name}"
        if name not in pack:
            raise InputMustBeMended(f"The policy file sets {here}, which the pack does not know; `planner policy show` lists every name.")
        old = pack[name]
        if name == "standards":
            merged[name] = _standards_over(old, change)
        elif isinstance(old, dict) and "value" in old:
            merged[name] = _figure_over(old, change)
        elif isinstance(old, dict) and not isinstance(change, dict):
            raise InputMustBeMended(f"The policy file sets {here} to a single value, but the pack holds a table there.")
        elif isinstance(old, dict) and here != "standards.sessions_per_100_pupils":
            merged[name] = _lay_over(old, change, path=f"{here}.")
        else:
            merged[name] = change
    return merged


def _figure_over(old: Mapping[str, Any], change: Any) -> dict[str, Any]:
    if isinstance(change, dict):
        return {**old, "confidence": "set by the board", **change}
    return {**old, "value": change, "source": "Set by the board", "date": "", "confidence": "set by the board"}


def _standards_over(old: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Standards are matched by id: a known id changes that standard, a new id adds one."""
    if not all(isinstance(change, dict) and "id" in change for change in changes):
        raise InputMustBeMended("Each [[standards]] in the policy file needs an id.")
    by_id = {standard["id"]: standard for standard in old}
    for change in changes:
        by_id[change["id"]] = {**by_id.get(change["id"], {}), **change}
    return list(by_id.values())


def _plain(node: Any, path: str, figures: list[Figure]) -> Any:
    """Strip figures to their values, noting each one's unit, source, date and confidence."""
    if isinstance(node, Mapping):
        if "value" in node:
            figures.append(
                Figure(
                    path=path,
                    value=str(node["value"]),
                    unit=node.get("unit", ""),
                    source=node.get("source", ""),
                    date=node.get("date", ""),
                    confidence=node.get("confidence", ""),
                )
            )
            return _exact(node["value"])
        return {key: _plain(value, f"{path}.{key}" if path else key, figures) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(item, f"{path}.{item['id']}" if isinstance(item, dict) and "id" in item else path, figures) for item in node]
    return _exact(node)


def _exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, Decimal) else value


def _as_text(document: Mapping[str, Any]) -> str:
    """The merged document as canonical JSON text: what a plan carries and a fingerprint covers."""

    def default(value: Any) -> Any:
        if isinstance(value, Decimal):
            return {"decimal": str(value)}
        raise TypeError(type(value).__name__)

    return json.dumps(document, sort_keys=False, default=default, ensure_ascii=False, separators=(",", ":"))


def _policy(plain: Mapping[str, Any], figures: tuple[Figure, ...], document: str) -> Policy:
    need = plain["need"]
    board = plain["board"]
    roles = tuple(
        Role(
            role_id=role_id,
            name=role["name"],
            short=role["short"],
            serves=role["serves"],
            minimum_block_sessions=_whole(role["minimum_block_sessions"]),
            value_pounds_per_session=_whole(role["value_pounds_per_session"]),
            vacancy_held_back_percent=Fraction(role["vacancy_held_back_percent"]),
        )
        for role_id, role in plain["roles"].items()
    )
    return Policy(
        policy_id=plain["id"],
        title=plain["title"],
        version=plain["version"],
        date=plain["date"],
        board=BoardSettings(
            line_percent=Fraction(board["line_percent"]),
            contingency_percent=Fraction(board["contingency_percent"]),
            moderated_pot_percent=Fraction(board["moderated_pot_percent"]),
            money_floor_percent=Fraction(board["money_floor_percent"]),
            money_cap_percent=Fraction(board["money_cap_percent"]),
            sessions_floor_percent=Fraction(board["sessions_floor_percent"]),
            negligible_pupils=Fraction(board["negligible_pupils"]),
            september_to_march_months=_whole(board["september_to_march_months"]),
            schools_in_a_zone=_whole(board["schools_in_a_zone"]),
        ),
        rules_on=tuple(plain["rules"].items()),
        adjustment_limit_percent=Fraction(need["adjustment_limit_percent"]),
        all_through_primary_percent=Fraction(need["all_through_primary_percent"]),
        driver_weights=tuple((name, Fraction(weight)) for name, weight in need["driver_weights"].items()),
        reference_shares=tuple(
            (phase, tuple((name, Fraction(share)) for name, share in need["reference_shares"][phase.value].items()))
            for phase in (Phase.PRIMARY, Phase.SECONDARY)
        ),
        any_sen_percent=tuple((phase, Fraction(need["any_sen_percent"][phase.value])) for phase in (Phase.PRIMARY, Phase.SECONDARY)),
        need_types=tuple(
            NeedType(
                code=code,
                name=kind["name"],
                follows_drivers=kind["drivers"],
                primary_percent_of_sen=Fraction(kind["primary_percent_of_sen"]),
                secondary_percent_of_sen=Fraction(kind["secondary_percent_of_sen"]),
            )
            for code, kind in need["types"].items()
        ),
        other_need_codes=tuple(need["other_codes"]["codes"]),
        priorities=tuple((tier, _whole(plain["priorities"][tier])) for tier in TIERS),
        benefit=tuple(
            (Fraction(dose) / 100, Fraction(met) / 100)
            for dose, met in zip(plain["benefit"]["dose_percent"], plain["benefit"]["met_percent"], strict=True)
        ),
        pounds_per_adult_hour=_whole(plain["adult_hours"]["pounds_per_hour"]),
        roles=roles,
        bases=BaseDefaults(**{name: _whole(value) for name, value in plain["bases"].items()}),
        standards=tuple(_standard(standard, roles) for standard in plain["standards"] if standard.get("is_on", True)),
        assumptions=tuple((name, Fraction(value)) for name, value in plain["assume"].items()),
        figures=figures,
        document=document,
    )


def _standard(plain: Mapping[str, Any], roles: tuple[Role, ...]) -> Standard:
    sessions = tuple((role_id, Fraction(per_100) / 100) for role_id, per_100 in plain.get("sessions_per_100_pupils", {}).items())
    hours = Fraction(0)
    if "adult_hours_per_group_week" in plain:
        hours = Fraction(plain["adult_hours_per_group_week"]) * plain["weeks"] / plain["group_size"]
    needs_place = bool(plain.get("place", False))
    serves = {role.serves for role in roles if role.role_id in dict(sessions)}
    return Standard(
        standard_id=plain["id"],
        name=plain["name"],
        need=plain["need"],
        tier=plain["tier"],
        phase=None if plain["phase"] == "any" else Phase(plain["phase"]),
        share_percent=Fraction(plain["share_percent"]),
        hours_per_pupil=hours,
        sessions_per_pupil=sessions,
        needs_place=needs_place,
        is_for_zone=needs_place or serves == {"zone"},
        evidence=plain["evidence"],
        step_up=plain["step_up"],
        review_week=plain["review_week"],
        source=plain["source"],
        confidence=plain["confidence"],
    )


def _whole(value: Any) -> int:
    fraction = Fraction(value)
    if fraction.denominator != 1:
        raise ValueError(f"a whole number where it says {value}")
    return int(fraction)


def _check(policy: Policy) -> None:
    """Refuse figures that cannot be right, each with one sentence."""

    def refuse(sentence: str) -> None:
        raise InputMustBeMended(f"The policy cannot be used: {sentence}")

    board = policy.board
    if not 0 < board.line_percent <= 100:
        refuse("board.line_percent must be more than 0 and at most 100.")
    if not 0 <= board.contingency_percent + board.moderated_pot_percent < 100:
        refuse("contingency and moderated pot together must be under 100 percent of cash.")
    if not 1 <= board.september_to_march_months <= 11:
        refuse("board.september_to_march_months must be between 1 and 11.")
    if min(board.schools_in_a_zone, policy.bases.places_per_teacher) < 1:
        refuse("board.schools_in_a_zone and bases.places_per_teacher must be at least 1.")
    if any(share <= 0 for _, shares in policy.reference_shares for _, share in shares):
        refuse("every share in need.reference_shares must be above 0.")
    if sum(weight for _, weight in policy.driver_weights) != 100:
        refuse("need.driver_weights must add up to 100.")
    slopes = [
        (met - met_before) / (dose - dose_before)
        for (dose_before, met_before), (dose, met) in zip(policy.benefit, policy.benefit[1:], strict=False)
        if dose > dose_before
    ]
    if (
        sum(policy.benefit[0]) != 0
        or min(policy.benefit[-1]) != 1
        or max(policy.benefit[-1]) != 1
        or len(slopes) != len(policy.benefit) - 1
    ):
        refuse("benefit must start at 0, 0, end at 100, 100 and rise in dose.")
    if any(slope <= 0 for slope in slopes) or any(later > earlier for earlier, later in itertools.pairwise(slopes)):
        refuse("benefit must rise, and never rise faster later than earlier.")
    if policy.pounds_per_adult_hour <= 0:
        refuse("adult_hours.pounds_per_hour must be above 0.")
    for standard in policy.standards:
        _check_standard(standard, policy, refuse)


def _check_standard(standard: Standard, policy: Policy, refuse: Any) -> None:
    name = f"standard {standard.standard_id}"
    if standard.need not in {n.code for n in policy.need_types}:
        refuse(f"{name} is for {standard.need}, which need.types does not describe.")
    if standard.tier not in TIERS:
        refuse(f"{name} has the tier {standard.tier}; use one of {', '.join(TIERS)}.")
    if not 0 < standard.share_percent <= 100:
        refuse(f"{name} must be for more than 0 and at most 100 percent of expected pupils.")
    unknown = {role for role, _ in standard.sessions_per_pupil} - policy.role_ids()
    if unknown:
        refuse(f"{name} asks for time of {', '.join(sorted(unknown))}, which roles does not describe.")
    if not (standard.needs_place or standard.hours_per_pupil or standard.sessions_per_pupil):
        refuse(f"{name} asks for nothing; give it hours, sessions or a place.")
    serves = {policy.role(role).serves for role, _ in standard.sessions_per_pupil}
    if standard.needs_place and (standard.phase is None or standard.hours_per_pupil or standard.sessions_per_pupil):
        refuse(f"{name} is a place: give it one phase and no hours or sessions.")
    if len(serves) > 1 or (serves == {"zone"} and standard.hours_per_pupil):
        refuse(f"{name} mixes support planned for a school with support planned for a zone; split it in two.")
