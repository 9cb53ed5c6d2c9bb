"""The settings that anybody may try, each with a sentence on what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from planner.errors import InputMustBeMended
from planner.export.priced import points_said, unit_of
from planner.need import World
from planner.partnership import GRANT_ITEM
from planner.policy import TIERS as TIER_IDS
from planner.policy import Policy, with_changes
from planner.reasons import half_days
from planner.rules import RULES
from planner.supply import contingency_pounds, moderated_pot_pounds
from planner.tried import Value, value_now
from web.bring.policy_settings import Setting, figure_text, number_typed, settings_groups
from web.words import TIERS, pounds

FAIRNESS = (
    "host_share", "phase_balance", "secondaries_in_proportion", "sessions_cap", "no_worse_outside", "cohort_fill", "next_year_affordable",
)  # fmt: skip
"""Rules that a board may switch, about who gets what."""
_REACH = {
    "board.contingency_percent": (0, 20, "0.5"), "board.moderated_pot_percent": (0, 20, "0.5"), "board.line_percent": (40, 100, "5"),
    "board.money_floor_percent": (-100, 0, "5"), "board.sessions_floor_percent": (-100, 0, "5"), **{f"priorities.{tier}": (1, 12, "1") for tier in TIER_IDS},
}  # fmt: skip
"""Setting -> how far its slider goes, and its step. What is typed may go further."""
_EXAMPLE_POUNDS, _EXAMPLE_HALF_DAYS = 10_000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One figure that can be moved: what it is, what stands there, what it comes to, and what is wrong with what was typed."""

    name: str
    label: str
    text: str
    sign: str
    least: str
    most: str
    step: str
    said: str
    in_plan: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One rule that can be kept or left."""

    name: str
    sentence: str
    is_on: bool
    said: str


def sliders(
    world: World, policy: Policy, typed: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None
) -> tuple[Slider, ...]:
    """Every slider at what a policy says, or at what was typed, with what the plan was made with."""
    found = []
    for setting in _settings(world.policy):
        now, planned = (_text(one, setting.path) for one in (policy, world.policy))
        least, most, step = _REACH[setting.path]
        value = float(value_now(policy, setting.path))
        found.append(
            Slider(
                name=setting.name, label=setting.title, text=(typed or {}).get(setting.name, now), sign=setting.sign,
                least=f"{min(least, value):g}", most=f"{max(most, value):g}", step=step, said=consequence(world, policy, setting.path),
                in_plan="" if now == planned else f"{planned}{setting.sign} in the plan", fault=(faults or {}).get(setting.name, ""),
            )
        )  # fmt: skip
    return tuple(found)


def switches(world: World, policy: Policy) -> tuple[Switch, ...]:
    """Every rule about who gets what, kept or left."""
    return tuple(
        Switch(
            name=f"rules-{rule_id}", sentence=RULES[rule_id].sentence.removesuffix("."), is_on=policy.is_on(rule_id),
            said=said_of_rule(world.policy, policy, rule_id),
        )
        for rule_id in FAIRNESS
    )  # fmt: skip


def moved(world: World, typed: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """The settings as typed, all of them, and what is wrong by field. A field that is not there stays as it is in the plan."""
    settings: dict[str, Value] = {}
    faults: dict[str, str] = {}
    for setting in _settings(world.policy):
        if setting.name in typed:
            try:
                settings[setting.path] = number_typed(typed[setting.name], setting)
            except InputMustBeMended as refused:
                faults[setting.name] = str(refused)
    if typed.get("switches") == "there":
        settings |= {f"rules.{rule_id}": f"rules-{rule_id}" in typed for rule_id in FAIRNESS}
    return settings, faults


def policy_with(world: World, settings: Mapping[str, Value]) -> Policy:
    """The plan's policy with what differs. Raises ``InputMustBeMended`` where it cannot be right together."""
    differs = {path: value for path, value in settings.items() if value_now(world.policy, path) != value}
    return with_changes(world.policy, differs) if differs else world.policy


