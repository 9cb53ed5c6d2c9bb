"""The policy: a board's settings over a dated national pack, every figure with its source.

A pack is TOML; any table with a ``value`` is a figure and keeps unit, source, date and
confidence. A board's own file holds only what it changes and is laid over the pack.
Fractions are exact (``Fraction``), never floating point. What a policy may hold, and between
which limits, is one table below (``_NUMBERS``, ``_TEXTS``, ``_YES_NO``, ``_LISTS``).
"""

from __future__ import annotations

import functools
import itertools
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from planner.errors import InputMustBeMended
from planner.partnership import HALF_DAYS_IN_A_YEAR, Phase
from planner.rules import RULES
from planner.small_numbers import FEWEST_SHOWN

DEFAULT_PACK = "england-2026-27"
DRIVERS = ("fsm6", "idaci", "low_prior_attainment", "mobility")
TIERS = ("targeted", "targeted_plus", "specialist")
_NOT_A_POLICY = "The policy inside the plan cannot be read: it is not as the planner wrote it."
EVEN_HALF_TERMS = ("09-01", "10-23", "12-14", "02-04", "04-01", "06-16")
"""Where a policy written before calendars were kept says nothing: half-terms of even length in each financial year."""
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
class Limits:
    """Between which limits a figure may be; ``is_above`` means above the least, which itself may not be."""

    least: int
    most: int
    is_above: bool
    is_whole: bool

    def holds(self, value: Fraction) -> bool:
        """Whether a figure is within its limits."""
        is_enough = value > self.least if self.is_above else value >= self.least
        return is_enough and value <= self.most and not (self.is_whole and value.denominator != 1)


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
    cohort_fill_percent: Fraction
    next_year_affordable_percent: Fraction
    host_share_percent: int
    secondary_places_per_1000: Fraction
    secondary_places_target_year: int
    money_taper_years: int
    money_taper_year: int
    sessions_cap_percent: Fraction
    standard_floors: tuple[tuple[str, int], ...]

    @property
    def money_floor_now_percent(self) -> Fraction:
        """Floor on last year's grant that holds this year. Where it tapers over n years: the board's floor in the first, none (-100) in the last.

        Between, last year's grant is itself tapered, so that in year k (n - k) / (n - k + 1) of it makes equal steps in pounds.
        """
        if not self.money_taper_years or self.money_taper_year == 1:
            return self.money_floor_percent
        left = max(self.money_taper_years - self.money_taper_year, 0)
        return Fraction(-100, left + 1)


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
    lead_in_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSettings:
    """Weeks of school in each half-term, all alike where a policy says nothing; how far those who do not drive can go (None: anywhere)."""

    weeks: tuple[Fraction, ...]
    non_driver_reach_metres: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a board may set, and the figures behind it."""

    policy_id: str
    title: str
    version: int
    date: str
    board: BoardSettings
    rules_on: tuple[tuple[str, bool], ...]
    prices: tuple[tuple[str, Fraction], ...]
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
    roster: RosterSettings
    bases: BaseDefaults
    standards: tuple[Standard, ...]
    assumptions: tuple[tuple[str, Fraction], ...]
    assumed_needs: tuple[tuple[str, tuple[str, ...]], ...]
    half_terms_begin: tuple[str, ...]
    figures: tuple[Figure, ...]
    document: str
    fewest_pupils_shown: int = FEWEST_SHOWN

    def figure(self, path: str) -> Figure:
        """The figure at a path such as ``board.line_percent``; the planner's own where no pack and no board has set it. Raises ``KeyError``."""
        unset = {f"{PUBLICATION}.{name}": about for name, about in _PUBLICATION.items()}
        found = next((figure for figure in self.figures if figure.path == path), None)
        return found or Figure(path=path, **{key: str(value) for key, value in unset[path].items()})

    def role(self, role_id: str) -> Role:
        """The role with this id."""
        return next(role for role in self.roles if role.role_id == role_id)

    def standard(self, standard_id: str) -> Standard:
        """The standard with this id."""
        return next(s for s in self.standards if s.standard_id == standard_id)

    def is_on(self, rule_id: str) -> bool:
        """Whether a rule applies; rules the pack does not list are always on."""
        return dict(self.rules_on).get(rule_id, True)

    def price(self, rule_id: str) -> Fraction:
        """Points of need (0-100) that missing a rule by one of its units costs; nought where it may not give way, or is off."""
        return dict(self.prices).get(rule_id, Fraction(0)) if self.is_on(rule_id) else Fraction(0)

    @property
    def has_prices(self) -> bool:
        """Whether any rule that applies may give way at a price."""
        return any(self.price(rule_id) for rule_id, _ in self.prices)

    def is_hard(self, rule_id: str) -> bool:
        """Whether a rule applies and may not give way, not even at a price."""
        return self.is_on(rule_id) and not self.price(rule_id)

    def need_codes(self) -> frozenset[str]:
        """Every need code a file may use."""
        return frozenset(n.code for n in self.need_types) | frozenset(self.other_need_codes)

    def role_ids(self) -> frozenset[str]:
        """Every role a service may have."""
        return frozenset(role.role_id for role in self.roles)

    def assume(self, name: str) -> Fraction:
        """A figure used by ``planner build`` where no public file holds one."""
        return dict(self.assumptions)[name]

    def assume_needs(self, name: str) -> tuple[str, ...]:
        """Need codes used by ``planner build`` where no public file says what a base is for."""
        return dict(self.assumed_needs)[name]


