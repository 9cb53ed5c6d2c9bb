"""The settings that a board changes in a form: what they are called, what may be typed there, and what somebody changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovSelect
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from planner.errors import InputMustBeMended
from planner.export.priced import unit_of
from planner.policy import MAY_BE_PRICED, PRICES, Limits, Policy, limits_of
from planner.policy import TIERS as TIER_IDS
from planner.rules import RULES
from web.forms import Form, text_field
from web.words import MINUS, TIERS, upper_first

RULES_FIELD = "rules"
DRIVERS = {
    "pupils": "the number of pupils", "fsm6": "free school meals", "idaci": "deprivation of the area", "low_prior_attainment": "low prior attainment",
    "mobility": "pupils who come and go",
}  # fmt: skip
"""What a driver of need is called in the form."""
_ON, _PRICED, _OFF = "on", "price", "off"
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,9})?", re.ASCII)
_TYPED = re.compile(r"(?P<sign>[-+−–])? ?(?P<number>\d[\d,]*(?:\.\d{1,9})?) ?(?P<unit>[a-z%][a-z -]*)?", re.ASCII | re.IGNORECASE)
_UNITS = {
    "": frozenset(""), "%": frozenset({"%", "percent", "per cent"}), "schools": frozenset({"school", "schools"}), "pupils": frozenset({"pupil", "pupils"}),
    "months": frozenset({"month", "months"}),
    "half-days": frozenset({"half-day", "half-days", "half days", "half-day sessions", "sessions"}),
    "places": frozenset({"place", "places"}), "years": frozenset({"year", "years"}),
}  # fmt: skip
"""What may be typed after a figure, by the unit that the form prints there."""
Value = int | Decimal | bool
_CHOICES = {_ON: "Kept in every plan", _PRICED: "May give way at a price", _OFF: "Off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A figure of the policy in the form: ``title`` stands in sentences, ``sign`` after the figure; ``rule_id`` is the rule it is for."""

    path: str
    title: str
    label: str
    sign: str = ""
    meaning: str = ""
    rule_id: str = ""

    @property
    def name(self) -> str:
        """Its field in the form."""
        return _name(self.path)

    @property
    def limits(self) -> Limits:
        """Between which limits it may be."""
        return limits_of(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsGroup:
    """Settings that belong together; those of a role stand under its name."""

    key: str
    title: str
    sentence: str
    settings: tuple[Setting, ...]
    is_role: bool = False


def settings_groups(policy: Policy) -> tuple[SettingsGroup, ...]:
    """The settings in the form, group by group."""
    return (
        *_BOARD,
        SettingsGroup(
            key="weights",
            title="What a need weighs",
            sentence="A plan compares needs by these weights. With 6 for specialist and 1 for targeted, one pupil's specialist need weighs "
            "as much as the targeted need of six.",
            settings=tuple(
                Setting(
                    path=f"priorities.{tier}",
                    title=f"The weight of a {TIERS[tier]} need",
                    label=f"{upper_first(TIERS[tier])} need, weight of one pupil",
                )
                for tier in TIER_IDS
            ),
        ),
        SettingsGroup(
            key="drivers",
            title="What the need of an area is expected from",
            sentence="The five weights come to 100 together: raise one, lower another. "
            "Where a school's figure is not known, it counts as an average school; deprivation that is not known counts as free school meals.",
            settings=tuple(
                Setting(
                    path=f"need.driver_weights.{name}",
                    title=f"The weight of {DRIVERS.get(name, name)}",
                    label=f"{upper_first(DRIVERS.get(name, name))}, weight in percent",
                    sign="%",
                )
                for name, _ in policy.driver_weights
            ),
        ),
        *(
            SettingsGroup(
                key=role.role_id,
                title=role.name,
                sentence="",
                is_role=True,
                settings=(
                    Setting(
                        path=f"roles.{role.role_id}.minimum_block_sessions",
                        title=f"{role.name}: the smallest block",
                        label="Smallest block, half-days a year",
                        sign="half-days",
                        rule_id="smallest_block",
                    ),
                    Setting(
                        path=f"roles.{role.role_id}.vacancy_held_back_percent",
                        title=f"{role.name}: the vacancy held back",
                        label="Vacancy held back, percent of time",
                        sign="%",
                        rule_id="vacancy_held_back",
                    ),
                ),
            )
            for role in policy.roles
        ),
    )


_BOARD = (
    SettingsGroup(
        key="line",
        title="The board's line",
        sentence="",
        settings=(
            Setting(
                path="board.line_percent",
                title="The line",
                label="The line, percent of need met",
                sign="%",
                meaning="How much of each need the board wants met first. A plan leaves as little need as possible below it.",
            ),
        ),
    ),
    SettingsGroup(
        key="money",
        title="Money",
        sentence="",
        settings=(
            Setting(
                path="board.contingency_percent",
                title="The contingency",
                label="Held as contingency, percent of cash",
                sign="%",
                meaning="Kept in each financial year for what nobody can foresee.",
                rule_id="contingency_held",
            ),
            Setting(
                path="board.moderated_pot_percent",
                title="The moderated pot",
                label="Kept for the moderated pot, percent of cash",
                sign="%",
                meaning="Released half-term by half-term, for what schools bring to moderation during the year.",
                rule_id="moderated_pot_released",
            ),
            Setting(
                path="board.money_floor_percent",
                title="The floor of a school's grant",
                label="Floor of a school's grant, percent change on last year",
                sign="%",
                meaning=f"No school's grant falls below it. {MINUS}10 is at most a tenth less than last year; {MINUS}100 is no floor.",
                rule_id="money_floor",
            ),
            Setting(
                path="board.money_cap_percent",
                title="The cap on a school's grant",
                label="Cap on a school's grant, percent change on last year",
                sign="%",
                meaning="No school's grant rises above it. 60 is at most 60 percent more than last year.",
                rule_id="money_cap",
            ),
            Setting(
                path="board.money_taper_years",
                title="How long the floor of a grant tapers",
                label="The floor of a grant falls away over, years",
                sign="years",
                meaning=f"What is set above holds in the first year; then a grant may fall by equal steps in pounds, to no floor ({MINUS}100) in the last: £12,000 over 4 years is held at £12,000, £8,000, £4,000 and £0. 0 is no taper.",
                rule_id="money_floor",
            ),
            Setting(
                path="board.money_taper_year",
                title="The year of the taper",
                label="Year of the taper that this is",
                meaning="1 in the first year; the board moves it on each year. It counts for nothing where the floor does not taper.",
                rule_id="money_floor",
            ),
        ),
    ),
    SettingsGroup(
        key="time",
        title="Specialist time",
        sentence="",
        settings=(
            Setting(
                path="board.sessions_floor_percent",
                title="The floor of a school's specialist time",
                label="Floor of a school's time from a service, percent change on last year",
                sign="%",
                meaning=f"No school's time from a service falls below it. {MINUS}50 is at most half less than last year; {MINUS}100 is no floor.",
                rule_id="sessions_floor",
            ),
            Setting(
                path="board.sessions_cap_percent",
                title="The cap on a school's specialist time",
                label="Cap on a school's time from a service, percent change on last year",
                sign="%",
                meaning="No school's time from a service rises above it, rounded up, or the smallest block where that is more.",
                rule_id="sessions_cap",
            ),
        ),
    ),
    SettingsGroup(
        key="bases",
        title="Bases",
        sentence="",
        settings=(
            Setting(
                path="board.host_share_percent",
                title="The host's share of a base",
                label="Most places of a new or larger base for the host's own pupils, percent",
                sign="%",
                meaning="A base fills from the need of the whole area. The host's own part is its share of its zone's expected pupils.",
                rule_id="host_share",
            ),
            Setting(
                path="board.secondary_places_per_1000",
                title="The places that secondaries come to have",
                label="Base places at each secondary, for 1,000 of its pupils",
                sign="places",
                meaning="Each secondary that agreed to host takes an equal step toward it each year, rounded down to whole places.",
                rule_id="secondaries_in_proportion",
            ),
            Setting(
                path="board.secondary_places_target_year",
                title="The year in which secondaries have their places",
                label="Academic year, by the year it starts in, in which secondaries have these places",
                meaning="The further off it is, the smaller is this year's step.",
                rule_id="secondaries_in_proportion",
            ),
        ),
    ),
    SettingsGroup(
        key="new_bases",
        title="New bases",
        sentence="",
        settings=(
            Setting(
                path="bases.lead_in_months",
                title="The lead-in of a new base",
                label="Teachers' pay before a new base opens, months",
                sign="months",
                meaning="Paid once for each teacher in charge, from the running money of September to March, whichever months it is for. "
                "A term ahead is about 4; 0 is none.",
            ),
            Setting(
                path="board.cohort_fill_percent",
                title="How far new places fill in the first year",
                label="New places given in the first year, percent",
                sign="%",
                meaning="A new base, or the growth of an open one, gives at most this share of its new places, rounded up to a whole place. "
                "It costs as if it were full. 100 is no limit.",
                rule_id="cohort_fill",
            ),
            Setting(
                path="board.next_year_affordable_percent",
                title="The limit on next year's cost",
                label="Most the same plan may cost next year, percent of this year's recurring money",
                sign="%",
                meaning="Next year the grants, specialist time, moderated pot and contingency are as in the plan, its bases run all year at their "
                "full size, and nothing opens. Recurring money is this year's cash of all funds that are planned, without what was brought forward; "
                "capital is not counted. Which fund may pay for what is not followed into next year, and no price is raised.",
                rule_id="next_year_affordable",
            ),
        ),
    ),
    SettingsGroup(
        key="sizes",
        title="Zones and small needs",
        sentence="",
        settings=(
            Setting(
                path="board.schools_in_a_zone",
                title="The size of a zone",
                label="Size of a zone, schools",
                sign="schools",
                meaning="How many neighbouring schools share what is planned for several together. Zones that the figures name stay as they are.",
            ),
            Setting(
                path="board.negligible_pupils",
                title="A need too small to plan for",
                label="A need too small to plan for, expected pupils",
                sign="pupils",
                meaning="A standard that fewer pupils than this are expected to need is not planned for in that school or zone.",
            ),
        ),
    ),
    SettingsGroup(
        key="published",
        title="What is published",
        sentence="",
        settings=(
            Setting(
                path="publication.fewest_pupils_shown",
                title="The smallest number of pupils that is published",
                label="Smallest number of pupils that is published",
                sign="pupils",
                meaning="The public pack leaves out every smaller number of pupils but 0, and any that would give one away. "
                "Where no public pack can be made, a larger number may make one possible.",
            ),
        ),
    ),
)


def number_typed(text: str, setting: Setting) -> int | Decimal:
    """The figure that somebody typed: 12.5, 12,5 and 5 % are plain. Raises ``InputMustBeMended`` with what it must be."""
    found = _TYPED.fullmatch(re.sub(r"\s+", " ", text).strip())
    if found is None or (found["unit"] and found["unit"].lower() not in _UNITS[setting.sign]):
        raise InputMustBeMended(_must_be(setting))
    number = found["number"].replace(",", "" if _THOUSANDS.fullmatch(found["number"]) else ".")
    if not re.fullmatch(r"\d{1,7}(?:\.\d{1,9})?", number, re.ASCII):
        raise InputMustBeMended(_must_be(setting))
    value = _plain(Decimal(f"{'' if found['sign'] in {None, '+'} else '-'}{number}"))
    if not setting.limits.holds(Fraction(value)):
        raise InputMustBeMended(_must_be(setting))
    return value


def _must_be(setting: Setting) -> str:
    limits = setting.limits
    least, most = (f"{limit:,}".replace("-", MINUS) for limit in (limits.least, limits.most))
    kind = "a whole number" if limits.is_whole else "a number"
    return f"{setting.title} must be {kind} {f'above {least} and at most' if limits.is_above else f'from {least} to'} {most}."


def _plain(value: Decimal) -> int | Decimal:
    return int(value) if value == int(value) else value.normalize()


def figure_text(value: str | int | Decimal) -> str:
    """A figure as it stands in the form."""
    plain = _plain(Decimal(value))
    return (str(plain) if isinstance(plain, int) else f"{plain:f}").replace("-", MINUS)


# --- the form --------------------------------------------------------------------------------


def settings_form(policy: Policy, answered: Mapping[str, str] | None = None) -> Any:
    """The form with what was typed into it, else with what a policy says and the changes that were already answered."""
    before = answered or {}
    fields: dict[str, Any] = {
        one.name: text_field(one.label, "", default=before.get(one.name, figure_text(policy.figure(one.path).value)))
        for one in _settings(policy)
    }
    for rule_id, is_on in policy.rules_on:
        now = figure_text(str(float(dict(policy.prices)[rule_id]))) if rule_id in dict(policy.prices) else "0"
        price = before.get(price_name(rule_id), now)
        chosen = before.get(rule_name(rule_id), _ON if is_on else _OFF)
        fields[rule_name(rule_id)] = SelectField(
            RULES[rule_id].sentence,
            choices=[SelectChoice(said, words) for said, words in _CHOICES.items() if said != _PRICED or rule_id in MAY_BE_PRICED],
            default=_PRICED if chosen == _ON and price != "0" else chosen,
            validate_choice=False,
            widget=GovSelect(),
        )
        if rule_id in MAY_BE_PRICED:
            fields[price_name(rule_id)] = text_field(_price_label(rule_id), "", default="" if price == "0" else price)
    made = type("SettingsForm", (Form,), fields)
    return made() if answered is None else made(formdata=None)


def typed_changes(form: Any, shown: Policy) -> dict[str, Value]:
    """What somebody changed in the form that showed a policy; what cannot be is said beside its field."""
    typed: dict[str, Value] = {}
    for one in _settings(shown):
        try:
            typed[one.path] = number_typed(form[one.name].data, one)
        except InputMustBeMended as refused:
            form[one.name].errors = [str(refused)]
    for rule_id, is_on in shown.rules_on:
        typed |= _rule_typed(form, rule_id, is_on=is_on)
    return differing(typed, shown)


def _rule_typed(form: Any, rule_id: str, *, is_on: bool) -> dict[str, Value]:
    """What somebody chose for a rule; an answer that is none leaves it as it is."""
    said = form[rule_name(rule_id)].data
    if said not in {_ON, _PRICED, _OFF}:
        return {f"rules.{rule_id}": is_on}
    chosen: dict[str, Value] = {f"rules.{rule_id}": said != _OFF}
    if rule_id not in MAY_BE_PRICED or said == _OFF:
        return chosen
    if said == _ON:
        return chosen | {f"{PRICES}.{rule_id}": 0}
    field, setting = form[price_name(rule_id)], _price_setting(rule_id)
    try:
        price = number_typed(field.data or "", setting)
    except InputMustBeMended:
        price = 0
    if not price:
        field.errors = [f"{setting.title} must be a number above 0 and at most {setting.limits.most}."]
        return {}
    return chosen | {f"{PRICES}.{rule_id}": price}


def _price_setting(rule_id: str) -> Setting:
    return Setting(
        path=f"{PRICES}.{rule_id}", title=f"The price of this rule, points for each {unit_of(RULES[rule_id])},", label=_price_label(rule_id)
    )


def _price_label(rule_id: str) -> str:
    return f"Price where it may give way, points of need for each {unit_of(RULES[rule_id])}"


def differing(values: Mapping[str, Value], policy: Policy) -> dict[str, Value]:
    """Those of the values that a policy does not have already."""
    has = {path: Fraction(value) for path, value in _values(policy).items()}
    has |= {f"rules.{rule_id}": Fraction(is_on) for rule_id, is_on in policy.rules_on}
    return {path: value for path, value in values.items() if Fraction(value) != has[path]}


def say_beside(form: Any, policy: Policy, refused: InputMustBeMended) -> str:
    """Say why figures cannot be right together beside the first of them; what belongs beside none is given back."""
    sentence = str(refused).removeprefix("The policy cannot be used: ")
    named = sorted((one for one in _settings(policy) if one.path in sentence), key=lambda one: sentence.index(one.path))
    if not named:
        return sentence
    first = form[named[0].name]
    for one in named:
        sentence = sentence.replace(one.path, one.title[:1].lower() + one.title[1:])
    first.errors = [upper_first(sentence)]
    return ""


# --- changes on their way through the page that asks to confirm them -----------------------------


def carried(changes: Mapping[str, Value]) -> dict[str, str]:
    """Changes as the fields of a form."""
    return {_name(path): (_ON if value else _OFF) if isinstance(value, bool) else figure_text(value) for path, value in changes.items()}


def changes_in(fields: Mapping[str, str], policy: Policy) -> dict[str, Value]:
    """The changes that a form carries. Raises ``InputMustBeMended`` where one cannot be."""
    changes: dict[str, Value] = {one.path: number_typed(fields[one.name], one) for one in _settings(policy) if one.name in fields}
    rules = {f"rules.{rule_id}": fields.get(rule_name(rule_id)) for rule_id, _ in policy.rules_on}
    changes |= {
        f"{PRICES}.{rule_id}": number_typed(fields[price_name(rule_id)], _price_setting(rule_id))
        for rule_id in MAY_BE_PRICED
        if price_name(rule_id) in fields
    }
    return changes | {path: said == _ON for path, said in rules.items() if said in {_ON, _OFF}}


def changes_asked(values: Mapping[str, bool | float], policy: Policy) -> dict[str, Value]:
    """The changes that a program asks for by their paths. Raises ``InputMustBeMended`` where one cannot be."""
    figures, rules = _figures(policy), {f"rules.{rule_id}" for rule_id, _ in policy.rules_on}
    changes: dict[str, Value] = {}
    for path, value in values.items():
        if path in rules and isinstance(value, bool):
            changes[path] = value
        elif path in rules:
            raise InputMustBeMended(f"{path} must be true or false.")
        elif path in figures:
            changes[path] = number_typed(repr(value), figures[path])
        else:
            raise InputMustBeMended(f"{path[:60]} is no setting that can be changed here: read the policy, which lists those that can.")
    return changes


def figures_in_force(policy: Policy) -> tuple[tuple[Setting, int | Decimal], ...]:
    """Every figure that can be changed, with what it is now; a price that is not set is 0."""
    now = _values(policy)
    return tuple((one, _plain(Decimal(now[path]))) for path, one in _figures(policy).items())


def _values(policy: Policy) -> dict[str, str]:
    """Path -> what every figure that can be changed is now; a price that is not set is 0."""
    prices = {f"{PRICES}.{rule_id}": "0" for rule_id in MAY_BE_PRICED}
    prices |= {figure.path: figure.value for figure in policy.figures if figure.path in prices}
    return {one.path: policy.figure(one.path).value for one in _settings(policy)} | prices


def _figures(policy: Policy) -> dict[str, Setting]:
    """Path -> every figure that can be changed, prices of rules among them."""
    prices = (_price_setting(rule_id) for rule_id in MAY_BE_PRICED)
    return {one.path: one for one in (*_settings(policy), *prices)}


def _name(path: str) -> str:
    return path.replace(".", "-")


def rule_name(rule_id: str) -> str:
    """The field in which a rule is kept, priced or off."""
    return _name(f"rules.{rule_id}")


def price_name(rule_id: str) -> str:
    """The field of a rule's price."""
    return _name(f"{PRICES}.{rule_id}")


def _settings(policy: Policy) -> Iterator[Setting]:
    for group in settings_groups(policy):
        yield from group.settings