def setting_words(policy: Policy, path: str, value: Value) -> str:
    """A setting that was moved, in words."""
    if path.startswith("rules."):
        return f"{RULES[path.removeprefix('rules.')].sentence.removesuffix('.')}: {'kept' if value else 'left'}"
    if path.startswith("prices."):
        return _price_words(path.removeprefix("prices."), value)
    setting = next(one for one in _settings(policy) if one.path == path)
    return f"{setting.title}: {figure_text(str(value))}{_spaced(setting.sign)} instead of {_text(policy, path)}{_spaced(setting.sign)}"


def _price_words(rule_id: str, value: Value) -> str:
    sentence = RULES[rule_id].sentence.removesuffix(".")
    if not value:
        return f"{sentence}: gives way no more"
    price = points_said(Fraction(value))
    return f"{sentence}: may give way, at {price} {'point' if value == 1 else 'points'} for each {unit_of(RULES[rule_id])}"


def said_of_rule(planned: Policy, policy: Policy, rule_id: str) -> str:
    """What switching a rule comes to."""
    now, was = policy.is_on(rule_id), planned.is_on(rule_id)
    if now == was:
        return "As in the plan: every plan keeps it." if now else "As in the plan: no plan need keep it."
    return "Every plan keeps it now; the plan did not have to." if now else "Plans need not keep it now; the plan did."


def consequence(world: World, policy: Policy, path: str) -> str:
    """What a setting comes to by itself, in one sentence."""
    board = policy.board
    if path == "board.contingency_percent":
        return f"{pounds(sum(contingency_pounds(world.partnership, policy)))} of the year's money is kept for what nobody can foresee, and not shared out."
    if path == "board.moderated_pot_percent":
        released = pounds(sum(moderated_pot_pounds(world.partnership, policy).values()))
        return f"{released} of the year's money is released to the moderated pot, half-term by half-term, for what schools claim during the year."
    if path == "board.line_percent":
        return f"A plan first brings every need to {figure_text(str(float(board.line_percent)))}% of its standard; what is below that counts as unmet first."
    if path == "board.money_floor_percent":
        return _floor(world, board.money_floor_percent, is_grant=True)
    if path == "board.sessions_floor_percent":
        return _floor(world, board.sessions_floor_percent, is_grant=False)
    return _weighs(dict(policy.priorities), path.removeprefix("priorities."))


def _weighs(weights: Mapping[str, int], tier: str) -> str:
    """A weight beside that of the first layer, which is itself said beside the last."""
    first, last = TIER_IDS[0], TIER_IDS[-1]
    heavy, light = (last, first) if tier == first else (tier, first)
    return f"One pupil's {TIERS[heavy]} need weighs as much as the {TIERS[light]} need of {weights[heavy] / weights[light]:.3g}."


def _floor(world: World, percent: Fraction, *, is_grant: bool) -> str:
    share = (100 + percent) / 100
    what = "grant" if is_grant else "time from a service"
    if not share:
        return f"No school keeps any of last year's {what} by this rule."
    rows = sum((row.item == GRANT_ITEM) is is_grant for row in world.partnership.last_year)
    example = _EXAMPLE_POUNDS if is_grant else _EXAMPLE_HALF_DAYS
    kept = ceil(example * share)
    had, keeps = (pounds(example), pounds(kept)) if is_grant else (half_days(example), f"{kept:,}")
    return f"A school that had {had} of {what} last year keeps at least {keeps}." if rows else f"Nobody had any {what} last year."


def _settings(policy: Policy) -> tuple[Setting, ...]:
    by_path = {setting.path: setting for group in settings_groups(policy) for setting in group.settings}
    return tuple(by_path[path] for path in _REACH if path in by_path)


def _text(policy: Policy, path: str) -> str:
    return figure_text(str(Decimal(next(figure.value for figure in policy.figures if figure.path == path))))


def _spaced(sign: str) -> str:
    return sign if sign in {"", "%"} else f" {sign}"
