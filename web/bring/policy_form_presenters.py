"""The words round the form of the policy: what each figure does, and what is in force with its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planner.policy import MAY_BE_PRICED, Figure, Policy
from planner.words import day
from web.bring.policy_settings import RULES_FIELD, Setting, SettingsGroup, figure_text, price_name, rule_name, settings_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field of the form and the words under its label: what it does, what is now; ``keys`` is which keys a phone shows."""

    name: str
    meaning: str
    now: str
    sign: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Fields that belong together."""

    key: str
    title: str
    sentence: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """The form, group by group; the roles share a heading, and so do the rules."""

    groups: tuple[GroupView, ...]
    roles_title: str
    roles_sentence: str
    roles: tuple[GroupView, ...]
    rules_title: str
    rules_hint: str
    rules_field: str
    rules: tuple[tuple[str, str], ...]


def settings_view(in_force: Policy) -> SettingsView:
    """The words of the form under a policy."""
    groups = settings_groups(in_force)
    return SettingsView(
        groups=_views((one for one in groups if not one.is_role), in_force),
        roles_title="Specialist roles",
        roles_sentence="A school or zone gets none of a service or at least its smallest block; a service with a block of its own in the figures keeps "
        "that. The vacancy held back is time that no plan gives away, because a post may stand empty.",
        roles=_views((one for one in groups if one.is_role), in_force),
        rules_title="Rules that a board may switch off or price",
        rules_hint="A rule that may give way at a price is kept unless missing it lowers the need below the board's line by more points than it costs. "
        "At 0.02 points for each pound, missing it by £10 costs 0.2 points of need. The plan says where it gives way, to the schools too. "
        "Rules of law and of arithmetic always apply, and so do a host school's conditions and a rule that a head has locked.",
        rules_field=RULES_FIELD,
        rules=tuple(
            (rule_name(rule_id), price_name(rule_id) if rule_id in MAY_BE_PRICED else "") for rule_id, _ in in_force.rules_on
        ),
    )  # fmt: skip


def _views(groups: Iterable[SettingsGroup], in_force: Policy) -> tuple[GroupView, ...]:
    return tuple(
        GroupView(
            key=group.key,
            title=group.title,
            sentence=group.sentence,
            fields=tuple(
                FieldView(
                    name=one.name, meaning=one.meaning, now=_now(one, in_force.figure(one.path), in_force), sign=one.sign, keys=_keys(one)
                )
                for one in group.settings
            ),
        )
        for group in groups
    )


def _now(setting: Setting, figure: Figure, in_force: Policy) -> str:
    """What is in force, where it comes from, and whether it counts."""
    value = f"In force: {figure_text(figure.value)}" + (f" {figure.unit}" if setting.sign else "")
    idle = " Its rule is off now, so it counts for nothing." if setting.rule_id and not in_force.is_on(setting.rule_id) else ""
    if figure.source.casefold() == figure.confidence == "set by the board":
        return f"{value}, set by the board.{idle}"
    date = f" Dated {day(figure.date)}." if figure.date else ""
    return f"{value} ({figure.confidence}). Source: {figure.source.strip().rstrip('.') or 'none given'}.{date}{idle}"


def _keys(setting: Setting) -> str:
    # Phones' number pads have no minus sign.
    return "text" if setting.limits.least < 0 else "numeric" if setting.limits.is_whole else "decimal"