def load_policy(changes: Path | None = None, *, pack: str = DEFAULT_PACK) -> Policy:
    """The shipped pack with a board's TOML file laid over it.

    Raises ``InputMustBeMended`` with one sentence when the file cannot be read, names
    something the pack does not know, or holds a figure that cannot be right.
    """
    document = dict(_pack(pack))
    if changes is not None:
        document = _lay_over(document, _read_changes(changes), path="")
    return policy_from_document(document)


def read_pack(path: Path) -> Policy:
    """A whole policy pack from a TOML file. Raises ``InputMustBeMended`` with one sentence."""
    return policy_from_document(_read_changes(path))


def with_settings(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """A policy with some settings changed, as a board's file would change them."""
    return policy_from_document(_lay_over(_with_later_settings(_document_of(policy.document)), changes, path=""))


@functools.cache
def _pack(name: str) -> Mapping[str, Any]:
    text = files("planner.policy_packs").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def _with_later_settings(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with the settings that came after it was written as the pack has them: there they change no plan."""
    whole = dict(document)
    for path in LATER_SETTINGS:
        table, name = path.split(".")
        if isinstance(whole.get(table), Mapping) and name not in whole[table]:
            whole[table] = {**whole[table], name: _pack(DEFAULT_PACK)[table][name]}
    return whole


def policy_from_text(text: str) -> Policy:
    """A Policy from the JSON text a plan carries (``Policy.document``)."""
    return policy_from_document(_document_of(text))


def with_changes(policy: Policy, changes: Mapping[str, int | Decimal | bool]) -> Policy:
    """The policy with settings changed by their paths, such as ``board.line_percent``; each such figure is set by the board.

    Raises ``InputMustBeMended`` with one sentence where they cannot be right.
    """
    tables: dict[str, Any] = {}
    for path, value in changes.items():
        *above, name = path.split(".")
        table = tables
        for part in above:
            table = table.setdefault(part, {})
        table[name] = value
    return with_settings(policy, tables)


def _document_of(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_hook=lambda d: Decimal(d["decimal"]) if set(d) == {"decimal"} else d)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise InputMustBeMended(_NOT_A_POLICY) from error
    if not isinstance(document, dict):
        raise InputMustBeMended(_NOT_A_POLICY)
    return document


def policy_from_document(document: Mapping[str, Any]) -> Policy:
    """A Policy from a merged document. Raises ``InputMustBeMended`` naming the first setting that cannot be right."""
    figures: list[Figure] = []
    plain = _plain(_with_later_settings(document), "", figures)
    _check_settings(plain)
    policy = _policy(plain, tuple(figures), _as_text(document))
    _check(policy)
    return policy


def _refuse(sentence: str) -> NoReturn:
    raise InputMustBeMended(f"The policy cannot be used: {sentence}")


def _read_changes(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            changes: dict[str, Any] = _with_dates_as_text(tomllib.load(file, parse_float=Decimal))
    except OSError as error:
        raise InputMustBeMended(f"The policy file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputMustBeMended(
            f"The policy file {path} is not plain text: give a policy (.toml), saved in a text editor as UTF-8; figures go to the command itself."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputMustBeMended(f"The policy file {path} is not valid TOML: {error}. Mend that line and try again.") from error
    except (ValueError, RecursionError, ArithmeticError) as error:
        # A number of thousands of digits, or tables nested without end.
        raise InputMustBeMended(f"The policy file {path} holds a number or a table too large to be true.") from error
    return changes


def _with_dates_as_text(node: Any) -> Any:
    """TOML reads an unquoted date as a date; a policy keeps it as text."""
    if isinstance(node, dict):
        return {name: _with_dates_as_text(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_with_dates_as_text(value) for value in node]
    return node.isoformat() if isinstance(node, date | time) else node


def _lay_over(pack: Mapping[str, Any], changes: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    merged = dict(pack)
    for name, change in changes.items():
        here = f"{path}{name}"
        if here == PRICES:
            _lay_prices_over(merged, change)
            continue
        if name not in pack and path == "rules.":
            _refuse(_always_on(name))
        if name not in pack and path == "board.standard_floors.":
            merged[name] = change
            continue
        if name not in pack and here != PUBLICATION:
            raise InputMustBeMended(f"The policy file sets {here}, which the pack does not know; `planner policy show` lists every name.")
        old = pack.get(name, _PUBLICATION)
        if name == "standards":
            merged[name] = _standards_over(old, change)
        elif isinstance(old, dict) and "value" in old:
            merged[name] = _figure_over(old, change, here)
        elif isinstance(old, dict) and not isinstance(change, dict):
            raise InputMustBeMended(f"The policy file sets {here} to a single value, but the pack holds a table there.")
        elif isinstance(old, dict):
            merged[name] = _lay_over(old, change, path=f"{here}.")
        else:
            merged[name] = change
    return merged


def _lay_prices_over(merged: dict[str, Any], changes: Any) -> None:
    """Prices are in no pack: a board names the rules that have one. A price of nought takes it away again."""
    if not isinstance(changes, dict):
        _refuse("prices must be a table of rules and what each costs.")
    prices = dict(merged.get(PRICES, {}))
    for rule_id, change in changes.items():
        if rule_id not in MAY_BE_PRICED:
            _refuse(_no_price(rule_id))
        none = {"value": 0, "unit": f"points of need for one of its {RULES[rule_id].unit}", "source": "", "date": "", "confidence": ""}
        prices[rule_id] = _figure_over(prices.get(rule_id, none), change, f"{PRICES}.{rule_id}")
    kept = {rule_id: prices[rule_id] for rule_id in MAY_BE_PRICED if rule_id in prices and prices[rule_id].get("value") != 0}
    merged.pop(PRICES, None)
    if kept:
        merged[PRICES] = kept


def _figure_over(old: Mapping[str, Any], change: Any, here: str) -> dict[str, Any]:
    if isinstance(change, dict):
        unknown = sorted(set(change) - _ABOUT_A_FIGURE)
        if unknown:
            raise InputMustBeMended(f"The policy file sets {here}.{unknown[0]}; a figure has {', '.join(sorted(_ABOUT_A_FIGURE))}.")
        return {**old, "confidence": "set by the board", **change}
    return {**old, "value": change, "source": "Set by the board", "date": "", "confidence": "set by the board"}


def _standards_over(old: list[dict[str, Any]], changes: Any) -> list[dict[str, Any]]:
    """Standards are matched by id: a known id changes that standard, a new id adds one."""
    if not isinstance(changes, list) or not all(isinstance(change, dict) and isinstance(change.get("id"), str) for change in changes):
        raise InputMustBeMended("The policy file's standards must each be a table headed [[standards]] with an id.")
    by_id = {standard["id"]: standard for standard in old}
    for change in changes:
        by_id[change["id"]] = {**by_id.get(change["id"], {}), **change}
    return list(by_id.values())


def _plain(node: Any, path: str, figures: list[Figure]) -> Any:
    """Strip figures to their values, noting each one's unit, source, date and confidence."""
    if isinstance(node, Mapping):
        if "value" in node:
            about = {name: str(node.get(name, "")) for name in _ABOUT_A_FIGURE}
            if about["confidence"] not in CONFIDENCES:
                _refuse(f"the confidence of {path} must be one of {_listed(CONFIDENCES)}; it is {_shown(about['confidence'])}.")
            figures.append(Figure(path=path, **about))
            return _exact(node["value"])
        return {key: _plain(value, f"{path}.{key}" if path else key, figures) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(item, f"{path}.{item['id']}" if isinstance(item, dict) and "id" in item else path, figures) for item in node]
    return _exact(node)


def _exact(value: Any) -> Any:
    """An exact number where it is one; what is not, or is beyond all measure, stays as it is and is refused later."""
    if isinstance(value, float):
        value = Decimal(str(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    return Fraction(value) if value.adjusted() < _MOST_DIGITS and int(value.as_tuple().exponent) >= -_MOST_DIGITS else value


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
    doses, mets = plain["benefit"]["dose_percent"], plain["benefit"]["met_percent"]
    if len(doses) != len(mets):
        _refuse("benefit.dose_percent and benefit.met_percent must be lists of the same length.")
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
        version=_whole(plain["version"]),
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
            cohort_fill_percent=Fraction(board["cohort_fill_percent"]),
            next_year_affordable_percent=Fraction(board["next_year_affordable_percent"]),
            host_share_percent=_whole(board["host_share_percent"]),
            secondary_places_per_1000=Fraction(board["secondary_places_per_1000"]),
            secondary_places_target_year=_whole(board["secondary_places_target_year"]),
            money_taper_years=_whole(board["money_taper_years"]),
            money_taper_year=_whole(board["money_taper_year"]),
            sessions_cap_percent=Fraction(board["sessions_cap_percent"]),
            standard_floors=tuple((standard_id, _whole(percent)) for standard_id, percent in board["standard_floors"].items()),
        ),
        rules_on=tuple(plain["rules"].items()),
        prices=tuple((rule_id, Fraction(price)) for rule_id, price in plain.get(PRICES, {}).items() if price),
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
        benefit=tuple((Fraction(dose) / 100, Fraction(met) / 100) for dose, met in zip(doses, mets, strict=True)),
        pounds_per_adult_hour=_whole(plain["adult_hours"]["pounds_per_hour"]),
        roles=roles,
        roster=_roster(plain.get("roster", {})),
        bases=BaseDefaults(**{f.name: _whole(plain["bases"][f.name]) for f in fields(BaseDefaults)}),
        standards=tuple(_standard(standard, roles) for standard in plain["standards"] if standard.get("is_on", True)),
        assumptions=tuple((name, Fraction(value)) for name, value in plain["assume"].items()),
        assumed_needs=tuple((name, tuple(plain["assume_needs"][name])) for name in _ASSUMED_NEEDS),
        half_terms_begin=tuple(plain.get("calendar", {}).get("half_terms_begin", EVEN_HALF_TERMS)),
        figures=figures,
        document=document,
        fewest_pupils_shown=_whole(plain.get(PUBLICATION, {}).get("fewest_pupils_shown", FEWEST_SHOWN)),
    )


def _roster(plain: Mapping[str, Any]) -> RosterSettings:
    """The roster's settings; policies written before there were any hold none."""
    reach = plain.get("non_driver_reach_metres")
    return RosterSettings(
        weeks=tuple(Fraction(plain.get(f"weeks_half_term_{half_term}", 1)) for half_term in range(1, 7)),
        non_driver_reach_metres=None if reach is None else _whole(reach),
    )


def _standard(plain: Mapping[str, Any], roles: tuple[Role, ...]) -> Standard:
    per_100 = plain.get("sessions_per_100_pupils", {})
    sessions = tuple((role_id, Fraction(sessions) / 100) for role_id, sessions in per_100.items() if sessions)
    hours = Fraction(0)
    if "adult_hours_per_group_week" in plain:
        missing = [name for name in ("weeks", "group_size") if name not in plain]
        if missing:
            _refuse(f"standards.{plain['id']}.{missing[0]} is missing; hours for a group need it.")
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
        review_week=_whole(plain["review_week"]),
        source=plain["source"],
        confidence=plain["confidence"],
    )


def _whole(value: Any) -> int:
    return int(Fraction(value))


# --- what a policy may hold ------------------------------------------------------------------

_MOST_DIGITS = 9
_ABOVE_0 = Fraction(1, 10**_MOST_DIGITS)
_LARGE = 1_000_000
_ABOUT_A_FIGURE = {"value", "unit", "source", "date", "confidence"}
_ASSUMED_NEEDS = ("new_base_primary", "new_base_secondary", "open_base")
_PHASES = (Phase.PRIMARY.value, Phase.SECONDARY.value)
_MAY_BE_BLANK = {"source", "date", "evidence", "step_up"}
MAY_BE_OFF = tuple(rule.rule_id for rule in RULES.values() if rule.is_relaxable and rule.owner != "host school")
"""A board may switch off what it or a head decided, never what a host did."""
MAY_BE_PRICED = tuple(rule_id for rule_id in MAY_BE_OFF if not RULES[rule_id].is_by_construction)
"""What may be off may give way at a price, but for what is kept by leaving out what would break it."""
PRICES = "prices"
MOST_PRICE_POINTS = 100
PUBLICATION = "publication"
_FEWEST_SHOWN = {
    "value": FEWEST_SHOWN, "unit": "pupils", "source": "Planner default; the board may set a larger one", "date": "", "confidence": "unconfirmed",
}  # fmt: skip
_PUBLICATION = {"fewest_pupils_shown": _FEWEST_SHOWN}
"""In no pack: a board may leave out larger numbers of pupils than these from what it publishes."""

LATER_RULES = (
    "cohort_fill", "next_year_affordable", "host_share", "phase_balance", "secondaries_in_proportion", "sessions_cap", "standard_floor",
    "no_worse_outside",
)  # fmt: skip
LATER_SETTINGS = (
    "board.cohort_fill_percent",
    "board.next_year_affordable_percent",
    "bases.lead_in_months",
    "board.host_share_percent",
    "board.secondary_places_per_1000",
    "board.secondary_places_target_year",
    "board.money_taper_years",
    "board.money_taper_year",
    "board.sessions_cap_percent",
    "board.standard_floors",
    *(f"rules.{rule_id}" for rule_id in LATER_RULES),
)
"""Settings that policies of earlier versions do not hold; the pack's value of each must change no plan."""

_WHOLE, _ANY = True, False
_NUMBERS: tuple[tuple[str, Fraction | int, int, bool], ...] = (
    # setting, least, most, whole numbers only
    ("version", 1, _LARGE, _WHOLE),
    ("board.line_percent", 1, 100, _ANY),
    ("board.contingency_percent", 0, 100, _ANY),
    ("board.moderated_pot_percent", 0, 100, _ANY),
    ("board.money_floor_percent", -100, 1000, _ANY),
    ("board.money_cap_percent", -100, _LARGE, _ANY),
    ("board.sessions_floor_percent", -100, 1000, _ANY),
    ("board.negligible_pupils", 0, 1000, _ANY),
    ("board.september_to_march_months", 1, 11, _WHOLE),
    ("board.schools_in_a_zone", 1, 1000, _WHOLE),
    ("board.cohort_fill_percent", 0, 100, _ANY),
    ("board.next_year_affordable_percent", 0, 1000, _ANY),
    ("board.host_share_percent", 0, 100, _WHOLE),
    ("board.secondary_places_per_1000", 0, 1000, _ANY),
    ("board.secondary_places_target_year", 2000, 2100, _WHOLE),
    ("board.money_taper_years", 0, 20, _WHOLE),
    ("board.money_taper_year", 1, 20, _WHOLE),
    ("board.sessions_cap_percent", -100, _LARGE, _ANY),
    ("board.standard_floors.*", 0, 100, _WHOLE),
    ("need.adjustment_limit_percent", 0, 100, _ANY),
    ("need.all_through_primary_percent", 0, 100, _ANY),
    *((f"need.driver_weights.{name}", 0, 100, _ANY) for name in ("pupils", *DRIVERS)),
    *((f"need.reference_shares.{phase}.{name}", _ABOVE_0, 100, _ANY) for phase in _PHASES for name in (*DRIVERS, "sen_support")),
    *((f"need.any_sen_percent.{phase}", 0, 100, _ANY) for phase in _PHASES),
    *((f"need.types.*.{phase}_percent_of_sen", 0, 100, _ANY) for phase in _PHASES),
    *((f"priorities.{tier}", 1, 1000, _WHOLE) for tier in TIERS),
    (f"{PRICES}?.*", 0, MOST_PRICE_POINTS, _ANY),
    (f"{PUBLICATION}?.fewest_pupils_shown", FEWEST_SHOWN, 100, _WHOLE),
    ("adult_hours.pounds_per_hour", 1, 10_000, _WHOLE),
    ("roles.*.minimum_block_sessions", 0, 10_000, _WHOLE),
    ("roles.*.value_pounds_per_session", 0, _LARGE, _WHOLE),
    ("roles.*.vacancy_held_back_percent", 0, 100, _ANY),
    *((f"bases.{name}", 0, 10 * _LARGE, _WHOLE) for name in ("teacher_cost_pounds", "place_cost_pounds", "opening_cost_pounds")),
    ("bases.place_funding_on_roll_pounds", 0, 10 * _LARGE, _WHOLE),
    *((f"bases.{name}", 1, 1000, _WHOLE) for name in ("places_per_teacher", "most_places")),
    ("bases.lead_in_months", 0, 12, _WHOLE),
    *((f"bases.smallest_{phase}_places", 0, 1000, _WHOLE) for phase in _PHASES),
    *((f"bases.{phase}_reach_metres", 0, 10 * _LARGE, _WHOLE) for phase in _PHASES),
    *((f"roster?.weeks_half_term_{half_term}?", 0, 52, _ANY) for half_term in range(1, 7)),
    ("roster?.non_driver_reach_metres?", 0, 10 * _LARGE, _WHOLE),
    ("assume.*_pounds_per_pupil", 0, 100_000, _ANY),
    ("assume.pupils_per_*", 1, 10 * _LARGE, _ANY),
    ("assume.sessions_per_wte", 1, HALF_DAYS_IN_A_YEAR, _ANY),
    ("assume.educational_psychologist_statutory_percent", 0, 100, _ANY),
    *((f"assume.{phase}_pupils", 1, 10_000, _ANY) for phase in _PHASES),
    *((f"assume.new_base_{phase}_places", 1, 1000, _ANY) for phase in _PHASES),
    ("assume.last_year_sessions_percent", 0, 1000, _ANY),
    ("assume.last_year_grant_percent", 0, 1000, _ANY),
    ("assume.most_times_roll_changed", 1, 1000, _ANY),
    ("assume.few_pupils", 0, _LARGE, _ANY),
    ("assume.schools_to_a_primary_base", 1, 1000, _ANY),
    ("assume.most_new_secondary_bases", 0, 1000, _WHOLE),
    ("assume.new_base_sizes", 1, 20, _WHOLE),
    ("assume.places_between_sizes", 1, 1000, _WHOLE),
    ("standards.*.share_percent", _ABOVE_0, 100, _ANY),
    ("standards.*.review_week", 0, 52, _WHOLE),
    ("standards.*.group_size?", 1, 1000, _ANY),
    ("standards.*.adult_hours_per_group_week?", 0, 1000, _ANY),
    ("standards.*.weeks?", 0, 52, _ANY),
    ("standards.*.sessions_per_100_pupils?.*", 0, 100_000, _ANY),
)
"""Every figure of a policy and its limits. ``*`` stands for any name; a name that ends in ``?`` may be left out."""


def limits_of(path: str) -> Limits:
    """The limits of the figure at a path, such as ``board.line_percent``."""
    parts = path.split(".")
    for setting, least, most, is_whole in _NUMBERS:
        names = [name.removesuffix("?") for name in setting.split(".")]
        if len(names) == len(parts) and all(map(fnmatchcase, parts, names)):
            return Limits(least=int(least), most=int(most), is_above=least == _ABOVE_0, is_whole=is_whole)
    raise KeyError(path)


_TEXTS: tuple[tuple[str, Sequence[str]], ...] = (
    # setting, choices (any text where there are none)
    *((name, ()) for name in ("id", "title", "date", "need.types.*.name", "roles.*.name", "roles.*.short")),
    ("roles.*.serves", ("school", "zone")),
    *((f"{table}.{name}", ()) for table in ("benefit", "assume_needs", "calendar?") for name in ("source", "date")),
    *((f"{table}.confidence", CONFIDENCES) for table in ("benefit", "assume_needs", "calendar?", "standards.*")),
    *((f"standards.*.{name}", ()) for name in ("id", "name", "need", "evidence", "step_up", "source", "date?")),
    ("standards.*.tier", TIERS),
    ("standards.*.phase", (*_PHASES, "any")),
)
_YES_NO = ("rules.*", "need.types.*.drivers", "standards.*.place?", "standards.*.is_on?")
_LISTS = (
    "need.other_codes.codes",
    "benefit.dose_percent",
    "benefit.met_percent",
    "calendar?.half_terms_begin",
    *(f"assume_needs.{name}" for name in _ASSUMED_NEEDS),
)


def _check_settings(plain: Mapping[str, Any]) -> None:
    """Refuse a setting that is missing, unknown, of the wrong kind or outside its limits."""
    listed = plain.get("standards", ())
    if not isinstance(listed, list) or not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in listed):
        _refuse("standards must each be a table headed [[standards]] with an id.")
    in_use = {one["id"]: one for one in listed if one.get("is_on", True) is not False}
    tree = {**plain, "standards": in_use}
    seen = set()
    for setting, least, most, is_whole in _NUMBERS:
        for path, value in _find(tree, setting):
            seen.add(path)
            _check_number(".".join(path), value, least, most, is_whole=is_whole)
    for setting, choices in _TEXTS:
        for path, value in _find(tree, setting):
            seen.add(path)
            if not isinstance(value, str) or not (value.strip() or path[-1] in _MAY_BE_BLANK):
                _refuse(f"{'.'.join(path)} must be text; it is {_shown(value)}.")
            if choices and value not in choices:
                _refuse(f"{'.'.join(path)} must be one of {_listed(choices)}; it is {_shown(value)}.")
    for setting in _YES_NO:
        for path, value in _find(tree, setting):
            seen.add(path)
            if not isinstance(value, bool):
                _refuse(f"{'.'.join(path)} must be true or false; it is {_shown(value)}.")
    for setting in _LISTS:
        for path, value in _find(tree, setting):
            seen.add(path)
            _check_list(".".join(path), value, are_numbers=setting.startswith("benefit."))
    for path in _leaves(tree, ()):
        if path not in seen:
            _refuse(f"{'.'.join(path)} is not a setting the planner knows; `planner policy show` lists every name.")


