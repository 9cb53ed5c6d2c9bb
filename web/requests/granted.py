"""What a yes to a request changes: a new version of the policy or of the figures, shown before it is made; else who changes the rule, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from flask import url_for

from planner.documents import Json, to_plain
from planner.errors import InputMustBeMended
from planner.partnership import GRANT_ITEM, Consent, DecisionRight, HostCondition, Partnership
from planner.policy import Policy
from planner.reasons import half_days
from planner.store import Changed, Granter, Transaction
from planner.store.requests import Request
from planner.supply import host_condition, most_planned_places, places_now, service_supply
from planner.tried import DRAFT_WISH
from web.access import Permission, User
from web.bring.findings import clash
from web.bring.policy_form import policy_with
from web.bring.policy_settings import figure_text, figures_in_force
from web.council.supply import Entered, sources_with
from web.shelf import policy_of
from web.words import count, pounds, upper_first

NOTHING_LEFT = "The rule in force gives that much room already, so a yes changes nothing more."
IS_GONE = "The newest figures hold this rule no more, so a yes changes nothing more."
IN_DRAFT = "This is a wish of the draft alone, and no rule of the figures: who asked can change it there, under Proposals."
IS_ANOTHERS = (
    "In the newest figures this rule is another school's, so a yes of the head who was asked changes nothing. Ask again, of its head."
)
IN_WORDS_ALONE = "This request holds its change in words alone, so a yes changes no rule by itself."
AT_ONE_PLACE = "No setting of the policy holds for one place alone, so a yes changes no rule by itself."
BY_BOARD = (
    "A member of the board changes the rule for everybody, lets it give way at a price or leaves it, under Figures, Policy; it then counts "
    "for the next plan."
)
BY_ADMINISTRATOR = "An administrator changes it where figures are brought, on the sheets Heads rules and Host conditions; it then counts for the next plan."
_EVERYWHERE = "*"
_PERCENTS = {
    "money_floor": "board.money_floor_percent", "money_cap": "board.money_cap_percent", "sessions_floor": "board.sessions_floor_percent",
    "contingency_held": "board.contingency_percent", "moderated_pot_released": "board.moderated_pot_percent",
    "next_year_affordable": "board.next_year_affordable_percent",
}  # fmt: skip
"""Rules that give way for everybody by a percent of the board's, and its setting."""
_TAPER = "board.money_taper_years"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A change that a yes makes: a version of what it becomes, made from which, and each line of it: what, was, now."""

    of: Changed
    lines: tuple[tuple[str, str, str], ...]
    based_on: int
    document: Json

    @property
    def seen(self) -> str:
        """What a page says that it was shown with."""
        return f"{self.of} {self.based_on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """No change that a yes makes: why, who makes it, and the way there, '' where there is none for who is asking."""

    sentences: tuple[str, ...]
    link: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Eased:
    """Figures in which a rule has given way, what was entered in them, and the line that says so."""

    partnership: Partnership
    entered: Entered
    line: tuple[str, str, str]


def change_of(tx: Transaction, user: User, one: Request) -> Ready | Elsewhere:
    """What a yes to a request changes now, by the newest figures and the policy in force."""
    latest = tx.partnerships.latest(partnership_id=one.partnership_id)
    if one.move is None or latest is None:
        return _elsewhere(user, one, IN_WORDS_ALONE)
    rule, place, was, now = one.move["rule"], one.move["place"], Fraction(one.move["was"]), Fraction(one.move["now"])
    p, policy = latest.partnership(), policy_of(tx.policies.latest(partnership_id=one.partnership_id))
    if one.kind is Granter.HEAD and _school_of(p, rule, place) not in {None, one.granter_urn}:
        return Elsewhere(sentences=(IS_ANOTHERS,))
    try:
        if rule in _PERCENTS and (place == _EVERYWHERE or rule == "next_year_affordable"):
            return _of_policy(tx, one, policy, rule, was, now)
        if rule not in _FIGURES:
            return _elsewhere(user, one, AT_ONE_PLACE)
        eased = _FIGURES[rule](p, policy, place, was, now)
    except LookupError:
        return Elsewhere(sentences=(IN_DRAFT if place.startswith(DRAFT_WISH) else IS_GONE,))
    except InputMustBeMended as refused:
        return _elsewhere(user, one, f"It cannot be changed here as it stands. {refused}")
    if eased is None:
        return Elsewhere(sentences=(NOTHING_LEFT,))
    new = replace(eased.partnership, sources=sources_with(p.sources, [eased.entered]))
    why = clash(new, policy)
    if why:
        return _elsewhere(user, one, f"It does not fit the other figures. {why}")
    return Ready(of=Changed.FIGURES, lines=(eased.line,), based_on=latest.version, document=to_plain(new))


def make(tx: Transaction, one: Request, ready: Ready, *, by: int) -> int:
    """The version that a yes makes, with its line in the log. Raises ``ChangedMeanwhile`` where there is a newer one."""
    versions = tx.policies if ready.of is Changed.POLICY else tx.partnerships
    made = versions.add_version(
        partnership_id=one.partnership_id, document=ready.document, note=f"Request {one.id} granted: {one.what}"[:200], by=by,
        based_on=ready.based_on,
    )  # fmt: skip
    action, subject = ("policy set", "policy version") if ready.of is Changed.POLICY else ("figures changed", "version")
    tx.events.record(
        partnership_id=one.partnership_id, by=by, action=action, subject=f"{subject} {made.version}",
        detail={"version": made.version, "request": one.id},
    )  # fmt: skip
    return made.version


def _elsewhere(user: User, one: Request, why: str) -> Elsewhere:
    """Who changes the rule instead, and the way there for who may go it."""
    here = one.partnership_id
    if one.kind is Granter.HEAD:
        may_bring = user.may(Permission.UPLOAD, here)
        return Elsewhere(
            sentences=(why, BY_ADMINISTRATOR),
            link="Bring figures" if may_bring else "",
            href=url_for("bring.choose", partnership_id=here) if may_bring else "",
        )
    may_set = user.may(Permission.SET_POLICY, here)
    return Elsewhere(
        sentences=(why, BY_BOARD),
        link="Change the policy" if may_set else "Read the policy",
        href=url_for("bring.change_policy" if may_set else "bring.policy", partnership_id=here),
    )


# --- the policy --------------------------------------------------------------------------------


def _of_policy(tx: Transaction, one: Request, policy: Policy, rule: str, was: Fraction, now: Fraction) -> Ready | Elsewhere:
    """A percent of the board's, moved for everybody. Raises ``InputMustBeMended`` where it cannot be."""
    path = _PERCENTS[rule]
    before = dict(figures_in_force(policy))
    settings = {setting.path: setting for setting in before}
    is_tapering = rule == "money_floor" and policy.board.money_taper_years > 0
    in_force = policy.board.money_floor_now_percent if rule == "money_floor" else Fraction(before[settings[path]])
    if _is_eased(in_force, was, now):
        return Elsewhere(sentences=(NOTHING_LEFT,))
    changes: dict[str, int | Decimal] = {path: _value(now), **({_TAPER: 0} if is_tapering else {})}
    new = policy_with(tx, one.partnership_id, policy, dict(changes))
    here = tx.partnerships.partnership(partnership_id=one.partnership_id)
    assert here is not None

    def line(at: str) -> tuple[str, str, str]:
        setting = settings[at]
        sign = setting.sign if setting.sign in {"", "%"} else f" {setting.sign}"
        return setting.title, f"{figure_text(before[setting])}{sign}", f"{figure_text(changes[at])}{sign}"

    document: Json = json.loads(new.document)
    return Ready(of=Changed.POLICY, lines=tuple(line(at) for at in changes), based_on=here.latest_policy, document=document)


