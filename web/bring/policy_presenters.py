"""The words of the policy's pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import url_for

from planner.export.priced import price_words
from planner.intake.differences import PolicyDifference, policy_differences
from planner.policy import LATER_SETTINGS, PRICES, Figure, Policy
from planner.rules import RULES
from planner.store import Transaction
from planner.store.partnerships import VersionRow
from planner.words import day
from web.bring.frame import FEW, MOST_SHOWN, Changes, how_to_show, short
from web.bring.policy_settings import settings_groups
from web.bring.policy_words import names_of, setting_words
from web.names import name_of
from web.shelf import policy_of
from web.tables import Fact, TableCell, TableRow, TableView, row, table, words
from web.words import MINUS, count, moment, upper_first

_PARTS = {
    "board": "The board's settings", "rules": "Rules", PRICES: "Price at which it may give way", "need": "Area need", "priorities": "What a need weighs", "benefit": "What support meets",
    "adult_hours": "Trained adults", "roles": "Specialist roles", "bases": "Bases", "assume": "What is assumed", "assume_needs": "What is assumed",
    "standards": "Quality standards", "publication": "What is published",
}  # fmt: skip
_ON_OFF = {"yes": "on", "no": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """The policy in force."""

    facts: tuple[Fact, ...]
    unconfirmed: str
    rules: TableView
    versions: TableView
    newer_pack: str
    newer_pack_href: str
    has_figures: bool


def policy_view(tx: Transaction, partnership_id: int) -> PolicyView:
    """The policy in force in short, and its versions."""
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    policy = policy_of(tx.policies.latest(partnership_id=partnership_id))
    rows = tx.policies.versions(partnership_id=partnership_id)
    by_path = {figure.path: figure for figure in policy.figures}
    idle = _idle(policy)
    names = names_of(policy)
    board = [figure for path, figure in by_path.items() if path.startswith("board.") and path not in idle]
    board.append(policy.figure("publication.fewest_pupils_shown"))
    brought = next(iter(tx.house.packs()), None)
    newer = None if brought is None or (brought.pack_id, brought.version) == (policy.policy_id, policy.version) else brought
    in_force = f"Version {here.latest_policy}" if here.latest_policy else "The planner's policy pack as it is shipped"
    return PolicyView(
        facts=(
            Fact(label="Policy", text=f"{in_force}: {policy.title}"),
            Fact(label="Policy pack", text=f"Version {policy.version}, {day(policy.date)}"),
            *(Fact(label=setting_words(figure.path, names), text=_in_force(figure)) for figure in board),
        ),
        unconfirmed="An unconfirmed figure is field knowledge or a default: check it before anybody quotes it."
        if any(figure.confidence == "unconfirmed" for figure in board)
        else "",
        rules=table(
            "Rules that a board may switch off or price",
            words("Rule", "Now"),
            [row(RULES[rule_id].sentence, _now(policy, rule_id)) for rule_id, _ in policy.rules_on],
            is_caption_hidden=True,
        ),
        versions=table(
            "Versions of the policy",
            words("Version", "Set", "By", "What is new", "What changed"),
            [_row(tx, one) for one in rows],
            empty="The partnership has set no policy of its own yet. Until it does, the planner's policy pack is in force as it is shipped.",
            is_caption_hidden=True,
        ),
        newer_pack="" if newer is None else f"A newer policy pack is here: version {newer.version}, brought {moment(newer.uploaded_at)}.",
        newer_pack_href="" if newer is None else url_for("house.look_at_newer_pack", partnership_id=partnership_id, number=newer.id),
        has_figures=bool(here.latest_version),
    )


def _now(policy: Policy, rule_id: str) -> str | TableCell:
    if policy.price(rule_id):
        return TableCell(text=f"May give way: {price_words(policy, rule_id)}", tag="blue")
    return "On" if policy.is_on(rule_id) else TableCell(text="Off", tag="yellow")


def _idle(policy: Policy) -> set[str]:
    """Settings of rules that are off until a board switches them on, and of a taper that is not there."""
    of_rules = {one.path for group in settings_groups(policy) for one in group.settings if one.rule_id and not policy.is_on(one.rule_id)}
    late = {figure.path for figure in policy.figures if figure.path in LATER_SETTINGS or figure.path.startswith("board.standard_floors.")}
    floors = {path for path in late if path.startswith("board.standard_floors.") and not policy.is_on("standard_floor")}
    taper = set() if policy.board.money_taper_years else {"board.money_taper_years", "board.money_taper_year"}
    return (of_rules & late) | floors | taper


def _in_force(figure: Figure) -> str:
    value = f"{figure.value.replace('-', MINUS)} {figure.unit}"
    if figure.path.endswith("floor_percent") and figure.value == "-100":
        value = f"No floor: {value}"
    return value + (f" ({figure.confidence})" if figure.confidence else "")


def _row(tx: Transaction, one: VersionRow) -> TableRow:
    return row(
        f"Version {one.version}",
        moment(one.made_at),
        name_of(tx, one.made_by),
        one.note or "Nothing said",
        TableCell(
            text=f"Changes since version {one.version - 1}",
            href=url_for("bring.policy_changes", partnership_id=one.partnership_id, version=one.version),
        )
        if one.version > 1
        else "It is the first",
    )


def changes_view(old: Policy, new: Policy, caption: str, *, was: str = "Was", now: str = "Now") -> Changes:
    """The settings in which two policies differ."""
    names = names_of(old, new)
    before, after = ({f"standards.{s.standard_id}" for s in policy.standards} for policy in (old, new))
    whole = dict.fromkeys(after - before, ("Not there", "Added")) | dict.fromkeys(before - after, ("There", "Taken out"))
    found = [one for one in policy_differences(old.document, new.document) if _owner(one.path) not in whole]
    rows = [
        *(row(names[path], _PARTS["standards"], *said) for path, said in sorted(whole.items())),
        *(row(setting_words(one.path, names), _of(one, names), _value(one, one.was), _value(one, one.now)) for one in found),
    ]
    return Changes(
        sentence=f"{count(len(rows), 'setting differs', 'settings differ')}.",
        show=how_to_show(len(rows)),
        in_short=table(caption, words("Setting"), ()),
        table=table(caption, words("Setting", "Of", was, now), rows[:MOST_SHOWN], empty="Nothing differs."),
        is_short=len(rows) <= FEW,
    )


def _owner(path: str) -> str:
    """The role or standard that a setting belongs to."""
    return ".".join(path.split(".")[:2])


def _of(one: PolicyDifference, names: dict[str, str]) -> str:
    head = one.path.split(".")[0]
    group = _PARTS.get(head, "The policy itself")
    name = names.get(_owner(one.path))
    return f"{group}: {name}" if name else group


def _value(one: PolicyDifference, text: str) -> str:
    if not text:
        return "Not set"
    plain = re.sub(r"^(-?\d+)\.0+$", r"\1", text)
    said = _ON_OFF.get(text, text) if one.path.startswith("rules.") else short(plain)
    said = said.replace("-", MINUS, 1) if said[:1] == "-" else said
    return f"{said} {one.unit}" if one.unit and not one.path.endswith((".source", ".date", ".confidence", ".unit")) else upper_first(said)