def _check_number(what: str, value: Any, least: Fraction | int, most: int, *, is_whole: bool) -> None:
    is_number = isinstance(value, int | Fraction) and not isinstance(value, bool)
    if not is_number or not least <= value <= most or (is_whole and Fraction(value).denominator != 1):
        from_least = "more than 0" if least == _ABOVE_0 else f"at least {least}"
        as_fraction = is_number and what.endswith("percent") and 0 < value < 1
        meant = f" For {float(value * 100):g} percent write {float(value * 100):g}." if as_fraction else ""
        _refuse(f"{what} must be a {'whole ' * is_whole}number, {from_least} and at most {most}; it is {_shown(value)}.{meant}")


def _check_list(what: str, value: Any, *, are_numbers: bool) -> None:
    if not isinstance(value, list):
        _refuse(f"{what} must be a list; it is {_shown(value)}.")
    for one in value:
        if are_numbers:
            _check_number(f"each of {what}", one, 0, 100, is_whole=False)
        elif not isinstance(one, str):
            _refuse(f"each of {what} must be text; one is {_shown(one)}.")


def _find(tree: Mapping[str, Any], setting: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every place a setting stands in a policy, with its value; refuses one that is missing and may not be."""
    found: list[tuple[tuple[str, ...], Any]] = [((), tree)]
    for part in setting.split("."):
        name, may_be_missing = part.removesuffix("?"), part.endswith("?")
        deeper: list[tuple[tuple[str, ...], Any]] = []
        for path, node in found:
            if not isinstance(node, Mapping):
                _refuse(f"{'.'.join(path)} must be a table; it is {_shown(node)}.")
            if "*" in name:
                deeper += [((*path, each), value) for each, value in node.items() if fnmatchcase(each, name)]
            elif name in node:
                deeper.append(((*path, name), node[name]))
            elif not may_be_missing:
                _refuse(f"{'.'.join((*path, name))} is missing; compare the policy with `planner policy show`.")
        found = deeper
    yield from found


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _leaves(value, (*path, name))
    else:
        yield path


def _shown(value: Any) -> str:
    if isinstance(value, Fraction):
        value = float(value)
    text = f"'{value}'" if isinstance(value, str) else "a table" if isinstance(value, Mapping) else str(value).lower()
    return text if len(text) <= 40 else f"{text[:37]}..."


def _listed(options: Sequence[str]) -> str:
    return ", ".join(options)


def _always_on(rule_id: str) -> str:
    return f"rules.{rule_id} is not a rule that may be switched off; those are {_listed(MAY_BE_OFF)}."


def _no_price(rule_id: str) -> str:
    return f"{PRICES}.{rule_id} is not a rule that may give way at a price; those are {_listed(MAY_BE_PRICED)}."


# --- what its settings must be to one another ------------------------------------------------


def _check(policy: Policy) -> None:
    """Refuse settings that cannot be right together, each with one sentence."""
    board = policy.board
    for rule_id, _ in policy.rules_on:
        if rule_id not in MAY_BE_OFF:
            _refuse(_always_on(rule_id))
    for rule_id, _ in policy.prices:
        if rule_id not in MAY_BE_PRICED:
            _refuse(_no_price(rule_id))
    if board.contingency_percent + board.moderated_pot_percent >= 100:
        _refuse("board.contingency_percent and board.moderated_pot_percent together must be under 100 percent of cash.")
    if policy.is_hard("money_floor") and policy.is_hard("money_cap") and board.money_cap_percent < board.money_floor_now_percent:
        _refuse("board.money_cap_percent must be at least board.money_floor_percent.")
    if policy.is_hard("sessions_floor") and policy.is_hard("sessions_cap") and board.sessions_cap_percent < board.sessions_floor_percent:
        _refuse("board.sessions_cap_percent must be at least board.sessions_floor_percent.")
    if board.money_taper_years == 1:
        _refuse("board.money_taper_years must be 0 (the floor does not taper) or at least 2.")
    strangers = {name for name, _ in board.standard_floors} - {standard.standard_id for standard in policy.standards}
    if strangers:
        _refuse(f"board.standard_floors names {_listed(sorted(strangers))}, which is no standard of the policy that is on.")
    weights = sum(weight for _, weight in policy.driver_weights)
    if weights != 100:
        paths = [f"need.driver_weights.{name}" for name, _ in policy.driver_weights]
        _refuse(f"{_listed(paths)} must add up to 100; they come to {float(weights):g}.")
    for name, codes in policy.assumed_needs:
        if not codes or not set(codes) <= policy.need_codes():
            _refuse(f"assume_needs.{name} must name need codes of the policy: {_listed(sorted(policy.need_codes()))}.")
    for role in policy.roles:
        if f"pupils_per_{role.role_id}" not in dict(policy.assumptions):
            _refuse(f"assume.pupils_per_{role.role_id} is missing; the role {role.role_id} needs it.")
    _check_benefit(policy.benefit)
    _check_calendar(policy.half_terms_begin)
    for standard in policy.standards:
        _check_standard(standard, policy)


def _check_benefit(benefit: Sequence[tuple[Fraction, Fraction]]) -> None:
    slopes = [
        (met - met_before) / (dose - dose_before)
        for (dose_before, met_before), (dose, met) in itertools.pairwise(benefit)
        if dose > dose_before
    ]
    if not slopes or sum(benefit[0]) != 0 or min(benefit[-1]) != 1 or len(slopes) != len(benefit) - 1:
        _refuse("benefit.dose_percent and benefit.met_percent must start at 0, end at 100 and rise in dose.")
    if any(slope <= 0 for slope in slopes) or any(later > earlier for earlier, later in itertools.pairwise(slopes)):
        _refuse("benefit.met_percent must rise, and never rise faster later than earlier.")


def _check_calendar(half_terms_begin: Sequence[str]) -> None:
    """Refuse half-terms that are not six days of one school year in order, the fifth the first to begin after March."""
    try:
        days = [date.fromisoformat(f"2000-{text}") for text in half_terms_begin]
    except ValueError:
        days = []
    in_order = [(day.month + 3) % 12 * 100 + day.day for day in days]  # September first
    is_after_march = [4 <= day.month <= 8 for day in days]
    if len(days) != 6 or in_order != sorted(set(in_order)) or is_after_march != [False] * 4 + [True] * 2:
        _refuse("calendar.half_terms_begin must be six days in order, written MM-DD: four from September to March, then two from April.")


def _check_standard(standard: Standard, policy: Policy) -> None:
    name = f"standards.{standard.standard_id}"
    if standard.need not in {n.code for n in policy.need_types}:
        _refuse(f"{name} is for {standard.need}, which need.types does not describe.")
    unknown = {role for role, _ in standard.sessions_per_pupil} - policy.role_ids()
    if unknown:
        _refuse(f"{name} asks for time of {_listed(sorted(unknown))}, which roles does not describe.")
    if not (standard.needs_place or standard.hours_per_pupil or standard.sessions_per_pupil):
        _refuse(f"{name} asks for nothing; give it hours, sessions or a place.")
    serves = {policy.role(role).serves for role, _ in standard.sessions_per_pupil}
    if standard.needs_place and (standard.phase is None or standard.hours_per_pupil or standard.sessions_per_pupil):
        _refuse(f"{name} is a place: give it one phase and no hours or sessions.")
    if len(serves) > 1 or (serves == {"zone"} and standard.hours_per_pupil):
        _refuse(f"{name} mixes support planned for a school with support planned for a zone; split it in two.")