def _value(number: Fraction) -> int | Decimal:
    return int(number) if number.denominator == 1 else Decimal(number.numerator) / Decimal(number.denominator)


def _is_eased(in_force: Fraction | int, was: Fraction, now: Fraction) -> bool:
    """Whether what is in force gives as much room as was asked, or more."""
    return in_force >= now if now > was else in_force <= now


# --- the figures -------------------------------------------------------------------------------


def _school_of(p: Partnership, rule: str, place: str) -> int | None:
    """The school (URN) that a rule or base of the figures is of by now; None where it is gone, or its place is the school itself."""
    if rule == "head_rule":
        return next((one.urn for one in p.head_rules if one.rule_id == place), None)
    if rule == "host_consent":
        return next((one.host_urn for one in p.bases if one.base_id == place), None)
    return None


def _head_rule(p: Partnership, _: Policy, rule_id: str, was: Fraction, now: Fraction) -> _Eased | None:
    rule = next((one for one in p.head_rules if one.rule_id == rule_id), None)
    if rule is None:
        raise LookupError(rule_id)
    if _is_eased(rule.amount, was, now):
        return None
    names = {school.urn: school.name for school in p.schools} | {service.service_id: service.name for service in p.services}
    what = "its grant" if rule.item == GRANT_ITEM else names.get(rule.item, rule.item)
    before, after = (
        f"{upper_first(rule.bound)} {pounds(amount) if rule.item == GRANT_ITEM else half_days(amount)}"
        for amount in (rule.amount, int(now))
    )
    rules = tuple(replace(one, amount=int(now)) if one is rule else one for one in p.head_rules)
    return _Eased(
        partnership=replace(p, head_rules=rules),
        entered=Entered(sheet="Heads rules", key=rule_id, columns=("Amount",)),
        line=(f"The rule of {names.get(rule.urn, rule.urn)} on {what}", before, after),
    )


def _smallest_block(p: Partnership, policy: Policy, service_id: str, was: Fraction, now: Fraction) -> _Eased | None:
    service = next((one for one in p.services if one.service_id == service_id), None)
    if service is None:
        raise LookupError(service_id)
    block = service_supply(p, policy, service).minimum_block_sessions
    if _is_eased(block, was, now):
        return None
    services = tuple(replace(one, minimum_block_sessions=int(now)) if one is service else one for one in p.services)
    return _Eased(
        partnership=replace(p, services=services),
        entered=Entered(sheet="Services", key=service_id, columns=("Smallest block",)),
        line=(f"The smallest block of {service.name}", half_days(block), half_days(int(now))),
    )


def _host_consent(p: Partnership, _: Policy, base_id: str, _was: Fraction, now: Fraction) -> _Eased | None:
    """The host's yes, to no more places in all than were asked where it has named no limit yet."""
    base = next((one for one in p.bases if one.base_id == base_id), None)
    if base is None:
        raise LookupError(base_id)
    before = host_condition(p, base.host_urn)
    if before.consent is Consent.YES:
        return None
    others = sum(places_now(one) for one in p.bases if one.host_urn == base.host_urn and one is not base)
    most = others + int(now) if before.most_places is None else before.most_places
    return _hosting(p, before, replace(before, consent=Consent.YES, most_places=most))


def _host_most_places(p: Partnership, _: Policy, urn: str, was: Fraction, now: Fraction) -> _Eased | None:
    before = next((one for one in p.host_conditions if str(one.urn) == urn), None)
    if before is None:
        raise LookupError(urn)
    most = most_planned_places(p, before)
    if most is None or _is_eased(most, was, now):
        return None
    not_planned = sum(places_now(b) for b in p.bases if b.host_urn == before.urn and b.decision_right is DecisionRight.INFORMATION)
    return _hosting(p, before, replace(before, most_places=int(now) + not_planned))


def _hosting(p: Partnership, before: HostCondition, after: HostCondition) -> _Eased:
    there = {one.urn: one for one in p.host_conditions} | {after.urn: after}
    name = next((school.name for school in p.schools if school.urn == after.urn), f"the school with URN {after.urn}")
    columns = (
        *(("Consent",) if before.consent is not after.consent else ()),
        *(("Most places",) if before.most_places != after.most_places else ()),
    )
    return _Eased(
        partnership=replace(p, host_conditions=tuple(there.values())),
        entered=Entered(sheet="Host conditions", key=str(after.urn), columns=columns),
        line=(f"A new or larger base at {name}", _agreed(before), _agreed(after)),
    )


def _agreed(condition: HostCondition) -> str:
    said = {Consent.YES: "Agreed", Consent.NO: "Not agreed", Consent.NOT_ASKED: "Not asked"}[condition.consent]
    return said if condition.most_places is None else f"{said}, at most {count(condition.most_places, 'place')} in all its bases"


_FIGURES: dict[str, Callable[[Partnership, Policy, str, Fraction, Fraction], _Eased | None]] = {
    "head_rule": _head_rule, "smallest_block": _smallest_block, "host_consent": _host_consent, "host_most_places": _host_most_places,
}  # fmt: skip
"""Rules that the figures hold, and how each gives way."""
